"""Merging: the state of an instance copied onto the session's own instance of the same row."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from dovetail.codegen import Source, compile_function
from dovetail.engine.connection import Connection
from dovetail.exc import InvalidRequestError, StaleDataError, UnmappedInstanceError
from dovetail.orm.flush.session import FlushingSession
from dovetail.orm.loading.options import LoaderOption
from dovetail.orm.loading.telling import LoadContext
from dovetail.orm.loading.tree import NO_TREE, LoadTree
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.expiry import forget_changes, refuse_lost, still_expired
from dovetail.orm.tracking.placement import itself
from dovetail.orm.tracking.state import InstanceState, Load, Scope, forget, new_state, state_of
from dovetail.steps import Steps

MOST_PEERS = 1000
"""So many copies share a load; then a new one begins, and the old one can go."""

Merged = dict[Any, Any]


class MergingSession(FlushingSession, Protocol):
    """The session into which instances are merged.

    ``placement``  what ``merge(load=False)`` keeps from one instance to the next
    """

    transaction: Any
    placement: Any

    @property
    def no_autoflush(self) -> AbstractContextManager[Any]: ...
    def add(self, instance: object, _warn: bool = True) -> None: ...
    def at_token_steps(self, token: object, steps: Steps[Any]) -> Steps[Any]: ...
    def note_writing(self) -> None: ...
    def begin_on_change(self) -> None: ...
    def find(self, mapper: Mapper, key: object) -> Any: ...
    def get_steps(
        self, mapper: Mapper, key: object, *, options: Sequence[LoaderOption] = ()
    ) -> Steps[Any]: ...
    def load_keys_steps(
        self, connection: Connection, mapper: Mapper, keys: Sequence[Any]
    ) -> Steps[list[Any]]: ...
    def load_steps(self, instances: object, attributes: Sequence[Any]) -> Steps[Any]: ...


"""What is done: by state the merged instance, by (state, relationship) the way it was met."""


def merge_all_steps(
    session: MergingSession, instances: Iterable[Any], load: bool, options: Sequence[LoaderOption]
) -> Steps[list[Any]]:
    """Flush, then merge *instances*; what is half done meanwhile is not flushed."""
    if not load:
        return place_all(session, instances)
    session.note_writing()
    yield from session.autoflush_steps()
    merged: Merged = {}
    results = []
    with session.no_autoflush:
        for instance in instances:
            copy = yield from merge_steps(session, instance, merged, options=options)
            results.append(copy)
    return results


def merge_steps(
    session: MergingSession,
    instance: Any,
    merged: Merged,
    options: Sequence[LoaderOption] = (),
) -> Steps[Any]:
    """The session's instance of the row of *instance*, with its values; *merged* has those done."""
    if isinstance(instance, type):
        raise UnmappedInstanceError(instance)
    instance = itself(instance)
    state = state_of(instance)
    done = merged.get(state)
    if done is not None:
        return done
    if state.core is session and not state.load.deleted:
        merged[state] = instance
        return instance
    mapper = state.load.mapper
    mapper.configure()
    token = state.load.token
    if token is not None and token != session.scope.token:
        steps = merge_steps(session, instance, merged, options)
        return (yield from session.at_token_steps(token, steps))
    key = state.row_key if state.row_key is not None else mapper.key_of(instance)
    target = None if key is None else merged.get((mapper.base, key)) or session.find(mapper, key)
    if key is not None and (target is None or target.__dovetail_state__.stale is not None):
        target = yield from session.get_steps(mapper, key, options=options)
    if target is not None and not isinstance(target, mapper.class_):
        raise InvalidRequestError(
            f"{instance!r} can't be merged: its key is that of {target!r}, of another class",
            hint="a row keeps its class: delete the old one, flush, and add the new one",
        )
    is_new = target is None
    if target is None:
        refuse_lost(state, instance, "merge")
        target = mapper.class_.__new__(mapper.class_)
        new_state(target, mapper)
        session.add(target)
        if key is not None:
            # Others of the same key are meant for the same row.
            merged[mapper.base, key] = target
    merged[state] = target
    if not is_new:
        _hand_on_options(session, state, target.__dovetail_state__, merged)
    if target is not instance:
        yield from _copy_steps(session, mapper, instance, target, merged, is_new)
    if is_new:
        # It was not constructed: what does without __init__ is what rows make, too.
        context = LoadContext(session, target.__dovetail_state__.load)
        for call in mapper.class_manager.dispatch.load:
            call(target, context)
    return target


def _says_nothing(options: LoadTree | None) -> bool:
    """True where *options*, of a load, hold no instructions."""
    return options is None or options is NO_TREE or options.is_empty


def _hand_on_options(
    session: MergingSession, state: InstanceState, target: InstanceState, merged: Merged
) -> None:
    """Let *target* load what it lacks by the options of *state*, where it has none of its own.

    Criteria that *state* was loaded with hold for the instance that takes its place.
    """
    before, given = target.load, state.load
    if _says_nothing(given.options) or not _says_nothing(before.options):
        return
    load = merged.get((given, before))
    if load is None:
        load = merged[given, before] = Load(before.mapper, session.scope, given.options)
        load.user_options = given.user_options
    load.batch.append(target)
    target.load = load


def _copy_steps(
    session: MergingSession,
    mapper: Any,
    source: object,
    target: object,
    merged: Merged,
    is_new: bool,
) -> Steps[None]:
    state = state_of(source)
    values = source.__dict__
    present = target.__dict__
    if mapper.version_key is not None and not is_new:
        _check_version(mapper, source, target)
    for key in mapper.column_attrs.names():
        if key in values and mapper.named_attrs[key].is_column and key not in mapper.only_read:
            mapper.attributes[key].set(target, values[key])
    for key, prop in mapper.named_relationships.items():
        if key not in values or "merge" not in prop.cascade:
            continue
        if state.row_key is None and _is_unsaid(prop, values[key]):
            continue
        if any((state, reverse) in merged for reverse in prop.reverse_properties):
            # The way back: the other side sets it.
            continue
        for item in _held(prop, values[key]):
            merged[state_of(item), prop] = True
        lacks = not is_new and not prop.is_many_to_one and key not in present
        if lacks and (prop.uselist or values[key] is not None):
            # What it has is needed to replace it, and others may be merged onto some of that.
            yield from session.load_steps(target, [getattr(mapper.class_, key)])
        if prop.uselist:
            items = list(prop.impl.kind.items(values[key]))
            yield from _preload_steps(session, merged, prop.mapper, items)
            copies = []
            for item in items:
                copies.append((yield from merge_steps(session, item, merged)))
            prop.impl.set(target, copies if prop.is_writer else prop.impl.make_plain(copies))
        elif values[key] is None:
            prop.impl.set(target, None)
        else:
            copy = yield from merge_steps(session, values[key], merged)
            if target.__dict__.get(key) is not copy:
                prop.impl.set(target, copy)


def _check_version(mapper: Mapper, source: object, target: object) -> None:
    """Refuse to merge *source* onto a row that has another version."""
    assert mapper.version_key is not None
    expected = source.__dict__.get(mapper.version_key)
    found = getattr(target, mapper.version_key)
    if expected is not None and found is not None and expected != found:
        error = StaleDataError(
            f"{source!r} has version {expected!r}, and its row has version {found!r}: somebody "
            "else has changed it",
            hint=f"leave {mapper.version_key} unset to merge onto the row as it is now",
        )
        error.instance, error.expected, error.found = source, expected, found
        raise error


def _is_unsaid(prop: RelationshipProperty, value: object) -> bool:
    """True for a collection that is empty because nobody has given any: it was merely read."""
    return prop.uselist is True and not value and bool(getattr(value, "is_implicit", False))


def _held(prop: RelationshipProperty, value: object) -> Iterable[Any]:
    if value is None:
        return ()
    held: Iterable[Any] = prop.impl.kind.items(value) if prop.uselist else (value,)
    return held


def _preload_steps(
    session: MergingSession, merged: Merged, mapper: Mapper, items: Iterable[Any]
) -> Steps[None]:
    """Load what *items* are to be merged onto in one statement, not one by one."""
    keys = []
    for item in items:
        state = state_of(item)
        key = state.row_key if state.row_key is not None else mapper.key_of(item)
        if key is not None and state.core is not session and session.find(mapper, key) is None:
            keys.append(key)
    if len(keys) > 1:
        connection = yield from session.connection_for_steps(mapper)
        # Held until the merge ends: each is found in the identity map meanwhile.
        rows = yield from session.load_keys_steps(connection, mapper, keys)
        merged.setdefault(_preload_steps, []).append(rows)


# Without a query ----------------------------------------------------------------------------------


def place_all(session: MergingSession, instances: Iterable[Any]) -> list[Any]:
    """``load=False``: the session's instances of the rows of *instances*, with their values."""
    if session.transaction is None:
        session.begin_on_change()
    placement: Placement | None = session.placement
    if placement is None or placement.scope is not session.scope:
        placement = session.placement = Placement(session.scope)
    placement.listener = session if session.dispatch.listening else None
    try:
        return [placement.place(instance) for instance in instances]
    finally:
        placement.placed.clear()
        placement.listener = None


class Placement:
    """Puts copies of instances that have rows into a session, as if they had been loaded.

    ``placed``  copies by the state of their originals, where relationships lead on
    ``kinds``   by mapper: what makes copies, and the load in which they are peers of each other
    ``listener``  the session, where somebody listens to what comes into it
    """

    __slots__ = ("kinds", "listener", "placed", "scope")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.listener: Any = None
        self.placed: dict[InstanceState, Any] = {}
        self.kinds: dict[Any, tuple[Copier, tuple[Any, ...], Load]] = {}

    def place(self, instance: Any) -> Any:
        """The session's instance of the row of *instance*, with the values it has in memory."""
        try:
            source: InstanceState = instance.__dovetail_state__
            key = source.row_key
        except AttributeError:
            # A class, or what is not mapped, or an instance that nobody has looked at yet.
            raise _unfit(instance) from None
        load = source.load
        if key is None:
            raise _unfit(instance)
        if load.scope is self.scope and not load.deleted:
            return instance
        if source.committed:
            raise _unfit(instance)
        kind = self.kinds.get(load.mapper)
        if (
            kind is None
            or kind[2].options is not load.options
            or kind[2].token != load.token
            or len(kind[2].batch) >= MOST_PEERS
        ):
            kind = self._kind(load)
        copy, related, own_load = kind
        state = own_load.identity.get(key)  # type: ignore[union-attr]
        target = None if state is None else state()
        if target is not None:
            target = self._place_on(target, instance, source, related)
            if load.mapper.class_manager.dispatch.refresh:
                self._tell_again(target, instance, target.__dovetail_state__.load)
            return target
        if not related:
            target = copy(instance, source, own_load)
        else:
            target = self.placed.get(source)
            if target is not None:
                return target
            target = self.placed[source] = copy(instance, source, own_load)
            self._place_related(related, instance, target)
        if self.listener is not None or load.mapper.class_manager.dispatch.load:
            self._tell(target, own_load)
        return target

    def _tell(self, target: object, load: Load) -> None:
        session = load.scope.reference()  # type: ignore[union-attr]
        for name in ("before_attach", "after_attach", "detached_to_persistent"):
            session.announce(name, target)
        for call in load.mapper.class_manager.dispatch.load:
            call(target, LoadContext(session, load))

    def _tell_again(self, target: object, instance: object, load: Load) -> None:
        """Tell whose values were replaced: a value that can be changed belongs to *target* too."""
        session = load.scope.reference()  # type: ignore[union-attr]
        held = instance.__dict__
        names = {name for name in load.mapper.column_attrs.names() if name in held}
        for call in load.mapper.class_manager.dispatch.refresh:
            call(target, LoadContext(session, load), names)

    def _kind(self, load: Load) -> tuple["Copier", tuple[Any, ...], Load]:
        mapper = load.mapper
        kept: tuple[Copier, tuple[Any, ...]] | None = mapper.memo.get("copier")
        if kept is None:
            mapper.configure()
            related = [
                prop for prop in mapper.named_relationships.values() if "merge" in prop.cascade
            ]
            kept = mapper.memo["copier"] = (make_copier(mapper), tuple(related))
        copy, placed = kept
        with self.scope.at(load.token):
            own = Load(mapper, self.scope, load.options)
        found = self.kinds[mapper] = (copy, placed, own)
        return found

    def _place_on(
        self, target: Any, instance: object, source: InstanceState, related: Iterable[Any]
    ) -> Any:
        """Give *target*, which is in the session, the values of *instance* as if read again."""
        if source in self.placed:
            return target
        self.placed[source] = target
        state = target.__dovetail_state__
        if state.committed is not None or state.extra is not None:
            state.committed = None
            forget_changes(state)
            self.scope.modified.pop(state, None)
        held, values = instance.__dict__, target.__dict__
        for name in source.load.mapper.column_attrs.names():
            if name in held:
                values[name] = held[name]
        if state.stale is not None:
            state.stale = still_expired(state.stale, (), held) or None
        self._place_related(related, instance, target)
        return target

    def _place_related(self, related: Iterable[Any], instance: object, target: Any) -> None:
        held, values = instance.__dict__, target.__dict__
        for prop in related:
            if prop.key not in held:
                continue
            value = held[prop.key]
            if prop.uselist:
                items = [self.place(item) for item in prop.impl.kind.items(value)]
                values.pop(prop.key, None)
                prop.impl.fill(target.__dovetail_state__, target, items)
            else:
                values[prop.key] = None if value is None else self.place(value)


Copier = Callable[[Any, InstanceState, Load], Any]


def make_copier(mapper: Mapper) -> Copier:
    """The function ``copy(instance, source, load)``: a new instance of the row, of that *load*."""
    source = Source(f"copy {mapper.class_.__qualname__}")
    class_ = mapper.class_
    source.use("Class", class_)
    source.use("State", InstanceState)
    source.use("forget", forget)
    source.use("set_state", mapper.set_state)
    source.use("new", class_.__new__)
    with source.block("def copy(instance, source, load):"):
        source.line("copied = new(Class)")
        source.line("held = instance.__dict__")
        source.line("values = copied.__dict__")
        for name in mapper.column_attrs.names():
            with source.block(f"if {name!r} in held:"):
                source.line(f"values[{name!r}] = held[{name!r}]")
        source.line("state = State(copied, forget)")
        source.line("state.row_key = key = source.row_key")
        source.line("state.load = load")
        source.line("state.committed = state.extra = None")
        source.line("state.stale = source.stale")
        source.line("set_state(copied, state)")
        source.line("load.identity[key] = state")
        source.line("load.batch.append(state)")
        source.line("return copied")
    return compile_function(source, "copy")


def _unfit(instance: object) -> InvalidRequestError:
    if isinstance(instance, type):
        raise UnmappedInstanceError(instance)
    if state_of(instance).row_key is None:
        return InvalidRequestError(
            f"merge(load=False) takes instances that have a row; {instance!r} has none",
            hint="use merge(), or add()",
        )
    return InvalidRequestError(
        f"merge(load=False) takes unchanged instances; {instance!r} has pending changes",
        hint="use merge()",
    )
