"""Peewee, with its bulk methods where they are the quicker way."""

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import peewee as pw

from benchmarks import data
from benchmarks.contender import Contender, Order, Payment, Work
from benchmarks.places import Place
from benchmarks.workloads import (
    DECLARED_CLASSES,
    DELETES,
    GET_MISSES,
    GRAPH_TAGS,
    INSERTS,
    SELECTS,
)

MAX_PARAMETERS = 32_000


class ColorField(pw.CharField):
    def python_value(self, value: str) -> data.Color:
        return data.Color[value]


class JSONField(pw.TextField):
    def python_value(self, value: str) -> Any:
        return json.loads(value)


def declare(database: pw.Database) -> SimpleNamespace:
    """The models on *database*."""

    class Base(pw.Model):
        class Meta:
            pass

    Base._meta.set_database(database)

    def meta(table: str) -> type:
        return type("Meta", (), {"table_name": table, "database": database})

    class Plain(Base):
        Meta = meta("plain")
        name = pw.CharField(50)
        email = pw.CharField(80)
        age = pw.IntegerField()
        score = pw.FloatField()

    wide = {
        **{f"number{n}": pw.IntegerField() for n in range(7)},
        **{f"text{n}": pw.CharField(40) for n in range(7)},
        **{f"real{n}": pw.FloatField() for n in range(4)},
        **{f"flag{n}": pw.BooleanField() for n in range(4)},
        **{f"moment{n}": pw.DateTimeField() for n in range(3)},
        **{f"day{n}": pw.DateField() for n in range(2)},
        **{f"price{n}": pw.DecimalField(10, 2) for n in range(2)},
        "color": ColorField(5),
        "extra": JSONField(),
    }
    Wide = type("Wide", (Base,), {"Meta": meta("wide"), **wide})

    class Tag(Base):
        Meta = meta("tag")
        name = pw.CharField(50)

    class Parent(Base):
        Meta = meta("parent")
        name = pw.CharField(50)

    class Link(Base):
        parent = pw.ForeignKeyField(Parent)
        tag = pw.ForeignKeyField(Tag)

        class Meta:
            database = Base._meta.database
            table_name = "parent_tag"
            primary_key = pw.CompositeKey("parent", "tag")

    class Child(Base):
        Meta = meta("child")
        name = pw.CharField(50)
        size = pw.IntegerField()
        parent = pw.ForeignKeyField(Parent, backref="children")

    class District(Base):
        Meta = meta("district")
        next_order = pw.IntegerField()
        income = pw.IntegerField()

    class Customer(Base):
        Meta = meta("customer")
        name = pw.CharField(50)
        balance = pw.IntegerField()
        payments = pw.IntegerField()

    class Item(Base):
        Meta = meta("item")
        name = pw.CharField(50)
        price = pw.IntegerField()

    class Stock(Base):
        Meta = meta("stock")
        quantity = pw.IntegerField()
        sold = pw.IntegerField()

    class Purchase(Base):
        Meta = meta("purchase")
        number = pw.IntegerField()
        district = pw.ForeignKeyField(District)
        customer = pw.ForeignKeyField(Customer)

    class Line(Base):
        Meta = meta("line")
        quantity = pw.IntegerField()
        amount = pw.IntegerField()
        purchase = pw.ForeignKeyField(Purchase)
        item = pw.ForeignKeyField(Item)

    class Paid(Base):
        Meta = meta("payment")
        amount = pw.IntegerField()
        customer = pw.ForeignKeyField(Customer)
        district = pw.ForeignKeyField(District)

    classes = (
        *(Base, Plain, Wide, Tag, Parent, Link, Child, District),
        *(Customer, Item, Stock, Purchase, Line, Paid),
    )
    return SimpleNamespace(**{model.__name__: model for model in classes})


class Peewee(Contender):
    title = "Peewee"
    import_statement = "import peewee"

    def __init__(self, place: Place, scale: float) -> None:
        super().__init__(place, scale)
        self.database = pw.SqliteDatabase(str(place.path), pragmas=data.PRAGMAS)
        self.m = declare(self.database)

    def disconnect(self) -> None:
        self.database.close()

    def version(self) -> str:
        return pw.__version__

    def connect(self) -> SimpleNamespace:
        self.database.connect(reuse_if_open=True)
        return self.m

    def loaded_plain(self, count: int) -> tuple[Any, Sequence[Any]]:
        Plain = self.connect().Plain
        return None, list(Plain.select().order_by(Plain.id).limit(count))

    def load_100k(self) -> Work:
        Plain = self.connect().Plain
        yield
        objects = list(Plain.select())
        yield
        return self.plain_sum(objects)

    def load_wide_20k(self) -> Work:
        Wide = self.connect().Wide
        yield
        objects = list(Wide.select())
        yield
        return self.wide_sum(objects)

    def insert_20k(self) -> Work:
        Plain = self.connect().Plain
        values = [data.plain_values(number) for number in range(self.n(INSERTS))]
        yield
        with self.database.atomic():
            objects = [
                Plain(name=name, email=email, age=age, score=score)
                for name, email, age, score in values
            ]
            Plain.bulk_create(objects, batch_size=MAX_PARAMETERS // 5)
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def insert_graph_2k(self) -> Work:
        m, graph = self.connect(), self.graph()
        yield
        with self.database.atomic():
            tags = [m.Tag(name=f"tag {number}") for number in range(GRAPH_TAGS)]
            for tag in tags:
                tag.save()
            children, links = [], []
            for name, family, numbers in graph:
                # SQLite returns no keys from bulk_create, and the children need them.
                parent = m.Parent.create(name=name)
                children += [
                    m.Child(name=child, size=size, parent=parent) for child, size in family
                ]
                links += [m.Link(parent=parent, tag=tags[number]) for number in numbers]
            m.Child.bulk_create(children, batch_size=MAX_PARAMETERS // 4)
            m.Link.bulk_create(links, batch_size=MAX_PARAMETERS // 2)
        yield
        return self.place.query_sum(data.GRAPH_SUM)

    def update_20k(self) -> Work:
        Plain = self.connect().Plain
        yield
        with self.database.atomic():
            for one in list(Plain.select()):
                one.age += 1
                one.save(only=(Plain.age,))
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def delete_5k(self) -> Work:
        _keep, objects = self.loaded_plain(DELETES)
        Plain = self.m.Plain
        yield
        with self.database.atomic():
            Plain.delete().where(Plain.id.in_([one.id for one in objects])).execute()
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def get_miss(self) -> Work:
        Plain = self.connect().Plain
        keys = range(1, self.n(GET_MISSES) + 1)
        yield
        objects = [Plain.get_by_id(key) for key in keys]
        yield
        return self.plain_sum(objects)

    def select_3k(self) -> Work:
        Plain = self.connect().Plain
        yield
        total = 0
        for number in range(self.n(SELECTS)):
            query = (
                Plain.select()
                .where((Plain.age > number % 50) & (Plain.id > number))
                .order_by(Plain.id)
                .limit(3)
            )
            for one in query:
                total += one.id
        yield
        return total

    def selectin_2k(self) -> Work:
        m = self.connect()
        yield
        parents = pw.prefetch(m.Parent.select().order_by(m.Parent.id), m.Child.select())
        yield
        return self.family_sum(parents)

    def lazy_2k(self) -> Work:
        m = self.connect()
        yield
        parents = list(m.Parent.select().order_by(m.Parent.id))
        children = 0
        for parent in parents:
            children += len(list(parent.children))
        yield
        return self.family_sum(
            pw.prefetch(m.Parent.select().order_by(m.Parent.id), m.Child.select())
        )

    def declare_100(self) -> Work:
        Base = self.m.Base
        yield
        classes = []
        for number in range(DECLARED_CLASSES):
            namespace: dict[str, Any] = {
                "id": pw.AutoField(),
                **{name: pw.CharField(20) for name in "abcde"},
                **{name: pw.IntegerField() for name in "fghi"},
            }
            classes.append(type(f"Declared{number}", (Base,), namespace))
        yield
        return len(classes)

    def tpcc_500(self) -> Work:
        self.connect()
        script = self.transactions()
        yield
        for step in script:
            with self.database.atomic():
                if isinstance(step, Order):
                    self._order(step)
                else:
                    self._pay(step)
        yield
        return self.place.query_sum(data.SHOP_SUM)

    def _order(self, order: Order) -> None:
        m = self.m
        customer = m.Customer.get_by_id(order.customer)
        district = m.District.get_by_id(order.district)
        keys = [item for item, _quantity in order.lines]
        items = {item.id: item for item in m.Item.select().where(m.Item.id.in_(keys))}
        stocks = {stock.id: stock for stock in m.Stock.select().where(m.Stock.id.in_(keys))}
        purchase = m.Purchase.create(
            number=district.next_order, district=district, customer=customer
        )
        district.next_order += 1
        district.save(only=(m.District.next_order,))
        lines = []
        for key, quantity in order.lines:
            stock, item = stocks[key], items[key]
            stock.quantity -= quantity
            stock.sold += 1
            stock.save(only=(m.Stock.quantity, m.Stock.sold))
            amount = quantity * item.price
            lines.append(m.Line(quantity=quantity, amount=amount, purchase=purchase, item=item))
        m.Line.bulk_create(lines)

    def _pay(self, payment: Payment) -> None:
        m = self.m
        customer = m.Customer.get_by_id(payment.customer)
        district = m.District.get_by_id(payment.district)
        customer.balance -= payment.amount
        customer.payments += 1
        district.income += payment.amount
        customer.save(only=(m.Customer.balance, m.Customer.payments))
        district.save(only=(m.District.income,))
        m.Paid.create(amount=payment.amount, customer=customer, district=district)


CONTENDER = Peewee
