"""Connections that a server has ended, on every server."""

import pytest


@pytest.fixture
def thing(sa, engine, metadata):
    thing = sa.Table("thing", metadata, sa.Column("id", sa.Integer, primary_key=True))
    metadata.create_all(engine)
    return thing


def ids(sa, engine, thing):
    with engine.connect() as connection:
        return connection.scalars(sa.select(thing.c.id).order_by(thing.c.id)).all()


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
