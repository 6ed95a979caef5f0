"""What INSERT, UPDATE and DELETE have in common: values by column, criteria, RETURNING."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self, SupportsIndex, TypeVarTuple

from ...exc import ArgumentError, InvalidRequestError, refuse_options
from ...types.contract import NULLTYPE
from ..arguments import ColumnArgument, ConditionArgument
from ..node import Executable, Node, Walk
from ..promise import ClauseSource, collect_standing
from .by_name import equal_by_name, namespaces_of_change
from .coercion import criterion, node_of
from .column_element import ColumnElement
from .columns import ColumnCollection, columns_of
from .derived import CTE
from .elements import BindParameter, and_
from .extension import Extensible, collect_extensions
from .from_clause import Exported
from .naming import (
    LABEL_STYLE_DEFAULT,
    SelectedColumn,
    described_columns,
    exported_columns,
    named_columns,
)
from .select_base import bound_values

Ts = TypeVarTuple("Ts")

Row = dict[Any, Any]


def row_of(values: object, statement: UpdateBase) -> Row:
    """Return one row of values by column, each an expression."""
    if isinstance(values, Mapping):
        spread = getattr(statement.table, "spread", None)
        row: Mapping[Any, Any] = values if spread is None else spread(values)
        pairs: Iterable[tuple[Any, Any]] = row.items()
    elif isinstance(values, list | tuple):
        pairs = zip(statement.column_order(len(values)), values, strict=False)
    else:
        raise ArgumentError(f"values() takes names and values, or a dictionary; got {values!r}")
    # An entity says what is written in place of an attribute that is computed.
    replaced = getattr(statement.table, "value_pairs", None)
    if replaced is not None:
        pairs = replaced(pairs)
    return {value_key(key): _row_value(key, value) for key, value in pairs}


def value_key(key: object) -> Any:
    """Return what a value of a row is known by: the name of its column, or the column."""
    if isinstance(key, str):
        return key
    node = node_of(key)
    if node is None:
        raise ArgumentError(f"values() needs columns or their names as keys; got {key!r}")
    return node


def column_set(target: Any) -> Any:
    """Return the column that *target* of an UPDATE is, or is an element of."""
    while not isinstance(target, str) and target.__visit_name__ == "binary":
        target = target.left
    return target


def _row_value(key: object, value: object) -> Any:
    """Return *value* as an expression; the compiler gives a parameter the column's type."""
    if isinstance(value, ColumnElement):
        return value
    node = node_of(value) if not isinstance(value, str | int | float) else None
    if node is None:
        name = key if isinstance(key, str) else str(getattr(key, "key", "param"))
        return BindParameter(name, value, NULLTYPE)
    if getattr(node, "is_select_statement", False):
        return node.scalar_subquery()  # type: ignore[attr-defined]
    return node


def _collect_row(row: Row, walk: Walk) -> None:
    key = walk.key
    key.append(len(row))
    for name, value in row.items():
        if name.__class__ is str:
            key.append(name)
        else:
            name.collect(walk)
        value.collect(walk)


class UpdateBase(Extensible, Executable, Node):
    """Base of the statements that change rows."""

    __slots__ = ("__dict__", "_memo")

    is_dml = True
    is_from = False
    table: Any = None
    values_: Row | list[Row] | None = None
    select_source: tuple[tuple[Any, ...], Any] | None = None
    """Of an INSERT of what a SELECT gives: the columns, and the SELECT."""
    sort_by_parameter_order = False
    returning_columns: tuple[Any, ...] = ()
    prefixes: tuple[tuple[str, str], ...] = ()
    ctes: tuple[Any, ...] = ()
    dialect_kwargs: Mapping[str, Any] = {}
    returns_defaults: tuple[Any, ...] | None = None
    """The columns that ``return_defaults()`` names; () for those that the server fills in."""
    is_restricted = False
    """Whether the conditions that the mapping and options put on its table are among its own."""

    @property
    def returns_rows(self) -> bool:  # type: ignore[override]
        return bool(self.returning_columns)

    def _forget(self) -> None:
        if hasattr(self, "_memo"):
            del self._memo

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        planner = self.walk().planner
        return self.reduce_plain() if planner is None else planner.reduce(self)

    def as_core(self) -> Any:
        """Return this statement made of tables and columns alone: itself, if it is."""
        planner = self.walk().planner
        return self if planner is None else planner.to_core(self)

    def column_order(self, count: int) -> Sequence[Any]:
        """Return the names of the columns that *count* values without names are for."""
        columns = getattr(self.table, "c", None)
        if columns is None:
            raise ArgumentError("values without names need a table of which the columns are known")
        names: list[str] = columns.keys()
        if count > len(names):
            raise ArgumentError(f"{count} values are given for the {len(names)} columns")
        return names

    def returning(self, *columns: ColumnArgument, sort_by_parameter_order: bool = False) -> Any:
        """Return a copy that gives back *columns* of the rows it touches.

        With the SQL that it sends::

            session.scalars(insert(User).values(name="eve").returning(User.id)).one()
            # INSERT INTO user_account (name) VALUES (?) RETURNING id
        """
        if self.returns_defaults is not None:
            raise InvalidRequestError(
                "return_defaults() and returning() exclude each other",
                hint="returning() gives rows; name the columns of both there",
            )
        changes: dict[str, Any] = {
            "returning_columns": self.returning_columns + columns_of(columns)
        }
        if sort_by_parameter_order:
            changes["sort_by_parameter_order"] = True
        return self._with(**changes)

    def return_defaults(
        self, *columns: ColumnArgument, sort_by_parameter_order: bool = True, **options: object
    ) -> Self:
        """Return a copy whose result tells, in ``returned_defaults``, what the server filled in.

        *columns* are those that are fetched; without any, those with a default of the server.
        Of an INSERT the primary key is told first. Where the server returns nothing from such a
        statement, ``returned_defaults`` is None. Of many sets of parameters
        ``returned_defaults_rows`` has the rows in their order, unless that is not asked for by
        *sort_by_parameter_order*.  ::

            result = connection.execute(insert(order).values(name="a").return_defaults())
            result.returned_defaults.created_at
        """
        refuse_options("return_defaults()", options)
        if self.returning_columns:
            raise InvalidRequestError(
                "return_defaults() and returning() exclude each other",
                hint="returning() gives rows; name the columns of both there",
            )
        return self._with(
            returns_defaults=columns_of(columns), sort_by_parameter_order=sort_by_parameter_order
        )

    @property
    def entity_namespace(self) -> Any:
        """Where ``filter_by`` looks for names."""
        return self.table.entity_namespace

    @property
    def entity_description(self) -> dict[str, Any]:
        """What is changed."""
        table = self.table
        return {"name": getattr(table, "name", None), "table": table, "entity": table}

    @property
    def returning_column_descriptions(self) -> list[dict[str, Any]]:
        """What the columns of RETURNING are: for each its name, type and expression."""
        return described_columns(self.returning_columns, LABEL_STYLE_DEFAULT)

    def named_columns(self) -> list[SelectedColumn]:
        """Return the columns given back, with their names."""
        return named_columns(self.returning_columns, LABEL_STYLE_DEFAULT)

    def export(self) -> list[Exported]:
        """Return the columns given back, as others see them."""
        return exported_columns(self.as_core().named_columns())

    @property
    def exported_columns(self) -> ColumnCollection[ColumnElement[Any]]:
        """The columns given back."""
        return ColumnCollection((item.key, item.column) for item in self.export())

    def is_derived_from(self, other: object) -> bool:
        """Return whether this is *other*."""
        return other is self

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> CTE:
        """Return ``WITH name AS (this)``: the rows given back, to be selected from."""
        return CTE(self, name, recursive, nesting)

    def add_cte(self, *ctes: CTE, nest_here: bool = False) -> Self:
        """Return a copy with *ctes* before it."""
        return self._with(ctes=self.ctes + ctes)

    def prefix_with(self, *prefixes: str, dialect: str = "*") -> Self:
        """Return a copy with words after its verb: ``INSERT OR IGNORE``."""
        return self._with(prefixes=self.prefixes + tuple((str(p), dialect) for p in prefixes))

    def with_dialect_options(self, **options: object) -> Self:
        """Return a copy with options for one server: ``mysql_limit=5``."""
        return self._with(dialect_kwargs={**self.dialect_kwargs, **options})

    def params(self, __values: dict[str, Any] | None = None, **values: object) -> Self:
        """Return a copy whose parameters of these names have these values."""
        bound: Self = bound_values(self, {**(__values or {}), **values})
        return bound

    def _collect_common(self, walk: Walk) -> None:
        walk.writes = True
        key = walk.key
        state = self.__dict__
        if "returning_columns" in state:
            key.append("returning")
            key.append((len(self.returning_columns), "sort_by_parameter_order" in state))
            for column in self.returning_columns:
                column.collect(walk)
        if "prefixes" in state:
            key.append(self.prefixes)
        if "dialect_kwargs" in state:
            key.append(tuple((name, repr(v)) for name, v in self.dialect_kwargs.items()))
        for cte in self.ctes:
            key.append("with")
            cte.collect(walk)
        if self.standing:
            key.append("standing")
            collect_standing(self.standing, walk)
        for option in self.loader_options:
            key.append("option")
            option.collect(walk)
        if "extensions" in state:
            key.append("extensions")
            collect_extensions(self.extensions, walk)
        key.append("end")


class ValuesBase(UpdateBase):
    """What INSERT and UPDATE have in common: values by column."""

    preserves_order = False

    def values(self, *arguments: object, **named: object) -> Self:
        """Return a copy with values: names and values, a dictionary, or a list of them.

        They are added to those it has; parameters given when the statement runs add to
        them too::

            session.execute(insert(User).values(name="eve"))
            # INSERT INTO user_account (name) VALUES (?)
        """
        if self.__dict__.get("select_source") is not None:
            raise InvalidRequestError("an INSERT takes its rows from values or a SELECT, not both")
        rows: Row | list[Row]
        if arguments:
            given, *more = arguments
            if more or named:
                raise ArgumentError("values() takes one dictionary or list, or names and values")
            if isinstance(given, list | tuple) and not given:
                return self
            if isinstance(given, list | tuple) and any(map(_is_row, given)):
                rows = [row_of(row, self) for row in given]
            else:
                rows = row_of(given, self)
        else:
            rows = row_of(named, self)
        return self._with(values_=self._merged(rows))

    def _merged(self, rows: Row | list[Row]) -> Row | list[Row]:
        old = self.values_
        if old is None:
            return rows
        if isinstance(old, list) and isinstance(rows, list):
            return old + rows
        if isinstance(old, dict) and isinstance(rows, dict):
            return {**old, **rows}
        raise InvalidRequestError("one row and many rows of values do not go together")

    def _collect_values(self, walk: Walk) -> None:
        values = self.values_
        if values is None:
            return
        if isinstance(values, list):
            walk.key.append("rows")
            walk.key.append(len(values))
            for row in values:
                _collect_row(row, walk)
        else:
            walk.key.append("row")
            _collect_row(values, walk)


def _is_row(value: object) -> bool:
    return isinstance(value, Mapping | list | tuple)


def column_key(column: Any) -> str:
    """Return the key of *column* in its table; an attribute may have another name than that."""
    found = column.__clause_element__() if isinstance(column, ClauseSource) else column
    return str(found.key)


class FilteredBase(UpdateBase):
    """What UPDATE and DELETE have in common: which rows."""

    where_criteria: tuple[Any, ...] = ()
    extension_positions = ("post_criteria",)

    def where(self, *criteria: ConditionArgument) -> Self:
        """Return a copy with *criteria* besides those it has, joined by AND.

        With the SQL that it sends::

            session.execute(update(User).where(User.name == "ada").values(name="adah"))
            # UPDATE user_account SET name=? WHERE user_account.name = ?
        """
        made = tuple(criterion(clause) for clause in criteria)
        return self._with(where_criteria=self.where_criteria + made)

    def filter(self, *criteria: ConditionArgument) -> Self:
        """Return a copy with *criteria* besides those it has, joined by AND."""
        return self.where(*criteria)

    def filter_by(self, **values: object) -> Self:
        """Return a copy for rows whose columns equal *values*, of whichever table in the criteria.

        AmbiguousColumnError for a name that several of the tables have.
        """
        namespaces = namespaces_of_change(self.table, self.where_criteria)
        return self.where(*equal_by_name(namespaces, values))

    @property
    def whereclause(self) -> ColumnElement[bool] | None:
        """The criteria joined by AND, or None."""
        return and_(*self.where_criteria) if self.where_criteria else None

    def _collect_where(self, walk: Walk) -> None:
        if self.where_criteria:
            walk.key.append("where")
            walk.key.append(len(self.where_criteria))
            for clause in self.where_criteria:
                clause.collect(walk)
