"""What the features record claims, tried where no other part of the contract tries it."""

from __future__ import annotations

import pytest

from ...dialects.features import Features
from ...engine.connection import Connection
from ...engine.engine import Engine
from ...sql.metadata import MetaData
from ...sql.schema import Table
from ..plugin import Package

TEXTS = ["Z", "a", "B", "é", "a ", "A"]


class FeaturesContract:
    """What the record says the server can do, it does."""

    @pytest.fixture
    def thing(self, sa: Package, engine: Engine, metadata: MetaData) -> Table:
        """A table whose key the server gives."""
        thing: Table = sa.Table(
            "thing",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(20)),
            sa.Column("size", sa.Integer),
            sa.Column("weight", sa.Float(53)),
        )
        metadata.create_all(engine)
        return thing

    @pytest.mark.needs("returning_is_ordered", "supports_insert_returning", "supports_multi_values")
    def test_returning_is_ordered(self, sa: Package, connection: Connection, thing: Table) -> None:
        statement = sa.insert(thing).values([{"name": f"n{number}"} for number in range(50)])

        found = connection.scalars(statement.returning(thing.c.name)).all()

        assert found == [f"n{number}" for number in range(50)]

    @pytest.mark.needs("supports_lastrowid")
    @pytest.mark.usefixtures("thing")
    def test_the_cursor_tells_the_key(self, connection: Connection) -> None:
        result = connection.exec_driver_sql("INSERT INTO thing (name) VALUES ('a')")

        assert result.lastrowid == 1

    @pytest.mark.needs("supports_for_update", "supports_skip_locked")
    def test_locked_rows_are_skipped(self, sa: Package, engine: Engine, thing: Table) -> None:
        with engine.begin() as connection:
            connection.execute(sa.insert(thing), [{"name": "a"}, {"name": "b"}])
        names = sa.select(thing.c.name).order_by(thing.c.id)
        with engine.connect() as one, engine.connect() as other:
            locked = one.scalars(names.limit(1).with_for_update()).all()
            left = other.scalars(names.with_for_update(skip_locked=True)).all()

        assert (locked, left) == (["a"], ["b"])

    def test_percent_signs_in_texts_for_the_driver(
        self, connection: Connection, features: Features
    ) -> None:
        # One is written as two for most drivers; who keeps two is given one.
        formats = connection.dialect.paramstyle in {"format", "pyformat"}
        doubles = formats or features.keeps_doubled_percent

        for text in ("100%%", "%%s"):
            found = connection.exec_driver_sql(f"SELECT '{text}'").scalar()
            assert found == (text.replace("%%", "%") if doubles else text)

    def test_division(self, connection: Connection, features: Features) -> None:
        found = connection.exec_driver_sql("SELECT 7 / 2").scalar()

        assert found == (3 if features.division_truncates else 3.5)

    @pytest.mark.needs("compares_like_python")
    def test_texts_are_compared_as_in_python(
        self, sa: Package, connection: Connection, thing: Table
    ) -> None:
        connection.execute(sa.insert(thing), [{"name": text} for text in TEXTS])

        for text in TEXTS:
            statement = sa.select(thing.c.name).where(thing.c.name == text)
            assert connection.scalars(statement).all() == [text]

    @pytest.mark.needs("sorts_text_like_python")
    def test_texts_are_sorted_as_in_python(
        self, sa: Package, connection: Connection, thing: Table
    ) -> None:
        connection.execute(sa.insert(thing), [{"name": text} for text in TEXTS])

        found = connection.scalars(sa.select(thing.c.name).order_by(thing.c.name)).all()

        assert found == sorted(TEXTS)

    @pytest.mark.needs("computes_floats_like_python")
    def test_fractions_are_computed_as_in_python(
        self, sa: Package, connection: Connection, thing: Table
    ) -> None:
        connection.execute(sa.insert(thing).values(weight=0.1))

        found = connection.scalar(sa.select((thing.c.weight + 0.2) * 3))

        assert found == (0.1 + 0.2) * 3

    def test_what_set_sees(
        self, sa: Package, connection: Connection, features: Features, thing: Table
    ) -> None:
        connection.execute(sa.insert(thing).values(size=1, weight=0.0))
        values = [(thing.c.size, thing.c.size + 1), (thing.c.weight, thing.c.size)]
        connection.execute(sa.update(thing).ordered_values(*values))

        found = connection.scalar(sa.select(thing.c.weight))

        assert found == (2 if features.set_sees_new_values else 1)

    @pytest.mark.needs("supports_identity_columns")
    def test_identity_columns_count(
        self, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        column = sa.Column("id", sa.Integer, sa.Identity(start=5, increment=2), primary_key=True)
        counted = sa.Table("counted", metadata, column, sa.Column("name", sa.String(10)))
        metadata.create_all(connection)
        for name in "ab":
            connection.execute(sa.insert(counted).values(name=name))

        assert connection.scalars(sa.select(column).order_by(column)).all() == [5, 7]

    @pytest.mark.needs("transactional_ddl")
    def test_definitions_are_rolled_back(
        self, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        sa.Table("passing", metadata, sa.Column("id", sa.Integer, primary_key=True))
        metadata.create_all(connection)
        connection.rollback()

        assert not sa.inspect(connection).has_table("passing")

    def test_long_names(
        self, sa: Package, connection: Connection, features: Features, metadata: MetaData
    ) -> None:
        # No server has a name of more characters than these; most have far fewer.
        name = "n" * min(features.max_identifier_length, 300)
        wide = sa.Table("wide", metadata, sa.Column(name[:60], sa.Integer, primary_key=True))
        metadata.create_all(connection)
        connection.execute(sa.insert(wide).values({name[:60]: 5}))

        found = connection.execute(sa.select(wide.c[name[:60]].label(name))).mappings().one()

        assert dict(found) == {name: 5}

    def test_as_many_parameters_as_go(
        self, sa: Package, connection: Connection, features: Features
    ) -> None:
        many = min(features.max_parameters or 5000, 40000)
        statement = sa.select(sa.literal(many - 1).in_(list(range(1, many))))

        assert connection.scalar(statement)

    @pytest.mark.needs("supports_two_phase")
    def test_two_phases(self, sa: Package, engine: Engine, thing: Table) -> None:
        with engine.connect() as connection:
            for end in ("commit", "rollback"):
                transaction = connection.begin_twophase()
                connection.execute(sa.insert(thing).values(name=end))
                transaction.prepare()
                getattr(transaction, end)()

            assert connection.scalars(sa.select(thing.c.name)).all() == ["commit"]

    @pytest.mark.needs("supports_server_side_cursors")
    def test_rows_stay_on_the_server(
        self, sa: Package, connection: Connection, thing: Table
    ) -> None:
        connection.execute(sa.insert(thing), [{"size": number} for number in range(1000)])
        streamed = connection.execution_options(stream_results=True, max_row_buffer=10)
        result = streamed.execute(sa.select(thing.c.size).order_by(thing.c.size))

        assert [row.size for row in result] == list(range(1000))
        assert connection.scalar(sa.select(sa.func.count()).select_from(thing)) == 1000
