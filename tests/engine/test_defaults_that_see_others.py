"""Default functions that are given a context see what other defaults of the row have given."""

import pytest

from dovetail import Column, Integer, MetaData, String, Table, create_engine, insert, select, update
from dovetail.orm import DeclarativeBase, Session, mapped_column


def code(context):
    row = context.get_current_parameters()
    return f"{row['kind']}-{row['number']}"


def trace(context):
    row = context.get_current_parameters()
    return f"{row['changes']} of {min(row)}"


class Base(DeclarativeBase):
    pass


class Ticket(Base):
    __tablename__ = "ticket"

    id = mapped_column(Integer, primary_key=True)
    number = mapped_column(Integer, default=lambda: 7)
    kind = mapped_column(String(9), default="bug")
    code = mapped_column(String(20), default=code)
    changes = mapped_column(Integer, onupdate=lambda: 5)
    trace = mapped_column(String(20), onupdate=trace)


TICKETS = Ticket.__table__


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


@pytest.mark.parametrize("target", [Ticket, TICKETS], ids=["class", "table"])
@pytest.mark.parametrize(
    ("values", "rows", "codes"),
    [
        (None, [{}], ["bug-7"]),
        ({"number": 3}, [{}], ["bug-3"]),
        ({"kind": "wish"}, [{}], ["wish-7"]),
        ([{"number": 1}, {"number": 2}], [{}], ["bug-1", "bug-2"]),
        (None, [{"number": 1}, {"number": 2}], ["bug-1", "bug-2"]),
        ({"kind": "wish"}, [{"number": 1}, {"number": 2}], ["wish-1", "wish-2"]),
        (None, [{"kind": "a", "number": 1, "code": "x"}], ["x"]),
    ],
)
def test_an_insert(session, target, values, rows, codes):
    statement = insert(target) if values is None else insert(target).values(values)
    connection = session.connection()
    if target is TICKETS:
        connection.execute(statement, *([rows] if rows != [{}] else []))
    else:
        session.execute(statement, *([rows] if rows != [{}] else []))
    assert session.scalars(select(TICKETS.c.code).order_by(TICKETS.c.id)).all() == codes


def test_an_update(session):
    session.add_all([Ticket(id=1), Ticket(id=2), Ticket(id=3)])
    session.flush()
    session.execute(update(Ticket).where(Ticket.id == 1).values(kind="wish"))
    session.connection().execute(update(TICKETS).where(TICKETS.c.id == 2).values(kind="wish"))
    session.execute(update(Ticket), [{"id": 3, "kind": "wish"}])
    found = session.execute(select(TICKETS.c.changes, TICKETS.c.trace).order_by(TICKETS.c.id))
    assert found.all() == [(5, "5 of changes")] * 3


def test_each_default_is_asked_once_for_a_row():
    asked = []
    table = Table(
        "counted",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("number", Integer, default=lambda: asked.append(1) or len(asked)),
        Column("twice", Integer, default=lambda context: context.current_parameters["number"] * 2),
    )
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"id": 1}, {"id": 2}])
        connection.execute(table.insert())
        found = connection.execute(select(table.c.number, table.c.twice).order_by(table.c.id))
        assert found.all() == [(1, 2), (2, 4), (3, 6)]
