"""Random columns: of which types, with which defaults, in which order, and under which names.

A :class:`Layout` is what a class keeps besides its key and its references.  The order of the
attributes, that of the table, and the names of both are independent of each other.
"""

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from hypothesis import strategies as st

TYPES = (
    *("integer", "integer", "text", "number", "flag"),
    *("json", "json without null", "json evaluating none", "choice", "span", "moment", "uuid"),
    "array",
)
DEFAULTS = (None, None, None, "scalar", "function", "context", "server", "sql", "sequence")
UPDATES = (None, None, None, "scalar", "function", "sql", "server")
HOMES = ("class", "class", "mixin", "abstract")
STYLES = ("declarative", "declarative", "table", "imperative")
VERSIONS = (None, None, "number", "random")


class Choice(Enum):
    """What an enumerated column holds."""

    ONE = 1
    TWO = 2
    MANY = 3


class Plain(NamedTuple):
    """A column that is no key and no reference."""

    type: str
    default: str | None
    onupdate: str | None
    home: str
    sort_order: int


class Layout(NamedTuple):
    """The columns of a class and how they are declared.

    ``renames_keys``  the columns of the key have other names than its attributes
    ``order``         puts the columns of the table, and the attributes, into some order
    ``names``         shuffles the names of the columns among the attributes
    """

    columns: tuple[Plain, ...]
    style: str
    version: str | None
    renames_keys: bool
    order: tuple[int, ...]
    attribute_order: tuple[int, ...]
    names: tuple[int, ...]


_numbers = st.lists(st.integers(0, 9), min_size=1, max_size=7).map(tuple)

_plain = st.builds(
    Plain,
    type=st.sampled_from(TYPES),
    default=st.sampled_from(DEFAULTS),
    onupdate=st.sampled_from(UPDATES),
    home=st.sampled_from(HOMES),
    sort_order=st.sampled_from((0, 0, 0, -1, 1, 2)),
)

layouts = st.builds(
    Layout,
    columns=st.lists(_plain, min_size=1, max_size=3).map(tuple),
    style=st.sampled_from(STYLES),
    version=st.sampled_from(VERSIONS),
    renames_keys=st.booleans(),
    order=_numbers,
    attribute_order=_numbers,
    names=_numbers,
)
"""Layouts of classes that stand at the top of their hierarchy."""


def shuffled(things, order):
    """*things* in the order that the numbers of *order*, over and over, give them."""
    places = range(len(things))
    return [things[n] for n in sorted(places, key=lambda n: order[n % len(order)])]


def renamed(names, order):
    """A column's name for each of the attributes called *names*: one of the same names."""
    return dict(zip(names, shuffled(names, order), strict=True))


def value(kind, number):
    """The value of a column of type *kind* that *number* stands for; 0 is None."""
    if number == 0:
        return None
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)
    return {
        "integer": number,
        "text": f"t{number}",
        "number": number / 2,
        "flag": number % 2 == 0,
        "json": {"n": number},
        "json without null": [number],
        "json evaluating none": {"e": [number, None]},
        "choice": list(Choice)[number % 3],
        "span": timedelta(hours=number),
        "moment": moment,
        "uuid": UUID(int=number),
        "array": [number, None],
    }[kind]


def type_of(sa, kind):
    """The type of a column of *kind* in the package *sa*."""
    return {
        "integer": sa.Integer,
        "text": lambda: sa.String(20),
        "number": sa.Float,
        "flag": sa.Boolean,
        "json": sa.JSON,
        "json without null": lambda: sa.JSON(none_as_null=True),
        "json evaluating none": lambda: sa.JSON().evaluates_none(),
        "choice": lambda: sa.Enum(Choice, native_enum=False, length=10),
        "span": sa.Interval,
        "moment": lambda: sa.DateTime(timezone=True),
        "uuid": sa.Uuid,
        "array": lambda: sa.JSON().with_variant(sa.ARRAY(sa.Integer), "postgresql"),
    }[kind]()


def options_of(sa, plain, sequence):
    """The arguments for defaults of a column like *plain*; *sequence* is the name of one for it."""
    found = {}
    made = {
        "scalar": lambda number: value(plain.type, number),
        "function": lambda number: lambda: value(plain.type, number),
        "context": lambda number: lambda context: value(plain.type, number),
        "sql": lambda number: _sql(sa, plain.type, number),
    }
    if plain.default == "server":
        text = {"integer": "70", "text": "'s'"}.get(plain.type)
        if text is not None:
            found["server_default"] = sa.text(text)
    elif plain.default == "sequence":
        if plain.type == "integer":
            found["default"] = sa.Sequence(sequence)
    elif plain.default is not None:
        found["default"] = made[plain.default](7)
    if plain.onupdate == "server":
        found["server_onupdate"] = sa.FetchedValue()
    elif plain.onupdate is not None:
        found["onupdate"] = made[plain.onupdate](8)
    return found


def _sql(sa, kind, number):
    """An expression of the type *kind*, or a value where there is no simple one."""
    if kind == "integer":
        return sa.func.abs(-number)
    if kind == "text":
        return sa.func.lower(f"T{number}")
    return value(kind, number)
