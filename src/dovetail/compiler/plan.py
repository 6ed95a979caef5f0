"""A compiled statement ready to run: from values to what the driver takes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..codegen import Source, compile_function
from ..exc import ArgumentError, InvalidRequestError, MissingParameterError
from ..sql.expression.select_base import named_values
from .compiled import NAMED_STYLES, Compiled
from .default_context import DefaultContext
from .result_columns import ResultColumn
from .slots import Slot, is_tuple
from .statements import DefaultParameter, calls_with_context

if TYPE_CHECKING:
    from ..sql.node import Executable
    from ..types.contract import TypeDialect

Parameters = tuple[Any, ...] | dict[str, Any]
Shape = int | tuple[int, int]
"""How many items a list has; with how many values each, where only the values tell."""

_MOST_TEXTS = 64
_LONG = 100
"""How many items of a list after IN may become one parameter, if there are too many of these."""


class StatementPlan:
    """How to run one shape of statement.

    ``walk_binds`` are the parameters of the statement it was compiled from, in the order of
    the walk; a statement of the same key brings its values in the same order::

        sql, parameters = plan.prepare([bind.effective_value for bind in walk.binds])

    What a class is mapped to may have parameters with names, which no walk meets.  A statement
    that is given values *by_name* brings values for those too, the ``inner`` ones, after its own.
    """

    def __init__(
        self, compiled: Compiled, walk_binds: Sequence[Any], *, by_name: bool = False
    ) -> None:
        self.compiled = compiled
        self.inner = _named_within(compiled, walk_binds) if by_name else ()
        walk_binds = (*walk_binds, *self.inner)
        self.sql = compiled.sql
        self.slots = compiled.slots
        self.result_columns: tuple[ResultColumn, ...] | None = compiled.columns
        self.column_names: tuple[str | None, ...] = tuple(
            column.key for column in self.result_columns or ()
        )
        self.is_expanding = compiled.is_expanding
        self.is_named = compiled.dialect.paramstyle in NAMED_STYLES
        self.positions = {id(bind): number for number, bind in enumerate(walk_binds)}
        self.walk_binds = walk_binds
        self.needs_values = any(bind.required for bind in walk_binds)
        self.has_context = calls_with_context(compiled.binds)
        """Whether it calls a default function that may ask for the connection."""
        self.most_parameters: int | None = compiled.dialect.features.max_parameters
        if not self.is_expanding:
            self._refuse_too_many(len(self.slots))
        self._texts: dict[tuple[Shape, ...], str] = {}
        self._row_binders: dict[frozenset[str], Callable[..., Any]] = {}
        self.bind: Callable[[Sequence[Any]], Any] = self._make_binder()
        """Makes the driver's parameters of values; of a statement with lists, also lengths."""

    def all_binds(self, binds: Sequence[Any], statement: Executable) -> list[Any]:
        """*binds*, those of *statement*, and the inner ones with what it gives them by name."""
        named = named_values(statement)
        inner = (b.with_value(named[b.key]) if b.key in named else b for b in self.inner)
        return [*binds, *inner]

    @property
    def values_parts(self) -> Any:
        """The INSERT taken apart for any number of rows, or None."""
        return self.compiled.values_parts

    def prepare(self, values: Sequence[Any]) -> tuple[str, Parameters]:
        """Return the text and the driver's parameters for *values*, which are in walk order."""
        if not self.is_expanding:
            return self.sql, self.bind(values)
        lengths, parameters = self.bind(values)
        if self.most_parameters is not None and len(parameters) > self.most_parameters:
            return self._packed(lengths, parameters)
        return self._text(lengths), parameters

    def values(self, parameters: Mapping[str, Any] | None = None) -> list[Any]:
        """Return the values of the statement compiled, in walk order, some replaced by name."""
        return bound_values(self.walk_binds, parameters)

    def prepare_rows(
        self, rows: Sequence[Mapping[str, Any]], values: Sequence[Any] | None = None
    ) -> list[Parameters]:
        """Return the driver's parameters for each of *rows*, which give values by name.

        *values*, in walk order, serve for what the rows do not give.
        """
        if not rows:
            return []
        names = frozenset(rows[0])
        binder = self._row_binders.get(names)
        if binder is None:
            binder = self._row_binders[names] = self._make_row_binder(names)
        try:
            made: list[Parameters] = binder(rows, values if values is not None else ())
        except KeyError as error:
            name = error.args[0] if error.args else None
            without = next((n for n, row in enumerate(rows) if name not in row), None)
            if without is None or not self._reads(name, names):
                # A default, or the conversion of a type, has raised it.
                raise
            raise MissingParameterError.of(
                str(name),
                self.sql,
                row=f" in row {without}",
                hint="all rows need the names that the first one has",
            ) from None
        return made

    def _reads(self, name: object, names: Collection[str]) -> bool:
        """True where rows with *names* are asked for a value of this *name*."""
        return any(
            slot.bind.key == name and (slot.bind.required or name in names)
            for slot in self.slots
            if not isinstance(slot.bind, DefaultParameter)
        )

    def prepare_row(
        self, row: Mapping[str, Any], values: Sequence[Any] | None = None
    ) -> tuple[str, Parameters]:
        """Return the text and the driver's parameters for one row of values by name."""
        if not self.is_expanding:
            return self.sql, self.prepare_rows((row,), values)[0]
        return self.prepare(bound_values(self.walk_binds, row, values))

    # -- making the functions -----------------------------------------------------------------

    def _make_binder(self) -> Callable[[Sequence[Any]], Any]:
        simple = all(
            number == self.positions.get(id(slot.bind)) and self._conversion(slot) is None
            for number, slot in enumerate(self.slots)
        )
        if simple and not self.is_named and not self.is_expanding:
            if len(self.slots) == len(self.positions):
                return tuple
        source = Source(f"bind {self._title()}")
        writer = _BinderWriter(self, source, None)
        with source.block("def bind(values):"):
            expressions = [writer.slot(number, slot) for number, slot in enumerate(self.slots)]
            for line in writer.lines:
                source.line(line)
            made = writer.collected(expressions)
            if self.is_expanding:
                lengths = "".join(f"{shape}, " for shape in writer.lists)
                source.line(f"return ({lengths}), {made}")
            else:
                source.line(f"return {made}")
        return compile_function(source, "bind")

    def _make_row_binder(self, names: frozenset[str]) -> Callable[..., Any]:
        if self.is_expanding:
            raise InvalidRequestError(
                "a statement with lists after IN cannot run for many rows of parameters at once"
            )
        source = Source(f"bind rows {self._title()}")
        writer = _BinderWriter(self, source, names)
        with source.block("def bind_rows(rows, values):"):
            expressions = [writer.slot(number, slot) for number, slot in enumerate(self.slots)]
            for line in writer.lines:
                source.line(line)
            source.line(f"return [{writer.collected(expressions)} for row in rows]")
        return compile_function(source, "bind_rows")

    def _conversion(self, slot: Slot) -> Any:
        return slot.type.bind_conversion(self.compiled.dialect)

    def _title(self) -> str:
        text = " ".join(self.sql.split())
        return text if len(text) <= 60 else text[:57] + "..."

    # -- lists after IN -----------------------------------------------------------------------

    def _text(self, lengths: tuple[Shape, ...]) -> str:
        text = self._texts.get(lengths)
        if text is None:
            text = self._write_text(lengths)
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            self._texts[lengths] = text
        return text

    def _packed(self, lengths: tuple[Shape, ...], parameters: Parameters) -> tuple[str, Parameters]:
        """Return text and parameters with long lists as one parameter each, where that can be.

        InvalidRequestError is raised where the server would refuse so many, or lose the rest.
        """
        flat = iter(parameters.values() if isinstance(parameters, dict) else parameters)
        dialect = self.compiled.dialect
        remaining = iter(lengths)
        packed: set[int] = set()
        made: list[Any] = []
        for number, slot in enumerate(self.slots):
            if not slot.expanding:
                made.append(next(flat))
                continue
            length, width = _shape(next(remaining), slot)
            items = [next(flat) for _ in range(length * (width or 1))]
            packs = len(items) > _LONG and not slot.around and width == slot.width
            if packs and dialect.packed_list(slot, "") is not None:
                packed.add(number)
                made.append(items)
            else:
                made += items
        self._refuse_too_many(len(made))
        return self._write_text(lengths, packed), tuple(made)

    def _refuse_too_many(self, count: int) -> None:
        if self.most_parameters is not None and count > self.most_parameters:
            raise InvalidRequestError(
                f"this statement has {count:,} parameters, and the server takes "
                f"{self.most_parameters:,} at the most",
                hint="send it in parts: execute(insert(table), rows) does so by itself; a long "
                "list after IN can be a subquery on a temporary table",
            )

    def _write_text(self, lengths: tuple[Shape, ...], packed: Collection[int] = ()) -> str:
        compiled = self.compiled
        mark = compiled.dialect.parameter_mark
        number = 0
        marks: list[str | None] = []
        remaining = iter(lengths)
        for place, slot in enumerate(self.slots):
            if not slot.expanding:
                number += 1
                marks.append(mark(slot.name, number, slot))
                continue
            length, width = _shape(next(remaining), slot)
            if place in packed:
                number += 1
                plain = slot._replace(expanding=False)
                marks.append(compiled.dialect.packed_list(slot, mark(slot.name, number, plain)))
                continue
            if not length:
                marks.append(slot.empty_text())
                continue
            items = []
            for item in range(1, length + 1):
                if width:
                    inner = []
                    for part in range(1, width + 1):
                        number += 1
                        marked = mark(f"{slot.name}_{item}_{part}", number, slot)
                        inner.append(slot.within(marked, part - 1))
                    items.append(f"({', '.join(inner)})")
                else:
                    number += 1
                    items.append(slot.within(mark(f"{slot.name}_{item}", number, slot)))
            marks.append(", ".join(items))
        return compiled.text_with(marks)


class _BinderWriter:
    """Writes the expressions of one binder."""

    def __init__(self, plan: StatementPlan, source: Source, names: frozenset[str] | None) -> None:
        self.plan = plan
        self.source = source
        self.names = names
        self.lists: list[str] = []
        self.lines: list[str] = []

    def slot(self, number: int, slot: Slot) -> str:
        """Return the expression for the parameter at *slot*."""
        bind = slot.bind
        conversion = self.plan._conversion(slot) if not slot.width else None
        convert = None
        if conversion is not None:
            convert = self.source.use(f"convert_{number}", conversion.function)
        position = self.plan.positions.get(id(bind))
        if slot.expanding:
            return self._list(number, slot, position, convert, conversion)
        if self.names is not None and not bind.unique and bind.key in self.names:
            raw = f"row[{bind.key!r}]"
        elif self.names is not None and bind.required:
            # Missing: the lookup says so, by name.
            raw = f"row[{bind.key!r}]"
        elif position is not None:
            raw = f"values[{position}]"
            if self.names is not None and convert is not None:
                self.lines.append(
                    f"value_{number} = {_converted(raw, convert, conversion, number)}"
                )
                return f"value_{number}"
        else:
            raw = self._constant(number, bind)
        return _converted(raw, convert, conversion, number)

    def _constant(self, number: int, bind: Any) -> str:
        """Return the expression for a parameter that the statement itself does not have."""
        if isinstance(bind, DefaultParameter):
            default = bind.default
            if default.is_scalar:
                return self.source.use(f"default_{number}", default.arg)
            function = self.source.use(f"default_{number}", default.given)
            if not default.takes_context:
                return f"{function}()"
            context = self.source.use("Context", DefaultContext)
            return f"{function}({context}({'row' if self.names is not None else '{}'}))"
        if bind.callable is not None:
            return self.source.use(f"constant_{number}", bind) + ".effective_value"
        return self.source.use(f"constant_{number}", bind.effective_value)

    def _list(
        self, number: int, slot: Slot, position: int | None, convert: str | None, conversion: Any
    ) -> str:
        name = f"list_{number}"
        if position is not None:
            raw = f"values[{position}]"
        else:
            raw = self.source.use(f"constant_{number}", slot.bind.effective_value)
        self.lines.append(f"{name} = tuple({raw} or ())")
        if slot.takes_tuples:
            return self._items_or_tuples(slot, name)
        self.lists.append(f"len({name})")
        if slot.width:
            return self._tuples(number, slot, name)
        items = name
        if convert is not None:
            items = f"[{_converted('item', convert, conversion, number)} for item in {name}]"
        if self.plan.is_named:
            return f"**{{f'{slot.name}_{{n}}': item for n, item in enumerate({items}, 1)}}"
        return f"*{items}"

    def _tuples(self, number: int, slot: Slot, name: str) -> str:
        flatten = self.source.use(f"flat_{number}", _flattener(slot, self.plan.compiled.dialect))
        if self.plan.is_named:
            return (
                f"**{{f'{slot.name}_{{n}}_{{m}}': item for n, items in enumerate({flatten}({name}),"
                " 1) for m, item in enumerate(items, 1)}"
            )
        return f"*[item for items in {flatten}({name}) for item in items]"

    def _items_or_tuples(self, slot: Slot, name: str) -> str:
        width = f"width_{name}"
        self.lines.append(f"{width} = {self.source.use('width_of', width_of)}({name})")
        self.lists.append(f"(len({name}), {width})")
        if not self.plan.is_named:
            return f"*({name} if not {width} else [part for item in {name} for part in item])"
        named = self.source.use("named_parts", named_parts)
        return f"**{named}({slot.name!r}, {name}, {width})"

    def collected(self, expressions: list[str]) -> str:
        """Return the expression for all parameters together."""
        if not self.plan.is_named:
            return f"({', '.join(expressions)}{',' if expressions else ''})"
        parts = [
            text if text.startswith("**") else f"{slot.name!r}: {text}"
            for slot, text in zip(self.plan.slots, expressions, strict=True)
        ]
        return f"{{{', '.join(dict.fromkeys(parts))}}}"


def _converted(raw: str, convert: str | None, conversion: Any, number: int) -> str:
    if convert is None:
        return raw
    if conversion.takes_none:
        return f"{convert}({raw})"
    if raw.isidentifier():
        return f"None if {raw} is None else {convert}({raw})"
    return f"None if (v{number} := {raw}) is None else {convert}(v{number})"


def _shape(shape: Shape, slot: Slot) -> tuple[int, int]:
    """Return how many items the list at *slot* has, and of how many values each is, or 0."""
    return shape if isinstance(shape, tuple) else (shape, slot.width)


def width_of(items: Sequence[Any]) -> int:
    """Return of how many values each of *items*, of a list without a type, is; 0 for plain ones.

    ArgumentError is raised where they are not all alike.
    """
    widths = {len(item) if is_tuple(item) else 0 for item in items}
    if len(widths) > 1:
        raise ArgumentError(
            "the items of a list after IN are of different lengths",
            hint="give plain values alone, or tuples of as many values as the left side has",
        )
    return widths.pop() if widths else 0


def named_parts(name: str, items: Sequence[Any], width: int) -> dict[str, Any]:
    """Return the values of a list without a type by the names that they have in the text."""
    if not width:
        return {f"{name}_{n}": item for n, item in enumerate(items, 1)}
    return {
        f"{name}_{n}_{m}": part for n, item in enumerate(items, 1) for m, part in enumerate(item, 1)
    }


def _flattener(slot: Slot, dialect: TypeDialect) -> Callable[[Iterable[Any]], Iterable[Any]]:
    """Return what converts the parts of tuples."""
    kinds: Sequence[Any] = slot.type.types  # type: ignore[attr-defined]
    converters = [kind.bind_conversion(dialect) for kind in kinds]
    if all(conversion is None for conversion in converters):
        return lambda items: items
    processors = [kind.dialect_impl(dialect).bind_processor(dialect) for kind in kinds]

    def convert(items: Iterable[Any]) -> Iterable[Any]:
        for item in items:
            yield [p(v) if p is not None else v for p, v in zip(processors, item, strict=True)]

    return convert


def _named_within(compiled: Compiled, binds: Sequence[Any]) -> tuple[Any, ...]:
    """The parameters with names of *compiled* that are not among *binds*, each once."""
    known = {id(bind) for bind in binds}
    found = {
        id(bind): bind
        for bind in compiled.binds
        if not bind.unique and id(bind) not in known and not isinstance(bind, DefaultParameter)
    }
    return tuple(found.values())


def bound_values(
    binds: Sequence[Any],
    parameters: Mapping[str, Any] | None = None,
    values: Sequence[Any] | None = None,
) -> list[Any]:
    """Return the values of *binds*, in order; those named in *parameters* replaced.

    A parameter that is required and not given raises MissingParameterError.
    """
    found: list[Any] = []
    given = parameters or {}
    for number, bind in enumerate(binds):
        if not bind.unique and bind.key in given:
            found.append(given[bind.key])
        elif bind.required:
            raise MissingParameterError.of(
                bind.key, hint=f"execute(statement, {{{bind.key!r}: value}})"
            )
        else:
            found.append(values[number] if values is not None else bind.effective_value)
    return found
