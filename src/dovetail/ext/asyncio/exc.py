"""The errors of awaiting engines and sessions, at their familiar path."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from ...exc import (
    AsyncContextAlreadyStarted as AsyncContextAlreadyStarted,
    AsyncContextNotStarted as AsyncContextNotStarted,
)
