"""How the columns of a SELECT are called: their own names, labels, numbers for doubles."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, NamedTuple

from ...types.contract import NULLTYPE, TypeEngine
from ..names import AnonymousName, generated_name
from .column_element import ColumnElement, Label
from .from_clause import Exported, FromClause, table_label


class SelectLabelStyle(Enum):
    """How a SELECT names columns that have the same name."""

    LABEL_STYLE_NONE = 0
    LABEL_STYLE_TABLENAME_PLUS_COL = 1
    LABEL_STYLE_DISAMBIGUATE_ONLY = 2


LABEL_STYLE_NONE = SelectLabelStyle.LABEL_STYLE_NONE
LABEL_STYLE_TABLENAME_PLUS_COL = SelectLabelStyle.LABEL_STYLE_TABLENAME_PLUS_COL
LABEL_STYLE_DISAMBIGUATE_ONLY = SelectLabelStyle.LABEL_STYLE_DISAMBIGUATE_ONLY
LABEL_STYLE_DEFAULT = LABEL_STYLE_DISAMBIGUATE_ONLY


class SelectedColumn(NamedTuple):
    """One column of a SELECT and how it is called."""

    column: ColumnElement[Any]
    name: Any
    """The name in SQL: text, an :class:`AnonymousName`, or None for SQL given as text."""
    key: str | None
    """The name in a collection of columns."""
    is_own_name: bool
    """Whether the name is the column's own, so that no AS is needed."""

    @property
    def type(self) -> TypeEngine[Any]:
        type_: TypeEngine[Any] = getattr(self.column, "type", NULLTYPE)
        return type_


def expanded_columns(columns: Iterable[Any]) -> list[Any]:
    """Return *columns* with tables and subqueries replaced by the columns they have."""
    found: list[Any] = []
    for column in columns:
        if isinstance(column, FromClause):
            found += [each for each in column.c if not getattr(each, "is_omitted", False)]
        elif column.__visit_name__ == "clauselist":
            found += expanded_columns(column.clauses)
        else:
            found.append(column)
    return found


def is_star(column: Any) -> bool:
    """Whether *column* is text for all columns, ``*`` or ``t.*``: the server knows which."""
    if getattr(column, "is_literal", False):
        written = column.name
    elif column.__visit_name__ == "textclause":
        written = column.text.strip()
    else:
        return False
    return isinstance(written, str) and (written == "*" or written.endswith(".*"))


def items_of(columns: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Return what stands for each item of a row of *columns*: a column, a class, an alias."""
    found: list[tuple[Any, ...]] = []
    for column in columns:
        objects = getattr(column, "row_objects", None)
        if objects is not None:
            found.append(objects)
        elif isinstance(column, ColumnElement) and column.__visit_name__ != "clauselist":
            found.append((column,))
        else:
            found += [(each,) for each in expanded_columns([column])]
    return found


class _Namer:
    """Names the columns of one SELECT, in order."""

    def __init__(self, style: SelectLabelStyle) -> None:
        self.style = style
        self.names: dict[str, Any] = {}
        self.keys: set[str] = set()
        self.seen: set[Any] = set()

    def name(self, column: ColumnElement[Any]) -> SelectedColumn:
        if isinstance(column, Label):
            return self._labelled(column)
        if column.__visit_name__ == "textclause" or is_star(column):
            return SelectedColumn(column, None, None, True)
        if column.__visit_name__ in ("column", "table_valued_column"):
            return self._plain(column)
        base = self._base(column)
        if base is not None and self.style is not LABEL_STYLE_NONE:
            if base in self.names:
                return self._anonymous(column, base)
            self.names[base] = column
            return SelectedColumn(column, base, self._key(base), False)
        function = self._within(column)
        if getattr(function, "is_function", False) and function.name:
            name = str(function.name)
            return SelectedColumn(column, AnonymousName(name), self._key(name), False)
        return self._anonymous(column, "anon")

    @staticmethod
    def _within(column: ColumnElement[Any]) -> Any:
        """What gives *column* its name: the operand of a CAST, an aggregate without its order."""
        found: Any = column
        while True:
            match found.__visit_name__:
                case "cast" | "try_cast" | "type_coerce":
                    found = found.clause
                case "withingroup" | "aggregateorderby":
                    found = found.element
                case _:
                    return found

    def _base(self, column: ColumnElement[Any]) -> str | None:
        """The name that a CAST keeps of the column within."""
        column = self._within(column)
        if isinstance(column, Label) and isinstance(column.name, str):
            return column.name
        if column.__visit_name__ == "column" and isinstance(column.name, str):
            return column.name
        return None

    def _labelled(self, label: Label[Any]) -> SelectedColumn:
        name = label.name
        if isinstance(name, str):
            self.names.setdefault(name, label)
            return SelectedColumn(label, name, self._key(name), True)
        return SelectedColumn(label, name, self._key(name.base, numbered=True), True)

    def _plain(self, column: ColumnElement[Any]) -> SelectedColumn:
        name = column.name
        if not isinstance(name, str):
            return SelectedColumn(column, name, self._key(column.key), True)
        if self.style is LABEL_STYLE_TABLENAME_PLUS_COL and column.table is not None:
            long = long_name(column, name)
            if long not in self.names:
                self.names[long] = column
                return SelectedColumn(column, long, self._key(long), False)
            return self._anonymous(column, long)
        first = self.names.setdefault(name, column)
        if first is column and column not in self.seen:
            self.seen.add(column)
            return SelectedColumn(column, name, self._key(str(column.key)), True)
        if self.style is LABEL_STYLE_NONE or getattr(column, "is_literal", False):
            return SelectedColumn(column, name, self._key(str(column.key)), True)
        return self._anonymous(column, f"{name}_" if first is column else name)

    def _anonymous(self, column: ColumnElement[Any], base: str) -> SelectedColumn:
        name = AnonymousName(base)
        return SelectedColumn(column, name, self._key(base, numbered=True), False)

    def _key(self, base: str, numbered: bool = False) -> str:
        key, number = base, 0
        while key in self.keys or (numbered and number == 0):
            number += 1
            key = f"{base}_{number}"
        self.keys.add(key)
        return key


def named_columns(columns: Iterable[Any], style: SelectLabelStyle) -> list[SelectedColumn]:
    """Return *columns*, tables expanded, each with its name."""
    namer = _Namer(style)
    return [namer.name(column) for column in expanded_columns(columns)]


def long_name(column: ColumnElement[Any], name: str) -> str:
    """Return *name*, that of *column*, after the name of its table, if it has one."""
    table = getattr(column, "table", None)
    if table is None:
        return name
    return generated_name(f"{table_label(table)}_{name}")


def function_name(given: object) -> str | None:
    """Return the name of the function that *given* calls, be it in a CAST, or None."""
    expression: Any = given
    while expression.__visit_name__ in ("cast", "try_cast", "type_coerce"):
        expression = expression.clause
    return str(expression.name) if getattr(expression, "is_function", False) else None


def told_apart(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return *names* with numbers after those that came before, or are *taken*."""
    known = set(taken)
    found: list[str] = []
    for base in names:
        name, number = base, 0
        while name in known:
            number += 1
            name = f"{base}_{number}"
        known.add(name)
        found.append(name)
    return found


def described_columns(columns: Iterable[Any], style: SelectLabelStyle) -> list[dict[str, Any]]:
    """Return for each of *columns* its name in rows, its type and its expression."""
    described: list[dict[str, Any]] = []
    for raw in columns:
        describe = getattr(raw, "describe_column", None)
        if describe is not None:
            described.append(describe())
            continue
        for item in named_columns((raw,), LABEL_STYLE_NONE):
            described.append({"name": item.key, "type": item.type, "expr": item.column})
    _tell_apart(described, style)
    return described


def _tell_apart(described: Iterable[dict[str, Any]], style: SelectLabelStyle) -> None:
    """Give the columns among *described* the names that rows of a SELECT of *style* have."""
    taken: set[str] = set()
    for item in described:
        column, name = item["expr"], item["name"]
        if not isinstance(column, ColumnElement) or isinstance(column, Label) or not name:
            continue
        if style is LABEL_STYLE_TABLENAME_PLUS_COL:
            name = long_name(getattr(column, "column", column), name)
        base, number = name, 0
        while name in taken and style is not LABEL_STYLE_NONE:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        item["name"] = name


def exported_columns(named: Iterable[SelectedColumn]) -> list[Exported]:
    """Return those of the columns that have a name, as others see them."""
    return [
        Exported(item.key, item.name, item.column)
        for item in named
        if item.key is not None and isinstance(item.column, ColumnElement)
    ]
