"""Statements of any kind whose rows are instances of a mapped class."""

from collections.abc import Mapping
from typing import Any

from dovetail.orm.mapping.attribute import EntityNode


class FromStatement:
    """A statement whose rows are made instances of a mapped class by the names of their columns."""

    is_dml = False
    supports_execution = True

    def __init__(
        self,
        entity: EntityNode,
        element: Any,
        options: Mapping[str, Any],
        loader_options: tuple[Any, ...] = (),
    ) -> None:
        self.entity = entity
        self.mapper = entity.mapper
        self.element = element
        self.execution_options_dict = dict(options)
        self.loader_options = loader_options

    def execution_options(self, **options: Any) -> "FromStatement":
        """A copy with *options* besides those it has."""
        merged = {**self.execution_options_dict, **options}
        return FromStatement(self.entity, self.element, merged, self.loader_options)

    def options(self, *options: Any) -> "FromStatement":
        """A copy with loader *options* besides those it has.

        ``contains_eager()`` finds the columns of related instances in the rows by name.
        """
        loader_options = (*self.loader_options, *options)
        return FromStatement(self.entity, self.element, self.execution_options_dict, loader_options)

    def __str__(self) -> str:
        return str(self.element)
