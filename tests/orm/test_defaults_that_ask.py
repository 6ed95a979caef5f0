"""Default functions that ask the connection by which their row is sent."""

import asyncio

import pytest

from dovetail import (
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    bindparam,
    create_engine,
    func,
    insert,
    select,
    text,
    update,
)
from dovetail.compiler.default_context import DefaultContext
from dovetail.exc import InvalidRequestError
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


def count(context):
    return context.connection.scalar(select(func.count()).select_from(Base.metadata.tables["note"]))


def seven(context):
    return context.connection.scalar(text("SELECT 7"))


note_tag = Table(
    "note_tag",
    Base.metadata,
    Column("note_id", ForeignKey("note.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
    Column("weight", Integer, default=seven),
)


class Tag(Base):
    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "note"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "note"}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str | None] = mapped_column(String(10), default="note")
    text: Mapped[str | None]
    number: Mapped[int] = mapped_column(default=count)
    seen: Mapped[int | None] = mapped_column(onupdate=count)
    tags: Mapped[list[Tag]] = relationship(secondary=note_tag)


class Letter(Note):
    __mapper_args__ = {"polymorphic_identity": "letter"}

    stamps: Mapped[int | None] = mapped_column(default=seven, onupdate=seven)


table = Note.__table__
rows = select(table.c.text, table.c.number, table.c.seen).order_by(table.c.id)


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Note(text="first"))
        session.flush()
        yield session


def _insert_one(session):
    session.connection().execute(insert(table).values(text="a"))


def _insert_with_parameters(session):
    session.connection().execute(insert(table), {"text": "a"})


def _insert_and_return(session):
    session.connection().execute(insert(table).returning(table.c.number), [{"text": "a"}]).all()


def _insert_rows_of_values(session):
    session.connection().execute(insert(table).values([{"text": "a"}]))


def _flush(session):
    session.add(Note(text="a"))
    session.flush()


def _insert_entity(session):
    session.execute(insert(Note), [{"text": "a"}])


def _insert_mappings(session):
    session.bulk_insert_mappings(Note, [{"text": "a"}])


def _save_objects(session):
    session.bulk_save_objects([Note(text="a")])


@pytest.mark.parametrize(
    "write",
    [
        _insert_one,
        _insert_with_parameters,
        _insert_and_return,
        _insert_rows_of_values,
        _flush,
        _insert_entity,
        _insert_mappings,
        _save_objects,
    ],
)
def test_a_default_asks_the_connection_of_an_insert(session, write):
    write(session)

    assert session.connection().execute(rows).all() == [("first", 0, None), ("a", 1, None)]


def test_rows_sent_together_are_asked_for_together(session):
    session.connection().execute(insert(table), [{"text": "a"}, {"text": "b"}])
    session.add_all([Note(text="c"), Note(text="d")])
    session.flush()

    numbers = session.connection().execute(rows).scalars("number").all()
    assert numbers == [0, 1, 1, 3, 3]


def _update(session):
    session.connection().execute(update(table).values(text="b"))


def _update_with_parameters(session):
    statement = update(table).where(table.c.id == bindparam("key"))
    session.connection().execute(statement, [{"text": "b", "key": 1}])


def _flush_a_change(session):
    session.get(Note, 1).text = "b"
    session.flush()


def _update_entity(session):
    session.execute(update(Note).values(text="b"))


def _update_by_keys(session):
    session.execute(update(Note), [{"id": 1, "text": "b"}])


@pytest.mark.parametrize(
    "write", [_update, _update_with_parameters, _flush_a_change, _update_entity, _update_by_keys]
)
def test_an_onupdate_asks_the_connection_of_an_update(session, write):
    write(session)

    assert session.connection().execute(rows).all() == [("b", 0, 1)]


def test_defaults_of_other_classes_and_of_a_third_table_ask_too(session):
    letter, note = Letter(text="a"), Note(text="b", tags=[Tag()])
    session.add_all([letter, note])
    session.flush()

    assert letter.stamps == 7
    assert session.scalars(select(note_tag.c.weight)).all() == [7]


def test_a_new_instance_that_takes_over_a_row_asks_too(session):
    session.commit()
    session.delete(session.get(Note, 1))
    session.add(Note(id=1, text="again"))
    session.flush()

    assert session.connection().execute(rows).all() == [("again", 1, 1)]


def test_the_context_tells_of_the_connection(session):
    told = []

    def tell(context):
        told.append((context.connection, context.root_connection, context.engine))
        told.append((context.dialect.name, context.execution_options["mark"]))
        return 5

    other = Table("told", Base.metadata.__class__(), Column("a", Integer, default=tell))
    other.create(session.connection())
    connection = session.connection().execution_options(mark=3)

    connection.execute(insert(other))

    assert told == [(connection, connection, session.get_bind()), ("sqlite", 3)]


def test_without_a_connection_the_question_is_refused():
    with pytest.raises(InvalidRequestError, match="before a connection is taken"):
        _ = DefaultContext({}).connection


def test_an_awaiting_connection_is_asked_by_blocking_calls():
    async def work():
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
            await connection.execute(insert(table).values(text="a"))
        async with AsyncSession(engine) as session:
            session.add(Note(text="b"))
            await session.commit()
            found = (await session.execute(rows)).all()
        await engine.dispose()
        return found

    assert asyncio.run(work()) == [("a", 0, None), ("b", 1, None)]
