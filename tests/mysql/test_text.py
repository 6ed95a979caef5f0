"""Statements read as SQLAlchemy's users know them, for MySQL and for MariaDB."""

import warnings

import pytest

from dovetail import (
    Column,
    Float,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    cast,
    column,
    create_engine,
    delete,
    exc,
    func,
    insert,
    inspect,
    literal,
    select,
    table,
    update,
)
from dovetail.dialects import mysql
from dovetail.dialects.mysql.features import of_server, read_version
from dovetail.event import listens_for

from .oracle import DIALECTS, OURS, mysql_8, texts

STATEMENTS = {
    "limit": lambda x: x.q.select(x.t.c.id).limit(5),
    "offset": lambda x: x.q.select(x.t.c.id).offset(5),
    "limit and offset": lambda x: x.q.select(x.t.c.id).limit(5).offset(2),
    "join": lambda x: x.q.select(x.t.c.id).join(x.u),
    "outer join": lambda x: x.q.select(x.t.c.id).outerjoin(x.u),
    "for update": lambda x: x.q.select(x.t.c.id).with_for_update(),
    "lock in share mode": lambda x: x.q.select(x.t.c.id).with_for_update(read=True),
    "nowait": lambda x: x.q.select(x.t.c.id).with_for_update(nowait=True),
    "skip locked": lambda x: x.q.select(x.t.c.id).with_for_update(read=True, skip_locked=True),
    "of": lambda x: x.q.select(x.t.c.id).join(x.u).with_for_update(of=x.t),
    "concat": lambda x: x.q.select(x.t.c.s + "x"),
    "concat of three": lambda x: x.q.select(x.t.c.s.concat("a") + "b"),
    "concat compared": lambda x: x.q.select(x.t.c.id).where((x.t.c.s + "x") == "y"),
    "distinct from": lambda x: x.q.select(x.t.c.id).where(x.t.c.s.is_distinct_from("x")),
    "not distinct": lambda x: x.q.select(x.t.c.id).where(x.t.c.s.is_not_distinct_from("x")),
    "contains": lambda x: x.q.select(x.t.c.id).where(x.t.c.s.contains("x", autoescape=True)),
    "not startswith": lambda x: x.q.select(x.t.c.id).where(~x.t.c.s.startswith("x")),
    "iendswith": lambda x: x.q.select(x.t.c.id).where(x.t.c.s.iendswith("x")),
    "ilike": lambda x: x.q.select(x.t.c.id).where(x.t.c.s.ilike("x")),
    "escape": lambda x: x.q.select(x.t.c.id).where(x.t.c.s.like("x", escape="\\")),
    "match": lambda x: x.q.select(x.t.c.id).where(x.t.c.s.match("x")),
    "not match": lambda x: x.q.select(x.t.c.id).where(~x.t.c.s.match("x")),
    "regexp": lambda x: x.q.select(x.t.c.id).where(x.t.c.s.regexp_match("x")),
    "not regexp": lambda x: x.q.select(x.t.c.id).where(~x.t.c.s.regexp_match("x")),
    "regexp flags": lambda x: x.q.select(x.t.c.id).where(x.t.c.s.regexp_match("x", flags="i")),
    "not regexp flags": lambda x: x.q.select(x.t.c.id).where(~x.t.c.s.regexp_match("x", "i")),
    "replace": lambda x: x.q.select(x.t.c.s.regexp_replace("a", "b")),
    "replace flags": lambda x: x.q.select(x.t.c.s.regexp_replace("a", "b", flags="i")),
    "match function": lambda x: x.q.select(x.my.match(x.t.c.s, against="x")),
    "match boolean": lambda x: x.q.select(x.my.match(x.t.c.s, against="x").in_boolean_mode()),
    "match expanded": lambda x: x.q.select(
        x.my.match(x.t.c.s, against="x").in_natural_language_mode().with_query_expansion()
    ),
    "modulo": lambda x: x.q.select(x.t.c.id % 5),
    "division": lambda x: x.q.select(x.t.c.id / 5, x.t.c.id // 5),
    "true": lambda x: x.q.select(x.q.true(), x.q.false()),
    "a boolean": lambda x: x.q.select(x.t.c.id).where(x.t.c.b),
    "not a boolean": lambda x: x.q.select(x.t.c.id).where(~x.t.c.b),
    "json": lambda x: x.q.select(x.t.c.j["a"], x.t.c.j[("a", 1)], x.t.c.j["a"]["b"]),
    "json text": lambda x: x.q.select(x.t.c.j["a"].as_string()),
    "json integer": lambda x: x.q.select(x.t.c.j["a"].as_integer()),
    "json float": lambda x: x.q.select(x.t.c.j["a"].as_float()),
    "json decimal": lambda x: x.q.select(x.t.c.j["a"].as_numeric(10, 2)),
    "json boolean": lambda x: x.q.select(x.t.c.j["a"].as_boolean()),
    "update of two": lambda x: x.q.update(x.t).values(s=x.u.c.s).where(x.t.c.id == x.u.c.tid),
    "delete of two": lambda x: x.q.delete(x.t).where(x.t.c.id == x.u.c.tid),
    "update limit": lambda x: (
        x.q.update(x.t).values(s="x").with_dialect_options(mysql_limit=5, mariadb_limit=5)
    ),
    "delete limit": lambda x: x.q.delete(x.t).with_dialect_options(mysql_limit=5, mariadb_limit=5),
    "empty insert": lambda x: x.q.insert(x.t).values(),
    "ignore": lambda x: x.q.insert(x.t).prefix_with("IGNORE").values(s="x"),
    "duplicate": lambda x: x.my.insert(x.t).values(id=1).on_duplicate_key_update(s="y"),
    "duplicate in order": lambda x: (
        x.my.insert(x.t).values(id=1).on_duplicate_key_update([("s", "a"), ("b", True)])
    ),
    "duplicate select": lambda x: (
        x.my.insert(x.t).from_select(["s"], x.q.select(x.u.c.s)).on_duplicate_key_update(s="q")
    ),
    "insert with": lambda x: x.q.insert(x.t).from_select(
        ["id"], x.q.select(x.q.select(x.u.c.id).cte("z").c.id)
    ),
    "rollup": lambda x: x.q.select(x.t.c.s).group_by(x.q.func.rollup(x.t.c.s)),
    "hint": lambda x: x.q.select(x.t.c.id).with_hint(x.t, "USE INDEX (ix)"),
    "straight": lambda x: x.q.select(x.t.c.id).prefix_with("STRAIGHT_JOIN"),
    "functions": lambda x: x.q.select(
        x.q.func.now(),
        x.q.func.utc_timestamp(6),
        x.q.func.sysdate(),
        x.q.func.random(),
        x.q.func.current_timestamp(),
    ),
    "extract": lambda x: x.q.select(x.q.extract("year", x.t.c.s)),
    "next value": lambda x: x.q.select(x.q.Sequence("sq").next_value()),
    "reserved words": lambda x: x.q.select(
        x.q.table("order", *[x.q.column(n) for n in ("Foo", "a`b", "lateral", "%x", "offset")])
    ),
    "casts": lambda x: x.q.select(
        *[
            x.q.cast(x.t.c.s, kind).label(f"c{number}")
            for number, kind in enumerate(
                (
                    x.q.Integer,
                    x.q.String(5),
                    x.q.Text,
                    x.q.Numeric(5, 2),
                    x.q.DateTime,
                    x.q.Date,
                    x.q.LargeBinary,
                    x.q.Float,
                    x.q.Boolean,
                    x.my.INTEGER(unsigned=True),
                    x.my.DATETIME(fsp=6),
                    x.my.VARCHAR(5, charset="latin1"),
                )
            )
        ]
    ),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", STATEMENTS)
def test_as_the_oracle_writes_it(name, dialect):
    ours, theirs = texts(STATEMENTS[name], dialect)

    assert ours == theirs


def test_the_words_that_are_quoted_are_those_of_the_oracle():
    words = __import__(
        "sqlalchemy.dialects.mysql.reserved_words", fromlist=["RESERVED_WORDS_MYSQL"]
    )
    for name, expected in (
        ("mysql", words.RESERVED_WORDS_MYSQL),
        ("mariadb", words.RESERVED_WORDS_MARIADB),
    ):
        dialect = DIALECTS[name][0]
        assert {word for word in expected if not dialect.quote(word).startswith("`")} == set()


def write(statement, dialect=None):
    return str(statement.compile(dialect=dialect or DIALECTS["mariadb"][0]))


def test_the_row_that_was_there_is_values_or_new():
    statement = mysql.insert(OURS.t).values(id=1, s="x")
    statement = statement.on_duplicate_key_update(
        s=statement.inserted.s, b=func.coalesce(statement.inserted.b, OURS.t.c.b)
    )
    head = "INSERT INTO t (id, s) VALUES (%s, %s)"

    assert write(statement) == (
        f"{head} ON DUPLICATE KEY UPDATE s = VALUES(s), b = coalesce(VALUES(b), t.b)"
    )
    assert write(statement, mysql_8()) == (
        f"{head} AS new ON DUPLICATE KEY UPDATE s = new.s, b = coalesce(new.b, t.b)"
    )


def test_mysql_8_locks_with_for_share():
    statement = select(OURS.t.c.id).with_for_update(read=True, nowait=True, of=OURS.t)

    assert write(statement, mysql_8()) == "SELECT t.id \nFROM t FOR SHARE OF t NOWAIT"
    assert write(statement) == "SELECT t.id \nFROM t LOCK IN SHARE MODE NOWAIT"


def test_mysql_is_not_offered_what_mariadb_has():
    dialect = mysql_8()

    assert not dialect.features.supports_insert_returning
    assert not dialect.features.supports_sequences
    assert not dialect.features.supports_native_uuid
    assert dialect.features.supports_functional_indexes
    with pytest.raises(exc.CompileError, match=r"MySQL 8\.0\.36 has no INSERT … RETURNING"):
        write(OURS.t.insert().returning(OURS.t.c.id), dialect)


@pytest.mark.parametrize(
    ("text", "version", "is_mariadb"),
    [
        ("10.11.19-MariaDB-0+deb12u1", (10, 11, 19), True),
        ("5.5.5-10.6.1-MariaDB-log", (10, 6, 1), True),
        ("8.0.36-0ubuntu0.22.04.1", (8, 0, 36), False),
        ("8.0.11-TiDB-v7.5.0", (8, 0, 11), False),
    ],
)
def test_versions_are_read(text, version, is_mariadb):
    assert read_version(text) == (version, is_mariadb)


def test_features_go_by_version():
    old = of_server((5, 7, 30), is_mariadb=False, sql_mode="NO_BACKSLASH_ESCAPES")
    new = of_server((11, 4), is_mariadb=True, sql_mode="")

    assert not old["supports_skip_locked"]
    assert not old["supports_ctes"]
    assert not old["backslash_escapes"]
    assert new["supports_skip_locked"]
    assert new["supports_insert_returning"]


def test_what_no_server_of_the_family_has_is_told():
    t, u = OURS.t, OURS.u
    for statement in (
        select(t.c.id).join(u, full=True),
        update(t).values(s="x").returning(t.c.id),
    ):
        dialect = mysql_8()
        with pytest.raises(exc.CompileError):
            write(statement, dialect)


def test_a_cast_that_cannot_be_is_left_out_with_a_warning():
    with pytest.warns(exc.DovetailWarning, match="casts to no FLOAT"):
        assert write(select(cast(column("x"), Float))) == "SELECT x AS x"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = write(select(cast(column("x"), Float)), mysql_8())
    assert text == "SELECT CAST(x AS FLOAT) AS x"


def test_nulls_first_and_last_are_said_in_other_words():
    c = OURS.t.c
    statement = select(c.id).order_by(c.s.desc().nulls_last(), c.id.nulls_first())

    assert write(statement) == (
        "SELECT t.id \nFROM t ORDER BY t.s IS NULL, t.s DESC, t.id IS NOT NULL, t.id"
    )


def test_a_limit_below_in_moves_into_a_from():
    some = select(OURS.u.c.tid).limit(3)

    assert write(select(OURS.t.c.id).where(OURS.t.c.id.in_(some))) == (
        "SELECT t.id \nFROM t \nWHERE t.id IN "
        "(SELECT * FROM (SELECT u.tid AS tid \nFROM u \n LIMIT %s) AS limited_1)"
    )


def test_a_limit_of_a_delete_as_an_extension():
    assert write(delete(OURS.t).ext(mysql.limit(5))) == "DELETE FROM t LIMIT 5"
    assert write(update(OURS.t).values(s="x").ext(mysql.limit(5))) == "UPDATE t SET s=%s LIMIT 5"
    for statement in (OURS.t.insert(), select(OURS.t)):
        with pytest.raises(exc.ArgumentError, match="RowLimit is no clause of"):
            statement.ext(mysql.limit(5))


def test_an_update_of_two_tables_sets_both():
    statement = update(OURS.t).values({OURS.t.c.s: "x", OURS.u.c.s: "y"})
    statement = statement.where(OURS.t.c.id == OURS.u.c.tid)

    assert write(statement) == "UPDATE t, u SET t.s=%s, u.s=%s WHERE t.id = u.tid"


def test_strings_without_a_length_say_so():
    with pytest.raises(exc.CompileError, match=r"VARCHAR requires a length.*\n.*String\(255\)"):
        write(OURS.ddl.CreateTable(Table("x", MetaData(), Column("s", String))))


def test_separators_are_literals():
    statement = select(func.aggregate_strings(OURS.t.c.s, "', \\"))

    assert "SEPARATOR ''', \\\\')" in write(statement)


def test_parameters_within_a_json_accessor_are_sent_twice():
    statement = select(OURS.t.c.j["a"].as_integer()).where(table("q", column("x")).c.x == 1)

    compiled = statement.compile(dialect=mysql.dialect())

    assert [bind.effective_value for bind in compiled.binds] == ["a", "a", 1]


def test_literals_within_values_lists():
    statement = select(literal(5, Integer), literal("a", String), literal(1, Numeric))

    text = str(statement.compile(dialect=mysql.dialect(), compile_kwargs={"literal_binds": True}))

    assert text == "SELECT 5 AS anon_1, 'a' AS anon_2, 1 AS anon_3"


@pytest.mark.parametrize("value", ["a\\'b\\", "\\", "\\'; DROP TABLE x; -- ", "plain ' quote"])
@pytest.mark.parametrize("escapes", [True, False])
def test_literals_are_written_for_what_a_listener_has_set(backend_url, value, escapes):
    engine = create_engine(backend_url)

    @listens_for(engine, "connect")
    def choose(connection, record):
        cursor = connection.cursor()
        cursor.execute("SET sql_mode = %s", ("" if escapes else "NO_BACKSLASH_ESCAPES",))
        cursor.close()

    metadata = MetaData()
    table = Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True, comment=value),
        Column("text", String(50), server_default=value),
        comment=value,
    )
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(insert(table).values(id=1))
        assert connection.scalar(select(table.c.text)) == value
        statement = select(literal(value, String))
        written = statement.compile(engine, compile_kwargs={"literal_binds": True}).sql
        assert connection.exec_driver_sql(written).scalar() == value
        found = inspect(connection)
        assert found.get_table_comment("t") == {"text": value}
        assert found.get_columns("t")[0]["comment"] == value
    engine.dispose()
