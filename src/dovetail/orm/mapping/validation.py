"""Methods of a mapped class that are called when its attributes change, and when it is loaded."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from dovetail.event import listen
from dovetail.exc import InvalidRequestError
from dovetail.orm.mapping.mapper_view import MapperView

F = TypeVar("F", bound=Callable[..., Any])

_VALIDATES = "__dovetail_validates__"
_RECONSTRUCTS = "__dovetail_reconstructs__"


class Validation(NamedTuple):
    """What a ``validates()`` method looks at.

    ``removes``   it is called for what is taken away too, with a third argument that says so
    ``backrefs``  it is called for what the other side of a relationship brings in too
    """

    names: tuple[str, ...]
    removes: bool
    backrefs: bool


def validates(
    *names: str, include_removes: bool = False, include_backrefs: bool = True
) -> Callable[[F], F]:
    """Return a decorator: the method is called with each new value of the attributes *names*.

    What it returns is what is stored; an error that it raises refuses the value::

        @validates("email")
        def check_email(self, key, address):
            if "@" not in address:
                raise ValueError("that is no address")
            return address

    For a collection it is called with each member.  With *include_removes* it is called with a
    third argument, True for what is taken away.  With ``include_backrefs=False`` it is not called
    for what the other side of a relationship has changed.
    """
    for name in names:
        if not isinstance(name, str):
            raise InvalidRequestError(
                f"validates() takes names of attributes, not {name!r}",
                hint='@validates("email")',
            )

    def mark(function: F) -> F:
        setattr(function, _VALIDATES, Validation(names, include_removes, include_backrefs))
        return function

    return mark


def reconstructor(fn: F) -> F:
    """Let the method be called after an instance was made of a row, where no constructor runs::

    @reconstructor
    def prepare(self):
        self.cache = {}
    """
    setattr(fn, _RECONSTRUCTS, True)
    return fn


def marked_methods(class_: type) -> list[Any]:
    """The methods of *class_* that ``validates()`` or ``reconstructor()`` has marked.

    Those of bases come first; one that a class below has in its place counts alone.
    """
    # What stands in a class may answer for attributes that it has not: columns look for them among
    # what their types add, and some objects of other packages raise errors of their own.
    own_of = object.__getattribute__
    found: dict[str, Any] = {}
    for base in class_.__mro__[-2::-1]:
        body = base.__dict__
        if "__declares_nothing__" in body:
            continue
        for name, value in body.items():
            own = own_of(value, "__dict__") if type(value).__dictoffset__ else ()
            if _VALIDATES in own or _RECONSTRUCTS in own:
                found[name] = value
            elif found:
                found.pop(name, None)
    return list(found.values())


def find_validators(class_: type, marked: Iterable[Any]) -> dict[str, tuple[Any, dict[str, bool]]]:
    """The ``validates()`` methods of *class_*, with their options, by the names of attributes."""
    found: dict[str, tuple[Any, dict[str, bool]]] = {}
    for function in marked:
        validation: Validation | None = getattr(function, _VALIDATES, None)
        if validation is None:
            continue
        options = {
            "include_removes": validation.removes,
            "include_backrefs": validation.backrefs,
        }
        for name in validation.names:
            if name in found:
                raise InvalidRequestError(
                    f"{class_.__name__}.{name} has two validators: {found[name][0].__name__} and "
                    f"{function.__name__}",
                    hint="let one of them call the other",
                )
            found[name] = (function, options)
    return found


def validator_of(mapper: Any, key: str) -> Any:
    """The ``validates()`` method for attribute *key* of *mapper*, with its options, or None.

    It is that of the class, or else that of the nearest class above.
    """
    while mapper is not None:
        found = mapper.validators.get(key)
        if found is not None:
            return found
        mapper = mapper.inherits
    return None


def listen_as_validator(attribute: Any) -> None:
    """Let ``validates()`` methods be called for changes of *attribute*, in classes below too."""
    key, prop = attribute.key, attribute.declared

    def ask(target: Any, value: Any, initiator: Any, *removed: bool) -> Any:
        function, options = validator_of(type(target).__mapper__, key)
        removes = options["include_removes"]
        if (removed and not removes) or not (
            options["include_backrefs"] or initiator is None or initiator.impl is prop.impl
        ):
            return value
        return function(target, key, value, *(removed or (False,) if removes else ()))

    def set_(target: object, value: object, oldvalue: object, initiator: object) -> Any:
        return ask(target, value, initiator)

    def append(target: Any, value: Any, initiator: Any) -> Any:
        # The members of a new collection have been looked at together.
        return value if initiator.op == "bulk_replace" else ask(target, value, initiator)

    def replace(target: object, values: Any, initiator: object) -> None:
        values[:] = [ask(target, value, None) for value in values]

    def remove(target: object, value: object, initiator: object) -> None:
        ask(target, value, initiator, True)

    listen(attribute, "set", set_, retval=True, propagate=True)
    listen(attribute, "append", append, retval=True, propagate=True)
    listen(attribute, "bulk_replace", replace, propagate=True)
    listen(attribute, "remove", remove, propagate=True)


def listen_as_reconstructor(mapper: MapperView, marked: Iterable[Any]) -> None:
    """Let the ``reconstructor`` methods among *marked* be called after a load."""
    for function in marked:
        if hasattr(function, _RECONSTRUCTS):
            listen(mapper, "load", _after_load(function))


def _after_load(function: Callable[..., Any]) -> Callable[[Any, Any], None]:
    def loaded(target: object, context: object) -> None:
        function(target)

    return loaded
