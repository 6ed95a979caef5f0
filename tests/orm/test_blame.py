"""What errors of a flush tell, and what they keep to themselves."""

import warnings
from datetime import date

import pytest

from dovetail import CheckConstraint, ForeignKey, Integer, String, create_engine, text
from dovetail.event import listen
from dovetail.exc import (
    CheckViolation,
    DovetailWarning,
    NotNullViolation,
    PendingRollbackError,
    StaleDataError,
    StatementError,
    UniqueViolation,
)
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from tests.orm.library import Author, Base, Book


def test_the_place_is_the_users_own(session, engine):
    Base.metadata.create_all(engine)
    session.add(Author())
    with pytest.raises(NotNullViolation):
        session.flush()
    with pytest.raises(PendingRollbackError, match=r"test_blame\.py:\d+ in test_the_place"):
        session.get(Author, 1)


def test_hidden_parameters_stay_hidden():
    engine = create_engine("sqlite://", hide_parameters=True)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Author(id=5, born=1815))
        with pytest.raises(NotNullViolation) as caught:
            session.flush()
        assert "1815" not in str(caught.value)
        assert "could not insert Author(id, name)" in str(caught.value)
    engine.dispose()


def test_no_method_of_the_instance_is_called(session, engine, monkeypatch):
    Base.metadata.create_all(engine)
    monkeypatch.setattr(Author, "__repr__", lambda self: 1 / 0)
    session.add(Author())
    with pytest.raises(NotNullViolation, match=r"Author\(name=None\)"):
        session.flush()


def test_a_lazy_load_and_a_get_are_named_as_causes(session, engine):
    Base.metadata.create_all(engine)
    book = Book(title="t", author_id=5)
    session.add(book)
    session.commit()
    session.add(Author())
    with pytest.raises(NotNullViolation, match=r"before the lazy load of Book\.\w+"):
        assert book.tags
    session.rollback()
    session.add(Author())
    with pytest.raises(NotNullViolation, match=r"before get\(Author, 7\)"):
        session.get(Author, 7)


def test_a_parent_that_goes_is_named_with_what_its_children_need(engine):
    class Base(DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parent"
        id = mapped_column(Integer, primary_key=True)
        children = relationship("Child")

    class Child(Base):
        __tablename__ = "child"
        id = mapped_column(Integer, primary_key=True)
        parent_id = mapped_column(ForeignKey("parent.id"), nullable=False)

    Base.metadata.create_all(engine)

    def delete(session, parent):
        session.delete(parent)

    def take_out(session, parent):
        parent.children.clear()

    for way in (delete, take_out):
        with Session(engine) as session:
            parent = session.get(Parent, 1) or Parent(id=1, children=[Child(id=1)])
            session.add(parent)
            session.commit()
            way(session, parent)
            with pytest.raises(NotNullViolation) as caught:
                session.flush()

        assert "Parent.children" in caught.value.hint
        assert "delete-orphan" in caught.value.hint


def test_a_row_that_is_gone_is_named_and_the_transaction_may_be_run_again(engine):
    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String(10))

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        thing = Thing(id=8)
        session.add(thing)
        session.commit()
        session.execute(text("DELETE FROM thing"))
        thing.name = "x"
        with pytest.raises(StaleDataError, match=r"Thing \(8,\)") as caught:
            session.flush()

    assert caught.value.retry_scope == "transaction"


class Calendar(DeclarativeBase):
    pass


class Event(Calendar):
    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    note: Mapped[str | None]


@pytest.mark.parametrize("verb", ["insert", "update"])
@pytest.mark.parametrize("hidden", [True, False])
def test_a_value_that_its_type_refuses_is_named_with_its_attribute(verb, hidden):
    engine = create_engine("sqlite://", hide_parameters=hidden)
    Calendar.metadata.create_all(engine)
    with Session(engine) as session:
        rows = [Event(id=number, day=date(2020, 1, number)) for number in (1, 2, 3)]
        session.add_all(rows)
        if verb == "update":
            session.commit()
        rows[1].day = "tomorrow"
        with pytest.raises(StatementError) as caught:
            session.flush()
    engine.dispose()

    error = caught.value
    assert isinstance(error.orig, TypeError)
    assert (error.instance, error.attributes) == (rows[1], ("day",))
    assert error.statement.startswith(f"{verb.upper()} ")
    assert "Event.day" in str(error)
    assert "Event(id" in str(error)
    assert ("tomorrow" in str(error)) is not hidden


def test_listeners_hear_of_a_value_that_its_type_refuses_in_a_flush():
    engine = create_engine("sqlite://")
    Calendar.metadata.create_all(engine)
    heard = []
    listen(engine, "handle_error", heard.append)
    with Session(engine) as session:
        session.add(Event(id=1, day="tomorrow"))
        with pytest.raises(StatementError) as caught:
            session.flush()
    engine.dispose()

    assert [told.sqlalchemy_exception for told in heard] == [caught.value]
    assert isinstance(heard[0].original_exception, TypeError)
    assert heard[0].statement.startswith("INSERT INTO")


def test_a_condition_that_stands_in_a_column_names_its_attribute(engine):
    class Base(DeclarativeBase):
        pass

    class Pebble(Base):
        __tablename__ = "pebble"
        id: Mapped[int] = mapped_column(primary_key=True)
        grams: Mapped[int] = mapped_column(
            "weight", Integer, CheckConstraint("weight > 0", name="heavy")
        )

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Pebble(id=1, grams=-1))
        with pytest.raises(CheckViolation) as caught:
            session.flush()
        assert caught.value.attributes == ("grams",)


def test_an_instance_that_has_the_row_already_is_told_of(session, engine):
    Base.metadata.create_all(engine)
    first = Author(id=1, name="Ada")
    session.add(first)
    session.commit()
    session.add_all([Author(id=2, name="Bea"), Author(id=1, name="Other")])
    with (
        pytest.warns(DovetailWarning, match=r"Author\(id=1\) is new, and the session has another"),
        pytest.raises(UniqueViolation) as caught,
    ):
        session.commit()
    assert "session.merge()" in caught.value.hint
    session.rollback()
    assert session.get(Author, 1) is first
    session.expunge(first)
    session.add(Author(id=1, name="Other"))
    with warnings.catch_warnings(), pytest.raises(UniqueViolation) as caught:
        warnings.simplefilter("error")
        session.commit()
    assert "session.merge()" not in caught.value.hint
