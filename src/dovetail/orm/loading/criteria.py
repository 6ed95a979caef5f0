"""``with_loader_criteria()``: conditions on a class wherever a statement, or a load, meets it."""

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.orm.loading.joins import row_conditions
from dovetail.orm.loading.options import Entry, hashable_value
from dovetail.orm.loading.resolving import resolving
from dovetail.orm.mapping.alias import AliasedClass
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.events import known_mappers
from dovetail.orm.mapping.mapper import Mapper, mapper_of
from dovetail.orm.mapping.pickling import Packed
from dovetail.sql.expression.coercion import criterion as criterion_of
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.from_clause import FromClause
from dovetail.sql.expression.select import Select
from dovetail.sql.node import Walk
from dovetail.sql.traversal import replace


class _Made:
    """The conditions that a criterion has made, by class: all that is left of it in a pickle."""

    def __init__(self, conditions: Mapping[type, Any]) -> None:
        self.conditions = conditions

    def __call__(self, class_: type) -> Any:
        if class_ not in self.conditions:
            raise InvalidRequestError(
                f"loader criteria that were pickled know no condition for {class_.__name__}",
                hint="the class was mapped after they were made: give the option anew",
            )
        return self.conditions[class_]


class LoaderCriteriaOption(Packed):
    """A condition for every occurrence of a class: made by :func:`with_loader_criteria`."""

    entries: tuple[Entry, ...] = ()
    root: Any = None
    restricts_classes = True

    def __init__(
        self,
        entity: Any,
        criterion: Callable[[Any], Any],
        include_aliases: bool,
        loader_only: bool,
        propagate_to_loaders: bool,
    ) -> None:
        self.entity = entity
        self.criterion = criterion
        self.include_aliases = include_aliases
        self.loader_only = loader_only
        self.propagate_to_loaders = propagate_to_loaders
        self._made: dict[Mapper, Any] = {}

    def state_to_pickle(self) -> Any:
        """The state of this, with the conditions in place of the function that makes them."""
        concerned = [mapper for mapper in known_mappers() if self.concerns(mapper)]
        made = _Made({mapper.class_: self.condition(mapper) for mapper in concerned})
        return {**self.__dict__, "criterion": made, "_made": {}}

    def __repr__(self) -> str:
        return f"<criteria for {self.entity!r}>"

    def concerns(self, mapper: Mapper) -> bool:
        """True where instances of *mapper* are restricted."""
        return issubclass(mapper.class_, self.entity)

    def condition(self, mapper: Mapper) -> Any:
        """The condition on rows of *mapper*: the same object each time."""
        found = self._made.get(mapper)
        if found is None:
            found = self._made[mapper] = criterion_of(self.criterion(mapper.class_))
        return found

    def conditions(self, entity: EntityNode) -> list[Any]:
        """What restricts *entity* where a statement selects from it: one condition, or none."""
        is_users_alias = isinstance(entity.alias, AliasedClass)
        if not self.concerns(entity.mapper) or (is_users_alias and not self.include_aliases):
            return []
        found = entity.adapted_condition(self.condition(entity.mapper), resolving())
        return [] if found is None else [found]

    def collect(self, walk: Walk) -> None:
        """Append the conditions of all classes concerned, with their values.

        What is loaded later, by plans that hang on this statement's, has these values too.
        """
        key = walk.key
        key += ("criteria", self.entity, self.include_aliases, self.loader_only)
        first, planner = len(walk.binds), walk.planner
        for mapper in known_mappers():
            if self.concerns(mapper):
                self.condition(mapper).collect(walk)
        # A statement of tables that carries this along is not to be planned again: its columns
        # would get other names than those that the statement around it asks for.
        walk.planner = planner
        if self.propagate_to_loaders:
            key.append(tuple(hashable_value(bind.effective_value) for bind in walk.binds[first:]))


class AliasCriteriaOption(LoaderCriteriaOption):
    """A condition for one alias: no other occurrence of its class is restricted."""

    def __init__(self, alias: EntityNode, criterion: Callable[[Any], Any], loader_only: bool):
        super().__init__(alias.mapper.class_, criterion, True, loader_only, False)
        self.alias = alias
        self._condition = criterion_of(criterion(alias.alias))

    def concerns(self, mapper: Mapper) -> bool:
        return False

    def conditions(self, entity: EntityNode) -> list[Any]:
        return [resolving()(self._condition)] if entity is self.alias else []

    def collect(self, walk: Walk) -> None:
        walk.key += ("criteria of", self.loader_only)
        planner = walk.planner
        self.alias.collect(walk)
        self._condition.collect(walk)
        walk.planner = planner


def restricted_statement(statement: Any, entity: EntityNode) -> Any:
    """The UPDATE or DELETE *statement* of *entity* with the criteria among its options, once.

    Those that tell the rows of its class from others in its table are added too.
    """
    if statement.is_restricted:
        return statement
    options = [one for one in statement.loader_options if isinstance(one, LoaderCriteriaOption)]
    conditions = [c for one in options if not one.loader_only for c in one.conditions(entity)]
    conditions += row_conditions(entity)
    restricted = statement.where(*conditions) if conditions else statement
    return restricted._with(is_restricted=True)


def rows_of_change(
    columns: Sequence[Any], source: FromClause, core: Select[*tuple[Any, ...]]
) -> Any:
    """The SELECT of *columns* of the rows in *source* that *core*, an UPDATE or DELETE, touches."""
    asked: Any = Select(*columns).select_from(source).where(*core.where_criteria)
    criteria = tuple(o for o in core.loader_options if isinstance(o, LoaderCriteriaOption))
    return asked._with(loader_options=criteria, standing=core.standing)


def _in_own_table(condition: ColumnElement[Any], mapper: Mapper, class_: type) -> Any:
    """*condition* on *mapper*, as one on *class_*: a concrete class has columns of its own."""
    own = mapper_of(class_)
    assert own is not None
    line = takewhile(lambda one: one is not mapper, own.iterate_to_root())
    if not any(one.concrete for one in line):
        return condition

    def placed(node: Any) -> Any:
        entity = getattr(node, "owner", None)
        if isinstance(entity, EntityNode) and entity.alias is None and own.isa(entity.mapper):
            return getattr(class_, node.key, None)
        return None

    return replace(condition, placed)


def with_loader_criteria(
    entity_or_base: Any,
    where_criteria: Any,
    loader_only: bool = False,
    include_aliases: bool = False,
    propagate_to_loaders: bool = True,
    track_closure_variables: bool = True,
) -> LoaderCriteriaOption:
    """Restrict a class wherever the statement meets it: in FROM, in joins, in what it loads.

    ``entity_or_base``        a mapped class, or a mixin or base: all mapped classes below it; or an
                              ``aliased()`` class, which alone is restricted then
    ``where_criteria``        a condition, or a function of the class that returns one
    ``loader_only``           relationships alone are restricted, not the statement itself
    ``include_aliases``       ``aliased()`` classes are restricted too
    ``propagate_to_loaders``  lazy loads of the instances are restricted later on too

    ::

        select(User).options(
            with_loader_criteria(SoftDeleted, lambda class_: class_.deleted.is_(False))
        )

    A function is called anew for each option, so that the values it refers to are current:
    ``track_closure_variables`` is taken and has no effect::

        large = with_loader_criteria(Order, Order.total > 10)
        session.scalars(select(User).options(selectinload(User.orders), large)).all()
        # SELECT user_account.id, user_account.name FROM user_account
        # SELECT orders.user_id, orders.id, orders.total FROM orders WHERE orders.user_id IN (?, ?)
        #     AND orders.total > ?
    """
    if isinstance(entity_or_base, AliasedClass):
        condition = where_criteria if callable(where_criteria) else lambda alias: where_criteria
        return AliasCriteriaOption(entity_or_base.__statement_entity__, condition, loader_only)
    mapper = entity_or_base if isinstance(entity_or_base, Mapper) else mapper_of(entity_or_base)
    entity = entity_or_base if mapper is None else mapper.class_
    if not isinstance(entity, type):
        raise ArgumentError(
            f"with_loader_criteria() takes a mapped class, a mixin or a base, not {entity!r}",
            hint="with_loader_criteria(User, User.is_active)",
        )
    if callable(where_criteria):
        criterion = where_criteria
    elif mapper is not None:

        def criterion(class_: type) -> Any:
            return _in_own_table(where_criteria, mapper, class_)

    else:
        raise ArgumentError(
            f"{entity.__name__} is not mapped: its condition differs from class to class",
            hint=f"with_loader_criteria({entity.__name__}, lambda class_: class_.… == …)",
        )
    return LoaderCriteriaOption(
        entity, criterion, include_aliases, loader_only, propagate_to_loaders
    )
