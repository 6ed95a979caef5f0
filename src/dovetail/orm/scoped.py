"""One session for each thread, or for whatever a scope function tells apart."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from threading import local
from typing import Any, Generic, TypeVar
from warnings import warn

from dovetail.delegation import DelegatedAttribute, Face
from dovetail.event import resolves
from dovetail.exc import ArgumentError, DovetailWarning, InvalidRequestError
from dovetail.identity_set import IdentitySet
from dovetail.orm.query.query import Query
from dovetail.orm.session import Session
from dovetail.orm.session.autoflushing import Autoflush
from dovetail.orm.session.deciding import TwoPhase
from dovetail.orm.session.outgoing import Outgoing
from dovetail.orm.tracking.identity import IdentityMap

S = TypeVar("S")
V = TypeVar("V")


# Registries -----------------------------------------------------------------------------------


class ThreadLocalRegistry(local, Generic[V]):
    """Keeps one object for each thread.

    ``value``  the object of this thread; AttributeError before it is made
    """

    value: Any

    def __init__(self, createfunc: Callable[[], Any]) -> None:
        # Called again in each thread that meets the registry.
        self.createfunc = createfunc

    def __call__(self) -> Any:
        """The object of this thread, made at first use."""
        try:
            return self.value
        except AttributeError:
            self.value = made = self.createfunc()
            return made

    def has(self) -> bool:
        """True when this thread has one."""
        return "value" in self.__dict__

    def set(self, obj: object) -> None:
        """Make *obj* the object of this thread."""
        self.value = obj

    def clear(self) -> None:
        """Forget the object of this thread."""
        self.__dict__.pop("value", None)


class ScopedRegistry(Generic[V]):
    """Keeps one object for each value of a scope function."""

    def __init__(self, createfunc: Callable[[], Any], scopefunc: Callable[[], Any]) -> None:
        self.createfunc = createfunc
        self.scopefunc = scopefunc
        self.registry: dict[Any, Any] = {}

    @property
    def value(self) -> Any:
        """The object of this scope, made at first use."""
        key = self.scopefunc()
        try:
            return self.registry[key]
        except KeyError:
            # Where two threads make one for the same scope at once, both get the first.
            return self.registry.setdefault(key, self.createfunc())

    def __call__(self) -> Any:
        """The object of this scope, made at first use."""
        return self.value

    def has(self) -> bool:
        """True when this scope has one."""
        return self.scopefunc() in self.registry

    def set(self, obj: object) -> None:
        """Make *obj* the object of this scope."""
        self.registry[self.scopefunc()] = obj

    def clear(self) -> None:
        """Forget the object of this scope."""
        self.registry.pop(self.scopefunc(), None)


# What is handed on ----------------------------------------------------------------------------


scoped_face = Face(
    inside="session",
    first=(
        "try:",
        "    session = self.registry.value",
        "except AttributeError:",
        "    session = self.registry()",
    ),
)
"""Members of scoped sessions, blocking and awaiting: they are those of the current session."""


class OfCurrent(DelegatedAttribute[V]):
    """An attribute of the current session."""

    def inside(self, face: Any) -> Any:
        """Return the current session."""
        try:
            return face.registry.value
        except AttributeError:
            return face.registry()


# The faces ----------------------------------------------------------------------------------


class ScopedFace(Generic[S]):
    """A factory of sessions and a registry of those that are in use.

    What scoped sessions have in common, blocking and awaiting.
    """

    def __init__(
        self, session_factory: Callable[..., S], scopefunc: Callable[[], Any] | None = None
    ) -> None:
        if not callable(session_factory):
            raise ArgumentError(
                f"{type(self).__name__}() takes what makes sessions, not {session_factory!r}",
                hint=f"{type(self).__name__}(sessionmaker(engine))",
            )
        self.session_factory: Callable[..., S] = session_factory
        self.registry: Any = (
            ThreadLocalRegistry(session_factory)
            if scopefunc is None
            else ScopedRegistry(session_factory, scopefunc)
        )

    def __call__(self, **kw: object) -> S:
        """The current session; keywords configure a new one.

        InvalidRequestError for keywords where the scope has a session already.
        """
        if kw:
            if self.registry.has():
                raise InvalidRequestError(
                    "this scope has a session already: it can't be configured anew",
                    hint="call remove() first",
                )
            made = self.session_factory(**kw)
            self.registry.set(made)
            return made
        try:
            current: S = self.registry.value
        except AttributeError:
            current = self.registry()
        return current

    def configure(self, **kwargs: object) -> None:
        """Change the factory's configuration for later sessions: see ``sessionmaker.configure``.

        Warns where the scope has a session already, which keeps the configuration it has.
        """
        if self.registry.has():
            warn(
                "this scope has a session already: configure() affects later ones only",
                DovetailWarning,
                stacklevel=2,
            )
        self.session_factory.configure(**kwargs)  # type: ignore[attr-defined]

    def __contains__(self, instance: object) -> bool:
        return instance in self.registry()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.registry())

    def __getattr__(self, name: str) -> Any:
        # What a subclass of the session adds.
        if name.startswith("__") or name == "registry":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.registry(), name)

    # What both kinds of session have.

    new = OfCurrent[IdentitySet[Any]](Session.new)
    dirty = OfCurrent[IdentitySet[Any]](Session.dirty)
    deleted = OfCurrent[IdentitySet[Any]](Session.deleted)
    identity_map = OfCurrent[IdentityMap](Session.identity_map)
    is_active = OfCurrent[bool](Session.is_active)
    info = OfCurrent[dict[Any, Any]]("A dictionary of the user's.")
    no_autoflush = OfCurrent[AbstractContextManager[Any]](Session.no_autoflush)
    autoflush = OfCurrent[Autoflush](Session.autoflush)
    bind = OfCurrent[Any](Session.bind)
    binds = OfCurrent[Mapping[Any, Any]](Session.binds)
    expire_on_commit = OfCurrent[bool](Session.expire_on_commit)
    execution_options = OfCurrent[Mapping[str, Any]](Session.execution_options)
    lazy_policy = OfCurrent[str](Session.lazy_policy)
    deadline = OfCurrent[float | None](Session.deadline)
    hold = OfCurrent[str](Session.hold)
    reads = OfCurrent[str](Session.reads)
    outbox = OfCurrent[Outgoing](Session.outbox)

    # Tools of the class, known without a session.

    object_session = staticmethod(Session.object_session)
    identity_key = staticmethod(Session.identity_key)


class scoped_session(ScopedFace[S]):
    """The session of the current thread, or scope, under one name::

        Session = scoped_session(sessionmaker(engine))
        Session.add(user)          # this thread's session
        Session.remove()           # closes it; the next use makes another

    It has every method and attribute of the Session, for the current one.  *scopefunc* says what
    the scope is where it is not the thread: what it returns, a hashable, is the key under which
    the session is kept until ``remove()``.

    ``registry``         where the sessions are kept: ``has()``, ``set()``, ``clear()``
    ``session_factory``  what makes them
    """

    def remove(self) -> None:
        """Close the current session, if there is one, and forget it.

        For the end of a web request, or whatever the scope is.
        """
        if self.registry.has():
            try:
                self.registry().close()
            finally:
                self.registry.clear()

    def query_property(self, query_cls: type[Query[Any]] | None = None) -> Any:
        """A class attribute that is a Query of the class in the current session::

        class Base(DeclarativeBase):
            query = Session.query_property()

        User.query.filter_by(name="ada").one()
        """
        return QueryProperty(self, query_cls)

    add = scoped_face.passed(Session.add)
    add_all = scoped_face.passed(Session.add_all)
    begin = scoped_face.passed(Session.begin)
    atomic = scoped_face.passed(Session.atomic)
    begin_nested = scoped_face.passed(Session.begin_nested)
    bind_mapper = scoped_face.passed(Session.bind_mapper)
    bind_table = scoped_face.passed(Session.bind_table)
    bulk_insert_mappings = scoped_face.passed(Session.bulk_insert_mappings)
    bulk_save_objects = scoped_face.passed(Session.bulk_save_objects)
    bulk_update_mappings = scoped_face.passed(Session.bulk_update_mappings)
    close = scoped_face.passed(Session.close)
    commit = scoped_face.passed(Session.commit)
    connection = scoped_face.passed(Session.connection)  # type: ignore[arg-type]
    delete = scoped_face.passed(Session.delete)
    delete_all = scoped_face.passed(Session.delete_all)
    enable_relationship_loading = scoped_face.passed(Session.enable_relationship_loading)
    execute = scoped_face.passed(Session.execute)
    explain = scoped_face.passed(Session.explain)
    expire = scoped_face.passed(Session.expire)
    expire_all = scoped_face.passed(Session.expire_all)
    expunge = scoped_face.passed(Session.expunge)
    expunge_all = scoped_face.passed(Session.expunge_all)
    flush = scoped_face.passed(Session.flush)
    get = scoped_face.passed(Session.get)
    get_bind = scoped_face.passed_by_name(Session.get_bind)  # type: ignore[arg-type]
    get_nested_transaction = scoped_face.passed(Session.get_nested_transaction)
    get_one = scoped_face.passed(Session.get_one)
    get_transaction = scoped_face.passed(Session.get_transaction)
    in_nested_transaction = scoped_face.passed(Session.in_nested_transaction)
    in_transaction = scoped_face.passed(Session.in_transaction)
    invalidate = scoped_face.passed(Session.invalidate)
    is_modified = scoped_face.passed(Session.is_modified)
    load = scoped_face.passed(Session.load)
    merge = scoped_face.passed(Session.merge)
    merge_all = scoped_face.passed(Session.merge_all)
    prepare = scoped_face.passed(Session.prepare)
    prune = scoped_face.passed(Session.prune)
    query = scoped_face.passed(Session.query)
    refresh = scoped_face.passed(Session.refresh)
    reset = scoped_face.passed(Session.reset)
    rollback = scoped_face.passed(Session.rollback)
    release = scoped_face.passed(Session.release)
    write_token = scoped_face.passed(Session.write_token)
    scalar = scoped_face.passed(Session.scalar)
    scalars = scoped_face.passed(Session.scalars)
    get_by = scoped_face.passed(Session.get_by)
    get_many = scoped_face.passed(Session.get_many)
    get_or_create = scoped_face.passed(Session.get_or_create)
    on_commit = scoped_face.passed(Session.on_commit)
    on_rollback = scoped_face.passed(Session.on_rollback)
    upsert = scoped_face.passed(Session.upsert)
    upsert_all = scoped_face.passed(Session.upsert_all)
    watch = scoped_face.passed(Session.watch)

    autobegin = OfCurrent[bool](Session.autobegin)
    autocommit = OfCurrent[bool](Session.autocommit)
    enable_baked_queries = OfCurrent[bool](Session.enable_baked_queries)
    hash_key = OfCurrent[int](Session.hash_key)
    join_transaction_mode = OfCurrent[str](Session.join_transaction_mode)
    transaction = OfCurrent[Any](Session.transaction)
    twophase = OfCurrent[TwoPhase](Session.twophase)

    close_all = staticmethod(Session.close_all)


@resolves(ScopedFace)
def _what_it_keeps(scoped: Any) -> Any:
    factory = scoped.session_factory
    of_sessions = ("dispatch", "sync_session_class")
    if any(hasattr(getattr(factory, "class_", factory), name) for name in of_sessions):
        return factory
    raise ArgumentError(
        f"scoped_session({factory!r}) can't be listened to: nobody knows of which class its "
        "sessions are",
        hint="give it a sessionmaker, or a Session class",
    )


class QueryProperty:
    """``Model.query``: a Query of the class in the current session."""

    def __init__(self, scoped: "scoped_session[Any]", query_cls: type[Query[Any]] | None) -> None:
        self.scoped = scoped
        self.query_cls = query_cls

    def __get__(self, instance: object, owner: type) -> Any:
        session = self.scoped.registry()
        if self.query_cls is not None:
            return self.query_cls(owner, session)
        return session.query(owner)
