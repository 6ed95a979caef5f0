"""``dovetail models``: mapped classes as a table, as a diagram, or as data."""

from __future__ import annotations

from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from . import diagram
from .output import console, data, table
from .targets import mappers_of, metadata_of


class Format(Enum):
    """How mapped classes are shown."""

    TABLE = "table"
    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"
    JSON = "json"


def models(
    target: Annotated[
        str, typer.Argument(metavar="MODULE:BASE", help="A base, for example shop.models:Base")
    ],
    form: Annotated[Format, typer.Option("--format", "-f", help="How to show them.")] = (
        Format.TABLE
    ),
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write into this file.", dir_okay=False)
    ] = None,
) -> None:
    """Show the mapped classes of a program: a table, or an entity-relationship diagram."""
    entities = diagram.described(mappers_of(metadata_of(target)))
    form = Format.JSON if as_json else form
    if form is Format.JSON:
        data([asdict(entity) for entity in entities])
        return
    if form is Format.TABLE:
        _show(entities)
        return
    draw = {Format.MERMAID: diagram.mermaid, Format.DOT: diagram.dot, Format.SVG: diagram.svg}[form]
    text = draw(entities)
    if output is None:
        typer.echo(text)
        return
    output.write_text(text + "\n", encoding="utf-8")
    console.print(f"written: {output}", highlight=False)


def _show(entities: list[diagram.Entity]) -> None:
    rows = []
    for entity in entities:
        links = [f"{link.name} → {link.target}" for link in entity.links]
        links += [
            f"{link.back} → {link.source}"
            for other in entities
            for link in other.links
            if link.target == entity.name and link.back is not None
        ]
        keys = [each.name for each in entity.attributes if each.primary_key]
        name = entity.name if entity.inherits is None else f"{entity.name}({entity.inherits})"
        rows.append(
            (name, entity.table, ", ".join(keys), len(entity.attributes), ", ".join(sorted(links)))
        )
    table(("class", "table", "key", "columns", "relationships"), rows)
