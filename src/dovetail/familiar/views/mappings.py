"""Views of mappers, properties, attributes, registries and instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...orm.mapping.annotation_types import AnnotationTypes
from ...orm.mapping.annotations import MappedAnnotation
from ...orm.mapping.attribute import QueryableAttribute
from ...orm.mapping.class_manager import ClassManager
from ...orm.mapping.mapper import Mapper
from ...orm.mapping.properties import ColumnProperty, MapperProperty
from ...orm.mapping.registry import Registry
from ...orm.mapping.relationship import RelationshipProperty
from ...orm.mapping.synonym import Synonym, SynonymReference
from ...orm.tracking.state import InstanceState, state_of
from ...types.contract import TypeEngine, to_instance
from .table import Views

if TYPE_CHECKING:
    from ...sql.node import Node

views = Views()

views.names(
    Mapper,
    _all_tables="written_tables",
    _identity_class="base_mapper.class_",
    entity_namespace="class_",
    primary_base_mapper="base_mapper",
)
views.names(RelationshipProperty, _is_self_referential="condition.self_referential")
views.names(Registry, _class_registry="names.by_name")
views.names(InstanceState, _instance_dict="dict")
views.values(QueryableAttribute, _is_internal_proxy=False)
views.values(SynonymReference, _is_internal_proxy=True)
views.values(MapperProperty, _is_internal_proxy=False)
views.values(ColumnProperty, strategy_wildcard_key="column")
views.values(RelationshipProperty, strategy_wildcard_key="relationship")


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
def new_instance(manager: ClassManager[Any]) -> Any:
    """Return a new instance of the class, made without its ``__init__``."""
    kind: Any = manager.class_
    made = kind.__new__(kind)
    state_of(made)
    return made


@views.attribute(InstanceState)
def committed_state(state: InstanceState) -> dict[str, Any]:
    """Return the values as last loaded or written, of the attributes that have changed."""
    return dict(state.committed or {})
