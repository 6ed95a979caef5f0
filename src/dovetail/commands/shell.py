"""``dovetail shell``: Python with a session and the mapped classes at hand."""

from __future__ import annotations

from code import InteractiveConsole
from typing import Annotated, Any

import typer

from .. import delete, func, insert, select, text, update
from ..orm import Session, joinedload, selectinload
from .engines import blocking_engine
from .targets import mappers_of, metadata_of

try:
    import readline as readline  # The console has a history and completes names with it.
except ImportError:
    pass

_AT_HAND = (select, insert, update, delete, text, joinedload, selectinload)


def shell(
    target: Annotated[
        str, typer.Argument(metavar="MODULE:BASE", help="A base, for example shop.models:Base")
    ],
    database: Annotated[str, typer.Argument(metavar="URL", help="URL of the database.")],
    echo: Annotated[bool, typer.Option(help="Show each statement that is sent.")] = False,
) -> None:
    """Start Python with a session, the mapped classes, select() and the like.

    Nothing is committed unless session.commit() is called.
    """
    mappers = mappers_of(metadata_of(target))
    engine = blocking_engine(database, echo=echo)
    try:
        with engine.connect():
            pass  # A database that cannot be reached is told of now.
        with Session(engine) as session:
            classes = {mapper.class_.__name__: mapper.class_ for mapper in mappers}
            others: dict[str, Any] = {"session": session, "engine": engine, "func": func}
            others |= {function.__name__: function for function in _AT_HAND}
            banner = f"Mapped: {', '.join(classes)}\nAlso: {', '.join(others)}"
            InteractiveConsole({**others, **classes}).interact(banner, "")
    finally:
        engine.dispose()
