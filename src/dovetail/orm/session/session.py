"""The Session: identity map, unit of work and transaction in one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType, TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Never,
    Self,
    TypeVar,
    Unpack,
)
from warnings import warn

from dovetail.engine.connection import Connection
from dovetail.engine.engine import Engine
from dovetail.engine.watched import WatchOptions
from dovetail.event import Dispatch, class_dispatch
from dovetail.exc import (
    ArgumentError,
    DovetailDeprecationWarning,
    DovetailError,
    InvalidOption,
    did_you_mean,
)
from dovetail.orm.loading.lockmode import lock_of
from dovetail.orm.loading.source import RowSource
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.mapping.strategies import POLICIES, unknown_policy
from dovetail.orm.merge import merge_all_steps, place_all
from dovetail.orm.query import Query
from dovetail.orm.session.autoflushing import Autoflush, checked_autoflush
from dovetail.orm.session.binds import checked_binds
from dovetail.orm.session.classic import (
    ClassicVerbs,
    bind_arguments_of,
    by_position,
)
from dovetail.orm.session.contents import SessionContents
from dovetail.orm.session.core import SessionCore
from dovetail.orm.session.deciding import TwoPhase, checked_twophase
from dovetail.orm.session.instances import close_all_sessions, identity_key
from dovetail.orm.session.keyed_verbs import KeyedVerbs
from dovetail.orm.session.keywords import GetOptions
from dovetail.orm.session.orm_execute import NO_OPTIONS
from dovetail.orm.session.outgoing import EventTable, checked_outbox
from dovetail.orm.session.persistence import mapper_for, require_found, warn_of_objects
from dovetail.orm.session.settings import Setting
from dovetail.orm.session.statement_verbs import StatementVerbs
from dovetail.orm.session.transaction import JOIN_MODES, SessionTransaction
from dovetail.orm.session.transaction_verbs import TransactionVerbs
from dovetail.orm.session.transactional import ends_reads
from dovetail.orm.session.watching import watch_session
from dovetail.orm.tracking.expiry import Whole
from dovetail.orm.tracking.state import InstanceState, state_of
from dovetail.sql.expression.from_clause import FromClause
from dovetail.sql.node import Node

if TYPE_CHECKING:
    from dovetail.engine.watching.watch import Watch

T = TypeVar("T")

_NONE_HELD: Mapping[Any, InstanceState] = MappingProxyType({})


class Session(SessionContents, TransactionVerbs, StatementVerbs, KeyedVerbs, ClassicVerbs):
    """Instances of mapped classes, kept in step with rows of a database.

    One instance for one row; changes are found and written by ``flush()``, in the right
    order, before queries and at ``commit()``; a rollback restores what is in memory too.  A
    transaction begins with the first statement or change::

        with Session(engine) as session:
            session.add(User(name="ada"))
            session.commit()

    ``bind``                   Engine or Connection for all statements
    ``binds``                  by mapped class, base class or table, where there are several
    ``autoflush``              True: flush before each query; "overlap": before those that read
                               tables in which something is pending; False: before none
    ``expire_on_commit``       read values again after a commit, when they are touched
    ``autobegin``              begin by itself; without, ``begin()`` must be called
    ``twophase``               prepare every database before the first of them commits; with a
                               ``dovetail.ext.twophase.DecisionLog``, so that a crash is survived
    ``join_transaction_mode``  what to do in a Connection's transaction: see the guide
    ``lazy_policy``            "adaptive", "one", "peers", "raise" or "raise_n_plus_one"
    ``enable_baked_queries``   False: statements of this session are planned anew each time
    ``deadline``               seconds in which all statements have to end, from now
    ``hold``                   "transaction": keep the connection until the transaction ends;
                               "statement": give it back after each statement that only reads
    ``reads``                  "replica": read from the engine's replicas while nothing is written
    ``after``                  a token of ``write_token()``: nothing older is read
    ``outbox``                 where ``session.outbox`` writes events: see ``dovetail.ext.outbox``
    ``info``                   a dictionary of the user's, copied

    ``autocommit``, ``weak_identity_map`` and ``extension`` are classic: see the guide.

    A session is for one thread, or one task, at a time: IllegalStateChangeError tells of two.
    """

    def __init__(
        self,
        bind: Engine | Connection | None = None,
        *classic: object,
        autoflush: Autoflush = True,
        future: bool = True,
        expire_on_commit: bool = True,
        autobegin: bool = True,
        twophase: TwoPhase = False,
        binds: Mapping[Any, Any] | None = None,
        info: Mapping[Any, Any] | None = None,
        query_cls: type[Query[Any]] = Query,
        enable_baked_queries: bool = True,
        join_transaction_mode: str = "conditional_savepoint",
        close_resets_only: bool = True,
        lazy_policy: str = "adaptive",
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        deadline: float | None = None,
        hold: str = "transaction",
        outbox: EventTable | None = None,
        reads: str = "primary",
        after: str | None = None,
        autocommit: bool = False,
        weak_identity_map: bool = True,
        extension: object = None,
        _enable_transaction_accounting: bool = True,
        **unknown: Never,
    ) -> None:
        if unknown or isinstance(bind, str):
            raise _mistaken(bind, unknown)
        if classic:
            (
                autoflush, expire_on_commit, _, autocommit, twophase, weak_identity_map, binds,
                extension, enable_baked_queries, info, query_cls,
            ) = by_position(
                classic, autoflush, expire_on_commit, _enable_transaction_accounting, autocommit,
                twophase, weak_identity_map, binds, extension, enable_baked_queries, info,
                query_cls,
            )  # fmt: skip
        if not future:
            raise ArgumentError("future=False is not known: every session is of the 2.0 kind")
        if join_transaction_mode not in JOIN_MODES:
            raise ArgumentError(
                f"join_transaction_mode={join_transaction_mode!r} is not known",
                hint=f"one of {', '.join(map(repr, JOIN_MODES))}",
            )
        if lazy_policy not in POLICIES:
            raise unknown_policy(lazy_policy)
        core = self._core = self._core_class(self, self._has_own_get_bind)
        core.row_source = self._row_source
        core.bind = bind
        core.binds = checked_binds(binds) if binds else {}
        core.autoflush = autoflush if autoflush is True else checked_autoflush(autoflush)
        core.expire_on_commit = expire_on_commit
        core.autobegin = autobegin
        core.join_transaction_mode = join_transaction_mode
        core.lazy_policy = lazy_policy
        core.execution_options_dict = execution_options
        if deadline is not None:
            core.let_end_in(deadline)
        if hold != "transaction":
            core.ends_reads = ends_reads(hold)
        if outbox is not None:
            core.outbox = checked_outbox(outbox)
        if twophase is not False:
            core.twophase = checked_twophase(twophase)
        if reads != "primary" or after is not None:
            core.read_from(reads, after)
        core.keeps_plans = enable_baked_queries
        core.resets_only = close_resets_only
        core.info = dict(info) if info else {}
        self._query_cls = query_cls
        if autocommit or not weak_identity_map or extension is not None:
            self._use_classic(autocommit, weak_identity_map, extension)

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        cls._has_own_get_bind = cls.get_bind is not Session.get_bind
        # Those who listen to the class later are heard by the sessions that it has by then.
        class_dispatch(cls)

    _core_class: ClassVar[type[SessionCore]] = SessionCore
    _has_own_get_bind: ClassVar[bool] = False
    _row_source: ClassVar[RowSource | None] = None
    """A second-level cache that serves the sessions of the class: see ``dovetail.ext.cache``."""

    # Settings ---------------------------------------------------------------------------------

    bind = Setting[Any]("The Engine or Connection for all statements that ``binds`` does not name.")
    binds = Setting[dict[Any, Any]]("Engines by mapped class, base class or table.")
    autoflush = Setting[Autoflush]("Whether queries flush first.", check=checked_autoflush)
    autobegin = Setting[bool]("Whether a transaction begins with the first statement or change.")
    autocommit = Setting[bool]("True for a session without a lasting transaction: classic.")
    expire_on_commit = Setting[bool]("Whether values are read again after a commit.")
    twophase = Setting[TwoPhase](
        "Whether all databases promise to commit before one of them does.", check=checked_twophase
    )
    join_transaction_mode = Setting[str]("What to do in a Connection's transaction.")
    lazy_policy = Setting[str]("How what is not loaded is loaded when it is touched.")
    enable_baked_queries = Setting[bool](
        "Whether the plans of this session's statements are kept.", "keeps_plans"
    )
    execution_options = Setting[Mapping[str, Any]](
        "Execution options of all statements of this session.", "execution_options_dict"
    )

    info = Setting[dict[Any, Any]]("A dictionary of the user's.")
    hash_key = Setting[int]("A number that no other session of this process has.")
    _flushing = Setting[bool]("Whether a flush is in progress: listeners ask.", "flushing")
    dispatch: Dispatch
    """Who listens: see ``events.py``, which stands above, for listeners are given sessions."""

    # Blocks -----------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _block(self) -> Iterator[Self]:
        with self, self.begin():
            yield self

    # Transactions -----------------------------------------------------------------------------

    def begin(self, nested: bool = False, subtransactions: bool = False) -> SessionTransaction:
        """Begin a transaction, or with *nested* a savepoint; usable as a ``with`` block.

        InvalidRequestError when one is in progress: it begins with the first statement too.
        With *subtransactions*, the classic way, one that ends with the outer one is begun then::

            with session.begin():
                session.add(User(name="eve"))
            # INSERT INTO user_account (name) VALUES (?)
            # COMMIT
        """
        if nested:
            return self.begin_nested()
        if subtransactions:
            warn(
                "begin(subtransactions=True) is classic; today: begin() where the outermost "
                "transaction begins, begin_nested() within it",
                DovetailDeprecationWarning,
                stacklevel=2,
            )
            return self._core.begin_within()
        return self._core.begin_transaction()

    def begin_nested(self) -> SessionTransaction:
        """Set a savepoint; the block rolls back to it on an error and releases it otherwise::

        with session.begin_nested():
            session.add(User(name="may fail"))

        With the SQL that it sends::

            with session.begin_nested():
                session.add(User(name="eve"))
            # SAVEPOINT
            # INSERT INTO user_account (name) VALUES (?)
            # RELEASE SAVEPOINT
        """
        return self._core.run(self._core.begin_nested_steps())

    def commit(self) -> None:
        """Flush, commit, and expire what was loaded (``expire_on_commit``).

        With the SQL that it sends::

            session.get(User, 1).name = "adah"
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            session.commit()
            # UPDATE user_account SET name=? WHERE user_account.id = ?
            # COMMIT
        """
        self._core.run(self._core.commit_steps())

    def rollback(self) -> None:
        """Roll back; instances are restored to what their rows are.

        New ones leave the session, deleted ones return, changed ones are read again when touched::

            user = session.get(User, 1)
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            user.name = "adah"
            session.flush()
            # UPDATE user_account SET name=? WHERE user_account.id = ?
            session.rollback()
            # ROLLBACK
            assert user.name == "ada"
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id IN
            #     (?)
        """
        self._core.run(self._core.rollback_steps())

    def release(self) -> None:
        """Give connections back; what was loaded stays loaded, and what is pending pending.

        For a pause between reads in which others may use the connection: an answer that is
        streamed, a call to another service.  The transaction ends, its locks too, and the next
        statement, or lazy load, begins another, which may see newer rows.  Nothing happens where
        no transaction is in progress, or where the session was given a Connection.
        InvalidRequestError is raised where something was written, also by what is no SELECT, or
        awaits ``on_commit()``, and in a transaction that ``begin()`` has begun::

            users = session.scalars(select(User)).all()
            # SELECT user_account.id, user_account.name FROM user_account
            session.release()
            # COMMIT
            assert users[0].name == "ada"
        """
        self._core.run(self._core.release_steps())

    def prepare(self) -> None:
        """Flush, and let each database promise to commit: the first half of a two-phase commit.

        For sessions with ``twophase=True``; ``commit()`` does this too, if it was not done.
        """
        self._core.run(self._core.prepare_steps())

    def close(self) -> None:
        """Detach all instances, roll back what was not committed, give connections back."""
        self._core.run(self._core.close_steps())

    def reset(self) -> None:
        """As ``close()``; the session can be used again whatever ``close_resets_only`` says."""
        self._core.run(self._core.reset_steps())

    def invalidate(self) -> None:
        """Close, and discard the connections in use: their state is not known."""
        self._core.run(self._core.close_steps(invalidate=True))

    def connection(
        self,
        bind_arguments: Mapping[str, Any] | None = None,
        execution_options: Mapping[str, Any] | None = None,
        **classic: object,
    ) -> Connection:
        """The Connection of the transaction in progress, for use of Core.

        *execution_options* hold for it until the transaction ends: ``isolation_level``, which is
        set before anything was sent, or ``schema_translate_map``.  They have no effect, and there
        is a warning, where the transaction uses the connection already.
        Without a lasting transaction, in the classic mode, one that the caller closes::

            session.connection().exec_driver_sql("SELECT count(*) FROM orders").scalar()
            # SELECT count(*) FROM orders
        """
        arguments = bind_arguments_of(bind_arguments, classic, "connection") or {}
        core = self._core
        if core.autocommit and core.transaction is None:
            own: Any = self.get_bind(**arguments)
            connection: Connection = own.connect().execution_options(**(execution_options or {}))
            return connection
        transaction = core.transaction or core.ensure_transaction()
        transaction.hand_out()
        bind = self.get_bind(**arguments)
        used: Connection = core.run(transaction.connection_steps(bind, execution_options))
        return used

    def get_bind(
        self,
        mapper: Mapper | type | None = None,
        clause: Node | None = None,
        *,
        bind: Engine | Connection | None = None,
        **arguments: Any,
    ) -> Engine | Connection:
        """The Engine or Connection for *mapper*, or for the tables of *clause*.

        Made to be overridden.  UnboundExecutionError when there is none.
        """
        return self._core.find_bind(mapper, clause, bind=bind, **arguments)

    def bind_mapper(self, mapper: Mapper | type, bind: Engine | Connection) -> None:
        """Use *bind* for statements of *mapper*, or mapped class."""
        self.binds |= checked_binds({mapper: bind})

    def bind_table(self, table: FromClause, bind: Engine | Connection) -> None:
        """Use *bind* for statements of *table*."""
        self.binds |= checked_binds({table: bind})

    def get_transaction(self) -> SessionTransaction | None:
        """The transaction in progress, the outermost one, or None."""
        return self._core.get_transaction()

    def get_nested_transaction(self) -> SessionTransaction | None:
        """The savepoint in progress, the innermost one, or None."""
        return self._core.get_nested_transaction()

    def in_transaction(self) -> bool:
        """True while a transaction is in progress."""
        return self._core.in_transaction()

    def in_nested_transaction(self) -> bool:
        """True within a savepoint."""
        return self._core.in_nested_transaction()

    @property
    def is_active(self) -> bool:
        """False after a failed flush, until ``rollback()``."""
        return self._core.is_active

    @property
    @contextmanager
    def no_autoflush(self) -> Iterator[Self]:
        """A block in which queries do not flush first.

        With the SQL that is sent::

            session.add(User(name="eve"))
            with session.no_autoflush:
                session.scalars(select(User.name)).all()
            # SELECT user_account.name FROM user_account
            session.flush()
            # INSERT INTO user_account (name) VALUES (?)
        """
        with self._core.no_autoflush:
            yield self

    def watch(self, **options: Unpack[WatchOptions]) -> "Watch":
        """Return a watch: it sees what this session sends while its block runs.

        What it finds, prints and raises, and its options: :class:`dovetail.watching.Watch`::

            with session.watch(budget=1) as watch:
                session.scalars(select(User.name)).all()
            assert watch.n_plus_one == []
            # SELECT user_account.name FROM user_account
        """
        return watch_session(self, options)

    # Instances ----------------------------------------------------------------------------------

    def get(
        self,
        entity: type[T],
        ident: object,
        *,
        options: Sequence[Any] | None = None,
        populate_existing: bool | None = None,
        with_for_update: object = None,
        identity_token: object = None,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> T | None:
        """The instance of *entity* with the primary key *ident*, or None.

        One that the session has, and that is not expired as a whole, is returned without SQL.
        A composite key is a tuple in the order of the columns, or a dictionary;
        *populate_existing* counts for more than the execution option.  Of instances
        with the same key, *identity_token* says which is meant::

            session.get(User, 5)
            session.get(Version, (5, 2))

        With the SQL that it sends::

            user = session.get(User, 1)
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            session.get(User, 1) is user
        """
        core = self._core
        is_plain = (
            populate_existing is None
            and with_for_update is None
            and identity_token is None
            and execution_options is NO_OPTIONS
        )
        if is_plain:
            # A key in the shape of the identity map, of a base class; others are looked up below.
            try:
                state = core.scope.identities.get(entity, _NONE_HELD).get(ident)
            except TypeError:
                state = None
            if state is not None and type(state.stale) is not Whole:
                instance: T | None = state()
                if instance is not None:
                    return instance
        try:
            mapper = entity.__mapper__  # type: ignore[attr-defined]
        except AttributeError:
            mapper = None
        if mapper is None or mapper.class_ is not entity:
            mapper = mapper_for(entity)
        if populate_existing is None and execution_options is not NO_OPTIONS:
            populate_existing = execution_options.get("populate_existing")
        if mapper.always_refresh:
            populate_existing = True
        if identity_token is not None or core.scope.has_tokens:
            steps = core.get_at_steps(
                mapper,
                mapper.key_from_identity(ident),
                identity_token,
                options=options or (),
                populate_existing=populate_existing,
                with_for_update=with_for_update,
                execution_options=execution_options,
                bind_arguments=bind_arguments,
            )
            tokened: T | None = core.run(steps)
            return tokened
        key = mapper.key_from_identity(ident)
        is_looked_up = is_plain and key is ident and mapper.identity_place is entity
        if not (is_looked_up or populate_existing or with_for_update):
            held = core.find(mapper, key)
            if held is not None and type(held.__dovetail_state__.stale) is not Whole:
                return held if isinstance(held, mapper.class_) else None
        steps = core.get_steps(
            mapper,
            key,
            options=options or (),
            populate_existing=populate_existing,
            with_for_update=with_for_update,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
        )
        found: T | None = core.run(steps)
        return found

    def get_one(self, entity: type[T], ident: object, **keywords: Unpack[GetOptions]) -> T:
        """As ``get()``, but NoResultFound is raised where there is no such row.

        With the SQL that it sends::

            user = session.get_one(User, 1)
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
        """
        found: T = require_found(self.get(entity, ident, **keywords), entity, ident)
        return found

    def flush(self, objects: Iterable[Any] | None = None) -> None:
        """Write pending changes to the database, within the transaction.

        A failure rolls the transaction back, is raised, and is named by the
        PendingRollbackError that the session answers with until ``rollback()``.  With *objects*,
        the classic way, it writes those alone: what they lead to may need more::

            user = User(name="eve")
            session.add(user)
            session.flush()
            # INSERT INTO user_account (name) VALUES (?)
            user.id
        """
        if objects is not None:
            warn_of_objects()
        if self._core.has_pending():
            self._core.run(self._core.flush_steps(objects))

    def delete(self, instance: object) -> None:
        """Delete the row of *instance*, and what the delete cascade leads to, at the next flush.

        With the SQL that it sends::

            order = session.get(Order, 3)
            # SELECT orders.id, orders.user_id, orders.total FROM orders WHERE orders.id = ?
            session.delete(order)
            session.commit()
            # DELETE FROM orders WHERE orders.id = ?
            # COMMIT
        """
        if not self._core.delete_alone(instance):
            self._core.run(self._core.delete_steps((instance,)))

    def delete_all(self, instances: Iterable[Any]) -> None:
        """Delete the rows of all *instances* at the next flush.

        With the SQL that it sends::

            orders = session.scalars(select(Order).where(Order.total < 20)).all()
            # SELECT orders.id, orders.user_id, orders.total FROM orders WHERE orders.total < ?
            session.delete_all(orders)
            session.commit()
            # DELETE FROM orders WHERE orders.id = ?
            # COMMIT
        """
        self._core.run(self._core.delete_steps(instances))

    def refresh(
        self,
        instance: object,
        attribute_names: Iterable[str] | None = None,
        with_for_update: object = None,
        lockmode: str | None = None,
    ) -> None:
        """Read *instance* again now, all of it or what is named; changes to that are lost.

        *with_for_update* locks the row: True, or a dictionary such as ``{"nowait": True}``;
        *lockmode* ("read", "update", "update_nowait") is classic for it::

            user = session.get(User, 1)
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            session.refresh(user)
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id IN
            #     (?)
        """
        if isinstance(with_for_update, str):
            lockmode, with_for_update = with_for_update, None
        if lockmode is not None:
            with_for_update = lock_of(lockmode, "refresh") or True
        self._core.run(
            self._core.refresh_instance_steps(instance, attribute_names, with_for_update)
        )

    def load(self, instances: object, *attributes: object) -> Any:
        """Load relationships or columns onto instances that are here already.

        One statement for each attribute, however many instances; a later attribute may belong to
        what an earlier one leads to.  Returns the value where one attribute of one instance
        was asked for, else *instances*::

            addresses = session.load(user, User.addresses)
            session.load(users, User.addresses, Address.city)

        With the SQL that it sends::

            users = session.scalars(select(User)).all()
            # SELECT user_account.id, user_account.name FROM user_account
            session.load(users, User.orders)
            # SELECT orders.user_id, orders.id, orders.total FROM orders WHERE orders.user_id IN (?,
            #     ?)
            [len(user.orders) for user in users]
        """
        return self._core.run(self._core.load_steps(instances, attributes))

    def merge(self, instance: T, *, load: bool = True, options: Sequence[Any] | None = None) -> T:
        """Copy *instance* onto the session's own instance of the same row, and return that.

        It is loaded where the session has none, and made new where there is no row.  Related
        instances follow by the merge cascade.  With ``load=False`` nothing is read: for
        unchanged instances from a cache::

            merged = session.merge(User(id=1, name="adah"))
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            session.commit()
            # UPDATE user_account SET name=? WHERE user_account.id = ?
            # COMMIT
        """
        if not load:
            own: T = place_all(self._core, (instance,))[0]
            return own
        merged: list[T] = self._core.run(
            merge_all_steps(self._core, [instance], load, options or ())
        )
        return merged[0]

    def merge_all(
        self, instances: Iterable[T], *, load: bool = True, options: Sequence[Any] | None = None
    ) -> list[T]:
        """Merge all *instances*; return the session's own, in the same order.

        With the SQL that it sends::

            session.merge_all([User(id=1, name="adah"), User(id=2, name="benny")])
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
            session.commit()
            # UPDATE user_account SET name=? WHERE user_account.id = ?
            # COMMIT
        """
        steps = merge_all_steps(self._core, instances, load, options or ())
        return self._core.run(steps)

    @classmethod
    def object_session(cls, instance: object) -> "Session | None":
        """The session that *instance* belongs to, or None."""
        return object_session(instance)

    @classmethod
    def close_all(cls) -> None:
        """Close every session of this process."""
        close_all_sessions()

    @classmethod
    def identity_key(
        cls, class_: type | None = None, ident: object = None, *, instance: object = None,
        row: Any = None,
        identity_token: object = None,
    ) -> tuple[Any, ...]:  # fmt: skip
        """Return the identity key of an instance, or of a class and a primary key, or a row."""
        return identity_key(
            class_, ident, instance=instance, row=row, identity_token=identity_token
        )


def _mistaken(bind: object, unknown: Mapping[str, Any]) -> DovetailError:
    for name in unknown:
        known: Any = Session.__init__.__kwdefaults__
        return InvalidOption(
            f"Session() takes no option {name!r}",
            hint=did_you_mean(name, known) or f"it takes bind, {', '.join(known)}",
        )
    return ArgumentError(
        f"a session needs an Engine or a Connection, not {bind!r}",
        hint="Session(create_engine(url))",
    )


def object_session(instance: object) -> Session | None:
    """The session that *instance* belongs to, or None; UnmappedInstanceError if it isn't mapped."""
    session: Session | None = state_of(instance).session
    return session
