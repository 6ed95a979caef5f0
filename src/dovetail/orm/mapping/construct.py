"""The constructor that mapped classes have when they define none."""

from collections.abc import Callable
from typing import Any

from dovetail.exc import nearest
from dovetail.orm.mapping.mapper_view import MapperView
from dovetail.orm.tracking.state import STATE_NAME, InstanceState, forget, new_state


def construct(self: Any, **values: object) -> None:
    """Set the attributes named by the keywords; TypeError for a name the class has not."""
    class_ = type(self)
    mapper: Any = getattr(class_, "__mapper__", None)
    if mapper is not None:
        mapper.configure()
        if getattr(self, STATE_NAME, None) is None:
            new_state(self, mapper)
        for name, value in mapper.fixed_values.items():
            self.__dict__.setdefault(name, value)
    for name, value in values.items():
        if not hasattr(class_, name):
            raise TypeError(_unknown(name, class_))
        setattr(self, name, value)


def _unknown(name: str, class_: type) -> str:
    text = f"{name!r} is an invalid keyword argument for {class_.__name__}"
    mapper: Any = getattr(class_, "__mapper__", None)
    near = None if mapper is None else nearest(name, mapper.named_attrs.keys())
    return text if near is None else f"{text}: did you mean {near!r}?"


construct.__name__ = construct.__qualname__ = "__init__"


def uses_plain_constructor(class_: type) -> bool:
    """True when *class_* would be made by ``construct`` or by one made from it."""
    init = class_.__init__  # type: ignore[misc]
    return init is construct or getattr(init, "__wrapped__", None) is construct


def plain_constructor(mapper: MapperView) -> Callable[..., None]:
    """A constructor for the class of *mapper*: ``construct``, with a short way for column values.

    When all names are columns, the dictionary of the keywords becomes the instance's own; when
    all are mapped, each is written without asking for it first.
    """
    setters = mapper.setters
    plain = frozenset([key for key, _ in mapper.column_attrs.items() if setters[key] is None])
    set_values = _dict_setter(mapper.class_)
    set_state = mapper.set_state
    transient = mapper.transient_load
    mapped = frozenset(setters) if mapper.writes_through_setattr else frozenset()
    uses_slot = mapper.uses_slot
    fixed = dict(mapper.fixed_values)

    def __init__(self: Any, **values: object) -> None:  # noqa: N807 - it becomes a method
        if type(self) is not class_:
            construct(self, **values)
        elif uses_slot and plain.issuperset(values):
            set_values(self, {**fixed, **values} if fixed else values)
            state = InstanceState(self, forget)
            state.row_key = state.committed = state.stale = state.extra = None
            state.load = transient
            set_state(self, state)
        elif mapped.issuperset(values):
            new_state(self, mapper)
            own = self.__dict__
            own.update(fixed)
            for name, value in values.items():
                setter = setters[name]
                if setter is None:
                    own[name] = value
                else:
                    setter(self, value)
        else:
            construct(self, **values)

    class_ = mapper.class_
    __init__.__wrapped__ = construct  # type: ignore[attr-defined]
    __init__.__doc__ = construct.__doc__
    __init__.__qualname__ = f"{class_.__qualname__}.__init__"
    return __init__


def _dict_setter(class_: type) -> Callable[[Any, dict[str, Any]], None]:
    """The function that replaces the ``__dict__`` of an instance."""
    for base in class_.__mro__:
        descriptor = base.__dict__.get("__dict__")
        if descriptor is not None and hasattr(descriptor, "__set__"):
            setter: Callable[[Any, dict[str, Any]], None] = descriptor.__set__
            return setter
    return _update_dict


def _update_dict(instance: object, values: dict[str, Any]) -> None:
    instance.__dict__.update(values)


dict_setter = _dict_setter
