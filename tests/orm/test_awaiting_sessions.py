"""What an AsyncSession does as a Session does, and what it has besides."""

import asyncio
import copy
import pickle

import pytest

from dovetail import ForeignKey, event, exc, func, select, update
from dovetail.dialects.sqlite.awaiting import AioSqliteConnection
from dovetail.ext.asyncio import (
    AsyncAttrs,
    AsyncSession,
    async_object_session,
    async_session,
    create_async_engine,
)
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    object_session,
    relationship,
)


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Employee(Base):
    __tablename__ = "employee"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    notes: Mapped[str | None] = mapped_column(deferred=True)
    tasks: Mapped[list["Task"]] = relationship(order_by="Task.id", back_populates="owner")

    @property
    def summary(self):
        return f"{self.name}: {len(self.tasks)} tasks, {self.notes}"


class Engineer(Employee):
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Manager(Employee):
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Task(Base):
    __tablename__ = "task"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("employee.id"))
    owner: Mapped[Employee] = relationship(back_populates="tasks")


@pytest.fixture
def awaited(tmp_path):
    """Runs ``body(engine)`` on an engine with two employees and five tasks."""

    def run(body):
        async def whole():
            engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            async with AsyncSession(engine) as session:
                session.add(Engineer(id=1, name="a", notes="n", tasks=[Task(), Task(), Task()]))
                session.add(Manager(id=2, name="b", tasks=[Task(), Task()]))
                await session.commit()
            try:
                await body(engine)
            finally:
                await engine.dispose()

        asyncio.run(whole())

    return run


def statements(engine):
    sent = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *a: sent.append(a[2]))
    return sent


# get()


def test_get_asks_for_the_class_that_is_meant(awaited):
    async def body(engine):
        async with AsyncSession(engine) as session:
            engineer = await session.get(Employee, 1)
            assert await session.get(Engineer, 1) is engineer
            assert await session.get(Manager, 1) is None
            with pytest.raises(exc.NoResultFound):
                await session.get_one(Manager, 1)

    awaited(body)


def test_get_refuses_what_it_does_not_know(awaited):
    async def body(engine):
        async with AsyncSession(engine) as session:
            with pytest.raises(TypeError, match="populate_exsting"):
                await session.get(Employee, 1, populate_exsting=True)

    awaited(body)


def test_get_sends_sql_where_a_session_does(awaited):
    async def body(engine):
        sent = statements(engine)
        async with AsyncSession(engine) as session:
            found = await session.get(Employee, 1)
            sent.clear()
            session.expire(found, ["name"])
            assert await session.get(Employee, 1) is found
            assert sent == []
            session.expire(found)
            assert await session.get(Employee, 1) is found
            assert len(sent) == 1
            assert await session.get(Employee, 1, populate_existing=True) is found
            assert len(sent) == 2

    awaited(body)


def test_get_reads_where_bind_arguments_say(tmp_path):
    async def body():
        engines = [
            create_async_engine(f"sqlite+aiosqlite:///{tmp_path / name}.db") for name in "ab"
        ]
        for number, engine in enumerate(engines):
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            async with AsyncSession(engine) as session, session.begin():
                session.add(Employee(id=1, name="ab"[number]))
        for number, engine in enumerate(engines):
            async with AsyncSession(engines[0]) as session:
                found = await session.get(Employee, 1, bind_arguments={"bind": engine.sync_engine})
                assert found.name == "ab"[number]
            await engine.dispose()

    asyncio.run(body())


# Attributes that are awaited.


def test_an_attribute_that_is_not_loaded_can_be_awaited(awaited):
    async def body(engine):
        async with AsyncSession(engine) as session:
            employee = await session.get(Employee, 1)
            with pytest.raises(exc.AwaitingLoadError):
                _ = employee.tasks
            assert [task.id for task in await employee.awaitable_attrs.tasks] == [1, 2, 3]
            assert await employee.awaitable_attrs.notes == "n"
            await session.commit()
            assert await employee.awaitable_attrs.name == "a"
            with pytest.raises(AttributeError, match="nothing"):
                await employee.awaitable_attrs.nothing

    awaited(body)


def test_a_property_that_reads_several_of_them_can_be_awaited(awaited):
    async def body(engine):
        async with AsyncSession(engine) as session:
            employee = await session.get(Employee, 1)
            await session.commit()
            assert await employee.awaitable_attrs.summary == "a: 3 tasks, n"

    awaited(body)


def test_awaiting_in_a_loop_sends_a_statement_for_all(awaited):
    async def body(engine):
        async with AsyncSession(engine) as session:
            employees = (await session.scalars(select(Employee).order_by(Employee.id))).all()
            sent = statements(engine)
            counts = [len(await each.awaitable_attrs.tasks) for each in employees]
            assert counts == [3, 2]
            assert len(sent) <= 2

    awaited(body)


def test_attributes_of_an_instance_without_a_session(awaited):
    async def body(engine):
        alone = Employee(name="x")
        assert await alone.awaitable_attrs.name == "x"
        assert await alone.awaitable_attrs.tasks == []
        async with AsyncSession(engine) as session:
            employee = await session.get(Employee, 1)
        with pytest.raises(exc.DetachedInstanceError):
            await employee.awaitable_attrs.tasks

    awaited(body)


def test_a_read_that_would_await_leaves_the_transaction_as_it_is(awaited):
    async def body(engine):
        async with AsyncSession(engine) as session:
            employee = await session.get(Employee, 1)
            await session.commit()
            with pytest.raises(exc.AwaitingLoadError):
                _ = employee.name
            await session.refresh(employee)
            assert employee.name == "a"
            await session.execute(update(Employee).values(name="b"))
            await session.commit()
            assert await session.scalar(select(func.count()).where(Employee.name == "b")) == 2

    awaited(body)


# Which session, which connection.


def test_the_session_of_an_instance_is_the_one_that_is_awaited(awaited):
    async def body(engine):
        async with AsyncSession(engine) as session:
            employee = await session.get(Employee, 1)
            assert async_object_session(employee) is session
            assert async_session(session.sync_session) is session
            assert object_session(employee) is session.sync_session
            assert async_object_session(Employee(name="x")) is None
        assert async_session(Session()) is None
        with pytest.raises(exc.UnmappedInstanceError):
            async_object_session(object())

    awaited(body)


def test_connections_and_transactions_are_the_same_object_each_time(awaited):
    async def body(engine):
        async with AsyncSession(engine) as session:
            transaction = await session.begin()
            assert session.get_transaction() is transaction
            connection = await session.connection()
            assert await session.connection() is connection
            async with session.begin_nested() as nested:
                assert session.get_nested_transaction() is nested
                assert session.get_transaction() is transaction

    awaited(body)


def test_a_connection_is_given_options_before_it_begins(awaited):
    async def body(engine):
        async with AsyncSession(engine) as session:
            connection = await session.connection(
                execution_options={"isolation_level": "IMMEDIATE"}
            )
            assert await connection.get_isolation_level() == "IMMEDIATE"
            assert connection.sync_connection.get_execution_options()["isolation_level"]

    awaited(body)


def test_a_subclass_of_session_is_used_inside(awaited):
    class Own(Session):
        def label(self):
            return "own"

    async def body(engine):
        async with AsyncSession(engine, sync_session_class=Own) as session:
            assert session.sync_session.label() == "own"
            assert session.sync_session_class is Own
            assert (await session.get(Employee, 1)).name == "a"
            async with AsyncSession(engine, sync_session_class=Own) as other:
                assert type(other.sync_session) is type(session.sync_session)
        assert AsyncSession.sync_session_class is AsyncSession(engine).sync_session_class is Session

    awaited(body)


def test_a_class_of_awaited_sessions_may_say_what_is_inside(awaited):
    class Own(Session):
        pass

    class OwnAwaited(AsyncSession):
        sync_session_class = Own

    async def body(engine):
        begun = []
        event.listen(OwnAwaited, "after_begin", lambda session, *_: begun.append(session))
        async with OwnAwaited(engine) as session, AsyncSession(engine) as other:
            assert isinstance(session.sync_session, Own)
            await session.connection()
            await other.connection()
            assert begun == [session.sync_session]

    awaited(body)


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_work_in_a_block_whose_transaction_has_ended_is_refused(awaited, end):
    async def body(engine):
        async with AsyncSession(engine) as session:
            async with session.begin() as transaction:
                async with session.begin_nested() as savepoint:
                    await getattr(savepoint, end)()
                    with pytest.raises(exc.InvalidRequestError, match="block has ended"):
                        await session.get(Employee, 1)
                assert (await session.get(Employee, 1)).name == "a"
                await getattr(transaction, end)()
                with pytest.raises(exc.InvalidRequestError, match="block has ended"):
                    await session.scalar(select(1))
            assert (await session.get(Employee, 1)).name == "a"

    awaited(body)


def test_rows_stream_in_pieces_of_the_size_that_is_asked_for(awaited):
    async def body(engine):
        async with AsyncSession(engine) as session:
            statement = select(Task.id).order_by(Task.id).execution_options(yield_per=2)
            result = await session.stream(statement)
            parts = [list(part) async for part in result.scalars().partitions()]
            assert parts == [[1, 2], [3, 4], [5]]
            result = await session.stream(select(Task.id), execution_options={"yield_per": 4})
            assert [len(part) async for part in result.partitions()] == [4, 1]

    awaited(body)


def test_verbs_that_a_class_of_sessions_has_for_itself_are_awaited(awaited):
    called = []

    class Own(Session):
        def execute(self, *arguments, **keywords):
            called.append("execute")
            return super().execute(*arguments, **keywords)

        def commit(self):
            called.append("commit")
            self.scalar(select(1))
            super().commit()

        def get(self, *arguments, **keywords):
            found = super().get(*arguments, **keywords)
            called.append(f"get {found.name}")
            return found

    async def body(engine):
        async with AsyncSession(engine, sync_session_class=Own) as session:
            assert (await session.get(Employee, 1)).name == "a"
            assert (await session.execute(select(Task.id).order_by(Task.id))).scalars().first() == 1
            await session.commit()
            assert called == ["get a", "execute", "commit", "execute"]

    awaited(body)


def test_binds_are_what_awaits(awaited):
    async def body(engine):
        other = engine.execution_options(note=1)
        async with AsyncSession(engine, binds={Task: other}) as session:
            assert session.bind is engine
            assert session.binds == {Task: other}
            assert session.get_async_bind(Task) is other
            assert session.get_bind(Task) is other.sync_engine
            assert (await session.connection({"mapper": Task})).engine is other
            assert (await session.connection()).engine is engine
            assert session.get_transaction().bound_connection(Task).engine is other
            assert len(session.get_transaction().connections) == 2
            await session.rollback()
            session.bind_mapper(Employee, other)
            assert (await session.connection({"mapper": Employee})).engine is other
            session.bind = other
            assert session.sync_session.bind is other.sync_engine
            await session.rollback()
            session.sync_session.bind = engine.sync_engine
            assert session.bind is engine
            with pytest.raises(exc.ArgumentError, match="AsyncEngine"):
                session.bind_table(Task.__table__, engine.sync_engine)

    awaited(body)


def test_neither_sessions_nor_connections_are_pickled(awaited):
    async def body(engine):
        async with AsyncSession(engine) as session, engine.connect() as connection:
            for thing in (session, connection, engine):
                for refused in (pickle.dumps, copy.copy):
                    with pytest.raises(TypeError, match="can't be pickled or copied"):
                        refused(thing)

    awaited(body)


def test_a_stream_is_unique_unless_parts_were_asked_for(awaited):
    query = select(Task).order_by(Task.id)

    async def body(engine):
        async with AsyncSession(engine) as session:
            tasks = (await session.stream_scalars(query)).unique()
            assert [task.id async for task in tasks] == [1, 2, 3, 4, 5]
            in_parts = await session.stream_scalars(query, execution_options={"yield_per": 2})
            with pytest.raises(exc.InvalidRequestError, match="unique"):
                await in_parts.unique().all()

    awaited(body)


def test_a_result_is_read_in_one_way_after_the_other(awaited):
    query = select(Task.id, Task.owner_id).order_by(Task.id).execution_options(yield_per=2)

    async def body(engine):
        async with AsyncSession(engine) as session:
            result = await session.stream(query)
            async for row in result:
                assert row == (1, 1)
                break
            assert await result.fetchmany(1) == [(2, 1)]
            assert await result.scalars().fetchmany(1) == [3]
            assert await result.mappings().fetchone() == {"id": 4, "owner_id": 2}
            assert await result.columns("owner_id").all() == [(2,)]
            assert await result.all() == []
            result = await session.stream(query)
            assert await result.scalars("owner_id").unique().all() == [1, 2]
            result = (await session.stream(query)).columns(1).unique()
            assert [row async for row in result] == [(1,), (2,)]
            result = await session.stream(query)
            assert await result.first() == (1, 1)
            with pytest.raises(exc.ResourceClosedError):
                await result.all()
            async with await session.stream(query) as result:
                assert not result.closed
            assert result.closed

    awaited(body)


def test_a_read_that_is_cancelled_loses_no_unique_row(awaited, monkeypatch):
    query = select(Task.owner_id).order_by(Task.id).execution_options(yield_per=1)
    original, reads = AioSqliteConnection._visit, []

    async def visit(connection, function, *arguments, **options):
        reads.append(function)
        if len(reads) == 3:
            asyncio.current_task().cancel()
            await asyncio.sleep(0)
        return await original(connection, function, *arguments, **options)

    async def body(engine):
        async with AsyncSession(engine) as session:
            result = (await session.stream_scalars(query)).unique()
            monkeypatch.setattr(AioSqliteConnection, "_visit", visit)
            with pytest.raises(asyncio.CancelledError):
                await asyncio.create_task(result.fetchmany(2))
            assert await result.fetchmany(2) == [1, 2]

    awaited(body)
