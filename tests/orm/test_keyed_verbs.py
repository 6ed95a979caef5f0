"""Rows that are known by a key: many at once, natural keys, and what is there afterwards."""

import asyncio
import threading

import pytest

import dovetail as dv
from dovetail.exc import (
    ArgumentError,
    InvalidRequestError,
    MultipleResultsFound,
    UniqueViolation,
)
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    sessionmaker,
    synonym,
)
from tests.servers import BACKENDS

THREADS = 16


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "keyed_person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(dv.String(40), unique=True)
    nick: Mapped[str | None] = mapped_column(dv.String(40), unique=True)
    visits: Mapped[int] = mapped_column(default=0)
    pets: Mapped[list["Pet"]] = relationship(back_populates="person")
    address = synonym("email")


class Pet(Base):
    __tablename__ = "keyed_pet"
    __table_args__ = (dv.UniqueConstraint("person_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(dv.ForeignKey("keyed_person.id"))
    name: Mapped[str] = mapped_column(dv.String(40))
    version: Mapped[int] = mapped_column()
    person: Mapped[Person] = relationship(back_populates="pets")
    __mapper_args__ = {"version_id_col": version}


class Stock(Base):
    __tablename__ = "keyed_stock"

    shop: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int]


USED = [b for b in BACKENDS if b.module in {"sqlite3", "psycopg", "pymysql"}]


@pytest.fixture(params=USED, ids=str)
def backend(request):
    return request.param


@pytest.fixture
def engine(backend_url):
    engine = dv.create_engine(backend_url, pool_size=THREADS)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            [
                Person(email="ada@x", nick="ada", visits=1),
                Person(email="ben@x", nick="ben", visits=1),
                Stock(shop=1, item=1, count=5),
                Stock(shop=1, item=2, count=6),
            ]
        )
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def sent(engine):
    statements = []

    @dv.event.listens_for(engine, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, executemany):
        statements.append(statement)

    return statements


# Many, and natural keys -------------------------------------------------------------------------


def test_many_come_in_order_and_misses_are_told(session, sent):
    two, none, one, again = session.get_many(Person, [2, 99, 1, 2])
    assert (two.id, none, one.id) == (2, None, 1)
    assert again is two
    assert len(sent) == 1


def test_those_that_are_here_are_not_read(session, sent):
    one = session.get(Person, 1)
    sent.clear()
    assert session.get_many(Person, [1]) == [one]
    assert sent == []
    session.get_many(Person, [1, 2])
    assert len(sent) == 1
    session.expire(one)
    assert session.get_many(Person, [1]) == [one]
    assert len(sent) == 2


def test_keys_of_several_columns(session, sent):
    found = session.get_many(Stock, [(1, 2), {"shop": 1, "item": 1}, (7, 7)])
    assert [each and each.count for each in found] == [6, 5, None]
    assert len(sent) == 1


def test_no_keys_need_no_statement(session, sent):
    assert session.get_many(Person, []) == []
    assert sent == []


def test_many_afresh(session):
    one = session.get(Person, 1)
    one.visits = 99
    with session.no_autoflush:
        session.get_many(Person, [1], populate_existing=True)
    assert one.visits == 1


def test_one_by_a_natural_key(session):
    assert session.get_by(Person, email="ben@x").id == 2
    assert session.get_by(Person, email="nobody") is None
    with pytest.raises(MultipleResultsFound):
        session.get_by(Person, visits=1)
    assert session.get_by(Person, email="ben@x", with_for_update=True).id == 2


def test_by_a_reference_or_another_name(session):
    ada = session.get(Person, 1)
    session.add(Pet(person=ada, name="tom"))
    assert session.get_by(Pet, person=ada).name == "tom"
    assert session.get_by(Person, address="ada@x") is ada


def test_pending_changes_are_seen(session):
    session.add(Person(email="new@x"))
    assert session.get_by(Person, email="new@x").id is not None


def test_by_nothing_or_by_what_is_not_there(session):
    with pytest.raises(ArgumentError, match="values of a key"):
        session.get_by(Person)
    with pytest.raises(InvalidRequestError, match="emial"):
        session.get_by(Person, emial="x")


# get_or_create ------------------------------------------------------------------------------------


def test_what_is_there_is_returned(session):
    found, created = session.get_or_create(Person, email="ada@x", defaults={"visits": 7})
    assert (found.id, found.visits, created) == (1, 1, False)


def test_what_is_not_there_is_made(session, engine):
    made, created = session.get_or_create(Person, email="new@x", defaults=lambda: {"visits": 7})
    assert (made.visits, created) == (7, True)
    assert made in session
    session.commit()
    with Session(engine) as other:
        assert other.get_by(Person, email="new@x").visits == 7


def test_only_a_unique_key_will_do(session):
    with pytest.raises(ArgumentError, match="unique are: id or"):
        session.get_or_create(Person, visits=1)
    pet, created = session.get_or_create(Pet, person_id=1, name="tom")
    assert created
    assert session.get_or_create(Pet, name="tom", person_id=1) == (pet, False)


def test_another_key_that_is_taken_is_told(session):
    with pytest.raises(UniqueViolation) as caught:
        session.get_or_create(Person, email="new@x", defaults={"nick": "ada"})
    assert caught.value.retry_scope == "never"
    assert session.get_by(Person, email="ada@x").id == 1


# upsert -----------------------------------------------------------------------------------------


def test_a_new_row_is_inserted(session, engine):
    given = Person(email="new@x", visits=3)
    found = session.upsert(given, key=Person.email)
    assert found is not given
    assert found in session
    assert given not in session
    assert (found.id is not None, found.visits) == (True, 3)
    session.commit()
    with Session(engine) as other:
        assert other.get_by(Person, email="new@x").visits == 3


def test_a_row_that_is_there_takes_over_what_is_named(session, engine):
    found = session.upsert(
        Person(email="ada@x", nick="countess", visits=9), key=Person.email, update=[Person.visits]
    )
    assert (found.id, found.nick, found.visits) == (1, "ada", 9)
    found = session.upsert(Person(email="ada@x", nick="countess"), key="email")
    assert (found.nick, found.visits) == ("countess", 9)
    found = session.upsert(Person(email="ada@x", visits=0), key="email", update=[])
    assert found.visits == 9
    session.commit()
    with Session(engine) as other:
        assert other.get(Person, 1).visits == 9


def test_by_the_primary_key(session):
    assert session.upsert(Person(id=2, email="benny@x")).email == "benny@x"
    both = session.upsert_all([Stock(shop=1, item=2, count=60), Stock(shop=2, item=1, count=70)])
    assert [(each.shop, each.item, each.count) for each in both] == [(1, 2, 60), (2, 1, 70)]


def test_many_keep_their_order(session, sent):
    people = [Person(email=f"{name}@x", visits=5) for name in ("zoe", "ada", "kim", "ben")]
    found = session.upsert_all(people, key=Person.email)
    assert [each.email for each in found] == ["zoe@x", "ada@x", "kim@x", "ben@x"]
    assert {each.visits for each in found} == {5}
    assert session.upsert_all([]) == []


def test_an_instance_that_is_here_is_that_of_the_row(session):
    here = session.get(Person, 1)
    here.visits = 4
    assert session.upsert(Person(email="ada@x", nick="x"), key=Person.email) is here
    assert (here.visits, here.nick) == (4, "x")


def test_another_key_that_is_taken_stops_it(session, engine):
    with pytest.raises(UniqueViolation):
        session.upsert(Person(email="new@x", nick="ada", visits=50), key=Person.email)
    session.rollback()
    with Session(engine) as other:
        assert other.get(Person, 1).visits == 1


def test_a_version_is_counted(session):
    pet = session.upsert(Pet(person_id=1, name="tom"), key=[Pet.person_id, Pet.name])
    assert pet.version == 1
    session.commit()
    session.upsert(Pet(id=pet.id, person_id=2, name="tom"))
    assert pet.version == 2


@pytest.mark.parametrize(
    ("instance", "options", "words"),
    [
        (lambda: Person(email="e", visits=1), {"key": Person.visits}, "no unique key"),
        (lambda: Person(visits=1), {"key": Person.email}, "no value for 'email'"),
        (lambda: Person(email="e"), {"key": "email", "update": ["visits"]}, "no value"),
        (lambda: Person(email="e"), {"key": "email", "update": {"visits": 1}}, "on_conflict"),
        (lambda: Person(email="e", pets=[Pet()]), {"key": "email"}, "foreign key"),
    ],
)
def test_what_makes_no_sense_is_refused(session, instance, options, words):
    with pytest.raises((ArgumentError, InvalidRequestError), match=words):
        session.upsert(instance(), **options)


def test_what_is_not_new_is_refused(session):
    with pytest.raises(ArgumentError, match="takes new instances"):
        session.upsert(session.get(Person, 1))
    with pytest.raises(ArgumentError, match="the same key"):
        session.upsert_all([Person(email="e"), Person(email="e")], key="email")
    with pytest.raises(ArgumentError, match="one class"):
        session.upsert_all([Person(email="e"), Stock(shop=1, item=1)], key="email")


# At the same time -------------------------------------------------------------------------------


def at_once(work):
    """Call ``work(number)`` in threads that start together; return what they answer."""
    start, answers = threading.Barrier(THREADS), []

    def one(number):
        start.wait(30)
        try:
            answers.append(work(number))
        except Exception as error:
            answers.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_one_of_sixteen_creates(engine):
    for number in range(5):

        def create(_, email=f"race{number}@x"):
            with Session(engine) as session:
                person, created = session.get_or_create(Person, email=email)
                session.commit()
                return person.id, created

        answers = at_once(create)
        assert sorted(created for _, created in answers) == [False] * (THREADS - 1) + [True]
        assert len({found for found, _ in answers}) == 1


def test_sixteen_upserts_make_one_row(engine):
    for number in range(5):

        def write(thread, email=f"race{number}@x"):
            with Session(engine) as session:
                person = session.upsert(Person(email=email, visits=thread), key=Person.email)
                session.commit()
                return person.id

        answers = at_once(write)
        assert len(set(answers)) == 1
        assert isinstance(answers[0], int)


def test_sixteen_batches_do_not_wait_in_a_circle(engine):
    def write(thread):
        people = [Person(email=f"batch{number}@x", visits=thread) for number in range(5)]
        if thread % 2:
            people.reverse()

        def work(session):
            return len(session.upsert_all(people, key=Person.email))

        return sessionmaker(engine).run(work, retries=50)

    assert at_once(write) == [5] * THREADS
    with Session(engine) as session:
        rows = session.scalars(dv.select(Person).where(Person.email.like("batch%"))).all()
        assert len(rows) == 5
        assert len({each.visits for each in rows}) == 1


def test_they_can_be_awaited(tmp_path):
    async def main():
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            ada, created = await session.get_or_create(Person, email="ada@x")
            assert created
            assert await session.get_many(Person, [ada.id, 5]) == [ada, None]
            assert await session.get_by(Person, email="ada@x") is ada
            assert await session.upsert(Person(email="ada@x", visits=3), key="email") is ada
            assert ada.visits == 3
            (ben,) = await session.upsert_all([Person(email="ben@x")], key=Person.email)
            assert ben.visits == 0
        await engine.dispose()

    asyncio.run(main())
