"""Reading what SHOW CREATE TABLE answers: the one place that tells all of a table.

The text is cut into tokens first, so that names and comments may contain what they like; an
expression is handed on as the server has written it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...types.basic import Integer
from ...types.contract import TypeEngine
from .reflected_types import make_type
from .types import JSON

_TOKENS = re.compile(
    r"""
      (?P<name>`(?:[^`]|``)*` | "(?:[^"]|"")*")
    | (?P<text>'(?:[^'\\]|''|\\.)*')
    | (?P<mark>[(),])
    | (?P<note>/\*[!M]+\d*|\*/)
    | (?P<word>[^\s(),`"'*/]+|[*/])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"0": "\0", "n": "\n", "r": "\r", "t": "\t", "b": "\b", "Z": "\x1a"}
_ESCAPED = re.compile(r"\\(.)|''", re.DOTALL)
_JSON_CHECK = re.compile(r"^json_valid\(`(?:[^`]|``)*`\)$", re.IGNORECASE)


class Token(NamedTuple):
    """One piece of the text: what it is, what it says, and where it stands."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The word in capitals, empty for what is none."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def value(self) -> str:
        """The name or text without its quotes."""
        if self.kind == "name":
            return self.text[1:-1].replace(self.text[0] * 2, self.text[0])
        if self.kind == "text":
            return _ESCAPED.sub(_unescaped, self.text[1:-1])
        return self.text


def _unescaped(found: re.Match[str]) -> str:
    character = found[1]
    return "'" if character is None else _ESCAPES.get(character, character)


@dataclass(slots=True)
class Definition:
    """What a table is made of, in the dictionaries that an inspector hands on."""

    columns: list[dict[str, Any]] = field(default_factory=list)
    primary_key: list[str] = field(default_factory=list)
    indexes: list[dict[str, Any]] = field(default_factory=list)
    foreign_keys: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)


class Reader:
    """Reads one definition."""

    def __init__(self, text: str) -> None:
        self.text = text
        # Notes (/*!80016 … */) hide words from older servers; what they contain counts.
        self.tokens = [
            Token(str(found.lastgroup), found[0], found.start(), found.end())
            for found in _TOKENS.finditer(text)
            if found.lastgroup != "note"
        ]
        self.at = 0

    # -- tokens -------------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> Token:
        place = self.at + ahead
        if place < len(self.tokens):
            return self.tokens[place]
        return Token("end", "", len(self.text), len(self.text))

    def take(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def skip(self, *words: str) -> bool:
        """Go past *words*, if they stand here."""
        for ahead, word in enumerate(words):
            token = self.peek(ahead)
            if token.word != word and token.text != word:
                return False
        self.at += len(words)
        return True

    def group(self) -> str:
        """Go past a group in parentheses and return the text inside."""
        start, depth = self.take().end, 1
        while depth and self.at < len(self.tokens):
            token = self.take()
            if token.kind == "mark":
                depth += (token.text == "(") - (token.text == ")")
        return self.text[start : self.tokens[self.at - 1].start].strip()

    def at_end(self) -> bool:
        """Whether the item ends here."""
        token = self.peek()
        return token.kind == "end" or (token.kind == "mark" and token.text in ",)")

    # -- the whole ------------------------------------------------------------------------------

    def read(self) -> Definition:
        """Return what the text says."""
        made = Definition()
        while self.peek().kind != "end" and self.peek().text != "(":
            self.take()
        self.take()
        while self.peek().kind != "end":
            self.item(made)
            while not self.at_end():
                self.take()
            if self.take().text == ")":
                break
        self.table_options(made)
        return made

    def item(self, made: Definition) -> None:
        """Read one item between the outer parentheses."""
        token = self.peek()
        if token.kind == "name":
            self.column(made)
        elif self.skip("PRIMARY", "KEY"):
            made.primary_key = [str(part["name"]) for part in self.key_parts()]
        elif self.skip("CONSTRAINT"):
            self.constraint(made, self.take().value)
        elif token.word in ("KEY", "INDEX", "UNIQUE", "FULLTEXT", "SPATIAL"):
            self.index(made)
        elif self.skip("CHECK"):
            made.checks.append({"name": None, "sqltext": self.group()})

    # -- columns --------------------------------------------------------------------------------

    def column(self, made: Definition) -> None:
        """Read one column."""
        name = self.take().value
        column: dict[str, Any] = {
            "name": name,
            "type": self.type(),
            "nullable": True,
            "default": None,
            "comment": None,
        }
        numbered = False
        while not self.at_end():
            if self.skip("NOT", "NULL"):
                column["nullable"] = False
            elif self.skip("NULL"):
                column["nullable"] = True
            elif self.skip("AUTO_INCREMENT"):
                numbered = True
            elif self.skip("COMMENT"):
                column["comment"] = self.take().value
            elif self.skip("DEFAULT"):
                default = self.expression()
                column["default"] = None if default.upper() == "NULL" else default
            elif self.skip("ON", "UPDATE"):
                column["default"] = f"{column['default'] or 'NULL'} ON UPDATE {self.expression()}"
            elif self.skip("GENERATED", "ALWAYS", "AS") or self.skip("AS"):
                sqltext = self.group()
                column["computed"] = {"sqltext": sqltext, "persisted": False}
            elif self.skip("STORED") or self.skip("PERSISTENT"):
                column["computed"]["persisted"] = True
            elif self.skip("CHECK"):
                self.column_check(made, column)
            else:
                self.take()
        if numbered or isinstance(column["type"], Integer):
            column["autoincrement"] = numbered
        made.columns.append(column)

    def column_check(self, made: Definition, column: dict[str, Any]) -> None:
        """Read the CHECK of a column; that of MariaDB's JSON tells what the column is."""
        sqltext = self.group()
        if column["type"].__visit_name__ == "LONGTEXT" and _JSON_CHECK.match(sqltext):
            column["type"] = JSON()
        else:
            made.checks.append({"name": None, "sqltext": sqltext})

    def type(self) -> TypeEngine[Any]:
        """Read a type."""
        name = self.take().text.lower()
        arguments: list[str] = []
        if self.peek().text == "(":
            self.take()
            while self.peek().kind != "end":
                token = self.take()
                if token.text == ")":
                    break
                if token.text != ",":
                    arguments.append(token.value)
        words: set[str] = set()
        charset = collation = None
        while not self.at_end():
            if self.skip("CHARACTER", "SET"):
                charset = self.take().value
            elif self.skip("COLLATE"):
                collation = self.take().value
            elif self.peek().word in ("UNSIGNED", "ZEROFILL", "BINARY"):
                words.add(self.take().word)
            else:
                break
        return make_type(name, arguments, frozenset(words), charset, collation)

    def expression(self) -> str:
        """Read a value or a call, as it follows DEFAULT and ON UPDATE; return its text."""
        start = self.peek().start
        if self.peek().text != "(":
            self.take()
            # A literal with its character set: _utf8mb4'text', b'101'.
            if self.peek().kind == "text" and self.peek().start == self.tokens[self.at - 1].end:
                self.take()
        if self.peek().text == "(":
            self.group()
        return self.text[start : self.tokens[self.at - 1].end]

    # -- keys -----------------------------------------------------------------------------------

    def key_parts(self) -> list[dict[str, Any]]:
        """Read the parts of a key: names, lengths of prefixes, directions, expressions."""
        self.take()
        parts: list[dict[str, Any]] = []
        while self.peek().kind != "end":
            token = self.peek()
            if token.text == ")":
                self.take()
                break
            if token.text == ",":
                self.take()
            elif token.text == "(":
                parts.append({"name": None, "expression": self.group()})
            elif token.kind == "name":
                part: dict[str, Any] = {"name": self.take().value}
                if self.peek().text == "(":
                    part["length"] = int(self.group())
                parts.append(part)
            elif self.take().word == "DESC":
                parts[-1]["descending"] = True
        return parts

    def index(self, made: Definition) -> None:
        """Read an index."""
        first = self.take().word
        kind = first if first in ("UNIQUE", "FULLTEXT", "SPATIAL") else None
        if kind is not None:
            self.take()
        name = self.take().value
        while self.peek().text != "(":
            self.take()
        parts = self.key_parts()
        index: dict[str, Any] = {
            "name": name,
            "column_names": [part["name"] for part in parts],
            "unique": kind == "UNIQUE",
        }
        if any(part["name"] is None for part in parts):
            index["expressions"] = [part["name"] or part["expression"] for part in parts]
        descending = [part["name"] for part in parts if part.get("descending")]
        if descending:
            index["column_sorting"] = dict.fromkeys(descending, ("desc",))
        options: dict[str, Any] = {}
        lengths = {part["name"]: part["length"] for part in parts if "length" in part}
        # A SPATIAL index has the length of its own making.
        if lengths and kind != "SPATIAL":
            options["length"] = lengths
        if kind in ("FULLTEXT", "SPATIAL"):
            options["prefix"] = kind
        while not self.at_end():
            if self.skip("WITH", "PARSER"):
                options["with_parser"] = self.take().value
            elif self.skip("USING"):
                using = self.take().value
                if using.upper() != "BTREE":
                    options["using"] = using
            else:
                self.take()
        index["dialect_options"] = options
        made.indexes.append(index)

    def constraint(self, made: Definition, name: str) -> None:
        """Read a constraint with a name."""
        if self.skip("CHECK"):
            made.checks.append({"name": name, "sqltext": self.group()})
        elif self.skip("FOREIGN", "KEY"):
            self.foreign_key(made, name)

    def foreign_key(self, made: Definition, name: str) -> None:
        """Read a foreign key."""
        own = [str(part["name"]) for part in self.key_parts()]
        self.skip("REFERENCES")
        names = [self.take().value]
        while self.peek().text == "." or self.peek().kind == "name":
            token = self.take()
            names += [token.value] if token.kind == "name" else []
        referred = [str(part["name"]) for part in self.key_parts()]
        options: dict[str, Any] = {}
        while not self.at_end():
            event = "ondelete" if self.skip("ON", "DELETE") else None
            event = event or ("onupdate" if self.skip("ON", "UPDATE") else None)
            if event is None:
                self.take()
                continue
            words = self.take().word
            if words in ("SET", "NO"):
                words = f"{words} {self.take().word}"
            if words not in ("NO ACTION", "RESTRICT"):
                options[event] = words
        made.foreign_keys.append(
            {
                "name": name,
                "constrained_columns": own,
                "referred_schema": names[0] if len(names) > 1 else None,
                "referred_table": names[-1],
                "referred_columns": referred,
                "options": options,
            }
        )

    # -- options --------------------------------------------------------------------------------

    def table_options(self, made: Definition) -> None:
        """Read what follows the parentheses."""
        while self.peek().kind != "end":
            if self.skip("PARTITION", "BY"):
                self.partitions(made)
                return
            words = [self.take().text]
            while self.peek().kind == "word" and "=" not in words[-1]:
                words.append(self.take().text)
            name, _, value = " ".join(words).partition("=")
            if not value and self.peek().kind in ("text", "name"):
                value = self.take().value
            elif not value and self.peek().text == "(":
                value = f"({self.group()})"
            if name:
                made.options[name.strip().lower().replace(" ", "_")] = value

    def partitions(self, made: Definition) -> None:
        """Read PARTITION BY and what follows, as it is."""
        rest = self.text[self.peek().start :].replace("*/", "").strip()
        rest = re.sub(r"/\*!\d+", "", rest)
        made.options["partition_by"] = " ".join(rest.split())


def read_definition(text: str) -> Definition:
    """Return what SHOW CREATE TABLE tells in *text*."""
    return Reader(text).read()


def read_type(text: str) -> TypeEngine[Any]:
    """Return the type for *text*, as SHOW COLUMNS tells it."""
    return Reader(text).type()
