"""What a web service is, to type checkers: see ``sessions.py``.

Repositories that are generic over the model, a session for each request, records that go out.
"""

import datetime as dt
import enum
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Generic, Self, TypeVar, assert_type
from uuid import UUID, uuid4

from dovetail import (
    Delete,
    ForeignKey,
    Label,
    Numeric,
    Row,
    ScalarResult,
    ScalarSelect,
    Select,
    String,
    Subquery,
    Update,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    tuple_,
    union_all,
    update,
)
from dovetail.dialects import postgresql, sqlite
from dovetail.ext.associationproxy import AssociationProxy, association_proxy
from dovetail.ext.asyncio import (
    AsyncAttrs,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from dovetail.ext.hybrid import hybrid_property
from dovetail.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Load,
    Mapped,
    MappedColumn,
    aliased,
    contains_eager,
    joinedload,
    mapped_column,
    raiseload,
    relationship,
    selectinload,
    validates,
    with_loader_criteria,
)

key = Annotated[UUID, mapped_column(primary_key=True, default=uuid4)]
name = Annotated[str, mapped_column(String(80), unique=True)]
money = Annotated[Decimal, mapped_column(Numeric(12, 2))]
moment = Annotated[dt.datetime, mapped_column(server_default=func.now())]


class Status(enum.Enum):
    open = "open"
    paid = "paid"


class Base(AsyncAttrs, DeclarativeBase):
    id: Mapped[key]
    made_at: Mapped[moment]


class Customer(Base):
    __tablename__ = "customer"

    name: Mapped[name]
    nick: Mapped[str | None]
    orders: Mapped[list["Order"]] = relationship(back_populates="customer")

    @hybrid_property
    def shown(self) -> str:
        return self.nick or self.name

    @shown.inplace.expression
    @classmethod
    def _shown(cls) -> Any:
        return func.coalesce(cls.nick, cls.name)

    @validates("name")
    def _check(self, attribute: str, value: str) -> str:
        return value.strip()


class Line(Base):
    __tablename__ = "line"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    count: Mapped[int] = mapped_column(default=1)
    product: Mapped["Product"] = relationship()


class Order(Base):
    __tablename__ = "orders"

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    status: Mapped[Status] = mapped_column(default=Status.open)
    total: Mapped[money]
    customer: Mapped[Customer] = relationship(back_populates="orders")
    lines: Mapped[dict[UUID, Line]] = relationship()
    counts: AssociationProxy[list[int]] = association_proxy("lines", "count")


class Product(Base):
    __tablename__ = "product"

    name: Mapped[name]
    price: Mapped[money]


Model = TypeVar("Model", bound=Base)


@dataclass
class OrderOut:
    id: UUID
    total: Decimal
    customer: str

    @classmethod
    def of(cls, order: Order) -> Self:
        return cls(order.id, order.total, order.customer.shown)


class Repository(Generic[Model]):
    """What all models can be asked for."""

    def __init__(self, session: AsyncSession, model: type[Model]) -> None:
        self.session = session
        self.model = model

    def query(self) -> Select[Model]:
        return select(self.model)

    async def get(self, key: UUID) -> Model | None:
        return await self.session.get(self.model, key)

    async def one(self, key: UUID) -> Model:
        return await self.session.get_one(self.model, key)

    async def newest(self, limit: int = 10) -> Sequence[Model]:
        statement = self.query().order_by(self.model.made_at.desc()).limit(limit)
        return (await self.session.scalars(statement)).all()

    async def count(self) -> int:
        counted = select(func.count()).select_from(self.model)
        return (await self.session.scalars(counted)).one()

    async def stream(self) -> AsyncIterator[Model]:
        async for one in await self.session.stream_scalars(self.query()):
            yield one

    def add(self, one: Model) -> Model:
        self.session.add(one)
        return one


engine = create_async_engine("sqlite+aiosqlite://")
sessions = async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def a_request() -> AsyncIterator[AsyncSession]:
    async with sessions() as session, session.begin():
        yield session


async def repositories() -> None:
    assert_type(engine, AsyncEngine)
    assert_type(sessions, async_sessionmaker[AsyncSession])
    async with a_request() as session:
        orders = Repository(session, Order)
        assert_type(orders, Repository[Order])
        assert_type(orders.query(), Select[Order])
        assert_type(await orders.get(uuid4()), Order | None)
        order = await orders.one(uuid4())
        assert_type(order, Order)
        assert_type(await orders.newest(), Sequence[Order])
        assert_type(await orders.count(), int)
        assert_type([one async for one in orders.stream()], list[Order])
        assert_type(orders.add(Order(total=Decimal(1))), Order)
        assert_type(OrderOut.of(order), OrderOut)
        assert_type(await order.awaitable_attrs.customer, Any)


async def instances(session: AsyncSession, order: Order) -> None:
    assert_type(order.id, UUID)
    assert_type(order.made_at, dt.datetime)
    assert_type(order.status, Status)
    assert_type(order.total, Decimal)
    assert_type(order.customer, Customer)
    assert_type(order.customer.nick, str | None)
    assert_type(order.customer.shown, str)
    assert_type(order.lines, dict[UUID, Line])
    assert_type(order.lines[uuid4()].product.price, Decimal)
    assert_type(order.counts, list[int])
    await session.refresh(order, ["customer"])
    assert_type(await session.merge(order), Order)


def classes() -> None:
    assert_type(Order.total, InstrumentedAttribute[Decimal])
    assert_type(Order.customer, InstrumentedAttribute[Customer])
    assert_type(Order.made_at, InstrumentedAttribute[dt.datetime])
    assert_type(mapped_column(default=Status.open), MappedColumn[Any])
    assert_type(Order.total.label("sum"), Label[Decimal])


async def reports(session: AsyncSession) -> None:
    per_customer = (
        select(Customer.name, func.count(Order.id), func.max(Order.total))
        .join(Customer.orders)
        .where(Order.status.in_([Status.open, Status.paid]), Order.total > Decimal(5))
        .group_by(Customer.name)
        .having(func.count(Order.id) > 1)
        .order_by(Customer.name)
    )
    assert_type(per_customer, Select[str, int, Decimal])
    rows = (await session.execute(per_customer)).all()
    assert_type(rows, Sequence[Row[str, int, Decimal]])
    for customer, count, largest in rows:
        assert_type(customer, str)
        assert_type(count, int)
        assert_type(largest, Decimal)
    within = per_customer.subquery()
    assert_type(within, Subquery)
    latest = select(func.max(Order.made_at)).where(Order.customer_id == Customer.id)
    assert_type(latest.scalar_subquery(), ScalarSelect[dt.datetime])
    other = aliased(Order)
    assert_type(other, type[Order])
    pairs = select(Order, other.total).join(other, other.customer_id == Order.customer_id)
    assert_type(pairs, Select[Order, Decimal])
    found = (await session.execute(pairs)).first()
    assert_type(found, Row[Order, Decimal] | None)
    running = select(func.row_number().over(order_by=Order.total))
    assert_type((await session.scalars(running)).all(), Sequence[int])  # more precise
    both = union_all(select(Customer.name), select(Product.name))
    (await session.scalars(both)).all()
    has_orders = exists().where(Order.customer_id == Customer.id)
    assert_type(select(Customer).where(~has_orders), Select[Customer])
    listed = tuple_(Order.id, Order.status).in_([(uuid4(), Status.open)])
    assert_type(select(Order.id, literal(1)).where(listed), Select[UUID, int])


async def options(session: AsyncSession) -> None:
    statement = (
        select(Order)
        .join(Order.customer)
        .options(
            contains_eager(Order.customer),
            selectinload(Order.lines).joinedload(Line.product),
            raiseload("*"),
            with_loader_criteria(Line, lambda line: line.count > 0),
            Load(Order).joinedload(Order.customer),
            joinedload(Order.customer.and_(Customer.nick.is_not(None))),
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    assert_type(statement, Select[Order])
    result = await session.scalars(statement)
    assert_type(result, ScalarResult[Order])
    assert_type(result.unique().one_or_none(), Order | None)


async def changes(session: AsyncSession) -> None:
    assert_type(update(Order).where(Order.total < 1).values(status=Status.paid), Update)
    assert_type(delete(Order).where(Order.status == Status.paid), Delete)
    paid = update(Order).values(status=Status.paid).returning(Order.id, Order.total)
    assert_type((await session.execute(paid)).all(), Sequence[Row[UUID, Decimal]])
    made = insert(Customer).returning(Customer, sort_by_parameter_order=True)
    rows = [{"name": "a"}, {"name": "b"}]
    assert_type((await session.scalars(made, rows)).all(), Sequence[Customer])
    upsert = postgresql.insert(Customer).values(name="a", nick="b")
    upsert = upsert.on_conflict_do_update(
        index_elements=[Customer.name], set_={"nick": upsert.excluded.nick}
    )
    kept = upsert.returning(Customer.id)
    assert_type((await session.execute(kept)).scalar_one(), UUID)
    ignored = sqlite.insert(Customer).values(name="a").on_conflict_do_nothing()
    await session.execute(ignored)
    gone = delete(Order).where(Order.total == 0).returning(Order)
    assert_type((await session.scalars(gone)).all(), Sequence[Order])


async def with_hooks(work: Callable[[AsyncSession], Any]) -> None:
    async with sessions.begin() as session:
        async with session.begin_nested() as savepoint:
            await work(session)
            await savepoint.rollback()
        await session.run_sync(lambda blocking: blocking.get(Order, uuid4()))
