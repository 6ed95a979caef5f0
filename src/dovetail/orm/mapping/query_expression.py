"""Query expressions: attributes whose SQL each query may give, by ``with_expression()``."""

from typing import Any, ClassVar

from dovetail.exc import InvalidOption, did_you_mean
from dovetail.orm.mapping.mapper_view import MapperView
from dovetail.orm.mapping.properties import MappedSQLExpression, dataclass_options
from dovetail.orm.tracking.attributes import ValueAttribute
from dovetail.orm.tracking.state import state_of
from dovetail.sql.expression.columns import column_argument
from dovetail.sql.expression.constants import null
from dovetail.sql.schema import Column

_OPTIONS = ("active_history", "comparator_factory", "doc", "group", "info", "raiseload")


class QueryExpression(MappedSQLExpression):
    """An attribute that holds what ``with_expression()`` says, and None where nobody says it."""

    is_query_expression: ClassVar[bool] = True

    def __init__(self, default_expr: object = None, **options: Any) -> None:
        self.has_default = default_expr is not None
        expression = column_argument(default_expr) if self.has_default else null()
        if isinstance(expression, Column):
            # A column of its own would be one that a flush writes.
            expression = expression.label(None)
        super().__init__(expression, deferred=not self.has_default, **options)

    def attach(self, mapper: MapperView, key: str) -> None:
        super().attach(mapper, key)
        found = self.impl
        self.impl = QueryExpressionAttribute(
            key, equal=found.equal, keeps_old_value=found.keeps_old_value
        )
        self.impl.default = found.default
        self.impl.prop = self


class QueryExpressionAttribute(ValueAttribute):
    """The value of a query expression: it is read from the database only where one was given."""

    def read(self, instance: object) -> Any:
        """The value; the default where the query that has brought *instance* gave no expression."""
        state = state_of(instance)
        tree = state.load.options
        prop = state.load.mapper.named_attrs[self.key]
        given = tree is not None and prop in tree.lasting
        if not given and not prop.has_default:
            return instance.__dict__.get(self.key, self.default)
        return super().read(instance)


def query_expression(default_expr: object = None, **options: object) -> QueryExpression:
    """Declare an attribute whose SQL each query may give: see :func:`with_expression`.

    Its value is read only.  Where a query gives none it holds the value of *default_expr*, or
    None and costs nothing::

        class Account(Base):
            __tablename__ = "account"
            id: Mapped[int] = mapped_column(primary_key=True)
            balance: Mapped[int | None] = query_expression()
    """
    concerning_dataclass = dataclass_options(options)
    options.pop("default", None)
    for name in options:
        if name not in _OPTIONS and name != "expire_on_flush":
            raise InvalidOption(
                f"query_expression() takes no option {name!r}",
                hint=did_you_mean(name, _OPTIONS) or f"it takes {', '.join(_OPTIONS)}",
            )
    options.pop("expire_on_flush", None)
    made = QueryExpression(default_expr, **options)
    if concerning_dataclass:
        made.dataclass_options = concerning_dataclass
    return made
