"""The same statements made with dovetail and with SQLAlchemy, to be compared as text."""

import warnings
from types import SimpleNamespace
from typing import Any

import sqlalchemy
from sqlalchemy.dialects import sqlite as sqlalchemy_sqlite

import dovetail
from dovetail.dialects.sqlite import dialect as sqlite_dialect


def tables(q: Any) -> SimpleNamespace:
    """Return the tables of the comparison, made with the package *q*."""
    metadata = q.MetaData()
    users = q.Table(
        "users",
        metadata,
        q.Column("id", q.Integer, primary_key=True),
        q.Column("name", q.String(50), nullable=False),
        q.Column("active", q.Boolean),
        q.Column("age", q.Integer),
        q.Column("balance", q.Numeric(10, 2)),
        q.Column("born", q.Date),
        q.Column("seen", q.DateTime),
        q.Column("data", q.JSON),
        q.Column("manager_id", q.ForeignKey("users.id")),
    )
    addresses = q.Table(
        "addresses",
        metadata,
        q.Column("id", q.Integer, primary_key=True),
        q.Column("user_id", q.ForeignKey("users.id")),
        q.Column("email", q.String),
        q.Column("Mixed Case", q.String, key="mixed"),
    )
    orders = q.Table(
        "order",
        metadata,
        q.Column("id", q.Integer, primary_key=True),
        q.Column("address_id", q.ForeignKey("addresses.id")),
        q.Column("select", q.Integer),
        schema="shop",
    )
    return SimpleNamespace(
        q=q, u=users, a=addresses, o=orders, users=users.c, addresses=addresses.c, orders=orders.c
    )


OURS = tables(dovetail)
THEIRS = tables(sqlalchemy)


def texts(make: Any, dialect: str | None = None, **kwargs: Any) -> tuple[str, str]:
    """Return what *make* gives as SQL with dovetail and with SQLAlchemy."""
    ours, theirs = make(OURS), None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = make(THEIRS)
        if dialect is None:
            return (
                str(ours.compile(compile_kwargs=kwargs)),
                str(theirs.compile(compile_kwargs=kwargs)),
            )
        return (
            str(ours.compile(dialect=sqlite_dialect(), compile_kwargs=kwargs)),
            str(theirs.compile(dialect=sqlalchemy_sqlite.dialect(), compile_kwargs=kwargs)),
        )
