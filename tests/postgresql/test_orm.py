"""The mapper on PostgreSQL: keys that the server makes, batches, savepoints, lazy loads."""

import datetime as dt
import enum
import uuid

import pytest

from dovetail import (
    JSON,
    Column,
    Enum,
    ForeignKey,
    Identity,
    Integer,
    Sequence,
    String,
    Table,
    Uuid,
    event,
    exc,
    func,
    insert,
    select,
    text,
    update,
)
from dovetail.dialects import postgresql as pg
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload
from dovetail.sql.expression.generative_select import ForUpdateArg

EVERY_DRIVER = True


class Base(DeclarativeBase):
    pass


class Locked(Base):
    __tablename__ = "locked"
    id: Mapped[int] = mapped_column(primary_key=True)


class Mood(enum.Enum):
    happy = 1
    sad = 2


membership = Table(
    "membership",
    Base.metadata,
    Column("user_id", ForeignKey("user_account.id"), primary_key=True),
    Column("club_id", ForeignKey("club.id"), primary_key=True),
)


class User(Base):
    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    mood: Mapped[Mood | None] = mapped_column(Enum(Mood, name="mood"))
    tags: Mapped[list[str]] = mapped_column(pg.ARRAY(String), default=list)
    data: Mapped[dict | None] = mapped_column(pg.JSONB)
    made: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    addresses: Mapped[list["Address"]] = relationship(
        back_populates="user", cascade="all, delete-orphan"
    )
    clubs: Mapped[list["Club"]] = relationship(secondary=membership)


class Address(Base):
    __tablename__ = "address"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    email: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    user: Mapped[User] = relationship(back_populates="addresses")


class Club(Base):
    __tablename__ = "club"
    id: Mapped[uuid.UUID] = mapped_column(
        Uuid, primary_key=True, server_default=text("gen_random_uuid()")
    )
    name: Mapped[str]


class Ticket(Base):
    __tablename__ = "ticket"
    number: Mapped[int] = mapped_column(Integer, Sequence("tickets", start=100), primary_key=True)
    info: Mapped[dict | None] = mapped_column(JSON)


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


@pytest.fixture
def sent(engine):
    sent = []
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    return sent


def test_a_graph_is_written_and_read(session):
    ada = User(name="Ada", mood=Mood.happy, tags=["x", "y'"], data={"a": [1]})
    ada.addresses = [Address(email="a"), Address(email="b")]
    ada.clubs = [Club(name="one"), Club(name="two")]
    session.add(ada)
    session.commit()

    found = session.scalars(select(User).options(selectinload(User.clubs))).one()
    assert (found.id, found.mood, found.tags, found.data) == (
        1,
        Mood.happy,
        ["x", "y'"],
        {"a": [1]},
    )
    assert isinstance(found.made, dt.datetime)
    assert sorted(club.name for club in found.clubs) == ["one", "two"]
    assert [address.email for address in found.addresses] == ["a", "b"]
    session.delete(found)
    session.commit()
    assert session.scalar(select(func.count()).select_from(Address)) == 0


def test_many_rows_are_few_statements_and_keys_find_their_objects(session, sent):
    clubs = [Club(name=f"club {n}") for n in range(300)]
    users = [User(name=f"user {n}") for n in range(500)]
    session.add_all([*clubs, *users])
    session.flush()

    assert sum("INSERT INTO club" in sql for sql in sent) <= 2
    assert sum("INSERT INTO user_account" in sql for sql in sent) <= 5
    keys = {each.id: each.name for each in [*clubs]}
    session.commit()
    session.expunge_all()
    stored = {club.id: club.name for club in session.scalars(select(Club))}
    assert stored == keys
    assert {u.name: u.id for u in session.scalars(select(User))} == {
        f"user {n}": n + 1 for n in range(500)
    }


def test_keys_of_a_sequence(session):
    tickets = [Ticket(info={"n": n}) for n in range(5)]
    session.add_all(tickets)
    session.commit()

    assert [ticket.number for ticket in tickets] == [100, 101, 102, 103, 104]
    assert [ticket.info for ticket in tickets] == [{"n": n} for n in range(5)]


def test_lazy_loads_of_many_neighbours(session, sent):
    session.add_all(User(name=f"u{n}", addresses=[Address(email=f"{n}")]) for n in range(100))
    session.commit()
    session.expunge_all()
    users = session.scalars(select(User).order_by(User.id)).all()
    sent.clear()

    assert [user.addresses[0].email for user in users] == [str(n) for n in range(100)]
    assert len(sent) <= 4


def test_savepoints(session):
    session.add(User(name="kept"))
    session.flush()
    with pytest.raises(exc.UniqueViolation) as caught, session.begin_nested():
        session.add(User(name="kept"))
        session.flush()
    assert caught.value.columns == ("name",)
    session.add(User(name="after"))
    session.commit()
    assert session.scalars(select(User.name).order_by(User.name)).all() == ["after", "kept"]


def test_updates_and_bulk_statements(session):
    session.execute(insert(User), [{"name": f"u{n}", "mood": Mood.sad} for n in range(10)])
    users = session.scalars(select(User).order_by(User.id)).all()
    for user in users:
        user.data = {"n": user.id}
    users[0].tags = ["new"]
    session.commit()
    session.execute(update(User).where(User.mood == Mood.sad).values(mood=Mood.happy))
    returned = session.execute(
        pg.insert(User)
        .values(name="u1", tags=[])
        .on_conflict_do_update(index_elements=[User.name], set_={"mood": Mood.sad})
        .returning(User.id, User.mood)
    ).one()

    assert returned == (2, Mood.sad)
    assert session.scalars(select(User.id).where(User.data["n"].as_integer() > 8)).all() == [9, 10]
    assert session.scalars(select(User.id).where(User.tags.contains(["new"]))).all() == [1]


def test_rows_are_locked(session, make_engine):
    session.add(User(name="a"))
    session.commit()
    session.scalars(select(User).with_for_update()).all()
    with Session(make_engine()) as other:
        free = select(User).with_for_update(skip_locked=True)
        assert other.scalars(free).all() == []
        with pytest.raises(exc.LockTimeout):
            other.scalars(select(User).with_for_update(nowait=True)).all()


def test_large_results_are_streamed(session):
    session.execute(insert(User), [{"name": f"u{n}"} for n in range(250)])
    session.commit()

    found = session.scalars(select(User).order_by(User.id).execution_options(yield_per=50))
    assert [user.name for user in found] == [f"u{n}" for n in range(250)]


@pytest.mark.parametrize(
    ("lock", "text"),
    [
        (True, "FOR UPDATE"),
        ({"nowait": True}, "FOR UPDATE NOWAIT"),
        ({"read": True}, "FOR SHARE"),
        ({"key_share": True, "skip_locked": True}, "FOR NO KEY UPDATE SKIP LOCKED"),
        ({"of": Locked}, "FOR UPDATE OF locked"),
        (ForUpdateArg(nowait=True), "FOR UPDATE NOWAIT"),
        (ForUpdateArg(of=(Locked.__table__,)), "FOR UPDATE OF locked"),
    ],
)
@pytest.mark.parametrize("way", ["get", "refresh"])
def test_each_lock_is_sent(engine, lock, text, way):
    Locked.__table__.create(engine)
    sent = []
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    with Session(engine) as session:
        one = Locked(id=1)
        session.add(one)
        session.flush()
        sent.clear()
        for _ in range(2):
            if way == "get":
                assert session.get(Locked, 1, with_for_update=lock) is one
            else:
                session.refresh(one, with_for_update=lock)
    assert len(sent) == 2
    assert all(one.endswith(text) for one in sent), sent
