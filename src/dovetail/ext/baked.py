"""Queries whose making is kept: functions build a Query once, and it runs many times.

::

    bakery = baked.bakery()


    def user_by_name(session, name):
        query = bakery(lambda session: session.query(User))
        query += lambda q: q.filter(User.name == bindparam("name"))
        return query(session).params(name=name).one_or_none()

This is the classic way to spare the making of statements.  Engines keep the plans of all
statements by themselves: a new program has no need of it.

A function is told by its code: it is called for the first query with this code, and its criteria
stay.  What differs from run to run is a parameter, ``bindparam()``, and no variable of the
function.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any, Self

from ..exc import ArgumentError
from ..orm.query import Query
from ..orm.scoped import scoped_session
from ..orm.session import Session

__all__ = ["BakedQuery", "Bakery", "Result", "bakery"]

Step = Callable[[Any], Any]


class Bakery:
    """Makes baked queries, and keeps the *size* that were used last."""

    def __init__(self, size: int = 200) -> None:
        if size < 1:
            raise ArgumentError(f"a bakery keeps one query or more, not {size}")
        self.size = size
        self._kept: OrderedDict[Any, Query[Any]] = OrderedDict()
        self._lock = Lock()

    def __call__(self, initial_fn: Callable[[Session], Query[Any]], *args: object) -> BakedQuery:
        """A baked query that begins with what *initial_fn* makes of a session.

        *args* tell apart queries of the same function: what its variables stand for.
        """
        return BakedQuery(self, initial_fn, args)

    def query(self, key: object, make: Callable[[], Query[Any]]) -> Query[Any]:
        """The query kept for *key*, or what *make* gives, which is kept from now on."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        made = make().with_session(None)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)
        return made


class BakedQuery:
    """Functions that make a Query, one after the other.

    ``steps``  the functions: the first is given a session, the others the query so far
    """

    def __init__(self, bakery: Bakery, initial_fn: Step, args: tuple[Any, ...] = ()) -> None:
        self.steps: list[Step] = []
        self._bakery = bakery
        self._keys: list[Any] = []
        self._kept_steps: int | None = None
        self._add(initial_fn, args)

    @classmethod
    def bakery(cls, size: int = 200) -> Bakery:
        """A new bakery, which keeps *size* queries."""
        return Bakery(size)

    def _add(self, fn: Step, args: tuple[Any, ...]) -> None:
        code = getattr(fn, "__code__", None)
        if code is None:
            raise ArgumentError(
                f"a baked query is made of functions; got {fn!r}",
                hint="lambda session: session.query(User), then lambda q: q.filter(...)",
            )
        self.steps.append(fn)
        self._keys.append((code.co_filename, code, args))

    def _twin(self) -> Self:
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__, steps=[*self.steps], _keys=[*self._keys])
        return twin

    # Building -----------------------------------------------------------------------------------

    def add_criteria(self, fn: Step, *args: object) -> Self:
        """Add *fn*, which is given the query so far, to this; *args* tell apart what it makes."""
        self._add(fn, args)
        return self

    def with_criteria(self, fn: Step, *args: object) -> Self:
        """A copy with *fn* added."""
        return self._twin().add_criteria(fn, *args)

    def __iadd__(self, other: Step | tuple[Any, ...]) -> Self:
        return self.add_criteria(*_step(other))

    def __add__(self, other: Step | tuple[Any, ...]) -> Self:
        return self.with_criteria(*_step(other))

    def spoil(self, full: bool = False) -> Self:
        """Keep nothing of what is added from now on; with *full* nothing at all."""
        kept = 0 if full else len(self.steps)
        self._kept_steps = kept if self._kept_steps is None else min(kept, self._kept_steps)
        return self

    # Running --------------------------------------------------------------------------------------

    def for_session(self, session: Session) -> Result:
        """This query in *session*."""
        return Result(self, _session_of(session))

    def __call__(self, session: Session) -> Result:
        return self.for_session(session)

    def to_query(self, query_or_session: Any) -> Query[Any]:
        """The Query, in a session or in that of another query: for a subquery of it, say."""
        if isinstance(query_or_session, Query):
            query_or_session = query_or_session.session
        return self.query_in(_session_of(query_or_session))

    def query_in(self, session: Session) -> Query[Any]:
        """The Query, to be run in *session*."""
        count = len(self.steps) if self._kept_steps is None else self._kept_steps
        if count == 0 or not session.enable_baked_queries:
            return _made(self.steps[0](session), self.steps[1:])
        kept, later = self.steps[:count], self.steps[count:]
        key = (session._query_cls, *self._keys[:count])
        found = self._bakery.query(key, lambda: _made(kept[0](session), kept[1:]))
        return _made(found.with_session(session), later)


class Result:
    """A baked query in a session: it runs when it is asked for rows.

    ``bq``       the baked query
    ``session``  the session
    """

    def __init__(self, bq: BakedQuery, session: Session) -> None:
        self.bq = bq
        self.session = session
        self._params: dict[str, Any] = {}
        self._after: list[Step] = []

    def params(self, _params: Mapping[str, Any] | None = None, /, **kw: object) -> Self:
        """With values for the parameters of the query."""
        self._params.update(_params or {}, **kw)
        return self

    def with_post_criteria(self, fn: Step) -> Self:
        """With *fn* for this run alone: it is given the query, and may add options to it."""
        self._after.append(fn)
        return self

    @property
    def _query(self) -> Query[Any]:
        query = _made(self.bq.query_in(self.session), self._after)
        return query.params(self._params) if self._params else query

    def __str__(self) -> str:
        return str(self._query)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._query)

    def all(self) -> list[Any]:
        """All instances, or rows."""
        return self._query.all()

    def first(self) -> Any:
        """The first, or None."""
        return self._query.first()

    def one(self) -> Any:
        """The only one; NoResultFound or MultipleResultsFound where there is not one."""
        return self._query.one()

    def one_or_none(self) -> Any:
        """The only one, or None; MultipleResultsFound where there are more."""
        return self._query.one_or_none()

    def scalar(self) -> Any:
        """The only instance, or the first item of the only row; None without rows."""
        return self._query.scalar()

    def count(self) -> int:
        """How many rows there are."""
        return self._query.count()

    def get(self, ident: object) -> Any:
        """The instance with primary key *ident*, or None."""
        return self._query._by_key(ident)


def bakery(size: int = 200) -> Bakery:
    """A new bakery, which keeps the *size* queries that were used last."""
    return Bakery(size)


def _step(given: Step | tuple[Any, ...]) -> tuple[Any, ...]:
    return given if isinstance(given, tuple) else (given,)


def _made(query: object, steps: list[Step]) -> Query[Any]:
    for step in steps:
        query = step(query)
    if not isinstance(query, Query):
        raise ArgumentError(
            f"the functions of a baked query give a Query; got {query!r}",
            hint="lambda session: session.query(User), then lambda q: q.filter(...)",
        )
    return query


def _session_of(session: Any) -> Session:
    found = session() if isinstance(session, scoped_session) else session
    if not isinstance(found, Session):
        raise ArgumentError(f"a baked query runs in a Session; got {session!r}")
    return found
