"""Ending what was left prepared, as it was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from ...exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...engine import Connection, Engine
    from ...steps import Steps


class Recovered(NamedTuple):
    """What became of the transactions that were found prepared.

    Each is told by the name that it has in its database.

    ``committed``    those that had been decided
    ``rolled_back``  those that had not
    ``left``         those that began too short a time ago
    ``failed``       (name, error) of those that could not be ended: another try may succeed
    """

    committed: list[str]
    rolled_back: list[str]
    left: list[str]
    failed: list[tuple[str, DBAPIError]]


class Decisions(Protocol):
    """What was decided, by name."""

    def identity_steps(self) -> Steps[str]: ...
    def named_by(self, branch: str) -> tuple[str, float] | None: ...
    def outcome_steps(self, name: str) -> Steps[str]: ...


def recover_steps(log: Decisions, engines: Sequence[Engine], older_than: float) -> Steps[Recovered]:
    """End what is prepared in the databases of *engines*, as *log* says."""
    yield from log.identity_steps()
    found = Recovered([], [], [], [])
    seen: set[str] = set()
    for engine in engines:
        connection = yield from engine.connect_steps()
        try:
            branches: list[str] = yield from connection.prepared_steps("recover")
            for branch in branches:
                known = log.named_by(branch)
                # Two databases may have one list of those that are prepared.
                if known is None or branch in seen:
                    continue
                seen.add(branch)
                name, age = known
                if age < older_than:
                    found.left.append(branch)
                    continue
                outcome = yield from log.outcome_steps(name)
                yield from _end_steps(connection, branch, outcome, found)
        finally:
            yield from connection.close_steps()
    return found


def _end_steps(connection: Connection, branch: str, outcome: str, found: Recovered) -> Steps[None]:
    try:
        yield from connection.prepared_steps(outcome, branch, True)
    except DBAPIError as error:
        found.failed.append((branch, error))
    else:
        (found.committed if outcome == "commit" else found.rolled_back).append(branch)
