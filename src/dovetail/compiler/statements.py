"""How the standard writes whole statements: INSERT, UPDATE, DELETE, text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..conventions import conventions
from ..exc import CompileError, did_you_mean
from ..sql import operators as ops
from ..sql.expression.column_element import ColumnElement
from ..sql.expression.derived import CTE
from ..sql.expression.dml import Delete, DMLTargetCopy, Insert, Update
from ..sql.expression.dml_base import UpdateBase, column_set
from ..sql.expression.elements import BindParameter, NamedParameter
from ..sql.expression.froms import contained_in
from ..sql.expression.naming import LABEL_STYLE_DEFAULT, named_columns
from ..sql.expression.select_base import SelectBase
from ..sql.node import Node
from ..types.contract import NULLTYPE
from .custom import custom_writers
from .linting import warn_of_products
from .queries import Frame, QueryCompiler
from .restricting import Restrictions
from .slots import MARK
from .target import CompilerDialect, of_tables

if TYPE_CHECKING:
    from ..sql.expression.from_clause import FromClause


class DefaultParameter(NamedParameter[Any]):
    """The value that a column's default gives for one row."""

    __slots__ = ("column", "default")

    def __init__(self, column: ColumnElement[Any], default: object) -> None:
        super().__init__(str(column.key), None, column.type, False, False, False, None, False)
        self.column = column
        self.default: Any = default


def calls_with_context(binds: Iterable[BindParameter[Any]]) -> bool:
    """Whether *binds* are made by a default function that may ask for the connection."""
    return any(isinstance(b, DefaultParameter) and b.default.takes_context for b in binds)


class StatementCompiler(QueryCompiler):
    """Writes statements as a whole."""

    returning_includes_table: ClassVar[bool] = True
    with_follows_insert: ClassVar[bool] = False
    """The CTEs of INSERT … SELECT stand before the SELECT, and not before the INSERT."""

    sets_other_tables: ClassVar[bool] = False
    """An UPDATE of several tables may set columns of any of them."""

    def __init__(
        self,
        dialect: CompilerDialect,
        statement: Node | None = None,
        *,
        column_keys: Sequence[str] | None = None,
        **kw: object,
    ) -> None:
        super().__init__(dialect, **kw)
        self.statement = statement
        """The whole statement that is written; functions under ``@compiles`` may look at it."""
        self.column_keys = column_keys
        self.value_binds: dict[Any, BindParameter[Any]] = {}
        """The parameters of the values of an INSERT or UPDATE, by column."""
        self.row_values: dict[Any, Any] = {}
        """What the row being written gives to its columns."""
        self.insert_row: str | None = None
        """The parenthesised values of an INSERT of one row of parameters alone."""
        self.depth = 0

    def process(self, node: object, **kw: Any) -> str:
        # Made for a statement, and asked for all of it.
        if self.statement is not None and node is self.statement and not self._is_writing:
            return self.write_statement(of_tables(self.statement))
        return super().process(node, **kw)

    _is_writing = False

    def write_statement(self, node: Node) -> str:
        """Return *node*, the whole statement."""
        self.statement, self._is_writing = node, True
        whole: Any = node
        visit = node.__visit_name__
        if getattr(node, "is_select_statement", False) and visit != "textual_select":
            text = self.write_query(whole, main=True)
        elif getattr(node, "is_from", False) and visit != "values":
            text = self.write_from(whole)
        else:
            text = self.write(node)
        return self.with_text() + text

    def cte_body(self, cte: CTE) -> str:
        self.depth += 1
        keys, self.column_keys = self.column_keys, None
        values, self.value_binds = self.value_binds, {}
        text = super().cte_body(cte)
        self.column_keys, self.value_binds = keys, values
        self.depth -= 1
        return text

    # -- values by column ---------------------------------------------------------------------

    def columns_by_key(self, node: UpdateBase, row: dict[Any, Any]) -> dict[Any, Any]:
        """Return the values of *row* by column."""
        columns = node.table.c
        found: dict[Any, Any] = {}
        for key, value in row.items():
            column = columns.get(key) if isinstance(key, str) else self._target(node, key)
            if column is None and isinstance(key, str) and not len(columns):
                column = _bare_column(key)
            if column is None:
                has_table = getattr(key, "table", None) is not None
                raise self._unconsumed(node, str(key if has_table else getattr(key, "key", key)))
            found[column] = value
        return found

    def _target(self, node: UpdateBase, key: Any) -> Any:
        if key.__visit_name__ == "binary":
            return self._element(node, key)
        if key.table is node.table:
            return key
        found = node.table.corresponding_column(key)
        if found is not None:
            return found
        if key.table is None or node.__visit_name__ != "update":
            return node.table.c.get(str(key.key))
        # Another table's column: its name alone would be taken for one of this table.
        return key if self.sets_other_tables else None

    def _element(self, node: UpdateBase, key: Any) -> Any:
        """Return *key*, an element of what a column of the table holds."""
        if key.operator not in _ELEMENTS:
            raise CompileError(
                f"an UPDATE of {node.table.description} can't set {key}: it is neither a column "
                "nor one step into one",
                hint='name the steps one by one: column["a"]["b"]',
            )
        return key if self._target(node, key.left) is not None else None

    def _unconsumed(self, node: UpdateBase, key: str) -> CompileError:
        return CompileError(
            f"unconsumed column names: table {node.table.description!r} has no column {key!r}",
            hint=did_you_mean(key, node.table.c.keys()),
        )

    def value_text(
        self, column: ColumnElement[Any], value: ColumnElement[Any], name: str | None = None
    ) -> str:
        """Return *value* as it is given to *column*."""
        if not isinstance(value, BindParameter):
            text = self.write(value)
            return f"({text})" if value.operator is not None else text
        if custom_writers.any and custom_writers.find(type(value), self.dialect.name) is not None:
            return self.write(value)
        self.value_binds.setdefault(column, value)
        own = name if name is not None else str(column.key)
        # Several elements of one column may be set.
        given = own if value.unique and column.__visit_name__ != "binary" else None
        return self.bind(value, given, column.type)

    def required(self, column: ColumnElement[Any]) -> BindParameter[Any]:
        """Return the parameter for a value of *column* that comes when the statement runs."""
        return NamedParameter(str(column.key), None, column.type, False, True, False, None, False)

    def _required_bind(self, column: ColumnElement[Any]) -> BindParameter[Any]:
        bind = self.value_binds.get(column)
        if bind is None:
            bind = self.value_binds[column] = self.required(column)
        return bind

    def visit_dml_target_copy(self, node: DMLTargetCopy) -> str:
        value = self.row_values.get(node.column)
        if value is not None:
            return self.value_text(node.column, value)
        if self.column_keys is not None and str(node.column.key) in self.column_keys:
            return self.bind(self._required_bind(node.column))
        raise CompileError(
            f"from_dml_column() names {node.column.name!r}, which the statement gives no value"
        )

    def default_text(
        self, column: ColumnElement[Any], default: Any, name: str | None = None
    ) -> str | None:
        """Return the text for what *default* gives, or None if the server gives it."""
        if default.is_sequence:
            if not self.features.supports_sequences:
                return None
            return self.write(default.next_value())
        if default.is_clause_element:
            return self.write(default.arg)
        bind = DefaultParameter(column, default)
        if name is not None:
            bind.unique = True
        self.value_binds.setdefault(column, bind)
        return self.bind(bind, name)

    # -- INSERT -------------------------------------------------------------------------------

    def visit_insert(self, node: Insert) -> str:
        self.frames.append(Frame())
        outer_criteria = self.take_criteria(node)
        for cte in node.ctes:
            self.write_cte(cte)
        head = "INSERT " + self.words(node.prefixes) + "INTO " + self.format_table(node.table)
        if node.select_source is not None:
            text = head + self._insert_from_select(node, *node.select_source)
        elif isinstance(node.values_, list):
            text = head + self._insert_rows(node, node.values_)
        else:
            text = head + self._insert_row(node, node.values_ or {})
        if node.post_values is not None:
            text += " " + self.write(node.post_values)
        text += self.extension_text(node, "post_values")
        # What a subquery there says of the table is said of the new row.
        outer = self.frames[-2].around if len(self.frames) > 1 else {}
        self.frames[-1].around = {**outer, id(node.table): node.table}
        text += self.returning_text(node)
        self.criteria = outer_criteria
        self.frames.pop()
        return text

    def _insert_values(self, node: Insert, row: dict[Any, Any], suffix: str = "") -> dict[Any, str]:
        """Return the texts of the values of one row, by column, in the table's order."""
        given = self.row_values = self.columns_by_key(node, row)
        keys = self._insert_keys(node, given)
        texts: dict[Any, str] = {}
        columns = list(node.table.c) or list(given)
        if not len(node.table.c):
            columns += [_bare_column(key) for key in keys if key not in {c.key for c in columns}]
        for column in columns:
            name = f"{column.key}{suffix}" if suffix else None
            if column in given:
                texts[column] = self.value_text(column, given[column], name)
            elif str(column.key) in keys:
                texts[column] = self.bind(self._required_bind(column))
            else:
                default = getattr(column, "default", None)
                text = self.default_text(column, default, name) if default is not None else None
                if text is not None:
                    texts[column] = text
        return texts

    def _insert_keys(self, node: Insert, given: dict[Any, Any]) -> set[str]:
        """Return the columns whose values come when the statement runs."""
        if self.column_keys is None or self.depth:
            if given or node.values_ is not None or self.column_keys is not None:
                return set()
            return _written(node.table)
        known = {str(column.key) for column in node.table.c}
        keys = set(self.column_keys)
        if known:
            for key in sorted(keys - known):
                if key not in self._bind_keys(node):
                    self._refuse_unknown(node, key)
                    keys.discard(key)
        return keys

    def _refuse_unknown(self, node: UpdateBase, key: str) -> None:
        """Refuse the parameter *key*, which no column is for, where such are not left out."""
        if conventions.unknown_values_are_refused:
            raise self._unconsumed(node, key)

    def _bind_keys(self, node: UpdateBase) -> set[Any]:
        return {bind.key for bind in node.walk().binds if not bind.unique}

    def _insert_row(self, node: Insert, row: dict[Any, Any]) -> str:
        first_slot = len(self.slots)
        values = self._insert_values(node, row)
        if not values:
            return " " + self.empty_insert()
        names = ", ".join(self.quote(column.name) for column in values)
        written = f"({', '.join(values.values())})"
        marked = [text for text in values.values() if MARK in text]
        are_plain = all(text.startswith(MARK) and text.count(MARK) == 2 for text in marked)
        if marked and are_plain and len(self.slots) - first_slot == len(marked) and not self.depth:
            self.insert_row = written
        return f" ({names}) VALUES {written}"

    def empty_insert(self) -> str:
        """Return the values of a row of nothing but defaults."""
        return "DEFAULT VALUES"

    def _insert_rows(self, node: Insert, given: list[dict[Any, Any]]) -> str:
        if not self.features.supports_multi_values:
            raise CompileError(f"{self.dialect.name} cannot insert many rows by one VALUES")
        rows = []
        columns: list[Any] = []
        for number, row in enumerate(given):
            values = self._insert_values(node, row, f"_m{number}")
            if not number:
                columns = list(values)
            elif set(columns) != set(values):
                odd = next(iter(set(columns) ^ set(values)))
                raise CompileError(
                    f"row {number} of the values differs from the first in column {odd.name!r}",
                    hint="give all rows the same columns",
                )
            rows.append(f"({', '.join(values[column] for column in columns)})")
        names = ", ".join(self.quote(column.name) for column in columns)
        return f" ({names}) VALUES {', '.join(rows)}"

    def _insert_from_select(self, node: Insert, names: Sequence[Any], source: SelectBase) -> str:
        columns = list(self.columns_by_key(node, dict.fromkeys(names)))
        if node.include_defaults:
            source, columns = self._with_defaults(node, source, columns)
        listed = ", ".join(self.quote(column.name) for column in columns)
        frames, self.frames = self.frames, []
        text = self.write_query(source)
        self.frames = frames
        follows = getattr(self.dialect, "cte_follows_insert", self.with_follows_insert)
        if follows and not self.depth:
            text, self.ctes = self.with_text() + text, {}
        return f" ({listed}) {text}"

    def _with_defaults(
        self, node: Insert, source: Any, columns: list[Any]
    ) -> tuple[Any, list[Any]]:
        """Return *source* and *columns* with the defaults of the columns left out."""
        if source.__visit_name__ != "select":
            return source, columns
        extra = []
        for column in node.table.c:
            default = getattr(column, "default", None)
            if column in columns or default is None or default.is_sequence:
                continue
            extra.append(column)
            value = default.arg if default.is_clause_element else DefaultParameter(column, default)
            source = source.add_columns(value)
        return source, columns + extra

    # -- UPDATE -------------------------------------------------------------------------------

    def visit_update(self, node: Update) -> str:
        criteria = node.where_criteria
        row = node.values_ if isinstance(node.values_, dict) else {}
        extra = self.extra_froms(node, (*criteria, *(v for v in row.values())))
        outer_criteria = self._enter(node, extra)
        for cte in node.ctes:
            self.write_cte(cte)
        head = "UPDATE " + self.words(node.prefixes) + self.update_target(node, extra)
        values = self._update_values(node, row)
        if self.sets_other_tables:
            self._refuse_absent(node, values, extra)
        assignments = ", ".join(
            f"{self.assigned(column, extra)}={text}" for column, text in values.items()
        )
        if not assignments:
            raise CompileError(
                f"this UPDATE of {node.table.description} sets nothing", hint="give values(...)"
            )
        text = f"{head} SET {assignments}"
        text += self.update_from(extra)
        text += self.dml_where(criteria)
        text += self.extension_text(node, "post_criteria")
        text += self.update_limit(node)
        text += self.returning_text(node)
        self._leave(outer_criteria)
        return text

    def _refuse_absent(self, node: Update, values: Iterable[Any], extra: list[Any]) -> None:
        """Refuse to set columns of tables that the statement says nothing else about."""
        there = {id(one) for source in (node.table, *extra) for one in contained_in(source)}
        for column in map(column_set, values):
            if column.table is not None and id(column.table) not in there:
                raise CompileError(
                    f"an UPDATE of {node.table.description} sets {column}, and no criterion says "
                    f"which rows of {column.table.description} belong to its rows",
                    hint="where(...) that joins them",
                )

    def _enter(self, node: Update | Delete, extra: Sequence[Any]) -> tuple[Any, ...]:
        """Begin an UPDATE or DELETE; return the criteria of the statements around it."""
        frame = Frame()
        frame.froms = {id(source): source for source in (node.table, *extra)}
        outer = self.frames[-1].around if self.frames else {}
        frame.around = {**outer, **frame.froms}
        self.frames.append(frame)
        if node.standing:
            frame.restrictions = Restrictions(node.standing, extra)
        if self.lints and extra:
            warn_of_products((node.table, *extra), (*node.where_criteria, *_assigned(node)))
        return self.take_criteria(node)

    def _leave(self, criteria: tuple[Any, ...]) -> None:
        self.criteria = criteria
        self.frames.pop()

    def update_target(self, node: Update, extra: list[Any]) -> str:
        """Return what stands after UPDATE."""
        return self.write_from(node.table)

    def assigned(self, column: ColumnElement[Any], extra: list[Any]) -> str:
        """Return the column that is set, or the element of one."""
        if column.__visit_name__ == "binary":
            return self.assigned_element(column, extra)
        return self.quote(column.name)

    def assigned_element(self, element: ColumnElement[Any], extra: list[Any]) -> str:
        """Return the element of a column that is set, where the server can set one alone."""
        raise CompileError(
            f"{self.dialect.name} can't set an element of {column_set(element).key!r} alone",
            hint="set the column to a changed copy of its value",
        )

    def update_from(self, extra: list[Any]) -> str:
        """Return the FROM of an UPDATE that speaks of other tables."""
        if not extra:
            return ""
        return " FROM " + ", ".join(self.write_from(source) for source in extra)

    def update_limit(self, node: Update | Delete) -> str:
        """Return the LIMIT of an UPDATE or DELETE, on servers that have one."""
        return ""

    def dml_where(self, criteria: Sequence[Any]) -> str:
        """Return the WHERE of an UPDATE or DELETE."""
        text = self.restricted(criteria, self.frames[-1].restrictions)
        return f" WHERE {text}" if text else ""

    def _update_values(self, node: Update, row: dict[Any, Any]) -> dict[Any, str]:
        given = self.row_values = self.columns_by_key(node, row)
        keys = self._update_keys(node, given)
        columns = list(given) if node.preserves_order else []
        columns += [c for c in node.table.c if c not in columns]
        columns += [c for c in given if c not in columns]
        texts: dict[Any, str] = {}
        for column in columns:
            if column in given:
                texts[column] = self.value_text(column, given[column], _path_name(node, column))
            elif str(column.key) in keys:
                texts[column] = self.bind(self._required_bind(column))
            elif column.key in node.without_onupdate:
                continue
            elif getattr(column, "onupdate", None) is not None:
                text = self.default_text(column, column.onupdate)
                if text is not None:
                    texts[column] = text
        return texts

    def _update_keys(self, node: Update, given: dict[Any, Any]) -> set[str]:
        if self.column_keys is None or self.depth:
            if node.values_ is not None:
                return set()
            return {str(column.key) for column in node.table.c}
        binds = self._bind_keys(node)
        known = {str(column.key) for column in node.table.c}
        for key in self.column_keys:
            if key not in known and key not in binds:
                self._refuse_unknown(node, key)
        return {key for key in self.column_keys if key not in binds}

    # -- DELETE -------------------------------------------------------------------------------

    def visit_delete(self, node: Delete) -> str:
        extra = self._delete_froms(node)
        outer_criteria = self._enter(node, extra)
        for cte in node.ctes:
            self.write_cte(cte)
        text = "DELETE " + self.words(node.prefixes) + self.delete_target(node, extra)
        text += self.delete_using(extra)
        text += self.dml_where(node.where_criteria)
        text += self.extension_text(node, "post_criteria")
        text += self.update_limit(node)
        text += self.returning_text(node)
        self._leave(outer_criteria)
        return text

    def _delete_froms(self, node: Delete) -> list[Any]:
        """Return what stands in USING: what the statement names, and what else it speaks of."""
        named = node.using_froms
        spoken = self.extra_froms(node, node.where_criteria)
        joined = {id(table) for source in named for table in contained_in(source)}
        return [*named, *(source for source in spoken if id(source) not in joined)]

    def delete_target(self, node: Delete, extra: list[Any]) -> str:
        """Return what stands after DELETE."""
        return "FROM " + self.write_from(node.table)

    def delete_using(self, extra: list[Any]) -> str:
        """Return the USING of a DELETE that speaks of other tables."""
        if not extra:
            return ""
        return " USING " + ", ".join(self.write_from(source) for source in extra)

    # -- RETURNING ----------------------------------------------------------------------------

    def returning_text(self, node: UpdateBase) -> str:
        """Return RETURNING, or nothing."""
        if not node.returning_columns:
            return ""
        named = named_columns(node.returning_columns, LABEL_STYLE_DEFAULT)
        if not self.depth:
            self.result_columns = [self.result_column(item) for item in named]
        before = self.include_table
        self.include_table = self.returning_includes_table
        texts = [self._select_column(item, False, main=not self.depth) for item in named]
        self.include_table = before
        return " RETURNING " + ", ".join(texts)


def _assigned(node: UpdateBase) -> list[Any]:
    values = getattr(node, "values_", None)
    return list(values.values()) if isinstance(values, dict) else []


_ELEMENTS = frozenset((ops.GETITEM, ops.JSON_GETITEM))
"""What leads to an element one step; a path has as many as its value says."""


def _path_name(node: UpdateBase, column: ColumnElement[Any]) -> str | None:
    """Return a name for the value of a *column* that another table has; None for the usual one."""
    table = getattr(column, "table", None)
    return None if table is None or table is node.table else f"{table.name}_{column.key}"


def _bare_column(key: str) -> Any:
    """Return a column for a table of which none are known."""
    return _BareColumn(key)


class _BareColumn:
    """A column known by the key of its value alone."""

    __visit_name__ = "column"
    default = None
    onupdate = None
    table = None
    type = NULLTYPE

    def __init__(self, key: str) -> None:
        self.key = self.name = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _BareColumn) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)


def _written(table: FromClause) -> set[str]:
    """Return the keys of the columns that an INSERT has whose values nobody has named."""
    return {str(column.key) for column in table.c if not getattr(column, "is_omitted", False)}
