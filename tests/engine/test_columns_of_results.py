"""``result.columns()`` leaves fewer columns, which are known by the same objects."""

from dovetail import Column, Integer, MetaData, Table, create_engine, select, text
from dovetail.orm import DeclarativeBase, mapped_column

T = Table("t", MetaData(), Column("a", Integer), Column("b", Integer))


def test_rows_are_read_by_column_objects():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        T.create(connection)
        connection.execute(T.insert(), {"a": 1, "b": 2})
        total = (T.c.a + T.c.b).label("total")
        result = connection.execute(select(T.c.a, T.c.b, total)).columns(total, T.c.b)
        row = result.one()

    assert row == (3, 2)
    assert (row._mapping[total], row._mapping[T.c.b]) == (3, 2)
    assert T.c.a not in row._mapping


def test_rows_of_a_text_are_found_by_the_columns_of_mapped_attributes():
    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing_of_text"
        id = mapped_column(Integer, primary_key=True)
        size = mapped_column("length", Integer)

    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        connection.execute(Thing.__table__.insert(), {"id": 1, "length": 2})
        named = text("SELECT id, length FROM thing_of_text").columns(Thing.id, Thing.size)
        row = connection.execute(named).one()

    assert row._mapping[Thing.size] == row._mapping[Thing.__table__.c.length] == 2
