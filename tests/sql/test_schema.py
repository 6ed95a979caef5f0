"""Tables, columns, keys and what holds them together."""

import pytest

from dovetail import (
    LABEL_STYLE_TABLENAME_PLUS_COL,
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    String,
    Table,
    UniqueConstraint,
    func,
    join,
    select,
)
from dovetail.compiler.ddl import schema_statements
from dovetail.dialects.dialect import DefaultDialect
from dovetail.exc import (
    AmbiguousForeignKeysError,
    ArgumentError,
    ConstraintColumnNotFoundError,
    DuplicateColumnError,
    InvalidRequestError,
    NoForeignKeysError,
    NoReferencedColumnError,
    NoReferencedTableError,
)
from dovetail.schema import Constraint, CreateTable, sort_tables


@pytest.fixture
def metadata():
    return MetaData()


def test_columns_are_found_by_name_position_and_key(metadata):
    table = Table("t", metadata, Column("id", Integer), Column("Odd Name", String, key="odd"))

    assert table.c.id is table.c["id"] is table.c[0] is table.columns.id
    assert table.c.odd.name == "Odd Name"
    assert table.c.keys() == ["id", "odd"]
    assert "odd" in table.c
    assert table.c.contains_column(table.c.odd)
    assert [c.key for c in table.c["id", "odd"]] == ["id", "odd"]


def test_columns_named_like_methods(metadata):
    table = Table("t", metadata, Column("keys", Integer), Column("values", Integer))

    assert table.c["keys"].name == "keys"
    assert table.c.keys() == ["keys", "values"]


def test_a_missing_column_is_told_with_the_nearest(metadata):
    table = Table("t", metadata, Column("name", String))

    with pytest.raises(AttributeError, match="did you mean 'name'"):
        _ = table.c.nmae
    with pytest.raises(KeyError, match="did you mean"):
        table.c["nmae"]


def test_a_table_is_found_again(metadata):
    table = Table("t", metadata, Column("id", Integer))

    assert Table("t", metadata) is table
    assert metadata.tables["t"] is table
    assert "t" in metadata


def test_a_table_is_not_defined_twice(metadata):
    Table("t", metadata, Column("id", Integer))

    with pytest.raises(InvalidRequestError, match="defined already"):
        Table("t", metadata, Column("x", Integer))


def test_a_table_is_extended(metadata):
    table = Table("t", metadata, Column("id", Integer), Column("x", Integer))

    again = Table("t", metadata, Column("x", String), Column("y", Integer), extend_existing=True)

    assert again is table
    assert table.c.keys() == ["id", "x", "y"]
    assert isinstance(table.c.x.type, String)
    assert Table("t", metadata, Column("z", Integer), keep_existing=True).c.keys() == [
        "id",
        "x",
        "y",
    ]


def test_two_columns_of_one_name(metadata):
    with pytest.raises(DuplicateColumnError):
        Table("t", metadata, Column("id", Integer), Column("id", String))
    assert "t" not in metadata


def test_a_column_belongs_to_one_table(metadata):
    column = Column("id", Integer)
    Table("t", metadata, column)

    with pytest.raises(ArgumentError, match="is in table 't'"):
        Table("u", metadata, column)


def test_foreign_keys_are_found_late(metadata):
    child = Table("child", metadata, Column("parent_id", ForeignKey("parent.id")))
    (key,) = child.foreign_keys
    with pytest.raises(NoReferencedTableError, match="parent"):
        _ = key.column

    parent = Table("parent", metadata, Column("id", BigInteger, primary_key=True))

    assert key.column is parent.c.id
    assert child.c.parent_id.type is parent.c.id.type
    assert key.references(parent)


def test_a_foreign_key_to_a_column_that_is_not_there(metadata):
    child = Table("child", metadata, Column("parent_id", ForeignKey("parent.idd")))
    Table("parent", metadata, Column("id", Integer))

    with pytest.raises(NoReferencedColumnError, match="did you mean 'id'"):
        _ = next(iter(child.foreign_keys)).column


def test_schemas_of_foreign_keys():
    metadata = MetaData(schema="s")
    parent = Table("parent", metadata, Column("id", Integer, primary_key=True))
    child = Table("child", metadata, Column("p", ForeignKey("parent.id")))

    assert parent.fullname == "s.parent"
    assert next(iter(child.foreign_keys)).column is parent.c.id


def test_composite_keys_join_by_all_columns(metadata):
    parent = Table(
        "p",
        metadata,
        Column("a", Integer, primary_key=True),
        Column("b", Integer, primary_key=True),
    )
    child = Table(
        "c",
        metadata,
        Column("x", Integer),
        Column("y", Integer),
        ForeignKeyConstraint(["x", "y"], ["p.a", "p.b"]),
    )

    assert str(parent.join(child)) == "p JOIN c ON p.a = c.x AND p.b = c.y"


def test_joins_that_foreign_keys_do_not_decide(metadata):
    a = Table("a", metadata, Column("id", Integer, primary_key=True))
    b = Table("b", metadata, Column("x", ForeignKey("a.id")), Column("y", ForeignKey("a.id")))
    c = Table("c", metadata, Column("id", Integer))

    with pytest.raises(AmbiguousForeignKeysError, match="more than one"):
        str(select(a).join(b))
    with pytest.raises(NoForeignKeysError, match="no foreign key"):
        str(select(a).join(c))


def test_keys_of_primary_keys(metadata):
    table = Table(
        "t", metadata, Column("a", Integer), Column("b", Integer), PrimaryKeyConstraint("b")
    )

    assert [c.name for c in table.primary_key] == ["b"]
    assert table.c.b.primary_key
    assert not table.c.b.nullable
    assert table.primary_key.columns.keys() == ["b"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([Column("id", Integer, primary_key=True)], "id"),
        ([Column("id", String, primary_key=True)], None),
        ([Column("id", Integer, primary_key=True, autoincrement=False)], None),
        ([Column("id", Integer, primary_key=True, default=5)], None),
        ([Column("id", Integer, primary_key=True, server_default="5")], None),
        ([Column("id", ForeignKey("x.id"), primary_key=True)], None),
        ([Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True)], None),
    ],
)
def test_the_column_that_the_server_numbers(columns, expected, metadata):
    Table("x", metadata, Column("id", Integer, primary_key=True))
    table = Table("t", metadata, *columns)

    found = table.autoincrement_column

    assert (found.name if found is not None else None) == expected


def test_a_constraint_on_a_column_that_is_not_there(metadata):
    with pytest.raises(ConstraintColumnNotFoundError, match="did you mean 'name'"):
        Table("t", metadata, Column("name", String), UniqueConstraint("nmae"))


def test_indexes(metadata):
    table = Table(
        "t",
        metadata,
        Column("a", Integer, index=True),
        Column("b", Integer, index=True, unique=True),
        Column("c", String),
        Index("by_c", "c"),
    )
    Index("lowered", func.lower(table.c.c))

    assert sorted(index.name for index in table.indexes) == ["by_c", "ix_t_a", "ix_t_b", "lowered"]
    assert {index.name for index in table.indexes if index.unique} == {"ix_t_b"}


def test_names_by_convention():
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_"
            "%(referred_table_name)s_%(referred_column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(custom)s",
            "custom": lambda constraint, table: f"custom_{table.name}",
        }
    )
    table = Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", Integer, ForeignKey("t.id"), index=True),
        Column("b", Integer),
        UniqueConstraint("a", "b"),
        UniqueConstraint("b", name="given"),
        CheckConstraint("a > 5", name="large"),
    )

    assert {c.name for c in table.constraints} == {
        "pk_t",
        "uq_t_a_b",
        "given",
        "fk_t_a_t_id",
        "ck_t_large",
    }
    assert {i.name for i in table.indexes} == {"ix_custom_t"}


def test_tables_are_sorted_by_their_keys(metadata):
    Table("a", metadata, Column("id", Integer, primary_key=True), Column("b", ForeignKey("b.id")))
    Table("b", metadata, Column("id", Integer, primary_key=True), Column("c", ForeignKey("c.id")))
    Table("c", metadata, Column("id", Integer, primary_key=True), Column("c", ForeignKey("c.id")))

    assert [table.name for table in metadata.sorted_tables] == ["c", "b", "a"]


def test_tables_that_need_no_order_keep_the_one_they_were_made_in(metadata):
    for name in "dbc":
        Table(name, metadata, Column("id", Integer, primary_key=True))
    Table("a", metadata, Column("id", ForeignKey("d.id"), primary_key=True))
    Table("z", metadata, Column("id", Integer, primary_key=True))

    created = [
        statement.element.name
        for statement in schema_statements("create", metadata, None, DefaultDialect())
        if isinstance(statement, CreateTable)
    ]

    assert created == ["d", "b", "c", "z", "a"]
    assert [table.name for table in sort_tables(metadata.tables.values())] == created
    assert [table.name for table in metadata.sorted_tables] == ["b", "c", "d", "z", "a"]


def test_circles_are_created_by_alter(metadata):
    Table(
        "a",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("b", ForeignKey("b.id", name="fk_a")),
    )
    Table(
        "b",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", ForeignKey("a.id", name="fk_b")),
    )
    dialect = DefaultDialect()

    created = [str(s).split()[0:2] for s in schema_statements("create", metadata, None, dialect)]
    dropped = [str(s).split()[0:2] for s in schema_statements("drop", metadata, None, dialect)]

    assert created == [["CREATE", "TABLE"]] * 2 + [["ALTER", "TABLE"]] * 2
    assert dropped == [["ALTER", "TABLE"]] * 2 + [["DROP", "TABLE"]] * 2


def test_what_exists_is_left_alone(metadata):
    Table("a", metadata, Column("id", Integer))
    Table("b", metadata, Column("id", Integer, index=True))
    dialect = DefaultDialect()

    created = schema_statements("create", metadata, None, dialect, {(None, "a")})
    dropped = schema_statements("drop", metadata, None, dialect, {(None, "a")})

    assert [type(s).__name__ for s in created] == ["CreateTable", "CreateIndex"]
    assert [s.element.name for s in dropped] == ["a"]


def test_sequences_come_first(metadata):
    Table("a", metadata, Column("id", Integer, Sequence("numbers"), primary_key=True))
    dialect = DefaultDialect()

    statements = [type(s).__name__ for s in schema_statements("create", metadata, None, dialect)]

    assert statements == ["CreateSequence", "CreateTable"]


def test_a_copy_in_other_metadata(metadata):
    Table("p", metadata, Column("id", Integer, primary_key=True))
    table = Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("p", ForeignKey("p.id", ondelete="CASCADE")),
        Column("n", String(5), unique=True, index=True, default="x", server_default="y"),
        CheckConstraint("id > 5", name="ck"),
        UniqueConstraint("p", "n", name="uq"),
        comment="of things",
    )
    other = MetaData()

    metadata.tables["p"].to_metadata(other)
    copy = table.to_metadata(other)

    assert copy.metadata is other
    assert str(CreateTable(copy)) == str(CreateTable(table))
    assert {i.name for i in copy.indexes} == {i.name for i in table.indexes}
    assert copy.c.n.default.arg == "x"
    assert next(iter(copy.foreign_keys)).column.table is other.tables["p"]


def test_a_copy_in_another_schema(metadata):
    table = Table(
        "t", metadata, Column("id", Integer, primary_key=True), Column("up", ForeignKey("t.id"))
    )

    copy = table.to_metadata(MetaData(), schema="s", name="u")

    assert copy.fullname == "s.u"
    assert next(iter(copy.foreign_keys)).column is copy.c.id


def test_default_functions_may_take_the_context():
    assert not Column("a", Integer, default=lambda: 5).default.takes_context
    assert Column("a", Integer, default=lambda context: 5).default.takes_context
    assert not Column("a", Integer, default=dict).default.takes_context
    with pytest.raises(ArgumentError):
        Column("a", Integer, default=lambda one, two: 5)


def test_column_arguments_may_stand_in_any_order():
    column = Column(Integer, ForeignKey("t.id"), name="x", primary_key=True)

    assert column.name == "x"
    assert isinstance(column.type, Integer)
    assert len(column.foreign_keys) == 1
    with pytest.raises(ArgumentError):
        Column("x", Integer, "nonsense")


def test_a_constraint_of_ones_own_that_does_not_say_how_it_is_copied_is_told_as_such():

    class Own(Constraint):
        pass

    table = Table("own", MetaData(), Column("id", Integer, primary_key=True), Own(name="c"))

    with pytest.raises(InvalidRequestError, match="Own does not say how"):
        table.to_metadata(MetaData())


def test_a_copy_of_another_name_has_names_of_its_own():
    table = Table(
        "doc",
        MetaData(naming_convention={"ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s"}),
        Column("id", Integer, primary_key=True),
        Column("owner", Integer, index=True),
        Column("number", Integer, unique=True),
        Index(None, "owner", "number"),
        Index("given", "number"),
    )
    renamed = table.to_metadata(MetaData(), name="other")
    moved = table.to_metadata(
        MetaData(naming_convention={"uq": "unique_%(table_name)s"}), schema="archive"
    )

    def names(copy):
        made = [*copy.indexes, *(one for one in copy.constraints if one.name is not None)]
        return sorted(str(one.name) for one in made)

    assert names(table) == ["given", "ix_doc_owner", "ix_doc_owner", "uq_doc"]
    assert names(renamed) == ["given", "ix_other_owner", "ix_other_owner"]
    made = ["ix_archive_doc_owner"] * 2
    assert names(moved) == ["given", *made, "unique_doc"]
    assert [(column.index, column.unique) for column in renamed.c] == [
        (column.index, column.unique) for column in table.c
    ]


def test_long_names_begin_with_the_schema():
    table = Table("doc", MetaData(), Column("id", Integer, index=True), schema="a.b")
    other = Table("note", table.metadata, Column("doc_id", Integer, ForeignKey("a.b.doc.id")))

    assert [str(index.name) for index in table.indexes] == ["ix_a_b_doc_id"]
    assert join(table, other).c.keys() == ["a_b_doc_id", "note_doc_id"]
    labelled = select(table).set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
    assert labelled.selected_columns.keys() == ["a_b_doc_id"]


@pytest.mark.parametrize("default", [lambda: 5, lambda context: 5, lambda context=None: 5])
def test_the_function_of_a_default_is_called_with_the_context_whatever_was_given(default):
    column = Column("n", Integer, default=default)

    assert column.default.arg(None) == 5
    assert column.default.value() == 5
    assert column.copy().default.arg(None) == 5


def test_parts_of_a_schema_show_what_makes_them():
    table = Table(
        "t",
        MetaData(),
        Column("id", Integer, Identity(start=3), primary_key=True),
        Column("b", String(4), key="bee", server_default="x", comment="note"),
        Column("c", Integer, Computed("id + 1", persisted=True)),
    )

    assert list(map(repr, table.c)) == [
        (
            "Column('id', Integer(), table=<t>, primary_key=True, nullable=False, "
            "server_default=Identity(start=3))"
        ),
        (
            "Column('b', String(length=4), table=<t>, key='bee', "
            "server_default=DefaultClause('x'), comment='note')"
        ),
        "Column('c', Integer(), table=<t>, server_default=Computed('id + 1', persisted=True))",
    ]
    shown = [
        Sequence("numbers", start=4, schema="s"),
        UniqueConstraint("a", "b", name="uq"),
        CheckConstraint("a > 1", name="ck"),
        ForeignKeyConstraint(["a"], ["b.c"]),
        Index("ix", table.c.bee, unique=True),
        table.primary_key,
    ]
    assert list(map(repr, shown)) == [
        "Sequence('numbers', start=4, schema='s')",
        "UniqueConstraint('a', 'b', name='uq')",
        "CheckConstraint('a > 1', name='ck')",
        "ForeignKeyConstraint(['a'], ['b.c'])",
        "Index('ix', 'bee', unique=True)",
        "PrimaryKeyConstraint('id')",
    ]


def test_a_primary_key_without_columns_is_false():
    assert not Table("t", MetaData(), Column("a", Integer)).primary_key
    assert Table("t", MetaData(), Column("a", Integer, primary_key=True)).primary_key
