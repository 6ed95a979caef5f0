"""How the standard writes definitions, and in which order a schema is made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from ..exc import CompileError
from ..sql.constraints import (
    CheckConstraint,
    Constraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from ..sql.convention import require_name
from ..sql.ddl import (
    DDL,
    AddConstraint,
    CreateColumn,
    CreateIndex,
    CreateSchema,
    CreateSequence,
    CreateTable,
    DropColumnComment,
    DropConstraint,
    DropConstraintComment,
    DropIndex,
    DropSchema,
    DropSequence,
    DropTable,
    DropTableComment,
    DropView,
    ExecutableDDLElement,
    SetColumnComment,
    SetConstraintComment,
    SetTableComment,
)
from ..sql.defaults import Computed, Identity, Sequence
from ..sql.expression.column_element import ColumnElement
from ..sql.foreign_keys import ForeignKeyConstraint
from ..sql.metadata import MetaData, circular_constraints, sort_tables
from ..sql.node import Node
from ..sql.schema import Table
from ..sql.table_column import Column
from ..sql.views import CreateTableAs, CreateView
from .custom import custom_writers
from .identifiers import IdentifierPreparer
from .raw import number
from .slots import MARK
from .target import CompilerDialect


class DDLCompiler:
    """Writes definitions.  Expressions in them have their values written out."""

    def __init__(self, dialect: CompilerDialect, statement: Node | None = None) -> None:
        self.statement = statement
        """The whole statement that is written."""
        # Any: the compiler of one server asks its own dialect for more.
        self.dialect: Any = dialect
        self.features = dialect.features
        self.preparer: IdentifierPreparer = dialect.identifier_preparer
        self.quote: Callable[[str], str] = dialect.identifier_preparer.quote
        self.expressions = dialect.statement_compiler(dialect, None, literal_binds=True)
        self.slots: list[Any] = []
        self.result_columns = None
        self.value_binds: dict[Any, Any] = {}
        self.insert_row: str | None = None

    def write_statement(self, node: Node) -> str:
        """Return *node*, a definition."""
        self.statement = node
        text: str = self.write(node)
        if MARK in text:
            raise CompileError("a name in this definition contains a NUL character")
        return text

    def write(self, node: Node) -> Any:
        """Return *node*, a definition or a part of one; None for what stands elsewhere."""
        if custom_writers.any:
            custom = custom_writers.find(type(node), self.dialect.name)
            if custom is not None:
                return custom(node, self)
        method = getattr(self, f"visit_{node.__visit_name__}", None)
        if method is None:
            raise CompileError(f"{self.dialect.name} cannot write {type(node).__name__}")
        return method(node)

    def process(self, node: Node, **kw: object) -> Any:
        """Return *node*: the name that functions under ``@compiles`` know."""
        return self.write(node)

    @property
    def sql_compiler(self) -> Any:
        """What writes the expressions within definitions."""
        return self.expressions

    @property
    def type_compiler(self) -> Any:
        """What writes types."""
        return self.dialect.type_compiler

    def expression(self, node: Node, include_table: bool = False) -> str:
        """Return *node* with its values written out, columns without their table."""
        self.expressions.include_table = include_table
        text: str = self.expressions.write(node)
        return text

    def table_name(self, table: Table) -> str:
        """Return the name of *table* with its schema."""
        name: str = self.expressions.format_table(table)
        return name

    def name_of(self, item: Constraint | Index, what: str) -> str:
        """Return the name of *item*, which must have one."""
        if item.name is None:
            raise CompileError(
                f"{what} of table {item.table.description!r} needs a name for this",
                hint="give it a name, or the MetaData a naming_convention",
            )
        return str(self.preparer.format_constraint(item))

    # -- tables -------------------------------------------------------------------------------

    def visit_create_table(self, node: CreateTable) -> str:
        table = node.element
        exists = "IF NOT EXISTS " if node.if_not_exists else ""
        prefixes = "".join(f"{prefix} " for prefix in table.prefixes)
        columns = [column for column in table.columns if not column.system]
        if custom_writers.any:
            written = [self.write(CreateColumn(column)) for column in columns]
            items = [text for text in written if text is not None]
        else:
            items = [self.column_definition(column) for column in columns]
        items += self._constraint_texts(table, node.include_foreign_key_constraints)
        body = ", \n\t".join(items)
        head = f"\nCREATE {prefixes}TABLE {exists}{self.table_name(table)}"
        inside = f"\n\t{body}" if items else ""
        return f"{head} ({inside}\n){self.post_create_table(table)}\n\n"

    def post_create_table(self, table: Table) -> str:
        """Return what follows the parentheses of CREATE TABLE."""
        return ""

    def visit_create_column(self, node: CreateColumn) -> str:
        return self.column_definition(node.element)

    def column_definition(self, column: Column[Any]) -> str:
        """Return the definition of *column*, with the constraints that were given to it alone."""
        texts = [
            self.constraint_text(one) for one in column.constraints if self.stands_in_column(one)
        ]
        return " ".join([self.get_column_specification(column), *(text for text in texts if text)])

    def get_column_specification(self, column: Column[Any], **kw: object) -> str:
        """Return the definition of *column*, without its constraints."""
        try:
            kind = self.column_type(column)
        except CompileError as error:
            raise CompileError(
                f"in table {column.table.description!r}, column {column.name!r}: {error.message}",
                hint=error.hint,
            ) from error
        parts = [self.quote(column.name), kind]
        default = self.get_column_default_string(column)
        if default is not None:
            parts.append(f"DEFAULT {default}")
        if column.computed is not None:
            parts.append(self.visit_computed_column(column.computed))
        if column.identity is not None and self.features.supports_identity_columns:
            # Which is NOT NULL by itself.
            parts.append(self.visit_identity_column(column.identity))
        elif not column.nullable:
            parts.append("NOT NULL")
        return " ".join(parts)

    def column_type(self, column: Column[Any]) -> str:
        """Return the type of *column*."""
        text: str = self.dialect.type_compiler.write(column.type)
        return text

    def is_numbered(self, column: Column[Any]) -> bool:
        """Return whether the server gives *column* its numbers."""
        return column is column.table.autoincrement_column

    def get_column_default_string(self, column: Column[Any]) -> str | None:
        """Return the text after DEFAULT, or None."""
        default = column.server_default
        if default is None or not default.has_argument:
            return None
        return self.render_default_string(default.arg)

    def render_default_string(self, default: str | ColumnElement[Any]) -> str:
        """Return *default*, a text or an expression, as it stands after DEFAULT."""
        if isinstance(default, str):
            return "'" + default.replace("'", "''") + "'"
        return self.expression(default)

    def visit_computed_column(self, computed: Computed, **kw: object) -> str:
        """Return GENERATED ALWAYS AS."""
        text = f"GENERATED ALWAYS AS ({self.expression(computed.sqltext)})"
        if computed.persisted is None:
            return text
        return f"{text} {'STORED' if computed.persisted else 'VIRTUAL'}"

    def visit_identity_column(self, identity: Identity, **kw: object) -> str:
        """Return GENERATED … AS IDENTITY."""
        text = f"GENERATED {'ALWAYS' if identity.always else 'BY DEFAULT'} AS IDENTITY"
        options = self.get_identity_options(identity)
        return f"{text} ({options})" if options else text

    def get_identity_options(self, item: Sequence | Identity) -> str:
        """Return what a sequence or identity says of its numbers."""
        parts = []
        if item.increment is not None:
            parts.append(f"INCREMENT BY {number(item.increment, 'increment')}")
        if item.start is not None:
            parts.append(f"START WITH {number(item.start, 'start')}")
        if item.minvalue is not None:
            parts.append(f"MINVALUE {number(item.minvalue, 'minvalue')}")
        if item.maxvalue is not None:
            parts.append(f"MAXVALUE {number(item.maxvalue, 'maxvalue')}")
        if item.nominvalue:
            parts.append("NO MINVALUE")
        if item.nomaxvalue:
            parts.append("NO MAXVALUE")
        if item.cache is not None:
            parts.append(f"CACHE {number(item.cache, 'cache')}")
        if item.cycle is not None:
            parts.append("CYCLE" if item.cycle else "NO CYCLE")
        return " ".join(parts)

    def visit_drop_table(self, node: DropTable) -> str:
        exists = "IF EXISTS " if node.if_exists else ""
        return f"\nDROP TABLE {exists}{self.table_name(node.element)}"

    # -- what a SELECT makes ------------------------------------------------------------------

    def visit_create_view(self, node: CreateView) -> str:
        words = "OR REPLACE " if node.or_replace else ""
        words += "TEMPORARY " if node.temporary else ""
        words += "MATERIALIZED " if node.materialized else ""
        return f"CREATE {words}VIEW {self.table_name(node.table)} AS {self._query(node)}"

    def visit_drop_view(self, node: DropView) -> str:
        kind = "MATERIALIZED VIEW" if node.materialized else "VIEW"
        exists = "IF EXISTS " if node.if_exists else ""
        return f"\nDROP {kind} {exists}{self.table_name(node.element)}"

    def visit_create_table_as(self, node: CreateTableAs) -> str:
        temporary = "TEMPORARY " if node.temporary else ""
        exists = "IF NOT EXISTS " if node.if_not_exists else ""
        name = self.table_name(node.table)
        return f"CREATE {temporary}TABLE {exists}{name} AS {self._query(node)}"

    def _query(self, node: CreateView | CreateTableAs) -> str:
        """Return the SELECT of *node*, its values written out."""
        compiler = self.dialect.statement_compiler(self.dialect, None, literal_binds=True)
        text: str = compiler.write_statement(node.selectable.as_core())
        return text

    # -- constraints --------------------------------------------------------------------------

    def create_table_constraints(
        self,
        table: Table,
        _include_foreign_key_constraints: Collection[Any] | None = None,
        **kw: object,
    ) -> str:
        """Return the constraints of *table*, as they follow its columns."""
        return ", \n\t".join(self._constraint_texts(table, _include_foreign_key_constraints))

    def _constraint_texts(self, table: Table, foreign_keys: Collection[Any] | None) -> list[str]:
        """Return the constraints of *table*; of the foreign keys those in *foreign_keys*."""
        items = [table.primary_key] if len(table.primary_key) else []
        others = [c for c in table.constraints if c is not table.primary_key]
        others += [c for column in table.c for c in column.constraints]
        items += sorted(others, key=lambda c: c.order)
        texts = []
        for item in items:
            is_inline = getattr(item, "is_inline", False) and self.stands_in_column(item)
            if is_inline or not self.is_written(item):
                continue
            is_foreign = isinstance(item, ForeignKeyConstraint)
            if is_foreign and foreign_keys is not None and item not in foreign_keys:
                continue
            if is_foreign and item.use_alter and self.features.supports_alter:
                continue
            text = self.constraint_text(item)
            if text is not None:
                texts.append(text)
        return texts

    def stands_in_column(self, constraint: Constraint) -> bool:
        """Return whether *constraint*, given to a column alone, is written in its definition."""
        return not constraint.name or bool(self.features.named_checks_in_columns)

    def is_written(self, constraint: Constraint) -> bool:
        """Return whether this server gets *constraint*."""
        if constraint.create_rule is not None and not constraint.create_rule(self):
            return False
        return bool(constraint.is_for(self.dialect))

    def constraint_text(self, constraint: Constraint) -> str | None:
        """Return the definition of *constraint*, or None if another place has it."""
        text: str | None = self.write(constraint)
        if text is None:
            return None
        name = f"CONSTRAINT {self.name_of(constraint, '')} " if constraint.name else ""
        return name + text

    def names(self, columns: Iterable[Any]) -> str:
        """Return the names of *columns* with commas."""
        return ", ".join(self.quote(column.name) for column in columns)

    def visit_primary_key_constraint(self, node: PrimaryKeyConstraint) -> str | None:
        return f"PRIMARY KEY ({self.names(self.key_columns(node))})"

    def key_columns(self, key: PrimaryKeyConstraint) -> list[Any]:
        """Return the columns of *key* in the order in which they are written."""
        return list(key)

    def visit_unique_constraint(self, node: UniqueConstraint) -> str | None:
        return (
            f"UNIQUE ({self.names(node)}){self.define_constraint_deferrability(node)}"
            if len(node)
            else None
        )

    def visit_check_constraint(self, node: CheckConstraint) -> str:
        require_name(node)
        return (
            f"CHECK ({self.expression(node.sqltext)}){self.define_constraint_deferrability(node)}"
        )

    def visit_foreign_key_constraint(self, node: ForeignKeyConstraint) -> str:
        own = ", ".join(self.quote(key.parent.name) for key in node.elements)
        referred = ", ".join(self.quote(key.column.name) for key in node.elements)
        table = self.define_constraint_remote_table(node, node.referred_table, self.preparer)
        return (
            f"FOREIGN KEY({own}) REFERENCES {table} ({referred})"
            f"{self.define_constraint_match(node)}"
            f"{self.define_constraint_cascades(node)}"
            f"{self.define_constraint_deferrability(node)}"
        )

    def define_constraint_remote_table(
        self, constraint: ForeignKeyConstraint, table: Table, preparer: IdentifierPreparer
    ) -> str:
        """Return the name of *table*, which a foreign key refers to."""
        return self.table_name(table)

    def define_constraint_match(self, constraint: ForeignKeyConstraint) -> str:
        """Return MATCH of a foreign key."""
        return "" if constraint.match is None else f" MATCH {_word(constraint.match)}"

    def define_constraint_cascades(self, constraint: ForeignKeyConstraint) -> str:
        """Return ON DELETE and ON UPDATE of a foreign key."""
        text = ""
        if constraint.ondelete is not None:
            text += f" ON DELETE {_word(constraint.ondelete)}"
        if constraint.onupdate is not None:
            text += f" ON UPDATE {_word(constraint.onupdate)}"
        return text

    def define_constraint_deferrability(self, constraint: Constraint) -> str:
        """Return DEFERRABLE and INITIALLY."""
        text = ""
        if constraint.deferrable is not None:
            text += " DEFERRABLE" if constraint.deferrable else " NOT DEFERRABLE"
        if constraint.initially is not None:
            text += f" INITIALLY {_word(constraint.initially)}"
        return text

    def visit_add_constraint(self, node: AddConstraint) -> str:
        constraint = node.element
        text = self.constraint_text(constraint)
        return f"ALTER TABLE {self.table_name(constraint.table)} ADD {text}"

    def visit_drop_constraint(self, node: DropConstraint) -> str:
        constraint = node.element
        name = self.name_of(constraint, "a constraint")
        exists = "IF EXISTS " if node.if_exists else ""
        cascade = " CASCADE" if node.cascade else ""
        table = self.table_name(constraint.table)
        return f"ALTER TABLE {table} DROP CONSTRAINT {exists}{name}{cascade}"

    # -- indexes, sequences, the rest -----------------------------------------------------------

    def visit_create_index(self, node: CreateIndex) -> str:
        index = node.element
        if index.table is None:
            raise CompileError(f"index {index.name!r} is on no table")
        name = self.name_of(index, "an index")
        unique = "UNIQUE " if index.unique else ""
        exists = "IF NOT EXISTS " if node.if_not_exists else ""
        keys = ", ".join(self.index_key(expression) for expression in index.expressions)
        table = self.table_name(index.table)
        return f"CREATE {unique}INDEX {exists}{name} ON {table} ({keys}){self.index_ending(index)}"

    def index_key(self, expression: Node) -> str:
        """Return one item of an index."""
        return self.expression(expression)

    def index_ending(self, index: Index) -> str:
        """Return what follows the keys of an index."""
        return ""

    def visit_drop_index(self, node: DropIndex) -> str:
        exists = "IF EXISTS " if node.if_exists else ""
        name = self.name_of(node.element, "an index")
        table = node.element.table
        schema = None if table is None else self.dialect.schema_name(table.schema)
        prefix = f"{self.preparer.quote_schema(schema)}." if schema else ""
        return f"\nDROP INDEX {exists}{prefix}{name}"

    def sequence_name(self, sequence: Sequence) -> str:
        """Return the name of *sequence* with its schema."""
        name: str = self.expressions.format_table(sequence)
        return name

    def visit_create_sequence(self, node: CreateSequence) -> str:
        sequence = node.element
        exists = "IF NOT EXISTS " if node.if_not_exists else ""
        text = f"CREATE SEQUENCE {exists}{self.sequence_name(sequence)}"
        if sequence.data_type is not None:
            text += f" AS {self.dialect.type_compiler.write(sequence.data_type)}"
        options = self.get_identity_options(sequence)
        return f"{text} {options}" if options else text

    def visit_drop_sequence(self, node: DropSequence) -> str:
        exists = "IF EXISTS " if node.if_exists else ""
        return f"DROP SEQUENCE {exists}{self.sequence_name(node.element)}"

    def visit_create_schema(self, node: CreateSchema) -> str:
        exists = "IF NOT EXISTS " if node.if_not_exists else ""
        return f"CREATE SCHEMA {exists}{self.preparer.quote_schema(node.element)}"

    def visit_drop_schema(self, node: DropSchema) -> str:
        exists = "IF EXISTS " if node.if_exists else ""
        cascade = " CASCADE" if node.cascade else ""
        return f"DROP SCHEMA {exists}{self.preparer.quote_schema(node.element)}{cascade}"

    def visit_set_table_comment(self, node: SetTableComment) -> str:
        comment = "'" + node.element.comment.replace("'", "''") + "'"
        return f"COMMENT ON TABLE {self.table_name(node.element)} IS {comment}"

    def visit_drop_table_comment(self, node: DropTableComment) -> str:
        return f"COMMENT ON TABLE {self.table_name(node.element)} IS NULL"

    def visit_set_column_comment(self, node: SetColumnComment) -> str:
        column = node.element
        comment = "'" + column.comment.replace("'", "''") + "'"
        return f"COMMENT ON COLUMN {self._column_path(column)} IS {comment}"

    def visit_drop_column_comment(self, node: DropColumnComment) -> str:
        return f"COMMENT ON COLUMN {self._column_path(node.element)} IS NULL"

    def _column_path(self, column: Column[Any]) -> str:
        return f"{self.table_name(column.table)}.{self.quote(column.name)}"

    def visit_set_constraint_comment(self, node: SetConstraintComment) -> str:
        comment = "'" + node.element.comment.replace("'", "''") + "'"
        return f"COMMENT ON CONSTRAINT {self._constraint_path(node.element)} IS {comment}"

    def visit_drop_constraint_comment(self, node: DropConstraintComment) -> str:
        return f"COMMENT ON CONSTRAINT {self._constraint_path(node.element)} IS NULL"

    def _constraint_path(self, constraint: Constraint) -> str:
        table = self.table_name(constraint.table)
        return f"{self.name_of(constraint, 'a constraint')} ON {table}"

    def visit_ddl(self, node: DDL) -> str:
        context = dict(node.context)
        target = node.target
        if isinstance(target, Table):
            context.setdefault("table", self.quote(target.name))
            context.setdefault("schema", self.quote(target.schema) if target.schema else "")
            context.setdefault("fullname", self.table_name(target))
        try:
            return str(node.statement % context)
        except (KeyError, TypeError, ValueError) as error:
            raise CompileError(
                f"the text of DDL({node.statement!r}) can't be filled in: {error!r}",
                hint="write %% for a percent sign; %(table)s, %(schema)s and %(fullname)s name "
                "the table that DDL() is for, other names stand in its context",
            ) from error


def _word(text: str) -> str:
    """Return *text*, which must be words: it goes into the definition as it is."""
    if (
        not text.replace("_", "a")
        .replace(" ", "a")
        .replace("(", "")
        .replace(")", "")
        .replace(",", "")
        .isalnum()
    ):
        raise CompileError(f"unexpected SQL phrase: {text!r}")
    return text


def schema_statements(
    verb: str,
    metadata: MetaData,
    tables: Iterable[Any] | None,
    dialect: CompilerDialect,
    existing: Collection[tuple[str | None, str]] | None = None,
    existing_sequences: Collection[tuple[str | None, str]] | None = None,
) -> list[ExecutableDDLElement]:
    """Return the statements that create or drop *tables* (None: all), in order.

    *existing* are the (schema, name) of the tables that the database has; None means that
    nobody looked, and everything is sent.
    """
    listed = list(tables) if tables is not None else list(metadata.tables.values())
    if verb == "create":
        wanted = [t for t in listed if existing is None or (t.schema, t.name) not in existing]
        sequences = metadata.sequences if tables is None else []
        return [
            *_create_sequences(sequences, dialect, existing_sequences),
            *_create_tables(wanted, dialect),
        ]
    wanted = [t for t in listed if existing is None or (t.schema, t.name) in existing]
    return _drop_tables(wanted, dialect) + _drop_sequences(
        metadata.sequences if tables is None else [], dialect, existing_sequences
    )


def _create_sequences(
    sequences: Iterable[Any], dialect: CompilerDialect, existing: Collection[Any] | None
) -> list[ExecutableDDLElement]:
    if not dialect.features.supports_sequences:
        return []
    return [
        CreateSequence(sequence)
        for sequence in sequences
        if not sequence.optional
        and (existing is None or (sequence.schema, sequence.name) not in existing)
    ]


def _drop_sequences(
    sequences: Iterable[Any], dialect: CompilerDialect, existing: Collection[Any] | None
) -> list[ExecutableDDLElement]:
    if not dialect.features.supports_sequences:
        return []
    return [
        DropSequence(sequence)
        for sequence in sequences
        if not sequence.optional
        and (existing is None or (sequence.schema, sequence.name) in existing)
    ]


def _create_tables(tables: list[Any], dialect: CompilerDialect) -> list[ExecutableDDLElement]:
    made: list[ExecutableDDLElement] = []
    later: set[Any] = set()
    if dialect.features.supports_alter:
        later = circular_constraints(tables)
        later |= {c for t in tables for c in t.foreign_key_constraints if c.use_alter}
    for table in sort_tables(tables):
        kept = [c for c in table.foreign_key_constraints if c not in later]
        made.append(table.creation or CreateTable(table, kept))
        made += [CreateIndex(i) for i in sorted_indexes(table) if i.is_for(dialect)]
        made += _comments(table, dialect)
    alone = [c for c in sorted(later, key=lambda c: c.order) if c.is_for(dialect)]
    made += [AddConstraint(c, isolate_from_table=False) for c in alone]
    return made


def _comments(table: Table, dialect: CompilerDialect) -> list[ExecutableDDLElement]:
    if not dialect.features.supports_comments or dialect.features.inline_comments:
        return []
    made: list[ExecutableDDLElement] = []
    if table.comment is not None:
        made.append(SetTableComment(table))
    made += [SetColumnComment(c) for c in table.c if c.comment is not None]
    return made


def _drop_tables(tables: list[Any], dialect: CompilerDialect) -> list[ExecutableDDLElement]:
    made: list[ExecutableDDLElement] = []
    if dialect.features.supports_alter:
        loose = circular_constraints(tables)
        loose |= {c for t in tables for c in t.foreign_key_constraints if c.use_alter}
        alone = [c for c in sorted(loose, key=lambda c: c.order) if c.is_for(dialect)]
        made += [DropConstraint(c) for c in alone]
    made += [table.removal or DropTable(table) for table in reversed(sort_tables(tables))]
    return made


def sorted_indexes(table: Table) -> list[Any]:
    """Return the indexes of *table* in the order of their names."""
    return sorted(table.indexes, key=lambda index: str(index.name))


def index_statement(verb: str, index: Index) -> ExecutableDDLElement:
    """Return the statement that creates or drops *index*."""
    return CreateIndex(index) if verb == "create" else DropIndex(index)
