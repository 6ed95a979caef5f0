"""The main job as people see it: a progress bar, tables, and how quick it was."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable

from dovetail import create_engine, event
from dovetail.orm import Session

from .index import Indexer
from .models import Base
from .report import answers
from .source import discover, standard_library

if TYPE_CHECKING:
    from pathlib import Path

    from dovetail import Engine

    from .index import Outcome
    from .report import Table


class Counter:
    """Counts the statements that an engine sends; one with many parameter sets counts once."""

    def __init__(self, engine: Engine) -> None:
        self.statements = 0
        event.listen(engine, "before_cursor_execute", self._count)

    def _count(
        self,
        connection: object,
        cursor: object,
        statement: str,
        parameters: object,
        context: object,
        executemany: bool,
    ) -> None:
        self.statements += 1


def run(
    console: Console, url: str, *, size: int | None, source: Path | None, include_tests: bool
) -> None:
    """Index *source*, or the standard library, into the database at *url*, and ask questions."""
    root = source or standard_library()
    files = discover(root, include_tests=include_tests)
    chosen = files[:size]
    console.print(f"Indexing {len(chosen)} modules of {root}\ninto [bold]{url}[/bold]")
    engine = create_engine(url)
    try:
        Base.metadata.create_all(engine)
        counter = Counter(engine)
        with Session(engine) as session:
            outcome, reading, writing = _index(
                console, session, chosen, [one.module for one in files]
            )
        _tell(console, outcome, counter.statements, reading, writing)
        _ask(console, engine, counter)
    finally:
        engine.dispose()


def _index(
    console: Console, session: Session, files: list[Any], existing: list[str]
) -> tuple[Outcome, float, float]:
    """Return what was done, and the seconds that reading and writing took."""
    start = time.perf_counter()
    indexer = Indexer(session)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("reading and adding", total=len(files))
        outcome = indexer.run(files, existing, lambda _module: progress.advance(task))
        progress.update(task, description="writing and committing")
        added = time.perf_counter()
        session.commit()
    return outcome, added - start, time.perf_counter() - added


def _tell(
    console: Console, outcome: Outcome, statements: int, reading: float, writing: float
) -> None:
    for path, reason in outcome.unreadable:
        console.print(f"[yellow]skipped[/yellow] {path}: {reason}", highlight=False)
    if not outcome.is_news:
        console.print(
            f"[green]nothing changed[/green]: {outcome.unchanged} modules are as they were"
        )
        return
    console.print(
        f"[green]{outcome.added} modules added, {outcome.changed} changed, "
        f"{outcome.removed} gone, {outcome.unchanged} as they were[/green]"
    )
    console.print(
        f"{outcome.objects:,} objects made from the source in {reading:.1f} s, "
        f"and written with {statements:,} statements in {writing:.1f} s: "
        f"{outcome.objects / writing:,.0f} objects/s, {statements / writing:,.0f} statements/s"
    )


def _ask(console: Console, engine: Engine, counter: Counter) -> None:
    before, start = counter.statements, time.perf_counter()
    with Session(engine) as session:
        for answer in answers(session):
            console.print(_rich(answer))
    sent, seconds = counter.statements - before, time.perf_counter() - start
    console.print(
        f"answered in {sent} statements and {seconds:.1f} s ({sent / seconds:,.0f} statements/s)"
    )


# Some servers give sums of whole numbers as decimals.
_NUMBERS = (int, Decimal)


def _rich(answer: Table) -> RichTable:
    table = RichTable(title=answer.title, title_justify="left")
    for number, column in enumerate(answer.columns):
        is_number = bool(answer.rows) and isinstance(answer.rows[0][number], _NUMBERS)
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in answer.rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, _NUMBERS) else str(cell) for cell in row))
    return table
