"""Rows that are there afterwards, whoever else writes them at the same time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dovetail.exc import ArgumentError, UniqueViolation
from dovetail.orm.loading.related import KEYS_PER_STATEMENT
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.session.core import SessionCore
from dovetail.orm.session.natural_keys import get_by_steps, require_attribute, unique_key
from dovetail.orm.session.persistence import mapper_for
from dovetail.orm.tracking.state import state_of
from dovetail.sql.expression.constructs import tuple_
from dovetail.sql.expression.dml import insert
from dovetail.sql.expression.select import Select
from dovetail.steps import Steps

TRIES = 3
"""How often a row is inserted that somebody else deletes before it can be read."""

Row = dict[str, Any]


# get_or_create --------------------------------------------------------------------------------


def get_or_create_steps(
    core: SessionCore,
    entity: type,
    defaults: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
    values: Mapping[str, Any],
) -> Steps[tuple[Any, bool]]:
    """Return the instance with the unique key *values*, made with *defaults* if there is none."""
    mapper = mapper_for(entity)
    mapper.configure()
    unique_key(mapper, list(values))
    core.note_writing()
    connection = yield from core.connection_for_steps(mapper)
    # Where one writes at a time, what was read before the lock may be out of date with it.
    lock: Any = not connection.dialect.features.supports_concurrent_writers
    violation: UniqueViolation | None = None
    for _ in range(TRIES):
        found = yield from get_by_steps(core, entity, (), lock, values)
        if found is not None:
            return found, False
        given = defaults() if callable(defaults) else defaults
        made = entity(**values, **given)
        violation = yield from _insert_within_steps(core, made)
        if violation is None:
            return made, True
        # A lock reads what is there now, and not what was when this transaction began.  One that
        # is shared is what the INSERT has already: nobody waits in a circle for more.
        lock = lock or {"read": True}
    assert violation is not None
    if set(violation.columns) == {mapper.columns[name].name for name in values}:
        # Somebody has made it after this transaction's snapshot, which will never have it.
        violation.retry_scope = "transaction"
    raise violation


def _insert_within_steps(core: SessionCore, instance: object) -> Steps[UniqueViolation | None]:
    """Insert *instance* in a savepoint; return what a row that is there already has answered."""
    savepoint = yield from core.begin_nested_steps()
    try:
        core.add(instance)
        yield from core.flush_steps()
    except UniqueViolation as error:
        yield from core.rollback_until_steps(savepoint)
        return error
    except BaseException:
        yield from core.rollback_until_steps(savepoint)
        raise
    yield from core.commit_one_steps(savepoint)
    return None


# upsert ---------------------------------------------------------------------------------------


class Upsert:
    """What an upsert does: the unique ``key``, and what is written to a row that is there."""

    def __init__(self, mapper: Mapper, key: object, update: object) -> None:
        mapper.configure()
        if len(mapper.mapped_tables) > 1:
            raise ArgumentError(
                f"the rows of {mapper.class_.__name__} lie in several tables, and an upsert is for "
                "one",
                hint="session.get_or_create(), and set what is to be changed",
            )
        self.mapper = mapper
        self.key = unique_key(mapper, key)
        self.columns = [mapper.columns[name] for name in self.key]
        self.update: tuple[str, ...] | None = None
        if isinstance(update, Mapping):
            raise ArgumentError(
                "update= names attributes whose values are those of the instance",
                hint="insert(Entity).on_conflict(key, update={…}) takes expressions",
            )
        if update is not None:
            parts = update if isinstance(update, list | tuple | set | frozenset) else [update]
            self.update = tuple(require_attribute(mapper, part) for part in parts)

    def row_of(self, instance: object) -> Row:
        """Return what *instance*, which belongs to no session, has for the row."""
        state = state_of(instance)
        if state.load.mapper is not self.mapper:
            raise ArgumentError(
                f"an upsert is for instances of one class: {self.mapper.class_.__name__}, not "
                f"{type(instance).__name__}"
            )
        if state.row_key is not None or state.core is not None:
            raise ArgumentError(
                f"{instance!r} has a row, or is in a session: an upsert takes new instances",
                hint=f"session.upsert({type(instance).__name__}(…))",
            )
        values = instance.__dict__
        for name, value in values.items():
            if value and name in self.mapper.named_relationships:
                raise ArgumentError(
                    f"an upsert writes columns, and {type(instance).__name__}.{name} is none",
                    hint="set the foreign key instead",
                )
        row = {name: value for name, value in values.items() if name in self.mapper.columns}
        for name in (*self.key, *(self.update or ())):
            if name not in row or (row[name] is None and name in self.key):
                raise ArgumentError(f"{instance!r} has no value for {name!r}")
        return row

    def key_of(self, row: Row) -> Any:
        """Return the value of the key in *row*, a tuple where it has parts."""
        key = [row[name] for name in self.key]
        return tuple(key) if len(key) > 1 else key[0]

    def apply(self, row: Row, instance: object) -> None:
        """Give *instance*, whose row is there, the values that *row* is to have."""
        names = self.update
        if names is None:
            fixed = {*self.key, *self.mapper.primary_keys, self.mapper.version_key}
            names = tuple(name for name in row if name not in fixed)
        for name in names:
            if getattr(instance, name) != row[name]:
                setattr(instance, name, row[name])

    def read_steps(self, core: SessionCore, keys: Sequence[Any]) -> Steps[dict[Any, Any]]:
        """Lock the rows with these *keys*, as they are now; return the instances by key."""
        found: dict[Any, Any] = {}
        for start in range(0, len(keys), KEYS_PER_STATEMENT):
            some = list(keys[start : start + KEYS_PER_STATEMENT])
            one = self.columns[0] if len(self.columns) == 1 else tuple_(*self.columns)
            statement: Any = Select(self.mapper.class_).where(one.in_(some)).with_for_update()
            result = yield from core.execute_steps(
                statement, execution_options={"populate_existing": True}
            )
            for instance in result.scalars().unique():
                found[self.key_of(instance.__dict__)] = instance
        if len(keys) == 1:
            return dict(zip(keys, found.values(), strict=False))
        for key in keys:
            if key not in found:
                # The server may take for equal what Python does not: capitals, for instance.
                found |= yield from self.read_steps(core, [key])
        return found


def upsert_all_steps(
    core: SessionCore, instances: Iterable[object], key: object, update: object
) -> Steps[list[Any]]:
    """Insert the rows of *instances*, or change those that are there; return the session's own."""
    given = list(instances)
    if not given:
        return []
    upsert = Upsert(state_of(given[0]).load.mapper, key, update)
    rows = [upsert.row_of(instance) for instance in given]
    keys = [upsert.key_of(row) for row in rows]
    if len(set(keys)) < len(keys):
        raise ArgumentError(
            "two of the instances have the same key", hint="one of them would overwrite the other"
        )
    yield from core.flush_steps()
    found = yield from _insert_missing_steps(core, upsert, dict(zip(keys, rows, strict=True)))
    for one, row in zip(keys, rows, strict=True):
        upsert.apply(row, found[one])
    yield from core.flush_steps()
    return [found[one] for one in keys]


def _insert_missing_steps(
    core: SessionCore, upsert: Upsert, rows: dict[Any, Row]
) -> Steps[dict[Any, Any]]:
    """Insert those of *rows* that are not there; return the instances of all by key, locked."""
    found: dict[Any, Any] = {}
    entity = upsert.mapper.class_
    for tries in range(TRIES + 1):
        missing = _in_order([key for key in rows if key not in found])
        if not missing:
            break
        statement: Any = insert(entity)
        if tries < TRIES:
            # At last the server says itself what is wrong, such as another key that is taken.
            statement = statement.on_conflict(*upsert.columns)
        yield from core.execute_steps(statement, [rows[key] for key in missing])
        found |= yield from upsert.read_steps(core, missing)
    return found


def _in_order(keys: list[Any]) -> list[Any]:
    """Return *keys* in an order that all who write them share, so that none waits in a circle."""
    try:
        return sorted(keys)
    except TypeError:
        return sorted(keys, key=repr)
