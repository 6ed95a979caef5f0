"""A log of decisions: whatever is left by a crash is committed everywhere, or nowhere."""

import asyncio
import os
import threading
import time

import pytest

from dovetail import create_engine, select
from dovetail.engine.transaction import TwoPhaseTransaction
from dovetail.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InvalidRequestError,
    OperationalError,
    ProgrammingError,
)
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.ext.twophase import DecisionLog
from dovetail.orm import Session
from dovetail.steps import run_sync
from tests.faults.two_phase.accounts import Credit, Debit, prepared, session_of, stored

CALLS = ("prepare", "prepare", "decide", "commit", "commit", "forget")
"""What a commit over two databases does, one after the other; it may die before each of them."""
DECIDED = 3
"""From which of them on the decision stands."""


@pytest.fixture
def log(engines):
    log = DecisionLog(engines[0])
    log.table.create(engines[0], checkfirst=True)
    # Read once by each log, and not by each commit.
    run_sync(log.identity_steps())
    yield log
    log.table.drop(engines[0])


def decisions(log):
    with log.engine.connect() as connection:
        found = connection.execute(select(log.table.c.name, log.table.c.outcome)).all()
    return [(name, outcome) for name, outcome in found if " " not in name]


def stop_at(place, monkeypatch, stop):
    """Have *stop* called before the call that is number *place* of a commit, from 0 on."""
    calls = []
    send, run = TwoPhaseTransaction._send_steps, DecisionLog._run_steps

    def next_call(name):
        if len(calls) == place:
            stop()
        calls.append(name)

    def counted_send(self, verb, *is_prepared):
        next_call(verb)
        return send(self, verb, *is_prepared)

    def counted_run(self, statement):
        next_call("forget" if statement.is_delete else "decide")
        return run(self, statement)

    monkeypatch.setattr(TwoPhaseTransaction, "_send_steps", counted_send)
    monkeypatch.setattr(DecisionLog, "_run_steps", counted_run)
    return calls


def die_at(place, engines, number):
    """Commit a debit and a credit in a process that dies before call *place* of the commit."""
    child = os.fork()
    if child == 0:
        monkeypatch = pytest.MonkeyPatch()
        own = [create_engine(engine.url) for engine in engines]
        log = DecisionLog(own[0])
        run_sync(log.identity_steps())
        stop_at(place, monkeypatch, lambda: os._exit(7))
        with session_of(own, twophase=log) as session:
            session.add_all([Debit(id=number, name="a"), Credit(id=number, name="b")])
            session.commit()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def recovered(log, engines):
    """What was recovered, once the server has noticed that whoever prepared it is gone."""
    committed, rolled_back = [], []
    deadline = time.monotonic() + 20
    while True:
        found = log.recover(*engines, older_than=0)
        committed += found.committed
        rolled_back += found.rolled_back
        if not found.failed:
            return committed, rolled_back
        assert time.monotonic() < deadline, found.failed
        time.sleep(0.05)


def test_what_a_commit_calls(engines, log, monkeypatch):
    calls = stop_at(-1, monkeypatch, None)
    with session_of(engines, twophase=log) as session:
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
        session.commit()
    assert tuple(calls) == CALLS
    assert stored(engines) == [["a"], ["b"]]
    assert decisions(log) == []


@pytest.mark.parametrize("place", range(len(CALLS) + 1))
def test_a_crash_leaves_both_or_neither(engines, log, place):
    for number in range(1, 4):
        assert die_at(place, engines, number) == (7 if place < len(CALLS) else 0)
    committed, rolled_back = recovered(log, engines)
    expected = ["a"] * 3 if place >= DECIDED else []
    assert stored(engines) == [expected, ["b"] * len(expected)]
    assert not (committed and rolled_back)
    assert prepared(engines) == []
    # Again: there is nothing left to do.
    assert log.recover(*engines, older_than=0) == ([], [], [], [])


def test_those_that_began_a_moment_ago_are_left_alone(engines, log):
    assert die_at(2, engines, 1) == 7
    found = log.recover(*engines)
    assert len(found.left) == 2
    assert len(prepared(engines)) == 2
    assert len(recovered(log, engines)[1]) == 2


def test_who_is_slower_than_recovery_rolls_back(engines, log):
    with session_of(engines, twophase=log) as session:
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
        session.prepare()
        log.recover(*engines, older_than=0)
        with pytest.raises(DBAPIError) as caught:
            session.commit()
        session.rollback()
    assert isinstance(caught.value, IntegrityError)
    assert "rolled back everywhere" in str(caught.value)
    assert stored(engines) == [[], []]
    recovered(log, engines)
    assert prepared(engines) == []


def test_a_lost_decision_is_asked_for(engines, log, monkeypatch):
    """The connection breaks after the server has committed the decision."""
    original = DecisionLog.decide_steps

    def lost(self, name, outcome="commit"):
        yield from original(self, name, outcome)
        if outcome == "commit":
            raise OperationalError("COMMIT", {}, OSError("lost"), connection_invalidated=True)

    monkeypatch.setattr(DecisionLog, "decide_steps", lost)
    with session_of(engines, twophase=log) as session:
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
        session.commit()
    assert stored(engines) == [["a"], ["b"]]


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError])
def test_where_nobody_knows_it_is_left_to_recovery(engines, log, monkeypatch, error):
    def interrupt():
        raise error

    stop_at(2, monkeypatch, interrupt)
    with session_of(engines, twophase=log) as session:
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
        with pytest.raises(error):
            session.commit()
    assert len(prepared(engines)) == 2
    monkeypatch.undo()
    assert len(recovered(log, engines)[1]) == 2
    assert stored(engines) == [[], []]


def test_a_log_that_goes_down_leaves_it_to_recovery(engines, log, monkeypatch):
    with monkeypatch.context() as patch, session_of(engines, twophase=log) as session:
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
        session.flush()
        patch.setattr(log, "_core", create_engine("postgresql://127.0.0.1:1/away"))
        with pytest.raises(DBAPIError) as caught:
            session.commit()
        assert caught.value.outcome_unknown
    assert len(recovered(log, engines)[1]) == 2
    assert stored(engines) == [[], []]


def test_a_log_that_is_down_is_told_before_anything_is_prepared(engines):
    away = DecisionLog(create_engine("postgresql://127.0.0.1:1/away"))
    with session_of(engines, twophase=away) as session:
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
        with pytest.raises(DBAPIError, match="connection failed"):
            session.commit()
    assert prepared(engines) == []


def test_a_log_without_its_table_says_how_to_make_it(engines):
    log = DecisionLog(engines[0], name="not_made")
    told = r"<DecisionLog 'not_made'> needs its table: log\.table\.create\("
    with session_of(engines, twophase=log) as session, pytest.raises(ProgrammingError, match=told):
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="a")])
        session.commit()
    with pytest.raises(ProgrammingError, match=told):
        log.recover(*engines)


def test_one_database_decides_by_itself(engines, log, monkeypatch):
    calls = stop_at(-1, monkeypatch, None)
    with session_of(engines, twophase=log) as session:
        session.add(Debit(id=1, name="a"))
        session.commit()
    assert calls == ["prepare", "commit"]


def test_many_sessions_while_others_recover(engines, log):
    stop = threading.Event()
    spoiled = []

    def recover():
        while not stop.is_set():
            spoiled.extend(log.recover(*engines, older_than=0).rolled_back)

    threads = [threading.Thread(target=recover) for _ in range(2)]
    for thread in threads:
        thread.start()
    done = set()
    for number in range(1, 31):
        with session_of(engines, twophase=log) as session:
            session.add_all([Debit(id=number, name="a"), Credit(id=number, name="b")])
            try:
                session.commit()
                done.add(number)
            except DBAPIError:
                session.rollback()
    stop.set()
    for thread in threads:
        thread.join()
    recovered(log, engines)
    assert prepared(engines) == []
    with Session(engines[0]) as first, Session(engines[1]) as second:
        debited = set(first.scalars(select(Debit.id)))
        credited = set(second.scalars(select(Credit.id)))
    assert debited == credited
    assert done <= debited


@pytest.mark.parametrize("engines", ["postgresql and postgresql"], indirect=True)
def test_it_is_awaited(engines, log):
    async def work():
        own = [create_async_engine(engine.url) for engine in engines]
        awaited = DecisionLog(own[0])
        binds = {Debit: own[0], Credit: own[1]}
        async with AsyncSession(twophase=awaited, binds=binds) as session:
            session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
            await session.commit()
        async with AsyncSession(twophase=log, binds=binds) as session:
            session.add(Debit(id=2, name="a"))
            with pytest.raises(InvalidRequestError, match="both awaited, or both block"):
                await session.commit()
        assert await awaited.recover(*own, older_than=0) == ([], [], [], [])
        with pytest.raises(ArgumentError, match="by an AsyncEngine each"):
            awaited.recover(*engines)
        for engine in own:
            await engine.dispose()

    asyncio.run(work())
    assert stored(engines) == [["a"], ["b"]]


# Without a server ---------------------------------------------------------------------------------


def test_what_is_no_log_is_refused():
    engine = create_engine("sqlite://")
    with pytest.raises(ArgumentError, match="twophase is True, False or a DecisionLog"):
        Session(engine, twophase="yes")
    with pytest.raises(ArgumentError, match="needs an Engine or an AsyncEngine"):
        DecisionLog("sqlite://")
    log = DecisionLog(engine)
    with pytest.raises(ArgumentError, match="needs the databases"):
        log.recover()
    with pytest.raises(ArgumentError, match="by an Engine each"):
        log.recover(object())


@pytest.fixture
def own_log():
    engine = create_engine("sqlite://")
    log = DecisionLog(engine)
    log.table.create(engine)
    yield log
    engine.dispose()


def test_names_say_when_they_began(own_log):
    branch = run_sync(own_log.branch_steps(own_log.new_name(), 2))
    name, age = own_log.named_by(branch)
    assert len(name) == 32
    assert 0 <= age < 60
    assert own_log.named_by("dovetail_2") is None
    assert own_log.named_by("_sa_" + name) is None


def test_logs_know_their_own_transactions_also_in_another_program(own_log):
    again = DecisionLog(own_log.engine)
    other = DecisionLog(own_log.engine, name="another")
    other.table.create(own_log.engine)
    branch = run_sync(own_log.branch_steps(own_log.new_name(), 1))
    assert again.named_by(branch) is None
    assert run_sync(again.identity_steps()) == run_sync(own_log.identity_steps())
    assert again.named_by(branch)[0] == own_log.named_by(branch)[0]
    run_sync(other.identity_steps())
    assert other.named_by(branch) is None
