"""Which rows of a flush give up unique values that others of them take."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple
from unicodedata import combining, normalize

from dovetail.dialects.dialect import Dialect
from dovetail.orm.flush.changes import Changes, MapperChanges, Pair, changed_related
from dovetail.orm.flush.context import FlushContext
from dovetail.orm.flush.stored import UNKNOWN, StoredValues
from dovetail.orm.flush.sync import pairs_of
from dovetail.orm.flush.unique_keys import UniqueKey, unique_keys_of
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.state import InstanceState, state_of
from dovetail.sql.expression.coercion import stands_for_sql
from dovetail.sql.schema import Column
from dovetail.steps import Steps
from dovetail.types.contract import TypeEngine
from dovetail.types.decorator import TypeDecorator

_NOTHING: dict[str, Any] = {}

HandOvers = dict[tuple[InstanceState, InstanceState], list[UniqueKey]]
"""By the row that gives a value up and the one that takes it, the keys of the first it is in."""


class KeysToCome:
    """The keys that rows will refer by once the flush has copied them from what they refer to.

    *changes* has the references; nothing is written to an instance.
    """

    def __init__(self, changes: Changes, mappers: Iterable[Mapper]) -> None:
        self._values: dict[InstanceState, dict[str, Any]] = {}
        for mapper in mappers:
            for prop in unique_keys_of(mapper).references:
                for state, instance in changes.of(mapper).saved():
                    self._note_reference(prop, state, instance)
        for own in list(changes.mappers.values()):
            for prop in unique_keys_of(own.mapper).collections:
                for state, instance in own.saved():
                    for item in changed_related(prop, state, instance)[0]:
                        self._note(prop, instance, state_of(item))

    def _note_reference(
        self, prop: RelationshipProperty, state: InstanceState, instance: object
    ) -> None:
        is_new = state.row_key is None
        if prop.uselist or not (is_new or prop.key in (state.committed or ())):
            return
        related = instance.__dict__.get(prop.key)
        if related is not None:
            self._note(prop, related, state)
        elif not is_new:
            self._values.setdefault(state, {}).update(
                {target: None for _, target, _ in pairs_of(prop)}
            )

    def _note(self, prop: RelationshipProperty, parent: object, child: InstanceState) -> None:
        other = state_of(parent)
        values = self._values.setdefault(child, {})
        for source, target, _ in pairs_of(prop):
            value = parent.__dict__.get(source)
            if value is None and other.row_key is not None:
                mapper = other.load.mapper
                if source in mapper.keys_set:
                    key = mapper.key_tuple(other.row_key)
                    value = key[mapper.primary_keys.index(source)]
            values[target] = UNKNOWN if value is None else value

    def of(self, state: InstanceState) -> dict[str, Any]:
        """By attribute, what *state* will refer by: UNKNOWN where it is not there yet."""
        return self._values.get(state, _NOTHING)


class _Rows(NamedTuple):
    """Rows of one mapper that are written, as far as one unique key is concerned.

    ``gives``  whether they have given values up; else they are new
    ``takes``  whether they have other values afterwards; else they are deleted
    """

    mapper: Mapper
    key: UniqueKey
    pairs: list[Pair]
    gives: bool
    takes: bool


def may_hand_over(changes: Changes) -> bool:
    """Whether some row among *changes* may give a unique value up, and another take it.

    New rows alone have nothing to give, and a single row nobody to give it to.
    """
    giving = rows = 0
    for mapper, own in changes.mappers.items():
        rows += len(own.inserts) + len(own.updates) + len(own.deletes)
        names = unique_keys_of(mapper).touched
        if own.deletes and names:
            giving += len(own.deletes)
        if own.updates and names:
            changed = [state.committed for state in own.updates if state.committed]
            if not names.isdisjoint(chain.from_iterable(changed)):
                giving += len(changed)
    return giving > 0 and rows > 1


def find_hand_overs_steps(
    context: FlushContext, mappers: frozenset[Mapper], stored: StoredValues, to_come: KeysToCome
) -> Steps[HandOvers]:
    """Return who of the rows of *mappers* gives a value that another of them takes.

    What rows have had and is not known is read, in one statement for each table, where somebody
    might take it.
    """
    by_key: dict[Any, list[_Rows]] = {}
    for own in context.changes.mappers.values():
        if own.mapper in mappers:
            for key in unique_keys_of(own.mapper).keys:
                by_key.setdefault(key.declared, []).extend(_rows(own, key, to_come))
    met = [
        of_key
        for of_key in by_key.values()
        if any(rows.gives for rows in of_key) and any(rows.takes for rows in of_key)
    ]
    for of_key in met:
        for rows in of_key:
            if rows.gives and sum(len(one.pairs) for one in of_key) > 1:
                stored.want_all(rows.mapper, rows.pairs, rows.key.part, rows.key.names)
    yield from stored.read_steps(context.core)
    found: HandOvers = {}
    dialects: dict[Mapper, Dialect] = {}
    for of_key in met:
        for rows in of_key:
            if rows.mapper not in dialects:
                connection = yield from context.core.connection_for_steps(rows.mapper)
                dialects[rows.mapper] = connection.dialect
        _find(of_key, stored, to_come, dialects, found)
    return found


def _rows(own: MapperChanges, key: UniqueKey, to_come: KeysToCome) -> Iterator[_Rows]:
    """The rows of *own* that may give up or take a value of *key*."""
    if own.deletes:
        yield _Rows(own.mapper, key, list(own.deletes.items()), True, False)
    if own.updates:
        names = key.names_set
        changed = [
            pair
            for pair in own.updates.items()
            if not names.isdisjoint(pair[0].committed or ())
            or not names.isdisjoint(to_come.of(pair[0]))
        ]
        if changed:
            yield _Rows(own.mapper, key, changed, True, True)
    if own.inserts:
        yield _Rows(own.mapper, key, list(own.inserts.items()), False, True)


def _find(
    own: list[_Rows],
    stored: StoredValues,
    to_come: KeysToCome,
    dialects: dict[Mapper, Dialect],
    found: HandOvers,
) -> None:
    """Note in *found* who of the rows of *own*, all of one key, gives what another takes."""
    given: list[tuple[Any, InstanceState, UniqueKey]] = []
    taken: list[tuple[Any, InstanceState]] = []
    for rows in own:
        states = [state for state, _ in rows.pairs]
        dialect, key = dialects[rows.mapper], rows.key
        before: list[Any] = [None] * len(states)
        after = before
        if rows.gives:
            columns = [stored.column(rows.mapper, rows.pairs, name) for name in key.names]
            before = _told_apart(key, columns, dialect)
        if rows.takes:
            columns = [
                _column_to_come(rows, name, column, stored, to_come)
                for name, column in zip(key.names, key.columns, strict=True)
            ]
            after = _told_apart(key, columns, dialect)
        for state, old, new in zip(states, before, after, strict=True):
            if old != new:
                if old is not None:
                    given.append((old, state, key))
                if new is not None:
                    taken.append((new, state))
    common = {told for told, *_ in given} & {told for told, _ in taken}
    if not common:
        return
    givers: dict[Any, list[tuple[InstanceState, UniqueKey]]] = {}
    for told, state, key in given:
        if told in common:
            givers.setdefault(told, []).append((state, key))
    for told, taker in taken:
        for giver, key in givers.get(told, ()):
            if giver is not taker:
                found.setdefault((giver, taker), []).append(key)


def _column_to_come(
    rows: _Rows, name: str, column: Column[Any], stored: StoredValues, to_come: KeysToCome
) -> list[Any]:
    """The values of *name* that *rows* will have, UNKNOWN where nobody knows yet."""
    absent: Any = UNKNOWN
    if not rows.gives:
        default = column.default
        if name in rows.mapper.fixed_values:
            absent = rows.mapper.fixed_values[name]
        elif default is not None and default.is_scalar:
            absent = default.arg
        elif default is None and column.server_default is None:
            absent = None
    values = [instance.__dict__.get(name, absent) for _, instance in rows.pairs]
    for place, (state, instance) in enumerate(rows.pairs):
        coming = to_come.of(state)
        if name in coming:
            values[place] = coming[name]
        elif rows.gives and values[place] is UNKNOWN:
            values[place] = stored.get(rows.mapper, state, instance, name)
    return values


def _told_apart(key: UniqueKey, columns: list[list[Any]], dialect: Dialect) -> list[Any]:
    """What is equal for rows that a server may find equal; None for those that it never does."""
    made = [
        _comparable(column.type, values, dialect)
        for column, values in zip(key.columns, columns, strict=True)
    ]
    absent = (UNKNOWN, None) if key.takes_nulls else (UNKNOWN,)
    if len(made) == 1:
        return [(one,) if one not in absent else None for one in made[0]]
    return [None if any(one in absent for one in row) else row for row in zip(*made, strict=True)]


def _comparable(type_: TypeEngine[Any], values: list[Any], dialect: Dialect) -> list[Any]:
    """*values* of one column so that what a server may find equal is equal."""
    if isinstance(type_, TypeDecorator):
        values = [_converted(type_, value, dialect) for value in values]
    kinds = set(map(type, values))
    if any(stands_for_sql[kind] or kind.__hash__ is None for kind in kinds):
        values = [
            UNKNOWN if stands_for_sql[type(one)] or type(one).__hash__ is None else one
            for one in values
        ]
    if any(issubclass(kind, str) for kind in kinds):
        return [_folded(one) if isinstance(one, str) else one for one in values]
    return values


def _converted(type_: TypeEngine[Any], value: object, dialect: Dialect) -> object:
    conversion = type_.bind_conversion(dialect)
    if value is UNKNOWN or conversion is None or (value is None and not conversion.takes_none):
        return value
    try:
        return conversion.function(value)
    except Exception:
        # The statement will say what is wrong with it.
        return UNKNOWN


def _folded(text: str) -> str:
    """*text* without what collations may ignore: case, accents, spaces at the end.

    Where the server tells two texts apart all the same, an order is kept that nobody needed.
    """
    if not text.isascii():
        text = "".join(one for one in normalize("NFKD", text) if not combining(one))
    return text.casefold().rstrip()
