"""What the command line is made of: each verb, with its options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..familiar.command import run as run_as_sqlalchemy, run_alembic
from .check import check
from .database import inspect
from .demo import demo
from .dump import dump
from .models import models
from .output import telling_mistakes
from .shell import shell

if TYPE_CHECKING:
    from collections.abc import Callable

_UNREAD = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}

app = typer.Typer(
    name="dovetail",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _add(*verbs: Callable[..., None]) -> None:
    for verb in verbs:
        app.command()(telling_mistakes(verb))


_add(models, check, inspect, shell, dump, demo)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Print the version and leave.")
    ] = False,
) -> None:
    """See mapped classes and databases, and run programs written for SQLAlchemy."""
    if version:
        raise typer.BadParameter("--version stands alone")


@app.command("as-sqlalchemy", context_settings=_UNREAD)
def as_sqlalchemy(context: typer.Context) -> None:
    """Run a program with dovetail in place of SQLAlchemy: as-sqlalchemy pytest tests."""
    run_as_sqlalchemy(context.args)


@app.command("alembic", context_settings=_UNREAD)
def alembic(context: typer.Context) -> None:
    """Run Alembic on dovetail: alembic upgrade head."""
    run_alembic(context.args)


def run() -> None:
    """Run the verb that the arguments of this process name."""
    app(prog_name="dovetail")
