"""Statements with ``return_defaults()``: what the server filled in is told beside the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .cursor import CursorResult

if TYPE_CHECKING:
    from ..dialects.features import Features
    from ..sql.expression.column_element import ColumnElement
    from ..sql.expression.dml_base import UpdateBase
    from ..steps import Steps
    from .channel import Channel

Run = Callable[["Channel", Any, list[Mapping[str, Any]], Mapping[str, Any]], Any]


def telling_defaults_steps(
    channel: Channel,
    statement: UpdateBase,
    rows: list[Mapping[str, Any]],
    options: Mapping[str, Any],
    run: Run,
) -> Steps[CursorResult[*tuple[Any, ...]]]:
    """Have *run* execute *statement* with RETURNING, and give a result without rows.

    ``returned_defaults_rows`` has what was returned, where the server returns something.
    """
    is_able = _is_able(channel.dialect.features, statement)
    columns = default_columns(statement, rows) if is_able else []
    plain = statement._with(returns_defaults=None)
    if not columns:
        plain_result: CursorResult[*tuple[Any, ...]] = yield from run(channel, plain, rows, options)
        return plain_result
    many = len(rows) > 1
    ordered = many and statement.sort_by_parameter_order
    asked = plain.returning(*columns, sort_by_parameter_order=ordered)
    result: CursorResult[*tuple[Any, ...]] = yield from run(channel, asked, rows, options)
    found = result.all()
    told = CursorResult.of_change(len(found))
    told.is_insert = statement.is_insert
    told._parameters = result._parameters
    told.set_returned_defaults(found, many=many)
    if statement.is_insert:
        keys = tuple(column.key for column in statement.as_core().table.primary_key)
        told.set_inserted_keys(keys, [tuple(row[: len(keys)]) for row in found])
    return told


def _is_able(features: Features, statement: UpdateBase) -> bool:
    """Whether the server returns something from statements like *statement*."""
    if statement.is_insert:
        able = features.supports_insert_returning and statement.select_source is None
    elif statement.is_update:
        able = features.supports_update_returning
    else:
        able = features.supports_delete_returning
    return bool(able)


def default_columns(statement: UpdateBase, rows: Sequence[Mapping[str, Any]] = ()) -> list[Any]:
    """What ``return_defaults()`` fetches: the key of what is inserted, what is named or filled in.

    *rows* are the parameters of *statement*.
    """
    table = statement.as_core().table
    found: dict[Any, None] = {}
    if statement.is_insert:
        found.update(dict.fromkeys(table.primary_key))
    named = statement.returns_defaults
    if named:
        return list({**found, **dict.fromkeys(named)})
    if not statement.is_insert and not statement.is_update:
        return []
    values: Any = statement.values_ or ()
    given = {getattr(key, "key", key) for key in values}
    given.update(rows[0] if rows else ())
    filled = _filled_by_insert if statement.is_insert else _filled_by_update
    found.update(dict.fromkeys(one for one in table.c if one.key not in given and filled(one)))
    return list(found)


def _filled_by_insert(column: ColumnElement[Any]) -> bool:
    return any((column.server_default, column.computed, column.identity))


def _filled_by_update(column: ColumnElement[Any]) -> bool:
    return any((column.server_onupdate, column.computed))
