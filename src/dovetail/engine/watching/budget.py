"""How much a block may ask of the database."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from ...exc import ArgumentError

if TYPE_CHECKING:
    from .seen import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most of each that a block may use; None allows any.

    ``statements``  how many, without BEGIN, COMMIT and their like
    ``seconds``     how long the database may take for all of them together
    ``rows``        how many may come back or be changed
    ``n_plus_one``  how many loops may send a query each time round
    ``duplicates``  how many queries may be sent again for the same values
    ``slow``        how many statements may be slow, as the watch understands it
    """

    statements: int | None = None
    seconds: float | None = None
    rows: int | None = None
    n_plus_one: int | None = None
    duplicates: int | None = None
    slow: int | None = None

    def __post_init__(self) -> None:
        for name, most in self.limits():
            number = isinstance(most, int | float if name == "seconds" else int)
            if not number or isinstance(most, bool) or most < 0:
                raise ArgumentError(f"{name} of a budget is a number from 0 on, not {most!r}")

    def limits(self) -> list[tuple[str, float]]:
        """Return the limits that are set, by name."""
        every = ((each.name, getattr(self, each.name)) for each in fields(self))
        return [(name, most) for name, most in every if most is not None]

    def exceeded(self, seen: Seen) -> list[str]:
        """Return a sentence for each limit that *seen* has gone beyond."""
        used = {
            "statements": seen.count,
            "seconds": seen.seconds,
            "rows": seen.rows,
            "n_plus_one": len(seen.n_plus_one),
            "duplicates": sum(len(one.statements) - 1 for one in seen.duplicates),
            "slow": len(seen.slow),
        }
        return [
            f"{name.replace('_', ' ')}: {used[name]:.4g}, and {most:.4g} allowed"
            for name, most in self.limits()
            if used[name] > most
        ]


def budget_of(given: object) -> Budget | None:
    """Return the budget that is *given*: one, a number of statements, or None for none."""
    if given is None or isinstance(given, Budget):
        return given
    if isinstance(given, int) and not isinstance(given, bool):
        return Budget(statements=given)
    raise ArgumentError(
        f"a budget is a number of statements or a Budget, not {given!r}",
        hint="budget=5, or budget=Budget(statements=5, n_plus_one=0)",
    )
