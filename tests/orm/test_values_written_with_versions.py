"""What an UPDATE writes along with the version is known in memory afterwards."""

from dovetail import ForeignKey
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


def test_onupdate_values_of_the_versions_table_are_known_and_give_way_to_what_is_set(engine):
    class Base(DeclarativeBase):
        pass

    class Animal(Base):
        __tablename__ = "versioned_animal"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str] = mapped_column()
        version: Mapped[int] = mapped_column()
        mark: Mapped[int | None] = mapped_column(onupdate=4)
        __mapper_args__ = {"polymorphic_on": kind, "version_id_col": version}

    class Dog(Animal):
        __tablename__ = "versioned_dog"
        id: Mapped[int] = mapped_column(ForeignKey("versioned_animal.id"), primary_key=True)
        name: Mapped[str]
        __mapper_args__ = {"polymorphic_identity": "dog"}

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        dog = Dog(id=1, mark=1, name="a")
        session.add(dog)
        session.flush()
        dog.name = "b"
        session.flush()
        assert (dog.mark, dog.version) == (4, 2)
        dog.mark = 1
        session.commit()
        assert (dog.mark, dog.version) == (1, 3)


def test_a_version_that_is_set_to_what_it_is_is_no_change_within_a_tree(engine):
    class Base(DeclarativeBase):
        pass

    class Folder(Base):
        __tablename__ = "versioned_folder"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        version: Mapped[int] = mapped_column()
        above_id: Mapped[int | None] = mapped_column(ForeignKey("versioned_folder.id"))
        below: Mapped[list["Folder"]] = relationship()
        __mapper_args__ = {"version_id_col": version}

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Folder(id=1, name="a"))
        session.commit()
        folder = session.merge(Folder(id=1, name="b", version=1))
        session.commit()
        assert (folder.name, folder.version) == ("b", 2)
