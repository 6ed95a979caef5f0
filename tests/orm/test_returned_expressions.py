"""Attributes that are expressions, of instances that an INSERT or UPDATE returns."""

import pytest

from dovetail import func, insert, select, update
from dovetail.orm import DeclarativeBase, Mapped, aliased, column_property, mapped_column


class Base(DeclarativeBase):
    pass


class Jump(Base):
    __tablename__ = "jump"
    id: Mapped[int] = mapped_column(primary_key=True)
    height: Mapped[int] = mapped_column()
    centimetres = column_property(height * 100)


other = aliased(Jump)
Jump.best_besides = column_property(
    select(func.max(other.height)).where(other.id != Jump.id).scalar_subquery()
)


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)


def told(jumps):
    return [(one.id, one.height, one.centimetres, one.best_besides) for one in jumps]


ROWS = [{"id": 1, "height": 1}, {"id": 2, "height": 5}, {"id": 3, "height": 4}]
EXPECTED = [(1, 1, 100, 5), (2, 5, 500, 4), (3, 4, 400, 5)]


def test_inserted_in_a_list_of_rows(session):
    assert told(session.scalars(insert(Jump).returning(Jump), ROWS).all()) == EXPECTED


def test_inserted_by_values(session):
    assert told(session.scalars(insert(Jump).values(ROWS).returning(Jump)).all()) == EXPECTED


def test_updated(session):
    session.execute(insert(Jump), ROWS)

    changed = session.scalars(update(Jump).values(height=7).returning(Jump)).all()

    assert told(changed) == [(n, 7, 700, 7) for n in (1, 2, 3)]


def test_a_subquery_in_returning_speaks_of_the_new_row(session):
    session.execute(insert(Jump), ROWS[:2])

    row = session.execute(insert(Jump).values(ROWS[2]).returning(Jump.id, Jump.best_besides)).one()

    assert row == (3, 5)
