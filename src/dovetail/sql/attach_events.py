"""Who is told when a part of a schema, or a type, becomes part of another."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ..event import Dispatch, Events, own_dispatch, root
from ..types.decorator import TypeDecorator
from ..types.schema_type import SchemaType
from ..types.structured import ARRAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..types.contract import TypeEngine


class AttachEvents(Events):
    """What happens to all parts of a schema.  Targets: one of them, or their classes.

    Columns, tables, constraints, keys, indexes and defaults are such parts; so are types that
    have a part in the schema, and a user's own.
    """

    def before_parent_attach(self, target: object, parent: object) -> None:
        """Call before *target* becomes part of *parent*, such as a column of a table."""

    def after_parent_attach(self, target: object, parent: object) -> None:
        """Call after *target* became part of *parent*."""


root(AttachEvents, SchemaType)
root(AttachEvents, TypeDecorator)


class Heard(Protocol):
    """What can be listened to."""

    dispatch: Dispatch


def attach_told(target: Heard, parent: object, join: Callable[[Any], None]) -> None:
    """Let *target* become part of *parent* by *join*; tell those who listen, before and after."""
    listeners = target.dispatch
    if not listeners.listening:
        join(parent)
        return
    for function in listeners.before_parent_attach:
        function(target, parent)
    join(parent)
    for function in listeners.after_parent_attach:
        function(target, parent)


LISTENED_TYPES = (SchemaType, TypeDecorator, ARRAY)
"""Types that are told of their columns, or have one within them that is."""


def attach_type(type_: TypeEngine[Any], column: object) -> None:
    """Tell those who listen to *type_*, or to one within it, that *column* is of it."""
    if not isinstance(type_, LISTENED_TYPES):
        return
    if not isinstance(type_, ARRAY):
        attach_told(type_, column, partial(_become_the_type, type_))
    if isinstance(type_, TypeDecorator):
        attach_type(type_.impl, column)
    elif isinstance(type_, ARRAY):
        attach_type(type_.item_type, column)


class _JoinsTable(Protocol):
    """A column, as far as what waits for its table knows it."""

    def when_attached(self, function: Callable[[Any], None]) -> None: ...


def _become_the_type(type_: object, column: _JoinsTable) -> None:
    """Let *type_* know the table of *column*, if it asks, when there is one."""
    if isinstance(type_, SchemaType) and type(type_)._set_table is not SchemaType._set_table:
        column.when_attached(partial(type_._set_table, column))


def heard_alike(copy: Heard, source: Heard) -> None:
    """Let those who listen to *source* alone, and to its copies, listen to *copy* too."""
    own = vars(source).get("dispatch")
    if own is not None:
        own_dispatch(copy).adopt(own, propagating_only=True)
