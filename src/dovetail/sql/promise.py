"""What Core knows of entities: that they stand in statements, and who can resolve them.

A mapped class or attribute in a statement is a *promise* of columns.  It enters the key as
itself and leaves its planner in the walk; whoever needs the columns asks the planner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable


class Planner(Protocol):
    """Turns statements of entities into statements of tables."""

    def to_core(self, statement: object) -> Any:
        """Return an equal statement that is made of tables and columns alone."""
        ...

    def as_sent(self, statement: object) -> Any:
        """Return the SELECT of tables that a session sends for the SELECT *statement*."""
        ...

    def reduce(self, statement: object) -> Any:
        """Return what ``pickle`` is told of *statement*: classes and their tables by name."""
        ...


class RestrictedEntity(Protocol):
    """A mapped class, or an alias of one, whose rows may be restricted where they are met."""

    def collect(self, walk: Any) -> None:
        """Append what it is."""
        ...

    def restrictions(self, options: Sequence[Any], is_reached: bool) -> Iterable[tuple[Any, Any]]:
        """Pairs of (option, condition) that restrict the rows.

        Of the *options* of the statement, or of one around it; the option is None for what
        tells the rows of the class apart.  *is_reached*: along a relationship.
        """
        ...


class Standing(NamedTuple):
    """A mapped class in a SELECT of tables: its rows are restricted where its FROM is written.

    Which FROMs a SELECT has of its own is known when it is written, and so are the statements
    around it, whose options concern it too.
    """

    source: Any
    """What stands in FROM for the class."""
    entity: RestrictedEntity
    is_joined: bool
    """The conditions belong to the ON of its join."""
    is_reached: bool
    """Its rows are reached along a relationship."""
    is_here: bool = False
    """Its rows are those of instances that are here, whatever the options ask for."""


def collect_standing(standing: Iterable[Standing], walk: Any) -> None:
    """Append to *walk* which classes stand in a statement of tables, whose SQL they change."""
    planner = walk.planner
    for one in standing:
        walk.key.append((one.is_joined, one.is_reached, one.is_here))
        one.entity.collect(walk)
    # They are resolved: nobody need be asked again.
    walk.planner = planner


@runtime_checkable
class StatementEntity(Protocol):
    """An object, often a class, that may stand in a statement for its columns."""

    @property
    def __statement_entity__(self) -> Any:
        """The node, with ``is_promise`` true, that goes into the statement."""
        ...


@runtime_checkable
class ClauseSource(Protocol):
    """An object that knows the SQL expression it stands for."""

    def __clause_element__(self) -> Any:
        """Return the expression."""
        ...
