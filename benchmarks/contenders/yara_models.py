"""yara-orm, whose engine is Rust, with its bulk methods where they are the quicker way.

It is awaited; ``sync_fast_path`` lets it answer without leaving the thread, which is its
quickest way for one program that waits for each answer.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, TypeVar

from yara_orm import Model, Prefetch, YaraOrm, fields, in_transaction

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

T = TypeVar("T")
ROWS = 500
"""Rows in one INSERT, as many as the library itself puts there."""


def meta(table: str) -> type:
    return type("Meta", (), {"table": table})


def key() -> Any:
    return fields.IntField(pk=True)


def declare() -> SimpleNamespace:
    """The models; the library keeps them for the whole process."""

    class Plain(Model):
        Meta = meta("plain")
        id = key()
        name = fields.CharField(max_length=50)
        email = fields.CharField(max_length=80)
        age = fields.IntField()
        score = fields.FloatField()

    wide = {
        "id": key(),
        **{f"number{n}": fields.IntField() for n in range(7)},
        **{f"text{n}": fields.CharField(max_length=40) for n in range(7)},
        **{f"real{n}": fields.FloatField() for n in range(4)},
        **{f"flag{n}": fields.BooleanField() for n in range(4)},
        **{f"moment{n}": fields.DatetimeField() for n in range(3)},
        **{f"day{n}": fields.DateField() for n in range(2)},
        **{f"price{n}": fields.DecimalField(max_digits=10, decimal_places=2) for n in range(2)},
        # The rows have the names of the colours, and it looks for their values.
        "color": fields.CharField(max_length=5),
        "extra": fields.JSONField(),
    }
    Wide = type("Wide", (Model,), {"Meta": meta("wide"), **wide})

    class Tag(Model):
        Meta = meta("tag")
        id = key()
        name = fields.CharField(max_length=50)

    class Parent(Model):
        Meta = meta("parent")
        id = key()
        name = fields.CharField(max_length=50)

    class Child(Model):
        Meta = meta("child")
        id = key()
        name = fields.CharField(max_length=50)
        size = fields.IntField()
        parent = fields.ForeignKeyField("Parent", related_name="children")

    class District(Model):
        Meta = meta("district")
        id = key()
        next_order = fields.IntField()
        income = fields.IntField()

    class Customer(Model):
        Meta = meta("customer")
        id = key()
        name = fields.CharField(max_length=50)
        balance = fields.IntField()
        payments = fields.IntField()

    class Item(Model):
        Meta = meta("item")
        id = key()
        name = fields.CharField(max_length=50)
        price = fields.IntField()

    class Stock(Model):
        Meta = meta("stock")
        id = key()
        quantity = fields.IntField()
        sold = fields.IntField()

    class Purchase(Model):
        Meta = meta("purchase")
        id = key()
        number = fields.IntField()
        district = fields.ForeignKeyField("District", related_name="purchases")
        customer = fields.ForeignKeyField("Customer", related_name="purchases")

    class Line(Model):
        Meta = meta("line")
        id = key()
        quantity = fields.IntField()
        amount = fields.IntField()
        purchase = fields.ForeignKeyField("Purchase", related_name="lines")
        item = fields.ForeignKeyField("Item", related_name="lines")

    class Paid(Model):
        Meta = meta("payment")
        id = key()
        amount = fields.IntField()
        customer = fields.ForeignKeyField("Customer", related_name="payments_made")
        district = fields.ForeignKeyField("District", related_name="payments_made")

    classes = (
        *(Plain, Wide, Tag, Parent, Child, District),
        *(Customer, Item, Stock, Purchase, Line, Paid),
    )
    return SimpleNamespace(**{model.__name__: model for model in classes})


class Yara(Contender):
    title = "yara-orm"
    import_statement = "import yara_orm"

    def __init__(self, place: Place, scale: float) -> None:
        super().__init__(place, scale)
        self.loop = asyncio.new_event_loop()
        self.m = declare()
        self._is_connected = False

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def connect(self) -> SimpleNamespace:
        if not self._is_connected:
            self.run(YaraOrm.init(f"sqlite://{self.place.path}?sync_fast_path=1"))
            self._is_connected = True
        return self.m

    def disconnect(self) -> None:
        if self._is_connected:
            self.run(YaraOrm.close())
            self._is_connected = False

    def version(self) -> str:
        return version("yara-orm")

    def loaded_plain(self, count: int) -> tuple[Any, Sequence[Any]]:
        Plain = self.connect().Plain

        async def load() -> list[Any]:
            return list(await Plain.all().order_by("id").limit(count))

        return None, self.run(load())

    async def _all(self, model: Any, *order: str) -> list[Any]:
        return list(await model.all().order_by(*order)) if order else list(await model.all())

    def load_100k(self) -> Work:
        Plain = self.connect().Plain
        yield
        objects = self.run(self._all(Plain))
        yield
        return self.plain_sum(objects)

    def insert_20k(self) -> Work:
        Plain = self.connect().Plain
        values = [data.plain_values(number) for number in range(self.n(INSERTS))]

        async def insert() -> None:
            async with in_transaction():
                await Plain.bulk_create(
                    [
                        Plain(name=name, email=email, age=age, score=score)
                        for name, email, age, score in values
                    ]
                )

        yield
        self.run(insert())
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def insert_graph_2k(self) -> Work:
        m, graph = self.connect(), self.graph()

        async def insert() -> None:
            async with in_transaction() as connection:
                tags = await m.Tag.bulk_create(
                    [m.Tag(name=f"tag {number}") for number in range(GRAPH_TAGS)]
                )
                parents = await m.Parent.bulk_create([m.Parent(name=name) for name, _, _ in graph])
                children, links = [], []
                for parent, (_, family, numbers) in zip(parents, graph, strict=True):
                    children += [
                        m.Child(name=child, size=size, parent=parent) for child, size in family
                    ]
                    links += [(parent.id, tags[number].id) for number in numbers]
                await m.Child.bulk_create(children)
                # Its table has no key of its own, which a model needs.
                for start in range(0, len(links), ROWS):
                    rows = links[start : start + ROWS]
                    marks = ", ".join(["(?, ?)"] * len(rows))
                    await connection.execute(
                        f"INSERT INTO parent_tag (parent_id, tag_id) VALUES {marks}",
                        [number for row in rows for number in row],
                    )

        yield
        self.run(insert())
        yield
        return self.place.query_sum(data.GRAPH_SUM)

    def update_20k(self) -> Work:
        Plain = self.connect().Plain

        async def update() -> None:
            async with in_transaction():
                objects = await Plain.all()
                for one in objects:
                    one.age += 1
                await Plain.bulk_update(objects, fields=["age"])

        yield
        self.run(update())
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def delete_5k(self) -> Work:
        _keep, objects = self.loaded_plain(DELETES)
        Plain = self.m.Plain

        async def delete() -> None:
            async with in_transaction():
                await Plain.filter(id__in=[one.id for one in objects]).delete()

        yield
        self.run(delete())
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def get_miss(self) -> Work:
        Plain = self.connect().Plain
        keys = range(1, self.n(GET_MISSES) + 1)

        async def get() -> list[Any]:
            return [await Plain.get(id=key) for key in keys]

        yield
        objects = self.run(get())
        yield
        return self.plain_sum(objects)

    def select_3k(self) -> Work:
        Plain = self.connect().Plain

        async def select() -> int:
            total = 0
            for number in range(self.n(SELECTS)):
                query = Plain.filter(age__gt=number % 50, id__gt=number).order_by("id").limit(3)
                for one in await query:
                    total += one.id
            return total

        yield
        total = self.run(select())
        yield
        return total

    async def _families(self) -> list[Any]:
        m = self.m
        parents = (
            await m.Parent.all()
            .order_by("id")
            .prefetch_related(Prefetch("children", queryset=m.Child.all()))
        )
        return [
            SimpleNamespace(id=one.id, name=one.name, children=await one.children)
            for one in parents
        ]

    def selectin_2k(self) -> Work:
        self.connect()
        yield
        parents = self.run(self._families())
        yield
        return self.family_sum(parents)

    def declare_100(self) -> Work:
        yield
        classes = []
        for number in range(DECLARED_CLASSES):
            namespace: dict[str, Any] = {
                "__module__": __name__,
                "Meta": meta(f"declared_{number}"),
                "id": key(),
                **{name: fields.CharField(max_length=20) for name in "abcde"},
                **{name: fields.IntField() for name in "fghi"},
            }
            classes.append(type(f"Declared{number}", (Model,), namespace))
        yield
        return len(classes)

    def tpcc_500(self) -> Work:
        self.connect()
        script = self.transactions()

        async def play() -> None:
            for step in script:
                async with in_transaction():
                    if isinstance(step, Order):
                        await self._order(step)
                    else:
                        await self._pay(step)

        yield
        self.run(play())
        yield
        return self.place.query_sum(data.SHOP_SUM)

    async def _order(self, order: Order) -> None:
        m = self.m
        customer = await m.Customer.get(id=order.customer)
        district = await m.District.get(id=order.district)
        keys = [item for item, _quantity in order.lines]
        items = {item.id: item for item in await m.Item.filter(id__in=keys)}
        stocks = {stock.id: stock for stock in await m.Stock.filter(id__in=keys)}
        purchase = await m.Purchase.create(
            number=district.next_order, district=district, customer=customer
        )
        district.next_order += 1
        await district.save(update_fields=["next_order"])
        lines = []
        for key_, quantity in order.lines:
            stock, item = stocks[key_], items[key_]
            stock.quantity -= quantity
            stock.sold += 1
            await stock.save(update_fields=["quantity", "sold"])
            amount = quantity * item.price
            lines.append(m.Line(quantity=quantity, amount=amount, purchase=purchase, item=item))
        await m.Line.bulk_create(lines)

    async def _pay(self, payment: Payment) -> None:
        m = self.m
        customer = await m.Customer.get(id=payment.customer)
        district = await m.District.get(id=payment.district)
        customer.balance -= payment.amount
        customer.payments += 1
        district.income += payment.amount
        await customer.save(update_fields=["balance", "payments"])
        await district.save(update_fields=["income"])
        await m.Paid.create(amount=payment.amount, customer=customer, district=district)


CONTENDER = Yara
