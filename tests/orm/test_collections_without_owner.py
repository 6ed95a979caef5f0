"""A collection whose owner nobody holds is not changed: what was put in would be lost."""

import gc

import pytest

from dovetail import event, exc, select
from dovetail.orm import Session
from tests.orm.library import Author, Base, Book, Tag


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        tags = {Tag(name="a"), Tag(name="b")}
        session.add(Author(name="Ada", books=[Book(title="a", tags=tags), Book(title="b")]))
        session.add(Author(name="Bob"))
        session.commit()


def books(session):
    """The books of an author whom nobody holds."""
    return session.get(Author, 1).books


def tags(session):
    return session.get(Book, 1).tags


def first(collection):
    return next(iter(collection))


LIST_CHANGES = [
    pytest.param(lambda held: held.append(Book(title="c")), id="append"),
    pytest.param(lambda held: held.insert(0, Book(title="c")), id="insert"),
    pytest.param(lambda held: held.extend([Book(title="c")]), id="extend"),
    pytest.param(lambda held: held.__iadd__([Book(title="c")]), id="+="),
    pytest.param(lambda held: held.remove(held[0]), id="remove"),
    pytest.param(lambda held: held.pop(), id="pop"),
    pytest.param(lambda held: held.clear(), id="clear"),
    pytest.param(lambda held: held.__setitem__(0, Book(title="c")), id="item"),
    pytest.param(lambda held: held.__setitem__(slice(None), []), id="slice"),
    pytest.param(lambda held: held.__delitem__(0), id="del"),
]

SET_CHANGES = [
    pytest.param(lambda held: held.add(Tag(name="c")), id="add"),
    pytest.param(lambda held: held.update([Tag(name="c")]), id="update"),
    pytest.param(lambda held: held.__ior__({Tag(name="c")}), id="|="),
    pytest.param(lambda held: held.remove(first(held)), id="remove"),
    pytest.param(lambda held: held.discard(first(held)), id="discard"),
    pytest.param(lambda held: held.pop(), id="pop"),
    pytest.param(lambda held: held.clear(), id="clear"),
    pytest.param(lambda held: held.__isub__({first(held)}), id="-="),
]


@pytest.mark.parametrize("listening", [False, True])
@pytest.mark.parametrize(
    ("read", "change", "name"),
    [
        *(pytest.param(books, *one.values, "Author.books", id=one.id) for one in LIST_CHANGES),
        *(pytest.param(tags, *one.values, "Book.tags", id=one.id) for one in SET_CHANGES),
    ],
)
def test_a_change_that_would_be_lost_is_an_error(session, read, change, name, listening):
    def note(*_):
        """Listen, and do nothing."""

    attribute = Author.books if read is books else Book.tags
    if listening:
        event.listen(attribute, "append", note)
    try:
        collection = read(session)
        gc.collect()
        before = list(collection)

        with pytest.raises(exc.ObjectDereferencedError, match=f"can't change {name}"):
            change(collection)

        assert list(collection) == before
        assert not session.new
        assert not session.dirty
    finally:
        if listening:
            event.remove(attribute, "append", note)


def test_the_error_names_the_cure(session):
    with pytest.raises(exc.ObjectDereferencedError) as caught:
        session.get(Author, 1).books.append(Book(title="c"))

    assert caught.value.hint == "keep the Author in a variable while its collection is changed"
    assert caught.value.code == "DV-LOAD-06"


def test_a_new_owner_without_a_session_is_needed_as_well():
    collection = Author(name="Cyd").books

    with pytest.raises(exc.ObjectDereferencedError):
        collection.append(Book(title="c"))


def test_reading_and_sorting_need_no_owner(session):
    collection = books(session)
    gc.collect()

    collection.sort(key=lambda book: book.title, reverse=True)

    assert [book.title for book in collection] == ["b", "a"]
    assert not session.dirty


def test_what_changes_nothing_needs_no_owner(session):
    books(session).extend([])
    tags(session).discard(Tag(name="c"))

    assert not session.dirty


def test_owners_are_held_by_the_loop_and_then_by_the_session(session):
    for author in session.scalars(select(Author)):
        author.books.append(Book(title="new"))
    del author
    gc.collect()

    session.commit()

    found = select(Book.author_id).where(Book.title == "new").order_by(Book.author_id)
    assert session.scalars(found).all() == [1, 2]


def test_a_pending_owner_is_held_by_the_session(session):
    session.add(Author(name="Cyd"))
    collection = next(iter(session.new)).books
    gc.collect()

    collection.append(Book(title="c"))
    session.commit()

    assert session.scalars(select(Book.title).join(Author).where(Author.name == "Cyd")).all() == [
        "c"
    ]


def test_what_is_changed_through_an_owner_is_held_itself(session):
    session.get(Author, 1).books[0].title = "changed"
    session.get(Author, 2).books = [Book(title="given")]
    gc.collect()
    session.commit()

    titles = session.scalars(select(Book.title).order_by(Book.id)).all()
    assert titles == ["changed", "b", "given"]


def test_a_collection_that_was_replaced_belongs_to_nobody(session):
    author = session.get(Author, 1)
    old = author.books
    author.books = []
    del author
    session.commit()
    gc.collect()

    old.append(Book(title="c"))

    assert len(old) == 3
    assert not session.new
