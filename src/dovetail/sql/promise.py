"""What Core knows of entities: that they stand in statements, and who can resolve them.

A mapped class or attribute in a statement is a *promise* of columns.  It enters the key as
itself and leaves its planner in the walk; whoever needs the columns asks the planner.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


class Planner(Protocol):
    """Turns statements of entities into statements of tables."""

    def to_core(self, statement: Any) -> Any:
        """Return an equal statement that is made of tables and columns alone."""
        ...


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
