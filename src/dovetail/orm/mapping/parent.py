"""Criteria for the rows that an instance refers to."""

from functools import partial
from typing import Any

from dovetail.exc import ArgumentError, InvalidRequestError, MissingParameterError
from dovetail.inspection import inspect
from dovetail.orm.mapping.attribute import EntityNode, RelationshipReference
from dovetail.orm.mapping.mapper_view import MapperView
from dovetail.orm.tracking.state import state_of
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.elements import and_, bindparam


def with_parent(instance: object, prop: Any, from_entity: Any = None) -> Any:
    """The condition that rows are what *instance* refers to by the relationship *prop*.

    No row of *instance* is read::

        select(Order).where(with_parent(user, User.orders))

    ``from_entity``  an alias of the class that *prop* leads to, the rows of which are meant, or
    one of the class that it begins at, which changes nothing: its columns are values here
    """
    if not isinstance(prop, RelationshipReference):
        raise ArgumentError(
            f"with_parent() takes a relationship, not {prop!r}",
            hint="with_parent(user, User.orders)",
        )
    relationship = prop.prop
    relationship.parent.configure()
    state = state_of(instance)
    if not state.load.mapper.isa(relationship.parent):
        raise ArgumentError(
            f"{prop} does not begin at {type(instance).__name__}",
            hint=f"give an instance of {relationship.parent.class_.__name__}",
        )
    right: EntityNode = prop.right_entity
    if from_entity is not None:
        own = getattr(inspect(from_entity), "mapper", None)
        if own is not None and own.isa(relationship.mapper):
            right = from_entity.__statement_entity__
        elif own is None or not own.isa(relationship.parent):
            raise ArgumentError(
                f"{prop} neither begins at from_entity={from_entity!r} nor leads to it"
            )
    primary, second = relationship.condition.adapted(
        lambda column: value_of_row(instance, column, state.load.mapper),
        right.column,
        lambda column: column,
    )
    return primary if second is None else and_(primary, second)


def value_of_row(
    instance: object, column: ColumnElement[Any], mapper: MapperView, name: str | None = None
) -> Any:
    """The value that the row of *instance* has in *column* of *mapper*, as a parameter.

    An instance without a row may have one when the statement runs, after an autoflush: then it is
    asked.
    """
    state = state_of(instance)
    key = mapper.column_keys[column]
    place = mapper.primary_keys.index(key) if key in mapper.keys_set else None
    if place is not None and state.row_key is not None:
        value = mapper.key_tuple(state.row_key)[place]
    elif state.row_key is None and instance.__dict__.get(key) is None:
        return bindparam(
            name,
            callable_=partial(_value_now, instance, key, place),
            type_=column.type,
            unique=True,
        )
    else:
        value = getattr(instance, key)
    return bindparam(name, value, type_=column.type, unique=True)


def _value_now(instance: object, key: str, place: int | None) -> Any:
    state = state_of(instance)
    if place is not None and state.row_key is not None:
        return state.load.mapper.key_tuple(state.row_key)[place]
    if state.row_key is None and key not in instance.__dict__:
        message = f"{instance!r} has no row and no value for {key!r}: no row can refer to it"
        raise MissingParameterError(
            message,
            None,
            None,
            InvalidRequestError(message),
            hint="add() it, so that the query flushes it first, or set the value",
        )
    return getattr(instance, key)


def relationship_between(instance: object, mapper: MapperView) -> Any:
    """The relationship of *instance*'s class that leads to *mapper*.

    InvalidRequestError where there is none.
    """
    own = state_of(instance).load.mapper
    own.configure()
    for key, prop in own.named_relationships.items():
        if prop.mapper is mapper:
            return getattr(own.class_, key)
    raise InvalidRequestError(
        f"{own.class_.__name__} has no relationship to {mapper.class_.__name__}",
        hint="name one: with_parent(instance, User.orders)",
    )
