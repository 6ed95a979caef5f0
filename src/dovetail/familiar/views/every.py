"""Every table of views."""

from __future__ import annotations

from . import expressions, queries, statements
from .table import Views

EVERY: tuple[Views, ...] = (expressions.views, queries.views, statements.views)
