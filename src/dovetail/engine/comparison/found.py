"""The parts of the tables of a database, as its reflection tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .parts import Part, TableParts, key_of, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .reading import Reading

Described = dict[str, Any]
"""What reflection tells of a table, by kind: ``columns``, ``indexes`` and so on."""


class FoundTables:
    """Tells of tables what a database says of them."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def table(self, name: str, schema: str | None, described: Described) -> TableParts:
        """Return the parts of the table *name*, of which reflection has *described* so much."""
        comment = described.get("table_comment")
        return TableParts(
            key_of(name, schema),
            [
                *self._columns(described),
                *self._keys(described),
                *self._uniques(described),
                *self._indexes(described),
                *(
                    self.reading.check(each["name"], each["sqltext"])
                    for each in described.get("check_constraints", ())
                ),
            ],
            None if comment is None else plain(comment.get("text") or None),
        )

    def _columns(self, described: Described) -> Iterator[Part]:
        keys = set(described["primary_key"]["constrained_columns"])
        for column in described["columns"]:
            name = column["name"]
            aspects = self.reading.type_aspects(column["type"])
            if name not in keys:
                aspects["nullable"] = plain(bool(column["nullable"]))
            computed = column.get("computed")
            aspects["computed"] = self.reading.condition(computed["sqltext"] if computed else None)
            if computed:
                aspects["persisted"] = plain(bool(computed.get("persisted")))
            if "autoincrement" in column:
                aspects["autoincrement"] = plain(bool(column["autoincrement"]))
            if not column.get("identity") and not computed:
                aspects["default"] = self.reading.default(_text(column.get("default")))
            if "comment" in column:
                aspects["comment"] = plain(column["comment"] or None)
            shown = aspects["type"].shown if "type" in aspects else "an unknown type"
            yield Part("column", name, ("column", name), str(shown), aspects)

    def _keys(self, described: Described) -> Iterator[Part]:
        key = described["primary_key"]
        if key["constrained_columns"]:
            yield self.reading.primary_key(key["name"], key["constrained_columns"])
        for found in described["foreign_keys"]:
            schema = self.reading.schema(found["referred_schema"])
            yield self.reading.foreign_key(
                found["name"],
                found["constrained_columns"],
                key_of(found["referred_table"], schema),
                found["referred_columns"],
                found["options"],
            )

    def _uniques(self, described: Described) -> Iterator[Part]:
        for found in described["unique_constraints"]:
            if not found.get("duplicates_index"):
                yield self.reading.unique(found["name"], found["column_names"])

    def _indexes(self, described: Described) -> Iterator[Part]:
        own = [tuple(key["constrained_columns"]) for key in described["foreign_keys"]]
        for found in described["indexes"]:
            if found.get("duplicates_constraint"):
                continue
            names = tuple(found["column_names"])
            texts = found.get("expressions") or names
            options = self._options(found)
            by_the_server = (
                self.reading.spelling.indexes_foreign_keys
                and not found["unique"]
                and any(names[: len(key)] == key for key in own)
            )
            yield self.reading.index(
                found["name"],
                list(zip(names, texts, strict=True)),
                bool(found["unique"]),
                {key: set(words) for key, words in found.get("column_sorting", {}).items()},
                options,
                by_the_server,
            )

    def _options(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of an index without the name of the server before them."""
        options = {}
        for name, value in (found.get("dialect_options") or {}).items():
            options[name.partition("_")[2]] = value
        where = options.get("where")
        if where is not None and not isinstance(where, str):
            options["where"] = str(where.text)
        return options


def _text(default: object) -> str | None:
    return None if default is None else str(default)
