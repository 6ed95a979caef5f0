"""SQL expressions cut into tokens, whichever server has written them."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKENS = re.compile(
    r"""
      (?P<text>(?:\b[eEbBxXnN]|\b_\w+\ ?)?'(?:[^'\\]|''|\\.)*')
    | (?P<name>"(?:[^"]|"")*" | `(?:[^`]|``)*`)
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)? | \.\d+)
    | (?P<word>[^\W\d]\w*(?:\$\w*)*)
    | (?P<mark>::|<=>|->>|->|\#>>|\#>|@>|<@|\?\||\?&|!~~\*|!~~|~~\*|~~|!~\*|!~|~\*|\|\||&&
        |<>|!=|<=|>=|<<|>>|[-+*/%<>=&|^~!@\#?(),.\[\]:])
    | (?P<other>\S)
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """A piece of an expression.

    ``kind`` is ``text``, ``name``, ``number``, ``word``, ``mark`` or ``end``; names and words are
    in lower case, without their quotes.
    """

    kind: str
    value: str


END = Token("end", "")


def tokens_of(sql: str) -> list[Token]:
    """Return the tokens of *sql*."""
    return [_token(str(found.lastgroup), found[0]) for found in _TOKENS.finditer(sql)]


def _token(kind: str, text: str) -> Token:
    if kind == "name":
        return Token("name", text[1:-1].replace(text[0] * 2, text[0]).lower())
    if kind == "text":
        value = text[text.index("'") + 1 : -1].replace("''", "'")
        return Token("text", value.replace("\\\\", "\\").replace("\\'", "'"))
    return Token(kind, text.lower())
