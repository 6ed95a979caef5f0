"""What a random mapping, and a program over it, has to do with: each by a name."""

from collections.abc import Iterator

from tests.properties.declared import Declared, Member
from tests.properties.layouts import DEFAULTS, HOMES, STYLES, TYPES, UPDATES, VERSIONS
from tests.properties.schemas import BELOW, KEYS, KINDS, LAZY, LOADS, SHAPES, TRANSLATED

STEPS = (
    *(
        "make",
        "set",
        "compute",
        "merge",
        "insert",
        "update",
        "link",
        "unlink",
        "refer",
        "grow",
        "delete",
    ),
    *("flush", "look", "commit", "expunge", "expire", "savepoint", "release", "rollback"),
)


def _named(kind: str, values: tuple[str | None, ...]) -> set[str]:
    return {f"{kind} {value}" for value in values}


EVERY = {
    *_named("key", KEYS),
    *_named("type", TYPES),
    *_named("None for type", TYPES),
    *_named("default", DEFAULTS),
    *_named("onupdate", UPDATES),
    *_named("home", HOMES),
    *_named("style", STYLES),
    *_named("version", VERSIONS),
    *_named("translated", TRANSLATED),
    *_named("below", BELOW),
    *_named("relationship", KINDS),
    *_named("lazy", LAZY),
    *_named("option", LOADS),
    *_named("limited", LOADS),
    *_named("read", SHAPES),
    *_named("step", STEPS),
    "columns with the names of others",
    "keys with the names of others",
    "a version that is not the last column",
    "a backref",
    "a way there without a way back",
    "a self-reference",
    "an ordered collection",
    "a column shared by sisters",
    "a hierarchy of three kinds of inheritance",
    "relationships on each of four classes in a line",
    "relationships of a concrete class",
    "criteria",
    "criteria on a class with others below",
    "criteria with an eager option and a limit",
}
"""All that the generators are to draw."""


def features(schema, program, reads) -> set[str]:
    """The names of what the example has."""
    declared = Declared("sqlalchemy", schema)
    try:
        return {
            *_of_classes(schema, declared),
            *_of_relationships(schema, declared),
            *_of_program(program, declared),
            *_of_reads(reads, declared),
        }
    finally:
        declared.Base.registry.dispose()


def _of_classes(schema, declared) -> Iterator[str]:
    yield f"translated {schema.translated}"
    for number, one in enumerate(schema.classes):
        layout = one.layout
        yield from (f"key {one.key}", f"style {layout.style}", f"version {layout.version}")
        if layout.renames_keys:
            yield "keys with the names of others"
        for plain in (*layout.columns, *(below.column for below in one.below)):
            yield from (f"type {plain.type}", f"default {plain.default}")
            yield from (f"onupdate {plain.onupdate}", f"home {plain.home}")
        for below in one.below:
            yield f"below {below.kind}"
            if below.shared and below.kind == "single":
                yield "a column shared by sisters"
        if {below.kind for below in one.below} == set(BELOW):
            yield "a hierarchy of three kinds of inheritance"
        yield from _of_table(declared, Member(number, 0))


def _of_table(declared, member) -> Iterator[str]:
    mapper = declared.sa.inspect(declared.mapped[member])
    if any(one.key != one.columns[0].key for one in mapper.column_attrs if one.key[0] == "v"):
        yield "columns with the names of others"
    version = mapper.version_id_col
    if version is not None and version is not list(mapper.local_table.c)[-1]:
        yield "a version that is not the last column"


def _of_relationships(schema, declared) -> Iterator[str]:
    ends: set[Member] = set()
    for number, related in enumerate(schema.related):
        parent, child = declared.ends(number)
        ends |= {parent, child}
        yield f"relationship {related.kind}"
        yield from (f"lazy {related.lazy}", f"lazy {related.lazy_back}")
        if declared.is_alone(number):
            yield "a way there without a way back"
        elif related.backref and related.kind != "association":
            yield "a backref"
        if parent == child:
            yield "a self-reference"
        if declared.is_ordered(number):
            yield "an ordered collection"
    if any(declared._is_concrete(end) for end in ends):
        yield "relationships of a concrete class"
    for member in ends:
        line = declared.line(member)
        if len(line) > 3 and ends.issuperset(line):
            yield "relationships on each of four classes in a line"


def _of_program(program, declared) -> Iterator[str]:
    for step in program:
        yield f"step {step[0]}"
        if step[0] == "make":
            columns = declared.plain(declared.member(*step[1:3]))
            for which, number in step[3]:
                if number == 0:
                    yield f"None for type {columns[which % len(columns)][1]}"


def _of_reads(reads, declared) -> Iterator[str]:
    for read in reads:
        yield f"read {read.shape}"
        for _, load, _, _ in read.loads if read.shape == "graph" else ():
            yield f"option {load}"
            if read.limit is not None:
                yield f"limited {load}"
                if read.criteria:
                    yield "criteria with an eager option and a limit"
        for number, place, _ in read.criteria:
            yield "criteria"
            if len(declared.below(declared.member(number, place))) > 1:
                yield "criteria on a class with others below"
