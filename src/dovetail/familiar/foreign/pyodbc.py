"""What dialects of other packages have in common where they speak over ODBC."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from ...dialects.dialect import Dialect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from ...dialects.driver import Address

_CONNECTION_OPTIONS = ("ansi", "autocommit", "unicode_results")
"""What pyodbc itself takes, true or false; all else goes to the ODBC driver."""


class PyODBCConnector(Dialect):
    """The base of a dialect over pyodbc.

    A URL without a database names a data source: ``db2+pyodbc://ada:secret@warehouse``.
    ``?odbc_connect=`` has the whole text for the ODBC driver, ``?driver=`` its name.
    """

    driver = "pyodbc"
    default_paramstyle = "qmark"
    pyodbc_driver_name: ClassVar[str | None] = None
    """The ODBC driver of URLs that name none."""

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Return pyodbc; an ImportError says that it is not installed."""
        return import_module("pyodbc")

    def create_connect_args(self, url: Address) -> tuple[list[Any], dict[str, Any]]:
        """Return the text for the ODBC driver, and what pyodbc itself is told."""
        query = {name: value for name, value in url.query.items() if isinstance(value, str)}
        told = {
            name: query.pop(name).lower() in ("1", "on", "true", "yes")
            for name in _CONNECTION_OPTIONS
            if name in query
        }
        whole = query.pop("odbc_connect", None)
        return [whole if whole is not None else self._text(url, query)], told

    def _text(self, url: Address, query: Mapping[str, str]) -> str:
        more = dict(query)
        if url.host is not None and url.database is None:
            parts = {"DSN": url.host}
        else:
            name = more.pop("driver", self.pyodbc_driver_name)
            server = url.host if url.port is None else f"{url.host},{url.port}"
            given = {"DRIVER": name, "Server": server, "Database": url.database}
            parts = {key: value for key, value in given.items() if value is not None}
        if url.username is not None:
            parts |= {"UID": url.username, "PWD": url.password or ""}
        elif "authentication" not in {key.lower() for key in more}:
            parts["Trusted_Connection"] = "Yes"
        return ";".join(f"{key}={_braced(value)}" for key, value in {**parts, **more}.items())


def _braced(value: str) -> str:
    """Return *value* as ODBC reads it: in braces where it would be read otherwise."""
    if not any(mark in value for mark in ";{}[]()?*=!@ "):
        return value
    return "{" + value.replace("}", "}}") + "}"
