"""A task is cancelled at each of its requests: its connection is clean afterwards, or gone."""

import asyncio
import sqlite3
from dataclasses import dataclass, field

import pytest

from dovetail import ForeignKey, String, event, func, insert, select, text
from dovetail.dialects.sqlite import awaiting
from dovetail.dialects.sqlite.awaiting import AioSqliteConnection
from dovetail.exc import LockTimeout
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    pets: Mapped[list["Pet"]] = relationship(cascade="all, delete-orphan")


class Pet(Base):
    __tablename__ = "pet"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))


@dataclass
class Stopper:
    """Cancels the task that runs when it makes its request number *at*."""

    at: int | None = None
    late: bool = False
    """Whether the request is performed first, and its answer is what is lost."""

    count: int = 0
    verbs: list[str] = field(default_factory=list)

    def installed(self, monkeypatch):
        original = AioSqliteConnection._visit
        stopper = self

        async def visit(connection, function, *arguments, **options):
            stopper.count += 1
            stopper.verbs.append(getattr(function, "__name__", "?"))
            if stopper.count != stopper.at:
                return await original(connection, function, *arguments, **options)
            task = asyncio.current_task()
            if stopper.late:
                answer = await original(connection, function, *arguments, **options)
                task.cancel()
                await asyncio.sleep(0)
                return answer
            task.cancel()
            return await original(connection, function, *arguments, **options)

        monkeypatch.setattr(AioSqliteConnection, "_visit", visit)


async def session_work(engine):
    """Every verb of a session that awaits, in one transaction after the other."""
    async with AsyncSession(engine) as session:
        session.add(Owner(id=1, name="a", pets=[Pet(id=1), Pet(id=2)]))
        await session.flush()
        await session.commit()
        owner = await session.get(Owner, 1)
        await session.refresh(owner, ["pets"])
        async with session.begin_nested():
            owner.name = "b"
        async with session.begin_nested() as savepoint:
            owner.name = "undone"
            await session.flush()
            await savepoint.rollback()
        await session.commit()
        found = await session.scalars(select(Owner).options(selectinload(Owner.pets)))
        assert len(found.all()) == 1
        rows = await session.stream_scalars(
            select(Pet).order_by(Pet.id).execution_options(yield_per=1)
        )
        async for pet in rows:
            assert pet.owner_id == 1
        await session.rollback()
        await session.merge(Owner(id=1, name="c"))
        await session.commit()
        await session.execute(insert(Owner), [{"id": 2, "name": "x"}, {"id": 3, "name": "y"}])
        await session.delete(await session.get(Owner, 1))
        await session.commit()
        await session.run_sync(lambda blocking: blocking.scalar(select(func.count(Owner.id))))


async def connection_work(engine):
    """Every verb of a connection that awaits."""
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO owner VALUES (1, 'a'), (2, 'b')"))
        async with connection.begin_nested():
            await connection.execute(text("INSERT INTO owner VALUES (3, 'c')"))
    async with engine.connect() as connection:
        await connection.execute(text("PRAGMA foreign_keys = ON"))
        await connection.execute(text("SELECT 1"))
        async with connection.stream(text("SELECT id FROM owner")) as result:
            async for _ in result:
                pass
        await connection.rollback()
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("UPDATE owner SET name = 'd'"))
    immediate = engine.execution_options(isolation_level="IMMEDIATE")
    async with immediate.connect() as connection:
        await connection.execute(text("SELECT 1"))
        await connection.rollback()
        await connection.execute(text("DELETE FROM owner"))
        await connection.commit()


def make_engine(tmp_path, journal):
    return create_async_engine(
        f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}",
        sqlite_journal_mode=journal,
        connect_args={"timeout": 2},
    )


async def stopped(engine, work):
    """Run *work* in a task; tell whether it was cancelled."""
    task = asyncio.create_task(work(engine))
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


async def check_clean(engine, path):
    """Nothing is borrowed, nothing is locked, and the engine works."""
    assert engine.pool.checkedout() == 0
    # One that is gone may be closing still, in its own thread.
    other = sqlite3.connect(path, timeout=1, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    other.execute("COMMIT")
    other.close()
    async with engine.begin() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM owner")) in (0, 1, 2, 3)
        # Rows that were written together are there together.
        owners = set(await connection.scalars(text("SELECT id FROM owner")))
        pets = await connection.scalar(text("SELECT count(*) FROM pet"))
        assert owners & {2, 3} in (set(), {2}, {2, 3})
        assert pets in (0, 2)
        await connection.execute(text("DELETE FROM pet"))
        await connection.execute(text("DELETE FROM owner"))


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize("late", [False, True], ids=["before the answer", "with the answer"])
@pytest.mark.parametrize("work", [session_work, connection_work])
def test_a_task_cancelled_at_any_request_leaves_nothing_behind(
    tmp_path, monkeypatch, work, late, journal
):
    async def run(stopper, *, creates=False):
        engine = make_engine(tmp_path, journal)
        if creates:
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
        async with engine.connect():
            pass  # the connection is open: cancellation while connecting has its own test
        with monkeypatch.context() as patch:
            stopper.installed(patch)
            was_stopped = await stopped(engine, work)
        await check_clean(engine, tmp_path / "shop.db")
        await engine.dispose()
        return was_stopped

    whole = Stopper()
    assert not asyncio.run(run(whole, creates=True))
    assert whole.count > 20

    for number in range(1, whole.count + 1):
        stopper = Stopper(number, late)
        assert asyncio.run(run(stopper)), whole.verbs[number - 1]


def test_a_task_cancelled_while_it_connects_leaves_nothing_behind(tmp_path):
    async def body():
        engine = make_engine(tmp_path, "wal")
        for turns in range(12):
            task = asyncio.create_task(connect(engine))
            for _ in range(turns):
                await asyncio.sleep(0.001 if turns > 6 else 0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert engine.pool.checkedout() == 0
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE t (id INTEGER)"))
        await engine.dispose()

    async def connect(engine):
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    asyncio.run(body())


@pytest.mark.parametrize("level", ["IMMEDIATE", None])
@pytest.mark.parametrize("grace", [0.05, 5.0], ids=["is given up", "is waited for"])
def test_a_task_cancelled_while_it_waits_for_the_lock_does_not_take_it_later(
    tmp_path, monkeypatch, level, grace
):
    monkeypatch.setattr(awaiting, "_GRACE", grace)

    async def body():
        engine = make_engine(tmp_path, "delete")
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE t (id INTEGER)"))
        holder = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")

        async def write():
            async with engine.connect() as connection:
                if level is not None:
                    await connection.execution_options(isolation_level=level)
                await connection.execute(text("INSERT INTO t VALUES (1)"))
                await connection.commit()

        task = asyncio.create_task(write())
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises((asyncio.CancelledError, LockTimeout)):
            await task
        assert engine.pool.checkedout() == 0
        holder.execute("COMMIT")
        # What was under way has ended by now, and holds nothing.
        await asyncio.sleep(0.3)
        holder.execute("BEGIN EXCLUSIVE")
        assert holder.execute("SELECT count(*) FROM t").fetchone() == (0,)
        holder.execute("COMMIT")
        holder.close()
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO t VALUES (2)"))
        await engine.dispose()

    asyncio.run(body())


def test_a_task_cancelled_twice_is_at_rest_all_the_same(tmp_path):
    slow = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) "
        "SELECT count(*) FROM n"
    )

    async def body():
        engine = make_engine(tmp_path, "delete")

        async def work():
            async with engine.begin() as connection:
                await connection.execute(text("CREATE TABLE t (id INTEGER)"))
                await connection.execute(text(slow))

        task = asyncio.create_task(work())
        await asyncio.sleep(0.1)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE t (id INTEGER)"))
        assert engine.pool.checkedout() == 0
        await engine.dispose()

    asyncio.run(body())


def test_a_task_cancelled_while_it_waits_for_a_connection_takes_none(tmp_path):
    async def body():
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}", pool_size=1, max_overflow=0
        )
        taken = []
        event.listen(engine.sync_engine, "checkout", lambda *_: taken.append(1))

        async def work():
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))

        async with engine.connect():
            tasks = [asyncio.create_task(work()) for _ in range(5)]
            await asyncio.sleep(0.05)
            for task in tasks[:4]:
                task.cancel()
            await asyncio.gather(*tasks[:4], return_exceptions=True)
        await tasks[4]
        assert len(taken) == 2
        assert engine.pool.checkedout() == 0
        await engine.dispose()

    asyncio.run(body())
