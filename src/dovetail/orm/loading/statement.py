"""Statements of any kind whose rows are read as instances of mapped classes, and columns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dovetail.orm.loading.tree import NO_TREE, LoadTree, tree_for
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.sql.expression.naming import SelectLabelStyle
from dovetail.sql.node import ReturnsRows


class FromStatement(ReturnsRows[*tuple[Any, ...]]):
    """A statement whose rows hold *items*: instances, and columns, found by name or by column.

    ``entity``  the first of the items that is a mapped class or an alias; None for columns alone
    ``names``   how the items are called, where that is not as the statement calls them
    """

    is_dml = False
    supports_execution = True

    def __init__(
        self,
        items: Sequence[Any],
        element: Any,
        options: Mapping[str, Any],
        loader_options: Sequence[Any] = (),
        names: tuple[str, ...] | None = None,
    ) -> None:
        self.items = tuple(items)
        self.entity = next((item for item in items if isinstance(item, EntityNode)), None)
        self.element = element
        self.execution_options_dict = dict(options)
        self.loader_options = tuple(loader_options)
        self.names = names

    def get_label_style(self) -> SelectLabelStyle:
        """Return the way in which the statement names columns."""
        style: SelectLabelStyle = getattr(
            self.element, "label_style", SelectLabelStyle.LABEL_STYLE_DISAMBIGUATE_ONLY
        )
        return style

    @property
    def _label_style(self) -> SelectLabelStyle:
        # Read by programs that tell statements apart by it.
        return self.get_label_style()

    @property
    def mappers(self) -> Iterator[Any]:
        """The mappers of the items, in order; a column has that of its class, if it has one."""
        for item in self.items:
            entity = item if isinstance(item, EntityNode) else getattr(item, "owner", None)
            if isinstance(entity, EntityNode):
                yield entity.mapper

    def execution_options(self, **options: object) -> "FromStatement":
        """A copy with *options* besides those it has."""
        both = {**self.execution_options_dict, **options}
        return FromStatement(self.items, self.element, both, self.loader_options, self.names)

    def options(self, *options: object) -> "FromStatement":
        """A copy with loader *options* besides those it has.

        ``contains_eager()`` finds the columns of related instances in the rows by name.
        """
        both = (*self.loader_options, *options)
        return FromStatement(
            self.items, self.element, self.execution_options_dict, both, self.names
        )

    def with_option(self, option: object) -> "FromStatement":
        """A copy with one loader option more."""
        return self.options(option)

    def tree(self, entity: EntityNode) -> LoadTree:
        """The loader options of *entity*; query expressions come of these rows alone."""
        tree = tree_for(entity, self.loader_options)
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
