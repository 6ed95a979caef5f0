"""Verbs of the Session for what happens as a whole, and for what is done afterwards."""

from collections.abc import Callable
from time import monotonic
from typing import Any

from dovetail.orm.session.afterwards import checked
from dovetail.orm.session.core import SessionCore
from dovetail.orm.session.outgoing import Outgoing, outgoing
from dovetail.orm.session.transaction import SessionTransaction


class TransactionVerbs:
    """Base class of Session: blocks that nest, and functions bound to a transaction."""

    __slots__ = ()

    _core: SessionCore

    @property
    def deadline(self) -> float | None:
        """The seconds in which statements of this session have to end; None for no limit.

        Setting it counts from then on, for the transaction in progress as well.  A statement that
        is at work when they have passed is stopped on the server, and one that comes after is not
        sent: StatementTimeout is raised, and the transaction is to be rolled back::

            with Session(engine, deadline=2) as session:  # two seconds for all of it
                report = session.scalars(select(Sale)).all()
        """
        until = self._core.until
        return None if until is None else until - monotonic()

    @deadline.setter
    def deadline(self, seconds: float | None) -> None:
        self._core.let_end_in(seconds)

    @property
    def hold(self) -> str:
        """How long a connection is kept: "transaction", or "statement".

        With ``Session(engine, hold="statement")`` a transaction that only reads ends with the
        statement that began it, as by ``release()``: its connection goes back to the pool, and
        what was loaded stays loaded.  Each statement, and lazy load, then sees what has been
        committed by then.  A transaction lasts as always from its first change on, where
        ``begin()`` has begun it, where rows were locked (``with_for_update``), for a result that
        streams, for ``connection()``, and for a ``text()``, which may do anything::

            with Session(engine, hold="statement") as session:
                user = session.get(User, 1)
                assert not session.in_transaction()
        """
        return "statement" if self._core.ends_reads else "transaction"

    @property
    def reads(self) -> str:
        """Where this session reads as long as it has not written: "primary" or "replica".

        With ``Session(engine, reads="replica")``, and ``create_engine(url, replicas=[…])``, a
        transaction reads from one of the replicas, which take turns, and from the primary once it
        has flushed, locked or been told to write.  The execution option ``reads`` of a statement
        counts for more.
        """
        routes = self._core.routes
        return "primary" if routes is None else routes.name

    def write_token(self) -> str:
        """Return how far the primary has written: a text for a cookie, of the last commit here.

        Who gives it to ``Session(engine, reads="replica", after=token)`` reads what was committed
        before: a replica that has not come as far is waited for, and passed by.
        InvalidRequestError is raised where something is not committed yet, and for a database that
        does not tell: PostgreSQL does, and MariaDB with a binary log::

            session.commit()
            response.set_cookie("seen", session.write_token())
        """
        return self._core.run(self._core.write_token_steps())

    @property
    def outbox(self) -> Outgoing:
        """Takes events, to be told to others once the transaction in progress has committed.

        They are written with the transaction, and lost with it.  InvalidRequestError is raised for
        a session without an outbox: see :class:`dovetail.ext.outbox.Outbox`::

            with Session(engine, outbox=outbox) as session, session.begin():
                session.add(User(name="eve"))
                session.outbox.add(Event("user.created", {"name": "eve"}))
        """
        return outgoing(self._core)

    def atomic(self, *, nested: bool = True) -> SessionTransaction:
        """Begin a block that happens as a whole or not at all, be there a transaction or not.

        Where none is in progress it begins one, which commits at the end of the block.  In one,
        it is a savepoint; or without *nested*, a part of it: an error that leaves the block rolls
        all of it back, also if somebody catches the error.  Functions that each say what belongs
        together can call each other so::

            def rename(session):
                with session.atomic():
                    session.get(User, 1).name = "adah"


            with session.atomic():
                rename(session)
            # SAVEPOINT
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            # UPDATE user_account SET name=? WHERE user_account.id = ?
            # RELEASE SAVEPOINT
            # COMMIT
        """
        return self._core.run(self._core.atomic_steps(nested))

    def on_commit(self, function: Callable[[], Any]) -> None:
        """Call *function* after the transaction in progress has committed, and only then.

        It is called without arguments, when the connections were given back, in the order in
        which the functions were given; the session can be used.  One given within a savepoint is
        forgotten where that is rolled back.  A failure is an AfterCommitError, raised once all
        were called: the transaction has committed.  An AsyncSession takes coroutine functions
        too::

            session.add(User(name="eve"))
            session.on_commit(lambda: print("eve is there"))
            session.commit()
            # INSERT INTO user_account (name) VALUES (?)
            # COMMIT
        """
        awaits = getattr(self._core, "awaited_by", None) is not None
        self._core.current_afterwards().committed.append(checked(function, awaits))

    def on_rollback(self, function: Callable[[], Any]) -> None:
        """Call *function* after the transaction, or savepoint, in progress was rolled back.

        It is called without arguments; it is forgotten when the transaction commits.  A failure
        is a warning, for the rollback has a cause of its own that is to be seen::

            session.add(User(name="eve"))
            session.on_rollback(lambda: print("no eve"))
            session.rollback()
        """
        awaits = getattr(self._core, "awaited_by", None) is not None
        self._core.current_afterwards().rolled_back.append(checked(function, awaits))
