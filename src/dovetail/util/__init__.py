"""Blocking code that reaches an event loop, at its familiar path."""

from ..ext.asyncio.bridge import (
    await_only as await_only,
    greenlet_spawn as greenlet_spawn,
    in_greenlet as in_greenlet,
)

__all__ = ["await_only", "greenlet_spawn", "in_greenlet"]
