"""Classes by which the other package sorts types and dialects: they answer ``isinstance`` truly."""

from __future__ import annotations

from types import GenericAlias
from typing import Any, ClassVar

from ..dialects.mysql.dialect import MariadbDialect, MysqlDialect
from ..dialects.postgresql.dialect import PostgresqlDialect
from ..dialects.postgresql.drivers import Psycopg2Driver
from ..dialects.sqlite.dialect import SqliteDialect
from ..engine.connection import Connection
from ..engine.engine import Engine
from ..orm.loading.criteria import LoaderCriteriaOption
from ..orm.loading.options import LazyPolicyOption, LoaderOption, UserDefinedOption
from ..orm.mapping.attribute import EntityNode, QueryableAttribute
from ..orm.mapping.dataclass import MappedAsDataclass
from ..orm.mapping.declarative import DeclarativeAttributeIntercept
from ..sql.expression.dml import Delete, Insert, Update
from ..sql.expression.from_clause import FromClause
from ..sql.expression.select_base import SelectBase
from ..sql.expression.type_comparator import TypeComparator
from ..sql.node import ReturnsRows
from ..types.basic import (
    BigInteger,
    Date,
    DateTime,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    String,
    Time,
)
from ..types.contract import NullType, TypeEngine, TypeEngineMixin
from ..types.decorator import TypeDecorator
from ..types.structured import ARRAY, JSON


class Kind(type):
    """The class of classes that have members besides their subclasses: ``__members__``."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls._members()) or super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls._members()) or super().__subclasscheck__(subclass)

    def _members(cls) -> tuple[type, ...]:
        # A class that derives from one of these has its own instances alone.
        found: tuple[type, ...] = cls.__dict__.get("__members__", ())
        return found


class LabelInOrder:
    """What ORDER BY has for a label: nothing, the label stands there itself."""


class Concatenable(TypeEngineMixin, metaclass=Kind):
    """Types whose values are put together by ``+``; a mixin of types of the user's own."""

    __members__ = (String, ARRAY)
    Comparator: ClassVar[type[TypeComparator[Any]]] = TypeComparator

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        """Return what *operator* with *other* means: ``+`` with another such type is ``||``."""
        own: Any = self
        if operator == "add" and isinstance(other, (Concatenable, NullType)):
            return "concat", own
        found: tuple[str, TypeEngine[Any]] = TypeEngine.result_of(own, operator, other)
        return found


class Indexable(TypeEngineMixin, metaclass=Kind):
    """Types whose values have elements: ``column[key]``."""

    __members__ = (JSON, ARRAY)
    Comparator: ClassVar[type[TypeComparator[Any]]] = TypeComparator


class HasExpressionLookup(TypeEngineMixin, metaclass=Kind):
    """Types of which an operator's result depends on the type of the other side."""

    __members__ = (Integer, BigInteger, Numeric, DateTime, Date, Time, Interval)


class Annotated(metaclass=Kind):
    """Parts of statements that know of which mapped class they are."""

    __members__ = (QueryableAttribute, EntityNode)


class ExecutableOption(metaclass=Kind):
    """Options of statements."""

    __members__ = (LoaderOption, LoaderCriteriaOption, LazyPolicyOption, UserDefinedOption)


class Selectable(metaclass=Kind):
    """What has columns, or gives rows: tables, joins, statements."""

    __members__ = (FromClause, SelectBase, ReturnsRows)


class ConnectionEventsTarget(metaclass=Kind):
    """What connections come from, and they: where their events are listened to."""

    __members__ = (Connection, Engine)


class ReturningInsert(Insert, metaclass=Kind):
    """INSERT … RETURNING, in annotations; a statement is an Insert, whatever it gives back."""

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)


class ReturningUpdate(Update, metaclass=Kind):
    """UPDATE … RETURNING, in annotations; a statement is an Update, whatever it gives back."""

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)


class ReturningDelete(Delete, metaclass=Kind):
    """DELETE … RETURNING, in annotations; a statement is a Delete, whatever it gives back."""

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)


class BinaryKind(TypeEngineMixin, metaclass=Kind):
    """Types of bytes."""

    __members__ = (LargeBinary,)


class Variant(TypeDecorator[Any]):
    """A type with variants, before 2.0: ``with_variant()`` gives a copy of the type now.

    There are no instances.
    """

    def __init__(self, *arguments: object, **keywords: object) -> None:
        raise NotImplementedError(
            "no Variant is made: type.with_variant(other, 'postgresql') gives a copy of the type"
        )


class _DataclassKind(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, type) and issubclass(instance, MappedAsDataclass)


class DCTransformDeclarative(DeclarativeAttributeIntercept, metaclass=_DataclassKind):
    """The class of declared classes that are dataclasses."""


class DriverKind(Kind):
    """The class of the dialect of one driver: an instance has its name in ``driver``."""

    driver: str

    def __instancecheck__(cls, instance: object) -> bool:
        if "driver" in cls.__dict__:
            if type.__instancecheck__(cls, instance):
                return True
            return isinstance(instance, cls.__base__) and instance.driver == cls.driver  # type: ignore[attr-defined, arg-type]
        return type.__instancecheck__(cls, instance)


_CAST_LITERALS = frozenset(("json", "array", "uuid"))


class PGDialect_psycopg2(PostgresqlDialect, metaclass=DriverKind):
    """The dialect of PostgreSQL on psycopg2, which writes values where parameters stand."""

    driver = "psycopg2"

    def __init__(self, **options: object) -> None:
        for name in Psycopg2Driver.moot_options:
            options.pop(name, None)
        super().__init__(**options)

    def bind_cast(self, type_: TypeEngine[Any]) -> str:
        """Return the cast of what has no literal of its own; a literal tells its type."""
        return super().bind_cast(type_) if type_.affinity in _CAST_LITERALS else ""


class PGDialect_psycopg2cffi(PGDialect_psycopg2):
    """The dialect of PostgreSQL on psycopg2cffi, which others derive theirs from.

    There is no such driver here: no engine has it.
    """

    driver = "psycopg2cffi"


class PGDialect_psycopg(PostgresqlDialect, metaclass=DriverKind):
    """The dialect of PostgreSQL on psycopg."""

    driver = "psycopg"


class PGDialectAsync_psycopg(PGDialect_psycopg):
    """The dialect of PostgreSQL on psycopg, awaited."""

    driver = "psycopg_async"


class PGDialect_asyncpg(PostgresqlDialect, metaclass=DriverKind):
    """The dialect of PostgreSQL on asyncpg."""

    driver = "asyncpg"
    default_paramstyle = "numeric_dollar"
    default_features = PostgresqlDialect.default_features.changed(infers_parameter_types=True)


class MySQLDialect_pymysql(MysqlDialect, metaclass=DriverKind):
    """The dialect of MySQL on PyMySQL."""

    driver = "pymysql"


class MySQLDialect_mysqldb(MysqlDialect, metaclass=DriverKind):
    """The dialect of MySQL on mysqlclient."""

    driver = "mysqldb"


class MySQLDialect_asyncmy(MysqlDialect, metaclass=DriverKind):
    """The dialect of MySQL on asyncmy."""

    driver = "asyncmy"


class MySQLDialect_aiomysql(MysqlDialect, metaclass=DriverKind):
    """The dialect of MySQL on aiomysql."""

    driver = "aiomysql"


class SQLiteDialect_pysqlite(SqliteDialect, metaclass=DriverKind):
    """The dialect of SQLite on the standard library's module."""

    driver = "pysqlite"


class SQLiteDialect_aiosqlite(SqliteDialect, metaclass=DriverKind):
    """The dialect of SQLite on aiosqlite."""

    driver = "aiosqlite"


class MySQLKind(Kind):
    """The class of dialects of MySQL, MariaDB among them."""


class MySQLDialect(MysqlDialect, metaclass=MySQLKind):
    """The dialects of MySQL and MariaDB."""

    __members__ = (MysqlDialect, MariadbDialect)
