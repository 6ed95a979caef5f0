"""Which dialect a name stands for; imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module

from ..exc import NoSuchModuleError, did_you_mean
from .dialect import Dialect

GROUP = "dovetail.dialects"
"""The entry points by which packages make dialects known: ``name = "module:Class"``."""

_homes: dict[str, str | type[Dialect]] = {
    "sqlite": "dovetail.dialects.sqlite.dialect:SqliteDialect",
    "postgresql": "dovetail.dialects.postgresql.dialect:PostgresqlDialect",
    "mysql": "dovetail.dialects.mysql.dialect:MysqlDialect",
    "mariadb": "dovetail.dialects.mysql.dialect:MariadbDialect",
}

_FORMER_NAMES = {"postgres": "postgresql"}


def register(name: str, home: str | type[Dialect]) -> None:
    """Make a dialect known: *home* is its class, or ``"module:Class"`` to import on first use."""
    _homes[name] = home


def dialect_class(name: str) -> type[Dialect]:
    """Return the class of the dialect called *name*.

    NoSuchModuleError is raised for a name that nobody has made known.
    """
    home = _homes.get(name)
    if home is None:
        # Slow to import, and needed by nobody who names a dialect of this package.
        metadata = import_module("importlib.metadata")
        for point in metadata.entry_points(group=GROUP, name=name):
            home = point.value
    if home is None:
        former = _FORMER_NAMES.get(name)
        raise NoSuchModuleError(
            f"no dialect is called {name!r}",
            hint=f"write {former}://"
            if former
            else did_you_mean(name, _homes) or f"known dialects: {', '.join(sorted(_homes))}",
        )
    if isinstance(home, type):
        return home
    module, _, attribute = home.partition(":")
    try:
        found: type[Dialect] = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise NoSuchModuleError(
            f"the dialect {name!r} cannot be loaded: {error}",
            hint="is the package that brings it installed?",
        ) from error
    _homes[name] = found
    return found
