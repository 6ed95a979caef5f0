"""Rows of one flush give unique values to each other: an order is found, or made."""

from datetime import date

import pytest

from dovetail import (
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    create_engine,
    event,
    select,
)
from dovetail.exc import UniqueViolation
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    close_all_sessions,
    mapped_column,
    relationship,
)
from tests.loop_thread import calls_to
from tests.servers import AWAITING_BACKENDS, BACKENDS


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user_account"
    __table_args__ = (Index("one_badge", "badge", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(40), unique=True)
    badge: Mapped[int]
    nickname: Mapped[str | None] = mapped_column(String(40), unique=True)
    note: Mapped[str | None] = mapped_column(String(40))


class Board(Base):
    __tablename__ = "board"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    cards: Mapped[list["Card"]] = relationship(
        back_populates="board", cascade="all, delete-orphan", order_by="Card.position"
    )


class Card(Base):
    __tablename__ = "card"
    __table_args__ = (UniqueConstraint("board_id", "position"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("board.id"))
    position: Mapped[int]
    board: Mapped[Board] = relationship(back_populates="cards")


class Animal(Base):
    __tablename__ = "animal"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))


class Dog(Animal):
    __tablename__ = "dog"
    __mapper_args__ = {"polymorphic_identity": "dog"}
    id: Mapped[int] = mapped_column(ForeignKey("animal.id"), primary_key=True)
    collar: Mapped[int] = mapped_column(unique=True)


@pytest.fixture(scope="module", params=[*BACKENDS, *AWAITING_BACKENDS], ids=str)
def tables(request, databases, tmp_path_factory):
    """An engine of each driver, with the tables; they are made once."""
    backend = request.param
    url = databases.url(backend, tmp_path_factory.mktemp("unique"))
    with calls_to(backend):
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        yield engine
        close_all_sessions()
        engine.dispose()


@pytest.fixture
def engine(tables):
    yield tables
    close_all_sessions()
    with tables.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def sent(engine):
    """The first words of the statements that change something, and their numbers of rows."""
    sent = []

    def note(connection, cursor, statement, parameters, context, executemany):
        verb = statement.split()[0]
        if verb != "SELECT":
            sent.append((verb, len(parameters) if executemany else 1))

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def users(session, *emails):
    made = [User(email=one, badge=n, nickname=one[0]) for n, one in enumerate(emails, 1)]
    session.add_all(made)
    session.commit()
    return made


def emails(session):
    return list(session.scalars(select(User.email).order_by(User.id)))


def positions(session):
    session.expire_all()
    return list(session.execute(select(Card.id, Card.board_id, Card.position).order_by(Card.id)))


def test_a_new_row_has_what_a_deleted_one_had(engine, sent):
    with Session(engine) as session:
        (ada,) = users(session, "ada")
        sent.clear()

        session.delete(ada)
        session.add(User(email="ada", badge=1, nickname="a"))
        session.commit()

        assert sent == [("DELETE", 1), ("INSERT", 1)]
        assert emails(session) == ["ada"]


def test_an_updated_row_has_what_a_deleted_one_had(engine):
    with Session(engine) as session:
        ada, bob = users(session, "ada", "bob")

        session.delete(ada)
        bob.email = "ada"
        session.commit()

        assert emails(session) == ["ada"]


def test_a_new_row_has_what_an_updated_one_had(engine):
    with Session(engine) as session:
        (ada,) = users(session, "ada")

        ada.email, ada.badge, ada.nickname = "countess", 7, None
        session.add(User(email="ada", badge=1, nickname="a"))
        session.commit()

        assert emails(session) == ["countess", "ada"]


def test_rows_that_hand_values_on_are_written_in_that_order(engine, sent):
    with Session(engine) as session:
        ada, bob, cleo = users(session, "ada", "bob", "cleo")
        sent.clear()

        ada.email, bob.email, cleo.email = "bob", "cleo", "dora"
        session.commit()

        assert sent == [("UPDATE", 3)]
        assert emails(session) == ["bob", "cleo", "dora"]


def test_two_rows_exchange_their_values(engine):
    with Session(engine) as session:
        ada, bob = users(session, "ada", "bob")

        ada.email, bob.email = bob.email, ada.email
        ada.badge, bob.badge = bob.badge, ada.badge
        ada.nickname, bob.nickname = bob.nickname, ada.nickname
        session.commit()

        assert emails(session) == ["bob", "ada"]
        assert [(one.badge, one.nickname) for one in (ada, bob)] == [(2, "b"), (1, "a")]


def test_values_go_round(engine, sent):
    with Session(engine) as session:
        ada, bob, cleo = users(session, "ada", "bob", "cleo")
        sent.clear()

        ada.email, bob.email, cleo.email = "bob", "cleo", "ada"
        session.commit()

        assert emails(session) == ["bob", "cleo", "ada"]
        assert sum(rows for _, rows in sent) == 4


def test_members_are_put_into_another_order(engine):
    with Session(engine) as session:
        board = Board(name="now", cards=[Card(position=place) for place in range(5)])
        session.add(board)
        session.commit()
        first, *others = [card.id for card in board.cards]

        for place, card in enumerate([*board.cards[1:], board.cards[0]]):
            card.position = place
        session.commit()

        assert positions(session) == [
            (first, board.id, 4),
            *[(key, board.id, place) for place, key in enumerate(others)],
        ]


def test_a_member_is_put_before_the_others(engine, sent):
    with Session(engine) as session:
        board = Board(name="now", cards=[Card(position=place) for place in range(5)])
        session.add(board)
        session.commit()
        for card in board.cards:
            card.position += 1
        sent.clear()

        board.cards.append(Card(position=0))
        session.commit()

        assert sent == [("UPDATE", 5), ("INSERT", 1)]
        assert [place for *_, place in positions(session)] == [1, 2, 3, 4, 5, 0]


def test_members_change_places_with_those_of_another_parent(engine):
    with Session(engine) as session:
        one, other = (Board(name=name, cards=[Card(position=0)]) for name in ("now", "later"))
        session.add_all([one, other])
        session.commit()
        left, right = one.cards[0], other.cards[0]

        left.board, right.board = other, one
        session.commit()

        assert positions(session) == [(left.id, other.id, 0), (right.id, one.id, 0)]


def test_all_members_are_replaced(engine, sent):
    with Session(engine) as session:
        board = Board(name="now", cards=[Card(position=place) for place in range(3)])
        session.add(board)
        session.commit()
        assert len(board.cards) == 3
        sent.clear()

        board.cards = [Card(position=place) for place in range(3)]
        session.commit()

        assert [verb for verb, _ in sent] == ["DELETE", "INSERT"]
        assert [card.position for card in board.cards] == [0, 1, 2]


def test_a_parent_is_replaced_with_all_that_belongs_to_it(engine, sent):
    with Session(engine) as session:
        old = Board(name="now", cards=[Card(position=0)])
        session.add(old)
        session.commit()
        sent.clear()

        session.delete(old)
        session.add(Board(name="now", cards=[Card(position=0)]))
        session.commit()

        assert [verb for verb, _ in sent] == ["DELETE", "DELETE", "INSERT", "INSERT"]
        assert len(session.scalars(select(Card)).all()) == 1


def test_members_go_to_the_parent_that_replaces_theirs(engine):
    with Session(engine) as session:
        old = Board(name="now", cards=[Card(position=0), Card(position=1)])
        session.add(old)
        session.commit()
        kept = [card.id for card in old.cards]

        new = Board(name="now")
        new.cards = list(old.cards)
        session.add(new)
        session.delete(old)
        session.commit()

        assert session.scalars(select(Board.name)).all() == ["now"]
        assert [(key, board) for key, board, _ in positions(session)] == [
            (key, new.id) for key in kept
        ]


def test_a_row_of_another_class_has_the_primary_key_of_a_deleted_one(engine):
    with Session(engine) as session:
        session.add(Animal(id=1))
        session.commit()

        session.delete(session.get(Animal, 1))
        session.add(Dog(id=1, collar=5))
        session.commit()

        assert type(session.get(Animal, 1)) is Dog


def test_a_row_of_another_class_has_what_a_deleted_one_had(engine):
    with Session(engine) as session:
        session.add_all([Dog(id=1, collar=5), Dog(id=2, collar=6)])
        session.commit()

        session.delete(session.get(Dog, 1))
        session.get(Dog, 2).collar = 5
        session.add(Dog(id=3, collar=6))
        session.commit()

        assert session.execute(select(Dog.id, Dog.collar).order_by(Dog.id)).all() == [
            (2, 5),
            (3, 6),
        ]


def test_values_that_expired_are_read(engine):
    with Session(engine) as session:
        ada, bob = users(session, "ada", "bob")
        session.expire_all()

        ada.email, bob.email = "bob", "ada"
        session.commit()

        assert emails(session) == ["bob", "ada"]


def test_case_may_count_or_not(engine):
    with Session(engine) as session:
        ada, bob = users(session, "ada", "bob")

        session.delete(ada)
        bob.email = "ADA"
        session.add(User(email="Bob", badge=3))
        session.commit()

        assert emails(session) == ["ADA", "Bob"]


def test_a_rollback_brings_all_of_it_back(engine):
    with Session(engine) as session:
        ada, bob = users(session, "ada", "bob")
        session.delete(ada)
        bob.email, new = "ada", User(email="bob", badge=9)
        session.add(new)
        session.flush()

        session.rollback()

        assert (ada.email, bob.email) == ("ada", "bob")
        assert ada in session
        assert new not in session


class Plain(DeclarativeBase):
    pass


class Day(Plain):
    __tablename__ = "day"
    id: Mapped[int] = mapped_column(primary_key=True)
    day = mapped_column(Date, unique=True, nullable=False)


class Versioned(Plain):
    __tablename__ = "versioned"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String, unique=True)
    changed: Mapped[int] = mapped_column(Integer, default=0, onupdate=lambda: 7)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


@pytest.fixture
def here():
    engine = create_engine("sqlite://")
    Plain.metadata.create_all(engine)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_what_cannot_be_made_up_is_named(here):
    with Session(here) as session:
        first, second = Day(day=date(2026, 1, 1)), Day(day=date(2026, 1, 2))
        session.add_all([first, second])
        session.commit()

        first.day, second.day = second.day, first.day
        with pytest.raises(UniqueViolation) as failed:
            session.commit()

    assert "rows of this flush exchange values" in failed.value.hint


def test_versions_count_one_change(here):
    with Session(here) as session:
        one, other = Versioned(name="a"), Versioned(name="b")
        session.add_all([one, other])
        session.commit()

        one.name, other.name = other.name, one.name
        session.commit()

        assert [(o.name, o.version, o.changed) for o in (one, other)] == [("b", 2, 7), ("a", 2, 7)]


def test_listeners_hear_of_each_row_once(here):
    heard = []

    def hear(verb):
        return lambda mapper, connection, target: heard.append((verb, target.id))

    with Session(here) as session:
        ada, bob = users(session, "ada", "bob")
        listeners = {verb: hear(verb) for verb in ("before_update", "after_update")}
        for verb, listener in listeners.items():
            event.listen(User, verb, listener)
        try:
            ada.email, bob.email = bob.email, ada.email
            session.commit()
        finally:
            for verb, listener in listeners.items():
                event.remove(User, verb, listener)

    assert sorted(heard) == [
        ("after_update", 1),
        ("after_update", 2),
        ("before_update", 1),
        ("before_update", 2),
    ]


def test_flushes_that_need_none_of_it_send_what_they_did(here):
    sent = []
    with Session(here) as session:
        ada, bob = users(session, "ada", "bob")
        assert [ada.email, bob.email] == ["ada", "bob"]
        event.listen(here, "before_cursor_execute", lambda *given: sent.append(given[2].split()[0]))

        session.delete(ada)
        bob.note = "new"
        session.add(User(email="cleo", badge=3))
        session.flush()

    assert sent == ["UPDATE", "INSERT", "DELETE"]
