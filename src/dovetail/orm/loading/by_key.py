"""The statement that reads the row of one key, with and without a lock, and its plan."""

from collections.abc import Mapping, Sequence
from typing import Any

from dovetail.engine.connection import Connection
from dovetail.orm.loading.plan import EntityPlan
from dovetail.orm.loading.tree import NO_TREE
from dovetail.orm.mapping.mapper import Mapper
from dovetail.sql.expression.elements import bindparam
from dovetail.sql.expression.select import Select

Lock = tuple[tuple[str, bool], ...]
"""Arguments of ``Select.with_for_update()`` by which a plan is kept."""


def get_statement(mapper: Mapper, key: Sequence[Any] | None, lock: object = None) -> Any:
    """The SELECT of the row of *mapper* with *key*, which locks it as *lock* says.

    Where *key* is None, its parts are given when the statement runs.
    """
    conditions = []
    for place, column in enumerate(mapper.primary_key):
        own = mapper.node.column(column)
        value = None if key is None else key[place]
        if key is not None and value is None and mapper.has_partial_keys:
            conditions.append(own.is_(None))
        else:
            conditions.append(own == bindparam(None, value, type_=column.type))
    statement: Any = Select(mapper.node).where(*conditions)
    return statement.with_for_update(**_lock_arguments(lock)) if lock else statement


def get_plan(connection: Connection, mapper: Mapper, lock: Lock | None = None) -> EntityPlan:
    """The plan of ``get_statement()``, kept with those of *connection*."""
    plans = connection.plans
    place = (mapper, "get") if lock is None else (mapper, "get", lock)
    plan: EntityPlan | None = plans.get(place)
    if plan is None:
        statement = get_statement(mapper, None)
        # The key alone is given: parameters of what the class is mapped to keep their values.
        binds = [condition.right for condition in statement.where_criteria]
        if lock is not None:
            statement = statement.with_for_update(**dict(lock))
        plan = EntityPlan(
            statement,
            binds,
            connection.dialect,
            populate_existing=lock is not None,
            tree=NO_TREE,
        )
        plans.put(place, plan)
    return plan


def plain_lock(lock: object) -> Lock | None:
    """What *lock*, an argument ``with_for_update=``, says; None where it names tables."""
    arguments = _lock_arguments(lock)
    if all(type(value) is bool for value in arguments.values()):
        return tuple(arguments.items())
    return None


def _lock_arguments(lock: Any) -> dict[str, Any]:
    if lock is True:
        return {}
    if isinstance(lock, Mapping):
        return dict(lock)
    names = ("nowait", "read", "skip_locked", "key_share")
    arguments: dict[str, Any] = {name: getattr(lock, name) for name in names}
    return {**arguments, "of": lock.of} if lock.of else arguments
