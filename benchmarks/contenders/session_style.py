"""dovetail and SQLAlchemy: the same program, with another package imported."""

from collections.abc import Sequence
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

from benchmarks import data
from benchmarks.contender import Contender, Order, Payment, Work
from benchmarks.places import Place
from benchmarks.workloads import (
    DECLARED_CLASSES,
    DELETES,
    GET_HITS,
    GET_MISSES,
    GRAPH_TAGS,
    INSERTED_ROWS,
    INSERTS,
    KNOWN_SELECTS,
    SELECTS,
)


def declare(sa: ModuleType, orm: ModuleType) -> SimpleNamespace:
    """The models, mapped by the package whose modules these are."""
    column = orm.mapped_column

    class Base(orm.DeclarativeBase):
        pass

    class Plain(Base):
        __tablename__ = "plain"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(50))
        email = column(sa.String(80))
        age = column(sa.Integer)
        score = column(sa.Float)

    Wide = type(
        "Wide",
        (Base,),
        {
            "__tablename__": "wide",
            "id": column(sa.Integer, primary_key=True),
            **{f"number{n}": column(sa.Integer) for n in range(7)},
            **{f"text{n}": column(sa.String(40)) for n in range(7)},
            **{f"real{n}": column(sa.Float) for n in range(4)},
            **{f"flag{n}": column(sa.Boolean) for n in range(4)},
            **{f"moment{n}": column(sa.DateTime) for n in range(3)},
            **{f"day{n}": column(sa.Date) for n in range(2)},
            **{f"price{n}": column(sa.Numeric(10, 2)) for n in range(2)},
            "color": column(sa.Enum(data.Color)),
            "extra": column(sa.JSON),
        },
    )

    parent_tag = sa.Table(
        "parent_tag",
        Base.metadata,
        sa.Column("parent_id", sa.ForeignKey("parent.id"), primary_key=True),
        sa.Column("tag_id", sa.ForeignKey("tag.id"), primary_key=True),
    )

    class Parent(Base):
        __tablename__ = "parent"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(50))
        children = orm.relationship("Child", back_populates="parent")
        tags = orm.relationship("Tag", secondary=parent_tag)

    class Child(Base):
        __tablename__ = "child"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(50))
        size = column(sa.Integer)
        parent_id = column(sa.ForeignKey("parent.id"))
        parent = orm.relationship("Parent", back_populates="children")

    class Tag(Base):
        __tablename__ = "tag"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(50))

    class District(Base):
        __tablename__ = "district"
        id = column(sa.Integer, primary_key=True)
        next_order = column(sa.Integer)
        income = column(sa.Integer)

    class Customer(Base):
        __tablename__ = "customer"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(50))
        balance = column(sa.Integer)
        payments = column(sa.Integer)

    class Item(Base):
        __tablename__ = "item"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(50))
        price = column(sa.Integer)

    class Stock(Base):
        __tablename__ = "stock"
        id = column(sa.Integer, primary_key=True)
        quantity = column(sa.Integer)
        sold = column(sa.Integer)

    class Purchase(Base):
        __tablename__ = "purchase"
        id = column(sa.Integer, primary_key=True)
        number = column(sa.Integer)
        district_id = column(sa.ForeignKey("district.id"))
        customer_id = column(sa.ForeignKey("customer.id"))
        district = orm.relationship("District")
        customer = orm.relationship("Customer")
        lines = orm.relationship("Line", back_populates="purchase")

    class Line(Base):
        __tablename__ = "line"
        id = column(sa.Integer, primary_key=True)
        quantity = column(sa.Integer)
        amount = column(sa.Integer)
        purchase_id = column(sa.ForeignKey("purchase.id"))
        item_id = column(sa.ForeignKey("item.id"))
        purchase = orm.relationship("Purchase", back_populates="lines")
        item = orm.relationship("Item")

    class Paid(Base):
        __tablename__ = "payment"
        id = column(sa.Integer, primary_key=True)
        amount = column(sa.Integer)
        customer_id = column(sa.ForeignKey("customer.id"))
        district_id = column(sa.ForeignKey("district.id"))
        customer = orm.relationship("Customer")
        district = orm.relationship("District")

    Base.registry.configure()
    models = (
        Plain,
        Wide,
        Parent,
        Child,
        Tag,
        District,
        Customer,
        Item,
        Stock,
        Purchase,
        Line,
        Paid,
    )
    return SimpleNamespace(**{model.__name__: model for model in models})


class SessionStyle(Contender):
    """A library with sessions, in the spelling that both share."""

    package: ClassVar[str]

    def __init__(self, place: Place, scale: float) -> None:
        super().__init__(place, scale)
        self.sa = import_module(self.package)
        self.orm = import_module(f"{self.package}.orm")
        self.m = declare(self.sa, self.orm)
        self.engine = self.sa.create_engine(place.url)
        self._sessions: list[Any] = []
        if place.dialect == "sqlite":
            self.sa.event.listen(self.engine, "connect", self._set_pragmas)

    @staticmethod
    def _set_pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for name, value in data.PRAGMAS.items():
            cursor.execute(f"PRAGMA {name} = {value}")
        cursor.close()

    def disconnect(self) -> None:
        for session in self._sessions:
            session.close()
        self._sessions.clear()
        self.engine.dispose()

    def version(self) -> str:
        return str(self.sa.__version__)

    def session(self) -> Any:
        """A session whose connection is open; the last workload's sessions are closed."""
        for session in self._sessions:
            session.close()
        session = self.orm.Session(self.engine)
        session.connection()
        self._sessions[:] = [session]
        return session

    def loaded_plain(self, count: int) -> tuple[Any, Sequence[Any]]:
        session = self.session()
        Plain = self.m.Plain
        return session, session.scalars(self.sa.select(Plain).order_by(Plain.id).limit(count)).all()

    def load_100k(self) -> Work:
        session = self.session()
        yield
        objects = session.scalars(self.sa.select(self.m.Plain)).all()
        yield
        return self.plain_sum(objects)

    def load_wide_20k(self) -> Work:
        session = self.session()
        yield
        objects = session.scalars(self.sa.select(self.m.Wide)).all()
        yield
        return self.wide_sum(objects)

    def insert_20k(self) -> Work:
        session, Plain = self.session(), self.m.Plain
        values = [data.plain_values(number) for number in range(self.n(INSERTS))]
        yield
        objects = [
            Plain(name=name, email=email, age=age, score=score)
            for name, email, age, score in values
        ]
        session.add_all(objects)
        session.flush()
        session.commit()
        yield
        session.close()
        return self.place.query_sum(data.PLAIN_SUM)

    def insert_graph_2k(self) -> Work:
        session, graph = self.session(), self.graph()
        Parent, Child, Tag = self.m.Parent, self.m.Child, self.m.Tag
        yield
        tags = [Tag(name=f"tag {number}") for number in range(GRAPH_TAGS)]
        for name, children, tag_numbers in graph:
            session.add(
                Parent(
                    name=name,
                    children=[Child(name=child, size=size) for child, size in children],
                    tags=[tags[number] for number in tag_numbers],
                )
            )
        session.commit()
        yield
        session.close()
        return self.place.query_sum(data.GRAPH_SUM)

    def update_20k(self) -> Work:
        session = self.session()
        yield
        objects = session.scalars(self.sa.select(self.m.Plain)).all()
        for one in objects:
            one.age += 1
        session.flush()
        session.commit()
        yield
        session.close()
        return self.place.query_sum(data.PLAIN_SUM)

    def delete_5k(self) -> Work:
        session, objects = self.loaded_plain(DELETES)
        yield
        for one in objects:
            session.delete(one)
        session.flush()
        session.commit()
        yield
        session.close()
        return self.place.query_sum(data.PLAIN_SUM)

    def get_miss(self) -> Work:
        session, Plain = self.session(), self.m.Plain
        keys = range(1, self.n(GET_MISSES) + 1)
        yield
        objects = [session.get(Plain, key) for key in keys]
        yield
        return self.plain_sum(objects)

    def get_hit(self) -> Work:
        session, objects = self.loaded_plain(1000)
        Plain = self.m.Plain
        repeats = range(self.n(GET_HITS) // 1000 or 1)
        yield
        found = 0
        for _ in repeats:
            for key in range(1, 1001):
                found += session.get(Plain, key) is not None
        yield
        del objects
        return found

    def select_3k(self) -> Work:
        session, Plain, select = self.session(), self.m.Plain, self.sa.select
        yield
        total = 0
        for number in range(self.n(SELECTS)):
            statement = (
                select(Plain)
                .where(Plain.age > number % 50, Plain.id > number)
                .order_by(Plain.id)
                .limit(3)
            )
            for one in session.scalars(statement).all():
                total += one.id
        yield
        return total

    def joined_2k(self) -> Work:
        session, Parent, joinedload = self.session(), self.m.Parent, self.orm.joinedload
        yield
        statement = self.sa.select(Parent).options(joinedload(Parent.children))
        parents = session.scalars(statement).unique().all()
        yield
        return self.family_sum(sorted(parents, key=lambda parent: parent.id))

    def selectin_2k(self) -> Work:
        session, Parent, selectinload = self.session(), self.m.Parent, self.orm.selectinload
        yield
        statement = (
            self.sa.select(Parent).order_by(Parent.id).options(selectinload(Parent.children))
        )
        parents = session.scalars(statement).all()
        yield
        return self.family_sum(parents)

    def lazy_2k(self) -> Work:
        session, Parent = self.session(), self.m.Parent
        yield
        parents = session.scalars(self.sa.select(Parent).order_by(Parent.id)).all()
        children = 0
        for parent in parents:
            children += len(parent.children)
        yield
        return self.family_sum(parents)

    def declare_100(self) -> Work:
        sa, orm, column = self.sa, self.orm, self.orm.mapped_column

        class Base(orm.DeclarativeBase):
            pass

        yield
        for number in range(DECLARED_CLASSES):
            namespace: dict[str, Any] = {
                "__tablename__": f"declared_{number}",
                "id": column(sa.Integer, primary_key=True),
                **{name: column(sa.String(20)) for name in "abcde"},
                **{name: column(sa.Integer) for name in "fghi"},
            }
            type(f"Declared{number}", (Base,), namespace)
        Base.registry.configure()
        yield
        return len(Base.metadata.tables)

    def tpcc_500(self) -> Work:
        script = self.transactions()
        self.session().close()
        yield
        for step in script:
            with self.orm.Session(self.engine) as session:
                if isinstance(step, Order):
                    self._order(session, step)
                else:
                    self._pay(session, step)
                session.commit()
        yield
        return self.place.query_sum(data.SHOP_SUM)

    def _order(self, session: Any, order: Order) -> None:
        m, select = self.m, self.sa.select
        customer = session.get(m.Customer, order.customer)
        district = session.get(m.District, order.district)
        keys = [item for item, _quantity in order.lines]
        items = {
            item.id: item for item in session.scalars(select(m.Item).where(m.Item.id.in_(keys)))
        }
        stocks = {
            one.id: one for one in session.scalars(select(m.Stock).where(m.Stock.id.in_(keys)))
        }
        purchase = m.Purchase(number=district.next_order, district=district, customer=customer)
        district.next_order += 1
        session.add(purchase)
        for key, quantity in order.lines:
            stock, item = stocks[key], items[key]
            stock.quantity -= quantity
            stock.sold += 1
            purchase.lines.append(
                m.Line(quantity=quantity, amount=quantity * item.price, item=item)
            )

    def _pay(self, session: Any, payment: Payment) -> None:
        m = self.m
        customer = session.get(m.Customer, payment.customer)
        district = session.get(m.District, payment.district)
        customer.balance -= payment.amount
        customer.payments += 1
        district.income += payment.amount
        session.add(m.Paid(amount=payment.amount, customer=customer, district=district))

    # -- Core ---------------------------------------------------------------------------------

    def connection(self) -> Any:
        """A connection in a transaction, closed with the sessions."""
        for one in self._sessions:
            one.close()
        connection = self.engine.connect()
        self._sessions[:] = [connection]
        return connection

    def core_select(self) -> Work:
        connection, table = self.connection(), self.m.Plain.__table__
        statement = self.sa.select(table).where(table.c.id == self.sa.bindparam("key"))
        connection.execute(statement, {"key": 1}).all()
        keys = range(1, self.n(KNOWN_SELECTS) + 1)
        yield
        rows = [connection.execute(statement, {"key": key}).one() for key in keys]
        yield
        return data.row_sum(tuple(row) for row in rows)

    def core_fetch_100k(self) -> Work:
        connection = self.connection()
        statement = self.sa.select(self.m.Plain.__table__)
        yield
        rows = connection.execute(statement).all()
        yield
        return data.row_sum(tuple(row) for row in rows)

    def core_insert_100k(self) -> Work:
        connection, table = self.connection(), self.m.Plain.__table__
        rows = [
            dict(zip(data.PLAIN_COLUMNS, row, strict=True))
            for row in data.plain_rows(self.n(INSERTED_ROWS))
        ]
        yield
        connection.execute(self.sa.insert(table), rows)
        connection.commit()
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def core_reflect_200(self) -> Work:
        self.connection()
        metadata = self.sa.MetaData()
        yield
        metadata.reflect(self.engine)
        yield
        tables = metadata.tables
        return data.row_sum(
            (name, len(t.columns), len(t.foreign_keys), len(t.indexes), len(t.primary_key))
            for name, t in sorted(tables.items())
        )
