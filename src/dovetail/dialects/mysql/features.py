"""What servers of the MySQL family can do: by their version, as data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from ..features import Features

Version = tuple[int, ...]

_NUMBER = re.compile(r"\d+")


class MysqlFeatures(Features):
    """Capabilities of a server of the MySQL family, besides those that all servers may have."""

    is_mariadb: bool = False
    """The server is MariaDB, and not MySQL."""

    backslash_escapes: bool = True
    """A backslash within a literal escapes: ``sql_mode`` lacks NO_BACKSLASH_ESCAPES."""

    supports_for_share: bool = False
    """FOR SHARE, and OF with it, in place of LOCK IN SHARE MODE."""

    supports_nowait: bool = True
    """FOR UPDATE NOWAIT."""

    supports_row_alias: bool = False
    """INSERT … AS new ON DUPLICATE KEY UPDATE …: what VALUES() is to be written as."""

    supports_float_cast: bool = False
    """CAST(… AS FLOAT) and AS DOUBLE."""

    supports_json_cast: bool = True
    """CAST(… AS JSON)."""

    supports_check: bool = True
    """CHECK constraints are enforced."""

    lower_case_table_names: int = 0
    """How the server keeps names of tables: 0 as given, 1 in lower case, 2 as given but alike."""

    supports_tables_of_values: bool = False
    """A derived table of VALUES, which an UPDATE or DELETE joins."""

    supports_functional_indexes: bool = False
    """An index may be on an expression."""


def _index(value: object) -> str:
    """Return an index into JSON as a path: ``$."name"``, ``$[5]``."""
    return f"$[{value}]" if isinstance(value, int) else f"$.{_quoted(value)}"


def _path(value: Iterable[Any]) -> str:
    """Return indexes into JSON as a path: ``$."a"[0]``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{_quoted(step)}" for step in value)
    return "$" + "".join(steps)


def _quoted(name: object) -> str:
    """Return *name* as a member of a path: a string of JSON."""
    return json.dumps(str(name))


DEFAULT = MysqlFeatures(
    limits_by_expression=False,
    updates_what_it_reads=False,
    returning_is_ordered=True,
    supports_multi_values=True,
    supports_default_values=False,
    supports_lastrowid=True,
    supports_upsert=True,
    supports_skip_locked=True,
    supports_native_decimal=True,
    native_enum_types=True,
    supports_comments=True,
    inline_comments=True,
    transactional_ddl=False,
    max_identifier_length=255,
    max_constraint_name_length=64,
    division_truncates=False,
    set_sees_new_values=True,
    supports_two_phase=True,
    supports_server_side_cursors=True,
    json_index_format=_index,
    json_path_format=_path,
)
"""What any server has that is not very old."""

MARIADB: dict[str, Any] = {
    "is_mariadb": True,
    "supports_insert_returning": True,
    "supports_delete_returning": True,
    "supports_sequences": True,
    "supports_native_uuid": True,
    "supports_json_cast": False,
    "named_checks_in_columns": False,
}
"""What a MariaDB has otherwise that is supported by its makers still."""

SINCE: dict[str, tuple[Version | None, Version | None]] = {
    "supports_insert_returning": (None, (10, 5)),
    "supports_delete_returning": (None, (10, 0, 5)),
    "supports_sequences": (None, (10, 3)),
    "supports_native_uuid": (None, (10, 7)),
    "supports_ctes": ((8, 0, 1), (10, 2, 1)),
    "supports_skip_locked": ((8, 0, 1), (10, 6)),
    "supports_nowait": ((8, 0, 1), (10, 3)),
    "supports_for_share": ((8, 0, 1), None),
    "supports_row_alias": ((8, 0, 19), None),
    "supports_float_cast": ((8, 0, 17), (10, 4, 5)),
    "supports_json_cast": ((5, 7, 8), None),
    "supports_check": ((8, 0, 16), (10, 2, 1)),
    "named_checks_in_columns": ((8, 0, 16), None),
    "supports_tables_of_values": (None, (10, 3, 3)),
    "supports_functional_indexes": ((8, 0, 13), None),
}
"""Since which version of MySQL, and of MariaDB, a feature is there; None for never."""


def read_version(text: str) -> tuple[Version, bool]:
    """Return the version that ``SELECT VERSION()`` tells, and whether it is a MariaDB.

    ::

        read_version("10.11.6-MariaDB-log")  # (10, 11, 6), True
        read_version("5.5.5-10.11.6-MariaDB")  # the same: a prefix for old replicas
        read_version("8.0.36-0ubuntu0.22.04.1")  # (8, 0, 36), False
    """
    is_mariadb = "mariadb" in text.lower()
    if is_mariadb:
        text = text.removeprefix("5.5.5-")
    return tuple(int(part) for part in _NUMBER.findall(text.partition("-")[0])), is_mariadb


def of_server(
    version: Version, *, is_mariadb: bool, sql_mode: str = "", is_galera: bool = False
) -> dict[str, Any]:
    """Return the features of a server that differ from one to another."""
    found: dict[str, Any] = {
        "is_mariadb": is_mariadb,
        "backslash_escapes": "NO_BACKSLASH_ESCAPES" not in sql_mode,
    }
    for feature, since in SINCE.items():
        first = since[is_mariadb]
        found[feature] = first is not None and version >= first
    if is_galera:
        # No XA transactions: MariaDB manual, "MariaDB Galera Cluster - Known Limitations".
        found["supports_two_phase"] = False
    return found
