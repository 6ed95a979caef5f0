"""What mappers, attributes, properties and instances have in common: flags that tell them apart."""

from enum import Enum
from typing import Any, ClassVar


class InspectionAttrExtensionType(Enum):
    """What kind of attribute of a mapped class something is."""


class NotExtension(InspectionAttrExtensionType):
    """Attributes that are mapped."""

    NOT_EXTENSION = "not_extension"


NOT_EXTENSION = NotExtension.NOT_EXTENSION


class InspectionAttr:
    """What ``inspect()`` may answer with, and what stands on mapped classes: flags say which::

        for descriptor in inspect(User).all_orm_descriptors.values():
            if descriptor.extension_type is HybridExtensionType.HYBRID_PROPERTY:
                ...

    ``extension_type``  which extension has made an attribute, or ``NOT_EXTENSION``
    """

    __slots__ = ()

    is_selectable: ClassVar[bool] = False
    """True for what is selected from; what ``inspect()`` says of mapped classes is none."""
    is_aliased_class: ClassVar[bool] = False
    """True for what ``inspect()`` says of an alias."""
    is_instance: ClassVar[bool] = False
    """True for what it says of an instance."""
    is_mapper: ClassVar[bool] = False
    """True for a mapper."""
    is_bundle: ClassVar[bool] = False
    """True for a bundle of columns."""
    is_property: ClassVar[bool] = False
    """True for the property that an attribute is mapped to."""
    is_attribute: ClassVar[bool] = False
    """True for an attribute of a class, or of an alias."""
    is_clause_element: ClassVar[bool] = False
    """True for what is a part of statements and no more: nothing here is."""
    extension_type: ClassVar[InspectionAttrExtensionType] = NOT_EXTENSION


class InspectionAttrInfo(InspectionAttr):
    """What has ``info`` besides, a dictionary for the user."""

    __slots__ = ()

    info: Any
