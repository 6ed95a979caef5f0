"""Statements that define: CREATE, DROP, and DDL as text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from enum import Flag
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from .node import Executable, Node, Walk

if TYPE_CHECKING:
    from ..types.contract import TypeDialect


class CheckFirst(Flag):
    """What ``create_all()`` and ``drop_all()`` look for before they send anything.

    They look for everything or nothing: any but ``NONE`` stands for true.
    """

    NONE = 0
    TABLES = 2
    VIEWS = 4
    INDEXES = 8
    SEQUENCES = 16
    TYPES = 32
    ALL = TABLES | VIEWS | INDEXES | SEQUENCES | TYPES


class SchemaBind(Protocol):
    """What creates and drops tables: an engine or a connection."""

    @property
    def dialect(self) -> Any: ...

    @property
    def run_schema(self) -> Callable[..., None]: ...


class ExecutableDDLElement(Executable, Node):
    """Base of all statements that define."""

    is_ddl = True
    target: Any = None
    condition: Any = None

    def as_core(self) -> Self:
        """Return this statement itself."""
        return self

    def collect(self, walk: Walk) -> None:
        walk.key.append(self)

    def execute_if(
        self,
        dialect: str | Iterable[str] | None = None,
        callable_: Callable[..., object] | None = None,
        state: object = None,
    ) -> Self:
        """Return a copy that is sent only to servers called *dialect*, or if *callable_* agrees."""
        return self._with(condition=(dialect, callable_, state))

    def applies_to(
        self, dialect: TypeDialect, target: object = None, bind: object = None, **kw: object
    ) -> bool:
        """Return whether the statement is to be sent to *dialect*."""
        if self.condition is None:
            return True
        names, function, state = self.condition
        if names is not None:
            allowed = (names,) if isinstance(names, str) else tuple(names)
            if dialect.name not in allowed:
                return False
        if function is None:
            return True
        return bool(function(self, target, bind, dialect=dialect, state=state, **kw))

    def against(self, target: object) -> Self:
        """Return a copy for *target*."""
        return self._with(target=target)

    def __call__(self, target: Any, bind: Any, **kw: object) -> None:
        """Send the statement, as a listener of schema events does."""
        if self.applies_to(bind.dialect, target, bind, **kw):
            bind.execute(self.against(target))


class DDL(ExecutableDDLElement):
    """DDL as text; ``%(table)s``, ``%(schema)s`` and ``%(fullname)s`` name its target."""

    __visit_name__ = "ddl"

    def __init__(self, statement: str, context: dict[str, Any] | None = None) -> None:
        self.statement = statement
        self.context = context or {}


class _SchemaStatement(ExecutableDDLElement):
    verb: ClassVar[str]

    def __init__(
        self, element: object, if_exists: bool = False, if_not_exists: bool = False
    ) -> None:
        self.element: Any = element
        self.if_exists = if_exists
        self.if_not_exists = if_not_exists


class CreateTable(_SchemaStatement):
    """CREATE TABLE."""

    __visit_name__ = "create_table"

    def __init__(
        self,
        element: object,
        include_foreign_key_constraints: Collection[Any] | None = None,
        if_not_exists: bool = False,
    ) -> None:
        super().__init__(element, if_not_exists=if_not_exists)
        self.include_foreign_key_constraints = include_foreign_key_constraints


class DropTable(_SchemaStatement):
    """DROP TABLE."""

    __visit_name__ = "drop_table"


class DropView(_SchemaStatement):
    """DROP VIEW."""

    __visit_name__ = "drop_view"

    def __init__(
        self, element: object, *, if_exists: bool = False, materialized: bool = False
    ) -> None:
        super().__init__(element, if_exists=if_exists)
        self.materialized = materialized


class _Creation(_SchemaStatement):
    def __init__(self, element: object, if_not_exists: bool = False) -> None:
        super().__init__(element, if_not_exists=if_not_exists)


class CreateIndex(_Creation):
    """CREATE INDEX."""

    __visit_name__ = "create_index"


class DropIndex(_SchemaStatement):
    """DROP INDEX."""

    __visit_name__ = "drop_index"


class CreateSequence(_Creation):
    """CREATE SEQUENCE."""

    __visit_name__ = "create_sequence"


class DropSequence(_SchemaStatement):
    """DROP SEQUENCE."""

    __visit_name__ = "drop_sequence"


class CreateSchema(_SchemaStatement):
    """CREATE SCHEMA."""

    __visit_name__ = "create_schema"

    def __init__(self, name: str, if_not_exists: bool = False) -> None:
        super().__init__(name, if_not_exists=if_not_exists)


class DropSchema(_SchemaStatement):
    """DROP SCHEMA."""

    __visit_name__ = "drop_schema"

    def __init__(self, name: str, cascade: bool = False, if_exists: bool = False) -> None:
        super().__init__(name, if_exists=if_exists)
        self.cascade = cascade


class AddConstraint(_SchemaStatement):
    """ALTER TABLE … ADD CONSTRAINT.

    CREATE TABLE leaves the constraint out from here on, unless *isolate_from_table* is false.
    """

    __visit_name__ = "add_constraint"

    def __init__(self, element: object, *, isolate_from_table: bool = True) -> None:
        super().__init__(element)
        if isolate_from_table:
            self.element.create_rule = _never


def _never(compiler: object) -> bool:
    """Return that CREATE TABLE leaves a constraint out."""
    return False


class DropConstraint(_SchemaStatement):
    """ALTER TABLE … DROP CONSTRAINT."""

    __visit_name__ = "drop_constraint"

    def __init__(self, element: object, cascade: bool = False, if_exists: bool = False) -> None:
        super().__init__(element, if_exists=if_exists)
        self.cascade = cascade


class SetTableComment(_SchemaStatement):
    """COMMENT ON TABLE."""

    __visit_name__ = "set_table_comment"


class DropTableComment(_SchemaStatement):
    """COMMENT ON TABLE … IS NULL."""

    __visit_name__ = "drop_table_comment"


class SetColumnComment(_SchemaStatement):
    """COMMENT ON COLUMN."""

    __visit_name__ = "set_column_comment"


class DropColumnComment(_SchemaStatement):
    """COMMENT ON COLUMN … IS NULL."""

    __visit_name__ = "drop_column_comment"


class SetConstraintComment(_SchemaStatement):
    """COMMENT ON CONSTRAINT."""

    __visit_name__ = "set_constraint_comment"


class DropConstraintComment(_SchemaStatement):
    """COMMENT ON CONSTRAINT … IS NULL."""

    __visit_name__ = "drop_constraint_comment"


class CreateColumn(Node):
    """The definition of one column within CREATE TABLE."""

    __visit_name__ = "create_column"
    is_ddl = True

    def __init__(self, element: object) -> None:
        self.element: Any = element


def send(bind: Any, statement: ExecutableDDLElement) -> None:
    """Send *statement* to *bind*: a connection, or an engine in a transaction of its own."""
    if hasattr(bind, "execute"):
        bind.execute(statement)
        return
    with bind.begin() as connection:
        connection.execute(statement)


DDLElement = BaseDDLElement = ExecutableDDLElement
