"""The registry: the classes that are mapped together and find one another by name."""

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from threading import RLock
from typing import Any
from weakref import WeakSet

from dovetail.compiler.cache import forget_plans
from dovetail.event import Dispatch, root
from dovetail.exc import (
    AmbiguousForeignKeysError,
    AmbiguousForeignKeysMappingError,
    ArgumentError,
    DovetailError,
    InvalidRequestError,
    MappingError,
    NoForeignKeysError,
    NoForeignKeysMappingError,
    NoReferencedTableError,
    UnknownAttributeError,
    UnknownAttributeMappingError,
)
from dovetail.orm.mapping.abstract_concrete import map_to_union
from dovetail.orm.mapping.class_names import ClassNames
from dovetail.orm.mapping.construct import construct
from dovetail.orm.mapping.events import EXT_SKIP, registries
from dovetail.orm.mapping.mapper import Mapper, mapped_by, mapper_of
from dovetail.orm.mapping.mapping_events import RegistryEvents
from dovetail.orm.mapping.overlaps import warn_of_overlaps
from dovetail.orm.mapping.properties import as_property
from dovetail.orm.mapping.relationship import RelationshipProperty, relationship
from dovetail.orm.mapping.resolving import Resolver
from dovetail.sql.foreign_keys import ForeignKey
from dovetail.sql.metadata import MetaData
from dovetail.sql.schema import Table

Mistake = tuple[DovetailError, str]
"""What is wrong, and the text that says where."""

_KINDS: dict[type[DovetailError], type[MappingError]] = {
    NoForeignKeysError: NoForeignKeysMappingError,
    AmbiguousForeignKeysError: AmbiguousForeignKeysMappingError,
    UnknownAttributeError: UnknownAttributeMappingError,
}
"""Mistakes in a mapping that programs catch as what they are elsewhere, too."""

_configuring = RLock()
_registries: "WeakSet[Registry]" = registries


def forget_memos() -> None:
    """Let all registries forget what was found about their mappers: relationships lead across."""
    for registry in list(_registries):
        registry.memo.clear()


class Registry:
    """A set of mapped classes with one MetaData and one map of annotation types.

    Example::

        mapper_registry = registry()
        mapper_registry.map_imperatively(User, user_table)

    ``class_registry``  a dictionary of classes by name, in place of one of its own: registries
                        that share one find each other's classes
    ``constructor``     the ``__init__`` of classes that define none; None leaves them as they are
    """

    dispatch: Dispatch

    def __init__(
        self,
        *,
        metadata: MetaData | None = None,
        class_registry: MutableMapping[str, Any] | None = None,
        type_annotation_map: dict[Any, Any] | None = None,
        constructor: Callable[..., None] | None = construct,
    ) -> None:
        self.metadata = metadata if metadata is not None else MetaData()
        self.type_annotation_map = dict(type_annotation_map or {})
        self.names = ClassNames(class_registry)
        self.constructor = constructor
        self.memo: dict[Any, Any] = {}
        self.needs: WeakSet[Registry] = WeakSet()
        """Other registries whose classes those of this one derive from or refer to."""
        self._waiting: list[Mapper] = []
        self._unions: dict[type, dict[str, RelationshipProperty]] = {}
        self._working: list[Mapper] = []
        self._unresolved: list[RelationshipProperty] = []
        self._unconnected: list[RelationshipProperty] = []
        self._mappers: dict[Mapper, int] = {}
        """The mappers in the order of their declaration, each with its position."""
        self._mistake: MappingError | None = None
        _registries.add(self)

    @property
    def mappers(self) -> frozenset[Mapper]:
        """The mappers of this registry."""
        return frozenset(self._mappers)

    def update_type_annotation_map(self, types: dict[Any, Any]) -> None:
        """Add to the map from annotation to database type."""
        self.type_annotation_map.update(types)

    def add(self, mapper: Mapper) -> None:
        """Take *mapper* up; its relationships are configured at first use."""
        self.names.add(mapper.class_)
        self._mappers[mapper] = len(self._mappers)
        self._waiting.append(mapper)
        self._mistake = None
        forget_memos()
        above = mapper.inherits
        if above is not None:
            self.depend_on(above.registry)
            # Statements of the classes above make instances of this one too.
            for one in above.iterate_to_root():
                one.forget()
            forget_plans()

    def add_abstract(self, class_: type, relationships: dict[str, RelationshipProperty]) -> None:
        """Take up *class_*, which is mapped to a UNION when the classes below are known."""
        self._unions[class_] = relationships

    def depend_on(self, other: "Registry") -> None:
        """Note that classes of *other* are derived from, or referred to."""
        if other is not self:
            self.needs.add(other)

    @property
    def ordered_mappers(self) -> list[Mapper]:
        """The mappers, in the order of their declaration."""
        return list(self._mappers)

    def position(self, mapper: Mapper) -> int:
        """How many mappers were declared before *mapper*."""
        return self._mappers[mapper]

    def reconfigure(self, mapper: Mapper, prop: RelationshipProperty) -> None:
        """Configure *mapper* again: *prop* was added to it."""
        if mapper not in self._waiting:
            self._waiting.append(mapper)
        if self in _at_work:
            self._unresolved.append(prop)
            self._working.append(mapper)
        self._mistake = None
        forget_memos()

    def map_imperatively(
        self,
        class_: type,
        local_table: Any = None,
        *,
        properties: dict[str, Any] | None = None,
        **options: object,
    ) -> Mapper:
        """Map *class_*, a plain class, to *local_table*; return the mapper.

        *properties* names relationships, and columns under other names::

            registry.map_imperatively(User, users, properties={"addresses": relationship(Address)})
        """
        if not isinstance(class_, type):
            raise ArgumentError(f"a class is needed, not {class_!r}")
        if mapper_of(class_) is not None:
            raise ArgumentError(f"class {class_.__name__} is mapped already")
        above = options.pop("inherits", None)
        inherits = above if isinstance(above, Mapper) else mapper_of(above)
        if above is None:
            inherits = next(filter(None, map(mapper_of, class_.__mro__[1:])), None)
            if inherits is not None and not _belongs_below(local_table, inherits):
                # A class may derive from a mapped one, and have rows of its own kind.
                inherits = None
        if local_table is None and inherits is not None:
            local_table = inherits.local_table
        if not getattr(local_table, "is_from", False):
            raise ArgumentError(
                f"a table is needed to map {class_.__name__}, not {local_table!r}",
                hint="a Table, a join of some, or a subquery: select(...).subquery()",
            )
        parts = {key: as_property(value) for key, value in (properties or {}).items()}
        return self.make(Mapper, class_, local_table, parts, options, inherits)

    def make(
        self,
        kind: type,
        class_: type,
        table: Any,
        properties: dict[str, Any],
        options: dict[str, Any],
        inherits: Mapper | None,
    ) -> Mapper:
        """Have *kind*, Mapper or what stands for it, map *class_*; take the mapper up."""
        if inherits is not None:
            options = {**options, "inherits": inherits}
        with mapped_by(self, class_):
            kind(class_, table, properties=properties, **options)
        mapper = mapper_of(class_)
        if mapper is None:
            raise InvalidRequestError(
                f"{kind!r} has not mapped {class_.__name__}",
                hint="it is called with the class, its table and the mapper options, and maps the "
                "class: return Mapper(class_, table, **options)",
            )
        if mapper not in self._mappers:
            self.add(mapper)
        return mapper

    # Configuration --------------------------------------------------------------------------

    def configure(self, cascade: bool = False) -> None:
        """Configure the relationships of all classes mapped since the last time.

        Those of other registries that this one refers to are configured with it where *cascade*
        says so; without it, InvalidRequestError names them.  Every mistake is found; MappingError
        reports them together, and again at each later use, until the mapping changes.
        """
        if self.is_waiting:
            _configure((self,), cascade)

    def configure_what_is_known(self) -> None:
        """Configure where that makes known more of the classes, all of which are mapped.

        Where none of them refers to another, those who listen are told when it is needed.
        """
        resolver = Resolver(self)
        unknown = [
            prop
            for mapper in self._waiting
            for prop in mapper.named_relationships.values()
            if not hasattr(prop, "impl")
        ]
        if (unknown or self._unions) and all(map(resolver.finds_target, unknown)):
            self.configure(cascade=True)

    def check(self) -> None:
        """Configure now, so that mistakes are reported at start-up and not at first use."""
        self.configure(cascade=True)

    @property
    def is_waiting(self) -> bool:
        """True where something is to be configured, or was wrong the last time."""
        return bool(self._waiting) or self._mistake is not None

    def refuse_again(self) -> None:
        """Raise what was wrong the last time, if anything was."""
        if self._mistake is not None:
            raise self._mistake.with_traceback(None)

    def begin(self) -> None:
        """Take up what waits; what somebody who listens puts off is left."""
        for call in self.dispatch.before_configured:
            call(self)
        waiting = [*self._waiting, *self._map_unions()]
        for mapper in waiting:
            _call_hook(mapper.class_, "__declare_first__")
        self._working = [mapper for mapper in waiting if not _is_put_off(mapper)]
        self._unresolved = [
            prop
            for mapper in self._working
            for prop in mapper.named_relationships.values()
            if prop.parent is mapper and not hasattr(prop, "impl")
        ]

    def _map_unions(self) -> list[Mapper]:
        """Map the classes that wait for the tables of those below."""
        made = []
        for class_, relationships in list(self._unions.items()):
            mapper = map_to_union(self, class_, relationships)
            if mapper is not None:
                del self._unions[class_]
                self.names.add(class_)
                self._mappers[mapper] = len(self._mappers)
                made.append(mapper)
        if made:
            forget_memos()
            forget_plans()
        return made

    def resolve(self) -> list[Mistake]:
        """Let relationships, those too that are added meanwhile, find what they lead to."""
        mistakes: list[Mistake] = []
        while self._unresolved:
            prop = self._unresolved.pop(0)
            if hasattr(prop, "impl"):
                continue
            try:
                prop.configure(Resolver(self))
                prop.parent.relationship_configured(prop)
                # Those that an earlier mistake kept from finding their other side are among them.
                self._unconnected.append(prop)
                self.depend_on(prop.mapper.registry)
                self._add_backref(prop)
            except DovetailError as error:
                mistakes.append(_mistake(prop, error))
        return mistakes

    @property
    def has_unresolved(self) -> bool:
        """True where a relationship has to find what it leads to."""
        return bool(self._unresolved)

    @property
    def is_at_work(self) -> bool:
        """True where something is left to do of what was begun."""
        return bool(self._working or self._unresolved or self._unconnected)

    def connect(self) -> list[Mistake]:
        """Let the relationships that were resolved find their other sides."""
        mistakes: list[Mistake] = []
        for prop in self._unconnected:
            try:
                prop.connect()
            except DovetailError as error:
                mistakes.append(_mistake(prop, error))
        if not mistakes:
            warn_of_overlaps(self._relationships(), new=self._unconnected)
            self._unconnected = []
        return mistakes

    def finish(self) -> list[Mapper]:
        """Give the mappers that were configured, for which nothing is left to do."""
        finished, self._working = self._working, []
        for mapper in finished:
            mapper.finish()
        if finished:
            # Their relationships lead to mappers that were in use already.
            forget_memos()
        self._waiting = [
            mapper for mapper in self._waiting if mapper not in finished or mapper in self._working
        ]
        return finished

    def blame(self, mistakes: list[Mistake]) -> None:
        """Note the *mistakes*, to be raised at each use until the mapping changes."""
        self._mistake = _mapping_error(mistakes)

    def _relationships(self) -> Iterator[RelationshipProperty]:
        """The relationships of all classes, each once."""
        for mapper in self._mappers:
            for prop in mapper.named_relationships.values():
                if prop.parent is mapper and "condition" in vars(prop):
                    yield prop

    def _add_backref(self, prop: RelationshipProperty) -> None:
        """Add the other side that ``backref=`` asks for."""
        if prop.backref is None:
            return
        backref: Any = prop.backref
        name, keywords = (backref, {}) if isinstance(backref, str) else backref
        prop.backref = None
        prop.back_populates = name
        target: Mapper = prop.mapper
        if name in target.named_attrs:
            raise ArgumentError(
                f"{prop}: backref {name!r} is an attribute of {target.class_.__name__} already",
                hint="use back_populates on both sides",
            )
        keywords = dict(keywords)
        condition = prop.condition
        if condition.secondary is not None:
            keywords.setdefault("secondary", condition.secondary)
            keywords.setdefault("primaryjoin", condition.secondaryjoin)
            keywords.setdefault("secondaryjoin", condition.primaryjoin)
        else:
            keywords.setdefault("primaryjoin", condition.primaryjoin)
            keywords.setdefault(
                "foreign_keys", [column for _, column in condition.synchronize_pairs]
            )
            if condition.self_referential and condition.is_told_apart:
                keywords.setdefault("remote_side", [local for local, _ in condition.pairs])
        keywords.setdefault("viewonly", prop.viewonly)
        target.add_property(
            name, relationship(prop.parent.class_, back_populates=prop.key, **keywords)
        )

    def dispose(self, cascade: bool = False) -> None:
        """Forget the mapped classes of this registry; they are as they were before.

        Registries whose classes derive from, or refer to, those of this one are disposed of with
        it where *cascade* says so; without it, InvalidRequestError names them.
        """
        with _configuring:
            going = [self]
            for one in going:
                going += [o for o in _registries if one in o.needs and o not in going]
            if len(going) > 1 and not cascade:
                raise InvalidRequestError(
                    f"other registries have classes that need those of this one: "
                    f"{_described(going[1:])}",
                    hint="dispose(cascade=True) disposes of them too; so does clear_mappers()",
                )
            for one in going:
                one.let_go()
        forget_plans()

    def let_go(self) -> None:
        """Forget the mapped classes."""
        for mapper in reversed(self._mappers):
            mapper.dispose()
            self.names.discard(mapper.class_)
        self._mappers.clear()
        self._waiting.clear()
        self._unions.clear()
        self._working.clear()
        self._unresolved.clear()
        self._unconnected.clear()
        self._mistake = None
        self.needs.clear()
        forget_memos()


root(RegistryEvents, Registry)


def _described(registries: Iterable[Registry]) -> str:
    """The classes that tell *registries* apart, for messages."""
    return ", ".join(
        f"that of {one.ordered_mappers[0].class_.__name__}" if one.mappers else "one without any"
        for one in registries
    )


_at_work: list[Registry] = []
"""The registries that are being configured, while some are."""


def _belongs_below(table: object, inherits: Mapper) -> bool:
    """Whether rows of *table* may be those of a class below *inherits*: it is none of its own,
    one of the tables above, or refers to one of them.
    """
    if not isinstance(table, Table):
        return True
    above = inherits.tables
    return table in above or any(_referred(key) in above for key in table.foreign_keys)


def _referred(key: ForeignKey) -> Any:
    """The table that *key* refers to; None where it is not there yet: it is none of those above."""
    try:
        return key.column.table
    except NoReferencedTableError:
        return None


def _configure(registries: Iterable[Registry], cascade: bool) -> None:
    """Configure *registries* together, and with *cascade* those that they turn out to need."""
    with _configuring:
        if _at_work:
            # What is mapped, or asked for, by listeners and hooks waits until this is done.
            return
        configured: list[Mapper] | None = None
        try:
            _at_work.extend(one for one in registries if one.is_waiting)
            for one in _at_work:
                one.refuse_again()
            if _at_work:
                configured = _configure_at_work(cascade)
                for mapper in configured:
                    _call_hook(mapper.class_, "__declare_last__")
        finally:
            _at_work.clear()
        if configured is not None:
            # Those who listen may map more, and ask for that to be configured.
            for call in Mapper.dispatch.after_configured:
                call()


def _configure_at_work(cascade: bool) -> list[Mapper]:
    asked = list(_at_work)
    for call in Mapper.dispatch.before_configured:
        call()
    for one in asked:
        one.begin()
    finished: list[Mapper] = []
    # Other threads see the mappers as waiting, and wait for the lock, until all is done.
    while any(one.is_at_work for one in _at_work):
        _resolve_all(cascade)
        missing = [other for one in asked for other in one.needs if other not in asked]
        if missing and not cascade:
            raise InvalidRequestError(
                "configure() was called for a registry whose classes need those of others: "
                f"{_described(missing)}",
                hint="configure(cascade=True) configures them too; so does configure_mappers()",
            )
        _raise_all({one: one.connect() for one in _at_work})
        finished += [mapper for one in _at_work for mapper in one.finish()]
    for one in _at_work:
        for call in one.dispatch.after_configured:
            call(one)
    return finished


def _resolve_all(cascade: bool) -> None:
    """Let all relationships find what they lead to; with *cascade* in other registries, too."""
    mistakes: dict[Registry, list[Mistake]] = {one: [] for one in _at_work}
    while True:
        for one in _at_work:
            mistakes.setdefault(one, []).extend(one.resolve())
            if cascade:
                needed = [o for o in one.needs if o.is_waiting and o not in _at_work]
                for other in needed:
                    other.begin()
                _at_work.extend(needed)
        if not any(one.has_unresolved for one in _at_work):
            break
    _raise_all(mistakes)


def _raise_all(mistakes: dict[Registry, list[Mistake]]) -> None:
    blamed = [one for one, found in mistakes.items() if found]
    for one in blamed:
        one.blame(mistakes[one])
    for one in blamed:
        one.refuse_again()


def _mistake(prop: RelationshipProperty, error: DovetailError) -> Mistake:
    text = error.message
    if str(prop) not in text:
        text = f"{prop}: {text}"
    return error, text


def _mapping_error(mistakes: list[Mistake]) -> MappingError:
    """One error for all *mistakes*; an only one keeps its hint, and what it can be caught as."""
    if len(mistakes) == 1:
        error, text = mistakes[0]
        kind = _KINDS.get(type(error), MappingError)
        return kind(text, hint=error.hint)
    return MappingError(
        [f"{text} (hint: {error.hint})" if error.hint else text for error, text in mistakes]
    )


def _call_hook(class_: type, name: str) -> None:
    hook = getattr(class_, name, None)
    if hook is not None:
        hook()


def _is_put_off(mapper: Mapper) -> bool:
    """True where somebody who listens wants *mapper* not to be configured this time."""
    answers = [call(mapper, mapper.class_) for call in mapper.dispatch.before_mapper_configured]
    return EXT_SKIP in answers


def configure_mappers() -> None:
    """Configure the mapped classes of every registry; MappingError reports all mistakes."""
    _configure(_registries, cascade=True)


def clear_mappers() -> None:
    """Forget the mapped classes of every registry: for tests that map the same classes anew."""
    with _configuring:
        for known in list(_registries):
            known.let_go()
    forget_plans()
