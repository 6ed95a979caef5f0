"""One class of error for one cause, on every server; and what the transaction is after it."""

import pytest


@pytest.fixture
def thing(sa, connection, metadata):
    sa.Table("owner", metadata, sa.Column("id", sa.Integer, primary_key=True))
    thing = sa.Table(
        "thing",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.String(5), nullable=False),
        sa.Column("size", sa.Integer),
        sa.Column("owner_id", sa.ForeignKey("owner.id", name="fk_thing_owner")),
        sa.UniqueConstraint("code", name="uq_thing_code"),
        sa.CheckConstraint("size > 0", name="ck_thing_size"),
    )
    if connection.dialect.name == "sqlite":
        connection.commit()
        with connection.engine.connect() as other:
            other.execution_options(isolation_level="AUTOCOMMIT")
    metadata.create_all(connection)
    connection.execute(sa.insert(thing).values(id=1, code="a", size=1))
    connection.commit()
    return thing


CAUSES = {
    "UniqueViolation": {"id": 2, "code": "a"},
    "NotNullViolation": {"id": 2, "code": None},
    "CheckViolation": {"id": 2, "code": "b", "size": -1},
    "ForeignKeyViolation": {"id": 2, "code": "b", "owner_id": 99},
}


@pytest.mark.parametrize("cause", CAUSES)
def test_violations_have_their_own_classes(cause, sa, connection, thing):
    if cause == "ForeignKeyViolation" and connection.dialect.name == "sqlite":
        pytest.skip("SQLite looks at foreign keys where a PRAGMA says so")
    expected = getattr(sa.exc, cause, sa.exc.IntegrityError)
    if connection.dialect.name in ("mysql", "mariadb") and cause == "CheckViolation":
        expected = getattr(sa.exc, cause, sa.exc.OperationalError)

    with pytest.raises(expected) as caught:
        connection.execute(sa.insert(thing).values(CAUSES[cause]))

    error = caught.value
    assert error.orig is not None
    assert "INSERT INTO thing" in error.statement
    if hasattr(error, "retry_scope"):
        assert isinstance(error, sa.exc.IntegrityError)
        assert error.retry_scope == "never"
        assert error.hint


def test_a_constraint_is_named(sa, connection, thing):
    if not hasattr(sa.exc, "UniqueViolation"):
        pytest.skip("the oracle does not name it")
    with pytest.raises(sa.exc.UniqueViolation) as caught:
        connection.execute(sa.insert(thing).values(id=2, code="a"))
    error = caught.value

    if connection.dialect.name == "sqlite":
        assert (error.table, error.columns) == ("thing", ("code",))
    else:
        assert error.constraint == "uq_thing_code"


def test_a_savepoint_survives_an_error(sa, connection, thing):
    connection.execute(sa.insert(thing).values(id=2, code="b"))
    with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
        connection.execute(sa.insert(thing).values(id=3, code="a"))
    connection.execute(sa.insert(thing).values(id=4, code="d"))
    connection.commit()

    assert connection.scalars(sa.select(thing.c.id).order_by(thing.c.id)).all() == [1, 2, 4]


def test_a_failed_transaction_is_never_committed_in_silence(sa, connection, thing):
    connection.execute(sa.insert(thing).values(id=2, code="b"))
    with pytest.raises(sa.exc.IntegrityError):
        connection.execute(sa.insert(thing).values(id=3, code="a"))
    if connection.dialect.name != "postgresql":
        # The server goes on after an error.
        connection.commit()
        assert connection.scalar(sa.select(sa.func.count()).select_from(thing)) == 2
        return
    if not hasattr(sa.exc, "UniqueViolation"):
        pytest.skip("the oracle commits nothing in silence")
    with pytest.raises(sa.exc.PendingRollbackError, match="failed"):
        connection.commit()
    connection.rollback()
    assert connection.scalar(sa.select(sa.func.count()).select_from(thing)) == 1


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ("SELECT * FROM nothing_here", ("ProgrammingError", "OperationalError")),
        ("SELECT nothing_here FROM thing", ("ProgrammingError", "OperationalError")),
        ("SELEC 1", ("ProgrammingError", "OperationalError")),
    ],
)
def test_wrong_statements_say_what_to_do(sql, kinds, sa, connection, thing):
    classes = tuple(getattr(sa.exc, kind) for kind in kinds)
    with pytest.raises(classes) as caught:
        connection.exec_driver_sql(sql)

    assert caught.value.statement == sql
    if hasattr(caught.value, "hint"):
        assert caught.value.hint


def test_a_text_that_is_too_long(sa, connection, thing):
    if connection.dialect.name == "sqlite":
        pytest.skip("SQLite keeps texts of any length")
    with pytest.raises(sa.exc.DataError):
        connection.execute(sa.insert(thing).values(id=2, code="much too long"))


def test_parameters_can_be_hidden(sa, backend_url):
    engine = sa.create_engine(backend_url, hide_parameters=True)
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as caught:
        connection.execute(sa.text("SELECT :secret FROM nothing_here"), {"secret": "swordfish"})
    engine.dispose()

    assert "swordfish" not in str(caught.value)


def test_the_table_of_a_violated_constraint_is_told(sa, engine, metadata):
    thing = sa.Table(
        "odd thing",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20)),
        sa.UniqueConstraint("name", name="uq_name"),
    )
    metadata.create_all(engine)

    with engine.begin() as connection:
        connection.execute(sa.insert(thing), [{"name": "a"}, {"name": "b"}])
    for statement in (
        sa.insert(thing).values(name="a"),
        sa.update(thing).where(thing.c.id == 2).values(name="a"),
    ):
        with pytest.raises(sa.exc.UniqueViolation) as caught, engine.begin() as connection:
            connection.execute(statement)
        assert caught.value.table == "odd thing"
        if engine.dialect.name == "mariadb":
            assert "on_duplicate_key_update" in caught.value.hint
