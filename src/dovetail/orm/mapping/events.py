"""The events of mappers, of instances, and of their attributes."""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary, WeakSet

from dovetail.engine.connection import Connection
from dovetail.event import Dispatch, Events, own_dispatch
from dovetail.orm.mapping.mapper_view import MapperView
from dovetail.orm.tracking.state import state_of


class EventConstants(Enum):
    """Answers of ``before_mapper_configured``, with ``retval=True``."""

    EXT_CONTINUE = 1
    EXT_SKIP = 2
    EXT_STOP = 3
    NO_KEY = 4


EXT_CONTINUE: Final = EventConstants.EXT_CONTINUE
EXT_SKIP: Final = EventConstants.EXT_SKIP
"""The mapper is not to be configured this time."""
EXT_STOP: Final = EventConstants.EXT_STOP
NO_KEY: Final = EventConstants.NO_KEY


class EventsOfClasses(Events):
    """A family whose targets are mapped classes, mappers, and classes that are not mapped (yet).

    What listens to a class that is not mapped listens to the class once it is, and, where it
    propagates, to the mapped classes below.
    """

    held: ClassVar["WeakKeyDictionary[type, Dispatch]"]
    everywhere: ClassVar[Dispatch]
    """What listens to every mapper."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.held = WeakKeyDictionary()
        cls.everywhere = Dispatch(cls)
        cls.everywhere.watch(cls._everywhere_changed)

    @classmethod
    def _everywhere_changed(cls) -> None:
        """Make ready for who listens to every class by now: there is nothing to be done."""

    @classmethod
    def _dispatch_of(cls, target: object) -> Dispatch | None:
        if isinstance(target, type):
            if getattr(target, "is_mapper", False):
                return cls.everywhere
            mapper = target.__dict__.get("__mapper__")
            return cls._held_for(target) if mapper is None else cls.of(mapper)
        if getattr(target, "is_mapper", False):
            found: Any = target
            return cls.of(found)
        return None

    @classmethod
    def of(cls, mapper: MapperView) -> Dispatch:
        """The dispatch of *mapper* alone."""
        return own_dispatch(cls.owner(mapper))

    @classmethod
    def owner(cls, mapper: MapperView) -> Any:
        """What holds the dispatch of this family for *mapper*."""
        return mapper

    @classmethod
    def _held_for(cls, class_: type) -> Dispatch:
        held = cls.held.get(class_)
        if held is None:
            held = cls.held[class_] = Dispatch(cls)
            for mapper in known_mappers():
                if issubclass(mapper.class_, class_):
                    cls.of(mapper).adopt(held, propagating_only=True)
        return held

    @classmethod
    def greet(cls, mapper: MapperView) -> None:
        """Let those listen to *mapper*, a new one, who have waited for its class, or a base."""
        if mapper.inherits is not None:
            cls.of(mapper).adopt(cls.of(mapper.inherits), propagating_only=True)
        for class_ in mapper.class_.__mro__ if cls.held else ():
            held = cls.held.get(class_)
            if held is not None:
                only = class_ is not mapper.class_
                cls.of(mapper).adopt(held, propagating_only=only)


registries: WeakSet[Any] = WeakSet()
"""Every registry there is; each adds itself."""


def known_mappers() -> list[Any]:
    """Every mapper there is."""
    return [mapper for known in list(registries) for mapper in known.ordered_mappers]


ROW_EVENTS = frozenset(
    f"{when}_{verb}" for when in ("before", "after") for verb in ("insert", "update", "delete")
)
"""The events of rows in a flush."""


class MapperEvents(EventsOfClasses, sends=ROW_EVENTS):
    """What happens to mappers, and to the rows of instances in a flush.

    Targets: a mapped class, a base or mixin with ``propagate=True``, a mapper, or ``Mapper``
    for all of them::

        @listens_for(User, "before_insert")
        def normalise(mapper, connection, target):
            target.email = target.email.lower()

    In a flush, *target* may be changed in its columns, and *connection* be used; what is to be
    added to the session belongs into ``before_flush``.
    """

    options: ClassVar[frozenset[str]] = frozenset(("raw",))

    @classmethod
    def _happens_at(cls, name: str, target: object) -> bool:
        # Of one registry, RegistryEvents tell; of one class there is nothing to tell.
        of_all = name not in ("before_configured", "after_configured") or (
            isinstance(target, type) and getattr(target, "is_mapper", False)
        )
        return of_all and super()._happens_at(name, target)

    def instrument_class(self, mapper: MapperView, class_: type) -> None:
        """Call when *class_* gets its mapped attributes."""

    def after_mapper_constructed(self, mapper: MapperView, class_: type) -> None:
        """Call when *mapper* is made; the other ends of its relationships are not known yet."""

    def before_mapper_configured(self, mapper: MapperView, class_: type) -> Any:
        """Call before *mapper* is configured; EXT_SKIP, with ``retval=True``, puts it off."""

    def mapper_configured(self, mapper: MapperView, class_: type) -> None:
        """Call after *mapper* was configured."""

    def before_configured(self) -> None:
        """Call before mappers are configured; target ``Mapper`` alone."""

    def after_configured(self) -> None:
        """Call after mappers were configured; target ``Mapper`` alone."""

    def before_insert(self, mapper: MapperView, connection: Connection, target: object) -> None:
        """Call before the INSERT of *target*."""

    def after_insert(self, mapper: MapperView, connection: Connection, target: object) -> None:
        """Call after the INSERT of *target*."""

    def before_update(self, mapper: MapperView, connection: Connection, target: object) -> None:
        """Call before a changed *target* is looked at; there may be nothing to UPDATE."""

    def after_update(self, mapper: MapperView, connection: Connection, target: object) -> None:
        """Call after a changed *target* was looked at, and updated where need be."""

    def before_delete(self, mapper: MapperView, connection: Connection, target: object) -> None:
        """Call before the DELETE of *target*."""

    def after_delete(self, mapper: MapperView, connection: Connection, target: object) -> None:
        """Call after the DELETE of *target*."""

    @classmethod
    def _adapt(
        cls,
        name: str,
        function: Callable[..., Any],
        target: object,
        retval: bool,
        **options: object,
    ) -> Callable[..., Any]:
        if name == "before_mapper_configured" and not retval:

            def call(mapper: MapperView, class_: type) -> Any:
                function(mapper, class_)

            return call
        if not options.get("raw") or name not in ROW_EVENTS:
            return function

        def call_raw(mapper: MapperView, connection: Connection, instance: object) -> Any:
            return function(mapper, connection, state_of(instance))

        return call_raw


class InstanceEvents(EventsOfClasses, sends=("load", "refresh", "refresh_flush", "expire")):
    """What happens to instances of mapped classes.  Targets: as of :class:`MapperEvents`.

    ``raw=True`` gives listeners the InstanceState in place of the instance.
    """

    options: ClassVar[frozenset[str]] = frozenset(("raw", "restore_load_context"))

    @classmethod
    def _everywhere_changed(cls) -> None:
        for mapper in known_mappers():
            mapper.class_manager.place_constructor()

    def first_init(self, manager: object, cls: Any) -> None:
        """Call before the first instance of *cls* is constructed."""

    def init(self, target: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Call before *target* is constructed; *kwargs* may be changed."""

    def init_failure(self, target: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Call when the constructor of *target* has failed."""

    def load(self, target: object, context: object) -> None:
        """Call after *target* was made of a row."""

    def refresh(self, target: object, context: object, attrs: Iterable[str] | None) -> None:
        """Call after attributes of *target* were read again: the names, or None for all."""

    def refresh_flush(
        self, target: object, flush_context: object, attrs: Iterable[str] | None
    ) -> None:
        """Call after a flush has brought values that *target* had not: the names."""

    def expire(self, target: object, attrs: Iterable[str] | None) -> None:
        """Call after attributes of *target* have expired: the names, or None for all."""

    def pickle(self, target: object, state_dict: dict[str, Any]) -> None:
        """Call when *target* is pickled; what is put into *state_dict* goes with it."""

    def unpickle(self, target: object, state_dict: dict[str, Any]) -> None:
        """Call when *target* was unpickled, with what ``pickle`` listeners have put in."""

    @classmethod
    def owner(cls, mapper: MapperView) -> Any:
        return mapper.class_manager

    @classmethod
    def _adapt(
        cls,
        name: str,
        function: Callable[..., Any],
        target: object,
        retval: bool,
        **options: object,
    ) -> Callable[..., Any]:
        if not options.get("raw") or name == "first_init":
            return function

        def call(instance: object, *arguments: object) -> Any:
            return function(state_of(instance), *arguments)

        return call


class AttributeEvents(Events, sends=True):
    """What happens to the attributes of instances.  Target: an attribute, ``User.name``, or what it
    is mapped by, ``inspect(User).attrs.name``.

    ``retval=True``          the answer of *set* and *append* listeners is what is stored
    ``active_history=True``  the old value is loaded before it is replaced
    ``raw=True``             listeners get the InstanceState in place of the instance

    ::

        @listens_for(User.name, "set", retval=True)
        def strip(target, value, oldvalue, initiator):
            return value.strip()
    """

    options: ClassVar[frozenset[str]] = frozenset(("raw", "active_history", "include_key"))

    def set(self, target: object, value: object, oldvalue: object, initiator: object) -> Any:
        """Call before a column or a reference is set; *oldvalue* may be ``NO_VALUE``."""

    def append(self, target: object, value: object, initiator: object, key: object = None) -> Any:
        """Call before *value* is put into a collection."""

    def append_wo_mutation(
        self, target: object, value: object, initiator: object, key: object = None
    ) -> None:
        """Call when *value* is put into a collection that holds it."""

    def remove(self, target: object, value: object, initiator: object, key: object = None) -> None:
        """Call before *value* is taken out of a collection, or a value deleted."""

    def bulk_replace(
        self, target: object, values: object, initiator: object, keys: Iterable[Any] | None = None
    ) -> None:
        """Call before a collection is replaced; the list *values* may be changed."""

    def modified(self, target: object, initiator: object) -> None:
        """Call after ``flag_modified()``."""

    def init_scalar(self, target: object, value: object, dict_: dict[str, Any]) -> Any:
        """Call when an attribute without a value is read on a new instance."""

    def init_collection(
        self, target: object, collection: object, collection_adapter: object
    ) -> None:
        """Call after an empty collection was made."""

    def dispose_collection(
        self, target: object, collection: object, collection_adapter: object
    ) -> None:
        """Call after a collection was replaced."""

    @classmethod
    def _dispatch_of(cls, target: object) -> Dispatch | None:
        prop = getattr(target, "declared" if hasattr(target, "declared") else "prop", None)
        if prop is None and hasattr(target, "parent"):
            prop = target
        if isinstance(target, type) or prop is None or not hasattr(prop, "dispatch"):
            return None
        return own_dispatch(prop)

    @classmethod
    def _adapt(
        cls, name: str, function: Callable[..., Any], target: Any, retval: bool, **options: object
    ) -> Callable[..., Any]:
        raw, with_key = options.get("raw"), options.get("include_key")
        answers = name in ("set", "append", "init_scalar")
        mapper = target.owner.mapper if hasattr(target, "owner") else target.parent
        class_ = mapper.class_
        propagate = options.get("propagate", False)

        def call(instance: object, value: object, *more: object, key: object = None) -> Any:
            if type(instance) is not class_ and not (propagate and isinstance(instance, class_)):
                # The attribute of a class above, or below, is the same.
                return value
            subject = state_of(instance) if raw else instance
            named = {"key": key} if with_key else {}
            answer = function(subject, value, *more, **named)
            return answer if retval or not answers else value

        call.keeps_old_value = bool(options.get("active_history"))  # type: ignore[attr-defined]
        return call

    @classmethod
    def need_old_values(cls, dispatch: Dispatch) -> bool:
        """True where somebody who listens wants to know the values that are replaced."""
        listeners = [call for name in cls.event_names for call in getattr(dispatch, name)]
        return any(getattr(call, "keeps_old_value", False) for call in listeners)
