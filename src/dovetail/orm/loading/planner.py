"""From a statement of entities to a statement of tables, and the layout of its rows."""

from typing import Any, NamedTuple

from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.orm.loading.criteria import LoaderCriteriaOption
from dovetail.orm.loading.doubles import double_of, is_joined_within, without_doubles
from dovetail.orm.loading.eager import (
    contained_entity,
    joins_collections,
    leads_back,
    may_repeat,
    refuse_loading,
    rows_repeat,
)
from dovetail.orm.loading.joins import (
    contains,
    entity_with,
    is_outer_in,
    join_related,
    joined_up,
    related_entity,
    right_entity,
    third_alias_of,
    through_alias,
)
from dovetail.orm.loading.layout import (
    BundleLayout,
    ColumnLayout,
    EntityLayout,
    JoinedLayout,
    RowLayout,
)
from dovetail.orm.loading.resolving import resolving
from dovetail.orm.loading.row_names import RowNames
from dovetail.orm.loading.standing import entities_in, selected
from dovetail.orm.loading.tree import NO_TREE, REFRESH, LoadTree, astray_entity, tree_for
from dovetail.orm.loading.wholes import wholes_of
from dovetail.orm.loading.wrapping import Outside, Wrapping
from dovetail.orm.mapping.attribute import (
    EntityNode,
    QueryableAttribute,
    RelationshipReference,
)
from dovetail.orm.mapping.bundle import Bundle
from dovetail.orm.mapping.properties import ColumnProperty
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.columns import NamedColumn
from dovetail.sql.expression.derived import Subquery
from dovetail.sql.expression.from_clause import FromClause, Join
from dovetail.sql.expression.froms import JoinSpec
from dovetail.sql.expression.naming import (
    LABEL_STYLE_TABLENAME_PLUS_COL,
    expanded_columns,
    long_name,
)
from dovetail.sql.expression.select import Select
from dovetail.sql.node import Executable, Node
from dovetail.sql.promise import Standing
from dovetail.sql.traversal import iterate


class PlannedSelect(NamedTuple):
    """A SELECT of tables, and what its rows hold; no layout where they hold no instance."""

    core: Any
    layout: RowLayout | None


def plan_select(
    statement: Executable,
    *,
    load: bool = False,
    chain: tuple[Any, ...] = (),
    tree: LoadTree | None = None,
    joins: bool = True,
    runs: bool = True,
    is_here: bool = False,
) -> PlannedSelect:
    """Plan *statement*: with *load*, relationships that are loaded eagerly are joined to it.

    One that is shown, and not run (*runs*), may have options that concern none of its entities.

    *chain* has the relationships along which the statement's entities are being loaded,
    *tree* the instructions for them where they are not the statement's own options.  Without
    *joins* what would be joined is loaded by statements that follow.  With *is_here*
    instances are read again whatever restricts their class.
    """
    return _SelectPlanning(statement, load, chain, tree, joins, runs, is_here).plan()


class _SelectPlanning:
    """One run of :func:`plan_select`."""

    def __init__(
        self,
        statement: Any,
        load: bool,
        chain: tuple[Any, ...],
        tree: LoadTree | None,
        joins: bool,
        runs: bool,
        is_here: bool,
    ) -> None:
        self.is_here = is_here
        self.tree = tree
        self.runs = runs
        self.joins = joins
        self.statement = statement = without_doubles(statement) if statement.joins else statement
        # One run for all parts: a label in two of them is one label afterwards.
        self.wholes = wholes_of(statement)
        self.resolved = resolving(self.wholes)
        self.load = load
        self.chain = chain
        self.columns: list[Any] = []
        self.positions: dict[Any, int] = {}
        self.items: list[EntityLayout | ColumnLayout | BundleLayout] = []
        self.names = RowNames(statement.label_style)
        self.entities: list[EntityLayout] = []
        self.froms: list[Any] = []
        # What stands for a column outside the subquery that limits the rows, if there is one.
        self.outside: dict[Any, Any] = {}
        self.rows_repeat = False
        # The classes that eager joins lead to.
        self.standing: tuple[Standing, ...] = ()
        self._paths: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def plan(self) -> PlannedSelect:
        statement = self.statement
        for raw in statement.raw_columns:
            self._add_raw(raw)
        self._check_options()
        self._apply_joins()
        changes: dict[str, Any] = {
            "raw_columns": tuple(self.columns),
            "from_clauses": tuple(self.froms),
            "joins": (),
            # What restricts classes concerns the statements within too.
            "loader_options": self._criteria(),
            "standing": (
                *statement.standing,
                *selected(statement, is_reached=self.tree is not None, is_here=self.is_here),
            ),
        }
        if statement.hints:
            changes["hints"] = self.resolved(statement.hints)
        for name in statement.parts:
            value = getattr(statement, name)
            if name in _EXPANDED and isinstance(value, tuple):
                value = _expanded(value)
            if name not in changes and (
                isinstance(value, Node) or (value.__class__ is not bool and value)
            ):
                changes[name] = self.resolved(value)
        core = statement._with(**changes)
        if self.load and self.entities:
            core = self._join_eagerly(core)
        layout = None
        if self.entities or any(isinstance(item, BundleLayout) for item in self.items):
            width = len(core.raw_columns)
            layout = RowLayout(self.items, width, self.names.keys(), self.names.objects)
        return PlannedSelect(core, layout)

    # Criteria -------------------------------------------------------------------------------

    def _criteria(self) -> tuple[Any, ...]:
        """The options that restrict classes wherever they stand."""
        given = self.statement.loader_options if self.tree is None else self.tree.criteria
        return tuple(option for option in given if isinstance(option, LoaderCriteriaOption))

    def _check_options(self) -> None:
        """Refuse options that concern none of the statement's entities, and order by entities."""
        if self.tree is None and self.load and self.runs:
            roots = [layout.entity for layout in self.entities]
            for option in self.statement.loader_options if roots else ():
                astray = astray_entity(option, roots)
                if astray is not None:
                    raise ArgumentError(
                        f"{option!r} starts at {astray.mapper.class_.__name__}, which is not "
                        "among the entities of the statement",
                        hint="begin with an attribute of "
                        + " or ".join(root.mapper.class_.__name__ for root in roots),
                    )
        for clause in (*self.statement.order_by_clauses, *self.statement.group_by_clauses):
            if isinstance(clause, RelationshipReference):
                raise ArgumentError(
                    f"{clause} is a relationship: rows can't be ordered or grouped by it",
                    hint=f"join(...) it, and name a column of {clause.prop.mapper.class_.__name__}",
                )

    # Columns --------------------------------------------------------------------------------

    def _add_raw(self, raw: object) -> None:
        if isinstance(raw, EntityNode):
            tree = self.tree
            if tree is None:
                tree = tree_for(raw, self.statement.loader_options) if self.load else NO_TREE
            layout = self._entity(raw, tree)
            self.items.append(layout)
            self.names.add_entity(raw)
        elif isinstance(raw, Bundle):
            self.items.append(self._bundle(raw))
            self.names.add_bundle(raw)
        else:
            expanded = self.resolved(raw)
            whole = isinstance(expanded, ColumnElement)
            expressions = [expanded] if whole else expanded_columns([expanded])
            for expression in expressions:
                self._add_column(raw, expression)

    def _add_column(self, raw: object, expression: ColumnElement[Any]) -> None:
        name: Any = getattr(raw, "key", None) or getattr(expression, "key", None)
        if isinstance(raw, QueryableAttribute) and name != getattr(expression, "name", None):
            with_table = self.statement.label_style is LABEL_STYLE_TABLENAME_PLUS_COL
            expression = expression.label(long_name(expression, name) if with_table else name)
        if self.load and any(isinstance(one, EntityNode) for one in self.statement.raw_columns):
            position = self.position_of(expression)
        else:
            # The rows are the statement's own: a column that was named twice comes twice.
            position = len(self.columns)
            self.columns.append(expression)
        self.items.append(ColumnLayout(position, expression.type))
        self.names.add_column(raw, expression, name)

    def _bundle(self, bundle: Bundle) -> BundleLayout:
        items: list[ColumnLayout | BundleLayout] = []
        for one in bundle.exprs:
            if isinstance(one, Bundle):
                items.append(self._bundle(one))
            else:
                expression = self.resolved(one)
                items.append(ColumnLayout(self.position_of(expression), expression.type))
        return BundleLayout(items, bundle.processor(self.statement))

    def position_of(self, column: ColumnElement[Any]) -> int:
        column = self.outside.get(column, column)
        position = self.positions.get(column)
        if position is None:
            position = self.positions[column] = len(self.columns)
            self.columns.append(column)
        return position

    def _entity(
        self, entity: EntityNode, tree: LoadTree, *, nullable: bool = False
    ) -> EntityLayout:
        mapper = entity.mapper
        mapper.configure()
        layout = EntityLayout(
            entity, tree, len(self.entities), nullable or self._may_be_absent(entity)
        )
        self.entities.append(layout)
        # Concrete ones have rows of their own, unless the class is read from a union of them.
        told_here = getattr(mapper.polymorphic_on, "table", None) is mapper.local_table
        apart = all(kind.concrete for kind in mapper.children) and not (
            entity.kinds or (mapper.children and told_here)
        )
        is_polymorphic = entity.discriminator is not None or (mapper.is_polymorphic and not apart)
        # Of classes below, it has not all.
        layout.covers_all = not is_polymorphic
        for name in mapper.primary_keys:
            column = entity.column(self.resolved(mapper.columns[name]))
            layout.keys.append((self.position_of(column), column.type))
        for key, prop in mapper.column_attrs.items():
            is_needed = key in mapper.primary_keys or key == mapper.polymorphic_key
            if (is_needed or tree.brings(prop)) and _is_there(entity, prop):
                layout.columns.append((key, *self._placed(entity, prop, tree)))
            else:
                # What is deferred may have been loaded, and have expired, all the same.
                layout.covers_all = False
        if is_polymorphic and not self._is_known_apart(entity):
            layout.discriminator = self._discriminator(entity)
        elif not mapper.single:
            # Rows of a shared table are chosen by their discriminator.
            layout.assert_class()
        for kind in mapper.self_and_descendants[1:] if entity.kinds else ():
            layout.kinds.append((kind, self._own_columns(layout, kind)))
        layout.completed = [
            kind
            for kind in mapper.self_and_descendants[1:]
            if kind not in entity.kinds
            and (kind in tree.completed or kind.polymorphic_load == "selectin")
        ]
        return layout

    def _discriminator(self, entity: EntityNode) -> tuple[int, Any]:
        """(position, type) of what tells of which class a row is."""
        told = entity.discriminator
        if told is None:
            told = entity.mapper.polymorphic_on
        if not isinstance(told, NamedColumn):
            placed = entity.adapt(told)
        elif entity.discriminator is not None and told.table not in entity.mapper.tables:
            # One that with_polymorphic() was given: of what the statement joins, it may be.
            placed = entity.find(told)
            placed = told if placed is None else placed
        else:
            placed = entity.column(self.resolved(told))
        return self.position_of(placed), placed.type

    def _is_known_apart(self, entity: EntityNode) -> bool:
        """True for what is read again, where it is told of which class it is somewhere else."""
        told = entity.mapper.polymorphic_on
        if self.chain is not REFRESH or not isinstance(told, NamedColumn):
            return False
        if entity.is_translated or entity.discriminator is not None:
            return False
        return told.table not in entity.sources()

    def _placed(self, entity: EntityNode, prop: ColumnProperty, tree: LoadTree) -> tuple[int, Any]:
        """(position, type) of the column of *prop*, which is added to the row."""
        if prop.is_column:
            placed = entity.column(self.resolved(tree.source(prop)))
        else:
            placed = self._computed(entity, prop, tree)
        return self.position_of(placed), placed.type

    def _computed(self, entity: EntityNode, prop: ColumnProperty, tree: LoadTree) -> Any:
        """The expression of *prop*: where others read the rows, it is called by its attribute."""
        placed = entity.adapt(self.resolved(tree.source(prop)))
        if self.load or any(getattr(one, "name", None) == prop.key for one in self.columns):
            return placed
        return getattr(placed, "element", placed).label(prop.key)

    def _own_columns(self, layout: EntityLayout, kind: Any) -> list[tuple[str, int, Any]]:
        """The columns of the row that instances of *kind* have besides the others."""
        entity = layout.entity
        there = {key for key, _, _ in layout.columns}
        return [
            (key, *self._placed(entity, prop, layout.tree))
            for key, prop in kind.column_attrs.items()
            if key not in there
            and prop.parent in entity.kinds
            and layout.tree.brings(prop)
            and _is_there(entity, prop)
        ]

    def _may_be_absent(self, entity: EntityNode) -> bool:
        """True where an outer join of the statement may give rows without *entity*."""
        if entity.mapper.has_nullable_keys or is_joined_within(entity, self.statement):
            return True
        if entity.alias is not None and isinstance(entity.selectable, Subquery):
            # An outer join within may have left it out.
            return True
        for spec in self.statement.joins:
            if spec.full:
                return True
            if spec.isouter and (right_entity(spec) is entity or spec.target is entity.selectable):
                return True
        return any(is_outer_in(source, entity.selectable) for source in self.statement.from_clauses)

    # FROM -----------------------------------------------------------------------------------

    def _apply_joins(self) -> None:
        statement = self.statement
        resolved = (self.resolved(source) for source in statement.from_clauses)
        # What is named twice, as a class and as its table perhaps, stands there once.
        self.froms = list({id(source): source for source in resolved}.values())
        self._place_joined_tables()
        for spec in statement.joins:
            self._apply_join(spec)

    def _place_joined_tables(self) -> None:
        """Let FROM have the joins of entities that are more than one table."""
        joined: dict[EntityNode, None] = {}
        for raw in self.statement.raw_columns:
            for entity in entities_in(raw):
                if isinstance(entity.selectable, Join):
                    if self.wholes is None or self.wholes.part(entity) is entity:
                        joined[entity.within or entity] = None
        for spec in self.statement.joins:
            joined.pop(right_entity(spec), None)
        joined = {one: None for one in joined if not is_joined_within(one, self.statement)}
        # The columns of a class below may be there with those of another.
        below = {kind for one in joined if one.alias is None for kind in one.kinds}
        for entity in joined:
            if entity.alias is not None or entity.mapper not in below:
                self._place_of(entity.selectable)

    def _apply_join(self, spec: JoinSpec) -> None:
        target, onclause = spec.target, spec.onclause
        reference: RelationshipReference[Any] | None = None
        right: EntityNode | None = target if isinstance(target, EntityNode) else None
        if isinstance(target, RelationshipReference):
            reference = target
            right = target.right_entity
        elif isinstance(onclause, RelationshipReference):
            reference = onclause
            if right is None:
                right = onclause.right_entity
        if reference is None or right is None:
            made = spec._replace(
                target=self.resolved(target),
                onclause=None if onclause is None else self.resolved(onclause),
                left=None if spec.left is None else self.resolved(spec.left),
            )
            self._core_join(made)
            return
        if target is reference and isinstance(onclause, RelationshipReference):
            raise InvalidRequestError(
                f"join({target}, {onclause}) names two relationships: a join goes along one",
                hint=f"join one after the other: .join({target}).join({onclause})",
            )
        reference.prop.parent.configure()
        extra = tuple(self.resolved(criterion) for criterion in reference.criteria)
        if isinstance(target, RelationshipReference) and onclause is not None:
            extra = (*extra, self.resolved(onclause))
        if self._is_joined_already(spec, reference, right, extra):
            return
        left, place = self._left_of(reference)
        if left is right:
            name = left.mapper.class_.__name__
            raise InvalidRequestError(
                f"{name} can't be joined to itself: both would have one name",
                hint=f"join an alias: other = aliased({name}), join({reference}.of_type(other))",
            )
        self.froms[place] = join_related(
            self.froms[place],
            reference.prop,
            left,
            right,
            outer=spec.isouter,
            full=spec.full,
            criteria=extra,
            alias=third_alias_of(reference.prop),
        )

    def _is_joined_already(
        self,
        spec: JoinSpec,
        reference: RelationshipReference[Any],
        right: object,
        criteria: tuple[Any, ...],
    ) -> bool:
        """True where the statement has this very join: one part of a program may not know that
        another has made it.

        InvalidRequestError where it has one along the same path that is another.
        """
        path = (reference.prop, reference.owner, right)
        made = (spec.isouter, spec.full, criteria)
        other = self._paths.setdefault(path, made)
        if other is made:
            return False
        if other[:2] == made[:2] and len(other[2]) == len(criteria):
            if all(a.compare(b) for a, b in zip(other[2], criteria, strict=True)):
                return True
        name = reference.mapper.class_.__name__
        raise InvalidRequestError(
            f"{reference} is joined twice, in different ways: both would have one name",
            hint=f"join an alias: other = aliased({name}), join({reference}.of_type(other))",
        )

    def _left_of(self, reference: RelationshipReference[Any]) -> tuple[EntityNode, int]:
        """What *reference* starts from, and where in FROM that stands."""
        left = reference.owner
        if self.wholes is not None:
            left = self.wholes.part(left)
        if left.alias is None and not any(
            one is left.selectable or contains(one, left.selectable) for one in self.froms
        ):
            for place, source in enumerate(self.froms):
                made = joined_up(source, left, reference.prop)
                if made is not None:
                    left, self.froms[place] = made
                    return left, place
        return left, self._place_of(left.selectable)

    def _core_join(self, spec: JoinSpec) -> None:
        """A join whose left side and condition Core finds by itself."""
        if not self.froms:
            known = [layout.entity.selectable for layout in self.entities]
            known += [column.table for column in self._plain_columns()]
            source = next((one for one in known if one is not spec.target), None)
            if source is not None and spec.left is None:
                self.froms.append(source)
        core: Any = Select(*(self.columns or ()))._with(
            from_clauses=tuple(self.froms), joins=(spec,)
        )
        # It is of tables already, though a subquery among them may speak of entities within.
        core.memo["core"] = core
        froms = core.get_final_froms()
        kept = [source for source in froms if isinstance(source, Join) or source in self.froms]
        self.froms = kept or froms

    def _plain_columns(self) -> list[Any]:
        return [
            node
            for column in self.columns
            for node in iterate(column)
            if getattr(node, "table", None) is not None
        ]

    def _place_of(self, selectable: FromClause) -> int:
        """Where in FROM *selectable* stands; it is added where it does not."""
        for index, source in enumerate(self.froms):
            if source is selectable or contains(source, selectable):
                return index
        self.froms.append(selectable)
        return len(self.froms) - 1

    # Eager joins ----------------------------------------------------------------------------

    def _join_eagerly(self, core: Select[*tuple[Any, ...]]) -> Any:
        roots = [layout for layout in self.items if isinstance(layout, EntityLayout)]
        wanted = [root for root in roots if self._eager(root, self.chain)]
        for root in roots:
            self._note_later(root, self.chain)
        if not wanted:
            return core
        self.rows_repeat = len(self.items) > 1 or rows_repeat(self.statement, core, wanted[0])
        if self._must_wrap(core, wanted):
            return Wrapping(self, core).plan(wanted)
        order: list[Any] = []
        for root in wanted:
            place = self._place_of(root.entity.selectable)
            self.froms[place] = self.join_below(
                self.froms[place], root, self.chain, order, root.entity
            )
        return core._with(
            raw_columns=tuple(self.columns),
            from_clauses=tuple(self.froms),
            standing=core.standing + self.standing,
            order_by_clauses=(*core.order_by_clauses, *order),
        )

    def _must_wrap(self, core: Select[*tuple[Any, ...]], roots: list[EntityLayout]) -> bool:
        """True where joined rows would be counted by LIMIT, DISTINCT, GROUP BY or the like."""
        limited = any(
            (core.limit_clause is not None, core.offset_clause is not None,
             core.fetch_clause is not None, core.distinct_on, core.group_by_clauses,
             core.extensions)
        )  # fmt: skip
        return limited and any(
            joins_collections(prop, root.tree)
            for root in roots
            for prop in self._eager(root, self.chain)
        )

    def _eager(self, layout: EntityLayout, chain: tuple[Any, ...]) -> list[Any]:
        """The relationships of *layout* that are filled from the same statement."""
        found = []
        for prop in layout.relationships:
            strategy = layout.tree.strategy(prop)
            explicit = layout.tree.names(prop)
            if prop.is_writer:
                refuse_loading(prop, strategy)
            elif not (self.joins and layout.has_columns_of(prop)):
                continue
            elif strategy.takes_given or (strategy.joins and (explicit or may_repeat(prop, chain))):
                found.append(prop)
        return found

    def _note_later(self, layout: EntityLayout, chain: tuple[Any, ...]) -> None:
        for prop in layout.relationships:
            strategy = layout.tree.strategy(prop)
            explicit = layout.tree.names(prop)
            later = strategy.later
            if strategy.joins and not (self.joins and layout.has_columns_of(prop)):
                # The row does not tell which of the classes below it is of: a statement more.
                later = True
            if prop.is_writer:
                refuse_loading(prop, strategy)
            elif later and (
                explicit
                or may_repeat(prop, chain)
                or (strategy.keeps_present and leads_back(prop, chain))
            ):
                layout.later.append(prop)
            elif strategy.fills_empty:
                layout.empty.append(prop)

    def join_below(
        self,
        source: FromClause,
        parent: EntityLayout,
        chain: tuple[Any, ...],
        order: list[Any],
        left: EntityNode,
    ) -> Any:
        """*source* with the eager relationships of *parent* joined; their columns are added."""
        for prop in self._eager(parent, chain):
            related = parent.tree.of(prop)
            tree = parent.tree.below(prop)
            contained = related is not None and related.contained
            if related is not None and contained:
                entity = double_of(contained_entity(prop, related), self.statement)
                layout = self._entity(entity, tree, nullable=True)
            else:
                inner = bool(related and related.arguments and related.arguments[0])
                inner = inner or (related is None and bool(prop.innerjoin))
                # Rows of other classes in the same FROM have no such relationship.
                inner = inner and not parent.nullable and parent.mapper.isa(prop.parent)
                if related is not None and related.entity is not None:
                    entity = related.entity
                elif related is not None and related.kinds:
                    entity = entity_with(prop.mapper, related.kinds, aliased=True)
                else:
                    entity = related_entity(prop)
                criteria = () if related is None else related.criteria
                alias = third_alias_of(prop)
                self.standing += (Standing(entity.selectable, entity, True, True),)
                source = join_related(
                    source,
                    prop,
                    left,
                    entity,
                    outer=not inner,
                    criteria=tuple(
                        through_alias(prop, alias, entity.adapt(self.resolved(one)))
                        for one in criteria
                    ),
                    alias=alias,
                )
                order.extend(
                    through_alias(prop, alias, entity.adapt(clause)) for clause in prop.order_by
                )
                layout = self._entity(entity, tree, nullable=not inner)
            self._note_later(layout, (*chain, prop))
            joined = JoinedLayout(prop, layout)
            parent.joined.append(joined)
            below: Any = Outside(entity, self.outside) if self.outside and contained else entity
            source = self.join_below(source, layout, (*chain, prop), order, below)
        spreading = sum(1 for joined in parent.joined if joined.spreads)
        repeat = self.rows_repeat or parent.number > 0 or spreading > 1
        for joined in parent.joined:
            joined.distinct = repeat or joined.layout.has_collections
        return source


def _is_there(entity: EntityNode, prop: ColumnProperty) -> bool:
    """False for a column that what *entity* is read from lacks: it is loaded later."""
    return not prop.is_column or entity.find(prop.expressions[0]) is not None


_EXPANDED = frozenset(("group_by_clauses", "order_by_clauses", "distinct_on"))


def _expanded(clauses: tuple[Any, ...]) -> tuple[Any, ...]:
    """*clauses* with the columns of entities that are named whole."""
    if not any(isinstance(clause, (EntityNode, Bundle)) for clause in clauses):
        return clauses
    expanded: list[Any] = []
    for clause in clauses:
        if isinstance(clause, EntityNode):
            columns = clause.mapper.columns
            loaded = [key for key in columns.names() if not clause.mapper.named_attrs[key].deferred]
            expanded += [clause.column(columns[key]) for key in loaded]
        elif isinstance(clause, Bundle):
            expanded += clause.flat()
        else:
            expanded.append(clause)
    return tuple(expanded)
