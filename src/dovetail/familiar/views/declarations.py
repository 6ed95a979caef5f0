"""Views of what classes declare."""

from __future__ import annotations

from ...orm.mapping.declared_attr import declared_attr
from .table import Views

views = Views()

views.names(declared_attr, fget="function")
