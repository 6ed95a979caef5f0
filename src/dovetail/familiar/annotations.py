"""Names for annotations: what the other package calls arguments and options of its functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar

from ..sql.expression.column_element import ColumnElement
from ..sql.expression.select_base import SelectBase
from ..types.contract import TypeEngine

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

ColumnExpressionArgument = ColumnElement[T] | Any
ColumnExpressionOrLiteralArgument = ColumnElement[T] | Any
ColumnExpressionOrStrLabelArgument = ColumnElement[T] | str | Any
ColumnsClauseArgument = ColumnElement[T] | type[T] | Any
OnClauseArgument = ColumnElement[Any] | Any
JoinTargetArgument = SelectBase | type[Any] | Any
FromClauseArgument = SelectBase | type[Any] | Any
DMLTableArgument = type[Any] | Any
TypeEngineArgument = type[T] | TypeEngine[T]
InfoType = dict[Any, Any]
TableArgsType = tuple[Any, ...] | dict[str, Any]
NamingSchemaParameter = Mapping[str, Any]
ForUpdateParameter = bool | str | Any
CoreSingleExecuteParams = Mapping[str, Any]
CoreMultiExecuteParams = Sequence[Mapping[str, Any]]
CoreAnyExecuteParams = Sequence[Mapping[str, Any]] | Mapping[str, Any]
DBAPISingleExecuteParams = Sequence[Any] | Mapping[str, Any]
DBAPIAnyExecuteParams = Sequence[Any] | Mapping[str, Any]
ExecuteOptions = Mapping[str, Any]
CompiledCacheType = dict[Any, Any]
SchemaTranslateMapType = Mapping[str | None, str | None]
IsolationLevel = Literal[
    "SERIALIZABLE",
    "REPEATABLE READ",
    "READ COMMITTED",
    "READ UNCOMMITTED",
    "AUTOCOMMIT",
]
JoinTransactionMode = Literal[
    "conditional_savepoint", "rollback_only", "control_fully", "create_savepoint"
]
EntityBindKey = type[Any] | Any
SessionBindKey = type[Any] | Any
SessionBind = Any
PKIdentityArgument = Any | tuple[Any, ...]
IdentityKeyType = tuple[type[T], tuple[Any, ...], Any]
ORMColumnsClauseArgument = ColumnElement[T] | type[T] | Any
EntityType = type[T] | Any
InternalEntityType = Any
SynchronizeSessionArgument = Literal[False, "auto", "evaluate", "fetch"]
DMLStrategyArgument = Literal["bulk", "raw", "orm", "auto"]
ConnectArgsType = tuple[Sequence[str], Mapping[str, Any]]


class ValueProcessor(Protocol[T_contra]):
    """What converts a value on its way to the database, or back."""

    def __call__(self, value: T_contra, /) -> Any:
        """Return the other form of *value*."""


class DBAPIModule(Protocol):
    """A driver's module as PEP 249 describes it."""

    class Error(Exception):
        """The base of its errors."""

    class OperationalError(Error):
        """What is not the statement's fault."""

    class InterfaceError(Error):
        """A fault of the module."""

    class IntegrityError(Error):
        """A constraint is violated."""

    def connect(self, *arguments: object, **keywords: object) -> Any:
        """Return a new connection."""
