"""Listeners to awaiting engines and sessions can't await, and send statements all the same."""

import asyncio

import pytest

from dovetail import ForeignKey, String, event, func, insert, select, text
from dovetail.exc import MissingGreenlet
from dovetail.ext.asyncio import AsyncSession, bridge, create_async_engine
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from tests.servers import AWAITING_BACKENDS

pytest.importorskip("greenlet", reason="blocking listeners send through greenlet")


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    pets: Mapped[list["Pet"]] = relationship()


class Pet(Base):
    __tablename__ = "pet"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owner.id"))


class Entry(Base):
    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(40))


@pytest.fixture
def listening():
    """Listens as ``event.listen()`` does, until the end of the test."""
    heard = []

    def listen(*arguments, **options):
        heard.append(arguments)
        event.listen(*arguments, **options)

    yield listen
    for arguments in heard:
        event.remove(*arguments)


@pytest.fixture(params=AWAITING_BACKENDS, ids=str)
def backend(request):
    request.param.require()
    return request.param


@pytest.fixture
def on_engine(backend_url):
    def run(body):
        async def whole():
            engine = create_async_engine(backend_url)
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
                await connection.execute(insert(Owner), {"name": "a"})
                await connection.execute(insert(Pet), {"owner_id": 1})
            try:
                await body(engine)
                assert engine.pool.checkedout() == 0
            finally:
                await engine.dispose()

        asyncio.run(whole())

    return run


def test_what_listens_to_a_session_may_query_and_load(on_engine, listening):
    seen = []

    def before_flush(session, context, instances):
        seen.append(session.scalar(select(func.count(Owner.id))))
        seen.append(len(session.get(Owner, 1).pets))
        session.add(Entry(text="flushed"))

    def after_begin(session, transaction, connection):
        seen.append(connection.scalar(text("SELECT 7")))

    async def body(engine):
        async with AsyncSession(engine) as session:
            listening(session, "before_flush", before_flush)
            listening(session, "after_begin", after_begin)
            session.add(Owner(name="b"))
            await session.commit()
            assert seen == [7, 1, 1]
            assert (await session.scalars(select(Entry.text))).all() == ["flushed"]

    on_engine(body)


def test_what_listens_to_a_class_of_sessions_may_query(on_engine, listening):
    seen = []
    listening(
        Session,
        "do_orm_execute",
        lambda state: seen.append(state.session.connection().scalar(text("SELECT 3"))),
    )

    async def body(engine):
        async with AsyncSession(engine) as session:
            assert (await session.scalars(select(Pet))).one().id == 1
            assert seen == [3]

    on_engine(body)


def test_what_listens_to_rows_may_write_others(on_engine, listening):
    def note(mapper, connection, target):
        connection.execute(insert(Entry), {"text": target.name})

    listening(Owner, "before_insert", note)
    listening(Owner, "after_update", note)

    async def body(engine):
        async with AsyncSession(engine) as session:
            owner = Owner(name="b")
            session.add(owner)
            await session.flush()
            owner.name = "c"
            await session.commit()
            entries = select(Entry.text).order_by(Entry.id)
            assert (await session.scalars(entries)).all() == ["b", "c"]

    on_engine(body)


def test_what_listens_to_instances_may_load(on_engine, listening):
    seen = []
    listening(Owner, "load", lambda owner, context: seen.append(len(owner.pets)))

    async def body(engine):
        async with AsyncSession(engine) as session:
            await session.get(Owner, 1)
            assert seen == [1]

    on_engine(body)


def test_what_listens_to_an_engine_may_send(on_engine, listening):
    seen = []

    async def body(engine):
        def connected(raw, record):
            cursor = raw.cursor()
            cursor.execute("SELECT 1")
            seen.append([tuple(row) for row in cursor.fetchall()])
            cursor.close()

        listening(engine.sync_engine, "connect", connected)
        listening(
            engine.sync_engine, "engine_connect", lambda c: seen.append(c.scalar(text("SELECT 2")))
        )
        await engine.dispose()
        async with engine.connect() as connection:
            assert seen == [[(1,)], 2]
            assert await connection.scalar(text("SELECT 5")) == 5
        async with AsyncSession(engine) as session:
            assert await session.scalar(text("SELECT 6")) == 6
        assert seen == [[(1,)], 2, 2]

    on_engine(body)


def test_a_failure_in_a_listener_reaches_the_task(on_engine, listening):
    def refuse(session, context, instances):
        session.scalar(text("SELECT no_such_function()"))

    async def body(engine):
        async with AsyncSession(engine) as session:
            listening(session, "before_flush", refuse)
            session.add(Pet(id=5))
            with pytest.raises(Exception, match="no_such_function"):
                await session.commit()
            await session.rollback()
            assert await session.get(Pet, 5) is None

    on_engine(body)


def test_a_task_cancelled_in_a_listener_leaves_nothing_behind(on_engine, listening):
    def slow(session, context, instances):
        asyncio.current_task().cancel()
        session.scalar(text("SELECT 1"))

    async def body(engine):
        async with AsyncSession(engine) as session:
            listening(session, "before_flush", slow)
            session.add(Pet(id=5))
            with pytest.raises(asyncio.CancelledError):
                await asyncio.create_task(session.commit())
            await session.rollback()
            assert await session.get(Pet, 5) is None

    on_engine(body)


def test_without_greenlets_a_listener_that_sends_is_told_so(on_engine, listening, monkeypatch):
    monkeypatch.setattr(bridge, "greenlet", None)

    async def body(engine):
        async with AsyncSession(engine) as session:
            listening(session, "before_flush", lambda s, *_: s.scalar(text("SELECT 1")))
            session.add(Pet(id=5))
            with pytest.raises(MissingGreenlet) as caught:
                await session.commit()
            assert "greenlet" in caught.value.hint

    on_engine(body)


def test_who_holds_a_connection_is_known_while_somebody_listens(on_engine, listening):
    async def borrow(engine):
        async with AsyncSession(engine) as session:
            await session.scalar(text("SELECT 1"))
            return engine.pool.holders()

    async def body(engine):
        listening(engine.sync_engine, "before_cursor_execute", lambda *_: None)
        (holder,) = await borrow(engine)
        assert holder.function.endswith("<locals>.borrow")
        assert holder.filename == __file__

    on_engine(body)


def test_what_listens_to_a_pool_may_send_at_each_stage_of_a_loan(on_engine, listening):
    seen = []

    def sends(number):
        def listener(raw, *_):
            cursor = raw.cursor()
            cursor.execute(f"SELECT {number}")
            seen.append(cursor.fetchone()[0])
            cursor.close()

        return listener

    async def body(engine):
        for number, name in enumerate(("connect", "checkout", "reset", "checkin")):
            listening(engine.sync_engine, name, sends(number))
        await engine.dispose()
        for _ in range(2):
            async with engine.connect() as connection:
                assert await connection.scalar(text("SELECT 9")) == 9
        assert seen == [0, 1, 2, 3, 1, 2, 3]
        async with AsyncSession(engine) as session:
            assert await session.scalar(text("SELECT 9")) == 9
        assert seen[7:] == [1, 2, 3]

    on_engine(body)


def test_the_connection_that_listeners_get_reaches_that_of_the_driver(on_engine, listening):
    seen = []

    async def own(connection):
        await asyncio.sleep(0)
        return connection

    async def body(engine):
        listening(
            engine.sync_engine,
            "connect",
            lambda raw, record: seen.append((raw.run_async(own), raw.driver_connection)),
        )
        await engine.dispose()
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            assert seen == [(raw.driver_connection, raw.driver_connection)]

    on_engine(body)


def test_a_default_that_is_given_the_context_may_send(on_engine):
    class Own(DeclarativeBase):
        pass

    async def body(engine):
        def number(context):
            with engine.sync_engine.connect() as connection:
                return connection.scalar(text("SELECT 41")) + 1

        class Ticket(Own):
            __tablename__ = "ticket_of_default"
            id: Mapped[int] = mapped_column(primary_key=True, default=number)

        async with engine.begin() as connection:
            await connection.run_sync(Own.metadata.drop_all)
            await connection.run_sync(Own.metadata.create_all)
        async with AsyncSession(engine) as session:
            session.add(Ticket())
            await session.commit()
            assert (await session.scalars(select(Ticket.id))).all() == [42]
        async with engine.begin() as connection:
            await connection.run_sync(Own.metadata.drop_all)

    on_engine(body)
