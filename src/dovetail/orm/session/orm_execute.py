"""``do_orm_execute``: listeners see a statement before a session runs it, change it, answer it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from dovetail.exc import InvalidRequestError
from dovetail.orm.loading.options import UserDefinedOption
from dovetail.orm.loading.session import LoadCause
from dovetail.orm.loading.statement import FromStatement
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.tracking.state import InstanceState
from dovetail.sql.arguments import ManyParameters, StatementArgument
from dovetail.sql.expression.dml import Delete, Insert, Update
from dovetail.sql.expression.select import CompoundSelect, Select
from dovetail.sql.expression.select_base import Exists, ScalarSelect
from dovetail.sql.node import Node
from dovetail.sql.traversal import children
from dovetail.steps import Steps

NOT_HANDED_ON = frozenset(
    ("autoflush", "identity_token", "populate_existing", "stream_results", "yield_per")
)
"""Execution options of a statement that do not hold for what its rows bring along."""

NO_OPTIONS: Mapping[str, Any] = {}
"""The execution options of a statement that was given none."""

Listeners = Sequence[Callable[["ORMExecuteState"], Any]]


class StatementSession(Protocol):
    """What runs statements, without asking listeners: the core of a session."""

    execution_options_dict: Mapping[str, Any]

    @property
    def session(self) -> Any: ...
    def run(self, steps: Steps[Any]) -> Any: ...
    def caused_steps(self, cause: LoadCause, steps: Steps[Any]) -> Steps[Any]: ...

    def run_statement_steps(
        self,
        statement: StatementArgument,
        params: ManyParameters = None,
        execution_options: Mapping[str, Any] = ...,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Steps[Any]: ...


class ORMExecuteState:
    """A statement that a session is about to run.

    ``statement``, ``parameters``, ``local_execution_options`` and ``bind_arguments`` may be
    replaced; a listener that returns a Result has answered, and nothing is sent::

        @listens_for(Session, "do_orm_execute")
        def only_current(state):
            if state.is_select and not state.is_column_load:
                state.statement = state.statement.where(Document.is_current)

    ``execution_options``     those of the session, of the statement, and those given with it, as
                              they were when the listeners were first asked
    ``is_relationship_load``  a relationship is loaded, lazily or eagerly
    ``is_column_load``        columns are loaded of instances that are here
    ``loader_strategy_path``  the way to the relationship: each mapper, and its relationship
    """

    loader_strategy_path: tuple[Any, ...] = ()
    told_options: tuple[Any, ...] = ()
    """The user's options of the statement for which this one loads something."""
    answer: Any = None
    """What a listener has answered a load with."""

    def __init__(
        self,
        core: StatementSession,
        statement: StatementArgument,
        parameters: ManyParameters,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
        listeners: Listeners,
        *,
        is_relationship_load: bool = False,
        is_column_load: bool = False,
        lazy_loaded_from: InstanceState | None = None,
    ) -> None:
        self.session = core.session
        self._core = core
        self.statement: Any = statement
        self.parameters: Any = parameters
        self.local_execution_options: Mapping[str, Any] = dict(execution_options)
        self.bind_arguments: dict[str, Any] = dict(bind_arguments or {})
        self.is_relationship_load = is_relationship_load
        self.is_column_load = is_column_load
        self.execution_options: Mapping[str, Any] = self._all_options()
        self._lazy_loaded_from = lazy_loaded_from
        self._waiting = list(listeners)

    def _all_options(self) -> dict[str, Any]:
        own: Mapping[str, Any] = getattr(self.statement, "execution_options_dict", {})
        return {**self._core.execution_options_dict, **own, **self.local_execution_options}

    # What it is

    @property
    def _sent(self) -> Any:
        """The statement that is sent: of entities made of other rows, that of the rows."""
        return self.statement.element if self.is_from_statement else self.statement

    @property
    def is_select(self) -> bool:
        """True for a SELECT, or several of them combined."""
        return isinstance(self._sent, (Select, CompoundSelect))

    @property
    def is_insert(self) -> bool:
        """True for an INSERT."""
        return isinstance(self._sent, Insert)

    @property
    def is_update(self) -> bool:
        """True for an UPDATE."""
        return isinstance(self._sent, Update)

    @property
    def is_delete(self) -> bool:
        """True for a DELETE."""
        return isinstance(self._sent, Delete)

    @property
    def is_from_statement(self) -> bool:
        """True for entities made of the rows of some other statement."""
        return isinstance(self.statement, FromStatement)

    @property
    def is_executemany(self) -> bool:
        """True where several sets of parameters were given."""
        return isinstance(self.parameters, (list, tuple))

    @property
    def is_orm_statement(self) -> bool:
        """True where the statement is about mapped classes."""
        if self.bind_mapper is not None:
            return True
        walk = getattr(self.statement, "walk", None)
        return walk is not None and walk().planner is not None

    @property
    def all_mappers(self) -> list[Any]:
        """The mappers of the entities that the statement is about."""
        return _mappers_of(self.statement)

    @property
    def bind_mapper(self) -> Any:
        """The mapper that decides the engine, or None."""
        given = self.bind_arguments.get("mapper")
        if given is not None:
            return given
        sources = [
            source.mapper
            for source in getattr(self.statement, "from_clauses", ())
            if isinstance(source, EntityNode)
        ]
        return next(iter([*self.all_mappers, *sources]), None)

    @property
    def lazy_loaded_from(self) -> Any:
        """The state of the instance whose relationship is read, or None.

        InvalidRequestError for what is no SELECT, of which there is nothing to say.
        """
        if not self.is_select:
            raise InvalidRequestError(
                "lazy_loaded_from is of SELECT statements, and this is none",
                hint="ask state.is_select first",
            )
        return self._lazy_loaded_from

    @lazy_loaded_from.setter
    def lazy_loaded_from(self, state: InstanceState) -> None:
        self._lazy_loaded_from = state

    @property
    def user_defined_options(self) -> list[Any]:
        """The options that are not dovetail's own: of the statement, or of that it loads for."""
        options = (*self.told_options, *getattr(self.statement, "loader_options", ()))
        return [option for option in options if isinstance(option, UserDefinedOption)]

    # What can be done with it

    def update_execution_options(self, **options: object) -> None:
        """Add to the local execution options."""
        self.local_execution_options = {**self.local_execution_options, **options}

    def invoke_statement(
        self,
        statement: StatementArgument | None = None,
        params: ManyParameters = None,
        execution_options: Mapping[str, Any] | None = None,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run the statement, or the one given, now, and return its result.

        *params* are added to those that are there, of each set to the set in its place.
        Listeners that come after the one that asks are asked first.
        """
        again = ORMExecuteState(
            self._core,
            self.statement if statement is None else statement,
            self.parameters if params is None else _both(self.parameters, params),
            {**self.local_execution_options, **(execution_options or {})},
            {**self.bind_arguments, **(bind_arguments or {})},
            self._waiting,
            is_relationship_load=self.is_relationship_load,
            is_column_load=self.is_column_load,
            lazy_loaded_from=self._lazy_loaded_from,
        )
        again.told_options = self.told_options
        again.loader_strategy_path = self.loader_strategy_path
        return self._core.run(again.run_steps())

    def ask(self) -> Any:
        """Ask the listeners that have not been asked; return what the first has answered."""
        while self._waiting:
            answer = self._waiting.pop(0)(self)
            if answer is not None:
                return answer
        return None

    def run_steps(self) -> Steps[Any]:
        """Ask the listeners, and run the statement where none of them answers."""
        answer = self.ask()
        if answer is not None:
            return answer
        steps = self._core.run_statement_steps(
            self.statement,
            self.parameters,
            self.local_execution_options,
            self.bind_arguments or None,
        )
        options = self._all_options()
        handed_on = {name: value for name, value in options.items() if name not in NOT_HANDED_ON}
        cause = LoadCause(tuple(self.user_defined_options), handed_on)
        return (yield from self._core.caused_steps(cause, steps))


def _both(given: Any, more: Any) -> Any:
    """The parameters *given* with *more* of them, each set with the one in its place."""
    if not given:
        return more
    if isinstance(given, Mapping) and isinstance(more, Mapping):
        return {**given, **more}
    if isinstance(given, Mapping) or isinstance(more, Mapping) or len(given) != len(more):
        raise InvalidRequestError(
            f"invoke_statement() was given {_counted(more)}, where execute() was given "
            f"{_counted(given)}: they can't be joined",
            hint="give as many as there are, or set state.parameters",
        )
    return [{**one, **other} for one, other in zip(given, more, strict=True)]


def _counted(parameters: Any) -> str:
    """How many sets of *parameters* there are, in words."""
    if isinstance(parameters, Mapping):
        return "one set of parameters"
    return f"{len(parameters)} sets of parameters in a list"


def _mappers_of(statement: object) -> list[Any]:
    """The mappers of what *statement* selects or writes to, each once."""
    if isinstance(statement, FromStatement):
        return list(dict.fromkeys(statement.mappers))
    table = getattr(statement, "table", None)
    if isinstance(table, EntityNode):
        return [table.mapper]
    found: dict[Any, None] = {}
    for raw in getattr(statement, "raw_columns", ()):
        for node in _own_nodes(raw):
            entity = node if isinstance(node, EntityNode) else getattr(node, "owner", None)
            if isinstance(entity, EntityNode):
                found[entity.mapper] = None
                break
    return list(found)


def _own_nodes(raw: object) -> Iterator[Any]:
    """*raw*, of a SELECT, and the nodes below it that are not in a subquery."""
    waiting = [raw]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, (Exists, ScalarSelect)):
            yield node
            if isinstance(node, Node):
                waiting.extend(children(node))
