"""What an operator gives for two types, compared with the oracle for every pair."""

import operator
from importlib import import_module

import pytest

from dovetail import Enum, Integer, String, TypeDecorator, column, create_engine, select, table

PACKAGES = ("dovetail", "sqlalchemy")
PLAIN = (
    "Integer", "BigInteger", "SmallInteger", "Numeric", "Float", "String", "Text", "Date",
    "DateTime", "Time", "Interval", "Boolean",
)  # fmt: skip
WRAPPED = ("Integer", "Numeric", "Float", "String", "Date", "DateTime", "Interval")
OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod")


def types_of(package):
    sa = import_module(package)
    made = {name: getattr(sa, name)() for name in PLAIN}
    for name in WRAPPED:
        body = {"impl": getattr(sa, name), "cache_ok": True}
        made[f"own {name}"] = type(f"Own{name}", (sa.TypeDecorator,), body)()
    return made | {"one of": sa.Enum("a", "b")}


@pytest.mark.filterwarnings("ignore:Type object")
@pytest.mark.parametrize("name", OPERATORS)
def test_the_type_of_what_comes_out_is_known(name):
    found = []
    for package in PACKAGES:
        sa = import_module(package)
        types = types_of(package)
        found.append(
            {
                (left, right): type(
                    getattr(operator, name)(sa.column("x", one), sa.column("y", other)).type
                ).__name__
                for left, one in types.items()
                for right, other in types.items()
            }
        )

    ours, theirs = found
    assert {pair: kind for pair, kind in ours.items() if kind != theirs[pair]} == {}


class Cents(TypeDecorator[float]):
    impl = Integer
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return int(value * 100)

    def process_result_value(self, value, dialect):
        return value / 100


def test_a_number_of_prices_is_a_price():
    price, amount = column("price", Cents), column("amount", Integer)

    with create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE line AS SELECT 150 AS price, 2 AS amount")
        row = connection.execute(
            select(amount * price, price * 2).select_from(table("line", price, amount))
        ).one()

    assert tuple(row) == (3.0, 300.0)


def test_one_of_a_few_texts_joined_to_another_is_a_text():
    kind = column("kind", Enum("a", "b"))

    with create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE thing AS SELECT 'a' AS kind")
        joined = select(kind + "x").select_from(table("thing", kind))
        assert connection.scalar(joined) == "ax"
        assert isinstance((kind + "x").type, String)
