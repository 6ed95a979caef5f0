"""Mapped attributes as SQL expressions, and mapped classes as places to select from."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from dovetail.exc import InvalidRequestError, UnknownOperator, refuse_options
from dovetail.inspection import inspect
from dovetail.orm.mapping.comparing import with_comparator
from dovetail.orm.mapping.documented import DocumentedByProperty
from dovetail.orm.mapping.extensions import expanded_pairs
from dovetail.orm.mapping.renaming import Renaming
from dovetail.orm.tracking.history import History
from dovetail.orm.tracking.inspection_attr import InspectionAttr
from dovetail.orm.tracking.passive import PASSIVE_OFF, PassiveFlag
from dovetail.orm.tracking.state import state_of
from dovetail.sql import operators as ops
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.from_clause import FromClause, Join
from dovetail.sql.node import Node, Walk
from dovetail.sql.operators import Operator
from dovetail.sql.traversal import replace
from dovetail.types.basic import BOOLEANTYPE

T_co = TypeVar("T_co", covariant=True)


class EntityNode(Node):
    """A mapped class, or an alias of one, where a statement selects from it.

    ``selectable``  what stands in FROM: the table, a join of tables, or an alias
    ``alias``       the AliasedClass, or None for the class itself
    ``kinds``       mappers of classes below whose columns are loaded with those of the class
    ``inner``       the alias that this one is an alias of, or None
    ``discriminator``  what tells of which class a row is, if not what the mapper says
    ``within``      the entity that this is a part of: ``with_polymorphic(...).Engineer``
    """

    __slots__ = (
        "adapt_on_names",
        "alias",
        "discriminator",
        "inner",
        "is_translated",
        "kinds",
        "mapper",
        "name",
        "selectable",
        "translated",
        "within",
    )

    __visit_name__: ClassVar[str] = "entity"
    is_promise: ClassVar[bool] = True

    def __init__(
        self,
        mapper: Any,
        selectable: Any = None,
        alias: object = None,
        name: str | None = None,
        kinds: Sequence[Any] = (),
    ) -> None:
        self.mapper = mapper
        self.selectable = mapper.persist_selectable if selectable is None else selectable
        self.alias = alias
        self.name = name
        self.kinds = tuple(kinds)
        self.within: EntityNode | None = None
        self.inner: EntityNode | None = None
        self.discriminator: Any = None
        self.is_translated = alias is not None
        self.adapt_on_names = False
        self.translated: dict[Any, Any] = {}

    def __reduce__(self) -> Any:
        if self is self.mapper.node:
            # Its class says it again, wherever it is read.
            return getattr, (self.mapper.class_, "__statement_entity__")
        kept = {name: getattr(self, name) for name in EntityNode.__slots__}
        return _entity, (type(self),), (None, {**kept, "translated": {}})

    def __repr__(self) -> str:
        return f"<entity {self.mapper.class_.__name__}{' alias' if self.alias is not None else ''}>"

    @property
    def planner(self) -> Any:
        """Who resolves statements with this entity."""
        return self.mapper.planner

    @property
    def from_source(self) -> "EntityNode":
        """What stands in FROM for this: that of which it is a part, if it is one."""
        return self if self.within is None else self.within

    @property
    def spread(self) -> Any:
        """What puts columns for synonyms and composites into a row of values, or None."""
        return self.mapper.spread if self.mapper.has_proxies else None

    @property
    def entity_namespace(self) -> Any:
        """Where ``filter_by()`` looks names up."""
        return self.mapper.class_ if self.alias is None else self.alias

    @property
    def inspected(self) -> Any:
        """What ``inspect()`` tells of the class or the alias."""
        return self.mapper if self.alias is None else inspect(self.alias)

    def value_pairs(self, pairs: Iterable[tuple[Any, Any]]) -> Iterable[tuple[Any, Any]]:
        """What an INSERT or UPDATE of this sets, computed attributes replaced by columns."""
        extensions = self.mapper.extensions
        return expanded_pairs(extensions, self.entity_namespace, pairs) if extensions else pairs

    @property
    def row_objects(self) -> tuple[Any, ...]:
        """What this is found by in a row: the class, or the alias."""
        meant = getattr(self, "original", self)
        return meant.entity_namespace, meant, self

    def describe_column(self) -> dict[str, Any]:
        """What this is as an item of a row."""
        class_ = self.mapper.class_
        entity = class_ if self.alias is None else self.alias
        return {
            "name": self.name or class_.__name__,
            "type": class_,
            "aliased": self.alias is not None,
            "expr": entity,
            "entity": entity,
        }

    def collect(self, walk: Walk) -> None:
        walk.planner = self.mapper.planner
        key = walk.key
        if self.alias is None:
            key.append(self)
        else:
            numbers = walk.numbers
            number = numbers.get(self)
            if number is None:
                numbers[self] = number = len(numbers)
                key += ("alias", number, self.mapper, self.name, self.kinds, self.adapt_on_names)
                # What this is a part or an alias of: the same columns may stand there twice.
                for meant in (self.within, self.inner, self.discriminator):
                    if meant is not None:
                        meant.collect(walk)
                # Columns of the selectable itself may stand in the statement too.
                self.selectable.collect(walk)
            else:
                key += ("alias again", number)

    @property
    def is_plain_alias(self) -> bool:
        """True for an alias of the mapped table itself."""
        mapper = self.mapper
        element = getattr(self.selectable, "element", None)
        return element is mapper.local_table is mapper.persist_selectable

    def column(self, column: ColumnElement[Any]) -> Any:
        """The column of ``selectable`` that stands for *column* of the mapped table."""
        if not self.is_translated:
            return column
        found = self.find(column)
        if found is None:
            raise InvalidRequestError(
                f"{self.mapper.class_.__name__} is aliased to something without column "
                f"{column.table.name}.{column.name}",
                hint="select all of its columns, or use aliased(..., adapt_on_names=True)",
            )
        return found

    def find(self, column: ColumnElement[Any]) -> Any:
        """As :meth:`column`; None where ``selectable`` has no such column."""
        selectable = self.selectable
        if not self.is_translated:
            table = column.table
            is_there = not isinstance(selectable, Join) or table in selectable.contained()
            return column if is_there else None
        found = self.translated.get(column)
        if found is None:
            if self.inner is not None:
                # Of several aliases in one subquery, this is an alias of one.
                placed = self.inner.find(column)
                found = None if placed is None else selectable.corresponding_column(placed)
            if found is None:
                found = selectable.corresponding_column(column)
            if found is None:
                found = self.mapper.equal_column(column, selectable)
            if found is None and self.adapt_on_names:
                found = selectable.c.get(column.name)
            if found is not None:
                self.translated[column] = found
        return found

    def adapt(self, expression: Any) -> Any:
        """*expression* with columns of the mapped table replaced by those of ``selectable``."""
        if not self.is_translated:
            return expression
        plain = self.mapper.node
        tables = {plain.selectable, self.mapper.local_table, *self.mapper.tables}
        for kind in self.kinds:
            tables.update(kind.tables)

        def column(node: Any) -> Any:
            return self.column(node) if node.table in tables else None

        def special(node: Node) -> Any:
            if isinstance(node, QueryableAttribute):
                # In a subquery that was written with the class, or one above it.
                return node.on(self) if node.prop and self._stands_for(node.owner) else None
            return self if node is plain else None

        return Renaming(column, special=special).value(expression)

    def over(self, source: FromClause) -> "EntityNode":
        """The class as it is read from *source*, which stands for what it selects from."""
        return EntityNode(self.mapper, source, source, self.name, self.kinds)

    def _stands_for(self, entity: "EntityNode") -> bool:
        """True where columns of *entity*, a class itself, are to be found here."""
        if entity.alias is not None or entity is not entity.mapper.node:
            return False
        return self.mapper.isa(entity.mapper) or entity.mapper in self.kinds

    def restrictions(self, options: Sequence[Any], is_reached: bool) -> Iterator[tuple[Any, Any]]:
        """What restricts the rows: pairs of (option, condition); None for no option's."""
        for option in options:
            if is_reached or not option.loader_only:
                for condition in option.conditions(self):
                    yield option, condition
        # A class within a hierarchy that is selected whole may have no row there.
        condition = self.mapper.row_condition() if self.within is None else None
        found = None if condition is None else self.adapted_condition(condition)
        if found is not None:
            yield None, found

    def adapted_condition(
        self, condition: ColumnElement[Any], finish: Callable[[Any], Any] | None = None
    ) -> Any:
        """*condition* on rows of the class, adapted; None where they come restricted already.

        So they do from a statement that speaks of mapped classes itself: it need not have
        the columns of the condition.  *finish* makes something else of what is found.
        """
        try:
            found = self.adapt(condition)
            return found if finish is None else finish(found)
        except InvalidRequestError:
            element = getattr(self.selectable, "element", None)
            if element is None or element.walk().planner is None:
                raise
            return None

    def sources(self) -> list[Any]:
        """The tables, or aliases, that stand in FROM."""
        selectable = self.selectable
        return selectable.contained() if isinstance(selectable, Join) else [selectable]


_OWN = frozenset(("key", "owner", "prop", "read", "type", "column", "original_property"))
"""What an attribute has itself, or has not at all: it is not asked of its column."""


class QueryableAttribute(ColumnElement[T_co], InspectionAttr, DocumentedByProperty, Generic[T_co]):
    """An attribute of a mapped class, or of an alias, as SQL: ``User.name == "x"``.

    ``owner``  what it is an attribute of, as it stands in statements: the class, or the alias
    """

    __slots__ = ("key", "owner", "prop", "read")

    __visit_name__: ClassVar[str] = "attribute"
    is_promise: ClassVar[bool] = True
    is_attribute: ClassVar[bool] = True

    def __init__(self, key: str, prop: Any, entity: EntityNode) -> None:
        self.key = key
        self.prop = prop
        self.owner = entity

    def __getattr__(self, name: str) -> Any:
        # What the type adds to columns; and what the column says of itself: User.name.nullable.
        if name.startswith("__") or name in _OWN:
            raise AttributeError(name)
        factory = self.type.comparator_factory
        if factory is not None and hasattr(factory, name):
            return getattr(factory(self), name)
        try:
            return getattr(self.column, name)
        except AttributeError:
            raise AttributeError(
                f"neither the attribute {self} nor its column, nor its type "
                f"{type(self.type).__name__}, has an attribute {name!r}"
            ) from None

    def collect(self, walk: Walk) -> None:
        entity = self.owner
        if entity.alias is None:
            walk.planner = entity.mapper.planner
            walk.key.append(self)
        else:
            entity.collect(walk)
            walk.key.append(self.key)

    def __reduce__(self) -> Any:
        if getattr(self.class_, self.key, None) is self:
            return getattr, (self.class_, self.key)
        return _attribute, (self.owner, self.prop)

    def describe_column(self) -> dict[str, Any]:
        """What this is as an item of a row."""
        return {
            "name": self.key,
            "type": self.type,
            "aliased": self.owner.alias is not None,
            "expr": self,
            "entity": self.owner.entity_namespace,
        }

    def __bool__(self) -> bool:
        # The attribute is there; it is comparisons that are neither true nor false.
        return True

    def __repr__(self) -> str:
        return f"<attribute {self}>"

    def __str__(self) -> str:
        return f"{self.owner.mapper.class_.__name__}.{self.key}"

    @property
    def type(self) -> Any:  # type: ignore[override]
        """The database type."""
        return self.prop.expressions[0].type

    @property
    def bind_name(self) -> Any:
        """The name that a value compared with this gets as a parameter."""
        return self.prop.expressions[0].bind_name

    @property
    def column(self) -> Any:
        """The column or expression that this stands for."""
        expression = self.prop.expressions[0]
        if not self.owner.is_translated:
            return expression
        if getattr(expression, "table", None) is not None:
            return self.owner.column(expression)
        return self.owner.adapt(expression)

    @property
    def expression(self) -> Any:
        return self.column

    def __clause_element__(self) -> Any:
        return self.column

    @property
    def lineage(self) -> tuple[Any, ...]:
        """The column that this stands for, and those that it comes from."""
        found: tuple[Any, ...] = self.column.lineage
        return found

    @property
    def expressions(self) -> list[Any]:
        """The column or expression that this stands for, in a list."""
        return [self.column]

    @property
    def planner(self) -> Any:
        """Who resolves statements with this attribute."""
        return self.owner.mapper.planner

    @property
    def from_source(self) -> EntityNode:
        """What stands in FROM for the class, or its alias."""
        return self.owner.from_source

    if TYPE_CHECKING:
        # What an attribute that is a relationship has.

        def any(self, criterion: object = None, **values: object) -> ColumnElement[bool]: ...
        def has(self, criterion: object = None, **values: object) -> ColumnElement[bool]: ...
        def of_type(self, entity: object) -> "QueryableAttribute[T_co]": ...
        def and_(self, *criteria: object) -> "QueryableAttribute[T_co]": ...

    def get_history(self, instance: object, passive: PassiveFlag = PASSIVE_OFF) -> History:
        """What has changed of the attribute of *instance*: see ``attributes.get_history()``."""
        history: History = self.impl.get_history(state_of(instance), passive=passive)
        return history

    @property
    def parent(self) -> Any:
        """The mapper of the class, or the inspection of the alias."""
        return self.owner.inspected

    @property
    def declared(self) -> Any:
        """The property, whether or not what it leads to is known."""
        return self.prop

    @property
    def impl(self) -> Any:
        """How the attribute is tracked on instances; None before its mapping is configured."""
        return getattr(self.declared, "impl", None)

    @property
    def info(self) -> Any:
        """What the program keeps with the attribute: what was given to the column, if to it."""
        prop = self.declared
        found = prop.info
        columns = () if found or prop.is_relationship else getattr(prop, "expressions", ())
        return getattr(columns[0], "info", found) if columns else found

    @property
    def class_(self) -> Any:
        """The mapped class."""
        return self.owner.mapper.class_

    @property
    def name(self) -> str:
        """The name of the column."""
        name: str = getattr(self.prop.expressions[0], "name", None) or self.key
        return name

    @property
    def table(self) -> Any:
        """The table of the column, or what the alias selects from."""
        return getattr(self.column, "table", None)

    @property
    def foreign_keys(self) -> Any:
        return self.column.foreign_keys

    @property
    def primary_key(self) -> Any:
        return self.column.primary_key

    def on(self, entity: EntityNode) -> "QueryableAttribute[T_co]":
        """The same attribute of *entity*, an alias of the class."""
        prop = self.declared
        kind: Any = RelationshipReference if prop.is_relationship else QueryableAttribute
        if prop.comparator_factory is not None:
            kind = with_comparator(kind, prop.comparator_factory)
        twin: QueryableAttribute[T_co] = kind(self.key, prop, entity)
        return twin

    def adapt_to_entity(self, entity: EntityNode) -> "QueryableAttribute[T_co]":
        """The same attribute of *entity*, an alias of the class."""
        return self.on(entity)

    # The last of the class: from here on the name means this.
    @property
    def property(self) -> Any:
        """The property that this attribute was mapped to."""
        return self.prop


class InstrumentedAttribute(QueryableAttribute[T_co]):
    """A mapped attribute on its class: SQL there, the value on an instance.

    A loaded value lies in the instance's ``__dict__``, where Python looks first: this
    descriptor has no ``__set__`` and is asked only for what is not loaded.
    """

    __slots__ = ()

    def __init__(self, key: str, prop: Any, entity: EntityNode) -> None:
        super().__init__(key, prop, entity)
        self.read: Callable[[Any], Any] = prop.impl.read

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return self.read(instance)


class DataAttribute(InstrumentedAttribute[T_co]):
    """The attribute of a class that sees its writes itself: no write may pass it by."""

    __slots__ = ()

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        values = instance.__dict__
        return values[self.key] if self.key in values else self.read(instance)

    def __set__(self, instance: object, value: object) -> None:
        self.prop.impl.set(instance, value)

    def __delete__(self, instance: object) -> None:
        self.prop.impl.delete(instance)


class RelationshipComparisons:
    """Builds the conditions that relationships stand for; installed by the comparator's module."""

    equal: Callable[..., Any]
    contains: Callable[..., Any]
    join: Callable[..., Any]
    exists: Callable[..., Any]


comparisons = RelationshipComparisons()


_METHODS = {
    ops.EQ: "__eq__",
    ops.NE: "__ne__",
    ops.IS: "is_",
    ops.IS_NOT: "is_not",
    ops.CONTAINS: "contains",
}
"""What a relationship is compared with, by its operator."""


class RelationshipReference(QueryableAttribute[T_co]):
    """A relationship in a statement: a path to join, or to compare with related instances."""

    __slots__ = ("_declared", "criteria", "target_entity")

    _declared: Any
    is_path: ClassVar[bool] = True
    """It may stand where a table is joined."""

    def __init__(self, key: str, prop: Any, entity: EntityNode) -> None:
        QueryableAttribute.__init__(self, key, prop, entity)
        self.target_entity: EntityNode | None = None
        self.criteria: tuple[Any, ...] = ()

    @property
    def prop(self) -> Any:
        """The property; who asks for it configures the mapping."""
        declared = self._declared
        if "impl" not in declared.__dict__:
            declared.parent.configure()
        return declared

    @prop.setter
    def prop(self, prop: Any) -> None:
        self._declared = prop

    @property
    def declared(self) -> Any:
        return self._declared

    @property
    def impl(self) -> Any:
        declared = self._declared
        # What is mapped to a class that is in use is configured where it is asked for.
        return getattr(self.prop if declared.parent.was_configured else declared, "impl", None)

    def _varied(self, entity: EntityNode | None, criteria: tuple[Any, ...]) -> "Any":
        kind: Any = with_comparator(RelationshipReference, self.prop.comparator_factory)
        twin: RelationshipReference[Any] = kind(self.key, self.prop, self.owner)
        twin.target_entity = entity
        twin.criteria = criteria
        return twin

    def __reduce__(self) -> Any:
        plain = super().__reduce__()
        if self.target_entity is None and not self.criteria:
            return plain
        return _reference, (self.owner, self.prop, self.target_entity, self.criteria)

    def collect(self, walk: Walk) -> None:
        super().collect(walk)
        if self.target_entity is not None:
            walk.key.append("of type")
            self.target_entity.collect(walk)
        if self.criteria:
            walk.key.append(len(self.criteria))
            for criterion in self.criteria:
                criterion.collect(walk)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(
            f"{self} has no attribute {name!r}: it leads to instances, and is none of them\n"
            f"  hint: join it, and ask the class it leads to: select(...).join({self})"
        )

    @property
    def type(self) -> Any:  # type: ignore[override]
        return BOOLEANTYPE

    @property
    def bind_name(self) -> Any:
        return self.key

    @property
    def name(self) -> Any:
        return self.key

    @property
    def entity_namespace(self) -> Any:
        """Where ``filter_by()`` looks names up after ``join()`` along this relationship."""
        return self.right_entity.entity_namespace

    @property
    def entity(self) -> Any:
        """The mapper of the related class, or what ``inspect()`` tells of an alias of it."""
        return self.right_entity.inspected

    @property
    def mapper(self) -> Any:
        """The mapper of the related class."""
        return self.right_entity.mapper

    @property
    def right_entity(self) -> EntityNode:
        """What this leads to: the related class, or the alias given to ``of_type()``."""
        if self.target_entity is not None:
            return self.target_entity
        entity: EntityNode = self.prop.aim
        return entity

    @property
    def column(self) -> Any:
        """A relationship alone in a statement is its join condition."""
        return comparisons.join(self)

    def of_type(self, entity: Any) -> Any:
        """The relationship as leading to *entity*: an alias of the related class, or one below."""
        return self._varied(entity.__statement_entity__, self.criteria)

    def and_(self, *criteria: object) -> Any:
        """The relationship with *criteria* added to its join condition."""
        return self._varied(self.target_entity, self.criteria + criteria)

    def operate(
        self, op: Operator | Callable[..., Any], *other: object, **modifiers: object
    ) -> Any:
        """Apply *op*: one of the comparisons that relationships have."""
        if not isinstance(op, Operator):
            return op(self, *other, **modifiers)
        return getattr(self, _METHODS.get(op, "_refuse_operator"))(*other, **modifiers)

    def reverse_operate(self, op: Operator | Callable[..., Any], other: object) -> Any:
        """Refuse *op*: a relationship stands on the left."""
        return self._refuse_operator()

    def __eq__(self, other: object) -> Any:
        return comparisons.equal(self, other)

    def __ne__(self, other: object) -> Any:
        return comparisons.equal(self, other, negated=True)

    __hash__ = object.__hash__

    def is_(self, other: object) -> Any:
        return comparisons.equal(self, other)

    def is_not(self, other: object) -> Any:
        return comparisons.equal(self, other, negated=True)

    def contains(self, other: object, *args: object, **kwargs: object) -> Any:
        """True where the collection has *other* as a member."""
        refuse_options("contains()", kwargs, *args)
        return comparisons.contains(self, other)

    def any(self, criterion: object = None, **values: object) -> ColumnElement[bool]:
        """EXISTS: a related row, in the collection, that fulfils the criteria."""
        if not self.prop.uselist:
            raise InvalidRequestError(
                f"{self} refers to one row: any() is for collections", hint="use has()"
            )
        found: ColumnElement[bool] = comparisons.exists(self, criterion, values)
        return found

    def has(self, criterion: object = None, **values: object) -> ColumnElement[bool]:
        """EXISTS: the related row, and it fulfils the criteria."""
        if self.prop.uselist:
            raise InvalidRequestError(
                f"{self} is a collection: has() is for a reference to one row", hint="use any()"
            )
        found: ColumnElement[bool] = comparisons.exists(self, criterion, values)
        return found

    def _refuse_operator(self, *_: object, **__: object) -> Any:
        raise UnknownOperator(
            f"relationship {self} is compared by ==, !=, is_(), contains(), any() and has() alone",
            hint="for others compare a column, or use any() or has() with a criterion",
        )

    _no_operator: ClassVar[Any] = _refuse_operator
    __lt__ = __le__ = __gt__ = __ge__ = in_ = not_in = between = _no_operator
    op = bool_op = concat = _no_operator
    like = not_like = ilike = not_ilike = startswith = endswith = _no_operator
    match = regexp_match = collate = asc = desc = distinct = _no_operator
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _no_operator
    __truediv__ = __rtruediv__ = __mod__ = __neg__ = _no_operator


class RelationshipAttribute(RelationshipReference[T_co], InstrumentedAttribute[T_co]):
    """A relationship on its class: SQL there, related instances on an instance."""

    __slots__ = ()

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        impl = getattr(self._declared, "impl", None) or self.prop.impl
        return impl.read(instance)


class RelationshipDataAttribute(RelationshipAttribute[T_co]):
    """The relationship of a class that sees its writes itself."""

    __slots__ = ()

    def __set__(self, instance: object, value: object) -> None:
        self.prop.impl.set(instance, value)

    def __delete__(self, instance: object) -> None:
        self.prop.impl.delete(instance)


def _entity(kind: Any) -> Any:
    """An entity that ``pickle`` fills."""
    return object.__new__(kind)


def _attribute(entity: EntityNode, prop: Any) -> Any:
    """The attribute of *prop* on *entity*."""
    return getattr(prop.parent.class_, prop.key).on(entity)


def _reference(entity: EntityNode, prop: Any, target: object, criteria: tuple[Any, ...]) -> Any:
    """The relationship of *prop* on *entity*, as ``of_type()`` and ``and_()`` have left it."""
    return _attribute(entity, prop)._varied(target, criteria)


def table_columns(expression: object) -> Any:
    """*expression* with mapped attributes replaced by the columns they stand for.

    Statements within keep theirs: of which classes they speak restricts their rows.
    """
    if not isinstance(expression, Node):
        return expression

    def place(node: Node) -> Node | None:
        if isinstance(node, QueryableAttribute):
            column: Node = node.column
            return column
        return node if getattr(node, "is_select_statement", False) else None

    return replace(expression, place)
