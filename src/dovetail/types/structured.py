"""Types of values with structure: enumerations, JSON, UUID, pickles, arrays."""

from __future__ import annotations

import enum
import json
import pickle
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Protocol, TypeVar, cast
from uuid import UUID

from ..conventions import conventions
from ..exc import ArgumentError, did_you_mean
from . import settling
from .basic import LargeBinary, String, quote_text
from .contract import Processor, TypeDialect, TypeEngine, to_instance
from .schema_type import HoldsTypes, SchemaType
from .settling import Settling
from .shown import shown

T = TypeVar("T")
_U = TypeVar("_U", UUID, str)


class Pickler(Protocol):
    """A module such as ``pickle``, or an object like one."""

    @property
    def dumps(self) -> Callable[..., bytes]: ...

    @property
    def loads(self) -> Callable[..., Any]: ...


class Enum(String, SchemaType, TypeEngine[str]):
    """One of a few strings, or a member of an :class:`enum.Enum` class.

    Members are stored by name; ``values_callable`` may name other strings, one for each
    member.  A value that is none of them is refused when it is bound (one of plain strings
    only with ``validate_strings``) and LookupError tells when one is read.
    """

    __visit_name__ = "enum"
    is_general = True
    has_state = True
    # A text is a value or, after LIKE, a pattern: the operator says which.
    own_values = frozenset()
    enum_class: type[enum.Enum] | None

    def __init__(
        self,
        *enums: object,
        name: str | None = None,
        create_constraint: bool = False,
        native_enum: bool = True,
        length: int | None = None,
        values_callable: Callable[[Any], Sequence[str]] | None = None,
        validate_strings: bool = False,
        schema: str | None = None,
        metadata: HoldsTypes | None = None,
        inherit_schema: bool = False,
        omit_aliases: bool = True,
        sort_key_function: Callable[[Any], Any] | None = None,
    ) -> None:
        if len(enums) == 1 and isinstance(enums[0], list | tuple):
            enums = tuple(enums[0])
        self.enum_class = None
        self.values_callable = values_callable
        self.omit_aliases = omit_aliases
        self._by_name: dict[str, Any] = self._members(enums)
        self.enums = list(self._by_name)
        self.native_enum = native_enum
        self.create_constraint = create_constraint
        self.validate_strings = validate_strings
        self.schema = schema
        self.inherit_schema = inherit_schema
        self.sort_key_function = sort_key_function
        self.metadata = metadata
        if metadata is not None:
            metadata.types.append(self)
        self.name = name
        kind: type[enum.Enum] | None = self.enum_class
        if name is None and kind is not None:
            self.name = kind.__name__.lower()
        longest = max(map(len, self.enums), default=0)
        if length is not None and length < longest:
            raise ArgumentError(
                f"length {length} is less than that of the longest value, {longest}"
            )
        super().__init__(length if length is not None else longest)

    def _members(self, enums: tuple[Any, ...]) -> dict[str, Any]:
        if len(enums) != 1 or not isinstance(enums[0], type):
            return {value: value for value in enums}
        cls: type[enum.Enum] = enums[0]
        self.enum_class = cls
        members = cls.__members__
        if self.omit_aliases:
            members = {n: m for n, m in members.items() if m.name == n}  # type: ignore[assignment]
        if self.values_callable is None:
            return dict(members)
        values = self.values_callable(cls)
        if len(values) != len(members):
            raise ArgumentError(
                f"values_callable gives {len(values)} values for the {len(members)} members "
                f"of {cls.__name__}"
            )
        return dict(zip(values, members.values(), strict=True))

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        operator, type_ = super().result_of(operator, other)
        # Joined to a text it is none of its values.
        return operator, String(self.length) if operator == "concat" else type_

    def of(self, enum_class: type[enum.Enum]) -> Enum:
        """An Enum of the members of *enum_class* with the options of this one."""
        return self._of(enum_class)

    def of_strings(self, values: Sequence[str]) -> Enum:
        """An Enum of the strings *values* with the options of this one."""
        return self._of(*values)

    def _of(self, *values: object) -> Enum:
        is_given = self.length != max(map(len, self.enums), default=0)
        return type(self)(
            *values,
            create_constraint=self.create_constraint,
            native_enum=self.native_enum,
            length=self.length if is_given else None,
            values_callable=self.values_callable,
            validate_strings=self.validate_strings,
            schema=self.schema,
            metadata=self.metadata,
            inherit_schema=self.inherit_schema,
            omit_aliases=self.omit_aliases,
        )

    @property
    def python_type(self) -> type[Any]:
        return self.enum_class if self.enum_class is not None else str

    def coerce_compared_value(self, op: object, value: object) -> TypeEngine[Any]:
        # LIKE and friends work on the stored text, and take any text.
        if isinstance(value, str) and getattr(op, "is_pattern", False):
            return _PLAIN_STRING
        return self

    def bind_function(self, dialect: TypeDialect) -> Processor:
        names: dict[Any, str] = {member: name for name, member in self._by_name.items()}
        known = self._by_name

        def to_name(value: object) -> str:
            try:
                return names[value]
            except (KeyError, TypeError):
                if isinstance(value, str) and value in known:
                    return value
            if isinstance(value, str) and not self.validate_strings:
                if self.enum_class is None or not conventions.enum_texts_are_checked:
                    return value
            raise self._unknown(value)

        return to_name

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        members = self._by_name
        if self.enum_class is None and self.native_enum and dialect.features.native_enum_types:
            # The server has no others.
            return None

        def to_member(value: str) -> Any:
            try:
                return members[value]
            except KeyError:
                raise self._unknown(value) from None

        return to_member

    def settling(self, dialect: TypeDialect) -> Settling | None:
        return settling.settled_by(self.enum_class, settling.there_and_back(self, dialect))

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        to_name = self.bind_function(dialect)
        return lambda value: quote_text(to_name(value))

    def _unknown(self, value: object) -> LookupError:
        text = f"{value!r} is not among the values of the enum {self.name or ''}: "
        hint = did_you_mean(value, self.enums) if isinstance(value, str) else None
        return LookupError(text + ", ".join(self.enums) + (f"; {hint}" if hint else ""))

    def as_generic(self, *, allow_nulltype: bool = False) -> Enum:
        made: Enum = self.adapt(Enum)
        return made

    def __repr__(self) -> str:
        longest = max(map(len, self.enums), default=0)
        usual = frozenset({"length"} if self.length == longest else ())
        return shown(self, *self.enums, without=_NOT_SHOWN | usual)

    def adapt_to_emulated_enum(self) -> String:
        """Return the text type that holds the values where there is no native enum."""
        return String(self.length)


_PLAIN_STRING = String()
_NOT_SHOWN = frozenset(("metadata", "values_callable", "sort_key_function", "inherit_schema"))
"""What stays out of the text of an Enum: its values, and no objects of the program."""


class _JSONNull:
    """The value JSON.NULL: the JSON value ``null``, as opposed to SQL NULL."""

    def __repr__(self) -> str:
        return "JSON.NULL"

    def __reduce__(self) -> str:
        return "JSON_NULL"


JSON_NULL = _JSONNull()


class JSON(TypeEngine[Any]):
    """A JSON document.

    ``column["key"]``, ``column[5]`` and ``column[("a", 0, "b")]`` reach into it.  None is
    stored as JSON ``null``, or as SQL NULL with *none_as_null*; :attr:`JSON.NULL` is always
    the former.
    """

    __visit_name__ = "JSON"
    is_general = True
    affinity = "json"
    hashable = False
    NULL: ClassVar[Any] = JSON_NULL

    def __init__(self, none_as_null: bool = False) -> None:
        self.none_as_null = none_as_null

    @property
    def python_type(self) -> type[Any]:
        return dict

    @property
    def should_evaluate_none(self) -> bool:
        """Whether None is stored as JSON's null, and not as NULL."""
        return not self.none_as_null

    @should_evaluate_none.setter
    def should_evaluate_none(self, value: bool) -> None:
        self.none_as_null = not value

    def coerce_compared_value(self, op: object, value: object) -> TypeEngine[Any]:
        return self

    def serializer(self, dialect: TypeDialect) -> Callable[[Any], Any]:
        """Return the function that writes JSON text."""
        return getattr(dialect, "json_serializer", None) or json.dumps

    def deserializer(self, dialect: TypeDialect) -> Callable[[Any], Any]:
        """Return the function that reads JSON text."""
        return getattr(dialect, "json_deserializer", None) or json.loads

    def bind_processor(self, dialect: TypeDialect) -> Processor:
        dumps = self.serializer(dialect)
        none_as_null = self.none_as_null

        def to_text(value: object) -> Any:
            if value is None:
                return None if none_as_null else "null"
            return "null" if value is JSON_NULL else dumps(value)

        return to_text

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return self.deserializer(dialect)

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        to_text = self.bind_processor(dialect)
        return lambda value: quote_text(to_text(value))


class JSONIndexType(TypeEngine[Any]):
    """The type of an index into JSON: a name or a number."""

    __visit_name__ = "json_index"
    affinity = "json_index"

    def bind_function(self, dialect: TypeDialect) -> Processor | None:
        return dialect.features.json_index_format  # type: ignore[no-any-return]

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        form = dialect.features.json_index_format

        def write(value: object) -> str:
            value = form(value) if form is not None else value
            return str(value) if isinstance(value, int) else quote_text(value)

        return write


class JSONIntIndexType(JSONIndexType):
    """The type of a number as an index into JSON."""

    __visit_name__ = "json_int_index"


class JSONStrIndexType(JSONIndexType):
    """The type of a name as an index into JSON."""

    __visit_name__ = "json_str_index"


class JSONPathType(TypeEngine[Any]):
    """The type of a path into JSON: a tuple of names and numbers."""

    __visit_name__ = "json_path"
    affinity = "json_path"

    def bind_function(self, dialect: TypeDialect) -> Processor | None:
        return dialect.features.json_path_format or json_path

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        form = dialect.features.json_path_format or json_path
        return lambda value: quote_text(form(value))


def json_index(value: object) -> str:
    """Return an index as a path of SQL/JSON: ``$."name"``, ``$[5]``."""
    return f"$[{value}]" if isinstance(value, int) else f"$.{json.dumps(value, ensure_ascii=False)}"


def json_path(value: Iterable[object]) -> str:
    """Return a tuple of indexes as a path of SQL/JSON: ``$."a"[0]``."""
    return "$" + "".join([json_index(step)[1:] for step in value])


class Uuid(TypeEngine[_U]):
    """A UUID: the server's own type where it has one, else 32 hexadecimal digits.

    ``as_uuid=False`` takes and gives strings.
    """

    __visit_name__ = "uuid"
    is_general = True
    affinity = "uuid"
    own_values = frozenset({UUID})
    length: int | None = None

    def __init__(self, as_uuid: bool = True, native_uuid: bool = True) -> None:
        self.as_uuid = as_uuid
        self.native_uuid = native_uuid

    @property
    def python_type(self) -> type[Any]:
        return UUID if self.as_uuid else str

    def coerce_compared_value(self, op: object, value: object) -> TypeEngine[Any]:
        return self if isinstance(value, str) else super().coerce_compared_value(op, value)

    def is_native(self, dialect: TypeDialect) -> bool:
        """Whether *dialect* keeps this as a type of its own."""
        return self.native_uuid and bool(dialect.features.supports_native_uuid)

    def bind_function(self, dialect: TypeDialect) -> Processor | None:
        if self.is_native(dialect):
            return None if self.as_uuid else UUID
        return _uuid_digits if self.as_uuid else _string_digits

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        if self.is_native(dialect):
            return None if self.as_uuid else str
        return UUID if self.as_uuid else _digits_to_string

    def settling(self, dialect: TypeDialect) -> Settling | None:
        return settling.UUID_OBJECT if self.as_uuid else settling.UUID_TEXT

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        if self.is_native(dialect):
            return quote_text
        digits = _uuid_digits if self.as_uuid else _string_digits
        return lambda value: quote_text(digits(value))


def _uuid_digits(value: UUID) -> str:
    return value.hex


def _string_digits(value: str) -> str:
    return value.replace("-", "").lower()


def _digits_to_string(value: str) -> str:
    return str(UUID(value))


class PickleType(TypeEngine[Any]):
    """Any Python object that can be pickled.

    Compared with ``==``, or with *comparator*; a change inside an object is not seen.
    """

    __visit_name__ = "pickle"
    is_general = True
    affinity = "pickle"
    impl: Any = LargeBinary
    cache_ok = True
    hashable = False

    def __init__(
        self,
        protocol: int = pickle.HIGHEST_PROTOCOL,
        pickler: Pickler | None = None,
        comparator: Callable[[Any, Any], bool] | None = None,
        impl: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    ) -> None:
        self.protocol = protocol
        self.pickler = pickler or pickle
        self.comparator = comparator
        self.impl = to_instance(impl if impl is not None else LargeBinary)

    def __repr__(self) -> str:
        return shown(self, without=frozenset(("pickler", "impl", "comparator")))

    def coerce_compared_value(self, op: object, value: object) -> TypeEngine[Any]:
        return self

    def bind_function(self, dialect: TypeDialect) -> Processor:
        dumps, protocol = self.pickler.dumps, self.protocol
        inner = self.impl.dialect_impl(dialect).bind_function(dialect)
        if inner is None:
            return lambda value: dumps(value, protocol)
        return lambda value: inner(dumps(value, protocol))

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        loads: Processor = self.pickler.loads
        inner = self.impl.dialect_impl(dialect).result_function(dialect, coltype)
        if inner is None:
            return loads
        return lambda value: loads(inner(value))

    def compare_values(self, x: object, y: object) -> bool:
        if self.comparator is not None:
            return bool(self.comparator(x, y))
        return super().compare_values(x, y)


class ARRAY(TypeEngine[Sequence[T]]):
    """A list of values of one type, on servers that have arrays."""

    __visit_name__ = "ARRAY"
    is_general = True
    affinity = "array"
    zero_indexes: bool = False

    def __init__(
        self,
        item_type: TypeEngine[T] | type[TypeEngine[T]],
        as_tuple: bool = False,
        dimensions: int | None = None,
        zero_indexes: bool = False,
    ) -> None:
        self.item_type = to_instance(item_type)
        if isinstance(self.item_type, ARRAY):
            raise ArgumentError(
                "an ARRAY holds no ARRAY", hint="give dimensions= for arrays of arrays"
            )
        self.as_tuple = as_tuple
        self.dimensions = dimensions
        self.zero_indexes = zero_indexes

    @property
    def hashable(self) -> bool:  # type: ignore[override]
        return self.as_tuple

    @property
    def python_type(self) -> type[Any]:
        return tuple if self.as_tuple else list

    def coerce_compared_value(self, op: object, value: object) -> TypeEngine[Any]:
        return self

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        """Arrays are put together by the operator that puts texts together."""
        return ("concat" if operator == "add" else operator), self

    def bind_function(self, dialect: TypeDialect) -> Processor | None:
        inner = self.item_type.dialect_impl(dialect).bind_processor(dialect)
        return _each(inner, list) if inner is not None else None

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        inner = self.item_type.dialect_impl(dialect).result_processor(dialect, coltype)
        if inner is None:
            return tuple if self.as_tuple else None
        return _each(inner, tuple if self.as_tuple else list)


def _each(convert: Processor, collect: Callable[[Any], Any]) -> Processor:
    def walk(value: object) -> Any:
        if isinstance(value, list | tuple):
            return collect(walk(item) for item in value)
        return convert(value)

    return walk


class TupleType(TypeEngine[tuple[Any, ...]]):
    """The type of ``(a, b)``."""

    is_general = True

    __visit_name__ = "tuple"
    affinity = "tuple"

    def __init__(self, *types: TypeEngine[Any]) -> None:
        self.types = types

    def coerce_compared_value(self, op: object, value: object) -> TypeEngine[Any]:
        return self


def enum_of_literal(values: Sequence[Any]) -> Enum:
    """Return the Enum of the strings of a ``Literal["a", "b"]``."""
    return Enum(*cast("Sequence[str]", values), native_enum=False)
