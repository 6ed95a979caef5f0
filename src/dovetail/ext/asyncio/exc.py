"""The errors of awaiting engines and sessions, at their familiar path."""

from ...exc import (
    AsyncContextAlreadyStarted,
    AsyncContextNotStarted,
)

__all__ = ["AsyncContextAlreadyStarted", "AsyncContextNotStarted"]
