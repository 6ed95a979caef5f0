"""Engines for commands, which block, whatever driver the program awaits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engine import create_engine, make_url

if TYPE_CHECKING:
    from ..engine import Engine


def blocking_engine(database: str, *, echo: bool = False) -> Engine:
    """Return an engine for the URL *database*, with a blocking driver in place of an awaiting one.

    :raises DovetailError: the URL is wrong, or its driver is not installed
    """
    engine = create_engine(database, echo=echo)
    if not engine.is_async:
        return engine
    return create_engine(make_url(database).set(drivername=engine.dialect.name), echo=echo)
