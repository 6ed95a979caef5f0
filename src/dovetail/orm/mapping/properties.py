"""The parts of a mapping: what an attribute of a mapped class stands for."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeAlias

from typing_extensions import TypeVar

from dovetail.event import Dispatch
from dovetail.exc import ArgumentError, InvalidOption, did_you_mean
from dovetail.orm.mapping.annotation_types import is_type
from dovetail.orm.mapping.annotations import Mapped, MappedAnnotation
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.comparing import PropComparator
from dovetail.orm.mapping.events import AttributeEvents
from dovetail.orm.mapping.mapper_view import MapperView
from dovetail.orm.tracking.attributes import ValueAttribute
from dovetail.orm.tracking.inspection_attr import InspectionAttrInfo
from dovetail.sql.constraints import Constraint
from dovetail.sql.expression.column_element import ColumnElement, Label
from dovetail.sql.expression.columns import ProxyColumn
from dovetail.sql.expression.select_base import SelectBase
from dovetail.sql.foreign_keys import ForeignKey
from dovetail.sql.schema import Column
from dovetail.sql.table_column import numbers_of_creation
from dovetail.types.basic import INTEGERTYPE
from dovetail.types.contract import TypeEngine, to_instance

T = TypeVar("T", default=Any)


COLUMN_KINDS = (Column, ProxyColumn)
"""What is a column of a table, or of a subquery."""


DATACLASS_OPTIONS = (
    "init", "repr", "default_factory", "compare", "kw_only", "hash", "dataclass_metadata",
)  # fmt: skip
_ALL_DATACLASS_OPTIONS = frozenset((*DATACLASS_OPTIONS, "default"))


def dataclass_options(keywords: dict[str, Any]) -> dict[str, Any]:
    """Take those out of *keywords* that concern the field of a dataclass."""
    if _ALL_DATACLASS_OPTIONS.isdisjoint(keywords):
        return _NO_OPTIONS
    options = {name: keywords.pop(name) for name in DATACLASS_OPTIONS if name in keywords}
    if "default" in keywords:
        options["default"] = keywords["default"]
    return options


def writes_defaults(class_: type) -> bool:
    """True where the dataclass *class_* writes its defaults into new instances."""
    return bool(getattr(class_, "_sa_disable_descriptor_defaults", False))


def only_dataclass_options(function: str, keywords: dict[str, Any]) -> dict[str, Any]:
    """The *keywords* of *function*, which concern the field of a dataclass, all of them."""
    for name in keywords:
        if name != "default" and name not in DATACLASS_OPTIONS:
            raise InvalidOption(
                f"{function}() takes no option {name!r}",
                hint=did_you_mean(name, DATACLASS_OPTIONS) or "look at its documentation",
            )
    return keywords


_NO_OPTIONS: dict[str, Any] = {}


def _property_of(class_: Any, key: str) -> Any:
    """The property that attribute *key* of *class_* is mapped to."""
    return class_.__mapper__.named_attrs[key]


class MapperProperty(InspectionAttrInfo, Generic[T]):
    """What one attribute of a mapped class stands for."""

    is_property: ClassVar[bool] = True
    is_relationship: ClassVar[bool] = False
    is_proxy: ClassVar[bool] = False
    """True for an attribute that stands for others, which hold the values."""
    Comparator: TypeAlias = PropComparator
    dataclass_options: dict[str, Any] = _NO_OPTIONS
    """What concerns the field of a dataclass: ``init``, ``default``, and their like."""

    key: str
    parent: Any
    impl: Any
    active_history: bool
    dispatch: Dispatch = Dispatch(AttributeEvents)

    def __init__(self) -> None:
        self.creation_order = next(numbers_of_creation)
        self.info: dict[Any, Any] = {}
        self.doc: str | None = None
        self.comparator_factory: Any = None

    def copy(self) -> Any:
        """A declaration of its own, for another class that uses the same mixin."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.info = dict(self.info)
        return twin

    def attach(self, mapper: MapperView, key: str) -> None:
        """Become the attribute *key* of *mapper*."""
        self.parent = mapper
        self.key = key

    def keep_old_values(self, keeps: bool) -> None:
        """Have the old value of the attribute loaded before it is replaced, or no more."""
        self.active_history = keeps
        self.track_anew()

    def _listened(self) -> None:
        self.track_anew()

    def track_anew(self) -> None:
        """Let all classes that have the attribute track it as is wanted now."""
        if "impl" in self.__dict__:
            for mapper in self.parent.self_and_descendants:
                if mapper.named_attrs.get(self.key) is self:
                    mapper.track(self.key, self)

    def stand_in(self, mapper: MapperView) -> None:
        """Become an attribute of *mapper* that stands for others; asked of proxies alone."""
        raise NotImplementedError

    def placed(self, entity: EntityNode) -> Any:
        """What is placed on the class of *entity*; asked of proxies alone."""
        raise NotImplementedError

    @property
    def class_attribute(self) -> Any:
        """The class-level attribute, an SQL expression."""
        return getattr(self.parent.class_, self.key)

    def __reduce__(self) -> Any:
        if "parent" not in self.__dict__:
            return super().__reduce__()
        return _property_of, (self.parent.class_, self.key)

    def __str__(self) -> str:
        if "parent" not in self.__dict__:
            return repr(self)
        return f"{self.parent.class_.__name__}.{self.key}"


class ColumnProperty(MapperProperty[T], Mapped[T]):
    """An attribute that holds the value of a column, or of an SQL expression.

    ``expressions``  the columns, the mapped table's own first, or the expression as it was given
    ``deferred``     not loaded with its instance; ``group`` loads together
    """

    uses_existing = False
    """Whether a class below may find its column in the table already."""
    is_query_expression: ClassVar[bool] = False
    """True where each query may say what the attribute holds."""
    is_given = True
    """Whether the constructor of a dataclass takes the value, where the declaration is silent."""

    def __init__(
        self,
        *columns: Any,
        deferred: bool = False,
        group: str | None = None,
        raiseload: bool = False,
        active_history: bool = False,
        comparator_factory: type | None = None,
        info: dict[Any, Any] | None = None,
        doc: str | None = None,
        expire_on_flush: bool = True,
    ) -> None:
        # All that the base class sets: there are many columns.
        self.creation_order = next(numbers_of_creation)
        self.expire_on_flush = expire_on_flush
        if not columns:
            raise ArgumentError("column_property() needs a column or an expression")
        self.expressions = [_mapped_expression(column) for column in columns]
        self.deferred = deferred or raiseload
        self.group = group
        self.raiseload = raiseload
        self.active_history = active_history
        self.comparator_factory = comparator_factory
        self.info = {} if info is None else dict(info)
        self.doc = doc

    def take_options(self, *, deferred: bool, group: str | None, raiseload: bool) -> None:
        """Be loaded as the composite asks that this column is part of."""
        self.deferred = self.deferred or deferred or raiseload
        self.group = self.group or group
        self.raiseload = self.raiseload or raiseload

    def attach(self, mapper: Any, key: str) -> None:
        self.parent = mapper
        self.key = key
        type_ = self.expressions[0].type
        self.impl = ValueAttribute(key, equal=type_.equality, keeps_old_value=self.active_history)
        self.impl.prop = self
        if self.doc is None:
            for column in self.expressions:
                self.doc = self.doc or getattr(column, "doc", None)
        if self.dataclass_options and not writes_defaults(mapper.class_):
            default = self.dataclass_options.get("default")
            self.impl.default = None if callable(default) else default

    @property
    def columns(self) -> list[Any]:
        """The columns, the mapped table's own first; an expression has the attribute's name."""
        return self.expressions if self.is_column else [self.expression, *self.expressions[1:]]

    @property
    def expression(self) -> Any:
        """The column that is selected, or the expression, under the name of the attribute."""
        found = self.expressions[0]
        if self.is_column or not isinstance(found, ColumnElement) or isinstance(found, Label):
            return found
        return found.label(self.key)

    def __clause_element__(self) -> Any:
        """The column or expression, for a constraint or an expression in the class body."""
        return self.expressions[0]

    @property
    def is_column(self) -> bool:
        """True for a column of a table, or of a subquery; False for an expression."""
        return isinstance(self.expressions[0], COLUMN_KINDS)

    @property
    def is_written(self) -> bool:
        """True for a column that a flush writes."""
        return isinstance(self.expressions[0], Column)


class MappedSQLExpression(ColumnProperty[T]):
    """An attribute made by ``column_property()`` or ``query_expression()``."""

    is_given = False


class MappedColumn(Mapped[T]):
    """A column declared in a class body, completed by the attribute's annotation and name."""

    dataclass_options: dict[str, Any] = _NO_OPTIONS
    early_waiting = 0
    """How much of what waits for the column's table is its own, where it was made early."""

    def __init__(
        self,
        *args: Any,
        deferred: bool = False,
        deferred_group: str | None = None,
        deferred_raiseload: bool = False,
        active_history: bool = False,
        sort_order: int = 0,
        use_existing_column: bool = False,
        **keywords: Any,
    ) -> None:
        self.creation_order = next(numbers_of_creation)
        self.use_existing_column = use_existing_column
        self.args = args
        self.keywords = keywords
        self.deferred = deferred or bool(deferred_group) or deferred_raiseload
        self.deferred_group = deferred_group
        self.deferred_raiseload = deferred_raiseload
        self.active_history = active_history
        self.sort_order = sort_order
        self.column: Column[Any] | None = None

    @property
    def given_name(self) -> str | None:
        """The name of the column as it was given, not that of the attribute; or None."""
        if self.args and isinstance(self.args[0], str):
            return self.args[0]
        name: str | None = self.keywords.get("name")
        return name

    @property
    def doc(self) -> str | None:
        """What is said of the column in Python."""
        said: str | None = self.keywords.get("doc")
        return said

    @doc.setter
    def doc(self, said: str | None) -> None:
        self.keywords["doc"] = said

    @property
    def says_type(self) -> bool:
        """Whether the declaration has a type, or a foreign key, without its annotation."""
        given = (*self.args, self.keywords.get("type_"))
        return any(is_type(one) or isinstance(one, ForeignKey) for one in given)

    def complete(
        self, key: str, annotation: MappedAnnotation | None, types: Any
    ) -> "ColumnProperty":
        """The property of attribute *key*; *types* finds a type for an annotation."""
        args, keywords = list(self.args), self.keywords.copy()
        template = self._template(annotation) if annotation is not None else None
        if template is not None:
            # None says nothing of its own.
            given = {k: v for k, v in keywords.items() if v is not None or k not in _OPEN}
            keywords = {**template.keywords, **given}
            args = self._merged(template)
        name = keywords.pop("name", None)
        if args and (args[0] is None or isinstance(args[0], str)):
            name = args.pop(0) or name
        type_ = keywords.pop("type_", None)
        if args and (isinstance(args[0], TypeEngine) or is_type(args[0])):
            type_ = args.pop(0)
        if annotation is not None:
            if "nullable" not in keywords and not keywords.get("primary_key"):
                keywords["nullable"] = annotation.nullable
            # With a foreign key the type is that of the column referred to.
            has_key = any(getattr(arg, "__visit_name__", "") == "foreign_key" for arg in args)
            if type_ is None and not has_key:
                type_ = types.find(annotation, key)
        if type_ is not None:
            args.insert(0, type_ if isinstance(type_, TypeEngine) else to_instance(type_))
        if self.column is None:
            self.column = Column(name or key, *args, **keywords)
        else:
            self._say_again(self.column, name or key, args, keywords)
        self.column.creation_order = self.creation_order
        return self._property(self.column)

    def _say_again(
        self, column: Column[Any], name: str, args: list[Any], keywords: dict[str, Any]
    ) -> None:
        """Make *column*, which expressions in the class body hold already, what it is to be."""
        waiting = (column._waiting or [])[self.early_waiting :]
        Column.__init__(column, name, *args, **keywords)
        for function in waiting:
            column.when_attached(function)

    def _merged(self, template: "MappedColumn") -> list[Any]:
        """The arguments of *template*, those of this in place of its name and its type."""
        own, found = list(self.args), list(template.args)
        if found and (found[0] is None or isinstance(found[0], str)):
            name = found.pop(0)
            if not own or not isinstance(own[0], str):
                own.insert(0, name)
        place = 1 if own and (own[0] is None or isinstance(own[0], str)) else 0
        has_type = "type_" in self.keywords or any(map(is_type, own[place : place + 1]))
        if has_type and found and is_type(found[0]):
            del found[0]
        if not has_type:
            own[place:place] = found
        else:
            own += found
        for option in _TAKEN_FROM_TEMPLATES:
            setattr(self, option, getattr(self, option) or getattr(template, option))
        return own

    def _property(self, column: Column[Any]) -> "ColumnProperty":
        made = ColumnProperty(
            column,
            deferred=self.deferred,
            group=self.deferred_group,
            raiseload=self.deferred_raiseload,
            active_history=self.active_history,
        )
        made.dataclass_options = self.dataclass_options
        made.uses_existing = self.use_existing_column
        return made

    def __clause_element__(self) -> Any:
        """The column, for an expression in the class body; its name may come later."""
        if self.column is None:
            args = list(self.args)
            if args and args[0] is None:
                del args[0]
            self.column = Column(*args, **self.keywords)
            self.early_waiting = len(self.column._waiting or ())
        return self.column

    @staticmethod
    def _template(annotation: MappedAnnotation) -> "MappedColumn | None":
        for extra in annotation.extras:
            if isinstance(extra, MappedColumn):
                return extra.copy()
        return None

    def copy(self) -> "MappedColumn":
        """A declaration of its own for another class that uses the same mixin."""
        twin = MappedColumn(
            *[_copied(arg) for arg in self.args],
            deferred=self.deferred,
            deferred_group=self.deferred_group,
            deferred_raiseload=self.deferred_raiseload,
            active_history=self.active_history,
            sort_order=self.sort_order,
            use_existing_column=self.use_existing_column,
            **self._copied_keywords(),
        )
        twin.creation_order = self.creation_order
        twin.dataclass_options = self.dataclass_options
        return twin

    def _copied_keywords(self) -> dict[str, Any]:
        type_ = self.keywords.get("type_")
        return self.keywords if type_ is None else {**self.keywords, "type_": _copied(type_)}

    @property
    def foreign_keys(self) -> Any:
        """The foreign keys of the completed column."""
        return set() if self.column is None else self.column.foreign_keys


_TAKEN_FROM_TEMPLATES = (
    "deferred", "deferred_group", "deferred_raiseload", "active_history", "sort_order",
    "use_existing_column",
)  # fmt: skip
_OPEN = ("index", "unique")
"""What the template decides where the column says None."""


def _delegated(name: str) -> Any:
    def operate(self: Any, *others: object, **modifiers: object) -> Any:
        return getattr(self.__clause_element__(), name)(*others, **modifiers)

    return operate


for _name in (
    "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__",
    "__rtruediv__", "__floordiv__", "__mod__", "__neg__", "__and__", "__or__", "__invert__",
    "__lt__", "__le__", "__gt__", "__ge__", "__getitem__", "label", "asc", "desc", "concat",
    "in_", "not_in", "notin_", "is_", "is_not", "isnot", "is_distinct_from",
    "is_not_distinct_from", "isnot_distinct_from", "like", "ilike", "not_like", "not_ilike",
    "notlike", "notilike", "between", "startswith", "endswith", "contains", "istartswith",
    "iendswith", "icontains", "match", "regexp_match", "regexp_replace", "op", "bool_op",
    "collate", "cast", "distinct", "any_", "all_", "nulls_first", "nulls_last", "nullsfirst",
    "nullslast", "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "bitwise_lshift",
    "bitwise_rshift", "operate", "reverse_operate",
):  # fmt: skip
    setattr(MappedColumn, _name, _delegated(_name))


def _copied(argument: object) -> Any:
    """*argument* of a column for another class: a constraint of its own, and what has state."""
    if isinstance(argument, TypeEngine):
        return argument.copy() if argument.has_state else argument
    if isinstance(argument, Constraint):
        return argument.copied(lambda part: part)
    copy = getattr(argument, "copy", None)
    return argument if copy is None or is_type(argument) else copy()


def mapped_column(*args: Any, **keywords: Any) -> MappedColumn:
    """Declare a column: name, type and constraints as for ``Column``, or taken from the annotation.

    ``deferred=True`` leaves the value unloaded until it is read, with ``deferred_group`` all of
    the group together; ``insert_default`` is the column's ``default``::

        id: Mapped[int] = mapped_column(primary_key=True)
        note: Mapped[str | None] = mapped_column(Text, deferred=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    """
    options = dataclass_options(keywords) if keywords else _NO_OPTIONS
    if "insert_default" in keywords:
        if "default" in keywords:
            raise ArgumentError(
                "mapped_column() takes default= or insert_default=, not both",
                hint="what the INSERT makes is insert_default=, with init=False in a dataclass",
            )
        keywords["default"] = keywords.pop("insert_default")
    made = MappedColumn(*args, **keywords)
    if options:
        made.dataclass_options = options
    return made


def orm_insert_sentinel(
    name: str | None = None,
    type_: object = None,
    *,
    default: object = None,
    omit_from_statements: bool = True,
) -> MappedColumn:
    """Declare a column as :func:`dovetail.insert_sentinel` makes it; it is loaded when it is read.

    ::

        _sentinel: Mapped[int | None] = orm_insert_sentinel()
    """
    return mapped_column(
        name,
        INTEGERTYPE if type_ is None else type_,
        insert_default=default,
        nullable=True,
        deferred=True,
        insert_sentinel=True,
        _omit_from_statements=omit_from_statements,
    )


def column_property(*columns: Any, **keywords: Any) -> MappedSQLExpression:
    """Map an attribute to a column or to an SQL expression that is selected with the instance.

    The value of an expression is read only::

        full_name = column_property(first_name + " " + last_name)
    """
    options = dataclass_options(keywords)
    keywords.pop("default", None)
    made = MappedSQLExpression(*columns, **keywords)
    if options:
        made.dataclass_options = options
    return made


def deferred(column: object, *columns: object, **keywords: object) -> MappedSQLExpression:
    """Map *column* so that it is loaded when it is first read, not with its instance.

    ``group``      columns of one group are loaded together
    ``raiseload``  reading it where it is not loaded is an error
    """
    made = column_property(column, *columns, **{**keywords, "deferred": True})
    made.is_given = True
    return made


def _mapped_expression(value: object) -> Any:
    if isinstance(value, MappedColumn):
        return value.__clause_element__()
    if isinstance(value, SelectBase):
        return value.scalar_subquery()
    if not hasattr(value, "type"):
        raise ArgumentError(
            f"column_property() maps a column or an expression; got {value!r}",
            hint="column_property(first_name + last_name); a plain attribute needs no mapping",
        )
    return value


def as_property(value: object) -> MapperProperty:
    """*value* of a ``properties`` dictionary as a property: a column stands for itself."""
    if isinstance(value, MapperProperty):
        return value
    if isinstance(value, MappedColumn):
        value = value.__clause_element__()
    if isinstance(value, ColumnElement):
        return ColumnProperty(value)
    if isinstance(value, (list, tuple)):
        return ColumnProperty(*value)
    raise ArgumentError(f"{value!r} can't be mapped", hint="give a column or a relationship()")


def primary_columns(columns: Iterable[Any]) -> Sequence[Any]:
    """Those of *columns* that are part of their table's primary key."""
    return [column for column in columns if column.primary_key]
