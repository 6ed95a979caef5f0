"""Inheritance between mapped classes: one table for a hierarchy, told apart by a discriminator."""

from collections.abc import Iterator
from typing import Any
from warnings import warn

from dovetail.exc import ArgumentError, DovetailWarning, InvalidRequestError


class Hierarchy:
    """What a mapper knows of the classes above and below its own.

    ``inherits``              the mapper of the class that this one derives from, or None
    ``base``                  the mapper at the top; it owns the identity map
    ``children``              the mappers of the classes that derive from this one
    ``polymorphic_on``        the column, or expression, that tells rows of classes apart
    ``polymorphic_key``       the attribute that holds it
    ``polymorphic_identity``  its value for rows of this class
    ``polymorphic_map``       mappers by that value, shared by the hierarchy
    """

    class_: type
    attrs: Any
    memo: dict[Any, Any]
    base: Any
    polymorphic_key: str | None = None
    polymorphic_on: Any = None
    polymorphic_identity: Any = None
    polymorphic_abstract = False
    single = False

    def _join(self, inherits: Any) -> None:
        """Take the place below *inherits*, or at the top."""
        self.inherits = inherits
        self.children: list[Any] = []
        self.polymorphic_map: dict[Any, Any] = {} if inherits is None else inherits.polymorphic_map
        self.base = self if inherits is None else inherits.base
        if inherits is not None:
            self.single = True
            self.polymorphic_on = inherits.polymorphic_on
            self.polymorphic_key = inherits.polymorphic_key
            inherits.children.append(self)

    def _tell_apart(self, discriminator: Any, identity: Any) -> None:
        """Note the *discriminator* that the class declares, and the *identity* of its rows."""
        if discriminator is not None:
            self._note_discriminator(discriminator)
        if identity is None:
            if self.inherits is not None and self.polymorphic_key and not self.polymorphic_abstract:
                warn(
                    f"{self.class_.__name__} has no polymorphic_identity: its rows will be "
                    "loaded as instances of another class "
                    "(polymorphic_abstract=True says that it has none of its own)",
                    DovetailWarning,
                    stacklevel=2,
                )
            return
        other = self.polymorphic_map.get(identity)
        if other is not None:
            warn(
                f"{self.class_.__name__} has the polymorphic_identity {identity!r} of "
                f"{other.class_.__name__}: the rows of both will be loaded as the former",
                DovetailWarning,
                stacklevel=2,
            )
        self.polymorphic_identity = identity
        self.polymorphic_map[identity] = self

    def _note_discriminator(self, declared: Any) -> None:
        name = declared if isinstance(declared, str) else getattr(declared, "key", None)
        found = None if name is None else self.attrs.get(name)
        if found is None:
            name = next((k for k, prop in self.attrs.items() if _holds(prop, declared)), None)
            found = None if name is None else self.attrs.get(name)
        if found is None or name is None:
            raise ArgumentError(
                f"{self.class_.__name__}: polymorphic_on={declared!r} is no mapped column",
                hint="name the attribute: __mapper_args__ = {'polymorphic_on': 'type'}; an "
                "expression is mapped by column_property() first",
            )
        self.polymorphic_key = name
        self.polymorphic_on = found.columns[0]

    @property
    def base_mapper(self) -> Any:
        """The mapper at the top of the hierarchy."""
        return self.base

    @property
    def is_polymorphic(self) -> bool:
        """True where rows may be instances of classes below."""
        return bool(self.children) and self.polymorphic_key is not None

    @property
    def fixed_values(self) -> dict[str, Any]:
        """What each new instance has from the start: its discriminator."""
        if self.polymorphic_key is None or self.polymorphic_identity is None:
            return {}
        return {self.polymorphic_key: self.polymorphic_identity}

    @property
    def self_and_descendants(self) -> list[Any]:
        """This mapper and those of all classes below."""
        found: list[Any] = [self]
        for child in self.children:
            found += child.self_and_descendants
        return found

    def iterate_to_root(self) -> Iterator[Any]:
        """This mapper and those above it."""
        here: Any = self
        while here is not None:
            yield here
            here = here.inherits

    def isa(self, other: Any) -> bool:
        """True when this is *other*, or inherits from it."""
        return self is other or (self.inherits is not None and self.inherits.isa(other))

    def common_parent(self, other: Any) -> bool:
        """True when this and *other* belong to one hierarchy."""
        return self.base is other.base

    def row_condition(self) -> Any:
        """What tells the rows of this class, and those below, from others; None if nothing need."""
        if not self.single or self.polymorphic_on is None:
            return None
        found = self.memo.get("row condition")
        if found is None:
            identities = [
                mapper.polymorphic_identity
                for mapper in self.self_and_descendants
                if mapper.polymorphic_identity is not None
            ]
            found = self.memo["row condition"] = self.polymorphic_on.in_(identities)
        return found

    def no_such_identity(self, value: Any) -> InvalidRequestError:
        """The error for a row whose discriminator no class has."""
        known = ", ".join(map(repr, self.polymorphic_map))
        return InvalidRequestError(
            f"a row of {self.class_.__name__} has {self.polymorphic_key}={value!r}, and no mapped "
            "class has this polymorphic_identity",
            hint=f"known are {known}; is the module that defines the class imported?",
        )


def _holds(prop: Any, column: Any) -> bool:
    return any(column is one for one in getattr(prop, "columns", ()))
