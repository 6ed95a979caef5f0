"""Rows of third tables: many-to-many relationships as rows to insert and to delete."""

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any
from warnings import warn

from dovetail.codegen import Source, compile_function
from dovetail.compiler.compiled import Compiled
from dovetail.compiler.default_context import made_for
from dovetail.dialects.dialect import Dialect
from dovetail.engine.connection import Connection
from dovetail.exc import DovetailWarning, StaleDataError
from dovetail.orm.flush.cascade import held_by
from dovetail.orm.flush.changes import Changes, MapperChanges, changed_related
from dovetail.orm.flush.follow import Moves
from dovetail.orm.flush.rows import RowsText
from dovetail.orm.flush.sent import in_text_order, sent_besides, written
from dovetail.orm.flush.session import FlushingSession
from dovetail.orm.flush.sync import OldValues, association_row
from dovetail.orm.flush.together import deletes_together, together_steps
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.state import InstanceState, state_of
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.dml import Delete, Insert, Update, delete, insert, update
from dovetail.sql.expression.elements import BindParameter, and_, bindparam
from dovetail.sql.schema import Table
from dovetail.sql.table_column import Column
from dovetail.steps import Steps

Key = tuple[InstanceState, InstanceState]


def canonical(prop: RelationshipProperty) -> Any:
    """The one of both sides of a many-to-many relationship under which its rows are noted."""
    return min(_sides(prop), key=_creation_order)


def _sides(prop: RelationshipProperty) -> list[Any]:
    return [prop, *(p for p in prop.reverse_properties if p.secondary is prop.secondary)]


def _creation_order(prop: RelationshipProperty) -> int:
    order: int = prop.creation_order
    return order


class AssociationRows:
    """The rows of one third table that a flush inserts, deletes and updates, each pair once.

    ``moved``  rows whose keys change, where the flush hands on what the database does not
    ``old``    the keys that these, and those removed, have had
    """

    def __init__(self, prop: RelationshipProperty, moves: Moves | None = None) -> None:
        self.prop = prop
        self.added: dict[Key, tuple[Any, Any]] = {}
        self.removed: dict[Key, tuple[Any, Any]] = {}
        self.moved: dict[Key, tuple[Any, Any]] = {}
        self.old: OldValues = {}
        if moves is not None and not all(side.passive_updates for side in _sides(prop)):
            self.old = moves.old

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.moved)

    def by_token(self, session: FlushingSession) -> "list[tuple[Any, AssociationRows]]":
        """These rows by the identity token of those that they relate."""
        if not session.scope.has_tokens:
            return [(None, self)]
        found: dict[Any, AssociationRows] = {}
        for name in ("added", "removed", "moved"):
            for key, pair in getattr(self, name).items():
                token = state_of(pair[0]).load.token
                rows = found.get(token)
                if rows is None:
                    rows = found[token] = AssociationRows(self.prop)
                    rows.old = self.old
                getattr(rows, name)[key] = pair
        return list(found.items())

    def gather(
        self,
        prop: RelationshipProperty,
        session: FlushingSession,
        own: MapperChanges,
        changes: Changes,
    ) -> None:
        """Note what the instances of *own* have changed in *prop*, this side or the other."""
        scope, is_own_side = session.scope, prop is self.prop
        for state, instance in own.saved():
            added, removed = changed_related(prop, state, instance)
            for item in added:
                other = state_of(item)
                absent = other.load.scope is not scope
                if absent or (other.row_key is None and other not in scope.new):
                    _warn_absent(item, prop)
                elif not (other.load.deleted or (changes.deleting and changes.is_deleted(other))):
                    if is_own_side:
                        self.added[state, other] = (instance, item)
                    else:
                        self.added[other, state] = (item, instance)
            if removed:
                self._note_removed(prop, state, instance, removed)
            if self.old and state in self.old:
                for item in _kept(prop, instance, added):
                    self._note(self.moved, prop, (state, instance), (state_of(item), item))
        for state, instance in chain(own.deletes.items(), own.left.items()):
            added, removed = changed_related(prop, state, instance)
            kept = _kept(prop, instance, added)
            self._note_removed(prop, state, instance, [*kept, *removed])

    def _note_removed(
        self,
        prop: RelationshipProperty,
        state: InstanceState,
        instance: object,
        items: Iterable[Any],
    ) -> None:
        for item in items:
            other = state_of(item)
            # One that an earlier flush deleted has lost its association rows then.
            if other.row_key is not None and not other.load.deleted and other.core is state.core:
                self._note(self.removed, prop, (state, instance), (other, item))

    def _note(
        self, rows: dict[Key, tuple[Any, Any]], prop: RelationshipProperty, one: Any, other: Any
    ) -> None:
        if prop is not self.prop:
            one, other = other, one
        rows[one[0], other[0]] = (one[1], other[1])


def _kept(prop: RelationshipProperty, instance: object, added: list[Any]) -> list[Any]:
    """The members that *instance* has, and had before."""
    new = {id(item) for item in added}
    return [item for item in held_by(prop, instance) if id(item) not in new]


def _warn_absent(item: object, prop: RelationshipProperty) -> None:
    warn(
        f"{item!r} is in {prop} and not in the session: it is not saved",
        DovetailWarning,
        stacklevel=2,
    )


class _ToldStatements:
    """What is sent for rows of a third table while somebody listens to statements.

    Listeners are told of the values by the names of their columns, and may put others in their
    place.
    """

    def __init__(self, table: Table, columns: list[Column[Any]]) -> None:
        self.names = [column.key for column in columns]
        self.old_names = [f"old_{name}" for name in self.names]
        values = {c: bindparam(c.key, type_=c.type) for c in columns}
        self.insert = insert(table)
        self.delete = delete(table).where(and_(*[c == bind for c, bind in values.items()]))
        old = [c == bindparam(f"old_{c.key}", type_=c.type) for c in columns]
        self.update = update(table).where(and_(*old))

    def run_steps(
        self,
        connection: Connection,
        statement: Insert | Update | Delete,
        names: list[str],
        rows: Iterable[tuple[Any, ...]],
    ) -> Steps[int]:
        """Run *statement* with *rows* of the values called *names*; return how many it met."""
        sets = [dict(zip(names, row, strict=True)) for row in rows]
        result = yield from connection.execute_steps(statement, sets)
        count: int = result.rowcount
        return count


def _hears_of_statements(connection: Connection) -> bool:
    """Tell whether somebody listens who is told of statements, and of what they are run with."""
    dispatch = connection.dispatch
    return dispatch.listening and bool(dispatch.before_execute or dispatch.after_execute)


class AssociationPlan:
    """How rows of the third table of one relationship are inserted, deleted and updated.

    ``inserted``, ``deleted`` and ``updated`` make parameters of the values of rows, in the order
    of the relationship; those of an UPDATE are followed by what they were before.
    """

    def __init__(self, prop: RelationshipProperty, dialect: Dialect) -> None:
        condition = prop.condition
        columns = [
            *[column for _, column in condition.synchronize_pairs],
            *[column for _, column in condition.secondary_synchronize_pairs],
        ]
        # Listeners are told of the statements: their parameters have the names of the columns.
        values = {c: bindparam(c.key, type_=c.type) for c in columns}
        old = {c: bindparam(f"old_{c.key}", type_=c.type) for c in columns}
        inserting = dialect.compile(insert(prop.secondary).values(values), column_keys=())
        deleting = dialect.compile(delete(prop.secondary).where(_equal(values)))
        updating = dialect.compile(update(prop.secondary).values(values).where(_equal(old)))
        new, before = list(values.values()), list(old.values())
        self.told = _ToldStatements(prop.secondary, columns)
        self.rows = RowsText(inserting, len(inserting.binds), dialect.features)
        self.deleting, self.updating = deleting, updating
        keys = {bind: column for column, bind in values.items()}
        self.deletes_together = deletes_together(dialect, prop.secondary, deleting, keys)
        self.inserted = _rows_function(prop, inserting, new, dialect)
        self.deleted = _rows_function(prop, deleting, new, dialect)
        self.updated = _rows_function(prop, updating, [*new, *before], dialect)


def _equal(values: dict[Column[Any], BindParameter[Any]]) -> ColumnElement[bool]:
    """The condition that columns have *values*."""
    return and_(*[column == bind for column, bind in values.items()])


RowsFunction = Callable[[list[tuple[Any, ...]]], list[tuple[Any, ...]]]


def _made(
    connection: Connection, rows_of: RowsFunction, values: list[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """What *rows_of* gives; default functions of the table may ask for the connection."""
    with made_for(connection):
        return rows_of(values)


def _rows_function(
    prop: RelationshipProperty, compiled: Compiled, binds: list[Any], dialect: Dialect
) -> RowsFunction:
    """What makes parameters of *compiled* of values in the order of *binds*."""
    source = Source(f"{compiled.statement.__visit_name__} {prop}")
    with source.block("def rows_of(rows):"):
        source.line("made = []")
        with source.block("for row in rows:"):
            own = {
                bind: written(source, f"row[{n}]", bind.type, dialect, f"{n}")
                for n, bind in enumerate(binds)
            }

            def besides(place: int, bind: BindParameter[Any]) -> str:
                return sent_besides(source, place, bind, dialect, "{}")

            sent = in_text_order(compiled, own, besides)
            source.line(f"made.append(({', '.join(sent)},))")
        source.line("return made")
    return compile_function(source, "rows_of")


def write_associations_steps(
    session: FlushingSession, all_rows: Iterable[AssociationRows]
) -> Steps[None]:
    """Delete and insert the rows of third tables."""
    for whole in all_rows:
        for token, rows in whole.by_token(session):
            with session.scope.at(token):
                yield from _write_steps(session, rows)


def _write_steps(session: FlushingSession, rows: AssociationRows) -> Steps[None]:
    connection = yield from session.connection_for_steps(rows.prop.parent)
    plans = connection.plans
    place = ("association", rows.prop)
    plan: AssociationPlan | None = plans.get(place)
    if plan is None:
        plan = AssociationPlan(rows.prop, connection.dialect)
        plans.put(place, plan)
    yield from _delete_steps(connection, plan, rows)
    yield from _move_steps(connection, plan, rows)
    yield from _insert_steps(connection, plan, rows)


def _delete_steps(
    connection: Connection, plan: AssociationPlan, rows: AssociationRows
) -> Steps[None]:
    gone = [
        association_row(rows.prop, one, other, rows.old)
        for key, (one, other) in rows.removed.items()
        if key not in rows.added
    ]
    if not gone:
        return
    if _hears_of_statements(connection):
        told = plan.told
        count = yield from told.run_steps(connection, told.delete, told.names, gone)
        _check_count(connection, "DELETE", rows, count, len(gone))
        return
    sent = plan.deleted(gone)
    found = yield from together_steps(connection, plan.deletes_together, sent, plan.deleting)
    if found is None:
        if connection.dispatch.listening:
            connection.tell(plan.deleting)
        cursor = yield from connection.run_many_steps(plan.deleting.sql, sent)
        found = cursor.rowcount
    _check_count(connection, "DELETE", rows, found, len(gone))


def _move_steps(
    connection: Connection, plan: AssociationPlan, rows: AssociationRows
) -> Steps[None]:
    """Write the new keys of what is related to the rows that had the old ones."""
    moved: list[tuple[Any, ...]] = []
    for key, (one, other) in rows.moved.items():
        if key not in rows.removed:
            new, old = (association_row(rows.prop, one, other, was) for was in (None, rows.old))
            if new != old:
                moved.append((*new, *old))
    if not moved:
        return
    if _hears_of_statements(connection):
        told = plan.told
        names = [*told.names, *told.old_names]
        count = yield from told.run_steps(connection, told.update, names, moved)
    else:
        made = _made(connection, plan.updated, moved)
        if connection.dispatch.listening:
            connection.tell(plan.updating)
        cursor = yield from connection.run_many_steps(plan.updating.sql, made)
        count = cursor.rowcount
    _check_count(connection, "UPDATE", rows, count, len(moved))


def _check_count(
    connection: Connection, verb: str, rows: AssociationRows, found: int, wanted: int
) -> None:
    if 0 <= found != wanted and connection.dialect.features.supports_sane_rowcount:
        raise StaleDataError(
            f"{verb} on {rows.prop.secondary.name!r} matched {found} of {wanted} rows "
            f"of {rows.prop}",
            hint="another transaction changed the association: refresh the instances",
        )


def _insert_steps(
    connection: Connection, plan: AssociationPlan, rows: AssociationRows
) -> Steps[None]:
    new = [
        association_row(rows.prop, one, other)
        for key, (one, other) in rows.added.items()
        if key not in rows.removed
    ]
    if new and _hears_of_statements(connection):
        yield from plan.told.run_steps(connection, plan.told.insert, plan.told.names, new)
        return
    sent = _made(connection, plan.inserted, new)
    for start, size in plan.rows.chunks(len(sent)):
        part = list(chain.from_iterable(sent[start : start + size]))
        if connection.dispatch.listening:
            connection.tell(plan.rows.compiled)
        yield from connection.run_steps(plan.rows.text(size), part)
