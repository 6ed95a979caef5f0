"""What tells statements apart, as a key under which a program keeps their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from ..sql.node import Executable, Node


class CacheKey(NamedTuple):
    """The structure of a statement, and its parameters in the order in which they stand there."""

    key: tuple[Any, ...]
    bindparams: list[Any]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CacheKey) and self.key == other.key

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.key)

    @classmethod
    def of(cls, statement: Node) -> CacheKey:
        """Return the key of *statement*, or of a part of one."""
        walk = statement.walk()
        return cls(tuple(walk.key), list(walk.binds))

    def to_offline_string(
        self,
        statement_cache: MutableMapping[Any, str],
        statement: Executable,
        parameters: Mapping[str, Any],
    ) -> str:
        """Return SQL and values of *statement* as a text that means the same in any process.

        The SQL is kept in *statement_cache*; *parameters* stand before the statement's own values.
        """
        text = statement_cache.get(self.key)
        if text is None:
            text = statement_cache[self.key] = str(statement)
        values = tuple(
            parameters.get(bind.key, bind.effective_value) for bind in self.bindparams
        ) or tuple(parameters[name] for name in sorted(parameters))
        return repr((text, values))
