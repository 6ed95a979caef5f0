"""A database with authors, books and pages, to be watched."""

import pytest

from dovetail import create_engine
from dovetail.orm import Session
from tests.orm.library import Base, fill


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'watched.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        fill(session, authors=6)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    with Session(engine) as session:
        yield session
