"""Checks and conversions of arguments, and classes found by name."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, MutableMapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, TypeVar

from ...exc import ArgumentError, NoSuchModuleError, SAWarning
from .language import asbool

T = TypeVar("T")


def warn_limited(message: str, args: tuple[Any, ...]) -> None:
    """Warn with *message*, filled with *args*, as SAWarning."""
    warnings.warn(message % args, SAWarning, stacklevel=2)


def assert_arg_type(arg: T, argtype: type[Any] | tuple[type[Any], ...], name: str) -> T:
    """Return *arg*, which is called *name*.

    :raises ArgumentError: it is of none of the types
    """
    if isinstance(arg, argtype):
        return arg
    kinds = argtype if isinstance(argtype, tuple) else (argtype,)
    wanted = " or ".join(kind.__name__ for kind in kinds)
    raise ArgumentError(f"{name} is a {type(arg).__name__}, and has to be a {wanted}")


def coerce_kw_type(
    kw: Mapping[str, Any],
    key: str,
    type_: type[Any],
    flexi_bool: bool = True,
    dest: MutableMapping[str, Any] | None = None,
) -> None:
    """Make the option *key* in *dest*, *kw* itself by default, a *type_*; none is left alone.

    With *flexi_bool* the text of a truth value may be a word: ``"no"``.
    """
    target: Any = kw if dest is None else dest
    given = kw.get(key)
    if given is None or isinstance(given, type_):
        return
    target[key] = asbool(given) if type_ is bool and flexi_bool else type_(given)


class PluginLoader:
    """Classes by name: what is registered, what *auto_fn* finds, and the entry points of *group*.

    *auto_fn* is given a name, and returns a function that imports the class, or None.
    """

    def __init__(
        self, group: str, auto_fn: Callable[[str], Callable[[], Any] | None] | None = None
    ) -> None:
        self.group = group
        self.auto_fn = auto_fn
        self.impls: dict[str, Callable[[], Any]] = {}

    def clear(self) -> None:
        """Forget what is known."""
        self.impls.clear()

    def register(self, name: str, modulepath: str, objname: str) -> None:
        """Let *objname* of the module *modulepath* be called *name*."""
        self.impls[name] = lambda: getattr(import_module(modulepath), objname)

    def deregister(self, name: str) -> None:
        """Forget what is called *name*."""
        del self.impls[name]

    def load(self, name: str) -> Any:
        """Return what is called *name*.

        :raises NoSuchModuleError: nothing is
        """
        if name not in self.impls:
            found = None if self.auto_fn is None else self.auto_fn(name)
            for point in entry_points(group=self.group, name=name) if found is None else ():
                found = point.load
            if found is None:
                raise NoSuchModuleError(f"no plugin of {self.group} is called {name!r}")
            self.impls[name] = found
        return self.impls[name]()
