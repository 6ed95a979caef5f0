"""The familiar import path of scoped sessions."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .scoped import (
    ScopedRegistry as ScopedRegistry, ThreadLocalRegistry as ThreadLocalRegistry,
    scoped_session as scoped_session,
)
