"""What SELECT and its unions have in common: order, limits, locks, and how they are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Self

from ...exc import ArgumentError
from ..arguments import FromArgument, SortArgument
from ..node import Node, Walk
from ..promise import collect_standing
from .coercion import node_of
from .column_element import ColumnElement
from .constructs import group_arguments, order_argument
from .derived import CTE
from .extension import collect_extensions
from .froms import (
    JoinSpec,
)
from .naming import (
    LABEL_STYLE_DEFAULT,
    SelectLabelStyle,
)
from .select_base import SelectBase, row_limit, row_offset


class ForUpdateArg(NamedTuple):
    """What FOR UPDATE says."""

    nowait: bool = False
    read: bool = False
    of: tuple[Any, ...] = ()
    skip_locked: bool = False
    key_share: bool = False


class Fetch(NamedTuple):
    """What FETCH FIRST says."""

    count: Any
    with_ties: bool = False
    percent: bool = False


def _collect_nodes(value: Sequence[Node], walk: Walk) -> None:
    walk.key.append(len(value))
    for node in value:
        node.collect(walk)


def _collect_node(value: Node | None, walk: Walk) -> None:
    if value is None:
        walk.key.append("none")
    else:
        value.collect(walk)


def _collect_plain(value: object, walk: Walk) -> None:
    walk.key.append(value)


def _collect_joins(value: Sequence[JoinSpec], walk: Walk) -> None:
    key = walk.key
    key.append(len(value))
    for target, onclause, left, isouter, full in value:
        key.append((isouter, full, onclause is None, left is None))
        target.collect(walk)
        if onclause is not None:
            onclause.collect(walk)
        if left is not None:
            left.collect(walk)


def _collect_hints(value: Iterable[tuple[Node | None, str, str]], walk: Walk) -> None:
    for source, text, dialect_name in value:
        walk.key.append((text, dialect_name))
        _collect_node(source, walk)


def _collect_distinct(value: object, walk: Walk) -> None:
    if isinstance(value, tuple):
        _collect_nodes(value, walk)


def _collect_for_update(value: ForUpdateArg | None, walk: Walk) -> None:
    if value is None:
        walk.key.append("none")
        return
    walk.locks = True
    walk.key.append((value.nowait, value.read, value.skip_locked, value.key_share))
    _collect_nodes(value.of, walk)


def _collect_fetch(value: Fetch | None, walk: Walk) -> None:
    if value is None:
        walk.key.append("none")
        return
    walk.key.append((value.with_ties, value.percent))
    value.count.collect(walk)


_COLLECTORS: dict[str, Callable[[Any, Walk], None]] = {
    "raw_columns": _collect_nodes,
    "from_clauses": _collect_nodes,
    "joins": _collect_joins,
    "where_criteria": _collect_nodes,
    "group_by_clauses": _collect_nodes,
    "having_criteria": _collect_nodes,
    "order_by_clauses": _collect_nodes,
    "limit_clause": _collect_node,
    "offset_clause": _collect_node,
    "fetch_clause": _collect_fetch,
    "distinct_on": _collect_distinct,
    "for_update_arg": _collect_for_update,
    "loader_options": _collect_nodes,
    "correlate_froms": _collect_nodes,
    "correlate_except_froms": _collect_nodes,
    "auto_correlate": _collect_plain,
    "prefixes": _collect_plain,
    "suffixes": _collect_plain,
    "hints": _collect_hints,
    "extensions": collect_extensions,
    "label_style": _collect_plain,
    "selects": _collect_nodes,
    "keyword": _collect_plain,
    "standing": collect_standing,
    "ctes": _collect_nodes,
    "nested_ctes": _collect_nodes,
}


class GenerativeSelect(SelectBase):
    """What SELECT and UNION have in common: order, limits, locks."""

    order_by_clauses: tuple[Any, ...] = ()
    group_by_clauses: tuple[Any, ...] = ()
    limit_clause: Any = None
    offset_clause: Any = None
    fetch_clause: Fetch | None = None
    for_update_arg: ForUpdateArg | None = None
    label_style: SelectLabelStyle = LABEL_STYLE_DEFAULT
    ctes: tuple[Any, ...] = ()
    nested_ctes: tuple[Any, ...] = ()

    def collect(self, walk: Walk) -> None:
        key = walk.key
        key.append(self.__visit_name__)
        for name, value in self.__dict__.items():
            collector = _COLLECTORS.get(name)
            if collector is not None:
                key.append(name)
                collector(value, walk)
        key.append("end")

    def order_by(self, *clauses: SortArgument | bool | None) -> Self:
        """Return a copy sorted by *clauses*, after those it has; None takes all away.

        With the SQL that it sends::

            session.scalars(select(User.name).order_by(User.name.desc())).all()
            # SELECT user_account.name FROM user_account ORDER BY user_account.name DESC
        """
        copy: Self = object.__new__(self.__class__)
        if len(clauses) == 1 and (clauses[0] is None or clauses[0] is False):
            copy.__dict__ = {**self.__dict__, "order_by_clauses": ()}
            return copy
        for clause in clauses:
            if not isinstance(clause, ColumnElement):
                clauses = tuple(order_argument(clause) for clause in clauses)
                break
        copy.__dict__ = {**self.__dict__, "order_by_clauses": self.order_by_clauses + clauses}
        return copy

    def group_by(self, *clauses: SortArgument | None) -> Self:
        """Return a copy grouped by *clauses*, after those it has; None takes all away.

        With the SQL that it sends::

            statement = select(Order.user_id, func.sum(Order.total)).group_by(Order.user_id)
            session.execute(statement).all()
            # SELECT orders.user_id, sum(orders.total) AS sum_1 FROM orders GROUP BY orders.user_id
        """
        if len(clauses) == 1 and clauses[0] is None:
            return self._with(group_by_clauses=())
        return self._with(group_by_clauses=self.group_by_clauses + group_arguments(clauses))

    def limit(self, limit: object) -> Self:
        """Return a copy that gives at most *limit* rows; None takes the limit away.

        With the SQL that it sends::

            session.scalars(select(Order.total).order_by(Order.total).limit(2)).all()
            # SELECT orders.total FROM orders ORDER BY orders.total LIMIT ?
        """
        copy: Self = object.__new__(self.__class__)
        copy.__dict__ = {**self.__dict__, "limit_clause": row_limit(limit), "fetch_clause": None}
        return copy

    def offset(self, offset: object) -> Self:
        """Return a copy that leaves out the first *offset* rows.

        With the SQL that it sends::

            session.scalars(select(Order.total).order_by(Order.total).limit(2).offset(1)).all()
            # SELECT orders.total FROM orders ORDER BY orders.total LIMIT ? OFFSET ?
        """
        return self._with(offset_clause=row_offset(offset))

    def fetch(self, count: object, with_ties: bool = False, percent: bool = False) -> Self:
        """Return a copy with ``FETCH FIRST count ROWS ONLY``, or ``WITH TIES``."""
        fetch = Fetch(row_limit(count), with_ties, percent) if count is not None else None
        return self._with(fetch_clause=fetch, limit_clause=None)

    def slice(self, start: int, stop: int) -> Self:
        """Return a copy that gives the rows from *start* to before *stop*."""
        return self._with(
            limit_clause=row_limit(stop - start),
            offset_clause=row_offset(start) if start else None,
        )

    def with_for_update(
        self,
        *,
        nowait: bool = False,
        read: bool = False,
        of: FromArgument | Sequence[FromArgument] | None = None,
        skip_locked: bool = False,
        key_share: bool = False,
    ) -> Self:
        """Return a copy that locks the rows it gives: ``FOR UPDATE``."""
        if of is None:
            targets: tuple[Any, ...] = ()
        else:
            given = of if isinstance(of, list | tuple) else (of,)
            targets = tuple(map(_lock_target, given))
        return self._with(
            for_update_arg=ForUpdateArg(nowait, read, targets, skip_locked, key_share)
        )

    def set_label_style(self, style: SelectLabelStyle) -> Self:
        """Return a copy that names its columns in another way."""
        return self._with(label_style=style)

    def get_label_style(self) -> SelectLabelStyle:
        """Return the way in which columns are named."""
        return self.label_style

    @property
    def _label_style(self) -> SelectLabelStyle:
        # Read by programs that tell statements apart by it.
        return self.label_style

    def add_cte(self, *ctes: CTE, nest_here: bool = False) -> Self:
        """Return a copy with *ctes* in the statement's WITH, whether it speaks of them or not.

        With *nest_here* they stand in a WITH of its own.
        """
        if nest_here:
            return self._with(nested_ctes=self.nested_ctes + ctes)
        return self._with(ctes=self.ctes + ctes)


def _lock_target(target: object) -> Any:
    node = node_of(target)
    if node is None:
        raise ArgumentError(
            f"FOR UPDATE OF takes tables, columns and mapped classes; got {target!r}",
            hint="give the table itself, or the class that is mapped to it",
        )
    return node
