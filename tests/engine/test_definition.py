"""Creating, dropping and reflecting a schema."""

import asyncio

import pytest

from dovetail import (
    DDL,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    inspect,
    select,
    text,
)
from dovetail.event import listen
from dovetail.exc import CompileError, InvalidRequestError, NoSuchTableError
from dovetail.ext.asyncio import create_async_engine


@pytest.fixture
def metadata():
    metadata = MetaData()
    Table(
        "child",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("parent_id", ForeignKey("parent.id", ondelete="CASCADE"), nullable=False),
    )
    Table(
        "parent",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(20), server_default="x", unique=True),
        CheckConstraint("name <> 'y'", name="not_y"),
        Index("ix_name", "name"),
    )
    return metadata


@pytest.fixture
def engine():
    made = create_engine("sqlite://")
    yield made
    made.dispose()


def test_tables_are_created_and_dropped_in_order(engine, metadata):
    sent = []
    listen(engine, "before_cursor_execute", lambda c, cur, sql, *_: sent.append(sql.split()[:3]))

    metadata.create_all(engine)
    metadata.create_all(engine)
    assert inspect(engine).get_table_names() == ["child", "parent"]
    metadata.drop_all(engine)
    metadata.drop_all(engine)

    assert [words for words in sent if words[0] in ("CREATE", "DROP")] == [
        ["CREATE", "TABLE", "parent"],
        ["CREATE", "INDEX", "ix_name"],
        ["CREATE", "TABLE", "child"],
        ["DROP", "TABLE", "child"],
        ["DROP", "TABLE", "parent"],
    ]
    assert inspect(engine).get_table_names() == []


def test_some_tables_alone(engine, metadata):
    parent = metadata.tables["parent"]

    metadata.create_all(engine, tables=[parent])
    assert inspect(engine).get_table_names() == ["parent"]
    parent.drop(engine)
    with engine.begin() as connection:
        metadata.create_all(connection)
        assert inspect(connection).has_table("child")
    with pytest.raises(Exception, match="already exists"):
        metadata.create_all(engine, checkfirst=False)


def test_definitions_roll_back(engine, metadata):
    with engine.connect() as connection:
        metadata.create_all(connection)
        connection.rollback()
    assert inspect(engine).get_table_names() == []


def test_listeners_are_told_of_definitions(engine, metadata):
    told = []
    parent = metadata.tables["parent"]
    for name in ("before_create", "after_create", "before_drop", "after_drop"):
        for target in (metadata, parent):
            listen(target, name, lambda target, connection, name=name, **_: told.append(name))
    listen(parent, "after_create", DDL("INSERT INTO %(table)s (id) VALUES (5)"))

    metadata.create_all(engine)
    with engine.connect() as connection:
        assert connection.scalar(select(parent.c.id)) == 5
    metadata.drop_all(engine)

    assert told == ["before_create"] * 2 + ["after_create"] * 2 + ["before_drop"] * 2 + (
        ["after_drop"] * 2
    )


def test_what_was_created_is_reflected(engine, metadata):
    metadata.create_all(engine)

    found = MetaData()
    found.reflect(engine)

    child, parent = found.tables["child"], found.tables["parent"]
    assert child.c.parent_id.references(parent.c.id)
    assert not child.c.parent_id.nullable
    assert parent.c.name.type.length == 20
    assert parent.c.id.primary_key
    assert {index.name for index in parent.indexes} == {"ix_name"}
    metadata.drop_all(engine)
    found.create_all(engine)
    again = MetaData()
    assert Table("child", again, autoload_with=engine).c.keys() == ["id", "parent_id"]
    assert set(again.tables) == {"child", "parent"}


def test_reflection_may_be_partial(engine, metadata):
    metadata.create_all(engine)

    alone = Table("child", MetaData(), autoload_with=engine, resolve_fks=False)
    assert set(alone.metadata.tables) == {"child"}
    some = Table("parent", MetaData(), autoload_with=engine, include_columns=["id"])
    assert some.c.keys() == ["id"]
    own = Table("parent", MetaData(), Column("id", String, primary_key=True), autoload_with=engine)
    assert isinstance(own.c.id.type, String)
    with pytest.raises(NoSuchTableError):
        Table("nope", MetaData(), autoload_with=engine)


def test_a_column_may_be_changed_while_it_is_reflected(engine, metadata):
    metadata.create_all(engine)
    table = MetaData()
    listen(Table, "column_reflect", _upper)
    try:
        found = Table("child", table, autoload_with=engine)
    finally:
        from dovetail.event import remove

        remove(Table, "column_reflect", _upper)
    assert found.c.keys() == ["ID", "PARENT_ID"]


def _upper(inspector, table, info):
    info["key"] = info["name"].upper()


def test_an_awaiting_engine_creates_through_run_sync(metadata, tmp_path):
    async def main():
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/x.db")
        with pytest.raises(InvalidRequestError) as caught:
            metadata.create_all(engine.sync_engine)
        assert "run_sync(metadata.create_all)" in caught.value.hint
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
            names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        await engine.dispose()
        return names

    assert asyncio.run(main()) == ["child", "parent"]


def test_ddl_of_metadata_has_no_table_to_name(metadata):
    engine = create_engine("sqlite://")
    listen(metadata, "after_create", DDL("CREATE TABLE told (v TEXT DEFAULT '100%%')"))
    metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO told DEFAULT VALUES"))
        assert connection.scalar(text("SELECT v FROM told")) == "100%"


def test_ddl_without_a_target_writes_a_percent_sign_for_two():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(DDL("CREATE TABLE told (v TEXT DEFAULT '5%%')"))
        connection.execute(text("INSERT INTO told DEFAULT VALUES"))
        assert connection.scalar(text("SELECT v FROM told")) == "5%"


@pytest.mark.parametrize("written", ["SELECT '5%'", "DROP TABLE %(table)s"])
def test_ddl_that_cannot_be_filled_in_is_refused(written):
    with pytest.raises(CompileError, match="can't be filled in"):
        DDL(written).compile()
