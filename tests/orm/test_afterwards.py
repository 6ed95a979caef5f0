"""What is done once a transaction has ended, and blocks that happen as a whole."""

import asyncio

import pytest

import dovetail as dv
from dovetail.exc import (
    AfterCommitError,
    ArgumentError,
    Deadlock,
    Disconnected,
    DovetailDeprecationWarning,
    DovetailWarning,
    IntegrityError,
    InvalidRequestError,
    PendingRollbackError,
)
from dovetail.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "afterwards_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(unique=True)


@pytest.fixture
def engine(tmp_path):
    engine = dv.create_engine(f"sqlite:///{tmp_path / 'notes.db'}")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def told(session):
    """A function that lets the transaction tell of its end as *name*, and what was told."""
    heard = []

    def tell(name):
        session.on_commit(lambda: heard.append(f"{name} committed"))
        session.on_rollback(lambda: heard.append(f"{name} rolled back"))

    tell.heard = heard
    return tell


def texts(engine):
    with Session(engine) as session:
        return session.scalars(dv.select(Note.text).order_by(Note.id)).all()


# on_commit, on_rollback ---------------------------------------------------------------------------


def test_they_are_called_at_the_end_and_once(session, told):
    told("first")
    told("second")
    session.add(Note(text="a"))
    session.flush()
    assert told.heard == []
    session.commit()
    assert told.heard == ["first committed", "second committed"]
    session.commit()
    assert len(told.heard) == 2


def test_after_a_rollback_the_others_are(session, told):
    told("it")
    session.rollback()
    session.commit()
    assert told.heard == ["it rolled back"]


def test_closing_rolls_back(session, told):
    told("it")
    session.close()
    assert told.heard == ["it rolled back"]


def test_a_savepoint_that_is_rolled_back_forgets_its_own(session, told):
    told("outer")
    savepoint = session.begin_nested()
    told("inner")
    savepoint.rollback()
    assert told.heard == ["inner rolled back"]
    session.commit()
    assert told.heard == ["inner rolled back", "outer committed"]


def test_a_savepoint_that_is_released_waits_for_the_transaction(session, told):
    with session.begin_nested():
        told("inner")
        with session.begin_nested():
            told("innermost")
    assert told.heard == []
    session.commit()
    assert told.heard == ["inner committed", "innermost committed"]


def test_what_was_released_is_rolled_back_with_what_is_around(session, told):
    session.add(Note(text="a"))
    with session.begin_nested():
        told("inner")
    session.rollback()
    assert told.heard == ["inner rolled back"]


def test_a_failed_flush_calls_them_when_it_is_rolled_back(session, told):
    told("it")
    session.add_all([Note(text="a"), Note(text="a")])
    with pytest.raises(IntegrityError):
        session.commit()
    with pytest.raises(PendingRollbackError):
        session.on_commit(lambda: None)
    session.rollback()
    assert told.heard == ["it rolled back"]


def test_the_session_can_be_used_in_them_and_holds_no_connection(session, engine):
    seen = []

    def after():
        assert engine.pool.checkedout() == 0
        assert not session.in_transaction()
        seen.append(session.scalars(dv.select(Note.text)).all())

    session.add(Note(text="a"))
    session.on_commit(after)
    session.commit()
    assert seen == [["a"]]


def test_one_given_in_another_belongs_to_the_next_transaction(session, told):
    session.on_commit(lambda: told("next"))
    session.commit()
    assert told.heard == []
    session.commit()
    assert told.heard == ["next committed"]


def test_a_failure_after_the_commit_says_that_it_has_committed(session, told, engine):
    def fail():
        raise Deadlock("SELECT", (), Exception("elsewhere"))

    session.add(Note(text="a"))
    session.on_commit(fail)
    told("it")
    with pytest.raises(AfterCommitError, match="has committed") as caught:
        session.commit()
    assert isinstance(caught.value.__cause__, Deadlock)
    assert told.heard == ["it committed"]
    assert texts(engine) == ["a"]


def test_a_failure_after_the_commit_is_no_reason_to_run_it_again(engine):
    calls = []

    def work(session):
        calls.append(session)
        session.add(Note(text="a"))
        session.on_commit(fail)

    def fail():
        raise Deadlock("SELECT", (), Exception("elsewhere"))

    with pytest.raises(AfterCommitError):
        sessionmaker(engine).run(work)
    assert len(calls) == 1


def test_what_listens_to_commits_and_fails_is_no_reason_either(engine):
    calls = []
    factory = sessionmaker(engine)

    @dv.event.listens_for(factory, "after_commit")
    def fail(session):
        raise Deadlock("SELECT", (), Exception("elsewhere"))

    def work(session):
        calls.append(session)
        session.add(Note(text="a"))

    with pytest.raises(Deadlock):
        factory.run(work)
    assert len(calls) == 1
    assert texts(engine) == ["a"]


def test_a_failure_after_a_rollback_is_a_warning(session, told):
    session.on_rollback(lambda: 1 / 0)
    told("it")
    with pytest.warns(DovetailWarning, match="ZeroDivisionError"):
        session.rollback()
    assert told.heard == ["it rolled back"]


def test_only_the_time_that_commits_is_told_of(engine):
    heard = []
    failures = [Deadlock("UPDATE", (), Exception("x"))]

    def work(session):
        number = len(heard)
        session.on_commit(lambda: heard.append(("committed", number)))
        session.on_rollback(lambda: heard.append(("rolled back", number)))
        session.add(Note(text="a"))
        if failures:
            raise failures.pop()

    sessionmaker(engine).run(work)
    assert heard == [("rolled back", 0), ("committed", 1)]


@pytest.mark.parametrize("happened", [True, False])
def test_a_commit_of_unknown_outcome_calls_neither_before_it_is_verified(engine, happened):
    heard = []
    left = [1]

    @dv.event.listens_for(engine, "commit")
    def commit(connection):
        if left:
            left.pop()
            raw = connection.connection.driver_connection
            raw.commit() if happened else raw.rollback()
            error = Disconnected("COMMIT", (), Exception("x"))
            error.outcome_unknown = True
            raise error

    def work(session):
        session.on_commit(lambda: heard.append("committed"))
        session.on_rollback(lambda: heard.append("rolled back"))
        session.add(Note(text="a"))

    def verify(session):
        assert heard == []
        return bool(session.scalars(dv.select(Note)).all())

    sessionmaker(engine).run(work, verify=verify)
    assert heard == ["committed"]
    assert texts(engine) == ["a"]


async def coroutine_function():
    """Not awaited by anybody who blocks."""


@pytest.mark.parametrize("what", [None, "text", coroutine_function])
def test_what_cannot_be_called_is_refused(session, what):
    for verb in (session.on_commit, session.on_rollback):
        with pytest.raises(ArgumentError):
            verb(what)


def test_a_session_that_does_not_begin_by_itself_says_so(engine):
    session = Session(engine, autobegin=False)
    with pytest.raises(InvalidRequestError, match="begin"):
        session.on_commit(lambda: None)
    with pytest.warns(DovetailDeprecationWarning):
        session = Session(engine, autocommit=True)
    with pytest.raises(InvalidRequestError, match="begin"):
        session.on_commit(lambda: None)


def test_awaiting_sessions_await_them(engine):
    heard = []

    async def main():
        own = create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"))
        factory = async_sessionmaker(own)

        async def after(name, session):
            await asyncio.sleep(0)
            heard.append((name, (await session.scalars(dv.select(Note.text))).all()))

        async with factory() as session:
            async with session.begin():
                session.add(Note(text="a"))
                session.on_commit(lambda: after("committed", session))
                session.on_commit(lambda: heard.append("plain"))
            async with session.atomic():
                await session.rollback()
        async with factory() as session:
            session.on_rollback(lambda: after("rolled back", session))
            await session.rollback()
        await own.dispose()

    asyncio.run(main())
    assert heard == [("committed", ["a"]), "plain", ("rolled back", ["a"])]


def test_where_nobody_asks_nothing_is_there(session):
    session.add(Note(text="a"))
    session.flush()
    assert session.get_transaction().afterwards is None


# atomic -------------------------------------------------------------------------------------------


def test_it_begins_and_commits(engine, session):
    with session.atomic() as transaction:
        assert not transaction.nested
        session.add(Note(text="a"))
    assert texts(engine) == ["a"]


def test_it_nests_in_a_transaction(engine, session):
    with session.atomic():
        session.add(Note(text="a"))
        with pytest.raises(KeyError), session.atomic() as inner:
            assert inner.nested
            session.add(Note(text="b"))
            session.flush()
            raise KeyError
        session.add(Note(text="c"))
    assert texts(engine) == ["a", "c"]


def test_it_joins_where_it_is_told_to(engine, session):
    with session.atomic():
        session.add(Note(text="a"))
        with session.atomic(nested=False):
            session.add(Note(text="b"))
        assert session.in_transaction()
    assert texts(engine) == ["a", "b"]


def test_an_error_in_a_joined_block_undoes_all(engine, session, told):
    with pytest.raises(PendingRollbackError), session.atomic():
        session.add(Note(text="a"))
        told("all")
        with pytest.raises(KeyError), session.atomic(nested=False):
            raise KeyError
        session.add(Note(text="b"))
        session.flush()
    assert texts(engine) == []
    assert told.heard == ["all rolled back"]


@pytest.mark.parametrize("nested", [True, False])
def test_awaiting_blocks(engine, nested):
    async def main():
        own = create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"))
        async with AsyncSession(own) as session:
            async with session.atomic():
                session.add(Note(text="a"))
                async with session.atomic(nested=nested) as inner:
                    assert inner.nested is nested
                    session.add(Note(text="b"))
            assert not session.in_transaction()
        await own.dispose()

    asyncio.run(main())
    assert texts(engine) == ["a", "b"]
