"""A relationship among the columns of a statement is its join condition."""

import pytest

from dovetail import Column, ForeignKey, Integer, create_engine, select
from dovetail.exc import DovetailWarning
from dovetail.orm import DeclarativeBase, Session, aliased, relationship


class Base(DeclarativeBase):
    pass


class Quarry(Base):
    __tablename__ = "quarry"
    id = Column(Integer, primary_key=True)
    stones = relationship("Stone", back_populates="quarry")


class Stone(Base):
    __tablename__ = "stone"
    id = Column(Integer, primary_key=True)
    quarry_id = Column(ForeignKey("quarry.id"))
    quarry = relationship(Quarry, back_populates="stones")


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Quarry(id=1, stones=[Stone(id=2)]), Quarry(id=2, stones=[Stone(id=3)])])
        session.commit()
        yield session
    engine.dispose()


def test_each_pair_of_rows_tells_whether_they_belong_together(session):
    with pytest.warns(DovetailWarning, match="no condition joins them"):
        rows = session.execute(select(Quarry.id, Stone.id, Quarry.stones).order_by(Stone.id))

    assert list(rows.keys()) == ["id", "id_1", "stones"]
    assert sorted(rows) == [(1, 2, True), (1, 3, False), (2, 2, False), (2, 3, True)]


def test_it_is_that_of_an_alias_and_may_have_another_name():
    other = aliased(Quarry)

    assert "quarry_1.id = stone.quarry_id AS stones" in str(select(other.stones))
    assert "AS same" in str(select(Stone.quarry.label("same")))
    assert Stone.quarry.label("same").type.python_type is bool


def test_an_alias_has_what_its_class_declares():
    other = aliased(Quarry)

    assert other.__table__ is Quarry.__table__
    assert other.__tablename__ == "quarry"
    assert not hasattr(other, "__clause_element__")
