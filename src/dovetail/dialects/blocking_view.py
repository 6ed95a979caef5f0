"""What listeners, which block, get of a connection that awaits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..steps import bridged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .dbapi import DriverParameters
    from .driver import Cursor, DriverConnection


class BlockingView:
    """The blocking methods of PEP 249 over a connection that awaits.

    Each request crosses the bridge of ``run_sync()``, on which listeners to ``connect`` stand
    too; elsewhere MissingGreenlet is raised.  What is not defined here is looked up on the
    driver's own connection.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Any) -> None:
        self._connection: DriverConnection = connection

    @property
    def driver_connection(self) -> Any:
        """The driver's own connection."""
        return self._connection.raw

    def cursor(self) -> BlockingCursor:
        """Return a cursor."""
        return BlockingCursor(self._connection)

    def execute(self, sql: str, parameters: DriverParameters | None = None) -> BlockingCursor:
        """Run *sql* and return the cursor."""
        cursor = BlockingCursor(self._connection)
        cursor.execute(sql, parameters)
        return cursor

    def commit(self) -> None:
        """Commit the transaction."""
        bridged(self._connection.commit())

    def rollback(self) -> None:
        """Roll the transaction back."""
        bridged(self._connection.rollback())

    def run_async(self, function: Callable[[Any], Any]) -> Any:
        """Return what ``await function(connection)`` gives, with the driver's own connection."""
        return bridged(function(self._connection.raw))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection.raw, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BlockingView) and other._connection is self._connection

    def __hash__(self) -> int:
        return hash(self._connection)


class BlockingCursor:
    """A cursor over a connection that awaits."""

    __slots__ = ("_connection", "_cursor")

    def __init__(self, connection: DriverConnection) -> None:
        self._connection = connection
        self._cursor: Cursor | None = None

    def execute(self, sql: str, parameters: DriverParameters | None = None) -> BlockingCursor:
        """Run *sql*, with the driver's own placeholders; return the cursor itself."""
        arguments = () if parameters is None else (parameters,)
        self._cursor = bridged(self._connection.execute(sql, *arguments))
        return self

    def executemany(self, sql: str, parameters: Sequence[Any]) -> BlockingCursor:
        """Run *sql* once for each set of *parameters*; return the cursor itself."""
        self._cursor = bridged(self._connection.execute_many(sql, parameters))
        return self

    @property
    def description(self) -> Sequence[Sequence[Any]] | None:
        """The columns of the rows, None for a statement without rows."""
        return None if self._cursor is None else self._cursor.description

    @property
    def rowcount(self) -> int:
        """The number of rows that the statement has touched, -1 where it is not known."""
        return -1 if self._cursor is None else self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The key that the server gave to the last row that was inserted, None for none."""
        return None if self._cursor is None else self._cursor.lastrowid

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return None if self._cursor is None else bridged(self._cursor.fetchone())

    def fetchmany(self, size: int = 1) -> list[Any]:
        """Return up to *size* of the rows that are left."""
        return [] if self._cursor is None else list(bridged(self._cursor.fetchmany(size)))

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        return [] if self._cursor is None else list(bridged(self._cursor.fetchall()))

    def close(self) -> None:
        """Let go of the rows."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            bridged(cursor.close())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.fetchall())

    def __enter__(self) -> BlockingCursor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
