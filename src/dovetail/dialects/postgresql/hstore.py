"""HSTORE: texts by keys that are texts (extension ``hstore``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...exc import refuse_options
from ...sql import operators as ops
from ...sql.expression.building import operand
from ...sql.expression.elements import BinaryExpression, BindParameter
from ...sql.expression.functions import GenericFunction
from ...sql.operators import custom_operator
from ...types.basic import BOOLEANTYPE, STRINGTYPE, Text
from ...types.contract import Processor, TypeDialect, TypeEngine, to_instance
from .arrays import ARRAY, CONTAINED_BY, CONTAINS
from .json import HAS_ALL, HAS_ANY, HAS_KEY
from .text import pairs_text, quoted, read_pairs

GET_VALUE = custom_operator("->", 15)
_TEXTS = ARRAY(Text())


class HSTOREComparator:
    """What expressions of type HSTORE can do."""

    __slots__ = ("expression",)

    def __init__(self, expression: object) -> None:
        self.expression: Any = expression

    def __getitem__(self, key: object) -> BinaryExpression[Any]:
        """``this -> key``: the text under *key*."""
        left = self.expression
        made = operand(key, STRINGTYPE)
        if type(made) is BindParameter and made is not key:
            made.key = left.bind_name
        return BinaryExpression(left, made, ops.GETITEM, left.type.text_type)

    def has_key(self, other: object) -> Any:
        """``this ? other``: there is a key *other*."""
        return self.expression.operate(HAS_KEY, other)

    def has_all(self, other: object) -> Any:
        """``this ?& other``: all of these keys are there."""
        return self.expression.operate(HAS_ALL, other)

    def has_any(self, other: object) -> Any:
        """``this ?| other``: any of these keys is there."""
        return self.expression.operate(HAS_ANY, other)

    def contains(self, other: object, **kw: Any) -> Any:
        """``this @> other``: all pairs of *other* are in this."""
        refuse_options("contains()", kw)
        return self.expression.operate(CONTAINS, other)

    def contained_by(self, other: object) -> Any:
        """``this <@ other``: all pairs of this are in *other*."""
        return self.expression.operate(CONTAINED_BY, other)

    def defined(self, key: object) -> Any:
        """Return whether *key* has a value that is not NULL."""
        return hstore_defined(self.expression, key)

    def delete(self, key: object) -> Any:
        """Return this without *key*, without the keys of a list, or without pairs."""
        if isinstance(key, dict):
            key = operand(key, self.expression.type)
        elif isinstance(key, list | tuple):
            key = operand(list(key), _TEXTS)
        return hstore_delete(self.expression, key)

    def slice(self, array: object) -> Any:
        """Return the pairs of the keys in *array*."""
        if isinstance(array, list | tuple):
            array = operand(list(array), _TEXTS)
        return hstore_slice(self.expression, array)

    def keys(self) -> Any:
        """Return the keys as an array."""
        return hstore_keys(self.expression)

    def vals(self) -> Any:
        """Return the values as an array."""
        return hstore_vals(self.expression)

    def array(self) -> Any:
        """Return keys and values by turns, as an array."""
        return hstore_array(self.expression)

    def matrix(self) -> Any:
        """Return an array of pairs."""
        return hstore_matrix(self.expression)


class HSTORE(TypeEngine[dict[str, str | None]]):
    """Texts by key: dictionaries of texts."""

    __visit_name__ = "HSTORE"
    affinity = "hstore"
    hashable = False
    own_values = frozenset({dict})
    comparator_factory = HSTOREComparator

    def __init__(self, text_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None) -> None:
        self.text_type = to_instance(text_type) if text_type is not None else Text()

    @property
    def python_type(self) -> type[Any]:
        return dict

    def coerce_compared_value(self, op: Any, value: object) -> TypeEngine[Any]:
        if op in (HAS_ALL, HAS_ANY):
            return _TEXTS
        return STRINGTYPE if isinstance(value, str) else self

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        return ("concat" if operator == "add" else operator), self

    def bind_function(self, dialect: TypeDialect) -> Processor:
        return pairs_text

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        return lambda value: read_pairs(value) if isinstance(value, str) else value

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return lambda value: f"{quoted(pairs_text(value))}::HSTORE"


class hstore(GenericFunction[Any]):
    """``hstore(keys, values)``: pairs made of two arrays, or of a key and a value."""

    type = HSTORE()


class _HstoreFunction(GenericFunction[Any]):
    _register = False


class hstore_defined(_HstoreFunction):
    """``defined``."""

    _register = False
    name = "defined"
    type = BOOLEANTYPE


class hstore_delete(_HstoreFunction):
    """``delete``."""

    _register = False
    name = "delete"
    type = HSTORE()


class hstore_slice(_HstoreFunction):
    """``slice``."""

    _register = False
    name = "slice"
    type = HSTORE()


class hstore_keys(_HstoreFunction):
    """``akeys``."""

    _register = False
    name = "akeys"
    type = _TEXTS


class hstore_vals(_HstoreFunction):
    """``avals``."""

    _register = False
    name = "avals"
    type = _TEXTS


class hstore_array(_HstoreFunction):
    """``hstore_to_array``."""

    _register = False
    name = "hstore_to_array"
    type = _TEXTS


class hstore_matrix(_HstoreFunction):
    """``hstore_to_matrix``."""

    _register = False
    name = "hstore_to_matrix"
    type = ARRAY(Text(), dimensions=2)
