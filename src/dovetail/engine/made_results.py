"""Results of rows that come from somewhere else than a cursor."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVarTuple

from ..steps import nothing
from .result import Result
from .rows import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Self

    from ..steps import Steps
    from .rows import Row

Ts = TypeVarTuple("Ts")


class SimpleResultMetaData:
    """The names of the columns of a result.

    *extra* has, for each column, what it can be found by besides: an object or several.
    """

    def __init__(self, keys: Sequence[str], extra: Sequence[Any] | None = None) -> None:
        self.keys = tuple(keys)
        self.extra = extra


class IteratorResult(Result[*Ts]):
    """A result of rows that an iterable gives."""

    def __init__(
        self,
        cursor_metadata: object,
        iterator: Iterable[Any],
        raw: Result[*tuple[Any, ...]] | None = None,
        _source_supports_scalars: bool = False,
    ) -> None:
        shape = _shape(cursor_metadata)
        rows: Iterator[Any] = iter(iterator)
        if _source_supports_scalars:
            rows = ((value,) for value in rows)
        self.raw = raw
        super().__init__(shape, [], convert=shape.row_list, feed=_IteratorFeed(rows))


class ChunkedIteratorResult(Result[*Ts]):
    """A result of rows that come in chunks: ``chunks(size)`` returns an iterator of lists.

    *size* is what ``yield_per()`` says, None where nobody asked; with *dynamic_yield_per*,
    the chunks are asked for anew when it is called.  With *source_supports_scalars* they are
    lists of values, of one column.
    """

    def __init__(
        self,
        cursor_metadata: object,
        chunks: Callable[[int | None], Iterable[Sequence[Any]]],
        source_supports_scalars: bool = False,
        raw: Result[*tuple[Any, ...]] | None = None,
        dynamic_yield_per: bool = False,
    ) -> None:
        self.chunks = chunks
        self.raw = raw
        self.dynamic_yield_per = dynamic_yield_per
        self._bare = source_supports_scalars
        shape = _shape(cursor_metadata)
        super().__init__(shape, [], convert=shape.row_list, feed=self._feed_of(None))

    def _feed_of(self, size: int | None) -> _IteratorFeed:
        rows: Iterator[Any] = chain.from_iterable(self.chunks(size))
        return _IteratorFeed(((value,) for value in rows) if self._bare else rows)

    def yield_per(self, num: int) -> Self:
        """Read *num* rows at a time; return self."""
        if self.dynamic_yield_per:
            self._feed = self._feed_of(num)
        return super().yield_per(num)


class _IteratorFeed:
    """Feeds a result from an iterator."""

    batch = 100

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows

    def fetch_steps(self, most: int | None) -> Steps[list[Any]]:
        """Return up to *most* rows more."""
        yield from nothing
        return [tuple(row) for row in islice(self._rows, most)]

    def close_steps(self) -> Steps[None]:
        """Forget the iterator."""
        self._rows = iter(())
        yield from nothing


def _shape(metadata: Any) -> Shape:
    return _shape_of(getattr(metadata, "keys", metadata), getattr(metadata, "extra", None))


def _shape_of(keys: Sequence[str], extra: Sequence[Any] | None) -> Shape:
    objects = [each if isinstance(each, tuple | list) else (each,) for each in extra or ()]
    return Shape(tuple(keys), objects)


def result_tuple(
    fields: Sequence[str], extra: Sequence[Any] | None = None
) -> Callable[[Iterable[Any]], Row[*tuple[Any, ...]]]:
    """Return the function that makes rows with these *fields* of any values.

    ::

        point = result_tuple(["x", "y"])
        point((1, 2)).y  # 2
    """
    return _shape_of(fields, extra).row
