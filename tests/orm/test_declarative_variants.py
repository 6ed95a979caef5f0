"""The other ways to a declarative base, and what is asked of mapped classes."""

import pytest

from dovetail import Integer, Table, TypedColumns, create_engine, inspect, select
from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.orm import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    DeclarativeMeta,
    Mapped,
    MappedAsDataclass,
    Session,
    add_mapped_attribute,
    as_declarative,
    as_typed_table,
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


class TestColumnsToldToReaders:
    """A class that derives from a mapped one and TypedColumns is no mapped class."""

    @pytest.mark.parametrize("base", ["with metaclass", "without", "of the old kind", "dataclass"])
    def test_it_is_not_mapped(self, base):
        if base == "with metaclass":

            class Base(DeclarativeBase):
                pass

        elif base == "without":

            class Base(DeclarativeBaseNoMeta):
                pass

        elif base == "of the old kind":

            class Base(metaclass=DeclarativeMeta):
                __abstract__ = True
                registry = registry()
                metadata = registry.metadata

        else:

            class Base(MappedAsDataclass, DeclarativeBase):
                pass

        class Thing(Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            __typed_cols__: "ThingColumns"

        class ThingColumns(Thing, TypedColumns):
            pass

        class OtherColumns(TypedColumns, Thing):
            pass

        assert Base.registry.mappers == {Thing.__mapper__}
        assert ThingColumns.__mapper__ is OtherColumns.__mapper__ is Thing.__mapper__
        assert list(Thing.__mapper__.attrs.keys()) == ["id"]
        assert as_typed_table(Thing, ThingColumns) is as_typed_table(Thing) is Thing.__table__
        for name in ("thing", "other"):
            with pytest.raises(InvalidRequestError, match="derives from a mapped class"):
                Table(name, Base.metadata, ThingColumns)
        with pytest.raises(InvalidRequestError, match="has no instances"):
            ThingColumns()

    def test_a_mapped_class_is_needed(self):
        with pytest.raises(ArgumentError, match="is not a mapped class"):
            as_typed_table(int)
