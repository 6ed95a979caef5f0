"""INSERT as MySQL and MariaDB have it: with ON DUPLICATE KEY UPDATE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ...exc import ArgumentError, InvalidRequestError
from ...sql.expression.column_element import ColumnElement
from ...sql.expression.columns import ColumnCollection
from ...sql.expression.dml_base import UpdateBase, row_of
from ...sql.expression.extension import Extensible, SyntaxExtension
from ...sql.expression.from_clause import Alias
from ...sql.node import Node, Walk
from ...sql.upsert import ConflictInsert

if TYPE_CHECKING:
    from ...sql.arguments import FromArgument


class OnDuplicateKeyUpdate(Node):
    """ON DUPLICATE KEY UPDATE …"""

    __visit_name__ = "on_duplicate_key_update"
    parts: ClassVar[tuple[str, ...]] = ("values_", "table")

    def __init__(self, statement: Any, values: Any) -> None:
        self.preserves_order = isinstance(values, list | tuple)
        if isinstance(values, ColumnCollection):
            values = dict(values.items())
        elif self.preserves_order:
            values = dict(values)
        if not isinstance(values, Mapping) or not values:
            raise ArgumentError(
                "on_duplicate_key_update() takes names and values, a dictionary, or a list of "
                "pairs where the order counts",
                hint="on_duplicate_key_update(name=statement.inserted.name)",
            )
        self.table = statement.table
        self.values_ = row_of(values, statement)

    def collect(self, walk: Walk) -> None:
        walk.key.append(self.__visit_name__)
        walk.key.append((len(self.values_), self.preserves_order))
        for name, value in self.values_.items():
            if isinstance(name, str):
                walk.key.append(name)
            else:
                name.collect(walk)
            value.collect(walk)


class Insert(ConflictInsert):
    """An INSERT for MySQL and MariaDB."""

    __slots__ = ()

    @property
    def inserted(self) -> ColumnCollection[ColumnElement[Any]]:
        """The columns of the row that could not be inserted: VALUES(column), or new.column."""
        memo: dict[str, Any] = self.__dict__.setdefault("inserted_alias", {})
        if "alias" not in memo:
            memo["alias"] = Alias(self.as_core().table, "inserted")
        columns: ColumnCollection[ColumnElement[Any]] = memo["alias"].c
        return columns

    @property
    def inserted_alias(self) -> Any:
        """The row that could not be inserted, as a FROM."""
        return next(iter(self.inserted)).table

    def on_duplicate_key_update(
        self, *arguments: Mapping[Any, Any] | Iterable[tuple[Any, Any]], **values: object
    ) -> Self:
        """Return a copy that changes the rows that are there already::

            statement = insert(user).values(id=1, name="Ada")
            statement.on_duplicate_key_update(name=statement.inserted.name)

        A list of pairs keeps its order, which counts where one value depends on another.
        """
        if arguments and values:
            raise ArgumentError("on_duplicate_key_update() takes one dictionary or list, or names")
        if len(arguments) > 1:
            raise ArgumentError("on_duplicate_key_update() takes one dictionary or list of pairs")
        if self.post_values is not None:
            raise InvalidRequestError("this INSERT says already what to do about rows that exist")
        given: Any = arguments[0] if arguments else values
        return self._with(post_values=OnDuplicateKeyUpdate(self, given))


def insert(table: FromArgument) -> Insert:
    """Return an INSERT into *table* that may say ON DUPLICATE KEY UPDATE."""
    return Insert(table)


def limit(limit: int) -> RowLimit:
    """Return the LIMIT of an UPDATE or DELETE: ``delete(log).ext(limit(1000))``."""
    return RowLimit(int(limit))


class RowLimit(SyntaxExtension):
    """How many rows an UPDATE or DELETE touches at most; see :func:`limit`."""

    def __init__(self, count: int) -> None:
        self.count = count

    def apply_to_update(self, update_stmt: Extensible) -> UpdateBase:
        """Return *update_stmt* for *count* rows at most."""
        assert isinstance(update_stmt, UpdateBase)
        return update_stmt.with_dialect_options(mysql_limit=self.count, mariadb_limit=self.count)

    def apply_to_delete(self, delete_stmt: Extensible) -> UpdateBase:
        """Return *delete_stmt* for *count* rows at most."""
        return self.apply_to_update(delete_stmt)
