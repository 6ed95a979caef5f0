"""The classic names of locks: ``lockmode="update"`` for ``with_for_update=True``."""

from collections.abc import Mapping
from warnings import warn

from dovetail.exc import ArgumentError, DovetailDeprecationWarning

_LOCKS: Mapping[str, dict[str, bool]] = {
    "read": {"read": True},
    "update": {},
    "update_nowait": {"nowait": True},
}


def lock_of(lockmode: str, method: str) -> dict[str, bool]:
    """What *lockmode*, given to *method*, is as arguments of ``with_for_update()``."""
    if lockmode not in _LOCKS:
        raise ArgumentError(
            f"lockmode={lockmode!r} is not known", hint=f"one of {', '.join(map(repr, _LOCKS))}"
        )
    found = _LOCKS[lockmode]
    today = ", ".join(f"{name}={value}" for name, value in found.items())
    warn(
        f"{method}(lockmode) is classic; today: with_for_update({today}), or with_for_update="
        f"{found or True!r}",
        DovetailDeprecationWarning,
        stacklevel=3,
    )
    return found
