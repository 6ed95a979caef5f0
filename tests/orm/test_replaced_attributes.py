"""An attribute that takes the place of another, on a class with classes below it."""

import warnings

import pytest

from dovetail import ForeignKey, Integer, String, create_engine, literal_column, select
from dovetail.exc import DovetailDeprecationWarning
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    column_property,
    configure_mappers,
    mapped_column,
    relationship,
    synonym,
)

pytestmark = pytest.mark.filterwarnings("ignore:.* is mapped already, and mapped anew")


@pytest.fixture(params=[False, True], ids=["before configuration", "after"])
def classes(request):
    class Base(DeclarativeBase):
        pass

    class Shape(Base):
        __tablename__ = "shape"
        id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String(5))
        width = mapped_column(Integer)
        height = mapped_column(Integer)
        size = synonym("width")
        number = column_property(literal_column("1"))
        corners = relationship("Corner")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "shape"}

    class Box(Shape):
        __mapper_args__ = {"polymorphic_identity": "box"}

    class SmallBox(Box):
        __mapper_args__ = {"polymorphic_identity": "small"}

    class Corner(Base):
        __tablename__ = "corner"
        id = mapped_column(Integer, primary_key=True)
        shape_id = mapped_column(ForeignKey("shape.id"))

    if request.param:
        configure_mappers()
    return Base, Shape, Box, SmallBox, Corner


def test_classes_below_have_the_attribute_that_takes_anothers_place(classes):
    base, shape, box, small, corner = classes
    shape.size = synonym("height")
    shape.number = column_property(literal_column("2"))
    shape.corners = relationship(corner, order_by=corner.id.desc())

    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        for number, class_ in enumerate([shape, box, small], 1):
            corners = [corner(), corner()]
            session.add(class_(id=number, width=5, height=number * 10, corners=corners))
        session.commit()
        for number, class_ in enumerate([shape, box, small], 1):
            one = session.get(class_, number)
            assert (one.size, one.number) == (number * 10, 2)
            assert [corner.id for corner in one.corners] == [number * 2, number * 2 - 1]
            criteria = class_.size == number * 10, class_.number == 2, class_.corners.any()
            assert session.scalars(select(class_.id).where(*criteria)).all() == [number]


def test_the_kind_of_the_attribute_may_change(classes):
    base, shape, box, small, _ = classes
    shape.corners = column_property(literal_column("4"))
    for class_ in (shape, box, small):
        assert "corners" in class_.__mapper__.column_attrs
        assert "corners" not in class_.__mapper__.relationships

    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(small(id=1))
        session.commit()
        assert session.scalars(select(small.corners)).one() == 4
        assert session.get(box, 1).corners == 4


def test_an_attribute_that_takes_anothers_place_is_told():
    class Base(DeclarativeBase):
        pass

    class Post(Base):
        __tablename__ = "post"
        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[int]

    with pytest.warns(DovetailDeprecationWarning, match=r"Post\.size is mapped already"):
        Post.size = column_property(Post.__table__.c.size + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Post.width = synonym("size")
        Post.depth = mapped_column(Integer)
        Post.width = synonym("depth")
