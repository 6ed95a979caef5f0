"""``dovetail inspect``: what a database contains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..exc import DovetailError
from ..inspecting import inspect as inspect_engine
from ..sql.functions import func
from ..sql.metadata import MetaData
from ..sql.selectable import select
from .engines import blocking_engine
from .model_code import model_code
from .output import console, data, table
from .targets import TargetError, metadata_of

if TYPE_CHECKING:
    from ..engine import Connection
    from ..sql.schema import Table


def inspect(
    database: Annotated[str, typer.Argument(metavar="URL", help="URL of the database.")],
    only: Annotated[
        list[str] | None, typer.Argument(metavar="[TABLE]...", help="Show these tables only.")
    ] = None,
    schema: Annotated[str | None, typer.Option(help="A schema other than the default.")] = None,
    rows: Annotated[bool, typer.Option(help="Count the rows of each table.")] = True,
    code: Annotated[bool, typer.Option("--code", help="Write mapped classes for it.")] = False,
    mapping: Annotated[
        str | None,
        typer.Option(metavar="MODULE:BASE", help="Tell which tables this mapping has not."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show what a database contains: tables, columns, keys, indexes, rows, or code for it."""
    mapped = None if mapping is None else set(metadata_of(mapping).tables)
    engine = blocking_engine(database)
    try:
        with engine.connect() as connection:
            tables = _tables(connection, schema, only)
            if code:
                typer.echo(model_code(tables), nl=False)
                return
            shown = [_described(connection, each, rows, mapped) for each in tables]
    finally:
        engine.dispose()
    if as_json:
        data(shown)
        return
    _overview(shown)
    if only:
        for each in shown:
            _columns(each)
            _keys(each)


def _tables(connection: Connection, schema: str | None, only: list[str] | None) -> list[Table]:
    names = inspect_engine(connection).get_table_names(schema)
    wrong = [name for name in only or () if name not in names]
    if wrong:
        there = ", ".join(names) or "none"
        raise TargetError(f"there is no table {', '.join(wrong)}\n  hint: there are: {there}")
    metadata = MetaData()
    metadata.reflect(connection, schema=schema, only=only or None)
    wanted = only or names
    return [table for table in metadata.sorted_tables if table.name in wanted]


def _described(
    connection: Connection, table: Table, counted: bool, mapped: set[str] | None
) -> dict[str, Any]:
    """Return *table* as plain values."""
    found: dict[str, Any] = {"table": table.key}
    if counted:
        found["rows"] = connection.scalar(select(func.count()).select_from(table))
    if mapped is not None:
        found["mapped"] = table.key in mapped
    return found | {
        "comment": table.comment,
        "primary_key": [column.name for column in table.primary_key],
        "columns": [_column(column) for column in table.c],
        "foreign_keys": [
            {
                "name": key.name,
                "columns": [element.parent.name for element in key.elements],
                "refers_to": [element.target_fullname for element in key.elements],
                "ondelete": key.ondelete,
                "onupdate": key.onupdate,
            }
            for key in sorted(table.foreign_key_constraints, key=lambda key: key.order)
        ],
        "indexes": [
            {
                "name": index.name,
                "columns": [_shown(each) for each in index.expressions],
                "unique": index.unique,
            }
            for index in sorted(table.indexes, key=lambda index: str(index.name))
        ],
    }


def _shown(expression: Any) -> str:
    name = expression.name if expression.__visit_name__ == "column" else None
    return str(name if name is not None else expression)


def _column(column: Any) -> dict[str, Any]:
    default = column.server_default
    return {
        "name": column.name,
        "type": _type_text(column.type),
        "nullable": column.nullable,
        "default": str(default.arg) if default is not None and default.has_argument else None,
        "comment": column.comment,
    }


def _type_text(type_: Any) -> str:
    try:
        return str(type_)
    except DovetailError:
        return repr(type_)


def _overview(shown: list[dict[str, Any]]) -> None:
    extra = [name for name in ("rows", "mapped") if any(name in each for each in shown)]
    rows = [
        (
            each["table"],
            len(each["columns"]),
            *(each.get(name) for name in extra),
            ", ".join(each["primary_key"]),
            ", ".join(
                sorted({_table_of(to) for k in each["foreign_keys"] for to in k["refers_to"]})
            ),
            len(each["indexes"]),
        )
        for each in shown
    ]
    table(("table", "columns", *extra, "primary key", "refers to", "indexes"), rows)


def _table_of(target: str) -> str:
    return target.rpartition(".")[0]


def _columns(described: dict[str, Any]) -> None:
    keys = {
        name: to
        for key in described["foreign_keys"]
        for name, to in zip(key["columns"], key["refers_to"], strict=True)
    }
    rows = [
        (
            each["name"],
            each["type"],
            "NULL" if each["nullable"] else "",
            each["default"],
            "primary" if each["name"] in described["primary_key"] else keys.get(each["name"]),
            each["comment"],
        )
        for each in described["columns"]
    ]
    table(("column", "type", "null", "default", "key", "comment"), rows, described["table"])


def _keys(described: dict[str, Any]) -> None:
    for index in described["indexes"]:
        kind = "unique index" if index["unique"] else "index"
        columns = ", ".join(index["columns"])
        console.print(f"{kind} {index['name']} ({columns})", highlight=False, markup=False)
