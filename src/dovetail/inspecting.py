"""``inspect()`` as programs call it, with the types of what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

if TYPE_CHECKING:
    from .engine.connection import Connection
    from .engine.engine import Engine
    from .engine.inspector import Inspector
    from .orm.mapping.mapper import Mapper
    from .orm.tracking.state import InstanceState

    class MappedInstance(Protocol):
        """An instance of a declarative class."""

        __dovetail_state__: InstanceState

    @overload
    def inspect(subject: Engine | Connection, raiseerr: bool = True) -> Inspector: ...
    @overload
    def inspect(subject: type[Any], raiseerr: Literal[True] = True) -> Mapper: ...
    @overload
    def inspect(subject: MappedInstance, raiseerr: bool = True) -> InstanceState: ...
    @overload
    def inspect(subject: Any, raiseerr: Literal[True] = True) -> Any: ...
    @overload
    def inspect(subject: Any, raiseerr: bool = True) -> Any | None: ...
    def inspect(subject: Any, raiseerr: bool = True) -> Any: ...

else:
    from .inspection import inspect as inspect
