"""The Session within an AsyncSession."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar
from weakref import ref

from dovetail.exc import LazyLoadError
from dovetail.ext.asyncio.one_task import OneTask
from dovetail.orm.session import Session
from dovetail.orm.tracking.state import sessions
from dovetail.steps import Steps, bridging, run_sync

R = TypeVar("R")


_BLOCKING_VERBS = (
    "close", "commit", "connection", "delete", "delete_all", "execute", "flush", "get",
    "invalidate", "load", "merge", "merge_all", "prepare", "refresh", "reset", "rollback",
    "scalar", "scalars",
)  # fmt: skip


class NeedsDatabaseError(Exception):
    """An attribute that is read needs *steps* to be run first; ``error`` says so to users."""

    def __init__(self, steps: Steps[None], error: LazyLoadError) -> None:
        super().__init__(str(error))
        self.steps = steps
        self.error = error


class AwaitedSession(Session):
    """The Session within an AsyncSession: it refuses to block.

    Reading an attribute that is not loaded is an error that names the attribute, unless the
    identity map has the answer or ``AsyncSession.run_sync()`` is running.
    """

    awaited_by: ref[Any] | None = None
    """The AsyncSession around this one."""

    own_verbs: ClassVar[frozenset[str]] = frozenset()
    """Blocking verbs that a class of the user's own has in place of those of Session."""

    _is_starting = False

    def _run(self, steps: Steps[R]) -> R:
        if self._is_starting:
            # The answer of started(), which its caller awaits.
            return steps  # type: ignore[return-value]
        return super()._run(steps)

    def started(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Call *function*, blocking code, up to where it needs the database.

        Return its answer, if it has one by then, or else the steps of a verb of this session
        that give it; NeedsDatabaseError is raised where it reads what is not loaded.
        """
        outer, self._is_starting = self._is_starting, True
        try:
            return function(*arguments, **keywords)
        finally:
            self._is_starting = outer

    def _run_lazy(self, steps: Steps[None], instance: Any, attribute: Any) -> None:
        if self._is_starting:
            error = LazyLoadError.awaiting(type(instance).__name__, attribute.key)
            raise NeedsDatabaseError(steps, error)
        if bridging.find() is not None:
            run_sync(steps)
            return
        try:
            next(steps)
        except StopIteration:
            return
        # Those who wait for the answer let go as they do after any failure.
        steps.throw(LazyLoadError.awaiting(type(instance).__name__, attribute.key))


def awaited_class(class_: type[Session]) -> type[AwaitedSession]:
    """Return a subclass of *class_*, a class of sessions, whose sessions are awaited."""
    if class_ is Session:
        return AwaitedSession
    if issubclass(class_, AwaitedSession):
        return class_
    made: type[AwaitedSession] | None = vars(class_).get("__awaited__")
    if made is None:
        made = type(class_.__name__, (AwaitedSession, class_), {})
        made.own_verbs = frozenset(
            verb for verb in _BLOCKING_VERBS if getattr(class_, verb) is not getattr(Session, verb)
        )
        type.__setattr__(class_, "__awaited__", made)
    return made


async def close_all_sessions() -> None:
    """Close every AsyncSession of this process: for the end of tests.

    One that another task is using is left; IllegalStateChangeError is raised at the end.
    """
    failure: Exception | None = None
    for session in list(sessions):
        if isinstance(session, AwaitedSession):
            around = None if session.awaited_by is None else session.awaited_by()
            one_task = OneTask("session") if around is None else around.one_task
            try:
                await one_task.run(session.close_steps())
            except Exception as error:
                failure = failure or error
    if failure is not None:
        raise failure
