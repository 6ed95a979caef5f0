"""How the standard writes SELECT and what stands in its FROM."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from warnings import warn

from ..exc import CompileError, DovetailWarning, InvalidRequestError, did_you_mean
from ..sql import operators as ops
from ..sql.expression.column_element import ColumnElement
from ..sql.expression.derived import CTE, Lateral, ScalarValues, Subquery, TableValuedAlias, Values
from ..sql.expression.dml_base import UpdateBase
from ..sql.expression.elements import LabelReference
from ..sql.expression.extension import Extensible
from ..sql.expression.from_clause import (
    Alias,
    AliasedFrom,
    FromClause,
    Join,
    TableSample,
    TableValuedColumn,
)
from ..sql.expression.froms import (
    apply_joins,
    derived_froms,
    from_objects,
    tables_within,
    without_joined,
)
from ..sql.expression.generative_select import GenerativeSelect
from ..sql.expression.naming import SelectedColumn
from ..sql.expression.select import CompoundSelect, Select
from ..sql.expression.select_base import Exists, ScalarSelect, SelectBase
from ..sql.expression.table_clause import TableClause
from ..sql.expression.text import TextualSelect
from .custom import custom_writers
from .linting import warn_of_products
from .restricting import RestrictingCompiler, Restrictions
from .result_columns import ResultColumn
from .target import CompilerDialect

if TYPE_CHECKING:
    from collections.abc import Sequence

AnySelect = Select[*tuple[Any, ...]]
AnyCompound = CompoundSelect[*tuple[Any, ...]]


@dataclass(slots=True, eq=False)
class Frame:
    """One SELECT being written: what those within it may speak of."""

    froms: dict[int, Any] = field(default_factory=dict)
    """What stands in its FROM."""
    around: dict[int, Any] = field(default_factory=dict)
    """That, and what stands in the FROMs around it."""
    labels: dict[int, str] = field(default_factory=dict)
    """The names of its labels, by the label's id."""
    by_name: dict[str, Any] = field(default_factory=dict)
    """Its columns by the names that ORDER BY may use."""
    is_compound: bool = False
    hints: dict[int, str] = field(default_factory=dict)
    """What is to stand after a table in its FROM, by the table's id."""
    ctes: dict[Any, str] = field(default_factory=dict)
    """The CTEs that stand before this SELECT alone."""
    is_recursive: bool = False
    restrictions: Restrictions | None = None
    """What restricts the mapped classes in its FROM."""


class QueryCompiler(RestrictingCompiler):
    """Writes SELECT, its unions, CTEs and joins."""

    select_clauses: ClassVar[tuple[str, ...]] = (
        "columns",
        "from",
        "where",
        "group_by",
        "having",
        "order_by",
        "limit",
        "for_update",
    )
    compound_keywords: ClassVar[Mapping[str, str]] = {}
    """How UNION and its like are written, where it is not as they are called."""
    compound_clauses: ClassVar[tuple[str, ...]] = ("group_by", "order_by", "limit", "for_update")
    table_hint: ClassVar[str | None] = None
    """How a hint for a table is written after it, such as ``"{}"``; None where there are none."""

    def __init__(self, dialect: CompilerDialect, **options: Any) -> None:
        super().__init__(dialect, **options)
        self.frames: list[Frame] = []
        self.ctes: dict[Any, str] = {}
        self.cte_names: dict[str, Any] = {}
        self.cte_depth = 0
        self.is_recursive = False
        self.result_columns: list[ResultColumn] | None = None
        self.lints = False

    # -- SELECT -------------------------------------------------------------------------------

    def visit_select(self, node: AnySelect, **place: Any) -> str:
        return self.write_select(node, **place)

    def write_select(
        self, node: AnySelect, *, as_from: bool = False, lateral: bool = False, main: bool = False
    ) -> str:
        """Return *node*: *as_from*, in FROM, or *main*, what the statement itself returns."""
        node = node.as_core()
        if node.__visit_name__ != "select":
            return self.write_query(node, as_from=as_from, lateral=lateral, main=main)
        explicit = apply_joins(node.raw_columns, node.from_clauses, node.joins)
        froms = without_joined(derived_froms(node.raw_columns, explicit, node.where_criteria))
        froms, frame = self._correlated(node, froms, as_from and not lateral)
        outer_criteria = self.take_criteria(node)
        if node.standing:
            frame.restrictions = Restrictions(node.standing, froms)
        if self.lints and len(froms) > 1:
            warn_of_products(froms, node.where_criteria)
        before, self.inside_operator = self.inside_operator, False
        table_before, self.include_table = self.include_table, True
        self.frames.append(frame)
        self.write_own_ctes(node)
        if node.hints and self.table_hint is not None:
            frame.hints = self._table_hints(node.hints, self.table_hint)
        named = node.named_columns()
        clauses = []
        for name in self.select_clauses:
            if name == "columns":
                clauses.append(self.select_columns(node, named, frame, as_from, main))
            elif name == "from":
                clauses.append(self.select_from(froms))
            else:
                clauses.append(getattr(self, f"select_{name}")(node))
            if name == "having":
                clauses.append(self.extension_text(node, "post_criteria", before=" \n"))
        clauses.append(self.extension_text(node, "post_body"))
        self.frames.pop()
        self.criteria = outer_criteria
        self.inside_operator = before
        self.include_table = table_before
        nested = with_text(frame.ctes, frame.is_recursive)
        return nested + "".join(clauses) + self._ending(node)

    def extension_text(
        self, node: Extensible, position: str, *, before: str = " ", after: str = ""
    ) -> str:
        """Return the clauses of the user's own at *position*, between *before* and *after*."""
        if not node.extensions:
            return ""
        texts = [self.write(clause) for clause in node.extensions_at(position)]
        return before + " ".join(texts) + after if texts else ""

    def _ending(self, node: AnySelect) -> str:
        """Return what stands after all clauses: hints for the statement, and suffixes."""
        hints = self.words([(text, name) for source, text, name in node.hints if source is None])
        text = f" {hints.rstrip()}" if hints else ""
        return text + self.words(node.suffixes, before=True)

    def _table_hints(self, hints: Sequence[Any], form: str) -> dict[int, str]:
        found: dict[int, str] = {}
        for source, text, name in hints:
            if source is None or name not in ("*", self.dialect.name):
                continue
            if self.takes_hint(text, meant=name != "*"):
                hint = form.format(text % {"name": self.from_name(source)})
                found[id(source)] = f"{found.get(id(source), '')} {hint}"
        return found

    def takes_hint(self, text: str, *, meant: bool) -> bool:
        """Whether *text* is a hint for a table here; *meant* where it names this dialect."""
        return True

    def hinted(self, table: str, hint: str) -> str:
        """Return *table*, as it stands in FROM, with its hints, which begin with a space."""
        return table + hint

    def _correlated(
        self, node: AnySelect, froms: list[Any], isolated: bool
    ) -> tuple[list[Any], Frame]:
        """Return *froms* without those that the statement around gives, and the new frame."""
        outer = self.frames[-1] if self.frames else Frame()
        nearest = {} if isolated else outer.froms
        available = (
            {k: v for k, v in outer.around.items() if k not in outer.froms}
            if isolated
            else outer.around
        )
        kept = froms
        if node.correlate_froms is not None:
            wanted = {id(part) for f in node.correlate_froms for part in (f, *tables_within(f))}
            kept = [f for f in froms if not (id(f) in wanted and id(f) in available)]
        if node.correlate_except_froms is not None:
            excepted = {id(f) for f in node.correlate_except_froms}
            kept = [f for f in kept if id(f) in excepted or id(f) not in available]
        if node.auto_correlate and nearest and len(kept) > 1:
            kept = [f for f in kept if id(f) not in nearest]
            if not kept:
                raise InvalidRequestError(
                    "all FROMs of this subquery stand in the statement around it",
                    hint="say what to share: .correlate(table)",
                )
        elif node.auto_correlate and nearest and len(kept) == 1 and len(froms) == 1:
            pass
        frame = Frame()
        parts = [part for source in kept for part in (source, *tables_within(source))]
        frame.froms = {id(part): part for part in parts}
        frame.around = {**outer.around, **frame.froms}
        return kept, frame

    def select_columns(
        self, node: AnySelect, named: list[SelectedColumn], frame: Frame, as_from: bool, main: bool
    ) -> str:
        """Return SELECT and the columns."""
        head = "SELECT" + self.extension_text(node, "post_select") + " "
        head += self.words(node.prefixes) + self.select_distinct(node)
        head += self.extension_text(node, "pre_columns", before="", after=" ")
        # Before they are written, so that ORDER BY within a column knows none of them.
        for item in named:
            if item.column.__visit_name__ == "label":
                frame.labels[id(item.column)] = self.name(item.name)
        columns = [self._select_column(item, as_from, main) for item in named]
        for item in named:
            if item.name is not None:
                frame.by_name.setdefault(self.name(item.name), item.column)
        if main and self.result_columns is None:
            self.result_columns = [self.result_column(item) for item in named]
        return head + ", ".join(columns)

    def result_column(self, item: SelectedColumn) -> ResultColumn:
        """Return what a result knows of the column *item*."""
        name = self.name(item.name) if item.name is not None else item.key
        element = item.column
        while element.__visit_name__ == "label":
            element = element.element
        objects: tuple[Any, ...] = (item.column, element)
        if element.__visit_name__ == "attribute":
            # Of a text whose columns were named by mapped attributes.
            objects = (*objects, element.column)
        return ResultColumn(name, name, item.type, objects)

    def _select_column(self, item: SelectedColumn, as_from: bool, main: bool) -> str:
        column = item.column
        # Before the column is written: its number comes before those of its parameters.
        name = self.name(item.name) if item.name is not None else ""
        # What is selected from an inner SELECT is converted there, on its way out.
        around = item.type.column_expression(column) if main else None
        text = self.result(around if around is not None else column)
        if item.name is None or getattr(column, "is_literal", False):
            return text
        if column.__visit_name__ != "label" and item.is_own_name and not as_from and around is None:
            return text
        return f"{text} AS {self.quote(name)}"

    def words(self, words: Iterable[tuple[str, str]], before: bool = False) -> str:
        """Return the *words* meant for this dialect, with spaces."""
        meant = [text for text, name in words if name in ("*", self.dialect.name)]
        if not meant:
            return ""
        return " " + " ".join(meant) if before else " ".join(meant) + " "

    def select_distinct(self, node: AnySelect) -> str:
        """Return DISTINCT or nothing."""
        if isinstance(node.distinct_on, tuple):
            self.without_distinct_on()
        return "DISTINCT " if node.distinct_on else ""

    def without_distinct_on(self) -> None:
        """Warn that a DISTINCT ON is a DISTINCT."""
        warn(
            f"{self.dialect.name} has no DISTINCT ON: whole rows are told apart, in place of the "
            "columns that were named (select them alone, or rank the rows in a subquery: "
            "func.row_number().over(partition_by=column) == 1)",
            DovetailWarning,
            stacklevel=2,
        )

    def select_from(self, froms: list[Any]) -> str:
        """Return FROM."""
        if not froms:
            return self.default_from()
        return " \nFROM " + ", ".join(self.write_from(source) for source in froms)

    def default_from(self) -> str:
        """Return the FROM of a SELECT that has none, where the server wants one."""
        return ""

    def select_where(self, node: AnySelect) -> str:
        """Return WHERE."""
        text = self.restricted(node.where_criteria, self.frames[-1].restrictions)
        return f" \nWHERE {text}" if text else ""

    def select_group_by(self, node: GenerativeSelect) -> str:
        """Return GROUP BY."""
        if not node.group_by_clauses:
            return ""
        return " GROUP BY " + ", ".join(map(self.group_key, node.group_by_clauses))

    def group_key(self, node: ColumnElement[Any]) -> str:
        """Return one item of GROUP BY; the name of a label may mean a column of a table there."""
        if node.__visit_name__ == "label" and self.frames:
            name = self.frames[-1].labels.get(id(node))
            if name is not None and self._column_of_from(self.frames[-1], name) is not None:
                return self.write(node.element)
        return self.sort_key(node)

    def select_having(self, node: AnySelect) -> str:
        """Return HAVING."""
        text = self.conjunction(node.having_criteria) if node.having_criteria else ""
        return f" \nHAVING {text}" if text else ""

    def select_order_by(self, node: GenerativeSelect) -> str:
        """Return ORDER BY."""
        if not node.order_by_clauses:
            return ""
        return " ORDER BY " + ", ".join(map(self.sort_key, node.order_by_clauses))

    def sort_key(self, node: ColumnElement[Any]) -> str:
        """Return one item of ORDER BY or GROUP BY: a selected label by its name."""
        frame = self.frames[-1] if self.frames else Frame()
        if node.__visit_name__ == "label":
            name = frame.labels.get(id(node))
            return self.quote(name) if name is not None else self.write(node.element)
        if node.__visit_name__ == "unary" and node.operator in ops.SUFFIXES:
            inner = node.element
            if inner.__visit_name__ in ("label", "label_reference", "unary"):
                words: str = node.operator.text
                return self.sort_key(inner) + words
        return self.write(node)

    def visit_label_reference(self, node: LabelReference) -> str:
        if not self.frames:
            # Written by itself, outside any statement.
            return self.quote(node.name)
        frame = self.frames[-1]
        column = frame.by_name.get(node.name)
        if column is None and frame.is_compound:
            return self.quote(node.name)
        if column is None:
            column = self._column_of_from(frame, node.name)
        if column is None:
            raise CompileError(
                f"ORDER BY or GROUP BY names {node.name!r}, which is none of the columns selected",
                hint=did_you_mean(node.name, frame.by_name)
                or f"for SQL as it is use text({node.name!r})",
            )
        if column.__visit_name__ == "column" and not frame.is_compound:
            return self.write(column)
        return self.quote(node.name)

    def _column_of_from(self, frame: Frame, name: str) -> Any:
        for source in frame.froms.values():
            found = source.c.get(name)
            if found is not None:
                return found
        return None

    def select_limit(self, node: GenerativeSelect) -> str:
        """Return LIMIT and OFFSET, or FETCH."""
        if node.fetch_clause is not None:
            return self.fetch_text(node)
        text = ""
        if node.limit_clause is not None:
            text = "\n LIMIT " + self.write(node.limit_clause)
        if node.offset_clause is not None:
            text = (text or self.unlimited()) + " OFFSET " + self.write(node.offset_clause)
        return text

    def unlimited(self) -> str:
        """Return the LIMIT that stands before an OFFSET alone."""
        return "\n LIMIT -1"

    def fetch_text(self, node: GenerativeSelect) -> str:
        """Return ``OFFSET … FETCH FIRST … ROWS``, or nothing."""
        fetch = node.fetch_clause
        if fetch is None:
            return ""
        text = ""
        if node.offset_clause is not None:
            text = f"\n OFFSET {self.write(node.offset_clause)} ROWS"
        percent = " PERCENT" if fetch.percent else ""
        ending = "WITH TIES" if fetch.with_ties else "ONLY"
        return f"{text}\n FETCH FIRST {self.write(fetch.count)}{percent} ROWS {ending}"

    def locked_names(self, parts: Iterable[Any]) -> list[str]:
        """Return the tables that FOR UPDATE OF speaks of: of a column its own, of a join all."""
        found: dict[str, None] = {}
        for part in parts:
            source = part.table if getattr(part, "table", None) is not None else part
            for table in reversed(tables_within(source)):
                is_text = table.__visit_name__ == "textclause"
                found[self.write(table) if is_text else self.from_name(table)] = None
        return list(found)

    def select_for_update(self, node: GenerativeSelect) -> str:
        """Return FOR UPDATE."""
        return " FOR UPDATE" if node.for_update_arg is not None else ""

    # -- as part of other things ----------------------------------------------------------------

    def write_query(
        self, node: SelectBase, *, as_from: bool = False, lateral: bool = False, main: bool = False
    ) -> str:
        """Return any statement that gives rows, as a part of another."""
        node = node.as_core()
        if custom_writers.any:
            custom = custom_writers.find(type(node), self.dialect.name)
            if custom is not None:
                self.names_others = True
                return custom(node, self, as_from=as_from, lateral=lateral, main=main)
        if isinstance(node, Select):
            return self.write_select(node, as_from=as_from, lateral=lateral, main=main)
        if isinstance(node, CompoundSelect):
            return self.write_compound(node, as_from=as_from, main=main)
        return self.write(node)

    def visit_compound_select(
        self, node: AnyCompound, *, lateral: bool = False, as_from: bool = False, main: bool = False
    ) -> str:
        return self.write_compound(node, as_from=as_from, main=main)

    def write_compound(
        self, node: AnyCompound, *, as_from: bool = False, main: bool = False
    ) -> str:
        """Return SELECTs with UNION or its like between them."""
        frame = Frame(is_compound=True)
        outer = self.frames[-1] if self.frames else Frame()
        frame.froms, frame.around = outer.froms, outer.around
        self.frames.append(frame)
        outer_criteria = self.take_criteria(node)
        self.write_own_ctes(node)
        parts = [self.compound_member(part.as_core(), as_from, main) for part in node.selects]
        keyword = self.compound_keywords.get(node.keyword, node.keyword)
        text = f" {keyword} ".join(parts)
        for item in node.named_columns():
            if item.name is not None:
                name = self.name(item.name)
                frame.by_name.setdefault(name, item.column)
                if item.column.__visit_name__ == "label":
                    frame.labels[id(item.column)] = name
        before, self.include_table = self.include_table, False
        for name in self.compound_clauses:
            text += getattr(self, f"select_{name}")(node)
        self.include_table = before
        self.criteria = outer_criteria
        self.frames.pop()
        return with_text(frame.ctes, frame.is_recursive) + text

    def compound_member(self, node: GenerativeSelect, as_from: bool, main: bool) -> str:
        """Return one SELECT of a union, in parentheses where it has clauses of its own."""
        text = self.write_query(node, as_from=as_from, main=main)
        ends = ("limit_clause", "offset_clause", "fetch_clause")
        needs_group = (
            node.__visit_name__ == "compound_select"
            or bool(getattr(node, "order_by_clauses", ()))
            or any(getattr(node, name, None) is not None for name in ends)
        )
        return f"({text})" if needs_group else text

    def visit_scalar_select(self, node: ScalarSelect[Any]) -> str:
        return f"({self.write_query(node.element)})"

    def visit_exists(self, node: Exists) -> str:
        return f"EXISTS ({self.write_query(node.element)})"

    def visit_textual_select(self, node: TextualSelect) -> str:
        if not self.frames and self.result_columns is None:
            self.result_columns = [self.result_column(item) for item in node.named_columns()]
        return self.write(node.element)

    # -- FROM ---------------------------------------------------------------------------------

    def write_from(self, source: FromClause) -> str:
        """Return *source* as it stands in FROM."""
        if source.__visit_name__ == "table":
            self.tables_named.add(source.name)
        if custom_writers.any and custom_writers.find(type(source), self.dialect.name):
            return self.write(source)
        method = getattr(self, f"from_{source.__visit_name__}", None)
        if method is None:
            return self.write(source)
        text: str = method(source)
        if self.frames and self.frames[-1].hints:
            text = self.hinted(text, self.frames[-1].hints.get(id(source), ""))
        return text

    def from_table(self, source: TableClause) -> str:
        return self.from_name(source)

    def from_alias(self, source: AliasedFrom) -> str:
        element = source.element
        while element.__visit_name__ == "alias":
            # What has a name already gets this one in its place.
            element = element.element
        if element.__visit_name__ == "subquery":
            text = f"({self.write_query(element.element, as_from=True)})"
        else:
            text = self.write_from(element)
        return f"{text} AS {self.from_name(source)}"

    def from_subquery(self, source: Subquery) -> str:
        text = self.write_query(source.element, as_from=True)
        return f"({text}) AS {self.from_name(source)}"

    def from_lateral(self, source: Lateral) -> str:
        text = self.write_query(source.element, as_from=True, lateral=True)
        return f"LATERAL ({text}) AS {self.from_name(source)}"

    def from_tablesample(self, source: TableSample) -> str:
        sampling = source.sampling
        method = str(sampling) if isinstance(sampling, int | float) else self.write(sampling)
        if getattr(sampling, "__visit_name__", "bindparam") == "bindparam":
            method = f"system({method})"
        text = f"{self.from_alias(source)} TABLESAMPLE {method}"
        if source.seed is not None:
            text += f" REPEATABLE ({self.write(source.seed)})"
        return text

    def from_values(self, source: Values) -> str:
        names = ", ".join(self.quote(c.name) for c in source.own_columns)
        lateral = "LATERAL " if source.is_lateral else ""
        return f"{lateral}({self.visit_values(source)}) AS {self.from_name(source)} ({names})"

    def visit_values(self, source: Values) -> str:
        before = self.literal_binds
        self.literal_binds = before or source.literal_binds
        rows = ", ".join(f"({', '.join(map(self.write, row))})" for row in source.rows)
        self.literal_binds = before
        return f"VALUES {rows}"

    def visit_scalar_values(self, node: ScalarValues) -> str:
        return f"({self.visit_values(node.element)})"

    def from_table_valued(self, source: TableValuedAlias) -> str:
        text = self.write(source.core_element)
        if source.ordinality:
            text += " WITH ORDINALITY"
        text = f"{'LATERAL ' if source.is_lateral else ''}{text} AS {self.from_name(source)}"
        if source.render_derived_names:
            names = [
                f"{self.quote(c.name)} {self.type_text(c.type)}"
                if source.with_types
                else self.quote(c.name)
                for c in source.own_columns
            ]
            text += f"({', '.join(names)})"
        return text

    def visit_table_valued_column(self, node: TableValuedColumn) -> str:
        # With its schema it would be a column of a table.
        return self.quote(self.name(node.table.name))

    def from_join(self, source: Join) -> str:
        if source.full:
            words = "FULL OUTER JOIN"
        else:
            words = "LEFT OUTER JOIN" if source.isouter else "JOIN"
        left, right = self.write_from(source.left), self.write_from(source.right)
        if source.right.__visit_name__ == "join":
            right = f"({right})"
        restrictions = self.frames[-1].restrictions if self.frames else None
        on = self.restricted_on(source.onclause, source.right, restrictions)
        return f"{left} {words} {right} ON {on}"

    def visit_join(self, node: Join) -> str:
        return self.write_from(node)

    def visit_table(self, node: TableClause) -> str:
        return self.write_from(node)

    def visit_alias(self, node: Alias) -> str:
        return self.write_from(node)

    def visit_subquery(self, node: Subquery) -> str:
        return self.write_from(node)

    def visit_cte(self, node: CTE) -> str:
        return self.write_from(node)

    # -- WITH ---------------------------------------------------------------------------------

    def from_cte(self, source: CTE) -> str:
        self.write_cte(source)
        return self.from_name(source)

    def write_own_ctes(self, node: GenerativeSelect) -> None:
        """Write the CTEs that *node* brings along, whether it speaks of them or not."""
        for cte in node.ctes:
            self.write_cte(cte)
        for cte in node.nested_ctes:
            self.write_cte(cte, nested=True)

    def write_cte(self, cte: CTE, *, nested: bool = False) -> None:
        """Write the body of *cte* into the WITH of the statement, once.

        One that nests goes into the WITH of the SELECT that speaks of it.
        """
        if cte in self.ctes or any(cte in frame.ctes for frame in self.frames):
            return
        name = self.name(cte.name)
        inner = self.frames[-1] if (nested or cte.nesting) and self._is_within() else None
        if inner is None and self._is_known(cte, name):
            return
        ctes = self.ctes if inner is None else inner.ctes
        # Known from here on: a recursive CTE speaks of itself.
        ctes[cte] = ""
        if cte.restates is not None:
            ctes.pop(cte.restates, None)
            ctes[cte.restates] = ""
        frames, self.frames = self.frames, []
        results, self.result_columns = self.result_columns, []
        self.cte_depth += 1
        body = self.cte_body(cte)
        self.cte_depth -= 1
        self.frames, self.result_columns = frames, results
        head = self.quote(name)
        if cte.recursive or cte.element.__visit_name__ == "values":
            names = ", ".join(self.quote(self.name(item.name)) for item in cte.element.export())
            head += f"({names})"
        if cte.recursive and inner is None:
            self.is_recursive = True
        elif cte.recursive and inner is not None:
            inner.is_recursive = True
        prefixes, suffixes = self.words(cte.prefixes), self.words(cte.suffixes, before=True)
        del ctes[cte]
        ctes[cte] = f"{head} AS {prefixes}\n({body}){suffixes}"

    def _is_within(self) -> bool:
        """Whether the SELECT being written is a part of the statement, not the statement."""
        return self.cte_depth > 0 or len(self.frames) > 1

    def _is_known(self, cte: CTE, name: str) -> bool:
        """Whether *cte* stands in the WITH already, under another of its shapes."""
        known = self.cte_names.get(name)
        if known is not None and known is not cte and known is not cte.restates:
            if cte is known.restates or cte.restates is known.restates is not None:
                return True
            raise CompileError(f"two CTEs of this statement are called {name!r}")
        self.cte_names[name] = cte
        return False

    def cte_body(self, cte: CTE) -> str:
        """Return the statement of *cte*."""
        return self.write_query(cte.element, as_from=True)

    def with_text(self) -> str:
        """Return WITH and the CTEs of the statement, or nothing."""
        return with_text(self.ctes, self.is_recursive)

    def extra_froms(self, node: UpdateBase, nodes: Iterable[Any]) -> list[Any]:
        """Return the tables besides that of *node* that *nodes* speak of."""
        found: dict[int, Any] = {}
        for part in nodes:
            for source in from_objects(part):
                found.setdefault(id(source), source)
        found.pop(id(node.table), None)
        return list(found.values())


def with_text(ctes: dict[Any, str], is_recursive: bool) -> str:
    """Return WITH and *ctes*, or nothing where there are none."""
    bodies = [body for body in ctes.values() if body]
    if not bodies:
        return ""
    word = "WITH RECURSIVE " if is_recursive else "WITH "
    return word + ", \n".join(bodies) + "\n "
