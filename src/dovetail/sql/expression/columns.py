"""Columns by name, and the collections in which tables and subqueries hold them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar, overload

from ...exc import ArgumentError, InvalidRequestError, did_you_mean
from ...types.contract import NULLTYPE, TypeEngine, to_instance
from ..names import AnonymousName
from ..node import Node, Walk
from .coercion import mapped_class_hint, node_of
from .column_element import ColumnElement, collected_name
from .constants import constant_of
from .elements import ExpressionList

T = TypeVar("T")
C_co = TypeVar("C_co", bound=ColumnElement[Any], covariant=True)


class NamedColumn(ColumnElement[T]):
    """An expression that is nothing but a column's name, with or without a table."""

    __slots__ = ()
    __visit_name__ = "column"
    name: Any
    is_literal: bool = False
    nullable: Any = True

    @property
    def bind_name(self) -> Any:
        return self.key


class ColumnClause(NamedColumn[T]):
    """A column known by name alone: ``column("x")``; text as it is: ``literal_column("x")``."""

    def __init__(
        self,
        text: str,
        type_: TypeEngine[T] | type[TypeEngine[T]] | None = None,
        is_literal: bool = False,
        _selectable: Node | None = None,
    ) -> None:
        self.name = text
        self.key = text
        self.type = to_instance(type_)
        self.is_literal = is_literal
        self.table = _selectable

    @property
    def description(self) -> str:
        return str(self.name)

    def collect(self, walk: Walk) -> None:
        key = walk.key
        if self.table is not None:
            key.append(self)
            return
        key.append("literal" if self.is_literal else "column")
        key.append(collected_name(self.name, walk))
        key.append(self.type.structure_key)


@overload
def column(
    text: str, type_: None = ..., is_literal: bool = ..., _selectable: Node | None = ...
) -> ColumnClause[Any]: ...
@overload
def column(
    text: str,
    type_: TypeEngine[T] | type[TypeEngine[T]],
    is_literal: bool = ...,
    _selectable: Node | None = ...,
) -> ColumnClause[T]: ...
@overload
def column(
    text: str,
    type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = ...,
    is_literal: bool = ...,
    _selectable: Node | None = ...,
) -> ColumnClause[Any]: ...
def column(
    text: str,
    type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    is_literal: bool = False,
    _selectable: Node | None = None,
) -> ColumnClause[Any]:
    """Return a column known by its name alone."""
    return ColumnClause(text, type_, is_literal, _selectable)


@overload
def literal_column(text: str, type_: None = ...) -> ColumnClause[Any]: ...
@overload
def literal_column(text: str, type_: TypeEngine[T] | type[TypeEngine[T]]) -> ColumnClause[T]: ...
@overload
def literal_column(
    text: str, type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = ...
) -> ColumnClause[Any]: ...
def literal_column(
    text: str, type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None
) -> ColumnClause[Any]:
    """Return *text* as an expression; it goes into the statement as it is."""
    return ColumnClause(text, type_, is_literal=True)


def columns_of(arguments: Iterable[Any]) -> tuple[Any, ...]:
    """Return the nodes for the arguments of select(): columns, tables, entities."""
    return tuple(
        [
            argument if isinstance(argument, ColumnElement) else column_argument(argument)
            for argument in arguments
        ]
    )


def value_argument(argument: object) -> Any:
    """Return the node for an argument that is one value: a column or an expression."""
    node = column_argument(argument)
    if not isinstance(node, ColumnElement):
        raise ArgumentError(
            f"one value is needed, a column or an expression; got {argument!r}",
            hint="name the column of it that is meant",
        )
    return node


def column_argument(argument: object) -> Any:
    """Return the node for one argument of select()."""
    if isinstance(argument, type):
        entity = getattr(argument, "__statement_entity__", None)
        if entity is not None:
            return entity
    node = node_of(argument)
    if node is not None:
        if getattr(node, "is_select_statement", False):
            return node.scalar_subquery()  # type: ignore[attr-defined]
        return node
    constant = constant_of(argument)
    if constant is not None:
        return constant
    if isinstance(argument, int | float):
        # A number stands there as it is.
        return literal_column(str(argument))
    if argument == "*":
        return literal_column("*")
    if isinstance(argument, str):
        raise ArgumentError(
            f"a column cannot be given as text: {argument!r}",
            hint=f"use text({argument!r}) for SQL, literal_column({argument!r}) for a column's "
            f"name, or literal({argument!r}) for a value",
        )
    raise ArgumentError(
        f"select() takes columns, tables and mapped classes; got {argument!r}",
        hint="give them one by one: select(a, b), not select([a, b])"
        if isinstance(argument, list | tuple)
        else mapped_class_hint(argument),
    )


class ProxyColumn(NamedColumn[T]):
    """A column of an alias or a subquery: it stands for a column within.

    ``others``  the columns in its place of the SELECTs that a UNION has besides the first
    """

    __slots__ = ("element", "key", "name", "others", "table", "type")

    def __init__(
        self, element: Any, table: Any, name: Any, key: str, others: tuple[Any, ...] = ()
    ) -> None:
        self.element = element
        self.others = others
        self.table = table
        self.name = name
        self.key = key
        self.type = element.type if element is not None else NULLTYPE

    @property
    def primary_key(self) -> bool:
        return bool(getattr(self.element, "primary_key", False))

    @property
    def foreign_keys(self) -> Any:
        return getattr(self.element, "foreign_keys", frozenset())

    @property
    def nullable(self) -> Any:
        return getattr(self.element, "nullable", True)

    @property
    def base_columns(self) -> frozenset[Any]:
        base = getattr(self.element, "base_columns", None)
        return base if base is not None else frozenset((self,))

    @property
    def lineage(self) -> tuple[Any, ...]:
        found = [self]
        for element in (self.element, *self.others):
            while getattr(element, "__visit_name__", None) == "label":
                element = element.element
            found += getattr(element, "lineage", (element,))
        return tuple(found)

    def collect(self, walk: Walk) -> None:
        walk.key.append("of")
        self.table.collect(walk)
        walk.key.append(self.key)

    def __repr__(self) -> str:
        return f"<column {self.key} of {getattr(self.table, 'name', self.table)}>"


class ColumnCollection(Generic[C_co]):
    """The columns of a table or subquery: by attribute, by name, by position, in order."""

    __slots__ = ("__dict__", "_by_key", "_lineage", "_list")

    def __init__(self, columns: Iterable[tuple[str, C_co]] = ()) -> None:
        self._list: list[tuple[str, Any]] = []
        self._by_key: dict[str, Any] = {}
        self._lineage: dict[Any, Any] | None = None
        for key, column in columns:
            self.add(column, key)

    def add(self, column: ColumnElement[Any], key: str | None = None) -> None:
        """Append *column*; the first of a name is the one found by it."""
        name = key if key is not None else str(column.key)
        self._list.append((name, column))
        self._found(name, self._by_key.setdefault(name, column))
        self._lineage = None

    def _found(self, name: str, column: ColumnElement[Any]) -> None:
        """Let attribute access find *column* at once, where no method has its name."""
        if not hasattr(type(self), name):
            self.__dict__[name] = column

    def replace(self, column: ColumnElement[Any], key: str) -> None:
        """Put *column* in the place of the one called *key*, or at the end."""
        self._lineage = None
        is_new = key not in self._by_key
        self._by_key[key] = column
        if not hasattr(type(self), key):
            self.__dict__[key] = column
        if is_new:
            self._list.append((key, column))
            return
        for position, (name, _) in enumerate(self._list):
            if name == key:
                self._list[position] = (key, column)
                return

    def __getattr__(self, name: str) -> C_co:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            found: C_co = self._by_key[name]
            return found
        except KeyError:
            raise AttributeError(self._missing(name)) from None

    def _missing(self, name: str) -> str:
        hint = did_you_mean(name, self._by_key)
        return f"there is no column {name!r}" + (f": {hint}" if hint else "")

    @overload
    def __getitem__(self, key: str | int) -> C_co: ...
    @overload
    def __getitem__(self, key: slice | tuple[str | int, ...]) -> ColumnCollection[C_co]: ...
    def __getitem__(self, key: str | int | slice | tuple[str | int, ...]) -> Any:
        if isinstance(key, str):
            try:
                return self._by_key[key]
            except KeyError:
                raise KeyError(self._missing(key)) from None
        if isinstance(key, int):
            return self._list[key][1]
        if isinstance(key, slice):
            return ColumnCollection(self._list[key])
        return ColumnCollection((str(self[k].key), self[k]) for k in key)

    def get(self, key: str, default: object = None) -> Any:
        """Return the column called *key*, or *default*."""
        return self._by_key.get(key, default)

    def __iter__(self) -> Iterator[C_co]:
        return iter([column for _, column in self._list])

    def __len__(self) -> int:
        return len(self._list)

    def __bool__(self) -> bool:
        return bool(self._list)

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, str):
            raise ArgumentError(
                "a name is needed to ask whether a column is in a collection",
                hint="use .contains_column(column) to ask for a column",
            )
        return key in self._by_key

    def contains_column(self, column: object) -> bool:
        """Return whether *column* itself is among these."""
        return any(found is column for _, found in self._list)

    def keys(self) -> list[str]:
        """Return the names."""
        return [key for key, _ in self._list]

    def values(self) -> list[C_co]:
        """Return the columns."""
        return [column for _, column in self._list]

    def items(self) -> list[tuple[str, C_co]]:
        """Return pairs of name and column."""
        return list(self._list)

    def __clause_element__(self) -> ExpressionList:
        return ExpressionList(self)

    def as_readonly(self) -> ColumnCollection[C_co]:
        """Return this collection; nobody changes one that is in use."""
        return self

    def corresponding_column(
        self, column: ColumnElement[Any], require_embedded: bool = False
    ) -> C_co | None:
        """Return the one of these that stands for *column*, or for what it stands for.

        Of several the nearest: a column of the table itself before that of an alias of it.
        """
        lineage = self._lineage
        if lineage is None:
            lineage = self._lineage = self._nearest_by_ancestor()
        for ancestor in getattr(column, "lineage", (column,)):
            found: C_co | None = lineage.get(ancestor)
            if found is not None:
                return found
        return None

    def _nearest_by_ancestor(self) -> dict[Any, C_co]:
        nearest: dict[Any, C_co] = {}
        steps: dict[Any, int] = {}
        for _, own in self._list:
            for distance, ancestor in enumerate(getattr(own, "lineage", (own,))):
                if distance < steps.get(ancestor, sys.maxsize):
                    steps[ancestor], nearest[ancestor] = distance, own
        return nearest

    def remove(self, column: ColumnElement[Any]) -> None:
        """Take *column* out."""
        kept = [(key, found) for key, found in self._list if found is not column]
        if len(kept) == len(self._list):
            raise InvalidRequestError(f"{column!r} is not in this collection")
        self._list = kept
        self._by_key = {}
        self.__dict__.clear()
        for key, found in kept:
            self._found(key, self._by_key.setdefault(key, found))
        self._lineage = None

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<columns {', '.join(self.keys())}>"

    def __str__(self) -> str:
        return repr(self)


ReadOnlyColumnCollection = ColumnCollection


def anonymous_key(name: str | AnonymousName, taken: Iterable[str]) -> str:
    """Return the key of a column in a collection where its name is made up."""
    base = name.base if isinstance(name, AnonymousName) else str(name)
    used, number = set(taken), 1
    while f"{base}_{number}" in used:
        number += 1
    return f"{base}_{number}"
