"""Results: rows to be read once, in several ways.

A result holds what was fetched; one that streams holds a *feed* beside it, which gets more
when more is asked for.  All ways of reading (scalars, mappings, unique) take from the same
rows, so that they can be mixed.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, TypeVarTuple, overload

from ..collector import MANY, collector
from ..exc import (
    InvalidRequestError,
    NoResultFound,
    ResourceClosedError,
)
from ..steps import run_sync
from .readable import Feed, Readable
from .rows import RMKeyView, Row, RowMapping, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Self

    from ..sql.arguments import RowKey
    from ..steps import Steps

T = TypeVar("T")
R = TypeVar("R")
Ts = TypeVarTuple("Ts")


class Result(Readable[Row[*Ts]], Generic[*Ts]):
    """Rows of a statement, to be read once.

    ::

        for number, name in connection.execute(select(user.c.id, user.c.name)):
            ...
        names = connection.execute(select(user.c.name)).scalars().all()
    """

    _unique_required: str | None = None
    _unique_filters: Sequence[Callable[[Any], Any] | None] | None = None
    _values: list[Any] | None = None
    """The values of a result of one column, where rows are made on demand only."""

    _closed = False
    _at = 0
    _lent: tuple[list[Any], Iterator[Any]] | None = None
    _in_parts = False
    _remembers = False

    def __init__(
        self,
        shape: Shape,
        rows: list[Any],
        *,
        convert: Callable[[list[Any]], list[Any]] | None = None,
        feed: Feed | None = None,
    ) -> None:
        self._shape = shape
        self._rows = rows
        """Rows not read yet, as the driver gave them; from ``_at`` on."""
        self._convert = convert
        """Makes rows of this result's class from the driver's."""
        self._feed = feed

    @classmethod
    def of_rows(
        cls,
        shape: Shape,
        rows: list[Any],
        *,
        unique_filters: Sequence[Callable[[Any], Any] | None] | None = None,
    ) -> Self:
        """Return a result of *rows* (tuples) that are there already.

        *unique_filters* has, for each column, what its values are told apart by, or None for
        the value itself.
        """
        result = cls(shape, rows, convert=None if _are_rows(rows, shape) else shape.row_list)
        result._unique_filters = unique_filters
        return result

    @classmethod
    def of_scalars(
        cls,
        shape: Shape,
        values: list[Any],
        *,
        unique_filters: Sequence[Callable[[Any], Any] | None] | None = None,
    ) -> Self:
        """Return a result of one column whose *values* are there already."""
        result = cls(shape, [])
        result._values = values
        result._unique_filters = unique_filters
        return result

    # Where the rows come from.

    def _held_in(self) -> Result[*tuple[Any, ...]]:
        return self

    def _made(self, raw: list[Any]) -> list[Any]:
        if self._values is not None:
            row = self._shape.row
            return [row((value,)) for value in raw]
        if self._convert is None:
            return raw
        if len(raw) < MANY:
            return self._convert(raw)
        with collector:
            return self._convert(raw)

    def _slice(self, most: int | None) -> list[Any]:
        """Remove up to *most* of what is held, as it is, and return it."""
        if self._closed:
            raise ResourceClosedError(
                "this result is closed", hint="read its rows first: rows = result.all()"
            )
        if self._unique_required is not None and self._seen is None:
            raise InvalidRequestError(self._unique_required, hint="result.unique()")
        if self._in_parts and self._remembers:
            self._remember_parts()
        if self._lent is not None:
            self._take_back()
        if self._feed is not None:
            run_sync(self.fill_steps(most))
        held = self._rows if self._values is None else self._values
        start = self._at
        if most is None or most >= len(held) - start:
            if self._values is None:
                self._rows = []
            else:
                self._values = []
            self._at = 0
            return held[start:] if start else held
        self._at = start + most
        return held[start : self._at]

    def fill_steps(self, most: int | None) -> Steps[None]:
        """Fetch, so that *most* rows (all, for None) are held, if there are as many."""
        feed = self._feed
        while feed is not None:
            lacking = None if most is None else most - (len(self._rows) - self._at)
            if lacking is not None and lacking <= 0:
                return
            size = None if lacking is None else max(lacking, self._per or feed.batch)
            more = yield from feed.fetch_steps(size)
            if not more or size is None:
                self._feed = feed = None
            self._rows = [*self._rows[self._at :], *more] if self._at or self._rows else more
            self._at = 0

    def _remember_parts(self) -> None:
        """Raise where what is read in parts must not be remembered by ``unique()``."""

    def _take_back(self) -> None:
        """Hold again what a loop was lent and has not reached."""
        raw, items = self._lent or ([], iter(()))
        self._lent = None
        left = len(list(items))
        if left and self._values is not None:
            self._values = raw[-left:] + self._values[self._at :]
            self._at = 0
        elif left:
            self._rows = raw[-left:] + self._rows[self._at :]
            self._at = 0

    def _streams(self) -> bool:
        return self._feed is not None

    def close_steps(self) -> Steps[None]:
        """Give up what has not been read."""
        self._closed = True
        if self._lent is not None:
            self._take_back()
        feed, self._feed = self._feed, None
        self._rows, self._at = [], 0
        if self._values is not None:
            self._values = []
        if feed is not None:
            yield from feed.close_steps()

    def close(self) -> None:
        """Give up what has not been read; reading afterwards raises ResourceClosedError."""
        if self._feed is not None:
            run_sync(self.close_steps())
            return
        self._closed = True
        if self._lent is not None:
            self._take_back()
        self._rows, self._at = [], 0
        if self._values is not None:
            self._values = []

    @property
    def closed(self) -> bool:
        """Whether the result was closed."""
        return self._closed

    # Rows.

    def unique(self, strategy: Callable[[Any], Any] | None = None) -> Self:
        """Give out no row twice; *strategy* says by what rows are told apart. Return self.

        With the SQL that it sends::

            statement = select(User).options(joinedload(User.orders))
            assert len(session.execute(statement).unique().all()) == 2
            # SELECT user_account.id, user_account.name, orders_1.id AS id_1, orders_1.user_id,
            #     orders_1.total FROM user_account LEFT OUTER JOIN orders AS orders_1 ON
            #     user_account.id = orders_1.user_id
        """
        super().unique(strategy)
        if strategy is None and self._unique_filters is not None:
            self._unique_key = _row_key(self._unique_filters)
        return self

    def keys(self) -> RMKeyView:
        """Return the names of the columns."""
        return RMKeyView(self._shape.keys)

    def fetchone(self) -> Row[*Ts] | None:
        """Return the next row, or None at the end."""
        found = self._some(1)
        return found[0] if found else None

    @overload
    def scalar(self: Result[R, *tuple[Any, ...]]) -> R | None: ...
    @overload
    def scalar(self) -> Any: ...
    def scalar(self) -> Any:
        """Return the first value of the first row, or None if there is no row."""
        row: Any = self.first()
        return None if row is None else row[0]

    @overload
    def scalar_one(self: Result[R, *tuple[Any, ...]]) -> R: ...
    @overload
    def scalar_one(self) -> Any: ...
    def scalar_one(self) -> Any:
        """Return the first value of the only row: see :meth:`one`."""
        row: Any = self.one()
        return row[0]

    @overload
    def scalar_one_or_none(self: Result[R, *tuple[Any, ...]]) -> R | None: ...
    @overload
    def scalar_one_or_none(self) -> Any: ...
    def scalar_one_or_none(self) -> Any:
        """Return the first value of the only row, or None: see :meth:`one_or_none`."""
        row: Any = self.one_or_none()
        return None if row is None else row[0]

    # Other ways to read the same rows.

    @overload
    def scalars(self: Result[R, *tuple[Any, ...]], index: Literal[0] = 0) -> ScalarResult[R]: ...
    @overload
    def scalars(self, index: RowKey = 0) -> ScalarResult[Any]: ...
    def scalars(self, index: RowKey = 0) -> ScalarResult[Any]:
        """Return the values of one column: the first, or that at *index* (or of that name).

        With the SQL that it sends::

            names = session.execute(select(User.name).order_by(User.id)).scalars().all()
            # SELECT user_account.name FROM user_account ORDER BY user_account.id
            assert names == ["ada", "ben"]
        """
        return ScalarResult(
            self, 0 if index.__class__ is int and not index else self._shape.index(index)
        )

    def mappings(self) -> MappingResult:
        """Return the rows as mappings from names to values.

        With the SQL that it sends::

            rows = session.execute(select(User.id, User.name)).mappings().all()
            # SELECT user_account.id, user_account.name FROM user_account
            assert rows[0] == {"id": 1, "name": "ada"}
        """
        return MappingResult(self)

    def tuples(self) -> TupleResult[tuple[*Ts]]:
        """Return the result itself, for type checkers one of plain tuples."""
        return self  # type: ignore[return-value]

    @property
    def t(self) -> TupleResult[tuple[*Ts]]:
        """The result itself, for type checkers one of plain tuples."""
        return self  # type: ignore[return-value]

    def columns(self, *col_expressions: RowKey) -> Result[*tuple[Any, ...]]:
        """Return a result of these columns alone: names, positions or column objects."""
        return narrowed(self, [self._shape.index(each) for each in col_expressions])

    def freeze(self) -> FrozenResult:
        """Return the rows, all fetched, as something from which results can be made again."""
        return FrozenResult(self)

    def merge(self, *others: Result[*tuple[Any, ...]]) -> MergedResult[*Ts]:
        """Return a result of the rows of this result and of *others*, one after another."""
        return MergedResult(None, (self, *others))


class FilterResult(Readable[T]):
    """What shows the rows of a result in another way: as values, or as mappings."""


if TYPE_CHECKING:

    class TupleResult(FilterResult[R]):
        """A result whose rows are plain tuples."""

        def keys(self) -> RMKeyView: ...
        def fetchone(self) -> R | None: ...
        def mappings(self) -> MappingResult: ...

else:
    TupleResult = Result


class ScalarResult(FilterResult[R]):
    """The values of one column of a result."""

    def __init__(self, parent: Result[*tuple[Any, ...]], index: int) -> None:
        self._parent = parent
        self._index = index
        filters = parent._unique_filters
        if filters is not None:
            self._unique_key = filters[index]
        if parent._seen is not None:
            parent._seen, self._seen = None, set()
            parent._unique_required = None
        self._per = parent._per

    def fill_steps(self, most: int | None) -> Steps[None]:
        """Fetch, so that *most* items (all, for None) are held, if there are as many."""
        yield from self._parent.fill_steps(most)

    def close_steps(self) -> Steps[None]:
        """Give up what has not been read."""
        yield from self._parent.close_steps()

    def _held_in(self) -> Result[*tuple[Any, ...]]:
        return self._parent

    def _take(self, most: int | None) -> list[R]:
        parent = self._parent
        raw = parent._slice(most)
        return raw if parent._values is not None and not self._index else self._made(raw)

    def _made(self, raw: list[Any]) -> list[R]:
        parent, index = self._parent, self._index
        if parent._values is None:
            return list(map(itemgetter(index), parent._made(raw)))
        if index:
            raise NoResultFound(f"the result has one column, none at {index}")
        return raw

    def unique(self, strategy: Callable[[Any], Any] | None = None) -> Self:
        """Give out no value twice; *strategy* says by what they are told apart. Return self."""
        self._parent._unique_required = None
        return super().unique(strategy)

    def close(self) -> None:
        """Give up what has not been read."""
        self._parent.close()

    @property
    def closed(self) -> bool:
        """Whether the result was closed."""
        return self._parent.closed


class MappingResult(FilterResult[RowMapping]):
    """The rows of a result as mappings."""

    def __init__(self, parent: Result[*tuple[Any, ...]]) -> None:
        self._parent = parent
        if parent._seen is not None:
            parent._seen, self._seen = None, set()
            self._unique_key = _mapping_row
        self._per = parent._per

    def fill_steps(self, most: int | None) -> Steps[None]:
        """Fetch, so that *most* items (all, for None) are held, if there are as many."""
        yield from self._parent.fill_steps(most)

    def close_steps(self) -> Steps[None]:
        """Give up what has not been read."""
        yield from self._parent.close_steps()

    def _held_in(self) -> Result[*tuple[Any, ...]]:
        return self._parent

    def _made(self, raw: list[Any]) -> list[RowMapping]:
        return [RowMapping(row) for row in self._parent._made(raw)]

    def unique(self, strategy: Callable[[Any], Any] | None = None) -> Self:
        """Give out no row twice; *strategy* says by what they are told apart. Return self."""
        super().unique(strategy)
        self._unique_key = strategy or _mapping_row
        return self

    def keys(self) -> RMKeyView:
        """Return the names of the columns."""
        return self._parent.keys()

    def columns(self, *col_expressions: RowKey) -> MappingResult:
        """Return mappings of these columns alone."""
        return self._parent.columns(*col_expressions).mappings()

    def fetchone(self) -> RowMapping | None:
        """Return the next row, or None at the end."""
        found = self._some(1)
        return found[0] if found else None

    def close(self) -> None:
        """Give up what has not been read."""
        self._parent.close()

    @property
    def closed(self) -> bool:
        """Whether the result was closed."""
        return self._parent.closed


class FrozenResult:
    """The rows of a result, kept; calling it returns a new result of them."""

    def __init__(self, result: Result[*tuple[Any, ...]]) -> None:
        self.keys = result._shape.keys
        self._shape = result._shape
        self.data = list(result.all())

    def __call__(self) -> Result[*tuple[Any, ...]]:
        return Result(self._shape, list(self.data))

    def with_new_rows(self, tuple_data: Iterable[Any]) -> FrozenResult:
        """Return a frozen result of other rows with the same columns."""
        rows = self._shape.row_list([tuple(row) for row in tuple_data])
        return FrozenResult(Result(self._shape, rows))


class MergedResult(Result[*Ts]):
    """The rows of several results, one after another.  Made by :meth:`Result.merge`."""

    def __init__(
        self, cursor_metadata: Shape | None, results: Sequence[Result[*tuple[Any, ...]]]
    ) -> None:
        shape = results[0]._shape
        super().__init__(shape, [], convert=shape.row_list, feed=_MergedFeed(results))
        self._unique_filters = results[0]._unique_filters
        self._per = results[0]._per
        if results[0]._seen is not None:
            self.unique(results[0]._unique_key)
        counts = [getattr(each, "rowcount", -1) for each in results]
        self.rowcount = sum(counts) if min(counts) >= 0 else -1


class _MergedFeed:
    """Feeds a result from others."""

    batch = 100

    def __init__(self, results: Sequence[Result[*tuple[Any, ...]]]) -> None:
        self._results = list(results)

    def fetch_steps(self, most: int | None) -> Steps[list[Any]]:
        """Return up to *most* rows more."""
        found: list[Any] = []
        while self._results and (most is None or len(found) < most):
            first = self._results[0]
            lacking = None if most is None else most - len(found)
            if first._feed is not None:
                yield from first.fill_steps(lacking)
            rows = first.all() if lacking is None else first._some(lacking)
            found.extend(rows)
            if lacking is None or not rows:
                yield from self._results.pop(0).close_steps()
        return found

    def close_steps(self) -> Steps[None]:
        """Give the rows of the others up."""
        for each in self._results:
            yield from each.close_steps()


def narrowed(result: Result[*tuple[Any, ...]], positions: list[int]) -> Result[*tuple[Any, ...]]:
    """Return a result of the columns at *positions*, which takes its rows from *result*."""
    shape = result._shape.narrowed(positions)
    feed = _NarrowFeed(result, positions)
    new: Result[*tuple[Any, ...]] = Result(shape, [], convert=shape.row_list, feed=feed)
    new._per = result._per
    if result._seen is not None:
        result._seen, new._seen = None, set()
    return new


class _NarrowFeed:
    """Feeds a result with some columns of another."""

    batch = 1

    def __init__(self, parent: Result[*tuple[Any, ...]], positions: list[int]) -> None:
        self._parent = parent
        self._positions = positions

    def fetch_steps(self, most: int | None) -> Steps[list[Any]]:
        """Return up to *most* rows more."""
        if self._parent._feed is not None:
            yield from self._parent.fill_steps(most)
        rows = self._parent._take(most)
        return [tuple(row[position] for position in self._positions) for row in rows]

    def close_steps(self) -> Steps[None]:
        """Give the rows of the other result up."""
        yield from self._parent.close_steps()


def _are_rows(rows: list[Any], shape: Shape) -> bool:
    return not rows or type(rows[0]) is shape.row


def _mapping_row(mapping: Any) -> Any:
    return mapping._row


def _row_key(filters: Sequence[Callable[[Any], Any] | None]) -> Callable[[Any], Any]:
    """Return the function that gives what rows are told apart by."""

    def key(row: Any) -> Any:
        return tuple(
            value if filter_ is None else filter_(value)
            for filter_, value in zip(filters, row, strict=True)
        )

    return key
