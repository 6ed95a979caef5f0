"""What a mapper has, by name, as users read it."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

V = TypeVar("V")


class ByName(Generic[V]):
    """Things by name: ``relationships["addresses"]``, or ``relationships.addresses``.

    Iteration gives what is named, not the names.
    """

    __slots__ = ("_named",)

    def __init__(self, named: dict[str, V] | None = None) -> None:
        self._named: dict[str, V] = {} if named is None else named

    def __iter__(self) -> Iterator[V]:
        return iter(self._named.values())

    def __len__(self) -> int:
        return len(self._named)

    def __contains__(self, name: object) -> bool:
        return name in self._named

    def __getitem__(self, name: str) -> V:
        return self._named[name]

    def __setitem__(self, name: str, value: V) -> None:
        self._named[name] = value

    def __getattr__(self, name: str) -> V:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self._named[name]
        except KeyError:
            raise AttributeError(f"there is no attribute {name!r} here") from None

    def get(self, name: str, default: V | None = None) -> V | None:
        """What *name* stands for, or *default*."""
        return self._named.get(name, default)

    def discard(self, name: str) -> None:
        """Forget *name*."""
        self._named.pop(name, None)

    def arrange(self, names: Iterable[str]) -> None:
        """Be in the order of those of *names* that are here, and what they leave out behind."""
        named = self._named
        self._named = {**{name: named[name] for name in names if name in named}, **named}

    def names(self) -> list[str]:
        """The names, in order."""
        return list(self._named)

    def keys(self) -> list[str]:
        """The names, in order."""
        return list(self._named)

    def values(self) -> list[V]:
        """What is named."""
        return list(self._named.values())

    def items(self) -> list[tuple[str, V]]:
        """Pairs of name and what it stands for."""
        return list(self._named.items())

    def __repr__(self) -> str:
        return f"<{', '.join(self._named)}>"
