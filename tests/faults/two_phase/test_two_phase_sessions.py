"""Sessions with twophase=True: several databases, one commit."""

import subprocess
import sys
import textwrap

import pytest

from dovetail import create_engine, text
from dovetail.exc import DBAPIError, IntegrityError, InvalidRequestError
from dovetail.orm import Session
from tests.engine import two_phases
from tests.faults.two_phase.accounts import (
    Base,
    Credit,
    Debit,
    prepared,
    resolve,
    session_of,
    stored,
)


def test_both_commit(engines):
    with session_of(engines) as session:
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
        session.commit()
    assert stored(engines) == [["a"], ["b"]]
    assert prepared(engines) == []


def test_both_roll_back(engines):
    with session_of(engines) as session:
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
        session.flush()
        session.rollback()
        assert not session.new
    assert stored(engines) == [[], []]
    assert prepared(engines) == []


def test_prepare_is_the_first_half(engines):
    with session_of(engines) as session:
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
        session.prepare()
        assert len(prepared(engines)) == 2
        assert stored(engines) == [[], []]
        session.commit()
    assert stored(engines) == [["a"], ["b"]]


def test_what_is_prepared_can_be_rolled_back(engines):
    with session_of(engines) as session:
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
        session.prepare()
        session.rollback()
    assert prepared(engines) == []
    assert stored(engines) == [[], []]


def test_closing_rolls_back_what_is_prepared(engines):
    with session_of(engines) as session:
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
        session.prepare()
    assert prepared(engines) == []
    assert stored(engines) == [[], []]


def test_a_failure_in_one_rolls_the_other_back(engines):
    with session_of(engines) as session:
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
        session.commit()
        session.add(Debit(id=2, name="c"))
        session.flush()
        session.execute(
            text("INSERT INTO credit VALUES (2, 'd')"), bind_arguments={"mapper": Credit}
        )
        with pytest.raises(IntegrityError):
            session.execute(
                text("INSERT INTO credit VALUES (2, 'd')"), bind_arguments={"mapper": Credit}
            )
        session.rollback()
    assert stored(engines) == [["a"], ["b"]]
    assert prepared(engines) == []


def test_a_failure_to_prepare_rolls_all_back(engines):
    """The second database has lost its connection when it is asked to prepare."""
    with session_of(engines) as session:
        session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
        session.flush()
        connection = session.connection({"mapper": Credit})
        is_mariadb = connection.dialect.name in ("mysql", "mariadb")
        number = connection.scalar(
            text("SELECT connection_id()" if is_mariadb else "SELECT pg_backend_pid()")
        )
        with engines[1].connect() as other:
            kill = f"KILL {number}" if is_mariadb else f"SELECT pg_terminate_backend({number})"
            other.execute(text(kill))
        with pytest.raises(DBAPIError):
            session.commit()
        session.rollback()
        session.add(Debit(id=3, name="after"))
        session.commit()
    assert prepared(engines) == []
    assert stored(engines) == [["after"], []]


def test_savepoints_within(engines):
    with session_of(engines) as session:
        session.add(Debit(id=1, name="kept"))
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            session.add_all([Debit(id=2, name="lost"), Credit(id=2, name="lost")])
            session.flush()
            raise ZeroDivisionError
        session.add(Credit(id=1, name="kept"))
        session.commit()
    assert stored(engines) == [["kept"], ["kept"]]


CRASH = """
    import os
    from dovetail import create_engine
    from tests.faults.two_phase.accounts import Credit, Debit, session_of

    engines = create_engine({0!r}), create_engine({1!r})
    session = session_of(engines)
    session.add_all([Debit(id=1, name="a"), Credit(id=1, name="b")])
    session.prepare()
    os._exit(7)
"""


@pytest.mark.parametrize("decision", ["commit", "rollback"])
def test_a_crash_between_prepare_and_commit_is_recovered_from(engines, decision):
    urls = [engine.url.render_as_string(hide_password=False) for engine in engines]
    program = textwrap.dedent(CRASH).format(*urls)
    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    assert done.returncode == 7
    assert stored(engines) == [[], []]

    left = prepared(engines)
    assert len(left) == 2
    resolve(engines, decision)

    assert prepared(engines) == []
    assert stored(engines) == ([["a"], ["b"]] if decision == "commit" else [[], []])


# Without a server ---------------------------------------------------------------------------------


def test_prepare_asks_for_twophase():
    with (
        Session(create_engine("sqlite://")) as session,
        pytest.raises(InvalidRequestError, match="twophase=True"),
    ):
        session.prepare()


def test_a_database_without_two_phases_refuses_before_anything_is_written():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine, twophase=True) as session:
        session.add(Debit(id=1, name="a"))
        with pytest.raises(InvalidRequestError, match="no two-phase transactions"):
            session.commit()
    engine.dispose()


@pytest.fixture
def recorded(tmp_path):
    asked = two_phases.register()
    engine = create_engine(f"{two_phases.URL}/{tmp_path / 'two.db'}")
    Base.metadata.create_all(engine)
    asked.clear()
    yield engine, asked
    engine.dispose()


def test_prepare_then_commit_is_what_is_sent(recorded):
    engine, asked = recorded
    with Session(engine, twophase=True) as session:
        session.add(Debit(id=1, name="a"))
        session.commit()
    assert [step[0] for step in asked] == ["begin", "prepare", "commit"]
    assert asked[-1][2] is True


def test_reading_alone_is_prepared_too(recorded):
    engine, asked = recorded
    with Session(engine, twophase=True) as session:
        session.get(Debit, 1)
        session.commit()
    assert [step[0] for step in asked] == ["begin", "prepare", "commit"]


def test_savepoints_are_not_prepared(recorded):
    engine, _ = recorded
    refused = pytest.raises(InvalidRequestError, match="end the savepoints first")
    with Session(engine, twophase=True) as session, session.begin_nested(), refused:
        session.prepare()
