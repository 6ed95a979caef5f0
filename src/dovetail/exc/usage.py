"""Errors of use: arguments, statements, schema, connections and results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import DovetailError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Self


class ArgumentError(DovetailError):
    """A value handed over makes no sense where it was handed."""

    code = "DV-ARG-01"


class InvalidRequestError(DovetailError):
    """The call is legal, but not in the present state."""

    code = "DV-USE-01"


class NoInspectionAvailable(InvalidRequestError):  # noqa: N818 - a name users know
    """``inspect()`` was given an object that it knows nothing about."""

    code = "DV-USE-02"


class UnboundExecutionError(InvalidRequestError):
    """A statement was to run, and no engine or connection was known to run it on."""

    code = "DV-USE-03"
    usual_hint = "give the session an engine: Session(engine), sessionmaker(engine)"


class PendingRollbackError(InvalidRequestError):
    """The transaction failed earlier; nothing works on it until it is rolled back."""

    code = "DV-USE-04"
    usual_hint = "call rollback()"


class IllegalStateChangeError(InvalidRequestError):
    """A session or transaction was changed while another of its methods was running."""

    code = "DV-USE-05"


class AfterCommitError(InvalidRequestError):
    """What was to be done after a COMMIT has failed; the transaction has committed.

    ``__cause__`` is the failure of the first function, given to ``on_commit()``, that has failed;
    all of them were called.
    """

    code = "DV-USE-08"

    @classmethod
    def of(cls, failure: BaseException) -> Self:
        """Return the error for *failure*, of the first function."""
        return cls(
            "the transaction has committed, and a function given to on_commit() has failed: "
            f"{type(failure).__name__}: {failure}",
            hint="do not run the transaction again; catch failures in the function where they "
            "are expected",
        )


class AwaitRequired(InvalidRequestError):  # noqa: N818 - a name users know
    """A blocking call met an awaiting driver."""

    code = "DV-AIO-01"
    usual_hint = "use the awaiting interface: AsyncEngine, AsyncConnection, AsyncSession"


class AsyncContextNotStarted(InvalidRequestError):  # noqa: N818 - a name users know
    """An AsyncConnection, or a transaction, was used before it was awaited."""

    code = "DV-AIO-03"


class AsyncContextAlreadyStarted(InvalidRequestError):  # noqa: N818 - a name users know
    """An AsyncConnection, or a transaction, was awaited a second time."""

    code = "DV-AIO-04"


class MissingGreenlet(InvalidRequestError):  # noqa: N818 - a name users know
    """A blocking call met an awaiting driver, outside of ``run_sync()``."""

    code = "DV-AIO-02"
    usual_hint = "use the awaiting interface: AsyncEngine, AsyncConnection, AsyncSession"


class ObjectNotExecutableError(ArgumentError):
    """What was handed to ``execute()`` is no statement."""

    code = "DV-ARG-02"

    def __init__(self, target: object, *, hint: str | None = None) -> None:
        if hint is None and isinstance(target, str):
            hint = "wrap the string: text(...), or use Connection.exec_driver_sql()"
        super().__init__(f"not an executable statement: {target!r}", hint=hint)
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.target,), self.__dict__


class NoSuchModuleError(ArgumentError):
    """The database or the driver named in a URL is not known."""

    code = "DV-ARG-03"


class NoDBAPILoaded(InvalidRequestError, ModuleNotFoundError):  # noqa: N818 - a name users know
    """The driver package that a URL asks for is not installed."""

    code = "DV-ARG-04"


class InvalidOption(ArgumentError, TypeError):  # noqa: N818 - named for the cause
    """A function was given an option that it does not know."""

    code = "DV-ARG-05"


class UnknownOperator(ArgumentError, NotImplementedError):  # noqa: N818 - named for the cause
    """An expression has no such operator."""

    code = "DV-ARG-06"


class ExtensionRefused(ArgumentError, NotImplementedError):  # noqa: N818 - named for the cause
    """A clause was put into a statement of a kind that it does not go with."""

    code = "DV-ARG-07"


class UnknownPosition(ArgumentError, ValueError):  # noqa: N818 - named for the cause
    """A clause was put where its statement has no place for one."""

    code = "DV-ARG-08"


class NoForeignKeysError(ArgumentError, InvalidRequestError):
    """Two tables are to be joined and no foreign key links them.

    Both at once: programs that try a join of a statement catch InvalidRequestError.
    """

    code = "DV-SQL-05"


class AmbiguousForeignKeysError(ArgumentError):
    """Two tables are to be joined and more than one foreign key links them."""

    code = "DV-SQL-06"


class ConstraintColumnNotFoundError(ArgumentError):
    """A constraint names a column that its table does not have."""

    code = "DV-SCHEMA-07"


class DuplicateColumnError(ArgumentError):
    """A table has two columns of one name."""

    code = "DV-SCHEMA-06"


class CircularDependencyError(DovetailError):
    """Things that must be put in order depend on each other in a circle.

    ``cycles`` is the set of what stands in a circle, ``edges`` the set of pairs
    (first, then) among them.
    """

    code = "DV-FLUSH-03"

    def __init__(
        self,
        message: str,
        cycles: Iterable[Any] = (),
        edges: Iterable[tuple[Any, Any]] = (),
        *,
        hint: str | None = None,
    ) -> None:
        self.cycles = set(cycles)
        self.edges = set(edges)
        if self.cycles:
            message = f"{message} ({', '.join(sorted(map(repr, self.cycles)))})"
        super().__init__(message, hint=hint)


class CompileError(DovetailError):
    """A statement cannot be written as SQL."""

    code = "DV-SQL-01"


class UnsupportedCompilationError(CompileError):
    """The compiler of this dialect has no way to write an element."""

    code = "DV-SQL-02"

    def __init__(
        self, compiler: object, element_type: type[Any], *, hint: str | None = None
    ) -> None:
        super().__init__(
            f"{type(compiler).__name__} cannot write {element_type.__name__}", hint=hint
        )
        self.compiler = type(compiler)
        self.element_type = element_type

    def __reduce__(self) -> tuple[Any, ...]:
        return DovetailError.__new__, (type(self), self.message), self.__dict__


class IdentifierError(DovetailError):
    """A name is longer than the server allows."""

    code = "DV-SQL-03"
    usual_hint = "give a shorter name"


class AmbiguousColumnError(InvalidRequestError):
    """A name fits more than one column."""

    code = "DV-SQL-04"


class NoReferenceError(InvalidRequestError):
    """A foreign key points to something that the metadata does not hold."""

    code = "DV-SCHEMA-01"

    def __init__(self, message: str, table_name: str = "", *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.table_name = table_name


class NoReferencedTableError(NoReferenceError):
    """A foreign key points to a table that the metadata does not hold."""

    code = "DV-SCHEMA-02"


class NoReferencedColumnError(NoReferenceError):
    """A foreign key points to a column that its table does not have."""

    code = "DV-SCHEMA-03"

    def __init__(
        self,
        message: str,
        table_name: str = "",
        column_name: str = "",
        *,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, table_name, hint=hint)
        self.column_name = column_name


class NoSuchTableError(InvalidRequestError):
    """The database has no table of this name."""

    code = "DV-SCHEMA-04"
    usual_hint = "is the name right, and the schema? inspect(engine).get_table_names() lists them"


class UnreflectableTableError(InvalidRequestError):
    """A table exists and cannot be described."""

    code = "DV-SCHEMA-05"
    usual_hint = "describe the table by hand: Table(name, metadata, Column(...))"


class TimeoutError(DovetailError):  # noqa: A001 - a name users know
    """No connection came free in time; ``holders`` says who has the connections."""

    code = "DV-POOL-01"

    def __init__(
        self, message: str = "", *, hint: str | None = None, holders: Sequence[Any] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.holders = tuple(holders)


class DisconnectionError(DovetailError):
    """A connection is dead; a pool listener raises it to ask for another one."""

    code = "DV-POOL-02"
    invalidate_pool: bool = False


class InvalidatePoolError(DisconnectionError):
    """A connection is dead and all others of its pool must be presumed dead."""

    code = "DV-POOL-03"
    invalidate_pool = True


class ResourceClosedError(InvalidRequestError):
    """A connection, transaction or result was used after it was closed."""

    code = "DV-CONN-01"


class NoSuchColumnError(InvalidRequestError, KeyError):
    """A row has no column of this name."""

    code = "DV-ROW-01"


class NoResultFound(InvalidRequestError):  # noqa: N818 - a name users know
    """Exactly one row was required and there was none."""

    code = "DV-ROW-02"
    usual_hint = "where there may be none, ask with one_or_none() or first()"


class MultipleResultsFound(InvalidRequestError):  # noqa: N818 - a name users know
    """At most one row was allowed and there were more."""

    code = "DV-ROW-03"
    usual_hint = "narrow the query, or take the first with first()"


class BudgetExceededError(DovetailError):
    """A block has asked more of the database than its budget allows.

    ``exceeded``  a sentence for each limit that was passed
    ``watch``     the :class:`~dovetail.watching.Watch`, with all that was sent
    """

    code = "DV-WATCH-01"
    usual_hint = "load what a loop needs before it: select(...).options(selectinload(...))"

    def __init__(self, exceeded: Sequence[str], watch: Any) -> None:
        super().__init__(f"over budget: {'; '.join(exceeded)}\n{watch}")
        self.exceeded = list(exceeded)
        self.watch = watch


def refuse_options(function: str, options: Mapping[str, Any], *more: object) -> None:
    """Raise ArgumentError where a call of *function* has arguments that mean nothing to it.

    For those that take others' arguments because a base class does.
    """
    if options or more:
        names = ", ".join([*map(repr, options), *map(repr, more)])
        raise ArgumentError(f"{function} takes no {names} here")
