"""What a class body says by its annotations: ``Mapped[int]``, ``Mapped[list["Address"]]``."""

import builtins
import re
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from inspect import get_annotations
from operator import or_
from sys import modules
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    ForwardRef,
    Generic,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    overload,
)

from typing_extensions import TypeAliasType

from dovetail.codegen import evaluate
from dovetail.exc import MappedAnnotationError
from dovetail.orm.mapping.attribute import InstrumentedAttribute

if TYPE_CHECKING:
    from dovetail.orm.mapping.writers import AppenderQuery, WriteOnlyCollection
    from dovetail.sql.expression.column_element import ColumnElement

T_co = TypeVar("T_co", covariant=True)


class Mapped(Generic[T_co]):
    """The annotation of a mapped attribute: its class-level and its instance-level type.

    On the class the attribute is an SQL expression, on an instance a Python value::

        class User(Base):
            __tablename__ = "user_account"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str | None]
            addresses: Mapped[list["Address"]] = relationship(back_populates="user")
    """

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: Callable[[Any], Any]) -> Any:
        """What ``pydantic``, as the maker of a dataclass, validates: a value of the type inside."""
        return handler(get_args(source)[0])

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type | None) -> InstrumentedAttribute[T_co]: ...
        @overload
        def __get__(self, instance: object, owner: type | None) -> T_co: ...
        def __get__(self, instance: object | None, owner: type | None) -> Any: ...
        def __set__(self, instance: object, value: ColumnElement[T_co] | T_co) -> None: ...
        def __delete__(self, instance: object) -> None: ...


class WriteOnlyMapped(Mapped[T_co]):
    """The annotation of a collection that is never loaded: ``WriteOnlyMapped["Transfer"]``."""

    __slots__ = ()
    lazy: ClassVar[str] = "write_only"

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __get__(self, instance: None, owner: type | None) -> InstrumentedAttribute[T_co]: ...
        @overload
        def __get__(self, instance: object, owner: type | None) -> WriteOnlyCollection[T_co]: ...
        def __get__(  # pyright: ignore[reportIncompatibleMethodOverride]
            self, instance: object | None, owner: type | None
        ) -> Any: ...


class DynamicMapped(Mapped[T_co]):
    """The annotation of a collection that is read by a query: ``DynamicMapped["Book"]``."""

    __slots__ = ()
    lazy: ClassVar[str] = "dynamic"

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __get__(self, instance: None, owner: type | None) -> InstrumentedAttribute[T_co]: ...
        @overload
        def __get__(self, instance: object, owner: type | None) -> AppenderQuery[T_co]: ...
        def __get__(  # pyright: ignore[reportIncompatibleMethodOverride]
            self, instance: object | None, owner: type | None
        ) -> Any: ...


class MappedAnnotation(NamedTuple):
    """One annotation, understood.

    ``target``      the Python type of a column or the class, or name, of a relationship
    ``nullable``    True where None is among the values
    ``collection``  the class of a collection, ``list`` or ``Sequence``, where it says so, else None
    ``extras``      what ``Annotated`` carries
    ``whole``       the type as it is written, but for None
    ``name``        the last name of one that is written as a string: that of the class that a
                    relationship leads to
    ``raw``         the annotation as it is written inside of ``Mapped[...]``
    """

    target: Any
    nullable: bool
    collection: Any
    extras: tuple[Any, ...]
    whole: Any
    name: str | None = None
    raw: Any = None


class _Names(dict[str, Any]):
    """Names of a module and its class; unknown ones become forward references."""

    def __init__(self, class_: type) -> None:
        super().__init__()
        self._scopes: list[Mapping[str, Any]] = [
            {class_.__name__: class_},
            # Classes that are defined inside of it; attributes have the names of types, too.
            {name: value for name, value in vars(class_).items() if isinstance(value, type)},
            vars(modules[class_.__module__]) if class_.__module__ in modules else {},
            _FALLBACK,
        ]

    def __missing__(self, name: str) -> Any:
        for scope in self._scopes:
            if name in scope:
                return scope[name]
        if hasattr(builtins, name):
            return getattr(builtins, name)
        if name.startswith("__") and name.endswith("__"):
            # Python's own names are no classes.  Who reads a traceback asks the locals of its
            # frames, so this mapping too, for such as __tracebackhide__.
            raise KeyError(name)
        return _Unknown(name)


class _Unknown:
    """A name that is not known yet, usable like a class inside an annotation."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, name: str) -> "_Unknown":
        if name.startswith("__"):
            raise AttributeError(name)
        return _Unknown(f"{self.name}.{name}")

    def __getitem__(self, item: Any) -> Any:
        if self.name in ("Mapped", "orm.Mapped"):
            return Mapped[item]
        return self

    def __or__(self, other: object) -> Any:
        return Union[ForwardRef(self.name), other]  # noqa: UP007 - a ForwardRef has no |

    def __ror__(self, other: object) -> Any:
        return Union[other, ForwardRef(self.name)]  # noqa: UP007 - a ForwardRef has no |

    def __call__(self) -> None:
        raise NameError(self.name)


_FALLBACK: dict[str, Any] = {
    "DynamicMapped": DynamicMapped,
    "WriteOnlyMapped": WriteOnlyMapped,
    "Mapped": Mapped,
    "ClassVar": ClassVar,
    "Annotated": Annotated,
}


def evaluated(annotation: object, class_: type) -> Any:
    """*annotation*, evaluated where it is a string; names that are not known stay names."""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if not isinstance(annotation, str):
        return annotation
    try:
        value = evaluate(annotation, _Names(class_))
    except Exception as error:
        raise MappedAnnotationError(
            f"the annotation {annotation!r} in class {class_.__name__} can't be evaluated: {error}",
            hint="import the names it uses where the class body is executed",
        ) from error
    return ForwardRef(value.name) if isinstance(value, _Unknown) else value


def is_mapped(annotation: object) -> bool:
    """True for ``Mapped[...]`` and its relatives."""
    origin = getattr(annotation, "__origin__", None)
    return isinstance(origin, type) and issubclass(origin, Mapped)


def understand(annotation: object, class_: type) -> MappedAnnotation | None:
    """What ``Mapped[...]`` says, or None for an annotation of another kind."""
    said: Any = evaluated(annotation, class_)
    origin: Any = getattr(said, "__origin__", None)
    if not (isinstance(origin, type) and issubclass(origin, Mapped)):
        return None
    found = understand_inner(said.__args__[0], class_)
    if isinstance(annotation, str):
        found = found._replace(name=_last_name(annotation))
    return found if origin is Mapped else found._replace(collection=origin)


def understand_returned(function: Callable[..., Any], class_: type) -> MappedAnnotation | None:
    """What the annotation ``-> Mapped[...]`` of a declaring method says."""
    said = get_annotations(function).get("return")
    if isinstance(said, str) and "Mapped" not in said:
        return None
    return None if said is None else understand(said, class_)


def _last_name(text: str) -> str | None:
    """The last name in an annotation, a path perhaps, None aside."""
    names = [name for name in _NAMES.findall(text) if name != "None"]
    return names[-1] if names else None


_NAMES = re.compile(r"[A-Za-z_][\w.]*")


def understand_inner(annotation: object, class_: type) -> MappedAnnotation:
    """What an annotation without ``Mapped`` says, such as that of a field of a dataclass."""
    if isinstance(annotation, type):
        return MappedAnnotation(annotation, False, None, (), annotation, None, annotation)
    return _inside(annotation, class_)._replace(raw=annotation)


def value_of_alias(annotation: object) -> Any:
    """What a type alias, with its arguments if it takes some, stands for; None for others."""
    if isinstance(annotation, TypeAliasType):
        return annotation.__value__
    alias: Any = get_origin(annotation)
    if not isinstance(alias, TypeAliasType):
        return None
    value: Any = alias.__value__
    given = dict(zip(alias.__type_params__, get_args(annotation), strict=False))
    if value in given:
        return given[value]
    names = getattr(value, "__parameters__", ())
    return value[tuple(given.get(name, name) for name in names)] if names else value


def without_none(annotation: object) -> Any:
    """*annotation* without the None that it allows for."""
    if get_origin(annotation) not in (Union, UnionType) or NoneType not in get_args(annotation):
        return annotation
    return reduce(or_, (part for part in get_args(annotation) if part is not NoneType))


def _inside(inner: object, class_: type, within: tuple[Any, ...] = ()) -> MappedAnnotation:
    """What *inner* says; it stands *within* others, which it may name again."""
    if isinstance(inner, type):
        # A class, without arguments: what most annotations are.
        return MappedAnnotation(inner, False, None, (), inner)
    if isinstance(inner, (ForwardRef, str)):
        text = inner if isinstance(inner, str) else inner.__forward_arg__
        return _within(inner, class_, within)._replace(name=_last_name(text))
    return _within(inner, class_, within)


def _within(inner: object, class_: type, within: tuple[Any, ...]) -> MappedAnnotation:
    inner = evaluated(inner, class_)
    if any(inner is one for one in within):
        # A type that names itself, such as that of JSON.
        return MappedAnnotation(inner, False, None, (), inner)
    within = (*within, inner)
    if isinstance(inner, _Unknown):
        inner = ForwardRef(inner.name)
    aliased = value_of_alias(inner)
    if aliased is not None:
        return _inside(aliased, class_, within)._replace(whole=inner)
    origin = get_origin(inner)
    if origin is Annotated:
        core, *extras = get_args(inner)
        found = _inside(core, class_, within)
        return found._replace(extras=(*extras, *found.extras), whole=inner)
    if origin in (Union, UnionType):
        parts = [part for part in get_args(inner) if part is not NoneType]
        nullable = len(parts) < len(get_args(inner))
        if len(parts) != 1:
            several = reduce(or_, parts)
            return MappedAnnotation(several, nullable, None, (), several)
        return _inside(parts[0], class_, within)._replace(nullable=nullable)
    if isinstance(origin, type) and issubclass(origin, Iterable) and get_args(inner):
        member = get_args(inner)[-1]
        found = _inside(member, class_, within)
        return MappedAnnotation(found.target, False, origin, (), inner, found.name)
    return MappedAnnotation(inner, False, None, (), inner)
