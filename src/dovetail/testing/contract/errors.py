"""One class of error for one cause, on every server; and what the transaction is after it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ...dialects.features import Features
from ...engine.connection import Connection
from ...engine.engine import Engine
from ...sql.metadata import MetaData
from ...sql.schema import Table
from ..plugin import Package

CAUSES = {
    "UniqueViolation": {"id": 2, "code": "a"},
    "NotNullViolation": {"id": 2, "code": None},
    "CheckViolation": {"id": 2, "code": "b", "size": -1},
    "ForeignKeyViolation": {"id": 2, "code": "b", "owner_id": 99},
}


class ErrorsContract:
    """One class of error for one cause; and what the transaction is after it."""

    @pytest.fixture
    def thing(self, sa: Package, connection: Connection, metadata: MetaData) -> Table:
        sa.Table("owner", metadata, sa.Column("id", sa.Integer, primary_key=True))
        thing: Table = sa.Table(
            "thing",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("code", sa.String(5), nullable=False),
            sa.Column("size", sa.Integer),
            sa.Column("owner_id", sa.ForeignKey("owner.id", name="fk_thing_owner")),
            sa.UniqueConstraint("code", name="uq_thing_code"),
            sa.CheckConstraint("size > 0", name="ck_thing_size"),
        )
        metadata.create_all(connection)
        connection.execute(sa.insert(thing).values(id=1, code="a", size=1))
        connection.commit()
        return thing

    @pytest.mark.parametrize(
        "cause",
        [
            "UniqueViolation",
            "NotNullViolation",
            "CheckViolation",
            pytest.param("ForeignKeyViolation", marks=pytest.mark.needs("checks_foreign_keys")),
        ],
    )
    def test_violations_have_their_own_classes(
        self, cause: str, sa: Package, connection: Connection, thing: Table
    ) -> None:
        with pytest.raises(getattr(sa.exc, cause)) as caught:
            connection.execute(sa.insert(thing).values(CAUSES[cause]))

        error = caught.value
        assert error.orig is not None
        assert "INSERT INTO thing" in error.statement
        assert isinstance(error, sa.exc.IntegrityError)
        assert error.retry_scope == "never"
        assert error.hint

    def test_a_constraint_is_named(self, sa: Package, connection: Connection, thing: Table) -> None:
        with pytest.raises(sa.exc.UniqueViolation) as caught:
            connection.execute(sa.insert(thing).values(id=2, code="a"))
        error = caught.value

        # By its name, or by its columns: a server tells one of them.
        if error.constraint is None:
            assert (error.table, error.columns) == ("thing", ("code",))
        else:
            assert error.constraint == "uq_thing_code"

    @pytest.mark.needs("supports_savepoints")
    def test_a_savepoint_survives_an_error(
        self, sa: Package, connection: Connection, thing: Table
    ) -> None:
        connection.execute(sa.insert(thing).values(id=2, code="b"))
        with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
            connection.execute(sa.insert(thing).values(id=3, code="a"))
        connection.execute(sa.insert(thing).values(id=4, code="d"))
        connection.commit()

        assert connection.scalars(sa.select(thing.c.id).order_by(thing.c.id)).all() == [1, 2, 4]

    def test_a_failed_transaction_is_never_committed_in_silence(
        self, sa: Package, connection: Connection, features: Features, thing: Table
    ) -> None:
        connection.execute(sa.insert(thing).values(id=2, code="b"))
        with pytest.raises(sa.exc.IntegrityError):
            connection.execute(sa.insert(thing).values(id=3, code="a"))
        if not features.error_ends_transaction:
            connection.commit()
            assert connection.scalar(sa.select(sa.func.count()).select_from(thing)) == 2
            return
        with pytest.raises(sa.exc.PendingRollbackError, match="failed"):
            connection.commit()
        connection.rollback()
        assert connection.scalar(sa.select(sa.func.count()).select_from(thing)) == 1

    @pytest.mark.parametrize(
        "sql", ["SELECT * FROM nothing_here", "SELECT nothing_here FROM thing", "SELEC 1"]
    )
    @pytest.mark.usefixtures("thing")
    def test_wrong_statements_say_what_to_do(
        self, sql: str, sa: Package, connection: Connection
    ) -> None:
        with pytest.raises((sa.exc.ProgrammingError, sa.exc.OperationalError)) as caught:
            connection.exec_driver_sql(sql)

        assert caught.value.statement == sql
        assert caught.value.hint

    @pytest.mark.needs("checks_values")
    def test_a_text_that_is_too_long(
        self, sa: Package, connection: Connection, thing: Table
    ) -> None:
        with pytest.raises(sa.exc.DataError):
            connection.execute(sa.insert(thing).values(id=2, code="much too long"))

    def test_parameters_can_be_hidden(
        self, sa: Package, make_engine: Callable[..., Engine]
    ) -> None:
        engine = make_engine(hide_parameters=True)
        with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as caught:
            connection.execute(sa.text("SELECT :secret FROM nothing_here"), {"secret": "swordfish"})

        assert "swordfish" not in str(caught.value)

    def test_the_table_of_a_violated_constraint_is_told(
        self, sa: Package, engine: Engine, metadata: MetaData
    ) -> None:
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
