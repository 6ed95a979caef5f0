"""``del instance.attribute``: what is read afterwards is what the flush writes."""

import pytest

from dovetail import ForeignKey, create_engine, text
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Boss(Base):
    __tablename__ = "boss"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff: Mapped[list["Worker"]] = relationship(back_populates="boss")


class Worker(Base):
    __tablename__ = "worker"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("boss.id"))
    boss: Mapped[Boss | None] = relationship(back_populates="staff")


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Worker(id=1, name="Ada", boss=Boss(id=1)))
        session.commit()
        session.expunge_all()
        yield session


def row(session):
    return session.connection().execute(text("SELECT name, boss_id FROM worker")).one()


def prepare(how, session, instance, key):
    if how == "expired":
        session.expire(instance)
    elif how == "loaded":
        getattr(instance, key)


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize("how", ["not read", "expired", "loaded"])
def test_a_reference(session, how, is_read):
    worker = session.get(Worker, 1)
    prepare(how, session, worker, "boss")

    del worker.boss

    if is_read:
        assert worker.boss is None
    session.flush()
    assert row(session) == ("Ada", None)


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize("how", ["not read", "expired", "loaded"])
def test_a_collection(session, how, is_read):
    boss = session.get(Boss, 1)
    prepare(how, session, boss, "staff")

    del boss.staff

    if is_read:
        assert boss.staff == []
    session.flush()
    assert row(session) == ("Ada", None)


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize("how", ["not read", "expired", "loaded"])
def test_a_column(session, how, is_read):
    worker = session.get(Worker, 1)
    prepare(how, session, worker, "name")

    del worker.name

    if is_read:
        assert worker.name is None
    session.flush()
    assert row(session) == (None, 1)


def test_an_instance_that_was_deleted_and_committed_is_deleted_already(session):
    worker = session.get(Worker, 1)
    session.delete(worker)
    session.commit()

    session.delete(worker)

    session.commit()
    assert session.get(Worker, 1) is None


@pytest.mark.parametrize("key", ["name", "boss"])
def test_of_a_new_instance_nothing_is_deleted_that_was_never_set(key):
    worker = Worker()
    assert getattr(worker, key) is None
    with pytest.raises(AttributeError, match=f"no value for '{key}'"):
        delattr(worker, key)
    setattr(worker, key, None)
    delattr(worker, key)
