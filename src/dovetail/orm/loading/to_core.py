"""Statements of entities as statements of tables: what Core asks mapped classes for."""

from collections.abc import Callable, Mapping
from typing import Any

from dovetail.exc import InvalidRequestError
from dovetail.orm.loading.criteria import restricted_statement
from dovetail.orm.loading.planner import plan_select
from dovetail.orm.loading.resolving import resolving
from dovetail.orm.loading.standing import spoken_of
from dovetail.orm.loading.statement import FromStatement
from dovetail.orm.loading.wholes import own_rows
from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.pickling import packed
from dovetail.sql.expression.select import Select
from dovetail.sql.node import Executable


def _name_columns(mapper: Mapper, parts: dict[str, Any]) -> None:
    """Put keys of columns for names of attributes into *parts* of an INSERT or UPDATE."""
    columns = mapper.columns

    def key(name: Any) -> Any:
        return columns[name].key if isinstance(name, str) and name in columns else name

    values = parts.get("values_")
    if isinstance(values, list):
        parts["values_"] = [{key(n): value for n, value in row.items()} for row in values]
    elif values is not None:
        parts["values_"] = {key(n): value for n, value in values.items()}
    if "select_source" in parts:
        names, source = parts["select_source"]
        parts["select_source"] = (tuple(map(key, names)), source)


def _values(statement: Executable) -> list[Any]:
    values = getattr(statement, "values_", None)
    return list(values.values()) if isinstance(values, dict) else []


class EntityPlanner:
    """Turns statements of entities into statements of tables: Core asks it to.

    ``make_plan``  makes the plan of a statement of entities, for those who load what is related
    """

    def __init__(self, make_plan: Callable[..., Any]) -> None:
        self.make_plan = make_plan

    def to_core(self, statement: Any) -> Any:
        """An equal statement of tables and columns alone."""
        if isinstance(statement, Select):
            return plan_select(statement).core
        if isinstance(statement, QueryableAttribute):
            return resolving()(statement)
        if hasattr(statement, "parts"):
            entity = getattr(statement, "table", None)
            changes: dict[str, Any] = {}
            if isinstance(entity, EntityNode) and "where_criteria" in statement.parts:
                spoken = (*statement.where_criteria, *_values(statement))
                changes["standing"] = spoken_of(spoken, entity)
                statement = restricted_statement(statement, entity)
            resolved = resolving(own_rows(entity) if isinstance(entity, EntityNode) else None)
            for name in statement.parts:
                if getattr(statement, name, None) is not None:
                    changes[name] = resolved(getattr(statement, name))
            if isinstance(entity, EntityNode):
                # One statement writes one table: that of the class itself.
                aliased = entity.alias is not None and entity.is_plain_alias
                changes["table"] = entity.selectable if aliased else entity.mapper.local_table
                _name_columns(entity.mapper, changes)
            return statement._copy(**changes)
        raise InvalidRequestError(f"{statement!r} is not a statement of mapped classes")

    def reduce(self, statement: Executable) -> Any:
        """What ``pickle`` is told of *statement*: classes and their tables by name."""
        return packed(statement)

    def from_statement(
        self, items: Any, statement: Any, options: Mapping[str, Any], loader_options: Any
    ) -> FromStatement:
        """*statement*, whose rows hold *items*: entities, and columns."""
        return FromStatement(items, statement, options, loader_options)
