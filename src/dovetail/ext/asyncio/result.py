"""Results that are awaited: the rows come while they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, TypeVarTuple, overload

from ...exc import MultipleResultsFound, NoResultFound
from .one_task import OneTask

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from typing import Self

    from ...engine.readable import Readable
    from ...engine.result import FrozenResult, MappingResult, Result
    from ...engine.rows import RMKeyView, Row, RowMapping
    from ...sql.arguments import RowKey

T = TypeVar("T")
R = TypeVar("R")
Ts = TypeVarTuple("Ts")


class AsyncReadable(Generic[T]):
    """What all awaited results can do; each has a blocking one inside, which holds the rows."""

    def __init__(self, real: Readable[T], one_task: OneTask) -> None:
        self._real = real
        self._one_task = one_task
        self._kept: list[T] = []
        """Unique items that were read when reading more of them failed, or was cancelled."""
        self._loop: Iterator[T] = iter(())

    async def _some(self, most: int) -> list[T]:
        """Remove up to *most* items, and return them."""
        real = self._real
        found, self._kept = self._kept, []
        try:
            while len(found) < most:
                lacking = most - len(found)
                await self._one_task.run(real.fill_steps(lacking))
                items = real._take(lacking)
                if not items:
                    break
                found.extend(real._distinct(items))
        except BaseException:
            self._kept = found
            raise
        self._kept = found[most:]
        return found[:most]

    async def all(self) -> Sequence[T]:
        """Return all that remains."""
        await self._one_task.run(self._real.fill_steps(None))
        kept, self._kept = self._kept, []
        return [*kept, *self._real.all()] if kept else self._real.all()

    async def fetchall(self) -> Sequence[T]:
        """Return all that remains."""
        return await self.all()

    async def fetchmany(self, size: int | None = None) -> Sequence[T]:
        """Return up to *size* items (by default, what ``yield_per`` says), [] at the end."""
        if size is None and self._real._per is None:
            return await self.all()
        return await self._some(size or self._real._per or 1)

    async def first(self) -> T | None:
        """Return the first item, or None; what remains is given up."""
        found = await self._some(1)
        await self.close()
        return found[0] if found else None

    async def one(self) -> T:
        """Return the only item; NoResultFound or MultipleResultsFound is raised otherwise."""
        found = await self._some(2)
        await self.close()
        if len(found) == 1:
            return found[0]
        if found:
            raise MultipleResultsFound("more than one row was found where one was required")
        raise NoResultFound("no row was found where one was required")

    async def one_or_none(self) -> T | None:
        """Return the only item, or None; MultipleResultsFound is raised if there are more."""
        found = await self._some(2)
        await self.close()
        if len(found) > 1:
            raise MultipleResultsFound("more than one row was found where one at most was allowed")
        return found[0] if found else None

    async def partitions(self, size: int | None = None) -> AsyncIterator[Sequence[T]]:
        """Yield lists of up to *size* items, by default what ``yield_per`` says."""
        while True:
            part = await self.fetchmany(size)
            if not part:
                return
            yield part

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        real = self._real
        while True:
            for item in self._loop:
                if real._seen is None:
                    return item
                found = real._distinct([item])
                if found:
                    first: T = found[0]
                    return first
            if self._kept:
                self._loop, self._kept = iter(self._kept), []
                return next(self._loop)
            rows = real._held_in()
            size = real._per or 100
            await self._one_task.run(real.fill_steps(size))
            raw = rows._slice(size)
            if not raw:
                raise StopAsyncIteration
            # Lent: what the loop does not reach can be read in another way.
            self._loop = iter(real._made(raw))
            rows._lent = raw, self._loop

    def unique(self, strategy: Callable[[Any], Any] | None = None) -> Self:
        """Give out no item twice; return self."""
        self._real.unique(strategy)
        return self

    def yield_per(self, num: int) -> Self:
        """Read *num* rows at a time; return self."""
        self._real.yield_per(num)
        return self

    async def close(self) -> None:
        """Give up what has not been read."""
        self._kept = []
        await self._one_task.run(self._real.close_steps())

    @property
    def closed(self) -> bool:
        """Whether the result was closed."""
        return self._real.closed

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncResult(AsyncReadable["Row[*Ts]"], Generic[*Ts]):
    """Rows of a statement, awaited.

    ::

        async with connection.stream(select(user)) as result:
            async for row in result:
                ...
    """

    _real: Result[*Ts]

    def __init__(self, real_result: Result[*Ts], one_task: OneTask | None = None) -> None:
        super().__init__(real_result, one_task or OneTask("connection"))

    def keys(self) -> RMKeyView:
        """Return the names of the columns."""
        return self._real.keys()

    async def fetchone(self) -> Row[*Ts] | None:
        """Return the next row, or None at the end."""
        found = await self._some(1)
        return found[0] if found else None

    @overload
    async def scalar(self: AsyncResult[R, *tuple[Any, ...]]) -> R | None: ...
    @overload
    async def scalar(self) -> Any: ...
    async def scalar(self) -> Any:
        """Return the first value of the first row, or None if there is no row."""
        row: Any = await self.first()
        return None if row is None else row[0]

    @overload
    async def scalar_one(self: AsyncResult[R, *tuple[Any, ...]]) -> R: ...
    @overload
    async def scalar_one(self) -> Any: ...
    async def scalar_one(self) -> Any:
        """Return the first value of the only row."""
        row: Any = await self.one()
        return row[0]

    @overload
    async def scalar_one_or_none(self: AsyncResult[R, *tuple[Any, ...]]) -> R | None: ...
    @overload
    async def scalar_one_or_none(self) -> Any: ...
    async def scalar_one_or_none(self) -> Any:
        """Return the first value of the only row, or None."""
        row: Any = await self.one_or_none()
        return None if row is None else row[0]

    @overload
    def scalars(
        self: AsyncResult[R, *tuple[Any, ...]], index: Literal[0] = 0
    ) -> AsyncScalarResult[R]: ...
    @overload
    def scalars(self, index: RowKey = 0) -> AsyncScalarResult[Any]: ...
    def scalars(self, index: RowKey = 0) -> AsyncScalarResult[Any]:
        """Return the values of one column."""
        return AsyncScalarResult(self, index)

    def mappings(self) -> AsyncMappingResult:
        """Return the rows as mappings."""
        return AsyncMappingResult(self)

    def columns(self, *col_expressions: RowKey) -> AsyncResult[*tuple[Any, ...]]:
        """Return a result of these columns alone."""
        return AsyncResult(self._real.columns(*col_expressions), self._one_task)

    def tuples(self) -> AsyncResult[*Ts]:
        """Return the result itself, for type checkers one of plain tuples."""
        return self

    @property
    def t(self) -> AsyncResult[*Ts]:
        """The result itself, for type checkers one of plain tuples."""
        return self

    async def freeze(self) -> FrozenResult:
        """Return the rows, all fetched, as something from which results can be made again."""
        await self._one_task.run(self._real.fill_steps(None))
        return self._real.freeze()


class AsyncScalarResult(AsyncReadable[R], Generic[R]):
    """The values of one column of a result, awaited."""

    def __init__(self, result: AsyncResult[*tuple[Any, ...]], index: RowKey) -> None:
        super().__init__(result._real.scalars(index), result._one_task)


class AsyncMappingResult(AsyncReadable["RowMapping"]):
    """The rows of a result as mappings, awaited."""

    _real: MappingResult

    def __init__(self, result: AsyncResult[*tuple[Any, ...]]) -> None:
        super().__init__(result._real.mappings(), result._one_task)

    def keys(self) -> RMKeyView:
        """Return the names of the columns."""
        return self._real.keys()

    def columns(self, *col_expressions: RowKey) -> AsyncMappingResult:
        """Return mappings of these columns alone."""
        made = object.__new__(AsyncMappingResult)
        AsyncReadable.__init__(made, self._real.columns(*col_expressions), self._one_task)
        return made

    async def fetchone(self) -> RowMapping | None:
        """Return the next row, or None at the end."""
        found = await self._some(1)
        return found[0] if found else None


AsyncTupleResult = AsyncResult
