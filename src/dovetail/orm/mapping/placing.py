"""What a mapper places on its class: attributes, for the classes below too; and taking it away."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from warnings import warn

from dovetail.compiler.cache import forget_plans
from dovetail.exc import (
    ArgumentError,
    DovetailDeprecationWarning,
    DovetailWarning,
    InvalidRequestError,
)
from dovetail.orm.mapping.attribute import (
    DataAttribute,
    InstrumentedAttribute,
    QueryableAttribute,
    RelationshipAttribute,
    RelationshipDataAttribute,
)
from dovetail.orm.mapping.comparing import with_comparator
from dovetail.orm.mapping.concrete import Elsewhere
from dovetail.orm.mapping.declared_attr import declared_attr
from dovetail.orm.mapping.events import AttributeEvents
from dovetail.orm.mapping.inheritance import Hierarchy
from dovetail.orm.mapping.mapped_tables import columns_of, counterparts
from dovetail.orm.mapping.mapping_events import InstrumentationEvents
from dovetail.orm.mapping.properties import (
    COLUMN_KINDS,
    ColumnProperty,
    MappedColumn,
    MapperProperty,
    as_property,
)
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.mapping.validation import listen_as_validator, validator_of
from dovetail.orm.tracking.attributes import AttributeBase, ValueAttribute
from dovetail.orm.tracking.state import cores
from dovetail.orm.tracking.told import tell
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.schema import Column, Table


class PlacedAttributes(Hierarchy):
    """The attributes of a mapped class, where they stand and how they are tracked."""

    registry: Any
    node: Any
    class_manager: Any
    column_attrs: Any
    named_relationships: Any
    synonyms: Any
    column_keys: dict[Any, str]
    attributes: dict[str, AttributeBase]
    setters: dict[str, Callable[[Any, Any], None] | None]
    validators: dict[str, Any]
    configured: bool
    is_made: bool
    writes_through_setattr: bool
    forget: Callable[[], None]
    _before: dict[str, Any]
    was_configured: bool
    _told: dict[str, MapperProperty]
    _unvalidated: list[Any]

    def place(self, name: str, value: object) -> None:
        """Put *value* on the class as *name*, until the mapping is disposed of."""
        if name not in self._before:
            self._before[name] = self.class_.__dict__.get(name, _NOTHING)
        type.__setattr__(self.class_, name, value)

    def _note_before(self, name: str) -> None:
        if name not in self._before:
            self._before[name] = self.class_.__dict__.get(name, _NOTHING)

    def replace_placed(self, name: str) -> None:
        """Put what was on the class as *name* in the place of what the mapping put there."""
        before = self._before[name]
        if before is not _NOTHING:
            type.__setattr__(self.class_, name, before)
        else:
            type.__delattr__(self.class_, name)

    def dispose(self) -> None:
        """Leave the class as it was before it was mapped."""
        class_ = self.class_
        if "__mapper__" in self._before:
            for call in InstrumentationEvents.listeners("class_uninstrument", class_):
                call(class_)
        for name, before in self._before.items():
            if before is not _NOTHING:
                type.__setattr__(class_, name, before)
            elif name in class_.__dict__:
                type.__delattr__(class_, name)
        self._before.clear()
        for core in cores:
            # Instances of before are none of what the class is mapped to next.
            core.scope.identities.pop(class_, None)
        self._leave()

    # Attributes ---------------------------------------------------------------------------

    def add_property(self, key: str, prop: object) -> None:
        """Map attribute *key* to *prop*, a property or a column, for classes below as well."""
        prop = as_property(prop)
        if not self.is_made:
            self._place(key, prop)
            return
        if isinstance(prop, ColumnProperty):
            self._take_column(key, prop)
        replaced = self.named_attrs.get(key)
        if replaced is not None and replaced.parent is self and not prop.is_proxy:
            warn(
                f"{replaced} is mapped already, and mapped anew: what was made of the class until "
                "now may go on with what it was",
                DovetailDeprecationWarning,
                stacklevel=4,
            )
        self._place(key, prop)
        self._hand_down(key, prop, replaced)
        for mapper in self.self_and_descendants:
            mapper.forget()
            if mapper.configured:
                mapper.tell_of_attributes()
        # What was made for the class without the attribute would leave it out.
        forget_plans()
        if isinstance(prop, RelationshipProperty):
            self.configured = False
            self.registry.reconfigure(self, prop)

    def arrange(self, declared: Iterable[str]) -> None:
        """Have the attributes in their familiar order: those *declared* of no column come first.

        Then come those of the class above, and those of columns in the order of the table.
        """
        inherits, attrs = self.inherits, self.named_attrs
        props = dict(attrs.items())
        others = [
            key
            for key in declared
            if not isinstance(props[key], ColumnProperty)
            or not isinstance(props[key].expressions[0], COLUMN_KINDS)
        ]
        above = [] if inherits is None or self.concrete else inherits.named_attrs.names()
        columns = columns_of(self.local_table)
        by_table = [self.column_keys[column] for column in columns if column in self.column_keys]
        for some in (attrs, self.named_relationships, self.synonyms):
            some.arrange((*others, *above, *by_table))

    def add_properties(self, dict_of_properties: Mapping[str, Any]) -> None:
        """Map each attribute of *dict_of_properties* to what stands there for it."""
        for key, prop in dict_of_properties.items():
            self.add_property(key, prop)

    def _take_column(self, key: str, prop: ColumnProperty) -> None:
        """Put the column of *prop*, if it is in no table yet, into the table of the class."""
        column = prop.expressions[0]
        if isinstance(column, Column) and column.table is None:
            if not isinstance(self.local_table, Table):
                raise InvalidRequestError(
                    f"{self.class_.__name__}.{key}: columns can't be added to "
                    f"{self.local_table.description}, which is no table",
                    hint="column_property() maps an expression",
                )
            if column.name is None:
                column.name = key
                column.key = column.key or key
            self.local_table.append_column(column)

    def _place(self, key: str, prop: MapperProperty) -> None:
        """Have *prop* as attribute *key*, on the class too."""
        named = self.named_attrs
        is_known = key in named
        if is_known or self.inherits is not None:
            self._join_columns(key, prop)
        this: Any = self
        prop.attach(this, key)
        if is_known:
            self.column_attrs.discard(key)
            self.named_relationships.discard(key)
        named[key] = prop
        if prop.is_proxy:
            prop.stand_in(this)
            self.place(key, prop.placed(self.node))
            return
        if isinstance(prop, RelationshipProperty):
            self.named_relationships[key] = prop
        if isinstance(prop, ColumnProperty):
            self.column_attrs[key] = prop
            for column in prop.expressions:
                if isinstance(column, COLUMN_KINDS):
                    self.column_keys[column] = key
            self.track(key, prop)
        attribute = self._attribute(key, prop)
        self.place(key, attribute)
        if key in self.validators:
            self._validate(attribute)

    def _validate(self, attribute: object) -> None:
        """Have values of *attribute* validated, once mappers are configured.

        Those who listen to the attribute until then are told first.
        """
        if self.was_configured:
            listen_as_validator(attribute)
        else:
            self._unvalidated.append(attribute)

    def start_validating(self) -> None:
        """Have the values of attributes validated from now on."""
        waiting, self._unvalidated = self._unvalidated, []
        for attribute in waiting:
            listen_as_validator(attribute)

    def _attribute(self, key: str, prop: MapperProperty) -> Any:
        """What stands on the class for *prop*."""
        through = self.writes_through_setattr
        if isinstance(prop, ColumnProperty):
            kind: Any = InstrumentedAttribute if through else DataAttribute
        else:
            # What is read of a collection that is not loaded is asked for each time.
            through = through and not getattr(prop, "is_writer", False)
            kind = RelationshipAttribute if through else RelationshipDataAttribute
        if prop.comparator_factory is not None:
            kind = with_comparator(kind, prop.comparator_factory)
        return kind(key, prop, self.node)

    def tell_of_attributes(self) -> None:
        """Tell those who listen of the attributes that the class has got since the last time."""
        told, self._told = self._told, dict(self.named_attrs.items())
        listeners = InstrumentationEvents.listeners("attribute_instrument", self.class_)
        if not listeners:
            return
        for key in [key for key, prop in self._told.items() if told.get(key) is not prop]:
            attribute = self.class_.__dict__.get(key)
            if isinstance(attribute, QueryableAttribute):
                for call in listeners:
                    call(self.class_, key, attribute)

    def _hand_down(self, key: str, prop: MapperProperty, replaced: MapperProperty | None) -> None:
        """Give the classes below *prop*, but those that have an attribute *key* of their own."""
        for child in self.children:
            if child.concrete:
                if key not in child.named_attrs:
                    child.keep_out(key)
            elif (there := child.named_attrs.get(key)) in (None, replaced):
                child._inherit(key, prop, in_place=there is not None)
                child._hand_down(key, prop, replaced)

    def keep_out(self, key: str) -> None:
        """Refuse attribute *key*, which the class above has in a table of its own."""
        if not self.is_users_own(key):
            self.place(key, Elsewhere(self.class_, key))

    def is_users_own(self, key: str) -> bool:
        """True where the class has an attribute *key* that is no mapped one."""
        if key in getattr(self.class_, "__dataclass_fields__", ()):
            return False
        for base in self.class_.__mro__:
            if key in base.__dict__:
                return not _is_mapped(base.__dict__[key])
        return False

    def computes(self, key: str) -> bool:
        """True where the body of the class has an attribute *key* that is no mapped one.

        A column of its own table is not hidden by what a class above has by the name.
        """
        if key in getattr(self.class_, "__dataclass_fields__", ()):
            return False
        return not _is_mapped(self.class_.__dict__.get(key))

    def _is_hidden(self, key: str, inherited: MapperProperty) -> bool:
        """True where an attribute of the user's stands before *inherited*: it is not mapped then.

        What is written to it would go by the user's property, and its value would not be read.
        """
        if not self.is_users_own(key):
            return False
        assert self.inherits is not None
        columns = inherited.columns if isinstance(inherited, ColumnProperty) else ()
        return not any(column in self.inherits.primary_key for column in columns)

    def _inherit(self, key: str, prop: MapperProperty, *, in_place: bool = False) -> None:
        """Have attribute *key* as the class above has it, *in_place* of the one it had."""
        if in_place:
            self.column_attrs.discard(key)
            self.named_relationships.discard(key)
        if prop.is_proxy:
            self.named_attrs[key] = prop
            this: Any = self
            prop.stand_in(this)
            if in_place or key not in self.class_.__dict__:
                self.place(key, prop.placed(self.node))
            return
        if isinstance(prop, RelationshipProperty):
            self.named_relationships[key] = prop
        if isinstance(prop, ColumnProperty):
            self.column_attrs[key] = prop
            self.column_keys.update((column, key) for column in prop.expressions)
        self.named_attrs[key] = prop
        if "impl" in prop.__dict__:
            self.track(key, prop)
        attribute = self._attribute(key, prop)
        if in_place or key not in self.class_.__dict__:
            self.place(key, attribute)
        if key in self.validators and validator_of(self.inherits, key) is None:
            # Those of the class above are asked for this class too.
            self._validate(attribute)

    def map_column_as(self, name: str, key: str) -> None:
        """Map the column called *name* to attribute *key*."""
        column = self.local_table.c.get(name)
        if column is None:
            raise ArgumentError(
                f"{self.class_.__name__}: table {self.local_table.name!r} has no column {name!r}",
                hint="map_column=True is for a synonym with the name of a column",
            )
        self.add_property(key, ColumnProperty(column))

    def track(self, key: str, prop: MapperProperty) -> None:
        """Let writes of attribute *key* go where *prop*, and those who listen to it, want them."""
        impl: AttributeBase = prop.impl
        dispatch = prop.dispatch
        if dispatch.listening or impl.listeners is not None:
            tell(impl, dispatch if dispatch.listening else None)
        impl.keeps_old_value = prop.active_history or (
            dispatch.listening and AttributeEvents.need_old_values(dispatch)
        )
        is_plain = type(impl) is ValueAttribute and not impl.keeps_old_value
        self.attributes[key] = impl
        self.setters[key] = None if is_plain else impl.set
        if self.configured:
            self.class_manager.place_constructor()

    def _join_columns(self, key: str, prop: MapperProperty) -> None:
        """Let *prop* of a joined table have the columns, too, that *key* has in others."""
        there = self.named_attrs.get(key) or (
            None if self.inherits is None or self.concrete else self.inherits.named_attrs.get(key)
        )
        if not (isinstance(prop, ColumnProperty) and isinstance(there, ColumnProperty)):
            return
        if not (prop.is_column and there.is_column) or self.single or self.is_made:
            return
        # Those that it was given may be the attributes of the classes above.
        given = [getattr(column, "column", column) for column in prop.expressions]
        prop.expressions = given
        others = [column for column in there.columns if column not in given]
        if not others or any(column.table is prop.expressions[0].table for column in others):
            return
        equal = counterparts(prop.expressions[0], self.equated)
        is_omitted = getattr(prop.expressions[0], "is_omitted", False)
        equal = {*equal, *prop.expressions[0].lineage}
        version = None if self.inherits is None else self.inherits.version_id_col
        is_version = any(column is version for column in others)
        if not (is_omitted or is_version or any(column in equal for column in others)):
            first, second = prop.expressions[0], others[0]
            warn(
                f"{self.class_.__name__}.{key} holds both {second.table.name}.{second.name} and "
                f"{first.table.name}.{first.name}, which no condition joins: what is set is "
                "written to both (name one of them otherwise)",
                DovetailWarning,
                stacklevel=2,
            )
        prop.expressions = [*prop.expressions, *others]


_NOTHING = object()


def _is_mapped(value: object) -> bool:
    """True for what stands on a class for a mapped attribute, and for what declares one."""
    return (
        value is None
        or isinstance(
            value,
            (
                *(QueryableAttribute, MapperProperty, MappedColumn, ColumnElement),
                *(Elsewhere, declared_attr),
            ),
        )
        or hasattr(value, "prop")
    )
