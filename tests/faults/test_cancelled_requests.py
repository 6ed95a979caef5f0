"""A task ends at each of its requests, on each driver that awaits: nothing is left behind."""

import asyncio
from dataclasses import dataclass, field
from functools import partial

import anyio
import pytest

from dovetail import ForeignKey, create_engine, event, func, insert, select, text
from dovetail.exc import DBAPIError
from dovetail.ext.asyncio import AsyncSession, create_async_engine, one_task
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload
from dovetail.steps import run_async
from dovetail.types import String
from tests.servers import AWAITING_BACKENDS, BACKENDS


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    pets: Mapped[list["Pet"]] = relationship(cascade="all, delete-orphan")


class Pet(Base):
    __tablename__ = "pet"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))


@pytest.fixture(params=AWAITING_BACKENDS, ids=str)
def backend(request):
    request.param.require()
    return request.param


@pytest.fixture
def made(backend, backend_url):
    """The URL of a database with the tables."""
    driver = next(each.driver for each in BACKENDS if each.dialect == backend.dialect)
    engine = create_engine(backend_url.replace(f"+{backend.driver}", f"+{driver}"))
    Base.metadata.create_all(engine)
    engine.dispose()
    return backend_url


@dataclass
class Stopper:
    """Runs steps as the library does, and cancels the task at its request number *at*."""

    at: int | None = None
    late: bool = False
    """Whether the request is performed first, and its answer is what is lost."""

    count: int = 0
    names: list[str] = field(default_factory=list)

    async def go_on(self, steps, request):
        return await run_async(self._watched(steps, request))

    def _watched(self, steps, request):
        answer = None
        try:
            while True:
                try:
                    answer = yield partial(self._perform, request), *()
                except BaseException as error:
                    request = steps.throw(error)
                else:
                    request = steps.send(answer)
        except StopIteration as stop:
            return stop.value

    def _perform(self, request):
        self.count += 1
        self.names.append(getattr(request[0], "__qualname__", repr(request[0])))
        answer = request[0](*request[1:])
        if self.count != self.at:
            return answer
        return self._stopped(answer)

    async def _stopped(self, answer):
        task = asyncio.current_task()
        if self.late:
            answer = await answer if hasattr(answer, "__await__") else answer
            task.cancel()
            await asyncio.sleep(0)
        task.cancel()
        return await answer if hasattr(answer, "__await__") else answer


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
        async with connection.stream(text("SELECT id FROM owner")) as result:
            async for _ in result:
                pass
        await connection.rollback()
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("UPDATE owner SET name = 'd'"))
    raw = await engine.raw_connection()
    await raw.close()


async def check_clean(engine):
    """Nothing is borrowed, and nobody holds a lock."""
    assert engine.pool.checkedout() == 0
    async with engine.begin() as connection:
        owners = set(await connection.scalars(text("SELECT id FROM owner")))
        pets = await connection.scalar(text("SELECT count(*) FROM pet"))
        # Rows that were written together are there together.
        assert owners & {2, 3} in (set(), {2}, {2, 3})
        assert pets in (0, 2)
        # A lock that somebody held would let these wait.
        async with asyncio.timeout(10):
            await connection.execute(text("DELETE FROM pet"))
            await connection.execute(text("DELETE FROM owner"))


@pytest.mark.parametrize("late", [False, True], ids=["before the answer", "with the answer"])
@pytest.mark.parametrize("work", [session_work, connection_work])
def test_a_task_cancelled_at_any_request_leaves_nothing_behind(made, monkeypatch, work, late):
    async def run(engine, stopper):
        with monkeypatch.context() as patch:
            patch.setattr(one_task, "go_on_async", stopper.go_on)
            # A listener of another test that lives still would have the steps run elsewhere.
            patch.setattr(one_task.sending, "listened_to", set())
            task = asyncio.create_task(work(engine))
            try:
                await task
            except (asyncio.CancelledError, DBAPIError):
                pass
            cancelled = task.cancelled() or task.exception() is not None
        await check_clean(engine)
        return cancelled

    async def main():
        engine = create_async_engine(made, pool_size=2, max_overflow=0)
        await check_clean(engine)
        whole = Stopper()
        assert not await run(engine, whole)
        assert whole.count > 10
        for number in range(1, whole.count + 1):
            assert await run(engine, Stopper(number, late)), whole.names[number - 1]
        await engine.dispose()

    asyncio.run(main())


SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) "
    "SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(60)",
    "mariadb": "SELECT sleep(60)",
}


async def by_timeout(work):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await work


async def by_wait_for(work):
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(work, 0.1)


async def by_task_group(work):
    async def fail():
        await asyncio.sleep(0.1)
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.TaskGroup() as group:
            group.create_task(work)
            group.create_task(fail())
    assert [type(error) for error in caught.value.exceptions] == [ZeroDivisionError]


async def by_cancel_scope(work):
    with anyio.move_on_after(0.1) as scope:
        await work
    assert scope.cancelled_caught


async def by_anyio_task_group(work):
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: work)
        await anyio.sleep(0.1)
        group.cancel_scope.cancel()


@pytest.mark.parametrize(
    "ends", [by_timeout, by_wait_for, by_task_group, by_cancel_scope, by_anyio_task_group]
)
@pytest.mark.parametrize("way", ["session", "connection", "run_sync", "listener"])
def test_a_statement_that_is_given_up_ends_at_once(made, backend, ends, way):
    slow = text(SLOW[backend.dialect])

    async def main():
        engine = create_async_engine(made, pool_size=1, max_overflow=0)

        async def in_session():
            async with AsyncSession(engine) as session:
                session.add(Owner(id=7, name="a"))
                await session.execute(slow)
                await session.commit()

        async def in_connection():
            async with engine.begin() as connection:
                await connection.execute(slow)

        async def in_blocking_code():
            async with AsyncSession(engine) as session:
                await session.run_sync(lambda session: session.execute(slow))

        async def in_listener():
            async with AsyncSession(engine) as session:
                event.listen(session, "before_flush", lambda s, *_: s.execute(slow))
                session.add(Owner(id=7, name="a"))
                await session.commit()

        work = {
            "session": in_session,
            "connection": in_connection,
            "run_sync": in_blocking_code,
            "listener": in_listener,
        }[way]
        began = asyncio.get_running_loop().time()
        await ends(work())
        assert asyncio.get_running_loop().time() - began < 5
        await check_clean(engine)
        await engine.dispose()

    asyncio.run(main())


@pytest.mark.parametrize("ends", [by_timeout, by_wait_for, by_task_group, by_cancel_scope])
def test_who_gives_up_waiting_for_a_connection_takes_none(made, ends):
    async def main():
        engine = create_async_engine(made, pool_size=1, max_overflow=0)

        async def work():
            async with AsyncSession(engine) as session:
                await session.scalar(text("SELECT 1"))

        async with engine.connect() as connection:
            await ends(work())
            assert await connection.scalar(text("SELECT 2")) == 2
        await check_clean(engine)
        await engine.dispose()

    asyncio.run(main())


def test_a_stream_that_is_given_up_in_the_middle_holds_nothing(made):
    async def main():
        engine = create_async_engine(made, pool_size=1, max_overflow=0)
        async with AsyncSession(engine) as session:
            session.add_all([Owner(id=number, name="a") for number in range(1, 51)])
            await session.commit()
        query = select(Owner.id).order_by(Owner.id).execution_options(yield_per=5)

        async def read(seen):
            async with AsyncSession(engine) as session:
                async for number in await session.stream_scalars(query):
                    seen.append(number)
                    if number == 12:
                        asyncio.current_task().cancel()

        seen = []
        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(read(seen))
        # What was there is given out; the task ends where it has to wait.
        assert seen[:15] == list(range(1, 16))
        assert engine.pool.checkedout() == 0

        async with AsyncSession(engine) as session:
            async for number in await session.stream_scalars(query):
                if number == 12:
                    break
            assert await session.scalar(select(func.count(Owner.id))) == 50
        await engine.dispose()

    asyncio.run(main())
