"""SQL as values: statements, expressions and schemas, with no I/O and no dialect."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from typing import TYPE_CHECKING

from ..later import names_later
from ..types.quoted import quoted_name as quoted_name
from . import expression as expression, operators as operators
from .ddl import (
    BaseDDLElement as BaseDDLElement, DDL as DDL, DDLElement as DDLElement,
    ExecutableDDLElement as ExecutableDDLElement,
)
from .expression.coercion import node_of as node_of
from .expression.column_element import (
    ColumnElement as ColumnElement, Label as Label, SQLCoreOperations as SQLCoreOperations,
)
from .expression.columns import (
    ColumnClause as ColumnClause, ColumnCollection as ColumnCollection, column as column,
    literal_column as literal_column,
)
from .expression.constants import (
    False_ as False_, True_ as True_, false as false, null as null, true as true,
)
from .expression.constructs import (
    Case as Case, Cast as Cast, CollectionAggregate as CollectionAggregate, Extract as Extract,
    FrameClause as FrameClause, FrameClauseType as FrameClauseType,
    FunctionFilter as FunctionFilter, OrderByList as OrderByList, Over as Over, TryCast as TryCast,
    Tuple as Tuple, TypeCoerce as TypeCoerce, WithinGroup as WithinGroup, all_ as all_,
    any_ as any_, case as case, cast as cast, collate as collate, extract as extract,
    funcfilter as funcfilter, over as over, try_cast as try_cast, tuple_ as tuple_,
    type_coerce as type_coerce, within_group as within_group,
)
from .expression.derived import (
    CTE as CTE, Lateral as Lateral, Subquery as Subquery, TableValuedAlias as TableValuedAlias,
    Values as Values, values as values,
)
from .expression.dml import (
    Delete as Delete, Insert as Insert, Update as Update, delete as delete,
    from_dml_column as from_dml_column, insert as insert, update as update,
)
from .expression.dml_base import UpdateBase as UpdateBase, ValuesBase as ValuesBase
from .expression.elements import (
    BinaryExpression as BinaryExpression, BindParameter as BindParameter,
    BooleanClauseList as BooleanClauseList, UnaryExpression as UnaryExpression, and_ as and_,
    bindparam as bindparam, literal as literal, or_ as or_,
)
from .expression.extension import SyntaxExtension as SyntaxExtension
from .expression.from_clause import (
    Alias as Alias, AliasedReturnsRows as AliasedReturnsRows, FromClause as FromClause,
    Join as Join, TableSample as TableSample, TableValuedColumn as TableValuedColumn,
    alias as alias, join as join, outerjoin as outerjoin, tablesample as tablesample,
)
from .expression.functions import (
    AggregateOrderBy as AggregateOrderBy, Function as Function, FunctionElement as FunctionElement,
    GenericFunction as GenericFunction, aggregate_order_by as aggregate_order_by, func as func,
    modifier as modifier,
)
from .expression.generative_select import GenerativeSelect as GenerativeSelect
from .expression.lambdas import (
    LambdaElement as LambdaElement, StatementLambdaElement as StatementLambdaElement,
    lambda_stmt as lambda_stmt,
)
from .expression.naming import (
    LABEL_STYLE_DEFAULT as LABEL_STYLE_DEFAULT,
    LABEL_STYLE_DISAMBIGUATE_ONLY as LABEL_STYLE_DISAMBIGUATE_ONLY,
    LABEL_STYLE_NONE as LABEL_STYLE_NONE,
    LABEL_STYLE_TABLENAME_PLUS_COL as LABEL_STYLE_TABLENAME_PLUS_COL,
    SelectLabelStyle as SelectLabelStyle,
)
from .expression.select import CompoundSelect as CompoundSelect, Select as Select
from .expression.select_base import (
    Exists as Exists, ScalarSelect as ScalarSelect, SelectBase as SelectBase, exists as exists,
)
from .expression.selecting import (
    NotNullable as NotNullable, Nullable as Nullable, asc as asc, between as between,
    bitwise_not as bitwise_not, cte as cte, desc as desc, distinct as distinct, except_ as except_,
    except_all as except_all, intersect as intersect, intersect_all as intersect_all,
    label as label, lateral as lateral, not_ as not_, nulls_first as nulls_first,
    nulls_last as nulls_last, nullsfirst as nullsfirst, nullslast as nullslast, select as select,
    subquery as subquery, union as union, union_all as union_all,
)
from .expression.table_clause import TableClause as TableClause, table as table
from .expression.text import (
    TextAsFrom as TextAsFrom, TextClause as TextClause, TextualSelect as TextualSelect,
    text as text,
)
from .metadata import CheckFirst as CheckFirst, MetaData as MetaData
from .node import (
    ClauseElement as ClauseElement, Executable as Executable, Node as Node, Walk as Walk,
)
from .operators import custom_op as custom_op
from .schema import Column as Column, Table as Table
from .traversal import ClauseVisitor as ClauseVisitor

if TYPE_CHECKING:
    from . import (
        dml as dml, elements as elements, functions as functions, lambdas as lambdas,
        selectable as selectable, visitors as visitors,
    )

__getattr__, __dir__ = names_later(__name__, {
    "dovetail.sql": (
        "dml", "elements", "functions", "lambdas", "selectable", "visitors",
    ),
})
