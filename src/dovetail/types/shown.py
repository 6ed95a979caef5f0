"""The text of a type: the call that makes it."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

_VARIOUS = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


class _Argument(NamedTuple):
    name: str
    default: Any
    is_needed: bool


_KNOWN: WeakKeyDictionary[type, tuple[_Argument, ...]] = WeakKeyDictionary()


def _arguments(kind: type) -> tuple[_Argument, ...]:
    """Return the arguments of *kind*, those that it hands on to the classes above included."""
    known = _KNOWN.get(kind)
    if known is None:
        known = _KNOWN[kind] = _found_arguments(kind)
    return known


def _found_arguments(kind: type) -> tuple[_Argument, ...]:
    found: dict[str, _Argument] = {}
    assert isinstance(kind, type)
    for cls in kind.__mro__:
        if "__init__" not in vars(cls) or cls is object:
            continue
        parameters = list(signature(vars(cls)["__init__"]).parameters.values())[1:]
        for each in parameters:
            if each.kind not in _VARIOUS and not each.name.startswith("_"):
                needed = each.default is Parameter.empty
                found.setdefault(each.name, _Argument(each.name, each.default, needed))
        if all(each.kind is not Parameter.VAR_KEYWORD for each in parameters):
            break
    return tuple(found.values())


def made_as(kind: type[Any], value: object) -> Any:
    """Return an instance of *kind* with what *value* has of its arguments."""
    given = {each.name: getattr(value, each.name, each.default) for each in _arguments(kind)}
    return kind(**given)


def shown(value: object, *first: object, without: frozenset[str] = frozenset()) -> str:
    """Return the call that makes *value*: what its class takes, as far as it is not the usual.

    *first* stands before the rest; the arguments in *without* are left out.  An argument is read
    from the attribute of its name.
    """
    parts = [repr(each) for each in first]
    named = []
    for name, default, is_needed in _arguments(type(value)):
        held = getattr(value, name, default)
        if name in without or held is Parameter.empty:
            continue
        if is_needed:
            parts.append(repr(held))
        elif type(held) is not type(default) or held != default:
            named.append(f"{name}={held!r}")
    return f"{type(value).__name__}({', '.join((*parts, *named))})"
