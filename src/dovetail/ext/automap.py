"""Automap: a database is read, and a class made for each table, with relationships between them.

::

    Base = automap_base()
    Base.prepare(autoload_with=engine)
    User = Base.classes.user_account
    session.scalars(select(User)).first().address_collection
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol
from warnings import warn

from ..exc import ArgumentError, DovetailDeprecationWarning, NoReferencedTableError
from ..inspection import inspect
from ..orm.decl_api import add_mapped_attribute, declarative_base
from ..orm.mapping.by_name import ByName
from ..orm.mapping.join_condition import MANYTOMANY, MANYTOONE, ONETOMANY
from ..orm.mapping.mapper import Mapper, mapper_of
from ..orm.mapping.relationship import RelationshipProperty, backref, relationship
from ..sql.expression import and_
from ..sql.foreign_keys import ForeignKeyConstraint
from ..sql.schema import Table
from .declarative.postponed import MappedLater, Postponed, in_levels, read_table, waiting_below

if TYPE_CHECKING:
    from ..engine.connection import Connection
    from ..engine.engine import Engine
    from ..engine.inspector import Inspector

__all__ = [
    "AutomapBase",
    "GenerateRelationshipType",
    "NameForCollectionRelationshipType",
    "NameForScalarRelationshipType",
    "PythonNameForTableType",
    "automap_base",
    "classname_for_table",
    "generate_relationship",
    "name_for_collection_relationship",
    "name_for_scalar_relationship",
]


class PythonNameForTableType(Protocol):
    """A function that names the class for a table, or its module."""

    def __call__(self, base: type[Any], tablename: str, table: Table, /) -> str: ...


class NameForScalarRelationshipType(Protocol):
    """A function that names a reference to one row."""

    def __call__(
        self,
        base: type[Any],
        local_cls: type[Any],
        referred_cls: type[Any],
        constraint: ForeignKeyConstraint,
        /,
    ) -> str: ...


class NameForCollectionRelationshipType(Protocol):
    """A function that names a collection."""

    def __call__(
        self,
        base: type[Any],
        local_cls: type[Any],
        referred_cls: type[Any],
        constraint: ForeignKeyConstraint,
        /,
    ) -> str: ...


class GenerateRelationshipType(Protocol):
    """A function that makes a relationship, or None for none."""

    def __call__(
        self,
        base: type[Any],
        direction: object,
        return_fn: Callable[..., Any],
        attrname: str,
        local_cls: type[Any],
        referred_cls: type[Any],
        **kw: object,
    ) -> Any: ...


def classname_for_table(base: type[Any], tablename: str, table: Table) -> str:
    """The name of the class for *table*: that of the table."""
    return str(tablename)


def name_for_scalar_relationship(
    base: type[Any], local_cls: type[Any], referred_cls: type[Any], constraint: ForeignKeyConstraint
) -> str:
    """The name of a reference to one row of *referred_cls*: that of the class in small letters."""
    return referred_cls.__name__.lower()


def name_for_collection_relationship(
    base: type[Any], local_cls: type[Any], referred_cls: type[Any], constraint: ForeignKeyConstraint
) -> str:
    """The name of a collection of *referred_cls*: that of the class, and ``_collection``."""
    return referred_cls.__name__.lower() + "_collection"


def generate_relationship(
    base: type[Any],
    direction: object,
    return_fn: Callable[..., Any],
    attrname: str,
    local_cls: type[Any],
    referred_cls: type[Any],
    **kw: object,
) -> Any:
    """The ``relationship()``, or the ``backref()``, that *return_fn* makes with the options *kw*.

    A function of the user's in its place changes the options, or returns None for no
    relationship::

        def quiet(base, direction, return_fn, attrname, local_cls, referred_cls, **kw):
            if direction is ONETOMANY:
                kw["passive_deletes"] = True
            return generate_relationship(
                base, direction, return_fn, attrname, local_cls, referred_cls, **kw
            )
    """
    if return_fn is backref:
        return return_fn(attrname, **kw)
    return return_fn(referred_cls, **kw)


class AutomapBase(MappedLater):
    """The base of classes that are made from tables: see :func:`automap_base`.

    ``classes``    the classes that were made, by name
    ``by_module``  the same below the names of their modules
    """

    __slots__ = ()
    __abstract__ = True

    classes: ClassVar[ByName[Any]]
    by_module: ClassVar[ByName[Any]]
    metadata: ClassVar[Any]

    def __init_subclass__(cls, **keywords: object) -> None:
        if AutomapBase in cls.__bases__:
            cls.classes = ByName()
            cls.by_module = ByName()
        super().__init_subclass__(**keywords)

    @classmethod
    def prepare(
        cls,
        autoload_with: Engine | Connection | None = None,
        engine: Engine | Connection | None = None,
        reflect: bool = False,
        schema: str | None = None,
        classname_for_table: PythonNameForTableType | None = None,
        modulename_for_table: PythonNameForTableType | None = None,
        collection_class: Callable[[], Any] | None = None,
        name_for_scalar_relationship: NameForScalarRelationshipType | None = None,
        name_for_collection_relationship: NameForCollectionRelationshipType | None = None,
        generate_relationship: GenerateRelationshipType | None = None,
        reflection_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Map the tables of the base's MetaData that have a primary key and no class yet.

        ``autoload_with``       an Engine or a Connection: the tables of *schema* are read first
        ``reflection_options``  for ``MetaData.reflect()``: ``only``, ``views``, …

        The other arguments say how classes and relationships are called and made.  Classes that
        were declared are mapped too.  It may be called again, for other schemas or tables that
        came later; classes that are there keep their relationships and get those of the new.
        """
        if engine is not None or reflect:
            warn(
                "prepare(engine, reflect=True) is classic; today: prepare(autoload_with=engine)",
                DovetailDeprecationWarning,
                stacklevel=2,
            )
            autoload_with = autoload_with if autoload_with is not None else engine
        making = Making(
            cls,
            classname_for_table or _DEFAULTS.class_name,
            modulename_for_table,
            collection_class or list,
            name_for_scalar_relationship or _DEFAULTS.scalar_name,
            name_for_collection_relationship or _DEFAULTS.collection_name,
            generate_relationship or _DEFAULTS.generate,
        )
        if autoload_with is not None:
            making.read(inspect(autoload_with), schema, dict(reflection_options or {}))
        making.make()


class _Defaults(NamedTuple):
    class_name: PythonNameForTableType
    scalar_name: NameForScalarRelationshipType
    collection_name: NameForCollectionRelationshipType
    generate: GenerateRelationshipType


_DEFAULTS = _Defaults(
    classname_for_table,
    name_for_scalar_relationship,
    name_for_collection_relationship,
    generate_relationship,
)


@dataclass(slots=True)
class Making:
    """One run of ``prepare()``."""

    base: Any
    class_name: PythonNameForTableType
    module_name: PythonNameForTableType | None
    collection_class: Any
    scalar_name: NameForScalarRelationshipType
    collection_name: NameForCollectionRelationshipType
    generate: GenerateRelationshipType
    inspector: Any = None

    def read(self, inspector: Inspector, schema: str | None, options: dict[str, Any]) -> None:
        """Read the tables of *schema*, and what declared ones have besides."""
        self.inspector = inspector
        metadata = self.base.metadata
        known = set(metadata.tables)
        metadata.reflect(inspector, schema=schema, **options)
        wanted = schema if schema is not None else metadata.schema
        only = options.get("only")
        names = set(inspector.get_table_names(schema=wanted))
        for postponed in waiting_below(self.base):
            table = postponed.table
            if table is None or table.key not in known or table.schema != wanted:
                continue
            is_wanted = only is None or (
                only(table.name, metadata) if callable(only) else table.name in only
            )
            if is_wanted and table.name in names:
                read_table(inspector, table, options.get("resolve_fks", True))

    def make(self) -> None:
        """Map what was declared, and the tables that have no class; then relate the new ones."""
        before = set(self._classes())
        for level in in_levels(waiting_below(self.base)):
            for postponed in level:
                self._begin(postponed)
                postponed.map()
        classes = self._classes()
        links: list[tuple[ForeignKeyConstraint, ForeignKeyConstraint, Table]] = []
        for table in list(self.base.metadata.tables.values()):
            link = _links(table)
            if link is not None:
                links.append((*link, table))
            elif table not in classes and len(table.primary_key):
                classes[table] = self._class_for(table)
        for table, class_ in classes.items():
            for constraint in _in_order(table):
                referred = classes.get(_referred(constraint))
                is_new = table not in before or _referred(constraint) not in before
                if referred is not None and is_new:
                    self._refer(class_, referred, constraint)
        for first, second, table in links:
            self._relate(classes, first, second, table)

    def _begin(self, postponed: Postponed) -> None:
        """Make the table of a class below another one; it may have been read for itself."""
        metadata = self.base.metadata
        read = None
        if postponed.table is None and postponed.own_name is not None:
            read = metadata.tables.get(postponed.own_name)
        if read is not None:
            metadata.remove(read)
        postponed.begin()
        if read is not None and postponed.table is not None and self.inspector is not None:
            read_table(self.inspector, postponed.table, False)

    def _classes(self) -> dict[Any, type[Any]]:
        """The classes of this base that are mapped, by table."""
        found: dict[Any, type[Any]] = {}
        for mapper in sorted(self.base.registry.mappers, key=self.base.registry.position):
            if issubclass(mapper.class_, self.base):
                found.setdefault(mapper.local_table, mapper.class_)
        return found

    def _class_for(self, table: Table) -> type[Any]:
        name = self.class_name(self.base, str(table.name), table)
        module = __name__
        if self.module_name is not None:
            module = self.module_name(self.base, str(table.name), table) or __name__
        body = {"__table__": table, "__module__": module, "__put_off__": None}
        made: type[Any] = type(self.base)(name, (self.base,), body)
        self.base.classes[name] = made
        place = self.base.by_module
        for part in module.split("."):
            if part not in place:
                place[part] = ByName()
            place = place[part]
        place[name] = made
        return made

    # Relationships ----------------------------------------------------------------------------

    def _refer(
        self, class_: type[Any], referred: type[Any], constraint: ForeignKeyConstraint
    ) -> None:
        """Relate *class_*, which has the foreign key, to *referred*, and back."""
        if class_ is not referred and issubclass(class_, referred):
            # The rows of a class that inherits have the key of the class above.
            return
        name = self.scalar_name(self.base, class_, referred, constraint)
        other_name = self.collection_name(self.base, referred, class_, constraint)
        is_free = _is_free(class_, name, "name_for_scalar_relationship")
        collection: dict[str, Any] = {
            "collection_class": self.collection_class,
            **_cascades(constraint),
        }
        options: dict[str, Any] = {}
        if _is_free(referred, other_name, "name_for_collection_relationship"):
            if not is_free:
                if _lacks_other_side(class_, name, other_name):
                    made = self.generate(
                        self.base, ONETOMANY, relationship, other_name, referred, class_,
                        foreign_keys=[key.parent for key in constraint.elements],
                        back_populates=name, **collection,
                    )  # fmt: skip
                    _add_other_side(class_, name, referred, other_name, made)
                return
            options["backref"] = self.generate(
                self.base, ONETOMANY, backref, other_name, referred, class_, **collection
            )
        elif is_free and _lacks_other_side(referred, other_name, name):
            options["back_populates"] = other_name
        else:
            return
        made = self.generate(
            self.base, MANYTOONE, relationship, name, class_, referred,
            foreign_keys=[key.parent for key in constraint.elements],
            remote_side=[key.column for key in constraint.elements],
            **options,
        )  # fmt: skip
        if "back_populates" in options:
            _add_other_side(referred, other_name, class_, name, made)
        else:
            _add(class_, name, made)

    def _relate(
        self,
        classes: Mapping[Any, type[Any]],
        first: ForeignKeyConstraint,
        second: ForeignKeyConstraint,
        table: Table,
    ) -> None:
        """Relate the classes that *table* links, many to many."""
        local, referred = classes.get(_referred(first)), classes.get(_referred(second))
        if local is None or referred is None:
            return
        name = self.collection_name(self.base, local, referred, first)
        other_name = self.collection_name(self.base, referred, local, second)
        if local is referred and name == other_name:
            raise ArgumentError(
                f"{local.__name__}.{name}: both sides of the table {table.name!r}, which links "
                f"{local.__name__} with itself, have this name",
                hint="give a function name_for_collection_relationship that looks at the columns "
                "of the constraint",
            )
        is_free = _is_free(local, name, "name_for_collection_relationship")
        options: dict[str, Any] = {}
        if not is_free:
            if _is_free(referred, other_name, "name_for_collection_relationship"):
                if _lacks_other_side(local, name, other_name):
                    self._relate(classes, second, first, table)
            return
        if not _is_free(referred, other_name, "name_for_collection_relationship"):
            if not _lacks_other_side(referred, other_name, name):
                return
            options["back_populates"] = other_name
        else:
            options["backref"] = self.generate(
                self.base, MANYTOMANY, backref, other_name, referred, local,
                collection_class=self.collection_class,
            )  # fmt: skip
        made = self.generate(
            self.base, MANYTOMANY, relationship, name, local, referred,
            secondary=table,
            primaryjoin=and_(*[key.column == key.parent for key in first.elements]),
            secondaryjoin=and_(*[key.column == key.parent for key in second.elements]),
            collection_class=self.collection_class,
            **options,
        )  # fmt: skip
        if "back_populates" in options:
            _add_other_side(referred, other_name, local, name, made)
        else:
            _add(local, name, made)


def _in_order(table: Table) -> list[ForeignKeyConstraint]:
    return sorted(table.foreign_key_constraints, key=lambda constraint: constraint.order)


def _referred(constraint: ForeignKeyConstraint) -> Any:
    """The table that *constraint* refers to; None where it was not read."""
    try:
        return constraint.referred_table
    except NoReferencedTableError:
        return None


def _links(table: Table) -> tuple[ForeignKeyConstraint, ForeignKeyConstraint] | None:
    """The two foreign keys of a table that has nothing else: it links rows, many to many."""
    constraints = _in_order(table)
    if len(constraints) != 2:
        return None
    columns = {key.parent for constraint in constraints for key in constraint.elements}
    return (constraints[0], constraints[1]) if columns == set(table.c) else None


def _cascades(constraint: ForeignKeyConstraint) -> dict[str, Any]:
    """The options of a collection: rows that can't be without their parent go with it."""
    action = (constraint.ondelete or "").upper()
    if any(key.parent.nullable for key in constraint.elements):
        return {"passive_deletes": True} if action == "SET NULL" else {}
    owned: dict[str, Any] = {"cascade": "all, delete-orphan"}
    return {**owned, "passive_deletes": True} if action == "CASCADE" else owned


def _mapper(class_: type[Any]) -> Mapper:
    mapper = mapper_of(class_)
    assert mapper is not None
    return mapper


def _is_free(class_: type[Any], name: str, function: str) -> bool:
    """True where *class_* has no attribute *name*; ArgumentError where that is a column."""
    prop: Any = _mapper(class_).named_attrs.get(name)
    if prop is not None and getattr(prop, "is_column", False):
        raise ArgumentError(
            f"{class_.__name__}.{name} is a column, and would be the name of a relationship too",
            hint=f"give prepare() a function {function} that makes another name",
        )
    return prop is None


def _lacks_other_side(class_: type[Any], name: str, other_name: str) -> bool:
    """True for a relationship that *class_* declares, and whose other side may be *other_name*."""
    prop = _mapper(class_).named_attrs.get(name)
    return (
        isinstance(prop, RelationshipProperty)
        and not prop.viewonly
        and prop.back_populates in (None, other_name)
        and prop.backref is None
    )


def _add_other_side(
    class_: type[Any], name: str, other: type[Any], other_name: str, made: object
) -> None:
    """Add *made*, the other side of the relationship *name* that *class_* declares, to *other*."""
    if made is not None:
        prop: Any = _mapper(class_).named_attrs[name]
        prop.back_populates = other_name
        _add(other, other_name, made)


def _add(class_: type[Any], name: str, made: object) -> None:
    if made is not None:
        add_mapped_attribute(class_, name, made)


def automap_base(declarative_base: type[Any] | None = None, **kw: Any) -> Any:
    """Return a base whose :meth:`~AutomapBase.prepare` makes classes from the tables of a database.

    *declarative_base* is a base of the user's; without one it is made, with the options *kw*
    of ``declarative_base()``.  Classes that are declared below it may name columns and
    relationships of their own, and are completed by what the database says::

        Base = automap_base()


        class User(Base):
            __tablename__ = "user_account"
            friends: Mapped[list["User"]] = relationship(secondary="friendship", ...)


        Base.prepare(autoload_with=engine)
        Address = Base.classes.address
    """
    base: Any = _declarative_base(**kw) if declarative_base is None else declarative_base
    return type(base)(base.__name__, (AutomapBase, base), {"__abstract__": True})


_declarative_base = declarative_base
