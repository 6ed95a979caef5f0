"""Errors that the database or its driver raised: one class for a cause, on every server."""

from __future__ import annotations

from typing import Any, Literal, Self

from .base import DovetailError
from .usage import InvalidRequestError

RetryScope = Literal["statement", "savepoint", "transaction", "new_connection", "never"]
"""What has to be run again after an error, for it to succeed perhaps:

``statement``       the statement alone; the transaction goes on
``savepoint``       what was done since the savepoint
``transaction``     the whole transaction, over the same connection
``new_connection``  the whole transaction, over another connection
``never``           nothing: it would fail again
"""


_LONGEST_PARAMETERS = 1200


def shortened(parameters: object) -> str:
    """Return *parameters* as text for a message: the middle is left out where it is long."""
    if isinstance(parameters, list | tuple) and len(parameters) > 10:
        if isinstance(parameters[0], list | tuple | dict):
            first = ", ".join(map(repr, parameters[:8]))
            last = ", ".join(map(repr, parameters[-2:]))
            text = f"[{first}  ... {len(parameters)} parameter sets in all ...  {last}]"
        else:
            text = repr(parameters)
    else:
        text = repr(parameters)
    if len(text) <= _LONGEST_PARAMETERS:
        return text
    half = _LONGEST_PARAMETERS // 2
    return f"{text[:half]} ... ({len(text) - 2 * half} characters left out) ... {text[-half:]}"


class StatementError(DovetailError):
    """A statement failed.

    ``statement`` is its text, ``params`` its parameters and ``orig`` the error that it
    met, before or in the driver.  After a flush, ``instance`` is whose row it was about, if
    that is known, and ``attributes`` are the names of what was violated.
    """

    code = "DV-DB-01"
    instance: Any = None
    attributes: tuple[str, ...] = ()

    def __init__(
        self,
        message: str,
        statement: str | None,
        params: object,
        orig: BaseException,
        hide_parameters: bool = False,
        *,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.statement = statement
        self.params = params
        self.orig = orig
        self.hide_parameters = hide_parameters
        self.detail: list[str] = []

    def add_detail(self, line: str) -> None:
        """Add a *line* to the text of this error."""
        self.detail.append(line)

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = (self.message, self.statement, self.params, self.orig, self.hide_parameters)
        return type(self), arguments, self.__dict__

    def __str__(self) -> str:
        lines = [*(f"({line})" for line in self.detail), f"{self.message} [{self.code}]"]
        if self.statement:
            lines.append(f"[SQL: {self.statement}]")
            if self.params:
                hidden = "hidden by hide_parameters=True"
                shown = hidden if self.hide_parameters else shortened(self.params)
                lines.append(f"[parameters: {shown}]")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class MissingParameterError(StatementError, InvalidRequestError):
    """A parameter of a statement has no value."""

    code = "DV-DB-28"

    @classmethod
    def of(cls, name: str, statement: str | None = None, *, row: str = "", hint: str) -> Self:
        """Return the error of a *statement* whose parameter *name* is given no value."""
        message = f"a value is required for parameter {name!r}{row}"
        return cls(message, statement, None, InvalidRequestError(message), hint=hint)


class DBAPIError(StatementError):
    """The driver refused a statement.

    Where the cause is known the class says it on every server alike (a
    :class:`UniqueViolation`, a :class:`Deadlock`), and these parts are filled in:

    ``constraint``, ``table``, ``columns``  what was violated, as far as the server tells
    ``retry_scope``  how much to run again for it to succeed perhaps: ``"statement"``,
    ``"savepoint"``, ``"transaction"``, ``"new_connection"`` (the transaction, over another
    connection), or ``"never"``
    ``outcome_unknown``  a commit may or may not have happened
    ``connection_invalidated``  the connection was lost and has been discarded
    """

    code = "DV-DB-02"
    retry_scope: RetryScope = "never"
    outcome_unknown: bool = False

    def __init__(
        self,
        statement: str | None,
        params: object,
        orig: BaseException,
        hide_parameters: bool = False,
        connection_invalidated: bool = False,
        *,
        hint: str | None = None,
        constraint: str | None = None,
        table: str | None = None,
        columns: tuple[str, ...] = (),
        said: str | None = None,
    ) -> None:
        kind = type(orig)
        module = kind.__module__.partition(".")[0]
        message = f"({module}.{kind.__qualname__}) {orig if said is None else said}"
        super().__init__(message, statement, params, orig, hide_parameters, hint=hint)
        self.connection_invalidated = connection_invalidated
        self.constraint = constraint
        self.table = table
        self.columns = columns

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = (self.statement, self.params, self.orig, self.hide_parameters)
        return type(self), arguments, self.__dict__


class InterfaceError(DBAPIError):
    """The driver was misused, or failed by itself."""

    code = "DV-DB-03"


class DatabaseError(DBAPIError):
    """The database refused."""

    code = "DV-DB-04"


class DataError(DatabaseError):
    """A value does not fit: out of range, too long, badly formed."""

    code = "DV-DB-05"
    usual_hint = "give a value that fits the type of the column"


class OperationalError(DatabaseError):
    """The database could not do its work."""

    code = "DV-DB-06"


class IntegrityError(DatabaseError):
    """A constraint would be violated."""

    code = "DV-DB-07"


class InternalError(DatabaseError):
    """The database is in a state that it cannot handle."""

    code = "DV-DB-08"


class ProgrammingError(DatabaseError):
    """The statement is wrong: syntax, or a table or column that does not exist."""

    code = "DV-DB-09"


class NotSupportedError(DatabaseError):
    """The database has no such feature."""

    code = "DV-DB-10"


class UniqueViolation(IntegrityError):  # noqa: N818 - named for the cause
    """A value exists already where it must be unique."""

    code = "DV-DB-20"
    usual_hint = (
        "a row with this value is there already: look for it first, or insert with "
        "on_conflict_do_nothing() or on_conflict_do_update()"
    )


class ForeignKeyViolation(IntegrityError):  # noqa: N818 - named for the cause
    """A row that is referred to does not exist, or is referred to still."""

    code = "DV-DB-21"
    usual_hint = "a row must be there before those that refer to it, and go after them"


class NotNullViolation(IntegrityError):  # noqa: N818 - named for the cause
    """NULL was to be stored where a value is required."""

    code = "DV-DB-22"
    usual_hint = "give the column a value or a default, or make it nullable"


class CheckViolation(IntegrityError):  # noqa: N818 - named for the cause
    """A CHECK constraint does not hold."""

    code = "DV-DB-23"
    usual_hint = "give values that fulfil the constraint"


class ExclusionViolation(IntegrityError):  # noqa: N818 - named for the cause
    """A row is there already that the new one must not overlap, or meet otherwise."""

    code = "DV-DB-24"
    usual_hint = "look for rows that the constraint sets against this one first"


class SerializationFailure(OperationalError):  # noqa: N818 - named for the cause
    """Two transactions did what no serial order of them could do; run it again."""

    code = "DV-DB-30"
    usual_hint = "roll back and run the transaction again"
    retry_scope = "transaction"


class Deadlock(OperationalError):  # noqa: N818 - named for the cause
    """Two transactions waited for each other and this one was chosen to fail."""

    code = "DV-DB-31"
    usual_hint = "roll back and run the transaction again"
    retry_scope = "transaction"


class LockTimeout(OperationalError):  # noqa: N818 - named for the cause
    """A lock was not given in time."""

    code = "DV-DB-32"
    usual_hint = "roll back and run the transaction again; keep transactions short"
    retry_scope = "transaction"


class StatementTimeout(OperationalError):  # noqa: N818 - named for the cause
    """A statement ran longer than it may."""

    code = "DV-DB-33"
    usual_hint = "make the statement quicker, or allow it more time"
    retry_scope = "transaction"


class Disconnected(OperationalError):  # noqa: N818 - named for the cause
    """The connection to the server is lost."""

    code = "DV-DB-34"
    usual_hint = "roll back and run the transaction again; the pool opens another connection"
    retry_scope = "new_connection"


class CommitOutcomeUnknown(OperationalError):  # noqa: N818 - named for the cause
    """The connection was lost during a COMMIT, and nobody knows whether it happened.

    Raised by ``run()`` and ``attempts()``, which do not run such a transaction again: what it did
    might be done twice.
    """

    code = "DV-DB-35"
    outcome_unknown = True

    @classmethod
    def of(cls, failure: DBAPIError, *, in_work: bool = False) -> Self:
        """Return the error for *failure*, of a COMMIT that was *in_work* or at its end."""
        hint = (
            "run(work, verify=…) with a function that looks for what the transaction writes, such "
            "as a row with a key of its own"
        )
        if in_work:
            hint = "let run() commit: what the work returns is not known after a COMMIT within it"
        return cls(
            failure.statement,
            failure.params,
            failure.orig,
            failure.hide_parameters,
            failure.connection_invalidated,
            hint=hint,
        )
