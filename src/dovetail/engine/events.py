"""The events of pools, engines and connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ..event import Events

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..dialects.dbapi import DBAPIConnection, DBAPICursor, DriverParameters
    from ..dialects.dialect import Dialect
    from .context import ErrorContext, ExecutionContext, ListenedConnection, ListenedEngine
    from .executed import Execution
    from .pool.record import ConnectionRecord
    from .pool.reset import PoolResetState


class PoolEvents(Events, sends=True):
    """What happens to pooled connections.  Targets: a pool, an engine, or their classes.

    *dbapi_connection* is the driver's own object; of an awaiting driver it is one with blocking
    methods.
    """

    former: ClassVar = {"reset": ("dbapi_connection", "connection_record")}

    def connect(
        self, dbapi_connection: DBAPIConnection, connection_record: ConnectionRecord
    ) -> None:
        """Call after a connection was opened."""

    def first_connect(
        self, dbapi_connection: DBAPIConnection, connection_record: ConnectionRecord
    ) -> None:
        """Call after the first connection of the pool was opened, once."""

    def checkout(
        self,
        dbapi_connection: DBAPIConnection,
        connection_record: ConnectionRecord,
        connection_proxy: object,
    ) -> None:
        """Call when a connection is borrowed; DisconnectionError asks for another one."""

    def checkin(
        self, dbapi_connection: DBAPIConnection, connection_record: ConnectionRecord
    ) -> None:
        """Call when a connection returns; *dbapi_connection* is None if it is lost."""

    def reset(
        self,
        dbapi_connection: DBAPIConnection,
        connection_record: ConnectionRecord,
        reset_state: PoolResetState,
    ) -> None:
        """Call before a returning connection is rolled back."""

    def invalidate(
        self,
        dbapi_connection: DBAPIConnection,
        connection_record: ConnectionRecord,
        exception: BaseException | None,
    ) -> None:
        """Call when a connection is declared dead."""

    def soft_invalidate(
        self,
        dbapi_connection: DBAPIConnection,
        connection_record: ConnectionRecord,
        exception: BaseException | None,
    ) -> None:
        """Call when a connection is to be replaced at its next use."""

    def close(self, dbapi_connection: DBAPIConnection, connection_record: ConnectionRecord) -> None:
        """Call before a connection is closed."""

    def detach(
        self, dbapi_connection: DBAPIConnection, connection_record: ConnectionRecord
    ) -> None:
        """Call when a connection leaves the pool for good."""

    def close_detached(self, dbapi_connection: DBAPIConnection) -> None:
        """Call before a detached connection is closed."""


class DialectEvents(Events, sends=True):
    """What passes between dovetail and the driver.  Targets: an engine or a dialect, or a class.

    A ``do_...`` listener that returns True has done it; nothing else is done then.
    """

    def do_connect(
        self,
        dialect: Dialect,
        conn_rec: ConnectionRecord | None,
        cargs: Sequence[object],
        cparams: dict[str, Any],
    ) -> Any:
        """Call before a connection is opened; *cparams* may be changed, a connection returned."""

    def do_execute(
        self,
        cursor: DBAPICursor,
        statement: str,
        parameters: DriverParameters | None,
        context: ExecutionContext,
    ) -> Any:
        """Call to run *statement* with one set of parameters."""

    def do_executemany(
        self,
        cursor: DBAPICursor,
        statement: str,
        parameters: DriverParameters | None,
        context: ExecutionContext,
    ) -> Any:
        """Call to run *statement* with many sets of parameters."""

    def do_execute_no_params(
        self, cursor: DBAPICursor, statement: str, context: ExecutionContext
    ) -> Any:
        """Call to run *statement* under the execution option ``no_parameters``."""

    def do_setinputsizes(
        self,
        inputsizes: Mapping[Any, Any],
        cursor: DBAPICursor,
        statement: str,
        parameters: DriverParameters | None,
        context: ExecutionContext,
    ) -> None:
        """Never called: no driver that dovetail knows is told the types of parameters so."""

    def handle_error(self, exception_context: ErrorContext) -> Any:
        """Call when a statement has failed; a returned exception is raised instead."""


_WATCHING = ("before_statement", "after_statement")
"""Events whose listeners watch, and send nothing."""


class ConnectionEvents(DialectEvents, sends=True, watches=_WATCHING):
    """What happens on connections.  Targets: an engine, a connection, or their classes.

    ``before_execute`` and ``before_cursor_execute`` may replace what is executed: listen with
    ``retval=True`` and return the statement and its parameters.

    What a session sends for entities, lazy loads and flushes is kept as text, and told to
    ``before_cursor_execute`` and ``after_cursor_execute`` alone, but for the rows of many-to-many
    tables.
    """

    former: ClassVar = {
        "before_execute": ("conn", "clauseelement", "multiparams", "params"),
        "after_execute": ("conn", "clauseelement", "multiparams", "params", "result"),
        "engine_connect": ("conn", "branch"),
    }

    def before_execute(
        self,
        conn: ListenedConnection,
        clauseelement: object,
        multiparams: Sequence[Mapping[str, Any]],
        params: Mapping[str, Any],
        execution_options: Mapping[str, Any],
    ) -> Any:
        """Call before a statement is compiled."""

    def after_execute(
        self,
        conn: ListenedConnection,
        clauseelement: object,
        multiparams: Sequence[Mapping[str, Any]],
        params: Mapping[str, Any],
        execution_options: Mapping[str, Any],
        result: object,
    ) -> None:
        """Call after a statement was executed."""

    def before_cursor_execute(
        self,
        conn: ListenedConnection,
        cursor: DBAPICursor,
        statement: str,
        parameters: DriverParameters | None,
        context: ExecutionContext,
        executemany: bool,
    ) -> Any:
        """Call before SQL text goes to the driver.

        *cursor* is one of the driver, made when it is first used, and not the one that runs the
        statement.
        """

    def after_cursor_execute(
        self,
        conn: ListenedConnection,
        cursor: DBAPICursor,
        statement: str,
        parameters: DriverParameters | None,
        context: ExecutionContext,
        executemany: bool,
    ) -> None:
        """Call after the driver has executed SQL text."""

    def before_statement(self, conn: ListenedConnection, execution: Execution) -> None:
        """Call when all is ready for SQL to be sent; ``execution.sql`` may be changed.

        BEGIN, COMMIT and their like are told too, what a session sends of itself included.  No
        statement can be sent here, and nothing has to be ready for that: of all events this one
        and ``after_statement`` cost the least.
        """

    def after_statement(self, conn: ListenedConnection, execution: Execution) -> None:
        """Call when the rows of a statement were fetched, or it has failed.

        The rows of a stream are told together, when it has ended.
        """

    def engine_connect(self, conn: ListenedConnection) -> None:
        """Call after a Connection was made."""

    def engine_disposed(self, engine: ListenedEngine) -> None:
        """Call after the pool of *engine* was disposed of."""

    def set_connection_execution_options(
        self, conn: ListenedConnection, opts: dict[str, Any]
    ) -> None:
        """Call when Connection.execution_options() sets *opts*, which may be changed."""

    def set_engine_execution_options(self, engine: ListenedEngine, opts: dict[str, Any]) -> None:
        """Call when Engine.execution_options() sets *opts*, which may be changed."""

    def begin(self, conn: ListenedConnection) -> None:
        """Call before BEGIN is sent, which is with the first statement."""

    def commit(self, conn: ListenedConnection) -> None:
        """Call before COMMIT."""

    def rollback(self, conn: ListenedConnection) -> None:
        """Call before ROLLBACK."""

    def savepoint(self, conn: ListenedConnection, name: str) -> None:
        """Call before SAVEPOINT."""

    def rollback_savepoint(self, conn: ListenedConnection, name: str, context: None) -> None:
        """Call before ROLLBACK TO SAVEPOINT."""

    def release_savepoint(self, conn: ListenedConnection, name: str, context: None) -> None:
        """Call before RELEASE SAVEPOINT."""

    def begin_twophase(self, conn: ListenedConnection, xid: str) -> None:
        """Call before a two-phase transaction begins."""

    def prepare_twophase(self, conn: ListenedConnection, xid: str) -> None:
        """Call before a two-phase transaction is prepared."""

    def commit_twophase(self, conn: ListenedConnection, xid: str, is_prepared: bool) -> None:
        """Call before a two-phase transaction is committed."""

    def rollback_twophase(self, conn: ListenedConnection, xid: str, is_prepared: bool) -> None:
        """Call before a two-phase transaction is rolled back."""

    @classmethod
    def _adapt(
        cls,
        name: str,
        function: Callable[..., Any],
        target: object,
        retval: bool,
        **options: object,
    ) -> Callable[..., Any]:
        if retval or name not in ("before_execute", "before_cursor_execute"):
            return function

        def call(*arguments: object) -> None:
            function(*arguments)

        return call
