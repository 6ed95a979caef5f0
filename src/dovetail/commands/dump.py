"""``dovetail dump``: the functions that are generated for a mapped class."""

from __future__ import annotations

from typing import Annotated

import typer

from ..engine import create_engine
from ..orm.dump import generated_text
from .targets import mapped_class


def dump(
    entity: Annotated[
        str, typer.Argument(metavar="MODULE:CLASS", help="A mapped class: shop.models:Author")
    ],
    database: Annotated[
        str, typer.Option(help="URL of the kind of database that they are for.")
    ] = "sqlite://",
) -> None:
    """Print the functions that dovetail writes for a mapped class."""
    typer.echo(generated_text(mapped_class(entity), create_engine(database).dialect))
