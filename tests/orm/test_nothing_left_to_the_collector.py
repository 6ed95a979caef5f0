"""What a closed session has had goes when the program lets go of it, without the collector.

States that refer to each other in circles would be left to it, and its runs take longer than
the work of a small transaction.
"""

import gc

import pytest

from dovetail import ForeignKey, create_engine, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    pets: Mapped[list["Pet"]] = relationship(back_populates="owner", cascade="all, delete-orphan")


class Pet(Base):
    __tablename__ = "pet"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
    owner: Mapped[Owner] = relationship(back_populates="pets")


@pytest.fixture
def engine():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Owner(id=n, name=f"{n}", pets=[Pet(), Pet()]) for n in range(1, 9)])
        session.commit()
    yield engine
    engine.dispose()


def get(session):
    session.get(Owner, 1)


def load_many(session):
    session.scalars(select(Owner)).all()


def change(session):
    session.get(Owner, 1).name += "!"
    session.commit()


def roll_back(session):
    session.get(Owner, 1).name += "!"
    session.flush()
    session.rollback()


def add(session):
    session.add(Owner(name="new", pets=[Pet()]))
    session.commit()


def load_lazily(session):
    for owner in session.scalars(select(Owner)):
        assert len(owner.pets) < 3


def load_reference(session):
    assert session.scalars(select(Pet)).first().owner.name


def load_eagerly(session):
    session.scalars(select(Owner).options(selectinload(Owner.pets))).all()
    session.expunge_all()
    session.scalars(select(Owner).options(joinedload(Owner.pets))).unique().all()


ACTS = [get, load_many, change, roll_back, add, load_lazily, load_reference, load_eagerly]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_nothing_is_left(engine, act):
    def work():
        with Session(engine) as session:
            act(session)

    work()
    while gc.collect():
        pass  # what tests before this one have left, and what that leads to
    gc.disable()
    try:
        work()
        left = gc.collect()
    finally:
        gc.enable()

    assert left == 0
