"""What ``column_property()`` computes, in subqueries of its class and in aliases of those."""

import pytest

from dovetail import ForeignKey, String, create_engine, func, select, union_all
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    column_property,
    mapped_column,
)


class Base(DeclarativeBase):
    pass


class Employee(Base):
    __tablename__ = "employee"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(20))
    shout = column_property(func.upper(name))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}


class Engineer(Employee):
    __tablename__ = "engineer"

    id: Mapped[int] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(20))
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Review(Base):
    __tablename__ = "review"

    id: Mapped[int] = mapped_column(primary_key=True)
    engineer_id: Mapped[int] = mapped_column(ForeignKey("engineer.id"))
    score: Mapped[int]


BEFORE = Employee.__table__.alias("before")
Employee.rank = column_property(
    select(func.count(BEFORE.c.id))
    .where(BEFORE.c.id < Employee.__table__.c.id)
    .correlate_except(BEFORE)
    .scalar_subquery()
)
Engineer.best = column_property(
    select(func.max(Review.score))
    .where(Review.engineer_id == Engineer.id)
    .correlate_except(Review)
    .scalar_subquery()
)


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            [Employee(id=1, name="ann"), Engineer(id=2, name="bob", language="ada")],
        )
        session.flush()
        session.add_all([Review(engineer_id=2, score=4), Review(engineer_id=2, score=7)])
        session.flush()
        session.expunge_all()
        yield session


def values(engineer):
    return engineer.id, engineer.name, engineer.language, engineer.shout, engineer.rank


@pytest.mark.parametrize("form", ["subquery", "cte"])
def test_an_alias_of_a_subquery_of_several_tables_computes_them(session, form):
    within = getattr(select(Engineer).where(Engineer.language == "ada"), form)()
    alias = aliased(Engineer, within)

    found = session.scalars(select(alias)).one()

    assert (*values(found), found.best) == (2, "bob", "ada", "BOB", 1, 7)
    assert session.execute(select(alias.rank, alias.best, alias.shout)).all() == [(1, 7, "BOB")]
    assert session.scalars(select(alias.id).where(alias.rank == 1, alias.best > 6)).all() == [2]


def test_they_are_called_by_their_attributes_there(session):
    for statement in (
        select(Employee),
        select(aliased(Employee)),
        union_all(select(Employee), select(Employee).where(Employee.id > 9)),
    ):
        within = statement.subquery()
        assert within.c.keys() == ["id", "kind", "name", "shout", "rank"]
        rows = session.execute(select(within.c.shout, within.c.rank).order_by(within.c.id))
        assert rows.all() == [("ANN", 0), ("BOB", 1)]
    assert select(Engineer).selected_columns.keys()[-2:] == ["rank", "best"]
    with session.bind.connect() as connection:
        assert list(connection.execute(select(Employee)).keys())[-2:] == ["shout", "rank"]


def test_a_name_that_another_column_has_stays_with_that(session):
    within = select(func.lower(Employee.name).label("shout"), Employee).subquery()
    assert within.c.keys() == ["shout", "id", "kind", "name", "upper", "rank"]
    found = session.execute(select(within.c.shout, within.c.upper).order_by(within.c.id))
    assert found.all() == [("ann", "ANN"), ("bob", "BOB")]
