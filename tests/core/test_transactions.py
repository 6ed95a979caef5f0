"""Transactions, savepoints, isolation and lost connections, on every server."""

from importlib import import_module

import pytest


@pytest.fixture
def thing(sa, engine, metadata):
    thing = sa.Table("thing", metadata, sa.Column("id", sa.Integer, primary_key=True))
    metadata.create_all(engine)
    return thing


def ids(sa, engine, thing):
    with engine.connect() as connection:
        return connection.scalars(sa.select(thing.c.id).order_by(thing.c.id)).all()


def test_commit_and_rollback(sa, engine, thing):
    with engine.connect() as connection:
        connection.execute(sa.insert(thing).values(id=1))
        connection.commit()
        connection.execute(sa.insert(thing).values(id=2))
        connection.rollback()
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        connection.execute(sa.insert(thing).values(id=3))
        raise ZeroDivisionError
    with engine.begin() as connection:
        connection.execute(sa.insert(thing).values(id=4))

    assert ids(sa, engine, thing) == [1, 4]


def test_what_is_not_committed_is_not_seen(sa, engine, thing):
    if engine.dialect.name == "sqlite":
        pytest.skip("one writes to a SQLite file at a time")
    with engine.connect() as one, engine.connect() as other:
        one.execute(sa.insert(thing).values(id=1))
        assert other.scalar(sa.select(sa.func.count()).select_from(thing)) == 0
        one.commit()
        other.rollback()
        assert other.scalar(sa.select(sa.func.count()).select_from(thing)) == 1


def test_savepoints_nest(sa, engine, thing):
    with engine.begin() as connection:
        connection.execute(sa.insert(thing).values(id=1))
        outer = connection.begin_nested()
        connection.execute(sa.insert(thing).values(id=2))
        inner = connection.begin_nested()
        connection.execute(sa.insert(thing).values(id=3))
        inner.rollback()
        connection.execute(sa.insert(thing).values(id=4))
        outer.commit()
        with connection.begin_nested():
            connection.execute(sa.insert(thing).values(id=5))

    assert ids(sa, engine, thing) == [1, 2, 4, 5]


def test_autocommit(sa, engine, thing):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.insert(thing).values(id=1))
        connection.rollback()
    assert ids(sa, engine, thing) == [1]
    with engine.connect() as connection:
        connection.execute(sa.insert(thing).values(id=2))
    assert ids(sa, engine, thing) == [1]


LEVELS = ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")


@pytest.mark.parametrize("level", LEVELS)
def test_isolation_levels(level, sa, engine, thing):
    if engine.dialect.name == "sqlite" and level == "REPEATABLE READ":
        with pytest.raises(sa.exc.ArgumentError, match="SERIALIZABLE"):
            engine.connect().execution_options(isolation_level=level)
        return
    with engine.connect() as connection:
        usual = connection.get_isolation_level()
    with engine.connect().execution_options(isolation_level=level) as connection:
        assert connection.get_isolation_level() == level
        connection.execute(sa.insert(thing).values(id=1))
        connection.commit()
    with engine.connect() as connection:
        assert connection.get_isolation_level() == usual


def test_repeatable_reads_repeat(sa, engine, thing):
    if engine.dialect.name == "sqlite":
        pytest.skip("one writes to a SQLite file at a time")
    count = sa.select(sa.func.count()).select_from(thing)
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as one:
        assert one.scalar(count) == 0
        with engine.begin() as other:
            other.execute(sa.insert(thing).values(id=1))
        assert one.scalar(count) == 0
        one.rollback()
        assert one.scalar(count) == 1


def _kill(sa, engine, connection):
    """Let the server end *connection* from another one."""
    kinds = {
        "postgresql": ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend({})"),
        "mysql": ("SELECT connection_id()", "KILL {}"),
        "mariadb": ("SELECT connection_id()", "KILL {}"),
    }
    if engine.dialect.name not in kinds:
        pytest.skip("there is no server to end a connection")
    own, kill = kinds[engine.dialect.name]
    number = connection.exec_driver_sql(own).scalar()
    connection.rollback()
    with engine.connect() as other:
        other.exec_driver_sql(kill.format(number))


def test_a_lost_connection_is_replaced(sa, engine, thing):
    with engine.connect() as connection:
        _kill(sa, engine, connection)
        with pytest.raises(sa.exc.DBAPIError) as caught:
            connection.execute(sa.select(thing))
        assert caught.value.connection_invalidated
        if hasattr(caught.value, "retry_scope"):
            assert isinstance(caught.value, sa.exc.Disconnected)
            assert caught.value.retry_scope == "new_connection"
        connection.rollback()
        assert connection.execute(sa.select(thing)).all() == []

    assert ids(sa, engine, thing) == []


def test_a_connection_lost_in_a_transaction_takes_the_transaction_along(sa, engine, thing):
    with engine.connect() as connection:
        connection.execute(sa.insert(thing).values(id=1))
        if engine.dialect.name == "sqlite":
            pytest.skip("there is no server to end a connection")
        own = {"postgresql": "pg_backend_pid()"}.get(engine.dialect.name, "connection_id()")
        number = connection.exec_driver_sql(f"SELECT {own}").scalar()
        kill = {"postgresql": f"SELECT pg_terminate_backend({number})"}
        with engine.connect() as other:
            other.exec_driver_sql(kill.get(engine.dialect.name, f"KILL {number}"))
        with pytest.raises(sa.exc.DBAPIError):
            connection.execute(sa.insert(thing).values(id=2))
        with pytest.raises(sa.exc.PendingRollbackError):
            connection.execute(sa.insert(thing).values(id=3))
        connection.rollback()
        connection.execute(sa.insert(thing).values(id=4))
        connection.commit()

    assert ids(sa, engine, thing) == [4]


def test_a_ping_finds_connections_that_were_lost(sa, backend_url, metadata):
    engine = sa.create_engine(backend_url, pool_pre_ping=True)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            engine.dispose()
            pytest.skip("there is no server to end a connection")
        own = {"postgresql": "pg_backend_pid()"}.get(engine.dialect.name, "connection_id()")
        number = connection.exec_driver_sql(f"SELECT {own}").scalar()
    killer = sa.create_engine(backend_url)
    kill = {"postgresql": f"SELECT pg_terminate_backend({number})"}
    with killer.connect() as connection:
        connection.exec_driver_sql(kill.get(engine.dialect.name, f"KILL {number}"))
    killer.dispose()
    if hasattr(engine.pool, "_ping_after"):
        engine.pool._ping_after = 0

    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()


@pytest.fixture
def shared(sa, backend_url, metadata):
    """An engine whose only connection is lent to all who ask; a table; how many rows it has."""
    pool = import_module(f"{sa.__name__}.pool")
    engine = sa.create_engine(backend_url, poolclass=pool.StaticPool)
    thing = sa.Table("thing", metadata, sa.Column("id", sa.Integer, primary_key=True))
    metadata.create_all(engine)

    def count():
        with engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(thing))

    yield engine, thing, count
    engine.dispose()


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_the_end_of_one_who_shares_a_connection_lets_others_roll_back(end, sa, shared):
    engine, thing, count = shared
    with engine.connect() as one, engine.connect() as other:
        one.execute(sa.select(thing)).all()
        other.execute(sa.select(thing)).all()
        getattr(other, end)()

        one.execute(sa.insert(thing).values(id=1))
        one.execute(sa.insert(thing).values(id=2))
        one.rollback()

    assert count() == 0


def test_one_who_begins_on_a_shared_connection_takes_nothing_away(sa, shared):
    engine, thing, count = shared
    with engine.connect() as one, engine.connect() as other:
        one.execute(sa.insert(thing).values(id=1))
        other.execute(sa.select(thing)).all()
        one.commit()
        other.execute(sa.insert(thing).values(id=2))
        other.commit()

    assert count() == 2
