"""Events of connections: seen, and able to change what is executed."""

import time

from dovetail.engine import Connection, Engine, create_engine
from dovetail.event import contains, listen, listens_for, remove


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
    with create_engine("sqlite://").begin() as connection:
        connection.exec_driver_sql("SELECT 1")
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
