"""dovetail keeps Python objects in relational databases: fast, complete, free of N+1."""

from .dialects.dialect import Dialect as Dialect
from .dialects.dialect import default_dialect as default_dialect
from .engine import (
    URL as URL,
)
from .engine import (
    Connection as Connection,
)
from .engine import (
    CursorResult as CursorResult,
)
from .engine import (
    Engine as Engine,
)
from .engine import (
    ExecutionContext as ExecutionContext,
)
from .engine import (
    FrozenResult as FrozenResult,
)
from .engine import (
    Inspector as Inspector,
)
from .engine import (
    IteratorResult as IteratorResult,
)
from .engine import (
    MappingResult as MappingResult,
)
from .engine import (
    NestedTransaction as NestedTransaction,
)
from .engine import (
    Result as Result,
)
from .engine import (
    RootTransaction as RootTransaction,
)
from .engine import (
    Row as Row,
)
from .engine import (
    RowMapping as RowMapping,
)
from .engine import (
    ScalarResult as ScalarResult,
)
from .engine import (
    Transaction as Transaction,
)
from .engine import (
    create_engine as create_engine,
)
from .engine import (
    engine_from_config as engine_from_config,
)
from .engine import (
    make_url as make_url,
)
from .inspection import inspect as inspect
from .schema import (
    BLANK_SCHEMA as BLANK_SCHEMA,
)
from .schema import (
    DDL as DDL,
)
from .schema import (
    CheckConstraint as CheckConstraint,
)
from .schema import (
    Column as Column,
)
from .schema import (
    ColumnDefault as ColumnDefault,
)
from .schema import (
    Computed as Computed,
)
from .schema import (
    Constraint as Constraint,
)
from .schema import (
    DDLElement as DDLElement,
)
from .schema import (
    DefaultClause as DefaultClause,
)
from .schema import (
    ExecutableDDLElement as ExecutableDDLElement,
)
from .schema import (
    FetchedValue as FetchedValue,
)
from .schema import (
    ForeignKey as ForeignKey,
)
from .schema import (
    ForeignKeyConstraint as ForeignKeyConstraint,
)
from .schema import (
    Identity as Identity,
)
from .schema import (
    Index as Index,
)
from .schema import (
    MetaData as MetaData,
)
from .schema import (
    PrimaryKeyConstraint as PrimaryKeyConstraint,
)
from .schema import (
    Sequence as Sequence,
)
from .schema import (
    Table as Table,
)
from .schema import (
    UniqueConstraint as UniqueConstraint,
)
from .sql.columns import (
    ColumnClause as ColumnClause,
)
from .sql.columns import (
    ColumnCollection as ColumnCollection,
)
from .sql.columns import (
    column as column,
)
from .sql.columns import (
    literal_column as literal_column,
)
from .sql.constructs import (
    Case as Case,
)
from .sql.constructs import (
    Cast as Cast,
)
from .sql.constructs import (
    Extract as Extract,
)
from .sql.constructs import (
    Over as Over,
)
from .sql.constructs import (
    Tuple as Tuple,
)
from .sql.constructs import (
    TypeCoerce as TypeCoerce,
)
from .sql.constructs import (
    all_ as all_,
)
from .sql.constructs import (
    any_ as any_,
)
from .sql.constructs import (
    case as case,
)
from .sql.constructs import (
    cast as cast,
)
from .sql.constructs import (
    collate as collate,
)
from .sql.constructs import (
    extract as extract,
)
from .sql.constructs import (
    funcfilter as funcfilter,
)
from .sql.constructs import (
    over as over,
)
from .sql.constructs import (
    try_cast as try_cast,
)
from .sql.constructs import (
    tuple_ as tuple_,
)
from .sql.constructs import (
    type_coerce as type_coerce,
)
from .sql.constructs import (
    within_group as within_group,
)
from .sql.dml import (
    Delete as Delete,
)
from .sql.dml import (
    Insert as Insert,
)
from .sql.dml import (
    Update as Update,
)
from .sql.dml import (
    delete as delete,
)
from .sql.dml import (
    insert as insert,
)
from .sql.dml import (
    update as update,
)
from .sql.element import (
    ColumnElement as ColumnElement,
)
from .sql.element import (
    ColumnOperators as ColumnOperators,
)
from .sql.element import (
    SQLCoreOperations as SQLCoreOperations,
)
from .sql.expressions import (
    BinaryExpression as BinaryExpression,
)
from .sql.expressions import (
    BindParameter as BindParameter,
)
from .sql.expressions import (
    BooleanClauseList as BooleanClauseList,
)
from .sql.expressions import (
    ClauseList as ClauseList,
)
from .sql.expressions import (
    False_ as False_,
)
from .sql.expressions import (
    Grouping as Grouping,
)
from .sql.expressions import (
    Label as Label,
)
from .sql.expressions import (
    Null as Null,
)
from .sql.expressions import (
    True_ as True_,
)
from .sql.expressions import (
    UnaryExpression as UnaryExpression,
)
from .sql.expressions import (
    and_ as and_,
)
from .sql.expressions import (
    bindparam as bindparam,
)
from .sql.expressions import (
    false as false,
)
from .sql.expressions import (
    literal as literal,
)
from .sql.expressions import (
    null as null,
)
from .sql.expressions import (
    or_ as or_,
)
from .sql.expressions import (
    true as true,
)
from .sql.from_clause import (
    CTE as CTE,
)
from .sql.from_clause import (
    Alias as Alias,
)
from .sql.from_clause import (
    FromClause as FromClause,
)
from .sql.from_clause import (
    Join as Join,
)
from .sql.from_clause import (
    Subquery as Subquery,
)
from .sql.from_clause import (
    alias as alias,
)
from .sql.from_clause import (
    join as join,
)
from .sql.from_clause import (
    outerjoin as outerjoin,
)
from .sql.from_clause import (
    tablesample as tablesample,
)
from .sql.from_clause import (
    values as values,
)
from .sql.functions import (
    Function as Function,
)
from .sql.functions import (
    FunctionElement as FunctionElement,
)
from .sql.functions import (
    GenericFunction as GenericFunction,
)
from .sql.functions import (
    func as func,
)
from .sql.functions import (
    modifier as modifier,
)
from .sql.names import quoted_name as quoted_name
from .sql.naming import (
    LABEL_STYLE_DEFAULT as LABEL_STYLE_DEFAULT,
)
from .sql.naming import (
    LABEL_STYLE_DISAMBIGUATE_ONLY as LABEL_STYLE_DISAMBIGUATE_ONLY,
)
from .sql.naming import (
    LABEL_STYLE_NONE as LABEL_STYLE_NONE,
)
from .sql.naming import (
    LABEL_STYLE_TABLENAME_PLUS_COL as LABEL_STYLE_TABLENAME_PLUS_COL,
)
from .sql.naming import (
    SelectLabelStyle as SelectLabelStyle,
)
from .sql.node import ClauseElement as ClauseElement
from .sql.node import Executable as Executable
from .sql.schema import TableClause as TableClause
from .sql.schema import table as table
from .sql.select import CompoundSelect as CompoundSelect
from .sql.select import Select as Select
from .sql.select_base import (
    Exists as Exists,
)
from .sql.select_base import (
    ScalarSelect as ScalarSelect,
)
from .sql.select_base import (
    SelectBase as SelectBase,
)
from .sql.select_base import (
    exists as exists,
)
from .sql.selecting import (
    asc as asc,
)
from .sql.selecting import (
    between as between,
)
from .sql.selecting import (
    cte as cte,
)
from .sql.selecting import (
    desc as desc,
)
from .sql.selecting import (
    distinct as distinct,
)
from .sql.selecting import (
    except_ as except_,
)
from .sql.selecting import (
    except_all as except_all,
)
from .sql.selecting import (
    intersect as intersect,
)
from .sql.selecting import (
    intersect_all as intersect_all,
)
from .sql.selecting import (
    label as label,
)
from .sql.selecting import (
    lateral as lateral,
)
from .sql.selecting import (
    not_ as not_,
)
from .sql.selecting import (
    nulls_first as nulls_first,
)
from .sql.selecting import (
    nulls_last as nulls_last,
)
from .sql.selecting import (
    select as select,
)
from .sql.selecting import (
    subquery as subquery,
)
from .sql.selecting import (
    union as union,
)
from .sql.selecting import (
    union_all as union_all,
)
from .sql.text import TextClause as TextClause
from .sql.text import TextualSelect as TextualSelect
from .sql.text import text as text
from .types import (
    ARRAY as ARRAY,
)
from .types import (
    BIGINT as BIGINT,
)
from .types import (
    BINARY as BINARY,
)
from .types import (
    BLOB as BLOB,
)
from .types import (
    BOOLEAN as BOOLEAN,
)
from .types import (
    CHAR as CHAR,
)
from .types import (
    CLOB as CLOB,
)
from .types import (
    DATE as DATE,
)
from .types import (
    DATETIME as DATETIME,
)
from .types import (
    DECIMAL as DECIMAL,
)
from .types import (
    DOUBLE as DOUBLE,
)
from .types import (
    DOUBLE_PRECISION as DOUBLE_PRECISION,
)
from .types import (
    FLOAT as FLOAT,
)
from .types import (
    INT as INT,
)
from .types import (
    INTEGER as INTEGER,
)
from .types import (
    JSON as JSON,
)
from .types import (
    NCHAR as NCHAR,
)
from .types import (
    NUMERIC as NUMERIC,
)
from .types import (
    NVARCHAR as NVARCHAR,
)
from .types import (
    REAL as REAL,
)
from .types import (
    SMALLINT as SMALLINT,
)
from .types import (
    TEXT as TEXT,
)
from .types import (
    TIME as TIME,
)
from .types import (
    TIMESTAMP as TIMESTAMP,
)
from .types import (
    UUID as UUID,
)
from .types import (
    VARBINARY as VARBINARY,
)
from .types import (
    VARCHAR as VARCHAR,
)
from .types import (
    BigInteger as BigInteger,
)
from .types import (
    Boolean as Boolean,
)
from .types import (
    Date as Date,
)
from .types import (
    DateTime as DateTime,
)
from .types import (
    Double as Double,
)
from .types import (
    Enum as Enum,
)
from .types import (
    Float as Float,
)
from .types import (
    Integer as Integer,
)
from .types import (
    Interval as Interval,
)
from .types import (
    LargeBinary as LargeBinary,
)
from .types import (
    Numeric as Numeric,
)
from .types import (
    PickleType as PickleType,
)
from .types import (
    SmallInteger as SmallInteger,
)
from .types import (
    String as String,
)
from .types import (
    Text as Text,
)
from .types import (
    Time as Time,
)
from .types import (
    TypeDecorator as TypeDecorator,
)
from .types import (
    Unicode as Unicode,
)
from .types import (
    UnicodeText as UnicodeText,
)
from .types import (
    Uuid as Uuid,
)

__version__ = "0.1.0"
