"""Which tables a statement of entities reads, with all that is loaded after its rows."""

from collections.abc import Iterable, Iterator
from typing import Any

from dovetail.dialects.dialect import Dialect
from dovetail.orm.loading.layout import EntityLayout
from dovetail.orm.loading.plan import NOT_ASKED, EntityPlan, Tables
from dovetail.orm.loading.related import local_names, related_plan, whole_tree
from dovetail.orm.loading.tree import NO_TREE, REFRESH
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.attributes import AttributeBase
from dovetail.sql.expression.select import Select
from dovetail.sql.expression.table_clause import TableClause
from dovetail.sql.node import Node
from dovetail.sql.traversal import iterate


def tables_of_plan(plan: EntityPlan) -> Tables:
    """The tables that *plan* reads; found once and kept."""
    if plan.tables is NOT_ASKED:
        reading = _Reading(plan.core.compiled.dialect)
        reading.add_plan(plan)
        plan.tables = reading.tables()
    tables: Tables = plan.tables
    return tables


def tables_of_attribute(
    mapper: Mapper, attribute: AttributeBase, dialect: Dialect, *, is_known: bool
) -> Tables:
    """The tables that are read where *attribute* of *mapper* is loaded alone, without options.

    *is_known* is false where the values by which related rows are found are read first.
    """
    # Mappers that come later may set what is loaded by: then this is found anew.
    memo: dict[Any, Any] = mapper.registry.memo
    place = ("tables read", mapper, attribute.key, is_known)
    if place not in memo:
        reading = _Reading(dialect)
        if attribute.is_relationship:
            reading.add_relationship(attribute.prop)
            reading.add_expressions(mapper)
            found = _tables_that_set(mapper, local_names(attribute.prop), attribute.prop)
            reading.found.update(found)
        if not (attribute.is_relationship and is_known):
            reading.add_columns(mapper)
        memo[place] = reading.tables()
    tables: Tables = memo[place]
    return tables


def _tables_that_set(
    mapper: Mapper, names: Iterable[str], loaded: RelationshipProperty
) -> Iterator[str]:
    """Where instances are kept whose relationships make a flush set attributes *names*.

    These are values of *mapper* that the flush of another reference, or of a collection, brings
    up to date before related rows are found by them.  What changes keys is always flushed.
    """
    columns = {mapper.columns[name] for name in names if name not in mapper.keys_set}
    for other in mapper.registry.mappers if columns else ():
        for prop in other.named_relationships.values():
            if prop.viewonly or prop.secondary is not None or prop is loaded:
                continue
            member = prop.parent if prop.is_many_to_one else prop.mapper
            set_here = prop.local_columns if prop.is_many_to_one else prop.remote_side
            if member.base is mapper.base and not columns.isdisjoint(set_here):
                yield from tables_of_hierarchy(prop.parent)


def tables_of_hierarchy(mapper: Mapper) -> frozenset[str]:
    """The names of the tables in which instances of *mapper*, and of those below it, are kept."""
    return frozenset().union(*map(tables_of_mapper, mapper.self_and_descendants))


def tables_of_mapper(mapper: Mapper) -> frozenset[str]:
    """The names of the tables in which instances of *mapper* are kept, below an alias too."""
    tables = (*mapper.tables, *(stored.table for stored in mapper.mapped_tables))
    return frozenset(name for table in tables for name in names_of_tables(table))


def names_of_tables(source: Node) -> Iterator[str]:
    """The names of the tables in *source*, as a compiler gives them."""
    return (node.name.lower() for node in iterate(source) if isinstance(node, TableClause))


class _Reading:
    """The tables that are read, found by following what loads what.

    ``found``    those of the statements and conditions met so far
    ``mappers``  whose rows have been followed
    ``props``    relationships that have been met
    ``waiting``  those of them that are followed next
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.found: set[str] = set()
        self.is_known = True
        self.mappers: set[Mapper] = set()
        self.props: set[RelationshipProperty] = set()
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
        if prop not in self.props:
            self.props.add(prop)
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

    def add_columns(self, mapper: Mapper) -> None:
        """Add what is read where an instance is read again, with what its mapping leaves out."""
        self.add_mapper(mapper)
        deferred = frozenset(key for key, prop in mapper.column_attrs.items() if prop.deferred)
        if deferred:
            tree = whole_tree(mapper, NO_TREE, deferred)
            plan = EntityPlan(Select(mapper.node), (), self.dialect, tree=tree, by_name=True)
            self.add_plan(plan)

    def add_expressions(self, mapper: Mapper) -> None:
        """Add what is read besides its own rows where instances of *mapper* are read again.

        Among those that lack the same there may be some that have expired.
        """
        plan = EntityPlan(
            Select(mapper.plain_entity), (), self.dialect, tree=NO_TREE, chain=REFRESH, by_name=True
        )
        named = plan.core.compiled.tables_named
        if named is None:
            self.is_known = False
        else:
            self.found |= named - tables_of_hierarchy(mapper)

    def _follow(self, prop: RelationshipProperty) -> None:
        if not prop.refers_by_key:
            self.add_plan(related_plan(prop, NO_TREE, NO_TREE, (), self.dialect, False).plan)
        self.add_mapper(prop.mapper)
