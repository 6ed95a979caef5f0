"""What the compilers ask of the dialect that they write for."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from ..sql.node import Node
from ..types.contract import TypeDialect, TypeEngine
from .identifiers import IdentifierPreparer


class WritesTypes(Protocol):
    """Writes types as DDL and CAST have them."""

    def write(self, type_: TypeEngine[Any]) -> str:
        """Return *type_* as text."""
        ...


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


def of_tables(node: Node) -> Any:
    """Return *node* with the entities in it resolved: it is made of tables alone."""
    as_core = getattr(node, "as_core", None)
    if as_core is not None:
        return as_core()
    planner = node.walk().planner
    return node if planner is None else planner.to_core(node)
