"""What errors of a flush tell, and what they keep to themselves."""

import pytest

from dovetail import create_engine
from dovetail.exc import NotNullViolation, PendingRollbackError
from dovetail.orm import Session
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
