"""How elements of the user's own say of what they are made: ``_traverse_internals``."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from ..sql.node import Node
from ..types.contract import TypeEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..sql.node import Walk


class InternalTraversal(Enum):
    """What an attribute of an element holds.

    Those that hold elements are gone through, and copied with them, as the parts of dovetail's
    own elements are; the others belong to the element itself.
    """

    dp_anon_name = auto()
    dp_boolean = auto()
    dp_clauseelement = auto()
    dp_clauseelement_list = auto()
    dp_clauseelement_tuple = auto()
    dp_clauseelement_tuples = auto()
    dp_dialect_options = auto()
    dp_has_cache_key = auto()
    dp_has_cache_key_list = auto()
    dp_ignore = auto()
    dp_operator = auto()
    dp_plain_dict = auto()
    dp_plain_obj = auto()
    dp_string = auto()
    dp_string_clauseelement_dict = auto()
    dp_string_list = auto()
    dp_type = auto()

    @property
    def holds_elements(self) -> bool:
        """Whether what is there is an element, or a collection of elements."""
        return "clauseelement" in self.name


ExtendedInternalTraversal = InternalTraversal


def parts_of(internals: list[tuple[str, InternalTraversal]]) -> tuple[str, ...]:
    """Return the names of the attributes among *internals* that hold elements."""
    return tuple(name for name, kind in internals if kind.holds_elements)


def collecting(
    internals: list[tuple[str, InternalTraversal]],
    before: Callable[[Any, Walk], None] | None = None,
) -> Callable[[Any, Walk], None]:
    """Return the ``collect`` of a class of elements that are told apart by *internals*.

    They come after what the one of a class above, *before*, appends.
    """

    def collect(element: object, walk: Walk) -> None:
        if before is not None:
            before(element, walk)
        walk.key.append(type(element))
        type_ = getattr(element, "type", None)
        if isinstance(type_, TypeEngine):
            walk.key.append(type_.structure_key)
        for name, kind in internals:
            if kind is not InternalTraversal.dp_ignore:
                _collect(getattr(element, name), walk)

    return collect


def _collect(value: object, walk: Walk) -> None:
    """Append to *walk* what *value*, an attribute of an element, is or holds."""
    if isinstance(value, Node):
        value.collect(walk)
    elif isinstance(value, TypeEngine):
        walk.key.append(value.structure_key)
    elif isinstance(value, (list, tuple, Mapping)):
        walk.key += (type(value), len(value))
        for item in value.items() if isinstance(value, Mapping) else value:
            _collect(item, walk)
    else:
        # What can't be a key is told from others by what it is: the object itself.
        walk.key.append(value if type(value).__hash__ is not None else _Itself(value))


class _Itself:
    """An object as a key: it equals nothing but the same one."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)
