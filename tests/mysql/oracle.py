"""The same tables made with dovetail and with SQLAlchemy, and their texts for MySQL and MariaDB."""

import warnings
from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace

import sqlalchemy
import sqlalchemy.dialects.mysql as sqlalchemy_mysql
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect

import dovetail
import dovetail.dialects.mysql as dovetail_mysql


def tables(q, my, ddl):
    """The tables of the comparison, made with the package *q*."""
    metadata = q.MetaData()
    t = q.Table(
        "t",
        metadata,
        q.Column("id", q.Integer, primary_key=True),
        q.Column("s", q.String(20)),
        q.Column("j", q.JSON),
        q.Column("b", q.Boolean),
        q.Column("f", q.Float),
    )
    u = q.Table(
        "u",
        metadata,
        q.Column("id", q.Integer, primary_key=True),
        q.Column("tid", q.ForeignKey("t.id")),
        q.Column("s", q.String(20)),
    )
    return SimpleNamespace(q=q, my=my, ddl=ddl, metadata=metadata, t=t, u=u)


OURS = tables(dovetail, dovetail_mysql, import_module("dovetail.schema"))
THEIRS = tables(sqlalchemy, sqlalchemy_mysql, import_module("sqlalchemy.schema"))
DIALECTS = {
    "mysql": (dovetail_mysql.dialect(), sqlalchemy_mysql.dialect()),
    "mariadb": (dovetail_mysql.MariadbDialect(), MariaDBDialect()),
}


def mysql_8(**features):
    """Return a dialect that has met a MySQL 8.0.36, as the facts of such a server tell."""
    from dovetail.dialects.driver import ServerFacts
    from dovetail.dialects.mysql.features import of_server, read_version

    version, is_mariadb = read_version("8.0.36-0ubuntu0.22.04.1")
    made = dovetail_mysql.dialect()
    facts = of_server(version, is_mariadb=is_mariadb, sql_mode="")
    made.learn(ServerFacts(version=version, default_schema="test", features=facts))
    made.features = replace(made.features, **features)
    return made


def texts(build, dialect):
    """Return what *build* makes of the tables of both packages, as text."""
    found = []
    for place, side in enumerate((OURS, THEIRS)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = build(side)
            found.append(str(made.compile(dialect=DIALECTS[dialect][place])).strip())
    return found
