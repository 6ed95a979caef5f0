"""The command line: ``python -m dovetail --help``."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

if __name__ == "__main__" and sys.argv[1:2] in (["as-sqlalchemy"], ["alembic"]):
    # Before what only the other commands need.
    commands = import_module("dovetail.familiar.command")
    (commands.run_alembic if sys.argv[1] == "alembic" else commands.run)(sys.argv[2:])

try:
    import typer
    from rich.console import Console
except ModuleNotFoundError as error:
    if error.name not in {"typer", "rich"}:
        raise
    sys.exit(
        "The command line needs typer and rich, which are not installed.\n"
        "  hint: pip install typer rich"
    )

from dovetail import create_engine
from dovetail.demo.command import run
from dovetail.exc import DovetailError
from dovetail.orm import class_mapper
from dovetail.orm.dump import generated_text

app = typer.Typer(
    name="dovetail", help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False
)
console = Console()
problems = Console(stderr=True)


@app.command()
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
    try:
        run(console, database, size=size, source=source, include_tests=include_tests)
    except DovetailError as error:
        problems.print(str(error), style="red", highlight=False, markup=False)
        raise typer.Exit(1) from error


@app.command()
def dump(
    entity: Annotated[str, typer.Argument(help="A mapped class: package.module:Class")],
    database: Annotated[
        str, typer.Option(help="URL of the kind of database that they are for.")
    ] = "sqlite://",
) -> None:
    """Print the functions that dovetail writes for a mapped class."""
    module_name, _, class_name = entity.partition(":")
    if not class_name:
        raise typer.BadParameter("say module:Class, for example myproject.models:User")
    sys.path.insert(0, "")
    try:
        found = getattr(import_module(module_name), class_name)
        print(generated_text(class_mapper(found), create_engine(database).dialect))
    except (ImportError, AttributeError, DovetailError) as error:
        problems.print(str(error), style="red", highlight=False, markup=False)
        raise typer.Exit(1) from error


def main() -> None:
    """Run the command line."""
    app(prog_name="dovetail")


if __name__ == "__main__":
    main()
