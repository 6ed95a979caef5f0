"""What statements that change many rows ask of a session: of its core, which stands above."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from dovetail.orm.flush.session import FlushingSession
from dovetail.orm.tracking.state import InstanceState
from dovetail.steps import Steps

ManyParameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
"""What comes beside a statement: values by name, or a list of them for many rows."""


class BulkSession(FlushingSession, Protocol):
    """The session whose instances are brought along with the rows.

    ``transaction``  the innermost one in progress, or None
    """

    transaction: Any

    def ensure_transaction(self) -> Any: ...
    def expire_states(self, states: Iterable[InstanceState]) -> None: ...
    def get_bind(self, **asked: Any) -> Any: ...
    def execute_steps(
        self,
        statement: Any,
        params: Any = None,
        execution_options: Mapping[str, Any] = ...,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Steps[Any]: ...
