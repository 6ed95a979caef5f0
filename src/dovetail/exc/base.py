"""The root of all errors, and what makes a message helpful."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class DovetailError(Exception):
    """Base of all errors raised by dovetail.

    Parts of the text live in attributes, so that callers never parse a message:

    ``code``  short and stable, such as ``DV-LOAD-02``; it names the manual's entry
    ``hint``  what to do about it, one sentence, or None
    """

    code: str = "DV-000"
    usual_hint: str | None = None
    """The hint of errors of this class to which none is given."""

    def __init__(
        self, message: str = "", *more: object, hint: str | None = None, code: str | None = None
    ) -> None:
        # A program that raises one of these may give it more than a text, as any exception takes.
        super().__init__(message, *more)
        self.message = str(self.args) if more else message
        self.hint = hint if hint is not None else self.usual_hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        # The code of the base is that of no entry in the manual: a program has raised it itself.
        code = self.code
        text = self.message if code == DovetailError.code else f"{self.message} [{code}]"
        return f"{text}\n  hint: {self.hint}" if self.hint else text


SQLAlchemyError = DovetailError


class DontWrapMixin:
    """An exception that is a subclass of this leaves a statement as it was raised.

    Others, raised by a type while parameters are converted, are wrapped in a StatementError::

        class Forbidden(DontWrapMixin, Exception): ...
    """


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the one of *known* that is spelled most like *name*, or None."""
    found = import_module("difflib").get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Return a hint that proposes the nearest of *known*, or None if none is near."""
    guess = nearest(name, known)
    return f"did you mean {guess!r}?" if guess is not None else None
