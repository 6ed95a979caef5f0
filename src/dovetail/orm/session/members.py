"""The members of a session: which instances it has, and as what. Nothing here sends SQL."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal
from warnings import warn

from dovetail.conventions import conventions
from dovetail.event import Dispatch
from dovetail.exc import (
    DovetailDeprecationWarning,
    InvalidRequestError,
    UnmappedInstanceError,
)
from dovetail.identity_set import IdentitySet
from dovetail.orm.loading.source import RowSource
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.attributes import AttributeBase
from dovetail.orm.tracking.expiry import Whole, expire_names, make_expirer, refuse_lost
from dovetail.orm.tracking.identity import IdentityMap
from dovetail.orm.tracking.reach import (
    NO_CASCADES,
    cascaded,
    cascading,
    members_of,
    taken_away,
)
from dovetail.orm.tracking.references import warn_of_change
from dovetail.orm.tracking.state import (
    InstanceState,
    Load,
    Scope,
    mark_modified,
    state_of,
)
from dovetail.steps import Steps

Rows = dict[InstanceState, Any]


class SessionMembers:
    """Which instances a session has, and as what: new, persistent, modified, deleted.

    The first base class of the core; the others send SQL.
    """

    scope: Scope
    autoflush: bool | Literal["overlap"]
    dispatch: Dispatch
    transaction: Any = None
    row_source: RowSource | None = None
    """A second-level cache, or None: see ``dovetail.ext.cache``."""

    placement: Any = None
    """What ``merge(load=False)`` keeps from one instance to the next."""

    reference: Callable[[], Any]
    """The session, which its core has a weak reference to."""

    epoch = 0
    """How many transactions have ended."""

    hash_key: int
    """A number that no other session of this process has."""

    info: dict[Any, Any]
    """A dictionary of the user's."""

    @property
    def session(self) -> Any:
        """The session, which its core has a weak reference to; None when it is gone."""
        return self.reference()

    # What is in the session -----------------------------------------------------------------

    @property
    def identity_map(self) -> IdentityMap:
        """The persistent instances by identity key."""
        return IdentityMap(self.scope)

    @property
    def new(self) -> IdentitySet[Any]:
        """The instances that the next flush inserts."""
        return IdentitySet(self.scope.new.values())

    @property
    def dirty(self) -> IdentitySet[Any]:
        """The persistent instances with attributes set since the last flush.

        Optimistic: an attribute may have been set to the value that it had.  See ``is_modified()``.
        """
        scope = self.scope
        return IdentitySet(
            instance for state, instance in scope.modified.items() if state not in scope.deleted
        )

    @property
    def deleted(self) -> IdentitySet[Any]:
        """The instances that the next flush deletes."""
        return IdentitySet(self.scope.deleted.values())

    def __contains__(self, instance: object) -> bool:
        state = self._state(instance)
        instance = state()
        if state.row_key is None:
            return state in self.scope.new
        return self.scope.known(state.load.mapper, state.load.token).get(state.row_key) is state

    def __iter__(self) -> Iterator[Any]:
        members = list(self.scope.new.values())
        for state in self.identity_map.states():
            instance = state()
            if instance is not None:
                members.append(instance)
        return iter(members)

    @staticmethod
    def _state(instance: object) -> InstanceState:
        if isinstance(instance, InstanceState | type):
            raise UnmappedInstanceError(instance)
        return state_of(instance)

    def is_modified(
        self, instance: object, include_collections: bool = True, passive: object = None
    ) -> bool:
        """True when *instance* has a change that a flush would write; exact, sends no SQL.

        *passive* is of former days, when this could send SQL; giving it is warned of.
        """
        if passive is not None:
            warn(
                "is_modified(passive=) is classic: it never sends SQL; leave the argument out",
                DovetailDeprecationWarning,
                stacklevel=3,
            )
        state = self._state(instance)
        if state.row_key is None:
            return any(key in instance.__dict__ for key in state.load.mapper.attributes)
        for key in state.committed or ():
            impl = state.load.mapper.attributes.get(key)
            if impl is None or (impl.collection and not include_collections):
                continue
            if impl.collection and key not in instance.__dict__:
                # What waits for a collection that is not loaded is the members' change.
                continue
            if impl.history(state, instance).has_changes():
                return True
        return False

    def has_pending(self) -> bool:
        """True when a flush may have something to do."""
        scope = self.scope
        return bool(scope.new or scope.modified or scope.deleted)

    def _has_changes(self) -> bool:
        """True when a flush would write something: values set anew, and equal, are nothing."""
        scope = self.scope
        if scope.new or scope.deleted:
            return True
        return any(self.is_modified(instance) for instance in scope.modified.values())

    def count_pending(self) -> int:
        """How many instances the next flush looks at, at least."""
        scope = self.scope
        return len(scope.new) + len(scope.modified) + len(scope.deleted)

    # Coming in --------------------------------------------------------------------------------

    def add(self, instance: object, _warn: bool = True) -> None:
        """Put *instance*, and what its save-update cascades lead to, into the session.

        It is what ``Session.add()`` does for what it does not do itself.
        """
        state = self._state(instance)
        instance = state()
        if self.scope.is_writing and _warn:
            warn_of_change("add()")
        if self.transaction is None:
            self.begin_on_change()
        mapper = state.load.mapper
        self._enter(state, instance)
        if mapper.memo.get("cascades") is not NO_CASCADES:
            self.cascade_save(state, instance)

    def cascade_add(self, instance: object) -> None:
        """Called by a tracked attribute: *instance* was related to a member of this session."""
        state = state_of(instance)
        load = state.load
        present = state.row_key is not None or state in self.scope.new
        if load.scope is not self.scope or load.deleted or not present:
            self.add(instance, False)

    def _enter(self, state: InstanceState, instance: object) -> None:
        scope = self.scope
        load = state.load
        if state.row_key is None:
            if state not in scope.new:
                if load.scope is not None:
                    self._refuse_others(state, instance)
                if state.stale is not None:
                    refuse_lost(state, instance, "add")
                    state.stale = None
                pending = scope.pending_loads.get(load.mapper)
                if pending is None:
                    load.mapper.configure()
                    pending = scope.pending_load(load.mapper)
                if self.transaction is None:
                    self.begin_on_change()
                is_told = self.dispatch.listening
                if is_told:
                    self.announce("before_attach", instance)
                scope.new[state] = instance
                state.load = pending
                if state.extra is not None:
                    state.extra.pop("orphaned", None)
                if is_told:
                    self.announce("after_attach", instance)
                    self.announce("transient_to_pending", instance)
        elif load.scope is scope:
            if load.deleted:
                raise InvalidRequestError(
                    f"{instance!r} has been deleted and can't be added again",
                    hint="roll back to restore it, or call make_transient() to insert it anew",
                )
            if state in scope.deleted:
                # Added again before the flush: it is not deleted after all.
                del scope.deleted[state]
        else:
            self._reattach(state, instance)

    def _reattach(self, state: InstanceState, instance: object) -> None:
        self._refuse_others(state, instance)
        mapper = state.load.mapper
        if state.load.deleted:
            raise InvalidRequestError(
                f"{instance!r} has been deleted and can't be added again",
                hint="call make_transient() to insert it anew",
            )
        with self.scope.at(state.load.token):
            identity = self.scope.identity(mapper)
        present = identity.get(state.row_key)
        other = None if present is None else present()
        if other is not None and other is not instance:
            raise InvalidRequestError(
                f"can't attach {instance!r}: this session has another instance with key "
                f"{mapper.key_tuple(state.row_key)}, {other!r}",
                hint="use session.merge() to copy one to the other",
            )
        self.begin_on_change()
        self.announce("before_attach", instance)
        with self.scope.at(state.load.token):
            load = Load(mapper, self.scope, state.load.options)
        load.batch.append(state)
        state.load = load
        identity[state.row_key] = state
        if state.committed:
            mark_modified(state, instance)
        self.announce("after_attach", instance)
        self.announce("detached_to_persistent", instance)

    def _refuse_others(self, state: InstanceState, instance: object) -> None:
        other = state.core
        if other is not None and other is not self:
            raise InvalidRequestError(
                f"{instance!r} belongs to another session",
                hint="expunge() it there first, or copy it here with merge()",
            )

    def cascade_save(self, state: InstanceState, instance: object) -> None:
        """Follow the save-update cascades of *instance*, each instance once.

        What one leads to comes before its neighbours, and is inserted in that order.
        """
        scope = self.scope
        seen = {state}
        waiting: list[Any] = [(state, instance, iter(cascading(state.load.mapper)))]
        while waiting:
            here, holder, impls = waiting.pop()
            if impls is None:
                self._enter(here, holder)
                impls = iter(cascading(here.load.mapper))
            values = holder.__dict__
            is_plain = here.extra is None and not here.committed
            for impl in impls:
                value = values.get(impl.key)
                if is_plain:
                    if value is None:
                        continue
                    items = impl.kind.items(value) if impl.collection else (value,)
                else:
                    items = _members_and_taken_away(impl, here, holder, value)
                found = []
                for item in items:
                    other = state_of(item)
                    if other in seen:
                        continue
                    seen.add(other)
                    # What is here already has been gone through when it came.
                    if (
                        other.load.scope is not scope
                        or other.load.deleted
                        or (other.row_key is None and other not in scope.new)
                    ):
                        found.append((other, item, None))
                if found:
                    waiting.append((here, holder, impls))
                    waiting += reversed(found)
                    break

    def enable_relationship_loading(self, obj: object) -> None:
        """Let *obj*, which has no row, load relationships by the foreign keys that it holds.

        It belongs to the session, for loading alone: no flush looks at it until it is added.
        """
        state = self._state(obj)
        self._refuse_others(state, obj)
        state.load.mapper.configure()
        if state.core is None:
            self.announce("before_attach", obj)
            self.take_state(state)
            self.announce("after_attach", obj)
        state.extras()["loads"] = True

    def take_state(self, state: InstanceState) -> None:
        """Let *state* belong to this session; without a row it is not pending by that."""
        if state.row_key is not None:
            self._reattach(state, state.obj())
            return
        state.load = Load(state.load.mapper, self.scope, state.load.options)
        state.extras()["loads"] = False

    def let_state_go(self, state: InstanceState) -> None:
        """Let *state* alone leave this session."""
        self.leave(state)

    def at_token_steps(self, token: object, steps: Steps[Any]) -> Steps[Any]:
        """Run *steps* with the identity token *token*: what they load has it."""
        with self.scope.at(token):
            return (yield from steps)

    def by_shard(self, rows: Rows) -> list[tuple[Any, Rows]]:
        """*rows*, which a flush is about to write, by the identity token where they belong."""
        return [(token, dict(part)) for token, part in self.scope.by_token(rows.items())]

    if TYPE_CHECKING:
        # What the base class of transactions has.
        def begin_on_change(self) -> None: ...

    # Telling --------------------------------------------------------------------------------

    def announce(self, name: str, instance: object) -> None:
        """Call those who listen to the event *name* with *instance*."""
        for call in getattr(self.dispatch, name):
            call(self.session, instance)

    def announce_state(self, name: str, state: InstanceState) -> None:
        """As :meth:`announce`, for an instance that may have been collected."""
        listeners = getattr(self.dispatch, name)
        instance = state() if listeners else None
        if instance is not None:
            for call in listeners:
                call(self.session, instance)

    # Going out --------------------------------------------------------------------------------

    def expunge(self, instance: object) -> None:
        """Take *instance*, and what it leads to by the expunge cascade, out of the session."""
        state = self._state(instance)
        instance = state()
        loads_alone = state.extra is not None and "loads" in state.extra
        is_here = state.row_key is not None or state in self.scope.new or loads_alone
        if state.core is not self or not is_here:
            raise InvalidRequestError(
                f"{instance!r} is not in this session",
                hint="only what was added here, or loaded here, can be expunged",
            )
        for other, _ in [(state, instance), *cascaded(state, instance, "expunge")]:
            if other.core is self:
                self.leave(other)

    def leave(self, state: InstanceState) -> None:
        scope = self.scope
        mapper = state.load.mapper
        pending = scope.new.pop(state, None)
        scope.modified.pop(state, None)
        scope.deleted.pop(state, None)
        if state.row_key is None:
            state.load = mapper.transient_load
            if pending is not None:
                self.announce_state("pending_to_transient", state)
            return
        identity = state.load.identity
        if identity is not None and identity.get(state.row_key) is state:
            del identity[state.row_key]
        was_deleted = state.load.deleted
        state.load = state.load.let_go()
        left = "deleted_to_detached" if was_deleted else "persistent_to_detached"
        self.announce_state(left, state)

    def expunge_all(self) -> None:
        """Take all instances out of the session; pending changes are dropped."""
        scope = self.scope
        waiting = list(scope.new)
        leaving = self._leaving() if self.dispatch.listening else ()
        for state in waiting:
            state.load = state.load.mapper.transient_load
        # The rest find no session any more: the scope, which they share, has ended.
        scope.end()
        self.scope = Scope(self)
        if self.dispatch.listening:
            for state in waiting:
                self.announce_state("pending_to_transient", state)
            for name, state in leaving:
                self.announce_state(name, state)

    def _leaving(self) -> list[tuple[str, InstanceState]]:
        """Each instance with a row that is about to leave, after the event that tells of it."""
        deleted = () if self.transaction is None else self.transaction.all_deleted()
        return [
            *(("persistent_to_detached", state) for state in self.identity_map.states()),
            *(("deleted_to_detached", state) for state in deleted),
        ]

    # Expiry -------------------------------------------------------------------------------------

    def expire(self, instance: object, attribute_names: Iterable[str] | None = None) -> None:
        """Let the attributes of *instance*, or those named, be read again at the next touch.

        Unflushed changes of them are lost.  InvalidRequestError for what is not persistent here.
        """
        state = self._state(instance)
        instance = state()
        if state.row_key is None or state.core is not self or state.load.deleted:
            raise InvalidRequestError(
                f"{instance!r} is not persistent within this session",
                hint="only an instance with a row, in this session, can be expired",
            )
        if attribute_names is not None:
            self._expire_names(state, instance, attribute_names)
            return
        for other, _ in [(state, instance), *cascaded(state, instance, "refresh-expire")]:
            if other.core is self:
                self.expire_or_drop([other])

    @staticmethod
    def _expire_names(state: InstanceState, instance: object, names: Iterable[str]) -> list[str]:
        """Expire the attributes *names*; return them, with the columns that some stand for."""
        mapper: Mapper = state.load.mapper
        names = list(names)
        for name in names:
            mapper.get_property(name)
        if mapper.has_proxies:
            names = list(mapper.spread(dict.fromkeys(names)))
        keys = frozenset(lasting_keys(mapper))
        # What is deferred by its mapping is read when it is touched itself.
        tree = state.load.options
        columns = frozenset(
            key
            for key, prop in mapper.column_attrs.items()
            if key not in keys
            and (not prop.deferred or (tree is not None and tree.loads_column(prop)))
        )
        expire_names(state, instance, [name for name in names if name not in keys], columns)
        tell_of_expiry((state,), names)
        return names

    def expire_all(self) -> None:
        """Let all attributes of all instances be read again at the next touch."""
        for identity in list(self.scope.identities.values()):
            # Asked of the copy: a collection of garbage may empty the dictionary before it.
            states = list(identity.values())
            if states:
                base = states[0].load.mapper.base
                if base.children:
                    self._expire_hierarchy(states)
                    continue
                self.expirer(base)(states)
                if base.class_manager.dispatch.expire:
                    tell_of_expiry(states, None)
        self.scope.modified.clear()

    def _expire_hierarchy(self, states: list[InstanceState]) -> None:
        by_mapper: dict[Any, list[InstanceState]] = {}
        for state in states:
            by_mapper.setdefault(state.load.mapper, []).append(state)
        for mapper, own in by_mapper.items():
            self.expirer(mapper)(own)
            tell_of_expiry(own, None)

    def expire_or_drop(self, states: Iterable[InstanceState]) -> None:
        """Expire *states*; those that have no row yet leave the session."""
        persistent = []
        for state in states:
            if state.row_key is not None:
                persistent.append(state)
            elif state in self.scope.new:
                self.leave(state)
        self.expire_states(persistent)

    def expire_states(self, states: Iterable[InstanceState]) -> None:
        """Expire all attributes of *states*."""
        modified = self.scope.modified
        for state in states:
            # The parent that it was taken from has not forgotten that.
            parents = None if state.extra is None else state.extra.get("parents")
            self.expirer(state.load.mapper)((state,))
            modified.pop(state, None)
            if parents:
                state.extras()["parents"] = parents
            tell_of_expiry((state,), None)

    @staticmethod
    def expirer(mapper: Mapper) -> Any:
        expire = mapper.memo.get("expire")
        if expire is None:
            keys = lasting_keys(mapper)
            names = [
                name
                for name, prop in mapper.named_attrs.items()
                if not prop.is_proxy and name not in keys
            ]
            refreshed = Whole(
                key
                for key, prop in mapper.column_attrs.items()
                if not prop.deferred and key not in keys
            )
            expire = make_expirer(mapper.class_.__qualname__, names, refreshed, keys)
            mapper.memo["expire"] = expire
        return expire


def _members_and_taken_away(
    impl: AttributeBase, state: InstanceState, instance: object, value: object
) -> list[Any]:
    """What *instance* holds in *impl*, and what it holds no more: that changes with it, or is an
    orphan.
    """
    queued = None if state.extra is None else state.extra.get(impl)
    items = members_of(impl, value, queued)
    is_changed = queued is not None or (state.committed and impl.key in state.committed)
    if is_changed and state.row_key is not None:
        items += taken_away(impl, state, instance)
    return items


def lasting_keys(mapper: Mapper) -> tuple[str, ...]:
    """The attributes of the primary key, where it does not expire."""
    return () if conventions.keys_expire else mapper.primary_keys


def tell_of_expiry(states: Iterable[InstanceState], names: list[str] | None) -> None:
    """Call those who listen to the expiry of *states*: of *names*, or of all."""
    for state in states:
        listeners = state.load.mapper.class_manager.dispatch.expire
        instance = state() if listeners else None
        if instance is not None:
            for call in listeners:
                call(instance, names)
