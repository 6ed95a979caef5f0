"""Whose fault a failed statement of a flush is: the instance, and the attributes."""

from collections.abc import Iterable
from typing import Any
from warnings import warn

from dovetail.engine.connection import Connection
from dovetail.engine.execution import told_of
from dovetail.exc import (
    DBAPIError,
    DovetailError,
    DovetailWarning,
    IntegrityError,
    NotNullViolation,
    StatementError,
    UniqueViolation,
)
from dovetail.orm.flush.sync import pairs_of
from dovetail.orm.loading.related import key_condition
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.shown import shown
from dovetail.orm.tracking.state import state_of
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.select import Select
from dovetail.steps import Steps

_NAMED_AT_MOST = 3
_SHOWN = 6
"""How many attributes are shown where nothing tells which of them are meant."""


def blame_steps(
    verb: str, mapper: Mapper, connection: Connection, instances: list[Any], error: StatementError
) -> Steps[None]:
    """Let *error*, met in the *verb* of the rows of *instances*, say which of them is to blame.

    It has the instance in ``error.instance``, if it is known, and the attributes that have
    violated something in ``error.attributes``.
    """
    attributes = _attributes(mapper, error)
    guilty = instances
    if len(instances) > 1 and isinstance(error, IntegrityError):
        guilty = yield from _guilty_steps(mapper, connection, instances, attributes, error)
    error.attributes = attributes
    error.instance = guilty[0] if len(guilty) == 1 else None
    error.add_detail(_told(verb, guilty, attributes, error))
    if verb == "insert" and isinstance(error, UniqueViolation):
        _tell_of_other_instance(mapper, guilty, error)
    if verb == "update" and isinstance(error, NotNullViolation):
        error.hint = _hint_of_parents(mapper, attributes) or error.hint


def _tell_of_other_instance(mapper: Mapper, instances: list[Any], error: StatementError) -> None:
    """Say where the session has another instance with the row that one of *instances* was for."""
    for instance in instances:
        load = state_of(instance).load
        known = {} if load.scope is None else load.scope.known(load.mapper, load.token)
        there = known.get(load.mapper.key_of(instance))
        if there is not None and there() is not instance:
            warn(
                f"{_described(instance, (), error)} is new, and the session has another instance "
                "with this primary key",
                DovetailWarning,
                stacklevel=2,
            )
            error.hint = (
                f"change the {mapper.class_.__name__} that the session has, which session.get() "
                "gives, or hand the values of the new one to it: session.merge()"
            )
            return


def refused(
    verb: str, connection: Connection, instances: list[Any], error: Exception
) -> BaseException:
    """Return what is raised for *error*, met while the rows of *instances* were made ready.

    Where a type has refused the value of an attribute, that is a StatementError which names the
    attribute, the instance and the statement; else it is *error* itself.
    """
    if isinstance(error, DovetailError):
        return error
    for instance in instances:
        own = state_of(instance).load.mapper
        for name, column in own.written_columns.items():
            value = instance.__dict__.get(name)
            conversion = column.type.bind_conversion(connection.dialect)
            if conversion is None or (value is None and not conversion.takes_none):
                continue
            try:
                conversion.function(value)
            except type(error):
                return _refusal(verb, own, name, column, instance, connection, error)
            except Exception:
                continue
    return error


def _refusal(
    verb: str,
    mapper: Mapper,
    name: str,
    column: ColumnElement[Any],
    instance: object,
    connection: Connection,
    error: Exception,
) -> BaseException:
    hides = connection.hides_parameters
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    reason = "a value was refused" if hides else str(error)
    statement = column.table.insert() if verb == "insert" else column.table.update()
    sql = connection.dialect.compile(statement).sql
    made = StatementError(
        f"({kind}) {mapper.class_.__name__}.{name}: {reason}",
        sql,
        None,
        error,
        hides,
    )
    made.instance, made.attributes = instance, (name,)
    made.add_detail(_told(verb, [instance], (name,), made))
    made.__cause__ = error
    return told_of(connection, made, error, sql, {})


def _hint_of_parents(mapper: Mapper, attributes: tuple[str, ...]) -> str | None:
    """What to do where *attributes* are the reference to a parent that has gone, or let go."""
    for other in mapper.registry.mappers:
        for prop in other.named_relationships.values():
            if prop.is_many_to_one or prop.viewonly or prop.secondary is not None:
                continue
            names = {target for _, target, _ in pairs_of(prop)} if mapper.isa(prop.mapper) else ()
            if not names or names.isdisjoint(attributes):
                continue
            child, parent = mapper.class_.__name__, prop.parent.class_.__name__
            return (
                f"{child} can't be without its {parent}, and {prop} lets it go: give {prop} "
                f'cascade="all, delete-orphan", so that it is deleted when it is taken out or its '
                f'{parent} is deleted (or passive_deletes="all", where the database does that)'
            )
    return None


def _attributes(mapper: Mapper, error: StatementError) -> tuple[str, ...]:
    """The attributes of *mapper* that *error* is about, as far as the server tells."""
    if not isinstance(error, DBAPIError):
        return ()
    found: list[str] = []
    for one in mapper.self_and_descendants:
        for part in one.mapped_tables:
            table = part.table
            if error.table not in (None, table.name, f"{table.schema}.{table.name}"):
                continue
            columns: Iterable[Any] = error.columns
            if not columns and error.constraint is not None:
                columns = _constrained(table, error.constraint)
            by_name = {column.name: key for key, column in part.columns}
            found += [by_name[name] for name in columns if name in by_name]
        if found:
            break
    return tuple(dict.fromkeys(found))


def _constrained(table: Any, name: str) -> list[str]:
    for constraint in (*table.constraints, *table.indexes):
        if constraint.name == name:
            return [column.name for column in constraint.columns]
    for column in table.c:
        if any(constraint.name == name for constraint in column.constraints):
            return [column.name]
    # Constraints without a name of their own are called after their first column.
    return [name] if name in table.c else []


def _guilty_steps(
    mapper: Mapper,
    connection: Connection,
    instances: list[Any],
    attributes: tuple[str, ...],
    error: IntegrityError,
) -> Steps[list[Any]]:
    """Those of *instances* that the values in *error*, or in the table, speak against."""
    if not attributes:
        return instances
    values = [tuple([one.__dict__.get(name) for name in attributes]) for one in instances]
    if isinstance(error, NotNullViolation):
        found = [one for one, own in zip(instances, values, strict=True) if None in own]
        return found or instances
    text = str(error.orig)
    found = [one for one, own in zip(instances, values, strict=True) if _is_quoted(own, text)]
    if not found and isinstance(error, UniqueViolation):
        twice = {own for own in values if values.count(own) > 1} if len(values) < 1000 else set()
        there = yield from _stored_steps(mapper, connection, attributes, values)
        found = [
            one for one, own in zip(instances, values, strict=True) if own in twice or own in there
        ]
    return found or instances


def _is_quoted(values: tuple[Any, ...], text: str) -> bool:
    """True where a server's message speaks of *values*: ``(1, a)`` or ``'1-a'``."""
    words = [str(value) for value in values]
    return f"({', '.join(words)})" in text or f"'{'-'.join(words)}'" in text


def _stored_steps(
    mapper: Mapper,
    connection: Connection,
    attributes: tuple[str, ...],
    values: list[tuple[Any, ...]],
) -> Steps[set[Any]]:
    """Which *values* the table has already: for servers whose messages do not say."""
    columns = [mapper.columns[name] for name in attributes]
    condition, parameter = key_condition(columns)
    keys = [own[0] if len(own) == 1 else own for own in values if None not in own]
    try:
        result = yield from connection.execute_steps(
            Select(*columns).where(condition), {parameter.key: keys}
        )
    except StatementError:
        # The transaction has ended on the server: nothing can be asked any more.
        return set()
    return {tuple(row) for row in result.all()}


def _told(verb: str, guilty: list[Any], attributes: tuple[str, ...], error: StatementError) -> str:
    shown = ", ".join(_described(one, attributes, error) for one in guilty[:_NAMED_AT_MOST])
    if len(guilty) == 1:
        return f"the flush could not {verb} {shown}"
    more = f" and {len(guilty) - _NAMED_AT_MOST} more" if len(guilty) > _NAMED_AT_MOST else ""
    return f"the flush could not {verb} one of {len(guilty)}: {shown}{more}"


def _described(instance: object, attributes: tuple[str, ...], error: StatementError) -> str:
    """The class of *instance* with its primary key and *attributes*: no method of it is called."""
    values, mapper = instance.__dict__, state_of(instance).load.mapper
    known = [name for name in mapper.primary_keys if values.get(name) is not None]
    names = dict.fromkeys((*known, *attributes))
    if not names:
        names = dict.fromkeys(
            [name for name, _ in mapper.columns.items() if name in values][:_SHOWN]
        )
    if error.hide_parameters:
        return f"{mapper.class_.__name__}({', '.join(names)})"
    return shown(mapper.class_.__name__, values, names)
