"""How many statements a test may send, over whatever engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..engine.engine import Engine
from ..engine.watched import attach_to, begin_watch
from ..engine.watching.budget import Budget

if TYPE_CHECKING:
    from ..engine.watching.watch import Watch


def watch_of_all_engines(budget: Budget | None = None) -> Watch:
    """Return a watch of what all engines of this process send."""
    return begin_watch(lambda watch: attach_to(Engine, watch), {"budget": budget})


def budget_of_marker(*given: Any, max: int | None = None, **limits: Any) -> Budget:
    """Return the budget that ``@pytest.mark.statements(max=5, n_plus_one=0)`` asks for.

    TypeError is raised for arguments that it has not.
    """
    (most,) = given or (max,)
    return Budget(statements=most, **limits)
