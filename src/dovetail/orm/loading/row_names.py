"""How the items of a row are called, and by what objects they are found."""

from typing import Any

from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.bundle import Bundle
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.naming import (
    LABEL_STYLE_NONE,
    LABEL_STYLE_TABLENAME_PLUS_COL,
    SelectLabelStyle,
    function_name,
    named_columns,
    told_apart,
)
from dovetail.sql.names import AnonymousName


class RowNames:
    """The names of the items of one row, in the order in which they are added.

    ``objects``  for each item what stands for it: a class, an attribute, a column
    """

    def __init__(self, style: SelectLabelStyle) -> None:
        self._style = style
        self._names: list[str] = []
        self._columns: dict[int, Any] = {}
        self.objects: list[tuple[Any, ...]] = []

    def add_entity(self, entity: EntityNode) -> None:
        """Add *entity*: a second one of its class has a number after its name."""
        name = base = entity.name or entity.mapper.class_.__name__
        number = 0
        while name in self._names and entity.name is None:
            number += 1
            name = f"{base}_{number}"
        self._names.append(name)
        self.objects.append(entity.row_objects)

    def add_bundle(self, bundle: Bundle) -> None:
        """Add *bundle* by its name."""
        self._names.append(bundle.name)
        self.objects.append(bundle.row_objects)

    def add_column(self, raw: object, expression: ColumnElement[Any], name: str) -> None:
        """Add a column: *raw* as it was given, *expression* as it stands in the SELECT."""
        known: Any = name or getattr(expression, "name", None)
        if isinstance(known, AnonymousName):
            known = function_name(expression) or f"{known.base}_1"
        elif known is None:
            known = getattr(raw, "result_name", "")
        self._columns[len(self._names)] = expression
        self._names.append(known)
        element = getattr(raw, "column", expression)
        self.objects.append((raw, expression, element))

    def keys(self) -> tuple[str, ...]:
        """The names; those of columns told apart as the statement wants its labels."""
        names = list(self._names)
        if self._style is LABEL_STYLE_NONE or not self._columns:
            return tuple(names)
        if self._style is LABEL_STYLE_TABLENAME_PLUS_COL:
            named = named_columns(tuple(self._columns.values()), self._style)
            for place, item in zip(self._columns, named, strict=True):
                names[place] = item.key or names[place]
            return tuple(names)
        others = [name for place, name in enumerate(names) if place not in self._columns]
        own = told_apart([names[place] for place in self._columns], others)
        for place, name in zip(self._columns, own, strict=True):
            names[place] = name
        return tuple(names)
