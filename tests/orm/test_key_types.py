"""A column with a foreign key has the type of the column that it refers to, as in the oracle."""

import importlib
from typing import Annotated

import pytest


@pytest.fixture(params=["dovetail", "sqlalchemy"])
def library(request):
    return importlib.import_module(request.param), importlib.import_module(f"{request.param}.orm")


@pytest.mark.parametrize("late", [False, True], ids=["declared before", "declared after"])
def test_the_type_is_that_of_the_column_referred_to(library, late):
    core, orm = library

    class Base(orm.DeclarativeBase):
        pass

    def declare_referred():
        class Country(Base):
            __tablename__ = "country"
            code: orm.Mapped[str] = orm.mapped_column(core.String(2), primary_key=True)
            number: orm.Mapped[int] = orm.mapped_column(core.BigInteger, unique=True)

    if not late:
        declare_referred()
    keyed = orm.mapped_column(core.ForeignKey("country.number"))

    class City(Base):
        __tablename__ = "city"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        code: orm.Mapped[str] = orm.mapped_column(core.ForeignKey("country.code"))
        maybe: orm.Mapped[str | None] = orm.mapped_column(core.ForeignKey("country.code"))
        number: orm.Mapped[int] = orm.mapped_column(core.ForeignKey("country.number"))
        named: orm.Mapped[int] = orm.mapped_column("called", core.ForeignKey("country.number"))
        own: orm.Mapped[int] = orm.mapped_column(core.Integer, core.ForeignKey("country.number"))
        shared: orm.Mapped[Annotated[int, keyed]]
        early: orm.Mapped[int] = orm.mapped_column(core.ForeignKey("country.number"))
        __table_args__ = (core.CheckConstraint(early > 0),)

    if late:
        declare_referred()

    columns = {column.key: (str(column.type), column.nullable) for column in City.__table__.columns}
    assert columns == {
        "id": ("INTEGER", False),
        "code": ("VARCHAR(2)", False),
        "maybe": ("VARCHAR(2)", True),
        "number": ("BIGINT", False),
        "called": ("BIGINT", False),
        "own": ("INTEGER", False),
        "shared": ("BIGINT", False),
        "early": ("BIGINT", False),
    }


def test_a_key_may_name_a_mapped_attribute(library):
    core, orm = library

    class Base(orm.DeclarativeBase):
        pass

    class Country(Base):
        __tablename__ = "country"
        code: orm.Mapped[str] = orm.mapped_column(core.String(2), primary_key=True)

    class City(Base):
        __tablename__ = "city"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        code: orm.Mapped[str] = orm.mapped_column(core.ForeignKey(Country.code))
        country: orm.Mapped[Country] = orm.relationship()

    (key,) = City.__table__.c.code.foreign_keys
    assert key.column is Country.__table__.c.code
    assert key.target_fullname == "country.code"
    assert str(City.__table__.c.code.type) == "VARCHAR(2)"
    engine = core.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(City(country=Country(code="IT")))
        session.commit()
        assert session.scalars(core.select(City.code)).all() == ["IT"]
    engine.dispose()


def test_types_go_along_a_chain_of_keys_whatever_is_declared_first(library):
    core, orm = library

    class Base(orm.DeclarativeBase):
        pass

    class Visit(Base):
        __tablename__ = "visit"
        code: orm.Mapped[str] = orm.mapped_column(core.ForeignKey("city.code"), primary_key=True)

    class City(Base):
        __tablename__ = "city"
        code: orm.Mapped[str] = orm.mapped_column(core.ForeignKey("country.code"), primary_key=True)

    class Country(Base):
        __tablename__ = "country"
        code: orm.Mapped[str] = orm.mapped_column(core.String(2), primary_key=True)

    types = [str(class_.__table__.c.code.type) for class_ in (Visit, City, Country)]
    assert types == ["VARCHAR(2)"] * 3
