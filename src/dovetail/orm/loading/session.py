"""What loading asks of a session, of its core, which stands above; and tells it."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dovetail.engine.connection import Connection
from dovetail.event import Dispatch
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.attributes import AttributeBase
from dovetail.orm.tracking.state import InstanceState, Scope
from dovetail.sql.node import Executable
from dovetail.steps import Steps


@dataclass(slots=True, frozen=True, eq=False)
class LoadCause:
    """What more is loaded for, where somebody listens to statements.

    ``options``            those of the user's own that it has
    ``execution_options``  those that hold for what is loaded besides
    ``lazy_loaded_from``   the state whose attribute is read, if one is
    """

    options: tuple[Any, ...]
    execution_options: Mapping[str, Any]
    lazy_loaded_from: Any = None

    @classmethod
    def of_read(cls, state: InstanceState) -> "LoadCause":
        """Return the cause of loading what *state* lacks."""
        return cls(state.load.user_options, {}, state)


class LoadingSession(Protocol):
    """The session for which something is loaded.

    ``scope``       the instances that it has
    ``dispatch``    who listens to it
    ``row_source``  a second-level cache, a RowSource, or None
    ``load_cause``  what is being loaded for, where somebody listens to statements
    ``levels``      what is to be loaded below a tree's level that is being loaded, if one is
    ``epoch``       how many transactions it has ended
    ``flushing``    whether a flush is in progress
    ``reading``     what is read, and loaded for that: a pair of instance and attribute, or None
    ``transaction``  the innermost one in progress, or None
    """

    scope: Scope
    dispatch: Dispatch
    row_source: Any
    load_cause: LoadCause | None
    levels: deque[Steps[None]] | None
    lazy_policy: str
    epoch: int
    flushing: bool
    reading: tuple[object, AttributeBase] | None
    transaction: Any
    execution_options_dict: Mapping[str, Any]

    @property
    def session(self) -> Any: ...
    @property
    def chooses_bind(self) -> bool: ...
    @property
    def load_arguments(self) -> Mapping[str, Any]: ...
    def ensure_transaction(self) -> Any: ...
    def announce(self, name: str, instance: object) -> None: ...
    def connection_in_use(self, mapper: Mapper | None = None, clause: object = None) -> Any: ...
    def connection_for_steps(
        self, mapper: Mapper | None = None, clause: object = None
    ) -> Steps[Any]: ...
    def connect_steps(self, mapper: Mapper | None = None, clause: object = None) -> Steps[Any]: ...
    def connection_beside_steps(self, connection: Connection, mapper: Mapper) -> Steps[Any]: ...
    def caused_steps(self, cause: LoadCause, steps: Steps[Any]) -> Steps[Any]: ...
    def state_for_load(
        self,
        statement: Executable,
        parameters: dict[str, Any],
        kind: object,
        chain: Sequence[RelationshipProperty],
    ) -> Any: ...
