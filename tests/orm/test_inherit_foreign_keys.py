"""Joined inheritance over tables without a foreign key, by a condition of the mapping's own."""

from dovetail import Column, Integer, String, Table, create_engine, select
from dovetail.orm import DeclarativeBase, Session, mapped_column


def test_the_condition_tells_which_columns_refer():
    class Base(DeclarativeBase):
        pass

    class Animal(Base):
        __tablename__ = "animal"

        id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    dogs = Table("dog", Base.metadata, Column("animal", Integer, primary_key=True))

    class Dog(Animal):
        __table__ = dogs

        animal = dogs.c.animal
        __mapper_args__ = {
            "polymorphic_identity": "dog",
            "inherit_condition": Animal.__table__.c.id == dogs.c.animal,
            "inherit_foreign_keys": [dogs.c.animal],
        }

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Animal(), Dog()])
        session.commit()
        found = session.scalars(select(Animal).order_by(Animal.id)).all()
        assert [type(one) for one in found] == [Animal, Dog]
        assert found[1].animal == found[1].id == 2
        session.delete(found[1])
        session.commit()
        assert session.execute(select(dogs)).all() == []
