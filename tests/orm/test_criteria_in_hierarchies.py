"""Criteria on the classes of a hierarchy: limited statements, and concrete classes below."""

import pytest

from dovetail import ForeignKey, event, func, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    joinedload,
    mapped_column,
    relationship,
    with_loader_criteria,
)


class Base(DeclarativeBase):
    pass


class Animal(Base):
    __tablename__ = "judged_animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    weight: Mapped[int]
    mother_id: Mapped[int | None] = mapped_column(ForeignKey("judged_animal.id"))
    young: Mapped[list["Animal"]] = relationship(order_by="Animal.id")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}


class Dog(Animal):
    __tablename__ = "judged_dog"
    id: Mapped[int] = mapped_column(ForeignKey("judged_animal.id"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Statue(Animal):
    __tablename__ = "judged_statue"
    id: Mapped[int] = mapped_column("number", primary_key=True)
    kind: Mapped[str]
    weight: Mapped[int] = mapped_column("pounds")
    mother_id: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "statue", "concrete": True}


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Dog(id=1, weight=9), Dog(id=2, weight=4), Dog(id=3, weight=7)])
        session.flush()
        session.add_all([Animal(id=n, weight=n, mother_id=n % 3 or None) for n in range(4, 8)])
        session.add_all([Statue(id=n, kind="statue", weight=n) for n in (1, 2, 3)])
        session.commit()
        yield session


LIGHT = with_loader_criteria(Animal, Animal.weight < 7, include_aliases=True)


def test_a_limited_statement_with_joined_collections_is_restricted_inside_and_outside(
    session,
):
    statement = select(Dog).options(joinedload(Dog.young), LIGHT).order_by(Dog.id).limit(2)

    dogs = session.scalars(statement).unique().all()

    assert [(dog.id, [one.id for one in dog.young]) for dog in dogs] == [(2, [5])]


def test_the_limited_statement_keeps_the_names_of_columns_that_are_there_twice(session):
    sent = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *given: sent.append(given[2]))
    session.scalars(select(Dog).options(joinedload(Dog.young), LIGHT).limit(2)).unique().all()

    (text,) = sent
    inside = text[text.index("(") : text.index(") AS anon_1")]
    assert "judged_animal.id AS id_1" in inside
    assert "anon_1.id_1 = judged_animal_1.mother_id" in text


def test_a_subquery_with_criteria_of_its_own_keeps_its_names(session):
    rows = select(Dog.id, Animal.id).where(Dog.id == Animal.id).options(LIGHT).subquery()

    found = session.execute(select(rows.c[0], rows.c[1])).all()

    assert found == [(2, 2)]


def test_a_condition_on_the_class_above_is_one_on_the_table_of_a_concrete_class(session):
    heavy = with_loader_criteria(Animal, Animal.weight > 1, include_aliases=True)
    alias = aliased(Statue)

    assert [one.id for one in session.scalars(select(Statue).options(heavy))] == [2, 3]
    assert session.scalar(select(func.count(Statue.id)).options(heavy)) == 2
    assert session.scalar(select(func.sum(alias.weight)).options(heavy)) == 5
    assert {type(one) for one in session.scalars(select(Animal).options(heavy))} == {Animal, Dog}
