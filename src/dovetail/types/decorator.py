"""Types that wrap another: conversions of the user's own around a known type."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from ..conventions import conventions
from ..exc import ArgumentError
from . import settling
from .contract import (
    ExternalType,
    Processor,
    TypeDialect,
    TypeEngine,
    to_instance,
)
from .settling import Settling

T = TypeVar("T")


class TypeDecorator(ExternalType, TypeEngine[T]):
    """A type that converts values around another type, its ``impl``.

    Subclass it, name ``impl`` and override what is needed::

        class Lowered(TypeDecorator[str]):
            impl = String
            cache_ok = True

            def process_bind_param(self, value, dialect):
                return value.lower() if value is not None else None

    Arguments of the constructor go to ``impl``.  The process methods see None too.
    """

    has_state = True
    dispatch: Any
    """Who listens: as for :class:`SchemaType`."""
    __visit_name__ = "type_decorator"
    impl: Any
    coerce_to_is_types: ClassVar[tuple[type[Any], ...]] = (type(None),)

    def __init__(self, *args: object, **kwargs: object) -> None:
        kind = getattr(type(self), "impl", None)
        if kind is None:
            raise ArgumentError(
                f"{type(self).__name__} has no impl",
                hint="name the wrapped type in the class: impl = String",
            )
        is_given = bool(args or kwargs) and not conventions.wrapped_instances_stay
        if isinstance(kind, TypeEngine) and not is_given:
            self.impl = kind
        else:
            cls = kind if isinstance(kind, type) else type(kind)
            self.impl = cls(*args, **kwargs) if args or kwargs else to_instance(cls)

    @cached_property
    def structure_key(self) -> Hashable:
        return super().structure_key if self.cache_ok else self

    @property
    def impl_instance(self) -> TypeEngine[Any]:
        """The wrapped type."""
        impl: TypeEngine[Any] = self.impl
        return impl

    @property
    def affinity(self) -> str:  # type: ignore[override]
        impl: TypeEngine[Any] = self.impl
        return impl.affinity

    @property
    def family(self) -> str:
        return self.impl_instance.family

    @property
    def comparator_factory(self) -> type[Any] | None:  # type: ignore[override]
        factory: type[Any] | None = self.impl.comparator_factory
        return factory

    @property
    def python_type(self) -> type[Any]:
        impl: TypeEngine[Any] = self.impl
        return impl.python_type

    def __getattr__(self, name: str) -> Any:
        # Familiar arguments of the wrapped type are read through: decorated.length.
        if name.startswith("_") or name == "impl":
            raise AttributeError(name)
        return getattr(self.impl, name)

    def __repr__(self) -> str:
        # What is given to it goes to the wrapped type; its own may be no text: a key, a function.
        _, _, arguments = repr(self.impl).partition("(")
        return f"{type(self).__name__}({arguments or ')'}"

    # -- what users override --------------------------------------------------------------

    def process_bind_param(self, value: T | None, dialect: Any) -> Any:
        """Return what the wrapped type is to bind for *value*."""
        raise NotImplementedError

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """Return the Python value for what the wrapped type has read."""
        raise NotImplementedError

    def process_literal_param(self, value: T | None, dialect: Any) -> Any:
        """Return what the wrapped type is to write into the text of the statement for *value*."""
        raise NotImplementedError

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        """Return the wrapped type to use on *dialect*."""
        return self.impl_instance

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """Return the type of a *value* compared with this: this type itself."""
        return self

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        impl = self.impl_instance
        # A type without arguments may be the very one that is wrapped.
        beside = copy(other) if other is impl else other
        operator, type_ = impl.result_of(operator, beside)
        return operator, self if type_ is impl else other if type_ is beside else type_

    def type_engine(self, dialect: TypeDialect) -> TypeEngine[Any]:
        """Return the plain type that stands for this on *dialect*."""
        impl = self.load_dialect_impl(dialect)
        return impl.type_engine(dialect) if isinstance(impl, TypeDecorator) else impl

    # -- the contract ---------------------------------------------------------------------

    def _make_impl(self, dialect: TypeDialect) -> TypeEngine[Any]:
        variant = self._variants.get(dialect.name)
        if variant is not None:
            return variant.dialect_impl(dialect)
        inner = self.inner_impl(dialect)
        if inner is self.impl:
            return self
        made: TypeDecorator[T] = self.copy()
        made.impl = inner
        return made

    def inner_impl(self, dialect: TypeDialect) -> TypeEngine[Any]:
        """Return the server's own class for the wrapped type."""
        return self.load_dialect_impl(dialect).dialect_impl(dialect)

    def _overrides(self, method: str) -> bool:
        return getattr(type(self), method) is not getattr(TypeDecorator, method)

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        inner = self.inner_impl(dialect).bind_processor(dialect)
        if not self._overrides("process_bind_param"):
            return inner
        process = self.process_bind_param
        if inner is None:
            return lambda value: process(value, dialect)
        return lambda value: inner(process(value, dialect))

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        inner = self.inner_impl(dialect).result_processor(dialect, coltype)
        if not self._overrides("process_result_value"):
            return inner
        process = self.process_result_value
        if inner is None:
            return lambda value: process(value, dialect)
        return lambda value: process(inner(value), dialect)

    def settling(self, dialect: TypeDialect) -> Settling | None:
        if self._overrides("process_bind_param") or self._overrides("process_result_value"):
            return settling.settled_by(None, settling.there_and_back(self, dialect))
        return self.inner_impl(dialect).settling(dialect)

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        inner = self.inner_impl(dialect).literal_processor(dialect)
        if inner is None:
            return None
        if self._overrides("process_literal_param"):
            prepare = self.process_literal_param
        elif self._overrides("process_bind_param"):
            prepare = self.process_bind_param
        else:
            return inner
        return lambda value: inner(prepare(value, dialect))

    def bind_expression(self, bindvalue: Any) -> Any | None:
        return self.impl_instance.bind_expression(bindvalue)

    def column_expression(self, column: Any) -> Any | None:
        return self.impl_instance.column_expression(column)

    def compare_values(self, x: Any, y: Any) -> bool:
        return self.impl_instance.compare_values(x, y)

    @property
    def equality(self) -> Callable[[Any, Any], Any]:
        is_plain = type(self).compare_values is TypeDecorator.compare_values
        return self.impl_instance.equality if is_plain else self.compare_values

    @property
    def sort_key_function(self) -> Callable[[Any], Any] | None:
        impl: Any = self.impl
        found: Callable[[Any], Any] | None = impl.sort_key_function
        return found

    def copy(self, **kw: object) -> Any:
        """Return an equal type that shares no state with this one."""
        return self.adapt(type(self))
