"""Statements of any kind whose rows are instances of a mapped class."""

from collections.abc import Mapping, Sequence
from typing import Any

from dovetail.orm.loading.tree import NO_TREE, LoadTree, tree_for
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
        loader_options: Sequence[Any] = (),
    ) -> None:
        self.entity = entity
        self.mapper = entity.mapper
        self.element = element
        self.execution_options_dict = dict(options)
        self.loader_options = tuple(loader_options)

    def execution_options(self, **options: Any) -> "FromStatement":
        """A copy with *options* besides those it has."""
        both = {**self.execution_options_dict, **options}
        return FromStatement(self.entity, self.element, both, self.loader_options)

    def options(self, *options: Any) -> "FromStatement":
        """A copy with loader *options* besides those it has.

        ``contains_eager()`` finds the columns of related instances in the rows by name.
        """
        both = (*self.loader_options, *options)
        return FromStatement(self.entity, self.element, self.execution_options_dict, both)

    def with_option(self, option: Any) -> "FromStatement":
        """A copy with one loader option more."""
        return self.options(option)

    def tree(self) -> LoadTree:
        """The loader options; what query expressions hold comes of these rows alone."""
        tree = tree_for(self.entity, self.loader_options)
        if tree is not NO_TREE:
            tree.lasting = {}
        return tree

    @property
    def restricted_element(self) -> Any:
        """The statement; one of entities with the options that restrict classes in it."""
        criteria = [o for o in self.loader_options if getattr(o, "restricts_classes", False)]
        if criteria and hasattr(self.element, "standing"):
            return self.element.options(*criteria)
        return self.element

    def __str__(self) -> str:
        return str(self.element)
