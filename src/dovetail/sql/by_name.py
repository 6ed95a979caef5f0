"""Criteria by the names of columns: ``filter_by(name="x")``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..exc import AmbiguousColumnError, InvalidRequestError, did_you_mean


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


def _attribute(namespace: Any, name: str) -> Any:
    source = getattr(namespace, "source", None)
    return getattr(namespace, name, None) if source is None else source.c.get(name)


def _names(namespace: Any) -> list[str]:
    source = getattr(namespace, "source", None)
    return dir(namespace) if source is None else source.c.keys()


def _described(namespace: Any) -> str:
    """Return the name of a mapped class, or of a table, for a message."""
    source = getattr(namespace, "source", None)
    if source is not None:
        return repr(source.description)
    name: str = getattr(namespace, "__name__", repr(namespace))
    return name
