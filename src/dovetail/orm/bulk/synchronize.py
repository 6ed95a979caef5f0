"""Instances in memory after rows were changed by a statement: values, keys, and who is gone."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from dovetail.dialects.features import Features
from dovetail.exc import UnevaluatableError
from dovetail.orm.bulk.evaluator import Evaluation, Evaluator
from dovetail.orm.bulk.session import BulkSession
from dovetail.orm.mapping.join_condition import MANYTOONE
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.expiry import expire_names
from dovetail.orm.tracking.state import NO_VALUE, InstanceState
from dovetail.sql.node import Node
from dovetail.sql.traversal import iterate
from dovetail.types.contract import TypeEngine

Pair = tuple[InstanceState, Any]


class Matches(NamedTuple):
    """What became of evaluating criteria for the instances in memory.

    ``found``     those that fulfil them
    ``doubtful``  those of which too little is in memory to tell
    """

    found: list[Pair]
    doubtful: list[Pair]


class Assignments:
    """What an UPDATE sets, by attribute; *values* are in the order of its SET.

    ``literal``   values known before
    ``computed``  functions of the row as it was before
    ``stale``     attributes whose new value the server alone knows
    """

    def __init__(
        self, mapper: Mapper, values: Mapping[str, Any], evaluator: Evaluator, features: Features
    ) -> None:
        self.mapper = mapper
        self.features = features
        self.sees_new: bool = features.set_sees_new_values
        self.keys_see_new_values = False
        """Whether a new primary key may be made of what other columns are set to."""
        self.literal: dict[str, Any] = {}
        self.computed: dict[str, Evaluation] = {}
        self.stale: set[str] = set()
        before: set[str] = set()
        for name, node in values.items():
            self._sort_in(name, node, before, evaluator)
            before.add(name)
        self.stale |= dependent(mapper)
        self.stale |= {key for key, _ in mapper.update_defaults if key not in values}
        self.names = frozenset(values)
        self.references = references(mapper, self.names)

    def _sort_in(self, name: str, node: Node, before: set[str], evaluator: Evaluator) -> None:
        column_type = self.mapper.columns[name].type
        if node.__visit_name__ == "null":
            self.literal[name] = None
            return
        if node.__visit_name__ == "bindparam":
            value = evaluator.value(node)({})
            if is_kept_as_is(column_type, value):
                self.literal[name] = value
            else:
                self.stale.add(name)
            return
        if not self._kinds(column_type):
            self.stale.add(name)
            return
        if self.sees_new and _speaks_of(node, self.mapper, before):
            self.stale.add(name)
            self.keys_see_new_values |= name in self.mapper.keys_set
            return
        try:
            self.computed[name] = evaluator.value(node)
        except UnevaluatableError:
            self.stale.add(name)

    def _kinds(self, column_type: Any) -> tuple[type, ...]:
        """The types of computed values that a column of *column_type* keeps as they are."""
        if hasattr(column_type, "process_bind_param"):
            return ()
        if column_type.affinity == "numeric":
            exact = self.features.computes_floats_like_python and not column_type.asdecimal
            return (float, int) if exact else ()
        return _COMPUTED.get(column_type.affinity, ())

    @property
    def changes_keys(self) -> bool:
        """Whether parts of the primary key are among what is set."""
        return not self.mapper.keys_set.isdisjoint(self.names)

    def tells_key(self, row: Mapping[str, Any]) -> bool:
        """Whether the new primary key of *row* is known."""
        _, stale = self.values(row)
        keys: frozenset[str] = self.mapper.keys_set
        return keys.isdisjoint(stale)

    def doubt(self, session: BulkSession, state: InstanceState, instance: object) -> None:
        """Let *instance*, of which nobody knows whether its row was changed, be read again."""
        names = {name for name in self.names | self.stale if name not in self.mapper.keys_set}
        overwrite(session, state, instance, {}, names, self.references)

    def values(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """The new values of *row*, as far as they are known, and the names of the others."""
        known = dict(self.literal)
        stale = set(self.stale)
        for name, compute in self.computed.items():
            try:
                value = compute(row)
            except LookupError:
                stale.add(name)
                continue
            kinds = self._kinds(self.mapper.columns[name].type)
            if value is None or (type(value) in kinds and _is_storable(value)):
                known[name] = value
            else:
                stale.add(name)
        return known, stale


_COMPUTED: dict[str, tuple[type, ...]] = {"integer": (int,), "string": (str,)}
"""Types of columns that keep what was computed for them as it is, and of such values."""


def _is_storable(value: object) -> bool:
    """Whether a column can have *value*: of what is no number, NULL is made."""
    return type(value) is not float or isfinite(value)


_KEPT: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "string": (str,),
    "boolean": (bool,),
}


def is_kept_as_is(type_: TypeEngine[Any], value: object) -> bool:
    """Whether the column gives *value* back as it was given."""
    kinds = _KEPT.get(type_.affinity)
    return (
        value is None
        or kinds is None
        or type(value) in kinds
        or hasattr(type_, "process_bind_param")
        or hasattr(type_, "enums")
    )


def dependent(mapper: Mapper) -> frozenset[str]:
    """The attributes that the server computes of others."""
    kept: frozenset[str] | None = mapper.memo.get("computed attributes")
    if kept is None:
        kept = mapper.memo["computed attributes"] = frozenset(
            key
            for key in mapper.column_attrs.names()
            if key not in mapper.written_columns
            or key in mapper.only_read
            or mapper.written_columns[key].computed is not None
            or mapper.written_columns[key].server_onupdate is not None
        )
    return kept


def references(mapper: Mapper, names: frozenset[str]) -> list[str]:
    """The relationships that refer by the columns *names*."""
    return [
        key
        for key, prop in mapper.named_relationships.items()
        if prop.direction is MANYTOONE
        and any(mapper.column_keys.get(local) in names for local, _ in prop.condition.pairs)
    ]


def _speaks_of(node: Node, mapper: Mapper, names: Iterable[str]) -> bool:
    spoken = {getattr(part, "key", None) for part in iterate(node)}
    spoken |= {mapper.column_keys.get(part) for part in iterate(node)}
    return not spoken.isdisjoint(names)


# Before the statement ---------------------------------------------------------------------------


def live_pairs(session: BulkSession, mapper: Mapper) -> list[Pair]:
    """The persistent instances of *mapper* in *session*."""
    identity = session.scope.identity(mapper)
    states = list(identity.values())
    if mapper.inherits is not None:
        states = [state for state in states if state.load.mapper.isa(mapper)]
    pairs = [(state, state()) for state in states]
    return [(state, instance) for state, instance in pairs if instance is not None]


def row_of(state: InstanceState, instance: object) -> Mapping[str, Any]:
    """The values that the row of *instance* has, as far as they are known.

    What was changed and not flushed is not in the row yet.
    """
    values: dict[str, Any] = instance.__dict__
    committed = state.committed
    if not committed:
        return values
    row = {name: value for name, value in values.items() if name not in committed}
    flagged = (state.extra or {}).get("flagged", ())
    row |= {
        name: old for name, old in committed.items() if old is not NO_VALUE and name not in flagged
    }
    return row


def matches(pairs: Sequence[Pair], holds: Evaluation) -> Matches:
    """Which of *pairs* fulfil the criteria that *holds* evaluates."""
    found: list[Pair] = []
    doubtful: list[Pair] = []
    for pair in pairs:
        try:
            if holds(row_of(*pair)) is True:
                found.append(pair)
        except LookupError:
            doubtful.append(pair)
    return Matches(found, doubtful)


# After it ---------------------------------------------------------------------------------------


def bring_along(
    session: BulkSession,
    assignments: Assignments,
    pairs: Iterable[Pair],
    returned: Mapping[InstanceState, Mapping[str, Any]] | None = None,
) -> None:
    """Give the instances of changed rows the values that were set; others are read when touched.

    *returned* has the values that the server told.
    """
    switched: list[tuple[InstanceState, Any]] = []
    for state, instance in pairs:
        known, stale = assignments.values(row_of(state, instance))
        told = None if returned is None else returned.get(state)
        if told:
            known.update(told)
            stale -= told.keys()
        if assignments.changes_keys:
            key = _new_key(assignments.mapper, state, known)
            if key != state.row_key:
                switched.append((state, key))
        overwrite(session, state, instance, known, stale, assignments.references)
    switch_keys(session, assignments.mapper, switched)


def _new_key(mapper: Mapper, state: InstanceState, known: Mapping[str, Any]) -> Any:
    old = zip(mapper.primary_keys, mapper.key_tuple(state.row_key), strict=True)
    return mapper.key_from_tuple([known.get(name, value) for name, value in old])


def overwrite(
    session: BulkSession,
    state: InstanceState,
    instance: object,
    known: Mapping[str, Any],
    stale: set[str],
    references: Iterable[str] = (),
) -> None:
    """Let *instance* have the values *known*; those of *stale* are read again when touched.

    Its changes to these attributes are lost, as the row has other values by now.
    """
    mapper = state.load.mapper
    values = instance.__dict__
    committed = state.committed or {}
    read_again = {name for name in stale if name in values or name in committed}
    refreshed = []
    for name, value in known.items():
        if name in values:
            values[name] = value
            refreshed.append(name)
        elif name in committed:
            read_again.add(name)
    for name in references:
        if name not in committed:
            values.pop(name, None)
    transaction = session.transaction
    if transaction is not None and transaction.nested:
        transaction.dirty.add(state)
    if committed:
        _forget(state, known)
    if read_again:
        expire_names(state, instance, read_again, frozenset(mapper.column_attrs.keys()))
    elif committed and not state.committed:
        state.committed = None
        session.scope.modified.pop(state, None)
    if refreshed:
        for call in mapper.class_manager.dispatch.refresh:
            call(instance, None, refreshed)


def _forget(state: InstanceState, names: Iterable[str]) -> None:
    """Let the changes of *names* be no changes any more."""
    committed = state.committed or {}
    flagged = (state.extra or {}).get("flagged")
    for name in names:
        committed.pop(name, None)
        if flagged:
            flagged.discard(name)


def switch_keys(
    session: BulkSession, mapper: Mapper, switched: Sequence[tuple[InstanceState, Any]]
) -> None:
    """Enter instances under their new keys, which may be the old ones of others."""
    if not switched:
        return
    identity = session.scope.identity(mapper)
    transaction = session.ensure_transaction()
    for state, _ in switched:
        transaction.switched.setdefault(state, state.row_key)
        if identity.get(state.row_key) is state:
            del identity[state.row_key]
    for state, key in switched:
        state.row_key = key
        identity[key] = state


def let_go(session: BulkSession, mapper: Mapper, pairs: Iterable[Pair]) -> None:
    """Take the instances of deleted rows out of the session; a rollback brings them back."""
    scope = session.scope
    identity = scope.identity(mapper)
    transaction = session.ensure_transaction()
    for state, instance in pairs:
        if identity.get(state.row_key) is state:
            del identity[state.row_key]
        transaction.deleted[state] = (instance, state.load)
        scope.modified.pop(state, None)
        scope.deleted.pop(state, None)
        state.load = scope.deleted_load(mapper)
        session.announce("persistent_to_deleted", instance)


def expire_all(session: BulkSession, pairs: Sequence[Pair]) -> None:
    """Let all values of *pairs* be read again: nobody knows which of the rows were changed."""
    session.expire_states([state for state, _ in pairs])
    transaction = session.transaction
    if transaction is not None and transaction.nested:
        transaction.dirty.update(state for state, _ in pairs)
