"""One statement as a watch remembers it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ...dialects.dbapi import DriverParameters
    from ..executed import Kind
    from ..place import Place

Plan = Literal["found", "made", "text"]

_LIST = re.compile(r"\bIN \((?!SELECT\b)([^()]*)\)")
_ROWS = re.compile(r"\bVALUES (\([^()]*\))((?:, \([^()]*\))+)")
_CHANGE = re.compile(r"(?is)\s*(?:WITH\b.*\b)?(?:INSERT|(?<!FOR )UPDATE|DELETE|MERGE|REPLACE)\b")
_QUERY = re.compile(r"[\s(]*(?:SELECT|VALUES|WITH|TABLE)\b", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class WatchedStatement:
    """One statement, or BEGIN, COMMIT and their like, that was sent while a watch was open.

    ``number``       its place in the order of sending, from 1 on
    ``kind``         ``"statement"``, or ``"transaction"`` for what begins and ends one
    ``sql``          the text
    ``place``        the line of the program that it comes from
    ``started``      when it was sent: seconds since the watch was opened
    ``seconds``      how long the database took
    ``rows``         how many rows came back or were changed; None where nobody knows
    ``plan``         ``"found"`` where it was planned before, ``"made"``, or ``"text"``
    ``sets``         how many sets of values it ran with, or how many keys or rows are in its text
    ``parameters``   the values, where the watch keeps them
    ``digest``       a number that equal values have in common
    ``connection``, ``transaction``, ``session``, ``flush``  numbers that tell them apart; None
    where there is none
    ``reading``      the attribute whose lazy load it is, such as ``"User.addresses"``
    ``error``        the name of the class of what was raised for it
    """

    number: int
    kind: Kind
    sql: str
    place: Place
    started: float
    connection: int
    transaction: int | None = None
    session: int | None = None
    flush: int | None = None
    reading: str | None = None
    seconds: float = 0.0
    rows: int | None = None
    plan: Plan = "text"
    sets: int = 1
    parameters: Any = None
    digest: int = 0
    error: str | None = None

    @property
    def shape(self) -> str:
        """The text, with one mark for each list of values, however long it is."""
        return _ROWS.sub(r"VALUES \1, ...", _LIST.sub("IN (...)", self.sql))

    @property
    def is_change(self) -> bool:
        """Whether it changes rows."""
        return _CHANGE.match(self.sql) is not None

    @property
    def is_query(self) -> bool:
        """Whether it reads, and changes nothing."""
        return _QUERY.match(self.sql) is not None and not self.is_change

    @property
    def purpose(self) -> str:
        """What it was sent for, in words: empty where the program sent it itself."""
        if self.reading is not None:
            return f"lazy load of {self.reading}"
        return "" if self.flush is None else f"flush {self.flush}"


def sets_of(sql: str, parameters: DriverParameters | None, many: bool) -> int:
    """Return how many sets of values *sql* runs with, or how many keys or rows are in it."""
    parameters = parameters or ()
    if many:
        return len(parameters)
    lists: list[int] = [text.count(",") + 1 for text in _LIST.findall(sql)]
    rows: list[int] = [text.count("(") + 1 for _, text in _ROWS.findall(sql)]
    values = parameters.values() if isinstance(parameters, Mapping) else parameters
    arrays = [len(value) for value in values if isinstance(value, list)]
    return max((1, *lists, *rows, *arrays))


def digest_of(parameters: object) -> int:
    """Return a number that equal *parameters* have in common."""
    try:
        return hash(parameters)
    except TypeError:
        return hash(repr(parameters))
