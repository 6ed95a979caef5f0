"""What a watch finds wrong: what runs in a loop, runs twice, takes long, or is held open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..place import Place
    from .statement import WatchedStatement


@dataclass(frozen=True, slots=True)
class Repeated:
    """Statements of one shape, sent one by one from one line: a loop, the N of N+1.

    ``place``       the line of the program
    ``sql``         the text of the first
    ``statements``  all of them
    ``reading``     the attribute whose lazy loads they are, or None
    """

    place: Place
    sql: str
    statements: Sequence[WatchedStatement]
    reading: str | None

    @property
    def is_query(self) -> bool:
        """Whether they read: N+1 in the narrow sense."""
        return self.statements[0].is_query

    @property
    def seconds(self) -> float:
        """How long the database took for all of them."""
        return sum(each.seconds for each in self.statements)

    def __str__(self) -> str:
        what = "N+1" if self.is_query else "one by one"
        load = "" if self.reading is None else f"lazy load of {self.reading}: "
        return f"{what}: {len(self.statements)} times at {self.place}: {load}{shortened(self.sql)}"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Equal queries with equal values, with no change in between.

    ``sql``         the text
    ``statements``  all of them: each after the first could have been spared
    """

    sql: str
    statements: Sequence[WatchedStatement]

    @property
    def places(self) -> list[Place]:
        """The lines of the program that they come from, each once."""
        return list(dict.fromkeys(each.place for each in self.statements))

    def __str__(self) -> str:
        places = ", ".join(map(str, self.places))
        return f"duplicate: {len(self.statements)} times at {places}: {shortened(self.sql)}"


@dataclass(frozen=True, slots=True)
class HeldOpen:
    """A transaction in which nothing was sent for long, while its locks were held.

    ``transaction``  its number
    ``seconds``      how long nothing was sent
    ``after``        the statement after which it began to wait
    """

    transaction: int
    seconds: float
    after: WatchedStatement

    def __str__(self) -> str:
        return (
            f"held open: transaction {self.transaction} was idle for {self.seconds:.3g} s after "
            f"{shortened(self.after.sql)} at {self.after.place}"
        )


def shortened(sql: str, most: int = 100) -> str:
    """Return *sql* in one line of *most* characters, ``...`` at its end where it is longer."""
    text = " ".join(sql.split())
    return text if len(text) <= most else f"{text[: most - 3]}..."


def repeated(statements: Iterable[WatchedStatement], least: int) -> list[Repeated]:
    """Return what was sent one by one from one line, *least* times or more.

    What one flush sends for several rows is no loop of the program, and a statement for many
    keys or rows at once is none that is sent for each of them.
    """
    groups: dict[tuple[Place, str], list[WatchedStatement]] = {}
    for each in statements:
        if each.sets == 1:
            groups.setdefault((each.place, each.shape), []).append(each)
    found = []
    for (place, _), group in groups.items():
        flushes = {(each.session, each.flush) for each in group if each.flush is not None}
        times = sum(1 for each in group if each.flush is None) + len(flushes)
        values = {each.digest for each in group}
        if times >= least and len(values) > 1:
            found.append(Repeated(place, group[0].sql, group, group[0].reading))
    return sorted(found, key=lambda one: -len(one.statements))


def duplicates(statements: Iterable[WatchedStatement]) -> list[Duplicate]:
    """Return queries that were sent again with the same values, and no change in between."""
    found: list[Duplicate] = []
    groups: dict[tuple[str, int], list[WatchedStatement]] = {}

    def keep() -> None:
        found.extend(Duplicate(sql, group) for (sql, _), group in groups.items() if len(group) > 1)
        groups.clear()

    for each in statements:
        if not each.is_query:
            keep()
        elif each.flush is None:  # what a flush asks is the next number of a sequence
            groups.setdefault((each.sql, each.digest), []).append(each)
    keep()
    return sorted(found, key=lambda one: -len(one.statements))


def held_open(
    executions: Iterable[WatchedStatement], least: float, now: float | None
) -> list[HeldOpen]:
    """Return where transactions waited *least* seconds or more for their next statement.

    One that is open *now* has waited until then; None where nothing is open any more.
    """
    latest: dict[int, WatchedStatement] = {}
    longest: dict[int, HeldOpen] = {}

    def note(transaction: int, after: WatchedStatement, until: float) -> None:
        seconds = until - after.started - after.seconds
        known = longest.get(transaction)
        if seconds >= least and (known is None or seconds > known.seconds):
            longest[transaction] = HeldOpen(transaction, seconds, after)

    for each in executions:
        if each.transaction is None:
            continue
        before = latest.pop(each.transaction, None)
        if before is not None:
            note(each.transaction, before, each.started)
        if not _ends_transaction(each):
            latest[each.transaction] = each
    if now is not None:
        for transaction, before in latest.items():
            note(transaction, before, now)
    return sorted(longest.values(), key=lambda one: -one.seconds)


def _ends_transaction(each: WatchedStatement) -> bool:
    ends = each.kind == "transaction" and each.sql.startswith(("COMMIT", "ROLLBACK"))
    return ends and not each.sql.startswith("ROLLBACK TO")
