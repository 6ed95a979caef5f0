"""Writing elements of one's own, or writing those that are there otherwise.

A class of elements is derived from ``ColumnElement``, ``FunctionElement``, ``FromClause``,
``ExecutableDDLElement`` or ``Executable`` and ``ClauseElement``, and a function writes it::

    class GreatestOf(ColumnElement):
        inherit_cache = True

        def __init__(self, *clauses):
            self.clauses = clauses


    @compiles(GreatestOf)
    def write_greatest(element, compiler, **kw):
        return f"greatest({', '.join(compiler.process(c, **kw) for c in element.clauses)})"


    @compiles(GreatestOf, "sqlite")
    def write_greatest_on_sqlite(element, compiler, **kw):
        return f"max({', '.join(compiler.process(c, **kw) for c in element.clauses)})"
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..compiler.cache import forget_plans
from ..compiler.custom import custom_writers
from ..exc import ArgumentError

F = TypeVar("F", bound=Callable[..., str])


def compiles(class_: type[Any], *specs: str) -> Callable[[F], F]:
    """Let the decorated function write elements of *class_*: for the dialects named, or for all.

    It is called with the element, the compiler and keywords, which it hands on:
    ``compiler.process(part, **kw)`` writes a part, ``compiler.visit_…(element, **kw)`` writes
    the element as it would be written without the function.
    """
    if not isinstance(class_, type):
        raise ArgumentError(
            f"compiles() takes a class, not {class_!r}", hint='@compiles(MyElement, "sqlite")'
        )

    def register(function: F) -> F:
        custom_writers.add(class_, function, specs)
        # What was written before may have had such an element in it.
        forget_plans()
        return function

    return register


def deregister(class_: type[Any]) -> None:
    """Forget the functions that write *class_*."""
    custom_writers.remove(class_)
    forget_plans()
