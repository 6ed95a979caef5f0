"""Attributes for items of values: the same program on dovetail and on the oracle."""

from types import SimpleNamespace

import pytest


@pytest.fixture
def world(lib):
    sa, orm = lib.sa, lib.orm
    index_property = lib.ext("indexable").index_property

    class text_property(index_property):
        def expr(self, model):
            return super().expr(model).as_string()

    class Thing(lib.Base):
        __tablename__ = "thing"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        data = orm.mapped_column(sa.JSON)
        numbers = orm.mapped_column(sa.JSON)

        name = index_property("data", "name")
        size = index_property("data", "size", default=7)
        fixed = index_property("data", "fixed", default=None, mutable=False)
        text = text_property("data", "name", default="")
        second = index_property("numbers", 1, onebased=False)
        made = index_property("numbers", 0, datatype=lambda: [0, 0, 0], onebased=False)

    session = lib.start(Thing(data={"name": "a", "fixed": 1}, numbers=[3, 4]), Thing(data={}))
    return SimpleNamespace(lib=lib, sa=sa, orm=orm, session=session, Thing=Thing)


def test_items_are_read(world):
    one, two = (world.session.get(world.Thing, key) for key in (1, 2))

    assert (one.name, one.size, one.fixed, one.text, one.second) == ("a", 7, 1, "a", 4)
    assert (two.size, two.fixed, two.text) == (7, None, "")
    for name in ("name", "second"):
        with pytest.raises(AttributeError):
            getattr(two, name)
    with pytest.raises(AttributeError):
        _ = world.Thing(numbers=[]).second


def test_items_are_written(world):
    one, two = (world.session.get(world.Thing, key) for key in (1, 2))

    one.name = "b"
    one.second = 9
    two.size = 1
    two.made = 5
    world.session.commit()

    assert (one.data, one.numbers) == ({"name": "b", "fixed": 1}, [3, 9])
    assert (two.data, two.numbers) == ({"size": 1}, [5, 0, 0])
    new = world.Thing()
    new.name = "n"
    new.second = 6
    assert (new.data, new.numbers) == ({"name": "n"}, [None, 6])


def test_items_are_deleted(world):
    one, two = (world.session.get(world.Thing, key) for key in (1, 2))

    del one.name
    world.session.commit()

    assert one.data == {"fixed": 1}
    for thing in (one, two, world.Thing()):
        with pytest.raises(AttributeError):
            del thing.name
    with pytest.raises(AttributeError):
        del one.fixed
    with pytest.raises(AttributeError):
        one.fixed = 2


def test_items_stand_in_statements(world):
    thing, session, sa = world.Thing, world.session, world.sa
    other = world.orm.aliased(thing)

    assert session.scalars(sa.select(thing.id).where(thing.name.as_string() == "a")).all() == [1]
    assert session.scalars(sa.select(thing.id).where(thing.text == "a")).all() == [1]
    assert session.scalars(sa.select(other.text).where(other.text == "a")).all() == ["a"]
    second = thing.second.as_integer()
    assert session.scalars(sa.select(thing.id).where(second == 4)).all() == [1]
    assert session.scalars(sa.select(thing.name).where(thing.id == 1)).all() == ["a"]


def test_numbers_count_from_one_in_sql(lib):
    sa, orm = lib.sa, lib.orm
    index_property = lib.ext("indexable").index_property

    class Row(lib.Base):
        __tablename__ = "row"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        values = orm.mapped_column(sa.ARRAY(sa.Integer))
        first = index_property("values", 0)
        zeroth = index_property("values", 0, onebased=False)

    row = Row(values=[5])

    assert (row.first, row.zeroth) == (5, 5)
    assert list(sa.select(Row.first).compile().params.values()) == [1]
    assert list(sa.select(Row.zeroth).compile().params.values()) == [0]
