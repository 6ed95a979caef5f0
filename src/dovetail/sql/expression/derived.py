"""What is made for FROM: subqueries, CTEs, rows written out, functions that give rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from ...types.structured import TupleType
from ..names import AnonymousName
from ..node import Node, Walk
from .building import operand
from .column_element import ColumnElement, collected_name
from .columns import ColumnCollection, ProxyColumn
from .from_clause import Alias, AliasedFrom, FromClause, TableValuedColumn, warn_of_source


class Subquery(AliasedFrom):
    """``(SELECT …) AS name``."""

    __visit_name__ = "subquery"

    def _base_name(self, element: Node) -> str:
        return self.base_name

    @property
    def core_element(self) -> Any:
        """The SELECT of tables alone."""
        return self.element.as_core()

    def as_value(self) -> Any:
        """Return the SELECT within as a value."""
        warn_of_source(self, "select(...).scalar_subquery()")
        return self.element.scalar_subquery()


class Lateral(Subquery):
    """``LATERAL (SELECT …) AS name``: it may speak of what stands before it in FROM."""

    __visit_name__ = "lateral"


class CTE(AliasedFrom):
    """``WITH name AS (SELECT …)``: used like a table in the statement below it."""

    __visit_name__ = "cte"
    restates: CTE | None = None

    def __init__(
        self,
        element: Node,
        name: str | None = None,
        recursive: bool = False,
        nesting: bool = False,
        restates: CTE | None = None,
        prefixes: tuple[Any, ...] = (),
        suffixes: tuple[Any, ...] = (),
    ) -> None:
        self.element = element
        self.name = name if name is not None else AnonymousName("anon")
        self.recursive = recursive
        self.nesting = nesting
        self.prefixes = prefixes
        self.suffixes = suffixes
        if restates is not None:
            self.restates = restates

    @property
    def core_element(self) -> Any:
        """The statement of tables alone."""
        return self.element.as_core()

    def prefix_with(self, *prefixes: str, dialect: str = "*") -> Self:
        """Return a copy with words before its parentheses: ``MATERIALIZED``."""
        return self._twin(prefixes=self.prefixes + tuple((p, dialect) for p in prefixes))

    def suffix_with(self, *suffixes: str, dialect: str = "*") -> Self:
        """Return a copy with words after its parentheses: ``CYCLE id SET …``."""
        return self._twin(suffixes=self.suffixes + tuple((s, dialect) for s in suffixes))

    def alias(self, name: str | None = None, flat: bool = False) -> Alias:
        """Return this CTE once more, under another name."""
        return Alias(self, name)

    def union(self, *others: Node) -> CTE:
        """Return this CTE as the union with *others*, which may speak of it: recursion."""
        return self._restated(self.element.union(*others))

    def union_all(self, *others: Node) -> CTE:
        """Return this CTE as the union with *others*, doubles kept."""
        return self._restated(self.element.union_all(*others))

    def _restated(self, element: Node) -> CTE:
        restated = CTE(
            element, None, self.recursive, self.nesting, self, self.prefixes, self.suffixes
        )
        restated.name = self.name
        return restated

    def _collect_details(self, walk: Walk) -> None:
        prefixes = tuple((str(p), d) for p, d in self.prefixes)
        suffixes = tuple((str(s), d) for s, d in self.suffixes)
        walk.key.append((self.recursive, self.nesting, prefixes, suffixes))
        if self.restates is not None:
            walk.key.append("restates")
            self.restates.collect(walk)


class TableValuedAlias(AliasedFrom):
    """``function(…) AS name (columns)``: a function that gives rows."""

    __visit_name__ = "table_valued"
    render_derived_names = False
    with_types = False
    is_lateral = False
    ordinality = False

    def __init__(
        self, element: Node, columns: Iterable[Any], name: str | None = None, scalar: bool = False
    ) -> None:
        super().__init__(element, name)
        self.own_columns = tuple(columns)
        self.scalar = scalar

    def _base_name(self, element: Node) -> str:
        return "anon"

    @property
    def core_element(self) -> Any:
        """The function of tables and columns alone."""
        planner = self.element.walk().planner
        return self.element if planner is None else planner.to_core(self.element)

    def _make_columns(self) -> ColumnCollection[Any]:
        return ColumnCollection(
            (str(c.name), ProxyColumn(c, self, c.name, str(c.name))) for c in self.own_columns
        )

    def is_derived_from(self, other: object) -> bool:
        return other is self

    @property
    def column(self) -> TableValuedColumn:
        """The whole row as one column."""
        return TableValuedColumn(self, self.element.type)

    def render_derived(self, name: str | None = None, with_types: bool = False) -> Self:
        """Return a copy that writes the names of its columns after its own."""
        changes: dict[str, Any] = {"render_derived_names": True, "with_types": with_types}
        if name is not None:
            changes["name"] = name
        return self._twin(**changes)

    def lateral(self, name: str | None = None) -> Self:
        """Return a copy with LATERAL before it."""
        return self._twin(is_lateral=True, **({"name": name} if name is not None else {}))

    def _collect_details(self, walk: Walk) -> None:
        names = tuple((str(c.name), c.type.structure_key) for c in self.own_columns)
        walk.key.append(
            (names, self.render_derived_names, self.with_types, self.is_lateral, self.ordinality)
        )


class Values(FromClause):
    """``(VALUES (…), (…)) AS name (columns)``: rows written into the statement."""

    __visit_name__ = "values"
    parts = ("rows",)
    is_lateral = False

    def __init__(
        self, *columns: ColumnElement[Any], name: str | None = None, literal_binds: bool = False
    ) -> None:
        self.own_columns = columns
        self.name = name if name is not None else AnonymousName("anon")
        self.literal_binds = literal_binds
        self.rows: tuple[tuple[Any, ...], ...] = ()

    def _make_columns(self) -> ColumnCollection[Any]:
        return ColumnCollection(
            (str(c.key), ProxyColumn(c, self, c.name, str(c.key))) for c in self.own_columns
        )

    def data(self, rows: Iterable[Iterable[Any]]) -> Self:
        """Return a copy with *rows* besides those it has."""
        made = tuple(
            tuple(value_of(c, v) for c, v in zip(self.own_columns, row, strict=True))
            for row in rows
        )
        return self._twin(rows=self.rows + made)

    def alias(self, name: str | None = None, flat: bool = False) -> Self:  # type: ignore[override]
        """Return a copy under another name."""
        return self._twin(name=name if name is not None else AnonymousName("anon"))

    def lateral(self, name: str | None = None) -> Self:
        """Return a copy with LATERAL before it: its values may speak of what stands before."""
        return self._twin(is_lateral=True, **({"name": name} if name is not None else {}))

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> CTE:
        """Return ``WITH name (columns) AS (VALUES …)``."""
        return CTE(self, name, recursive, nesting)

    def as_core(self) -> Self:
        """Return this: it is made of values and columns alone."""
        return self

    def scalar_values(self) -> ScalarValues:
        """Return the rows as what IN looks in."""
        return ScalarValues(self)

    def membership_select(self) -> ScalarValues:
        """Return this as IN wants it."""
        return self.scalar_values()

    def collect(self, walk: Walk) -> None:
        key, numbers = walk.key, walk.numbers
        key.append("values")
        number = numbers.get(self)
        if number is not None:
            key.append(number)
            return
        number = numbers[self] = len(numbers)
        key.append(number)
        key.append(collected_name(self.name, walk))
        key.append(tuple((str(c.name), c.type.structure_key) for c in self.own_columns))
        key.append((self.is_lateral, len(self.rows)))
        if self.literal_binds:
            # The values are in the text.
            key.append(self)
            return
        for row in self.rows:
            for value in row:
                value.collect(walk)


class ScalarValues(ColumnElement[Any]):
    """Rows written into the statement, as an expression."""

    __slots__ = ("element", "type")
    __visit_name__ = "scalar_values"
    parts = ("element",)

    def __init__(self, element: Values) -> None:
        self.element = element
        self.type = TupleType(*(column.type for column in element.own_columns))

    def collect(self, walk: Walk) -> None:
        walk.key.append("scalar values")
        self.element.collect(walk)


def value_of(column: ColumnElement[Any], value: object) -> Any:
    """Return *value* as what meets *column*: a parameter of its type."""
    return operand(value, column.type)


def values(
    *columns: ColumnElement[Any], name: str | None = None, literal_binds: bool = False
) -> Values:
    """Return rows written into the statement: ``values(column("x"), name="v").data([(1,)])``."""
    return Values(*columns, name=name, literal_binds=literal_binds)
