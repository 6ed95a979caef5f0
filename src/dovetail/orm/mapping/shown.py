"""The text of an instance: ``User(id=1, name='ada')``, of what is loaded, cut where it is long."""

from collections.abc import Iterable, Mapping
from reprlib import Repr, recursive_repr
from typing import Any

MOST = 10
"""So many attributes are shown."""

_values = Repr()
_values.maxstring = _values.maxother = 60
_values.maxlist = _values.maxtuple = _values.maxset = _values.maxdict = 4
_values.maxlevel = 3


def has_no_text(class_: type) -> bool:
    """Tell whether instances of *class_* have no text but the usual one of Python's objects.

    A dataclass without one was told to have none: ``repr=False``.
    """
    own: object = class_.__repr__
    return own is object.__repr__ and not hasattr(class_, "__dataclass_params__")


def shown(name: str, values: Mapping[str, Any], attributes: Iterable[str]) -> str:
    """Return the text of an instance of the class *name*, with those *attributes* of *values*."""
    told = [f"{each}={_values.repr(values.get(each))}" for each in attributes]
    if len(told) > MOST:
        told[MOST:] = ["..."]
    return f"{name}({', '.join(told)})"


@recursive_repr()
def instance_repr(self: Any) -> str:
    """Return the text of the instance: its columns that are loaded, keys first.

    Nothing is loaded for it, and no method of the class is called.
    """
    values = self.__dict__
    mapper = type(self).__mapper__
    names = dict.fromkeys((*mapper.primary_keys, *mapper.column_attrs.keys()))
    return shown(type(self).__name__, values, [name for name in names if name in values])
