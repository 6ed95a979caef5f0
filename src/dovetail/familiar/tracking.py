"""What is known of an instance, as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..orm.session.session import Session
    from ..orm.tracking.state import InstanceState


def session_of(state: InstanceState) -> Session | None:
    """Return the session that the instance of *state* is in, or None."""
    found: Session | None = state.session
    return found
