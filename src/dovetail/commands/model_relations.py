"""The relationships between classes for the tables of a database, with names for them."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ..sql.foreign_keys import ForeignKeyConstraint
    from ..sql.schema import Table

_RESERVED = frozenset({"metadata", "registry"})
"""What an attribute of a declarative class cannot be called."""
_NO_WORD = re.compile(r"\W")


@dataclass(slots=True)
class Relation:
    """One side of a relationship: the attribute ``name`` leads to ``target``."""

    name: str
    back: str
    target: Table
    many: bool
    optional: bool = False
    through: str | None = None
    """The name of the table between the two."""
    told_apart: dict[str, tuple[Table, list[str]]] = field(default_factory=dict)
    """Arguments that say which columns it follows: a table and some of its columns, by name."""


def identifier(name: str) -> str:
    """Return *name* as an attribute may be called."""
    found = _NO_WORD.sub("_", name) or "_"
    if found[0].isdigit():
        found = f"_{found}"
    return f"{found}_" if keyword.iskeyword(found) or found in _RESERVED else found


def unused(name: str, names: Collection[str]) -> str:
    """Return *name*, with underscores behind it where it is among *names*."""
    while name in names:
        name += "_"
    return name


def is_between(table: Table) -> bool:
    """Whether *table* has two foreign keys and nothing else, all of it its key."""
    keys = table.foreign_key_constraints
    columns = {element.parent for key in keys for element in key.elements}
    return len(keys) == 2 and columns == set(table.c) == set(table.primary_key)


def relations_of(
    tables: Iterable[Table], classes: Mapping[Table, str]
) -> dict[Table, list[Relation]]:
    """Return the relationships of each table of *classes*; no name is that of another attribute."""
    names = {table: {identifier(str(column.name)) for column in table.c} for table in classes}
    found: dict[Table, list[Relation]] = {table: [] for table in classes}

    def take(table: Table, name: str) -> str:
        name = unused(name, names[table])
        names[table].add(name)
        return name

    for table in classes:
        keys = [key for key in _ordered(table) if key.referred_table in classes]
        for key in keys:
            target = key.referred_table
            several = target is table or sum(one.referred_table is target for one in keys) > 1
            one = take(table, _reference_name(key))
            many = take(target, _collection_name(table, one, several))
            own = [str(element.parent.name) for element in key.elements]
            remote = [str(element.column.name) for element in key.elements]
            apart = {"foreign_keys": (table, own)} if several else {}
            optional = any(element.parent.nullable for element in key.elements)
            back = dict(apart)
            if target is table:
                apart = {**apart, "remote_side": (table, remote)}
            found[table].append(Relation(one, many, target, False, optional, told_apart=apart))
            found[target].append(Relation(many, one, table, True, told_apart=back))
    for table in tables:
        if is_between(table):
            left, right = (key.referred_table for key in _ordered(table))
            if left in classes and right in classes and left is not right:
                one = take(left, plural(identifier(str(right.name))))
                other = take(right, plural(identifier(str(left.name))))
                through = str(table.name)
                found[left].append(Relation(one, other, right, True, through=through))
                found[right].append(Relation(other, one, left, True, through=through))
    return found


def _ordered(table: Table) -> Sequence[ForeignKeyConstraint]:
    places = {column: place for place, column in enumerate(table.c)}
    return sorted(
        table.foreign_key_constraints,
        key=lambda key: [places[element.parent] for element in key.elements],
    )


def _reference_name(key: ForeignKeyConstraint) -> str:
    """Return what a foreign key leads to: ``author_id`` to ``author``."""
    if len(key.elements) == 1:
        name = str(key.elements[0].parent.name)
        bare = re.sub(r"_?id$", "", name, flags=re.IGNORECASE)
        if bare and bare != name:
            return identifier(bare)
    return identifier(str(key.referred_table.name))


def _collection_name(table: Table, reference: str, several: bool) -> str:
    name = plural(identifier(str(table.name)))
    return f"{name}_by_{reference}" if several else name


def plural(name: str) -> str:
    """Return *name* for several, in English; one that ends in s is taken for several already."""
    if name.endswith("s"):
        return name
    if name.endswith("y") and name[-2:-1] not in tuple("aeiou"):
        return f"{name[:-1]}ies"
    return f"{name}s"
