"""INSERT, UPDATE and DELETE of entities as statements, and what becomes of instances."""

import pytest

from dovetail import delete, exc, insert, select, update
from dovetail.dialects.sqlite import insert as sqlite_insert
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    aliased,
    mapped_column,
    with_loader_criteria,
)
from tests.orm.library import Author, Base, Book, Tag, fill


@pytest.fixture(autouse=True)
def filled(engine, session, sql_log):
    Base.metadata.create_all(engine)
    fill(session, authors=3, books=2, pages=2)
    sql_log.clear()


class TestBulkStatements:
    def test_update_changes_what_is_here(self, session, sql_log):
        authors = session.scalars(select(Author).order_by(Author.id)).all()
        sql_log.clear()

        result = session.execute(update(Author).where(Author.born > 1900).values(name="late"))

        assert result.rowcount == 2
        assert [author.name for author in authors] == ["author 0", "late", "late"]

    @pytest.mark.parametrize("strategy", ["auto", "evaluate", "fetch"])
    def test_update_synchronises(self, session, strategy):
        author = session.get(Author, 1)

        session.execute(
            update(Author).where(Author.id == 1).values(born=Author.born + 1),
            execution_options={"synchronize_session": strategy},
        )

        assert author.born == 1901

    def test_update_may_leave_the_session_alone(self, session):
        author = session.get(Author, 1)

        session.execute(
            update(Author).values(name="x"), execution_options={"synchronize_session": False}
        )

        assert author.name == "author 0"

    @pytest.mark.parametrize("strategy", ["auto", "evaluate", "fetch"])
    def test_delete_takes_what_is_here(self, session, strategy):
        session.add(Tag(name="other"))
        session.flush()
        tag = session.scalars(select(Tag).where(Tag.name == "other")).one()

        session.execute(
            delete(Tag).where(Tag.name == "other"),
            execution_options={"synchronize_session": strategy},
        )

        assert tag not in session
        assert session.get(Tag, 2) is None

    def test_pending_changes_are_flushed_first(self, session):
        author = session.get(Author, 1)
        author.born = 7

        session.execute(update(Author).where(Author.born == 7).values(name="seven"))

        assert author.name == "seven"

    @pytest.mark.parametrize("strategy", ["auto", "evaluate", "fetch"])
    def test_an_alias_is_synchronised_like_its_class(self, session, strategy):
        first, second, third = session.scalars(select(Author).order_by(Author.id)).all()
        alias = aliased(Author)
        options = {"synchronize_session": strategy}

        change = update(alias).where(alias.id == 2).values(born=alias.born + 1)
        session.execute(change, execution_options=options)
        session.execute(update(alias).filter_by(id=3).values(name="third"))
        returned = update(alias).where(alias.id == 1).values(name="x").returning(alias)
        assert session.scalars(returned, execution_options=options).all() == [first]

        known = [(author.name, author.born) for author in (first, second, third)]
        assert known == [("x", 1900), ("author 1", 1902), ("third", 1902)]
        assert known == session.execute(select(Author.name, Author.born)).all()

    def test_criteria_of_a_class_leave_its_aliases_alone(self, session):
        alias = aliased(Author)
        alone = with_loader_criteria(Author, Author.id == 1)
        both = with_loader_criteria(Author, lambda author: author.id == 1, include_aliases=True)
        change = update(alias).values(name="x")

        assert session.execute(change.options(alone)).rowcount == 3
        assert session.execute(change.options(both)).rowcount == 1

    def test_a_rollback_restores(self, session):
        tag = session.scalars(select(Tag)).one()
        session.execute(update(Tag).values(name="x"))
        assert tag.name == "x"

        session.rollback()

        assert tag.name == "common"

    def test_insert_of_many(self, session, sql_log):
        session.execute(insert(Tag), [{"name": f"t{n}"} for n in range(5)])

        assert len(sql_log) == 1
        assert len(session.scalars(select(Tag)).all()) == 6

    def test_insert_returns_instances(self, session):
        tags = session.scalars(
            insert(Tag).returning(Tag, sort_by_parameter_order=True),
            [{"name": "x"}, {"name": "y"}],
        ).all()

        assert [tag.name for tag in tags] == ["x", "y"]
        assert all(tag in session for tag in tags)

    def test_update_returns_instances(self, session):
        held = session.get(Author, 1)

        (author,) = session.scalars(
            update(Author).where(Author.id == 1).values(name="new").returning(Author)
        ).all()

        assert author is held
        assert author.name == "new"

    def test_delete_returns_values(self, session):
        names = session.scalars(delete(Tag).returning(Tag.name)).all()

        assert names == ["common"]

    def test_update_by_primary_key(self, session):
        author = session.get(Author, 1)

        session.execute(update(Author), [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}])

        assert session.scalars(select(Author.name).order_by(Author.id)).all() == [
            "one",
            "two",
            "author 2",
        ]
        session.refresh(author)
        assert author.name == "one"

    def test_mappings(self, session):
        session.bulk_insert_mappings(Tag, [{"name": "x"}, {"name": "y"}])
        session.bulk_update_mappings(Author, [{"id": 1, "name": "one"}])
        session.bulk_save_objects([Tag(name="z")])
        rows = [{"title": "p"}, {"title": "q"}]
        session.bulk_insert_mappings(Book, rows, return_defaults=True)

        assert [row["id"] for row in rows] == [7, 8]
        assert set(session.scalars(select(Tag.name))) == {"common", "x", "y", "z"}
        assert session.scalar(select(Author.name).where(Author.id == 1)) == "one"


class Own(DeclarativeBase):
    """Not the library's: other tests count its tables."""


class Key(Own):
    __tablename__ = "key"

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column("wording", unique=True)
    times: Mapped[int] = mapped_column(default=1)


@pytest.fixture
def keys(engine):
    Own.metadata.create_all(engine)


@pytest.mark.usefixtures("keys")
class TestAttributesWithOtherNamesThanTheirColumns:
    def test_an_insert_takes_either_name(self, session):
        session.execute(insert(Key).values(word="a"))
        session.execute(insert(Key).values(wording="b"))
        session.execute(insert(Key).values([{"word": "c"}, {"word": "d"}]))
        session.execute(insert(Key).values(times=7), [{"word": "e"}])
        session.execute(
            insert(Key).from_select(["word"], select(Key.word + "2").where(Key.times == 7))
        )
        session.connection().execute(insert(Key).values(word="f"))

        assert sorted(session.scalars(select(Key.word))) == ["a", "b", "c", "d", "e", "e2", "f"]

    @pytest.mark.parametrize("strategy", ["evaluate", "fetch", False])
    def test_an_update_takes_the_attributes_name(self, strategy, session):
        key = Key(word="a")
        session.add(key)
        session.flush()
        session.execute(
            update(Key).values(word=Key.word + "b"),
            execution_options={"synchronize_session": strategy},
        )
        if strategy is False:
            session.refresh(key)

        assert key.word == "ab"


@pytest.mark.usefixtures("keys")
class TestRowsThatAreThere:
    def test_columns_are_taken_over(self, session):
        first = insert(Key).values(id=1, word="a", times=1)
        session.execute(first.on_conflict(Key.id))
        session.execute(first.values(word="b", times=5).on_conflict(Key.id, update=[Key.word]))

        assert session.execute(select(Key.id, Key.word, Key.times)).all() == [(1, "b", 1)]

    @pytest.mark.parametrize("make", [insert, sqlite_insert])
    def test_values_are_made_of_the_old_row_and_the_new(self, make, session):
        statement = make(Key).values(word="a", times=2)
        update = {"times": Key.times + statement.excluded.times}
        if make is insert:
            statement = statement.on_conflict(Key.word, update=update)
        else:
            statement = statement.on_conflict_do_update(index_elements=[Key.word], set_=update)
        for _ in range(3):
            session.execute(statement)

        assert session.execute(select(Key.word, Key.times)).all() == [("a", 6)]

    def test_a_column_that_is_not_there_is_named(self):
        with pytest.raises(exc.ArgumentError, match="updates 'word', which is no column of 'key'"):
            insert(Key).on_conflict(Key.id, update=["word"])
