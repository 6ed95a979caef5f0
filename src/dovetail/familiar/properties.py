"""What mapped properties have in common: classes that answer ``isinstance`` truly.

They can be given a type in brackets, as in annotations.
"""

from __future__ import annotations

from ..ext.associationproxy import AssociationProxy
from ..ext.hybrid import hybrid_property
from ..orm.loading.criteria import LoaderCriteriaOption
from ..orm.loading.options import LoaderOption
from ..orm.mapping.attribute import QueryableAttribute
from ..orm.mapping.composite import Composite
from ..orm.mapping.properties import ColumnProperty, MappedColumn, MappedSQLExpression
from ..orm.mapping.relationship import RelationshipProperty
from ..orm.mapping.synonym import Synonym
from ..orm.tracking.attributes import AttributeBase, ValueAttribute
from ..orm.tracking.collection_attribute import CollectionAttribute
from ..orm.tracking.references import ReferenceAttribute
from .clauses import Clause

DECLARED = (MappedColumn, MappedSQLExpression, Composite, RelationshipProperty, Synonym)


class DescriptorProperty(Clause):
    """Properties that are kept in others."""

    __members__ = (Composite, Synonym)


class ConcreteInheritedProperty(Clause):
    """Properties of a base that a concretely mapped class has not: nothing stands for them here."""


class StrategizedProperty(Clause):
    """Properties that are loaded in one of several ways."""

    __members__ = (ColumnProperty, RelationshipProperty)


class AttributeImpl(Clause):
    """How an attribute is tracked on instances: ``User.name.impl``."""

    __members__ = (AttributeBase,)


class ScalarAttributeImpl(Clause):
    """An attribute that is one value, or refers to one instance."""

    __members__ = (ValueAttribute, ReferenceAttribute)


class ScalarObjectAttributeImpl(Clause):
    """An attribute that refers to one instance."""

    __members__ = (ReferenceAttribute,)


class CollectionAttributeImpl(Clause):
    """An attribute that is a collection of instances."""

    __members__ = (CollectionAttribute,)


class CompileStateOption(Clause):
    """Options that change what is selected."""

    __members__ = (LoaderOption, LoaderCriteriaOption)


class CriteriaOption(Clause):
    """Options that add conditions."""

    __members__ = (LoaderCriteriaOption,)


class SQLORMOperations(Clause):
    """What has the operators of columns and those of mapped attributes."""

    __members__ = (QueryableAttribute, *DECLARED)


class SQLORMExpression(Clause):
    """Mapped attributes as expressions."""

    __members__ = (QueryableAttribute, *DECLARED)


class ORMDescriptor(Clause):
    """What stands in a mapped class, and is a value in its instances."""

    __members__ = (QueryableAttribute, *DECLARED, hybrid_property, AssociationProxy)
