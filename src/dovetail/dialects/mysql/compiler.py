"""How MySQL and MariaDB write what they write otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from warnings import warn

from ...compiler.statements import StatementCompiler
from ...exc import CompileError, DovetailWarning
from ...sql import operators as ops
from ...sql.expression.column_element import Label
from ...sql.expression.constructs import TypeCoerce
from ...sql.expression.elements import BindParameter
from ...sql.expression.froms import contained_in
from ...sql.expression.select_base import ScalarSelect
from ...sql.upsert import conflict_values
from ..json_elements import ElementText, ElementValue, is_element, is_json_value

if TYPE_CHECKING:
    from ...compiler.target import CompilerDialect
    from ...sql.defaults import NextValue
    from ...sql.expression.column_element import ColumnElement
    from ...sql.expression.columns import NamedColumn
    from ...sql.expression.conflict import OnConflictDoNothing, OnConflictDoUpdate
    from ...sql.expression.constants import False_, True_
    from ...sql.expression.constructs import Cast, Extract, TryCast
    from ...sql.expression.derived import Values
    from ...sql.expression.dml import Delete, Insert, Update
    from ...sql.expression.dml_base import UpdateBase
    from ...sql.expression.elements import BinaryExpression, ExpressionList, UnaryExpression
    from ...sql.expression.from_clause import Join
    from ...sql.expression.functions import AnsiFunction, FunctionElement
    from ...sql.expression.generative_select import GenerativeSelect
    from ...sql.node import Node

_ALL_ROWS = "18446744073709551615"
"""The LIMIT that the manual names for all rows from an OFFSET on."""

_BOOLEAN_MODE = "IN BOOLEAN MODE"
_FUNCTION_NAMES = {"random": "rand"}
_SORTS = {ops.NULLS_FIRST: " IS NOT NULL, ", ops.NULLS_LAST: " IS NULL, "}
_TEMPORAL = {
    "date": "DATE",
    "datetime": "DATETIME(6)",
    "time": "TIME(6)",
    "interval": "DATETIME(6)",
}
"""What parameters of these types are cast to where nothing beside them says what they are."""

_FIELDS = {"milliseconds": "millisecond"}


class MysqlExpressions(StatementCompiler):
    """Expressions."""

    ansi_functions: ClassVar[dict[str, str]] = {"sysdate": "SYSDATE()"}

    @property
    def _is_mariadb(self) -> bool:
        return bool(self.features.is_mariadb)

    def visit_true(self, node: True_) -> str:
        return "true"

    def visit_false(self, node: False_) -> str:
        return "false"

    def escaped_literal(self, text: str) -> str:
        """Return a literal; where a backslash escapes, those within are doubled."""
        return self.dialect.escaped(text) if text.startswith("'") else text

    # -- operators ----------------------------------------------------------------------------

    def binary_concat(self, node: Node) -> str:
        return f"concat({', '.join(map(self.write, _concatenated(node)))})"

    def chain_concat(self, node: Node) -> str:
        return self.binary_concat(node)

    def visit_clauselist(self, node: ExpressionList) -> str:
        return (
            self.binary_concat(node)
            if node.operator is ops.CONCAT
            else super().visit_clauselist(node)
        )

    def pattern_text(self, form: str, text: str) -> str:
        if form == "{}":
            return text
        parts = ", ".join(part.strip() for part in form.split("||"))
        return f"concat({parts.format(text)})"

    def binary_is_distinct_from(self, node: BinaryExpression[Any]) -> str:
        return f"NOT ({self.infix(node, ' <=> ')})"

    def binary_is_not_distinct_from(self, node: BinaryExpression[Any]) -> str:
        return self.infix(node, " <=> ")

    def binary_match(self, node: BinaryExpression[Any]) -> str:
        left = node.left
        columns = left.clauses if left.__visit_name__ == "tuple" else (left,)
        return self._matched(columns, node.right, f" {_BOOLEAN_MODE}")

    def binary_not_match(self, node: BinaryExpression[Any]) -> str:
        return f"NOT {self.binary_match(node)}"

    def visit_mysql_match(self, node: Any) -> str:
        if node.expands and node.mode == _BOOLEAN_MODE:
            raise CompileError(
                "WITH QUERY EXPANSION does not go together with IN BOOLEAN MODE",
                hint="use in_natural_language_mode()",
            )
        ending = f" {node.mode}" if node.mode else ""
        ending += " WITH QUERY EXPANSION" if node.expands else ""
        return self._matched(node.columns, node.against, ending)

    def _matched(self, columns: Any, against: Any, ending: str) -> str:
        listed = ", ".join(map(self.write, columns))
        return f"MATCH ({listed}) AGAINST ({self.write(against)}{ending})"

    # -- regular expressions --------------------------------------------------------------------

    def binary_regexp_match(self, node: BinaryExpression[Any]) -> str:
        return self._regexp(node, " REGEXP ", "")

    def binary_not_regexp_match(self, node: BinaryExpression[Any]) -> str:
        return self._regexp(node, " NOT REGEXP ", "NOT ")

    def _regexp(self, node: BinaryExpression[Any], text: str, negation: str) -> str:
        flags = node.modifier("flags")
        if not flags:
            return self.infix(node, text)
        flags = self._literal_text(flags)
        if self._is_mariadb:
            left = self.operand(node.left, node.operator)
            return f"{left}{text}CONCAT('(?', {flags}, ')', {self.write(node.right)})"
        left, right = self.write(node.left), self.write(node.right)
        return f"{negation}REGEXP_LIKE({left}, {right}, {flags})"

    def binary_regexp_replace(self, node: BinaryExpression[Any]) -> str:
        pattern, replacement = map(self.write, node.right.clauses)
        left, flags = self.write(node.left), node.modifier("flags")
        if not flags:
            return f"REGEXP_REPLACE({left}, {pattern}, {replacement})"
        flags = self._literal_text(flags)
        if self._is_mariadb:
            pattern = f"CONCAT('(?', {flags}, ')', {pattern})"
            return f"REGEXP_REPLACE({left}, {pattern}, {replacement})"
        return f"REGEXP_REPLACE({left}, {pattern}, {replacement}, {flags})"

    def _literal_text(self, text: object) -> str:
        made: str = self.dialect.literal_text(str(text))
        return made

    # -- JSON -----------------------------------------------------------------------------------

    def binary_json_getitem(self, node: BinaryExpression[Any]) -> str:
        text = f"JSON_EXTRACT({self.write(node.left)}, {self.write(node.right)})"
        kind = node.type
        if kind.affinity == "json":
            return text
        # Written again, and not copied: each place in the text has parameters of its own.
        again = f"JSON_EXTRACT({self.write(node.left)}, {self.write(node.right)})"
        if kind.affinity == "boolean":
            rest = "WHEN true THEN true ELSE false"
        elif kind.affinity == "integer":
            rest = f"ELSE CAST({again} AS SIGNED INTEGER)"
        elif kind.affinity == "numeric":
            rest = f"ELSE {self._json_number(again, kind)}"
        else:
            rest = f"ELSE JSON_UNQUOTE({again})"
        return f"CASE {text} WHEN 'null' THEN NULL {rest} END"

    def infix(self, node: BinaryExpression[Any], text: str) -> str:
        if node.operator.is_comparison and is_element(node.left) and is_json_value(node.right):
            return f"{self.write(node.left)}{text}{self._element_value(node.right)}"
        return super().infix(node, text)

    def _element_value(self, node: ColumnElement[Any]) -> str:
        if not is_json_value(node):
            return self.operand(node, ops.BETWEEN)
        return self.bind(node, as_type=ElementValue(node.type))

    def _between(self, node: BinaryExpression[Any], text: str) -> str:
        if not is_element(node.left):
            return super()._between(node, text)
        low, high = map(self._element_value, node.right.clauses)
        return f"{self._element_text(node.left)}{text}{low} AND {high}"

    def _membership(self, node: BinaryExpression[Any], negated: bool) -> tuple[str, str]:
        if not (is_element(node.left) and is_json_value(node.right)):
            return super()._membership(node, negated)
        items = self.bind(node.right, negated=negated, as_type=ElementText(node.right.type))
        return self._element_text(node.left), f"({items})"

    def _element_text(self, node: BinaryExpression[Any]) -> str:
        """Return an element as text: IN and BETWEEN compare none with values by themselves."""
        return f"JSON_UNQUOTE({self.write(node)})"

    def _json_number(self, text: str, kind: Any) -> str:
        if kind.scale is not None and kind.precision is not None:
            return f"CAST({text} AS DECIMAL({kind.precision}, {kind.scale}))"
        # Adding zero makes a number of it, on servers too that cast to no floats.
        return f"{text}+0.0000000000000000000000"

    def binary_json_path_getitem(self, node: BinaryExpression[Any]) -> str:
        return self.binary_json_getitem(node)

    # -- words ----------------------------------------------------------------------------------

    def visit_cast(self, node: Cast[Any]) -> str:
        compiler = self.dialect.type_compiler
        target = compiler.cast_target(node.type)
        if target is None:
            warn(
                f"{self.dialect.name} casts to no {compiler.write(node.type)}: the CAST is left "
                "out",
                DovetailWarning,
                stacklevel=2,
            )
            return self._grouped(node.clause)
        text = self.write(node.clause)
        if target == "JSON" and self._is_mariadb:
            # MariaDB casts to no JSON, which is text there; this makes sure that it is valid.
            return f"JSON_EXTRACT({text}, '$')"
        return f"CAST({text} AS {target})"

    def result(self, node: Node) -> str:
        text = super().result(node)
        while isinstance(node, Label | TypeCoerce):
            node = node.element if isinstance(node, Label) else node.clause
        if isinstance(node, BindParameter) and not node.expanding:
            target = _TEMPORAL.get(node.type.affinity)
            # To the server it is text, and what comes of it would be.
            return text if target is None else f"CAST({text} AS {target})"
        return text

    def visit_try_cast(self, node: TryCast[Any]) -> str:
        raise CompileError(f"{self.dialect.name} has no TRY_CAST", hint="use cast()")

    def visit_unary(self, node: UnaryExpression[Any]) -> str:
        order = _SORTS.get(node.operator)
        return super().visit_unary(node) if order is None else self._nulls(node, order)

    def sort_key(self, node: ColumnElement[Any]) -> str:
        order = _SORTS.get(node.operator) if node.__visit_name__ == "unary" else None
        return super().sort_key(node) if order is None else self._nulls(node, order)

    def _nulls(self, node: Any, order: str) -> str:
        """Return NULLS FIRST or LAST in words that these servers know."""
        inner = core = node.element
        while core.__visit_name__ == "unary" and core.operator in ops.SUFFIXES:
            core = core.element
        return f"{super().sort_key(core)}{order}{super().sort_key(inner)}"

    def visit_extract(self, node: Extract) -> str:
        field = _FIELDS.get(node.field, node.field)
        return f"EXTRACT({field} FROM {self.write(node.expr)})"

    def visit_ansi_function(self, node: AnsiFunction[Any]) -> str:
        text = super().visit_ansi_function(node)
        # CURRENT_TIMESTAMP(6) and its like take a number of decimal places.
        return f"{text}({self.function_arguments(node)})" if node.clauses else text

    def visit_function(self, node: FunctionElement[Any]) -> str:
        name = str(node.name).lower()
        if not node.packagenames:
            if name == "rollup":
                return f"{self.function_arguments(node)} WITH ROLLUP"
            if name == "aggregate_strings":
                value, separator = node.clauses
                return f"group_concat({self.write(value)} SEPARATOR {self._constant(separator)})"
            other = _FUNCTION_NAMES.get(name)
            if other is not None:
                return f"{other}({self.function_arguments(node)})"
        return super().visit_function(node)

    def _constant(self, node: Any) -> str:
        """Return the value of a parameter where the server takes a literal alone."""
        if node.__visit_name__ == "bindparam":
            return self.literal(node, node.type, False)
        return self.write(node)

    def visit_next_value(self, node: NextValue) -> str:
        if self.dialect.server_version_info and not self.features.supports_sequences:
            return super().visit_next_value(node)
        return f"nextval({self.format_table(node.sequence)})"


def _concatenated(node: Any) -> list[Any]:
    """Return what is put together, however the pieces were nested."""
    clauses = (node.left, node.right) if node.__visit_name__ == "binary" else node.clauses
    found: list[Any] = []
    for clause in clauses:
        found += _concatenated(clause) if clause.operator is ops.CONCAT else [clause]
    return found


class MysqlCompiler(MysqlExpressions):
    """Whole statements."""

    with_follows_insert = True
    table_hint = "{}"

    def __init__(self, dialect: CompilerDialect, statement: None = None, **options: Any) -> None:
        super().__init__(dialect, statement, **options)
        self._insert: Any = None
        """The INSERT being written."""
        self._inserted: str | None = None
        """The name under which values speak of the row that could not be inserted."""
        self._uses_alias = False

    # -- SELECT ---------------------------------------------------------------------------------

    def from_join(self, source: Join) -> str:
        if source.full:
            raise CompileError(
                f"{self.dialect.name} has no FULL OUTER JOIN",
                hint="join both ways with LEFT OUTER JOIN and union() the two",
            )
        text = super().from_join(source)
        if source.isouter:
            return text
        left = self.write_from(source.left)
        return f"{left} INNER{text[len(left) :]}"

    def from_values(self, source: Values) -> str:
        names = [self.quote(column.name) for column in source.own_columns]
        first, *others = source.rows
        selects = [
            ", ".join(f"{self.result(v)} AS {n}" for v, n in zip(first, names, strict=True)),
            *(", ".join(map(self.result, row)) for row in others),
        ]
        rows = " UNION ALL ".join(f"SELECT {text}" for text in selects)
        return f"({rows}) AS {self.from_name(source)}"

    def select_limit(self, node: GenerativeSelect) -> str:
        limit, offset = node.limit_clause, node.offset_clause
        if node.fetch_clause is not None:
            fetch = node.fetch_clause
            if self._is_mariadb:
                return super().select_limit(node)
            if fetch.with_ties or fetch.percent:
                raise CompileError(f"{self.dialect.name} has no FETCH FIRST … WITH TIES")
            limit = fetch.count
        if offset is None:
            return f" \n LIMIT {self.write(limit)}" if limit is not None else ""
        most = self.write(limit) if limit is not None else _ALL_ROWS
        start = self.write(offset)
        return f" \n LIMIT {start}, {most}"

    def select_for_update(self, node: GenerativeSelect) -> str:
        arg = node.for_update_arg
        if arg is None:
            return ""
        features = self.features
        text = " FOR UPDATE"
        if arg.read:
            text = " FOR SHARE" if features.supports_for_share else " LOCK IN SHARE MODE"
        if arg.of and features.supports_for_share:
            text += " OF " + ", ".join(self.locked_names(arg.of))
        if arg.nowait and features.supports_nowait:
            text += " NOWAIT"
        if arg.skip_locked and features.supports_skip_locked:
            text += " SKIP LOCKED"
        return text

    def _members(self, right: Node, negated: bool) -> str:
        if isinstance(right, ScalarSelect) and _is_limited(right.element.as_core()):
            # These servers take no LIMIT right below IN, but in a FROM further down.
            query = self.write_query(right.element, as_from=True)
            return f"(SELECT * FROM ({query}) AS {self.anonymous(right, 'limited')})"
        return super()._members(right, negated)

    # -- INSERT ---------------------------------------------------------------------------------

    def empty_insert(self) -> str:
        return "() VALUES ()"

    def visit_on_duplicate_key_update(self, node: Any) -> str:
        if node.preserves_order:
            given = self.columns_by_key(node, node.values_)
            pairs: list[tuple[Any, Any]] = list(given.items())
        else:
            pairs = conflict_values(node)
        return self._on_duplicate(node, pairs, "inserted")

    def visit_on_conflict_do_update(self, node: OnConflictDoUpdate) -> str:
        if node.where is not None or node.index_where is not None:
            raise CompileError(f"{self.dialect.name} takes no WHERE in ON DUPLICATE KEY UPDATE")
        return self._on_duplicate(node, conflict_values(node), "excluded")

    def visit_on_conflict_do_nothing(self, node: OnConflictDoNothing) -> str:
        # To set a column to itself changes nothing; IGNORE would hide other errors too.
        column = self.quote(next(iter(self._insert.table.c)).name)
        return f"ON DUPLICATE KEY UPDATE {column} = {column}"

    def visit_insert(self, node: Insert) -> str:
        before, self._insert = self._insert, node
        text = super().visit_insert(node)
        self._insert = before
        return text

    @property
    def _row_alias(self) -> bool:
        """Whether the row that could not be inserted is ``new``: INSERT … SELECT has none."""
        return bool(self.features.supports_row_alias) and self._insert.select_source is None

    def _on_duplicate(self, node: Node, pairs: list[tuple[Any, Any]], name: str) -> str:
        self._inserted, self._uses_alias = name, False
        assignments = ", ".join(
            f"{self.quote(column.name)} = {self._duplicate_value(column, value)}"
            for column, value in pairs
        )
        self._inserted = None
        alias = "AS new " if self._uses_alias else ""
        return f"{alias}ON DUPLICATE KEY UPDATE {assignments}"

    def _duplicate_value(self, column: Any, value: Any) -> str:
        if value.__visit_name__ == "bindparam":
            return self.bind(value, None, column.type)
        text = self.write(value)
        return f"({text})" if value.operator is not None else text

    def visit_column(self, node: NamedColumn[Any]) -> str:
        table = node.table
        if self._inserted is None or table is None or table.__visit_name__ != "alias":
            return super().visit_column(node)
        if table.name != self._inserted:
            return super().visit_column(node)
        name = self.quote(self.name(node.name))
        if not self._row_alias:
            return f"VALUES({name})"
        self._uses_alias = True
        return f"new.{name}"

    # -- UPDATE and DELETE ------------------------------------------------------------------------

    sets_other_tables = True

    def update_target(self, node: Update, extra: list[Any]) -> str:
        return ", ".join(self.write_from(source) for source in (node.table, *extra))

    def assigned(self, column: ColumnElement[Any], extra: list[Any]) -> str:
        is_join = any(s.__visit_name__ == "join" for s in self.frames[-1].froms.values())
        return self.write(column) if extra or is_join else super().assigned(column, extra)

    def update_from(self, extra: list[Any]) -> str:
        return ""

    def update_limit(self, node: Update | Delete) -> str:
        limit = self.dialect.option(node, "limit")
        return f" LIMIT {int(limit)}" if limit is not None else ""

    def delete_target(self, node: Delete, extra: list[Any]) -> str:
        if not extra and node.table.__visit_name__ != "alias":
            return super().delete_target(node, extra)
        joined = any(table is node.table for source in extra for table in contained_in(source))
        written = extra if joined else (node.table, *extra)
        sources = ", ".join(self.write_from(source) for source in written)
        return f"FROM {self.from_name(node.table)} USING {sources}"

    def delete_using(self, extra: list[Any]) -> str:
        return ""

    def returning_text(self, node: UpdateBase) -> str:
        if node.returning_columns and self.dialect.server_version_info:
            features = self.features
            able = {"insert": features.supports_insert_returning}
            able |= {"delete": features.supports_delete_returning}
            if not able.get(node.__visit_name__, False):
                raise CompileError(
                    f"this {self.dialect.server_name} has no {node.__visit_name__.upper()} "
                    "… RETURNING",
                    hint="select the rows before or after",
                )
        return super().returning_text(node)


def _is_limited(node: Node) -> bool:
    """Whether *node* has a LIMIT, or its like."""
    names = ("limit_clause", "offset_clause", "fetch_clause")
    return any(getattr(node, name, None) is not None for name in names)
