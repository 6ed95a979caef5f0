"""One session for each thread, or for whatever a scope function tells apart."""

from collections.abc import Callable, Iterable, Iterator
from threading import local
from typing import Any
from warnings import warn

from dovetail.event import resolves
from dovetail.exc import ArgumentError, DovetailWarning, InvalidRequestError
from dovetail.orm.session import Session


class ThreadLocalRegistry:
    """Keeps one object for each thread."""

    def __init__(self, create: Callable[[], Any]) -> None:
        self.createfunc = create
        self.registry = local()

    def __call__(self) -> Any:
        """The object of this thread, made at first use."""
        if not self.has():
            self.registry.value = self.createfunc()
        return self.registry.value

    def has(self) -> bool:
        """True when this thread has one."""
        return hasattr(self.registry, "value")

    def set(self, value: Any) -> None:
        """Make *value* the object of this thread."""
        self.registry.value = value

    def clear(self) -> None:
        """Forget the object of this thread."""
        if self.has():
            del self.registry.value


class ScopedRegistry:
    """Keeps one object for each value of a scope function."""

    def __init__(self, create: Callable[[], Any], scopefunc: Callable[[], Any]) -> None:
        self.createfunc = create
        self.scopefunc = scopefunc
        self.registry: dict[Any, Any] = {}

    def __call__(self) -> Any:
        """The object of this scope, made at first use."""
        key = self.scopefunc()
        if key not in self.registry:
            self.registry.setdefault(key, self.createfunc())
        return self.registry[key]

    def has(self) -> bool:
        """True when this scope has one."""
        return self.scopefunc() in self.registry

    def set(self, value: Any) -> None:
        """Make *value* the object of this scope."""
        self.registry[self.scopefunc()] = value

    def clear(self) -> None:
        """Forget the object of this scope."""
        self.registry.pop(self.scopefunc(), None)


class scoped_session:
    """The session of the current thread, or scope, under one name::

    Session = scoped_session(sessionmaker(engine))
    Session.add(user)          # this thread's session
    Session.remove()           # closes it; the next use makes another
    """

    def __init__(
        self, session_factory: Callable[..., Any], scopefunc: Callable[[], Any] | None = None
    ) -> None:
        if not callable(session_factory):
            raise ArgumentError(
                f"scoped_session() takes what makes sessions, not {session_factory!r}",
                hint="scoped_session(sessionmaker(engine))",
            )
        self.session_factory = session_factory
        self.registry: Any = (
            ThreadLocalRegistry(session_factory)
            if scopefunc is None
            else ScopedRegistry(session_factory, scopefunc)
        )

    def __call__(self, **keywords: Any) -> Any:
        """The current session; keywords configure a new one, an error where one exists."""
        if keywords:
            if self.registry.has():
                raise InvalidRequestError(
                    "this scope has a session already: it can't be configured anew",
                    hint="call remove() first",
                )
            self.registry.set(self.session_factory(**keywords))
        return self.registry()

    def configure(self, **keywords: Any) -> None:
        """Change the factory's configuration: see ``sessionmaker.configure``."""
        if self.registry.has():
            warn(
                "this scope has a session already: configure() affects later ones only",
                DovetailWarning,
                stacklevel=2,
            )
        self.session_factory.configure(**keywords)  # type: ignore[attr-defined]

    def remove(self) -> None:
        """Close the current session, if there is one, and forget it."""
        if self.registry.has():
            self.registry().close()
        self.registry.clear()

    def query_property(self, query_cls: Any = None) -> Any:
        """A class attribute that is a Query of the class in the current session."""
        return QueryProperty(self, query_cls)

    def __contains__(self, instance: Any) -> bool:
        return instance in self.registry()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.registry())

    def add_all(self, instances: Iterable[Any]) -> None:
        """Put all *instances* into the current session."""
        self.registry().add_all(instances)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.registry(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _SESSION_ATTRIBUTES:
            setattr(self.registry(), name, value)
        else:
            object.__setattr__(self, name, value)

    # Helpers of the class, known without a session.
    object_session = staticmethod(Session.object_session)
    identity_key = staticmethod(Session.identity_key)
    close_all = staticmethod(Session.close_all)


@resolves(scoped_session)
def _what_it_keeps(scoped: Any) -> Any:
    return scoped.session_factory


_SESSION_ATTRIBUTES = frozenset(("autoflush", "bind", "expire_on_commit", "info", "lazy_policy"))


class QueryProperty:
    """``Model.query``: a Query of the class in the current session."""

    def __init__(self, scoped: scoped_session, query_cls: Any) -> None:
        self.scoped = scoped
        self.query_cls = query_cls

    def __get__(self, instance: Any, owner: type) -> Any:
        session = self.scoped.registry()
        if self.query_cls is not None:
            return self.query_cls(owner, session)
        return session.query(owner)
