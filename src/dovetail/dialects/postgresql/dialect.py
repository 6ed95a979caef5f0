"""The dialect of PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ...compiler.identifiers import IdentifierPreparer, reserved_words
from ...types import structured
from ...types.basic import Float, String
from ...types.contract import TypeEngine
from ...types.decorator import TypeDecorator
from ...types.structured import Enum, Uuid
from ..dialect import Dialect
from ..features import Features
from ..set_based import is_usual
from .arrays import ARRAY
from .compiler import PostgresqlCompiler
from .ddl import PostgresqlDDLCompiler
from .json import JSON
from .named_types import DOMAIN, as_named_type, has_type, with_schema
from .set_based import set_based
from .text import array_text
from .type_compiler import PostgresqlTypeCompiler
from .type_names import ISCHEMA_NAMES
from .types import PLAIN_COLSPECS, TIME, TIMESTAMP, PgText, PgUuid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ...compiler.slots import Slot
    from ...sql.metadata import MetaData
    from ...sql.schema import Table
    from ..asking import AskedConnection
    from ..set_based import Placed, SetBased

POSTGRESQL_RESERVED = reserved_words(
    """
    all analyse analyze and any array as asc asymmetric authorization between binary both case
    cast check collate column concurrently constraint create cross current_catalog current_date
    current_role current_schema current_time current_timestamp current_user default deferrable
    desc distinct do else end except false fetch for foreign freeze from full grant group having
    ilike in initially inner intersect into is isnull join lateral leading left like limit
    localtime localtimestamp natural new not notnull null of off offset old on only or order
    outer over overlaps placing primary references returning right select session_user similar
    some symmetric table tablesample then to trailing true union unique user using variadic
    verbose when where window with
    """
)

_CAST_AFFINITIES = frozenset(
    ("integer", "date", "datetime", "time", "json", "range", "json_index", "uuid")
)
_CAST_NAMES = frozenset(("REGCONFIG",))
_INFERRED_NAMES = frozenset(("INET", "CIDR", "OID"))
_INFERRED_CASTS = {
    "boolean": "::BOOLEAN",
    "binary": "::BYTEA",
    "pickle": "::BYTEA",
    "json_path": "::TEXT::TEXT[]",
}
"""The casts of types, by affinity, where the driver tells the server nothing of them."""
_NEVER_CAST = frozenset(("OID", "CITEXT", "DOMAIN", "enum", "ENUM"))


class PostgresqlDialect(Dialect):
    """PostgreSQL 12 and later."""

    name: str = "postgresql"
    replication = "lsn"
    explaining = "dovetail.dialects.postgresql.explain:explaining"
    driver = "psycopg"
    default_paramstyle: ClassVar[str] = "pyformat"
    statement_compiler = PostgresqlCompiler
    ddl_compiler = PostgresqlDDLCompiler
    type_compiler_class = PostgresqlTypeCompiler
    identifier_preparer = IdentifierPreparer(POSTGRESQL_RESERVED)
    colspecs: Mapping[type[TypeEngine[Any]], type[TypeEngine[Any]]] = {
        **PLAIN_COLSPECS,
        String: PgText,
        Enum: Enum,
        structured.ARRAY: ARRAY,
        structured.JSON: JSON,
        Uuid: PgUuid,
    }
    ischema_names = ISCHEMA_NAMES
    default_schema_name = "public"
    default_features = Features(
        supports_returning=True,
        supports_insert_returning=True,
        supports_update_returning=True,
        supports_delete_returning=True,
        returning_is_ordered=True,
        supports_multi_values=True,
        prefers_multi_values=True,
        supports_upsert=True,
        supports_skip_locked=True,
        supports_array_parameters=True,
        max_parameters=65535,
        compares_like_python=True,
        like_folds=str,
        keeps_time_zones=True,
        supports_native_boolean=True,
        supports_native_decimal=True,
        supports_native_interval=True,
        supports_native_uuid=True,
        supports_native_json=True,
        native_enum_types=True,
        json_path_format=array_text,
        supports_sequences=True,
        supports_identity_columns=True,
        supports_comments=True,
        max_identifier_length=63,
        error_ends_transaction=True,
        supports_server_side_cursors=True,
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._casts: dict[Any, str] = {}

    @property
    def has_subscripts(self) -> bool:
        """Whether JSONB takes an index in brackets: from version 14 on."""
        return self.server_version_info is None or self.server_version_info >= (14,)

    def bind_cast(self, type_: TypeEngine[Any]) -> str:
        """Return the cast that stands after a parameter of *type_*: ``::INTEGER``, or nothing.

        With it the server knows the type of a parameter where nothing else tells, as in
        ``SELECT $1``, and one that is NULL.
        """
        found = self._casts.get(type_.structure_key)
        if found is None:
            found = self._casts[type_.structure_key] = self._bind_cast(type_)
        return found

    def _bind_cast(self, type_: TypeEngine[Any]) -> str:
        while isinstance(type_, TypeDecorator):
            type_ = type_.load_dialect_impl(self)
        variant = type_._variants.get(self.name)
        if variant is not None:
            return self._bind_cast(variant)
        if self.features.infers_parameter_types:
            if isinstance(type_, DOMAIN):
                return self._bind_cast(type_.data_type)
            if type_.__visit_name__ in _INFERRED_NAMES:
                return f"::{type_.__visit_name__}"
        if type_.__visit_name__ in _NEVER_CAST:
            return ""
        if isinstance(type_, structured.ARRAY):
            return self._array_cast(type_)
        if self.features.infers_parameter_types:
            inferred = self._inferred_cast(type_)
            if inferred is not None:
                return inferred
        if type_.affinity == "string":
            return "::VARCHAR"
        stored = type_.dialect_impl(self)
        if isinstance(stored, Uuid) and not stored.is_native(self):
            return "::VARCHAR"
        if isinstance(type_, TIMESTAMP | TIME):
            # A value that is compared must not be rounded.
            plain = TIMESTAMP if isinstance(type_, TIMESTAMP) else TIME
            type_ = plain(timezone=type_.timezone)
        if type_.affinity in _CAST_AFFINITIES or type_.__visit_name__ in _CAST_NAMES:
            return f"::{self.type_compiler.write(type_)}"
        return ""

    def _inferred_cast(self, type_: TypeEngine[Any]) -> str | None:
        """Return the cast of a parameter whose type the driver does not tell; None for usual."""
        if type_.affinity == "range":
            # It goes as text, which the server reads.
            return f"::TEXT::{self.type_compiler.write(type_)}"
        if type_.affinity == "numeric":
            return "::FLOAT" if isinstance(type_, Float) else "::NUMERIC"
        if type_.affinity == "interval":
            stored: Any = type_.dialect_impl(self)
            return "::INTERVAL" if stored.is_native(self) else "::TIMESTAMP"
        return _INFERRED_CASTS.get(type_.affinity)

    def _array_cast(self, type_: structured.ARRAY[Any]) -> str:
        """Return the cast of an array, whose items keep their lengths: a cast would cut them."""
        item = type_.item_type
        inner = self._bind_cast(item)
        if inner.startswith("::TEXT::"):
            brackets = "[]" * (type_.dimensions or 1)
            return f"::TEXT{brackets}{inner.removeprefix('::TEXT')}{brackets}"
        if not inner:
            is_number = item.affinity == "numeric" and item.__visit_name__ in ("numeric", "NUMERIC")
            inner = "::NUMERIC" if is_number else f"::{self.type_compiler.write(item)}"
        return inner + "[]" * (type_.dimensions or 1)

    def packed_list(self, slot: Slot, mark: str) -> str | None:
        """Return the rows of an array, for a list of plain values."""
        if slot.width or isinstance(slot.type, structured.ARRAY):
            return None
        return f"SELECT unnest({mark}{self._array_cast(structured.ARRAY(slot.type))})"

    def set_based(
        self, table: Table, keys: Sequence[Placed], values: Sequence[Placed] | None
    ) -> SetBased | None:
        """Return what makes one statement of many rows of *table*: see ``set_based.py``."""
        return set_based(self, self._column_cast, table, keys, values)

    def _column_cast(self, type_: TypeEngine[Any]) -> str | None:
        """Return the cast of an array of a column of *type_*; None where it needs another way."""
        core = self._core_type(type_)
        if not is_usual(type_) or not is_usual(core):
            return None
        if isinstance(core, Enum):
            return None if core.native_enum else "::VARCHAR[]"
        if core.__visit_name__ in _NEVER_CAST:
            return None
        return self._array_cast(structured.ARRAY(type_))

    def item_cast(self, slot: Slot, name: str) -> str:
        """Return the cast of one item of a list, or of one part of a tuple in it."""
        if slot.width:
            parts: Any = slot.type
            return self.bind_cast(parts.types[int(name.rpartition("_")[2]) - 1])
        return self.bind_cast(slot.type)

    def has_type(
        self,
        connection: AskedConnection,
        type_name: str,
        schema: str | None = None,
        info_cache: dict[Any, Any] | None = None,
    ) -> bool:
        """Tell whether there is a type *type_name*, an enumeration or a domain say."""
        if info_cache is None:
            return has_type(connection, type_name, schema)
        key = ("has_type", type_name, schema)
        if key not in info_cache:
            info_cache[key] = has_type(connection, type_name, schema)
        found: bool = info_cache[key]
        return found

    def named_types(self, tables: Iterable[Any], metadata: MetaData | None = None) -> list[Any]:
        """Return the enumerations and domains of *tables* and of *metadata*, each once."""
        found: dict[Any, Any] = {}
        for type_ in getattr(metadata, "types", ()):
            named = as_named_type(type_)
            if named is not None and named.create_type:
                named = with_schema(named, None)
                found.setdefault((named.schema, named.name), named)
        for table in tables:
            for column in table.c:
                named = as_named_type(self._core_type(column.type))
                if named is not None and named.create_type and named.name is not None:
                    if named.schema is None:
                        named = with_schema(named, table)
                    found.setdefault((named.schema, named.name), named)
        return list(found.values())

    def named_type(self, type_: TypeEngine[Any]) -> Any:
        return as_named_type(self._core_type(type_))

    def _core_type(self, type_: TypeEngine[Any]) -> TypeEngine[Any]:
        """Return what *type_* is made of, without decorators and brackets."""
        while True:
            variant = type_._variants.get(self.name)
            if variant is not None:
                type_ = variant
            elif isinstance(type_, TypeDecorator):
                type_ = type_.load_dialect_impl(self)
            elif isinstance(type_, structured.ARRAY):
                type_ = type_.item_type
            else:
                return type_


dialect = PostgresqlDialect
