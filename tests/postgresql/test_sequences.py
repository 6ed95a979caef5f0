"""Sequences of a MetaData, in a schema that no table of it stands in."""

import pytest

import dovetail as dv


@pytest.fixture
def engine(server_url):
    engine = dv.create_engine(server_url)
    with engine.begin() as connection:
        connection.execute(dv.text("CREATE SCHEMA IF NOT EXISTS numbers_alone"))
    yield engine
    with engine.begin() as connection:
        connection.execute(dv.text("DROP SCHEMA numbers_alone CASCADE"))
    engine.dispose()


@pytest.mark.server("postgresql")
def test_a_sequence_in_a_schema_without_tables_is_created_and_dropped_once(engine):
    metadata = dv.MetaData()
    dv.Sequence("ticket", schema="numbers_alone", metadata=metadata)

    metadata.create_all(engine)
    metadata.create_all(engine)
    assert dv.inspect(engine).get_sequence_names("numbers_alone") == ["ticket"]
    metadata.drop_all(engine)
    metadata.drop_all(engine)

    assert dv.inspect(engine).get_sequence_names("numbers_alone") == []


@pytest.mark.server("postgresql")
def test_a_sequence_that_two_tables_name_is_created_once(engine):
    metadata = dv.MetaData(schema="numbers_alone")
    for name in ("coaches", "trams"):
        numbers = dv.Sequence("vehicle", schema="numbers_alone")
        dv.Table(name, metadata, dv.Column("id", dv.Integer, numbers, primary_key=True))

    assert [sequence.name for sequence in metadata.sequences] == ["vehicle"]
    metadata.create_all(engine)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(dv.insert(table))
        found = [connection.scalar(dv.select(table.c.id)) for table in metadata.sorted_tables]
    metadata.drop_all(engine)

    assert found == [1, 2]
