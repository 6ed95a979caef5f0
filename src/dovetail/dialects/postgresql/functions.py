"""Functions and clauses that only PostgreSQL has."""

from __future__ import annotations

from typing import Any

from ...sql.expression.building import operand
from ...sql.expression.column_element import ColumnElement
from ...sql.expression.constructs import sort_argument
from ...sql.expression.extension import Extensible, SyntaxExtension
from ...sql.expression.functions import GenericFunction, array_agg as standard_array_agg
from ...sql.expression.select import Select
from ...sql.node import Walk
from ...types import structured
from ...types.basic import Text
from .arrays import ARRAY
from .types import REGCONFIG, TSQUERY, TSVECTOR

_CONFIG = REGCONFIG()


class aggregate_order_by(ColumnElement[Any]):
    """``target ORDER BY …``: the argument of an aggregate, in an order.

    ::

        func.array_agg(aggregate_order_by(user.c.name, user.c.born.desc()))
    """

    __visit_name__ = "aggregate_order_by"
    parts = ("target", "order_by")

    def __init__(self, target: object, *order_by: object) -> None:
        self.target = operand(target, None)
        self.type = self.target.type
        self.order_by = tuple(sort_argument(clause) for clause in order_by)

    def collect(self, walk: Walk) -> None:
        walk.key.append("aggregate order by")
        walk.key.append(len(self.order_by))
        self.target.collect(walk)
        for clause in self.order_by:
            clause.collect(walk)


def array_agg(*arguments: object, **options: object) -> Any:
    """Return ``array_agg(…)``, whose result is an array of PostgreSQL."""
    made = standard_array_agg(*arguments, **options)
    if "type_" not in options and isinstance(made.type, structured.ARRAY):
        made.type = ARRAY(made.type.item_type, dimensions=made.type.dimensions)
    return made


class _SearchFunction(GenericFunction[Any]):
    """A function of the text search: of several arguments the first may be a configuration."""

    _register = False
    takes_config_alone = 2

    def __init__(self, *clauses: object, **kwargs: object) -> None:
        given = list(clauses)
        if len(given) >= self.takes_config_alone and isinstance(given[0], str):
            bound = operand(given[0], _CONFIG)
            bound.key = str(self.name)
            given[0] = bound
        super().__init__(*given, **kwargs)


class to_tsvector(_SearchFunction):
    """``to_tsvector([config,] text)``: a document for the text search."""

    type = TSVECTOR()


class to_tsquery(_SearchFunction):
    """``to_tsquery([config,] text)``: a query written with ``& | !``."""

    type = TSQUERY()


class plainto_tsquery(_SearchFunction):
    """``plainto_tsquery([config,] text)``: a query for all words of a text."""

    type = TSQUERY()


class phraseto_tsquery(_SearchFunction):
    """``phraseto_tsquery([config,] text)``: a query for words in their order."""

    type = TSQUERY()


class websearch_to_tsquery(_SearchFunction):
    """``websearch_to_tsquery([config,] text)``: a query as search engines read it."""

    type = TSQUERY()


class ts_headline(_SearchFunction):
    """``ts_headline([config,] document, query [, options])``: a part of it, words marked."""

    takes_config_alone = 3
    type = Text()


def distinct_on(*expressions: object) -> DistinctOn:
    """Return DISTINCT ON for a SELECT: ``select(t.c.a).ext(distinct_on(t.c.b))``."""
    return DistinctOn(expressions)


class DistinctOn(SyntaxExtension):
    """``DISTINCT ON (…)``, to be applied to a SELECT."""

    def __init__(self, expressions: tuple[Any, ...]) -> None:
        self.expressions = expressions

    def apply_to_select(self, select_stmt: Extensible) -> Select[*tuple[Any, ...]]:
        """Return *select_stmt* with the clause."""
        assert isinstance(select_stmt, Select)
        return select_stmt._with_distinct_on(self.expressions)
