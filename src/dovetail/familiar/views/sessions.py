"""Views of sessions."""

from __future__ import annotations

from ...orm.session.session import Session
from .table import Views

views = Views()

# Sessions that are derived from it hand these on: they are for events that are sent again.
views.also_takes(Session, "execute", "_parent_execute_state", "_add_event")
