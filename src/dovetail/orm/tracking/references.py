"""Attributes that hold related instances, and those that hold one."""

from typing import Any, ClassVar
from warnings import warn

from dovetail.exc import ArgumentError, DovetailWarning, InvalidRequestError
from dovetail.orm.tracking.attributes import AttributeBase, no_longer_expired
from dovetail.orm.tracking.history import NO_HISTORY, History, scalar_history
from dovetail.orm.tracking.placement import itself
from dovetail.orm.tracking.state import NO_VALUE, InstanceState, start_history, state_of


class RelatedAttribute(AttributeBase):
    """What references and collections have in common: the other side, cascades, parents."""

    is_relationship: ClassVar[bool] = True

    def __init__(self, key: str, prop: object) -> None:
        super().__init__(key)
        self.prop = prop
        self.reverse: list[RelatedAttribute] = []
        self.cascades_save = True
        self.deletes_orphans = False
        self.writes = True

    # What other sides call -------------------------------------------------------------

    def link(self, instance: object, item: object) -> None:
        """Put *item* here because the other side was set; the other side is not told."""
        raise NotImplementedError

    def unlink(self, instance: object, item: object) -> None:
        """Take *item* away because the other side was set; the other side is not told."""
        raise NotImplementedError

    def read(self, instance: object) -> Any:
        if self.key not in instance.__dict__:
            state = state_of(instance)
            session = state.core
            if state.row_key is None and session is not None and self.loads_without_row(state):
                session.load_attribute(state, instance, self)
                state.extras().setdefault("loaded", {})[self.key] = instance.__dict__.get(self.key)
        return super().read(instance)

    def loads_without_row(self, state: InstanceState) -> bool:
        """True where an instance without a row loads what its foreign keys refer to."""
        return self.prop.load_on_pending or bool(state.extra and state.extra.get("loads"))

    def remember(self, state: InstanceState, instance: object) -> None:
        if self.writes:
            super().remember(state, instance)

    # Effects of a change ----------------------------------------------------------------

    def check(self, instance: object, item: object) -> None:
        """Refuse an *item* that is not an instance of the related class."""
        expected = self.prop.mapper.class_
        fits = not self.prop.enable_typechecks or isinstance(item, expected)
        if not fits and not isinstance(itself(item), expected):
            raise ArgumentError(
                f"{type(instance).__name__}.{self.key} takes {expected.__name__} instances, "
                f"not {type(item).__name__}: {item!r:.80}",
                hint=f"make an instance first: {expected.__name__}(…)",
            )
        if self.prop.single_parent:
            self.refuse_second_parent(instance, item)

    def refuse_second_parent(self, instance: object, item: object) -> None:
        """Refuse an *item* that another instance holds, where there may be one holder only."""
        extra = state_of(item).extra
        holder = None if extra is None else extra.get("parents", {}).get(self)
        if holder and holder is not state_of(instance) and not holder.load.deleted:
            parent = holder() or f"a {holder.class_.__name__}"
            raise InvalidRequestError(
                f"{item!r} has a parent already, {parent}; {type(instance).__name__}."
                f"{self.key} has single_parent=True",
                hint="take it from the other parent first",
            )

    def took(self, state: InstanceState, instance: object, item: object) -> None:
        """*item* was put here by the user: tell the other side, the session, and orphans."""
        scope = state.load.scope
        session = None
        if scope is not None:
            if scope.is_writing:
                warn_of_change(f"putting something into {self.prop}")
            if self.cascades_save:
                session = scope.reference()
        if session is not None and state_of(item).load.deleted:
            # Refused: before anything has changed.
            session.cascade_add(item)
        if self.deletes_orphans or self.prop.single_parent:
            self.adopt(state, item)
        for other in self.reverse:
            other.link(item, instance)
        if session is not None:
            session.cascade_add(item)

    def lost(self, state: InstanceState, instance: object, item: object) -> None:
        """*item* was taken away: tell the other side, and note that it may be an orphan."""
        scope = state.load.scope
        if scope is not None and scope.is_writing:
            warn_of_change(f"taking something from {self.prop}")
        if self.deletes_orphans:
            self.abandon(state, item)
        elif self.prop.single_parent:
            state_of(item).extras().get("parents", {}).pop(self, None)
        for other in self.reverse:
            other.unlink(item, instance)

    def adopt(self, state: InstanceState, item: object) -> None:
        parents = state_of(item).extras().setdefault("parents", {})
        parents[self] = state

    def abandon(self, state: InstanceState, item: object) -> None:
        item_state = state_of(item)
        parents = item_state.extras().setdefault("parents", {})
        known = parents.get(self)
        if (
            known
            and known is not state
            and (known.row_key is None or known.row_key != state.row_key)
        ):
            # Another parent has it by now; one with the same key is the same row, loaded anew.
            return
        parents[self] = False
        if item_state.row_key is None:
            session = item_state.core
            if session is not None and state.core is session:
                session.expunge(item)
            else:
                item_state.extras()["orphaned"] = True


def warn_of_change(what: str) -> None:
    """Warn that *what* is done while a flush writes rows: it has been decided which."""
    warn(
        f"{what} while the session is flushing: what is to be written has been decided, so that "
        "the change may be lost (do it in before_flush, or use the connection that the listener "
        "is given)",
        DovetailWarning,
        stacklevel=4,
    )


class ReferenceAttribute(RelatedAttribute):
    """A reference to one related instance, or None."""

    def set(self, instance: object, value: object) -> None:
        state = state_of(instance)
        if value is not None:
            self.check(instance, value)
        old = self.replace(state, instance, value)
        if old is not value:
            if old is not None and old is not NO_VALUE:
                self.lost(state, instance, old)
            if value is not None:
                self.took(state, instance, value)

    def replace(self, state: InstanceState, instance: object, value: object) -> Any:
        """Store *value*; return the value before it, NO_VALUE where that is not in memory."""
        values = instance.__dict__
        old = values.get(self.key, NO_VALUE)
        if old is NO_VALUE and state.row_key is not None:
            old = self.known(state, instance)
        if state.row_key is not None and self.writes:
            committed = state.committed
            if committed is None:
                committed = start_history(state, instance)
            committed.setdefault(self.key, old)
        values[self.key] = value
        if state.stale is not None:
            no_longer_expired(state, self.key)
        return old

    def known(self, state: InstanceState, instance: object) -> Any:
        """The current value where it needs no query: from the identity map."""
        session = state.core
        if session is None or (state.committed and self.key in state.committed):
            return NO_VALUE
        is_one_to_one = self.prop.uselist is False and not self.prop.is_many_to_one
        if self.deletes_orphans or self.keeps_old_value or is_one_to_one:
            session.load_replaced(state, instance, self)
            return instance.__dict__.get(self.key, NO_VALUE)
        return session.find_reference(state, instance, self.prop)

    def delete(self, instance: object) -> None:
        state = state_of(instance)
        if state.row_key is None and self.key not in instance.__dict__:
            raise self.no_value(instance)
        # None stays: a value that is absent would be loaded again, and nothing written.
        old = self.replace(state, instance, None)
        if old is not None and old is not NO_VALUE:
            self.lost(state, instance, old)

    def link(self, instance: object, item: object) -> None:
        state = state_of(instance)
        old = self.replace(state, instance, item)
        if self.deletes_orphans and old is not item:
            self.adopt(state, item)
        if old is not None and old is not NO_VALUE and old is not item:
            if self.deletes_orphans:
                self.abandon(state, old)
            for other in self.reverse:
                other.unlink(old, instance)

    def unlink(self, instance: object, item: object) -> None:
        values = instance.__dict__
        if values.get(self.key, item) is item:
            state = state_of(instance)
            self.remember(state, instance)
            committed = state.committed
            if self.key not in values and committed and committed[self.key] is NO_VALUE:
                # Not loaded, but known: it was in a collection of the item's.
                committed[self.key] = item
            values[self.key] = None
            if self.deletes_orphans:
                self.abandon(state, item)

    def history(self, state: InstanceState, instance: object) -> History:
        current = instance.__dict__.get(self.key, NO_VALUE)
        if state.row_key is None:
            if current is NO_VALUE:
                return NO_HISTORY
            if self.writes and not was_loaded(state, self.key, current):
                return History([current], (), ())
            return History((), [current], ())
        committed = state.committed
        if committed is None or self.key not in committed:
            return NO_HISTORY if current is NO_VALUE else History((), [current], ())
        return scalar_history(committed[self.key], current, equal=_same)


def was_loaded(state: InstanceState, key: str, value: object) -> bool:
    """True where *value*, of an instance without a row, was loaded by its foreign key, not set."""
    loaded = None if state.extra is None else state.extra.get("loaded")
    return loaded is not None and key in loaded and loaded[key] is value


def _same(first: object, second: object) -> bool:
    return first is second
