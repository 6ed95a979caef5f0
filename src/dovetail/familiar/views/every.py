"""Every table of views."""

from __future__ import annotations

from . import statements
from .table import Views

EVERY: tuple[Views, ...] = (statements.views,)
