"""The plugin of pytest: a database for tests, undone after each of them; budgets of statements.

Every run of pytest loads this module, so that it imports nothing of dovetail before a test asks.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dovetail import Connection, Engine, MetaData
    from dovetail.engine.url import URL
    from dovetail.ext.asyncio import AsyncEngine, AsyncSession
    from dovetail.orm import Session, sessionmaker
    from dovetail.watching import Watch

VARIABLE = "DOVETAIL_URL"
MARKER = (
    "statements(max, n_plus_one=, duplicates=, rows=, seconds=, slow=): the most that the test "
    "may send to databases"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of the plugin."""
    group = parser.getgroup("dovetail")
    group.addoption(
        "--dovetail-url",
        help=f"URL of the database beside which the tests have theirs (or ${VARIABLE})",
    )
    parser.addini("dovetail_url", "URL of the database beside which the tests have theirs")
    parser.addini(
        "dovetail_metadata", "whose tables the tests need: module:name of a MetaData or a base"
    )
    parser.addini(
        "dovetail_create_database",
        "make a database for each process; false: use the one that is named",
        type="bool",
        default=True,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and the fixture that has to be awaited."""
    config.addinivalue_line("markers", MARKER)
    known = map(config.pluginmanager.has_plugin, ("asyncio", "pytest_asyncio.plugin"))
    awaited = "on_asyncio" if any(known) else "on_any_loop"
    config.pluginmanager.register(import_module(f"pytest_dovetail.{awaited}"), "dovetail_awaiting")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Count the statements of a test that has a budget; fixtures have sent theirs before."""
    marker = item.get_closest_marker("statements")
    if marker is None:
        return (yield)
    budgets = import_module("dovetail.testing.budgets")
    watch = budgets.watch_of_all_engines(budgets.budget_of_marker(*marker.args, **marker.kwargs))
    watch.open()
    try:
        answer = yield
    finally:
        watch.close()
    try:
        watch.check()
    except import_module("dovetail.exc").BudgetExceededError as error:
        pytest.fail(str(error), pytrace=False)
    return answer


@pytest.fixture(scope="session")
def db_url(request: pytest.FixtureRequest) -> str:
    """The URL of the database beside which the tests have theirs.

    The option ``--dovetail-url``, else the environment variable ``DOVETAIL_URL``, else the
    setting ``dovetail_url``, else SQLite.
    """
    config = request.config
    given = config.getoption("--dovetail-url") or os.environ.get(VARIABLE)
    return str(given or config.getini("dovetail_url") or "sqlite://")


@pytest.fixture(scope="session")
def db_metadata(request: pytest.FixtureRequest) -> MetaData | None:
    """The MetaData whose tables are made: override it, or name it as ``dovetail_metadata``."""
    named = request.config.getini("dovetail_metadata")
    if not named:
        return None
    module, _, name = named.partition(":")
    found = getattr(import_module(module), name)
    metadata: MetaData = getattr(found, "metadata", found)
    return metadata


@pytest.fixture(scope="session")
def db_database(
    request: pytest.FixtureRequest, db_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[URL]:
    """The URL of a database that this process has for itself; it is dropped at the end."""
    databases = import_module("dovetail.testing.own_database")
    with ExitStack() as stack:
        url: URL = import_module("dovetail").make_url(db_url)
        if request.config.getini("dovetail_create_database"):
            folder = tmp_path_factory.mktemp("dovetail")
            url = stack.enter_context(databases.own_database(db_url, folder))
        yield url


@pytest.fixture(scope="session")
def db_schema(db_database: URL, db_metadata: MetaData | None) -> None:
    """Make the tables: override it where migrations do so."""
    if db_metadata is not None:
        databases = import_module("dovetail.testing.own_database")
        databases.on_database(db_database, db_metadata.create_all)


@pytest.fixture(scope="session")
def db_engine(db_database: URL, db_schema: None) -> Iterator[Engine]:
    """An engine for the database, with its tables.  What is committed on it stays."""
    engine: Engine = import_module("dovetail.testing.own_database").engine_for_tests(db_database)
    yield engine
    engine.dispose()


@pytest.fixture
def db_connection(db_engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that is rolled back after the test."""
    with import_module("dovetail.testing.undone").undone_connection(db_engine) as connection:
        yield connection


@pytest.fixture
def db_sessionmaker(db_connection: Connection) -> sessionmaker[Session]:
    """Makes sessions for a program: all in one transaction, which is rolled back after the test."""
    joining = import_module("dovetail.testing.undone").JOINING
    made: sessionmaker[Session] = import_module("dovetail.orm").sessionmaker(
        db_connection, **joining
    )
    return made


@pytest.fixture
def db_session(db_sessionmaker: sessionmaker[Session]) -> Iterator[Session]:
    """A session whose work is undone after the test, what it commits included."""
    here = import_module("dovetail.testing.undone").session_here
    with here(db_sessionmaker()) as session:
        yield session


@pytest.fixture
def db_statements() -> Iterator[Watch]:
    """A watch of all that engines send during the test, what fixtures behind it send included.

    ``db_statements.clear()`` begins to count from nothing.
    """
    watch: Watch = import_module("dovetail.testing.budgets").watch_of_all_engines()
    with watch:
        yield watch


async def async_engine_of_a_test(db_database: URL, db_schema: None) -> AsyncIterator[AsyncEngine]:
    """An AsyncEngine for the database.  What is committed on it stays."""
    null = import_module("dovetail.pool").NullPool
    databases = import_module("dovetail.testing.own_database")
    engine: AsyncEngine = databases.awaiting_engine(db_database, poolclass=null)
    yield engine
    await engine.dispose()


async def async_session_of_a_test(async_db_engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """An AsyncSession whose work is undone after the test, what it commits included."""
    undone = import_module("dovetail.testing.undone").undone_async_session
    async with undone(async_db_engine) as session:
        yield session
