"""What a flush may have to do besides writing rows, as records; what applies is planned once."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from dovetail.orm.flush.context import FlushContext
from dovetail.orm.flush.follow import followed_of
from dovetail.orm.flush.order import Stage, stages_of
from dovetail.orm.flush.preparing import (
    check_classes_steps,
    check_members_steps,
    delete_orphans_steps,
    delete_referred_to_steps,
    find_key_changes_steps,
    gather_associations_steps,
    read_what_goes_steps,
    release_related_steps,
    touch_members_steps,
)
from dovetail.orm.flush.roles import FlushRoles, roles_of
from dovetail.orm.flush.taking_over import take_over_rows_steps
from dovetail.orm.flush.unique_keys import unique_keys_of
from dovetail.orm.flush.writing import (
    update_followers_steps,
    update_later_steps,
    write_association_rows_steps,
)
from dovetail.orm.mapping.mapper import Mapper
from dovetail.steps import Steps


class Phase(NamedTuple):
    """One thing that a flush may have to do besides inserting, updating and deleting rows.

    ``name``        what is done, in a word or two
    ``applies``     whether instances of a mapper, with its roles, may need it
    ``run``         does it, for all mappers of the flush
    ``on_deletes``  whether it is for flushes alone that may delete rows
    """

    name: str
    applies: Callable[[Mapper, FlushRoles], bool]
    run: Callable[[FlushContext], Steps[None]]
    on_deletes: bool = False


BEFORE_ROWS = (
    Phase(
        "delete what deleted rows refer to",
        lambda mapper, roles: bool(roles.deleting_references),
        delete_referred_to_steps,
        on_deletes=True,
    ),
    Phase(
        "delete orphans",
        lambda mapper, roles: bool(roles.orphanages) or mapper.may_be_orphan,
        delete_orphans_steps,
    ),
    Phase(
        "release what refers to deleted rows",
        lambda mapper, roles: bool(roles.releasing),
        release_related_steps,
        on_deletes=True,
    ),
    Phase(
        "read what goes",
        lambda mapper, roles: True,
        read_what_goes_steps,
        on_deletes=True,
    ),
    Phase(
        "take over deleted rows",
        lambda mapper, roles: True,
        take_over_rows_steps,
        on_deletes=True,
    ),
    Phase(
        "find key changes",
        lambda mapper, roles: bool(followed_of(mapper).sources),
        find_key_changes_steps,
    ),
    Phase(
        "check the classes of rows",
        lambda mapper, roles: mapper.polymorphic_key is not None,
        check_classes_steps,
    ),
    Phase(
        "check the classes of members",
        lambda mapper, roles: any(prop.mapper.children for prop in roles.checked),
        check_members_steps,
    ),
    Phase(
        "gather association rows",
        lambda mapper, roles: bool(roles.associations),
        gather_associations_steps,
    ),
    Phase(
        "touch members",
        lambda mapper, roles: bool(roles.held_by_members),
        touch_members_steps,
    ),
)
"""What is done before rows are written, in this order; it may find more that is to be written."""

AFTER_SAVES = (
    Phase("post_update", lambda mapper, roles: bool(roles.later), update_later_steps),
    Phase(
        "hand on key changes",
        lambda mapper, roles: bool(followed_of(mapper).sources),
        update_followers_steps,
    ),
    Phase(
        "write association rows",
        lambda mapper, roles: bool(roles.associations),
        write_association_rows_steps,
    ),
)
"""What is done between the last row that is saved and the first that is deleted."""


class FlushPlan(NamedTuple):
    """What applies to a flush of some mappers.

    ``before_rows``   phases before anything is written
    ``stages``        mappers in the order in which their rows are saved; deletes take it backward
    ``after_saves``   phases between the rows that are saved and those that are deleted
    ``receiving``     mappers whose instances get keys from what they refer to
    ``giving``        mappers whose instances hand their keys to members
    ``writes_again``  whether a row may be written more than once
    ``distinct``      mappers whose rows may not be equal in some columns: who writes first counts
    """

    before_rows: tuple[Phase, ...]
    stages: tuple[Stage, ...]
    after_saves: tuple[Phase, ...]
    receiving: frozenset[Mapper]
    giving: frozenset[Mapper]
    writes_again: bool
    distinct: frozenset[Mapper]


_MOST_PLANS = 500
"""So many sets of mappers a registry keeps plans for: a program that flushes more has others."""


def plan_for(mappers: Iterable[Mapper], deleting: bool) -> FlushPlan:
    """Return the plan of a flush of *mappers*, made once for a set of them.

    It is kept until a mapping changes.  Whether anybody listens is asked while it is followed.
    """
    wanted = frozenset(mappers)
    memo = next(iter(wanted)).registry.memo
    kept: dict[tuple[frozenset[Mapper], bool], FlushPlan] | None = memo.get("flush plans")
    plan = None if kept is None else kept.get((wanted, deleting))
    if plan is None:
        plan = _plan(wanted, deleting)
        plans: dict[tuple[frozenset[Mapper], bool], FlushPlan]
        plans = memo.setdefault("flush plans", {})
        if len(plans) >= _MOST_PLANS:
            plans.clear()
        plans[wanted, deleting] = plan
    return plan


def _plan(mappers: frozenset[Mapper], deleting: bool) -> FlushPlan:
    # What a configuration changes has changed before anything is asked.
    roles = {mapper: roles_of(mapper) for mapper in mappers}

    def applying(phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
        return tuple(
            phase
            for phase in phases
            if (deleting or not phase.on_deletes)
            and any(phase.applies(mapper, own) for mapper, own in roles.items())
        )

    stages = stages_of(mappers)
    return FlushPlan(
        applying(BEFORE_ROWS),
        stages,
        applying(AFTER_SAVES),
        frozenset(mapper for mapper, own in roles.items() if own.references),
        frozenset(mapper for mapper, own in roles.items() if own.collections),
        any(own.later for own in roles.values()) or any(stage.cyclic for stage in stages),
        frozenset(mapper for mapper in mappers if unique_keys_of(mapper).keys),
    )
