"""UPDATE of many rows by their primary keys, each with values of its own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from dovetail.codegen import Source, compile_function
from dovetail.collector import collector
from dovetail.compiler.compiled import Compiled
from dovetail.compiler.default_context import DefaultContext, made_for
from dovetail.dialects.dialect import Dialect
from dovetail.dialects.set_based import SetBased
from dovetail.engine.connection import Connection
from dovetail.engine.cursor import CursorResult
from dovetail.exc import (
    CompileError,
    InvalidRequestError,
    MissingParameterError,
    StaleDataError,
)
from dovetail.orm.bulk.inserting import check_names, refuse_unknown
from dovetail.orm.bulk.session import BulkSession
from dovetail.orm.bulk.synchronize import dependent, is_kept_as_is, overwrite, references
from dovetail.orm.flush.insert import first_table
from dovetail.orm.flush.sent import in_text_order, sent_besides, written
from dovetail.orm.flush.together import together_steps, updates_together
from dovetail.orm.mapping.attribute import QueryableAttribute
from dovetail.orm.mapping.mapped_tables import MappedTable
from dovetail.orm.mapping.mapper import Mapper
from dovetail.sql.expression.coercion import stands_for_sql
from dovetail.sql.expression.dml import update
from dovetail.sql.expression.dml_base import UpdateBase, column_set
from dovetail.sql.expression.elements import BindParameter, bindparam
from dovetail.steps import Steps
from dovetail.types.contract import TypeEngine

Row = Mapping[str, Any]


def attribute_name(mapper: Mapper, target: object) -> str:
    """The attribute that *target* of an INSERT or UPDATE, a name or a column, stands for."""
    if isinstance(target, str):
        if target in mapper.columns:
            return target
        column = mapper.local_table.c.get(target)
        return str(mapper.column_keys.get(column, target))
    if isinstance(target, QueryableAttribute):
        return str(target.key)
    return str(mapper.column_keys.get(target, getattr(target, "key", "")))


def set_attributes(mapper: Mapper, statement: Any) -> dict[str, Any]:
    """The attributes that an UPDATE sets, with their values or expressions, in SQL's order."""
    named = {}
    for target, value in (statement.values_ or {}).items():
        column = column_set(target)
        # Of a column that is set in part the server alone knows the whole.
        named[attribute_name(mapper, column)] = value if column is target else target
    names = [name for name in named if name in mapper.columns]
    if not statement.preserves_order:
        names.sort(key=mapper.column_order.__getitem__)
    return {name: named[name] for name in names}


def by_column(mapper: Mapper, row: Row, statement: UpdateBase) -> dict[str, Any]:
    """*row* by the keys of columns, where it had the names of attributes."""
    columns = mapper.columns
    own = mapper.local_table.c
    named = named_parameters(statement)
    refuse_unknown(mapper, [n for n in row if n not in columns and n not in named and n not in own])
    return {
        columns[name].key if name in columns and name not in named else name: value
        for name, value in row.items()
    }


def named_parameters(statement: Any) -> frozenset[str]:
    """The names of the parameters of *statement* that each row gives a value for.

    Those of a ``column_property()`` that stands in it are among them.
    """
    if statement is None:
        return frozenset()
    return frozenset(bind.key for bind in statement.as_core().walk().binds if not bind.unique)


def own_table(mapper: Mapper) -> MappedTable:
    """What *mapper* keeps in the table of its class alone."""
    first_table(mapper)
    found: MappedTable = mapper.mapped_tables[-1]
    return found


# Plans ----------------------------------------------------------------------------------------


class RowsUpdate:
    """How rows of one table get new values in the same attributes.

    ``sql``                   the UPDATE of one row
    ``rows_of(rows, keys)``   its parameters for each of *rows*, found by *keys*
    ``stale``                 attributes that get a value besides those given
    """

    def __init__(
        self,
        mapper: Mapper,
        part: MappedTable,
        names: Sequence[str],
        dialect: Dialect,
        statement: Any = None,
        *,
        versioned: bool = False,
    ) -> None:
        self.mapper = mapper
        self.part = part
        self.dialect = dialect
        own = dict(part.columns)
        self.asked = named_parameters(statement).intersection(names)
        self.columns = {own[name]: name for name in names if name in own}
        version_key = mapper.version_key if versioned else None
        self.version = None if version_key is None else own.get(version_key)
        self.keys = [bindparam(f"old_{c.key}", type_=c.type) for _, c in part.key]
        given = {} if statement is None else set_attributes(mapper, statement)
        values: dict[Any, Any] = {
            column: bindparam(f"new_{column.key}", type_=column.type) for column in self.columns
        }
        self.binds = dict(zip(values.values(), self.columns.values(), strict=True))
        for name, value in given.items():
            if name not in names and name in own:
                values[own[name]] = value
        self.defaults = self._add_defaults(values)
        self.stale = dependent(mapper) | {
            name for name, column in part.columns if column in values and name not in names
        }
        where = [c == bind for (_, c), bind in zip(part.key, self.keys, strict=True)]
        self.old_version: Any = bindparam("old_version")
        if self.version is not None and version_key is not None:
            self.old_version.type = self.version.type
            where.append(self.version == self.old_version)
            self.stale |= {version_key}
        made: Any = update(part.table)
        if statement is not None and part is mapper.mapped_tables[-1]:
            # Rows are found by their keys, whichever class they are of.
            if statement.__dict__.keys() - _SAID_OF_ALL_TABLES:
                made = statement.as_core()
        made = made._with(values_=None).values(values).where(*where)
        compiled = dialect.compile(made, column_keys=())
        if compiled.is_expanding:
            raise InvalidRequestError(
                "a list after IN does not go with a list of rows",
                hint="run one UPDATE for each row",
            )
        self.compiled = compiled
        self.sql: str = compiled.sql
        self.rows_of: Callable[[Sequence[Row], Sequence[Any]], list[Any]]
        self.rows_of = self._write(compiled)
        self.together = None if statement is not None else self._together(compiled, values)

    def _together(self, compiled: Compiled, values: dict[Any, Any]) -> SetBased | None:
        """What makes one statement of many rows, where the server takes them so."""
        found_by = dict(zip(self.keys, [column for _, column in self.part.key], strict=True))
        if self.version is not None:
            found_by[self.old_version] = self.version
        sets = {bind: column for column, bind in values.items() if isinstance(bind, BindParameter)}
        if len(sets) < len(values):
            return None
        return updates_together(self.dialect, self.part.table, compiled, found_by, sets)

    def _add_defaults(self, values: dict[Any, Any]) -> dict[Any, Any]:
        """Add the values that columns get at each change; return those that Python makes."""
        made: dict[Any, Any] = {}
        for key, default in self.mapper.update_defaults:
            column = self.mapper.written_columns[key]
            if column in values or column.table is not self.part.table:
                continue
            if default.is_clause_element:
                values[column] = default.arg
            elif default.is_sequence:
                values[column] = default.next_value()
            else:
                values[column] = bind = bindparam(f"new_{column.key}", type_=column.type)
                made[bind] = (column.key, default)
        return made

    def _write(self, compiled: Compiled) -> Callable[..., list[Any]]:
        source = Source(f"update rows {self.mapper.class_.__qualname__}")
        with source.block("def rows_of(rows, keys):"):
            source.line("made = []")
            source.line("append = made.append")
            with source.block("for row, key in zip(rows, keys):"):
                own = {
                    bind: written(source, text, bind.type, self.dialect, f"{place}")
                    for place, (bind, text) in enumerate(self._texts(source).items())
                }

                def besides(place: int, bind: BindParameter[Any]) -> str:
                    return self._asked_text(source, place, bind, compiled.slots[place].type)

                sent = in_text_order(compiled, own, besides)
                source.line(f"append(({', '.join(sent)},))")
            source.line("return made")
        return compile_function(source, "rows_of")

    def _asked_text(
        self, source: Source, place: int, bind: BindParameter[Any], type_: TypeEngine[Any]
    ) -> str:
        """What gives the value of a parameter of the statement itself, of *type_* in its place."""
        if not bind.unique and bind.key in self.asked:
            return written(source, f"row[{bind.key!r}]", type_, self.dialect, f"_of{place}")
        if getattr(bind, "required", False):
            raise MissingParameterError.of(
                bind.key, hint=f"give each row one: {{{bind.key!r}: ...}}"
            )
        return sent_besides(source, place, bind, self.dialect, self._row_by_columns, type_)

    @property
    def _row_by_columns(self) -> str:
        """What makes the given values of a row, by the keys of columns."""
        parts = (f"{column.key!r}: row[{name!r}]" for column, name in self.columns.items())
        return f"{{{', '.join(parts)}}}"

    def _texts(self, source: Source) -> dict[Any, str]:
        """What reads, or makes, the value of each parameter that differs from row to row."""
        version = self.mapper.version_key
        texts = {bind: f"row[{name!r}]" for bind, name in self.binds.items()}
        for bind, name in self.binds.items():
            if name == version and self._makes_version:
                make = source.use("make_version", self.mapper.version_id_generator)
                texts[bind] = f"{make}(row[{version!r}])"
        single = self.mapper.single_key is not None
        for bind, (place, _) in zip(self.keys, self.part.key, strict=True):
            texts[bind] = "key" if single else f"key[{place}]"
        made: dict[str, str] = {}
        for place, (bind, (key, default)) in enumerate(self.defaults.items()):
            texts[bind] = self._default(source, place, default, made)
            if len(self.defaults) > 1:
                # Functions that come later see what it has given.
                source.line(f"made{place} = {texts[bind]}")
                texts[bind] = made[key] = f"made{place}"
        if self.version is not None:
            texts[self.old_version] = f"row[{version!r}]"
        return texts

    @property
    def _makes_version(self) -> bool:
        return self.version is not None and bool(self.mapper.makes_versions)

    def _default(self, source: Source, place: int, default: Any, made: Mapping[str, str]) -> str:
        name = source.use(f"default{place}", default.given)
        if default.is_scalar:
            return name
        if not default.takes_context:
            return f"{name}()"
        context = source.use("Context", DefaultContext)
        before = "".join(f", {key!r}: {text}" for key, text in made.items())
        return f"{name}({context}({{**{self._row_by_columns}{before}}}))"


class RowsUpdating:
    """One UPDATE of many rows by their keys.

    *statement* is what the user gave, for values and criteria that all rows have in common.  Where
    they are *versioned*, each row has the version that it was read in, and gets the next one.
    """

    def __init__(
        self,
        session: BulkSession,
        connection: Connection,
        mapper: Mapper,
        statement: Any = None,
        *,
        versioned: bool = False,
    ) -> None:
        self.session = session
        self.versioned = versioned and mapper.version_key is not None
        self.connection = connection
        self.mapper = mapper
        self.statement = statement
        self.asked = named_parameters(statement)
        self.count = 0

    def run_steps(
        self, rows: Sequence[Row], keys: Sequence[Any], synchronize: object = True
    ) -> Steps[None]:
        """Give each row that *keys* name the values of the one of *rows* beside it."""
        if self.versioned:
            self._check_versions(rows)
        if not all(rows) and not (self.statement is not None and self.statement.values_):
            kept = [place for place, row in enumerate(rows) if row]
            rows, keys = [rows[place] for place in kept], [keys[place] for place in kept]
        for names, places in self._groups(rows, keys):
            own = rows if len(places) == len(rows) else [rows[place] for place in places]
            own_keys = keys if len(places) == len(rows) else [keys[place] for place in places]
            yield from self._run_group_steps(names, own, own_keys, synchronize)

    def _check_versions(self, rows: Sequence[Row]) -> None:
        key = self.mapper.version_key
        if not all(key in row for row in rows):
            raise InvalidRequestError(
                f"{self.mapper.class_.__name__} has a version counter, and a row says nothing of "
                f"its {key}",
                hint=f"give each row the version that it was read in: {{'id': 1, {key!r}: 2, ...}}",
            )

    def _groups(
        self, rows: Sequence[Row], keys: Sequence[Any]
    ) -> Iterator[tuple[tuple[str, ...], list[int]]]:
        """The places of rows with the same names: all together, where their order is no matter."""
        groups: dict[Any, list[int]] = {}
        for place, row in enumerate(rows):
            groups.setdefault(tuple(row), []).append(place)
        if len(groups) > 1:
            merged: dict[Any, list[int]] = {}
            for names, places in groups.items():
                merged.setdefault(frozenset(names), []).extend(places)
            groups = merged
        if len(groups) > 1 and len(set(keys)) < len(keys):
            # One row gets several sets of values: the last is to stay.
            numbered = groupby(range(len(rows)), lambda place: frozenset(rows[place]))
            for shape, run in numbered:
                yield self._ordered(shape), list(run)
            return
        for shape, places in groups.items():
            yield self._ordered(shape), sorted(places)

    def _ordered(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of *names* that an UPDATE uses, attributes first, in the order of columns."""
        check_names(self.mapper, names)
        order = self.mapper.column_order
        columns = sorted((name for name in names if name in order), key=order.__getitem__)
        return (*columns, *sorted(self.asked.intersection(names)))

    def _plans(self, names: tuple[str, ...]) -> list[RowsUpdate]:
        """The UPDATE of each table that has one of *names*."""
        mapper, dialect = self.mapper, self.connection.dialect
        if self.statement is not None:
            return self._plans_of_statement(names)
        plans = self.connection.plans
        place = ("update rows", mapper, names, self.versioned)
        kept: list[RowsUpdate] | None = plans.get(place)
        if kept is None:
            kept = [
                RowsUpdate(mapper, part, names, dialect, versioned=self.versioned)
                for part in mapper.mapped_tables
                if any(name in names for name, _ in part.columns)
            ]
            plans.put(place, kept)
        return kept

    def _plans_of_statement(self, names: tuple[str, ...]) -> list[RowsUpdate]:
        """The UPDATE of each table that *names*, or what the statement sets, stand in."""
        mapper, statement = self.mapper, self.statement
        own = own_table(mapper)
        written = {*names, *set_attributes(mapper, statement)}
        parts = [
            part
            for part in mapper.mapped_tables
            if part is own or any(name in written for name, _ in part.columns)
        ]
        said = statement.__dict__.keys() - _SAID_OF_ALL_TABLES
        if len(parts) > 1 and said:
            elsewhere = sorted(written.difference(name for name, _ in own.columns))
            raise InvalidRequestError(
                f"{', '.join(elsewhere)} of {mapper.class_.__name__} stands in the table of a "
                "class above: an UPDATE with a list of rows and criteria writes one table",
                hint="leave where() out, or update the class above",
            )
        if not any(name in written for name, _ in own.columns):
            parts.remove(own)
        dialect = self.connection.dialect
        return [
            RowsUpdate(mapper, part, names, dialect, statement, versioned=self.versioned)
            for part in parts
        ]

    def _run_group_steps(
        self, names: tuple[str, ...], rows: Sequence[Row], keys: Sequence[Any], synchronize: object
    ) -> Steps[None]:
        with_sql = [
            place for place, row in enumerate(rows) if _has_expressions(row)
        ] if _any_expressions(rows) else []  # fmt: skip
        if with_sql:
            for place in with_sql:
                yield from self._run_expressions_steps(rows[place], keys[place])
            kept = set(range(len(rows))).difference(with_sql)
            plain, plain_keys = [rows[n] for n in sorted(kept)], [keys[n] for n in sorted(kept)]
        else:
            plain, plain_keys = list(rows), list(keys)
        plans = self._plans(names)
        before = self.count
        for plan in plans:
            self.count = before
            yield from self._run_plan_steps(plan, plain, plain_keys)
        if synchronize:
            self._synchronize(plans, rows, keys)

    def _run_plan_steps(
        self, plan: RowsUpdate, rows: Sequence[Row], keys: Sequence[Any]
    ) -> Steps[None]:
        with made_for(self.connection):
            parameters = plan.rows_of(rows, keys)
        # A row that comes twice has the values that come last.
        make = plan.together if len(set(keys)) == len(keys) else None
        if len(parameters) == 1:
            cursor = yield from self.connection.run_steps(plan.sql, parameters[0])
            self._check(cursor.rowcount, keys)
            return
        found = yield from together_steps(self.connection, make, parameters, plan.compiled)
        if found is not None:
            self._check(found, keys)
        elif parameters:
            cursor = yield from self.connection.run_many_steps(plan.sql, parameters)
            if self.connection.dialect.features.supports_sane_multi_rowcount:
                self._check(cursor.rowcount, keys)

    def _run_expressions_steps(self, row: Row, key: object) -> Steps[None]:
        """Update one row with SQL expressions among its values."""
        mapper = self.mapper
        statement = self.statement
        before = self.count
        for part in mapper.mapped_tables if statement is None else (own_table(mapper),):
            columns = dict(part.columns)
            values = {columns[name]: value for name, value in row.items() if name in columns}
            if not values:
                continue
            made: Any = update(part.table) if statement is None else statement.as_core()
            parts = mapper.key_tuple(key)
            made = made.where(*[column == parts[place] for place, column in part.key])
            given = {name: row[name] for name in self.asked if name in row}
            result = yield from self.connection.execute_steps(made.values(values), given or None)
            self.count = before
            self._check(result.rowcount, [key])

    def _check(self, count: int, keys: Sequence[Any]) -> None:
        """Refuse to go on where rows are missing."""
        self.count += max(count, 0)
        if count == len(keys) or count < 0:
            return
        if not self.connection.dialect.features.supports_sane_rowcount:
            return
        if self.statement is not None and self.statement.where_criteria:
            return
        what = (
            f"{self.mapper.class_.__name__} {self.mapper.key_tuple(keys[0])}"
            if len(keys) == 1
            else f"{len(keys)} rows of {self.mapper.local_table.name!r}"
        )
        raise StaleDataError(
            f"UPDATE of {what} matched {count} of {len(keys)}: there are no others",
            hint="leave out the keys of rows that are gone, or insert these rows",
        )

    def _synchronize(
        self, plans: Sequence[RowsUpdate], rows: Sequence[Row], keys: Sequence[Any]
    ) -> None:
        mapper = self.mapper
        columns = mapper.columns
        identity = self.session.scope.identity(mapper)
        if not identity:
            return
        also_stale = frozenset().union(*(plan.stale for plan in plans))
        written = frozenset(name for plan in plans for name in plan.columns.values())
        led = references(mapper, written | also_stale)
        for row, key in zip(rows, keys, strict=True):
            state = identity.get(key)
            instance = None if state is None else state()
            if state is None or instance is None:
                continue
            own = row.keys() & columns.keys()
            known = {
                name: row[name]
                for name in own
                if name not in also_stale
                and not stands_for_sql[type(row[name])]
                and is_kept_as_is(columns[name].type, row[name])
            }
            stale = (own - known.keys()) | also_stale
            overwrite(self.session, state, instance, known, stale, led)


def _any_expressions(rows: Sequence[Row]) -> bool:
    kinds = {type(value) for row in rows for value in row.values()}
    return any(stands_for_sql[kind] for kind in kinds)


def _has_expressions(row: Row) -> bool:
    return any(stands_for_sql[type(value)] for value in row.values())


# Dictionaries and statements --------------------------------------------------------------------


def split_keys(mapper: Mapper, rows: Sequence[Row]) -> tuple[list[Any], list[Row]]:
    """The primary keys of *rows*, and the values that are no part of them."""
    try:
        if mapper.single_key is not None:
            keys = [row[mapper.single_key] for row in rows]
        else:
            keys = [tuple([row[name] for name in mapper.primary_keys]) for row in rows]
    except KeyError:
        keys = [None]
    if None in keys:
        names = ", ".join(f"{mapper.class_.__name__}.{name}" for name in mapper.primary_keys)
        raise InvalidRequestError(
            f"rows are updated by their primary keys: a row has no value for {names}",
            hint="give each dictionary the primary key: {'id': 1, 'name': 'x'}",
        )
    parts = mapper.keys_set
    return keys, [{n: v for n, v in row.items() if n not in parts} for row in rows]


def update_rows_steps(
    session: BulkSession,
    connection: Connection,
    mapper: Mapper,
    statement: Any,
    rows: Sequence[Row],
    synchronize: object,
) -> Steps[Any]:
    """Run ``update(User)`` for *rows*, dictionaries that hold a primary key each."""
    if statement.is_delete:
        raise InvalidRequestError(
            "a DELETE of entities takes one set of parameters",
            hint="delete(User).where(User.id.in_(keys)), or session.connection().execute(...)",
        )
    if synchronize == "fetch":
        raise InvalidRequestError(
            "synchronize_session='fetch' does not go with a list of rows: their keys are known",
            hint="leave it out",
        )
    if statement.where_criteria and synchronize:
        raise InvalidRequestError(
            "an UPDATE with criteria and a list of rows can't bring the session's instances along",
            hint="execution_options={'synchronize_session': None}, and expire what is to be "
            "read again",
        )
    if statement.preserves_order:
        raise InvalidRequestError(
            "ordered_values() does not go with a list of rows, which set values besides: nothing "
            "says where these stand among the others",
            hint="use values(), or run one UPDATE for each row",
        )
    if statement.returning_columns:
        raise InvalidRequestError(
            "an UPDATE of a list of rows returns none", hint="leave returning() out"
        )
    _refuse_ambiguous(mapper, statement)
    with collector.paused_for(len(rows)):
        keys, values = split_keys(mapper, rows)
        own = None if _is_plain(statement) else statement
        updating = RowsUpdating(session, connection, mapper, own, versioned=True)
        yield from updating.run_steps(values, keys, synchronize)
    return CursorResult.of_change(updating.count)


def _refuse_ambiguous(mapper: Mapper, statement: UpdateBase) -> None:
    """Refuse parameters called like a column: a row says under this name what the column gets."""
    for name in named_parameters(statement):
        if name in mapper.columns or name in mapper.local_table.c:
            raise CompileError(
                f"the parameter {name!r} of an UPDATE of a list of rows is called like a column of "
                f"{mapper.class_.__name__}",
                hint=f"call it otherwise: bindparam('b_{name}')",
            )


_SAYS_NOTHING = frozenset(("table", "execution_options_dict"))
_SAID_OF_ALL_TABLES = _SAYS_NOTHING | {"values_"}


def _is_plain(statement: UpdateBase) -> bool:
    return not statement.__dict__.keys() - _SAYS_NOTHING
