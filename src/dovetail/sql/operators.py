"""The operators of SQL as data: text, precedence, associativity, negation.

An operator is compared by identity.  Custom operators (``column.op("->>")``) are kept in a
table, so that the same arguments give the same object.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

LARGEST: Final = 100
SMALLEST: Final = -100


class Operator:
    """One operator.

    ``precedence`` decides about parentheses: an operand whose operator does not bind more
    strongly than the one around it is put into them, except where the two are the same
    associative operator.
    """

    __slots__ = (
        "is_associative",
        "is_comparison",
        "is_pattern",
        "name",
        "negation",
        "precedence",
        "return_type",
        "text",
    )

    def __init__(
        self,
        name: str,
        text: str,
        precedence: int,
        *,
        comparison: bool = False,
        associative: bool = False,
        pattern: bool = False,
    ) -> None:
        self.name = name
        self.text = text
        self.precedence = precedence
        self.is_comparison = comparison
        self.is_associative = associative
        self.is_pattern = pattern
        self.negation: Operator | None = None
        self.return_type: Any = None

    def __repr__(self) -> str:
        return f"<operator {self.name}>"

    @property
    def __name__(self) -> str:
        """What the operator is called where functions stand for it: ``eq``, ``and_``, ``in_op``."""
        if self.name.startswith("custom:"):
            return "custom_op"
        return _FUNCTIONS.get(self.name, f"{self.name}_op")

    def __call__(self, left: Any, *right: object, **modifiers: object) -> Any:
        """Apply the operator to expressions: ``operators.EQ(a, b)`` is ``a == b``."""
        return left.operate(self, *right, **modifiers)

    def groups(self, inner: Operator) -> bool:
        """Return whether an operand made with *inner* needs parentheses below this one."""
        if inner is self and self.is_associative:
            return False
        return inner.precedence <= self.precedence


_FUNCTIONS: Final = {
    **{
        name: name
        for name in (
            *("add", "sub", "mul", "truediv", "floordiv", "mod", "neg", "inv", "collate", "exists"),
            *("eq", "ne", "lt", "le", "gt", "ge", "getitem", "is_not"),
            *("is_distinct_from", "is_not_distinct_from"),
        )
    },
    **{name: f"{name}_" for name in ("and", "or", "is", "from", "as", "pow")},
}
"""The names of functions that do not end with ``_op``."""

OPERATORS: Final[dict[str, Operator]] = {}
"""All operators of the standard by name."""


def _operator(name: str, text: str, precedence: int, **traits: bool) -> Operator:
    made = OPERATORS[name] = Operator(name, text, precedence, **traits)
    return made


def _pair(first: Operator, second: Operator) -> None:
    first.negation, second.negation = second, first


FROM = _operator("from", " FROM ", 15)
GETITEM = _operator("getitem", "[]", 15)
JSON_GETITEM = _operator("json_getitem", "[]", 15)
JSON_PATH_GETITEM = _operator("json_path_getitem", "[]", 15)
ANY = _operator("any", "ANY ", 15)
ALL = _operator("all", "ALL ", 15)
POW = _operator("pow", " ^ ", 15)

MUL = _operator("mul", " * ", 8, associative=True)
TRUEDIV = _operator("truediv", " / ", 8)
FLOORDIV = _operator("floordiv", " / ", 8)
MOD = _operator("mod", " % ", 8)
NEG = _operator("neg", "-", 8)
BITWISE_NOT = _operator("bitwise_not", "~", 8)

ADD = _operator("add", " + ", 7, associative=True)
SUB = _operator("sub", " - ", 7)
BITWISE_XOR = _operator("bitwise_xor", " ^ ", 7)
BITWISE_OR = _operator("bitwise_or", " | ", 7)
BITWISE_AND = _operator("bitwise_and", " & ", 7)
LSHIFT = _operator("bitwise_lshift", " << ", 7)
RSHIFT = _operator("bitwise_rshift", " >> ", 7)

FILTER = _operator("filter", " FILTER ", 6)

CONCAT = _operator("concat", " || ", 5, associative=True)
EQ = _operator("eq", " = ", 5, comparison=True)
NE = _operator("ne", " != ", 5, comparison=True)
LT = _operator("lt", " < ", 5, comparison=True)
GE = _operator("ge", " >= ", 5, comparison=True)
GT = _operator("gt", " > ", 5, comparison=True)
LE = _operator("le", " <= ", 5, comparison=True)
IS = _operator("is", " IS ", 5, comparison=True)
IS_NOT = _operator("is_not", " IS NOT ", 5, comparison=True)
IS_DISTINCT_FROM = _operator("is_distinct_from", " IS DISTINCT FROM ", 5, comparison=True)
IS_NOT_DISTINCT_FROM = _operator(
    "is_not_distinct_from", " IS NOT DISTINCT FROM ", 5, comparison=True
)
IN = _operator("in", " IN ", 5, comparison=True)
NOT_IN = _operator("not_in", " NOT IN ", 5, comparison=True)
BETWEEN = _operator("between", " BETWEEN ", 5, comparison=True)
NOT_BETWEEN = _operator("not_between", " NOT BETWEEN ", 5, comparison=True)
LIKE = _operator("like", " LIKE ", 5, comparison=True, pattern=True)
NOT_LIKE = _operator("not_like", " NOT LIKE ", 5, comparison=True, pattern=True)
ILIKE = _operator("ilike", " ILIKE ", 5, comparison=True, pattern=True)
NOT_ILIKE = _operator("not_ilike", " NOT ILIKE ", 5, comparison=True, pattern=True)
STARTSWITH = _operator("startswith", " LIKE ", 5, comparison=True, pattern=True)
NOT_STARTSWITH = _operator("not_startswith", " NOT LIKE ", 5, comparison=True, pattern=True)
ENDSWITH = _operator("endswith", " LIKE ", 5, comparison=True, pattern=True)
NOT_ENDSWITH = _operator("not_endswith", " NOT LIKE ", 5, comparison=True, pattern=True)
CONTAINS = _operator("contains", " LIKE ", 5, comparison=True, pattern=True)
NOT_CONTAINS = _operator("not_contains", " NOT LIKE ", 5, comparison=True, pattern=True)
ISTARTSWITH = _operator("istartswith", " LIKE ", 5, comparison=True, pattern=True)
NOT_ISTARTSWITH = _operator("not_istartswith", " NOT LIKE ", 5, comparison=True, pattern=True)
IENDSWITH = _operator("iendswith", " LIKE ", 5, comparison=True, pattern=True)
NOT_IENDSWITH = _operator("not_iendswith", " NOT LIKE ", 5, comparison=True, pattern=True)
ICONTAINS = _operator("icontains", " LIKE ", 5, comparison=True, pattern=True)
NOT_ICONTAINS = _operator("not_icontains", " NOT LIKE ", 5, comparison=True, pattern=True)
MATCH = _operator("match", " MATCH ", 5, comparison=True)
NOT_MATCH = _operator("not_match", " NOT MATCH ", 5, comparison=True)
REGEXP_MATCH = _operator("regexp_match", " <regexp> ", 5, comparison=True, pattern=True)
NOT_REGEXP_MATCH = _operator("not_regexp_match", " <not regexp> ", 5, comparison=True, pattern=True)
REGEXP_REPLACE = _operator("regexp_replace", " <regexp replace> ", 5)
DISTINCT = _operator("distinct", "DISTINCT ", 5)
NOT = _operator("inv", "NOT ", 5)

COLLATE = _operator("collate", " COLLATE ", 4)
AND = _operator("and", " AND ", 3, associative=True)
DESC = _operator("desc", " DESC", 3)
ASC = _operator("asc", " ASC", 3)
NULLS_FIRST = _operator("nulls_first", " NULLS FIRST", 3)
NULLS_LAST = _operator("nulls_last", " NULLS LAST", 3)
OR = _operator("or", " OR ", 2, associative=True)
EXISTS = _operator("exists", "EXISTS ", 0)
COMMA = _operator("comma", ", ", -1, associative=True)
AS = _operator("as", " AS ", -1)
FUNCTION_COMPARES = _operator("function_compares", "", 15, comparison=True)
"""A function that compares two of its arguments."""

WHOLE = _operator("whole", "", -10)
"""Stands around a complete criterion: nothing below it needs parentheses."""

for _first, _second in (
    (EQ, NE),
    (LT, GE),
    (GT, LE),
    (IS, IS_NOT),
    (IS_DISTINCT_FROM, IS_NOT_DISTINCT_FROM),
    (IN, NOT_IN),
    (BETWEEN, NOT_BETWEEN),
    (LIKE, NOT_LIKE),
    (ILIKE, NOT_ILIKE),
    (STARTSWITH, NOT_STARTSWITH),
    (ENDSWITH, NOT_ENDSWITH),
    (CONTAINS, NOT_CONTAINS),
    (ISTARTSWITH, NOT_ISTARTSWITH),
    (IENDSWITH, NOT_IENDSWITH),
    (ICONTAINS, NOT_ICONTAINS),
    (MATCH, NOT_MATCH),
    (REGEXP_MATCH, NOT_REGEXP_MATCH),
):
    _pair(_first, _second)

SORTING: Final = frozenset({ASC, DESC, NULLS_FIRST, NULLS_LAST})
SUFFIXES: Final = SORTING
"""Operators written after their only operand."""

MIRRORED: Final = {LT: GT, GT: LT, LE: GE, GE: LE, EQ: EQ, NE: NE}
"""What a comparison becomes when its sides are exchanged."""

_custom: dict[tuple[Any, ...], Operator] = {}


def custom_operator(
    text: str,
    precedence: int = 0,
    is_comparison: bool = False,
    return_type: object = None,
    type_key: object = None,
) -> Operator:
    """Return the operator written as *text*: the same one for the same arguments."""
    arguments = (text, precedence, is_comparison, type_key)
    found = _custom.get(arguments)
    if found is None:
        found = Operator(f"custom:{text}", f" {text} ", precedence, comparison=is_comparison)
        found.return_type = return_type
        found = _custom.setdefault(arguments, found)
    return found


def is_comparison(operator: Operator) -> bool:
    """Return whether *operator* compares, so that its result is a boolean."""
    return operator.is_comparison


custom_op = custom_operator

eq, ne, lt, le, gt, ge = EQ, NE, LT, LE, GT, GE
add, sub, mul, truediv, floordiv, mod, neg = ADD, SUB, MUL, TRUEDIV, FLOORDIV, MOD, NEG
and_, or_, inv, in_op, not_in_op, is_, is_not = AND, OR, NOT, IN, NOT_IN, IS, IS_NOT
like_op, not_like_op, ilike_op, not_ilike_op = LIKE, NOT_LIKE, ILIKE, NOT_ILIKE
concat_op, between_op, not_between_op, asc_op, desc_op = CONCAT, BETWEEN, NOT_BETWEEN, ASC, DESC
is_distinct_from, is_not_distinct_from = IS_DISTINCT_FROM, IS_NOT_DISTINCT_FROM
startswith_op, endswith_op, contains_op = STARTSWITH, ENDSWITH, CONTAINS


def __getattr__(name: str) -> Any:
    # Programs that name the class of expressions here find it; no operator needs it.
    if name in ("ColumnOperators", "Operators"):
        return getattr(import_module(".expression.column_element", __package__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
