"""Dictionaries of related instances: the same programs run here and with the oracle."""

import pickle
import warnings
from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import ForeignKey, UniqueConstraint, select, text
from dovetail.exc import ArgumentError, InvalidRequestError, MappingError
from dovetail.orm import (
    DeclarativeBase,
    KeyFuncDict,
    Mapped,
    attribute_keyed_dict,
    attribute_mapped_collection,
    column_keyed_dict,
    column_mapped_collection,
    joinedload,
    keyfunc_mapping,
    mapped_collection,
    mapped_column,
    relationship,
    selectinload,
)


def world(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        def __repr__(self):
            values = self.__dict__
            return f"{type(self).__name__}({values.get('id')}, {values.get('key')!r})"

    class Owner(Base):
        __tablename__ = "owner"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        items: orm.Mapped[dict[str, "Item"]] = orm.relationship(
            collection_class=orm.attribute_keyed_dict("key"),
            cascade="all, delete-orphan",
            back_populates="owner",
        )

    class Item(Base):
        __tablename__ = "item"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        key = orm.mapped_column(sa.String(20))
        owner_id = orm.mapped_column(sa.ForeignKey("owner.id"))
        owner = orm.relationship("Owner", back_populates="items")

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    return SimpleNamespace(
        sa=sa, orm=orm, s=orm.Session(engine), engine=engine, Owner=Owner, Item=Item
    )


def assignment(w):
    owner = w.Owner(items={"other": w.Item(key="a")})
    yield owner.items
    kept = owner.items["a"]
    owner.items = {"b": w.Item(key="b"), "a": kept}
    yield owner.items, kept.owner is owner
    old = owner.items["b"]
    owner.items = {"a": kept}
    yield owner.items, old.owner
    for wrong in ([w.Item(key="x")], None, {w.Item(key="x")}):
        try:
            owner.items = wrong
        except TypeError:
            yield "TypeError", owner.items


def operations(w):
    owner, Item = w.Owner(id=1), w.Item
    owner.items["q"] = Item(key="a")
    yield owner.items, owner.items["q"].owner is owner
    first = owner.items["q"]
    owner.items["q"] = Item(key="b")
    yield first.owner, owner.items
    owner.items.set(Item(key="c"))
    owner.items.update(d=Item(key="d"))
    owner.items.update([("e", Item(key="e"))])
    owner.items |= {"f": Item(key="f")}
    yield owner.items
    taken = owner.items.pop("d")
    yield taken, taken.owner, owner.items.pop("none", 5)
    yield owner.items.popitem(), owner.items.setdefault("g", Item(key="g"))
    yield owner.items.setdefault("g", None)
    del owner.items["e"]
    c = owner.items["c"]
    owner.items.remove(c)
    yield owner.items, c.owner
    for wrong, error in ((Item(key="zz"), KeyError), (Item(key="g"), Exception)):
        try:
            owner.items.remove(wrong)
        except error as raised:
            yield isinstance(raised, KeyError)
    owner.items.clear()
    yield owner.items


def other_side(w):
    owner, Item = w.Owner(id=1), w.Item
    Item(key="a", owner=owner)
    yield owner.items
    same = Item(key="a", owner=owner)
    yield owner.items, same.owner is owner
    same.owner = None
    yield owner.items
    try:
        Item(owner=owner)
    except Exception as error:
        yield type(error).__name__


def stored(w):
    Owner, Item, sa = w.Owner, w.Item, w.sa
    w.s.add(Owner(id=1, items={"a": Item(id=1, key="a"), "b": Item(id=2, key="b")}))
    w.s.commit()
    owner = w.s.get(Owner, 1)
    yield sorted(owner.items), owner.items["a"]
    owner.items["a"].key = "changed"
    yield sorted(owner.items)
    w.s.commit()
    yield sorted(owner.items)
    owner.items["changed"] = Item(id=3, key="changed")
    history = w.orm.attributes.get_history(owner, "items")
    yield list(history.added), list(history.unchanged), list(history.deleted)
    w.s.commit()
    yield sorted(w.s.scalars(sa.select(Item.id)).all())
    for option in (w.orm.joinedload, w.orm.selectinload, w.orm.lazyload):
        w.s.expunge_all()
        found = w.s.scalars(sa.select(Owner).options(option(Owner.items))).unique().one()
        yield sorted(found.items), found.items["b"].id
    w.s.expunge_all()
    item = w.s.get(Item, 2)
    item.owner = None
    w.s.commit()
    yield sorted(w.s.get(Owner, 1).items), w.s.scalars(sa.select(sa.func.count(Item.id))).one()


def merged(w):
    Owner, Item, sa = w.Owner, w.Item, w.sa
    w.s.add(Owner(id=1, items={"a": Item(id=1, key="a"), "b": Item(id=2, key="b")}))
    w.s.commit()
    w.s.expunge_all()
    given = Owner(id=1, items={"a": Item(id=1, key="a2"), "c": Item(id=3, key="c")})
    yield sorted(w.s.merge(given).items)
    w.s.commit()
    yield sorted(w.s.scalars(sa.select(Item.key)).all())


def queued(w):
    Owner, Item = w.Owner, w.Item
    w.s.add(Owner(id=1, items={"a": Item(id=1, key="a")}))
    w.s.commit()
    w.s.expunge_all()
    owner = w.s.get(Owner, 1)
    Item(id=2, key="b", owner=owner)
    yield "items" in owner.__dict__
    yield sorted(owner.items)


def without_keys(w):
    """Two without a key: under None, with a warning; or left out, where that is asked for."""
    orm, Owner, Item = w.orm, w.Owner, w.Item
    Owner.named = orm.relationship(
        Item,
        viewonly=True,
        collection_class=orm.attribute_keyed_dict("key", ignore_unpopulated_attribute=True),
    )
    w.s.add_all([Owner(id=1), Item(id=1, owner_id=1), Item(id=2, key="b", owner_id=1)])
    w.s.commit()
    owner = w.s.get(Owner, 1)
    yield owner.named
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield len(owner.items), owner.items[None]
        yield len(caught)
        owner.items.set(w.s.get(Item, 1))
        yield len(caught)
    w.s.get(Item, 1).key = "a"
    w.s.commit()
    yield sorted(owner.named)
    owner.named.set(Item(key=None))
    yield sorted(owner.named)


def keys_of_properties(w):
    """A property has a value though nothing of its name lies in the instance."""
    sa, orm = w.sa, w.orm

    class Base(orm.DeclarativeBase):
        pass

    class Shelf(Base):
        __tablename__ = "shelf"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        books = orm.relationship("Book", collection_class=orm.attribute_keyed_dict("place"))

    class Book(Base):
        __tablename__ = "book"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        shelf_id = orm.mapped_column(sa.ForeignKey("shelf.id"))
        row = orm.mapped_column(sa.Integer)

        @property
        def place(self):
            return None if self.row is None else f"r{self.row}"

    shelf = Shelf()
    shelf.books.set(Book(row=1))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        shelf.books.set(Book())
    yield list(shelf.books), len(caught)


@pytest.mark.parametrize(
    "scenario",
    [assignment, operations, other_side, stored, merged, queued, without_keys, keys_of_properties],
    ids=lambda it: it.__name__,
)
def test_the_same_as_the_oracle(scenario):
    told = []
    for package in ("dovetail", "sqlalchemy"):
        w = world(package)
        with w.s.no_autoflush:
            told.append([repr(one) for one in scenario(w)])
        w.s.close()
        w.engine.dispose()
    assert told[0] == told[1]
    assert told[0]


class Base(DeclarativeBase):
    pass


class ByNumber(KeyFuncDict):
    """A dictionary of the user's own, with an eye on what is put in."""

    def __init__(self):
        super().__init__(lambda cell: cell.number)
        self.seen = []

    def __setitem__(self, key, value):
        self.seen.append(key)
        super().__setitem__(key, value)


def by_place():
    """Cells by number and name; the class comes later."""
    return column_keyed_dict([Cell.number, Cell.__table__.c.name])()


OTHERS = "by_place, by_name, by_function, by_number"


class Sheet(Base):
    __tablename__ = "sheet"
    id: Mapped[int] = mapped_column(primary_key=True)
    by_place: Mapped[dict[tuple[int, str], "Cell"]] = relationship(
        collection_class=by_place, overlaps=OTHERS
    )
    by_name: Mapped[dict[str, "Cell"]] = relationship(
        collection_class=attribute_keyed_dict("name", ignore_unpopulated_attribute=True),
        overlaps=OTHERS,
    )
    by_function: Mapped[dict[str, "Cell"]] = relationship(
        collection_class=keyfunc_mapping(lambda cell: cell.name.upper()), overlaps=OTHERS
    )
    by_number: Mapped[dict[int, "Cell"]] = relationship(collection_class=ByNumber, overlaps=OTHERS)


class Cell(Base):
    __tablename__ = "cell"
    __table_args__ = (UniqueConstraint("name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    name: Mapped[str]
    sheet_id: Mapped[int | None] = mapped_column(ForeignKey("sheet.id"))


@pytest.fixture
def sheet(engine, session):
    Base.metadata.create_all(engine)
    cells = [Cell(number=n, name=f"c{n}") for n in range(2)]
    session.add(Sheet(id=1, by_name={cell.name: cell for cell in cells}))
    session.commit()
    return session.get(Sheet, 1)


def test_keys_of_columns_of_functions_and_of_classes(sheet):
    assert sorted(sheet.by_place) == [(0, "c0"), (1, "c1")]
    assert sorted(sheet.by_name) == ["c0", "c1"]
    assert sorted(sheet.by_function) == ["C0", "C1"]
    assert isinstance(sheet.by_number, ByNumber)
    assert sorted(sheet.by_number) == sorted(sheet.by_number.seen) == [0, 1]


def test_a_changed_key_keeps_its_place_until_the_next_load(session, sheet):
    cell = sheet.by_name["c0"]
    cell.name = "new"
    assert sheet.by_name["c0"] is cell
    with pytest.raises(KeyError):
        sheet.by_name.remove(cell)
    session.commit()
    assert sorted(sheet.by_name) == ["c1", "new"]


def test_one_without_a_key_is_left_out_where_that_is_asked_for(sheet):
    sheet.by_name.set(Cell(number=5))
    assert sorted(sheet.by_name) == ["c0", "c1"]
    with pytest.raises(InvalidRequestError, match="no value yet"):
        sheet.by_place.set(Cell(number=5))


@pytest.mark.parametrize("wrong", ["number", text("number")], ids=["name", "text"])
def test_keys_of_columns_take_columns(wrong):
    with pytest.raises(ArgumentError, match=r"column_keyed_dict\(\) takes columns"):
        column_keyed_dict(wrong)


def test_a_pickled_dictionary_knows_the_tables_of_its_columns():
    class Own(DeclarativeBase):
        pass

    class Animal(Own):
        __tablename__ = "animal"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Dog(Animal):
        __tablename__ = "dog"
        dog_id: Mapped[int] = mapped_column("id", ForeignKey("animal.id"), primary_key=True)

    by_animal = column_keyed_dict(Animal.__table__.c.id)()
    assert pickle.loads(pickle.dumps(by_animal)).keyfunc(Dog(id=1, dog_id=2)) == 1


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", [attribute_keyed_dict("name"), column_keyed_dict(Cell.name)])
def test_a_dictionary_is_pickled_with_its_keys(kind, protocol):
    twin = pickle.loads(pickle.dumps(kind(), protocol))
    twin = pickle.loads(pickle.dumps(twin, protocol))
    assert twin.keyfunc(Cell(name="c")) == "c"


def test_dictionaries_survive_pickle(sheet):
    assert len(sheet.by_place) == len(sheet.by_name) == 2
    twin = pickle.loads(pickle.dumps(sheet))
    assert sorted(twin.by_place) == [(0, "c0"), (1, "c1")]
    twin.by_place.set(Cell(number=7, name="c7"))
    twin.by_name.set(Cell(number=8, name="c8"))
    assert (7, "c7") in twin.by_place
    assert "c8" in twin.by_name


def test_eager_loading_fills_them(session, sheet, sql_log):
    session.expunge_all()
    sql_log.clear()
    options = (joinedload(Sheet.by_name), selectinload(Sheet.by_number))
    found = session.scalars(select(Sheet).options(*options)).unique().one()
    assert (sorted(found.by_name), sorted(found.by_number)) == (["c0", "c1"], [0, 1])
    assert len(sql_log) == 2


def test_a_dictionary_without_keys_is_refused():
    class Own(DeclarativeBase):
        pass

    class Box(Own):
        __tablename__ = "box"
        id: Mapped[int] = mapped_column(primary_key=True)
        things: Mapped[dict[str, "Thing"]] = relationship()

    class Thing(Own):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        box_id: Mapped[int] = mapped_column(ForeignKey("box.id"))

    with pytest.raises(MappingError, match=r"Box\.things: .* needs to know what the keys are"):
        Box()


def test_classic_names_are_the_same():
    assert attribute_mapped_collection is attribute_keyed_dict
    assert column_mapped_collection is column_keyed_dict
    assert mapped_collection is keyfunc_mapping
