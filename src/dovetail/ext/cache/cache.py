"""The cache: its regions, what it keeps, and the sessions it serves."""

from collections.abc import Mapping
from typing import Any

from dovetail.exc import ArgumentError
from dovetail.ext.asyncio.scoping import async_scoped_session
from dovetail.ext.asyncio.session import AsyncSession, async_sessionmaker
from dovetail.orm.scoped import scoped_session
from dovetail.orm.session import Session, sessionmaker
from dovetail.orm.tracking.state import cores
from dovetail.steps import Steps, run_async, run_sync

from .calls import AWAITING, BLOCKING, Calls
from .regions import Regions
from .request import FromCache, names_of
from .source import CachedRows
from .stats import CacheStats


class Cache:
    """Rows of queries and of single instances, kept between sessions::

        region = make_region().configure("dogpile.cache.redis", arguments={...})
        cache = Cache(region)
        cache.attach(Session)                       # a sessionmaker
        cache.entities(Country)                     # get() and many-to-one, by primary key
        session.scalars(select(User).options(FromCache()))

    What sessions with this cache write makes what depends on it stale, when it is committed.

    ``regions``      a region of dogpile.cache, which is called "default", or several by name
    ``prefix``       begins all names; programs that share a server of regions have each their own
    ``retry_after``  seconds for which a region that failed is left alone
    ``patience``     seconds to wait for another thread that sends the same query
    """

    def __init__(
        self,
        regions: Any,
        *,
        prefix: str = "dovetail",
        retry_after: float = 10.0,
        patience: float = 5.0,
    ) -> None:
        named = regions if isinstance(regions, Mapping) else {"default": regions}
        for name, region in named.items():
            if not hasattr(region, "get_multi"):
                raise ArgumentError(
                    f"the region {name!r} is no region of dogpile.cache: {region!r}",
                    hint='Cache(make_region().configure("dogpile.cache.memory"))',
                )
        self.regions = Regions(named, prefix, retry_after, patience)
        self._source = CachedRows(self.regions)

    @property
    def stats(self) -> CacheStats:
        """How the cache has done in this process."""
        return self.regions.stats

    # What it serves -----------------------------------------------------------------------------

    def attach(self, target: object) -> None:
        """Serve the sessions of *target*, and hear of what they write.

        It is a sessionmaker, a scoped session, a session, a class of sessions, or an awaiting
        one of these.  All sessions that write to what is cached should be attached, those that
        read nothing from the cache too.
        """
        if isinstance(target, scoped_session | async_scoped_session):
            target = target.session_factory
        if isinstance(target, sessionmaker | async_sessionmaker):
            target = target.class_
        if isinstance(target, AsyncSession):
            target = target.sync_session
        if isinstance(target, type) and issubclass(target, AsyncSession):
            inner = target.sync_session_class
            own = {"_row_source": self._source}
            target.sync_session_class = type(inner.__name__, (inner,), own)
        elif isinstance(target, type) and issubclass(target, Session):
            target._row_source = self._source
            for core in list(cores):
                if isinstance(core.session, target):
                    core.row_source = self._source
        elif isinstance(target, Session):
            target._core.row_source = self._source
        else:
            raise ArgumentError(
                f"a cache serves sessions, and what makes them, not {target!r}",
                hint="cache.attach(sessionmaker(engine))",
            )

    def entities(
        self, entity: type[Any], region: str = "default", *, expiration_time: float | None = None
    ) -> None:
        """Keep rows of *entity* by primary key, for ``session.get()`` and many-to-one loads."""
        if not hasattr(entity, "__mapper__"):
            raise ArgumentError(f"a mapped class is needed, not {entity!r}")
        self.regions.store(region)
        self.regions.kept[entity] = FromCache(region, expiration_time=expiration_time)

    # What is stale ------------------------------------------------------------------------------

    def invalidate(self, *tables: object) -> None:
        """Let all rows that depend on *tables* be read again; without any, all rows.

        For what sessions with this cache do not write themselves.  *tables* are tables, mapped
        classes and names.
        """
        run_sync(self._invalidate_steps(BLOCKING, tables))

    async def invalidate_async(self, *tables: object) -> None:
        """As ``invalidate()``, awaited."""
        await run_async(self._invalidate_steps(AWAITING, tables))

    def _invalidate_steps(self, calls: Calls, tables: tuple[Any, ...]) -> Steps[None]:
        written = {name for table in tables for name in names_of(table)}
        regions = self.regions
        names = regions.tokens_of(written) + regions.tokens_of(written, rows=True)
        for store in regions.stores.values():
            yield from store.renew_steps(calls, names or [regions.token_of_all])
