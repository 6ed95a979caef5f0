"""What a dialect is: one server's way of writing, converting and being asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar

from ..compiler.compiled import NAMED_STYLES, PARAMETER_STYLES, Compiled, compile_statement
from ..compiler.ddl import DDLCompiler
from ..compiler.identifiers import IdentifierPreparer
from ..compiler.slots import Slot
from ..compiler.statements import StatementCompiler
from ..compiler.types import StringifyTypeCompiler, TypeCompiler
from ..exc import ArgumentError
from ..sql.node import Node, compilation
from ..types.contract import TypeEngine, to_instance
from .driven import DrivenDialect
from .features import Features

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Self

    from ..sql.defaults import NextValue
    from ..sql.dialect_options import DialectKWArgs
    from ..sql.expression.elements import BinaryExpression
    from ..sql.metadata import MetaData
    from ..sql.schema import Table
    from .driver import ServerFacts
    from .set_based import Placed, SetBased


class Dialect(DrivenDialect):
    """The contract of all dialects; as it stands, the standard's own.

    A dialect first changes data (``features``, ``colspecs``, ``ischema_names``), then, only
    if it must, compiler methods.
    """

    name: str = "default"
    explaining: ClassVar[str | None] = None
    """What reads the server's plans, ``"module:name"`` of an ``Explaining``; None: nobody can."""
    replication: ClassVar[str | None] = None
    """How primaries and replicas are asked how far they are: a key of ``replication.KINDS``."""
    driver: str = "default"
    default_paramstyle: ClassVar[str] = "named"
    default_features: ClassVar[Features] = Features()
    statement_compiler: ClassVar[type[StatementCompiler]] = StatementCompiler
    ddl_compiler: ClassVar[type[DDLCompiler]] = DDLCompiler
    type_compiler_class: ClassVar[type[TypeCompiler]] = TypeCompiler
    identifier_preparer = IdentifierPreparer()
    colspecs: Mapping[type[TypeEngine[Any]], type[TypeEngine[Any]]] = {}
    """The dialect's own classes in place of general types."""
    ischema_names: ClassVar[Mapping[str, type[TypeEngine[Any]]]] = {}
    """The types by the names under which the server lists them."""
    default_schema_name: str | None = None
    server_version_info: tuple[int, ...] | None = None
    engine_config_types: ClassVar[Mapping[str, Callable[[str], Any]]] = {}
    """What reads the dialect's own options, by name, where a configuration has them as text."""
    json_serializer: Any = None
    json_deserializer: Any = None
    schema_map: Mapping[str | None, str | None] | None = None
    """Which schema is written in place of another: see :meth:`translated`."""
    execution_ctx_cls: Any = None
    """The class of what listeners are told of the run of a statement, where it is no usual one:
    it derives from ``ExecutionContext``."""
    when_replaced: Callable[[str], None] | None = None
    """What an engine is told by that an attribute of its dialect is another one now."""
    construct_arguments: ClassVar[Sequence[tuple[type[DialectKWArgs], Mapping[str, Any]]]] = ()
    """What parts of a schema are given for this dialect besides, and what it usually is."""

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        own = vars(cls)
        # As those of 2.0 call it, and those of 1.4, where instances have the compiler by that name.
        for name in ("type_compiler", "type_compiler_cls"):
            if isinstance(own.get(name), type):
                cls.type_compiler_class = own[name]
        if "colspecs" in own:
            cls.colspecs = _each_class(own["colspecs"])
        if "construct_arguments" in own:
            for kind, usual in own["construct_arguments"] or ():
                for name, value in usual.items():
                    kind.argument_for(cls.name, name, value)

    def __init__(
        self,
        *,
        dbapi: ModuleType | None = None,
        paramstyle: str | None = None,
        json_serializer: Callable[[Any], str] | None = None,
        json_deserializer: Callable[[str], Any] | None = None,
        label_length: int | None = None,
        enable_from_linting: bool = True,
        **features: Any,
    ) -> None:
        self.paramstyle = paramstyle if paramstyle is not None else self.default_paramstyle
        if self.paramstyle not in PARAMETER_STYLES:
            raise ArgumentError(
                f"unknown parameter style {self.paramstyle!r}: {', '.join(PARAMETER_STYLES)}"
            )
        self.features = self.default_features.changed(**self._declared_features(), **features)
        self.dbapi = dbapi
        own: Any = self.preparer
        self.identifier_preparer = (
            copy(self.identifier_preparer) if own is type(self.identifier_preparer) else own(self)
        )
        self.identifier_preparer.longest = (
            self.features.max_constraint_name_length or self.features.max_identifier_length
        )
        self.label_length = label_length
        self.lints_from = bool(enable_from_linting)
        """Whether FROMs that no condition joins are warned of, in statements that run."""
        """Most characters in a name that the compiler makes up; None for as many as go."""
        if (
            label_length is not None
            and not 6 <= label_length <= self.features.max_identifier_length
        ):
            raise ArgumentError(
                f"label_length={label_length} is not between 6 and the "
                f"{self.features.max_identifier_length} characters of a name"
            )
        self.type_compiler = self.type_compiler_class(self)
        if json_serializer is not None:
            self.json_serializer = json_serializer
        if json_deserializer is not None:
            self.json_deserializer = json_deserializer

    @classmethod
    def _declared_features(cls) -> dict[str, Any]:
        """Return what the class says of features by the names that they have on a dialect."""
        return {
            field: declared
            for name, field in _FAMILIAR.items()
            if (declared := getattr(cls, name, None)) is not None and not callable(declared)
        }

    def compile(
        self,
        statement: Node,
        *,
        column_keys: Sequence[str] | None = None,
        compile_kwargs: Mapping[str, Any] | None = None,
        schema_translate_map: Mapping[str | None, str | None] | None = None,
    ) -> Compiled:
        """Return *statement* compiled.

        *column_keys* are the columns of an INSERT or UPDATE whose values come when it runs.
        """
        dialect = self.translated(schema_translate_map) if schema_translate_map else self
        return compile_statement(
            statement,
            dialect,
            column_keys=column_keys,
            compile_kwargs=compile_kwargs,
            lints=dialect.lints_from,
        )

    def schema_name(self, schema: str | None) -> str | None:
        """Return the schema that is written for *schema*."""
        return self.schema_map.get(schema, schema) if self.schema_map else schema

    def translated(self, schema_map: Mapping[str | None, str | None]) -> Self:
        """Return the same dialect, which writes schemas as *schema_map* has them."""
        other = copy(self)
        other.schema_map = schema_map
        other.type_compiler = self.type_compiler_class(other)
        return other

    @property
    def schema_key(self) -> tuple[tuple[str | None, str | None], ...]:
        """What distinguishes plans that are written in different schemas."""
        return tuple(sorted((self.schema_map or {}).items(), key=repr))

    def parameter_mark(self, name: str, number: int, slot: Slot) -> str:
        """Return what stands in the text for one parameter."""
        mark = PARAMETER_STYLES[self.paramstyle](name, number)
        return mark + self.item_cast(slot, name) if slot.expanding else mark

    def item_cast(self, slot: Slot, name: str) -> str:
        """Return what follows the parameter *name*, an item of the list at *slot*."""
        return ""

    def packed_list(self, slot: Slot, mark: str) -> str | None:
        """Return what stands after IN for the list at *slot* as one parameter, marked by *mark*.

        None is returned where the server cannot take it so.
        """
        return None

    def set_based(
        self, table: Table, keys: Sequence[Placed], values: Sequence[Placed] | None
    ) -> SetBased | None:
        """Return what makes one statement of many rows of *table*, or None.

        It changes *values* of the rows with *keys*, or deletes the rows where that is None; all
        are columns with the places of their values in the parameters of a row.
        """
        return None

    def named_types(self, tables: Iterable[Any], metadata: MetaData | None = None) -> list[Any]:
        """Return the types that are created before *tables*, those of *metadata* among them.

        Each has a ``name``, a ``schema``, and a ``creator`` and a ``dropper``, which make the
        statements of it.
        """
        return []

    def named_type(self, type_: TypeEngine[Any]) -> Any:
        """Return what the server has for *type_* as a type of its own name, or None."""
        return None

    def learn(self, facts: ServerFacts) -> None:
        """Take over what the server that an engine has met tells of itself."""
        if facts.version is not None:
            self.server_version_info = facts.version
        if facts.default_schema is not None:
            self.default_schema_name = facts.default_schema
        if facts.features:
            self.features = self.features.changed(**facts.features)

    def type_descriptor(self, type_: TypeEngine[Any] | type[TypeEngine[Any]]) -> TypeEngine[Any]:
        """Return what this dialect has for *type_*, a type or the class of one."""
        this: Any = self
        return to_instance(type_).dialect_impl(this)

    # What plugins and listeners ask a dialect that they know: see docs/dialects.md.

    is_async: bool = False
    """Whether the driver of the engine awaits."""
    update_executemany_returning: bool = False
    """Whether an UPDATE of many sets of parameters returns rows for instances: it does not."""
    delete_executemany_returning: bool = False
    """Whether a DELETE of many sets of parameters does: it does not."""

    supports_statement_cache: bool = True
    """Whether statements of the same structure are compiled once: they are, on every server."""
    supports_cast: bool = True
    """Whether the server has CAST: all do."""
    requires_name_normalize: bool = False
    """Whether names in the server's catalogue are written otherwise here: they are not."""
    reflection_options: tuple[str, ...] = ()
    """What a dialect takes besides when a table is read: none here."""
    supports_views: bool = True
    """Whether the server has views: all do."""

    @property
    def type_compiler_instance(self) -> TypeCompiler:
        """What writes types: the same as ``type_compiler``."""
        return self.type_compiler

    @property
    def preparer(self) -> type[IdentifierPreparer]:
        """The class of what puts names into quotes."""
        return type(self.identifier_preparer)

    @property
    def positional(self) -> bool:
        """Whether parameters are told apart by their order in the text."""
        return self.paramstyle not in NAMED_STYLES

    @property
    def max_index_name_length(self) -> int | None:
        """Most characters in the name of an index, where that is not what all names have."""
        longest: int | None = self.features.max_constraint_name_length
        return longest

    def __getattr__(self, name: str) -> Any:
        field = _FAMILIAR.get(name) or _DERIVED.get(name)
        if field is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.features, field)

    def __setattr__(self, name: str, value: Any) -> None:
        # A program that knows its server better says so before the first statement.
        field = _FAMILIAR.get(name)
        if field is not None:
            self.__dict__.setdefault("_before", {}).setdefault(field, getattr(self.features, field))
            self.features = self.features.changed(**{field: value})
            return
        object.__setattr__(self, name, value)
        if self.when_replaced is not None:
            self.when_replaced(name)

    def __delattr__(self, name: str) -> None:
        # What was said is taken back: it is as it was before.
        field = _FAMILIAR.get(name)
        before = self.__dict__.get("_before", {})
        if field is not None and field in before:
            self.features = self.features.changed(**{field: before.pop(field)})
            return
        object.__delattr__(self, name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}+{self.driver}>"


def _each_class(colspecs: Mapping[type[Any], type[Any]]) -> Mapping[type[Any], type[Any]]:
    """Return *colspecs* with the members of classes that stand for several, ``__members__``."""
    members = {
        member: special
        for kind, special in colspecs.items()
        for member in vars(kind).get("__members__", ())
    }
    return {**members, **colspecs} if members else colspecs


_FAMILIAR = {
    "insert_returning": "supports_insert_returning",
    "update_returning": "supports_update_returning",
    "delete_returning": "supports_delete_returning",
    "inline_comments": "inline_comments",
    "max_constraint_name_length": "max_constraint_name_length",
    "supports_alter": "supports_alter",
    "supports_comments": "supports_comments",
    "supports_default_values": "supports_default_values",
    "supports_identity_columns": "supports_identity_columns",
    "supports_is_distinct_from": "supports_is_distinct_from",
    "supports_multivalues_insert": "supports_multi_values",
    "supports_native_boolean": "supports_native_boolean",
    "supports_native_decimal": "supports_native_decimal",
    "supports_native_enum": "native_enum_types",
    "supports_native_uuid": "supports_native_uuid",
    "supports_sane_multi_rowcount": "supports_sane_multi_rowcount",
    "supports_sane_rowcount": "supports_sane_rowcount",
    "supports_schemas": "supports_schemas",
    "supports_sequences": "supports_sequences",
    "supports_server_side_cursors": "supports_server_side_cursors",
    "max_identifier_length": "max_identifier_length",
    "postfetch_lastrowid": "supports_lastrowid",
}
"""Fields of the features record, by the names that they have on a dialect elsewhere."""
_DERIVED = {
    "div_is_floordiv": "division_truncates",
    "returns_native_bytes": "returns_bytes",
    "supports_native_json_deserialization": "supports_native_json",
    "supports_native_json_serialization": "supports_native_json",
    "insert_executemany_returning": "supports_insert_returning",
    "insert_executemany_returning_sort_by_parameter_order": "supports_insert_returning",
    "use_insertmanyvalues": "supports_multi_values",
}
"""Fields that tell what is asked by these names: many sets of parameters return rows, in order."""


class StringifyCompiler(StatementCompiler):
    """The standard's compiler for reading: what only some servers have is shown too."""

    table_hint = "[{}]"

    def without_distinct_on(self) -> None:
        """Say nothing: no server runs this text."""

    def visit_next_value(self, node: NextValue) -> str:
        return f"<next sequence value: {self.preparer.format_table(node.sequence)}>"

    def binary_getitem(self, node: BinaryExpression[Any]) -> str:
        return f"{self.write(node.left)}[{self.write(node.right)}]"

    def binary_json_getitem(self, node: BinaryExpression[Any]) -> str:
        return self.binary_getitem(node)

    def binary_json_path_getitem(self, node: BinaryExpression[Any]) -> str:
        return self.binary_getitem(node)


class DefaultDialect(Dialect):
    """The standard, for ``str(statement)``."""

    statement_compiler = StringifyCompiler
    type_compiler_class = StringifyTypeCompiler
    default_features = Features(
        supports_returning=True,
        supports_insert_returning=True,
        supports_update_returning=True,
        supports_delete_returning=True,
        supports_multi_values=True,
        supports_native_boolean=True,
        supports_sequences=True,
        supports_identity_columns=True,
        supports_native_uuid=False,
    )


default_dialect = DefaultDialect()


def _compile(
    node: Node,
    dialect: Dialect | None,
    *,
    column_keys: Sequence[str] | None = None,
    compile_kwargs: Mapping[str, Any] | None = None,
    schema_translate_map: Mapping[str | None, str | None] | None = None,
) -> Compiled:
    target = dialect if dialect is not None else default_dialect
    if schema_translate_map:
        target = target.translated(dict(schema_translate_map))
    return compile_statement(
        node,
        target,
        column_keys=column_keys,
        compile_kwargs=compile_kwargs,
    )


compilation.compiler = _compile
