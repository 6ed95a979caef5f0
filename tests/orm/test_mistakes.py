"""Mistakes in a mapping are found at configuration, all of them at once."""

import pytest

from dovetail import Column, ForeignKey, Integer
from dovetail.exc import ArgumentError, DovetailError, InvalidRequestError, MappingError
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship


@pytest.fixture
def Base():
    class Base(DeclarativeBase):
        pass

    return Base


def test_all_mistakes_are_reported_together(Base):
    class One(Base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)
        misspelled: Mapped["Tow"] = relationship()  # noqa: F821
        unconnected: Mapped[list["Two"]] = relationship()
        twice: Mapped[list["Three"]] = relationship()

    class Two(Base):
        __tablename__ = "two"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Three(Base):
        __tablename__ = "three"
        id: Mapped[int] = mapped_column(primary_key=True)
        a: Mapped[int] = mapped_column(ForeignKey("one.id"))
        b: Mapped[int] = mapped_column(ForeignKey("one.id"))

    with pytest.raises(MappingError) as caught:
        Base.registry.configure()

    said = str(caught.value)
    assert "3 mistakes" in said
    for part in ("One.misspelled", "'Two'", "One.unconnected", "One.twice", "foreign_keys"):
        assert part in said


def test_the_mistakes_are_told_again_at_each_use(Base, session):
    class One(Base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)
        other: Mapped["Nobody"] = relationship()  # noqa: F821

    for _ in range(2):
        with pytest.raises(DovetailError, match="Nobody"):
            One()
        with pytest.raises(DovetailError, match="Nobody"):
            session.get(One, 1)


def test_a_mistake_can_be_mended_by_a_class_that_comes_later(Base):
    class One(Base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)
        others: Mapped[list["Later"]] = relationship()
        parts: Mapped[list["Part"]] = relationship(back_populates="one")

    class Part(Base):
        __tablename__ = "part"
        id: Mapped[int] = mapped_column(primary_key=True)
        one_id: Mapped[int] = mapped_column(ForeignKey("one.id"))
        one: Mapped[One] = relationship(back_populates="parts")

    with pytest.raises(DovetailError):
        One()

    class Later(Base):
        __tablename__ = "later"
        id: Mapped[int] = mapped_column(primary_key=True)
        one_id: Mapped[int] = mapped_column(ForeignKey("one.id"))

    one = One(others=[Later()], parts=[Part()])
    assert one.others[0].id is None
    assert one.parts[0].one is one


@pytest.mark.parametrize(
    ("body", "part"),
    [
        pytest.param({"__tablename__": "t"}, "primary key", id="no primary key"),
        pytest.param(
            {"id": mapped_column(Integer, primary_key=True)}, "__tablename__", id="no table"
        ),
        pytest.param(
            {"__tablename__": "t", "id": (Column(Integer, primary_key=True),)},
            "comma",
            id="tuple by a comma",
        ),
        pytest.param(
            {
                "__tablename__": "t",
                "id": mapped_column(Integer, primary_key=True),
                "__mapper_args__": {"nonsense": 1},
            },
            "nonsense",
            id="unknown option",
        ),
        pytest.param(
            {
                "__tablename__": "t",
                "id": mapped_column(Integer, primary_key=True),
                "__table_args__": 5,
            },
            "__table_args__",
            id="table arguments",
        ),
    ],
)
def test_a_mistake_in_the_body_is_found_at_once(Base, body, part):
    with pytest.raises((ArgumentError, InvalidRequestError), match=part):
        type("Wrong", (Base,), {**body, "__module__": __name__})


def test_back_populates_must_name_a_relationship_that_leads_back(Base):
    class One(Base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)
        twos: Mapped[list["Two"]] = relationship(back_populates="nothing")

    class Two(Base):
        __tablename__ = "two"
        id: Mapped[int] = mapped_column(primary_key=True)
        one_id: Mapped[int] = mapped_column(ForeignKey("one.id"))

    with pytest.raises(DovetailError, match="nothing"):
        Base.registry.configure()


def test_two_sides_of_one_direction_are_refused(Base):
    class Node(Base):
        __tablename__ = "node"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("node.id"))
        children: Mapped[list["Node"]] = relationship(back_populates="parent")
        parent = relationship("Node", back_populates="children")

    with pytest.raises(DovetailError, match="remote_side"):
        Base.registry.configure()


def test_a_mistake_in_one_base_does_not_concern_another(Base, engine, session):
    class Broken(Base):
        __tablename__ = "broken"
        id: Mapped[int] = mapped_column(primary_key=True)
        other: Mapped["Nobody"] = relationship()  # noqa: F821

    class Other(DeclarativeBase):
        pass

    class Fine(Other):
        __tablename__ = "fine"
        id: Mapped[int] = mapped_column(primary_key=True)

    Other.metadata.create_all(engine)
    session.add(Fine())
    session.commit()

    assert session.get(Fine, 1).id == 1


def test_a_mistake_of_a_class_that_was_added_to_is_told_once(Base):
    class One(Base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)

    One.first = relationship("Nobody")
    One.second = relationship("Nowhere")

    with pytest.raises(MappingError, match="2 mistakes"):
        Base.registry.configure()


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        ("User.idd == Note.user_id", "did you mean 'id'?"),
        ("User.id == Note.__table__.user_id", "did you mean 'c.user_id'?"),
        ("User.id == Note.user_id.nothing_like_it()", "names of mapped classes and of tables"),
    ],
)
def test_an_attribute_that_an_expression_names_and_is_not_there(Base, condition, hint):
    class User(Base):
        __tablename__ = "user_account"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Note(Base):
        __tablename__ = "note"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
        user: Mapped[User] = relationship(primaryjoin=condition)

    with pytest.raises(AttributeError, match=r"Note\.user: .* can't be evaluated") as caught:
        Base.registry.configure()

    assert isinstance(caught.value, MappingError)
    assert hint in caught.value.hint
