"""The other ways to a declarative base, and what is asked of mapped classes."""

from inspect import getmembers
from typing import Generic, TypeVar

import pytest

from dovetail import (
    ForeignKey,
    Integer,
    Table,
    TypedColumns,
    create_engine,
    event,
    inspect,
    select,
)
from dovetail.exc import ArgumentError, InvalidRequestError, MappingError
from dovetail.orm import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    DeclarativeMeta,
    Mapped,
    MappedAsDataclass,
    Mapper,
    Session,
    SynonymProperty,
    add_mapped_attribute,
    aliased,
    as_declarative,
    as_typed_table,
    clear_mappers,
    column_property,
    declarative_base,
    declarative_mixin,
    declared_attr,
    has_inherited_table,
    joinedload,
    mapped_column,
    registry,
    relationship,
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


def counting(class_, table, **options):
    made = Mapper(class_, table, **options)
    made.counted = True
    return made


class CountedMapper(Mapper):
    def __init__(self, class_, table, **options):
        super().__init__(class_, table, **options)
        self.counted = True


class TestMappersOfTheUsersOwn:
    @pytest.mark.parametrize("make", [counting, CountedMapper])
    @pytest.mark.parametrize("place", ["class", "base", "declarative_base"])
    def test_they_map_the_class(self, make, place):
        if place == "declarative_base":
            Base = declarative_base(mapper=make)
        else:

            class Base(DeclarativeBase):
                if place == "base":
                    __mapper_cls__ = make

        class Thing(Base):
            __tablename__ = "thing"
            if place == "class":
                __mapper_cls__ = make
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
            __mapper_args__ = {"polymorphic_on": "name", "polymorphic_identity": "thing"}

        class Special(Thing):
            __mapper_args__ = {"polymorphic_identity": "special"}

        for class_ in (Thing, Special):
            assert class_.__mapper__.counted
            assert type(class_.__mapper__) is (CountedMapper if make is CountedMapper else Mapper)
        assert Special.__mapper__.inherits is Thing.__mapper__
        assert Base.registry.mappers == {Thing.__mapper__, Special.__mapper__}
        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(Special())
            session.commit()
            assert session.scalars(select(Thing.name)).all() == ["special"]

    def test_they_may_map_by_the_registry(self):
        own = registry()

        class Thing:
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)

            @staticmethod
            def __mapper_cls__(class_, table, **options):
                return own.map_imperatively(class_, table, **options)

        assert own.map_declaratively(Thing) is Thing.__mapper__
        assert own.ordered_mappers == [Thing.__mapper__]

    def test_they_have_to_map_it(self):
        class Base(DeclarativeBase):
            __mapper_cls__ = staticmethod(lambda class_, table, **options: None)

        with pytest.raises(InvalidRequestError, match="has not mapped Thing"):

            class Thing(Base):
                __tablename__ = "thing"
                id: Mapped[int] = mapped_column(primary_key=True)

    def test_no_mapper_is_made_outside_of_a_mapping(self):
        with pytest.raises(InvalidRequestError, match="a mapper of int is made by a registry"):
            Mapper(int, Table("t", registry().metadata))


class TestRelationshipsBeforeTheirTargets:
    """What a relationship leads to may be defined after the attribute was read."""

    def world(self):
        class Base(DeclarativeBase):
            pass

        class Child(Base):
            __tablename__ = "child"
            id: Mapped[int] = mapped_column(primary_key=True)
            parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))
            parent = relationship("Parent", back_populates="children", info={"what": "mother"})

        def define():
            class Parent(Base):
                __tablename__ = "parent"
                id: Mapped[int] = mapped_column(primary_key=True)
                children = relationship("Child", back_populates="parent")

            return Parent

        return Child, define

    def test_the_attribute_can_be_read_and_listened_to(self):
        Child, define = self.world()
        heard = []

        event.listen(Child.parent, "set", lambda child, value, *more: heard.append(value))
        assert str(Child.parent) == "Child.parent"
        assert (Child.parent.key, Child.parent.info) == ("parent", {"what": "mother"})
        assert dict(getmembers(Child))["parent"] is Child.parent
        Parent = define()
        parent = Parent()
        Child(parent=parent)

        assert heard == [parent]

    def test_what_needs_the_target_says_which_is_missing(self):
        Child, define = self.world()

        for use in (
            lambda: Child.parent.property,
            Child.parent.has,
            lambda: Child.parent == None,
            lambda: joinedload(Child.parent),
        ):
            with pytest.raises(MappingError, match="no mapped class is called 'Parent'"):
                use()
        define()
        assert str(Child.parent.has()).startswith("EXISTS")

    def test_a_join_may_be_written_before(self):
        Child, define = self.world()

        statement = select(Child.id).join(Child.parent)
        define()

        assert "JOIN parent ON parent.id = child.parent_id" in str(statement)

    def test_another_name_of_it(self):
        Child, define = self.world()

        Child.mother = Child.parent
        Parent = define()

        assert Child.mother.property is Child.parent.property
        assert isinstance(Child.mother.original_property, SynonymProperty)
        assert isinstance(Child(mother=Parent()).parent, Parent)
        by_name, plain = (select(Child.id).join(way) for way in (Child.mother, Child.parent))
        assert str(by_name) == str(plain)


class TestGenericClasses:
    def test_a_base_may_be_said_to_be_of_something(self):
        T = TypeVar("T")

        class Common(Generic[T]):
            def name_of_kind(self):
                return type(self).__name__

        @as_declarative()
        class Base(Common[T]):
            pass

        class Paper(Base["Paper"]):
            __tablename__ = "paper"
            id: Mapped[int] = mapped_column(primary_key=True)

        assert Paper(id=1).name_of_kind() == "Paper"
        assert inspect(Paper).local_table.name == "paper"
        assert Base[int] is Base

    def test_a_class_with_its_argument_is_inspected_as_the_class(self):
        T = TypeVar("T")

        class Base(DeclarativeBase):
            pass

        class Setting(Base, Generic[T]):
            __tablename__ = "setting"
            id: Mapped[int] = mapped_column(primary_key=True)

        assert inspect(Setting[int]) is inspect(Setting)
        assert inspect(list[int], raiseerr=False) is None
        assert str(select(Setting[int])) == str(select(Setting))
        assert inspect(aliased(Setting[int])).mapper is inspect(Setting)
        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(Setting[int](id=1))
            session.flush()
            assert session.get(Setting[int], 1) is session.scalars(select(Setting[str])).one()
