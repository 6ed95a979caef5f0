"""What ``inspect()`` knows: a table from types to the objects that describe them.

Each floor registers its own types, so that :func:`inspect` serves them all and imports none::

    @inspects(Engine)
    def _inspect_engine(engine: Engine) -> Inspector:
        return Inspector(engine)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from .exc import NoInspectionAvailable

if TYPE_CHECKING:
    from collections.abc import Callable

C = TypeVar("C")
F = TypeVar("F", bound="Callable[[Any], Any]")

_inspectors: dict[type[Any], Callable[[Any], Any]] = {}
_fallbacks: list[Callable[[Any], Any]] = []


def inspects(*types: type[Any]) -> Callable[[F], F]:
    """Return a decorator: the function describes instances of *types* and of their subclasses.

    A function that returns None passes: the next class of the instance's bases is asked.
    """

    def register(function: F) -> F:
        for type_ in types:
            if type_ in _inspectors:
                raise ValueError(f"{type_.__name__} has an inspector already")
            _inspectors[type_] = function
        return function

    return register


def inspects_itself(cls: type[C]) -> type[C]:
    """Let instances of *cls* be their own description; a class decorator."""
    inspects(cls)(lambda subject: subject)
    return cls


def inspects_otherwise(function: F) -> F:
    """Ask *function* about objects of which no registered type knows; a decorator.

    It returns None for what it does not know.  In this way instances of mapped classes are
    recognised, which have no base in common.
    """
    _fallbacks.append(function)
    return function


@overload
def inspect(subject: object, raiseerr: Literal[True] = True) -> Any: ...
@overload
def inspect(subject: object, raiseerr: bool = True) -> Any | None: ...
def inspect(subject: object, raiseerr: bool = True) -> Any:
    """Return the object that describes *subject*.

    A mapped class gives its Mapper, an instance its InstanceState, an Engine or Connection an
    Inspector; tables, statements and expressions say all of themselves.  For what is not known
    NoInspectionAvailable is raised; with *raiseerr* false the answer is None::

        inspect(engine).get_table_names()
        inspect(user).pending
    """
    for type_ in type(subject).__mro__:
        inspector = _inspectors.get(type_)
        if inspector is not None:
            found = inspector(subject)
            if found is not None:
                return found
    for fallback in _fallbacks:
        found = fallback(subject)
        if found is not None:
            return found
    if not raiseerr:
        return None
    kind = type(subject)
    raise NoInspectionAvailable(
        f"no inspection is available for {kind.__module__}.{kind.__qualname__}: {subject!r}",
        hint="is the class mapped?"
        if isinstance(subject, type)
        else "give a mapped class, an instance of one, an Engine or a Connection",
    )
