"""Text as PostgreSQL reads it: literals, and arrays and pairs written as text.

PostgreSQL manual, "Lexical Structure: Constants" and "Array Input and Output Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...exc import CompileError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SELECTS = re.compile(r"\s*(?:\(\s*)*(?:SELECT|VALUES|TABLE|WITH)\b", re.IGNORECASE)
_CHANGES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)


def is_streamable(sql: str) -> bool:
    """Tell whether a cursor can be declared for *sql*."""
    return _SELECTS.match(sql) is not None and _CHANGES.search(sql) is None


def quoted(value: object) -> str:
    """Return *value* as a literal, which means the same under every setting of the server.

    CompileError is raised for a NUL, which no text can hold.
    """
    text = str(value)
    if "\x00" in text:
        raise CompileError(
            "PostgreSQL's text has no NUL characters", hint="keep such data in LargeBinary"
        )
    return escaped("'" + text.replace("'", "''") + "'")


def escaped(literal: str) -> str:
    """Return a *literal* of the standard with its backslashes, if any, safe from the server.

    ``standard_conforming_strings`` says what a backslash means in ``'…'``; in ``E'…'`` it always
    escapes (PostgreSQL manual, "String Constants with C-Style Escapes").
    """
    if "\\" not in literal or not literal.startswith("'"):
        return literal
    return "E" + literal.replace("\\", "\\\\")


def array_text(values: Sequence[Any]) -> str:
    """Return a list of texts and numbers as the text of an array: ``{"a","b c",NULL}``."""
    items = []
    for value in values:
        if value is None:
            items.append("NULL")
        elif isinstance(value, list | tuple):
            items.append(array_text(value))
        else:
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            items.append(f'"{escaped}"')
    return f"{{{','.join(items)}}}"


def read_array(text: str, convert: Callable[[str], Any] | None = None) -> list[Any]:
    """Return the list that stands in *text*, as the server writes arrays that no driver knows."""
    reader = _Reader(text)
    if reader.peek() == "[":
        # Bounds other than the usual: [0:1]={a,b}
        reader.position = text.index("=") + 1
    return reader.array(convert)


class _Reader:
    """Reads quoted and bare words one after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def peek(self) -> str:
        """Return the next character without taking it."""
        return self.text[self.position : self.position + 1]

    def array(self, convert: Callable[[str], Any] | None) -> list[Any]:
        """Read ``{…}``."""
        self.position += 1
        found: list[Any] = []
        while True:
            character = self.peek()
            if character == "}" or not character:
                self.position += 1
                return found
            if character == ",":
                self.position += 1
            elif character == "{":
                found.append(self.array(convert))
            elif character == '"':
                word = self.quoted_word()
                found.append(convert(word) if convert is not None else word)
            else:
                word = self.bare_word(",}")
                if word.upper() == "NULL":
                    found.append(None)
                else:
                    found.append(convert(word) if convert is not None else word)

    def quoted_word(self) -> str:
        """Read ``"…"``, in which a backslash escapes."""
        self.position += 1
        parts = []
        while (character := self.peek()) != '"':
            if character == "\\":
                self.position += 1
                character = self.peek()
            if not character:
                raise ValueError(f"a quote is not closed in {self.text!r}")
            parts.append(character)
            self.position += 1
        self.position += 1
        return "".join(parts)

    def bare_word(self, stops: str) -> str:
        """Read up to one of *stops*."""
        parts = []
        while (character := self.peek()) and character not in stops:
            if character == "\\":
                self.position += 1
                character = self.peek()
            parts.append(character)
            self.position += 1
        return "".join(parts).strip()


def pairs_text(pairs: Mapping[Any, Any]) -> str:
    """Return a dictionary as the text of an hstore: ``"a"=>"1", "b"=>NULL``."""
    parts = []
    for key, value in pairs.items():
        if any(not isinstance(word, str) for word in (key, value) if word is not None):
            raise TypeError(f"an HSTORE has texts as keys and texts or None as values; got {key!r}")
        if key is None:
            raise TypeError("a key of an HSTORE cannot be None")
        parts.append(f"{_hstore_word(key)}=>{'NULL' if value is None else _hstore_word(value)}")
    return ", ".join(parts)


def _hstore_word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read_pairs(text: str) -> dict[str, str | None]:
    """Return the dictionary that stands in *text*, an hstore as the server writes it."""
    reader = _Reader(text)
    found: dict[str, str | None] = {}
    while True:
        while reader.peek() in (" ", ","):
            reader.position += 1
        if not reader.peek():
            return found
        key = reader.quoted_word() if reader.peek() == '"' else reader.bare_word("=")
        reader.position = text.index("=>", reader.position) + 2
        if reader.peek() == '"':
            found[key] = reader.quoted_word()
        else:
            word = reader.bare_word(",")
            found[key] = None if word.upper() == "NULL" else word
