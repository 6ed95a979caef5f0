"""What a class body may not declare, and what it should not: errors and warnings that say so."""

from inspect import get_annotations, isabstract
from typing import Any, ClassVar, get_origin
from warnings import warn

from dovetail.exc import (
    AnnotatedPropertyError,
    ArgumentError,
    DovetailWarning,
    InvalidRequestError,
    MappedAnnotationError,
)
from dovetail.orm.mapping.annotations import MappedAnnotation, evaluated
from dovetail.orm.mapping.properties import MappedColumn, MapperProperty
from dovetail.orm.mapping.relationship import RelationshipProperty, aimless
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.columns import ProxyColumn
from dovetail.sql.expression.from_clause import FromClause
from dovetail.sql.schema import Column, Table
from dovetail.types.contract import NULLTYPE

DECLARATIONS = (MappedColumn, MapperProperty, Column, ProxyColumn)


def refuse_other_bases(class_: type, parent: type, *above: type) -> None:
    """Refuse a mapped base besides *parent* that this does not derive from: it would be lost."""
    other = next((base for base in above if not issubclass(parent, base)), None)
    if other is not None:
        raise InvalidRequestError(
            f"{class_.__name__} has several mapped bases, {parent.__name__} and {other.__name__}: "
            "its rows can be those of one hierarchy",
            hint=f"let a mixin, which is not mapped, have what {class_.__name__} and "
            f"{other.__name__} have in common",
        )


def refuse_plain_annotation(
    class_: type, name: str, said: object, base: type, value: object
) -> None:
    """Refuse an annotation without ``Mapped`` where it would be taken for one of the mapping."""
    is_declared = isinstance(value, (MappedColumn, MapperProperty))
    if not is_declared and not (base is class_ and value is None):
        return
    meant = evaluated(said, base)
    if meant is ClassVar or get_origin(meant) is ClassVar:
        return
    text = said if isinstance(said, str) else getattr(said, "__name__", said)
    raise MappedAnnotationError(
        f"{class_.__name__}.{name} is annotated as {text}, which says nothing of the mapping",
        hint=f"write {name}: Mapped[{text}], or ClassVar[{text}] for what is not mapped; "
        "__allow_unmapped__ = True in the class lets such annotations be",
    )


def warn_of_cascading(class_: type, name: str) -> None:
    warn(
        f"{class_.__name__}.{name} is declared_attr.cascading in a mapped class, where that has "
        "no effect: it is for mixins and abstract classes",
        DovetailWarning,
        stacklevel=2,
    )


def refuse_columns(class_: type, table: FromClause, columns: list[Any]) -> None:
    """Refuse *columns* that the *table*, which is given, does not have."""
    for column in columns:
        if isinstance(column, Column) and column.table is None:
            raise ArgumentError(
                f"{class_.__name__}: column {column.name!r} can't be added to "
                f"{table.description}, which is given as __table__",
                hint="add it to the Table, or map one of its columns: "
                f"{column.name} = __table__.c.…",
            )


def warn_of_expression(class_: type, name: str) -> None:
    warn(
        f"{class_.__name__}.{name} is an SQL expression, and no part of the mapping "
        "(column_property() makes it one)",
        DovetailWarning,
        stacklevel=2,
    )


def refuse_tuple(class_: type, name: str, value: tuple[Any, ...]) -> None:
    """Refuse the declaration that a comma behind it has made a tuple."""
    if len(value) == 1 and isinstance(value[0], DECLARATIONS):
        raise ArgumentError(
            f"{class_.__name__}.{name} is a tuple with a column in it",
            hint="remove the comma at the end of the line",
        )


def warn_of_reserved(class_: type, key: str) -> None:
    warn(
        f"{class_.__name__}.{key} hides the {key} of declarative classes: name the "
        f'attribute otherwise, {key}_ = mapped_column("{key}")',
        DovetailWarning,
        stacklevel=2,
    )


def refuse_in_shared_table(class_: type, table: FromClause, column: ColumnElement[Any]) -> None:
    """Refuse a *column* that the table of the class above can't be given."""
    if not isinstance(table, Table):
        raise ArgumentError(
            f"{class_.__name__}: column {column.name!r} can't be added to what the class above is "
            f"mapped to, which is no table: {table.description}",
            hint=f"give {class_.__name__} a table of its own, or select the column there",
        )
    if column.primary_key and column.key not in table.c:
        raise ArgumentError(
            f"{class_.__name__}: column {column.name!r} can't be part of the primary key: that of "
            f"{table.name!r} is the same for all classes of the table",
            hint="leave primary_key out, or declare it in the class that the table belongs to",
        )


def refuse_dataclass_options(class_: type, key: str, value: object) -> None:
    """Refuse what would have no effect: *class_* is no dataclass."""
    if not isinstance(value, (MappedColumn, MapperProperty)):
        return
    for option in value.dataclass_options:
        if option != "default":
            raise ArgumentError(
                f"{class_.__name__}.{key}: {option}= configures a mapped dataclass, which this "
                "class is not",
                hint="leave it out, or derive the class from MappedAsDataclass",
            )


def refuse_vague(class_: type, key: str, prop: RelationshipProperty) -> None:
    """Refuse a relationship to no class, and one whose collection can't be made."""
    title = f"{class_.__name__}.{key}"
    if prop.argument is None and key not in get_annotations(class_):
        # A plain annotation, of a field of a dataclass say, may be all that there is by now.
        raise aimless(title)
    collection: Any = prop.collection_class
    if isabstract(collection):
        raise ArgumentError(
            f"{title} is annotated as a {collection.__name__}, of which there are no instances",
            hint="say of which class the collection is: relationship(collection_class=list)",
        )


def refuse_within(class_: type, key: str, annotation: MappedAnnotation) -> None:
    """Refuse an ``Annotated`` type that carries more than the declaration of a column."""
    for extra in annotation.extras:
        if isinstance(extra, MapperProperty):
            raise AnnotatedPropertyError(
                f"{class_.__name__}.{key}: an Annotated type can carry a mapped_column(), and "
                f"carries a {type(extra).__name__}",
                hint=f"declare it in the class: {key}: Mapped[…] = …",
            )


def refuse_plain(class_: type, key: str, column: ColumnElement[Any]) -> None:
    """Refuse an annotation that would be the type's only source, and is not ``Mapped``."""
    if column.type is NULLTYPE and not column.foreign_keys:
        said = get_annotations(class_).get(key)
        name = said if isinstance(said, str | None) else getattr(said, "__name__", said)
        if name is None:
            raise ArgumentError(
                f"{class_.__name__}.{key} has no type: neither an annotation nor an argument "
                "gives one",
                hint=f"write {key}: Mapped[str] = mapped_column(), or give the type: "
                "mapped_column(String)",
            )
        raise ArgumentError(
            f"{class_.__name__}.{key} has no type: its annotation is not Mapped",
            hint=f"write {key}: Mapped[{name}], or give the type: mapped_column(Integer)",
        )
