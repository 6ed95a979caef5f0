"""The context of a flush: what its listeners are given, and what its stages share."""

from dataclasses import dataclass, field
from typing import Any

from dovetail.orm.flush.association import AssociationRows
from dovetail.orm.flush.changes import Changes
from dovetail.orm.flush.follow import Moves
from dovetail.orm.flush.session import FlushingSession
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.state import InstanceState


@dataclass(slots=True, eq=False)
class FlushContext:
    """One flush.

    ``core``         that of the session whose pending changes are written
    ``transaction``  the SessionTransaction that notes what a rollback restores
    ``only``         the states that the flush is restricted to, or None
    ``changes``      what is inserted, updated and deleted, by mapper
    ``associations`` rows of third tables
    ``moves``        whose keys change, and what follows; None where no key does
    ``receiving``    mappers whose instances get keys from what they refer to
    ``giving``       mappers whose instances hand their keys to members
    ``replaced``     new instances that take over the row of one that is deleted, and that one
    ``writes_again`` whether a row may be written more than once
    ``written``      by state, the values that have been written by now, where it may
    ``told``         those of whose UPDATE listeners have been told beforehand
    ``ranks``        rows that are updated one after the other, for a unique value of theirs, in
                     this order
    ``stuck``        rows that can't give up a unique value before another takes it
    """

    core: FlushingSession
    transaction: Any
    only: frozenset[InstanceState] | None = None
    changes: Changes = field(default_factory=Changes)
    associations: list[AssociationRows] = field(default_factory=list)
    moves: Moves | None = None
    receiving: frozenset[Mapper] = frozenset()
    giving: frozenset[Mapper] = frozenset()
    replaced: dict[InstanceState, InstanceState] = field(default_factory=dict)
    writes_again: bool = False
    written: dict[InstanceState, dict[str, Any]] = field(default_factory=dict)
    told: set[InstanceState] = field(default_factory=set)
    ranks: dict[InstanceState, int] = field(default_factory=dict)
    stuck: set[InstanceState] = field(default_factory=set)

    @property
    def session(self) -> Any:
        """The session whose pending changes are written."""
        return self.core.session
