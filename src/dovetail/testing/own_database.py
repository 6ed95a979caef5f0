"""A database of its own for each process that runs tests."""

from __future__ import annotations

import os
from asyncio import run
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..engine.create import create_engine
from ..engine.engine import Engine
from ..engine.url import URL, make_url
from ..exc import ArgumentError, NoSuchModuleError
from ..ext.asyncio import AsyncEngine, create_async_engine
from ..pool import NullPool

_QUOTES = {"postgresql": '"', "mysql": "`", "mariadb": "`"}
_FORCE = {"postgresql": " WITH (FORCE)"}
"""What follows DROP DATABASE, where connections that were left open would keep the database."""


def blocking_url(url: URL) -> URL:
    """Return *url* with a driver that blocks: its own, or the first that is installed."""
    awaits = url.get_driver_class().is_async
    return url.set(drivername=url.get_backend_name()) if awaits else url


def awaiting_engine(url: URL, **options: Any) -> AsyncEngine:
    """Return an AsyncEngine for *url*: of its own driver, or of the first that awaits."""
    try:
        return create_async_engine(url, **options)
    except ArgumentError:
        return create_async_engine(url.set(drivername=url.get_backend_name()), **options)


def on_database(
    url: URL, work: Callable[..., object], *arguments: object, **options: object
) -> None:
    """Call *work* with a connection to *url* and *arguments*, in a transaction of its own.

    It runs on a driver that awaits where none is installed that blocks.
    """
    try:
        engine = create_engine(blocking_url(url), poolclass=NullPool, **options)
    except NoSuchModuleError:
        run(_await_on(url, work, arguments, options))
        return
    with engine.begin() as connection:
        work(connection, *arguments)
    engine.dispose()


async def _await_on(
    url: URL,
    work: Callable[..., object],
    arguments: Sequence[object],
    options: dict[str, object],
) -> None:
    engine = awaiting_engine(url, poolclass=NullPool, **options)
    async with engine.begin() as connection:
        await connection.run_sync(work, *arguments)
    await engine.dispose()


@contextmanager
def own_database(given: str, folder: Path) -> Iterator[URL]:
    """Make a database beside the one that *given* names, for this process; drop it at the end.

    It is called as that one, with ``_pytest`` and the name of the xdist worker behind it, so that
    nothing is ever written to the one that was named.  On SQLite it is a file in *folder*.

    ArgumentError is raised for a URL without a database.
    """
    url = make_url(given)
    backend = url.get_backend_name()
    if backend not in _QUOTES:
        yield url.set(database=str(folder / "pytest.db"))
        return
    if not url.database:
        raise ArgumentError(
            f"{url!r} names no database: one is made beside it, and there must be one to ask",
            hint="dovetail_url = postgresql://user@host/shop",
        )
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    name = "_".join(filter(None, (url.database, "pytest", worker)))
    quote = _QUOTES[backend]
    quoted = f"{quote}{name.replace(quote, quote * 2)}{quote}"
    drop = f"DROP DATABASE IF EXISTS {quoted}{_FORCE.get(backend, '')}"
    level = {"isolation_level": "AUTOCOMMIT"}
    on_database(url, _run_each, [drop, f"CREATE DATABASE {quoted}"], **level)
    try:
        yield url.set(database=name)
    finally:
        on_database(url, _run_each, [drop], **level)


def _run_each(connection: Any, statements: Sequence[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def engine_for_tests(url: URL) -> Engine:
    """Return an engine for *url* that blocks, whatever driver *url* names."""
    return create_engine(blocking_url(url))
