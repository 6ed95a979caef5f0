"""Statements that must stand outside a transaction, and execution options."""

import logging

import pytest

from dovetail import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    insert,
    select,
    text,
    update,
)
from dovetail.engine.transacted import _FIRST_WORD
from dovetail.event import listen, listens_for
from dovetail.exc import ArgumentError, InvalidRequestError, OperationalError, ResourceClosedError
from dovetail.types import TypeDecorator
from tests.engine import two_phases

metadata = MetaData()
t = Table("t", metadata, Column("id", Integer, primary_key=True), Column("name", String))


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("PRAGMA x", "PRAGMA"),
        ("  \n pragma x", "pragma"),
        ("-- why\nVACUUM", "VACUUM"),
        ("/* a */ /* b * c */\nATTACH 'x' AS y", "ATTACH"),
        ("select 'PRAGMA'", "select"),
        ("(SELECT 1)", None),
        ("", None),
    ],
)
def test_the_first_word_is_found(sql, word):
    match = _FIRST_WORD(sql)

    assert (match and match[1]) == word


def test_a_pragma_that_comes_first_has_its_effect(file_engine):
    with file_engine().connect() as connection:
        connection.execute(text("PRAGMA foreign_keys = ON"))
        connection.commit()
        assert connection.exec_driver_sql("/* now */ PRAGMA foreign_keys").scalar() == 1


def test_vacuum_and_attach_come_first(file_engine, tmp_path, sql_log):
    engine = file_engine()
    log = sql_log(engine)

    with engine.connect() as connection:
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("ATTACH ? AS other", (f"{tmp_path}/other.db",))
        assert connection.in_transaction()
        connection.exec_driver_sql("CREATE TABLE other.u (id INTEGER)")
        connection.exec_driver_sql("PRAGMA user_version")
        connection.commit()
        connection.exec_driver_sql("DETACH other")

    assert log == [
        "VACUUM",
        "ATTACH ? AS other",
        *("BEGIN", "CREATE TABLE other.u (id INTEGER)", "PRAGMA user_version", "COMMIT"),
        "DETACH other",
    ]


def test_vacuum_after_another_statement_is_refused_as_ever(engine):
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        with pytest.raises(OperationalError, match="within a transaction"):
            connection.exec_driver_sql("VACUUM")


def test_who_begins_himself_is_not_forestalled(file_engine):
    engine = file_engine(connect_args={"timeout": 0})
    with engine.connect() as connection, engine.connect() as other:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.exec_driver_sql("INSERT INTO t (name) VALUES ('kept')")
        with pytest.raises(OperationalError, match="locked"):
            other.exec_driver_sql("BEGIN IMMEDIATE")
        connection.commit()
        other.rollback()
        assert other.exec_driver_sql("SELECT count(*) FROM t").scalar() == 1


def test_an_awaiting_driver_does_the_same(in_async):
    async def body(engine):
        async with engine.connect() as connection:
            await connection.execute(text("PRAGMA foreign_keys = ON"))
            await connection.execute(text("VACUUM"))
            await connection.execute(text("SELECT 1"))
            result = await connection.exec_driver_sql("PRAGMA foreign_keys")
            assert result.scalar() == 1
            with pytest.raises(OperationalError):
                await connection.execute(text("VACUUM"))

    in_async(body)


def test_an_async_block_whose_savepoint_has_ended_runs_nothing_more(in_async):
    async def body(engine):
        async with engine.connect() as connection:
            async with connection.begin_nested() as savepoint:
                await savepoint.rollback()
                with pytest.raises(InvalidRequestError, match="has ended"):
                    await connection.exec_driver_sql("SELECT 1")
            async with connection.begin_nested() as savepoint:
                await savepoint.commit()
                with pytest.raises(InvalidRequestError, match="has ended"):
                    await connection.exec_driver_sql("SELECT 1")
            await connection.exec_driver_sql("SELECT 1")

    in_async(body)


def test_a_savepoint_under_autocommit_is_one(engine):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        savepoint = connection.begin_nested()
        connection.execute(insert(t).values(name="undone"))
        savepoint.rollback()
        with connection.begin_nested():
            connection.execute(insert(t).values(name="kept"))
    with engine.connect() as connection:
        assert connection.scalars(select(t.c.name)).all() == ["kept"]


# The driver's connection behind a connection.


def test_invalidating_the_proxy_invalidates_the_connection(engine):
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        connection.connection.invalidate()
        assert connection.invalidated
        with pytest.raises(ResourceClosedError):
            _ = connection.info
        connection.exec_driver_sql("SELECT 1")
        assert connection.connection.driver_connection is not raw


def test_detaching_the_proxy_detaches_the_connection(file_engine):
    engine = file_engine(pool_size=1, max_overflow=0)
    with engine.connect() as connection:
        connection.connection.detach()
        assert engine.pool.checkedout() == 0
        connection.exec_driver_sql("SELECT 1")
        connection.invalidate()
        connection.rollback()
        connection.exec_driver_sql("SELECT 1")
        assert engine.pool.checkedout() == 1
    assert (engine.pool.checkedin(), engine.pool.checkedout()) == (1, 0)


# Two phases.


@pytest.mark.parametrize("verb", ["begin_twophase", "recover_twophase"])
def test_two_phases_are_refused_before_anything_is_sent(engine, sql_log, verb):
    log = sql_log(engine)
    with engine.connect() as connection:
        with pytest.raises(InvalidRequestError, match="no two-phase transactions"):
            getattr(connection, verb)()
        assert not connection.in_transaction()
        for end in (connection.commit_prepared, connection.rollback_prepared):
            with pytest.raises(InvalidRequestError, match="no two-phase transactions"):
                end("x")
    assert log == []


# Execution options.


def test_a_logging_token_stands_before_each_line(engine, caplog):
    engine.echo = True
    with caplog.at_level(logging.INFO, "dovetail.engine"):
        variant = engine.execution_options(logging_token="shop")
        with variant.begin() as connection:
            connection.exec_driver_sql("SELECT 1")
            connection.execution_options(logging_token="till")
            connection.exec_driver_sql("SELECT 2")
    engine.echo = False

    assert [record.getMessage().partition(" -- ")[0] for record in caplog.records] == [
        "[shop] BEGIN",
        "[shop] SELECT 1",
        "[till] SELECT 2",
        "[till] COMMIT",
    ]


def test_a_cache_of_ones_own_takes_the_place_of_the_engines(engine):
    own, statement = {}, select(t.c.id)
    before = engine.plans.stats().size
    with engine.connect() as connection:
        for _ in range(3):
            connection.execute(statement, execution_options={"compiled_cache": own}).all()
            connection.execute(statement, execution_options={"compiled_cache": None}).all()

    assert len(own) == 1
    assert engine.plans.stats().size == before


def test_another_schema_is_another_plan(file_engine, tmp_path):
    engine = file_engine()
    statement = select(t.c.name)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"ATTACH '{tmp_path}/other.db' AS other")
        connection.exec_driver_sql("CREATE TABLE other.t (id INTEGER, name TEXT)")
        connection.exec_driver_sql("INSERT INTO other.t VALUES (1, 'theirs')")
        connection.execute(insert(t), [{"name": "ours"}])
        names = []
        for schema in (None, "other", "main", "other", None):
            options = {"schema_translate_map": {None: schema}} if schema else {}
            names.append(connection.scalar(statement, execution_options=options))
        translated = connection.execution_options(schema_translate_map={None: "other"})
        translated.execute(update(t).values(name="changed"))
        assert connection.exec_driver_sql("SELECT name FROM other.t").scalar() == "changed"
        assert connection.exec_driver_sql("SELECT name FROM main.t").scalar() == "ours"

    assert names == ["ours", "theirs", "ours", "theirs", "ours"]


def test_the_rowcount_of_a_query_is_kept_if_asked_for(engine):
    with engine.connect() as connection:
        result = connection.execute(select(t.c.id), execution_options={"preserve_rowcount": True})
        assert result.rowcount == -1  # sqlite3 does not count what it reads
        assert result.all() == []
        changed = connection.execute(insert(t), [{"name": "a"}, {"name": "b"}])
        assert changed.rowcount == 2


@pytest.mark.parametrize("where", ["engine", "statement"])
def test_a_page_of_an_insert_has_as_many_rows_as_are_asked_for(where):
    options = {"insertmanyvalues_page_size": 2}
    engine = create_engine("sqlite://", **(options if where == "engine" else {}))
    metadata.create_all(engine)
    sent = []
    listen(engine, "before_cursor_execute", lambda c, cursor, sql, *_: sent.append(sql.count("(?")))

    with engine.begin() as connection:
        rows = [{"name": name} for name in "abcde"]
        statement = insert(t).returning(t.c.name)
        result = connection.execute(
            statement, rows, execution_options=options if where == "statement" else {}
        )
        assert result.scalars().all() == list("abcde")
    engine.dispose()

    assert sent == [2, 2, 1]


def test_text_without_parameters_goes_as_it_is(engine):
    with engine.connect() as connection:
        options = {"no_parameters": True}
        result = connection.exec_driver_sql("SELECT '%', 1", execution_options=options)
        assert result.one() == ("%", 1)


def test_errors_are_not_told_where_that_is_asked_for(engine):
    told = []
    listen(engine, "handle_error", told.append)
    with engine.connect() as connection:
        quiet = {"skip_user_error_events": True}
        for options in (quiet, {}):
            with pytest.raises(OperationalError):
                connection.execute(text("SELECT nothing"), execution_options=options)

    assert len(told) == 1


def test_rows_come_in_parts_of_the_size_asked_for(engine):
    with engine.connect() as connection:
        connection.execute(insert(t), [{"name": str(number)} for number in range(10)])
        streamed = connection.execution_options(stream_results=True, max_row_buffer=3)
        result = streamed.execute(select(t.c.name))
        assert result._feed.batch == 3
        result.close()
        result = connection.execute(select(t.c.name), execution_options={"yield_per": 4})
        assert [len(part) for part in result.partitions()] == [4, 4, 2]


def test_levels_of_a_connection(engine):
    with engine.connect() as connection:
        assert connection.default_isolation_level == "SERIALIZABLE"
        assert connection.get_isolation_level() == "SERIALIZABLE"
        connection.execution_options(isolation_level="read_uncommitted")
        assert connection.get_isolation_level() == "READ UNCOMMITTED"
        assert connection.exec_driver_sql("PRAGMA read_uncommitted").scalar() == 1
        with pytest.raises(InvalidRequestError, match="inside a transaction"):
            connection.exec_driver_sql("SELECT 1")
            connection.execution_options(isolation_level="SERIALIZABLE")
        with pytest.raises(ArgumentError, match="is not known here"):
            connection.rollback()
            connection.execution_options(isolation_level="SNAPSHOT")
        with pytest.raises(ArgumentError, match="is a string"):
            connection.execution_options(isolation_level=5)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA read_uncommitted").scalar() == 0


def test_listeners_may_change_options(engine):
    @listens_for(engine, "set_connection_execution_options")
    def set_mine(connection, options):
        options["mine"] = options.pop("yours")

    with engine.connect().execution_options(yours=5) as connection:
        assert connection.get_execution_options() == {"mine": 5}


class Picky(TypeDecorator):
    impl = Integer
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if isinstance(value, Exception):
            raise value
        return value


def test_what_a_type_raises_is_wrapped_unless_it_asks_not_to_be(engine):
    from dovetail.exc import DontWrapMixin, StatementError

    class OddError(Exception):
        pass

    class ForbiddenError(DontWrapMixin, OddError):
        pass

    told = []
    listen(engine, "handle_error", told.append)
    statement = select(bindparam("x", type_=Picky()))
    with engine.connect() as connection:
        with pytest.raises(StatementError, match="OddError") as caught:
            connection.execute(statement, {"x": OddError("no")})
        assert isinstance(caught.value.orig, OddError)
        assert caught.value.__cause__ is caught.value.orig
        with pytest.raises(ForbiddenError):
            connection.execute(statement, {"x": ForbiddenError("no")})
        with pytest.raises(ForbiddenError):
            connection.execute(
                insert(Table("u", MetaData(), Column("x", Picky))),
                [{"x": ForbiddenError("no")}, {"x": 1}],
            )

    assert [type(each.original_exception).__name__ for each in told] == [
        *("OddError", "ForbiddenError", "ForbiddenError")
    ]
    assert told[0].sqlalchemy_exception is caught.value
    assert told[0].statement == "SELECT ? AS anon_1"


def test_two_phases_and_what_is_told_of_them():
    asked = two_phases.register()
    engine = create_engine(two_phases.URL)
    metadata.create_all(engine)
    told = []
    for name in ("begin", "begin_twophase", "prepare_twophase", "commit_twophase"):
        listen(engine, name, lambda c, *rest, name=name: told.append((name, *rest)))
    listen(engine, "rollback_twophase", lambda c, *rest: told.append(("rollback_twophase", *rest)))

    with engine.connect() as connection:
        transaction = connection.begin_twophase("x1")
        connection.execute(insert(t).values(name="kept"))
        transaction.prepare()
        transaction.commit()
        with connection.begin_twophase("x2"):
            connection.execute(insert(t).values(name="kept too"))
        transaction = connection.begin_twophase("x3")
        connection.execute(insert(t).values(name="undone"))
        transaction.prepare()
        transaction.rollback()
        assert connection.recover_twophase() == ["left"]
        connection.rollback_prepared("x4")
        with pytest.raises(OperationalError, match="no such prepared"):
            connection.commit_prepared("unknown")
    with pytest.raises(ResourceClosedError):
        connection.recover_twophase()
    with engine.connect() as connection:
        assert connection.scalars(select(t.c.name)).all() == ["kept", "kept too"]
    engine.dispose()

    assert asked == [
        *(("begin", "x1"), ("prepare", "x1"), ("commit", "x1", True)),
        *(("begin", "x2"), ("commit", "x2", False)),
        *(("begin", "x3"), ("prepare", "x3"), ("rollback", "x3", True)),
        *(("rollback", "x4", True), ("commit", "unknown", True)),
    ]
    # ``begin`` is told of the last look at the table alone.
    assert told == [*((f"{name}_twophase", *rest) for name, *rest in asked), ("begin",)]


def test_a_statement_has_no_isolation_level():
    with pytest.raises(ArgumentError, match="no isolation level of its own"):
        select(t).execution_options(isolation_level="AUTOCOMMIT")
