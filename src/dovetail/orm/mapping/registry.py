"""The registry: the classes that are mapped together and find one another by name."""

import builtins
from collections.abc import Iterator
from difflib import get_close_matches
from threading import RLock
from typing import Any
from weakref import WeakSet

from dovetail.codegen import evaluate
from dovetail.compiler.cache import forget_plans
from dovetail.exc import ArgumentError, DovetailError, InvalidRequestError, MappingError
from dovetail.orm.mapping.abstract_concrete import map_to_union
from dovetail.orm.mapping.attribute import (
    EntityNode,
    QueryableAttribute,
    foreign,
    remote,
    table_columns,
)
from dovetail.orm.mapping.construct import construct
from dovetail.orm.mapping.events import EXT_SKIP, mappers_from
from dovetail.orm.mapping.mapper import Mapper, mapper_of
from dovetail.orm.mapping.overlaps import warn_of_overlaps
from dovetail.orm.mapping.properties import ColumnProperty, MappedColumn, MapperProperty
from dovetail.orm.mapping.relationship import RelationshipProperty, relationship
from dovetail.sql.expressions import and_, or_
from dovetail.sql.functions import func
from dovetail.sql.metadata import MetaData
from dovetail.sql.schema import Column
from dovetail.sql.selecting import asc, desc, not_

Mistake = tuple[str, str | None]
"""What is wrong, and what to do about it."""

_configuring = RLock()
_registries: "WeakSet[Registry]" = WeakSet()


class Registry:
    """A set of mapped classes with one MetaData and one map of annotation types.

    Example::

        mapper_registry = registry()
        mapper_registry.map_imperatively(User, user_table)
    """

    def __init__(
        self,
        *,
        metadata: MetaData | None = None,
        class_registry: dict[str, Any] | None = None,
        type_annotation_map: dict[Any, Any] | None = None,
        constructor: Any = None,
    ) -> None:
        self.metadata = metadata if metadata is not None else MetaData()
        self.type_annotation_map = dict(type_annotation_map or {})
        self.classes: dict[str, list[type]] = {}
        self.constructor = construct if constructor is None else constructor
        self._waiting: list[Mapper] = []
        self._unions: list[type] = []
        self._unconnected: list[RelationshipProperty] = []
        self._is_configuring = False
        self._mappers: list[Mapper] = []
        self._mistake: MappingError | None = None
        self.memo: dict[Any, Any] = {}
        del class_registry
        _registries.add(self)

    @property
    def mappers(self) -> frozenset[Mapper]:
        """The mappers of this registry."""
        return frozenset(self._mappers)

    def update_type_annotation_map(self, types: dict[Any, Any]) -> None:
        """Add to the map from annotation to database type."""
        self.type_annotation_map.update(types)

    def add(self, mapper: Mapper) -> None:
        """Take *mapper* up; its relationships are configured at first use."""
        same_name = self.classes.setdefault(mapper.class_.__name__, [])
        same_name.append(mapper.class_)
        self._mappers.append(mapper)
        self._waiting.append(mapper)
        self._mistake = None
        self.memo.clear()

    def add_abstract(self, class_: type) -> None:
        """Take up *class_*, which is mapped to a UNION when the classes below are known."""
        self._unions.append(class_)

    @property
    def ordered_mappers(self) -> list[Mapper]:
        """The mappers, in the order of their declaration."""
        return list(self._mappers)

    def _map_unions(self) -> list[Mapper]:
        """Map the classes that wait for the tables of those below."""
        made = []
        for class_ in list(self._unions):
            mapper = map_to_union(self, class_)
            if mapper is not None:
                self._unions.remove(class_)
                self.classes.setdefault(class_.__name__, []).append(class_)
                self._mappers.append(mapper)
                made.append(mapper)
        if made:
            self.memo.clear()
            forget_plans()
        return made

    def position(self, mapper: Mapper) -> int:
        """How many mappers were declared before *mapper*."""
        return self._mappers.index(mapper)

    def reconfigure(self, mapper: Mapper) -> None:
        """Configure *mapper* again: a relationship was added to it."""
        if mapper not in self._waiting:
            self._waiting.append(mapper)
        self._mistake = None
        self.memo.clear()

    def map_imperatively(
        self,
        class_: type,
        local_table: Any = None,
        *,
        properties: dict[str, Any] | None = None,
        **options: Any,
    ) -> Mapper:
        """Map *class_*, a plain class, to *local_table*; return the mapper.

        *properties* names relationships, and columns under other names::

            registry.map_imperatively(User, users, properties={"addresses": relationship(Address)})
        """
        if not isinstance(class_, type):
            raise ArgumentError(f"a class is needed, not {class_!r}")
        if mapper_of(class_) is not None:
            raise ArgumentError(f"class {class_.__name__} is mapped already")
        above = options.pop("inherits", None)
        if above is None:
            above = next((base for base in class_.__mro__[1:] if mapper_of(base)), None)
        inherits = above if isinstance(above, Mapper) else mapper_of(above)
        if local_table is None and inherits is not None:
            local_table = inherits.local_table
        if not getattr(local_table, "is_from", False):
            raise ArgumentError(
                f"a table is needed to map {class_.__name__}, not {local_table!r}",
                hint="a Table, a join of some, or a subquery: select(...).subquery()",
            )
        parts = [(key, as_property(value)) for key, value in (properties or {}).items()]
        mapper = Mapper(self, class_, local_table, parts, options, inherits)
        self.add(mapper)
        return mapper

    def configure(self, cascade: bool = False) -> None:
        """Configure the relationships of all classes mapped since the last time.

        Every mistake is found; MappingError reports them together, and again at each later
        use, until the mapping changes.
        """
        if not self._waiting and self._mistake is None:
            return
        with _configuring:
            if self._mistake is not None:
                raise self._mistake.with_traceback(None)
            if self._is_configuring:
                return
            # Other threads see them as waiting, and wait for the lock, until all is done.
            waiting = list(self._waiting)
            self._is_configuring = True
            try:
                for call in Mapper.dispatch.before_configured:
                    call()
                waiting += self._map_unions()
                for mapper in waiting:
                    _call_hook(mapper.class_, "__declare_first__")
                waiting = [mapper for mapper in waiting if not _is_put_off(mapper)]
                mistakes = self._configure_all(waiting)
            finally:
                self._is_configuring = False
            if not mistakes:
                self._waiting = [mapper for mapper in self._waiting if mapper not in waiting]
                for call in Mapper.dispatch.after_configured:
                    call()
                for mapper in waiting:
                    _call_hook(mapper.class_, "__declare_last__")
            else:
                self._mistake = _mapping_error(mistakes)
                raise self._mistake

    def _configure_all(self, waiting: list[Mapper]) -> list[Mistake]:
        mistakes: list[Mistake] = []
        # Those that an earlier mistake kept from finding their other side are among them.
        done = self._unconnected
        index = 0
        todo = [
            prop
            for mapper in waiting
            for prop in mapper.relationships.values()
            if prop.parent is mapper and not hasattr(prop, "impl")
        ]
        while index < len(todo):
            prop = todo[index]
            index += 1
            try:
                prop.configure(Resolver(self))
                prop.parent.relationship_configured(prop)
                done.append(prop)
                other = self._backref(prop)
                if other is not None:
                    todo.append(other)
            except DovetailError as error:
                mistakes.append(_mistake(prop, error))
        if not mistakes:
            for prop in done:
                try:
                    prop.connect()
                except DovetailError as error:
                    mistakes.append(_mistake(prop, error))
        if not mistakes:
            warn_of_overlaps(self._relationships(), new=done)
            self._unconnected = []
            for mapper in waiting:
                mapper.finish()
        return mistakes

    def _relationships(self) -> Iterator[RelationshipProperty]:
        """The relationships of all classes, each once."""
        for mapper in self._mappers:
            for prop in mapper.relationships.values():
                if prop.parent is mapper and hasattr(prop, "condition"):
                    yield prop

    def _backref(self, prop: RelationshipProperty) -> RelationshipProperty | None:
        """Add the other side that ``backref=`` asks for."""
        if prop.backref is None:
            return None
        name, keywords = (prop.backref, {}) if isinstance(prop.backref, str) else prop.backref
        prop.backref = None
        prop.back_populates = name
        target: Mapper = prop.mapper
        if name in target.attrs:
            raise ArgumentError(
                f"{prop}: backref {name!r} is an attribute of {target.class_.__name__} already",
                hint="use back_populates on both sides",
            )
        keywords = dict(keywords)
        condition = prop.condition
        if condition.secondary is not None:
            keywords.setdefault("secondary", condition.secondary)
            keywords.setdefault("primaryjoin", condition.secondaryjoin)
            keywords.setdefault("secondaryjoin", condition.primaryjoin)
        else:
            keywords.setdefault("primaryjoin", condition.primaryjoin)
            keywords.setdefault(
                "foreign_keys", [column for _, column in condition.synchronize_pairs]
            )
            if condition.self_referential:
                keywords.setdefault("remote_side", [local for local, _ in condition.pairs])
        keywords.setdefault("viewonly", prop.viewonly)
        other = relationship(prop.parent.class_, back_populates=prop.key, **keywords)
        target.add_property(name, other)
        return other

    def dispose(self, cascade: bool = False) -> None:
        """Forget the mapped classes of this registry."""
        for mapper in self._mappers:
            type.__delattr__(mapper.class_, "__mapper__")
            type.__delattr__(mapper.class_, "__statement_entity__")
        self._mappers.clear()
        self._waiting.clear()
        self.classes.clear()
        self._mistake = None

    def check(self) -> None:
        """Configure now, so that mistakes are reported at start-up and not at first use."""
        self.configure()


def _mistake(prop: RelationshipProperty, error: DovetailError) -> Mistake:
    text = error.message
    if str(prop) not in text:
        text = f"{prop}: {text}"
    return text, error.hint


def _mapping_error(mistakes: list[Mistake]) -> MappingError:
    """One error for all *mistakes*; the hint of an only one stands where hints stand."""
    if len(mistakes) == 1:
        return MappingError(mistakes[0][0], hint=mistakes[0][1])
    return MappingError([f"{text} (hint: {hint})" if hint else text for text, hint in mistakes])


def _call_hook(class_: Any, name: str) -> None:
    hook = getattr(class_, name, None)
    if hook is not None:
        hook()


def _is_put_off(mapper: Mapper) -> bool:
    """True where somebody who listens wants *mapper* not to be configured this time."""
    answers = [call(mapper, mapper.class_) for call in mapper.dispatch.before_mapper_configured]
    return EXT_SKIP in answers


def _all_mappers() -> list[Mapper]:
    return [mapper for known in list(_registries) for mapper in known._mappers]


mappers_from(_all_mappers)


def configure_mappers() -> None:
    """Configure the mapped classes of every registry; MappingError reports all mistakes."""
    for known in list(_registries):
        known.configure()


def clear_mappers() -> None:
    """Forget the mapped classes of every registry: for tests that map the same classes anew."""
    for known in list(_registries):
        known.dispose()


def as_property(value: Any) -> MapperProperty:
    """*value* of a ``properties`` dictionary as a property: a column stands for itself."""
    if isinstance(value, MapperProperty):
        return value
    if isinstance(value, Column):
        return ColumnProperty(value)
    if isinstance(value, (list, tuple)):
        return ColumnProperty(*value)
    raise ArgumentError(f"{value!r} can't be mapped", hint="give a column or a relationship()")


class Resolver:
    """Finds what relationships name: classes, tables, columns and conditions."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def target(self, argument: Any, prop: RelationshipProperty) -> tuple[Mapper, EntityNode | None]:
        """The mapper that *argument* means: a class, a name, a callable, a mapper, an alias.

        An alias is handed back too: related rows are those that it selects from.
        """
        name = getattr(argument, "__forward_arg__", None)
        if name is not None:
            argument = name
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
                raise ArgumentError(
                    f"{prop} does not say which class it leads to",
                    hint='annotate it, Mapped[list["Target"]], or name the class: '
                    'relationship("Target")',
                )
            raise ArgumentError(
                f"{prop} leads to {argument!r}, which is not a mapped class",
                hint="map the class, or name another one",
            )
        return found, None

    def named(self, name: str, prop: RelationshipProperty) -> Any:
        """The class called *name*, with or without its module."""
        short = name.strip().rpartition(".")[2]
        candidates = self.registry.classes.get(short, [])
        if "." in name:
            candidates = [
                class_
                for class_ in candidates
                if f"{class_.__module__}.{class_.__qualname__}".endswith(name.strip())
            ]
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
        near = get_close_matches(name, self.registry.classes, 1)
        hint = "import the module that defines it before the first query"
        return f"did you mean {near[0]!r}? Otherwise {hint}" if near else hint

    def table(self, secondary: Any, prop: RelationshipProperty) -> Any:
        """The table that ``secondary=`` means."""
        if secondary is None:
            return None
        if isinstance(secondary, str):
            found = self.registry.metadata.tables.get(secondary)
            if found is None:
                near = get_close_matches(secondary, self.registry.metadata.tables, 1)
                raise InvalidRequestError(
                    f"{prop}: secondary names table {secondary!r}, which does not exist",
                    hint=f"did you mean {near[0]!r}?" if near else "define the Table first",
                )
            return found
        if callable(secondary) and not isinstance(secondary, type):
            secondary = secondary()
        mapper = mapper_of(secondary)
        return secondary if mapper is None else mapper.local_table

    def expression(self, declared: Any, prop: RelationshipProperty) -> Any:
        """A join condition or column: an expression, a string, or a callable; entities resolved."""
        if isinstance(declared, str):
            try:
                declared = evaluate(declared, _Names(self, prop))
            except (NameError, AttributeError, SyntaxError, TypeError) as error:
                raise InvalidRequestError(
                    f"{prop}: {declared!r} can't be evaluated: {error}",
                    hint="names of mapped classes and of tables are known in such strings",
                ) from error
        elif callable(declared) and not isinstance(declared, (type, QueryableAttribute)):
            declared = declared()
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

    def _column(self, item: Any, prop: RelationshipProperty) -> Any:
        if isinstance(item, MappedColumn):
            # Declared beside the relationship; a mixin's copy is found by its name.
            return item.column if item.column is not None else item
        if isinstance(item, ColumnProperty):
            return item.columns[0]
        return self.expression(item, prop)


def _path_of(class_: type) -> list[str]:
    """The names of the packages and of the module of *class_*."""
    return class_.__module__.split(".")


class _Module:
    """A part of the path of a class, ``shop`` in ``shop.models.Item``, in a string."""

    def __init__(self, resolver: Resolver, prop: RelationshipProperty, path: str) -> None:
        self._resolver = resolver
        self._prop = prop
        self._path = path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}"
        if name in self._resolver.registry.classes:
            return self._resolver.named(path, self._prop)
        return _Module(self._resolver, self._prop, path)


class _Names(dict[str, Any]):
    """Names in the strings of a relationship: classes, tables, and a few functions."""

    def __init__(self, resolver: Resolver, prop: RelationshipProperty) -> None:
        super().__init__(
            foreign=foreign, remote=remote, and_=and_, or_=or_, not_=not_,
            func=func, asc=asc, desc=desc,
        )  # fmt: skip
        self._resolver = resolver
        self._prop = prop

    def __missing__(self, name: str) -> Any:
        registry = self._resolver.registry
        if name in registry.classes:
            return self._resolver.named(name, self._prop)
        if name in registry.metadata.tables:
            return registry.metadata.tables[name]
        if any(name in _path_of(one) for same in registry.classes.values() for one in same):
            return _Module(self._resolver, self._prop, name)
        if hasattr(builtins, name):
            return getattr(builtins, name)
        raise NameError(f"name {name!r} is not a mapped class or a table")
