"""Inheritance between mapped classes: in one table, in joined tables, or in tables of their own."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any
from warnings import warn

from dovetail.exc import (
    AmbiguousForeignKeysError,
    ArgumentError,
    DovetailWarning,
    InvalidRequestError,
    NoForeignKeysError,
)
from dovetail.orm.mapping.attribute import table_columns
from dovetail.orm.mapping.mapped_tables import Pairs, counterparts, equated_within, tables_of
from dovetail.orm.mapping.mapper_view import MapperView
from dovetail.orm.mapping.properties import MapperProperty
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.from_clause import FromClause, Join, join_condition
from dovetail.sql.expression.froms import named_froms, tables_within
from dovetail.sql.schema import Column


class Hierarchy:
    """What a mapper knows of the classes above and below its own.

    ``inherits``              the mapper of the class that this one derives from, or None
    ``base``                  the mapper at the top; it owns the identity map
    ``children``              the mappers of the classes that derive from this one
    ``single``, ``concrete``  how its rows are kept: among those of the class above, or apart
    ``inherit_condition``     joins the table of the class to those of the class above, or None
    ``persist_selectable``    where whole rows are: a table, or a join of several
    ``tables``                the tables, those that others refer to first
    ``equated``               (column, column) of what the joins between them set equal
    ``polymorphic_on``        the column, or expression, that tells rows of classes apart
    ``polymorphic_key``       the attribute that holds it
    ``polymorphic_identity``  its value for rows of this class
    ``polymorphic_map``       mappers by that value, shared by the hierarchy
    ``with_polymorphic``      the option: classes to read with it, what to select them from
    """

    class_: type
    always_refresh: bool
    named_attrs: Any
    memo: dict[Any, Any]
    base: Any
    local_table: Any
    concrete: bool
    inherit_condition: Any
    polymorphic_key: str | None = None
    polymorphic_on: Any = None
    polymorphic_identity: Any = None
    polymorphic_abstract = False
    with_polymorphic: Any
    single = False

    def _join(self, inherits: Any) -> None:
        """Take the place below *inherits*, or at the top."""
        self.inherits = inherits
        self.children: list[Any] = []
        self.base = self
        self.identity_place: Any = self if self.always_refresh else self.class_
        """What the identity maps of sessions know the hierarchy by: its class, where an instance
        that a session has is what ``get()`` asks for."""
        self.polymorphic_map: dict[Any, Any] = {}
        self.persist_selectable: Any = self.local_table
        self.tables: list[Any] = tables_of(self.local_table)
        self.equated: Pairs = equated_within(self.local_table)
        self._take_ways_of_writing(inherits)
        if inherits is None:
            return
        self.polymorphic_map = inherits.polymorphic_map
        if not self.concrete:
            self.base = inherits.base
            self.identity_place = inherits.identity_place
            self.polymorphic_on = inherits.polymorphic_on
            self.polymorphic_key = inherits.polymorphic_key
            self._take_tables(inherits)
        inherits.children.append(self)

    def _take_ways_of_writing(self, inherits: "Hierarchy | None") -> None:
        """Write rows as *inherits* says where the class says nothing itself."""
        for name, default in (
            ("batch", True),
            ("passive_updates", True),
            ("passive_deletes", False),
        ):
            if getattr(self, name) is None:
                setattr(self, name, default if inherits is None else getattr(inherits, name))

    def _leave(self) -> None:
        """Leave the hierarchy."""
        above = self.inherits
        if above is not None and self in above.children:
            above.children.remove(self)
            above.forget()
        identity = self.polymorphic_identity
        if self.polymorphic_map.get(identity) is self:
            del self.polymorphic_map[identity]

    def _take_tables(self, inherits: MapperView) -> None:
        """Keep rows in the tables of *inherits*, and in a table besides if there is one."""
        self.single = self.local_table is inherits.local_table
        if self.single:
            self.persist_selectable = inherits.persist_selectable
            self.tables = inherits.tables
            self.equated = inherits.equated
            return
        if self.inherit_condition is None:
            self.inherit_condition = self._find_condition(inherits)
        self.persist_selectable = Join(
            inherits.persist_selectable, self.local_table, self.inherit_condition
        )
        self.tables = [*inherits.tables, *self.tables]
        self.equated = equated_within(self.persist_selectable)

    def equal_column(self, column: ColumnElement[Any], selectable: FromClause) -> Any:
        """The column of *selectable* for one that the tables are joined by, equal to *column*."""
        for one in counterparts(column, self.equated):
            found = selectable.corresponding_column(one)
            if found is not None:
                return found
        return None

    @property
    def inherited_pairs(self) -> Pairs:
        """Those of ``equated`` by which rows of classes are joined to those of classes above.

        What joins the tables of one class may well be what relates it to another.
        """
        joined: set[Any] = set()
        for one in self.iterate_to_root():
            joined.update(equated_within(one.local_table))
        return tuple(pair for pair in self.equated if pair not in joined)

    def _find_condition(self, inherits: MapperView) -> Any:
        above, own = inherits.local_table.description, self.local_table.description
        try:
            return join_condition(inherits.local_table, self.local_table)
        except NoForeignKeysError:
            raise NoForeignKeysError(
                f"{self.class_.__name__} inherits from {inherits.class_.__name__}, and table "
                f"{own!r} has no foreign key to {above!r}",
                hint=f"make its primary key one: mapped_column(ForeignKey('{above}.id'), "
                "primary_key=True); or say concrete=True for a table with all columns",
            ) from None
        except AmbiguousForeignKeysError:
            raise AmbiguousForeignKeysError(
                f"{self.class_.__name__} inherits from {inherits.class_.__name__}, and table "
                f"{own!r} has several foreign keys to {above!r}",
                hint="say which one joins them: __mapper_args__ = {'inherit_condition': "
                f"id == {inherits.class_.__name__}.id}}",
            ) from None

    def _tell_apart(self, discriminator: object, identity: object) -> None:
        """Note the *discriminator* that the class declares, and the *identity* of its rows."""
        if discriminator is not None:
            self._note_discriminator(discriminator)
        if self.polymorphic_abstract and self.polymorphic_on is None:
            raise ArgumentError(
                f"{self.class_.__name__} is polymorphic_abstract, and nothing tells the classes of "
                "its rows apart",
                hint="name the column that does: polymorphic_on=...",
            )
        if identity is None:
            expected = self.inherits is not None and self.polymorphic_on is not None
            if expected and not self.polymorphic_abstract:
                warn(
                    f"{self.class_.__name__} has no polymorphic_identity: its rows will be "
                    "loaded as instances of another class "
                    "(polymorphic_abstract=True says that it has none of its own)",
                    DovetailWarning,
                    stacklevel=2,
                )
            return
        other = self.polymorphic_map.get(identity)
        if other is not None:
            warn(
                f"{self.class_.__name__} has the polymorphic_identity {identity!r} of "
                f"{other.class_.__name__}: the rows of both will be loaded as the former",
                DovetailWarning,
                stacklevel=2,
            )
        self.polymorphic_identity = identity
        self.polymorphic_map[identity] = self

    def _note_discriminator(self, declared: Any) -> None:
        name = next((k for k, prop in self.named_attrs.items() if _holds(prop, declared)), None)
        if name is None:
            name = declared if isinstance(declared, str) else getattr(declared, "key", None)
        found = None if name is None else self.named_attrs.get(name)
        if not hasattr(found, "expressions"):
            # A relationship may have the name of the column.
            found = None
        if found is None and isinstance(declared, ColumnElement):
            self.polymorphic_on = table_columns(declared)
            self._refuse_foreign_discriminator()
            return
        if found is None or name is None:
            raise ArgumentError(
                f"{self.class_.__name__}: polymorphic_on={declared!r} is no mapped column",
                hint="name the attribute: __mapper_args__ = {'polymorphic_on': 'type'}; an "
                "expression is mapped by column_property() first",
            )
        self.polymorphic_key = name
        self.polymorphic_on = found.expressions[0]

    def _refuse_foreign_discriminator(self) -> None:
        """Refuse to tell rows apart by what is not in them: a column of another table."""
        _, source = polymorphic_selectable(self.with_polymorphic)
        known = [self.persist_selectable, *tables_within(self.persist_selectable)]
        if source is not None:
            known += [source, *tables_within(source)]
        of = [one.description for one in named_froms([self.polymorphic_on]) if one not in known]
        is_lone = isinstance(self.polymorphic_on, Column) and self.polymorphic_on.table is None
        if of or is_lone:
            where = f"in {' and '.join(of)}" if of else "in no table"
            raise InvalidRequestError(
                f"{self.class_.__name__}: polymorphic_on={self.polymorphic_on} is {where}, and its "
                f"rows are read from {self.persist_selectable.description}",
                hint="name a column of its own table, or select it: "
                "with_polymorphic=('*', selectable)",
            )

    @property
    def top(self) -> Any:
        """The mapper at the top of the hierarchy, whatever tables are between."""
        return self if self.inherits is None else self.inherits.top

    @property
    def base_mapper(self) -> Any:
        """The mapper at the top of the hierarchy."""
        return self.top

    @property
    def is_polymorphic(self) -> bool:
        """True where rows may be instances of classes below."""
        return bool(self.children) and self.polymorphic_on is not None

    @cached_property
    def fixed_values(self) -> dict[str, Any]:
        """What each new instance has from the start: its discriminator."""
        if self.polymorphic_key is None or self.polymorphic_identity is None:
            return {}
        if not self.named_attrs[self.polymorphic_key].is_column:
            return {}
        return {self.polymorphic_key: self.polymorphic_identity}

    @property
    def self_and_descendants(self) -> list[Any]:
        """This mapper and those of all classes below, one generation after the other."""
        found: list[Any] = [self]
        for mapper in found:
            found += mapper.children
        return found

    def polymorphic_iterator(self) -> Iterator[Any]:
        """This mapper and those of all classes below."""
        return iter(self.self_and_descendants)

    @property
    def sharing_rows(self) -> list[Any]:
        """This mapper and those of classes below whose rows are, in part, in its tables."""
        return [one for one in self.self_and_descendants if one.base is self.base]

    def iterate_to_root(self) -> Iterator[Any]:
        """This mapper and those above it."""
        here: Any = self
        while here is not None:
            yield here
            here = here.inherits

    def isa(self, other: object) -> bool:
        """True when this is *other*, or inherits from it."""
        return self is other or (self.inherits is not None and self.inherits.isa(other))

    def common_parent(self, other: MapperView) -> bool:
        """True when this and *other* belong to one hierarchy."""
        return self.top is other.top

    def take_below(self, mapper: Any) -> None:
        """Let *mapper*, which has its own table, be below this one that was mapped after it."""
        mapper.inherits = self
        mapper.concrete = True
        self.children.append(mapper)
        self.polymorphic_map.update(mapper.polymorphic_map)
        for one in mapper.self_and_descendants:
            for key in self.named_attrs.names():
                if key not in one.named_attrs:
                    one.keep_out(key)

    def row_condition(self) -> Any:
        """What tells the rows of this class, and those below, from others; None if nothing need."""
        if not self.single or self.polymorphic_on is None:
            return None
        found = self.memo.get("row condition")
        if found is None:
            identities = [
                mapper.polymorphic_identity
                for mapper in self.self_and_descendants
                if mapper.polymorphic_identity is not None
            ]
            found = self.memo["row condition"] = self.polymorphic_on.in_(identities)
        return found

    def no_such_identity(self, value: object) -> InvalidRequestError:
        """The error for a row whose discriminator no class has."""
        known = ", ".join(map(repr, self.polymorphic_map))
        name = self.polymorphic_key or "discriminator"
        if value is None:
            return InvalidRequestError(
                f"a row of {self.class_.__name__} has NULL for {name}: nothing tells its class",
                hint=f"give it one of {known}",
            )
        other = self.top.polymorphic_map.get(value)
        if other is not None:
            return InvalidRequestError(
                f"a row that is to be read as {self.class_.__name__} has {name}={value!r}: "
                f"it is one of {other.class_.__name__}",
                hint=f"select {self.class_.__name__} by its discriminator, or select "
                f"{other.class_.__name__}",
            )
        return InvalidRequestError(
            f"a row of {self.class_.__name__} has {name}="
            f"{value!r}, and no mapped class has this polymorphic_identity",
            hint=f"known are {known}; is the module that defines the class imported?",
        )


def _holds(prop: MapperProperty, column: ColumnElement[Any]) -> bool:
    return any(column is one for one in getattr(prop, "expressions", ()))


def polymorphic_selectable(given: object) -> tuple[Any, Any]:
    """(classes, what to select from or None) of the mapper option of this name."""
    if isinstance(given, (tuple, list)) and given and not isinstance(given[0], type):
        if isinstance(given[0], (str, tuple, list)):
            classes, source = given
            return classes, source
    return given, None
