"""What a class says of its mapping as a whole: its table, and the options of its mapper."""

from collections.abc import Iterable
from typing import Any

from dovetail.orm.mapping.declared_attr import declared_attr
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.properties import ColumnProperty, MapperProperty


def class_option(class_: type, name: str) -> Any:
    """The class option *name*, its own or from a mixin."""
    for base in class_.__mro__:
        if name in base.__dict__:
            value = base.__dict__[name]
            return value.__get__(None, class_) if hasattr(value, "__get__") else value
    return None


def mapper_options(class_: type, inherits: Mapper | None) -> dict[str, Any]:
    """What ``__mapper_args__`` says of *class_*: its own, a mixin's, or what a method makes of it.

    A dictionary of a class above is that of its mapping; a method is asked for each class.
    """
    above = () if inherits is None else inherits.class_.__mro__
    for base in class_.__mro__:
        value = base.__dict__.get("__mapper_args__")
        if value is not None and (base not in above or isinstance(value, declared_attr)):
            return class_option(class_, "__mapper_args__") or {}
    return {}


def own_table(class_: type, inherits: Mapper | None) -> tuple[Any, str | None]:
    """(table, name of a table) that *class_* declares besides the one it *inherits*, if any."""
    above = () if inherits is None else inherits.class_.__mro__
    for base in class_.__mro__:
        if base.__dict__.get("__table__") is not None and base not in above:
            return class_option(class_, "__table__"), None
        name = base.__dict__.get("__tablename__")
        # A method names a table for each class; a name is that of the class it stands in.
        if name is not None and (base not in above or isinstance(name, declared_attr)):
            name = class_option(class_, "__tablename__")
            is_shared = inherits is not None and name == inherits.local_table.description
            return None, None if is_shared else name
    return None, None


def given_table_arguments(class_: type) -> Any:
    """What ``__table_args__`` says of the table of *class_*: its own, a mixin's, or what a method
    makes of it.

    Those in the body of a mapped class are about the table of that class.
    """
    for base in class_.__mro__:
        value = base.__dict__.get("__table_args__")
        if value is not None:
            is_for_others = base is not class_ and "__mapper__" in base.__dict__
            if not is_for_others or isinstance(value, declared_attr):
                return value.__get__(None, class_) if hasattr(value, "__get__") else value
    return None


def with_prefix(
    prefix: str | None,
    declared: Iterable[tuple[str, Any, object]],
    parts: list[tuple[str, MapperProperty]],
) -> list[tuple[str, MapperProperty]]:
    """*parts* with *prefix* before the names of columns that have no other attribute's name.

    A ``column_property()`` has the name that it was given.
    """
    if not prefix:
        return parts
    columns = {key for key, value, _ in declared if not isinstance(value, ColumnProperty)}
    return [
        (prefix + key if key in columns and _is_named_as(prop, key) else key, prop)
        for key, prop in parts
    ]


def _is_named_as(prop: MapperProperty, key: str) -> bool:
    return isinstance(prop, ColumnProperty) and bool(prop.expressions[0].key == key)
