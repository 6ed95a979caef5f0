"""AsyncAttrs: attributes that are not loaded, awaited."""

from collections.abc import Coroutine
from typing import Any

from dovetail.ext.asyncio.awaited import NeedsDatabaseError
from dovetail.ext.asyncio.session import async_object_session


class AsyncAttrs:
    """A mixin for mapped classes: ``await instance.awaitable_attrs.name`` loads what is missing.

    ::

        class Base(AsyncAttrs, DeclarativeBase):
            pass


        for order in await customer.awaitable_attrs.orders:
            ...

    One statement loads the attribute for the instances that came with this one too, as reading
    it in blocking code would.
    """

    @property
    def awaitable_attrs(self) -> Any:
        """The attributes of this instance, each of them to be awaited."""
        return _Awaitable(self)


class _Awaitable:
    """Answers with a coroutine for each attribute."""

    __slots__ = ("_instance",)

    def __init__(self, instance: object) -> None:
        self._instance = instance

    def __getattr__(self, name: str) -> Coroutine[Any, Any, Any]:
        return _read(self._instance, name)


async def _read(instance: object, name: str) -> Any:
    """Return the attribute *name*; AttributeError and what a blocking read raises pass."""
    while True:
        session = async_object_session(instance)
        if session is None:
            return getattr(instance, name)
        try:
            return session._core.started(getattr, instance, name)
        except NeedsDatabaseError as need:
            await session.run_steps(need.steps)
