"""A connection of psycopg2 as dovetail drives it; imported when psycopg2 is known to be there.

psycopg2 writes values into the statement as literals.  What it registers for a type it registers
for the whole process; so values that it does not know are adapted here, and results are read by
functions that belong to the connection alone.
"""

from __future__ import annotations

import re
import socket
from contextlib import contextmanager, suppress
from functools import lru_cache
from ipaddress import ip_address, ip_interface, ip_network
from os import dup
from threading import Timer
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg2 import DataError, InterfaceError, OperationalError, extensions
from psycopg2.extras import register_default_json, register_default_jsonb

from ..driver import DbapiConnection
from .text import is_streamable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..dbapi import DriverParameters

_KNOWN = (str, bytes, float, bool, type(None))
_PORTION = 1000
"""How many rows of a stream are fetched at once where nobody says how many."""

_LEVELS = {
    "SERIALIZABLE": extensions.ISOLATION_LEVEL_SERIALIZABLE,
    "REPEATABLE READ": extensions.ISOLATION_LEVEL_REPEATABLE_READ,
    "READ COMMITTED": extensions.ISOLATION_LEVEL_READ_COMMITTED,
    "READ UNCOMMITTED": extensions.ISOLATION_LEVEL_READ_UNCOMMITTED,
}
_NAMES = {number: name for name, number in _LEVELS.items()}


class _Literal:
    """A value whose literal is known."""

    __slots__ = ("_text",)

    def __init__(self, text: bytes) -> None:
        self._text = text

    def __conform__(self, protocol: object) -> Any:
        return self

    def getquoted(self) -> bytes:
        return self._text


def _adapted(value: object) -> Any:
    """Return *value* as psycopg2 can write it."""
    if isinstance(value, int):
        # A cast binds more strongly than a minus sign.
        return _Literal(b"(%d)" % value) if value < 0 else value
    if isinstance(value, _KNOWN):
        return value
    if isinstance(value, list):
        return [_adapted(each) for each in value]
    if isinstance(value, UUID):
        return _Literal(f"'{value}'::uuid".encode())
    if type(value).__module__ == "ipaddress":
        return _Literal(f"'{value}'::inet".encode())
    return value


def adapted(parameters: DriverParameters) -> Any:
    """Return *parameters*, a sequence or a dictionary, as psycopg2 can write them."""
    if isinstance(parameters, dict):
        return {name: _adapted(value) for name, value in parameters.items()}
    return [_adapted(value) for value in parameters]


@lru_cache(maxsize=200)
def _by_name(sql: str) -> str | None:
    """Return *sql* with ``%(p1)s`` for ``$1``; None if its parameters stand in psycopg2's way."""
    if "$1" not in sql or _MARKS.search(sql) is not None:
        return None
    return _NUMBERS.sub(r"%(p\1)s", sql.replace("%", "%%"))


def numbered(sql: str, parameters: DriverParameters | None) -> tuple[str, Any]:
    """Return *sql* and its *parameters* in psycopg2's way, where they stand as ``$1``."""
    if not parameters or isinstance(parameters, dict):
        return sql, parameters
    named = _by_name(sql)
    if named is None:
        return sql, parameters
    return named, {f"p{number}": value for number, value in enumerate(parameters, 1)}


_MARKS = re.compile(r"%(?:s|\()")
_NUMBERS = re.compile(r"\$(\d+)")


def _reading(function: Callable[[str], Any]) -> Callable[[Any, Any], Any]:
    return lambda text, cursor: None if text is None else function(text)


def _read_inet(text: str) -> Any:
    return ip_interface(text) if "/" in text else ip_address(text)


def _multirange(range_oid: int) -> Callable[[Any, Any], Any]:
    def read(text: Any, cursor: Any) -> Any:
        if text is None:
            return None
        kind = extensions.string_types[range_oid]
        return [kind(part, cursor) for part in _RANGES.findall(text)]

    return read


_RANGES = re.compile(r"[\[(][^\])]*[\])]")
"""Finds the ranges in the text of a multirange: no bound has brackets in it."""

_READ = (
    extensions.new_type((2950,), "UUID", _reading(UUID)),
    extensions.new_type((869,), "INET", _reading(_read_inet)),
    extensions.new_type((650,), "CIDR", _reading(ip_network)),
)
_TYPES = (
    *_READ,
    *(
        extensions.new_array_type((oid,), f"{kind.name}[]", kind)
        for oid, kind in zip((2951, 1041, 651), _READ, strict=True)
    ),
    *(
        extensions.new_type((oid,), "MULTIRANGE", _multirange(range_oid))
        for oid, range_oid in (
            (4451, 3904),
            (4532, 3906),
            (4533, 3908),
            (4534, 3910),
            (4535, 3912),
            (4536, 3926),
        )
    ),
)
"""What reads types of which psycopg2 gives text."""


class Psycopg2Connection(DbapiConnection):
    """A connection of ``psycopg2``, which opens transactions itself, with the first statement."""

    def __init__(
        self,
        raw: Any,
        json_deserializer: Callable[[Any], Any] | None = None,
        patience: float | None = None,
    ) -> None:
        super().__init__(raw)
        self._patience: float | None = patience
        """Seconds for an answer, after which the server counts as gone; None for no limit."""
        self._began = False
        self._streams = 0
        self._xid: str | None = None
        for kind in _TYPES:
            extensions.register_type(kind, raw)
        loads: dict[str, Any] = {} if json_deserializer is None else {"loads": json_deserializer}
        register_default_json(raw, **loads)
        register_default_jsonb(raw, **loads)
        if patience is not None:
            self.commit = self._limited(raw.commit)
            self.rollback = self._limited(raw.rollback)
        self._commit, self._rollback = self.commit, self.rollback
        self.commit, self.rollback = self._end_by_commit, self._end_by_rollback

    # -- statements ---------------------------------------------------------------------------

    def _send(self, sql: str, parameters: DriverParameters | None) -> Any:
        """Run *sql*, as it stands for None as *parameters*; return the cursor."""
        cursor = self.raw.cursor()
        sql, parameters = numbered(sql, parameters)
        given = None if parameters is None else adapted(parameters)
        try:
            if self._patience is None:
                cursor.execute(sql, given)
            else:
                self._limited(cursor.execute)(sql, given)
        except ValueError as error:  # a NUL, or half a character
            raise DataError(str(error)) from error
        return cursor

    def execute(self, sql: str, parameters: DriverParameters | None = None) -> Any:
        """Run *sql* and return the cursor; parameters are ``%s``, ``%(name)s`` or ``$1``."""
        return self._send(sql, parameters)

    def execute_many(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Run *sql* once for each set of *parameters*; return the cursor."""
        cursor = self.raw.cursor()
        run = cursor.executemany if self._patience is None else self._limited(cursor.executemany)
        given = [numbered(sql, each) for each in parameters]
        try:
            run(given[0][0], [adapted(each) for _, each in given])
        except ValueError as error:
            raise DataError(str(error)) from error
        return cursor

    def fetch(self, sql: str, parameters: DriverParameters | None = ()) -> Any:
        """Run *sql* and return all its rows."""
        cursor = self._send(sql, parameters)
        rows = cursor.fetchall()
        cursor.close()
        return rows

    def stream(self, sql: str, parameters: DriverParameters | None = ()) -> Any:
        """Run *sql*; return a cursor whose rows stay on the server.

        What no cursor can be declared for, such as INSERT … RETURNING, is fetched at once.
        """
        if not is_streamable(sql):
            return self.execute(sql, parameters)
        self._streams += 1
        name = f"dovetail_{self._streams}"
        hold = " WITH HOLD" if self.raw.autocommit else ""
        self._send(f"DECLARE {name} CURSOR{hold} FOR {sql}", parameters).close()
        return Psycopg2Stream(self, name, self._send(f"FETCH FORWARD 0 FROM {name}", None))

    # -- transactions -------------------------------------------------------------------------

    def begin(self) -> None:
        """Note that a transaction begins: psycopg2 sends BEGIN before the first statement."""
        self._began = True

    def _end_by_commit(self) -> None:
        self._began = False
        self._commit()

    def _end_by_rollback(self) -> None:
        self._began = False
        if self.raw.closed:
            raise InterfaceError("connection already closed")
        self._rollback()

    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        idle = extensions.TRANSACTION_STATUS_IDLE
        return self._began or self.raw.get_transaction_status() != idle

    def has_failed(self) -> bool:
        """Tell whether the server refuses all but a rollback after an error."""
        status = self.raw.get_transaction_status()
        return bool(status == extensions.TRANSACTION_STATUS_INERROR)

    def ping(self) -> None:
        """Raise the driver's error if the connection is dead; begin no transaction for it."""
        raw = self.raw
        before = raw.autocommit
        if self.in_transaction() or before:
            self._send("SELECT 1", None).close()
            return
        raw.autocommit = True
        try:
            self._send("SELECT 1", None).close()
        finally:
            if not raw.closed:
                raw.autocommit = before

    def set_isolation(self, level: str) -> None:
        """Use *level* for the transactions that follow: see ``PsycopgDriver.transaction_mode``."""
        name, *modes = level.split(", ")
        raw = self.raw
        # Under autocommit a session would be set, which lasts.
        raw.autocommit = False
        raw.isolation_level = _LEVELS.get(name)
        raw.readonly = _either(modes, "READ ONLY", "READ WRITE")
        raw.deferrable = _either(modes, "DEFERRABLE", "NOT DEFERRABLE")
        raw.autocommit = name == "AUTOCOMMIT"

    def get_isolation(self) -> str:
        """Return the isolation level of the transaction, or of the next one."""
        if self.raw.autocommit:
            return "AUTOCOMMIT"
        if self.raw.isolation_level is not None:
            return _NAMES[self.raw.isolation_level]
        return str(self.fetch("SHOW transaction_isolation")[0][0]).upper()

    # -- two phases ---------------------------------------------------------------------------

    def begin_twophase(self, xid: str) -> None:
        """Begin the transaction *xid*, which can be prepared."""
        self.raw.tpc_begin(xid)
        self._xid = xid
        self._began = True

    def prepare_twophase(self, xid: str) -> None:
        """Make the server promise that the commit of *xid* will succeed."""
        self.raw.tpc_prepare()
        self._began = False

    def commit_twophase(self, xid: str, is_prepared: bool) -> None:
        """Commit the transaction *xid*, this connection's own or one that was recovered."""
        self._end_twophase(self.raw.tpc_commit, xid)

    def rollback_twophase(self, xid: str, is_prepared: bool) -> None:
        """Roll the transaction *xid* back, this connection's own or one that was recovered."""
        self._end_twophase(self.raw.tpc_rollback, xid)

    def _end_twophase(self, verb: Callable[..., Any], xid: str) -> None:
        self._began = False
        if self._xid == xid:
            self._xid = None
            verb()
        else:
            verb(xid)

    def recover_twophase(self) -> list[str]:
        """Return the names of the transactions that were prepared in this database."""
        # The server lists those of all its databases; each is to be ended in its own.
        here = self.raw.info.dbname
        was_open = self.in_transaction()
        found = [xid.gtrid for xid in self.raw.tpc_recover() if xid.database == here]
        if not was_open:
            self.raw.rollback()
        return found

    # -- the connection itself ----------------------------------------------------------------

    def _limited(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return *function* with a limit to its time; psycopg2 has none that would help."""

        def within(*arguments: object) -> Any:
            with self._watched():
                return function(*arguments)

        return within

    @contextmanager
    def _watched(self) -> Iterator[None]:
        late = []
        with suppress(OperationalError, InterfaceError):
            late = [socket.socket(fileno=dup(self.raw.fileno()))]

        def cut() -> None:
            fired.append(True)
            with suppress(OSError):
                late[0].shutdown(socket.SHUT_RDWR)

        fired: list[bool] = []
        timer = Timer(self._patience or 0.0, cut)
        timer.daemon = True
        if late:
            timer.start()
        try:
            yield
        except Exception as error:
            if not fired:
                raise
            self.terminate()
            raise OperationalError(
                f"the server has not answered within read_timeout={self._patience:g} seconds; "
                "the connection is closed"
            ) from error
        finally:
            timer.cancel()
            for each in late:
                each.close()

    def terminate(self) -> None:
        """Drop the connection at once."""
        self.raw.close()


class Psycopg2Stream:
    """A cursor on the server; it is closed there after its last row."""

    lastrowid: int | None = None
    rowcount = -1

    def __init__(self, connection: Psycopg2Connection, name: str, described: Any) -> None:
        self._connection = connection
        self._name = name
        self._is_done = False
        self.description: Sequence[Sequence[Any]] | None = described.description
        """The columns, as PEP 249 describes them."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        rows: list[Any] = []
        while not self._is_done:
            rows += self.fetchmany(_PORTION)
        return rows

    def fetchmany(self, size: int) -> list[Any]:
        """Return up to *size* of the rows that are left."""
        if self._is_done:
            return []
        cursor = self._connection.execute(f"FETCH FORWARD {size} FROM {self._name}")
        rows: list[Any] = cursor.fetchall()
        if len(rows) < size:
            self.close()
        return rows

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return next(iter(self.fetchmany(1)), None)

    def close(self) -> None:
        """Close the cursor on the server, unless that has gone with its transaction."""
        if self._is_done:
            return
        self._is_done = True
        connection = self._connection
        if not connection.raw.closed and not connection.has_failed():
            connection.execute(f"CLOSE {self._name}").close()


def _either(modes: Sequence[str], yes: str, no: str) -> bool | None:
    """Return whether *yes* or *no* is among *modes*; None for neither."""
    return True if yes in modes else False if no in modes else None
