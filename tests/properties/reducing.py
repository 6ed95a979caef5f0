"""Smaller examples that still fail: what is left of one says what was wrong."""

from collections.abc import Callable, Iterator
from typing import Any

SIMPLEST = {
    "Class.key": "number",
    "Plain.type": "integer",
    "Plain.home": "class",
    "Layout.style": "declarative",
    "Below.kind": "single",
    "Related.kind": "one to many",
    "Related.lazy": "select",
    "Related.lazy_back": "select",
    "Read.shape": "graph",
}
"""What is tried for the fields of recipes; None for the others."""

MOST_TRIES = 3000


def smallest(example: Any, fails: Callable[[Any], bool], tries: int = MOST_TRIES) -> Any:
    """What is left of *example* when nothing more can be taken from it, so that it *fails*."""
    left = tries
    while True:
        for simpler in _simpler(example):
            left -= 1
            if left < 0:
                return example
            if fails(simpler):
                example = simpler
                break
        else:
            return example


def _simpler(value: Any, field: str = "") -> Iterator[Any]:
    """Values that are one step simpler than *value*, the greatest steps first."""
    if isinstance(value, bool):
        yield from [False] if value else []
    elif isinstance(value, int):
        yield from [0] if value else []
        yield from [value - 1] if value > 1 else []
    elif isinstance(value, str):
        simplest = SIMPLEST.get(field)
        yield from [simplest] if field and value != simplest else []
    elif hasattr(value, "_fields"):
        for name, inner in zip(value._fields, value, strict=True):
            field = f"{type(value).__name__}.{name}"
            yield from (value._replace(**{name: one}) for one in _simpler(inner, field))
    elif isinstance(value, list | tuple):
        if not isinstance(value, tuple) or _is_many(value):
            yield from _shorter(value)
        for place, inner in enumerate(value):
            for one in _simpler(inner):
                yield type(value)([*value[:place], one, *value[place + 1 :]])


def _is_many(value: tuple[Any, ...]) -> bool:
    """Whether a tuple is of any length: of recipes, or of the numbers of an order."""
    return all(isinstance(one, tuple) for one in value) or (
        len(value) > 2 and all(type(one) is int for one in value)
    )


def _shorter(value: Any) -> Iterator[Any]:
    """*value* without a part of it: halves, quarters, each item."""
    length = size = len(value)
    while size > 1:
        size = (size + 1) // 2
        # The last steps of a program can most often go.
        for start in reversed(range(0, length, size)):
            yield value[:start] + value[start + size :]
    if length == 1:
        yield value[:0]
