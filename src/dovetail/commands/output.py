"""What commands print: tables, data, and what a user has to mend."""

from __future__ import annotations

import json
import traceback
from functools import wraps
from typing import TYPE_CHECKING, NoReturn, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from ..exc import DovetailError
from .targets import TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

P = ParamSpec("P")
R = TypeVar("R")

DIFFERENT = 1
"""The exit status of a check that has found differences, as that of ``diff``."""
FAILED = 2
"""The exit status of a command that could not do its work."""

console = Console()
problems = Console(stderr=True)


def telling_mistakes(verb: Callable[P, R]) -> Callable[P, R]:
    """Return *verb*, which tells of a mistake of its user in place of a traceback."""

    @wraps(verb)
    def run(*arguments: P.args, **options: P.kwargs) -> R:
        try:
            return verb(*arguments, **options)
        except (DovetailError, TargetError) as error:
            fail(str(error), error)
        except ModuleNotFoundError as error:
            # A driver, or what the user's modules need.
            fail(f"{error}\n  at {_place(error)}", error)

    return run


def fail(text: str, cause: BaseException | None = None) -> NoReturn:
    """Print *text* where problems go, and leave with the status of a failure."""
    problems.print(text, style="red", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(FAILED) from cause


def _place(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}:{last.lineno}"


def data(value: object) -> None:
    """Print *value* as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None
) -> None:
    """Print *rows* as a table under *columns*; numbers stand on the right."""
    listed = [list(row) for row in rows]
    made = Table(title=title, title_justify="left", title_style="bold")
    for number, column in enumerate(columns):
        values = [row[number] for row in listed if row[number] not in (None, "")]
        is_number = bool(values) and all(isinstance(value, int) for value in values)
        made.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in listed:
        made.add_row(*(_cell(value) for value in row))
    console.print(made)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text.replace("[", "\\[")
