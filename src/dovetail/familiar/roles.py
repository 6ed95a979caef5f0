"""Roles: what a part of a statement may stand for, as classes that answer ``isinstance`` truly.

They can be given a type in brackets, as in annotations.
"""

from __future__ import annotations

from types import GenericAlias
from typing import Any, ClassVar

from ..orm.loading.statement import FromStatement
from ..orm.mapping.attribute import EntityNode, QueryableAttribute
from ..sql.ddl import ExecutableDDLElement
from ..sql.elements import (
    BindParameter,
    ClauseList,
    ColumnClause,
    ColumnElement,
    False_,
    Label,
    Null,
    OrderByList,
    TextClause,
    True_,
)
from ..sql.expression.dml import DMLTargetCopy
from ..sql.expression.dml_base import UpdateBase
from ..sql.node import Executable, ReturnsRows
from ..sql.selectable import (
    CTE,
    Alias,
    FromClause,
    Join,
    ScalarSelect,
    ScalarValues,
    SelectBase,
    TableClause,
    Values,
)
from .kinds import Kind


class Role(metaclass=Kind):
    """The base of all roles; what has none of those below has none."""

    __members__: ClassVar[tuple[type, ...]] = ()
    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)


class SQLRole(Role):
    """Parts of statements, and statements."""

    __members__ = (
        ColumnElement, ClauseList, OrderByList, Executable, ReturnsRows, FromClause, EntityNode,
    )  # fmt: skip


class ColumnArgumentRole(Role):
    """What may stand where a column is meant."""

    __members__ = (ColumnElement,)


class ColumnArgumentOrKeyRole(Role):
    """What may stand where a column, or its key, is meant."""

    __members__ = (ColumnElement,)


class StrAsPlainColumnRole(Role):
    """Columns that a name alone can mean."""

    __members__ = (ColumnClause,)


class ColumnListRole(Role):
    """What may stand in a list of columns."""

    __members__ = (ColumnElement, ClauseList, OrderByList, FromClause, EntityNode)


class ColumnsClauseRole(Role):
    """What may be selected."""

    __members__ = (ColumnElement, ClauseList, FromClause, EntityNode)


class TypedColumnsClauseRole(Role):
    """What may be selected, and has a type."""

    __members__ = (ColumnElement, EntityNode)


class LimitOffsetRole(Role):
    """What may stand in LIMIT and OFFSET."""

    __members__ = (ColumnElement,)


class ByOfRole(Role):
    """What may stand in a list that sorts, groups, or names what is locked."""

    __members__ = (ColumnElement, ClauseList, OrderByList)


class OrderByRole(Role):
    """What may stand in ORDER BY."""

    __members__ = (ColumnElement, ClauseList, OrderByList)


class StructuralRole(Role):
    """What has a place of its own in the structure of a statement."""

    __members__ = (ColumnElement, FromClause, EntityNode)


class StatementOptionRole(Role):
    """What may be put into a statement as text."""

    __members__ = (ColumnElement,)


class OnClauseRole(Role):
    """What rows may be joined by."""

    __members__ = (ColumnElement,)


class WhereHavingRole(Role):
    """What may stand in WHERE and HAVING."""

    __members__ = (ColumnElement,)


class ExpressionElementRole(Role):
    """Expressions."""

    __members__ = (ColumnElement,)


class ConstExprRole(Role):
    """The constants of SQL."""

    __members__ = (True_, False_, Null)


class LabeledColumnExprRole(Role):
    """Expressions that have a name."""

    __members__ = (ColumnClause, Label)


class BinaryElementRole(Role):
    """What may stand beside an operator."""

    __members__ = (ColumnElement,)


class InElementRole(Role):
    """What may stand behind IN."""

    __members__ = (
        TextClause, BindParameter, ClauseList, DMLTargetCopy, ScalarSelect, ScalarValues,
        SelectBase, Values,
    )  # fmt: skip


class JoinTargetRole(Role):
    """What may be joined."""

    __members__ = (TextClause, FromClause, EntityNode, QueryableAttribute)


class FromClauseRole(Role):
    """What may stand in FROM."""

    __members__ = (TextClause, FromClause, EntityNode)


class AnonymizedFromClauseRole(Role):
    """What may stand in FROM, by a name that is made where it has none."""

    __members__ = (FromClause,)


class ReturnsRowsRole(Role):
    """What gives rows."""

    __members__ = (TextClause, ReturnsRows, FromClause, SelectBase, UpdateBase, FromStatement)


class StatementRole(Role):
    """Statements."""

    __members__ = (Executable,)


class SelectStatementRole(Role):
    """Statements that select rows."""

    __members__ = (TextClause, SelectBase)


class IsCTERole(Role):
    """What stands in WITH."""

    __members__ = (CTE,)


class CompoundElementRole(Role):
    """What may be a part of a UNION."""

    __members__ = (SelectBase,)


class DMLRole(Role):
    """INSERT, UPDATE and DELETE."""

    __members__ = (UpdateBase,)


class DMLTableRole(Role):
    """What INSERT, UPDATE and DELETE may be about."""

    __members__ = (TableClause, Alias, CTE, Join)


class DMLColumnRole(Role):
    """What a value may be set of."""

    __members__ = (ColumnElement, ClauseList)


class DMLSelectRole(Role):
    """What rows may be inserted from."""

    __members__ = (SelectBase,)


class DDLRole(Role):
    """Statements that change the schema."""

    __members__ = (ExecutableDDLElement,)


class DDLExpressionRole(Role):
    """What may stand in constraints and indexes."""

    __members__ = (ColumnElement,)


class DDLConstraintColumnRole(Role):
    """What may be a column of a constraint."""

    __members__ = (ColumnElement,)


class DDLReferredColumnRole(Role):
    """What a foreign key may refer to."""

    __members__ = (ColumnClause,)
