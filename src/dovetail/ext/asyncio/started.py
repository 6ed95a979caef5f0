"""What is awaited, or entered as an async context manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Generator

T = TypeVar("T")


class Started(Generic[T]):
    """Something to be awaited, or entered as an async context manager that closes it."""

    def __init__(self, making: Awaitable[T]) -> None:
        self._making = making
        self._made: Any = None

    def __await__(self) -> Generator[Any, Any, T]:
        return self._making.__await__()

    async def __aenter__(self) -> T:
        self._made = await self._making
        made: T = self._made
        return made

    async def __aexit__(self, *_: object) -> None:
        await self._made.close()
