"""What statements select from to load the instances of a hierarchy with all that they have."""

from collections.abc import Iterable, Mapping
from typing import Any

from dovetail.exc import InvalidRequestError
from dovetail.orm.mapping.mapper_view import MapperView
from dovetail.sql.expression.columns import literal_column
from dovetail.sql.expression.constants import null
from dovetail.sql.expression.from_clause import Join
from dovetail.sql.expression.select import Select
from dovetail.types.basic import String
from dovetail.types.contract import NULLTYPE, TypeEngine


def kinds_below(mapper: Any, classes: Any, *, may_miss: bool = False) -> tuple[Any, ...]:
    """The mappers of *classes*, "*" for all below *mapper*, with those between, parents first.

    With *may_miss* those that are no classes below it (yet) are left out, and refused otherwise.
    """
    if classes is None:
        return ()
    descendants = mapper.self_and_descendants[1:]
    if classes == "*":
        return tuple(descendants)
    wanted: set[Any] = set()
    for class_ in (classes,) if isinstance(classes, type) else classes:
        found = getattr(class_, "__dict__", {}).get("__mapper__", class_)
        if found is mapper:
            continue
        if found in descendants:
            wanted.update(found.iterate_to_root())
        elif not may_miss:
            raise InvalidRequestError(
                f"{class_!r} is no mapped class below {mapper.class_.__name__}",
                hint="name classes that derive from it, or say '*' for all",
            )
    return tuple(one for one in descendants if one in wanted)


def joined_kinds(mapper: MapperView, kinds: Iterable[Any], innerjoin: bool = False) -> Any:
    """The tables of *mapper*, joined to those of *kinds*."""
    made = mapper.persist_selectable
    for kind in kinds:
        if not kind.single and not kind.concrete:
            made = Join(made, kind.local_table, kind.inherit_condition, not innerjoin)
    return made


def polymorphic_union(
    table_map: Mapping[Any, Any],
    typecolname: str | None,
    aliasname: str | None = "p_union",
    cast_nulls: bool = True,
) -> Any:
    """The rows of several tables, one after the other, as one table with all their columns.

    *table_map* has a table for each value of the discriminator, which the rows carry in the
    column *typecolname*.  Where a table lacks a column of another, NULL stands; *cast_nulls*
    gives it the column's type, which some servers ask for::

        staff = polymorphic_union({"engineer": engineers, "manager": managers}, "type", "staff")
    """
    types: dict[str, Any] = {}
    # In a join, the keys of its columns have the names of their tables before them.
    by_key: dict[Any, dict[str, Any]] = {}
    for value, table in table_map.items():
        known = by_key[value] = {}
        for column in table.c:
            if column.key == typecolname:
                raise InvalidRequestError(
                    f"{table.description!r} has a column {column.key!r}, as the UNION is to have",
                    hint="give the column that tells the classes apart another name",
                )
            known.setdefault(column.key, column)
            types.setdefault(column.key, column.type)
    selects: list[Any] = []
    for value, table in table_map.items():
        columns = [_column(by_key[value], key, type_, cast_nulls) for key, type_ in types.items()]
        if typecolname:
            text = str(value).replace("'", "''")
            columns.append(literal_column(f"'{text}'", String()).label(typecolname))
        selects.append(Select(*columns).select_from(table))
    return selects[0].union_all(*selects[1:]).alias(aliasname)


def _column(columns: dict[str, Any], key: str, type_: TypeEngine[Any], cast_nulls: bool) -> Any:
    found = columns.get(key)
    if found is not None:
        return found
    return (null().cast(type_) if cast_nulls and type_ is not NULLTYPE else null()).label(key)
