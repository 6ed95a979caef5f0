"""What a ``do_orm_execute`` listener adds to the statements that load what instances lack."""

import pytest

from dovetail import Column, ForeignKey, Table, create_engine, delete, event, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
    with_loader_criteria,
)


class Base(DeclarativeBase):
    pass


class Mortal:
    dead: Mapped[bool] = mapped_column(default=False)


listed = Table(
    "listed",
    Base.metadata,
    Column("user_id", ForeignKey("user.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class User(Mortal, Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    boss: Mapped["User | None"] = relationship(remote_side=id)
    notes: Mapped[list["Note"]] = relationship(order_by="Note.id")
    parts: Mapped[list["Note"]] = relationship(order_by="Note.id", lazy="selectin", viewonly=True)
    tags: Mapped[list["Tag"]] = relationship(secondary=listed, order_by="Tag.id")


class Note(Mortal, Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))


class Tag(Mortal, Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        user = User(id=1, name="ann", boss=User(id=9, name="old", dead=True))
        user.notes = [Note(id=1), Note(id=2, dead=True)]
        user.tags = [Tag(id=1), Tag(id=2, dead=True)]
        session.add(user)
        session.commit()
        session.expunge_all()
        yield session


def only_living(session, wanted):
    """Restrict the statements of *session* that are *wanted* to what is not dead."""

    @event.listens_for(session, "do_orm_execute")
    def restrict(state):
        if wanted(state):
            living = with_loader_criteria(Mortal, lambda class_: class_.dead.is_(False))
            state.statement = state.statement.options(living)


def ids(instances):
    return [instance.id for instance in instances]


def relationship_loads(state):
    return state.is_relationship_load


def test_criteria_added_to_lazy_loads_restrict_them(session):
    user = session.get(User, 1)
    only_living(session, relationship_loads)
    assert (ids(user.notes), ids(user.tags), user.boss) == ([1], [1], None)


def test_criteria_added_to_eager_loads_restrict_them(session):
    only_living(session, relationship_loads)
    statement = select(User).options(selectinload(User.notes), selectinload(User.tags))
    user = session.scalars(statement.where(User.id == 1)).one()
    held = user.__dict__
    assert (ids(held["notes"]), ids(held["parts"]), ids(held["tags"])) == ([1], [1], [1])


@pytest.mark.parametrize("read_again", [Session.refresh, Session.expire])
def test_criteria_added_to_what_reads_again_hold_for_what_is_loaded_then(session, read_again):
    user = session.get(User, 1)
    only_living(session, lambda state: state.is_column_load)
    read_again(session, user)
    assert user.name == "ann"
    assert (ids(user.parts), ids(user.notes), user.boss) == ([1], [1], None)


def test_criteria_are_added_to_those_that_the_query_had(session):
    session.add(Note(id=3, user_id=1))
    session.commit()
    first = with_loader_criteria(Note, lambda class_: class_.id > 1)
    user = session.scalars(select(User).where(User.id == 1).options(first)).one()
    only_living(session, relationship_loads)
    assert (ids(user.parts), ids(user.notes)) == ([2, 3], [3])


def test_other_options_are_followed_too(session):
    user = session.get(User, 9)

    @event.listens_for(session, "do_orm_execute")
    def load_more(state):
        if state.is_relationship_load and state.loader_strategy_path[-1].key == "boss":
            state.statement = state.statement.options(selectinload(User.tags))

    session.expunge(user)
    assert "tags" in session.get(User, 1).boss.__dict__


def test_getting_what_has_expired_is_a_column_load(session):
    told = []

    @event.listens_for(session, "do_orm_execute")
    def tell(state):
        told.append((state.is_column_load, state.is_relationship_load))

    user = session.get(User, 1)
    assert told == [(False, False), (False, True)]
    session.expire(user)
    told.clear()
    assert session.get(User, 1) is user
    assert user.__dict__["name"] == "ann"
    assert told == [(True, False), (False, True)]

    session.expire(user)
    session.connection().execute(delete(User.__table__).where(User.__table__.c.id == 1))
    assert session.get(User, 1) is None
    assert user not in session
