"""Definitions read as SQLAlchemy's users know them."""

import re

import pytest

from dovetail import exc, schema as dovetail_schema
from dovetail.dialects import postgresql
from tests.postgresql.oracle import OURS, THEIRS

TYPES = {
    "b": lambda q, pg: q.BigInteger,
    "c": lambda q, pg: q.String,
    "c2": lambda q, pg: q.String(collation="C"),
    "d": lambda q, pg: q.Float,
    "d2": lambda q, pg: q.Float(53),
    "e": lambda q, pg: q.Double,
    "f": lambda q, pg: q.DateTime,
    "g": lambda q, pg: q.DateTime(timezone=True),
    "h": lambda q, pg: q.Time(timezone=True),
    "i": lambda q, pg: q.Interval,
    "i2": lambda q, pg: q.Interval(second_precision=3),
    "j": lambda q, pg: q.LargeBinary,
    "k": lambda q, pg: q.JSON,
    "l": lambda q, pg: q.Uuid,
    "l2": lambda q, pg: q.Uuid(native_uuid=False),
    "m": lambda q, pg: q.Enum("a", "b", name="en"),
    "n": lambda q, pg: q.Enum("a", "b", native_enum=False),
    "o": lambda q, pg: q.ARRAY(q.String(5), dimensions=2),
    "o2": lambda q, pg: pg.ARRAY(q.String(collation="C")),
    "p": lambda q, pg: pg.INTERVAL(fields="YEAR TO MONTH", precision=3),
    "q": lambda q, pg: pg.BIT,
    "r": lambda q, pg: pg.BIT(5, varying=True),
    "r2": lambda q, pg: pg.BIT(varying=True),
    "s": lambda q, pg: pg.TIMESTAMP(True, 3),
    "t": lambda q, pg: pg.TIME(precision=2),
    "u": lambda q, pg: q.PickleType,
    "v": lambda q, pg: q.Numeric(5, 2),
    "w": lambda q, pg: pg.DOUBLE_PRECISION,
    "x": lambda q, pg: q.Unicode(5),
    "y": lambda q, pg: q.CHAR,
    "z": lambda q, pg: pg.DOMAIN("dd", q.Integer),
    "aa": lambda q, pg: pg.ENUM("x", name="Ex", schema="sc"),
    "ff": lambda q, pg: q.TIMESTAMP(timezone=True),
    "hh": lambda q, pg: q.REAL,
    "kk": lambda q, pg: q.FLOAT(5),
    "ll": lambda q, pg: q.DECIMAL(5),
    "mm": lambda q, pg: pg.HSTORE,
    "nn": lambda q, pg: pg.INT4RANGE,
    "oo": lambda q, pg: pg.TSTZMULTIRANGE,
    "pp": lambda q, pg: pg.JSONB,
    "qq": lambda q, pg: pg.INET,
    "rr": lambda q, pg: pg.TSVECTOR,
    "ss": lambda q, pg: pg.MACADDR8,
    "tt": lambda q, pg: pg.CITEXT,
    "uu": lambda q, pg: pg.REGCLASS,
    "vv": lambda q, pg: pg.BYTEA,
    "ww": lambda q, pg: pg.MONEY,
}

TABLES = [
    lambda q, pg: [q.Column("id", q.Integer, primary_key=True)],
    lambda q, pg: [q.Column("id", q.SmallInteger, primary_key=True)],
    lambda q, pg: [q.Column("id", q.BigInteger, primary_key=True)],
    lambda q, pg: [q.Column("id", q.Integer, q.Sequence("sq"), primary_key=True)],
    lambda q, pg: [q.Column("id", q.Integer, q.Sequence("sq", optional=True), primary_key=True)],
    lambda q, pg: [q.Column("id", q.Integer, primary_key=True, autoincrement=False)],
    lambda q, pg: [
        q.Column(
            "id",
            q.Integer,
            q.Identity(always=True, start=5, increment=2, cycle=True),
            primary_key=True,
        )
    ],
    lambda q, pg: [
        q.Column("x", q.Integer, server_default="5"),
        q.Column("y", q.String, server_default=q.text("now()")),
        q.Column("z", q.Integer, q.Computed("x + 1", persisted=True)),
    ],
    lambda q, pg: [
        q.Column("x", q.Integer),
        q.Column("y", q.Integer),
        q.CheckConstraint("x > 5", name="ck", postgresql_not_valid=True),
        q.UniqueConstraint(
            "x", name="u", postgresql_nulls_not_distinct=True, postgresql_include=["y"]
        ),
        q.ForeignKeyConstraint(
            ["x"], ["t.y"], postgresql_not_valid=True, ondelete="SET NULL (x)", match="FULL"
        ),
        q.PrimaryKeyConstraint("y", name="pk", postgresql_include=["x"]),
    ],
    lambda q, pg: [
        q.Column("x", q.Integer),
        q.Column("y", pg.INT4RANGE),
        pg.ExcludeConstraint(
            ("x", "="),
            ("y", "&&"),
            where=q.text("x > 5"),
            name="ex",
            deferrable=True,
            initially="DEFERRED",
            ops={"x": "my_ops"},
        ),
        pg.ExcludeConstraint((q.func.foo(q.column("x")), "="), using="btree"),
    ],
]

OPTIONS = [
    {"prefixes": ["TEMPORARY"], "postgresql_on_commit": "DELETE ROWS"},
    {"prefixes": ["UNLOGGED"], "postgresql_inherits": ("a", "B")},
    {
        "postgresql_partition_by": "LIST (x)",
        "postgresql_with": {"fillfactor": 50},
        "postgresql_tablespace": "ts",
        "postgresql_using": "heap",
    },
    {"postgresql_with_oids": False, "postgresql_on_commit": "PRESERVE_ROWS"},
]

INDEXES = [
    lambda q, t: q.Index("i", t.c.id),
    lambda q, t: q.Index(
        "i",
        t.c.id,
        unique=True,
        postgresql_using="btree",
        postgresql_where=t.c.id > 5,
        postgresql_include=["s"],
        postgresql_with={"fillfactor": 50},
        postgresql_tablespace="ts",
        postgresql_concurrently=True,
        postgresql_nulls_not_distinct=True,
        postgresql_ops={"id": "int4_ops"},
    ),
    lambda q, t: q.Index("i", q.func.lower(t.c.s)),
    lambda q, t: q.Index(
        "i", q.func.lower(t.c.s).label("lo"), postgresql_ops={"lo": "text_pattern_ops"}
    ),
    lambda q, t: q.Index("i", t.c.s.desc().nulls_last()),
    lambda q, t: q.Index("i", t.c.id + 5),
    lambda q, t: q.Index("i", q.text("lower(s)"), _table=t),
    lambda q, t: q.Index("i", t.c.s.collate("C")),
    lambda q, t: q.Index("i", t.c.id, postgresql_nulls_not_distinct=False),
    lambda q, t: q.Index("i", t.c.s, postgresql_where=t.c.s == "it's \\"),
]

OTHERS = [
    lambda w, s: w.pg.CreateEnumType(w.pg.ENUM("a", "b'", name="My Enum", schema="sc")),
    lambda w, s: w.pg.DropEnumType(w.pg.ENUM("a", name="x")),
    lambda w, s: w.pg.CreateDomainType(
        w.pg.DOMAIN("d", w.q.Integer, default=w.q.text("now()"), not_null=True, check="VALUE > 5")
    ),
    lambda w, s: w.pg.DropDomainType(w.pg.DOMAIN("d", w.q.Integer)),
    lambda w, s: s.CreateSequence(
        w.q.Sequence(
            "s",
            start=1,
            increment=2,
            minvalue=1,
            nomaxvalue=True,
            cache=5,
            cycle=True,
            data_type=w.q.BigInteger,
            schema="q",
        )
    ),
    lambda w, s: s.SetTableComment(w.q.Table("c", w.q.MetaData(), comment="it's \\ 50%")),
    lambda w, s: s.CreateSchema("My Schema", if_not_exists=True),
    lambda w, s: s.DropSchema("my", cascade=True),
]


def _both(make):
    texts = []
    for world in (OURS, THEIRS):
        node = make(world, world.q.schema if world is THEIRS else dovetail_schema)
        texts.append(str(node.compile(dialect=world.pg.dialect())))
    return texts


def _create(world, items, **options):
    q = world.q
    schema = q.schema if world is THEIRS else dovetail_schema
    return schema.CreateTable(q.Table("t", q.MetaData(), *items(q, world.pg), **options))


@pytest.mark.parametrize("name", TYPES)
def test_types(name):
    ours, theirs = _both(
        lambda w, s: _create(w, lambda q, pg: [q.Column(name, TYPES[name](q, pg))])
    )

    assert ours == theirs


@pytest.mark.parametrize("items", TABLES)
def test_tables(items):
    ours, theirs = _both(lambda w, s: _create(w, items))

    assert ours == theirs


@pytest.mark.parametrize("options", OPTIONS)
def test_table_options(options):
    ours, theirs = _both(
        lambda w, s: _create(w, lambda q, pg: [q.Column("x", q.Integer)], **options)
    )

    assert ours == theirs


@pytest.mark.parametrize("make", INDEXES)
@pytest.mark.parametrize("verb", ["CreateIndex", "DropIndex"])
def test_indexes(make, verb):
    def statement(world, schema):
        q = world.q
        columns = q.Column("id", q.Integer), q.Column("s", q.String)
        table = q.Table("t", q.MetaData(), *columns, schema="sc")
        return getattr(schema, verb)(make(q, table))

    ours, theirs = _both(statement)

    assert as_the_standard(ours) == theirs


def as_the_standard(sql):
    """*sql* with ``E'…'``, which we write for a backslash, as a literal without escapes."""
    return re.sub(r"E'(?:[^'\\]|''|\\\\)*'", lambda m: m[0][1:].replace("\\\\", "\\"), sql)


@pytest.mark.parametrize("make", OTHERS)
def test_other_definitions(make):
    ours, theirs = _both(make)

    assert as_the_standard(ours) == theirs


def test_the_name_of_a_domains_check_stands_before_the_check():
    domain = postgresql.DOMAIN(
        "d", OURS.q.Integer, default="5", constraint_name="ck", not_null=True, check="VALUE > 5"
    )

    text = str(postgresql.CreateDomainType(domain).compile(dialect=postgresql.dialect()))

    assert text == (
        "CREATE DOMAIN d AS INTEGER DEFAULT '5' NOT NULL CONSTRAINT ck CHECK (VALUE > 5)"
    )


def test_types_that_only_others_have_become_its_own():
    def text(type_):
        return type_.compile(dialect=postgresql.dialect())

    q = OURS.q
    assert [text(each) for each in (q.BLOB(), q.DATETIME(), q.DOUBLE(), q.CLOB())] == [
        "BYTEA",
        "TIMESTAMP WITHOUT TIME ZONE",
        "DOUBLE PRECISION",
        "TEXT",
    ]
    assert [text(each) for each in (q.BINARY(3), q.VARBINARY(3), q.NVARCHAR(3))] == [
        "BYTEA",
        "BYTEA",
        "VARCHAR(3)",
    ]


def test_a_virtual_column_is_refused():
    q = OURS.q
    table = q.Table(
        "t", q.MetaData(), q.Column("x", q.Integer, q.Computed("1 + 1", persisted=False))
    )

    with pytest.raises(exc.CompileError, match="virtual"):
        dovetail_schema.CreateTable(table).compile(dialect=postgresql.dialect())


def test_an_enumeration_needs_a_name():
    with pytest.raises(exc.CompileError, match="needs a name"):
        OURS.q.Enum("a", "b").compile(dialect=postgresql.dialect())
