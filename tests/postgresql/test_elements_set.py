"""An UPDATE that sets an element of an array, a document or an hstore alone."""

import pytest

from dovetail import JSON, Column, Integer, MetaData, Table, select, text, update
from dovetail.dialects.postgresql import ARRAY, HSTORE, JSONB
from dovetail.exc import CompileError
from dovetail.orm import DeclarativeBase, Session, mapped_column

EVERY_DRIVER = True


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing_with_elements"
    id = mapped_column(Integer, primary_key=True)
    sizes = mapped_column("numbers", ARRAY(Integer))
    grid = mapped_column(ARRAY(Integer, dimensions=2))
    data = mapped_column(JSONB)
    marks = mapped_column(HSTORE)


@pytest.fixture
def session(engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION hstore"))
        Base.metadata.create_all(connection)
    with Session(engine) as session:
        session.add(
            Thing(
                id=1,
                sizes=[1, 2, 3],
                grid=[[1, 2], [3, 4]],
                data={"a": {"b": 1}, "l": [1, 2]},
                marks={"x": "1"},
            )
        )
        session.flush()
        yield session


SET = {
    "an item": (lambda: {Thing.sizes[2]: 20}, "sizes", [1, 20, 3]),
    "a slice": (lambda: {Thing.sizes[1:2]: [7, 8]}, "sizes", [7, 8, 3]),
    "items by each other": (
        lambda: {Thing.sizes[1]: Thing.sizes[3] + 1, Thing.sizes[3]: 0},
        "sizes",
        [4, 2, 0],
    ),
    "an item of an item": (lambda: {Thing.grid[1][2]: 9}, "grid", [[1, 9], [3, 4]]),
    "a value by its name": (
        lambda: {Thing.data["q"]: {"k": None}},
        "data",
        {"a": {"b": 1}, "l": [1, 2], "q": {"k": None}},
    ),
    "a value within": (
        lambda: {Thing.data["a"]["b"]: 5, Thing.data["l"][0]: "x"},
        "data",
        {"a": {"b": 5}, "l": ["x", 2]},
    ),
    "a mark": (lambda: {Thing.marks["y"]: "2"}, "marks", {"x": "1", "y": "2"}),
}


@pytest.mark.parametrize("synchronize", ["auto", "fetch", "evaluate"])
@pytest.mark.parametrize("name", SET)
def test_an_element_is_set_and_the_instance_knows_it(session, name, synchronize):
    values, attribute, expected = SET[name]
    thing = session.get(Thing, 1)

    session.execute(
        update(Thing).where(Thing.id == 1).values(values()),
        execution_options={"synchronize_session": synchronize},
    )

    assert getattr(thing, attribute) == expected
    assert session.scalars(select(getattr(Thing, attribute))).all() == [expected]


def test_a_path_has_to_be_named_step_by_step(session):
    with pytest.raises(CompileError, match="neither a column nor one step"):
        session.execute(update(Thing).values({Thing.data["a", "b"]: 5}))


def test_other_servers_say_that_they_set_whole_values():
    table = Table("t", MetaData(), Column("data", JSON))

    with pytest.raises(CompileError, match="element of 'data'"):
        str(update(table).values({table.c.data["a"]: 5}))
