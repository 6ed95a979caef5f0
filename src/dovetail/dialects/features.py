"""What a server can do, as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..record import Record


class Features(Record):
    """Capabilities of one server at one version, and of its driver.

    The defaults describe a bare server of the standard; a dialect states only where it
    differs.  Code outside a dialect asks for a feature and never for a dialect's name.
    """

    # -- statements

    supports_returning: bool = False
    """INSERT, UPDATE and DELETE can return the rows they touched."""

    supports_insert_returning: bool = False
    """INSERT can return the rows it made."""

    supports_update_returning: bool = False
    """UPDATE can return the rows it changed."""

    supports_delete_returning: bool = False
    """DELETE can return the rows it took away."""

    returning_is_ordered: bool = False
    """INSERT … RETURNING gives the rows in the order of VALUES."""

    supports_multi_values: bool = False
    """One INSERT takes many rows after VALUES."""

    prefers_multi_values: bool = False
    """One INSERT of many rows is quicker than the driver's executemany."""

    supports_default_values: bool = True
    """INSERT … DEFAULT VALUES makes a row of nothing but defaults."""

    supports_lastrowid: bool = False
    """The driver's cursor tells the key that the server gave to one inserted row."""

    supports_upsert: bool = False
    """INSERT … ON CONFLICT or its like."""

    supports_ctes: bool = True
    """WITH before a SELECT."""

    supports_for_update: bool = True
    """SELECT … FOR UPDATE locks rows."""

    supports_skip_locked: bool = False
    """FOR UPDATE SKIP LOCKED."""

    supports_is_distinct_from: bool = True
    """IS DISTINCT FROM."""

    supports_tuple_in: bool = True
    """(a, b) IN ((1, 2), (3, 4))."""

    supports_array_parameters: bool = False
    """A list of values goes into one parameter: = ANY(array)."""

    max_parameters: int | None = None
    """Most parameters in one statement; None where there is no bound."""

    infers_parameter_types: bool = False
    """The driver tells nothing of the types of parameters: a cast does where it matters."""

    keeps_doubled_percent: bool = False
    """The driver leaves ``%%`` alone in a text without parameters, where others make it one."""

    division_truncates: bool = True
    """Dividing whole numbers gives a whole number."""

    limits_by_expression: bool = True
    """LIMIT and OFFSET take what is computed, and not numbers alone."""

    updates_what_it_reads: bool = True
    """UPDATE takes a subquery of the table that it changes."""

    # -- values

    checks_values: bool = True
    """Values that do not fit into their column are refused."""

    keeps_time_zones: bool = False
    """A moment with a time zone is that moment when it is read, with a zone."""

    compares_like_python: bool = False
    """Texts, numbers and times are equal where Python says so: no collation, no rounding."""

    computes_floats_like_python: bool = False
    """Fractions are kept, added and multiplied as doubles, whatever precision a column has."""

    sorts_text_like_python: bool = False
    """Texts are sorted by the numbers of their characters."""

    like_folds: Callable[[str], str] | None = None
    """What LIKE makes of texts before it compares them; None where a collation decides."""

    set_sees_new_values: bool = False
    """A value in SET sees what those before it in the statement have set."""

    supports_native_boolean: bool = False
    """There is a boolean type, with the words true and false."""

    supports_native_decimal: bool = False
    """The driver gives and takes decimal.Decimal."""

    supports_native_interval: bool = False
    """There is an interval type."""

    supports_native_uuid: bool = False
    """There is a UUID type, and the driver knows it."""

    supports_native_json: bool = False
    """The driver itself converts JSON."""

    native_enum_types: bool = False
    """There are enumerations as types."""

    backslash_escapes: bool = False
    """A backslash in a text literal makes something else of the next character."""

    binary_wrapper: Callable[[Any], Any] | None = None
    """What the driver wants around bytes, or None."""

    returns_bytes: bool = True
    """The driver gives bytes for binary columns."""

    json_index_format: Callable[[Any], Any] | None = None
    """How an index into JSON is sent, or None for as it is."""

    json_path_format: Callable[[Any], Any] | None = None
    """How a path into JSON is sent, or None for the standard's form."""

    # -- definitions

    checks_foreign_keys: bool = True
    """References to rows that are not there are refused."""

    supports_alter: bool = True
    """Constraints are added to and taken from tables that exist."""

    supports_sequences: bool = False
    """There are sequences."""

    supports_identity_columns: bool = False
    """GENERATED … AS IDENTITY."""

    named_checks_in_columns: bool = True
    """A CHECK in the definition of a column may have a name."""

    supports_comments: bool = False
    """Tables and columns have comments."""

    inline_comments: bool = False
    """Comments stand within CREATE TABLE."""

    supports_schemas: bool = True
    """Tables stand in schemas."""

    transactional_ddl: bool = True
    """CREATE and DROP are rolled back with the transaction."""

    max_identifier_length: int = 9999
    """Most characters in a name."""

    max_constraint_name_length: int | None = None
    """Most characters in the name of a constraint or index; None for those of any name."""

    # -- results and transactions

    supports_sane_rowcount: bool = True
    """The number of rows that an UPDATE matched is known."""

    supports_sane_multi_rowcount: bool = True
    """That number is known for executemany too."""

    error_ends_transaction: bool = False
    """After an error a transaction takes nothing but its rollback, or that of a savepoint."""

    supports_concurrent_writers: bool = True
    """Transactions that write go on side by side."""

    supports_savepoints: bool = True
    """Savepoints within a transaction."""

    supports_two_phase: bool = False
    """Two-phase commit."""

    is_read_only: bool = False
    """The server takes no changes: it is a replica."""

    supports_server_side_cursors: bool = False
    """Rows may stay on the server until they are fetched."""

    isolation_levels: tuple[str, ...] = (
        "SERIALIZABLE",
        "REPEATABLE READ",
        "READ COMMITTED",
        "READ UNCOMMITTED",
        "AUTOCOMMIT",
    )
    """The isolation levels that may be asked for."""
