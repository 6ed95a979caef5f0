"""Who holds a connection: where it was borrowed, since when, and what it runs."""

from __future__ import annotations

from dataclasses import dataclass
from os.path import dirname, realpath
from sys import _getframe
from time import monotonic

from ...steps import bridging


class PassedFiles:
    """Files whose functions are passed by on the way to a caller.

    ``starts``  how their names start
    ``known``   those that were met: to look here is quicker than to compare names
    """

    __slots__ = ("known", "starts")

    def __init__(self, *starts: str) -> None:
        self.starts = starts
        self.known: set[str] = set()


LIBRARY = PassedFiles(dirname(dirname(dirname(realpath(__file__)))), "<dovetail ")
"""The files of this library, generated text included."""

_LONGEST_STATEMENT = 120

now = monotonic
"""The clock that holders are measured by."""


@dataclass(frozen=True, slots=True)
class Holder:
    """One borrowed connection.  ``str()`` gives a line for a message or a log."""

    filename: str
    line: int
    function: str
    seconds: float
    statement: str | None
    thread: str

    def __str__(self) -> str:
        where = f"{self.filename}:{self.line} in {self.function}"
        text = f"{where}, {self.seconds:.1f} s ago (thread {self.thread})"
        if self.statement is None:
            return f"{text}, no statement yet"
        statement = " ".join(self.statement.split())
        if len(statement) > _LONGEST_STATEMENT:
            statement = statement[: _LONGEST_STATEMENT - 3] + "..."
        return f"{text}, last statement: {statement}"


def _no_frame() -> None:
    return None


def caller(inner: int = 1, passed: PassedFiles = LIBRARY) -> tuple[str, int, str]:
    """Return file, line and function of the nearest caller outside of this library.

    *inner* functions, from the one that calls on, are known to be the library's own.  *passed*
    has the files that do not count; where all are such, it is the outermost caller.
    """
    frame = _getframe(inner)
    beyond = bridging.frame
    known, starts = passed.known, passed.starts
    while True:
        filename = frame.f_code.co_filename
        if filename not in known:
            if not filename.startswith(starts):
                break
            if not filename.startswith("<"):
                known.add(filename)
        outer = frame.f_back
        if outer is None:
            outer, beyond = beyond(), _no_frame
            if outer is None:
                break
        frame = outer
    code = frame.f_code
    return code.co_filename, frame.f_lineno, code.co_qualname


def listed(holders: list[Holder], most: int = 10) -> str:
    """Return *holders* as lines, those who hold longest first."""
    ordered = sorted(holders, key=lambda holder: -holder.seconds)
    lines = [f"\n  {holder}" for holder in ordered[:most]]
    if len(ordered) > most:
        lines.append(f"\n  and {len(ordered) - most} more")
    return "".join(lines)
