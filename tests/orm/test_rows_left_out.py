"""INSERTs of which the database leaves rows out: nothing is taken for what another row is."""

import pytest

from dovetail import FetchedValue, Integer, String, create_engine, insert, inspect
from dovetail.exc import FlushError, InvalidRequestError
from dovetail.orm import DeclarativeBase, Session, mapped_column
from tests.servers import BACKENDS

BY_SERVER = {
    "sqlite": [
        """CREATE TRIGGER leaves_out BEFORE INSERT ON {table} WHEN new.data = 'bad'
        BEGIN SELECT RAISE(IGNORE); END"""
    ],
    "postgresql": [
        """CREATE FUNCTION leave_out_{table}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.data = 'bad' THEN RETURN NULL; END IF; RETURN NEW; END $$""",
        """CREATE TRIGGER leaves_out BEFORE INSERT ON {table}
        FOR EACH ROW EXECUTE FUNCTION leave_out_{table}()""",
    ],
}


class Base(DeclarativeBase):
    pass


class Made(Base):
    """The server makes the key."""

    __tablename__ = "made"

    id = mapped_column(Integer, primary_key=True)
    data = mapped_column(String(20))


class Given(Base):
    """The program gives the key, and the server another value."""

    __tablename__ = "given"

    id = mapped_column(Integer, primary_key=True, autoincrement=False)
    data = mapped_column(String(20))
    of_server = mapped_column(Integer, FetchedValue(), server_default="3")


class OneByOne(Base):
    """The driver tells the key of one row."""

    __tablename__ = "one_by_one"
    __table_args__ = {"implicit_returning": False}

    id = mapped_column(Integer, primary_key=True)
    data = mapped_column(String(20))


@pytest.fixture(params=[b for b in BACKENDS if b.server in BY_SERVER], ids=lambda b: b.name)
def engine(request, databases, tmp_path):
    request.param.require()
    engine = create_engine(databases.url(request.param, tmp_path))
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for table in Base.metadata.tables:
            for sql in BY_SERVER[request.param.server]:
                connection.exec_driver_sql(sql.format(table=table))
    yield engine
    engine.dispose()


def made_of(class_, *data):
    keys = {Given: range(1, 9)}.get(class_, [None] * 8)
    return [
        class_(data=text) if key is None else class_(id=key, data=text)
        for key, text in zip(keys, data, strict=False)
    ]


@pytest.mark.parametrize("class_", [Made, Given, OneByOne])
@pytest.mark.parametrize("data", [["bad"], ["a", "bad", "b"], ["a", "b", "bad"], ["bad"] * 3])
def test_a_flush_refuses_rows_that_the_database_has_left_out(engine, class_, data):
    with Session(engine) as session:
        instances = made_of(class_, *data)
        session.add_all(instances)
        with pytest.raises(FlushError, match=f"INSERT INTO {class_.__tablename__}: of "):
            session.flush()
        session.rollback()
        assert all(inspect(instance).transient for instance in instances)

        session.add_all(made_of(class_, "a", "b"))
        session.commit()
        assert session.query(class_.data).order_by(class_.id).all() == [("a",), ("b",)]


@pytest.mark.parametrize("class_", [Made, OneByOne])
def test_bulk_inserts_that_hand_keys_back_refuse_them_too(engine, class_):
    with Session(engine) as session:
        instances = made_of(class_, "a", "bad", "b")
        with pytest.raises(FlushError, match=f"INSERT INTO {class_.__tablename__}: of "):
            session.bulk_save_objects(instances, return_defaults=True)
        session.rollback()
        assert session.query(class_).count() == 0


def test_rows_that_shall_be_in_the_order_of_their_parameters_are_all_there_or_refused(engine):
    rows = [{"data": "a"}, {"data": "bad"}, {"data": "b"}]
    with Session(engine) as session:
        statement = insert(Made).returning(Made.id, Made.data)
        assert sorted(row.data for row in session.execute(statement, rows)) == ["a", "b"]
        session.rollback()
        statement = insert(Made).returning(Made.id, sort_by_parameter_order=True)
        with pytest.raises(InvalidRequestError, match="3 sets of parameters"):
            session.execute(statement, rows)
