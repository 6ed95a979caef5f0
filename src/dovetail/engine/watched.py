"""How watching begins: what does it is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Literal, TypedDict

from ..event import listen, remove

if TYPE_CHECKING:
    from .watching.budget import Budget
    from .watching.watch import Watch

WATCHED_EVENTS = ("before_statement", "after_statement")
"""The events that a watch listens to, each by its method of this name."""


class WatchOptions(TypedDict, total=False):
    """How ``watch()`` watches: see :class:`dovetail.watching.Watch`."""

    budget: int | Budget | None
    parameters: bool
    slow: float
    held: float
    repeats: int
    scope: Literal["all", "context"]


def begin_watch(attach: Callable[[Watch], Callable[[], None]], options: WatchOptions) -> Watch:
    """Return a watch of these *options*.

    *attach* lets it listen, and returns what ends that.
    """
    made: Watch = import_module(".watching.watch", __package__).Watch(attach, **options)
    return made


def attach_to(target: object, watch: Watch) -> Callable[[], None]:
    """Let *watch* listen to *target*, an engine or a connection; return what ends that."""
    for name in WATCHED_EVENTS:
        listen(target, name, getattr(watch, name))

    def detach() -> None:
        for name in WATCHED_EVENTS:
            remove(target, name, getattr(watch, name))

    return detach
