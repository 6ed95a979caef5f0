"""Elements of JSON documents beside values, on servers where a document is text.

A value is JSON text where it is stored; beside an element that would be compared letter by letter:
no text would be equal on MariaDB, ``[1, 2]`` would not be ``[1,2]``, and 9 would come after 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeGuard

from ..sql import operators as ops
from ..sql.expression.columns import literal_column
from ..sql.expression.elements import BindParameter
from ..sql.expression.functions import func
from ..types.basic import quote_text
from ..types.contract import TypeEngine
from ..types.structured import JSON

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..sql.expression.column_element import ColumnElement
    from ..sql.expression.elements import BinaryExpression
    from ..types.contract import Processor, TypeDialect

_ELEMENTS = (ops.JSON_GETITEM, ops.JSON_PATH_GETITEM)


class ElementValue(TypeEngine[Any]):
    """A value beside an element of a JSON document: text and numbers are sent as they are."""

    affinity = "json"
    plain: ClassVar[tuple[type, ...]] = (str, int, float)

    def __init__(self, kind: TypeEngine[Any]) -> None:
        self.kind = kind

    def bind_processor(self, dialect: TypeDialect) -> Processor:
        plain = self.plain
        to_text = self.kind.dialect_impl(dialect).bind_processor(dialect)

        def convert(value: object) -> Any:
            return value if to_text is None or isinstance(value, plain) else to_text(value)

        return convert

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str]:
        convert = self.bind_processor(dialect)

        def write(value: object) -> str:
            value = convert(value)
            return quote_text(value) if isinstance(value, str) else str(value)

        return write


class ElementText(ElementValue):
    """A value beside the text of an element: only text is sent as it is."""

    plain = (str,)


class ElementDocument(ElementValue):
    """A value that is sent as a document, and read by the server as an element is."""

    plain = ()

    def bind_expression(self, bindvalue: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return what makes of the document what JSON_EXTRACT gives of an element."""
        return func.JSON_EXTRACT(bindvalue, _WHOLE)


class QuotedDocument(ElementDocument):
    """A value beside an element that is written as JSON again, where null is a value."""

    def bind_expression(self, bindvalue: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.JSON_QUOTE(func.JSON_EXTRACT(bindvalue, _WHOLE))


_WHOLE: ColumnElement[Any] = literal_column("'$'")


def is_element(node: ColumnElement[Any]) -> TypeGuard[BinaryExpression[Any]]:
    """Return whether *node* reaches into a JSON document, and gives JSON."""
    return node.operator in _ELEMENTS and isinstance(node.type, JSON)


def is_json_value(node: object) -> TypeGuard[BindParameter[Any]]:
    """Return whether *node* is a value, or a list of values, that would be bound as JSON."""
    return isinstance(node, BindParameter) and isinstance(node.type, JSON)
