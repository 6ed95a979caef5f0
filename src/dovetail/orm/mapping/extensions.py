"""Attributes of mapped classes that are not mapped themselves, but computed from those that are.

The extensions make them: hybrid attributes and association proxies.  What they have in common is
``extension_type``, and ``__get__(None, class or alias)`` gives what they are in a statement.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import getattr_static
from typing import Any

from dovetail.exc import InvalidRequestError
from dovetail.orm.mapping.mapper_view import MapperView
from dovetail.orm.tracking.inspection_attr import NOT_EXTENSION, InspectionAttrExtensionType


def is_extension(value: object) -> bool:
    """True for an attribute that an extension has made."""
    kind = getattr(type(value), "extension_type", NOT_EXTENSION)
    return isinstance(kind, InspectionAttrExtensionType) and kind is not NOT_EXTENSION


def extensions_of(class_: type) -> dict[str, Any]:
    """The attributes of *class_* that extensions have made, by name, as they were declared."""
    found: dict[str, Any] = {}
    seen: set[str] = set()
    for base in class_.__mro__:
        for name, value in base.__dict__.items():
            if name not in seen:
                seen.add(name)
                if is_extension(value):
                    found[name] = value
    return found


def of_alias(class_: type, name: str, alias: object) -> Any:
    """Attribute *name* of *class_*, which is computed, as computed for *alias*; or None."""
    declared = getattr_static(class_, name, None)
    if isinstance(declared, classmethod):
        return declared.__func__.__get__(alias)
    return declared.__get__(None, alias) if is_extension(declared) else None


# Values by name -------------------------------------------------------------------------------


def expanded_pairs(
    extensions: Mapping[str, Any], entity: object, pairs: Iterable[tuple[Any, Any]]
) -> Iterator[tuple[Any, Any]]:
    """*pairs* of what an INSERT or UPDATE of *entity* sets, computed attributes replaced.

    What they are replaced by is their own to say: ``bulk_update_pairs(entity, value)``.
    """
    for key, value in pairs:
        found = extensions.get(key) if isinstance(key, str) else getattr(key, "descriptor", None)
        replaced = getattr(found, "bulk_update_pairs", None)
        if replaced is None:
            yield key, value
        else:
            yield from expanded_pairs(extensions, entity, replaced(entity, value))


def expanded_rows(mapper: Any, rows: Sequence[Any]) -> Sequence[Any]:
    """*rows*, dictionaries by attribute, with values in place of computed attributes.

    What they are replaced by is their own to say: ``bulk_values(class, row, value)``.
    """
    if mapper.has_proxies:
        rows = [mapper.spread(row) if isinstance(row, Mapping) else row for row in rows]
    extensions = mapper.extensions
    if not extensions or not any(
        name in extensions for row in rows if isinstance(row, Mapping) for name in row
    ):
        return rows
    made = []
    for row in rows:
        own = {name: value for name, value in row.items() if name not in extensions}
        for name in row:
            if name in extensions:
                _replace_value(mapper, extensions[name], name, own, row[name])
        made.append(own)
    return made


def _replace_value(
    mapper: MapperView, extension: object, name: str, row: dict[str, Any], value: object
) -> None:
    replace = getattr(extension, "bulk_values", None)
    if replace is None or not replace(mapper.class_, row, value):
        raise InvalidRequestError(
            f"{mapper.class_.__name__}.{name} can't be given for many rows: it is computed",
            hint="name the columns, or say with @hybrid.bulk_dml what is written in its place",
        )
