"""Every table of views."""

from __future__ import annotations

from . import (
    declarations,
    definitions,
    dialects,
    elements,
    expressions,
    mappings,
    queries,
    rows,
    sessions,
    statements,
)
from .table import Views

EVERY: tuple[Views, ...] = (
    declarations.views,
    definitions.views,
    dialects.views,
    elements.views,
    expressions.views,
    mappings.views,
    queries.views,
    rows.views,
    sessions.views,
    statements.views,
)
