"""Recipes of random mappings, and of random programs over them.

A *schema* is data: for each class its key, its columns and the classes below it, and relationships
between any of them.  A *program* makes, links, changes and deletes objects, in savepoints too;
*reads* load them again with options.  Everything is named by numbers, so that one recipe serves
both packages.
"""

from typing import NamedTuple

from hypothesis import strategies as st

from tests.properties.layouts import Layout, Plain, _plain, layouts

KEYS = ("number", "pair", "text", "made", "sequence", "identity")
KINDS = ("one to many", "one to one", "many to many", "association")
BELOW = ("single", "single", "joined", "joined", "concrete")
TRANSLATED = (None, None, None, "here", "away")
CASCADES = (None, "all", "all, delete-orphan")
LAZY = ("select", "select", "joined", "selectin")
LOADS = ("lazyload", "joinedload", "selectinload", "subqueryload", "immediateload")
SHAPES = ("graph", "graph", "graph", "aggregates", "groups", "labels")
MOST_CLASSES = 3
MOST_BELOW = 3


class Below(NamedTuple):
    """A class below another of its hierarchy, which *above* is the number of.

    ``shared``  it has the column that others beside it have as well, if it is in their table
    """

    above: int
    kind: str
    shared: bool
    column: Plain


class Class(NamedTuple):
    """A class: its key, its columns, and the classes below it."""

    key: str
    layout: Layout
    below: tuple[Below, ...]


class Related(NamedTuple):
    """A relationship from one class of a hierarchy, by their numbers, to another, and back.

    An "association" goes over objects that keep a column of their own for each pair.

    ``backref``  the way back is declared along with the way there
    ``ordered``  a collection is in the descending order of its keys
    ``alone``    the way there is mapped, and no way back
    """

    kind: str
    parent: int
    parent_below: int
    child: int
    child_below: int
    cascade: str | None
    lazy: str
    lazy_back: str
    backref: bool
    ordered: bool
    alone: bool = False


class Schema(NamedTuple):
    """Classes and their relationships, and where a translation of schemas puts the tables.

    ``translated``  "here" means tables of another schema that are in the default one, "away" the
                    opposite
    """

    classes: tuple[Class, ...]
    related: tuple[Related, ...] = ()
    translated: str | None = None


_level = st.integers(0, MOST_BELOW)
_small = st.integers(0, 5)


def _relationship(count, parent=None, parent_below=_level):
    """Relationships between any of *count* hierarchies, or from the one that *parent* draws."""
    numbers = st.integers(0, count - 1)
    return st.builds(
        Related,
        kind=st.sampled_from(KINDS),
        parent=numbers if parent is None else parent,
        parent_below=parent_below,
        child=numbers,
        child_below=_level,
        cascade=st.sampled_from(CASCADES),
        lazy=st.sampled_from(LAZY),
        lazy_back=st.sampled_from(LAZY),
        backref=st.booleans(),
        ordered=st.booleans(),
        alone=st.booleans(),
    )


def _relationships(count):
    return st.lists(_relationship(count), max_size=4).map(tuple)


def _below(above=_level):
    return st.builds(
        Below, above=above, kind=st.sampled_from(BELOW), shared=st.booleans(), column=_plain
    )


def _hierarchies(below):
    return st.builds(Class, key=st.sampled_from(KEYS), layout=layouts, below=below)


_classes = _hierarchies(st.one_of(st.just(()), st.lists(_below(), max_size=MOST_BELOW).map(tuple)))
_deep = _hierarchies(st.tuples(*[_below(st.just(above)) for above in range(MOST_BELOW)]))
"""Hierarchies in which each class is below the one before."""
_translated = st.sampled_from(TRANSLATED)
_wide_schemas = st.lists(_classes, min_size=1, max_size=MOST_CLASSES).flatmap(
    lambda classes: st.builds(
        Schema, st.just(tuple(classes)), _relationships(len(classes)), _translated
    )
)
_deep_schemas = st.builds(
    Schema,
    st.tuples(_deep, _classes),
    st.tuples(*[_relationship(2, st.just(0), st.just(place)) for place in range(MOST_BELOW + 1)]),
    _translated,
)
"""Schemas with a relationship, and the way back, on each class of a deep hierarchy."""

schemas = st.one_of(_wide_schemas, _wide_schemas, _wide_schemas, _deep_schemas)
alone = st.builds(Schema, st.tuples(_classes), related=st.just(()), translated=_translated)
"""Schemas of one hierarchy without relationships."""

_values = st.lists(st.tuples(_small, st.integers(0, 3)), max_size=4)
"""Which columns get which values: 0 is None."""
_make = st.tuples(st.just("make"), _small, _level, _values)
_set = st.tuples(st.just("set"), _small, _values)
_writes = (
    _make,
    _make,
    _set,
    _set,
    st.tuples(st.just("compute"), _small, _small),
    st.tuples(st.just("merge"), _small, _values),
    st.tuples(st.just("insert"), _small, _level, _values, st.booleans()),
    st.tuples(st.just("update"), _small, _values),
)
_links = (
    st.tuples(st.just("link"), _small, _small, _small),
    st.tuples(st.just("link"), _small, _small, _small),
    st.tuples(st.just("unlink"), _small, _small, _small),
    st.tuples(st.just("refer"), _small, _small, _small),
    st.tuples(st.just("grow"), _small, _small, _values),
)
_ends = (
    st.tuples(st.just("delete"), _small),
    st.tuples(st.just("flush")),
    st.tuples(st.just("look"), _small, st.booleans()),
    st.tuples(st.just("commit")),
    st.tuples(st.just("expunge")),
    st.tuples(st.just("expire"), _small),
    st.tuples(st.just("savepoint")),
    st.tuples(st.just("release"), st.booleans()),
    st.tuples(st.just("rollback")),
)


def _programs(*steps):
    """Programs that make some objects first: what there is nothing to do with tests nothing."""
    made = st.lists(_make, min_size=2, max_size=6)
    done = st.lists(st.one_of(*steps), min_size=6, max_size=24)
    return st.tuples(made, done).map(lambda both: [*both[0], *both[1]])


_spread = st.tuples(st.just("spread"), st.integers(1, 2))
programs = _programs(*_writes, *_links, *_links, *_ends, _spread)
writes = _programs(*_writes, *_writes, *_ends)
"""Programs for schemas without relationships."""


class Read(NamedTuple):
    """What is read of a class: the graph that begins with its instances, or a summary of them.

    ``loads``     options: relationships and how they are loaded, and what is below them
    ``criteria``  classes, by two numbers, and a key of theirs that is left out everywhere
    """

    shape: str
    number: int
    place: int
    loads: tuple[tuple[int, str, int, str], ...]
    limit: int | None
    descending: bool
    criteria: tuple[tuple[int, int, int], ...]


_joined = st.just("joinedload")
_options = st.one_of(
    st.lists(st.tuples(_small, st.sampled_from(LOADS), _small, st.sampled_from(LOADS))),
    # One join after the other: each row of one repeats those of another.
    st.lists(st.tuples(_small, _joined, _small, _joined), min_size=2),
)
_criteria = st.lists(st.tuples(_small, _level, _small), min_size=1, max_size=2)

reads = st.lists(
    st.builds(
        Read,
        shape=st.sampled_from(SHAPES),
        number=_small,
        place=_level,
        loads=_options.map(tuple),
        limit=st.one_of(st.none(), st.integers(1, 3)),
        descending=st.booleans(),
        criteria=st.one_of(st.just(()), st.just(()), _criteria.map(tuple)),
    ),
    min_size=1,
    max_size=3,
)
