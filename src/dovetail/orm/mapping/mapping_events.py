"""The events of mapping: of registries, and of the classes that become mapped ones."""

from collections.abc import Callable
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from dovetail.event import Dispatch, Events


class InstrumentationEvents(Events):
    """What happens to classes when they are mapped.

    Targets: a class, mapped or not, for the classes below too unless ``propagate=False``;
    ``object``, or ``type``, for all classes::

        @listens_for(Base, "attribute_instrument")
        def strip(cls, key, inst):
            if isinstance(inst.property, ColumnProperty):
                listen(inst, "set", lambda target, value, *_: value.strip(), retval=True)
    """

    propagates: ClassVar[bool] = True
    held: ClassVar["WeakKeyDictionary[type, Dispatch]"] = WeakKeyDictionary()

    def class_instrument(self, cls: Any) -> None:
        """Call when *cls* has become one of a mapper, before it gets its attributes."""

    def class_uninstrument(self, cls: Any) -> None:
        """Call before the mapping of *cls* is disposed of."""

    def attribute_instrument(self, cls: type, key: str, inst: object) -> None:
        """Call when *cls* has got the attribute *inst*, called *key*."""

    @classmethod
    def _dispatch_of(cls, target: object) -> Dispatch | None:
        if not isinstance(target, type):
            return None
        class_ = object if target is type else target
        held = cls.held.get(class_)
        if held is None:
            held = cls.held[class_] = Dispatch(cls)
        return held

    @classmethod
    def listeners(cls, name: str, class_: type) -> tuple[Callable[..., Any], ...]:
        """Those who listen to the event *name* of *class_*: those to classes above first."""
        held = cls.held
        listened_to = [above for above in class_.__mro__ if above in held] if held else ()
        if not listened_to:
            return ()
        heard = Dispatch(cls)
        for above in reversed(listened_to):
            heard.adopt(held[above], propagating_only=above is not class_)
        found: tuple[Callable[..., Any], ...] = getattr(heard, name)
        return found


class RegistryEvents(Events):
    """What happens in registries.

    Targets: a registry, ``registry`` for all of them, or a declarative base for its own::

        @listens_for(Base, "resolve_type_annotation")
        def money(resolve_type):
            if resolve_type.resolved_type is Money:
                return Numeric(12, 2)
    """

    def resolve_type_annotation(self, resolve_type: object) -> Any:
        """Call before an annotation is given its database type: a TypeResolve.

        The first type that is returned is the one; None leaves it to the others, and to the map.
        """

    def before_configured(self, registry: object) -> None:
        """Call before mappers of *registry* are configured."""

    def after_configured(self, registry: object) -> None:
        """Call after mappers of *registry* were configured."""

    @classmethod
    def _dispatch_of(cls, target: object) -> Dispatch | None:
        if isinstance(target, type) and not issubclass(target, tuple(cls.targets)):
            # A base has a registry and no table.
            target = None if "__mapper__" in vars(target) else vars(target).get("registry")
        return super()._dispatch_of(target)
