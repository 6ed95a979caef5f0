"""Keys travel: from the row referred to, to the row that refers."""

from typing import Any
from warnings import warn

from dovetail.exc import DovetailWarning, ReferenceRequiredError
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.expiry import put_key_back
from dovetail.orm.tracking.state import InstanceState, state_of


def copy_key(prop: RelationshipProperty, source: object, target: object) -> None:
    """Write the key of *source* to *target*, which refers to it by *prop*.

    An attribute is written only where the value differs, so that an unchanged reference
    makes no UPDATE.
    """
    given, held = source.__dict__, target.__dict__
    for source_name, target_name, assign in prop.__dict__.get("flush_pairs") or pairs_of(prop):
        value = given.get(source_name)
        if value is None and source_name not in given:
            value = _read(source, source_name)
        if held.get(target_name, _ABSENT) != value:
            assign(target, value)


def warn_of_absent(item: object, prop: RelationshipProperty) -> None:
    """Warn of *item*, which *prop* leads to, and which no session saves."""
    warn(
        f"{item!r} is in {prop} and not in the session: it is not saved "
        "(add it, or set the relationship from its other side after adding)",
        DovetailWarning,
        stacklevel=2,
    )


def clear_key(prop: RelationshipProperty, target: object, *, deleting: bool = False) -> None:
    """Set the key by which *target* refers to NULL.

    A key that is part of the primary key can't be NULL: ReferenceRequiredError names the
    instance.
    """
    mapper = state_of(target).load.mapper
    for source_name, target_name, assign in pairs_of(prop):
        if source_name == target_name and prop.condition.self_referential:
            # A part that all rows of a tree have in common is not what refers.
            continue
        if target_name in mapper.primary_keys and target.__dict__.get(target_name) is not None:
            raise ReferenceRequiredError(
                f"can't take {target!r} out of {prop}: its {target_name!r} is part of the "
                "primary key and can't be NULL",
                hint=f'delete it instead, or give {prop} cascade="all, delete-orphan"',
            )
        if target.__dict__.get(target_name, _ABSENT) is not None:
            assign(target, None)


_ABSENT = object()


def pairs_of(prop: Any) -> list[tuple[str, str, Any]]:
    """(source attribute, target attribute, how to write it) of each pair of *prop*."""
    kept: list[tuple[str, str, Any]] | None = prop.__dict__.get("flush_pairs")
    if kept is None:
        holder, referred = (
            (prop.parent, prop.mapper) if prop.is_many_to_one else (prop.mapper, prop.parent)
        )
        kept = []
        for source, target in prop.condition.synchronize_pairs:
            name = holder.column_keys[target]
            kept.append((referred.column_keys[source], name, holder.attributes[name].set))
        prop.flush_pairs = kept
    return kept


OldValues = dict[InstanceState, dict[str, Any]]
"""By state, the values that attributes have had in the row: of those alone that change."""


def association_row(
    prop: RelationshipProperty, parent: object, related: object, old: OldValues | None = None
) -> tuple[Any, ...]:
    """The row of the third table that joins *parent* and *related*; with *old* as it was."""
    first, second = association_names(prop)
    return (*_key_values(parent, first, old), *_key_values(related, second, old))


def association_names(prop: Any) -> tuple[list[str], list[str]]:
    """Attributes of the parent and of the related instance that stand in the third table."""
    kept: tuple[list[str], list[str]] | None = prop.__dict__.get("flush_association")
    if kept is None:
        first = [prop.parent.column_keys[s] for s, _ in prop.condition.synchronize_pairs]
        second = [prop.mapper.column_keys[s] for s, _ in prop.condition.secondary_synchronize_pairs]
        kept = prop.flush_association = (first, second)
    return kept


def _key_values(instance: object, names: list[str], old: OldValues | None) -> list[Any]:
    values = instance.__dict__
    before = old.get(state_of(instance)) if old else None
    if before:
        values = {**values, **before}
    return [values[name] if name in values else _read(instance, name) for name in names]


def _read(instance: object, name: str) -> Any:
    put_key_back(state_of(instance), instance)
    return getattr(instance, name, None)
