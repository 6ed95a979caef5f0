"""What annotations of a class body say of its columns and relationships."""

import enum
import uuid
from collections.abc import (
    Collection,
    Iterable,
    Mapping,
    MutableSequence,
    MutableSet,
    Sequence,
)
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Annotated, Any, ClassVar, List, Literal, Optional, Set  # noqa: UP035

import pytest
from typing_extensions import TypeAliasType

from dovetail import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Enum,
    ForeignKey,
    Integer,
    Numeric,
    String,
    Uuid,
    inspect,
    literal,
    select,
)
from dovetail.exc import AnnotatedPropertyError, ArgumentError, MappedAnnotationError
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    composite,
    mapped_column,
    relationship,
    synonym,
)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@pytest.fixture
def Base():
    class Base(DeclarativeBase):
        pass

    return Base


@pytest.mark.parametrize(
    ("annotation", "type_", "nullable"),
    [
        pytest.param(Mapped[int], Integer, False, id="int"),
        pytest.param(Mapped[str], String, False, id="str"),
        pytest.param(Mapped[int | None], Integer, True, id="int or None"),
        pytest.param(Mapped[Optional[int]], Integer, True, id="Optional"),  # noqa: UP045
        pytest.param(Mapped[date], Date, False, id="date"),
        pytest.param(Mapped[datetime], DateTime, False, id="datetime"),
        pytest.param(Mapped[Decimal], Numeric, False, id="Decimal"),
        pytest.param(Mapped[uuid.UUID], Uuid, False, id="UUID"),
        pytest.param(Mapped[Colour], Enum, False, id="Enum"),
        pytest.param(Mapped[Colour | None], Enum, True, id="Enum or None"),
        pytest.param(Mapped[Literal["a", "b"]], Enum, False, id="Literal"),
        pytest.param("Mapped[int | None]", Integer, True, id="text"),
        pytest.param("Mapped['int | None']", Integer, True, id="text in text"),
    ],
)
def test_an_annotation_gives_type_and_nullability(Base, annotation, type_, nullable):
    Thing = type(
        "Thing",
        (Base,),
        {
            "__tablename__": "thing",
            "__module__": __name__,
            "__annotations__": {"id": Mapped[int], "value": annotation},
            "id": mapped_column(primary_key=True),
        },
    )

    column = Thing.__table__.c.value

    assert isinstance(column.type, type_)
    assert column.nullable is nullable


def test_mapped_column_wins_over_the_annotation(Base):
    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
        value: Mapped[int | None] = mapped_column(nullable=False)
        text: Mapped[str] = mapped_column(String(7), nullable=True)

    columns = Thing.__table__.c

    assert isinstance(columns.id.type, BigInteger)
    assert columns.value.nullable is False
    assert columns.text.nullable is True
    assert columns.text.type.length == 7


def test_columns_stand_in_the_order_of_the_body(Base):
    class Thing(Base):
        __tablename__ = "thing"
        zeta: Mapped[int] = mapped_column(primary_key=True)
        alpha: Mapped[str]
        middle: Mapped[str | None]

    assert list(Thing.__table__.c.keys()) == ["zeta", "alpha", "middle"]


def test_class_variables_and_plain_attributes_are_not_mapped(Base):
    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        registry_of_things: ClassVar[dict] = {}
        limit = 5

    assert list(Thing.__table__.c.keys()) == ["id"]
    assert Thing.limit == 5


def test_annotated_is_a_template_that_each_class_copies(Base):
    key = Annotated[int, mapped_column(primary_key=True)]
    short = Annotated[str, mapped_column(String(5), index=True)]

    class One(Base):
        __tablename__ = "one"
        id: Mapped[key]
        code: Mapped[short]

    class Two(Base):
        __tablename__ = "two"
        id: Mapped[key]
        code: Mapped[short | None]

    assert One.__table__.c.id is not Two.__table__.c.id
    assert [table.c.code.type.length for table in (One.__table__, Two.__table__)] == [5, 5]
    assert (One.__table__.c.code.nullable, Two.__table__.c.code.nullable) == (False, True)
    assert {column.name for index in One.__table__.indexes for column in index.columns} == {"code"}


def test_annotated_with_a_foreign_key_serves_two_classes(Base):
    owner = Annotated[int, mapped_column(ForeignKey("owner.id"))]

    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Cat(Base):
        __tablename__ = "cat"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[owner]

    class Dog(Base):
        __tablename__ = "dog"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[owner]

    for class_ in (Cat, Dog):
        (foreign_key,) = class_.__table__.c.owner_id.foreign_keys
        assert foreign_key.column is Owner.__table__.c.id


def test_the_map_of_types_is_asked_first():
    text = Annotated[str, "text"]

    class Base(DeclarativeBase):
        type_annotation_map = {
            int: BigInteger,
            text: String(500),
            dict[str, Any]: JSON,
        }

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        body: Mapped[text]
        data: Mapped[dict[str, Any]]
        more: Mapped[dict[str, Any] | None]
        plain: Mapped[str]

    columns = Thing.__table__.c
    assert isinstance(columns.id.type, BigInteger)
    assert columns.body.type.length == 500
    assert isinstance(columns.data.type, JSON)
    assert columns.data.nullable is False
    assert isinstance(columns.more.type, JSON)
    assert columns.more.nullable is True
    assert columns.plain.type.length is None


def test_enum_members_are_stored_by_name(Base, engine, session, sql_log):
    class Car(Base):
        __tablename__ = "car"
        id: Mapped[int] = mapped_column(primary_key=True)
        colour: Mapped[Colour]
        size: Mapped[Literal["small", "large"]]

    Base.metadata.create_all(engine)
    session.add(Car(colour=Colour.RED, size="small"))
    session.commit()

    car = session.scalars(select(Car).where(Car.colour == Colour.RED)).one()

    assert (car.colour, car.size) == (Colour.RED, "small")
    assert session.connection().exec_driver_sql("SELECT colour FROM car").scalar() == "RED"


@pytest.mark.parametrize(
    ("annotation", "class_", "uselist"),
    [
        pytest.param(Mapped[list["Child"]], list, True, id="list"),  # noqa: F821
        pytest.param(Mapped[List["Child"]], list, True, id="typing.List"),  # noqa: F821, UP006
        pytest.param(Mapped[set["Child"]], set, True, id="set"),  # noqa: F821
        pytest.param(Mapped[Set["Child"]], set, True, id="typing.Set"),  # noqa: F821, UP006
        pytest.param(Mapped["list[Child]"], list, True, id="text of a list"),
        pytest.param("Mapped[set['Child']]", set, True, id="text of all"),
        pytest.param(Mapped["Child"], None, False, id="one"),
        pytest.param(Mapped["Child | None"], None, False, id="one or None"),
        pytest.param(Mapped[Optional["Child"]], None, False, id="optional"),  # noqa: F821
    ],
)
def test_an_annotation_gives_target_and_collection(Base, annotation, class_, uselist):
    Parent = type(
        "Parent",
        (Base,),
        {
            "__tablename__": "parent",
            "__module__": __name__,
            "__annotations__": {"id": Mapped[int], "related": annotation},
            "id": mapped_column(primary_key=True),
            "related": relationship(),
        },
    )

    class Child(Base):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))

    Base.registry.configure()

    related = Parent().related
    assert Parent.__mapper__.relationships["related"].mapper.class_ is Child
    assert Parent.__mapper__.relationships["related"].uselist is uselist
    assert related is None if class_ is None else isinstance(related, class_)


# Names of classes that each test declares: F821 takes them for names that are missing.
ABSTRACT = [
    Sequence["Child"],  # noqa: F821
    MutableSequence["Child"],  # noqa: F821
    Collection["Child"],  # noqa: F821
    Iterable["Child"],  # noqa: F821
    MutableSet["Child"],  # noqa: F821
    Mapping[str, "Child"],  # noqa: F821
]


@pytest.mark.parametrize("annotation", ABSTRACT, ids=lambda each: each.__name__)
def test_a_collection_that_nobody_can_make_is_refused(Base, annotation):
    with pytest.raises(ArgumentError, match=r"Parent\.related is annotated as a") as raised:

        class Parent(Base):
            __tablename__ = "parent"
            id: Mapped[int] = mapped_column(primary_key=True)
            related: Mapped[annotation] = relationship()

    assert "collection_class=list" in raised.value.hint


def test_the_class_of_a_collection_may_be_said_apart_from_its_annotation(Base):
    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        related: Mapped[Sequence["Child"]] = relationship(collection_class=list)

    class Child(Base):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))

    assert Parent().related == []


def test_a_relationship_to_no_class_is_refused_where_it_is_declared(Base):
    with pytest.raises(ArgumentError, match=r"Parent\.related does not say which class"):

        class Parent(Base):
            __tablename__ = "parent"
            id: Mapped[int] = mapped_column(primary_key=True)
            related = relationship()


@pytest.mark.parametrize(
    "declared",
    [relationship(), column_property(literal(1)), synonym("id"), composite("id")],
    ids=lambda each: type(each).__name__,
)
def test_an_annotated_type_carries_no_declaration_but_that_of_a_column(Base, declared):
    with pytest.raises(AnnotatedPropertyError, match=r"Thing\.value.*carries a") as raised:

        class Thing(Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            value: Mapped[Annotated[int, declared]]

    assert isinstance(raised.value, NotImplementedError)
    assert "value: Mapped[…] = …" in raised.value.hint


def test_an_annotation_without_a_type_says_so(Base):
    with pytest.raises(Exception, match="value"):

        class Thing(Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            value: Mapped[object]


class Kilogram(Decimal):
    """A class whose instances no row gives."""


def test_a_class_that_derives_from_one_with_a_type_has_none_itself(Base):
    with pytest.raises(MappedAnnotationError, match=r"Kilogram.*Parcel\.weight"):

        class Parcel(Base):
            __tablename__ = "parcel"
            id: Mapped[int] = mapped_column(primary_key=True)
            weight: Mapped[Kilogram]


def test_such_a_class_has_the_type_that_it_is_given(Base):
    Base.registry.update_type_annotation_map({Kilogram: Numeric(5, 1)})

    class Parcel(Base):
        __tablename__ = "parcel"
        id: Mapped[int] = mapped_column(primary_key=True)
        weight: Mapped[Kilogram]
        size: Mapped[Kilogram] = mapped_column(Integer)

    assert Parcel.__table__.c.weight.type.precision == 5
    assert isinstance(Parcel.__table__.c.size.type, Integer)


def test_a_frame_that_evaluates_an_annotation_has_no_names_of_python_s_own(Base):
    with pytest.raises(MappedAnnotationError) as caught:

        class Thing(Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            value: "Mapped[1 / 0]"

    trace = caught.value.__cause__.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    assert trace.tb_frame.f_code.co_filename == "<string>"
    with pytest.raises(KeyError):
        trace.tb_frame.f_locals["__tracebackhide__"]


class Size(enum.Enum):
    SMALL = 1
    LARGE = 2


Word = TypeAliasType("Word", str)
Maybe = TypeAliasType("Maybe", str | None)
Template = Annotated[
    str, mapped_column(String(9), index=True, default="q", deferred=True, sort_order=1)
]
EVERY_ANNOTATION = {
    "number": float,
    "word": Word,
    "maybe_word": Word | None,
    "maybe": Maybe,
    "template": Template,
    "maybe_template": Template | None,
    "size": Size,
    "nested": Annotated[Annotated[str, "of no meaning here"], "nor this"],
}


def test_aliases_templates_and_enums_give_what_they_give_to_the_oracle():
    found = []
    for package in ("dovetail", "sqlalchemy"):
        sa, orm = import_module(package), import_module(f"{package}.orm")
        mapping = {
            name: Annotated[str, orm.mapped_column(sa.String(9), index=True, deferred=True)]
            if annotation is Template else annotation
            for name, annotation in EVERY_ANNOTATION.items() if name != "maybe_template"
        }  # fmt: skip
        if package == "sqlalchemy":
            # It looks one storey deep alone.
            mapping["nested"] = str
        base = type(
            "Base",
            (orm.DeclarativeBase,),
            {
                "type_annotation_map": {
                    Word: sa.String(7),
                    enum.Enum: sa.Enum(enum.Enum, native_enum=False, length=40),
                }
            },
        )
        body = {
            "__tablename__": "a",
            "__module__": __name__,
            "__annotations__": {name: orm.Mapped[one] for name, one in mapping.items()},
            "id": orm.mapped_column(sa.Integer, primary_key=True),
            "template": orm.mapped_column(sa.String(3), nullable=True),
        }
        table = type("A", (base,), body).__table__
        found.append(
            [
                (c.name, type(c.type).__name__, getattr(c.type, "length", None), c.nullable,
                 c.index, getattr(c.type, "native_enum", None))
                for c in table.c
            ]
        )  # fmt: skip
    assert sorted(found[0], key=repr) == sorted(found[1], key=repr)


def test_a_template_hands_on_how_it_is_loaded(Base):
    class Note(Base):
        __tablename__ = "note"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[Template]
        named: Mapped[Template] = mapped_column("other")

    attrs = inspect(Note).column_attrs
    assert [attrs[name].deferred for name in ("id", "text", "named")] == [False, True, True]
    assert [c.name for c in Note.__table__.c] == ["id", "text", "other"]
    assert Note.__table__.c.other.default.arg == "q"


Nested = dict[str, "Nested"]
Status = Literal["open", "closed"]
Number = TypeAliasType("Number", int | float)
Same = TypeAliasType("Same", Number)
Perhaps = float | Decimal | None


class Role(enum.Enum):
    outer = 1


def test_the_map_of_types_is_asked_for_every_form_of_a_type():
    class Base(DeclarativeBase):
        type_annotation_map: ClassVar = {
            Nested: JSON(),
            Status: Enum(enum.Enum, length=30, native_enum=False),
            Number: Numeric(10, 5),
            Perhaps: Numeric(10, 2),
        }

    class A(Base):
        __tablename__ = "a"

        class Role(enum.Enum):
            inner = 1

        id: Mapped[int] = mapped_column(primary_key=True)
        nested: Mapped[Nested | None]
        status: Mapped[Status]
        number: Mapped[Number]
        same: Mapped[Same]
        union: Mapped[float | Decimal]
        perhaps: "Mapped[Decimal | float | None]"
        role: "Mapped[Role]"

    types = {column.name: column.type for column in A.__table__.c}
    assert isinstance(types["nested"], JSON)
    assert A.__table__.c.nested.nullable
    assert (types["status"].enums, types["status"].length) == (["open", "closed"], 30)
    assert [types[name].precision for name in ("number", "same", "union", "perhaps")] == [10] * 4
    assert [types[name].scale for name in ("number", "same", "union", "perhaps")] == [5, 5, 2, 2]
    assert types["role"].enum_class is A.Role


def test_a_type_that_names_itself_and_is_not_in_the_map_is_refused():
    class Base(DeclarativeBase):
        pass

    with pytest.raises(MappedAnnotationError, match=r"A\.nested"):

        class A(Base):
            __tablename__ = "a"
            id: Mapped[int] = mapped_column(primary_key=True)
            nested: Mapped[Nested]
