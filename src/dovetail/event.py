"""Listeners: one mechanism for all floors.

A *family* of events is a subclass of :class:`Events`; its public methods declare the events by
name and signature.  What can be listened to holds a :class:`Dispatch`, which has, for each
event, a tuple of functions::

    for function in pool.dispatch.checkout:
        function(dbapi_connection, record, proxy)

A class holds one for all its instances; an instance gets its own only when somebody listens
to it alone, so that listening costs nothing where nobody listens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from inspect import Parameter, signature
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeVar
from warnings import warn
from weakref import WeakSet, ref

from .exc import DovetailDeprecationWarning, InvalidRequestError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

F = TypeVar("F", bound="Callable[..., Any]")
Listener = "Callable[..., Any]"


class EventAnswer(Enum):
    """Answers of a listener that are no values."""

    CANCEL = 1
    NO_RETVAL = 2


CANCEL: Final = EventAnswer.CANCEL
"""What has been begun is not to go on."""
NO_RETVAL: Final = EventAnswer.NO_RETVAL
"""The listener has nothing to say, though its answer counts."""

_families: list[type[Events]] = []
_resolvers: dict[type[Any], Callable[[Any], Any]] = {}
_lock = RLock()


@dataclass(slots=True, eq=False)
class _Entry:
    """One function that listens: *original* is what the user gave, *call* what is called."""

    original: Callable[..., Any]
    call: Callable[..., Any]
    propagate: bool
    sends: bool = True
    """Whether it may send statements."""


class Sending:
    """What is called while statements are run, and may send some: listeners above all.

    ``listened_to``  the dispatches with such a listener of their own, and the defaults that are
    given the context; false while there are none
    """

    __slots__ = ("listened_to",)

    def __init__(self) -> None:
        self.listened_to: set[ref[Any]] = set()

    def note_default(self, default: object) -> None:
        """Note that *default* is a function of the context, and so of the connection."""
        self.listened_to.add(ref(default, self.listened_to.discard))

    def note(self, dispatch: Dispatch) -> None:
        """Note whether such a listener listens to *dispatch*."""
        entries = dispatch._entries
        if any(entry.sends for name in dispatch._family.sends for entry in entries.get(name, ())):
            self.listened_to.add(ref(dispatch, self.listened_to.discard))
        else:
            self.listened_to.discard(ref(dispatch))


sending: Final = Sending()


class Listeners(tuple[Callable[..., Any], ...]):
    """The functions that listen to one event of a target; called, it calls each of them."""

    __slots__ = ()

    def __call__(self, *arguments: object, **details: object) -> None:
        """Tell all who listen that the event happens."""
        for function in self:
            function(*arguments, **details)


class Dispatch:
    """The listeners of one target, by the name of the event.

    Each event of the family is an attribute: a tuple of functions, empty if nobody listens.
    The dispatch as a whole is false while nobody listens to anything.
    """

    def __init__(self, family: type[Events]) -> None:
        self._family = family
        self._entries: dict[str, list[_Entry]] = {}
        self._parents: list[tuple[Dispatch, bool]] = []
        self._children: WeakSet[Dispatch] = WeakSet()
        self._watchers: list[Callable[[], None]] = []
        self._subject: type[Any] | None = None
        self.listening = False
        """Whether anybody listens to anything: the same as the truth of the dispatch, quicker."""
        self._rebuild()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Listeners: ...

    def __bool__(self) -> bool:
        return self.listening

    def adopt(self, parent: Dispatch, *, propagating_only: bool = False) -> Dispatch:
        """Let all that listens to *parent* listen here too, now and later; return self.

        With *propagating_only*, only what was asked to propagate.
        """
        with _lock:
            self._parents.append((parent, propagating_only))
            parent._children.add(self)
            self._rebuild()
        return self

    def watch(self, changed: Callable[[], None]) -> None:
        """Call *changed* whenever the listeners change; it is held strongly."""
        self._watchers.append(changed)

    def _inherited(self, name: str) -> list[_Entry]:
        entries: dict[int, _Entry] = {}
        for parent, propagating_only in self._parents:
            for entry in parent._effective(name):
                if entry.propagate or not propagating_only:
                    entries[id(entry)] = entry
        return list(entries.values())

    def _effective(self, name: str) -> list[_Entry]:
        return [*self._inherited(name), *self._entries.get(name, ())]

    def _rebuild(self) -> None:
        active = False
        attributes = self.__dict__
        for name in self._family.event_names:
            kind = self._family.kinds_of_listeners.get(name, Listeners)
            calls = kind(entry.call for entry in self._effective(name))
            attributes[name] = calls
            active = active or bool(calls)
        self.listening = active
        for changed in self._watchers:
            changed()
        for child in list(self._children):
            child._rebuild()

    def _add(self, name: str, entry: _Entry, insert: bool) -> None:
        entries = self._entries.setdefault(name, [])
        entries.insert(0 if insert else len(entries), entry)
        sending.note(self)
        self._rebuild()

    def _find(self, name: str, function: Callable[..., Any]) -> _Entry | None:
        for entry in self._entries.get(name, ()):
            if entry.original == function:
                return entry
        return None

    def _discard(self, name: str, entry: _Entry) -> None:
        entries = self._entries.get(name, [])
        if entry in entries:
            entries.remove(entry)
            sending.note(self)
            self._rebuild()


class ListenedAs(Protocol):
    """What is listened to in the place of another: an AsyncEngine in that of its Engine."""

    @staticmethod
    def _listened_as(target: object, family: type[Events]) -> object:
        """Return what *target*, an instance or its class, stands for to *family*, or itself."""
        ...


class Events:
    """A family of events; subclasses declare one public method for each event.

    The method's parameters are what listeners are called with, by these names under
    ``named=True``.  ``root`` makes the dispatch of a target class.
    """

    event_names: ClassVar[tuple[str, ...]] = ()
    targets: ClassVar[list[type[Any]]]
    former: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Parameters that events had in former versions; listeners may have them still."""

    options: ClassVar[frozenset[str]] = frozenset()
    """Keywords that ``listen()`` hands to :meth:`_adapt`, beside its own."""

    kinds_of_listeners: ClassVar[Mapping[str, type[Listeners]]] = {}
    """The classes of listeners that do more when they are called, by the name of the event."""

    propagates: ClassVar[bool] = False
    """Whether listeners that do not say so listen to subclasses too."""

    sends: ClassVar[frozenset[str]] = frozenset()
    """Events that happen while statements are run: a listener may want to send one too."""

    def __init_subclass__(
        cls,
        sends: bool | Collection[str] = False,
        watches: Collection[str] = (),
        **kwargs: object,
    ) -> None:
        super().__init_subclass__(**kwargs)
        declared = [
            name
            for name, member in vars(cls).items()
            if not name.startswith("_") and callable(member)
        ]
        cls.event_names = tuple(dict.fromkeys((*cls.event_names, *declared)))
        if sends:
            cls.sends = frozenset(cls.event_names if sends is True else sends).difference(watches)
        cls.targets = []
        _families.append(cls)

    @classmethod
    def _happens_at(cls, name: str, target: object) -> bool:
        """Tell whether the event *name* can happen at *target*, which may be of this family."""
        return name in cls.event_names

    @classmethod
    def _dispatch_of(cls, target: Any) -> Dispatch | None:
        """Return the dispatch that *target* stands for, or None if it is none of this family.

        A family whose targets are of another kind overrides this.
        """
        subject = target if isinstance(target, type) else type(target)
        if hasattr(subject, "_listened_as"):
            stand_in: type[ListenedAs] = subject
            other = stand_in._listened_as(target, cls)
            if other is not target:
                return cls._dispatch_of(other)
        if not any(issubclass(subject, known) for known in cls.targets):
            return None
        return class_dispatch(target) if isinstance(target, type) else own_dispatch(target)

    @classmethod
    def _adapt(
        cls,
        name: str,
        function: Callable[..., Any],
        target: object,
        retval: bool,
        **options: object,
    ) -> Callable[..., Any]:
        """Return what is to be called for *function*; a family may wrap it."""
        return function


def root(family: type[Events], target: type[Any]) -> Dispatch:
    """Make *target* and its subclasses listened to; return its dispatch, set as ``dispatch``."""
    dispatch = Dispatch(family)
    dispatch._subject = target
    family.targets.append(target)
    target.dispatch = dispatch
    return dispatch


def class_dispatch(target: type[Any]) -> Dispatch:
    """Return the dispatch of the class *target*, made where it only inherited one."""
    own = target.__dict__.get("dispatch")
    if isinstance(own, Dispatch):
        return own
    inherited: Dispatch = target.dispatch
    dispatch = Dispatch(inherited._family).adopt(inherited)
    dispatch._subject = target
    target.dispatch = dispatch
    for child in list(inherited._children):
        # Instances and subclasses of target that were linked before it had its own.
        if child is not dispatch and child._subject and issubclass(child._subject, target):
            child._parents = [
                (dispatch if parent is inherited else parent, only)
                for parent, only in child._parents
            ]
            inherited._children.discard(child)
            dispatch._children.add(child)
    return dispatch


def own_dispatch(target: Any) -> Dispatch:
    """Return the dispatch of the instance *target*, made where it only shared one.

    Where *target* has a method ``_listened``, it is called when the listeners change.
    """
    own = target.__dict__.get("dispatch")
    if isinstance(own, Dispatch) and own.__dict__.get("_owner") == id(target):
        return own
    shared: Dispatch = target.dispatch
    dispatch = Dispatch(shared._family).adopt(shared)
    dispatch._subject = type(target)
    dispatch.__dict__["_owner"] = id(target)
    listened = getattr(target, "_listened", None)
    if listened is not None:
        dispatch.watch(listened)
    target.dispatch = dispatch
    return dispatch


def resolves(*types: type[Any]) -> Callable[[F], F]:
    """Return a decorator: the function says what a target of *types* stands for.

    In this way a factory stands for what it makes.
    """

    def register(function: F) -> F:
        for type_ in types:
            _resolvers[type_] = function
        return function

    return register


def _resolve(target: object, name: str) -> tuple[type[Events], Dispatch]:
    for type_ in type(target).__mro__:
        resolver = _resolvers.get(type_)
        if resolver is not None:
            return _resolve(resolver(target), name)
    known: list[str] = []
    for family in _families:
        if family._happens_at(name, target):
            dispatch = family._dispatch_of(target)
            if dispatch is not None:
                return family, dispatch
        else:
            known.extend(family.event_names)
    raise InvalidRequestError(
        f"no event {name!r} for the target {target!r}", hint=did_you_mean(name, known)
    )


def _named(family: type[Events], name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    parameters = tuple(signature(getattr(family, name)).parameters)[1:]

    def call(*arguments: object, **more: object) -> Any:
        return function(**dict(zip(parameters, arguments, strict=False)), **more)

    return call


def _with_former_parameters(
    family: type[Events], name: str, function: Callable[..., Any]
) -> Callable[..., Any]:
    """Return *function*, or what calls it with the parameters that the event had formerly."""
    former = family.former.get(name)
    if former is None:
        return function
    try:
        taken = list(signature(function).parameters.values())
    except (TypeError, ValueError):
        return function
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    if len(taken) != len(former) or any(each.kind not in positional for each in taken):
        return function
    parameters = tuple(signature(getattr(family, name)).parameters)[1:]
    warn(
        f"listeners to {name!r} are called with ({', '.join(parameters)}) by now, "
        f"and no longer with ({', '.join(former)})",
        DovetailDeprecationWarning,
        stacklevel=3,
    )

    def call(*arguments: object) -> Any:
        told = dict(zip(parameters, arguments, strict=True))
        return function(*(told.get(parameter, False) for parameter in former))

    return call


def listen(
    target: object,
    identifier: str,
    fn: Callable[..., Any],
    *,
    propagate: bool | None = None,
    retval: bool = False,
    once: bool = False,
    named: bool = False,
    insert: bool = False,
    sends: bool = True,
    **options: object,
) -> None:
    """Call *fn* whenever the event *identifier* happens at *target*.

    A class as target means all its instances, present and future::

        listen(Engine, "connect", set_pragma)
        listen(session, "before_flush", check)

    ``propagate``  listen to subclasses of a mapped class too; None leaves it to the family
    ``retval``     the answer of *fn* counts, where the event allows one
    ``once``       *fn* is called one time at most
    ``named``      *fn* takes its arguments by name
    ``insert``     *fn* goes before those that listen already
    ``sends``      whether *fn* may send statements: where nobody may, what awaits runs
    without a bridge to blocking code

    InvalidRequestError is raised where *target* has no such event.
    """
    with _lock:
        family, dispatch = _resolve(target, identifier)
        if propagate is None:
            propagate = family.propagates
        for option in options:
            if option not in family.options:
                raise InvalidRequestError(
                    f"the event {identifier!r} takes no option {option!r}",
                    hint=did_you_mean(option, family.options),
                )
        if named:
            call = _named(family, identifier, fn)
        else:
            call = _with_former_parameters(family, identifier, fn)
        call = family._adapt(identifier, call, target, retval, propagate=propagate, **options)
        entry = _Entry(fn, call, propagate, sends)
        if once:
            entry.call = _once(call, lambda: dispatch._discard(identifier, entry))
        dispatch._add(identifier, entry, insert)


def _once(call: Callable[..., Any], discard: Callable[[], None]) -> Callable[..., Any]:
    waiting = [True]

    @wraps(call)
    def call_once(*arguments: object, **more: object) -> Any:
        with _lock:
            first = bool(waiting)
            waiting.clear()
        if not first:
            return None
        discard()
        return call(*arguments, **more)

    return call_once


def listens_for(target: object, identifier: str, **options: Any) -> Callable[[F], F]:
    """Return a decorator that lets its function listen: see :func:`listen`.

    ::

        @listens_for(Engine, "connect")
        def enforce_foreign_keys(dbapi_connection, connection_record):
            dbapi_connection.execute("PRAGMA foreign_keys = ON")
    """

    def register(function: F) -> F:
        listen(target, identifier, function, **options)
        return function

    return register


def remove(target: object, identifier: str, fn: Callable[..., Any]) -> None:
    """Let *fn* listen no longer to the event *identifier* at *target*.

    InvalidRequestError is raised if it did not listen.
    """
    with _lock:
        dispatch = _resolve(target, identifier)[1]
        entry = dispatch._find(identifier, fn)
        if entry is None:
            raise InvalidRequestError(f"{fn!r} does not listen to {identifier!r} of {target!r}")
        dispatch._discard(identifier, entry)


def contains(target: object, identifier: str, fn: Callable[..., Any]) -> bool:
    """Tell whether *fn* listens to the event *identifier* at *target*."""
    with _lock:
        return _resolve(target, identifier)[1]._find(identifier, fn) is not None
