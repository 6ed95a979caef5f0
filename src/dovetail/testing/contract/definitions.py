"""What is defined is what the server tells of itself afterwards, on every server."""

from __future__ import annotations

import pytest

from ...engine.connection import Connection
from ...engine.engine import Engine
from ...sql.metadata import MetaData
from ...sql.schema import Table
from ..plugin import Package


class DefinitionsContract:
    """What is defined is what the server tells of itself afterwards."""

    @pytest.fixture
    def tables(self, sa: Package, metadata: MetaData) -> tuple[Table, Table]:
        parent = sa.Table(
            "parent",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("code", sa.String(10), nullable=False, comment="what it's called"),
            sa.Column("size", sa.Numeric(8, 3), server_default="1.5"),
            sa.Column("born", sa.DateTime),
            sa.Column("note", sa.Text),
            sa.UniqueConstraint("code", name="uq_parent_code"),
            sa.CheckConstraint("size > 0", name="ck_parent_size"),
            comment="it's a parent",
        )
        child = sa.Table(
            "child",
            metadata,
            sa.Column("a", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("b", sa.String(10), primary_key=True),
            sa.Column(
                "parent_id",
                sa.ForeignKey("parent.id", name="fk_child_parent", ondelete="CASCADE"),
                index=True,
            ),
        )
        sa.Index("ix_child_b_a", child.c.b, child.c.a, unique=True)
        return parent, child

    @pytest.mark.usefixtures("tables")
    def test_tables_are_created_once_and_dropped(
        self, sa: Package, engine: Engine, metadata: MetaData
    ) -> None:
        metadata.create_all(engine)
        metadata.create_all(engine)
        inspector = sa.inspect(engine)
        assert sorted(inspector.get_table_names()) == ["child", "parent"]
        assert inspector.has_table("child")
        assert not inspector.has_table("nothing")

        metadata.drop_all(engine)
        metadata.drop_all(engine)
        assert sa.inspect(engine).get_table_names() == []

    @pytest.mark.usefixtures("tables")
    def test_columns_are_read(self, sa: Package, engine: Engine, metadata: MetaData) -> None:
        metadata.create_all(engine)
        columns = {column["name"]: column for column in sa.inspect(engine).get_columns("parent")}

        assert list(columns) == ["id", "code", "size", "born", "note"]
        assert [column["nullable"] for column in columns.values()] == [
            False,
            False,
            True,
            True,
            True,
        ]
        assert isinstance(columns["id"]["type"], sa.Integer)
        assert isinstance(columns["code"]["type"], sa.String)
        assert columns["code"]["type"].length == 10
        assert isinstance(columns["size"]["type"], sa.Numeric)
        assert (columns["size"]["type"].precision, columns["size"]["type"].scale) == (8, 3)
        assert isinstance(columns["born"]["type"], sa.DateTime)
        assert isinstance(columns["note"]["type"], sa.Text)
        assert "1.5" in columns["size"]["default"]

    @pytest.mark.usefixtures("tables")
    def test_keys_and_constraints_are_read(
        self, sa: Package, engine: Engine, metadata: MetaData
    ) -> None:
        metadata.create_all(engine)
        inspector = sa.inspect(engine)

        assert inspector.get_pk_constraint("child")["constrained_columns"] == ["a", "b"]
        (key,) = inspector.get_foreign_keys("child")
        assert key["constrained_columns"] == ["parent_id"]
        assert (key["referred_table"], key["referred_columns"]) == ("parent", ["id"])
        assert key["options"].get("ondelete") == "CASCADE"
        assert key["name"] == "fk_child_parent"
        (unique,) = inspector.get_unique_constraints("parent")
        assert (unique["name"], unique["column_names"]) == ("uq_parent_code", ["code"])
        assert "ck_parent_size" in [c["name"] for c in inspector.get_check_constraints("parent")]

    @pytest.mark.usefixtures("tables")
    def test_indexes_are_read(self, sa: Package, engine: Engine, metadata: MetaData) -> None:
        metadata.create_all(engine)
        indexes = {index["name"]: index for index in sa.inspect(engine).get_indexes("child")}

        assert indexes["ix_child_b_a"]["column_names"] == ["b", "a"]
        assert bool(indexes["ix_child_b_a"]["unique"]) is True
        assert indexes["ix_child_parent_id"]["column_names"] == ["parent_id"]
        assert bool(indexes["ix_child_parent_id"]["unique"]) is False

    @pytest.mark.needs("supports_comments")
    @pytest.mark.usefixtures("tables")
    def test_comments_are_read(self, sa: Package, engine: Engine, metadata: MetaData) -> None:
        metadata.create_all(engine)
        inspector = sa.inspect(engine)

        assert inspector.get_table_comment("parent") == {"text": "it's a parent"}
        assert inspector.get_columns("parent")[1]["comment"] == "what it's called"

    @pytest.mark.usefixtures("tables")
    def test_what_was_read_is_created_anew(
        self, sa: Package, engine: Engine, metadata: MetaData
    ) -> None:
        metadata.create_all(engine)
        read = sa.MetaData()
        read.reflect(engine)
        assert sorted(read.tables) == ["child", "parent"]
        child = read.tables["child"]
        assert [key.target_fullname for key in child.foreign_keys] == ["parent.id"]
        with engine.begin() as connection:
            connection.execute(sa.insert(read.tables["parent"]).values(id=1, code="x"))
            connection.execute(sa.insert(child).values(a=1, b="y", parent_id=1))
        metadata.drop_all(engine)

        read.create_all(engine)

        again = sa.MetaData()
        again.reflect(engine)
        for name, table in read.tables.items():
            other = again.tables[name]
            assert [(c.name, repr(c.type), c.nullable) for c in table.c] == [
                (c.name, repr(c.type), c.nullable) for c in other.c
            ]
            assert {index.name for index in table.indexes} == {
                index.name for index in other.indexes
            }
            assert [c.name for c in table.primary_key] == [c.name for c in other.primary_key]

    @pytest.mark.usefixtures("tables")
    def test_one_table_is_loaded_by_name(
        self, sa: Package, engine: Engine, metadata: MetaData
    ) -> None:
        metadata.create_all(engine)
        child = sa.Table("child", sa.MetaData(), autoload_with=engine)

        assert child.c.keys() == ["a", "b", "parent_id"]
        with pytest.raises(sa.exc.NoSuchTableError, match="nothing"):
            sa.Table("nothing", sa.MetaData(), autoload_with=engine)

    @pytest.mark.needs("supports_alter")
    def test_tables_that_refer_to_each_other(
        self, sa: Package, engine: Engine, metadata: MetaData
    ) -> None:
        first = sa.Table(
            "first",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("second_id", sa.ForeignKey("second.id", name="fk_first_second")),
        )
        sa.Table(
            "second",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("first_id", sa.ForeignKey("first.id", name="fk_second_first")),
        )
        metadata.create_all(engine)
        assert len(sa.inspect(engine).get_foreign_keys("first")) == 1
        assert len(sa.inspect(engine).get_foreign_keys("second")) == 1
        metadata.drop_all(engine)
        assert not sa.inspect(engine).has_table(first.name)

    @pytest.mark.usefixtures("tables")
    def test_a_view_is_no_table(self, sa: Package, engine: Engine, metadata: MetaData) -> None:
        metadata.create_all(engine)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE VIEW seen AS SELECT id, code FROM parent")
        inspector = sa.inspect(engine)

        assert inspector.get_view_names() == ["seen"]
        assert "seen" not in inspector.get_table_names()
        assert [column["name"] for column in inspector.get_columns("seen")] == ["id", "code"]
        assert "parent" in inspector.get_view_definition("seen")
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP VIEW seen")

    def test_a_view_of_the_metadata(
        self, sa: Package, engine: Engine, metadata: MetaData, tables: tuple[Table, Table]
    ) -> None:
        parent, _ = tables
        view = sa.CreateView(
            sa.select(parent.c.id, parent.c.code).where(parent.c.code != "it's"),
            "seen",
            metadata=metadata,
        )
        metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(
                sa.insert(parent), [{"id": 1, "code": "it's"}, {"id": 2, "code": "b"}]
            )
            assert connection.execute(sa.select(view.table)).all() == [(2, "b")]
        metadata.drop_all(engine)
        assert sa.inspect(engine).get_view_names() == []

    def test_a_computed_column(
        self, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        square = sa.Table(
            "square",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("side", sa.Integer),
            sa.Column("area", sa.Integer, sa.Computed("side * side", persisted=True)),
        )
        metadata.create_all(connection)
        connection.execute(sa.insert(square).values(id=1, side=3))

        assert connection.scalar(sa.select(square.c.area)) == 9

    @pytest.mark.needs("supports_sequences")
    def test_a_sequence_counts(
        self, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        numbers = sa.Sequence("numbers", start=5, increment=2, metadata=metadata)
        thing = sa.Table(
            "thing",
            metadata,
            sa.Column("id", sa.Integer, sa.Sequence("thing_id", start=100), primary_key=True),
            sa.Column("name", sa.String(10)),
        )
        metadata.create_all(connection)

        assert [connection.scalar(sa.select(numbers.next_value())) for _ in range(3)] == [5, 7, 9]
        result = connection.execute(sa.insert(thing).values(name="a"))
        assert result.inserted_primary_key == (100,)
        assert "numbers" in sa.inspect(connection).get_sequence_names()
        metadata.drop_all(connection)
        assert sa.inspect(connection).get_sequence_names() == []

    def test_listeners_hear_of_tables(
        self, sa: Package, engine: Engine, metadata: MetaData, tables: tuple[Table, Table]
    ) -> None:
        parent, _ = tables
        heard = []
        sa.event.listen(parent, "before_create", lambda *_, **__: heard.append("before"))
        sa.event.listen(parent, "after_create", lambda *_, **__: heard.append("after"))
        sa.event.listen(
            parent,
            "after_create",
            sa.DDL("INSERT INTO %(table)s (id, code) VALUES (7, 'by event')"),
        )
        metadata.create_all(engine)

        assert heard == ["before", "after"]
        with engine.connect() as connection:
            assert connection.scalars(sa.select(parent.c.code)).all() == ["by event"]
