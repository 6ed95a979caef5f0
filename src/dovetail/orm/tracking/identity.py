"""The identity map as users see it: one live instance per row."""

from collections.abc import Iterator, Mapping
from typing import Any

from dovetail.exc import InvalidRequestError
from dovetail.orm.tracking.state import InstanceState, Scope, TrackingSession


class IdentityMap(Mapping[tuple[Any, ...], Any]):
    """The instances of a session by identity key: ``(class, primary key values, token)``.

    A view, through which states may come and go: the session's loaders write the dictionaries
    beneath.  References are weak; an instance that is modified is held by the session until it is
    flushed.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def states(self) -> list[InstanceState]:
        """The states of all live instances."""
        return [
            state
            for identity in list(self._scope.identities.values())
            for state in list(identity.values())
            if state() is not None
        ]

    all_states = states

    def _state(self, key: Any) -> InstanceState | None:
        try:
            class_, values, *rest = key
            mapper = class_.__mapper__
        except (TypeError, ValueError, AttributeError):
            return None
        identity = self._scope.known(mapper, rest[0] if rest else None)
        return identity.get(mapper.key_from_tuple(values))

    def __getitem__(self, key: object) -> Any:
        state = self._state(key)
        instance = None if state is None else state()
        if instance is None:
            raise KeyError(key)
        return instance

    def __contains__(self, key: object) -> bool:
        state = self._state(key)
        return state is not None and state() is not None

    def contains_state(self, state: InstanceState) -> bool:
        """True when *state* is the one kept for its row."""
        return self._scope.known(state.mapper, state.load.token).get(state.row_key) is state

    def add(self, state: InstanceState) -> bool:
        """Let the instance of *state* into the session; false where it is here already.

        InvalidRequestError where the session has another instance with its key.
        """
        if self.contains_state(state):
            return False
        self._session(state).take_state(state)
        return True

    def replace(self, state: InstanceState) -> InstanceState | None:
        """Let the instance of *state* in, and what has its key out, the state of which is told."""
        there = self._scope.known(state.mapper, state.load.token).get(state.row_key)
        if there is state:
            return None
        session = self._session(state)
        if there is not None:
            session.let_state_go(there)
        session.take_state(state)
        return there

    def discard(self, state: InstanceState) -> None:
        """Let the instance of *state* out of the session, if it is here."""
        if self.contains_state(state):
            self._session(state).let_state_go(state)

    safe_discard = discard

    def check_modified(self) -> bool:
        """True when an instance has changes that were not flushed."""
        return bool(self._scope.modified)

    def _session(self, state: InstanceState) -> TrackingSession:
        session: TrackingSession | None = self._scope.reference()
        if session is None or state.row_key is None:
            what = "the session of this map is closed" if session is None else "it has no key"
            raise InvalidRequestError(
                f"{state!r} can't come or go: {what}",
                hint="session.add(instance) takes new ones",
            )
        return session

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter([key for state in self.states() if (key := state.identity_key) is not None])

    def values(self) -> Any:
        """A list of the instances."""
        return [instance for state in self.states() if (instance := state()) is not None]

    def __len__(self) -> int:
        return len(self.states())

    def __repr__(self) -> str:
        return f"<IdentityMap of {len(self)} instances>"
