"""The fixtures of the contract, a plugin of pytest.

A suite names it in its ``conftest.py``::

    pytest_plugins = ["dovetail.testing.plugin"]

Who inherits from :class:`~dovetail.testing.contract.DialectContract` gives it a URL; who takes
single contracts has a fixture ``database_url``, the URL of an empty database.
"""

from __future__ import annotations

from asyncio import Runner, sleep
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

import pytest

from ..dialects.features import Features
from ..engine.connection import Connection
from ..engine.create import create_engine
from ..engine.engine import Engine
from ..engine.url import make_url
from ..ext.asyncio import AsyncEngine, AsyncSession
from ..orm.session.session import Session
from ..sql.metadata import MetaData
from .blocking import blocking_calls, waiting
from .features import meaning_of
from .models import Models, declare

PACKAGE = "dovetail"

Style = Literal["blocking", "awaiting"]
Package = Any
"""The module that has the names of a package, dovetail's or one that has the same."""

Run = Callable[..., Any]
"""Calls a method of the session, and awaits its answer where the session is awaited."""

Block = Callable[..., AbstractContextManager[Any]]
"""``with`` or ``async with``, whichever the session's style asks for."""

AnyEngine = Engine | AsyncEngine
AnySession = Session | AsyncSession
Entity = Any
"""A mapped class, whose attributes are columns there and values on its instances."""


@dataclass(slots=True)
class SqlLog:
    """The statements that are sent."""

    statements: list[str] = field(default_factory=list)


def pytest_configure(config: pytest.Config) -> None:
    """Let failures of the contract show values, as those of other tests do."""
    pytest.register_assert_rewrite(f"{PACKAGE}.testing.contract")
    config.addinivalue_line(
        "markers",
        "needs(*features): skip where the server lacks a capability of its features record",
    )


@pytest.fixture(scope="session")
def sa() -> Package:
    """The package that the contract is of."""
    return import_module(PACKAGE)


@pytest.fixture(scope="session")
def orm(sa: Package) -> Package:
    """Its mapping of classes."""
    return import_module(f"{sa.__name__}.orm")


@pytest.fixture
def database_url() -> str:
    """The URL of an empty database: a suite says which."""
    pytest.fail("a suite has a fixture database_url: the URL of an empty database")


@pytest.fixture
def style(database_url: str) -> Style:
    """Whether the driver blocks or awaits."""
    return "awaiting" if make_url(database_url).get_driver_class().is_async else "blocking"


@pytest.fixture
def runner(style: Style) -> Iterator[Runner | None]:
    """The event loop of a driver that awaits."""
    if style == "blocking":
        yield None
        return
    with Runner() as runner:
        yield runner
        # The thread of a connection that was dropped answers to the loop a little later.
        runner.run(sleep(0.01))


@pytest.fixture
def make_engine(
    sa: Package, database_url: str, runner: Runner | None
) -> Iterator[Callable[..., Engine]]:
    """Makes engines for blocking calls, which wait for a driver that awaits."""
    made: list[Engine] = []

    def make_engine(**options: object) -> Engine:
        made.append(sa.create_engine(database_url, **options))
        return made[-1]

    with blocking_calls(runner):
        yield make_engine
        for engine in made:
            engine.dispose()


@pytest.fixture
def engine(make_engine: Callable[..., Engine]) -> Engine:
    """An engine for blocking calls."""
    return make_engine()


@pytest.fixture
def features(database_url: str, runner: Runner | None) -> Features:
    """What the server can do, as its dialect and the first connection say."""
    engine = create_engine(database_url)
    with blocking_calls(runner):
        with engine.connect():
            found: Features = engine.dialect.features
        engine.dispose()
    return found


@pytest.fixture
def leaves_tables() -> bool:
    """Whether the tables of a test stay: only where each test has a database of its own."""
    return False


@pytest.fixture
def metadata(sa: Package, engine: Engine, leaves_tables: bool) -> Iterator[MetaData]:
    """Where a test declares tables; they are dropped after it."""
    metadata = sa.MetaData()
    yield metadata
    if not leaves_tables:
        metadata.drop_all(engine)


@pytest.fixture
def connection(engine: Engine, metadata: MetaData) -> Iterator[Connection]:
    """A connection, closed before the tables of *metadata* are dropped."""
    assert metadata is not None
    with engine.connect() as connection:
        yield connection


@pytest.fixture(autouse=True)
def _needed_features(request: pytest.FixtureRequest) -> None:
    """Skip a test marked ``needs("feature")`` where the record says that it is not there."""
    for marker in request.node.iter_markers("needs"):
        features = request.getfixturevalue("features")
        for feature in marker.args:
            if not getattr(features, feature):
                pytest.skip(f"{feature} is not set: {meaning_of(feature)}")


# -- sessions


@pytest.fixture(scope="session")
def models(sa: Package, orm: Package) -> Models:
    """The mapped classes of the session's contract."""
    return declare(sa, orm)


@pytest.fixture
def User(models: Models) -> Entity:  # noqa: N802
    """A class with a collection of addresses and one of clubs."""
    return models.User


@pytest.fixture
def Address(models: Models) -> Entity:  # noqa: N802
    """A class that refers to a user."""
    return models.Address


@pytest.fixture
def Club(models: Models) -> Entity:  # noqa: N802
    """A class with many users, each of them in many clubs."""
    return models.Club


@pytest.fixture
def run(runner: Runner | None) -> Run:
    """Call a method of the session, and await its answer where the session is awaited."""

    def call(function: Callable[..., Any], *arguments: object, **options: object) -> Any:
        return function(*arguments, **options)

    def call_and_await(function: Callable[..., Any], *arguments: object, **options: object) -> Any:
        assert runner is not None
        return waiting(function, runner)(*arguments, **options)

    return call if runner is None else call_and_await


@pytest.fixture
def block(runner: Runner | None) -> Block:
    """``with`` or ``async with``, whichever the session's style asks for."""

    @contextmanager
    def block(make: Callable[..., Any], *arguments: object) -> Iterator[Any]:
        if runner is None:
            with make(*arguments) as inside:
                yield inside
            return

        async def enter() -> tuple[Any, Any]:
            context = make(*arguments)
            return context, await context.__aenter__()

        context, inside = runner.run(enter())
        leave = waiting(context.__aexit__, runner)
        try:
            yield inside
        except BaseException as error:
            if not leave(type(error), error, error.__traceback__):
                raise
        else:
            leave(None, None, None)

    return block


@pytest.fixture
def bare_session_engine(
    sa: Package, database_url: str, runner: Runner | None
) -> Iterator[AnyEngine]:
    """The engine of the session, of an empty database."""
    if runner is None:
        engine = sa.create_engine(database_url)
        yield engine
        engine.dispose()
    else:
        awaited = import_module(f"{sa.__name__}.ext.asyncio").create_async_engine(database_url)
        yield awaited
        waiting(awaited.dispose, runner)()


@pytest.fixture
def make_tables(
    bare_session_engine: AnyEngine, runner: Runner | None, leaves_tables: bool
) -> Iterator[Callable[[MetaData], None]]:
    """Makes tables of a test of the session; they are dropped when all sessions are closed."""

    def call(verb: Callable[[Any], None]) -> None:
        async def call_awaited(engine: AsyncEngine) -> None:
            async with engine.begin() as connection:
                await connection.run_sync(verb)

        if runner is None:
            verb(bare_session_engine)
        else:
            waiting(call_awaited, runner)(bare_session_engine)

    made: list[MetaData] = []

    def make_tables(metadata: MetaData) -> None:
        made.append(metadata)
        call(metadata.create_all)

    yield make_tables
    for metadata in reversed(made):
        if not leaves_tables:
            call(metadata.drop_all)


@pytest.fixture
def session_engine(
    bare_session_engine: AnyEngine, make_tables: Callable[[MetaData], None], models: Models
) -> AnyEngine:
    """The engine of the session, of a database with the tables of the models."""
    make_tables(models.metadata)
    return bare_session_engine


@pytest.fixture
def make_session(
    session_engine: AnyEngine, orm: Package, style: Style
) -> Callable[..., AnySession]:
    """The class of the session, bound to the engine."""

    def make_session(**options: object) -> Any:
        if style == "blocking":
            return orm.Session(session_engine, **options)
        package = orm.__name__.partition(".")[0]
        return import_module(f"{package}.ext.asyncio").AsyncSession(session_engine, **options)

    return make_session


@pytest.fixture
def session(make_session: Callable[..., AnySession], run: Run) -> Iterator[AnySession]:
    """A session, closed after the test."""
    session = make_session()
    yield session
    run(session.close)


@pytest.fixture
def other_session(make_session: Callable[..., AnySession], run: Run) -> Iterator[AnySession]:
    """A second session, to see what the first has committed."""
    session = make_session()
    yield session
    run(session.close)


@pytest.fixture
def sql_log(session_engine: AnyEngine, sa: Package) -> Iterator[SqlLog]:
    """The statements that are sent, in ``sql_log.statements``."""
    log = SqlLog()

    def note(*told: object) -> None:
        log.statements.append(str(told[2]))

    heard = getattr(session_engine, "sync_engine", session_engine)
    sa.event.listen(heard, "before_cursor_execute", note)
    yield log
    sa.event.remove(heard, "before_cursor_execute", note)


@pytest.fixture
def ada(session: AnySession, run: Run, sa: Package, models: Models) -> object:
    """The key of a user with two addresses, committed, and no longer in the session."""
    user = models.User(
        name="Ada",
        age=36,
        notes="counts",
        addresses=[
            models.Address(email="ada@one.example"),
            models.Address(email="ada@two.example"),
        ],
    )
    run(session.add, user)
    run(session.commit)
    key = user.__dict__.get("id") or run(session.scalar, sa.select(models.User.id))
    run(session.expunge_all)
    return key


@pytest.fixture
def crowd(session: AnySession, run: Run, models: Models) -> None:
    """Five users with 0 to 4 addresses, of whom some share two clubs."""
    clubs = [models.Club(name="chess"), models.Club(name="rowing")]
    for number in range(5):
        addresses = [models.Address(email=f"{number}-{n}@mail.example") for n in range(number)]
        user = models.User(name=f"user {number}", addresses=addresses, clubs=clubs[: number % 3])
        run(session.add, user)
    run(session.commit)
    run(session.expunge_all)


@pytest.fixture
def blocking_only(style: Style) -> None:
    """Skip what a session that is awaited does not do."""
    if style != "blocking":
        pytest.skip("the driver awaits")


@pytest.fixture
def awaiting_only(style: Style) -> None:
    """Skip what a session that blocks does not do."""
    if style != "awaiting":
        pytest.skip("the driver blocks")
