"""Events that are written with what they tell of, and delivered at least once, in their order."""

import asyncio
import random
import subprocess
import sys
import textwrap
import threading
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from dovetail import MetaData, create_engine, event, func, select
from dovetail.exc import (
    ArgumentError,
    DovetailDeprecationWarning,
    IntegrityError,
    InvalidRequestError,
    OperationalError,
)
from dovetail.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from dovetail.ext.outbox import Event, Outbox
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from tests.loop_thread import calls_to
from tests.servers import AWAITING_BACKENDS, BACKENDS


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[int] = mapped_column(default=0)


outbox = Outbox(Base.metadata)

DRIVERS = ("sqlite+pysqlite", "postgresql+psycopg", "mariadb+pymysql")
ONE_EACH = [each for each in BACKENDS if each.name in DRIVERS]


@pytest.fixture(params=[*BACKENDS, *AWAITING_BACKENDS], ids=str)
def backend(request):
    request.param.require()
    with calls_to(request.param):
        yield request.param


@pytest.fixture
def anywhere(backend_url):
    engine = create_engine(backend_url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def file(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def write(engine, *events):
    with Session(engine, outbox=outbox) as session, session.begin():
        session.outbox.add(*events)


def topics(engine, **options):
    return [each.topic for each in outbox.relay(engine, **options)]


# What is written -------


def test_an_event_is_there_with_what_it_tells_of(anywhere):
    with Session(anywhere, outbox=outbox) as session:
        session.add(Order(id=7))
        placed = Event("order.placed", {"order": 7, "tags": ["a", None]}, key="order-7")
        session.outbox.add(placed)
        assert topics(anywhere) == []
        session.commit()

    [found] = outbox.relay(anywhere)
    assert (found.topic, found.payload, found.key) == (placed.topic, placed.payload, placed.key)
    assert (found.id, found.created_at, found.attempts) == (placed.id, placed.created_at, 0)
    assert topics(anywhere) == []


def test_what_is_rolled_back_is_not_told(file):
    with Session(file, outbox=outbox) as session:
        session.outbox.add(Event("never"))
        session.rollback()
        session.outbox.add(Event("first"))
        with session.begin_nested() as savepoint:
            session.outbox.add(Event("never"))
            savepoint.rollback()
        with session.begin_nested():
            session.outbox.add(Event("second"))
        session.commit()
        session.commit()
        session.outbox.add(Event("never"))

    assert topics(file) == ["first", "second"]


def test_an_event_is_lost_with_a_commit_that_fails(file):
    write(file)
    with Session(file, outbox=outbox) as session:
        session.add(Order(id=1))
        session.commit()
        session.expunge_all()
        session.outbox.add(Event("never"))
        session.add(Order(id=1))
        with pytest.raises(IntegrityError):
            session.commit()
        session.rollback()
        session.commit()

    assert topics(file) == []


def test_events_are_written_after_all_rows(file, statements_of):
    with Session(file, outbox=outbox) as session:
        session.outbox.add(Event("placed"), Event("paid"))
        session.add(Order(id=7))
        with statements_of(file) as sent:
            session.commit()

    assert [sql.split(" (")[0] for sql in sent] == ["INSERT INTO orders", "INSERT INTO outbox"]


@pytest.fixture
def statements_of():
    @contextmanager
    def listen(engine):
        sent = []

        def note(_connection, _cursor, sql, *_others):
            sent.append(sql)

        event.listen(engine, "before_cursor_execute", note)
        yield sent
        event.remove(engine, "before_cursor_execute", note)

    return listen


def test_a_transaction_that_is_run_again_tells_once(file):
    times = []

    def work(session):
        times.append(1)
        session.outbox.add(Event("placed"))
        if len(times) == 1:
            raise locked()
        session.add(Order(id=7))

    sessionmaker(file, outbox=outbox).run(work)

    assert len(times) == 2
    assert topics(file) == ["placed"]


def locked():
    error = OperationalError("UPDATE", {}, Exception("locked"))
    error.retry_scope = "transaction"
    return error


def test_a_session_that_was_given_a_connection_writes_with_it(file):
    with file.connect() as connection:
        with Session(connection, outbox=outbox) as session:
            session.outbox.add(Event("placed"))
            session.commit()
        connection.rollback()
        with Session(connection, outbox=outbox) as session:
            session.outbox.add(Event("kept"))
            session.commit()

    assert topics(file) == ["placed", "kept"]


def test_what_listens_tells_in_a_session_without_a_lasting_transaction(file):
    with pytest.warns(DovetailDeprecationWarning):
        session = Session(file, outbox=outbox, autocommit=True)

    @event.listens_for(session, "after_flush")
    def tell(session, context):
        session.outbox.add(*(Event("placed", each.id) for each in session.new))

    session.add(Order(id=7))
    session.flush()
    assert [each.payload for each in outbox.relay(file)] == [7]

    session.add(Order(id=8))
    outbox.table.drop(file)
    with pytest.raises(OperationalError):
        session.flush()
    assert file.pool.checkedout() == 0
    assert session.query(Order).count() == 1
    session.close()


@pytest.mark.parametrize("wrong", [None, "order.paid", {"topic": "order.paid"}])
def test_only_events_are_taken(file, wrong):
    with Session(file, outbox=outbox) as session:
        with pytest.raises(ArgumentError, match="an outbox takes events"):
            session.outbox.add(Event("placed"), wrong)
        session.commit()

    assert topics(file) == []


@pytest.mark.parametrize(
    "wrong", [{"topic": ""}, {"topic": "x" * 201}, {"topic": 7}, {"topic": "a", "key": ""},
              {"topic": "a", "key": 7}]
)  # fmt: skip
def test_topics_and_keys_are_texts_that_fit(wrong):
    with pytest.raises(ArgumentError, match="1 to 200 characters"):
        Event(**wrong)


def test_a_session_without_an_outbox_says_so(file):
    with Session(file) as session, pytest.raises(InvalidRequestError, match="no outbox"):
        session.outbox.add(Event("placed"))
    with pytest.raises(ArgumentError, match="an Outbox is needed"):
        Session(file, outbox=Base.metadata)


def test_several_outboxes_have_tables_of_their_own(file):
    metadata = MetaData()
    mail, audit = Outbox(metadata, "mail"), Outbox(metadata, "audit")
    metadata.create_all(file)
    for each in (mail, audit):
        with Session(file, outbox=each) as session:
            session.outbox.add(Event(each.table.name))
            session.commit()

    assert [each.topic for each in mail.relay(file)] == ["mail"]
    assert [each.topic for each in audit.relay(file)] == ["audit"]


# What is delivered -------


def test_events_come_in_their_order_batch_by_batch(anywhere):
    for number in range(7):
        write(anywhere, *(Event(f"{number}.{key}", key=key) for key in ("a", "b", None)))

    found = topics(anywhere, batch=4)

    assert sorted(found) == sorted(f"{n}.{key}" for n in range(7) for key in ("a", "b", None))
    for key in ("a", "b"):
        assert [each for each in found if each.endswith(key)] == [f"{n}.{key}" for n in range(7)]


def test_a_loop_that_is_left_keeps_the_event_at_which_it_was(file):
    write(file, *(Event(str(number)) for number in range(5)))

    with pytest.raises(KeyError):
        for each in outbox.relay(file):
            if each.topic == "2":
                raise KeyError
    assert file.pool.checkedout() == 0
    for each in outbox.relay(file):
        assert each.topic == "2"
        break

    assert topics(file) == ["2", "3", "4"]


def test_what_is_postponed_holds_back_its_key_alone(anywhere):
    write(anywhere, *(Event(f"{key}{n}", key=key) for n in range(2) for key in ("a", "b")))
    found = []
    for _ in range(2):
        for each in outbox.relay(anywhere):
            found.append((each.topic, each.attempts))
            if each.topic == "a0" and each.attempts < 2:
                each.postpone(0)
        found.append("nothing more")

    assert found == [
        *[("a0", 0), ("b0", 0), ("b1", 0), ("a0", 1), "nothing more"],
        *[("a0", 2), ("a1", 0), "nothing more"],
    ]


def test_keys_that_the_database_does_not_tell_apart_block_nobody(anywhere):
    keys = ["a", "A", "a ", "b", "a", "A"]
    for number, key in enumerate(keys):
        write(anywhere, Event(str(number), key=key))

    found = [(each.topic, each.key) for each in outbox.relay(anywhere)]

    assert sorted(found) == [(str(number), key) for number, key in enumerate(keys)]
    for key in set(keys):
        of_key = [topic for topic, other in found if other == key]
        assert of_key == sorted(of_key)


def test_what_is_postponed_for_some_time_comes_then(anywhere):
    write(anywhere, Event("a", key="k"), Event("b", key="k"))
    for each in outbox.relay(anywhere):
        each.postpone(60)

    assert topics(anywhere) == []
    with anywhere.begin() as connection:
        earlier = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=1)
        due = outbox.table.update().where(outbox.table.c.due_at.is_not(None)).values(due_at=earlier)
        assert connection.execute(due).rowcount == 1
    assert topics(anywhere) == ["a", "b"]


def test_nothing_is_delivered_that_only_was_postponed(file):
    write(file, Event("a"))
    rounds = 0
    for each in outbox.relay(file):
        rounds += 1
        each.postpone(0)

    assert rounds == 1
    with pytest.raises(ArgumentError, match="0 seconds or more"):
        each.postpone(-1)


def test_what_is_postponed_keeps_nobody_else_from_coming(file):
    write(file, *(Event(str(number)) for number in range(7)))
    found = []
    for each in outbox.relay(file, batch=2):
        found.append(each.topic)
        if int(each.topic) < 5:
            each.postpone(60)

    assert found == list("0123456")
    assert topics(file) == []


def test_a_relay_that_waits_finds_what_comes_later(file):
    write(file, Event("now"))
    found = []
    for each in outbox.relay(file, wait=0.01):
        found.append(each.topic)
        if each.topic == "now":
            threading.Timer(0.05, write, (file, Event("later"), Event("last"))).start()
        elif each.topic == "last":
            break

    assert found == ["now", "later", "last"]


@pytest.mark.parametrize(("option", "value"), [("batch", 0), ("batch", 1.5), ("wait", -1)])
def test_a_relay_refuses_what_it_cant_do(file, option, value):
    with pytest.raises(ArgumentError, match=option):
        outbox.relay(file, **{option: value})


def test_a_relay_has_connections_of_its_own(file):
    with file.connect() as connection, pytest.raises(ArgumentError, match="AsyncEngine"):
        outbox.relay(connection)


@pytest.mark.parametrize("backend", ONE_EACH[1:], ids=str, indirect=True)
def test_relays_share_the_work_and_keep_the_order_of_keys(anywhere):
    keys = [f"k{number}" for number in range(12)]
    rng = random.Random(7)
    order = [rng.choice(keys) for _ in range(600)]
    for start in range(0, 600, 20):
        write(anywhere, *(Event(f"{n}", key=order[n]) for n in range(start, start + 20)))
    told, failures = [], []
    start = threading.Barrier(4)

    def deliver():
        try:
            start.wait()
            idle = 0
            while idle < 3:
                got = 0
                for each in outbox.relay(anywhere, batch=10):
                    told.append(int(each.topic))
                    got += 1
                idle = 0 if got else idle + 1
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert sorted(told) == list(range(600))
    for key in keys:
        own = [n for n in told if order[n] == key]
        assert own == sorted(own)


RELAY = """
    import sys
    from dovetail import MetaData, create_engine
    from dovetail.ext.outbox import Outbox

    outbox = Outbox(MetaData())
    with open(sys.argv[2], "a", buffering=1) as told:
        for event in outbox.relay(create_engine(sys.argv[1]), batch=20):
            told.write(f"{event.id} {event.key} {event.payload}\\n")
"""


@pytest.mark.parametrize("backend", ONE_EACH, ids=str, indirect=True)
def test_relays_that_are_killed_lose_nothing_and_keep_the_order(anywhere, tmp_path):
    rng = random.Random(11)
    keys = [f"k{number}" for number in range(5)]
    given = [Event("told", number, key=rng.choice(keys)) for number in range(1000)]
    for start in range(0, 1000, 50):
        write(anywhere, *given[start : start + 50])
    program, log = tmp_path / "relay.py", tmp_path / "told"
    program.write_text(textwrap.dedent(RELAY))
    url = anywhere.url.render_as_string(hide_password=False)
    kills = 0
    while True:
        relay = subprocess.Popen([sys.executable, program, url, log])
        limit = (kills + 1) * 150
        while relay.poll() is None and kills < 4:
            if log.exists() and len(log.read_text().splitlines()) >= limit:
                relay.kill()
                kills += 1
                break
        if relay.wait() == 0:
            break

    lines = [line.split() for line in log.read_text().splitlines() if line.count(" ") == 2]
    first = list({name: (key, int(number)) for name, key, number in reversed(lines)}.items())[::-1]
    assert kills == 4
    assert len(lines) >= 1000
    assert sorted(number for _, (_, number) in first) == list(range(1000))
    for key in keys:
        own = [number for _, (of, number) in first if of == key]
        assert own == sorted(own)
    assert {name for name, _ in first} == {str(each.id) for each in given}


# Awaiting -------


@pytest.mark.parametrize("backend", AWAITING_BACKENDS, ids=str, indirect=True)
def test_awaiting(anywhere):
    asyncio.run(write_and_read(anywhere.url))


async def write_and_read(url):
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine, outbox=outbox)
    async with factory.begin() as session:
        session.add(Order(id=1))
        session.outbox.add(*(Event(str(number), key="k") for number in range(4)))
    async with AsyncSession(engine) as session:
        assert await session.scalar(select(func.count()).select_from(outbox.table)) == 4

    async with aclosing(outbox.relay(engine, batch=3)) as events:
        async for each in events:
            if each.topic == "2":
                break
    assert engine.pool.checkedout() == 0
    assert [each.topic async for each in outbox.relay(engine)] == ["2", "3"]

    found = []
    async with aclosing(outbox.relay(engine, wait=0.01)) as events:
        async with factory.begin() as session:
            session.outbox.add(Event("late"), Event("last"))
        async for each in events:
            found.append(each.topic)
            if each.topic == "last":
                break
    assert found == ["late", "last"]
    await engine.dispose()


def test_a_relay_that_is_cancelled_gives_its_connection_back(tmp_path):
    asyncio.run(cancel_in_the_middle(tmp_path))


async def cancel_in_the_middle(tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine, outbox=outbox) as session:
        session.outbox.add(*(Event(str(number)) for number in range(5)))
        await session.commit()
    reached = asyncio.Event()

    async def deliver():
        async with aclosing(outbox.relay(engine)) as events:
            async for each in events:
                if each.topic == "2":
                    reached.set()
                    await asyncio.sleep(60)

    task = asyncio.create_task(deliver())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert engine.pool.checkedout() == 0
    assert [each.topic async for each in outbox.relay(engine)] == ["2", "3", "4"]
    await engine.dispose()
