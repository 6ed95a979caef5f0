"""Dates and times kept as text of another form than ISO's."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, ClassVar

from ...exc import ArgumentError
from ...types.basic import quote_text
from ...types.contract import TypeDialect, TypeEngine
from ...types.settling import Settling, settled_by, there_and_back
from .types import SqliteDate, SqliteDateTime, SqliteTime

_SAMPLE = dt.datetime(2001, 2, 3, 4, 5, 6, 7)  # noqa: DTZ001 - of no zone
_DAY = "%(year)04d-%(month)02d-%(day)02d"
_TIME = "%(hour)02d:%(minute)02d:%(second)02d"
_DAY_PARTS = ("year", "month", "day")
_TIME_PARTS = ("hour", "minute", "second", "microsecond")


class Formatted(TypeEngine[Any]):
    """A date or time that is written by a format and read by a regular expression."""

    parts: ClassVar[tuple[str, ...]]
    truncated: ClassVar[str] = ""
    storage_format: str | None
    regexp: str | re.Pattern[str] | None
    truncate_microseconds: bool = False

    def _keep(
        self,
        storage_format: str | None,
        regexp: str | re.Pattern[str] | None,
        truncate_microseconds: bool = False,
    ) -> None:
        if truncate_microseconds and (storage_format is not None or regexp is not None):
            raise ArgumentError(
                "truncate_microseconds= is a format: storage_format= and regexp= are others"
            )
        self.storage_format, self.regexp = storage_format, regexp
        self.truncate_microseconds = truncate_microseconds

    @property
    def _form(self) -> str | None:
        return self.truncated if self.truncate_microseconds else self.storage_format

    @property
    def looks_like_number(self) -> bool:
        """Whether what is kept consists of digits: the column must be one of text then."""
        form = self._form
        return form is not None and self._written(form, _SAMPLE).isdigit()

    def _written(self, form: str, value: object) -> str:
        return form % {name: getattr(value, name, 0) for name in self.parts}

    def bind_function(self, dialect: TypeDialect) -> Any:
        plain, form = super().bind_function(dialect), self._form
        if plain is None or form is None:
            return plain

        def write(value: object) -> str:
            plain(value)  # which refuses what is no date or time
            return self._written(form, value)

        return write

    def result_function(self, dialect: TypeDialect, coltype: object = None) -> Any:
        if self.regexp is None:
            return super().result_function(dialect, coltype)
        pattern, kind = re.compile(self.regexp), self.python_type

        def read(value: object) -> Any:
            found = pattern.match(value) if isinstance(value, str) else None
            if found is None:
                raise ValueError(f"{value!r} is no {kind.__name__} as {pattern.pattern!r} has it")
            named = found.groupdict(0)
            if named:
                return kind(**{name: int(part) for name, part in named.items()})
            return kind(*map(int, found.groups(0)))

        return read

    def literal_function(self, dialect: TypeDialect) -> Any:
        write = self.bind_function(dialect)
        return None if write is None else lambda value: quote_text(write(value))

    def settling(self, dialect: TypeDialect) -> Settling | None:
        if self._form is None:
            return super().settling(dialect)
        return settled_by(None, there_and_back(self, dialect))


class DATETIME(Formatted, SqliteDateTime):
    """A date and time of day, as text of a form of one's own.

    ``storage_format``         how it is written: ``%`` with ``year`` to ``microsecond`` by name
    ``regexp``                 how it is read: its groups, named or in order, are the parts
    ``truncate_microseconds``  ISO's form without decimals of seconds

    ::

        Column(
            "day",
            DATETIME(
                storage_format="%(year)04d/%(month)02d/%(day)02d", regexp=r"(\\d+)/(\\d+)/(\\d+)"
            ),
        )

    :raises ArgumentError: *truncate_microseconds* and one of the others are given
    """

    parts = (*_DAY_PARTS, *_TIME_PARTS)
    truncated = f"{_DAY} {_TIME}"

    def __init__(
        self,
        storage_format: str | None = None,
        regexp: str | re.Pattern[str] | None = None,
        truncate_microseconds: bool = False,
        *,
        timezone: bool = False,
    ) -> None:
        super().__init__(timezone)
        self._keep(storage_format, regexp, truncate_microseconds)


class DATE(Formatted, SqliteDate):
    """A day, as text of a form of one's own: *storage_format* and *regexp* as for DATETIME."""

    parts = _DAY_PARTS

    def __init__(
        self,
        storage_format: str | None = None,
        regexp: str | re.Pattern[str] | None = None,
    ) -> None:
        super().__init__()
        self._keep(storage_format, regexp)


class TIME(Formatted, SqliteTime):
    """A time of day, as text of a form of one's own: parameters as for DATETIME.

    :raises ArgumentError: *truncate_microseconds* and one of the others are given
    """

    parts = _TIME_PARTS
    truncated = _TIME

    def __init__(
        self,
        storage_format: str | None = None,
        regexp: str | re.Pattern[str] | None = None,
        truncate_microseconds: bool = False,
        *,
        timezone: bool = False,
    ) -> None:
        super().__init__(timezone)
        self._keep(storage_format, regexp, truncate_microseconds)
