"""Collections of classes of the user's own, compared with the oracle."""

import pickle
from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import ForeignKey
from dovetail.exc import MappingError
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship
from dovetail.orm.collections import collection, collection_adapter


class Bag:
    """Like a list, by the names of its methods."""

    def __init__(self):
        self.data = []

    def append(self, item):
        self.data.append(item)

    def remove(self, item):
        self.data.remove(item)

    def extend(self, items):
        self.data.extend(items)

    def __iter__(self):
        return iter(self.data)

    def __len__(self):
        return len(self.data)


def marked(collection):
    """A class that is like nothing, with its methods marked; made anew for each package."""

    class Pile:
        __emulates__ = None

        def __init__(self):
            self.data = []

        @collection.appender
        def put(self, item):
            self.data.append(item)

        @collection.remover
        def take(self, item):
            self.data.remove(item)

        @collection.iterator
        def all(self):
            return iter(self.data)

        @collection.removes_return()
        def last(self):
            return self.data.pop() if self.data else None

        @collection.adds("item")
        def put_at(self, place, item):
            self.data.insert(place, item)

        @collection.replaces(2)
        def exchange(self, place, item):
            old, self.data[place] = self.data[place], item
            return old

        @collection.removes(1)
        def drop(self, item):
            self.data.remove(item)

        @collection.internally_instrumented
        def put_all(self, items):
            for item in items:
                self.put(item)

        def __iter__(self):
            return iter(self.data)

        def __len__(self):
            return len(self.data)

    return Pile


class Emulating:
    """A set by what it says."""

    __emulates__ = set

    def __init__(self):
        self.data = {}

    def add(self, item):
        self.data[id(item)] = item

    def discard(self, item):
        self.data.pop(id(item), None)

    remove = discard

    def __iter__(self):
        return iter(self.data.values())


class Counting(list):
    """A list that has its own way of appending."""

    def __init__(self, *items):
        super().__init__(*items)
        self.count_of_appends = 0

    def append(self, item):
        self.count_of_appends += 1
        super().append(item)


def world(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")
    marks = import_module(f"{package}.orm.collections").collection

    class Base(orm.DeclarativeBase):
        def __repr__(self):
            return f"{type(self).__name__}{self.__dict__.get('id')}"

    def to_many(name, kind):
        return orm.relationship(
            "Part", collection_class=kind, primaryjoin=f"Part.{name}_id == Whole.id",
            foreign_keys=f"Part.{name}_id", back_populates=name, order_by="Part.id",
        )  # fmt: skip

    class Whole(Base):
        __tablename__ = "whole"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        bag_parts = to_many("bag", Bag)
        pile_parts = to_many("pile", marked(marks))
        set_parts = to_many("set", Emulating)
        list_parts = to_many("list", Counting)

    def to_one(name):
        return orm.relationship(
            "Whole", foreign_keys=f"Part.{name}_id", back_populates=f"{name}_parts",
            primaryjoin=f"Part.{name}_id == Whole.id",
        )  # fmt: skip

    class Part(Base):
        __tablename__ = "part"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        bag_id = orm.mapped_column(sa.Integer, nullable=True)
        pile_id = orm.mapped_column(sa.Integer, nullable=True)
        set_id = orm.mapped_column(sa.Integer, nullable=True)
        list_id = orm.mapped_column(sa.Integer, nullable=True)
        bag, pile, set, list = to_one("bag"), to_one("pile"), to_one("set"), to_one("list")

    for name in ("bag", "pile", "set", "list"):
        getattr(Whole, f"{name}_parts").property.back_populates = name
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    return SimpleNamespace(
        sa=sa, orm=orm, s=orm.Session(engine), engine=engine, Whole=Whole, Part=Part
    )


def a_bag(w):
    whole, part, other = w.Whole(id=1), w.Part(id=1), w.Part(id=2)
    whole.bag_parts.append(part)
    yield part.bag, whole.bag_parts.data
    other.bag = whole
    yield whole.bag_parts.data
    whole.bag_parts.remove(part)
    yield part.bag, whole.bag_parts.data
    third = w.Part(id=3)
    whole.bag_parts.extend([third])
    yield third.bag, whole.bag_parts.data
    whole.bag_parts = [part]
    yield other.bag, whole.bag_parts.data, isinstance(whole.bag_parts, Bag)


def a_pile(w):
    whole, parts = w.Whole(id=1), [w.Part(id=n) for n in range(5)]
    whole.pile_parts.put(parts[0])
    whole.pile_parts.put_at(0, parts[1])
    whole.pile_parts.put_at(0, item=parts[2])
    yield whole.pile_parts.data, [part.pile for part in parts]
    yield whole.pile_parts.last(), whole.pile_parts.data, [part.pile for part in parts]
    yield whole.pile_parts.exchange(0, parts[3]), [part.pile for part in parts]
    whole.pile_parts.take(parts[3])
    whole.pile_parts.drop(parts[1])
    yield whole.pile_parts.data, [part.pile for part in parts], whole.pile_parts.last()
    whole.pile_parts.put_all(parts)
    parts[4].pile = None
    yield whole.pile_parts.data, [part.pile for part in parts]
    pile = type(w.Whole().pile_parts)()
    pile.put(parts[2])
    whole.pile_parts = pile
    yield [part.pile for part in parts]


def a_set(w):
    whole, part, other = w.Whole(id=1), w.Part(id=1), w.Part(id=2)
    whole.set_parts.add(part)
    other.set = whole
    yield list(whole.set_parts), part.set
    whole.set_parts.discard(part)
    yield list(whole.set_parts), part.set
    whole.set_parts = {part}
    yield list(whole.set_parts), other.set
    try:
        whole.set_parts = [part]
    except TypeError:
        yield "TypeError"


def a_list(w):
    whole, parts = w.Whole(id=1), [w.Part(id=n) for n in range(3)]
    whole.list_parts.append(parts[0])
    parts[1].list = whole
    whole.list_parts.extend([parts[2]])
    yield whole.list_parts, [part.list for part in parts], whole.list_parts.count_of_appends
    del whole.list_parts[0]
    yield whole.list_parts, [part.list for part in parts]


def stored(w):
    parts = [w.Part(id=n) for n in range(1, 5)]
    whole = w.Whole(id=1, bag_parts=parts[:2], set_parts={parts[2]}, list_parts=[parts[3]])
    whole.pile_parts.put(parts[3])
    w.s.add(whole)
    w.s.commit()
    w.s.expunge_all()
    whole = w.s.get(w.Whole, 1)
    yield whole.bag_parts.data, list(whole.set_parts), whole.pile_parts.data, whole.list_parts
    yield whole.list_parts.count_of_appends
    whole.bag_parts.remove(whole.bag_parts.data[0])
    history = w.sa.inspect(whole).attrs.bag_parts.history
    yield list(history.added), list(history.unchanged), list(history.deleted)
    w.s.commit()
    yield [part.id for part in whole.bag_parts]
    w.s.expunge_all()
    whole = w.s.scalars(
        w.sa.select(w.Whole).options(
            w.orm.joinedload(w.Whole.bag_parts), w.orm.selectinload(w.Whole.pile_parts)
        )
    ).unique()
    yield [(one.bag_parts.data, one.pile_parts.data) for one in whole]


@pytest.mark.parametrize(
    "scenario", [a_bag, a_pile, a_set, a_list, stored], ids=lambda it: it.__name__
)
def test_the_same_as_the_oracle(scenario):
    told = []
    for package in ("dovetail", "sqlalchemy"):
        w = world(package)
        told.append([repr(one) for one in scenario(w)])
        w.s.close()
        w.engine.dispose()
    assert told[0] == told[1]
    assert told[0]


class Converting(list):
    @collection.converter
    def members(self, value):
        return value.values() if isinstance(value, dict) else value


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Volume"]] = relationship(collection_class=Bag)
    counted: Mapped[list["Volume"]] = relationship(collection_class=Counting, viewonly=True)


class Volume(Base):
    __tablename__ = "volume"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelf.id"))


def test_they_survive_pickle(session, engine):
    Base.metadata.create_all(engine)
    session.add(Shelf(id=1, books=[Volume(id=1), Volume(id=2)]))
    session.commit()
    shelf = session.get(Shelf, 1)
    assert (len(shelf.books), len(shelf.counted)) == (2, 2)
    twin = pickle.loads(pickle.dumps(shelf))
    assert isinstance(twin.books, Bag)
    assert [volume.id for volume in twin.books] == [1, 2]
    assert [volume.id for volume in twin.counted] == [1, 2]
    twin.books.append(Volume(id=3))
    session.merge(twin)
    session.commit()
    assert sorted(volume.id for volume in shelf.books) == [1, 2, 3]


class Limited(list):
    def __init__(self, most):
        super().__init__()
        self.most = most

    def append(self, item):
        if len(self) >= self.most:
            raise ValueError("full")
        super().append(item)


def test_a_function_makes_them_as_it_likes():
    class Own(DeclarativeBase):
        pass

    class Box(Own):
        __tablename__ = "box"
        id: Mapped[int] = mapped_column(primary_key=True)
        things: Mapped[list["Thing"]] = relationship(
            collection_class=lambda: Limited(1), back_populates="box"
        )

    class Thing(Own):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        box_id: Mapped[int] = mapped_column(ForeignKey("box.id"))
        box: Mapped[Box] = relationship(back_populates="things")

    box = Box()
    box.things.append(Thing(id=1))
    assert (box.things.most, box.things[0].box) == (1, box)
    with pytest.raises(ValueError, match="full"):
        box.things.append(Thing(id=2))
    assert [thing.id for thing in box.things] == [1]


def test_the_adapter_fills_without_telling():
    shelf = Shelf()
    adapter = collection_adapter(shelf.books)
    adapter.append_without_event(Volume(id=1))
    assert [volume.id for volume in adapter] == [1]
    assert collection_adapter([]) is None


def test_a_class_without_a_way_to_put_in_is_refused():
    class Mute:
        def __iter__(self):
            return iter(())

    class Own(DeclarativeBase):
        pass

    class Box(Own):
        __tablename__ = "box"
        id: Mapped[int] = mapped_column(primary_key=True)
        things: Mapped[list["Thing"]] = relationship(collection_class=Mute)

    class Thing(Own):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        box_id: Mapped[int] = mapped_column(ForeignKey("box.id"))

    with pytest.raises(MappingError, match="collection class Mute has no appender"):
        Box()
