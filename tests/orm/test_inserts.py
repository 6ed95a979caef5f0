"""How new instances become rows: batches, keys, defaults, expressions."""

import enum
import itertools
import uuid
from datetime import date
from typing import Any

import pytest

from dovetail import (
    JSON,
    Column,
    Computed,
    Date,
    Enum,
    FetchedValue,
    ForeignKey,
    Integer,
    String,
    Uuid,
    func,
    inspect,
    literal,
    select,
    text,
)
from dovetail.exc import (
    DovetailDeprecationWarning,
    IntegrityError,
    OperationalError,
    PendingRollbackError,
)
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from dovetail.orm.exc import FlushError

calls = itertools.count(1)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


def slug_of(context):
    return (context.get_current_parameters()["name"] or "").lower()


class Base(DeclarativeBase):
    pass


class Plain(Base):
    __tablename__ = "plain"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


class Bare(Base):
    """Nothing but a generated key."""

    __tablename__ = "bare"

    id: Mapped[int] = mapped_column(primary_key=True)


class Filled(Base):
    """Defaults of every kind."""

    __tablename__ = "filled"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    scalar: Mapped[int] = mapped_column(default=7)
    called: Mapped[int] = mapped_column(default=lambda: next(calls))
    slug: Mapped[str] = mapped_column(default=slug_of)
    sql: Mapped[int] = mapped_column(default=literal(40) + 2)
    server: Mapped[str] = mapped_column(server_default="made")
    clock: Mapped[int] = mapped_column(server_default=text("(1 + 2)"))
    double: Mapped[int] = mapped_column(Computed("scalar * 2"))


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)


def test_many_rows_are_one_statement(session, sql_log):
    things = [Plain(name=letter) for letter in "abc"]

    session.add_all(things)
    session.flush()

    assert sql_log.statements == ["INSERT INTO plain (name) VALUES (?), (?), (?) RETURNING id"]
    assert [thing.id for thing in things] == [1, 2, 3]


def test_one_row_needs_no_returning(session, sql_log):
    session.add(Plain(name="a"))

    session.flush()

    assert sql_log.statements == ["INSERT INTO plain (name) VALUES (?)"]


def test_an_absent_value_is_null_and_is_there_afterwards(session, sql_log):
    things = [Plain(name="a"), Plain()]

    session.add_all(things)
    session.flush()
    sql_log.clear()

    assert things[1].name is None
    assert len(sql_log) == 0


def test_five_thousand_rows_get_the_right_keys(session, sql_log):
    things = [Plain(name=f"name {number}") for number in range(5000)]

    session.add_all(things)
    session.flush()

    assert len(sql_log) == 20
    assert len({thing.id for thing in things}) == 5000
    stored = dict(session.execute(select(Plain.id, Plain.name)).tuples().all())
    assert all(stored[thing.id] == thing.name for thing in things)


def test_explicit_keys_among_generated_ones_keep_their_rows(session):
    given = {3: 100, 4: 50, 7: 200}
    things = [Plain(id=given.get(n), name=f"name {n}") for n in range(10)]

    session.add_all(things)
    session.commit()

    stored = dict(session.execute(select(Plain.name, Plain.id)).tuples().all())
    for number, thing in enumerate(things):
        assert thing.id == stored[f"name {number}"]
        assert number not in given or thing.id == given[number]


def test_rows_of_nothing_but_a_key(session):
    things = [Bare() for _ in range(3)]

    session.add_all(things)
    session.commit()

    assert {thing.id for thing in things} == {1, 2, 3}


def test_every_kind_of_default_fills_its_column(session, sql_log):
    thing = Filled(name="Ada")
    other = Filled(name="Bob", scalar=1, slug="given", sql=5, server="given", clock=9)
    session.add_all([thing, other])

    session.flush()
    sent = len(sql_log)

    assert (thing.scalar, thing.slug, thing.sql, thing.server) == (7, "ada", 42, "made")
    assert (thing.clock, thing.double) == (3, 14)
    assert (other.scalar, other.slug, other.sql, other.server) == (1, "given", 5, "given")
    assert (other.clock, other.double) == (9, 2)
    assert other.called == thing.called + 1
    assert len(sql_log) == sent


def test_none_is_given_where_none_is_set(session):
    thing = Filled(name="Ada")
    thing.scalar = None

    session.add(thing)
    session.flush()

    assert session.scalar(select(Filled.scalar)) == thing.scalar


def test_an_expression_as_a_value_is_computed_by_the_server(session):
    one = Plain(name=func.upper("ada"))
    two = Plain(name="plain")
    three = Plain(name=literal("a") + "b")

    session.add_all([one, two, three])
    session.flush()

    assert [one.name, two.name, three.name] == ["ADA", "plain", "ab"]
    assert len({one.id, two.id, three.id}) == 3
    stored = dict(session.execute(select(Plain.id, Plain.name)).tuples().all())
    assert stored == {one.id: "ADA", two.id: "plain", three.id: "ab"}


class Labelled(Base):
    __tablename__ = "labelled"

    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    name: Mapped[str | None]


class Day(Base):
    __tablename__ = "day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    name: Mapped[str | None]


class Token(Base):
    __tablename__ = "token"

    token: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    name: Mapped[str | None]
    parent_token: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("token.token"))
    parent: Mapped["Token | None"] = relationship(remote_side=[token])


class Paint(Base):
    __tablename__ = "paint"

    colour: Mapped[Colour] = mapped_column(Enum(Colour), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    name: Mapped[str | None]


@pytest.mark.parametrize(
    ("make", "key"),
    [
        pytest.param(lambda: Labelled(code="x", name="n"), "x", id="string"),
        pytest.param(lambda: Day(day=date(2024, 2, 29), name="n"), date(2024, 2, 29), id="date"),
        pytest.param(lambda: Token(token=uuid.UUID(int=5), name="n"), uuid.UUID(int=5), id="UUID"),
        pytest.param(
            lambda: Paint(colour=Colour.BLUE, day=date(2024, 1, 1), name="n"),
            (Colour.BLUE, date(2024, 1, 1)),
            id="Enum and date",
        ),
    ],
)
def test_keys_of_any_type_identify(session, make, key):
    thing = make()
    class_ = type(thing)
    session.add_all([thing])
    session.commit()
    assert thing.name == "n"
    assert session.get(class_, key) is thing

    session.expunge_all()
    found = session.get(class_, key)
    found.name = "changed"
    session.commit()

    assert session.scalars(select(class_)).one() is found
    assert found.name == "changed"
    session.delete(found)
    session.commit()
    assert session.get(class_, key) is None


def test_many_rows_with_keys_of_ones_own(session, sql_log):
    tokens = [Token(name=f"n{number}") for number in range(50)]
    tokens[7].parent = tokens[30]

    session.add_all(tokens)
    session.commit()

    stored = dict(session.execute(select(Token.name, Token.token)).tuples().all())
    assert all(stored[token.name] == token.token for token in tokens)
    assert tokens[7].parent_token == tokens[30].token


def test_a_missing_key_that_nobody_makes_is_refused(session):
    session.add(Labelled(name="n"))

    with pytest.raises((FlushError, IntegrityError)):
        session.flush()


def test_the_first_failure_is_named_until_the_rollback(session):
    session.add(Labelled(code="x"))
    session.commit()
    session.add_all([Labelled(code="y"), Labelled(code="x")])
    with pytest.raises(IntegrityError, match="UNIQUE"):
        session.flush()

    with pytest.raises(PendingRollbackError, match="UNIQUE"):
        session.scalars(select(Labelled)).all()
    with pytest.raises(PendingRollbackError):
        session.flush() or session.commit()

    session.rollback()
    assert session.scalars(select(Labelled.code)).all() == ["x"]


def test_after_a_failure_new_instances_are_transient_and_can_be_mended(session):
    bad, good = Filled(), Filled(name="good")
    session.add_all([good, bad])
    with pytest.raises((IntegrityError, AttributeError, KeyError, TypeError)):
        session.flush()
    session.rollback()
    assert inspect(bad).transient
    assert inspect(good).transient

    bad.name = "mended"
    session.add_all([good, bad])
    session.commit()

    assert set(session.scalars(select(Filled.name))) == {"good", "mended"}


def test_rows_are_inserted_in_the_order_of_adding(session):
    for letter in "qwerty":
        session.add(Plain(name=letter))

    session.commit()

    assert "".join(session.scalars(select(Plain.name).order_by(Plain.id))) == "qwerty"


def test_flush_of_some_leaves_the_others(session):
    one, two = Plain(name="one"), Plain(name="two")
    session.add_all([one, two])

    with pytest.warns(DovetailDeprecationWarning, match=r"today: flush\(\)"):
        session.flush([two])

    assert inspect(two).persistent
    assert inspect(one).pending
    assert list(session.new) == [one]


def test_a_column_with_a_key_of_its_own_is_written(engine, session):
    table = Column("odd name", Integer, key="odd")

    class Odd(Base):
        __tablename__ = "odd"
        id: Mapped[int] = mapped_column(primary_key=True)
        value = table

    Base.metadata.create_all(engine)
    session.add(Odd(value=5))
    session.commit()

    assert session.scalars(select(Odd)).one().value == 5


def test_keys_that_the_server_makes_at_random_go_to_their_own_instances(engine):
    class Base(DeclarativeBase):
        pass

    class Random(Base):
        __tablename__ = "random_key"
        level: Mapped[int] = mapped_column(server_default=text("(abs(random()) % 100)"))
        id: Mapped[str] = mapped_column(
            String(20), primary_key=True, server_default=text("(hex(randomblob(8)))")
        )
        name: Mapped[str]

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        made = [Random(name=f"n{number}") for number in range(200)]
        session.add_all(made)
        session.flush()
        pairs = {item.id: (item.name, item.level) for item in made}
        rows = session.execute(select(Random.id, Random.name, Random.level)).all()

    assert pairs == {key: (name, level) for key, name, level in rows}


def test_a_value_of_the_servers_before_the_key_does_not_mix_up_the_keys(engine):
    class Base(DeclarativeBase):
        pass

    class Levelled(Base):
        __tablename__ = "levelled"
        level: Mapped[int] = mapped_column(server_default=text("(abs(random()) % 100)"))
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        made = [Levelled(name=f"n{number}") for number in range(200)]
        session.add_all(made)
        session.flush()
        pairs = {item.id: (item.name, item.level) for item in made}
        rows = session.execute(select(Levelled.id, Levelled.name, Levelled.level)).all()

    assert pairs == {key: (name, level) for key, name, level in rows}


def test_a_json_attribute_that_was_never_set_is_null_and_none_is_json(engine):
    class OwnBase(DeclarativeBase):
        pass

    class Note(OwnBase):
        __tablename__ = "note"
        id: Mapped[int] = mapped_column(primary_key=True)
        data: Mapped[Any] = mapped_column(JSON, nullable=True)

    OwnBase.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Note(id=1), Note(id=2, data=None), Note(id=3, data=[])])
        session.commit()
        rows = session.execute(text("SELECT data FROM note ORDER BY id")).scalars().all()
        assert rows == [None, "null", "[]"]


def test_a_value_for_a_computed_column_is_sent_for_the_server_to_refuse(session):
    filled = Filled(name="a")
    session.add(filled)
    session.commit()

    filled.double = 5
    with pytest.raises(OperationalError):
        session.flush()
    session.rollback()
    assert filled.double == 14

    session.add(Filled(name="b", double=5))
    with pytest.raises(OperationalError):
        session.flush()
    session.rollback()

    with pytest.raises(OperationalError):
        session.bulk_insert_mappings(Filled, [{"name": "c", "double": 5}])
    session.rollback()
    assert session.scalars(select(Filled.name)).all() == ["a"]


class TestWhatDefaultsSee:
    """The values of the row of the table, by the keys of its columns."""

    @pytest.fixture
    def told(self):
        return []

    @pytest.fixture
    def Letter(self, engine, told):
        class Own(DeclarativeBase):
            pass

        def note(context):
            told.append(context.get_current_parameters())
            return "made"

        class Paper(Own):
            __tablename__ = "paper"
            id: Mapped[int] = mapped_column(primary_key=True)
            title: Mapped[str] = mapped_column("name")
            place: Mapped[str | None] = mapped_column("where")
            slug: Mapped[str | None] = mapped_column("short", default=note, onupdate=note)
            pages: Mapped[int] = mapped_column("length", default=5)

        class Letter(Paper):
            __tablename__ = "letter"
            id: Mapped[int] = mapped_column(ForeignKey("paper.id"), primary_key=True)
            to: Mapped[str] = mapped_column("receiver")
            sender: Mapped[str | None] = mapped_column("from", default=note)

        Own.metadata.create_all(engine)
        return Letter

    def test_in_an_insert(self, session, told, Letter):
        session.add(Letter(title="a", to="b"))
        session.flush()

        assert told == [
            {"name": "a", "where": None, "short": None, "length": None},
            {"id": 1, "receiver": "b", "from": None},
        ]

    def test_in_an_insert_of_mappings(self, session, told, Letter):
        session.bulk_insert_mappings(Letter, [{"id": 3, "title": "a", "to": "b"}])

        assert [row.get("name", row.get("receiver")) for row in told] == ["a", "b"]

    def test_in_an_update(self, session, told, Letter):
        letter = Letter(title="a", to="b")
        session.add(letter)
        session.commit()
        told.clear()

        letter.title = "c"
        session.flush()

        assert told == [{"name": "c"}]

    def test_in_an_update_of_mappings(self, session, told, Letter):
        session.bulk_insert_mappings(Letter, [{"id": 3, "title": "a", "to": "b"}])
        told.clear()

        session.bulk_update_mappings(Letter, [{"id": 3, "title": "c"}])

        assert told == [{"name": "c"}]

    def test_where_a_row_is_taken_over(self, session, told, Letter):
        session.add(Letter(id=1, title="a", to="b"))
        session.commit()
        told.clear()

        session.delete(session.get(Letter, 1))
        session.add(Letter(id=1, title="c", to="d"))
        session.flush()

        assert [row.get("name", row.get("receiver")) for row in told[:2]] == ["c", "d"]


@pytest.mark.parametrize("implicit_returning", [True, False])
def test_values_of_a_trigger_are_read_where_the_table_says_so(engine, implicit_returning):
    class Base(DeclarativeBase):
        pass

    class Stamped(Base):
        __tablename__ = "stamped"
        __table_args__ = {"implicit_returning": implicit_returning}
        id: Mapped[int] = mapped_column(primary_key=True)
        mark: Mapped[str | None] = mapped_column(server_default=FetchedValue())

    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER stamp AFTER INSERT ON stamped FOR EACH ROW "
            "BEGIN UPDATE stamped SET mark = 'made' WHERE stamped.id = NEW.id; END"
        )
    with Session(engine) as session:
        several = [Stamped() for _ in range(3)]
        session.add_all(several)
        session.flush()
        # RETURNING gives what the row was before the trigger.
        expected = None if implicit_returning else "made"
        assert [one.mark for one in several] == [expected] * 3
        assert [one.id for one in several] == [1, 2, 3]
