"""What an AsyncSession has that needs no database: its binds, its members, its settings."""

from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Never, TypeVar
from weakref import ref

from dovetail.engine.engine import Engine
from dovetail.exc import ArgumentError
from dovetail.ext.asyncio.awaited import awaited_session, own_verbs
from dovetail.ext.asyncio.bridge import run_blocking
from dovetail.ext.asyncio.engine import AsyncConnection, AsyncEngine
from dovetail.ext.asyncio.one_task import OneTask
from dovetail.orm.session import Session, object_session
from dovetail.steps import Steps

R = TypeVar("R")


class AwaitingMembers:
    """Base of AsyncSession: what needs no ``await``."""

    sync_session_class: type[Session] = Session
    """The class of the session inside, unless one is given: it is made one that can be awaited."""

    def __init__(
        self,
        bind: Any = None,
        *,
        binds: Mapping[Any, Any] | None = None,
        sync_session_class: type[Session] | None = None,
        **keywords: Any,
    ) -> None:
        if keywords.get("autocommit"):
            raise ArgumentError(
                "autocommit=True is for blocking sessions alone",
                hint="async with session.begin(): … around what belongs together",
            )
        if binds:
            keywords["binds"] = {key: _blocking(value) for key, value in binds.items()}
        if sync_session_class is not None:
            self.sync_session_class = sync_session_class
        self.sync_session = awaited_session(self.sync_session_class, _blocking(bind), **keywords)
        core: Any = self.sync_session._core
        core.awaited_by = ref(self)
        self._core = core
        self._awaiting: dict[Any, Any] = {}
        """The engines and connections that were given, by those inside them."""
        self.one_task = OneTask("session")
        if bind is not None:
            self._note(bind)
        for given in binds.values() if binds else ():
            self._note(given)
        self._own = own_verbs(self.sync_session_class)

    def _note(self, given: Any) -> None:
        if given is not None:
            self._awaiting[_blocking(given)] = given
        if isinstance(given, AsyncConnection):
            # Whoever uses the connection uses what this session does, and the other way round.
            self.one_task = given.one_task

    def run_steps(self, steps: Steps[R]) -> Coroutine[Any, Any, R]:
        """Run *steps* of the session inside, to be awaited; refused while another task works."""
        return self.one_task.run(steps)

    def _do(self, verb: str, steps: Callable[..., Steps[Any]], *arguments: Any) -> Any:
        """Await *steps*, or the *verb* of the session inside where that has one of its own."""
        if verb in self._own:
            return self._own_verb(getattr(self.sync_session, verb), *arguments)
        return self.one_task.run(steps(*arguments))

    def _own_verb(self, verb: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Await a *verb* that the class of the session inside has for itself: blocking code."""
        return self.one_task.during(run_blocking(verb, *arguments, **options))

    def __reduce_ex__(self, protocol: Any) -> Never:
        raise TypeError("an AsyncSession can't be pickled or copied: make another one")

    # Engines and connections ---------------------------------------------------------------------

    def _around_connection(self, connection: Any) -> AsyncConnection:
        given = self._awaiting.get(connection)
        if given is not None:
            return given  # type: ignore[no-any-return]
        return AsyncConnection.around(
            connection, self._around_engine(connection.engine), self.one_task
        )

    def _around_engine(self, engine: Any) -> AsyncEngine:
        given = self._awaiting.get(engine)
        return given if isinstance(given, AsyncEngine) else AsyncEngine(engine)

    def _bind_arguments(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """The bind arguments *given*, with what blocks in place of what awaits."""
        arguments = dict(given or {})
        if arguments.get("bind") is not None:
            arguments["bind"] = _blocking_or_same(arguments["bind"])
        return arguments

    # Instances ----------------------------------------------------------------------

    def add(self, instance: Any) -> None:
        """Put *instance* into the session: see ``Session.add``."""
        self.one_task.check()
        self.sync_session.add(instance)

    def add_all(self, instances: Iterable[Any]) -> None:
        """Put all *instances* into the session."""
        self.one_task.check()
        self.sync_session.add_all(instances)

    def expunge(self, instance: Any) -> None:
        """Take *instance* out of the session."""
        self.one_task.check()
        self.sync_session.expunge(instance)

    def expunge_all(self) -> None:
        """Take all instances out of the session."""
        self.one_task.check()
        self.sync_session.expunge_all()

    def expire(self, instance: Any, attribute_names: Iterable[str] | None = None) -> None:
        """Let attributes of *instance* be read again."""
        self.one_task.check()
        self.sync_session.expire(instance, attribute_names)

    def expire_all(self) -> None:
        """Let all attributes of all instances be read again."""
        self.one_task.check()
        self.sync_session.expire_all()

    def is_modified(self, instance: Any, include_collections: bool = True) -> bool:
        """True when *instance* has a change that a flush would write."""
        return self.sync_session.is_modified(instance, include_collections)

    def in_transaction(self) -> bool:
        """True while a transaction is in progress."""
        return self.sync_session.in_transaction()

    def in_nested_transaction(self) -> bool:
        """True within a savepoint."""
        return self.sync_session.in_nested_transaction()

    def get_bind(
        self, mapper: Any = None, clause: Any = None, bind: Any = None, **kw: Any
    ) -> Engine | Any:
        """Return the engine within the one that is awaited, for a mapper or statement."""
        asked = {"mapper": mapper, "clause": clause, "bind": _blocking_or_same(bind)}
        kw |= {name: value for name, value in asked.items() if value is not None}
        return self.sync_session.get_bind(**kw)

    def get_async_bind(
        self, mapper: Any = None, clause: Any = None, bind: Any = None, **kw: Any
    ) -> AsyncEngine | AsyncConnection:
        """Return the AsyncEngine, or AsyncConnection, for a mapper or statement.

        UnboundExecutionError is raised where the session has none for it.
        """
        awaiting: AsyncEngine | AsyncConnection = bind
        if bind is None:
            awaiting = self._translated(self.get_bind(mapper, clause, **kw))
        return awaiting

    def _translated(self, found: Any) -> Any:
        """What awaits in place of *found*, which blocks: what was given, or one like it."""
        if found is None:
            return None
        if found in self._awaiting:
            return self._awaiting[found]
        return AsyncEngine(found) if isinstance(found, Engine) else self._around_connection(found)

    @property
    def bind(self) -> Any:
        """The AsyncEngine or AsyncConnection for all that has none of its own, or None."""
        return self._translated(self.sync_session.bind)

    @bind.setter
    def bind(self, value: Any) -> None:
        self.one_task.check()
        self.sync_session.bind = _blocking(value)
        self._note(value)

    @property
    def binds(self) -> Mapping[Any, Any]:
        """AsyncEngines and AsyncConnections by mapped class, base class or table."""
        return {key: self._translated(found) for key, found in self.sync_session.binds.items()}

    def bind_mapper(self, mapper: Any, bind: Any) -> None:
        """Use *bind*, an AsyncEngine or AsyncConnection, for statements of *mapper*, or class."""
        self.sync_session.bind_mapper(mapper, _blocking(bind))
        self._note(bind)

    def bind_table(self, table: Any, bind: Any) -> None:
        """Use *bind*, an AsyncEngine or AsyncConnection, for statements of *table*."""
        self.sync_session.bind_table(table, _blocking(bind))
        self._note(bind)

    @property
    def execution_options(self) -> Mapping[str, Any]:
        """The execution options of all that this session runs."""
        return self.sync_session.execution_options

    @property
    def no_autoflush(self) -> AbstractContextManager[Any]:
        """A block in which queries do not flush first."""
        return self.sync_session.no_autoflush

    @property
    def new(self) -> Any:
        """The instances that the next flush inserts."""
        return self.sync_session.new

    @property
    def dirty(self) -> Any:
        """The instances with attributes set since the last flush."""
        return self.sync_session.dirty

    @property
    def deleted(self) -> Any:
        """The instances that the next flush deletes."""
        return self.sync_session.deleted

    @property
    def identity_map(self) -> Any:
        """The persistent instances by identity key."""
        return self.sync_session.identity_map

    @property
    def is_active(self) -> bool:
        """False after a failed flush, until ``rollback()``."""
        return self.sync_session.is_active

    @property
    def info(self) -> dict[Any, Any]:
        """The user's dictionary."""
        return self.sync_session.info

    @property
    def autoflush(self) -> bool:
        """Whether queries flush first."""
        return self.sync_session.autoflush

    @autoflush.setter
    def autoflush(self, value: bool) -> None:
        self.sync_session.autoflush = value

    @property
    def expire_on_commit(self) -> bool:
        """Whether values are read again after a commit."""
        return self.sync_session.expire_on_commit

    @expire_on_commit.setter
    def expire_on_commit(self, value: bool) -> None:
        self.sync_session.expire_on_commit = value

    @property
    def lazy_policy(self) -> str:
        """How what is not loaded is loaded, where blocking code touches it."""
        return self.sync_session.lazy_policy

    @lazy_policy.setter
    def lazy_policy(self, value: str) -> None:
        self.sync_session.lazy_policy = value

    def __contains__(self, instance: Any) -> bool:
        return instance in self.sync_session

    def __iter__(self) -> Iterator[Any]:
        return iter(self.sync_session)

    @classmethod
    def object_session(cls, instance: Any) -> Session | None:
        """The session within the AsyncSession that *instance* belongs to, or None."""
        return object_session(instance)

    @classmethod
    def identity_key(
        cls,
        class_: Any = None,
        ident: Any = None,
        *,
        instance: Any = None,
        row: Any = None,
        identity_token: Any = None,
    ) -> tuple[Any, ...]:
        """Return the identity key of an instance, or of a class and a primary key or a row."""
        return Session.identity_key(
            class_, ident, instance=instance, row=row, identity_token=identity_token
        )


def _blocking(bind: Any) -> Any:
    """The engine or connection inside an awaiting one."""
    if isinstance(bind, AsyncEngine):
        return bind.sync_engine
    if isinstance(bind, AsyncConnection):
        return bind.sync_connection
    if bind is not None:
        raise ArgumentError(
            f"an AsyncSession needs an AsyncEngine or AsyncConnection, not {bind!r}",
            hint="make the engine with create_async_engine()",
        )
    return None


def _blocking_or_same(bind: Any) -> Any:
    """The engine or connection inside *bind*, or *bind* itself if it blocks."""
    return _blocking(bind) if isinstance(bind, AsyncEngine | AsyncConnection) else bind
