"""Django, with its bulk methods where they are the quicker way."""

import os
from collections.abc import Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any

import django
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.query import prefetch_related_objects

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


class ColorField(models.CharField):
    """Django keeps choices as text; this makes members of the enumeration of them."""

    def from_db_value(self, value: str, _expression: Any, _connection: Any) -> data.Color:
        return data.Color[value]


def meta(table: str) -> type:
    return type("Meta", (), {"app_label": "benchmarks", "db_table": table})


def declare() -> SimpleNamespace:
    """The models; Django must be set up before."""
    module = {"__module__": __name__}

    class Plain(models.Model):
        Meta = meta("plain")
        name = models.CharField(max_length=50)
        email = models.CharField(max_length=80)
        age = models.IntegerField()
        score = models.FloatField()

    wide = {
        **{f"number{n}": models.IntegerField() for n in range(7)},
        **{f"text{n}": models.CharField(max_length=40) for n in range(7)},
        **{f"real{n}": models.FloatField() for n in range(4)},
        **{f"flag{n}": models.BooleanField() for n in range(4)},
        **{f"moment{n}": models.DateTimeField() for n in range(3)},
        **{f"day{n}": models.DateField() for n in range(2)},
        **{f"price{n}": models.DecimalField(max_digits=10, decimal_places=2) for n in range(2)},
        "color": ColorField(max_length=5),
        "extra": models.JSONField(),
    }
    Wide = type("Wide", (models.Model,), {**module, "Meta": meta("wide"), **wide})

    class Tag(models.Model):
        Meta = meta("tag")
        name = models.CharField(max_length=50)

    class Parent(models.Model):
        Meta = meta("parent")
        name = models.CharField(max_length=50)

    class Link(models.Model):
        Meta = meta("parent_tag")
        pk = models.CompositePrimaryKey("parent_id", "tag_id")
        parent = models.ForeignKey(Parent, models.CASCADE)
        tag = models.ForeignKey(Tag, models.CASCADE)

    class Child(models.Model):
        Meta = meta("child")
        name = models.CharField(max_length=50)
        size = models.IntegerField()
        parent = models.ForeignKey(Parent, models.CASCADE, related_name="child_rows")

    class District(models.Model):
        Meta = meta("district")
        next_order = models.IntegerField()
        income = models.IntegerField()

    class Customer(models.Model):
        Meta = meta("customer")
        name = models.CharField(max_length=50)
        balance = models.IntegerField()
        payments = models.IntegerField()

    class Item(models.Model):
        Meta = meta("item")
        name = models.CharField(max_length=50)
        price = models.IntegerField()

    class Stock(models.Model):
        Meta = meta("stock")
        quantity = models.IntegerField()
        sold = models.IntegerField()

    class Purchase(models.Model):
        Meta = meta("purchase")
        number = models.IntegerField()
        district = models.ForeignKey(District, models.CASCADE)
        customer = models.ForeignKey(Customer, models.CASCADE)

    class Line(models.Model):
        Meta = meta("line")
        quantity = models.IntegerField()
        amount = models.IntegerField()
        purchase = models.ForeignKey(Purchase, models.CASCADE)
        item = models.ForeignKey(Item, models.CASCADE)

    class Paid(models.Model):
        Meta = meta("payment")
        amount = models.IntegerField()
        customer = models.ForeignKey(Customer, models.CASCADE)
        district = models.ForeignKey(District, models.CASCADE)

    classes = (
        *(Plain, Wide, Tag, Parent, Link, Child, District),
        *(Customer, Item, Stock, Purchase, Line, Paid),
    )
    return SimpleNamespace(**{model.__name__: model for model in classes})


class Django(Contender):
    title = "Django"
    import_statement = (
        "import django; from django.conf import settings; "
        "settings.configure(); django.setup(); from django.db import models"
    )
    _serial = count()

    def __init__(self, place: Place, scale: float) -> None:
        super().__init__(place, scale)
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        pragmas = "".join(f"PRAGMA {name} = {value};" for name, value in data.PRAGMAS.items())
        engine = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(place.path),
            "OPTIONS": {"init_command": pragmas},
        }
        settings.configure(
            DATABASES={"default": engine},
            USE_TZ=False,
            DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        )
        django.setup()
        self.m = declare()

    def disconnect(self) -> None:
        connection.close()

    def version(self) -> str:
        return django.__version__

    def loaded_plain(self, count: int) -> tuple[Any, Sequence[Any]]:
        return None, list(self.m.Plain.objects.order_by("id")[:count])

    def load_100k(self) -> Work:
        connection.ensure_connection()
        yield
        objects = list(self.m.Plain.objects.all())
        yield
        return self.plain_sum(objects)

    def load_wide_20k(self) -> Work:
        connection.ensure_connection()
        yield
        objects = list(self.m.Wide.objects.all())
        yield
        return self.wide_sum(objects)

    def insert_20k(self) -> Work:
        connection.ensure_connection()
        Plain = self.m.Plain
        values = [data.plain_values(number) for number in range(self.n(INSERTS))]
        yield
        objects = [
            Plain(name=name, email=email, age=age, score=score)
            for name, email, age, score in values
        ]
        Plain.objects.bulk_create(objects)
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def insert_graph_2k(self) -> Work:
        connection.ensure_connection()
        Parent, Child, Tag, Link = self.m.Parent, self.m.Child, self.m.Tag, self.m.Link
        graph = self.graph()
        yield
        with transaction.atomic():
            tags = [Tag(name=f"tag {number}") for number in range(GRAPH_TAGS)]
            Tag.objects.bulk_create(tags)
            parents, children, links = [], [], []
            for name, family, numbers in graph:
                parent = Parent(name=name)
                parents.append(parent)
                children += [Child(name=child, size=size, parent=parent) for child, size in family]
                links += [(parent, tags[number]) for number in numbers]
            Parent.objects.bulk_create(parents)
            for child in children:
                child.parent_id = child.parent.id
            Child.objects.bulk_create(children)
            Link.objects.bulk_create([Link(parent=parent, tag=tag) for parent, tag in links])
        yield
        return self.place.query_sum(data.GRAPH_SUM)

    def update_20k(self) -> Work:
        connection.ensure_connection()
        yield
        with transaction.atomic():
            for one in self.m.Plain.objects.all():
                one.age += 1
                one.save(update_fields=["age"])
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def delete_5k(self) -> Work:
        _keep, objects = self.loaded_plain(DELETES)
        yield
        self.m.Plain.objects.filter(pk__in=[one.pk for one in objects]).delete()
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def get_miss(self) -> Work:
        connection.ensure_connection()
        get = self.m.Plain.objects.get
        keys = range(1, self.n(GET_MISSES) + 1)
        yield
        objects = [get(pk=key) for key in keys]
        yield
        return self.plain_sum(objects)

    def select_3k(self) -> Work:
        connection.ensure_connection()
        objects = self.m.Plain.objects
        yield
        total = 0
        for number in range(self.n(SELECTS)):
            query = objects.filter(age__gt=number % 50, id__gt=number).order_by("id")[:3]
            for one in query:
                total += one.id
        yield
        return total

    def _with_children(self, parents: list[Any]) -> list[SimpleNamespace]:
        return [SimpleNamespace(id=p.id, name=p.name, children=p.child_rows.all()) for p in parents]

    def selectin_2k(self) -> Work:
        connection.ensure_connection()
        yield
        parents = list(self.m.Parent.objects.order_by("id").prefetch_related("child_rows"))
        yield
        return self.family_sum(self._with_children(parents))

    def lazy_2k(self) -> Work:
        connection.ensure_connection()
        yield
        parents = list(self.m.Parent.objects.order_by("id"))
        children = 0
        for parent in parents:
            children += len(parent.child_rows.all())
        yield
        prefetch_related_objects(parents, "child_rows")
        return self.family_sum(self._with_children(parents))

    def declare_100(self) -> Work:
        serial = next(self._serial)
        yield
        classes = []
        for number in range(DECLARED_CLASSES):
            namespace: dict[str, Any] = {
                "__module__": __name__,
                "Meta": meta(f"declared_{serial}_{number}"),
                "id": models.AutoField(primary_key=True),
                **{name: models.CharField(max_length=20) for name in "abcde"},
                **{name: models.IntegerField() for name in "fghi"},
            }
            classes.append(type(f"Declared{serial}_{number}", (models.Model,), namespace))
        yield
        return len(classes)

    def tpcc_500(self) -> Work:
        connection.ensure_connection()
        script = self.transactions()
        yield
        for step in script:
            with transaction.atomic():
                if isinstance(step, Order):
                    self._order(step)
                else:
                    self._pay(step)
        yield
        return self.place.query_sum(data.SHOP_SUM)

    def _order(self, order: Order) -> None:
        m = self.m
        customer = m.Customer.objects.get(pk=order.customer)
        district = m.District.objects.get(pk=order.district)
        keys = [item for item, _quantity in order.lines]
        items = {item.id: item for item in m.Item.objects.filter(id__in=keys)}
        stocks = {stock.id: stock for stock in m.Stock.objects.filter(id__in=keys)}
        purchase = m.Purchase.objects.create(
            number=district.next_order, district=district, customer=customer
        )
        district.next_order += 1
        district.save(update_fields=["next_order"])
        lines = []
        for key, quantity in order.lines:
            stock, item = stocks[key], items[key]
            stock.quantity -= quantity
            stock.sold += 1
            amount = quantity * item.price
            lines.append(m.Line(quantity=quantity, amount=amount, purchase=purchase, item=item))
        m.Stock.objects.bulk_update(stocks.values(), ["quantity", "sold"])
        m.Line.objects.bulk_create(lines)

    def _pay(self, payment: Payment) -> None:
        m = self.m
        customer = m.Customer.objects.get(pk=payment.customer)
        district = m.District.objects.get(pk=payment.district)
        customer.balance -= payment.amount
        customer.payments += 1
        district.income += payment.amount
        customer.save(update_fields=["balance", "payments"])
        district.save(update_fields=["income"])
        m.Paid.objects.create(amount=payment.amount, customer=customer, district=district)


CONTENDER = Django
