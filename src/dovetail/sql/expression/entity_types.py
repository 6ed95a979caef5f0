"""What may be selected, for type checkers: an expression of a type, or a mapped class."""

from __future__ import annotations

from typing import TypeVar

from .column_element import ColumnElement

T0 = TypeVar("T0")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")
T6 = TypeVar("T6")
T7 = TypeVar("T7")

C0 = ColumnElement[T0] | type[T0]
C1 = ColumnElement[T1] | type[T1]
C2 = ColumnElement[T2] | type[T2]
C3 = ColumnElement[T3] | type[T3]
C4 = ColumnElement[T4] | type[T4]
C5 = ColumnElement[T5] | type[T5]
C6 = ColumnElement[T6] | type[T6]
C7 = ColumnElement[T7] | type[T7]
