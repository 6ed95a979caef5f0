"""Views of statements."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ...orm.loading.statement import FromStatement
from ...orm.mapping.attribute import EntityNode, QueryableAttribute
from ...orm.mapping.bundle import Bundle
from ...sql.elements import ClauseList, ColumnElement
from ...sql.expression.dml_base import FilteredBase, UpdateBase
from ...sql.expression.generative_select import GenerativeSelect
from ...sql.expression.selecting import select
from ...sql.node import Executable
from ...sql.selectable import CompoundSelect, FromClause, Select, SelectBase
from ..util.containers import immutabledict
from .table import Views

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...sql.arguments import ColumnArgument

views = Views()


class OptionsForExecution:
    """The options of a statement, or those that all of its class have, as they can't change."""

    def __get__(self, statement: Executable | None, owner: type[Executable]) -> Any:
        said = owner if statement is None else statement
        return immutabledict(said.execution_options_dict)


views.values(Executable, FromStatement, _execution_options=OptionsForExecution())
views.names(Executable, _with_options="loader_options")
views.names(FromStatement, _with_options="loader_options", _raw_columns="items")
_note_statement = vars(Executable)["__init_subclass__"].__func__


def _take_options(cls: type[Executable], /, **keywords: object) -> None:
    """Let the options that a class of statements says in its body hold for them."""
    _note_statement(cls, **keywords)
    if "_execution_options" in vars(cls):
        cls.execution_options_dict = vars(cls)["_execution_options"]
        # Found in vars() above: the member of that name, a view, would be hidden by it.
        del cls._execution_options  # type: ignore[attr-defined]


views.replaces(Executable, __init_subclass__=classmethod(_take_options))
views.names(
    GenerativeSelect,
    _for_update_arg="for_update_arg",
    _group_by_clauses="group_by_clauses",
    _limit_clause="limit_clause",
    _offset_clause="offset_clause",
)
views.names(
    Select,
    _having_criteria="having_criteria",
    _prefixes="prefixes",
    _raw_columns="raw_columns",
    _suffixes="suffixes",
    _where_criteria="where_criteria",
)
views.names(UpdateBase, _prefixes="prefixes", _returning="returning_columns")
views.names(FilteredBase, _where_criteria="where_criteria")


@views.attribute(GenerativeSelect)
def _group_by_clause(statement: GenerativeSelect) -> ClauseList:
    """Return what rows are grouped by, as one expression."""
    return ClauseList(*statement.group_by_clauses)


@views.attribute(GenerativeSelect)
def _order_by_clause(statement: GenerativeSelect) -> ClauseList:
    """Return what rows are sorted by, as one expression."""
    return ClauseList(*statement.order_by_clauses)


@views.attribute(GenerativeSelect)
def _has_row_limiting_clause(statement: GenerativeSelect) -> bool:
    """Return whether LIMIT, OFFSET or FETCH is asked for."""
    asked = (statement.limit_clause, statement.offset_clause, statement.fetch_clause)
    return any(clause is not None for clause in asked)


views.values(
    CompoundSelect,
    EXCEPT="EXCEPT",
    EXCEPT_ALL="EXCEPT ALL",
    INTERSECT="INTERSECT",
    INTERSECT_ALL="INTERSECT ALL",
    UNION="UNION",
    UNION_ALL="UNION ALL",
)


@views.attribute(GenerativeSelect)
def _order_by_clauses(statement: GenerativeSelect) -> tuple[Any, ...]:
    """Return what ORDER BY has; a bundle is a list of its columns."""
    return tuple(
        ClauseList(*one.exprs) if isinstance(one, Bundle) else one
        for one in statement.order_by_clauses
    )


@views.attribute(GenerativeSelect)
def _fetch_clause(statement: GenerativeSelect) -> Any:
    """Return how many rows FETCH gives at most, or None."""
    return None if statement.fetch_clause is None else statement.fetch_clause.count


@views.attribute(GenerativeSelect)
def _limit(statement: GenerativeSelect) -> int | None:
    """Return the number in LIMIT, None where there is none, or where it is no plain number."""
    return _number(statement.limit_clause)


@views.attribute(GenerativeSelect)
def _offset(statement: GenerativeSelect) -> int | None:
    """Return the number in OFFSET, None where there is none, or where it is no plain number."""
    return _number(statement.offset_clause)


def _number(clause: object) -> int | None:
    value = getattr(clause, "value", None)
    return value if isinstance(value, int) else None


@views.attribute(Select)
def _distinct(statement: Select[*tuple[Any, ...]]) -> bool:
    """Return whether rows are given once each."""
    return statement.distinct_on is not False


@views.attribute(Select)
def _distinct_on(statement: Select[*tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return the expressions of DISTINCT ON."""
    given = statement.distinct_on
    return given if isinstance(given, tuple) else ()


@views.attribute(Select)
def _from_obj(statement: Select[*tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return what ``select_from()`` was given."""
    return tuple(_core(one) for one in statement.from_clauses)


def _core(source: object) -> object:
    """Return what stands in FROM for *source*."""
    return getattr(source, "selectable", source)


@views.attribute(SelectBase)
def _all_selected_columns(statement: SelectBase) -> list[ColumnElement[Any]]:
    """Return the columns of the rows, those of classes and of tables one by one."""
    return [item.column for item in statement.as_core().named_columns()]


@views.attribute(Select)
def _setup_joins(statement: Select[*tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return (target, condition or None, left side or None, options) of each join."""
    return tuple(
        (target, onclause, left, {"isouter": isouter, "full": full})
        for target, onclause, left, isouter, full in statement.joins
    )


@views.attribute(SelectBase, UpdateBase)
def _propagate_attrs(statement: SelectBase | UpdateBase) -> dict[str, Any]:
    """Return what tells statements of mapped classes from others."""
    if isinstance(statement, UpdateBase):
        return _attributes_of((statement.table,))
    return _attributes_of(getattr(statement, "raw_columns", ()))


def _attributes_of(items: Iterable[object]) -> dict[str, Any]:
    for raw in items:
        entity = raw if isinstance(raw, EntityNode) else getattr(raw, "owner", None)
        if isinstance(entity, EntityNode):
            return {"compile_state_plugin": "orm", "plugin_subject": entity.inspected}
    return {}


@views.function(select)
def _select_with_attributes(*entities: ColumnArgument) -> Any:
    """Return a SELECT whose ``__dict__`` has what is propagated, for those who read it there."""
    made: Any = select(*entities)
    attributes = _attributes_of(made.raw_columns)
    if attributes:
        made.__dict__["_propagate_attrs"] = attributes
    return made


# What is of no mapped class has nothing noted.
views.values(ColumnElement, FromClause, _annotations=MappingProxyType({}))


@views.attribute(EntityNode, QueryableAttribute)
def _annotations(node: EntityNode | QueryableAttribute[Any]) -> dict[str, Any]:
    """Return of which class, or alias of one, a part of a statement is."""
    entity = node if isinstance(node, EntityNode) else node.owner
    found = {
        "entity_namespace": entity.inspected,
        "parententity": entity.inspected,
        "parentmapper": entity.mapper,
    }
    return found if isinstance(node, EntityNode) else {**found, "proxy_key": node.key}


@views.method(Executable, FromStatement)
def _generate(statement: Executable | FromStatement) -> Executable | FromStatement:
    """Return a copy."""
    twin: Executable | FromStatement = object.__new__(type(statement))
    twin.__dict__.update(statement.__dict__)
    return twin


@views.method(Executable, FromStatement)
def _clone(statement: Executable | FromStatement, **options: object) -> Executable | FromStatement:
    """Return a copy."""
    return _generate(statement)
