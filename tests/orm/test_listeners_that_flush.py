"""Listeners and validators of collections that query, so that the session flushes meanwhile."""

import pytest

from dovetail import Column, ForeignKey, Table, event, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    attribute_keyed_dict,
    mapped_column,
    object_session,
    relationship,
    validates,
)
from dovetail.orm.collections import collection


class Bag:
    """A collection of the user's own, which hands out what it removes."""

    def __init__(self):
        self.held = []

    @collection.appender
    def put(self, item):
        self.held.append(item)

    @collection.remover
    def drop(self, item):
        self.held.remove(item)

    @collection.removes_return()
    def take_first(self):
        return self.held.pop(0)

    @collection.iterator
    def __iter__(self):
        return iter(self.held)


KINDS = {"list": list, "set": set, "dict": attribute_keyed_dict("name"), "bag": Bag}


def classes(kind, many_to_many):
    class Base(DeclarativeBase):
        pass

    between = Table(
        "between",
        Base.metadata,
        Column("letter_id", ForeignKey("letter.id"), primary_key=True),
        Column("stamp_id", ForeignKey("stamp.id"), primary_key=True),
    )

    class Letter(Base):
        __tablename__ = "letter"
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str]
        stamps = relationship(
            "Stamp",
            secondary=between if many_to_many else None,
            collection_class=KINDS[kind],
        )

    class Stamp(Base):
        __tablename__ = "stamp"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))

    return Letter, Stamp


def read_what_expired(letter, stamp):
    assert letter.title


def ask(letter, stamp):
    session = object_session(letter)
    if session is not None:
        session.scalars(select(type(letter).id)).all()


def write(letter, stamp):
    session = object_session(letter)
    if session is not None:
        session.flush()


def members(value):
    return list(value.values()) if isinstance(value, dict) else list(value)


def names(letter):
    return sorted(stamp.name for stamp in members(letter.stamps))


def put(stamps, stamp):
    if isinstance(stamps, dict):
        stamps[stamp.name] = stamp
    else:
        getattr(stamps, "append", getattr(stamps, "add", None) or getattr(stamps, "put", None))(
            stamp
        )


def drop(stamps, stamp):
    if isinstance(stamps, dict):
        del stamps[stamp.name]
    else:
        getattr(stamps, "remove", getattr(stamps, "drop", None))(stamp)


def whole(stamps, new):
    """A collection like *stamps* of *new*."""
    if isinstance(stamps, dict):
        return {stamp.name: stamp for stamp in new}
    if isinstance(stamps, Bag):
        made = Bag()
        made.held.extend(new)
        return made
    return set(new) if isinstance(stamps, set) else new


@pytest.mark.parametrize("listener", [read_what_expired, ask, write])
@pytest.mark.parametrize("many_to_many", [False, True], ids=["references", "third table"])
@pytest.mark.parametrize("kind", list(KINDS))
def test_nothing_is_lost_that_changes_while_a_listener_flushes(
    engine, session, kind, many_to_many, listener
):
    Letter, Stamp = classes(kind, many_to_many)
    Letter.metadata.create_all(engine)
    letter = Letter(title="a")
    session.add(letter)
    session.commit()
    for name in ("append", "remove"):
        event.listen(Letter.stamps, name, lambda owner, item, _: listener(owner, item))

    first, second, third, fourth = (Stamp(name=name) for name in "abcd")
    for stamp in (first, second, third):
        put(letter.stamps, stamp)
        session.commit()
    assert names(letter) == ["a", "b", "c"]

    drop(letter.stamps, first)
    session.commit()
    assert names(letter) == ["b", "c"]

    letter.stamps = whole(letter.stamps, [fourth, third])
    session.commit()
    assert names(letter) == ["c", "d"]

    if kind == "bag":
        letter.stamps.take_first()
        session.commit()
        assert len(names(letter)) == 1


def test_a_validator_may_read_what_has_expired(engine, session):
    class Base(DeclarativeBase):
        pass

    class Basket(Base):
        __tablename__ = "basket"
        id: Mapped[int] = mapped_column(primary_key=True)
        most: Mapped[int]
        fruits: Mapped[list["Fruit"]] = relationship()

        @validates("fruits")
        def enough(self, key, fruit):
            if len(self.fruits) >= self.most:
                raise ValueError("the basket is full")
            return fruit

    class Fruit(Base):
        __tablename__ = "fruit"
        id: Mapped[int] = mapped_column(primary_key=True)
        basket_id: Mapped[int | None] = mapped_column(ForeignKey("basket.id"))

    Base.metadata.create_all(engine)
    basket = Basket(most=2)
    session.add(basket)
    session.commit()
    basket.fruits.append(Fruit())
    session.commit()

    basket.fruits.append(Fruit())
    session.commit()

    assert session.scalars(select(Fruit.basket_id)).all() == [basket.id, basket.id]
