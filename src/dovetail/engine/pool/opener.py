"""What opens the connections of a pool."""

from __future__ import annotations

from functools import partial
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

from ...dialects.driver import DbapiConnection
from ...steps import nothing

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...dialects.driver import DriverConnection
    from ...steps import Steps
    from .record import ConnectionRecord


class Opener:
    """Base of what opens connections for a pool."""

    is_async: bool
    bound_to_loop = False
    """Whether a connection can be used in the event loop alone that it was opened in."""

    def open_steps(self, record: ConnectionRecord) -> Steps[DriverConnection]:
        """Open a connection for *record*."""
        raise NotImplementedError

    def open_raw(self) -> Any:
        """Return a new connection of the driver's package, which belongs to no pool."""
        raise NotImplementedError

    def meet_steps(self, connection: DriverConnection) -> Steps[None]:
        """Learn what there is to know of the server, over a *connection* that is new."""
        yield from nothing

    def ping_failed(self, error: Exception) -> None:
        """Tell who wants to know that an idle connection proved to be dead: nobody."""


class CreatorOpener(Opener):
    """Opens connections with a function that the user gave.

    The methods ``do_rollback``, ``do_commit`` and ``do_close`` of the pool's dialect are called
    in place of the connection's own, where it has them.
    """

    is_async = False

    def __init__(self, creator: Callable[..., Any]) -> None:
        self.creator = creator
        self._takes_record = takes_record(creator)

    def open_raw(self) -> Any:
        """Call the user's function."""
        return self.creator(None) if self._takes_record else self.creator()

    def open_steps(self, record: ConnectionRecord) -> Steps[DriverConnection]:
        """Call the user's function."""
        raw = yield (self.creator, record) if self._takes_record else (self.creator,)
        connection = DbapiConnection(raw)
        for verb in ("commit", "rollback", "close"):
            function = getattr(record.pool._dialect, f"do_{verb}", None)
            if function is not None:
                setattr(connection, verb, partial(function, raw))
        return connection


def takes_record(creator: Callable[..., Any]) -> bool:
    """Tell whether *creator* wants to know for which place in the pool it opens a connection."""
    try:
        parameters = signature(creator).parameters.values()
    except (TypeError, ValueError):
        return False
    needed = [each for each in parameters if each.default is each.empty]
    return len(needed) == 1 and needed[0].kind in (
        Parameter.POSITIONAL_ONLY,
        Parameter.POSITIONAL_OR_KEYWORD,
    )
