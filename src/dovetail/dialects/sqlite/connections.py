"""Connections of ``sqlite3``, and when they take the lock of their database.

SQLite locks whole files.  A transaction that has read holds a lock, and one that then wants to
write fails at once where another has written meanwhile.  So a transaction on a file reads
without a lock, or from a snapshot where the journal is a write-ahead log, and notes which
version of the database it has seen.  Its first change, or ``FOR UPDATE``, takes the lock, for
which SQLite waits; the change is refused if another has committed in between.  What reads without
a lock keeps SQLite's own for some milliseconds: see :mod:`.holding`.

SQLite manual: "File Locking And Concurrency", "Write-Ahead Logging", "PRAGMA data_version".
"""

from __future__ import annotations

from sqlite3 import Connection, Cursor, OperationalError, ProgrammingError
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from .holding import IS_SAFE, ROW, holds
from .kinds import Kind, kind_of, savepoint_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..dbapi import DriverParameters

READ_UNCOMMITTED = {"SERIALIZABLE": 0, "READ UNCOMMITTED": 1}
"""What the pragma ``read_uncommitted`` is for a level; others leave it alone."""

SNAPSHOT = "SNAPSHOT"
"""SERIALIZABLE where somebody has asked for it: BEGIN, and one snapshot for all reads."""

_BEGIN = {
    SNAPSHOT: "BEGIN",
    "DEFERRED": "BEGIN",
    "IMMEDIATE": "BEGIN IMMEDIATE",
    "EXCLUSIVE": "BEGIN EXCLUSIVE",
}
_UNCHECKED = frozenset(("READ COMMITTED", "READ UNCOMMITTED"))
"""Levels at which a change may rest on what others have changed since it was read."""

_UNKNOWN = (-1,)
"""A version that no database has: what is written then is refused, and can be tried again."""


class SqliteConnection:
    """A connection of ``sqlite3`` to a database that nobody else can see."""

    __slots__ = (
        "_level",
        "_run",
        "_run_many",
        "_usual_level",
        "close",
        "commit",
        "execute",
        "execute_many",
        "fetch",
        "raw",
        "rollback",
        "stream",
    )

    def __init__(self, raw: Connection, level: str | None = None) -> None:
        self.raw = raw
        self._usual_level = level or "SERIALIZABLE"
        self._level = self._usual_level
        self._run: Callable[..., Any] = raw.execute
        self._run_many: Callable[..., Any] = raw.executemany
        self.close: Callable[[], Any] = raw.close
        self._pass_on()

    def _pass_on(self) -> None:
        """Let the package's own methods be the requests: nothing stands in between."""
        raw = self.raw
        self.execute: Callable[..., Any] = self._run
        self.stream: Callable[..., Any] = self._run
        self.execute_many: Callable[..., Any] = self._run_many
        self.fetch: Callable[..., Any] = self._fetch
        self.commit: Callable[[], Any] = raw.commit
        self.rollback: Callable[[], Any] = raw.rollback

    def _fetch(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """Run *sql* and return all its rows."""
        return self._run(sql, parameters).fetchall()

    def begin(self) -> None:
        """Open a transaction, unless a listener has opened one already."""
        raw = self.raw
        if not raw.in_transaction:
            try:
                self._run(_BEGIN.get(self._level, "BEGIN"))
            except OperationalError:
                # One who shares the connection, as pools in memory do, came in between.
                if not raw.in_transaction:
                    raise

    def is_quiet(self, verb: str) -> bool:
        """Tell whether *verb*, ``begin`` or ``end``, of a transaction asks nothing of SQLite."""
        return False

    def ping(self) -> None:
        """Raise the driver's error if the connection is closed."""
        self._run("SELECT 1").fetchone()

    def set_isolation(self, level: str) -> None:
        """Set the isolation level of what follows; AUTOCOMMIT needs nothing here."""
        if level == "SERIALIZABLE":
            level = self._usual_level
        pragma = READ_UNCOMMITTED.get(level, 0)
        if pragma != READ_UNCOMMITTED.get(self._level, 0):
            self._run(f"PRAGMA read_uncommitted = {pragma}")
        self._level = level

    def get_isolation(self) -> str:
        """Return the isolation level in force."""
        return "SERIALIZABLE" if self._level in (SNAPSHOT, "DEFERRED") else self._level

    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return bool(self.raw.in_transaction)

    def has_failed(self) -> bool:
        """Return false: SQLite goes on after an error, or has no transaction any more."""
        return False

    def terminate(self) -> None:
        """Close the connection."""
        self.raw.close()

    def listener_view(self) -> Any:
        """Return the ``sqlite3.Connection``."""
        return self.raw


class SharedConnection(SqliteConnection):
    """A connection of ``sqlite3`` to a database that other connections use too.

    While its transaction has only read, the requests pass by here; once it has the lock, they
    are the package's own methods again.
    """

    __slots__ = (
        "_ask_versions",
        "_guard",
        "_has_snapshot",
        "_holds_reads",
        "_is_brief",
        "_is_private",
        "_is_reading",
        "_is_single",
        "_is_turning",
        "_keeps_snapshots",
        "_last_read",
        "_savepoints",
        "_seen",
        "_streams",
    )

    def __init__(self, raw: Connection, level: str | None = None) -> None:
        super().__init__(raw, level)
        self._is_reading = False
        self._is_private = False
        self._has_snapshot = False
        """Whether a transaction of SQLite is open for what is read; it ends under the guard."""

        self._guard = Lock()
        self._keeps_snapshots = False
        self._holds_reads = False
        """Whether that transaction holds a lock, which is let go after some milliseconds."""

        self._is_brief = False
        """Whether the lock is let go as soon as the rows of one statement are read."""

        self._is_single = False
        """Whether one database is all there is: a snapshot of several begins in each one anew."""

        self._is_turning = False
        """Whether the statement that goes next makes a change of the snapshot's transaction."""

        self._last_read = 0.0
        """When the last read without a lock began, in the transaction that is open."""

        self._seen: tuple[int, ...] | None = None
        """The versions of the databases at the first read, from the end of its snapshot on."""

        self._savepoints: list[str] = []
        """Savepoints of a transaction that has no lock yet: they are set when it takes it."""

        self._streams: WeakSet[Stream] | None = None
        """The cursors that this transaction has opened."""

        self._ask_versions: tuple[str, ...] | None = None

    # A transaction, from its beginning to the lock.

    def begin(self) -> None:
        """Begin a transaction, which takes no lock before it needs one."""
        if self.raw.in_transaction:
            return
        if self._ask_versions is None:
            self._learn_databases()
        if self._is_private or self._level in _BEGIN:
            super().begin()
            return
        self._is_reading = True
        self.fetch = self._reading_fetch
        self.execute = self._reading_execute
        self.execute_many = self._reading_execute_many
        self.stream = self._reading_stream
        self.commit, self.rollback = self._commit, self._rollback

    def is_quiet(self, verb: str) -> bool:
        """Tell whether *verb*, ``begin`` or ``end``, of a transaction asks nothing of SQLite."""
        if verb == "end":
            is_free = not self._keeps_snapshots or not self.raw.in_transaction
            return self._is_reading and is_free and not self._has_streams()
        return self._ask_versions is not None and not (self._is_private or self._level in _BEGIN)

    def in_transaction(self) -> bool:
        """Tell whether a transaction is open, though it may hold no lock yet."""
        if self._is_reading or self.raw.in_transaction:
            return True
        return self._has_streams()

    def hand_out(self) -> None:
        """Open the transaction, so that what goes around the requests is part of it."""
        if self._is_reading:
            with self._guard:
                self._has_snapshot = False
            if not self.raw.in_transaction:
                self._run("BEGIN")
            self._leave()

    def _leave(self) -> None:
        """Let go of what a transaction that only reads is known by."""
        self._is_reading = self._has_snapshot = self._is_brief = False
        self._is_turning = False
        self._last_read = 0.0
        self._seen = None
        if self._holds_reads:
            holds.discard(self)
        if self._savepoints:
            self._savepoints = []
        self._pass_on()

    def _pass_on(self) -> None:
        super()._pass_on()
        self.stream = self._open_stream
        self.commit = self._commit_raw

    def _undo_turn(self) -> None:
        """Roll a change back that found no lock, and know which version it would have rested on."""
        try:
            if self._seen is None:
                self._seen = self._versions()
        except BaseException:
            self._leave()
            raise
        finally:
            if self.raw.in_transaction:
                self.raw.rollback()

    def _open_stream(self, sql: str, parameters: DriverParameters = ()) -> Any:
        """Run *sql* and return a cursor that ends with its transaction: it holds a lock."""
        stream = Stream(self._send(self._run, sql, parameters))
        if self._streams is None:
            self._streams = WeakSet()
        self._streams.add(stream)
        self.commit, self.rollback = self._commit, self._rollback
        return stream

    def _commit(self) -> None:
        """Commit; streams read what is left of their rows before."""
        self._finish_streams()
        self._end_snapshot()
        if self.raw.in_transaction:
            self._commit_raw()
        self._leave()

    def _rollback(self) -> None:
        """Roll back; streams have no more rows then."""
        if self._streams is not None:
            for stream in list(self._streams):
                stream.cut()
            self._streams = None
        self._end_snapshot()
        if self.raw.in_transaction:
            self.raw.rollback()
        self._leave()

    def _finish_streams(self) -> None:
        """Read what is left of the streams: an open cursor has old rows, and a lock of its own."""
        if self._streams is not None:
            for stream in list(self._streams):
                stream.finish()
            self._streams = None

    def _has_streams(self) -> bool:
        return self._streams is not None and any(stream.is_open for stream in self._streams)

    def _commit_raw(self) -> None:
        holds.let_go()
        self.raw.commit()

    def let_go(self) -> None:
        """End the transaction that SQLite has opened for what is read; any thread may ask."""
        with self._guard:
            if self._has_snapshot:
                try:
                    if self._seen is None:
                        self._seen = self._versions()
                except BaseException:
                    self._seen = _UNKNOWN
                    raise
                finally:
                    self._close_snapshot()

    def _end_snapshot(self) -> None:
        """End it together with the transaction, or where nothing was read: nobody asks later."""
        with self._guard:
            if self._has_snapshot:
                self._close_snapshot()

    def _close_snapshot(self) -> None:
        try:
            if self.raw.in_transaction:
                self.raw.commit()
        except OperationalError:
            # A statement that was broken off is still there.
            self.raw.rollback()
        finally:
            # In this order: the transaction ends before it is known to have ended.
            self._has_snapshot = False

    def _reading_fetch(self, sql: str, parameters: DriverParameters = ()) -> Any:
        kind = kind_of(sql)
        if not kind and self._has_snapshot:
            return self._run(sql, parameters).fetchall()
        if not self._admit(sql, kind):
            return []
        try:
            if self._is_turning:
                return self._send(self._run, sql, parameters).fetchall()
            return self._run(sql, parameters).fetchall()
        except BaseException as error:
            self._note_failure(error)
            raise
        finally:
            if self._is_brief:
                self._end_brief()

    def _reading_execute(self, sql: str, parameters: DriverParameters = ()) -> Any:
        if not self._admit(sql, kind_of(sql)):
            return self.raw.cursor()
        if self._is_turning or not self._is_reading:
            return self._send(self._run, sql, parameters)
        return self._open_reading(sql, parameters)

    def _reading_execute_many(self, sql: str, parameters: Sequence[DriverParameters]) -> Any:
        self._admit(sql, kind_of(sql))
        return self._send(self._run_many, sql, parameters)

    def _reading_stream(self, sql: str, parameters: DriverParameters = ()) -> Any:
        self._admit(sql, kind_of(sql))
        return self._open_reading(sql, parameters)

    def _open_reading(self, sql: str, parameters: DriverParameters) -> Any:
        """Open a stream of *sql*, which has been admitted: its cursor keeps a lock of its own."""
        try:
            return self._open_stream(sql, parameters)
        except BaseException as error:
            self._note_failure(error)
            raise
        finally:
            if self._is_brief:
                self._end_brief()

    def _note_failure(self, error: BaseException) -> None:
        """End a snapshot in which nothing was read, since the lock for it did not come."""
        if _is_busy(error) and self._holds_reads:
            self._end_snapshot()

    def _end_brief(self) -> None:
        self._is_brief = False
        self.let_go()

    def _send(self, run: Callable[..., Any], sql: str, parameters: DriverParameters) -> Any:
        """Run a statement that has been admitted.

        A change takes its lock within the snapshot where that covers all that was read: nobody
        can have committed since.  SQLite does not wait for the lock there; who has to wait lets
        the snapshot go, and asks for the version again.
        """
        if not self._is_turning:
            return run(sql, parameters)
        try:
            for name in self._savepoints:
                self._run(f"SAVEPOINT {name}")
            result = run(sql, parameters)
        except BaseException as error:
            if not _is_busy(error):
                self._leave()
                raise
            self._undo_turn()
        else:
            self._leave()
            return result
        self._is_turning = False
        self._take_lock(is_checked=True)
        return run(sql, parameters)

    def _admit(self, sql: str, kind: Kind) -> bool:
        """Do what *sql* needs before it goes; tell whether it goes at all."""
        # In this order: the transaction ends before it is known to have ended.
        if not self._has_snapshot and self.raw.in_transaction:
            # Somebody has sent a BEGIN of his own: he decides what is locked.
            self._leave()
            return True
        if not kind:
            if not self._has_snapshot:
                self._begin_read()
            return True
        if kind >= Kind.ATTACH and self._holds_reads:
            # PRAGMA and ATTACH go outside a transaction.
            self.let_go()
        match kind:
            case Kind.WRITE:
                if not self._turn():
                    self._take_lock(is_checked=True)
            case Kind.LOCK:
                self._take_lock(is_checked=False)
            case Kind.SAVEPOINT:
                return self._note_savepoint(sql)
            case Kind.END:
                self._restart()
                return False
            case Kind.ATTACH:
                self._ask_versions = None
            case Kind.OTHER:
                if sql.lstrip()[:5].upper() == "BEGIN":
                    self._restart()
        return True

    def _restart(self) -> None:
        """Begin anew, as after a COMMIT that the user has written."""
        self._commit()
        self.begin()

    def _begin_read(self) -> None:
        """Note what the first read of the transaction sees, with a snapshot where that is free.

        Where a snapshot is a lock, it is held for one read; where reads follow each other, until
        the thread sees it.
        """
        if self._ask_versions is None:
            self._learn_databases()
        is_checked = False
        if self._seen is None:
            is_checked = self._level not in _UNCHECKED
            if not is_checked:
                self._seen = ()
        if self._keeps_snapshots:
            if is_checked:
                self._open_snapshot()
        elif self._holds_reads:
            now = monotonic()
            is_next = now - self._last_read < ROW
            self._last_read = now
            if is_next or is_checked:
                self._open_snapshot()
                self._is_brief = not (is_next and holds.add(self))
                if self._is_single:
                    return
        if is_checked and not (self._has_snapshot and self._is_single):
            try:
                self._seen = self._versions()
            except BaseException:
                self._is_brief = False
                self._end_snapshot()
                raise

    def _open_snapshot(self) -> None:
        self._run("BEGIN")
        self._has_snapshot = True

    def _turn(self) -> bool:
        """Let the next statement make a change of the snapshot's transaction, where it may.

        It may where the snapshot covers all that was read: it is the first one (no version was
        asked for yet), or nobody has committed before it began.
        """
        if not self._is_single:
            return False
        with self._guard:
            if not self._has_snapshot or (self._seen and self._versions() != self._seen):
                return False
            # From here on no other thread ends it.
            self._has_snapshot = False
        self._is_turning = True
        if self._holds_reads:
            holds.discard(self)
        self._finish_streams()
        return True

    def _learn_databases(self) -> None:
        """Ask which databases are attached, and how they keep their journals."""
        listed = self._run("PRAGMA database_list").fetchall()
        self._is_private = not any(file for _, name, file in listed if name == "main")
        names = [
            '"' + name.replace('"', '""') + '"'
            for _, name, file in listed
            if name != "temp" and (file or name == "main")
        ]
        journals = [self._run(f"PRAGMA {name}.journal_mode").fetchone()[0] for name in names]
        self._keeps_snapshots = all(journal == "wal" for journal in journals)
        self._holds_reads = IS_SAFE and not self._keeps_snapshots
        self._ask_versions = tuple(f"PRAGMA {name}.data_version" for name in names)
        self._is_single = len(names) == 1

    def _versions(self) -> tuple[int, ...]:
        assert self._ask_versions is not None
        return tuple([self._run(sql).fetchone()[0] for sql in self._ask_versions])

    def _take_lock(self, is_checked: bool) -> None:
        """Wait for the lock of the database, and go on in a transaction that holds it.

        Where *is_checked*, OperationalError (``SQLITE_BUSY_SNAPSHOT``) is raised, and nothing
        stays locked, if somebody has committed since the first read.
        """
        self._finish_streams()
        self.let_go()
        holds.let_go()
        try:
            self._run("BEGIN IMMEDIATE")
            if is_checked and self._seen and self._versions() != self._seen:
                raise _has_changed()
            for name in self._savepoints:
                self._run(f"SAVEPOINT {name}")
        except BaseException as error:
            if self.raw.in_transaction:
                self.raw.rollback()
            if _is_change(error):
                self._leave()
            raise
        self._leave()

    def _note_savepoint(self, sql: str) -> bool:
        """Note the savepoint of *sql*; tell whether SQLite shall say what is wrong with it."""
        verb, name = savepoint_of(sql)
        if verb == "SAVEPOINT":
            self._savepoints.append(name)
            return False
        names = [each.lower() for each in self._savepoints]
        if name.lower() not in names:
            return True
        position = len(names) - 1 - names[::-1].index(name.lower())
        del self._savepoints[position + (verb == "ROLLBACK") :]
        return False


class SharedCacheConnection(SharedConnection):
    """A connection to a database in memory that has one cache for several connections.

    SQLite locks its tables, and its busy timeout does not hold for them: the wait is ours.
    SQLite manual: "Shared-Cache Mode".
    """

    __slots__ = ("_timeout",)

    def __init__(self, raw: Connection, level: str | None = None, timeout: float = 5.0) -> None:
        self._timeout = timeout
        super().__init__(raw, level)
        self._run = self._patient(raw.execute)
        self._run_many = self._patient(raw.executemany)
        self._pass_on()

    def _commit_raw(self) -> None:
        self._patient(self.raw.commit)()

    def _learn_databases(self) -> None:
        super()._learn_databases()
        self._is_private = self._keeps_snapshots = self._holds_reads = False

    def _patient(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return *function*, tried again while another connection has locked the table."""

        def patient(*arguments: object) -> Any:
            # Counted, and no clock read: tests of programs let one stand still.
            left, pause = self._timeout, 0.001
            while True:
                try:
                    return function(*arguments)
                except OperationalError as error:
                    name = getattr(error, "sqlite_errorname", "")
                    if not name.startswith("SQLITE_LOCKED") or left <= 0:
                        raise
                sleep(pause)
                left -= pause
                pause = min(pause * 2, 0.05)

        return patient


class Stream:
    """A cursor that reads while its transaction has no lock; the lock makes it read to its end."""

    __slots__ = ("__weakref__", "_cursor", "_is_cut", "_rows")

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._is_cut = False
        self._rows: list[Any] | None = None if cursor.description else []

    @property
    def is_open(self) -> bool:
        """Whether the cursor may hold a lock."""
        return self._rows is None

    def finish(self) -> None:
        """Read all rows that are left, and hold them."""
        if self._rows is None:
            self._rows = self._cursor.fetchall()

    def cut(self) -> None:
        """Give up the rows that are left: to ask for them is an error from now on."""
        self._is_cut = self.is_open
        self.close()

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return int(self._cursor.rowcount)

    @property
    def lastrowid(self) -> Any:
        return self._cursor.lastrowid

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        self._require_rows()
        self.finish()
        rows, self._rows = self._rows, []
        return rows or []

    def fetchmany(self, size: int) -> list[Any]:
        """Return up to *size* of the rows that are left."""
        self._require_rows()
        if self._rows is None:
            read: list[Any] = self._cursor.fetchmany(size)
            if len(read) < size:
                self._rows = []
            return read
        rows = self._rows[:size]
        del self._rows[:size]
        return rows

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def _require_rows(self) -> None:
        if self._is_cut:
            raise ProgrammingError("the transaction of this cursor was rolled back")

    def close(self) -> None:
        """Let go of the rows."""
        self._rows = []
        self._cursor.close()


def _has_changed() -> OperationalError:
    """Return the error of SQLite for a change that rests on what is no longer so."""
    error = OperationalError("the database has changed since the transaction first read it")
    error.sqlite_errorname = "SQLITE_BUSY_SNAPSHOT"
    error.sqlite_errorcode = 517
    return error


def _is_change(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorname", "") == "SQLITE_BUSY_SNAPSHOT"


def _is_busy(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
