"""The conditions that relationships stand for: ``User.addresses.any(…)``, ``a.user == b``."""

from collections.abc import Callable
from typing import Any

from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.orm.mapping.attribute import (
    EntityNode,
    QueryableAttribute,
    RelationshipReference,
    comparisons,
    table_columns,
)
from dovetail.orm.mapping.join_condition import MANYTOONE
from dovetail.orm.mapping.parent import value_of_row
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.placement import itself
from dovetail.sql.arguments import ConditionArgument
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.columns import literal_column
from dovetail.sql.expression.constants import Null
from dovetail.sql.expression.elements import and_, negation, or_
from dovetail.sql.expression.select import Select
from dovetail.types.contract import NULLTYPE


def equal(reference: RelationshipReference[Any], other: object, *, negated: bool = False) -> Any:
    """``reference == other``: an instance, or None."""
    prop = reference.prop
    prop.parent.configure()
    if isinstance(other, Null):
        other = None
    if prop.uselist and other is not None:
        raise InvalidRequestError(
            f"a collection can't be compared with ==: {reference}",
            hint=f"use {reference}.contains(instance)",
        )
    refers = prop.direction is MANYTOONE and bool(prop.condition.pairs)
    if other is None:
        if refers and prop.condition.is_plain:
            own = _columns_of(reference.owner)
            nulls = [own(local).is_(None) for local, _ in prop.condition.pairs]
            condition = and_(*nulls)
        else:
            condition = negation(exists(reference, None, {}))
        return negation(condition) if negated else condition
    if not refers or (negated and not prop.condition.is_plain):
        found = exists(reference, _key_condition(prop, other), {})
        return negation(found) if negated else found
    own = _columns_of(reference.owner)
    if not prop.condition.is_plain:
        # What it asks beside the key, it asks of these rows and of the values of that instance.
        return prop.condition.adapted(own, lambda column: _value_of(prop, other, column))[0]
    pairs = [(own(local), _value_of(prop, other, remote)) for local, remote in prop.condition.pairs]
    if negated:
        parts = [or_(column != value, column.is_(None)) for column, value in pairs]
        return or_(*parts) if len(parts) > 1 else parts[0]
    parts = [column == value for column, value in pairs]
    return and_(*parts) if len(parts) > 1 else parts[0]


def _columns_of(entity: EntityNode) -> Callable[[Any], Any]:
    """What gives the columns of *entity* as its attributes, where they are.

    Who reads the condition knows then of which class it speaks.
    """
    if entity.alias is not None:
        return entity.column
    mapper = entity.mapper

    def column(given: ColumnElement[Any]) -> Any:
        key = mapper.column_keys.get(given)
        if key is None or mapper.named_attrs[key].expressions[0] is not given:
            return entity.column(given)
        return QueryableAttribute(key, mapper.named_attrs[key], entity)

    return column


def _value_of(
    prop: RelationshipProperty,
    instance: object,
    column: ColumnElement[Any],
    name: str | None = None,
) -> Any:
    """The value of *column* of a related *instance*, as a parameter called *name*."""
    instance = itself(instance)
    mapper = type(instance).__dict__.get("__mapper__")
    if mapper is None or not mapper.isa(prop.mapper):
        raise ArgumentError(
            f"{prop} is compared with {prop.mapper.class_.__name__} instances, not {instance!r}",
            hint="compare the column where you have the key alone",
        )
    return value_of_row(instance, column, prop.mapper, name or column.key)


def _key_condition(prop: RelationshipProperty, instance: object) -> Any:
    columns = prop.mapper.primary_key
    parts = [column == _value_of(prop, instance, column) for column in columns]
    return and_(*parts) if len(parts) > 1 else parts[0]


def contains(reference: RelationshipReference[Any], other: object) -> Any:
    """True where the collection has *other* as a member."""
    prop = reference.prop
    prop.parent.configure()
    if not prop.uselist:
        raise InvalidRequestError(
            f"contains() is for collections; {reference} refers to one row",
            hint=f"use {reference} == instance",
        )
    if prop.secondary is None and prop.condition.is_plain:
        own = _columns_of(reference.owner)
        pairs = [
            (own(local), _value_of(prop, other, remote, local.key))
            for local, remote in prop.condition.pairs
        ]
        return and_(*[column == value for column, value in pairs])
    return exists(reference, _key_condition(prop, other), {})


def exists(
    reference: RelationshipReference[Any], criterion: ConditionArgument, values: dict[str, Any]
) -> Any:
    """``EXISTS (SELECT 1 FROM related WHERE joined AND criteria)``."""
    prop = reference.prop
    prop.parent.configure()
    right: EntityNode = reference.right_entity
    left = reference.owner
    # The tables around are of the same hierarchy: those within are others of the same names.
    if right.alias is None and right.mapper.base is prop.parent.base:
        selectable = right.selectable.alias(flat=True)
        right = EntityNode(right.mapper, selectable, selectable, None, right.kinds)
    secondary = through = prop.secondary
    third: Callable[[Any], Any] = lambda column: column  # noqa: E731
    if secondary is not None and prop.condition.self_referential:
        through = secondary.alias()
        # Of a join it has other names for the columns.
        third = through.corresponding_column
    primary, second = prop.condition.adapted(_columns_of(left), right.column, third)
    conditions = [primary] if second is None else [primary, second]
    namespace = right.entity_namespace if right.alias is None else None
    for name, value in values.items():
        if namespace is not None:
            conditions.append(getattr(namespace, name) == value)
        else:
            column = right.mapper.columns[name]
            conditions.append(right.column(column) == value)
    if criterion is not None:
        own = right is not reference.right_entity
        conditions.append(right.adapt(table_columns(criterion)) if own else criterion)
    conditions += reference.criteria
    inner: Any = Select(literal_column("1", NULLTYPE)).select_from(right)
    if through is not None:
        inner = inner.select_from(through)
    return (
        inner.where(*conditions)
        .correlate_except(
            right.selectable, *right.sources(), *([] if through is None else [through])
        )
        .exists()
    )


def join_condition(reference: RelationshipReference[Any]) -> Any:
    """The join condition of a relationship between its class and what it leads to."""
    reference.prop.parent.configure()
    primary, second = reference.prop.condition.adapted(
        reference.owner.column, reference.right_entity.column, lambda column: column
    )
    return primary if second is None else and_(primary, second)


comparisons.equal = equal
comparisons.contains = contains
comparisons.exists = exists
comparisons.join = join_condition
