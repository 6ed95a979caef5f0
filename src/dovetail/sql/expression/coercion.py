"""From what users write to nodes: the fast answer first, the search after."""

from __future__ import annotations

from typing import Any

from ...exc import ArgumentError, ObjectNotExecutableError
from ..node import Node
from .column_element import ColumnElement
from .constants import constant_of


class _StandsForSql(dict[type, bool]):
    """Whether the values of a type are SQL: a node, or what has ``__clause_element__``.

    A dictionary and no function, since it is asked for each value that a flush writes.
    """

    def __missing__(self, kind: type) -> bool:
        if len(self) > _MOST_TYPES:
            self.clear()  # classes made at run time are not kept for good
        found = self[kind] = issubclass(kind, Node) or hasattr(kind, "__clause_element__")
        return found


_MOST_TYPES = 1000
stands_for_sql = _StandsForSql()
"""``stands_for_sql[type(value)]``: whether *value* is written as SQL, and not as a parameter."""


def node_of(subject: object) -> Node | None:
    """Return the node that *subject* is or stands for, or None.

    Mapped classes answer with their entity, wrappers with ``__clause_element__``.
    """
    for _ in range(8):
        if isinstance(subject, Node):
            return subject
        entity = getattr(subject, "__statement_entity__", None)
        if entity is not None:
            if getattr(type(subject), "__statement_entity__", None) is entity:
                return None  # an instance of a mapped class
            subject = entity
            continue
        source = getattr(subject, "__clause_element__", None)
        if source is not None and not isinstance(subject, type):
            subject = source()
            continue
        # ``Setting[int]`` is the class that is generic.
        subject = getattr(subject, "__origin__", None)
        if subject is None:
            return None
    return None


def from_node(subject: object, what: str = "FROM") -> Any:
    """Return the table, subquery or entity that *subject* stands for."""
    node = join_target(subject, what)
    if getattr(node, "is_path", False):
        raise ArgumentError(
            f"{what} needs a table, a subquery or a mapped class; got the relationship {node}",
            hint=f"join along it: join({node})",
        )
    return node


def join_target(subject: object, what: str = "join()") -> Any:
    """Return what *subject*, to be joined, stands for: as :func:`from_node`, or a relationship."""
    node = node_of(subject)
    is_value = isinstance(node, ColumnElement) and not getattr(node, "is_path", False)
    if node is None or (is_value and node.__visit_name__ != "textclause"):
        raise ArgumentError(
            f"{what} needs a table, a subquery or a mapped class; got {subject!r}",
            hint=_hint_for_from(subject, node),
        )
    if getattr(node, "is_select_statement", False):
        return node.implicit_subquery()  # type: ignore[attr-defined]
    return node


def _hint_for_from(subject: object, node: Any) -> str:
    if isinstance(subject, str):
        return "give the class, or the relationship: join(User.addresses); for raw SQL use text()"
    if node is not None:
        return "give the class or the table, not one of its columns"
    return mapped_class_hint(subject)


def mapped_class_hint(subject: object) -> str:
    """Return what to do about *subject*, which is neither SQL nor a mapped class."""
    if isinstance(subject, type):
        return f"is {subject.__name__} mapped? derive it from your DeclarativeBase"
    kind = type(subject)
    if getattr(kind, "__statement_entity__", None) is not None:
        return f"give the class {kind.__name__}, not an instance of it"
    if callable(subject):
        return f"call it: {getattr(subject, '__name__', 'function')}()"
    return "for a plain value use literal(...)"


def criterion(argument: object) -> Any:
    """Return the boolean expression that *argument* is or stands for."""
    if isinstance(argument, ColumnElement):
        return argument
    if argument is True or argument is False or argument is None:
        return constant_of(argument)
    node = node_of(argument)
    if node is None:
        hint = (
            f"use text({argument!r}) for SQL"
            if isinstance(argument, str)
            else "compare a column: User.id == 5"
        )
        raise ArgumentError(
            f"a SQL expression is needed for WHERE, HAVING or ON; got {argument!r}", hint=hint
        )
    if getattr(node, "is_select_statement", False):
        return node.scalar_subquery()  # type: ignore[attr-defined]
    if not isinstance(node, ColumnElement):
        raise ArgumentError(
            f"WHERE, HAVING and ON take conditions, not tables or classes; got {argument!r}",
            hint=_condition_hint(argument),
        )
    return node


def _condition_hint(source: object) -> str:
    name = getattr(source, "__name__", None)
    return f"compare a column of it: {name}.id == 5" if name else "compare a column of it"


def refuse_what_runs_by_itself(subject: object) -> None:
    """Raise ObjectNotExecutableError for a query, which has a session of its own."""
    if getattr(subject, "runs_by_itself", False):
        raise ObjectNotExecutableError(
            subject, hint="iterate over it, call all(), or execute its .statement"
        )


def executable(subject: object) -> Any:
    """Return the statement that *subject* is; ObjectNotExecutableError if it is none."""
    refuse_what_runs_by_itself(subject)
    node = subject if isinstance(subject, Node) else node_of(subject)
    if node is None or not node.supports_execution:
        named = getattr(subject, "__name__", None)
        is_entity = node is not None and named is not None
        raise ObjectNotExecutableError(subject, hint=f"select({named})" if is_entity else None)
    return node
