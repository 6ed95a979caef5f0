"""Where the columns of a SELECT come from: the FROM list, and joins put into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ...exc import InvalidRequestError, NoForeignKeysError
from ..node import Node
from ..operators import EQ
from ..traversal import children, iterate
from .column_element import ColumnElement
from .elements import BinaryExpression
from .from_clause import FromClause, Join, join_condition


class JoinSpec(NamedTuple):
    """One ``.join()`` as it was asked for; the condition is found when it is needed."""

    target: Any
    onclause: Any
    left: Any
    isouter: bool
    full: bool


def from_objects(node: Node) -> list[Any]:
    """Return the tables and subqueries that the columns in *node* belong to, in order."""
    found: dict[int, Any] = {}
    _gather(node, found, set())
    return list(found.values())


def _gather(node: Any, found: dict[int, Any], seen: set[int]) -> None:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, FromClause):
        found.setdefault(id(node), node)
    elif node.__visit_name__ == "column":
        if node.table is not None:
            found.setdefault(id(node.table), node.table)
    elif node.__visit_name__ != "scalar_values" and not getattr(node, "is_select_statement", False):
        # A SELECT within has a FROM of its own; written rows, as a value, need none.
        for child in children(node):
            _gather(child, found, seen)


def contained_in(source: FromClause) -> list[Any]:
    """Return the tables that *source*, in FROM, brings: those joined, or itself."""
    return source.contained() if isinstance(source, Join) else [source]


def named_froms(columns: Iterable[Node]) -> list[Any]:
    """Return what *columns* come from, mapped classes as the classes that they are."""
    found: dict[int, Any] = {}
    waiting = list(columns)[::-1]
    while waiting:
        node: Any = waiting.pop()
        source = getattr(node, "from_source", None)
        if source is not None:
            found.setdefault(id(source), source)
        elif isinstance(node, FromClause) or node.__visit_name__ == "column":
            _gather(node, found, set())
        elif not getattr(node, "is_select_statement", False):
            waiting += list(children(node))[::-1]
    return list(found.values())


def derived_froms(
    columns: Iterable[Any], explicit: Sequence[Any], criteria: Iterable[Any]
) -> list[Any]:
    """Return the FROM list: what was named, then that of the columns, then of the criteria."""
    found: dict[int, Any] = {id(source): source for source in explicit}
    seen: set[int] = set()
    for node in (*columns, *criteria):
        _gather(node, found, seen)
    return list(found.values())


def without_joined(froms: Iterable[Any]) -> list[Any]:
    """Return *froms* without those that stand inside a join among them."""
    listed = list(froms)
    hidden = {id(part) for source in listed for part in _hidden(source)}
    return [source for source in listed if id(source) not in hidden]


def _hidden(source: FromClause) -> list[Any]:
    if not isinstance(source, Join):
        return []
    found = []
    for side in (source.left, source.right):
        found += [side, *_hidden(side)]
    return found


def tables_within(source: FromClause) -> list[Any]:
    """Return *source*, or what it joins."""
    return source.contained() if isinstance(source, Join) else [source]


def apply_joins(
    columns: Sequence[Any], explicit: Sequence[Any], specs: Sequence[JoinSpec]
) -> list[Any]:
    """Return the explicit FROM list with *specs* joined to it."""
    froms = list({id(source): source for source in explicit}.values())
    for spec in specs:
        candidates = froms or derived_froms(columns, (), ())
        left = _left_side(candidates, spec)
        made = Join(left, spec.target, spec.onclause, spec.isouter, spec.full)
        for position, source in enumerate(froms):
            if source is left:
                froms[position] = made
                break
        else:
            froms.append(made)
    return froms


def _left_side(candidates: list[Any], spec: JoinSpec) -> Any:
    if spec.left is not None:
        for source in candidates:
            if any(part is spec.left for part in (source, *tables_within(source))):
                return source
        return spec.left
    usable = [source for source in candidates if source is not spec.target]
    if not usable:
        raise InvalidRequestError(
            f"there is nothing to join {spec.target.description!r} to",
            hint="name the left side: select_from(left).join(target)",
        )
    if len(usable) == 1:
        return usable[0]
    if spec.onclause is not None:
        spoken_of = {id(source) for source in from_objects(spec.onclause)}
        fitting = [
            source
            for source in usable
            if any(id(part) in spoken_of for part in tables_within(source))
        ]
    else:
        fitting = [source for source in usable if _linked(source, spec.target)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(source.description for source in usable)
    if not fitting and spec.onclause is None:
        raise NoForeignKeysError(
            f"no foreign key links {spec.target.description!r} to any of {names}",
            hint="say how to join: .join(target, onclause)",
        )
    if not fitting:
        return usable[-1]
    raise InvalidRequestError(
        f"{spec.target.description!r} can be joined to more than one of {names}",
        hint="name the left side: .join_from(left, target) or .select_from(left)",
    )


def _linked(left: FromClause, right: FromClause) -> bool:
    try:
        join_condition(left, right)
    except NoForeignKeysError:
        return False
    return True


def reduced_columns(
    columns: Iterable[Any], clauses: Iterable[Any], only_synonyms: bool
) -> list[Any]:
    """*columns* without those that equal others: by a foreign key, or by ``==`` in *clauses*.

    With *only_synonyms* a column goes for one of its own name alone.
    """
    found = list({id(column): column for column in columns}.values())
    gone: set[int] = set()

    def may_go(column: ColumnElement[Any], other: ColumnElement[Any]) -> bool:
        return other is not column and (not only_synonyms or other.name == column.name)

    for column in found:
        for origin in getattr(column, "lineage", (column,)):
            for key in getattr(origin, "foreign_keys", ()):
                if any(may_go(column, o) and _stands_for(o, key.column) for o in found):
                    gone.add(id(column))
    for clause in clauses:
        for node in iterate(clause):
            if not isinstance(node, BinaryExpression) or node.operator is not EQ:
                continue
            left = [c for c in found if id(c) not in gone and _stands_for(c, node.left)]
            right = [c for c in found if id(c) not in gone and _stands_for(c, node.right)]
            if left and right and may_go(right[-1], left[0]):
                gone.add(id(right[-1]))
    return [column for column in found if id(column) not in gone]


def _stands_for(column: ColumnElement[Any], original: object) -> bool:
    shares = getattr(column, "shares_lineage", None)
    return column is original or (shares is not None and bool(shares(original)))
