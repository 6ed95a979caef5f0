"""A loop over fifty instances touches each kind of attribute: how many statements that takes.

The first touch loads one, the second those of the next thirty-two neighbours, the third the
rest: three statements, whatever the kind.
"""

import pytest

from dovetail import Column, ForeignKey, ForeignKeyConstraint, Table, func, select
from dovetail.ext.associationproxy import association_proxy
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    aliased,
    attribute_keyed_dict,
    column_property,
    composite,
    foreign,
    joinedload,
    load_only,
    mapped_column,
    relationship,
    selectinload,
)

N = 50


class Base(DeclarativeBase):
    pass


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)

    __hash__ = None

    def __composite_values__(self):
        return self.x, self.y


membership = Table(
    "membership",
    Base.metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("club_id", ForeignKey("club.id"), primary_key=True),
)


class Person(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column()
    town_id: Mapped[int] = mapped_column(ForeignKey("town.id"))
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    notes: Mapped[str | None] = mapped_column(deferred=True)
    photo: Mapped[str | None] = mapped_column(deferred=True, deferred_group="files")
    voice: Mapped[str | None] = mapped_column(deferred=True, deferred_group="files")
    x: Mapped[int] = mapped_column(deferred=True, deferred_group="place")
    y: Mapped[int] = mapped_column(deferred=True, deferred_group="place")
    place: Mapped[Point] = composite("x", "y")
    length: Mapped[int] = column_property(func.length(name), deferred=True)

    town: Mapped["Town"] = relationship(back_populates="people")
    passport: Mapped["Passport | None"] = relationship(back_populates="person")
    letters: Mapped[list["Letter"]] = relationship(back_populates="person", order_by="Letter.id")
    late_letters: Mapped[list["Letter"]] = relationship(
        primaryjoin="and_(Person.id == Letter.person_id, Letter.number > 0)", viewonly=True
    )
    clubs: Mapped[list["Club"]] = relationship(secondary=membership, back_populates="people")
    boss: Mapped["Person | None"] = relationship(remote_side=[id], back_populates="staff")
    staff: Mapped[list["Person"]] = relationship(back_populates="boss")
    words: Mapped[dict[str, "Word"]] = relationship(collection_class=attribute_keyed_dict("key"))
    jobs: Mapped[list["Job"]] = relationship(back_populates="person")
    firms: Mapped[list["Firm"]] = relationship(secondary="job", viewonly=True)
    firm_names = association_proxy("jobs", "firm_name")
    older: Mapped[list["Letter"]] = relationship(
        primaryjoin=lambda: foreign(Letter.number) > Person.id, viewonly=True
    )


class Town(Base):
    __tablename__ = "town"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    people: Mapped[list[Person]] = relationship(back_populates="town")


class Passport(Base):
    __tablename__ = "passport"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    person: Mapped[Person] = relationship(back_populates="passport")


class Letter(Base):
    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    person: Mapped[Person] = relationship(back_populates="letters")


class Club(Base):
    __tablename__ = "club"

    id: Mapped[int] = mapped_column(primary_key=True)
    people: Mapped[list[Person]] = relationship(secondary=membership, back_populates="clubs")


class Word(Base):
    __tablename__ = "word"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class Firm(Base):
    __tablename__ = "firm"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Job(Base):
    __tablename__ = "job"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id"), primary_key=True)
    person: Mapped[Person] = relationship(back_populates="jobs")
    firm: Mapped[Firm] = relationship()
    firm_name = association_proxy("firm", "name")
    tasks: Mapped[list["Task"]] = relationship(back_populates="job")


class Task(Base):
    __tablename__ = "task"
    __table_args__ = (
        ForeignKeyConstraint(["person_id", "firm_id"], ["job.person_id", "job.firm_id"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int]
    firm_id: Mapped[int]
    job: Mapped[Job] = relationship(back_populates="tasks")


numbered = select(
    Letter,
    func.row_number().over(partition_by=Letter.person_id, order_by=Letter.id.desc()).label("place"),
).subquery()
last_letter = aliased(Letter, numbered)
Person.last_letter = relationship(
    last_letter,
    primaryjoin=(last_letter.person_id == Person.id) & (numbered.c.place == 1),
    viewonly=True,
    uselist=False,
)


@pytest.fixture(autouse=True)
def filled(engine, session, sql_log):
    Base.metadata.create_all(engine)
    clubs = [Club(), Club()]
    for n in range(1, N + 1):
        job = Job(firm=Firm(name=f"firm {n}"), tasks=[Task(), Task()])
        person = Person(
            id=n, name="x" * n, notes=f"n{n}", photo="p", voice="v", place=Point(n, -n),
            town=Town(name=f"town {n}"), boss_id=n - 1 or None, passport=Passport(),
            letters=[Letter(number=k) for k in range(2)], clubs=clubs[: n % 3], jobs=[job],
            words={"a": Word(key="a"), "b": Word(key="b")},
        )  # fmt: skip
        session.add(person)
    session.commit()
    session.expunge_all()
    sql_log.clear()


def everybody(session, class_=Person):
    return session.scalars(select(class_).order_by(*class_.__table__.primary_key)).all()


ATTRIBUTES = [
    pytest.param(Person, "town", lambda p: p.town.name == f"town {p.id}", 3, id="many to one"),
    pytest.param(Letter, "person", lambda x: x.person.id == x.person_id, 3, id="shared reference"),
    pytest.param(Person, "letters", lambda p: len(p.letters) == 2, 3, id="one to many"),
    pytest.param(Person, "passport", lambda p: p.passport is not None, 3, id="one to one"),
    pytest.param(Passport, "person", lambda x: x.person.id == x.id, 3, id="one to one, back"),
    pytest.param(Person, "clubs", lambda p: len(p.clubs) == p.id % 3, 3, id="many to many"),
    pytest.param(Person, "staff", lambda p: len(p.staff) == (p.id < N), 3, id="self, many"),
    pytest.param(Person, "boss", lambda p: (p.boss is None) == (p.id == 1), 0, id="self, one"),
    pytest.param(Person, "late_letters", lambda p: len(p.late_letters) == 1, 3, id="viewonly"),
    pytest.param(Person, "older", lambda p: p.older == [], 3, id="viewonly by a range"),
    pytest.param(Person, "last_letter", lambda p: p.last_letter.number == 1, 3, id="alias"),
    pytest.param(Person, "firms", lambda p: len(p.firms) == 1, 3, id="secondary, viewonly"),
    pytest.param(Job, "tasks", lambda j: len(j.tasks) == 2, 3, id="composite key"),
    pytest.param(Person, "words", lambda p: set(p.words) == {"a", "b"}, 3, id="dictionary"),
    pytest.param(
        Person, "firm_names", lambda p: p.firm_names == [f"firm {p.id}"], 8, id="proxy of a proxy"
    ),
    pytest.param(Person, "notes", lambda p: p.notes == f"n{p.id}", 3, id="deferred column"),
    pytest.param(Person, "photo", lambda p: p.photo + p.voice == "pv", 3, id="deferred group"),
    pytest.param(
        Person, "place", lambda p: p.place == Point(p.id, -p.id), 3, id="deferred composite"
    ),
    pytest.param(Person, "length", lambda p: p.length == p.id, 3, id="deferred expression"),
]


@pytest.mark.parametrize(("class_", "name", "is_right", "count"), ATTRIBUTES)
def test_a_loop_sends_a_few_statements(session, sql_log, class_, name, is_right, count):
    instances = everybody(session, class_)[:N]
    sql_log.clear()

    wrong = [one for one in instances if not is_right(one)]

    assert not wrong
    assert len(sql_log) == count


@pytest.mark.parametrize(("class_", "name", "is_right", "count"), ATTRIBUTES)
def test_a_loop_after_a_commit_reads_the_rows_too(session, sql_log, class_, name, is_right, count):
    instances = everybody(session, class_)[:N]
    session.commit()
    sql_log.clear()

    wrong = [one for one in instances if not is_right(one)]

    assert not wrong
    # The rows are read again where the key of the relationship, or the value, needs them.
    assert len(sql_log) <= count + 3


def test_a_composite_reference(session, sql_log):
    tasks = everybody(session, Task)[:N]
    sql_log.clear()

    assert all(task.job.firm_id == task.firm_id for task in tasks)
    assert len(sql_log) == 3


def test_expired_attributes(session, sql_log):
    people = everybody(session)
    session.expire_all()
    sql_log.clear()

    assert [len(person.name) for person in people] == list(range(1, N + 1))
    assert len(sql_log) == 3


def test_one_expired_attribute_of_each(session, sql_log):
    people = everybody(session)
    for person in people:
        session.expire(person, ["name"])
    sql_log.clear()

    assert [len(person.name) for person in people] == list(range(1, N + 1))
    assert len(sql_log) == 3
    assert all("town_id" not in text for text in sql_log.statements)


def test_columns_left_out_by_load_only(session, sql_log):
    people = session.scalars(select(Person).options(load_only(Person.name))).all()
    sql_log.clear()

    assert all(person.town_id for person in people)
    assert len(sql_log) == 3


def test_two_levels(session, sql_log):
    people = everybody(session)
    sql_log.clear()

    assert sum(len(job.tasks) for person in people for job in person.jobs) == 2 * N
    # Three for the jobs, and for the tasks of the jobs that came together: 1, 32 and 17 of them.
    assert len(sql_log) == 3 + 1 + 2 + 2


def test_a_tree_walked_down(session, sql_log):
    (top,) = session.scalars(select(Person).where(Person.boss_id.is_(None))).all()
    depth = 0
    sql_log.clear()

    while top.staff:
        (top,) = top.staff
        depth += 1

    # Each level is a batch of one: there is nobody to load for.
    assert depth == N - 1
    assert len(sql_log) == N


def test_a_tree_walked_up_is_in_memory(session, sql_log):
    people = everybody(session)
    sql_log.clear()

    last = people[-1]
    while last.boss is not None:
        last = last.boss

    assert last is people[0]
    assert len(sql_log) == 0


@pytest.mark.parametrize("load", [joinedload, selectinload])
def test_what_is_loaded_eagerly_costs_nothing(session, sql_log, load):
    names = ("town", "letters", "passport", "clubs", "words", "late_letters", "last_letter")
    options = [load(getattr(Person, name)) for name in names]
    people = session.scalars(select(Person).options(*options)).unique().all()
    assert len(sql_log) == (1 if load is joinedload else 1 + len(names))
    sql_log.clear()

    for person in people:
        assert all(getattr(person, name) is not None for name in names)

    assert len(sql_log) == 0


def test_parents_that_were_got_one_by_one_are_one_by_one(session, sql_log):
    people = [session.get(Person, n) for n in range(1, N + 1)]
    sql_log.clear()

    assert all(len(person.letters) == 2 for person in people)
    # Each get() is a batch of its own: no statement has told that they belong together.
    assert len(sql_log) == N


def test_deletes_cascade_in_sets(session, sql_log):
    for word in everybody(session, Word):
        session.delete(word)
    sql_log.clear()
    session.flush()

    assert len(sql_log) <= 2
