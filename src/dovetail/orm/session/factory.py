"""Factories of sessions: what they have in common is said once."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Generic, Unpack, overload

from typing_extensions import TypeVar

from dovetail.engine.connection import Connection
from dovetail.engine.engine import Engine
from dovetail.event import resolves
from dovetail.orm.session.instances import close_all_sessions
from dovetail.orm.session.keywords import SessionOptions
from dovetail.orm.session.session import Session

S = TypeVar("S", bound=Session, default=Session)
M = TypeVar("M")


class SessionFactory(Generic[M]):
    """What makes sessions, blocking or awaiting, with the same configuration.

    ``class_``  a subclass of what is made, for listeners to the sessions of this factory alone
    ``kw``      what each session is made with
    """

    class_: type[M]
    kw: dict[str, Any]

    def _make(
        self, class_: type[M], info: Mapping[Any, Any] | None, keywords: dict[str, Any]
    ) -> None:
        """Let sessions be of *class_*, made with *keywords*."""
        if info is not None:
            keywords["info"] = info
        self.kw = keywords
        made: Any = type(class_.__name__, (class_,), {"__module__": class_.__module__})
        self.class_ = made

    def __call__(self, **local: Any) -> M:
        """Return a new session; the keywords win over the factory's own."""
        if not local:
            return self.class_(**self.kw)
        if "info" in local and "info" in self.kw:
            local["info"] = {**self.kw["info"], **local["info"]}
        return self.class_(**{**self.kw, **local})

    def configure(self, **changes: object) -> None:
        """Change the configuration of sessions made later."""
        self.kw.update(changes)

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.kw.items())
        return f"{type(self).__name__}(class_={self.class_.__name__}, {options})"


class sessionmaker(SessionFactory[S]):
    """A factory of sessions with the same configuration.

    ::

        Session = sessionmaker(engine, expire_on_commit=False)

        with Session() as session:
            ...
        with Session.begin() as session:  # commits at the end of the block
            ...
    """

    @overload
    def __init__(
        self: "sessionmaker[Session]",
        bind: Engine | Connection | None = None,
        **options: Unpack[SessionOptions],
    ) -> None: ...
    @overload
    def __init__(
        self, bind: Engine | Connection | None = None, *, class_: type[S], **options: Any
    ) -> None: ...
    def __init__(
        self,
        bind: Engine | Connection | None = None,
        *,
        class_: Any = Session,
        autoflush: bool = True,
        expire_on_commit: bool = True,
        info: Mapping[Any, Any] | None = None,
        **keywords: Any,
    ) -> None:
        own = {"bind": bind, "autoflush": autoflush, "expire_on_commit": expire_on_commit}
        self._make(class_, info, {**keywords, **own})

    def begin(self) -> AbstractContextManager[S]:
        """A block with a new session in a transaction: it commits, or rolls back, and closes."""
        return self()._block()

    @staticmethod
    def close_all() -> None:
        """Close every session of this process."""
        close_all_sessions()

    identity_key = staticmethod(Session.identity_key)
    object_session = staticmethod(Session.object_session)


@resolves(SessionFactory)
def _what_it_makes(factory: Any) -> Any:
    return factory.class_


def create_session(bind: Engine | Connection | None = None, **keywords: Any) -> Session:
    """A session without autoflush that expires nothing at a commit: classic, for tests."""
    return Session(bind, **{"autoflush": False, "expire_on_commit": False, **keywords})
