"""What a PostgreSQL database contains, asked for one table or for all of a schema at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...exc import NoSuchTableError
from ...sql.expression.text import verbatim
from ..reflection import Fetcher, Reflection
from . import catalogue
from .named_types import DOMAIN, ENUM
from .spelling import PostgresqlSpelling
from .type_names import type_of_text

if TYPE_CHECKING:
    from ...steps import Steps

Row = tuple[Any, ...]
_ACTIONS = {"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_MATCHES = {"f": "FULL", "p": "PARTIAL"}
_SERIAL = re.compile(r"^nextval\('.+'::regclass\)$")


class PostgresqlReflection(Reflection):
    """Reads the catalogue of PostgreSQL.

    What is asked of one table is asked by the question for a whole schema, the table given.
    """

    spelling = PostgresqlSpelling()

    # -- names --------------------------------------------------------------------------------

    def default_schema_steps(self, fetcher: Fetcher) -> Steps[str | None]:
        """Return the first schema of the search path."""
        rows = yield from fetcher.fetch_steps("SELECT current_schema()::text")
        name: str | None = rows[0][0]
        return name

    def schema_names_steps(self, fetcher: Fetcher) -> Steps[list[str]]:
        """Return the names of all schemas, without those of the server itself."""
        rows = yield from fetcher.fetch_steps(catalogue.SCHEMAS)
        return [row[0] for row in rows]

    def _names_steps(
        self, fetcher: Fetcher, schema: str | None, kinds: str, temporary: bool = False
    ) -> Steps[list[str]]:
        lives = ["t"] if temporary else ["p", "u"]
        rows = yield from fetcher.fetch_steps(catalogue.NAMES, (schema, list(kinds), lives))
        return [row[0] for row in rows]

    def has_table_steps(self, fetcher: Fetcher, table: str, schema: str | None) -> Steps[bool]:
        """Tell whether *table* (or a view of that name) exists."""
        return bool((yield from fetcher.fetch_steps(catalogue.TABLES, (schema, table))))

    def table_names_steps(self, fetcher: Fetcher, schema: str | None) -> Steps[list[str]]:
        """Return the names of all tables, partitioned ones too."""
        return (yield from self._names_steps(fetcher, schema, "rp"))

    def temp_table_names_steps(self, fetcher: Fetcher) -> Steps[list[str]]:
        """Return the names of the temporary tables of this connection."""
        return (yield from self._names_steps(fetcher, None, "rp", temporary=True))

    def view_names_steps(self, fetcher: Fetcher, schema: str | None) -> Steps[list[str]]:
        """Return the names of all views, without the materialized ones."""
        return (yield from self._names_steps(fetcher, schema, "v"))

    def temp_view_names_steps(self, fetcher: Fetcher) -> Steps[list[str]]:
        """Return the names of the temporary views of this connection."""
        return (yield from self._names_steps(fetcher, None, "v", temporary=True))

    def materialized_view_names_steps(
        self, fetcher: Fetcher, schema: str | None = None
    ) -> Steps[list[str]]:
        """Return the names of all materialized views."""
        return (yield from self._names_steps(fetcher, schema, "m"))

    def foreign_table_names_steps(
        self, fetcher: Fetcher, schema: str | None = None
    ) -> Steps[list[str]]:
        """Return the names of all tables that stand on other servers."""
        return (yield from self._names_steps(fetcher, schema, "f"))

    def sequence_names_steps(self, fetcher: Fetcher, schema: str | None) -> Steps[list[str]]:
        """Return the names of all sequences."""
        return (yield from self._names_steps(fetcher, schema, "S"))

    def view_definition_steps(self, fetcher: Fetcher, view: str, schema: str | None) -> Steps[str]:
        """Return the text of *view*."""
        rows = yield from fetcher.fetch_steps(catalogue.VIEW, (schema, view))
        if not rows:
            raise NoSuchTableError(f"there is no view {_full(view, schema)!r}")
        return str(rows[0][0])

    def table_oid_steps(
        self, fetcher: Fetcher, table: str, schema: str | None = None
    ) -> Steps[int]:
        """Return the number of *table* in the catalogue."""
        rows = yield from fetcher.fetch_steps(catalogue.TABLES, (schema, table))
        if not rows:
            raise NoSuchTableError(f"there is no table {_full(table, schema)!r}")
        return int(rows[0][2])

    # -- types --------------------------------------------------------------------------------

    def type_names_steps(self, fetcher: Fetcher, schema: str | None) -> Steps[list[str]]:
        """Return the names of enumerations, domains and other types."""
        rows = yield from fetcher.fetch_steps(catalogue.TYPES, (schema,))
        return [row[0] for row in rows]

    def enums_steps(
        self, fetcher: Fetcher, schema: str | None = None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the enumerations: name, schema, visible, labels; ``"*"`` for all schemas."""
        rows = yield from fetcher.fetch_steps(catalogue.ENUMS)
        return [
            {"name": name, "schema": place, "visible": visible, "labels": labels}
            for name, place, visible, labels, _ in rows
            if _is_wanted(schema, place, visible)
        ]

    def domains_steps(
        self, fetcher: Fetcher, schema: str | None = None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the domains: name, schema, visible, type, nullable, default, constraints."""
        rows = yield from fetcher.fetch_steps(catalogue.DOMAINS)
        return [_domain(row) for row in rows if _is_wanted(schema, row[1], row[2])]

    # -- tables -------------------------------------------------------------------------------

    def many_steps(
        self, fetcher: Fetcher, kind: str, schema: str | None
    ) -> Steps[dict[str, Any] | None]:
        """Return what *kind* of thing all tables and views of *schema* have, by their names."""
        return (yield from self._read_steps(fetcher, kind, schema, None))

    def _read_steps(
        self, fetcher: Fetcher, kind: str, schema: str | None, table: str | None
    ) -> Steps[dict[str, Any]]:
        tables = yield from fetcher.fetch_steps(catalogue.TABLES, (schema, table))
        if kind == "table_comment":
            return {name: {"text": text} for name, text, _ in tables}
        if kind == "columns":
            found = yield from self._columns_steps(fetcher, schema, table)
        elif kind == "indexes":
            rows = yield from fetcher.fetch_steps(catalogue.INDEXES, (schema, table))
            found = _grouped(rows, _index)
        else:
            letter, read = _CONSTRAINTS[kind]
            rows = yield from fetcher.fetch_steps(catalogue.CONSTRAINTS, (schema, table, letter))
            found = _grouped(rows, lambda row: read(row, schema))
        if kind == "primary_key":
            return {name: (found.get(name) or [_NO_KEY])[0] for name, _, _ in tables}
        return {name: found.get(name, []) for name, _, _ in tables}

    def _one_steps(self, fetcher: Fetcher, kind: str, table: str, schema: str | None) -> Steps[Any]:
        found = yield from self._read_steps(fetcher, kind, schema, table)
        if table not in found:
            raise NoSuchTableError(f"there is no table {_full(table, schema)!r}")
        return found[table]

    def columns_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the columns of *table*: name, type, nullable, default, comment, and more."""
        found: list[dict[str, Any]] = yield from self._one_steps(fetcher, "columns", table, schema)
        return found

    def _columns_steps(
        self, fetcher: Fetcher, schema: str | None, table: str | None
    ) -> Steps[dict[str, list[Any]]]:
        rows = yield from fetcher.fetch_steps(catalogue.COLUMNS, (schema, table))
        named: dict[int, Any] = {}
        if any(row[10] is not None for row in rows):
            enums = yield from fetcher.fetch_steps(catalogue.ENUMS)
            for name, place, visible, labels, oid in enums:
                named[oid] = ENUM(*labels, name=name, schema=None if visible else place)
            domains = yield from fetcher.fetch_steps(catalogue.DOMAINS)
            for row in domains:
                named[row[-1]] = _domain_type(_domain(row))
        return _grouped(rows, lambda row: _column(row, named))

    def primary_key_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[dict[str, Any]]:
        """Return the primary key of *table*: constrained_columns, name, comment."""
        found: dict[str, Any] = yield from self._one_steps(fetcher, "primary_key", table, schema)
        return found

    def foreign_keys_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the foreign keys of *table*."""
        found: list[dict[str, Any]] = yield from self._one_steps(
            fetcher, "foreign_keys", table, schema
        )
        return found

    def indexes_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the indexes of *table*, those of unique constraints too, marked."""
        found: list[dict[str, Any]] = yield from self._one_steps(fetcher, "indexes", table, schema)
        return found

    def unique_constraints_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the unique constraints of *table*: name, column_names, comment."""
        found: list[dict[str, Any]] = yield from self._one_steps(
            fetcher, "unique_constraints", table, schema
        )
        return found

    def check_constraints_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[list[dict[str, Any]]]:
        """Return the check constraints of *table*: name, sqltext, comment."""
        found: list[dict[str, Any]] = yield from self._one_steps(
            fetcher, "check_constraints", table, schema
        )
        return found

    def table_comment_steps(
        self, fetcher: Fetcher, table: str, schema: str | None
    ) -> Steps[dict[str, Any]]:
        """Return the comment of *table*."""
        found: dict[str, Any] = yield from self._one_steps(fetcher, "table_comment", table, schema)
        return found


_NO_KEY: dict[str, Any] = {"constrained_columns": [], "name": None, "comment": None}


def _full(table: str, schema: str | None) -> str:
    return f"{schema}.{table}" if schema else table


def _is_wanted(schema: str | None, place: str, visible: bool) -> bool:
    return schema == "*" or (visible if schema is None else schema == place)


def _grouped(rows: list[Row], make: Callable[[Row], Any]) -> dict[str, list[Any]]:
    """Return what *make* makes of the rows, in lists by their first value."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(make(row))
    return found


def _column(row: Row, named: dict[int, Any]) -> dict[str, Any]:
    _, name, declared, not_null, default, identity, generated, comment, *more = row
    _, _, oid, dimensions, collation, *sequence = more
    kind = type_of_text(declared, named.get(oid), dimensions, collation)
    is_serial = default is not None and not generated and bool(_SERIAL.match(default))
    column: dict[str, Any] = {
        "name": name,
        "type": kind,
        "nullable": not not_null,
        "default": None if generated else default,
        "autoincrement": is_serial or bool(identity),
        "comment": comment,
    }
    if generated:
        column["computed"] = {"sqltext": _bare(default), "persisted": generated == "s"}
    if identity:
        names = ("start", "increment", "minvalue", "maxvalue", "cache", "cycle")
        column["identity"] = {"always": identity == "a", **dict(zip(names, sequence, strict=True))}
    return column


def _bare(definition: object) -> str:
    """Return *definition* without the parentheses around the whole of it."""
    sql = str(definition)
    if not (sql.startswith("(") and sql.endswith(")")):
        return sql
    depth, quoted = 0, ""
    for position, character in enumerate(sql):
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "'\"":
            quoted = character
        else:
            depth += (character == "(") - (character == ")")
            if not depth and position < len(sql) - 1:
                return sql
    return sql[1:-1]


def _index(row: Row) -> dict[str, Any]:
    _, name, unique, width, columns, texts, flags, method, settings, where, *more = row
    nulls_not_distinct, constraint, classes = more
    names = columns[:width]
    index: dict[str, Any] = {"name": name, "unique": unique, "column_names": names}
    if None in names:
        index["expressions"] = [
            text if own is None else own for own, text in zip(names, texts, strict=True)
        ]
    keys = index.get("expressions", names)
    sorting = {key: words for key, flag in zip(keys, flags, strict=False) if (words := _sort(flag))}
    if sorting:
        index["column_sorting"] = sorting
    if constraint is not None:
        index["duplicates_constraint"] = constraint
    options: dict[str, Any] = {"postgresql_include": columns[width:]}
    if method != "btree":
        options["postgresql_using"] = method
    if settings:
        options["postgresql_with"] = dict(each.split("=", 1) for each in settings)
    if where:
        options["postgresql_where"] = _bare(where)
    if nulls_not_distinct:
        options["postgresql_nulls_not_distinct"] = True
    own = {key: cls for key, cls in zip(keys, classes, strict=False) if cls is not None}
    if own:
        options["postgresql_ops"] = own
    index["include_columns"] = columns[width:]
    index["dialect_options"] = options
    return index


def _sort(flag: int) -> tuple[str, ...]:
    """Return the words for the *flag* of a key: 1 is DESC, 2 is NULLS FIRST."""
    if flag & 1:
        return ("desc",) if flag & 2 else ("desc", "nulls_last")
    return ("nulls_first",) if flag & 2 else ()


def _options(row: Row) -> dict[str, Any]:
    """Return the options of dialects that a constraint has."""
    options: dict[str, Any] = {}
    if row[8]:
        options["postgresql_include"] = row[8]
    if row[9]:
        options["postgresql_nulls_not_distinct"] = True
    if not row[6]:
        options["postgresql_not_valid"] = True
    return options


def _deferring(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if row[4]:
        found["deferrable"] = True
    if row[5]:
        found["initially"] = "DEFERRED"
    return found


def _primary_key(row: Row, schema: str | None) -> dict[str, Any]:
    made = {"constrained_columns": row[3], "name": row[1], "comment": row[7]}
    return {**made, **_deferring(row), "dialect_options": _options(row)}


def _unique(row: Row, schema: str | None) -> dict[str, Any]:
    made = {"column_names": row[3], "name": row[1], "comment": row[7]}
    return {**made, **_deferring(row), "dialect_options": _options(row)}


def _check(row: Row, schema: str | None) -> dict[str, Any]:
    options = _options(row)
    return {
        "name": row[1],
        "sqltext": _bare(row[10]),
        "comment": row[7],
        "dialect_options": options,
    }


def _foreign_key(row: Row, schema: str | None) -> dict[str, Any]:
    referred, place, visible, on_update, on_delete, match, _, set_columns = row[12:20]
    options = _deferring(row)
    if on_update in _ACTIONS:
        options["onupdate"] = _ACTIONS[on_update]
    if on_delete in _ACTIONS:
        options["ondelete"] = _ACTIONS[on_delete]
        if set_columns:
            options["ondelete"] += f" ({', '.join(set_columns)})"
    if match in _MATCHES:
        options["match"] = _MATCHES[match]
    options.update(_options(row))
    shown = place if not visible or place == schema else None
    return {
        "name": row[1],
        "constrained_columns": row[3],
        "referred_schema": shown,
        "referred_table": referred,
        "referred_columns": row[11],
        "options": options,
        "comment": row[7],
    }


_CONSTRAINTS: dict[str, tuple[str, Callable[[Row, str | None], dict[str, Any]]]] = {
    "primary_key": ("p", _primary_key),
    "unique_constraints": ("u", _unique),
    "check_constraints": ("c", _check),
    "foreign_keys": ("f", _foreign_key),
}


def _domain(row: Row) -> dict[str, Any]:
    name, place, visible, declared, nullable, default, constraints, collation, _ = row
    return {
        "name": name,
        "schema": place,
        "visible": visible,
        "type": declared,
        "nullable": nullable,
        "default": default,
        "constraints": [
            {"name": each["name"], "check": _checked(each["check"])}
            for each in json.loads(constraints)
        ],
        "collation": collation,
    }


def _checked(definition: str) -> str:
    """Return what stands in ``CHECK ((…)) NOT VALID``."""
    return _bare(_bare(definition.removeprefix("CHECK ").removesuffix(" NOT VALID").strip()))


def _domain_type(found: dict[str, Any]) -> DOMAIN:
    constraint = found["constraints"][0] if found["constraints"] else {"name": None, "check": None}
    return DOMAIN(
        found["name"],
        type_of_text(found["type"], None, 0, None),
        schema=None if found["visible"] else found["schema"],
        collation=found["collation"],
        default=None if found["default"] is None else verbatim(found["default"]),
        constraint_name=constraint["name"],
        check=constraint["check"],
        not_null=not found["nullable"],
    )
