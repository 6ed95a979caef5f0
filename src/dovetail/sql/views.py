"""Tables made by a SELECT: views, and tables filled as they are created."""

from __future__ import annotations

from typing import Any, ClassVar

from ..exc import ArgumentError
from .ddl import DropTable, DropView, ExecutableDDLElement
from .defaults import check_options
from .expression.select_base import SelectBase
from .metadata import MetaData
from .schema import Column, Table
from .traversal import iterate


class _TableFromSelect(ExecutableDDLElement):
    """Base of those that make a table of the rows of a SELECT.

    ``table`` is what they make, with the columns that the SELECT gives.
    """

    is_view: ClassVar[bool]

    def __init__(
        self,
        selectable: SelectBase,
        name: str,
        metadata: MetaData | None,
        schema: str | None,
        dialect_options: dict[str, Any],
    ) -> None:
        if not getattr(selectable, "is_select_statement", False):
            raise ArgumentError(
                f"{type(self).__name__} takes a SELECT; got {selectable!r}",
                hint=f"{type(self).__name__}(select(...), {name!r})",
            )
        self.selectable = selectable
        self.schema = schema
        self.metadata = metadata if metadata is not None else MetaData()
        known = ("metadata", "schema", "temporary", "or_replace", "materialized", "if_not_exists")
        self.dialect_kwargs = check_options(type(self).__name__, dialect_options, known)
        self.table = Table(
            name,
            self.metadata,
            *(Column(str(key), column.type) for key, _, column in selectable.export()),
            schema=schema,
        )
        self.table.is_view = self.is_view
        self.table.creation = self
        self.table.made_of = _tables_of(selectable.as_core())
        self.element = self.table


def _tables_of(selectable: SelectBase) -> tuple[Table, ...]:
    """Return the tables that *selectable* reads, those too that its columns alone name."""
    found: dict[Table, None] = {}
    waiting: list[Any] = [selectable]
    seen: set[int] = set()
    while waiting:
        part: Any
        for part in iterate(waiting.pop()):
            source = part.table if part.__visit_name__ == "column" else part
            if isinstance(source, Table):
                found[source] = None
            elif source is not part and source is not None and id(source) not in seen:
                seen.add(id(source))
                waiting.append(source)
    return tuple(found)


class CreateView(_TableFromSelect):
    """CREATE VIEW; ``view.table`` is the view, to be selected from.

    Given *metadata*, the view is created and dropped with its tables::

        adults = CreateView(select(user).where(user.c.age >= 18), "adult", metadata=metadata)
        metadata.create_all(engine)
        connection.execute(select(adults.table))
    """

    __visit_name__ = "create_view"
    is_view = True

    def __init__(
        self,
        selectable: SelectBase,
        view_name: str,
        *,
        metadata: MetaData | None = None,
        schema: str | None = None,
        temporary: bool = False,
        or_replace: bool = False,
        materialized: bool = False,
        **dialect_kwargs: object,
    ) -> None:
        super().__init__(selectable, view_name, metadata, schema, dialect_kwargs)
        self.temporary = temporary
        self.or_replace = or_replace
        self.materialized = materialized
        self.table.removal = DropView(self.table, materialized=materialized)


class CreateTableAs(_TableFromSelect):
    """CREATE TABLE … AS; ``statement.table`` is the table, to be selected from."""

    __visit_name__ = "create_table_as"
    is_view = False

    def __init__(
        self,
        selectable: SelectBase,
        table_name: str,
        *,
        metadata: MetaData | None = None,
        schema: str | None = None,
        temporary: bool = False,
        if_not_exists: bool = False,
        **dialect_kwargs: object,
    ) -> None:
        super().__init__(selectable, table_name, metadata, schema, dialect_kwargs)
        self.temporary = temporary
        self.if_not_exists = if_not_exists
        self.table.removal = DropTable(self.table)
