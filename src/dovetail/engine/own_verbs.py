"""Connections whose transactions a dialect of another package begins and ends by its methods.

They are there for such dialects alone; all others have the connections of their driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..dialects.package_driver import is_brought
from ..exc import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..dialects.dialect import Dialect
    from ..dialects.driver import Driver, DriverConnection

VERBS: Mapping[str, str] = {
    "begin": "do_begin",
    "commit": "do_commit",
    "rollback": "do_rollback",
    "close": "do_close",
    "terminate": "do_terminate",
    "ping": "do_ping",
    "set_isolation": "set_isolation_level",
}
"""What is asked of a connection, and the methods by which a dialect does it."""

STATEMENT_METHODS = ("do_execute", "do_executemany", "do_execute_no_params")
SAVEPOINT_METHODS: Mapping[str, str] = {
    "SAVEPOINT": "do_savepoint",
    "ROLLBACK TO SAVEPOINT": "do_rollback_to_savepoint",
    "RELEASE SAVEPOINT": "do_release_savepoint",
}


def has_own(dialect: Dialect | type[Dialect], method: str) -> bool:
    """Tell whether another package, or a program, has written *method* of *dialect*."""
    return is_brought(getattr(dialect, method))


def refuse_unheard(dialect: Dialect, driver: Driver) -> None:
    """Raise ArgumentError if *dialect* has methods that block, and its *driver* awaits."""
    if not driver.is_async:
        return
    for method in (*VERBS.values(), *STATEMENT_METHODS, *SAVEPOINT_METHODS.values()):
        if has_own(dialect, method):
            raise ArgumentError(
                f"{type(dialect).__name__}.{method}() blocks, and {driver.name} awaits",
                hint="create_engine() with a driver that blocks",
            )


def with_own_verbs(connection: DriverConnection, dialect: Dialect | None) -> DriverConnection:
    """Return *connection*, or one that does what *dialect* does otherwise as that does it."""
    if dialect is None:
        return connection
    verbs = [verb for verb, method in VERBS.items() if has_own(dialect, method)]
    own: Any = OwnVerbs(connection, dialect, verbs) if verbs else connection
    made: DriverConnection = own
    return made


class Handed:
    """The connection of a driver as the methods of such a dialect get it.

    What ends a transaction on it is what dovetail does with that driver.
    """

    def __init__(self, connection: DriverConnection) -> None:
        self._connection = connection

    def commit(self) -> None:
        """Commit."""
        self._connection.commit()

    def rollback(self) -> None:
        """Roll back."""
        self._connection.rollback()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection.listener_view(), name)


class OwnVerbs:
    """A connection of a driver that does some *verbs* as *dialect* does them."""

    def __init__(self, connection: DriverConnection, dialect: Dialect, verbs: list[str]) -> None:
        self._connection = connection
        self._dialect: Any = dialect
        self._handed = Handed(connection)
        special: dict[str, Callable[..., Any]] = {"begin": self._begin_by, "ping": self._ping_by}
        for verb in verbs:
            setattr(self, verb, special.get(verb) or self._done_by(VERBS[verb]))

    @property
    def inner(self) -> Any:
        """The connection below, for its driver."""
        return getattr(self._connection, "inner", self._connection)

    def _done_by(self, method: str) -> Callable[..., Any]:
        return lambda *arguments: getattr(self._dialect, method)(self._handed, *arguments)

    def _begin_by(self) -> None:
        # Drivers that send BEGIN themselves see whether the dialect has.
        self._dialect.do_begin(self._handed)
        self._connection.begin()

    def _ping_by(self) -> None:
        if not self._dialect.do_ping(self._handed):
            raise self._dialect.loaded_dbapi.OperationalError("the dialect found no life in it")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)
