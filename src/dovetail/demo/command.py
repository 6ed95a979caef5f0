"""The main job as people see it: a progress bar, tables, and how quick it was."""

from __future__ import annotations

import re
import time
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.syntax import Syntax
from rich.table import Table as RichTable

from dovetail import create_engine, event
from dovetail.orm import Session

from .index import Indexer
from .models import Base
from .report import QUESTIONS, code_of
from .source import discover, standard_library

if TYPE_CHECKING:
    from pathlib import Path

    from dovetail import Engine

    from .index import Outcome
    from .report import Table


class Sent:
    """The statements that an engine sends; one with many parameter sets is one."""

    def __init__(self, engine: Engine) -> None:
        self.statements: list[str] = []
        event.listen(engine, "before_cursor_execute", self._take)

    def _take(
        self,
        connection: object,
        cursor: object,
        statement: str,
        parameters: object,
        context: object,
        executemany: bool,
    ) -> None:
        self.statements.append(statement)

    def since(self, place: int) -> list[str]:
        """Return the statements after the first *place*."""
        return self.statements[place:]


PICTURE = """\
Package ─┬─< Package          a package lies in a package
         └─< Module ─┬─< Definition ─┬─< Definition     a method lies in a class
                     │               ├─>< Name           its decorators
                     │               └─>< Name           its bases
                     └─< Import >── Module               who imports whom, at which line
"""
"""The model: ``─<`` leads to many, ``>──`` to one, ``>─<`` from many to many."""


def run(
    console: Console, url: str, *, size: int | None, source: Path | None, include_tests: bool
) -> None:
    """Index *source*, or the standard library, into the database at *url*, and ask questions."""
    root = source or standard_library()
    files = discover(root, include_tests=include_tests)
    chosen = files[:size]
    engine = create_engine(url)
    shown = engine.url.render_as_string(hide_password=True)
    console.print(f"Indexing {len(chosen)} modules of {root}\ninto [bold]{shown}[/bold]\n")
    console.print(PICTURE, highlight=False, markup=False)
    try:
        Base.metadata.create_all(engine)
        sent = Sent(engine)
        with Session(engine) as session:
            outcome, reading, writing = _index(
                console, session, chosen, [one.module for one in files]
            )
        _tell(console, outcome, len(sent.statements), reading, writing)
        _ask(console, engine, sent)
    finally:
        engine.dispose()
    if engine.url.database not in (None, "", ":memory:"):
        console.print(
            f"The index is kept in {shown}: run this again and only what has changed is read; "
            "delete it when you like.",
            highlight=False,
            markup=False,
        )


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


def _ask(console: Console, engine: Engine, sent: Sent) -> None:
    before, start, alone = len(sent.statements), time.perf_counter(), 0
    with Session(engine) as session:
        for question in QUESTIONS:
            place, began = len(sent.statements), time.perf_counter()
            answer = question(session)
            seconds, statements = time.perf_counter() - began, sent.since(place)
            one_by_one = 1 + answer.touched if answer.touched else len(statements)
            alone += one_by_one
            console.print(_rich(answer))
            console.print(Syntax(code_of(question), "python", word_wrap=True))
            _tell_sent(console, statements, one_by_one, seconds)
    count, seconds = len(sent.statements) - before, time.perf_counter() - start
    console.print(
        f"answered in {count} statements and {seconds:.1f} s ({count / seconds:,.0f} "
        f"statements/s); loading one object at a time, it would have been {alone:,} statements"
    )


def _tell_sent(console: Console, statements: list[str], one_by_one: int, seconds: float) -> None:
    """Tell of the SQL of one question, each text once."""
    for text, times in Counter(map(_in_one_line, statements)).items():
        console.print(
            f"  {text}" + (f"  ({times} times)" if times > 1 else ""),
            style="dim",
            highlight=False,
            markup=False,
        )
    many = f"{len(statements)} statement{'s' * (len(statements) != 1)}"
    told = f"  {many} in {1000 * seconds:.0f} ms"
    if one_by_one > len(statements):
        told += f"; loading one object at a time, {one_by_one:,}"
    console.print(f"{told}\n", style="green", highlight=False)


def _in_one_line(sql: str) -> str:
    """Return *sql* as it is shown: parameters of a list but the first are left out."""
    text = re.sub(r"\((\?|%s)(?:, (?:\?|%s))+\)", r"(\1, …)", " ".join(sql.split()))
    return text if len(text) <= _MOST_SQL else f"{text[:_MOST_SQL]} …"


_MOST_SQL = 240
"""How much is shown of a statement."""

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
