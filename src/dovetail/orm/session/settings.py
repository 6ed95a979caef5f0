"""The settings of a session: attributes that its core reads."""

from typing import Any, Generic, Self, TypeVar, overload

V = TypeVar("V")


class Setting(Generic[V]):
    """An attribute of a session that its core has: read and set in one place.

    ``doc``   what it says
    ``name``  what it is called in the core, where that is another name
    """

    def __init__(self, doc: str, name: str = "") -> None:
        self.__doc__ = doc
        self._name = name

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = self._name or name

    @overload
    def __get__(self, session: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, session: object, owner: type | None = None) -> V: ...
    def __get__(self, session: Any, owner: type | None = None) -> Any:
        return self if session is None else getattr(session._core, self._name)

    def __set__(self, session: Any, value: V) -> None:
        setattr(session._core, self._name, value)
