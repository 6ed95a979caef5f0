"""What changed in one attribute since the last load or flush."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from dovetail.orm.tracking.state import NO_VALUE


class History(NamedTuple):
    """Values added to, unchanged in and deleted from an attribute.

    Each part is a list, or an empty tuple.  A scalar attribute has one value at the most in each::

        History(added=["new"], unchanged=(), deleted=["old"])
    """

    added: Sequence[Any]
    unchanged: Sequence[Any]
    deleted: Sequence[Any]

    def __bool__(self) -> bool:
        return self != NO_HISTORY

    def empty(self) -> bool:
        """True when nothing changed and nothing is held."""
        return not bool((self.added or self.deleted) or self.unchanged)

    def has_changes(self) -> bool:
        """True when a value was added or deleted."""
        return bool(self.added or self.deleted)

    def sum(self) -> list[Any]:
        """All values: added, unchanged and deleted."""
        return [*self.added, *self.unchanged, *self.deleted]

    def non_deleted(self) -> list[Any]:
        """The values held now."""
        return [*self.added, *self.unchanged]

    def non_added(self) -> list[Any]:
        """The values held before."""
        return [*self.unchanged, *self.deleted]


NO_HISTORY = History((), (), ())


def scalar_history(
    original: object, current: object, *, equal: Callable[[Any, Any], bool]
) -> History:
    """The history of one value that was changed.

    *original* is NO_VALUE where it was never loaded, *current* where it was deleted.  Values
    of which nothing but themselves says that they are equal, arrays for one, have changed.
    """
    if current is NO_VALUE:
        # Deleted unread: all that is known is what the row will have.
        return History([None], (), ()) if original is NO_VALUE else History((), (), [original])
    if original is NO_VALUE:
        return History([current], (), ())
    if original is current or equal(original, current) is True:
        return History((), [current], ())
    return History([current], (), [original])


def collection_history(original: Sequence[Any], current: Sequence[Any]) -> History:
    """The history of a collection; members are told apart by identity."""
    before = {id(item) for item in original}
    now = {id(item) for item in current}
    return History(
        [item for item in current if id(item) not in before] or (),
        [item for item in current if id(item) in before] or (),
        [item for item in original if id(item) not in now] or (),
    )
