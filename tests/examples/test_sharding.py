"""Shards: keys that tell the place, sessions that stay there, questions to all of them."""

from zlib import crc32

import pytest

from dovetail import create_engine, event, func, inspect, select
from dovetail.exc import IntegrityError
from examples.sharding import (
    Base,
    Country,
    Customer,
    Order,
    Shards,
    new_key,
    shard_of,
    trade,
)

NAMES = ["Ada", "Bob", "Cleo", "Dan", "Eve", "Flo"]


@pytest.fixture
def engines(tmp_path):
    engines = {
        name: create_engine(f"sqlite:///{tmp_path / name}.db")
        for name in ("common", "zero", "one", "two")
    }
    yield engines
    for engine in engines.values():
        assert engine.pool.checkedout() == 0
        engine.dispose()


@pytest.fixture
def asked(engines):
    """The names of the databases that statements were sent to."""
    asked = []
    for name, engine in engines.items():

        @event.listens_for(engine, "before_cursor_execute")
        def note(connection, cursor, statement, *rest, name=name):
            if not statement.startswith("BEGIN"):
                asked.append(name)

    return asked


@pytest.fixture
def shards(engines):
    common, *others = engines.values()
    with Shards(common, others) as shards:
        shards.create_all()
        trade(shards)
        for session in shards.sessions:
            session.expunge_all()
        yield shards


def test_tables_are_where_they_belong(engines, shards):
    tables = {name: inspect(engine).get_table_names() for name, engine in engines.items()}

    assert tables.pop("common") == ["country"]
    assert all(sorted(names) == ["customer", "customer_order"] for names in tables.values())
    assert len(Base.metadata.tables) == 3


def test_customers_are_spread_by_name_and_orders_are_with_them(shards):
    found = {
        session.number: session.execute(select(Customer.name, Customer.id)).all()
        for session in shards.sessions
    }

    for number, rows in found.items():
        assert [name for name, _ in rows] == [n for n in NAMES if crc32(n.encode()) % 3 == number]
        assert {shard_of(key) for _, key in rows} == {number}
    assert len([number for number, rows in found.items() if rows]) == 3
    for session in shards.sessions:
        assert all(shard_of(key) == session.number for key in session.scalars(select(Order.id)))


def test_a_key_leads_to_its_shard_and_asks_no_other(shards, asked):
    key = shards.place("Bob").scalar(select(Customer.id).where(Customer.name == "Bob"))
    asked.clear()

    bob = shards.at(key).get(Customer, key)

    assert (bob.name, bob.country.name) == ("Bob", "Italy")
    assert sorted(order.amount for order in bob.orders) == [10, 11, 12]
    assert asked == ["two", "common", "two"]


def test_what_all_shards_have_comes_in_order(shards, asked):
    by_name = select(Customer).order_by(Customer.name)
    asked.clear()

    found = list(shards.everywhere(by_name, order=lambda customer: customer.name))

    assert [customer.name for customer in found] == NAMES
    assert asked == ["zero", "one", "two"]
    first = shards.everywhere(by_name, order=lambda customer: customer.name, limit=4)
    assert [customer.name for customer in first] == NAMES[:4]


def test_numbers_are_added_up(shards):
    assert shards.total(select(func.count(Order.id))) == 18
    assert shards.total(select(func.sum(Order.amount))) == 468
    assert shards.total(select(func.sum(Order.amount)).where(Order.amount > 99)) == 0


def test_changes_go_to_their_shards(shards):
    def order(customer):
        return customer.name

    for customer in shards.everywhere(select(Customer).order_by(Customer.name), order):
        customer.orders.append(Order(amount=1000))
    shards.commit()

    assert shards.total(select(func.count(Order.id)).where(Order.amount == 1000)) == 6
    for session in shards.sessions:
        assert all(shard_of(key) == session.number for key in session.scalars(select(Order.id)))


def test_what_fails_in_one_shard_is_committed_in_none(shards):
    shards.sessions[0].add(Country(code="FR", name="France"))
    shards.place("Dan").add(Customer(name="Dan the other", country_code="IT"))
    shards.place("Bob").add(Customer(name="Bob", country_code="IT"))

    with pytest.raises(IntegrityError):
        shards.commit()
    for session in shards.sessions:
        session.rollback()

    assert shards.total(select(func.count(Customer.id))) == 6
    assert shards.sessions[0].scalars(select(Country.code)).all() == ["IT"]


def test_keys_differ_and_fit_into_a_column():
    keys = [new_key(number % 64) for number in range(10_000)]

    assert len(set(keys)) == 10_000
    assert [shard_of(key) for key in keys[:64]] == list(range(64))
    assert max(keys) < 2**63
