"""Inserting instances of several classes of a hierarchy together, in the order of their adding."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from dovetail.dialects.dialect import Dialect
from dovetail.engine.connection import Connection
from dovetail.exc import CircularDependencyError
from dovetail.graph import sort
from dovetail.orm.flush.insert import (
    InsertPlan,
    Run,
    copy_joined_keys,
    insert_run_steps,
    insert_steps,
    refuse_read_values,
    runs_of,
)
from dovetail.orm.mapping.mapped_tables import MappedTable, none_kept
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.state import InstanceState, Load
from dovetail.sql.expression.from_clause import FromClause
from dovetail.sql.metadata import table_edges
from dovetail.steps import Steps

Loads = dict[Any, Load]


class MixedInsert(InsertPlan):
    """How rows of several mappers go into one table with one statement.

    ``plans``  by mapper, what makes rows of its instances: of all columns, its own or not
    """

    enters = False

    def __init__(
        self, mappers: Sequence[Any], dialect: Dialect, absent: frozenset[str], part: MappedTable
    ) -> None:
        self.plans = {mapper: _PartOfMixed(mapper, dialect, absent, part) for mapper in mappers}
        super().__init__(mappers[0], dialect, absent, part)

    def _make_rows_of(self) -> Callable[[Sequence[Any]], list[Any]]:
        def rows_of(instances: Sequence[Any]) -> list[Any]:
            parameters: list[Any] = []
            for plan, run in self._split(instances):
                parameters += plan.rows_of(run)
            return parameters

        return rows_of

    def _make_place(self) -> Callable[[Run, Sequence[Any], Any], None]:
        def place(run: Run, rows: Sequence[Any], load: Load) -> None:
            start = 0
            for plan, instances in self._split(run.instances):
                end = start + len(instances)
                plan.place(Run(run.states[start:end], instances), rows[start:end], load)
                start = end

        return place

    def of_instance(self, instance: object) -> InsertPlan:
        return self.plans[_mapper_of(instance)]

    def _split(self, instances: Sequence[Any]) -> Iterator[tuple[InsertPlan, list[Any]]]:
        for mapper, run in groupby(instances, _mapper_of):
            yield self.plans[mapper], list(run)


class _PartOfMixed(InsertPlan):
    """What one mapper brings to a statement for several: NULL where it has no column."""

    enters = False

    def __init__(
        self, mapper: Mapper, dialect: Dialect, absent: frozenset[str], part: MappedTable
    ) -> None:
        own = (one.columns for one in mapper.mapped_tables if one.table is part.table)
        self.own = {key for columns in own for key, _ in columns}
        super().__init__(mapper, dialect, absent, part)

    def is_foreign(self, key: str) -> bool:
        return key not in self.own


def _mapper_of(instance: Any) -> Any:
    return instance.__dovetail_state__.load.mapper


def insert_mixed_steps(
    connection: Connection, inserts: dict[InstanceState, Any], loads: Loads
) -> Steps[None]:
    """Insert the rows of *inserts*, of several mappers; *loads* has what those of each share."""
    mappers = list(loads)
    for mapper in mappers:
        if mapper.only_read:
            refuse_read_values(mapper, [i for s, i in inserts.items() if s.load.mapper is mapper])
    for table in tables_in_order(mappers):
        own = [mapper for mapper in mappers if table in mapper.written_tables]
        pairs = [pair for pair in inserts.items() if table in pair[0].load.mapper.written_tables]
        part = _merged(own, table)
        if part is None:
            for mapper, group in groupby(pairs, lambda pair: pair[0].load.mapper):
                yield from insert_steps(
                    connection, mapper, dict(group), loads[mapper], table, enters=False
                )
            continue
        for mapper in own:
            copies = next(p for p in mapper.mapped_tables if p.table is table).copies
            copy_joined_keys(copies, [i for s, i in pairs if s.load.mapper is mapper])
        for absent, run in runs_of(part, [s for s, _ in pairs], [i for _, i in pairs]):
            plan = _plan(connection, own, part, absent)
            yield from insert_run_steps(connection, plan, run, loads[own[0]])
    for state, instance in inserts.items():
        load = loads[state.load.mapper]
        state.row_key = key = load.mapper.settled_key_of(instance, connection.dialect)
        state.load = load
        load.identity[key] = state  # type: ignore[index]
        load.batch.append(state)
        computed = load.mapper.computed_of_rows
        if computed:
            for name in computed:
                instance.__dict__.pop(name, None)
            state.stale = computed | (state.stale or frozenset())


def tables_in_order(mappers: list[Any]) -> list[Any]:
    """The tables of *mappers*, those that others refer to first."""
    memo = mappers[0].base.memo
    place = ("tables", frozenset(mappers))
    kept: list[Any] | None = memo.get(place)
    if kept is None:
        kept = memo[place] = _sorted_tables(mappers)
    return kept


def _sorted_tables(mappers: list[Any]) -> list[Any]:
    tables = dict.fromkeys(table for mapper in mappers for table in mapper.written_tables)
    inherited = [pair for mapper in mappers for pair in pairwise(mapper.written_tables)]
    referring = list(table_edges(tables))
    try:
        return sort([*inherited, *referring], tables)
    except CircularDependencyError:
        # Rows of a circle go in levels, each table of a level by itself.
        return sort(inherited, tables)


def _merged(mappers: list[Any], table: FromClause) -> MappedTable | None:
    """What all of *mappers* keep in *table*; None where one name means two columns."""
    memo = mappers[0].base.memo
    place = ("merged", table, frozenset(mappers))
    if place not in memo:
        parts = [p for m in mappers for p in m.mapped_tables if p.table is table]
        columns = dict.fromkeys(pair for part in parts for pair in part.columns)
        distinct = {key for key, _ in columns}
        made = frozenset(key for part in parts for key in part.made)
        memo[place] = (
            MappedTable(table, tuple(columns), parts[0].key, (), made, none_kept(columns))
            if len(distinct) == len(columns) == len({column for _, column in columns})
            else None
        )
    found: MappedTable | None = memo[place]
    return found


def _plan(
    connection: Connection, mappers: list[Any], part: MappedTable, absent: frozenset[str]
) -> InsertPlan:
    plans = connection.plans
    place = ("insert mixed", frozenset(mappers), part.table, absent)
    plan: InsertPlan | None = plans.get(place)
    if plan is None:
        plan = MixedInsert(mappers, connection.dialect, absent, part)
        plans.put(place, plan)
    return plan
