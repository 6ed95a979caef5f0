"""What errors mean: on the running server where it raises them, by number where it does not."""

import pytest

from dovetail import (
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    exc,
    insert,
    text,
)
from dovetail.dialects.driver import Cause
from dovetail.dialects.mysql.errors import classify

metadata = MetaData()
parent = Table(
    "parent",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(3), nullable=False),
    Column("size", Integer),
    UniqueConstraint("name", name="one_name"),
    CheckConstraint("size > 0", name="has_size"),
)
child = Table(
    "child",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("parent_id", ForeignKey("parent.id", name="of_parent")),
)


@pytest.fixture
def tables(engine):
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(parent).values(id=1, name="a"))
        connection.execute(insert(child).values(id=1, parent_id=1))
    return engine


@pytest.mark.parametrize(
    ("sql", "kind", "constraint", "table", "columns"),
    [
        ("INSERT INTO parent VALUES (2, 'a', 1)", exc.UniqueViolation, "one_name", "parent", ()),
        ("INSERT INTO parent VALUES (1, 'b', 1)", exc.UniqueViolation, "PRIMARY", "parent", ()),
        (
            "INSERT INTO child VALUES (2, 77)",
            exc.ForeignKeyViolation,
            "of_parent",
            "child",
            ("parent_id",),
        ),
        (
            "DELETE FROM parent",
            exc.ForeignKeyViolation,
            "of_parent",
            "child",
            ("parent_id",),
        ),
        ("INSERT INTO parent VALUES (2, NULL, 1)", exc.NotNullViolation, None, "parent", ("name",)),
        ("INSERT INTO parent (id) VALUES (2)", exc.NotNullViolation, None, "parent", ("name",)),
        ("INSERT INTO parent VALUES (2, 'b', 0)", exc.CheckViolation, "has_size", "parent", ()),
        ("INSERT INTO parent VALUES (2, 'long', 1)", exc.DataError, None, None, ()),
        ("INSERT INTO parent VALUES (99999999999, 'b', 1)", exc.DataError, None, None, ()),
        ("INSERT INTO parent VALUES ('x', 'b', 1)", exc.DataError, None, None, ()),
        ("SELECT * FROM nowhere", exc.ProgrammingError, None, None, ()),
        ("SELECT nothing FROM parent", exc.ProgrammingError, None, None, ()),
        ("SELECT nothing()", exc.ProgrammingError, None, None, ()),
        ("SELEC 1", exc.ProgrammingError, None, None, ()),
    ],
)
def test_errors_say_what_was_violated(tables, sql, kind, constraint, table, columns):
    with tables.connect() as connection, pytest.raises(exc.DBAPIError) as caught:
        connection.exec_driver_sql(sql)
    error = caught.value

    assert type(error) is kind
    assert (error.constraint, error.table, error.columns) == (constraint, table, columns)
    assert error.retry_scope == "never"


def test_an_error_leaves_the_transaction_open(tables):
    with tables.begin() as connection:
        connection.exec_driver_sql("INSERT INTO parent VALUES (2, 'b', 1)")
        with pytest.raises(exc.UniqueViolation):
            connection.exec_driver_sql("INSERT INTO parent VALUES (2, 'b', 1)")
    with tables.connect() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM parent").scalar() == 2


def test_a_name_with_backticks_is_read_whole(engine):
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE p (id INT PRIMARY KEY)")
        connection.exec_driver_sql(
            "CREATE TABLE `c``d` (id INT, `a b` INT, "
            "CONSTRAINT `odd``name` FOREIGN KEY (`a b`) REFERENCES p (id))"
        )
        with pytest.raises(exc.ForeignKeyViolation) as caught:
            connection.exec_driver_sql("INSERT INTO `c``d` VALUES (1, 1)")

    error = caught.value
    assert (error.constraint, error.table, error.columns) == ("odd`name", "c`d", ("a b",))


def test_a_value_that_is_there_has_the_hint_of_an_upsert(tables):
    with pytest.raises(exc.UniqueViolation) as caught, tables.begin() as connection:
        connection.execute(insert(parent).values(id=1, name="b"))

    assert "on_duplicate_key_update" in caught.value.hint


def test_hints_for_what_cannot_be_reached(backend, backend_url):
    for url, message in [
        (backend_url.replace("root@", "nobody:secret@"), "user and password"),
        (backend_url.rsplit("/", 1)[0] + "/no_such_database", "CREATE DATABASE"),
        (f"{backend}://root@127.0.0.1:1/x", "does the server run"),
    ]:
        engine = create_engine(url)
        with pytest.raises(exc.OperationalError, match=message):
            engine.connect()


def test_a_statement_that_runs_too_long(connection):
    with pytest.raises(exc.StatementTimeout):
        connection.exec_driver_sql("SET STATEMENT max_statement_time=0.05 FOR SELECT SLEEP(3)")


def test_a_packet_that_is_too_big(connection):
    (limit,) = connection.exec_driver_sql("SELECT @@max_allowed_packet").one()
    with pytest.raises(exc.OperationalError, match="max_allowed_packet") as caught:
        connection.execute(text("SELECT LENGTH(:x)"), {"x": "x" * (int(limit) + 100)}).all()
    assert caught.value.retry_scope in ("never", "new_connection")


def test_a_lost_savepoint_is_explained(connection):
    connection.exec_driver_sql("SELECT 1")
    with pytest.raises(exc.OperationalError, match="definitions"), connection.begin_nested():
        connection.exec_driver_sql("CREATE TABLE commits_all (id INT)")


class Error(Exception):
    """Stands for a driver's error."""


def meaning(number, message="", **options):
    return classify(Error(number, message), Cause(error=exc.DatabaseError), **options)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (1213, exc.Deadlock),
        (1205, exc.LockTimeout),
        (3572, exc.LockTimeout),
        (3024, exc.StatementTimeout),
        (9007, exc.SerializationFailure),
        *((number, exc.SerializationFailure) for number in (8002, 8005, 8022, 8028)),
        (1020, exc.SerializationFailure),
        (3819, exc.CheckViolation),
        (1235, exc.NotSupportedError),
    ],
)
def test_numbers_have_meanings(number, kind):
    assert meaning(number).error is kind


@pytest.mark.parametrize("number", [2006, 2013, 1927, 1053, 4031, 1047])
def test_lost_connections_are_told(number):
    cause = meaning(number)

    assert cause.error is exc.Disconnected
    assert cause.disconnected
    assert cause.ends_transaction


def test_what_ends_a_transaction():
    assert meaning(1213).ends_transaction
    assert meaning(9007).ends_transaction
    assert not meaning(1205).ends_transaction
    assert meaning(1205, timeout_ends_transaction=True).ends_transaction


def test_a_key_of_mysql_8_tells_its_table():
    cause = meaning(1062, "Duplicate entry 'for key ''x' for key 'parent.one_name'")

    assert (cause.constraint, cause.table) == ("one_name", "parent")


def test_a_cluster_that_refuses_a_commit():
    size = meaning(1180, "Got error 90 during COMMIT: wsrep max write set size limit exceeded")
    quorum = meaning(1180, "WSREP has not yet prepared node for application use")

    assert size.ends_transaction
    assert quorum.retry_scope == "new_connection"


def test_unknown_numbers_are_what_the_driver_says():
    assert meaning(65000).error is exc.DatabaseError
    assert classify(Error(), Cause(error=exc.InterfaceError)).error is exc.Disconnected
    assert classify(Error("odd"), Cause(error=exc.InterfaceError)).error is exc.InterfaceError


def test_a_check_of_a_column_may_have_a_name(engine):
    own = MetaData()
    box = Table(
        "box",
        own,
        Column("id", Integer, primary_key=True),
        Column("size", Integer, CheckConstraint("size > 0", name="box_has_size")),
        Column("width", Integer, CheckConstraint("width > 0")),
    )
    own.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(box).values(size=1, width=1))
    for values, name in (({"size": -1}, "box_has_size"), ({"width": -1}, None)):
        with pytest.raises(exc.CheckViolation) as refused, engine.begin() as connection:
            connection.execute(insert(box).values(values))
        assert name in (None, refused.value.constraint)
