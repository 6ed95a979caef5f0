"""What a flush asks of a session: of its core, which stands above."""

from typing import Any, Protocol

from dovetail.orm.loading.session import LoadingSession
from dovetail.orm.tracking.state import InstanceState
from dovetail.steps import Steps

Rows = dict[InstanceState, Any]


class FlushingSession(LoadingSession, Protocol):
    """The session whose pending changes are written."""

    def announce_state(self, name: str, state: InstanceState) -> None: ...
    def autoflush_steps(self, cause: object = None) -> Steps[None]: ...
    def by_shard(self, rows: Rows) -> list[tuple[Any, Rows]]: ...
    def leave(self, state: InstanceState) -> None: ...
