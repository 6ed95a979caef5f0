"""What the text of a CREATE TABLE says that SQLite's PRAGMAs do not tell.

These are the names of constraints, CHECK, deferral, and the expressions of generated columns.
SQLite manual: "CREATE TABLE".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    |(?P<string>'(?:[^']|'')*')
    |(?P<word>\w[\w$]*)
    |(?P<mark>.)""",
    re.DOTALL | re.VERBOSE,
)
_TABLE_CONSTRAINTS = frozenset(("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"))


class Token(NamedTuple):
    """A piece of SQL: ``word`` is it in capitals, empty for what is quoted or no word."""

    text: str
    start: int
    end: int
    word: str


_NOTHING = Token("", 0, 0, "")
"""What comes where the text is cut."""


@dataclass
class ForeignKeyText:
    """A foreign key: its columns, and what it refers to."""

    name: str | None
    columns: tuple[str, ...]
    table: str
    referred: tuple[str, ...] = ()
    options: dict[str, object] = field(default_factory=dict)


@dataclass
class TableText:
    """What the text of a table tells."""

    primary_key_name: str | None = None
    generated: dict[str, str] = field(default_factory=dict)
    """The expressions of generated columns, by the columns' names in small letters."""

    uniques: list[tuple[str | None, tuple[str, ...]]] = field(default_factory=list)
    checks: list[tuple[str | None, str]] = field(default_factory=list)
    foreign_keys: list[ForeignKeyText] = field(default_factory=list)


def table_text(text: str | None) -> TableText:
    """Return what *text* tells: nothing, where it is no CREATE TABLE with columns."""
    read = TableText()
    if text is None:
        return read
    tokens = tokens_of(text)
    opening = next((place for place, token in enumerate(tokens) if token.text == "("), None)
    words = {token.word for token in tokens[:opening]}
    if opening is None or words & {"VIRTUAL", "AS"}:
        return read
    for tokens_of_one in parts_of(tokens, opening):
        if tokens_of_one:
            _Definition(text, tokens_of_one, read).read()
    return read


def bare(name: str) -> str:
    """Return *name* without its quotes."""
    quote = name[:1]
    if quote == "[":
        return name[1:-1]
    return name[1:-1].replace(quote * 2, quote) if quote in ('"', "`", "'") else name


def tokens_of(text: str) -> list[Token]:
    """Return the pieces of *text*, without spaces and comments."""
    return [
        Token(found[0], found.start(), found.end(), (found["word"] or "").upper())
        for found in _TOKEN.finditer(text)
        if found["space"] is None
    ]


def parts_of(tokens: list[Token], opening: int) -> list[list[Token]]:
    """Return what stands between the commas of the parenthesis at *opening*."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens[opening + 1 :]:
        depth += (token.text == "(") - (token.text == ")")
        if depth < 0:
            break
        if token.text == "," and not depth:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


class _Definition:
    """Reads one column with its constraints, or constraints of the table."""

    def __init__(self, text: str, tokens: list[Token], read: TableText) -> None:
        self._text = text
        self._tokens = tokens
        self._read = read
        self._place = 0
        self._name: str | None = None
        """The name of the constraint that comes next."""

        self._column: tuple[str, ...] = ()

    def read(self) -> None:
        """Read all of it."""
        if self._tokens[0].word not in _TABLE_CONSTRAINTS:
            self._column = (bare(self._take().text),)
        while self._place < len(self._tokens):
            token = self._take()
            reader = _READERS.get(token.word)
            if reader is not None:
                reader(self)
            elif token.text == "(":
                self._place -= 1
                self._group()

    def _take(self) -> Token:
        token = self._tokens[self._place] if self._place < len(self._tokens) else _NOTHING
        self._place += 1
        return token

    def _next_is(self, *words: str) -> bool:
        """Tell whether *words* come next; pass over them then."""
        ahead = self._tokens[self._place : self._place + len(words)]
        if [token.word or token.text for token in ahead] != list(words):
            return False
        self._place += len(words)
        return True

    def _group(self) -> tuple[int, int]:
        """Return the places in the list of what the parenthesis here encloses; pass over it."""
        depth, first = 0, self._place + 1
        while self._place < len(self._tokens):
            token = self._take()
            depth += (token.text == "(") - (token.text == ")")
            if not depth:
                return first, self._place - 1
        return first, self._place

    def _has_group(self) -> bool:
        return self._place < len(self._tokens) and self._tokens[self._place].text == "("

    def _expression(self) -> str:
        """Return the text in the parenthesis that comes next."""
        if not self._has_group():
            return ""
        opening = self._tokens[self._place]
        _, last = self._group()
        end = self._tokens[last].start if last < len(self._tokens) else len(self._text)
        return self._text[opening.end : end].strip()

    def _columns(self) -> tuple[str, ...]:
        """Return the names in the parenthesis that comes next; without one, this column's."""
        if not self._has_group():
            return self._column
        opening = self._place
        self._group()
        return tuple(bare(part[0].text) for part in parts_of(self._tokens, opening) if part)

    def _constraint_name(self) -> str | None:
        name, self._name = self._name, None
        return name

    def _read_constraint(self) -> None:
        self._name = bare(self._take().text)

    def _read_primary(self) -> None:
        if self._next_is("KEY"):
            self._read.primary_key_name = self._constraint_name()
            self._columns()

    def _read_unique(self) -> None:
        name = self._constraint_name()
        self._read.uniques.append((name, self._columns()))

    def _read_check(self) -> None:
        name = self._constraint_name()
        self._read.checks.append((name, self._expression()))

    def _read_as(self) -> None:
        if self._column:
            self._read.generated[self._column[0].lower()] = self._expression()

    def _read_foreign(self) -> None:
        if self._next_is("KEY"):
            before, self._column = self._column, self._columns()
            if self._next_is("REFERENCES"):
                self._read_references()
            self._column = before

    def _read_references(self) -> None:
        key = ForeignKeyText(self._constraint_name(), self._column, bare(self._take().text))
        if self._has_group():
            key.referred = self._columns()
        self._read.foreign_keys.append(key)
        while True:
            if self._next_is("ON", "DELETE") or self._next_is("ON", "UPDATE"):
                # What happens then is told by a PRAGMA.
                if not (self._next_is("SET", "NULL") or self._next_is("SET", "DEFAULT")):
                    self._next_is("NO")
                    self._take()
            elif self._next_is("MATCH"):
                self._take()
            elif self._next_is("NOT", "DEFERRABLE"):
                key.options["deferrable"] = False
            elif self._next_is("DEFERRABLE"):
                key.options["deferrable"] = True
            elif self._next_is("INITIALLY"):
                key.options["initially"] = self._take().word
            else:
                return


_READERS = {
    "CONSTRAINT": _Definition._read_constraint,
    "PRIMARY": _Definition._read_primary,
    "UNIQUE": _Definition._read_unique,
    "CHECK": _Definition._read_check,
    "AS": _Definition._read_as,
    "FOREIGN": _Definition._read_foreign,
    "REFERENCES": _Definition._read_references,
}
