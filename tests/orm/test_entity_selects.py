"""SELECT statements of entities and attributes, run by a session."""

import pytest

from dovetail import (
    LABEL_STYLE_DISAMBIGUATE_ONLY,
    LABEL_STYLE_NONE,
    LABEL_STYLE_TABLENAME_PLUS_COL,
    Integer,
    bindparam,
    case,
    exists,
    func,
    inspect,
    literal,
    select,
    text,
    tuple_,
    union_all,
)
from dovetail.exc import (
    InvalidRequestError,
    MultipleResultsFound,
    NoResultFound,
    NoSuchColumnError,
    ObjectNotExecutableError,
    StatementError,
)
from dovetail.orm import aliased, joinedload
from tests.orm.library import Author, Base, Book, Page, Tag, Topic, fill


@pytest.fixture(autouse=True)
def filled(engine, session, sql_log):
    Base.metadata.create_all(engine)
    fill(session, authors=3, books=2, pages=2)
    sql_log.clear()


def test_an_entity_selects_its_columns(session, sql_log):
    authors = session.scalars(select(Author)).all()

    assert [author.name for author in authors] == ["author 0", "author 1", "author 2"]
    assert sql_log.statements == ["SELECT author.id, author.name, author.born FROM author"]


def test_entities_and_columns_make_rows(session):
    rows = session.execute(
        select(Author, Author.name, func.count(Book.id).label("books"))
        .join(Author.books)
        .group_by(Author.id)
        .order_by(Author.id)
    ).all()

    assert [(row.Author.id, row.name, row.books) for row in rows] == [
        (1, "author 0", 2),
        (2, "author 1", 2),
        (3, "author 2", 2),
    ]
    assert rows[0]._fields == ("Author", "name", "books")
    assert rows[0][0] is session.get(Author, 1)


def test_one_attribute_makes_rows_of_one(session):
    assert session.scalars(select(Author.id).order_by(Author.id.desc())).all() == [3, 2, 1]
    assert session.execute(select(Author.id).where(Author.id == 1)).one() == (1,)


def test_two_entities_come_side_by_side(session):
    rows = session.execute(
        select(Author, Book).join(Book, Book.author_id == Author.id).order_by(Book.id)
    ).all()

    assert [(author.id, book.id) for author, book in rows][:3] == [(1, 1), (1, 2), (2, 3)]
    assert rows[0].Book.author is rows[0].Author


def test_an_outer_join_gives_none(session):
    session.add(Author(name="lonely"))

    rows = session.execute(
        select(Author, Book).outerjoin(Author.books).where(Author.name == "lonely")
    ).all()

    assert [(author.name, book) for author, book in rows] == [("lonely", None)]


def test_aliases_join_a_class_with_itself(session):
    session.add(Topic(name="root", children=[Topic(name="a"), Topic(name="b")]))
    parent = aliased(Topic, name="parent")

    rows = session.execute(
        select(Topic.name, parent.name)
        .join(parent, Topic.parent_id == parent.id)
        .order_by(Topic.name)
    ).all()

    assert rows == [("a", "root"), ("b", "root")]
    by_path = select(Topic).join(Topic.parent.of_type(parent)).where(parent.name == "root")
    assert len(session.scalars(by_path).all()) == 2


def test_rows_of_an_alias_are_named_by_it(session):
    writer = aliased(Author, name="writer")

    row = session.execute(select(writer).where(writer.id == 1)).one()

    assert row.writer.name == "author 0"
    assert isinstance(row.writer, Author)


def test_an_alias_may_stand_for_a_subquery(session, sql_log):
    early = select(Author).where(Author.born < 1902).subquery()
    writer = aliased(Author, early)

    authors = session.scalars(select(writer).order_by(writer.id)).all()

    assert [author.id for author in authors] == [1, 2]
    assert authors[0] is session.get(Author, 1)
    assert "(SELECT author.id" in sql_log.statements[0]


def test_an_entity_may_come_from_a_cte(session):
    latest = select(Author).where(Author.born > 1900).cte("latest")
    writer = aliased(Author, latest)

    assert [author.id for author in session.scalars(select(writer).order_by(writer.id))] == [2, 3]


def test_a_recursive_cte_walks_a_tree(session):
    session.add(Topic(name="a", children=[Topic(name="b", children=[Topic(name="c")])]))
    session.flush()
    tree = select(Topic.id, Topic.name).where(Topic.parent_id.is_(None)).cte("tree", recursive=True)
    tree = tree.union_all(select(Topic.id, Topic.name).join(tree, Topic.parent_id == tree.c.id))

    assert session.scalars(select(tree.c.name)).all() == ["a", "b", "c"]


def test_from_statement_reads_instances(session):
    statement = select(Author).from_statement(
        text("SELECT id, name, born FROM author WHERE id > :low ORDER BY id DESC")
    )

    authors = session.scalars(statement, {"low": 1}).all()

    assert [author.id for author in authors] == [3, 2]


def test_from_statement_reads_columns_beside_instances(session):
    given = text("SELECT id, name, born FROM author WHERE id > 1 ORDER BY id DESC")

    rows = session.execute(select(Author, Author.born, Author.name).from_statement(given)).all()

    assert [(row[0].id, row.born, row.name) for row in rows] == [
        (3, 1902, "author 2"),
        (2, 1901, "author 1"),
    ]
    assert rows[0]._fields == ("Author", "born", "name")
    assert session.scalars(select(Author.id).from_statement(given)).all() == [3, 2]


def test_from_statement_reads_several_entities(session):
    both = select(Author, Book).join(Author.books).where(Book.id < 3).order_by(Book.id)

    rows = session.query(Author, Book).from_statement(both).all()

    assert [(author.id, book.id) for author, book in rows] == [(1, 1), (1, 2)]
    assert rows[0][0] is session.get(Author, 1)


def test_from_statement_finds_columns_of_the_same_name_by_themselves(session):
    def pairs(style):
        one, other = (select(Author.id).subquery(name) for name in ("one", "other"))
        given = select(one, other).join_from(one, other, one.c.id < other.c.id)
        return one, other, given.set_label_style(style).order_by(one.c.id, other.c.id)

    expected = {
        LABEL_STYLE_NONE: ("id", "id"),
        LABEL_STYLE_DISAMBIGUATE_ONLY: ("id", "id_1"),
        LABEL_STYLE_TABLENAME_PLUS_COL: ("one_id", "other_id"),
    }
    for style, names in expected.items():
        for _ in range(2):
            one, other, given = pairs(style)
            result = session.execute(select(one, other).from_statement(given))
            assert tuple(result.keys()) == names
            assert result.all() == [(1, 2), (1, 3), (2, 3)]
            assert select(one, other).from_statement(given).get_label_style() is style
            assert session.scalars(select(other.c.id).from_statement(given)).all() == [2, 3, 3]


def test_from_statement_says_which_column_is_missing(session):
    with pytest.raises(NoSuchColumnError, match=r"no column for Author\.born; it gives id, name"):
        session.execute(
            select(Author.born).from_statement(text("SELECT id, name FROM author"))
        ).all()


def test_from_statement_streams(session):
    statement = select(Author).from_statement(text("SELECT * FROM author ORDER BY id"))

    found = iter(session.scalars(statement, execution_options={"yield_per": 1}))

    assert next(found).id == 1
    assert len(session.identity_map) == 1
    assert [author.id for author in found] == [2, 3]


@pytest.mark.parametrize("run_by", ["session", "connection"])
def test_rows_are_found_by_what_each_statement_names_itself(session, run_by):
    run = session if run_by == "session" else session.connection()

    for _ in range(3):
        one, other = (select(Author.id, Author.name).subquery() for _ in range(2))
        double, latest = (one.c.id * 2).label(None), func.max(other.c.id)
        row = run.execute(
            select(one, other.c.name, double, latest)
            .join_from(one, other, one.c.id < other.c.id)
            .group_by(one.c.id, other.c.name)
            .order_by(one.c.id, other.c.name)
        ).first()

        found = [
            row._mapping[item] for item in (one.c.id, one.c.name, other.c.name, double, latest)
        ]
        assert found == [1, "author 0", "author 1", 2, 2]


def test_aliases_made_anew_are_found_in_rows_with_instances(session):
    for _ in range(2):
        other = aliased(Author)
        row = session.execute(
            select(Author, other, other.name).join(other, other.id == Author.id + 1)
        ).first()

        assert (row._mapping[Author].id, row._mapping[other].id) == (1, 2)
        assert row._mapping[other.name] == "author 1"


@pytest.mark.parametrize("run_by", ["session", "connection"])
def test_the_same_aliases_in_the_other_order_are_found_where_they_are(session, run_by):
    run = session if run_by == "session" else session.connection()
    one, other = aliased(Author), aliased(Author)

    for first, second in ((one, other), (other, one)):
        rows = run.execute(select(first.id, second.id).where(first.id < second.id)).all()
        assert [row._mapping[first.id] for row in rows] == [row[0] for row in rows]
        assert [row._mapping[second.id] for row in rows] == [row[1] for row in rows]


def test_columns_are_described_by_the_names_of_the_rows(session):
    other = aliased(Author, name="other")
    statement = select(Author.id, other.id, Author, Author.name.label("id"), other.name)
    expected = {
        LABEL_STYLE_NONE: ["id", "id", "Author", "id", "name"],
        LABEL_STYLE_DISAMBIGUATE_ONLY: ["id", "id_1", "Author", "id", "name"],
        LABEL_STYLE_TABLENAME_PLUS_COL: ["author_id", "other_id", "Author", "id", "other_name"],
    }

    for style, names in expected.items():
        described = statement.set_label_style(style).column_descriptions
        assert [item["name"] for item in described] == names
    query = session.query(Author.id, other.id)
    assert [item["name"] for item in query.column_descriptions] == ["id", "id"]


def test_a_connection_gives_a_column_that_is_selected_besides_its_class(session):
    statement = select(Author, Author.name, Author.id).where(Author.id == 2)

    row = session.connection().execute(statement).one()

    assert row == (2, "author 1", 1901, "author 1", 2)


def test_a_connection_runs_no_query(session):
    for run in (session.execute, session.connection().execute, session.connection().scalars):
        with pytest.raises(ObjectNotExecutableError, match="execute its .statement"):
            run(session.query(Author))


def test_a_union_is_read_as_instances(session):
    union = union_all(select(Author).where(Author.id == 1), select(Author).where(Author.id == 3))

    authors = session.scalars(select(Author).from_statement(union)).all()

    assert {author.id for author in authors} == {1, 3}


def test_parameters_are_given_when_it_runs(session):
    statement = select(Author).where(Author.id == bindparam("which"))

    assert session.scalars(statement, {"which": 2}).one().id == 2
    assert session.scalars(statement, {"which": 3}).one().id == 3


def test_an_expanding_list_may_be_of_any_length(session):
    for keys in ([], [1], [1, 2, 3], [7]):
        found = session.scalars(select(Author.id).where(Author.id.in_(keys))).all()
        assert found == [key for key in keys if key < 7]


def test_one_plan_serves_all_values(session, sql_log):
    found = [session.scalars(select(Author).where(Author.id == n)).one().id for n in (1, 2, 3)]

    assert found == [1, 2, 3]
    assert len(set(sql_log.statements)) == 1


def test_filter_by_names_attributes_of_what_was_joined_last(session):
    statement = select(Author).join(Author.books).filter_by(title="book 1.0")

    assert session.scalars(statement).one().id == 2


def test_group_by_entity_and_having(session):
    statement = (
        select(Author, func.count())
        .join(Author.books)
        .join(Book.pages)
        .group_by(Author)
        .having(func.count() > 3)
        .order_by(Author.id)
    )

    assert [(author.id, count) for author, count in session.execute(statement)] == [
        (1, 4),
        (2, 4),
        (3, 4),
    ]


def test_unique_removes_repetition(session):
    statement = select(Author).join(Author.books).order_by(Author.id)

    assert len(session.scalars(statement).all()) == 6
    assert len(session.scalars(statement).unique().all()) == 3


def in_parts_by_option(session, statement):
    return session.execute(statement.execution_options(yield_per=2)).unique()


def in_parts_afterwards(session, statement):
    return session.execute(statement).unique().yield_per(2)


def in_parts_before(session, statement):
    return session.execute(statement).yield_per(2).unique()


def values_in_parts(session, statement):
    return session.scalars(statement, execution_options={"yield_per": 2}).unique()


@pytest.mark.parametrize(
    "read", [in_parts_by_option, in_parts_afterwards, in_parts_before, values_in_parts]
)
def test_what_is_read_in_parts_is_not_remembered_by_unique(session, read):
    result = read(session, select(Author))

    with pytest.raises(InvalidRequestError, match="unique") as raised:
        next(result)

    assert "unique(lambda row: row.id)" in raised.value.hint


def test_parts_are_unique_by_what_the_program_names(session):
    statement = select(Author).join(Author.books).order_by(Author.id)

    found = session.scalars(statement, execution_options={"yield_per": 2})

    assert [each.id for each in found.unique(lambda author: author.id)] == [1, 2, 3]


def test_unique_columns_can_be_read_in_parts(session):
    statement = select(Author.id).join(Author.books).order_by(Author.id)

    found = session.scalars(statement, execution_options={"yield_per": 2}).unique()

    assert list(found) == [1, 2, 3]


def test_a_comparison_with_an_instance_that_nothing_refers_to_is_an_error_of_its_statement(session):
    statement = select(Book).where(Book.author == Author(name="nobody"))

    with pytest.raises(StatementError, match="no row and no value for 'id'") as raised:
        session.scalars(statement)

    assert isinstance(raised.value, InvalidRequestError)
    assert "add() it" in raised.value.hint


def test_one_and_its_relatives(session):
    everybody, nobody = select(Author), select(Author).where(Author.id == 99)

    with pytest.raises(MultipleResultsFound):
        session.scalars(everybody).one()
    with pytest.raises(NoResultFound):
        session.scalars(nobody).one()
    with pytest.raises(MultipleResultsFound):
        session.execute(everybody).scalar_one_or_none()
    assert session.scalars(nobody).one_or_none() is None
    assert session.scalars(nobody).first() is None
    assert session.scalar(nobody) is None
    assert session.scalars(everybody.order_by(Author.id)).first().id == 1


def test_text_runs_with_parameters(session):
    result = session.execute(text("SELECT name FROM author WHERE id = :id"), {"id": 2})
    assert result.scalar_one() == "author 1"


def test_expressions_of_attributes(session):
    rows = session.execute(
        select(
            case((Author.born < 1901, "early"), else_="late").label("era"),
            (Author.born + literal(1, Integer)).label("next"),
        ).order_by(Author.id)
    ).all()

    assert rows == [("early", 1901), ("late", 1902), ("late", 1903)]


def test_tuples_compare(session):
    statement = select(Page.id).where(tuple_(Page.book_id, Page.number).in_([(1, 0), (2, 1)]))

    assert session.scalars(statement.order_by(Page.id)).all() == [1, 4]


def test_scalar_subqueries_correlate(session):
    count = select(func.count(Book.id)).where(Book.author_id == Author.id).scalar_subquery()

    assert session.execute(select(Author.id, count).order_by(Author.id)).all() == [
        (1, 2),
        (2, 2),
        (3, 2),
    ]


class TestRelationshipsInConditions:
    def ids(self, session, condition, entity=Author):
        return session.scalars(select(entity.id).where(condition).order_by(entity.id)).all()

    def test_any(self, session):
        assert self.ids(session, Author.books.any(Book.title == "book 1.0")) == [2]
        assert self.ids(session, Author.books.any(title="book 1.0")) == [2]
        assert self.ids(session, ~Author.books.any(Book.title == "book 1.0")) == [1, 3]
        assert self.ids(session, Author.books.any()) == [1, 2, 3]

    def test_any_through_a_third_table(self, session):
        assert len(self.ids(session, Book.tags.any(Tag.name == "common"), Book)) == 6
        assert self.ids(session, ~Book.tags.any(), Book) == []

    def test_has(self, session):
        assert self.ids(session, Book.author.has(Author.name == "author 2"), Book) == [5, 6]
        assert self.ids(session, Book.author.has(name="author 2"), Book) == [5, 6]
        assert self.ids(session, ~Book.author.has(), Book) == []

    def test_contains(self, session):
        book, tag = session.get(Book, 3), session.scalars(select(Tag)).one()

        assert self.ids(session, Author.books.contains(book)) == [2]
        assert self.ids(session, ~Author.books.contains(book)) == [1, 3]
        assert len(self.ids(session, Book.tags.contains(tag), Book)) == 6

    def test_equal_to_an_instance(self, session):
        author = session.get(Author, 2)

        assert self.ids(session, Book.author == author, Book) == [3, 4]
        assert self.ids(session, Book.author != author, Book) == [1, 2, 5, 6]
        assert session.scalars(select(Book).filter_by(author=author)).first().id == 3

    def test_equal_to_none(self, session):
        session.add(Book(title="anonymous"))

        assert self.ids(session, Book.author == None, Book) == [7]
        assert self.ids(session, Book.author.is_(None), Book) == [7]
        assert self.ids(session, Book.author != None, Book) == [1, 2, 3, 4, 5, 6]
        assert self.ids(session, Author.books == None) == []

    def test_in_a_self_reference(self, session):
        session.add(Topic(name="root", children=[Topic(name="a")]))
        session.flush()

        assert self.ids(session, Topic.children.any(Topic.name == "a"), Topic) == [1]
        assert self.ids(session, Topic.parent.has(Topic.name == "root"), Topic) == [2]

    def test_exists(self, session):
        condition = exists().where(Book.author_id == Author.id, Book.title == "book 2.0")

        assert self.ids(session, condition) == [3]
        assert session.scalar(select(exists().where(Author.id == 1))) is True

    def test_join_along_and_beyond(self, session):
        statement = (
            select(Author.id)
            .join(Author.books)
            .join(Book.tags)
            .where(Tag.name == "common")
            .distinct()
            .order_by(Author.id)
        )
        assert session.scalars(statement).all() == [1, 2, 3]

    def test_a_join_condition_may_be_extended(self, session):
        statement = select(Author.id, Book.id).outerjoin(
            Author.books.and_(Book.title == "book 0.1")
        )

        assert session.execute(statement.order_by(Author.id)).all() == [
            (1, 2),
            (2, None),
            (3, None),
        ]


class TestGet:
    def test_get_sends_nothing_for_what_is_here(self, session, sql_log):
        author = session.get(Author, 1)
        sql_log.clear()

        assert session.get(Author, 1) is author
        assert session.get(Author, (1,)) is author
        assert session.get(Author, {"id": 1}) is author
        assert len(sql_log) == 0

    def test_get_takes_options(self, session, sql_log):
        author = session.get(Author, 1, options=[joinedload(Author.books)])

        assert "books" in inspect(author).dict
        assert len(sql_log) == 1

    def test_get_reads_again_where_asked(self, session, sql_log):
        author = session.get(Author, 1)
        session.connection().exec_driver_sql("UPDATE author SET name = 'changed' WHERE id = 1")

        assert session.get(Author, 1).name == "author 0"
        assert session.get(Author, 1, populate_existing=True) is author
        assert author.name == "changed"

    def test_get_with_for_update_reads_again(self, session, sql_log):
        author = session.get(Author, 1)
        sql_log.clear()

        assert session.get(Author, 1, with_for_update=True) is author
        assert len(sql_log) == 1

    def test_an_expired_instance_is_read_again_and_may_be_gone(self, session):
        author = session.get(Author, 1)
        session.commit()
        session.connection().exec_driver_sql("DELETE FROM author WHERE id = 1")

        assert session.get(Author, 1) is None
        assert author is not None

    def test_get_one_raises(self, session):
        assert session.get_one(Author, 1).id == 1
        with pytest.raises(NoResultFound):
            session.get_one(Author, 99)


class TestRefresh:
    def test_refresh_reads_the_row_now(self, session, sql_log):
        author = session.get(Author, 1)
        author.name = "unsaved"
        session.connection().exec_driver_sql("UPDATE author SET born = 5 WHERE id = 1")

        with session.no_autoflush:
            session.refresh(author)

        assert author.__dict__["born"] == 5

    def test_refresh_of_some_leaves_the_rest(self, session, sql_log):
        author = session.get(Author, 1)
        books = author.books
        sql_log.clear()

        session.refresh(author, ["born", "notes"])

        assert author.__dict__["notes"] == "notes 0"
        assert author.books is books
        assert len(sql_log) == 1

    def test_refresh_of_a_collection(self, session, sql_log):
        author = session.get(Author, 1)
        assert len(author.books) == 2
        session.connection().exec_driver_sql("DELETE FROM book WHERE id = 1")

        session.refresh(author, ["books"])

        assert [book.id for book in author.books] == [2]

    def test_refresh_takes_with_for_update(self, session):
        author = session.get(Author, 1)
        session.connection().exec_driver_sql("UPDATE author SET born = 5 WHERE id = 1")

        session.refresh(author, with_for_update=True)

        assert author.born == 5

    def test_refresh_needs_a_persistent_instance(self, session):
        with pytest.raises(InvalidRequestError):
            session.refresh(Author(name="new"))

    def test_a_row_that_is_gone_is_an_error(self, session):
        author = session.get(Author, 1)
        session.connection().exec_driver_sql("DELETE FROM author WHERE id = 1")

        with pytest.raises(InvalidRequestError):
            session.refresh(author)
