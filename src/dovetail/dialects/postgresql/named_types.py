"""Types that have a name of their own in the database: ENUM and DOMAIN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ...exc import ArgumentError
from ...sql.ddl import ExecutableDDLElement, send
from ...types.contract import Processor, TypeDialect, TypeEngine, to_instance
from ...types.schema_type import SchemaType
from ...types.structured import Enum


class NamedType(SchemaType, TypeEngine[Any]):
    """Base of the types that are created and dropped."""

    name: str | None
    schema: str | None = None
    create_type: bool = True
    creator: ClassVar[type[_TypeStatement]]
    dropper: ClassVar[type[_TypeStatement]]

    def create(self, bind: object, checkfirst: bool = True) -> None:
        """Send CREATE TYPE to *bind*, an engine or a connection, if there is no such type."""
        _send_if(bind, self, self.creator(self), wanted=False, checkfirst=checkfirst)

    def drop(self, bind: object, checkfirst: bool = True) -> None:
        """Send DROP TYPE to *bind*, an engine or a connection, if there is such a type."""
        _send_if(bind, self, self.dropper(self), wanted=True, checkfirst=checkfirst)


def _send_if(bind: Any, type_: Any, statement: Any, *, wanted: bool, checkfirst: bool) -> None:
    if not hasattr(bind, "execute"):
        with bind.begin() as connection:
            _send_if(connection, type_, statement, wanted=wanted, checkfirst=checkfirst)
        return
    schema = bind.schema_for_object(type_)
    if checkfirst and has_type(bind, type_.name, schema) is not wanted:
        return
    send(bind, statement)


def has_type(connection: Any, name: str, schema: str | None) -> bool:
    """Tell whether the database has a type *name*."""
    sql = (
        "SELECT 1 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n "
        "ON n.oid = t.typnamespace WHERE t.typname = $1::text AND n.nspname = "
        "coalesce($2::text, current_schema())"
    )
    return connection.exec_driver_sql(sql, (name, schema)).first() is not None


class _TypeStatement(ExecutableDDLElement):
    """CREATE or DROP of a type."""

    def __init__(self, element: object) -> None:
        self.element = element


class CreateEnumType(_TypeStatement):
    """CREATE TYPE … AS ENUM."""

    __visit_name__ = "create_enum_type"


class DropEnumType(_TypeStatement):
    """DROP TYPE."""

    __visit_name__ = "drop_enum_type"


class CreateDomainType(_TypeStatement):
    """CREATE DOMAIN."""

    __visit_name__ = "create_domain_type"


class DropDomainType(_TypeStatement):
    """DROP DOMAIN."""

    __visit_name__ = "drop_domain_type"


class ENUM(NamedType, Enum):
    """An enumeration of the server.

    It is created before the tables that use it and dropped after them, unless *create_type*
    is false; with *metadata* it goes with all tables of that.
    """

    __visit_name__ = "ENUM"
    creator = CreateEnumType
    dropper = DropEnumType

    def __init__(
        self,
        *enums: Any,
        name: str | None = None,
        create_type: bool = True,
        **kw: Any,
    ) -> None:
        if kw.pop("native_enum", None) is False:
            raise ArgumentError(
                "an ENUM of PostgreSQL is native", hint="Enum(..., native_enum=False) is text"
            )
        super().__init__(*enums, name=name, **kw)
        self.create_type = create_type


class DOMAIN(NamedType):
    """Another type with a name, and perhaps constraints, of its own."""

    __visit_name__ = "DOMAIN"
    creator = CreateDomainType
    dropper = DropDomainType

    def __init__(
        self,
        name: str,
        data_type: TypeEngine[Any] | type[TypeEngine[Any]],
        *,
        collation: str | None = None,
        default: Any = None,
        constraint_name: str | None = None,
        not_null: bool | None = None,
        check: Any = None,
        create_type: bool = True,
        schema: str | None = None,
        metadata: Any = None,
        inherit_schema: bool = False,
    ) -> None:
        self.name = name
        self.data_type = to_instance(data_type)
        self.collation = collation
        self.default = default
        self.constraint_name = constraint_name
        self.not_null = not_null
        self.check = check
        self.create_type = create_type
        self.schema = schema
        self.inherit_schema = inherit_schema
        self.metadata = metadata
        if metadata is not None:
            metadata.types.append(self)

    @property
    def affinity(self) -> str:  # type: ignore[override]
        """The kind of its values: that of the type it stands for."""
        return self.data_type.affinity

    @property
    def python_type(self) -> type[Any]:
        return self.data_type.python_type

    def coerce_compared_value(self, op: Any, value: object) -> TypeEngine[Any]:
        return self.data_type.coerce_compared_value(op, value)

    def result_of(self, operator: str, other: TypeEngine[Any]) -> tuple[str, TypeEngine[Any]]:
        return self.data_type.result_of(operator, other)

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        return self.data_type.dialect_impl(dialect).bind_processor(dialect)

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return self.data_type.dialect_impl(dialect).result_processor(dialect, coltype)

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        return self.data_type.dialect_impl(dialect).literal_processor(dialect)


def as_named_type(type_: TypeEngine[Any]) -> Any:
    """Return the type as one to create and drop, or None if it has no name of its own."""
    if isinstance(type_, NamedType):
        return type_
    if isinstance(type_, Enum) and type_.native_enum:
        return type_.adapt(ENUM)
    return None


def with_schema(named: Any, table: Any) -> Any:
    """Return the type *named* in the schema that it has as a type of *table*'s."""
    schema = getattr(named.metadata, "schema", None)
    if schema is None and named.inherit_schema and table is not None:
        schema = table.schema
    if schema is None or named.schema is not None:
        return named
    copy = named.copy()
    copy.schema = schema
    return copy
