"""Joins along relationships: a FROM and a relationship make a larger FROM."""

from collections.abc import Sequence
from typing import Any

from dovetail.orm.mapping.attribute import EntityNode, RelationshipReference
from dovetail.orm.mapping.mapped_tables import counterparts
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.polymorphic import joined_kinds
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.sql.arguments import FromArgument
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.constants import true
from dovetail.sql.expression.elements import and_
from dovetail.sql.expression.from_clause import FromClause, Join
from dovetail.sql.expression.froms import JoinSpec, tables_within
from dovetail.sql.traversal import replace


def aliased_entity(mapper: Mapper) -> EntityNode:
    """An alias of the class of *mapper* that nobody else uses."""
    own = mapper.node
    selectable = own.selectable.alias(flat=True)
    entity = EntityNode(mapper, selectable, selectable, None, own.kinds)
    entity.adapt_on_names = own.adapt_on_names
    return entity


def entity_with(mapper: Mapper, kinds: Sequence[Any], *, aliased: bool) -> EntityNode:
    """The class of *mapper* with the columns of *kinds* below it; *aliased* for a join to it."""
    own = mapper.node
    kinds = tuple(dict.fromkeys((*own.kinds, *kinds)))
    selectable = joined_kinds(mapper, kinds)
    if not aliased:
        return EntityNode(mapper, selectable, None, None, kinds)
    selectable = selectable.alias(flat=True)
    return EntityNode(mapper, selectable, selectable, None, kinds)


class AimedAlias(EntityNode):
    """An alias of *aimed*, the alias that a relationship leads to, for one join alone."""

    __slots__ = ("aimed",)

    def __init__(self, mapper: Mapper, aimed: Any) -> None:
        selectable = aimed.alias(flat=True)
        super().__init__(mapper, selectable, selectable)
        self.aimed = aimed

    def column(self, column: ColumnElement[Any]) -> Any:
        """The column of ``selectable`` for *column* of the mapped table, or of ``aimed``."""
        if isinstance(self.aimed, Join):
            return self.selectable.corresponding_column(column)
        own = column if column.table is self.aimed else self.aimed.corresponding_column(column)
        return self.selectable.c[own.key]

    def adapt(self, expression: ColumnElement[Any]) -> Any:
        """*expression* with columns of the mapped table, or of ``aimed``, replaced."""
        tables = (*tables_within(self.aimed), self.mapper.local_table)

        def place(node: Any) -> Any:
            table = getattr(node, "table", None)
            return self.column(node) if any(table is one for one in tables) else None

        return replace(expression, place)


def related_entity(prop: RelationshipProperty) -> EntityNode:
    """What *prop* leads to, under a name of its own in the statement."""
    if prop.target_entity is None:
        return aliased_entity(prop.mapper)
    return AimedAlias(prop.mapper, prop.target)


def relationship_conditions(
    prop: RelationshipProperty,
    left: EntityNode,
    right: EntityNode,
    secondary: FromClause | None = None,
) -> tuple[Any, Any]:
    """The conditions of *prop* between two entities; *secondary* stands for the third table."""

    def through(column: ColumnElement[Any]) -> Any:
        return column if secondary is None else third_column(prop.secondary, secondary, column)

    conditions: tuple[Any, Any] = prop.condition.adapted(left.column, right.column, through)
    return conditions


class Upper(EntityNode):
    """A class as it is in a FROM that has not all of its tables: some columns are equal ones."""

    __slots__ = ("equal",)

    def __init__(self, entity: EntityNode, equal: dict[Any, Any]) -> None:
        super().__init__(entity.mapper)
        self.equal = equal

    def column(self, column: ColumnElement[Any]) -> Any:
        return self.equal.get(column, column)


def joined_up(
    source: FromClause, left: EntityNode, prop: RelationshipProperty
) -> tuple[EntityNode, Any] | None:
    """(what *left* is there, the FROM) for a join along *prop* from *source*, which has some table
    of a class above *left*; None where it has none.

    Columns that a missing table has may be equal to others; otherwise it is joined.
    """
    mapper = left.mapper
    there = [table for table in mapper.tables if source is table or contains(source, table)]
    if not there:
        return None
    equal: dict[Any, Any] = {}
    for column, _ in prop.condition.pairs:
        if column.table not in there:
            found = (c for c in counterparts(column, mapper.equated) if c.table in there)
            equal[column] = next(found, None)
    if all(found is not None for found in equal.values()):
        return Upper(left, equal), source
    for one in reversed(list(mapper.iterate_to_root())):
        if one.inherit_condition is not None and one.local_table not in there:
            source = Join(source, one.local_table, one.inherit_condition)
    return Upper(left, {}), source


def third_alias_of(prop: RelationshipProperty) -> Any:
    """A name of its own for the third table of *prop*; None where it has none."""
    return None if prop.secondary is None else third_alias(prop.secondary)


def through_alias(prop: Any, alias: Any, expression: Any) -> Any:
    """*expression* with the columns of the third table of *prop* as those of *alias*."""
    if alias is None:
        return expression

    def place(node: Any) -> Any:
        table = getattr(node, "table", None)
        is_third = table is not None and (
            table is prop.secondary or contains(prop.secondary, table)
        )
        return third_column(prop.secondary, alias, node) if is_third else None

    return replace(expression, place)


def third_alias(secondary: Any) -> Any:
    """An alias of the third table; of a join, a join of aliases of its sides."""
    if not isinstance(secondary, Join):
        return secondary.alias()
    left, right = third_alias(secondary.left), third_alias(secondary.right)
    sides = ((secondary.left, left), (secondary.right, right))

    def place(node: Any) -> Any:
        table = getattr(node, "table", None)
        for side, alias in sides:
            if table is side or contains(side, table):
                return third_column(side, alias, node)
        return None

    return Join(left, right, replace(secondary.onclause, place), secondary.isouter, secondary.full)


def third_column(secondary: FromClause | None, alias: Any, column: ColumnElement[Any]) -> Any:
    """The column of *alias*, made by :func:`third_alias`, for *column* of *secondary*."""
    while isinstance(secondary, Join):
        is_left = column.table is secondary.left or contains(secondary.left, column.table)
        secondary, alias = (
            (secondary.left, alias.left) if is_left else (secondary.right, alias.right)
        )
    return alias.c[column.key]


def join_related(
    source: FromClause,
    prop: RelationshipProperty,
    left: EntityNode,
    right: EntityNode,
    *,
    outer: bool,
    full: bool = False,
    criteria: tuple[Any, ...] = (),
    alias: Any = None,
) -> Any:
    """*source*, a FROM that contains *left*, joined along *prop* to *right*.

    *alias* stands for the third table; see :func:`third_alias_of`.
    """
    if prop.secondary is None:
        condition, _ = relationship_conditions(prop, left, right)
        target, condition = with_others(prop, right.selectable, condition)
        return Join(source, target, _all(condition, criteria), outer, full)
    through = prop.secondary if alias is None else alias
    primary, second = relationship_conditions(prop, left, right, through)
    if outer and alias is not None:
        # One outer join to the pair: a row of the third table alone is no related row.
        pair = Join(through, right.selectable, _all(second, criteria))
        return Join(source, pair, primary, True, full)
    joined = Join(source, through, primary, outer, full)
    return Join(joined, right.selectable, _all(second, criteria), outer, full)


def with_others(prop: Any, target: FromArgument, condition: Any) -> tuple[Any, Any]:
    """(*target*, *condition*) with aliases of the tables that *condition* names besides."""
    for other in prop.condition.others:
        alias = other.alias()

        def place(node: Any, other: object = other, alias: Any = alias) -> Any:
            return alias.c[node.key] if getattr(node, "table", None) is other else None

        target = Join(alias, target, true())
        condition = replace(condition, place)
    return target, condition


def _all(condition: ColumnElement[Any], criteria: tuple[Any, ...]) -> Any:
    return and_(condition, *criteria) if criteria else condition


class EntityJoin(Join):
    """What :func:`join` gives: it is joined further along relationships, too."""

    def join(
        self, right: object, onclause: object = None, isouter: bool = False, full: bool = False
    ) -> Join:
        """``this JOIN right ON onclause``, which may be a relationship; see :func:`join`."""
        return join(self, right, onclause, isouter, full)

    def outerjoin(self, right: object, onclause: object = None, full: bool = False) -> Join:
        """``this LEFT OUTER JOIN right ON onclause``; see :func:`join`."""
        return join(self, right, onclause, True, full)


def join(
    left: object, right: object, onclause: object = None, isouter: bool = False, full: bool = False
) -> EntityJoin:
    """*left* joined to *right*, mapped classes, aliases or tables, for ``select_from()``::

    select(User).select_from(join(User, Address, User.addresses).join(City, Address.city))

    *onclause* is a relationship, or a condition; without it the foreign keys tell. A relationship
    of a class or an alias that does not stand in *left* is taken for that of *left* itself.
    """
    source, target = _from(left), _from(right)
    joined: Join
    if isinstance(onclause, RelationshipReference):
        onclause.prop.parent.configure()
        entity = _entity(right) or onclause.right_entity
        joined = join_related(
            source,
            onclause.prop,
            _left_entity(left, source, onclause),
            entity,
            outer=isouter,
            full=full,
            criteria=tuple(row_conditions(entity)),
        )
    else:
        joined = Join(source, target, onclause, isouter, full)  # type: ignore[arg-type]
        found = _entity(right)
        if found is not None:
            joined = restricted_join(joined, target, row_conditions(found))
    return EntityJoin(joined.left, joined.right, joined.onclause, joined.isouter, joined.full)


def _left_entity(left: object, source: FromClause, path: RelationshipReference[Any]) -> EntityNode:
    """What *path* starts from in *source*, the FROM of *left*."""
    owner: EntityNode = path.owner
    if source is owner.selectable or contains(source, owner.selectable):
        return owner
    entity = _entity(left)
    if entity is not None and entity.mapper.isa(path.prop.parent):
        return entity
    keys = owner.mapper.primary_key
    if not isinstance(source, Join) and all(
        source.corresponding_column(key) is not None for key in keys
    ):
        return EntityNode(owner.mapper, source, source)
    return owner


def outerjoin(
    left: object, right: object, onclause: object = None, full: bool = False
) -> EntityJoin:
    """As :func:`join`, with a LEFT OUTER JOIN."""
    return join(left, right, onclause, True, full)


def _entity(given: object) -> EntityNode | None:
    found = getattr(given, "__statement_entity__", None)
    return found if isinstance(found, EntityNode) else None


def _from(given: object) -> Any:
    entity = _entity(given)
    return given if entity is None else entity.selectable


def right_entity(spec: JoinSpec) -> Any:
    """The entity that a join leads to, or None."""
    target = spec.target
    if isinstance(target, RelationshipReference):
        return target.right_entity
    return target if isinstance(target, EntityNode) else None


def restricted_join(source: FromClause, target: object, conditions: list[Any]) -> Any:
    """*source* with *conditions* on its join to *target*."""
    if conditions and isinstance(source, Join) and source.right is target:
        return source._twin(_onclause=and_(source.onclause, *conditions))
    return source


def is_outer_in(source: FromClause, selectable: FromClause) -> bool:
    """True where *selectable* stands on a side of an outer join inside *source*."""
    if not isinstance(source, Join):
        return False
    if source.full:
        return True
    if source.isouter and (source.right is selectable or contains(source.right, selectable)):
        return True
    return is_outer_in(source.left, selectable) or is_outer_in(source.right, selectable)


def contains(source: FromClause, selectable: FromClause | None) -> bool:
    """True where *selectable* stands inside *source*, a join."""
    if not isinstance(source, Join):
        return False
    return any(
        side is selectable or contains(side, selectable) for side in (source.left, source.right)
    )


def row_conditions(entity: EntityNode) -> list[Any]:
    """What tells the rows of *entity* from those of other classes in its table: one, or none."""
    condition = entity.mapper.row_condition()
    return [] if condition is None else [entity.adapt(condition)]
