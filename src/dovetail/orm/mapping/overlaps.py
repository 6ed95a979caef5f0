"""Relationships that would write different values into one column."""

from collections.abc import Container, Iterable
from typing import Any
from warnings import warn

from dovetail.exc import DovetailWarning
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty


def warn_of_overlaps(
    props: Iterable[RelationshipProperty], new: Container[RelationshipProperty]
) -> None:
    """Warn of each *new* one of *props* that writes a column which another one writes, too.

    The two sides of one relationship are no cause for it, nor are those of sister classes, whose
    instances have one of them each.
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
                if not (told or _is_meant(prop, other) or _are_apart(prop, other)):
                    _warn(prop, source, other, known, target)
            others.append((source, prop))


def _is_meant(prop: RelationshipProperty, other: RelationshipProperty) -> bool:
    """True where the two belong together, or one names the other as overlapping."""
    if other in prop.reverse_properties or prop in other.reverse_properties:
        return True
    return other.key in _named(prop) or prop.key in _named(other)


def _are_apart(prop: RelationshipProperty, other: RelationshipProperty) -> bool:
    """True where no instance has both, as far as classes tell."""
    if prop.key == other.key and prop.parent.common_parent(other.parent):
        return True
    ends, other_ends = (prop.parent, prop.mapper), (other.parent, other.mapper)
    return any(_are_sisters(one, end) for one in ends for end in other_ends)


def _are_sisters(one: Mapper, other: Mapper) -> bool:
    return one.common_parent(other) and not one.isa(other) and not other.isa(one)


def _named(prop: RelationshipProperty) -> set[str]:
    return {name.strip() for name in (prop.overlaps or "").split(",")}


def _warn(
    prop: RelationshipProperty, source: Any, other: RelationshipProperty, known: Any, target: Any
) -> None:
    column = f"{target.table.name}.{target.name}"
    if known is source:
        text = (
            f"{prop} and {other} both write {column}, and neither sees what is changed through the "
            "other: name each in back_populates of the other, if they are the two sides of one "
            f"relationship; or say overlaps={other.key!r}, or viewonly=True on one of them"
        )
    else:
        text = (
            f"{prop} writes {column} from {source.table.name}.{source.name}, and {other} from "
            f"{known.table.name}.{known.name}: they overlap, and the last one counts; say "
            f"overlaps={other.key!r} where this is meant, or viewonly=True on one of them"
        )
    warn(text, DovetailWarning, stacklevel=2)
