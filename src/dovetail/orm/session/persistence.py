"""Reading and writing instances: get, flush, delete, refresh, lazy loads."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from warnings import warn

from dovetail.collector import MANY, collector
from dovetail.engine.connection import Connection
from dovetail.exc import (
    ArgumentError,
    DovetailDeprecationWarning,
    InvalidRequestError,
    NoResultFound,
    ORMExecuteError,
    UnmappedClassError,
)
from dovetail.later import function_later
from dovetail.orm.flush.cascade import delete_cascade_steps
from dovetail.orm.flush.context import FlushContext
from dovetail.orm.flush.versions import check_version, version_here
from dovetail.orm.loading.by_key import Lock, get_plan, get_statement, plain_lock
from dovetail.orm.loading.lazy import (
    find_reference,
    load_attribute_steps,
    load_onto_steps,
    read_whole_steps,
    refuse_other_key,
)
from dovetail.orm.loading.options import LoaderOption
from dovetail.orm.loading.plan import EntityPlan
from dovetail.orm.loading.related import (
    is_partial,
    is_unknown,
    keys_plan,
    load_keys_steps,
    load_related_steps,
    only_tree,
)
from dovetail.orm.loading.session import LoadCause
from dovetail.orm.loading.tree import NO_TREE, REFRESH, LoadTree
from dovetail.orm.mapping.attribute import QueryableAttribute
from dovetail.orm.mapping.mapper import Mapper, mapper_of
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.mapping.strategies import JOINED
from dovetail.orm.session.autoflushing import SessionAutoflush
from dovetail.orm.session.orm_execute import NO_OPTIONS, ORMExecuteState
from dovetail.orm.session.transaction import ACTIVE, CLOSED, SUBTRANSACTION, SessionTransaction
from dovetail.orm.tracking.attributes import AttributeBase
from dovetail.orm.tracking.expiry import Whole
from dovetail.orm.tracking.reach import cascaded
from dovetail.orm.tracking.references import warn_of_change
from dovetail.orm.tracking.state import NO_VALUE, InstanceState, state_of
from dovetail.sql.arguments import ManyParameters, StatementArgument
from dovetail.sql.node import Executable
from dovetail.steps import Steps

if TYPE_CHECKING:
    from dovetail.orm.flush.unit_of_work import flush_steps
else:
    flush_steps = function_later("dovetail.orm.flush.unit_of_work", "flush_steps", __name__)

T = TypeVar("T")

Pair = tuple[InstanceState, Any]


class SessionPersistence(SessionAutoflush):
    """The fifth base class of the core: instances are read from and written to rows."""

    lazy_policy: str
    execution_options_dict: Mapping[str, Any] = NO_OPTIONS

    load_cause: LoadCause | None = None
    levels: deque[Steps[None]] | None = None
    """What is being loaded for, where somebody listens to statements."""

    flushes = 0
    """How many flushes were begun."""
    reading: tuple[object, AttributeBase] | None = None
    """What is read, and loaded for that: an instance and its attribute."""

    if TYPE_CHECKING:
        # What the base class of statements has.
        def execute_steps(
            self,
            statement: StatementArgument,
            params: ManyParameters = None,
            execution_options: Mapping[str, Any] = NO_OPTIONS,
            bind_arguments: Mapping[str, Any] | None = None,
        ) -> Steps[Any]: ...
        def run_statement_steps(
            self,
            statement: StatementArgument,
            params: ManyParameters = None,
            execution_options: Mapping[str, Any] = NO_OPTIONS,
            bind_arguments: Mapping[str, Any] | None = None,
        ) -> Steps[Any]: ...

    # Flush --------------------------------------------------------------------------------------

    def flush_steps(self, objects: Iterable[Any] | None = None) -> Steps[None]:
        """Write pending changes; a failure rolls back and is what the next use reports."""
        if self.flushing:
            raise InvalidRequestError("this session is already flushing")
        scope = self.scope
        if not (scope.new or scope.modified or scope.deleted):
            return
        if scope.token is not None:
            # What is pending is not of those that are being loaded.
            yield from self.at_token_steps(None, self.flush_steps(objects))
            return
        only = None if objects is None else frozenset(state_of(item) for item in objects)
        transaction = self.transaction or self.ensure_transaction()
        if transaction.state is not ACTIVE:
            transaction.check()
        context = FlushContext(self, transaction, only)
        self.flushing = True
        self.flushes += 1
        try:
            for call in self.dispatch.before_flush:
                call(self.session, context, objects)
            if self.dispatch.after_transaction_create or self.dispatch.after_transaction_end:
                yield from self._told_of_transaction_steps(context)
            else:
                yield from self._write_steps(context)
        finally:
            self.flushing = False

    def _told_of_transaction_steps(self, context: FlushContext) -> Steps[None]:
        """Write, and tell those who listen of the flush as of a transaction within the other."""
        within = SessionTransaction(self, SUBTRANSACTION, context.transaction)
        for call in self.dispatch.after_transaction_create:
            call(self.session, within)
        names = ["after_transaction_end", "after_soft_rollback"]
        try:
            yield from self._write_steps(context)
            names.pop()
        finally:
            within.state = CLOSED
            for name in names:
                for call in getattr(self.dispatch, name):
                    call(self.session, within)

    def _write_steps(self, context: FlushContext) -> Steps[None]:
        try:
            if self.count_pending() < MANY:
                yield from flush_steps(context)
            else:
                with collector:
                    yield from flush_steps(context)
            if self.row_source is not None:
                self.row_source.flushed(context)
            for call in self.dispatch.after_flush_postexec:
                call(self.session, context)
        except BaseException as error:
            yield from context.transaction.fail_steps(error)
            raise
        context.transaction.flushed = True

    # Get ----------------------------------------------------------------------------------------

    def find(self, mapper: Mapper, key: object) -> Any:
        """The instance with *key* in the identity map, or None; sends no SQL."""
        state = self.scope.known(mapper, self.scope.token).get(key)
        return None if state is None else state()

    def get_steps(
        self,
        mapper: Mapper,
        key: Any,
        *,
        options: Sequence[LoaderOption] = (),
        populate_existing: bool | None = None,
        with_for_update: Any = None,
        execution_options: Mapping[str, Any] | None = None,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Steps[Any]:
        """Load the instance of *mapper* with *key*, which the identity map may have expired."""
        mapper.configure()
        if self.autoflush:
            scope = self.scope
            if scope.new or scope.modified or scope.deleted:
                told = f"get({mapper.class_.__name__}, {key!r})"
                tables = partial(self.tables_of_get_steps, mapper, options)
                setting = (execution_options or NO_OPTIONS).get("autoflush")
                yield from self.autoflush_steps(told, setting, tables)
        listened = self.dispatch.do_orm_execute or self.row_source is not None
        asked: Any = options or execution_options or bind_arguments
        if not (asked or with_for_update or populate_existing is not None):
            # Asked here: a call more for each row that is got would be felt.
            identity = self.scope.identities.get(mapper.identity_place)
            state = identity.get(key) if identity else None
            if state is not None and type(state.stale) is Whole and self._keeps_options(state):
                return (yield from self._get_held_steps(mapper, key, state))
        if mapper.has_partial_keys:
            asked = asked or is_partial(key)
        lock = plain_lock(with_for_update) if with_for_update and not (asked or listened) else None
        if lock is not None:
            return (yield from self._get_locked_steps(mapper, key, lock))
        asked = asked or with_for_update
        if asked or populate_existing is not None or self.dispatch.do_orm_execute:
            known = dict(execution_options or {})
            if populate_existing is not None or with_for_update:
                known["populate_existing"] = bool(populate_existing or with_for_update)
            return (
                yield from self._get_with_steps(
                    mapper, key, options, with_for_update, known, bind_arguments
                )
            )
        connection = self.connection_in_use(mapper)
        if connection is None:
            connection = yield from self.connect_steps(mapper)
        source = self.row_source
        if source is not None and source.keeps(self, mapper) and self.find(mapper, key) is None:
            keyed = keys_plan(connection, mapper)
            kept = yield from source.entities_steps(self, connection, mapper, keyed, [key])
            return kept[0] if kept else None
        values = [key] if mapper.single_key is not None else list(key)
        plan = connection.plans.get((mapper, "get"))
        if plan is None:
            plan = get_plan(connection, mapper)
        found = yield from plan.rows_steps(self, connection, values)
        if found:
            return found[0]
        self._note_gone(mapper, key)
        return None

    def _keeps_options(self, state: InstanceState) -> bool:
        """Whether *state*, expired, is read by the options that it came with, or somebody listens,
        who is told that it is here.
        """
        options = state.load.options
        return bool(self.dispatch.do_orm_execute) or not (options is None or options.is_empty)

    def _get_held_steps(self, mapper: Mapper, key: object, state: InstanceState) -> Steps[Any]:
        """Read what has expired again: those who listen are told of a column load."""
        held = state()
        if held is None:
            return (yield from self._get_with_steps(mapper, key, (), None, {}, None))
        connection = yield from self.connection_for_steps(mapper)
        names = frozenset(state.stale or ()).difference(held.__dict__)
        pairs = [(state, held)]
        steps = read_whole_steps(self, connection, state.load.mapper, pairs, names)
        yield from self.caused_steps(LoadCause.of_read(state), steps)
        if type(state.stale) is Whole:
            self._note_gone(state.load.mapper, key)
            return None
        return held if isinstance(held, mapper.class_) else None

    def _get_locked_steps(self, mapper: Mapper, key: object, lock: Lock) -> Steps[Any]:
        """Read the row with *key* and lock it; an instance that is here takes its values."""
        if self.ends_reads or self.routes is not None:
            self.note_writing()
        connection = self.connection_in_use(mapper)
        if connection is None:
            connection = yield from self.connect_steps(mapper)
        before = version_here(self.scope, mapper, key)
        plan = get_plan(connection, mapper, lock)
        rows = yield from plan.rows_steps(self, connection, list(mapper.key_tuple(key)))
        return self._got(mapper, key, rows[0] if rows else None, before)

    def _got(self, mapper: Mapper, key: object, found: object, before: object) -> Any:
        """*found*, the instance with *key* or None, which was read in version *before*."""
        if found is not None and before is not None:
            check_version(mapper, found, before)
        if found is None:
            self._note_gone(mapper, key)
        return found

    def get_at_steps(
        self, mapper: Mapper, key: object, token: object, **options: Any
    ) -> Steps[Any]:
        """As ``get_steps()``, with the identity token *token*; the identity map is asked first."""
        afresh = options.get("populate_existing") or options.get("with_for_update")
        with self.scope.at(token):
            held = None if afresh else self.find(mapper, key)
            if held is None or type(held.__dovetail_state__.stale) is Whole:
                held = yield from self.get_steps(mapper, key, **options)
        return held if isinstance(held, mapper.class_) else None

    def _note_gone(self, mapper: Mapper, key: object) -> None:
        """Note of the instance with *key*, if one is here, that its row is gone.

        One of another class of the hierarchy has its row: that is none of *mapper*.
        """
        if not isinstance(self.find(mapper, key), mapper.class_):
            return
        scope = self.scope
        state = scope.identity(mapper).pop(key)
        self.ensure_transaction().deleted[state] = (state(), state.load)
        scope.modified.pop(state, None)
        scope.deleted.pop(state, None)
        state.load = scope.deleted_load(mapper)

    def _get_with_steps(
        self,
        mapper: Mapper,
        key: object,
        options: Sequence[LoaderOption],
        with_for_update: object,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
    ) -> Steps[Any]:
        statement = get_statement(mapper, mapper.key_tuple(key), with_for_update)
        before = version_here(self.scope, mapper, key) if with_for_update else None
        result = yield from self.execute_steps(
            statement.options(*options), None, execution_options, bind_arguments
        )
        return self._got(mapper, key, result.scalars().first(), before)

    # Lazy loads ---------------------------------------------------------------------------------

    def load_attribute(
        self, state: InstanceState, instance: object, attribute: AttributeBase
    ) -> None:
        """Called by a tracked attribute that is read and not there."""
        steps = self._load_attribute_steps(state, instance, attribute)
        if self.scope.has_tokens:
            steps = self.at_token_steps(state.load.token, steps)
        self._run_lazy(steps, instance, attribute)

    def load_replaced(
        self, state: InstanceState, instance: object, attribute: AttributeBase
    ) -> None:
        """Called by a tracked attribute whose old value is needed; pending changes stay pending."""
        steps = load_attribute_steps(self, state, instance, attribute)
        if self.scope.has_tokens:
            steps = self.at_token_steps(state.load.token, steps)
        self._run_lazy(steps, instance, attribute)

    def _load_attribute_steps(
        self, state: InstanceState, instance: object, attribute: AttributeBase
    ) -> Steps[None]:
        if not attribute.is_relationship and not is_unknown(state, instance, attribute.key):
            return
        if (
            state.row_key is not None
            and self.has_pending()
            and not (
                attribute.is_relationship
                and find_reference(self, state, instance, attribute.prop) is not NO_VALUE
            )
        ):
            name = f"{type(instance).__name__}.{attribute.key}"
            tables = partial(self.tables_of_load_steps, state, instance, attribute)
            yield from self.autoflush_steps(f"the lazy load of {name}", tables=tables)
        if attribute.key in instance.__dict__:
            return
        yield from load_attribute_steps(self, state, instance, attribute)

    def _run_lazy(self, steps: Steps[None], instance: object, attribute: object) -> None:
        self.run(steps)

    def state_for_load(
        self,
        statement: Executable,
        parameters: dict[str, Any],
        kind: object,
        chain: Sequence[RelationshipProperty],
    ) -> ORMExecuteState:
        """What those who listen make of *statement*, which loads what instances here lack.

        *parameters* has the keys of these.  *kind* is "column", "entity" or the relationship that
        is loaded, *chain* the way to it.  Listeners can change the statement, and answer it with
        a result of the same rows, but for columns of what is here.
        """
        cause = self.load_cause
        is_relationship = not isinstance(kind, str)
        options = NO_OPTIONS if cause is None else cause.execution_options
        state = ORMExecuteState(
            self,
            statement,
            parameters,
            options,
            None,
            self.dispatch.do_orm_execute,
            is_relationship_load=is_relationship,
            is_column_load=kind == "column",
        )
        if cause is not None:
            state.told_options = cause.options
            if is_relationship and cause.lazy_loaded_from is not None:
                state.lazy_loaded_from = cause.lazy_loaded_from
                # What is eager in what was read lazily is not: it comes with that.
                self.load_cause = LoadCause(cause.options, options)
        if is_relationship:
            alone: Any = kind
            props = chain or (alone,)
            state.loader_strategy_path = tuple(
                part for prop in props for part in (prop.parent, prop)
            )
        state.answer = state.ask()
        if state.answer is not None and kind == "column":
            raise ORMExecuteError(
                "a do_orm_execute listener has answered a column load, which it can't",
                hint="return None where state.is_column_load",
            )
        return state

    def caused_steps(self, cause: LoadCause, steps: Steps[Any]) -> Steps[Any]:
        """Run *steps*, which load for *cause*: those who listen are told of it."""
        before, self.load_cause = self.load_cause, cause
        try:
            return (yield from steps)
        finally:
            self.load_cause = before

    def find_reference(
        self, state: InstanceState, instance: object, prop: RelationshipProperty
    ) -> Any:
        """What *prop* refers to, from the identity map; NO_VALUE where that has no answer."""
        return find_reference(self, state, instance, prop)

    def load_keys_steps(
        self,
        connection: Connection,
        mapper: Mapper,
        keys: Sequence[Any],
        populate_existing: bool = False,
    ) -> Steps[list[Any]]:
        """The instances of *mapper* with these keys, those that exist."""
        return (
            yield from load_keys_steps(
                self,
                connection,
                mapper,
                keys,
                populate_existing=populate_existing,
                kind="entity",
            )
        )

    def load_steps(self, instances: Any, attributes: Sequence[Any]) -> Steps[Any]:
        """Load *attributes* onto *instances* that are here already, in one statement for each.

        Return the value of the only attribute of the only instance; for more, *instances*.
        """
        single = not isinstance(instances, (list, tuple, set, frozenset))
        holders = [instances] if single else list(instances)
        for attribute in attributes:
            if not isinstance(attribute, QueryableAttribute) or attribute.prop is None:
                raise ArgumentError(
                    f"load() takes mapped attributes, not {attribute!r}",
                    hint="session.load(users, User.addresses, Address.city)",
                )
            mapper: Mapper = attribute.owner.mapper
            pairs = self._pairs_of(mapper, holders)
            lacking = [pair for pair in pairs if attribute.key not in pair[1].__dict__]
            if lacking and attribute.prop.is_relationship:
                yield from self.autoflush_steps()
            for token, part in self.scope.by_token(lacking) if lacking else ():
                with self.scope.at(token):
                    yield from load_onto_steps(self, mapper, attribute, part)
            if attribute.prop.is_relationship:
                holders = [*holders, *_values_of(attribute.prop, [p[1] for p in pairs])]
        if single and len(attributes) == 1:
            return instances.__dict__.get(attributes[0].key)
        return instances

    def _pairs_of(self, mapper: Mapper, holders: Iterable[Any]) -> list[Pair]:
        pairs = []
        seen = set()
        for holder in holders:
            state = state_of(holder)
            if state.load.mapper.base is mapper.base and state not in seen:
                seen.add(state)
                if state.row_key is not None and state.core is not self:
                    raise InvalidRequestError(
                        f"{holder!r} is not in this session", hint="add() or merge() it first"
                    )
                if state.row_key is not None:
                    pairs.append((state, holder))
        if not pairs and not any(isinstance(holder, mapper.class_) for holder in holders):
            raise ArgumentError(f"none of the instances is a {mapper.class_.__name__}")
        return pairs

    # Delete, refresh ----------------------------------------------------------------------------

    def delete_alone(self, instance: object) -> bool:
        """Mark *instance* for deletion; False where its delete cascade has to be followed too."""
        state = self._state(instance)
        instance = state()
        if self.scope.is_writing:
            warn_of_change("delete()")
        if state.row_key is None:
            raise InvalidRequestError(
                f"{instance!r} has no row and can't be deleted",
                hint="expunge() takes a pending instance out of the session",
            )
        scope = self.scope
        if state.load.deleted or state in scope.deleted:
            return True
        if state.load.scope is not scope:
            self._enter(state, instance)
        if self.transaction is None:
            self.begin_on_change()
        if _has_delete_cascade(state.load.mapper):
            return False
        scope.deleted[state] = instance
        return True

    def delete_steps(self, instances: Iterable[Any]) -> Steps[None]:
        """Mark *instances*, and what the delete cascade leads to, for the next flush to delete."""
        self.note_writing()
        waiting = [
            (state, state())
            for state in map(state_of, (one for one in instances if not self.delete_alone(one)))
        ]
        if not waiting:
            return
        pairs = yield from delete_cascade_steps(self, waiting)
        for other, item in pairs:
            if other.row_key is not None and not other.load.deleted:
                if other.core is not self:
                    self._enter(other, item)
                self.scope.deleted.setdefault(other, item)
            elif other in self.scope.new:
                # It would refer to what is gone.
                self.leave(other)

    def refresh_instance_steps(
        self, instance: object, attribute_names: Iterable[str] | None, with_for_update: object
    ) -> Steps[None]:
        """Read *instance* again, all of it or the attributes named; changes to them are lost."""
        state = self._state(instance)
        instance = state()
        if state in self.scope.deleted:
            # Its row goes: what has been read of it is all that is left.
            yield from self.autoflush_steps()
        if state.row_key is None or state.core is not self or state.load.deleted:
            raise InvalidRequestError(
                f"{instance!r} is not persistent within this session",
                hint="only an instance with a row, in this session, can be refreshed",
            )
        mapper = state.load.mapper
        if attribute_names is None:
            others = [other for other, _ in cascaded(state, instance, "refresh-expire")]
            self.expire_or_drop([state, *(other for other in others if other.core is self)])
            names: set[str] | None = None
        else:
            names = set(self._expire_names(state, instance, attribute_names))
        # Changes to what is refreshed are lost; what else is pending is written first.
        yield from self.autoflush_steps()
        changed = mapper.keys_set.intersection(state.committed or ())
        if changed:
            raise InvalidRequestError(
                f"{instance!r} has a primary key that is not in its row yet "
                f"({', '.join(sorted(changed))}): it can't be read again by it",
                hint="flush() first",
            )
        steps = self._reload_steps(state, instance, mapper, names, with_for_update)
        if self.dispatch.do_orm_execute:
            steps = self.caused_steps(LoadCause.of_read(state), steps)
        yield from self.at_token_steps(state.load.token, steps)

    def _reload_steps(
        self,
        state: InstanceState,
        instance: object,
        mapper: Mapper,
        names: set[str] | None,
        lock: object,
    ) -> Steps[None]:
        if lock:
            self.note_writing()
        connection = yield from self.connection_for_steps(mapper)
        columns = None if names is None else names.intersection(mapper.column_attrs.keys())
        tree: LoadTree | None = _own_tree(state)
        joined: list[str] = []
        if columns is not None:
            joined = _joined_among(mapper, names or (), state) if columns else []
            tree = _tree_of_named(mapper, columns, joined, state) if columns else None
        # Attributes that were named are read as they are here: the instance keeps its options.
        chain = () if names is None else REFRESH
        if tree is None:
            rows = [instance]
        elif lock:
            # What is refreshed has expired by now: nothing else is overwritten.
            statement = get_statement(mapper, mapper.key_tuple(state.row_key), lock)
            walk = statement.walk()
            plan = EntityPlan(
                statement, walk.binds, connection.dialect, tree=tree, chain=chain, is_here=True
            )
            rows = yield from plan.rows_steps(self, connection, [b.value for b in walk.binds])
        else:
            rows = yield from load_keys_steps(
                self, connection, mapper, [state.row_key], tree=tree, chain=chain
            )
        if not rows:
            hint = "it was deleted by another transaction; expunge() it"
            raise InvalidRequestError(f"can't refresh {instance!r}: its row is gone", hint=hint)
        refuse_other_key(state, instance, rows[0])
        for name in () if names is None else names:
            prop = mapper.named_relationships.get(name)
            if prop is not None and name not in joined:
                yield from load_related_steps(self, connection, prop, [(state, instance)], NO_TREE)


def mapper_for(entity: object) -> Mapper:
    """The mapper of *entity*; UnmappedClassError says what is wrong with anything else."""
    mapper = mapper_of(entity)
    if mapper is None:
        if isinstance(entity, Mapper):
            return entity
        if isinstance(entity, type):
            raise UnmappedClassError(entity)
        raise ArgumentError(
            f"a mapped class is needed, not {entity!r}", hint="session.get(User, 1)"
        )
    return mapper


def _own_tree(state: InstanceState) -> LoadTree:
    """The instructions that *state* came with, for a statement of its own."""
    options: LoadTree = state.load.options or NO_TREE
    return options.apart()


def _joined_among(mapper: Mapper, names: Iterable[str], state: InstanceState) -> list[str]:
    """Those of *names* that are relationships loaded with the columns of *state*, by a join."""
    tree = _own_tree(state)
    props = [
        mapper.named_relationships[name] for name in names if name in mapper.named_relationships
    ]
    return sorted(prop.key for prop in props if tree.strategy(prop).joins)


def _tree_of_named(
    mapper: Mapper, columns: Iterable[str], joined: list[str], state: InstanceState
) -> LoadTree:
    """The instruction to load *columns* of *state* again, and relationships *joined* to them.

    It is kept, so that its plan is kept.
    """
    options = _own_tree(state)
    if not joined and not options.criteria:
        return only_tree(mapper, sorted(columns))
    kept: dict[Any, LoadTree] = mapper.memo if options is NO_TREE else options.again
    place = (frozenset(columns), *joined)
    tree = kept.get(place)
    if tree is None:
        tree = kept[place] = LoadTree()
        tree.only = frozenset(mapper.named_attrs[name] for name in columns)
        tree.criteria = options.criteria
        for name in joined:
            prop = mapper.named_relationships[name]
            related = tree.at(prop)
            related.strategy = JOINED
            related.tree = options.below(prop)
    return tree


def warn_of_objects() -> None:
    """Warn the caller of ``flush()`` that it is given instances."""
    warn(
        "flush(objects) is classic: it may leave what belongs to them unwritten; today: flush()",
        DovetailDeprecationWarning,
        stacklevel=3,
    )


def require_found(found: T | None, entity: type[T], key: object) -> T:
    """*found*; NoResultFound where it is None."""
    if found is None:
        raise NoResultFound(f"no {entity.__name__} has the primary key {key!r}")
    return found


def _has_delete_cascade(mapper: Mapper) -> bool:
    found: bool | None = mapper.memo.get("delete cascade")
    if found is None:
        mapper.configure()
        found = any(prop.cascade.delete for prop in mapper.named_relationships.values())
        mapper.memo["delete cascade"] = found
    return found


def _values_of(prop: RelationshipProperty, holders: Iterable[Any]) -> list[Any]:
    """The related instances of *holders*, each once."""
    found: dict[int, Any] = {}
    for holder in holders:
        value = holder.__dict__.get(prop.key)
        if value is not None:
            for item in prop.impl.kind.items(value) if prop.uselist else (value,):
                found[id(item)] = item
    return list(found.values())
