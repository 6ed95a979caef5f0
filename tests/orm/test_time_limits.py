"""A statement whose time is up is stopped on the server, and its connection goes on."""

import asyncio
import os
import random
import threading
from time import monotonic, sleep

import pytest

from dovetail import String, create_engine, func, insert, select, text, update
from dovetail.dialects import timed
from dovetail.dialects.driver import Driver
from dovetail.dialects.time_limit import OutOfTime, TimeLimit
from dovetail.exc import ArgumentError, InvalidRequestError, StatementTimeout
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    close_all_sessions,
    mapped_column,
    scoped_session,
    sessionmaker,
)
from tests.loop_thread import calls_to
from tests.servers import AWAITING_BACKENDS, BACKENDS

LONG = 30
"""Seconds that a statement takes if nobody stops it; a test that waits for it has failed."""

_COUNT = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 4000000000) "
    "SELECT count(*) FROM n"
)
ENDLESS = {
    "sqlite": _COUNT,
    "postgresql": f"SELECT pg_sleep({LONG})",
    "mariadb": f"SELECT SLEEP({LONG})",
    "mysql": f"SELECT SLEEP({LONG})",
}
AT_WORK = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
    f" AND query LIKE 'SELECT pg_sleep({LONG})%'",
    "mariadb": "SELECT count(*) FROM information_schema.processlist"
    f" WHERE info LIKE 'SELECT SLEEP({LONG})%'",
}
AT_WORK["mysql"] = AT_WORK["mariadb"]


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))


@pytest.fixture(params=[*BACKENDS, *AWAITING_BACKENDS], ids=str)
def backend(request):
    request.param.require()
    with calls_to(request.param):
        yield request.param


@pytest.fixture
def anywhere(backend_url):
    engine = create_engine(backend_url)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(User), [{"id": 1, "name": "ada"}])
    yield engine
    close_all_sessions()
    engine.dispose()


@pytest.fixture
def memory():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(User), [{"id": 1, "name": "ada"}])
    yield engine
    engine.dispose()


def endless(engine):
    return text(ENDLESS[engine.dialect.name])


def are_at_work(engine):
    """How many of the endless statements the server is at work on, as seen from outside."""
    question = AT_WORK.get(engine.dialect.name)
    if question is None:
        return 0
    with engine.connect() as connection:
        return connection.scalar(text(question))


def test_a_statement_is_stopped_and_its_connection_goes_on(anywhere):
    with anywhere.connect() as connection:
        began = monotonic()
        with pytest.raises(StatementTimeout, match=r"stopped after 0\.2 s"):
            connection.execute(endless(anywhere), execution_options={"timeout": 0.2})

        assert monotonic() - began < 5
        connection.rollback()
        assert connection.scalar(select(User.name)) == "ada"
        end = monotonic() + 1
        while are_at_work(anywhere) and monotonic() < end:
            sleep(0.02)
        assert are_at_work(anywhere) == 0


SHORT = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < :much) "
    "SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(:much)",
    "mariadb": "SELECT SLEEP(:much)",
    "mysql": "SELECT SLEEP(:much)",
}


def test_what_ends_at_the_last_moment_lets_no_other_statement_be_stopped(anywhere):
    if anywhere.is_async:
        pytest.skip("tasks are cancelled by their loop: no other thread is in the race")
    server = anywhere.dialect.name
    failures, stopped = [], []

    def work(seed):
        chosen = random.Random(seed)
        for number in range(25):
            limit = chosen.choice((0.004, 0.01))
            much = limit * chosen.uniform(0.5, 1.5)
            try:
                with anywhere.connect() as connection:
                    try:
                        connection.execute(
                            text(SHORT[server]),
                            {"much": int(much * 4e6) if server == "sqlite" else much},
                            execution_options={"timeout": limit},
                        )
                    except StatementTimeout:
                        stopped.append(number)
                    connection.rollback()
                    assert connection.scalar(text(f"SELECT {number}")) == number
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert 0 < len(stopped) <= 100


def test_all_statements_of_a_session_end_by_its_deadline(anywhere):
    with Session(anywhere, deadline=0.3) as session:
        assert session.get(User, 1).name == "ada"
        assert 0 < session.deadline <= 0.3
        with pytest.raises(StatementTimeout, match="stopped"):
            session.execute(endless(anywhere))
        session.rollback()
        with pytest.raises(StatementTimeout, match="was not sent"):
            session.scalars(select(User)).all()
        assert session.deadline < 0
        session.rollback()

        session.deadline = None
        session.add(User(id=2, name="bob"))
        session.commit()
        assert session.scalars(select(User.name).order_by(User.id)).all() == ["ada", "bob"]


def test_a_deadline_holds_for_what_a_flush_writes(memory):
    with Session(memory, deadline=0.05) as session:
        session.add(User(id=2, name="bob"))
        sleep(0.1)
        with pytest.raises(StatementTimeout, match="was not sent"):
            session.commit()
        session.rollback()

        session.deadline = 60
        session.add(User(id=2, name="bob"))
        session.commit()
    with Session(memory) as session:
        assert session.scalar(select(func.count()).select_from(User)) == 2


def test_setting_a_deadline_reaches_the_transaction_in_progress(memory):
    with Session(memory) as session:
        assert session.deadline is None
        session.get(User, 1)
        with session.begin_nested():
            session.deadline = 0.01
            sleep(0.02)
            with pytest.raises(StatementTimeout):
                session.execute(select(User))
            session.deadline = 5
            assert session.scalars(select(User.name)).one() == "ada"


def test_a_connection_that_was_lent_has_no_deadline_afterwards(memory):
    with memory.connect() as connection:
        with Session(connection, deadline=0.01) as session:
            session.get(User, 1)
        sleep(0.02)

        assert connection.scalar(select(User.name)) == "ada"


WAYS = {
    "execute": lambda session, slow: session.execute(
        select(User.id, slow), execution_options={"timeout": 0.2}
    ),
    "statement": lambda session, slow: session.scalars(
        select(User).where(slow.is_not(None)).execution_options(timeout=0.2)
    ).all(),
    "entities": lambda session, slow: session.scalars(
        select(User).where(slow.is_not(None)), execution_options={"timeout": 0.2}
    ).all(),
    "query": lambda session, slow: (
        session.query(User).filter(slow.is_not(None)).execution_options(timeout=0.2).all()
    ),
    "update": lambda session, slow: session.execute(
        update(User).where(slow.is_not(None)).values(name="eve"),
        execution_options={"timeout": 0.2},
    ),
    "driver's SQL": lambda session, slow: session.connection().exec_driver_sql(
        f"SELECT slow({LONG})", execution_options={"timeout": 0.2}
    ),
}


@pytest.fixture
def slow(memory):
    """A function of SQL that takes long, but looks now and then whether it is to stop."""

    def wait(seconds):
        end = monotonic() + seconds
        while monotonic() < end and not wait.stopped:
            sleep(0.01)

    wait.stopped = False
    with memory.connect() as connection:
        raw = connection.connection.driver_connection
        raw.create_function("slow", 1, wait)
        stopping = timed.TimedConnection._timed

        def timed_and_stopped(self, request, arguments):
            timer = threading.Timer(0.4, lambda: setattr(wait, "stopped", True))
            timer.start()
            try:
                return stopping(self, request, arguments)
            finally:
                timer.cancel()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(timed.TimedConnection, "_timed", timed_and_stopped)
            yield func.slow(LONG)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_option_holds_however_a_statement_is_run(memory, slow, way):
    with Session(memory) as session:
        with pytest.raises(StatementTimeout):
            way(session, slow)
        session.rollback()
        assert session.get(User, 1).name == "ada"


@pytest.mark.parametrize("place", ["engine", "connection", "session"])
def test_the_option_holds_for_all_of_an_engine_a_connection_or_a_session(memory, slow, place):
    engine = memory.execution_options(timeout=0.2) if place == "engine" else memory
    options = {"timeout": 0.2} if place == "session" else {}
    with Session(engine, execution_options=options) as session:
        if place == "connection":
            session.connection(execution_options={"timeout": 0.2})
        with pytest.raises(StatementTimeout):
            session.execute(select(User.id, slow))
        session.rollback()
        # What has its own goes by that.
        options = {"timeout": None}
        assert session.scalar(select(User.name), execution_options=options) == "ada"


@pytest.mark.parametrize("seconds", [0, -1, "2", True, float("nan"), float("inf")])
def test_what_is_no_number_of_seconds_is_refused(memory, seconds):
    with memory.connect() as connection:
        with pytest.raises(ArgumentError, match="timeout="):
            connection.execute(select(1), execution_options={"timeout": seconds})
        with pytest.raises(ArgumentError, match="timeout="):
            connection.execution_options(timeout=seconds)
        assert connection.scalar(select(1)) == 1
    with pytest.raises(ArgumentError, match="deadline="):
        Session(memory, deadline=seconds)
    with pytest.raises(ArgumentError, match="deadline="):
        Session(memory).deadline = seconds


def test_a_wait_for_a_lock_ends_in_time_too(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}", connect_args={"timeout": LONG})
    Base.metadata.create_all(engine)
    with engine.connect() as holder, engine.connect() as waiting:
        holder.execute(insert(User), [{"id": 1, "name": "ada"}])
        began = monotonic()
        with pytest.raises(Exception, match="locked|stopped"):
            waiting.execute(
                insert(User), [{"id": 2, "name": "bob"}], execution_options={"timeout": 0.2}
            )
        assert monotonic() - began < 10
        waiting.rollback()
        holder.commit()
        # The wait of those without a limit is as long as before.
        raw = waiting.connection.driver_connection
        assert raw.execute("PRAGMA busy_timeout").fetchone() == (LONG * 1000,)
    engine.dispose()


def test_what_goes_around_the_requests_is_part_of_the_transaction_all_the_same(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    Base.metadata.create_all(engine)
    with engine.connect().execution_options(timeout=LONG) as connection:
        assert connection.execute(select(User.id)).all() == []
        raw = connection.connection.driver_connection
        raw.execute("INSERT INTO user_account VALUES (1, 'ada')")
        connection.rollback()
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(User)) == 0
    engine.dispose()


def test_the_session_of_a_scope_and_one_that_awaits_have_a_deadline(memory, tmp_path):
    scoped = scoped_session(sessionmaker(memory, deadline=5))
    assert 0 < scoped.deadline <= 5
    scoped.deadline = None
    assert scoped.deadline is None
    scoped.remove()

    async def main():
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
        async with AsyncSession(engine, deadline=0.2) as session:
            with pytest.raises(StatementTimeout):
                await session.execute(text(_COUNT))
            await session.rollback()
            session.deadline = 5
            assert await session.scalar(select(1)) == 1
        await engine.dispose()

    pytest.importorskip("aiosqlite")
    asyncio.run(main())


class _Wire:
    """A connection whose request ends when it is stopped, or by itself before that."""

    def __init__(self, *, answers):
        self.answers = answers
        self.stopped = threading.Event()
        self.pings = 0

    def fetch(self):
        if not self.answers:
            assert self.stopped.wait(LONG)
            raise KeyError("stopped")
        self.stopped.wait(LONG)
        return ["row"]

    def ping(self):
        self.pings += 1
        if self.pings == 1:
            raise KeyError("stopped in the place of another")


class _Driver:
    errors = (KeyError,)

    def stopper(self, wire, another):
        return wire.stopped.set

    def bound_waits(self, wire, seconds):
        return None


def test_a_limit_longer_than_any_lock_waits_does_not_end_the_watch(memory):
    with memory.connect() as connection:
        options = {"timeout": 1e12}
        assert connection.scalar(select(User.name), execution_options=options) == "ada"
        options = {"timeout": 0.2}
        with pytest.raises(StatementTimeout):
            connection.execute(text(_COUNT), execution_options=options)


def test_a_statement_is_stopped_where_no_thread_more_is_given(memory, monkeypatch):
    with memory.connect() as connection:
        connection.execute(select(1), execution_options={"timeout": LONG})

        def refuse(self):
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(StatementTimeout):
            connection.execute(text(_COUNT), execution_options={"timeout": 0.2})


def test_a_driver_that_can_stop_nothing_refuses_a_limit(memory, monkeypatch):
    monkeypatch.setattr(type(memory.backend), "stopper", Driver.stopper)
    with memory.connect() as connection:
        with pytest.raises(InvalidRequestError, match="can't stop a statement"):
            connection.execute(select(1), execution_options={"timeout": 1})
        assert connection.scalar(select(1)) == 1


def test_a_stop_that_comes_too_late_meets_no_other_statement():
    wire = _Wire(answers=True)
    connection = timed.TimedConnection(wire, TimeLimit(0.01, None), _Driver(), None)

    with pytest.raises(OutOfTime):
        connection.fetch()
    assert wire.pings == 2  # the first took the stop, the second found the connection at rest


def test_requests_that_end_in_time_are_watched_no_more():
    wire = _Wire(answers=True)
    wire.stopped.set()
    connection = timed.TimedConnection(wire, TimeLimit(LONG, None), _Driver(), None)

    assert [connection.fetch() for _ in range(100)] == [["row"]] * 100
    assert timed._dogs.current._moments == {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")
def test_a_child_process_has_a_watch_of_its_own(memory):
    with memory.connect() as connection:
        connection.execute(select(1), execution_options={"timeout": LONG})
    child = os.fork()
    if child == 0:
        wire = _Wire(answers=False)
        connection = timed.TimedConnection(wire, TimeLimit(0.01, None), _Driver(), None)
        try:
            connection.fetch()
        except OutOfTime:
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
