"""A watch: what is sent while it is open, what is wrong with it, and what it has cost."""

from __future__ import annotations

from contextvars import ContextVar
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

from ...exc import ArgumentError, BudgetExceededError, InvalidRequestError
from ..origins import place_of
from .budget import Budget, budget_of
from .page import page
from .seen import Seen
from .statement import WatchedStatement, digest_of, sets_of
from .table import table

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token
    from os import PathLike
    from types import TracebackType
    from typing import Self

    from ..connection import Connection
    from ..executed import Execution
    from .statement import Plan

_open_here: ContextVar[tuple[Watch, ...]] = ContextVar("open watches", default=())
"""The watches that were opened in this context, or around it: a thread's, or a task's."""

_numbers = count(1)


class Numbers:
    """Small numbers that tell objects apart, given in the order in which they are met."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._next = count(1)

    def of(self, thing: object) -> int:
        """Return the number of *thing*."""
        number = self._known.get(thing)
        if number is None:
            number = self._known[thing] = next(self._next)
        return number


class Watch(Seen):
    """What an engine or a session sends while a block runs.  Made by ``watch()``.

    ::

        with session.watch(budget=5) as watch:
            render(page)
        print(watch)  # a table
        watch.save("page.html")  # a page with a timeline

    ``budget``      the most statements that the block may send, or a :class:`Budget`:
    BudgetExceededError is raised at its end
    ``parameters``  keep the values of statements: they may be large, or secret
    ``slow``        statements of so many seconds and more are slow; 0.1
    ``held``        transactions that wait so many seconds and more are held open; 1
    ``repeats``     so many statements of one line, sent one by one, are a loop; 3
    ``scope``       ``"all"`` of the engine or session, or those of the thread or task that has
    opened the watch, and of what it starts: ``"context"``

    ArgumentError is raised for values that make no sense.
    """

    def __init__(
        self,
        attach: Callable[[Watch], Callable[[], None]],
        *,
        budget: int | Budget | None = None,
        parameters: bool = False,
        slow: float = 0.1,
        held: float = 1.0,
        repeats: int = 3,
        scope: Literal["all", "context"] = "all",
    ) -> None:
        if scope not in ("all", "context"):
            raise ArgumentError(f"scope is 'all' or 'context', not {scope!r}")
        if repeats < 2:
            raise ArgumentError(f"repeats is a number from 2 on, not {repeats!r}")
        super().__init__(slow, held, repeats)
        self.budget = budget_of(budget)
        self.keeps_parameters = parameters
        self.scope = scope
        self._attach = attach
        self._detach: Callable[[], None] | None = None
        self._mark = f"watch {next(_numbers)}"
        self._token: Token[tuple[Watch, ...]] | None = None
        self._connections, self._transactions = Numbers(), Numbers()

    # The block.

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if error is None:
            self.check()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)

    def open(self) -> None:
        """Begin to watch: for those who have no ``with`` block.

        InvalidRequestError is raised if it is open.
        """
        if self._ended is None and self._detach is not None:
            raise InvalidRequestError("this watch is open", hint="watch() makes another one")
        self.clear()
        if self.scope == "context":
            self._token = _open_here.set((*_open_here.get(), self))
        self._ended = None
        self._detach = self._attach(self)

    def close(self) -> None:
        """Watch no longer; what was seen stays."""
        detach, self._detach = self._detach, None
        if detach is None:
            return
        detach()
        self._ended = self.now
        token, self._token = self._token, None
        if token is not None:
            self._leave_context(token)

    def _leave_context(self, token: Token[tuple[Watch, ...]]) -> None:
        try:
            _open_here.reset(token)
        except ValueError:
            # Closed in another context than it was opened in, which keeps what it has.
            pass

    def check(self) -> None:
        """Raise BudgetExceededError where more was sent than the budget allows."""
        over = [] if self.budget is None else self.budget.exceeded(self)
        if over:
            raise BudgetExceededError(over, self)

    # What engines and connections tell.

    def before_statement(self, connection: Connection, execution: Execution) -> None:
        """Note that *execution* is about to be sent."""
        if self.scope == "context" and self not in _open_here.get():
            return
        user = connection.used_by
        statement = WatchedStatement(
            next(self._next),
            execution.kind,
            execution.sql,
            place_of(execution),
            perf_counter() - self._began,
            self._connections.of(connection._record),
        )
        if connection.has_begun:
            statement.transaction = self._transactions.of(connection.get_transaction())
        if user is not None:
            statement.session = user.hash_key
            statement.flush = user.flushes if user.flushing else None
            statement.reading = _name_of(user.reading)
        setattr(execution, self._mark, statement)

    def after_statement(self, connection: Connection, execution: Execution) -> None:
        """Note what has come of *execution*."""
        statement: WatchedStatement | None = getattr(execution, self._mark, None)
        if statement is None:
            return
        parameters = execution.parameters
        statement.sql = execution.sql
        statement.seconds = execution.seconds
        statement.rows = execution.rows
        statement.plan = _plan_of(execution)
        statement.sets = sets_of(execution.sql, parameters, execution.many)
        statement.digest = digest_of(parameters)
        if self.keeps_parameters and not connection.hides_parameters:
            statement.parameters = parameters
        if execution.error is not None:
            statement.error = type(execution.error).__name__
        self._seen.append(statement)

    # As text.

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        return f"<Watch: {self.count} statements, {self.seconds * 1000:.3g} ms>"

    def table(self, most: int = 50) -> str:
        """Return what was sent as a table of text, the first *most* statements of it."""
        return table(self, most)

    def html(self) -> str:
        """Return a page of HTML: what is wrong, a timeline, and every statement.

        It needs nothing but itself: no script, no style sheet, no picture from elsewhere.
        """
        return page(self)

    def save(self, path: str | PathLike[str]) -> None:
        """Write :meth:`html` to the file *path*."""
        Path(path).write_text(self.html(), encoding="utf-8")


def _name_of(reading: tuple[object, Any] | None) -> str | None:
    return None if reading is None else f"{type(reading[0]).__name__}.{reading[1].key}"


def _plan_of(execution: Execution) -> Plan:
    if execution.is_text:
        return "text"
    return "found" if execution.is_found else "made"
