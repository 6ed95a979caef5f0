"""What an AsyncSession has that needs no database: its binds, its members, its settings."""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Never, SupportsIndex, TypeVar
from weakref import ref

from dovetail.delegation import DelegatedAttribute, Face
from dovetail.engine.engine import Engine
from dovetail.exc import ArgumentError
from dovetail.ext.asyncio.awaited import NO_VERBS, awaited_session, own_verbs
from dovetail.ext.asyncio.bridge import run_blocking
from dovetail.ext.asyncio.engine import AsyncConnection, AsyncEngine
from dovetail.ext.asyncio.one_task import OneTask
from dovetail.identity_set import IdentitySet
from dovetail.orm.session import Session
from dovetail.orm.session.autoflushing import Autoflush
from dovetail.orm.session.outgoing import Outgoing
from dovetail.orm.tracking.identity import IdentityMap
from dovetail.steps import Steps

from ...engine.connection import Connection
from ...orm.mapping.mapper import Mapper
from ...sql.expression.from_clause import FromClause
from ...sql.node import Node

R = TypeVar("R")
V = TypeVar("V")


session_face = Face(
    inside="self.sync_session",
    core="self._core",
    own=(
        "if {name!r} in self._own:",
        "    return await self._own_verb(self.sync_session.{name}{arguments})",
    ),
    given=(
        (
            "bind_arguments",
            "bind_arguments = bind_arguments and self._bind_arguments(bind_arguments)",
        ),
    ),
)
"""Members of an AsyncSession: they are those of the session inside."""

changing = replace(session_face, first=("self.one_task.check()",))
"""What another task must not do while one is at work."""


class OfSession(DelegatedAttribute[V]):
    """An attribute of the session inside."""

    def inside(self, face: "AwaitingMembers") -> Any:
        """Return the session inside."""
        return face.sync_session


class AwaitingMembers:
    """Base of AsyncSession: what needs no ``await``."""

    sync_session_class: type[Session] = Session
    """The class of the session inside, unless one is given: it is made one that can be awaited."""

    def __init__(
        self,
        bind: AsyncEngine | AsyncConnection | None = None,
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
        class_, blocking = self.sync_session_class, _blocking(bind)
        self.sync_session = awaited_session(class_, bind=blocking, **keywords)
        core: Any = self.sync_session._core
        core.awaited_by = ref(self)
        self._core = core
        self._awaiting: dict[Any, Any] = {}
        """The engines and connections that were given, by those inside them."""
        self.one_task = OneTask("session")
        if core.ends_reads:
            self.one_task.around = core.giving_back_steps
        if bind is not None:
            self._note(bind, blocking)
        for given in binds.values() if binds else ():
            self._note(given, _blocking(given))
        self._own = NO_VERBS if class_ is Session else own_verbs(class_)

    def _note(self, given: object, blocking: object) -> None:
        """Note that *given* is what awaits around *blocking*."""
        if given is not None:
            self._awaiting[blocking] = given
        if isinstance(given, AsyncConnection):
            # Whoever uses the connection uses what this session does, and the other way round.
            self.one_task = given.one_task

    def run_steps(self, steps: Steps[R]) -> Coroutine[Any, Any, R]:
        """Run *steps* of the session inside, to be awaited; refused while another task works."""
        return self.one_task.run(steps)

    def _own_verb(self, verb: Callable[..., Any], *arguments: object, **options: object) -> Any:
        """Await a *verb* that the class of the session inside has for itself: blocking code."""
        return self.one_task.during(run_blocking(verb, *arguments, **options))

    def __reduce_ex__(self, protocol: SupportsIndex) -> Never:
        raise TypeError("an AsyncSession can't be pickled or copied: make another one")

    # Engines and connections ---------------------------------------------------------------------

    def _around_connection(self, connection: Connection) -> AsyncConnection:
        given = self._awaiting.get(connection)
        if given is not None:
            return given  # type: ignore[no-any-return]
        return AsyncConnection.around(
            connection, self._around_engine(connection.engine), self.one_task
        )

    def _around_engine(self, engine: Engine) -> AsyncEngine:
        given = self._awaiting.get(engine)
        return given if isinstance(given, AsyncEngine) else AsyncEngine(engine)

    def _bind_arguments(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """The bind arguments *given*, with what blocks in place of what awaits."""
        arguments = dict(given or {})
        if arguments.get("bind") is not None:
            arguments["bind"] = _blocking_or_same(arguments["bind"])
        return arguments

    # Instances ----------------------------------------------------------------------

    add = changing.passed(Session.add)
    add_all = changing.passed(Session.add_all)
    expunge = changing.passed(Session.expunge)
    expunge_all = changing.passed(Session.expunge_all)
    expire = changing.passed(Session.expire)
    expire_all = changing.passed(Session.expire_all)
    is_modified = session_face.passed(Session.is_modified)
    in_transaction = session_face.passed(Session.in_transaction)
    in_nested_transaction = session_face.passed(Session.in_nested_transaction)
    watch = session_face.passed(Session.watch)
    on_commit = changing.passed(Session.on_commit)
    on_rollback = changing.passed(Session.on_rollback)

    new = OfSession[IdentitySet[Any]](Session.new)
    dirty = OfSession[IdentitySet[Any]](Session.dirty)
    deleted = OfSession[IdentitySet[Any]](Session.deleted)
    identity_map = OfSession[IdentityMap](Session.identity_map)
    is_active = OfSession[bool](Session.is_active)
    info = OfSession[dict[Any, Any]]("A dictionary of the user's.")
    autoflush = OfSession[Autoflush](Session.autoflush)
    expire_on_commit = OfSession[bool](Session.expire_on_commit)
    lazy_policy = OfSession[str](Session.lazy_policy)
    deadline = OfSession[float | None](Session.deadline)
    hold = OfSession[str](Session.hold)
    reads = OfSession[str](Session.reads)
    outbox = OfSession[Outgoing](Session.outbox)
    execution_options = OfSession[Mapping[str, Any]](Session.execution_options)
    no_autoflush = OfSession[AbstractContextManager[Any]](Session.no_autoflush)

    def __contains__(self, instance: object) -> bool:
        return instance in self.sync_session

    def __iter__(self) -> Iterator[Any]:
        return iter(self.sync_session)

    object_session = staticmethod(Session.object_session)
    identity_key = staticmethod(Session.identity_key)

    # Which database ---------------------------------------------------------------------

    def get_bind(
        self,
        mapper: Mapper | type | None = None,
        clause: Node | None = None,
        bind: Any = None,
        **kw: Any,
    ) -> Engine | Any:
        """Return the engine within the one that is awaited, for a mapper or statement."""
        asked = {"mapper": mapper, "clause": clause, "bind": _blocking_or_same(bind)}
        kw |= {name: value for name, value in asked.items() if value is not None}
        return self.sync_session.get_bind(**kw)

    def get_async_bind(
        self,
        mapper: Mapper | type | None = None,
        clause: Node | None = None,
        bind: Any = None,
        **kw: Any,
    ) -> AsyncEngine | AsyncConnection:
        """Return the AsyncEngine, or AsyncConnection, for a mapper or statement.

        UnboundExecutionError is raised where the session has none for it.
        """
        awaiting: AsyncEngine | AsyncConnection = bind
        if bind is None:
            awaiting = self._translated(self.get_bind(mapper, clause, **kw))
        return awaiting

    def _translated(self, found: Engine | Connection | None) -> Any:
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
    def bind(self, value: AsyncEngine | AsyncConnection | None) -> None:
        self.one_task.check()
        blocking = self.sync_session.bind = _blocking(value)
        self._note(value, blocking)

    @property
    def binds(self) -> Mapping[Any, Any]:
        """AsyncEngines and AsyncConnections by mapped class, base class or table."""
        return {key: self._translated(found) for key, found in self.sync_session.binds.items()}

    def bind_mapper(
        self, mapper: Mapper | type, bind: AsyncEngine | AsyncConnection | None
    ) -> None:
        """Use *bind*, an AsyncEngine or AsyncConnection, for statements of *mapper*, or class."""
        blocking = _blocking(bind)
        self.sync_session.bind_mapper(mapper, blocking)
        self._note(bind, blocking)

    def bind_table(self, table: FromClause, bind: AsyncEngine | AsyncConnection | None) -> None:
        """Use *bind*, an AsyncEngine or AsyncConnection, for statements of *table*."""
        blocking = _blocking(bind)
        self.sync_session.bind_table(table, blocking)
        self._note(bind, blocking)


def _blocking(bind: AsyncEngine | AsyncConnection | None) -> Any:
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


def _blocking_or_same(bind: object) -> Any:
    """The engine or connection inside *bind*, or *bind* itself if it blocks."""
    return _blocking(bind) if isinstance(bind, AsyncEngine | AsyncConnection) else bind
