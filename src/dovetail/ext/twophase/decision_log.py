"""What was decided of transactions over several databases, kept in one of them."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any, overload

from ...engine import Engine
from ...exc import ArgumentError, IntegrityError, ProgrammingError
from ...sql import delete, insert, select
from ...sql.metadata import MetaData
from ...sql.schema import Column, Table
from ...steps import run_sync
from ...types import DateTime, String
from ..asyncio.one_task import perform
from .recovery import Recovered, recover_steps

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ...sql.node import Executable
    from ...steps import Steps
    from ..asyncio import AsyncEngine

COMMIT, ROLLBACK = "commit", "rollback"

_BRANCH = re.compile(r"dovetail_([0-9a-f]{8})_([0-9a-f]{12})([0-9a-f]{20})_\d+")
"""The name of a transaction in one database: its log, when it began, in ms, what nobody else drew,
and its place among those of the same session."""

_OWN_ROW = "identity of this log"
"""The name in the row that tells logs apart: one server may know the transactions of many."""


class DecisionLog:
    """A table in which sessions write, once all databases have promised, that they commit.

    With ``twophase=True`` every database prepares before the first of them commits.  A program that
    dies in between leaves transactions which are prepared, hold their locks, and about which
    nobody knows what was decided.  With a log that is a row in one of the databases, and
    :meth:`recover` ends what was left everywhere as it was decided; without a row nothing was::

        log = DecisionLog(orders)
        log.table.create(orders, checkfirst=True)
        Factory = sessionmaker(twophase=log, binds={Order: orders, Stock: stocks})

        with Factory.begin() as session:
            session.add(Order(id=1, item="bolt"))
            session.get(Stock, "bolt").amount -= 1

        log.recover(orders, stocks)

    ``engine``    where the table is, an AsyncEngine for awaiting sessions; it need not take part
    ``metadata``  where the table belongs, a new MetaData if it is left out
    ``name``      of the table
    ``schema``    of the table

    The commit is decided by a transaction of its own, one round trip or two more for each that
    more than one database takes part in; where but one does, nothing is written.  When all have
    committed, the row goes.

    After "Presumed abort" (Mohan, Lindsay and Obermarck, ACM TODS 11, 1986).
    """

    def __init__(
        self,
        engine: Engine | AsyncEngine,
        metadata: MetaData | None = None,
        name: str = "twophase_decision",
        *,
        schema: str | None = None,
    ) -> None:
        known: Any = engine
        core = getattr(known, "sync_engine", engine)
        if not isinstance(core, Engine):
            raise ArgumentError(
                f"a DecisionLog needs an Engine or an AsyncEngine, not {engine!r}",
                hint="DecisionLog(create_engine(url)): where its table is",
            )
        self.engine = engine
        self._core = core
        self._identity: str | None = None
        self.table = Table(
            name,
            MetaData() if metadata is None else metadata,
            Column("name", String(32), primary_key=True),
            Column("outcome", String(8), nullable=False),
            Column("decided_at", DateTime(), nullable=False),
            schema=schema,
        )

    def __repr__(self) -> str:
        return f"<DecisionLog {self.table.fullname!r}>"

    @property
    def is_async(self) -> bool:
        """Whether it is for awaiting sessions: its engine is an AsyncEngine."""
        return not isinstance(self.engine, Engine)

    def new_name(self) -> str:
        """Return the name of a transaction that begins now: 32 hexadecimal digits."""
        return f"{int(time.time() * 1000):012x}{token_hex(10)}"

    def branch_steps(self, name: str, number: int) -> Steps[str]:
        """What transaction *name* is called in the database that is *number* in it.

        Two databases of one server have their prepared transactions in one list.
        """
        identity = yield from self.identity_steps()
        return f"dovetail_{identity}_{name}_{number}"

    def named_by(self, branch: str) -> tuple[str, float] | None:
        """The name of the transaction that *branch* is a part of, and the seconds since it began.

        None for those that belong to other logs, or to other programs.
        """
        found = _BRANCH.fullmatch(branch)
        if found is None or found[1] != self._identity:
            return None
        return found[2] + found[3], time.time() - int(found[2], 16) / 1000

    def identity_steps(self) -> Steps[str]:
        """By which the names of its transactions are told apart: drawn once, kept in the table."""
        while self._identity is None:
            query = select(self.table.c.outcome).where(self.table.c.name == _OWN_ROW)
            try:
                self._identity = yield from self._run_steps(query)
            except ProgrammingError as error:
                error.add_detail(
                    f"{self!r} needs its table: log.table.create(engine, checkfirst=True) makes it"
                )
                raise
            if self._identity is None:
                with suppress(IntegrityError):
                    # Another session may be the first to draw one.
                    yield from self.decide_steps(_OWN_ROW, token_hex(4))
        return self._identity

    # Deciding ---------------------------------------------------------------------------------

    def decide_steps(self, name: str, outcome: str = COMMIT) -> Steps[None]:
        """Write *outcome* for transaction *name*; IntegrityError if it is decided already."""
        row = {
            "name": name,
            "outcome": outcome,
            "decided_at": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        }
        yield from self._run_steps(insert(self.table).values(row))

    def forget_steps(self, name: str) -> Steps[None]:
        """Take out what was decided of *name*: all databases have committed."""
        yield from self._run_steps(delete(self.table).where(self.table.c.name == name))

    def outcome_steps(self, name: str) -> Steps[str]:
        """What was decided of *name*; if nothing was, that it is rolled back, from now on."""
        try:
            yield from self.decide_steps(name, ROLLBACK)
        except IntegrityError:
            query = select(self.table.c.outcome).where(self.table.c.name == name)
            outcome: str | None = yield from self._run_steps(query)
            # Gone between the two: all databases have committed, and nothing is left to do.
            return outcome or COMMIT
        return ROLLBACK

    def _run_steps(self, statement: Executable) -> Steps[Any]:
        """Run *statement* in a transaction of its own; the first value, of a query."""
        connection = yield from self._core.connect_steps()
        try:
            transaction = yield from connection.begin_steps()
            try:
                result = yield from connection.execute_steps(statement)
                value = result.scalar() if result.returns_rows else None
            except BaseException:
                yield from transaction.rollback_steps()
                raise
            yield from transaction.commit_steps()
            return value
        finally:
            yield from connection.close_steps()

    # Recovering -------------------------------------------------------------------------------

    @overload
    def recover(self, *engines: Engine, older_than: float = 60) -> Recovered: ...
    @overload
    def recover(
        self, *engines: AsyncEngine, older_than: float = 60
    ) -> Coroutine[Any, Any, Recovered]: ...
    def recover(
        self, *engines: Engine | AsyncEngine, older_than: float = 60
    ) -> Recovered | Coroutine[Any, Any, Recovered]:
        """End what crashes have left prepared: commit what was decided, roll back the rest.

        Returns the names of what was ended, and what could not be: see :class:`Recovered`.

        ``engines``     all databases that take part in such transactions, of the kind that the
                        log's own is; with AsyncEngines the call is awaited
        ``older_than``  seconds: those that began later are left alone, for their program may be
                        about to decide; 0 leaves none

        It may run at any time, as often as one likes, also while sessions are at work and in
        several programs at once: who decides first has decided, and a session that comes too late
        rolls back, with an IntegrityError that says so.  ArgumentError is raised where no
        database is given, or one of the other kind.
        """
        awaits = self.is_async
        cores: list[Engine] = []
        for engine in engines:
            known: Any = engine
            core = known.sync_engine if awaits and hasattr(known, "sync_engine") else known
            if not isinstance(core, Engine) or (awaits and core is known):
                kind = "an AsyncEngine" if awaits else "an Engine"
                raise ArgumentError(
                    f"{self!r} recovers databases by {kind} each, as it was made, not {engine!r}",
                    hint="log.recover(orders, stocks)",
                )
            cores.append(core)
        if not cores:
            raise ArgumentError(
                "recover() needs the databases that take part", hint="log.recover(orders, stocks)"
            )
        steps = recover_steps(self, cores, older_than)
        return perform(steps) if awaits else run_sync(steps)
