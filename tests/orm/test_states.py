"""The lives of instances: transient, pending, persistent, deleted, detached."""

import copy
import gc
import pickle
import weakref

import pytest

from dovetail import inspect, select
from dovetail.exc import InvalidRequestError, ObjectDereferencedError
from dovetail.orm import (
    Session,
    close_all_sessions,
    make_transient,
    make_transient_to_detached,
    object_session,
)
from dovetail.orm.util import identity_key, was_deleted
from tests.orm.library import Author, Base, Book, fill


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)


def status(instance):
    state = inspect(instance)
    names = ("transient", "pending", "persistent", "deleted", "detached")
    (name,) = [name for name in names if getattr(state, name)]
    return name


def test_an_instance_goes_through_its_states(session):
    author = Author(name="Ada")
    seen = [status(author)]

    session.add(author)
    seen.append(status(author))
    session.flush()
    seen.append(status(author))
    session.delete(author)
    seen.append(status(author))
    session.flush()
    seen.append(status(author))
    session.commit()
    seen.append(status(author))

    assert seen == ["transient", "pending", "persistent", "persistent", "deleted", "detached"]
    assert was_deleted(author)


@pytest.mark.parametrize(
    ("start", "move", "end"),
    [
        pytest.param("pending", lambda s, a: s.expunge(a), "transient", id="pending expunge"),
        pytest.param("pending", lambda s, a: s.rollback(), "transient", id="pending rollback"),
        pytest.param("pending", lambda s, a: s.close(), "transient", id="pending close"),
        pytest.param("pending", lambda s, a: s.commit(), "persistent", id="pending commit"),
        pytest.param("persistent", lambda s, a: s.expunge(a), "detached", id="persistent expunge"),
        pytest.param("persistent", lambda s, a: s.close(), "detached", id="persistent close"),
        pytest.param("persistent", lambda s, a: s.expunge_all(), "detached", id="expunge_all"),
        pytest.param("persistent", lambda s, a: s.rollback(), "persistent", id="rollback"),
        pytest.param("persistent", lambda s, a: make_transient(a), "transient", id="transient"),
        pytest.param("deleted", lambda s, a: s.rollback(), "persistent", id="deleted rollback"),
        pytest.param("deleted", lambda s, a: s.commit(), "detached", id="deleted commit"),
        pytest.param("deleted", lambda s, a: s.close(), "detached", id="deleted close"),
        pytest.param("deleted", lambda s, a: make_transient(a), "transient", id="deleted made"),
        pytest.param("detached", lambda s, a: s.add(a), "persistent", id="detached add"),
        pytest.param("detached", lambda s, a: s.delete(a), "persistent", id="detached delete"),
        pytest.param("detached", lambda s, a: make_transient(a), "transient", id="detached made"),
    ],
)
def test_each_move_leads_where_it_should(session, start, move, end):
    author = Author(name="Ada")
    session.add(author)
    if start != "pending":
        session.commit()
    if start == "deleted":
        session.delete(author)
        session.flush()
    if start == "detached":
        assert author.name
        session.expunge(author)
    assert status(author) == start

    move(session, author)

    assert status(author) == end
    assert (author in session) is (end in ("pending", "persistent"))
    assert (object_session(author) is session) is (end in ("pending", "persistent", "deleted"))


def test_make_transient_to_detached_stands_for_a_row(session, sql_log):
    fill(session, authors=1)
    author = Author(id=1)

    make_transient_to_detached(author)

    assert status(author) == "detached"
    session.add(author)
    assert author.name == "author 0"
    assert session.get(Author, 1) is author


def test_make_transient_to_detached_needs_a_key(session):
    author = Author(id=1, name="Ada")
    session.add(author)
    session.flush()

    with pytest.raises(InvalidRequestError):
        make_transient_to_detached(author)


def test_a_transient_copy_of_a_row_can_be_inserted_again(session):
    fill(session, authors=1, books=0)
    author = session.get(Author, 1)

    make_transient(author)
    author.id = None
    session.add(author)
    session.commit()

    assert author.id == 2
    assert session.scalars(select(Author.name)).all() == ["author 0"] * 2


def test_a_second_session_is_refused(session, engine):
    author = Author(name="Ada")
    session.add(author)

    with Session(engine) as other, pytest.raises(InvalidRequestError, match="session"):
        other.add(author)
    session.commit()
    with Session(engine) as other, pytest.raises(InvalidRequestError, match="session"):
        other.add(author)


def test_two_instances_of_one_row_are_refused(session):
    fill(session, authors=1)
    here = session.get(Author, 1)
    twin = Author(id=1)
    make_transient_to_detached(twin)

    with pytest.raises(InvalidRequestError):
        session.add(twin)

    assert session.get(Author, 1) is here


def test_a_deleted_instance_is_not_added_again_before_the_end(session):
    fill(session, authors=1, books=0)
    author = session.get(Author, 1)
    session.delete(author)
    session.add(author)
    session.flush()
    assert status(author) == "persistent"
    session.delete(author)
    session.flush()

    with pytest.raises(InvalidRequestError, match="deleted"):
        session.add(author)


def test_expunge_refuses_what_is_not_here(session):
    with pytest.raises(InvalidRequestError):
        session.expunge(Author(name="Ada"))


def test_the_session_lists_its_members(session):
    fill(session, authors=2, books=0)
    one, two = session.scalars(select(Author).order_by(Author.id)).all()
    three = Author(name="three")
    session.add(three)
    one.name = "changed"
    session.delete(two)

    assert set(session) == {one, two, three}
    assert set(session.new) == {three}
    assert set(session.dirty) == {one}
    assert set(session.deleted) == {two}
    assert three in session.new
    assert one in session.dirty
    assert two in session.deleted
    assert two not in session.dirty
    assert len(session.new) == 1
    assert len(session.identity_map) == 2


def test_dirty_is_hopeful_and_is_modified_exact(session):
    fill(session, authors=1, books=0)
    author = session.get(Author, 1)

    author.name = "author 0"

    assert author in session.dirty
    assert not session.is_modified(author)
    author.name = "other"
    assert session.is_modified(author)
    author.name = "author 0"
    assert not session.is_modified(author)


def test_is_modified_may_leave_collections_out(session):
    fill(session, authors=1)
    author = session.get(Author, 1)

    author.books.append(Book(title="new"))

    assert session.is_modified(author)
    assert not session.is_modified(author, include_collections=False)


def test_a_clean_instance_that_nobody_holds_is_collected(session):
    fill(session, authors=1)
    author = session.get(Author, 1)
    gone = weakref.ref(author)

    del author
    gc.collect()

    assert gone() is None
    assert len(session.identity_map) == 0


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda session, author: setattr(author, "name", "x"), id="dirty"),
        pytest.param(lambda session, author: session.delete(author), id="deleted"),
        pytest.param(lambda session, author: author.books.append(Book(title="x")), id="collection"),
    ],
)
def test_a_changed_instance_is_held_until_it_is_flushed(session, change):
    fill(session, authors=1, books=0)
    author = session.get(Author, 1)
    change(session, author)
    held = weakref.ref(author)

    del author
    gc.collect()

    assert held() is not None
    session.commit()
    gc.collect()
    assert held() is None


def test_a_pending_instance_is_held(session):
    session.add(Author(name="Ada"))

    gc.collect()
    session.commit()

    assert session.scalars(select(Author.name)).all() == ["Ada"]


def test_one_row_is_one_instance_however_it_is_found(session):
    fill(session, authors=2)
    author = session.get(Author, 1)

    assert session.scalars(select(Author).where(Author.name == "author 0")).one() is author
    assert session.query(Author).filter_by(id=1).one() is author
    assert session.get(Book, 1).author is author
    session.refresh(author)
    assert session.get(Author, 1) is author
    session.commit()
    assert session.get(Author, 1) is author


def test_identity_keys_name_class_and_key(session):
    fill(session, authors=1, books=0)
    author = session.get(Author, 1)

    expected = (Author, (1,), None)

    assert inspect(author).identity_key == expected
    assert inspect(author).identity == (1,)
    assert identity_key(instance=author) == expected
    assert identity_key(Author, 1) == expected
    assert identity_key(Author, (1,)) == expected
    assert Session.identity_key(Author, 1) == expected
    assert inspect(Author(name="new")).identity_key is None
    assert expected in session.identity_map


def test_object_session_finds_the_session(session):
    author = Author(name="Ada")
    assert object_session(author) is None

    session.add(author)

    assert object_session(author) is session
    assert Session.object_session(author) is session


def test_close_all_sessions_detaches_everything(session):
    fill(session, authors=1)
    author = session.get(Author, 1)

    close_all_sessions()

    assert status(author) == "detached"


class TestCopies:
    def test_a_copy_does_not_share_the_state(self, session):
        fill(session, authors=1)
        author = session.get(Author, 1)
        assert len(author.books) == 2

        twin = copy.copy(author)
        twin.name = "twin"
        twin.books.append(Book(title="of the twin"))

        assert inspect(twin) is not inspect(author)
        assert author.name == "author 0"
        assert author not in session.dirty
        assert twin not in session
        assert len(author.books) == 2

    def test_a_pickled_instance_is_detached_and_complete(self, session, engine):
        fill(session, authors=1)
        author = session.get(Author, 1)
        assert [book.author for book in author.books] == [author, author]

        twin = pickle.loads(pickle.dumps(author))

        assert status(twin) == "detached"
        assert inspect(twin).identity == (1,)
        assert [book.title for book in twin.books] == ["book 0.0", "book 0.1"]
        assert twin.books[0].author is twin
        assert object_session(author) is session

    def test_a_pickled_instance_remembers_its_changes(self, session, engine, sql_log):
        fill(session, authors=1, books=0)
        author = session.get(Author, 1)
        author.name = "changed"
        twin = pickle.loads(pickle.dumps(author))
        session.rollback()
        session.expunge_all()
        sql_log.clear()

        session.add(twin)
        session.commit()

        assert "UPDATE author SET name=? WHERE author.id = ?" in sql_log.statements
        assert session.scalars(select(Author.name)).all() == ["changed"]

    def test_an_expired_instance_is_pickled_expired(self, session):
        fill(session, authors=1, books=0)
        author = session.get(Author, 1)
        session.commit()
        twin = pickle.loads(pickle.dumps(author))
        session.expunge_all()

        session.add(twin)

        assert twin.name == "author 0"

    def test_a_pending_instance_is_pickled_transient(self, session):
        author = Author(name="Ada", books=[Book(title="x")])
        session.add(author)

        twin = pickle.loads(pickle.dumps(author))

        assert status(twin) == "transient"
        assert twin.books[0].author is twin


def test_the_key_of_a_state_is_the_one_that_the_identity_map_has(session):
    author = Author(name="x")
    assert inspect(author).key is None
    session.add(author)
    session.flush()

    assert inspect(author).key == (Author, (author.id,), None) == inspect(author).identity_key
    assert session.identity_map[inspect(author).key] is author
    assert inspect(author).session_id == session.hash_key
    assert Session().hash_key != session.hash_key


def test_a_collection_of_garbage_in_the_midst_of_an_expiry_is_harmless(session, monkeypatch):
    class Emptied(dict):
        """A part of the identity map from which the collector takes all as it is listed."""

        def values(self):
            self.clear()
            return super().values()

    author = Author(name="a")
    session.add(author)
    session.flush()
    identities = session._core.scope.identities
    for base, identity in list(identities.items()):
        monkeypatch.setitem(identities, base, Emptied(identity))

    session.expire_all()

    assert author.name == "a"


def test_the_state_of_an_instance_that_is_gone_tells_no_values():
    name = inspect(Author(name="Ada")).attrs.name
    gc.collect()

    for ask in (lambda: name.value, lambda: name.history, name.load_history):
        with pytest.raises(ObjectDereferencedError, match=r"Author\.name"):
            ask()


def test_a_key_that_is_set_tells_whether_there_is_a_row(session):
    author = Author(name="x")
    session.add(author)
    session.flush()
    state, key = inspect(author), inspect(author).key
    with pytest.raises(InvalidRequestError, match="expunge"):
        state.key = None

    session.expunge(author)
    state.key = None
    assert status(author) == "transient"
    state.key = key
    assert status(author) == "detached"
    with pytest.raises(InvalidRequestError, match="no key of Author"):
        state.key = (Book, (1,), None)
    session.add(author)

    assert status(author) == "persistent"
    assert session.get(Author, author.id) is author


def test_a_key_that_is_set_has_an_identity_token():
    author = Author(id=1, name="x")

    inspect(author).key = (Author, (1,), "north")

    assert inspect(author).identity_token == "north"
    assert inspect(author).key == (Author, (1,), "north")


@pytest.fixture
def twins(session):
    """Two instances of a row, neither in the session."""
    session.add(Author(id=1, name="x"))
    session.flush()
    found = []
    for _ in range(2):
        found.append(session.get(Author, 1, populate_existing=True))
        session.expunge(found[-1])
    return found


def test_states_come_into_the_identity_map(session, twins):
    one, other = twins

    assert session.identity_map.add(inspect(one))
    assert not session.identity_map.add(inspect(one))
    with pytest.raises(InvalidRequestError, match="another instance"):
        session.identity_map.add(inspect(other))

    assert status(one) == "persistent"
    assert session.get(Author, 1) is one
    with pytest.raises(InvalidRequestError, match="has no key"):
        session.identity_map.add(inspect(Author()))


def test_a_state_takes_the_place_of_another(session, twins):
    one, other = twins
    identity_map = session.identity_map

    assert identity_map.replace(inspect(one)) is None
    assert identity_map.replace(inspect(one)) is None
    assert identity_map.replace(inspect(other)) is inspect(one)

    assert (status(one), status(other)) == ("detached", "persistent")
    assert session.get(Author, 1) is other


def test_states_leave_the_identity_map(session, twins):
    one, other = twins
    identity_map = session.identity_map
    identity_map.add(inspect(one))
    one.name = "changed"
    assert identity_map.check_modified()

    identity_map.discard(inspect(other))
    assert status(one) == "persistent"
    identity_map.discard(inspect(one))

    assert status(one) == "detached"
    assert not identity_map.check_modified()


def test_the_map_of_a_session_that_was_closed_takes_nothing(session, twins):
    identity_map = session.identity_map
    session.close()

    with pytest.raises(InvalidRequestError, match="closed"):
        identity_map.add(inspect(twins[0]))


def test_what_a_subclass_does_in_add_is_done_for_each_of_many(engine):
    class Stamping(Session):
        def add(self, instance, _warn=True):
            instance.name = f"{instance.name} of {self.info['shop']}"
            super().add(instance, _warn)

    with Stamping(engine, info={"shop": "Turin"}) as session:
        authors = [Author(name="Ada"), Author(name="Grace"), Author(name="Barbara")]

        session.add_all(authors)
        session.flush()

    assert [author.name for author in authors] == [
        "Ada of Turin",
        "Grace of Turin",
        "Barbara of Turin",
    ]
