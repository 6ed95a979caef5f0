"""The events of queries."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar

from dovetail.event import Events

if TYPE_CHECKING:
    from collections.abc import Callable


class QueryEvents(Events):
    """What happens to a Query before it runs.  Targets: the class Query, or one derived from it.

    With ``retval=True`` the query that the listener returns takes the place of the one it was
    given::

        @event.listens_for(Query, "before_compile", retval=True)
        def without_deleted(query):
            for item in query.column_descriptions:
                if item["type"] is User:
                    query = query.filter(User.deleted == False)
            return query
    """

    options: ClassVar[frozenset[str]] = frozenset(("bake_ok",))

    def before_compile(self, query: object) -> None:
        """*query* is about to become a statement: it runs, is shown, or becomes part of another."""

    def before_compile_update(self, query: object, update_context: object) -> None:
        """``query.update()`` was called; ``update_context.values`` may be changed."""

    def before_compile_delete(self, query: object, delete_context: object) -> None:
        """``query.delete()`` was called."""

    @classmethod
    def _adapt(
        cls,
        name: str,
        function: Callable[..., Any],
        target: object,
        retval: bool,
        **options: object,
    ) -> Callable[..., Any]:
        if retval:
            return function

        @wraps(function)
        def heard(query: object, *context: object) -> Any:
            function(query, *context)
            return query

        return heard
