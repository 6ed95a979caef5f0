"""How many Python functions are entered for what programs do most: more would be slower.

What is compiled or interpreted differs from version to version: the counts are those of 3.11,
where a comprehension is a call.  Who needs one more here should know what it is for.
"""

import gc
import sys

import pytest

from dovetail import Integer, String, create_engine, select
from dovetail.orm import DeclarativeBase, Session, mapped_column

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="functions are counted as 3.11 enters them"
)


class Base(DeclarativeBase):
    pass


class Pebble(Base):
    __tablename__ = "pebble"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String)


@pytest.fixture
def quiet():
    """An engine in memory that nobody listens to."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Pebble(id=n, name=f"{n}") for n in range(1, 5)])
        session.commit()
    yield engine
    engine.dispose()


def entered(act, prepare=lambda: None):
    """The functions that *act* enters once it has run before; *prepare* is called before each."""
    for _ in range(3):
        prepare()
        act()
    prepare()
    found = []

    def note(frame, what, argument):
        if what == "call":
            code = frame.f_code
            found.append(f"{code.co_filename.rpartition('dovetail/')[2]} {code.co_qualname}")

    before = sys.getprofile()
    gc.collect()
    gc.disable()
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(before)
        gc.enable()
    return found


def test_a_session_for_one_get(quiet):
    def act():
        session = Session(quiet)
        session.get(Pebble, 1)
        session.close()

    found = entered(act)
    assert len(found) <= 101, "\n".join(found)


def test_a_query_in_a_transaction(quiet):
    with Session(quiet) as session:
        found = entered(lambda: session.scalars(select(Pebble).where(Pebble.id == 3)).one())
    assert len(found) <= 63, "\n".join(found)


def test_a_get_that_finds_nothing_in_memory(quiet):
    with Session(quiet) as session:
        found = entered(lambda: session.get(Pebble, 2), session.expunge_all)
    assert len(found) <= 26, "\n".join(found)


def test_a_get_that_finds_it_in_memory(quiet):
    with Session(quiet) as session:
        kept = session.get(Pebble, 2)
        found = entered(lambda: session.get(Pebble, 2))
        assert kept is session.get(Pebble, 2)
    assert len(found) <= 2, "\n".join(found)


def test_a_flush_of_one_change(quiet):
    with Session(quiet) as session:
        pebble = session.get(Pebble, 1)

        def change():
            pebble.name += "x"

        found = entered(session.flush, change)
    assert len(found) <= 75, "\n".join(found)
