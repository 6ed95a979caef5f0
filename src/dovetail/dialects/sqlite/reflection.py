"""What a SQLite database contains, read through its PRAGMAs.

SQLite keeps the names of constraints in the text of CREATE TABLE alone, so that they are read
from there.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...conventions import conventions
from ...exc import NoSuchTableError, SAWarning
from ...sql.expression.text import verbatim
from ...steps import nothing
from ..reflection import Reflection, memory_of
from .create_table import TableText, Token, bare, parts_of, table_text, tokens_of
from .reflected_types import column_type as column_type
from .spelling import SqliteSpelling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ...steps import Steps
    from ..reflection import Fetcher


def quoted(name: str) -> str:
    """Return *name* as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _prefix(schema: str | None) -> str:
    return f"{quoted(schema)}." if schema else ""


def _pragma(pragma: str, name: str, schema: str | None) -> str:
    return f"PRAGMA {_prefix(schema)}{pragma}({quoted(name)})"


class SqliteReflection(Reflection):
    """Reads a SQLite database."""

    spelling = SqliteSpelling()

    def default_schema_steps(self, fetcher: Fetcher) -> Steps[str | None]:
        """Return ``main``."""
        yield from nothing
        return "main"

    def schema_names_steps(self, fetcher: Fetcher) -> Steps[list[str]]:
        """Return the names of the attached databases, without that of temporary tables."""
        rows = yield from fetcher.fetch_steps("PRAGMA database_list")
        return [row[1] for row in rows if row[1] != "temp"]

    def has_table_steps(self, fetcher: Fetcher, table: str, schema: str | None) -> Steps[bool]:
        """Tell whether *table* (or a view of that name) exists."""
        return bool((yield from fetcher.fetch_steps(_pragma("table_xinfo", table, schema))))

    def _pragma_steps(
        self, fetcher: Fetcher, pragma: str, name: str, schema: str | None
    ) -> Steps[list[tuple[Any, ...]]]:
        """Return the rows of *pragma*, which several questions rest on; none are asked for anew."""
        memory, sql = memory_of(fetcher), _pragma(pragma, name, schema)
        rows: list[tuple[Any, ...]] | None = memory.get(sql)
        if not rows:
            rows = memory[sql] = yield from fetcher.fetch_steps(sql)
        return rows

    def _names_steps(
        self, fetcher: Fetcher, kind: str, schema: str | None, master: str = "sqlite_master"
    ) -> Steps[list[str]]:
        sql = (
            f"SELECT name FROM {_prefix(schema)}{master} "
            f"WHERE type = '{kind}' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
        )
        rows = yield from fetcher.fetch_steps(sql)
        return [row[0] for row in rows]

    def table_names_steps(self, fetcher: Fetcher, schema: str | None) -> Steps[list[str]]:
        """Return the names of all tables."""
        return (yield from self._names_steps(fetcher, "table", schema))

    def temp_table_names_steps(self, fetcher: Fetcher) -> Steps[list[str]]:
        """Return the names of all temporary tables."""
        return (yield from self._names_steps(fetcher, "table", None, "sqlite_temp_master"))

    def view_names_steps(self, fetcher: Fetcher, schema: str | None) -> Steps[list[str]]:
        """Return the names of all views."""
        return (yield from self._names_steps(fetcher, "view", schema))

    def temp_view_names_steps(self, fetcher: Fetcher) -> Steps[list[str]]:
        """Return the names of all temporary views."""
        return (yield from self._names_steps(fetcher, "view", None, "sqlite_temp_master"))

    def _text_steps(
        self, fetcher: Fetcher, kind: str, name: str, schema: str | None
    ) -> Steps[str | None]:
        """Return the text that the table or view *name* was created with, None if unknown."""
        if schema:
            masters = f"SELECT type, name, sql FROM {_prefix(schema)}sqlite_master"
        else:
            masters = (
                "SELECT type, name, sql FROM sqlite_master "
                "UNION ALL SELECT type, name, sql FROM sqlite_temp_master"
            )
        sql = f"SELECT sql FROM ({masters}) WHERE type = ? AND lower(name) = lower(?)"
        rows = yield from fetcher.fetch_steps(sql, (kind, name))
        return rows[0][0] if rows else None

    def _read_steps(self, fetcher: Fetcher, table: str, schema: str | None) -> Steps[TableText]:
        """Return what the text that *table* was created with tells."""
        memory, key = memory_of(fetcher), ("text", table, schema)
        read: TableText | None = memory.get(key)
        if read is None:
            text = yield from self._text_steps(fetcher, "table", table, schema)
            read = memory[key] = table_text(text)
        return read

    def view_definition_steps(self, fetcher: Fetcher, view: str, schema: str | None) -> Steps[str]:
        """Return the text of *view*."""
        text = yield from self._text_steps(fetcher, "view", view, schema)
        if text is None:
            raise NoSuchTableError(f"there is no view {view!r}")
        return text

    def columns_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the columns of *table*: name, type, nullable, default, primary_key."""
        rows = yield from self._pragma_steps(fetcher, "table_xinfo", table, schema)
        if not rows:
            raise NoSuchTableError(f"there is no table {table!r}")
        generated: dict[str, str] = {}
        if any(row[6] in (2, 3) for row in rows):
            generated = (yield from self._read_steps(fetcher, table, schema)).generated
        return [
            _column(row, generated)
            for row in rows
            if row[6] != 1  # 1 marks what virtual tables hide
        ]

    def primary_key_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[dict[str, Any]]:
        """Return the primary key of *table*: constrained_columns, name."""
        rows = yield from self._existing_steps(fetcher, table, schema)
        names = [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]]
        text = yield from self._read_steps(fetcher, table, schema)
        return {"constrained_columns": names, "name": text.primary_key_name}

    def _existing_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[tuple[Any, ...]]]:
        rows = yield from self._pragma_steps(fetcher, "table_xinfo", table, schema)
        if not rows:
            raise NoSuchTableError(f"there is no table {table!r}")
        return rows

    def foreign_keys_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the foreign keys of *table*."""
        rows = yield from self._pragma_steps(fetcher, "foreign_key_list", table, schema)
        if not rows:
            yield from self._existing_steps(fetcher, table, schema)
            return []
        text = yield from self._read_steps(fetcher, table, schema)
        named = {
            (_folded(found.columns), found.table.lower()): found for found in text.foreign_keys
        }
        keys: dict[int, dict[str, Any]] = {}
        for number, _, referred, own, other, on_update, on_delete, *_ in rows:
            key = keys.get(number)
            if key is None:
                key = keys[number] = _foreign_key(schema, referred, on_update, on_delete)
            key["constrained_columns"].append(own)
            if other is not None:
                key["referred_columns"].append(other)
        for key in keys.values():
            if not key["referred_columns"]:
                pk = yield from self.primary_key_steps(fetcher, key["referred_table"], schema)
                key["referred_columns"] = pk["constrained_columns"]
            place = (_folded(key["constrained_columns"]), key["referred_table"].lower())
            found = named.get(place)
            if found is not None:
                key["name"] = found.name
                key["options"].update(found.options)
        return sorted(keys.values(), key=_named_first)

    def indexes_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the indexes of *table*, without those that constraints made."""
        rows = yield from self._pragma_steps(fetcher, "index_list", table, schema)
        if not rows:
            yield from self._existing_steps(fetcher, table, schema)
        found: list[dict[str, Any]] = []
        for _, name, unique, origin, *_ in rows:
            if origin != "c":
                continue
            parts = yield from self._pragma_steps(fetcher, "index_info", name, schema)
            text = yield from self._text_steps(fetcher, "index", name, schema)
            columns = [part[2] for part in parts]
            if None in columns and not conventions.expression_indexes_are_told:
                warnings.warn(
                    f"Skipped unsupported reflection of expression-based index {name}",
                    SAWarning,
                    stacklevel=2,
                )
                continue
            found.append(_index(name, bool(unique), columns, index_text(text)))
        return sorted(found, key=lambda index: index["name"])

    def unique_constraints_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the unique constraints of *table*: name, column_names."""
        rows = yield from self._pragma_steps(fetcher, "index_list", table, schema)
        if not rows:
            yield from self._existing_steps(fetcher, table, schema)
        text = yield from self._read_steps(fetcher, table, schema)
        named = {_folded(columns): name for name, columns in text.uniques}
        found: list[dict[str, Any]] = []
        for _, index, _, origin, *_ in rows:
            if origin != "u":
                continue
            parts = yield from self._pragma_steps(fetcher, "index_info", index, schema)
            columns = [part[2] for part in parts]
            found.append({"name": named.get(_folded(columns)), "column_names": columns})
        return found[::-1]

    def check_constraints_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the check constraints of *table*: name, sqltext."""
        text = yield from self._read_steps(fetcher, table, schema)
        checks: list[dict[str, Any]] = [
            {"name": name, "sqltext": condition} for name, condition in text.checks
        ]
        return sorted(checks, key=_named_first)


def _index(name: str, unique: bool, columns: list[str | None], read: IndexText) -> dict[str, Any]:
    """Return what is told of an index of *columns*, of which None is an expression."""
    index: dict[str, Any] = {"name": name, "column_names": columns, "unique": int(unique)}
    index["dialect_options"] = {}
    if read.where is not None:
        index["dialect_options"]["sqlite_where"] = verbatim(read.where)
    keys = [
        own if own is not None and bare(key).lower() == own.lower() else key
        for own, key in zip(columns, read.keys, strict=False)
    ]
    if keys != columns[: len(keys)]:
        index["expressions"] = keys
    sorting = {key: ("desc",) for key, falls in zip(keys, read.descending, strict=False) if falls}
    if sorting:
        index["column_sorting"] = sorting
    return index


def _named_first(found: dict[str, Any]) -> tuple[bool, str]:
    return found["name"] is None, found["name"] or ""


def _folded(names: Iterable[str]) -> tuple[str, ...]:
    """Return *names* as SQLite compares them."""
    return tuple(name.lower() for name in names)


def _column(row: tuple[Any, ...], generated: Mapping[str, str]) -> dict[str, Any]:
    _, name, declared, not_null, default, key, hidden = row
    column: dict[str, Any] = {
        "name": name,
        "type": column_type(declared.replace("GENERATED ALWAYS", "").strip()),
        "nullable": not not_null,
        "default": default,
        "primary_key": key,
    }
    if hidden in (2, 3):
        sql = generated.get(name.lower(), "")
        column["computed"] = {"sqltext": sql, "persisted": hidden == 3}
    return column


def _foreign_key(
    schema: str | None, referred: str, on_update: str, on_delete: str
) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if on_delete != "NO ACTION":
        options["ondelete"] = on_delete
    if on_update != "NO ACTION":
        options["onupdate"] = on_update
    return {
        "name": None,
        "constrained_columns": [],
        "referred_schema": schema,
        "referred_table": referred,
        "referred_columns": [],
        "options": options,
    }


@dataclass
class IndexText:
    """What the text of an index tells."""

    keys: list[str] = field(default_factory=list)
    """What is indexed, without its direction, as SQL."""

    descending: list[bool] = field(default_factory=list)
    where: str | None = None
    """The condition of the rows that a partial index has."""


def index_text(text: str | None) -> IndexText:
    """Return what *text* tells: nothing, where it is unknown, as that of a constraint's index."""
    read = IndexText()
    tokens = tokens_of(text or "")
    opening = next((place for place, token in enumerate(tokens) if token.text == "("), None)
    if text is None or opening is None:
        return read
    for key in parts_of(tokens, opening):
        direction = key[-1].word if key else ""
        if direction in ("ASC", "DESC"):
            del key[-1]
        read.keys.append(_between(text, key))
        read.descending.append(direction == "DESC")
    # After the keys there is nothing else.
    rest = tokens[opening + 1 + _length(tokens[opening + 1 :]) :]
    if rest and rest[0].word == "WHERE":
        read.where = _between(text, rest[1:])
    return read


def _length(tokens: list[Token]) -> int:
    """Return how many *tokens* there are up to the parenthesis that ends them, and with it."""
    depth = 1
    for place, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if not depth:
            return place + 1
    return len(tokens)


def _between(text: str, tokens: list[Token]) -> str:
    return text[tokens[0].start : tokens[-1].end] if tokens else ""
