"""What changed, told by history and by the attribute tools."""

from typing import Any

import pytest

from dovetail import JSON, inspect, select
from dovetail.orm import DeclarativeBase, Mapped, mapped_column
from dovetail.orm.attributes import (
    NO_VALUE,
    History,
    del_attribute,
    flag_dirty,
    flag_modified,
    get_attribute,
    get_history,
    init_collection,
    instance_state,
    set_attribute,
    set_committed_value,
)
from tests.orm.library import Author, Base as Library, Book, fill


class Base(DeclarativeBase):
    pass


class Document(Base):
    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    active: Mapped[int | None] = mapped_column(active_history=True)


@pytest.fixture(autouse=True)
def tables(engine):
    Library.metadata.create_all(engine)
    Base.metadata.create_all(engine)


@pytest.fixture
def author(session):
    fill(session, authors=2)
    return session.get(Author, 1)


def as_lists(history):
    return [list(part or ()) for part in history]


def test_an_unchanged_value_is_unchanged(author):
    assert as_lists(get_history(author, "name")) == [[], ["author 0"], []]


def test_a_value_that_is_deleted_unread_is_a_change_to_none(session, author):
    book = session.get(Book, 1)
    session.expire_all()

    del author.name, book.author

    assert get_history(author, "name") == get_history(book, "author") == ([None], (), ())
    assert session.is_modified(author)
    assert session.is_modified(book)


def test_a_changed_value_is_added_and_the_old_one_deleted(session, author):
    author.name = "new"

    history = inspect(author).attrs.name.history

    assert isinstance(history, History)
    assert as_lists(history) == [["new"], [], ["author 0"]]
    assert history.has_changes()
    session.flush()
    assert as_lists(get_history(author, "name")) == [[], ["new"], []]


def test_a_change_and_back_is_no_change(author):
    author.name = "new"
    author.name = "author 0"

    assert not get_history(author, "name").has_changes()


def test_a_new_value_is_added():
    assert as_lists(get_history(Author(name="x"), "name")) == [["x"], [], []]
    assert get_history(Author(), "name").empty()


def test_none_is_a_value(author):
    author.born = None

    assert as_lists(get_history(author, "born")) == [[None], [], [1900]]


def test_history_of_what_is_expired_knows_the_new_value_alone(session, author):
    session.expire(author)

    author.name = "new"

    assert as_lists(get_history(author, "name")) == [["new"], [], []]


def test_active_history_reads_the_old_value(session):
    session.add(Document(data={}, active=1))
    session.commit()
    document = session.scalars(select(Document)).one()
    session.expire(document)

    document.active = 2

    assert as_lists(get_history(document, "active")) == [[2], [], [1]]


def test_history_of_a_reference(session, author):
    book = session.get(Book, 1)
    other = session.get(Author, 2)

    book.author = other

    assert as_lists(get_history(book, "author")) == [[other], [], [author]]
    book.author = None
    assert as_lists(get_history(book, "author")) == [[None], [], [author]]


def test_history_of_a_collection_sums_up(author):
    one, two = author.books
    three = Book(title="three")

    author.books.append(three)
    author.books.remove(one)

    history = get_history(author, "books")
    assert as_lists(history) == [[three], [two], [one]]
    assert list(history.sum()) == [three, two, one]
    assert list(history.non_deleted()) == [three, two]
    assert list(history.non_added()) == [two, one]


def test_loaded_value_sends_nothing(session, author, sql_log):
    session.expire(author, ["name"])
    sql_log.clear()

    view = inspect(author).attrs.name

    assert view.loaded_value is NO_VALUE
    assert len(sql_log) == 0
    assert view.value == "author 0"


def test_unloaded_names_what_is_not_there(author):
    assert inspect(author).unloaded == {"notes", "books"}


def test_flag_modified_writes_what_was_changed_in_place(session, sql_log):
    session.add(Document(data={"a": 1}))
    session.commit()
    document = session.scalars(select(Document)).one()
    document.data["a"] = 2
    sql_log.clear()
    session.commit()
    assert len(sql_log) == 0

    document.data["a"] = 2
    flag_modified(document, "data")
    session.commit()

    assert document.data == {"a": 2}
    assert "UPDATE document SET data=? WHERE document.id = ?" in sql_log.statements


def test_flag_modified_refuses_what_is_not_loaded(session, author):
    session.expire(author)

    with pytest.raises(Exception, match="name"):
        flag_modified(author, "name")


def test_flag_dirty_puts_it_among_the_dirty(session, author, sql_log):
    sql_log.clear()

    flag_dirty(author)

    assert author in session.dirty
    session.flush()
    assert len(sql_log) == 0
    assert author not in session.dirty


def test_set_committed_value_leaves_no_history(session, author, sql_log):
    books = author.books
    sql_log.clear()

    set_committed_value(author, "name", "as if loaded")
    set_committed_value(author, "books", [books[0]])

    assert author.name == "as if loaded"
    assert len(author.books) == 1
    assert author not in session.dirty
    session.flush()
    assert len(sql_log) == 0


def test_a_committed_collection_is_tracked(session, author):
    set_committed_value(author, "books", [])

    author.books.append(Book(title="new"))
    session.commit()

    assert len(author.books) == 3


def test_a_deleted_value_is_null_at_the_next_flush(session, author, sql_log):
    del author.born
    sql_log.clear()

    session.commit()

    assert author.born is None
    assert sql_log.statements[0] == "UPDATE author SET born=? WHERE author.id = ?"


def test_deleting_what_is_not_there_is_an_attribute_error():
    author = Author()

    with pytest.raises(AttributeError):
        del author.name


def test_a_deleted_reference_is_null(session, author):
    book = session.get(Book, 1)
    assert book.author is author

    del book.author
    session.commit()

    assert book.author_id is None
    assert book not in author.books


def test_the_tools_do_as_the_attributes_do(author):
    set_attribute(author, "name", "tool")
    assert get_attribute(author, "name") == "tool"
    assert as_lists(get_history(author, "name")) == [["tool"], [], ["author 0"]]

    del_attribute(author, "born")

    assert as_lists(get_history(author, "born"))[2] == [1900]
    assert instance_state(author) is inspect(author)


def test_init_collection_fills_without_history(author):
    book = Book(title="silent")

    adapter = init_collection(author, "books")
    adapter.append_without_event(book)

    assert list(author.books) == [book]
    assert book.author is None
    assert not get_history(author, "books").has_changes()


@pytest.mark.parametrize(("old", "new"), [(1, True), (0, False), (1, 1.0)])
def test_equal_values_are_no_change(session, author, old, new):
    author.born = old
    session.commit()
    assert author.born == old

    author.born = new

    assert not session.is_modified(author)
