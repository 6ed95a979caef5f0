"""Values that rows hold for a moment, so that others can take those that they had."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from uuid import uuid4

from dovetail.engine.connection import Connection
from dovetail.orm.flush.changes import Pair
from dovetail.orm.flush.session import FlushingSession
from dovetail.orm.flush.stored import StoredValues
from dovetail.orm.flush.unique_keys import UniqueKey
from dovetail.orm.flush.update import changed_columns
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.state import NO_VALUE, InstanceState
from dovetail.sql.expression.dml import update
from dovetail.sql.expression.elements import and_, bindparam
from dovetail.sql.expression.functions import func
from dovetail.sql.expression.select import Select
from dovetail.sql.schema import Column
from dovetail.steps import Steps
from dovetail.types.basic import Integer, SmallInteger, String
from dovetail.types.contract import TypeEngine
from dovetail.types.structured import Enum, Uuid

_SHORTEST = 8
"""Shorter texts are not made up: one might be there already."""

_GAP = 1000
"""So far above the largest number others may append to the table meanwhile."""


class Place(NamedTuple):
    """A column of *key* in which a row can hold another value for a moment."""

    key: UniqueKey
    name: str
    column: Column[Any]
    value: Callable[[], Any] | None
    """What makes one that no row has; None where it is a number above all others."""


def place_in(key: UniqueKey, state: InstanceState) -> Place | None:
    """Where in *key* the row of *state* can hold another value, or None.

    NULL is best, which no other row minds.  Of what can't be NULL, numbers and texts that are
    long enough can be made up; a foreign key can't, nor what is referred to.
    """
    if key.is_primary:
        return None
    places = sorted(_places(key), key=lambda place: place.name not in (state.committed or ()))
    for place in places:
        if place.value is _null:
            return place
    return places[0] if places else None


def _places(key: UniqueKey) -> Iterator[Place]:
    for name, column in zip(key.names, key.columns, strict=True):
        if column.primary_key or column.computed is not None or _is_referred_to(column):
            continue
        if column.nullable and key.takes_nulls:
            yield Place(key, name, column, _null)
        elif not column.foreign_keys and isinstance(column.type, Integer):
            yield Place(key, name, column, None)
        elif not column.foreign_keys and (make := _maker(column.type)) is not None:
            yield Place(key, name, column, make)


def _null() -> None:
    return None


def _maker(type_: TypeEngine[Any]) -> Callable[[], Any] | None:
    """What makes values of *type_* that no row has."""
    if isinstance(type_, Uuid):
        return uuid4 if type_.as_uuid else lambda: str(uuid4())
    if isinstance(type_, String) and not isinstance(type_, Enum):
        length = type_.length
        if length is None or length >= _SHORTEST:
            return lambda: uuid4().hex[:length]
    return None


def _is_referred_to(column: Column[Any]) -> bool:
    metadata = column.table.metadata
    return any(
        key.column is column for table in metadata.sorted_tables for key in table.foreign_keys
    )


def park_steps(
    session: FlushingSession,
    mapper: Mapper,
    parked: Iterable[tuple[Pair, Place]],
    stored: StoredValues,
) -> Steps[None]:
    """Have the rows of *parked* hold other values; the flush writes, or deletes, them later."""
    connection = yield from session.connection_for_steps(mapper)
    largest: dict[Any, int] = {}
    sets: dict[tuple[UniqueKey, str], list[dict[str, Any]]] = {}
    places: dict[tuple[UniqueKey, str], Place] = {}
    for (state, instance), place in parked:
        if place.value is not None:
            value = place.value()
        else:
            others = {
                column: stored.get(mapper, state, instance, name)
                for name, column in zip(place.key.names, place.key.columns, strict=True)
                if column is not place.column
            }
            beside = (place.column, *others.values())
            if beside not in largest:
                largest[beside] = yield from _largest_steps(connection, place.column, others)
            largest[beside] += 1
            value = largest[beside]
        key = mapper.key_tuple(state.row_key)
        row = {f"key_{number}": key[at] for number, (at, _) in enumerate(place.key.part.key)}
        own = (place.key, place.name)
        places[own] = place
        sets.setdefault(own, []).append({"parked": value, **row})
        if state.committed and place.name not in changed_columns(
            mapper, state, instance, with_defaults=False
        ):
            # The value stays the same in the end: it has to be written all the same.
            state.committed[place.name] = NO_VALUE
    for own, rows in sets.items():
        yield from connection.execute_steps(_statement(places[own]), rows)


def _statement(place: Place) -> Any:
    part = place.key.part
    where = [
        column == bindparam(f"key_{number}", type_=column.type)
        for number, (_, column) in enumerate(part.key)
    ]
    value = bindparam("parked", type_=place.column.type)
    kept = tuple(column.key for column in part.table.c if column.onupdate is not None)
    statement = update(part.table).values({place.column: value}).where(and_(*where))
    return statement._with(without_onupdate=kept) if kept else statement


def _largest_steps(
    connection: Connection, column: Column[Any], others: dict[Any, Any]
) -> Steps[int]:
    """The largest number of *column* among the rows that have the values of *others*."""
    statement: Any = Select(func.max(column)).where(
        *[one.is_(None) if value is None else one == value for one, value in others.items()]
    )
    found = (yield from connection.execute_steps(statement)).scalar()
    return (found or 0) + (0 if isinstance(column.type, SmallInteger) else _GAP)
