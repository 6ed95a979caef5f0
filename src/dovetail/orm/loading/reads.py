"""Which tables a statement of entities reads, with all that is loaded after its rows."""

from dovetail.dialects.dialect import Dialect
from dovetail.orm.loading.layout import EntityLayout
from dovetail.orm.loading.plan import NOT_ASKED, EntityPlan, Tables
from dovetail.orm.loading.tree import NO_TREE
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.attributes import AttributeBase
from dovetail.sql.expression.select import Select
from dovetail.sql.expression.table_clause import TableClause
from dovetail.sql.traversal import iterate


def tables_of_plan(plan: EntityPlan) -> Tables:
    """The tables that *plan* reads; found once and kept."""
    if plan.tables is NOT_ASKED:
        reading = _Reading(plan.core.compiled.dialect)
        reading.add_plan(plan)
        plan.tables = reading.tables()
    tables: Tables = plan.tables
    return tables


def tables_of_attribute(mapper: Mapper, attribute: AttributeBase, dialect: Dialect) -> Tables:
    """The tables that are read where *attribute* of *mapper* is loaded alone, without options."""
    place = ("tables read", attribute.key)
    if place not in mapper.memo:
        reading = _Reading(dialect)
        if attribute.is_relationship:
            reading.add_relationship(attribute.prop)
        else:
            reading.add_mapper(mapper)
        mapper.memo[place] = reading.tables()
    tables: Tables = mapper.memo[place]
    return tables


def tables_of_hierarchy(mapper: Mapper) -> frozenset[str]:
    """The names of the tables in which instances of *mapper*, and of those below it, are kept."""
    return frozenset(table.name for kind in mapper.self_and_descendants for table in kind.tables)


class _Reading:
    """The tables that are read, found by following what loads what.

    ``found``    those of the statements and conditions met so far
    ``mappers``  whose rows have been followed
    ``waiting``  relationships that are loaded next
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.found: set[str] = set()
        self.is_known = True
        self.mappers: set[Mapper] = set()
        self.waiting: list[RelationshipProperty] = []

    def tables(self) -> Tables:
        """All that are read in the end."""
        while self.waiting and self.is_known:
            self._follow(self.waiting.pop())
        return frozenset(self.found) if self.is_known else None

    def add_plan(self, plan: EntityPlan) -> None:
        """Add what *plan* reads."""
        named = plan.core.compiled.tables_named
        if named is None or plan.writes:
            self.is_known = False
            return
        self.found |= named
        for top in plan.entities:
            for layout in top.every():
                self._add_layout(layout)

    def _add_layout(self, layout: EntityLayout) -> None:
        for kind in layout.completed:
            self.add_mapper(kind)
        for prop in layout.later:
            if layout.tree.below(prop).is_empty:
                self.add_relationship(prop)
            else:
                # Options go on from here, or criteria hold: they may name any table.
                self.is_known = False

    def add_relationship(self, prop: RelationshipProperty) -> None:
        """Add what *prop* leads to."""
        self.waiting.append(prop)

    def add_mapper(self, mapper: Mapper) -> None:
        """Add what is read to load instances of *mapper*, and of those below it."""
        if mapper in self.mappers:
            return
        self.mappers.add(mapper)
        self.found |= tables_of_hierarchy(mapper)
        for kind in mapper.self_and_descendants:
            plan = EntityPlan(Select(kind.node), (), self.dialect, tree=NO_TREE, by_name=True)
            self.add_plan(plan)

    def _follow(self, prop: RelationshipProperty) -> None:
        conditions = (prop.primaryjoin, prop.secondaryjoin, prop.secondary, *prop.order_by)
        # The owner's own values are bound: its rows are not read again.
        bound = prop.local_columns
        for node in (node for part in conditions if part is not None for node in iterate(part)):
            table = None if node in bound else getattr(node, "table", node)
            if isinstance(table, TableClause):
                self.found.add(table.name)
            elif node.__visit_name__ == "textclause" or getattr(node, "is_literal", False):
                self.is_known = False
        if prop.target_entity is not None:
            self.is_known = False
        self.add_mapper(prop.mapper)
