"""Rows give unique values to each other as they like: what a flush writes is what was set."""

from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from dovetail import ForeignKey, Index, Integer, String, UniqueConstraint, create_engine, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    close_all_sessions,
    mapped_column,
    relationship,
)
from tests.servers import SERVERS, Backend

FEWER = settings(max_examples=settings().max_examples // 4)
"""An example is several flushes on each server."""


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    """A parent with a code of its own, whose items are in order and go with it."""

    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    items: Mapped[list["Item"]] = relationship(back_populates="shelf", cascade="all, delete-orphan")


class Item(Base):
    """A row that is alone in its place, its number, and its label if it has one."""

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("shelf_id", "position"),
        Index("one_number", "number", unique=True),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))
    position: Mapped[int]
    number: Mapped[int]
    label: Mapped[str | None] = mapped_column(String(40), unique=True)
    note: Mapped[str | None] = mapped_column(String(40))
    shelf: Mapped[Shelf] = relationship(back_populates="items")


class Node(Base):
    """A row of a tree: rows of one table refer to each other, and have unique places."""

    __tablename__ = "node"
    __table_args__ = (UniqueConstraint("parent_id", "position"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(40), unique=True)
    children: Mapped[list["Node"]] = relationship(back_populates="parent")
    parent: Mapped["Node | None"] = relationship(back_populates="children", remote_side=[id])


class Person(Base):
    """A hierarchy: a new row of one class takes the address of an old one of another."""

    __tablename__ = "person"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(40), unique=True)


class Clerk(Person):
    __tablename__ = "clerk"
    __mapper_args__ = {"polymorphic_identity": "clerk"}
    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    desk: Mapped[int] = mapped_column(Integer, unique=True)


class Seat(Base):
    """A row whose place is its primary key."""

    __tablename__ = "seat"
    line: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    guest: Mapped[str] = mapped_column(String(40), unique=True)


class Program:
    """Random changes of a session, and what the tables must hold after each flush.

    *rows* has what each instance was set to, by its identity in memory.
    """

    def __init__(self, session: Session, random: Random) -> None:
        self.session = session
        self.random = random
        self.shelves: list[Shelf] = []
        self.items: list[Item] = []
        self.nodes: list[Node] = []
        self.people: list[Person] = []
        self.seats: list[Seat] = []
        self.fresh = 0

    def new(self) -> int:
        self.fresh += 1
        return self.fresh

    def round(self) -> None:
        """Change some rows; in the end no two of them have what only one may have."""
        for change in (self.shelve, self.tree, self.hire, self.seat):
            if self.random.random() < 0.7:
                change()
        if self.random.random() < 0.3:
            self.session.flush()
            self.session.expire_all()

    def dealt(self, rows: int, values: list) -> list:
        """So many of *values*, or of others, in any order; each once."""
        pool = [*dict.fromkeys(values), *(self.new() for _ in range(3))]
        while len(pool) < rows:
            pool.append(self.new())
        return self.random.sample(pool, rows)

    def some(self, rows: list, most: int = 3) -> list:
        return self.random.sample(rows, min(len(rows), self.random.randint(0, most)))

    # -- parents and their members in order ------------------------------------------------------

    def shelve(self) -> None:
        random = self.random
        codes = [int(shelf.code) for shelf in self.shelves]
        numbers = [item.number for item in self.items]
        labels = [int(item.label) for item in self.items if item.label]
        gone = self.some(self.shelves, 1)
        self.shelves = [shelf for shelf in self.shelves if shelf not in gone]
        made = [Shelf() for _ in range(random.randint(0 if self.shelves else 1, 2))]
        self.shelves += made
        kept: list[Item] = []
        for shelf in gone:
            for item in list(shelf.items):
                if random.random() < 0.5:
                    item.shelf = random.choice(self.shelves)
                    kept.append(item)
            self.session.delete(shelf)
        dropped = self.some([item for item in self.items if item.shelf in self.shelves])
        for item in dropped:
            item.shelf.items.remove(item)
        self.items = [
            item for item in self.items if item not in dropped and item.shelf in self.shelves
        ]
        for item in self.some(self.items):
            item.shelf = random.choice(self.shelves)
        for _ in range(random.randint(0, 3)):
            item = Item(shelf=random.choice(self.shelves))
            self.items.append(item)
            made.append(item)
        for shelf, code in zip(self.shelves, self.dealt(len(self.shelves), codes), strict=True):
            if shelf in made or random.random() < 0.5:
                shelf.code = str(code)
        self.distinct(self.shelves, lambda one: one.code, lambda one, v: setattr(one, "code", v))
        for item, number in zip(self.items, self.dealt(len(self.items), numbers), strict=True):
            if item in made or random.random() < 0.4:
                item.number = number
            if random.random() < 0.2:
                item.note = random.choice(("a", "b"))
        self.distinct(self.items, lambda one: one.number, lambda one, v: setattr(one, "number", v))
        for item, label in zip(self.items, self.dealt(len(self.items), labels), strict=True):
            if random.random() < 0.4:
                item.label = random.choice((None, str(label)))
        self.distinct(self.items, lambda one: one.label, lambda one, v: setattr(one, "label", v))
        for shelf in self.shelves:
            own = [item for item in self.items if item.shelf is shelf]
            if random.random() < 0.3:
                random.shuffle(own)
            for place, item in enumerate(own):
                item.position = place
        self.session.add_all(made)

    def distinct(self, rows: list, value, put) -> None:
        """Give new values to rows that have that of another."""
        seen = set()
        for row in rows:
            found = value(row)
            if found is not None and found in seen:
                put(row, str(self.new()) if isinstance(found, str) else self.new())
            seen.add(found)

    # -- rows that refer to their own table ------------------------------------------------------

    def tree(self) -> None:
        random = self.random
        names = [node.name for node in self.nodes]
        leaves = [node for node in self.nodes if not node.children]
        for node in self.some(leaves, 2):
            if node.parent is not None:
                node.parent.children.remove(node)
            self.session.delete(node)
            self.nodes.remove(node)
        made = []
        for _ in range(random.randint(0, 2)):
            node = Node(parent=random.choice([None, *self.nodes]))
            self.nodes.append(node)
            made.append(node)
        for node in self.some(self.nodes, 2):
            other = random.choice([None, *self.nodes])
            above = other
            while above is not None and above is not node:
                above = above.parent
            if above is None:
                node.parent = other
        dealt = self.dealt(len(self.nodes), [int(name) for name in names])
        for node, name in zip(self.nodes, dealt, strict=True):
            if node in made or random.random() < 0.3:
                node.name = str(name)
        self.distinct(self.nodes, lambda one: one.name, lambda one, v: setattr(one, "name", v))
        for parent in (None, *self.nodes):
            own = [node for node in self.nodes if node.parent is parent]
            random.shuffle(own)
            for place, node in enumerate(own):
                node.position = place
        self.session.add_all(made)

    # -- a hierarchy ------------------------------------------------------------------------------

    def hire(self) -> None:
        random = self.random
        emails = [int(one.email) for one in self.people]
        desks = [one.desk for one in self.people if isinstance(one, Clerk)]
        gone = self.some(self.people, 2)
        keys = [one.id for one in gone]
        for one in gone:
            self.session.delete(one)
            self.people.remove(one)
        made = []
        for _ in range(random.randint(0, 2)):
            key = keys.pop() if keys and random.random() < 0.5 else self.new()
            made.append(random.choice((Person, Clerk))(id=key))
        self.people += made
        dealt = self.dealt(len(self.people), emails)
        for one, email in zip(self.people, dealt, strict=True):
            if one in made or random.random() < 0.4:
                one.email = str(email)
        self.distinct(self.people, lambda one: one.email, lambda one, v: setattr(one, "email", v))
        clerks = [one for one in self.people if isinstance(one, Clerk)]
        for one, desk in zip(clerks, self.dealt(len(clerks), desks), strict=True):
            if one in made or random.random() < 0.4:
                one.desk = desk
        self.distinct(clerks, lambda one: one.desk, lambda one, v: setattr(one, "desk", v))
        self.session.add_all(made)

    # -- primary keys that say something ----------------------------------------------------------

    def seat(self) -> None:
        random = self.random
        guests = [int(one.guest) for one in self.seats]
        for one in self.some(self.seats, 2):
            self.session.delete(one)
            self.seats.remove(one)
        made = [Seat(line=random.randint(1, 2)) for _ in range(random.randint(0, 2))]
        for line in (1, 2):
            # Those that are there move up or down together: nobody changes places.
            own = sorted(
                (one for one in self.seats if one.line == line), key=lambda one: one.number
            )
            first = random.randint(1, 3)
            for number, one in enumerate(own, first):
                one.number = number
            for number, one in enumerate((o for o in made if o.line == line), first + len(own)):
                one.number = number
        self.seats += made
        for one, guest in zip(self.seats, self.dealt(len(self.seats), guests), strict=True):
            if one in made or random.random() < 0.4:
                one.guest = str(guest)
        self.distinct(self.seats, lambda one: one.guest, lambda one, v: setattr(one, "guest", v))
        self.session.add_all(made)

    # -- what must be there ------------------------------------------------------------------------

    def expected(self) -> dict[str, list]:
        """By table, the rows that were set, without the keys that the server makes."""
        return {
            "shelf": sorted(one.code for one in self.shelves),
            "item": sorted(
                (o.shelf.code, o.position, o.number, o.label or "", o.note or "")
                for o in self.items
            ),
            "node": sorted(
                (o.name, o.parent.name if o.parent else "", o.position) for o in self.nodes
            ),
            "person": sorted(
                (o.email, type(o).__name__.lower(), getattr(o, "desk", 0)) for o in self.people
            ),
            "seat": sorted((o.line, o.number, o.guest) for o in self.seats),
        }

    def found(self) -> dict[str, list]:
        """By table, the rows that are there."""
        run = self.session.connection().execute
        shelf, item, node = Shelf.__table__, Item.__table__, Node.__table__
        person, clerk, seat = Person.__table__, Clerk.__table__, Seat.__table__
        above = node.alias()
        items = select(shelf.c.code, item.c.position, item.c.number, item.c.label, item.c.note)
        nodes = select(node.c.name, above.c.name, node.c.position)
        people = select(person.c.email, person.c.kind, clerk.c.desk)
        return {
            "shelf": sorted(row[0] for row in run(select(shelf.c.code))),
            "item": sorted(
                (*row[:3], row[3] or "", row[4] or "") for row in run(items.join_from(item, shelf))
            ),
            "node": sorted(
                (row[0], row[1] or "", row[2])
                for row in run(
                    nodes.join_from(node, above, node.c.parent_id == above.c.id, isouter=True)
                )
            ),
            "person": sorted(
                (row[0], row[1], row[2] or 0)
                for row in run(people.join_from(person, clerk, isouter=True))
            ),
            "seat": sorted(
                tuple(row) for row in run(select(seat.c.line, seat.c.number, seat.c.guest))
            ),
        }


@pytest.fixture(scope="module", params=["sqlite", *SERVERS])
def engine(request, tmp_path_factory):
    if request.param not in ("sqlite", "postgresql", "mariadb"):
        pytest.skip("keeps no tables")
    backends = {
        "sqlite": Backend("sqlite+pysqlite", "sqlite3"),
        "postgresql": Backend("postgresql+psycopg", "psycopg", "postgresql"),
        "mariadb": Backend("mariadb+pymysql", "pymysql", "mariadb"),
    }
    databases = request.getfixturevalue("databases")
    url = databases.url(backends[request.param], tmp_path_factory.mktemp("unique"))
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    yield engine
    close_all_sessions()
    engine.dispose()


@FEWER
@given(seed=st.integers(0, 2**32))
def test_values_go_from_row_to_row_in_one_flush(engine, seed):
    with Session(engine, autoflush=False) as session:
        program = Program(session, Random(seed))
        for _ in range(6):
            program.round()
            expected = program.expected()

            session.flush()

            assert program.found() == expected
            assert program.expected() == expected
