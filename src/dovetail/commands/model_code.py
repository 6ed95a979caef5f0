"""Mapped classes for the tables of a database, as Python source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..sql.constraints import CheckConstraint, UniqueConstraint
from ..sql.foreign_keys import ForeignKeyConstraint
from ..types.contract import NullType
from .model_relations import Relation, identifier as _identifier, is_between, relations_of, unused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..sql.schema import Table
    from ..sql.table_column import Column

_WORDS = re.compile(r"[A-Za-z0-9]+")


def model_code(tables: Sequence[Table]) -> str:
    """Return a module that maps *tables*: a class each, a ``Table`` where there is no key.

    A table of two foreign keys and nothing else is what stands between two classes.
    """
    return _Module(tables).text()


class _Module:
    """Collects what is imported while it writes the classes."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = list(tables)
        self.imports: dict[str, set[str]] = {"dovetail.orm": {"DeclarativeBase"}}
        self.classes: dict[Table, str] = {}
        for table in self.tables:
            if len(table.primary_key) and not is_between(table):
                name = unused(_class_name(str(table.name)), self.classes.values())
                self.classes[table] = name
        self.relations = relations_of(self.tables, self.classes)

    def need(self, module: str, name: str) -> str:
        """Note that *name* is imported of *module*; return it."""
        self.imports.setdefault(module, set()).add(name)
        return name

    def text(self) -> str:
        """Return the source."""
        parts = ["class Base(DeclarativeBase):\n    pass\n"]
        parts += [self.plain_table(each) for each in self.tables if each not in self.classes]
        parts += [self.mapped_class(table, name) for table, name in self.classes.items()]
        lines = []
        for is_own in (False, True):
            for module, names in sorted(self.imports.items()):
                if module.startswith("dovetail") is is_own:
                    listed = ", ".join(sorted(names, key=str.lower))
                    lines.append(f"from {module} import {listed}" if names else f"import {module}")
            lines.append("")
        return "\n".join(lines).strip() + "\n\n\n" + "\n\n".join(parts)

    # -- tables that are no classes -------------------------------------------------------------

    def plain_table(self, table: Table) -> str:
        """Return *table* as a ``Table``."""
        self.need("dovetail", "Table")
        lines = [
            f"{_identifier(table.name)} = Table(",
            f"    {table.name!r},",
            "    Base.metadata,",
        ]
        for column in table.c:
            self.need("dovetail", "Column")
            given = [repr(str(column.name)), *self.column_arguments(column)]
            if not column.nullable and not column.primary_key:
                given.append("nullable=False")
            lines.append(f"    Column({', '.join(given)}),")
        lines += [f"    {text}," for text in self.table_arguments(table)]
        if table.schema is not None:
            lines.append(f"    schema={table.schema!r},")
        if table.comment is not None:
            lines.append(f"    comment={table.comment!r},")
        return "\n".join([*lines, ")\n"])

    # -- classes --------------------------------------------------------------------------------

    def mapped_class(self, table: Table, name: str) -> str:
        """Return the class of *table*."""
        lines = [f"class {name}(Base):", f"    __tablename__ = {table.name!r}"]
        arguments = self.table_arguments(table)
        options = {
            key: value
            for key, value in (("schema", table.schema), ("comment", table.comment))
            if value is not None
        }
        if options:
            arguments.append(repr(options))
        if arguments:
            inside = "".join(f"\n        {text}," for text in arguments)
            lines.append(f"    __table_args__ = ({inside}\n    )")
        lines.append("")
        lines += [self.attribute(column, _identifier(str(column.name))) for column in table.c]
        related = [self.relationship(each) for each in self.relations[table]]
        return "\n".join([*lines, *([""] if related else []), *related, ""])

    def attribute(self, column: Column[Any], name: str) -> str:
        """Return the line of one column."""
        self.need("dovetail.orm", "Mapped")
        self.need("dovetail.orm", "mapped_column")
        given = [repr(str(column.name))] if name != column.name else []
        given += self.column_arguments(column)
        annotation = self.annotation(column)
        if annotation.startswith("Any") and not column.primary_key:
            given.append(f"nullable={column.nullable}")
        return f"    {name}: Mapped[{annotation}] = mapped_column({', '.join(given)})"

    def annotation(self, column: Column[Any]) -> str:
        """Return the Python type of *column*."""
        try:
            python: type = column.type.python_type
        except NotImplementedError:
            python = object
        text = python.__name__ if python is not object else self.need("typing", "Any")
        if python.__module__ != "builtins":
            self.imports.setdefault(python.__module__, set())
            text = f"{python.__module__}.{text}"
        return f"{text} | None" if column.nullable and not column.primary_key else text

    def column_arguments(self, column: Column[Any]) -> list[str]:
        """Return the arguments of ``mapped_column()`` or ``Column()`` for *column*."""
        given = [self.type_text(column.type)]
        for key in sorted(column.foreign_keys, key=lambda key: key.target_fullname):
            if len(key.constraint.elements) == 1:
                given.append(self.foreign_key(key))
        if column.computed is not None:
            self.need("dovetail", "Computed")
            persisted = column.computed.persisted
            more = "" if persisted is None else f", persisted={persisted}"
            given.append(f"Computed({str(column.computed.sqltext)!r}{more})")
        elif column.identity is not None:
            self.need("dovetail", "Identity")
            given.append(f"Identity(always={bool(column.identity.always)})")
        if column.primary_key:
            given.append("primary_key=True")
            if column.autoincrement is False and column.type.affinity == "integer":
                given.append("autoincrement=False")
        default = column.server_default
        if default is not None and default.has_argument and not self._is_numbered(column):
            self.need("dovetail", "text")
            given.append(f"server_default=text({_escaped(str(default.arg))!r})")
        if column.comment is not None:
            given.append(f"comment={column.comment!r}")
        return given

    @staticmethod
    def _is_numbered(column: Column[Any]) -> bool:
        return bool(column.primary_key and str(column.server_default.arg).startswith("nextval("))

    def foreign_key(self, key: Any) -> str:
        """Return ``ForeignKey(…)``."""
        self.need("dovetail", "ForeignKey")
        constraint = key.constraint
        given = [repr(key.target_fullname), *_actions(constraint)]
        if constraint.name is not None:
            given.append(f"name={str(constraint.name)!r}")
        return f"ForeignKey({', '.join(given)})"

    def type_text(self, type_: Any) -> str:
        """Return the call that makes *type_*; its class is imported."""
        if isinstance(type_, NullType):
            self.need("dovetail.types", "NullType")
            return "NullType()"
        module = type(type_).__module__
        source = "dovetail"
        if module.startswith("dovetail.dialects."):
            source = ".".join(module.split(".")[:3])
        item = getattr(type_, "item_type", None)
        if item is not None:
            self.type_text(item)
        self.need(source, type(type_).__name__)
        return repr(type_)

    def table_arguments(self, table: Table) -> list[str]:
        """Return the constraints and indexes of *table* that stand beside its columns."""
        found = []
        for constraint in sorted(table.constraints, key=lambda each: each.order):
            name = [] if constraint.name is None else [f"name={str(constraint.name)!r}"]
            if isinstance(constraint, ForeignKeyConstraint) and len(constraint.elements) > 1:
                self.need("dovetail", "ForeignKeyConstraint")
                own = [element.parent.name for element in constraint.elements]
                targets = [element.target_fullname for element in constraint.elements]
                given = [repr(own), repr(targets), *_actions(constraint), *name]
                found.append(f"ForeignKeyConstraint({', '.join(given)})")
            elif isinstance(constraint, UniqueConstraint):
                self.need("dovetail", "UniqueConstraint")
                given = [repr(str(column.name)) for column in constraint.columns]
                found.append(f"UniqueConstraint({', '.join([*given, *name])})")
            elif isinstance(constraint, CheckConstraint):
                self.need("dovetail", "CheckConstraint")
                text = _escaped(str(constraint.sqltext))
                found.append(f"CheckConstraint({', '.join([repr(text), *name])})")
        found += [self.index(each) for each in sorted(table.indexes, key=lambda i: str(i.name))]
        return found

    def index(self, index: Any) -> str:
        """Return ``Index(…)``."""
        self.need("dovetail", "Index")
        given = [repr(str(index.name))]
        for expression in index.expressions:
            if expression.__visit_name__ == "column":
                given.append(repr(str(expression.name)))
            else:
                self.need("dovetail", "text")
                given.append(f"text({_escaped(str(expression))!r})")
        if index.unique:
            given.append("unique=True")
        for option, value in index.dialect_kwargs.items():
            if option.endswith("_where"):
                self.need("dovetail", "text")
                given.append(f"{option}=text({_escaped(str(value))!r})")
            elif value not in (None, [], {}):
                given.append(f"{option}={value!r}")
        return f"Index({', '.join(given)})"

    def relationship(self, relation: Relation) -> str:
        """Return the line of one relationship."""
        self.need("dovetail.orm", "relationship")
        target = self.classes[relation.target]
        annotation = f'list["{target}"]' if relation.many else f'"{target}"'
        if relation.optional:
            annotation = f'"{target} | None"'
        given = [] if relation.through is None else [f"secondary={_identifier(relation.through)}"]
        for option, (table, columns) in relation.told_apart.items():
            names = ", ".join(f"{self.classes[table]}.{_identifier(each)}" for each in columns)
            given.append(f'{option}="[{names}]"')
        given.append(f"back_populates={relation.back!r}")
        return f"    {relation.name}: Mapped[{annotation}] = relationship({', '.join(given)})"


def _actions(constraint: Any) -> list[str]:
    return [
        f"{name}={value!r}"
        for name in ("ondelete", "onupdate", "deferrable", "initially")
        if (value := getattr(constraint, name)) is not None
    ]


def _escaped(sql: str) -> str:
    """Return *sql* as ``text()`` takes it: a colon is no parameter."""
    return re.sub(r"(?<!:):(?=\w)", r"\\:", sql)


def _class_name(table: str) -> str:
    words = _WORDS.findall(table)
    name = "".join(word[:1].upper() + word[1:] for word in words) or "Table"
    return f"_{name}" if name[0].isdigit() else name
