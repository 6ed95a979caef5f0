"""dovetail and SQLAlchemy: the five transactions of the trade."""

from types import ModuleType, SimpleNamespace
from typing import Any

from benchmarks import data
from benchmarks.contender import Work
from benchmarks.contenders.session_style import SessionStyle
from benchmarks.places import Place
from benchmarks.trade import (
    RECENT_SALES,
    Deliver,
    Level,
    Pay,
    Sell,
    Status,
    Step,
    areas_of,
    in_turns,
    on_threads,
    scripts,
)
from benchmarks.workloads import TRADE_TRANSACTIONS, TRADE_WAREHOUSES


def declare_trade(sa: ModuleType, orm: ModuleType) -> SimpleNamespace:
    """The models of the trade, mapped by the package whose modules these are."""
    column, relationship = orm.mapped_column, orm.relationship

    class Base(orm.DeclarativeBase):
        pass

    class Warehouse(Base):
        __tablename__ = "warehouse"
        id = column(sa.Integer, primary_key=True)
        income = column(sa.Integer)

    class Area(Base):
        __tablename__ = "area"
        id = column(sa.Integer, primary_key=True)
        next_sale = column(sa.Integer)
        income = column(sa.Integer)
        warehouse_id = column(sa.ForeignKey("warehouse.id"))
        warehouse = relationship("Warehouse")

    class Buyer(Base):
        __tablename__ = "buyer"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(50))
        balance = column(sa.Integer)
        payments = column(sa.Integer)
        deliveries = column(sa.Integer)
        area_id = column(sa.ForeignKey("area.id"))

    class Goods(Base):
        __tablename__ = "item"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(50))
        price = column(sa.Integer)

    class Shelf(Base):
        __tablename__ = "shelf"
        id = column(sa.Integer, primary_key=True)
        quantity = column(sa.Integer)
        sold = column(sa.Integer)
        item_id = column(sa.ForeignKey("item.id"))
        warehouse_id = column(sa.ForeignKey("warehouse.id"))

    class Sale(Base):
        __tablename__ = "sale"
        id = column(sa.Integer, primary_key=True)
        number = column(sa.Integer)
        carrier = column(sa.Integer)
        area_id = column(sa.ForeignKey("area.id"))
        buyer_id = column(sa.ForeignKey("buyer.id"))
        area = relationship("Area")
        buyer = relationship("Buyer")
        lines = relationship("SaleLine", back_populates="sale")

    class SaleLine(Base):
        __tablename__ = "sale_line"
        id = column(sa.Integer, primary_key=True)
        quantity = column(sa.Integer)
        amount = column(sa.Integer)
        sale_id = column(sa.ForeignKey("sale.id"))
        item_id = column(sa.ForeignKey("item.id"))
        sale = relationship("Sale", back_populates="lines")
        item = relationship("Goods")

    class Receipt(Base):
        __tablename__ = "receipt"
        id = column(sa.Integer, primary_key=True)
        amount = column(sa.Integer)
        buyer_id = column(sa.ForeignKey("buyer.id"))
        area_id = column(sa.ForeignKey("area.id"))
        buyer = relationship("Buyer")
        area = relationship("Area")

    Base.registry.configure()
    models = (Warehouse, Area, Buyer, Goods, Shelf, Sale, SaleLine, Receipt)
    return SimpleNamespace(**{model.__name__: model for model in models})


class SessionTrade(SessionStyle):
    """A session for each transaction, as a program that serves requests has it."""

    def __init__(self, place: Place, scale: float) -> None:
        super().__init__(place, scale)
        self.trade = declare_trade(self.sa, self.orm)

    def _trade_engine(self) -> Any:
        """An engine with a connection for each warehouse.

        On SQLite a transaction takes the right to write at its beginning: one that reads
        first, while another writes, could only be done again.
        """
        options: dict[str, Any] = {"pool_size": TRADE_WAREHOUSES}
        if self.place.dialect == "sqlite":
            options["connect_args"] = {"isolation_level": "IMMEDIATE", "timeout": 30}
        engine = self.sa.create_engine(self.place.url, **options)
        if self.place.dialect == "sqlite":
            self.sa.event.listen(engine, "connect", self._share)
        return engine

    @staticmethod
    def _share(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for name, value in data.SHARED_PRAGMAS.items():
            cursor.execute(f"PRAGMA {name} = {value}")
        cursor.close()

    def trade_mix(self) -> Work:
        return self._trade_on(threads=False)

    def trade_mix_overlap(self) -> Work:
        """The same: there is no such setting."""
        return self._trade_on(threads=False)

    def trade_mix_8(self) -> Work:
        return self._trade_on(threads=True)

    def _trade_on(self, *, threads: bool, **options: Any) -> Work:
        self.disconnect()
        engine = self._trade_engine()
        steps = scripts(self.n(TRADE_TRANSACTIONS))
        factory = self.orm.sessionmaker(engine, **options)
        for session in [factory() for _ in steps]:
            # Connections are there before the measured part begins.
            session.connection()
            self._sessions.append(session)
        for session in self._sessions:
            session.close()

        def trader(warehouse: int, step: Step) -> int:
            with factory() as session:
                answer = self._do(session, warehouse, step)
                session.commit()
            return answer

        yield
        sums = on_threads(steps, [trader] * len(steps)) if threads else in_turns(steps, trader)
        yield
        engine.dispose()
        return data.row_sum([(self.place.query_sum(data.TRADE_SUM), *sums)])

    def _do(self, session: Any, warehouse: int, step: Step) -> int:
        match step:
            case Sell():
                return self._sell(session, warehouse, step)
            case Pay():
                return self._take_payment(session, step)
            case Status():
                return self._status(session, step)
            case Deliver():
                return self._deliver(session, warehouse, step)
            case Level():
                return self._level(session, warehouse, step)

    def _sell(self, session: Any, warehouse: int, step: Sell) -> int:
        m, select = self.trade, self.sa.select
        keys = [item for item, _quantity in step.lines]
        area = session.get(m.Area, step.area)
        buyer = session.get(m.Buyer, step.buyer)
        goods = {
            one.id: one for one in session.scalars(select(m.Goods).where(m.Goods.id.in_(keys)))
        }
        of_items = select(m.Shelf).where(
            m.Shelf.warehouse_id == warehouse, m.Shelf.item_id.in_(keys)
        )
        shelves = {one.item_id: one for one in session.scalars(of_items)}
        sale = m.Sale(number=area.next_sale, area=area, buyer=buyer)
        area.next_sale += 1
        session.add(sale)
        for key, quantity in step.lines:
            shelf, item = shelves[key], goods[key]
            left = shelf.quantity - quantity
            shelf.quantity = left if left >= 10 else left + 91
            shelf.sold += quantity
            sale.lines.append(
                m.SaleLine(quantity=quantity, amount=quantity * item.price, item=item)
            )
        return 0

    def _take_payment(self, session: Any, step: Pay) -> int:
        m = self.trade
        area = session.get(m.Area, step.area)
        buyer = session.get(m.Buyer, step.buyer)
        area.income += step.amount
        area.warehouse.income += step.amount
        buyer.balance -= step.amount
        buyer.payments += 1
        session.add(m.Receipt(amount=step.amount, buyer=buyer, area=area))
        return 0

    def _status(self, session: Any, step: Status) -> int:
        m = self.trade
        buyer = session.get(m.Buyer, step.buyer)
        sale = session.scalars(
            self.sa.select(m.Sale)
            .where(m.Sale.buyer_id == buyer.id)
            .order_by(m.Sale.number.desc())
            .limit(1)
            .options(self.orm.selectinload(m.Sale.lines))
        ).first()
        if sale is None:
            return int(buyer.balance)
        return int(buyer.balance + sale.number + sum(line.amount for line in sale.lines))

    def _deliver(self, session: Any, warehouse: int, step: Deliver) -> int:
        m = self.trade
        delivered = 0
        for area in areas_of(warehouse):
            sale = session.scalars(
                self.sa.select(m.Sale)
                .where(m.Sale.area_id == area, m.Sale.carrier.is_(None))
                .order_by(m.Sale.number)
                .limit(1)
            ).first()
            if sale is not None:
                sale.carrier = step.carrier
                sale.buyer.balance += sum(line.amount for line in sale.lines)
                sale.buyer.deliveries += 1
                delivered += sale.number
        return delivered

    def _level(self, session: Any, warehouse: int, step: Level) -> int:
        m, sa = self.trade, self.sa
        area = session.get(m.Area, step.area)
        found = session.scalar(
            sa.select(sa.func.count(sa.distinct(m.SaleLine.item_id)))
            .join(m.Sale, m.Sale.id == m.SaleLine.sale_id)
            .join(m.Shelf, m.Shelf.item_id == m.SaleLine.item_id)
            .where(
                m.Sale.area_id == area.id,
                m.Sale.number >= area.next_sale - RECENT_SALES,
                m.Shelf.warehouse_id == warehouse,
                m.Shelf.quantity < step.least,
            )
        )
        return int(found)
