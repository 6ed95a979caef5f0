"""Statements made ready: plan, shape of the rows, and where inserted keys come from.

All that depends on the structure of a statement alone is decided here, once, and kept among
the engine's plans.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..codegen import Source, compile_function
from ..compiler.plan import StatementPlan
from ..sql.expression.column_element import ColumnElement
from ..sql.expression.naming import (
    LABEL_STYLE_DISAMBIGUATE_ONLY,
    function_name,
    items_of,
    told_apart,
)
from .rows import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..compiler.result_columns import ResultColumn
    from ..dialects.dialect import Dialect
    from ..dialects.features import Features
    from ..sql.expression.dml_base import UpdateBase
    from ..sql.node import Executable
    from ..sql.schema import Table
    from ..sql.table_column import Column

MARK = "core"
"""Begins the keys under which the plans of this module are kept."""


class Prepared:
    """A statement ready to run and to be read.

    ``reads``   rows come back, of which the columns are known: ``shape``, ``convert``
    ``is_open``  the server alone knows how some columns are called, and of how many a text is
    ``raws``    what the SELECT of columns names, by which its rows are known; or None
    ``keys``    of an INSERT of one row, where each part of the primary key comes from
    """

    __slots__ = (
        "convert",
        "is_open",
        "keys",
        "needs_values",
        "plan",
        "raws",
        "reads",
        "returns_keys",
        "shape",
    )

    def __init__(
        self,
        plan: StatementPlan,
        shape: Shape | None,
        convert: Callable[[list[Any]], list[Any]] | None,
    ) -> None:
        self.plan = plan
        self.shape = shape
        self.convert: Callable[[list[Any]], list[Any]] | None = convert
        self.reads = shape is not None
        self.is_open = shape is None
        self.needs_values = plan.needs_values
        self.keys: tuple[KeySource, ...] | None = None
        self.returns_keys = False
        """Whether the rows are the primary key alone, asked for on behalf of the result."""
        self.raws: tuple[Any, ...] | None = None

    def read_by(self, raws: tuple[Any, ...]) -> tuple[Shape, Any]:
        """Return shape and converter of the rows of a statement that names *raws*."""
        own: Any = self.shape
        shape = own.known_by(items_of(raws))
        convert = self.convert
        if shape is own or convert is None:
            return shape, convert
        return shape, lambda rows: shape.row_list(convert(rows))


class KeySource:
    """Where one column of an inserted primary key comes from.

    The first that is set says it: a name among the parameters, a position among the values
    of the statement, a position in the row that comes back, or the number that the driver
    tells.
    """

    __slots__ = ("name", "position", "returned", "told")

    def __init__(
        self,
        name: str | None = None,
        position: int | None = None,
        returned: int | None = None,
        told: bool = False,
    ) -> None:
        self.name = name
        self.position = position
        self.returned = returned
        self.told = told

    def value(
        self,
        row: Mapping[str, Any],
        values: Sequence[Any],
        returned: Sequence[Any] | None,
        lastrowid: int | None,
    ) -> Any:
        """Return the value; None if nobody tells."""
        value = None
        if self.name is not None:
            value = row.get(self.name)
        elif self.position is not None:
            value = values[self.position]
        elif self.returned is not None:
            return returned[self.returned] if returned is not None else None
        return lastrowid if value is None and self.told else value


def prepare(
    statement: Any,
    binds: Sequence[Any],
    dialect: Dialect,
    names: tuple[str, ...] | None,
    one_row: bool,
) -> Prepared:
    """Return *statement* ready to run on *dialect*.

    *binds* are its parameters in the order of the walk, *names* those of an INSERT or
    UPDATE whose values come when it runs; *one_row* says that one set of them will come.
    """
    if not statement.is_insert or not one_row or statement.returning_columns:
        return _prepared(statement, binds, dialect, names)
    prepared = _prepared(statement, binds, dialect, names)
    core = prepared.plan.compiled.statement
    columns = list(getattr(core.table, "primary_key", ()))
    if isinstance(core.values_, list) or core.select_source is not None:
        # Several rows, or nobody knows how many: no key is told, as None says.
        prepared.keys = (KeySource(),) * len(columns)
        return prepared
    sources = _key_sources(prepared.plan, core.table, columns, names or (), dialect.features)
    missing = [column for column, source in zip(columns, sources, strict=True) if source is None]
    if missing and dialect.features.supports_insert_returning:
        # The server alone knows the key, so it is asked for.
        prepared = _prepared(core.returning(*missing), binds, dialect, names)
        prepared.returns_keys = True
        returned = iter(range(len(missing)))
        sources = [
            KeySource(returned=next(returned)) if source is None else source for source in sources
        ]
    prepared.keys = tuple(KeySource() if source is None else source for source in sources)
    return prepared


def _prepared(
    statement: Executable,
    binds: Sequence[Any],
    dialect: Dialect,
    names: tuple[str, ...] | None,
) -> Prepared:
    compiled = dialect.compile(statement, column_keys=names)
    # The names that come with an INSERT or UPDATE are those of columns.
    by_name = names is None and statement.walk().planner is not None
    plan = StatementPlan(compiled, binds, by_name=by_name)
    columns = plan.result_columns
    if columns is None or statement.__visit_name__ == "textual_select":
        return Prepared(plan, None, None)
    is_open = any(column.key is None for column in columns)
    if is_open and not statement.is_dml:
        return Prepared(plan, None, None)
    shape = shape_of(columns, of_entities=by_name and _numbers_doubles(compiled.statement))
    raws = columns_named(statement)
    if raws is not None:
        # What stands for mapped attributes is found by them, too.
        shape = shape.known_by(items_of(raws))
    prepared = Prepared(plan, shape, row_converter(shape, columns, dialect))
    prepared.raws, prepared.is_open = raws, is_open
    return prepared


def columns_named(statement: Executable) -> tuple[Any, ...] | None:
    """Return what *statement* selects; None where that is more than columns, or no SELECT."""
    raws: tuple[Any, ...] | None = getattr(statement, "raw_columns", None)
    if raws is None or any(hasattr(raw, "row_objects") for raw in raws):
        return None
    return raws


def shape_of(columns: Sequence[ResultColumn], *, of_entities: bool = False) -> Shape:
    """Return the shape of rows of *columns*.

    Where they are *of_entities*, rows have the names that attributes and functions have, with
    numbers from the second one on; otherwise those that stand in the SQL.  A column whose name
    is one thing in the program and another in the database can be read by both.
    """
    if of_entities:
        keys = told_apart(map(_name_of, columns))
    else:
        keys = [
            column.key if column.key is not None else _name_of_text(column.expressions[0])
            for column in columns
        ]
    return Shape(
        tuple(keys), [column.expressions for column in columns], _others(columns, keys, of_entities)
    )


def _others(
    columns: Sequence[ResultColumn], keys: Sequence[str], of_entities: bool
) -> dict[str, int]:
    """Return what *columns* are called besides their *keys*: in the program, or in SQL."""
    found: dict[str, int] = {}
    for position, (column, key) in enumerate(zip(columns, keys, strict=True)):
        expression = column.expressions[0]
        own = getattr(expression, "key", None)
        if expression.__visit_name__ == "label" and of_entities:
            # An attribute, which is selected under its name.
            expression = column.expressions[-1]
        if expression.__visit_name__ != "column":
            continue
        other = str(own if key == expression.name else expression.name)
        if key in (own, expression.name) and other not in keys:
            found[other] = -1 if other in found else position
    return found


def _name_of_text(given: ColumnElement[Any]) -> str:
    is_text = given.__visit_name__ == "textclause"
    name: str = given.result_name if is_text else given.name
    return name


def _numbers_doubles(statement: Executable) -> bool:
    style = getattr(statement, "label_style", None)
    return statement.__visit_name__ == "select" and style is LABEL_STYLE_DISAMBIGUATE_ONLY


def _name_of(column: ResultColumn) -> str:
    """Return how *column*, of entities, is called where it is the only one of its name."""
    expression = column.expressions[0]
    name = function_name(expression)
    if name is None and expression.__visit_name__ == "column":
        name = expression.key
    return str(name if name is not None else column.key)


def row_converter(
    shape: Shape, columns: Sequence[ResultColumn], dialect: Dialect
) -> Callable[[list[Any]], list[Any]]:
    """Return the function that makes rows of *shape* of the driver's rows."""
    conversions = [column.type.result_conversion(dialect) for column in columns]
    if not any(conversions):
        return shape.row_list
    source = Source(f"rows of ({', '.join(shape.keys)})")
    make = source.use("make", shape.row)
    locals_, values = [], []
    for number, conversion in enumerate(conversions):
        name = f"v{number}"
        locals_.append(name)
        if conversion is None:
            values.append(name)
            continue
        convert = source.use(f"convert_{number}", conversion.function)
        text = f"{convert}({name})"
        values.append(text if conversion.takes_none else f"None if {name} is None else {text}")
    with source.block("def rows(raw):"), source.block("return ["):
        source.line(f"{make}(({', '.join(values)},))")
        source.line(f"for {', '.join(locals_)}, in raw")
    source.line("    ]")
    return compile_function(source, "rows")


def textual(
    description: Sequence[Sequence[Any]],
    plan: StatementPlan,
    dialect: Dialect,
    statement: Executable | None = None,
) -> tuple[Shape, Callable[[list[Any]], list[Any]]]:
    """Return shape and converter for text whose columns the user has named, as far as he did.

    *statement* is what was executed: a SELECT where texts are columns, or what is text itself.
    """
    declared = plan.result_columns or ()
    raws = None if statement is None else columns_named(statement)
    is_whole = raws is not None and len(declared) == len(description)
    positional = is_whole or getattr(plan.compiled.statement, "positional", False)
    by_name = {str(column.name): column for column in declared}
    found: list[ResultColumn | None] = []
    for number, (name, *_) in enumerate(description):
        if positional:
            found.append(declared[number] if number < len(declared) else None)
        else:
            found.append(by_name.get(name))
    keys = tuple(
        str(column.key) if column is not None and column.key is not None else item[0]
        for column, item in zip(found, description, strict=True)
    )
    shape = Shape(keys, [column.expressions if column is not None else () for column in found])
    if is_whole and raws is not None:
        shape = shape.known_by(items_of(raws))
    if not any(column is not None for column in found):
        return shape, shape.row_list
    known = [column if column is not None else _UNKNOWN for column in found]
    return shape, row_converter(shape, known, dialect)


class _NoConversion:
    """Stands for the type of a column that the user has not named."""

    def result_conversion(self, dialect: Dialect) -> None:
        """Return that nothing is to be converted."""


class _Unknown:
    type = _NoConversion()


_UNKNOWN: Any = _Unknown()


# -- inserted primary keys ------------------------------------------------------------------


def _key_sources(
    plan: StatementPlan, table: Table, columns: list[Any], names: Sequence[str], features: Features
) -> list[KeySource | None]:
    numbered = getattr(table, "autoincrement_column", None)
    sources: list[KeySource | None] = []
    for column in columns:
        told = column is numbered and features.supports_lastrowid
        if told and features.supports_sequences and column.default is not None:
            # A sequence numbers it, and that the driver does not tell.
            told = False
        bind = plan.compiled.value_binds.get(column)
        position = plan.positions.get(id(bind)) if bind is not None else None
        if column.key in names:
            sources.append(KeySource(name=column.key, told=told))
        elif position is not None:
            sources.append(KeySource(position=position, told=told))
        elif told:
            sources.append(KeySource(told=True))
        else:
            sources.append(None)
    return sources


# -- defaults that must be known before the statement runs ------------------------------------


def early_defaults(statement: UpdateBase) -> list[Any]:
    """Return the columns whose default is computed before *statement* is prepared.

    These are the parts of the primary key, since the result tells them, and all of them where
    functions want to see the other values: what defaults have given is among those.
    """
    if statement.is_insert:
        if isinstance(statement.values_, list) or statement.select_source is not None:
            return []
        columns = default_columns(statement)
        if any(column.default.takes_context for column in columns):
            return columns
        return [column for column in columns if column.primary_key]
    changed = [
        column
        for column in getattr(statement.table, "c", ())
        if (default := getattr(column, "onupdate", None)) is not None
        and (default.is_callable or default.is_scalar)
    ]
    return changed if any(column.onupdate.takes_context for column in changed) else []


def default_columns(statement: UpdateBase) -> list[Column[Any]]:
    """Return the columns of the table for which Python has a value where none is given."""
    return [
        column
        for column in getattr(statement.table, "c", ())
        if (default := getattr(column, "default", None)) is not None
        and (default.is_callable or default.is_scalar)
    ]
