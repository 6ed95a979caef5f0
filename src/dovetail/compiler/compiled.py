"""A statement as text: what to send, which parameters, which columns come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple

from ..exc import CompileError, MissingParameterError
from ..sql.expression.elements import BindParameter
from ..sql.node import Node
from .result_columns import ResultColumn
from .slots import Slot, cut, item_type
from .target import of_tables
from .timing import compiling

PARAMETER_STYLES: dict[str, Callable[[str, int], str]] = {
    "qmark": lambda name, number: "?",
    "named": lambda name, number: f":{name}",
    "pyformat": lambda name, number: f"%({name})s",
    "format": lambda name, number: "%s",
    "numeric": lambda name, number: f":{number}",
    "numeric_dollar": lambda name, number: f"${number}",
}
"""How a parameter is written in each style that drivers have."""

_PERCENT_STYLES = ("format", "pyformat")
NAMED_STYLES = frozenset({"named", "pyformat"})


class ValuesParts(NamedTuple):
    """An INSERT taken apart, so that it can be written for any number of rows."""

    head: str
    row: tuple[str, ...]
    """The text of one row, cut where parameters stand."""
    tail: str
    mark: Callable[[str, int], str]
    """Writes a parameter, of which nothing but its number matters."""

    def text(self, count: int) -> str:
        """Return the INSERT of *count* rows."""
        width = len(self.row) - 1
        if self.mark("", 1) == self.mark("", 2):
            rows = [self._row(1)] * count
        else:
            rows = [self._row(start * width + 1) for start in range(count)]
        return self.head + ", ".join(rows) + self.tail

    def _row(self, first: int) -> str:
        parts = [self.row[0]]
        for number, piece in enumerate(self.row[1:], first):
            parts += (self.mark("", number), piece)
        return "".join(parts)


class Compiled:
    """A compiled statement.

    ``pieces`` and ``slots`` are its text, cut where parameters stand; ``sql`` is the text in
    the style of the dialect's driver.
    """

    def __init__(self, statement: Any, dialect: Any, compiler: Any, text: str) -> None:
        self.statement = statement
        self.dialect = dialect
        self.compiler = compiler
        self.result_columns = compiler.result_columns
        self.pieces, order = cut(text)
        self.slots: list[Slot] = [compiler.slots[number] for number in order]
        self.places = list(range(len(order)))
        """For each mark in the text, which of the slots it stands for."""
        if dialect.paramstyle.startswith("numeric"):
            self._number_once()
        self.value_binds: Mapping[Any, BindParameter[Any]] = compiler.value_binds
        self.values_parts = self._values_parts(text, compiler)

    def _number_once(self) -> None:
        """Give a parameter that stands in the text more than once one number.

        To the server two numbers are two parameters: ``GROUP BY a + $2`` is not ``a + $1``.
        """
        numbers: dict[Any, int] = {}
        kept: list[Slot] = []
        for place, slot in enumerate(self.slots):
            key = (
                id(slot.bind),
                slot.type.structure_key,
                slot.expanding,
                slot.negated,
                slot.in_text,
            )
            number = numbers.setdefault(key, len(kept))
            if number == len(kept):
                kept.append(slot)
            self.places[place] = number
        self.slots = kept

    @property
    def string(self) -> str:
        """The text."""
        return self.sql

    @property
    def sql(self) -> str:
        """The text, lists after IN standing as one mark yet."""
        return self.text_with(
            [f"__[POSTCOMPILE_{s.name}]" if s.expanding else None for s in self.slots]
        )

    def text_with(self, marks: Sequence[str | None]) -> str:
        """Return the text with *marks* at the parameters; None is the driver's own mark."""
        style = self.dialect.paramstyle
        write, escape = PARAMETER_STYLES[style], style in _PERCENT_STYLES
        parts = [_text(self.pieces[0], escape)]
        for place, piece in zip(self.places, self.pieces[1:], strict=True):
            mark = marks[place]
            parts.append(write(self.slots[place].name, place + 1) if mark is None else mark)
            parts.append(_text(piece, escape))
        return "".join(parts)

    @property
    def binds(self) -> list[BindParameter[Any]]:
        """The parameters in the order of the text."""
        return [slot.bind for slot in self.slots]

    @property
    def bind_names(self) -> dict[BindParameter[Any], str]:
        """The names of the parameters."""
        return {slot.bind: slot.name for slot in self.slots}

    @property
    def columns(self) -> tuple[ResultColumn, ...] | None:
        """The columns of the rows that come back, or None if that is not known."""
        return tuple(self.result_columns) if self.result_columns is not None else None

    @property
    def is_expanding(self) -> bool:
        """Whether there are lists after IN, so that the text depends on their lengths."""
        return any(slot.expanding for slot in self.slots)

    @property
    def tables_named(self) -> frozenset[str] | None:
        """The names of the tables in it, without schemas; None where text may name others.

        They are in lower case: not every server tells "Order" from "order".
        """
        compiler = self.compiler
        return None if compiler.names_others else frozenset(map(str.lower, compiler.tables_named))

    @property
    def params(self) -> dict[str, Any]:
        """The values of the parameters by name."""
        return self.construct_params(_check=False)

    def construct_params(
        self, params: Mapping[str, Any] | None = None, *, _check: bool = True
    ) -> dict[str, Any]:
        """Return the values of the parameters by name, those in *params* replaced."""
        given = params or {}
        values: dict[str, Any] = {}
        for slot in self.slots:
            bind = slot.bind
            if slot.name in given:
                values[slot.name] = given[slot.name]
            elif bind.key is not None and not bind.unique and bind.key in given:
                values[slot.name] = given[bind.key]
            elif bind.required and _check:
                raise MissingParameterError.of(
                    slot.name, self.sql, hint=f"construct_params({{{slot.name!r}: value}})"
                )
            else:
                values[slot.name] = bind.effective_value
        return values

    def _values_parts(self, text: str, compiler: Any) -> ValuesParts | None:
        row = compiler.insert_row
        if row is None:
            return None
        head, _, tail = text.partition(row)
        if "\x00" in head or "\x00" in tail:
            return None
        style = self.dialect.paramstyle
        if style in NAMED_STYLES:
            return None
        escape = style in _PERCENT_STYLES
        pieces = tuple(_text(piece, escape) for piece in cut(row)[0])
        mark = PARAMETER_STYLES[style]
        return ValuesParts(_text(head, escape), pieces, _text(tail, escape), mark)

    def __str__(self) -> str:
        return self.sql

    def __repr__(self) -> str:
        return f"<compiled for {self.dialect.name}: {self.sql!r}>"


def _text(piece: str, escape: bool) -> str:
    return piece.replace("%", "%%") if escape else piece


def compile_statement(
    node: Node,
    dialect: Any,
    *,
    column_keys: Sequence[str] | None = None,
    compile_kwargs: Mapping[str, Any] | None = None,
    lints: bool = False,
) -> Compiled:
    """Return *node* compiled for *dialect*; entities in it are resolved first."""
    started = perf_counter()
    options = compile_kwargs or {}
    core: Any = of_tables(node)
    if getattr(core, "is_ddl", False):
        compiler = dialect.ddl_compiler(dialect)
    else:
        compiler = dialect.statement_compiler(
            dialect,
            core,
            column_keys=column_keys,
            literal_binds=bool(options.get("literal_binds")),
        )
        compiler.lints = lints
        compiler.include_table = bool(options.get("include_table", True))
    try:
        text = compiler.write_statement(core)
    except RecursionError:
        raise CompileError(
            "this statement is nested too deeply", hint="join many criteria by and_() or or_()"
        ) from None
    compiled = Compiled(core, dialect, compiler, text)
    compiling.note(dialect, started)
    if options.get("literal_binds") and dialect.features.keeps_doubled_percent:
        # For the driver: exec_driver_sql() makes one percent sign of two there, as others do.
        compiled.pieces = [_text(piece, escape=True) for piece in compiled.pieces]
    if options.get("render_postcompile"):
        return _expanded(compiled)
    return compiled


def _expanded(compiled: Compiled) -> Compiled:
    """Return *compiled* with the lists after IN written out, for reading."""
    pieces, slots = [compiled.pieces[0]], []
    for place, piece in zip(compiled.places, compiled.pieces[1:], strict=True):
        slot = compiled.slots[place]
        if not slot.expanding:
            slots.append(slot)
            pieces.append(piece)
            continue
        values = list(slot.bind.effective_value or ())
        if not values:
            pieces[-1] += slot.empty_text() + piece
            continue
        slot = slot._replace(type=item_type(slot.type, values[0]))
        for number, value in enumerate(values, 1):
            pieces[-1] += ", " if number > 1 else ""
            parts = value if slot.width else (value,)
            pieces[-1] += "(" if slot.width else ""
            for part, one in enumerate(parts):
                name = f"{slot.name}_{number}" + (f"_{part + 1}" if slot.width else "")
                type_ = getattr(slot.type, "types", (slot.type,))[part]
                slots.append(Slot(BindParameter(name, one, type_), name, type_))
                before, after = slot.around[part] if slot.around else ("", "")
                pieces[-1] += f", {before}" if part else before
                pieces.append(compiled.dialect.item_cast(slot, name) + after)
            pieces[-1] += ")" if slot.width else ""
        pieces[-1] += piece
    compiled.pieces, compiled.slots = pieces, slots
    compiled.places = list(range(len(slots)))
    return compiled
