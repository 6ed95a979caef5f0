"""Views of sessions, their transactions and their identity maps."""

from __future__ import annotations

from ...orm.session.session import Session
from ...orm.session.transaction import SessionTransaction
from ...orm.tracking.identity import IdentityMap
from ...orm.tracking.state import InstanceState, state_of
from .table import Views

views = Views()

# Sessions that are derived from it hand these on: they are for events that are sent again.
views.also_takes(Session, "execute", "_parent_execute_state", "_add_event")
views.values(Session, connection_callable=None)
views.names(SessionTransaction, _parent="parent", _state="state")


@views.attribute(Session)
def _new(session: Session) -> dict[InstanceState, object]:
    """Return what is pending, by its states."""
    return dict(session._core.scope.new)


@views.attribute(Session)
def _deleted(session: Session) -> dict[InstanceState, object]:
    """Return what the next flush deletes, by its states."""
    return dict(session._core.scope.deleted)


@views.attribute(Session)
def _transaction(session: Session) -> SessionTransaction | None:
    """Return the innermost transaction, or None."""
    return session.get_nested_transaction() or session.get_transaction()


@views.attribute(Session)
def _nested_transaction(session: Session) -> SessionTransaction | None:
    """Return the innermost savepoint, or None."""
    return session.get_nested_transaction()


@views.method(Session)
def _autoflush(session: Session) -> None:
    """Write what is pending, if the session does so before statements."""
    core = session._core
    core.run(core.autoflush_steps())


@views.method(Session)
def _is_clean(session: Session) -> bool:
    """Return whether a flush would have nothing to do."""
    return not session._core.has_pending()


@views.method(Session)
def _contains_state(session: Session, state: InstanceState) -> bool:
    """Return whether the instance of *state* is in the session."""
    instance = state()
    return instance is not None and instance in session


@views.method(IdentityMap)
def has_key(identity_map: IdentityMap, key: object) -> bool:
    """Return whether an instance has the identity *key*."""
    return key in identity_map


@views.attribute(IdentityMap)
def _dict(identity_map: IdentityMap) -> dict[object, InstanceState]:
    """Return the states by identity key."""
    return {key: state_of(instance) for key, instance in identity_map.items()}


@views.attribute(IdentityMap)
def _modified(identity_map: IdentityMap) -> set[InstanceState]:
    """Return the states of what has changed."""
    return set(identity_map._scope.modified)
