"""Statements whose FROMs no condition joins are warned of when they run."""

import warnings

import pytest

from dovetail import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    create_engine,
    delete,
    func,
    literal,
    select,
    true,
    update,
)
from dovetail.exc import DovetailWarning

metadata = MetaData()
a = Table("a", metadata, Column("id", Integer, primary_key=True), Column("x", Integer))
b = Table(
    "b", metadata, Column("id", Integer, primary_key=True), Column("a_id", ForeignKey("a.id"))
)
c = Table(
    "c", metadata, Column("id", Integer, primary_key=True), Column("b_id", ForeignKey("b.id"))
)

PRODUCTS = {
    "two tables": lambda: select(a.c.id, b.c.id),
    "conditions on one alone": lambda: select(a.c.id).where(a.c.x == 1, b.c.a_id == 2),
    "one of three": lambda: select(a.c.id, c.c.id).where(a.c.id == b.c.a_id),
    "a join beside a table": lambda: select(a.c.id, c.c.id).select_from(a.join(b)),
    "an alias": lambda: select(a.c.id, a.alias().c.id),
    "within": lambda: select(select(a.c.id, b.c.id).subquery().c[0]),
    "an UPDATE": lambda: update(a).values(x=1).where(b.c.a_id == 1),
    "a DELETE": lambda: delete(a).where(a.c.x == 1, a.c.id.in_(select(b.c.id).where(c.c.id > 1))),
}
JOINED = {
    "by a condition": lambda: select(a.c.id, b.c.id).where(a.c.id == b.c.a_id),
    "by any comparison": lambda: select(a.c.id, b.c.id).where(a.c.x + b.c.id > 5),
    "through a third": lambda: select(a.c.id, c.c.id).where(a.c.id == b.c.a_id, b.c.id == c.c.b_id),
    "by a condition within AND": lambda: select(a.c.id, b.c.id).where(
        (a.c.x == 1) & (a.c.id == b.c.a_id)
    ),
    "by a join": lambda: select(a.c.id, b.c.id).select_from(a.join(b)),
    "by a join on purpose": lambda: select(a.c.id, b.c.id).select_from(a.join(b, true())),
    "by a correlated subquery": lambda: select(a.c.id).where(
        select(b.c.id).where(b.c.a_id == a.c.id).exists()
    ),
    "by what a subquery compares": lambda: select(a.c.id, b.c.id).where(
        select(c.c.id).where(c.c.b_id == b.c.id, c.c.id == a.c.id).exists()
    ),
    "by an UPDATE": lambda: update(a).values(x=1).where(a.c.id == b.c.a_id),
    "a function beside a table": lambda: select(
        a.c.id, func.json_each(literal("[1]")).table_valued("value").c.value
    ),
}


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_is_warned_of_once_for_each_statement(connection, name):
    with pytest.warns(DovetailWarning, match="no condition joins them"):
        connection.execute(PRODUCTS[name]())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        connection.execute(PRODUCTS[name]())


@pytest.mark.parametrize("name", JOINED)
def test_what_a_condition_joins_is_not(connection, name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        connection.execute(JOINED[name]())


def test_an_engine_may_be_told_to_say_nothing():
    engine = create_engine("sqlite://", enable_from_linting=False)
    metadata.create_all(engine)

    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("error")
        connection.execute(PRODUCTS["two tables"]())
    engine.dispose()


def test_a_statement_that_is_shown_says_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert str(PRODUCTS["two tables"]()).endswith("FROM a, b")
