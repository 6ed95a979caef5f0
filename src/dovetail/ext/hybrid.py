"""Attributes that are computed in Python on an instance, and in SQL on the class.

::

    class Interval(Base):
        __tablename__ = "interval"
        id: Mapped[int] = mapped_column(primary_key=True)
        start: Mapped[int]
        end: Mapped[int]

        @hybrid_property
        def length(self) -> int:
            return self.end - self.start

        @hybrid_method
        def contains(self, point: int) -> bool:
            return (self.start <= point) & (point < self.end)


    interval.length  # a number
    select(Interval).where(Interval.length > 10)  # SQL
    select(Interval).where(Interval.contains(15))

Where one body does not serve both, ``@length.inplace.expression`` says what is SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, Generic, ParamSpec, TypeVar, overload

from ..exc import InvalidRequestError
from ..orm.mapping.attribute import (
    EntityNode,
    QueryableAttribute,
    RelationshipReference,
    table_columns,
)
from ..orm.mapping.mapper import Mapper
from ..orm.tracking.history import History
from ..orm.tracking.inspection_attr import InspectionAttrExtensionType, InspectionAttrInfo
from ..orm.tracking.passive import PASSIVE_OFF, PassiveFlag
from ..sql.expression.coercion import node_of
from ..sql.expression.column_element import ColumnElement
from ..sql.expression.operating import OPERATORS, REVERSED, Operating
from ..sql.node import Walk

if TYPE_CHECKING:
    from ..sql.operators import Operator

T = TypeVar("T")
P = ParamSpec("P")


class HybridExtensionType(InspectionAttrExtensionType):
    """What kind of hybrid an attribute is."""

    HYBRID_METHOD = "HYBRID_METHOD"
    HYBRID_PROPERTY = "HYBRID_PROPERTY"


HYBRID_METHOD = HybridExtensionType.HYBRID_METHOD
HYBRID_PROPERTY = HybridExtensionType.HYBRID_PROPERTY


# Comparators ----------------------------------------------------------------------------------


class Comparator(Operating):
    """What the operators of a hybrid mean; made to be derived from.

    Either single operators are defined, or :meth:`operate`, which all of them call::

        class CaseInsensitive(Comparator):
            def operate(self, op, *other, **kwargs):
                return op(func.lower(self.__clause_element__()), *map(func.lower, other), **kwargs)
    """

    def __init__(self, expression: Any) -> None:
        self.expression = expression

    def __clause_element__(self) -> Any:
        """The SQL expression that is compared."""
        expression = self.expression
        while hasattr(expression, "__clause_element__") and not isinstance(
            expression, ColumnElement
        ):
            expression = expression.__clause_element__()
        return expression

    def operate(self, op: Operator, *other: object, **kwargs: object) -> Any:
        """Apply *op* to the expression and to *other*."""
        return op(self.__clause_element__(), *other, **kwargs)

    def reverse_operate(self, op: Operator, other: object, **kwargs: object) -> Any:
        """Apply *op* to *other* and to the expression."""
        return self.__clause_element__().reverse_operate(op, other, **kwargs)

    def adapt_to_entity(self, adapt_to_entity: object) -> Comparator:
        """This comparator, as what compares an attribute of an alias."""
        return self

    @property
    def property(self) -> Any:
        """The property that the expression was mapped to, if it is a mapped attribute."""
        return self.expression.property

    __hash__ = object.__hash__


ExprComparator = Comparator

_OTHERS = (
    *("label", "cast", "collate", "op", "bool_op", "any_", "all_", "any", "has", "__getitem__"),
)


def _of_expression(name: str) -> Callable[..., Any]:
    def call(self: Comparator, *arguments: object, **kwargs: object) -> Any:
        return getattr(self.__clause_element__(), name)(*arguments, **kwargs)

    return call


def _compared(name: str) -> Callable[..., Any]:
    def call(self: HybridAttribute[Any], *arguments: object, **kwargs: object) -> Any:
        return getattr(self.comparator, name)(*arguments, **kwargs)

    return call


for _name in _OTHERS:
    setattr(Comparator, _name, _of_expression(_name))


# Hybrids in statements ------------------------------------------------------------------------


class HybridAttribute(QueryableAttribute[T]):
    """A hybrid of a class, or of an alias, in a statement.

    ``element``     the SQL expression that it stands for
    ``comparator``  what its operators mean
    ``descriptor``  the hybrid_property
    """

    __slots__ = ("_comparator", "descriptor", "element")

    __visit_name__: ClassVar[str] = "hybrid"
    parts: ClassVar[tuple[str, ...]] = ("element",)

    def __init__(
        self, descriptor: hybrid_property[Any], entity: EntityNode, element: Any, comparator: Any
    ) -> None:
        self.key = descriptor.__name__
        self.prop = None
        self.owner = entity
        self.descriptor = descriptor
        self.element = element
        self._comparator = comparator

    def collect(self, walk: Walk) -> None:
        walk.planner = Mapper.planner
        walk.key += ("hybrid", self.key)
        self.element.collect(walk)

    @property
    def type(self) -> Any:  # type: ignore[override]
        return self.element.type

    @property
    def operator(self) -> Any:
        return self.element.operator

    @property
    def bind_name(self) -> Any:
        return self.element.bind_name

    @property
    def name(self) -> Any:
        return getattr(self.element, "name", None) or self.key

    @property
    def column(self) -> Any:
        return table_columns(self.element)

    @property
    def comparator(self) -> Any:
        return self._comparator

    @property
    def info(self) -> dict[Any, Any]:
        """The user's notes on the hybrid."""
        return self.descriptor.info

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        # What is said of it in SQL, if anything is.
        expression = self.descriptor.expr
        return (None if expression is None else expression.__doc__) or self.descriptor.__doc__

    def on(self, entity: EntityNode) -> Any:
        return self.descriptor.__get__(None, entity.entity_namespace)

    def operate(
        self, op: Operator | Callable[..., Any], *other: object, **modifiers: object
    ) -> Any:
        return self._comparator.operate(op, *other, **modifiers)

    def reverse_operate(self, op: Operator | Callable[..., Any], other: object) -> Any:
        return self._comparator.reverse_operate(op, other)

    __hash__ = object.__hash__

    def get_history(self, instance: object, passive: PassiveFlag = PASSIVE_OFF) -> History:
        """What has changed of the attribute of *instance* that the hybrid stands for.

        AttributeError where it stands for an expression of more.
        """
        history: History = self.__getattr__("get_history")(instance, passive)
        return history

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        for source in (self.descriptor, self._comparator):
            try:
                return getattr(source, name)
            except AttributeError:
                pass
        raise AttributeError(
            f"neither the hybrid {self} nor its comparator, a {type(self._comparator).__name__}, "
            f"has an attribute {name!r}"
        )

    # The last of the class: from here on the name means this.
    @property
    def property(self) -> Any:
        return self.element.property


for _name in (*OPERATORS, *REVERSED, *_OTHERS):
    if hasattr(ColumnElement, _name):
        setattr(HybridAttribute, _name, _compared(_name))


# Hybrids on classes ---------------------------------------------------------------------------


def _function(method: Any) -> Any:
    """*method*, which may be written as a classmethod, as a function."""
    return method.__func__ if isinstance(method, classmethod) else method


class _InPlace:
    """Decorators that add to a hybrid, and do not make another one of it."""

    def __init__(self, hybrid: Any) -> None:
        self.attr = hybrid

    def _set(self, name: str, function: Callable[..., Any]) -> Any:
        setattr(self.attr, name, _function(function))
        return self.attr

    def expression(self, expr: Callable[..., Any]) -> Any:
        """Let the decorated function say what the hybrid is in SQL."""
        return self._set("expr", expr)


class _InPlaceProperty(_InPlace):
    def getter(self, fget: Callable[..., Any]) -> Any:
        """Let the decorated function compute the value of an instance."""
        return self._set("fget", fget)

    def setter(self, fset: Callable[..., Any]) -> Any:
        """Let the decorated function set the value of an instance."""
        return self._set("fset", fset)

    def deleter(self, fdel: Callable[..., Any]) -> Any:
        """Let the decorated function delete the value of an instance."""
        return self._set("fdel", fdel)

    def comparator(self, comparator: Callable[..., Any]) -> Any:
        """Let the decorated function make the Comparator."""
        return self._set("custom_comparator", comparator)

    def update_expression(self, meth: Callable[..., Any]) -> Any:
        """Let the decorated function say what an UPDATE sets in place of the hybrid."""
        return self._set("update_expr", meth)

    def bulk_dml(self, meth: Callable[..., Any]) -> Any:
        """Let the decorated function put columns into a row in place of the hybrid."""
        return self._set("bulk_dml_setter", meth)


class hybrid_property(InspectionAttrInfo, Generic[T]):
    """An attribute computed in Python on an instance, and in SQL on the class; a decorator.

    The same body serves both, called with the instance or with the class, unless
    ``expression`` or ``comparator`` say what is SQL.  ``setter`` and ``deleter`` are as those of
    ``property``; ``update_expression`` returns pairs of what an UPDATE sets, and ``bulk_dml``
    fills a row of many.  Each makes a new hybrid, under ``inplace`` this one is added to::

        @hybrid_property
        def name(self):
            return self.first + " " + self.last


        @name.inplace.setter
        def _set_name(self, value):
            self.first, self.last = value.split(" ", 1)


        @name.inplace.update_expression
        @classmethod
        def _update_name(cls, value):
            return list(zip((cls.first, cls.last), value.split(" ", 1)))
    """

    extension_type: ClassVar[InspectionAttrExtensionType] = HYBRID_PROPERTY
    is_attribute: ClassVar[bool] = True

    def __init__(
        self,
        fget: Callable[[Any], T],
        fset: Callable[[Any, Any], None] | None = None,
        fdel: Callable[[Any], None] | None = None,
        expr: Callable[[Any], Any] | None = None,
        custom_comparator: Callable[[Any], Any] | None = None,
        update_expr: Callable[[Any, Any], Iterable[tuple[Any, Any]]] | None = None,
        bulk_dml_setter: Callable[[Any, Any, Any], None] | None = None,
    ) -> None:
        self.fget = fget
        self.fset = fset
        self.fdel = fdel
        self.expr = _function(expr)
        self.custom_comparator = _function(custom_comparator)
        self.update_expr = _function(update_expr)
        self.bulk_dml_setter = _function(bulk_dml_setter)
        self.__name__: str = fget.__name__
        self.__doc__ = fget.__doc__
        self.info: dict[Any, Any] = {}

    def __set_name__(self, owner: type, name: str) -> None:
        if not self.__name__.isidentifier():  # a lambda has no name of its own
            self.__name__ = name

    @overload
    def __get__(self, instance: None, owner: type[Any] | None) -> HybridAttribute[T]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T: ...
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Any:
        return self._in_sql(owner) if instance is None else self.fget(instance)

    def __set__(self, instance: object, value: T) -> None:
        if self.fset is None:
            raise AttributeError(f"can't set the hybrid attribute {self.__name__!r}: no setter")
        self.fset(instance, value)

    def __delete__(self, instance: object) -> None:
        if self.fdel is None:
            raise AttributeError(f"can't delete the hybrid attribute {self.__name__!r}: no deleter")
        self.fdel(instance)

    # In statements ------------------------------------------------------------------------------

    def _in_sql(self, owner: type[Any] | None) -> Any:
        """What the hybrid is in a statement of *owner*, a class or an alias."""
        entity = getattr(owner, "__statement_entity__", None)
        if entity is None:
            return self  # on a mixin, where a variant of it is made
        make = self.custom_comparator or self.expr or self.fget
        made = make(owner)
        if isinstance(made, RelationshipReference):
            return made
        element: Any = None
        if not isinstance(made, type):
            try:
                element = node_of(made)
            except NotImplementedError:
                return made  # a comparator that has operators alone
        if getattr(element, "is_select_statement", False):
            element = element.scalar_subquery()
        if not isinstance(element, ColumnElement):
            return made
        comparator = made if isinstance(made, Comparator) else element
        return HybridAttribute(self, entity, element, comparator)

    def bulk_update_pairs(self, entity: Any, value: object) -> Iterable[tuple[Any, Any]]:
        """What an UPDATE of *entity*, a class or an alias, sets in place of the hybrid."""
        if self.update_expr is not None:
            pairs: Iterable[tuple[Any, Any]] = self.update_expr(entity, value)
            return pairs
        target = self._in_sql(entity)
        if isinstance(target, HybridAttribute):
            target = target.element
        if getattr(target, "prop", None) is None and not hasattr(target, "descriptor"):
            raise InvalidRequestError(
                f"{entity.__name__}.{self.__name__} can't be set by a statement: it is computed",
                hint="name the columns, or say with @hybrid.update_expression what is set",
            )
        return [(target, value)]

    def bulk_values(self, class_: type, row: dict[str, Any], value: object) -> bool:
        """Put columns into *row* in place of the hybrid; False where it does not know which."""
        if self.bulk_dml_setter is None:
            return False
        self.bulk_dml_setter(class_, row, value)
        return True

    # Decorators ---------------------------------------------------------------------------------

    def _varied(self, **changes: object) -> Any:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__, **changes)
        twin.info = dict(self.info)
        return twin

    @property
    def overrides(self) -> hybrid_property[T]:
        """The hybrid of a base class: ``@Base.name.overrides.setter`` makes a variant of it."""
        return self

    @property
    def inplace(self) -> _InPlaceProperty:
        """Decorators that add to this hybrid; the functions may have names of their own."""
        return _InPlaceProperty(self)

    def getter(self, fget: Callable[..., Any]) -> hybrid_property[T]:
        """A variant whose value is what the decorated function computes."""
        return self._varied(fget=fget, __name__=fget.__name__)  # type: ignore[no-any-return]

    def setter(self, fset: Callable[..., Any]) -> hybrid_property[T]:
        """A variant that the decorated function sets."""
        return self._varied(fset=fset)  # type: ignore[no-any-return]

    def deleter(self, fdel: Callable[..., Any]) -> hybrid_property[T]:
        """A variant that the decorated function deletes."""
        return self._varied(fdel=fdel)  # type: ignore[no-any-return]

    def expression(self, expr: Callable[..., Any]) -> hybrid_property[T]:
        """A variant that is in SQL what the decorated function returns, called with the class."""
        return self._varied(expr=_function(expr))  # type: ignore[no-any-return]

    def comparator(self, comparator: Callable[..., Any]) -> hybrid_property[T]:
        """A variant whose operators are those of the Comparator that the function returns."""
        return self._varied(custom_comparator=_function(comparator))  # type: ignore[no-any-return]

    def update_expression(self, meth: Callable[..., Any]) -> hybrid_property[T]:
        """A variant in whose place an UPDATE sets the pairs that the function returns."""
        return self._varied(update_expr=_function(meth))  # type: ignore[no-any-return]

    def bulk_dml(self, meth: Callable[..., Any]) -> hybrid_property[T]:
        """A variant in whose place the function fills a row: called with class, row and value."""
        return self._varied(bulk_dml_setter=_function(meth))  # type: ignore[no-any-return]


class hybrid_method(InspectionAttrInfo, Generic[P, T]):
    """A method that computes in Python on an instance, and in SQL on the class; a decorator.

    The same body serves both, unless ``expression`` says what is SQL::

        @hybrid_method
        def contains(self, point):
            return (self.start <= point) & (point < self.end)
    """

    extension_type: ClassVar[InspectionAttrExtensionType] = HYBRID_METHOD
    is_attribute: ClassVar[bool] = True

    def __init__(
        self, func: Callable[Concatenate[Any, P], T], expr: Callable[..., Any] | None = None
    ) -> None:
        self.func = func
        self.expr: Callable[..., Any] = _function(expr) or func
        self.__name__: str = func.__name__
        self.__doc__ = func.__doc__
        self.info: dict[Any, Any] = {}

    @overload
    def __get__(self, instance: None, owner: type[Any] | None) -> Callable[P, ColumnElement[T]]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Callable[P, T]: ...
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self.expr.__get__(owner, owner)
        return self.func.__get__(instance, owner)

    @property
    def inplace(self) -> _InPlace:
        """Decorators that add to this hybrid; the functions may have names of their own."""
        return _InPlace(self)

    def expression(self, expr: Callable[..., Any]) -> hybrid_method[P, T]:
        """Let the decorated function say what the method is in SQL; called with the class."""
        self.expr = _function(expr)
        return self
