"""What is kept of a mapped class beside its mapper: its constructor, and who listens to it."""

from collections.abc import Callable
from contextlib import suppress
from functools import update_wrapper
from inspect import signature
from typing import Any, Generic

from typing_extensions import TypeVar

from dovetail.event import Dispatch
from dovetail.exc import InvalidRequestError
from dovetail.orm.mapping.construct import construct, plain_constructor, uses_plain_constructor
from dovetail.orm.mapping.events import InstanceEvents
from dovetail.orm.tracking.inspection_attr import InspectionAttr

T = TypeVar("T", default=Any)

_NOT_PLACED: Any = object()


class ClassManager(InspectionAttr, Generic[T]):
    """How the class of a mapper is instrumented.

    ``class_``, ``mapper``  the class, and its mapper
    """

    dispatch: Dispatch = InstanceEvents.everywhere

    def __init__(self, mapper: Any) -> None:
        self.mapper = mapper
        self.class_: type = mapper.class_
        self.info: dict[Any, Any] = {}
        self._original: Any = _NOT_PLACED
        self._has_begun = False
        self._beginner: Any = None

    def __repr__(self) -> str:
        return f"<ClassManager of {self.class_.__name__}>"

    @property
    def is_mapped(self) -> bool:
        """True while the class is mapped."""
        return self.class_.__dict__.get("__mapper__") is self.mapper

    @property
    def attributes(self) -> list[Any]:
        """The class-level attributes."""
        return list(self.mapper.all_orm_descriptors)

    def __getitem__(self, key: str) -> Any:
        return self.mapper.all_orm_descriptors[key]

    def __contains__(self, key: str) -> bool:
        return key in self.mapper.named_attrs

    # The constructor --------------------------------------------------------------------------

    def _listened(self) -> None:
        self.place_constructor()

    def tell_from_the_first(self) -> None:
        """Tell of the first instance, too, those who listen to every class already."""
        if self._needs_telling:
            self.place_constructor()

    @property
    def _needs_telling(self) -> bool:
        """Whether somebody listens to new instances, or there may be none."""
        dispatch = self.dispatch
        return bool(
            dispatch.init
            or dispatch.init_failure
            or dispatch.first_init
            or self.mapper.polymorphic_abstract
        )

    def place_beginner(self) -> None:
        """Let the first instance of a class with a constructor of its own configure the mapping.

        Attributes that other classes give it by ``backref=`` are there then.
        """
        inner: Any = self.class_.__init__  # type: ignore[misc]
        if uses_plain_constructor(self.class_) or hasattr(inner, "__begins__"):
            return

        def __init__(instance: object, *args: object, **kwargs: object) -> None:  # noqa: N807
            self.mapper.configure()
            inner(instance, *args, **kwargs)

        update_wrapper(__init__, inner)
        __init__.__begins__ = True  # type: ignore[attr-defined]
        with suppress(TypeError, ValueError):
            __init__.__signature__ = signature(inner)  # type: ignore[attr-defined]
        self._beginner = __init__
        self.mapper.place("__init__", __init__)

    def take_beginner(self) -> None:
        """The mapping is configured: the class has its own constructor again."""
        if self._beginner is not None and self.class_.__dict__.get("__init__") is self._beginner:
            self.mapper.replace_placed("__init__")
        self._beginner = None

    def place_constructor(self) -> None:
        """Give the class the constructor that it needs: quick, or one that tells listeners, or one
        that refuses instances of a class that has none.
        """
        told = self._needs_telling
        if self._original is not _NOT_PLACED:
            if told:
                return
            self._restore()
        if told:
            self._place_telling()
        elif self.mapper.configured and uses_plain_constructor(self.class_):
            self.mapper.place("__init__", plain_constructor(self.mapper))

    def _restore(self) -> None:
        if self._original is None:
            type.__delattr__(self.class_, "__init__")
        else:
            type.__setattr__(self.class_, "__init__", self._original)
        self._original = _NOT_PLACED

    def _place_telling(self) -> None:
        class_ = self.class_
        inner: Callable[..., None] = class_.__init__  # type: ignore[misc]
        is_plain = uses_plain_constructor(class_)
        self._original = class_.__dict__.get("__init__")
        self.mapper.place("__init__", self._telling(construct if is_plain else inner))

    def _telling(self, inner: Callable[..., None]) -> Callable[..., None]:
        def __init__(instance: object, *args: object, **kwargs: object) -> None:  # noqa: N807
            if type(instance) is not self.class_:
                inner(instance, *args, **kwargs)
                return
            if self.mapper.polymorphic_abstract:
                raise InvalidRequestError(
                    f"{self.class_.__name__} has no rows of its own: it is polymorphic_abstract",
                    hint="make an instance of a class below it",
                )
            dispatch = self.dispatch
            if not self._has_begun:
                self._has_begun = True
                for call in dispatch.first_init:
                    call(self, self.class_)
            for call in dispatch.init:
                call(instance, args, kwargs)
            try:
                inner(instance, *args, **kwargs)
            except BaseException:
                for call in dispatch.init_failure:
                    call(instance, args, kwargs)
                raise

        if inner is construct:
            # Classes below that define none have the quick one, not this.
            __init__.__wrapped__ = construct  # type: ignore[attr-defined]
        __init__.__doc__ = inner.__doc__
        __init__.__qualname__ = f"{self.class_.__qualname__}.__init__"
        return __init__
