"""Views of rows, and rows of classes that programs derive."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ...engine.connection import Connection
from ...engine.engine import Engine
from ...engine.made_results import SimpleResultMetaData
from ...engine.result import Result
from ...engine.rows import Row, row_class
from .table import Views

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

views = Views()

# A connection of 2.0 is closed by who has opened it: programs of 1.x put the flag back.
views.values(Connection, should_close_with_result=False)
views.names(Connection, Engine, _execution_options="_options")


@views.attribute(Connection)
def _transaction(connection: Connection) -> Any:
    """Return the transaction in progress, or None."""
    return connection.get_transaction()


@views.attribute(Connection)
def _nested_transaction(connection: Connection) -> Any:
    """Return the innermost savepoint, or None."""
    return connection.get_nested_transaction()


@views.attribute(Row)
def _data(row: Row[*tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return the values."""
    return tuple(row)


@views.attribute(Row)
def _parent(row: Row[*tuple[Any, ...]]) -> SimpleResultMetaData:
    """Return the names of the result that the row is of."""
    return SimpleResultMetaData(row._fields)


@views.attribute(Row)
def _key_to_index(row: Row[*tuple[Any, ...]]) -> dict[Any, int]:
    """Return where the value of each name stands."""
    return {name: position for name, position in row._names.items() if position >= 0}


@views.attribute(Result)
def _metadata(result: Result[*tuple[Any, ...]]) -> SimpleResultMetaData:
    """Return the names of the columns."""
    return SimpleResultMetaData(list(result.keys()))


@views.method(SimpleResultMetaData)
def _reduce(metadata: SimpleResultMetaData, keys: list[str]) -> SimpleResultMetaData:
    """Return the names *keys* alone."""
    return SimpleResultMetaData(keys)


@lru_cache(maxsize=256)
def _with_names(kind: type[object], keys: tuple[str, ...]) -> type[tuple[object, ...]]:
    """Return *kind*, a class of rows, for the names *keys*."""
    bases: Any = (kind, row_class(keys))
    return type(kind.__name__, bases, {"__module__": kind.__module__})


def _made(
    cls: type[object],
    parent: SimpleResultMetaData,
    processors: Sequence[Callable[[object], object] | None] | None,
    key_to_index: dict[object, int],
    data: Sequence[object],
) -> tuple[object, ...]:
    """Make a row of *data*, called as *parent* says, each value as it is for *processors*."""
    if processors is not None:
        data = [v if p is None else p(v) for p, v in zip(processors, data, strict=True)]
    return tuple.__new__(_with_names(cls, parent.keys), data)  # type: ignore[arg-type]


def _derived(cls: Any, /, **options: object) -> None:
    """Let *cls*, where a program derives it from ``Row`` itself, be made as such rows are."""
    super(Row, cls).__init_subclass__(**options)
    if cls.__bases__ == (Row,) and cls.__module__ != Row.__module__:
        cls.__new__ = _made


views.values(Row, __init_subclass__=classmethod(_derived))
