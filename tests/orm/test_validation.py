"""Methods that look at new values, and methods called after a load; compared with the oracle."""

from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import Column, ForeignKey, Integer, create_engine, orm, select
from dovetail.event import listen
from dovetail.exc import InvalidRequestError
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, validates


def world(package, **options):
    sa, orm = import_module(package), import_module(f"{package}.orm")
    log = []

    class Base(orm.DeclarativeBase):
        def __repr__(self):
            return f"{type(self).__name__}{self.__dict__.get('id')}"

    class Checked:
        @orm.validates("x", "children", "friends", "by_key", **options)
        def look(self, key, value, *is_removed):
            log.append((repr(self), key, repr(value), is_removed))
            return value + 1 if key == "x" and value is not None else value

        @orm.reconstructor
        def prepare(self):
            log.append((repr(self), "made of a row"))

    class Parent(Checked, Base):
        __tablename__ = "parent"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column(sa.Integer)
        children = orm.relationship("Child", back_populates="parent", order_by="Child.id")

    class Child(Base):
        __tablename__ = "child"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        parent_id = orm.mapped_column(sa.ForeignKey("parent.id"))
        parent = orm.relationship("Parent", back_populates="children")

        @orm.validates("parent", **options)
        def look(self, key, value, *is_removed):
            log.append((repr(self), key, repr(value), is_removed))
            return value

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    return SimpleNamespace(
        s=orm.Session(engine), engine=engine, log=log, Parent=Parent, Child=Child, sa=sa
    )


def columns(w):
    parent = w.Parent(id=1, x=3)
    assert parent.x == 4
    parent.x = None
    parent.x = 1
    del parent.x


def collections(w):
    parent = w.Parent(id=1, children=[w.Child(id=1)])
    parent.children.append(w.Child(id=2))
    parent.children = [parent.children[1], w.Child(id=3)]
    parent.children.remove(parent.children[0])
    parent.children.pop()
    parent.children += [w.Child(id=4)]
    parent.children.clear()


def other_sides(w):
    one, two = w.Parent(id=1), w.Parent(id=2)
    child = w.Child(id=1, parent=one)
    child.parent = two
    child.parent = None
    two.children.append(child)


def loads(w):
    w.s.add(w.Parent(id=1, x=1, children=[w.Child(id=1)]))
    w.s.commit()
    w.log.append("committed")
    assert w.s.get(w.Parent, 1).x == 2
    w.s.expunge_all()
    parent = w.s.scalars(w.sa.select(w.Parent)).one()
    w.s.refresh(parent)
    w.log.append("loaded")
    assert parent.children[0].parent is parent


@pytest.mark.parametrize(
    "options",
    [{}, {"include_removes": True}, {"include_backrefs": False}],
    ids=lambda it: ",".join(it) or "plain",
)
@pytest.mark.parametrize(
    "scenario", [columns, collections, other_sides, loads], ids=lambda it: it.__name__
)
def test_what_validators_see_is_what_the_oracle_s_see(scenario, options):
    seen = []
    for package in ("dovetail", "sqlalchemy"):
        w = world(package, **options)
        scenario(w)
        w.s.close()
        w.engine.dispose()
        seen.append(w.log)
    # The oracle looks twice at what a new collection leaves out, and at what += brings in.
    assert list(dict.fromkeys(seen[0])) == list(dict.fromkeys(seen[1]))
    assert len(seen[0]) > 2


def test_a_refused_value_changes_nothing():
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        email: Mapped[str]

        @validates("email")
        def check(self, key, value):
            if "@" not in value:
                raise ValueError(f"{value} is no {key}")
            return value.lower()

    user = User(email="Ada@Example")
    with pytest.raises(ValueError, match="bob is no email"):
        user.email = "bob"
    assert user.email == "ada@example"
    with pytest.raises(ValueError, match="no email"):
        User(email="bob")
    assert User.__mapper__.validators["email"] == (
        User.check,
        {"include_removes": False, "include_backrefs": True},
    )
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        assert connection.execute(select(User.email).where(User.email == "x")).all() == []
    engine.dispose()


def test_two_validators_of_one_attribute_are_refused():
    class Base(DeclarativeBase):
        pass

    with pytest.raises(InvalidRequestError, match="x has two validators: one and two"):

        class Thing(Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            x: Mapped[int]

            @validates("x")
            def one(self, key, value):
                return value

            @validates("x")
            def two(self, key, value):
                return value

    with pytest.raises(InvalidRequestError, match="names of attributes"):
        validates(len)


def test_listeners_from_before_the_mappers_are_configured_are_told_first():
    Base = orm.declarative_base()
    told = []

    class Pot(Base):
        __tablename__ = "pot"
        id = Column(Integer, primary_key=True)
        size = Column(Integer)
        plants = orm.relationship("Plant")

        @orm.validates("size", "plants")
        def check(self, key, value):
            told.append(f"validates {key} {value!r}")
            return value

    class Plant(Base):
        __tablename__ = "plant"
        id = Column(Integer, primary_key=True)
        pot_id = Column(ForeignKey("pot.id"))

        def __repr__(self):
            return "plant"

    def doubled(target, value, old, initiator):
        told.append("early")
        return value * 2

    listen(Pot.size, "set", doubled, retval=True)
    listen(Pot.plants, "append", lambda target, value, initiator: told.append("early append"))
    orm.configure_mappers()
    listen(Pot.size, "set", lambda target, value, old, initiator: told.append(f"late {value}"))

    pot = Pot(size=2)
    assert (pot.size, told) == (4, ["early", "validates size 4", "late 4"])
    told.clear()
    pot.plants.append(Plant())
    assert told == ["early append", "validates plants plant"]
    told.clear()

    Pot.colour = Column(Integer)
    assert Pot(size=1).size == 2
