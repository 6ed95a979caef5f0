"""Instances found by keys, many at once or by a unique key that is not the primary one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dovetail.exc import ArgumentError, InvalidRequestError, did_you_mean
from dovetail.orm.loading.related import KEYS_PER_STATEMENT
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.session.core import SessionCore
from dovetail.orm.session.persistence import mapper_for
from dovetail.orm.tracking.expiry import Whole
from dovetail.sql.constraints import UniqueConstraint
from dovetail.sql.expression.constructs import tuple_
from dovetail.sql.expression.select import Select
from dovetail.steps import Steps


def get_many_steps(
    core: SessionCore,
    entity: type,
    idents: Iterable[object],
    options: Sequence[Any],
    populate_existing: bool,
) -> Steps[list[Any]]:
    """Return the instances with these primary keys, in their order, with None for each miss."""
    mapper = mapper_for(entity)
    mapper.configure()
    keys = [mapper.key_from_identity(ident) for ident in idents]
    asked = [
        key for key in dict.fromkeys(keys) if populate_existing or not _is_here(core, mapper, key)
    ]
    kept = []  # an instance that nobody holds yet must not be collected meanwhile
    columns = [mapper.columns[name] for name in mapper.primary_keys]
    for start in range(0, len(asked), KEYS_PER_STATEMENT):
        some = asked[start : start + KEYS_PER_STATEMENT]
        among = columns[0].in_(some) if len(columns) == 1 else tuple_(*columns).in_(some)
        statement: Any = Select(entity).where(among).options(*options)
        found = yield from core.execute_steps(
            statement, execution_options={"populate_existing": populate_existing}
        )
        kept += found.scalars().unique().all()
    return [_of_class(mapper, core.find(mapper, key)) for key in keys]


def _is_here(core: SessionCore, mapper: Mapper, key: object) -> bool:
    held = core.find(mapper, key)
    return held is not None and type(held.__dovetail_state__.stale) is not Whole


def _of_class(mapper: Mapper, instance: object) -> Any:
    return instance if isinstance(instance, mapper.class_) else None


def get_by_steps(
    core: SessionCore,
    entity: type,
    options: Sequence[Any],
    with_for_update: object,
    values: Mapping[str, Any],
) -> Steps[Any]:
    """Return the one instance whose attributes have these *values*, or None."""
    mapper = mapper_for(entity)
    if not values:
        raise ArgumentError(
            "get_by() needs the values of a key", hint=f"session.get_by({entity.__name__}, name=…)"
        )
    for name in values:
        if name not in mapper.named_attrs:
            require_attribute(mapper, name)
    conditions = [getattr(entity, name) == value for name, value in values.items()]
    statement: Any = Select(entity).where(*conditions).options(*options)
    execution_options: dict[str, Any] = {}
    if with_for_update:
        how = with_for_update if isinstance(with_for_update, Mapping) else {}
        statement = statement.with_for_update(**how)
        execution_options["populate_existing"] = True
    found = yield from core.execute_steps(statement, execution_options=execution_options)
    return found.scalars().unique().one_or_none()


def require_attribute(mapper: Mapper, name: object) -> str:
    """Return *name*, of an attribute or the attribute itself, as text, if *mapper* has it."""
    key = name if isinstance(name, str) else getattr(name, "key", name)
    if key in mapper.columns or key in mapper.named_relationships:
        return str(key)
    raise InvalidRequestError(
        f"{mapper.class_.__name__} has no attribute {key!r}",
        hint=did_you_mean(str(key), mapper.columns.keys()) or "name a mapped attribute",
    )


def unique_key(mapper: Mapper, key: object) -> tuple[str, ...]:
    """Return the names of the attributes of *key*, one or several; None is the primary key.

    ArgumentError is raised where no constraint or index says that they are unique together.
    """
    if key is None:
        return tuple(mapper.primary_keys)
    parts = key if isinstance(key, list | tuple) else [key]
    names = tuple(require_attribute(mapper, part) for part in parts)
    known = [tuple(found) for found in _unique_keys(mapper)]
    if not any(set(names) == set(found) for found in known):
        shown = " or ".join(", ".join(found) for found in known)
        raise ArgumentError(
            f"{', '.join(names)} is no unique key of {mapper.class_.__name__}",
            hint=f"unique are: {shown}; another one needs a UniqueConstraint",
        )
    return names


def _unique_keys(mapper: Mapper) -> Iterable[list[str]]:
    """Yield the attributes of each unique key that the table declares."""
    table = mapper.local_table
    constraints = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    indexes: list[Any] = [one for one in table.indexes if one.unique]
    yield list(mapper.primary_keys)
    for unique in (*constraints, *indexes):
        names = [mapper.column_keys.get(column) for column in unique.columns]
        if names and None not in names:
            yield [name for name in names if name is not None]
