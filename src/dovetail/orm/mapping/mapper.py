"""A mapper: how the instances of one class are kept in one table."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from threading import RLock
from typing import Any, ClassVar, Generic

from typing_extensions import TypeVar

from dovetail.conventions import conventions
from dovetail.event import Dispatch
from dovetail.exc import ArgumentError, InvalidRequestError, UnmappedColumnError
from dovetail.orm.mapping.attribute import (
    EntityNode,
    table_columns,
)
from dovetail.orm.mapping.by_name import ByName
from dovetail.orm.mapping.class_manager import ClassManager
from dovetail.orm.mapping.concrete import union_of
from dovetail.orm.mapping.events import InstanceEvents, MapperEvents
from dovetail.orm.mapping.extensions import extensions_of
from dovetail.orm.mapping.identity_keys import IdentityKeys
from dovetail.orm.mapping.inheritance import polymorphic_selectable
from dovetail.orm.mapping.mapped_tables import (
    MappedTable,
    columns_of,
    counterparts,
    mapped_tables,
    shown_by_levels,
    without_repeats,
)
from dovetail.orm.mapping.mapping_events import InstrumentationEvents
from dovetail.orm.mapping.placing import PlacedAttributes
from dovetail.orm.mapping.polymorphic import joined_kinds, kinds_below
from dovetail.orm.mapping.properties import ColumnProperty, MapperProperty, as_property
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.mapping.shown import has_no_text, instance_repr
from dovetail.orm.mapping.validation import (
    find_validators,
    listen_as_reconstructor,
    marked_methods,
)
from dovetail.orm.mapping.versioning import Versioning
from dovetail.orm.tracking.attributes import AttributeBase
from dovetail.orm.tracking.inspection_attr import InspectionAttr
from dovetail.orm.tracking.placement import STATE_KEY, install_setattr, install_state, state_slot
from dovetail.orm.tracking.reach import cascaded
from dovetail.orm.tracking.state import STATE_NAME, InstanceState, Load, adopt_state
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.from_clause import FromClause, Join
from dovetail.sql.metadata import MetaData
from dovetail.sql.schema import Table

T = TypeVar("T", default=Any)


class Mapper(PlacedAttributes, IdentityKeys, Versioning, InspectionAttr, Generic[T]):
    """How the instances of one class are kept in one table.

    ``class_``, ``local_table``   what is mapped, and to what
    ``primary_key``               the columns that tell rows apart; ``primary_keys`` attributes
    ``attrs``                     the properties, by attribute name: ``column_attrs`` those of
                                  columns and expressions, ``relationships`` the others; the house
                                  itself reads ``named_attrs`` and ``named_relationships``, which
                                  configure nothing
    ``attributes``                how each attribute is tracked on instances, by name
    ``base``                      the mapper at the top of the hierarchy; it owns the identity map
    ``memo``                      functions that higher rooms have made for this mapper
    """

    planner: ClassVar[Any] = None
    """Turns statements of entities into statements of tables; set by the loading room."""

    dispatch: Dispatch = MapperEvents.everywhere
    is_mapper: ClassVar[bool] = True

    def __init__(
        self,
        class_: type,
        local_table: Any = None,
        properties: Mapping[str, MapperProperty] | None = None,
        *,
        inherits: Any = None,
        **options: Any,
    ) -> None:
        registry = _mapped_by.get(class_)
        if registry is None:
            raise InvalidRequestError(
                f"a mapper of {class_.__name__} is made by a registry, or while it maps the class",
                hint="registry.map_imperatively(User, table), or a __mapper_cls__ of the class",
            )
        if isinstance(inherits, type):
            inherits = mapper_of(inherits)
        self.registry = registry
        self.class_ = class_
        self.local_table: Table = inherits.local_table if local_table is None else local_table
        self._before: dict[str, Any] = {}
        self._told: dict[str, MapperProperty] = {}
        self._unvalidated: list[Any] = []
        self._read_options(options)
        self._join(inherits)
        try:
            self._set_up()
            self._instrument()
            self._map(dict(properties or {}))
        except BaseException:
            self.dispose()
            raise
        self.is_made = True
        for call in self.dispatch.after_mapper_constructed:
            call(self, class_)

    def _set_up(self) -> None:
        """Be a mapper without attributes."""
        class_ = self.class_
        self.metadata = metadata_of(class_, self.registry.metadata)
        self.named_attrs: ByName[MapperProperty] = ByName()
        self.column_attrs: ByName[ColumnProperty] = ByName()
        self.named_relationships: ByName[RelationshipProperty] = ByName()
        self.synonyms: ByName[MapperProperty] = ByName()
        self.composites: ByName[Any] = ByName()
        self.proxied: dict[str, AttributeBase] = {}
        self.attributes: dict[str, AttributeBase] = {}
        self.column_keys: dict[Any, str] = {}
        self.memo: dict[Any, Any] = {}
        self.is_made = False
        self.configured = False
        self.was_configured = False
        """Whether it has been configured once; what is mapped to it since may wait."""
        self._is_announced = False
        self.may_be_orphan = False
        self.lock = RLock()
        self.transient_load = Load(self, None)
        self.detached_load = Load(self, None)
        self.removed_load = Load(self, None, deleted=True)
        self.set_state: Callable[[Any, Any], None] = state_slot(class_)
        self.uses_slot = self.set_state.__class__.__name__ == "method-wrapper"
        self.node: EntityNode = EntityNode(self)
        self.class_manager = ClassManager(self)
        self.writes_through_setattr = self._may_place_setattr()
        self.setters: dict[str, Callable[[Any, Any], None] | None] = {STATE_NAME: adopt_state}

    def _instrument(self) -> None:
        """Make the class one of this mapper."""
        class_ = self.class_
        self.place("__mapper__", self)
        if not self.single:
            # Of a class in the table of the one above, the table is that one's.
            self.place("__table__", self.local_table)
        self.place("__statement_entity__", self.node)
        self.place("_sa_class_manager", self.class_manager)
        for name in (
            STATE_NAME,
            STATE_KEY,
            "__setattr__",
            "__delattr__",
            "__getstate__",
            "__setstate__",
        ):
            self._note_before(name)
        install_state(class_, by_setattr=self.writes_through_setattr)
        if self.writes_through_setattr:
            install_setattr(self, self.setters, self.attributes)
        constructor = self.registry.constructor
        if class_.__init__ is object.__init__ and constructor is not None:  # type: ignore[misc]
            self.place("__init__", constructor)
        if conventions.instances_are_shown and has_no_text(class_):
            self.place("__repr__", instance_repr)
        self.class_manager.place_beginner()
        MapperEvents.greet(self)
        InstanceEvents.greet(self)
        self.class_manager.tell_from_the_first()
        marked = marked_methods(class_)
        self.validators = find_validators(class_, marked)
        listen_as_reconstructor(self, marked)
        for call in self.dispatch.instrument_class:
            call(self, class_)
        for call in InstrumentationEvents.listeners("class_instrument", class_):
            call(class_)

    def _map(self, own: dict[str, MapperProperty]) -> None:
        """Map the class: attributes of the class above, its *own*, and the columns left."""
        inherits, declared = self.inherits, list(own)
        if inherits is not None:
            for key, inherited in inherits.named_attrs.items():
                if key in own:
                    self.add_property(key, own.pop(key))
                elif not self.concrete:
                    if not self._is_hidden(key, inherited):
                        self._inherit(key, inherited)
                elif key not in self.local_table.c:
                    self.keep_out(key)
        for key, prop in own.items():
            self._place(key, as_property(prop))
        if not self.single:
            self._map_remaining_columns()
        self._find_primary_key()
        self._tell_apart(*self._discriminator)
        self._find_version(*self._version, inherits)
        self.arrange(declared)
        self.place_entity()

    def __repr__(self) -> str:
        return f"<Mapper of {self.class_.__name__} to {self.local_table.name}>"

    def __str__(self) -> str:
        return f"Mapper[{self.class_.__name__}({self.local_table.name})]"

    # Making -------------------------------------------------------------------------------

    def _read_options(self, options: dict[str, Any]) -> None:
        known = dict(options)
        self.declared_primary_key = known.pop("primary_key", None)
        included = known.pop("include_properties", None)
        self.include_properties = None if included is None else frozenset(included)
        self.exclude_properties = frozenset(known.pop("exclude_properties", None) or ())
        self.column_prefix = known.pop("column_prefix", None) or ""
        self.eager_defaults = known.pop("eager_defaults", "auto")
        self._version = (
            known.pop("version_id_col", None),
            known.pop("version_id_generator", None),
        )
        self.confirm_deleted_rows = known.pop("confirm_deleted_rows", True)
        self.passive_updates = known.pop("passive_updates", None)
        self.allow_partial_pks = known.pop("allow_partial_pks", True)
        self.batch = known.pop("batch", None)
        self.order_by = known.pop("order_by", None)
        self.polymorphic_abstract = known.pop("polymorphic_abstract", False)
        self.concrete = bool(known.pop("concrete", False))
        self.inherit_condition = table_columns(known.pop("inherit_condition", None))
        # The condition tells them here: in it, the columns of the class's own table refer.
        known.pop("inherit_foreign_keys", None)
        self.passive_deletes = known.pop("passive_deletes", None)
        self.always_refresh = bool(known.pop("always_refresh", False))
        self.legacy_is_orphan = bool(known.pop("legacy_is_orphan", False))
        self.polymorphic_load = known.pop("polymorphic_load", None)
        self.with_polymorphic = known.pop("with_polymorphic", None)
        self._discriminator = (
            known.pop("polymorphic_on", None),
            known.pop("polymorphic_identity", None),
        )
        if known:
            raise ArgumentError(
                f"{self.class_.__name__}: unknown mapper option {', '.join(sorted(known))}",
                hint="see the mapper options in the documentation of __mapper_args__",
            )

    def _may_place_setattr(self) -> bool:
        """False where the class, or a base of the user's, sees its writes itself."""
        for base in self.class_.__mro__:
            if base is object:
                return True
            for name in ("__setattr__", "__delattr__"):
                if name in base.__dict__ and "__mapper__" not in base.__dict__:
                    return False
        return True

    def spread(self, row: dict[Any, Any]) -> dict[Any, Any]:
        """*row* of an INSERT or UPDATE with columns for synonyms and composites."""
        found: dict[Any, Any] = {}
        for target, value in row.items():
            name = target if isinstance(target, str) else getattr(target, "key", None)
            prop: Any = None
            if isinstance(target, str) or getattr(target, "is_attribute", False):
                prop = self.composites.get(name) or self.synonyms.get(name)  # type: ignore[arg-type]
            if prop is None:
                found[target] = value
            else:
                found.update(self.spread(prop.spread(value)))
        return found

    @property
    def has_proxies(self) -> bool:
        """True where attributes stand for others."""
        return bool(len(self.synonyms) or len(self.composites))

    def _map_remaining_columns(self) -> None:
        mapped = set(self.column_keys)
        for column in columns_of(self.local_table):
            if column in mapped or self._excluded(column):
                continue
            key = self.column_prefix + column.key
            there = self.named_attrs.get(key)
            is_own = there is not None and there.parent is self
            if there is None and self.computes(key):
                # What the class computes itself is not read from the table.
                continue
            if there is None or (isinstance(there, ColumnProperty) and not is_own):
                self.add_property(key, ColumnProperty(column))
            elif not isinstance(there, ColumnProperty):
                raise ArgumentError(
                    f"{there} has the name of column {column.name!r}, which would not be mapped",
                    hint=f"map the column by another name, {key}_ = {self.local_table.description}"
                    f".c.{column.key}, or say exclude_properties=[{key!r}]",
                )
            elif isinstance(self.local_table, Join):
                self.add_property(key, ColumnProperty(*there.columns, column))

    def _excluded(self, column: Any) -> bool:
        names = {column.key, column.name}
        if names & self.exclude_properties or column in self.exclude_properties:
            return True
        included = self.include_properties
        return included is not None and not (names & included or column in included)

    def _find_primary_key(self) -> None:
        declared = self.declared_primary_key
        if declared is not None:
            several = isinstance(declared, (tuple, list, set, frozenset))
            given = declared if several else (declared,)
            self.primary_key = tuple(self._key_column(one) for one in given)
        elif self.inherits is not None and not self.concrete:
            self.primary_key = self.inherits.primary_key
        else:
            columns = [c for c in columns_of(self.local_table) if c.primary_key]
            self.primary_key = without_repeats(columns, self.equated)
        if not self.primary_key:
            raise ArgumentError(
                f"{self.class_.__name__}: {self.local_table.description!r} has no primary key",
                hint="add primary_key=True to the column, or columns, that tell its rows apart",
            )
        missing = [column.name for column in self.primary_key if column not in self.column_keys]
        if missing:
            raise ArgumentError(
                f"{self.class_.__name__}: primary key column {', '.join(missing)} is not mapped"
            )
        self.primary_keys = tuple(self.column_keys[column] for column in self.primary_key)
        self.single_key = self.primary_keys[0] if len(self.primary_keys) == 1 else None
        self.keys_set = frozenset(self.primary_keys)
        nullable = any(getattr(column, "nullable", False) for column in self.primary_key)
        self.has_nullable_keys = nullable or _is_outer(self.local_table)
        self.has_partial_keys = self.has_nullable_keys and self.allow_partial_pks

    def _key_column(self, given: object) -> Any:
        """The column that an item of the option ``primary_key`` means: a column, or a name."""
        column = table_columns(given.expressions[0] if isinstance(given, ColumnProperty) else given)
        if column in self.column_keys:
            return column
        name = getattr(column, "key", column)
        prop = self.column_attrs.get(name)
        is_other = isinstance(given, MapperProperty) or (prop is None and name in self.named_attrs)
        found = None if is_other else self.local_table.c.get(name)
        if prop is not None and prop.is_column:
            return prop.expressions[0]
        if found is None or prop is not None:
            raise ArgumentError(
                f"{self.class_.__name__}: primary_key={given!r} is no column of the class",
                hint="name columns, or attributes of columns",
            )
        return found

    # Configuration --------------------------------------------------------------------------

    def configure(self) -> None:
        """Make sure that every relationship of the registry knows its other end."""
        if not self.configured:
            self.registry.configure(cascade=True)

    @property
    def attrs(self) -> ByName[MapperProperty]:
        """The properties by attribute name, those that a ``backref`` makes among them.

        Mappers are configured first, unless they are being configured.
        """
        self.configure()
        return self.named_attrs

    @property
    def relationships(self) -> ByName[RelationshipProperty]:
        """The relationships by attribute name, those that a ``backref`` makes among them.

        Mappers are configured first, unless they are being configured.
        """
        self.configure()
        return self.named_relationships

    def relationship_configured(self, prop: RelationshipProperty) -> None:
        """Track the values of *prop*, whose other end is known now."""
        self.track(prop.key, prop)
        for child in self.children:
            if child.named_attrs.get(prop.key) is prop:
                child.relationship_configured(prop)

    def __reduce__(self) -> Any:
        return mapper_of, (self.class_,)

    def forget(self) -> None:
        """Forget what was derived from the attributes: there is a new one."""
        self.memo.clear()
        self.place_entity()
        for name in _DERIVED:
            self.__dict__.pop(name, None)

    def place_entity(self, *, may_miss: bool = True) -> None:
        """Let statements of the class select from its tables, and those of classes below.

        Those of ``with_polymorphic`` *may_miss* as long as they can still be mapped.
        """
        classes, source = polymorphic_selectable(self.with_polymorphic)
        if source is None:
            source = union_of(self)
            if source is not None:
                classes = "*"
                name: str = self.class_._concrete_discriminator_name  # type: ignore[attr-defined]
                self.polymorphic_on = source.c[name]
        kinds = [] if classes is None else kinds_below(self, classes, may_miss=may_miss)
        inline = [one for one in self.children if one.polymorphic_load == "inline"]
        entity = self.node
        entity.kinds = tuple(dict.fromkeys((*kinds, *(inline if classes is None else ()))))
        entity.selectable = joined_kinds(self, entity.kinds) if source is None else source
        # What is in a join is spoken of as it is.
        entity.is_translated = entity.adapt_on_names = source is not None and not isinstance(
            source, Join
        )
        entity.translated.clear()

    @cached_property
    def plain_entity(self) -> EntityNode:
        """The class to select from, with nothing of classes below that have their own tables."""
        if not any(kind.concrete for kind in self.node.kinds):
            return self.node
        return EntityNode(self)

    def finish(self) -> None:
        """Called when all relationships are configured."""
        for composite in self.composites:
            composite.settle(self)
        self.start_validating()
        self.configured = self.was_configured = True
        self.class_manager.take_beginner()
        if self.node.is_translated or self.with_polymorphic is not None:
            # The types of columns that refer to others are known now, and the classes below.
            self.place_entity(may_miss=False)
        self.class_manager.place_constructor()
        self.tell_of_attributes()
        if not self._is_announced:
            self._is_announced = True
            for call in self.dispatch.mapper_configured:
                call(self, self.class_)

    @cached_property
    def columns(self) -> ByName[Any]:
        """The mapped columns, by attribute name."""
        return ByName(
            {key: prop.expressions[0] for key, prop in self.column_attrs.items() if prop.is_column}
        )

    @property
    def c(self) -> ByName[Any]:
        """The mapped columns, by attribute name."""
        return self.columns

    @property
    def iterate_properties(self) -> list[MapperProperty]:
        """All properties."""
        return list(self.named_attrs)

    @property
    def all_orm_descriptors(self) -> ByName[Any]:
        """The class-level attributes, by name; those that extensions made as they were declared."""
        mapped = {key: getattr(self.class_, key) for key in self.named_attrs.names()}
        return ByName({**mapped, **self.extensions})

    @cached_property
    def extensions(self) -> dict[str, Any]:
        """The attributes that extensions made, hybrids and proxies, by name."""
        return extensions_of(self.class_)

    @property
    def mapper(self) -> "Mapper":
        return self

    @property
    def entity(self) -> type[T]:
        """The mapped class; of an alias, ``inspect()`` gives the alias here."""
        return self.class_

    @property
    def __statement_entity__(self) -> Any:
        """What stands in a statement for the class."""
        return self.node

    @property
    def selectable(self) -> Any:
        """What a statement selects from."""
        return self.node.selectable

    @property
    def with_polymorphic_mappers(self) -> list[Any]:
        """This mapper and those of classes below whose columns every query has; [] if none are."""
        return [self, *self.node.kinds] if self.node.kinds else []

    @property
    def mapped_table(self) -> Any:
        """Where whole rows are: a table, or a join of several."""
        return self.persist_selectable

    @cached_property
    def mapped_tables(self) -> tuple[MappedTable, ...]:
        """What is kept in each of the tables, those that others refer to first."""
        return mapped_tables(self)

    @cached_property
    def written_tables(self) -> tuple[Any, ...]:
        """The tables that rows are written to: those that a SELECT reads, if it is mapped."""
        return tuple(part.table for part in self.mapped_tables)

    @cached_property
    def shown_columns(self) -> dict[Any, Any]:
        """The column of a table that each column shows which is read from a SELECT."""
        return shown_by_levels(self)

    @cached_property
    def key_places(self) -> dict[Any, int]:
        """The place in the primary key of each column that is equal to a part of it."""
        return {
            one: place
            for place, column in enumerate(self.primary_key)
            for one in counterparts(column, self.equated)
        }

    def get_property(self, key: str) -> MapperProperty:
        """The property of attribute *key*; InvalidRequestError when there is none."""
        prop = self.named_attrs.get(key)
        if prop is None:
            raise InvalidRequestError(
                f"{self.class_.__name__} has no mapped attribute {key!r}",
                hint=f"it has {', '.join(self.named_attrs.keys())}",
            )
        return prop

    def cascade_iterator(
        self,
        type_: str,
        state: InstanceState,
        halt_on: Callable[[InstanceState], object] | None = None,
    ) -> Iterator[tuple[Any, Any, InstanceState, dict[str, Any]]]:
        """Yield what the instance of *state* leads to by cascade *type_*, each instance once.

        Each as (instance, mapper, state, ``__dict__``).  What is not loaded is left out, unless
        the cascade is ``delete``, which loads it.  Beyond a state for which *halt_on* is true,
        and at it, nothing is yielded.
        """
        for other, instance in cascaded(state, state.obj(), type_.replace("_", "-"), halt_on):
            yield instance, other.load.mapper, other, instance.__dict__

    def has_property(self, key: str) -> bool:
        """True when *key* is a mapped attribute."""
        return key in self.named_attrs

    def is_sibling(self, other: "Mapper") -> bool:
        """Return whether this mapper and *other* are of one hierarchy, and neither is below."""
        return self.base is other.base and not self.isa(other) and not other.isa(self)

    def get_property_by_column(self, column: ColumnElement[Any]) -> MapperProperty:
        """Return the property of the attribute that holds *column*, or that *column* is.

        :raises UnmappedColumnError: no attribute does
        """
        key = self.column_keys.get(column)
        if key is None:
            key = self.column_keys.get(table_columns(column))
        if key is None:
            raise UnmappedColumnError(f"{self.class_.__name__} has no attribute for {column!r}")
        return self.named_attrs[key]

    # What a flush writes ------------------------------------------------------------------------

    @cached_property
    def written(self) -> dict[str, Any]:
        """How the values of each attribute that a flush writes are compared, by name."""
        below = {key for part in self.mapped_tables for key, _ in part.columns}
        return {
            key: prop.expressions[0].type.equality
            for key, prop in self.column_attrs.items()
            if prop.is_written or key in below
        }

    @cached_property
    def written_columns(self) -> dict[str, Any]:
        """The column of a table, or else that of the SELECT, by attribute."""
        return {key: self.shown_columns.get(one, one) for key, one in self.columns.items()}

    @cached_property
    def only_read(self) -> frozenset[str]:
        """The attributes of columns that the SELECT of a written class computes, or reads of a
        table whose rows it can't tell apart.
        """
        if not self.shown_columns:
            return frozenset()
        return frozenset(self.columns.keys()).difference(self.written)

    @cached_property
    def column_order(self) -> dict[str, int]:
        """The place of each column attribute in the table's order."""
        order = {c: place for place, c in enumerate(columns_of(self.persist_selectable))}
        return {key: order.get(column, 0) for key, column in self.columns.items()}

    @cached_property
    def made_by_update(self) -> frozenset[str]:
        """The attributes whose values an UPDATE of the row may change by itself."""
        return self.computed_anew.union(
            key
            for key, column in self.written_columns.items()
            if any(getattr(column, one, None) is not None for one in _MADE_BY_SERVER)
        )

    @cached_property
    def computed_anew(self) -> frozenset[str]:
        """The attributes that hold what a flush of the instance may change, expressions mostly.

        They may count its members: that the row itself stays as it is says nothing of them.
        """
        return frozenset(
            key
            for key, prop in self.column_attrs.items()
            if prop.expire_on_flush
            and (key in self.only_read or self.written_columns.get(key) is None)
        )

    @cached_property
    def computed_of_rows(self) -> frozenset[str]:
        """The attributes that hold expressions over rows, and are loaded with their instance."""
        return frozenset(
            key
            for key, prop in self.column_attrs.items()
            if (key in self.only_read or not prop.is_column) and not prop.deferred
        )

    @cached_property
    def update_defaults(self) -> list[tuple[str, Any]]:
        """(attribute, default) of the columns that get a value whenever their row changes."""
        return [
            (key, column.onupdate)
            for key, column in self.written_columns.items()
            if getattr(column, "onupdate", None) is not None
        ]


_MADE_BY_SERVER = ("computed", "server_onupdate")
_DERIVED = (
    "columns",
    "written",
    "column_order",
    "made_by_update",
    "computed_anew",
    "computed_of_rows",
    "update_defaults",
    "extensions",
    "mapped_tables",
    "written_tables",
    "shown_columns",
    "written_columns",
    "only_read",
    "fixed_values",
    "key_places",
    "plain_entity",
)


def metadata_of(class_: type, default: object) -> Any:
    """The MetaData of *class_* or of a base of it, or *default*; attributes may hide it."""
    for base in class_.__mro__:
        found = base.__dict__.get("metadata")
        if isinstance(found, MetaData):
            return found
    return default


_mapped_by: dict[type, Any] = {}
"""The registries that are mapping a class now, by the class."""


@contextmanager
def mapped_by(registry: object, class_: type) -> Iterator[None]:
    """Let *registry* be that of the mapper of *class_* that is made meanwhile."""
    _mapped_by[class_] = registry
    try:
        yield
    finally:
        _mapped_by.pop(class_, None)


def _is_outer(source: FromClause) -> bool:
    """True for a join whose rows may be without one of its tables."""
    return isinstance(source, Join) and (
        source.isouter or source.full or _is_outer(source.left) or _is_outer(source.right)
    )


def mapper_of(class_: object) -> Mapper | None:
    """The mapper of *class_*, or None; ``Setting[int]`` is the class that is generic."""
    if not isinstance(class_, type):
        class_ = getattr(class_, "__origin__", None)
    found = class_.__dict__.get("__mapper__") if isinstance(class_, type) else None
    return found if isinstance(found, Mapper) else None
