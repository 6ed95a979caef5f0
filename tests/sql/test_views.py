"""Views and tables made of a SELECT; statements given as functions; values that copy others."""

import pytest
import sqlalchemy
from sqlalchemy.dialects.sqlite import dialect as oracle_dialect

import dovetail as dv
from dovetail import exc
from dovetail.dialects.sqlite import dialect
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column


@pytest.fixture
def engine():
    engine = dv.create_engine("sqlite://")
    yield engine
    engine.dispose()


def item_table(q):
    metadata = q.MetaData()
    return q.Table(
        "item",
        metadata,
        q.Column("id", q.Integer, primary_key=True),
        q.Column("price", q.Integer),
        q.Column("gross", q.Float),
        q.Column("name", q.String(20)),
    )


def cheap(q, t):
    return q.select(t.c.id, t.c.name).where(t.c.price < 5, t.c.name != "it's")


STATEMENTS = {
    "view": lambda q, t: q.CreateView(cheap(q, t), "cheap"),
    "replaced": lambda q, t: q.CreateView(cheap(q, t), "cheap", or_replace=True, schema="s"),
    "temporary": lambda q, t: q.CreateView(cheap(q, t), "order", temporary=True),
    "materialized": lambda q, t: q.CreateView(cheap(q, t), "cheap", materialized=True),
    "union": lambda q, t: q.CreateView(q.union(cheap(q, t), cheap(q, t)), "cheap"),
    "drop": lambda q, t: q.DropView(q.CreateView(cheap(q, t), "cheap").table),
    "drop all": lambda q, t: q.DropView(
        q.CreateView(cheap(q, t), "cheap").table, if_exists=True, materialized=True
    ),
    "table": lambda q, t: q.CreateTableAs(cheap(q, t), "cheap"),
    "temporary table": lambda q, t: q.CreateTableAs(
        cheap(q, t), "cheap", temporary=True, if_not_exists=True
    ),
}


@pytest.mark.parametrize("make", STATEMENTS.values(), ids=STATEMENTS)
def test_they_read_as_the_oracle_writes_them(make):
    ours = make(dv, item_table(dv)).compile(dialect=dialect())
    theirs = make(sqlalchemy, item_table(sqlalchemy)).compile(dialect=oracle_dialect())

    assert str(ours) == str(theirs)


def test_a_view_is_created_dropped_and_selected_with_the_tables(engine):
    item = item_table(dv)
    view = dv.CreateView(cheap(dv, item), "a_cheap", metadata=item.metadata)
    over = dv.CreateView(dv.select(view.table.c.name), "a_a_name", metadata=item.metadata)
    with engine.begin() as connection:
        item.metadata.create_all(connection)
        item.metadata.create_all(connection)
        connection.execute(dv.insert(item), [{"price": 1, "name": "a"}, {"price": 9, "name": "b"}])
        assert connection.execute(dv.select(view.table)).all() == [(1, "a")]
        assert connection.scalars(dv.select(over.table)).all() == ["a"]
        assert dv.inspect(connection).get_view_names() == ["a_a_name", "a_cheap"]
        item.metadata.drop_all(connection)
        assert dv.inspect(connection).get_view_names() == []
    assert view.table.is_view
    assert isinstance(view.table.c.name.type, dv.String)


def test_a_table_is_filled_as_it_is_created(engine):
    item = item_table(dv)
    with engine.begin() as connection:
        item.metadata.create_all(connection)
        connection.execute(dv.insert(item), [{"price": 1, "name": "a"}, {"price": 9, "name": "b"}])
        copy = dv.CreateTableAs(cheap(dv, item), "copy", metadata=item.metadata)
        item.metadata.create_all(connection)
        assert connection.execute(dv.select(copy.table)).all() == [(1, "a")]


def test_a_view_needs_a_select():
    with pytest.raises(exc.ArgumentError, match="takes a SELECT"):
        dv.CreateView(item_table(dv), "x")


def test_a_lambda_gives_a_statement(engine):
    item = item_table(dv)
    least = 2
    statement = dv.lambda_stmt(lambda: dv.select(item.c.name))
    statement += lambda s: s.where(item.c.price >= least)
    statement = statement.add_criteria(lambda s: s.order_by(item.c.id)).spoil()
    with engine.begin() as connection:
        item.metadata.create_all(connection)
        connection.execute(dv.insert(item), [{"price": 1, "name": "a"}, {"price": 9, "name": "b"}])
        assert connection.scalars(statement).all() == ["b"]
    assert str(statement).startswith("SELECT item.name")


def test_a_lambda_gives_entities(engine):
    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        thing = Thing(id=4)
        session.add(thing)
        found = session.scalars(dv.lambda_stmt(lambda: dv.select(Thing))).all()

    assert found == [thing]


@pytest.mark.parametrize("function", [5, lambda: 5])
def test_what_gives_no_statement_is_refused(function):
    with pytest.raises(exc.ArgumentError):
        dv.lambda_stmt(function)


def test_a_value_may_be_made_of_another_columns(engine):
    item = item_table(dv)
    gross = dv.from_dml_column(item.c.price) * 1.5
    with engine.begin() as connection:
        item.metadata.create_all(connection)
        connection.execute(dv.insert(item).values(price=4, gross=gross))
        connection.execute(dv.insert(item).values(gross=gross), [{"price": 2}, {"price": 6}])
        connection.execute(dv.update(item).where(item.c.id == 1).values(price=8, gross=gross))
        found = connection.execute(dv.select(item.c.price, item.c.gross)).all()

    assert found == [(8, 12.0), (2, 3.0), (6, 9.0)]


def test_a_column_without_a_value_cannot_be_copied():
    item = item_table(dv)
    with pytest.raises(exc.CompileError, match="'price', which the statement gives no value"):
        str(dv.insert(item).values(gross=dv.from_dml_column(item.c.price)))
    with pytest.raises(exc.ArgumentError):
        dv.from_dml_column("price")


def test_a_view_is_created_after_the_tables_that_its_columns_alone_name():
    item = item_table(dv)
    inner = dv.select(item.c.id).subquery()
    dv.CreateView(dv.select(inner.c.id), "a_view_of_ids", metadata=item.metadata)
    dv.CreateView(dv.select(item.c.id), "a_view", metadata=item.metadata)

    assert [table.name for table in item.metadata.sorted_tables] == [
        "item",
        "a_view",
        "a_view_of_ids",
    ]
