"""A warning for FROMs that no condition joins: each row of one comes with each of the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from warnings import warn

from ..exc import DovetailWarning
from ..sql import operators as ops
from ..sql.expression.from_clause import Join
from ..sql.expression.froms import tables_within
from ..sql.traversal import iterate

if TYPE_CHECKING:
    from ..sql.expression.from_clause import FromClause

_JOINED_BY_THEMSELVES = frozenset(("table_valued", "lateral"))
"""What speaks of its neighbours inside, or gives rows for each of theirs on purpose."""


def warn_of_products(froms: Sequence[Any], criteria: Iterable[Any]) -> None:
    """Warn where two of *froms* are joined by none of the *criteria*."""
    listed = [one for one in froms if one.__visit_name__ not in _JOINED_BY_THEMSELVES]
    if len(listed) < 2:
        return
    place_of = {id(part): n for n, one in enumerate(listed) for part in _parts(one)}
    groups = list(range(len(listed)))
    conditions = [part for criterion in criteria for part in _conjuncts(criterion)]
    conditions += [on for one in listed for on in _conditions(one)]
    for condition in conditions:
        places = {place_of.get(id(getattr(node, "table", None))) for node in iterate(condition)}
        joined = {groups[place] for place in places if place is not None}
        groups = [min(joined) if group in joined else group for group in groups]
    apart = [listed[groups.index(group)] for group in dict.fromkeys(groups)]
    if len(apart) > 1:
        warn(
            f"{' and '.join(repr(one.description) for one in apart)} stand in FROM, and no "
            "condition joins them: each row of one comes with each of the others (join() them, "
            "with true() where this is meant)",
            DovetailWarning,
            stacklevel=2,
        )


def _parts(source: FromClause) -> list[Any]:
    return [source, *tables_within(source)]


def _conjuncts(criterion: Any) -> Iterator[Any]:
    if criterion.__visit_name__ == "boolean_list" and criterion.operator is ops.AND:
        for clause in criterion.clauses:
            yield from _conjuncts(clause)
    else:
        yield criterion


def _conditions(source: FromClause) -> Iterator[Any]:
    """The conditions of the joins in *source*."""
    if isinstance(source, Join):
        yield source.onclause
        yield from _conditions(source.left)
        yield from _conditions(source.right)
