"""Keys that change, and the rows that refer to them: those follow.

The database hands a new key on, where its foreign keys say ON UPDATE CASCADE: what is in memory
is changed alike, without a statement.  With ``passive_updates=False`` the flush writes the rows
that refer to the key, and loads those of collections first that are not in memory.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dovetail.orm.flush.cascade import held_by, load_missing_steps
from dovetail.orm.flush.changes import Changes, Pair
from dovetail.orm.flush.key_expressions import settle_key_steps
from dovetail.orm.flush.session import FlushingSession
from dovetail.orm.flush.sync import OldValues, association_names, pairs_of
from dovetail.orm.loading.lazy import refresh_steps
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.state import NO_VALUE, InstanceState
from dovetail.sql.expression.coercion import stands_for_sql
from dovetail.steps import Steps

_ABSENT = object()


class Role:
    """A foreign key: by which attributes instances of ``holder`` refer to those of a mapper.

    ``pairs``        (attribute referred to, attribute that refers, how to write it)
    ``collections``  relationships to the holders
    ``references``   relationships from the holders
    ``written``      the flush writes what follows; else the database does
    """

    __slots__ = ("collections", "holder", "pairs", "references", "sources", "targets", "written")

    def __init__(self, holder: Mapper, pairs: list[tuple[str, str, Any]]) -> None:
        self.holder = holder
        self.pairs = pairs
        self.sources = tuple(source for source, _, _ in pairs)
        self.targets = tuple(target for _, target, _ in pairs)
        self.collections: list[Any] = []
        self.references: list[Any] = []
        self.written = False

    def key(self, instance: object) -> tuple[Any, ...]:
        """The values by which *instance* refers to others; those that have expired are absent."""
        values = instance.__dict__
        return tuple([values.get(name, _ABSENT) for name in self.targets])


class Followed:
    """What follows the instances of one mapper: foreign keys, and rows of third tables.

    ``sources``       attributes that are referred to
    ``associations``  many-to-many relationships whose rows the flush writes
    """

    __slots__ = ("associations", "roles", "sources")

    def __init__(self, mapper: Mapper) -> None:
        roles: dict[Any, Role] = {}
        for prop in mapper.named_relationships.values():
            if not (prop.viewonly or prop.is_many_to_one or prop.secondary is not None):
                _role(roles, prop.mapper, prop).collections.append(prop)
        for other in mapper.registry.mappers:
            for prop in other.named_relationships.values():
                is_here = issubclass(mapper.class_, prop.mapper.class_)
                if is_here and prop.is_many_to_one and not prop.viewonly:
                    _role(roles, other, prop).references.append(prop)
        self.roles = [role for role in roles.values() if role.pairs]
        self.associations = [
            prop
            for prop in mapper.named_relationships.values()
            if prop.secondary is not None and not (prop.viewonly or prop.passive_updates)
        ]
        sources = {name for role in self.roles for name in role.sources}
        for prop in self.associations:
            sources.update(association_names(prop)[0])
        self.sources = frozenset(sources)


def _role(roles: dict[Any, Role], holder: Mapper, prop: RelationshipProperty) -> Role:
    pairs = pairs_of(prop)
    place = (holder, frozenset((source, target) for source, target, _ in pairs))
    role = roles.get(place)
    if role is None:
        role = roles[place] = Role(holder, pairs)
    # In its own table a row is written even so: not every database hands a key on in there.
    is_own = holder is prop.parent and holder is prop.mapper
    by_database = prop.passive_updates and not (is_own and holder.keys_set.isdisjoint(role.targets))
    role.written = role.written or not by_database
    return role


def followed_of(mapper: Mapper) -> Followed:
    """What follows the instances of *mapper*; found once, and again when there are more mappers."""
    memo: dict[Any, Any] = mapper.registry.memo
    kept: Followed | None = memo.get(("followed", mapper))
    if kept is None:
        mapper.registry.configure()
        kept = memo["followed", mapper] = Followed(mapper)
    return kept


class Follower(NamedTuple):
    """An instance that refers by *role* to one whose key changes, and the key it refers to."""

    role: Role
    state: InstanceState
    instance: Any
    old: tuple[Any, ...]


class Moves:
    """The instances whose keys a flush changes, and those that follow.

    ``old``      what was referred to before
    ``written``  the followers whose rows the flush writes
    """

    def __init__(self) -> None:
        self.old: OldValues = {}
        self.written: dict[InstanceState, Any] = {}
        self._followers: dict[InstanceState, list[Follower]] = {}

    def note(self, mover: InstanceState, follower: Follower) -> None:
        """Let *follower* follow when the row of *mover* has been written."""
        self._followers.setdefault(mover, []).append(follower)
        if follower.role.written:
            self.written[follower.state] = follower.instance

    def apply(self, context: Any, movers: Iterable[InstanceState]) -> None:
        """The rows of *movers* have been written: hand their new keys to those that follow."""
        waiting = list(movers)
        for mover in waiting:
            for follower in self._followers.pop(mover, ()):
                now = follower.role.key(follower.instance)
                if _ABSENT not in now and now != follower.old:
                    # It refers to another one by now.
                    continue
                source = mover().__dict__
                if follower.role.written:
                    for name, _, assign in follower.role.pairs:
                        assign(follower.instance, source.get(name))
                else:
                    _follow_in_memory(context, follower, source)
                    waiting.append(follower.state)

    def unwritten(
        self, changed: Callable[..., Any], written: Mapping[Any, Any]
    ) -> dict[Any, dict[InstanceState, Any]]:
        """By mapper, the followers that were handed a key after their rows had been written."""
        found: dict[Any, dict[InstanceState, Any]] = {}
        for state, instance in self.written.items():
            mapper = state.load.mapper
            if state.committed and changed(mapper, state, instance, written.get(state)):
                found.setdefault(mapper, {})[state] = instance
        return found


def _follow_in_memory(context: Any, follower: Follower, source: dict[str, Any]) -> None:
    """The database has changed the row of *follower*: so are its values, and its identity."""
    state, values = follower.state, follower.instance.__dict__
    mapper = state.load.mapper
    committed = state.committed or {}
    for name, target, _ in follower.role.pairs:
        for held in (values, committed):
            if target in held:
                held[target] = source.get(name)
    if not mapper.keys_set.isdisjoint(follower.role.targets):
        new = dict(zip(mapper.primary_keys, mapper.key_tuple(state.row_key), strict=True))
        new.update((target, source.get(name)) for name, target, _ in follower.role.pairs)
        key = mapper.key_from_tuple(tuple(new[name] for name in mapper.primary_keys))
        switch_key(context, mapper, state, key)
    if context.transaction.nested:
        context.transaction.dirty.add(state)


def switch_key(context: Any, mapper: Mapper, state: InstanceState, new: object) -> None:
    """The row of *state* has the key *new* by now; a rollback restores the old one."""
    old = state.row_key
    if new == old:
        return
    context.transaction.switched.setdefault(state, old)
    with context.core.scope.at(state.load.token):
        identity = context.core.scope.identity(mapper)
    if identity.get(old) is state:
        del identity[old]
    state.row_key = new
    identity[new] = state


# Before anything is written -------------------------------------------------------------------


def find_moves_steps(session: FlushingSession, changes: Changes) -> Steps[Moves | None]:
    """Find whose keys change, and what follows; None where no key does."""
    waiting: dict[InstanceState, tuple[Any, dict[str, Any]]] = {}
    for own in changes.mappers.values():
        if own.updates and (sources := followed_of(own.mapper).sources):
            is_kept = sources.isdisjoint
            for state, instance in own.updates.items():
                if state.committed is not None and not is_kept(state.committed):
                    if not own.mapper.keys_set.isdisjoint(state.committed):
                        with session.scope.at(state.load.token):
                            connection = yield from session.connection_for_steps(own.mapper)
                        yield from settle_key_steps(connection, own.mapper, (state, instance))
                    old = _old_values(own.mapper, state, instance)
                    if old:
                        waiting[state] = (instance, old)
    if not waiting:
        return None
    moves = Moves()
    while waiting:
        by_mapper: dict[Any, list[Pair]] = {}
        for state, (instance, old) in waiting.items():
            moves.old.setdefault(state, {}).update(old)
            by_mapper.setdefault(state.load.mapper, []).append((state, instance))
        waiting = {}
        for mapper, movers in by_mapper.items():
            further = yield from _note_followers_steps(session, changes, moves, mapper, movers)
            waiting.update(further)
    return moves


def _note_followers_steps(
    session: FlushingSession, changes: Changes, moves: Moves, mapper: Mapper, movers: list[Pair]
) -> Steps[dict[InstanceState, tuple[Any, dict[str, Any]]]]:
    """Note what follows *movers*; return those of them that others follow in their turn."""
    further: dict[InstanceState, tuple[Any, dict[str, Any]]] = {}
    followed = followed_of(mapper)
    for prop in followed.associations:
        concerned = _concerned(movers, association_names(prop)[0], moves.old)
        yield from _load_by_old_steps(session, prop, concerned, moves.old)
    for role in followed.roles:
        concerned = _concerned(movers, role.sources, moves.old)
        for prop in role.collections if concerned else ():
            if not prop.passive_updates:
                yield from _load_by_old_steps(session, prop, concerned, moves.old)
        if concerned and not all(prop.passive_updates for prop in role.references):
            yield from _load_expired_keys_steps(session, role, concerned)
        for mover, follower in _followers(session, role, concerned, moves.old) if concerned else ():
            if role.written and changes.is_deleted(follower.state):
                continue
            moves.note(mover, follower)
            old = _old_of_follower(follower, moves.old[mover])
            if old.keys() - moves.old.get(follower.state, {}).keys():
                further[follower.state] = (follower.instance, old)
            if role.written or old:
                changes.touch(follower.instance, follower.state)
    return further


def _concerned(movers: list[Pair], names: Iterable[str], old: OldValues) -> list[Pair]:
    """Those of *movers* that change one of the attributes *names*."""
    return [one for one in movers if not old[one[0]].keys().isdisjoint(names)]


def _old_values(mapper: Mapper, state: InstanceState, instance: object) -> dict[str, Any]:
    """What others refer to of *instance*, as far as it changes."""
    committed, values = state.committed or {}, instance.__dict__
    found = {}
    for name in followed_of(mapper).sources & committed.keys():
        old, new = committed[name], values.get(name)
        if old is not None and old is not NO_VALUE and not stands_for_sql[type(new)]:
            if old != new:
                found[name] = old
    return found


def _old_of_follower(follower: Follower, old: dict[str, Any]) -> dict[str, Any]:
    """What others refer to of *follower*, as far as it changes because it follows."""
    sources = followed_of(follower.state.load.mapper).sources
    return {
        target: old[source]
        for source, target, _ in follower.role.pairs
        if source in old and target in sources
    }


def _load_by_old_steps(
    session: FlushingSession, prop: RelationshipProperty, movers: Iterable[Pair], old: OldValues
) -> Steps[None]:
    """Load *prop* where it is not loaded, by the keys that the rows have still."""
    new: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for state, instance in movers:
        values = instance.__dict__
        new.append((values, {name: values.get(name) for name in old[state]}))
        values.update(old[state])
    try:
        yield from load_missing_steps(session, prop, movers)
    finally:
        for values, restored in new:
            values.update(restored)


def _load_expired_keys_steps(
    session: FlushingSession, role: Role, movers: Iterable[Pair]
) -> Steps[None]:
    """Read by what the holders in memory refer to *movers*, where it has expired."""
    for token in {state.load.token for state, _ in movers}:
        lacking: dict[tuple[Mapper, frozenset[str]], list[Pair]] = {}
        for state in session.scope.known(role.holder, token).values():
            instance = state()
            if isinstance(instance, role.holder.class_):
                names = frozenset(role.targets).difference(instance.__dict__)
                if names:
                    lacking.setdefault((state.load.mapper, names), []).append((state, instance))
        for (mapper, names), pairs in lacking.items():
            with session.scope.at(token):
                connection = yield from session.connection_for_steps(mapper)
                yield from refresh_steps(session, connection, mapper, pairs, names)


def _followers(
    session: FlushingSession, role: Role, movers: list[Pair], old: OldValues
) -> Iterator[tuple[InstanceState, Follower]]:
    """The instances in memory that refer to *movers* by *role*."""
    by_key: dict[tuple[Any, ...], InstanceState] = {}
    by_instance: dict[int, InstanceState] = {}
    for state, instance in movers:
        by_key[_old_key(role, state, instance, old)] = state
        by_instance[id(instance)] = state
    members = {
        id(item): state
        for prop in role.collections
        for state, instance in movers
        for item in held_by(prop, instance)
    }
    tokens = {state.load.token for state, _ in movers}
    found = [session.scope.known(role.holder, token).values() for token in tokens]
    for state in [state for states in found for state in states]:
        instance = state()
        if not isinstance(instance, role.holder.class_):
            continue
        key = role.key(instance)
        mover = by_key.get(key)
        if mover is None and role.written and _ABSENT in key:
            # Its key has expired: it is told by what it is related to.
            mover = members.get(id(instance))
            for prop in role.references if mover is None else ():
                for one in held_by(prop, instance):
                    mover = by_instance.get(id(one), mover)
        if mover is not None and (role.written or _is_in_row(role, state, key)):
            yield mover, Follower(role, state, instance, key)


def _old_key(role: Role, state: InstanceState, instance: object, old: OldValues) -> tuple[Any, ...]:
    before = {**instance.__dict__, **old[state]}
    return tuple([before.get(name) for name in role.sources])


def _is_in_row(role: Role, state: InstanceState, key: tuple[Any, ...]) -> bool:
    """True where the row of *state* has *key* already, so that the database changes it."""
    committed = state.committed or {}
    return all(
        committed.get(name, value) == value for name, value in zip(role.targets, key, strict=True)
    )
