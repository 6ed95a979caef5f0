"""Query: the older way to write a SELECT of entities, with the session that runs it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self, TypeVar
from warnings import warn

from dovetail.engine.result import FrozenResult
from dovetail.exc import DovetailDeprecationWarning, InvalidRequestError, LegacyAPIWarning
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.parent import relationship_between, with_parent
from dovetail.orm.mapping.writers import AppenderQuery
from dovetail.orm.query.changing import ChangingQuery
from dovetail.sql.expression.naming import LABEL_STYLE_TABLENAME_PLUS_COL
from dovetail.sql.expression.select import Select

T = TypeVar("T")


def _classic(
    old: str, new: str, kind: type[DovetailDeprecationWarning] = DovetailDeprecationWarning
) -> None:
    """Say that *old* works, and how it is spelt today."""
    warn(f"Query.{old} is the older spelling of {new}", kind, stacklevel=3)


class Query(ChangingQuery[T]):
    """A SELECT of entities and columns, with the session that runs it.

    Each method returns a longer query; iteration, ``all()``, ``first()``, ``one()`` run it::

        session.query(User).filter(User.name == "ada").order_by(User.id).all()

    A query of one entity gives its instances, each once; any other gives rows.  ``select()`` with
    ``session.execute()`` is today's way to write the same.
    """

    def __init__(self, entities: object, session: object = None) -> None:
        if not isinstance(entities, (tuple, list)):
            entities = (entities,)
        self.session = session
        given: tuple[Any, ...] = tuple(entities)
        self._selected = Select(*given)
        for raw in self._selected.raw_columns:
            if isinstance(raw, EntityNode) and not raw.mapper.configured:
                # Backrefs are attributes from here on: options(joinedload(Address.user)).
                raw.mapper.registry.configure_what_is_known()
        self._options = {}
        self._params = {}

    # Older spellings ------------------------------------------------------------------------------

    def get(self, ident: object) -> T | None:
        """The instance with primary key *ident*, or None: today's ``Session.get()``.

        With the SQL that it sends::

            session.query(User).get(1)
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
        """
        _classic("get()", "Session.get()", LegacyAPIWarning)
        return self._by_key(ident)

    def _by_key(self, ident: object) -> T | None:
        entity = self._entity("get()")
        own = self._selected
        if (
            own.where_criteria or own.joins or own.limit_clause is not None
            or own.offset_clause is not None or own.group_by_clauses or self._froms_given
            or self._source is not None
        ):  # fmt: skip
            raise InvalidRequestError(
                "Query.get() was called on a query with criteria, joins or limits",
                hint="a primary key says all: session.get(User, 5)",
            )
        found: T | None = self._session_in_use.get(
            entity.mapper.class_,
            ident,
            options=own.loader_options,
            populate_existing=self._options.get("populate_existing"),
            with_for_update=own.for_update_arg,
        )
        return found

    def add_column(self, column: object) -> Self:
        """With *column* besides: today's ``add_columns()``."""
        _classic("add_column()", "add_columns()")
        return self.add_columns(column)

    def as_scalar(self) -> Any:
        """This as a value: today's ``scalar_subquery()``."""
        _classic("as_scalar()", "scalar_subquery()")
        return self.scalar_subquery()

    def with_labels(self) -> Self:
        """With columns named after their tables: today's ``set_label_style()``."""
        _classic(
            "with_labels()", "set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)", LegacyAPIWarning
        )
        return self.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)

    def apply_labels(self) -> Self:
        """With columns named after their tables: today's ``set_label_style()``."""
        _classic(
            "apply_labels()", "set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)", LegacyAPIWarning
        )
        return self.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)

    def with_parent(
        self, instance: object, property: object = None, from_entity: object = None
    ) -> Self:
        """Rows that *instance* refers to: today's ``filter(with_parent(instance, User.orders))``.

        Without *property*, the relationship that leads from *instance* to the query's entity.
        """
        _classic("with_parent()", "filter(with_parent(instance, User.orders))", LegacyAPIWarning)
        found = property
        if found is None:
            found = relationship_between(instance, self._entity("with_parent()").mapper)
        return self.filter(with_parent(instance, found, from_entity))

    def tuples(self) -> Self:
        """With rows, which are tuples: they are so anyway."""
        _classic("tuples()", "the query itself: rows are tuples")
        return self.only_return_tuples(True)

    def values(self, *columns: object) -> Iterator[Any]:
        """Rows of *columns*: today's ``with_entities(...)``."""
        _classic("values()", "with_entities()")
        return iter(self.with_entities(*columns) if columns else ())

    def value(self, column: object) -> Any:
        """The value of *column* in the first row, or None: today's ``with_entities().scalar()``."""
        _classic("value()", "with_entities(column).limit(1).scalar()")
        row: Any = self.with_entities(column).first()
        return None if row is None else row[0]

    def instances(self, result_proxy: Iterable[Any], context: object = None) -> Iterator[T]:
        """Instances from rows with their columns: today's ``from_statement()``."""
        _classic("instances()", "select(User).from_statement(...)")
        return self._made_of(result_proxy)

    def merge_result(self, iterator: Iterable[Any], load: bool = True) -> Any:
        """The instances of *iterator*, rows or a frozen result, merged into the session."""
        _classic("merge_result()", "session.merge() of each instance", LegacyAPIWarning)
        return self._merged(iterator, load)


def merge_result(query: Query[Any], iterator: Iterable[Any], load: bool = True) -> Any:
    """The instances of *iterator*, rows or a frozen result of *query*, in its session."""
    return query.merge_result(iterator, load)


def merge_frozen_result(
    session: Any, statement: Any, frozen_result: FrozenResult, load: bool = True
) -> Callable[[], Any]:
    """What gives results like *frozen_result* of *statement*, merged into *session*.

    For caches of one's own; ``dovetail.ext.cache`` keeps rows and not instances.
    """
    merged: FrozenResult = Query(tuple(statement.raw_columns), session)._merged(frozen_result, load)
    return merged


AppenderQuery.usual_query_class = Query
