"""An engine that connects to nothing: a function gets the statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..dialects.registry import dialect_class
from ..steps import nothing, run_sync
from .definition import schema_steps
from .url import make_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Self

    from ..dialects.dbapi import DriverParameters
    from ..dialects.dialect import Dialect
    from ..sql.arguments import ManyParameters, StatementArgument
    from ..steps import Steps
    from .url import URL


class MockConnection:
    """Hands statements to a function.  Made by :func:`create_mock_engine`."""

    def __init__(self, dialect: Dialect, execute: Callable[..., Any]) -> None:
        self.dialect = dialect
        self._execute = execute

    @property
    def engine(self) -> Self:
        """The object itself."""
        return self

    @property
    def name(self) -> str:
        """The name of the dialect."""
        return self.dialect.name

    def connect(self, **kwargs: object) -> Self:
        """Return the object itself."""
        return self

    def schema_for_object(self, obj: Any) -> str | None:
        """Return the schema of a table or sequence."""
        schema: str | None = obj.schema
        return schema

    def execution_options(self, **kw: object) -> Self:
        """Return the object itself; options mean nothing here."""
        return self

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return no options."""
        return {}

    def execute(
        self,
        obj: object,
        parameters: ManyParameters = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return what the function says to the statement *obj* and its *parameters*."""
        return self._execute(obj, parameters)

    def execute_steps(self, statement: StatementArgument) -> Steps[Any]:
        """Hand *statement* to the function."""
        yield from nothing
        return self.execute(statement)

    def fetch_steps(
        self, sql: str, parameters: DriverParameters = ()
    ) -> Steps[list[tuple[Any, ...]]]:
        """Find nothing."""
        yield from nothing
        return []

    def run_schema(
        self,
        verb: Literal["create", "drop"],
        target: Any,
        tables: Iterable[Any] | None = None,
        checkfirst: bool = True,
    ) -> None:
        """Hand the statements that create or drop *tables* to the function, unchecked."""
        run_sync(schema_steps(self, verb, target, tables, checkfirst=False))


def create_mock_engine(
    url: str | URL, executor: Callable[..., Any], **options: Any
) -> MockConnection:
    """Return an object that calls ``executor(statement, parameters)`` for each statement.

    No driver is needed, and nothing is connected to; so a schema can be written down for a server
    that is not there::

        def dump(statement, *parameters):
            print(statement.compile(dialect=engine.dialect))


        engine = create_mock_engine("sqlite://", dump)
        metadata.create_all(engine, checkfirst=False)

    *options* are those of the dialect, such as ``paramstyle``.
    """
    place = make_url(url)
    options.setdefault("paramstyle", place.get_driver_class().paramstyle)
    return MockConnection(dialect_class(place.get_backend_name())(**options), executor)
