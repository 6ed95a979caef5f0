"""``do_orm_execute``: listeners see a statement before a session runs it, change it, answer it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from dovetail.orm.loading.options import UserDefinedOption
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.sql.dml import Delete, Insert, Update
from dovetail.sql.select import CompoundSelect, Select
from dovetail.steps import Steps

Listeners = Sequence[Callable[["ORMExecuteState"], Any]]


class StatementSession(Protocol):
    """What runs statements, without asking listeners."""

    def _run(self, steps: Steps[Any]) -> Any: ...

    def run_statement_steps(
        self, statement: Any, params: Any, options: Mapping[str, Any], binds: Any
    ) -> Steps[Any]: ...


class ORMExecuteState:
    """A statement that a session is about to run.

    ``statement``, ``parameters``, ``execution_options`` and ``bind_arguments`` may be replaced;
    a listener that returns a Result has answered, and nothing is sent::

        @listens_for(Session, "do_orm_execute")
        def only_current(state):
            if state.is_select and not state.is_column_load:
                state.statement = state.statement.where(Document.is_current)
    """

    def __init__(
        self,
        session: Any,
        statement: Any,
        parameters: Any,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
        listeners: Listeners,
        *,
        is_relationship_load: bool = False,
        is_column_load: bool = False,
        lazy_loaded_from: Any = None,
    ) -> None:
        self.session = session
        self.statement = statement
        self.parameters = parameters
        self.local_execution_options: Mapping[str, Any] = dict(execution_options)
        self.bind_arguments: dict[str, Any] = dict(bind_arguments or {})
        self.is_relationship_load = is_relationship_load
        self.is_column_load = is_column_load
        self.lazy_loaded_from = lazy_loaded_from
        self._waiting = list(listeners)

    # What it is

    @property
    def execution_options(self) -> dict[str, Any]:
        """The options of the session, of the statement, and those given with it."""
        own: Mapping[str, Any] = getattr(self.statement, "execution_options_dict", {})
        return {**self.session.execution_options_dict, **own, **self.local_execution_options}

    @property
    def is_select(self) -> bool:
        """True for a SELECT, or several of them combined."""
        return isinstance(self.statement, (Select, CompoundSelect)) or self.is_from_statement

    @property
    def is_insert(self) -> bool:
        """True for an INSERT."""
        return isinstance(self.statement, Insert)

    @property
    def is_update(self) -> bool:
        """True for an UPDATE."""
        return isinstance(self.statement, Update)

    @property
    def is_delete(self) -> bool:
        """True for a DELETE."""
        return isinstance(self.statement, Delete)

    @property
    def is_from_statement(self) -> bool:
        """True for entities made of the rows of some other statement."""
        return hasattr(self.statement, "element") and hasattr(self.statement, "mapper")

    @property
    def is_executemany(self) -> bool:
        """True where several sets of parameters were given."""
        return isinstance(self.parameters, (list, tuple))

    @property
    def is_orm_statement(self) -> bool:
        """True where the statement is about mapped classes."""
        if self.all_mappers:
            return True
        walk = getattr(self.statement, "walk", None)
        return walk is not None and walk().planner is not None

    @property
    def all_mappers(self) -> list[Any]:
        """The mappers of the entities that the statement is about."""
        statement = self.statement
        if self.is_from_statement:
            return [statement.mapper]
        table = getattr(statement, "table", None)
        if isinstance(table, EntityNode):
            return [table.mapper]
        found: dict[Any, None] = {}
        for raw in getattr(statement, "raw_columns", ()):
            entity = raw if isinstance(raw, EntityNode) else getattr(raw, "entity", None)
            if isinstance(entity, EntityNode):
                found[entity.mapper] = None
        return list(found)

    @property
    def bind_mapper(self) -> Any:
        """The mapper that decides the engine, or None."""
        given = self.bind_arguments.get("mapper")
        return given if given is not None else next(iter(self.all_mappers), None)

    @property
    def user_defined_options(self) -> list[Any]:
        """The options of the statement that are not dovetail's own."""
        options = getattr(self.statement, "loader_options", ())
        return [option for option in options if isinstance(option, UserDefinedOption)]

    # What can be done with it

    def update_execution_options(self, **options: Any) -> None:
        """Add execution options."""
        self.local_execution_options = {**self.local_execution_options, **options}

    def invoke_statement(
        self,
        statement: Any = None,
        params: Any = None,
        execution_options: Mapping[str, Any] | None = None,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run the statement, or the one given, now, and return its result.

        Listeners that come after the one that asks are asked first.
        """
        if statement is not None:
            self.statement = statement
        if params is not None:
            both = isinstance(self.parameters, dict) and isinstance(params, dict)
            self.parameters = {**self.parameters, **params} if both else params
        self.update_execution_options(**(execution_options or {}))
        self.bind_arguments.update(bind_arguments or {})
        return self.session._run(self.run_steps())

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
        return (
            yield from self.session.run_statement_steps(
                self.statement,
                self.parameters,
                self.local_execution_options,
                self.bind_arguments or None,
            )
        )
