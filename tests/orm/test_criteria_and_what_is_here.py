"""Criteria that hold for loads: they restrict what is found, never an instance that is here."""

import pytest

from dovetail import ForeignKey, create_engine, event, func, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    column_property,
    load_only,
    mapped_column,
    relationship,
    with_loader_criteria,
)


class Base(DeclarativeBase):
    pass


class Mortal:
    dead: Mapped[bool] = mapped_column(default=False)


class User(Mortal, Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    about: Mapped[str] = mapped_column(deferred=True, default="x")
    notes: Mapped[list["Note"]] = relationship(order_by="Note.id")


class Note(Mortal, Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))


counting = (
    select(func.count(Note.id))
    .where(Note.user_id == User.id)
    .correlate_except(Note)
    .scalar_subquery()
)
User.number = column_property(counting)
User.deferred_number = column_property(counting, deferred=True)

ONLY_LIVING = with_loader_criteria(Mortal, lambda class_: class_.dead.is_(False))


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(User(id=1, name="ann", notes=[Note(id=1), Note(id=2, dead=True)]))
        session.commit()
        session.expunge_all()
        yield session


def refresh(session, user):
    session.refresh(user)


def refresh_with_a_lock(session, user):
    session.refresh(user, with_for_update=True)


def refresh_the_name(session, user):
    session.refresh(user, ["name"])


def expire(session, user):
    session.expire(user)


def expire_the_name(session, user):
    session.expire(user, ["name"])


def commit(session, user):
    session.commit()


def get_again(session, user):
    session.expire(user)
    assert session.get(User, 1) is user


READING_AGAIN = [
    *(refresh, refresh_with_a_lock, refresh_the_name),
    *(expire, expire_the_name, commit, get_again),
]


@pytest.mark.parametrize("read_again", READING_AGAIN)
def test_who_is_dead_by_now_is_read_again(session, read_again):
    user = session.scalars(select(User).options(ONLY_LIVING)).one()
    user.dead = True
    session.flush()
    read_again(session, user)
    assert (user.name, user.dead, user.about) == ("ann", True, "x")
    assert [note.id for note in user.notes] == [1]
    assert session.scalars(select(User).options(ONLY_LIVING)).all() == []


@pytest.mark.parametrize("read_again", READING_AGAIN)
def test_who_is_dead_by_now_is_read_again_where_a_listener_asks_for_the_living(session, read_again):
    @event.listens_for(session, "do_orm_execute")
    def restrict(state):
        if state.is_select:
            state.statement = state.statement.options(ONLY_LIVING)

    user = session.scalars(select(User)).one()
    user.dead = True
    session.flush()
    read_again(session, user)
    assert (user.name, user.dead, user.about) == ("ann", True, "x")
    assert [note.id for note in user.notes] == [1]
    assert session.scalars(select(User)).all() == []


@pytest.mark.parametrize("options", [(), (load_only(User.name),)], ids=["whole", "in part"])
@pytest.mark.parametrize("read_again", READING_AGAIN)
def test_criteria_hold_in_subqueries_that_are_read_again(session, read_again, options):
    user = session.scalars(select(User).options(ONLY_LIVING, *options)).one()
    read_again(session, user)
    assert (user.number, user.deferred_number) == (1, 1)
    session.expire(user, ["number"])
    assert user.number == 1
    session.refresh(user, ["number"])
    assert user.number == 1
