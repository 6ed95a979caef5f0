"""What the rows of a table may not have in common, as its constraints and indexes declare it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from dovetail.orm.flush.roles import roles_of
from dovetail.orm.flush.sync import pairs_of
from dovetail.orm.mapping.mapped_tables import MappedTable
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.sql.constraints import Constraint, Index, PrimaryKeyConstraint, UniqueConstraint
from dovetail.sql.schema import Column


class UniqueKey(NamedTuple):
    """Columns of one table in which no two rows may be equal.

    ``declared``    the constraint or index, by which classes that share a table tell the key
    ``part``        what the mapper keeps in the table
    ``names``       the attributes whose values are compared, in ``names_set`` too
    ``columns``     their columns
    ``is_primary``  whether it is the primary key
    ``takes_nulls`` whether rows that have NULL in it are equal to no others
    """

    declared: Any
    part: MappedTable
    names: tuple[str, ...]
    names_set: frozenset[str]
    columns: tuple[Column[Any], ...]
    is_primary: bool
    takes_nulls: bool


class UniqueKeys(NamedTuple):
    """The unique keys of one mapper.

    ``references``  references by foreign keys that are part of one
    ``collections`` those whose members have the key of this mapper in one
    ``touched``     all attributes by which a unique key of some row may change
    """

    keys: tuple[UniqueKey, ...]
    references: tuple[RelationshipProperty, ...]
    collections: tuple[RelationshipProperty, ...]
    touched: frozenset[str]


def unique_keys_of(mapper: Mapper) -> UniqueKeys:
    """The unique keys of the tables that *mapper* writes.

    A primary key is among them where its values are given, so that rows may exchange them, or
    where rows of other tables have it too.  What is checked no earlier than at the COMMIT, and
    indexes on expressions, whose values only the server knows, are left out.
    """
    kept: UniqueKeys | None = mapper.memo.get("unique keys")
    if kept is None:
        roles = roles_of(mapper)
        keys = _keys_of(mapper)
        names = _names(keys)
        references = tuple(prop for prop in roles.references if _writes(prop, names))
        collections = tuple(
            prop
            for prop in roles.collections
            if any(_writes(prop, _names(_keys_of(one))) for one in prop.mapper.self_and_descendants)
        )
        touched = names | {prop.key for prop in (*references, *collections)}
        kept = UniqueKeys(keys, references, collections, touched)
        mapper.memo["unique keys"] = kept
    return kept


def _names(keys: tuple[UniqueKey, ...]) -> frozenset[str]:
    return frozenset(name for key in keys for name in key.names)


def _writes(prop: RelationshipProperty, names: frozenset[str]) -> bool:
    """Whether the key by which *prop* refers is among *names*."""
    return any(target in names for _, target, _ in pairs_of(prop))


def _keys_of(mapper: Mapper) -> tuple[UniqueKey, ...]:
    mapper.configure()
    return tuple(_keys(mapper))


def _keys(mapper: Mapper) -> Iterator[UniqueKey]:
    for place, part in enumerate(mapper.mapped_tables):
        names = {column: name for name, column in part.columns}
        for declared in (*part.table.constraints, *part.table.indexes):
            is_primary = isinstance(declared, PrimaryKeyConstraint)
            if is_primary and (place or not _is_given(mapper, part)):
                continue
            columns = _compared(declared)
            if columns and all(column in names for column in columns):
                own = tuple(names[column] for column in columns)
                takes_nulls = not declared.dialect_kwargs.get("postgresql_nulls_not_distinct")
                yield UniqueKey(
                    declared, part, own, frozenset(own), columns, is_primary, takes_nulls
                )


def _compared(declared: Constraint | Index) -> tuple[Column[Any], ...]:
    """The columns in which *declared* lets no two rows be equal, as soon as they are written."""
    if isinstance(declared, (PrimaryKeyConstraint, UniqueConstraint)):
        is_late = (declared.initially or "").upper() == "DEFERRED"
        return () if is_late else tuple(declared.columns)
    if not isinstance(declared, Index) or not declared.unique:
        return ()
    columns = tuple(declared.expressions)
    return columns if all(isinstance(one, Column) for one in columns) else ()


def _is_given(mapper: Mapper, part: MappedTable) -> bool:
    """Whether the primary key in the first table of *mapper* is more than a number of its own."""
    made = part.table.autoincrement_column
    if len(part.key) != 1 or part.key[0][1] is not made:
        return True
    hierarchy = mapper.base.self_and_descendants
    return len({one.mapped_tables[-1].table for one in hierarchy if one.mapped_tables}) > 1
