"""The same tables and expressions made with dovetail and with SQLAlchemy, as PostgreSQL's text."""

import warnings
from types import SimpleNamespace

import sqlalchemy
from sqlalchemy.dialects import postgresql as sqlalchemy_postgresql

import dovetail
from dovetail.dialects import postgresql as dovetail_postgresql


def tables(q, pg):
    """Return the tables of the comparison, made with the package *q* and its dialect *pg*."""
    metadata = q.MetaData()
    table = q.Table(
        "t",
        metadata,
        q.Column("id", q.Integer, primary_key=True),
        q.Column("s", q.String(50)),
        q.Column("n", q.Numeric(10, 2)),
        q.Column("b", q.Boolean),
        q.Column("f", q.Float),
        q.Column("d", q.DateTime(timezone=True)),
        q.Column("j", q.JSON),
        q.Column("jb", pg.JSONB),
        q.Column("u", q.Uuid),
        q.Column("e", q.Enum("a", "b", name="en")),
        q.Column("a", pg.ARRAY(q.Integer)),
        q.Column("by", q.LargeBinary),
        q.Column("da", q.Date),
        q.Column("ti", q.Time),
        q.Column("iv", q.Interval),
        q.Column("tx", q.Text),
        q.Column("big", q.BigInteger),
        q.Column("sm", q.SmallInteger),
        q.Column("ch", q.CHAR(3)),
        q.Column("hs", pg.HSTORE),
        q.Column("inet", pg.INET),
        q.Column("r", pg.INT4RANGE),
        q.Column("ts", pg.TSVECTOR),
        q.Column("bit", pg.BIT(3)),
        q.Column("mo", pg.MONEY),
        q.Column("ci", pg.CITEXT),
        q.Column("oid", pg.OID),
        q.Column("dbl", q.Double),
        q.Column("tsp", pg.TIMESTAMP(precision=3)),
        q.Column("sa", pg.ARRAY(q.String)),
        q.Column("do", pg.DOMAIN("posint", q.Integer)),
        q.Column("un", q.Unicode(5)),
        q.Column("cidr", pg.CIDR),
        q.Column("mac", pg.MACADDR),
        q.Column("pi", q.PickleType),
    )
    small = q.Table(
        "small", metadata, q.Column("id", q.Integer, primary_key=True), q.Column("x", q.Integer)
    )
    far = q.Table("far", metadata, q.Column("id", q.Integer, primary_key=True), schema="away")
    return SimpleNamespace(q=q, pg=pg, t=table, c=table.c, small=small, far=far)


OURS = tables(dovetail, dovetail_postgresql)
THEIRS = tables(sqlalchemy, sqlalchemy_postgresql)


def texts(make, **kwargs):
    """Return what *make* gives as SQL with dovetail and with SQLAlchemy."""
    ours = make(OURS).compile(dialect=dovetail_postgresql.dialect(), **kwargs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = make(THEIRS).compile(dialect=sqlalchemy_postgresql.dialect(), **kwargs)
        return str(ours), str(theirs)
