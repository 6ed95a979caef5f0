"""Loader options: what a statement says about how attributes are to be loaded."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dovetail.exc import ArgumentError
from dovetail.orm.mapping.attribute import EntityNode, QueryableAttribute
from dovetail.orm.mapping.pickling import Packed
from dovetail.orm.mapping.strategies import STRATEGIES, policy_named
from dovetail.sql.arguments import ColumnArgument
from dovetail.sql.expression.columns import column_argument
from dovetail.sql.expression.from_clause import FromClause
from dovetail.sql.node import Walk

AttributeArgument = QueryableAttribute[Any] | str
"""What loader options take: mapped attributes, and "*" for all that are not named."""


def _function(strategy: str) -> str:
    """The function that users call for *strategy*, where it has another name."""
    found = STRATEGIES.get(strategy)
    return strategy if found is None else found.option or strategy


class Entry(NamedTuple):
    """One instruction: the path of attributes to it, what to do there, and with what."""

    path: tuple[Any, ...]
    strategy: str
    arguments: tuple[Any, ...]

    @property
    def local_opts(self) -> dict[str, Any]:
        """What was said of the strategy, by name."""
        found = STRATEGIES.get(self.strategy)
        given = zip(() if found is None else found.arguments, self.arguments, strict=False)
        return {name: value for name, value in given if value is not None}


class UserDefinedOption:
    """An option of the user's own, for ``do_orm_execute`` listeners: ``payload`` says what."""

    propagate_to_loaders = False
    entries: tuple[Entry, ...] = ()
    root: Any = None

    def __init__(self, payload: object = None) -> None:
        self.payload = payload

    def collect(self, walk: Walk) -> None:
        """Append nothing: the plan does not depend on it."""


class LazyPolicyOption:
    """How what the instances of a statement lack is loaded: its option ``lazy_policy``."""

    entries: tuple[Entry, ...] = ()
    root: Any = None

    def __init__(self, policy: str) -> None:
        self.policy = policy_named(policy)

    def collect(self, walk: Walk) -> None:
        """Append the policy: the instances of a plan share their instructions."""
        walk.key += ("lazy policy", self.policy.name)

    def instruct(self, tree: Any) -> None:
        """Let *tree*, the instructions for the instances, say it."""
        tree.policy = self.policy


class LoaderOption(Packed):
    """Instructions for loading, each under a path that starts at an entity of the statement.

    An option is a value: each method returns a longer one, whose last relationship is where
    the next method goes on::

        selectinload(User.orders).joinedload(Order.items).load_only(Item.name)
    """

    __slots__ = ("entries", "path", "root")

    def __init__(
        self, entries: tuple[Entry, ...] = (), path: tuple[Any, ...] = (), root: Any = None
    ) -> None:
        self.entries = entries
        self.path = path
        self.root = root

    @property
    def context(self) -> tuple[Entry, ...]:
        """``entries``, by their familiar name."""
        return self.entries

    def state_to_pickle(self) -> Any:
        """The state of this, as ``pickle`` has it for slots."""
        return None, {"entries": self.entries, "path": self.path, "root": self.root}

    def __repr__(self) -> str:
        words = [f"{entry.strategy}({'.'.join(map(str, entry.path))})" for entry in self.entries]
        return f"<loader option {', '.join(words)}>"

    def collect(self, walk: Walk) -> None:
        """Append what this option changes about the plan."""
        key = walk.key
        if self.root is not None:
            self.root.collect(walk)
        for entry in self.entries:
            key += (entry.strategy, len(entry.path))
            first = len(walk.binds)
            for step in (*entry.path, *entry.arguments):
                if hasattr(step, "collect"):
                    step.collect(walk)
                else:
                    key.append(step)
            if entry.strategy == "expression":
                # What is read again later, by plans that hang on this one, has these values too.
                binds = walk.binds[first:]
                key.append(tuple([hashable_value(bind.effective_value) for bind in binds]))

    def _path(self, attributes: Sequence[Any], option: str) -> tuple[Any, ...]:
        path = self.path
        for attribute in attributes:
            if isinstance(attribute, str):
                if attribute != "*":
                    raise ArgumentError(
                        f"{_function(option)}() takes mapped attributes, not names: {attribute!r}",
                        hint=f"{_function(option)}(User.{attribute})",
                    )
            elif not isinstance(attribute, QueryableAttribute) or attribute.prop is None:
                raise ArgumentError(
                    f"{_function(option)}() takes mapped attributes, not {attribute!r}",
                    hint=f"{_function(option)}(User.addresses)",
                )
            else:
                self._check_step(path, attribute)
            path = (*path, attribute)
        return path

    def _check_step(self, path: tuple[Any, ...], attribute: QueryableAttribute[Any]) -> None:
        """Refuse *attribute* where *path*, or the entity of this option, leads elsewhere."""
        before = path[-1] if path else self.root
        if isinstance(before, QueryableAttribute):
            before.prop.parent.configure()
            mapper = before.prop.mapper
        elif isinstance(before, EntityNode):
            mapper = before.mapper
        else:
            return
        if attribute.prop.parent.base is not mapper.base:
            raise ArgumentError(
                f"{attribute} is no attribute of {mapper.class_.__name__}, where the option is",
                hint=f"go on with an attribute of {mapper.class_.__name__}, or give both as "
                "options of their own",
            )

    def _related(
        self, attributes: Sequence[Any], strategy: str, *arguments: object
    ) -> "LoaderOption":
        """An option that goes on at the last of *attributes*, which lead through relationships."""
        entries = self.entries
        path = self.path
        for position, attribute in enumerate(attributes):
            path = self._path(attributes[: position + 1], strategy)
            if not isinstance(attribute, str) and not attribute.prop.is_relationship:
                raise ArgumentError(
                    f"{_function(strategy)}() is for relationships; {attribute} is a column",
                    hint=f"for columns there are load_only({attribute}) and defer({attribute})",
                )
            entries = (*entries, Entry(path, strategy, arguments))
        return LoaderOption(entries, path, self.root)

    def _columns(
        self, attributes: Sequence[Any], strategy: str, *arguments: object
    ) -> "LoaderOption":
        # A composite is its columns.
        columns = [
            one
            for attribute in attributes
            for one in (attribute.exprs if hasattr(attribute, "exprs") else (attribute,))
        ]
        entry = Entry(self.path, strategy, (*self._named(columns, strategy), *arguments))
        return LoaderOption((*self.entries, entry), self.path, self.root)

    def _named(self, attributes: Sequence[Any], strategy: str) -> tuple[Any, ...]:
        for attribute in attributes:
            path = self._path([attribute], strategy)
            if not isinstance(attribute, str) and path[-1].prop.is_relationship:
                raise ArgumentError(
                    f"{_function(strategy)}() is for columns; {attribute} is a relationship",
                    hint=f"for relationships there are lazyload({attribute}) and the like",
                )
        return tuple(attributes)

    def joinedload(self, *attributes: AttributeArgument, innerjoin: bool = False) -> "LoaderOption":
        """Load with the same statement, by a LEFT OUTER JOIN, or by a JOIN (*innerjoin*)."""
        return self._related(attributes, "joined", bool(innerjoin))

    def selectinload(
        self,
        *attributes: AttributeArgument,
        recursion_depth: int | None = None,
        chunksize: int | None = None,
    ) -> "LoaderOption":
        """Load with one more statement for all instances; *recursion_depth* repeats it downward."""
        return self._related(attributes, "selectin", recursion_depth, chunksize)

    def subqueryload(self, *attributes: AttributeArgument) -> "LoaderOption":
        """Load with one more statement for all instances."""
        return self._related(attributes, "selectin", None, None)

    def immediateload(
        self, *attributes: AttributeArgument, recursion_depth: int | None = None
    ) -> "LoaderOption":
        """Load right after the instances, from the identity map where it can be."""
        return self._related(attributes, "selectin", recursion_depth, None)

    def lazyload(self, *attributes: AttributeArgument) -> "LoaderOption":
        """Load when the attribute is first read."""
        return self._related(attributes, "select")

    def noload(self, *attributes: AttributeArgument) -> "LoaderOption":
        """Never load: the attribute is None, or empty."""
        return self._related(attributes, "noload")

    def raiseload(self, *attributes: AttributeArgument, sql_only: bool = False) -> "LoaderOption":
        """Refuse to load: reading the attribute is an error; *sql_only* allows the identity map."""
        return self._related(attributes, "raise_on_sql" if sql_only else "raise")

    def contains_eager(
        self, *attributes: AttributeArgument, alias: object = None
    ) -> "LoaderOption":
        """Fill the attribute from columns that the statement joins by itself.

        *alias* is what the last of *attributes* was joined as.
        """
        option = self
        for attribute in attributes[:-1]:
            own = getattr(attribute, "target_entity", None)
            # On the way to another, where nothing is said, what was said before holds.
            option = option._related((attribute,), "contains_eager", *([own] if own else []))
        entity = getattr(alias, "__statement_entity__", alias)
        last = attributes[-1] if attributes else None
        if entity is None:
            entity = getattr(last, "target_entity", None)
        elif isinstance(entity, FromClause) and isinstance(last, QueryableAttribute):
            last.prop.parent.configure()
            entity = EntityNode(last.prop.mapper, entity, entity)
        return option._related(attributes[-1:], "contains_eager", entity)

    def defaultload(self, *attributes: AttributeArgument) -> "LoaderOption":
        """Go on below a relationship without changing how it is loaded itself."""
        return self._related(attributes, "default")

    def load_only(self, *attributes: AttributeArgument, raiseload: bool = False) -> "LoaderOption":
        """Load these columns alone, and the primary key."""
        return self._columns(attributes, "load_only", raiseload)

    def defer(self, *attributes: AttributeArgument, raiseload: bool = False) -> "LoaderOption":
        """Leave these columns until they are read; *raiseload* makes reading them an error."""
        return self._columns(attributes, "defer", raiseload)

    def undefer(self, *attributes: AttributeArgument) -> "LoaderOption":
        """Load these columns with the instance although they are mapped as deferred."""
        return self._columns(attributes, "undefer", False)

    def undefer_group(self, name: str) -> "LoaderOption":
        """Load the deferred columns of group *name* with the instance."""
        entry = Entry(self.path, "undefer_group", (name,))
        return LoaderOption((*self.entries, entry), self.path, self.root)

    def selectin_polymorphic(self, classes: Iterable[Any]) -> "LoaderOption":
        """Load what instances of *classes* have besides, with one more statement for each."""
        mappers = tuple(_mapper_of(class_) for class_ in classes)
        entry = Entry(self.path, "selectin_polymorphic", mappers)
        return LoaderOption((*self.entries, entry), self.path, self.root)

    def with_expression(
        self, attribute: AttributeArgument, expression: ColumnArgument
    ) -> "LoaderOption":
        """Let the query expression *attribute* hold *expression*."""
        (key,) = self._named((attribute,), "with_expression")
        if not getattr(getattr(key, "prop", None), "is_query_expression", False):
            raise ArgumentError(
                f"with_expression() is for query expressions; {attribute} is none",
                hint="map the attribute with query_expression()",
            )
        entry = Entry(self.path, "expression", (key, column_argument(expression)))
        return LoaderOption((*self.entries, entry), self.path, self.root)

    def options(self, *options: "LoaderOption") -> "LoaderOption":
        """Add *options* below the last relationship."""
        entries = list(self.entries)
        for option in options:
            for entry in option.entries:
                entries.append(entry._replace(path=self.path + entry.path))
        return LoaderOption(tuple(entries), self.path, self.root)


class Load(LoaderOption):
    """Options for one entity of the statement: ``Load(User).selectinload(User.orders)``."""

    __slots__ = ()

    def __init__(self, entity: object) -> None:
        node = getattr(entity, "__statement_entity__", None)
        if not isinstance(node, EntityNode):
            raise ArgumentError(f"Load() takes a mapped class or an alias, not {entity!r}")
        super().__init__(root=node)


def _start() -> LoaderOption:
    return LoaderOption()


def joinedload(*attributes: AttributeArgument, innerjoin: bool = False) -> LoaderOption:
    """Load relationships with the same statement, by a LEFT OUTER JOIN.

    Several attributes are a path; ``innerjoin=True`` joins without OUTER, for what always exists::

        select(User).options(joinedload(User.addresses))

    With the SQL that it sends::

        session.scalars(select(Order).options(joinedload(Order.user))).all()
        # SELECT orders.id, orders.user_id, orders.total, user_account_1.id AS id_1,
        #     user_account_1.name FROM orders LEFT OUTER JOIN user_account AS user_account_1 ON
        #     user_account_1.id = orders.user_id
    """
    return _start().joinedload(*attributes, innerjoin=innerjoin)


def selectinload(
    *attributes: AttributeArgument, recursion_depth: int | None = None, chunksize: int | None = None
) -> LoaderOption:
    """Load relationships with one more statement each, for all instances of the result.

    A self-referential relationship can go on for *recursion_depth* levels, -1 for all::

        select(User).options(selectinload(User.orders).selectinload(Order.items))

    With the SQL that it sends::

        session.scalars(select(User).options(selectinload(User.orders))).all()
        # SELECT user_account.id, user_account.name FROM user_account
        # SELECT orders.user_id, orders.id, orders.total FROM orders WHERE orders.user_id IN (?, ?)
    """
    return _start().selectinload(*attributes, recursion_depth=recursion_depth, chunksize=chunksize)


def subqueryload(*attributes: AttributeArgument) -> LoaderOption:
    """Load relationships with one more statement each: the same as ``selectinload()`` here."""
    return _start().subqueryload(*attributes)


def immediateload(
    *attributes: AttributeArgument, recursion_depth: int | None = None
) -> LoaderOption:
    """Load relationships right after the instances, from the identity map where it can be.

    With the SQL that it sends::

        session.scalars(select(Order).options(immediateload(Order.user))).all()
        # SELECT orders.id, orders.user_id, orders.total FROM orders
        # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id IN (?,
        #     ?)
    """
    return _start().immediateload(*attributes, recursion_depth=recursion_depth)


def lazyload(*attributes: AttributeArgument) -> LoaderOption:
    """Load relationships when they are first read.

    With the SQL that it sends::

        user = session.scalars(select(User).options(lazyload(User.orders)).limit(1)).one()
        # SELECT user_account.id, user_account.name FROM user_account LIMIT ?
        user.orders
        # SELECT orders.user_id, orders.id, orders.total FROM orders WHERE orders.user_id IN (?)
    """
    return _start().lazyload(*attributes)


def noload(*attributes: AttributeArgument) -> LoaderOption:
    """Never load relationships: they read as None, or as empty.

    With the SQL that it sends::

        user = session.scalars(select(User).options(noload(User.orders)).where(User.id == 1)).one()
        # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id = ?
        assert user.orders == []
    """
    return _start().noload(*attributes)


def raiseload(*attributes: AttributeArgument, sql_only: bool = False) -> LoaderOption:
    """Make reading unloaded relationships an error; ``raiseload("*")`` means all of them.

    With the SQL that it sends::

        user = session.scalars(select(User).options(raiseload(User.orders)).limit(1)).one()
        # SELECT user_account.id, user_account.name FROM user_account LIMIT ?
        try:
            user.orders
        except InvalidRequestError:
            pass
    """
    return _start().raiseload(*attributes, sql_only=sql_only)


def contains_eager(*attributes: AttributeArgument, alias: object = None) -> LoaderOption:
    """Fill relationships from the columns of a join that the statement has by itself::

    select(User).join(User.addresses).options(contains_eager(User.addresses))

    With the SQL that it sends::

        statement = select(Order).join(Order.user).where(User.name == "ada")
        orders = session.scalars(statement.options(contains_eager(Order.user))).all()
        # SELECT orders.id, orders.user_id, orders.total, user_account.id AS id_1, user_account.name
        #     FROM orders JOIN user_account ON user_account.id = orders.user_id WHERE
        #     user_account.name = ?
        orders[0].user.name
    """
    return _start().contains_eager(*attributes, alias=alias)


def defaultload(*attributes: AttributeArgument) -> LoaderOption:
    """Reach options below a relationship without changing how it is loaded itself."""
    return _start().defaultload(*attributes)


def load_only(*attributes: AttributeArgument, raiseload: bool = False) -> LoaderOption:
    """Load these columns alone, and the primary key: ``load_only(User.name)``.

    With the SQL that it sends::

        session.scalars(select(Order).options(load_only(Order.total))).all()
        # SELECT orders.id, orders.total FROM orders
    """
    return _start().load_only(*attributes, raiseload=raiseload)


def defer(
    key: AttributeArgument, *addl_attrs: AttributeArgument, raiseload: bool = False
) -> LoaderOption:
    """Leave a column unloaded until it is read; relationships may lead to it.

    With the SQL that it sends::

        user = session.scalars(select(User).options(defer(User.name)).where(User.id == 1)).one()
        # SELECT user_account.id FROM user_account WHERE user_account.id = ?
        user.name
        # SELECT user_account.id, user_account.name FROM user_account WHERE user_account.id IN (?)
    """
    return _path_then_columns((key, *addl_attrs), "defer", raiseload)


def undefer(key: AttributeArgument, *addl_attrs: AttributeArgument) -> LoaderOption:
    """Load a column with its instance although it is mapped as deferred.

    With the SQL that it sends::

        session.scalars(select(User).options(defer("*"), undefer(User.name))).all()
        # SELECT user_account.id, user_account.name FROM user_account
    """
    return _path_then_columns((key, *addl_attrs), "undefer", False)


def undefer_group(name: str) -> LoaderOption:
    """Load the deferred columns of group *name* with their instance."""
    return _start().undefer_group(name)


def selectin_polymorphic(base_cls: type, classes: Iterable[Any]) -> LoaderOption:
    """Load the columns of classes below *base_cls* with one more statement for each class::

        select(Employee).options(selectin_polymorphic(Employee, [Engineer, Manager]))

    Without it they are read when they are touched: for all instances of a result together.
    """
    return Load(base_cls).selectin_polymorphic(classes)


def _mapper_of(class_: type) -> Any:
    node = getattr(class_, "__statement_entity__", None)
    if not isinstance(node, EntityNode):
        raise ArgumentError(f"selectin_polymorphic() takes mapped classes, not {class_!r}")
    return node.mapper


def with_expression(key: AttributeArgument, expression: ColumnArgument) -> LoaderOption:
    """Let the query expression *key* hold *expression* in this query's instances.

    Instances that the session has already and that have a value keep it, unless the query has
    ``populate_existing``.  Below a relationship it is a method of the option that leads there::

        select(User).options(with_expression(User.total, User.price * User.amount))
        select(Shop).options(selectinload(Shop.users).with_expression(User.total, User.price))
    """
    return _start().with_expression(key, expression)


def hashable_value(value: object) -> Any:
    """*value* as a part of a key: its text where it can't be one itself."""
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value


def _path_then_columns(
    attributes: Sequence[Any], strategy: str, *arguments: object
) -> LoaderOption:
    option = _start()
    if len(attributes) > 1 and not isinstance(attributes[0], str):
        option = option.defaultload(*attributes[:-1])
    return option._columns(attributes[-1:], strategy, *arguments)
