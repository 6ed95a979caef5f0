"""The loader options of a statement, sorted by entity and attribute."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from dovetail.orm.loading.options import Entry, LoaderOption
from dovetail.orm.mapping.attribute import EntityNode, table_columns
from dovetail.orm.mapping.pickling import Packed, slots_of
from dovetail.orm.mapping.polymorphic import kinds_below
from dovetail.orm.mapping.properties import ColumnProperty
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.mapping.strategies import DEFAULT, STRATEGIES, LazyPolicy, LoaderStrategy
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.traversal import replace

V = TypeVar("V")


class LoadTree(Packed):
    """How the attributes of one entity are to be loaded, and what lies below its relationships.

    Attributes are known by their properties: classes of one hierarchy may have different ones
    of the same name.

    ``related``    instructions by relationship; ``default_related`` for all others here,
                   ``default_everywhere`` for all others here and below
    ``only``       columns to load, None for all; ``deferred`` and ``undeferred`` change that;
                   "*" is every column
    ``forbidden``  columns whose reading is an error while they are not loaded
    ``expressions``  what query expressions hold
    ``lasting``    those that can be read again for an instance alone
    ``reads_again``  True where it is for instances that stay among those they were loaded with
    ``stays``      True where what is loaded later comes from the shard of the instance
    ``policy``     how what is not loaded is loaded when it is touched; None: as the session says
    ``criteria``   what restricts classes wherever they are met from here on
    ``completed``  mappers of classes below whose columns are loaded with a statement more
    """

    __slots__ = (
        "again", "combined", "completed", "criteria", "default_everywhere", "default_related",
        "deferred", "expressions", "forbidden", "groups", "inherited", "lasting", "only", "policy",
        "reads_again", "related", "stays", "undeferred",
    )  # fmt: skip

    def __init__(self) -> None:
        self.completed: tuple[Any, ...] = ()
        self.criteria: tuple[Any, ...] = ()
        self.inherited: dict[Any, LoadTree] = {}
        self.related: dict[Any, RelatedLoad] = {}
        self.default_related: LoaderStrategy | None = None
        self.default_everywhere: LoaderStrategy | None = None
        self.only: frozenset[Any] | None = None
        self.deferred: frozenset[Any] = frozenset()
        self.undeferred: frozenset[Any] = frozenset()
        self.groups: frozenset[str] = frozenset()
        self.forbidden: frozenset[Any] = frozenset()
        self.expressions: dict[Any, Any] = {}
        self.lasting: dict[Any, Any] = {}
        self.policy: LazyPolicy | None = None
        self.reads_again = False
        self.stays = False
        self.again: dict[Any, LoadTree] = {}
        self.combined: dict[LoadTree, LoadTree] = {}

    def state_to_pickle(self) -> Any:
        """The state of this, as ``pickle`` has it for slots."""
        return slots_of(self, {"again": {}, "combined": {}, "inherited": {}})

    @property
    def is_empty(self) -> bool:
        """True when there are no instructions."""
        return not (
            self.related
            or self.default_related
            or self.default_everywhere
            or self.only is not None
            or self.deferred
            or self.undeferred
            or self.groups
            or self.criteria
            or self.completed
            or self.expressions
            or self.policy
            or self.stays
        )

    @property
    def goes_on(self) -> bool:
        """True when an option loads something from here on: instances that are here are met too."""
        return any(
            (related.strategy is not None and related.strategy.eager) or related.tree.goes_on
            for related in self.related.values()
        )

    @property
    def governs_reads(self) -> bool:
        """True when an option says what becomes of a read of what is not loaded."""
        named = [related.strategy for related in self.related.values()]
        return bool(self.forbidden) or any(
            strategy is not None and strategy.on_read
            for strategy in (*named, self.default_related, self.default_everywhere)
        )

    def over(self, before: "LoadTree") -> "LoadTree":
        """These instructions for an instance that came with others *before*, which go on to hold
        where these say nothing; kept, so that the plans made for them are found again."""
        if before is NO_TREE or before is self:
            return self
        found = self.combined.get(before)
        if found is not None:
            return found
        both = LoadTree()
        for name in LoadTree.__slots__:
            if name not in _KEPT:
                setattr(both, name, getattr(self, name) or getattr(before, name))
        # What is said of all relationships is said of those that were named before, too.
        is_of_all = self.default_related or self.default_everywhere
        earlier = {} if is_of_all else before.related
        both.related = {**earlier, **self.related}
        for prop, related in self.related.items():
            if related.strategy is None and prop in earlier:
                both.related[prop] = earlier[prop]
        both.forbidden = self.forbidden | before.forbidden
        both.deferred = self.deferred | before.deferred
        both.expressions = {**before.expressions, **self.expressions}
        both.lasting = {**before.lasting, **self.lasting}
        if len(self.combined) >= MOST_COMBINED:
            self.combined.clear()
        self.combined[before] = both
        both.combined[before] = both.combined[self] = both
        return both

    def repeats(self, prop: RelationshipProperty) -> bool:
        """True when ``recursion_depth`` repeats the instruction for *prop*: there may be loops."""
        found = self.of(prop)
        return found is not None and found.depth is not None

    def at(self, prop: RelationshipProperty) -> "RelatedLoad":
        """The instructions for relationship *prop*, made when there are none."""
        found = self.related.get(prop)
        if found is None:
            found = self.related[prop] = RelatedLoad()
        return found

    def of(self, prop: RelationshipProperty) -> "RelatedLoad | None":
        """The instructions for relationship *prop*, or for what it overrides."""
        return _for(self.related, prop) if self.related else None

    def names(self, prop: RelationshipProperty) -> bool:
        """True when an option says how relationship *prop* is loaded."""
        found = self.of(prop)
        return found is not None and found.strategy is not None

    def strategy(self, prop: RelationshipProperty) -> LoaderStrategy:
        """How relationship *prop* is loaded: by option, wildcard, or mapping."""
        found = self.of(prop)
        if found is not None and found.strategy is not None:
            return found.strategy
        mapped: LoaderStrategy = prop.loading
        return self.default_related or self.default_everywhere or mapped

    def below(self, prop: RelationshipProperty) -> "LoadTree":
        """The instructions for the entity that relationship *prop* leads to."""
        tree = self._below(prop)
        if (
            (self.criteria and not tree.criteria)
            or (self.policy and not tree.policy)
            or (self.stays and not tree.stays)
        ):
            if tree is NO_TREE:
                tree = self.inherited.setdefault(prop, LoadTree())
            tree.criteria = self.criteria
            tree.policy = self.policy
            tree.stays = self.stays
        return tree

    def _below(self, prop: RelationshipProperty) -> "LoadTree":
        found = self.of(prop)
        if found is None:
            if self.default_everywhere is None:
                return NO_TREE
            found = self.at(prop)
        # Kept, so that the plans made for it are found again.
        tree = found.below(prop)
        tree.default_everywhere = tree.default_everywhere or self.default_everywhere
        return tree

    def loads_column(self, prop: Any) -> bool:
        """True when column property *prop* is loaded with its instance."""
        if prop.group is not None and prop.group in self.groups:
            return True
        if self.undeferred and _among(self.undeferred, prop):
            return True
        if self.deferred and _among(self.deferred, prop):
            return False
        if self.only is not None:
            return _among(self.only, prop)
        if "*" in self.deferred:
            return False
        return not prop.deferred or "*" in self.undeferred

    def completes(self, prop: Any) -> bool:
        """True when *prop* is loaded where what classes below have is loaded as a whole."""
        if self.deferred and _among(self.deferred, prop):
            return False
        return not prop.deferred or _among(self.undeferred, prop)

    def brings(self, prop: RelationshipProperty) -> bool:
        """True when a statement has a column for *prop*: it is loaded, or given an expression."""
        return prop in self.expressions or self.loads_column(prop)

    def source(self, prop: ColumnProperty) -> Any:
        """The column or expression that *prop* is loaded from."""
        return self.expressions.get(prop, prop.expressions[0])

    def forbids(self, prop: Any) -> bool:
        """True when reading column property *prop* is an error while it is not loaded."""
        if "*" in self.forbidden or _among(self.forbidden, prop):
            return True
        # What an option defers without raiseload may be read, whatever its mapping says.
        if not prop.raiseload or _among(self.undeferred, prop):
            return False
        return not _among(self.deferred, prop)

    def reading_again(self, props: frozenset[Any] | None) -> "LoadTree":
        """The instruction to load the columns *props*, and the expressions given here.

        None stands for all that were loaded: those that are mapped so, and those that are not
        deferred here.  It is kept, so that the plans made for it are found again.
        """
        tree = self.again.get(props)
        if tree is None:
            tree = self.again[props] = LoadTree()
            tree.reads_again = True
            tree.only = props
            tree.expressions = tree.lasting = self.lasting
            # They hold in the subqueries of column properties.
            tree.criteria = self.criteria
            if props is None:
                tree.undeferred, tree.groups = self._loaded_besides(), self.groups
        return tree

    def _loaded_besides(self) -> frozenset[Any]:
        """What was loaded here though it may be deferred: ``load_only()`` names it, too."""
        return self.undeferred | (self.only or frozenset())

    def reading_whole(self, deferred: frozenset[Any]) -> "LoadTree":
        """The instruction to load what was loaded, relationships too, and what is *deferred*.

        Relationships are loaded as the instructions here say, or as they are mapped.  It is kept,
        too.
        """
        place = ("whole", deferred)
        tree = self.again.get(place)
        if tree is None:
            tree = self.again[place] = LoadTree()
            tree.reads_again = True
            tree.undeferred = self._loaded_besides() | deferred
            tree.groups = self.groups
            tree.expressions = tree.lasting = self.lasting
            asked = self.apart()
            tree.related, tree.stays = asked.related, asked.stays
            tree.default_related = asked.default_related
            tree.default_everywhere = asked.default_everywhere
            tree.criteria, tree.policy = asked.criteria, asked.policy
        return tree

    def apart(self) -> "LoadTree":
        """These instructions for another statement than the one that they were given with.

        It has nothing for what ``contains_eager()`` took from that, which is loaded as it is
        mapped.  Kept, so that the plans made for it are found again.
        """
        if not self.related or not any(one.takes_given for one in self.related.values()):
            return self
        tree = self.again.get(LoadTree.apart)
        if tree is None:
            tree = self.again[LoadTree.apart] = LoadTree()
            for name in LoadTree.__slots__:
                if name not in _KEPT:
                    setattr(tree, name, getattr(self, name))
            tree.related = {prop: related.apart() for prop, related in self.related.items()}
        return tree

    def add(self, entry: Entry, path: tuple[Any, ...]) -> None:
        """Take up *entry*, whose remaining path from here is *path*."""
        if not path:
            self._add_columns(entry)
        elif isinstance(path[0], str):
            self.default_related = STRATEGIES[entry.strategy]
        else:
            step = path[0]
            related = self.at(step.prop)
            self._note_target(related, step)
            if getattr(step, "criteria", ()):
                related.criteria = step.criteria
            strategy = STRATEGIES.get(entry.strategy)
            if len(path) == 1 and strategy is not None:
                if strategy is not DEFAULT:
                    related.arguments = entry.arguments or related.usual_arguments(strategy)
                    related.strategy = strategy
            else:
                related.tree.add(entry, path[1:])

    @staticmethod
    def _note_target(related: "RelatedLoad", step: Any) -> None:
        """Note what ``of_type()`` said about where *step* leads."""
        target = getattr(step, "target_entity", None)
        if target is None:
            return
        step.prop.parent.configure()
        mapper = step.prop.mapper
        if target.alias is None and target.mapper is not mapper:
            # All related instances are loaded, those of the class with all that they have.
            kinds = kinds_below(mapper, (target.mapper,))
            related.kinds = tuple(dict.fromkeys((*related.kinds, *kinds)))
        else:
            related.entity = target

    def _add_columns(self, entry: Entry) -> None:
        if entry.strategy == "selectin_polymorphic":
            self.completed = tuple(dict.fromkeys((*self.completed, *entry.arguments)))
            return
        if entry.strategy == "undefer_group":
            self.groups |= {entry.arguments[0]}
            return
        if entry.strategy == "expression":
            attribute, expression = entry.arguments
            self.expressions = {**self.expressions, attribute.prop: expression}
            lasting = _of_class(attribute.owner, expression)
            if lasting is not None:
                self.lasting = {**self.lasting, attribute.prop: lasting}
            return
        *attributes, forbid = entry.arguments
        props = frozenset(item if isinstance(item, str) else item.prop for item in attributes)
        if entry.strategy == "load_only":
            self.only = props if self.only is None else self.only | props
        elif entry.strategy == "defer":
            self.deferred |= props
            self.undeferred -= props
        else:
            self.undeferred |= props
            self.deferred -= props
        if forbid:
            self.forbidden |= {"*"} if entry.strategy == "load_only" else props


def _for(instructions: Mapping[Any, V], prop: RelationshipProperty) -> V | None:
    """The one of *instructions* for *prop*, or for the property of a class above it overrides."""
    found = instructions.get(prop)
    if found is None:
        for mapper in prop.parent.iterate_to_root():
            found = instructions.get(mapper.named_attrs.get(prop.key))
            if found is not None:
                break
    return found


def _among(props: frozenset[Any], prop: RelationshipProperty) -> bool:
    """True where *prop* is one of *props*, or overrides one in a class below."""
    return prop in props or any(
        mapper.named_attrs.get(prop.key) in props for mapper in prop.parent.iterate_to_root()
    )


_KEPT = frozenset(("again", "combined", "inherited"))
MOST_COMBINED = 32
"""So many sets of instructions are kept combined with others that came before."""


class RelatedLoad(Packed):
    """Instructions for one relationship: how, with what, and what lies below."""

    __slots__ = ("arguments", "criteria", "deeper", "entity", "kinds", "strategy", "tree")

    def __init__(self) -> None:
        self.strategy: LoaderStrategy | None = None
        self.arguments: tuple[Any, ...] = ()
        self.entity: EntityNode | None = None
        self.kinds: tuple[Any, ...] = ()
        self.criteria: tuple[Any, ...] = ()
        self.tree = LoadTree()
        self.deeper: LoadTree | None = None

    def state_to_pickle(self) -> Any:
        """The state of this, as ``pickle`` has it for slots."""
        return slots_of(self, {"deeper": None})

    def below(self, prop: RelationshipProperty) -> LoadTree:
        """What holds for the related instances; ``recursion_depth`` repeats this instruction."""
        depth = self.depth
        if depth is None or depth == 0:
            return self.tree
        if self.deeper is None:
            self.deeper = LoadTree()
            self.deeper.only = self.tree.only
            self.deeper.deferred = self.tree.deferred
            self.deeper.expressions = self.tree.expressions
            self.deeper.lasting = self.tree.lasting
            self.deeper.related = {**self.tree.related, prop: self._repeated(depth)}
        return self.deeper

    def usual_arguments(self, strategy: LoaderStrategy) -> tuple[Any, ...]:
        """The arguments of *strategy* where an option has none: for what stands in the rows of the
        statement, those of an option before.
        """
        if not strategy.takes_given:
            return ()
        return self.arguments if self.contained else (None,)

    @property
    def depth(self) -> int | None:
        """How often this instruction goes on below itself; None where it was not said."""
        if self.strategy is None or not self.strategy.repeats or not self.arguments:
            return None
        depth: int | None = self.arguments[0]
        return depth

    @property
    def contained(self) -> bool:
        """True where ``contains_eager()`` says how to load this."""
        return self.strategy is not None and self.strategy.takes_given

    @property
    def takes_given(self) -> bool:
        """True where ``contains_eager()`` says how to load this, or something below."""
        return self.contained or any(related.takes_given for related in self.tree.related.values())

    def apart(self) -> "RelatedLoad":
        """These instructions for another statement: see :meth:`LoadTree.apart`."""
        other = RelatedLoad()
        if not self.contained:
            other.strategy, other.arguments = self.strategy, self.arguments
            other.entity = self.entity
        other.kinds, other.criteria = self.kinds, self.criteria
        other.tree = self.tree.apart()
        return other

    def _repeated(self, depth: int) -> "RelatedLoad":
        if depth < 0:
            return self
        again = RelatedLoad()
        again.strategy = self.strategy
        again.arguments = (depth - 1, *self.arguments[1:])
        again.tree = self.tree
        return again


REFRESH: tuple[Any, ...] = ("refresh",)
"""The chain of loads that read columns again: what is eager by mapping is not loaded with them."""

NO_TREE = LoadTree()
"""No instructions: everything as it is mapped."""


def tree_for(entity: EntityNode, options: Iterable[LoaderOption]) -> LoadTree:
    """The instructions of *options* that concern *entity*."""
    tree = LoadTree()
    for option in options:
        for entry in getattr(option, "entries", ()):
            root = option.root if option.root is not None else _root_of(entry)
            if root is None and entry.path == ("*",):
                tree.default_everywhere = STRATEGIES[entry.strategy]
            elif root is None or _is(root, entity):
                tree.add(entry, entry.path)
    tree.criteria = tuple(option for option in options if _restricts_loads(option))
    for option in options:
        instruct = getattr(option, "instruct", None)
        if instruct is not None:
            instruct(tree)
    return NO_TREE if tree.is_empty else tree


def tree_with(
    before: LoadTree, entity: EntityNode | None, options: Sequence[LoaderOption]
) -> LoadTree:
    """The instructions *before*, and those of *options* that concern *entity*."""
    more = NO_TREE if entity is None else tree_for(entity, options)
    if more is NO_TREE or before is NO_TREE:
        return before if more is NO_TREE else more
    both = more.over(before)
    both.criteria = (*before.criteria, *more.criteria)
    return both


def _of_class(entity: EntityNode, expression: ColumnElement[Any]) -> Any:
    """*expression* over *entity* as one over the class itself; None where there is none."""
    if entity.alias is None:
        return expression
    if not entity.is_plain_alias:
        return None
    alias, table = entity.selectable, entity.mapper.local_table

    def place(node: Any) -> Any:
        return table.c[node.key] if getattr(node, "table", None) is alias else None

    return replace(table_columns(expression), place)


def _restricts_loads(option: object) -> bool:
    return bool(getattr(option, "propagate_to_loaders", False) and hasattr(option, "conditions"))


def astray_entity(option: LoaderOption, entities: Iterable[EntityNode]) -> EntityNode | None:
    """The entity at which *option* starts, if it is none of *entities*."""
    for entry in getattr(option, "entries", ()):
        root = option.root if option.root is not None else _root_of(entry)
        if root is not None and not any(_is(root, entity) for entity in entities):
            return root
    return None


def _root_of(entry: Entry) -> EntityNode | None:
    for step in (*entry.path, *entry.arguments):
        found: EntityNode | None = getattr(step, "owner", None)
        if isinstance(found, EntityNode):
            return found
        if isinstance(step, str):
            return None
    return None


def _is(root: EntityNode, entity: EntityNode) -> bool:
    if root.alias is None and entity.alias is None:
        return root.mapper.base is entity.mapper.base
    return root is entity or root.within is entity or getattr(entity, "original", None) is root
