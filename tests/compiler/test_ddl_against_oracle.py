"""Definitions read as SQLAlchemy's users know them."""

import warnings

import pytest
import sqlalchemy
from sqlalchemy import schema as sqlalchemy_schema
from sqlalchemy.dialects import sqlite as sqlalchemy_sqlite

import dovetail
from dovetail import schema as dovetail_schema
from dovetail.dialects.sqlite import dialect as sqlite_dialect


def _types(q, s, m):
    return q.Table(
        "t",
        m,
        q.Column("a", q.Integer, primary_key=True),
        q.Column("b", q.BigInteger),
        q.Column("c", q.SmallInteger),
        q.Column("d", q.String),
        q.Column("e", q.String(20)),
        q.Column("f", q.Text),
        q.Column("g", q.Unicode(5)),
        q.Column("h", q.UnicodeText),
        q.Column("i", q.Boolean),
        q.Column("j", q.Float),
        q.Column("k", q.Double),
        q.Column("l", q.Numeric(10, 2)),
        q.Column("m", q.Numeric),
        q.Column("n", q.Date),
        q.Column("o", q.Time),
        q.Column("p", q.DateTime),
        q.Column("q", q.Interval),
        q.Column("r", q.LargeBinary),
        q.Column("s", q.Enum("x", "yy")),
        q.Column("t", q.JSON),
        q.Column("u", q.Uuid),
        q.Column("v", q.PickleType),
        q.Column("w", q.VARCHAR(5)),
        q.Column("x", q.TIMESTAMP),
        q.Column("y", q.DECIMAL(5, 1)),
        q.Column("z", q.REAL),
    )


def _keys(q, s, m):
    q.Table("parent", m, q.Column("id", q.Integer, primary_key=True), q.Column("x", q.Integer))
    return q.Table(
        "child",
        m,
        q.Column("a", q.Integer, primary_key=True),
        q.Column("b", q.Integer, primary_key=True),
        q.Column("p", q.ForeignKey("parent.id", ondelete="CASCADE", onupdate="SET NULL")),
        q.Column("q", q.Integer, unique=True, nullable=False),
        q.Column("r", q.Integer, q.CheckConstraint("r > 5")),
        q.Column("s", q.Integer),
        q.UniqueConstraint("q", "r", name="both"),
        q.CheckConstraint("q > r", name="larger"),
        q.ForeignKeyConstraint(["s"], ["parent.x"], name="fk_s", deferrable=True),
    )


def _hostile(q, s, m):
    return q.Table(
        'My "Table"',
        m,
        q.Column("order", q.Integer, primary_key=True),
        q.Column("With Space", q.String),
        q.Column("UPPER", q.String),
        q.Column("semi;colon", q.String),
        q.Column('quo"te', q.String),
        q.Column("per%cent", q.String),
        q.Column("5digit", q.String),
        q.Column("plain_5", q.String),
        q.Column(q.quoted_name("forced", True), q.String),
    )


def _defaults(q, s, m):
    return q.Table(
        "t",
        m,
        q.Column("a", q.Integer, server_default="5"),
        q.Column("b", q.String, server_default="it's"),
        q.Column("c", q.DateTime, server_default=q.func.now()),
        q.Column("d", q.Integer, server_default=q.text("7"), nullable=False),
        q.Column("e", q.Boolean, server_default=q.true()),
    )


def _constrained(q, s, m):
    return q.Table(
        "t",
        m,
        q.Column("a", q.Enum("x", "y", create_constraint=True, name="ck_a")),
        q.Column("b", q.String, q.Computed("a || 'x'")),
    )


def _convention(q, s, m):
    m.naming_convention = {
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
    q.Table("parent", m, q.Column("id", q.Integer, primary_key=True))
    return q.Table(
        "child",
        m,
        q.Column("id", q.Integer, primary_key=True),
        q.Column("p", q.ForeignKey("parent.id")),
        q.Column("u", q.Integer, unique=True),
        q.CheckConstraint("u > 5", name="big"),
        q.UniqueConstraint("p", "u"),
    )


def _schema(q, s, m):
    return q.Table("t", m, q.Column("a", q.Integer), schema="over.there", prefixes=["TEMPORARY"])


TABLES = [_types, _keys, _hostile, _defaults, _constrained, _convention, _schema]


@pytest.mark.parametrize("on", ["standard", "sqlite"])
@pytest.mark.parametrize("make", TABLES, ids=lambda make: make.__name__)
def test_tables_are_created_the_same(make, on):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = dovetail_schema.CreateTable(make(dovetail, dovetail_schema, dovetail.MetaData()))
        theirs = sqlalchemy_schema.CreateTable(
            make(sqlalchemy, sqlalchemy_schema, sqlalchemy.MetaData())
        )
        if on == "standard":
            assert str(ours) == str(theirs)
        else:
            expected = theirs.compile(dialect=sqlalchemy_sqlite.dialect())
            assert str(ours.compile(dialect=sqlite_dialect())) == str(expected)


def _statements(q, s):
    m = q.MetaData()
    t = q.Table("t", m, q.Column("a", q.Integer), q.Column("b", q.String, index=True))
    u = q.Table("u", m, q.Column("a", q.Integer), schema="s")
    yield from (s.CreateIndex(index) for index in t.indexes)
    yield s.CreateIndex(q.Index("i", t.c.a, t.c.b.desc(), unique=True))
    yield s.CreateIndex(q.Index("j", q.func.lower(t.c.b)))
    yield s.CreateIndex(q.Index("k", t.c.a + 5))
    yield s.CreateIndex(q.Index("l", u.c.a))
    yield s.DropIndex(q.Index("m", t.c.a))
    yield s.DropTable(u)
    yield s.DropTable(t, if_exists=True)
    yield s.CreateSequence(q.Sequence("seq", start=5, increment=2))
    yield s.CreateSchema("somewhere")
    yield s.DDL("ALTER TABLE x")
    yield s.AddConstraint(q.UniqueConstraint(t.c.a, name="uq"))
    yield s.DropConstraint(q.UniqueConstraint(t.c.b, name="uq2"))


def test_definitions_read_the_same():
    ours = [str(each) for each in _statements(dovetail, dovetail_schema)]
    theirs = [str(each) for each in _statements(sqlalchemy, sqlalchemy_schema)]

    assert ours == theirs
