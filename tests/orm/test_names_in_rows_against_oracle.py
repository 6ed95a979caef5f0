"""How the items of rows are called, compared with SQLAlchemy."""

import importlib

import pytest

sqlalchemy = pytest.importorskip("sqlalchemy")


class World:
    """The same two classes and a row of each, under one of the packages."""

    def __init__(self, package):
        self.q = importlib.import_module(package)
        self.orm = importlib.import_module(f"{package}.orm")
        base = self.orm.declarative_base()
        q = self.q

        class User(base):
            __tablename__ = "user_account"

            id = q.Column(q.Integer, primary_key=True)
            title = q.Column("name", q.String(20))

        class Note(base):
            __tablename__ = "note"

            id = q.Column(q.Integer, primary_key=True)
            user_id = q.Column(q.ForeignKey("user_account.id"))

        self.User, self.Note = User, Note
        self.engine = q.create_engine("sqlite://")
        base.metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            connection.execute(User.__table__.insert(), [{"name": "ada"}])
            connection.execute(Note.__table__.insert(), [{"user_id": 1}])


@pytest.fixture(scope="module")
def worlds():
    return World("dovetail"), World("sqlalchemy")


ENTITIES = {
    "a function": lambda w: [w.q.func.lower(w.User.title)],
    "a function beside a column": lambda w: [w.User.id, w.q.func.count(w.User.id)],
    "a function twice": lambda w: [w.q.func.count(w.User.id), w.q.func.count(w.User.title)],
    "a function in a cast": lambda w: [w.q.cast(w.q.func.count(w.User.id), w.q.String)],
    "coalesce": lambda w: [w.q.func.coalesce(w.User.title, "x"), w.q.func.max(w.User.id)],
    "a function with a label": lambda w: [w.q.func.max(w.User.id).label("most")],
    "a column twice": lambda w: [w.User.id, w.User.id],
    "columns of one name": lambda w: [w.User.id, w.Note.id, w.User.title],
    "a label twice": lambda w: [w.User.id.label("x"), w.User.title.label("x")],
    "a column of the table and its attribute": lambda w: [w.User.__table__.c.id, w.User.id],
    "classes": lambda w: [w.User, w.Note],
    "a class and its column": lambda w: [w.User, w.User.id],
    "columns of the table": lambda w: [w.q.func.lower(w.User.__table__.c.name)],
}


@pytest.mark.parametrize("columns", ENTITIES.values(), ids=ENTITIES)
def test_rows_of_a_session(worlds, columns):
    found, expected = (_keys_in_session(world, columns) for world in worlds)

    assert found == expected


def _keys_in_session(world, columns):
    with world.orm.Session(world.engine) as session:
        statement = world.q.select(*columns(world)).join_from(world.User, world.Note)
        return list(session.execute(statement).keys())


TEXTS = {
    "a name after AS": ["5 AS five"],
    "a quoted name": ['count(*) as "how many"'],
    "a name alone": ["id known"],
    "columns": ["id", "user_account.name"],
    "several columns": ["id, name"],
    "a star": ["*"],
    "a column and a text": [None, "name as called"],
    "a call": ["count(*)"],
    "a number": ["5"],
    "a name twice": ["id", "id"],
}


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("in_session", [False, True], ids=["connection", "session"])
def test_texts_among_columns_are_called_as_the_server_calls_them(worlds, texts, in_session):
    found, expected = (_rows_of_texts(world, texts, in_session) for world in worlds)

    assert found == expected


def _rows_of_texts(world, texts, in_session):
    table = world.User.__table__
    columns = [table.c.id if one is None else world.q.text(one) for one in texts]
    statement = world.q.select(*columns).select_from(table)
    with world.engine.connect() as connection:
        executes = world.orm.Session(connection) if in_session else connection
        result = executes.execute(statement)
        return list(result.keys()), [tuple(row) for row in result]


def test_a_text_beside_attributes_has_the_name_after_as(worlds):
    world, _ = worlds
    statement = world.q.select(world.User, world.q.text("name AS called"), world.q.text("7"))

    with world.orm.Session(world.engine) as session:
        row = session.execute(statement).one()

    assert (row.User.title, row.called, row._mapping["7"]) == ("ada", "ada", 7)


def test_a_text_that_is_returned_has_the_name_after_as(worlds):
    world, _ = worlds
    table = world.Note.__table__
    with world.engine.connect() as connection:
        statement = table.insert().returning(table.c.id, world.q.text("user_id AS owner"))
        row = connection.execute(statement, {"user_id": 1}).one()

    assert row._mapping["owner"] == 1


def test_attributes_find_their_values_beside_texts(worlds):
    world, _ = worlds
    text = world.q.text("name AS called")
    statement = world.q.select(world.User.id, text).select_from(world.User)

    with world.orm.Session(world.engine) as session:
        row = session.execute(statement).one()

    assert row._mapping[world.User.id] == 1
    assert row.called == "ada"
