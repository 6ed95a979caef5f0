"""JSON and JSONB, with the operators of PostgreSQL.

PostgreSQL manual, "JSON Functions and Operators".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...exc import refuse_options
from ...sql import operators as ops
from ...sql.expression.elements import BinaryExpression, BindParameter
from ...sql.expression.indexing import JSONComparator
from ...sql.operators import custom_operator
from ...types import structured
from ...types.basic import STRINGTYPE, Text
from ...types.contract import Processor, TypeDialect, TypeEngine, to_instance, value_types
from .arrays import ARRAY, CONTAINED_BY, CONTAINS
from .text import quoted
from .types import JSONPATH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...sql.operators import Operator

AS_TEXT = custom_operator("->>", 5)
PATH_AS_TEXT = custom_operator("#>>", 5)
HAS_KEY = custom_operator("?", 5, is_comparison=True)
HAS_ALL = custom_operator("?&", 5, is_comparison=True)
HAS_ANY = custom_operator("?|", 5, is_comparison=True)
DELETE_PATH = custom_operator("#-", 5)
PATH_EXISTS = custom_operator("@?", 5, is_comparison=True)
PATH_MATCH = custom_operator("@@", 5, is_comparison=True)

_TEXT = Text()
_TEXTS = ARRAY(_TEXT)
_PATH = JSONPATH()


class PgJSONComparator(JSONComparator):
    """What expressions of type JSON can do on PostgreSQL."""

    __slots__ = ()

    @property
    def astext(self) -> Any:
        """The JSON value as text, without a CAST: ``column ->> 'key'``."""
        element = self.expression
        operator = PATH_AS_TEXT if element.operator is ops.JSON_PATH_GETITEM else AS_TEXT
        kind = getattr(element.type, "astext_type", _TEXT)
        return BinaryExpression(element.left, element.right, operator, kind)


class JSON(structured.JSON):
    """JSON, kept as the text that it is."""

    comparator_factory = PgJSONComparator

    def __init__(
        self,
        none_as_null: bool = False,
        astext_type: TypeEngine[str] | type[TypeEngine[str]] | None = None,
    ) -> None:
        super().__init__(none_as_null)
        if astext_type is not None:
            self.astext_type = to_instance(astext_type)

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        # The driver has read it.
        return None

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        to_text = self.bind_processor(dialect)
        return lambda value: f"{quoted(to_text(value))}::{self.__visit_name__}"


class JSONBComparator(PgJSONComparator):
    """What expressions of type JSONB can do besides."""

    __slots__ = ()

    def _texts(self, operator: Operator, other: object) -> Any:
        if isinstance(other, list | tuple):
            other = _texts(other)
        return self.expression.operate(operator, other)

    def has_key(self, other: object) -> Any:
        """``this ? other``: there is a key, or an element, *other*."""
        return self.expression.operate(HAS_KEY, other)

    def has_all(self, other: object) -> Any:
        """``this ?& other``: all of these keys are there."""
        return self._texts(HAS_ALL, other)

    def has_any(self, other: object) -> Any:
        """``this ?| other``: any of these keys is there."""
        return self._texts(HAS_ANY, other)

    def contains(self, other: object, **kw: object) -> Any:
        """``this @> other``."""
        refuse_options("contains()", kw)
        return self.expression.operate(CONTAINS, other)

    def contained_by(self, other: object) -> Any:
        """``this <@ other``."""
        return self.expression.operate(CONTAINED_BY, other)

    def delete_path(self, array: Any) -> Any:
        """``this #- path``: without what stands at the path."""
        if isinstance(array, list | tuple):
            array = _texts(array)
        else:
            array = array.cast(_TEXTS)
        return BinaryExpression(self.expression, array, DELETE_PATH, self.expression.type)

    def path_exists(self, other: object) -> Any:
        """``this @? path``: the JSON path finds something."""
        return self.expression.operate(PATH_EXISTS, other)

    def path_match(self, other: object) -> Any:
        """``this @@ path``: the predicate of the JSON path holds."""
        return self.expression.operate(PATH_MATCH, other)


def _texts(values: Sequence[Any]) -> Any:
    """Return a list of texts as one parameter."""
    return BindParameter(None, [str(value) for value in values], _TEXTS)


class JSONB(JSON):
    """JSON, kept decomposed: it can be indexed, searched and compared."""

    __visit_name__ = "JSONB"
    comparator_factory = JSONBComparator

    def coerce_compared_value(self, op: Any, value: object) -> TypeEngine[Any]:
        if op is HAS_KEY:
            return STRINGTYPE
        if op in (PATH_EXISTS, PATH_MATCH):
            return _PATH
        if op is ops.SUB:
            return _TEXTS if isinstance(value, list | tuple) else value_types.type_of(value)
        return self

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        return ("concat" if operator == "add" else operator), self
