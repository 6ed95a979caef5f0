"""What ``module:Name`` names: a mapped class, or the tables that belong together."""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..exc import DovetailError, did_you_mean
from ..orm import class_mapper, configure_mappers, registry
from ..orm.mapping.events import registries
from ..orm.mapping.mapper import Mapper
from ..sql.metadata import MetaData

if TYPE_CHECKING:
    from types import ModuleType


class TargetError(Exception):
    """What an argument names cannot be had: the text says why, and what to do."""


def _hinted(text: str, hint: str | None) -> TargetError:
    return TargetError(f"{text}\n  hint: {hint}" if hint else text)


def imported(name: str) -> ModuleType:
    """Import the module *name*, which may lie in the current folder.

    :raises TargetError: there is none, or importing it fails; the text says at which line
    """
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return import_module(name)
    except Exception as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and (name == missing or name.startswith(f"{missing}.")):
            raise _hinted(
                f"there is no module {missing!r} here or among the installed packages",
                "run the command in the folder that your program is started in",
            ) from error
        last = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{name} cannot be imported: {type(error).__name__}: {error}"
        raise TargetError(f"{text}\n  at {last.filename}:{last.lineno}") from error


def _split(text: str) -> tuple[str, str]:
    module, _, name = text.partition(":")
    if not module or "/" in module or module.endswith(".py"):
        raise _hinted(
            f"{text!r} names no module", "say module:Name, for example myproject.models:Base"
        )
    return module, name


def named(text: str) -> Any:
    """Return the object that *text*, ``module:Name`` or ``module:name.name``, names.

    :raises TargetError: there is none; the text proposes a name that is spelled like it
    """
    module_name, path = _split(text)
    if not path:
        raise _hinted(f"{text!r} names a module only", f"say {module_name}:Name")
    found: Any = imported(module_name)
    for name in path.split("."):
        if not hasattr(found, name):
            known = [each for each in dir(found) if not each.startswith("_")]
            raise _hinted(
                f"{module_name} has no {name!r}",
                did_you_mean(name, known) or f"say {module_name}:Name",
            )
        found = getattr(found, name)
    return found


def mapped_class(text: str) -> Mapper:
    """Return the mapper of the class that *text* names.

    :raises TargetError: *text* names no mapped class
    """
    found = named(text)
    try:
        return class_mapper(found)
    except DovetailError as error:
        module = sys.modules[_split(text)[0]]
        own = [name for name, value in vars(module).items() if _is_mapped(value)]
        hint = f"mapped there: {', '.join(own)}" if own else None
        raise _hinted(f"{text} is no mapped class", hint) from error


def _is_mapped(value: object) -> bool:
    return isinstance(value, type) and isinstance(vars(value).get("__mapper__"), Mapper)


def metadata_of(text: str) -> MetaData:
    """Return the tables that *text* names.

    It names a declarative base, a registry, a ``MetaData``, or anything that has one as its
    ``metadata``; or a module alone, where everything in it has the same.

    :raises TargetError: *text* names none, or a module that has several
    """
    module_name, path = _split(text)
    if path:
        found = _metadata(named(text))
        if found is None:
            raise _hinted(
                f"{text} has no metadata",
                "name a declarative base, a registry or a MetaData",
            )
        return found
    module = imported(module_name)
    bases = {
        name: held for name, value in vars(module).items() if (held := _metadata(value)) is not None
    }
    if len({id(held) for held in bases.values()}) != 1:
        listed = (
            ", ".join(f"{module_name}:{name}" for name in bases) or "nothing that has a metadata"
        )
        raise _hinted(f"{module_name} has {listed}", f"say which: {module_name}:Base")
    return next(iter(bases.values()))


def _metadata(value: object) -> MetaData | None:
    if isinstance(value, MetaData):
        return value
    held = getattr(value, "metadata", None) if isinstance(value, type | registry) else None
    if held is None and not isinstance(value, type):
        held = vars(value).get("metadata") if hasattr(value, "__dict__") else None
    return held if isinstance(held, MetaData) else None


def mappers_of(metadata: MetaData) -> list[Mapper]:
    """Return the mappers of the classes that belong to *metadata*, configured, sorted by name.

    :raises InvalidRequestError: the mapping is wrong, one of its subclasses says how
    """
    configure_mappers()
    found = [
        mapper
        for each in list(registries)
        for mapper in each.mappers
        if mapper.metadata is metadata
    ]
    return sorted(found, key=lambda mapper: (mapper.class_.__name__, mapper.class_.__module__))
