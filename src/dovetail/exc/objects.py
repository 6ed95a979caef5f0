"""Errors of mapped classes and their instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from .base import DovetailError
from .usage import (
    AmbiguousForeignKeysError,
    ArgumentError,
    InvalidRequestError,
    MissingGreenlet,
    NoForeignKeysError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


class UnmappedError(InvalidRequestError):
    """Something is not mapped."""

    code = "DV-MAP-01"


def _qualified(cls: type[Any]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


class UnmappedClassError(UnmappedError):
    """A class is not mapped."""

    code = "DV-MAP-02"
    usual_hint = (
        "derive it from your DeclarativeBase, or map it with "
        "registry().map_imperatively(cls, table)"
    )

    def __init__(
        self, cls: type[Any], message: str | None = None, *, hint: str | None = None
    ) -> None:
        super().__init__(message or f"class {_qualified(cls)} is not mapped", hint=hint)
        self.cls = cls

    def __reduce__(self) -> tuple[Any, ...]:
        # pickle does not find the class of a function: the message tells which one it was.
        kept = None if "<locals>" in self.cls.__qualname__ else self.cls
        return type(self), (type, self.message), {**self.__dict__, "cls": kept}


class UnmappedInstanceError(UnmappedError):
    """An object is not an instance of a mapped class."""

    code = "DV-MAP-03"
    usual_hint = "the session takes instances of mapped classes"

    def __init__(
        self, instance: object, message: str | None = None, *, hint: str | None = None
    ) -> None:
        if message is None:
            if isinstance(instance, type):
                message = f"class {_qualified(instance)} was given where an instance is needed"
                hint = hint or f"make one: {instance.__name__}(...)"
            else:
                message = f"{_qualified(type(instance))} is not mapped"
        super().__init__(message, hint=hint)

    @classmethod
    def unpickled(cls, class_: type[Any]) -> UnmappedInstanceError:
        """For an instance that was pickled when its class was mapped."""
        return cls(
            None,
            f"an instance of {_qualified(class_)} can't be unpickled: its class is not mapped",
            hint="import what maps the class before",
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (None, self.message), self.__dict__


class UnknownAttributeError(InvalidRequestError, AttributeError):
    """An expression names an attribute that its class or table does not have."""

    code = "DV-MAP-09"


class UnmappedColumnError(InvalidRequestError):
    """A column belongs to no attribute of the mapped class."""

    code = "DV-MAP-04"


class MappingError(ArgumentError, InvalidRequestError):
    """Mapped classes do not fit together; ``mistakes`` has every one that was found."""

    code = "DV-MAP-05"

    def __init__(self, mistakes: str | Sequence[str], *, hint: str | None = None) -> None:
        self.mistakes = [mistakes] if isinstance(mistakes, str) else list(mistakes)
        if len(self.mistakes) == 1:
            message = self.mistakes[0]
        else:
            listed = "".join(f"\n  {n}. {text}" for n, text in enumerate(self.mistakes, 1))
            message = f"{len(self.mistakes)} mistakes in the mapping:{listed}"
        super().__init__(message, hint=hint)


class NoForeignKeysMappingError(MappingError, NoForeignKeysError):
    """Mapped classes are related, and no foreign key links their tables."""

    code = "DV-MAP-07"


class AmbiguousForeignKeysMappingError(MappingError, AmbiguousForeignKeysError):
    """Mapped classes are related, and more than one foreign key links their tables."""

    code = "DV-MAP-08"


class UnknownAttributeMappingError(MappingError, UnknownAttributeError):
    """Mapped classes are related by an expression that names an attribute that is not there."""

    code = "DV-MAP-10"


class MappedAnnotationError(ArgumentError):
    """An annotation of a mapped attribute cannot be understood."""

    code = "DV-MAP-06"


class AnnotatedPropertyError(MappedAnnotationError, NotImplementedError):
    """An ``Annotated`` type carries a declaration other than that of a column.

    A NotImplementedError too, which is what programs written for SQLAlchemy catch.
    """

    code = "DV-MAP-11"


class ORMExecuteError(InvalidRequestError):
    """A statement of entities cannot run the way it was asked to."""

    code = "DV-USE-06"


class UnevaluatableError(InvalidRequestError):
    """Criteria or values of a statement cannot be evaluated in Python."""

    code = "DV-USE-07"
    usual_hint = "let the database say which rows it touched: synchronize_session='fetch'"


class LoaderStrategyException(InvalidRequestError):  # noqa: N818 - a name users know
    """A way of loading does not fit the attribute."""

    code = "DV-LOAD-03"


def _loaded_with_the_query(entity: str, attribute: str, relationship: bool) -> str:
    option = "selectinload" if relationship else "undefer"
    return f"load it with the query: .options({option}({entity}.{attribute}))"


class LazyLoadError(InvalidRequestError):
    """An unloaded attribute was read where no query may be sent."""

    code = "DV-LOAD-02"

    def __init__(
        self,
        message: str = "",
        *,
        hint: str | None = None,
        entity: str | None = None,
        attribute: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.entity = entity
        self.attribute = attribute

    @classmethod
    def detached(
        cls, entity: str, attribute: str, *, relationship: bool = True
    ) -> DetachedInstanceError:
        """Return the error for an instance that belongs to no session."""
        if relationship:
            hint = f"load it with the query: .options(selectinload({entity}.{attribute})), "
        else:
            hint = "keep values after a commit with Session(..., expire_on_commit=False), "
        return DetachedInstanceError(
            f"cannot load {entity}.{attribute}: the instance belongs to no session",
            hint=f"{hint}or attach the instance first with session.add()",
            entity=entity,
            attribute=attribute,
        )

    @classmethod
    def lost(cls, entity: str, attribute: str) -> DetachedInstanceError:
        """Return the error for a value that had expired when the row of its instance went."""
        return DetachedInstanceError(
            f"cannot load {entity}.{attribute}: it had expired when the row of the instance went, "
            "with the transaction that had written it",
            hint="set it again, or make a new instance",
            entity=entity,
            attribute=attribute,
        )

    @classmethod
    def forbidden(
        cls, entity: str, attribute: str, policy: str = "raise", *, relationship: bool = True
    ) -> LazyLoadError:
        """Return the error for an attribute whose lazy loading is forbidden by *policy*."""
        return cls(
            f"cannot load {entity}.{attribute}: lazy loading is forbidden here (lazy={policy!r})",
            hint=_loaded_with_the_query(entity, attribute, relationship),
            entity=entity,
            attribute=attribute,
        )

    @classmethod
    def awaiting(
        cls,
        entity: str,
        attribute: str,
        instance: str = "instance",
        *,
        relationship: bool = True,
    ) -> LazyLoadError:
        """Return the error for an attribute read in async code."""
        other = (
            _loaded_with_the_query(entity, attribute, relationship)
            if relationship
            else "keep values after a commit: AsyncSession(..., expire_on_commit=False)"
        )
        return AwaitingLoadError(
            f"cannot load {entity}.{attribute}: reading an attribute cannot await",
            hint=f"await session.load({instance}, {entity}.{attribute}), or {other}",
            entity=entity,
            attribute=attribute,
        )


class AwaitingLoadError(LazyLoadError, MissingGreenlet):
    """An unloaded attribute was read in async code, where reading cannot await."""

    code = "DV-LOAD-04"


class DetachedInstanceError(LazyLoadError):
    """An attribute must be loaded and the instance belongs to no session."""

    code = "DV-LOAD-01"


class FlushError(DovetailError):
    """The pending changes cannot be written."""

    code = "DV-FLUSH-01"


class ReferenceRequiredError(FlushError, AssertionError):
    """A reference can't be let go: its column is part of the primary key, and can't be NULL."""

    code = "DV-FLUSH-04"


class StaleDataError(DovetailError):
    """A row to be changed or deleted is no longer as it was read, or is gone.

    Of classes with a version counter it tells the ``instance``, the version ``expected``, and the
    one ``found``, None where the row is gone.  The whole transaction, with what it reads, may
    succeed when it is run again: that is its ``retry_scope``.
    """

    code = "DV-FLUSH-02"
    retry_scope = "transaction"
    instance: Any = None
    expected: Any = None
    found: Any = None
    usual_hint = "roll back, read the rows again and decide anew"


ConcurrentModificationError = StaleDataError


class ObjectDeletedError(InvalidRequestError):
    """An expired instance was to be refreshed and its row is gone.

    Programs that raise it give the state of the instance, and a message where that says more.
    """

    code = "DV-LOAD-05"

    def __init__(self, state: object, msg: str | None = None, *, hint: str | None = None) -> None:
        message = state if isinstance(state, str) else msg or f"the row of {state!r} is gone"
        super().__init__(message, hint=hint)


class ObjectDereferencedError(DovetailError):
    """An operation needed an instance that was garbage collected."""

    code = "DV-LOAD-06"
    usual_hint = "keep a reference to the instance for as long as it is needed"

    @classmethod
    def without_owner(cls, entity: str, attribute: str) -> Self:
        """A collection was to be changed whose owner nobody holds: nothing would be written."""
        return cls(
            f"can't change {entity}.{attribute}: the {entity} that it belongs to was garbage "
            "collected, and the change would be lost",
            hint=f"keep the {entity} in a variable while its collection is changed",
        )

    @classmethod
    def without_instance(cls, entity: str, attribute: str) -> Self:
        """An attribute was asked for by the state of an instance that nobody holds."""
        return cls(
            f"can't tell {entity}.{attribute}: the {entity} was garbage collected",
            hint=f"keep the {entity} in a variable while what inspect() gives of it is used",
        )
