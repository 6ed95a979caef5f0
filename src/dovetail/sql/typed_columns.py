"""Classes that declare the columns of tables: ``Table("user", metadata, UserColumns)``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from inspect import get_annotations
from operator import or_
from sys import modules
from types import FunctionType, NoneType, UnionType
from typing import Any, ForwardRef, Generic, Self, TypeVar, Union, get_args, get_origin

from ..codegen import evaluate
from ..exc import ArgumentError, InvalidRequestError
from ..graph import merged
from ..types.contract import NULLTYPE
from ..types.inference import type_for_annotation
from .table_column import Column

T_co = TypeVar("T_co", covariant=True)


class Named(Generic[T_co]):
    """Annotates a column of :class:`TypedColumns`: its name is that of the attribute."""

    __slots__ = ()


class TypedColumns:
    """Columns to make tables of: derive a class, and let it declare them.

    The annotation ``Named[...]``, or ``Column[...]``, gives the type, and NOT NULL where None is
    not among its values, as far as the column beside it does not say otherwise.  Classes derive
    from one another, and serve for any number of tables; each gets columns of its own::

        class UserColumns(TypedColumns):
            id = Column(Integer, primary_key=True)
            name: Named[str]
            age: Named[int | None] = Column("user_age")


        users = Table("users", metadata, UserColumns)
    """

    def __new__(cls, *_: object, **__: object) -> Self:
        raise InvalidRequestError(
            f"{cls.__name__} declares columns, and has no instances",
            hint='make a table of them: Table("name", metadata, Columns)',
        )

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        methods = [
            name
            for name, value in vars(cls).items()
            if isinstance(value, (FunctionType, type)) and not _is_private(name)
        ]
        if methods:
            raise InvalidRequestError(
                f"{cls.__name__} declares columns alone, no methods: {', '.join(methods)}"
            )


def typed_columns(class_: type) -> list[Column[Any]]:
    """New columns, those that *class_* and the classes above it declare, the upper ones first."""
    if not issubclass(class_, TypedColumns):
        raise InvalidRequestError(
            f"Table() takes a class of columns; {class_.__name__} is none",
            hint="derive it from TypedColumns",
        )
    if getattr(class_, "__table__", None) is not None:
        raise InvalidRequestError(
            f"{class_.__name__} derives from a mapped class, which has its table",
            hint="as_typed_table(User, UserColumns) returns that table",
        )
    found: dict[str, Column[Any]] = {}
    for name, said, column, owner in _declarations(class_):
        found[name] = _completed(name, said, column, owner)
    return list(found.values())


def _is_private(name: str) -> bool:
    return name.startswith("__")


def _declarations(class_: type) -> Iterator[tuple[str, Any, Any, type]]:
    """(name, annotation, column, class) of each declaration, with None for what is not there."""
    for owner in reversed(class_.__mro__):
        if owner in (object, TypedColumns):
            continue
        annotations = get_annotations(owner)
        for name in merged(list(vars(owner)), list(annotations)):
            if not _is_private(name):
                yield name, annotations.get(name), vars(owner).get(name), owner


def _completed(name: str, said: object, column: Any, owner: type) -> Column[Any]:
    """A column for one table, of the annotation *said* and the *column* that were declared."""
    title = f"{owner.__name__}.{name}"
    if column is not None and not isinstance(column, Column):
        raise ArgumentError(
            f"{title} is to be a column, and is {column!r}",
            hint=f"{name}: Named[int], or {name} = Column(Integer)",
        )
    python_type, nullable = (None, True) if said is None else _understood(said, owner, title)
    given = Column() if column is None else column
    _refuse_local_keys(given, title)
    changes: dict[str, Any] = {
        "name": name if given.name is None else given.name,
        "key": name if given.key in (None, given.name) else given.key,
    }
    if given.type is NULLTYPE and not given.foreign_keys:
        found = None if python_type is None else type_for_annotation(python_type)
        if found is None:
            raise ArgumentError(
                f"{title}: no database type is known for the annotation {said!r}",
                hint="give the column its type: Column(String(20))",
            )
        changes["type_"] = found
    if said is not None and not given.nullable_is_given and not given.primary_key:
        changes["nullable"] = nullable
    return given.copy(**changes)


def _refuse_local_keys(column: Column[Any], title: str) -> None:
    """Refuse a foreign key to a column of no table: each table gets columns of its own."""
    for key in column.foreign_keys:
        if not isinstance(key.target, str) and key.target.table is None:
            raise InvalidRequestError(
                f"{title} refers to a column that is in no table",
                hint='name the column: ForeignKey("user.id")',
            )


def _understood(said: object, owner: type, title: str) -> tuple[Any, bool]:
    """The Python type in the annotation *said*, and whether None is among its values."""
    said = _evaluated(said, owner, title)
    kind = get_origin(said) or said
    if not (isinstance(kind, type) and issubclass(kind, (Named, Column))):
        raise ArgumentError(
            f"the annotation {said!r} of {title} is neither Named[...] nor Column[...]",
            hint="write Named[int], for example",
        )
    if not get_args(said):
        return None, True
    inner = _evaluated(get_args(said)[0], owner, title)
    if get_origin(inner) not in (Union, UnionType):
        return inner, False
    parts = [_evaluated(p, owner, title) for p in get_args(inner) if p is not NoneType]
    return reduce(or_, parts), len(parts) < len(get_args(inner))


def _evaluated(said: Any, owner: type, title: str) -> Any:
    if isinstance(said, ForwardRef):
        said = said.__forward_arg__
    if not isinstance(said, str):
        return said
    module = modules.get(owner.__module__)
    names: dict[str, Any] = {**({} if module is None else vars(module)), **vars(owner)}
    try:
        return evaluate(said, names)
    except Exception as error:
        raise ArgumentError(
            f"the annotation {said!r} of {title} can't be evaluated: {error}",
            hint="import the names that it uses in the module of the class",
        ) from error
