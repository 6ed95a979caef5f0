"""What programs that wrap an AsyncSession take from the other package's."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .util.containers import immutabledict

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")

EXECUTE_OPTIONS: immutabledict[str, bool] = immutabledict({"prebuffer_rows": True})
"""All rows are read before a result is handed on: as those of an AsyncSession are in any case."""


async def ensure_sync_result(result: R, calling_method: Callable[..., object]) -> R:
    """Return *result*, which *calling_method* gave: its rows can be read without waiting."""
    return result
