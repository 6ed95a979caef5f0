"""The other ways to a declarative base, and what is asked of mapped classes."""

import pytest

from dovetail import Integer, create_engine, inspect, select
from dovetail.exc import ArgumentError
from dovetail.orm import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    DeclarativeMeta,
    Mapped,
    Session,
    add_mapped_attribute,
    as_declarative,
    clear_mappers,
    column_property,
    declarative_mixin,
    declared_attr,
    has_inherited_table,
    mapped_column,
    registry,
)


def base_without_metaclass():
    class Base(DeclarativeBaseNoMeta):
        pass

    return Base


def base_by_decorator():
    @as_declarative()
    class Base:
        @declared_attr.directive
        def __tablename__(cls):
            return cls.__name__.lower()

    return Base


def base_by_metaclass():
    own = registry()

    class Base(metaclass=DeclarativeMeta):
        __abstract__ = True
        registry = own
        metadata = own.metadata

    return Base


BASES = [base_without_metaclass, base_by_decorator, base_by_metaclass]


@pytest.mark.parametrize("make", BASES, ids=lambda it: it.__name__)
def test_every_base_maps(make):
    Base = make()

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Thing(name="a"))
        session.commit()
        assert session.scalars(select(Thing.name)).all() == ["a"]
    engine.dispose()


@pytest.mark.parametrize("make", BASES, ids=lambda it: it.__name__)
def test_an_attribute_is_added_later(make):
    class Thing(make()):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)

    add_mapped_attribute(Thing, "size", mapped_column(Integer))
    add_mapped_attribute(Thing, "double", column_property(Thing.size * 2))
    assert list(Thing.__table__.c.keys()) == ["id", "size"]
    assert "double" in inspect(Thing).column_attrs
    with pytest.raises(ArgumentError, match="is not a mapped class"):
        add_mapped_attribute(int, "size", mapped_column(Integer))


def test_questions_about_classes():
    @declarative_mixin
    class Mixed:
        @declared_attr.directive
        def __tablename__(cls):
            return None if has_inherited_table(cls) else cls.__name__.lower()

    class Base(DeclarativeBase):
        pass

    class Thing(Mixed, Base):
        id: Mapped[int] = mapped_column(primary_key=True)

    assert Thing.__table__.name == "thing"
    assert not has_inherited_table(Thing)


def test_mapped_classes_are_forgotten(monkeypatch):
    own = registry()

    class Plain:
        pass

    class Body:
        __tablename__ = "body"
        id: Mapped[int] = mapped_column(primary_key=True)

    own.mapped(Body)
    assert [mapper.class_ for mapper in own.mappers] == [Body]
    monkeypatch.setattr("dovetail.orm.mapping.registry._registries", {own})
    clear_mappers()
    assert own.mappers == frozenset()
    assert inspect(Body, raiseerr=False) is None
