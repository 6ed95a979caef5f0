"""What a type is: how values travel between Python and the database.

A type knows three conversions (a bound value, a value read, a literal written into the text),
what operators make of it, and a hashable ``structure_key`` by which plans are found.  Where a
server needs another conversion, the dialect puts its own class in place of the type:
:meth:`TypeEngine.dialect_impl`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from operator import eq
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, Self, TypeVar
from weakref import WeakKeyDictionary

from ..exc import ArgumentError, CompileError
from .settling import Settling
from .shown import made_as, shown

T = TypeVar("T")
Processor = Callable[[Any], Any]


class Conversion(NamedTuple):
    """How one value is converted, as generated code wants to know it."""

    function: Processor
    takes_none: bool
    """Whether None must be handed to the function too; otherwise None stays None."""


class TypeDialect(Protocol):
    """What types need to know of a dialect."""

    @property
    def name(self) -> str: ...

    @property
    def features(self) -> Any: ...

    @property
    def colspecs(self) -> Mapping[type[Any], type[Any]]: ...


class TypeWriter(Protocol):
    """Writes a type as DDL; the compiler hands one in: see :data:`type_writing`."""

    def __call__(self, type_: TypeEngine[Any], dialect: TypeDialect | None) -> str: ...


class _TypeWriting:
    """Holds the function that writes types, which lives on a higher floor."""

    writer: TypeWriter | None = None


type_writing = _TypeWriting()


class TypeEngine(Generic[T]):
    """Base of all types.

    A subclass gives the bare conversions :meth:`bind_function`, :meth:`result_function` and
    :meth:`literal_function`, which never see None, or overrides the processors of the same
    names, which do.  All may be None: nothing to convert.
    """

    __visit_name__: ClassVar[str] = "type"
    affinity: ClassVar[str] = "null"
    """The family that decides which operators and comparisons go together."""
    own_values: ClassVar[frozenset[type[Any]]] = frozenset()
    """Classes of values that are bound with this type itself, whatever the operator is."""
    comparator_factory: ClassVar[type[Any] | None] = None
    """A class with further operators and methods for expressions of this type."""
    Comparator: ClassVar[Any] = None
    """The base of such classes; the floor above, which knows expressions, puts it here."""
    should_evaluate_none: Any = False
    """Whether None is a value to be sent, not the absence of one."""
    is_general: ClassVar[bool] = False
    """Whether all servers have the type; a class that derives from one says so itself."""
    hashable: bool = True
    sort_key_function: Any = None
    """What orders values of the type, where they have no order of their own; or None."""

    _variants: Mapping[str, TypeEngine[Any]] = {}

    # -- identity ---------------------------------------------------------------------

    @cached_property
    def structure_key(self) -> Hashable:
        """The structure of this type: types of equal keys convert and compile alike."""
        state = tuple(
            (name, _frozen(value))
            for name, value in sorted(vars(self).items())
            if name not in _NO_STRUCTURE
        )
        kind: Any = self.__class__
        return (kind, *state) if state else kind

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: all but what was computed."""
        return {name: value for name, value in vars(self).items() if name not in _CACHES}

    def __repr__(self) -> str:
        return shown(self)

    def __str__(self) -> str:
        try:
            return self.compile()
        except CompileError:
            # A type of one server, of which the standard knows nothing.
            return type(self).__name__

    def compile(self, dialect: TypeDialect | None = None) -> str:
        """Return this type as it stands in DDL and CAST: ``VARCHAR(50)``."""
        if type_writing.writer is None:
            raise CompileError("no compiler is loaded: import dovetail first")
        return type_writing.writer(self, dialect)

    has_state: ClassVar[bool] = False
    """Whether a copy of a column has a copy of its type: what listens to one is its own."""

    def copy(self) -> Self:
        """Return an equal type that shares no state with this one."""
        made: Self = self.adapt(type(self))
        return made

    def adapt(self, cls: type[Any]) -> Any:
        """Return a type of class *cls* with the arguments of this one."""
        other = object.__new__(cls)
        for name, value in vars(self).items():
            if name not in _CACHES:
                other.__dict__[name] = value
        return other

    def as_generic(self, *, allow_nulltype: bool = False) -> TypeEngine[Any]:
        """Return the type of all servers that this one, of some, is a kind of.

        ::

            mysql.INTEGER(display_width=11).as_generic()  # Integer()

        :raises NotImplementedError: there is none; with *allow_nulltype* it is NULLTYPE
        """
        for kind in type(self).__mro__:
            if vars(kind).get("is_general", False):
                made: TypeEngine[Any] = made_as(kind, self)
                return made
        if allow_nulltype:
            return NULLTYPE
        raise NotImplementedError(f"no type of all servers is known for {self!r}")

    def copy_value(self, value: T) -> T:
        """Return a copy of *value*, where it can change: a value as it is, usually."""
        return value

    def get_dbapi_type(self, dbapi: object) -> Any:
        """Return what the module of a driver has for the type, or None: drivers ask for none."""
        return None

    def with_variant(self, type_: TypeEngine[Any] | type[TypeEngine[Any]], *names: str) -> Self:
        """Return a copy that is *type_* on the dialects called *names*."""
        if not names:
            raise ArgumentError("with_variant() needs the name of at least one dialect")
        taken = set(names) & set(self._variants)
        if taken:
            raise ArgumentError(f"there is a variant for {', '.join(sorted(taken))} already")
        copy = self.copy()
        variant = to_instance(type_)
        copy._variants = {**self._variants, **dict.fromkeys(names, variant)}
        return copy

    def evaluates_none(self) -> Self:
        """Return a copy for which None is a value to be sent, not the absence of one."""
        copy = self.copy()
        copy.should_evaluate_none = True
        return copy

    # -- the server's own class ---------------------------------------------------------

    @cached_property
    def _impls(self) -> WeakKeyDictionary[Any, TypeEngine[Any]]:
        return WeakKeyDictionary()

    def dialect_impl(self, dialect: TypeDialect) -> TypeEngine[Any]:
        """Return the type that stands for this one on *dialect*, made once."""
        impls = self._impls
        impl = impls.get(dialect)
        if impl is None:
            impl = impls[dialect] = self._make_impl(dialect)
        return impl

    def _make_impl(self, dialect: TypeDialect) -> TypeEngine[Any]:
        variant = self._variants.get(dialect.name)
        if variant is not None:
            return variant.dialect_impl(dialect)
        for cls in type(self).__mro__:
            special = dialect.colspecs.get(cls)
            if special is not None:
                made: TypeEngine[Any] = self if isinstance(self, special) else self.adapt(special)
                return made
        return self

    # -- conversion ---------------------------------------------------------------------

    def bind_function(self, dialect: TypeDialect) -> Processor | None:
        """Return what makes a driver's value of a Python value that is not None."""
        return None

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        """Return what makes a Python value of a driver's value that is not None."""
        return None

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        """Return what writes a value that is not None as SQL text."""
        return None

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        """Return the conversion of bound values, None among them, or None for none."""
        return passing_none(self.bind_function(dialect))

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        """Return the conversion of values read, None among them, or None for none."""
        return passing_none(self.result_function(dialect, coltype))

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        """Return what writes a value as SQL text, or None where there is no way."""
        return self.literal_function(dialect)

    def bind_conversion(self, dialect: TypeDialect) -> Conversion | None:
        """Return how values are bound on *dialect*: for generated code."""
        impl = self.dialect_impl(dialect)
        if type(impl).bind_processor is TypeEngine.bind_processor:
            function = impl.bind_function(dialect)
            return Conversion(function, False) if function is not None else None
        function = impl.bind_processor(dialect)
        return Conversion(function, True) if function is not None else None

    def result_conversion(self, dialect: TypeDialect, coltype: object = None) -> Conversion | None:
        """Return how values are read on *dialect*: for generated code."""
        impl = self.dialect_impl(dialect)
        if type(impl).result_processor is TypeEngine.result_processor:
            function = impl.result_function(dialect, coltype)
            return Conversion(function, False) if function is not None else None
        function = impl.result_processor(dialect, coltype)
        return Conversion(function, True) if function is not None else None

    def settling(self, dialect: TypeDialect) -> Settling | None:
        """Return what a value becomes that is stored and read; None where all come back."""
        return None

    def bind_expression(self, bindvalue: Any) -> Any | None:
        """Return the SQL expression to write in place of a parameter, or None."""
        return None

    def column_expression(self, column: Any) -> Any | None:
        """Return the SQL expression to select in place of a column, or None."""
        return None

    # -- meaning ------------------------------------------------------------------------

    @property
    def python_type(self) -> type[Any]:
        """The class of the Python values."""
        raise NotImplementedError(f"{type(self).__name__} has no Python class of its own")

    def compare_values(self, x: Any, y: Any) -> bool:
        """Return whether the two Python values are the same to the database."""
        equal: bool = x == y
        return equal

    @property
    def equality(self) -> Callable[[Any, Any], Any]:
        """The function that compares two Python values: ``==`` unless the type has its own."""
        is_plain = type(self).compare_values is TypeEngine.compare_values
        return eq if is_plain else self.compare_values

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """Return the type with which *value* is bound that meets an expression of this type."""
        if value.__class__ in self.own_values:
            return self
        other = value_types.type_of(value)
        return self if other.affinity in ("null", self.affinity) else other

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        """Return what *operator* (``add``, ``sub``, …) with *other* means: operator and type."""
        return operator, self

    @property
    def family(self) -> str:
        """What kind of value an operator sees in this: the affinity, or a part of that."""
        return self.affinity

    @property
    def _type_affinity(self) -> type[Any]:
        """The broadest class of this type's family, for those who ask by the familiar name."""
        for cls in reversed(type(self).__mro__):
            # What several types have in common in private is no family.
            is_public = issubclass(cls, TypeEngine) and not cls.__name__.startswith("_")
            if is_public and cls is not TypeEngine and vars(cls).get("affinity") == self.affinity:
                return cls
        return type(self)


class TypeEngineMixin:
    """Marks classes that add to a type."""


class ExternalType(TypeEngineMixin):
    """Marks types written outside of dovetail.

    ``cache_ok = True`` promises that the arguments of ``__init__``, kept under their own
    names, are all that tells two instances apart.
    """

    cache_ok: bool | None = None


class UserDefinedType(ExternalType, TypeEngine[T]):
    """Base for types that dovetail does not know: subclass it and give :meth:`get_col_spec`."""

    __visit_name__ = "user_defined"
    affinity = "user_defined"

    @cached_property
    def structure_key(self) -> Hashable:
        return super().structure_key if self.cache_ok else self

    def get_col_spec(self, **kw: object) -> str:
        """Return the text of the type in DDL."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it is in DDL")

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self


class NullType(TypeEngine[Any]):
    """A type that is not known: values pass unconverted."""

    __visit_name__ = "null"

    def coerce_compared_value(self, op: object, value: object) -> TypeEngine[Any]:
        return value_types.type_of(value)

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        if operator == "add" and other.affinity == "string":
            return "concat", other
        return operator, other

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        return None


NULLTYPE = NullType()


class _ValueTypes:
    """Which type a bare Python value has; :mod:`.inference` fills it."""

    def __init__(self) -> None:
        self.by_class: dict[type[Any], TypeEngine[Any]] = {}
        self.large: TypeEngine[Any] = NULLTYPE
        """The type of whole numbers of more than 32 bits."""
        self.fallback: Callable[[Any], TypeEngine[Any]] = lambda value: NULLTYPE

    def type_of(self, value: Any) -> TypeEngine[Any]:
        """Return the type of *value*: ``5`` is an Integer; what is unknown a NullType."""
        kind = value.__class__
        if kind is int and not -0x80000000 <= value <= 0x7FFFFFFF:
            return self.large
        found = self.by_class.get(kind)
        return found if found is not None else self.fallback(value)


value_types = _ValueTypes()


def to_instance(type_: object) -> TypeEngine[Any]:
    """Return *type_* itself, or an instance where a class is given."""
    if isinstance(type_, TypeEngine):
        return type_
    if type_ is None:
        return NULLTYPE
    if isinstance(type_, type) and issubclass(type_, TypeEngine):
        made = _DEFAULT_INSTANCES.get(type_)
        return made if made is not None else type_()
    raise ArgumentError(
        f"{type_!r} is not a type",
        hint="give a type such as Integer or String(50), or an instance of your own type class",
    )


_DEFAULT_INSTANCES: dict[type[Any], TypeEngine[Any]] = {NullType: NULLTYPE}


def passing_none(function: Processor | None) -> Processor | None:
    """Return *function* for values that may be None: None stays None."""
    if function is None:
        return None

    def process(value: object) -> Any:
        return None if value is None else function(value)

    return process


_CACHES = frozenset({"structure_key", "_impls", "_processors", "dispatch"})
"""What is computed, and who listens to one type alone: no part of what is copied."""
_NO_STRUCTURE = _CACHES | {"comment", "info"}


def _frozen(value: object) -> Hashable:
    """Return a hashable stand-in for *value* with the same equality."""
    if isinstance(value, TypeEngine):
        return value.structure_key
    if isinstance(value, list | tuple):
        return (type(value), *(_frozen(item) for item in value))
    if isinstance(value, Mapping):
        return ("map", *((key, _frozen(item)) for key, item in value.items()))
    if isinstance(value, set | frozenset):
        return frozenset(_frozen(item) for item in value)
    if isinstance(value, bool):
        return ("bool", value)
    try:
        hash(value)
    except TypeError:
        return _ById(value)
    return value


class _ById:
    """A hashable stand-in that equals only one for the same object, and keeps it alive."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)
