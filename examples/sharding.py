"""Customers over several databases: each with its orders in one of them, found by its key.

A sketch to build on.  A session for each shard, so that flushes and lazy loading go where the
object lives; ``get_bind()`` sends what is the same for all to a database of its own; keys tell
the shard; a query of everything goes to all shards and is put together again.

python -m examples.sharding
"""

import heapq
import random
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self
from zlib import crc32

from dovetail import (
    BigInteger,
    ForeignKey,
    Select,
    String,
    create_engine,
    event,
    func,
    inspect,
    select,
)
from dovetail.engine import Engine
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

SHARD_BITS = 6
SEQUENCE_BITS = 16


class Base(DeclarativeBase):
    """All tables of the example."""


class Shared:
    """A class whose rows are in the common database."""


class Sharded:
    """A class whose rows are spread; the last bits of a key say in which shard."""

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Country(Shared, Base):
    """The same for all customers."""

    __tablename__ = "country"

    code: Mapped[str] = mapped_column(String(2), primary_key=True)
    name: Mapped[str] = mapped_column(String(50))


class Customer(Sharded, Base):
    """A customer, placed by name."""

    __tablename__ = "customer"

    name: Mapped[str] = mapped_column(String(50), unique=True)
    # No foreign key leads to another database; the relationship does, a SELECT there.
    country_code: Mapped[str] = mapped_column(String(2))
    country: Mapped[Country] = relationship(
        primaryjoin="foreign(Customer.country_code) == Country.code", viewonly=True
    )
    orders: Mapped[list["Order"]] = relationship(
        back_populates="customer", cascade="all, delete-orphan"
    )


class Order(Sharded, Base):
    """An order, where its customer is."""

    __tablename__ = "customer_order"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    amount: Mapped[int]
    customer: Mapped[Customer] = relationship(back_populates="orders")


sequence = count(random.getrandbits(SEQUENCE_BITS))


def new_key(shard: int) -> int:
    """A key that no other has, and that ends with the number of *shard*: time, sequence, shard."""
    key = time.time_ns() // 1_000_000
    key = key << SEQUENCE_BITS | next(sequence) % (1 << SEQUENCE_BITS)
    return key << SHARD_BITS | shard


def shard_of(key: int) -> int:
    """The number of the shard where *key* lives."""
    return key % (1 << SHARD_BITS)


class ShardSession(Session):
    """A session on one shard, and on the common database for classes that are shared."""

    def __init__(self, common: Engine, engine: Engine, number: int, **options: Any) -> None:
        super().__init__(**options)
        self.common, self.engine, self.number = common, engine, number

    def get_bind(
        self, mapper: Any = None, *, clause: Any = None, bind: Any = None, **arguments: Any
    ) -> Any:
        if bind is not None:
            return bind
        is_shared = mapper is not None and issubclass(inspect(mapper).class_, Shared)
        return self.common if is_shared else self.engine


@event.listens_for(ShardSession, "before_flush")
def give_keys(session: ShardSession, flush_context: Any, instances: Any) -> None:
    """Give what is new a key that leads here."""
    for instance in session.new:
        if isinstance(instance, Sharded) and getattr(instance, "id", None) is None:
            instance.id = new_key(session.number)


class Shards:
    """All shards, each with a session, used in one block."""

    def __init__(self, common: Engine, engines: Sequence[Engine]) -> None:
        self.common = common
        self.sessions = [
            ShardSession(common, engine, number) for number, engine in enumerate(engines)
        ]

    def create_all(self) -> None:
        """Create each table where it belongs."""
        for mapper in Base.registry.mappers:
            table = mapper.local_table
            engines = [session.engine for session in self.sessions]
            for engine in [self.common] if issubclass(mapper.class_, Shared) else engines:
                Base.metadata.create_all(engine, [table])

    def at(self, key: int) -> ShardSession:
        """The session of the shard where *key* lives."""
        return self.sessions[shard_of(key)]

    def place(self, word: str) -> ShardSession:
        """The session of the shard for what is new: the same for the same *word*, ever after."""
        return self.sessions[crc32(word.encode()) % len(self.sessions)]

    def everywhere(
        self, statement: Select[Any], order: Callable[[Any], Any], limit: int | None = None
    ) -> Iterator[Any]:
        """What *statement* finds in all shards, put together by *order*, by which it is sorted.

        With *limit* no shard is asked for more than that, and no more come.
        """
        found = [session.scalars(statement.limit(limit)) for session in self.sessions]
        return islice(heapq.merge(*found, key=order), limit)

    def total(self, statement: Select[Any]) -> int:
        """The sum of a number over all shards."""
        return sum(session.scalar(statement) or 0 for session in self.sessions)

    def commit(self) -> None:
        """Commit all: what can fail is written before the first of them commits.

        On servers with two-phase commit, sessions made with ``twophase=True`` can ``prepare()``
        between the two loops, and none commits unless all can.
        """
        for session in self.sessions:
            session.flush()
        for session in self.sessions:
            session.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for session in self.sessions:
            session.close()


def main() -> None:
    with TemporaryDirectory() as folder:
        files = [Path(folder, f"{name}.db") for name in ("common", "zero", "one", "two")]
        common, *engines = (create_engine(f"sqlite:///{file}") for file in files)
        with Shards(common, engines) as shards:
            shards.create_all()
            show(shards)
        for engine in (common, *engines):
            engine.dispose()


def trade(shards: Shards) -> None:
    """Customers to look at."""
    shards.sessions[0].add(Country(code="IT", name="Italy"))
    for number, name in enumerate(("Ada", "Bob", "Cleo", "Dan", "Eve", "Flo")):
        orders = [Order(amount=10 * number + n) for n in range(3)]
        shards.place(name).add(Customer(name=name, country_code="IT", orders=orders))
    shards.commit()


def show(shards: Shards) -> None:
    """Ask the shards, one and all."""
    trade(shards)
    for session in shards.sessions:
        names = session.scalars(select(Customer.name).order_by(Customer.name)).all()
        print(f"shard {session.number} has {names}")

    by_name = select(Customer).order_by(Customer.name)
    for customer in shards.everywhere(by_name, order=lambda customer: customer.name, limit=3):
        amounts = sorted(order.amount for order in customer.orders)
        print(f"{customer.name} of {customer.country.name}, in {shard_of(customer.id)}: {amounts}")

    print("all amounts together:", shards.total(select(func.sum(Order.amount))))


if __name__ == "__main__":
    main()
