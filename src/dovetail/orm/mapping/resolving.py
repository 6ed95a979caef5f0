"""What the strings, callables and classes that relationships name mean."""

import builtins
from typing import Any
from warnings import warn

from dovetail import types
from dovetail.codegen import evaluate
from dovetail.exc import (
    ArgumentError,
    DovetailDeprecationWarning,
    DovetailError,
    InvalidRequestError,
    UnknownAttributeError,
    did_you_mean,
    nearest,
)
from dovetail.orm.mapping.attribute import (
    EntityNode,
    QueryableAttribute,
    table_columns,
)
from dovetail.orm.mapping.class_names import ClassNames
from dovetail.orm.mapping.mapper import Mapper, mapper_of
from dovetail.orm.mapping.marks import foreign, remote
from dovetail.orm.mapping.properties import ColumnProperty, MappedColumn
from dovetail.orm.mapping.relationship import RelationshipProperty, aimless
from dovetail.sql import expression
from dovetail.sql.expression.from_clause import Join
from dovetail.sql.metadata import MetaData

_KNOWN_NAMES = "names of mapped classes and of tables are known in such strings"


class Resolver:
    """Finds what relationships name: classes, tables, columns and conditions."""

    def __init__(self, registry: Any) -> None:
        self.names: ClassNames = registry.names

    def target(
        self, argument: object, prop: RelationshipProperty
    ) -> tuple[Mapper, EntityNode | None]:
        """The mapper that *argument* means: a class, a name, a callable, a mapper, an alias.

        An alias is handed back too: related rows are those that it selects from.
        """
        name = getattr(argument, "__forward_arg__", None)
        if name is not None:
            argument = name
        named = prop.annotated_name
        if named is not None and not self._is_mapped_here(argument) and self.knows(named):
            # A mapped class is meant, whatever the module calls by its name.
            argument = named
        if isinstance(argument, str):
            argument = self.named(argument, prop)
        elif callable(argument) and not isinstance(argument, type):
            argument = argument()
        if isinstance(argument, Mapper):
            return argument, None
        found = mapper_of(argument)
        entity = getattr(argument, "__statement_entity__", None)
        if isinstance(entity, EntityNode) and entity.alias is not None:
            return entity.mapper, entity
        if found is None:
            if argument is None:
                raise aimless(prop)
            raise ArgumentError(
                f"{prop} leads to {argument!r}, which is not a mapped class",
                hint="map the class, or name another one",
            )
        return found, None

    def _is_mapped_here(self, argument: object) -> bool:
        mapper = mapper_of(argument)
        return mapper is not None and mapper.registry.names is self.names

    def knows(self, name: str) -> bool:
        """True where there is a class called *name*, with or without its module."""
        return bool(self.names.called(name.rpartition(".")[2]))

    def finds_target(self, prop: RelationshipProperty) -> bool:
        """True where the class that *prop* leads to is mapped."""
        try:
            self.target(prop.argument, prop)
        except (DovetailError, NameError, AttributeError):
            return False
        return True

    def named(self, name: str, prop: RelationshipProperty) -> Any:
        """The class called *name*, with or without its module."""
        short = name.strip().rpartition(".")[2]
        candidates = self.names.called(short)
        if "." in name:
            path = f".{name.strip()}"
            candidates = tuple(
                class_
                for class_ in candidates
                if f".{class_.__module__}.{class_.__qualname__}".endswith(path)
                or f".{class_.__module__}.{class_.__name__}".endswith(path)
            )
        if len(candidates) == 1:
            return candidates[0]
        if len(candidates) > 1:
            paths = ", ".join(f"{c.__module__}.{c.__qualname__}" for c in candidates)
            raise InvalidRequestError(
                f"{prop}: several mapped classes are called {short!r}: {paths}",
                hint="name the one that is meant with its module",
            )
        if short == name.strip():
            raise InvalidRequestError(
                f"{prop}: no mapped class is called {name!r}", hint=self._near(name)
            )
        return self.expression(name, prop)

    def _near(self, name: str) -> str:
        near = self.names.near(name)
        hint = "import the module that defines it before the first query"
        return f"did you mean {near!r}? Otherwise {hint}" if near else hint

    def table(self, secondary: Any, prop: RelationshipProperty) -> Any:
        """The table that ``secondary=`` means."""
        if secondary is None:
            return None
        if isinstance(secondary, str):
            return self._table_called(secondary, prop)
        if callable(secondary) and not isinstance(secondary, type):
            secondary = secondary()
        if mapper_of(secondary) is not None:
            raise ArgumentError(
                f"{prop}: secondary= is a Table, not the mapped class {secondary.__name__}: rows "
                "of a third table are written without instances of a class",
                hint=f"give {secondary.__name__}.__table__, with viewonly=True where the class "
                "is what writes its rows",
            )
        return _of_tables(secondary)

    def _table_called(self, name: str, prop: RelationshipProperty) -> Any:
        metadata = prop.parent.metadata
        found = table_called(metadata, name)
        if found is not None:
            return found
        if not name.isidentifier() and table_called(metadata, name.partition(".")[0]) is None:
            # An expression: a class's table, or a table of another schema.
            try:
                found = self.expression(name, prop)
            except InvalidRequestError:
                found = None
            if getattr(found, "is_from", False):
                return _of_tables(found)
        near = nearest(name, metadata.tables)
        raise InvalidRequestError(
            f"{prop}: secondary names table {name!r}, which does not exist",
            hint="define the Table first" if near is None else f"did you mean {near!r}?",
        )

    def expression(self, declared: object, prop: RelationshipProperty) -> Any:
        """A join condition or column: an expression, a string, or a callable; entities resolved."""
        if isinstance(declared, str):
            try:
                declared = evaluate(declared, _Names(self, prop))
            except AttributeError as error:
                raise UnknownAttributeError(
                    f"{prop}: {declared!r} can't be evaluated: {error}",
                    hint=did_you_mean(error.name or "", _attributes_of(error.obj)) or _KNOWN_NAMES,
                ) from error
            except (NameError, SyntaxError, TypeError) as error:
                raise InvalidRequestError(
                    f"{prop}: {declared!r} can't be evaluated: {error}",
                    hint=_KNOWN_NAMES,
                ) from error
        elif callable(declared) and not isinstance(declared, (type, QueryableAttribute)):
            declared = declared()
        if isinstance(declared, bool):
            raise ArgumentError(
                f"{prop}: {declared!r} is no join condition",
                hint="compare columns, not their names: primaryjoin=lambda: A.id == B.a_id",
            )
        return table_columns(declared)

    def columns(self, declared: Any, prop: RelationshipProperty) -> list[Any]:
        """The columns that an argument such as ``foreign_keys=`` names."""
        if declared is None:
            return []
        if isinstance(declared, str) or (
            callable(declared) and not isinstance(declared, (type, QueryableAttribute))
        ):
            declared = self.expression(declared, prop)
        many = isinstance(declared, (list, tuple, set, frozenset))
        return [self._column(item, prop) for item in (declared if many else [declared])]

    def _column(self, item: object, prop: RelationshipProperty) -> Any:
        if isinstance(item, MappedColumn):
            # Declared beside the relationship; a mixin's copy is found by its name.
            return item.column if item.column is not None else item
        if isinstance(item, ColumnProperty):
            return item.expressions[0]
        if isinstance(item, str):
            raise ArgumentError(
                f"{prop}: {item!r} stands in a list, where columns are expected",
                hint=f"write the whole list as one string: {f'[{item}]'!r}",
            )
        return self.expression(item, prop)


def _attributes_of(owner: object) -> list[str]:
    """The names that may stand after *owner* and a dot: of its attributes, or its columns."""
    mapper = mapper_of(owner)
    if mapper is not None:
        return [prop.key for prop in mapper.named_attrs]
    columns = getattr(owner, "c", None)
    return [] if columns is None else [f"c.{key}" for key in columns.keys()]  # noqa: SIM118


def table_called(metadata: MetaData, name: str) -> Any:
    """The table called *name*, with its schema or in the schema of *metadata*; or None."""
    found = metadata.tables.get(name)
    if metadata.schema is None or (found is not None and found.schema is not None):
        return found
    own = metadata.tables.get(f"{metadata.schema}.{name}")
    if own is None and found is not None:
        warn(
            f"the string {name!r} means a table without schema, while the MetaData has the schema "
            f"{metadata.schema!r}: pass the Table itself, to be clear",
            DovetailDeprecationWarning,
            stacklevel=2,
        )
    return found if own is None else own


class _Module:
    """A part of the path of a class, ``shop`` in ``shop.models.Item``, in a string."""

    def __init__(self, resolver: Resolver, prop: RelationshipProperty, path: str) -> None:
        self._resolver = resolver
        self._prop = prop
        self._path = path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}"
        if name in self._resolver.names:
            return self._resolver.named(path, self._prop)
        if not self._resolver.names.is_package(name):
            raise NameError(f"there is no mapped class {path!r}")
        return _Module(self._resolver, self._prop, path)


class _Schema:
    """A schema in a string: ``accounts.user.c.id``."""

    def __init__(self, metadata: MetaData, name: str) -> None:
        self._metadata = metadata
        self._name = name

    def __getattr__(self, name: str) -> Any:
        path = f"{self._name}.{name}"
        found = self._metadata.tables.get(path)
        if found is None:
            raise NameError(f"there is no table {path!r}")
        return found


class _Names(dict[str, Any]):
    """Names in the strings of a relationship: classes, tables, the SQL language and its types."""

    def __init__(self, resolver: Resolver, prop: RelationshipProperty) -> None:
        super().__init__(foreign=foreign, remote=remote)
        self._resolver = resolver
        self._prop = prop

    def __missing__(self, name: str) -> Any:
        names = self._resolver.names
        metadata = self._prop.parent.metadata
        if name in names:
            return self._resolver.named(name, self._prop)
        table = table_called(metadata, name)
        if table is not None:
            return table
        if any(table.schema == name for table in metadata.tables.values()):
            return _Schema(metadata, name)
        if names.is_package(name):
            return _Module(self._resolver, self._prop, name)
        for module in (expression, types, builtins):
            if not name.startswith("_") and hasattr(module, name):
                return getattr(module, name)
        raise NameError(f"name {name!r} is not a mapped class or a table")


def _of_tables(source: object) -> Any:
    """*source*, a table or a join of tables and mapped classes, as one of tables alone."""
    planner = source.walk().planner if isinstance(source, Join) else None
    return source if planner is None else planner.to_core(source)
