"""One look into a region: what is there, and if it is not, who reads it and may put it there."""

import pickle
import time
from collections.abc import Callable, Sequence
from typing import Any

from dovetail.steps import Steps

from ...engine.connection import Connection
from .calls import calls_of
from .record import Record
from .regions import Regions
from .request import FromCache
from .store import Entry

Fetch = Callable[[], Steps[list[Any]]]

_BY_STATEMENT = frozenset(("READ COMMITTED", "AUTOCOMMIT"))
"""Isolation levels at which each statement sees what is committed when it begins."""


def sees_by_statement(connection: Connection) -> bool:
    """True where each statement sees what is committed when it begins.

    Otherwise all of a transaction sees what its first statement saw.
    """
    return connection.get_isolation_level() in _BY_STATEMENT


class Reading:
    """Looks for rows on behalf of one statement of a session.

    ``tokens``    of what is read, those that were current before
    ``settled``   the tokens are older than what the transaction sees: rows may be stored
    ``may_wait``  nothing that another transaction waits for is held
    """

    def __init__(
        self, regions: Regions, request: FromCache, record: Record, connection: Connection
    ) -> None:
        self.regions = regions
        self.record = record
        self.connection = connection
        self.calls = calls_of(connection)
        self.store = regions.store(request.region)
        self.expiry = self.store.expiry(request.expiration_time)
        self.tokens: tuple[str, ...] = ()
        self.settled = False
        self.may_wait = False

    def find_steps(self, names: Sequence[str]) -> Steps[list[Any] | None]:
        """What lies under *names*; None where the region has failed."""
        found = yield from self.store.read_steps(self.calls, names)
        if found is None:
            self.regions.stats.bypassed += 1
        return found

    def is_current(self, entry: Any, tokens: Sequence[Any]) -> bool:
        """True where *entry* depends on just these *tokens*, and is not too old."""
        if not entry or not all(tokens) or tuple(entry[1]) != tuple(tokens):
            return False
        return self.expiry is None or time.time() - entry[0] <= self.expiry

    def rows_of(self, entry: Entry) -> list[Any]:
        """The rows in *entry*."""
        self.regions.stats.hits += 1
        return loaded(entry[2])

    # What is not there ------------------------------------------------------------------------

    def prepare_steps(self, names: Sequence[str], found: Sequence[Any]) -> Steps[None]:
        """Find out whether rows that are read now may be stored, and under which tokens.

        The tokens, *names*, must be from before what the transaction sees.  Where it sees one
        state of the database from its first statement on, nothing may have been written since.
        """
        connection, store = self.connection, self.store
        self.may_wait = sees_by_statement(connection) or not connection.has_begun
        tokens = yield from store.tokens_steps(self.calls, names, found)
        if tokens is None:
            return
        if not self.may_wait:
            # Last of all: who replaces tokens replaces the epoch first.
            epoch = yield from store.read_steps(self.calls, [store.epoch])
            begun = self.record.epochs[connection].get(store.name)
            if not epoch or epoch[0] != begun:
                return
        self.tokens, self.settled = tokens, True

    def shared_steps(self, name: str, fetch: Fetch, *, empty: bool = True) -> Steps[list[Any]]:
        """The rows that *fetch* gets, once for all who want them now, stored as *name*.

        With *empty* false, that there are none is not stored.
        """
        if not (self.settled and self.may_wait):
            return (yield from self._stored_steps(name, fetch, empty))[0]
        key = (self.store.name, name, self.tokens)
        flights = self.regions.flights
        future, leads = flights.join(key)
        payload: bytes | None = None
        if not leads:
            try:
                payload = yield self.calls.landing(future, self.regions.patience)
            except TimeoutError:
                pass
            if payload is None:
                return (yield from self._stored_steps(name, fetch, empty))[0]
            self.regions.stats.hits += 1
            return loaded(payload)
        try:
            rows, payload = yield from self._led_steps(name, fetch, empty)
        finally:
            flights.land(key, future, payload)
        return rows

    def _led_steps(
        self, name: str, fetch: Fetch, empty: bool
    ) -> Steps[tuple[list[Any], bytes | None]]:
        """Look again, since another may just have landed, here or in another process; fetch."""
        mutex = yield from self.store.lock_steps(self.calls, f"{name}:lock")
        try:
            found = yield from self.store.read_steps(self.calls, [name])
            if found and self.is_current(found[0], self.tokens):
                return self.rows_of(found[0]), found[0][2]
            return (yield from self._stored_steps(name, fetch, empty))
        finally:
            self.store.unlock(mutex)

    def _stored_steps(
        self, name: str, fetch: Fetch, empty: bool
    ) -> Steps[tuple[list[Any], bytes | None]]:
        """Fetch rows and store them if that is allowed; the rows, and as they were stored."""
        rows = yield from fetch()
        stats = self.regions.stats
        stats.misses += 1
        if not self.settled or not (rows or empty):
            return rows, None
        entry = entry_of(self.tokens, rows)
        if entry is None or not (yield from self.store.write_steps(self.calls, {name: entry})):
            return rows, None
        stats.stored += 1
        return rows, entry[2]


def entry_of(tokens: tuple[str, ...], rows: Sequence[Any]) -> Entry | None:
    """*rows* as they are stored; None where a value can't be pickled."""
    try:
        return time.time(), tokens, pickle.dumps([tuple(row) for row in rows], protocol=5)
    except Exception:
        return None


def loaded(payload: bytes) -> list[Any]:
    """The rows in *payload*, which nobody else has."""
    rows: list[Any] = pickle.loads(payload)
    return rows
