"""Criteria by the names of columns: ``filter_by(name="x")``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...exc import AmbiguousColumnError, InvalidRequestError, did_you_mean
from ..node import Node
from ..traversal import children
from .froms import tables_within


def namespaces_of_change(target: Any, criteria: Sequence[Any]) -> list[Any]:
    """Return where names are looked up in an UPDATE or DELETE: *target*, and what *criteria* add.

    Classes that stand in the criteria come as classes, with the names of their attributes.
    """
    known = {id(source) for source in _sources(target)}
    found = [target.entity_namespace]
    for source in standing_in(criteria):
        if any(id(one) not in known for one in _sources(source)):
            known.update(id(one) for one in _sources(source))
            found.append(source.entity_namespace)
    return found


def standing_in(criteria: Sequence[Any]) -> list[Any]:
    """Return the classes, aliases and tables that *criteria* speak of, outside of subqueries."""
    found: dict[int, Any] = {}
    seen: set[int] = set()
    waiting: list[Node] = list(reversed(criteria))
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        source = _source(node)
        if source is not None:
            found.setdefault(id(source), source)
        elif not getattr(node, "is_select_statement", False):
            waiting.extend(reversed(list(children(node))))
    return list(found.values())


def _source(node: Any) -> Any:
    """Return what *node* is, or what it is a column of; None where it is neither."""
    if node.__visit_name__ == "column":
        return node.table
    if node.__visit_name__ == "attribute":
        return node.owner
    return node if hasattr(node, "entity_namespace") else None


def _sources(source: Any) -> list[Any]:
    """Return the tables, or aliases, that stand in FROM for *source*."""
    entity_sources = getattr(source, "sources", None)
    found: list[Any] = tables_within(source) if entity_sources is None else entity_sources()
    return found


def equal_by_name(namespaces: Sequence[Any], values: Mapping[str, Any]) -> list[Any]:
    """Return ``attribute == value`` for each of *values*, names looked up in *namespaces*."""
    criteria = []
    for name, value in values.items():
        having = [one for one in namespaces if _attribute(one, name) is not None]
        if not having:
            names = [known for namespace in namespaces for known in _names(namespace)]
            raise InvalidRequestError(
                f"filter_by() finds no attribute {name!r} in "
                + " or ".join(map(_described, namespaces)),
                hint=did_you_mean(name, names) or "join what has it, or use where()",
            )
        if len(having) > 1:
            raise AmbiguousColumnError(
                f"filter_by() finds {name!r} in {' and '.join(map(_described, having))}",
                hint="say which is meant: where(Class.attribute == value)",
            )
        criteria.append(_attribute(having[0], name) == value)
    return criteria


def _attribute(namespace: object, name: str) -> Any:
    source = getattr(namespace, "source", None)
    return getattr(namespace, name, None) if source is None else source.c.get(name)


def _names(namespace: object) -> list[str]:
    source = getattr(namespace, "source", None)
    return dir(namespace) if source is None else source.c.keys()


def _described(namespace: object) -> str:
    """Return the name of a mapped class, or of a table, for a message."""
    source = getattr(namespace, "source", None)
    if source is not None:
        return repr(source.description)
    name: str = getattr(namespace, "__name__", repr(namespace))
    return name
