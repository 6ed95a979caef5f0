"""What is reflected from a running MariaDB, beside what the oracle reads there."""

import pytest
import sqlalchemy

from dovetail import (
    CheckConstraint,
    Column,
    Computed,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    exc,
    func,
    inspect,
    text,
)
from dovetail.dialects import mysql
from dovetail.dialects.mysql.show_create import read_definition, read_type
from dovetail.schema import CreateIndex, CreateTable

PARENT = """
    CREATE TABLE parent (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, a INT, b INT,
    UNIQUE KEY ab (a, b)) COMMENT 'it''s %% \\\\ x'
"""
CHILD = """
    CREATE TABLE child (
        id BIGINT(20) NOT NULL AUTO_INCREMENT COMMENT 'the; key, (x',
        pid INT UNSIGNED,
        v VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'x''y,',
        t TEXT,
        e ENUM('a', 'b,''c') DEFAULT 'a',
        s SET('x', 'y'),
        d DECIMAL(10, 2) UNSIGNED,
        dt DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
        ts TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
        y YEAR, bt BIT(5), tb TINYINT(1) DEFAULT 1, bl VARBINARY(10), f FLOAT, dd DOUBLE(10, 2),
        `a-b` INT CHECK (`a-b` > 0), n2 INT DEFAULT (1 + 2), u UUID,
        PRIMARY KEY (id),
        KEY ix_v (v(5), pid), UNIQUE KEY uq (pid),
        CONSTRAINT `fk a` FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE,
        CONSTRAINT ck CHECK (d > 0 AND v <> ')')
    ) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='c'
"""


@pytest.fixture
def tables(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql(PARENT)
        connection.exec_driver_sql(CHILD)
        connection.exec_driver_sql("CREATE VIEW seen AS SELECT id, v, d + 1 AS e FROM child")
        connection.exec_driver_sql("CREATE SEQUENCE numbers")
    return inspect(engine)


@pytest.fixture
def oracle(tables, backend_url):
    url = sqlalchemy.make_url(backend_url).set(drivername="mariadb+pymysql")
    engine = sqlalchemy.create_engine(url)
    yield sqlalchemy.inspect(engine)
    engine.dispose()


def plain(found):
    """*found* with types as text, and without what only one of the two tells."""
    if isinstance(found, list):
        return [plain(each) for each in found]
    if not isinstance(found, dict):
        return found
    made = {name: value for name, value in found.items() if name != "type"}
    if "type" in found:
        made["type"] = type(found["type"]).__name__
        for name in ("length", "precision", "scale", "unsigned", "fsp", "charset", "enums"):
            value = getattr(found["type"], name, None)
            if value:
                made[name] = value
    return made


@pytest.mark.parametrize(
    "method",
    [
        "get_columns",
        "get_pk_constraint",
        "get_foreign_keys",
        "get_indexes",
        "get_unique_constraints",
        "get_table_comment",
    ],
)
@pytest.mark.parametrize("table", ["parent", "child", "seen"])
def test_as_the_oracle_reads_it(tables, oracle, method, table):
    found, expected = plain(getattr(tables, method)(table)), plain(getattr(oracle, method)(table))
    if (table, method) == ("seen", "get_columns"):
        # Of a view's columns the oracle does not ask whether they may be NULL.
        assert [column.pop("nullable") for column in found] == [False, True, True]
        assert all(column.pop("nullable") for column in expected)
    assert found == expected


def test_lists_of_names(tables, oracle):
    assert tables.get_table_names() == oracle.get_table_names()
    assert tables.get_view_names() == oracle.get_view_names()
    assert tables.get_sequence_names() == oracle.get_sequence_names()
    assert set(tables.get_schema_names()) >= {"information_schema", "mysql"}
    assert tables.get_view_definition("seen") == oracle.get_view_definition("seen")
    assert tables.has_table("parent")
    assert tables.has_table("seen")
    assert not tables.has_table("nowhere")
    assert not tables.has_table("parent", schema="nowhere")


def test_checks_of_columns_are_read_too(tables):
    assert tables.get_check_constraints("child") == [
        {"name": "ck", "sqltext": "`d` > 0 and `v` <> ')'"},
        {"name": None, "sqltext": "`a-b` > 0"},
    ]


def test_a_table_is_read_by_one_statement(engine, tables):
    sent = []
    event.listen(engine, "before_cursor_execute", lambda c, cursor, sql, *rest: sent.append(sql))

    Table("child", MetaData(), autoload_with=engine)

    definitions = [sql for sql in sent if "SHOW CREATE TABLE" in sql]
    assert [sql.rpartition(" ")[2] for sql in definitions] == ["`child`", "`parent`"]
    assert len(sent) <= 5, sent


def test_options_of_tables(tables):
    assert tables.get_table_options("child") == {
        "mariadb_engine": "InnoDB",
        "mariadb_default_charset": "utf8mb4",
        "mariadb_collate": "utf8mb4_general_ci",
        "mariadb_row_format": "DYNAMIC",
        "mariadb_comment": "c",
    }


@pytest.mark.parametrize(
    "method", ["get_columns", "get_pk_constraint", "get_indexes", "get_view_definition"]
)
def test_what_does_not_exist_is_told(tables, method):
    with pytest.raises(exc.NoSuchTableError):
        getattr(tables, method)("nowhere")


def test_a_temporary_table_is_reflected(connection):
    connection.exec_driver_sql("CREATE TEMPORARY TABLE passing (id INT PRIMARY KEY, x JSON)")
    inspector = inspect(connection)

    assert inspector.has_table("passing")
    assert [type(c["type"]) for c in inspector.get_columns("passing")] == [
        mysql.INTEGER,
        mysql.JSON,
    ]


def test_what_is_reflected_makes_the_same_table_again(engine):
    first = MetaData()
    Table("parent", first, Column("id", mysql.INTEGER(unsigned=True), primary_key=True))
    made = Table(
        "made",
        first,
        Column("id", mysql.BIGINT, primary_key=True, comment="it's; (100%) \\ key"),
        Column("parent_id", ForeignKey("parent.id", name="up", ondelete="CASCADE")),
        Column("name", String(50), nullable=False, server_default="x'y\\z"),
        Column("body", Text, comment="searched"),
        Column("kind", Enum("a", "b'c", name="kind")),
        Column("flags", mysql.SET("x", "y")),
        Column("data", mysql.JSON),
        Column("at", mysql.TIMESTAMP(fsp=3), server_default=func.current_timestamp(3)),
        Column("twice", Integer, Computed("parent_id * 2", persisted=True)),
        Column("level", mysql.TINYINT(unsigned=True), server_default=text("1")),
        UniqueConstraint("name", "level", name="one"),
        CheckConstraint("level < 10", name="low"),
        Index("by_name", "name", mysql_length=7),
        Index("words", "body", mysql_prefix="FULLTEXT"),
        comment="a table's comment",
        mysql_engine="InnoDB",
        mysql_row_format="COMPACT",
    )
    first.create_all(engine)
    texts = []
    for _ in range(2):
        metadata = MetaData()
        table = Table("made", metadata, autoload_with=engine)
        parts = [str(CreateTable(table).compile(engine))]
        parts += sorted(str(CreateIndex(index).compile(engine)) for index in table.indexes)
        texts.append(parts)
        metadata.drop_all(engine)
        metadata.create_all(engine)

    assert texts[0] == texts[1]
    assert "it''s; (100%%) \\\\ key" in texts[0][0]
    assert "ROW_FORMAT=COMPACT" in texts[0][0]
    assert "CREATE FULLTEXT INDEX words ON made (`body`)" in texts[0]
    assert "CREATE INDEX by_name ON made (name(7))" in texts[0]
    assert set(made.c.keys()) == set(table.c.keys())
    assert table.c.at.server_default is not None


def test_a_table_of_another_schema(engine, backend_url):
    database = engine.url.database
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE p (id INT PRIMARY KEY)")
        connection.exec_driver_sql(
            "CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id))"
        )
    (key,) = inspect(engine).get_foreign_keys("c", schema=database)
    assert key["referred_schema"] == database

    metadata = MetaData()
    metadata.reflect(engine)
    assert set(metadata.tables) == {"p", "c"}


# -- the text, where no server of the kind is at hand ------------------------------------------


def test_a_definition_of_mysql_8_is_read():
    made = read_definition(
        """CREATE TABLE `t` (
          `id` int NOT NULL AUTO_INCREMENT,
          `s` varchar(20) COLLATE utf8mb4_bin DEFAULT _utf8mb4'x' /*!80023 INVISIBLE */,
          `j` json DEFAULT NULL,
          `g` int GENERATED ALWAYS AS ((`id` + 1)) VIRTUAL,
          PRIMARY KEY (`id`),
          UNIQUE KEY `low` ((lower(`s`))),
          KEY `down` (`s` DESC) USING HASH,
          FULLTEXT KEY `ft` (`s`) /*!50100 WITH PARSER `ngram` */ ,
          CONSTRAINT `up` FOREIGN KEY (`id`) REFERENCES `other`.`p` (`id`) ON UPDATE SET NULL,
          CONSTRAINT `ck` CHECK ((`id` > 0)) /*!80016 NOT ENFORCED */
        ) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci
        /*!50100 PARTITION BY HASH (`id`)
        PARTITIONS 4 */"""
    )

    assert [column["name"] for column in made.columns] == ["id", "s", "j", "g"]
    assert made.columns[1]["default"] == "_utf8mb4'x'"
    assert made.columns[3]["computed"] == {"sqltext": "(`id` + 1)", "persisted": False}
    assert made.primary_key == ["id"]
    assert made.indexes[0]["expressions"] == ["lower(`s`)"]
    assert made.indexes[1]["column_sorting"] == {"s": ("desc",)}
    assert made.indexes[1]["dialect_options"] == {"using": "HASH"}
    assert made.indexes[2]["dialect_options"] == {"prefix": "FULLTEXT", "with_parser": "ngram"}
    assert made.foreign_keys[0]["referred_schema"] == "other"
    assert made.foreign_keys[0]["options"] == {"onupdate": "SET NULL"}
    assert made.checks == [{"name": "ck", "sqltext": "(`id` > 0)"}]
    assert made.options["engine"] == "InnoDB"
    assert made.options["partition_by"] == "HASH (`id`) PARTITIONS 4"


def test_an_unknown_type_is_read_with_a_warning():
    with pytest.warns(exc.DovetailWarning, match="geometry_of_tomorrow"):
        kind = read_type("geometry_of_tomorrow(3)")
    assert kind.__visit_name__ == "null"
