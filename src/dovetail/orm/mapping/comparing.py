"""Comparators of the user's own: what operators do with a mapped attribute."""

from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


class PropComparator:
    """The base of classes given as ``comparator_factory``.

    Its operators replace those of the attribute; ``self.__clause_element__()`` is the column, and
    ``super()`` leads to what the operator does otherwise::

        class AnyCase(ColumnProperty.Comparator):
            def __eq__(self, other):
                return func.lower(self.__clause_element__()) == func.lower(other)
    """

    __slots__ = ()

    prop: Any
    entity: Any

    def __clause_element__(self) -> Any:
        """Return what is compared, where this stands for one expression.

        :raises NotImplementedError: it stands for none: its operators are all that it has
        """
        above = getattr(super(), "__clause_element__", None)
        if above is None:
            raise NotImplementedError(f"{type(self).__name__} stands for no single expression")
        return above()


@cache
def with_comparator(kind: type[T], factory: Any) -> type[T]:
    """*kind* of attribute with the operators of the comparator *factory*, which may be None."""
    if factory is None:
        return kind
    body = {"__hash__": object.__hash__, "__module__": factory.__module__}
    made: type[T] = type(f"{factory.__name__}{kind.__name__}", (factory, kind), body)
    return made
