"""One task at a time: every verb, while every other one waits for the database."""

import asyncio
import inspect
from types import SimpleNamespace

import pytest

from dovetail import ForeignKey, insert, select, text
from dovetail.dialects.sqlite.awaiting import AioSqliteConnection
from dovetail.exc import IllegalStateChangeError
from dovetail.ext.asyncio import (
    AsyncAttrs,
    AsyncConnection,
    AsyncSession,
    async_session,
    bridge,
    close_all_sessions,
    create_async_engine,
)
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    pets: Mapped[list["Pet"]] = relationship(cascade="all, delete-orphan")


class Pet(Base):
    __tablename__ = "pet"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))


PETS = select(Pet.id).order_by(Pet.id)


async def within_a_block(session):
    async with session.atomic():
        await session.flush()


SESSION_VERBS = {
    "aclose": lambda w: w.session.aclose(),
    "add": lambda w: w.session.add(Pet(owner_id=1)),
    "add_all": lambda w: w.session.add_all([Pet(owner_id=1)]),
    "atomic": lambda w: within_a_block(w.session),
    "begin": lambda w: w.session.begin(),
    "begin_nested": lambda w: w.session.begin_nested(),
    "bulk_insert_mappings": lambda w: w.session.bulk_insert_mappings(Pet, [{"owner_id": 1}]),
    "bulk_save_objects": lambda w: w.session.bulk_save_objects([Pet(owner_id=1)]),
    "bulk_update_mappings": lambda w: w.session.bulk_update_mappings(
        Pet, [{"id": 1, "owner_id": 1}]
    ),
    "close": lambda w: w.session.close(),
    "commit": lambda w: w.session.commit(),
    "connection": lambda w: w.session.connection(),
    "delete": lambda w: w.session.delete(w.owner),
    "delete_all": lambda w: w.session.delete_all([w.owner]),
    "execute": lambda w: w.session.execute(select(Owner)),
    "explain": lambda w: w.session.explain(select(Owner)),
    "expire": lambda w: w.session.expire(w.owner),
    "expire_all": lambda w: w.session.expire_all(),
    "expunge": lambda w: w.session.expunge(w.owner),
    "expunge_all": lambda w: w.session.expunge_all(),
    "flush": lambda w: w.session.flush(),
    "get": lambda w: w.session.get(Pet, 9),
    "get_by": lambda w: w.session.get_by(Pet, owner_id=9),
    "get_many": lambda w: w.session.get_many(Pet, [8, 9]),
    "get_one": lambda w: w.session.get_one(Pet, 2),
    "get_or_create": lambda w: w.session.get_or_create(Pet, id=9, defaults={"owner_id": 1}),
    "invalidate": lambda w: w.session.invalidate(),
    "load": lambda w: w.session.load(w.owner, Owner.pets),
    "merge": lambda w: w.session.merge(Pet(id=1, owner_id=1)),
    "merge_all": lambda w: w.session.merge_all([Pet(id=1, owner_id=1)]),
    "prepare": lambda w: w.session.prepare(),
    "refresh": lambda w: w.session.refresh(w.owner),
    "release": lambda w: w.session.release(),
    "write_token": lambda w: w.session.write_token(),
    "reset": lambda w: w.session.reset(),
    "rollback": lambda w: w.session.rollback(),
    "run_sync": lambda w: w.session.run_sync(lambda session: session.scalar(PETS)),
    "scalar": lambda w: w.session.scalar(PETS),
    "scalars": lambda w: w.session.scalars(select(Pet)),
    "stream": lambda w: w.session.stream(select(Pet)),
    "stream_scalars": lambda w: w.session.stream_scalars(PETS),
    "upsert": lambda w: w.session.upsert(Pet(id=1, owner_id=1)),
    "upsert_all": lambda w: w.session.upsert_all([Pet(id=1, owner_id=1)]),
}
"""Each verb of an AsyncSession that talks to the database, or changes what the session has."""

AROUND_SESSION = {
    "an attribute": lambda w: w.owner.awaitable_attrs.pets,
    "the transaction, committed": lambda w: w.session.get_transaction().commit(),
    "the transaction, rolled back": lambda w: w.session.get_transaction().rollback(),
    "a result, some": lambda w: w.result.fetchmany(1),
    "a result, all": lambda w: w.result.all(),
    "a result, one": lambda w: w.result.first(),
    "a result, closed": lambda w: w.result.close(),
    "a result, in a loop": lambda w: anext(w.result),
    "the connection": lambda w: w.connection.execute(text("SELECT 1")),
    "the connection, committed": lambda w: w.connection.commit(),
    "a savepoint of the connection": lambda w: w.connection.begin_nested(),
    "all sessions, closed": lambda w: close_all_sessions(),
}

READS = {
    "autoflush", "bind", "bind_mapper", "bind_table", "binds", "close_all", "deadline", "hold",
    "deleted", "dirty",
    "execution_options", "expire_on_commit", "get_async_bind", "get_bind",
    "get_nested_transaction", "get_transaction", "identity_key", "identity_map",
    "in_nested_transaction", "in_transaction", "info", "is_active", "is_modified", "lazy_policy",
    "outbox", "reads",
    "new", "no_autoflush", "object_session", "on_commit", "on_rollback",
    "run_steps", "sync_session_class", "watch",
}  # fmt: skip
"""What neither waits nor changes anything that a verb in progress relies on."""

QUIET = {
    "add", "add_all", "begin", "connection", "expire", "expire_all", "expunge", "expunge_all",
    "invalidate", "prepare", "release", "write_token",
}  # fmt: skip
"""What sends nothing in the state of these tests, so that nothing can come between."""

CLOSING = {"aclose", "close", "reset", "all sessions, closed"}
"""What detaches all instances before it waits."""

CONNECTION_VERBS = {
    "aclose": lambda w: w.connection.aclose(),
    "begin": lambda w: w.connection.begin(),
    "begin_nested": lambda w: w.connection.begin_nested(),
    "begin_twophase": lambda w: w.connection.begin_twophase(),
    "close": lambda w: w.connection.close(),
    "commit": lambda w: w.connection.commit(),
    "commit_prepared": lambda w: w.connection.commit_prepared("a"),
    "detach": lambda w: w.connection.detach(),
    "exec_driver_sql": lambda w: w.connection.exec_driver_sql("SELECT 1"),
    "schema_differences": lambda w: w.connection.schema_differences(Base.metadata),
    "execute": lambda w: w.connection.execute(text("SELECT 1")),
    "execution_options": lambda w: w.connection.execution_options(note=1),
    "explain": lambda w: w.connection.explain(text("SELECT 1")),
    "invalidate": lambda w: w.connection.invalidate(),
    "recover_twophase": lambda w: w.connection.recover_twophase(),
    "rollback": lambda w: w.connection.rollback(),
    "rollback_prepared": lambda w: w.connection.rollback_prepared("a"),
    "run_sync": lambda w: w.connection.run_sync(lambda c: c.scalar(text("SELECT 1"))),
    "scalar": lambda w: w.connection.scalar(text("SELECT 1")),
    "scalars": lambda w: w.connection.scalars(text("SELECT 1")),
    "stream": lambda w: w.connection.stream(text("SELECT 1")),
    "stream_scalars": lambda w: w.connection.stream_scalars(text("SELECT 1")),
}
AROUND_CONNECTION = {
    "its transaction, committed": lambda w: w.connection.get_transaction().commit(),
    "its transaction, rolled back": lambda w: w.connection.get_transaction().rollback(),
    "its transaction, closed": lambda w: w.connection.get_transaction().close(),
    "its result": lambda w: w.result.fetchmany(1),
    "a session on it": lambda w: w.session.scalar(text("SELECT 1")),
}
CONNECTION_READS = {
    "around", "closed", "connection", "default_isolation_level", "dialect",
    "get_execution_options", "get_isolation_level", "get_nested_transaction",
    "get_raw_connection", "get_transaction", "in_nested_transaction", "in_transaction", "info",
    "invalidated", "start", "sync_connection",
}  # fmt: skip
CONNECTION_QUIET = {
    "begin", "begin_twophase", "commit_prepared", "detach", "execution_options", "invalidate",
    "recover_twophase", "rollback_prepared",
}  # fmt: skip


class Gate:
    """Lets the next request to the driver stop before it is performed."""

    def __init__(self, monkeypatch):
        self.is_armed = False
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()
        original = AioSqliteConnection._visit

        async def visit(connection, function, *arguments, **options):
            if self.is_armed:
                self.is_armed = False
                self.reached.set()
                await self.go_on.wait()
            return await original(connection, function, *arguments, **options)

        monkeypatch.setattr(AioSqliteConnection, "_visit", visit)


async def called(verb, world):
    answer = verb(world)
    return await answer if inspect.isawaitable(answer) else answer


async def meet(world, gate, first, others):
    """Run *first* in a task until it waits, and *others* meanwhile; tell whether it waited."""
    gate.is_armed = True
    task = asyncio.create_task(called(first, world))
    waiting = asyncio.create_task(gate.reached.wait())
    await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    has_waited = gate.reached.is_set()
    if has_waited:
        for name, other in others.items():
            with pytest.raises(IllegalStateChangeError, match="another task is using this"):
                await called(other, world)
                pytest.fail(f"{name} was let in")
    waiting.cancel()
    gate.is_armed = False
    gate.go_on.set()
    await asyncio.gather(task, return_exceptions=not has_waited)
    return has_waited


@pytest.fixture
def on_engine(tmp_path):
    """Runs ``body(engine)`` where there is an owner with two pets."""

    def run(body):
        async def whole():
            engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
                await connection.execute(insert(Owner), {"id": 1, "name": "a"})
                await connection.execute(insert(Pet), [{"id": n, "owner_id": 1} for n in (1, 2)])
            try:
                await body(engine)
                assert engine.pool.checkedout() == 0
            finally:
                await engine.dispose()

        asyncio.run(whole())

    return run


def test_the_tables_have_every_verb():
    for class_, verbs, reads in (
        (AsyncSession, SESSION_VERBS, READS),
        (AsyncConnection, CONNECTION_VERBS, CONNECTION_READS),
    ):
        assert {name for name in dir(class_) if name[0] != "_"} == verbs.keys() | reads


@pytest.mark.parametrize("first", [*SESSION_VERBS, *AROUND_SESSION])
def test_no_verb_of_a_session_is_let_in_while_another_waits(on_engine, monkeypatch, first):
    verbs = SESSION_VERBS | AROUND_SESSION

    async def body(engine):
        gate = Gate(monkeypatch)
        async with AsyncSession(engine, expire_on_commit=False) as session:
            owner = await session.get_one(Owner, 1)
            await session.execute(insert(Pet), {"id": 3, "owner_id": 1})
            world = SimpleNamespace(
                session=session,
                owner=owner,
                connection=await session.connection(),
                result=await session.stream(PETS.execution_options(yield_per=1)),
            )
            if first == "flush":
                session.add(Pet(id=4, owner_id=1))
            others = dict(verbs)
            if first in CLOSING:
                del others["an attribute"]
            waited = await meet(world, gate, verbs[first], others)
            assert waited == (first not in QUIET)
            # Nothing was harmed: the session goes on.
            await session.rollback()
            assert (await session.scalars(PETS)).all()[:2] == [1, 2]
            assert await session.get(Owner, 1) is not None

    on_engine(body)


@pytest.mark.parametrize("first", [*CONNECTION_VERBS, *AROUND_CONNECTION])
def test_no_verb_of_a_connection_is_let_in_while_another_waits(on_engine, monkeypatch, first):
    verbs = CONNECTION_VERBS | AROUND_CONNECTION

    async def body(engine):
        gate = Gate(monkeypatch)
        async with engine.connect() as connection:
            await connection.execute(insert(Pet), {"id": 3, "owner_id": 1})
            world = SimpleNamespace(
                connection=connection,
                result=await connection.stream(PETS, execution_options={"yield_per": 1}),
                session=AsyncSession(connection),
            )
            waited = await meet(world, gate, verbs[first], verbs)
            assert waited == (first not in CONNECTION_QUIET)
        async with engine.connect() as connection:
            assert (await connection.scalars(PETS)).all()[:2] == [1, 2]

    on_engine(body)


def test_a_session_is_used_by_one_task_after_the_other(on_engine):
    async def body(engine):
        async with AsyncSession(engine) as session:
            for _ in range(3):
                await asyncio.create_task(session.scalars(PETS))
            assert await asyncio.wait_for(session.scalar(PETS), 5) == 1
            async with asyncio.timeout(5):
                assert await session.scalar(PETS) == 1

    on_engine(body)


@pytest.mark.parametrize("with_greenlet", [True, False])
def test_blocking_code_may_await_what_its_own_task_uses(on_engine, monkeypatch, with_greenlet):
    if not with_greenlet:
        monkeypatch.setattr(bridge, "greenlet", None)

    def blocking(session):
        return bridge.await_only(async_session(session).scalar(PETS))

    async def body(engine):
        async with AsyncSession(engine) as session:
            assert await session.run_sync(blocking) == 1

    on_engine(body)


def test_a_connection_is_started_by_one_task(on_engine):
    async def body(engine):
        await engine.dispose()
        connection = engine.connect()
        answers = await asyncio.gather(
            connection.start(), connection.start(), return_exceptions=True
        )
        assert answers[0] is connection
        assert isinstance(answers[1], IllegalStateChangeError)
        await connection.close()

    on_engine(body)
