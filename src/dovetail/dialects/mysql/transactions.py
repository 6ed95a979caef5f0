"""What of a connection's transactions takes several requests: written once, for both flavours.

All drivers run with the server's autocommit off, so that the first statement opens a
transaction by itself and BEGIN costs no request.  None of them tells reliably whether one is
open; what was sent since the last end of one is noted here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...steps import Steps
    from ..dbapi import DriverParameters

_LEVELS = "SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')"


class TransactionSteps:
    """What connections of all drivers, blocking and awaiting, note and do."""

    __slots__ = ("_autocommit", "_streaming", "_used", "_xid", "raw")

    if TYPE_CHECKING:
        # Requests of the flavour.
        execute: Callable[..., Any]
        fetch: Callable[..., Any]
        begin: Callable[[], Any]
        _end_stream: Callable[[], Any]

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self._streaming: Any = None
        """The cursor whose rows may be on their way still."""
        self._used = False
        """Whether a transaction may be open."""
        self._autocommit = False
        self._xid: str | None = None
        """The two-phase transaction in progress."""

    def in_transaction(self) -> bool:
        """Tell whether a transaction may be open, or rows be on their way."""
        return self._used or self._streaming is not None

    def has_failed(self) -> bool:
        """Return false: the server goes on after an error, or has no transaction any more."""
        return False

    def _run_steps(self, sql: str, parameters: DriverParameters = ()) -> Steps[None]:
        cursor = yield self.execute, sql, parameters
        yield (cursor.close,)

    # -- isolation ----------------------------------------------------------------------------

    def set_isolation_steps(self, level: str) -> Steps[None]:
        """Use this isolation level for the transactions that follow."""
        if self._streaming is not None:
            yield (self._end_stream,)
        if level == "AUTOCOMMIT":
            yield self.raw.autocommit, True
            self._autocommit = True
            self._used = False
            return
        if self._autocommit:
            yield self.raw.autocommit, False
            self._autocommit = False
        before = self._used
        yield from self._run_steps(f"SET SESSION TRANSACTION ISOLATION LEVEL {level}")
        self._used = before

    def get_isolation_steps(self) -> Steps[str]:
        """Return the isolation level in force."""
        if self._autocommit:
            return "AUTOCOMMIT"
        before = self._used
        ((_, level),) = (yield self.fetch, _LEVELS)[:1]
        self._used = before
        return str(level).replace("-", " ")

    # -- two phases: "XA Transactions" in the manuals -------------------------------------------

    def begin_twophase_steps(self, xid: str) -> Steps[None]:
        """Begin the two-phase transaction *xid*."""
        yield (self.begin,)
        yield from self._run_steps("XA START %s", (xid,))
        self._xid = xid

    def prepare_twophase_steps(self, xid: str) -> Steps[None]:
        """Make sure that the transaction *xid* can be committed, come what may."""
        yield from self._run_steps("XA END %s", (xid,))
        yield from self._run_steps("XA PREPARE %s", (xid,))

    def commit_twophase_steps(self, xid: str, is_prepared: bool) -> Steps[None]:
        """Commit the transaction *xid*, which another connection may have prepared."""
        if is_prepared:
            yield from self._resolve_steps("COMMIT", xid)
        else:
            yield from self._run_steps("XA END %s", (xid,))
            yield from self._run_steps("XA COMMIT %s ONE PHASE", (xid,))
        self._ended(xid)

    def rollback_twophase_steps(self, xid: str, is_prepared: bool) -> Steps[None]:
        """Roll the transaction *xid* back, which another connection may have prepared."""
        if not is_prepared:
            try:
                yield from self._run_steps("XA END %s", (xid,))
            except self.raw.Error:
                # A deadlock has brought it into the state ROLLBACK ONLY, where it has ended.
                pass
        yield from self._resolve_steps("ROLLBACK", xid)
        self._ended(xid)

    def _resolve_steps(self, verb: str, xid: str) -> Steps[None]:
        """End a prepared transaction; of another connection only with autocommit on."""
        is_own = self._xid == xid
        if is_own or self._autocommit or self._used:
            yield from self._run_steps(f"XA {verb} %s", (xid,))
            return
        yield self.raw.autocommit, True
        try:
            yield from self._run_steps(f"XA {verb} %s", (xid,))
        finally:
            yield self.raw.autocommit, False
            self._used = False

    def _ended(self, xid: str) -> None:
        if self._xid == xid:
            self._xid = None
        self._used = False

    def recover_twophase_steps(self) -> Steps[list[str]]:
        """Return the names of the transactions that are prepared and not ended."""
        before = self._used
        rows = yield self.fetch, "XA RECOVER"
        self._used = before
        return [_text(data)[: int(length)] for _, length, _, data in rows]


def _text(data: object) -> str:
    return data.decode() if isinstance(data, bytes) else str(data)
