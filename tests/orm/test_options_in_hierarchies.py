"""What an option says of all columns of a class is said of those that its statement could load."""

import pytest

from dovetail import ForeignKey, create_engine, select
from dovetail.exc import LazyLoadError
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    defer,
    load_only,
    mapped_column,
    undefer,
    with_polymorphic,
)


class Base(DeclarativeBase):
    pass


class Asset(Base):
    __tablename__ = "asset"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    cost: Mapped[int]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "asset"}


class Licence(Asset):
    seats: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "licence"}


class Machine(Asset):
    __tablename__ = "machine"
    id: Mapped[int] = mapped_column(ForeignKey("asset.id"), primary_key=True)
    watts: Mapped[int]
    room: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "machine"}


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            [
                Licence(name="l", cost=1, seats=4),
                Machine(name="m", cost=2, watts=90, room="a"),
                Machine(name="n", cost=3, watts=80, room="b"),
            ]
        )
        session.commit()
        session.expunge_all()
        yield session


ONLY_NAMES = {
    "load_only": (load_only(Asset.name, raiseload=True),),
    "defer": (defer("*", raiseload=True), undefer(Asset.name)),
}


@pytest.mark.parametrize("options", ONLY_NAMES.values(), ids=ONLY_NAMES)
def test_columns_of_classes_below_that_were_not_selected_may_be_read(session, options):
    licence, machine, other = session.scalars(select(Asset).options(*options).order_by(Asset.id))
    with session.watch() as watched:
        assert (licence.seats, machine.watts, machine.room, other.room) == (4, 90, "a", "b")
    assert len(watched.statements) == 3
    for one in (licence, machine):
        with pytest.raises(LazyLoadError, match=r"\.cost: ") as refused:
            assert one.cost
        assert f"undefer({type(one).__name__}.cost)" in refused.value.hint


def test_what_touching_one_column_reads_with_it(session):
    session.add(Machine(name="o", cost=4, watts=1, room="c"))
    session.commit()
    session.expunge_all()
    machine = session.scalars(
        select(Asset).options(load_only(Asset.name)).filter_by(name="o")
    ).one()
    with session.watch() as watched:
        assert (machine.watts, machine.room) == (1, "c")
    assert len(watched.statements) == 1
    assert "cost" not in machine.__dict__


def test_columns_that_were_selected_with_them_are_left_out(session):
    both = with_polymorphic(Asset, [Machine])
    found = session.scalars(
        select(both).options(load_only(both.name, raiseload=True)).order_by(both.id)
    ).all()
    with pytest.raises(LazyLoadError):
        assert found[1].watts
    assert found[0].seats == 4


def test_columns_that_are_named_are_left_out(session):
    machine = session.scalars(
        select(Asset).options(defer(Machine.watts, raiseload=True)).where(Asset.name == "m")
    ).one()
    assert machine.room == "a"
    with pytest.raises(LazyLoadError):
        assert machine.watts
