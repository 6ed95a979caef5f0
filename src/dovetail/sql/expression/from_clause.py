"""What stands after FROM: aliases, subqueries, CTEs, joins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple, Self
from warnings import warn

from ...exc import (
    AmbiguousForeignKeysError,
    ArgumentError,
    DovetailWarning,
    InvalidRequestError,
    NoForeignKeysError,
    NoReferencedTableError,
    did_you_mean,
)
from ...inspection import inspects_itself
from ...types.contract import NULLTYPE, TypeEngine
from ..arguments import ConditionArgument, FromArgument
from ..names import AnonymousName
from ..node import Node, Walk
from ..operators import EQ
from ..traversal import iterate, replace
from .coercion import criterion, from_node, join_target
from .column_element import ColumnElement, collected_name
from .columns import ColumnCollection, NamedColumn, ProxyColumn
from .elements import BinaryExpression, and_, bindparam


class Exported(NamedTuple):
    """One column that a SELECT or a FROM gives to those around it."""

    key: str
    name: str | AnonymousName
    column: Any


def table_label(table: FromClause) -> str:
    """Return what a long name of a column of *table* begins with: its schema and its name."""
    schema, name = getattr(table, "schema", None), str(table.description)
    return (f"{schema}.{name}" if schema else name).replace(".", "_")


class _Statements:
    """Makes the statements that FROMs and SELECTs start, which are made of them.

    :mod:`.wiring` fills it.
    """

    select: Callable[..., Any]
    labelled: Callable[..., Any]
    compound: Callable[..., Any]


statements = _Statements()


def warn_of_source(source: Node, spelling: str) -> None:
    """Warn of what belongs into FROM, and stands where a SELECT is meant."""
    warn(
        f"a {source.__visit_name__} stands where a SELECT is needed, and is taken for one: "
        f"say {spelling}",
        DovetailWarning,
        stacklevel=4,
    )


@inspects_itself
class FromClause(Node):
    """Base of all that has columns and may be selected from."""

    name: Any = None
    schema: str | None = None
    is_from: bool = True
    _columns: ColumnCollection[Any] | None = None

    @property
    def c(self) -> ColumnCollection[NamedColumn[Any]]:
        """The columns."""
        found = self._columns
        if found is None:
            found = self._columns = self._make_columns()
        return found

    @property
    def columns(self) -> ColumnCollection[NamedColumn[Any]]:
        """The columns."""
        return self.c

    @property
    def exported_columns(self) -> ColumnCollection[NamedColumn[Any]]:
        """The columns."""
        return self.c

    def _make_columns(self) -> ColumnCollection[Any]:
        return ColumnCollection()

    def _forget(self) -> None:
        self.__dict__.pop("_columns", None)

    def export(self) -> list[Exported]:
        """Return the columns with the names under which others see them."""
        return [Exported(key, column.name, column) for key, column in self.c.items()]

    @property
    def primary_key(self) -> Any:
        """The columns of the primary key."""
        return ColumnCollection((str(c.key), c) for c in self.c if c.primary_key)

    @property
    def foreign_keys(self) -> Any:
        """The foreign keys of all columns."""
        return frozenset(key for column in self.c for key in column.foreign_keys)

    @property
    def description(self) -> str:
        return str(self.name)

    @property
    def entity_namespace(self) -> Any:
        """Where ``filter_by`` looks for names."""
        return Namespace(self)

    @property
    def selectable(self) -> Self:
        """This itself: what may stand in FROM, of a class and of a table alike."""
        return self

    def corresponding_column(
        self, column: ColumnElement[Any], require_embedded: bool = False
    ) -> Any:
        """Return the column of this that stands for *column*, or None."""
        if column.table is self:
            return column
        return self.c.corresponding_column(column, require_embedded)

    def is_derived_from(self, other: object) -> bool:
        """Return whether this is *other* or made of it."""
        return other is self

    def select(self) -> Any:
        """Return ``SELECT … FROM this``."""
        return statements.select(self)

    def membership_select(self) -> Any:
        """Return this as IN wants it."""
        warn_of_source(self, "in_(select(...))")
        return statements.select(self).scalar_subquery()

    def as_value(self) -> Any:
        """Return this as what a column is compared with: a subquery of one column may be."""
        raise ArgumentError(
            f"a column is compared with a column or a value; got {self!r}",
            hint="name one of its columns, or select(...).scalar_subquery()",
        )

    def with_cols(self, type: type[Any]) -> Self:
        """Return this itself; *type*, a ``TypedColumns``, tells readers of the code its columns."""
        return self

    def alias(self, name: str | None = None, flat: bool = False) -> Alias:
        """Return this under another name, made up if none is given."""
        return Alias(self, name)

    def join(
        self,
        right: FromArgument,
        onclause: ConditionArgument = None,
        isouter: bool = False,
        full: bool = False,
    ) -> Join:
        """``this JOIN right ON onclause``; without *onclause* the foreign keys decide."""
        return Join(self, right, onclause, isouter, full)

    def outerjoin(
        self, right: FromArgument, onclause: ConditionArgument = None, full: bool = False
    ) -> Join:
        """``this LEFT OUTER JOIN right ON onclause``."""
        return Join(self, right, onclause, True, full)

    def tablesample(
        self, sampling: Node | float, name: str | None = None, seed: Node | None = None
    ) -> TableSample:
        """``this AS name TABLESAMPLE sampling``."""
        return TableSample(self, sampling, name, seed)

    def table_valued(self) -> TableValuedColumn:
        """Return the whole row as a value, for functions that take one (PostgreSQL)::

        select(func.row_to_json(user.table_valued()))
        """
        return TableValuedColumn(self, NULLTYPE)


class TableValuedColumn(ColumnElement[Any]):
    """The row of what stands in FROM as a value: its name alone."""

    __slots__ = ("table", "type")
    __visit_name__ = "table_valued_column"
    parts = ("table",)

    def __init__(self, table: FromClause, type_: TypeEngine[Any]) -> None:
        self.table = table
        self.type = type_

    @property
    def key(self) -> Any:
        return self.table.description

    @property
    def name(self) -> Any:
        """The name under which it stands in FROM."""
        return self.table.name

    def collect(self, walk: Walk) -> None:
        walk.key.append("row of")
        self.table.collect(walk)


class Namespace:
    """Columns by name for ``filter_by``, with an error that helps."""

    __slots__ = ("source",)

    def __init__(self, source: FromClause) -> None:
        self.source = source

    def __getattr__(self, name: str) -> Any:
        found = self.source.c.get(name)
        if found is None:
            raise InvalidRequestError(
                f'"{self.source.description}" has no column "{name}"',
                hint=did_you_mean(name, self.source.c.keys()),
            )
        return found


class AliasedFrom(FromClause):
    """Base of those that give another FROM or a SELECT a name."""

    parts: ClassVar[tuple[str, ...]] = ("element",)
    element: Any
    base_name = "anon"

    def __init__(self, element: Node, name: str | None = None) -> None:
        self.element = element
        self.name = name if name is not None else AnonymousName(self._base_name(element))

    def _base_name(self, element: Node) -> str:
        name = getattr(element, "name", None)
        return name if isinstance(name, str) else self.base_name

    @property
    def original(self) -> Any:
        """What is aliased, under its familiar name."""
        return self.element

    @property
    def description(self) -> str:
        return self.name if isinstance(self.name, str) else self.name.base

    def _make_columns(self) -> ColumnCollection[Any]:
        exported = self.element.export()
        # A column of a UNION stands for those of all its SELECTs.
        further = [
            [one.column for one in select.export()]
            for select in getattr(self.element, "selects", ())[1:]
        ]
        others: Iterable[tuple[Any, ...]] = [()] * len(exported)
        if further and all(len(columns) == len(exported) for columns in further):
            others = zip(*further, strict=True)
        return ColumnCollection(
            (key, ProxyColumn(column, self, name, key, more))
            for (key, name, column), more in zip(exported, others, strict=True)
        )

    def is_derived_from(self, other: object) -> bool:
        return other is self or self.element.is_derived_from(other)

    def collect(self, walk: Walk) -> None:
        key, numbers = walk.key, walk.numbers
        key.append(self.__visit_name__)
        number = numbers.get(self)
        if number is not None:
            key.append(number)
            return
        number = numbers[self] = len(numbers)
        key.append(number)
        key.append(collected_name(self.name, walk))
        self._collect_details(walk)
        self.element.collect(walk)

    def _collect_details(self, walk: Walk) -> None:
        """Append what this says besides its name and element."""


AliasedReturnsRows = AliasedFrom
"""The name that users know."""


class Alias(AliasedFrom):
    """``table AS name``."""

    __visit_name__ = "alias"


class TableSample(AliasedFrom):
    """``table AS name TABLESAMPLE method(sampling) REPEATABLE (seed)``."""

    __visit_name__ = "tablesample"
    parts = ("element", "sampling", "seed")

    def __init__(
        self, element: Node, sampling: Node | float, name: str | None, seed: Node | None
    ) -> None:
        super().__init__(element, name)
        is_plain = isinstance(sampling, int | float) or hasattr(sampling, "__visit_name__")
        self.sampling = sampling if is_plain else bindparam("system", sampling, unique=True)
        self.seed = seed

    def collect(self, walk: Walk) -> None:
        walk.key.append(self)


class Join(FromClause):
    """``left JOIN right ON onclause``."""

    __visit_name__ = "join"
    parts = ("left", "right", "_onclause")

    def __init__(
        self,
        left: FromArgument,
        right: FromArgument,
        onclause: ConditionArgument = None,
        isouter: bool = False,
        full: bool = False,
    ) -> None:
        self.left = from_node(left, "JOIN")
        self.right = join_target(right, "JOIN")
        self._onclause = criterion(onclause) if onclause is not None else None
        self.isouter = isouter
        self.full = full

    @property
    def onclause(self) -> Any:
        """The condition; found by the foreign keys if none was given."""
        found = self._onclause
        if found is None:
            found = self._onclause = join_condition(self.left, self.right)
        return found

    @property
    def description(self) -> str:
        return f"join of {self.left.description} and {self.right.description}"

    def _make_columns(self) -> ColumnCollection[Any]:
        return ColumnCollection(
            (f"{table_label(side)}_{key}" if not isinstance(side, Join) else key, column)
            for side in (self.left, self.right)
            for key, column in side.c.items()
        )

    def is_derived_from(self, other: object) -> bool:
        return (
            other is self or self.left.is_derived_from(other) or self.right.is_derived_from(other)
        )

    def corresponding_column(
        self, column: ColumnElement[Any], require_embedded: bool = False
    ) -> Any:
        return self.c.corresponding_column(column, require_embedded)

    def select(self) -> Any:
        return statements.select(self).select_from(self)

    def alias(self, name: str | None = None, flat: bool = False) -> Any:
        """Return ``(SELECT … FROM this) AS name``; with *flat*, this join of aliased tables.

        The columns of the subquery are called as their tables and they are: ``user_id``.
        """
        if not flat:
            return statements.labelled(self).subquery(name)
        aliases = {
            table: table.alias(None if name is None else f"{name}_{table.description}")
            for table in self.contained()
        }

        def place(node: Node) -> Any:
            if node in aliases:
                return aliases[node]
            alias = aliases.get(getattr(node, "table", None))
            return None if alias is None else alias.corresponding_column(node)

        return replace(self._twin(_onclause=self.onclause), place)

    def contained(self) -> list[Any]:
        """Return the tables joined, joins within looked through."""
        found: list[Any] = []
        for side in (self.left, self.right):
            found += side.contained() if isinstance(side, Join) else [side]
        return found

    def collect(self, walk: Walk) -> None:
        key = walk.key
        key.append("join")
        key.append((self.isouter, self.full, self._onclause is None))
        self.left.collect(walk)
        self.right.collect(walk)
        if self._onclause is not None:
            self._onclause.collect(walk)


def join_condition(left: FromClause, right: FromClause) -> Any:
    """Return the ON that the foreign keys between *left* and *right* give."""
    found: dict[Any, list[Any]] = {}
    for referring, referred in ((right, left), (left, right)):
        for column in referring.c:
            for key in column.foreign_keys:
                target = _referent(key, referred)
                if target is not None:
                    crit: Any = BinaryExpression(target, column, EQ)
                    found.setdefault(key.constraint or key, []).append(crit)
        if found and referring is right:
            break
        if left is right:
            break
    if not found:
        raise NoForeignKeysError(
            f"no foreign key links {left.description!r} and {right.description!r}",
            hint="say how to join: .join(target, onclause)",
        )
    if len(found) > 1:
        raise AmbiguousForeignKeysError(
            f"{left.description!r} and {right.description!r} are linked by more than one "
            "foreign key",
            hint="say how to join: .join(target, onclause)",
        )
    return and_(*next(iter(found.values())))


def _referent(key: Any, referred: FromClause) -> Any:
    try:
        return referred.c.corresponding_column(key.column)
    except NoReferencedTableError:
        names = {getattr(part, "name", None) for part in iterate(referred)}
        if key.target_table_name in names:
            raise
        return None


def join(
    left: FromArgument,
    right: FromArgument,
    onclause: ConditionArgument = None,
    isouter: bool = False,
    full: bool = False,
) -> Join:
    """Return ``left JOIN right``."""
    return Join(left, right, onclause, isouter, full)


def outerjoin(
    left: FromArgument, right: FromArgument, onclause: ConditionArgument = None, full: bool = False
) -> Join:
    """Return ``left LEFT OUTER JOIN right``."""
    return Join(left, right, onclause, True, full)


def selectable_of(source: FromArgument) -> Any:
    """Return what *source*, a mapped class perhaps, is selected from."""
    return source if isinstance(source, Node) else from_node(source).selectable


def alias(selectable: FromArgument, name: str | None = None, flat: bool = False) -> Any:
    """Return *selectable* under another name."""
    return selectable_of(selectable).alias(name, flat)


def tablesample(
    selectable: FromArgument,
    sampling: Node | float,
    name: str | None = None,
    seed: Node | None = None,
) -> TableSample:
    """Return a sample of a table's rows."""
    made: TableSample = selectable_of(selectable).tablesample(sampling, name, seed)
    return made
