"""The settings of a session: attributes that its core reads."""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

V = TypeVar("V")


class Setting(Generic[V]):
    """An attribute of a session that its core has: read and set in one place.

    ``doc``   what it says
    ``name``  what it is called in the core, where that is another name
    ``check`` returns a value that may be set, and raises ArgumentError for others
    """

    def __init__(self, doc: str, name: str = "", check: Callable[[Any], Any] | None = None) -> None:
        self.__doc__ = doc
        self._name = name
        self._check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = self._name or name

    @overload
    def __get__(self, session: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, session: object, owner: type | None = None) -> V: ...
    def __get__(self, session: Any, owner: type | None = None) -> Any:
        return self if session is None else getattr(session._core, self._name)

    def __set__(self, session: Any, value: V) -> None:
        checked = value if self._check is None else self._check(value)
        setattr(session._core, self._name, checked)
