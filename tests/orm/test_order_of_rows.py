"""Rows that change are written in the order of their keys, and none before its key is free."""

import enum

import pytest

from dovetail import Enum, ForeignKey, PickleType, select
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column


class Kind(enum.Enum):
    LATE = 1
    EARLY = 2


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(default="")


class Kinded(Base):
    __tablename__ = "kinded"
    kind: Mapped[Kind] = mapped_column(
        Enum(Kind, sort_key_function=lambda kind: kind.value), primary_key=True
    )
    name: Mapped[str] = mapped_column(default="")


class Person(Base):
    __tablename__ = "person"
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="")
    __mapper_args__ = {
        "polymorphic_on": "kind",
        "polymorphic_identity": "person",
        "passive_updates": False,
    }


class Engineer(Person):
    __tablename__ = "engineer"
    person_name: Mapped[str] = mapped_column(ForeignKey("person.name"), primary_key=True)
    language: Mapped[str] = mapped_column(default="")
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Colour:
    """Equality of these is no truth, as that of arrays."""

    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return [self.name == other.name]

    __hash__ = None


class Painted(Base):
    __tablename__ = "painted"
    id: Mapped[int] = mapped_column(primary_key=True)
    colour: Mapped[object] = mapped_column(PickleType)


@pytest.fixture(autouse=True)
def tables(engine, sql_log):
    Base.metadata.create_all(engine)
    sql_log.clear()


def written(sql_log, verb):
    return [parameters for text, parameters in sql_log.sent if text.startswith(verb)]


def test_updates_and_deletes_are_in_the_order_of_primary_keys(session, sql_log):
    items = [Item(id=number) for number in (3, 1, 2)]
    session.add_all(items)
    session.commit()
    for item in items:
        item.name = "changed"
    session.flush()
    for item in items:
        session.delete(item)
    session.flush()

    (updated,), (deleted,) = written(sql_log, "UPDATE"), written(sql_log, "DELETE")
    assert list(updated) == [("changed", 1), ("changed", 2), ("changed", 3)]
    assert [one[0] for one in deleted] == [1, 2, 3]


def test_a_type_says_what_orders_its_keys(session, sql_log):
    kinds = [Kinded(kind=kind) for kind in (Kind.EARLY, Kind.LATE)]
    session.add_all(kinds)
    session.commit()
    for one in kinds:
        one.name = "changed"
    session.flush()

    (updated,) = written(sql_log, "UPDATE")
    assert list(updated) == [("changed", "LATE"), ("changed", "EARLY")]


@pytest.mark.parametrize("step", [1, -1])
@pytest.mark.parametrize("touched", [(), (1,)])
def test_keys_that_move_along_find_their_places_free(session, engine, step, touched):
    items = [Item(id=number, name=f"n{number}") for number in (1, 2, 3)]
    session.add_all(items)
    session.commit()
    for item in items:
        if item.id in touched:
            item.name += "!"
        item.id += step
    session.commit()

    with Session(engine) as other:
        found = {item.id: item.name.rstrip("!") for item in other.scalars(select(Item))}
    assert found == {number + step: f"n{number}" for number in (1, 2, 3)}


@pytest.mark.parametrize("loaded", [True, False])
def test_a_key_of_another_name_in_a_joined_table_is_written_with_it(session, engine, loaded):
    engineer = Engineer(name="ada", language="java")
    session.add(engineer)
    session.commit()
    if loaded:
        assert engineer.person_name == "ada"
    engineer.name = "grace"
    engineer.language = "cobol"
    session.flush()

    assert engineer.person_name == "grace"
    session.commit()
    with Session(engine) as other:
        found = other.scalars(select(Engineer)).one()
        assert (found.name, found.person_name, found.language) == ("grace", "grace", "cobol")


def test_a_value_whose_equality_is_no_truth_has_changed(session, engine):
    painted = Painted(id=1, colour=Colour("red"))
    session.add(painted)
    session.commit()
    assert painted.colour.name == "red"
    painted.colour = Colour("blue")
    session.commit()

    with Session(engine) as other:
        assert other.get(Painted, 1).colour.name == "blue"
