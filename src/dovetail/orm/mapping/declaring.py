"""What a class body and its mixins declare, and the mapping that comes of it."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import is_dataclass
from functools import cached_property
from inspect import get_annotations
from typing import Any, TypeVar
from warnings import warn

from dovetail.collector import collector
from dovetail.exc import (
    ArgumentError,
    DovetailWarning,
    InvalidRequestError,
)
from dovetail.graph import merged
from dovetail.orm.mapping.abstract_concrete import is_abstract_concrete
from dovetail.orm.mapping.annotation_types import AnnotationTypes
from dovetail.orm.mapping.annotations import (
    MappedAnnotation,
    understand,
    understand_returned,
)
from dovetail.orm.mapping.attribute import QueryableAttribute
from dovetail.orm.mapping.class_options import (
    given_table_arguments,
    mapper_options,
    own_table,
    with_prefix,
)
from dovetail.orm.mapping.composite import Composite
from dovetail.orm.mapping.dataclass import is_dataclass_of_ours
from dovetail.orm.mapping.declared_attr import being_declared, declared_attr
from dovetail.orm.mapping.declaring_mistakes import (
    DECLARATIONS,
    refuse_columns,
    refuse_dataclass_options,
    refuse_in_shared_table,
    refuse_other_bases,
    refuse_plain,
    refuse_plain_annotation,
    refuse_tuple,
    refuse_vague,
    refuse_within,
    warn_of_cascading,
    warn_of_expression,
    warn_of_reserved,
)
from dovetail.orm.mapping.extensions import is_extension
from dovetail.orm.mapping.mapper import Mapper, mapper_of, metadata_of
from dovetail.orm.mapping.properties import (
    COLUMN_KINDS,
    ColumnProperty,
    MappedColumn,
    MapperProperty,
    as_property,
)
from dovetail.orm.mapping.registry import Registry
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.mapping.synonym import Synonym
from dovetail.sql.attaching import columns_within, replaced
from dovetail.sql.constraints import Constraint, Index
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.from_clause import FromClause
from dovetail.sql.schema import Column, Table
from dovetail.types.contract import NULLTYPE

T = TypeVar("T")
Declared = tuple[str, Any, MappedAnnotation | None]


def declare(registry: Registry, class_: type) -> None:
    """Map *class_* as its body and its mixins say; an ``__abstract__`` class is left alone.

    One whose base has a method ``__put_off__``, which answers that it waits, is mapped later.
    """
    if class_.__dict__.get("__abstract__"):
        return
    own = class_.__dict__.get("registry")
    if own is not None and not isinstance(own, (Registry, *_COLUMNS, MapperProperty)):
        warn_of_reserved(class_, "registry")
    if is_abstract_concrete(class_):
        registry.add_abstract(class_, _relationships_of(registry, class_))
        return
    # A mapping is a thousand objects that stay: looking for garbage among them finds none.
    with collector:
        put_off = getattr(class_, "__put_off__", None)
        if put_off is None or not put_off(registry):
            for _ in declare_in_parts(registry, class_):
                pass


def _relationships_of(registry: Registry, class_: type) -> dict[str, RelationshipProperty]:
    """The relationships of a class that is mapped to a UNION of those below, by attribute."""
    types = AnnotationTypes(registry, class_)
    return {
        key: _property(key, value, annotation, types)
        for key, value, annotation in _declarations(class_, None)
        if isinstance(value, RelationshipProperty)
    }


def declare_in_parts(
    registry: Registry, class_: type
) -> Iterator[tuple[Table, list[tuple[str, MapperProperty]]]]:
    """Map *class_*; give its table and what it declares before, to be completed."""
    mapped_bases = [base for base in class_.__mro__[1:] if mapper_of(base)]
    inherits = mapper_of(mapped_bases[0]) if mapped_bases else None
    if len(mapped_bases) > 1:
        refuse_other_bases(class_, *mapped_bases)
    # Each method that declares something is asked once: what asks for it as well, as options
    # and constraints do, is given the same.
    being_declared[class_] = {}
    try:
        yield from _declare(registry, class_, inherits)
    finally:
        del being_declared[class_]


def _declare(
    registry: Registry, class_: type, inherits: Mapper | None
) -> Iterator[tuple[Table, list[tuple[str, MapperProperty]]]]:
    declared = list(_declarations(class_, inherits))
    options = mapper_options(class_, inherits)
    table, parts = _table_and_properties(registry, class_, declared, inherits)
    yield table, parts
    if options:
        made = _MadeColumns(class_, parts).by_id
        options = {name: _completed(value, made) for name, value in options.items()}
    make = getattr(class_, "__mapper_cls__", None)
    kind = getattr(make, "__func__", make) or Mapper
    parts = with_prefix(options.get("column_prefix"), declared, parts)
    listed = {key: as_property(value) for key, value in options.pop("properties", {}).items()}
    registry.make(kind, class_, table, {**dict(parts), **listed}, options, inherits)


def _completed(value: object, made: dict[int, Any]) -> Any:
    """A mapper option with declared columns replaced by those of the table, *made* of them."""
    if isinstance(value, ColumnProperty):
        value = value.expressions[0]
    if isinstance(value, (*_COLUMNS, declared_attr)):
        return made.get(id(value), getattr(value, "column", value))
    if isinstance(value, (list, tuple)):
        return [_completed(item, made) for item in value]
    return value


class _MadeColumns:
    """The columns of a class, by the ids of what it and its mixins declare them as.

    And by those of the columns that expressions in the body of a mixin were made of.  Few classes
    name their columns in options and constraints: they are found for those alone.
    """

    def __init__(self, class_: type, parts: Iterable[tuple[str, MapperProperty]]) -> None:
        self._class, self._parts = class_, parts

    @cached_property
    def by_id(self) -> dict[int, Any]:
        columns = dict(_columns_of(self._parts))
        found = {}
        for base in self._class.__mro__:
            body = base.__dict__
            for name in columns.keys() & body.keys():
                value = body[name]
                if isinstance(value, declared_attr):
                    found[id(value)] = columns[name]
                elif isinstance(value, _COLUMNS):
                    found[id(value)] = found[id(getattr(value, "column", value))] = columns[name]
        found.pop(id(None), None)
        return found


def _columns_of(parts: Iterable[tuple[str, MapperProperty]]) -> list[tuple[str, Any]]:
    """(name of the attribute, column) of those *parts* that are columns."""
    return [
        (key, prop.expressions[0])
        for key, prop in parts
        if isinstance(prop, ColumnProperty) and isinstance(prop.expressions[0], COLUMN_KINDS)
    ]


def _new_columns(parts: Iterable[tuple[str, MapperProperty]]) -> list[Any]:
    """The columns of *parts*, and those that an attribute is kept in besides."""
    found = []
    for _, prop in parts:
        if isinstance(prop, ColumnProperty) and prop.is_column:
            found.append(prop.expressions[0])
            if len(prop.expressions) > 1:
                found += [one for one in prop.expressions[1:] if _is_new(one)]
    return found


def _is_new(column: object) -> bool:
    return isinstance(column, Column) and column.table is None


def _attach_constraints(
    class_: type, table: FromClause, inherits: Mapper | None, made: _MadeColumns
) -> None:
    """Attach the constraints and indexes in the bodies of *class_* and its mixins to *table*.

    Those of a mixin are copied, with the columns of the class in place of those of the mixin.
    """
    done = _bases_done(class_, inherits)
    found = [
        (base, name, value)
        for base in class_.__mro__
        if base not in done
        for name, value in base.__dict__.items()
        if isinstance(value, _CONSTRAINTS)
    ]
    for base, name, value in found:
        if value.table is None and base is _place_of(class_, name):
            (value if base is class_ else value.copied(replaced(made.by_id))).attach(table)


def _place_of(class_: type, name: str) -> type:
    """The first of *class_* and its bases that has *name* in its body."""
    return next(base for base in class_.__mro__ if name in base.__dict__)


def _of_class(item: object, made: _MadeColumns) -> Any:
    """*item* of ``__table_args__``, copied where it is made of columns of a mixin."""
    if isinstance(item, _CONSTRAINTS) and item.table is None:
        columns = columns_within(item.parts_given)
        if any(made.by_id.get(id(column), column) is not column for column in columns):
            return item.copied(replaced(made.by_id))
    return item


def _declarations(class_: type, inherits: Mapper | None) -> Iterator[Declared]:
    """(name, value, annotation) of what *class_* and its mixins declare, the class first.

    What is declared above has been mapped with the class that it *inherits* from.
    """
    seen: set[str] = set()
    done = _bases_done(class_, inherits)
    table, _ = own_table(class_, inherits)
    copies = _copy_columns(class_, done, table)
    # Fields of dataclasses may be what is not mapped.
    is_lenient = is_dataclass(class_) or getattr(class_, "__allow_unmapped__", False)
    for base in class_.__mro__:
        if base is object or "__declares_nothing__" in base.__dict__:
            continue
        own = base is class_
        checks_annotations = not is_lenient and base not in done
        annotations = get_annotations(base)
        fields = _fields_of(class_, base)
        names = merged(list(base.__dict__), list(annotations))
        if base in done:
            names = [name for name in names if getattr(base.__dict__.get(name), "cascades", False)]
        for name in names:
            if name in seen or (name.startswith("__") and name.endswith("__")):
                continue
            if own and name in copies:
                continue
            value = fields.get(name) if name in fields else base.__dict__.get(name)
            annotation = None
            if name in annotations:
                annotation = understand(annotations[name], base)
            elif isinstance(value, declared_attr):
                annotation = understand_returned(value.function, base)
            if own and type(value) is MappedColumn:
                # What most are, of which nothing below asks anything.
                if annotation is not None or name not in annotations:
                    seen.add(name)
                    yield name, value, annotation
                    continue
            if checks_annotations and annotation is None and name in annotations:
                refuse_plain_annotation(class_, name, annotations[name], base, value)
            is_empty = value is None and name in base.__dict__ and annotation is None
            if is_empty or (not own and _is_given(table, name, value)):
                seen.add(name)
                continue
            if not own and (value is not None or name in copies):
                value = copies[name] if name in copies else _from_mixin(value, class_, name)
                if base in done:
                    # In place of the attribute of the class above, where options look for it.
                    type.__setattr__(class_, name, value)
            elif isinstance(value, declared_attr):
                if value.cascades:
                    warn_of_cascading(class_, name)
                value, annotation = _from_own_method(value, class_, annotation)
            if value is None and annotation is None:
                continue
            if isinstance(value, QueryableAttribute) and inherits is not None:
                # An attribute of a class above, under another name.
                if inherits.isa(value.owner.mapper) and value.key != name:
                    value = Synonym(value.key)
            # What is no declaration, too, hides what mixins behind it declare by the name.
            seen.add(name)
            if isinstance(value, DECLARATIONS) or (value is None and annotation is not None):
                yield name, value, annotation
            else:
                _put_on_class(class_, base, name, value, annotation)


def _put_on_class(
    class_: type, base: type, name: str, value: object, annotation: MappedAnnotation | None
) -> None:
    """Let *value*, declared in *base* and no part of the mapping, be that of *class_*.

    What a method of a mixin has made is put there, as if it were written there.
    """
    has_made = isinstance(base.__dict__.get(name), declared_attr)
    if is_extension(value):
        if base is not class_ or has_made:
            type.__setattr__(class_, name, value)
    elif isinstance(value, tuple):
        refuse_tuple(class_, name, value)
    elif isinstance(value, ColumnElement) and not isinstance(value, QueryableAttribute):
        warn_of_expression(class_, name)
    elif annotation is not None:
        raise ArgumentError(
            f"{class_.__name__}.{name} is annotated as Mapped and has the value {value!r}",
            hint="use mapped_column(default=…) or relationship(…)",
        )
    elif has_made:
        type.__setattr__(class_, name, value)


def _from_own_method(
    method: declared_attr[Any], class_: type, annotation: MappedAnnotation | None
) -> tuple[Any, MappedAnnotation | None]:
    """What a declaring *method* of *class_* itself returns, and what is annotated of that.

    A column that says its type says all: that is not completed, as that of a mixin is.
    """
    made: Any = method.made_for(class_)
    says_all = isinstance(made, MappedColumn) and made.says_type
    return made, None if says_all else annotation


def _bases_done(class_: type, inherits: Mapper | None) -> set[type]:
    """Those bases of *class_* whose declarations are none of it, or of the class above.

    What makes a base class declarative says of itself that it declares nothing.
    """
    done = {base for base in class_.__mro__ if "__declares_nothing__" in base.__dict__}
    done.add(object)
    if inherits is not None:
        done.update(inherits.class_.__mro__)
    return done


def _is_given(table: FromClause | None, name: str, value: object) -> bool:
    """Whether *table*, which a class names as its own, has what a mixin declares as *value*.

    A column of a mixin is that of the table, which says what it is.  An attribute that is more
    than a column, as a hybrid, stands behind the column of its name: the class is nearer.
    """
    if table is None:
        return False
    if is_extension(value):
        return name in table.c
    if not isinstance(value, _COLUMNS):
        return False
    given = value.given_name if isinstance(value, MappedColumn) else value.name
    return (given or name) in table.c


def _copy_columns(class_: type, done: Collection[type], table: FromClause | None) -> dict[str, Any]:
    """Copies of the columns of mixins, on *class_*, where declaring methods look for them.

    Columns that are annotated alone are among them where a mixin has such methods.
    """
    copies: dict[str, Any] = {}
    # A field without a default leaves nothing in the class: what it declares is of the class.
    seen = {*class_.__dict__, *_fields_of(class_, class_)}
    mixins = [base for base in class_.__mro__[1:] if base not in done]
    has_methods = any(
        isinstance(value, declared_attr) for base in mixins for value in base.__dict__.values()
    )
    for base in mixins:
        columns = {
            name: value
            for name, value in base.__dict__.items()
            if isinstance(value, _COLUMNS) and not _is_given(table, name, value)
        }
        if has_methods and table is None:
            columns |= _annotated_alone(base, seen)
        for name, value in columns.items():
            if name not in seen:
                copies[name] = _from_mixin(value, class_, name)
                type.__setattr__(class_, name, copies[name])
        seen |= {*base.__dict__, *columns}
    return copies


def _annotated_alone(mixin: type, seen: Collection[str]) -> dict[str, MappedColumn[Any]]:
    """The columns of which *mixin* has an annotation and no value, but those *seen* before."""
    return {
        name: MappedColumn()
        for name, said in get_annotations(mixin).items()
        if name not in mixin.__dict__ and name not in seen and understand(said, mixin) is not None
    }


_COLUMNS = (MappedColumn, Column)
_MAPPED = (*_COLUMNS, MapperProperty)
_CONSTRAINTS = (Constraint, Index)


def _from_mixin(value: object, class_: type, name: str) -> Any:
    """What *value*, found on a mixin, means for *class_*: a copy of its own."""
    if isinstance(value, declared_attr):
        return value.made_for(class_)
    if isinstance(value, MappedColumn):
        return value.copy()
    if isinstance(value, RelationshipProperty) or (
        isinstance(value, MapperProperty) and value.is_proxy
    ):
        return value.copy()
    if isinstance(value, Column):
        return value._twin() if value.table is None else value
    return value


_RESERVED = frozenset(("metadata", "registry"))


def _table_and_properties(
    registry: Registry, class_: type, declared: list[Declared], inherits: Mapper | None
) -> tuple[Any, list[tuple[str, MapperProperty]]]:
    table, name = own_table(class_, inherits)
    if table is not None:
        # The columns are those of the table: an annotation alone is for type checkers.
        declared = [one for one in declared if one[1] is not None]
    declared = _named_once(class_, declared)
    types = AnnotationTypes(registry, class_)
    parts: list[tuple[str, MapperProperty]] = []
    orders: dict[int, int] = {}
    is_dataclass_here = is_dataclass_of_ours(class_)
    for key, value, annotation in declared:
        if not is_dataclass_here and getattr(value, "dataclass_options", None):
            refuse_dataclass_options(class_, key, value)
        if key in _RESERVED:
            warn_of_reserved(class_, key)
        if annotation is not None and annotation.extras:
            refuse_within(class_, key, annotation)
        prop = _property(key, value, annotation, types)
        if isinstance(value, RelationshipProperty):
            refuse_vague(class_, key, value)
        if isinstance(value, MappedColumn):
            column = prop.expressions[0]
            if annotation is None and column.type is NULLTYPE:
                refuse_plain(class_, key, column)
            if value.sort_order:
                orders[id(column)] = value.sort_order
        parts.append((key, prop))
        if isinstance(prop, Composite):
            prop.annotate(annotation)
            declared_here = {id(other) for _, other, _ in declared}
            parts += prop.columns_within(class_.__name__, key, declared_here, types)
    # Properties of columns come first: relationships may name them.
    columns = _new_columns(parts)
    if orders:
        columns.sort(key=lambda column: orders.get(id(column), 0))
    if table is not None:
        refuse_columns(class_, table, columns)
        return table, parts
    if name:
        made = _MadeColumns(class_, parts)
        table = _make_table(registry, class_, name, columns, made)
        if table is not None:
            _attach_constraints(class_, table, inherits, made)
            return table, parts
    if inherits is not None:
        said = _said_of_shared_table(class_, inherits)
        table = _share_table(class_, inherits.local_table, parts)
        if said is not None:
            items, keywords = said
            Table(table.name, table.metadata, *items, **{"schema": table.schema, **keywords})
        _attach_constraints(class_, table, inherits, _MadeColumns(class_, parts))
        return table, parts
    raise InvalidRequestError(
        f"class {class_.__name__} has neither __tablename__ nor __table__",
        hint='add __tablename__ = "…", or __abstract__ = True if it is no table of its own',
    )


def _said_of_shared_table(
    class_: type, inherits: Mapper
) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """What ``__table_args__`` of *class_* say besides of the table of the class above, or None.

    They are refused where they do not say that they do: the class has no table of its own.
    """
    if not class_.__dict__.get("__table_args__") or inherits.concrete:
        return None
    items, keywords = _table_arguments(class_)
    if not keywords.get("extend_existing"):
        raise ArgumentError(
            f"{class_.__name__} has __table_args__ and no table: its rows are in "
            f"{inherits.local_table.description!r}, the table of {inherits.class_.__name__}",
            hint=f"put them on {inherits.class_.__name__}, say extend_existing, or give "
            f"{class_.__name__} a __tablename__ of its own",
        )
    return items, keywords


def _fields_of(class_: type, base: type) -> dict[str, Any]:
    """What the fields of a dataclass declare in their metadata, under a key of the user's own."""
    place = getattr(class_, "__sa_dataclass_metadata_key__", None)
    if place is None:
        return {}
    annotations = get_annotations(base)
    found: dict[str, Any] = {}
    for name, field in getattr(base, "__dataclass_fields__", {}).items():
        if name in annotations and place in field.metadata:
            value: Any = field.metadata[place]
            if isinstance(value, declared_attr):
                value = value.function()
            elif callable(value) and not isinstance(value, (*_COLUMNS, MapperProperty)):
                value = value()
            found[name] = value
    return found


def _named_once(class_: type, declared: list[Declared]) -> list[Declared]:
    """*declared*, of which a column that stands under several names has the last alone."""
    values = [value for _, value, _ in declared if value is not None]
    given_names = [
        name
        for value in values
        if (name := value.given_name if isinstance(value, MappedColumn) else _column_name(value))
    ]
    if len({*map(id, values)}) == len(values) and len({*given_names}) == len(given_names):
        return declared
    names: dict[int, list[str]] = {}
    by_name: dict[str, list[str]] = {}
    for key, value, _ in declared:
        if isinstance(value, _MAPPED):
            names.setdefault(id(value), []).append(key)
        name = _column_name(value)
        if name is not None:
            by_name.setdefault(name, []).append(key)
    for name, keys in by_name.items():
        if len(keys) > 1 and len({id(v) for k, v, _ in declared if k in keys}) > 1:
            warn(
                f"{class_.__name__}: {', '.join(keys)} are all column {name!r}, which can be "
                f"mapped once (synonym() gives it another name)",
                DovetailWarning,
                stacklevel=2,
            )
    if len(names) == sum(map(len, names.values())):
        return declared
    kept = []
    for key, value, annotation in declared:
        given = names.get(id(value), [key])
        if len(given) > 1 and key == given[-1]:
            warn(
                f"{class_.__name__}: {', '.join(given)} are one column, or property, which can be "
                f"mapped once: it is {key} (synonym() gives it another name)",
                DovetailWarning,
                stacklevel=2,
            )
        if isinstance(value, _COLUMNS) and len(given) > 1:
            if key != given[-1]:
                continue
            _name_column(value, given[0])
        kept.append((key, value, annotation))
    return kept


def _column_name(value: object) -> str | None:
    """The name that a declared column, or property of a column, has been given."""
    if isinstance(value, MappedColumn):
        return value.given_name
    column = value.expressions[0] if isinstance(value, ColumnProperty) else value
    if isinstance(column, Column) and column.table is None and column.name is not None:
        return str(column.name)
    return None


def _name_column(column: Any, name: str) -> None:
    """Call *column* by *name* in its table, unless it has a name of its own."""
    if isinstance(column, Column):
        if column.name is None:
            column.name = column.key = name
    elif not (column.args and isinstance(column.args[0], str)):
        column.keywords.setdefault("name", name)


def _share_table(class_: type, table: Table, parts: list[tuple[str, MapperProperty]]) -> Table:
    """*table*, of the class above, with the columns of *parts*, of *class_*, besides its own."""
    for _, prop in parts:
        if not isinstance(prop, ColumnProperty) or not prop.is_column:
            continue
        for further in filter(_is_new, prop.expressions[1:]):
            refuse_in_shared_table(class_, table, further)
            table.append_column(further)
        column = prop.expressions[0]
        if column.table is table:
            continue
        refuse_in_shared_table(class_, table, column)
        present = table.c.get(column.key)
        if present is None:
            table.append_column(column)
        elif prop.uses_existing:
            prop.expressions[0] = present
        else:
            raise ArgumentError(
                f"{class_.__name__}: table {table.name!r} has a column {column.name!r} already",
                hint="mapped_column(use_existing_column=True) maps the one that is there",
            )
    return table


def _property(key: str, value: object, annotation: MappedAnnotation | None, types: object) -> Any:
    if isinstance(value, MappedColumn):
        return value.complete(key, annotation, types)
    if isinstance(value, RelationshipProperty):
        if annotation is not None:
            value.annotate(annotation)
        return value
    if value is None:
        return MappedColumn().complete(key, annotation, types)
    if isinstance(value, Column) and value.name is None:
        value.name = key
        value.key = value.key or key
    prop = as_property(value)
    if isinstance(prop, ColumnProperty) and prop.is_column:
        column = prop.expressions[0]
        if column.name is None:
            column.name = key
            column.key = column.key or key
    return prop


def _table_arguments(class_: type) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """(items, keywords) that ``__table_args__`` gives the table of *class_*."""
    arguments = given_table_arguments(class_)
    args: tuple[Any, ...] = ()
    keywords: dict[str, Any] = {}
    if isinstance(arguments, dict):
        keywords = dict(arguments)
    elif isinstance(arguments, (tuple, list)):
        args = tuple(arguments)
        if args and isinstance(args[-1], dict):
            keywords = dict(args[-1])
            args = args[:-1]
    elif arguments is not None:
        raise ArgumentError(
            f"{class_.__name__}.__table_args__ is a tuple, or a dictionary, or a tuple that ends "
            f"with one; not a {type(arguments).__name__}"
        )
    return args, keywords


def _make_table(
    registry: Registry, class_: type, name: str, columns: list[Any], made: _MadeColumns
) -> Any:
    """The table of *class_*; None where its ``__table_cls__`` makes none."""
    args, keywords = _table_arguments(class_)
    metadata = metadata_of(class_, registry.metadata)
    make: Any = getattr(class_, "__table_cls__", Table)
    items = [_of_class(item, made) for item in args]
    return make(name, metadata, *columns, *items, **keywords)


def mapped(registry: Registry, class_: type[T]) -> type[T]:
    """Map *class_*, which has no declarative base, as its body says."""
    declare(registry, class_)
    return class_
