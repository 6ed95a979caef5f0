"""Transactions that are run until they commit: what is run again, how often, and what is told."""

import asyncio

import pytest

import dovetail as dv
from dovetail.exc import (
    ArgumentError,
    CommitOutcomeUnknown,
    DataError,
    Deadlock,
    Disconnected,
    PendingRollbackError,
    SerializationFailure,
    StaleDataError,
)
from dovetail.ext.asyncio import async_sessionmaker, create_async_engine
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "running_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]


def failing(kind, **attributes):
    error = kind("UPDATE", (), Exception("as the driver says"))
    vars(error).update(attributes)
    return error


class Work:
    """Adds one to the balance; the first calls fail with *failures*, one each."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.sessions = []

    def __call__(self, session):
        self.sessions.append(session)
        account = session.get_one(Account, 1)
        account.balance += 1
        session.flush()
        if self.failures:
            raise self.failures.pop(0)
        return account.balance

    async def awaited(self, session):
        return await session.run_sync(self)


def balance(engine):
    with Session(engine) as session:
        return session.scalar(dv.select(Account.balance))


@pytest.fixture
def engine(tmp_path, monkeypatch):
    monkeypatch.setattr("dovetail.engine.running.retrying.FIRST_PAUSE", 0.001)
    engine = dv.create_engine(f"sqlite:///{tmp_path / 'bank.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Account(id=1, balance=10))
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture(params=["blocking", "awaiting"])
def run(request, engine):
    """Runs a Work: ``run(work, **options)``, in either world."""
    if request.param == "blocking":
        return lambda work, **options: sessionmaker(engine).run(work, **options)

    def awaited(work, **options):
        async def main():
            own = create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"))
            try:
                return await async_sessionmaker(own).run(work.awaited, **options)
            finally:
                await own.dispose()

        return asyncio.run(main())

    return awaited


@pytest.fixture(params=["blocking", "awaiting"])
def loop(request, engine):
    """Runs a Work in blocks of a loop: ``loop(work, **options)``."""
    if request.param == "blocking":

        def blocking(work, **options):
            for attempt in sessionmaker(engine).attempts(**options):
                with attempt as session:
                    answer = work(session)
            return answer

        return blocking

    def awaited(work, **options):
        async def main():
            own = create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"))
            try:
                async for attempt in async_sessionmaker(own).attempts(**options):
                    async with attempt as session:
                        answer = await work.awaited(session)
                return answer
            finally:
                await own.dispose()

        return asyncio.run(main())

    return awaited


PASSING = [
    failing(SerializationFailure),
    failing(Deadlock),
    failing(Disconnected),
    StaleDataError("the row has changed"),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_what_passes_is_run_again_in_a_new_session(run, engine, error):
    work = Work(error, error)

    assert run(work) == 11
    assert len({id(session) for session in work.sessions}) == 3
    assert balance(engine) == 11


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_a_loop_goes_on_after_what_passes(loop, engine, error):
    work = Work(error, error)

    assert loop(work) == 11
    assert len(work.sessions) == 3
    assert balance(engine) == 11


@pytest.mark.parametrize("error", [failing(DataError), ValueError("no")], ids=["data", "value"])
def test_what_does_not_pass_is_raised(run, loop, engine, error):
    for runner in (run, loop):
        work = Work(error)
        with pytest.raises(type(error)) as caught:
            runner(work)

        assert caught.value is error
        assert len(work.sessions) == 1
    assert balance(engine) == 10


def test_the_last_failure_is_raised_and_tells_how_often(run, loop, engine):
    for runner in (run, loop):
        work = Work(*(failing(Deadlock) for _ in range(9)))
        with pytest.raises(Deadlock) as caught:
            runner(work, retries=2)

        assert len(work.sessions) == 3
        assert caught.value.__notes__[0].startswith("the transaction was run 3 times, in ")
    assert balance(engine) == 10


def test_nothing_is_run_again_after_the_deadline(run, monkeypatch):
    monkeypatch.setattr("dovetail.engine.running.retrying.FIRST_PAUSE", 10.0)
    monkeypatch.setattr("dovetail.engine.running.retrying.LONGEST_PAUSE", 10.0)
    monkeypatch.setattr("dovetail.engine.running.retrying.uniform", lambda low, high: high)
    work = Work(failing(Deadlock))
    with pytest.raises(Deadlock):
        run(work, deadline=5)

    assert len(work.sessions) == 1


def test_a_failure_that_the_work_has_swallowed_counts(engine):
    calls = []

    def work(session):
        calls.append(session)
        session.add(Account(id=2, balance=1))
        if len(calls) == 1:
            transaction = session.get_transaction()
            try:
                raise failing(Deadlock)
            except Deadlock as error:
                refused = PendingRollbackError("rolled back before")
                refused.__cause__ = error
            assert transaction is not None
            raise refused

    sessionmaker(engine).run(work)
    assert len(calls) == 2


def lost_commit(engine, *, after):
    """Let the next COMMIT of *engine* end as one whose answer never came, *after* it or before."""
    left = [1]

    @dv.event.listens_for(engine, "commit")
    def commit(connection):
        if left:
            left.pop()
            if after:
                connection.connection.driver_connection.commit()
            else:
                connection.connection.driver_connection.rollback()
            raise failing(Disconnected, outcome_unknown=True)


@pytest.mark.parametrize("after", [True, False], ids=["committed", "lost"])
def test_a_commit_of_unknown_outcome_is_not_run_again(engine, after):
    work = Work()
    lost_commit(engine, after=after)
    with pytest.raises(CommitOutcomeUnknown, match="verify=") as caught:
        sessionmaker(engine).run(work)

    assert len(work.sessions) == 1
    assert isinstance(caught.value.__cause__, Disconnected)
    assert balance(engine) == 10 + after


@pytest.mark.parametrize("after", [True, False], ids=["committed", "lost"])
def test_a_commit_of_unknown_outcome_is_verified(engine, after):
    work = Work()
    lost_commit(engine, after=after)
    seen = []

    def verify(session):
        seen.append(session.get_one(Account, 1).balance)
        return seen[-1] == 11

    assert sessionmaker(engine).run(work, verify=verify) == 11
    assert len(work.sessions) == 1 + (not after)
    assert balance(engine) == 11
    assert seen == [10 + after]


@pytest.mark.parametrize("after", [True, False], ids=["committed", "lost"])
def test_a_loop_verifies_too(engine, after):
    work = Work()
    lost_commit(engine, after=after)

    for attempt in sessionmaker(engine).attempts(
        verify=lambda session: session.get_one(Account, 1).balance == 11
    ):
        with attempt as session:
            work(session)

    assert len(work.sessions) == 1 + (not after)
    assert balance(engine) == 11


def test_who_cannot_verify_says_so(engine):
    lost_commit(engine, after=True)

    def verify(session):
        raise failing(Disconnected)

    with pytest.raises(CommitOutcomeUnknown):
        sessionmaker(engine).run(Work(), verify=verify, retries=2)
    assert balance(engine) == 11


def failing_commit(engine, times=1):
    left = [None] * times

    @dv.event.listens_for(engine, "commit")
    def commit(connection):
        if left:
            left.pop()
            raise failing(SerializationFailure)


def test_a_commit_that_fails_is_run_again(engine):
    failing_commit(engine, times=2)
    work = Work()

    assert sessionmaker(engine).run(work) == 11
    assert len(work.sessions) == 3


def test_a_commit_that_fails_in_a_loop_is_run_again(engine):
    failing_commit(engine, times=2)
    work = Work()

    for attempt in sessionmaker(engine).attempts():
        with attempt as session:
            work(session)

    assert len(work.sessions) == 3
    assert balance(engine) == 11


def test_a_block_that_is_left_for_good_tells_of_its_commit(engine):
    failing_commit(engine)

    def leaving():
        for attempt in sessionmaker(engine).attempts():
            with attempt as session:
                return Work()(session)
        return None

    with pytest.raises(SerializationFailure) as caught:
        leaving()
    assert "return, or break, after the loop" in caught.value.__notes__[-1]
    assert balance(engine) == 10
    assert leaving() == 11


def test_an_attempt_serves_once(engine):
    (attempt,) = sessionmaker(engine).attempts()
    with attempt:
        pass
    with pytest.raises(dv.exc.InvalidRequestError, match="used before"), attempt:
        pass


def test_within_a_transaction_of_others_it_runs_once(engine):
    with engine.connect() as connection, connection.begin():
        work = Work(failing(Deadlock))
        with pytest.raises(Deadlock):
            sessionmaker(connection).run(work)
        assert len(work.sessions) == 1


def test_the_isolation_level_is_that_of_its_transactions(engine):
    seen = []

    def work(session):
        seen.append(session.connection().get_isolation_level())

    factory = sessionmaker(engine, execution_options={"note": 1})
    factory.run(work, isolation_level="READ UNCOMMITTED")
    factory.run(work)
    assert seen == ["READ UNCOMMITTED", "SERIALIZABLE"]


def test_an_engine_runs_work_over_a_connection(engine):
    failures = [failing(Deadlock)]

    def work(connection):
        connection.execute(dv.update(Account).values(balance=Account.balance + 1))
        if failures:
            raise failures.pop()
        return connection.scalar(dv.select(Account.balance))

    assert engine.run(work) == 11
    assert balance(engine) == 11


def test_an_awaiting_engine_does_too(engine):
    failures = [failing(Deadlock)]

    async def work(connection):
        await connection.execute(dv.update(Account).values(balance=Account.balance + 1))
        if failures:
            raise failures.pop()
        return await connection.scalar(dv.select(Account.balance))

    async def main():
        own = create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"))
        try:
            return await own.run(work)
        finally:
            await own.dispose()

    assert asyncio.run(main()) == 11


def test_a_cancelled_task_is_not_run_again(engine):
    work = Work(asyncio.CancelledError())

    with pytest.raises(asyncio.CancelledError):
        sessionmaker(engine).run(work)
    assert len(work.sessions) == 1
    assert balance(engine) == 10


@pytest.mark.parametrize(
    ("options", "words"), [({"retries": -1}, "retries"), ({"deadline": 0}, "deadline")]
)
def test_options_that_make_no_sense(engine, options, words):
    with pytest.raises(ArgumentError, match=words):
        sessionmaker(engine).run(Work(), **options)


def test_work_that_awaits_is_refused_where_nothing_does(engine):
    with pytest.raises(ArgumentError, match="awaits"):
        sessionmaker(engine).run(Work().awaited)


def test_a_transaction_over_two_databases_is_not_run_again_in_part(engine):
    other = dv.create_engine("sqlite://", poolclass=dv.pool.StaticPool)
    Base.metadata.create_all(other)
    failing_commit(other)
    calls = []

    def work(session):
        calls.append(session)
        for bind in (engine, other):
            session.execute(
                dv.insert(Account).values(id=7, balance=1), bind_arguments={"bind": bind}
            )

    with pytest.raises(CommitOutcomeUnknown):
        sessionmaker().run(work)
    assert len(calls) == 1
