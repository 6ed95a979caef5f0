"""Definitions read as SQLAlchemy's users know them, and a running MariaDB takes them."""

import pytest

from dovetail import Column, Computed, Integer, MetaData, String, Table, exc, inspect, text
from dovetail.dialects import mysql

from .oracle import DIALECTS, OURS, THEIRS, mysql_8, texts


def all_kinds(x):
    q, my = x.q, x.my
    kinds = [
        q.Boolean, q.String(20), q.Numeric(10, 2), q.Numeric, q.DateTime, q.Time, q.Interval,
        q.Uuid, q.UUID, q.Uuid(native_uuid=False), q.JSON, q.Enum("a'b", "c\\d", name="e"),
        q.Enum("a", native_enum=False), q.LargeBinary, q.LargeBinary(10), q.Text, q.Text(100),
        q.Float, q.Float(10), q.Double, q.Unicode(5), q.UnicodeText, q.BigInteger,
        q.SmallInteger, q.PickleType, q.NCHAR(3), q.BINARY(5), q.String(5, "utf8mb4_bin"),
        my.BIGINT(20, unsigned=True, zerofill=True), my.INTEGER(11), my.MEDIUMINT(5),
        my.TINYINT(1), my.TINYINT(unsigned=True), my.SMALLINT(zerofill=True), my.BIT, my.BIT(5),
        my.YEAR, my.YEAR(4), my.SET("a", "b'c"), my.ENUM("a", charset="latin1"),
        my.ENUM("a", collation="utf8mb4_bin"), my.TINYTEXT(charset="ascii"),
        my.MEDIUMTEXT(binary=True), my.LONGTEXT(ascii=True), my.TEXT(100, unicode=True),
        my.TINYBLOB, my.MEDIUMBLOB, my.LONGBLOB, my.CHAR(5, national=True), my.CHAR,
        my.VARCHAR(20, charset="latin1", collation="latin1_bin"), my.NVARCHAR(5),
        my.NCHAR(5, collation="utf8_bin"), my.DATETIME(fsp=6), my.TIME(fsp=3),
        my.TIMESTAMP(fsp=6), my.DECIMAL(10, 2, unsigned=True), my.NUMERIC(10, zerofill=True),
        my.FLOAT(10, 2), my.FLOAT(10), my.FLOAT(unsigned=True), my.DOUBLE(10, 2), my.DOUBLE,
        my.REAL(10, 2, unsigned=True), my.INET4, my.INET6,
    ]  # fmt: skip
    columns = [q.Column(f"c{number}", kind) for number, kind in enumerate(kinds)]
    return x.ddl.CreateTable(q.Table("kinds", q.MetaData(), *columns))


def defaults(x):
    q, my = x.q, x.my
    return x.ddl.CreateTable(
        q.Table(
            "defaults",
            q.MetaData(),
            q.Column("id", q.BigInteger, primary_key=True, comment="a 'q' \\ % c"),
            q.Column("s", q.String(5), server_default="x'\\y", nullable=False, comment="c"),
            q.Column("ts", q.TIMESTAMP, nullable=False),
            q.Column(
                "ts2",
                q.TIMESTAMP,
                server_default=q.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"),
            ),
            q.Column("ts3", q.TIMESTAMP, server_default=q.func.now()),
            q.Column("dt", q.DateTime, server_default=q.func.current_timestamp()),
            q.Column("dt6", my.DATETIME(fsp=6), server_default=q.func.current_timestamp(6)),
            q.Column("x", q.Integer, server_default=q.text("(1 + 2)")),
            q.Column("y", q.Integer, server_default=q.func.abs(-5)),
            q.Column("z", q.Integer, server_default=q.literal(1) + q.literal(2)),
            q.Column("b", q.Boolean, server_default=q.true()),
            q.Column("c", q.Integer, q.Computed("x + 1")),
            q.Column("v", q.Integer, q.Computed("x + 1", persisted=False)),
            q.Column("p", q.Integer, q.Computed("x + 1", persisted=True)),
            q.UniqueConstraint("s", name="uq"),
            q.CheckConstraint("x > 0", name="ck"),
            comment="it's",
        )
    )


def options(x):
    q = x.q
    given = {"engine": "InnoDB", "charset": "utf8mb4", "collate": "utf8mb4_bin"}
    given |= {"row_format": "DYNAMIC", "partition_by": "HASH(b)", "partitions": "4"}
    return x.ddl.CreateTable(
        q.Table(
            "options",
            q.MetaData(),
            q.Column("a", q.Integer, primary_key=True, autoincrement=False),
            q.Column("b", q.Integer, primary_key=True, autoincrement=True),
            comment="c",
            **{f"{name}_{key}": value for name in DIALECTS for key, value in given.items()},
        )
    )


def indexed(x, **kw):
    q = x.q
    table = q.Table("i", q.MetaData(), q.Column("s", q.String(200)), q.Column("a", q.Integer))
    return table, {f"{name}_{key}": value for name in DIALECTS for key, value in kw.items()}


def index(*, unique=False, keys=("s",), **kw):
    def build(x):
        table, given = indexed(x, **kw)
        made = x.q.Index("ix", *[table.c[key] for key in keys], unique=unique, **given)
        return x.ddl.CreateIndex(made)

    return build


def drop(kind):
    def build(x):
        q = x.q
        parent = q.Table("p", q.MetaData(), q.Column("id", q.Integer, primary_key=True))
        table = q.Table(
            "i",
            parent.metadata,
            q.Column("id", q.Integer, q.ForeignKey("p.id", name="fk"), primary_key=True),
            q.UniqueConstraint("id", name="uq"),
            q.CheckConstraint("id > 0", name="ck"),
        )
        if kind == "index":
            return x.ddl.DropIndex(q.Index("ix", table.c.id))
        found = [c for c in table.constraints if c.name == kind or (kind, c.name) == ("pk", None)]
        return x.ddl.DropConstraint(found[0])

    return build


DEFINITIONS = {
    "types": all_kinds,
    "defaults": defaults,
    "options": options,
    "index": index(),
    "unique index": index(unique=True),
    "lengths": index(keys=("s", "a"), length={"s": 10}),
    "length": index(length=10),
    "fulltext": index(prefix="FULLTEXT", with_parser="ngram"),
    "using": index(using="hash"),
    **{f"drop {kind}": drop(kind) for kind in ("fk", "uq", "ck", "pk", "index")},
    "set comment": lambda x: x.ddl.SetTableComment(
        x.q.Table("c", x.q.MetaData(), x.q.Column("a", x.q.Integer), comment="it's %")
    ),
    "drop comment": lambda x: x.ddl.DropTableComment(x.t),
    "column comment": lambda x: x.ddl.SetColumnComment(
        x.q.Table("c", x.q.MetaData(), x.q.Column("a", x.q.Integer, comment="x")).c.a
    ),
    "sequence": lambda x: x.ddl.CreateSequence(
        x.q.Sequence("sq", start=1, increment=2, cache=3, cycle=True, nominvalue=True)
    ),
    "foreign key": lambda x: x.ddl.CreateTable(x.u),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", DEFINITIONS)
def test_as_the_oracle_writes_it(name, dialect):
    ours, theirs = texts(DEFINITIONS[name], dialect)

    assert ours == theirs


def test_options_that_name_mysql_hold_for_mariadb_too():
    table = Table("m", MetaData(), Column("s", String(200)), mysql_engine="MyISAM")
    made = mysql.dialect().ddl_compiler
    assert made is mysql.MariadbDialect.ddl_compiler
    for dialect, _ in DIALECTS.values():
        text_ = str(OURS.ddl.CreateTable(table).compile(dialect=dialect))
        assert text_.endswith(")ENGINE=MyISAM\n\n")


def test_a_match_of_a_foreign_key_is_refused():
    key = OURS.q.ForeignKeyConstraint(["a"], ["t.id"], match="FULL")
    table = Table("m", OURS.metadata, Column("a", Integer), key, extend_existing=True)
    with pytest.raises(exc.CompileError, match="MATCH"):
        OURS.ddl.CreateTable(table).compile(dialect=mysql.dialect())
    OURS.metadata.remove(table)


def test_a_computed_column_that_is_required():
    column = Column("c", Integer, Computed("1 + 1", persisted=True), nullable=False)
    create = OURS.ddl.CreateTable(Table("m", MetaData(), column))

    assert "STORED NOT NULL" in str(create.compile(dialect=mysql_8()))
    assert "NOT NULL" not in str(create.compile(dialect=mysql.MariadbDialect()))


def test_definitions_are_taken_by_the_server(engine):
    metadata = MetaData()
    for build in (all_kinds, defaults):
        build(OURS).element.to_metadata(metadata)
    with engine.begin() as connection:
        # Only servers of a narrower charset know these.
        connection.exec_driver_sql("SET SESSION sql_mode = ''")
        for table in metadata.sorted_tables:
            table.create(connection)
    assert set(inspect(engine).get_table_names()) == {"kinds", "defaults"}
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO defaults (ts) VALUES (NOW())"))
        assert connection.execute(text("SELECT s, p FROM defaults")).one() == ("x'\\y", 4)


def test_the_names_of_the_oracle_are_all_here():
    assert {name for name in THEIRS.my.__all__ if not hasattr(mysql, name)} == set()
