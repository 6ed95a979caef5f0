"""Unique values that go from row to row: in which order, so that no two rows have one at a time."""

from collections.abc import Iterable
from typing import Any

from dovetail.graph import components, sort
from dovetail.orm.flush.changes import Changes
from dovetail.orm.flush.context import FlushContext
from dovetail.orm.flush.going_first import split_steps, without
from dovetail.orm.flush.handing_over import HandOvers, KeysToCome, find_hand_overs_steps
from dovetail.orm.flush.order import Stage
from dovetail.orm.flush.parking import Place, park_steps, place_in
from dovetail.orm.flush.stored import StoredValues
from dovetail.orm.flush.writing import delete_stage_steps
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.state import InstanceState
from dovetail.steps import Steps


def make_room_steps(
    context: FlushContext, mappers: frozenset[Mapper], stages: tuple[Stage, ...]
) -> Steps[Changes]:
    """Let rows of *mappers* give up what others of the flush take; return what is left to delete.

    Rows that are deleted go first, where none that stays refers to them.  Updates are put in
    order.  What no order helps, as where rows exchange their values, holds another value for a
    moment.
    """
    changes = context.changes
    stored, to_come = StoredValues(), KeysToCome(changes, mappers)
    hand_overs = yield from find_hand_overs_steps(context, mappers, stored, to_come)
    if not hand_overs:
        return changes
    going = [giver for giver, _ in hand_overs if changes.is_deleted(giver)]
    first, blocked = yield from split_steps(context, dict.fromkeys(going), stored)
    parked = _Parked(hand_overs)
    for state in going:
        if state in blocked:
            parked.add(state)
    updates = _updates(changes, stages)
    for giver, taker in list(hand_overs):
        if giver in updates and not _comes_before(updates[giver], taker, changes, stages):
            parked.add(giver)
    _break_circles(parked, updates)
    edges = [(a, b) for a, b in parked.waiting if a in updates and b in updates]
    waiting = {state for edge in edges for state in edge}
    nodes = [state for state in updates if state in waiting]
    context.ranks = {state: rank for rank, state in enumerate(sort(edges, nodes))}
    context.stuck = parked.stuck
    yield from _park_steps(context, parked, stored)
    for stage in reversed(stages):
        yield from delete_stage_steps(context, stage, first)
    return without(changes, first)


class _Parked:
    """The rows that hold other values for a moment, and who waits for others then.

    ``waiting``  the hand-overs that are left, in which the first is written before the second
    ``places``   by row, where it holds another value
    ``stuck``    rows whose values can't be made up: the server decides
    """

    def __init__(self, hand_overs: HandOvers) -> None:
        self.waiting = dict(hand_overs)
        self.places: dict[InstanceState, dict[Any, Place]] = {}
        self.stuck: set[InstanceState] = set()
        self._given: dict[InstanceState, list[InstanceState]] = {}
        for giver, taker in hand_overs:
            self._given.setdefault(giver, []).append(taker)

    def frees(self, state: InstanceState, takers: Iterable[InstanceState]) -> bool:
        """Whether one of *takers* need not wait for the row of *state* that holds other values."""
        return any(
            all(place_in(key, state) for key in self.waiting[state, taker])
            for taker in takers
            if (state, taker) in self.waiting
        )

    def add(self, state: InstanceState, *, stuck: bool = True) -> None:
        """Let the row of *state* hold other values, so that others need not wait for it.

        With *stuck* nobody waits any more, not even for values that it can't give up.
        """
        for taker in self._given.get(state, ()):
            keys = self.waiting.get((state, taker), ())
            places = [place_in(key, state) for key in keys]
            for place in places:
                if place is not None:
                    self.places.setdefault(state, {})[place.column] = place
            if None not in places:
                self.waiting.pop((state, taker), None)
            elif stuck:
                del self.waiting[state, taker]
                self.stuck.add(state)


def _updates(changes: Changes, stages: tuple[Stage, ...]) -> dict[InstanceState, int]:
    """The rows that are updated, and the places of their stages."""
    return {
        state: place
        for place, stage in enumerate(stages)
        for mapper in stage.mappers
        for state in changes.of(mapper).updates
    }


def _comes_before(
    place: int, taker: InstanceState, changes: Changes, stages: tuple[Stage, ...]
) -> bool:
    """Whether a row that is updated at *place* is, or can be, written before *taker*."""
    mapper = taker.load.mapper
    for other, stage in enumerate(stages):
        if mapper in stage.mappers:
            is_new = taker in changes.of(mapper).inserts
            return place < other or (place == other and not (is_new and stage.cyclic))
    return True


def _break_circles(parked: _Parked, updates: dict[InstanceState, int]) -> None:
    """Park rows until no updates wait for each other."""
    while True:
        edges = [(a, b) for a, b in parked.waiting if a in updates and b in updates]
        circles = components(edges, list(dict.fromkeys(a for a, _ in edges)))
        if not circles:
            return
        for circle in circles:
            freeing = next((state for state in circle if parked.frees(state, circle)), None)
            parked.add(freeing or circle[0], stuck=freeing is None)


def _park_steps(context: FlushContext, parked: _Parked, stored: StoredValues) -> Steps[None]:
    session = context.core
    rows: dict[tuple[Mapper, Any], list[Any]] = {}
    for state, places in parked.places.items():
        instance = state()
        token = state.load.token if session.scope.has_tokens else None
        rows.setdefault((state.load.mapper, token), []).extend(
            ((state, instance), place) for place in places.values()
        )
    for (mapper, token), pairs in rows.items():
        if session.scope.has_tokens:
            with session.scope.at(token):
                yield from park_steps(session, mapper, pairs, stored)
        else:
            yield from park_steps(session, mapper, pairs, stored)
