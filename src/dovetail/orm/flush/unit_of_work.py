"""The unit of work: all pending changes of a session become rows, in the right order."""

from typing import Any

from dovetail.conventions import conventions
from dovetail.orm.flush.changes import Changes
from dovetail.orm.flush.context import FlushContext
from dovetail.orm.flush.handing_over import may_hand_over
from dovetail.orm.flush.making_room import make_room_steps
from dovetail.orm.flush.phases import BEFORE_ROWS, FlushPlan, plan_for
from dovetail.orm.flush.telling import warn_of_late_changes
from dovetail.orm.flush.writing import delete_stage_steps, save_cyclic_stage_steps, save_stage_steps
from dovetail.orm.tracking.expiry import put_key_back
from dovetail.orm.tracking.state import InstanceState
from dovetail.steps import Steps


def flush_steps(context: FlushContext) -> Steps[None]:
    """Write all pending changes of the session, or those of the states in ``context.only``.

    What applies to the mappers of the changes is planned once for each set of them.  Rows others
    refer to are saved first and deleted last.
    """
    session, changes = context.core, context.changes
    scope = session.scope
    changes.collect(scope, context.only)
    if changes.mappers:
        if conventions.keys_expire:
            _put_keys_back(changes)
        plan = plan_for(changes.mappers, changes.deleting)
        if plan.before_rows:
            plan = yield from _prepare_steps(context, plan)
        context.receiving, context.giving = plan.receiving, plan.giving
        context.writes_again = plan.writes_again or context.moves is not None
        scope.is_writing = True
        modified_before = len(scope.modified)
        going = changes
        try:
            if plan.distinct and may_hand_over(changes):
                going = yield from make_room_steps(context, plan.distinct, plan.stages)
            for stage in plan.stages:
                save = save_cyclic_stage_steps if stage.cyclic else save_stage_steps
                yield from save(context, stage)
            for phase in plan.after_saves:
                yield from phase.run(context)
            if changes.deleting:
                for stage in reversed(plan.stages):
                    yield from delete_stage_steps(context, stage, going)
        finally:
            scope.is_writing = False
        if len(scope.modified) > modified_before:
            warn_of_late_changes(scope.modified, changes)
    for call in session.dispatch.after_flush:
        call(context.session, context)
    settle(context)


def _put_keys_back(changes: Changes) -> None:
    for own in changes.mappers.values():
        for state, instance in (*own.updates.items(), *own.deletes.items()):
            put_key_back(state, instance)


def _prepare_steps(context: FlushContext, plan: FlushPlan) -> Steps[FlushPlan]:
    """Run the phases of *plan* before rows; return the plan of all that is to be written by now."""
    changes = context.changes
    waiting = plan.before_rows
    while waiting:
        phase, waiting = waiting[0], waiting[1:]
        known = (len(changes.mappers), changes.deleting)
        yield from phase.run(context)
        if (len(changes.mappers), changes.deleting) != known:
            # It has found rows of other mappers to write: what comes later may apply to those.
            plan = plan_for(changes.mappers, changes.deleting)
            later = BEFORE_ROWS[BEFORE_ROWS.index(phase) + 1 :]
            waiting = tuple(one for one in plan.before_rows if one in later)
    return plan


# After all is written --------------------------------------------------------------------------


def settle(context: FlushContext) -> None:
    """What was written is what is committed: histories begin anew."""
    session = context.core
    scope = session.scope
    for own in context.changes.mappers.values():
        if own.inserts:
            _settle_written(own.inserts, scope.new)
        if own.updates:
            _settle_written(own.updates, scope.modified)
        for state in own.deletes:
            scope.deleted.pop(state, None)
            scope.modified.pop(state, None)
            state.committed = None
    if session.dispatch.listening:
        _tell_of_moves(context)


def _tell_of_moves(context: FlushContext) -> None:
    session = context.core
    for own in context.changes.mappers.values():
        for instance in own.inserts.values():
            session.announce("pending_to_persistent", instance)
    for state, old in context.replaced.items():
        session.announce_state("pending_to_persistent", state)
        session.announce_state("persistent_to_deleted", old)
    for own in context.changes.mappers.values():
        for instance in own.deletes.values():
            session.announce("persistent_to_deleted", instance)


def _settle_written(written: dict[InstanceState, Any], waiting: dict[InstanceState, Any]) -> None:
    if len(written) == len(waiting):
        waiting.clear()
    for state in written:
        if waiting:
            waiting.pop(state, None)
        state.committed = None
        if state.extra is not None:
            _settle_extra(state)


def _settle_extra(state: InstanceState) -> None:
    extra = state.extra or {}
    kept = {name: value for name, value in extra.items() if name in ("info", "parents")}
    state.extra = kept or None
