"""What a database of MySQL or MariaDB contains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...exc import DBAPIError, NoSuchTableError
from ...steps import nothing
from ...types.basic import Integer, quote_text
from ..reflection import Reflection, memory_of
from .show_create import Definition, read_definition, read_type
from .spelling import MysqlSpelling

if TYPE_CHECKING:
    from ...steps import Steps
    from ..reflection import Fetcher

_MISSING = (1146, 1049)
"""No such table, no such database."""

_NAMES = (
    "SELECT table_name FROM information_schema.tables "
    "WHERE table_schema = COALESCE(%s, DATABASE()) AND table_type IN ({}) ORDER BY table_name"
)
_TABLES = "'BASE TABLE', 'SYSTEM VERSIONED'"
_VIEWS = "'VIEW', 'SYSTEM VIEW'"
_NOT_OPTIONS = frozenset({"auto_increment"})
"""What the server tells of its work, and not of the table."""


def quoted(name: str) -> str:
    """Return *name* as SQL, for the drivers' style of parameters."""
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"


def _full(name: str, schema: str | None) -> str:
    return f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)


def _plain(value: object) -> str:
    """Return a name, which some servers give as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)


class MysqlReflection(Reflection):
    """Reads a database of MySQL or MariaDB."""

    spelling = MysqlSpelling()

    def default_schema_steps(self, fetcher: Fetcher) -> Steps[str | None]:
        """Return the database of the connection."""
        rows = yield from fetcher.fetch_steps("SELECT DATABASE()")
        name: str | None = rows[0][0]
        return name

    def schema_names_steps(self, fetcher: Fetcher) -> Steps[list[str]]:
        """Return the names of all databases."""
        rows = yield from fetcher.fetch_steps("SHOW SCHEMAS")
        return sorted(_plain(row[0]) for row in rows)

    def _names_steps(self, fetcher: Fetcher, kinds: str, schema: str | None) -> Steps[list[str]]:
        rows = yield from fetcher.fetch_steps(_NAMES.format(kinds), (schema,))
        return [_plain(row[0]) for row in rows]

    def table_names_steps(self, fetcher: Fetcher, schema: str | None) -> Steps[list[str]]:
        """Return the names of all tables."""
        return (yield from self._names_steps(fetcher, _TABLES, schema))

    def view_names_steps(self, fetcher: Fetcher, schema: str | None) -> Steps[list[str]]:
        """Return the names of all views."""
        return (yield from self._names_steps(fetcher, _VIEWS, schema))

    def sequence_names_steps(self, fetcher: Fetcher, schema: str | None) -> Steps[list[str]]:
        """Return the names of all sequences: MariaDB lists them among the tables."""
        return (yield from self._names_steps(fetcher, "'SEQUENCE'", schema))

    def temp_view_names_steps(self, fetcher: Fetcher) -> Steps[list[str]]:
        """Return nothing: no view is temporary."""
        yield from nothing
        return []

    def has_table_steps(self, fetcher: Fetcher, table: str, schema: str | None) -> Steps[bool]:
        """Tell whether *table* (or a view of that name) exists, temporary ones too."""
        try:
            yield from fetcher.fetch_steps(f"DESCRIBE {_full(table, schema)}")
        except DBAPIError as error:
            if _number(error) in _MISSING:
                return False
            raise
        return True

    def _text_steps(self, fetcher: Fetcher, table: str, schema: str | None) -> Steps[str]:
        """Return what SHOW CREATE TABLE answers for *table*, or the text of a view."""
        try:
            rows = yield from fetcher.fetch_steps(f"SHOW CREATE TABLE {_full(table, schema)}")
        except DBAPIError as error:
            if _number(error) in _MISSING:
                raise NoSuchTableError(f"there is no table {table!r}") from error
            raise
        return _plain(rows[0][1])

    def _definition_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[Definition | None]:
        """Return the definition of *table*, which is not to be changed; None for a view."""
        memory, key = memory_of(fetcher), ("definition", table, schema)
        if key not in memory:
            text = yield from self._text_steps(fetcher, table, schema)
            memory[key] = read_definition(text) if _is_table(text) else None
        definition: Definition | None = memory[key]
        return definition

    def view_definition_steps(self, fetcher: Fetcher, view: str, schema: str | None) -> Steps[str]:
        """Return the text of *view*."""
        text = yield from self._text_steps(fetcher, view, schema)
        if _is_table(text):
            raise NoSuchTableError(f"there is no view {view!r}")
        return text

    def columns_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the columns of *table*: name, type, nullable, default, comment."""
        definition = yield from self._definition_steps(fetcher, table, schema)
        if definition is not None:
            return definition.columns
        rows = yield from fetcher.fetch_steps(f"SHOW FULL COLUMNS FROM {_full(table, schema)}")
        return [_view_column(row) for row in rows]

    def primary_key_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[dict[str, Any]]:
        """Return the primary key of *table*; it has no name on these servers."""
        definition = yield from self._definition_steps(fetcher, table, schema)
        names = definition.primary_key if definition is not None else []
        return {"constrained_columns": names, "name": None}

    def foreign_keys_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the foreign keys of *table*.

        A server that keeps names as given, but looks them up in lower case, forgets the
        capitals of the table referred to; they are looked up.
        """
        definition = yield from self._definition_steps(fetcher, table, schema)
        keys = [
            {**key, "referred_schema": key["referred_schema"] or schema}
            for key in (definition.foreign_keys if definition is not None else ())
        ]
        if keys:
            memory, asked = memory_of(fetcher), "@@lower_case_table_names"
            if asked not in memory:
                memory[asked] = yield from fetcher.fetch_steps(f"SELECT {asked}")
            if int(memory[asked][0][0]) == 2:
                yield from self._with_capitals_steps(fetcher, keys)
        return keys

    def _with_capitals_steps(self, fetcher: Fetcher, keys: list[dict[str, Any]]) -> Steps[None]:
        for key in keys:
            names = yield from self.table_names_steps(fetcher, key["referred_schema"])
            by_lower = {name.lower(): name for name in names}
            own = str(key["referred_table"])
            table = by_lower.get(own.lower(), own)
            key["referred_table"] = table
            columns = yield from self.columns_steps(fetcher, table, key["referred_schema"])
            real = {column["name"].lower(): column["name"] for column in columns}
            key["referred_columns"] = [real.get(n.lower(), n) for n in key["referred_columns"]]

    def indexes_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the indexes of *table*, unique ones too, without the primary key."""
        definition = yield from self._definition_steps(fetcher, table, schema)
        prefix = _prefix(fetcher)
        found = []
        for index in definition.indexes if definition is not None else ():
            options = {f"{prefix}_{n}": v for n, v in index["dialect_options"].items()}
            own = {name: value for name, value in index.items() if name != "dialect_options"}
            found.append({**own, "dialect_options": options} if options else own)
        return sorted(found, key=lambda index: str(index["name"]))

    def unique_constraints_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the unique indexes of *table*, which are what constraints are here."""
        definition = yield from self._definition_steps(fetcher, table, schema)
        return [
            {
                "name": index["name"],
                "column_names": index["column_names"],
                "duplicates_index": index["name"],
            }
            for index in (definition.indexes if definition is not None else ())
            if index["unique"]
        ]

    def check_constraints_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the check constraints of *table*, those with a name first."""
        definition = yield from self._definition_steps(fetcher, table, schema)
        checks = definition.checks if definition is not None else []
        return sorted(checks, key=lambda check: (check["name"] is None, check["name"] or ""))

    def table_comment_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[dict[str, Any]]:
        """Return the comment of *table*."""
        definition = yield from self._definition_steps(fetcher, table, schema)
        return {"text": definition.options.get("comment") if definition is not None else None}

    def table_options_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[dict[str, Any]]:
        """Return the options of *table*, named as ``Table`` takes them."""
        definition = yield from self._definition_steps(fetcher, table, schema)
        if definition is None:
            return {}
        prefix = _prefix(fetcher)
        return {
            f"{prefix}_{name}": value
            for name, value in definition.options.items()
            if name not in _NOT_OPTIONS
        }


def _prefix(fetcher: Fetcher) -> str:
    """Return the name that options of the dialect begin with."""
    return str(getattr(getattr(fetcher, "dialect", None), "name", "mysql"))


def _number(error: DBAPIError) -> Any:
    return error.orig.args[0] if error.orig.args else None


def _is_table(text: str) -> bool:
    """Whether *text* makes a table, and not a view."""
    head = text.split("(", 1)[0].upper().split()
    return "VIEW" not in head or "TABLE" in head[:3]


def _view_column(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a column for what SHOW FULL COLUMNS tells of it."""
    name, declared, _, nullable, _, default, *_ = row
    column: dict[str, Any] = {
        "name": _plain(name),
        "type": read_type(_plain(declared)),
        "nullable": nullable == "YES",
        # The value itself; in a definition it would be a literal.
        "default": None if default is None else quote_text(_plain(default)),
        "comment": None,
    }
    if isinstance(column["type"], Integer):
        column["autoincrement"] = False
    return column
