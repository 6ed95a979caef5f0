"""scoped_session and async_scoped_session: every member of the session, for the current one."""

import asyncio
import inspect
import threading
from unittest.mock import AsyncMock, MagicMock, create_autospec

import pytest
import sqlalchemy.ext.asyncio as their_asyncio
import sqlalchemy.orm as their_orm

from dovetail import String, create_engine, select
from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    close_all_sessions,
    create_async_engine,
)
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    scoped_session,
    sessionmaker,
)
from dovetail.orm.scoping import ScopedRegistry, ThreadLocalRegistry
from tools.reference import INTERNAL

THREADS = 64


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))


def members(cls):
    return {
        name
        for name in dir(cls)
        if not name.startswith("_") and not name.endswith("_steps") and name not in INTERNAL
    }


def methods(session, scoped):
    """The names of the methods that both have."""
    names = members(session) & members(scoped)
    return sorted(name for name in names if callable(getattr(session, name)))


def parameters(function):
    """Names, kinds and whether there is a default, of the parameters after ``self``."""
    found = inspect.signature(function).parameters.values()
    return [(p.name, p.kind, p.default is p.empty) for p in found if p.name != "self"]


class TestNames:
    @pytest.mark.parametrize(
        ("scoped", "session", "theirs"),
        [
            (scoped_session, Session, their_orm.Session),
            (async_scoped_session, AsyncSession, their_asyncio.AsyncSession),
        ],
    )
    def test_what_users_know_of_the_session_is_all_here(self, scoped, session, theirs):
        known = (members(session) & members(theirs)) - {"dispatch", "sync_session_class"}

        assert (known | {"load"}) - set(dir(scoped)) == set()

    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            (scoped_session, their_orm.scoped_session),
            (async_scoped_session, their_asyncio.async_scoped_session),
        ],
    )
    def test_what_the_peer_offers_is_here(self, ours, theirs):
        assert members(theirs) - set(dir(ours)) == set()

    @pytest.mark.parametrize("name", methods(Session, scoped_session))
    def test_a_method_takes_what_the_sessions_takes(self, name):
        own, session = getattr(scoped_session, name), getattr(Session, name)
        assert parameters(own) == parameters(session)
        assert own.__doc__ == session.__doc__

    @pytest.mark.parametrize("name", methods(AsyncSession, async_scoped_session))
    def test_a_method_takes_what_the_async_sessions_takes(self, name):
        own, session = getattr(async_scoped_session, name), getattr(AsyncSession, name)

        assert parameters(own) == parameters(session)


@pytest.fixture
def Scoped(engine):
    Scoped = scoped_session(sessionmaker(engine))
    yield Scoped
    Scoped.remove()


class TestBlocking:
    @pytest.fixture
    def engine(self):
        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        yield engine
        engine.dispose()

    def test_every_method_reaches_the_current_session(self, engine):
        calls = []

        class Recorder:
            def __getattr__(self, name):
                return lambda *given, **named: calls.append((name, given, named))

        Scoped = scoped_session(Recorder)
        Scoped.merge("x", load=False)
        Scoped.expire("x", attribute_names=["y"])
        Scoped.query("a", "b", c=1)

        assert calls == [
            ("merge", ("x",), {"load": False, "options": None}),
            ("expire", ("x", ["y"]), {}),
            ("query", ("a", "b"), {"c": 1}),
        ]

    def test_attributes_are_read_and_set_on_the_session(self, Scoped, engine):
        Scoped.autoflush = False
        Scoped.join_transaction_mode = "rollback_only"
        Scoped.info["who"] = "ada"

        assert Scoped().autoflush is False
        assert Scoped().join_transaction_mode == "rollback_only"
        assert Scoped().info == {"who": "ada"}
        assert Scoped.bind is engine
        assert Scoped.is_active

    def test_members_of_a_subclass_are_found(self, engine):
        class Own(Session):
            colour = "green"

            def twice(self, number):
                return 2 * number

        Scoped = scoped_session(sessionmaker(engine, class_=Own))

        assert (Scoped.twice(4), Scoped.colour) == (8, "green")
        with pytest.raises(AttributeError):
            Scoped.nothing_of_the_kind  # noqa: B018
        Scoped.remove()

    def test_a_method_taken_in_one_thread_serves_the_session_of_another(self, Scoped):
        method = Scoped.in_transaction
        Scoped.begin()
        found = []
        thread = threading.Thread(target=lambda: found.append(method()))
        thread.start()
        thread.join()

        assert method() is True
        assert found == [False]

    def test_remove_forgets_a_session_that_cannot_be_closed(self):
        class Broken:
            def close(self):
                raise OSError("gone")

        Scoped = scoped_session(Broken)
        first = Scoped()
        with pytest.raises(OSError, match="gone"):
            Scoped.remove()

        assert not Scoped.registry.has()
        assert Scoped() is not first

    def test_remove_makes_no_session(self):
        made = []
        scoped_session(lambda: made.append(1)).remove()

        assert made == []

    def test_what_makes_no_sessions_is_refused(self):
        with pytest.raises(ArgumentError, match="takes what makes sessions"):
            scoped_session("sqlite://")


class TestRegistries:
    def in_threads(self, work):
        """Call ``work(number)`` in many threads at once; what was raised, or nothing."""
        start = threading.Barrier(THREADS)
        errors = []

        def run(number):
            start.wait()
            try:
                work(number)
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=run, args=(n,)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []

    def test_each_thread_has_its_own(self):
        registry = ThreadLocalRegistry(object)
        found = [None] * THREADS

        def work(number):
            assert not registry.has()
            found[number] = registry()
            assert registry() is found[number]

        self.in_threads(work)

        assert len(set(map(id, found))) == THREADS
        assert not registry.has()

    def test_all_threads_of_a_scope_get_one_object(self):
        registry = ScopedRegistry(object, lambda: "one")
        found = [None] * THREADS

        def work(number):
            found[number] = registry()

        for _ in range(20):
            registry.clear()
            self.in_threads(work)

            assert len(set(map(id, found))) == 1

    def test_scopes_come_and_go_at_once(self):
        scope = threading.local()
        registry = ScopedRegistry(object, lambda: scope.key)

        def work(number):
            for turn in range(200):
                scope.key = (number, turn)
                one = registry()
                assert registry() is one
                registry.clear()
                assert not registry.has()

        self.in_threads(work)

        assert registry.registry == {}

    def test_threads_that_share_a_scope_and_clear_it_meet_no_error(self):
        registry = ScopedRegistry(object, lambda: "one")

        def work(number):
            for _ in range(500):
                registry()
                registry.clear()

        self.in_threads(work)

    def test_sessions_of_many_threads_do_not_mix(self, backend_url):
        engine = create_engine(backend_url)
        Base.metadata.create_all(engine)
        Scoped = scoped_session(sessionmaker(engine))
        lock = threading.Lock()  # SQLite has one writer; the point is whose session it is

        def work(number):
            for turn in range(3):
                author = Author(name=f"{number}.{turn}")
                Scoped.add(author)
                with lock:
                    Scoped.commit()
                assert Scoped.scalars(select(Author).where(Author.name == author.name)).one() is (
                    author
                )
                Scoped.remove()

        self.in_threads(work)

        assert len(Scoped.scalars(select(Author)).all()) == 3 * THREADS
        Scoped.remove()
        assert engine.pool.checkedout() == 0
        engine.dispose()


class TestAwaiting:
    @pytest.fixture
    def run(self):
        with asyncio.Runner() as runner:
            yield runner.run

    @pytest.fixture
    def engine(self, run, tmp_path):
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'scoped.db'}")

        async def create():
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)

        run(create())
        yield engine
        run(engine.dispose())

    def test_each_task_has_its_own(self, engine, run):
        Scoped = async_scoped_session(async_sessionmaker(engine), asyncio.current_task)

        async def work(number):
            own = Scoped()
            for _ in range(5):
                await asyncio.sleep(0)
                assert Scoped() is own
                assert await Scoped.scalar(select(number)) == number
            await Scoped.remove()
            return id(own)

        async def all_of_them():
            return await asyncio.gather(*[work(number) for number in range(8)])

        run(all_of_them())

        assert Scoped.registry.registry == {}
        assert engine.sync_engine.pool.checkedout() == 0

    def test_it_does_what_the_session_does(self, engine, run):
        Scoped = async_scoped_session(async_sessionmaker(engine), asyncio.current_task)

        async def work():
            author = Author(name="a")
            Scoped.add(author)
            assert author in Scoped
            assert list(Scoped.new) == [author]
            await Scoped.commit()
            await Scoped.refresh(author)
            async with Scoped.begin_nested():
                await Scoped.delete(author)
            await Scoped.rollback()
            assert (await Scoped.scalars(select(Author))).one() is author
            assert await Scoped.get(Author, author.id) is author
            assert await Scoped.run_sync(lambda session: session.is_active)
            assert Scoped.get_async_bind() is engine
            assert Scoped.get_bind() is engine.sync_engine
            assert Scoped.identity_key(Author, 1)[1] == (1,)
            with pytest.raises(InvalidRequestError):
                Scoped(autoflush=False)
            await Scoped.remove()
            assert not Scoped.registry.has()
            await Scoped.remove()

        run(work())

    def test_the_session_is_that_of_the_call(self, engine, run):
        Scoped = async_scoped_session(async_sessionmaker(engine), asyncio.current_task)

        async def work():
            Scoped.info["mark"] = "outer"
            Scoped.add(Author(name="a"))
            # gather() makes a task of each; the session is still that of this one.
            await asyncio.gather(Scoped.flush())
            assert list(Scoped.new) == []
            assert len(Scoped.registry.registry) == 1
            await Scoped.remove()

        run(work())

    def test_a_scope_function_is_needed(self):
        with pytest.raises(ArgumentError, match="scope function"):
            async_scoped_session(async_sessionmaker(), None)

    def test_all_are_closed_at_once(self, engine, run):
        async def work():
            sessions = [AsyncSession(engine) for _ in range(3)]
            for session in sessions:
                await session.execute(select(1))
            assert engine.sync_engine.pool.checkedout() == 3
            await close_all_sessions()
            assert engine.sync_engine.pool.checkedout() == 0

        run(work())


def test_a_scoped_session_asks_a_bind_of_the_session_by_names(engine):
    class Choosing(Session):
        def get_bind(self, mapper=None, **more):
            return super().get_bind(mapper=mapper, **more)

    scoped = scoped_session(sessionmaker(engine, class_=Choosing))
    try:
        assert scoped.get_bind() is engine
        assert scoped.get_bind(Author, clause=Author.__table__) is engine
    finally:
        scoped.remove()


def test_mocks_of_an_awaiting_scoped_session_await_what_it_awaits():
    mock = MagicMock(spec=async_scoped_session)
    specified = create_autospec(async_scoped_session, instance=True)

    awaited = {name for name in methods(AsyncSession, async_scoped_session)
               if isinstance(getattr(mock, name), AsyncMock)}  # fmt: skip
    asyncio.run(mock.commit())
    asyncio.run(specified.execute(select(Author)))

    assert awaited == {
        name
        for name in methods(AsyncSession, async_scoped_session)
        if inspect.iscoroutinefunction(getattr(AsyncSession, name))
    }
    assert {"commit", "execute", "get", "stream"} <= awaited
    assert not {"add", "begin", "in_transaction"} & awaited
    assert mock.commit.await_count == specified.execute.await_count == 1
