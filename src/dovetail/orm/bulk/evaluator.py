"""Criteria evaluated in Python: which instances in memory a statement's WHERE holds for.

A node becomes a function of a *row*, a dictionary of attribute values.  It answers as SQL does,
None standing for NULL.  What cannot be answered the server's way is not guessed: the compiler
raises UnevaluatableError for a node that it can never answer, and a function raises UnknownValue
for a row that it can't answer for.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from functools import reduce
from operator import add, eq, ge, gt, le, lt, mul, ne, sub
from typing import Any
from uuid import UUID

from dovetail.dialects.features import Features
from dovetail.exc import UnevaluatableError
from dovetail.orm.mapping.attribute import QueryableAttribute
from dovetail.orm.mapping.mapper import Mapper
from dovetail.sql import operators as ops
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.constants import TRUE
from dovetail.sql.expression.constructs import Tuple
from dovetail.sql.expression.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    Chain,
    Grouping,
    UnaryExpression,
    and_,
)
from dovetail.sql.node import Node

Row = Mapping[str, Any]
Evaluation = Callable[[Row], Any]

_LARGEST = 2**63
_NO_PARAMETERS: Mapping[str, Any] = {}


class UnknownValue(LookupError):  # noqa: N818 - it is an answer: nobody can tell
    """The answer for one row depends on what is not in memory, or on the server."""


# Values ---------------------------------------------------------------------------------------

_NUMBERS = (int, float, Decimal)
_COMPARABLE = (str, bytes, date, time, timedelta, UUID)


def _kind(value: object) -> Any:
    """What *value* may be compared with: values of the same kind."""
    if isinstance(value, _NUMBERS):
        return "number"
    for kind in _COMPARABLE:
        if isinstance(value, kind):
            return type(value) if kind is date else kind
    return type(value)


def _comparing(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def evaluate(left: object, right: object) -> Any:
        if left is None or right is None:
            return None
        if type(left) is not type(right) and _kind(left) != _kind(right):
            # A server converts one of them, or refuses.
            raise UnknownValue
        try:
            return bool(compare(left, right))
        except TypeError:
            raise UnknownValue from None

    return evaluate


def _numeric(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def evaluate(left: object, right: object) -> Any:
        if left is None or right is None:
            return None
        if not (isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS)):
            raise UnknownValue
        try:
            result = compute(left, right)
        except TypeError:
            raise UnknownValue from None
        except (ZeroDivisionError, OverflowError):
            return None
        if type(result) is int and not -_LARGEST <= result < _LARGEST:
            raise UnknownValue
        return result

    return evaluate


def _divided(left: Any, right: Any) -> Any:
    return left / float(right) if isinstance(left, float | int) else left / right


def _remainder(left: object, right: object) -> Any:
    # The sign is that of the dividend; of fractions each server has another opinion.
    if isinstance(left, int) and isinstance(right, int):
        return int(math.copysign(abs(left) % abs(right), left))
    raise UnknownValue


def _concatenated(left: object, right: object) -> Any:
    if left is None or right is None:
        return None
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    raise UnknownValue


def _distinct(left: object, right: object) -> bool:
    if left is None or right is None:
        return left is not right
    return not _equal(left, right)


def _not_distinct(left: object, right: object) -> bool:
    return not _distinct(left, right)


_equal = _comparing(eq)

_BINARY: dict[Any, Callable[[Any, Any], Any]] = {
    ops.EQ: _equal,
    ops.NE: _comparing(ne),
    ops.LT: _comparing(lt),
    ops.LE: _comparing(le),
    ops.GT: _comparing(gt),
    ops.GE: _comparing(ge),
    ops.IS: _not_distinct,
    ops.IS_NOT: _distinct,
    ops.IS_DISTINCT_FROM: _distinct,
    ops.IS_NOT_DISTINCT_FROM: _not_distinct,
    ops.ADD: _numeric(add),
    ops.SUB: _numeric(sub),
    ops.MUL: _numeric(mul),
    ops.TRUEDIV: _numeric(_divided),
    ops.MOD: _numeric(_remainder),
    ops.CONCAT: _concatenated,
}
_SORTING = frozenset((ops.LT, ops.LE, ops.GT, ops.GE))
_EXACT_AFFINITIES = frozenset(("integer", "boolean", "null", "uuid"))
"""What Python compares as every server does."""

_PATTERNS: dict[Any, tuple[str, str]] = {
    ops.LIKE: ("", ""),
    ops.STARTSWITH: ("", "%"),
    ops.ENDSWITH: ("%", ""),
    ops.CONTAINS: ("%", "%"),
}
"""What stands before and after the pattern."""


def _truth(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return bool(value)
    raise UnknownValue


def _member(value: object, items: Sequence[Any]) -> bool | None:
    """``value IN items``."""
    if not items:
        return False
    if isinstance(value, tuple):
        if None in value or any(None in item for item in items):
            # Parts may tell them apart though others are NULL.
            raise UnknownValue
        return any(all(map(_equal, value, item)) for item in items)
    found: bool | None = False
    for item in items:
        equal = _equal(value, item)
        if equal:
            return True
        if equal is None:
            found = None
    return found


# The compiler ---------------------------------------------------------------------------------


class Evaluator:
    """Makes functions of rows of one mapper.

    Where it is to be *exact*, what the server with these *features* compares in a way of its own
    (texts by a collation, numbers rounded) can't be evaluated; else Python's way is good enough
    where the server's is not known.  *parameters* are the values for parameters by name.
    """

    def __init__(
        self,
        mapper: Mapper,
        features: Features | None = None,
        parameters: Mapping[str, Any] = _NO_PARAMETERS,
        *,
        exact: bool = False,
    ) -> None:
        self.mapper = mapper
        self.features = features if exact else None
        folds = None if features is None else features.like_folds
        self.like_folds = folds if exact else folds or str
        self.parameters = parameters

    def criteria(self, criteria: Sequence[Any]) -> Evaluation:
        """The function that says whether a row fulfils all *criteria*: True, False or None."""
        if not criteria:
            return _always
        return self._condition(and_(*criteria))

    def value(self, node: Node) -> Evaluation:
        """The function that gives the value of *node*."""
        visit = getattr(self, f"_visit_{node.__visit_name__}", None)
        if visit is None:
            raise UnevaluatableError(f"{_shown(node)} can't be evaluated in Python")
        evaluation: Evaluation = visit(node)
        return evaluation

    def _condition(self, node: Node) -> Evaluation:
        inner = self.value(node)
        return lambda row: _truth(inner(row))

    def _refuse(self, node: Node, why: str) -> UnevaluatableError:
        return UnevaluatableError(f"{_shown(node)} can't be evaluated in Python: {why}")

    # Values

    def _visit_attribute(self, node: QueryableAttribute[Any]) -> Evaluation:
        entity = node.owner
        if entity.mapper is not self.mapper or entity.alias is not None:
            raise self._refuse(node, f"it is none of {self.mapper.class_.__name__}'s")
        if node.prop.is_relationship:
            return self.value(node.column)
        if not node.prop.is_column:
            raise self._refuse(node, "it is computed by the server")
        return _reading(node.key)

    def _visit_column(self, node: Node) -> Evaluation:
        key = self.mapper.column_keys.get(node)
        if key is None:
            raise self._refuse(node, f"it is no column of {self.mapper.class_.__name__}")
        return _reading(key)

    def _visit_bindparam(self, node: BindParameter[Any]) -> Evaluation:
        if not node.unique and node.key in self.parameters:
            value = self.parameters[node.key]
        elif node.required:
            raise self._refuse(node, f"the parameter {node.key!r} has no value")
        else:
            value = node.effective_value
        return lambda row: value

    def _visit_null(self, node: Node) -> Evaluation:
        return lambda row: None

    def _visit_true(self, node: Node) -> Evaluation:
        return _always

    def _visit_false(self, node: Node) -> Evaluation:
        return lambda row: False

    def _visit_grouping(self, node: Grouping[Any]) -> Evaluation:
        return self.value(node.element)

    _visit_label = _visit_hybrid = _visit_grouping

    def _visit_tuple(self, node: Tuple) -> Evaluation:
        parts = [self.value(clause) for clause in node.clauses]
        return lambda row: tuple([part(row) for part in parts])

    # Operations

    def _visit_boolean_list(self, node: BooleanClauseList) -> Evaluation:
        parts = [self._condition(clause) for clause in node.clauses]
        decides: bool = node.operator is ops.OR

        def evaluate(row: Row) -> bool | None:
            found: bool | None = not decides
            unknown = False
            for part in parts:
                try:
                    answer = part(row)
                except LookupError:
                    # Another part may decide without this one.
                    unknown = True
                    continue
                if answer is decides:
                    return answer is True
                if answer is None:
                    found = None
            if unknown:
                raise UnknownValue
            return found

        return evaluate

    def _visit_unary(self, node: UnaryExpression[Any]) -> Evaluation:
        if node.operator is ops.NOT:
            inner = self._condition(node.element)
            return lambda row: None if (answer := inner(row)) is None else not answer
        if node.operator is ops.NEG:
            value = self.value(node.element)
            subtract = _BINARY[ops.SUB]
            return lambda row: subtract(0, value(row))
        raise self._refuse(node, f"the operator {node.operator.name!r} is not known here")

    def _visit_binary(self, node: BinaryExpression[Any]) -> Evaluation:
        operator = node.operator
        if operator in (ops.IN, ops.NOT_IN):
            return self._membership(node)
        if operator in (ops.BETWEEN, ops.NOT_BETWEEN):
            return self._between(node)
        if operator in _PATTERNS or operator.negation in _PATTERNS:
            return self._pattern(node)
        compute = _BINARY.get(operator)
        if compute is None:
            raise self._refuse(node, f"the operator {operator.name!r} is not known here")
        if operator.is_comparison:
            self._check_comparable(node, node.left, node.right, sorts=operator in _SORTING)
        left, right = self.value(node.left), self.value(node.right)
        return lambda row: compute(left(row), right(row))

    def _visit_chain(self, node: Chain) -> Evaluation:
        compute = _BINARY.get(node.operator)
        if compute is None:
            raise self._refuse(node, f"the operator {node.operator.name!r} is not known here")
        parts = [self.value(clause) for clause in node.clauses]
        return lambda row: reduce(compute, [part(row) for part in parts])

    def _membership(self, node: BinaryExpression[Any]) -> Evaluation:
        self._check_comparable(node, node.left)
        value = self.value(node.left)
        wanted = node.operator is ops.IN
        if node.right.__visit_name__ == "clauselist":
            parts = [self.value(clause) for clause in node.right.clauses]
        elif node.right.__visit_name__ == "bindparam":
            found = self.value(node.right)({})
            items = list(found or ())
            return lambda row: (
                None if (answer := _member(value(row), items)) is None else answer is wanted
            )
        else:
            raise self._refuse(node, "IN of a SELECT asks the server")
        return lambda row: (
            None
            if (answer := _member(value(row), [part(row) for part in parts])) is None
            else answer is wanted
        )

    def _between(self, node: BinaryExpression[Any]) -> Evaluation:
        self._check_comparable(node, node.left, sorts=True)
        if node.modifier("symmetric"):
            raise self._refuse(node, "BETWEEN SYMMETRIC is the server's")
        value = self.value(node.left)
        low, high = map(self.value, node.right.clauses)
        is_wanted = node.operator is ops.BETWEEN

        def evaluate(row: Row) -> bool | None:
            own = value(row)
            bounds = _BINARY[ops.GE](own, low(row)), _BINARY[ops.LE](own, high(row))
            if False in bounds:
                return not is_wanted
            return None if None in bounds else is_wanted

        return evaluate

    def _pattern(self, node: BinaryExpression[Any]) -> Evaluation:
        negated = node.operator not in _PATTERNS
        before, after = _PATTERNS[node.operator.negation if negated else node.operator]
        fold = self.like_folds
        if fold is None or _has_collation(node.left):
            raise self._refuse(node, "what LIKE finds equal depends on the collation")
        escape = node.modifier("escape")
        value, pattern = self.value(node.left), self.value(node.right)

        def evaluate(row: Row) -> bool | None:
            text, sought = value(row), pattern(row)
            if text is None or sought is None:
                return None
            if not (isinstance(text, str) and isinstance(sought, str)):
                raise UnknownValue
            matcher = _matcher(fold(f"{before}{sought}{after}"), escape)
            return (matcher.fullmatch(fold(text)) is None) is negated

        return evaluate

    def _check_comparable(self, node: Node, *sides: Any, sorts: bool = False) -> None:
        """Refuse to compare what the server compares in another way than Python."""
        features = self.features
        if features is None:
            return
        for side in sides:
            types = side.type.types if side.type.affinity == "tuple" else (side.type,)
            for type_ in types:
                if hasattr(type_, "process_bind_param"):
                    raise self._refuse(node, "its type has a conversion of the user's own")
                if type_.affinity in _EXACT_AFFINITIES:
                    continue
                if not features.compares_like_python or type_.affinity not in _KNOWN_AFFINITIES:
                    raise self._refuse(node, "the server compares such values in its own way")
                if type_.affinity == "string":
                    if sorts and (hasattr(type_, "enums") or not features.sorts_text_like_python):
                        raise self._refuse(node, "the server sorts such values in its own way")
                    if _has_collation(side):
                        raise self._refuse(node, "how texts compare depends on the collation")
                if getattr(type_, "asdecimal", False) and not features.supports_native_decimal:
                    raise self._refuse(node, "the server rounds such values")


_KNOWN_AFFINITIES = frozenset(("string", "numeric", "date", "datetime", "time", "binary"))


def _has_collation(node: ColumnElement[Any]) -> bool:
    return getattr(node.type, "collation", None) is not None


def _always(row: Row) -> bool:
    return True


def _reading(key: str) -> Evaluation:
    # A KeyError is a LookupError, as UnknownValue is: the value is not in memory.
    return lambda row: row[key]


def _matcher(pattern: str, escape: str | None) -> re.Pattern[str]:
    parts: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == escape:
            parts.append(re.escape(next(characters, "")))
        elif character == "\\":
            # An escape on some servers, and a character on others.
            raise UnknownValue
        else:
            parts.append({"%": ".*", "_": "."}.get(character) or re.escape(character))
    return re.compile("".join(parts), re.DOTALL)


def _shown(node: Node) -> str:
    if isinstance(node, QueryableAttribute):
        return str(node)
    return f"{type(node).__name__} {' '.join(str(node).split())!r}"


class EvaluatorCompiler:
    """Makes functions that say whether an instance fulfils criteria.

    ::

        is_late = EvaluatorCompiler(Order).process(Order.due < today)
        is_late(order)  # True, False, or None where NULL decides

    UnevaluatableError is raised for criteria that only the database can answer.
    """

    def __init__(self, target_cls: Any) -> None:
        mapper: Mapper = getattr(target_cls, "__mapper__", target_cls)
        self.evaluator = Evaluator(mapper)

    def process(self, clause: Node = TRUE, *clauses: object) -> Callable[[Any], Any]:
        """The function that evaluates the clauses, joined by AND, for an instance."""
        if clauses:
            evaluate = self.evaluator.criteria((clause, *clauses))
        else:
            evaluate = self.evaluator.value(clause)
        return lambda instance: evaluate(instance.__dict__)
