"""How a mapping says what is loaded, and what a second load does to what is here."""

import pytest

from dovetail import ForeignKey, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)
from tests.orm.library import Author, Base, Book, fill


@pytest.fixture(autouse=True)
def filled(engine, session, sql_log):
    Base.metadata.create_all(engine)
    fill(session, authors=3, books=2, pages=2)
    session.add(Author(name="no books"))
    session.add(Book(title="anonymous"))
    session.commit()
    session.expunge_all()
    sql_log.clear()


class TestMappedStrategies:
    @pytest.mark.parametrize(("lazy", "count"), [("joined", 1), ("selectin", 2), ("subquery", 2)])
    def test_a_relationship_may_be_eager(self, engine, session, sql_log, lazy, count):
        class Own(DeclarativeBase):
            pass

        class Parent(Own):
            __tablename__ = "parent"
            id: Mapped[int] = mapped_column(primary_key=True)
            children: Mapped[list["Child"]] = relationship(lazy=lazy)

        class Child(Own):
            __tablename__ = "child"
            id: Mapped[int] = mapped_column(primary_key=True)
            parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))

        Own.metadata.create_all(engine)
        session.add_all(Parent(children=[Child(), Child()]) for _ in range(3))
        session.commit()
        session.expunge_all()
        sql_log.clear()

        parents = session.scalars(select(Parent)).unique().all()

        assert [len(parent.children) for parent in parents] == [2, 2, 2]
        assert len(sql_log) == count
        session.expunge_all()
        sql_log.clear()
        assert len(session.get(Parent, 1).children) == 2
        assert len(sql_log) == count

    def test_a_self_reference_joins_to_its_depth(self, engine, session, sql_log):
        class Own(DeclarativeBase):
            pass

        class Node(Own):
            __tablename__ = "node"
            id: Mapped[int] = mapped_column(primary_key=True)
            parent_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
            children: Mapped[list["Node"]] = relationship(lazy="joined", join_depth=2)

        Own.metadata.create_all(engine)
        session.add(Node(children=[Node(children=[Node(children=[Node()])])]))
        session.commit()
        session.expunge_all()
        sql_log.clear()

        root = session.scalars(select(Node).where(Node.id == 1)).unique().one()

        assert len(root.children[0].children) == 1
        assert len(sql_log) == 1


class TestPopulateExisting:
    def test_rows_overwrite_what_is_here(self, session):
        author = session.get(Author, 1)
        author.name = "unsaved"
        statement = select(Author).where(Author.id == 1)

        with session.no_autoflush:
            kept = session.scalars(statement).one().name
            session.scalars(statement, execution_options={"populate_existing": True}).one()

        assert kept == "unsaved"
        assert author.name == "author 0"
        assert author not in session.dirty

    def test_collections_are_overwritten_too(self, session):
        author = session.get(Author, 1)
        author.books.pop()

        with session.no_autoflush:
            session.scalars(
                select(Author).where(Author.id == 1).options(selectinload(Author.books)),
                execution_options={"populate_existing": True},
            ).one()

        assert len(author.books) == 2

    def test_an_eager_collection_does_not_replace_a_loaded_one(self, session):
        author = session.get(Author, 1)
        held = author.books
        held.append(Book(title="unsaved"))

        with session.no_autoflush:
            session.scalars(select(Author).options(joinedload(Author.books))).unique().all()

        assert author.books is held
        assert len(held) == 3

    def test_an_option_loads_what_an_instance_lacks(self, session, sql_log):
        author = session.get(Author, 1)

        session.scalars(select(Author).options(selectinload(Author.books))).all()
        sql_log.clear()

        assert len(author.books) == 2
        assert len(sql_log) == 0
