"""Factories of AsyncSessions, and which AsyncSession something belongs to."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Generic, Unpack, overload

from dovetail.event import resolves
from dovetail.ext.asyncio.awaited import close_all_sessions as close_all_sessions
from dovetail.ext.asyncio.awaiting_session import (
    AsyncSession as AsyncSession,
    AsyncSessionTransaction as AsyncSessionTransaction,
    S,
)
from dovetail.orm.session import Session, object_session
from dovetail.orm.session.keywords import SessionOptions

from .engine import AsyncConnection, AsyncEngine


class async_sessionmaker(Generic[S]):
    """A factory of AsyncSessions with the same configuration::

        Session = async_sessionmaker(engine, expire_on_commit=False)

        async with Session() as session:
            ...
        async with Session.begin() as session:   # commits at the end of the block
            ...

    ``bind``    AsyncEngine or AsyncConnection for all statements
    ``class_``  what is made, AsyncSession or a subclass; all else is handed to it
    """

    @overload
    def __init__(
        self: "async_sessionmaker[AsyncSession]",
        bind: AsyncEngine | AsyncConnection | None = None,
        **options: Unpack[SessionOptions],
    ) -> None: ...
    @overload
    def __init__(
        self, bind: AsyncEngine | AsyncConnection | None = None, *, class_: type[S], **options: Any
    ) -> None: ...
    def __init__(
        self,
        bind: AsyncEngine | AsyncConnection | None = None,
        *,
        class_: Any = AsyncSession,
        autoflush: bool = True,
        expire_on_commit: bool = True,
        info: Mapping[Any, Any] | None = None,
        **keywords: Any,
    ) -> None:
        keywords["bind"] = bind
        keywords["autoflush"] = autoflush
        keywords["expire_on_commit"] = expire_on_commit
        if info is not None:
            keywords["info"] = info
        self.kw = keywords
        self.class_: type[S] = type(class_.__name__, (class_,), {"__module__": class_.__module__})

    def __call__(self, **local: Any) -> S:
        """Return a new session; the keywords win over the factory's own."""
        for name, value in self.kw.items():
            if name == "info" and "info" in local:
                local["info"] = {**value, **local["info"]}
            else:
                local.setdefault(name, value)
        return self.class_(**local)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[S]:
        """Open a new session in a transaction: it commits, or rolls back, and closes."""
        async with self() as session, session.begin():
            yield session

    def configure(self, **changes: object) -> None:
        """Change the configuration of sessions made later."""
        self.kw.update(changes)

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.kw.items())
        return f"async_sessionmaker(class_={self.class_.__name__}, {options})"


@resolves(async_sessionmaker)
def _what_it_makes(factory: Any) -> Any:
    return factory.class_


def async_object_session(instance: object) -> AsyncSession | None:
    """Return the AsyncSession that *instance* belongs to, or None.

    UnmappedInstanceError is raised for what is no instance of a mapped class.
    """
    found = object_session(instance)
    return None if found is None else async_session(found)


def async_session(session: Session) -> AsyncSession | None:
    """Return the AsyncSession around *session*; None for a blocking session."""
    around = getattr(session._core, "awaited_by", None)
    return None if around is None else around()
