"""Classes that are declared, and mapped when their tables are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Never

from ...exc import InvalidRequestError, UnmappedClassError
from ...orm.mapping.declaring import declare_in_parts
from ...orm.mapping.properties import MapperProperty
from ...orm.mapping.registry import Registry
from ...sql.schema import Table

if TYPE_CHECKING:
    from ...engine.inspector import Inspector

_waiting: dict[type, Postponed] = {}
"""The classes that wait, in the order of their declaration."""


class Postponed:
    """A class that waits to be mapped.

    ``table``     its table, with the columns that the class declares; None where it has no part
                  in a table before the class above it is mapped
    ``declared``  the attributes that the class declares, by name
    """

    def __init__(self, registry: Registry, class_: type) -> None:
        self.class_ = class_
        self.table: Table | None = None
        self.declared: dict[str, MapperProperty] = {}
        self._mapping = declare_in_parts(registry, class_)
        if not any(base in _waiting for base in class_.__mro__[1:]):
            self.begin()

    def begin(self) -> None:
        """Make the table, as far as the class declares it."""
        if self.table is None:
            self.table, parts = next(self._mapping)
            self.declared = dict(parts)
            type.__setattr__(self.class_, "__table__", self.table)

    @property
    def own_name(self) -> str | None:
        """The name of the table that the class itself declares, or None."""
        name = self.class_.__dict__.get("__tablename__")
        return name if isinstance(name, str) else None

    def map(self) -> None:
        """Map the class: its table is complete."""
        self.begin()
        _waiting.pop(self.class_, None)
        for _ in self._mapping:
            raise AssertionError("a class has one table")


class _NotMapped:
    """Stands for the mapper of a class that waits: what asks for it is told how to get it."""

    def __get__(self, instance: object, owner: type) -> Never:
        raise UnmappedClassError(
            owner,
            f"class {owner.__name__} is not mapped yet: it waits for its table to be read",
            hint=f"call prepare(engine) on {owner.__name__}'s base first",
        )


class MappedLater:
    """The base of what declares now and maps at ``prepare()``."""

    __slots__ = ()

    __mapper__: ClassVar[Any] = _NotMapped()
    __statement_entity__: ClassVar[Any] = _NotMapped()

    @classmethod
    def __put_off__(cls, registry: Registry) -> bool:
        """Let the class wait."""
        # The mapping looks at the classes that wait: this one enters when it is begun.
        _waiting[cls] = Postponed(registry, cls)
        return True


def waiting_below(base: type) -> list[Postponed]:
    """The classes below *base* that wait, in the order of their declaration."""
    return [postponed for class_, postponed in _waiting.items() if issubclass(class_, base)]


def in_levels(waiting: Iterable[Postponed]) -> Iterator[list[Postponed]]:
    """*waiting* in sets, each to be mapped before the next: classes above come first."""
    remaining = list(waiting)
    while remaining:
        classes = {postponed.class_ for postponed in remaining}
        level = [one for one in remaining if not classes.intersection(one.class_.__mro__[1:])]
        yield level
        remaining = [one for one in remaining if one not in level]


def read_table(inspector: Inspector, table: Table, resolve_fks: bool) -> None:
    """Add to *table* what the database has; what was declared stays as it was declared."""
    declared = [column.name for column in table.c]
    inspector.reflect_table(table, exclude_columns=declared, resolve_fks=resolve_fks)


def refuse_options(function: str, options: Iterable[str], known: Iterable[str]) -> None:
    """Refuse *options* that reflection does not know."""
    for name in options:
        if name not in known:
            raise InvalidRequestError(
                f"{function} takes no option {name!r}", hint=f"it takes {', '.join(known)}"
            )
