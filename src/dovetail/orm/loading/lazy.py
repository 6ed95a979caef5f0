"""Lazy loading: what is read and not there is loaded, for the peers of its batch too.

The first miss of an attribute in a batch loads that one; the second loads it for a few dozen
peers, each later one for up to a thousand.  A loop over a thousand parents costs three statements.
"""

from collections.abc import Sequence
from typing import Any

from dovetail.conventions import conventions
from dovetail.engine.connection import Connection
from dovetail.exc import InvalidRequestError, LazyLoadError, ObjectDeletedError
from dovetail.orm.loading.related import (
    is_unknown,
    load_keys_steps,
    load_related_steps,
    local_names,
    only_tree,
    reference_key,
    whole_tree,
)
from dovetail.orm.loading.session import LoadCause, LoadingSession
from dovetail.orm.loading.tree import NO_TREE, REFRESH, LoadTree
from dovetail.orm.mapping.attribute import QueryableAttribute
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.mapping.strategies import POLICIES, LazyPolicy, policy_named
from dovetail.orm.tracking.attributes import AttributeBase
from dovetail.orm.tracking.expiry import Whole
from dovetail.orm.tracking.state import NO_VALUE, InstanceState, state_of
from dovetail.steps import Steps

MOST_PASSED = 128
"""After so many peers in a row that lack nothing, the search for those that do ends."""

Pair = tuple[InstanceState, Any]


def load_attribute_steps(
    session: LoadingSession,
    state: InstanceState,
    instance: object,
    attribute: AttributeBase,
) -> Steps[None]:
    """Load *attribute*, which is missing from *instance*, and for peers as the policy says."""
    outer, session.reading = session.reading, (instance, attribute)
    try:
        if attribute.is_relationship:
            yield from _load_relationship_steps(session, state, instance, attribute.prop)
        else:
            yield from _load_columns_steps(session, state, instance, attribute)
    finally:
        session.reading = outer


def load_onto_steps(
    session: LoadingSession,
    mapper: Mapper,
    attribute: QueryableAttribute[Any],
    lacking: Sequence[Pair],
) -> Steps[None]:
    """Load *attribute* for *lacking*, which all have the same identity token."""
    connection = yield from session.connection_for_steps(mapper)
    if attribute.prop.is_relationship:
        yield from load_related_steps(session, connection, attribute.prop, lacking, NO_TREE)
    else:
        names = frozenset((attribute.key,))
        yield from refresh_steps(session, connection, mapper, lacking, names)


def options_of(state: InstanceState) -> LoadTree:
    """The load options that *state* came with."""
    return state.load.options or NO_TREE


# Relationships ------------------------------------------------------------------------------


def _load_relationship_steps(
    session: LoadingSession, state: InstanceState, instance: object, prop: RelationshipProperty
) -> Steps[None]:
    tree = options_of(state)
    strategy = tree.strategy(prop)
    if strategy.fills_empty:
        _set_empty(state, instance, prop)
        return
    if strategy.raises:
        raise LazyLoadError.forbidden(type(instance).__name__, prop.key, strategy.name)
    if prop.refers_by_key and find_reference(session, state, instance, prop, store=True):
        if conventions.keys_expire:
            yield from _reread_steps(session, instance.__dict__[prop.key])
        return
    policy = policy_for(session, tree, strategy.policy)
    peers = _peers(session, state, instance, prop.key, policy)
    connection = yield from session.connection_for_steps(prop.mapper)
    steps = load_related_steps(session, connection, prop, [(state, instance), *peers], tree)
    yield from _caused_steps(session, state, steps)
    if any(is_unknown(state, instance, name) for name in local_names(prop)):
        raise _row_is_gone(state, instance, prop.key)
    if prop.key not in instance.__dict__:
        _set_empty(state, instance, prop)
    elif conventions.keys_expire and prop.refers_by_key:
        yield from _reread_steps(session, instance.__dict__[prop.key])


def _reread_steps(session: LoadingSession, found: object) -> Steps[None]:
    """Read what a reference leads to, or None, again if it has expired as a whole."""
    state = None if found is None else state_of(found)
    if state is not None and type(state.stale) is Whole:
        mapper = state.load.mapper
        connection = yield from session.connection_for_steps(mapper)
        yield from read_whole_steps(session, connection, mapper, [(state, found)], state.stale)


def _caused_steps(session: LoadingSession, state: InstanceState, steps: Steps[None]) -> Steps[None]:
    """Run *steps*, of which those who listen are told that they load what *state* lacks."""
    if session.dispatch.do_orm_execute:
        return session.caused_steps(LoadCause.of_read(state), steps)
    return steps


def policy_for(session: LoadingSession, tree: LoadTree, own: str | None = None) -> LazyPolicy:
    """The policy that holds: the *own* one of the strategy, the statement's, or the session's."""
    if own is None and tree.policy is not None:
        return tree.policy
    name = own or session.lazy_policy
    return POLICIES.get(name) or policy_named(name)


def _set_empty(state: InstanceState, instance: object, prop: RelationshipProperty) -> None:
    if prop.uselist:
        prop.impl.fill(state, instance, ())
    else:
        instance.__dict__[prop.key] = None


def find_reference(
    session: LoadingSession,
    state: InstanceState,
    instance: object,
    prop: RelationshipProperty,
    *,
    store: bool = False,
) -> Any:
    """What a many-to-one *prop* refers to, from the identity map; NO_VALUE where it is not there.

    With *store* the value is written, and the answer tells whether it was found.
    """
    if not prop.refers_by_key:
        return NO_VALUE
    key = reference_key(prop, state, instance)
    if key is NO_VALUE:
        return NO_VALUE
    found = None
    if key is not None:
        related = session.scope.known(prop.mapper, state.load.token).get(key)
        found = None if related is None else related()
        if found is None:
            return NO_VALUE
        if prop.mapper.inherits is not None and not isinstance(found, prop.mapper.class_):
            # The key is that of a row of a sister class.
            found = None
    if store:
        instance.__dict__[prop.key] = found
        return True
    return found


# Columns -----------------------------------------------------------------------------------


def _load_columns_steps(
    session: LoadingSession,
    state: InstanceState,
    instance: object,
    attribute: AttributeBase,
) -> Steps[None]:
    mapper = state.load.mapper
    key = attribute.key
    expired = state.stale or frozenset()
    if key in expired:
        wanted = expired.difference(instance.__dict__)
    else:
        wanted = _deferred_with(mapper, instance, key)
        tree = options_of(state)
        if tree.forbids(mapper.named_attrs[key]):
            raise LazyLoadError.forbidden(type(instance).__name__, key, relationship=False)
    policy = policy_for(session, options_of(state))
    peers = _peers(session, state, instance, key, policy)
    connection = yield from session.connection_for_steps(mapper)
    pairs = [(state, instance), *peers]
    if type(expired) is Whole:
        steps = read_whole_steps(session, connection, mapper, pairs, wanted)
    else:
        steps = refresh_steps(session, connection, mapper, pairs, wanted)
    yield from _caused_steps(session, state, steps)
    if key not in instance.__dict__ and (state.committed is None or key not in state.committed):
        raise _row_is_gone(state, instance, key)


def _row_is_gone(state: InstanceState, instance: object, key: str) -> ObjectDeletedError:
    return ObjectDeletedError(
        f"the row of {type(instance).__name__} {state.identity} is gone: it can't be read again "
        f"for {key!r}",
        hint="it was deleted by another transaction, or by a bulk statement",
    )


def _deferred_with(mapper: Mapper, instance: object, key: str) -> frozenset[str]:
    """*key* and what is loaded together with it: its group, or all that load_only left out."""
    prop = mapper.column_attrs[key]
    if prop.group is not None:
        return frozenset(
            name
            for name, other in mapper.column_attrs.items()
            if other.group == prop.group and name not in instance.__dict__
        )
    return frozenset((key,))


def refresh_steps(
    session: LoadingSession,
    connection: Connection,
    mapper: Mapper,
    pairs: Sequence[Pair],
    names: frozenset[str],
) -> Steps[None]:
    """Read the column attributes *names* of persistent instances again, in one statement."""
    keys = [state.row_key for state, _ in pairs]
    whole = names - mapper.keys_set == refreshed_names(mapper)
    options = options_of(pairs[0][0])
    if options.lasting or options.criteria or (whole and not options.is_empty):
        # What the query gave holds as long as the instances live.
        props = None if whole else frozenset(mapper.named_attrs[name] for name in names)
        tree = options.reading_again(props)
    else:
        tree = NO_TREE if whole else only_tree(mapper, sorted(names))
    loaded = yield from load_keys_steps(session, connection, mapper, keys, tree=tree, chain=REFRESH)
    if len(pairs) == 1 and loaded:
        refuse_other_key(pairs[0][0], pairs[0][1], loaded[0])


def read_whole_steps(
    session: LoadingSession,
    connection: Connection,
    mapper: Mapper,
    pairs: Sequence[Pair],
    names: frozenset[str],
) -> Steps[None]:
    """Read instances that have expired as a whole again, with the column attributes *names*.

    What their statement loaded with them comes back with them: who goes on with what is detached
    next has it.
    """
    keys = [state.row_key for state, _ in pairs]
    options = options_of(pairs[0][0])
    deferred = names - mapper.keys_set - refreshed_names(mapper)
    tree = NO_TREE
    if deferred or not options.is_empty:
        tree = whole_tree(mapper, options, deferred)
    loaded = yield from load_keys_steps(session, connection, mapper, keys, tree=tree)
    if len(pairs) == 1 and loaded:
        refuse_other_key(pairs[0][0], pairs[0][1], loaded[0])


def refuse_other_key(state: InstanceState, instance: object, found: Any) -> None:
    """Raise where the row of *instance* was read as another one's, *found*, for its other key."""
    if found is not instance:
        key = found.__dovetail_state__.identity
        raise InvalidRequestError(
            f"{type(instance).__name__} was given the primary key {state.identity}, and its row "
            f"has {key}: it can't be read again as the same instance",
            hint="give keys as the types of their columns: int(...) for Integer, UUID(...) for "
            "Uuid",
        )


def refreshed_names(mapper: Mapper) -> frozenset[str]:
    """The column attributes that are read again after expiry: all but keys and deferred ones."""
    kept: frozenset[str] | None = mapper.memo.get("refreshed names")
    if kept is None:
        kept = frozenset(
            key
            for key, prop in mapper.column_attrs.items()
            if not prop.deferred and key not in mapper.primary_keys
        )
        mapper.memo["refreshed names"] = kept
    return kept


# Peers ---------------------------------------------------------------------------------------


def _peers(
    session: LoadingSession, state: InstanceState, instance: object, key: str, policy: LazyPolicy
) -> list[Pair]:
    """The peers for which *key* is loaded in the same statement."""
    load = state.load
    touch = None
    if len(load.batch) < 2:
        most = policy.peers[0]
    else:
        touch = load.touched(key, session.epoch)
        most = policy.peers_for(touch.count)
    if most is None:
        raise LazyLoadError.forbidden(
            type(instance).__name__,
            key,
            policy.name,
            relationship=load.mapper.named_attrs[key].is_relationship,
        )
    found: list[Pair] = []
    if most and touch is not None:
        passed = 0
        for peer in load.following(state, touch):
            other = peer() if peer.load is load and peer.row_key is not None else None
            if other is not None and key not in other.__dict__:
                if peer.committed is None or key not in peer.committed:
                    found.append((peer, other))
                    if len(found) >= most:
                        break
                    passed = 0
                    continue
            passed += 1
            if passed > MOST_PASSED:
                break
    return found
