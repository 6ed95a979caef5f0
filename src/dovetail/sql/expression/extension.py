"""Clauses of the user's own: where in a statement they stand, and how they get there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple, Self

from ...exc import ArgumentError, ExtensionRefused, UnknownPosition, did_you_mean
from ..node import Node, Walk


class Placed(NamedTuple):
    """A clause, and where in its statement it stands."""

    position: str
    clause: Node


class SyntaxExtension:
    """Base of clauses that a statement has no method for: ``statement.ext(clause)`` puts them in.

    A class of such clauses is an element too, with a function under
    :func:`~dovetail.ext.compiler.compiles` that writes it, and says for each kind of statement
    that it goes with where it stands::

        class Qualify(SyntaxExtension, ClauseElement):
            def __init__(self, condition):
                self.condition = condition

            def apply_to_select(self, select_stmt):
                select_stmt.apply_syntax_extension_point(
                    self.append_replacing_same_type, "post_criteria"
                )


        @compiles(Qualify)
        def write_qualify(element, compiler, **kw):
            return f"QUALIFY {compiler.process(element.condition, **kw)}"


        select(order).ext(Qualify(func.row_number().over(order_by=order.c.id) == 1))

    The statement that a method is handed is the copy that ``ext()`` returns.  A method may return
    another copy of it, which then takes its place.  What is not defined is refused.
    """

    __slots__ = ()

    def apply_to_select(self, select_stmt: Extensible) -> Any:
        """Put this into a SELECT; its positions stand in ``select_stmt.extension_positions``."""
        raise self._refused("SELECT")

    def apply_to_insert(self, insert_stmt: Extensible) -> Any:
        """Put this into an INSERT."""
        raise self._refused("INSERT")

    def apply_to_update(self, update_stmt: Extensible) -> Any:
        """Put this into an UPDATE."""
        raise self._refused("UPDATE")

    def apply_to_delete(self, delete_stmt: Extensible) -> Any:
        """Put this into a DELETE."""
        raise self._refused("DELETE")

    def append_replacing_same_type(self, existing: Sequence[Any]) -> Sequence[Any]:
        """Return *existing* with this in the place of those of its own class."""
        return [*(clause for clause in existing if type(clause) is not type(self)), self]

    def _refused(self, verb: str) -> Exception:
        name = type(self).__name__
        return ExtensionRefused(
            f"{name} is no clause of {verb}",
            hint=f"it goes with statements whose method it defines: "
            f"{name}.apply_to_{verb.lower()}() puts it into {verb}",
        )


class Extensible:
    """What statements have in common that take clauses of the user's own."""

    __slots__ = ()

    extension_positions: ClassVar[tuple[str, ...]] = ()
    """Where such clauses may stand."""
    extensions: tuple[Placed, ...] = ()

    def ext(self, extension: SyntaxExtension) -> Self:
        """Return a copy with *extension*, a clause that the statement has no method for.

        Those of the dialects, such as ``distinct_on()`` of PostgreSQL and ``limit()`` of MySQL,
        or one's own: see :class:`SyntaxExtension`.
        """
        if not isinstance(extension, SyntaxExtension):
            raise ArgumentError(
                f"ext() takes a clause derived from SyntaxExtension; got {extension!r}"
            )
        copy = self._with()  # type: ignore[attr-defined]
        verb = self.__visit_name__  # type: ignore[attr-defined]
        made = getattr(extension, f"apply_to_{verb}")(copy)
        result: Self = copy if made is None else made
        return result

    def apply_syntax_extension_point(
        self, apply_fn: Callable[[Sequence[Any]], Sequence[Any]], position: str
    ) -> None:
        """Let *apply_fn* say which clauses stand at *position*: it is handed those that do.

        For the methods of a :class:`SyntaxExtension`, which are handed a copy that nobody else
        has.  ValueError for a position that the statement does not have.
        """
        if position not in self.extension_positions:
            raise UnknownPosition(
                f"{type(self).__name__} has no position {position!r}: "
                f"it has {', '.join(map(repr, self.extension_positions))}",
                hint=did_you_mean(position, self.extension_positions),
            )
        others = tuple(one for one in self.extensions if one.position != position)
        made = apply_fn(list(self.extensions_at(position)))
        self.__dict__["extensions"] = (*others, *(Placed(position, clause) for clause in made))
        self._forget()  # type: ignore[attr-defined]

    def extensions_at(self, position: str) -> list[Any]:
        """Return the clauses that stand at *position*."""
        return [one.clause for one in self.extensions if one.position == position]


def collect_extensions(extensions: Sequence[Placed], walk: Walk) -> None:
    """Append *extensions* to *walk*."""
    walk.key.append(len(extensions))
    for position, clause in extensions:
        walk.key.append(position)
        clause.collect(walk)
