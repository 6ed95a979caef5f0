"""Verbs of the Session for rows that are known by a key: many at once, natural keys, upserts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, TypeVar

from dovetail.orm.session.core import SessionCore
from dovetail.steps import Steps

T = TypeVar("T")


def get_many_steps(
    core: SessionCore,
    entity: type[T],
    idents: Iterable[object],
    options: Sequence[Any],
    populate_existing: bool,
) -> Steps[list[T | None]]:
    """Return the instances with these primary keys: see ``Session.get_many``."""
    found: Steps[list[T | None]] = _room("natural_keys").get_many_steps(
        core, entity, idents, options, populate_existing
    )
    return found


def get_by_steps(
    core: SessionCore,
    entity: type[T],
    /,
    options: Sequence[Any],
    with_for_update: object,
    **values: object,
) -> Steps[T | None]:
    """Return the instance with these values: see ``Session.get_by``."""
    found: Steps[T | None] = _room("natural_keys").get_by_steps(
        core, entity, options, with_for_update, values
    )
    return found


def get_or_create_steps(
    core: SessionCore,
    entity: type[T],
    /,
    defaults: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
    **values: object,
) -> Steps[tuple[T, bool]]:
    """Return the instance with these values, made if need be: see ``Session.get_or_create``."""
    found: Steps[tuple[T, bool]] = _room("upserting").get_or_create_steps(
        core, entity, defaults, values
    )
    return found


def upsert_all_steps(
    core: SessionCore, instances: Iterable[T], key: object, update: object
) -> Steps[list[T]]:
    """Insert or change the rows of *instances*: see ``Session.upsert_all``."""
    written: Steps[list[T]] = _room("upserting").upsert_all_steps(core, instances, key, update)
    return written


def upsert_steps(core: SessionCore, instance: T, key: object, update: object) -> Steps[T]:
    """Insert or change the row of *instance*: see ``Session.upsert``."""
    written = yield from upsert_all_steps(core, [instance], key, update)
    return written[0]


def _room(module: str) -> Any:
    return import_module(f"dovetail.orm.session.{module}")


NO_DEFAULTS: Mapping[str, Any] = MappingProxyType({})
"""Nothing besides the values of the key."""


class KeyedVerbs:
    """Base class of Session: rows that are known by a key."""

    __slots__ = ()

    _core: SessionCore

    def get_many(
        self,
        entity: type[T],
        idents: Iterable[object],
        *,
        options: Sequence[Any] = (),
        populate_existing: bool = False,
    ) -> list[T | None]:
        """Return the instances of *entity* with these primary keys, in their order.

        There is None for each key that has no row.  Those that the session has are not read
        again, unless *populate_existing* says so; all others are read with one statement (for
        each thousand)::

            ben, nobody, ada = session.get_many(User, [2, 77, 1])
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id IN
            #     (?, ?, ?)
        """
        return self._core.run(
            get_many_steps(self._core, entity, idents, options, populate_existing)
        )

    def get_by(
        self,
        entity: type[T],
        /,
        *,
        options: Sequence[Any] = (),
        with_for_update: object = None,
        **values: object,
    ) -> T | None:
        """Return the instance of *entity* whose attributes have these *values*, or None.

        For keys that mean something, such as an address.  MultipleResultsFound is raised where
        there are several.  *with_for_update* locks the row: True, or a dictionary such as
        ``{"nowait": True}``::

            session.get_by(User, name="ada")
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.name =
            #     ?
        """
        steps = get_by_steps(self._core, entity, options, with_for_update, **values)
        return self._core.run(steps)

    def get_or_create(
        self,
        entity: type[T],
        /,
        *,
        defaults: Mapping[str, Any] | Callable[[], Mapping[str, Any]] = NO_DEFAULTS,
        **values: object,
    ) -> tuple[T, bool]:
        """Return the instance with these *values* of a unique key, and whether it was made now.

        It is made with *values* and *defaults*, or what they return, and inserted at once, in a
        savepoint: if somebody else is quicker, theirs is returned.  ArgumentError is raised where
        the attributes are no unique key.  On SQLite it takes the lock of the writer::

            user, created = session.get_or_create(User, id=9, defaults={"name": "ina"})
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            #     /* FOR UPDATE */
            # SAVEPOINT
            # INSERT INTO user_account (id, name) VALUES (?, ?)
            # RELEASE SAVEPOINT
        """
        return self._core.run(get_or_create_steps(self._core, entity, defaults, **values))

    def upsert(self, instance: T, key: object = None, update: object = None) -> T:
        """Insert the row of *instance*, or change the one with its *key*; return the session's own.

        ``key``     an attribute, or several, that are unique together; None is the primary key
        ``update``  the attributes that a row which is there takes over; None is all that are set,
        and an empty list leaves such rows as they are

        *instance* is new, and stays outside of the session.  What is returned is persistent, and
        its row locked until the transaction ends.  Relationships are refused: set the foreign
        keys.  An UPDATE is sent where something differs::

            session.upsert(User(id=1, name="adah"))
            # INSERT INTO user_account (id, name) VALUES (?, ?) ON CONFLICT (id) DO NOTHING
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id IN
            #     (?) /* FOR UPDATE */
            # UPDATE user_account SET name=? WHERE user_account.id = ?
        """
        return self._core.run(upsert_steps(self._core, instance, key, update))

    def upsert_all(
        self, instances: Iterable[T], key: object = None, update: object = None
    ) -> list[T]:
        """Insert or change the rows of all *instances*, of one class; return the session's own.

        In the same order; see :meth:`upsert`.  ArgumentError is raised where two have one key::

            session.upsert_all([User(id=1, name="ada"), User(id=3, name="cleo")])
            # INSERT INTO user_account (id, name) VALUES (?, ?) ON CONFLICT (id) DO NOTHING
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id IN
            #     (?, ?) /* FOR UPDATE */
        """
        return self._core.run(upsert_all_steps(self._core, instances, key, update))
