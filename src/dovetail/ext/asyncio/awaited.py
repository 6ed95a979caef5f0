"""The session within an AsyncSession, and its core, which refuses to block."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar
from weakref import ref

from dovetail.exc import AwaitingLoadError, LazyLoadError
from dovetail.ext.asyncio.one_task import OneTask
from dovetail.orm.loading.lazy import load_attribute_steps
from dovetail.orm.session import Session
from dovetail.orm.session.core import SessionCore
from dovetail.orm.tracking.attributes import AttributeBase
from dovetail.orm.tracking.references import ReferenceAttribute
from dovetail.orm.tracking.state import NO_VALUE, InstanceState, cores
from dovetail.steps import Steps, bridging, run_sync

R = TypeVar("R")


_BLOCKING_VERBS = (
    "close", "commit", "connection", "delete", "delete_all", "execute", "flush", "get",
    "invalidate", "load", "merge", "merge_all", "prepare", "refresh", "release", "reset",
    "rollback", "scalar", "scalars",
)  # fmt: skip


NO_VERBS: frozenset[str] = frozenset()
"""The verbs that Session has in place of its own: none."""


def _awaiting(instance: object, attribute: AttributeBase) -> LazyLoadError:
    return LazyLoadError.awaiting(
        type(instance).__name__, attribute.key, relationship=attribute.is_relationship
    )


class NeedsDatabaseError(Exception):
    """An attribute that is read needs *steps* to be run first; ``error`` says so to users."""

    def __init__(self, steps: Steps[None], error: LazyLoadError) -> None:
        super().__init__(str(error))
        self.steps = steps
        self.error = error


class AwaitedCore(SessionCore):
    """The core of the session within an AsyncSession.

    Reading an attribute that is not loaded is an error that names the attribute, unless the
    identity map has the answer or ``AsyncSession.run_sync()`` is running.
    """

    awaited_by: ref[Any] | None = None
    """The AsyncSession around the session."""

    _is_starting = False
    _replaced: tuple[tuple[InstanceState, AttributeBase], ...] = ()
    """The references whose values before are to be loaded when that can be awaited."""

    def run(self, steps: Steps[R]) -> R:
        """Run *steps* as in a blocking session; within :meth:`started`, hand them on."""
        if self._is_starting:
            # The answer of started(), which its caller awaits.
            return steps  # type: ignore[return-value]
        return super().run(steps)

    def started(self, function: Callable[..., Any], *arguments: object, **keywords: object) -> Any:
        """Call *function*, blocking code, up to where it needs the database.

        Return its answer, if it has one by then, or else the steps of a verb of this session
        that give it; NeedsDatabaseError is raised where it reads what is not loaded.
        """
        outer, self._is_starting = self._is_starting, True
        try:
            return function(*arguments, **keywords)
        finally:
            self._is_starting = outer

    def _run_lazy(self, steps: Steps[None], instance: object, attribute: Any) -> None:
        if self._is_starting:
            error = _awaiting(instance, attribute)
            raise NeedsDatabaseError(steps, error)
        if bridging.find() is not None:
            run_sync(steps)
            return
        try:
            next(steps)
        except StopIteration:
            return
        # Those who wait for the answer let go as they do after any failure.
        steps.throw(_awaiting(instance, attribute))

    # What a reference replaces ------------------------------------------------------------------

    def load_replaced(
        self, state: InstanceState, instance: object, attribute: AttributeBase
    ) -> None:
        """Load what is about to be replaced, or leave that to the flush, which can await."""
        try:
            super().load_replaced(state, instance, attribute)
        except AwaitingLoadError:
            if attribute.keeps_old_value:
                raise
            self._replaced = (*self._replaced, (state, attribute))
            # Other flushes have nothing to find, and do not pass this.
            self.__dict__["flush_steps"] = self._finding_flush_steps

    def _finding_flush_steps(self, objects: Iterable[Any] | None = None) -> Steps[None]:
        """Write pending changes, when it is known what references have replaced."""
        del self.__dict__["flush_steps"]
        replaced, self._replaced = self._replaced, ()
        for state, attribute in replaced:
            yield from self._find_replaced_steps(state, attribute)
        yield from self.flush_steps(objects)

    def _find_replaced_steps(self, state: InstanceState, attribute: AttributeBase) -> Steps[None]:
        """Load what *attribute* referred to before, and let it know that it no longer does."""
        instance, key, committed = state(), attribute.key, state.committed
        if instance is None or state.core is not self or committed is None:
            return
        values = instance.__dict__
        if committed.get(key) is not NO_VALUE or key not in values:
            return
        current = values.pop(key)
        try:
            yield from load_attribute_steps(self, state, instance, attribute)
        finally:
            old = values.get(key)
            values[key] = current
        committed[key] = old
        if old is not None and old is not current and isinstance(attribute, ReferenceAttribute):
            attribute.lost(state, instance, old)


class AwaitedSession(Session):
    """The session within an AsyncSession that was given no class for it."""


def awaited_class(class_: type[Session]) -> type[Session]:
    """Return the class of the session within an AsyncSession that was given *class_*.

    Who listens to AsyncSession listens to none that block.
    """
    return AwaitedSession if class_ is Session else class_


def awaited_session(class_: type[Session], *arguments: object, **options: object) -> Session:
    """Return a session of *class_*, made of *arguments* and *options*, whose core is awaited."""
    if class_ is Session:
        class_ = AwaitedSession
    session = class_.__new__(class_)
    session._core_class = awaited_core(class_._core_class)  # type: ignore[misc, arg-type]
    session.__init__(*arguments, **options)  # type: ignore[misc]
    return session


@cache
def awaited_core(class_: type[SessionCore]) -> type[AwaitedCore]:
    """Return the class of cores that do what those of *class_* do, and are awaited."""
    if issubclass(class_, AwaitedCore):
        return class_
    return type(f"Awaited{class_.__name__}", (AwaitedCore, class_), {})


def own_verbs(class_: type[Session]) -> frozenset[str]:
    """Return the blocking verbs that *class_* has in place of those of Session."""
    return frozenset(
        verb for verb in _BLOCKING_VERBS if getattr(class_, verb) is not getattr(Session, verb)
    )


async def close_all_sessions() -> None:
    """Close every AsyncSession of this process: for the end of tests.

    One that another task is using is left; IllegalStateChangeError is raised at the end.
    """
    failure: Exception | None = None
    for core in list(cores):
        if isinstance(core, AwaitedCore):
            around = None if core.awaited_by is None else core.awaited_by()
            one_task = OneTask("session") if around is None else around.one_task
            try:
                await one_task.run(core.close_steps())
            except Exception as error:
                failure = failure or error
    if failure is not None:
        raise failure
