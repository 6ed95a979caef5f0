"""ENUM and SET: one, or any, of a few strings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ...exc import ArgumentError, did_you_mean
from ...sql import operators as ops
from ...sql.expression.columns import ColumnClause
from ...sql.expression.elements import BinaryExpression
from ...types.basic import String, quote_text
from ...types.contract import Processor, TypeDialect
from ...types.shown import shown
from ...types.structured import Enum

if TYPE_CHECKING:
    from ...sql.expression.column_element import ColumnElement

_MOST_MEMBERS = 64


class ENUM(Enum):
    """ENUM('a', 'b'), or of an :class:`enum.Enum` class; with a character set where asked for."""

    def __init__(
        self,
        *enums: Any,
        charset: str | None = None,
        collation: str | None = None,
        ascii: bool = False,
        unicode: bool = False,
        binary: bool = False,
        national: bool = False,
        **options: Any,
    ) -> None:
        options.pop("strict", None)
        super().__init__(*enums, **options)
        self.charset = charset
        self.collation = collation
        self.ascii = ascii
        self.unicode = unicode
        self.binary = binary
        self.national = national


class SET(String):
    """SET('a', 'b'): any of up to 64 strings, as a Python set.

    A server gives the members with commas between; with *retrieve_as_bitwise* it gives their
    number, so that a member may be the empty string::

        Column("days", SET("mo", "tu", "we"))  # {"mo", "we"}
    """

    __visit_name__ = "SET"
    own_values = frozenset({set, frozenset, int})
    hashable = False

    def __init__(
        self,
        *values: str,
        retrieve_as_bitwise: bool = False,
        charset: str | None = None,
        collation: str | None = None,
        ascii: bool = False,
        unicode: bool = False,
        binary: bool = False,
        national: bool = False,
        **options: Any,
    ) -> None:
        self.values = tuple(values)
        self.retrieve_as_bitwise = retrieve_as_bitwise
        if len(self.values) > _MOST_MEMBERS:
            raise ArgumentError(f"a SET has {_MOST_MEMBERS} members at most")
        if any("," in value for value in self.values):
            raise ArgumentError("a member of a SET contains no comma")
        if "" in self.values and not retrieve_as_bitwise:
            raise ArgumentError(
                "a SET with the empty string among its members cannot be read as text",
                hint="SET(..., retrieve_as_bitwise=True)",
            )
        length = options.pop("length", None)
        super().__init__(length if length is not None else max(map(len, self.values), default=0))
        self.charset = charset
        self.collation = collation
        self.ascii = ascii
        self.unicode = unicode
        self.binary = binary
        self.national = national

    @property
    def python_type(self) -> type[Any]:
        return set

    def coerce_compared_value(self, op: Any, value: object) -> Any:
        if isinstance(value, str) and getattr(op, "is_pattern", False):
            return String()
        return self

    def compare_values(self, x: Any, y: Any) -> bool:
        return bool(x == y)

    def column_expression(self, column: ColumnElement[Any]) -> Any | None:
        if not self.retrieve_as_bitwise:
            return None
        return BinaryExpression(column, ColumnClause("0", is_literal=True), ops.ADD, self)

    def bind_function(self, dialect: TypeDialect) -> Processor:
        places = {value: 1 << number for number, value in enumerate(self.values)}
        known = frozenset(self.values)

        def to_number(value: Any) -> Any:
            if isinstance(value, int):
                return value
            members = value.split(",") if isinstance(value, str) and value else value
            return sum(places[member] for member in self._checked(members, known))

        def to_text(value: Any) -> Any:
            if isinstance(value, str | int):
                return value
            members = self._checked(value, known)
            return ",".join(each for each in self.values if each in members)

        return to_number if self.retrieve_as_bitwise else to_text

    def _checked(self, members: Iterable[str], known: frozenset[str]) -> frozenset[str]:
        found = frozenset(members)
        for odd in found - known:
            hint = did_you_mean(odd, self.values)
            raise LookupError(
                f"{odd!r} is not among the members of the SET: {', '.join(self.values)}"
                + (f"; {hint}" if hint else "")
            )
        return found

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        values = self.values

        def from_number(value: Any) -> set[str]:
            number = int(value)
            return {each for place, each in enumerate(values) if number >> place & 1}

        def from_text(value: Any) -> set[str]:
            if isinstance(value, set):
                return value
            return set(value.split(",")) if value else set()

        return from_number if self.retrieve_as_bitwise else from_text

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        convert = self.bind_function(dialect)

        def write(value: object) -> str:
            made = convert(value)
            return str(made) if isinstance(made, int) else quote_text(made)

        return write

    def __repr__(self) -> str:
        longest = max(map(len, self.values), default=0)
        usual = frozenset({"length"} if self.length == longest else ())
        return shown(self, *self.values, without=usual)
