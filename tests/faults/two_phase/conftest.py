"""Two databases that take part in one transaction."""

import pytest

from dovetail import create_engine, text
from tests.faults.two_phase.accounts import Base, resolve
from tests.private_servers import private_mariadb, private_postgresql

PAIRS = ["postgresql and postgresql", "postgresql and mariadb"]


@pytest.fixture(scope="module")
def server():
    with private_postgresql(max_prepared_transactions=20) as server:
        engine = create_engine(server.url)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CREATE DATABASE second"))
        engine.dispose()
        yield server


@pytest.fixture(scope="module")
def mariadb():
    """A server of its own: all of one have a common list of what is prepared."""
    with private_mariadb() as server:
        yield server.url


@pytest.fixture(params=PAIRS)
def engines(request, server):
    """Two databases, and the engines for them; the tables are empty."""
    second = server.url.rpartition("/")[0] + "/second"
    if request.param.endswith("mariadb"):
        second = request.getfixturevalue("mariadb")
    engines = create_engine(server.url), create_engine(second)
    for engine in engines:
        Base.metadata.create_all(engine)
    yield engines
    # What a failed test has left would block this.
    resolve(engines, "rollback")
    for engine in engines:
        Base.metadata.drop_all(engine)
        engine.dispose()
