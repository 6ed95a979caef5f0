"""The driver of dialects that bring a package of their own: any that follows PEP 249."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ..exc import InvalidRequestError, NoSuchModuleError
from ..steps import nothing
from .driver import DbapiConnection, Driver, ServerFacts, driver_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from ..steps import Steps
    from .dbapi import DriverParameters
    from .driver import Address, DriverConnection, ServedDialect

_THIS_PACKAGE = f"{__name__.partition('.')[0]}."


class BroughtDialect(Protocol):
    """The class of a dialect that may bring a package."""

    name: str
    driver: str

    @classmethod
    def import_dbapi(cls) -> Any: ...


class NoKeyCursor:
    """A cursor that does not tell the key of an inserted row, which PEP 249 does not ask for."""

    __slots__ = ("_cursor",)
    lastrowid = None

    def __init__(self, cursor: object) -> None:
        self._cursor = cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


class PackageConnection(DbapiConnection):
    """A connection of such a package."""

    def execute(self, sql: str, parameters: DriverParameters | None = None) -> Any:
        """Run *sql*, as it stands for no *parameters*; return the cursor."""
        return _with_key(super().execute(sql, parameters))

    def execute_many(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Run *sql* once for each set of *parameters*; return the cursor."""
        return _with_key(super().execute_many(sql, parameters))


def _with_key(cursor: object) -> object:
    return cursor if hasattr(cursor, "lastrowid") else NoKeyCursor(cursor)


class PackageDriver(Driver):
    """Speaks over the package that ``import_dbapi()`` of a dialect returns.

    Subclasses are made for one dialect each, by :func:`speaker_of`.  What is the server's own
    comes from the dialect: its levels of isolation, and what its methods do with connections.
    """

    isolation_levels: tuple[str, ...] = ()
    dialect: ServedDialect | None = None
    """The dialect of the engine."""

    def __init__(self, module: ModuleType | None = None, pooler: str | None = None) -> None:
        super().__init__(module, pooler)
        self.paramstyle = getattr(self.module, "paramstyle", type(self).paramstyle)

    def serve(self, dialect: ServedDialect) -> None:
        """Take the levels of isolation that *dialect* says that there are."""
        self.dialect = dialect
        if is_brought(dialect.get_isolation_level_values):
            self.isolation_levels = tuple(dialect.get_isolation_level_values(None))

    def connect_arguments(self, address: Address) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the parts of the URL by their names, and what its query holds."""
        parts = ("host", "database", "username", "password", "port")
        options: dict[str, Any] = {
            name: value for name in parts if (value := getattr(address, name)) not in (None, "")
        }
        return (), {**options, **address.query}

    def connect(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Open a connection."""
        return PackageConnection(self.module.connect(*arguments, **options))

    def adopt(self, raw: object) -> Any:
        """Take over a connection that the dialect or a ``creator`` has opened."""
        own: Any = raw
        return PackageConnection(own)

    def server_steps(self, connection: DriverConnection) -> Steps[ServerFacts | None]:
        """Ask for the isolation of connections that nobody has set one on."""
        yield from nothing
        asked = ("get_isolation_level", "get_default_isolation_level")
        dialect = self.dialect
        if dialect is not None and any(is_brought(getattr(dialect, each)) for each in asked):
            try:
                level = dialect.get_default_isolation_level(connection.raw)
            except NotImplementedError:
                # What it inherits is asked for and has no answer: the level is not known.
                return None
            self.default_isolation = level
        return None


def is_brought(function: object) -> bool:
    """Tell whether *function*, of a dialect, was written by another package or by a program."""
    home = getattr(getattr(function, "__func__", function), "__module__", "")
    return not str(home).startswith(_THIS_PACKAGE)


def speaker_of(dialect: type[BroughtDialect], awaits: bool = False) -> type[Driver]:
    """Return the class of the driver of *dialect*, a class: see :func:`driver_of`.

    It is one for the package that *dialect* brings, where the driver of those that it derives
    from does not know that.

    :raises NoSuchModuleError: for a dialect that neither brings a package nor has a driver
    :raises InvalidRequestError: for one that brings a package which awaits
    """
    loads = next((load for load in _loaders(dialect) if is_brought(load)), None)
    if loads is None:
        return driver_of(dialect, awaits)
    try:
        module = loads()
    except ImportError:
        # Who connects is told; names and texts need no package.
        module = None
    try:
        inherited = driver_of(dialect, awaits)
    except NoSuchModuleError:
        inherited = None
    if inherited is not None and (module is None or inherited.speaks(module)):
        return inherited
    if getattr(dialect, "is_async", False):
        raise InvalidRequestError(
            f"{dialect.__name__} awaits by adapters of its own, which are not driven here",
            hint="create_engine() with the dialect of the same package that blocks",
        )
    own = {
        "dialect_name": dialect.name,
        "name": dialect.driver,
        "module_name": getattr(module, "__name__", dialect.driver),
        "load": classmethod(lambda _: loads()),
        "paramstyle": getattr(dialect, "default_paramstyle", PackageDriver.paramstyle),
    }
    if inherited is not None:
        own |= {"features": inherited.features, "reflection": inherited.reflection}
    return type("PackageDriver", (PackageDriver,), own)


def _loaders(dialect: type[BroughtDialect]) -> list[Any]:
    """Return what may import the package of *dialect*: of 2.0, and of 1.4 where that is all."""
    older = getattr(dialect, "dbapi", None)
    return [dialect.import_dbapi, older] if callable(older) else [dialect.import_dbapi]
