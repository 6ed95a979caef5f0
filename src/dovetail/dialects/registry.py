"""Which dialect a name stands for, or a type belongs to; imported when it is first asked for."""

from __future__ import annotations

from typing import Any

from ..exc import NoSuchModuleError, did_you_mean
from ..types.contract import TypeEngine, type_writing
from .dialect import Dialect, default_dialect
from .driver import register_driver
from .entry_points import brought, class_at

GROUP = "dialects"
"""The entry points by which packages make dialects known: ``name = "module:Class"``."""

_homes: dict[str, str | type[Dialect]] = {
    "sqlite": "dovetail.dialects.sqlite.dialect:SqliteDialect",
    "postgresql": "dovetail.dialects.postgresql.dialect:PostgresqlDialect",
    "mysql": "dovetail.dialects.mysql.dialect:MysqlDialect",
    "mariadb": "dovetail.dialects.mysql.dialect:MariadbDialect",
}

_FORMER_NAMES = {"postgres": "postgresql"}
_NOT_HERE = {
    "access": "Microsoft Access",
    "bigquery": "Google BigQuery",
    "cockroachdb": "CockroachDB",
    "db2": "IBM Db2",
    "duckdb": "DuckDB",
    "firebird": "Firebird",
    "ibm_db_sa": "IBM Db2",
    "mssql": "Microsoft SQL Server",
    "oracle": "Oracle Database",
    "redshift": "Amazon Redshift",
    "snowflake": "Snowflake",
    "sybase": "Sybase",
}
"""Databases that other packages have dialects for, and dovetail none."""


def register(name: str, home: str | type[Any], attribute: str | None = None) -> None:
    """Make a dialect known: *home* is its class, or ``"module:Class"`` to import on first use.

    A name with a dot is that of a driver.  The class may stand in *attribute*, too::

        registry.register("pebble", "pebble_database", "PebbleDialect")
        registry.register("pebble.stone", "pebble_database", "StoneDriver")
    """
    if attribute is not None:
        home = f"{home}:{attribute}"
    dialect, _, driver = name.partition(".")
    if driver:
        register_driver(dialect, driver, home)
    else:
        _homes[name] = home


def dialect_class(name: str) -> type[Dialect]:
    """Return the class of the dialect called *name*.

    NoSuchModuleError is raised for a name that nobody has made known.
    """
    home = _homes.get(name) or brought(GROUP, name).get(name)
    if home is None:
        raise _unknown(name)
    found: type[Dialect] = class_at(home, f"the dialect {name!r}", Dialect)
    _homes[name] = found
    return found


def _unknown(name: str) -> NoSuchModuleError:
    known = f"known dialects: {', '.join(sorted(_homes))}"
    server = _NOT_HERE.get(name)
    if server is not None:
        return NoSuchModuleError(f"dovetail has no dialect for {server}", hint=known)
    former = _FORMER_NAMES.get(name)
    hint = f"write {former}://" if former else did_you_mean(name, _homes) or known
    return NoSuchModuleError(f"no dialect is called {name!r}", hint=hint)


def _dialect_of(type_: TypeEngine[Any]) -> Dialect:
    """Return the dialect whose folder *type_* stands in, or else the standard."""
    place = type(type_).__module__.split(".")
    if place[1:2] == ["dialects"] and len(place) > 3:
        return dialect_class(place[2])()
    return default_dialect


def _write_type(type_: TypeEngine[Any], dialect: Any) -> str:
    chosen = dialect if dialect is not None else _dialect_of(type_)
    text: str = chosen.type_compiler.write(type_)
    return text


type_writing.writer = _write_type
