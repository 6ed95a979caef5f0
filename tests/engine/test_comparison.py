"""``metadata.diff()``: in what a database differs from tables as they are declared."""

import asyncio
import enum

import pytest

from dovetail import (
    CHAR,
    JSON,
    BigInteger,
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
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    Unicode,
    UniqueConstraint,
    Uuid,
    create_engine,
    func,
    select,
    text,
)
from dovetail.dialects import mysql, postgresql, sqlite
from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.ext.asyncio import create_async_engine
from dovetail.schema import Difference
from dovetail.sql.views import CreateView
from tests.servers import AWAITING_BACKENDS, BACKENDS

ONE_EACH = [one for one in BACKENDS if one.driver in ("pysqlite", "psycopg", "pymysql")]
AWAITING = [one for one in AWAITING_BACKENDS if one.driver in ("aiosqlite", "asyncpg", "asyncmy")]


@pytest.fixture(params=ONE_EACH, ids=str)
def engine(request, databases, tmp_path):
    request.param.require()
    engine = create_engine(databases.url(request.param, tmp_path))
    yield engine
    engine.dispose()


def name_of(engine):
    return engine.dialect.name


def library():
    """Two tables with something of everything that is compared."""
    metadata = MetaData()
    Table(
        "author",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(40), nullable=False),
        comment="who writes",
    )
    Table(
        "book",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("title", String(80), server_default="untitled", comment="as printed"),
        Column("price", Numeric(8, 2)),
        Column("author_id", Integer),
        ForeignKeyConstraint(["author_id"], ["author.id"], name="by", ondelete="CASCADE"),
        CheckConstraint("price > 0", name="priced"),
        UniqueConstraint("title", "author_id", name="once"),
        Index("by_price", "price"),
    )
    return metadata


def run(engine, *statements):
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


class Kind(enum.Enum):
    NOVEL = 1
    POEM = 2


def test_a_database_that_create_all_has_made_is_as_declared(engine):
    metadata = MetaData()
    Table(
        "author",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(40), unique=True, comment="in full"),
        Column("kind", Enum(Kind)),
        comment="who writes",
    )
    computed = [] if name_of(engine) == "mariadb" else [Column("twice", Integer, Computed("n * 2"))]
    if name_of(engine) == "postgresql":
        computed = [Column("twice", Integer, Computed("n * 2", persisted=True))]
    Table(
        "book",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("title", String(80), index=True, server_default="it's"),
        Column("author_id", ForeignKey("author.id", ondelete="CASCADE"), nullable=False),
        Column("price", Numeric(8, 2), server_default=text("0.50")),
        Column("n", Numeric(10)),
        Column("plain", Numeric),
        Column("short", Float),
        Column("long", Float(53)),
        Column("double", Double),
        Column("sold", Boolean, server_default=text("true")),
        Column("big", BigInteger),
        Column("small", SmallInteger),
        Column("made", DateTime, server_default=func.now()),
        Column("moment", DateTime(timezone=True)),
        Column("day", Date, server_default="2020-01-31"),
        Column("time", Time),
        Column("span", Interval),
        Column("mark", Uuid),
        Column("data", JSON),
        Column("text", Text),
        Column("bytes", LargeBinary),
        Column("code", CHAR(3)),
        Column("wide", Unicode(20)),
        Column("state", String(10), CheckConstraint("state in ('new','old')")),
        Column("size", Enum("s", "l", native_enum=False, create_constraint=True, name="size_is")),
        Column("flag", Boolean(create_constraint=True, name="flag_is")),
        *computed,
        CheckConstraint("price >= 0 and not (title = 'x' or title like 'a%')", name="sound"),
        CheckConstraint("price between 1 and 5 or n not in (1, 2) or lower(title) <> 'x'"),
        CheckConstraint("n in (7) and title is not null and (big + 1) * 2 > 3"),
        UniqueConstraint("title", "author_id", name="once"),
        Index("two", "price", "n"),
        Index("one", "price", unique=True),
    )
    Table(
        "pair",
        metadata,
        Column("a", ForeignKey("author.id"), primary_key=True),
        Column("b", ForeignKey("book.id"), primary_key=True),
        Column("place", Integer, default=1),
    )
    Table(
        "folder",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("up", ForeignKey("folder.id", onupdate="SET NULL", ondelete="RESTRICT")),
    )
    metadata.create_all(engine)
    reflected = MetaData()
    reflected.reflect(engine)

    assert list(map(str, metadata.diff(engine))) == []
    assert list(map(str, reflected.diff(engine))) == []


def test_what_is_missing_and_what_is_not_declared(engine):
    metadata = library()
    metadata.tables["author"].create(engine)
    run(engine, "CREATE TABLE more (x INTEGER)", "ALTER TABLE author ADD COLUMN born INTEGER")
    metadata.tables["author"].append_column(Column("died", Integer))

    assert metadata.diff(engine) == [
        Difference("missing", "author", "column", "died", declared="INTEGER"),
        Difference(
            "extra",
            "author",
            "column",
            "born",
            found="INTEGER(11)" if name_of(engine) == "mariadb" else "INTEGER",
        ),
        Difference("missing", "book", "table"),
        Difference("extra", "more", "table"),
    ]


def changed(name, aspect, engine):
    """The one difference of *aspect* in *name*, as (declared, found), both in plain words."""
    (found,) = [each for each in library().diff(engine) if each.name == name]
    assert (found.kind, found.aspect) == ("different", aspect)
    return found.declared, found.found


POSTGRESQL = {
    "ALTER TABLE book ALTER COLUMN title TYPE VARCHAR(90)": (
        ("title", "type"),
        ("VARCHAR(80)", "VARCHAR(90)"),
    ),
    "ALTER TABLE author ALTER COLUMN name DROP NOT NULL": (("name", "nullable"), ("False", "True")),
    "ALTER TABLE book ALTER COLUMN title SET DEFAULT 'none'": (
        ("title", "default"),
        ("'untitled'", "'none'::character varying"),
    ),
    "ALTER TABLE book ALTER COLUMN title DROP DEFAULT": (
        ("title", "default"),
        ("'untitled'", None),
    ),
    "COMMENT ON COLUMN book.title IS 'as given'": (
        ("title", "comment"),
        ("as printed", "as given"),
    ),
    "COMMENT ON TABLE author IS NULL": ((None, "comment"), ("who writes", None)),
    "ALTER TABLE book DROP CONSTRAINT by, ADD CONSTRAINT by FOREIGN KEY (author_id) "
    "REFERENCES author (id) ON DELETE SET NULL": (("by", "ondelete"), ("CASCADE", "SET NULL")),
    "ALTER TABLE book DROP CONSTRAINT priced, ADD CONSTRAINT priced CHECK (price >= 0)": (
        ("priced", "condition"),
        ("price > 0", "price >= 0::numeric"),
    ),
    "ALTER TABLE book DROP CONSTRAINT once, ADD CONSTRAINT once UNIQUE (title)": (
        ("once", "columns"),
        ("(title, author_id)", "(title)"),
    ),
    "ALTER INDEX by_price RENAME TO by_cost": (("by_price", "name"), ("by_price", "by_cost")),
    "DROP INDEX by_price; CREATE INDEX by_price ON book (price DESC)": (
        ("by_price", "keys"),
        ("(price)", "(price)"),
    ),
    "DROP INDEX by_price; CREATE INDEX by_price ON book (price) WHERE price > 1": (
        ("by_price", "where"),
        (None, "price > (1)::numeric"),
    ),
    "ALTER TABLE book ALTER COLUMN id DROP DEFAULT": (("id", "autoincrement"), ("True", "False")),
}
MARIADB = {
    "ALTER TABLE book MODIFY title VARCHAR(90) DEFAULT 'untitled' COMMENT 'as printed'": (
        ("title", "type"),
        ("VARCHAR(80)", "VARCHAR(90)"),
    ),
    "ALTER TABLE author MODIFY name VARCHAR(40) NULL": (("name", "nullable"), ("False", "True")),
    "ALTER TABLE book ALTER COLUMN title SET DEFAULT 'none'": (
        ("title", "default"),
        ("'untitled'", "'none'"),
    ),
    "ALTER TABLE author COMMENT 'writers'": ((None, "comment"), ("who writes", "writers")),
    "ALTER TABLE book DROP FOREIGN KEY `by`; ALTER TABLE book ADD CONSTRAINT `by` FOREIGN KEY "
    "(author_id) REFERENCES author (id)": (("by", "ondelete"), ("CASCADE", None)),
    "ALTER TABLE book DROP CONSTRAINT priced; "
    "ALTER TABLE book ADD CONSTRAINT priced CHECK (price >= 0)": (
        ("priced", "condition"),
        ("price > 0", "`price` >= 0"),
    ),
    "ALTER TABLE book RENAME INDEX by_price TO by_cost": (
        ("by_price", "name"),
        ("by_price", "by_cost"),
    ),
    "ALTER TABLE book MODIFY id INTEGER NOT NULL": (("id", "autoincrement"), ("True", "False")),
}


@pytest.mark.server("postgresql")
@pytest.mark.parametrize("change", POSTGRESQL, ids=lambda sql: sql[:60])
def test_what_is_different_on_postgresql(change, databases, tmp_path):
    _differs(change, POSTGRESQL[change], "psycopg", databases, tmp_path)


@pytest.mark.server("mariadb")
@pytest.mark.parametrize("change", MARIADB, ids=lambda sql: sql[:60])
def test_what_is_different_on_mariadb(change, databases, tmp_path):
    _differs(change, MARIADB[change], "pymysql", databases, tmp_path)


def _differs(change, expected, driver, databases, tmp_path):
    (backend,) = (one for one in ONE_EACH if one.driver == driver)
    backend.require()
    engine = create_engine(databases.url(backend, tmp_path))
    library().create_all(engine)
    run(engine, *change.split("; "))

    assert changed(*expected[0], engine) == expected[1]
    assert len(library().diff(engine)) == 1
    engine.dispose()


def test_what_is_different_on_sqlite():
    engine = create_engine("sqlite://")
    run(
        engine,
        "CREATE TABLE author (id INTEGER PRIMARY KEY, name VARCHAR(30))",
        "CREATE TABLE book (id INTEGER PRIMARY KEY, title VARCHAR(80) DEFAULT 'none', "
        "price NUMERIC(8, 2), author_id INTEGER, CONSTRAINT once UNIQUE (title), "
        "CONSTRAINT priced CHECK (price >= 0), "
        'CONSTRAINT "by" FOREIGN KEY (author_id) REFERENCES author (id))',
        "CREATE UNIQUE INDEX by_price ON book (price)",
    )

    assert list(map(str, library().diff(engine))) == [
        "column author.name: type is declared as VARCHAR(40), and is VARCHAR(30) in the database",
        "column author.name: nullable is declared as False, and is True in the database",
        "column book.title: default is declared as 'untitled', and is 'none' in the database",
        "foreign key by of book: ondelete is declared as CASCADE, and is nothing in the database",
        (
            "check constraint priced of book: condition is declared as price > 0, "
            "and is price >= 0 in the database"
        ),
        (
            "unique constraint once of book: columns is declared as (title, author_id), "
            "and is (title) in the database"
        ),
        "index by_price of book: unique is declared as False, and is True in the database",
    ]


def test_nothing_is_written_and_a_connection_goes_on(engine):
    with engine.begin() as connection:
        before = library().diff(connection)
        library().create_all(connection)

        assert [each.kind for each in before] == ["missing", "missing"]
        assert library().diff(connection) == []


@pytest.mark.parametrize("backend", AWAITING, ids=str)
def test_an_awaiting_engine_is_asked_the_same(backend, databases, tmp_path):
    backend.require()
    url = databases.url(backend, tmp_path)

    async def main():
        engine = create_async_engine(url)
        metadata = library()
        missing = await metadata.diff(engine)
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
            assert await metadata.diff(connection) == []
            assert await connection.run_sync(metadata.diff) == []
        with pytest.raises(InvalidRequestError, match="await metadata.diff"):
            metadata.diff(engine.sync_engine)
        await engine.dispose()
        return missing

    assert [each.table for each in asyncio.run(main())] == ["author", "book"]


def test_tables_may_be_passed_over():
    engine = create_engine("sqlite://")
    run(engine, "CREATE TABLE alembic_version (x INTEGER)", "CREATE TABLE spatial_ref_sys (x TEXT)")

    assert [each.table for each in MetaData().diff(engine)] == ["spatial_ref_sys"]
    assert MetaData().diff(engine, ignore=("alembic_version", "spatial_ref_sys")) == []
    assert len(MetaData().diff(engine, ignore=())) == 2


def test_only_an_engine_or_a_connection_is_compared_with():
    with pytest.raises(ArgumentError, match="session.connection"):
        MetaData().diff("sqlite://")


def test_of_a_view_the_columns_are_compared(engine):
    metadata = library()
    book = metadata.tables["book"]
    CreateView(select(book.c.id, book.c.title), "titles", metadata=metadata)
    metadata.create_all(engine)
    assert metadata.diff(engine) == []

    mapped = library()
    Table("titles", mapped, Column("id", Integer, primary_key=True), Column("year", Integer))
    kinds = [(each.kind, each.name) for each in mapped.diff(engine)]
    assert kinds == [("missing", "year"), ("extra", "title")]


@pytest.mark.server("postgresql")
def test_schemas_enumerations_and_identities_of_postgresql(databases, tmp_path):
    (backend,) = (one for one in ONE_EACH if one.driver == "psycopg")
    backend.require()
    engine = create_engine(databases.url(backend, tmp_path))
    run(engine, "CREATE SCHEMA other")

    def declared(*sizes):
        metadata = MetaData()
        Table(
            "shirt",
            metadata,
            Column("id", Integer, Identity(always=True), primary_key=True),
            Column("size", Enum(*sizes, name="size")),
            Column("serial", BigInteger),
            schema="other",
        )
        Table(
            "order",
            metadata,
            Column("id", BigInteger, primary_key=True),
            Column("shirt_id", ForeignKey("other.shirt.id", deferrable=True, initially="DEFERRED")),
            Column("words", String().with_variant(Text(), "postgresql")),
            Index("by_words", func.lower(text("words")), postgresql_where=text("words > 'a'")),
            schema="public",
        )
        return metadata

    declared("s", "l").create_all(engine)

    assert declared("s", "l").diff(engine) == []
    assert declared("s", "m", "l").diff(engine) == [
        Difference(
            "different", "other.shirt", "column", "size", "values", "'s', 'm', 'l'", "'s', 'l'"
        )
    ]
    engine.dispose()


def test_tables_under_other_schemas_are_looked_for_there(engine):
    if name_of(engine) != "sqlite":
        pytest.skip("SQLite has a second schema without being asked for one")
    engine = create_engine("sqlite://", execution_options={"schema_translate_map": {"x": "main"}})
    metadata = MetaData(schema="x")
    Table("thing", metadata, Column("id", Integer, primary_key=True))
    metadata.create_all(engine)

    assert metadata.diff(engine) == []


WHAT_SERVERS_WRITE_OTHERWISE = {
    "postgresql": [
        "(n > 0) IS TRUE AND extract(year from made) > 2000 AND word || 'a' <> 'b'",
        "CASE WHEN n > 0 THEN word IS NOT NULL ELSE true END",
        "made > TIMESTAMP '2020-01-01 00:00:00' and made::date >= DATE '2020-01-01'",
        "trim(word) <> '' and substring(word from 1 for 2) = 'ab' and position('a' in word) > 0",
        "word ~ '^[a-z]+$' and char_length(word) > 2 or word NOT ILIKE 'b%'",
        "n IS NULL OR n::text LIKE '%1%' AND NOT (n > 1 AND n < 3)",
        "coalesce(n, 1) = ANY (ARRAY[1,2]) and greatest(n, 2) < nullif(n, 3)",
    ],
    "mariadb": [
        "n > 0 and word like 'a%' or length(word) between 1 and 3",
        "case when n > 0 then word is not null else 1 end and word regexp '^a'",
        "substring(word, 1, 2) = 'ab' and upper(word) = 'X' and not n in (3, 4)",
        "char_length(word) > 1 and mod(n, 2) = 0 and n % 2 = 0 and n != 3 and n is not true",
        "made > '2020-01-01' and ifnull(n, 1) > 0 and n <=> 3 and trim(word) <> ''",
    ],
    "sqlite": ["n > 0 AND (word LIKE 'a%' OR length(word) BETWEEN 1 AND 3)"],
}


def test_conditions_are_the_same_however_a_server_writes_them(engine):
    metadata = MetaData()
    Table(
        "thing",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("n", Integer),
        Column("word", String(20)),
        Column("made", DateTime),
        *map(CheckConstraint, WHAT_SERVERS_WRITE_OTHERWISE[name_of(engine)]),
    )
    metadata.create_all(engine)

    assert list(map(str, metadata.diff(engine))) == []
    other = MetaData()
    Table(
        "thing",
        other,
        *(Column(c.name, c.type, primary_key=c.primary_key) for c in metadata.tables["thing"].c),
        CheckConstraint("n > 5"),
    )
    kinds = sorted(each.kind for each in other.diff(engine))
    assert kinds == ["extra"] * len(WHAT_SERVERS_WRITE_OTHERWISE[name_of(engine)]) + ["missing"]


TYPES = {
    "postgresql": [
        *(postgresql.ARRAY(Integer), postgresql.ARRAY(String(5), dimensions=2), postgresql.JSONB()),
        *(postgresql.INT4RANGE(), postgresql.INET(), postgresql.TSVECTOR(), postgresql.BIT(3)),
        *(postgresql.TIMESTAMP(precision=3, timezone=True), postgresql.INTERVAL(precision=3)),
        *(postgresql.DOMAIN("whole", Integer, check="VALUE > 0"), String(5, collation="C")),
    ],
    "mariadb": [
        *(mysql.MEDIUMINT(unsigned=True), mysql.TINYINT(1), mysql.SET("a", "b"), Enum("a", "b c")),
        *(mysql.DATETIME(fsp=6), mysql.YEAR(), mysql.LONGTEXT(), Text(200), Text(70_000)),
        *(LargeBinary(1000), mysql.DECIMAL(12, 3, unsigned=True), mysql.DOUBLE(10, 2)),
        *(mysql.VARCHAR(5, charset="latin1"), mysql.INTEGER(zerofill=True), mysql.BIT(3)),
    ],
    "sqlite": [sqlite.DATETIME(), sqlite.JSON()],
}


def test_types_that_only_one_server_has_are_the_same(engine):
    metadata = MetaData()
    columns = [Column(f"c{n}", type_) for n, type_ in enumerate(TYPES[name_of(engine)])]
    Table("thing", metadata, Column("id", Integer, primary_key=True), *columns)
    metadata.create_all(engine)

    assert list(map(str, metadata.diff(engine))) == []
