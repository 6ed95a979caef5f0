"""Attributes whose SQL each query gives: ``query_expression()`` and ``with_expression()``."""

from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import Column, ForeignKey, Integer, String, func, literal, select, text, union_all
from dovetail.exc import ArgumentError, InvalidOption
from dovetail.orm import (
    DeclarativeBase,
    Load,
    Mapped,
    MappedSQLExpression,
    aliased,
    defaultload,
    joinedload,
    lazyload,
    load_only,
    mapped_column,
    query_expression,
    relationship,
    selectinload,
    with_expression,
)


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shop"

    id: Mapped[int] = mapped_column(primary_key=True)
    items: Mapped[list["Item"]] = relationship(order_by="Item.id")


class Item(Base):
    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    total: Mapped[int | None] = query_expression()
    rate: Mapped[int] = query_expression(default_expr=literal(7))


@pytest.fixture
def filled(engine, session, sql_log):
    Base.metadata.create_all(engine)
    session.add(Shop(items=[Item(price=1), Item(price=3)]))
    session.commit()
    session.expunge_all()
    sql_log.clear()
    return session


def first(session, *options, entity=Item, **execution):
    statement = select(entity).order_by(entity.id).options(*options).limit(1)
    return session.scalars(statement.execution_options(**execution)).one()


def test_it_is_none_where_nothing_was_given_and_costs_nothing(filled, sql_log):
    item = first(filled)

    assert (item.total, item.rate) == (None, 7)
    assert sql_log.statements == [
        "SELECT item.id, item.price, item.shop_id, ? AS anon_1 FROM item ORDER BY item.id LIMIT ?"
    ]
    filled.expunge(item)
    assert item.total is None
    assert Item(price=1).total is None
    assert Item(price=1, total=4).total == 4


def test_a_query_says_what_it_holds(filled, sql_log):
    item = first(filled, with_expression(Item.total, Item.price * 10))

    assert item.total == 10
    (sent,) = sql_log.statements
    assert sent == (
        "SELECT item.id, item.price, item.shop_id, item.price * ? AS anon_1, ? AS anon_2 "
        "FROM item ORDER BY item.id LIMIT ?"
    )


def test_the_default_gives_way(filled):
    assert first(filled, with_expression(Item.rate, Item.price + 100)).rate == 101


def test_values_are_not_taken_from_another_query(filled):
    found = []
    for number in (1, 2, 3):
        filled.expunge_all()
        item = first(filled, with_expression(Item.total, Item.price + number))
        found.append(item.total)
        filled.expire(item)
        found.append(item.total)

    assert found == [2, 2, 3, 3, 4, 4]


def test_a_value_stays_unless_existing_ones_are_populated(filled):
    item = first(filled)
    assert item.total is None
    assert first(filled, with_expression(Item.total, Item.price * 10)).total == 10
    assert first(filled, with_expression(Item.total, Item.price * 20)).total == 10
    again = with_expression(Item.total, Item.price * 30)
    assert first(filled, again, populate_existing=True).total == 30
    assert first(filled, populate_existing=True).total == 30


def test_it_is_read_again_with_what_has_expired(filled, sql_log):
    item = first(filled, with_expression(Item.total, Item.price * 10))
    filled.commit()
    sql_log.clear()

    assert (item.price, item.total) == (1, 10)
    assert len(sql_log) == 1
    filled.refresh(item)
    assert item.total == 10


@pytest.mark.parametrize(
    ("option", "count"),
    [
        (selectinload(Shop.items).with_expression(Item.total, Item.price * 10), 2),
        (selectinload(Shop.items).options(with_expression(Item.total, Item.price * 10)), 2),
        (joinedload(Shop.items).with_expression(Item.total, Item.price * 10), 1),
        (defaultload(Shop.items).with_expression(Item.total, Item.price * 10), 2),
        (lazyload(Shop.items).with_expression(Item.total, Item.price * 10), 2),
        (Load(Shop).selectinload(Shop.items).with_expression(Item.total, Item.price * 10), 2),
    ],
    ids=["selectin", "options", "joined", "default", "lazy", "Load"],
)
def test_it_goes_below_a_relationship(filled, sql_log, option, count):
    shop = filled.scalars(select(Shop).options(option)).unique().one()

    assert [item.total for item in shop.items] == [10, 30]
    assert len(sql_log) == count


def test_an_alias_has_its_own(filled):
    other = aliased(Item)
    item = first(filled, with_expression(other.total, other.price * 10), entity=other)

    assert item.total == 10
    filled.expire(item)
    assert item.total == 10


def test_an_alias_of_a_subquery_takes_its_columns(filled):
    source = select(Item, (Item.price + 100).label("raised")).subquery()
    other = aliased(Item, source)
    item = first(filled, with_expression(other.total, source.c.raised), entity=other)

    assert item.total == 101
    filled.expire(item)
    assert item.total is None


def test_rows_of_another_statement_may_have_it(filled):
    union = union_all(
        select(Item, (Item.price + 5).label("raised")), select(Item, literal(0)).where(Item.id > 9)
    )
    option = with_expression(Item.total, union.selected_columns.raised)
    items = filled.scalars(select(Item).options(option).from_statement(union)).all()

    assert [item.total for item in items] == [6, 8]


def test_options_hold_for_rows_of_text(filled, sql_log):
    statement = select(Shop).options(selectinload(Shop.items))
    shop = filled.scalars(statement.from_statement(text("SELECT * FROM shop"))).one()

    assert len(shop.items) == 2
    assert len(sql_log) == 2


def test_a_subquery_counts_for_each(filled):
    twin = aliased(Item)
    smaller = select(func.count(twin.id)).where(twin.price < Item.price)
    items = filled.scalars(
        select(Item).options(load_only(Item.price), with_expression(Item.total, smaller))
    ).all()

    assert [item.total for item in items] == [0, 1]


def test_a_limit_is_counted_before_the_join(filled):
    option = with_expression(Item.total, literal(1))
    shop = filled.scalars(
        select(Shop).options(joinedload(Shop.items).options(option)).limit(1)
    ).unique()

    assert [item.total for item in shop.one().items] == [1, 1]


def test_no_flush_writes_it(filled, sql_log):
    item = first(filled)
    item.total = 5
    assert filled.is_modified(item)
    sql_log.clear()
    filled.flush()

    assert (item.total, sql_log.verbs) == (5, [])
    filled.commit()
    assert item.total is None


def test_get_and_query_take_the_option(filled):
    assert filled.get(Item, 1, options=[with_expression(Item.total, Item.price + 1)]).total == 2
    filled.expunge_all()
    query = filled.query(Item).options(with_expression(Item.total, Item.price + 2))
    assert query.order_by(Item.id).first().total == 3


def test_the_mapper_has_it(filled):
    prop = Item.__mapper__.attrs["total"]

    assert isinstance(prop, MappedSQLExpression)
    assert "total" in Item.__mapper__.column_attrs.keys()  # noqa: SIM118
    assert "total" not in Item.__table__.c
    assert filled.execute(select(Item.total, Item.rate)).all() == [(None, 7)]


def test_other_attributes_are_refused():
    with pytest.raises(ArgumentError, match=r"Item\.price"):
        with_expression(Item.price, Item.price * 2)
    with pytest.raises(ArgumentError, match=r"Shop\.items"):
        with_expression(Shop.items, Item.price)
    with pytest.raises(ArgumentError, match="takes mapped attributes"):
        with_expression("total", Item.price)
    with pytest.raises(InvalidOption, match="deferred"):
        query_expression(deferred=True)


PACKAGES = ("dovetail", "sqlalchemy")


def scenario(package):
    """What the attributes hold, step by step, in either package."""
    sa, orm = import_module(package), import_module(f"{package}.orm")
    base = orm.declarative_base()

    class Thing(base):
        __tablename__ = "thing"
        id = sa.Column(sa.Integer, primary_key=True)
        size = sa.Column(sa.Integer)
        plain = orm.query_expression()
        known = orm.query_expression(default_expr=sa.literal(7))

    engine = sa.create_engine("sqlite://")
    base.metadata.create_all(engine)
    lib = SimpleNamespace(seen=[], Thing=Thing)
    with orm.Session(engine) as session:
        session.add_all([Thing(id=1, size=2), Thing(id=2, size=3)])
        session.commit()
        session.expunge_all()
        giving = orm.with_expression(Thing.plain, Thing.size * 10)
        other = orm.with_expression(Thing.known, Thing.size)

        def read(*options, **execution):
            statement = sa.select(Thing).options(*options).order_by(Thing.id)
            found = session.scalars(statement.execution_options(**execution)).all()
            lib.seen.append([(one.plain, one.known) for one in found])
            return found

        held = [read(), read(giving), read(other)]
        held.append(read(other, populate_existing=True))
        held.append(read(populate_existing=True))
        for one in held[0]:
            session.expire(one)
        lib.seen.append([(one.size, one.plain) for one in held[0]])
        session.expunge_all()
        held = read(giving, other)
        session.commit()
        lib.seen.append([(one.size, one.plain, one.known) for one in held])
        session.refresh(held[0])
        lib.seen.append((held[0].plain, held[0].known))
    engine.dispose()
    return lib.seen


def test_it_holds_what_the_oracles_holds():
    ours, theirs = (scenario(package) for package in PACKAGES)

    assert ours == theirs


def test_a_parameter_is_named_after_a_column_that_has_its_name_from_its_attribute():
    class Base(DeclarativeBase):
        pass

    class Stone(Base):
        __tablename__ = "stone"
        id = Column(Integer, primary_key=True)
        colour = Column(String)

    assert str(Stone.colour == "red") == "stone.colour = :colour_1"
    assert "colour_1" in str(select(Stone.id).where(Stone.colour.in_(["red"])))
