"""What the compilers ask of the dialect that they write for."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from ..exc import ArgumentError
from ..types.contract import TypeDialect, TypeEngine
from .identifiers import IdentifierPreparer


class WritesTypes(Protocol):
    """Writes types as DDL and CAST have them."""

    def write(self, type_: TypeEngine[Any]) -> str:
        """Return *type_* as text."""
        ...


class NamedInSchema(Protocol):
    """A table or a sequence: what has a name, and perhaps a schema."""

    @property
    def name(self) -> Any: ...

    @property
    def schema(self) -> str | None: ...


class CompilerDialect(TypeDialect, Protocol):
    """A dialect, as far as compilers ask it."""

    statement_compiler: ClassVar[Any]

    @property
    def identifier_preparer(self) -> IdentifierPreparer: ...

    @property
    def label_length(self) -> int | None: ...

    @property
    def lints_from(self) -> bool: ...

    @property
    def type_compiler(self) -> WritesTypes: ...

    def schema_name(self, schema: str | None) -> str | None:
        """Return the schema that is written for *schema*."""
        ...


def refuse_statement(statement: object) -> None:
    """Refuse a *statement* for a compiler, which is asked to write one after it was made.

    :raises ArgumentError: there is one
    """
    if statement is not None:
        raise ArgumentError(
            f"a compiler is made for a dialect, not for {type(statement).__name__}",
            hint="statement.compile(dialect=dialect), or compiler.process(expression)",
        )
