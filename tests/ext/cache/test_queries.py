"""Rows of queries from the cache, and what makes them stale."""

import pytest

from dovetail import bindparam, delete, func, insert, select, text, update
from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.ext.cache import FromCache
from dovetail.orm import joinedload, object_session, selectinload
from tests.ext.cache.models import Address, Tag, Team, User

BY_NAME = select(User).order_by(User.name)
CACHED = BY_NAME.options(FromCache())


@pytest.fixture
def names(Session):
    """The names of all users, as a session of its own gets them from the cache."""

    def names():
        with Session() as session:
            return [user.name for user in session.scalars(CACHED)]

    return names


class TestReading:
    def test_another_session_gets_the_rows_without_sql(self, Session, sent, cache):
        with Session() as session, sent(1):
            assert [user.name for user in session.scalars(CACHED)] == ["ada", "bob", "cyd"]

        with Session() as session, sent(0):
            users = session.scalars(CACHED).all()

            assert [user.name for user in users] == ["ada", "bob", "cyd"]
            assert all(object_session(user) is session for user in users)
        assert (cache.stats.hits, cache.stats.misses, cache.stats.stored) == (1, 1, 1)

    @pytest.mark.parametrize(
        "run",
        [
            lambda s: s.scalars(BY_NAME, execution_options={"cache": "default"}).all(),
            lambda s: s.scalars(BY_NAME, execution_options={"cache": FromCache()}).all(),
            lambda s: s.scalars(BY_NAME.execution_options(cache="default")).all(),
            lambda s: s.query(User).order_by(User.name).options(FromCache()).all(),
            lambda s: s.execute(select(User.id, User.name).options(FromCache())).all(),
            lambda s: s.scalar(select(func.count(User.id)).options(FromCache())),
            lambda s: s.execute(select(User.__table__.c.name).options(FromCache())).all(),
            lambda s: s.execute(select(User, Team.name).join(User.team).options(FromCache())).all(),
        ],
        ids=range(8),
    )
    def test_each_way_to_ask(self, Session, sent, run):
        with Session() as session, sent(1):
            first = run(session)
        with Session() as session, sent(0):
            again = run(session)

        assert str(first)[:5] == str(again)[:5]
        assert not isinstance(first, list) or len(first) == len(again)

    def test_rows_have_the_names_they_have_without_a_cache(self, Session):
        statement = select(User.name, User.settings).where(User.id == 1).options(FromCache())
        for _ in range(2):
            with Session() as session:
                row = session.execute(statement).one()
                assert (row.name, row.settings) == ("ada", {"tea": ["green"]})
                assert row._mapping[User.name] == "ada"

    def test_nothing_is_cached_that_does_not_ask(self, Session, sent):
        for _ in range(2):
            with Session() as session, sent(1):
                session.scalars(BY_NAME).all()

    def test_values_and_structure_tell_queries_apart(self, Session, sent):
        by_id = select(User).where(User.id == bindparam("id")).options(FromCache())
        several = select(User).options(FromCache())
        with Session() as session, sent(5):
            for number in (1, 2, 1, 2):
                assert session.scalars(by_id, {"id": number}).one().id == number
            assert len(session.scalars(several.where(User.id.in_([1, 2]))).all()) == 2
            assert len(session.scalars(several.where(User.id.in_([1, 2, 3]))).all()) == 3
            assert len(session.scalars(several.where(User.id == 1)).all()) == 1
            assert len(session.scalars(several.where(User.id.in_([2, 1]))).all()) == 2
            assert len(session.scalars(several.where(User.id.in_([1, 2]))).all()) == 2

    def test_no_rows_are_an_answer_too(self, Session, sent):
        nobody = select(User).where(User.name == "eve").options(FromCache())
        with Session() as session, sent(1):
            assert session.scalars(nobody).all() == []
            assert session.scalars(nobody).all() == []

    def test_what_the_session_has_changed_stays(self, Session, sent, names):
        names()
        with Session(autoflush=False) as session:
            ada = session.get(User, 1)
            ada.name = "changed"
            with sent(0):
                assert session.scalars(CACHED).all()[0] is ada
            assert ada.name == "changed"

    def test_values_that_can_change_are_not_shared(self, Session, names):
        names()
        for _ in range(3):
            with Session() as session:
                ada = session.scalars(CACHED).first()
                assert ada.settings == {"tea": ["green"]}
                ada.settings["tea"].append("black")

    def test_what_is_loaded_eagerly_comes_from_the_cache_too(self, Session, sent):
        statement = CACHED.options(selectinload(User.addresses), joinedload(User.team))
        with Session.begin() as session:
            session.add(Address(id=1, email="a@one", user_id=1))
        with Session() as session, sent(2):
            session.scalars(statement).all()

        with Session() as session, sent(0):
            ada, bob, _ = session.scalars(statement).all()
            assert [address.email for address in ada.addresses] == ["a@one"]
            assert bob.addresses == []
            assert ada.team.name == "red"

    def test_lazy_loads_do_not_come_from_the_cache(self, Session, sent):
        for _ in range(2):
            with Session() as session:
                ada = session.scalars(CACHED).first()
                with sent(1):
                    assert ada.addresses == []

    def test_rows_expire(self, Session, sent, monkeypatch):
        statement = BY_NAME.options(FromCache(expiration_time=60))
        now = [1000.0]
        monkeypatch.setattr("dovetail.ext.cache.reading.time.time", lambda: now[0])
        with Session() as session:
            for later, count in ((0, 1), (59, 0), (2, 1), (59, 0)):
                now[0] += later
                with sent(count):
                    session.scalars(statement).all()

    def test_locking_reads_go_to_the_database(self, Session, sent, names):
        names()
        with Session() as session, sent(1):
            session.scalars(CACHED.with_for_update()).all()

    def test_a_region_that_is_not_there_is_an_error(self, Session):
        with Session() as session, pytest.raises(ArgumentError, match="no region 'other'"):
            session.scalars(BY_NAME.options(FromCache("other")))

    def test_what_depends_on_no_table_needs_an_end(self, Session, sent):
        with Session() as session:
            with pytest.raises(InvalidRequestError, match="names no table"):
                session.scalar(select(func.abs(-1)).options(FromCache()))
            one = select(func.abs(-1)).options(FromCache(expiration_time=60))
            with sent(1):
                assert (session.scalar(one), session.scalar(one)) == (1, 1)


def rename(session):
    session.get(User, 1).name = "eve"


def rename_in_bulk(session):
    session.execute(update(User).where(User.id == 1).values(name="eve"))


CHANGES = {
    "flush": (rename, ["bob", "cyd", "eve"]),
    "delete": (lambda s: s.delete(s.get(User, 3)), ["ada", "bob"]),
    "insert": (lambda s: s.add(User(id=4, name="dan")), ["ada", "bob", "cyd", "dan"]),
    "update in bulk": (rename_in_bulk, ["bob", "cyd", "eve"]),
    "delete in bulk": (lambda s: s.execute(delete(User).where(User.id > 1)), ["ada"]),
    "insert in bulk": (
        lambda s: s.execute(insert(User), [{"id": 4, "name": "dan"}]),
        ["ada", "bob", "cyd", "dan"],
    ),
    "by primary key": (
        lambda s: s.execute(update(User), [{"id": 1, "name": "eve"}]),
        ["bob", "cyd", "eve"],
    ),
    "mappings": (
        lambda s: s.bulk_insert_mappings(User, [{"id": 4, "name": "dan"}]),
        ["ada", "bob", "cyd", "dan"],
    ),
    "objects": (
        lambda s: s.bulk_save_objects([User(id=4, name="dan")]),
        ["ada", "bob", "cyd", "dan"],
    ),
    "Query.update": (
        lambda s: s.query(User).filter(User.id == 1).update({"name": "eve"}),
        ["bob", "cyd", "eve"],
    ),
    "Core": (
        lambda s: s.execute(User.__table__.update().values(name="x").where(User.id == 1)),
        ["bob", "cyd", "x"],
    ),
    "text": (
        lambda s: s.execute(text("UPDATE member SET name = 'eve' WHERE id = 1")),
        ["bob", "cyd", "eve"],
    ),
}


@pytest.fixture(params=CHANGES, ids=str)
def change(request):
    return CHANGES[request.param]


class TestInvalidation:
    def test_a_commit_makes_rows_stale(self, Session, sent, names, change):
        names()
        work, expected = change
        with Session.begin() as session:
            work(session)

        with sent(1):
            assert names() == expected
        with sent(0):
            assert names() == expected

    def test_what_is_not_committed_is_neither_seen_nor_stored(self, Session, sent, names, change):
        names()
        work, expected = change
        with Session() as session:
            work(session)
            session.flush()
            with sent(2):
                # The writer sees its own, each time from the database.
                assert [user.name for user in session.scalars(CACHED)] == expected
                assert [user.name for user in session.scalars(CACHED)] == expected
            with sent(0):
                assert names() == ["ada", "bob", "cyd"]
            session.rollback()

        with sent(0):
            assert names() == ["ada", "bob", "cyd"]

    def test_other_tables_do_not_matter(self, Session, sent, names):
        names()
        with Session.begin() as session:
            session.add(Tag(id=1, name="new"))
            session.execute(update(Team).values(name="blue"))

        with sent(0):
            names()

    def test_reading_makes_nothing_stale(self, Session, sent, names):
        names()
        with Session.begin() as session:
            session.scalars(BY_NAME).all()
            session.execute(text("SELECT count(*) FROM member"))

        with sent(0):
            names()

    def test_a_table_that_is_joined_counts(self, Session, sent):
        statement = select(User).join(User.team).where(Team.name == "red").options(FromCache())
        some = select(User).where(User.addresses.any(Address.email == "x")).options(FromCache())
        with Session() as session:
            assert len(session.scalars(statement).all()) == 2
            assert session.scalars(some).all() == []
        with Session.begin() as session:
            session.get(Team, 1).name = "blue"
            session.add(Address(id=1, email="x", user_id=2))

        with Session() as session, sent(2):
            assert session.scalars(statement).all() == []
            assert [user.id for user in session.scalars(some)] == [2]

    def test_rows_of_third_tables_count(self, Session, sent):
        statement = CACHED.options(selectinload(User.tags))
        with Session() as session:
            session.scalars(statement).all()
        with Session.begin() as session:
            ada = session.get(User, 1)
            ada.tags.append(Tag(id=1, name="new"))

        with Session() as session:
            assert [tag.name for tag in session.scalars(statement).first().tags] == ["new"]

    def test_what_the_database_deletes_along_counts(self, Session, sent):
        addresses = select(Address).options(FromCache())
        with Session.begin() as session:
            session.add(Address(id=1, email="x", user_id=3))
        with Session() as session:
            assert len(session.scalars(addresses).all()) == 1
        with Session.begin() as session:
            session.execute(text("SELECT 1"))
            session.delete(session.get(User, 3))

        with Session() as session, sent(1):
            session.scalars(addresses).all()

    def test_a_savepoint_that_is_rolled_back_leaves_the_rest(self, Session, names):
        names()
        with Session.begin() as session:
            with session.begin_nested():
                session.get(User, 1).name = "eve"
            inner = session.begin_nested()
            session.get(User, 2).name = "gone"
            session.flush()
            inner.rollback()

        assert names() == ["bob", "cyd", "eve"]

    def test_rows_can_be_made_stale_by_hand(self, Session, sent, names, cache):
        names()
        for tables in ((User,), (User.__table__,), ("member",), ()):
            cache.invalidate(*tables)
            with sent(1):
                names()
        cache.invalidate(Team)
        with sent(0):
            names()

    def test_the_region_can_be_invalidated(self, Session, sent, names, region):
        names()
        region.invalidate()
        with sent(1):
            names()
            names()

    def test_tables_behind_a_view_are_named(self, Session, sent):
        seen = select(func.count(Team.id)).options(FromCache(tables=[User, "other"]))
        with Session() as session:
            session.scalar(seen)
        with Session.begin() as session:
            session.add(User(id=4, name="dan"))
        with Session() as session, sent(1):
            session.scalar(seen)


class TestWhatIsNotSure:
    def test_who_has_the_connection_may_have_written_anything(self, Session, sent, names):
        names()
        with Session() as session:
            session.connection().execute(User.__table__.update().values(name="x"))
            with sent(1):
                assert {user.name for user in session.scalars(CACHED)} == {"x"}
            session.rollback()
        with sent(0):
            assert names() == ["ada", "bob", "cyd"]

    def test_within_a_transaction_of_somebody_else_the_database_is_asked(
        self, Session, engine, sent, names
    ):
        names()
        with engine.connect() as connection, connection.begin() as outer:
            connection.execute(User.__table__.update().values(name="x"))
            with Session(bind=connection) as session, sent(2):
                for _ in range(2):
                    assert {user.name for user in session.scalars(CACHED)} == {"x"}
            outer.rollback()
        with sent(0):
            assert names() == ["ada", "bob", "cyd"]

    def test_dirty_reads_are_not_stored(self, Session, engine, sent, names):
        names()
        dirty = engine.execution_options(isolation_level="READ UNCOMMITTED")
        with Session(bind=dirty) as session, sent(1):
            session.scalars(CACHED).all()


def test_what_locks_within_is_not_taken_from_the_cache(Session, sent):
    locked = select(User.id).with_for_update().subquery()
    statement = select(User).join(locked, locked.c.id == User.id).options(FromCache())
    for _ in range(2):
        with Session() as session, sent(1):
            assert len(session.scalars(statement).all()) == 3
