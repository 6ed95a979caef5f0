"""Tables and functions of PostgreSQL's own catalogue, for statements that ask it.

The columns are those of PostgreSQL 15 that a program can read: access lists are left out.
"""

from __future__ import annotations

from typing import Any

from ...sql.expression.functions import func
from ...sql.metadata import MetaData
from ...sql.schema import Table
from ...sql.table_column import Column
from ...types.basic import BigInteger, Boolean, Float, Integer, SmallInteger, String, Text
from ...types.contract import Processor, TypeDialect, TypeEngine
from ...types.standard import CHAR
from .arrays import ARRAY
from .types import OID, REGCLASS


class SpaceVector(Text):
    """Numbers with spaces between, read as a list."""

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        return _numbers


def _numbers(value: str) -> list[int]:
    return [int(number) for number in value.split()]


_TYPES: dict[str, TypeEngine[Any]] = {
    "bool": Boolean(),
    "char": CHAR(),
    "float4": Float(),
    "int2": SmallInteger(),
    "int2[]": ARRAY(SmallInteger),
    "int2vector": SpaceVector(),
    "int4": Integer(),
    "int8": BigInteger(),
    "name": String(64, collation="C"),
    "oid": OID(),
    "oidvector": SpaceVector(),
    "regproc": REGCLASS(),
    "text": Text(),
    "text[]": ARRAY(Text),
}
pg_catalog_meta = MetaData(schema="pg_catalog")


def _table(name: str, columns: str) -> Table:
    """Return the table *name*; *columns* has names and types, with a colon between."""
    pairs = (column.split(":") for column in columns.split())
    return Table(name, pg_catalog_meta, *(Column(key, _TYPES[kind]) for key, kind in pairs))


pg_am = _table(
    "pg_am",
    """
    oid:oid amname:name amhandler:regproc amtype:char
    """,
)
pg_attrdef = _table(
    "pg_attrdef",
    """
    oid:oid adrelid:oid adnum:int2 adbin:text
    """,
)
pg_attribute = _table(
    "pg_attribute",
    """
    attrelid:oid attname:name atttypid:oid attstattarget:int4 attlen:int2 attnum:int2
    attndims:int4 attcacheoff:int4 atttypmod:int4 attbyval:bool attalign:char attstorage:char
    attcompression:char attnotnull:bool atthasdef:bool atthasmissing:bool attidentity:char
    attgenerated:char attisdropped:bool attislocal:bool attinhcount:int4 attcollation:oid
    attoptions:text[] attfdwoptions:text[]
    """,
)
pg_class = _table(
    "pg_class",
    """
    oid:oid relname:name relnamespace:oid reltype:oid reloftype:oid relowner:oid relam:oid
    relfilenode:oid reltablespace:oid relpages:int4 reltuples:float4 relallvisible:int4
    reltoastrelid:oid relhasindex:bool relisshared:bool relpersistence:char relkind:char
    relnatts:int2 relchecks:int2 relhasrules:bool relhastriggers:bool relhassubclass:bool
    relrowsecurity:bool relforcerowsecurity:bool relispopulated:bool relreplident:char
    relispartition:bool relrewrite:oid reloptions:text[] relpartbound:text
    """,
)
pg_collation = _table(
    "pg_collation",
    """
    oid:oid collname:name collnamespace:oid collowner:oid collprovider:char
    collisdeterministic:bool collencoding:int4 collcollate:text collctype:text
    colliculocale:text collversion:text
    """,
)
pg_constraint = _table(
    "pg_constraint",
    """
    oid:oid conname:name connamespace:oid contype:char condeferrable:bool condeferred:bool
    convalidated:bool conrelid:oid contypid:oid conindid:oid conparentid:oid confrelid:oid
    confupdtype:char confdeltype:char confmatchtype:char conislocal:bool coninhcount:int4
    connoinherit:bool conkey:int2[] confkey:int2[] confdelsetcols:int2[] conbin:text
    """,
)
pg_description = _table(
    "pg_description",
    """
    objoid:oid classoid:oid objsubid:int4 description:text
    """,
)
pg_enum = _table(
    "pg_enum",
    """
    oid:oid enumtypid:oid enumsortorder:float4 enumlabel:name
    """,
)
pg_index = _table(
    "pg_index",
    """
    indexrelid:oid indrelid:oid indnatts:int2 indnkeyatts:int2 indisunique:bool
    indnullsnotdistinct:bool indisprimary:bool indisexclusion:bool indimmediate:bool
    indisclustered:bool indisvalid:bool indcheckxmin:bool indisready:bool indislive:bool
    indisreplident:bool indkey:int2vector indcollation:oidvector indclass:oidvector
    indoption:int2vector indexprs:text indpred:text
    """,
)
pg_namespace = _table(
    "pg_namespace",
    """
    oid:oid nspname:name nspowner:oid
    """,
)
pg_opclass = _table(
    "pg_opclass",
    """
    oid:oid opcmethod:oid opcname:name opcnamespace:oid opcowner:oid opcfamily:oid
    opcintype:oid opcdefault:bool opckeytype:oid
    """,
)
pg_sequence = _table(
    "pg_sequence",
    """
    seqrelid:oid seqtypid:oid seqstart:int8 seqincrement:int8 seqmax:int8 seqmin:int8
    seqcache:int8 seqcycle:bool
    """,
)
pg_type = _table(
    "pg_type",
    """
    oid:oid typname:name typnamespace:oid typowner:oid typlen:int2 typbyval:bool typtype:char
    typcategory:char typispreferred:bool typisdefined:bool typdelim:char typrelid:oid
    typsubscript:regproc typelem:oid typarray:oid typinput:regproc typoutput:regproc
    typreceive:regproc typsend:regproc typmodin:regproc typmodout:regproc typanalyze:regproc
    typalign:char typstorage:char typnotnull:bool typbasetype:oid typtypmod:int4 typndims:int4
    typcollation:oid typdefaultbin:text typdefault:text
    """,
)

RELKINDS_TABLE_NO_FOREIGN = ("r", "p")
RELKINDS_TABLE = (*RELKINDS_TABLE_NO_FOREIGN, "f")
RELKINDS_VIEW = ("v",)
RELKINDS_MAT_VIEW = ("m",)
RELKINDS_ALL_TABLE_LIKE = (*RELKINDS_TABLE, *RELKINDS_VIEW, *RELKINDS_MAT_VIEW)
"""What ``pg_class.relkind`` says of tables, views, and all that has columns."""

format_type = func.pg_catalog.format_type
pg_get_constraintdef = func.pg_catalog.pg_get_constraintdef
pg_get_expr = func.pg_catalog.pg_get_expr
pg_get_indexdef = func.pg_catalog.pg_get_indexdef
pg_get_serial_sequence = func.pg_catalog.pg_get_serial_sequence
pg_get_viewdef = func.pg_catalog.pg_get_viewdef
pg_table_is_visible = func.pg_catalog.pg_table_is_visible
pg_type_is_visible = func.pg_catalog.pg_type_is_visible
quote_ident = func.pg_catalog.quote_ident
