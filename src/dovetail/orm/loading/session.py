"""What loading asks of a session: of its core, which stands above."""

from collections.abc import Mapping
from typing import Any, Protocol

from dovetail.event import Dispatch
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.state import Scope
from dovetail.steps import Steps


class LoadingSession(Protocol):
    """The session for which something is loaded.

    ``scope``       the instances that it has
    ``dispatch``    who listens to it
    ``row_source``  a second-level cache, a RowSource, or None
    ``load_cause``  what is being loaded for, where somebody listens to statements
    ``epoch``       how many transactions it has ended
    """

    scope: Scope
    dispatch: Dispatch
    row_source: Any
    load_cause: Any
    lazy_policy: str
    epoch: int
    execution_options_dict: Mapping[str, Any]

    @property
    def session(self) -> Any: ...
    @property
    def chooses_bind(self) -> bool: ...
    @property
    def load_arguments(self) -> Mapping[str, Any]: ...
    def announce(self, name: str, instance: object) -> None: ...
    def connection_in_use(self, mapper: Mapper | None = None, clause: Any = None) -> Any: ...
    def connection_for_steps(
        self, mapper: Mapper | None = None, clause: Any = None
    ) -> Steps[Any]: ...
    def connect_steps(self, mapper: Mapper | None = None, clause: Any = None) -> Steps[Any]: ...
    def connection_beside_steps(self, connection: Any, mapper: Mapper) -> Steps[Any]: ...
    def caused_steps(self, cause: Any, steps: Steps[Any]) -> Steps[Any]: ...
    def state_for_load(self, statement: Any, kind: Any, chain: Any) -> Any: ...
