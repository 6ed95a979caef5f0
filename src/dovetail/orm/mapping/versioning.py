"""Version counters: a column that tells whether a row is still as it was read."""

from typing import Any

from dovetail.exc import ArgumentError
from dovetail.sql.expression.column_element import ColumnElement


def next_number(version: int | None) -> Any:
    """The number after *version*, 1 for a new row."""
    return 1 if version is None else version + 1


class Versioning:
    """What a mapper knows of the version of its rows.

    ``version_id_col``        the column, or None
    ``version_key``           the attribute that holds it
    ``version_id_generator``  makes a row's next version of the last, of None for a new row; False
                              where the server makes it
    """

    class_: type
    column_keys: dict[Any, str]
    column_attrs: Any
    local_table: Any
    track: Any
    version_id_col: Any = None
    version_key: str | None = None
    version_id_generator: Any = staticmethod(next_number)

    def _find_version(self, column: Any, generator: Any, inherits: Any) -> None:
        """Take up what the mapper options, or those of the class above, say of versions."""
        if column is None:
            if inherits is not None and not getattr(self, "concrete", False):
                self.version_id_col = inherits.version_id_col
                self.version_key = inherits.version_key
                self.version_id_generator = inherits.version_id_generator
            return
        column = getattr(column, "column", column)
        key = self.column_keys.get(column)
        if key is None and isinstance(column, ColumnElement):
            # Of a table that the class shows through a SELECT.
            key = self.column_keys.get(self.local_table.corresponding_column(column))
        if key is None and isinstance(column, str) and column in self.column_attrs:
            key = column
        if key is None:
            raise ArgumentError(
                f"{self.class_.__name__}: version_id_col={column!r} is no mapped column",
                hint='__mapper_args__ = {"version_id_col": version}, after version = '
                "mapped_column(Integer, nullable=False)",
            )
        self.version_key = key
        prop = self.column_attrs[key]
        self.version_id_col = prop.expressions[0]
        # What is set by hand replaces what is known of the row, which must be known then.
        prop.active_history = True
        self.track(key, prop)
        if generator is not None:
            self.version_id_generator = generator

    @property
    def version_id_prop(self) -> Any:
        """The property of the attribute that holds the version, or None."""
        return None if self.version_key is None else self.column_attrs[self.version_key]

    @property
    def makes_versions(self) -> bool:
        """True where versions are made here, and not by the server."""
        return self.version_key is not None and self.version_id_generator is not False
