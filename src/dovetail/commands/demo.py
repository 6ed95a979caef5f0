"""``dovetail demo``: an index of the standard library, and questions to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..demo.command import run
from .output import console


def demo(
    database: Annotated[
        str, typer.Option(help="URL of the database that keeps the index.")
    ] = "sqlite:///stdlib-index.db",
    size: Annotated[
        int | None, typer.Option(min=1, help="Index that many modules at most.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Index this folder instead."),
    ] = None,
    include_tests: Annotated[bool, typer.Option(help="Index packages of tests too.")] = False,
) -> None:
    """Index the Python standard library in a database, and ask the index questions."""
    run(console, database, size=size, source=source, include_tests=include_tests)
