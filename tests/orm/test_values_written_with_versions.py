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


def test_a_version_that_is_set_to_what_it_is_goes_with_rows_that_refer_to_each_other(engine):
    class Base(DeclarativeBase):
        pass

    class Part(Base):
        __tablename__ = "versioned_part"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        version: Mapped[int] = mapped_column()
        twin_id: Mapped[int | None] = mapped_column(ForeignKey("versioned_part.id"))
        twin = relationship("Part", remote_side=id, post_update=True)
        __mapper_args__ = {"polymorphic_on": "kind", "version_id_col": version}

    class Wheel(Part):
        __tablename__ = "versioned_wheel"
        id: Mapped[int] = mapped_column(ForeignKey("versioned_part.id"), primary_key=True)
        size: Mapped[int | None]
        __mapper_args__ = {"polymorphic_identity": "wheel"}

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Wheel(id=1), Wheel(id=2)])
        session.commit()
        one, other = session.get(Wheel, 1), session.get(Wheel, 2)
        session.merge(Wheel(id=1, version=1, size=3))
        one.twin, other.twin = other, one
        session.flush()
        assert (one.version, other.version) == (3, 2)
        one.size = 4
        session.commit()
        assert (one.size, one.version, one.twin_id, other.twin_id) == (4, 4, 2, 1)
