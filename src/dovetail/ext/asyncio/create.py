"""How AsyncEngines, and pools of connections that await, are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...engine.create import engine_for, pool_for, read_configuration
from ...engine.url import make_url
from .engine import AsyncEngine, does_not_await

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...engine.pool import Pool
    from ...engine.url import URL


def create_async_engine(url: str | URL, **options: object) -> AsyncEngine:
    """Return an engine whose driver awaits, for the database at *url*: see create_engine().

    A URL that names no driver finds the first one that awaits and is installed, and
    ``postgresql+psycopg://`` is the awaiting flavour of psycopg here::

        create_async_engine("postgresql+asyncpg://ada:secret@db/shop", pool_size=20)

    ``async_creator`` is a coroutine function that opens connections of the driver.
    InvalidRequestError is raised where the driver of *url* does not await.
    """
    return AsyncEngine(engine_for(url, options, awaits=True))


def create_async_pool_from_url(url: str | URL, **options: object) -> Pool:
    """Return a pool of connections to the database at *url*: see create_pool_from_url().

    InvalidRequestError is raised where the driver of *url* does not await.
    """
    pool = pool_for(url, options, awaits=True)
    if not pool.opener.is_async:
        raise does_not_await(make_url(url))
    return pool


def async_engine_from_config(
    configuration: Mapping[str, Any], prefix: str = "sqlalchemy.", **options: object
) -> AsyncEngine:
    """Return an engine whose driver awaits, for options that are text."""
    found = read_configuration(configuration, prefix, options)
    return create_async_engine(found.pop("url"), **found)
