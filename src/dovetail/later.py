"""What many programs do not use is imported when it is first asked for.

A face, a module that hands on what others have, says of such names where they are (PEP 562)::

    if TYPE_CHECKING:
        from .inspector import Inspector as Inspector

    __getattr__, __dir__ = names_later(__name__, {"dovetail.engine.inspector": ("Inspector",)})

and a module calls a function of such a room by :func:`function_later`.  Both are for whole rooms
that stand aside, and for nothing that every program needs.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OWN_OF_FACES = frozenset({"TYPE_CHECKING", "collector", "names_later"})
"""What a face imports for itself, and hands on to nobody."""


def names_later(
    face: str, rooms: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of the module called *face*.

    *rooms* has the names by the module to take them from; those by *face* are modules within
    it.  What has been found once stands in the face itself, so that nothing is slower from there
    on; ``from face import *`` gives all.
    """
    homes = {name: room for room, names in rooms.items() for name in names}

    def find(name: str) -> Any:
        module = sys.modules[face]
        if name == "__all__":
            public = (name for name in listed() if not name.startswith("_"))
            return [name for name in public if name not in OWN_OF_FACES]
        home = homes.get(name)
        if home is None:
            raise AttributeError(
                f"module {face!r} has no attribute {name!r}", name=name, obj=module
            )
        if home == face:
            return import_module(f"{face}.{name}")
        found = getattr(import_module(home), name)
        setattr(module, name, found)
        return found

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[face]), *homes})

    return find, listed


def function_later(module: str, name: str, user: str = "") -> Callable[..., Any]:
    """Return a function that does what *name* of *module* does, which the first call imports.

    In the module called *user*, which has it by the same name, the other takes its place then::

        if TYPE_CHECKING:
            from dovetail.orm.flush.unit_of_work import flush_steps
        else:
            flush_steps = function_later("dovetail.orm.flush.unit_of_work", "flush_steps", __name__)
    """
    found: list[Callable[..., Any]] = []

    def call(*arguments: Any, **keywords: Any) -> Any:
        if not found:
            found.append(getattr(import_module(module), name))
            if user:
                setattr(sys.modules[user], name, found[0])
        return found[0](*arguments, **keywords)

    return call
