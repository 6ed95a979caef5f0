"""Where the value of a column comes from when none is given: Python, SQL or the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, update_wrapper
from inspect import Parameter, signature
from typing import Any, ClassVar

from ..event import Dispatch, root, sending
from ..exc import ArgumentError, InvalidOption, UnsupportedCompilationError, did_you_mean
from ..types.basic import INTEGERTYPE
from ..types.contract import TypeEngine, to_instance
from ..types.quoted import named
from ..types.shown import shown
from .attach_events import AttachEvents, attach_told
from .ddl import CreateSequence, DropSequence, SchemaBind, send
from .expression.coercion import node_of
from .expression.functions import GenericFunction
from .expression.text import TextClause
from .node import Node, Walk


class SchemaItem(Node):
    """Base of what schemas are made of."""

    __visit_name__ = "schema_item"
    create_with_table: ClassVar[bool] = True
    dispatch: Dispatch

    def __repr__(self) -> str:
        return shown(self)

    def attach(self, parent: object) -> None:
        """Become part of *parent*, a column or a table; tell those who listen."""
        attach_told(self, parent, self._join)

    def _join(self, parent: object) -> None:
        """Become part of *parent*."""

    def collect(self, walk: Walk) -> None:
        walk.key.append(self)

    def __str__(self) -> str:
        try:
            return super().__str__()
        except UnsupportedCompilationError:
            # A part of a schema is no SQL by itself.
            return repr(self)

    @cached_property
    def info(self) -> dict[Any, Any]:
        """What the program keeps with this part of a schema."""
        return {}


root(AttachEvents, SchemaItem)


def check_options(owner: str, options: dict[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """Return *options* of dialects, each named ``<dialect>_<option>``; *known* are the others.

    A name that is no dialect's, or is nearly one of *known*, is taken for a mistake.
    """
    for name in options:
        guess = did_you_mean(name, known)
        if guess is not None or "_" not in name.strip("_"):
            raise InvalidOption(
                f"{owner} takes no option {name!r}",
                hint=guess or "options of one dialect are named <dialect>_<option>",
            )
    return options


class FetchedValue(SchemaItem):
    """Says that the server gives a value in a way of its own, such as a trigger."""

    __visit_name__ = "fetched_value"
    is_server_default = True
    reflected = False
    has_argument = False
    arg: object = None

    def __init__(self, for_update: bool = False) -> None:
        self.for_update = for_update
        self.column: Any = None

    def _join(self, parent: Any) -> None:
        self.column = parent
        if self.for_update:
            parent.server_onupdate = self
        else:
            parent.server_default = self


class DefaultClause(FetchedValue):
    """``DEFAULT arg`` in the table's DDL."""

    __visit_name__ = "default_clause"
    has_argument = True

    def __init__(self, arg: object, for_update: bool = False, _reflected: bool = False) -> None:
        super().__init__(for_update)
        node = arg if isinstance(arg, str) else node_of(arg)
        if node is None:
            raise ArgumentError(
                f"a server default is text or a SQL expression; got {arg!r}",
                hint="for a value that Python gives use default=",
            )
        self.arg = node
        self.reflected = _reflected


class ColumnDefault(SchemaItem):
    """A value that Python gives when none is given: a scalar, a function, or a SQL expression."""

    __visit_name__ = "column_default"
    is_callable = False
    is_clause_element = False
    is_scalar = False
    is_sequence = False
    is_server_default = False
    takes_context = False
    """Whether the function that was given is called with the context."""
    given: Any
    """What was given, the function itself among others."""
    arg: Any
    """The value, the expression, or a function of the context, whatever the one given takes."""

    def __init__(self, arg: object, for_update: bool = False) -> None:
        self.for_update = for_update
        self.column: Any = None
        self.given = arg
        if isinstance(arg, FetchedValue):
            raise ArgumentError("a server default goes into server_default=, not default=")
        node = node_of(arg) if not isinstance(arg, type) else None
        if node is not None:
            self.is_clause_element = True
            self.arg = (
                node.scalar_subquery()  # type: ignore[attr-defined]
                if getattr(node, "is_select_statement", False)
                else node
            )
        elif callable(arg):
            self.is_callable = True
            self.takes_context = _wants_context(arg)
            self.arg = arg if self.takes_context else _of_context(arg)
            if self.takes_context:
                sending.note_default(self)
        else:
            self.is_scalar = True
            self.arg = arg

    def _join(self, parent: Any) -> None:
        self.column = parent
        if self.for_update:
            parent.onupdate = self
        else:
            parent.default = self

    def value(self, context: object = None) -> Any:
        """Return the value for one row; *context* goes to a function that takes one."""
        if self.is_scalar:
            return self.arg
        return self.arg(context)

    def __repr__(self) -> str:
        return f"ColumnDefault({self.given!r})"


ScalarElementColumnDefault = CallableColumnDefault = ColumnElementColumnDefault = ColumnDefault


def _of_context(function: Callable[[], object]) -> Callable[[object], object]:
    """Return *function* as one of the context, which it does not look at."""

    def value(context: object) -> object:
        return function()

    # What has a name of its own keeps it; an object that can be called may have none.
    return update_wrapper(value, function)


def _wants_context(function: Callable[..., Any]) -> bool:
    """Return whether *function* must be given an argument."""
    try:
        parameters = signature(function).parameters.values()
    except (TypeError, ValueError):
        # Some functions written in C do not say: those known take nothing.
        return False
    required = [
        p
        for p in parameters
        if p.default is Parameter.empty
        and p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    ]
    if len(required) > 1:
        raise ArgumentError("a default function takes no argument, or one: the context")
    if any(p.kind is Parameter.KEYWORD_ONLY and p.default is Parameter.empty for p in parameters):
        raise ArgumentError("a default function takes no keyword arguments")
    return bool(required)


class Sequence(SchemaItem):
    """A sequence of the server: a column's default where it is given as one."""

    __visit_name__ = "sequence"
    is_sequence = True
    is_callable = False
    is_clause_element = False
    is_scalar = False
    is_server_default = False
    takes_context = False

    def __init__(
        self,
        name: str,
        start: int | None = None,
        increment: int | None = None,
        minvalue: int | None = None,
        maxvalue: int | None = None,
        nominvalue: bool | None = None,
        nomaxvalue: bool | None = None,
        cycle: bool | None = None,
        schema: str | None = None,
        cache: int | None = None,
        order: bool | None = None,
        data_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        optional: bool = False,
        quote: bool | None = None,
        metadata: Any = None,
        quote_schema: bool | None = None,
        for_update: bool = False,
    ) -> None:
        self.name = named(name, quote)
        self.start = start
        self.increment = increment
        self.minvalue = minvalue
        self.maxvalue = maxvalue
        self.nominvalue = nominvalue
        self.nomaxvalue = nomaxvalue
        self.cycle = cycle
        self.cache = cache
        self.order = order
        self.data_type = to_instance(data_type) if data_type is not None else None
        self.optional = optional
        self.for_update = for_update
        own = schema if schema is not None else getattr(metadata, "schema", None)
        self.schema = own if own is None else named(own, quote_schema)
        self.metadata = metadata
        self.column: Any = None
        if metadata is not None:
            metadata.add_sequence(self)

    def _join(self, parent: Any) -> None:
        self.column = parent
        parent.default = self

    def create(self, bind: SchemaBind, checkfirst: bool = False) -> None:
        """Send CREATE SEQUENCE to *bind*, an engine or a connection."""
        send(bind, CreateSequence(self, if_not_exists=checkfirst))

    def drop(self, bind: SchemaBind, checkfirst: bool = False) -> None:
        """Send DROP SEQUENCE to *bind*, an engine or a connection."""
        send(bind, DropSequence(self, if_exists=checkfirst))

    def next_value(self) -> NextValue:
        """Return the expression for the next value."""
        return NextValue(self)


class NextValue(GenericFunction[int]):
    """The next value of a sequence: ``func.next_value(sequence)``."""

    __visit_name__ = "next_value"
    name = "next_value"

    def __init__(self, sequence: Sequence, **_: object) -> None:
        if not isinstance(sequence, Sequence):
            raise ArgumentError(
                f"next_value() takes a Sequence; got {sequence!r}",
                hint='func.next_value(Sequence("name"))',
            )
        super().__init__()
        self.sequence = sequence
        self.type = sequence.data_type if sequence.data_type is not None else INTEGERTYPE

    def collect(self, walk: Walk) -> None:
        walk.key.append("next value")
        walk.key.append(self.sequence)


class Identity(FetchedValue):
    """``GENERATED … AS IDENTITY``."""

    __visit_name__ = "identity_column"

    def __init__(
        self,
        always: bool | None = False,
        on_null: bool | None = None,
        start: int | None = None,
        increment: int | None = None,
        minvalue: int | None = None,
        maxvalue: int | None = None,
        nominvalue: bool | None = None,
        nomaxvalue: bool | None = None,
        cycle: bool | None = None,
        cache: int | None = None,
        order: bool | None = None,
    ) -> None:
        super().__init__()
        self.always = always
        self.on_null = on_null
        self.start = start
        self.increment = increment
        self.minvalue = minvalue
        self.maxvalue = maxvalue
        self.nominvalue = nominvalue
        self.nomaxvalue = nomaxvalue
        self.cycle = cycle
        self.cache = cache
        self.order = order

    def _join(self, parent: Any) -> None:
        if parent.server_default is not None or getattr(parent, "computed", None) is not None:
            raise ArgumentError(
                f"column {parent.name!r} has an Identity and cannot have another server default"
            )
        self.column = parent
        parent.identity = self
        parent.server_default = self
        if not parent.nullable_is_given:
            parent.nullable = False


class Computed(FetchedValue):
    """``GENERATED ALWAYS AS (sqltext)``: a column that the server computes."""

    __visit_name__ = "computed_column"

    def __init__(self, sqltext: object, persisted: bool | None = None) -> None:
        super().__init__()
        self.sqltext: Any = TextClause(sqltext, ()) if isinstance(sqltext, str) else sqltext
        self.persisted = persisted

    def _join(self, parent: Any) -> None:
        if parent.server_default is not None:
            raise ArgumentError(
                f"column {parent.name!r} is computed and cannot have another server default"
            )
        self.column = parent
        parent.computed = self
        parent.server_default = self
        parent.server_onupdate = self

    def __repr__(self) -> str:
        persisted = "" if self.persisted is None else f", persisted={self.persisted}"
        return f"Computed({str(self.sqltext)!r}{persisted})"
