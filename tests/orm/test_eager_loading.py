"""Loader options: what is loaded with an instance, and how."""

import pytest

from dovetail import and_, insert, inspect, select, update
from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.orm import (
    DeclarativeBase,
    Load,
    Mapped,
    Session,
    aliased,
    contains_eager,
    defaultload,
    defer,
    immediateload,
    joinedload,
    lazyload,
    load_only,
    mapped_column,
    noload,
    raiseload,
    selectinload,
    subqueryload,
    undefer,
)
from tests.orm.library import Author, Base, Book, Page, Tag, Topic, fill


@pytest.fixture(autouse=True)
def filled(engine, session, sql_log):
    Base.metadata.create_all(engine)
    fill(session, authors=3, books=2, pages=2)
    session.add(Author(name="no books"))
    session.add(Book(title="anonymous"))
    session.commit()
    session.expunge_all()
    sql_log.clear()


def loaded(instance):
    return set(inspect(instance).dict)


@pytest.mark.parametrize(
    ("option", "count"),
    [
        pytest.param(joinedload, 1, id="joined"),
        pytest.param(selectinload, 2, id="selectin"),
        pytest.param(subqueryload, 2, id="subquery"),
        pytest.param(immediateload, 2, id="immediate"),
    ],
)
def test_a_collection_comes_with_its_parents(session, sql_log, option, count):
    statement = select(Author).order_by(Author.id).options(option(Author.books))

    authors = session.scalars(statement).unique().all()

    assert len(sql_log) <= count + 3
    sql_log.clear()
    assert [len(author.books) for author in authors] == [2, 2, 2, 0]
    assert [book.title for book in authors[1].books] == ["book 1.0", "book 1.1"]
    assert len(sql_log) == 0


def test_joined_rows_are_one_for_each_parent(session):
    statement = select(Author).options(joinedload(Author.books))

    assert len(session.scalars(statement).all()) == 4
    assert len(session.scalars(statement).unique().all()) == 4
    assert len(session.execute(statement).all()) == 4


def test_joinedload_of_a_reference_is_an_outer_join(session, sql_log):
    statement = select(Book).order_by(Book.id).options(joinedload(Book.author))

    books = session.scalars(statement).all()

    assert len(books) == 7
    assert books[-1].author is None
    assert sql_log.statements == [
        (
            "SELECT book.id, book.title, book.author_id, author_1.id AS id_1, author_1.name, "
            "author_1.born FROM book LEFT OUTER JOIN author AS author_1 "
            "ON author_1.id = book.author_id ORDER BY book.id"
        )
    ]


def test_innerjoin_leaves_out_what_has_none(session, sql_log):
    statement = select(Book).options(joinedload(Book.author, innerjoin=True))

    books = session.scalars(statement).all()

    assert len(books) == 6
    assert "LEFT OUTER" not in sql_log.statements[0]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_limit_counts_parents_not_rows(session, limit):
    statement = (
        select(Author).order_by(Author.id).options(joinedload(Author.books)).limit(limit).offset(1)
    )

    authors = session.scalars(statement).unique().all()

    assert [author.id for author in authors] == [2, 3, 4][:limit]
    assert all(len(a.books) == (0 if a.name == "no books" else 2) for a in authors)


def test_distinct_with_a_joined_collection(session):
    statement = (
        select(Author)
        .join(Author.books)
        .distinct()
        .order_by(Author.id)
        .options(joinedload(Author.books))
    )

    authors = session.scalars(statement).unique().all()

    assert [len(author.books) for author in authors] == [2, 2, 2]


def test_several_collections_have_no_duplicates(session, sql_log):
    statement = (
        select(Book)
        .where(Book.author_id == 1)
        .order_by(Book.id)
        .options(joinedload(Book.pages), joinedload(Book.tags), joinedload(Book.author))
    )

    books = session.scalars(statement).unique().all()

    assert len(sql_log) == 1
    assert [len(book.pages) for book in books] == [2, 2]
    assert [len(book.tags) for book in books] == [1, 1]
    assert [page.number for page in books[0].pages] == [0, 1]
    assert len(sql_log) == 1


@pytest.mark.parametrize("first", [joinedload, selectinload, subqueryload])
@pytest.mark.parametrize("second", [joinedload, selectinload])
def test_paths_are_followed(session, sql_log, first, second):
    chained = getattr(first(Author.books), second.__name__)(Book.pages)
    statement = select(Author).order_by(Author.id).options(chained)

    authors = session.scalars(statement).unique().all()
    sql_log.clear()

    assert [len(book.pages) for author in authors for book in author.books] == [2] * 6
    assert authors[0].books[0].pages[0].book is authors[0].books[0]
    assert len(sql_log) <= 3


def test_options_may_be_nested(session, sql_log):
    statement = (
        select(Author)
        .order_by(Author.id)
        .options(
            selectinload(Author.books).options(
                joinedload(Book.pages).load_only(Page.number), selectinload(Book.tags)
            )
        )
    )

    authors = session.scalars(statement).all()
    sql_log.clear()

    book = authors[0].books[0]
    assert (len(book.pages), len(book.tags)) == (2, 1)
    assert len(sql_log) == 0
    assert "book_id" not in loaded(book.pages[0])


def test_defaultload_leads_deeper_without_loading(session, sql_log):
    statement = select(Author).options(defaultload(Author.books).joinedload(Book.tags))

    author = session.scalars(statement).first()

    assert "books" not in loaded(author)
    sql_log.clear()
    assert [len(book.tags) for book in author.books] == [1, 1]
    assert len(sql_log) == 1


def test_the_options_hold_for_what_is_loaded_later(session, sql_log):
    author = session.scalars(
        select(Author)
        .where(Author.id == 1)
        .options(lazyload(Author.books).selectinload(Book.pages))
    ).one()
    books = author.books
    sql_log.clear()

    assert [len(book.pages) for book in books] == [2, 2]
    assert len(sql_log) == 0


@pytest.mark.parametrize(
    "option",
    [
        pytest.param(lambda: raiseload(Author.books), id="one"),
        pytest.param(lambda: raiseload("*"), id="all"),
        pytest.param(lambda: Load(Author).raiseload("*"), id="all of an entity"),
        pytest.param(lambda: Load(Author).raiseload(Author.books), id="one of an entity"),
    ],
)
def test_raiseload_refuses(session, option):
    author = session.scalars(select(Author).where(Author.id == 1).options(option())).one()

    with pytest.raises(InvalidRequestError, match="books"):
        _ = author.books
    assert author.name == "author 0"


def test_raiseload_on_sql_alone_takes_what_is_here(session):
    author = session.get(Author, 1)
    book = session.scalars(
        select(Book).where(Book.id == 1).options(raiseload(Book.author, sql_only=True))
    ).one()

    assert book.author is author


def test_noload_gives_nothing(session, sql_log):
    author = session.scalars(
        select(Author).where(Author.id == 1).options(noload(Author.books))
    ).one()
    sql_log.clear()

    assert author.books == []
    assert len(sql_log) == 0


def test_a_wildcard_holds_for_all_but_what_is_named(session, sql_log):
    statement = select(Book).where(Book.id == 1).options(raiseload("*"), selectinload(Book.pages))

    book = session.scalars(statement).one()

    assert len(book.pages) == 2
    with pytest.raises(InvalidRequestError, match="tags"):
        _ = book.tags


class TestContainsEager:
    def test_it_takes_the_rows_that_the_query_has(self, session, sql_log):
        statement = (
            select(Author)
            .join(Author.books)
            .where(Book.title.like("%.1"))
            .order_by(Author.id)
            .options(contains_eager(Author.books))
        )

        authors = session.scalars(statement).unique().all()

        assert [[book.title for book in author.books] for author in authors] == [
            ["book 0.1"],
            ["book 1.1"],
            ["book 2.1"],
        ]
        assert len(sql_log) == 1

    def test_it_takes_an_alias(self, session, sql_log):
        writer = aliased(Author)
        statement = (
            select(Book)
            .outerjoin(Book.author.of_type(writer))
            .order_by(Book.id)
            .options(contains_eager(Book.author.of_type(writer)))
        )

        books = session.scalars(statement).all()

        assert books[0].author.name == "author 0"
        assert books[-1].author is None
        assert len(sql_log) == 1

    def test_it_goes_deeper(self, session, sql_log):
        statement = (
            select(Author)
            .join(Author.books)
            .join(Book.pages)
            .where(Page.number == 1, Author.id == 1)
            .options(contains_eager(Author.books).contains_eager(Book.pages))
        )

        author = session.scalars(statement).unique().one()

        assert [[page.number for page in book.pages] for book in author.books] == [[1], [1]]
        assert len(sql_log) == 1


class TestColumns:
    def test_load_only(self, session, sql_log):
        author = session.scalars(select(Author).options(load_only(Author.born))).first()

        assert loaded(author) == {"id", "born"}
        assert sql_log.statements == ["SELECT author.id, author.born FROM author"]
        assert author.name == "author 0"

    def test_load_only_below_a_path(self, session):
        author = (
            session.scalars(
                select(Author)
                .order_by(Author.id)
                .options(joinedload(Author.books).load_only(Book.title))
            )
            .unique()
            .first()
        )

        assert "author_id" not in loaded(author.books[0])

    def test_defer(self, session, sql_log):
        author = session.scalars(select(Author).options(defer(Author.name))).first()

        assert "name" not in loaded(author)
        assert author.name == "author 0"

    def test_undefer(self, session):
        author = session.scalars(select(Author).options(undefer(Author.notes))).first()

        assert author.__dict__["notes"] == "notes 0"

    @pytest.mark.parametrize(
        "option",
        [
            pytest.param(lambda: defer(Author.born, raiseload=True), id="defer"),
            pytest.param(lambda: load_only(Author.name, raiseload=True), id="load_only"),
        ],
    )
    def test_a_column_may_be_forbidden(self, session, option):
        author = session.scalars(select(Author).options(option())).first()

        with pytest.raises(InvalidRequestError, match="born"):
            _ = author.born


def test_what_an_option_defers_may_be_read_though_its_mapping_forbids_it(engine):
    class Base(DeclarativeBase):
        pass

    class Item(Base):
        __tablename__ = "item_with_secret"
        id: Mapped[int] = mapped_column(primary_key=True)
        secret: Mapped[str] = mapped_column(deferred_raiseload=True)

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Item(id=1, secret="x"))
        session.commit()
        session.expunge_all()
        item = session.scalars(select(Item)).one()
        with pytest.raises(InvalidRequestError, match="secret"):
            _ = item.secret
        session.expunge_all()

        assert session.scalars(select(Item).options(defer(Item.secret))).one().secret == "x"


class TestCriteria:
    @pytest.mark.parametrize("option", [joinedload, selectinload, lazyload])
    def test_and_limits_what_is_loaded(self, session, option):
        statement = (
            select(Author)
            .where(Author.id == 2)
            .options(option(Author.books.and_(Book.title == "book 1.1")))
        )

        author = session.scalars(statement).unique().one()

        assert [book.title for book in author.books] == ["book 1.1"]

    def test_of_type_takes_an_alias(self, session):
        book = aliased(Book)
        statement = (
            select(Author)
            .join(Author.books.of_type(book))
            .where(book.title == "book 2.0")
            .options(contains_eager(Author.books.of_type(book)))
        )

        author = session.scalars(statement).unique().one()

        assert [one.title for one in author.books] == ["book 2.0"]

    def test_a_plan_is_not_shared_by_different_values(self, session):
        def books(title):
            session.expunge_all()
            statement = (
                select(Author)
                .where(Author.id == 1)
                .options(selectinload(Author.books.and_(Book.title == title)))
            )
            return [book.title for book in session.scalars(statement).one().books]

        assert books("book 0.0") == ["book 0.0"]
        assert books("book 0.1") == ["book 0.1"]
        assert books("nothing") == []


class TestRecursion:
    @pytest.fixture(autouse=True)
    def tree(self, session):
        topic = None
        for depth in range(6, 0, -1):
            topic = Topic(id=depth, name=f"depth {depth}", children=[topic] if topic else [])
        session.add(topic)
        session.commit()
        session.expunge_all()

    @pytest.mark.parametrize(("depth", "loaded_depth"), [(1, 2), (2, 3), (3, 4), (-1, 6)])
    def test_recursion_goes_as_deep_as_it_says(self, session, sql_log, depth, loaded_depth):
        option = selectinload(Topic.children, recursion_depth=depth)
        sql_log.clear()

        topic = session.scalars(select(Topic).where(Topic.id == 1).options(option)).one()

        reached = 0
        while topic is not None and "children" in loaded(topic):
            reached += 1
            topic = topic.children[0] if topic.children else None
        assert reached == loaded_depth

    @pytest.mark.parametrize("depth", [-1, 999])
    def test_a_tree_deeper_than_python_recurses(self, session, depth):
        count = 1200
        session.execute(
            insert(Topic),
            [
                {"id": number, "name": "deep", "parent_id": number - 1 if number > 1001 else None}
                for number in range(1001, 1001 + count)
            ],
        )
        option = selectinload(Topic.children, recursion_depth=depth)

        topic = session.scalars(select(Topic).where(Topic.id == 1001).options(option)).one()

        reached = 0
        while topic is not None and "children" in loaded(topic):
            reached += 1
            topic = topic.children[0] if topic.children else None
        assert reached == (count if depth < 0 else depth + 1)

    def test_rows_that_lead_back_to_themselves_end_the_recursion(self, session, sql_log):
        session.execute(update(Topic).where(Topic.id == 1).values(parent_id=6))
        session.commit()
        sql_log.clear()
        option = selectinload(Topic.children, recursion_depth=-1)

        topic = session.scalars(select(Topic).where(Topic.id == 3).options(option)).one()

        seen = [topic]
        for _ in range(6):
            seen.append(seen[-1].children[0])
        assert [one.id for one in seen] == [3, 4, 5, 6, 1, 2, 3]
        assert len(sql_log) == 7

    def test_a_self_reference_joined_explicitly(self, session, sql_log):
        sql_log.clear()
        option = joinedload(Topic.children).joinedload(Topic.children)

        topic = session.scalars(select(Topic).where(Topic.id == 1).options(option)).unique().one()

        assert topic.children[0].children[0].name == "depth 3"
        assert len(sql_log) == 1


def test_the_wrong_attribute_is_refused(session):
    with pytest.raises(ArgumentError):
        session.scalars(select(Author).options(joinedload(Book.pages))).all()
    with pytest.raises(ArgumentError):
        joinedload(Author.name)
    with pytest.raises(ArgumentError):
        joinedload("books")


def test_yield_per_gives_parts(session):
    statement = select(Author).order_by(Author.id).execution_options(yield_per=2)

    parts = [len(part) for part in session.scalars(statement).partitions()]

    assert parts == [2, 2]
    assert [author.id for author in session.scalars(statement)] == [1, 2, 3, 4]


def test_yield_per_works_with_selectin(session):
    statement = (
        select(Author)
        .order_by(Author.id)
        .options(selectinload(Author.books))
        .execution_options(yield_per=2)
    )

    assert [len(author.books) for author in session.scalars(statement)] == [2, 2, 2, 0]


def test_a_condition_on_the_join_and_an_eager_join_do_not_meet(session):
    statement = (
        select(Author)
        .join(Author.books)
        .where(and_(Book.title == "book 0.0"))
        .options(joinedload(Author.books))
    )

    author = session.scalars(statement).unique().one()

    assert len(author.books) == 2


def test_eager_loading_through_two_sides_ends(session, sql_log):
    option = selectinload(Author.books).selectinload(Book.author)

    authors = session.scalars(select(Author).options(option)).all()

    assert all(book.author is author for author in authors for book in author.books)
    assert {tag.name for tag in authors[0].books[0].tags} == {"common"}
    assert isinstance(session.scalars(select(Tag)).one(), Tag)
