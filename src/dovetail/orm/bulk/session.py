"""What statements that change many rows ask of a session: of its core, which stands above."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from dovetail.orm.flush.session import FlushingSession
from dovetail.orm.tracking.state import InstanceState
from dovetail.sql.arguments import ManyParameters, StatementArgument
from dovetail.steps import Steps


class BulkSession(FlushingSession, Protocol):
    """The session whose instances are brought along with the rows."""

    def expire_states(self, states: Iterable[InstanceState]) -> None: ...
    def get_bind(self, **asked: object) -> Any: ...
    def execute_steps(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        execution_options: Mapping[str, Any] = ...,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Steps[Any]: ...
