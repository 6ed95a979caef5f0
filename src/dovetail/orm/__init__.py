"""Mapped classes and sessions: the names that users of the ORM import."""

from typing import TYPE_CHECKING

from dovetail.collector import collector
from dovetail.later import names_later

with collector:
    from dovetail.orm import attributes, exc
    from dovetail.orm.flush.context import FlushContext as UOWTransaction
    from dovetail.orm.loading.criteria import LoaderCriteriaOption, with_loader_criteria
    from dovetail.orm.loading.joins import join, outerjoin
    from dovetail.orm.loading.options import (
        Load,
        UserDefinedOption,
        contains_eager,
        defaultload,
        defer,
        immediateload,
        joinedload,
        lazyload,
        load_only,
        noload,
        raiseload,
        selectin_polymorphic,
        selectinload,
        subqueryload,
        undefer,
        undefer_group,
        with_expression,
    )
    from dovetail.orm.loading.statement import FromStatement
    from dovetail.orm.loading.telling import LoadContext as QueryContext

    # By its face, a module whose name a function takes below.
    from dovetail.orm.mapper import Mapper
    from dovetail.orm.mapping import comparator as comparator
    from dovetail.orm.mapping.alias import AliasedClass, aliased, with_polymorphic
    from dovetail.orm.mapping.annotation_types import TypeResolve
    from dovetail.orm.mapping.annotations import DynamicMapped, Mapped, WriteOnlyMapped
    from dovetail.orm.mapping.attribute import InstrumentedAttribute, QueryableAttribute
    from dovetail.orm.mapping.bundle import Bundle, DictBundle
    from dovetail.orm.mapping.cascades import CascadeOptions
    from dovetail.orm.mapping.class_manager import ClassManager
    from dovetail.orm.mapping.comparing import PropComparator
    from dovetail.orm.mapping.composite import Composite, CompositeAttribute, composite
    from dovetail.orm.mapping.dataclass import MappedAsDataclass, unmapped_dataclass
    from dovetail.orm.mapping.declarative import (
        DeclarativeBase,
        DeclarativeBaseNoMeta,
        DeclarativeMeta,
        add_mapped_attribute,
        as_declarative,
        as_typed_table,
        declarative_base,
        declarative_mixin,
        has_inherited_table,
        mapped_as_dataclass,
        registry,
    )
    from dovetail.orm.mapping.declared_attr import declared_attr
    from dovetail.orm.mapping.events import (
        EXT_CONTINUE,
        EXT_SKIP,
        EXT_STOP,
        NO_KEY,
        AttributeEvents,
        InstanceEvents,
        MapperEvents,
    )
    from dovetail.orm.mapping.join_condition import (
        MANYTOMANY,
        MANYTOONE,
        ONETOMANY,
        RelationshipDirection,
    )
    from dovetail.orm.mapping.mapper_function import mapper
    from dovetail.orm.mapping.mapping_events import InstrumentationEvents, RegistryEvents
    from dovetail.orm.mapping.marks import foreign, remote
    from dovetail.orm.mapping.parent import with_parent
    from dovetail.orm.mapping.polymorphic import polymorphic_union
    from dovetail.orm.mapping.properties import (
        ColumnProperty,
        MappedColumn,
        MappedSQLExpression,
        MapperProperty,
        column_property,
        deferred,
        mapped_column,
        orm_insert_sentinel,
    )
    from dovetail.orm.mapping.query_expression import query_expression
    from dovetail.orm.mapping.registry import clear_mappers, configure_mappers
    from dovetail.orm.mapping.relationship import (
        RelationshipProperty,
        backref,
        dynamic_loader,
        relationship,
    )
    from dovetail.orm.mapping.synonym import Synonym, synonym, synonym_for
    from dovetail.orm.mapping.validation import reconstructor, validates
    from dovetail.orm.mapping.writers import AppenderQuery, WriteOnlyCollection
    from dovetail.orm.query import Query, QueryEvents
    from dovetail.orm.query.query import merge_frozen_result, merge_result
    from dovetail.orm.session import (
        Session,
        close_all_sessions,
        create_session,
        identity_key,
        make_transient,
        make_transient_to_detached,
        object_session,
        object_state,
        sessionmaker,
        was_deleted,
    )
    from dovetail.orm.session.classic import SessionExtension
    from dovetail.orm.session.events import SessionEvents
    from dovetail.orm.session.orm_execute import ORMExecuteState
    from dovetail.orm.session.transaction import (
        SessionTransaction,
        SessionTransactionOrigin,
        SessionTransactionState,
    )
    from dovetail.orm.tools import class_mapper, object_mapper
    from dovetail.orm.tracking.identity import IdentityMap
    from dovetail.orm.tracking.inspection_attr import (
        InspectionAttr,
        InspectionAttrExtensionType,
        InspectionAttrInfo,
        NotExtension,
    )
    from dovetail.orm.tracking.keyed import (
        KeyFuncDict,
        MappedCollection,
        attribute_keyed_dict,
        attribute_keyed_dict as attribute_mapped_collection,
        column_keyed_dict,
        column_keyed_dict as column_mapped_collection,
        keyfunc_mapping,
        keyfunc_mapping as mapped_collection,
    )
    from dovetail.orm.tracking.passive import NO_VALUE, LoaderCallableStatus, PassiveFlag
    from dovetail.orm.tracking.state import AttributeState, InstanceState
    from dovetail.orm.tracking.told import Initiator as AttributeEventToken

if TYPE_CHECKING:
    from dovetail.orm import (
        base as base,
        collections as collections,
        context as context,
        decl_api as decl_api,
        descriptor_props as descriptor_props,
        dynamic as dynamic,
        evaluator as evaluator,
        events as events,
        identity as identity,
        instrumentation as instrumentation,
        interfaces as interfaces,
        properties as properties,
        relationships as relationships,
        scoping as scoping,
        state as state,
        strategy_options as strategy_options,
        unitofwork as unitofwork,
        util as util,
        writeonly as writeonly,
    )
    from dovetail.orm.scoped import scoped_session

__getattr__, __dir__ = names_later(
    __name__,
    {
        "dovetail.orm.scoped": ("scoped_session",),
        # Modules that programs reach by the package: orm.collections.
        "dovetail.orm": (
            "base",
            "collections",
            "context",
            "decl_api",
            "descriptor_props",
            "dynamic",
            "evaluator",
            "events",
            "identity",
            "instrumentation",
            "interfaces",
            "properties",
            "relationships",
            "scoping",
            "state",
            "strategy_options",
            "unitofwork",
            "util",
            "writeonly",
        ),
    },
)

Relationship = RelationshipProperty
CompositeProperty = Composite
SynonymProperty = Synonym

__all__ = [
    "InspectionAttr",
    "InspectionAttrExtensionType",
    "InspectionAttrInfo",
    "NotExtension",
    "with_loader_criteria",
    "LoaderCriteriaOption",
    "merge_result",
    "merge_frozen_result",
    "create_session",
    "NO_KEY",
    "EXT_STOP",
    "EXT_SKIP",
    "EXT_CONTINUE",
    "outerjoin",
    "join",
    "AttributeEventToken",
    "AttributeState",
    "PassiveFlag",
    "LoaderCallableStatus",
    "NO_VALUE",
    "IdentityMap",
    "CascadeOptions",
    "RelationshipDirection",
    "ClassManager",
    "QueryContext",
    "FromStatement",
    "UOWTransaction",
    "SessionTransactionOrigin",
    "SessionEvents",
    "ORMExecuteState",
    "MapperEvents",
    "InstanceEvents",
    "AttributeEvents",
    "UserDefinedOption",
    "SessionExtension",
    "MANYTOMANY",
    "MANYTOONE",
    "ONETOMANY",
    "AliasedClass",
    "AppenderQuery",
    "DictBundle",
    "DynamicMapped",
    "WriteOnlyCollection",
    "WriteOnlyMapped",
    "dynamic_loader",
    "Bundle",
    "ColumnProperty",
    "Composite",
    "CompositeAttribute",
    "CompositeProperty",
    "DeclarativeBase",
    "DeclarativeBaseNoMeta",
    "DeclarativeMeta",
    "InstanceState",
    "InstrumentationEvents",
    "InstrumentedAttribute",
    "Load",
    "KeyFuncDict",
    "Mapped",
    "MappedCollection",
    "MappedAsDataclass",
    "MappedColumn",
    "MappedSQLExpression",
    "Mapper",
    "MapperProperty",
    "PropComparator",
    "Query",
    "QueryEvents",
    "QueryableAttribute",
    "RegistryEvents",
    "Relationship",
    "RelationshipProperty",
    "Session",
    "SessionTransaction",
    "SessionTransactionState",
    "Synonym",
    "SynonymProperty",
    "TypeResolve",
    "add_mapped_attribute",
    "aliased",
    "as_declarative",
    "as_typed_table",
    "attribute_keyed_dict",
    "attribute_mapped_collection",
    "attributes",
    "backref",
    "class_mapper",
    "clear_mappers",
    "close_all_sessions",
    "column_keyed_dict",
    "column_mapped_collection",
    "column_property",
    "composite",
    "configure_mappers",
    "contains_eager",
    "declarative_base",
    "declarative_mixin",
    "declared_attr",
    "defaultload",
    "defer",
    "deferred",
    "exc",
    "foreign",
    "has_inherited_table",
    "identity_key",
    "immediateload",
    "joinedload",
    "keyfunc_mapping",
    "lazyload",
    "load_only",
    "make_transient",
    "make_transient_to_detached",
    "mapped_as_dataclass",
    "mapped_collection",
    "mapped_column",
    "orm_insert_sentinel",
    "mapper",
    "noload",
    "object_mapper",
    "object_session",
    "object_state",
    "query_expression",
    "raiseload",
    "polymorphic_union",
    "reconstructor",
    "registry",
    "relationship",
    "remote",
    "scoped_session",
    "selectin_polymorphic",
    "selectinload",
    "sessionmaker",
    "subqueryload",
    "synonym",
    "synonym_for",
    "undefer",
    "unmapped_dataclass",
    "undefer_group",
    "validates",
    "was_deleted",
    "with_expression",
    "with_parent",
    "with_polymorphic",
]
