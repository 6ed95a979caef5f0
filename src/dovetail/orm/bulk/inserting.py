"""INSERT of many rows that are dictionaries: of attribute names and values, without instances."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import compress, groupby
from operator import methodcaller
from typing import Any

from dovetail.codegen import Source
from dovetail.collector import collector
from dovetail.dialects.dialect import Dialect
from dovetail.engine.connection import Connection
from dovetail.engine.cursor import CursorResult
from dovetail.engine.rows import Shape as RowShape
from dovetail.exc import ArgumentError, InvalidRequestError, did_you_mean
from dovetail.orm.bulk.returning import Returning, ReturningOfTables
from dovetail.orm.bulk.session import BulkSession
from dovetail.orm.flush.insert import (
    InsertPlan,
    first_table,
    lacking_of,
    parameters_of,
    refuse_other_rows,
)
from dovetail.orm.loading.related import KEYS_PER_STATEMENT, key_condition
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.mapped_tables import MappedTable
from dovetail.orm.mapping.mapper import Mapper
from dovetail.sql.expression.dml import insert
from dovetail.sql.expression.dml_base import UpdateBase
from dovetail.sql.expression.elements import BindParameter
from dovetail.sql.expression.select import Select
from dovetail.steps import Steps

Row = Mapping[str, Any]

_NOTHING_TOLD: Mapping[Any, frozenset[str]] = {}


class MappingPlan(InsertPlan):
    """How dictionaries of the same shape are inserted.

    ``present``        attributes that are among their keys
    ``returns_keys``   the primary keys that the server makes come back
    ``renders_nulls``  None is NULL where a default would stand in
    ``told``           attributes that the table is asked for besides
    """

    reads = "instance"
    keeps_defaults = False

    def __init__(
        self,
        mapper: Mapper,
        dialect: Dialect,
        absent: frozenset[str],
        present: frozenset[str],
        part: MappedTable,
        *,
        returns_keys: bool,
        renders_nulls: bool,
        told: frozenset[str] = frozenset(),
    ) -> None:
        self.present = present
        self.told = told
        self.returns_keys = returns_keys
        self.renders_nulls = renders_nulls
        super().__init__(mapper, dialect, absent, part)

    def _sort_columns(self, absent: frozenset[str]) -> None:
        keys = self.mapper.keys_set
        for key, column in self.part.columns:
            if key in absent:
                self._leave(key, column)
                if key in keys and self.returns_keys:
                    self.returned.append((key, column))
            elif key in self.present or column.default is not None or self._is_made(key):
                self.columns.append((key, column))
        asked = [pair for pair in self.part.columns if pair[0] in self.told]
        self.returned += [pair for pair in asked if pair not in self.returned]

    def _is_made(self, key: str) -> bool:
        """Whether the mapper makes the value of attribute *key*: a version, or a discriminator."""
        is_version = key == self.mapper.version_key and self.mapper.makes_versions
        return is_version or key in self.mapper.fixed_values

    def _read(self, source: Source, key: str) -> str:
        fixed = self.mapper.fixed_values
        if key in fixed and key not in self.present:
            return source.use("fixed", fixed[key])
        return super()._read(source, key)

    def takes_default(self, key: str) -> bool:
        return not (self.renders_nulls and key in self.present)

    def sends_none(self, key: str) -> bool:
        """Whether None that is given for attribute *key* is sent, and no default in its place."""
        default = dict(self.part.columns)[key].default
        return default is None or not self.takes_default(key) or key in self.part.keeps_none

    def values_of(self, source: Any) -> Any:
        return source

    def _make_place(self) -> Callable[..., None]:
        return _keep_nothing


def _keep_nothing(*_: object) -> None:
    """Dictionaries have no state to be entered anywhere."""


class Shape:
    """The shape of a run of dictionaries: what they have, and what they leave to the server."""

    __slots__ = ("absent", "present")

    def __init__(self, present: frozenset[str], absent: frozenset[str]) -> None:
        self.present = present
        self.absent = absent


def insert_dictionaries_steps(
    connection: Connection,
    mapper: Mapper,
    rows: Sequence[Any],
    *,
    return_defaults: bool,
    render_nulls: bool,
    told: Mapping[Any, frozenset[str]] = _NOTHING_TOLD,
) -> Steps[None]:
    """Insert *rows*; with *return_defaults* the keys that the server made are put into them.

    So are the attributes that the tables in *told* are to return.

    What they hold besides the mapper's column attributes is passed over.
    """
    names = _names(rows)
    check_names(mapper, names)
    renamed = _columns_named(mapper, names)
    if renamed:
        rows = _by_attribute(rows, renamed)
        names = _names(rows)
    parts = mapper.mapped_tables or (first_table(mapper),)
    first, last = parts[0], parts[-1]
    if len(parts) > 1 and not return_defaults:
        # The keys of the first table are put into the rows for the others: into copies.
        rows = [dict(row) for row in rows]
    for part in parts:
        returns = return_defaults or part is not last
        for source, target in part.copies:
            for row in rows:
                row[target] = row.get(source)
        names |= {target for _, target in part.copies}
        if part is not first:
            names |= mapper.keys_set
        written = frozenset(name for name, _ in part.columns if name in names)
        for shape, run in _runs(part, rows, written, render_nulls):
            asked = told.get(part.table, frozenset())
            plan = _plan(connection, mapper, part, shape, returns, render_nulls, asked)
            yield from _insert_run_steps(connection, plan, run)


def check_names(mapper: Mapper, names: Iterable[str]) -> None:
    """Refuse *names* of attributes that are no text; names that *mapper* lacks are passed over."""
    for name in names:
        if not isinstance(name, str):
            raise InvalidRequestError(
                f"{mapper.class_.__name__} has no column attribute {name!r}",
                hint=f"name attributes by text: it has {', '.join(mapper.columns.keys())}",
            )


def _columns_named(mapper: Mapper, names: Iterable[str]) -> dict[str, str]:
    """The attributes of columns among *names* that are called otherwise than these."""
    unknown = [name for name in names if name not in mapper.columns]
    found = {}
    for name in unknown:
        key = mapper.column_keys.get(mapper.local_table.c.get(name))
        if key is not None and key not in names:
            found[name] = key
    return found


def _by_attribute(rows: Sequence[Row], renamed: Mapping[str, str]) -> Sequence[Row]:
    """*rows* with the names of attributes where they had those of columns."""
    if not renamed:
        return rows
    return [{renamed.get(name, name): value for name, value in row.items()} for row in rows]


def refuse_unknown(mapper: Mapper, names: Iterable[str]) -> None:
    """Refuse *names* that are none of *mapper*'s column attributes."""
    check_names(mapper, names)
    unknown = [name for name in names if name not in mapper.columns]
    if unknown:
        raise InvalidRequestError(
            f"{mapper.class_.__name__} has no column attribute {', '.join(map(repr, unknown))}",
            hint=did_you_mean(unknown[0], mapper.columns.keys()),
        )


def _names(rows: Sequence[Row]) -> set[Any]:
    """All names among the keys of *rows*."""
    for row in (rows[0], rows[-1]):
        if not isinstance(row, Mapping):
            raise ArgumentError(
                f"rows are dictionaries of attribute names and values; got {row!r}",
                hint="[{'name': 'x'}, {'name': 'y'}]",
            )
    first = rows[0].keys()
    if all(row.keys() == first for row in rows):
        return set(first)
    return set().union(*rows)


def _runs(
    part: MappedTable, rows: Sequence[Any], written: frozenset[str], render_nulls: bool
) -> Iterator[tuple[Shape, Sequence[Any]]]:
    """*rows* in runs of the same shape, in their order."""
    made = part.made
    if render_nulls:
        for names, run in groupby(rows, frozenset):
            yield Shape(names & written, made - names), list(run)
        return
    maybe = tuple(made & written)
    never = made - written
    if not maybe:
        yield Shape(written, never), rows
        return
    start = 0
    for lacking, same in groupby(lacking_of(part, maybe, rows)):
        end = start + len(list(same))
        yield Shape(written, never | frozenset(compress(maybe, lacking))), rows[start:end]
        start = end


def _plan(
    connection: Connection,
    mapper: Mapper,
    part: MappedTable,
    shape: Shape,
    returns_keys: bool,
    renders_nulls: bool,
    told: frozenset[str],
) -> MappingPlan:
    plans = connection.plans
    options = (returns_keys, renders_nulls, told)
    key = ("insert rows", mapper, part.table, shape.absent, shape.present, *options)
    plan: MappingPlan | None = plans.get(key)
    if plan is None:
        plan = MappingPlan(
            mapper,
            connection.dialect,
            shape.absent,
            shape.present,
            part,
            returns_keys=returns_keys,
            renders_nulls=renders_nulls,
            told=told,
        )
        plans.put(key, plan)
    return plan


def _insert_run_steps(
    connection: Connection, plan: MappingPlan, rows: Sequence[Any]
) -> Steps[None]:
    returns = bool(plan.told) or (plan.returns_keys and bool(plan.made_keys))
    width = plan.width
    if plan.rows.rows_per_statement == 1 and not returns and width and len(rows) > 1:
        # An expression of a default, say, stands in the way of many rows after one VALUES.
        flat = parameters_of(connection, plan, rows)
        if flat is not None:
            sets = [tuple(flat[at : at + width]) for at in range(0, len(flat), width)]
            yield from connection.run_many_steps(plan.plain_sql, sets)
            return
    for start, count in plan.rows.chunks(len(rows)):
        part = rows if count == len(rows) else rows[start : start + count]
        parameters = parameters_of(connection, plan, part)
        if parameters is None:
            yield from _insert_expressions_steps(connection, plan, part)
        elif not returns:
            yield from connection.run_steps(plan.rows.text(count), parameters)
        elif plan.fetched:
            found = yield from connection.fetch_steps(plan.rows.text(count), parameters)
            if len(found) != count:
                refuse_other_rows(plan.part, count, len(found))
            _hand_back(plan, part, found)
        else:
            for place, row in enumerate(part):
                own = parameters[place * width : (place + 1) * width]
                cursor = yield from connection.run_steps(plan.plain_sql, own)
                if not cursor.rowcount:
                    refuse_other_rows(plan.part, 1, 0)
                row[plan.keys[0][0]] = cursor.lastrowid


def _hand_back(plan: MappingPlan, rows: Sequence[Any], found: list[Any]) -> None:
    """Put the keys that came back into *rows*."""
    place = plan.sorts_by
    if place is not None and len(found) > 1:
        found.sort(key=lambda one: one[place])
    conversions = [column.type.result_conversion(plan.dialect) for _, column in plan.fetched]
    for row, values in zip(rows, found, strict=True):
        for (key, _), conversion, value in zip(plan.fetched, conversions, values, strict=True):
            row[key] = value if conversion is None or value is None else conversion.function(value)


def _insert_expressions_steps(
    connection: Connection, plan: MappingPlan, rows: Sequence[Any]
) -> Steps[None]:
    """Insert rows with SQL expressions among their values, one by one."""
    mapper, columns = plan.mapper, dict(plan.part.columns)
    absent = plan_absent(plan)
    for row in rows:
        given = with_made_values(mapper, row)
        values = {
            column: given[key]
            for key, column in columns.items()
            if key in given
            and key not in absent
            and (given[key] is not None or plan.sends_none(key))
        }
        statement: Any = insert(plan.part.table).values(values)
        if plan.told:
            statement = statement.returning(*[column for _, column in plan.fetched])
        result = yield from connection.execute_steps(statement)
        if plan.told:
            row.update(zip([name for name, _ in plan.fetched], result.one(), strict=True))
        elif plan.returns_keys:
            names = [name for name, _ in plan.keys]
            row.update(zip(names, result.inserted_primary_key or (), strict=True))


def plan_absent(plan: MappingPlan) -> frozenset[str]:
    """The attributes that *plan* sends no value for."""
    return plan.present.difference(key for key, _ in plan.columns)


# Statements -----------------------------------------------------------------------------------


def insert_rows_steps(
    session: BulkSession,
    connection: Connection,
    mapper: Mapper,
    statement: UpdateBase,
    rows: Sequence[Any],
    options: Mapping[str, Any],
) -> Steps[Any]:
    """Run ``insert(User)`` for *rows*: those of the same shape go together, in their order."""
    renders = bool(options.get("render_nulls"))
    if _is_plain(statement):
        with collector.paused_for(len(rows)):
            yield from insert_dictionaries_steps(
                connection, mapper, rows, return_defaults=False, render_nulls=renders
            )
        return CursorResult.of_change(len(rows))
    if len(mapper.tables) > 1:
        return (
            yield from _insert_spread_steps(session, connection, mapper, statement, rows, options)
        )
    returning = Returning(session, connection, statement, options)
    names = _names(rows)
    check_names(mapper, names)
    rows = _by_attribute(rows, _columns_named(mapper, names))
    named = {bind.key for bind in returning.core.walk().binds if not bind.unique}
    raw: Any = None
    found: list[Any] = []
    with collector.paused_for(len(rows)):
        sent = [_sent(mapper, with_made_values(mapper, row), named, renders) for row in rows]
        for _, run in groupby(sent, methodcaller("keys")):
            raw = yield from connection.execute_steps(
                returning.core, list(run), execution_options=options
            )
            if returning.reads:
                found += raw.all()
        if not returning.reads:
            return CursorResult.of_change(len(rows))
        return (yield from returning.result_steps(raw, found))


def with_made_values(mapper: Mapper, row: Row) -> dict[str, Any]:
    """*row* with what *mapper* makes for a new row: its discriminator, and the first version.

    A version that *row* has is not kept: a new row starts at the first, as in a flush.
    """
    whole = {**mapper.fixed_values, **row}
    if mapper.makes_versions:
        assert mapper.version_key is not None
        whole[mapper.version_key] = mapper.version_id_generator(None)
    return whole


def _insert_spread_steps(
    session: BulkSession,
    connection: Connection,
    mapper: Mapper,
    statement: Any,
    rows: Sequence[Any],
    options: Mapping[str, Any],
) -> Steps[Any]:
    """Run ``insert(Engineer).returning(...)`` for rows of several tables."""
    said = statement.__dict__.keys() - _SAYS_NOTHING - _SAID_OF_ALL_TABLES
    if said:
        raise InvalidRequestError(
            f"{mapper.class_.__name__} is kept in several tables: an INSERT of it takes rows, "
            "values() and returning(), and nothing else",
            hint="session.execute(insert(Engineer), [{...}, {...}])",
        )
    given = statement.values_ or {}
    if given:
        rows = [{**_values_given(mapper, given, row), **row} for row in rows]
    copies = [dict(row) for row in rows]
    returning = ReturningOfTables.of(mapper, connection.dialect, statement)
    with collector.paused_for(len(rows)):
        yield from insert_dictionaries_steps(
            connection,
            mapper,
            copies,
            return_defaults=True,
            render_nulls=bool(options.get("render_nulls")),
            told=_NOTHING_TOLD if returning is None else returning.tables,
        )
        if returning is not None:
            return (yield from returning.result_steps(session, connection, copies, options))
    keys = [mapper.key_from_tuple([row[name] for name in mapper.primary_keys]) for row in copies]
    return (yield from returned_rows_steps(session, mapper, statement, keys, options))


def returned_rows_steps(
    session: BulkSession,
    mapper: Mapper,
    statement: UpdateBase,
    keys: Sequence[Any],
    options: Mapping[str, Any],
) -> Steps[Any]:
    """What *statement* asks to be returned of the rows with *keys*, in their order."""
    columns = statement.returning_columns
    if not columns:
        return CursorResult.of_change(len(keys))
    found: dict[Any, Any] = {}
    shape, width = None, len(mapper.primary_key)
    for start in range(0, len(keys), KEYS_PER_STATEMENT):
        condition, parameter = key_condition(mapper.primary_key)
        # The names of the rows are those of what is asked for.
        found_by = [column.label(f"key_{n}") for n, column in enumerate(mapper.primary_key)]
        asked: Any = Select(*found_by, *columns).select_from(mapper.persist_selectable)
        result = yield from session.execute_steps(
            asked.where(condition).options(*statement.loader_options),
            {parameter.key: list(keys[start : start + KEYS_PER_STATEMENT])},
            {**options, "autoflush": False},
        )
        shape = tuple(result.keys())[width:]
        found.update((mapper.key_from_tuple(row[:width]), row[width:]) for row in result.all())
    rows = [found[key] for key in keys if key in found]
    names = RowShape(shape or ())
    if len(columns) == 1 and isinstance(columns[0], EntityNode):
        scalars = [row[0] for row in rows]
        return CursorResult.of_scalars(names, scalars, unique_filters=(id,))
    return CursorResult.of_rows(names, [tuple(row) for row in rows])


def _is_plain(statement: UpdateBase) -> bool:
    """Whether *statement* says nothing but which entity is inserted."""
    return not statement.__dict__.keys() - _SAYS_NOTHING


def _values_given(mapper: Mapper, values: Mapping[Any, Any], row: Row) -> dict[str, Any]:
    """What ``values()`` gives for *row*, by attribute; parameters are those of the row."""
    given: dict[Any, Any] = {}
    for target, value in values.items():
        key = target if isinstance(target, str) else getattr(target, "key", None)
        name = mapper.column_keys.get(target, key)
        if isinstance(value, BindParameter):
            value = value.effective_value if value.unique else row.get(value.key, value)
        given[name] = value
    return given


_SAID_OF_ALL_TABLES = frozenset(
    ("returning_columns", "sort_by_parameter_order", "values_", "loader_options")
)
_SAYS_NOTHING = frozenset(("table", "execution_options_dict", "excluded_alias"))


def _sent(mapper: Mapper, row: Row, named: set[Any], renders_nulls: bool) -> dict[str, Any]:
    """*row* by the keys of columns, without None where a default stands in.

    Of other names those are kept that parameters of the statement have, which are *named*.
    """
    columns = mapper.columns
    optional = frozenset() if renders_nulls else _with_default(mapper)
    return {
        name if name in named else columns[name].key: value
        for name, value in row.items()
        if name in named or (name in columns and not (value is None and name in optional))
    }


def _with_default(mapper: Mapper) -> frozenset[str]:
    kept: frozenset[str] | None = mapper.memo.get("with default")
    if kept is None:
        own = {key for key, column in mapper.columns.items() if column.default is not None}
        made = [part.made for part in mapper.mapped_tables]
        none_kept = [part.keeps_none for part in mapper.mapped_tables]
        optional = frozenset().union(own, *made).difference(*none_kept)
        kept = mapper.memo["with default"] = optional
    return kept
