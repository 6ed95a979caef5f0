"""Methods of mixins that declare attributes, and options, for each class that uses them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

if TYPE_CHECKING:
    from dovetail.orm.mapping.annotations import Mapped
    from dovetail.orm.mapping.attribute import InstrumentedAttribute

T = TypeVar("T")
V = TypeVar("V")

being_declared: dict[Any, dict[Any, Any]] = {}
"""What the ``declared_attr`` methods have returned for a class that is being mapped."""


class _Cascading:
    """Marks a declaration as made anew for every class below: ``@declared_attr.cascading``."""

    def __call__(self, function: Callable[..., Any]) -> Any:
        made: declared_attr[Any] = declared_attr(function)
        made.cascades = True
        return made


class declared_attr(Generic[T]):
    """A method of a mixin whose result is a mapped attribute, or an option such as a table name.

    It is called with the class that is being mapped::

        class HasOwner:
            @declared_attr
            def owner(cls) -> Mapped["User"]:
                return relationship("User")
    """

    cascading: ClassVar[_Cascading] = _Cascading()
    cascades = False
    """Whether classes below a mapped one have a declaration of their own."""

    @overload
    def __init__(
        self: "declared_attr[V]",
        function: "Callable[..., Mapped[V]] | classmethod[Any, Any, Mapped[V]]",
    ) -> None: ...
    @overload
    def __init__(self: "declared_attr[Any]", function: Callable[..., Any]) -> None: ...
    def __init__(self, function: Any) -> None:
        self.function = getattr(function, "__func__", function)
        self.__doc__ = self.function.__doc__

    @overload
    def __get__(self, instance: None, owner: type | None) -> "InstrumentedAttribute[T]": ...
    @overload
    def __get__(self, instance: object, owner: type | None) -> T: ...
    def __get__(self, instance: object, owner: type | None) -> Any:
        made = being_declared.get(owner)
        if made is None:
            return self.function(owner)
        # Asked for by another declaration of the class too: one column, not two.
        if self not in made:
            made[self] = self.function(owner)
        return made[self]

    def made_for(self, class_: type) -> Any:
        """What the method declares for *class_*, with its docstring where that has none."""
        made: Any = self.__get__(None, class_)
        if self.__doc__ and getattr(made, "doc", self) is None:
            made.doc = self.__doc__
        return made

    @classmethod
    def directive(cls, function: Callable[..., Any]) -> "declared_attr[Any]":
        """For options, ``__tablename__`` and the like."""
        return cls(function)
