"""Mapped classes that are dataclasses: the same programs run here and with the oracle."""

import dataclasses
import inspect
import pickle
from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import BigInteger, Column, ForeignKey, Integer, String, create_engine, select
from dovetail.exc import ArgumentError, InvalidRequestError, SADeprecationWarning
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Session,
    column_property,
    composite,
    deferred,
    mapped_as_dataclass,
    mapped_column,
    registry,
    relationship,
    synonym,
    unmapped_dataclass,
)


def world(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")
    Mapped, mapped_column, relationship = orm.Mapped, orm.mapped_column, orm.relationship

    class Base(orm.MappedAsDataclass, orm.DeclarativeBase):
        pass

    class Stamped(orm.MappedAsDataclass):
        made: Mapped[int] = mapped_column(default=5, init=False)
        tag: Mapped[str | None] = mapped_column(default=None, kw_only=True)

    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        name: Mapped[str]
        size: Mapped[int] = mapped_column(default=3)
        weight: Mapped[int] = mapped_column(insert_default=7, init=False)
        label: Mapped[str] = mapped_column(default_factory=lambda: "x")
        things: Mapped[list["Thing"]] = relationship(
            default_factory=list, back_populates="owner", repr=False, order_by="Thing.id"
        )
        made_there: Mapped[str | None] = mapped_column(
            sa.String(10), server_default="sd", init=False
        )

    class Thing(Stamped, Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(init=False, primary_key=True, repr=False)
        owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("owner.id"), default=None)
        owner: Mapped[Owner | None] = relationship(
            back_populates="things", default=None, repr=False
        )

    class Strict(Base, kw_only=True, repr=False, eq=False):
        __tablename__ = "strict"
        id: Mapped[int] = mapped_column(primary_key=True)
        x: Mapped[int]
        word: dataclasses.InitVar[str]
        shout: Mapped[str] = mapped_column(init=False)

        def __post_init__(self, word):
            self.shout = word.upper()

    reg = orm.registry(metadata=Base.metadata)

    @reg.mapped_as_dataclass(order=True, unsafe_hash=True)
    class Ordered:
        __tablename__ = "ordered"
        id: Mapped[int] = mapped_column(primary_key=True)
        x: Mapped[int] = mapped_column(default=1, compare=False)
        extra: int = 4

    # Before a class is collected, which others would miss that configure all mappings there are.
    Base.registry.configure()
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    return SimpleNamespace(
        sa=sa, s=orm.Session(engine), engine=engine, Owner=Owner, Thing=Thing, Strict=Strict,
        Ordered=Ordered,
    )  # fmt: skip


def parameters(w):
    for class_ in (w.Owner, w.Thing, w.Strict, w.Ordered):
        found = inspect.signature(class_.__init__).parameters.values()
        yield [(p.name, p.kind.name, p.default is p.empty) for p in found]
        yield [field.name for field in dataclasses.fields(class_)]


def new_ones(w):
    yield w.Owner("x"), w.Owner("x") == w.Owner("x"), w.Owner("x") == w.Owner("y")
    yield sorted(w.Owner("x").__dict__.keys() - {"_sa_instance_state"})
    owner = w.Owner("y", things=[w.Thing(tag="q")])
    yield owner, owner.things, owner.things[0].owner is owner
    yield w.Thing(owner=owner), len(owner.things)
    yield w.Ordered(1) < w.Ordered(2), hash(w.Ordered(1)) == hash(w.Ordered(1, 2)), w.Ordered(1)
    strict = w.Strict(id=1, x=2, word="a")
    yield strict.shout, strict == w.Strict(id=1, x=2, word="a")
    for call in (w.Owner, lambda: w.Strict(1, 2, "x"), lambda: w.Owner("x", nothing=1)):
        try:
            call()
        except TypeError as error:
            yield str(error).partition("__init__")[2]


def stored(w):
    w.s.add(w.Owner("y", things=[w.Thing(tag="q"), w.Thing()]))
    w.s.add(w.Thing(owner_id=1, tag="by key"))
    w.s.commit()
    owner = w.s.scalars(w.sa.select(w.Owner)).one()
    yield owner, [(thing.made, thing.tag) for thing in owner.things]
    w.s.expunge_all()
    yield w.s.get(w.Owner, 1)
    w.s.add(w.Ordered(9))
    w.s.commit()
    yield w.s.get(w.Ordered, 9).x


@pytest.mark.parametrize("scenario", [parameters, new_ones, stored], ids=lambda it: it.__name__)
def test_the_same_as_the_oracle(scenario):
    told = []
    for package in ("dovetail", "sqlalchemy"):
        w = world(package)
        told.append([repr(one).replace(f"{package}.", "") for one in scenario(w)])
        w.s.close()
        w.engine.dispose()
    assert told[0] == told[1]
    assert told[0]


class Base(MappedAsDataclass, DeclarativeBase):
    pass


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Spot(Base):
    __tablename__ = "spot"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    at: Mapped[Point] = composite(mapped_column("at_x"), mapped_column("at_y"))
    name: Mapped[str] = mapped_column(default="here")
    alias: Mapped[str] = synonym("name", init=False, repr=False, compare=False)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("spot.id"), init=False)
    below: Mapped[set["Spot"]] = relationship(default_factory=set, repr=False, compare=False)

    __hash__ = object.__hash__


def test_a_composite_and_a_synonym_in_a_dataclass(session, engine):
    Base.metadata.create_all(engine)
    spot = Spot(Point(1, 2), below={Spot(Point(3, 4), "there")})
    assert repr(spot) == "Spot(id=None, at=Point(x=1, y=2), name='here', parent_id=None)"
    session.add(spot)
    session.commit()
    found = session.scalars(select(Spot).where(Spot.at == Point(3, 4))).one()
    assert (found.alias, found.parent_id, spot.below) == ("there", spot.id, {found})
    twin = pickle.loads(pickle.dumps(found))
    assert (twin.at, twin.name) == (Point(3, 4), "there")


def test_what_was_not_given_is_not_written(session, engine, sql_log):
    Base.metadata.create_all(engine)
    spot = Spot(Point(1, 2))
    assert (spot.name, "name" in spot.__dict__) == ("here", False)
    session.add(spot)
    session.flush()
    assert spot.name == "here"
    sql_log.clear()
    session.flush()
    assert sql_log.statements == []


def test_mixins_are_dataclasses_too():
    own = registry()

    @unmapped_dataclass
    class Named:
        name: Mapped[str] = mapped_column(default="n")

    @mapped_as_dataclass(own, kw_only=True)
    class Place(Named):
        __tablename__ = "place"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert repr(Place(id=1)).endswith("Place(name='n', id=1)")
    assert sorted(Place.__table__.c.keys()) == ["id", "name"]


def test_mistakes_are_told():
    class Plain:
        z: Mapped[int] = mapped_column(default=9)

    with pytest.raises(InvalidRequestError, match="attribute 'z' from Plain, which is none"):

        class One(Plain, Base):
            __tablename__ = "one"
            id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(InvalidRequestError, match="Two can't be a dataclass: non-default"):

        class Two(Base):
            __tablename__ = "two"
            id: Mapped[int] = mapped_column(primary_key=True, default=1)
            x: Mapped[int]

    class Ordinary(DeclarativeBase):
        pass

    with pytest.raises(ArgumentError, match=r"Three\.id: init= configures a mapped dataclass"):

        class Three(Ordinary):
            __tablename__ = "three"
            id: Mapped[int] = mapped_column(primary_key=True, init=False)


@dataclasses.dataclass(frozen=True)
class Fixed:
    x: int | None
    y: int | None


def test_the_default_of_a_composite_is_written_into_its_columns():
    class Local(MappedAsDataclass, DeclarativeBase):
        pass

    class Pin(Local):
        __tablename__ = "pin"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        at: Mapped[Fixed] = composite(mapped_column("a"), mapped_column("b"), default=Fixed(1, 2))
        to: Mapped[Fixed | None] = composite(mapped_column("c"), mapped_column("d"), default=None)
        by: Mapped[Fixed] = composite(
            mapped_column("e"), mapped_column("f"), init=False, default=Fixed(3, 4)
        )

    pin = Pin()

    assert str(inspect.signature(Pin)) == "(at=Fixed(x=1, y=2), to=None)"
    assert (pin.at, pin.to, pin.by) == (Fixed(1, 2), None, Fixed(3, 4))
    assert (pin.a, pin.b, pin.c, pin.d, pin.e, pin.f) == (1, 2, None, None, 3, 4)
    assert Pin(to=Fixed(5, 6)).c == 5

    with pytest.raises(InvalidRequestError, match="mutable default") as caught:

        class Other(Local):
            __tablename__ = "other"
            id: Mapped[int] = mapped_column(init=False, primary_key=True)
            at: Mapped[Point] = composite(
                mapped_column("a"), mapped_column("b"), default=Point(1, 2)
            )

    assert caught.value.hint == "use default_factory="


def test_a_callable_default_is_the_value_itself():
    class Local(MappedAsDataclass, DeclarativeBase):
        pass

    def make():
        return 3

    with pytest.warns(SADeprecationWarning, match="default_factory="):

        class Made(Local):
            __tablename__ = "made"
            id: Mapped[int] = mapped_column(init=False, primary_key=True)
            x: Mapped[int] = mapped_column(default=make)
            y: Mapped[int] = mapped_column(default=make, init=False)

    assert (Made().x, Made().y) == (make, None)
    assert [field.default for field in dataclasses.fields(Made)[1:]] == [make, make]


def test_without_a_constructor_of_its_own_a_class_takes_keywords():
    class Local(MappedAsDataclass, DeclarativeBase):
        pass

    class Keyed(Local, init=False):
        __tablename__ = "keyed"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(default="n")

    assert (Keyed(id=3).id, Keyed(id=3).name, Keyed(name="m").name) == (3, "n", "m")


def test_what_column_property_maps_is_not_given():
    class Local(MappedAsDataclass, DeclarativeBase):
        pass

    class Shown(Local):
        __tablename__ = "shown"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        read: Mapped[int] = column_property(Column("read", Integer), default=4)
        given: Mapped[int] = column_property(Column("given", Integer), init=True)
        late: Mapped[int] = deferred(Column("late", Integer))

    assert list(inspect.signature(Shown).parameters) == ["given", "late"]
    assert repr(Shown(1, 2)).endswith("Shown(id=None, read=4, given=1, late=2)")


@pytest.mark.parametrize(
    ("own", "says"),
    [({"default": 7}, "has the default 7"), ({}, "has none"), ({"init": False}, "has none")],
)
def test_a_synonym_has_the_default_of_what_it_stands_for(own, says):
    class Local(MappedAsDataclass, DeclarativeBase):
        pass

    with pytest.raises(ArgumentError, match=f"One.other has the default 10, and size.* {says}"):

        class One(Local):
            __tablename__ = "one"
            id: Mapped[int] = mapped_column(init=False, primary_key=True)
            size: Mapped[int] = mapped_column(**own)
            other: Mapped[int] = synonym("size", default=10)

    class Two(Local):
        __tablename__ = "two"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        size: Mapped[int] = mapped_column(default=10, init=False)
        other: Mapped[int] = synonym("size", default=10, init=False)
        third: Mapped[int] = synonym("other", default=10)

    assert (Two().size, Two(third=4).size) == (10, 4)


def test_one_default_is_enough():
    with pytest.raises(ArgumentError, match="default= or insert_default=, not both"):
        mapped_column(default=1, insert_default=2)
    with pytest.raises(ArgumentError, match="default= or insert_default=, which are one"):
        Column("x", Integer, default=1, insert_default=2)


@pytest.mark.parametrize("make", [registry().mapped_as_dataclass, unmapped_dataclass])
def test_slots_are_refused(make):
    with pytest.raises(TypeError, match="unexpected keyword argument 'slots'"):
        make(slots=True)


def written_defaults(package):
    """What instances of classes that write their defaults have, by one package."""
    sa, orm = import_module(package), import_module(f"{package}.orm")
    Mapped, mapped_column = orm.Mapped, orm.mapped_column

    class Local(orm.MappedAsDataclass, orm.DeclarativeBase):
        _sa_disable_descriptor_defaults = True

    class Room(Local):
        __tablename__ = "room"
        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[int] = mapped_column(default=3)
        kind: Mapped[str] = mapped_column(default="plain", init=False)
        hall_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hall.id"), default=None)
        hall: Mapped["Hall"] = orm.relationship(default=None, back_populates="rooms")

    class Hall(Local):
        __tablename__ = "hall"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(default="large")
        rooms: Mapped[list[Room]] = orm.relationship(
            default_factory=list, back_populates="hall", cascade="all, delete-orphan"
        )
        title: Mapped[str] = orm.synonym("name", default="small")

    class Bare(Local, init=False):
        __tablename__ = "bare"
        id: Mapped[int] = mapped_column(primary_key=True)
        word: Mapped[str] = mapped_column(default="none")

    yield {name: value for name, value in vars(Room(1)).items() if name != "_sa_instance_state"}
    yield inspect.signature(Room).parameters["size"].default, Bare(id=1).word, Hall(1).name
    engine = sa.create_engine("sqlite://")
    Local.metadata.create_all(engine)
    with orm.Session(engine) as session:
        hall = Hall(1, rooms=[Room(1, size=9)])
        session.add(hall)
        session.flush()
        child = Room(2, hall_id=1)
        session.add(child)
        session.flush()
        yield child.hall
        session.merge(Hall(1))
        yield hall.rooms
    engine.dispose()


def test_a_class_may_write_its_defaults_into_new_instances():
    here, there = (list(written_defaults(package)) for package in ("dovetail", "sqlalchemy"))

    assert here == there
    assert here[0]["kind"] == "plain"


def annotations_handed_over(package):
    orm = import_module(f"{package}.orm")
    told = []

    def make(class_, **options):
        told.append(dict(class_.__annotations__))
        return dataclasses.dataclass(class_, **options)

    @orm.registry().mapped_as_dataclass(dataclass_callable=make)
    class One:
        __tablename__ = "one"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        size: orm.Mapped[int | None] = orm.mapped_column(default=None)
        extra: str = "x"

    yield {name: said == orm.Mapped[int | None] for name, said in told[0].items()}
    yield {field.name: field.type == One.__annotations__[field.name] for field in
           dataclasses.fields(One)}  # fmt: skip


def test_fields_have_the_annotations_of_the_class():
    here, there = (list(annotations_handed_over(name)) for name in ("dovetail", "sqlalchemy"))

    assert here == there
    assert here[0] == {"id": False, "size": True, "extra": False}


def test_a_maker_of_dataclasses_that_validates_keeps_its_constructor():
    pydantic = pytest.importorskip("pydantic")

    class Local(
        MappedAsDataclass, DeclarativeBase, dataclass_callable=pydantic.dataclasses.dataclass
    ):
        pass

    class Room(Local):
        __tablename__ = "room"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        size: Mapped[int]
        floor: Mapped[int | None] = mapped_column(default=2)
        given: dataclasses.InitVar[int] = 5

        def __post_init__(self, given):
            self.size += given

    engine = create_engine("sqlite://")
    Local.metadata.create_all(engine)
    with Session(engine) as session:
        room = Room(size="3", given=4)
        assert (room.size, room.floor, "floor" in vars(room)) == (7, 2, False)
        session.add(room)
        session.commit()
        assert (room.size, room.floor) == (7, 2)
        room.size = 8
        session.commit()
        assert session.get(Room, room.id).size == 8
    assert Room(size=1, floor=None).floor is None
    for wrong in ({"size": "x"}, {"size": 1, "floor": []}, {}):
        with pytest.raises(pydantic.ValidationError):
            Room(**wrong)
    engine.dispose()


def test_the_constructor_of_another_maker_is_called():
    called = []

    def make(class_, **options):
        made = dataclasses.dataclass(class_, **options)
        given = made.__init__

        def constructor(self, *args, **named):
            called.append((args, named))
            given(self, *args, **named)

        made.__init__ = constructor
        return made

    @mapped_as_dataclass(registry(), dataclass_callable=make)
    class One:
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[int] = mapped_column(default=3)
        word: Mapped[str] = mapped_column(default_factory=lambda: "w")

    one = One(1)
    assert (one.id, one.size, one.word, "size" in vars(one)) == (1, 3, "w", False)
    assert called == [((1,), {})]


def test_columns_stand_in_the_order_of_the_body():
    class Base(MappedAsDataclass, DeclarativeBase):
        pass

    class Stamped(MappedAsDataclass, kw_only=True):
        made_by: Mapped[str] = mapped_column(String(10))
        made_in: Mapped[str | None] = mapped_column(default=None)
        made_at: Mapped[int]

    class Item(Stamped, Base, kw_only=True):
        __tablename__ = "item"
        note: Mapped[str | None] = mapped_column(default=None)
        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[int]
        name: Mapped[str] = mapped_column(String(5))
        price: Mapped[int] = mapped_column(BigInteger, default=4)
        plain = mapped_column(Integer)
        nothing = None

        def shown(self):
            return self.name

    expected = ["note", "id", "size", "name", "price", "plain", "made_by", "made_in", "made_at"]
    assert [column.name for column in Item.__table__.c] == expected
    assert list(Item.__mapper__.column_attrs.keys()) == expected
    assert Item.nothing is None
    item = Item(id=1, size=2, name="x", made_by="me", made_at=3)
    assert (item.shown(), item.price, item.note) == ("x", 4, None)
