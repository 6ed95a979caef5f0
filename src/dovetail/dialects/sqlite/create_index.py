"""What the text of a CREATE INDEX says that SQLite's PRAGMAs do not tell.

These are the expressions, collations and directions of its keys, and the WHERE of a partial index.
SQLite manual: "CREATE INDEX".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .create_table import Token, parts_of, tokens_of


@dataclass
class IndexText:
    """What the text of an index tells."""

    keys: list[str] = field(default_factory=list)
    """What is indexed, without its direction, as SQL."""

    descending: list[bool] = field(default_factory=list)
    where: str | None = None
    """The condition of the rows that a partial index has."""


def index_text(text: str | None) -> IndexText:
    """Return what *text* tells: nothing, where it is unknown, as that of a constraint's index."""
    read = IndexText()
    tokens = tokens_of(text or "")
    opening = next((place for place, token in enumerate(tokens) if token.text == "("), None)
    if text is None or opening is None:
        return read
    for key in parts_of(tokens, opening):
        direction = key[-1].word if key else ""
        if direction in ("ASC", "DESC"):
            del key[-1]
        read.keys.append(_between(text, key))
        read.descending.append(direction == "DESC")
    # After the keys there is nothing else.
    rest = tokens[opening + 1 + _length(tokens[opening + 1 :]) :]
    if rest and rest[0].word == "WHERE":
        read.where = _between(text, rest[1:])
    return read


def _length(tokens: list[Token]) -> int:
    """Return how many *tokens* there are up to the parenthesis that ends them, and with it."""
    depth = 1
    for place, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if not depth:
            return place + 1
    return len(tokens)


def _between(text: str, tokens: list[Token]) -> str:
    return text[tokens[0].start : tokens[-1].end] if tokens else ""
