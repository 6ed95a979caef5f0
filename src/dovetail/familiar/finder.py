"""What ``import sqlalchemy…`` finds: modules of dovetail, with the names of the other package."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from importlib.abc import FileLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from opcode import opmap
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from .layout import ALIAS, HOUSE, Layout, in_the_house, under_the_alias

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType

MISSING = "what is missing, and why: docs/ecosystem.md, 'What is missing'"
IMPORT_FROM = opmap["IMPORT_FROM"]


class AliasedModule(ModuleType):
    """A module of dovetail that has the other package's names too, found when they are asked for.

    An attribute that is not there is an AttributeError, and an ImportError with both names where
    ``from … import`` asks.
    """

    __layout__: ClassVar[Layout]

    def __getattr__(self, name: str) -> object:
        path = self.__dict__["__alias_path__"]
        home = self.__layout__.paths[path].get(name)
        if home is not None and name not in self.__dict__.get("__alias_deleted__", ()):
            found = getattr(import_module(home.module), home.name)
            self.__dict__[name] = found
            return found
        below = f"{path}.{name}" if path else name
        if below in self.__layout__.paths:
            return import_module(under_the_alias(below))
        found_later = self.__dict__.get("__alias_later__")
        if found_later is not None:
            with suppress(AttributeError):
                return found_later(name)
        theirs, ours = under_the_alias(below), in_the_house(below)
        if _asked_by_import():
            raise ImportError(
                f"cannot import name {name!r} from {under_the_alias(path)!r}: dovetail has no "
                f"{ours}; {MISSING}",
                name=theirs,
            )
        raise AttributeError(
            f"module {under_the_alias(path)!r} has no attribute {name!r}: dovetail has no {ours}"
        )

    def __setattr__(self, name: str, value: object) -> None:
        # The import of a submodule puts it on its package: not over what has that name.
        if isinstance(value, ModuleType):
            held = self.__dict__.get(name, value)
            if not isinstance(held, ModuleType):
                return
            if name in self.__layout__.paths[self.__dict__["__alias_path__"]]:
                return
        self.__dict__.get("__alias_deleted__", set()).discard(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        path = self.__dict__["__alias_path__"]
        if name in self.__layout__.paths[path] and getattr(self, name, self) is not self:
            # It would be found again.
            self.__dict__.setdefault("__alias_deleted__", set()).add(name)
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        path = self.__dict__["__alias_path__"]
        return sorted({*super().__dir__(), *self.__layout__.paths[path]})


def _asked_by_import() -> bool:
    frame = sys._getframe(2)
    return frame.f_code.co_code[frame.f_lasti] == IMPORT_FROM


class AliasLoader(Loader):
    """Puts the module that stands for a path in the place of the one that is being imported."""

    def __init__(self, stands: ModuleType) -> None:
        self.stands = stands

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        sys.modules[module.__name__] = self.stands

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the code of the module here, for ``python -m sqlalchemy.…``."""
        spec = find_spec(HOUSE + fullname.removeprefix(ALIAS))
        loader = None if spec is None else spec.loader
        return loader.get_code(loader.name) if isinstance(loader, FileLoader) else None


class AliasFinder(MetaPathFinder):
    """Finds ``sqlalchemy`` and all below it in dovetail, by the layout."""

    def __init__(self, layout: Layout, version: str) -> None:
        self.layout, self.version = layout, version
        self.waiting = set(layout.paths)
        """The paths that have not been imported yet."""
        self.module_class = type("AliasedModule", (AliasedModule,), {"__layout__": layout})

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where *fullname* comes from, None for what is no path of the other package.

        :raises ModuleNotFoundError: the other package has it, or may have it, and dovetail has not
        """
        top, _, below = fullname.partition(".")
        if top != ALIAS:
            return None
        if below not in self.layout.paths:
            raise ModuleNotFoundError(
                f"No module named {fullname!r}: nothing of dovetail stands for "
                f"{in_the_house(below)}; {MISSING}",
                name=fullname,
            )
        module = self._module(below)
        spec = ModuleSpec(fullname, AliasLoader(module), is_package=self.layout.is_below(below))
        spec.origin = getattr(module, "__file__", None)
        return spec

    def _module(self, path: str) -> ModuleType:
        ours = in_the_house(path)
        try:
            module = import_module(ours)
        except ModuleNotFoundError as error:
            if error.name is None or not (ours == error.name or ours.startswith(f"{error.name}.")):
                raise
            module = ModuleType(under_the_alias(path), f"The path {under_the_alias(path)}.")
        self._take(path, module)
        if not path:
            module.__dict__["__version__"] = self.version
        self._take_what_came_along()
        return module

    def _take(self, path: str, module: ModuleType) -> None:
        """Let *module* have the names of *path*."""
        # Not by assignment of the attribute: the class that is put here watches those.
        module.__dict__["__alias_path__"] = path
        if self.layout.is_below(path):
            # A module here where the other package has a package: what is below is found here, too.
            module.__dict__.setdefault("__path__", [])
        if "__getattr__" in module.__dict__:
            # What the module finds when it is asked for comes after the other package's names.
            module.__dict__["__alias_later__"] = module.__dict__.pop("__getattr__")
        module.__class__ = self.module_class
        self.waiting.discard(path)

    def _take_what_came_along(self) -> None:
        """Let modules that dovetail imported itself have their names.

        A program reaches them as attributes of their packages, ``from sqlalchemy.sql import
        operators``: nobody is asked for a module then.
        """
        for path in sorted(self.waiting):
            module = sys.modules.get(in_the_house(path))
            if module is not None:
                self._take(path, module)
