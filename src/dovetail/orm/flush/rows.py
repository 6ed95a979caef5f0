"""Texts of INSERT for any number of rows, and how many go into one statement."""

from dovetail.compiler.compiled import Compiled
from dovetail.dialects.features import Features

_PARAMETERS_PER_STATEMENT = 800
_ROWS_PER_STATEMENT = 250


class RowsText:
    """An INSERT for one row, repeatable for many.

    A statement of some hundred parameters costs a server less for each row than both one row
    and a thousand; ``rows_per_statement`` is that measure, within what the server accepts.
    """

    def __init__(self, compiled: Compiled, width: int, features: Features) -> None:
        self.compiled = compiled
        self.sql: str = compiled.sql
        self.parts = compiled.values_parts if width else None
        self.width = width
        most = min(_PARAMETERS_PER_STATEMENT, features.max_parameters or _PARAMETERS_PER_STATEMENT)
        self.rows_per_statement = max(1, min(_ROWS_PER_STATEMENT, most // max(width, 1)))
        if not features.supports_multi_values or self.parts is None:
            self.rows_per_statement = 1
        self._texts: dict[int, str] = {}

    def text(self, count: int) -> str:
        """The statement for *count* rows."""
        if count == 1 or self.parts is None:
            return self.sql
        text = self._texts.get(count)
        if text is None:
            text = self._texts[count] = self.parts.text(count)
        return text

    def chunks(self, count: int) -> list[tuple[int, int]]:
        """(first row, number of rows) of each statement for *count* rows."""
        size = self.rows_per_statement
        if 0 < count <= size:
            return [(0, count)]
        return [(start, min(size, count - start)) for start in range(0, count, size)]
