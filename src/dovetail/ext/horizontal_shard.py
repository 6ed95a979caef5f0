"""Horizontal sharding: one session over several databases with the same tables.

::

    session = ShardedSession(
        shard_chooser=lambda mapper, instance, clause=None: instance.region,
        identity_chooser=lambda mapper, key, **given: ["north", "south"],
        execute_chooser=lambda context: ["north", "south"],
        shards={"north": north_engine, "south": south_engine},
    )
    session.scalars(select(Place)).all()  # of both; the shard is the identity token
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar
from warnings import warn

from ..engine.connection import Connection
from ..engine.cursor import CursorResult
from ..engine.engine import Engine
from ..exc import ArgumentError, DovetailDeprecationWarning, MultipleResultsFound
from ..orm.loading.lazy import find_reference, load_attribute_steps, policy_for
from ..orm.loading.options import Entry
from ..orm.loading.related import (
    is_unknown,
    load_related_steps,
    local_names,
    reference_key,
)
from ..orm.loading.tree import NO_TREE, LoadTree
from ..orm.mapping.attribute import EntityNode
from ..orm.query import Query
from ..orm.session import Session
from ..orm.session.core import SessionCore
from ..orm.session.orm_execute import NO_OPTIONS, ORMExecuteState
from ..orm.session.settings import Setting
from ..orm.tracking.expiry import Whole
from ..orm.tracking.state import NO_VALUE, InstanceState
from ..sql.expression.select import CompoundSelect, Select
from ..sql.node import Node, Walk
from ..steps import Steps

if TYPE_CHECKING:
    from ..orm.mapping.mapper import Mapper
    from ..orm.mapping.relationship import RelationshipProperty
    from ..orm.tracking.attributes import AttributeBase
    from ..sql.arguments import ManyParameters, StatementArgument

__all__ = ["IdentityChooser", "ShardChooser", "ShardedQuery", "ShardedSession", "set_shard_id"]

T = TypeVar("T")
Shards = Sequence[Any]
Rows = dict[InstanceState, Any]


class ShardChooser(Protocol):
    """A function that says in which shard *instance*, which is new, or *clause* belongs."""

    def __call__(self, mapper: Mapper | None, instance: object, clause: object = None) -> Any: ...


class IdentityChooser(Protocol):
    """A function that says in which shards the row with a primary key may be."""

    def __call__(
        self,
        mapper: Mapper,
        primary_key: Sequence[Any],
        *,
        lazy_loaded_from: InstanceState | None,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any],
        **kw: object,
    ) -> Iterable[Any]: ...


class set_shard_id:
    """An option: run the statement in shard *shard_id* alone, without asking the choosers.

    With *propagate_to_loaders* what its instances load later comes from there too.
    """

    entries: tuple[Entry, ...] = ()
    root: Any = None

    def __init__(self, shard_id: object, propagate_to_loaders: bool = True) -> None:
        self.shard_id = shard_id
        self.propagate_to_loaders = propagate_to_loaders

    def collect(self, walk: Walk) -> None:
        """Append what the instances of the statement share."""
        walk.key += ("shard", self.propagate_to_loaders)

    def instruct(self, tree: LoadTree) -> None:
        """Let what is loaded later stay in the shard of the instance."""
        tree.stays = self.propagate_to_loaders


class ShardedQuery(Query[T]):
    """A Query that can be told its shard."""

    def set_shard(self, shard_id: object) -> Self:
        """In shard *shard_id* alone."""
        return self.options(set_shard_id(shard_id))


class ShardedCore(SessionCore):
    """The core of a :class:`ShardedSession`: what is done is done in the shards where it belongs.

    ``shards``  Engines or Connections by name
    """

    shard_chooser: ShardChooser
    identity_chooser: IdentityChooser | None
    execute_chooser: Callable[[ORMExecuteState], Iterable[Any]] | None

    def __init__(self, session: object, has_own_get_bind: bool) -> None:
        super().__init__(session, has_own_get_bind)
        self.shards: dict[Any, Any] = {}
        self.scope.has_tokens = True

    def expunge_all(self) -> None:
        """Take all instances out of the session; pending changes are dropped."""
        super().expunge_all()
        self.scope.has_tokens = True

    # Where ------------------------------------------------------------------------------------

    def _known(self, shard: object, chooser: str) -> Any:
        if shard not in self.shards:
            raise ArgumentError(
                f"{chooser} names the shard {shard!r}, which is not known",
                hint=f"there are {', '.join(map(repr, self.shards)) or 'none'}: "
                "ShardedSession(..., shards={...}), or session.bind_shard()",
            )
        return shard

    def _all_known(self, shards: Iterable[Any], chooser: str) -> Shards:
        return [self._known(shard, chooser) for shard in shards]

    def find_bind(
        self,
        mapper: Any = None,
        clause: Any = None,
        *,
        shard_id: Any = None,
        instance: Any = None,
        bind: Any = None,
        **_: Any,
    ) -> Any:
        """Return the database of *shard_id*, of *instance*, or of what is being done."""
        if bind is not None:
            return bind
        shard = shard_id if shard_id is not None else self.scope.token
        if shard is None and instance is not None:
            shard = self._shard_of(instance.__dovetail_state__, instance)
        if shard is None:
            shard = self.shard_chooser(mapper, None, clause=clause)
        return self.shards[self._known(shard, "shard_chooser")]

    def _shard_of(self, state: InstanceState, instance: object) -> Any:
        """The shard where *instance* came from, or where it belongs."""
        shard = state.load.token
        if shard is None:
            shard = self.shard_chooser(state.load.mapper, instance)
        return self._known(shard, "shard_chooser")

    def by_shard(self, rows: Rows) -> list[tuple[Any, Rows]]:
        """*rows*, which a flush is about to write, by shard."""
        found: dict[Any, Rows] = {}
        for state, instance in rows.items():
            found.setdefault(self._shard_of(state, instance), {})[state] = instance
        return list(found.items())

    # Statements -------------------------------------------------------------------------------

    def run_statement_steps(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Steps[Any]:
        """Run *statement* in each shard where the choosers send it; one result for all."""
        if self.scope.token is not None:
            # It belongs to something that is being done in one shard.
            return super().run_statement_steps(statement, params, execution_options, bind_arguments)
        return self._in_shards_steps(statement, params, execution_options, bind_arguments)

    def _in_shards_steps(
        self,
        statement: StatementArgument,
        params: ManyParameters,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
    ) -> Steps[Any]:
        own = getattr(statement, "execution_options_dict", NO_OPTIONS)
        options = {**self.execution_options_dict, **own, **execution_options}
        if options.get("autoflush", True):
            yield from self.autoflush_steps(statement)
        shards = self._shards_for(statement, params, options, bind_arguments)
        rest = {k: v for k, v in (bind_arguments or {}).items() if k != "shard_id"}
        results: list[Any] = []
        for shard in shards:
            with self.scope.at(shard):
                # Not the shard's own, which its choice would be made of again.
                answer = yield from super().run_statement_steps(
                    statement, params, {**execution_options, "identity_token": None}, rest or None
                )
            results.append(answer)
        return _together(results)

    def _shards_for(
        self,
        statement: StatementArgument,
        params: ManyParameters,
        options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
    ) -> Shards:
        """The shards where *statement* is to run."""
        given = (bind_arguments or {}).get("shard_id", options.get("identity_token"))
        given = _shard_named(getattr(statement, "loader_options", ()), given)
        if given is not None:
            return [self._known(given, "the statement")]
        context = ORMExecuteState(self, statement, params, options, bind_arguments, ())
        if self.execute_chooser is not None:
            return self._all_known(self.execute_chooser(context), "execute_chooser")
        if context.is_insert or not _is_of_entities(statement):
            chosen = self.shard_chooser(context.bind_mapper, None, clause=statement)
            return [self._known(chosen, "shard_chooser")]
        return list(self.shards)

    @property
    def load_arguments(self) -> Mapping[str, Any]:
        """The bind arguments of what is being loaded, ``shard_id`` among them."""
        return {**super().load_arguments, "shard_id": self.scope.token}

    # Instances --------------------------------------------------------------------------------

    def _shards_of_key(
        self,
        mapper: Mapper,
        key: object,
        lazy_loaded_from: InstanceState | None = None,
        execution_options: Mapping[str, Any] = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Shards:
        if self.identity_chooser is None:
            return list(self.shards) if lazy_loaded_from is None else [lazy_loaded_from.load.token]
        shards = self.identity_chooser(
            mapper,
            list(mapper.key_tuple(key)),
            lazy_loaded_from=lazy_loaded_from,
            execution_options=execution_options,
            bind_arguments=dict(bind_arguments or {}),
        )
        return self._all_known(shards, "identity_chooser")

    def find(self, mapper: Mapper, key: object) -> Any:
        """The instance with *key* in the identity map, or None; sends no SQL."""
        if self.scope.token is not None:
            return super().find(mapper, key)
        for shard in self._shards_of_key(mapper, key):
            with self.scope.at(shard):
                found = super().find(mapper, key)
            if found is not None:
                return found
        return None

    def get_steps(self, mapper: Mapper, key: object, **options: Any) -> Steps[Any]:
        """Load the instance with *key* from the shards where it may be."""
        if self.scope.token is not None:
            return (yield from super().get_steps(mapper, key, **options))
        yield from self.autoflush_steps(f"get({mapper.class_.__name__}, {key!r})")
        known = options.get("execution_options") or NO_OPTIONS
        shards = self._shards_of_key(mapper, key, None, known, options.get("bind_arguments"))
        return (yield from self._get_among_steps(shards, mapper, key, options))

    def _get_among_steps(
        self, shards: Shards, mapper: Mapper, key: object, options: Mapping[str, Any]
    ) -> Steps[Any]:
        found: list[Any] = []
        for shard in shards:
            with self.scope.at(shard):
                one = yield from super().get_steps(mapper, key, **options)
            if one is not None:
                found.append(one)
        if len(found) > 1:
            raise MultipleResultsFound(
                f"{len(found)} shards have a row of {mapper.class_.__name__} with the primary key "
                f"{key!r}",
                hint="name the shard: session.get(..., identity_token=...)",
            )
        return found[0] if found else None

    def get_at_steps(self, mapper: Mapper, key: object, token: Any, **options: Any) -> Steps[Any]:
        """As ``get_steps()``, the identity map first; in the shard *token*, or where it may be."""
        if token is not None:
            self._known(token, "identity_token")
            return (yield from super().get_at_steps(mapper, key, token, **options))
        known = options.get("execution_options") or NO_OPTIONS
        given = _shard_named(options.get("options", ()), known.get("identity_token"))
        if given is not None:
            return (yield from self.get_at_steps(mapper, key, given, **options))
        shards = self._shards_of_key(mapper, key, None, known, options.get("bind_arguments"))
        if not (options.get("populate_existing") or options.get("with_for_update")):
            for shard in shards:
                held = self._held(mapper, key, shard)
                if held is not None:
                    return held
        yield from self.autoflush_steps(f"get({mapper.class_.__name__}, {key!r})")
        found = yield from self._get_among_steps(shards, mapper, key, options)
        return found if isinstance(found, mapper.class_) else None

    def _held(self, mapper: Mapper, key: object, shard: object) -> Any:
        """What the identity map has, unless it has expired as a whole."""
        state = self.scope.known(mapper, shard).get(key)
        held = None if state is None else state()
        if held is None or state is None or type(state.stale) is Whole:
            return None
        return held if isinstance(held, mapper.class_) else None

    # Lazy loads -------------------------------------------------------------------------------

    def _load_attribute_steps(
        self, state: InstanceState, instance: object, attribute: AttributeBase
    ) -> Steps[None]:
        if not attribute.is_relationship or state.load.token is None:
            yield from super()._load_attribute_steps(state, instance, attribute)
            return
        prop = attribute.prop
        shards = self._shards_lazily(state, instance, prop)
        if list(shards) == [state.load.token]:
            yield from super()._load_attribute_steps(state, instance, attribute)
            return
        yield from self.autoflush_steps(f"the lazy load of {prop}")
        for name in local_names(prop):
            if is_unknown(state, instance, name):
                own = state.load.mapper.attributes[name]
                yield from load_attribute_steps(self, state, instance, own)
        yield from self._load_elsewhere_steps(state, instance, prop, shards)

    def _load_elsewhere_steps(
        self, state: InstanceState, instance: object, prop: RelationshipProperty, shards: Shards
    ) -> Steps[None]:
        """Load *prop* from other shards than that of *instance*: what each of them has."""
        tree: LoadTree = state.load.options or NO_TREE
        found: list[Any] = []
        for shard in shards:
            with self.scope.at(shard):
                connection = yield from self.connection_for_steps(prop.mapper)
                pairs = [(state, instance)]
                yield from load_related_steps(self, connection, prop, pairs, tree)
            value = instance.__dict__.pop(prop.key, None)
            if value is not None:
                found += prop.impl.kind.items(value) if prop.uselist else [value]
        if prop.uselist:
            prop.impl.fill(state, instance, found)
        else:
            instance.__dict__[prop.key] = found[0] if found else None

    def _shards_lazily(
        self, state: InstanceState, instance: object, prop: RelationshipProperty
    ) -> Shards:
        """The shards where *prop* of *instance* is loaded from."""
        own = [state.load.token]
        tree: LoadTree = state.load.options or NO_TREE
        strategy = tree.strategy(prop)
        policy = policy_for(self, tree, strategy.policy)
        if strategy.fills_empty or strategy.raises or policy.peers_for(1) is None:
            return own
        if tree.stays or find_reference(self, state, instance, prop) is not NO_VALUE:
            return own
        if prop.refers_by_key and self.identity_chooser is not None:
            key = reference_key(prop, state, instance)
            if key is not NO_VALUE and key is not None:
                return self._shards_of_key(prop.mapper, key, state)
        if prop.refers_by_key or self.execute_chooser is None:
            return own
        context = ORMExecuteState(
            self,
            Select(prop.mapper.node),
            None,
            self.execution_options_dict,
            None,
            (),
            is_relationship_load=True,
            lazy_loaded_from=state,
        )
        return self._all_known(self.execute_chooser(context), "execute_chooser")


class ShardedSession(Session):
    """A session over several databases, the shards, with the same tables.

    ``shard_chooser``     (mapper, instance, clause=None): the shard of a new instance
    ``identity_chooser``  (mapper, primary_key, *, lazy_loaded_from, …): the shards where a row is
                          looked for; all where it is not given
    ``execute_chooser``   (ORMExecuteState): the shards where a statement runs, of whichever kind.
                          Where it is not given, statements about mapped classes run in all; the
                          ``shard_chooser`` is asked for an INSERT, and for others
    ``shards``            Engines or Connections by name; ``bind_shard()`` adds one

    The shard of an instance is its identity token: rows of two shards with one key are two
    instances.  Changes go to the shard that an instance came from.  A chooser that is not given
    sends what is loaded lazily there too; one that is given is told whom it is for, in
    ``lazy_loaded_from``, and answers ``[lazy_loaded_from.identity_token]`` for the same.
    """

    def __init__(
        self,
        shard_chooser: ShardChooser,
        identity_chooser: IdentityChooser | None = None,
        execute_chooser: Callable[[ORMExecuteState], Iterable[Any]] | None = None,
        shards: Mapping[Any, Any] | None = None,
        query_cls: type[Query[Any]] = ShardedQuery,
        *,
        id_chooser: Callable[..., Iterable[Any]] | None = None,
        query_chooser: Callable[..., Iterable[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(query_cls=query_cls, **kwargs)
        for classic, name in ((id_chooser, "identity"), (query_chooser, "execute")):
            if classic is not None:
                old = "id_chooser" if name == "identity" else "query_chooser"
                warn(
                    f"{old}= is classic; today: {name}_chooser",
                    DovetailDeprecationWarning,
                    stacklevel=2,
                )
        core = self._core
        core.shard_chooser = shard_chooser
        core.identity_chooser = identity_chooser or _classic_identity(id_chooser)
        core.execute_chooser = execute_chooser or _classic_execute(query_chooser)
        core.shards.update(shards or {})

    _core_class = ShardedCore
    _core: ShardedCore

    shard_chooser = Setting[ShardChooser]("Says in which shard a new instance belongs.")
    identity_chooser = Setting[IdentityChooser | None]("Says where the row of a key may be.")
    execute_chooser = Setting[Callable[[ORMExecuteState], Iterable[Any]] | None](
        "Says in which shards a statement runs."
    )

    def bind_shard(self, shard_id: object, bind: Engine | Connection | None) -> None:
        """Use *bind*, an Engine or a Connection, for the shard *shard_id*."""
        self._core.shards[shard_id] = bind

    def get_bind(
        self,
        mapper: Mapper | type | None = None,
        clause: Node | None = None,
        *,
        bind: Engine | Connection | None = None,
        **arguments: Any,
    ) -> Engine | Connection:
        """The database of ``shard_id=``, of ``instance=``, or of what is being done."""
        return super().get_bind(mapper, clause, bind=bind, **arguments)


def _shard_named(options: Sequence[Any], given: object) -> Any:
    """The shard that ``set_shard_id()`` among *options* names, or *given*."""
    named = [option.shard_id for option in options if isinstance(option, set_shard_id)]
    return named[-1] if named else given


def _is_of_entities(statement: StatementArgument) -> bool:
    """True for a statement that speaks of mapped classes."""
    if not hasattr(statement, "walk"):
        return hasattr(statement, "mapper")
    if isinstance(getattr(statement, "table", None), EntityNode):
        return True
    if isinstance(statement, Select | CompoundSelect):
        return statement.walk().planner is not None
    return False


def _together(results: list[Any]) -> Any:
    """One result of the rows of *results*."""
    if len(results) == 1:
        return results[0]
    if not results:
        raise ArgumentError(
            "the choosers name no shard for this statement", hint="name one at the least"
        )
    if not getattr(results[0], "returns_rows", True):
        return CursorResult.of_change(sum(result.rowcount for result in results))
    merged = results[0].merge(*results[1:])
    counts: list[Any] = [getattr(result, "rowcount", None) for result in results]
    if None not in counts:
        merged.rowcount = sum(counts)
    return merged


def _classic_identity(chooser: Callable[..., Iterable[Any]] | None) -> IdentityChooser | None:
    if chooser is None:
        return None

    def choose(mapper: Mapper, primary_key: Sequence[Any], **given: object) -> Iterable[Any]:
        return chooser(ShardedQuery(mapper.class_), primary_key)

    return choose


def _classic_execute(
    chooser: Callable[..., Iterable[Any]] | None,
) -> Callable[[ORMExecuteState], Iterable[Any]] | None:
    if chooser is None:
        return None

    def choose(context: ORMExecuteState) -> Iterable[Any]:
        return chooser(context.statement)

    return choose
