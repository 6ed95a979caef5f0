"""How elements of the user's own say of what they are made: ``_traverse_internals``."""

from __future__ import annotations

from enum import Enum, auto


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
