"""Who listens is told when a part of a schema becomes part of another."""

import pytest

from dovetail import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    event,
)
from dovetail.exc import InvalidRequestError
from dovetail.schema import SchemaItem
from dovetail.types import SchemaType, UserDefinedType


class Lowered(TypeDecorator):
    impl = String
    cache_ok = True


@pytest.fixture
def heard():
    """What all parts of schemas become parts of, until the test ends."""
    told = []

    def before(target, parent):
        told.append(("before", type(target).__name__, type(parent).__name__))

    def after(target, parent):
        told.append(("after", type(target).__name__, type(parent).__name__))

    targets = (SchemaItem, SchemaType, TypeDecorator)
    for target in targets:
        event.listen(target, "before_parent_attach", before)
        event.listen(target, "after_parent_attach", after)
    yield told
    for target in targets:
        event.remove(target, "before_parent_attach", before)
        event.remove(target, "after_parent_attach", after)


def test_each_part_tells_of_itself_before_and_after(heard):
    column = Column("parent_id", Integer, ForeignKey("t.id"), index=True)
    made = list(heard)
    heard.clear()

    Table("t", MetaData(), column)

    assert made == [("before", "ForeignKey", "Column"), ("after", "ForeignKey", "Column")]
    assert heard[0] == ("before", "Table", "MetaData")
    assert heard[-1] == ("after", "Table", "MetaData")
    inside = heard[heard.index(("before", "Column", "Table")) :]
    for name in ("ForeignKeyConstraint", "Index"):
        assert inside.index(("before", name, "Table")) < inside.index(("after", name, "Table"))
    assert ("after", "Column", "Table") in inside


def test_types_tell_of_their_column(heard):
    Column("colour", Enum("red", "green", name="colour"))
    Column("colours", ARRAY(Enum("red", name="colour")))
    Column("yes", Boolean())
    Column("name", Lowered())
    Column("number", Integer)

    assert [told for told in heard if told[0] == "after"] == [
        ("after", "Enum", "Column"),
        ("after", "Enum", "Column"),
        ("after", "Boolean", "Column"),
        ("after", "Lowered", "Column"),
    ]


def test_a_listener_adds_to_the_table_that_a_column_joins():
    @event.listens_for(Column, "after_parent_attach")
    def index_it(column, table):
        if column.info.get("indexed"):
            table.append_constraint(Index(f"by_{column.name}", column, _column_flag=True))

    try:
        table = Table("t", MetaData(), Column("a", Integer, info={"indexed": True}))
        copy = table.to_metadata(MetaData())
    finally:
        event.remove(Column, "after_parent_attach", index_it)

    assert [index.name for index in table.indexes] == ["by_a"]
    assert [index.name for index in copy.indexes] == ["by_a"]


def test_one_column_is_listened_to_and_its_copies_where_that_is_asked_for():
    told = []
    column, other = Column("a", Integer), Column("b", Integer)
    event.listen(column, "after_parent_attach", lambda *_: told.append("this"))
    event.listen(column, "after_parent_attach", lambda *_: told.append("copies"), propagate=True)

    table = Table("t", MetaData(), column, other)
    first = list(told)
    told.clear()
    table.to_metadata(MetaData())

    assert first == ["this", "copies"]
    assert told == ["copies"]


def test_a_table_takes_listeners_that_hear_of_its_reflection(tmp_path):
    from dovetail import create_engine

    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)")
        seen = []

        def note(inspector, table, column_info):
            seen.append(column_info["name"])

        Table("t", MetaData(), autoload_with=connection, listeners=[("column_reflect", note)])

    assert seen == ["id", "a"]


def test_a_type_of_ones_own_adds_to_the_table_of_its_column():
    class Positive(SchemaType, UserDefinedType):
        cache_ok = True

        def get_col_spec(self, **kw):
            return "INTEGER"

        def _set_table(self, column, table):
            table.append_constraint(CheckConstraint(column > 0, name=f"{column.name}_positive"))

    table = Table("t", MetaData(), Column("a", Positive(name="positive")))

    assert "a_positive" in {constraint.name for constraint in table.constraints}


def test_a_constraint_says_where_it_is_written():
    from dovetail.dialects import postgresql, sqlite
    from dovetail.schema import CreateTable

    rule = CheckConstraint(
        "a > 0", name="only_here", _create_rule=lambda compiler: compiler.dialect.name == "sqlite"
    )
    table = Table("t", MetaData(), Column("a", Integer), rule)

    assert "only_here" in str(CreateTable(table).compile(dialect=sqlite.dialect()))
    assert "only_here" not in str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_what_belongs_to_nothing_listened_to_is_refused():
    with pytest.raises(InvalidRequestError):
        event.listen(Integer, "after_parent_attach", lambda *_: None)


@pytest.mark.parametrize("kind", [UniqueConstraint, Index])
def test_an_argument_that_is_no_option_of_a_dialect_is_refused(kind):
    with pytest.raises(TypeError, match="takes no option 'uniqe'"):
        kind("name", "b", uniqe=True)
