"""One session for each thread, or for whatever a scope function tells apart."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from inspect import Parameter, signature
from threading import local
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload
from warnings import warn

from dovetail.codegen import Source, compile_function
from dovetail.event import resolves
from dovetail.exc import ArgumentError, DovetailWarning, InvalidRequestError
from dovetail.orm.session import Session
from dovetail.orm.session.members import InstanceSet
from dovetail.orm.tracking.identity import IdentityMap

P = ParamSpec("P")
R = TypeVar("R")
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

    def set(self, obj: Any) -> None:
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

    def set(self, obj: Any) -> None:
        """Make *obj* the object of this scope."""
        self.registry[self.scopefunc()] = obj

    def clear(self) -> None:
        """Forget the object of this scope."""
        self.registry.pop(self.scopefunc(), None)


# Members that are handed on -------------------------------------------------------------------


def handed(member: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """A method that calls *member* of the current session, with the same parameters.

    It is written out, arguments by name and number, since it is called as often as the
    session's own.
    """
    name = member.__name__
    parameters = list(signature(member).parameters.values())[1:]
    source = Source(f"hand on {member.__qualname__}")
    head, passed = ["self"], []
    keyword_only = False
    for parameter in parameters:
        text = parameter.name
        if parameter.kind is Parameter.VAR_POSITIONAL:
            text = f"*{text}"
            passed.append(text)
            keyword_only = True
        elif parameter.kind is Parameter.VAR_KEYWORD:
            text = f"**{text}"
            passed.append(text)
        else:
            if parameter.kind is Parameter.KEYWORD_ONLY:
                if not keyword_only:
                    head.append("*")
                keyword_only = True
                passed.append(f"{text}={text}")
            else:
                passed.append(text)
            if parameter.default is not Parameter.empty:
                text += f"={source.use(f'default_{text}', parameter.default)}"
        head.append(text)
    with source.block(f"def {name}({', '.join(head)}):"):
        with source.block("try:"):
            source.line("session = self.registry.value")
        with source.block("except AttributeError:"):
            source.line("session = self.registry()")
        source.line(f"return session.{name}({', '.join(passed)})")
    made = compile_function(source, name)
    made.__doc__ = member.__doc__
    made.__annotations__ = dict(member.__annotations__)
    return made


class Shown(Generic[V]):
    """An attribute of the current session: read, and where the session allows it, set."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, scoped: None, owner: Any = None) -> "Shown[V]": ...

    @overload
    def __get__(self, scoped: Any, owner: Any = None) -> V: ...

    def __get__(self, scoped: Any, owner: Any = None) -> Any:
        if scoped is None:
            return self
        try:
            session = scoped.registry.value
        except AttributeError:
            session = scoped.registry()
        return getattr(session, self.name)

    def __set__(self, scoped: Any, value: V) -> None:
        setattr(scoped.registry(), self.name, value)


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

    def __call__(self, **kw: Any) -> S:
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

    def configure(self, **kwargs: Any) -> None:
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

    def __contains__(self, instance: Any) -> bool:
        return instance in self.registry()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.registry())

    def __getattr__(self, name: str) -> Any:
        # What a subclass of the session adds.
        if name.startswith("__") or name == "registry":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.registry(), name)

    # What both kinds of session have.

    new = Shown[InstanceSet]("The instances that the next flush inserts.")
    dirty = Shown[InstanceSet]("The persistent instances with attributes set since the last flush.")
    deleted = Shown[InstanceSet]("The instances that the next flush deletes.")
    identity_map = Shown[IdentityMap]("The persistent instances by identity key.")
    is_active = Shown[bool]("False after a failed flush, until ``rollback()``.")
    info = Shown[dict[Any, Any]]("The dictionary of the user's.")
    no_autoflush = Shown[AbstractContextManager[Any]]("A block in which queries do not flush.")
    autoflush = Shown[bool]("Whether queries flush first.")
    bind = Shown[Any]("The engine or connection of the session.")
    binds = Shown[Mapping[Any, Any]]("Engines by mapped class, base class or table.")
    expire_on_commit = Shown[bool]("Whether values are read again after a commit.")
    execution_options = Shown[Mapping[str, Any]]("The execution options of all that it runs.")
    lazy_policy = Shown[str]("How what is not loaded is loaded when it is touched.")

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

    def query_property(self, query_cls: Any = None) -> Any:
        """A class attribute that is a Query of the class in the current session::

        class Base(DeclarativeBase):
            query = Session.query_property()

        User.query.filter_by(name="ada").one()
        """
        return QueryProperty(self, query_cls)

    add = handed(Session.add)
    add_all = handed(Session.add_all)
    begin = handed(Session.begin)
    begin_nested = handed(Session.begin_nested)
    bind_mapper = handed(Session.bind_mapper)
    bind_table = handed(Session.bind_table)
    bulk_insert_mappings = handed(Session.bulk_insert_mappings)
    bulk_save_objects = handed(Session.bulk_save_objects)
    bulk_update_mappings = handed(Session.bulk_update_mappings)
    close = handed(Session.close)
    commit = handed(Session.commit)
    connection = handed(Session.connection)  # type: ignore[arg-type]
    delete = handed(Session.delete)
    delete_all = handed(Session.delete_all)
    enable_relationship_loading = handed(Session.enable_relationship_loading)
    execute = handed(Session.execute)
    expire = handed(Session.expire)
    expire_all = handed(Session.expire_all)
    expunge = handed(Session.expunge)
    expunge_all = handed(Session.expunge_all)
    flush = handed(Session.flush)
    get = handed(Session.get)
    get_bind = handed(Session.get_bind)  # type: ignore[arg-type]
    get_nested_transaction = handed(Session.get_nested_transaction)
    get_one = handed(Session.get_one)
    get_transaction = handed(Session.get_transaction)
    in_nested_transaction = handed(Session.in_nested_transaction)
    in_transaction = handed(Session.in_transaction)
    invalidate = handed(Session.invalidate)
    is_modified = handed(Session.is_modified)
    load = handed(Session.load)
    merge = handed(Session.merge)
    merge_all = handed(Session.merge_all)
    prepare = handed(Session.prepare)
    prune = handed(Session.prune)
    query = handed(Session.query)
    refresh = handed(Session.refresh)
    reset = handed(Session.reset)
    rollback = handed(Session.rollback)
    scalar = handed(Session.scalar)
    scalars = handed(Session.scalars)

    autocommit = Shown[bool]("True for a session without a lasting transaction.")
    transaction = Shown[Any]("The transaction in progress, the innermost one, or None.")
    twophase = Shown[bool]("Whether all databases promise to commit before one of them does.")

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

    def __init__(self, scoped: "scoped_session[Any]", query_cls: Any) -> None:
        self.scoped = scoped
        self.query_cls = query_cls

    def __get__(self, instance: Any, owner: type) -> Any:
        session = self.scoped.registry()
        if self.query_cls is not None:
            return self.query_cls(owner, session)
        return session.query(owner)
