"""The SQL expression language by its familiar path."""

from .columns import (
    ColumnClause as ColumnClause,
)
from .columns import (
    ColumnCollection as ColumnCollection,
)
from .columns import (
    column as column,
)
from .columns import (
    literal_column as literal_column,
)
from .constructs import (
    Case as Case,
)
from .constructs import (
    Cast as Cast,
)
from .constructs import (
    Extract as Extract,
)
from .constructs import (
    Over as Over,
)
from .constructs import (
    Tuple as Tuple,
)
from .constructs import (
    TypeCoerce as TypeCoerce,
)
from .constructs import (
    all_ as all_,
)
from .constructs import (
    any_ as any_,
)
from .constructs import (
    case as case,
)
from .constructs import (
    cast as cast,
)
from .constructs import (
    collate as collate,
)
from .constructs import (
    extract as extract,
)
from .constructs import (
    funcfilter as funcfilter,
)
from .constructs import (
    over as over,
)
from .constructs import (
    try_cast as try_cast,
)
from .constructs import (
    tuple_ as tuple_,
)
from .constructs import (
    type_coerce as type_coerce,
)
from .constructs import (
    within_group as within_group,
)
from .dml import (
    Delete as Delete,
)
from .dml import (
    Insert as Insert,
)
from .dml import (
    Update as Update,
)
from .dml import (
    delete as delete,
)
from .dml import (
    insert as insert,
)
from .dml import (
    update as update,
)
from .element import (
    ColumnElement as ColumnElement,
)
from .element import (
    ColumnOperators as ColumnOperators,
)
from .element import (
    SQLCoreOperations as SQLCoreOperations,
)
from .expressions import (
    BinaryExpression as BinaryExpression,
)
from .expressions import (
    BindParameter as BindParameter,
)
from .expressions import (
    BooleanClauseList as BooleanClauseList,
)
from .expressions import (
    ClauseList as ClauseList,
)
from .expressions import (
    False_ as False_,
)
from .expressions import (
    Grouping as Grouping,
)
from .expressions import (
    Label as Label,
)
from .expressions import (
    Null as Null,
)
from .expressions import (
    True_ as True_,
)
from .expressions import (
    UnaryExpression as UnaryExpression,
)
from .expressions import (
    and_ as and_,
)
from .expressions import (
    bindparam as bindparam,
)
from .expressions import (
    false as false,
)
from .expressions import (
    literal as literal,
)
from .expressions import (
    null as null,
)
from .expressions import (
    or_ as or_,
)
from .expressions import (
    true as true,
)
from .from_clause import (
    CTE as CTE,
)
from .from_clause import (
    Alias as Alias,
)
from .from_clause import (
    FromClause as FromClause,
)
from .from_clause import (
    Join as Join,
)
from .from_clause import (
    Subquery as Subquery,
)
from .from_clause import (
    alias as alias,
)
from .from_clause import (
    join as join,
)
from .from_clause import (
    outerjoin as outerjoin,
)
from .from_clause import (
    tablesample as tablesample,
)
from .from_clause import (
    values as values,
)
from .functions import (
    Function as Function,
)
from .functions import (
    FunctionElement as FunctionElement,
)
from .functions import (
    GenericFunction as GenericFunction,
)
from .functions import (
    func as func,
)
from .functions import (
    modifier as modifier,
)
from .names import quoted_name as quoted_name
from .naming import (
    LABEL_STYLE_DEFAULT as LABEL_STYLE_DEFAULT,
)
from .naming import (
    LABEL_STYLE_DISAMBIGUATE_ONLY as LABEL_STYLE_DISAMBIGUATE_ONLY,
)
from .naming import (
    LABEL_STYLE_NONE as LABEL_STYLE_NONE,
)
from .naming import (
    LABEL_STYLE_TABLENAME_PLUS_COL as LABEL_STYLE_TABLENAME_PLUS_COL,
)
from .naming import (
    SelectLabelStyle as SelectLabelStyle,
)
from .node import ClauseElement as ClauseElement
from .node import Executable as Executable
from .schema import TableClause as TableClause
from .schema import table as table
from .select import CompoundSelect as CompoundSelect
from .select import Select as Select
from .select_base import (
    Exists as Exists,
)
from .select_base import (
    ScalarSelect as ScalarSelect,
)
from .select_base import (
    SelectBase as SelectBase,
)
from .select_base import (
    exists as exists,
)
from .selecting import (
    asc as asc,
)
from .selecting import (
    between as between,
)
from .selecting import (
    cte as cte,
)
from .selecting import (
    desc as desc,
)
from .selecting import (
    distinct as distinct,
)
from .selecting import (
    except_ as except_,
)
from .selecting import (
    except_all as except_all,
)
from .selecting import (
    intersect as intersect,
)
from .selecting import (
    intersect_all as intersect_all,
)
from .selecting import (
    label as label,
)
from .selecting import (
    lateral as lateral,
)
from .selecting import (
    not_ as not_,
)
from .selecting import (
    nulls_first as nulls_first,
)
from .selecting import (
    nulls_last as nulls_last,
)
from .selecting import (
    select as select,
)
from .selecting import (
    subquery as subquery,
)
from .selecting import (
    union as union,
)
from .selecting import (
    union_all as union_all,
)
from .text import TextClause as TextClause
from .text import TextualSelect as TextualSelect
from .text import text as text
