"""What ``doc=`` says is the documentation of the attribute."""

import inspect

import pytest

from dovetail import Column, ForeignKey, Integer, String, Table
from dovetail.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Mapped,
    aliased,
    column_property,
    mapped_column,
    registry,
    relationship,
    synonym,
)


class Base(DeclarativeBase):
    pass


class Place(Base):
    __tablename__ = "documented_place"
    id: Mapped[int] = mapped_column(primary_key=True, doc="which place")
    name: Mapped[str] = mapped_column()
    above_id: Mapped[int | None] = mapped_column(ForeignKey("documented_place.id"))
    above: Mapped["Place | None"] = relationship(remote_side=id, doc="what it is in")
    shout = column_property(name + "!", doc="the name, aloud")
    title: Mapped[str] = synonym("name", doc="another word")


@pytest.mark.parametrize(
    ("name", "documentation"),
    [
        ("id", "which place"),
        ("name", None),
        ("above", "what it is in"),
        ("shout", "the name, aloud"),
        ("title", "another word"),
    ],
)
def test_an_attribute_has_the_documentation_of_its_property(name, documentation):
    assert getattr(Place, name).__doc__ == documentation


def test_an_attribute_of_an_alias_has_the_same_documentation():
    assert aliased(Place).id.__doc__ == "which place"


def test_the_documentation_of_a_column_is_that_of_its_attribute():
    mapping = registry()
    table = Table(
        "documented", mapping.metadata, Column("id", Integer, primary_key=True, doc="its number")
    )

    class Thing:
        pass

    mapping.map_imperatively(Thing, table)
    assert Thing.id.__doc__ == "its number"


def test_classes_of_attributes_keep_their_docstrings():
    assert InstrumentedAttribute.__doc__.startswith("A mapped attribute on its class")
    assert inspect.getdoc(InstrumentedAttribute).startswith("A mapped attribute on its class")


def test_an_attribute_with_a_comparator_of_its_own_is_documented():
    class Folding(column_property(Column("x", String)).Comparator):
        pass

    class Word(Base):
        __tablename__ = "documented_word"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str] = column_property(
            Column("text", String), comparator_factory=Folding, doc="as it is written"
        )

    assert Word.text.__doc__ == "as it is written"
