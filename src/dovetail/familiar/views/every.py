"""Every table of views."""

from __future__ import annotations

from . import declarations, expressions, queries, statements
from .table import Views

EVERY: tuple[Views, ...] = (
    declarations.views,
    expressions.views,
    queries.views,
    statements.views,
)
