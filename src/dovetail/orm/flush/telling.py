"""Telling listeners of a flush: what is updated, and what values the database made."""

from typing import Any, TypeVar
from warnings import warn

from dovetail.engine.connection import Connection
from dovetail.exc import DovetailWarning
from dovetail.orm.flush.changes import Changes
from dovetail.orm.flush.context import FlushContext
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.state import NO_VALUE, InstanceState
from dovetail.steps import Steps

T = TypeVar("T")


def is_told_of_rows(mapper: Mapper) -> bool:
    """Whether somebody listens to the rows of *mapper*: to its mapping alone, many may."""
    dispatch = mapper.dispatch
    return dispatch.listening and bool(
        dispatch.before_insert
        or dispatch.after_insert
        or dispatch.before_update
        or dispatch.after_update
        or dispatch.before_delete
        or dispatch.after_delete
    )


def tell_of_updates(
    when: str,
    context: FlushContext,
    mapper: Mapper,
    connection: Connection,
    updates: dict[InstanceState, Any],
) -> None:
    """Call those who listen *when* ("before", "after") rows are updated, once in a flush.

    An instance that takes over the row of a deleted one is new to them beforehand, and has
    updated a row afterwards.
    """
    dispatch = mapper.dispatch
    for state, instance in updates.items():
        if when == "before":
            if state in context.told:
                continue
            context.told.add(state)
        verb = "insert" if when == "before" and state in context.replaced else "update"
        for call in getattr(dispatch, f"{when}_{verb}"):
            call(mapper, connection, instance)


def warn_of_late_changes(modified: dict[InstanceState, Any], changes: Changes) -> None:
    """Warn of instances that listeners changed while others were written."""
    late = []
    for state, instance in modified.items():
        own = changes.of(state.load.mapper)
        if not (state in own.updates or state in own.inserts or changes.is_deleted(state)):
            late.append(instance)
    if late:
        warn(
            f"while the session was flushing, a listener changed what the flush does not write: "
            f"{late[0]!r}{f' and {len(late) - 1} more' if len(late) > 1 else ''}; the next flush "
            "does (what is changed in before_flush, this one writes)",
            DovetailWarning,
            stacklevel=2,
        )


def warn_of_other_class(instance: object, key: str, told: object) -> None:
    """Warn of an *instance* whose discriminator, *told*, is that of another class, or of none."""
    warn(
        f"{instance!r} is written with {key}={told!r}, which is not of {type(instance).__name__} "
        "or a class below it: its row will be read as an instance of another class, or not at all",
        DovetailWarning,
        stacklevel=2,
    )


def kept_history_steps(
    context: FlushContext, of_mappers: dict[Any, dict[InstanceState, Any]], steps: Steps[T]
) -> Steps[T]:
    """Run *steps*, which insert rows; what was set is new until the flush ends, with a row too."""
    set_before = {
        state: (mapper, instance, tuple(instance.__dict__))
        for mapper, own in of_mappers.items()
        for state, instance in own.items()
    }
    result = yield from steps
    for state, (mapper, instance, names) in set_before.items():
        values, attributes = instance.__dict__, mapper.attributes
        state.committed = {
            name: attributes[name].snapshot(NO_VALUE)
            for name in names
            if name in attributes and name in values and name != mapper.version_key
        }
        context.written[state] = {key: values[key] for key in mapper.written if key in values}
    return result


FILLED_BY_INSERT = ("default", "server_default", "computed", "identity")
FILLED_BY_UPDATE = ("onupdate", "server_onupdate", "computed")
"""Attributes of a column that say where its value comes from, when the program gives none."""


def told_of_values_steps(
    context: FlushContext,
    mapper: Mapper,
    written: dict[InstanceState, Any],
    steps: Steps[T],
    defaults: tuple[str, ...],
) -> Steps[T]:
    """Run *steps*, which write the rows of *written*, and tell what values they have brought.

    These are values of the version and of columns that have one of *defaults*: a column without
    any, for which nothing was sent, is NULL and no news. Those that are not here yet have expired.
    """
    dispatch = mapper.class_manager.dispatch
    filled = {
        name
        for name, column in mapper.written_columns.items()
        if name == mapper.version_key
        or any(getattr(column, default, None) is not None for default in defaults)
    }
    again = filled | mapper.made_by_update
    before = {
        state: (instance.__dict__.copy(), state.stale or frozenset())
        for state, instance in written.items()
    }
    result = yield from steps
    for state, (earlier, expired) in before.items():
        instance = written[state]
        made = [
            name
            for name, value in instance.__dict__.items()
            if name in filled
            and name not in mapper.keys_set
            and (name not in earlier or earlier[name] is not value)
        ]
        if made:
            for call in dispatch.refresh_flush:
                call(instance, context, made)
        lacking = [name for name in state.stale or () if name in again or name not in expired]
        if lacking:
            for call in dispatch.expire:
                call(instance, lacking)
    return result
