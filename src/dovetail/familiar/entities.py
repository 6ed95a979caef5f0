"""What a query asks for, item by item, as programs read it from the query's compile state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..inspection import inspect
from ..orm.mapping.attribute import EntityNode, RelationshipReference
from ..sql.expression.select import Select
from ..sql.selectable import Join
from ..sql.traversal import iterate

if TYPE_CHECKING:
    from ..orm.query.query import Query


class QueryEntity:
    """One item of the rows of a query: ``expr`` as it was asked for, ``entity_zero`` its class."""

    def __init__(self, described: dict[str, Any]) -> None:
        entity = described["entity"]
        self.entity_zero: Any = None if entity is None else inspect(entity)
        self.mapper: Any = getattr(self.entity_zero, "mapper", None)
        self.expr: Any = described["expr"]
        self.type: Any = described["type"]
        self._label_name: str | None = described["name"]
        self._extra_entities: tuple[Any, ...] = (described["expr"],)


class MapperEntity(QueryEntity):
    """An item that is instances of a class, or of an alias of one."""

    supports_single_entity = True

    def __init__(self, described: dict[str, Any]) -> None:
        super().__init__(described)
        self.is_aliased_class: bool = described["aliased"]
        self.selectable: Any = self.entity_zero.selectable


class ColumnEntity(QueryEntity):
    """An item that is the values of an expression."""

    supports_single_entity = False

    def __init__(self, described: dict[str, Any]) -> None:
        super().__init__(described)
        self.column: Any = described["expr"]


class CompileState:
    """A query and its items."""

    def __init__(self, query: Query[Any]) -> None:
        self.query: Any = query
        self.statement: Any = query.statement
        # Programs try a join by asking for this: one that cannot be made is refused here.
        self.conditions_of_joins = _conditions_of_joins(self.statement)
        self._entities = [_entity(described) for described in query.column_descriptions]

    def _entity_zero(self) -> Any:
        """Return the first mapper, or alias of a class, that the query asks for, or None."""
        found = (one.entity_zero for one in self._entities)
        return next((zero for zero in found if zero is not None), None)

    @property
    def _join_entities(self) -> tuple[Any, ...]:
        """The mappers, and what ``inspect()`` tells of aliases of classes, that are joined to."""
        joined = (_joined(target) for target, *_ in self.query._selected.joins)
        return tuple(entity for entity in joined if entity is not None)

    def _mapper_zero(self) -> Any:
        """Return the mapper of the first class that the query asks for, or None."""
        return getattr(self._entity_zero(), "mapper", None)


class LoadOptions:
    """How rows are given out: ``_only_return_tuples`` where one of a single item is a row too."""

    def __init__(self, query: Query[Any]) -> None:
        self._only_return_tuples: bool = query._tuples_only


class QueryContext:
    """A query as it is run: ``load_options`` tells how its rows are given out."""

    def __init__(self, query: Query[Any]) -> None:
        self.query: Any = query
        self.compile_state = CompileState(query)
        self.load_options = LoadOptions(query)


def _joined(target: object) -> Any:
    """Return the mapper, or alias of a class, that a join to *target* leads to; None of tables."""
    entity = target.right_entity if isinstance(target, RelationshipReference) else target
    return entity.inspected if isinstance(entity, EntityNode) else None


def _conditions_of_joins(statement: object) -> list[Any]:
    """Return by what the joins of a statement are made.

    :raises InvalidRequestError: nothing says how to join
    """
    if not isinstance(statement, Select):
        return []
    froms = [part for source in statement.get_final_froms() for part in iterate(source)]
    return [part.onclause for part in froms if isinstance(part, Join)]


def _entity(described: dict[str, Any]) -> QueryEntity:
    whole = described["entity"] is not None and described["expr"] is described["entity"]
    return MapperEntity(described) if whole else ColumnEntity(described)
