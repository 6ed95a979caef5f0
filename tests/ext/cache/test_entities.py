"""Rows by primary key: get() and many-to-one loads."""

import pytest

from dovetail import delete, event, text, update
from dovetail.exc import ArgumentError
from dovetail.orm import object_session
from tests.ext.cache.models import Address, Base, Team, User


@pytest.fixture(autouse=True)
def kept(cache):
    cache.entities(User)
    cache.entities(Team)


def name_of(Session, key=1, entity=User):
    with Session() as session:
        found = session.get(entity, key)
        return None if found is None else found.name


def test_get_needs_no_sql_the_second_time(Session, sent):
    with sent(1):
        assert name_of(Session) == "ada"
    with Session() as session, sent(0):
        ada = session.get(User, 1)
        assert (ada.name, ada.settings) == ("ada", {"tea": ["green"]})
        assert object_session(ada) is session
        assert session.get(User, 1) is ada


def test_other_classes_are_not_kept(Session, sent):
    with Session.begin() as session:
        session.add(Address(id=1, email="x", user_id=1))
    for _ in range(2):
        with Session() as session, sent(1):
            session.get(Address, 1)


def test_many_to_one_comes_from_the_cache(Session, sent):
    name_of(Session, 1, Team)
    with Session() as session:
        ada = session.get(User, 1)
        with sent(0):
            assert ada.team.name == "red"


def test_many_at_once_are_read_and_stored_together(Session, sent, cache):
    with Session.begin() as session:
        session.add_all([Team(id=2, name="blue"), Team(id=3, name="grey")])
        session.flush()
        session.add_all([User(id=10 + n, name=f"u{n}", team_id=1 + n % 3) for n in range(9)])

    def teams():
        with Session() as session:
            users = session.query(User).filter(User.id >= 10).order_by(User.id).all()
            with sent() as log:
                names = [user.team.name for user in users]
            assert names == ["red", "blue", "grey"] * 3
            return len(log)

    assert teams() == 2
    assert teams() == 0
    cache.invalidate(Team)
    name_of(Session, 2, Team)
    assert teams() == 2


def test_what_is_not_there_is_asked_for_again(Session, sent):
    for _ in range(2):
        with sent(1):
            assert name_of(Session, 9) is None
    with Session.begin() as session:
        session.add(User(id=9, name="new"))
    assert name_of(Session, 9) == "new"


CHANGES = {
    "update": (lambda s: setattr(s.get(User, 1), "name", "eve"), "eve"),
    "delete": (lambda s: s.delete(s.get(User, 1)), None),
    "update in bulk": (lambda s: s.execute(update(User).values(name="x")), "x"),
    "delete in bulk": (lambda s: s.execute(delete(User)), None),
    "Core": (lambda s: s.execute(User.__table__.update().values(name="x")), "x"),
    "text": (lambda s: s.execute(text("UPDATE member SET name = 'x'")), "x"),
    "key": (lambda s: setattr(s.get(User, 1), "id", 7), None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_commit_makes_the_row_stale(Session, sent, change):
    name_of(Session)
    work, expected = CHANGES[change]
    with Session() as session:
        work(session)
        session.flush()
        with sent(0):
            assert name_of(Session) == "ada"
        session.commit()

    assert name_of(Session) == expected


def test_a_rollback_leaves_the_row(Session, sent):
    name_of(Session)
    with Session() as session:
        session.get(User, 1).name = "eve"
        session.flush()
        session.rollback()
    with sent(0):
        assert name_of(Session) == "ada"


def test_another_row_stays(Session, sent):
    name_of(Session, 2)
    with Session.begin() as session:
        session.get(User, 1).name = "eve"
        session.delete(session.get(User, 3))
        session.add(User(id=4, name="new"))
    with sent(0):
        assert name_of(Session, 2) == "bob"


def test_a_row_that_has_taken_another_key_is_found_there(Session):
    name_of(Session, 3)
    with Session.begin() as session:
        cyd = session.get(User, 3)
        cyd.id = 8
        session.flush()
        cyd.id = 9

    assert [name_of(Session, key) for key in (3, 8, 9)] == [None, None, "cyd"]


def test_very_many_changes_make_all_rows_stale(Session, sent, monkeypatch):
    monkeypatch.setattr("dovetail.ext.cache.source.MANY_ROWS", 1)
    name_of(Session, 3)
    with Session.begin() as session:
        users = [session.get(User, 1), session.get(User, 2)]
        for user in users:
            user.name += "!"
    with sent(1):
        name_of(Session, 3)


def test_an_expired_instance_is_read_from_the_database(Session, sent):
    with Session() as session:
        ada = session.get(User, 1)
        session.expire(ada)
        with sent(1):
            assert session.get(User, 1) is ada
        with sent(1):
            session.refresh(ada)


def test_populate_existing_and_locks_go_to_the_database(Session, sent):
    name_of(Session)
    with Session() as session:
        with sent(1):
            session.get(User, 1, populate_existing=True)
        with sent(1):
            session.get(User, 2, with_for_update=True)


def test_who_adds_criteria_to_what_is_loaded_gets_no_kept_rows(Session, sent):
    name_of(Session)
    seen = []
    event.listen(Session, "do_orm_execute", seen.append)
    with sent(1):
        name_of(Session)


def test_rows_expire(Session, sent, cache, monkeypatch):
    cache.entities(User, expiration_time=10)
    now = [1000.0]
    monkeypatch.setattr("dovetail.ext.cache.reading.time.time", lambda: now[0])
    name_of(Session)
    now[0] += 9
    with sent(0):
        name_of(Session)
    now[0] += 2
    with sent(1):
        name_of(Session)


def test_what_is_not_mapped_is_refused(cache):
    with pytest.raises(ArgumentError, match="mapped class"):
        cache.entities(Base.metadata)
    with pytest.raises(ArgumentError, match="no region 'x'"):
        cache.entities(User, "x")
