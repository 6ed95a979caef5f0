"""What instances were loaded with, options and statements go through pickle."""

import pickle

import pytest

from dovetail import (
    Boolean,
    Column,
    Enum,
    ForeignKey,
    MetaData,
    Table,
    create_engine,
    func,
    insert,
    select,
    update,
)
from dovetail.exc import InvalidRequestError
from dovetail.orm import (
    DeclarativeBase,
    Load,
    Mapped,
    Session,
    aliased,
    defer,
    joinedload,
    lazyload,
    load_only,
    mapped_column,
    raiseload,
    relationship,
    selectinload,
    with_loader_criteria,
)


class Base(DeclarativeBase):
    pass


class Writer(Base):
    __tablename__ = "pickled_writer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="name")
    texts: Mapped[list["Text"]] = relationship(back_populates="writer", order_by="Text.id")


class Text(Base):
    __tablename__ = "pickled_text"
    id: Mapped[int] = mapped_column(primary_key=True)
    writer_id: Mapped[int] = mapped_column(ForeignKey("pickled_writer.id"))
    title: Mapped[str] = mapped_column(default="title")
    writer: Mapped[Writer] = relationship(back_populates="texts")
    parts: Mapped[list["Part"]] = relationship()


class Part(Base):
    __tablename__ = "pickled_part"
    id: Mapped[int] = mapped_column(primary_key=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("pickled_text.id"))


def again(subject):
    return pickle.loads(pickle.dumps(subject))


@pytest.fixture
def engine():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Writer(id=1, texts=[Text(id=1, parts=[Part()]), Text(id=2)]))
        session.commit()
    yield engine
    engine.dispose()


def pickled(engine, *options):
    """The writer as loaded with *options*, pickled and read."""
    with Session(engine) as session:
        return again(session.scalars(select(Writer).options(*options)).unique().one())


REFUSED = [
    ("raiseload of a relationship", [raiseload(Writer.texts)], "texts"),
    ("raiseload of all", [raiseload("*")], "texts"),
    ("raiseload of a column", [defer(Writer.name, raiseload=True)], "name"),
]


@pytest.mark.parametrize(("_", "options", "name"), REFUSED)
def test_what_was_refused_is_refused_by_a_pickled_instance(engine, _, options, name):
    writer = pickled(engine, *options)

    with Session(engine) as session:
        session.add(writer)
        with pytest.raises(InvalidRequestError):
            getattr(writer, name)


@pytest.mark.parametrize("option", [defer(Writer.name), load_only(Writer.id)])
def test_a_deferred_column_is_read_after_pickling(engine, option):
    writer = pickled(engine, option)

    with Session(engine) as session:
        session.add(writer)
        assert writer.name == "name"


def test_options_below_a_relationship_hold_after_pickling(engine):
    eager = pickled(engine, selectinload(Writer.texts).options(raiseload(Text.parts)))
    lazy = pickled(engine, lazyload(Writer.texts).options(defer(Text.title), raiseload(Text.parts)))

    for writer in (eager, lazy):
        with Session(engine) as session:
            session.add(writer)
            assert writer.texts[0].title == "title"
            with pytest.raises(InvalidRequestError):
                _ = writer.texts[0].parts


def test_criteria_hold_after_pickling(engine):
    smallest = 2
    made = pickled(engine, with_loader_criteria(Text, lambda class_: class_.id >= smallest))
    given = pickled(engine, with_loader_criteria(Text, Text.id < smallest))

    for writer, ids in ((made, [2]), (given, [1])):
        with Session(engine) as session:
            session.add(writer)
            assert [text.id for text in writer.texts] == ids


def test_pickled_instances_share_what_they_were_loaded_with(engine):
    with Session(engine) as session:
        texts = again(session.scalars(select(Text).options(raiseload(Text.parts))).all())
    loads = [text.__dovetail_state__.load.options for text in texts]

    assert loads[0] is loads[1]


OPTIONS = {
    "several": lambda: [joinedload(Writer.texts).selectinload(Text.parts)],
    "for an entity": lambda: [Load(Writer).selectinload(Writer.texts)],
    "with criteria": lambda: [selectinload(Writer.texts.and_(Text.id > 1))],
    "of columns": lambda: [defer(Writer.name), selectinload(Writer.texts).load_only(Text.id)],
}


@pytest.mark.parametrize("options", OPTIONS)
def test_options_do_after_pickling_what_they_did_before(engine, options):
    def found(given):
        with Session(engine) as session:
            writer = session.scalars(select(Writer).options(*given)).unique().one()
            return sorted(writer.__dict__), [text.id for text in writer.texts]

    assert found(again(OPTIONS[options]())) == found(OPTIONS[options]())


other = aliased(Writer)
within = select(Text.writer_id).where(Text.id > 1)
STATEMENTS = {
    "entities": select(Writer).where(Writer.id == 1),
    "an alias": select(Writer.id, other.name).join(other, other.id == Writer.id),
    "a join": select(Writer.name, Text.id).join(Writer.texts).where(Text.id == 2),
    "any()": select(Writer.name).where(Writer.texts.any(Text.title == "title")),
    "IN": select(Writer.name).where(Writer.id.in_(within)),
    "a subquery": select(func.count()).select_from(within.subquery()),
    "criteria": select(func.count(Text.id)).options(with_loader_criteria(Text, Text.id > 1)),
    "of tables": select(Writer.__table__.c.name),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_pickled_statement_finds_what_it_found(engine, name):
    def found(statement):
        with Session(engine) as session:
            return [[str(getattr(v, "id", v)) for v in row] for row in session.execute(statement)]

    statement = STATEMENTS[name]
    found(statement)  # What is computed of it is not pickled.

    assert found(again(statement)) == found(statement)
    assert str(again(statement)) == str(statement)


def test_a_pickled_change_changes_what_it_did(engine):
    changes = [
        insert(Part).values(id=7, text_id=2),
        update(Text).where(Text.parts.any()).values(title="new"),
    ]

    with Session(engine) as session:
        for change in again(changes):
            session.execute(change)
        titles = session.scalars(select(Text.title).order_by(Text.id)).all()

    assert titles == ["new", "new"]


def test_attributes_classes_and_properties_are_read_as_themselves():
    for subject in (Writer.name, Writer.texts, Writer.__mapper__, Writer.texts.property):
        assert again(subject) is subject


def test_tables_whose_types_ask_for_a_check_are_pickled():
    table = Table(
        "pickled_check",
        MetaData(),
        Column("is_new", Boolean(create_constraint=True, name="is_new_known")),
        Column("kind", Enum("a", "b", create_constraint=True, native_enum=False, name="kinds")),
    )

    read = again(table)

    names = sorted(str(one.name) for one in read.constraints if one.name)
    assert names == ["is_new_known", "kinds"]
    with create_engine("sqlite://").begin() as connection:
        read.create(connection)


def test_an_option_tells_its_parts_and_what_was_said_of_them():
    option = Load(Writer).joinedload(Writer.texts, innerjoin=True).selectinload(Text.parts)

    for one in (option, again(option)):
        assert [part.path[-1] for part in one.context] == [Writer.texts, Text.parts]
        assert [part.local_opts for part in one.context] == [{"innerjoin": True}, {}]
    assert selectinload(Writer.texts, chunksize=5).context[0].local_opts == {"chunksize": 5}
    assert load_only(Writer.name).context[0].local_opts == {}
