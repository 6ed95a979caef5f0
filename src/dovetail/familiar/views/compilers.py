"""Views of compilers: clauses that those of other packages write by methods of their names.

A compiler of dovetail writes LIMIT in ``select_limit()``, say; in the other package that is
``limit_clause()``.  Where the class of another package has a method of such a name, dovetail's is
one that calls it; by ``super()`` it reaches what the server usually has.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ...compiler.expressions import ExpressionCompiler
from ...compiler.queries import QueryCompiler
from ...compiler.statements import StatementCompiler
from ...compiler.upsert import OnConflictCompiler, conflict_target
from ...dialects.package_driver import is_brought
from ...sql.expression.constructs import Cast, TryCast
from ...sql.operators import OPERATORS
from .table import Views

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...sql.defaults import NextValue, Sequence
    from ...sql.expression.conflict import OnConflict
    from ...sql.expression.dml import Delete, Update
    from ...sql.expression.elements import BinaryExpression
    from ...sql.expression.from_clause import FromClause
    from ...sql.expression.generative_select import GenerativeSelect


class Brought(Protocol):
    """A compiler of another package, by the methods that it may have of its own."""

    def limit_clause(self, select: object, /) -> str: ...
    def fetch_clause(self, select: object, /) -> str: ...
    def for_update_clause(self, select: object, /) -> str: ...
    def group_by_clause(self, select: object, /) -> str: ...
    def order_by_clause(self, select: object, /) -> str: ...
    def get_select_precolumns(self, select: object, /) -> str: ...
    def update_limit_clause(self, statement: object, /) -> str | None: ...
    def delete_limit_clause(self, statement: object, /) -> str | None: ...
    def visit_sequence(self, sequence: object, /) -> str: ...


views = Views()
views.names(Cast, typeclause="type")
views.names(TryCast, typeclause="type")


@views.method(OnConflictCompiler)
def _on_conflict_target(compiler: StatementCompiler, clause: OnConflict, **_: object) -> str:
    """Return what a row must conflict with."""
    return conflict_target(compiler, clause)


def _bridges(cls: type[ExpressionCompiler], /, **options: object) -> None:
    """Let a compiler of another package write what it has methods for by their other names."""
    super(ExpressionCompiler, cls).__init_subclass__(**options)
    _note_binaries(cls)
    for theirs, bridge in BRIDGES.items():
        if bridge.__name__ not in vars(cls) and is_brought(getattr(cls, theirs, views)):
            setattr(cls, bridge.__name__, bridge)


def _note_binaries(cls: type[ExpressionCompiler]) -> None:
    """Note the methods ``visit_mod_binary`` and the like."""
    own = {
        name.removeprefix("visit_").removesuffix("_binary"): method
        for name, method in vars(cls).items()
        if name.startswith("visit_") and name.endswith("_binary")
    }
    if own:
        cls.binary_methods = {**cls.binary_methods, **own}


views.values(ExpressionCompiler, __init_subclass__=classmethod(_bridges))


def _usual(compiler: ExpressionCompiler, name: str) -> Callable[..., str]:
    """Return the method *name* of *compiler* as dovetail has it, below what calls others."""
    for kind in type(compiler).__mro__:
        found = vars(kind).get(name)
        if found is not None and found not in BRIDGES.values():
            method: Callable[..., str] = partial(found, compiler)
            return method
    raise AttributeError(name)


# -- the clauses of a SELECT, and the limits of what changes rows --------------------------------


def select_limit(compiler: Brought, node: GenerativeSelect) -> str:
    """Return LIMIT and OFFSET, or FETCH, where there are any."""
    if node.fetch_clause is not None:
        return str(compiler.fetch_clause(node))
    if node.limit_clause is None and node.offset_clause is None:
        return ""
    return str(compiler.limit_clause(node))


def select_for_update(compiler: Brought, node: GenerativeSelect) -> str:
    """Return FOR UPDATE, where it is asked for."""
    return "" if node.for_update_arg is None else str(compiler.for_update_clause(node))


def select_group_by(compiler: Brought, node: GenerativeSelect) -> str:
    """Return GROUP BY, where there is one."""
    return str(compiler.group_by_clause(node)) if node.group_by_clauses else ""


def select_order_by(compiler: Brought, node: GenerativeSelect) -> str:
    """Return ORDER BY, where there is one."""
    return str(compiler.order_by_clause(node)) if node.order_by_clauses else ""


def select_distinct(compiler: Brought, node: GenerativeSelect) -> str:
    """Return what stands before the columns."""
    return str(compiler.get_select_precolumns(node))


def update_limit(compiler: Brought, node: Update | Delete) -> str:
    """Return the LIMIT of an UPDATE or DELETE."""
    is_delete = node.__visit_name__ == "delete"
    write = compiler.delete_limit_clause if is_delete else compiler.update_limit_clause
    text = write(node)
    return f" {text}" if text else ""


def _clause(ours: str) -> Callable[..., str]:
    """Return what writes the clause as dovetail does."""

    def write(compiler: ExpressionCompiler, node: object, *_: object, **__: object) -> str:
        return _usual(compiler, ours)(node)

    return write


def _limit_of_change(
    compiler: ExpressionCompiler, node: Update | Delete, *_: object, **__: object
) -> str:
    return _usual(compiler, "update_limit")(node).removeprefix(" ")


views.values(
    QueryCompiler,
    limit_clause=_clause("select_limit"),
    fetch_clause=_clause("fetch_text"),
    for_update_clause=_clause("select_for_update"),
    group_by_clause=_clause("select_group_by"),
    order_by_clause=_clause("select_order_by"),
    get_select_precolumns=_clause("select_distinct"),
)
views.values(
    StatementCompiler, update_limit_clause=_limit_of_change, delete_limit_clause=_limit_of_change
)


# -- what stands in FROM -------------------------------------------------------------------------


def _from(kind: str) -> Callable[[Brought, FromClause], str]:
    """Return what has ``visit_…`` write a *kind* of what stands in FROM."""

    def write(compiler: Brought, source: FromClause) -> str:
        return str(getattr(compiler, f"visit_{kind}")(source, asfrom=True))

    write.__name__ = f"from_{kind}"
    return write


_FROMS = ("table", "join", "subquery", "lateral", "tablesample")

for _kind in _FROMS:
    # As it is called by super(), with where it stands.
    views.stands_for(QueryCompiler, f"visit_{_kind}")(_clause(f"from_{_kind}"))


# -- sequences -----------------------------------------------------------------------------------


def visit_next_value(compiler: Brought, node: NextValue) -> str:
    """Return the next value of a sequence."""
    return str(compiler.visit_sequence(node.sequence))


@views.method(StatementCompiler)
def visit_sequence(compiler: ExpressionCompiler, sequence: Sequence, **_: object) -> str:
    """Return the next value of *sequence*."""
    return _usual(compiler, "visit_next_value")(sequence.next_value())


BRIDGES: dict[str, Callable[..., str]] = {
    "limit_clause": select_limit,
    "fetch_clause": select_limit,
    "for_update_clause": select_for_update,
    "group_by_clause": select_group_by,
    "order_by_clause": select_order_by,
    "get_select_precolumns": select_distinct,
    "update_limit_clause": update_limit,
    "delete_limit_clause": update_limit,
    "visit_sequence": visit_next_value,
    **{f"visit_{kind}": _from(kind) for kind in _FROMS},
}
"""What calls a method of another package, by the name of that."""


# -- operators -----------------------------------------------------------------------------------

views.also_takes(ExpressionCompiler, "visit_binary", "override_operator")


def _binary_as_usual(
    compiler: ExpressionCompiler, binary: BinaryExpression[Any], *_: object, **__: object
) -> str:
    """Return *binary* as the server has it: what such a method calls by ``super()``."""
    written: Any = getattr(compiler, f"binary_{binary.operator.name}", None)
    return str(compiler.infix(binary, binary.operator.text) if written is None else written(binary))


for _operator in OPERATORS.values():
    views.method(ExpressionCompiler, name=f"visit_{_operator.__name__}_binary")(_binary_as_usual)


@views.method(ExpressionCompiler)
def _generate_generic_binary(
    compiler: ExpressionCompiler, binary: BinaryExpression[Any], opstring: str, **_: object
) -> str:
    """Return the operands of *binary* with *opstring* between them."""
    return compiler.infix(binary, opstring)
