"""How both sides of a comparison are read, so that what means the same is equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...exc import CompileError
from ...types.contract import NullType, TypeEngine
from .expressions import meaning
from .parts import Aspect, Part, listed, plain

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from ...dialects.dialect import Dialect
    from ...dialects.spelling import Spelling

_UPDATED = " ON UPDATE "
_OPTIONS = ("using", "prefix", "nulls_not_distinct")
"""Options of indexes that are compared, by their names without that of the server."""


class Reading:
    """Makes parts of what one server says, and of what would be said to it."""

    def __init__(self, dialect: Dialect, spelling: Spelling, default_schema: str | None) -> None:
        self.dialect = dialect
        self.spelling = spelling
        self.default_schema = default_schema
        self.option_names: tuple[str, ...] = getattr(dialect, "option_names", (dialect.name,))

    def schema(self, name: str | None) -> str | None:
        """Return the schema that is written for *name*; None for the default one."""
        schema: str | None = self.dialect.schema_name(name)
        return None if schema is None or schema == self.default_schema else str(schema)

    # -- what is said of columns --------------------------------------------------------------

    def type_aspects(self, type_: TypeEngine[Any]) -> dict[str, Aspect]:
        """Return what is said of *type_*: nothing, where nobody knows what it is."""
        core = type_.dialect_impl(self.dialect)
        if isinstance(core, NullType):
            return {}
        try:
            text = self.dialect.type_compiler.write(type_)
        except CompileError:
            return {}
        made = self.spelling.type_text(text, self.dialect)
        if made is None:
            return {}
        aspects = {"type": Aspect(made, text)}
        named = self.dialect.named_type(core)
        values = getattr(named if named is not None else core, "enums", None)
        if named is not None and values is not None:
            aspects["type"] = Aspect(self._in_schema(made), text)
            aspects["values"] = Aspect(tuple(values), ", ".join(map(repr, values)))
        return aspects

    def _in_schema(self, text: str) -> str:
        """Return the name *text* without the schema that is the default."""
        return text.removeprefix(f"{self.default_schema}.") if self.default_schema else text

    def condition(self, sql: str | None) -> Aspect:
        """Return an expression, compared by what it means."""
        return Aspect(None if sql is None else meaning(sql, self.spelling.functions), sql)

    def default(self, sql: str | None) -> Aspect:
        """Return what stands after DEFAULT; NULL is the same as none."""
        if sql is None or sql.upper() == "NULL":
            return Aspect(None, None)
        # One server tells of ON UPDATE in the same place.
        place = sql.upper().find(_UPDATED)
        if place < 0:
            return self.condition(sql)
        parts = (sql[:place], sql[place + len(_UPDATED) :])
        return Aspect(tuple(meaning(each, self.spelling.functions) for each in parts), sql)

    # -- constraints and indexes --------------------------------------------------------------

    def primary_key(self, name: str | None, columns: Sequence[str]) -> Part:
        """Return a primary key."""
        aspects = {"columns": Aspect(tuple(columns), listed(columns))}
        return Part("primary key", name, "primary key", listed(columns), aspects)

    def unique(self, name: str | None, columns: Sequence[str]) -> Part:
        """Return a UNIQUE constraint."""
        aspects = {"columns": Aspect(tuple(columns), listed(columns))}
        if name is not None:
            aspects["name"] = plain(name)
        identity = ("unique", tuple(columns))
        return Part("unique constraint", name, identity, listed(columns), aspects)

    def check(self, name: str | None, sql: str) -> Part:
        """Return a CHECK."""
        condition = self.condition(sql)
        aspects = {"condition": condition}
        if name is not None:
            aspects["name"] = plain(name)
        return Part("check constraint", name, ("check", condition.value), sql, aspects)

    def foreign_key(
        self,
        name: str | None,
        columns: Sequence[str],
        table: str,
        referred: Sequence[str],
        options: Mapping[str, Any],
    ) -> Part:
        """Return a foreign key to *referred*, columns of *table*."""
        shown = f"{listed(columns)} to {table} {listed(referred)}"
        aspects = {
            each: plain(self.spelling.action(options.get(each)))
            for each in ("ondelete", "onupdate")
        }
        aspects["deferrable"] = plain(bool(options.get("deferrable")))
        initially = str(options.get("initially") or "IMMEDIATE").upper()
        aspects["initially"] = plain(initially)
        aspects["target"] = Aspect((tuple(columns), table, tuple(referred)), shown)
        if name is not None:
            aspects["name"] = plain(name)
        identity = ("foreign key", tuple(columns), table, tuple(referred))
        return Part("foreign key", name, identity, shown, aspects)

    def index(
        self,
        name: str | None,
        keys: Sequence[tuple[str | None, str]],
        unique: bool,
        sorting: Mapping[str, set[str]],
        options: Mapping[str, Any],
        by_the_server: bool = False,
    ) -> Part:
        """Return an index on *keys*: pairs of a column, or None, and the text of an expression."""
        parts = tuple(
            (
                ("column", column)
                if column is not None
                else meaning(text, self.spelling.functions),
                _direction(sorting.get(text, set())),
            )
            for column, text in keys
        )
        shown = listed(text for _, text in keys)
        aspects = {"keys": Aspect(parts, shown), "unique": plain(unique)}
        aspects["where"] = self.condition(options.get("where"))
        for option in _OPTIONS:
            value = options.get(option)
            aspects[option] = Aspect(str(value).lower() if value else None, str(value))
        aspects["using"] = Aspect(_unless(aspects["using"].value, "btree"), aspects["using"].shown)
        include = tuple(str(getattr(each, "name", each)) for each in options.get("include") or ())
        aspects["include"] = Aspect(include, listed(include))
        aspects["length"] = _lengths(options.get("length"), keys)
        if name is not None:
            aspects["name"] = plain(name)
        columns = tuple(column for column, _ in keys)
        is_plain = None not in columns and options.get("where") is None
        identity = ("unique", columns) if unique and is_plain else ("index", parts)
        return Part("index", name, identity, shown, aspects, by_the_server)


def _unless(value: Hashable, usual: str) -> Hashable:
    return None if value == usual else value


def _direction(words: set[str]) -> tuple[bool, bool]:
    """Return whether a key falls, and whether NULLs come first."""
    falls = "desc" in words
    return falls, "nulls_first" in words or (falls and "nulls_last" not in words)


def _lengths(
    given: int | Mapping[str, int] | None, keys: Sequence[tuple[str | None, str]]
) -> Aspect:
    """Return how many characters of each column an index has, where it says so."""
    names = [column for column, _ in keys if column is not None]
    if isinstance(given, int):
        given = dict.fromkeys(names, given)
    found = tuple(sorted((str(name), int(length)) for name, length in (given or {}).items()))
    return Aspect(found, ", ".join(f"{name}({length})" for name, length in found) or None)
