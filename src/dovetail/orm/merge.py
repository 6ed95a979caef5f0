"""Merging: the state of an instance copied onto the session's own instance of the same row."""

from collections.abc import Iterable, Sequence
from typing import Any

from dovetail.exc import InvalidRequestError, UnmappedInstanceError
from dovetail.orm.loading.options import LoaderOption
from dovetail.orm.tracking.state import InstanceState, Load, new_state, state_of
from dovetail.steps import Steps

Merged = dict[Any, Any]
"""What is done: by state the merged instance, by (state, relationship) the way it was met."""


def merge_all_steps(
    session: Any, instances: Iterable[Any], load: bool, options: Sequence[LoaderOption]
) -> Steps[list[Any]]:
    """Flush, then merge *instances*; what is half done meanwhile is not flushed."""
    if load:
        yield from session.autoflush_steps()
    merged: Merged = {}
    results = []
    with session.no_autoflush:
        for instance in instances:
            copy = yield from merge_steps(session, instance, merged, load=load, options=options)
            results.append(copy)
    return results


def merge_steps(
    session: Any,
    instance: Any,
    merged: Merged,
    *,
    load: bool = True,
    options: Sequence[LoaderOption] = (),
) -> Steps[Any]:
    """The session's instance of the row of *instance*, with its values; *merged* has those done."""
    if isinstance(instance, type):
        raise UnmappedInstanceError(instance)
    state = state_of(instance)
    done = merged.get(state)
    if done is not None:
        return done
    if state.session is session and not state.load.deleted:
        merged[state] = instance
        return instance
    mapper = state.load.mapper
    mapper.configure()
    key = state.key if state.key is not None else mapper.key_of(instance)
    target = None if key is None else session.find(mapper, key)
    if target is None and not load:
        return (yield from _place_steps(session, state, instance, merged))
    if key is not None and (target is None or target.__dovetail_state__.expired is not None):
        if load:
            target = yield from session.get_steps(mapper, key, options=options)
    is_new = target is None
    if target is None:
        target = mapper.class_.__new__(mapper.class_)
        new_state(target, mapper)
        session.add(target)
    merged[state] = target
    if target is not instance:
        yield from _copy_steps(session, mapper, instance, target, merged, load, is_new)
    return target


def _copy_steps(
    session: Any, mapper: Any, source: Any, target: Any, merged: Merged, load: bool, is_new: bool
) -> Steps[None]:
    state = state_of(source)
    values = source.__dict__
    present = target.__dict__
    for key in mapper.column_attrs.names():
        if key in values and mapper.attrs[key].is_column:
            mapper.attributes[key].set(target, values[key])
    for key, prop in mapper.relationships.items():
        if key not in values or "merge" not in prop.cascade:
            continue
        if any((state, reverse) in merged for reverse in prop.reverse_properties):
            # The way back: the other side sets it.
            continue
        for item in _held(prop, values[key]):
            merged[state_of(item), prop] = True
        if prop.uselist:
            items = list(prop.impl.kind.items(values[key]))
            if load:
                yield from _preload_steps(session, prop.mapper, items)
            copies = []
            for item in items:
                copies.append((yield from merge_steps(session, item, merged, load=load)))
            if prop.key not in present and not is_new:
                yield from session.load_steps(target, [getattr(mapper.class_, key)])
            prop.impl.set(target, prop.impl.make_plain(copies))
        elif values[key] is None:
            if not is_new or load:
                prop.impl.set(target, None)
        else:
            copy = yield from merge_steps(session, values[key], merged, load=load)
            if target.__dict__.get(key) is not copy:
                prop.impl.set(target, copy)


def _held(prop: Any, value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    held: Iterable[Any] = prop.impl.kind.items(value) if prop.uselist else (value,)
    return held


def _preload_steps(session: Any, mapper: Any, items: Iterable[Any]) -> Steps[None]:
    """Load what *items* are to be merged onto in one statement, not one by one."""
    keys = []
    for item in items:
        state = state_of(item)
        key = state.key if state.key is not None else mapper.key_of(item)
        if key is not None and state.session is not session and session.find(mapper, key) is None:
            keys.append(key)
    if len(keys) > 1:
        connection = yield from session.connection_for_steps(mapper)
        # Held by the caller's frame until each is found in the identity map.
        session._merging = yield from session.load_keys_steps(connection, mapper, keys)


def _place_steps(session: Any, state: InstanceState, instance: Any, merged: Merged) -> Steps[Any]:
    """``load=False``: a persistent instance with the values of *instance*, without a query."""
    mapper = state.load.mapper
    if state.key is None:
        raise InvalidRequestError(
            f"merge(load=False) takes instances that have a row; {instance!r} has none",
            hint="use merge(), or add()",
        )
    if state.committed:
        raise InvalidRequestError(
            f"merge(load=False) takes unchanged instances; {instance!r} has pending changes",
            hint="use merge()",
        )
    target = mapper.class_.__new__(mapper.class_)
    own = new_state(target, mapper)
    own.key = state.key
    own.load = Load(mapper, session.scope, state.load.options)
    own.load.batch.append(own)
    own.expired = state.expired
    session.scope.identity(mapper)[own.key] = own
    merged[state] = target
    values = instance.__dict__
    for key in mapper.column_attrs.names():
        if key in values:
            target.__dict__[key] = values[key]
    for key, prop in mapper.relationships.items():
        if key not in values or "merge" not in prop.cascade:
            continue
        if prop.uselist:
            items = []
            for item in prop.impl.kind.items(values[key]):
                items.append((yield from merge_steps(session, item, merged, load=False)))
            prop.impl.fill(own, target, items)
        elif values[key] is None:
            target.__dict__[key] = None
        else:
            target.__dict__[key] = yield from merge_steps(session, values[key], merged, load=False)
    return target
