"""Which sessions a cache serves."""

import asyncio

import pytest
from dogpile.cache import make_region

from dovetail import create_engine, event, select
from dovetail.exc import ArgumentError
from dovetail.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from dovetail.ext.cache import Cache, FromCache
from dovetail.orm import Session, scoped_session, selectinload, sessionmaker
from tests.ext.cache.conftest import BACKENDS, prepare
from tests.ext.cache.models import Team, User

CACHED = select(User).order_by(User.id).options(FromCache(), selectinload(User.team))


@pytest.fixture(params=BACKENDS[:1], ids=str)
def backend(request):
    return request.param


class TestBlocking:
    @pytest.mark.parametrize(
        "made",
        [
            sessionmaker,
            lambda engine: scoped_session(sessionmaker(engine)),
            lambda engine: sessionmaker(engine, class_=type("Own", (Session,), {})),
        ],
        ids=["sessionmaker", "scoped_session", "subclass"],
    )
    def test_factories(self, engine, cache, sent, made):
        factory = made(engine)
        cache.attach(factory)
        for count in (2, 0):
            session = factory()
            with sent(count):
                session.scalars(CACHED).all()
            session.close()
            getattr(factory, "remove", session.close)()

        with sent(2), Session(engine) as other:
            other.scalars(CACHED).all()

    def test_a_class_and_a_session(self, engine, cache, sent):
        class Own(Session):
            pass

        cache.attach(Own)
        alone = Session(engine)
        cache.attach(alone)
        with Own(engine) as session, sent(2):
            session.scalars(CACHED).all()
        with alone, sent(0):
            alone.scalars(CACHED).all()
        assert Session._row_source is None

    @pytest.mark.parametrize("target", ["sessionmaker", User, 5])
    def test_other_things_are_refused(self, cache, target):
        with pytest.raises(ArgumentError, match="a cache serves sessions"):
            cache.attach(target)

    def test_what_is_no_region_is_refused(self):
        with pytest.raises(ArgumentError, match="the region 'a' is no region"):
            Cache({"a": "redis://"})

    def test_regions_have_names(self, engine, sent):
        regions = {name: make_region().configure("dogpile.cache.memory") for name in ("a", "b")}
        cache = Cache(regions)
        factory = sessionmaker(engine)
        cache.attach(factory)
        statement = select(User)
        for name in ("a", "b", "a", "b"):
            with factory() as session:
                session.scalars(statement.options(FromCache(name))).all()
        assert (cache.stats.hits, cache.stats.misses) == (2, 2)
        with factory.begin() as session:
            session.get(User, 1).name = "eve"
        for name in ("a", "b"):
            with factory() as session:
                found = session.scalars(statement.options(FromCache(name))).all()
                assert "eve" in {user.name for user in found}

    def test_databases_do_not_mix(self, cache, sent):
        engines = [create_engine("sqlite://") for _ in range(2)]
        for engine in engines:
            prepare(engine)
        factory = sessionmaker()
        cache.attach(factory)
        with factory(bind=engines[0]) as session:
            session.get(User, 1).name = "eve"
            session.commit()
        for engine, name in zip(engines * 2, ["eve", "ada"] * 2, strict=True):
            with factory(bind=engine) as session:
                assert session.scalars(CACHED).first().name == name
        for engine in engines:
            engine.dispose()


class TestAwaiting:
    @pytest.fixture
    def run(self):
        with asyncio.Runner() as runner:
            yield runner.run

    @pytest.fixture
    def awaited(self, engine, run):
        awaited = create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"))
        yield awaited
        run(awaited.dispose())

    @pytest.fixture
    def log(self, awaited):
        log = []

        def note(connection, cursor, statement, parameters, context, executemany):
            log.append(statement)

        event.listen(awaited.sync_engine, "before_cursor_execute", note)
        return log

    @pytest.fixture
    def Awaited(self, awaited, cache):
        factory = async_sessionmaker(awaited)
        cache.attach(factory)
        cache.entities(Team)
        return factory

    def test_queries_and_entities(self, Awaited, run, log, cache):
        async def read():
            async with Awaited() as session:
                users = (await session.scalars(CACHED)).all()
                team = await session.get(Team, 1)
                assert users[0].team is team
                return [user.name for user in users]

        async def get():
            async with Awaited() as session:
                return (await session.get(Team, 1)).name

        assert run(read()) == ["ada", "bob", "cyd"]
        assert run(get()) == "red"
        count = len(log)
        assert run(read()) == ["ada", "bob", "cyd"]
        assert run(get()) == "red"
        assert len(log) == count

        async def write():
            async with Awaited.begin() as session:
                (await session.get(User, 1)).name = "eve"
                (await session.get(Team, 1)).name = "blue"

        run(write())
        assert run(read()) == ["eve", "bob", "cyd"]
        assert run(get()) == "blue"
        run(cache.invalidate_async(User))
        count = len(log)
        run(read())
        assert len(log) > count

    def test_of_many_tasks_one_asks_the_database(self, Awaited, run, log):
        alone = select(User).order_by(User.id).options(FromCache())

        async def read():
            async with Awaited() as session:
                return len((await session.scalars(alone)).all())

        async def all_of_them():
            return await asyncio.gather(*[read() for _ in range(64)])

        assert run(all_of_them()) == [3] * 64
        assert len(log) == 1

    def test_blocking_code_within(self, Awaited, run, log):
        async def read():
            async with Awaited() as session:
                return await session.run_sync(lambda s: [u.name for u in s.scalars(CACHED)])

        assert run(read()) == ["ada", "bob", "cyd"]
        count = len(log)
        assert run(read()) == ["ada", "bob", "cyd"]
        assert len(log) == count

    def test_blocking_and_awaiting_sessions_share_rows(
        self, Awaited, engine, cache, run, log, sent
    ):
        factory = sessionmaker(engine)
        cache.attach(factory)
        with factory() as session, sent(2):
            session.scalars(CACHED).all()

        async def write():
            async with Awaited.begin() as session:
                assert len((await session.scalars(CACHED)).all()) == 3
                assert log == []
                (await session.get(User, 3)).name = "dan"

        run(write())
        with factory() as session:
            assert session.scalars(CACHED).all()[2].name == "dan"

    def test_what_can_be_attached(self, awaited, cache):
        class Own(AsyncSession):
            pass

        cache.attach(Own)
        assert Own(awaited).sync_session._core.row_source is not None
        assert AsyncSession(awaited).sync_session._core.row_source is None
        scoped = async_scoped_session(async_sessionmaker(awaited), asyncio.current_task)
        cache.attach(scoped)
        assert scoped.session_factory().sync_session._core.row_source is not None
        one = AsyncSession(awaited)
        cache.attach(one)
        assert one.sync_session._core.row_source is not None

    def test_a_task_that_is_cancelled_in_its_commit_leaves_nothing_stale(
        self, Awaited, run, cache, log
    ):
        async def read():
            async with Awaited() as session:
                return (await session.scalars(CACHED)).first().name

        async def write():
            async with Awaited() as session:
                (await session.get(User, 1)).name = "eve"
                await session.flush()
                task = asyncio.current_task()
                asyncio.get_running_loop().call_soon(task.cancel)
                await session.commit()

        assert run(read()) == "ada"

        async def cancelled():
            task = asyncio.ensure_future(write())
            await asyncio.wait([task])
            return task

        task = run(cancelled())
        if not task.cancelled():
            assert task.exception() is None

        async def fresh():
            async with Awaited() as session:
                return (await session.scalars(select(User).order_by(User.id))).first().name

        assert run(read()) == run(fresh())


def test_a_cache_keeps_nothing_that_a_replica_says(engine, cache):
    factory = sessionmaker(engine)
    cache.attach(factory)
    with pytest.raises(ArgumentError, match="second-level cache"):
        factory(reads="replica")
    with factory() as session, pytest.raises(ArgumentError, match="second-level cache"):
        session.scalars(CACHED.execution_options(reads="replica"))
