"""Relationships that would write different values into one column."""

from collections.abc import Container, Iterable
from typing import Any
from warnings import warn

from dovetail.exc import DovetailWarning
from dovetail.orm.mapping.relationship import RelationshipProperty


def warn_of_overlaps(
    props: Iterable[RelationshipProperty], new: Container[RelationshipProperty]
) -> None:
    """Warn of each *new* one of *props* that writes a column from elsewhere than another does.

    Two that write the same value, as the two sides of a foreign key do, are no cause for it.
    """
    writers: dict[Any, list[tuple[Any, RelationshipProperty]]] = {}
    for prop in props:
        if prop.viewonly:
            continue
        condition = prop.condition
        for source, target in (
            *condition.synchronize_pairs,
            *condition.secondary_synchronize_pairs,
        ):
            others = writers.setdefault(target, [])
            for known, other in others:
                told = prop not in new and other not in new
                if known is not source and not told and not _is_meant(prop, other):
                    _warn(prop, source, other, known, target)
            others.append((source, prop))


def _is_meant(prop: RelationshipProperty, other: RelationshipProperty) -> bool:
    return other.key in _named(prop) or prop.key in _named(other)


def _named(prop: RelationshipProperty) -> set[str]:
    return {name.strip() for name in (prop.overlaps or "").split(",")}


def _warn(
    prop: RelationshipProperty, source: Any, other: RelationshipProperty, known: Any, target: Any
) -> None:
    warn(
        f"{prop} writes {target.table.name}.{target.name} from {source.table.name}.{source.name}, "
        f"and {other} from {known.table.name}.{known.name}: they overlap, and the last one counts; "
        f"say overlaps={other.key!r} where this is meant, or viewonly=True on one of them",
        DovetailWarning,
        stacklevel=2,
    )
