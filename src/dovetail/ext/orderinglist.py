"""Lists of related instances that keep the position of each in a column.

::

    class Playlist(Base):
        __tablename__ = "playlist"
        id: Mapped[int] = mapped_column(primary_key=True)
        songs: Mapped[list["Song"]] = relationship(
            order_by="Song.position", collection_class=ordering_list("position")
        )


    playlist.songs.insert(0, song)  # song.position is 0, that of the others one more

The list is loaded in the order of the column: ``order_by`` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, SupportsIndex

from ..orm.tracking.collections import InstrumentedList

OrderingFunc = Callable[[int, Any], Any]
"""What gives the position for an index in a list."""


def count_from_0(index: int, collection: object) -> int:
    """Positions 0, 1, 2, …"""
    return index


def count_from_1(index: int, collection: object) -> int:
    """Positions 1, 2, 3, …"""
    return index + 1


class _CountFrom:
    """Positions that begin at a number; a class, since functions within functions can't be pickled.

    ``start``  the first position
    """

    def __init__(self, start: int) -> None:
        self.start = start
        self.__name__ = f"count_from_{start}"

    def __call__(self, index: int, collection: object) -> int:
        return index + self.start


def count_from_n_factory(start: int) -> OrderingFunc:
    """Return the function for positions that begin at *start*."""
    return _CountFrom(start)


def ordering_list(
    attr: str,
    count_from: int | None = None,
    ordering_func: OrderingFunc | None = None,
    reorder_on_append: bool = False,
) -> Callable[[], OrderingList]:
    """Return a ``collection_class`` whose lists keep the positions of members in *attr*.

    ``count_from``         the first position: 0 unless given
    ``ordering_func``      gives the position, for an index and the list
    ``reorder_on_append``  a member that is put to the end and has a position gets a new one
    """
    if ordering_func is None and count_from is not None:
        known: dict[int, OrderingFunc] = {0: count_from_0, 1: count_from_1}
        ordering_func = known.get(count_from) or count_from_n_factory(count_from)
    return lambda: OrderingList(attr, ordering_func, reorder_on_append)


class OrderingList(InstrumentedList):
    """A list that keeps the positions of its members in an attribute of theirs.

    After ``sort()`` and ``reverse()`` the positions are what they were: see :meth:`reorder`.
    """

    __slots__ = ("ordering_attr", "ordering_func", "reorder_on_append")

    def __init__(
        self,
        ordering_attr: str,
        ordering_func: OrderingFunc | None = None,
        reorder_on_append: bool = False,
    ) -> None:
        super().__init__()
        self.ordering_attr = ordering_attr
        self.ordering_func: OrderingFunc = ordering_func or count_from_0
        self.reorder_on_append = reorder_on_append

    def reorder(self) -> None:
        """Give every member the position that it has in the list."""
        for index, item in enumerate(self):
            self._order(index, item)

    def _order(self, index: int, item: object) -> None:
        position = self.ordering_func(index, self)
        # What has its position is not changed: there is nothing to be written.
        if getattr(item, self.ordering_attr) != position:
            setattr(item, self.ordering_attr, position)

    def _order_last(self) -> None:
        item = self[-1]
        if self.reorder_on_append or getattr(item, self.ordering_attr) is None:
            self._order(len(self) - 1, item)

    # What the attribute does by itself: assignments, and changes of the other side ------------

    def put(self, item: object) -> None:
        super().put(item)
        self._order_last()

    def take(self, item: object) -> None:
        super().take(item)
        self.reorder()

    # What users do -------------------------------------------------------------------------------

    def append(self, item: object) -> None:
        super().append(item)
        self._order_last()

    def insert(self, index: SupportsIndex, item: object) -> None:
        super().insert(index, item)
        self.reorder()

    def remove(self, item: object) -> None:
        super().remove(item)
        self.reorder()

    def pop(self, index: SupportsIndex = -1) -> Any:
        item = super().pop(index)
        self.reorder()
        return item

    def __setitem__(self, index: SupportsIndex | slice, value: object) -> None:
        super().__setitem__(index, value)
        if isinstance(index, slice):
            self.reorder()
        else:
            place = range(len(self))[index]
            self._order(place, self[place])

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        super().__delitem__(index)
        self.reorder()

    # Its members come as its state: they may not be whole when it is made.
    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        arguments = (self.ordering_attr, self.ordering_func, self.reorder_on_append)
        return type(self), arguments, list(self)

    def __setstate__(self, items: Iterable[Any]) -> None:
        list.extend(self, items)
