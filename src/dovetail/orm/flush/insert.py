"""Inserting: instances to rows, many rows to a statement, generated values back to instances."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import compress, groupby
from operator import itemgetter
from typing import Any, NamedTuple, NoReturn

from dovetail.codegen import Source, compile_function
from dovetail.compiler.default_context import DefaultContext, made_for
from dovetail.compiler.statements import DefaultParameter
from dovetail.dialects.dialect import Dialect
from dovetail.engine.connection import Connection
from dovetail.exc import FlushError, InvalidRequestError
from dovetail.orm.flush.rows import RowsText
from dovetail.orm.flush.sent import check_returned, converted, in_text_order, sent_besides
from dovetail.orm.flush.versions import given_version
from dovetail.orm.mapping.mapped_tables import MappedTable
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.state import InstanceState, Load
from dovetail.sql.expression.coercion import stands_for_sql
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.dml import insert
from dovetail.sql.expression.elements import bindparam
from dovetail.steps import Steps


class Run(NamedTuple):
    """Instances that are inserted by the same plan, and their states, in the same order."""

    states: list[InstanceState]
    instances: list[Any]


class InsertPlan:
    """How instances of one mapper that lack the same values are inserted into one of its tables.

    ``columns``              (attribute, column) of the values that are sent
    ``rows_of(instances)``   one flat list of parameters, client-side defaults filled in
    ``returned``             (attribute, column) of the values that come back
    ``place(run, rows, load)``  writes what came back and enters the identity map
    """

    reads = "instance.__dict__"
    """Where the function finds the values of what it is given."""

    enters = True
    """Whether instances whose rows are in the last table of their mapper are persistent then."""

    keeps_defaults = True
    """Whether values made by defaults are written to where the others are read from."""

    def __init__(
        self,
        mapper: Mapper,
        dialect: Dialect,
        absent: frozenset[str],
        part: MappedTable | None = None,
    ) -> None:
        self.mapper = mapper
        self.part = part = first_table(mapper) if part is None else part
        self.keys = [(mapper.primary_keys[place], column) for place, column in part.key]
        self.enters = self.enters and part.table is mapper.written_tables[-1]
        self.dialect = dialect
        self.columns: list[tuple[str, Any]] = []
        self.inline: list[tuple[Any, Any]] = []
        self.returned: list[tuple[str, Any]] = []
        self.made_keys: list[Any] = []
        """The columns of the primary key that the server fills."""
        self._sort_columns(absent)
        self._compile()
        self.given_keys = [
            key for key, column in self.columns if key in mapper.keys_set and column.default is None
        ]
        """Parts of the primary key that nobody makes where they are not set."""
        self.takes_last_row = self._takes_last_row()
        self.sorts_by = self._position_of_numbers()
        is_ordered = self.dialect.features.returning_is_ordered
        if self.made_keys and self.sorts_by is None and not is_ordered:
            # Nothing tells which of many returned rows is whose.
            self.rows.rows_per_statement = 1
        self.has_context = has_context(self.part)
        self.rows_of = self._make_rows_of()
        self.place = self._make_place()

    def _takes_last_row(self) -> bool:
        """Whether the driver tells all that comes back for one new row: its key.

        Where the server returns nothing, other values that it made are read when touched.
        """
        features = self.dialect.features
        if len(self.made_keys) != 1 or not features.supports_lastrowid:
            return False
        (made,) = self.made_keys
        if any(column is made for column, _ in self.inline) or made.type.affinity != "integer":
            # A sequence, an expression or a trigger makes the key, which the driver does not tell.
            return False
        return len(self.keys) == 1 and (len(self.returned) == 1 or not self.fetched)

    def _position_of_numbers(self) -> int | None:
        """Where a returned row has its generated number, by which rows are put into order.

        Numbers ascend in the order of the VALUES; a default of another kind has no order.
        """
        if len(self.made_keys) != 1:
            return None
        (column,) = self.made_keys
        counts = column.default is None and column.server_default is None
        if column.default is not None and column.default.is_sequence:
            counts = (column.default.increment or 1) > 0 and not column.default.cycle
        if column.identity is not None:
            counts = (column.identity.increment or 1) > 0
        if not counts:
            return None
        places = [place for place, (_, one) in enumerate(self.fetched) if one is column]
        return places[0] if places else None

    def _sort_columns(self, absent: frozenset[str]) -> None:
        for key, column in self.part.columns:
            if key in absent:
                self._leave(key, column)
                self.returned.append((key, column))
            else:
                self.columns.append((key, column))

    def _leave(self, key: str, column: ColumnElement[Any]) -> None:
        """Let the server give *column* its value."""
        default = column.default
        if default is not None and default.is_clause_element:
            self.inline.append((column, default.arg))
        elif default is not None and default.is_sequence:
            if self.dialect.features.supports_sequences:
                self.inline.append((column, default.next_value()))
        if key in self.mapper.primary_keys:
            self.made_keys.append(column)

    def values_of(self, source: object) -> Any:
        """The values of one of those that the plan inserts, by attribute."""
        return source.__dict__

    def of_instance(self, instance: object) -> "InsertPlan":
        """The plan of the rows of *instance*, where it goes by a statement of its own."""
        return self

    def is_foreign(self, key: str) -> bool:
        """Whether attribute *key* is one of another class, whose rows go by the same statement."""
        return False

    def takes_default(self, key: str) -> bool:
        """Whether the default of attribute *key* stands in where there is no value."""
        return True

    def _compile(self) -> None:
        binds = {column: bindparam(column.key, type_=column.type) for _, column in self.columns}
        values: dict[Any, Any] = {**binds, **dict(self.inline)}
        statement = insert(self.part.table)
        statement = statement.values(values) if values else statement
        # Without values the row is nothing but defaults.
        self.plain = self.dialect.compile(statement, column_keys=())
        self.plain_sql: str = self.plain.sql
        self.fetched = self._asked_back()
        if self.fetched:
            statement = statement.returning(*[column for _, column in self.fetched])
        compiled = self.dialect.compile(statement, column_keys=())
        if self.fetched:
            check_returned(compiled, [column for _, column in self.fetched])
        # Inline expressions bring parameters of theirs.
        own: dict[Any, tuple[int | None, Any]] = {
            bind: (number, bind) for number, bind in enumerate(binds.values())
        }
        self.sent = in_text_order(compiled, own, lambda _, bind: (None, bind))
        self.width = len(self.sent)
        self.rows = RowsText(compiled, self.width, self.dialect.features)

    def _asked_back(self) -> list[tuple[str, Any]]:
        """What the INSERT returns: what the server makes, and the keys that tell whose it is.

        A table without ``implicit_returning`` has triggers that change its rows after they are
        returned: but for a key that nobody else tells, values are read when they are touched.
        """
        features = self.dialect.features
        asked = self.returned
        if not self.part.table.implicit_returning:
            asked = [pair for pair in self.returned if pair[1] in self.made_keys]
            if features.supports_lastrowid:
                asked = []
        if not asked or not features.supports_insert_returning:
            return []
        known = {key for key, _ in asked}
        return [*[pair for pair in self.keys if pair[0] not in known], *asked]

    def _make_rows_of(self) -> Callable[[Sequence[Any]], list[Any]]:
        source = Source(f"insert {self.mapper.class_.__qualname__}")
        with source.block("def rows_of(instances):"):
            source.line("parameters = []")
            source.line("extend = parameters.extend")
            with source.block("for instance in instances:"):
                source.line(f"values = {self.reads}")
                source.line("get = values.get")
                names = [
                    self._write_value(source, number, key, column)
                    for number, (key, column) in enumerate(self.columns)
                ]
                row = [
                    sent_besides(source, place, bind, self.dialect, "{}")
                    if number is None
                    else names[number]
                    for place, (number, bind) in enumerate(self.sent)
                ]
                if row:
                    source.line(f"extend(({', '.join(row)},))")
            source.line("return parameters")
        return compile_function(source, "rows_of")

    def _write_value(
        self, source: Source, number: int, key: str, column: ColumnElement[Any]
    ) -> str:
        if self.is_foreign(key):
            return self._write_foreign(source, number, column)
        conversion = column.type.bind_conversion(self.dialect)
        default = column.default if self.takes_default(key) else None
        read = self._read(source, key)
        if conversion is None and default is None:
            return read
        name = f"v{number}"
        source.line(f"{name} = {read}")
        # None that was set is a value to some types; what was never set is NULL, or the default.
        keeps_none = column.type.should_evaluate_none
        is_made = False
        if default is not None and self._makes_default(key, column):
            is_made = True
            made = source.use(f"default{number}", default.given)
            absent = f"{key!r} not in values" if keeps_none else f"{name} is None"
            with source.block(f"if {absent}:"):
                if default.is_scalar:
                    value = made
                elif default.takes_context:
                    source.use("Context", DefaultContext)
                    value = f"{made}(Context({self._row_so_far(number)}))"
                else:
                    value = f"{made}()"
                kept = f"values[{key!r}] = " if self.keeps_defaults else ""
                source.line(f"{name} = {kept}{value}")
        if conversion is None:
            return name
        convert = source.use(f"convert{number}", conversion.function)
        if conversion.takes_none:
            if keeps_none and not is_made:
                return f"{convert}({name}) if {key!r} in values else None"
            return f"{convert}({name})"
        return f"None if {name} is None else {convert}({name})"

    def _write_foreign(self, source: Source, number: int, column: ColumnElement[Any]) -> str:
        """Write what a column of another class holds: its default, or NULL."""
        default = column.default
        if default is None or default.is_clause_element or default.is_sequence:
            return "None"
        bind = DefaultParameter(column, default)
        row = self._row_so_far(number)
        return sent_besides(source, f"foreign{number}", bind, self.dialect, row)

    def _row_so_far(self, number: int) -> str:
        """What makes the values of a row, by the keys of columns, for a default of column *number*.

        What other defaults will make after it is None.
        """
        parts = []
        for place, (key, column) in enumerate(self.columns):
            if self.is_foreign(key):
                continue
            is_made = (
                place < number and not self.keeps_defaults and self._makes_default(key, column)
            )
            parts.append(f"{column.key!r}: " + (f"v{place}" if is_made else f"get({key!r})"))
        return f"{{{', '.join(parts)}}}"

    def _makes_default(self, key: str, column: ColumnElement[Any]) -> bool:
        """True where Python makes a value of *column* that is not given."""
        default = column.default if self.takes_default(key) else None
        return default is not None and not (default.is_clause_element or default.is_sequence)

    def _read(self, source: Source, key: str) -> str:
        """What reads the value of attribute *key*, or makes it where the mapper does."""
        if key != self.mapper.version_key:
            return f"get({key!r})"
        if self.mapper.makes_versions:
            make = source.use("make_version", self.mapper.version_id_generator)
            source.line(f"version = {make}(None)")
            if self.keeps_defaults:
                source.line(f"values[{key!r}] = version")
            return "version"
        column = self.mapper.columns[key]
        if column.default is not None or column.server_default is not None:
            return f"get({key!r})"
        given = source.use("given_version", partial(given_version, self.mapper))
        return f"{given}(get({key!r}))"

    def _make_place(self) -> Callable[[Run, Sequence[Any], Load], None]:
        mapper = self.mapper
        source = Source(f"inserted {mapper.class_.__qualname__}")
        fetched = dict(self.fetched)
        if self.takes_last_row and not fetched:
            fetched = dict(self.keys)
        with source.block("def place(run, rows, load):"):
            if self.enters:
                source.line("identity = load.identity")
                source.line("track = load.batch.append")
            row = ", ".join(f"r{n}" for n in range(len(fetched)))
            header = f"for state, instance, ({row},) in zip(run.states, run.instances, rows):"
            bare = "for state, instance in zip(run.states, run.instances):"
            with source.block(header if fetched else bare):
                source.line("values = instance.__dict__")
                for number, (key, column) in enumerate(fetched.items()):
                    if self.is_foreign(key):
                        continue
                    conversion = column.type.result_conversion(self.dialect)
                    value = f"r{number}"
                    if conversion is not None:
                        convert = source.use(f"convert{number}", conversion.function)
                        value = f"None if {value} is None else {convert}({value})"
                    source.line(f"values[{key!r}] = {value}")
                optional = [
                    key
                    for key, _ in self.columns
                    if key not in mapper.keys_set and not self.is_foreign(key)
                ]
                if optional:
                    # What was never set is NULL in the row, and need not be read again.
                    whole = len(fetched) + len(self.columns) + (not mapper.uses_slot)
                    with source.block(f"if len(values) < {whole}:"):
                        for name in optional:
                            with source.block(f"if {name!r} not in values:"):
                                source.line(f"values[{name!r}] = None")
                late = frozenset(
                    name
                    for name, _ in self.returned
                    if name not in fetched and not self.is_foreign(name)
                )
                if self.enters:
                    # The row is there, of which they are computed.
                    for name in sorted(mapper.computed_of_rows):
                        source.line(f"values.pop({name!r}, None)")
                    late |= mapper.computed_of_rows
                if late:
                    expired = source.use("late", late)
                    if len(mapper.written_tables) > 1:
                        # Another table of the mapper may have some of its own.
                        expired += " | (state.stale or frozenset())"
                    source.line(f"state.stale = {expired}")
                if self.enters:
                    self._write_entering(source)
        return compile_function(source, "place")

    def _write_entering(self, source: Source) -> None:
        """Write what makes an instance persistent."""
        counted = self.part.table.autoincrement_column
        unsure = [
            name
            for name, column in self.part.columns
            if column in self.made_keys and column is not counted
        ]
        if unsure:
            absent = " or ".join(f"values.get({name!r}) is None" for name in unsure)
            refuse = source.use("refuse", _refuse_unmade)
            with source.block(f"if {absent}:"):
                source.line(f"{refuse}(instance, {', '.join(unsure)!r})")
        self._write_settling(source)
        reads = [f"values[{key!r}]" for key in self.mapper.primary_keys]
        key = reads[0] if len(reads) == 1 else f"({', '.join(reads)})"
        source.line(f"state.row_key = key = {key}")
        source.line("state.load = load")
        source.line("identity[key] = state")
        source.line("track(state)")

    def _write_settling(self, source: Source) -> None:
        """Write what makes keys that were given what they are in the row."""
        given = {name for name, _ in self.columns}
        for number, (name, one) in enumerate(self.mapper.settlings(self.dialect)):
            if name not in given:
                continue
            settled = source.use(f"settled{number}", one.function)
            if one.kind is None:
                source.line(f"values[{name!r}] = {settled}(values[{name!r}])")
                continue
            kind = source.use(f"kind{number}", one.kind)
            with source.block(f"if values[{name!r}].__class__ is not {kind}:"):
                source.line(f"values[{name!r}] = {settled}(values[{name!r}])")


class _PartialInsert(InsertPlan):
    """An INSERT after which the instances are not persistent yet."""

    enters = False


def insert_steps(
    connection: Connection,
    mapper: Mapper,
    inserts: dict[InstanceState, Any],
    load: Load,
    table: Any = None,
    *,
    enters: bool = True,
) -> Steps[None]:
    """Insert the rows of *inserts*, in their order; they are persistent afterwards.

    With *table* and without *enters* those of one table alone, as a part of something larger.
    """
    states, instances = list(inserts), list(inserts.values())
    if mapper.only_read:
        refuse_read_values(mapper, instances)
    for part in mapper.mapped_tables or (first_table(mapper),):
        if table is not None and part.table is not table:
            continue
        if part.copies:
            copy_joined_keys(part.copies, instances)
        for absent, run in runs_of(part, states, instances):
            plan = _plan(connection, mapper, part, absent, enters)
            yield from insert_run_steps(connection, plan, run, load)


def copy_joined_keys(copies: Iterable[tuple[str, str]], instances: list[Any]) -> None:
    """Let *instances* refer, from the table to be written, to their rows in those before it."""
    for source, target in copies:
        for instance in instances:
            instance.__dict__[target] = instance.__dict__.get(source)


def first_table(mapper: Mapper) -> MappedTable:
    """The table that *mapper* writes first; InvalidRequestError where there is none."""
    if not mapper.mapped_tables:
        raise InvalidRequestError(
            f"{mapper.class_.__name__} is mapped to a SELECT: its rows can't be written",
            hint="map the class to a table, or let the SELECT have the whole primary key of one, "
            "each column as it is, no UNION, and the table once",
        )
    part: MappedTable = mapper.mapped_tables[0]
    return part


def refuse_read_values(mapper: Mapper, instances: Iterable[Any]) -> None:
    """Refuse new *instances* with values of what the SELECT of their class reads alone."""
    for instance in instances:
        values = instance.__dict__
        for name in mapper.only_read:
            if values.get(name) is not None:
                refuse_read_value(mapper, instance, name)


def refuse_read_value(mapper: Mapper, instance: object, name: str) -> NoReturn:
    """Refuse the value of attribute *name*, which no table takes."""
    raise InvalidRequestError(
        f"{instance!r}: {name!r} is read from the SELECT that {mapper.class_.__name__} is mapped "
        "to, and can't be written",
        hint="set what is a column of a table whose primary key the SELECT has; refresh() the "
        "instance to go on",
    )


def _plan(
    connection: Connection, mapper: Mapper, part: MappedTable, absent: frozenset[str], enters: bool
) -> InsertPlan:
    plans = connection.plans
    key = ("insert", mapper, part.table, absent, enters)
    plan: InsertPlan | None = plans.get(key)
    if plan is None:
        kind = InsertPlan if enters else _PartialInsert
        plan = kind(mapper, connection.dialect, absent, part)
        plans.put(key, plan)
    return plan


def runs_of(
    part: MappedTable, states: list[InstanceState], instances: list[Any]
) -> Iterator[tuple[frozenset[str], Run]]:
    """What is inserted into a table, in runs that leave the same columns to the server."""
    optional = tuple(part.made)
    if not optional:
        yield frozenset(), Run(states, instances)
        return
    lacking = lacking_of(part, optional, map(vars, instances))
    start = 0
    for shape, run in groupby(lacking):
        end = start + len(list(run))
        absent = frozenset(compress(optional, shape))
        yield absent, Run(states[start:end], instances[start:end])
        start = end


_LACKS_ONE = ((False,), (True,))


def lacking_of(
    part: MappedTable, names: Sequence[str], rows: Iterable[Any]
) -> list[tuple[bool, ...]]:
    """For each of *rows*, which of *names* it has no value for."""
    if part.keeps_none.isdisjoint(names):
        if len(names) == 1:
            (name,) = names
            return [_LACKS_ONE[values.get(name) is None] for values in rows]
        return [tuple([values.get(name) is None for name in names]) for values in rows]
    keeping = [(name, name in part.keeps_none) for name in names]
    return [
        tuple(
            [name not in values if keeps else values.get(name) is None for name, keeps in keeping]
        )
        for values in rows
    ]


def insert_run_steps(connection: Connection, plan: InsertPlan, run: Run, load: Load) -> Steps[None]:
    instances = run.instances
    total = len(instances)
    if plan.given_keys:
        _check_keys(plan, instances)
    parameters = parameters_of(connection, plan, instances)
    if parameters is None:
        yield from _insert_expressions_steps(connection, plan, run, load)
        return
    if plan.takes_last_row and (total == 1 or not plan.fetched):
        yield from _insert_one_by_one_steps(connection, plan, run, load, parameters)
        return
    rows: list[Any] = []
    width = plan.width
    for start, count in plan.rows.chunks(total):
        part = parameters
        if count < total:
            part = parameters[start * width : (start + count) * width]
        text = plan.rows.text(count)
        if connection.dispatch.listening:
            connection.tell(plan.rows.compiled)
        if plan.fetched:
            returned = yield from connection.fetch_steps(text, part)
            if len(returned) != count:
                refuse_other_rows(plan.part, count, len(returned))
            rows.extend(_in_order(plan, returned, instances[start : start + count]))
        else:
            yield from connection.run_steps(text, part)
    plan.place(run, rows, load)


def _insert_one_by_one_steps(
    connection: Connection, plan: InsertPlan, run: Run, load: Load, parameters: list[Any]
) -> Steps[None]:
    """Insert each row for itself: the driver tells the key of one row alone."""
    keys: list[tuple[Any]] = []
    width = plan.width
    for start in range(len(run.instances)):
        part = parameters[start * width : (start + 1) * width]
        if connection.dispatch.listening:
            connection.tell(plan.plain)
        cursor = yield from connection.run_steps(plan.plain_sql, part)
        if not cursor.rowcount:
            # The key that the driver tells is that of an earlier row.
            refuse_other_rows(plan.part, 1, 0)
        keys.append((cursor.lastrowid,))
    plan.place(run, keys, load)


def _in_order(plan: InsertPlan, rows: list[Any], instances: list[Any]) -> list[Any]:
    """Returned *rows* in the order of *instances*: by their keys, where these tell it."""
    if len(rows) == 1:
        return rows
    if plan.sorts_by is not None:
        rows.sort(key=itemgetter(plan.sorts_by))
        return rows
    if plan.made_keys:
        # Without an order that is kept, each row went by a statement of its own.
        return rows
    count = len(plan.keys)
    by_key = {row[:count]: row for row in rows}
    in_order = []
    for instance in instances:
        values = instance.__dict__
        key = tuple(converted(values[name], c.type, plan.dialect) for name, c in plan.keys)
        in_order.append(by_key[key])
    return in_order


def refuse_other_rows(part: MappedTable, sent: int, returned: int) -> None:
    """Refuse an INSERT that has told of other rows than were *sent*: nobody knows whose they are.

    A trigger may have left rows out, or a rule, or a listener that has changed the statement.
    """
    raise FlushError(
        f"INSERT INTO {part.table.name}: of {sent} that were sent, the database has given back "
        f"{returned} rows",
        hint="look for a trigger, a rule or a listener that leaves rows out or writes them "
        "elsewhere; Table(..., implicit_returning=False) and a primary key of the program's own "
        "ask for no answer",
    )


def _refuse_unmade(instance: object, names: str) -> None:
    """Refuse *instance*, of which the server has not made the key."""
    raise FlushError(
        f"the row of {instance!r} has no primary key: the server was to make {names}, and gave "
        "nothing back",
        hint="set it, or look at the default, or the trigger, that makes it",
    )


def _check_keys(plan: InsertPlan, instances: list[Any]) -> None:
    """Refuse rows without a primary key where nobody will make one."""
    for name in plan.given_keys:
        for instance in instances:
            if instance.__dict__.get(name) is None and not _allows_partial(plan.mapper, instance):
                raise FlushError(
                    f"{instance!r} has no value for {name!r}, a part of its primary key, and "
                    "nothing generates one",
                    hint=f"set {name}, give the column a default, or relate it to its parent",
                )


def _allows_partial(mapper: Mapper, instance: object) -> bool:
    return len(mapper.primary_keys) > 1 and any(
        instance.__dict__.get(name) is not None for name in mapper.primary_keys
    )


def has_context(part: MappedTable) -> bool:
    """Whether a default function of the table may ask for the connection."""
    defaults = (getattr(column, "default", None) for column in part.table.c)
    return any(default is not None and default.takes_context for default in defaults)


def parameters_of(
    connection: Connection, plan: InsertPlan, instances: Sequence[Any]
) -> list[Any] | None:
    """The parameters of *instances*, or None where SQL expressions are among their values."""
    try:
        if plan.has_context:
            with made_for(connection):
                parameters = plan.rows_of(instances)
        else:
            parameters = plan.rows_of(instances)
    except Exception:
        # A conversion may have met an expression; anything else is the user's to see.
        values = [value for one in instances for value in plan.values_of(one).values()]
        if any(stands_for_sql[type(value)] for value in values):
            return None
        raise
    # The classes of the values are few; asking each value would cost more than sending it.
    if any(map(stands_for_sql.__getitem__, set(map(type, parameters)))):
        return None
    return parameters


def _insert_expressions_steps(
    connection: Connection, plan: InsertPlan, run: Run, load: Load
) -> Steps[None]:
    """Insert instances with SQL expressions among their values, one by one."""
    for state, instance in zip(*run, strict=True):
        of_class = plan.of_instance(instance)
        columns = dict(of_class.part.columns)
        expressions = {
            name: value
            for name, value in instance.__dict__.items()
            if name in columns and stands_for_sql[type(value)]
        }
        for name in expressions:
            del instance.__dict__[name]
        absent = plan_absent(of_class) | frozenset(expressions)
        # It makes persistent what the plan makes so, and no more.
        own = type(of_class)(of_class.mapper, connection.dialect, absent, of_class.part)
        inline = {columns[name]: value for name, value in expressions.items()}
        own.inline = [*((c, v) for c, v in own.inline if c not in inline), *inline.items()]
        own._compile()
        own.rows_of = own._make_rows_of()
        yield from insert_run_steps(connection, own, Run([state], [instance]), load)


def plan_absent(plan: InsertPlan) -> frozenset[str]:
    """The attributes that *plan* leaves to the server."""
    return frozenset(name for name, _ in plan.returned)
