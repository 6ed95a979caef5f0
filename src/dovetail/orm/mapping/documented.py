"""What ``__doc__`` of mapped attributes is: what their ``doc=`` says."""

from typing import Any


class DocumentedByProperty:
    """A base of attributes that have a property: ``User.name.__doc__`` is what ``doc=`` says.

    The classes of such attributes have their own docstrings.
    """

    __slots__ = ()

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        own = cls.__dict__.get("__doc__")
        # A class that says itself what documents its attributes keeps that: hybrids do.
        if own is None or isinstance(own, str):
            type.__setattr__(cls, "__doc__", _Documentation(own))


class _Documentation:
    """The docstring of a class, and the documentation of its instances."""

    def __init__(self, docstring: str | None) -> None:
        self.docstring = docstring

    def __get__(self, attribute: object, owner: type) -> str | None:
        if attribute is None:
            return self.docstring
        mapped: Any = attribute
        # Of a synonym, it is not what the column says that it stands for.
        prop: Any = getattr(mapped, "original_property", mapped.prop)
        doc: str | None = prop.doc
        return doc
