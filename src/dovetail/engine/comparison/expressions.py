"""The meaning of an SQL expression, as a value: two spellings of one condition are equal.

A server does not keep the text of a condition or a default: it adds parentheses and casts, calls
functions otherwise, and writes IN and BETWEEN with operators.  What is read here is what is left
when all of that is taken away.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from .tokens import END, Token, tokens_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Meaning = tuple[Any, ...]

_COMPARISONS = {
    "=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "<>": "<>", "!=": "<>", "<=>": "<=>",
    "~~": "like", "!~~": "not like", "~~*": "ilike", "!~~*": "not ilike",
    "~": "~", "!~": "!~", "~*": "~*", "!~*": "!~*", "@>": "@>", "<@": "<@", "&&": "&&",
}  # fmt: skip
_OTHERS = {
    "|": 5, "&": 5, "#": 5, "<<": 5, ">>": 5, "->": 8, "->>": 8, "#>": 8, "#>>": 8, "||": 7,
    "?": 5, "?|": 5, "?&": 5, "+": 6, "-": 6, "*": 7, "/": 7, "%": 7, "div": 7, "^": 8,
}  # fmt: skip
"""Operators that compute, with how tightly they bind."""
_WRITTEN_OUT = {"mod": "%", "div": "div"}
"""Operators that are words, or are called as functions."""
_MATCHES = frozenset({"like", "ilike", "glob", "regexp", "rlike", "match", "similar"})
_SAME_MATCHES = {"rlike": "regexp"}
_CALLED_BARE = frozenset(
    {"current_timestamp", "current_date", "current_time", "localtime", "localtimestamp"}
    | {"current_user", "session_user", "user"}
)
_BETWEEN_ARGUMENTS = frozenset({"from", "for", "using"})
_TYPE_WORDS = frozenset(
    {"character", "varying", "double", "precision", "timestamp", "time", "with", "without", "zone"}
    | {"bit", "interval"}
)
_MOMENT = re.compile(r"^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?$")


class _UnreadableError(Exception):
    """The expression is of no form that is known."""


def meaning(sql: str, functions: Mapping[str, str] | None = None) -> Meaning:
    """Return what *sql*, an expression, means: equal for two spellings of the same.

    *functions* are names by which the server calls what others call otherwise.  What cannot be
    read is compared by its tokens, without parentheses.
    """
    tokens = tokens_of(sql)
    try:
        return _Reader(tokens, functions or {}).whole()
    except _UnreadableError:
        kept = (token.value for token in tokens if token.value not in ("(", ")"))
        return ("tokens", *kept)


def literal(text: str) -> Meaning:
    """Return what *text*, a literal, means: numbers and moments are equal however written."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        pass
    else:
        return ("literal", number.normalize()) if number.is_finite() else ("literal", text)
    if _MOMENT.match(text):
        try:
            return ("literal", datetime.fromisoformat(text).isoformat())
        except ValueError:
            pass
    return ("literal", text)


def _joined(word: str, left: Meaning, right: Meaning) -> Meaning:
    """Return a chain of AND or OR, flat."""
    parts = left[1:] if left[0] == word else (left,)
    return (word, *parts, *(right[1:] if right[0] == word else (right,)))


_OPPOSITES = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_DUALS = {"and": "or", "or": "and"}


def _negated(inner: Meaning) -> Meaning:
    """Return NOT *inner*, which stands as far inside as it goes: some servers move it there."""
    word = inner[0]
    if word == "not":
        opposite: Meaning = inner[1]
        return opposite
    if word in _OPPOSITES:
        return (_OPPOSITES[word], *inner[1:])
    if word in _DUALS:
        parts = [_negated(part) for part in inner[1:]]
        found = parts[0]
        for part in parts[1:]:
            found = _joined(_DUALS[word], found, part)
        return found
    return ("not", inner)


def _among(left: Meaning, items: tuple[Any, ...], negated: bool) -> Meaning:
    """Return IN; of one item it is the same as to be equal."""
    if len(items) == 1:
        return ("<>" if negated else "=", left, items[0])
    found = ("in", left, *items)
    return _negated(found) if negated else found


class _Reader:
    """Reads one expression, by how tightly operators bind."""

    def __init__(self, tokens: list[Token], functions: Mapping[str, str]) -> None:
        self.tokens = tokens
        self.functions = functions
        self.at = 0

    # -- tokens -------------------------------------------------------------------------------

    @property
    def next(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else END

    def take(self) -> Token:
        token = self.next
        self.at += 1
        return token

    def skip(self, *values: str) -> bool:
        """Go past *values*, words and marks, if they come next."""
        here = self.tokens[self.at : self.at + len(values)]
        if [t.value for t in here if t.kind in ("word", "mark")] != list(values):
            return False
        self.at += len(values)
        return True

    def need(self, value: str) -> None:
        if not self.skip(value):
            raise _UnreadableError

    # -- the expression -----------------------------------------------------------------------

    def whole(self) -> Meaning:
        found = self.any_of()
        if self.next is not END:
            raise _UnreadableError
        return found

    def any_of(self) -> Meaning:
        found = self.all_of()
        while self.skip("or"):
            found = _joined("or", found, self.all_of())
        return found

    def all_of(self) -> Meaning:
        found = self.denied()
        while self.skip("and"):
            found = _joined("and", found, self.denied())
        return found

    def denied(self) -> Meaning:
        if not self.skip("not"):
            return self.compared()
        return _negated(self.denied())

    def compared(self) -> Meaning:
        found = self.computed(0)
        while True:
            token = self.next
            if token.kind == "mark" and token.value in _COMPARISONS:
                self.take()
                found = self.comparison(found, _COMPARISONS[token.value])
            elif token.kind == "word" and token.value in {"is", "isnull", "notnull"}:
                found = self.tested(found)
            elif token.kind == "word" and token.value in {"not", "in", "between", *_MATCHES}:
                found = self.matched(found)
            else:
                return found

    def comparison(self, left: Meaning, operator: str) -> Meaning:
        right = self.computed(0)
        if right[0] == "call" and right[1] in {"any", "all"} and len(right) == 3:
            items = right[2]
            if items[0] == "list" and (operator, right[1]) in {("=", "any"), ("<>", "all")}:
                return _among(left, items[1:], operator == "<>")
        if operator.startswith("not "):
            return _negated((operator.removeprefix("not "), left, right))
        return (operator, left, right)

    def tested(self, left: Meaning) -> Meaning:
        """Read IS and what follows."""
        word = self.take().value
        negated = word == "notnull" or self.skip("not")
        if word == "is" and self.skip("distinct", "from"):
            found: Meaning = ("distinct", left, self.computed(0))
        else:
            found = ("is", left, self.computed(0) if word == "is" else ("null",))
        return _negated(found) if negated else found

    def matched(self, left: Meaning) -> Meaning:
        """Read IN, BETWEEN, LIKE and the like, or NOT and one of them."""
        negated = self.skip("not")
        word = self.take().value
        found: Meaning
        if word == "in":
            self.need("(")
            return _among(left, self.items(")"), negated)
        if word == "between":
            found = self.between(left)
            return _negated(found) if negated else found
        if word == "similar":
            self.need("to")
            found = ("~", left, ("call", "similar_to_escape", self.computed(0)))
        else:
            found = (_SAME_MATCHES.get(word, word), left, self.computed(0))
        if self.skip("escape"):
            found = (*found, self.computed(0))
        return _negated(found) if negated else found

    def between(self, left: Meaning) -> Meaning:
        """Read what follows BETWEEN."""
        symmetric = self.skip("symmetric")
        low = self.computed(0)
        self.need("and")
        high = self.computed(0)
        found: Meaning = ("and", (">=", left, low), ("<=", left, high))
        if symmetric:
            found = ("or", found, ("and", (">=", left, high), ("<=", left, low)))
        return found

    def computed(self, least: int) -> Meaning:
        """Read operators that bind as tightly as *least* or more."""
        found = self.single()
        while True:
            token = self.next
            mark = token.value if token.kind == "mark" else _WRITTEN_OUT.get(token.value, "")
            strength = _OTHERS.get(mark, -1)
            if strength < least or strength < 0:
                return found
            self.take()
            found = (mark, found, self.computed(strength + 1))

    def single(self) -> Meaning:
        """Read one operand with what follows it."""
        found = self.operand()
        while True:
            if self.skip("::"):
                self.type()
            elif self.skip("collate"):
                self.take()
            elif self.skip("at", "time", "zone"):
                found = ("call", "timezone", self.single(), found)
            elif self.skip("["):
                found = ("item", found, *self.items("]"))
            else:
                return found

    def operand(self) -> Meaning:
        token = self.take()
        if token.kind == "text":
            return literal(token.value)
        if token.kind == "number":
            return literal(token.value)
        if token.kind == "mark":
            return self.marked(token.value)
        if token.kind == "name":
            return self.named(token.value)
        if token.kind != "word":
            raise _UnreadableError
        reader = _WORDS.get(token.value)
        if reader is not None:
            found: Meaning = reader(self)
            return found
        if self.next.kind == "text" and token.value in _TYPED_LITERALS:
            return literal(self.take().value)  # DATE '2026-01-31'
        return self.named(token.value)

    def marked(self, mark: str) -> Meaning:
        if mark == "(":
            items = self.items(")")
            return items[0] if len(items) == 1 else ("list", *items)
        if mark in "+-~":
            inner = self.single()
            if mark == "-" and inner[0] == "literal" and isinstance(inner[1], Decimal):
                return ("literal", -inner[1])
            return inner if mark == "+" else (f"unary {mark}", inner)
        if mark == "*":
            return ("*",)
        raise _UnreadableError

    def named(self, name: str) -> Meaning:
        """Read a column, of which the last part counts, or the call of a function."""
        while self.skip("."):
            name = self.take().value
        if self.skip("("):
            name = self.functions.get(name, name)
            if name == "position":
                return self.position()
            if name == "trim":
                # Both ends are meant by itself.
                self.skip("both")
                self.skip("from")
            arguments = self.items(")")
            mark = _WRITTEN_OUT.get(name)
            return ("call", name, *arguments) if mark is None else (mark, *arguments)
        if name in _CALLED_BARE:
            return ("call", self.functions.get(name, name))
        return ("column", name)

    def position(self) -> Meaning:
        """Read what stands in the parentheses of POSITION: IN is no operator there."""
        what = self.computed(0)
        self.need("in")
        where = self.computed(0)
        self.need(")")
        return ("call", "position", what, where)

    def items(self, end: str) -> tuple[Meaning, ...]:
        """Read what is between parentheses or brackets."""
        found: list[Meaning] = []
        while not self.skip(end):
            if self.next is END:
                raise _UnreadableError
            if found and not self.skip(",") and not self._between_arguments():
                raise _UnreadableError
            self.skip("distinct")
            found.append(self.any_of())
        return tuple(found)

    def _between_arguments(self) -> bool:
        """Go past FROM and FOR, which stand for commas: SUBSTRING(x FROM 2 FOR 3)."""
        token = self.next
        if token.kind == "word" and token.value in _BETWEEN_ARGUMENTS:
            self.take()
            return True
        return False

    def type(self) -> None:
        """Go past a type."""
        self.take()
        while self.next.kind == "word" and self.next.value in _TYPE_WORDS:
            self.take()
        if self.skip("."):
            self.take()
        if self.next == Token("mark", "("):
            self.take()
            self.items(")")
        while self.next.kind == "word" and self.next.value in _TYPE_WORDS:
            self.take()
        while self.skip("[", "]"):
            pass

    # -- words that are no names --------------------------------------------------------------

    def cast(self) -> Meaning:
        """Read CAST, whose type is left out: servers add casts of their own."""
        self.need("(")
        found = self.any_of()
        self.need("as")
        self.type()
        self.need(")")
        return found

    def array(self) -> Meaning:
        self.need("[")
        return ("list", *self.items("]"))

    def case(self) -> Meaning:
        parts: list[Any] = []
        if not self.skip("when"):
            parts.append(self.any_of())
            self.need("when")
        while True:
            parts.append(self.any_of())
            self.need("then")
            parts.append(self.any_of())
            if not self.skip("when"):
                break
        if self.skip("else"):
            parts += ["else", self.any_of()]
        self.need("end")
        return ("case", *parts)


_TYPED_LITERALS = frozenset({"date", "time", "timestamp", "interval"})
_WORDS: Mapping[str, Any] = {
    "true": lambda reader: literal("1"),
    "false": lambda reader: literal("0"),
    "null": lambda reader: ("null",),
    "cast": _Reader.cast,
    "array": _Reader.array,
    "case": _Reader.case,
    "row": lambda reader: reader.operand(),
}
