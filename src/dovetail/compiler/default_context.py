"""What a default function that takes an argument is given."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ..exc import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_asking: ContextVar[Any] = ContextVar("asking", default=None)


@contextmanager
def made_for(connection: object) -> Iterator[None]:
    """Tell *connection* to the default functions that are called meanwhile.

    Plans are kept for all connections: what they call can't be told by an argument.
    """
    token = _asking.set(connection)
    try:
        yield
    finally:
        _asking.reset(token)


class DefaultContext:
    """What a default function that takes an argument is given.

    ``current_parameters``  the values given for the row, by the keys of columns
    ``connection``          the connection that the row is sent by, for statements of one's own
    """

    __slots__ = ("_connection", "current_parameters")

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.current_parameters = dict(row)
        self._connection = _asking.get()

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> dict[str, Any]:
        """Return the values given for the row."""
        return self.current_parameters

    @property
    def connection(self) -> Any:
        """The connection that the row is sent by; InvalidRequestError where there is none yet.

        An awaiting one is asked by blocking calls too; without the package greenlet only within
        ``run_sync()``.
        """
        if self._connection is None:
            raise InvalidRequestError(
                "this default is made before a connection is taken",
                hint="let the session send something first, or give the value with the instance",
            )
        return self._connection

    root_connection = connection

    @property
    def engine(self) -> Any:
        """The engine of the connection."""
        return self.connection.engine

    @property
    def dialect(self) -> Any:
        """The dialect of the connection."""
        return self.connection.dialect

    @property
    def execution_options(self) -> Mapping[str, Any]:
        """The options of the connection."""
        options: Mapping[str, Any] = self.connection.get_execution_options()
        return options
