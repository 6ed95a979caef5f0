"""``inspect()`` as programs call it, with the types of what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload

if TYPE_CHECKING:
    from .engine.connection import Connection
    from .engine.engine import Engine
    from .engine.inspector import Inspector
    from .orm.mapping.mapper import Mapper
    from .orm.tracking.state import InstanceState

    class MappedInstance(Protocol):
        """An instance of a declarative class."""

        __dovetail_state__: InstanceState[Any]

    T = TypeVar("T")
    M = TypeVar("M", bound=MappedInstance)

    @overload
    def inspect(subject: Engine | Connection, raiseerr: bool = True) -> Inspector: ...
    @overload
    def inspect(subject: type[T], raiseerr: Literal[True] = True) -> Mapper[T]: ...
    @overload
    def inspect(subject: M, raiseerr: bool = True) -> InstanceState[M]: ...
    @overload
    def inspect(subject: object, raiseerr: Literal[True] = True) -> Any: ...
    @overload
    def inspect(subject: object, raiseerr: bool = True) -> Any | None: ...
    def inspect(subject: object, raiseerr: bool = True) -> Any: ...

else:
    from .inspection import inspect as inspect
