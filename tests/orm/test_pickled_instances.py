"""Instances that are pickled, or copied, and changed before they are in a session again."""

import copy
import pickle

import pytest

from dovetail import Column, ForeignKey, Integer, String, Table, create_engine, inspect
from dovetail.exc import UnmappedInstanceError
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, registry, relationship

mappings = registry()
box_table = Table(
    "pickled_box",
    mappings.metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(9)),
)
thing_table = Table(
    "pickled_thing",
    mappings.metadata,
    Column("id", Integer, primary_key=True),
    Column("box_id", ForeignKey("pickled_box.id")),
)


class PlainThing:
    pass


class PlainBox:
    pass


class SelectiveBox:
    """One that says itself what is pickled of it."""

    def __getstate__(self):
        return {name: value for name, value in self.__dict__.items() if name != "cached"}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.cached = "anew"


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing"
    id: Mapped[int] = mapped_column(primary_key=True)
    box_id: Mapped[int | None] = mapped_column(ForeignKey("box.id"))


class Box(Base):
    __tablename__ = "box"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    things: Mapped[list[Thing]] = relationship()

    __getstate__ = SelectiveBox.__getstate__
    __setstate__ = SelectiveBox.__setstate__


class ShortBox(Base):
    """One that leaves out values, and lets them be put back as usual."""

    __tablename__ = "short_box"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]

    def __getstate__(self):
        return {"id": self.id}


mappings.map_imperatively(PlainThing, thing_table)
mappings.map_imperatively(
    PlainBox, box_table, properties={"things": relationship(PlainThing, overlaps="things")}
)
mappings.map_imperatively(
    SelectiveBox, box_table, properties={"things": relationship(PlainThing, overlaps="things")}
)
KINDS = [(PlainBox, PlainThing), (SelectiveBox, PlainThing), (Box, Thing)]


@pytest.fixture
def engine():
    engine = create_engine("sqlite://")
    mappings.metadata.create_all(engine)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def stored(engine, box_class, thing_class):
    """A detached box of two things, with all that it has."""
    with Session(engine, expire_on_commit=False) as session:
        box = box_class()
        box.name = "old"
        box.things = [thing_class(), thing_class()]
        session.add(box)
        session.commit()
    return box


def append(box, thing_class):
    box.things.append(thing_class())


def remove(box, thing_class):
    box.things.pop()


def replace(box, thing_class):
    box.things = [thing_class()]


@pytest.mark.parametrize(("change", "count"), [(append, 3), (remove, 1), (replace, 1)])
@pytest.mark.parametrize(("box_class", "thing_class"), KINDS)
def test_changes_of_what_was_unpickled_are_written(engine, box_class, thing_class, change, count):
    box = pickle.loads(pickle.dumps(stored(engine, box_class, thing_class)))

    assert inspect(box).detached
    change(box, thing_class)
    box.name = "new"

    with Session(engine) as session:
        session.add(box)
        session.commit()
        assert (len(box.things), box.name) == (count, "new")
        assert session.get(box_class, box.id) is box


@pytest.mark.parametrize(("box_class", "thing_class"), KINDS)
def test_a_copy_is_new_and_has_a_collection_of_its_own(engine, box_class, thing_class):
    box = stored(engine, box_class, thing_class)

    twin = copy.copy(box)
    twin.things.append(thing_class())

    assert inspect(twin).transient
    assert inspect(box).detached
    assert (len(box.things), len(twin.things)) == (2, 3)


def test_the_methods_of_the_class_are_called(engine):
    box = stored(engine, Box, Thing)
    box.cached = "now"

    given = box.__getstate__()
    found = pickle.loads(pickle.dumps(box))

    assert "cached" not in given
    assert found.cached == "anew"


def test_what_was_left_out_is_read_again(engine):
    with Session(engine, expire_on_commit=False) as session:
        box = ShortBox(name="name")
        session.add(box)
        session.commit()

    found = pickle.loads(pickle.dumps(box))

    assert found.__dict__ == {"id": 1}
    with Session(engine) as session:
        session.add(found)
        session.expire(found)
        assert found.name == "name"


class Unmapped:
    """Mapped for a while."""


def test_what_was_pickled_of_a_class_that_is_not_mapped_is_refused():
    reg = registry()
    reg.map_imperatively(
        Unmapped, Table("u", reg.metadata, Column("id", Integer, primary_key=True))
    )
    written = pickle.dumps(Unmapped(id=1))
    reg.dispose()

    with pytest.raises(UnmappedInstanceError, match="import what maps the class"):
        pickle.loads(written)


def test_a_class_that_is_mapped_no_more_is_as_it_was():
    class Plain:
        pass

    reg = registry()
    reg.map_imperatively(Plain, Table("t", reg.metadata, Column("id", Integer, primary_key=True)))
    assert "__setstate__" in vars(Plain)

    reg.dispose()

    assert "__setstate__" not in vars(Plain)
