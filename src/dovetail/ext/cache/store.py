"""A region of dogpile.cache that may fail: then the database is asked, and nobody is hurt."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

from dovetail.steps import Steps

from .calls import Calls
from .keys import token
from .stats import CacheStats

_logger = logging.getLogger("dovetail.ext.cache")
_FOREVER = 10**12
"""Seconds: tokens do not expire, and entries say themselves when they were made."""

_FEW = 8
"""So many missing tokens are made one by one, under the region's lock."""

Entry = tuple[float, tuple[str, ...], bytes]
"""When it was made, the tokens that must still be current, and the rows."""


class Store:
    """A region: entries, and the tokens on which they depend.

    Each table has a token, which is replaced when the table was written to.  An entry holds
    the tokens that were current before its rows were read; with one of them replaced it is
    stale.  A token that is lost is replaced too, so that no loss revives an entry.

    ``epoch``  the name of a token that is replaced before any other is
    ``owed``   tokens that could not be replaced: until they are, nothing is read
    """

    def __init__(
        self, name: str, region: Any, prefix: str, retry_after: float, stats: CacheStats
    ) -> None:
        self.name = name
        self.region = region
        self.epoch = f"{prefix}:epoch"
        self.owed: dict[str, object] = {}
        self._retry_after = retry_after
        self._stats = stats
        self._broken_until = 0.0
        self._lock = Lock()

    def expiry(self, seconds: float | None) -> float | None:
        """How old an entry may be: *seconds*, or what the region says."""
        chosen: float | None = self.region.expiration_time if seconds is None else seconds
        return chosen

    # Reading ----------------------------------------------------------------------------------

    def read_steps(self, calls: Calls, names: Sequence[str]) -> Steps[list[Any] | None]:
        """What lies under *names*, something false where nothing does; None on failure."""
        if self.owed:
            yield from self.renew_steps(calls, ())
        if self.owed or not self.is_usable():
            return None
        try:
            found = yield calls.request(self.region.get_multi, list(names), _FOREVER)
        except Exception as error:
            self._failed(error)
            return None
        return list(found)

    def tokens_steps(
        self, calls: Calls, names: Sequence[str], found: Sequence[Any]
    ) -> Steps[tuple[str, ...] | None]:
        """The tokens *names*, of which *found* is known already; those missing are made.

        All who miss a few tokens at the same time get the same ones.  None on failure.
        """
        missing = [name for name, known in zip(names, found, strict=True) if not known]
        made: dict[str, str] = {}
        if len(missing) > _FEW:
            made = {name: token() for name in missing}
            if not (yield from self.write_steps(calls, made)):
                return None
        elif missing:
            if not self.is_usable():
                return None
            create = self.region.get_or_create
            try:
                for name in missing:
                    made[name] = yield calls.request(create, name, token, _FOREVER)
            except Exception as error:
                self._failed(error)
                return None
        return tuple(made.get(name) or known for name, known in zip(names, found, strict=True))

    # Writing ----------------------------------------------------------------------------------

    def write_steps(self, calls: Calls, values: Mapping[str, Any]) -> Steps[bool]:
        """Put *values* under their names; False on failure."""
        if not self.is_usable():
            return False
        try:
            yield calls.request(self.region.set_multi, dict(values))
        except Exception as error:
            self._failed(error)
            return False
        return True

    def renew_steps(self, calls: Calls, names: Iterable[str]) -> Steps[None]:
        """Replace the tokens *names*, and those that are owed; what fails is owed."""
        names = list(names)
        with self._lock:
            owed = dict(self.owed)
        wanted = {*names, *owed}
        done = False
        try:
            # The epoch goes first: who finds a new token, and the old epoch afterwards, would
            # take for settled what is just being written.
            done = yield from self.write_steps(calls, {self.epoch: token()})
            done = done and (yield from self.write_steps(calls, {name: token() for name in wanted}))
        finally:
            if done:
                self._settle(owed)
            else:
                self.owe(names)

    def owe(self, names: Iterable[str]) -> None:
        """Note that the tokens *names* are still to be replaced."""
        with self._lock:
            self.owed.update((name, object()) for name in names)

    def _settle(self, owed: Mapping[str, object]) -> None:
        """Strike off what was *owed*, but for what has come to be owed anew since."""
        with self._lock:
            for name, mark in owed.items():
                if self.owed.get(name) is mark:
                    del self.owed[name]

    # Failing ------------------------------------------------------------------------------------

    def is_usable(self) -> bool:
        """False for a while after a failure."""
        return time.monotonic() >= self._broken_until

    def _failed(self, error: Exception) -> None:
        with self._lock:
            self._stats.failures += 1
            now = time.monotonic()
            if now < self._broken_until:
                return
            self._broken_until = now + self._retry_after
        _logger.warning(
            "cache region %r failed, the database is asked instead for %g seconds: %s: %s",
            self.name,
            self._retry_after,
            type(error).__name__,
            error,
        )

    # Locks --------------------------------------------------------------------------------------

    def lock_steps(self, calls: Calls, name: str) -> Steps[Any]:
        """A lock on *name* that all processes share, taken; None where the region has none."""
        if not calls.may_lock or not self.is_usable():
            return None
        try:
            mutex = self.region.backend.get_mutex(name)
            if mutex is None or not (yield calls.request(mutex.acquire)):
                return None
        except Exception as error:
            self._failed(error)
            return None
        return mutex

    def unlock(self, mutex: Any) -> None:
        """Give *mutex* back."""
        if mutex is not None:
            try:
                mutex.release()
            except Exception as error:
                # It has expired, or the region is gone, which the next request will tell.
                _logger.debug("a lock of region %r was lost: %s", self.name, error)
