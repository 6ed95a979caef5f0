"""Types as SQLite keeps them: dates and times are ISO text."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from ...types import structured
from ...types.basic import Date, DateTime, Time, quote_text
from ...types.contract import Processor, TypeDialect, TypeEngine


def datetime_text(value: Any) -> str:
    """Return a datetime as text of fixed width, so that it sorts; its zone is dropped."""
    try:
        return value.isoformat(" ", "microseconds")[:26]  # type: ignore[no-any-return]
    except (AttributeError, TypeError):
        if isinstance(value, dt.date):
            return f"{value.isoformat()} 00:00:00.000000"
    raise TypeError(f"a DateTime column takes datetime and date objects; got {value!r}")


def date_text(value: object) -> str:
    """Return a date as text; of a datetime its date."""
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    raise TypeError(f"a Date column takes date objects; got {value!r}")


def time_text(value: object) -> str:
    """Return a time of day as text of fixed width, so that it sorts."""
    if isinstance(value, dt.time):
        return value.isoformat("microseconds")[:15]
    raise TypeError(f"a Time column takes time objects; got {value!r}")


class SqliteDateTime(DateTime):
    """``2020-01-02 03:04:05.000006``."""

    def bind_function(self, dialect: TypeDialect) -> Processor:
        return datetime_text

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        return dt.datetime.fromisoformat

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return lambda value: quote_text(datetime_text(value))


class SqliteDate(Date):
    """``2020-01-02``."""

    def bind_function(self, dialect: TypeDialect) -> Processor:
        return date_text

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        return dt.date.fromisoformat

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return lambda value: quote_text(date_text(value))


class SqliteTime(Time):
    """``03:04:05.000006``."""

    def bind_function(self, dialect: TypeDialect) -> Processor:
        return time_text

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        return dt.time.fromisoformat

    def literal_function(self, dialect: TypeDialect) -> Callable[[Any], str]:
        return lambda value: quote_text(time_text(value))


def json_index(value: Any) -> str:
    """Return an index as a path: a name as JSON text has it, which SQLite compares as it is.

    A quotation mark ends a name there, escaped or not: ValueError, instead of NULL for all rows.
    """
    if not isinstance(value, int) and '"' in value:
        raise ValueError(
            f"SQLite finds no key with a quotation mark in it by a JSON path: {value!r}; read the "
            "whole value, or compare the keys of func.json_each()"
        )
    return f"$[{value}]" if isinstance(value, int) else f"$.{json.dumps(value)}"


def json_path(value: Any) -> str:
    """Return a tuple of indexes as a path."""
    return "$" + "".join([json_index(step)[1:] for step in value])


class JSON(structured.JSON):
    """JSON text; a column called JSON has the affinity of numbers, and gives those as they are."""

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Processor:
        loads = self.deserializer(dialect)

        def read(value: object) -> Any:
            return value if value.__class__ is int or value.__class__ is float else loads(value)

        return read


COLSPECS: dict[type[TypeEngine[Any]], type[TypeEngine[Any]]] = {
    DateTime: SqliteDateTime,
    Date: SqliteDate,
    Time: SqliteTime,
    structured.JSON: JSON,
}
