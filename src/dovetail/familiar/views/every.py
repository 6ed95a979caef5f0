"""Every table of views."""

from __future__ import annotations

from . import declarations, elements, expressions, queries, sessions, statements
from .table import Views

EVERY: tuple[Views, ...] = (
    declarations.views,
    elements.views,
    expressions.views,
    queries.views,
    sessions.views,
    statements.views,
)
