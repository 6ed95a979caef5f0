"""Which dialect a name stands for, or a type belongs to; imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..exc import NoSuchModuleError, did_you_mean
from ..types.contract import TypeEngine, type_writing
from .dialect import Dialect, default_dialect
from .driver import (
    Driver,
    driver_class,
    forget_driver,
    has_driver,
    has_drivers,
    register_driver,
)
from .entry_points import brought, class_at
from .package_driver import speaker_of

GROUP = "dialects"
"""The entry points by which packages make dialects known: ``name = "module:Class"``."""

_homes: dict[str, str | type[Dialect]] = {
    "sqlite": "dovetail.dialects.sqlite.dialect:SqliteDialect",
    "postgresql": "dovetail.dialects.postgresql.dialect:PostgresqlDialect",
    "mysql": "dovetail.dialects.mysql.dialect:MysqlDialect",
    "mariadb": "dovetail.dialects.mysql.dialect:MariadbDialect",
}

impls: Mapping[str, object] = MappingProxyType(_homes)
"""What is known, by name; packages that bring dialects look there before they register one."""

_with_drivers: dict[str, str | type[Any]] = {}
"""What was registered with the name of a driver, as long as nobody has asked for it."""

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

    A name with a dot is that of a driver, or of a dialect for one driver.  The class may stand in
    *attribute*, too::

        registry.register("pebble", "pebble_database", "PebbleDialect")
        registry.register("pebble.stone", "pebble_database", "StoneDriver")
    """
    if attribute is not None:
        home = f"{home}:{attribute}"
    dialect, _, driver = name.partition(".")
    if driver and isinstance(home, str):
        # The class of a driver, or of a dialect for this driver alone: it is imported later.
        _with_drivers[name] = home
        forget_driver(dialect, driver)
    elif driver and not (isinstance(home, type) and issubclass(home, Dialect)):
        register_driver(dialect, driver, home)
    else:
        _homes[name] = home


def load(name: str) -> type[Dialect]:
    """Return the class of the dialect *name*, one for a driver where a dot or a plus leads to it.

    :raises NoSuchModuleError: nobody has made the name known::

        registry.load("postgresql")()
    """
    dialect, _, driver = name.replace("+", ".").partition(".")
    if driver and _dialect_for(dialect, driver) is None:
        driver_class(dialect, driver)
    return dialect_class(dialect, driver or None)


def dialect_class(name: str, driver: str | None = None) -> type[Dialect]:
    """Return the class of the dialect called *name*, or the one that it has for *driver*.

    NoSuchModuleError is raised for a name that nobody has made known.
    """
    if driver:
        special = _dialect_for(name, driver)
        if special is not None:
            return special
    home = _homes.get(name) or brought(GROUP, name).get(name)
    if home is None:
        raise _unknown(name)
    found: type[Dialect] = class_at(home, f"the dialect {name!r}", Dialect)
    _homes[name] = found
    return found


def driver_for(name: str, driver: str | None = None, awaits: bool = False) -> type[Driver]:
    """Return the class of the *driver* of the dialect called *name*, or of its first.

    A dialect that has none of its own has that of the one that it derives from.
    NoSuchModuleError is raised for names that are not known.
    """
    if driver is None:
        _tell_apart(name)
    else:
        special = _dialect_for(name, driver)
        if special is not None:
            return speaker_of(special, awaits)
    if has_drivers(name):
        return driver_class(name, driver, awaits)
    return speaker_of(dialect_class(name), awaits)


def _dialect_for(name: str, driver: str) -> type[Dialect] | None:
    """Return the dialect that is known as *name* with *driver*, or None."""
    if has_driver(name, driver):
        return None
    whole = f"{name}.{driver}"
    if whole not in _homes:
        home = _with_drivers.get(whole) or brought(GROUP, whole).get(whole)
        if home is None:
            return None
        _with_drivers[whole] = home
        _tell_apart(name, driver)
    found: Any = _homes.get(whole)
    special: type[Dialect] | None = found
    return special


def _tell_apart(name: str, driver: str | None = None) -> None:
    """Find out which of what was registered as *name* with a driver are dialects."""
    for whole, home in list(_with_drivers.items()):
        dialect, _, own = whole.partition(".")
        if dialect != name or driver not in (None, own):
            continue
        try:
            found = class_at(home, f"{whole!r}", object)
        except NoSuchModuleError:
            if driver is None:
                continue
            raise
        del _with_drivers[whole]
        if issubclass(found, Dialect):
            _homes[whole] = found
        else:
            register_driver(dialect, own, found)


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
