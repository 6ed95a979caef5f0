"""Engines on SQLite: in memory, in a file, awaiting."""

import asyncio

import pytest

from dovetail.dialects import driver
from dovetail.engine import create_engine
from dovetail.event import listen
from dovetail.ext.asyncio import create_async_engine


@pytest.fixture
def own_drivers(monkeypatch):
    """What a test registers is known to it alone."""
    known = {dialect: dict(names) for dialect, names in driver._drivers.items()}
    monkeypatch.setattr(driver, "_drivers", known)


@pytest.fixture
def engine():
    """An engine with one table ``t (id, name unique)`` in memory."""
    made = create_engine("sqlite://")
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
    yield made
    made.dispose()


@pytest.fixture
def file_engine(tmp_path):
    """A function that makes engines on one file with the table ``t``."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    engines = []

    def make(**options):
        engines.append(create_engine(url, **options))
        return engines[-1]

    with make().begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
    yield make
    for each in engines:
        each.dispose()


@pytest.fixture
def in_async(tmp_path):
    """Run ``async def body(engine)`` with an awaiting engine on a file with the table ``t``."""

    def run(body, **options):
        async def main():
            engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}", **options)
            async with engine.begin() as connection:
                await connection.exec_driver_sql(
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)"
                )
            try:
                return await body(engine)
            finally:
                await engine.dispose()

        return asyncio.run(main())

    return run


@pytest.fixture
def sql_log():
    """A function that makes a list which all SQL of an engine is written to."""

    def start(engine):
        statements = []
        for name, text in (("begin", "BEGIN"), ("commit", "COMMIT"), ("rollback", "ROLLBACK")):
            listen(engine, name, lambda connection, text=text: statements.append(text))
        listen(
            engine,
            "before_cursor_execute",
            lambda connection, cursor, statement, *rest: statements.append(statement),
        )
        return statements

    return start
