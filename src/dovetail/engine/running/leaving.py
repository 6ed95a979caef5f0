"""Whether a loop goes on where a ``with`` block in it ends.

The end of a block is told of an error in it, and of nothing else: ``return`` in the block looks
like its last line.  Who would run the block again has to know, so the code that follows is read.
"""

from __future__ import annotations

from bisect import bisect_right
from dis import get_instructions
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dis import Instruction
    from types import FrameType

_PASSED = frozenset((
    *("CACHE", "END_SEND", "EXTENDED_ARG", "NOP", "NOT_TAKEN", "POP_TOP", "PRECALL"),
    *("RESUME", "YIELD_VALUE"),
))  # fmt: skip
"""What stands between the end of a block and the next round, and does nothing for the program."""

_FOLLOWED = frozenset((
    *("JUMP_ABSOLUTE", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "JUMP_FORWARD"), "SEND",
))  # fmt: skip
_NEXT_ROUND = frozenset(("FOR_ITER", "GET_ANEXT"))


def goes_on(frame: FrameType) -> bool:
    """Return whether nothing but the next round of a loop follows the call *frame* is in.

    Where that can't be told, no.
    """
    following = {each.offset: each for each in get_instructions(frame.f_code)}
    order = sorted(following)
    # Of a call that waits, the place may be one of the cache behind its instruction.
    here = bisect_right(order, frame.f_lasti) - 1
    if following[order[here]].opname != "SEND":
        here += 1
    for _ in order:
        if here >= len(order):
            return False
        instruction = following[order[here]]
        if instruction.opname in _NEXT_ROUND:
            return True
        if instruction.opname in _FOLLOWED:
            here = order.index(_target(instruction))
        elif instruction.opname in _PASSED:
            here += 1
        else:
            return False
    return False


def _target(jump: Instruction) -> int:
    target: int = jump.argval
    return target
