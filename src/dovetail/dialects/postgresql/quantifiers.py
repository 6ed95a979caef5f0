"""``Any`` and ``All``: a value compared with the elements of an array."""

from __future__ import annotations

import typing

from ...sql import operators as ops

if typing.TYPE_CHECKING:
    from ...sql.expression.column_element import ColumnElement


def Any(  # noqa: N802 - a public name that users know
    other: object, arrexpr: typing.Any, operator: typing.Any = ops.EQ
) -> ColumnElement[bool]:
    """Return ``other = ANY (arrexpr)``."""
    made: ColumnElement[bool] = arrexpr.any(other, operator)
    return made


def All(  # noqa: N802 - a public name that users know
    other: object, arrexpr: typing.Any, operator: typing.Any = ops.EQ
) -> ColumnElement[bool]:
    """Return ``other = ALL (arrexpr)``."""
    made: ColumnElement[bool] = arrexpr.all(other, operator)
    return made
