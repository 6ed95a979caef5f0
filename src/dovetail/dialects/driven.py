"""What a dialect does with connections of its driver, for those who go around the engine.

A dialect of another package may do otherwise: an engine asks these methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from uuid import uuid4

from ..exc import ArgumentError, IdentifierError
from .asking import AskedConnection, AskedDialect
from .driver import Address, Driver, driver_of
from .package_driver import speaker_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from ..compiler.identifiers import IdentifierPreparer
    from .dbapi import DBAPIConnection, DBAPICursor, DriverParameters
    from .features import Features


ANSWERS: Mapping[str, str] = MappingProxyType(
    {
        "server_version_info": "_get_server_version_info",
        "default_schema_name": "_get_default_schema_name",
    }
)
"""What a dialect knows of its server, and the methods by which those of others ask it."""


class StartedConnection(Protocol):
    """A connection of an engine, as far as savepoints need it."""

    def exec_driver_sql(self, statement: str) -> object: ...


class DrivenDialect(AskedDialect):
    """The part of a dialect that connects, and begins and ends, over its driver."""

    name: str
    driver: str
    features: Features
    identifier_preparer: IdentifierPreparer
    dbapi: Any
    """The module of the driver, for the dialect of an engine; else None."""
    backend: Driver | None = None
    """The driver of the engine, for the dialect of one."""

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Return the module of the driver; NoDBAPILoaded is raised where it is not installed."""
        return driver_of(cls).load()

    @property
    def speaking_over(self) -> Driver:
        """The driver of the engine, or else the one of a URL that names none."""
        if self.backend is None:
            self.backend = speaker_of(type(self))(self.dbapi)
        return self.backend

    @cached_property
    def loaded_dbapi(self) -> Any:
        """The module of the driver, imported if it was not."""
        return self.dbapi if self.dbapi is not None else self.speaking_over.module

    def create_connect_args(self, url: Address) -> tuple[list[Any], dict[str, Any]]:
        """Return what :meth:`connect` is told for the database at *url*."""
        arguments, options = self.speaking_over.connect_arguments(url)
        return list(arguments), options

    def connect(self, *arguments: object, **options: object) -> Any:
        """Return a connection of the driver, opened with what :meth:`create_connect_args` gives.

        NotImplementedError is raised for a driver that awaits.
        """
        if self.speaking_over.is_async:
            raise NotImplementedError(
                f"{self.driver} awaits: its connections are opened by create_async_engine()"
            )
        return self.speaking_over.connect(arguments, options).raw

    def on_connect(self) -> Callable[[Any], object] | None:
        """Return what each new connection of the driver is given to, or None for nothing.

        It is None: the driver makes its connections ready itself.
        """
        return None

    def on_connect_url(self, url: Address) -> Callable[[Any], object] | None:
        """Return what new connections to *url* are given to: the same as :meth:`on_connect`."""
        return self.on_connect()

    def is_disconnect(
        self, e: BaseException, connection: object = None, cursor: object = None
    ) -> bool:
        """Tell whether the error *e* of the driver means that its connection is lost."""
        backend = self.speaking_over
        return isinstance(e, backend.errors) and backend.classify(e).disconnected

    def initialize(self, connection: AskedConnection) -> None:
        """Learn what the server of *connection* is: what the dialect of its engine knows."""
        known = connection.engine.dialect
        if known is not self:
            self.features = known.features
            self.default_schema_name = known.default_schema_name
            self.server_version_info = known.server_version_info
        for name, method in ANSWERS.items():
            ask = getattr(self, method, None)
            if ask is not None:
                setattr(self, name, ask(connection))

    def get_driver_connection(self, connection: object) -> Any:
        """Return the connection of the driver's own package that *connection* stands for."""
        return getattr(connection, "driver_connection", connection)

    def do_rollback(self, dbapi_connection: DBAPIConnection) -> None:
        """Roll back on a connection of the driver."""
        dbapi_connection.rollback()

    def do_commit(self, dbapi_connection: DBAPIConnection) -> None:
        """Commit on a connection of the driver."""
        dbapi_connection.commit()

    def do_close(self, dbapi_connection: DBAPIConnection) -> None:
        """Close a connection of the driver."""
        dbapi_connection.close()

    def do_execute(
        self,
        cursor: DBAPICursor,
        statement: str,
        parameters: DriverParameters,
        context: object = None,
    ) -> None:
        """Run *statement* on a cursor of the driver."""
        cursor.execute(statement, parameters)

    def do_executemany(
        self,
        cursor: DBAPICursor,
        statement: str,
        parameters: Sequence[DriverParameters],
        context: object = None,
    ) -> None:
        """Run *statement* on a cursor of the driver, for each set of *parameters*."""
        cursor.executemany(statement, parameters)

    def do_execute_no_params(
        self, cursor: DBAPICursor, statement: str, context: object = None
    ) -> None:
        """Run *statement* on a cursor of the driver, as it stands."""
        cursor.execute(statement)

    def do_ping(self, dbapi_connection: DBAPIConnection) -> bool:
        """Return true if a connection of the driver is alive; raise its error if it is not."""
        cursor = dbapi_connection.cursor()
        try:
            cursor.execute("SELECT 1")
        finally:
            cursor.close()
        return True

    def get_isolation_level_values(
        self, dbapi_connection: DBAPIConnection | None = None
    ) -> list[str]:
        """Return the isolation levels that there are."""
        return list(self.features.isolation_levels)

    def get_isolation_level(self, dbapi_connection: DBAPIConnection) -> str:
        """Return the isolation level of a connection of the driver."""
        cursor = dbapi_connection.cursor()
        try:
            cursor.execute(self.isolation_query)
            level: str = cursor.fetchone()[0]
        finally:
            cursor.close()
        return self.isolation_values.get(level, str(level).replace("-", " ").upper())

    def set_isolation_level(self, dbapi_connection: DBAPIConnection, level: str) -> None:
        """Set the isolation level of a connection of the driver, for what follows.

        ArgumentError is raised for one that is no statement of the server: those are kept by
        dovetail's own connections, which take ``isolation_level`` among their options.
        """
        statement = self.isolation_statement(level.replace("_", " ").upper())
        if statement is None:
            raise ArgumentError(
                f"the isolation level {level!r} cannot be set on a connection of the driver",
                hint="engine.execution_options(isolation_level=...)",
            )
        cursor = dbapi_connection.cursor()
        try:
            cursor.execute(statement)
        finally:
            cursor.close()

    isolation_query: ClassVar[str] = "SHOW TRANSACTION ISOLATION LEVEL"
    isolation_values: ClassVar[Mapping[Any, str]] = {}
    """What the server calls isolation levels, where that is not their name."""

    def isolation_statement(self, level: str) -> str | None:
        """Return what sets the isolation *level* for the rest of a session of the server.

        None is returned where there is no such statement.
        """
        known = level in self.features.isolation_levels and level != "AUTOCOMMIT"
        return f"{self.isolation_words} {level}" if known else None

    isolation_words: ClassVar[str] = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL"

    def do_begin(self, dbapi_connection: DBAPIConnection) -> None:
        """Do nothing: a driver begins with the first statement."""

    def do_terminate(self, dbapi_connection: DBAPIConnection) -> None:
        """Close a connection of the driver that is of no more use."""
        dbapi_connection.close()

    def do_savepoint(self, connection: StartedConnection, name: str) -> None:
        """Set a savepoint *name* in the transaction of *connection*, one of an engine."""
        connection.exec_driver_sql(f"SAVEPOINT {self.quote(name)}")

    def do_rollback_to_savepoint(self, connection: StartedConnection, name: str) -> None:
        """Roll back to the savepoint *name* in the transaction of *connection*."""
        connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {self.quote(name)}")

    def do_release_savepoint(self, connection: StartedConnection, name: str) -> None:
        """Release the savepoint *name* in the transaction of *connection*."""
        connection.exec_driver_sql(f"RELEASE SAVEPOINT {self.quote(name)}")

    def create_xid(self) -> str:
        """Return a name for a two-phase transaction that no other has."""
        return f"_sa_{uuid4().hex}"

    def quote(self, name: str) -> str:
        """Return *name* as it goes into SQL."""
        return self.identifier_preparer.quote(name)

    @property
    def default_isolation_level(self) -> str:
        """The isolation level of connections that nobody has set one on."""
        return self.speaking_over.default_isolation

    def get_default_isolation_level(self, dbapi_conn: DBAPIConnection) -> str:
        """Return the isolation level that a new connection of the driver has."""
        return self.get_isolation_level(dbapi_conn)

    def reset_isolation_level(self, dbapi_conn: DBAPIConnection) -> None:
        """Set the isolation level of a connection of the driver that is the usual one."""
        self.set_isolation_level(dbapi_conn, self.default_isolation_level)

    def normalize_name(self, name: str | None) -> str | None:
        """Return *name*, of the server's catalogue, as it is written here: the same."""
        return name

    def denormalize_name(self, name: str | None) -> str | None:
        """Return *name* as the server's catalogue has it: the same."""
        return name

    def validate_identifier(self, ident: str) -> None:
        """Raise IdentifierError if *ident* is longer than names can be on this server."""
        longest = self.features.max_identifier_length
        if len(ident) > longest:
            raise IdentifierError(
                f"the name {ident!r} is longer than the {longest} characters allowed"
            )

    @property
    def dialect_description(self) -> str:
        """The names of the dialect and its driver."""
        return f"{self.name}+{self.driver}"
