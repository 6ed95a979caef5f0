"""Events of connections: seen, and able to change what is executed."""

import sqlite3
import time

import pytest

from dovetail import event, text
from dovetail.dialects.dialect import Dialect
from dovetail.engine import Connection, Engine, create_engine
from dovetail.event import CANCEL, NO_RETVAL, contains, listen, listens_for, remove
from dovetail.exc import (
    DovetailDeprecationWarning,
    InvalidRequestError,
    OperationalError,
    PendingRollbackError,
    StatementError,
)
from dovetail.pool import Pool, QueuePool


def test_statements_can_be_timed_and_counted(engine):
    timed = []

    @listens_for(engine, "before_cursor_execute")
    def before(conn, cursor, statement, parameters, context, executemany):
        conn.info.setdefault("start", []).append(time.perf_counter())
        context._mine = statement

    @listens_for(engine, "after_cursor_execute")
    def after(conn, cursor, statement, parameters, context, executemany):
        assert context._mine == statement
        timed.append((statement, parameters, executemany, conn.info["start"].pop()))

    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT ?", (1,))
        connection.exec_driver_sql("INSERT INTO t (name) VALUES (?)", [("a",), ("b",)])

    assert [each[:3] for each in timed] == [
        ("SELECT ?", (1,), False),
        ("INSERT INTO t (name) VALUES (?)", [("a",), ("b",)], True),
    ]


def test_a_statement_can_be_rewritten(engine):
    @listens_for(engine, "before_cursor_execute", retval=True)
    def rewrite(conn, cursor, statement, parameters, context, executemany):
        return statement.replace("1", "2"), parameters

    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 2


def test_who_listens_later_is_heard_on_an_open_connection(engine, sql_log):
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        log = sql_log(engine)
        connection.exec_driver_sql("SELECT 2")
        assert log == ["SELECT 2"]


def test_a_connection_can_be_listened_to_alone(engine):
    seen = []
    with engine.connect() as one, engine.connect() as two:
        one.exec_driver_sql("SELECT 0")
        listen(one, "before_cursor_execute", lambda c, cur, sql, *_: seen.append(sql))
        one.exec_driver_sql("SELECT 1")
        two.exec_driver_sql("SELECT 2")

    assert seen == ["SELECT 1"]


def test_all_engines_can_be_listened_to():
    seen = []

    def see(connection):
        seen.append(connection)

    for target in (Engine, Connection):
        listen(target, "begin", see)
        assert contains(target, "begin", see)
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()
    for target in (Engine, Connection):
        remove(target, "begin", see)

    assert seen == [connection, connection]


def test_a_variant_of_an_engine_can_be_listened_to_alone(engine):
    seen = []
    variant = engine.execution_options(mine=1)
    listen(variant, "begin", seen.append)

    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT 1")
    with variant.begin() as connection:
        connection.exec_driver_sql("SELECT 1")

    assert seen == [connection]


def test_a_listener_may_change_how_connections_are_opened(tmp_path):
    engine = create_engine("sqlite:///nowhere.db")

    @listens_for(engine, "do_connect")
    def elsewhere(dialect, record, arguments, options):
        arguments[0] = str(tmp_path / "here.db")

    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
    engine.dispose()

    assert (tmp_path / "here.db").exists()


def test_savepoints_are_told(engine):
    told = []
    listen(engine, "savepoint", lambda c, name: told.append(("set", name)))
    listen(engine, "release_savepoint", lambda c, name, _: told.append(("release", name)))
    listen(engine, "rollback_savepoint", lambda c, name, _: told.append(("back", name)))

    with engine.connect() as connection:
        connection.begin_nested().commit()
        connection.begin_nested().rollback()

    assert told == [
        ("set", "sa_savepoint_1"),
        ("release", "sa_savepoint_1"),
        ("set", "sa_savepoint_2"),
        ("back", "sa_savepoint_2"),
    ]


# Ways to listen.


def test_answers_that_are_no_values_are_known():
    assert event.CANCEL is CANCEL is not NO_RETVAL


def test_arguments_may_be_taken_by_name(engine):
    seen = []

    @listens_for(engine, "before_cursor_execute", named=True)
    def by_name(statement, executemany, **others):
        seen.append((statement, executemany, sorted(others)))

    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")

    assert seen == [("SELECT 1", False, ["conn", "context", "cursor", "parameters"])]


def test_one_may_listen_once_or_first(engine):
    order = []
    listen(engine, "engine_connect", lambda c: order.append("second"))
    listen(engine, "engine_connect", lambda c: order.append("first"), insert=True)
    listen(engine, "engine_connect", lambda c: order.append("once"), once=True)

    for _ in range(2):
        engine.connect().close()

    assert order == ["first", "second", "once", "first", "second"]


def test_who_begins_to_listen_while_told_is_heard_the_next_time(engine):
    order = []

    @listens_for(engine, "engine_connect")
    def recruit(connection):
        order.append("recruits")
        listen(engine, "engine_connect", lambda c: order.append("recruited"))
        remove(engine, "engine_connect", recruit)

    for _ in range(2):
        engine.connect().close()

    assert order == ["recruits", "recruited"]
    assert not contains(engine, "engine_connect", recruit)
    with pytest.raises(InvalidRequestError, match="does not listen"):
        remove(engine, "engine_connect", recruit)


def test_what_listens_to_an_engine_is_heard_by_its_variants_later_too(engine):
    variant, seen = engine.execution_options(mine=1), []
    listen(engine, "engine_connect", lambda c: seen.append("engine"))
    listen(variant, "engine_connect", lambda c: seen.append("variant"))

    engine.connect().close()
    assert seen == ["engine"]
    variant.connect().close()
    assert sorted(seen) == ["engine", "engine", "variant"]


def test_all_pools_and_one_kind_of_them_can_be_listened_to(tmp_path):
    seen = []

    def see(*_):
        seen.append(1)

    for target in (Pool, QueuePool, Engine):
        listen(target, "connect", see)
    engine = create_engine(f"sqlite:///{tmp_path}/x.db")
    engine.connect().close()
    for target in (Pool, QueuePool, Engine):
        remove(target, "connect", see)
    engine.dispose()
    engine.connect().close()
    engine.dispose()

    assert seen == [1, 1, 1]


@pytest.mark.parametrize("kind", [Dialect, "dialect", "engine"])
def test_what_passes_to_the_driver_is_heard_at_the_dialect(engine, kind):
    target = {"dialect": engine.dialect, "engine": engine}.get(kind, kind)
    seen = []

    def see(cursor, statement, parameters, context):
        seen.append(statement)

    listen(target, "do_execute", see)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    remove(target, "do_execute", see)

    assert seen == ["SELECT 1"]


def test_an_awaiting_engine_is_listened_to_by_its_blocking_half(in_async):
    async def body(engine):
        seen = []
        listen(
            engine.sync_engine, "before_cursor_execute", lambda c, cur, sql, *_: seen.append(sql)
        )
        listen(engine.sync_engine, "checkout", lambda *_: seen.append("checkout"))

        @listens_for(engine.sync_engine, "do_execute")
        def instead(cursor, statement, parameters, context):
            if statement == "SELECT 1":
                cursor.execute("SELECT 2")
                return True
            return None

        async with engine.connect() as connection:
            assert (await connection.exec_driver_sql("SELECT 1")).scalar() == 2
        assert seen == ["checkout", "SELECT 1"]

    in_async(body)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("engine_connect", lambda conn, branch: branch),
        ("before_execute", lambda conn, clauseelement, multiparams, params: None),
        ("after_execute", lambda conn, clauseelement, multiparams, params, result: result.rowcount),
        ("reset", lambda dbapi_connection, record: dbapi_connection.total_changes),
    ],
)
def test_former_parameters_are_served_with_a_warning(engine, name, function):
    with pytest.warns(DovetailDeprecationWarning, match=name):
        listen(engine, name, function)

    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def test_what_is_no_event_is_refused(engine):
    with pytest.raises(InvalidRequestError) as caught:
        listen(engine, "before_cursor_exec", print)
    assert caught.value.hint == "did you mean 'before_cursor_execute'?"


# What listeners can change.


def test_a_statement_and_its_parameters_can_be_replaced(engine):
    @listens_for(engine, "before_execute", retval=True)
    def other_statement(conn, clauseelement, multiparams, params, execution_options):
        return text("SELECT :a, :b"), multiparams, {"a": 1, "b": 2}

    @listens_for(engine, "before_cursor_execute", retval=True)
    def other_parameters(conn, cursor, statement, parameters, context, executemany):
        return statement + " -- seen", (3, 4)

    with engine.connect() as connection:
        assert connection.execute(text("SELECT 0")).one() == (3, 4)


def test_a_listener_may_run_the_statement_itself(engine):
    told = []

    @listens_for(engine, "do_execute")
    def instead(cursor, statement, parameters, context):
        told.append(context.executemany)
        cursor.execute("SELECT 'mine'")
        return True

    @listens_for(engine, "do_executemany")
    def many_instead(cursor, statement, parameters, context):
        told.append(context.executemany)
        cursor.execute("INSERT INTO t (name) VALUES ('one for all')")
        return True

    @listens_for(engine, "do_execute_no_params")
    def bare_instead(cursor, statement, context):
        cursor.execute("SELECT 'bare'")
        return True

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == "mine"
        connection.exec_driver_sql("INSERT INTO t (name) VALUES (?)", [("a",), ("b",)])
        bare = connection.exec_driver_sql("SELECT 1", execution_options={"no_parameters": True})
        assert bare.scalar() == "bare"
        raw = connection.connection.dbapi_connection
        assert raw.execute("SELECT name FROM t").fetchall() == [("one for all",)]

    assert told == [False, True]


def test_a_listener_may_ask_the_database_with_the_cursor_it_gets(engine):
    seen = []

    @listens_for(engine, "before_cursor_execute")
    def ask(conn, cursor, statement, parameters, context, executemany):
        cursor.arraysize = 7
        seen.append((cursor.execute("SELECT 5").fetchone(), context.cursor.arraysize))

    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1

    assert seen == [((5,), 7)]


def test_a_listener_may_open_the_connection(tmp_path):
    engine = create_engine("sqlite:///nowhere/x.db")
    opened = []

    @listens_for(engine, "do_connect")
    def own(dialect, record, arguments, options):
        assert dialect is engine.dialect
        opened.append(sqlite3.connect(tmp_path / "own.db"))
        return opened[-1]

    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
    engine.dispose()
    assert len(opened) == 1


# Failures.


def test_a_failure_is_told_in_all_its_parts(engine):
    contexts = []
    listen(engine, "handle_error", contexts.append)

    with engine.connect() as connection:
        with pytest.raises(OperationalError) as caught:
            connection.execute(text("SELECT :a FROM nowhere"), {"a": 1})
        context = contexts[0]
        assert (context.connection, context.engine) == (connection, engine)
        assert context.dialect is engine.dialect
    assert context.sqlalchemy_exception is caught.value
    assert context.original_exception is caught.value.orig is caught.value.__cause__
    assert context.chained_exception is None
    assert (context.statement, context.parameters) == ("SELECT ? FROM nowhere", (1,))
    assert str(context.execution_context.invoked_statement) == "SELECT :a FROM nowhere"
    assert (context.is_disconnect, context.is_pre_ping) == (False, False)
    assert context.invalidate_pool_on_disconnect


def test_listeners_may_put_another_error_in_the_place(engine):
    chained = []
    listen(engine, "handle_error", lambda context: KeyError("first"), retval=True)
    listen(engine, "handle_error", lambda context: chained.append(context.chained_exception))
    listen(engine, "handle_error", lambda context: ValueError("second"), retval=True)

    with engine.connect() as connection, pytest.raises(ValueError, match="second") as caught:
        connection.exec_driver_sql("SELECT nothing")

    assert isinstance(chained[0], KeyError)
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)


def test_a_listener_that_raises_ends_the_chain(engine):
    later = []

    @listens_for(engine, "handle_error")
    def fail(context):
        raise LookupError("from the listener")

    listen(engine, "handle_error", later.append)
    with engine.connect() as connection, pytest.raises(LookupError):
        connection.exec_driver_sql("SELECT nothing")

    assert later == []


@pytest.mark.parametrize("others_too", [True, False])
def test_a_listener_knows_a_disconnect_that_the_driver_does_not(file_engine, others_too):
    engine = file_engine()

    @listens_for(engine, "handle_error")
    def judge(context):
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = others_too

    with engine.connect() as one, engine.connect() as two:
        with pytest.raises(OperationalError) as caught:
            one.exec_driver_sql("SELECT nothing")
        assert caught.value.connection_invalidated
        assert one.invalidated
        assert not two.invalidated
        raw = two.connection.driver_connection
        with pytest.raises(PendingRollbackError):
            one.exec_driver_sql("SELECT 1")
        one.rollback()
        assert one.exec_driver_sql("SELECT 1").scalar() == 1
    with engine.connect() as one, engine.connect() as two:
        there = (one.connection.driver_connection, two.connection.driver_connection)
        assert (raw in there) is not others_too


def test_a_connection_that_cannot_be_opened_is_told():
    engine, contexts = create_engine("sqlite:////no/such/folder/x.db"), []

    @listens_for(engine, "handle_error")
    def explain(context):
        contexts.append(context)
        return RuntimeError("the disk is not mounted")

    with pytest.raises(RuntimeError, match="not mounted"):
        engine.connect()

    assert (contexts[0].connection, contexts[0].engine) == (None, engine)
    assert contexts[0].statement is None
    assert not contexts[0].is_disconnect


def test_a_failed_ping_is_told(file_engine):
    engine, contexts = file_engine(pool_pre_ping=True, pool_ping_after=0), []
    listen(engine, "handle_error", contexts.append)
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
    raw.close()

    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1

    assert [(c.is_pre_ping, c.is_disconnect, c.connection) for c in contexts] == [
        (True, True, None)
    ]


def test_what_a_listener_raises_is_told_and_passes_unchanged(engine):
    contexts = []
    listen(engine, "handle_error", contexts.append)

    @listens_for(engine, "before_cursor_execute")
    def fail(*_):
        raise ZeroDivisionError

    with engine.connect() as connection, pytest.raises(ZeroDivisionError):
        connection.exec_driver_sql("SELECT 1")

    assert contexts[0].sqlalchemy_exception is None
    assert not isinstance(contexts[0].original_exception, StatementError)


def test_what_a_listener_runs_is_part_of_the_transaction(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/t.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")

    @listens_for(engine, "do_execute")
    def run(cursor, statement, parameters, context):
        cursor.execute(statement, parameters)
        return True

    with engine.connect() as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
        connection.rollback()
        assert connection.scalar(text("SELECT count(*) FROM t")) == 0
    engine.dispose()
