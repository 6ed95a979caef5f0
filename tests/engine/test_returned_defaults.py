"""``return_defaults()``: what the server filled in is told beside a result without rows."""

import pytest

from dovetail import (
    Column,
    Computed,
    FetchedValue,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    insert,
    select,
    update,
)
from dovetail.exc import ArgumentError, InvalidRequestError, ResourceClosedError
from dovetail.orm import DeclarativeBase, Session, mapped_column

metadata = MetaData()
thing = Table(
    "returned_defaults",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(20)),
    Column("size", Integer, server_default="7"),
    Column("kind", String(20), server_default="plain"),
    Column("own", Integer, default=9),
    Column("double", Integer, Computed("size * 2")),
)


@pytest.fixture
def connection(backend_url):
    engine = create_engine(backend_url)
    metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_an_insert_tells_its_key_and_what_was_filled_in(connection):
    result = connection.execute(insert(thing).values(name="a").return_defaults())

    told = result.returned_defaults
    assert told._mapping == {"id": 1, "size": 7, "kind": "plain", "double": 14}
    assert result.inserted_primary_key == (1,)
    assert not result.returns_rows
    with pytest.raises(ResourceClosedError):
        result.all()


def test_what_was_given_is_not_told_unless_it_is_named(connection):
    told = connection.execute(insert(thing).return_defaults(), {"size": 3}).returned_defaults
    assert told._mapping == {"id": 1, "kind": "plain", "double": 6}

    named = insert(thing).values(size=3).return_defaults(thing.c.name, thing.c.size)
    assert connection.execute(named).returned_defaults == (2, None, 3)


def test_many_rows_are_told_in_the_order_of_their_parameters(connection):
    rows = [{"name": f"n{n}"} for n in range(5)]
    result = connection.execute(insert(thing).return_defaults(thing.c.name), rows)

    assert [row.name for row in result.returned_defaults_rows] == [row["name"] for row in rows]
    assert result.inserted_primary_key_rows == [(n,) for n in range(1, 6)]
    assert result.rowcount == 5
    with pytest.raises(InvalidRequestError, match="many sets of parameters"):
        _ = result.returned_defaults


def test_updates_and_deletes_tell_where_the_server_returns_something(connection):
    connection.execute(insert(thing), [{"name": "a"}, {"name": "b"}])
    changed = update(thing).values(size=2).where(thing.c.name == "a")
    removed = delete(thing).where(thing.c.name == "a")
    features = connection.dialect.features

    told = connection.execute(changed.return_defaults()).returned_defaults
    assert told == ((4,) if features.supports_update_returning else None)
    told = connection.execute(changed.return_defaults(thing.c.id)).returned_defaults_rows
    assert told == ([(1,)] if features.supports_update_returning else None)
    told = connection.execute(removed.return_defaults(thing.c.name)).returned_defaults
    assert told == (("a",) if features.supports_delete_returning else None)
    assert connection.scalars(select(thing.c.name)).all() == ["b"]


def test_where_nothing_is_fetched_nothing_is_told(connection):
    connection.execute(insert(thing), {"name": "a"})
    copied = insert(thing).from_select(["name"], select(thing.c.name)).return_defaults()
    assert connection.execute(copied).returned_defaults is None
    plain = connection.execute(insert(thing).values(name="c"))
    assert plain.returned_defaults is None
    assert plain.returned_defaults_rows is None
    assert connection.execute(delete(thing).return_defaults()).returned_defaults is None


def test_it_excludes_returning():
    with pytest.raises(InvalidRequestError, match="exclude each other"):
        insert(thing).return_defaults().returning(thing.c.id)
    with pytest.raises(InvalidRequestError, match="exclude each other"):
        insert(thing).returning(thing.c.id).return_defaults()
    with pytest.raises(ArgumentError):
        insert(thing).return_defaults(supplemental_cols=[thing.c.name])


def test_what_an_update_of_the_server_fills_in():
    engine = create_engine("sqlite://")
    noted = Table(
        "noted",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("name", String),
        Column("changes", Integer, server_default="0", server_onupdate=FetchedValue()),
    )
    with engine.connect() as connection:
        noted.create(connection)
        connection.execute(insert(noted).values(name="a"))
        told = connection.execute(update(noted).values(name="b").return_defaults())
        assert told.returned_defaults._mapping == {"changes": 0}
    engine.dispose()


def test_a_statement_of_a_mapped_class_in_a_session():
    class Base(DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = "orders"
        id = mapped_column(Integer, primary_key=True)
        state = mapped_column(String, server_default="new")

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        made = session.execute(insert(Order).values(id=5).return_defaults())
        assert made.returned_defaults == (5, "new")
        changed = update(Order).values(state="old").return_defaults(Order.state)
        assert session.execute(changed).returned_defaults == ("old",)
        removed = session.execute(delete(Order).return_defaults(Order.id))
        assert removed.returned_defaults == (5,)
    engine.dispose()
