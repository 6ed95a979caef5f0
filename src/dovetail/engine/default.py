"""The standard's dialect, under a path that users know."""

from ..dialects.dialect import DefaultDialect as DefaultDialect
