"""What is in the database is read as it was made, for one table or for all of a schema."""

import pytest

from dovetail import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    Enum,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Sequence,
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    event,
    exc,
    func,
    inspect,
    text,
)
from dovetail.dialects import postgresql as pg
from dovetail.schema import CreateIndex, CreateTable

EVERY_DRIVER = True


def _library(metadata):
    author = Table(
        "author",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(50), nullable=False, comment="it's theirs"),
        Column("mood", Enum("happy", "sad", name="mood")),
        Column("small", SmallInteger, server_default="5"),
        Column("made", DateTime(timezone=True), server_default=text("now()")),
        Column("tags", ARRAY(String(20))),
        Column("moods", pg.ARRAY(Enum("happy", "sad", name="mood"))),
        Column("code", pg.DOMAIN("code", String(5), check="length(VALUE) > 1", not_null=True)),
        PrimaryKeyConstraint("id", name="author_key"),
        comment="who writes",
    )
    book = Table(
        "book",
        metadata,
        Column("id", Integer, Identity(always=True, start=10), primary_key=True),
        Column("plain", Integer, Identity()),
        Column("author_id", Integer),
        Column("second_id", ForeignKey("author.id", name="second_fk")),
        Column("title", Text),
        Column("price", Numeric(10, 2)),
        Column("twice", Numeric, Computed("price * 2", persisted=True)),
        Column("seen", pg.TIMESTAMP(precision=3)),
        Column("bits", pg.BIT(3)),
        Column("span", pg.INTERVAL(fields="DAY TO SECOND", precision=2)),
        Column("data", pg.JSONB),
        Column("during", pg.TSTZRANGE),
        Column("Odd Name", Uuid),
        ForeignKeyConstraint(
            ["author_id"],
            ["author.id"],
            name="author_fk",
            ondelete="CASCADE",
            onupdate="SET NULL",
            deferrable=True,
            initially="DEFERRED",
        ),
        PrimaryKeyConstraint("id", name="book_key"),
        UniqueConstraint("title", "author_id", name="one_title", postgresql_include=["price"]),
        UniqueConstraint("price", name="one_price", postgresql_nulls_not_distinct=True),
        CheckConstraint("price > 0 AND title <> 'a:b'", name="costs"),
    )
    Index("by_title", book.c.title.desc().nulls_last(), book.c.price)
    Index("by_lower", func.lower(book.c.title), postgresql_where=book.c.price > 5)
    Index("by_data", book.c.data, postgresql_using="gin", postgresql_ops={"data": "jsonb_path_ops"})
    Index("covering", book.c.price, unique=True, postgresql_include=["title"])
    Index("filled", book.c.title, postgresql_with={"fillfactor": "50"})
    return author, book


def _ddl(table, engine):
    texts = [str(CreateTable(table).compile(engine))]
    indexes = sorted(table.indexes, key=lambda index: index.name)
    return texts + [str(CreateIndex(index).compile(engine)) for index in indexes]


def _kinds(metadata):
    Table(
        "kinds",
        metadata,
        *(
            Column(f"c{number}", type_)
            for number, type_ in enumerate(
                (
                    Boolean,
                    Date,
                    Double,
                    Float,
                    Float(10),
                    Interval,
                    LargeBinary,
                    Numeric,
                    Numeric(5),
                    Time,
                    pg.TIME(timezone=True, precision=2),
                    pg.CHAR(3),
                    pg.VARCHAR(collation="C"),
                    pg.INET,
                    pg.CIDR,
                    pg.MACADDR,
                    pg.MACADDR8,
                    pg.MONEY,
                    pg.OID,
                    pg.REGCLASS,
                    pg.TSVECTOR,
                    pg.TSQUERY,
                    pg.JSON,
                    pg.JSONPATH,
                    pg.INT4RANGE,
                    pg.DATEMULTIRANGE,
                    pg.BIT(varying=True),
                    pg.BIT(7, varying=True),
                    pg.ARRAY(Integer, dimensions=2),
                    pg.ARRAY(Numeric(5, 2)),
                    pg.INTERVAL(precision=3),
                    pg.TIMESTAMP(True),
                )
            )
        ),
    )


def test_what_was_reflected_is_created_again_equal(engine):
    metadata = MetaData()
    made = _library(metadata)
    metadata.create_all(engine)

    seen = MetaData()
    seen.reflect(engine)
    first = {name: _ddl(table, engine) for name, table in seen.tables.items()}
    seen.drop_all(engine)
    seen.create_all(engine)
    again = MetaData()
    again.reflect(engine)
    second = {name: _ddl(table, engine) for name, table in again.tables.items()}

    assert first == second
    author = _ddl(made[0], engine)
    assert first["author"] == [
        author[0]
        .replace("server_default", "")
        .replace("small SMALLINT DEFAULT '5'", "small SMALLINT DEFAULT '5'::smallint")
    ]
    assert seen.tables["author"].comment == "who writes"
    assert seen.tables["author"].c.name.comment == "it's theirs"


def test_types_come_back_as_they_were(engine):
    metadata = MetaData()
    _kinds(metadata)
    metadata.create_all(engine)

    seen = MetaData()
    seen.reflect(engine)

    def types(tables):
        return [type_.type.compile(engine.dialect) for type_ in tables["kinds"].c]

    expected = [
        {"FLOAT": "DOUBLE PRECISION", "FLOAT(10)": "REAL", "NUMERIC(5)": "NUMERIC(5, 0)"}.get(t, t)
        for t in types(metadata.tables)
    ]
    assert types(seen.tables) == expected


def test_columns_in_detail(engine):
    metadata = MetaData()
    _library(metadata)
    metadata.create_all(engine)

    columns = {each["name"]: each for each in inspect(engine).get_columns("book")}
    author = {each["name"]: each for each in inspect(engine).get_columns("author")}

    assert columns["id"]["identity"] == {
        "always": True,
        "start": 10,
        "increment": 1,
        "minvalue": 1,
        "maxvalue": 2147483647,
        "cache": 1,
        "cycle": False,
    }
    assert columns["twice"]["computed"] == {"sqltext": "price * (2)::numeric", "persisted": True}
    assert columns["twice"]["default"] is None
    assert author["id"]["default"] == "nextval('author_id_seq'::regclass)"
    assert author["id"]["autoincrement"] is True
    assert (author["name"]["comment"], author["name"]["nullable"]) == ("it's theirs", False)
    assert author["mood"]["type"].enums == ["happy", "sad"]
    assert author["moods"]["type"].item_type.enums == ["happy", "sad"]
    domain = author["code"]["type"]
    assert (domain.name, domain.not_null, domain.data_type.length) == ("code", True, 5)
    assert domain.check == "length(VALUE::text) > 1"


def test_keys_indexes_and_constraints(engine):
    metadata = MetaData()
    _library(metadata)
    metadata.create_all(engine)
    inspector = inspect(engine)

    keys = {each["name"]: each for each in inspector.get_foreign_keys("book")}
    assert keys["author_fk"]["options"] == {
        "deferrable": True,
        "initially": "DEFERRED",
        "onupdate": "SET NULL",
        "ondelete": "CASCADE",
    }
    assert keys["second_fk"]["referred_columns"] == ["id"]
    assert inspector.get_pk_constraint("book")["constrained_columns"] == ["id"]
    indexes = {each["name"]: each for each in inspector.get_indexes("book")}
    assert indexes["by_title"]["column_sorting"] == {"title": ("desc", "nulls_last")}
    assert indexes["by_lower"]["expressions"] == ["lower(title)"]
    assert indexes["by_lower"]["dialect_options"]["postgresql_where"] == "price > (5)::numeric"
    assert indexes["by_data"]["dialect_options"]["postgresql_using"] == "gin"
    assert indexes["covering"]["include_columns"] == ["title"]
    assert indexes["one_title"]["duplicates_constraint"] == "one_title"
    unique = {each["name"]: each for each in inspector.get_unique_constraints("book")}
    assert unique["one_title"]["column_names"] == ["title", "author_id"]
    assert unique["one_price"]["dialect_options"] == {"postgresql_nulls_not_distinct": True}
    (check,) = inspector.get_check_constraints("book")
    assert check["sqltext"] == "price > 0::numeric AND title <> 'a:b'::text"


def test_names_of_what_there_is(engine):
    with engine.begin() as connection:
        for sql in (
            "CREATE SCHEMA away",
            "CREATE TABLE t (id int PRIMARY KEY)",
            "CREATE TABLE away.far (id int REFERENCES t, other int)",
            "CREATE TABLE away.near (id int PRIMARY KEY)",
            "ALTER TABLE away.far ADD FOREIGN KEY (other) REFERENCES away.near",
            "CREATE TABLE parts (id int) PARTITION BY RANGE (id)",
            "CREATE VIEW v AS SELECT id FROM t",
            "CREATE MATERIALIZED VIEW m AS SELECT id FROM t",
            "CREATE SEQUENCE s",
            "CREATE TYPE away.mood AS ENUM ('x')",
            "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
        ):
            connection.execute(text(sql))
    inspector = inspect(engine)

    assert inspector.get_schema_names() == ["away", "information_schema", "public"]
    assert inspector.default_schema_name == "public"
    assert inspector.get_table_names() == ["parts", "t"]
    assert inspector.get_table_names("away") == ["far", "near"]
    assert (inspector.get_view_names(), inspector.get_materialized_view_names()) == (["v"], ["m"])
    assert inspector.get_sequence_names() == ["s"]
    assert inspector.has_sequence("s")
    assert "SELECT" in inspector.get_view_definition("m")
    assert inspector.get_enums() == []
    assert inspector.get_enums("away") == [
        {"name": "mood", "schema": "away", "visible": False, "labels": ["x"]}
    ]
    (domain,) = inspector.get_domains()
    assert domain["constraints"] == [{"name": "positive_check", "check": "VALUE > 0"}]
    assert inspector.has_type("positive")
    assert not inspector.has_type("mood")
    assert isinstance(inspector.get_table_oid("t"), int)
    assert inspector.get_foreign_table_names() == []
    assert (inspector.has_table("v"), inspector.has_table("nothing")) == (True, False)
    assert {
        key["referred_table"]: key["referred_schema"]
        for key in inspector.get_foreign_keys("far", "away")
    } == {"t": None, "near": "away"}
    for ask in (inspector.get_columns, inspector.get_indexes, inspector.get_table_oid):
        with pytest.raises(exc.NoSuchTableError, match="nothing"):
            ask("nothing")
    with pytest.raises(exc.NoSuchTableError):
        inspector.get_view_definition("nothing")
    with pytest.raises(AttributeError, match="get_moons"):
        _ = inspector.get_moons


def test_temporary_tables(engine):
    with engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE passing (id int)"))
        inspector = inspect(connection)

        assert inspector.get_temp_table_names() == ["passing"]
        assert inspector.get_table_names() == []
        assert inspector.has_table("passing")


def test_a_schema_of_many_tables_takes_a_handful_of_statements(engine):
    metadata = MetaData()
    for number in range(60):
        Table(
            f"t{number}",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("up", ForeignKey(f"t{number - 1}.id")) if number else None,
            Column("name", String, unique=True, index=True),
        )
    metadata.create_all(engine)
    sent = []
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    seen = MetaData()
    seen.reflect(engine)

    assert len(seen.tables) == 60
    assert len(sent) < 20
    assert [fk.target_fullname for fk in seen.tables["t5"].c.up.foreign_keys] == ["t4.id"]
    assert len(inspect(engine).get_multi_columns()) == 60
    assert set(inspect(engine).get_multi_indexes(filter_names=["t1"])) == {(None, "t1")}


def test_named_types_go_with_their_tables(engine):
    metadata = MetaData()
    alone = pg.ENUM("q", name="alone", metadata=metadata)
    mood = Enum("a", name="mood")
    one = Table("one", metadata, Column("m", mood))
    two = Table("two", metadata, Column("m", mood), Column("n", Enum("b", name="other")))
    Table("kept", metadata, Column("k", pg.ENUM("c", name="not_mine", create_type=False)))
    inspector = inspect(engine)

    def types():
        inspector.clear_cache()
        return {each["name"] for each in inspector.get_enums()}

    with pytest.raises(exc.ProgrammingError, match="not_mine"):
        metadata.create_all(engine)
    pg.ENUM("c", name="not_mine").create(engine)
    pg.ENUM("c", name="not_mine").create(engine, checkfirst=True)
    metadata.create_all(engine)
    metadata.create_all(engine)
    assert types() == {"alone", "mood", "other", "not_mine"}
    metadata.drop_all(engine, tables=[two])
    assert types() == {"alone", "mood", "not_mine"}
    metadata.create_all(engine)
    one.drop(engine)
    assert "mood" in types()
    metadata.drop_all(engine)
    assert types() == {"not_mine"}
    pg.ENUM("c", name="not_mine").drop(engine)
    assert types() == set()
    assert alone.name == "alone"


def test_sequences_are_created_and_used(engine):
    metadata = MetaData()
    sequence = Sequence("numbers", start=7, increment=3, metadata=metadata)
    table = Table(
        "t",
        metadata,
        Column("id", Integer, sequence, primary_key=True),
        Column("x", Integer, server_default=sequence.next_value()),
    )
    metadata.create_all(engine)

    with engine.begin() as connection:
        keys = [connection.execute(table.insert(), {}).inserted_primary_key for _ in range(2)]
        assert [tuple(key) for key in keys] in ([(7,), (13,)], [(10,), (16,)])
        assert connection.scalar(sequence.next_value()) == 19
    metadata.drop_all(engine)
    assert inspect(engine).get_sequence_names() == []
