"""What users may give where statements want an expression, a condition or a FROM.

What may be any value of Python, a parameter then, is an ``object``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .node import Node, ReturnsRows
from .promise import ClauseSource, StatementEntity

ConditionArgument = Node | ClauseSource | bool | None
"""A condition: an expression, what stands for one, a constant."""

SortArgument = Node | ClauseSource | str
"""What is sorted or grouped by: an expression, what stands for one, the name of a column."""

FromArgument = Node | ClauseSource | StatementEntity | type[Any]
"""What is selected from or joined: a table, a subquery, a relationship, a mapped class."""

ColumnArgument = Node | ClauseSource | StatementEntity | type[Any] | float | bool | None
"""What is selected or given back: an expression, a table, a mapped class, a number."""

StatementArgument = Node | ReturnsRows[*tuple[Any, ...]] | ClauseSource
"""What is run: a statement, or a function or sequence, of which the value is selected."""

ManyParameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
"""What comes beside a statement: values by name, or a list of them for many rows."""

RowKey = str | int | Node | ClauseSource | StatementEntity | type[Any]
"""What an item of a row is found by: a name, a place, a column, a mapped class or attribute."""
