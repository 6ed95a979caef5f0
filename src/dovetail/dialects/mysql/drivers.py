"""The drivers of MySQL and MariaDB: PyMySQL, written in Python, and mysqlclient, in C."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from ...exc import ArgumentError, did_you_mean
from ...steps import run_sync
from ..driver import Driver, ServerFacts
from .connections import MysqlclientConnection, PymysqlConnection
from .errors import classify
from .features import of_server, read_version
from .hosts import first_steps, read_hosts
from .reflection import MysqlReflection

if TYPE_CHECKING:
    from types import ModuleType

    from ...steps import Steps
    from ..driver import Address, Cause, DriverConnection

_FOUND_ROWS = 2
"""CLIENT_FOUND_ROWS: an UPDATE tells how many rows it matched, not how many it changed."""

_CONNECT_TIMEOUT = 10
"""Seconds that PyMySQL has for a connection, unless ``connect_timeout`` says otherwise."""

_FACTS = (
    "SHOW VARIABLES WHERE Variable_name IN ('version', 'sql_mode', 'lower_case_table_names', "
    "'innodb_rollback_on_timeout', 'tx_isolation', 'transaction_isolation', 'wsrep_on')"
)
_SWITCHES = {
    "true": True, "1": True, "yes": True, "on": True,
    "false": False, "0": False, "no": False, "off": False,
}  # fmt: skip


def switch(text: str) -> bool:
    """Return the truth that *text* means; KeyError is raised where it means none."""
    return _SWITCHES[text.lower()]


def _reader(read: Callable[[str], Any], otherwise: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return what reads a date or time with *read*, and what that cannot with *otherwise*."""

    def convert(text: Any) -> Any:
        try:
            return read(text)
        except (ValueError, TypeError):
            # 0000-00-00 and its like, or bytes.
            return otherwise(text)

    return convert


class BaseMysqlDriver(Driver):
    """What both drivers have in common: addresses, errors, what is asked of a server."""

    dialect_name = "mysql"
    paramstyle = "format"
    isolation_levels = (
        "AUTOCOMMIT",
        "READ UNCOMMITTED",
        "READ COMMITTED",
        "REPEATABLE READ",
        "SERIALIZABLE",
    )
    reflection = MysqlReflection()
    url_options: ClassVar[Mapping[str, Callable[[str], Any]]] = {}
    """What may stand in a URL's query, and how it is read."""

    usual_options: ClassVar[Mapping[str, Any]] = {"charset": "utf8mb4", "binary_prefix": True}
    """Arguments that are as here where nobody says otherwise."""

    ssl_options: ClassVar[tuple[str, ...]] = (
        "ssl_ca",
        "ssl_cert",
        "ssl_key",
        "ssl_capath",
        "ssl_cipher",
        "ssl_check_hostname",
    )
    """Options of a URL that go together into the argument ``ssl``."""

    without_effect: ClassVar[Mapping[str, str]] = {
        "autocommit": 'create_engine(..., isolation_level="AUTOCOMMIT")',
        "cursorclass": "rows are tuples: result.mappings() gives dictionaries",
    }
    """Arguments of the package that dovetail decides about, and what to use in their place."""

    def __init__(self, module: ModuleType | None = None, pooler: str | None = None) -> None:
        super().__init__(module, pooler)
        self.default_isolation = "REPEATABLE READ"
        self._timeout_ends_transaction = False

    def stopper(
        self, connection: DriverConnection, another: Callable[[], object]
    ) -> Callable[[], object]:
        """Return what has the server stop what it does for *connection*: ``KILL QUERY``."""
        # Not to be asked of it while it is at work.
        number: int = connection.raw.thread_id()

        def stop() -> None:
            raw: Any = another()
            try:
                raw.cursor().execute(f"KILL QUERY {number:d}")
            finally:
                raw.close()

        return stop

    def connect_arguments(self, address: Address) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments by name, those of the URL's query converted."""
        options: dict[str, Any] = dict(self.usual_options)
        given = {
            "host": address.host,
            "user": address.username,
            "password": address.password,
            "port": address.port,
            "database": address.database,
        }
        options.update({name: value for name, value in given.items() if value not in (None, "")})
        for name, value in address.query.items():
            values = (value,) if isinstance(value, str) else value
            if name == "host":
                options.update(read_hosts(values, address.port))
            else:
                options[name] = self._read_option(name, values[-1])
        self._collect_ssl(options)
        return (), options

    def _collect_ssl(self, options: dict[str, Any]) -> None:
        """Put the options ``ssl_ca``, ``ssl_cert`` and so on together, as the drivers want them."""
        found = {
            name.removeprefix("ssl_").removeprefix("key_"): options.pop(name)
            for name in self.ssl_options
            if name in options
        }
        if found and options.get("ssl") is False:
            raise ArgumentError(
                f"ssl=false contradicts {', '.join(f'ssl_{name}' for name in found)}",
                hint="leave ssl away, or the others",
            )
        if found:
            options["ssl"] = found

    def _read_option(self, name: str, text: str) -> Any:
        known = self.url_options
        read = known.get(name)
        if read is None:
            raise ArgumentError(
                f"{self.name} knows no URL option {name!r}",
                hint=did_you_mean(name, known)
                or "other arguments of the driver go into connect_args={...}",
            )
        try:
            return read(text)
        except (KeyError, ValueError) as error:
            kind = "a number" if read in (int, float) else "true or false"
            raise ArgumentError(f"the URL option {name}={text!r} is not {kind}") from error

    def _completed(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return *options* with what every connection needs.

        ArgumentError is raised for those that would have no effect.
        """
        made = dict(options)
        for name, instead in self.without_effect.items():
            if made.pop(name, None):
                raise ArgumentError(
                    f"the argument {name!r} of {self.name} would have no effect", hint=instead
                )
        made["client_flag"] = int(made.get("client_flag") or 0) | _FOUND_ROWS
        made["autocommit"] = False
        made.setdefault("conv", self._conversions())
        return made

    def _first_steps(self, options: Mapping[str, Any], connect: Callable[..., Any]) -> Steps[Any]:
        """Return what *connect* gives for the first host in *options* that can be reached."""
        return first_steps(options, connect, self.errors, self._is_elsewhere)

    def _is_elsewhere(self, error: BaseException) -> bool:
        """Tell whether another server may take a connection that *error* has prevented."""
        cause = self.classify(error)
        return cause.disconnected or cause.retry_scope == "new_connection"

    def _conversions(self) -> Any:
        """Return the driver's conversions, with quicker ones for dates."""
        raise NotImplementedError

    def server_steps(self, connection: DriverConnection) -> Steps[ServerFacts | None]:
        """Ask what the server is, which schema it uses, and how it reads literals."""
        found = dict((yield connection.fetch, _FACTS, ()))
        ((database,),) = yield connection.fetch, "SELECT DATABASE()", ()
        yield (connection.rollback,)
        version, is_mariadb = read_version(found["version"])
        level = found.get("transaction_isolation") or found.get("tx_isolation")
        if level:
            self.default_isolation = level.replace("-", " ")
        self._timeout_ends_transaction = found.get("innodb_rollback_on_timeout") == "ON"
        features = of_server(
            version,
            is_mariadb=is_mariadb,
            sql_mode=found.get("sql_mode", ""),
            is_galera=found.get("wsrep_on") == "ON",
        )
        features["lower_case_table_names"] = int(found.get("lower_case_table_names", 0))
        return ServerFacts(version=version, default_schema=database, features=features)

    def classify(self, error: BaseException) -> Cause:
        """Return what *error* means: see the table of errors."""
        return classify(
            error,
            super().classify(error),
            timeout_ends_transaction=self._timeout_ends_transaction,
        )


COMMON_OPTIONS: Mapping[str, Callable[[str], Any]] = {
    "charset": str,
    "collation": str,
    "unix_socket": str,
    "connect_timeout": int,
    "read_timeout": int,
    "write_timeout": int,
    "read_default_file": str,
    "read_default_group": str,
    "init_command": str,
    "sql_mode": str,
    "local_infile": switch,
    "client_flag": int,
    "use_unicode": switch,
    "binary_prefix": switch,
    "ssl": switch,
    "ssl_ca": str,
    "ssl_cert": str,
    "ssl_key": str,
    "ssl_capath": str,
    "ssl_cipher": str,
    "ssl_check_hostname": switch,
}


class PymysqlDriver(BaseMysqlDriver):
    """PyMySQL."""

    name = "pymysql"
    module_name = "pymysql"
    package = "PyMySQL"
    url_options: ClassVar[Mapping[str, Callable[[str], Any]]] = {
        **COMMON_OPTIONS,
        "ssl_disabled": switch,
        "ssl_verify_cert": switch,
        "ssl_verify_identity": switch,
        "ssl_key_password": str,
        "max_allowed_packet": int,
        "defer_connect": switch,
        "program_name": str,
        "bind_address": str,
        "server_public_key": str,
    }

    def connect(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Open a connection."""
        made = self._completed(options)
        if made.get("ssl") is True:
            # TLS or no connection, with any certificate.
            made["ssl"] = {"verify_mode": "none"}
        return run_sync(self._first_steps(made, partial(self._opened, arguments)))

    def _opened(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        limit = options.get("read_timeout")
        if limit is None and not options.get("defer_connect"):
            # By itself it would wait without end for the greeting of a server that has hung.
            options["read_timeout"] = options.get("connect_timeout") or _CONNECT_TIMEOUT
        raw = self.module.connect(*arguments, **options)
        raw._read_timeout = limit
        return self.adopt(raw)

    def adopt(self, raw: Any) -> Any:
        """Return a connection around *raw*; its autocommit is put off."""
        raw.autocommit(False)
        return PymysqlConnection(raw, self.module.cursors)

    def _conversions(self) -> Any:
        known = self.module.converters.conversions
        return {**known, **date_readers(self.module.constants.FIELD_TYPE, known)}


class MysqlclientDriver(BaseMysqlDriver):
    """mysqlclient, the module ``MySQLdb``."""

    name = "mysqldb"
    module_name = "MySQLdb"
    package = "mysqlclient"
    url_options: ClassVar[Mapping[str, Callable[[str], Any]]] = {
        **COMMON_OPTIONS,
        "ssl_mode": str,
        "compress": switch,
        "multi_statements": switch,
        "auth_plugin": str,
        "server_public_key_path": str,
        "local_infile_dir": str,
    }

    def connect(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Open a connection; one statement at a time, unless asked for otherwise."""
        made = self._completed(options)
        made.setdefault("multi_statements", False)
        if made.get("ssl") is True:
            del made["ssl"]
            made.setdefault("ssl_mode", "REQUIRED")
        return run_sync(self._first_steps(made, partial(self._opened, arguments)))

    def _opened(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        raw = self.module.connect(*arguments, **options)
        mode = options.get("ssl_mode", "DISABLED")
        if options.get("ssl") or mode not in ("DISABLED", "PREFERRED"):
            self._require_tls(raw)
        return self.adopt(raw)

    def _require_tls(self, raw: Any) -> None:
        """Close *raw* and raise its OperationalError if it goes without TLS.

        MariaDB's client library does without where the server has none, REQUIRED or not.
        """
        cursor = raw.cursor()
        cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        ((_, cipher),) = cursor.fetchall()
        if not cipher:
            raw.close()
            raise self.module.OperationalError(2026, "TLS/SSL error: the server has no TLS")

    def adopt(self, raw: Any) -> Any:
        """Return a connection around *raw*; its autocommit is put off."""
        raw.autocommit(False)
        return MysqlclientConnection(raw, self._part("cursors"))

    def _part(self, name: str) -> Any:
        """Return a module of the package, which does not import all of them itself."""
        return import_module(f"{self.module_name}.{name}")

    def _conversions(self) -> Any:
        known = self._part("converters").conversions
        return {**known, **date_readers(self._part("constants").FIELD_TYPE, known)}


def date_readers(kinds: Any, known: Mapping[Any, Any]) -> dict[int, Callable[[Any], Any]]:
    """Return quicker conversions for the dates that are dates."""
    return {
        kinds.DATETIME: _reader(dt.datetime.fromisoformat, known[kinds.DATETIME]),
        kinds.TIMESTAMP: _reader(dt.datetime.fromisoformat, known[kinds.TIMESTAMP]),
        kinds.DATE: _reader(dt.date.fromisoformat, known[kinds.DATE]),
    }
