"""``dovetail check``: in what a database differs from the mapping."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from .engines import blocking_engine
from .output import DIFFERENT, console, data, table
from .targets import mappers_of, metadata_of


def check(
    target: Annotated[
        str, typer.Argument(metavar="MODULE:BASE", help="A base, for example shop.models:Base")
    ],
    database: Annotated[str, typer.Argument(metavar="URL", help="URL of the database.")],
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="Pass over this table; may be given several times."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the differences as JSON.")] = False,
) -> None:
    """Compare a database with the mapping; the exit status is 1 where they differ.

    Nothing is written. The table of Alembic, alembic_version, is passed over.
    """
    metadata = metadata_of(target)
    mappers_of(metadata)
    engine = blocking_engine(database)
    try:
        found = metadata.diff(engine, ignore=("alembic_version", *(ignore or ())))
    finally:
        engine.dispose()
    if as_json:
        data([asdict(difference) for difference in found])
    elif not found:
        console.print(f"{len(metadata.tables)} tables are as they are declared", style="green")
    else:
        rows = [
            (each.kind, each.table, each.what, each.name, each.aspect, each.declared, each.found)
            for each in found
        ]
        columns = ("", "table", "what", "name", "aspect", "declared", "in the database")
        table(columns, rows, f"{len(found)} differences")
    if found:
        raise typer.Exit(DIFFERENT)
