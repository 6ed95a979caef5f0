"""What listeners of an engine are told of the statements of a flush."""

import pytest

from dovetail import Column, ForeignKey, Table, create_engine, event
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


article_tag = Table(
    "told_article_tag",
    Base.metadata,
    Column("article_id", ForeignKey("told_article.id"), primary_key=True),
    Column("tag_id", ForeignKey("told_tag.id"), primary_key=True),
)


class Tag(Base):
    __tablename__ = "told_tag"

    id: Mapped[int] = mapped_column(primary_key=True)


class Article(Base):
    __tablename__ = "told_article"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    tags: Mapped[list[Tag]] = relationship(secondary=article_tag)


@pytest.fixture
def engine():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    return engine


def test_the_context_knows_the_statement_and_how_it_was_compiled(engine):
    told = []

    def before(connection, cursor, statement, parameters, context, executemany):
        told.append((context.invoked_statement, context.compiled))

    with Session(engine) as session:
        article = Article(name="one", tags=[Tag()])
        event.listen(engine, "before_cursor_execute", before)
        session.add_all([article, Article(name="two"), Article(name="three")])
        session.flush()
        article.name = "other"
        session.flush()
        article.tags = []
        session.flush()
        session.delete(article)
        session.commit()
    tables = [
        (type(statement).__name__, statement.table.name, compiled.statement is statement)
        for statement, compiled in told
        if statement is not None
    ]
    assert ("Insert", "told_article", True) in tables
    assert ("Update", "told_article", True) in tables
    assert ("Delete", "told_article", True) in tables


def test_text_that_follows_a_flush_is_not_told_as_its_statement(engine):
    told = []
    with Session(engine) as session:
        event.listen(engine, "before_cursor_execute", lambda *a: told.append(a[4]))
        session.add(Article(name="one"))
        session.flush()
        session.connection().exec_driver_sql("SELECT 1")
    assert told[0].invoked_statement.table.name == "told_article"
    assert told[1].invoked_statement is None


def test_rows_of_a_third_table_are_told_with_their_statement(engine):
    told = []

    def before(connection, cursor, statement, parameters, context, executemany):
        if getattr(context.invoked_statement, "table", None) is article_tag:
            verb = context.invoked_statement.__visit_name__
            told.append((verb, context.isinsert, [bind.key for bind in context.compiled.binds]))

    event.listen(engine, "before_cursor_execute", before)
    with Session(engine) as session:
        article = Article(id=1, tags=[Tag(id=n) for n in range(1, 10)])
        session.add(article)
        session.flush()
        article.tags.pop()
        session.flush()
        article.tags = []
        session.commit()
    names = ["article_id", "tag_id"]
    assert told == [("insert", True, names), ("delete", False, names), ("delete", False, names)]


def test_rows_of_a_third_table_are_told_with_the_names_of_columns(engine):
    told = []

    def before(connection, clause, multiparams, params, options):
        if getattr(clause, "table", None) is article_tag:
            told.append((clause.__visit_name__, multiparams or [params]))

    event.listen(engine, "before_execute", before)
    with Session(engine) as session:
        article = Article(id=1, tags=[Tag(id=1), Tag(id=2)])
        session.add(article)
        session.flush()
        article.tags.pop()
        session.flush()
        session.commit()
        assert [tag.id for tag in article.tags] == [1]
    assert told == [
        ("insert", [{"article_id": 1, "tag_id": 1}, {"article_id": 1, "tag_id": 2}]),
        ("delete", [{"article_id": 1, "tag_id": 2}]),
    ]


def test_a_listener_may_change_the_rows_of_a_third_table(engine):
    def before(connection, clause, multiparams, params, options):
        if getattr(clause, "table", None) is article_tag and clause.is_insert:
            return clause, [], {**params, "tag_id": 2}
        return clause, multiparams, params

    event.listen(engine, "before_execute", before, retval=True)
    with Session(engine) as session:
        session.add(Tag(id=2))
        session.flush()
        session.add(Article(id=1, tags=[Tag(id=1)]))
        session.commit()
        assert session.query(article_tag).all() == [(1, 2)]
