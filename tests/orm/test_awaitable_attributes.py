"""``awaitable_attrs``: each kind of attribute, loaded, unloaded, expired, detached."""

import asyncio

import pytest

from dovetail import ForeignKey, exc, func, select
from dovetail.ext.asyncio import AsyncAttrs, AsyncSession, create_async_engine
from dovetail.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    WriteOnlyMapped,
    mapped_column,
    relationship,
)


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    life: Mapped[str | None] = mapped_column(deferred=True)
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    boss: Mapped["Person | None"] = relationship(remote_side=[id])
    books: Mapped[list["Book"]] = relationship(order_by="Book.id")
    written: WriteOnlyMapped["Book"] = relationship(overlaps="books")
    asked: DynamicMapped["Book"] = relationship(overlaps="books,written")
    closed: Mapped[list["Book"]] = relationship(lazy="raise", viewonly=True)

    @property
    def label(self):
        return f"{self.name}: {len(self.books)}"

    def method(self):
        return 5


class Manager(Person):
    __tablename__ = "manager"
    __mapper_args__ = {"polymorphic_identity": "manager"}

    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    level: Mapped[int]


class Book(Base):
    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


@pytest.fixture
def in_session(tmp_path):
    """Runs ``body(session, person)`` with a manager of two books, queried as a Person."""

    def run(body):
        async def whole():
            engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            async with AsyncSession(engine) as session, session.begin():
                session.add(Manager(id=1, name="m", level=3, life="long"))
                await session.flush()
                session.add_all([Book(id=1, owner_id=1), Book(id=2, owner_id=1)])
                session.add(Person(id=2, name="p", boss_id=1))
            async with AsyncSession(engine) as session:
                await body(session, (await session.scalars(select(Person).filter_by(id=1))).one())
            await engine.dispose()

        asyncio.run(whole())

    return run


@pytest.mark.parametrize("is_expired", [False, True])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("id", 1),
        ("name", "m"),
        ("level", 3),
        ("life", "long"),
        ("boss", None),
        ("label", "m: 2"),
        ("kind", "manager"),
        ("__tablename__", "manager"),
    ],
)
def test_a_value_is_awaited(in_session, name, expected, is_expired):
    async def body(session, person):
        if is_expired:
            session.expire(person)
        assert await getattr(person.awaitable_attrs, name) == expected
        assert getattr(person, name) == expected

    in_session(body)


def test_collections_and_references_are_awaited(in_session):
    async def body(session, person):
        assert [book.id for book in await person.awaitable_attrs.books] == [1, 2]
        other = await session.get(Person, 2)
        assert await other.awaitable_attrs.boss is person
        session.expire(person, ["books"])
        assert [book.id for book in await person.awaitable_attrs.books] == [1, 2]
        assert (await person.awaitable_attrs.method)() == 5

    in_session(body)


def test_collections_that_are_not_loaded_whole_are_queried(in_session):
    async def body(session, person):
        written = await person.awaitable_attrs.written
        assert len((await session.scalars(written.select())).all()) == 2
        written.add(Book(id=3))
        await session.flush()
        count = written.select().with_only_columns(func.count())
        assert await session.scalar(count.order_by(None)) == 3
        asked = await person.awaitable_attrs.asked
        with pytest.raises(exc.MissingGreenlet):
            asked.all()
        assert len(await session.run_sync(lambda _: asked.all())) == 3
        assert len((await session.scalars(asked.statement)).all()) == 3

    in_session(body)


def test_what_is_forbidden_or_unknown_is_so_when_awaited(in_session):
    async def body(session, person):
        with pytest.raises(exc.LazyLoadError, match="lazy='raise'"):
            await person.awaitable_attrs.closed
        with pytest.raises(AttributeError, match="nothing"):
            await person.awaitable_attrs.nothing

    in_session(body)


def test_instances_without_a_row(in_session):
    async def body(session, person):
        new = Person(name="new", boss_id=1)
        assert await new.awaitable_attrs.books == []
        session.add(new)
        assert await new.awaitable_attrs.books == []
        assert await new.awaitable_attrs.boss is None
        session.expunge(person)
        assert await person.awaitable_attrs.name == "m"
        with pytest.raises(exc.DetachedInstanceError):
            await person.awaitable_attrs.books

    in_session(body)


def test_after_a_rollback_it_is_read_again(in_session):
    async def body(session, person):
        books = await person.awaitable_attrs.books
        await session.delete(books[0])
        person.name = "undone"
        await session.flush()
        await session.rollback()
        assert await person.awaitable_attrs.name == "m"
        assert [book.id for book in await person.awaitable_attrs.books] == [1, 2]

    in_session(body)


def test_a_row_that_has_gone_is_told(in_session):
    async def body(session, person):
        await session.execute(Book.__table__.delete())
        await session.execute(Manager.__table__.delete())
        await session.execute(Person.__table__.delete())
        session.expire(person)
        with pytest.raises(exc.ObjectDeletedError):
            await person.awaitable_attrs.name

    in_session(body)
