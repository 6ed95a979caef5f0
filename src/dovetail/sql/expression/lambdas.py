"""Statements given as functions: ``lambda_stmt(lambda: select(user))``.

Elsewhere the function is what a cache knows a statement by.  Here every statement finds its plan
by its structure, so that the function is called at once, and costs no more than what it returns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...exc import ArgumentError
from .coercion import node_of


class LambdaElement:
    """An expression that a function gave."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        if not callable(function):
            raise ArgumentError(
                f"a function is needed, not {function!r}", hint="lambda_stmt(lambda: select(...))"
            )
        made = node_of(function(*arguments))
        if made is None:
            raise ArgumentError("the function returns no statement or expression")
        self._resolved: Any = made

    @property
    def __visit_name__(self) -> str:
        name: str = self._resolved.__visit_name__
        return name

    def __clause_element__(self) -> Any:
        return self._resolved

    def __str__(self) -> str:
        return str(self._resolved)

    def compile(self, *arguments: object, **keywords: object) -> Any:
        """Return the statement as SQL."""
        return self._resolved.compile(*arguments, **keywords)


class StatementLambdaElement(LambdaElement):
    """A statement that functions made: the first gives it, those added refine it::

    statement = lambda_stmt(lambda: select(user))
    statement += lambda s: s.where(user.c.name == name)
    """

    def __add__(self, function: Callable[[Any], Any]) -> StatementLambdaElement:
        return StatementLambdaElement(function, self._resolved)

    def add_criteria(self, function: Callable[[Any], Any], **_: object) -> StatementLambdaElement:
        """Return this statement as *function* refines it."""
        return self + function

    def spoil(self) -> StatementLambdaElement:
        """Return this statement: what is added next is not cached, which it never is."""
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._resolved, name)


def lambda_stmt(lmb: Callable[[], Any], **_: object) -> StatementLambdaElement:
    """Return the statement that the function *lmb* makes, to be refined by further functions."""
    return StatementLambdaElement(lmb)
