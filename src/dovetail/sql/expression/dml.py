"""INSERT, UPDATE and DELETE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVarTuple, overload

from ...exc import ArgumentError, InvalidRequestError, did_you_mean
from ..arguments import ColumnArgument, ConditionArgument, FromArgument
from ..node import Node, ReturnsRows, Walk
from .coercion import from_node, node_of
from .column_element import ColumnElement
from .columns import ColumnCollection
from .conflict import OnConflictDoNothing, OnConflictDoUpdate
from .dml_base import FilteredBase, Row, UpdateBase, ValuesBase, column_key, row_of, value_key
from .entity_types import C0, C1, C2, C3, C4, C5, C6, C7, T0, T1, T2, T3, T4, T5, T6, T7
from .from_clause import Alias, FromClause

Ts = TypeVarTuple("Ts")


class Insert(ValuesBase):
    """An INSERT: made by :func:`dovetail.insert`."""

    __slots__ = ()
    __visit_name__ = "insert"
    parts = (
        "table",
        "values_",
        "select_source",
        "returning_columns",
        "post_values",
        "ctes",
        "extensions",
    )
    extension_positions = ("post_values",)
    is_insert = True

    include_defaults = True
    post_values: Any = None

    if TYPE_CHECKING:

        @overload
        def returning(self, e0: C0[T0], /, **options: bool) -> ReturningInsert[T0]: ...
        @overload
        def returning(
            self, e0: C0[T0], e1: C1[T1], /, **options: bool
        ) -> ReturningInsert[T0, T1]: ...
        @overload
        def returning(
            self, e0: C0[T0], e1: C1[T1], e2: C2[T2], /, **options: bool
        ) -> ReturningInsert[T0, T1, T2]: ...
        @overload
        def returning(
            self, e0: C0[T0], e1: C1[T1], e2: C2[T2], e3: C3[T3], /, **options: bool
        ) -> ReturningInsert[T0, T1, T2, T3]: ...
        @overload
        def returning(
            self, e0: C0[T0], e1: C1[T1], e2: C2[T2], e3: C3[T3], e4: C4[T4], /, **options: bool
        ) -> ReturningInsert[T0, T1, T2, T3, T4]: ...
        @overload
        def returning(
            self,
            e0: C0[T0],
            e1: C1[T1],
            e2: C2[T2],
            e3: C3[T3],
            e4: C4[T4],
            e5: C5[T5],
            /,
            **options: bool,
        ) -> ReturningInsert[T0, T1, T2, T3, T4, T5]: ...
        @overload
        def returning(
            self,
            e0: C0[T0],
            e1: C1[T1],
            e2: C2[T2],
            e3: C3[T3],
            e4: C4[T4],
            e5: C5[T5],
            e6: C6[T6],
            /,
            **options: bool,
        ) -> ReturningInsert[T0, T1, T2, T3, T4, T5, T6]: ...
        @overload
        def returning(
            self,
            e0: C0[T0],
            e1: C1[T1],
            e2: C2[T2],
            e3: C3[T3],
            e4: C4[T4],
            e5: C5[T5],
            e6: C6[T6],
            e7: C7[T7],
            /,
            *more: ColumnArgument,
            **options: bool,
        ) -> ReturningInsert[T0, T1, T2, T3, T4, T5, T6, T7, *tuple[Any, ...]]: ...
        @overload
        def returning(
            self, /, *columns: ColumnArgument, **options: bool
        ) -> ReturningInsert[*tuple[Any, ...]]: ...
        def returning(self, /, *columns: ColumnArgument, **options: object) -> Any: ...

    def __init__(self, table: FromArgument) -> None:
        self.__dict__["table"] = from_node(table, "insert()")

    def from_select(
        self, names: Sequence[Any], select: Node, include_defaults: bool = True
    ) -> Self:
        """Return a copy whose rows come from *select*, its columns going to *names*.

        With the SQL that it sends::

            statement = insert(User).from_select(["name"], select(User.name).where(User.id == 1))
            session.execute(statement)
            # INSERT INTO user_account (name) SELECT user_account.name FROM user_account WHERE
            #     user_account.id = ?
        """
        if self.values_ is not None:
            raise InvalidRequestError("an INSERT takes its rows from values or a SELECT, not both")
        source = node_of(select)
        if source is None or not hasattr(source, "export"):
            raise ArgumentError(f"from_select() needs a SELECT; got {select!r}")
        if isinstance(source, FromClause):
            # A table, or a CTE: all its columns.
            source = source.select()
        keys = tuple(value_key(name) for name in names)
        return self._with(select_source=(keys, source), include_defaults=include_defaults)

    def inline(self) -> Self:
        """Return a copy for which no defaults are fetched back."""
        return self._with(is_inline=True)

    def collect(self, walk: Walk) -> None:
        key = walk.key
        key.append(self.__class__)
        self.table.collect(walk)
        self._collect_values(walk)
        if self.select_source is not None:
            names, source = self.select_source
            key.append("from select")
            key.append((len(names), self.include_defaults))
            for name in names:
                if isinstance(name, str):
                    key.append(name)
                else:
                    name.collect(walk)
            source.collect(walk)
        if self.post_values is not None:
            key.append("post values")
            self.post_values.collect(walk)
        self._collect_common(walk)

    # What to do about rows that are there already.

    @property
    def excluded(self) -> ColumnCollection[ColumnElement[Any]]:
        """The columns of the row that could not be inserted, for ``on_conflict()``."""
        memo: dict[str, Any] = self.__dict__.setdefault("excluded_alias", {})
        if "alias" not in memo:
            memo["alias"] = Alias(self.as_core().table, "excluded")
        columns: ColumnCollection[ColumnElement[Any]] = memo["alias"].c
        return columns

    def conflict_row(self, values: object) -> Row:
        """Return *values*, what a row that is there is given, by column."""
        if isinstance(values, ColumnCollection):
            values = dict(values.items())
        if not isinstance(values, Mapping) or not values:
            raise ArgumentError("set_= takes a dictionary of columns, or their names, and values")
        return row_of(values, self)

    def on_conflict(
        self, *columns: ColumnArgument, update: Any = None, where: ConditionArgument = None
    ) -> Self:
        """Return a copy that leaves out rows that are there already, or changes them.

        For every server that can do it.  *columns* are those of a unique key; MySQL looks at
        all unique keys whatever they are.  *update* names the columns to take over from the new
        row, or gives values by column, in which ``excluded`` stands for the new row::

            insert(user).on_conflict(user.c.email)
            insert(user).on_conflict(user.c.email, update=["name", "age"])
            statement = insert(hit)
            statement.on_conflict(hit.c.url, update={"n": hit.c.n + statement.excluded.n})
        """
        if update is None:
            if where is not None:
                raise ArgumentError("where= says which rows to update: it needs update=")
            return self._with(post_values=OnConflictDoNothing(None, columns))
        if not isinstance(update, Mapping):
            names = [update] if isinstance(update, str) else list(update)
            keys = [name if isinstance(name, str) else column_key(name) for name in names]
            update = {key: self._excluded_column(key) for key in keys}
        made = OnConflictDoUpdate(self.table, None, columns, None, self.conflict_row(update), where)
        return self._with(post_values=made)

    def _excluded_column(self, key: str) -> Any:
        found = self.excluded.get(key)
        if found is None:
            table = self.as_core().table
            raise ArgumentError(
                f"on_conflict() updates {key!r}, which is no column of {table.description!r}",
                hint=did_you_mean(key, self.excluded.keys()),
            )
        return found


class Update(FilteredBase, ValuesBase):
    """An UPDATE: made by :func:`dovetail.update`."""

    __slots__ = ()
    __visit_name__ = "update"
    parts = ("table", "values_", "where_criteria", "returning_columns", "ctes", "extensions")
    is_update = True

    without_onupdate: tuple[str, ...] = ()
    """Keys of columns that keep their values though they have an ``onupdate``."""

    if TYPE_CHECKING:

        @overload
        def returning(self, e0: C0[T0], /, **options: bool) -> ReturningUpdate[T0]: ...
        @overload
        def returning(
            self, e0: C0[T0], e1: C1[T1], /, **options: bool
        ) -> ReturningUpdate[T0, T1]: ...
        @overload
        def returning(
            self, e0: C0[T0], e1: C1[T1], e2: C2[T2], /, **options: bool
        ) -> ReturningUpdate[T0, T1, T2]: ...
        @overload
        def returning(
            self, e0: C0[T0], e1: C1[T1], e2: C2[T2], e3: C3[T3], /, **options: bool
        ) -> ReturningUpdate[T0, T1, T2, T3]: ...
        @overload
        def returning(
            self, e0: C0[T0], e1: C1[T1], e2: C2[T2], e3: C3[T3], e4: C4[T4], /, **options: bool
        ) -> ReturningUpdate[T0, T1, T2, T3, T4]: ...
        @overload
        def returning(
            self,
            e0: C0[T0],
            e1: C1[T1],
            e2: C2[T2],
            e3: C3[T3],
            e4: C4[T4],
            e5: C5[T5],
            /,
            **options: bool,
        ) -> ReturningUpdate[T0, T1, T2, T3, T4, T5]: ...
        @overload
        def returning(
            self,
            e0: C0[T0],
            e1: C1[T1],
            e2: C2[T2],
            e3: C3[T3],
            e4: C4[T4],
            e5: C5[T5],
            e6: C6[T6],
            /,
            **options: bool,
        ) -> ReturningUpdate[T0, T1, T2, T3, T4, T5, T6]: ...
        @overload
        def returning(
            self,
            e0: C0[T0],
            e1: C1[T1],
            e2: C2[T2],
            e3: C3[T3],
            e4: C4[T4],
            e5: C5[T5],
            e6: C6[T6],
            e7: C7[T7],
            /,
            *more: ColumnArgument,
            **options: bool,
        ) -> ReturningUpdate[T0, T1, T2, T3, T4, T5, T6, T7, *tuple[Any, ...]]: ...
        @overload
        def returning(
            self, /, *columns: ColumnArgument, **options: bool
        ) -> ReturningUpdate[*tuple[Any, ...]]: ...
        def returning(self, /, *columns: ColumnArgument, **options: object) -> Any: ...

    def __init__(self, table: FromArgument) -> None:
        self.__dict__["table"] = from_node(table, "update()")

    def ordered_values(self, *pairs: tuple[Any, Any]) -> Self:
        """Return a copy that sets columns in the order given."""
        return self._with(values_=row_of(dict(pairs), self), preserves_order=True)

    def inline(self) -> Self:
        """Return a copy for which no defaults are fetched back."""
        return self._with(is_inline=True)

    def collect(self, walk: Walk) -> None:
        walk.key.append("update")
        self.table.collect(walk)
        walk.key.append((self.preserves_order, self.without_onupdate))
        self._collect_values(walk)
        self._collect_where(walk)
        self._collect_common(walk)


class Delete(FilteredBase):
    """A DELETE: made by :func:`dovetail.delete`."""

    __slots__ = ()
    __visit_name__ = "delete"
    parts = ("table", "using_froms", "where_criteria", "returning_columns", "ctes", "extensions")
    is_delete = True
    using_froms: tuple[Any, ...] = ()

    def using(self, *froms: FromArgument) -> Self:
        """Return a copy that names other tables, or a join with that of the DELETE, in USING.

        Tables that the criteria speak of need no naming; a join does::

            delete(User).using(User.__table__.outerjoin(Address.__table__)).where(
                Address.id == None
            )
            # DELETE FROM user_account USING user_account LEFT OUTER JOIN address ON ...
        """
        return self._with(using_froms=self.using_froms + tuple(from_node(one) for one in froms))

    if TYPE_CHECKING:

        @overload
        def returning(self, e0: C0[T0], /, **options: bool) -> ReturningDelete[T0]: ...
        @overload
        def returning(
            self, e0: C0[T0], e1: C1[T1], /, **options: bool
        ) -> ReturningDelete[T0, T1]: ...
        @overload
        def returning(
            self, e0: C0[T0], e1: C1[T1], e2: C2[T2], /, **options: bool
        ) -> ReturningDelete[T0, T1, T2]: ...
        @overload
        def returning(
            self, e0: C0[T0], e1: C1[T1], e2: C2[T2], e3: C3[T3], /, **options: bool
        ) -> ReturningDelete[T0, T1, T2, T3]: ...
        @overload
        def returning(
            self, e0: C0[T0], e1: C1[T1], e2: C2[T2], e3: C3[T3], e4: C4[T4], /, **options: bool
        ) -> ReturningDelete[T0, T1, T2, T3, T4]: ...
        @overload
        def returning(
            self,
            e0: C0[T0],
            e1: C1[T1],
            e2: C2[T2],
            e3: C3[T3],
            e4: C4[T4],
            e5: C5[T5],
            /,
            **options: bool,
        ) -> ReturningDelete[T0, T1, T2, T3, T4, T5]: ...
        @overload
        def returning(
            self,
            e0: C0[T0],
            e1: C1[T1],
            e2: C2[T2],
            e3: C3[T3],
            e4: C4[T4],
            e5: C5[T5],
            e6: C6[T6],
            /,
            **options: bool,
        ) -> ReturningDelete[T0, T1, T2, T3, T4, T5, T6]: ...
        @overload
        def returning(
            self,
            e0: C0[T0],
            e1: C1[T1],
            e2: C2[T2],
            e3: C3[T3],
            e4: C4[T4],
            e5: C5[T5],
            e6: C6[T6],
            e7: C7[T7],
            /,
            *more: ColumnArgument,
            **options: bool,
        ) -> ReturningDelete[T0, T1, T2, T3, T4, T5, T6, T7, *tuple[Any, ...]]: ...
        @overload
        def returning(
            self, /, *columns: ColumnArgument, **options: bool
        ) -> ReturningDelete[*tuple[Any, ...]]: ...
        def returning(self, /, *columns: ColumnArgument, **options: object) -> Any: ...

    def __init__(self, table: FromArgument) -> None:
        self.__dict__["table"] = from_node(table, "delete()")

    def collect(self, walk: Walk) -> None:
        walk.key.append("delete")
        self.table.collect(walk)
        if self.using_froms:
            walk.key.append("using")
            walk.key.append(len(self.using_froms))
            for source in self.using_froms:
                source.collect(walk)
        self._collect_where(walk)
        self._collect_common(walk)


if TYPE_CHECKING:

    class ReturningChange(UpdateBase, ReturnsRows[*Ts]):
        """A statement that changes rows and gives them back."""

    class ReturningInsert(Insert, ReturningChange[*Ts]):
        """An INSERT that gives its rows back."""

    class ReturningUpdate(Update, ReturningChange[*Ts]):
        """An UPDATE that gives its rows back."""

    class ReturningDelete(Delete, ReturningChange[*Ts]):
        """A DELETE that gives its rows back."""


class DMLTargetCopy(ColumnElement[Any]):
    """What an INSERT or UPDATE gives to another of its columns."""

    __slots__ = ("column", "type")
    __visit_name__ = "dml_target_copy"

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.column = column
        self.type = column.type

    def collect(self, walk: Walk) -> None:
        walk.key.append("copy of")
        walk.key.append(self.column)


def from_dml_column(column: object) -> DMLTargetCopy:
    """Return what the statement gives to *column*, for another of its columns::

    insert(item).values(price=5, gross=from_dml_column(item.c.price) * 1.2)
    """
    found: Any = node_of(column)
    if found is None or found.__visit_name__ != "column":
        raise ArgumentError(f"from_dml_column() takes a column of the table; got {column!r}")
    return DMLTargetCopy(found)


def insert(table: FromArgument) -> Insert:
    """Return an INSERT into *table*, or into that of a mapped class.

    With the SQL that it sends::

        session.execute(insert(User), [{"name": "eve"}, {"name": "fay"}])
        # INSERT INTO user_account (name) VALUES (?), (?)
    """
    return Insert(table)


def update(table: FromArgument) -> Update:
    """Return an UPDATE of *table*, or of that of a mapped class.

    With the SQL that it sends::

        session.execute(update(User).where(User.id == 1).values(name="adah"))
        # UPDATE user_account SET name=? WHERE user_account.id = ?
    """
    return Update(table)


def delete(table: FromArgument) -> Delete:
    """Return a DELETE from *table*, or from that of a mapped class.

    With the SQL that it sends::

        session.execute(delete(Order).where(Order.id == 3))
        # DELETE FROM orders WHERE orders.id = ?
    """
    return Delete(table)
