"""What can be read in one pass: all of it, some of it, one item of it.

Results of rows, of values and of mappings have this in common, blocking or awaited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ..exc import InvalidRequestError, MultipleResultsFound, NoResultFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from ..steps import Steps

T = TypeVar("T")


class Feed(Protocol):
    """What gets more rows for a result that streams."""

    batch: int

    def fetch_steps(self, most: int | None) -> Steps[list[Any]]:
        """Return up to *most* rows more, all that remain for None; none at the end."""
        ...

    def close_steps(self) -> Steps[None]:
        """Give the rows that remain up."""
        ...


class Rows(Protocol):
    """What holds rows that are read once, in several ways.

    ``_lent``      rows that a loop has taken, and what it has not reached of them
    ``_in_parts``  whether ``yield_per()`` was asked for
    ``_remembers`` whether ``unique()`` was, without saying by what items are told apart
    """

    _lent: tuple[list[Any], Iterator[Any]] | None
    _in_parts: bool
    _remembers: bool

    def _slice(self, most: int | None) -> list[Any]:
        """Remove up to *most* rows, all for None, and return them as they are."""
        ...

    def _streams(self) -> bool:
        """Whether more rows may have to be fetched."""
        ...


class Readable(Generic[T]):
    """What all results can do: give their items out, all or some, in one pass.

    Subclasses say in :meth:`_held_in` which rows they read, and in :meth:`_made` what they make
    of them.
    """

    _unique_key: Callable[[Any], Any] | None = None
    _seen: set[Any] | None = None
    _per: int | None = None

    # Where the items come from.

    def _held_in(self) -> Rows:
        """What holds the rows."""
        raise NotImplementedError

    def _made(self, raw: list[Any]) -> list[T]:
        """The items that *raw* rows stand for, one for each."""
        raise NotImplementedError

    def _take(self, most: int | None) -> list[T]:
        """Remove up to *most* items, all for None, and return them."""
        return self._made(self._held_in()._slice(most))

    def fill_steps(self, most: int | None) -> Steps[None]:
        """Fetch, so that *most* items (all, for None) are held, if there are as many."""
        raise NotImplementedError

    def close_steps(self) -> Steps[None]:
        """Give up what has not been read."""
        raise NotImplementedError

    def _distinct(self, items: list[Any]) -> list[Any]:
        """Return those of *items* that were not given out before, if they are to be unique."""
        seen, key = self._seen, self._unique_key
        if seen is None:
            return items
        kept: list[Any] = []
        for item in items:
            value = item if key is None else key(item)
            try:
                given_out = value in seen
            except TypeError as error:
                raise InvalidRequestError(
                    f"unique() can't tell {item!r} from the others: {error}",
                    hint="say by what they are told apart: unique(lambda row: row[0])",
                ) from error
            if not given_out:
                seen.add(value)
                kept.append(item)
        return kept

    def _some(self, most: int) -> list[T]:
        """Remove up to *most* items, unique ones if asked for, and return them."""
        if self._seen is None:
            return self._take(most)
        found: list[T] = []
        while len(found) < most:
            items = self._take(most - len(found))
            if not items:
                break
            found.extend(self._distinct(items))
        return found

    def close(self) -> None:
        """Give up what has not been read; reading afterwards raises ResourceClosedError."""
        raise NotImplementedError

    @property
    def closed(self) -> bool:
        """Whether the result was closed."""
        raise NotImplementedError

    # Ways to read.

    def all(self) -> Sequence[T]:
        """Return all that remains, as a list.

        With the SQL that it sends::

            rows = session.execute(select(User.id, User.name)).all()
            # SELECT user_account.id, user_account.name FROM user_account
            assert rows == [(1, "ada"), (2, "ben")]
        """
        items = self._take(None)
        return items if self._seen is None else self._distinct(items)

    def fetchall(self) -> Sequence[T]:
        """Return all that remains, as a list."""
        return self.all()

    def fetchmany(self, size: int | None = None) -> Sequence[T]:
        """Return up to *size* items (by default, what ``yield_per`` says), [] at the end."""
        return (
            self.all() if size is None and self._per is None else self._some(size or self._per or 1)
        )

    def partitions(self, size: int | None = None) -> Iterator[Sequence[T]]:
        """Yield lists of up to *size* items.

        With the SQL that it sends::

            result = session.execute(select(Order.id).order_by(Order.id))
            # SELECT orders.id FROM orders ORDER BY orders.id
            assert [len(rows) for rows in result.partitions(2)] == [2, 1]
        """
        while True:
            part = self.fetchmany(size)
            if not part:
                return
            yield part

    def __iter__(self) -> Iterator[T]:
        return self._each() if self._seen is None else self._each_unique()

    def _each(self) -> Iterator[T]:
        """Yield all items; those that are not reached yet can be read in other ways meanwhile."""
        rows = self._held_in()
        size = self._per or (100 if rows._streams() else None)
        while raw := rows._slice(size):
            items = iter(self._made(raw))
            rows._lent = raw, items
            yield from items

    def _each_unique(self) -> Iterator[T]:
        for item in self._each():
            yield from self._distinct([item])

    def __next__(self) -> T:
        found = self._some(1)
        if not found:
            raise StopIteration
        return found[0]

    def first(self) -> T | None:
        """Return the first item, or None if there is none; what remains is given up.

        With the SQL that it sends::

            row = session.execute(select(User.id, User.name).order_by(User.id)).first()
            # SELECT user_account.id, user_account.name FROM user_account ORDER BY user_account.id
            assert row == (1, "ada")
        """
        found = self._some(1)
        self.close()
        return found[0] if found else None

    def one(self) -> T:
        """Return the only item.

        NoResultFound is raised if there is none, MultipleResultsFound if there are more::

            row = session.execute(select(User.name).where(User.id == 1)).one()
            # SELECT user_account.name FROM user_account WHERE user_account.id = ?
            assert row.name == "ada"
        """
        found = self._some(2)
        self.close()
        if len(found) == 1:
            return found[0]
        if found:
            raise MultipleResultsFound("more than one row was found where one was required")
        raise NoResultFound("no row was found where one was required")

    def one_or_none(self) -> T | None:
        """Return the only item, or None; MultipleResultsFound is raised if there are more.

        With the SQL that it sends::

            row = session.execute(select(User.name).where(User.id == 5)).one_or_none()
            # SELECT user_account.name FROM user_account WHERE user_account.id = ?
            assert row is None
        """
        found = self._some(2)
        self.close()
        if len(found) > 1:
            raise MultipleResultsFound("more than one row was found where one at most was allowed")
        return found[0] if found else None

    def yield_per(self, num: int) -> Self:
        """Read *num* rows at a time; return self."""
        self._per = num
        self._held_in()._in_parts = True
        return self

    def unique(self, strategy: Callable[[Any], Any] | None = None) -> Self:
        """Give out no item twice; *strategy* says by what items are told apart. Return self."""
        self._seen = set()
        self._unique_key = strategy or self._unique_key
        self._held_in()._remembers = strategy is None
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
