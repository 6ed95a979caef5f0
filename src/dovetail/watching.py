"""Watching what an engine or a session sends: N+1, duplicates, budgets, a page to look at."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .engine.place import Place as Place
from .engine.watching.budget import Budget as Budget
from .engine.watching.findings import (
    Duplicate as Duplicate, HeldOpen as HeldOpen, Repeated as Repeated,
)
from .engine.watching.middleware import (
    AsyncWatchMiddleware as AsyncWatchMiddleware, WatchMiddleware as WatchMiddleware,
    log_findings as log_findings,
)
from .engine.watching.statement import WatchedStatement as WatchedStatement
from .engine.watching.watch import Watch as Watch
