"""How PostgreSQL writes what it writes otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ...compiler.slots import MARK
from ...compiler.upsert import OnConflictCompiler
from ...exc import CompileError
from ...sql import operators as ops
from ...sql.expression.elements import BinaryExpression, BindParameter, ExpressionList
from ...sql.node import Node
from ...types.basic import STRINGTYPE
from ...types.contract import NULLTYPE, TypeEngine
from .text import escaped

if TYPE_CHECKING:
    from ...sql.defaults import NextValue
    from ...sql.expression.column_element import ColumnElement
    from ...sql.expression.elements import BinaryExpression, UnaryExpression
    from ...sql.expression.from_clause import TableSample
    from ...sql.expression.functions import FunctionElement
    from ...sql.expression.generative_select import GenerativeSelect
    from ...sql.operators import Operator
    from .functions import aggregate_order_by

_LOCKS = {
    # (read, key_share)
    (False, False): " FOR UPDATE",
    (True, False): " FOR SHARE",
    (False, True): " FOR NO KEY UPDATE",
    (True, True): " FOR KEY SHARE",
}


_READ_FROM_TEXT = frozenset(
    ("integer", "numeric", "boolean", "date", "time", "datetime", "interval", "uuid")
)
"""Of what the server reads from a string that is compared with it: ``day >= '2026-11-30'``."""


class PostgresqlCompiler(OnConflictCompiler):
    """Writes statements for PostgreSQL."""

    function_names: ClassVar[dict[str, str]] = {
        "aggregate_strings": "string_agg",
        "pow": "power",
        "cube": "CUBE",
        "rollup": "ROLLUP",
        "grouping_sets": "GROUPING SETS",
    }
    ansi_functions: ClassVar[dict[str, str]] = {"user": '"user"()', "sysdate": "sysdate()"}

    table_hint = "{}"

    def takes_hint(self, text: str, *, meant: bool) -> bool:
        if text.upper() == "ONLY":
            return True
        if meant:
            raise CompileError(
                f"PostgreSQL has no hint {text!r} for a table", hint='it has one, "ONLY"'
            )
        return False

    def hinted(self, table: str, hint: str) -> str:
        # ONLY leaves out the rows of tables that inherit.
        return f"{hint.strip()} {table}" if hint else table

    def assigned_element(self, element: Any, extra: list[Any]) -> str:
        # As a subscript, whatever operator reads it.
        return f"{self.assigned(element.left, extra)}[{self.write(element.right)}]"

    # -- parameters ---------------------------------------------------------------------------

    _compared: tuple[Node, ...] = ()
    """What is compared just now with something that the server reads from a string."""

    def visit_binary(self, node: BinaryExpression[Any]) -> str:
        operator = node.operator
        if (
            not operator.is_comparison
            or operator.is_pattern
            or node.left.type.affinity not in _READ_FROM_TEXT
        ):
            return super().visit_binary(node)
        before, right = self._compared, node.right
        self._compared = right.clauses if isinstance(right, ExpressionList) else (right,)
        text = super().visit_binary(node)
        self._compared = before
        return text

    def bind(
        self,
        node: BindParameter[Any],
        name: str | None = None,
        type_: TypeEngine[Any] | None = None,
        negated: bool = False,
        in_text: bool = False,
        as_type: TypeEngine[Any] | None = None,
    ) -> str:
        before = len(self.slots)
        text = super().bind(node, name, type_, negated, in_text, as_type)
        if not text.startswith(MARK) or text.count(MARK) != 2 or len(self.slots) == before:
            return text
        slot = self.slots[-1]
        if slot.type.__visit_name__ == "string" and any(node is one for one in self._compared):
            # The server reads the value in it; of a string it would say that they don't compare.
            slot = self.slots[-1] = slot._replace(type=NULLTYPE)
        # A list is cast item by item, when its length is known.
        return text if slot.expanding else text + self.dialect.bind_cast(slot.type)

    def operand(self, node: ColumnElement[Any], outer: Operator) -> str:
        if node.operator in _ARROWS and node.type.affinity == "json":
            # Written as an arrow it binds no more strongly than other operators do.
            before, self.inside_operator = self.inside_operator, True
            text = self.write(node)
            self.inside_operator = before
            is_arrow = not text.endswith("]")
            return f"({text})" if is_arrow and outer.precedence >= ops.CONCAT.precedence else text
        return super().operand(node, outer)

    # -- operators ----------------------------------------------------------------------------

    def visit_unary(self, node: UnaryExpression[Any]) -> str:
        if node.operator is ops.BITWISE_NOT:
            return f"~{self.operand(node.element, node.operator)}"
        return super().visit_unary(node)

    def _pattern(
        self, node: BinaryExpression[Any], form: str, negated: bool, lowered: bool = False
    ) -> str:
        left = self.operand(node.left, node.operator)
        right = self.operand(node.right, ops.CONCAT if form != "{}" else node.operator)
        word = "ILIKE" if lowered else "LIKE"
        text = f"{left} {'NOT ' if negated else ''}{word} {form.format(right)}"
        text += self.escape_text(node)
        return f"({text})" if form != "{}" and self.inside_operator else text

    def escaped_literal(self, text: str) -> str:
        """Return a literal that means the same under every setting of the server."""
        return escaped(text)

    def binary_match(self, node: BinaryExpression[Any]) -> str:
        config = node.modifier("postgresql_regconfig")
        right = self.operand(node.right, node.operator)
        if config:
            right = f"{self.render_literal_value(config, STRINGTYPE)}, {right}"
        return f"{self.operand(node.left, node.operator)} @@ plainto_tsquery({right})"

    def binary_not_match(self, node: BinaryExpression[Any]) -> str:
        return f"NOT {self.binary_match(node)}"

    def binary_regexp_match(self, node: BinaryExpression[Any]) -> str:
        return self._regexp("~", node)

    def binary_not_regexp_match(self, node: BinaryExpression[Any]) -> str:
        return self._regexp("!~", node)

    def _regexp(self, word: str, node: BinaryExpression[Any]) -> str:
        flags = node.modifier("flags")
        if not flags:
            return self.infix(node, f" {word} ")
        if flags == "i":
            return self.infix(node, f" {word}* ")
        left, right = (self.operand(side, node.operator) for side in (node.left, node.right))
        named = self.render_literal_value(flags, STRINGTYPE)
        return f"{left} {word} CONCAT('(?', {named}, ')', {right})"

    def binary_regexp_replace(self, node: BinaryExpression[Any]) -> str:
        pattern, replacement = map(self.write, node.right.clauses)
        parts = [self.write(node.left), pattern, replacement]
        if node.modifier("flags"):
            parts.append(self.render_literal_value(node.modifier("flags"), STRINGTYPE))
        return f"REGEXP_REPLACE({', '.join(parts)})"

    def binary_bitwise_xor(self, node: BinaryExpression[Any]) -> str:
        return self.infix(node, " # ")

    def binary_getitem(self, node: BinaryExpression[Any]) -> str:
        left = self.write(node.left)
        if (
            node.left.__visit_name__ not in ("column", "binary")
            or node.left.operator not in _INDEXED
        ):
            left = f"({left})"
        return f"{left}[{self.write(node.right)}]"

    def visit_slice(self, node: Any) -> str:
        start = self.write(node.start) if node.start is not None else ""
        stop = self.write(node.stop) if node.stop is not None else ""
        return f"{start}:{stop}"

    def binary_json_getitem(self, node: BinaryExpression[Any]) -> str:
        return self._json_item(node, " -> ", " ->> ")

    def binary_json_path_getitem(self, node: BinaryExpression[Any]) -> str:
        return self._json_item(node, " #> ", " #>> ")

    def _json_item(self, node: BinaryExpression[Any], as_json: str, as_text: str) -> str:
        if node.type.affinity != "json":
            return f"CAST({self.infix(node, as_text)} AS {self.type_text(node.type)})"
        is_name = node.operator is ops.JSON_GETITEM
        if is_name and node.left.type.__visit_name__ == "JSONB" and self.dialect.has_subscripts:
            left = self.write(node.left)
            if node.left.operator not in _INDEXED:
                left = f"({left})"
            return f"{left}[{self.write(node.right)}]"
        return self.infix(node, as_json)

    def visit_array(self, node: Any) -> str:
        if not node.clauses:
            if node.type.item_type.affinity == "null":
                raise CompileError(
                    "an array without elements needs a type", hint="array([], type_=Integer)"
                )
            return f"ARRAY[]::{self.type_text(node.type)}"
        return f"ARRAY[{', '.join(map(self.write, node.clauses))}]"

    def visit_aggregate_order_by(self, node: aggregate_order_by) -> str:
        order = ", ".join(map(self.write, node.order_by))
        return f"{self.write(node.target)} ORDER BY {order}" if order else self.write(node.target)

    # -- functions ----------------------------------------------------------------------------

    def visit_function(self, node: FunctionElement[Any]) -> str:
        other = self.function_names.get(str(node.name).lower())
        if other is not None and not node.packagenames:
            return f"{other}({self.function_arguments(node)})"
        return super().visit_function(node)

    def visit_next_value(self, node: NextValue) -> str:
        name = self.format_table(node.sequence)
        return f"nextval({self.render_literal_value(name, STRINGTYPE)})"

    # -- SELECT -------------------------------------------------------------------------------

    def select_distinct(self, node: Any) -> str:
        if not node.distinct_on:
            return ""
        if node.distinct_on is True:
            return "DISTINCT "
        return f"DISTINCT ON ({', '.join(map(self.sort_key, node.distinct_on))}) "

    def select_limit(self, node: GenerativeSelect) -> str:
        text = super().select_limit(node)
        return f" {text}" if node.limit_clause is not None else text

    def unlimited(self) -> str:
        return "\n LIMIT ALL"

    def fetch_text(self, node: GenerativeSelect) -> str:
        text = ""
        if node.offset_clause is not None:
            text = f"\n OFFSET ({self.write(node.offset_clause)}) ROWS"
        fetch = node.fetch_clause
        assert fetch is not None
        if fetch.percent:
            raise CompileError("PostgreSQL cannot fetch a percentage of the rows")
        ending = "WITH TIES" if fetch.with_ties else "ONLY"
        return f"{text}\n FETCH FIRST ({self.write(fetch.count)}) ROWS {ending}"

    def select_for_update(self, node: GenerativeSelect) -> str:
        lock = node.for_update_arg
        if lock is None:
            return ""
        text = _LOCKS[bool(lock.read), bool(lock.key_share)]
        if lock.of:
            tables = self.locked_names(lock.of)
            # The table's own name: a schema may not stand here.
            text += " OF " + ", ".join(name.rpartition(".")[2] for name in tables)
        if lock.nowait:
            text += " NOWAIT"
        if lock.skip_locked:
            text += " SKIP LOCKED"
        return text

    def default_from(self) -> str:
        return ""

    def from_tablesample(self, source: TableSample) -> str:
        sampling = source.sampling
        method = self.write(sampling) if isinstance(sampling, Node) else str(sampling)
        if getattr(sampling, "__visit_name__", "bindparam") == "bindparam":
            method = f"system({method})"
        text = f"{self.from_alias(source)} TABLESAMPLE {method}"
        if source.seed is not None:
            text += f" REPEATABLE ({self.write(source.seed)})"
        return text


_ARROWS = (ops.JSON_GETITEM, ops.JSON_PATH_GETITEM)
_INDEXED = (None, ops.GETITEM, ops.JSON_GETITEM)
"""What may stand before an index without parentheses."""
