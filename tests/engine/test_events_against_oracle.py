"""The events of a scenario and their order, compared with the oracle's.

Two differences are meant: BEGIN is sent with the first statement, so that ``begin`` is told
after ``before_execute``; and a savepoint is no statement that passes ``before_execute``.
"""

from importlib import import_module

import pytest

NAMES = [
    *("connect", "first_connect", "checkout", "checkin", "reset", "invalidate", "soft_invalidate"),
    *("close", "detach", "close_detached", "before_execute", "after_execute"),
    *("before_cursor_execute", "after_cursor_execute", "engine_connect", "engine_disposed"),
    *("begin", "commit", "rollback", "savepoint", "rollback_savepoint", "release_savepoint"),
    *("handle_error", "set_connection_execution_options", "set_engine_execution_options"),
    *("do_connect", "do_execute", "do_executemany", "do_execute_no_params"),
]

STATEMENT = {
    *("before_execute", "before_cursor_execute", "do_execute", "after_cursor_execute"),
    "after_execute",
}


def one_statement(s, engine):
    with engine.connect() as connection:
        connection.execute(s.text("select 1"))


def a_transaction(s, engine):
    with engine.begin() as connection:
        connection.execute(s.text("insert into t (n) values ('a')"))


def many_rows(s, engine):
    with engine.begin() as connection:
        connection.execute(s.text("insert into t (n) values (:n)"), [{"n": "a"}, {"n": "b"}])


def an_error(s, engine):
    with engine.begin() as connection:
        connection.execute(s.text("select nothing"))


def a_listener_that_fails(s, engine):
    def fail(*_):
        raise ZeroDivisionError

    s.event.listen(engine, "before_cursor_execute", fail)
    with engine.begin() as connection:
        connection.execute(s.text("select 1"))


def two_transactions(s, engine):
    with engine.connect() as connection:
        connection.execute(s.text("select 1"))
        connection.rollback()
        connection.execute(s.text("select 2"))
        connection.commit()


def an_invalidation(s, engine):
    with engine.connect() as connection:
        connection.invalidate()
        connection.execute(s.text("select 1"))


def a_detached_connection(s, engine):
    with engine.connect() as connection:
        connection.execute(s.text("select 1"))
        connection.detach()
        connection.execute(s.text("select 1"))


def an_end(s, engine):
    engine.connect().close()
    engine.dispose()
    engine.connect().close()


def options(s, engine):
    with engine.connect() as connection:
        connection.execution_options(x=1)
    engine.execution_options(y=1).connect().close()


def sql_of_the_driver(s, engine):
    with engine.connect() as connection:
        connection.exec_driver_sql("select 1")
        connection.exec_driver_sql("insert into t (n) values (?)", [("a",), ("b",)])
        connection.exec_driver_sql("select 2", execution_options={"no_parameters": True})


def a_raw_connection(s, engine):
    raw = engine.raw_connection()
    raw.cursor().execute("select 1")
    raw.close()


def a_soft_invalidation(s, engine):
    raw = engine.raw_connection()
    raw.invalidate(soft=True)
    raw.close()
    engine.raw_connection().close()


def a_hard_invalidation(s, engine):
    raw = engine.raw_connection()
    raw.invalidate()
    raw.close()


def a_stream(s, engine):
    with engine.connect() as connection:
        result = connection.execution_options(stream_results=True).execute(s.text("select 1"))
        list(result)
        result.close()


def an_overflow(s, engine):
    held = [engine.connect() for _ in range(7)]
    for connection in held:
        connection.close()


def savepoints(s, engine):
    with engine.begin() as connection:
        with connection.begin_nested():
            pass
        connection.begin_nested().rollback()


def a_failed_savepoint(s, engine):
    with engine.connect() as connection, connection.begin_nested():
        raise ZeroDivisionError


def a_connection_that_cannot_be_opened(s, engine):
    s.event.listen(engine, "do_connect", lambda d, r, arguments, o: arguments.__setitem__(0, "/"))
    engine.connect()


SCENARIOS = [
    value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__code__", None) is not None
]


def told(library, scenario, path, **settings):
    package = import_module(library)
    engine = package.create_engine(f"sqlite:///{path / library}.db", **settings)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table t (id integer primary key, n text unique)")
    engine.dispose()
    log = []
    for name in NAMES:
        package.event.listen(engine, name, lambda *_, name=name: log.append(name))
    try:
        scenario(package, engine)
    except Exception as error:
        log.append(type(error).__name__)
    engine.dispose()
    return log


def normal(log):
    log = list(log)
    for place in range(len(log) - 1):
        if log[place : place + 2] == ["begin", "before_execute"]:
            log[place : place + 2] = ["before_execute", "begin"]
    if any("savepoint" in name for name in log):
        log = [name for name in log if name not in STATEMENT]
    return log


@pytest.mark.parametrize("settings", [{}, {"pool_pre_ping": True}, {"pool_reset_on_return": None}])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_same_is_told_as_by_the_oracle(scenario, settings, tmp_path):
    ours = told("dovetail", scenario, tmp_path, **settings)

    assert normal(ours) == normal(told("sqlalchemy", scenario, tmp_path, **settings))


def test_the_rollback_of_what_was_lost_is_not_told_for_nothing_is_sent(tmp_path):
    def lost(s, engine):
        with engine.connect() as connection:
            connection.execute(s.text("select 1"))
            connection.invalidate()
            connection.rollback()

    assert "rollback" not in told("dovetail", lost, tmp_path)


def test_a_transaction_without_statements_tells_nothing(tmp_path):
    def empty(s, engine):
        with engine.begin():
            pass
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(s.text("select 1"))
            connection.commit()

    assert not {"begin", "commit", "rollback"} & set(told("dovetail", empty, tmp_path))
