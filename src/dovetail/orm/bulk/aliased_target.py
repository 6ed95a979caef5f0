"""UPDATE and DELETE of an alias: as those of its class, which have one name for the table less."""

from typing import Any

from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute
from dovetail.sql.expression.dml_base import UpdateBase
from dovetail.sql.traversal import Replacing


def of_class(statement: UpdateBase, alias: EntityNode) -> Any:
    """Return *statement*, a change of *alias*, as one of its class.

    What speaks of the class itself, or of its table, speaks of an alias then: the two change
    places, so that all is said of the same rows as before.
    """
    plain = alias.mapper.entity
    table = alias.mapper.local_table
    other_table = table.alias()
    other = EntityNode(alias.mapper, other_table, other_table)
    places = {alias: plain, plain: other}

    def place(node: Any) -> Any:
        if isinstance(node, QueryableAttribute):
            found = places.get(node.owner)
            return None if found is None else node.on(found)
        if isinstance(node, EntityNode):
            return places.get(node)
        if node.__visit_name__ == "column":
            if node.table is table:
                return other_table.c[node.key]
            if node.table is alias.selectable and alias.is_plain_alias:
                return table.c[node.key]
        return None

    replacing = Replacing(place)
    changes = {
        name: replacing.value(getattr(statement, name))
        for name in statement.parts
        if getattr(statement, name, None) is not None
    }
    return statement._copy(**changes)
