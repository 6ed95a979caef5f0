"""What a result knows of its columns."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..types.contract import TypeEngine


class ResultColumn(NamedTuple):
    """One column of the rows that a statement gives."""

    name: str | None
    """As the server calls it."""
    key: str | None
    """As the row calls it."""
    type: TypeEngine[Any]
    expressions: tuple[Any, ...]
    """The expressions by which it may be asked for."""
