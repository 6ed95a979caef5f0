"""The text of instances: what is loaded, cut where it is long; nothing is read for it."""

import pickle

import pytest

from dovetail import JSON, ForeignKey, String, create_engine, inspect, select
from dovetail.conventions import conventions
from dovetail.exc import IntegrityError
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Session,
    clear_mappers,
    defer,
    mapped_column,
    registry,
    relationship,
)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    name: Mapped[str | None] = mapped_column(String(200))
    id: Mapped[int] = mapped_column(primary_key=True)
    notes: Mapped[str | None] = mapped_column(deferred=True)
    extra: Mapped[object] = mapped_column(JSON, nullable=True)
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    boss: Mapped["User | None"] = relationship(remote_side=id)


class Manager(User):
    pass


class Named(Base):
    __tablename__ = "named"
    id: Mapped[int] = mapped_column(primary_key=True)

    def __repr__(self):
        return "its own"


class Below(Named):
    pass


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_of_a_new_instance_what_was_given():
    assert repr(User()) == "User()"
    assert repr(User(name="ada", id=1)) == "User(id=1, name='ada')"
    assert str(User(name=None)) == "User(name=None)"
    assert f"{User(id=2)}" == "User(id=2)"


def test_of_a_loaded_one_what_is_loaded(session):
    session.add(User(id=1, name="ada", notes="x"))
    session.commit()
    session.expunge_all()
    with session.watch() as watch:
        found = session.scalars(select(User).options(defer(User.name))).one()
        assert repr(found) == "User(id=1, extra=None, boss_id=None)"
        session.expire(found)
        assert repr(found) == "User(id=1)"
        assert "notes" in inspect(found).unloaded

    assert watch.count == 1
    session.close()
    assert repr(found) == "User(id=1)"


def test_long_values_are_cut():
    assert len(repr(User(name="x" * 10_000))) < 90
    assert repr(User(name="x" * 10_000)).startswith("User(name='xxxx")
    assert len(repr(User(extra=list(range(1000))))) < 60
    assert len(repr(User(extra={"deep": {"er": {"still": {"more": 1}}}}))) < 80


def test_more_attributes_than_anybody_reads_are_left_out():
    columns = {f"c{number}": mapped_column(default=None) for number in range(20)}

    class Wide(Base):
        __tablename__ = "wide"
        __annotations__ = dict.fromkeys(columns, Mapped[int | None])
        id: Mapped[int] = mapped_column(primary_key=True)
        locals().update(columns)

    wide = Wide(**dict.fromkeys(columns, 1))

    assert repr(wide).endswith("c9=1, ...)")


def test_what_refers_to_itself():
    user = User(id=1)
    user.boss = user
    user.extra = [user]

    assert repr(user) == "User(id=1, extra=[...])"


def test_a_value_that_has_no_text():
    class Broken:
        def __repr__(self):
            raise KeyError

    assert repr(User(extra=Broken())).startswith("User(extra=<Broken instance at ")


def test_one_of_its_own_counts():
    assert repr(Named(id=1)) == "its own"
    assert repr(Below(id=1)) == "its own"
    assert Named.__repr__ is not User.__repr__


def test_classes_below_have_their_names():
    assert repr(Manager(id=1)) == "Manager(id=1)"
    assert "__repr__" not in vars(Manager)


def test_dataclasses_keep_theirs():
    class Data(MappedAsDataclass, Base):
        __tablename__ = "data"
        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        name: Mapped[str]

    class Silent(MappedAsDataclass, Base, repr=False):
        __tablename__ = "silent"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert repr(Data("ada")).endswith("Data(id=None, name='ada')")
    assert "object at" in repr(Silent(5))


def test_it_goes_with_the_mapping():
    class Plain:
        pass

    own = registry()
    own.map_imperatively(Plain, User.__table__.to_metadata(own.metadata, name="plain"))
    assert repr(Plain()) == "Plain()"
    own.dispose()
    assert "object at" in repr(Plain())
    assert clear_mappers


def test_a_copy_has_it_too():
    assert repr(pickle.loads(pickle.dumps(User(id=1, name="ada")))) == "User(id=1, name='ada')"


def test_errors_show_instances_in_the_same_way(session):
    session.add(User(id=1, boss_id=None))
    session.flush()
    session.add(User(id=1))
    with pytest.raises(IntegrityError) as caught:
        session.flush()

    assert "User(id=1)" in str(caught.value)


def test_programs_of_the_other_package_have_what_they_had(monkeypatch):
    monkeypatch.setattr(conventions, "instances_are_shown", False)

    class Other(Base):
        __tablename__ = "other"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert "object at" in repr(Other(id=1))
