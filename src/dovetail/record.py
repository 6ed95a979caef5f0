"""A base class for values that belong together and never change, as what servers can do."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

if TYPE_CHECKING:
    from typing import Self


class _AsDataclass:
    """What ``dataclasses`` asks of a class, found when it is asked: replace(), fields(), asdict().

    Dialects of other packages copy the features of a server so.
    """

    def __set_name__(self, owner: type[Record], name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type[Record]) -> Any:
        declared = [
            (name, Any, dataclasses.field(default_factory=partial(getattr, owner, name)))
            if name in owner._defaults
            else (name, Any)
            for name in owner._names
        ]
        made = dataclasses.make_dataclass(owner.__name__, declared, kw_only=True, frozen=True)
        return getattr(made, self._name)


@dataclass_transform(kw_only_default=True, frozen_default=True, eq_default=False)
class Record:
    """Its subclasses are declared as a frozen dataclass is, and are made by keyword.

    Each is itself, and equal to no other.  Python compiles four functions for every dataclass
    while it is imported, which for what is made once or twice is most of its cost; here all
    classes share theirs::

        class Speed(Record):
            limit: int
            unit: str = "km/h"


        town = Speed(limit=50)
        town.changed(limit=30)  # Speed(limit=30, unit='km/h')
    """

    __dataclass_fields__ = _AsDataclass()
    __dataclass_params__ = _AsDataclass()

    _names: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        own = [name for name in cls.__annotations__ if name not in cls._names]
        cls._names = (*cls._names, *own)
        cls._defaults = {name: getattr(cls, name) for name in cls._names if hasattr(cls, name)}

    def __init__(self, **values: Any) -> None:
        held = self.__dict__
        held.update(self._defaults)
        held.update(values)
        if len(held) != len(self._names) or not held.keys() <= set(self._names):
            self._refuse(values)

    def _refuse(self, values: dict[str, Any]) -> None:
        """Raise TypeError for what is missing in *values*, and for what is no field."""
        kind = type(self).__name__
        unknown = [name for name in values if name not in self._names]
        if unknown:
            raise TypeError(f"{kind} has no field {', '.join(map(repr, unknown))}")
        missing = [name for name in self._names if name not in self.__dict__]
        raise TypeError(f"{kind} needs {', '.join(map(repr, missing))}")

    def changed(self, **values: Any) -> Self:
        """Return a copy in which *values* are otherwise; TypeError for what is no field."""
        return type(self)(**{**self.__dict__, **values})

    __replace__ = changed

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Return what its values are called, in the order of their declaration."""
        return cls._names

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} of a {type(self).__name__} is not set: use changed()")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{name} of a {type(self).__name__} is not deleted")

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._names)
        return f"{type(self).__name__}({values})"
