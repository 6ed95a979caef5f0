"""dovetail keeps Python objects in relational databases: fast, complete, free of N+1."""

from typing import TYPE_CHECKING

from .collector import collector
from .later import names_later

# Thousands of functions and classes come into being, and none of them goes.
with collector:
    from .dialects.dialect import Dialect as Dialect, default_dialect as default_dialect
    from .engine import (
        URL as URL,
        BaseRow as BaseRow,
        Connection as Connection,
        CursorResult as CursorResult,
        Engine as Engine,
        ExecutionContext as ExecutionContext,
        FrozenResult as FrozenResult,
        MappingResult as MappingResult,
        MergedResult as MergedResult,
        NestedTransaction as NestedTransaction,
        Result as Result,
        RootTransaction as RootTransaction,
        Row as Row,
        RowMapping as RowMapping,
        ScalarResult as ScalarResult,
        Transaction as Transaction,
        TwoPhaseTransaction as TwoPhaseTransaction,
        create_engine as create_engine,
        create_pool_from_url as create_pool_from_url,
        engine_from_config as engine_from_config,
        make_url as make_url,
    )
    from .inspecting import inspect as inspect
    from .pool import (
        AssertionPool as AssertionPool,
        AsyncAdaptedQueuePool as AsyncAdaptedQueuePool,
        NullPool as NullPool,
        Pool as Pool,
        PoolProxiedConnection as PoolProxiedConnection,
        PoolResetState as PoolResetState,
        QueuePool as QueuePool,
        SingletonThreadPool as SingletonThreadPool,
        StaticPool as StaticPool,
    )
    from .schema import (
        BLANK_SCHEMA as BLANK_SCHEMA,
        DDL as DDL,
        CheckConstraint as CheckConstraint,
        Column as Column,
        ColumnDefault as ColumnDefault,
        Computed as Computed,
        Constraint as Constraint,
        DDLElement as DDLElement,
        DefaultClause as DefaultClause,
        ExecutableDDLElement as ExecutableDDLElement,
        FetchedValue as FetchedValue,
        ForeignKey as ForeignKey,
        ForeignKeyConstraint as ForeignKeyConstraint,
        Identity as Identity,
        Index as Index,
        MetaData as MetaData,
        Named as Named,
        PrimaryKeyConstraint as PrimaryKeyConstraint,
        Sequence as Sequence,
        Table as Table,
        TypedColumns as TypedColumns,
        UniqueConstraint as UniqueConstraint,
        insert_sentinel as insert_sentinel,
    )
    from .sql.ddl import (
        BaseDDLElement as BaseDDLElement,
        CreateTable as CreateTable,
        DropTable as DropTable,
        DropView as DropView,
    )
    from .sql.expression.column_element import (
        ColumnElement as ColumnElement,
        ColumnExpressionArgument as ColumnExpressionArgument,
        ColumnOperators as ColumnOperators,
        Label as Label,
        SQLColumnExpression as SQLColumnExpression,
        SQLCoreOperations as SQLCoreOperations,
    )
    from .sql.expression.columns import (
        ColumnClause as ColumnClause,
        ColumnCollection as ColumnCollection,
        column as column,
        literal_column as literal_column,
    )
    from .sql.expression.constants import (
        False_ as False_,
        Null as Null,
        True_ as True_,
        false as false,
        null as null,
        true as true,
    )
    from .sql.expression.constructs import (
        Case as Case,
        Cast as Cast,
        CollectionAggregate as CollectionAggregate,
        Extract as Extract,
        FrameClause as FrameClause,
        FrameClauseType as FrameClauseType,
        FunctionFilter as FunctionFilter,
        OrderByList as OrderByList,
        Over as Over,
        TryCast as TryCast,
        Tuple as Tuple,
        TypeCoerce as TypeCoerce,
        WithinGroup as WithinGroup,
        all_ as all_,
        any_ as any_,
        case as case,
        cast as cast,
        collate as collate,
        extract as extract,
        funcfilter as funcfilter,
        over as over,
        try_cast as try_cast,
        tuple_ as tuple_,
        type_coerce as type_coerce,
        within_group as within_group,
    )
    from .sql.expression.derived import (
        CTE as CTE,
        Lateral as Lateral,
        Subquery as Subquery,
        TableValuedAlias as TableValuedAlias,
        Values as Values,
        values as values,
    )
    from .sql.expression.dml import (
        Delete as Delete,
        Insert as Insert,
        Update as Update,
        delete as delete,
        from_dml_column as from_dml_column,
        insert as insert,
        update as update,
    )
    from .sql.expression.dml_base import UpdateBase as UpdateBase, ValuesBase as ValuesBase
    from .sql.expression.elements import (
        BinaryExpression as BinaryExpression,
        BindParameter as BindParameter,
        BooleanClauseList as BooleanClauseList,
        ClauseList as ClauseList,
        Grouping as Grouping,
        UnaryExpression as UnaryExpression,
        and_ as and_,
        bindparam as bindparam,
        literal as literal,
        or_ as or_,
    )
    from .sql.expression.from_clause import (
        Alias as Alias,
        AliasedReturnsRows as AliasedReturnsRows,
        FromClause as FromClause,
        Join as Join,
        TableSample as TableSample,
        TableValuedColumn as TableValuedColumn,
        alias as alias,
        join as join,
        outerjoin as outerjoin,
        tablesample as tablesample,
    )
    from .sql.expression.functions import (
        AggregateOrderBy as AggregateOrderBy,
        Function as Function,
        FunctionElement as FunctionElement,
        GenericFunction as GenericFunction,
        aggregate_order_by as aggregate_order_by,
        func as func,
        modifier as modifier,
    )
    from .sql.expression.generative_select import GenerativeSelect as GenerativeSelect
    from .sql.expression.lambdas import (
        LambdaElement as LambdaElement,
        StatementLambdaElement as StatementLambdaElement,
        lambda_stmt as lambda_stmt,
    )
    from .sql.expression.naming import (
        LABEL_STYLE_DEFAULT as LABEL_STYLE_DEFAULT,
        LABEL_STYLE_DISAMBIGUATE_ONLY as LABEL_STYLE_DISAMBIGUATE_ONLY,
        LABEL_STYLE_NONE as LABEL_STYLE_NONE,
        LABEL_STYLE_TABLENAME_PLUS_COL as LABEL_STYLE_TABLENAME_PLUS_COL,
        SelectLabelStyle as SelectLabelStyle,
    )
    from .sql.expression.select import CompoundSelect as CompoundSelect, Select as Select
    from .sql.expression.select_base import (
        Exists as Exists,
        ScalarSelect as ScalarSelect,
        SelectBase as SelectBase,
        exists as exists,
    )
    from .sql.expression.selecting import (
        NotNullable as NotNullable,
        Nullable as Nullable,
        asc as asc,
        between as between,
        bitwise_not as bitwise_not,
        cte as cte,
        desc as desc,
        distinct as distinct,
        except_ as except_,
        except_all as except_all,
        intersect as intersect,
        intersect_all as intersect_all,
        label as label,
        lateral as lateral,
        not_ as not_,
        nulls_first as nulls_first,
        nulls_last as nulls_last,
        nullsfirst as nullsfirst,
        nullslast as nullslast,
        select as select,
        subquery as subquery,
        union as union,
        union_all as union_all,
    )
    from .sql.expression.table_clause import TableClause as TableClause, table as table
    from .sql.expression.text import (
        TextAsFrom as TextAsFrom,
        TextClause as TextClause,
        TextualSelect as TextualSelect,
        text as text,
    )
    from .sql.metadata import (
        CheckFirst as CheckFirst,
    )
    from .sql.node import ClauseElement as ClauseElement, Executable as Executable
    from .sql.operators import (
        custom_op as custom_op,
    )
    from .sql.views import (
        CreateTableAs as CreateTableAs,
        CreateView as CreateView,
    )
    from .types import (
        ARRAY as ARRAY,
        BIGINT as BIGINT,
        BINARY as BINARY,
        BLOB as BLOB,
        BOOLEAN as BOOLEAN,
        CHAR as CHAR,
        CLOB as CLOB,
        DATE as DATE,
        DATETIME as DATETIME,
        DECIMAL as DECIMAL,
        DOUBLE as DOUBLE,
        DOUBLE_PRECISION as DOUBLE_PRECISION,
        FLOAT as FLOAT,
        INT as INT,
        INTEGER as INTEGER,
        JSON as JSON,
        NCHAR as NCHAR,
        NUMERIC as NUMERIC,
        NVARCHAR as NVARCHAR,
        REAL as REAL,
        SMALLINT as SMALLINT,
        TEXT as TEXT,
        TIME as TIME,
        TIMESTAMP as TIMESTAMP,
        UUID as UUID,
        VARBINARY as VARBINARY,
        VARCHAR as VARCHAR,
        BigInteger as BigInteger,
        Boolean as Boolean,
        Date as Date,
        DateTime as DateTime,
        Double as Double,
        Enum as Enum,
        Float as Float,
        Integer as Integer,
        Interval as Interval,
        LargeBinary as LargeBinary,
        Numeric as Numeric,
        PickleType as PickleType,
        SmallInteger as SmallInteger,
        String as String,
        Text as Text,
        Time as Time,
        TypeDecorator as TypeDecorator,
        Unicode as Unicode,
        UnicodeText as UnicodeText,
        Uuid as Uuid,
    )
    from .types.quoted import quoted_name as quoted_name
    from .types.structured import (
        TupleType as TupleType,
    )

if TYPE_CHECKING:
    from . import future as future, util as util
    from .engine.inspector import Inspector as Inspector
    from .engine.interfaces import (
        AdaptedConnection as AdaptedConnection,
        BindTyping as BindTyping,
        Compiled as Compiled,
        CreateEnginePlugin as CreateEnginePlugin,
        ExceptionContext as ExceptionContext,
        TypeCompiler as TypeCompiler,
    )
    from .engine.made_results import (
        ChunkedIteratorResult as ChunkedIteratorResult,
        IteratorResult as IteratorResult,
        result_tuple as result_tuple,
    )
    from .engine.mock import create_mock_engine as create_mock_engine

__getattr__, __dir__ = names_later(
    __name__,
    {
        "dovetail.engine.inspector": ("Inspector",),
        "dovetail.engine.interfaces": (
            "AdaptedConnection",
            "BindTyping",
            "Compiled",
            "CreateEnginePlugin",
            "ExceptionContext",
            "TypeCompiler",
        ),
        "dovetail.engine.made_results": (
            "ChunkedIteratorResult",
            "IteratorResult",
            "result_tuple",
        ),
        "dovetail.engine.mock": ("create_mock_engine",),
        "dovetail": ("future", "util"),
    },
)

__version__ = "0.1.0"
