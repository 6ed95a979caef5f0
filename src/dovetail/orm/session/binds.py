"""Which database a class, a table or a statement belongs to, and the connection to it."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

from dovetail.engine.connection import Connection
from dovetail.engine.engine import Engine
from dovetail.exc import ArgumentError, InvalidRequestError, UnboundExecutionError
from dovetail.orm.mapping.attribute import EntityNode
from dovetail.orm.mapping.mapper import Mapper, mapper_of
from dovetail.orm.session.routes import Routes, wants_replica
from dovetail.orm.session.transaction import ACTIVE
from dovetail.orm.session.transactional import SessionTransactions
from dovetail.sql.expression.from_clause import FromClause
from dovetail.sql.expression.froms import tables_within
from dovetail.sql.expression.table_clause import TableClause
from dovetail.sql.node import Node
from dovetail.sql.traversal import iterate
from dovetail.steps import Steps


class SessionBinds(SessionTransactions):
    """The third base class of the core: each class has its database."""

    bind: Any
    binds: dict[Any, Any]

    has_own_get_bind = False
    """Whether the class of the session overrides ``get_bind()``."""

    overrides: Mapping[str, Any] = {}
    """The attributes that were set on the session itself: a ``get_bind`` counts."""

    bind_arguments_in_use: Mapping[str, Any] | None = None
    """What came with the statement that is being run: it holds for what its rows bring along."""

    @property
    def chooses_bind(self) -> bool:
        """True where not all goes to one database: ``get_bind()`` is told what is asked."""
        return self.has_own_get_bind or bool(self.binds) or "get_bind" in self.overrides

    def get_bind(self, **asked: object) -> Engine | Connection:
        """Return the Engine or Connection for what is *asked*: the session's answer.

        It is the user's where the session has a ``get_bind()`` of its own.
        """
        if self.has_own_get_bind or "get_bind" in self.overrides:
            own: Engine | Connection = self.session.get_bind(**asked)
            return own
        known: dict[str, Any] = asked
        return self.find_bind(**known)

    def find_bind(
        self,
        mapper: Mapper | type | None = None,
        clause: object = None,
        *,
        bind: Engine | Connection | None = None,
        **_: object,
    ) -> Engine | Connection:
        """Return the Engine or Connection for *mapper*, or for the tables of *clause*.

        UnboundExecutionError is raised where there is none.
        """
        found: Engine | Connection | None = bind
        if found is None and self.binds:
            found = self._bind_among(mapper, clause)
        if found is None:
            found = self.bind
        if found is not None:
            return found
        what = f" for {mapper}" if mapper is not None else ""
        raise UnboundExecutionError(
            f"this session has no engine{what}",
            hint="give it one: Session(engine), or sessionmaker(bind=engine)",
        )

    def _bind_among(self, mapper: Mapper | type | None, clause: object) -> Any:
        found_mapper = mapper if isinstance(mapper, Mapper) else mapper_of(mapper)
        if found_mapper is None:
            found_mapper = _first_mapper(clause)
        if found_mapper is not None:
            for class_ in found_mapper.class_.__mro__:
                if class_ in self.binds:
                    return self.binds[class_]
            if clause is None:
                clause = found_mapper.persist_selectable
        for table in _tables_of(clause):
            if table in self.binds:
                return self.binds[table]
            found = self._bind_of_class_with(table)
            if found is not None:
                return found
        return None

    def _bind_of_class_with(self, table: FromClause) -> Any:
        """What is bound to the class of *table*, or else to a class above it, or below."""
        bound = [
            (own, bind)
            for class_, bind in self.binds.items()
            if isinstance(class_, type) and (own := mapper_of(class_)) is not None
        ]
        for own, bind in bound:
            if table is own.local_table:
                return bind
        below = [(own, bind) for own, bind in bound if self._reaches(own, table)]
        above = [
            (own, bind)
            for own, bind in bound
            if table in own.tables or table in tables_within(own.persist_selectable)
        ]
        if below:
            return max(below, key=lambda found: len(found[0].tables))[1]
        return above[0][1] if above else None

    @staticmethod
    def _reaches(mapper: Mapper, table: FromClause) -> bool:
        """Whether *table* is of a class below *mapper*."""
        return any(table is one.local_table for one in mapper.self_and_descendants)

    def read_from(self, reads: str, after: str | None = None) -> None:
        """Read from *reads*, "primary" or "replica", nothing older than the token *after*."""
        wanted = wants_replica(reads)
        if wanted:
            self.check_replicas()
        if after is not None:
            bind = self.bind
            if not isinstance(bind, Engine):
                raise ArgumentError("after= needs a session with an engine: Session(engine, …)")
            checked_token = import_module("dovetail.engine.replicas").checked_token
            checked_token(bind.dialect, after)
        self.routes = Routes(wanted, after)

    def check_replicas(self) -> None:
        """Raise ArgumentError where this session can't read from replicas."""
        if self.twophase:
            raise ArgumentError(
                'reads="replica" and twophase=True can\'t go together: replicas prepare nothing'
            )
        if self.row_source is not None:
            raise ArgumentError(
                "a session with a second-level cache reads from the primary alone: the cache "
                "would keep what a replica has not heard of yet"
            )

    def write_token_steps(self) -> Steps[str]:
        """Return how far the database has written: see ``Session.write_token``."""
        transaction = self.transaction
        if self.has_pending() or (transaction is not None and transaction.reads_primary()):
            raise InvalidRequestError(
                "what this session has written is not committed yet: no token tells of it",
                hint="commit() first",
            )
        bind = self.get_bind()
        if not isinstance(bind, Engine):
            raise InvalidRequestError(
                "a token needs a connection of its own, and this session was given one",
                hint="Session(engine)",
            )
        token: str = yield from import_module("dovetail.engine.replicas").position_steps(bind)
        return token

    def connection_in_use(self, mapper: Mapper | None = None, clause: object = None) -> Any:
        """The connection for *mapper* that the transaction in progress has, or None."""
        transaction = self.transaction
        if transaction is None or transaction.state is not ACTIVE or transaction.ended_within:
            return None
        bind = self.bind
        if bind is None or self.binds or self.has_own_get_bind or "get_bind" in self.overrides:
            bind = self._bind_for(mapper, clause)
        if self.routes is not None:
            bind = self.routes.source(bind, transaction)
        participant = transaction.participants.get(bind)
        return None if participant is None else participant.connection

    def _bind_for(self, mapper: Mapper | None, clause: object) -> Any:
        """Ask ``get_bind()``, which may be the user's: by keywords, and what there is alone."""
        if clause is None:
            return self.get_bind() if mapper is None else self.get_bind(mapper=mapper)
        if mapper is None:
            return self.get_bind(clause=clause)
        return self.get_bind(mapper=mapper, clause=clause)

    def connection_for_steps(
        self, mapper: Mapper | None = None, clause: object = None
    ) -> Steps[Any]:
        """The connection for *mapper* in the transaction in progress."""
        connection = self.connection_in_use(mapper, clause)
        if connection is None:
            connection = yield from self.connect_steps(mapper, clause)
        return connection

    def connect_steps(self, mapper: Mapper | None = None, clause: object = None) -> Steps[Any]:
        """The connection for *mapper*, of which ``connection_in_use()`` knows none yet."""
        transaction = self.transaction or self.ensure_transaction()
        bind = self.bind
        if bind is None or self.binds or self.has_own_get_bind or "get_bind" in self.overrides:
            bind = self._bind_for(mapper, clause)
        if self.routes is not None:
            return (yield from self.routes.connection_steps(bind, transaction))
        return (yield from transaction.connection_steps(bind))

    def connection_beside_steps(self, connection: Connection, mapper: Mapper) -> Steps[Any]:
        """The connection for *mapper*, to load what belongs to rows that came by *connection*."""
        if not self.chooses_bind:
            return connection
        arguments = self.bind_arguments_in_use
        if not arguments:
            return (yield from self.connection_for_steps(mapper))
        bind = self.get_bind(**{**arguments, "mapper": mapper})
        return (yield from self.ensure_transaction().connection_steps(bind))

    @property
    def load_arguments(self) -> Mapping[str, Any]:
        """The bind arguments of what is being loaded."""
        return self.bind_arguments_in_use or {}


def checked_binds(binds: Mapping[Any, Any] | None) -> dict[Any, Any]:
    """*binds*, by class or table; ArgumentError for keys of other kinds."""
    checked: dict[Any, Any] = {}
    for key, bind in (binds or {}).items():
        if not isinstance(key, type) and not hasattr(key, "__visit_name__"):
            key = getattr(key, "class_", None)
        if key is None:
            raise ArgumentError("the keys of binds= are mapped classes, base classes and tables")
        checked[key] = bind
    return checked


def _first_mapper(clause: object) -> Mapper | None:
    """The mapper of the first mapped class that *clause* speaks of: of what it selects first, then
    of what it selects that from.
    """
    if not isinstance(clause, Node):
        return None
    first = (
        *getattr(clause, "raw_columns", ()),
        *getattr(clause, "from_clauses", ()),
        *(spec.left for spec in getattr(clause, "joins", ()) if spec.left is not None),
        clause,
    )
    for part in first:
        for node in iterate(part):
            entity = node if isinstance(node, EntityNode) else getattr(node, "owner", None)
            if isinstance(entity, EntityNode):
                found: Mapper = entity.mapper
                return found
    return None


def _tables_of(clause: object) -> Iterator[Any]:
    """The tables that *clause* speaks of, at any depth, in the order met."""
    if not isinstance(clause, Node):
        return
    seen: set[int] = set()
    for node in iterate(clause):
        if isinstance(node, EntityNode):
            found: Iterable[Any] = node.mapper.tables
        else:
            table = getattr(node, "table", None)
            found = (node if table is None else table,)
        for source in found:
            if isinstance(source, TableClause) and id(source) not in seen:
                seen.add(id(source))
                yield source
