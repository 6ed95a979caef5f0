"""When a session flushes before a query: always, never, or where that reads what is pending."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from dovetail.exc import ArgumentError, StatementError
from dovetail.later import function_later
from dovetail.orm.loading.by_key import get_plan
from dovetail.orm.loading.plan import Tables
from dovetail.orm.loading.related import is_unknown, local_names
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.session.binds import SessionBinds
from dovetail.orm.tracking.attributes import AttributeBase
from dovetail.orm.tracking.state import InstanceState
from dovetail.sql.node import Executable
from dovetail.steps import Steps

if TYPE_CHECKING:
    from dovetail.orm.flush.overlap import writes_any_of
    from dovetail.orm.loading.reads import tables_of_attribute, tables_of_plan
else:
    _READS = "dovetail.orm.loading.reads"
    tables_of_attribute = function_later(_READS, "tables_of_attribute", __name__)
    tables_of_plan = function_later(_READS, "tables_of_plan", __name__)
    writes_any_of = function_later("dovetail.orm.flush.overlap", "writes_any_of", __name__)

OVERLAP = "overlap"

Autoflush: TypeAlias = bool | Literal["overlap"]
"""Whether queries flush first; with "overlap" those that read what is pending."""


def checked_autoflush(given: object) -> Autoflush:
    """*given* as it is; ArgumentError for a text that is no such setting."""
    if isinstance(given, str) and given != OVERLAP:
        raise ArgumentError(
            f"autoflush={given!r} is not known",
            hint='True, False, or "overlap": flush before queries that read what is pending',
        )
    return cast("Autoflush", given)


class SessionAutoflush(SessionBinds):
    """The fourth base class of the core: what is pending is written before a query reads it."""

    autoflush: Autoflush = True
    flushing = False
    """Whether a flush is in progress."""

    if TYPE_CHECKING:

        def flush_steps(self, objects: Iterable[Any] | None = None) -> Steps[None]: ...

    def autoflush_steps(
        self,
        cause: object = None,
        setting: Autoflush | None = None,
        tables: Callable[[], Steps[Tables]] | None = None,
    ) -> Steps[None]:
        """Flush before a query, where the session does that; *cause* is the query, or says why.

        *setting* is what the query says itself, if it does.  *tables* finds which it reads: with
        ``autoflush="overlap"`` it is asked, and what is pending elsewhere stays pending.
        """
        setting = self.autoflush if setting is None else checked_autoflush(setting)
        if not (setting and self.autoflush and self.has_pending()) or self.flushing:
            return
        if setting == OVERLAP and tables is not None:
            read = yield from tables()
            if read is not None and not writes_any_of(self, read):
                return
        try:
            yield from self.flush_steps()
        except Exception as error:
            what = "a query" if cause is None else " ".join(str(cause).split())
            told = (
                f"raised by the autoflush before {what:.200}; to build objects first and "
                "flush them later: with session.no_autoflush"
            )
            if isinstance(error, StatementError):
                error.add_detail(told)
            else:
                error.add_note(f"({told})")
            raise

    # Which tables are read ----------------------------------------------------------------------

    def tables_of_get_steps(self, mapper: Mapper, options: object) -> Steps[Tables]:
        """The tables that ``get()`` of an instance of *mapper* reads, if it has no *options*."""
        if options or self.dispatch.do_orm_execute:
            return None
        connection = yield from self.connection_for_steps(mapper)
        return tables_of_plan(get_plan(connection, mapper))

    def tables_of_load_steps(
        self, state: InstanceState, instance: object, attribute: AttributeBase
    ) -> Steps[Tables]:
        """The tables that are read when *attribute* of *instance* is loaded."""
        options = state.load.options
        if self.dispatch.do_orm_execute or not (options is None or options.is_empty):
            return None
        mapper = state.load.mapper
        connection = yield from self.connection_for_steps(mapper)
        is_known = not (
            attribute.is_relationship
            and any(is_unknown(state, instance, name) for name in local_names(attribute.prop))
        )
        return tables_of_attribute(mapper, attribute, connection.dialect, is_known=is_known)

    @property
    @contextmanager
    def no_autoflush(self) -> Iterator[Any]:
        """A block in which queries do not flush first."""
        found, self.autoflush = self.autoflush, False
        try:
            yield self
        finally:
            self.autoflush = found


def asks_later(statement: Executable) -> bool:
    """Whether a parameter of *statement* finds its value when that runs: a flush may bring it."""
    return any(bind.callable is not None for bind in statement.walk().binds)
