"""What is known of one instance: its state, and what it shares with those loaded beside it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, SupportsIndex
from weakref import ref

from typing_extensions import TypeVar

from dovetail.exc import InvalidRequestError, UnmappedInstanceError
from dovetail.orm.tracking.attribute_states import AttributeState, AttributeStates
from dovetail.orm.tracking.inspection_attr import InspectionAttrInfo
from dovetail.orm.tracking.passive import NO_VALUE
from dovetail.orm.tracking.tokens import AtToken

T = TypeVar("T", default=Any)

__all__ = [
    "NO_VALUE",
    "STATE_NAME",
    "AttributeState",
    "InstanceState",
    "Load",
    "PickledState",
    "Scope",
    "adopt_state",
    "cores",
    "forget",
    "mark_modified",
    "new_state",
    "start_history",
    "state_of",
]

STATE_NAME = "__dovetail_state__"
"""The attribute of an instance that holds its state: a slot of the declarative bases."""


Pair = tuple["InstanceState", Any]


class TrackedMapper(Protocol):
    """What tracking needs to know of a mapper."""

    class_: type
    base: Any
    identity_place: Any
    attributes: dict[str, Any]
    proxied: dict[str, Any]
    class_manager: Any
    transient_load: "Load"
    detached_load: "Load"
    removed_load: "Load"
    set_state: Callable[[Any, Any], None]

    def key_of(self, instance: object) -> Any: ...
    def key_tuple(self, key: object) -> tuple[Any, ...]: ...
    def key_from_tuple(self, values: Iterable[Any]) -> Any: ...


class TrackingSession(Protocol):
    """What tracking asks of the session that an instance belongs to: of its core."""

    @property
    def session(self) -> Any: ...

    no_autoflush: AbstractContextManager[object]

    def load_attribute(
        self, state: "InstanceState", instance: object, attribute: object
    ) -> None: ...
    def cascade_add(self, instance: object) -> None: ...
    def begin_on_change(self) -> None: ...
    def take_state(self, state: "InstanceState") -> None: ...
    def let_state_go(self, state: "InstanceState") -> None: ...


class Cores:
    """The cores of all sessions of this process, which hold themselves.

    ``references``  weak ones, which leave by themselves; a set of them costs a new session less
                    than a WeakSet
    """

    __slots__ = ("references",)

    def __init__(self) -> None:
        self.references: set[ref[Any]] = set()

    def __iter__(self) -> Iterator[Any]:
        for reference in self.references.copy():
            core = reference()
            if core is not None:
                yield core


cores = Cores()


class Scope:
    """One life of a session, from its start to ``close()``.

    Instances find their session through the scope, so that closing a session
    detaches all of them by emptying one reference.  ``token`` is the identity token of what is
    being loaded: rows of equal keys and different tokens are different instances.
    """

    __slots__ = (
        "deleted",
        "deleted_loads",
        "has_tokens",
        "identities",
        "is_writing",
        "modified",
        "new",
        "pending_loads",
        "reference",
        "token",
    )

    def __init__(self, core: object) -> None:
        self.reference: Callable[[], Any] = ref(core)
        self.identities: dict[Any, dict[Any, InstanceState]] = {}
        self.new: dict[InstanceState, Any] = {}
        self.modified: dict[InstanceState, Any] = {}
        self.deleted: dict[InstanceState, Any] = {}
        self.pending_loads: dict[Any, Load] = {}
        self.deleted_loads: dict[Any, Load] = {}
        self.token: Any = None
        self.has_tokens = False
        self.is_writing = False

    def identity(self, mapper: TrackedMapper) -> "dict[Any, InstanceState]":
        """The identity map of *mapper*'s hierarchy: scalar key, or tuple, to state.

        Each identity token has one of its own, so that keys need no part for it.
        """
        place = mapper.identity_place
        if self.token is not None:
            place = (place, self.token)
        identity = self.identities.get(place)
        if identity is None:
            identity = self.identities[place] = {}
        return identity

    def known(self, mapper: TrackedMapper, token: object) -> "dict[Any, InstanceState]":
        """The identity map of *mapper*'s hierarchy for *token*; not kept where there is none."""
        place = mapper.identity_place if token is None else (mapper.identity_place, token)
        return self.identities.get(place) or {}

    def at(self, token: object) -> AtToken:
        """A block in which what is loaded, found and written has the identity token *token*."""
        return AtToken(self, token)

    def by_token(self, pairs: "Iterable[Pair]") -> "list[tuple[Any, list[Pair]]]":
        """*pairs* of state and instance, in order, by their identity token."""
        if not self.has_tokens:
            return [(self.token, list(pairs))]
        found: dict[Any, list[Pair]] = {}
        for pair in pairs:
            found.setdefault(pair[0].load.token, []).append(pair)
        return list(found.items())

    def pending_load(self, mapper: TrackedMapper) -> "Load":
        """What all pending instances of *mapper* share."""
        load = self.pending_loads.get(mapper)
        if load is None:
            load = self.pending_loads[mapper] = Load(mapper, self)
        return load

    def deleted_load(self, mapper: TrackedMapper) -> "Load":
        """What all instances of *mapper* share whose DELETE has been sent."""
        place = mapper if self.token is None else (mapper, self.token)
        load = self.deleted_loads.get(place)
        if load is None:
            load = self.deleted_loads[place] = Load(mapper, self, deleted=True)
        return load

    def end(self) -> None:
        """Detach every instance of this scope."""
        self.reference = _nothing
        # They refer back to this.
        self.pending_loads.clear()
        self.deleted_loads.clear()


def _nothing() -> None:
    return None


class Load:
    """What the instances of one load, or one flush, have in common.

    ``token`` tells rows of different databases apart, None where that is not needed.  ``batch``
    lists their states in the order of the rows, for loading what one of them lacks for its
    peers in the same statement.  ``refreshed``, where somebody listens,
    has those that were here before, with the names of what was read again; ``user_options`` are
    those that listeners to lazy loads are told of.
    """

    __slots__ = (
        "batch",
        "deleted",
        "gone",
        "identity",
        "mapper",
        "options",
        "parts",
        "refreshed",
        "scope",
        "token",
        "touches",
        "user_options",
    )

    def __init__(
        self, mapper: Any, scope: Scope | None, options: Any = None, *, deleted: bool = False
    ) -> None:
        self.mapper: Any = mapper
        self.scope = scope
        if scope is None:
            self.identity = self.token = None
        else:
            self.identity = scope.identity(mapper)
            self.token = scope.token
        self.options = options
        self.batch: list[InstanceState] = []
        self.gone = 0
        """How many instances of the batch are no more."""
        self.touches: dict[Any, Touches] | None = None
        self.refreshed: list[tuple[InstanceState, Any]] | None = None
        self.parts: list[Load] = []
        self.deleted = deleted
        self.user_options: tuple[Any, ...] = ()

    def part(self, mapper: TrackedMapper, options: object = None) -> "Load":
        """What instances of *mapper*, or of a class below, share of this load, *options* aside."""
        if options is None:
            options = self.options
        if mapper is self.mapper and options is self.options:
            return self
        for part in self.parts:
            if part.mapper is mapper and part.options is options:
                return part
        if self.scope is None or self.scope.token == self.token:
            made = Load(mapper, self.scope, options)
        else:
            with self.scope.at(self.token):
                made = Load(mapper, self.scope, options)
        made.refreshed = None if self.refreshed is None else []
        made.user_options = self.user_options
        self.parts.append(made)
        return made

    def let_go(self) -> "Load":
        """What instances of this load share outside of a session: options, and token."""
        mapper = self.mapper
        if self.deleted and self.token is None:
            removed: Load = mapper.removed_load
            return removed
        if self.token is None and (self.options is None or self.deleted):
            detached: Load = mapper.detached_load
            return detached
        made = Load(mapper, None, None if self.deleted else self.options, deleted=self.deleted)
        made.token = self.token
        return made

    def touched(self, attribute: object, epoch: int) -> "Touches":
        """How often *attribute* was missed in this batch since *epoch* began; counts this miss."""
        touches = self.touches
        if touches is None:
            touches = self.touches = {}
        touch = touches.get(attribute)
        if touch is None or touch.epoch != epoch:
            touch = touches[attribute] = Touches(epoch)
        touch.count += 1
        return touch

    def following(self, state: "InstanceState", touch: "Touches") -> "Iterator[InstanceState]":
        """The peers of *state*, those that follow it in the batch first."""
        batch = self.batch
        try:
            position = batch.index(state, touch.position)
        except ValueError:
            position = batch.index(state) if state in batch else 0
        touch.position = position
        for index in range(position + 1, len(batch)):
            yield batch[index]
        for index in range(position):
            yield batch[index]


class Touches:
    """Count of misses of one attribute in one batch, and where the last one was."""

    __slots__ = ("count", "epoch", "position")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.count = 0
        self.position = 0


class InstanceState(ref[Any], InspectionAttrInfo, Generic[T]):
    """What dovetail knows of one instance; it is the weak reference to it as well.

    ``row_key``    the identity within the mapper's hierarchy: the scalar primary key or the tuple
                   of a composite one; None while the instance has no row
    ``load``       what is shared with the peers: mapper, session, load options, batch
    ``committed``  values as last loaded or flushed, of the changed attributes only; None if none
    ``stale``      names of the attributes that are to be read again; None if none
    ``extra``      what few instances need: queued collection changes, parents, user information
    """

    __slots__ = ("committed", "extra", "load", "row_key", "stale")

    row_key: Any
    load: Load
    committed: dict[str, Any] | None
    stale: frozenset[str] | None
    extra: dict[Any, Any] | None

    __eq__ = object.__eq__  # identity: comparing referents would call user code
    __hash__ = object.__hash__

    is_instance: ClassVar[bool] = True

    def __repr__(self) -> str:
        return f"<InstanceState of {self.load.mapper.class_.__name__} key={self.row_key!r}>"

    @property
    def mapper(self) -> Any:
        """The mapper of the instance's class."""
        return self.load.mapper

    @property
    def class_(self) -> type:
        """The class of the instance."""
        class_: type = self.load.mapper.class_
        return class_

    def obj(self) -> Any:
        """The instance, or None after it has been collected."""
        return self()

    @property
    def core(self) -> Any:
        """The core of the session that the instance belongs to, or None."""
        scope = self.load.scope
        return None if scope is None else scope.reference()

    @property
    def session(self) -> Any:
        """The session that the instance belongs to, or None."""
        core = self.core
        return None if core is None else core.session

    @property
    def async_session(self) -> Any:
        """The AsyncSession around the session of the instance; None for a blocking one."""
        around = getattr(self.core, "awaited_by", None)
        return None if around is None else around()

    @property
    def session_id(self) -> int | None:
        """The ``hash_key`` of the session that the instance belongs to, or None."""
        core = self.core
        return None if core is None else int(core.hash_key)

    @session_id.setter
    def session_id(self, number: int | None) -> None:
        before = self.core
        core = next((one for one in cores if one.hash_key == number), None)
        if number is not None and core is None:
            raise InvalidRequestError(
                f"no session has the number {number!r}",
                hint="session_id takes the hash_key of a session, or None",
            )
        if before is not None and before is not core:
            before.let_state_go(self)
        if core is not None and before is not core:
            core.take_state(self)

    @property
    def has_identity(self) -> bool:
        """True when the instance has, or had, a row."""
        return self.row_key is not None

    @property
    def transient(self) -> bool:
        """True for an instance without row and without session."""
        return self.row_key is None and self.core is None

    @property
    def pending(self) -> bool:
        """True for an instance that a session will insert."""
        return self.row_key is None and self.core is not None

    def get_impl(self, key: str) -> Any:
        """What reads, writes and remembers the attribute *key*."""
        return self.load.mapper.attributes[key]

    def get_history(self, key: str, passive: object = None) -> Any:
        """What has changed in the attribute *key*, as ``attributes.get_history()`` tells it."""
        impl = self.get_impl(key)
        return impl.get_history(self) if passive is None else impl.get_history(self, None, passive)

    @property
    def expired(self) -> bool:
        """True where the instance has expired as a whole, and nothing was read again since."""
        return getattr(self.stale, "is_whole", False)

    @property
    def persistent(self) -> bool:
        """True for an instance with a row, in a session."""
        return self.row_key is not None and not self.load.deleted and self.core is not None

    @property
    def deleted(self) -> bool:
        """True after the DELETE was sent and until the transaction ends."""
        return self.row_key is not None and self.load.deleted and self.core is not None

    @property
    def was_deleted(self) -> bool:
        """True when the DELETE was sent, and not rolled back."""
        return self.row_key is not None and self.load.deleted

    @property
    def detached(self) -> bool:
        """True for an instance with a row whose session has let it go."""
        return self.row_key is not None and self.core is None

    @property
    def identity(self) -> tuple[Any, ...] | None:
        """The primary key values, or None without a row."""
        key: tuple[Any, ...] | None = None
        if self.row_key is not None:
            key = self.load.mapper.key_tuple(self.row_key)
        return key

    @property
    def identity_key(self) -> tuple[Any, ...] | None:
        """``(class, primary key values, identity token)``, or None without a row."""
        identity = self.identity
        return (
            None if identity is None else (self.load.mapper.base.class_, identity, self.load.token)
        )

    @property
    def key(self) -> tuple[Any, ...] | None:
        """``identity_key``, by its familiar name.

        Outside of a session it can be set: an instance with a key is detached, one with None
        is transient.
        """
        return self.identity_key

    @key.setter
    def key(self, key: tuple[Any, ...] | None) -> None:
        if self.core is not None:
            raise InvalidRequestError(
                f"the key of {self.obj()!r} can't be set: it belongs to a session",
                hint="expunge() it before",
            )
        mapper = self.load.mapper
        if key is None:
            self.row_key, self.load = None, mapper.transient_load
            return
        class_, values, *rest = key
        if class_ is not mapper.base.class_:
            raise InvalidRequestError(
                f"{key!r} is no key of {mapper.class_.__name__}",
                hint="identity_key(class, primary key) makes one",
            )
        self.row_key = mapper.key_from_tuple(values)
        self.load = mapper.detached_load
        if rest and rest[0] is not None:
            self.load = Load(mapper, None)
            self.load.token = rest[0]

    @property
    def identity_token(self) -> Any:
        """The token that tells rows of different databases apart: the shard, or None."""
        return self.load.token

    @property
    def modified(self) -> bool:
        """True when an attribute was set since the last load or flush."""
        if self.row_key is None:
            return bool(self.dict)
        return bool(self.committed) or bool(self.extra and self.extra.get("flagged"))

    @property
    def unloaded(self) -> set[str]:
        """Names of the mapped attributes that hold no value."""
        return set(self.load.mapper.attributes).difference(self.dict)

    @property
    def unloaded_expirable(self) -> set[str]:
        """Names of the mapped attributes that hold no value: the same as ``unloaded``."""
        return self.unloaded

    def unmodified_intersection(self, keys: Iterable[str]) -> set[str]:
        """Those of *keys* that name mapped attributes not changed since the last flush."""
        return self.unmodified.intersection(keys)

    @property
    def manager(self) -> Any:
        """How the class of the instance is instrumented."""
        return self.load.mapper.class_manager

    @property
    def unmodified(self) -> set[str]:
        """Names of the mapped attributes that were not changed since the last flush."""
        return set(self.load.mapper.attributes).difference(self.committed or ())

    @property
    def expired_attributes(self) -> set[str]:
        """Names of the attributes to be read again at the next touch."""
        return set(self.stale or ())

    @property
    def attrs(self) -> "AttributeStates":
        """A view on each mapped attribute: ``state.attrs.name.history``."""
        return AttributeStates(self)

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the user's own notes on this instance."""
        notes: dict[Any, Any] = self.extras().setdefault("info", {})
        return notes

    def extras(self) -> dict[Any, Any]:
        """The dictionary of what few instances need, made at first use."""
        if self.extra is None:
            self.extra = {}
        return self.extra

    @property
    def object(self) -> Any:
        """The instance, or None after it has been collected."""
        return self()

    # The last but one of the class: from here on the name means this.
    @property
    def dict(self) -> Any:
        """The instance's ``__dict__``."""
        instance = self()
        return {} if instance is None else instance.__dict__

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        keep = {
            name: value for name, value in (self.extra or {}).items() if name in ("info", "flagged")
        }
        instance, listeners = self(), self.load.mapper.class_manager.dispatch.pickle
        if listeners and instance is not None:
            noted: dict[Any, Any] = {}
            for call in listeners:
                call(instance, noted)
            keep["pickled"] = noted
        if self.load.token is not None:
            keep["token"] = self.load.token
        if self.load.options is not None and not self.load.options.is_empty:
            keep["options"] = self.load.options
        kept = (self.row_key, self.committed, self.stale, self.load.deleted, keep)
        return PickledState, (*kept, self.class_)


class PickledState:
    """A state on its way through ``pickle``; the instance makes a real one of it."""

    __slots__ = ("committed", "deleted", "extra", "row_key", "stale")

    def __init__(
        self,
        key: object,
        committed: Any,
        stale: Any,
        deleted: bool,
        extra: Any,
        class_: type | None = None,
    ) -> None:
        if class_ is not None and "__mapper__" not in vars(class_):
            raise UnmappedInstanceError.unpickled(class_)
        self.row_key = key
        self.committed = committed
        self.stale = stale
        self.deleted = deleted
        self.extra = extra


def forget(state: InstanceState) -> None:
    """Take *state*, whose instance is gone, out of its identity map.

    The batch of its load goes with the last of its instances.
    """
    load = state.load
    key = state.row_key
    if key is not None:
        identity = load.identity
        if identity is not None and identity.get(key) is state:
            del identity[key]
    batch = load.batch
    if batch:
        load.gone += 1
        if load.gone < len(batch):
            return
        # States refer to their load, and it to them: the circle is for us to open.
        for other in batch:
            if other() is not None and other.load is load:
                return
        batch.clear()
        load.gone = 0


def new_state(instance: object, mapper: TrackedMapper) -> InstanceState:
    """Begin to track *instance*, as transient."""
    state = InstanceState(instance, forget)
    state.row_key = state.committed = state.stale = state.extra = None
    state.load = mapper.transient_load
    mapper.set_state(instance, state)
    return state


def state_of(instance: Any) -> InstanceState:
    """The state of *instance*, begun when it has none yet.

    Raises UnmappedInstanceError for an object whose class is not mapped.
    """
    try:
        state: InstanceState = instance.__dovetail_state__
        return state
    except AttributeError:
        pass
    mapper = type(instance).__dict__.get("__mapper__")
    if mapper is None or isinstance(instance, type):
        raise UnmappedInstanceError(instance)
    return new_state(instance, mapper)


def adopt_state(instance: Any, state: Any) -> None:
    """Give *instance* the state that ``copy`` or ``pickle`` puts on it.

    A copy must not share the state of its original: it begins as transient.
    """
    mapper = type(instance).__mapper__
    if isinstance(state, PickledState):
        own = new_state(instance, mapper)
        own.row_key, own.committed, own.stale = state.row_key, state.committed, state.stale
        noted = state.extra.pop("pickled", {})
        token = state.extra.pop("token", None)
        options = state.extra.pop("options", None)
        own.extra = state.extra or None
        if own.row_key is not None:
            own.load = mapper.removed_load if state.deleted else mapper.detached_load
            if token is not None or options is not None:
                own.load = Load(mapper, None, options, deleted=state.deleted)
                own.load.token = token
        for call in mapper.class_manager.dispatch.unpickle:
            call(instance, noted)
    elif state() is instance:
        mapper.set_state(instance, state)
        return
    else:
        own = new_state(instance, mapper)
        # What its original did not hold, the copy does not either.
        own.stale = state.stale
    for attribute in mapper.attributes.values():
        if attribute.collection:
            attribute.take_over(own, instance)


def start_history(state: InstanceState, instance: object) -> dict[str, Any]:
    """Begin to record old values of *instance*; its session holds it until they are flushed."""
    committed: dict[str, Any] = {}
    state.committed = committed
    mark_modified(state, instance)
    return committed


def mark_modified(state: InstanceState, instance: object) -> None:
    """Let the session of *instance* hold it as modified; one whose row is deleted it need not."""
    scope = state.load.scope
    if scope is not None and state.row_key is not None and not state.load.deleted:
        if not scope.modified:
            session = scope.reference()
            if session is None:
                return
            session.begin_on_change()
        scope.modified[state] = instance


if TYPE_CHECKING:
    _check: type[TrackedMapper]
