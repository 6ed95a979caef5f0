"""Clauses of the user's own in statements: where they stand, what they hold, what they refuse."""

import re

import pytest

from dovetail import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    exc,
    func,
    insert,
    literal_column,
    select,
    update,
)  # fmt: skip
from dovetail.dialects import postgresql
from dovetail.ext.compiler import compiles
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
)  # fmt: skip
from dovetail.sql import ClauseElement, SyntaxExtension, node_of
from dovetail.sql.visitors import iterate

table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(20)))


class Clause(SyntaxExtension, ClauseElement):
    """A word and a condition, wherever it is asked to stand."""

    __slots__ = ("condition", "position")
    parts = ("condition",)

    def __init__(self, condition, position):
        self.condition = condition
        self.position = position

    def collect(self, walk):
        walk.key.append(Clause)
        self.condition.collect(walk)

    def apply_to_select(self, select_stmt):
        select_stmt.apply_syntax_extension_point(lambda there: [*there, self], self.position)

    apply_to_insert = apply_to_update = apply_to_delete = apply_to_select


@compiles(Clause)
def write_clause(element, compiler, **kw):
    return f"{element.position.upper()}({compiler.process(element.condition, **kw)})"


class Window(SyntaxExtension, ClauseElement):
    """``WINDOW w AS (PARTITION BY …)``; a later one takes the place of one before."""

    __slots__ = ("partition",)
    parts = ("partition",)

    def __init__(self, partition):
        self.partition = node_of(partition)

    def collect(self, walk):
        walk.key.append(Window)
        self.partition.collect(walk)

    def apply_to_select(self, select_stmt):
        select_stmt.apply_syntax_extension_point(self.append_replacing_same_type, "post_criteria")


@compiles(Window)
def write_window(element, compiler, **kw):
    return f"WINDOW w AS (PARTITION BY {compiler.process(element.partition, **kw)})"


def write(statement):
    """The text for PostgreSQL on one line, without casts."""
    text = str(statement.compile(dialect=postgresql.dialect()))
    return re.sub(r"::\w+", "", text.replace("\n", ""))


FULL = (
    select(table.c.name).where(table.c.id > 1).group_by(table.c.name).having(func.count() > 3)
    .order_by(table.c.name).limit(5).with_for_update().distinct()
)  # fmt: skip


@pytest.mark.parametrize(
    ("position", "before", "after"),
    [
        ("post_select", "SELECT ", " DISTINCT t.name FROM t"),
        ("pre_columns", "SELECT DISTINCT ", " t.name FROM t"),
        ("post_criteria", "HAVING count(*) > %(count_1)s ", " ORDER BY t.name"),
        ("post_body", " FOR UPDATE ", ""),
    ],
)
def test_a_clause_stands_where_it_says_in_a_select(position, before, after):
    written = write(FULL.ext(Clause(table.c.id == 7, position)))

    assert f"{before}{position.upper()}(t.id = %(id_" in written
    assert written.endswith(after) if not after else f"){after}" in written


def test_a_clause_stands_in_what_changes_rows():
    condition = table.c.name == "x"
    inserted = insert(table).values(id=1).ext(Clause(condition, "post_values"))
    updated = update(table).values(id=1).where(table.c.id == 2)
    deleted = delete(table).where(table.c.id == 2).ext(Clause(condition, "post_criteria"))

    assert write(inserted.returning(table.c.id)) == (
        "INSERT INTO t (id) VALUES (%(id)s) POST_VALUES(t.name = %(name_1)s) RETURNING t.id"
    )
    assert write(updated.ext(Clause(condition, "post_criteria")).returning(table.c.id)) == (
        "UPDATE t SET id=%(id)s WHERE t.id = %(id_1)s "
        "POST_CRITERIA(t.name = %(name_1)s) RETURNING t.id"
    )
    assert write(deleted) == (
        "DELETE FROM t WHERE t.id = %(id_1)s POST_CRITERIA(t.name = %(name_1)s)"
    )


def test_clauses_stand_one_after_the_other_and_the_statement_before_has_none():
    first = select(table.c.id).ext(Clause(table.c.id == 1, "post_body"))
    second = first.ext(Clause(table.c.id == 2, "post_body"))

    assert write(second).count("POST_BODY") == 2
    assert write(first).count("POST_BODY") == 1
    assert len([node for node in iterate(second) if isinstance(node, Clause)]) == 2


def test_statements_are_told_apart_by_their_clauses_not_by_the_values_in_them():
    one, two = (
        select(table.c.id).ext(Clause(table.c.id == value, "post_body")) for value in (1, 2)
    )
    other = select(table.c.id).ext(Clause(table.c.id == 1, "post_criteria"))

    assert one.walk().key == two.walk().key
    assert one.walk().key not in (other.walk().key, select(table.c.id).walk().key)
    assert not one.compare(two)
    assert one.compile().params == {"id_1": 1}
    assert two.compile().params == {"id_1": 2}


def test_a_clause_that_replaces_is_there_once():
    statement = select(table.c.id).ext(Window(table.c.id)).ext(Window(table.c.name))

    assert write(statement) == "SELECT t.id FROM t WINDOW w AS (PARTITION BY t.name)"


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship(order_by="Book.id")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))
    price: Mapped[int]


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Shelf(id=n, books=[Book(price=n), Book(price=10 * n)]) for n in range(1, 4))
        session.commit()
        yield session
    engine.dispose()


def test_a_clause_of_mapped_attributes_is_run(session):
    total = func.sum(Book.price).op("OVER")(literal_column("w"))
    for least, expected in ((2, [22, 22, 33, 33]), (3, [33, 33])):
        statement = (
            select(Book, total.label("total"))
            .where(Book.shelf_id >= least)
            .ext(Window(Book.shelf_id))
            .order_by(Book.id)
        )
        assert [row.total for row in session.execute(statement)] == expected


def test_a_clause_counts_rows_before_a_collection_is_joined(session):
    statement = select(Shelf).options(joinedload(Shelf.books)).order_by(Shelf.id).ext(Limited())

    shelves = session.scalars(statement).unique().all()

    assert [len(shelf.books) for shelf in shelves] == [2, 2]


class Limited(SyntaxExtension, ClauseElement):
    def apply_to_select(self, select_stmt):
        select_stmt.apply_syntax_extension_point(lambda there: [self], "post_body")


@compiles(Limited)
def write_limited(element, compiler, **kw):
    return "LIMIT 2"


def test_what_is_refused():
    with pytest.raises(exc.ExtensionRefused, match="Limited is no clause of UPDATE") as refused:
        update(table).ext(Limited())
    with pytest.raises(ValueError, match="Select has no position 'post_values'"):
        select(table).ext(Clause(table.c.id == 1, "post_values"))
    with pytest.raises(exc.ArgumentError, match="derived from SyntaxExtension"):
        select(table).ext(table.c.id == 1)
    assert isinstance(refused.value, NotImplementedError)


def test_clauses_of_the_dialects_are_of_the_same_kind():
    ours = select(table.c.id).ext(postgresql.distinct_on(table.c.name))

    assert isinstance(postgresql.distinct_on(table.c.name), SyntaxExtension)
    assert write(ours) == "SELECT DISTINCT ON (t.name) t.id FROM t"
