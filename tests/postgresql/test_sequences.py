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
