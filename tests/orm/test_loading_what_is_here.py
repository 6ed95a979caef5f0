"""Eager options, and populate_existing, meet instances that are here; compared with the oracle."""

import pytest

from tests.orm.both import PACKAGES, World


def shop(package):
    w = World(package)
    sa, orm, Base = w.sa, w.orm, w.Base

    class Buyer(Base):
        __tablename__ = "buyer"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        name = orm.mapped_column(sa.String(10), default="name")
        orders = orm.relationship("Order", back_populates="buyer")

    class Order(Base):
        __tablename__ = "orders"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        buyer_id = orm.mapped_column(sa.ForeignKey("buyer.id"))
        note = orm.mapped_column(sa.String(10), default="note")
        buyer = orm.relationship("Buyer", back_populates="orders")
        items = orm.relationship("Item")

    class Item(Base):
        __tablename__ = "item"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        order_id = orm.mapped_column(sa.ForeignKey("orders.id"))

    w.create()
    w.add(
        Buyer(id=1, orders=[Order(id=1, items=[Item(), Item()]), Order(id=2, items=[Item()])]),
        Buyer(id=2, orders=[Order(id=3)]),
    )
    w.Buyer, w.Order = Buyer, Order
    return w


STRATEGIES = ("selectinload", "subqueryload", "joinedload")


@pytest.mark.parametrize("first", STRATEGIES)
@pytest.mark.parametrize("second", STRATEGIES)
def test_options_go_on_below_what_is_loaded_already(first, second):
    def loaded(w):
        load, more = getattr(w.orm, first), getattr(w.orm, second)
        option = load(w.Buyer.orders).options(more(w.Order.items))
        buyer = w.s.get(w.Buyer, 1)
        kept = list(buyer.orders)
        w.s.execute(w.sa.select(w.Buyer).options(option)).unique().all()
        return [w.loaded(order) for order in kept], buyer.orders == kept

    ours, theirs = (loaded(shop(package)) for package in PACKAGES)

    assert ours == theirs
    assert "items" in ours[0][0]


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize("second", STRATEGIES)
def test_options_go_on_below_a_reference_that_is_in_the_identity_map(second, is_read):
    def loaded(w):
        option = w.orm.selectinload(w.Order.buyer).options(getattr(w.orm, second)(w.Buyer.orders))
        buyer, order = w.s.get(w.Buyer, 1), w.s.get(w.Order, 1)
        held = order.buyer if is_read else buyer
        w.s.execute(w.sa.select(w.Order).options(option)).unique().all()
        return w.loaded(held), w.loaded(order)

    ours, theirs = (loaded(shop(package)) for package in PACKAGES)

    assert ours == theirs
    assert "orders" in ours[0]


@pytest.mark.parametrize("strategy", [*STRATEGIES, "lazyload"])
def test_populate_existing_overwrites_what_is_loaded_with_the_rest(strategy):
    def values(w):
        w.s.autoflush = False
        buyer = w.s.get(w.Buyer, 1)
        orders = list(buyer.orders)
        buyer.name = orders[0].note = "changed"
        option = getattr(w.orm, strategy)(w.Buyer.orders)
        statement = w.sa.select(w.Buyer).options(option)
        w.s.execute(statement.execution_options(populate_existing=True)).unique().all()
        return buyer.name, orders[0].note, buyer.orders == orders

    ours, theirs = (values(shop(package)) for package in PACKAGES)

    assert ours == theirs


def test_get_reads_anew_where_its_execution_options_say_so():
    def name(w):
        w.s.autoflush = False
        buyer = w.s.get(w.Buyer, 1)
        buyer.name = "changed"
        w.s.get(w.Buyer, 1, execution_options={"populate_existing": True})
        return buyer.name

    ours, theirs = (name(shop(package)) for package in PACKAGES)

    assert ours == theirs == "name"


ON_READ = {
    "raiseload": lambda w: w.orm.raiseload(w.Buyer.orders),
    "raiseload of SQL alone": lambda w: w.orm.raiseload(w.Buyer.orders, sql_only=True),
    "raiseload of all": lambda w: w.orm.raiseload("*"),
    "noload": lambda w: w.orm.noload(w.Buyer.orders),
    "lazyload": lambda w: w.orm.lazyload(w.Buyer.orders),
}


@pytest.mark.parametrize("first", [None, "lazyload"])
@pytest.mark.parametrize("option", ON_READ.values(), ids=ON_READ)
@pytest.mark.filterwarnings("ignore")
def test_what_is_here_and_was_not_loaded_is_read_as_the_options_say(option, first):
    def read(w):
        before = () if first is None else (getattr(w.orm, first)(w.Buyer.orders),)
        buyer = w.s.get(w.Buyer, 1, options=before)
        w.s.scalars(w.sa.select(w.Buyer).options(option(w))).all()
        return w.error(lambda: sorted(order.id for order in buyer.orders))

    ours, theirs = (read(shop(package)) for package in PACKAGES)

    assert ours in (theirs, "LazyLoadError" if theirs == "InvalidRequestError" else theirs)


def test_options_for_what_is_here_leave_those_it_came_with_as_they_are():
    def read(w):
        some = w.orm.lazyload(w.Buyer.orders.and_(w.Order.id == 2))
        buyer = w.s.get(w.Buyer, 1, options=[some])
        w.s.scalars(w.sa.select(w.Buyer).options(w.orm.defer(w.Buyer.name, raiseload=True))).all()
        return [order.id for order in buyer.orders]

    ours, theirs = (read(shop(package)) for package in PACKAGES)

    assert ours == theirs == [2]


def test_the_options_of_the_last_statement_hold():
    w = shop("dovetail")
    buyer = w.s.get(w.Buyer, 1, options=[w.orm.raiseload(w.Buyer.orders)])
    w.s.scalars(w.sa.select(w.Buyer).options(w.orm.lazyload(w.Buyer.orders))).all()

    assert sorted(order.id for order in buyer.orders) == [1, 2]
