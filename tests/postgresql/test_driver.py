"""What all drivers do: statements, transactions, streams, lost connections."""

import json

import pytest

from dovetail import (
    JSON,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    exc,
    func,
    insert,
    literal,
    make_url,
    select,
    text,
    update,
)

EVERY_DRIVER = True

metadata = MetaData()
item = Table("item", metadata, Column("id", Integer, primary_key=True), Column("name", String(50)))


@pytest.fixture
def items(engine):
    metadata.create_all(engine)
    return engine


def test_several_hosts_the_first_of_which_is_away(url, make_engine):
    parts = make_url(url)
    hosts = (f"127.0.0.1:1,{parts.host}:{parts.port or 5432}",)
    several = parts.set(host=None, port=None, query={"host": hosts[0]})

    with make_engine(several).connect() as connection:
        assert connection.scalar(select(1)) == 1


def test_arguments_of_the_driver(url, make_engine):
    engine = make_engine(
        make_url(url).update_query_dict({"application_name": "x y"}),
        connect_args={"options": "-c statement_timeout=77"},
    )

    with engine.connect() as connection:
        assert connection.scalar(text("SHOW application_name")) == "x y"
        assert connection.scalar(text("SHOW statement_timeout")) == "77ms"


def test_the_server_is_asked_once_what_it_is(make_engine):
    engine = make_engine()
    with engine.connect() as connection:
        first = connection.dialect.server_version_info

    assert first >= (12, 0)
    assert engine.dialect.default_schema_name == "public"


def test_rows_inserted_and_changed(items):
    with items.begin() as connection:
        assert connection.execute(insert(item), {"name": "a"}).inserted_primary_key == (1,)
        result = connection.execute(insert(item), [{"name": str(n)} for n in range(100)])
        assert result.rowcount == 100
        result = connection.execute(
            insert(item).returning(item.c.id, item.c.name), [{"name": str(n)} for n in range(2500)]
        )
        assert [row.name for row in result] == [str(n) for n in range(2500)]
        changed = connection.execute(update(item).where(item.c.id < 5).values(name="z"))
        assert changed.rowcount == 4
        many = update(item).where(item.c.id == bindparam("i")).values(name=bindparam("n"))
        assert connection.execute(many, [{"i": n, "n": "q"} for n in range(1, 8)]).rowcount == 7
        assert connection.scalar(select(func.count()).select_from(item)) == 2601
        found = connection.scalars(select(item.c.id).where(item.c.id.in_([1, 2, 9999])))
        assert found.all() == [1, 2]
        assert connection.scalars(select(item.c.id).where(item.c.id.in_([]))).all() == []


@pytest.fixture
def prepares(driver):
    """For tests of what drivers do that have the server prepare statements."""
    if driver.module == "psycopg2":
        pytest.skip("psycopg2 writes values into each statement, and prepares none")


@pytest.mark.usefixtures("prepares")
def test_statements_survive_rollback_prepared(items):
    with items.connect() as connection:
        for number in range(10):
            connection.execute(select(item).where(item.c.id == number)).all()
            connection.rollback()
        prepared = connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements")

        assert prepared.scalar() >= 1


def test_what_a_rolled_back_transaction_created_is_forgotten(engine):
    with engine.connect() as connection:
        for kind in ("int", "text"):
            connection.execute(text(f"CREATE TABLE passing (a {kind})"))
            for _ in range(8):
                connection.execute(text("SELECT a FROM passing")).all()
            connection.rollback()


@pytest.mark.usefixtures("prepares")
def test_a_plan_that_no_longer_fits_is_made_anew(items):
    statement = text("SELECT * FROM item")
    with items.connect() as one, items.connect() as two:
        for _ in range(8):
            one.execute(statement).all()
        one.commit()
        two.execute(text("ALTER TABLE item ADD COLUMN more int"))
        two.commit()

        with pytest.raises(exc.DBAPIError) as caught:
            one.execute(statement).all()
        assert caught.value.retry_scope == "transaction"
        one.rollback()
        assert list(one.execute(statement).keys()) == ["id", "name", "more"]


# -- isolation ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "level", ["SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED", "READ UNCOMMITTED"]
)
def test_isolation_levels(engine, level):
    with engine.connect().execution_options(isolation_level=level) as connection:
        assert connection.scalar(text("SHOW transaction_isolation")) == level.lower()
        assert connection.get_isolation_level() == level
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW transaction_isolation")) == "read committed"
        assert connection.get_isolation_level() == "READ COMMITTED"


def test_autocommit(items, make_engine):
    with items.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(insert(item), {"name": "kept"})
        connection.rollback()
        connection.execute(text("VACUUM item"))
    with make_engine(isolation_level="AUTOCOMMIT").connect() as connection:
        assert connection.scalar(select(func.count()).select_from(item)) == 1
    with items.connect() as connection:
        connection.execute(insert(item), {"name": "lost"})
    with items.connect() as connection:
        assert connection.scalars(select(item.c.name)).all() == ["kept"]


def test_read_only_and_deferrable_transactions(items):
    options = {
        "isolation_level": "SERIALIZABLE",
        "postgresql_readonly": True,
        "postgresql_deferrable": True,
    }
    with items.connect().execution_options(**options) as connection:
        assert connection.scalar(text("SHOW transaction_read_only")) == "on"
        assert connection.scalar(text("SHOW transaction_deferrable")) == "on"
        assert connection.get_isolation_level() == "SERIALIZABLE"
        with pytest.raises(exc.DBAPIError) as caught:
            connection.execute(insert(item), {"name": "a"})
        assert "read-only" in caught.value.hint
        with pytest.raises(exc.InvalidRequestError):
            connection.execution_options(postgresql_readonly=False)
    with items.connect() as connection:
        assert connection.scalar(text("SHOW transaction_read_only")) == "off"
        assert connection.scalar(text("SHOW transaction_deferrable")) == "off"
    reader = items.execution_options(postgresql_readonly=True)
    with reader.connect() as connection:
        assert connection.scalar(text("SHOW transaction_read_only")) == "on"
    with items.begin() as connection:
        connection.execute(insert(item), {"name": "a"})


def test_savepoints(items):
    with items.begin() as connection:
        connection.execute(insert(item), {"id": 1, "name": "a"})
        with pytest.raises(exc.UniqueViolation), connection.begin_nested():
            connection.execute(insert(item), {"id": 1, "name": "b"})
        connection.execute(insert(item), {"id": 2, "name": "c"})
    with items.connect() as connection:
        assert connection.scalars(select(item.c.name).order_by("id")).all() == ["a", "c"]


def test_a_failed_transaction_must_be_rolled_back(items):
    with items.connect() as connection:
        with pytest.raises(exc.ProgrammingError):
            connection.execute(text("SELECT nothing"))
        with pytest.raises(exc.InternalError) as caught:
            connection.execute(select(1))
        assert "savepoint" in caught.value.hint
        with pytest.raises(exc.PendingRollbackError):
            connection.commit()
        connection.rollback()
        assert connection.scalar(select(1)) == 1


def test_a_parameter_that_cannot_be_sent_does_not_end_the_transaction(items):
    with items.connect() as connection:
        with pytest.raises(exc.DBAPIError):
            connection.exec_driver_sql("SELECT $1", (object(),))
        connection.execute(insert(item), {"name": "a"})
        connection.commit()
        assert connection.scalars(select(item.c.name)).all() == ["a"]


# -- streams --------------------------------------------------------------------------------------


def _numbers(count):
    return select(func.generate_series(1, count).column_valued("n"))


@pytest.mark.parametrize("level", ["READ COMMITTED", "AUTOCOMMIT"])
def test_streams(engine, level):
    with engine.connect().execution_options(isolation_level=level) as connection:
        result = connection.execution_options(yield_per=100).execute(_numbers(1000))
        assert len(result.fetchmany(10)) == 10
        assert sum(1 for _ in result) == 990
        two = connection.execution_options(stream_results=True)
        assert two.execute(_numbers(3)).scalars().all() == [1, 2, 3]


def test_a_stream_of_changed_rows(items):
    with items.begin() as connection:
        statement = insert(item).values([{"name": "a"}, {"name": "b"}]).returning(item.c.name)
        found = connection.execute(statement, execution_options={"stream_results": True})
        assert found.scalars().all() == ["a", "b"]
        cte = insert(item).values(name="c").returning(item.c.name).cte("new")
        found = connection.execute(select(cte.c.name), execution_options={"yield_per": 5})
        assert found.scalars().all() == ["c"]


def test_a_stream_whose_connection_is_lost(engine):
    with engine.connect() as connection:
        result = connection.execution_options(yield_per=10).execute(_numbers(100_000))
        result.fetchmany(5)
        _kill(engine, connection)
        with pytest.raises(exc.Disconnected) as caught:
            result.all()
        assert caught.value.connection_invalidated
        connection.rollback()
        assert connection.scalar(select(1)) == 1


def _kill(engine, connection):
    pid = connection.scalar(select(func.pg_backend_pid()))
    with engine.connect() as other:
        other.execute(select(func.pg_terminate_backend(pid)))


# -- lost connections -----------------------------------------------------------------------------


def test_a_lost_connection_is_replaced(engine):
    with engine.connect() as connection:
        connection.execute(select(1))
        _kill(engine, connection)
        with pytest.raises(exc.Disconnected) as caught:
            connection.execute(select(1))
        assert caught.value.retry_scope == "new_connection"
        assert not caught.value.outcome_unknown
        connection.rollback()
        assert connection.scalar(select(1)) == 1


def test_a_connection_that_is_lost_at_commit_leaves_the_outcome_unknown(items):
    with items.connect() as connection:
        connection.execute(insert(item), {"name": "a"})
        _kill(items, connection)
        with pytest.raises(exc.DBAPIError) as caught:
            connection.commit()

    assert caught.value.outcome_unknown
    assert caught.value.connection_invalidated


def test_a_ping_finds_lost_connections(make_engine):
    engine = make_engine(pool_pre_ping=True, pool_ping_after=0, pool_size=1)
    with engine.connect() as connection:
        pid = connection.scalar(select(func.pg_backend_pid()))
    with make_engine().connect() as other:
        other.execute(select(func.pg_terminate_backend(pid)))

    with engine.connect() as connection:
        assert connection.scalar(select(1)) == 1


def test_json_is_read_and_written_by_functions_of_the_users(make_engine):
    engine = make_engine(
        json_serializer=lambda value: json.dumps({"in": value}),
        json_deserializer=lambda value: ("out", json.loads(value)),
    )
    with engine.connect() as connection:
        assert connection.scalar(select(literal([1], JSON))) == ("out", {"in": [1]})
