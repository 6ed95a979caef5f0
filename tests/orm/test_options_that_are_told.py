"""Execution options reach those who watch the cursor; compared with the oracle."""

import pytest

from tests.orm.both import PACKAGES, World


def homes(package):
    w = World(package)
    sa, orm = w.sa, w.orm

    class Home(w.Base):
        __tablename__ = "home"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        name = orm.mapped_column(sa.String(10), default="name")
        rooms = orm.relationship("Room")

    class Room(w.Base):
        __tablename__ = "room"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        home_id = orm.mapped_column(sa.ForeignKey("home.id"))

    w.create()
    w.add(Home(id=1, rooms=[Room(id=1)]))
    w.told = []

    def note(connection, cursor, statement, parameters, context, executemany):
        w.told.append((statement.split()[0].upper(), context.execution_options.get("mark")))

    sa.event.listen(w.engine, "before_cursor_execute", note)
    w.Home = Home
    return w


def first_rooms(w, statement):
    w.s.expunge_all()
    return w.s.execute(statement).scalars().first().rooms


ROWS = [{"id": 8, "name": "x"}, {"id": 9, "name": "y"}]
PROGRAMS = {
    "a statement of entities": lambda w, q, o: w.s.execute(q.execution_options(**o)).all(),
    "with the statement": lambda w, q, o: w.s.execute(q, execution_options=o).all(),
    "one over the other": lambda w, q, o: w.s.execute(
        q.execution_options(mark="first"), execution_options=o
    ).all(),
    "columns": lambda w, q, o: w.s.execute(w.sa.select(w.Home.id).execution_options(**o)).all(),
    "scalars": lambda w, q, o: w.s.scalars(q, execution_options=o).all(),
    "a query": lambda w, q, o: w.s.query(w.Home).execution_options(**o).all(),
    "a query that counts": lambda w, q, o: w.s.query(w.Home).execution_options(**o).count(),
    "get": lambda w, q, o: w.s.get(w.Home, 1, execution_options=o, populate_existing=True),
    "what is loaded with it": lambda w, q, o: w.s.execute(
        q.options(w.orm.selectinload(w.Home.rooms)).execution_options(populate_existing=True, **o)
    ).all(),
    "a later load": lambda w, q, o: first_rooms(w, q.execution_options(**o)),
    "an UPDATE": lambda w, q, o: w.s.execute(
        w.sa.update(w.Home).where(w.Home.id == 1).values(name="b").execution_options(**o)
    ),
    "an INSERT of rows": lambda w, q, o: w.s.execute(
        w.sa.insert(w.Home), ROWS, execution_options=o
    ),
    "text": lambda w, q, o: w.s.execute(w.sa.text("SELECT 1").execution_options(**o)).all(),
    "instances of text": lambda w, q, o: w.s.execute(
        q.from_statement(w.sa.text("SELECT * FROM home")), execution_options=o
    ).all(),
    "a stream": lambda w, q, o: w.s.execute(q.execution_options(yield_per=1, **o)).all(),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_options_of_statements_are_told(program):
    def told(w):
        PROGRAMS[program](w, w.sa.select(w.Home), {"mark": 5})
        w.s.close()
        return w.told

    ours, theirs = (told(homes(package)) for package in PACKAGES)

    assert ours == theirs
    assert ours[0][1] == 5


@pytest.mark.parametrize(
    "program",
    ["a statement of entities", "columns", "what is loaded with it", "a later load", "an UPDATE"],
)
def test_options_that_a_listener_gives_are_told(program):
    def told(w):
        @w.sa.event.listens_for(w.s, "do_orm_execute")
        def mark(state):
            state.update_execution_options(mark=7)

        PROGRAMS[program](w, w.sa.select(w.Home), {})
        w.s.close()
        return w.told

    ours, theirs = (told(homes(package)) for package in PACKAGES)

    assert ours == theirs
    assert {mark for _, mark in ours} == {7}
