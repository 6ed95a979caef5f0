"""What sessions get from a cache, and what it hears from them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from dovetail.exc import InvalidRequestError
from dovetail.orm.loading.related import KEYS_PER_STATEMENT
from dovetail.orm.loading.statement import FromStatement
from dovetail.steps import Steps

from ...compiler.plan import StatementPlan
from ...dialects.dbapi import DriverParameters
from ...engine.connection import Connection
from ...orm.loading.related import KeyedPlan
from ...orm.loading.session import LoadingSession
from ...orm.loading.source import SourceTransaction
from ...orm.mapping.mapper import Mapper
from ...sql.node import Executable
from .calls import Calls, calls_of
from .entities import entities_steps, names_of_rows
from .keys import UnstableError, database_name, digest
from .reading import Reading, sees_by_statement
from .record import Record, record_of
from .regions import Regions
from .request import FromCache, name_of
from .tables import dependents, tables_read, tables_written, written_with

MANY_ROWS = 500
"""From so many changed rows of a table on, all of its rows become stale at once."""


class CachedRows:
    """The row source of sessions that a cache serves: see RowSource for what is called when."""

    def __init__(self, regions: Regions) -> None:
        self.regions = regions

    # Queries ------------------------------------------------------------------------------------

    def wants(
        self, session: LoadingSession, statement: Executable, options: Mapping[str, Any]
    ) -> bool:
        """True where the statement, or an option, asks for the cache."""
        request = _request(statement, options)
        if request is None:
            return False
        walk = statement.walk()
        if walk.locks or walk.writes:
            return False
        self.regions.store(request.region)
        record_of(session.transaction).request = request
        return True

    def done(self, session: LoadingSession) -> None:
        """Forget what the last statement asked for."""
        if session.transaction is not None:
            record_of(session.transaction).request = None

    def fetch_steps(
        self,
        session: LoadingSession,
        connection: Connection,
        plan: StatementPlan,
        sql: str,
        parameters: DriverParameters,
    ) -> Steps[list[Any]]:
        """The raw rows of *plan*, from the cache where the statement being run asks for that."""

        def fetch() -> Steps[list[Any]]:
            rows: list[Any] = yield from connection.fetch_steps(sql, parameters)
            return rows

        record = record_of(session.transaction)
        request = record.request
        if request is None:
            return (yield from fetch())
        tables = tables_read(plan) | request.tables
        if not tables and request.expiration_time is None:
            raise InvalidRequestError(
                "the statement names no table, so nothing would make its rows stale",
                hint="FromCache(tables=[User]), or FromCache(expiration_time=60)",
            )
        name = self._name(connection, sql, parameters)
        if name is None or not self._may_ask(session, record, connection, tables):
            self.regions.stats.bypassed += 1
            return (yield from fetch())
        reading = Reading(self.regions, request, record, connection)
        tokens = [self.regions.token_of_all, *self.regions.tokens_of(tables)]
        found = yield from reading.find_steps([name, *tokens])
        if found is None:
            return (yield from fetch())
        if reading.is_current(found[0], found[1:]):
            return reading.rows_of(found[0])
        yield from reading.prepare_steps(tokens, found[1:])
        return (yield from reading.shared_steps(name, fetch))

    def _name(self, connection: Connection, sql: str, parameters: DriverParameters) -> str | None:
        """The name of the entry for a statement, or None where a parameter has none."""
        try:
            what = digest(database_name(connection.engine), sql, parameters)
        except UnstableError:
            return None
        return f"{self.regions.prefix}:query:{what}"

    @staticmethod
    def _may_ask(
        session: LoadingSession, record: Record, connection: Connection, tables: Iterable[str]
    ) -> bool:
        """False where the transaction may see what is not committed."""
        return (
            not (record.unknown or record.exposed or session.flushing)
            and record.tables.isdisjoint(tables)
            and connection in record.epochs
            and connection.get_isolation_level() != "READ UNCOMMITTED"
        )

    # Instances by primary key ---------------------------------------------------------------------

    def keeps(self, session: LoadingSession, mapper: Mapper) -> bool:
        """True where rows of *mapper* are kept, and nobody adds criteria to what is loaded."""
        return mapper.class_ in self.regions.kept and not session.dispatch.do_orm_execute

    def entities_steps(
        self,
        session: LoadingSession,
        connection: Connection,
        mapper: Mapper,
        plan: KeyedPlan,
        keys: Sequence[Any],
    ) -> Steps[list[Any]]:
        """The instances of *mapper* with *keys*, their rows from the cache as far as possible."""
        regions = self.regions
        record = record_of(session.transaction)
        tables = tables_read(plan.plan.core).union(name_of(table) for table in mapper.tables)
        simple = not plan.plan.entities[0].joined and len(keys) <= KEYS_PER_STATEMENT
        if simple and self._may_ask(session, record, connection, tables):
            try:
                names = names_of_rows(regions, mapper, plan.plan, connection, keys)
            except UnstableError:
                names = None
            if names is not None:
                reading = Reading(regions, regions.kept[mapper.class_], record, connection)
                shared = [regions.token_of_all, *regions.tokens_of(tables, rows=True)]
                kept = yield from entities_steps(reading, session, plan, keys, names, shared)
                if kept is not None:
                    return kept
        else:
            regions.stats.bypassed += 1
        instances: list[Any] = yield from plan.rows_steps(session, connection, keys)
        return instances

    # Writing ------------------------------------------------------------------------------------

    def ran(self, session: Any, statement: Any) -> None:
        """Note which tables *statement*, which is about to be run, writes to."""
        wrapped = isinstance(statement, FromStatement)
        tables = tables_written(statement.element if wrapped else statement)
        if tables is None:
            record_of(session.ensure_transaction()).unknown = True
        elif tables:
            self._note_tables(session, tables)

    def wrote(self, session: LoadingSession, mappers: Collection[Any]) -> None:
        """Note the tables of *mappers*, of which any rows are about to be written."""
        own = [table for mapper in mappers for table in mapper.written_tables]
        self._note_tables(session, [other for table in own for other in written_with(table)])

    @staticmethod
    def _note_tables(session: LoadingSession, tables: Iterable[Any]) -> None:
        record = record_of(session.ensure_transaction())
        names = {name_of(table) for table in tables}
        record.tables |= names
        record.emptied |= names

    def flushed(self, context: Any) -> None:
        """Note which tables and rows a flush has written."""
        record = record_of(context.transaction)
        for rows in context.associations:
            record.tables.add(name_of(rows.prop.secondary))
        for mapper, own in context.changes.mappers.items():
            if own.inserts or own.updates or own.deletes:
                record.tables.update(name_of(table) for table in mapper.written_tables)
            if own.updates or own.deletes:
                self._note_rows(record, context.transaction, mapper, [*own.updates, *own.deletes])

    def _note_rows(
        self, record: Record, transaction: SourceTransaction, mapper: Mapper, states: Sequence[Any]
    ) -> None:
        own = {name_of(table) for table in mapper.written_tables}
        for table in mapper.written_tables:
            others = {name_of(other) for other in dependents(table)}
            record.tables |= others
            record.emptied |= others
        record.tables |= own
        if mapper.class_ not in self.regions.kept or len(states) > MANY_ROWS:
            record.emptied |= own
            return
        for state in states:
            for key in {state.row_key, *_former_keys(transaction, state)}:
                try:
                    values = digest(mapper.key_tuple(key))
                except UnstableError:
                    record.emptied |= own
                else:
                    record.rows.add(self.regions.token_of_row(mapper, values))

    # Transactions -------------------------------------------------------------------------------

    def handed_out(self, transaction: SourceTransaction) -> None:
        """The user has the connection: what is written over it is not known."""
        record_of(transaction).exposed = True

    def began_steps(self, transaction: SourceTransaction, connection: Connection) -> Steps[None]:
        """Note the epochs, from before *connection* sees anything.

        A connection that somebody else began may see what is not committed: it is not noted,
        and the cache is not asked.
        """
        if not any(
            p.owned for p in transaction.participants.values() if p.connection is connection
        ):
            return
        epochs: dict[str, str] = {}
        record_of(transaction).epochs[connection] = epochs
        if sees_by_statement(connection):
            return
        calls = calls_of(connection)
        for store in self.regions.stores.values():
            found = yield from store.read_steps(calls, [store.epoch])
            if found is not None:
                made = yield from store.tokens_steps(calls, [store.epoch], found)
                if made is not None:
                    epochs[store.name] = made[0]

    def committing_steps(self, transaction: SourceTransaction, commit: Steps[None]) -> Steps[None]:
        """Run *commit*; then what depends on what was written is stale.

        Also where it failed: a COMMIT whose answer was lost may have been done.
        """
        record: Record | None = transaction.source_record
        if record is None or not record.has_written:
            yield from commit
            return
        names = self._stale(record)
        calls = [calls_of(p.connection) for p in transaction.participants.values()]
        try:
            yield from commit
        except GeneratorExit:
            for store in self.regions.stores.values():
                store.owe(names)
            raise
        except BaseException:
            yield from self._renew_steps(calls, names)
            raise
        yield from self._renew_steps(calls, names)

    def _renew_steps(self, calls: Sequence[Calls], names: Sequence[str]) -> Steps[None]:
        for call in calls[:1]:
            for store in self.regions.stores.values():
                yield from store.renew_steps(call, names)

    def _stale(self, record: Record) -> list[str]:
        regions = self.regions
        if record.unknown:
            return [regions.token_of_all]
        return [
            *regions.tokens_of(record.tables),
            *regions.tokens_of(record.emptied, rows=True),
            *sorted(record.rows),
        ]


def _request(statement: Executable, options: Mapping[str, Any]) -> FromCache | None:
    asked = options.get("cache") if options else None
    if asked is None:
        for option in statement.loader_options:
            if isinstance(option, FromCache):
                return option
        return None
    if asked is False or isinstance(asked, FromCache):
        return asked or None
    return FromCache(asked)


def _former_keys(transaction: Any, state: Any) -> list[Any]:
    """The primary keys that the row of *state* had earlier in the transaction."""
    found = []
    while transaction is not None:
        if state in transaction.switched:
            found.append(transaction.switched[state])
        transaction = transaction.parent
    return found
