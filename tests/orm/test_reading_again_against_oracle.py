"""What has expired as a whole is read again as it was loaded: with what came with it."""

from functools import partial

import pytest

from dovetail import ForeignKey, create_engine, event, select
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from tests.orm.both import compare


def owners(w, lazy):
    """Owner, its items, and the way back, all of them loaded as *lazy* says."""
    sa, orm, Base = w.sa, w.orm, w.Base

    class Owner(Base):
        __tablename__ = "owner"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        name = orm.mapped_column(sa.String(9), default="n")
        notes = orm.mapped_column(sa.String(9), default="long", deferred=True)
        draft = orm.mapped_column(
            sa.String(9), default="rough", deferred=True, deferred_group="texts"
        )
        items = orm.relationship("Item", lazy=lazy, back_populates="owner", order_by="Item.id")

    class Item(Base):
        __tablename__ = "item"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        text = orm.mapped_column(sa.String(9), default="t")
        owner_id = orm.mapped_column(sa.ForeignKey("owner.id"))
        owner = orm.relationship("Owner", lazy=lazy, back_populates="items")

    w.create()
    w.add(Owner(id=1, items=[Item(id=1), Item(id=2)]), Owner(id=2, items=[Item(id=3)]))
    return Owner, Item


def read_again(w, *, lazy):
    Owner, Item = owners(w, lazy)
    s = w.s
    owner = s.get(Owner, 1)
    assert [item.text for item in owner.items] == ["t", "t"]
    s.commit()
    yield owner.name, "items" in owner.__dict__
    yield [item.text for item in owner.items]
    s.expire(owner)
    yield owner.name, "items" in owner.__dict__
    # Of what was named alone, nothing else comes back.
    s.expire(owner, ["name", "items"])
    yield owner.name, "items" in owner.__dict__
    s.expire(owner)
    owner.name = "changed"
    owner.items.append(Item(id=9))
    s.flush()
    yield owner.name, [item.id for item in owner.items], w.rows(Item)
    s.commit()
    item = s.get(Item, 3)
    s.expire(item)
    yield item.text, "owner" in item.__dict__
    made = Owner(id=5)
    s.add(made)
    s.commit()
    yield made.name, "items" in made.__dict__
    s.rollback()
    yield made.name, "items" in made.__dict__


def by_options(w):
    Owner, Item = owners(w, "select")
    s, orm = w.s, w.orm
    ways = {
        "joined": orm.joinedload(Owner.items),
        "selectin": orm.selectinload(Owner.items),
        "nested": orm.selectinload(Owner.items).load_only(Item.id),
        "columns": orm.load_only(Owner.name),
        "deferred": orm.undefer(Owner.notes),
        "deferred by group": orm.undefer_group("texts"),
    }
    for name, option in ways.items():
        query = w.sa.select(Owner).options(option).order_by(Owner.id)
        owner = s.scalars(query).unique().first()
        s.commit()
        yield name, owner.name, "items" in owner.__dict__
        yield [w.loaded(item) for item in owner.items if name == "nested"]
        yield owner.notes, owner.draft
        s.commit()
        yield owner.draft, owner.notes, [item.text for item in owner.items]
        s.commit()
        yield [item.text for item in owner.items], owner.draft, owner.notes
        s.close()


@pytest.mark.parametrize("lazy", ["joined", "selectin", "subquery", "immediate", "select"])
def test_what_expired_as_a_whole_is_read_again_with_what_came_with_it(lazy):
    compare(partial(read_again, lazy=lazy))


def test_what_expired_as_a_whole_is_read_again_as_its_options_say():
    compare(by_options)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(lazy="selectin")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))


@pytest.fixture
def engine():
    made = create_engine("sqlite://")
    Base.metadata.create_all(made)
    with Session(made) as session:
        session.add_all([Author(id=n, name=str(n), books=[Book(id=n)]) for n in range(1, 4)])
        session.commit()
    yield made
    made.dispose()


def test_what_was_read_after_a_commit_is_whole_when_its_session_is_closed(engine):
    with Session(engine) as session:
        author = session.get(Author, 1)
        session.commit()
        assert author.name == "1"

    assert [book.id for book in author.books] == [1]


def test_those_that_expired_together_are_read_again_together(engine):
    sent = []
    with Session(engine) as session:
        authors = session.scalars(select(Author).order_by(Author.id)).all()
        session.commit()
        event.listen(engine, "before_cursor_execute", lambda *told: sent.append(told[2]))

        names = [author.name for author in authors]
        books = [[book.id for book in author.books] for author in authors]

    assert (names, books) == (["1", "2", "3"], [[1], [2], [3]])
    assert (
        len(sent) == 4
    )  # the first, its books, and when the program goes on, all others and theirs
