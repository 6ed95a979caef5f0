"""Conditions over other tables: columns replaced, in statements within and in their FROM too."""

from collections.abc import Callable
from typing import Any

from dovetail.exc import InvalidRequestError
from dovetail.sql.expression.from_clause import FromClause, Join
from dovetail.sql.node import Node
from dovetail.sql.traversal import Replacing

Placing = Callable[[Any], Any]


class Renaming(Replacing):
    """One run over a condition: *column* gives what stands for a column, or None.

    A table of which all columns are those of one other is replaced as well, where a statement
    within names it: in FROM, in ``correlate()``, among the classes whose rows are restricted.
    With *to_core* such statements are made statements of tables first.
    """

    def __init__(
        self, column: Placing, *, special: Placing | None = None, to_core: bool = False
    ) -> None:
        super().__init__(self._place)
        self._column = column
        self._special = special
        self._to_core = to_core

    def _place(self, node: Any) -> Any:
        if self._special is not None:
            found = self._special(node)
            if found is not None:
                return found
        if getattr(node, "table", None) is not None:
            return self._column(node)
        return self._source(node) if getattr(node, "is_from", False) else None

    def _source(self, source: FromClause) -> Any:
        """What *source* is read from instead; None to look into it."""
        if isinstance(source, Join):
            return None
        found: dict[int, Any] = {}
        for column in source.c:
            try:
                table = getattr(self._column(column), "table", None)
            except InvalidRequestError:
                continue
            found[id(table)] = table
        if len(found) == 1 and None not in found.values():
            return next(iter(found.values()))
        # An alias of a table is one of that table, whatever stands for the table elsewhere.
        return source if source.__visit_name__ in ("alias", "tablesample") else None

    def rebuilt(self, node: Node) -> Node:
        statement: Any = node
        if not getattr(node, "is_select_statement", False):
            return super().rebuilt(node)
        if self._to_core:
            statement = statement.as_core()
        made: Any = super().rebuilt(statement)
        if made is statement or not made.standing:
            return made  # type: ignore[no-any-return]
        standing = tuple(self._moved(one) for one in made.standing)
        return made._twin(standing=standing)  # type: ignore[no-any-return]

    def _moved(self, one: Any) -> Any:
        source = self.value(one.source)
        if source is one.source:
            return one
        return one._replace(source=source, entity=one.entity.over(source))
