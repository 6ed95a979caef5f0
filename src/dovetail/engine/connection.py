"""The connection that users work with: transactions and execution over one channel."""

from __future__ import annotations

import re
from importlib import import_module
from sys import is_finalizing
from typing import TYPE_CHECKING, Any, Literal, TypeVar, TypeVarTuple, overload

from ..dialects.time_limit import checked_seconds
from ..event import root
from ..exc import (
    ArgumentError,
    InvalidRequestError,
    ResourceClosedError,
    did_you_mean,
)
from ..steps import run_sync
from .cursor import CursorResult, driver_result_steps, opened_steps
from .definition import schema_steps
from .events import ConnectionEvents
from .execution import execute_steps
from .pool.record import ConnectionRecord, PooledView
from .transacted import TransactedChannel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from ..dialects.dbapi import DriverParameters
    from ..dialects.explained import QueryPlan
    from ..sql.arguments import ManyParameters, StatementArgument
    from ..sql.difference import Difference
    from ..sql.metadata import MetaData
    from ..sql.node import ReturnsRows
    from ..steps import Steps
    from .result import ScalarResult
    from .translation import SchemaMap

T = TypeVar("T")
R = TypeVar("R")
Ts = TypeVarTuple("Ts")


class Connection(TransactedChannel):
    """A borrowed connection of an engine, in one transaction after another.

    The first statement begins a transaction; ``commit()`` and ``rollback()`` end it::

        with engine.connect() as connection:
            connection.execute(insert(user), {"name": "Ada"})
            connection.commit()

    BEGIN is sent with the first statement, not before.
    """

    def __init__(self, engine: Any, record: ConnectionRecord) -> None:
        self.engine = engine
        options = self._options = engine._options
        super().__init__(engine, record)
        if options or self._host.default_isolation is not None:
            self._choose_level()
            if "schema_translate_map" in options:
                self._choose_schemas()
            if "timeout" in options:
                self._choose_timeout()
        for function in self.dispatch.engine_connect:
            function(self)

    _isolation: str | None = None
    """The isolation level of the options, or of the engine; None for the driver's own."""

    def _choose_level(self) -> None:
        """Take the isolation level, and what else the driver knows of, from the options."""
        level = self._options.get("isolation_level") or self._host.default_isolation
        self._autocommit = level == "AUTOCOMMIT"
        self._isolation = level
        self._level = None
        if level is not None or self._options:
            self._level = self._host.backend.transaction_mode(level, self._options)

    def _choose_schemas(self) -> None:
        """Take the names of schemas from the options."""
        schema_map = self.schema_map = self._options.get("schema_translate_map")
        if schema_map:
            self.dialect, self.plans = self._host.translations.of(schema_map)
        else:
            self.dialect, self.plans = self._host.dialect, self._host.plans

    def _choose_timeout(self) -> None:
        """Take from the options how long each statement may take."""
        self.timeout = checked_seconds(self._options.get("timeout"))
        self.limit_time(self.timeout, None if self.limit is None else self.limit.until)

    def translated_steps(self, schema_map: SchemaMap | None, steps: Steps[T]) -> Steps[T]:
        """Run *steps* with the schemas of *schema_map*, in place of those of the options."""
        before = self._options
        self._options = {**before, "schema_translate_map": schema_map}
        self._choose_schemas()
        try:
            return (yield from steps)
        finally:
            self._options = before
            self._choose_schemas()

    # The end.

    def close_steps(self) -> Steps[None]:
        """Roll back what is in progress and return the connection to the pool."""
        if self._closed:
            return
        if self._reading:
            self._end_reading()
        root = self._root
        was_reset = False
        try:
            record = self._record
            if record is not None and record.epoch != record.pool.epoch:
                self._is_inherited()
            if root is not None and root.xid is not None:
                yield from root.rollback_steps()
            elif self._begun:
                yield from self.send_rollback_steps()
                was_reset = True
        finally:
            if root is not None:
                root.end()
            self._closed = True
            self._ready = None
            record, self._record = self._record, None
            if record is not None and (
                self._detached
                or record.isolation != self._host.default_isolation
                or not self._host.pool.give(record)
            ):
                yield from self._return_steps(record, was_reset)

    def _return_steps(self, record: ConnectionRecord, was_reset: bool) -> Steps[None]:
        pool = self._host.pool
        if self._detached:
            connection = record.emptied()
            if connection is not None:
                yield from pool.close_detached_steps(connection, was_reset)
            return
        default = self._host.default_isolation
        if record.isolation != default and record.connection is not None:
            level = default or self._host.backend.default_isolation
            try:
                yield record.connection.set_isolation, level
                record.isolation = default
            except BaseException as error:
                yield from pool.invalidate_steps(record, error)
                if not isinstance(error, Exception):
                    yield from pool.checkin_steps(record)
                    raise
        yield from pool.checkin_steps(record, was_reset)

    def invalidate_steps(self, exception: BaseException | None = None) -> Steps[None]:
        """Discard the driver connection: see :meth:`invalidate`."""
        if self._closed:
            raise ResourceClosedError("this connection is closed")
        yield from self._lost_steps(exception or InvalidRequestError("invalidated"))

    def detach_steps(self) -> Steps[None]:
        """Take the driver connection out of its pool: see :meth:`detach`."""
        record = self._require_record()
        if self._detached:
            return
        own = ConnectionRecord(record.pool, record.epoch)
        own.connection, own.isolation = record.connection, record.isolation
        yield from self._host.pool.detach_steps(record)
        self._record, self._detached = own, True

    # Statements.

    def execute_steps(
        self,
        statement: StatementArgument,
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Steps[CursorResult[*tuple[Any, ...]]]:
        """Run *statement*: see :meth:`execute`."""
        options = self._options
        if execution_options:
            options = {**options, **execution_options}
        return execute_steps(self, statement, parameters, options)

    def exec_driver_sql_steps(
        self,
        statement: str,
        parameters: DriverParameters | None = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Steps[CursorResult[*tuple[Any, ...]]]:
        """Run SQL text: see :meth:`exec_driver_sql`."""
        options = {**self._options, **(execution_options or {})}
        steps = self._driver_sql_steps(statement, parameters, options)
        seconds = options.get("timeout", self.timeout)
        return steps if seconds == self.timeout else self.limited_steps(seconds, steps)

    def _driver_sql_steps(
        self, statement: str, parameters: DriverParameters | None, options: Mapping[str, Any]
    ) -> Steps[CursorResult[*tuple[Any, ...]]]:
        given: Any = () if parameters is None else parameters
        self._sends_text, self.told_last = True, None
        many = isinstance(given, list) and bool(given)
        if many and not isinstance(given[0], tuple | list | dict):
            many, given = False, tuple(given)
        if many:
            cursor = yield from self.run_many_steps(statement, given)
        elif not given and options.get("no_parameters"):
            cursor = yield from self.run_text_steps(statement)
        else:
            if not given and self.dialect.features.keeps_doubled_percent:
                statement = undoubled(statement)
            cursor = yield from opened_steps(self, statement, given, options)
        result = yield from driver_result_steps(self, cursor, statement, options)
        result.origin = (self, statement, given, many, None, None, options)
        if self.dispatch:
            result.set_context(self.told_last)
        return result

    @overload
    def execute(
        self,
        statement: ReturnsRows[*Ts],
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[*Ts]: ...
    @overload
    def execute(
        self,
        statement: StatementArgument,
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[*tuple[Any, ...]]: ...
    def execute(
        self,
        statement: StatementArgument,
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[*tuple[Any, ...]]:
        """Run *statement* and return its result.

        *parameters* is a dictionary, or a list of dictionaries to run it once for each.
        ObjectNotExecutableError is raised for what is no statement; errors of the database
        are subclasses of DBAPIError::

            connection.execute(select(user).where(user.c.id == 5)).one()
            connection.execute(insert(user), [{"name": "Ada"}, {"name": "Alan"}])

        With the SQL that it sends::

            connection.execute(insert(User), [{"name": "eve"}, {"name": "fay"}])
            # INSERT INTO user_account (name) VALUES (?)
        """
        return run_sync(
            self.execute_steps(statement, parameters, execution_options=execution_options)
        )

    @overload
    def scalar(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> R | None: ...
    @overload
    def scalar(
        self,
        statement: StatementArgument,
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any: ...
    def scalar(
        self,
        statement: StatementArgument,
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run *statement*; return the first value of its first row, None without a row.

        With the SQL that it sends::

            connection.scalar(select(func.max(Order.total)))
            # SELECT max(orders.total) AS max_1 FROM orders
        """
        return self.execute(statement, parameters, execution_options=execution_options).scalar()

    @overload
    def scalars(
        self,
        statement: ReturnsRows[R, *tuple[Any, ...]],
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[R]: ...
    @overload
    def scalars(
        self,
        statement: StatementArgument,
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[Any]: ...
    def scalars(
        self,
        statement: StatementArgument,
        parameters: ManyParameters = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[Any]:
        """Run *statement*; return the first value of each row.

        With the SQL that it sends::

            connection.scalars(select(User.name).order_by(User.id)).all()
            # SELECT user_account.name FROM user_account ORDER BY user_account.id
        """
        return self.execute(statement, parameters, execution_options=execution_options).scalars()

    def exec_driver_sql(
        self,
        statement: str,
        parameters: DriverParameters | None = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[*tuple[Any, ...]]:
        """Run SQL text as the driver takes it, with the driver's own placeholders.

        *parameters* is a tuple or dictionary, or a list of such to run it once for each::

            connection.exec_driver_sql("SELECT name FROM user_account WHERE id = ?", (1,)).scalar()
            # SELECT name FROM user_account WHERE id = ?
        """
        return run_sync(self.exec_driver_sql_steps(statement, parameters, execution_options))

    def explain_steps(
        self,
        statement: StatementArgument,
        parameters: ManyParameters = None,
        *,
        analyze: bool = False,
    ) -> Steps[QueryPlan]:
        """Return the plan of *statement*: see :meth:`explain`."""
        steps = self.execute_steps(statement, parameters)
        explained: Steps[QueryPlan] = import_module(".explain", __package__).explain_steps(
            self, steps, analyze
        )
        return explained

    def explain(
        self,
        statement: StatementArgument,
        parameters: ManyParameters = None,
        *,
        analyze: bool = False,
    ) -> QueryPlan:
        """Return how the server would run *statement*: as text, as a tree, and what it costs.

        With *analyze* the server runs it, changes included, and tells what it has really taken.
        InvalidRequestError is raised where the server can't do that::

            plan = connection.explain(select(User).where(User.id == 5))
            assert plan.scans == []
            # EXPLAIN QUERY PLAN SELECT user_account.id, user_account.name FROM user_account
            #     WHERE user_account.id = ?
        """
        return run_sync(self.explain_steps(statement, parameters, analyze=analyze))

    def schema_for_object(self, obj: Any) -> str | None:
        """Return the schema of a table or sequence, as ``schema_translate_map`` has it."""
        schema: str | None = self.dialect.schema_name(obj.schema)
        return schema

    def run_schema(
        self,
        verb: Literal["create", "drop"],
        target: Any,
        tables: Iterable[Any] | None = None,
        checkfirst: bool = True,
    ) -> None:
        """Create or drop *target*: a table, or *tables* of a MetaData, all of them for None.

        They come in the order that they need.
        """
        run_sync(schema_steps(self, verb, target, tables, checkfirst))

    def schema_differences(
        self, metadata: MetaData, ignore: Collection[str] = ()
    ) -> list[Difference]:
        """Return in what the database differs from *metadata*: see :meth:`MetaData.diff`."""
        return run_sync(self.schema_differences_steps(metadata, ignore))

    def schema_differences_steps(
        self, metadata: MetaData, ignore: Collection[str] = ()
    ) -> Steps[list[Difference]]:
        """Return in what the database differs from *metadata*."""
        compare = import_module(".comparison.compare", __package__)
        found: list[Difference] = yield from compare.differences_steps(self, metadata, ignore)
        return found

    # The connection itself.

    @property
    def connection(self) -> PooledView:
        """The driver's connection, behind a proxy that does not return it."""
        return run_sync(self.view_steps())

    def view_steps(self) -> Steps[PooledView]:
        """Return the driver's connection: see :attr:`connection`; one that is lost is replaced."""
        if not self._closed and (self._record is None or self._is_inherited()):
            yield from self._reconnect_steps()
        if self._begun:
            self._host.backend.hand_out(self._plain_wire)
        return PooledView(self._require_record(), self)

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the user that lasts as long as the driver connection."""
        return self._require_record().info

    @property
    def closed(self) -> bool:
        """Whether the connection was closed."""
        return self._closed

    @property
    def invalidated(self) -> bool:
        """Whether the driver connection was lost; the next statement gets another one."""
        return self._record is None and not self._closed

    @property
    def default_isolation_level(self) -> str:
        """The isolation level of connections for which none was set."""
        return self._host.default_isolation or self._host.backend.default_isolation

    def get_isolation_level(self) -> str:
        """Return the isolation level of this connection."""
        if self._closed:
            raise ResourceClosedError("this connection is closed")
        return self._isolation or self._host.backend.default_isolation

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the execution options of this connection."""
        return self._options

    def execution_options(self, **opt: Any) -> Self:
        """Set options for all that this connection executes; return self.

        ``isolation_level``  the level of the next transactions, ``"AUTOCOMMIT"`` for none
        ``stream_results``, ``yield_per``  fetch large results in parts
        ``schema_translate_map``  which schema stands for another: ``{None: "tenant_7"}``
        ``timeout``  the seconds that each statement may take: it is stopped on the server then,
        and StatementTimeout raised; None for no limit

        InvalidRequestError is raised if a transaction is in progress and *isolation_level*
        is set.
        """
        for function in self.dispatch.set_connection_execution_options:
            function(self, opt)
        if "isolation_level" in opt:
            opt["isolation_level"] = checked_isolation(
                opt["isolation_level"], self._host.backend.isolation_levels
            )
        if "timeout" in opt:
            checked_seconds(opt["timeout"])
        before, level = self._options, self._level
        self._options = {**before, **opt}
        self._choose_level()
        if "schema_translate_map" in opt:
            self._choose_schemas()
        if "isolation_level" in opt or self._level != level:
            if self._begun or self._root is not None:
                self._options = before
                self._choose_level()
                raise InvalidRequestError(
                    "the isolation level cannot change inside a transaction",
                    hint="set it before the first statement, or after commit() or rollback()",
                )
            self._ready = None
        if "timeout" in opt:
            self._choose_timeout()
        return self

    def invalidate(self, exception: BaseException | None = None) -> None:
        """Discard the driver connection; the next statement gets another one.

        A transaction in progress is lost, and must be ended with ``rollback()``.
        """
        run_sync(self.invalidate_steps(exception))

    def detach(self) -> None:
        """Take the driver connection out of its pool; it is closed with this object."""
        run_sync(self.detach_steps())

    def close(self) -> None:
        """Roll back what is in progress and return the driver connection to the pool."""
        if self._root is None and not self._closed and not self._detached:
            record = self._record
            if record is None:
                self._closed = True
                return
            if record.isolation == self._host.default_isolation and self._host.pool.give(record):
                self._closed, self._ready, self._record = True, None, None
                return
        run_sync(self.close_steps())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        record = self.__dict__.get("_record")
        if record is not None and not self._detached and not is_finalizing():
            self._record = None
            self._host.pool.abandon(record)


root(ConnectionEvents, Connection)


def checked_isolation(level: str | None, known: Sequence[str]) -> str | None:
    """Return *level* in the driver's spelling; ArgumentError is raised if it is not *known*."""
    if level is None or level == "default":
        return None
    if not isinstance(level, str):
        raise ArgumentError(f"isolation_level is a string, not {level!r}")
    name = level.replace("_", " ").upper()
    if name not in known:
        raise ArgumentError(
            f"the isolation level {level!r} is not known here; known are {', '.join(known)}",
            hint=did_you_mean(name, known),
        )
    return name


_ALL_DOUBLED = re.compile(r"(?:[^%]|%%)*")


def undoubled(sql: str) -> str:
    """Return *sql* with one percent sign for two, where all of them are doubled."""
    if "%" not in sql or _ALL_DOUBLED.fullmatch(sql) is None:
        return sql
    return sql.replace("%%", "%")
