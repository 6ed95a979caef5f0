"""Related instances for many parents at once: one statement for a set, never one for each."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any
from warnings import warn

from dovetail.dialects.dialect import Dialect
from dovetail.engine.connection import Connection
from dovetail.exc import DovetailWarning
from dovetail.orm.loading.joins import (
    aliased_entity,
    entity_with,
    join_related,
    relationship_conditions,
    third_alias_of,
    through_alias,
)
from dovetail.orm.loading.layout import EntityLayout
from dovetail.orm.loading.session import LoadingSession
from dovetail.orm.loading.tree import NO_TREE, REFRESH, LoadTree, tree_with
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.expiry import Whole
from dovetail.orm.tracking.state import NO_VALUE, InstanceState
from dovetail.sql.expression.constructs import tuple_
from dovetail.sql.expression.elements import BindParameter, bindparam
from dovetail.sql.expression.from_clause import Join
from dovetail.sql.expression.select import Select
from dovetail.sql.node import Executable, Walk
from dovetail.steps import Steps

KEYS_PER_STATEMENT = 1000
Pair = tuple[InstanceState, Any]


class KeyedPlan:
    """A plan whose statement is restricted to a list of keys.

    ``names``   the attributes of the instance asked for that make its key
    ``needed``  further ones: where one of them is None, the condition finds nothing
    """

    def __init__(
        self,
        statement: Executable,
        parameter: BindParameter[Any],
        names: Sequence[str],
        dialect: Dialect,
        *,
        tree: LoadTree,
        chain: tuple[Any, ...],
        populate_existing: bool = False,
        needed: tuple[str, ...] = (),
        is_here: bool = False,
    ) -> None:
        walk = Walk()
        statement.collect(walk)
        self.place = next(n for n, bind in enumerate(walk.binds) if bind is parameter)
        self.values = [bind.value for bind in walk.binds]
        self.names = tuple(names)
        self.needed = needed
        self.statement = statement
        self.parameter = parameter
        self.dialect = dialect
        self.tree = tree
        self.chain = chain
        self.populate_existing = populate_existing
        self.is_here = is_here

    @cached_property
    def plan(self) -> Any:
        """The plan of the statement: not made where somebody who listens changes that."""
        walk = Walk()
        self.statement.collect(walk)
        return Mapper.planner.make_plan(
            self.statement,
            walk.binds,
            self.dialect,
            tree=self.tree,
            chain=self.chain,
            populate_existing=self.populate_existing,
            # What is here, and is read again on the way, stays among those it was loaded with.
            keeps_batches=self.tree is NO_TREE or self.tree.reads_again,
            is_here=self.is_here,
        )

    def rows_steps(
        self,
        session: LoadingSession,
        connection: Connection,
        keys: Sequence[Any],
        kind: object = "column",
    ) -> Steps[list[Any]]:
        """Run for *keys*, in parts where they are many; return the rows of all.

        *kind*, "column", "entity" or a relationship, is told to those who listen to statements.
        """
        if session.dispatch.do_orm_execute:
            name = self.parameter.key
            state = session.state_for_load(self.statement, {name: list(keys)}, kind, self.chain)
            if state.answer is not None:
                return _answered(state.answer)
            plan = self
            statement = state.statement
            others = {key: value for key, value in state.parameters.items() if key != name}
            if others:
                statement = statement.params(**others)
            if statement is not self.statement:
                plan = self.changed(statement, is_here=kind == "column")
            steps = plan.found_steps(session, connection, keys)
            found: list[Any] = yield from connection.under_steps(
                state.local_execution_options, steps
            )
            return found
        return (yield from self.found_steps(session, connection, keys))

    def changed(self, statement: Executable, *, is_here: bool) -> "KeyedPlan":
        """The plan of *statement*, made from this one's by somebody who listens.

        Its options hold beside the instructions for the load: criteria restrict what is found.
        """
        statement_before: Any = self.statement
        before = statement_before.loader_options
        added = [one for one in getattr(statement, "loader_options", ()) if one not in before]
        raws = getattr(statement, "raw_columns", ())
        entity = next((raw for raw in raws if isinstance(raw, EntityNode)), None)
        return KeyedPlan(
            statement,
            self.parameter,
            self.names,
            self.dialect,
            tree=tree_with(self.tree, entity, added) if added else self.tree,
            chain=self.chain,
            populate_existing=self.populate_existing,
            is_here=is_here,
        )

    def found_steps(
        self, session: LoadingSession, connection: Connection, keys: Sequence[Any]
    ) -> Steps[list[Any]]:
        """Run for *keys*, without asking anybody."""
        found: list[Any] = []
        for start in range(0, len(keys), KEYS_PER_STATEMENT):
            values = self.values_for(keys[start : start + KEYS_PER_STATEMENT])
            found += yield from self.plan.rows_steps(session, connection, values)
        return found

    def values_for(self, keys: Sequence[Any]) -> list[Any]:
        """The values of the statement for *keys*."""
        values = list(self.values)
        values[self.place] = list(keys)
        return values


def _answered(answer: Iterable[Any]) -> list[Any]:
    """The rows that a listener has answered with: those of one item are instances."""
    once = getattr(answer, "unique", None)
    rows = list(answer if once is None else once())
    return [row[0] if isinstance(row, tuple) and len(row) == 1 else row for row in rows]


def key_condition(columns: Sequence[Any]) -> tuple[Any, Any]:
    """(condition, parameter): *columns* are among a list of keys."""
    if len(columns) == 1:
        parameter = bindparam("keys", expanding=True, type_=columns[0].type)
        return columns[0].in_(parameter), parameter
    row = tuple_(*columns)
    parameter = bindparam("keys", expanding=True, type_=row.type)
    return row.in_(parameter), parameter


# Instances by primary key -----------------------------------------------------------------


def load_keys_steps(
    session: LoadingSession,
    connection: Connection,
    mapper: Mapper,
    keys: Sequence[Any],
    *,
    tree: LoadTree = NO_TREE,
    chain: tuple[Any, ...] = (),
    populate_existing: bool = False,
    kind: object = "column",
) -> Steps[list[Any]]:
    """Load the instances of *mapper* with these primary *keys*; expired ones are refreshed.

    *kind* is that of :meth:`KeyedPlan.rows_steps`.
    """
    # What is read again is here, whatever criteria say of its class.
    is_here = kind == "column" and bool(tree.criteria)
    if not mapper.has_partial_keys:
        plan = keys_plan(connection, mapper, tree, chain, populate_existing, is_here=is_here)
        return (yield from plan.rows_steps(session, connection, keys, kind))
    found: list[Any] = []
    for nulls, own in _by_nulls(keys).items():
        plan = keys_plan(connection, mapper, tree, chain, populate_existing, nulls, is_here=is_here)
        found += yield from plan.rows_steps(session, connection, own, kind)
    return found


def is_partial(key: object) -> bool:
    """True for the key of a row of which a part is NULL."""
    return type(key) is tuple and None in key and any(part is not None for part in key)


def _by_nulls(keys: Sequence[Any]) -> dict[tuple[int, ...], list[Any]]:
    """*keys* by the places where they have None; each is left with its other parts."""
    found: dict[tuple[int, ...], list[Any]] = {}
    for key in keys:
        nulls: tuple[int, ...] = ()
        if is_partial(key):
            nulls = tuple(place for place, part in enumerate(key) if part is None)
            parts = tuple(part for part in key if part is not None)
            key = parts[0] if len(parts) == 1 else parts
        found.setdefault(nulls, []).append(key)
    return found


def keys_plan(
    connection: Connection,
    mapper: Mapper,
    tree: LoadTree = NO_TREE,
    chain: tuple[Any, ...] = (),
    populate_existing: bool = False,
    nulls: tuple[int, ...] = (),
    *,
    is_here: bool = False,
) -> KeyedPlan:
    """The plan that selects instances of *mapper* by a list of primary keys.

    The columns of the key at the places *nulls* are NULL; the keys come without them.
    """
    plans = connection.plans
    place = ("keys", mapper, tree, chain, populate_existing, nulls, is_here)
    plan: KeyedPlan | None = plans.get(place)
    if plan is None:
        entity = mapper.plain_entity if chain is REFRESH else mapper.node
        columns = [entity.column(column) for column in mapper.primary_key]
        known = [column for place, column in enumerate(columns) if place not in nulls]
        condition, parameter = key_condition(known)
        empty = [columns[place].is_(None) for place in nulls]
        statement: Any = Select(entity).where(condition, *empty)
        plan = KeyedPlan(
            statement,
            parameter,
            mapper.primary_keys,
            connection.dialect,
            tree=tree,
            chain=chain,
            populate_existing=populate_existing,
            is_here=is_here,
        )
        plans.put(place, plan)
    return plan


def complete_steps(
    session: LoadingSession,
    connection: Connection,
    layout: EntityLayout,
    kind: Any,
    pairs: Sequence[Pair],
) -> Steps[None]:
    """Load what *pairs*, loaded by *layout*, have besides as instances of *kind*."""
    names = [
        key
        for key, prop in kind.column_attrs.items()
        if key not in layout.mapper.column_attrs and layout.tree.completes(prop)
    ]
    wanted = frozenset(names)
    keys = [state.row_key for state, instance in pairs if not wanted <= instance.__dict__.keys()]
    if keys:
        tree = only_tree(kind, names)
        yield from load_keys_steps(session, connection, kind, keys, tree=tree, chain=REFRESH)


# Instances by relationship ----------------------------------------------------------------


def load_related_steps(
    session: LoadingSession,
    connection: Connection,
    prop: RelationshipProperty,
    parents: Sequence[Pair],
    tree: LoadTree,
    chain: tuple[Any, ...] = (),
    *,
    afresh: bool = False,
) -> Steps[None]:
    """Load relationship *prop* for all *parents*; *tree* has the options of the parents' entity.

    With *afresh* the related instances that are here are overwritten by their rows.
    """
    below = tree.below(prop).apart()
    related = tree.of(prop)
    if session.chooses_bind:
        own = yield from session.connection_beside_steps(connection, prop.parent)
        connection = yield from session.connection_beside_steps(connection, prop.mapper)
    else:
        own = connection
    parents = yield from _with_local_values_steps(session, own, prop, parents)
    if prop.refers_by_key and not (
        related and (related.criteria or related.entity or related.kinds)
    ):
        is_restricted = bool(chain and below.criteria) and _restricts(tree, below, prop)
        is_asked = is_restricted or afresh or (below.goes_on and not tree.repeats(prop))
        yield from _load_by_key_steps(
            session, connection, prop, parents, below, chain, afresh, is_asked, is_restricted
        )
    else:
        yield from _load_by_rows_steps(
            session, connection, prop, parents, tree, below, chain, afresh
        )


def _restricts(tree: LoadTree, below: LoadTree, prop: RelationshipProperty) -> bool:
    """True where criteria say which of the instances here belong to what *prop* loads eagerly.

    ``immediate`` is a lazy load done at once, which takes what is here as that does.
    """
    return not tree.strategy(prop).keeps_present and any(
        option.concerns(mapper)
        for option in below.criteria
        for mapper in prop.mapper.self_and_descendants
    )


def _with_local_values_steps(
    session: LoadingSession,
    connection: Connection,
    prop: RelationshipProperty,
    parents: Sequence[Pair],
) -> Steps[Sequence[Pair]]:
    """*parents*, those refreshed first whose own side of the join has expired."""
    mapper = prop.parent
    names = local_names(prop)
    expired: dict[LoadTree, list[Any]] = {}
    left_out: list[Any] = []
    for state, instance in parents:
        if state.row_key is None or not any(is_unknown(state, instance, name) for name in names):
            continue
        if state.stale is None:
            left_out.append(state.row_key)
        else:
            options: LoadTree = state.load.options or NO_TREE
            tree = NO_TREE if options.is_empty else options.reading_again(None)
            expired.setdefault(tree, []).append(state.row_key)
    for tree, keys in expired.items():
        # What is read again is read whole: the rest will be asked for as well.
        yield from load_keys_steps(session, connection, mapper, keys, tree=tree, chain=REFRESH)
    if left_out:
        tree = only_tree(mapper, names)
        yield from load_keys_steps(session, connection, mapper, left_out, tree=tree)
    return parents


def only_tree(mapper: Mapper, names: Sequence[str]) -> LoadTree:
    """The instruction to load the attributes *names* alone, kept so that its plan is kept."""
    place = ("only", tuple(names))
    tree: LoadTree | None = mapper.memo.get(place)
    if tree is None:
        tree = LoadTree()
        tree.only = frozenset(mapper.named_attrs[name] for name in names)
        mapper.memo[place] = tree
    return tree


def whole_tree(mapper: Mapper, options: LoadTree, deferred: frozenset[str]) -> LoadTree:
    """The instruction to read instances again as *options* say, and what of them is *deferred*.

    Kept with the options, or with the mapper where there are none, so that its plan is kept.
    """
    if not options.is_empty:
        return options.reading_whole(frozenset(mapper.named_attrs[name] for name in deferred))
    place = ("whole", deferred)
    tree: LoadTree | None = mapper.memo.get(place)
    if tree is None:
        props = frozenset(mapper.named_attrs[name] for name in deferred)
        tree = mapper.memo[place] = LoadTree().reading_whole(props)
    return tree


def local_names(prop: RelationshipProperty) -> tuple[str, ...]:
    """The parent's attributes by whose values related rows are found."""
    kept: tuple[str, ...] | None = prop.__dict__.get("local_names")
    return _find_local_names(prop) if kept is None else kept


def _find_local_names(prop: Any) -> tuple[str, ...]:
    condition = prop.condition
    keys = prop.parent.column_keys
    if not (condition.is_plain or prop.secondary is not None):
        names: tuple[str, ...] = prop.parent.primary_keys
    elif prop.secondary is not None:
        names = tuple(keys[source] for source, _ in condition.synchronize_pairs)
    else:
        names = tuple(keys[local] for local, _ in condition.pairs)
    prop.local_names = names
    return names


def local_key(instance: object, names: tuple[str, ...]) -> Any:
    """The values of *names*, one alone or a tuple; None where one of them is NULL."""
    values = instance.__dict__
    if len(names) == 1:
        return values.get(names[0])
    key = tuple([values.get(name) for name in names])
    return None if None in key else key


def is_unknown(state: InstanceState, instance: object, name: str) -> bool:
    """True where column attribute *name* must be read from the row to be known.

    One that is neither held, nor expired, nor left out of the load was never set on a new
    instance: its INSERT wrote NULL.
    """
    if name in instance.__dict__:
        return False
    stale = state.stale
    if stale is not None and (name in stale or type(stale) is Whole):
        return True
    tree: LoadTree = state.load.options or NO_TREE
    return not tree.loads_column(state.load.mapper.named_attrs[name])


def reference_key(prop: RelationshipProperty, state: InstanceState, instance: object) -> Any:
    """The primary key that a many-to-one *prop* refers to; None for none, NO_VALUE if unknown."""
    names = key_names(prop)
    for name in names:
        if is_unknown(state, instance, name):
            return NO_VALUE
    return local_key(instance, names)


def key_names(prop: Any) -> tuple[str, ...]:
    """The parent's attributes in the order of the related primary key."""
    kept: tuple[str, ...] | None = prop.__dict__.get("key_names")
    if kept is None:
        places = prop.mapper.key_places
        by_place = {places[remote]: local for local, remote in prop.condition.pairs}
        kept = tuple(prop.parent.column_keys[by_place[n]] for n in range(len(by_place)))
        prop.key_names = kept
    return kept


def _load_by_key_steps(
    session: LoadingSession,
    connection: Connection,
    prop: RelationshipProperty,
    parents: Sequence[Pair],
    below: LoadTree,
    chain: tuple[Any, ...],
    afresh: bool,
    is_asked: bool,
    is_restricted: bool,
) -> Steps[None]:
    """Many to one: what the identity map has needs no query, unless it *is_asked* for.

    Where criteria restrict what is loaded, the statement alone tells what there is.
    """
    names = key_names(prop)
    identity = session.scope.identity(prop.mapper)
    # A key may be that of a row of a sister class.
    is_part = prop.mapper.inherits is not None
    missing: dict[Any, None] = {}
    # Held here, so that what is found stays alive until it is assigned.
    found: dict[Any, Any] = {}
    for _, instance in parents:
        key = local_key(instance, names)
        if key is None or key in found or key in missing:
            continue
        state = identity.get(key)
        related = None if state is None else state()
        if related is not None and not is_restricted:
            is_other = is_part and not isinstance(related, prop.mapper.class_)
            found[key] = None if is_other else related
        if related is None or is_asked:
            missing[key] = None
    if missing:
        source = session.row_source
        if source is not None and below is NO_TREE and source.keeps(session, prop.mapper):
            plan = keys_plan(connection, prop.mapper, chain=chain)
            loaded = yield from source.entities_steps(
                session, connection, prop.mapper, plan, list(missing)
            )
        else:
            loaded = yield from load_keys_steps(
                session,
                connection,
                prop.mapper,
                list(missing),
                tree=below,
                chain=chain,
                populate_existing=afresh,
                kind=prop,
            )
        for related in loaded:
            found[related.__dovetail_state__.row_key] = related
        unfound = [key for key in missing if key not in found]
        if unfound and loaded and not _are_numbers([*unfound, *found]):
            equal = _equal_keys_steps(session, connection, prop, unfound, below, chain)
            found.update((yield from equal))
    attribute = prop.key
    for state, instance in parents:
        values = instance.__dict__
        if attribute not in values and not (state.committed and attribute in state.committed):
            key = local_key(instance, names)
            values[attribute] = None if key is None else found.get(key)


def _are_numbers(keys: Sequence[Any]) -> bool:
    return all(key.__class__ is int for key in keys)


def _equal_keys_steps(
    session: LoadingSession,
    connection: Connection,
    prop: RelationshipProperty,
    keys: Sequence[Any],
    below: LoadTree,
    chain: tuple[Any, ...],
) -> Steps[dict[Any, Any]]:
    """What has keys that the server takes for equal to *keys*, though Python does not.

    "A" is "a" by a collation, "1" is 1 by a conversion.
    """
    found: dict[Any, Any] = {}
    options: dict[str, Any] = {"tree": below, "chain": chain, "kind": prop}
    together = yield from load_keys_steps(session, connection, prop.mapper, keys, **options)
    if together:
        for key in keys:
            alone = yield from load_keys_steps(session, connection, prop.mapper, [key], **options)
            if alone:
                found[key] = alone[0]
    return found


def _load_by_rows_steps(
    session: LoadingSession,
    connection: Connection,
    prop: RelationshipProperty,
    parents: Sequence[Pair],
    tree: LoadTree,
    below: LoadTree,
    chain: tuple[Any, ...],
    afresh: bool,
) -> Steps[None]:
    plans = connection.plans
    place = ("related", prop, tree, below, chain, afresh)
    plan: KeyedPlan | None = plans.get(place)
    if plan is None:
        plan = related_plan(prop, tree, below, chain, connection.dialect, afresh)
        plans.put(place, plan)
    keys: dict[Any, list[Pair]] = {}
    for pair in parents:
        key = local_key(pair[1], plan.names)
        if plan.needed and None in [pair[1].__dict__.get(name, key) for name in plan.needed]:
            key = None
        if key is None:
            _assign(prop, pair, ())
            continue
        try:
            keys.setdefault(key, []).append(pair)
        except TypeError:
            # The value of a type that makes lists or dictionaries: no key of a dictionary.
            rows = yield from plan.rows_steps(session, connection, [key], prop)
            found = {id(row[-1]): row[-1] for row in rows}
            _assign(prop, pair, list(found.values()))
    if not keys:
        return
    rows = yield from plan.rows_steps(session, connection, list(keys), prop)
    groups: dict[Any, list[Any]] = {key: [] for key in keys}
    try:
        if len(plan.names) == 1:
            for key, related in rows:
                groups[key].append(related)
        else:
            for *parts, related in rows:
                groups[tuple(parts)].append(related)
    except KeyError:
        # The server takes keys for equal that are not in Python: "A" and "a", or "1" and 1.
        for key in keys:
            rows = yield from plan.rows_steps(session, connection, [key], prop)
            groups[key] = [row[-1] for row in rows]
    if prop.condition.others:
        # Rows of further tables may find a related row more than once.
        groups = {
            key: list({id(one): one for one in found}.values()) for key, found in groups.items()
        }
    for key, pairs in keys.items():
        for pair in pairs:
            _assign(prop, pair, groups[key])


def _assign(prop: RelationshipProperty, pair: Pair, related: Sequence[Any]) -> None:
    state, instance = pair
    if prop.key in instance.__dict__:
        return
    if prop.uselist:
        prop.impl.fill(state, instance, related)
        return
    if len(related) > 1:
        warn(
            f"{prop} refers to one row, and {len(related)} were found for {instance!r}; "
            "the first is taken",
            DovetailWarning,
            stacklevel=2,
        )
    instance.__dict__[prop.key] = related[0] if related else None


def related_plan(
    prop: RelationshipProperty,
    tree: LoadTree,
    below: LoadTree,
    chain: tuple[Any, ...],
    dialect: Dialect,
    afresh: bool,
) -> KeyedPlan:
    """The plan that selects (key of the parent, related instance) for a list of keys."""
    option = tree.of(prop)
    target: EntityNode = prop.aim
    if option is not None and option.entity is not None:
        target = option.entity
    elif option is not None and option.kinds:
        target = entity_with(prop.mapper, option.kinds, aliased=False)
    criteria = () if option is None else option.criteria
    condition = prop.condition
    needed: tuple[str, ...] = ()
    statement: Any
    # A third table that is a join may have the related table in it: that is another row of it.
    alias = third_alias_of(prop) if isinstance(prop.secondary, Join) else None
    if prop.secondary is not None and condition.is_plain and alias is None:
        columns = [through for _, through in condition.synchronize_pairs]
        _, second = relationship_conditions(prop, prop.parent.node, target)
        statement = Select(*columns, target).select_from(target.selectable)
        statement = statement.join(prop.secondary, second)
    elif prop.secondary is None and condition.is_plain:
        columns = [target.column(remote) for _, remote in condition.pairs]
        statement = Select(*columns, target)
    else:
        parent = aliased_entity(prop.parent)
        columns = [parent.column(prop.parent.columns[name]) for name in local_names(prop)]
        source = join_related(parent.selectable, prop, parent, target, outer=False, alias=alias)
        statement = Select(*columns, target).select_from(source)
        needed = _needed_names(prop)
    restriction, parameter = key_condition(columns)
    statement = statement.where(restriction, *criteria)
    if prop.order_by:
        order = [through_alias(prop, alias, target.adapt(clause)) for clause in prop.order_by]
        statement = statement.order_by(*order)
    return KeyedPlan(
        statement,
        parameter,
        local_names(prop),
        dialect,
        tree=below,
        chain=chain,
        populate_existing=afresh,
        needed=needed,
    )


def _needed_names(prop: RelationshipProperty) -> tuple[str, ...]:
    """The parent's attributes that the condition of *prop* sets equal to a related column."""
    if prop.secondary is not None:
        return ()
    own = 1 if prop.is_many_to_one else 0
    keys = prop.parent.column_keys
    return tuple(keys[pair[own]] for pair in prop.condition.synchronize_pairs if pair[own] in keys)
