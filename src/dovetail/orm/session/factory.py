"""Factories of sessions: what they have in common is said once."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Generic, Unpack, overload

from typing_extensions import TypeVar

from dovetail.engine import rerun
from dovetail.engine.connection import Connection
from dovetail.engine.engine import Engine
from dovetail.event import resolves
from dovetail.orm.session.autoflushing import Autoflush
from dovetail.orm.session.instances import close_all_sessions
from dovetail.orm.session.keywords import SessionOptions
from dovetail.orm.session.session import Session

if TYPE_CHECKING:
    from dovetail.engine.running.attempts import Attempt
    from dovetail.engine.running.retrying import Retrying

S = TypeVar("S", bound=Session, default=Session)
M = TypeVar("M")
R = TypeVar("R")


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

    def _isolated(self, isolation_level: str | None) -> dict[str, Any]:
        """Return the keywords of sessions whose transactions are of this *isolation_level*."""
        if isolation_level is None:
            return {}
        own = self.kw.get("execution_options", {})
        return {"execution_options": {**own, "isolation_level": isolation_level}}

    def _often(self, retries: int, deadline: float | None) -> "Retrying":
        """Return how often a transaction is run again: not at all within one of somebody else."""
        binds = [self.kw.get("bind"), *(self.kw.get("binds") or {}).values()]
        joins = any(hasattr(bind, "in_transaction") and bind.in_transaction() for bind in binds)
        return rerun.retrying(0 if joins else retries, deadline)

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
        autoflush: Autoflush = True,
        expire_on_commit: bool = True,
        info: Mapping[Any, Any] | None = None,
        **keywords: Any,
    ) -> None:
        own = {"bind": bind, "autoflush": autoflush, "expire_on_commit": expire_on_commit}
        self._make(class_, info, {**keywords, **own})

    def begin(self) -> AbstractContextManager[S]:
        """A block with a new session in a transaction: it commits, or rolls back, and closes."""
        return self()._block()

    def run(
        self,
        work: Callable[[S], R],
        *,
        retries: int = 3,
        isolation_level: str | None = None,
        deadline: float | None = None,
        verify: Callable[[S], object] | None = None,
    ) -> R:
        """Return what *work* returns in the first transaction that commits.

        *work* is called with a new session in a transaction.  Where that fails in a way that
        passes (its ``retry_scope`` says so: a serialization failure, a deadlock, a lost
        connection, a row that somebody else has changed), all is rolled back, and *work* is called
        again, after a short random pause.  What it does besides, to objects of the program or to
        other services, is done each time::

            def rename(session: Session) -> int:
                user = session.get_one(User, 1)
                user.name = "adah"
                return user.id


            Factory.run(rename, isolation_level="SERIALIZABLE")
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            # UPDATE user_account SET name=? WHERE user_account.id = ?
            # COMMIT

        ``retries``          how many times it is run again at most; 0 for never
        ``isolation_level``  of its transactions: see ``execution_options()`` of connections
        ``deadline``         seconds after which it is not run again
        ``verify``           called with a session where the connection was lost during the COMMIT;
        true if the transaction has committed

        Whatever else *work* raises is raised, as is the last failure.  CommitOutcomeUnknown is
        raised where a COMMIT may have happened, and there is no *verify*: such a transaction is
        not run again.  Within a transaction of somebody else, of a Connection that the factory is
        bound to, it is run once.
        """
        local = self._isolated(isolation_level)
        often = self._often(retries, deadline)
        return rerun.run(lambda: self(**local)._block(), work, often, verify, _confirm)

    def attempts(
        self,
        retries: int = 3,
        *,
        isolation_level: str | None = None,
        deadline: float | None = None,
        verify: Callable[[S], object] | None = None,
    ) -> "Iterator[Attempt[S]]":
        """Return blocks in which a transaction is run, as :meth:`run` does, until it commits.

        Each is for a new session in a transaction, which commits at the end of the block.  A
        failure that passes ends the block, and the loop goes on.  That of a COMMIT is raised where
        ``return`` or ``break`` leaves the block, or something else follows it in the loop::

            for attempt in Factory.attempts(retries=5):
                with attempt as session:
                    session.get_one(User, 1).name = "adah"
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            # UPDATE user_account SET name=? WHERE user_account.id = ?
            # COMMIT
        """
        local = self._isolated(isolation_level)
        return rerun.attempts(
            lambda: self(**local)._block(), self._often(retries, deadline), verify, _confirm
        )

    @staticmethod
    def close_all() -> None:
        """Close every session of this process."""
        close_all_sessions()

    identity_key = staticmethod(Session.identity_key)
    object_session = staticmethod(Session.object_session)


def _confirm(session: Session) -> None:
    """Do what *session* had to do after a COMMIT that is found to have happened."""
    session._core.run(session._core.confirm_steps())


@resolves(SessionFactory)
def _what_it_makes(factory: Any) -> Any:
    return factory.class_


def create_session(bind: Engine | Connection | None = None, **keywords: Any) -> Session:
    """A session without autoflush that expires nothing at a commit: classic, for tests."""
    return Session(bind, **{"autoflush": False, "expire_on_commit": False, **keywords})
