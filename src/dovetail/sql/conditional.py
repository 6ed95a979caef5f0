"""Constraints and indexes that only some servers are to have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from ..types.contract import TypeDialect


class DDLIf(NamedTuple):
    """Which servers a part of a schema is for."""

    dialect: str | Iterable[str] | None
    callable_: Callable[..., object] | None
    state: object

    def should_execute(
        self,
        ddl: object,
        target: object,
        bind: object = None,
        compiler: object = None,
        **kw: object,
    ) -> bool:
        """Return whether *target* is for the dialect of *bind*, *compiler* or ``dialect=``."""
        given: Any = kw.pop("dialect", None)
        speaking: Any = given or getattr(bind or compiler, "dialect", None)
        return self.applies(speaking, ddl, target, bind, compiler=compiler, **kw)

    def applies(
        self, dialect: TypeDialect, ddl: object, target: object, bind: object = None, **kw: object
    ) -> bool:
        """Return whether *target*, which *ddl* defines, is for *dialect*."""
        if self.dialect is not None:
            names = (self.dialect,) if isinstance(self.dialect, str) else tuple(self.dialect)
            if dialect.name not in names:
                return False
        if self.callable_ is None:
            return True
        return bool(self.callable_(ddl, target, bind, dialect=dialect, state=self.state, **kw))


class ConditionalDDL:
    """Base of what may be for some servers alone."""

    condition: DDLIf | None = None

    def ddl_if(
        self,
        dialect: str | Iterable[str] | None = None,
        callable_: Callable[..., object] | None = None,
        state: object = None,
    ) -> Self:
        """Return this object, which is now created with its table on some servers alone.

        *dialect* names them; *callable_* is asked besides, with the statement (or None), this
        object, the connection (or None), and ``dialect`` and ``state`` by name::

            Index("by_name", user.c.name).ddl_if(dialect="postgresql")
        """
        self.condition = DDLIf(dialect, callable_, state)
        return self

    def is_for(self, dialect: TypeDialect, ddl: object = None) -> bool:
        """Return whether this is to be created on servers of *dialect*."""
        return self.condition is None or self.condition.applies(dialect, ddl, self)
