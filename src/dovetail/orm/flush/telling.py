"""Telling listeners of a flush: what is updated, and what values the database made."""

from typing import Any, TypeVar

from dovetail.orm.flush.context import FlushContext
from dovetail.orm.tracking.state import InstanceState
from dovetail.steps import Steps

T = TypeVar("T")


def tell_of_updates(
    when: str,
    context: FlushContext,
    mapper: Any,
    connection: Any,
    updates: dict[InstanceState, Any],
) -> None:
    """Call those who listen *when* ("before", "after") rows are updated.

    An instance that takes over the row of a deleted one is new to them: it is inserted.
    """
    dispatch = mapper.dispatch
    for state, instance in updates.items():
        verb = "insert" if state in context.replaced else "update"
        for call in getattr(dispatch, f"{when}_{verb}"):
            call(mapper, connection, instance)


def told_of_values_steps(
    context: FlushContext, mapper: Any, written: dict[InstanceState, Any], steps: Steps[T]
) -> Steps[T]:
    """Run *steps*, which write the rows of *written*, and tell what values they have brought."""
    listeners = mapper.class_manager.dispatch.refresh_flush
    before = {state: instance.__dict__.copy() for state, instance in written.items()}
    result = yield from steps
    for state, earlier in before.items():
        instance = written[state]
        made = [
            name
            for name, value in instance.__dict__.items()
            if name not in mapper.keys_set and (name not in earlier or earlier[name] is not value)
        ]
        if made:
            for call in listeners:
                call(instance, context, made)
    return result
