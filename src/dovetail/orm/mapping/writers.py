"""Collections that are never loaded as a whole: written one by one, read by statements."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, SupportsIndex, TypeVar

from dovetail.exc import (
    DetachedInstanceError,
    InvalidRequestError,
    MultipleResultsFound,
    NoResultFound,
)
from dovetail.orm.mapping.parent import value_of_row, with_parent
from dovetail.orm.tracking.collection_attribute import CollectionAttribute, QueuedChanges
from dovetail.orm.tracking.collections import Collection
from dovetail.orm.tracking.history import History
from dovetail.orm.tracking.kinds import CollectionKind
from dovetail.orm.tracking.state import NO_VALUE, InstanceState, state_of
from dovetail.sql.expression.dml import Delete, Insert, Update, delete, insert, update
from dovetail.sql.expression.elements import and_
from dovetail.sql.expression.select import Select

T = TypeVar("T")


class CollectionWriter(Collection, Generic[T]):
    """What the collections that are not loaded have in common.

    ``known``     the members that were put in
    ``is_whole``  True where a flush had to load all of them

    A read of the attribute gives one of its own, which holds the instance: a query may go on
    where nobody else does.
    """

    _held: Any = None

    def __init__(self) -> None:
        self.owner: InstanceState | None = None
        self.attribute: Any = None
        self.known: list[T] = []
        self.is_whole = False

    def holding(self, instance: object) -> Self:
        """The same collection, which holds *instance*."""
        view = object.__new__(self._seen_as())
        view.__dict__.update(self.__dict__, _held=instance)
        return view

    def _seen_as(self) -> type[Self]:
        """The class of what a read of the attribute gives."""
        return type(self)

    @property
    def instance(self) -> Any:
        """The instance that the collection belongs to."""
        return None if self.owner is None else self.owner()

    def add(self, item: T) -> None:
        """Put *item* in: it is written by the next flush."""
        if not any(held is item for held in self.known):
            self.known.append(self._adding(item))

    def add_all(self, iterator: Iterable[T]) -> None:
        """Put all of *iterator* in."""
        for item in iterator:
            self.add(item)

    def remove(self, item: T) -> None:
        """Take *item* out, whether it is known to be a member or not."""
        forget_or_assume(self, item)
        self._removing(item)
        drop(self, item)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return _rebuild, (type(self), self.known)

    def _of_members(self, statement: Any) -> Any:
        instance = self.instance
        if instance is None:
            raise DetachedInstanceError(
                f"the instance whose {self.attribute.key!r} this is is gone: nobody has held it",
                hint="keep the instance in a variable as long as its collection is used",
            )
        attribute = getattr(type(instance), self.attribute.key)
        condition = with_parent(instance, attribute)
        prop = self.attribute.prop
        if prop.secondary is not None and not isinstance(statement, Select):
            keys = prop.mapper.primary_key
            inner: Any = Select(*keys).where(condition)
            if len(keys) > 1:
                raise InvalidRequestError(
                    f"{prop}: rows with a key of several columns can't be changed through a third "
                    "table",
                    hint="select them, and change the instances",
                )
            condition = and_(keys[0].in_(inner))
        return statement.where(condition)


class WriteOnlyCollection(CollectionWriter[T]):
    """A collection that is never loaded: ``select()`` reads it, as much of it as is wanted::

    account.transfers.add(Transfer(amount=10))
    session.scalars(account.transfers.select().where(Transfer.amount > 5))
    """

    def select(self) -> Select[T]:
        """A SELECT of the members, in the order of the relationship."""
        prop = self.attribute.prop
        made: Select[T] = self._of_members(Select(prop.mapper.node)).order_by(*prop.order_by)
        return made

    def insert(self) -> Insert:
        """An INSERT of members, for ``session.execute(…, rows)``: their foreign key is set."""
        prop = self.attribute.prop
        if prop.secondary is not None:
            raise InvalidRequestError(
                f"{prop} goes over a third table: one INSERT does not fill both",
                hint="add() the members, or insert into the two tables",
            )
        values = {
            prop.mapper.column_keys[remote]: value_of_row(self.instance, local, prop.parent)
            for local, remote in prop.condition.pairs
        }
        made: Insert = insert(prop.mapper.class_).values(values)
        return made

    def update(self) -> Update:
        """An UPDATE of the members."""
        made: Update = self._of_members(update(self.attribute.prop.mapper.class_))
        return made

    def delete(self) -> Delete:
        """A DELETE of the members."""
        made: Delete = self._of_members(delete(self.attribute.prop.mapper.class_))
        return made

    def __iter__(self) -> Iterator[T]:
        raise TypeError(
            "a write-only collection can't be iterated over: it is never loaded\n"
            "  hint: session.scalars(collection.select())"
        )


class AppenderQuery(CollectionWriter[T]):
    """A collection that is read by a query of its own, which may go on::

    author.books.filter(Book.year > 2000).all()
    author.books.append(Book(title="New"))

    A read of the attribute gives one that is a query as well: of the relationship's
    ``query_class``, or else of the session's.
    """

    usual_query_class: ClassVar[Any] = object

    def _seen_as(self) -> type[Self]:
        kind: Any = type(self)
        seen: type[Self] = query_of_members(kind, self._query_class)
        return seen

    @property
    def _selected(self) -> Any:
        """The SELECT of the members: a query asks itself for it."""
        return self._query()._selected

    def _with(self, *arguments: object, **changes: object) -> Any:
        """What a method of a query returns: a longer one, which is no collection."""
        return self._query()._with(*arguments, **changes)

    def append(self, item: T) -> None:
        """Put *item* in."""
        self.add(item)

    def extend(self, iterator: Iterable[T]) -> None:
        """Put all of *iterator* in."""
        self.add_all(iterator)

    @property
    def session(self) -> Any:
        """The session of the instance, or None."""
        return None if self.owner is None else self.owner.session

    @property
    def _query_class(self) -> Any:
        own = self.attribute.prop.query_class
        return own or getattr(self.session, "_query_cls", self.usual_query_class)

    def _query(self) -> Any:
        if self.session is None:
            raise self._detached()
        if self.owner is not None and self.owner.row_key is None and self.session.autoflush:
            self.session.flush()
        prop = self.attribute.prop
        query = self._of_members(self._query_class(prop.mapper.class_, self.session))
        return query.order_by(*prop.order_by) if prop.order_by else query

    def _detached(self) -> DetachedInstanceError:
        return DetachedInstanceError(
            f"{self.attribute.prop} is read by a query: its instance belongs to no session",
            hint="attach the instance first with session.add()",
        )

    def _is_in_memory(self) -> bool:
        return self.session is None and (self.owner is None or self.owner.row_key is None)

    def all(self) -> list[T]:
        """The members; those put in, as long as the instance belongs to no session."""
        found: list[T] = list(self)
        return found

    def count(self) -> int:
        """How many members there are."""
        counted: int = len(self.known) if self._is_in_memory() else self._query().count()
        return counted

    def one(self) -> T:
        """The only member; NoResultFound or MultipleResultsFound where there is not one."""
        if not self._is_in_memory():
            found: T = self._query().one()
            return found
        if not self.known:
            raise NoResultFound("no member was found where one was required")
        return self._only()

    def one_or_none(self) -> T | None:
        """The only member, or None; MultipleResultsFound where there are more."""
        if not self._is_in_memory():
            found: T | None = self._query().one_or_none()
            return found
        return self._only() if self.known else None

    def _only(self) -> T:
        if len(self.known) > 1:
            raise MultipleResultsFound("several members were found where one was required")
        return self.known[0]

    def __iter__(self) -> Iterator[T]:
        return iter(self.known if self._is_in_memory() else self._query())

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        return self.known[index] if self._is_in_memory() else self._query()[index]

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __str__(self) -> str:
        return str(self._query())


@lru_cache(maxsize=64)
def query_of_members(kind: type, query_class: type) -> Any:
    """The class of collections that are of *kind*, and queries of *query_class*."""
    body = {
        "__module__": query_class.__module__,
        "__reduce_ex__": lambda self, protocol: (_rebuild, (kind, self.known)),
        "_options": {},
        "_params": {},
    }
    return type(f"Appender{query_class.__name__}", (kind, query_class), body)


def _rebuild(kind: type, known: list[Any]) -> Any:
    made = kind()
    made.known.extend(known)
    return made


def drop(writer: CollectionWriter[Any], item: object) -> None:
    """Take *item* out of what is known, without telling anybody."""
    writer.known[:] = [held for held in writer.known if held is not item]


def forget_or_assume(writer: CollectionWriter[Any], item: object) -> None:
    """Let *item*, which is taken out, have been a member, if it may have been one."""
    owner, attribute = writer.owner, writer.attribute
    if owner is None or attribute is None or owner.row_key is None:
        return
    if not any(held is item for held in writer.known):
        writer.known.append(item)
        before = None if owner.committed is None else owner.committed.get(attribute.key)
        if isinstance(before, list):
            before.append(item)


def _put(writer: CollectionWriter[Any], item: object) -> None:
    writer.known.append(item)


def _known(writer: CollectionWriter[Any]) -> Iterator[Any]:
    return iter(writer.known)


WRITE_ONLY = CollectionKind(list, WriteOnlyCollection, _put, drop, _known)
DYNAMIC = CollectionKind(list, AppenderQuery, _put, drop, _known)
KINDS = {"write_only": WRITE_ONLY, "dynamic": DYNAMIC}


class WriterAttribute(CollectionAttribute):
    """A collection that is never loaded to be read."""

    is_writer: ClassVar[bool] = True

    def read(self, instance: object) -> Any:
        return self.stored(instance).holding(instance)

    def stored(self, instance: object) -> Any:
        """The collection that *instance* has."""
        values = instance.__dict__
        if self.key not in values:
            self.fill(state_of(instance), instance, ()).is_whole = False
        return values[self.key]

    def fill(self, state: InstanceState, instance: object, items: Iterable[Any]) -> Any:
        collection = super().fill(state, instance, items)
        collection.is_whole = True
        return collection

    def set(self, instance: object, value: object) -> None:
        state = state_of(instance)
        if isinstance(value, CollectionWriter) and value.known is self.stored(instance).known:
            return
        if state.row_key is not None:
            self.prepare_load(state, instance)
            if state.core is not None:
                state.core.load_attribute(state, instance, self)
        super().set(instance, value)

    def delete(self, instance: object) -> None:
        self.set(instance, [])
        del instance.__dict__[self.key]

    def prepare_load(self, state: InstanceState, instance: object) -> None:
        """Make ready for a load of all members, which a flush needs."""
        if self.kind is WRITE_ONLY:
            raise InvalidRequestError(
                f"{self.prop} is write-only: its members can't be loaded for this",
                hint="give it passive_deletes=True, and the foreign key ON DELETE; "
                "add() and remove() members instead of replacing them",
            )
        known = instance.__dict__.get(self.key)
        if known is None or known.is_whole:
            return
        history = self.history(state, instance)
        del instance.__dict__[self.key]
        if history.added or history.deleted:
            queue: QueuedChanges = self.queue(state, instance)
            for item in history.added:
                queue.add(item)
            for item in history.deleted:
                queue.remove(item)

    def history(self, state: InstanceState, instance: object) -> History:
        return History(*map(list, super().history(state, instance)))

    def load_history(self, state: InstanceState, instance: object) -> History:
        found = self.history(state, instance)
        collection = self.stored(instance)
        session = state.session
        if (
            collection.is_whole
            or state.row_key is None
            or not isinstance(collection, AppenderQuery)
        ):
            return found
        if session is None:
            return found
        with session.no_autoflush:
            known = {id(item) for item in (*found.added, *found.deleted)}
            members = [item for item in collection if id(item) not in known]
        return History(found.added, members, found.deleted)

    def link(self, instance: object, item: object) -> None:
        self.stored(instance)
        super().link(instance, item)

    def unlink(self, instance: object, item: object) -> None:
        forget_or_assume(self.stored(instance), item)
        super().unlink(instance, item)

    def snapshot(self, value: Any) -> Any:
        return [] if value is NO_VALUE or value is None else list(value.known)
