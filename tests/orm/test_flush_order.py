"""In which order a flush writes: what is referred to first, what refers to it last."""

import pytest

from dovetail import ForeignKey, inspect, select
from dovetail.exc import CircularDependencyError
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship
from tests.orm.library import Author, Base as Library, Book, Page, Tag, Topic, fill


class Base(DeclarativeBase):
    pass


class Left(Base):
    __tablename__ = "left_side"

    id: Mapped[int] = mapped_column(primary_key=True)
    right_id: Mapped[int | None] = mapped_column(ForeignKey("right_side.id"))
    right: Mapped["Right | None"] = relationship(foreign_keys=right_id)


class Right(Base):
    __tablename__ = "right_side"

    id: Mapped[int] = mapped_column(primary_key=True)
    left_id: Mapped[int | None] = mapped_column(ForeignKey("left_side.id"))
    left: Mapped[Left | None] = relationship(foreign_keys=left_id)


@pytest.fixture(autouse=True)
def tables(engine, sql_log):
    Library.metadata.create_all(engine)
    sql_log.clear()


def test_a_graph_is_one_insert_for_each_table(session, sql_log):
    tags = {Tag(name="x"), Tag(name="y")}
    session.add_all(
        Author(
            name=f"author {a}",
            books=[
                Book(title="b", tags=tags, pages=[Page(number=n) for n in range(3)])
                for _ in range(2)
            ],
        )
        for a in range(3)
    )

    session.flush()

    assert sorted(sql_log.verbs) == sorted(
        ["INSERT author", "INSERT book", "INSERT page", "INSERT tag", "INSERT book_tag"]
    )
    assert sql_log.verbs.index("INSERT author") < sql_log.verbs.index("INSERT book")
    assert sql_log.verbs.index("INSERT book") < sql_log.verbs.index("INSERT page")
    assert sql_log.verbs[-1] == "INSERT book_tag"


def test_many_to_one_alone_orders_tables(session, sql_log):
    session.add(Page(number=1, book=Book(title="b", author=Author(name="a"))))

    session.flush()

    assert sql_log.verbs == ["INSERT author", "INSERT book", "INSERT page"]


def test_deletes_go_the_other_way(session, sql_log):
    fill(session, authors=1)
    author = session.get(Author, 1)
    books = list(author.books)
    for book in books:
        session.delete(book)
    session.delete(author)
    sql_log.clear()

    session.flush()

    deletes = [verb for verb in sql_log.verbs if verb.startswith("DELETE")]
    assert set(deletes) == {"DELETE book_tag", "DELETE page", "DELETE book", "DELETE author"}
    assert deletes.index("DELETE page") < deletes.index("DELETE book")
    assert deletes.index("DELETE book_tag") < deletes.index("DELETE book")
    assert deletes[-1] == "DELETE author"
    assert len(deletes) == 4


def test_a_tree_is_one_insert_for_each_level(session, sql_log):
    root = Topic(
        name="root",
        children=[
            Topic(name=f"c{n}", children=[Topic(name=f"g{n}{m}") for m in range(3)])
            for n in range(4)
        ],
    )
    session.add(root)

    session.flush()

    assert sql_log.verbs == ["INSERT topic"] * 3
    session.expire_all()
    assert [len(child.children) for child in root.children] == [3, 3, 3, 3]


def test_a_tree_is_deleted_from_the_leaves(session, sql_log):
    root = Topic(name="root", children=[Topic(name="a", children=[Topic(name="b")])])
    session.add(root)
    session.commit()
    for topic in session.scalars(select(Topic)).all():
        session.delete(topic)
    sql_log.clear()

    session.flush()

    deletes = [parameters for text, parameters in sql_log.sent if text.startswith("DELETE")]
    assert [list(parameters) for parameters in deletes] == [[3], [2], [1]]


def test_rows_that_need_each_other_are_refused(session, engine):
    Base.metadata.create_all(engine)
    left, right = Left(), Right()
    left.right, right.left = right, left
    session.add(left)

    with pytest.raises(CircularDependencyError):
        session.flush()


def test_tables_that_need_each_other_work_while_rows_do_not(session, engine):
    Base.metadata.create_all(engine)
    first = Left(right=Right(left=Left(right=Right())))

    session.add(first)
    session.commit()

    assert first.right.left.right.left is None


def test_a_pair_of_many_to_many_is_written_once(session, sql_log):
    book, tag = Book(title="b"), Tag(name="t")
    book.tags.add(tag)
    assert tag.books == [book]
    session.add(book)

    session.flush()

    assert sql_log.verbs.count("INSERT book_tag") == 1
    tag.books.remove(book)
    session.flush()
    assert sql_log.verbs.count("DELETE book_tag") == 1
    assert book.tags == set()


def test_moves_of_many_to_many_are_net(session, sql_log):
    book, tag = Book(title="b"), Tag(name="t")
    session.add_all([book, tag])
    session.commit()
    assert (book.tags, tag.books) == (set(), [])
    sql_log.clear()

    book.tags.add(tag)
    tag.books.remove(book)
    session.flush()

    assert len(sql_log) == 0


def test_keys_travel_to_rows_that_were_there(session, sql_log):
    book = Book(title="b")
    session.add(book)
    session.commit()

    book.author = Author(name="a")
    sql_log.clear()
    session.flush()

    assert sql_log.verbs == ["INSERT author", "UPDATE book"]
    assert book.author_id == book.author.id


def test_a_nulled_reference_is_written_before_the_delete(session, sql_log):
    fill(session, authors=1, pages=0)
    author = session.get(Author, 1)
    sql_log.clear()

    session.delete(author)
    session.flush()

    assert [verb for verb in sql_log.verbs if verb != "SELECT"] == ["UPDATE book", "DELETE author"]
    assert session.scalars(select(Book.author_id)).all() == [None, None]


def test_a_flush_during_a_query_comes_first(session, sql_log):
    session.add(Author(name="a"))

    session.scalars(select(Author)).all()

    assert sql_log.verbs == ["INSERT author", "SELECT"]


def test_a_second_flush_has_nothing_to_do(session, sql_log):
    fill(session, authors=2)
    author = session.get(Author, 1)
    author.name = "x"
    author.books[0].tags.clear()
    session.flush()
    sql_log.clear()

    session.flush()

    assert len(sql_log) == 0
    assert not session.dirty
    assert inspect(author).modified is False


def test_what_an_instance_leads_to_is_inserted_before_its_neighbours(session):
    shared = Tag(name="shared")
    author = Author(name="author")
    first = Book(title="first", author=author, tags={shared})
    other = Author(name="other")
    third = Book(title="third", author=other, tags={shared})
    second = Book(title="second", author=author)

    session.add(author)
    session.flush()

    assert [first.id, third.id, second.id] == [1, 2, 3]
