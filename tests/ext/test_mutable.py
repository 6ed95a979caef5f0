"""Values that change in place: the same program on dovetail and on the oracle."""

import copy
import pickle
from dataclasses import dataclass

import pytest

from dovetail import JSON, Integer, PickleType, String, event, exc, inspect, select, update
from dovetail.ext.mutable import (
    Mutable,
    MutableComposite,
    MutableDict,
    MutableJSON,
    MutableJSONDict,
    MutableJSONList,
    MutableList,
    MutableSet,
)
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    composite,
    load_only,
    make_transient,
    mapped_column,
)
from dovetail.orm.attributes import set_committed_value


class Base(DeclarativeBase):
    pass


class Box(Base):
    """Of the module, so that instances can be pickled."""

    __tablename__ = "box"
    id = mapped_column(Integer, primary_key=True)
    number = mapped_column(Integer, default=0)
    options = mapped_column(MutableDict.as_mutable(JSON))
    later = mapped_column(MutableDict.as_mutable(JSON), deferred=True)
    made = mapped_column(MutableDict.as_mutable(JSON), default=dict)
    items = mapped_column(MutableList.as_mutable(PickleType))
    tags = mapped_column(MutableSet.as_mutable(PickleType))
    tree = mapped_column(MutableJSON.as_mutable(JSON))


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(
            Box(
                id=1,
                options={"a": 1},
                later={"x": 1},
                items=[3, 1],
                tags={1, 2},
                tree={"a": [{"b": {"c": 1}}], "t": (1, [2])},
            )
        )
        session.commit()
        yield session


def stored(session, name):
    """What the row has, after a flush."""
    session.flush()
    return session.execute(select(getattr(Box, name)).where(Box.id == 1)).scalar_one()


def change(name, *arguments):
    def call(value):
        return getattr(value, name)(*arguments)

    call.__name__ = name
    return call


def operate(name, other):
    def call(value):
        value = getattr(value, name)(other)

    call.__name__ = name
    return call


CHANGES = [
    ("options", {"a": 1, "b": 2}, change("__setitem__", "b", 2)),
    ("options", {}, change("__delitem__", "a")),
    ("options", {"a": 1, "b": None}, change("setdefault", "b")),
    ("options", {"a": 2, "b": 3}, lambda value: value.update({"a": 2}, b=3)),
    ("options", {"a": 1, "b": 2}, operate("__ior__", {"b": 2})),
    ("options", {}, change("pop", "a")),
    ("options", {}, change("popitem")),
    ("options", {}, change("clear")),
    ("items", [9, 1], change("__setitem__", 0, 9)),
    ("items", [7, 8, 1], change("__setitem__", slice(0, 1), [7, 8])),
    ("items", [1], change("__delitem__", 0)),
    ("items", [], change("__delitem__", slice(None))),
    ("items", [3, 1, 5], change("append", 5)),
    ("items", [3, 1, 5, 6], change("extend", iter([5, 6]))),
    ("items", [3, 1, 5], operate("__iadd__", [5])),
    ("items", [3, 1, 3, 1], operate("__imul__", 2)),
    ("items", [3, 4, 1], change("insert", 1, 4)),
    ("items", [3], change("pop")),
    ("items", [1], change("remove", 3)),
    ("items", [], change("clear")),
    ("items", [1, 3], change("sort")),
    ("items", [3, 1], lambda value: value.sort(key=lambda each: -each)),
    ("items", [1, 3], change("reverse")),
    ("tags", {1, 2, 3}, change("add", 3)),
    ("tags", {2}, change("remove", 1)),
    ("tags", {2}, change("discard", 1)),
    ("tags", set(), change("clear")),
    ("tags", {1, 2, 5, 6}, change("update", [5], [6])),
    ("tags", {1}, change("intersection_update", {1, 7})),
    ("tags", {2}, change("difference_update", {1})),
    ("tags", {2, 3}, change("symmetric_difference_update", {1, 3})),
    ("tags", {1, 2, 3}, operate("__ior__", {3})),
    ("tags", {1}, operate("__iand__", {1})),
    ("tags", {2}, operate("__isub__", {1})),
    ("tags", {2, 3}, operate("__ixor__", {1, 3})),
]


@pytest.mark.parametrize(
    ("name", "expected", "make"), CHANGES, ids=[f"{c[0]}-{c[2].__name__}" for c in CHANGES]
)
def test_every_change_in_place_is_written(session, name, expected, make):
    box = session.get(Box, 1)
    value = getattr(box, name)
    assert box not in session.dirty

    make(value)

    assert box in session.dirty
    assert session.is_modified(box)
    assert stored(session, name) == expected
    assert getattr(box, name) is value
    assert box not in session.dirty


@pytest.mark.parametrize("make", [change("pop", "x"), change("__delitem__", "x")])
def test_what_fails_changes_nothing(session, make):
    box = session.get(Box, 1)

    with pytest.raises(KeyError):
        make(box.options)

    assert box not in session.dirty


def test_what_fails_halfway_is_written_as_far_as_it_came(session):
    box = session.get(Box, 1)

    def pairs():
        yield "b", 2
        raise RuntimeError

    with pytest.raises(RuntimeError):
        box.options.update(pairs())

    assert stored(session, "options") == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("name", "value"), [("options", 5), ("options", []), ("items", (1,)), ("tags", [1])]
)
def test_other_values_are_refused(session, name, value):
    with pytest.raises(ValueError, match=name):
        Box(**{name: value})
    with pytest.raises(ValueError, match=name):
        setattr(session.get(Box, 1), name, value)


def test_plain_values_are_taken(session):
    box = session.get(Box, 1)
    old = box.options

    box.options, box.items, box.tags = {"n": 1}, [1], None
    session.flush()
    box.options["m"] = 2
    old["lost"] = 1

    assert type(box.options) is MutableDict
    assert stored(session, "options") == {"m": 2, "n": 1}
    assert box.tags is None
    assert len(old._parents) == 0


def test_deferred_and_partly_loaded_values_tell(session):
    box = session.get(Box, 1)
    box.later["y"] = 2
    assert stored(session, "later") == {"x": 1, "y": 2}

    session.expire(box)
    box.later["z"] = 3
    assert stored(session, "later") == {"x": 1, "y": 2, "z": 3}

    session.expunge_all()
    box = session.scalars(select(Box).options(load_only(Box.number))).one()
    # The query fills what the first one left out.
    session.scalars(select(Box)).all()
    box.options["b"] = 2
    assert stored(session, "options") == {"a": 1, "b": 2}


def test_refresh_is_told_of_what_a_query_fills(session):
    told = []
    event.listen(Box, "refresh", note := lambda box, context, names: told.append(set(names)))
    box = session.scalars(select(Box).options(load_only(Box.number, Box.tags))).one()

    session.scalars(select(Box)).all()
    assert told == [{"options", "made", "items", "tree"}]
    _ = box.later
    assert told[1:] == [{"later"}]
    session.scalars(select(Box)).all()
    assert len(told) == 2
    event.remove(Box, "refresh", note)


def test_defaults_and_refreshed_values_tell(session):
    box = session.get(Box, 1)
    new = Box(id=2)
    session.add(new)
    session.flush()

    new.made["k"] = 1
    session.refresh(box)
    box.options["r"] = 1
    session.commit()

    assert new.made == {"k": 1}
    assert box.options == {"a": 1, "r": 1}


def test_a_rollback_brings_back_what_was_there(session):
    box = session.get(Box, 1)
    box.options["b"] = 2
    session.flush()
    session.rollback()

    assert box.options == {"a": 1}
    box.options["c"] = 3
    assert stored(session, "options") == {"a": 1, "c": 3}


def test_a_value_of_an_expired_attribute_cannot_be_changed_unseen(session):
    box = session.get(Box, 1)
    options = box.options
    session.expire(box)

    with pytest.raises(exc.InvalidRequestError, match="options"):
        options["b"] = 2


def test_pickled_instances_and_values_tell_again(session):
    box = session.get(Box, 1)
    _ = box.later, box.tree["a"][0]["b"]
    session.expunge(box)

    twin = pickle.loads(pickle.dumps(box))
    session.add(twin)
    twin.options["b"] = 2
    twin.later["y"] = 2
    twin.tree["a"][0]["b"]["c"] = 5
    twin.items.append(9)
    twin.tags.add(9)

    assert stored(session, "options") == {"a": 1, "b": 2}
    assert stored(session, "later") == {"x": 1, "y": 2}
    assert stored(session, "tree")["a"] == [{"b": {"c": 5}}]
    assert stored(session, "items") == [3, 1, 9]
    assert stored(session, "tags") == {1, 2, 9}
    assert b"Parents" not in pickle.dumps([twin.options, twin.items, twin.tags, twin.tree])


@pytest.mark.parametrize(
    ("kind", "items"),
    [(MutableDict, {"items": 1}), (MutableList, [1, 2]), (MutableSet, {1, 2})],
)
@pytest.mark.parametrize("own", [False, True], ids=["plain", "with attributes"])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_whose_state_are_the_items_are_read(kind, items, own, protocol):
    class Written:
        """Pickled as a value that has its items for a state as well, as some are."""

        def __reduce__(self):
            return kind, (items,), {"own": 1} if own else items

    value = pickle.loads(pickle.dumps(Written(), protocol))

    assert type(value) is kind
    assert value == items
    assert vars(value) == ({"own": 1} if own else {})


@pytest.mark.parametrize(
    "make", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
)
@pytest.mark.parametrize("name", ["options", "items", "tags", "tree"])
def test_copies_are_equal_and_belong_to_nobody(session, make, name):
    box = session.get(Box, 1)
    value = getattr(box, name)

    twin = make(value)
    twin.clear()

    assert type(twin) is type(value)
    assert box not in session.dirty
    assert value


def test_merged_values_tell(session):
    box = session.merge(Box(id=1, options={"m": 1}, tree={"q": []}))
    box.options["n"] = 2
    box.tree["q"].append(1)

    assert stored(session, "options") == {"m": 1, "n": 2}
    assert stored(session, "tree") == {"q": [1]}

    session.expunge_all()
    with Session(session.bind) as other:
        loaded = other.get(Box, 1)
    box = session.merge(loaded, load=False)
    box.tags.add(7)
    assert stored(session, "tags") == {1, 2, 7}


def test_values_merged_onto_an_instance_that_is_there_tell(session):
    with Session(session.bind) as other:
        loaded = other.get(Box, 1)
    box = session.get(Box, 1)
    assert session.merge(loaded, load=False) is box
    box.options["b"] = 2
    assert stored(session, "options") == {"a": 1, "b": 2}


def test_a_value_in_several_attributes_tells_all_of_them(session):
    box, other = session.get(Box, 1), Box(id=2)
    session.add(other)
    other.options = box.options
    box.made = box.options
    session.flush()

    box.options["s"] = 1
    session.commit()

    assert (box.options, box.made, other.options) == ({"a": 1, "s": 1},) * 3
    # Read again, each has its own.
    box.options["t"] = 1
    session.commit()
    assert "t" not in other.options
    assert "t" not in box.made


def test_instances_follow_a_bulk_update(session):
    box = session.get(Box, 1)
    session.execute(update(Box).values(options={"bulk": 1}))

    box.options["t"] = 1

    assert stored(session, "options") == {"bulk": 1, "t": 1}


def test_a_transient_instance_can_be_changed(session):
    box = session.get(Box, 1)
    make_transient(box)
    box.options["b"] = 1
    assert inspect(box).transient


def test_types_are_not_shared_with_those_they_are_made_of():
    plain = JSON()
    made = MutableDict.as_mutable(plain)

    assert made is not plain
    assert "_mutable_class" not in vars(plain)
    assert type(made) is JSON


def test_all_columns_of_a_type(engine):
    class Own(PickleType):
        pass

    class Other(DeclarativeBase):
        pass

    class Before(Other):
        __tablename__ = "before"
        id = mapped_column(Integer, primary_key=True)
        data = mapped_column(Own)

    MutableList.associate_with(Own)

    class After(Other):
        __tablename__ = "after"
        id = mapped_column(Integer, primary_key=True)
        data = mapped_column(Own)
        plain = mapped_column(PickleType)

    class Single(Other):
        __tablename__ = "single"
        id = mapped_column(Integer, primary_key=True)
        data = mapped_column(PickleType)
        plain = mapped_column(PickleType)

    MutableSet.associate_with_attribute(Single.data)

    assert type(Before(data=[1]).data) is type(After(data=[1]).data) is MutableList
    assert type(After(plain=[1]).plain) is list
    assert type(Single(data={1}).data) is MutableSet
    assert type(Single(plain={1}).plain) is set


def test_a_mixin_gives_its_mutable_columns_on():
    class Other(DeclarativeBase):
        pass

    class HasData:
        data = mapped_column(MutableDict.as_mutable(JSON))

    class One(HasData, Other):
        __tablename__ = "one"
        id = mapped_column(Integer, primary_key=True)

    assert type(One(data={}).data) is MutableDict


class Point(Mutable):
    def __init__(self, x):
        self.x = x

    def move(self, x):
        self.x = x
        self.changed()

    @classmethod
    def coerce(cls, key, value):
        return cls(value) if isinstance(value, int) else super().coerce(key, value)


def test_a_class_of_ones_own(engine):
    class Other(DeclarativeBase):
        pass

    class Spot(Other):
        __tablename__ = "spot"
        id = mapped_column(Integer, primary_key=True)
        point = mapped_column(Point.as_mutable(PickleType))

    Other.metadata.create_all(engine)
    with Session(engine) as session:
        spot = Spot(point=4)
        session.add(spot)
        session.commit()
        spot.point.move(7)
        session.commit()
        assert spot.point.x == 7
        with pytest.raises(ValueError, match="point"):
            spot.point = "x"


@dataclass
class Corner(MutableComposite):
    x: int
    y: int

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
        self.changed()

    @classmethod
    def coerce(cls, key, value):
        return cls(*value) if isinstance(value, tuple) else super().coerce(key, value)


class Line(Base):
    __tablename__ = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[Corner] = composite(mapped_column("x1"), mapped_column("y1"))


def test_composites_tell(session):
    line = Line(start=Corner(1, 2))
    session.add(line)
    session.commit()

    def written():
        session.flush()
        return tuple(session.execute(select(Line.__table__.c.x1, Line.__table__.c.y1)).one())

    line.start.x = 5
    assert line in session.dirty
    assert written() == (5, 2)
    session.rollback()
    line.start.y = 9
    assert written() == (1, 9)
    line.start = (3, 4)
    line.start.x = 7
    assert written() == (7, 4)
    old, line.start = line.start, Corner(0, 0)
    old.x = 99
    assert written() == (0, 0)
    session.expire(line)
    line.start.x = 6
    assert written() == (6, 0)
    with pytest.raises(ValueError, match="start"):
        line.start = "z"
    session.commit()
    assert line.start == Corner(6, 0)
    session.expunge(line)
    line = pickle.loads(pickle.dumps(line))
    session.add(line)
    line.start.x = 33
    assert written() == (33, 0)
    session.merge(Line(id=line.id, start=Corner(40, 41))).start.y = 42
    assert written() == (40, 42)


def test_classes_below_have_mutable_values_too(engine):
    class Other(DeclarativeBase):
        pass

    class Animal(Other):
        __tablename__ = "animal"
        id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String(10))
        data = mapped_column(MutableDict.as_mutable(JSON))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}

    class Cat(Animal):
        toys = mapped_column(MutableList.as_mutable(JSON))
        __mapper_args__ = {"polymorphic_identity": "cat"}

    Other.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Cat(data={}, toys=[]))
        session.commit()
        session.expunge_all()
        cat = session.scalars(select(Animal)).one()
        cat.data["a"] = 1
        cat.toys.append("mouse")
        session.commit()
        assert (type(cat), cat.data, cat.toys) == (Cat, {"a": 1}, ["mouse"])
        cat.data = {"b": 1}
        cat.data["c"] = 2
        session.commit()
        cat.data["d"] = 3
        session.commit()
        assert cat.data == {"b": 1, "c": 2, "d": 3}


# Within one another ----------------------------------------------------------------------------


def test_what_is_within_tells(session):
    box = session.get(Box, 1)
    tree = box.tree

    assert isinstance(tree, dict)
    assert isinstance(tree["a"], list)
    tree["a"][0]["b"]["c"] = 2
    assert stored(session, "tree") == {"a": [{"b": {"c": 2}}], "t": [1, [2]]}
    tree["a"].append({"n": []})
    session.flush()
    tree["a"][1]["n"].append([])
    session.flush()
    tree["a"][1]["n"][0].extend([1, {"z": 1}])
    session.flush()
    tree["a"][1]["n"][0][1]["z"] = 2
    assert stored(session, "tree")["a"][1] == {"n": [[1, {"z": 2}]]}


@pytest.mark.parametrize(
    ("put", "path"),
    [
        (lambda tree: tree.update(u={"v": []}), ("u", "v")),
        (lambda tree: tree.update([("u", {"v": []})]), ("u", "v")),
        (lambda tree: tree.setdefault("u", {"v": []}), ("u", "v")),
        (lambda tree: tree.__ior__({"u": [[]]}), ("u", 0)),
        (lambda tree: tree["a"].insert(0, []), ("a", 0)),
        (lambda tree: tree["a"].__iadd__([[]]), ("a", 1)),
        (lambda tree: tree["a"].__setitem__(0, []), ("a", 0)),
        (lambda tree: tree["a"].__setitem__(slice(0, 0), [[]]), ("a", 0)),
    ],
)
def test_what_is_put_within_tells_too(session, put, path):
    box = session.get(Box, 1)
    put(box.tree)
    session.flush()
    value = box.tree
    for step in path:
        value = value[step]
    assert box not in session.dirty

    value.append("end")

    assert box in session.dirty
    found = stored(session, "tree")
    for step in path:
        found = found[step]
    assert found == ["end"]


def test_scalars_and_lists_may_stand_at_the_top(session):
    box = session.get(Box, 1)
    for value in (5, "x", True, None, [1]):
        box.tree = value
        assert stored(session, "tree") == value
    box.tree.append({"a": 1})
    session.flush()
    box.tree[1]["a"] = 2
    assert stored(session, "tree") == [1, {"a": 2}]
    assert type(box.tree) is MutableJSONList
    assert type(box.tree[1]) is MutableJSONDict


def test_a_part_of_two_wholes_tells_both(session):
    part = MutableJSON.coerce("tree", {"n": 0})
    session.add_all([one := Box(id=2, tree=[part]), two := Box(id=3, tree={"p": part})])
    session.flush()

    part["n"] = 1
    session.commit()

    assert (one.tree, two.tree) == ([{"n": 1}], {"p": {"n": 1}})


def test_a_value_set_as_loaded_is_not_looked_at(session):
    box = session.get(Box, 1)
    set_committed_value(box, "options", {"raw": 1})
    assert type(box.options) is dict


def test_the_oracle_writes_the_same(lib):
    """The life of a value, step by step, as the rows show it."""
    mutable, sa, orm = lib.ext("mutable"), lib.sa, lib.orm

    class Thing(lib.Base):
        __tablename__ = "thing"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        d = orm.mapped_column(mutable.MutableDict.as_mutable(sa.JSON))
        made = orm.mapped_column(mutable.MutableDict.as_mutable(sa.JSON), default=dict)

    session = lib.start()
    seen = []

    def look():
        session.flush()
        seen.append(session.execute(sa.text("SELECT d, made FROM thing ORDER BY id")).all())

    thing = Thing(d={"a": 1})
    thing.d["b"] = 2
    session.add(thing)
    look()
    thing.d.update(c=3)
    thing.made["x"] = 1
    look()
    session.commit()
    thing.d.pop("a")
    look()
    session.rollback()
    thing.d.setdefault("e", 5)
    look()
    session.refresh(thing)
    thing.d = {"new": 1}
    thing.d["newer"] = 2
    look()
    merged = session.merge(Thing(id=1, d={"m": 1}))
    merged.d["n"] = 1
    look()
    session.execute(sa.update(Thing).values(d={"bulk": 1}))
    thing.d["after"] = 1
    look()

    assert [row[0] for row in seen] == [
        ('{"a": 1, "b": 2}', "{}"),
        ('{"a": 1, "b": 2, "c": 3}', '{"x": 1}'),
        ('{"b": 2, "c": 3}', '{"x": 1}'),
        ('{"a": 1, "b": 2, "c": 3, "e": 5}', '{"x": 1}'),
        ('{"new": 1, "newer": 2}', '{"x": 1}'),
        ('{"m": 1, "n": 1}', '{"x": 1}'),
        ('{"bulk": 1, "after": 1}', '{"x": 1}'),
    ]
