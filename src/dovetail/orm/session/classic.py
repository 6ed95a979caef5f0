"""Classic ways to use a session: hook objects, strong references, no lasting transaction.

Each works, and names in its warning how the same is written today.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from warnings import warn

from dovetail.engine.connection import Connection
from dovetail.engine.result import Result
from dovetail.event import listen
from dovetail.exc import DovetailDeprecationWarning
from dovetail.later import function_later
from dovetail.orm.flush.context import FlushContext
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.query import Query
from dovetail.orm.session.core import SessionCore
from dovetail.orm.session.instances import close_all_sessions, identity_key
from dovetail.orm.session.persistence import mapper_for
from dovetail.orm.session.transaction import SessionTransaction
from dovetail.orm.tracking.state import state_of

if TYPE_CHECKING:
    from dovetail.orm.bulk.lanes import (
        insert_mappings_steps,
        save_objects_steps,
        update_mappings_steps,
    )
else:
    _LANES = "dovetail.orm.bulk.lanes"
    insert_mappings_steps = function_later(_LANES, "insert_mappings_steps", __name__)
    save_objects_steps = function_later(_LANES, "save_objects_steps", __name__)
    update_mappings_steps = function_later(_LANES, "update_mappings_steps", __name__)


class SessionExtension:
    """Hooks of a session, for ``Session(extension=...)``: override those that are needed.

    ``event.listen(session, name, function)`` is today's way.
    """

    def before_commit(self, session: object) -> None:
        """Called before the flush that precedes a commit."""

    def after_commit(self, session: object) -> None:
        """Called after a commit."""

    def after_rollback(self, session: object) -> None:
        """Called after a rollback."""

    def before_flush(
        self, session: object, flush_context: FlushContext, instances: Iterable[object] | None
    ) -> None:
        """Called before a flush."""

    def after_flush(self, session: object, flush_context: FlushContext) -> None:
        """Called after a flush, while what was pending is still listed."""

    def after_flush_postexec(self, session: object, flush_context: FlushContext) -> None:
        """Called after a flush, when the instances have their new states."""

    def after_begin(
        self, session: object, transaction: SessionTransaction, connection: Connection
    ) -> None:
        """Called after a transaction has begun on a connection."""

    def after_attach(self, session: object, instance: object) -> None:
        """Called after an instance has come into the session."""

    def after_bulk_update(
        self,
        session: object,
        query: Query[Any],
        query_context: object,
        result: Result[*tuple[Any, ...]],
    ) -> None:
        """Called after ``Query.update()``."""

    def after_bulk_delete(
        self,
        session: object,
        query: Query[Any],
        query_context: object,
        result: Result[*tuple[Any, ...]],
    ) -> None:
        """Called after ``Query.delete()``."""


_HOOKS = tuple(name for name in vars(SessionExtension) if not name.startswith("_"))


def listen_with(session: Any, extensions: Any) -> None:
    """Let the hooks of *extensions*, one or several, listen to *session*."""
    many = isinstance(extensions, Iterable)
    for extension in extensions if many else (extensions,):
        for name in _HOOKS:
            hook: Callable[..., None] | None = getattr(extension, name, None)
            inherited = getattr(type(extension), name, None) is getattr(SessionExtension, name)
            if hook is None or inherited:
                continue
            if "_bulk_" in name:
                hook = partial(_with_parts, hook)
            listen(session, name, hook)


def _with_parts(hook: Callable[..., None], context: Any) -> None:
    hook(context.session, context.query, context.context, context.result)


class StrongReferences:
    """Keeps the persistent instances of one session alive, which it refers to weakly itself."""

    def __init__(self, session: object) -> None:
        self._held: dict[int, Any] = {}
        for name in (
            "loaded_as_persistent",
            "pending_to_persistent",
            "detached_to_persistent",
            "deleted_to_persistent",
        ):
            listen(session, name, self._hold)
        for name in ("persistent_to_detached", "persistent_to_transient", "persistent_to_deleted"):
            listen(session, name, self._let_go)

    def _hold(self, session: object, instance: object) -> None:
        self._held[id(instance)] = instance

    def _let_go(self, session: object, instance: object) -> None:
        self._held.pop(id(instance), None)

    def prune(self, session: Any) -> int:
        """Let go of the instances that nobody else holds; return how many there were."""
        before = len(self._held)
        self._held.clear()
        for state in session.identity_map.states():
            instance = state()
            if instance is not None:
                self._held[id(instance)] = instance
        return before - len(self._held)


class _SessionClassMethods:
    """The base of what sessions and factories of them have in common, by its familiar name."""

    @classmethod
    def close_all(cls) -> None:
        """Close every session of this process."""
        close_all_sessions()

    @classmethod
    def identity_key(
        cls, class_: type | None = None, ident: object = None, *, instance: object = None,
        row: Any = None, identity_token: object = None,
    ) -> tuple[Any, ...]:  # fmt: skip
        """The identity key of an instance, or of a class and a primary key."""
        return identity_key(
            class_, ident, instance=instance, row=row, identity_token=identity_token
        )

    @classmethod
    def object_session(cls, instance: object) -> Any:
        """The session that *instance* belongs to, or None."""
        return state_of(instance).session


class ClassicVerbs(_SessionClassMethods):
    """The classic modes and spellings of a session, and its lanes for many rows."""

    __slots__ = ()

    _core: SessionCore

    _strong: StrongReferences | None = None

    def _use_classic(self, autocommit: bool, weak_identity_map: bool, extension: object) -> None:
        """Set the modes up that were asked for."""
        if autocommit:
            _warn("autocommit=True", "with session.begin(): … around what belongs together")
            self._core.autocommit = True
        if not weak_identity_map:
            _warn("weak_identity_map=False", "a list, or set, of the instances to be kept")
            self._strong = StrongReferences(self)
        if extension is not None:
            _warn("extension=", "event.listen(session, 'before_flush', function)")
            listen_with(self, extension)

    def prune(self) -> int:
        """Let go of what ``weak_identity_map=False`` keeps and nobody else needs; how many."""
        return 0 if self._strong is None else self._strong.prune(self)

    @property
    def transaction(self) -> SessionTransaction | None:
        """The innermost transaction in progress, or None: today's way is ``get_transaction()``."""
        _warn("Session.transaction", "get_transaction() or get_nested_transaction()")
        return self._core.transaction

    # Many rows at once -------------------------------------------------------------------------

    def bulk_insert_mappings(
        self,
        mapper: Mapper,
        mappings: Iterable[Mapping[str, Any]],
        return_defaults: bool = False,
        render_nulls: bool = False,
    ) -> None:
        """Insert a row for each dictionary of attribute names and values; no instances are made.

        With *return_defaults* the generated primary keys are put into the dictionaries.
        None leaves a column to its default; with *render_nulls* it is NULL.
        InvalidRequestError for a name that is no column attribute::

            session.bulk_insert_mappings(User, [{"name": "eve"}, {"name": "fay"}])
            # INSERT INTO user_account (name) VALUES (?), (?)
            session.commit()
            # COMMIT
        """
        core, found = self._core, mapper_for(mapper)
        core.run(insert_mappings_steps(core, found, mappings, return_defaults, render_nulls))

    def bulk_update_mappings(self, mapper: Mapper, mappings: Iterable[Mapping[str, Any]]) -> None:
        """Update a row for each dictionary, which holds the primary key and the new values.

        Dictionaries with the same names go together.  StaleDataError where a row is missing::

            session.bulk_update_mappings(User, [{"id": 1, "name": "adah"}])
            # UPDATE user_account SET name=? WHERE user_account.id = ?
            session.commit()
            # COMMIT
        """
        core = self._core
        core.run(update_mappings_steps(core, mapper_for(mapper), mappings))

    def bulk_save_objects(
        self,
        objects: Iterable[Any],
        return_defaults: bool = False,
        update_changed_only: bool = True,
        preserve_order: bool = True,
    ) -> None:
        """Insert or update the rows of *objects* alone, which stay out of the session.

        ``return_defaults``      new objects get the primary keys that the database made
        ``update_changed_only``  of objects with a row, changed attributes alone are written
        ``preserve_order``       without it, objects of one class go together

        With the SQL that it sends::

            session.bulk_save_objects([User(name="eve"), User(name="fay")])
            # INSERT INTO user_account (name) VALUES (?), (?)
            session.commit()
            # COMMIT
        """
        options = return_defaults, update_changed_only, preserve_order
        self._core.run(save_objects_steps(self._core, objects, *options))


def _warn(classic: str, today: str) -> None:
    warn(f"{classic} is classic; today: {today}", DovetailDeprecationWarning, stacklevel=4)


_BIND_ARGUMENTS = frozenset(("mapper", "clause", "bind", "close_with_result"))


def bind_arguments_of(
    given: Mapping[str, Any] | None, classic: Mapping[str, Any], method: str
) -> dict[str, Any]:
    """The bind arguments *given*, with those that were written as keywords, the *classic* way."""
    arguments = dict(given or {})
    unknown = classic.keys() - _BIND_ARGUMENTS
    if unknown:
        raise TypeError(f"{method}() got an unexpected keyword argument {min(unknown)!r}")
    if classic:
        _warn(f"{method}(mapper=, clause=, bind=)", f"{method}(…, bind_arguments={{'mapper': …}})")
    for name in ("mapper", "clause", "bind"):
        if classic.get(name) is not None:
            arguments[name] = classic[name]
    return arguments


def classic_arguments(
    core: SessionCore, statement: object, given: Mapping[str, Any] | None, classic: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The statement and the bind arguments of ``execute()`` with keywords of the classic way.

    ``clause`` is the statement itself where there is no other; what a ``get_bind()`` of the
    user's own takes besides is handed to it.
    """
    if statement is None:
        statement = classic.pop("clause", None)
        if statement is None:
            raise TypeError("execute() missing 1 required positional argument: 'statement'")
        if not classic:
            _warn("execute(clause=)", "execute(statement)")
            return statement, dict(given or {})
    own: dict[str, Any] = {}
    if core.has_own_get_bind:
        own = {name: classic.pop(name) for name in list(classic) if name not in _BIND_ARGUMENTS}
    return statement, {**bind_arguments_of(given, classic, "execute"), **own}


def by_position(classic: tuple[Any, ...], *keywords: object) -> tuple[Any, ...]:
    """*keywords* of a session, in the order of the classic signature, with those by position."""
    if len(classic) > len(keywords):
        raise TypeError(f"Session() takes at most {len(keywords) + 1} arguments by position")
    _warn("Session() with arguments by position", "Session(engine, autoflush=False, …)")
    return (*classic, *keywords[len(classic) :])
