"""Composite attributes: several columns that are one value of a class of the user's own."""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from inspect import Parameter, signature
from typing import Any, ClassVar

from typing_extensions import TypeVar

from dovetail.exc import ArgumentError
from dovetail.orm.mapping.annotations import Mapped, MappedAnnotation, understand_inner
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.bundle import Bundle
from dovetail.orm.mapping.comparing import with_comparator
from dovetail.orm.mapping.mapper_view import MapperView
from dovetail.orm.mapping.properties import (
    ColumnProperty,
    MappedColumn,
    MapperProperty,
    only_dataclass_options,
)
from dovetail.orm.tracking.attributes import AttributeBase
from dovetail.orm.tracking.history import History
from dovetail.orm.tracking.state import NO_VALUE, InstanceState, state_of
from dovetail.sql.expression.constants import false
from dovetail.sql.expression.constructs import OrderByList
from dovetail.sql.expression.elements import and_, or_
from dovetail.sql.node import Walk
from dovetail.sql.operators import Operator
from dovetail.sql.schema import Column

T = TypeVar("T", default=Any)


class Composite(MapperProperty[T], Mapped[T]):
    """An attribute whose value is made of the values of other attributes.

    ``composite_class``  what makes a value of those of the columns
    ``keys``             the attributes of the columns, in order
    """

    is_proxy: ClassVar[bool] = True

    def __init__(
        self,
        class_: Callable[..., object] | None,
        attrs: tuple[Any, ...],
        *,
        return_none_on: Any = NO_VALUE,
        comparator_factory: Any = None,
        column_template: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self.composite_class: Any = class_
        self.declared = attrs
        self.return_none_on = return_none_on
        self.comparator_factory = comparator_factory
        self.column_template = column_template
        self.active_history = options.pop("active_history", False)
        self.info = dict(options.pop("info", None) or {})
        self.doc = options.pop("doc", None)
        self.loading = options

    def annotate(self, annotation: MappedAnnotation | None) -> None:
        """Take from the attribute's annotation what was not said."""
        if annotation is None:
            return
        if self.composite_class is None:
            self.composite_class = annotation.target
        if self.return_none_on is NO_VALUE and annotation.nullable:
            self.return_none_on = _all_none

    def copy(self) -> "Composite":
        twin: Composite = super().copy()
        twin.declared = tuple(
            part.copy() if isinstance(part, MappedColumn) else part for part in self.declared
        )
        return twin

    def columns_within(
        self, class_name: str, key: str, known: set[int], types: object
    ) -> Iterator[tuple[str, ColumnProperty]]:
        """(attribute, property) of the columns that are declared inside the composite."""
        if not callable(self.composite_class):
            raise ArgumentError(
                f"{class_name}.{key} does not say of which class its values are",
                hint="annotate it, Mapped[Point], or give the class: composite(Point, …)",
            )
        maker: Any = self.composite_class
        parts = dict(_parameters(maker))
        declared = self.declared or tuple(MappedColumn() for _ in parts)
        found: list[Any] = []
        for index, part in enumerate(declared):
            name = list(parts)[index] if index < len(parts) else None
            if isinstance(part, Column) and part.table is None and id(part) not in known:
                if part.name is None:
                    part.name = part.key = self._column_name(part, name, class_name, key)
                prop = ColumnProperty(part)
                yield str(part.key), prop
            elif isinstance(part, MappedColumn) and id(part) not in known:
                column_name = self._column_name(part, name, class_name, key)
                said = parts.get(name) if name else None
                annotation = None
                if said is not None and said is not Parameter.empty:
                    annotation = understand_inner(said, maker)
                prop = part.complete(column_name, annotation, types)
                yield str(prop.expressions[0].key), prop
            found.append(part)
        self.declared = tuple(found)

    def _column_name(self, part: object, name: str | None, owner: str, key: str) -> str:
        if name is None:
            given = getattr(part, "args", None)
            if given and isinstance(given[0], str):
                return str(given[0])
            raise ArgumentError(
                f"{owner}.{key}: a column has no name, and {self.composite_class!r} gives it none",
                hint='name it: mapped_column("x1")',
            )
        if not _gives_values(self.composite_class):
            raise ArgumentError(
                f"{owner}.{key}: nobody knows which column {name!r} is, since "
                f"{self.composite_class.__name__} does not tell the values that it is made of",
                hint="make it a dataclass, or give it __composite_values__()",
            )
        return name if self.column_template is None else self.column_template % name

    def attach(self, mapper: MapperView, key: str) -> None:
        super().attach(mapper, key)
        self._refuse_too_many()
        self.impl = CompositeValue(key, self)
        self._keys: tuple[str, ...] | None = None

    def keep_old_values(self, keeps: bool) -> None:
        self.active_history = keeps
        for key in self.keys:
            self.parent.named_attrs[key].keep_old_values(keeps)

    def stand_in(self, mapper: MapperView) -> None:
        mapper.composites[self.key] = self
        mapper.proxied[self.key] = self.impl

    def settle(self, mapper: Any) -> None:
        """Have the columns of *mapper*, of the class or one below, loaded and kept as is said."""
        for key in self.keys:
            prop = mapper.named_attrs.get(key)
            if prop is None:
                raise ArgumentError(
                    f"{self} is made of {key!r}, which is no attribute of {mapper.class_.__name__}",
                    hint="give names of attributes, or columns",
                )
            if not isinstance(prop, ColumnProperty):
                continue
            prop.take_options(**self.loading)
            if self.active_history and not prop.active_history:
                prop.active_history = True
                mapper.track(key, prop)

    def _refuse_too_many(self) -> None:
        """Refuse more columns than the fields of a dataclass can take."""
        class_ = self.composite_class
        if not is_dataclass(class_) or not _takes_fields(class_):
            return
        taken = [field.name for field in fields(class_) if field.init]
        if len(self.declared) > len(taken):
            name = getattr(class_, "__name__", class_)
            raise ArgumentError(
                f"{self} is made of {len(self.declared)} columns, and {name} takes "
                f"{len(taken)} values: {', '.join(taken)}",
                hint="give a column for each field",
            )

    @property
    def keys(self) -> tuple[str, ...]:
        """The attributes of the columns."""
        if self._keys is None:
            self._keys = tuple(self._key(part) for part in self.declared)
        return self._keys

    def _key(self, part: object) -> str:
        if isinstance(part, str):
            return part
        column = getattr(part, "column", None) if isinstance(part, MappedColumn) else part
        if isinstance(part, ColumnProperty):
            return part.key
        key: str | None = self.parent.column_keys.get(getattr(column, "column", column))
        if key is None and isinstance(column, Column):
            # Declared on a mixin: the class has a copy of it.
            key = self.parent.column_keys.get(self.parent.local_table.c.get(column.key))
        key = key or getattr(part, "key", None)
        if key is None:
            raise ArgumentError(
                f"{self} is made of {part!r}, which is no column of {self.parent.class_.__name__}",
                hint="give names of attributes, or columns",
            )
        return key

    @property
    def props(self) -> list[Any]:
        """The properties of the columns."""
        return [self.parent.named_attrs[key] for key in self.keys]

    @property
    def columns(self) -> list[Any]:
        """The columns."""
        return [prop.expressions[0] for prop in self.props]

    def placed(self, entity: EntityNode) -> Any:
        kind = with_comparator(CompositeAttribute, self.comparator_factory)
        return kind(self, entity)

    def values_of(self, value: object) -> tuple[Any, ...]:
        """The values of the columns for *value*; ArgumentError where it is of another class."""
        if value is None:
            return (None,) * len(self.keys)
        make = getattr(value, "__composite_values__", None)
        if make is not None:
            return tuple(make())
        if is_dataclass(value) and not isinstance(value, type):
            return tuple(getattr(value, field.name) for field in fields(value))
        raise ArgumentError(
            f"{self} holds {getattr(self.composite_class, '__name__', self.composite_class)}, "
            f"not {type(value).__name__}: {value!r:.80}",
            hint="a class of composite values is a dataclass, or has __composite_values__()",
        )

    def spread(self, value: object) -> dict[str, Any]:
        """The values of other attributes that *value*, assigned in a statement, stands for."""
        return dict(zip(self.keys, self.values_of(value), strict=True))

    def made_of(self, values: tuple[Any, ...]) -> Any:
        """The value that the *values* of the columns make."""
        is_none = self.return_none_on
        if is_none is not NO_VALUE and is_none is not None and is_none(*values):
            return None
        return self.composite_class(*values)


def _gives_values(class_: object) -> bool:
    """Whether the values of the columns can be had of an instance of *class_*."""
    if not isinstance(class_, type):
        return True  # A function: what it makes shows when there is a value.
    return is_dataclass(class_) or hasattr(class_, "__composite_values__")


def _takes_fields(class_: object) -> bool:
    """Whether the constructor of the dataclass *class_* takes its fields, and is no other."""
    known: Any = class_
    return bool(known.__dataclass_params__.init)


def _all_none(*values: object) -> bool:
    return all(value is None for value in values)


def _parameters(class_: type) -> Iterator[tuple[str, Any]]:
    """(name, annotation) of what makes a value of *class_*."""
    if is_dataclass(class_):
        for field in fields(class_):
            yield field.name, field.type
        return
    try:
        found = signature(class_)
    except (TypeError, ValueError):
        return
    for parameter in found.parameters.values():
        if parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD):
            yield parameter.name, parameter.annotation


class CompositeValue(AttributeBase):
    """The value of a composite on an instance: made of its columns, kept while they stay."""

    def __init__(self, key: str, prop: Composite) -> None:
        super().__init__(key)
        self.prop = prop

    def read(self, instance: object) -> Any:
        prop = self.prop
        held = instance.__dict__
        try:
            values = tuple([held[key] for key in prop.keys])
        except KeyError:
            values = tuple([getattr(instance, key) for key in prop.keys])
        state = state_of(instance)
        extra = state.extra
        kept = None if extra is None else extra.get(self)
        if kept is not None:
            if all(map(operator.is_, kept[0], values)) and (
                kept[1] is not None or self._is_unwritten(state)
            ):
                return kept[1]
        made = prop.made_of(values)
        if extra is None:
            state.extra = {self: (values, made)}
        else:
            extra[self] = (values, made)
        return made

    def _is_unwritten(self, state: InstanceState) -> bool:
        """True where a None that was assigned has not been written yet."""
        changed = state.committed or ()
        return state.row_key is None or any(key in changed for key in self.prop.keys)

    def set(self, instance: object, value: object) -> None:
        values = self.prop.values_of(value)
        for key, part in zip(self.prop.keys, values, strict=True):
            setattr(instance, key, part)
        # As they are stored: a validator may have changed them.
        stored = tuple([instance.__dict__.get(key) for key in self.prop.keys])
        if all(map(operator.is_, stored, values)):
            state_of(instance).extras()[self] = (values, value)

    def delete(self, instance: object) -> None:
        for key in self.prop.keys:
            delattr(instance, key)

    def history(self, state: InstanceState, instance: object) -> History:
        attributes = state.load.mapper.attributes
        parts = [attributes[key].history(state, instance) for key in self.prop.keys]
        return self._joined(state, parts)

    def load_history(self, state: InstanceState, instance: object) -> History:
        attributes = state.load.mapper.attributes
        parts = [attributes[key].load_history(state, instance) for key in self.prop.keys]
        return self._joined(state, parts)

    def _joined(self, state: InstanceState, parts: list[History]) -> History:
        now = tuple((part.added or part.unchanged or (None,))[0] for part in parts)
        kept = (state.extra or {}).get(self)
        is_kept = kept is not None and all(map(operator.is_, kept[0], now))
        current = kept[1] if kept is not None and is_kept else self.prop.made_of(now)
        if not any(part.has_changes() for part in parts):
            return History((), [current], ())
        before = tuple((part.deleted or part.unchanged or (None,))[0] for part in parts)
        return History([current], (), [self.prop.made_of(before)])


class CompositeAttribute(Bundle):
    """A composite on its class: its columns in statements, the value on an instance."""

    is_attribute: ClassVar[bool] = True
    is_relationship: ClassVar[bool] = False

    def __init__(self, prop: Composite, entity: EntityNode) -> None:
        self.prop = prop
        self.impl = prop.impl
        self.owner = entity
        self.name = self.key = prop.key
        self.single_entity = False
        self._exprs: tuple[Any, ...] | None = None
        self.__doc__ = prop.doc

    @property
    def exprs(self) -> tuple[Any, ...]:
        """The attributes of the columns; found late, since they may be mapped after this."""
        if self._exprs is None:
            found = [getattr(self.owner.entity_namespace, key) for key in self.prop.keys]
            self._exprs = tuple(found)
        return self._exprs

    @exprs.setter
    def exprs(self, exprs: tuple[Any, ...]) -> None:
        self._exprs = exprs

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else self.impl.read(instance)

    def __set__(self, instance: object, value: object) -> None:
        self.impl.set(instance, value)

    def __delete__(self, instance: object) -> None:
        self.impl.delete(instance)

    def __str__(self) -> str:
        return str(self.prop)

    def __clause_element__(self) -> Any:
        return self

    def on(self, entity: EntityNode) -> "CompositeAttribute":
        """The same attribute of *entity*, an alias of the class."""
        return type(self)(self.prop, entity)

    def collect(self, walk: Walk) -> None:
        walk.planner = self.planner
        walk.key += ("composite", self.prop, self.name)
        for one in self.exprs:
            one.collect(walk)

    def create_row_processor(
        self, query: object, procs: Sequence[Callable[[Any], Any]], labels: Sequence[str]
    ) -> Callable[[Any], Any]:
        make = self.prop.made_of
        return lambda row: make(tuple([read(row) for read in procs]))

    # Sorting ------------------------------------------------------------------------------------

    def sorted_by(self, operator: Operator) -> OrderByList:
        """The columns as ORDER BY wants them, with *operator*, ``DESC`` for one, at each."""
        return OrderByList(self.exprs).sorted_by(operator)

    def asc(self) -> OrderByList:
        """``x ASC, y ASC``."""
        return OrderByList(self.exprs).asc()

    def desc(self) -> OrderByList:
        """``x DESC, y DESC``."""
        return OrderByList(self.exprs).desc()

    def nulls_first(self) -> OrderByList:
        """``x NULLS FIRST, y NULLS FIRST``."""
        return OrderByList(self.exprs).nulls_first()

    def nulls_last(self) -> OrderByList:
        """``x NULLS LAST, y NULLS LAST``."""
        return OrderByList(self.exprs).nulls_last()

    # Conditions -------------------------------------------------------------------------------

    def _compared(self, compare: Callable[[Any, Any], Any], other: object) -> Any:
        if isinstance(other, CompositeAttribute):
            values = other.exprs
        else:
            values = self.prop.values_of(other)
        parts = [compare(*pair) for pair in zip(self.exprs, values, strict=True)]
        return and_(*parts)

    def __eq__(self, other: object) -> Any:
        return self._compared(operator.eq, other)

    def __ne__(self, other: object) -> Any:
        return self._compared(operator.ne, other)

    def __lt__(self, other: object) -> Any:
        return self._compared(operator.lt, other)

    def __le__(self, other: object) -> Any:
        return self._compared(operator.le, other)

    def __gt__(self, other: object) -> Any:
        return self._compared(operator.gt, other)

    def __ge__(self, other: object) -> Any:
        return self._compared(operator.ge, other)

    __hash__ = object.__hash__

    def is_(self, other: object) -> Any:
        """All columns are NULL, for None."""
        return self._compared(operator.eq, other)

    def is_not(self, other: object) -> Any:
        """All columns are not NULL, for None."""
        return self._compared(operator.ne, other)

    def in_(self, others: Iterable[Any]) -> Any:
        """Equal to one of *others*."""
        alternatives = [self == other for other in others]
        return or_(*alternatives) if alternatives else false()

    # What it belongs to; ``property`` comes last, as it hides Python's own ----------------------

    @property
    def parent(self) -> Any:
        """The mapper of the class."""
        return self.owner.mapper

    @property
    def class_(self) -> Any:
        """The mapped class."""
        return self.owner.mapper.class_

    @property
    def info(self) -> Any:
        """What the program keeps with the composite."""
        return self.prop.info

    @property
    def property(self) -> Composite:
        """The property that this attribute was mapped to."""
        return self.prop


def composite(
    class_or_attr: Any = None,
    /,
    *attrs: Any,
    group: str | None = None,
    deferred: bool = False,
    raiseload: bool = False,
    return_none_on: Any = NO_VALUE,
    comparator_factory: type | None = None,
    active_history: bool = False,
    column_template: str | None = None,
    info: dict[Any, Any] | None = None,
    doc: str | None = None,
    **options: object,
) -> Composite:
    """Declare an attribute whose value is made of several columns.

    The class is a dataclass, or has ``__composite_values__()``; it stands in the annotation or
    comes first.  *attrs* are names of attributes, columns, or ``mapped_column()``; a dataclass
    alone gives a column for each of its fields::

        start: Mapped[Point] = composite(mapped_column("x1"), mapped_column("y1"))
        end: Mapped[Point] = composite("x2", "y2")

    A value is never written in parts: assign a new one, or the columns.

    ``return_none_on``   called with the values of the columns; where it is true, the value is None.
                         With an annotation that allows None, it is so where all of them are
    ``column_template``  names of the columns made of a dataclass: ``"start_%s"``
    """
    class_ = class_or_attr
    if class_or_attr is not None and not _may_be_class(class_or_attr):
        class_, attrs = None, (class_or_attr, *attrs)
    made = Composite(
        class_,
        attrs,
        return_none_on=return_none_on,
        comparator_factory=comparator_factory,
        column_template=column_template,
        active_history=active_history,
        info=info,
        doc=doc,
        group=group,
        deferred=deferred,
        raiseload=raiseload,
    )
    made.dataclass_options = only_dataclass_options("composite", options)
    return made


def _may_be_class(value: object) -> bool:
    return callable(value) and not isinstance(value, (str, MappedColumn, Column, MapperProperty))
