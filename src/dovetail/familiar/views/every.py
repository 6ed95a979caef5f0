"""Every table of views."""

from __future__ import annotations

from . import declarations, elements, expressions, mappings, queries, sessions, statements
from .table import Views

EVERY: tuple[Views, ...] = (
    declarations.views,
    elements.views,
    expressions.views,
    mappings.views,
    queries.views,
    sessions.views,
    statements.views,
)
