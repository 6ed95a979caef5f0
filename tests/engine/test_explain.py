"""EXPLAIN as an object, on every server and driver."""

import asyncio

import pytest

from dovetail import (
    String,
    create_engine,
    create_mock_engine,
    event,
    insert,
    select,
    text,
    update,
)
from dovetail.exc import InvalidRequestError
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    scoped_session,
    sessionmaker,
    with_loader_criteria,
)
from tests.servers import AWAITING_BACKENDS, BACKENDS


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    born: Mapped[int]


BY_NAME = select(Person).where(Person.name == "person 5").order_by(Person.born)


@pytest.fixture
def engine(backend_url):
    engine = create_engine(backend_url)
    Base.metadata.create_all(engine)
    rows = [{"name": f"person {number}", "born": number} for number in range(3000)]
    with engine.begin() as connection:
        connection.execute(insert(Person), rows)
        if engine.name == "postgresql":
            connection.execute(text("ANALYZE person"))
    yield engine
    Base.metadata.drop_all(engine)
    engine.dispose()


def test_of_a_connection(engine):
    with engine.connect() as connection:
        plan = connection.explain(select(Person.born))

    assert plan.scans == ["person"]
    assert plan.indexes == []
    assert plan.sql.split() == ["SELECT", "person.born", "FROM", "person"]
    assert "person" in str(plan)
    assert str(plan) == plan.text
    assert plan.answer
    if engine.name == "postgresql":
        assert plan.cost > 0
        assert plan.tree.rows == 3000
    else:
        assert plan.cost is None


def test_of_a_session(engine):
    with Session(engine) as session:
        plan = session.explain(BY_NAME)

    assert plan.scans == []
    assert plan.indexes
    assert plan.uses_index(plan.indexes[0])
    assert list(plan.parameters.values() if isinstance(plan.parameters, dict) else plan.parameters)


def test_changes_are_explained_and_not_made(engine):
    with Session(engine) as session:
        plan = session.explain(update(Person).where(Person.id == 1).values(name="new"))
        added = session.explain(insert(Person).values(name="more", born=1))
        assert session.get(Person, 1).name == "person 0"
        assert session.scalars(select(Person).where(Person.name == "more")).all() == []

    assert plan.sql.startswith("UPDATE")
    assert added.sql.startswith("INSERT")


def test_with_what_it_has_really_taken(engine):
    with Session(engine) as session:
        if engine.name == "sqlite":
            with pytest.raises(InvalidRequestError, match="can't run a statement while"):
                session.explain(BY_NAME, analyze=True)
            return
        plan = session.explain(BY_NAME, analyze=True)

    told = [detail for node in plan.tree.walk() for detail in node.detail]
    assert {"Actual Rows", "r_rows"} & set(told)


def test_what_is_pending_is_flushed_and_filters_count(engine):
    with Session(engine) as session:
        session.add(Person(name="new", born=1))
        plan = session.explain(BY_NAME.options(with_loader_criteria(Person, Person.born > 3)))
        assert not session.new

    assert "born > " in plan.sql


def test_listeners_change_what_is_explained(engine):
    with Session(engine) as session:
        failures = []
        event.listen(engine, "handle_error", failures.append)

        @event.listens_for(session, "do_orm_execute")
        def limited(state):
            state.statement = state.statement.limit(3)

        assert "LIMIT" in session.explain(select(Person)).sql
        assert failures == []


def test_scoped_sessions(engine):
    scoped = scoped_session(sessionmaker(engine))
    assert scoped.explain(BY_NAME).indexes
    scoped.remove()


@pytest.mark.parametrize("backend", AWAITING_BACKENDS, ids=str)
def test_awaited(backend, databases, tmp_path):
    backend.require()

    async def main():
        engine = create_async_engine(databases.url(backend, tmp_path))
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
            await connection.execute(insert(Person).values(name="person 5", born=1))
        async with AsyncSession(engine) as session:
            plans = [await session.explain(BY_NAME)]
            connection = await session.connection()
            plans.append(await connection.explain(BY_NAME))
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
        await engine.dispose()
        return plans

    first, second = asyncio.run(main())
    assert first.tree.detail.keys() == second.tree.detail.keys()
    assert "person" in first.text


def test_a_dialect_that_has_no_way():
    engine = create_engine("sqlite://")
    engine.dialect.explaining = None
    with engine.connect() as connection:
        with pytest.raises(InvalidRequestError, match="has no way to explain"):
            connection.explain(select(Person))
        assert connection.scalar(text("SELECT 5")) == 5
    engine.dispose()
    assert create_mock_engine("sqlite://", print).dialect.explaining is not None


def test_there_is_a_driver_of_each_kind():
    assert BACKENDS
