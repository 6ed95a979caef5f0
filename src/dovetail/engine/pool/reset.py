"""How a connection is cleaned when it returns to its pool."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from ...exc import ArgumentError


class ResetStyle(Enum):
    """What a pool does to a connection that returns."""

    reset_rollback = 0
    reset_commit = 1
    reset_none = 2


reset_rollback: Final = ResetStyle.reset_rollback
reset_commit: Final = ResetStyle.reset_commit
reset_none: Final = ResetStyle.reset_none

_STYLES: dict[object, ResetStyle] = {
    "rollback": reset_rollback,
    True: reset_rollback,
    "commit": reset_commit,
    "none": reset_none,
    False: reset_none,
    None: reset_none,
    **{style: style for style in ResetStyle},
}


@dataclass(frozen=True)
class PoolResetState:
    """What a listener to ``reset`` is told of the connection.

    ``transaction_was_reset``  it was rolled back a moment ago, so that the pool will not
    ``terminate_only``  it is dropped and not used again, for its borrower has gone
    ``asyncio_safe``    the driver, if it awaits, can be called
    """

    transaction_was_reset: bool
    terminate_only: bool
    asyncio_safe: bool


def reset_style(value: object) -> ResetStyle:
    """Return what *value* of the option ``reset_on_return`` means."""
    # 1 and 0 would be found beside true and false.
    style = None if isinstance(value, int) and type(value) is not bool else _STYLES.get(value)
    if style is None:
        raise ArgumentError(
            f"reset_on_return cannot be {value!r}", hint="use 'rollback', 'commit' or None"
        )
    return style
