"""What a session has in it, for its users: the verbs that send no SQL."""

from collections.abc import Iterable, Iterator
from typing import Any

from dovetail.exc import ArgumentError
from dovetail.identity_set import IdentitySet
from dovetail.orm.session.core import SessionCore
from dovetail.orm.tracking.identity import IdentityMap
from dovetail.orm.tracking.reach import NO_CASCADES


class SessionContents:
    """Instances come into a session, are asked for, expire and leave.

    ``_core``  what the session is made of
    """

    __slots__ = ("__dict__", "__weakref__", "_core")

    _core: SessionCore

    @property
    def identity_map(self) -> IdentityMap:
        """The persistent instances by identity key."""
        return self._core.identity_map

    @property
    def new(self) -> IdentitySet[Any]:
        """The instances that the next flush inserts."""
        return self._core.new

    @property
    def dirty(self) -> IdentitySet[Any]:
        """The persistent instances with attributes set since the last flush.

        Optimistic: an attribute may have been set to the value that it had.  See ``is_modified()``.
        """
        return self._core.dirty

    @property
    def deleted(self) -> IdentitySet[Any]:
        """The instances that the next flush deletes."""
        return self._core.deleted

    def __contains__(self, instance: object) -> bool:
        return instance in self._core

    def __iter__(self) -> Iterator[Any]:
        return iter(self._core)

    def is_modified(
        self, instance: object, include_collections: bool = True, passive: object = None
    ) -> bool:
        """True when *instance* has a change that a flush would write; exact, sends no SQL.

        *passive* is of former days, when this could send SQL; giving it is warned of::

            user = session.get(User, 1)
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            user.name = "ada"
            assert not session.is_modified(user)
        """
        return self._core.is_modified(instance, include_collections, passive)

    def add(self, instance: Any, _warn: bool = True) -> None:
        """Put *instance*, and what it refers to by save-update cascades, into the session.

        A new one becomes pending and is inserted by the next flush; a detached one becomes
        persistent again.  UnmappedInstanceError for what is not mapped, InvalidRequestError
        for an instance of another session::

            user = User(name="eve")
            session.add(user)
            session.commit()
            # INSERT INTO user_account (name) VALUES (?)
            # COMMIT
        """
        core = self._core
        scope = core.scope
        try:
            state = instance.__dovetail_state__
            load = state.load
            pending = scope.pending_loads[load.mapper]
        except (AttributeError, KeyError):
            core.add(instance, _warn)
            return
        if (
            load.scope is not None
            or state.row_key is not None
            or state.stale is not None
            or scope.is_writing
            or core.transaction is None
            or core.dispatch.listening
        ):
            core.add(instance, _warn)
            return
        # A new instance of a class of which others are pending: programs add them by the thousand.
        scope.new[state] = instance
        state.load = pending
        if state.extra is not None:
            state.extra.pop("orphaned", None)
        if load.mapper.memo.get("cascades") is not NO_CASCADES:
            core.cascade_save(state, instance)

    def add_all(self, instances: Iterable[Any]) -> None:
        """Put all *instances* into the session, each by ``add()``.

        With the SQL that it sends::

            session.add_all([User(name="eve"), User(name="fay")])
            session.commit()
            # INSERT INTO user_account (name) VALUES (?), (?) RETURNING id
            # COMMIT
        """
        if hasattr(instances, "__dovetail_state__"):
            raise ArgumentError(
                f"add_all() takes several instances, not one: {instances!r}",
                hint="add(instance), or add_all([instance])",
            )
        for instance in instances:
            self.add(instance)

    def enable_relationship_loading(self, obj: object) -> None:
        """Let *obj*, which has no row, load relationships by the foreign keys that it holds.

        It belongs to the session, for loading alone: no flush looks at it until it is added.
        """
        self._core.enable_relationship_loading(obj)

    def expunge(self, instance: object) -> None:
        """Take *instance*, and what it leads to by the expunge cascade, out of the session.

        With the SQL that it sends::

            user = session.get(User, 1)
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            session.expunge(user)
            user.name = "adah"
            session.commit()
            # COMMIT
        """
        self._core.expunge(instance)

    def expunge_all(self) -> None:
        """Take all instances out of the session; pending changes are dropped."""
        self._core.expunge_all()

    def expire(self, instance: object, attribute_names: Iterable[str] | None = None) -> None:
        """Let the attributes of *instance*, or those named, be read again at the next touch.

        Unflushed changes of them are lost.  InvalidRequestError for what is not persistent here::

            user = session.get(User, 1)
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            session.expire(user, ["name"])
            user.name
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id IN
            #     (?)
        """
        self._core.expire(instance, attribute_names)

    def expire_all(self) -> None:
        """Let all attributes of all instances be read again at the next touch."""
        self._core.expire_all()
