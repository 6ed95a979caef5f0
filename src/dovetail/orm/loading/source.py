"""Where rows come from, if not from the database alone: what a second-level cache provides."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from dovetail.compiler.plan import StatementPlan
from dovetail.dialects.dbapi import DriverParameters
from dovetail.engine.connection import Connection
from dovetail.orm.loading.related import KeyedPlan
from dovetail.orm.loading.session import LoadingSession
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.state import InstanceState
from dovetail.sql.node import Executable
from dovetail.steps import Steps


class SourceTransaction(Protocol):
    """The transaction of a session, as a row source sees it.

    ``source_record``  what the source keeps with it
    ``switched``       the former keys of states whose key has changed
    ``participants``   its part in each database, with the ``connection``
    """

    source_record: Any

    @property
    def parent(self) -> "SourceTransaction | None": ...
    @property
    def switched(self) -> Mapping[InstanceState, Any]: ...
    @property
    def participants(self) -> Mapping[Any, Any]: ...


class RowSource(Protocol):
    """Gives rows to sessions in place of their connections, and is told what they write.

    ``session.row_source`` is None for a session without one, and then nothing here is called.
    """

    def wants(
        self, session: LoadingSession, statement: Executable, options: Mapping[str, Any]
    ) -> bool:
        """True where the rows of *statement* are to come from here; holds until ``done()``."""
        ...

    def done(self, session: LoadingSession) -> None:
        """The statement of the last ``wants()`` has been run."""

    def fetch_steps(
        self,
        session: LoadingSession,
        connection: Connection,
        plan: StatementPlan,
        sql: str,
        parameters: DriverParameters,
    ) -> Steps[list[Any]]:
        """The raw rows of *plan*, a StatementPlan whose text and parameters are given."""
        ...

    def keeps(self, session: LoadingSession, mapper: Mapper) -> bool:
        """True where instances of *mapper* may be looked up here by their primary key."""
        ...

    def entities_steps(
        self,
        session: LoadingSession,
        connection: Connection,
        mapper: Mapper,
        plan: KeyedPlan,
        keys: Sequence[Any],
    ) -> Steps[list[Any]]:
        """The instances of *mapper* with *keys*, for which *plan*, a KeyedPlan, has the SQL."""
        ...

    def ran(self, session: LoadingSession, statement: object) -> None:
        """*statement*, which may write, is about to be run."""

    def wrote(self, session: LoadingSession, mappers: Collection[Any]) -> None:
        """Rows of *mappers* are about to be written, without a statement that ``ran()``."""

    def flushed(self, context: object) -> None:
        """The changes of *context*, a FlushContext, were written."""

    def handed_out(self, transaction: SourceTransaction) -> None:
        """The connection of *transaction* was given to the user."""

    def began_steps(self, transaction: SourceTransaction, connection: Connection) -> Steps[None]:
        """*transaction* has taken *connection*, over which no statement has gone yet."""
        ...

    def committing_steps(self, transaction: SourceTransaction, commit: Steps[None]) -> Steps[None]:
        """Run *commit*, which commits *transaction*, and forget what has become stale."""
        ...
