"""The parts of expressions by their familiar path."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from ..types.quoted import quoted_name as quoted_name
from .expression.column_element import (
    ColumnElement as ColumnElement, Label as Label, SQLColumnExpression as SQLColumnExpression,
    SQLCoreOperations as SQLCoreOperations,
)
from .expression.columns import (
    ColumnClause as ColumnClause, NamedColumn as NamedColumn, column as column,
    literal_column as literal_column,
)
from .expression.constants import (
    False_ as False_, Null as Null, True_ as True_, false as false, null as null, true as true,
)
from .expression.constructs import (
    Case as Case, Cast as Cast, CollationClause as CollationClause,
    CollectionAggregate as CollectionAggregate, Extract as Extract, FrameClause as FrameClause,
    FrameClauseType as FrameClauseType, FunctionFilter as FunctionFilter,
    OrderByList as OrderByList, Over as Over, TryCast as TryCast, Tuple as Tuple,
    TypeCoerce as TypeCoerce, WithinGroup as WithinGroup, all_ as all_, any_ as any_, case as case,
    cast as cast, collate as collate, extract as extract, funcfilter as funcfilter, over as over,
    try_cast as try_cast, tuple_ as tuple_, type_coerce as type_coerce,
    within_group as within_group,
)
from .expression.dml import DMLTargetCopy as DMLTargetCopy, from_dml_column as from_dml_column
from .expression.elements import (
    BinaryExpression as BinaryExpression, BindParameter as BindParameter,
    BooleanClauseList as BooleanClauseList, ClauseList as ClauseList,
    ExpressionClauseList as ExpressionClauseList, Grouping as Grouping,
    UnaryExpression as UnaryExpression, and_ as and_, bindparam as bindparam, literal as literal,
    or_ as or_,
)
from .expression.from_clause import TableValuedColumn as TableValuedColumn
from .expression.functions import (
    AggregateOrderBy as AggregateOrderBy, aggregate_order_by as aggregate_order_by,
)
from .expression.indexing import Slice as Slice
from .expression.selecting import (
    asc as asc, between as between, bitwise_not as bitwise_not, desc as desc, distinct as distinct,
    label as label, not_ as not_, nulls_first as nulls_first, nulls_last as nulls_last,
)
from .expression.text import TextClause as TextClause, text as text
from .node import ClauseElement as ClauseElement
