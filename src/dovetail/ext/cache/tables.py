"""Which tables a statement reads and writes, and which others the database writes with them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from ...compiler.plan import StatementPlan
from ...sql.node import Executable, Node
from ...sql.schema import Table
from .request import name_of

_read: WeakKeyDictionary[Any, frozenset[str]] = WeakKeyDictionary()
_dependents: WeakKeyDictionary[Any, tuple[int, tuple[Any, ...]]] = WeakKeyDictionary()
_READING = re.compile(r"\s*(select|values|show|explain|table)\b", re.IGNORECASE)
_LOCKING = re.compile(r"\bfor\s+(no\s+key\s+)?update\b", re.IGNORECASE)
_WRITING = re.compile(
    r"\b(into|insert|update|delete|merge|create|alter|drop|call)\b", re.IGNORECASE
)


def tables_read(plan: StatementPlan) -> frozenset[str]:
    """The names of the tables in the statement of *plan*, a StatementPlan."""
    found = _read.get(plan)
    if found is None:
        found = frozenset(name_of(table) for table in _tables_in(plan.compiled.statement))
        _read[plan] = found
    return found


def _tables_in(statement: Node) -> Iterator[Any]:
    for part in statement.walk().key:
        table = part if _is_table(part) else getattr(part, "table", None)
        if _is_table(table):
            yield table


def _is_table(part: object) -> bool:
    return getattr(part, "__visit_name__", None) == "table" and not isinstance(part, type)


def tables_written(statement: Any) -> Iterable[Any] | None:
    """The tables that *statement* writes to, perhaps none; None where that is not known."""
    if getattr(statement, "is_ddl", False):
        return None
    if getattr(statement, "is_text", False):
        text = _LOCKING.sub("", str(statement))
        return () if _READING.match(text) and not _WRITING.search(text) else None
    if getattr(statement, "is_dml", False):
        targets = (getattr(column, "table", None) for column in _targets(statement))
        tables = [*_core_tables(statement.table), *filter(_is_table, targets)]
        return [other for table in tables for other in written_with(table)]
    parts = statement.walk().key
    if any(isinstance(part, type) and getattr(part, "is_dml", False) for part in parts):
        # Something is written by a part of the statement: by any of its tables, say.
        found = dict.fromkeys(_tables_in(statement))
        return [other for table in found for other in written_with(table)]
    return ()


def _targets(statement: Executable) -> Iterable[Any]:
    """The columns that are set: those of a joined table too, on servers that do that."""
    values = getattr(statement, "values_", None)
    return values if isinstance(values, dict) else ()


def _core_tables(table: Table) -> list[Any]:
    mapper = getattr(table, "mapper", None)
    if mapper is None:
        return [table]
    # A DELETE of a class reaches the tables of those below.
    return list(dict.fromkeys(t for one in mapper.self_and_descendants for t in one.tables))


def written_with(table: Table) -> list[Any]:
    """*table*, and the tables whose rows the database changes or deletes along with its rows."""
    return [table, *dependents(table)]


def dependents(table: Table) -> list[Any]:
    """The tables whose rows the database changes or deletes along with rows of *table*.

    *table* is among them where its rows refer to each other.
    """
    found: list[Any] = []
    waiting = list(_referring(table))
    for each in waiting:
        if each not in found:
            found.append(each)
            waiting += _referring(each)
    return found


def _referring(table: Table) -> tuple[Any, ...]:
    """The tables with a foreign key to *table* that cascades."""
    metadata = getattr(table, "metadata", None)
    if metadata is None:
        return ()
    count = len(metadata.tables)
    known = _dependents.get(table)
    if known is None or known[0] != count:
        names = set(_key_names(table))
        others = tuple(
            other
            for other in metadata.tables.values()
            if any(
                (key.ondelete or key.onupdate) and key.target_fullname in names
                for key in other.foreign_keys
            )
        )
        known = _dependents[table] = (count, others)
    return known[1]


def _key_names(table: Table) -> Iterator[str]:
    for column in table.c:
        yield f"{name_of(table)}.{column.name}"
