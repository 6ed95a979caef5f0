"""Lists of related instances: every way to change one is seen by the other side and by a flush."""

import pickle

import pytest

from dovetail import inspect, select
from dovetail.orm import Session
from dovetail.orm.attributes import get_history
from tests.orm.library import Author, Base, Book


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)


@pytest.fixture
def books():
    return [Book(title=letter) for letter in "abcdef"]


@pytest.fixture
def author(session, books):
    """A persistent author of the books a, b, c; d, e, f are free."""
    author = Author(name="Ada", books=books[:3])
    session.add_all([author, *books])
    session.commit()
    assert len(author.books) == 3
    return author


def titles(items):
    return "".join(item.title for item in items)


MUTATIONS = [
    pytest.param(lambda held, b: held.append(b[3]), "abcd", id="append"),
    pytest.param(lambda held, b: held.insert(1, b[3]), "adbc", id="insert"),
    pytest.param(lambda held, b: held.extend(b[3:5]), "abcde", id="extend"),
    pytest.param(lambda held, b: held.extend(iter(b[3:5])), "abcde", id="extend with iterator"),
    pytest.param(lambda held, b: held.__iadd__(b[3:5]), "abcde", id="+="),
    pytest.param(lambda held, b: held.remove(b[1]), "ac", id="remove"),
    pytest.param(lambda held, b: held.pop(), "ab", id="pop"),
    pytest.param(lambda held, b: held.pop(0), "bc", id="pop first"),
    pytest.param(lambda held, b: held.clear(), "", id="clear"),
    pytest.param(lambda held, b: held.__setitem__(1, b[4]), "aec", id="item"),
    pytest.param(lambda held, b: held.__setitem__(-1, b[4]), "abe", id="last item"),
    pytest.param(lambda held, b: held.__setitem__(slice(0, 2), b[3:6]), "defc", id="slice"),
    pytest.param(lambda held, b: held.__setitem__(slice(0, 0), b[3:5]), "deabc", id="front slice"),
    pytest.param(
        lambda held, b: held.__setitem__(slice(0, 3, 2), [b[3], b[4]]), "dbe", id="stepped slice"
    ),
    pytest.param(lambda held, b: held.__setitem__(slice(None), []), "", id="whole slice"),
    pytest.param(
        lambda held, b: held.__setitem__(slice(None), [b[2], b[0], b[5]]), "caf", id="mixed slice"
    ),
    pytest.param(lambda held, b: held.__delitem__(0), "bc", id="del item"),
    pytest.param(lambda held, b: held.__delitem__(slice(0, 2)), "c", id="del slice"),
    pytest.param(lambda held, b: held.__delitem__(slice(None, None, 2)), "b", id="del stepped"),
    pytest.param(lambda held, b: held.reverse(), "cba", id="reverse"),
    pytest.param(
        lambda held, b: held.sort(key=lambda book: book.title, reverse=True), "cba", id="sort"
    ),
]


@pytest.mark.parametrize(("change", "expected"), MUTATIONS)
def test_a_change_is_seen_by_the_other_side_and_by_the_flush(
    session, author, books, change, expected
):
    change(author.books, books)

    assert titles(author.books) == expected
    for book in books:
        assert book.author is (author if book.title in expected else None)
    session.commit()
    stored = session.scalars(select(Book.title).where(Book.author_id == author.id))
    assert set(stored) == set(expected)


@pytest.mark.parametrize(("change", "expected"), MUTATIONS)
def test_history_tells_what_was_added_and_removed(session, author, books, change, expected):
    before = set("abc")

    change(author.books, books)

    history = get_history(author, "books")
    assert set(titles(history.added)) == set(expected) - before
    assert set(titles(history.deleted)) == before - set(expected)
    assert set(titles(history.unchanged)) == before & set(expected)
    session.flush()
    assert get_history(author, "books").has_changes() is False


@pytest.mark.parametrize(("change", "expected"), MUTATIONS)
def test_a_transient_list_tells_the_other_side(books, change, expected):
    author = Author(name="Ada", books=books[:3])

    change(author.books, books)

    assert titles(author.books) == expected
    for book in books:
        assert book.author is (author if book.title in expected else None)


@pytest.mark.parametrize(("change", "expected"), MUTATIONS)
def test_a_rollback_undoes_the_change(session, author, books, change, expected):
    change(author.books, books)
    session.flush()

    session.rollback()

    assert titles(author.books) == "abc"
    assert books[3].author is None
    assert books[0].author is author


def test_augmented_assignment_works_on_the_attribute(session, author, books):
    held = author.books

    author.books += books[3:5]

    assert author.books is held
    assert titles(author.books) == "abcde"
    assert books[4].author is author
    session.commit()
    assert titles(author.books) == "abcde"


def test_repetition_is_not_lost(session, author, books):
    author.books.append(books[0])

    assert titles(author.books) == "abca"
    author.books.remove(books[0])
    assert titles(author.books) == "bca"


def test_assignment_replaces_all_at_once(session, author, books, sql_log):
    sql_log.clear()

    author.books = [books[0], books[4]]

    history = get_history(author, "books")
    assert (titles(history.added), titles(history.deleted)) == ("e", "bc")
    assert (books[1].author, books[4].author) == (None, author)
    session.flush()
    assert (
        sql_log.statements == ["UPDATE book SET author_id=? WHERE book.id = ?"] * 2
        or len(sql_log) <= 2
    )


def test_the_replaced_list_no_longer_speaks_for_the_attribute(session, author, books):
    old = author.books

    author.books = [books[3]]
    old.append(books[5])

    assert titles(author.books) == "d"
    assert books[5].author is None


def test_assignment_of_the_same_list_changes_nothing(session, author):
    author.books = author.books
    assert get_history(author, "books").has_changes() is False

    author.books = list(author.books)

    assert not session.is_modified(author)
    assert get_history(author, "books").has_changes() is False


def test_assignment_takes_an_iterable_of_the_right_kind(session, author, books):
    with pytest.raises(TypeError):
        author.books = 5
    with pytest.raises(TypeError):
        author.books = None

    assert titles(author.books) == "abc"


def test_a_member_of_another_class_is_refused(session, author):
    with pytest.raises(Exception, match="Book"):
        author.books.append(Author(name="Bob"))

    assert titles(author.books) == "abc"


def test_reading_gives_one_list(session, author):
    assert author.books is author.books
    assert isinstance(author.books, list)


def test_a_fresh_list_is_made_after_expiry(session, author, books):
    old = author.books

    session.expire(author)

    assert author.books is not old
    assert titles(author.books) == "abc"


def test_a_list_compares_copies_and_prints_like_a_list(session, author, books):
    held = author.books

    assert held == books[:3]
    assert type(held.copy()) is list
    assert held + books[3:4] == books[:4]
    assert repr(held) == repr(books[:3])
    assert held.index(books[1]) == 1
    assert list(reversed(held)) == books[2::-1]


def test_a_pickled_list_is_tracked_again(session, author, books, engine):
    copied = pickle.loads(pickle.dumps(author))
    session.close()

    copied.books.append(Book(title="new"))
    with Session(engine) as other:
        other.add(copied)
        other.commit()
        assert titles(copied.books) == "abcnew"


def test_moving_a_member_takes_it_from_its_old_list(session, author, books):
    other = Author(name="Grace")
    session.add(other)
    session.commit()
    assert titles(author.books) == "abc"

    other.books.append(books[0])

    assert books[0].author is other
    assert titles(author.books) == "bc"
    session.commit()
    assert (titles(author.books), titles(other.books)) == ("bc", "a")


def test_setting_the_reference_moves_it_between_lists(session, author, books):
    other = Author(name="Grace", books=[])
    session.add(other)

    books[0].author = other

    assert (titles(author.books), titles(other.books)) == ("bc", "a")
    books[0].author = None
    assert titles(other.books) == ""


def test_a_list_that_is_not_loaded_takes_members_without_loading(session, author, books, sql_log):
    session.expire(author)
    assert author.id
    sql_log.clear()

    books[3].author = author
    books[0].author = None

    assert "books" not in inspect(author).dict
    assert not [text for text in sql_log.statements if "WHERE book.author_id" in text]
    assert titles(author.books) == "bcd"
