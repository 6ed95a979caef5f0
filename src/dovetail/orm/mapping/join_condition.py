"""Which columns a relationship joins, which are remote, and in what direction keys travel."""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import cached_property
from typing import Any
from warnings import warn

from dovetail.exc import (
    AmbiguousForeignKeysError,
    ArgumentError,
    DovetailWarning,
    NoForeignKeysError,
)
from dovetail.orm.mapping.renaming import Renaming
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.elements import and_
from dovetail.sql.expression.from_clause import FromClause
from dovetail.sql.expression.froms import derived_froms, tables_within
from dovetail.sql.foreign_keys import ForeignKeyConstraint
from dovetail.sql.operators import AND, EQ
from dovetail.sql.traversal import iterate, replace


class RelationshipDirection(Enum):
    """Where the foreign key of a relationship lies, seen from the class that declares it."""

    ONETOMANY = 1
    """The related rows hold the key."""
    MANYTOONE = 2
    """This class's rows hold the key."""
    MANYTOMANY = 3
    """Rows of a third table hold both keys."""


ONETOMANY = RelationshipDirection.ONETOMANY
MANYTOONE = RelationshipDirection.MANYTOONE
MANYTOMANY = RelationshipDirection.MANYTOMANY

Pairs = tuple[tuple[Any, Any], ...]


class JoinRoles:
    """What ``foreign()`` and ``remote()`` said about the columns of one condition."""

    def __init__(self) -> None:
        self.foreign: set[Any] = set()
        self.remote: set[Any] = set()


class JoinCondition:
    """How rows of two mapped tables are joined by a relationship.

    ``primaryjoin``, ``secondaryjoin``  the conditions, in columns of the tables
    ``direction``                       where the foreign key lies
    ``pairs``                           (local column, remote column) of each equated pair
    ``synchronize_pairs``               (source, destination): a flush copies source to destination
    ``secondary_synchronize_pairs``     the same from the related row into the third table
    ``matched``                         columns equated with themselves in a self-reference
    ``marked``                          the condition as it was given, where ``remote()`` marks are
                                        what tells the two rows of a self-reference apart
    ``remote_columns``                  columns of the far side, told apart in self-references
    ``self_referential``                True where both sides share a table
    ``is_told_apart``                   True where ``remote_side=`` or ``remote()`` is given

    A side may be of several tables, joined by inheritance: *local_tables*, *target_tables*, each
    class's own first.  *inherited* has the pairs of columns that join them, which relate nothing.
    """

    def __init__(
        self,
        *,
        title: str,
        local_tables: Sequence[Any],
        target_tables: Sequence[Any],
        inherited: Pairs = (),
        secondary: FromClause | None = None,
        primaryjoin: ColumnElement[Any] | None = None,
        secondaryjoin: ColumnElement[Any] | None = None,
        foreign_keys: Iterable[Any] = (),
        remote_side: Iterable[Any] = (),
        roles: JoinRoles | None = None,
        marked: ColumnElement[Any] | None = None,
        viewonly: bool = False,
    ) -> None:
        self.title = title
        self.local_table, self.local_tables = local_tables[0], tuple(local_tables)
        self.target_table, self.target_tables = target_tables[0], tuple(target_tables)
        self._inherited = frozenset(frozenset(pair) for pair in inherited)
        self.secondary: Any = secondary
        roles = roles or JoinRoles()
        self._foreign = {*foreign_keys, *roles.foreign}
        self._remote = {*remote_side, *roles.remote}
        self.shared_tables = frozenset(self.local_tables) & frozenset(self.target_tables)
        self.self_referential = bool(self.shared_tables)
        self.matched: Pairs = ()
        by_marks = self.self_referential and secondary is None and roles.remote
        self.marked = marked if by_marks else None
        self.is_told_apart = bool(self._remote)
        self._viewonly = viewonly
        if secondary is not None:
            self._join_through(primaryjoin, secondaryjoin)
        else:
            self._join_directly(primaryjoin)

    # Many to many -------------------------------------------------------------------------

    def _join_through(self, primaryjoin: Any, secondaryjoin: Any) -> None:
        self.direction = MANYTOMANY
        first, second = self._secondary_keys(primaryjoin is None, secondaryjoin is None)
        self.primaryjoin = self._equate(first) if primaryjoin is None else primaryjoin
        self.secondaryjoin = self._equate(second) if secondaryjoin is None else secondaryjoin
        if primaryjoin is not None:
            first = self._secondary_pairs(primaryjoin, self.local_tables)
        if secondaryjoin is not None:
            second = self._secondary_pairs(secondaryjoin, self.target_tables)
        self.synchronize_pairs: Pairs = first
        self.secondary_synchronize_pairs: Pairs = second
        self.pairs: Pairs = (*first, *second)
        self.remote_columns = frozenset(self.secondary.c)

    def _secondary_keys(self, want_first: bool, want_second: bool) -> tuple[Pairs, Pairs]:
        first = self._keys_between(self.secondary, self.local_tables) if want_first else ()
        second = self._keys_between(self.secondary, self.target_tables) if want_second else ()
        return first, second

    def _keys_between(self, child: FromClause, parents: Sequence[Any]) -> Pairs:
        """(parent column, child column) of the one foreign key from *child* to its parent."""
        keys = self._foreign_keys((child,), parents)
        parent = parents[0]
        # A table between, to which the rows of one side refer: it is read, not written.
        back = [] if keys else self._foreign_keys(parents, (child,))
        if self._viewonly:
            keys = keys or [tuple((far, near) for near, far in pairs) for pairs in back]
        if not keys:
            hint = "it is for reading: viewonly=True" if back else None
            raise NoForeignKeysError(
                f"can't join {self.title}: {child.name!r} has no foreign key to {parent.name!r}",
                hint=hint or "add a ForeignKey, or give primaryjoin= and foreign_keys=",
            )
        if len(keys) > 1 and self.self_referential:
            raise AmbiguousForeignKeysError(
                f"can't tell the two sides of {self.title} apart: several foreign keys of "
                f"{child.name!r} refer to {keys[0][0][0].table.name!r}",
                hint="give primaryjoin= and secondaryjoin=",
            )
        if len(keys) > 1:
            raise AmbiguousForeignKeysError(
                f"can't join {self.title}: {child.name!r} has several foreign keys "
                f"to {parent.name!r}",
                hint="name the columns of the one that is meant with foreign_keys=",
            )
        return keys[0]

    def _foreign_keys(self, children: Sequence[Any], parents: Sequence[Any]) -> list[Pairs]:
        """The foreign keys from *children* to *parents*: those of their own tables, if any."""
        found: list[tuple[int, Pairs]] = []
        for child in children:
            for constraint in _constraints_of(child):
                for parent in parents:
                    pairs = _pairs_between(constraint, child, parent)
                    if not pairs:
                        continue
                    if self._inherited and all(frozenset(p) in self._inherited for p in pairs):
                        continue
                    if not self._foreign or any(column in self._foreign for _, column in pairs):
                        distance = children.index(child) + parents.index(parent)
                        found.append((distance, pairs))
        nearest = min((distance for distance, _ in found), default=0)
        keys = [pairs for distance, pairs in found if distance == nearest]
        # Of several over the same columns, that of exactly the columns that were named is meant.
        exact = [pairs for pairs in keys if {column for _, column in pairs} == self._foreign]
        return exact[:1] or keys

    def _secondary_pairs(self, condition: Any, tables: Sequence[Any]) -> Pairs:
        """(column of one of *tables*, column of the third table) that *condition* equates."""
        columns = set(self.secondary.c)
        pairs = []
        for left, right in equated_columns(condition):
            # The third table may be a join that a table of the far side stands in, too.
            if left in columns and (right not in columns or right.table in tables):
                pairs.append((right, left))
            elif right in columns and (left not in columns or left.table in tables):
                pairs.append((left, right))
        if not pairs:
            raise ArgumentError(
                f"the join condition of {self.title} equates no column of "
                f"{self.secondary.description!r} with a column of a mapped table: {condition}"
            )
        return tuple(pairs)

    # Direct joins -------------------------------------------------------------------------

    def _join_directly(self, primaryjoin: ColumnElement[Any] | None) -> None:
        self.secondaryjoin = None
        self.secondary_synchronize_pairs = ()
        if primaryjoin is None:
            pairs = self._inferred()
            self.primaryjoin = self._equate(pairs)
        else:
            self.primaryjoin = primaryjoin
            pairs = self._declared(primaryjoin)
        if self.self_referential:
            self.matched = tuple(
                pair for pair in equated_columns(self.primaryjoin) if pair[0] is pair[1]
            )
        self.synchronize_pairs = pairs
        self._check_remote_side()
        # Columns that both rows have in common say nothing of which refers to which, and neither
        # do those of further tables.
        known = {*self.local_tables, *self.target_tables}
        telling = tuple(
            pair
            for pair in pairs
            if pair[0] is not pair[1] and {pair[0].table, pair[1].table} <= known
        )
        foreign = {column for _, column in telling} or self._foreign
        self.direction = self._direction(telling, foreign)
        if self.direction is MANYTOONE:
            self.pairs = tuple((child, parent) for parent, child in telling)
        else:
            self.pairs = telling
        self.pairs += self.matched
        self.remote_columns = frozenset(remote for _, remote in self.pairs)
        if self._remote:
            self.remote_columns |= self._remote
        elif not pairs and self.direction is ONETOMANY:
            # In a self-reference without other marks: those that decide are the related row's.
            self.remote_columns = frozenset(self._foreign)
        if not pairs:
            self.pairs = self._viewed_pairs()

    def _inferred(self) -> Pairs:
        to_local = self._foreign_keys(self.target_tables, self.local_tables)
        to_target = self._foreign_keys(self.local_tables, self.target_tables)
        # In a self-reference both find the same.
        keys = list(dict.fromkeys((*to_local, *to_target)))
        if not keys:
            raise NoForeignKeysError(
                f"can't join {self.title}: there is no foreign key between "
                f"{self.local_table.name!r} and {self.target_table.name!r}",
                hint="add a ForeignKey to one of the tables, or give primaryjoin= with foreign()",
            )
        if len(keys) > 1:
            names = ", ".join(
                "/".join(f"{column.table.name}.{column.name}" for _, column in pairs)
                for pairs in keys
            )
            raise AmbiguousForeignKeysError(
                f"can't join {self.title}: several foreign keys connect "
                f"{self.local_table.name!r} and {self.target_table.name!r}: {names}",
                hint="say which one is meant, for instance "
                f"relationship(foreign_keys=[{keys[0][0][1].name}])",
            )
        return keys[0]

    def _declared(self, primaryjoin: ColumnElement[Any]) -> Pairs:
        """(source, destination) of the equated pairs of an explicit condition."""
        pairs = []
        for left, right in equated_columns(primaryjoin):
            self._check_ambiguous(left, right)
            if self._is_foreign(right, left):
                pairs.append((left, right))
            elif self._is_foreign(left, right):
                pairs.append((right, left))
        if not pairs:
            self._check_viewed(primaryjoin)
        return tuple(pairs)

    def _check_viewed(self, primaryjoin: ColumnElement[Any]) -> None:
        """Refuse a condition that equates nothing, but for reading what is marked."""
        if self._viewonly and not self._foreign:
            self._foreign = {
                column
                for pair in compared_columns(primaryjoin)
                for column, other in (pair, pair[::-1])
                if self._is_foreign(column, other)
            }
        if self._foreign.isdisjoint(columns_in(primaryjoin)):
            raise ArgumentError(
                f"can't tell the foreign key column in the join condition of {self.title}: "
                f"{primaryjoin}",
                hint="mark it: foreign(Child.parent_id), or give foreign_keys=",
            )
        if not self._viewonly:
            raise ArgumentError(
                f"no column is set equal to a foreign key in the join condition of {self.title}, "
                f"so that nothing could be written: {primaryjoin}",
                hint="give viewonly=True, to read by it alone",
            )

    def _check_ambiguous(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> None:
        """Refuse two columns that both are said to hold the key of the other."""
        both_marked = left is not right and {left, right} <= self._foreign
        if both_marked and self.shared_tables.isdisjoint({left.table, right.table}):
            raise ArgumentError(
                f"can't tell the direction of {self.title}: {left} and {right} are both said to "
                "be foreign keys",
                hint="foreign_keys= and foreign() name the column that refers, not the one that "
                "is referred to",
            )

    def _check_remote_side(self) -> None:
        """Refuse ``remote_side=`` that leaves no column to this side; warn of columns of it."""
        if self._remote and self.marked is None and columns_in(self.primaryjoin) <= self._remote:
            raise ArgumentError(
                f"can't tell the two sides of {self.title} apart: all columns of the join "
                f"condition are said to be of the far side: {self.primaryjoin}",
                hint="remote_side= and remote() name the columns of the related row alone",
            )
        own = [c for c in self._remote if c.table in self.local_tables]
        for column in own:
            if column.table not in self.target_tables:
                self._remote.discard(column)
                warn(
                    f"{column} is said to be of the far side of {self.title}, and is of a table "
                    "of this side alone: remote_side= and remote() name columns of the related row",
                    DovetailWarning,
                    stacklevel=2,
                )

    def _viewed_pairs(self) -> Pairs:
        """(local column, remote column) of all that a condition for reading compares."""
        return tuple(
            (local, remote)
            for pair in compared_columns(self.primaryjoin)
            for local, remote in (pair, pair[::-1])
            if local.table in self.local_tables
            and local not in self.remote_columns
            and (remote in self.remote_columns or remote.table in self.target_tables)
        )

    @cached_property
    def others(self) -> tuple[Any, ...]:
        """Tables that a condition for reading names besides those of the two sides."""
        if self.secondary is not None or not self._viewonly:
            return ()
        known = {*self.local_tables, *self.target_tables}
        named = derived_froms((), (), (self.primaryjoin,))
        return tuple(source for source in named if not known.issuperset(tables_within(source)))

    def _is_foreign(self, column: ColumnElement[Any], referred: ColumnElement[Any]) -> bool:
        if self._foreign:
            return column in self._foreign
        # What an alias selects stands for the columns that it comes from.
        known = getattr(referred, "lineage", (referred,))
        return any(key.column is one for key in column.foreign_keys for one in known)

    def _direction(self, pairs: Pairs, foreign: set[Any]) -> RelationshipDirection:
        apart = [column for column in foreign if column.table not in self.shared_tables]
        is_on_far_side = any(column.table in self.target_tables for column in apart)
        if is_on_far_side != any(column.table in self.local_tables for column in apart):
            return ONETOMANY if is_on_far_side else MANYTOONE
        if self._remote:
            return ONETOMANY if self._remote & foreign else MANYTOONE
        # The rows referred to tell, if the two sides share where the key is.
        referred = [c for c, _ in pairs if c.table not in self.shared_tables]
        is_referred = bool(referred) and all(c.table in self.target_tables for c in referred)
        return MANYTOONE if is_referred else ONETOMANY

    @staticmethod
    def _equate(pairs: Pairs) -> Any:
        conditions = [parent == child for parent, child in pairs]
        return and_(*conditions) if len(conditions) > 1 else conditions[0] if conditions else None

    # Use ----------------------------------------------------------------------------------

    def adapted(
        self,
        local: Callable[[Any], Any],
        remote: Callable[[Any], Any],
        secondary: Callable[[Any], Any] | None = None,
    ) -> tuple[Any, Any]:
        """(primaryjoin, secondaryjoin) with the columns of each side replaced by its function."""
        if self.marked is not None:
            return self._adapted_by_marks(self.marked, local, remote), None
        through = () if self.secondary is None else frozenset(self.secondary.c)

        def side(remote_if_target: bool) -> Callable[[Any], Any]:
            # The third table may be a join in which a table of the side stands, too.
            own = self.target_tables if remote_if_target else self.local_tables

            def place(node: Any) -> Any:
                if node in through and node.table not in own:
                    return secondary(node) if secondary is not None else None
                if node.table in self.shared_tables:
                    is_remote = node in self.remote_columns
                    if self.secondary is not None:
                        is_remote = remote_if_target
                    return remote(node) if is_remote else local(node)
                if node.table in self.target_tables:
                    return remote(node)
                if node.table in self.local_tables:
                    return local(node)
                return None

            return place

        def adapt(condition: object, place: Callable[[Any], Any]) -> Any:
            return Renaming(place, to_core=True).value(condition)

        primary = adapt(self.primaryjoin, side(False))
        if self.matched:
            # tree == tree: once of the one row, once of the other.
            same = {left for left, _ in self.matched}
            parts = [
                adapt(part, side(False))
                for part in conjunction(self.primaryjoin)
                if getattr(part, "left", None) not in same or part.left is not part.right
            ]
            primary = and_(*[local(column) == remote(column) for column in same], *parts)
        if self.secondaryjoin is None:
            return primary, None
        return primary, adapt(self.secondaryjoin, side(True))

    def _adapted_by_marks(
        self, marked: Any, local: Callable[[Any], Any], remote: Callable[[Any], Any]
    ) -> Any:
        def column(node: Any) -> Any:
            if node.table in self.local_tables:
                return local(node)
            return remote(node) if node.table in self.target_tables else None

        def special(node: Any) -> Any:
            roles = getattr(node, "join_roles", None)
            if roles is None:
                return None
            return remote(node.column) if "remote" in roles else local(node.column)

        return Renaming(column, special=special, to_core=True).value(marked)

    @property
    def is_plain(self) -> bool:
        """True when the condition is nothing but the equated pairs."""
        equated = dict.fromkeys((*self.synchronize_pairs, *self.matched))
        return len(list(conjunction(self.primaryjoin))) == len(equated)


def _constraints_of(source: FromClause) -> Iterable[Any]:
    """The foreign keys of *source*: of a table, or of the columns that a subquery selects."""
    own = getattr(source, "foreign_key_constraints", None)
    if own is not None:
        constraints: Iterable[Any] = own
        return constraints
    return dict.fromkeys(key.constraint for column in source.c for key in column.foreign_keys)


def _pairs_between(
    constraint: ForeignKeyConstraint, child: FromClause, parent: FromClause
) -> Pairs:
    """(column of *parent*, column of *child*) that *constraint* relates; () if it does not."""
    if not _may_refer(constraint, parent):
        return ()
    if constraint.referred_table is parent and constraint.table is child:
        return tuple((element.column, element.parent) for element in constraint.elements)
    pairs = tuple(
        (parent.corresponding_column(element.column), child.corresponding_column(element.parent))
        for element in constraint.elements
    )
    return pairs if all(one is not None for pair in pairs for one in pair) else ()


def _may_refer(constraint: ForeignKeyConstraint, parent: object) -> bool:
    """Whether *constraint* is not one that refers, by name, to another table than *parent*.

    Where such a table is, and whether it has the column, is the business of others.
    """
    target = constraint.elements[0].target
    name = getattr(parent, "fullname", None)
    if not isinstance(target, str) or name is None:
        return True
    given = constraint.elements[0].target_fullname
    # A foreign key may name the table alone.
    return name in (given, given.rpartition(".")[0])


def conjunction(condition: Any) -> Sequence[Any]:
    """The parts of *condition* that are joined by AND."""
    if condition is None:
        return ()
    if getattr(condition, "__visit_name__", "") == "grouping":
        return conjunction(condition.element)
    if getattr(condition, "__visit_name__", "") == "boolean_list" and condition.operator is AND:
        return [part for clause in condition.clauses for part in conjunction(clause)]
    return [condition]


def equated_columns(condition: ColumnElement[Any]) -> list[tuple[Any, Any]]:
    """The pairs of columns that *condition* sets equal, at its top level."""
    equalities = [one for one in conjunction(condition) if getattr(one, "operator", None) is EQ]
    return [pair for part in equalities for pair in _operands(part)]


def compared_columns(condition: ColumnElement[Any]) -> list[tuple[Any, Any]]:
    """The pairs of columns that *condition* compares, by any operator and at any depth."""
    return [pair for part in iterate(condition) for pair in _operands(part)]


def _operands(part: object) -> list[tuple[Any, Any]]:
    """The two sides of *part*, if it has two and both are columns."""
    left, right = getattr(part, "left", None), getattr(part, "right", None)
    both = getattr(left, "table", None) is not None and getattr(right, "table", None) is not None
    return [(left, right)] if both else []


def unmarked(condition: Any, roles: JoinRoles) -> Any:
    """*condition* with ``foreign()`` and ``remote()`` marks taken out and noted in *roles*."""

    def unmark(node: Any) -> Any:
        marks = getattr(node, "join_roles", None)
        if not marks:
            return None
        column = replace(node.column, unmark)
        # What is made of columns, ``foreign(func.lower(column))``, marks those.
        marked = columns_in(column) or {column}
        if "foreign" in marks:
            roles.foreign.update(marked)
        if "remote" in marks:
            roles.remote.update(marked)
        return column

    return replace(condition, unmark)


def columns_in(condition: ColumnElement[Any]) -> set[Any]:
    """The table columns that *condition* names."""
    return {node for node in iterate(condition) if getattr(node, "table", None) is not None}
