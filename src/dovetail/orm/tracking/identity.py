"""The identity map as users see it: one live instance per row."""

from collections.abc import Iterator, Mapping
from typing import Any

from dovetail.orm.tracking.state import InstanceState, Scope


class IdentityMap(Mapping[tuple[Any, ...], Any]):
    """The instances of a session by identity key: ``(class, primary key values, token)``.

    A view: the session's loaders write the dictionaries beneath.  References are
    weak; an instance that is modified is held by the session until it is flushed.
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

    def __getitem__(self, key: Any) -> Any:
        state = self._state(key)
        instance = None if state is None else state()
        if instance is None:
            raise KeyError(key)
        return instance

    def __contains__(self, key: Any) -> bool:
        state = self._state(key)
        return state is not None and state() is not None

    def contains_state(self, state: InstanceState) -> bool:
        """True when *state* is the one kept for its row."""
        return self._scope.known(state.mapper, state.load.token).get(state.row_key) is state

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter([key for state in self.states() if (key := state.identity_key) is not None])

    def values(self) -> Any:
        """A list of the instances."""
        return [instance for state in self.states() if (instance := state()) is not None]

    def __len__(self) -> int:
        return len(self.states())

    def __repr__(self) -> str:
        return f"<IdentityMap of {len(self)} instances>"
