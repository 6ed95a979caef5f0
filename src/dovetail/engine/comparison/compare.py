"""Tables as they are declared beside those of a database: what differs, as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...dialects.asking import reflection_for
from ...dialects.reflection import Inquiry
from ...sql.difference import Difference
from .declared import DeclaredTables
from .found import Described, FoundTables
from .parts import TableParts, key_of, without_repeated_key
from .reading import Reading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ...dialects.reflection import Reflection
    from ...sql.metadata import MetaData
    from ...steps import Steps
    from ..definition import Definer
    from .parts import Aspect, Part

KINDS = (
    *("columns", "primary_key", "foreign_keys", "indexes", "unique_constraints"),
    *("check_constraints", "table_comment"),
)
"""What reflection tells of a table."""

Name = tuple[str | None, str]
"""A table: its schema, None for the default one, and its name."""


def differences_steps(
    connection: Definer, metadata: MetaData, ignore: Collection[str]
) -> Steps[list[Difference]]:
    """Return in what the database of *connection* differs from the tables of *metadata*.

    Tables named in *ignore*, with their schema if it is not the default one, are passed over.
    """
    dialect = connection.dialect
    reflection = reflection_for(dialect, connection.engine.backend.reflection)
    inquiry = Inquiry(connection, dialect, {})
    default = yield from reflection.default_schema_steps(inquiry)
    reading = Reading(dialect, reflection.spelling, default)
    declared: dict[Name, TableParts] = {}
    for table in metadata.tables.values():
        name = (reading.schema(table.schema), str(table.name))
        if key_of(name[1], name[0]) not in ignore:
            declared[name] = DeclaredTables(reading).table(table)
    schemas = {schema for schema, _ in declared} | {reading.schema(metadata.schema)}
    found: list[Difference] = []
    for schema in sorted(schemas, key=lambda name: name or ""):
        here = {name: parts for (place, name), parts in declared.items() if place == schema}
        there = _Database(reflection, inquiry, reading, schema)
        found += yield from there.compare_steps(here, ignore)
    return found


class _Database:
    """What one schema of a database contains."""

    def __init__(
        self, reflection: Reflection, inquiry: Inquiry, reading: Reading, schema: str | None
    ) -> None:
        self.reflection = reflection
        self.inquiry = inquiry
        self.reading = reading
        self.schema = schema
        self.kinds = [
            kind
            for kind in KINDS
            if kind != "table_comment" or reading.dialect.features.supports_comments
        ]

    def compare_steps(
        self, declared: dict[str, TableParts], ignore: Collection[str]
    ) -> Steps[list[Difference]]:
        """Return how the tables of this schema differ from those *declared*."""
        tables = yield from self.reflection.table_names_steps(self.inquiry, self.schema)
        views = yield from self.reflection.view_names_steps(self.inquiry, self.schema)
        views += yield from self.reflection.materialized_view_names_steps(self.inquiry, self.schema)
        many = yield from self._many_steps()
        found: list[Difference] = []
        for name in sorted(declared.keys() | set(tables)):
            key = key_of(name, self.schema)
            if key in ignore:
                continue
            if name not in declared:
                found.append(Difference("extra", key, "table"))
            elif name not in tables and name not in views:
                found.append(Difference("missing", key, "table"))
            else:
                described = yield from self._described_steps(name, many)
                there = FoundTables(self.reading).table(name, self.schema, described)
                found += _table_differences(declared[name], there, name in views)
        return found

    def _many_steps(self) -> Steps[dict[str, dict[str, Any] | None]]:
        """Return what all tables have, by kind; None where they are asked for one by one."""
        many = {}
        for kind in self.kinds:
            many[kind] = yield from self.reflection.many_steps(self.inquiry, kind, self.schema)
        return many

    def _described_steps(
        self, name: str, many: dict[str, dict[str, Any] | None]
    ) -> Steps[Described]:
        described: Described = {}
        for kind, of_all in many.items():
            if of_all is not None and name in of_all:
                described[kind] = of_all[name]
            else:
                steps = getattr(self.reflection, f"{kind}_steps")
                described[kind] = yield from steps(self.inquiry, name, self.schema)
        return described


def _table_differences(
    declared: TableParts, found: TableParts, is_view: bool
) -> Iterator[Difference]:
    of_columns_alone = declared.of_columns_alone or is_view
    if not of_columns_alone and declared.comment is not None and found.comment is not None:
        yield from _aspect_differences(
            declared.key, "table", None, {"comment": declared.comment}, {"comment": found.comment}
        )
    ours, theirs = without_repeated_key(declared.parts), without_repeated_key(found.parts)
    if of_columns_alone:
        ours = [part for part in ours if part.what == "column"]
        theirs = [part for part in theirs if part.what == "column"]
    pairs, missing, extra = _paired(ours, theirs)
    for one, other in pairs:
        if not of_columns_alone:
            yield from _aspect_differences(
                declared.key, one.what, one.title, one.aspects, other.aspects
            )
    for part in missing:
        yield Difference("missing", declared.key, part.what, part.title, declared=part.shown)
    for part in extra:
        if not part.by_the_server:
            yield Difference("extra", declared.key, part.what, part.title, found=part.shown)


def _aspect_differences(
    table: str, what: str, name: str | None, ours: dict[str, Aspect], theirs: dict[str, Aspect]
) -> Iterator[Difference]:
    for aspect, one in ours.items():
        other = theirs.get(aspect)
        if other is not None and one.value != other.value:
            yield Difference("different", table, what, name, aspect, one.shown, other.shown)


def _paired(
    ours: list[Part], theirs: list[Part]
) -> tuple[list[tuple[Part, Part]], list[Part], list[Part]]:
    """Return the parts that are the same on both sides, and those that one side has alone.

    The same are first those that are on the same and have the same name, then those that are on
    the same, then those that have the same name.
    """
    tries = (
        lambda part: (part.identity, part.name),
        lambda part: part.identity,
        lambda part: None if part.name is None else (part.what, part.name),
    )
    pairs: list[tuple[Part, Part]] = []
    for key in tries:
        waiting: dict[Any, list[Part]] = {}
        for part in theirs:
            waiting.setdefault(key(part), []).append(part)
        left = []
        for part in ours:
            same = waiting.get(key(part)) if key(part) is not None else None
            if same:
                other = same.pop(0)
                pairs.append((part, other))
                theirs = [each for each in theirs if each is not other]
            else:
                left.append(part)
        ours = left
    return pairs, ours, theirs
