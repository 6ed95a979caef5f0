"""What stands in FROM where a value or a list is meant is taken for a SELECT, or refused."""

import warnings

import pytest

from dovetail import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    any_,
    column,
    create_engine,
    func,
    literal,
    or_,
    select,
    tuple_,
    values,
)
from dovetail.dialects import postgresql
from dovetail.exc import ArgumentError, DovetailDeprecationWarning, DovetailWarning
from dovetail.orm import DeclarativeBase, Mapped, mapped_column

metadata = MetaData()
shop = Table("shop", metadata, Column("id", Integer, primary_key=True), Column("town", String))
sale = Table("sale", metadata, Column("id", Integer, primary_key=True), Column("shop_id", Integer))
towns = select(shop.c.id).where(shop.c.town == "Ulm")


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shops"
    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        rows = [{"id": 1, "town": "Ulm"}, {"id": 2, "town": "Rom"}]
        connection.execute(shop.insert(), rows)
        connection.execute(sale.insert(), [{"shop_id": 1}, {"shop_id": 1}, {"shop_id": 2}])
        yield connection


def found(connection, criterion):
    return connection.scalars(select(sale.c.id).where(criterion).order_by(sale.c.id)).all()


SOURCES = {
    "subquery": towns.subquery,
    "cte": lambda: towns.cte("towns"),
    "alias": lambda: select(shop.c.id).where(shop.c.id == 1).alias("one"),
}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_in_takes_a_source_for_its_rows_and_says_so(connection, make):
    source = make()
    with pytest.warns(DovetailWarning, match="stands where a SELECT is needed"):
        criterion = sale.c.shop_id.in_(source)
    assert found(connection, criterion) == [1, 2]


LISTS = {
    "select": lambda: towns,
    "scalar subquery": towns.scalar_subquery,
    "written rows": lambda: values(column("n", Integer), name="v").data([(1,), (1,), (9,)]),
    "literal": lambda: literal([1, 9]),
    "tuple": lambda: tuple_(1, 9),
    "function": lambda: func.coalesce(None, 1),
}


@pytest.mark.parametrize("make", LISTS.values(), ids=LISTS)
def test_in_looks_in_lists_and_rows(connection, make):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found(connection, sale.c.shop_id.in_(make())) == [1, 2]
        assert found(connection, sale.c.shop_id.not_in(make())) == [3]


def test_rows_of_a_function_are_selected():
    criterion = sale.c.shop_id.in_(func.generate_series(1, 3))
    text = str(select(sale.c.id).where(criterion).compile(dialect=postgresql.dialect()))
    assert text.split("WHERE")[1].startswith(" sale.shop_id IN (SELECT generate_series(")


NO_LISTS = {
    "column": lambda: shop.c.id,
    "attribute": lambda: Shop.id,
    "class": lambda: Shop,
    "one value": lambda: literal(5),
    "text": lambda: literal("ab"),
}


@pytest.mark.parametrize("make", NO_LISTS.values(), ids=NO_LISTS)
def test_in_refuses_what_is_no_list(make):
    with pytest.raises(ArgumentError, match=r"in_\(\) looks in a list of values or a SELECT"):
        sale.c.shop_id.in_(make())


def test_a_subquery_that_is_compared_is_a_value_and_told(connection):
    with pytest.warns(DovetailWarning, match=r"scalar_subquery\(\)"):
        criterion = sale.c.shop_id == towns.subquery()
    assert found(connection, criterion) == [1, 2]
    with pytest.warns(DovetailWarning):
        criterion = sale.c.shop_id > towns.subquery()
    assert found(connection, criterion) == [3]
    with pytest.warns(DovetailWarning):
        assert connection.scalar(select(func.abs(towns.subquery()))) == 1
    with pytest.warns(DovetailWarning):
        assert "ANY (SELECT shop.id" in str(sale.c.id == any_(towns.subquery()))


@pytest.mark.parametrize("source", [shop, towns.cte(), shop.join(sale, shop.c.id == sale.c.id)])
def test_other_sources_are_no_values(source):
    with pytest.raises(ArgumentError, match="a column is compared with a column or a value"):
        sale.c.shop_id == source  # noqa: B015


def test_what_older_spellings_give():
    with pytest.warns(DovetailDeprecationWarning, match=r"scalar_subquery\(\)"):
        assert str(towns.as_scalar()) == str(towns.scalar_subquery())
    generated = and_(shop.c.id == number for number in (1, 2))
    assert str(generated) == "shop.id = :id_1 AND shop.id = :id_2"
    assert str(or_(shop.c.id == number for number in (1, 2))).count(" OR ") == 1


def test_a_number_of_rows_may_be_a_text_of_digits(connection):
    assert connection.scalars(
        select(sale.c.id).order_by(sale.c.id).limit("2").offset("1")
    ).all() == [2, 3]
    for wrong in ("-1", "1.5", "ten", ""):
        with pytest.raises(ArgumentError, match="whole numbers"):
            select(sale.c.id).limit(wrong)
