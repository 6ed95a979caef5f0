"""How the standard writes expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from typing import Any, ClassVar

from ..exc import CompileError, UnsupportedCompilationError
from ..sql import operators as ops
from ..sql.defaults import NextValue
from ..sql.expression.coercion import node_of
from ..sql.expression.column_element import ColumnElement, Label
from ..sql.expression.columns import NamedColumn
from ..sql.expression.constants import False_, Null, True_
from ..sql.expression.constructs import (
    Bound,
    Case,
    Cast,
    CollationClause,
    CollectionAggregate,
    Extract,
    FunctionFilter,
    Over,
    TryCast,
    Tuple,
    TypeCoerce,
    WithinGroup,
)
from ..sql.expression.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    Chain,
    ExpandingParameter,
    ExpressionList,
    Grouping,
    NamedParameter,
    UnaryExpression,
)
from ..sql.expression.from_clause import FromClause
from ..sql.expression.functions import (
    AggregateOrderBy,
    AnsiFunction,
    FieldOfFunction,
    FunctionAsBinary,
    FunctionElement,
)
from ..sql.expression.text import BIND_NAMES, TextClause
from ..sql.names import AnonymousName, generated_name
from ..sql.node import Node
from ..sql.operators import Operator
from ..types.basic import NUMERICTYPE
from ..types.contract import NULLTYPE, TypeEngine
from ..types.structured import TupleType
from .custom import custom_writers, written_by
from .identifiers import IdentifierPreparer, NamedInSchema
from .raw import words
from .slots import MARK, Slot, item_type
from .target import CompilerDialect

_NOT_IN = re.compile(r"\bNOT\s+IN\s*\(?\s*$", re.IGNORECASE)

_BARE_BOOLEANS = frozenset(
    {"column", "function", "cast", "type_coerce", "scalar_select", "case", "bindparam"}
)


class ExpressionCompiler:
    """Writes expressions, and keeps the parameters met.

    A parameter stands in the text as a mark with its number; the text is cut at the marks
    when it is complete, so that the order of writing never matters.
    """

    ansi_functions: ClassVar[dict[str, str]] = {}
    """Functions that a dialect writes otherwise, by name."""

    binary_methods: ClassVar[Mapping[str, Callable[..., str]]] = {}
    """What a dialect of others writes binary operators with, by names of their functions."""

    def __init__(self, dialect: CompilerDialect, *, literal_binds: bool = False) -> None:
        # Any: the compiler of one server asks its own dialect for more.
        self.dialect: Any = dialect
        self.features = dialect.features
        self.preparer: IdentifierPreparer = dialect.identifier_preparer
        self.quote: Callable[[str], str] = dialect.identifier_preparer.quote
        self.literal_binds = literal_binds
        self.slots: list[Slot] = []
        self.names: dict[str, BindParameter[Any]] = {}
        self.bind_names: dict[BindParameter[Any], str] = {}
        self._inside_bind_expression = False
        self.anonymous_names: dict[Any, str] = {}
        self.counters: dict[str, int] = {}
        self.short_names: dict[str, str] = {}
        self.longest: int = dialect.label_length or dialect.features.max_identifier_length
        self.inside_operator = False
        self.include_table = True
        self.criteria: tuple[Any, ...] = ()
        """The options of the statements being written that restrict classes met in them."""
        self.options_by_condition: dict[Any, Any] = {}
        """The option that each condition was added by."""
        self.tables_named: set[str] = set()
        """The names of the tables that have been written, without their schemas."""
        self.names_others = False
        """Whether text, or a function of the user's, has been written, which may name others."""

    # -- the frame ----------------------------------------------------------------------------

    def write(self, node: Node) -> str:
        """Return *node* as text."""
        if custom_writers.any:
            custom = custom_writers.find(type(node), self.dialect.name)
            if custom is not None:
                self.names_others = True
                return written_by(custom, node, self)
        method = getattr(self, f"visit_{node.__visit_name__}", None)
        if method is None:
            raise UnsupportedCompilationError(self, type(node))
        text: str = method(node)
        return text

    def process(self, node: Any, *, literal_binds: bool = False, **kw: Any) -> str:
        """Return *node* as text: the name that functions under ``@compiles`` know."""
        if isinstance(node, TypeEngine):
            return self.type_text(node)
        if isinstance(node, tuple):
            # The arguments of a function: element.clauses.
            return ", ".join(self.process(n, literal_binds=literal_binds, **kw) for n in node)
        before, self.literal_binds = self.literal_binds, literal_binds or self.literal_binds
        found = node_of(node)
        text = self.write(node if found is None else found)
        self.literal_binds = before
        return text

    def operand(self, node: ColumnElement[Any], outer: Operator) -> str:
        """Return *node* as an operand of *outer*: in parentheses where it needs them."""
        before, self.inside_operator = self.inside_operator, True
        text = self.write(node)
        self.inside_operator = before
        inner = node.operator
        return f"({text})" if inner is not None and outer.groups(inner) else text

    def criterion(self, node: ColumnElement[Any], outer: Operator, expected: bool = True) -> str:
        """Return *node* where a truth value is needed."""
        option = self.options_by_condition.pop(node, None) if self.options_by_condition else None
        if option is not None:
            # What an option says of a class is not restricted by itself.
            before = self.criteria
            self.criteria = tuple(other for other in before if other is not option)
            text = self.criterion(node, outer, expected)
            self.criteria = before
            return text
        if not self.features.supports_native_boolean:
            if node.__visit_name__ in ("true", "false"):
                return "1 = 1" if (node.__visit_name__ == "true") is expected else "0 = 1"
            core = node
            while core.__visit_name__ == "label":
                core = core.element
            if core.__visit_name__ in _BARE_BOOLEANS and core.type.affinity == "boolean":
                return f"{self.operand(core, ops.EQ)} = {1 if expected else 0}"
        text = self.operand(node, outer) if outer is not ops.WHOLE else self.write(node)
        return text if expected else f"NOT {text}"

    def conjunction(self, criteria: Iterable[ColumnElement[Any]]) -> str:
        """Return *criteria* joined by AND; those that say nothing are left out."""
        kept = [c for c in criteria if not (c.__visit_name__ == "boolean_list" and not c.clauses)]
        if len(kept) > 1:
            kept = [c for c in kept if c.__visit_name__ != "true"] or kept[:1]
            false = next((c for c in kept if c.__visit_name__ == "false"), None)
            kept = [false] if false is not None else kept
        before, self.inside_operator = self.inside_operator, True
        if len(kept) == 1:
            text = self.criterion(kept[0], ops.WHOLE)
        else:
            text = " AND ".join(self.criterion(c, ops.AND) for c in kept)
        self.inside_operator = before
        return text

    def anonymous(self, owner: object, base: str) -> str:
        """Return the name made up for *owner*: *base* and a number."""
        found = self.anonymous_names.get(owner)
        if found is None:
            number = self.counters[base] = self.counters.get(base, 0) + 1
            found = f"{base}_{number}"
            if len(found) > self.longest:
                found = self.shortened(found)
            self.anonymous_names[owner] = found
        return found

    def shortened(self, name: str) -> str:
        """Return *name*, which is too long for the server, with its end replaced by a number."""
        found = self.short_names.get(name)
        if found is None:
            ending = f"_{len(self.short_names) + 1:x}"
            found = self.short_names[name] = name[: max(self.longest - 6, 0)] + ending
        return found

    def name(self, name: str | AnonymousName) -> str:
        """Return *name* without quotes, made up where it is anonymous."""
        if isinstance(name, AnonymousName):
            return self.anonymous(name, name.base)
        if name.__class__ is generated_name and len(name) > self.longest:
            return self.shortened(name)
        plain: str = name
        return plain

    # -- parameters ---------------------------------------------------------------------------

    def visit_bindparam(self, node: BindParameter[Any]) -> str:
        return self.bind(node)

    def bind(
        self,
        node: BindParameter[Any],
        name: str | None = None,
        type_: TypeEngine[Any] | None = None,
        negated: bool = False,
        in_text: bool = False,
        as_type: TypeEngine[Any] | None = None,
    ) -> str:
        """Return the mark for *node*.

        *name* overrides its own, *type_* its own where it has none, *as_type* in any case.
        """
        kind = node.type if type_ is None or node.type is not NULLTYPE else type_
        if as_type is not None:
            kind = as_type
        if not node.expanding and not self._inside_bind_expression:
            around = kind.bind_expression(node)
            if around is not None:
                if name is not None and node not in self.bind_names:
                    self._bind_name(node, name)
                return self._write_inside(around)
        if self.literal_binds or node.literal_execute:
            return self.literal(node, kind, negated, in_text)
        around_items: tuple[tuple[str, str], ...] = ()
        if node.expanding and not self._inside_bind_expression:
            around_items = self._around_items(kind)
        found = self.bind_names.get(node)
        if found is None:
            found = self._bind_name(node, name)
        self.slots.append(Slot(node, found, kind, node.expanding, negated, in_text, around_items))
        return f"{MARK}{len(self.slots) - 1}{MARK}"

    def _write_inside(self, expression: Node) -> str:
        """Return *expression*, which a type puts around its parameter."""
        self._inside_bind_expression = True
        text = self.write(expression)
        self._inside_bind_expression = False
        return text

    def _around_items(self, kind: TypeEngine[Any]) -> tuple[tuple[str, str], ...]:
        """Return what *kind* puts around each item of a list, or each part of such an item."""
        kinds = kind.types if isinstance(kind, TupleType) else (kind,)
        expressions = []
        for one in kinds:
            item = ExpandingParameter[Any](None, (), one)
            expressions.append((item, one.bind_expression(item)))
        if all(expression is None for _, expression in expressions):
            return ()
        return tuple(
            self._around_item(item) if expression is None else self._around_item(expression)
            for item, expression in expressions
        )

    def _around_item(self, expression: Node) -> tuple[str, str]:
        count = len(self.slots)
        before, *others = self._write_inside(expression).split(MARK)
        del self.slots[count:]
        if len(others) != 2:
            raise CompileError(
                "what a type puts around the items of a list has no other parameters",
                hint="write them with literal_column() in its bind_expression()",
            )
        return before, others[1]

    def _bind_name(self, node: BindParameter[Any], name: str | None) -> str:
        if name is None:
            key = node.key
            if key is not None and not node.unique:
                name = key
            else:
                name = self.anonymous(node, key if key is not None else "param")
        assert name is not None
        known = self.names.get(name)
        if known is not None and known is not node and (known.unique or node.unique):
            raise CompileError(
                f"two parameters of this statement are called {name!r}",
                hint="give bindparam() another name, or unique=True",
            )
        self.names[name] = node
        self.bind_names[node] = name
        return name

    def literal(
        self,
        node: BindParameter[Any],
        kind: TypeEngine[Any],
        negated: bool,
        in_text: bool = False,
    ) -> str:
        """Return the value of *node* as text."""
        value = node.effective_value
        if value is None and node.required:
            raise CompileError(f"parameter {node.key!r} has no value to be written into the text")
        if node.expanding:
            values = list(value or ())
            if not values:
                return Slot(node, "", kind, True, negated, in_text).empty_text()
            return ", ".join(self._literal_item(item, kind) for item in values)
        return self.render_literal_value(value, kind)

    def render_literal_bindparam(self, bindparam: BindParameter[Any], **kw: object) -> str:
        """Return the value of *bindparam* as text: what functions under ``@compiles`` call."""
        return self.literal(bindparam, bindparam.type, False)

    def _literal_item(self, value: object, kind: TypeEngine[Any]) -> str:
        """Return one item of a list as text, with what its type puts around it."""
        kind = item_type(kind, value)
        if isinstance(value, Sequence) and isinstance(kind, TupleType):
            parts = zip(value, kind.types, strict=True)
            return f"({', '.join(self._literal_item(v, t) for v, t in parts)})"
        item = NamedParameter[Any](None, value, kind, True, False, False, None, True)
        around = kind.bind_expression(item)
        return (
            self.render_literal_value(value, kind) if around is None else self._write_inside(around)
        )

    def render_literal_value(self, value: object, kind: TypeEngine[Any]) -> str:
        """Return *value* as text, as its type says."""
        if value is None and not kind.should_evaluate_none:
            return "NULL"
        if isinstance(value, tuple) and isinstance(kind, TupleType):
            parts = zip(value, kind.types, strict=True)
            return f"({', '.join(self.render_literal_value(v, t) for v, t in parts)})"
        processor = kind.dialect_impl(self.dialect).literal_processor(self.dialect)
        if processor is None:
            raise CompileError(
                f"no literal value can be written for {value!r} of type {kind!r}",
                hint="let it be a parameter: leave out literal_binds",
            )
        text = self.escaped_literal(processor(value))
        if MARK in text:
            raise CompileError(
                "a literal value in this statement contains a NUL character",
                hint="let it be a parameter: leave out literal_binds",
            )
        return text

    def escaped_literal(self, text: str) -> str:
        """Return a literal of the standard as this server reads it."""
        return text

    # -- names and constants ------------------------------------------------------------------

    def visit_column(self, node: NamedColumn[Any]) -> str:
        if node.is_literal:
            self.names_others = self.names_others or node.name != "*"
            return self.name(node.name)
        name = self.quote(self.name(node.name))
        if node.table is None or not self.include_table:
            return name
        return f"{self.from_name(node.table)}.{name}"

    def from_name(self, table: FromClause) -> str:
        """Return how a column speaks of *table*."""
        if table.__visit_name__ == "table":
            of_table: Any = table
            return self.preparer.qualified(table, self.dialect.schema_name(of_table.schema))
        return self.quote(self.name(table.name))

    def format_table(self, table: NamedInSchema) -> str:
        """Return the name of *table* with its schema, mapped to another where asked for."""
        return self.preparer.format_table(table, self.dialect.schema_name(table.schema))

    def visit_null(self, node: Null) -> str:
        return "NULL"

    def visit_true(self, node: True_) -> str:
        return "true" if self.features.supports_native_boolean else "1"

    def visit_false(self, node: False_) -> str:
        return "false" if self.features.supports_native_boolean else "0"

    def visit_collation(self, node: CollationClause) -> str:
        schema = f"{self.preparer.quote_schema(node.schema)}." if node.schema else ""
        return schema + self.quote(node.collation)

    def visit_label(self, node: Label[Any]) -> str:
        return self.write(node.element)

    def visit_grouping(self, node: Grouping[Any]) -> str:
        return f"({self.write(node.element)})"

    # -- operators ----------------------------------------------------------------------------

    def visit_binary(self, node: BinaryExpression[Any]) -> str:
        operator = node.operator
        if self.binary_methods and operator.__name__ in self.binary_methods:
            return str(self.binary_methods[operator.__name__](self, node, operator))
        special = getattr(self, f"binary_{operator.name}", None)
        if special is not None:
            text: str = special(node)
            return text
        return self.infix(node, operator.text)

    def infix(self, node: BinaryExpression[Any], text: str) -> str:
        """Return the operands of *node* with *text* between them."""
        operator = node.operator
        return f"{self.operand(node.left, operator)}{text}{self.operand(node.right, operator)}"

    def visit_unary(self, node: UnaryExpression[Any]) -> str:
        operator: Operator = node.operator
        if operator in ops.SUFFIXES:
            if node.element.operator in ops.SUFFIXES:
                return self.write(node.element) + operator.text
            return self.operand(node.element, operator) + operator.text
        if operator is ops.NOT:
            return self.criterion(node.element, operator, expected=False)
        text = self.operand(node.element, operator)
        if operator is ops.NEG and text.startswith("-"):
            # Two signs in a row would begin a comment.
            text = f"({text})"
        return f"{operator.text}{text}"

    def visit_attribute(self, node: Any) -> str:
        # An element of the user's own holds it, where nobody has put the column in its place.
        return self.write(node.column)

    def visit_clauselist(self, node: ExpressionList) -> str:
        operator: Operator = node.operator
        return operator.text.join(self.operand(c, operator) for c in node.clauses)

    def visit_chain(self, node: Chain) -> str:
        operator: Operator = node.operator
        special = getattr(self, f"chain_{operator.name}", None)
        if special is not None:
            text: str = special(node)
            return text
        return operator.text.join(self.operand(clause, operator) for clause in node.clauses)

    def visit_boolean_list(self, node: BooleanClauseList) -> str:
        operator: Operator = node.operator
        return operator.text.join(self.criterion(c, operator) for c in node.clauses)

    def binary_in(self, node: BinaryExpression[Any]) -> str:
        left, members = self._membership(node, False)
        return f"{left} IN {members}"

    def binary_not_in(self, node: BinaryExpression[Any]) -> str:
        # Always in parentheses: an empty list is written with OR.
        left, members = self._membership(node, True)
        return f"({left} NOT IN {members})"

    def _membership(self, node: BinaryExpression[Any], negated: bool) -> tuple[str, str]:
        """Return what stands on both sides of IN."""
        return self.operand(node.left, ops.IN), self._members(node.right, negated)

    def _members(self, right: Node, negated: bool) -> str:
        if isinstance(right, BindParameter):
            return f"({self.bind(right, negated=negated)})"
        text = self.write(right)
        return text if right.__visit_name__ in ("scalar_select", "scalar_values") else f"({text})"

    def binary_between(self, node: BinaryExpression[Any]) -> str:
        text = " BETWEEN SYMMETRIC " if node.modifier("symmetric") else " BETWEEN "
        return self._between(node, text)

    def binary_not_between(self, node: BinaryExpression[Any]) -> str:
        text = " NOT BETWEEN SYMMETRIC " if node.modifier("symmetric") else " NOT BETWEEN "
        return self._between(node, text)

    def _between(self, node: BinaryExpression[Any], text: str) -> str:
        left = self.operand(node.left, ops.BETWEEN)
        low, high = (self.operand(bound, ops.BETWEEN) for bound in node.right.clauses)
        return f"{left}{text}{low} AND {high}"

    def binary_truediv(self, node: BinaryExpression[Any]) -> str:
        if not self.features.division_truncates:
            return self.infix(node, " / ")
        left = self.operand(node.left, ops.TRUEDIV)
        return f"{left} / {self.fraction(node.right)}"

    def fraction(self, node: ColumnElement[Any]) -> str:
        """Return *node* as a number by which division does not truncate."""
        if node.type.affinity == "numeric":
            return self.operand(node, ops.TRUEDIV)
        return f"CAST({self.write(node)} AS {self.type_text(NUMERICTYPE)})"

    def binary_floordiv(self, node: BinaryExpression[Any]) -> str:
        text = self.infix(node, " / ")
        if self.features.division_truncates and node.right.type.affinity == "integer":
            return text
        return f"FLOOR({text})"

    # -- patterns -----------------------------------------------------------------------------

    def _pattern(
        self, node: BinaryExpression[Any], form: str, negated: bool, lowered: bool = False
    ) -> str:
        """Return LIKE with *form*, in which ``{}`` stands for the pattern."""
        left = self.operand(node.left, node.operator)
        right = self.operand(node.right, ops.CONCAT if form != "{}" else node.operator)
        if lowered:
            left, right = f"lower({left})", f"lower({right})"
        text = f"{left} {'NOT LIKE' if negated else 'LIKE'} {self.pattern_text(form, right)}"
        text += self.escape_text(node)
        return f"({text})" if form != "{}" and self.inside_operator else text

    def pattern_text(self, form: str, text: str) -> str:
        """Return *text* put into *form*, such as ``'%' || {}``."""
        return form.format(text)

    def escape_text(self, node: BinaryExpression[Any]) -> str:
        """Return the ESCAPE of a LIKE, or nothing."""
        escape = node.modifier("escape")
        if escape is None:
            return ""
        doubled = str(escape).replace("'", "''")
        return " ESCAPE " + self.escaped_literal(f"'{doubled}'")

    def binary_like(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "{}", False)

    def binary_not_like(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "{}", True)

    def binary_ilike(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "{}", False, lowered=True)

    def binary_not_ilike(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "{}", True, lowered=True)

    def binary_startswith(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "{} || '%'", False)

    def binary_not_startswith(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "{} || '%'", True)

    def binary_endswith(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "'%' || {}", False)

    def binary_not_endswith(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "'%' || {}", True)

    def binary_contains(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "'%' || {} || '%'", False)

    def binary_not_contains(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "'%' || {} || '%'", True)

    def binary_istartswith(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "{} || '%'", False, lowered=True)

    def binary_not_istartswith(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "{} || '%'", True, lowered=True)

    def binary_iendswith(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "'%' || {}", False, lowered=True)

    def binary_not_iendswith(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "'%' || {}", True, lowered=True)

    def binary_icontains(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "'%' || {} || '%'", False, lowered=True)

    def binary_not_icontains(self, node: BinaryExpression[Any]) -> str:
        return self._pattern(node, "'%' || {} || '%'", True, lowered=True)

    def binary_regexp_replace(self, node: BinaryExpression[Any]) -> str:
        pattern, replacement = node.right.clauses
        left = self.write(node.left)
        return f"<regexp replace>({left}, {self.write(pattern)}, {self.write(replacement)})"

    # -- words --------------------------------------------------------------------------------

    def type_text(self, type_: TypeEngine[Any]) -> str:
        """Return *type_* as it stands in CAST and DDL."""
        text: str = self.dialect.type_compiler.write(type_)
        return text

    def visit_cast(self, node: Cast[Any]) -> str:
        return f"CAST({self.write(node.clause)} AS {self.type_text(node.type)})"

    def visit_try_cast(self, node: TryCast[Any]) -> str:
        return f"TRY_CAST({self.write(node.clause)} AS {self.type_text(node.type)})"

    def visit_type_coerce(self, node: TypeCoerce[Any]) -> str:
        return self.write(node.clause)

    def visit_case(self, node: Case[Any]) -> str:
        parts = ["CASE"]
        if node.value is not None:
            parts.append(self.write(node.value))
        for condition, outcome in node.whens:
            parts.append(f"WHEN {self._grouped(condition)} THEN {self.result(outcome)}")
        if node.else_ is not None:
            parts.append(f"ELSE {self.result(node.else_)}")
        return " ".join([*parts, "END"])

    def result(self, node: Node) -> str:
        """Return *node* where it is what comes of an expression, or goes into a function.

        A dialect says the type of a parameter there, if its server takes all for text.
        """
        return self.write(node)

    def _grouped(self, node: ColumnElement[Any]) -> str:
        """Return *node*, in parentheses if an operator made it."""
        before, self.inside_operator = self.inside_operator, False
        text = self.write(node)
        self.inside_operator = before
        return f"({text})" if node.operator is not None else text

    def visit_extract(self, node: Extract) -> str:
        return f"EXTRACT({words(node.field, 'the field')} FROM {self.write(node.expr)})"

    def visit_tuple(self, node: Tuple) -> str:
        return f"({', '.join(self.write(clause) for clause in node.clauses)})"

    def visit_collection_aggregate(self, node: CollectionAggregate[Any]) -> str:
        text = self.write(node.element)
        if node.element.__visit_name__ != "scalar_select":
            text = f"({text})"
        return f"{node.operator.text}{text}"

    def visit_aggregateorderby(self, node: AggregateOrderBy[Any]) -> str:
        order = ", ".join(map(self.write, node.order_by))
        text = self.write(node.element)
        return f"{text[:-1]} ORDER BY {order})"

    def visit_field_of_function(self, node: FieldOfFunction[Any]) -> str:
        return f"({self.write(node.element)}).{self.quote(node.name)}"

    def visit_function_as_binary(self, node: FunctionAsBinary) -> str:
        function = copy(node.function)
        function.clauses = tuple(node.arguments())
        return self.write(function)

    def visit_function(self, node: FunctionElement[Any]) -> str:
        own = self.own_function(node)
        if own is not None:
            return own
        if node.written_as is not None:
            return f"{node.written_as}({self.function_arguments(node)})"
        name = ".".join(self.function_name(part) for part in (*node.packagenames, str(node.name)))
        return f"{name}({self.function_arguments(node)})"

    def own_function(self, node: FunctionElement[Any]) -> str | None:
        """Return what the compiler's own method for functions of this name writes, or None.

        A dialect writes ``func.now()`` its own way with a method ``visit_now_func``.
        """
        write = getattr(self, f"visit_{node.name}_func".lower(), None)
        return None if write is None else str(write(node))

    def function_name(self, name: str) -> str:
        """Return the name of a function: in quotes only where its characters need them."""
        if name.replace("_", "a").isalnum() and not name[:1].isdigit():
            return name
        return self.quote(name)

    def function_arguments(self, node: FunctionElement[Any]) -> str:
        """Return the arguments of a function."""
        return ", ".join(self.result(clause) for clause in node.clauses)

    def visit_ansi_function(self, node: AnsiFunction[Any]) -> str:
        own = self.own_function(node)
        if own is not None:
            return own
        name = str(node.name)
        return self.ansi_functions.get(name, node.written_as or name.upper())

    def visit_next_value(self, node: NextValue) -> str:
        raise CompileError(f"{self.dialect.name} has no sequences")

    def visit_over(self, node: Over[Any]) -> str:
        parts = []
        if node.partition_by:
            parts.append("PARTITION BY " + ", ".join(map(self.write, node.partition_by)))
        if node.order_by:
            parts.append("ORDER BY " + ", ".join(map(self.write, node.order_by)))
        if node.frame is not None:
            start, end = (self._bound(bound) for bound in node.frame.bounds)
            parts.append(f"{node.frame.unit} BETWEEN {start} AND {end}")
            if node.frame.exclude is not None:
                parts.append(f"EXCLUDE {node.frame.exclude}")
        return f"{self.write(node.element)} OVER ({' '.join(parts)})"

    def _bound(self, bound: Bound) -> str:
        return bound.words if bound.offset is None else f"{self.write(bound.offset)} {bound.words}"

    def visit_withingroup(self, node: WithinGroup[Any]) -> str:
        order = ", ".join(map(self.write, node.order_by))
        return f"{self.write(node.element)} WITHIN GROUP (ORDER BY {order})"

    def visit_funcfilter(self, node: FunctionFilter[Any]) -> str:
        return f"{self.write(node.element)} FILTER (WHERE {self.conjunction(node.criteria)})"

    def visit_textclause(self, node: TextClause) -> str:
        if MARK in node.text:
            raise CompileError("the text of this statement contains a NUL character")
        self.names_others = True
        binds = {bind.key: bind for bind in node.binds}
        parts = []
        position = 0
        for match in BIND_NAMES.finditer(node.text):
            parts.append(node.text[position : match.start()].replace("\\:", ":"))
            bind = binds.get(match.group(1))
            position = match.end()
            if bind is None:
                parts.append(match.group(0))
            elif bind.expanding:
                parts.append(self._list_in_text(bind, parts[-1], node.text[position:]))
            else:
                parts.append(self.bind(bind))
        parts.append(node.text[position:].replace("\\:", ":"))
        return "".join(parts)

    def _list_in_text(self, bind: BindParameter[Any], before: str, after: str) -> str:
        """Return the list *bind* in parentheses, where those of the text are not around it."""
        negated = _NOT_IN.search(before) is not None
        text = self.bind(bind, negated=negated, in_text=True)
        return text if before.endswith("(") and after.startswith(")") else f"({text})"
