"""Views of mappers, properties, attributes, registries and instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...orm.mapping.alias import AliasedInsp
from ...orm.mapping.annotation_types import AnnotationTypes
from ...orm.mapping.annotations import MappedAnnotation
from ...orm.mapping.attribute import EntityNode, QueryableAttribute, RelationshipReference
from ...orm.mapping.class_manager import ClassManager
from ...orm.mapping.mapper import Mapper
from ...orm.mapping.properties import ColumnProperty, MappedColumn, MapperProperty
from ...orm.mapping.registry import Registry
from ...orm.mapping.relationship import RelationshipProperty
from ...orm.mapping.synonym import Synonym, SynonymReference
from ...orm.tracking.attributes import AttributeBase
from ...orm.tracking.state import InstanceState, state_of
from ...sql.metadata import sort_tables
from ...sql.schema import Column
from ...types.contract import TypeEngine, to_instance
from ..class_names import ClassResolver
from .table import Views

if TYPE_CHECKING:
    from ...sql.node import Node

views = Views()

views.names(
    AliasedInsp,
    local_table="selectable",
    persist_selectable="selectable",
    polymorphic_on="mapper.polymorphic_on",
)
views.names(
    Mapper,
    _all_tables="written_tables",
    _identity_class="base_mapper.class_",
    entity_namespace="class_",
    primary_base_mapper="base_mapper",
)
views.names(
    RelationshipProperty,
    _cascade="cascade",
    _is_self_referential="condition.self_referential",
    _join_condition="condition",
    _use_get="refers_by_key",
)
views.names(Registry, _class_registry="names.by_name")
views.names(InstanceState, _attached="persistent", _deleted="was_deleted", _instance_dict="dict")
views.names(QueryableAttribute, _parententity="owner.inspected", _parentmapper="owner.mapper")
views.names(RelationshipReference, _extra_criteria="criteria")
views.names(ClassManager, _all_sqla_attributes="attributes")
views.values(Mapper, represents_outer_join=False)
views.values(QueryableAttribute, _is_internal_proxy=False)
views.values(SynonymReference, _is_internal_proxy=True)
views.values(MapperProperty, _is_internal_proxy=False)
views.values(ColumnProperty, strategy_wildcard_key="column")
views.values(RelationshipProperty, strategy_wildcard_key="relationship")


@views.attribute(Column, MappedColumn, MapperProperty, writes="creation_order")
def _creation_order(declared: Column[Any] | MappedColumn[Any] | MapperProperty) -> int:
    """Return the place among all that was declared; ``util.set_creation_order()`` gives another."""
    number: int = declared.creation_order
    return number


@views.method(Registry)
def _resolve_type(registry: Registry, python_type: object) -> TypeEngine[Any] | None:
    """Return the database type of *python_type* in an annotation, or None."""
    annotation = MappedAnnotation(python_type, False, None, (), python_type)
    found = AnnotationTypes(registry, object).known(annotation)
    return None if found is None else to_instance(found)


@views.attribute(Synonym)
def _proxied_object(synonym: Synonym[Any]) -> Any:
    """Return the property that a synonym stands for, or the attribute that is no property."""
    mapper = synonym.parent
    prop = mapper.attrs.get(synonym.name)
    return getattr(mapper.class_, synonym.name) if prop is None else prop


@views.attribute(Mapper)
def _props(mapper: Mapper) -> dict[str, MapperProperty]:
    """Return the properties by attribute name."""
    return dict(mapper.named_attrs.items())


@views.attribute(Mapper)
def _columntoproperty(mapper: Mapper) -> dict[Node, MapperProperty]:
    """Return the property that each column is mapped to."""
    return {column: mapper.named_attrs[key] for column, key in mapper.column_keys.items()}


@views.attribute(RelationshipProperty)
def _reverse_property(prop: RelationshipProperty) -> set[RelationshipProperty]:
    """Return the relationships that are the other side of this one."""
    prop.parent.configure()
    return set(prop.reverse_properties)


@views.attribute(RelationshipProperty)
def _calculated_foreign_keys(prop: RelationshipProperty) -> set[Any]:
    """Return the columns that hold the keys that relate rows."""
    condition = prop.condition
    pairs = (*condition.synchronize_pairs, *condition.secondary_synchronize_pairs)
    return {referring for _, referring in pairs}


@views.method(ClassManager)
def keys(manager: ClassManager[Any]) -> list[str]:
    """Return the names of the mapped attributes."""
    return list(manager.mapper.named_attrs.keys())


@views.method(ClassManager)
def items(manager: ClassManager[Any]) -> list[tuple[str, Any]]:
    """Return the mapped attributes of the class, each after its name."""
    return [(key, manager[key]) for key in keys(manager)]


@views.method(ClassManager)
def values(manager: ClassManager[Any]) -> list[Any]:
    """Return the mapped attributes of the class."""
    return [manager[key] for key in keys(manager)]


@views.method(ClassManager)
def new_instance(manager: ClassManager[Any]) -> Any:
    """Return a new instance of the class, made without its ``__init__``."""
    kind: Any = manager.class_
    made = kind.__new__(kind)
    state_of(made)
    return made


@views.attribute(ColumnProperty)
def _is_polymorphic_discriminator(prop: ColumnProperty) -> bool:
    """Return whether the column tells the classes of a hierarchy apart."""
    return any(column is prop.parent.polymorphic_on for column in prop.columns)


@views.method(RelationshipProperty)
def _clsregistry_resolve_name(prop: RelationshipProperty, argument: str) -> ClassResolver:
    """Return what gives the class that *argument* names."""
    return ClassResolver(prop, argument)


@views.method(Mapper)
def primary_mapper(mapper: Mapper) -> Mapper:
    """Return *mapper*: a class has one."""
    return mapper


views.values(Mapper, represents_outer_join=False)
views.values(EntityNode, represents_outer_join=False)


@views.attribute(InstanceState)
def committed_state(state: InstanceState) -> dict[str, Any]:
    """Return the values as last loaded or written, of the attributes that have changed."""
    return dict(state.committed or {})


@views.attribute(Mapper)
def _sorted_tables(mapper: Mapper) -> dict[Any, Mapper]:
    """Return the tables that instances are kept in, in the order of their keys, with mappers."""
    tables = {table: one for one in mapper.base_mapper.self_and_descendants for table in one.tables}
    return {table: tables[table] for table in sort_tables(tables)}


@views.attribute(Mapper)
def _pks_by_table(mapper: Mapper) -> dict[Any, set[Any]]:
    """Return the columns of the primary key of each table."""
    return {table: set(table.primary_key) for table in mapper.tables}


@views.attribute(Mapper)
def _cols_by_table(mapper: Mapper) -> dict[Any, set[Any]]:
    """Return the mapped columns of each table."""
    mapped = mapper.column_keys
    return {table: {c for c in table.c if c in mapped} for table in mapper.tables}


@views.attribute(Mapper)
def _all_pk_cols(mapper: Mapper) -> set[Any]:
    """Return the columns of the primary keys of all tables."""
    return {column for table in mapper.tables for column in table.primary_key}


@views.attribute(Mapper)
def _inheriting_mappers(mapper: Mapper) -> list[Mapper]:
    """Return the mappers of the classes next below."""
    return list(mapper.children)


@views.attribute(Mapper)
def _propkey_to_col(mapper: Mapper) -> dict[Any, dict[str, Any]]:
    """Return, for each table, the columns by the attributes that hold them."""
    found: dict[Any, dict[str, Any]] = {table: {} for table in mapper.tables}
    for column, key in mapper.column_keys.items():
        if column.table in found:
            found[column.table][key] = column
    return found


@views.method(Mapper)
def _configure_property(mapper: Mapper, key: str, prop: object, **options: object) -> None:
    """Map *prop* as the attribute *key*."""
    mapper.add_property(key, prop)


@views.attribute(QueryableAttribute)
def _of_type(attribute: QueryableAttribute[Any]) -> Any:
    """Return what ``of_type()`` named, or None."""
    target: EntityNode | None = getattr(attribute, "target_entity", None)
    return None if target is None else target.inspected


def _keep_old_values(attribute: AttributeBase, keeps: bool) -> None:
    attribute.prop.keep_old_values(keeps)


@views.attribute(AttributeBase, writes=_keep_old_values)
def active_history(attribute: AttributeBase) -> bool:
    """Return whether the old value is loaded before it is replaced."""
    return attribute.keeps_old_value


@views.attribute(Registry)
def _managers(registry: Registry) -> dict[ClassManager[Any], bool]:
    """Return the managers of the classes that are mapped, each with True."""
    return {mapper.class_manager: True for mapper in registry.mappers}
