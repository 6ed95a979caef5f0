"""What ``inspect()`` tells of the attributes of one instance: values, and what has changed."""

from collections.abc import Iterator
from typing import Any, Protocol

from dovetail.exc import ObjectDereferencedError
from dovetail.orm.tracking.passive import NO_VALUE


class StateOfInstance(Protocol):
    """What is asked of the state: see :class:`dovetail.orm.InstanceState`."""

    @property
    def mapper(self) -> Any: ...
    @property
    def class_(self) -> type: ...
    @property
    def dict(self) -> Any: ...
    def __call__(self) -> Any: ...


class AttributeStates:
    """The attributes of one instance, by name or by iteration."""

    __slots__ = ("_state",)

    def __init__(self, state: StateOfInstance) -> None:
        self._state = state

    def __getattr__(self, name: str) -> "AttributeState":
        if name not in self:
            raise AttributeError(f"{self._state.class_.__name__} has no mapped attribute {name!r}")
        return AttributeState(self._state, name)

    def __getitem__(self, name: str) -> "AttributeState":
        if name not in self:
            raise KeyError(name)
        return AttributeState(self._state, name)

    def __iter__(self) -> Iterator["AttributeState"]:
        return (AttributeState(self._state, name) for name in self.keys())

    def __contains__(self, name: str) -> bool:
        return name in self._state.mapper.named_attrs

    def __len__(self) -> int:
        return len(self.keys())

    def keys(self) -> list[str]:
        """Names of the mapped attributes."""
        names: list[str] = self._state.mapper.named_attrs.names()
        return names

    def get(self, name: str, default: "AttributeState | None" = None) -> "AttributeState | None":
        """A view on attribute *name*, or *default*."""
        return AttributeState(self._state, name) if name in self else default

    def values(self) -> list["AttributeState"]:
        """A view on each mapped attribute."""
        return list(self)

    def items(self) -> list[tuple[str, "AttributeState"]]:
        """Pairs of name and view."""
        return [(view.key, view) for view in self]


class AttributeState:
    """One attribute of one instance: its value and its history."""

    __slots__ = ("key", "state")

    def __init__(self, state: StateOfInstance, key: str) -> None:
        self.state = state
        self.key = key

    @property
    def _attribute(self) -> Any:
        mapper, key = self.state.mapper, self.key
        while key in mapper.synonyms:
            key = mapper.synonyms[key].name
        return mapper.attributes.get(key) or mapper.proxied[key]

    @property
    def _instance(self) -> Any:
        instance = self.state()
        if instance is None:
            raise ObjectDereferencedError.without_instance(self.state.class_.__name__, self.key)
        return instance

    @property
    def loaded_value(self) -> Any:
        """The value, or NO_VALUE when it has not been loaded; never sends SQL."""
        return self.state.dict.get(self.key, NO_VALUE)

    @property
    def value(self) -> Any:
        """The value, loaded when it is absent."""
        return getattr(self._instance, self.key)

    @property
    def history(self) -> Any:
        """What changed since the last flush, without sending SQL."""
        return self._attribute.history(self.state, self._instance)

    def load_history(self) -> Any:
        """What changed since the last flush; the old value is loaded when it is absent."""
        return self._attribute.load_history(self.state, self._instance)
