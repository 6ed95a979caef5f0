"""One set of tests, run twice for every server: with a blocking session and an awaiting one."""

import asyncio
import inspect
import os
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace

import pytest

from tests.servers import AWAITING_BACKENDS, BACKENDS

PACKAGE = os.environ.get("DOVETAIL_TEST_PACKAGE", "dovetail")
"""``sqlalchemy`` runs what is common to both on the oracle: that tests these tests."""


def declare(sa, orm):
    column, relationship = orm.mapped_column, orm.relationship

    class Base(orm.DeclarativeBase):
        pass

    membership = sa.Table(
        "membership",
        Base.metadata,
        sa.Column("user_id", sa.ForeignKey("user_account.id"), primary_key=True),
        sa.Column("club_id", sa.ForeignKey("club.id"), primary_key=True),
    )

    class User(Base):
        __tablename__ = "user_account"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(40), nullable=False, unique=True)
        age = column(sa.Integer)
        notes = column(sa.String(200), deferred=True)
        addresses = relationship(
            "Address",
            back_populates="user",
            cascade="all, delete-orphan",
            order_by="Address.email",
        )
        clubs = relationship("Club", secondary=membership, order_by="Club.name")

    class Address(Base):
        __tablename__ = "address"
        id = column(sa.Integer, primary_key=True)
        email = column(sa.String(80), nullable=False)
        user_id = column(sa.ForeignKey("user_account.id"), nullable=False)
        user = relationship("User", back_populates="addresses")

    class Club(Base):
        __tablename__ = "club"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(40))

    Base.registry.configure()
    return SimpleNamespace(metadata=Base.metadata, User=User, Address=Address, Club=Club)


@pytest.fixture(scope="session")
def sa():
    return import_module(PACKAGE)


@pytest.fixture(scope="session")
def orm(sa):
    return import_module(f"{PACKAGE}.orm")


@pytest.fixture(scope="session")
def models(sa, orm):
    return declare(sa, orm)


@pytest.fixture
def User(models):
    return models.User


@pytest.fixture
def Address(models):
    return models.Address


@pytest.fixture
def Club(models):
    return models.Club


BLOCKING = [pytest.param(("blocking", backend), id=f"blocking {backend}") for backend in BACKENDS]
BLOCKING_DRIVERS = {backend.dialect: backend.driver for backend in reversed(BACKENDS)}
"""The blocking driver that makes the tables for an awaiting one of the same dialect."""
AWAITING = [
    pytest.param(("awaiting", backend), id=f"awaiting {backend}") for backend in AWAITING_BACKENDS
]


@pytest.fixture(params=[*BLOCKING, *AWAITING])
def _styled(request):
    return request.param


@pytest.fixture
def style(_styled):
    """Whether the test's session blocks or is awaited."""
    return _styled[0]


@pytest.fixture
def backend(_styled):
    """The server and the driver of the test's session."""
    _styled[1].require()
    return _styled[1]


@pytest.fixture
def runner(style):
    if style == "blocking":
        yield None
        return
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def run(runner):
    """Call a method of the session, and await its answer where the session is awaited."""

    def run(function, *arguments, **options):
        async def call():
            answer = function(*arguments, **options)
            return await answer if inspect.isawaitable(answer) else answer

        if runner is None:
            return function(*arguments, **options)
        return runner.run(call())

    return run


@pytest.fixture
def block(runner):
    """``with`` or ``async with``, whichever the session's style asks for."""

    @contextmanager
    def block(make, *arguments):
        if runner is None:
            with make(*arguments) as inside:
                yield inside
            return

        async def enter():
            context = make(*arguments)
            return context, await context.__aenter__()

        async def leave(context, *error):
            return await context.__aexit__(*error)

        context, inside = runner.run(enter())
        try:
            yield inside
        except BaseException as error:
            if not runner.run(leave(context, type(error), error, error.__traceback__)):
                raise
        else:
            runner.run(leave(context, None, None, None))

    return block


@pytest.fixture
def url(backend, databases, tmp_path):
    """The URL of an empty database, through the driver of the test's session."""
    return databases.url(backend, tmp_path)


@pytest.fixture
def blocking_engine(style, sa, backend, url):
    """An engine on the test's database that makes tables without awaiting."""
    driver = BLOCKING_DRIVERS[backend.dialect] if style == "awaiting" else backend.driver
    engine = sa.create_engine(url.replace(f"+{backend.driver}", f"+{driver}"))
    yield engine
    engine.dispose()


@pytest.fixture
def engine(style, runner, models, url, blocking_engine):
    models.metadata.create_all(blocking_engine)
    if style == "blocking":
        yield blocking_engine
    else:
        engine = import_module(f"{PACKAGE}.ext.asyncio").create_async_engine(url)
        yield engine
        runner.run(engine.dispose())


@pytest.fixture
def make_session(style, engine, orm):
    """The class of the session, bound to the engine."""

    def make_session(**options):
        if style == "blocking":
            return orm.Session(engine, **options)
        return import_module(f"{PACKAGE}.ext.asyncio").AsyncSession(engine, **options)

    return make_session


@pytest.fixture
def session(make_session, run):
    session = make_session()
    yield session
    run(session.close)


@pytest.fixture
def other_session(make_session, run):
    """A second session, to see what the first has committed."""
    session = make_session()
    yield session
    run(session.close)


@pytest.fixture
def sql_log(engine, sa):
    """The statements that are sent, in ``sql_log.statements``."""
    log = SimpleNamespace(statements=[])

    def note(connection, cursor, statement, parameters, context, executemany):
        log.statements.append(statement)

    heard = getattr(engine, "sync_engine", engine)
    sa.event.listen(heard, "before_cursor_execute", note)
    yield log
    sa.event.remove(heard, "before_cursor_execute", note)


@pytest.fixture(autouse=True)
def _needed_features(request, engine):
    """Skip a test marked ``needs("feature")`` where the server does not have the feature."""
    marker = request.node.get_closest_marker("needs")
    features = getattr(engine.dialect, "features", None)
    for feature in marker.args if marker and features else ():
        if not getattr(features, feature):
            pytest.skip(f"the server has no {feature}")


@pytest.fixture
def ada(session, run, User, Address):
    """A user with two addresses, committed, and no longer in the session."""
    user = User(
        name="Ada",
        age=36,
        notes="counts",
        addresses=[Address(email="ada@one.example"), Address(email="ada@two.example")],
    )
    run(session.add, user)
    run(session.commit)
    key = user.__dict__.get("id") or run(session.scalar, _any_id(User))
    run(session.expunge_all)
    return key


def _any_id(User):
    return import_module(PACKAGE).select(User.id)
