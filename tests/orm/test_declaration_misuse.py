"""What a class body can't mean is refused or warned of, where the oracle does so."""

import dataclasses
import warnings
from importlib import import_module
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from dovetail import ForeignKey, Integer
from dovetail.exc import ArgumentError, InvalidRequestError, MappedAnnotationError
from dovetail.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    MappedAsDataclass,
    WriteOnlyMapped,
    mapped_column,
    registry,
    relationship,
)

PACKAGES = ("dovetail", "sqlalchemy")


@pytest.fixture(params=PACKAGES)
def package(request):
    sa, orm = import_module(request.param), import_module(f"{request.param}.orm")
    return SimpleNamespace(
        sa=sa, orm=orm, exc=import_module(f"{request.param}.exc"), name=request.param
    )


def declared(package, body, annotations=(), *, base=None, mixins=()):
    """The class that *body* and *annotations* declare, under a base of its own."""
    if base is None:

        class Base(package.orm.DeclarativeBase):
            pass

        base = Base
    namespace = {
        "__tablename__": "thing",
        "__module__": __name__,
        "__annotations__": dict(annotations),
        "id": package.orm.mapped_column(package.sa.Integer, primary_key=True),
        **body(package),
    }
    return type("Thing", (*mixins, base), namespace)


PLAIN = {
    "no value": (lambda p: {}, {"other": int}),
    "a name that nobody knows": (lambda p: {}, {"other": "Nothing"}),
    "any": (lambda p: {}, {"other": Any}),
    "None": (lambda p: {"other": None}, {"other": int | None}),
    "a column": (lambda p: {"other": p.orm.mapped_column(p.sa.Integer)}, {"other": int}),
    "an expression": (lambda p: {"other": p.orm.column_property(p.sa.literal(1))}, {"other": int}),
    "a relationship": (lambda p: {"other": p.orm.relationship("Thing")}, {"other": "Thing"}),
}
LET_BE = {
    "a value": (lambda p: {"other": 5}, {"other": int}),
    "a Column": (lambda p: {"other": p.sa.Column(p.sa.Integer)}, {"other": int}),
    "a class variable": (lambda p: {}, {"other": ClassVar[int], "more": "ClassVar[int]"}),
    "where that is said": (lambda p: {"__allow_unmapped__": True}, {"other": int}),
}


@pytest.mark.parametrize(("body", "annotations"), PLAIN.values(), ids=PLAIN.keys())
def test_an_annotation_without_mapped_is_refused(package, body, annotations):
    with pytest.raises(package.exc.ArgumentError):
        declared(package, body, annotations)


@pytest.mark.parametrize(("body", "annotations"), LET_BE.values(), ids=LET_BE.keys())
def test_annotations_that_are_no_part_of_the_mapping(package, body, annotations):
    declared(package, body, annotations)


def test_annotations_of_mixins_and_bases_are_their_own_business(package):
    mixin = type("Mixin", (), {"__annotations__": {"other": int}})
    declared(package, lambda p: {}, mixins=(mixin,))
    declaring = {
        "__annotations__": {"other": int},
        "other": package.orm.mapped_column(package.sa.Integer),
    }
    with pytest.raises(package.exc.ArgumentError):
        declared(package, lambda p: {}, mixins=(type("Mixin", (), declaring),))


def test_the_error_says_how_to_write_it():
    class Base(DeclarativeBase):
        pass

    with pytest.raises(MappedAnnotationError, match=r"write size: Mapped\[int\]"):

        class Thing(Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            size: int


def test_a_column_without_type_and_annotation_is_refused(package):
    with pytest.raises(package.exc.ArgumentError):
        declared(package, lambda p: {"other": p.orm.mapped_column()})
    declared(package, lambda p: {"other": p.orm.mapped_column(p.sa.ForeignKey("thing.id"))})


# Inheritance ----------------------------------------------------------------------------------


def below(package, body):
    """A class below Thing, in its table, that *body* declares besides."""
    thing = declared(
        package,
        lambda p: {
            "kind": p.orm.mapped_column(p.sa.String(10)),
            "__mapper_args__": {"polymorphic_on": "kind", "polymorphic_identity": "thing"},
        },
    )
    namespace = {"__module__": __name__, "__mapper_args__": {"polymorphic_identity": "below"}}
    return type("Below", (thing,), {**namespace, **body})


def test_a_class_in_the_table_of_another_has_no_options_for_it(package):
    with pytest.raises(package.exc.ArgumentError):
        below(package, {"__table_args__": {"mysql_engine": "InnoDB"}})
    column = package.orm.mapped_column(package.sa.Integer, primary_key=True)
    with pytest.raises(package.exc.ArgumentError):
        below(package, {"second": column})


def test_what_is_mapped_to_a_select_is_given_no_columns(package):
    table = package.sa.Table(
        "base", package.sa.MetaData(), package.sa.Column("id", package.sa.Integer, primary_key=True)
    )

    class Base(package.orm.DeclarativeBase):
        pass

    class Thing(Base):
        __table__ = package.sa.select(table).subquery()

    with pytest.raises(package.exc.ArgumentError):

        class Below(Thing):
            other = package.orm.mapped_column(package.sa.String(5))


@pytest.mark.parametrize("decorator", ["declared_attr", "directive"])
def test_a_method_makes_mapper_options_for_each_class_below(package, decorator):
    declared_attr = package.orm.declared_attr
    make = declared_attr if decorator == "declared_attr" else declared_attr.directive

    @make
    def options(cls):
        own = {"polymorphic_identity": cls.__name__}
        return {**own, "polymorphic_on": "kind"} if cls.__name__ == "Thing" else own

    kind = package.orm.mapped_column(package.sa.String(10))
    thing = declared(package, lambda p: {"kind": kind, "__mapper_args__": options})
    below = type("Below", (thing,), {"__module__": __name__})

    assert below.__mapper__.polymorphic_identity == "Below"
    assert below.__mapper__.polymorphic_on is thing.__table__.c.kind


def test_a_mixin_gives_mapper_options_to_a_class_below(package):
    kind = package.orm.mapped_column(package.sa.String(10))
    thing = declared(
        package,
        lambda p: {
            "kind": kind,
            "__mapper_args__": {"polymorphic_on": "kind", "polymorphic_identity": "thing"},
        },
    )
    mixin = type("Mixin", (), {"__mapper_args__": {"polymorphic_identity": "mixed"}})
    mixed = type("Mixed", (mixin, thing), {"__module__": __name__})
    assert mixed.__mapper__.polymorphic_identity == "mixed"


# Names and keys -------------------------------------------------------------------------------


def test_a_property_that_is_no_column_is_no_primary_key(package):
    column = package.orm.mapped_column(package.sa.Integer)
    body = {
        "size": column,
        "larger": package.orm.column_property(column + 5),
        "__mapper_args__": {"primary_key": "larger"},
    }
    with pytest.raises(package.exc.ArgumentError):
        declared(package, lambda p: body)


def test_a_column_named_twice_is_warned_of(package):
    def body(p):
        return {name: p.orm.mapped_column("x", p.sa.Integer) for name in ("x", "z")}

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(package.exc.DuplicateColumnError):
            declared(package, body)
    assert [one for one in caught if "x, z" in str(one.message)]


def test_an_attribute_called_registry_is_warned_of(package):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = declared(package, lambda p: {"registry": {"foo": "bar"}})
    assert len(caught) == 1
    assert made.registry == {"foo": "bar"}


def test_a_base_has_its_types_in_one_place(package):
    with pytest.raises(package.exc.InvalidRequestError):

        class Base(package.orm.DeclarativeBase):
            registry = package.orm.registry()
            type_annotation_map: ClassVar = {int: package.sa.BigInteger}


def test_a_base_may_say_how_tables_of_others_are_called(package):
    class Base(package.orm.DeclarativeBase):
        @package.orm.declared_attr
        def __table__(cls):
            return package.sa.Table(
                cls.__name__.lower(),
                package.sa.MetaData(),
                package.sa.Column("id", package.sa.Integer, primary_key=True),
            )

    class Thing(Base):
        pass

    assert Thing.__table__.name == "thing"


def test_a_column_that_is_added_keeps_its_key(package):
    thing = declared(package, lambda p: {})
    thing.email = package.sa.Column(package.sa.String(5), key="_email")
    assert thing.__table__.c["_email"].name == "email"
    assert thing(email="a").email == "a"


def test_an_attribute_that_is_set_under_another_name_is_a_synonym(package):
    thing = declared(package, lambda p: {"size": p.orm.mapped_column(p.sa.Integer)})
    thing.extent = thing.size
    assert thing.extent.property is thing.size.property
    assert thing(extent=5).size == 5
    assert "extent" in thing.__mapper__.synonyms


def test_names_of_attributes_are_a_list(package):
    thing = declared(package, lambda p: {})
    assert thing.__mapper__.all_orm_descriptors.keys() == ["id"]
    assert thing.__mapper__.column_attrs.keys() == ["id"]


# Dataclasses ----------------------------------------------------------------------------------


class Data(MappedAsDataclass, DeclarativeBase):
    """A base that stays without classes: those below are refused."""


COLLECTIONS = {
    "another default": (Mapped[list["Data"]], lambda: [1]),
    "another class": (Mapped[set["Data"]], list),
    "write only": (WriteOnlyMapped["Data"], set),
    "dynamic": (DynamicMapped["Data"], set),
}


@pytest.mark.parametrize(("said", "factory"), COLLECTIONS.values(), ids=COLLECTIONS.keys())
def test_collections_of_dataclasses_begin_empty(said, factory):
    with pytest.raises(ArgumentError, match="default_factory="):

        class Thing(Data):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            others: said = relationship(default_factory=factory)


def test_no_instance_is_the_default_of_a_relationship(package):
    with pytest.raises(package.exc.ArgumentError):
        package.orm.relationship(default="not none")


def test_a_collection_has_no_default_of_none():
    mapping = registry()

    @mapping.mapped_as_dataclass
    class Thing:
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        others: Mapped[list["Thing"]] = relationship(default=None)
        thing_id: Mapped[int | None] = mapped_column(ForeignKey("thing.id"), default=None)

    with pytest.raises(ArgumentError, match="no dataclass default"):
        mapping.configure()


def test_dataclasses_declare_in_their_body():
    mapping = registry()
    with pytest.raises(InvalidRequestError, match="has a __table__"):

        @mapping.mapped_as_dataclass
        class Given:
            __table__ = "thing"

    with pytest.raises(InvalidRequestError, match="in the metadata of a field"):

        @mapping.mapped_as_dataclass
        class Fields:
            __tablename__ = "thing"
            __sa_dataclass_metadata_key__ = "sa"
            id: int = dataclasses.field(metadata={"sa": mapped_column(Integer, primary_key=True)})


def test_a_callable_default_of_a_dataclass_is_warned_of():
    mapping = registry()
    with pytest.warns(DeprecationWarning, match="default_factory= is called"):

        @mapping.mapped_as_dataclass
        class Thing:
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            made: Mapped[str] = mapped_column(default=lambda: "x")


def test_a_mixin_of_the_base_need_not_be_a_dataclass():
    class Stamped:
        stamp: Mapped[int] = mapped_column(Integer)

    class Base(DeclarativeBase, MappedAsDataclass, Stamped):
        pass

    class Other:
        other: Mapped[int] = mapped_column(Integer)

    with pytest.raises(InvalidRequestError, match="'other'"):

        class Thing(Other, Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)


@pytest.mark.parametrize("sisters", [False, True])
def test_a_class_has_one_mapped_base(sisters):
    class Base(DeclarativeBase):
        pass

    class One(Base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "one"}

    class Other(One if sisters else Base):
        __tablename__ = "other"
        id: Mapped[int] = mapped_column(ForeignKey("one.id"), primary_key=True)
        if sisters:
            __mapper_args__ = {"polymorphic_identity": "other"}

    class Plain(One):
        __mapper_args__ = {"polymorphic_identity": "plain"}

    with pytest.raises(InvalidRequestError, match="Both has several mapped bases, .* and Other"):

        class Both(Plain, Other):
            pass

    class Again(Plain, One):
        __mapper_args__ = {"polymorphic_identity": "again"}

    assert Again.__mapper__.inherits is Plain.__mapper__
