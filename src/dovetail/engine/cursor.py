"""Results of statements that a driver ran, and the feed that gets more of their rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVarTuple

from ..exc import InvalidRequestError, ResourceClosedError
from .context import About, ExecutionContext
from .result import Result
from .rows import Row, Shape, row_class

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..dialects.dbapi import DriverParameters
    from ..dialects.driver import Cursor
    from ..steps import Steps
    from .channel import Channel

Ts = TypeVarTuple("Ts")

Origin = tuple[Any, str, Any, bool, Any, Any, "Mapping[str, Any]"]
"""Of a result: connection, SQL text, parameters, if many, statement, plan and options."""

_NO_ROWS = Shape(())


class CursorResult(Result[*Ts]):
    """What a statement has answered: rows, or how many of them it has changed."""

    returns_rows = True
    """Whether the statement has rows to read, be they none."""

    is_insert = False
    rowcount = -1
    """How many rows an UPDATE or DELETE has matched; -1 where it is not known."""

    lastrowid: int | None = None
    """The number that the database gave the inserted row, where the driver tells."""

    origin: Origin | None = None
    _context: ExecutionContext | None = None
    returned_defaults_rows: Sequence[Row[*tuple[Any, ...]]] | None = None
    """What ``return_defaults()`` has fetched, a row for each that was changed; None for nothing."""

    _inserted_keys: Sequence[Any] | None = None
    _parameters: Any = None
    _is_of_many = False

    @classmethod
    def of_change(
        cls, rowcount: int, lastrowid: int | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        """Return the result of a statement without rows."""
        result: CursorResult[*tuple[Any, ...]] = CursorResult(_NO_ROWS, [])
        result.returns_rows = False
        result._closed = True
        result.rowcount = rowcount
        result.lastrowid = lastrowid
        return result

    @property
    def connection(self) -> Any:
        """The connection that ran the statement; None for instances, and rows from elsewhere."""
        return None if self.origin is None else self.origin[0]

    @property
    def context(self) -> ExecutionContext | None:
        """The execution of the statement; None for instances, and rows from elsewhere.

        That is, its text, its parameters, how it was compiled and with what options::

            connection.execute(select(user.c.id)).context.execution_options
        """
        if self._context is None and self.origin is not None:
            channel, sql, parameters, many, statement, plan, options = self.origin
            about = About(statement, None if plan is None else plan.compiled, options)
            self._context = ExecutionContext(channel, sql, parameters, many, about)
        return self._context

    def set_context(self, context: ExecutionContext | None) -> None:
        """Let *context*, which listeners know, be the execution of the statement."""
        self._context = context

    def set_inserted_key(self, names: tuple[str, ...], key: tuple[Any, ...]) -> None:
        """Note the primary key of the row that was inserted."""
        self.set_inserted_keys(names, [key])

    def set_inserted_keys(self, names: tuple[str, ...], keys: Sequence[tuple[Any, ...]]) -> None:
        """Note the primary keys of the rows that were inserted."""
        self._inserted_keys = [row_class(names)(key) for key in keys]

    def set_returned_defaults(self, rows: Sequence[Row[*tuple[Any, ...]]], *, many: bool) -> None:
        """Note what the server filled in; *many* sets of parameters were executed, or one."""
        self.returned_defaults_rows = rows
        self._is_of_many = many

    def _slice(self, most: int | None) -> list[Any]:
        if not self.returns_rows:
            raise ResourceClosedError(
                "this result has no rows: its statement returns none",
                hint="an INSERT, UPDATE or DELETE has rows with .returning(...)",
            )
        return super()._slice(most)

    @property
    def inserted_primary_key(self) -> Row[*tuple[Any, ...]] | None:
        """The primary key of the row that was inserted; of several in one VALUES, Nones.

        InvalidRequestError is raised for other statements, and where several rows were.
        """
        rows = self.inserted_primary_key_rows
        if len(rows) != 1:
            raise InvalidRequestError(
                f"{len(rows)} rows were inserted", hint="use inserted_primary_key_rows"
            )
        row: Row[*tuple[Any, ...]] = rows[0]
        return row

    @property
    def inserted_primary_key_rows(self) -> Sequence[Any]:
        """The primary keys of the rows that were inserted."""
        if not self.is_insert:
            raise InvalidRequestError("only an INSERT has inserted primary keys")
        if self._inserted_keys is None:
            raise InvalidRequestError(
                "the primary keys of this INSERT are not known",
                hint="several rows, or rows with .returning(...), are read from the result",
            )
        return self._inserted_keys

    @property
    def returned_defaults(self) -> Row[*tuple[Any, ...]] | None:
        """What ``return_defaults()`` has fetched of the row; None where nothing was.

        InvalidRequestError is raised where many sets of parameters were executed.
        """
        if self._is_of_many:
            raise InvalidRequestError(
                "many sets of parameters were executed", hint="use returned_defaults_rows"
            )
        rows = self.returned_defaults_rows
        return rows[0] if rows else None

    def last_inserted_params(self) -> Any:
        """Return the values that were inserted, defaults included."""
        if not self.is_insert:
            raise InvalidRequestError("only an INSERT has inserted parameters")
        return self._parameters

    def last_updated_params(self) -> Any:
        """Return the values that were written, defaults included."""
        return self._parameters

    def supports_sane_rowcount(self) -> bool:
        """Return whether ``rowcount`` counts rows that were matched."""
        return True

    def supports_sane_multi_rowcount(self) -> bool:
        """Return whether ``rowcount`` is right after many executions at once."""
        return True


class CursorFeed:
    """Gets rows from an open cursor, a batch at a time."""

    def __init__(self, channel: Channel, cursor: Cursor, batch: int, sql: str) -> None:
        self._channel = channel
        self._cursor = cursor
        self._sql = sql
        self.batch = batch

    def fetch_steps(self, most: int | None) -> Steps[list[Any]]:
        """Return up to *most* rows more."""
        rows: list[Any] = yield from self._channel.take_steps(self._cursor, most, self._sql)
        return list(rows)

    def close_steps(self) -> Steps[None]:
        """Close the cursor."""
        yield (self._cursor.close,)


def described(cursor: Cursor) -> Shape:
    """Return the shape of the rows of *cursor*, as the driver describes it."""
    return Shape(tuple(column[0] for column in cursor.description or ()))


_QUERY = re.compile(r"\s*\(*\s*(SELECT|VALUES|WITH)\b", re.IGNORECASE)
_CHANGE = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE|INTO)\b", re.IGNORECASE)


def opened_steps(
    channel: Channel, sql: str, parameters: DriverParameters, options: Mapping[str, Any]
) -> Steps[Cursor]:
    """Run SQL text and return its cursor; of a query that is to be streamed one that streams."""
    if options and (options.get("yield_per") or options.get("stream_results")):
        # Text that changes something too may be more than a cursor on the server can hold.
        if _QUERY.match(sql) and not _CHANGE.search(sql):
            return channel.stream_steps(sql, parameters, _batch(options))
    return channel.run_steps(sql, parameters)


def _batch(options: Mapping[str, Any]) -> int:
    size: int = options.get("yield_per") or options.get("max_row_buffer", 1000)
    return size


def driver_result_steps(
    channel: Channel, cursor: Cursor, sql: str, options: Mapping[str, Any]
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    """Return the result of SQL text that was run on *cursor*."""
    if cursor.description is None:
        result = CursorResult.of_change(cursor.rowcount, cursor.lastrowid)
        yield (cursor.close,)
        channel.text_was_sent(sql)
        return result
    shape = described(cursor)
    batch = options.get("yield_per")
    if batch or options.get("stream_results"):
        feed = CursorFeed(channel, cursor, _batch(options), sql)
        result = CursorResult(shape, [], convert=shape.row_list, feed=feed)
        result._per = batch
    else:
        rows = yield from channel.take_steps(cursor, None, sql)
        result = CursorResult(shape, rows, convert=shape.row_list)
    result.rowcount = cursor.rowcount
    result.lastrowid = cursor.lastrowid
    return result
