"""Relationships: the attributes that hold related instances."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from typing_extensions import TypeVar

from dovetail.exc import ArgumentError, InvalidOption, InvalidRequestError, did_you_mean
from dovetail.orm.mapping.annotations import (
    DynamicMapped,
    Mapped,
    MappedAnnotation,
    WriteOnlyMapped,
)
from dovetail.orm.mapping.cascades import USUAL_CASCADES, CascadeOptions
from dovetail.orm.mapping.join_condition import (
    MANYTOMANY,
    MANYTOONE,
    JoinCondition,
    JoinRoles,
    RelationshipDirection,
    unmarked,
)
from dovetail.orm.mapping.mapper_view import MapperView
from dovetail.orm.mapping.properties import MapperProperty, dataclass_options
from dovetail.orm.mapping.strategies import LAZY, LoaderStrategy
from dovetail.orm.mapping.writers import KINDS, WriterAttribute
from dovetail.orm.tracking.collection_attribute import CollectionAttribute
from dovetail.orm.tracking.kinds import CollectionKind, collection_kind
from dovetail.orm.tracking.references import ReferenceAttribute
from dovetail.sql.expression.froms import tables_within

T = TypeVar("T", default=Any)


class RelationshipProperty(MapperProperty[T], Mapped[T]):
    """An attribute that holds one related instance, or a collection of them."""

    is_relationship: ClassVar[bool] = True

    mapper: Any
    target_entity: Any = None
    condition: JoinCondition
    impl: Any
    annotated_name: str | None = None
    """The name of the related class, where the annotation is a string."""

    def __init__(
        self,
        argument: object = None,
        secondary: object = None,
        *,
        uselist: bool | None = None,
        collection_class: object = None,
        primaryjoin: object = None,
        secondaryjoin: object = None,
        back_populates: object = None,
        backref: object = None,
        order_by: object = False,
        cascade: str | Iterable[str] | None = USUAL_CASCADES,
        viewonly: bool = False,
        lazy: object = "select",
        passive_deletes: bool | str = False,
        passive_updates: bool = True,
        foreign_keys: object = None,
        remote_side: object = None,
        innerjoin: bool | str = False,
        single_parent: bool = False,
        post_update: bool = False,
        active_history: bool = False,
        enable_typechecks: bool = True,
        join_depth: int | None = None,
        overlaps: str | None = None,
        sync_backref: bool | None = None,
        load_on_pending: bool = False,
        distinct_target_key: bool | None = None,
        omit_join: bool | None = None,
        comparator_factory: type | None = None,
        query_class: object = None,
        cascade_backrefs: bool = False,
        info: dict[Any, Any] | None = None,
        doc: str | None = None,
    ) -> None:
        super().__init__()
        if cascade_backrefs:
            raise ArgumentError(
                "cascade_backrefs=True is no longer to be had: what is put on the other side of a "
                "relationship joins the session by session.add() alone, or by its own cascade",
                hint="leave it out, and add() the instance",
            )
        self.query_class = query_class
        self.comparator_factory = comparator_factory
        self.argument = argument
        self.declared_secondary = secondary
        self.declared_primaryjoin = primaryjoin
        self.declared_secondaryjoin = secondaryjoin
        self.declared_foreign_keys = foreign_keys
        self.declared_remote_side = remote_side
        self.declared_order_by = order_by
        self.uselist = uselist
        self.collection_class = collection_class
        self.back_populates = back_populates
        self.backref = backref
        if back_populates and backref:
            raise ArgumentError("give back_populates or backref, not both")
        self.viewonly = viewonly
        if viewonly and sync_backref:
            raise ArgumentError(
                "sync_backref=True has no meaning for a viewonly relationship",
                hint="leave sync_backref out, or viewonly",
            )
        if lazy not in LAZY:
            known = ", ".join(repr(name) for name in LAZY if isinstance(name, str))
            raise ArgumentError(f"lazy={lazy!r} is not known", hint=f"one of: {known}")
        self.lazy = lazy
        self.loading: LoaderStrategy = LAZY[lazy]
        """What ``lazy`` means."""
        self.cascade = cascade
        self.passive_deletes = passive_deletes
        self.passive_updates = passive_updates
        self.innerjoin = innerjoin
        self.single_parent = single_parent
        self.post_update = post_update
        self.active_history = active_history
        self.enable_typechecks = enable_typechecks
        self.join_depth = join_depth
        self.overlaps = overlaps
        self.sync_backref = sync_backref
        self.load_on_pending = load_on_pending
        self.info = dict(info or {})
        self.doc = doc
        self.order_by: tuple[Any, ...] = ()
        self.reverse_properties: list[RelationshipProperty] = []
        self.annotation: MappedAnnotation | None = None

    @property
    def cascade(self) -> CascadeOptions:
        """What happens to related instances along with their owner."""
        return self._cascades

    @cascade.setter
    def cascade(self, value: str | Iterable[str] | None) -> None:
        cascade = value if isinstance(value, CascadeOptions) else CascadeOptions(value)
        if self.viewonly:
            cascade = CascadeOptions(cascade & {"merge", "expunge", "refresh-expire"})
        self._cascades = cascade

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # Who asks where this leads to configures the mapping.
            if name in _FOUND and "parent" in self.__dict__:
                self.parent.configure()
                if name in self.__dict__:
                    return self.__dict__[name]
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def copy(self) -> "RelationshipProperty":
        """A declaration of its own, for another class that uses the same mixin."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.info = dict(self.info)
        twin.reverse_properties = []
        return twin

    def annotate(self, annotation: MappedAnnotation) -> None:
        """Take target and collection from the attribute's annotation."""
        self.annotation = annotation
        if self.argument is None:
            self.argument = annotation.target
            self.annotated_name = annotation.name
        lazy = getattr(annotation.collection, "lazy", None)
        if lazy is not None:
            self.lazy, self.loading = lazy, LAZY[lazy]
            self.uselist = True
        elif annotation.collection is not None:
            if self.collection_class is None:
                self.collection_class = annotation.collection
            if self.uselist is None:
                self.uselist = True
        elif self.uselist is None:
            # A bare ``Mapped[dict]`` names no members: that they are collected is said elsewhere.
            self.uselist = self.collection_class is not None

    # Configuration ------------------------------------------------------------------------

    def configure(self, resolver: Any) -> None:
        """Find the related mapper and the join; *resolver* knows names in strings."""
        self.mapper, self.target_entity = resolver.target(self.argument, self)
        if self.target_entity is not None and not self.target_entity.is_plain_alias:
            # What is selected from a subquery, say, has no columns that could be written.
            self.viewonly = True
        secondary = resolver.table(self.declared_secondary, self)
        roles = JoinRoles()
        marked = [
            None if declared is None else resolver.expression(declared, self)
            for declared in (self.declared_primaryjoin, self.declared_secondaryjoin)
        ]
        conditions = [None if given is None else unmarked(given, roles) for given in marked]
        self.condition = JoinCondition(
            title=str(self),
            local_tables=_tables_of(self.parent),
            target_tables=(
                _tables_of(self.mapper)
                if self.target_entity is None
                else tables_within(self.target)
            ),
            inherited=(*self.parent.inherited_pairs, *self.mapper.inherited_pairs),
            secondary=secondary,
            primaryjoin=conditions[0],
            secondaryjoin=conditions[1],
            foreign_keys=resolver.columns(self.declared_foreign_keys, self),
            remote_side=resolver.columns(self.declared_remote_side, self),
            roles=roles,
            marked=marked[0],
            viewonly=self.viewonly,
        )
        if self.uselist is None:
            self.uselist = self.direction is not MANYTOONE
        order = None if self.declared_order_by is False else self.declared_order_by
        self.order_by = tuple(resolver.columns(order, self))
        self._check_orphans()
        if self.uselist and "default" in self.dataclass_options:
            raise ArgumentError(
                f"{self}: a collection has no dataclass default",
                hint="default_factory=list, or the class that the collection is of",
            )
        self._make_impl()

    def _check_orphans(self) -> None:
        if self.passive_deletes == "all" and (self.cascade.delete or self.cascade.delete_orphan):
            raise ArgumentError(
                f"{self}: passive_deletes='all' leaves related rows alone, and its cascade deletes "
                "them",
                hint="passive_deletes=True lets the database delete what is not loaded",
            )
        to_many = self.direction in (MANYTOMANY, MANYTOONE)
        if self.cascade.delete_orphan and to_many and not self.single_parent:
            kind = "many-to-many" if self.direction is MANYTOMANY else "many-to-one"
            raise ArgumentError(
                f"{self}: delete-orphan on a {kind} relationship needs single_parent=True, "
                "since the related row may have other parents",
                hint="put the cascade on the other side, or add single_parent=True",
            )

    def _make_impl(self) -> None:
        if self.is_writer:
            if not self.uselist or self.is_many_to_one:
                raise ArgumentError(
                    f"{self}: lazy={self.lazy!r} is for collections; this refers to one row",
                    hint="leave lazy= out",
                )
            self.impl = WriterAttribute(self.key, self, KINDS[self.loading.name])
        elif self.uselist:
            self.impl = CollectionAttribute(self.key, self, self._collection_kind())
        else:
            self.impl = ReferenceAttribute(self.key, self)
        self.impl.cascades_save = self.cascade.save_update
        self.impl.deletes_orphans = self.cascade.delete_orphan
        self.impl.writes = not self.viewonly
        if self.cascade.delete_orphan:
            self.mapper.may_be_orphan = True

    def _collection_kind(self) -> CollectionKind:
        try:
            return collection_kind(self.collection_class)
        except ArgumentError as error:
            raise ArgumentError(f"{self}: {error.message}", hint=error.hint) from None

    def connect(self) -> None:
        """Find the other side named by ``back_populates``."""
        self.back_populates = self._name_of_the_other_side(self.back_populates)
        if self.back_populates is None:
            return
        other = self.mapper.named_relationships.get(self.back_populates)
        if other is None:
            near = did_you_mean(self.back_populates, self.mapper.named_relationships.names())
            raise InvalidRequestError(
                f"{self}: back_populates names {self.back_populates!r}, which is no relationship "
                f"of {self.mapper.class_.__name__}",
                hint=near
                or f"add {self.back_populates}: Mapped[…] = relationship(back_populates="
                f"{self.key!r}) to {self.mapper.class_.__name__}",
            )
        if not other.mapper.common_parent(self.parent):
            raise ArgumentError(
                f"{self}: back_populates names {other}, which leads to "
                f"{other.mapper.class_.__name__}, not back to {self.parent.class_.__name__}"
            )
        if other.direction is self.direction and self.direction is not MANYTOMANY:
            raise ArgumentError(
                f"{self} and {other} both are {self.direction.name.lower()}: "
                "the foreign key can be on one side only",
                hint="in a self-reference give remote_side= on the side that refers to one row",
            )
        if self.sync_backref and other.viewonly:
            raise InvalidRequestError(
                f"{self}: sync_backref=True lets changes be made on {other}, which is viewonly",
                hint="leave sync_backref out",
            )
        self.link_reverse(other)

    def _name_of_the_other_side(self, declared: object) -> str | None:
        """The attribute's name that ``back_populates=`` means: a name, an attribute, a callable."""
        if callable(declared):
            declared = declared()
        name = declared if isinstance(declared, str | None) else getattr(declared, "key", "")
        if name == "":
            raise ArgumentError(
                f"{self}: back_populates={declared!r} is no name of an attribute",
                hint='name the relationship on the other side: back_populates="parent"',
            )
        return name

    def link_reverse(self, other: "RelationshipProperty") -> None:
        """Let a change on this side be made on *other* too."""
        if other not in self.reverse_properties:
            self.reverse_properties.append(other)
        if not self.viewonly and self.sync_backref is not False and not other.viewonly:
            if other.impl not in self.impl.reverse:
                self.impl.reverse.append(other.impl)

    # What others ask ------------------------------------------------------------------------

    @property
    def direction(self) -> RelationshipDirection:
        """ONETOMANY, MANYTOONE or MANYTOMANY."""
        return self.condition.direction

    @property
    def is_writer(self) -> bool:
        """True for a collection that is never loaded to be read: write_only, or dynamic."""
        return self.loading.writes

    @property
    def is_many_to_one(self) -> bool:
        return self.condition.direction is MANYTOONE

    @property
    def secondary(self) -> Any:
        """The third table of a many-to-many relationship, or None."""
        return self.condition.secondary

    @property
    def primaryjoin(self) -> Any:
        return self.condition.primaryjoin

    @property
    def secondaryjoin(self) -> Any:
        return self.condition.secondaryjoin

    @property
    def local_remote_pairs(self) -> list[tuple[Any, Any]]:
        return list(self.condition.pairs)

    @property
    def synchronize_pairs(self) -> list[tuple[Any, Any]]:
        return list(self.condition.synchronize_pairs)

    @property
    def secondary_synchronize_pairs(self) -> list[tuple[Any, Any]]:
        """(column of the related row, column of the third table) that a flush copies."""
        return list(self.condition.secondary_synchronize_pairs)

    @property
    def remote_side(self) -> set[Any]:
        return set(self.condition.remote_columns)

    @property
    def local_columns(self) -> set[Any]:
        return {local for local, _ in self.condition.pairs}

    @property
    def entity(self) -> Any:
        """The related mapper, or what ``inspect()`` tells of the alias that was declared."""
        return self.aim.inspected

    @property
    def aim(self) -> Any:
        """The related class as a statement selects from it: the alias that was declared, if any."""
        return self.mapper.node if self.target_entity is None else self.target_entity

    @property
    def target(self) -> Any:
        """The related table, or join of tables, or what the declared alias selects from."""
        if self.target_entity is None:
            return self.mapper.persist_selectable
        return self.target_entity.selectable

    @property
    def refers_by_key(self) -> bool:
        """True where the related row is found by its primary key alone: a plain many-to-one."""
        remote = {remote for _, remote in self.condition.pairs}
        return (
            self.is_many_to_one
            and not self.uselist
            and self.target_entity is None
            and len(remote) == len(self.mapper.primary_key)
            and {self.mapper.key_places.get(column) for column in remote} == set(range(len(remote)))
            and self.condition.is_plain
            and not self.order_by
        )


def aimless(title: object) -> ArgumentError:
    """The error for a relationship, called *title*, that nothing says the class of."""
    return ArgumentError(
        f"{title} does not say which class it leads to",
        hint='annotate it, Mapped[list["Target"]], or name the class: relationship("Target")',
    )


_FOUND = ("mapper", "condition")
"""What configuring a relationship finds."""


def _tables_of(mapper: MapperView) -> list[Any]:
    """Where columns of *mapper* are, its own table first."""
    return [*reversed(mapper.tables)] or [mapper.local_table]


if TYPE_CHECKING:

    class DeclaredRelationship(  # type: ignore[misc]
        RelationshipProperty, WriteOnlyMapped[Any], DynamicMapped[Any]
    ):
        """What type checkers take for the value of each annotation of a relationship."""


def relationship(
    argument: object = None, secondary: object = None, **keywords: Any
) -> "DeclaredRelationship":
    """Declare an attribute that holds related instances.

    *argument* is the related class, its name, or a callable that returns it; an annotation
    ``Mapped[list["Address"]]`` says the same and whether it is a collection.  *secondary* is the
    third table of a many-to-many relationship.  Give ``back_populates`` on both sides, so that
    a change of one is seen on the other at once::

        addresses: Mapped[list["Address"]] = relationship(
            back_populates="user", cascade="all, delete-orphan"
        )

    Mistakes are reported when the mapping is configured, all together.
    """
    options = dataclass_options(keywords)
    if keywords.pop("default", None) is not None:
        raise ArgumentError(
            "the dataclass default of a relationship can be None alone: no instance is related "
            "to all new ones",
            hint="relate them in __post_init__()",
        )
    known: Any = RelationshipProperty.__init__.__kwdefaults__
    for name in keywords:
        if name not in known:
            raise InvalidOption(
                f"relationship() takes no option {name!r}",
                hint=did_you_mean(name, known) or f"it takes {', '.join(known)}",
            )
    made = RelationshipProperty(argument, secondary, **keywords)
    if options:
        made.dataclass_options = options
    return cast("DeclaredRelationship", made)


def dynamic_loader(argument: object = None, **keywords: object) -> "DeclaredRelationship":
    """Declare a collection that is read by a query: ``relationship(lazy="dynamic")``."""
    return relationship(argument, **{**keywords, "lazy": "dynamic"})


def backref(name: str, **keywords: object) -> tuple[str, dict[str, Any]]:
    """The other side of a relationship, with options of its own: ``backref=backref("user", …)``."""
    return name, keywords
