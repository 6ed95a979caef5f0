"""``result.columns()`` leaves fewer columns, which are known by the same objects."""

from dovetail import Column, Integer, MetaData, Table, create_engine, select

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
