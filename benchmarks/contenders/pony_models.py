"""Pony, which has an identity map and a unit of work too."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pony
from pony import orm

from benchmarks import data
from benchmarks.contender import Contender, Order, Payment, Work
from benchmarks.places import Place
from benchmarks.workloads import (
    DECLARED_CLASSES,
    DELETES,
    GET_HITS,
    GET_MISSES,
    GRAPH_TAGS,
    INSERTS,
    SELECTS,
)


def declare(db: orm.Database) -> SimpleNamespace:
    """The entities of *db*.  Pony knows no enumerations: a color stays a string."""

    class Plain(db.Entity):
        _table_ = "plain"
        name = orm.Required(str, 50)
        email = orm.Required(str, 80)
        age = orm.Required(int)
        score = orm.Required(float)

    wide: dict[str, Any] = {
        **{f"number{n}": orm.Required(int) for n in range(7)},
        **{f"text{n}": orm.Required(str, 40) for n in range(7)},
        **{f"real{n}": orm.Required(float) for n in range(4)},
        **{f"flag{n}": orm.Required(bool) for n in range(4)},
        **{f"moment{n}": orm.Required(datetime) for n in range(3)},
        **{f"day{n}": orm.Required(date) for n in range(2)},
        **{f"price{n}": orm.Required(Decimal, 10, 2) for n in range(2)},
        "color": orm.Required(str, 5),
        "extra": orm.Required(orm.Json),
    }
    Wide = type(db.Entity)("Wide", (db.Entity,), {"_table_": "wide", **wide})

    class Parent(db.Entity):
        _table_ = "parent"
        name = orm.Required(str, 50)
        children = orm.Set("Child")
        tags = orm.Set("Tag", table="parent_tag", column="tag_id")

    class Child(db.Entity):
        _table_ = "child"
        name = orm.Required(str, 50)
        size = orm.Required(int)
        parent = orm.Required(Parent, column="parent_id")

    class Tag(db.Entity):
        _table_ = "tag"
        name = orm.Required(str, 50)
        parents = orm.Set(Parent, column="parent_id")

    class District(db.Entity):
        _table_ = "district"
        next_order = orm.Required(int)
        income = orm.Required(int)
        purchases = orm.Set("Purchase")
        payments = orm.Set("Paid")

    class Customer(db.Entity):
        _table_ = "customer"
        name = orm.Required(str, 50)
        balance = orm.Required(int)
        payments = orm.Required(int)
        purchases = orm.Set("Purchase")
        paid = orm.Set("Paid")

    class Item(db.Entity):
        _table_ = "item"
        name = orm.Required(str, 50)
        price = orm.Required(int)
        lines = orm.Set("Line")

    class Stock(db.Entity):
        _table_ = "stock"
        quantity = orm.Required(int)
        sold = orm.Required(int)

    class Purchase(db.Entity):
        _table_ = "purchase"
        number = orm.Required(int)
        district = orm.Required(District, column="district_id")
        customer = orm.Required(Customer, column="customer_id")
        lines = orm.Set("Line")

    class Line(db.Entity):
        _table_ = "line"
        quantity = orm.Required(int)
        amount = orm.Required(int)
        purchase = orm.Required(Purchase, column="purchase_id")
        item = orm.Required(Item, column="item_id")

    class Paid(db.Entity):
        _table_ = "payment"
        amount = orm.Required(int)
        customer = orm.Required(Customer, column="customer_id")
        district = orm.Required(District, column="district_id")

    classes = (
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
    return SimpleNamespace(**{entity.__name__: entity for entity in classes})


class Pony(Contender):
    title = "Pony"
    import_statement = "import pony.orm"

    def __init__(self, place: Place, scale: float) -> None:
        super().__init__(place, scale)
        self.db = orm.Database()
        self.m = declare(self.db)
        self.db.on_connect(provider="sqlite")(self._set_pragmas)
        self.db.bind(provider="sqlite", filename=str(place.path))
        self.db.generate_mapping(create_tables=False)

    @staticmethod
    def _set_pragmas(_db: orm.Database, connection: Any) -> None:
        for name, value in data.PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}")

    def disconnect(self) -> None:
        self.db.disconnect()

    def version(self) -> str:
        return pony.__version__

    def session(self) -> Any:
        """A session whose connection is open: what a ``with`` around a workload takes."""
        return _Connected(self.db)

    def loaded_plain(self, count: int) -> tuple[Any, Sequence[Any]]:
        session = self.session()
        session.__enter__()
        return _Leaver(session), self.m.Plain.select().order_by(self.m.Plain.id).limit(count)[:]

    def load_100k(self) -> Work:
        with self.session():
            yield
            objects = self.m.Plain.select()[:]
            yield
            return self.plain_sum(objects)

    def load_wide_20k(self) -> Work:
        with self.session():
            yield
            objects = self.m.Wide.select()[:]
            yield
            return self.wide_sum(objects)

    def insert_20k(self) -> Work:
        Plain = self.m.Plain
        values = [data.plain_values(number) for number in range(self.n(INSERTS))]
        with self.session():
            yield
            for name, email, age, score in values:
                Plain(name=name, email=email, age=age, score=score)
            orm.commit()
            yield
        return self.place.query_sum(data.PLAIN_SUM)

    def insert_graph_2k(self) -> Work:
        m, graph = self.m, self.graph()
        with self.session():
            yield
            tags = [m.Tag(name=f"tag {number}") for number in range(GRAPH_TAGS)]
            for name, children, numbers in graph:
                parent = m.Parent(name=name, tags=[tags[number] for number in numbers])
                for child, size in children:
                    m.Child(name=child, size=size, parent=parent)
            orm.commit()
            yield
        return self.place.query_sum(data.GRAPH_SUM)

    def update_20k(self) -> Work:
        with self.session():
            yield
            for one in self.m.Plain.select()[:]:
                one.age += 1
            orm.commit()
            yield
        return self.place.query_sum(data.PLAIN_SUM)

    def delete_5k(self) -> Work:
        with self.session():
            objects = self.m.Plain.select().order_by(self.m.Plain.id).limit(DELETES)[:]
            yield
            for one in objects:
                one.delete()
            orm.commit()
            yield
        return self.place.query_sum(data.PLAIN_SUM)

    def get_miss(self) -> Work:
        Plain = self.m.Plain
        keys = range(1, self.n(GET_MISSES) + 1)
        with self.session():
            yield
            objects = [Plain[key] for key in keys]
            yield
            return self.plain_sum(objects)

    def get_hit(self) -> Work:
        Plain = self.m.Plain
        repeats = range(self.n(GET_HITS) // 1000 or 1)
        with self.session():
            Plain.select()[:]
            yield
            found = 0
            for _ in repeats:
                for key in range(1, 1001):
                    found += Plain[key] is not None
            yield
            return found

    def select_3k(self) -> Work:
        Plain = self.m.Plain
        with self.session():
            yield
            total = 0
            for number in range(self.n(SELECTS)):
                age = number % 50
                query = (
                    Plain.select(lambda p: p.age > age and p.id > number)  # noqa: B023
                    .order_by(Plain.id)
                    .limit(3)
                )
                for one in query:
                    total += one.id
            yield
            return total

    def selectin_2k(self) -> Work:
        Parent = self.m.Parent
        with self.session():
            yield
            parents = Parent.select().order_by(Parent.id).prefetch(Parent.children)[:]
            yield
            return self.family_sum(parents)

    def lazy_2k(self) -> Work:
        Parent = self.m.Parent
        with self.session():
            yield
            parents = Parent.select().order_by(Parent.id)[:]
            children = 0
            for parent in parents:
                children += len(parent.children)
            yield
            return self.family_sum(parents)

    def declare_100(self) -> Work:
        yield
        db = orm.Database()
        for number in range(DECLARED_CLASSES):
            namespace: dict[str, Any] = {
                "id": orm.PrimaryKey(int, auto=True),
                **{name: orm.Required(str, 20) for name in "abcde"},
                **{name: orm.Required(int) for name in "fghi"},
            }
            type(db.Entity)(f"Declared{number}", (db.Entity,), namespace)
        db.bind(provider="sqlite", filename=":memory:")
        db.generate_mapping(check_tables=False)
        yield
        return len(db.entities)

    def tpcc_500(self) -> Work:
        script = self.transactions()
        self.session().close()
        yield
        for step in script:
            with orm.db_session:
                if isinstance(step, Order):
                    self._order(step)
                else:
                    self._pay(step)
        yield
        return self.place.query_sum(data.SHOP_SUM)

    def _order(self, order: Order) -> None:
        m = self.m
        customer, district = m.Customer[order.customer], m.District[order.district]
        keys = [item for item, _quantity in order.lines]
        items = {item.id: item for item in m.Item.select(lambda i: i.id in keys)}
        stocks = {stock.id: stock for stock in m.Stock.select(lambda s: s.id in keys)}
        purchase = m.Purchase(number=district.next_order, district=district, customer=customer)
        district.next_order += 1
        for key, quantity in order.lines:
            stock, item = stocks[key], items[key]
            stock.quantity -= quantity
            stock.sold += 1
            m.Line(quantity=quantity, amount=quantity * item.price, purchase=purchase, item=item)

    def _pay(self, payment: Payment) -> None:
        m = self.m
        customer, district = m.Customer[payment.customer], m.District[payment.district]
        customer.balance -= payment.amount
        customer.payments += 1
        district.income += payment.amount
        m.Paid(amount=payment.amount, customer=customer, district=district)


class _Connected:
    """Pony's session, with its connection opened on entry."""

    def __init__(self, db: orm.Database) -> None:
        self._db = db
        self._session = orm.db_session()

    def __enter__(self) -> None:
        self._session.__enter__()
        self._db.get_connection()

    def __exit__(self, *error: Any) -> None:
        orm.rollback()
        self._session.__exit__(None, None, None)

    def close(self) -> None:
        with self:
            pass


class _Leaver:
    """Leaves the session when the objects that were loaded in it are let go."""

    def __init__(self, session: _Connected) -> None:
        self._session = session

    def __del__(self) -> None:
        self._session.__exit__()


CONTENDER = Pony
