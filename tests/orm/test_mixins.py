"""Mixins, abstract classes, and the forms of ``__table_args__``."""

from typing import Any

import pytest

from dovetail import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    func,
    inspect,
    select,
)
from dovetail.exc import ArgumentError
from dovetail.ext.associationproxy import association_proxy
from dovetail.ext.hybrid import hybrid_property
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    declared_attr,
    mapped_column,
    relationship,
)


@pytest.fixture
def Base():
    class Base(DeclarativeBase):
        pass

    return Base


def test_each_class_has_its_own_copy_of_a_mixed_in_column(Base):
    class Timed:
        id: Mapped[int] = mapped_column(primary_key=True)
        created: Mapped[int] = mapped_column(default=1)

    class One(Timed, Base):
        __tablename__ = "one"
        name: Mapped[str]

    class Two(Timed, Base):
        __tablename__ = "two"
        other: Mapped[str]

    assert set(One.__table__.c.keys()) == {"id", "created", "name"}
    assert set(Two.__table__.c.keys()) == {"id", "created", "other"}
    assert One.__table__.c.created is not Two.__table__.c.created
    assert str(select(One.created)) == "SELECT one.created \nFROM one"


def test_a_mixin_column_may_be_replaced_by_the_class(Base):
    class Named:
        name: Mapped[str] = mapped_column(String(10))

    class One(Named, Base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(99))

    assert One.__table__.c.name.type.length == 99


def test_a_mixin_of_a_mixin_is_read(Base):
    class Keyed:
        id: Mapped[int] = mapped_column(primary_key=True)

    class Named(Keyed):
        name: Mapped[str]

    class One(Named, Base):
        __tablename__ = "one"

    assert set(One.__table__.c.keys()) == {"id", "name"}


def test_a_declared_table_name_is_asked_for_each_class(Base):
    class Tabled:
        id: Mapped[int] = mapped_column(primary_key=True)

        @declared_attr.directive
        def __tablename__(cls):
            return cls.__name__.lower()

    class Apple(Tabled, Base):
        pass

    class Pear(Tabled, Base):
        pass

    assert (Apple.__table__.name, Pear.__table__.name) == ("apple", "pear")


def test_a_base_may_name_all_tables():
    class Base(DeclarativeBase):
        @declared_attr.directive
        def __tablename__(cls) -> str:
            return cls.__name__.lower() + "s"

        id: Mapped[int] = mapped_column(primary_key=True)

    class Apple(Base):
        name: Mapped[str]

    assert Apple.__table__.name == "apples"
    assert set(Apple.__table__.c.keys()) == {"id", "name"}


def test_declared_columns_and_relationships_are_made_for_each_class(Base, engine, session):
    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Owned:
        id: Mapped[int] = mapped_column(primary_key=True)

        @declared_attr
        def owner_id(cls) -> Mapped[int]:
            return mapped_column(ForeignKey("owner.id"))

        @declared_attr
        def owner(cls) -> Mapped[Owner]:
            return relationship("Owner")

    class Cat(Owned, Base):
        __tablename__ = "cat"

    class Dog(Owned, Base):
        __tablename__ = "dog"

    Base.metadata.create_all(engine)
    owner = Owner()
    session.add_all([Cat(owner=owner), Dog(owner=owner)])
    session.commit()

    assert session.scalars(select(Cat)).one().owner is owner
    assert session.scalars(select(Dog)).one().owner is owner
    assert Cat.__mapper__.relationships["owner"] is not Dog.__mapper__.relationships["owner"]


def test_a_plain_relationship_of_a_mixin_is_copied(Base):
    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Owned:
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))

        @declared_attr
        def owner(cls) -> Mapped["Owner"]:
            return relationship(foreign_keys=cls.owner_id)

    class Cat(Owned, Base):
        __tablename__ = "cat"

    class Dog(Owned, Base):
        __tablename__ = "dog"

    Base.registry.configure()

    assert str(Cat.__mapper__.relationships["owner"].primaryjoin) == "owner.id = cat.owner_id"
    assert str(Dog.__mapper__.relationships["owner"].primaryjoin) == "owner.id = dog.owner_id"


def test_an_abstract_class_hands_its_columns_on(Base):
    class Keyed(Base):
        __abstract__ = True
        id: Mapped[int] = mapped_column(primary_key=True)
        note: Mapped[str | None]

    class One(Keyed):
        __tablename__ = "one"

    class Two(Keyed):
        __tablename__ = "two"

    assert not hasattr(Keyed, "__table__")
    assert set(One.__table__.c.keys()) == {"id", "note"}
    assert One.__table__.c.id is not Two.__table__.c.id
    assert One.__mapper__.base is not Two.__mapper__.base


@pytest.mark.parametrize(
    ("arguments", "constraints", "schema"),
    [
        pytest.param({"schema": "other"}, 0, "other", id="dictionary"),
        pytest.param((UniqueConstraint("a", "b"),), 1, None, id="tuple"),
        pytest.param((UniqueConstraint("a", "b"), {"schema": "s"}), 1, "s", id="tuple, dictionary"),
        pytest.param((), 0, None, id="empty"),
    ],
)
def test_table_arguments_have_several_forms(Base, arguments, constraints, schema):
    class One(Base):
        __tablename__ = "one"
        __table_args__ = arguments
        id: Mapped[int] = mapped_column(primary_key=True)
        a: Mapped[int]
        b: Mapped[int]

    table = One.__table__
    assert len([one for one in table.constraints if isinstance(one, UniqueConstraint)]) == (
        constraints
    )
    assert table.schema == schema


def test_declared_table_arguments_see_the_class(Base):
    class Checked:
        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[int]

        @declared_attr.directive
        def __table_args__(cls) -> Any:
            return (
                CheckConstraint("size > 0", name=f"ck_{cls.__tablename__}"),
                Index(f"ix_{cls.__tablename__}_size", "size"),
            )

    class One(Checked, Base):
        __tablename__ = "one"

    class Two(Checked, Base):
        __tablename__ = "two"

    assert {index.name for index in One.__table__.indexes} == {"ix_one_size"}
    assert "ck_two" in {constraint.name for constraint in Two.__table__.constraints}


def test_table_arguments_of_a_mapped_class_are_not_those_of_a_table_below_it(Base):
    class Tagged:
        __table_args__ = {"comment": "of a mixin"}

    class One(Base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[int]
        __table_args__ = (
            CheckConstraint("size > 0", name="ck_size"), Index("ix_size", "size"), {"schema": "s"}
        )  # fmt: skip

    class Below(One):
        __tablename__ = "below"
        id: Mapped[int] = mapped_column(ForeignKey("s.one.id"), primary_key=True)

    class Other(Tagged, Base):
        __tablename__ = "other"
        id: Mapped[int] = mapped_column(primary_key=True)

    class BelowOther(Other):
        __tablename__ = "below_other"
        id: Mapped[int] = mapped_column(ForeignKey("other.id"), primary_key=True)

    table = Below.__table__
    assert (table.schema, table.indexes) == (None, set())
    assert "ck_size" not in {constraint.name for constraint in table.constraints}
    assert BelowOther.__table__.comment == "of a mixin"


def test_declared_table_arguments_of_a_mapped_class_see_the_class_below_it(Base):
    class One(Base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)

        @declared_attr.directive
        def __table_args__(cls) -> Any:
            return {"comment": cls.__name__}

    class Below(One):
        __tablename__ = "below"
        id: Mapped[int] = mapped_column(ForeignKey("one.id"), primary_key=True)

    assert (One.__table__.comment, Below.__table__.comment) == ("One", "Below")


def test_mapper_arguments_name_the_version_or_the_key(Base, engine, session):
    class One(Base):
        __tablename__ = "one"
        a: Mapped[int] = mapped_column()
        b: Mapped[int] = mapped_column()
        __table_args__ = (UniqueConstraint("a", "b"),)
        __mapper_args__ = {"primary_key": ["a", "b"]}

    assert [column.name for column in One.__mapper__.primary_key] == ["a", "b"]


def test_methods_and_properties_of_mixins_work(Base, engine, session):
    class Titled:
        title: Mapped[str]

        @property
        def loud(self):
            return self.title.upper()

        @classmethod
        def titled(cls, title):
            return select(cls).where(func.lower(cls.title) == title.lower())

    class One(Titled, Base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)

    Base.metadata.create_all(engine)
    session.add(One(title="quiet"))

    assert session.scalars(One.titled("QUIET")).one().loud == "QUIET"


class TestWhatMethodsMake:
    """Methods of mixins may make other things than attributes, and be named in options."""

    def test_a_column_that_tells_classes_apart(self):
        class Base(DeclarativeBase):
            pass

        class Typed:
            @declared_attr
            def kind(cls):
                return Column(String(50))

            __mapper_args__ = {"polymorphic_on": kind}

        class Animal(Typed, Base):
            __tablename__ = "animal"
            id: Mapped[int] = mapped_column(primary_key=True)

        assert inspect(Animal).polymorphic_on is Animal.__table__.c.kind

    def test_a_value_of_another_kind_stands_on_the_class(self):
        class Base(DeclarativeBase):
            pass

        class Named:
            @declared_attr
            def label(cls):
                return cls.__name__.upper()

        class Animal(Named, Base):
            __tablename__ = "animal"
            id: Mapped[int] = mapped_column(primary_key=True)

        assert Animal.label == Animal.__dict__["label"] == Animal().label == "ANIMAL"

    def test_a_table_says_what_a_column_of_a_mixin_is(self):
        class Base(DeclarativeBase):
            pass

        class Measured:
            weight = Column(Integer)
            height: Mapped[int] = mapped_column("tall")

        class Animal(Measured, Base):
            __table__ = Table(
                "animal",
                Base.metadata,
                Column("id", Integer, primary_key=True),
                Column("weight", String(10)),
                Column("tall", String(20)),
            )
            long = __table__.c["tall"]

        assert isinstance(Animal.weight.type, String)
        assert Animal.__table__.c.keys() == ["id", "weight", "tall"]

    def test_a_column_of_a_mixin_that_a_given_table_lacks_is_refused(self):
        class Base(DeclarativeBase):
            pass

        class Measured:
            weight = Column(Integer)

        with pytest.raises(ArgumentError, match="'weight' can't be added to animal"):

            class Animal(Measured, Base):
                __table__ = Table("animal", Base.metadata, Column("id", Integer, primary_key=True))


def test_a_method_that_makes_the_table_is_asked_once(Base):
    class HasTable(Base):
        __abstract__ = True

        @declared_attr.directive
        def __table__(cls):
            return Table(cls.__name__, cls.metadata, Column("id", Integer, primary_key=True))

    class One(HasTable):
        pass

    class Other(HasTable):
        pass

    assert [One.__table__.name, Other.__table__.name] == ["One", "Other"]


def test_a_column_beside_a_made_table_is_refused_with_the_reason(Base):
    class HasTable(Base):
        __abstract__ = True

        @declared_attr.directive
        def __table__(cls):
            return Table(cls.__name__, cls.metadata, Column("id", Integer, primary_key=True))

    with pytest.raises(ArgumentError, match="column 'data' can't be added to"):

        class One(HasTable):
            data = Column(String)


def test_options_ask_the_methods_that_declare_for_the_same_column(Base):
    asked = []

    class Kinds:
        @declared_attr
        def kind(cls):
            asked.append(cls.__name__)
            return Column(String(10))

        @declared_attr.directive
        def __mapper_args__(cls):
            return {"polymorphic_on": cls.kind, "polymorphic_identity": cls.__name__}

    class One(Kinds, Base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert asked == ["One"]
    assert inspect(One).polymorphic_on is One.__table__.c.kind


def test_options_of_a_class_below_find_its_own_cascading_column(Base):
    found = []

    class Keyed:
        @declared_attr.cascading
        def id(cls):
            if cls.__mro__[1].__dict__.get("__table__") is not None:
                return Column(ForeignKey("one.id"), primary_key=True)
            return Column(Integer, primary_key=True)

        @declared_attr.directive
        def __mapper_args__(cls):
            found.append(cls.id)
            return {}

    class One(Keyed, Base):
        __tablename__ = "one"

    class Below(One):
        __tablename__ = "below"

    assert found[0] is One.__table__.c.id
    assert found[1] is Below.__table__.c.id


def test_a_method_of_the_class_hides_what_a_mixin_declares_by_its_name(Base):
    class HasTitle:
        @declared_attr
        def title(cls):
            return Column(String)

    class Book(HasTitle, Base):
        __tablename__ = "book"
        id: Mapped[int] = mapped_column(primary_key=True)

        def title(self):
            return "computed"

    class Novel(Book):
        __tablename__ = "novel"
        id: Mapped[int] = mapped_column(ForeignKey("book.id"), primary_key=True)

    assert Book.__table__.c.keys() == ["id"]
    assert Novel().title() == "computed"


@pytest.mark.parametrize("as_classmethod", [False, True])
def test_methods_that_declare_find_columns_that_are_annotated_alone(Base, as_classmethod):
    def gross(cls) -> Mapped[int]:
        return column_property(cls.net + cls.tax)

    class Priced:
        net: Mapped[int]
        tax: Mapped[int] = mapped_column()
        total = declared_attr(classmethod(gross) if as_classmethod else gross)

    class Item(Priced, Base):
        __tablename__ = "item"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Offer(Priced, Base):
        __tablename__ = "offer"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert str(select(Item.total)) == "SELECT item.net + item.tax AS total \nFROM item"
    assert str(select(Offer.total)) == "SELECT offer.net + offer.tax AS total \nFROM offer"
    assert Item.__table__.c.net.nullable is False


def test_attributes_have_the_documentation_of_what_they_are_mapped_by(Base):
    class HasNote:
        @declared_attr
        def note(cls):
            """What was said of it."""
            return mapped_column(String)

    class Item(HasNote, Base):
        """An item."""

        __tablename__ = "item"
        id: Mapped[int] = mapped_column(primary_key=True, doc="The number of the item.")
        parent_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
        parent: Mapped["Item"] = relationship(remote_side=[id], doc="What it is a part of.")
        plain: Mapped[str]

    Base.registry.configure()

    assert Item.id.__doc__ == "The number of the item."
    assert Item.parent.__doc__ == "What it is a part of."
    assert Item.note.__doc__ == "What was said of it."
    assert Item.plain.__doc__ is None
    assert "mapped attribute" in type(Item.id).__doc__


class Loud:
    @hybrid_property
    def name(self):
        return "loud"

    label = association_proxy("parts", "label")


def test_a_column_of_the_own_table_stands_before_what_a_mixin_computes(Base):
    table = Table(
        "thing",
        Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String),
        Column("label", String),
    )

    class Thing(Loud, Base):
        __table__ = table

    thing = Thing(name="quiet", label="l")
    assert (thing.name, thing.label) == ("quiet", "l")
    assert sorted(inspect(Thing).column_attrs.keys()) == ["id", "label", "name"]
    assert str(select(Thing.name, Thing.label)) == "SELECT thing.name, thing.label \nFROM thing"


def test_what_a_mixin_computes_stays_where_the_table_has_no_such_column(Base):
    class Thing(Loud, Base):
        __table__ = Table("thing", Base.metadata, Column("id", Integer, primary_key=True))

    class Other(Base):
        __table__ = Table(
            "other", Base.metadata, Column("id", Integer, primary_key=True), Column("name", String)
        )

        @hybrid_property
        def name(self):
            return "own"

    assert (Thing().name, Other().name) == ("loud", "own")
    assert sorted(inspect(Other).column_attrs.keys()) == ["id"]
