"""Classes say that they come from the other package: migrations and filters of warnings name it."""

from __future__ import annotations

import copyreg
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..conventions import ClassReference, call_anew, made_anew
from .layout import Layout, under_the_alias

if TYPE_CHECKING:
    from collections.abc import Callable


def say_their_modules(layout: Layout) -> None:
    """Set ``__module__`` of the classes of the paths that the layout names.

    Their instances are pickled by dovetail's names all the same, so that what was written with
    the alias can be read without it.
    """
    for path, home in layout.modules_of_classes.items():
        theirs = import_module(under_the_alias(path))
        for name in dir(theirs):
            found = getattr(theirs, name, None)
            if isinstance(found, type) and _is_below(found.__module__, home):
                reference = ClassReference(found.__module__, found.__qualname__)
                found.__module__ = under_the_alias(path)
                copyreg.pickle(found, _reducer(found, reference))


def _is_below(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _reducer(kind: type, reference: ClassReference) -> Callable[[Any], Any]:
    """Return what tells pickle how an instance of *kind* is made: by its reference."""

    def reduce(instance: Any) -> Any:
        reduced = instance.__reduce_ex__(4)
        if isinstance(reduced, str):
            return reduced
        make, arguments, *rest = reduced
        if make is kind:
            return made_anew, (reference, call_anew, *arguments), *rest
        if arguments and arguments[0] is kind:
            return made_anew, (reference, make, *arguments[1:]), *rest
        return reduced

    return reduce
