"""What is selected, and selected from, by its familiar path."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .expression.derived import (
    CTE as CTE, Lateral as Lateral, ScalarValues as ScalarValues, Subquery as Subquery,
    TableValuedAlias as TableValuedAlias, Values as Values, values as values,
)
from .expression.from_clause import (
    Alias as Alias, AliasedReturnsRows as AliasedReturnsRows, FromClause as FromClause,
    Join as Join, TableSample as TableSample, alias as alias, join as join, outerjoin as outerjoin,
    tablesample as tablesample,
)
from .expression.generative_select import (
    ForUpdateArg as ForUpdateArg, GenerativeSelect as GenerativeSelect,
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
    cte as cte, except_ as except_, except_all as except_all, intersect as intersect,
    intersect_all as intersect_all, lateral as lateral, select as select, union as union,
    union_all as union_all,
)
from .expression.table_clause import TableClause as TableClause, table as table
from .expression.text import TextAsFrom as TextAsFrom, TextualSelect as TextualSelect
from .node import ReturnsRows as ReturnsRows
