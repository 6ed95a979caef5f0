"""The plugin of pytest: suites of programs are run with it, on every server."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import SERVERS, require

ROOT = Path(__file__).parents[2]

MODELS = """
from dovetail import String
from dovetail.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "plugin_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
"""


@pytest.fixture
def suite(tmp_path):
    """Runs a suite of tests in a process of its own; returns what pytest has printed."""

    def run(text, *line, ini="", plugins=("anyio",), **variables):
        (tmp_path / "shop.py").write_text(MODELS)
        (tmp_path / "pytest.ini").write_text(
            f"[pytest]\ndovetail_metadata = shop:Base\nfilterwarnings = error\n{ini}"
        )
        (tmp_path / "test_shop.py").write_text(
            "import pytest\nfrom dovetail import func, select, text\n"
            f"from shop import Base, User\n{text}"
        )
        asked = [word for plugin in ("pytest_dovetail", *plugins) for word in ("-p", plugin)]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *asked, *line],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTEST_ADDOPTS": "",
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(tmp_path))),
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.stdout + done.stderr

    return run


TESTS = """
COUNT = select(func.count(User.id))

@pytest.mark.parametrize("turn", range(2))
def test_what_is_committed_is_undone(db_session, turn):
    assert db_session.scalar(COUNT) == 0
    db_session.add(User(name="ada"))
    db_session.commit()
    db_session.add(User(name="ben"))
    db_session.rollback()
    assert db_session.scalars(select(User.name)).all() == ["ada"]

def test_sessions_of_the_program_are_in_the_same_transaction(db_session, db_sessionmaker):
    with db_sessionmaker.begin() as own:
        own.add(User(name="ada"))
    assert db_session.scalar(COUNT) == 1

@pytest.mark.anyio
@pytest.mark.parametrize("turn", range(2))
async def test_awaited(async_db_session, turn):
    assert await async_db_session.scalar(COUNT) == 0
    async_db_session.add(User(name="ada"))
    await async_db_session.commit()
    assert await async_db_session.scalar(COUNT) == 1

def test_the_end(db_engine):
    with db_engine.connect() as connection:
        assert connection.scalar(COUNT) == 0
        print("database:", db_engine.url.database)

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


def test_on_sqlite_where_nothing_is_said(suite):
    printed = suite(TESTS, "-s")

    assert "6 passed" in printed, printed
    assert re.search(r"database: .*pytest\.db\n", printed)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("said", ["option", "variable", "setting"])
def test_on_a_server(suite, server, said):
    require(server)
    url = SERVERS[server].url
    how = {
        "option": {"line": (f"--dovetail-url={url}",)},
        "variable": {"DOVETAIL_URL": url},
        "setting": {"ini": f"dovetail_url = {url}\n"},
    }[said]
    line = how.pop("line", ())
    printed = suite(TESTS, "-s", *line, **how)

    assert "6 passed" in printed, printed
    name = url.rpartition("/")[2]
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    own = f"{name}_pytest_{worker}" if worker else f"{name}_pytest"
    assert f"database: {own}\n" in printed
    with SERVERS[server].administration() as run:
        assert own not in [row[0] for row in _databases(server, run)]


def _databases(server, run):
    if server == "postgresql":
        return run("SELECT datname FROM pg_database").fetchall()
    return run("SHOW DATABASES")


@pytest.mark.parametrize("server", SERVERS)
def test_each_worker_has_a_database_of_its_own(suite, server):
    require(server)
    tests = """
@pytest.mark.parametrize("turn", range(6))
def test_it(db_session, db_engine, turn, worker_id):
    db_session.add(User(name="the same"))
    db_session.commit()
    assert db_engine.url.database.endswith("_pytest_" + worker_id)
"""
    beside = {"postgresql": "postgres", "mariadb": "mysql"}[server]
    url = SERVERS[server].url_for(beside)
    printed = suite(tests, "-n2", "-o", f"dovetail_url={url}", plugins=("xdist",))

    assert "6 passed" in printed, printed


def test_a_database_that_is_there_is_used_as_it_is(suite, tmp_path):
    tests = """
def test_it(db_engine):
    assert db_engine.url.database == "own.db"
"""
    ini = "dovetail_url = sqlite:///own.db\ndovetail_create_database = false\n"

    assert "1 passed" in suite(tests, ini=ini)
    assert (tmp_path / "own.db").exists()


def test_a_url_without_a_database_is_refused(suite):
    require("postgresql")
    printed = suite("def test_it(db_session): pass", "--dovetail-url=postgresql://root@127.0.0.1")

    assert "names no database" in printed
    assert "1 error" in printed


def test_statement_budgets(suite):
    printed = suite(
        """
@pytest.fixture
def ada(db_session):
    db_session.add(User(name="ada"))
    db_session.commit()
    db_session.expunge_all()

@pytest.mark.statements(1)
def test_within(ada, db_session):
    assert db_session.scalars(select(User)).all()

@pytest.mark.statements(max=1)
def test_beyond(db_session):
    for name in "ab":
        db_session.scalars(select(User).where(User.name == name)).all()

@pytest.mark.statements(n_plus_one=0)
def test_loop(db_session):
    for name in "abc":
        db_session.scalars(select(User).where(User.name == name)).all()

@pytest.mark.statements(0)
def test_engines_of_the_program_count(db_database):
    from dovetail import create_engine
    engine = create_engine(db_database)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    engine.dispose()

@pytest.mark.statements(0)
def test_a_failure_of_its_own_is_told(db_session):
    db_session.execute(text("SELECT 1"))
    raise KeyError("its own")

@pytest.mark.statements(maximum=0)
def test_a_limit_that_there_is_not():
    pass

def test_watched(ada, db_session, db_statements):
    db_statements.clear()
    db_session.get(User, 1)
    assert db_statements.count == 1
"""
    )

    assert "5 failed, 2 passed" in printed, printed
    assert "over budget: statements: 2, and 1 allowed" in printed
    assert "over budget: n plus one: 1, and 0 allowed" in printed
    assert "over budget: statements: 1, and 0 allowed" in printed
    assert "KeyError: 'its own'" in printed
    assert "unexpected keyword argument 'maximum'" in printed


def test_factories(suite):
    pytest.importorskip("factory", reason="factory_boy is not installed")
    printed = suite(
        """
import factory
from factory.alchemy import SQLAlchemyModelFactory
from dovetail.testing.undone import current_session

class UserFactory(SQLAlchemyModelFactory):
    class Meta:
        model = User
        sqlalchemy_session_factory = current_session
        sqlalchemy_session_persistence = "commit"
    name = factory.Sequence("user {}".format)

@pytest.mark.parametrize("turn", range(2))
def test_made(db_session, turn):
    made = UserFactory.create_batch(3)
    assert db_session.scalars(select(User).order_by(User.id)).all() == made

def test_none_without_a_session():
    with pytest.raises(Exception, match="fixture db_session"):
        current_session()
""",
        plugins=("dovetail.as_sqlalchemy",),
    )

    assert "3 passed" in printed, printed


@pytest.mark.skipif(
    importlib.util.find_spec("pytest_asyncio") is None, reason="pytest-asyncio is not installed"
)
@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_with_pytest_asyncio(suite, mode):
    printed = suite(
        TESTS.replace("pytest.mark.anyio", "pytest.mark.asyncio"),
        f"--asyncio-mode={mode}",
        ini="asyncio_default_fixture_loop_scope = function\n",
        plugins=("pytest_asyncio.plugin",),
    )

    assert "6 passed" in printed, printed


def test_who_does_not_use_it_imports_nothing_of_dovetail(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it():\n    assert not {'dovetail', 'asyncio'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "pytest_dovetail", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTEST_ADDOPTS": "",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(ROOT / "src"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert "1 passed" in done.stdout, done.stdout + done.stderr
