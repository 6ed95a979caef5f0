"""How a mapped attribute of an instance is read, written and remembered: the values of columns.

A loaded value lies in the instance's ``__dict__`` under the attribute's name; these objects are
met only on a write, or on a read of what is not there.
"""

from collections.abc import Callable
from operator import eq
from typing import Any, ClassVar

from dovetail.exc import ArgumentError, LazyLoadError
from dovetail.orm.tracking.expiry import lost_values, still_expired
from dovetail.orm.tracking.history import NO_HISTORY, History, scalar_history
from dovetail.orm.tracking.passive import PASSIVE_OFF, PassiveFlag
from dovetail.orm.tracking.state import NO_VALUE, InstanceState, start_history, state_of
from dovetail.sql.expression.column_element import ColumnElement


class AttributeBase:
    """What the three kinds of attribute have in common."""

    collection: ClassVar[bool] = False
    is_relationship: ClassVar[bool] = False
    keeps_old_value = False
    default: Any = None
    """What an instance without a row reads where nothing was set."""

    prop: Any
    """The relationship that it is mapped by, where it is of one."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.listeners: Any = None

    def read(self, instance: object) -> Any:
        """The value of *instance*; it is loaded where it is absent."""
        values = instance.__dict__
        if self.key in values:
            return values[self.key]
        state = state_of(instance)
        if state.row_key is None:
            if state.stale is not None and self.key in lost_values(state):
                raise LazyLoadError.lost(type(instance).__name__, self.key)
            return self.initial(state, instance)
        session = state.core
        if session is None:
            name = type(instance).__name__
            raise LazyLoadError.detached(name, self.key, relationship=self.is_relationship)
        session.load_attribute(state, instance, self)
        return values.get(self.key)

    def initial(self, state: InstanceState, instance: object) -> Any:
        """The value of an instance without a row."""
        return self.default

    def set(self, instance: object, value: object) -> None:
        raise ArgumentError(f"attribute {self.key!r} can't be set")

    def remember(self, state: InstanceState, instance: object) -> None:
        """Keep the value as last loaded or flushed, before its first change."""
        if state.row_key is not None:
            committed = state.committed
            if committed is None:
                committed = start_history(state, instance)
            if self.key not in committed:
                committed[self.key] = self.snapshot(instance.__dict__.get(self.key, NO_VALUE))

    def load_replaced(self, instance: object) -> None:
        """Load the value that is about to be replaced, if there may be one."""
        state = state_of(instance)
        if state.core is not None and state.row_key is not None:
            self.read(instance)

    def snapshot(self, value: object) -> Any:
        """*value* as it is kept for history."""
        return value

    def delete(self, instance: object) -> None:
        """Remove the value: NULL at the next flush."""
        state = state_of(instance)
        if self.key not in instance.__dict__ and (
            state.row_key is None or self.key not in (state.stale or ())
        ):
            raise self.no_value(instance)
        self.remember(state, instance)
        instance.__dict__.pop(self.key, None)
        no_longer_expired(state, self.key)

    def no_value(self, instance: object) -> AttributeError:
        """What is raised where there is nothing to delete."""
        return AttributeError(f"{type(instance).__name__} object has no value for {self.key!r}")

    def history(self, state: InstanceState, instance: object) -> History:
        """What changed since the last flush, from what is in memory."""
        raise ArgumentError(f"attribute {self.key!r} has no history")

    def get_history(
        self, state: InstanceState, dict_: Any = None, passive: PassiveFlag = PASSIVE_OFF
    ) -> History:
        """What changed since the last flush; what is absent is loaded, unless *passive* forbids."""
        quiet = PassiveFlag.SQL_OK not in passive or PassiveFlag.CALLABLES_OK not in passive
        return (self.history if quiet else self.load_history)(state, state())

    def load_history(self, state: InstanceState, instance: object) -> History:
        """What changed since the last flush, the current value loaded where it is absent."""
        is_changed = state.committed is not None and self.key in state.committed
        if self.key not in instance.__dict__ and state.row_key is not None and not is_changed:
            self.read(instance)
        return self.history(state, instance)


def no_longer_expired(state: InstanceState, key: str) -> None:
    """Attribute *key* of *state* has a value of its own: it is not to be read again."""
    if state.stale is not None and key in state.stale:
        state.stale = still_expired(state.stale, (), (key,)) or None


class ValueAttribute(AttributeBase):
    """The value of a column, or of an expression over columns.

    With *keeps_old_value* the old value is read before the first change, where it is not loaded.
    """

    def __init__(
        self,
        key: str,
        *,
        equal: Callable[[Any, Any], bool] = eq,
        keeps_old_value: bool = False,
    ) -> None:
        # All that the base class sets: there are many columns.
        self.key = key
        self.listeners = None
        self.equal = equal
        self.keeps_old_value = keeps_old_value

    def set(self, instance: object, value: object) -> None:
        if self.keeps_old_value and self.key not in instance.__dict__:
            self.load_replaced(instance)
        write_value(instance, self.key, value)

    def history(self, state: InstanceState, instance: object) -> History:
        current = instance.__dict__.get(self.key, NO_VALUE)
        if state.row_key is None:
            return NO_HISTORY if current is NO_VALUE else History([current], (), ())
        committed = state.committed
        if committed is None or self.key not in committed:
            return NO_HISTORY if current is NO_VALUE else History((), [current], ())
        if isinstance(current, ColumnElement):
            # Nobody knows what it will be.
            before = committed[self.key]
            return History([current], (), () if before is NO_VALUE else [before])
        return scalar_history(committed[self.key], current, equal=self.equal)


def write_value(instance: object, key: str, value: object) -> None:
    """Write the column attribute *key* of *instance*, and remember what was there."""
    state = state_of(instance)
    values = instance.__dict__
    if state.row_key is not None:
        committed = state.committed
        if committed is None:
            committed = start_history(state, instance)
        if key not in committed:
            committed[key] = values.get(key, NO_VALUE)
    values[key] = value
