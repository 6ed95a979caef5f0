"""Arrays: the type, ``ARRAY[…]``, and what compares with their elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from typing_extensions import TypeVar

from ...exc import refuse_options
from ...sql import operators as ops
from ...sql.expression.building import operand
from ...sql.expression.elements import ExpressionList
from ...sql.expression.indexing import ArrayComparator
from ...sql.operators import custom_operator
from ...types import structured
from ...types.contract import NULLTYPE, Processor, TypeDialect, TypeEngine, to_instance
from .text import read_array

if TYPE_CHECKING:
    from ...sql.node import Walk

T = TypeVar("T", default=Any)

CONTAINS = custom_operator("@>", 5, is_comparison=True)
CONTAINED_BY = custom_operator("<@", 5, is_comparison=True)
OVERLAP = custom_operator("&&", 5, is_comparison=True)


class PgArrayComparator(ArrayComparator):
    """What expressions of an array type can do on PostgreSQL."""

    __slots__ = ()

    def contains(self, other: object, **kw: object) -> Any:
        """``this @> other``: every element of *other* is in this."""
        refuse_options("contains()", kw)
        return self.expression.operate(CONTAINS, other)

    def contained_by(self, other: object) -> Any:
        """``this <@ other``: every element of this is in *other*."""
        return self.expression.operate(CONTAINED_BY, other)

    def overlap(self, other: object) -> Any:
        """``this && other``: both have an element in common."""
        return self.expression.operate(OVERLAP, other)


class ARRAY(structured.ARRAY[T]):
    """``item_type[]``: lists of values, lists of lists with *dimensions*.

    ::

        Column("tags", ARRAY(String))
        select(post).where(post.c.tags.contains(["sql"]), post.c.tags[1] == "first")

    Elements are counted from 1, as the server does, or from 0 with *zero_indexes*.
    """

    comparator_factory = PgArrayComparator
    own_values = frozenset({list})

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        return ("concat" if operator == "add" else operator), self

    def coerce_compared_value(self, op: Any, value: object) -> TypeEngine[Any]:
        if op in (ops.ADD, ops.CONCAT) and not isinstance(value, list | tuple):
            return self.item_type
        return self

    def _depth(self) -> int | None:
        """Return how deep the lists are; None where the values tell."""
        if self.dimensions is not None:
            return self.dimensions
        # A list may be an element here, so that it tells nothing.
        return None if self.item_type.hashable else 1

    def bind_function(self, dialect: TypeDialect) -> Processor:
        inner = self.item_type.dialect_impl(dialect).bind_processor(dialect)
        return _converter(inner, self._depth(), list)

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        inner = self.item_type.dialect_impl(dialect).result_processor(dialect, coltype)
        collect = tuple if self.as_tuple else list
        convert = _converter(inner, self._depth(), collect)

        def read(value: object) -> Any:
            # The driver does not know arrays of types that users have made.
            return convert(read_array(value) if isinstance(value, str) else value)

        return read

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        inner = self.item_type.dialect_impl(dialect).literal_processor(dialect)
        if inner is None:
            return None
        depth = self._depth()
        writer: Any = dialect

        def write(value: Any, level: int) -> str:
            if isinstance(value, list | tuple) and (depth is None or level < depth):
                return f"ARRAY[{', '.join(write(item, level + 1) for item in value)}]"
            return "NULL" if value is None else inner(value)

        return lambda value: f"{write(value, 0)}::{writer.type_compiler.write(self)}"


def _converter(
    inner: Processor | None, depth: int | None, collect: Callable[[Any], Any]
) -> Processor:
    """Return what converts lists of lists, of *depth* or as deep as they go."""

    def walk(value: object, level: int) -> Any:
        if isinstance(value, list | tuple) and (depth is None or level < depth):
            return collect([walk(item, level + 1) for item in value])
        return value if inner is None else inner(value)

    return lambda value: walk(value, 0)


class array(ExpressionList):
    """``ARRAY[a, b]``: an array made of expressions and values.

    Without elements its type is needed: ``array([], type_=Integer)``.
    """

    __visit_name__ = "array"
    operator: Any = None

    def __init__(
        self,
        clauses: Iterable[Any],
        *,
        type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    ) -> None:
        item = _item_type(type_)
        made = tuple(operand(clause, item) for clause in clauses)
        self.clauses = made
        kind = item
        if kind is None:
            kind = next((c.type for c in made if c.type.affinity != "null"), NULLTYPE)
        if isinstance(kind, structured.ARRAY):
            inner = kind.dimensions or 1
            self.type: TypeEngine[Any] = ARRAY(kind.item_type, dimensions=inner + 1)
        else:
            self.type = ARRAY(kind)

    def collect(self, walk: Walk) -> None:
        walk.key.append("array")
        walk.key.append(self.type.structure_key)
        walk.key.append(len(self.clauses))
        for clause in self.clauses:
            clause.collect(walk)


def _item_type(type_: Any) -> TypeEngine[Any] | None:
    if type_ is None:
        return None
    given = to_instance(type_)
    return given.item_type if isinstance(given, structured.ARRAY) else given
