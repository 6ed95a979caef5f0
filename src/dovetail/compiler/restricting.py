"""Conditions on the mapped classes that stand in the statement being written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..sql.expression.from_clause import Join
from ..sql.expression.froms import from_objects
from ..sql.promise import Standing
from .expressions import ExpressionCompiler

if TYPE_CHECKING:
    from ..sql.node import Node


class Restrictions:
    """What is to be added to WHERE and ON for the classes in one FROM list.

    ``where``   those whose rows WHERE restricts, with the ids of the FROMs that it may
                speak of; None where the FROM of the class is there whole
    ``joined``  those whose rows ON restricts, by the id of what is joined
    """

    __slots__ = ("joined", "where")

    def __init__(self, standing: Iterable[Standing], froms: Iterable[Any]) -> None:
        self.where: list[tuple[Standing, set[int] | None]] = []
        self.joined: dict[int, list[Standing]] = {}
        there = {id(part) for source in froms for part in _parts(source)}
        for one in standing:
            if one.is_joined:
                self.joined.setdefault(id(one.source), []).append(one)
            elif id(one.source) in there:
                self.where.append((one, None))
            elif any(id(part) in there for part in _parts(one.source)):
                # Of the tables of a hierarchy those stand here that the statement speaks of.
                self.where.append((one, there))


def _parts(source: Node) -> list[Any]:
    if not isinstance(source, Join):
        return [source]
    return [source, *_parts(source.left), *_parts(source.right)]


class RestrictingCompiler(ExpressionCompiler):
    """Writes conditions with those besides that options, and mappings, ask for."""

    def take_criteria(self, node: Any) -> tuple[Any, ...]:
        """Take up the options of *node* that restrict classes; return those known before."""
        before = self.criteria
        for option in node.loader_options:
            if getattr(option, "restricts_classes", False) and option not in before:
                self.criteria += (option,)
        return before

    def restricted(self, criteria: Iterable[Any], restrictions: Restrictions | None) -> str:
        """Return *criteria* joined by AND, with the conditions on the classes in FROM."""
        every = list(criteria)
        for one, there in restrictions.where if restrictions is not None else ():
            every += self._conditions(one, there)
        return self.conjunction(every) if every else ""

    def restricted_on(self, criterion: Any, source: Any, restrictions: Restrictions | None) -> str:
        """Return the ON of the join to *source*, with the conditions on the class it leads to."""
        every = [criterion]
        for one in restrictions.joined.get(id(source), ()) if restrictions is not None else ():
            every += self._conditions(one, None)
        return self.conjunction(every)

    def _conditions(self, one: Standing, there: set[int] | None) -> list[Any]:
        found = []
        criteria = () if one.is_here else self.criteria
        for option, condition in one.entity.restrictions(criteria, one.is_reached):
            if there is None or all(id(source) in there for source in from_objects(condition)):
                found.append(condition)
                if option is not None:
                    self.options_by_condition[condition] = option
        return found
