"""What listeners are told about a statement and about its failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..exc import DBAPIError


class ExecutionContext:
    """One execution of a statement.  Listeners may keep attributes of their own on it.

    ``statement``, ``parameters``  SQL text and what goes with it to the driver
    ``executemany``  whether *parameters* are a list of sets
    ``compiled``     the compiled statement, None for SQL that was given as text
    ``invoked_statement``  the statement object, None for SQL that was given as text
    """

    def __init__(
        self, connection: Any, statement: str, parameters: Any, executemany: bool, about: Any
    ) -> None:
        self.connection = connection
        self.statement = statement
        self.parameters = parameters
        self.executemany = executemany
        self.compiled: Any = getattr(about, "compiled", None)
        self.invoked_statement: Any = getattr(about, "statement", None)
        self.execution_options: Any = getattr(about, "options", None) or connection._options

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
        """Whether the statement is an INSERT."""
        return self._starts_with("INSERT")

    @property
    def isupdate(self) -> bool:
        """Whether the statement is an UPDATE."""
        return self._starts_with("UPDATE")

    @property
    def isdelete(self) -> bool:
        """Whether the statement is a DELETE."""
        return self._starts_with("DELETE")

    def _starts_with(self, word: str) -> bool:
        return self.statement.lstrip()[: len(word)].upper() == word


class ErrorContext:
    """What ``handle_error`` listeners are told; they may change ``is_disconnect``."""

    def __init__(
        self,
        connection: Any,
        wrapped: DBAPIError,
        original: BaseException,
        statement: str | None,
        parameters: Any,
        context: ExecutionContext | None,
        is_disconnect: bool,
    ) -> None:
        self.connection = connection
        self.engine = connection.engine
        self.dialect = connection.dialect
        self.sqlalchemy_exception = wrapped
        self.original_exception = original
        self.chained_exception: BaseException | None = None
        self.statement = statement
        self.parameters = parameters
        self.execution_context = context
        self.is_disconnect = is_disconnect
        self.invalidate_pool_on_disconnect = True
        self.is_pre_ping = False

    def ask(self, functions: Iterable[Any]) -> BaseException:
        """Ask *functions*; return the error to raise: theirs, or the one there was."""
        raised: BaseException = self.sqlalchemy_exception
        for function in functions:
            try:
                answer = function(self)
            except Exception as error:
                self.chained_exception = raised = error
                break
            if answer is not None:
                self.chained_exception = raised = answer
        return raised
