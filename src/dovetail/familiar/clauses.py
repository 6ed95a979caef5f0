"""What parts of statements and of schemas have in common: classes that answer ``isinstance`` truly.

They can be given a type in brackets, as in annotations.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import GenericAlias
from typing import Any, ClassVar

from ..dialects.postgresql.arrays import array
from ..dialects.postgresql.named_types import ENUM
from ..dialects.postgresql.types import INTERVAL
from ..orm.loading.statement import FromStatement
from ..orm.mapping.attribute import QueryableAttribute
from ..orm.query.query import Query
from ..sql.constraints import CheckConstraint, ColumnCollectionConstraint, Constraint, Index
from ..sql.ddl import ExecutableDDLElement
from ..sql.defaults import ColumnDefault, Identity, SchemaItem, Sequence
from ..sql.expression.column_element import ColumnElement
from ..sql.expression.columns import ColumnClause
from ..sql.expression.constants import False_, Null, True_
from ..sql.expression.constructs import Cast
from ..sql.expression.derived import CTE, Lateral, TableValuedAlias, Values
from ..sql.expression.dml import Delete, Update
from ..sql.expression.dml_base import UpdateBase
from ..sql.expression.elements import BinaryExpression, BooleanClauseList, Grouping
from ..sql.expression.from_clause import Alias, AliasedFrom, FromClause, TableSample
from ..sql.expression.froms import from_objects
from ..sql.expression.select import CompoundSelect, Select
from ..sql.expression.select_base import SelectBase
from ..sql.expression.table_clause import TableClause
from ..sql.metadata import MetaData
from ..sql.node import Executable, Node, ReturnsRows
from ..sql.schema import Table
from ..types.basic import Boolean, Interval, MatchType
from ..types.contract import TypeEngine
from ..types.structured import Enum, Uuid
from .kinds import Kind


class Clause(metaclass=Kind):
    """The base of these classes."""

    __members__: ClassVar[tuple[type, ...]] = ()
    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)


# -- what stands in FROM ----------------------------------------------------------------------


class NamedFromClause(Clause):
    """What has a name in FROM: tables, aliases, subqueries, CTEs."""

    __members__ = (TableClause, AliasedFrom, Values)


class FromClauseAlias(Clause):
    """Another name of what stands in FROM."""

    __members__ = (Alias, Lateral, TableSample, TableValuedAlias)


class LateralFromClause(Clause):
    """What may refer to what stands left of it."""

    __members__ = (Lateral, TableValuedAlias, Values)


# -- statements -------------------------------------------------------------------------------


class HasPrefixes(Clause):
    """What takes ``prefix_with()``."""

    __members__ = (Select, UpdateBase, CTE, Query)


class HasSuffixes(Clause):
    """What takes ``suffix_with()``."""

    __members__ = (Select, CTE, Query)


class HasHints(Clause):
    """What takes ``with_hint()``."""

    __members__ = (Select, Query)


class HasCTE(Clause):
    """What takes ``add_cte()``, and can become a CTE."""

    __members__ = (SelectBase, UpdateBase, Values)


class ExecutableReturnsRows(Clause):
    """Statements that may give rows."""

    __members__ = (SelectBase, UpdateBase, FromStatement)


class TypedReturnsRows(Clause):
    """Statements whose rows have known types."""

    __members__ = (Select, CompoundSelect, FromStatement)


class DMLWhereBase(Clause):
    """Statements that change the rows for which a condition is true."""

    __members__ = (Update, Delete)


class Generative(Clause):
    """What methods make a changed copy of."""

    __members__ = (Executable, ReturnsRows, CTE, Values, Query)


class Immutable(Clause):
    """What is itself wherever it stands: columns, tables, constants."""

    __members__ = (ColumnClause, TableClause, QueryableAttribute, Null, True_, False_)


class CompileStateElement(Clause):
    """Statements that are looked at as a whole before they are written."""

    __members__ = (SelectBase, UpdateBase)


# -- expressions ------------------------------------------------------------------------------


class OperatorExpression(Clause):
    """What an operator has made of expressions."""

    __members__ = (BinaryExpression, BooleanClauseList, array)


class WrapsColumnExpression(Clause):
    """Expressions around one that may give its name."""

    __members__ = (Cast,)


class GroupedElement(Clause):
    """What stands in parentheses."""

    __members__ = (Grouping,)


class HasCacheKey(Clause):
    """What has a part in the key of a statement."""

    __members__ = (Node, TypeEngine)


class DQLDMLClauseElement(Clause):
    """Parts of statements that read or write rows."""

    __members__ = (ColumnElement, FromClause, SelectBase, UpdateBase)


# -- schemas ----------------------------------------------------------------------------------


class DefaultGenerator(Clause):
    """What makes values for columns: defaults and sequences."""

    __members__ = (ColumnDefault, Sequence)


class IdentityOptions(Clause):
    """What counts: sequences and identities."""

    __members__ = (Sequence, Identity)


class ColumnCollectionMixin(Clause):
    """What is about several columns of a table."""

    __members__ = (ColumnCollectionConstraint, CheckConstraint, Index)


class HasConditionalDDL(Clause):
    """What takes ``ddl_if()``."""

    __members__ = (Constraint, Index)


class HasSchemaAttr(Clause):
    """What has a schema."""

    __members__ = (MetaData, Sequence, Table)


class SchemaVisitable(Clause):
    """What a schema consists of."""

    __members__ = (SchemaItem, ExecutableDDLElement)


# -- types ------------------------------------------------------------------------------------


class AbstractInterval(Clause):
    """Spans of time."""

    __members__ = (Interval,)


class Emulated(Clause):
    """Types that are made of others where a server has them not."""

    __members__ = (Boolean, Enum, Interval, MatchType, Uuid)


class NativeForEmulated(Clause):
    """A server's own types that stand for emulated ones."""

    __members__ = (ENUM, INTERVAL)


def from_objects_of(*elements: Node) -> Iterator[FromClause]:
    """Give what stands in the FROM of a statement that speaks of *elements*, for each anew."""
    for element in elements:
        yield from from_objects(element)
