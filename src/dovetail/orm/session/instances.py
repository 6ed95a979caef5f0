"""What can be asked of an instance about its session, and done to make it of another state."""

from collections.abc import Callable
from typing import Any

from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.orm.mapping.mapper import mapper_of
from dovetail.orm.tracking.expiry import lost_values
from dovetail.orm.tracking.placement import itself
from dovetail.orm.tracking.state import InstanceState, cores, new_state, state_of


def close_all_sessions() -> None:
    """Close every session of this process: for the end of tests."""
    for core in list(cores):
        close: Callable[[], None] | None = getattr(core.session, "close", None)
        if close is not None:
            close()


def identity_key(
    class_: type | None = None, ident: object = None, *, instance: object = None,
    row: Any = None,
    identity_token: object = None,
) -> tuple[Any, ...]:  # fmt: skip
    """The identity key of *instance*, or of the row of *class_* with primary key *ident*."""
    if instance is not None:
        instance = itself(instance)
        load = state_of(instance).load
        values = load.mapper.primary_key_from_instance(instance)
        found: tuple[Any, ...] = load.mapper.identity_key_from_primary_key(values, load.token)
        return found
    mapper = mapper_of(class_)
    if mapper is None:
        raise ArgumentError(f"a mapped class is needed, not {class_!r}")
    if row is not None:
        ident = [row._mapping[column] for column in mapper.primary_key]
    values = mapper.key_tuple(mapper.key_from_identity(ident))
    return mapper.identity_key_from_primary_key(values, identity_token)


def make_transient(instance: object) -> None:
    """Make *instance* as if it were new: no session, no identity; its values stay."""
    instance = itself(instance)
    state = state_of(instance)
    core = state.core
    if core is not None:
        core.leave(state)
    mapper = state.load.mapper
    info = (state.extra or {}).get("info")
    lost = lost_values(state)
    fresh = new_state(instance, mapper)
    fresh.stale = lost or None
    if info:
        fresh.extras()["info"] = info


def make_transient_to_detached(instance: object) -> None:
    """Make a transient *instance* that has a primary key as if it had been loaded and detached.

    What it has no value for is read when it is touched after ``session.add()``.
    """
    state = state_of(instance)
    mapper = state.load.mapper
    if state.core is not None or state.row_key is not None:
        raise InvalidRequestError(f"{instance!r} is not transient")
    key = mapper.key_of(instance)
    if key is None:
        raise InvalidRequestError(f"{instance!r} has no primary key")
    state.row_key = key
    state.load = mapper.detached_load
    loaded = [key for key, prop in mapper.column_attrs.items() if not prop.deferred]
    state.stale = frozenset(loaded).difference(instance.__dict__) or None


def was_deleted(object_: object = None, *, object: object = None) -> bool:
    """True when the row of *object_* was deleted in a flush, and that was not rolled back.

    *object* is its former name.
    """
    return state_of(object if object_ is None else object_).was_deleted


def object_state(instance: object) -> InstanceState:
    """The InstanceState of *instance*; UnmappedInstanceError if it isn't mapped."""
    return state_of(instance)


def has_identity(object_: object) -> bool:
    """True when *object_* has, or had, a row."""
    return state_of(object_).has_identity
