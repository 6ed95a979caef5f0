"""Tables made of classes that declare their columns."""

from typing import Annotated, Any, Optional

import pytest

from dovetail import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Named,
    Numeric,
    String,
    Table,
    TypedColumns,
    schema,
)
from dovetail.exc import ArgumentError, DuplicateColumnError, InvalidRequestError


@pytest.fixture
def metadata():
    return MetaData()


def described(table):
    """(key, name, type, whether NULL is allowed) of each column."""
    return [(c.key, c.name, type(c.type), c.nullable) for c in table.c]


class UserColumns(TypedColumns):
    id = Column(Integer, primary_key=True)
    name: Named[str]
    nick: Named[str | None]
    weight: Column[float]
    age: Named[int | None] = Column("user_age")
    middle: Named[str] = Column(String(42))


class TestDeclarations:
    def test_annotations_and_columns_complete_one_another(self, metadata):
        users = Table("users", metadata, UserColumns, schema="people")

        assert type(users) is Table
        assert metadata.tables == {"people.users": users}
        assert sorted(described(users)) == [
            ("age", "user_age", Integer, True),
            ("id", "id", Integer, False),
            ("middle", "middle", String, False),
            ("name", "name", String, False),
            ("nick", "nick", String, True),
            ("weight", "weight", Double, False),
        ]
        assert users.primary_key.columns.keys() == ["id"]
        assert users.c.middle.type.length == 42

    def test_what_the_column_says_counts_for_more(self, metadata):
        class Columns(TypedColumns):
            id: Named[int | None] = Column(primary_key=True)
            price: Named[float] = Column(Numeric(asdecimal=False), nullable=True)
            word: Named[str | None] = Column(nullable=False)
            of_any_type: Named[Any] = Column(String)
            bare: Named = Column(Integer)

        assert described(Table("t", metadata, Columns)) == [
            ("id", "id", Integer, False),
            ("price", "price", Numeric, True),
            ("word", "word", String, False),
            ("of_any_type", "of_any_type", String, False),
            ("bare", "bare", Integer, True),
        ]

    def test_key_and_name(self, metadata):
        class Columns(TypedColumns):
            one: Named[int] = Column("first")
            two: Named[int] = Column(key="second")

        assert described(Table("t", metadata, Columns)) == [
            ("one", "first", Integer, False),
            ("second", "two", Integer, False),
        ]

    def test_annotations_as_text(self, metadata):
        class Columns(TypedColumns):
            id: "Named[int]"
            name: Named["str | None"]
            other: Named[Optional["int"]]

        assert described(Table("t", metadata, Columns)) == [
            ("id", "id", Integer, False),
            ("name", "name", String, True),
            ("other", "other", Integer, True),
        ]

    def test_classes_derive_from_one_another(self, metadata):
        class WithName(TypedColumns):
            name: Named[str]
            size: Named[int]

        class WithAge(TypedColumns):
            age: Named[int]

        class Columns(WithAge, WithName):
            id = Column(Integer, primary_key=True)
            size: Named[int | None] = Column(BigInteger)

        assert described(Table("t", metadata, Columns)) == [
            ("name", "name", String, False),
            ("size", "size", BigInteger, True),
            ("age", "age", Integer, False),
            ("id", "id", Integer, False),
        ]

    def test_each_table_has_columns_of_its_own(self, metadata):
        class Columns(TypedColumns):
            id: Named[int] = Column(primary_key=True)
            other_id = Column(ForeignKey("one.id"))

        one, two = Table("one", metadata, Columns), Table("two", metadata, Columns)

        assert one.c.id is not two.c.id
        assert Columns.id.table is None
        for table in (one, two):
            (key,) = table.c.other_id.foreign_keys
            assert key.column is one.c.id
            assert type(table.c.other_id.type) is Integer

    def test_further_items_follow(self, metadata):
        class Columns(TypedColumns):
            id: Named[int]

        table = Table("t", metadata, Columns, Column("x", Integer), Index("both", "id", "x"))

        assert table.c.keys() == ["id", "x"]
        assert [list(index.columns) for index in table.indexes] == [[table.c.id, table.c.x]]
        with pytest.raises(DuplicateColumnError, match="has a column 'id' already"):
            Table("u", metadata, Columns, Column("id", Integer))

    def test_a_table_that_is_there_gets_the_columns(self, metadata):
        Table("t", metadata, Column("x", Integer))

        class Columns(TypedColumns):
            y: Named[int]

        table = Table("t", metadata, Columns, extend_existing=True)
        assert table.c.keys() == ["x", "y"]

    def test_what_is_selected_from_may_be_told_its_columns(self, metadata):
        table = Table("users", metadata, UserColumns)
        subquery = table.select().subquery()

        assert table.with_cols(UserColumns) is table
        assert subquery.with_cols(UserColumns) is subquery
        assert schema.TypedColumns is TypedColumns


class MyType:
    pass


class Meaningless(TypedColumns):
    x: "no annotation at all"  # noqa: F722


class Unmarked(TypedColumns):
    x: int


class Bare(TypedColumns):
    x: Named


class Unknown(TypedColumns):
    x: Column[MyType] = Column(nullable=False)


class Extra(TypedColumns):
    x: Named[Annotated[int, "extra"]]


class Valued(TypedColumns):
    x = 42


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (Meaningless, "annotation 'no annotation at all' of Meaningless.x can't be evaluated"),
        (Unmarked, "annotation <class 'int'> of Unmarked.x is neither Named"),
        (Bare, "Bare.x: no database type is known"),
        (Unknown, "Unknown.x: no database type is known"),
        (Extra, "Extra.x: no database type is known"),
        (Valued, "Valued.x is to be a column, and is 42"),
    ],
)
def test_declarations_without_a_meaning_are_named(metadata, columns, message):
    with pytest.raises(ArgumentError, match=message):
        Table("t", metadata, columns)
    assert not metadata.tables


def test_other_mistakes(metadata):
    class Local(TypedColumns):
        id = Column(Integer)
        other_id = Column(ForeignKey(id))

    with pytest.raises(
        InvalidRequestError, match="Local.other_id refers to a column that is in no"
    ):
        Table("t", metadata, Local)
    with pytest.raises(InvalidRequestError, match="MyType is none"):
        Table("t", metadata, MyType)
    with pytest.raises(TypeError, match="by position"):
        Table("t", metadata, typed_columns_cls=Local)
    with pytest.raises(ArgumentError, match="takes columns, constraints and indexes"):
        Table("t", metadata, Column("x", Integer), Local)
    with pytest.raises(InvalidRequestError, match="UserColumns declares columns, and has no inst"):
        UserColumns()
    with pytest.raises(InvalidRequestError, match="declares columns alone, no methods: compute"):

        class WithMethod(TypedColumns):
            id: Named[int]

            def compute(self):
                return self.id
