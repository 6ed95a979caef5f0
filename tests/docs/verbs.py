"""The verbs that users meet first: each shows what it sends, in an example of its docstring."""

import inspect
import re
import textwrap
from contextlib import contextmanager

import dovetail
import dovetail.exc
import dovetail.orm
from dovetail import Connection, Engine, Result, Select, create_engine, event
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Query,
    Session,
    mapped_column,
    relationship,
    sessionmaker,
)
from dovetail.sql.expression.dml import Delete, Insert, Update

VERBS = {
    Session: (
        *(
            "add",
            "add_all",
            "atomic",
            "begin",
            "begin_nested",
            "bulk_insert_mappings",
            "bulk_save_objects",
        ),
        *("bulk_update_mappings", "commit", "connection", "delete", "delete_all", "execute"),
        *("expire", "explain", "expunge", "flush", "get", "get_by", "get_many", "get_one"),
        *("get_or_create", "is_modified", "load", "upsert", "upsert_all"),
        *(
            "merge",
            "merge_all",
            "no_autoflush",
            "on_commit",
            "query",
            "refresh",
            "release",
            "rollback",
            "scalar",
        ),
        *("scalars", "watch"),
    ),
    Select: (
        *("add_columns", "correlate", "cte", "distinct", "except_", "exists", "filter_by"),
        *("group_by", "having", "intersect", "join", "limit", "offset", "options", "order_by"),
        *("outerjoin", "scalar_subquery", "select_from", "subquery", "union", "union_all"),
        *("where", "with_only_columns"),
    ),
    Insert: ("from_select", "returning", "values"),
    Update: ("returning", "values", "where"),
    Delete: ("returning", "where"),
    Query: (
        *("all", "count", "delete", "filter", "filter_by", "first", "join", "one"),
        *("order_by", "update"),
    ),
    sessionmaker: ("attempts", "run"),
    Engine: ("run", "watch"),
    Connection: (
        *(
            "begin",
            "commit",
            "exec_driver_sql",
            "execute",
            "explain",
            "rollback",
            "scalar",
            "scalars",
        ),
    ),
    Result: ("all", "first", "mappings", "one", "one_or_none", "partitions", "scalars", "unique"),
    dovetail: (
        *("and_", "case", "cast", "delete", "exists", "insert", "literal", "not_", "or_"),
        *("select", "text", "tuple_", "union", "union_all", "update"),
    ),
    dovetail.orm: (
        *("aliased", "contains_eager", "defer", "immediateload", "joinedload", "lazyload"),
        *("load_only", "noload", "raiseload", "selectinload", "undefer", "with_loader_criteria"),
    ),
}
"""The verbs by what they belong to."""

_SENT = re.compile(
    r"# (EXPLAIN|SELECT|INSERT|UPDATE|DELETE|WITH|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b"
)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="user")


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(dovetail.ForeignKey("user_account.id"))
    total: Mapped[int]
    user: Mapped[User | None] = relationship(back_populates="orders")


@contextmanager
def shop():
    """The names that examples use, over a database of two users and three orders; what is sent."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as filling:
        filling.add_all(
            [
                User(id=1, name="ada", orders=[Order(id=1, total=30), Order(id=2, total=12)]),
                User(id=2, name="ben", orders=[Order(id=3, total=7)]),
            ]
        )
        filling.commit()
    sent = []
    _listen(engine, sent)
    names = {
        **vars(dovetail.exc),
        **vars(dovetail),
        **vars(dovetail.orm),
        "engine": engine,
        "Factory": sessionmaker(engine),
        "User": User,
        "Order": Order,
    }
    with Session(engine) as session, engine.connect() as connection:
        yield {**names, "session": session, "connection": connection}, sent
        session.rollback()
    engine.dispose()


def _listen(engine, sent):
    def statement(connection, execution):
        if execution.kind == "statement":
            sent.append(" ".join(execution.sql.split()))

    event.listen(engine, "after_statement", statement)
    event.listen(engine, "commit", lambda connection: sent.append("COMMIT"))
    event.listen(engine, "rollback", lambda connection: sent.append("ROLLBACK"))
    for name, text in (
        ("savepoint", "SAVEPOINT"),
        ("rollback_savepoint", "ROLLBACK TO SAVEPOINT"),
        ("release_savepoint", "RELEASE SAVEPOINT"),
    ):
        event.listen(engine, name, lambda *_, text=text: sent.append(text))


def example_of(owner, name):
    """(code, what it sends) of the example in the docstring of the verb; None if there is none."""
    doc = inspect.getdoc(getattr(owner, name)) or ""
    for block in re.split(r"::\n\n", doc)[1:]:
        lines = []
        for line in block.splitlines():
            if line.strip() and not line.startswith("    "):
                break
            lines.append(line)
        text = textwrap.dedent("\n".join(lines))
        if _SENT.search(text):
            return text, _told(text)
    return None


def _told(text):
    """The statements that comments tell, each in one line."""
    told = []
    for line in map(str.strip, text.splitlines()):
        if _SENT.match(line):
            told.append(line[2:])
        elif line.startswith("#     ") and told:
            told[-1] += " " + line[2:].strip()
    return told


def ran(code):
    """What *code*, an example, sends."""
    with shop() as (names, sent):
        del sent[:]
        exec(compile(code, "<example>", "exec"), names)
        return list(sent)
