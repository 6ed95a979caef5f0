"""PostgreSQL: ``postgresql://user:password@host/database``, over psycopg 3."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from ...types.standard import (
    BIGINT as BIGINT, BOOLEAN as BOOLEAN, CHAR as CHAR, DATE as DATE,
    DOUBLE_PRECISION as DOUBLE_PRECISION, FLOAT as FLOAT, INTEGER as INTEGER, NUMERIC as NUMERIC,
    REAL as REAL, SMALLINT as SMALLINT, TEXT as TEXT, UUID as UUID, VARCHAR as VARCHAR,
)
from .arrays import ARRAY as ARRAY, array as array
from .bits import BitString as BitString
from .dialect import PostgresqlDialect as PostgresqlDialect, dialect as dialect
from .dml import Insert as Insert, insert as insert
from .exclude import ExcludeConstraint as ExcludeConstraint
from .functions import (
    aggregate_order_by as aggregate_order_by, array_agg as array_agg, distinct_on as distinct_on,
    phraseto_tsquery as phraseto_tsquery, plainto_tsquery as plainto_tsquery,
    to_tsquery as to_tsquery, to_tsvector as to_tsvector, ts_headline as ts_headline,
    websearch_to_tsquery as websearch_to_tsquery,
)
from .hstore import HSTORE as HSTORE, hstore as hstore
from .json import JSON as JSON, JSONB as JSONB
from .named_types import (
    CreateDomainType as CreateDomainType, CreateEnumType as CreateEnumType, DOMAIN as DOMAIN,
    DropDomainType as DropDomainType, DropEnumType as DropEnumType, ENUM as ENUM,
    NamedType as NamedType,
)
from .quantifiers import All as All, Any as Any
from .range_values import MultiRange as MultiRange, Range as Range
from .ranges import (
    AbstractMultiRange as AbstractMultiRange, AbstractRange as AbstractRange,
    AbstractSingleRange as AbstractSingleRange, DATEMULTIRANGE as DATEMULTIRANGE,
    DATERANGE as DATERANGE, INT4MULTIRANGE as INT4MULTIRANGE, INT4RANGE as INT4RANGE,
    INT8MULTIRANGE as INT8MULTIRANGE, INT8RANGE as INT8RANGE, NUMMULTIRANGE as NUMMULTIRANGE,
    NUMRANGE as NUMRANGE, TSMULTIRANGE as TSMULTIRANGE, TSRANGE as TSRANGE,
    TSTZMULTIRANGE as TSTZMULTIRANGE, TSTZRANGE as TSTZRANGE,
)
from .types import (
    BIT as BIT, BYTEA as BYTEA, CIDR as CIDR, CITEXT as CITEXT, INET as INET, INTERVAL as INTERVAL,
    JSONPATH as JSONPATH, MACADDR as MACADDR, MACADDR8 as MACADDR8, MONEY as MONEY, OID as OID,
    REGCLASS as REGCLASS, REGCONFIG as REGCONFIG, TIME as TIME, TIMESTAMP as TIMESTAMP,
    TSQUERY as TSQUERY, TSVECTOR as TSVECTOR,
)
