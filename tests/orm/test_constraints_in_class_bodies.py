"""Constraints and indexes in the bodies of classes and mixins are on the tables of the classes."""

from typing import Annotated

import pytest

from dovetail import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    UniqueConstraint,
    func,
)
from dovetail.dialects import postgresql
from dovetail.orm import DeclarativeBase, Mapped, mapped_column
from dovetail.schema import CreateIndex, CreateTable


@pytest.fixture
def base():
    class Base(DeclarativeBase):
        pass

    return Base


def text_of(mapped, dialect=None):
    table = getattr(mapped, "__table__", mapped)
    indexes = sorted(table.indexes, key=lambda index: index.name)
    made = [CreateTable(table), *map(CreateIndex, indexes)]
    return [" ".join(str(each.compile(dialect=dialect)).split()) for each in made]


def test_of_mapped_columns(base):
    class Thing(base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[int] = mapped_column()
        name: Mapped[str] = mapped_column("title", String(10))
        by_name = Index("by_name", func.lower(name), size.desc())
        once = UniqueConstraint(size, name, name="once")
        large = CheckConstraint(size > 5, name="large")

    expected = [
        (
            "CREATE TABLE thing ( id INTEGER NOT NULL, size INTEGER NOT NULL, "
            "title VARCHAR(10) NOT NULL, PRIMARY KEY (id), CONSTRAINT once UNIQUE (size, title), "
            "CONSTRAINT large CHECK (size > 5) )"
        ),
        "CREATE INDEX by_name ON thing (lower(title), size DESC)",
    ]
    assert text_of(Thing) == expected
    assert text_of(Thing.__table__.to_metadata(MetaData())) == expected


def test_of_names(base):
    class Thing(base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(10))
        by_name = Index("by_name", "name")

    assert text_of(Thing)[1:] == ["CREATE INDEX by_name ON thing (name)"]


def test_of_attributes_of_the_finished_class(base):
    class Thing(base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column("title", String(10))

    Index("by_name", func.lower(Thing.name), postgresql_where=Thing.id > 5)
    CheckConstraint(Thing.id > 5, name="large")

    assert text_of(Thing, postgresql.dialect()) == [
        (
            "CREATE TABLE thing ( id SERIAL NOT NULL, title VARCHAR(10) NOT NULL, "
            "PRIMARY KEY (id), CONSTRAINT large CHECK (id > 5) )"
        ),
        "CREATE INDEX by_name ON thing (lower(title)) WHERE id > 5",
    ]


def test_options_that_hold_columns_of_the_body(base):
    class Thing(base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column("title", String(10))
        by_id = Index("by_id", id, postgresql_where=id > 5, postgresql_include=[name])

    expected = "CREATE INDEX by_id ON thing (id) INCLUDE (title) WHERE id > 5"
    assert text_of(Thing, postgresql.dialect())[1] == expected


def test_those_of_a_mixin_are_on_each_table(base):
    class Named:
        name: Mapped[str] = mapped_column(String(10), CheckConstraint("name <> ''"))
        size = Column(Integer)
        once = UniqueConstraint(size, name)
        __table_args__ = (Index(None, name, func.abs(size)),)

    class One(Named, base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Two(Named, base):
        __tablename__ = "two"
        id: Mapped[int] = mapped_column(primary_key=True)

    for name, class_ in ("one", One), ("two", Two):
        assert text_of(class_) == [
            (
                f"CREATE TABLE {name} ( id INTEGER NOT NULL, name VARCHAR(10) NOT NULL "
                "CHECK (name <> ''), size INTEGER, PRIMARY KEY (id), UNIQUE (size, name) )"
            ),
            f"CREATE INDEX ix_{name}_name ON {name} (name, abs(size))",
        ]


def test_the_same_arguments_for_each_class():
    class Base(DeclarativeBase):
        id: Mapped[int] = mapped_column(primary_key=True)
        code: Mapped[int]
        __table_args__ = (UniqueConstraint("code"), CheckConstraint("code > 5"))

    class One(Base):
        __tablename__ = "one"

    class Two(Base):
        __tablename__ = "two"

    for name, class_ in ("one", One), ("two", Two):
        assert text_of(class_) == [
            (
                f"CREATE TABLE {name} ( id INTEGER NOT NULL, code INTEGER NOT NULL, "
                "PRIMARY KEY (id), UNIQUE (code), CHECK (code > 5) )"
            )
        ]


def test_a_class_of_a_shared_table_brings_its_own(base):
    class Thing(base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind"}

    class Box(Thing):
        width: Mapped[int | None] = mapped_column()
        by_width = Index("by_width", width)
        __mapper_args__ = {"polymorphic_identity": "box"}

    assert text_of(Box)[1:] == ["CREATE INDEX by_width ON thing (width)"]


def test_a_column_that_an_expression_holds_is_still_what_its_annotation_says(base):
    key = Annotated[int, mapped_column(primary_key=True)]
    unique_text = Annotated[str, mapped_column(String(7), unique=True)]
    owner = Annotated[int, mapped_column(ForeignKey("thing.id"))]

    class Thing(base):
        __tablename__ = "thing"
        id: Mapped[key] = mapped_column()
        code: Mapped[unique_text] = mapped_column()
        owner_id: Mapped[owner | None] = mapped_column()
        together = Index("together", id, code, owner_id)

    assert text_of(Thing) == [
        (
            "CREATE TABLE thing ( id INTEGER NOT NULL, code VARCHAR(7) NOT NULL, owner_id INTEGER, "
            "PRIMARY KEY (id), UNIQUE (code), FOREIGN KEY(owner_id) REFERENCES thing (id) )"
        ),
        "CREATE INDEX together ON thing (id, code, owner_id)",
    ]
