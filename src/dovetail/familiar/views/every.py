"""Every table of views."""

from __future__ import annotations

from . import (
    compilers,
    declarations,
    definitions,
    dialects,
    elements,
    expressions,
    kinds,
    mappings,
    queries,
    rows,
    sessions,
    statements,
    types,
)
from .table import Views

EVERY: tuple[Views, ...] = (
    compilers.views,
    declarations.views,
    definitions.views,
    dialects.views,
    elements.views,
    expressions.views,
    kinds.views,
    mappings.views,
    queries.views,
    rows.views,
    sessions.views,
    statements.views,
    types.views,
)
