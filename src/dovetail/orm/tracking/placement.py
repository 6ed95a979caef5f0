"""What is placed on a mapped class: where the state lies, and what sees the writes."""

from collections.abc import Callable
from types import MemberDescriptorType
from typing import Any

from dovetail.conventions import conventions
from dovetail.orm.tracking.state import (
    NO_VALUE,
    STATE_NAME,
    InstanceState,
    adopt_state,
    start_history,
    state_of,
)

STATE_KEY = "_sa_instance_state"
"""The familiar name of the state: an attribute, and its key in dictionaries and pickles."""


def itself(instance: object) -> Any:
    """Return what *instance* stands for: itself, or the mapped instance that it is a proxy of.

    Proxies hand on attributes, the state among them: ``current_user`` of a web framework is one.
    """
    state = getattr(instance, "__dovetail_state__", None)
    return state() if isinstance(state, InstanceState) else instance


def install_setattr(
    mapper: Any, setters: dict[str, Callable[[Any, Any], None] | None], attributes: Any
) -> None:
    """Place the ``__setattr__`` and ``__delattr__`` that see writes of mapped names.

    Among *setters*, by name, None stands for a plain value; *attributes* delete.  Relationships
    are among both when the mapper is configured: at the first write of a name that is not known
    at the latest.
    """
    class_ = mapper.class_
    find_setter = setters.get
    find_attribute = attributes.get
    unknown = object()
    plain_set = object.__setattr__
    plain_delete = object.__delattr__

    def __setattr__(self: Any, name: str, value: object) -> None:  # noqa: N807 - placed on a class
        setter: Any = find_setter(name, unknown)
        if setter is None:
            # The hot path of every assignment: write_value(), written out.
            try:
                state = self.__dovetail_state__
            except AttributeError:
                state = state_of(self)
            values = self.__dict__
            if state.row_key is not None:
                committed = state.committed
                if committed is None:
                    committed = start_history(state, self)
                if name not in committed:
                    committed[name] = values.get(name, NO_VALUE)
            values[name] = value
            return
        if setter is unknown and not mapper.configured:
            mapper.configure()
            setter = find_setter(name, unknown)
        if setter is unknown:
            plain_set(self, name, value)
        else:
            setter(self, value)

    def __delattr__(self: Any, name: str) -> None:  # noqa: N807 - placed on a class
        attribute = find_attribute(name)
        if attribute is None:
            plain_delete(self, name)
        else:
            attribute.delete(self)

    for function in (__setattr__, __delattr__):
        function.__qualname__ = f"{class_.__qualname__}.{function.__name__}"
        setattr(class_, function.__name__, function)


class StateInDictionary:
    """Where instances of a plain class keep their state: in ``__dict__``.

    The dictionary may have been copied from another instance, or unpickled, with the state
    that was in it: the instance gets its own then.
    """

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        state = instance.__dict__.get(STATE_KEY)
        if state is None:
            raise AttributeError(STATE_NAME)
        if state.__class__ is not InstanceState or state() is not instance:
            adopt_state(instance, state)
            state = instance.__dict__[STATE_KEY]
        return state

    def __set__(self, instance: object, state: InstanceState) -> None:
        adopt_state(instance, state)


class StateInSlot:
    """The slot of a class that sees its writes itself: a copied state is not shared."""

    def __init__(self, slot: Any) -> None:
        self.slot = slot

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else self.slot.__get__(instance, owner)

    def __set__(self, instance: object, state: InstanceState) -> None:
        adopt_state(instance, state)


def _slot_of(class_: type) -> Any:
    if conventions.state_in_dictionary:
        return None
    for base in class_.__mro__:
        slot = base.__dict__.get(STATE_NAME)
        if isinstance(slot, MemberDescriptorType):
            return slot
    return None


def state_slot(class_: type) -> Any:
    """The function that puts a state on an instance of *class_*."""
    slot = _slot_of(class_)
    return _put_state if slot is None else slot.__set__


def install_state(class_: type, *, by_setattr: bool) -> None:
    """Prepare *class_* for states that come with a copy; *by_setattr* sees them already."""
    slot = _slot_of(class_)
    type.__setattr__(class_, STATE_KEY, _state_of)
    if slot is None:
        type.__setattr__(class_, STATE_NAME, StateInDictionary())
        _install_setstate(class_)
        return
    if not by_setattr:
        type.__setattr__(class_, STATE_NAME, StateInSlot(slot))
    if _says_what_is_pickled(class_):
        _install_getstate(class_)
        _install_setstate(class_)


_state_of = property(
    lambda instance: instance.__dovetail_state__,
    adopt_state,
    doc="The state of an instance, which ``inspect()`` gives.",
)


def _says_what_is_pickled(class_: type) -> bool:
    """True where *class_*, or a base of the user's, has a ``__getstate__``."""
    found = getattr(class_, "__getstate__", None)
    return found is not None and found is not getattr(object, "__getstate__", None)


def _install_getstate(class_: type) -> None:
    """Let what *class_* gives to be pickled, a dictionary, have the state of the instance too."""
    inner: Any = class_.__getstate__
    if hasattr(inner, "__adopts__"):
        return

    def __getstate__(self: Any) -> Any:  # noqa: N807 - placed on a class
        given = inner(self)
        if isinstance(given, dict) and STATE_KEY not in given:
            return {**given, STATE_KEY: state_of(self)}
        return given

    __getstate__.__adopts__ = True  # type: ignore[attr-defined]
    type.__setattr__(class_, "__getstate__", __getstate__)


def _install_setstate(class_: type) -> None:
    """Let an instance of *class_* get its own state as soon as it is unpickled, or copied.

    Its collections, which are read from ``__dict__``, belong to it from then on.
    """
    inner: Any = getattr(class_, "__setstate__", None)
    if hasattr(inner, "__adopts__"):
        return

    def __setstate__(self: Any, state: object) -> None:  # noqa: N807 - placed on a class
        carried = None
        if isinstance(state, dict) and STATE_KEY in state:
            state = dict(state)
            carried = state.pop(STATE_KEY)
        if inner is not None:
            inner(self, state)
        else:
            values, slots = state if type(state) is tuple else (state, None)
            self.__dict__.update(values or {})
            for name, value in (slots or {}).items():
                setattr(self, name, value)
        if carried is not None:
            adopt_state(self, carried)

    __setstate__.__adopts__ = True  # type: ignore[attr-defined]
    type.__setattr__(class_, "__setstate__", __setstate__)


def _put_state(instance: object, state: InstanceState) -> None:
    instance.__dict__[STATE_KEY] = state
