"""What listeners are told about a statement and about its failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..dialects.dbapi import DriverParameters
    from ..dialects.dialect import Dialect
    from ..dialects.driver import Driver, DriverConnection


class ListenedEngine(Protocol):
    """The Engine of which listeners are told."""

    @property
    def dialect(self) -> Dialect: ...


class ListenedConnection(Protocol):
    """The Connection of which listeners are told."""

    @property
    def engine(self) -> Any: ...
    @property
    def dialect(self) -> Dialect: ...
    @property
    def _options(self) -> Mapping[str, Any]: ...
    @property
    def options_in_use(self) -> Mapping[str, Any] | None: ...


class About:
    """What listeners are told of the statement behind SQL text."""

    __slots__ = ("compiled", "options", "statement")

    def __init__(self, statement: object, compiled: object, options: Mapping[str, Any]) -> None:
        self.statement = statement
        self.compiled = compiled
        self.options = options


class ExecutionContext:
    """One execution of a statement.  Listeners may keep attributes of their own on it.

    ``statement``    SQL text
    ``parameters``   the sets of values that go with it, a list, of one where it runs once
    ``executemany``  whether the driver runs it for several sets
    ``sent``         what the driver is given of these: the list, or the one set, or None
    ``cursor``       the driver's cursor
    ``compiled``     the compiled statement, None for SQL text and for loads of instances
    ``invoked_statement``  the statement object, None for SQL text and for loads of instances
    """

    def __init__(
        self,
        connection: ListenedConnection,
        statement: str,
        parameters: DriverParameters | None,
        executemany: bool,
        about: About | None,
    ) -> None:
        self.connection = connection
        self.statement = statement
        self.sent = parameters
        self.executemany = executemany
        self.cursor: Any = None
        self.compiled: Any = getattr(about, "compiled", None)
        self.invoked_statement: Any = getattr(about, "statement", None)
        options: Any = getattr(about, "options", None) or connection._options
        in_use = connection.options_in_use
        self.execution_options: Any = {**options, **in_use} if in_use else options

    @property
    def parameters(self) -> list[Any]:
        """The sets of values, one for each time that the statement runs."""
        sent: Any = self.sent
        if self.executemany:
            return list(sent)
        return [()] if sent is None else [sent]

    def pre_exec(self) -> None:
        """Do nothing: a class of another package's dialect may, before the statement runs.

        It may set ``statement`` and ``sent`` to what is run in place of them.
        """

    def post_exec(self) -> None:
        """Do nothing: a class of another package's dialect may, after the statement has run."""

    def handle_dbapi_exception(self, e: BaseException) -> None:
        """Do nothing: a class of another package's dialect may look at the error *e*."""

    @property
    def root_connection(self) -> Any:
        """The connection."""
        return self.connection

    @property
    def engine(self) -> Any:
        """The engine of the connection."""
        return self.connection.engine

    @property
    def dialect(self) -> Any:
        """The dialect of the connection."""
        return self.connection.dialect

    @property
    def isinsert(self) -> bool:
        """Whether the statement is an INSERT; a text() is not, whatever it says."""
        return self._is("insert")

    @property
    def isupdate(self) -> bool:
        """Whether the statement is an UPDATE; a text() is not, whatever it says."""
        return self._is("update")

    @property
    def isdelete(self) -> bool:
        """Whether the statement is a DELETE; a text() is not, whatever it says."""
        return self._is("delete")

    def _is(self, verb: str) -> bool:
        """Whether the statement object is of this kind; by its first word where there is none."""
        statement = self.invoked_statement
        if statement is not None:
            # A text() is none of them: it names no table that a listener could ask for.
            return bool(statement.__visit_name__ == verb)
        return self.statement.lstrip()[: len(verb)].lower() == verb


class ErrorContext:
    """What ``handle_error`` listeners are told of a failure.

    ``connection``  the Connection; None while one is opened or tested
    ``engine``, ``dialect``
    ``original_exception``    what was raised
    ``sqlalchemy_exception``  what will be raised for it; None where it passes unchanged
    ``chained_exception``     what a listener before has put in its place
    ``statement``, ``parameters``, ``execution_context``  what failed, as far as it got
    ``is_disconnect``  whether the connection is lost; a listener may change it
    ``invalidate_pool_on_disconnect``  whether all others of the pool are replaced then; too
    ``is_pre_ping``    whether the pool has tested an idle connection
    """

    def __init__(
        self,
        connection: ListenedConnection | None,
        engine: ListenedEngine,
        wrapped: BaseException | None,
        original: BaseException,
        statement: str | None = None,
        parameters: DriverParameters | None = None,
        context: ExecutionContext | None = None,
        *,
        is_disconnect: bool = False,
        is_pre_ping: bool = False,
    ) -> None:
        self.connection = connection
        self.engine = engine
        self.dialect = engine.dialect
        self.sqlalchemy_exception = wrapped
        # As ``orig`` has it.
        self.original_exception: BaseException = getattr(wrapped, "orig", original)
        self.chained_exception: BaseException | None = None
        self.statement = statement
        self.parameters = parameters
        self.execution_context = context
        self.is_disconnect = is_disconnect
        # What interrupts a program says nothing about other connections.
        self.invalidate_pool_on_disconnect = isinstance(original, Exception) and not is_pre_ping
        self.is_pre_ping = is_pre_ping

    def ask(self, functions: Iterable[Any]) -> BaseException:
        """Ask *functions*; return the error to raise: theirs, or the one there was."""
        raised = self.sqlalchemy_exception or self.original_exception
        for function in functions:
            try:
                answer = function(self)
            except Exception as error:
                self.chained_exception = raised = error
                break
            if answer is not None:
                self.chained_exception = raised = answer
        if raised is not self.original_exception:
            raised.__cause__ = self.original_exception
        return raised


class ListenerCursor:
    """The cursor that listeners get; one of the driver is made when they first use it.

    What a ``do_execute`` listener runs on it itself, and answers true for, is the result.
    """

    __slots__ = ("_driver", "_made", "_wire")

    def __init__(self, wire: DriverConnection, driver: Driver) -> None:
        object.__setattr__(self, "_driver", driver)
        object.__setattr__(self, "_wire", wire)
        object.__setattr__(self, "_made", None)

    def made(self) -> Any:
        """Return the driver's cursor."""
        if self._made is None:
            # What runs on it goes around the connection, whose transaction must be open by now.
            self._driver.hand_out(self._wire)
            object.__setattr__(self, "_made", self._wire.listener_view().cursor())
        return self._made

    def __getattr__(self, name: str) -> Any:
        return getattr(self.made(), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.made(), name, value)
