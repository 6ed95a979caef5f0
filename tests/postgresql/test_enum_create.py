"""An Enum is created and dropped by itself, on servers that have such types."""

import pytest

from dovetail import Enum, create_engine, inspect


@pytest.fixture
def engine(server_url):
    engine = create_engine(server_url)
    yield engine
    engine.dispose()


@pytest.mark.server("postgresql")
def test_an_enum_is_created_and_dropped(engine):
    size = Enum("small", "large", name="size_of_test")
    size.drop(engine, checkfirst=True)

    size.create(engine)
    size.create(engine, checkfirst=True)
    assert inspect(engine).has_type("size_of_test")
    with engine.connect() as connection:
        memory = {}
        assert engine.dialect.has_type(connection, "size_of_test", info_cache=memory)
        assert not engine.dialect.has_type(connection, "none_of_test")
        assert list(memory.values()) == [True]
    size.drop(engine)
    size.drop(engine, checkfirst=True)

    assert not inspect(engine).has_type("size_of_test")


def test_nothing_is_created_where_columns_have_the_values():
    engine = create_engine("sqlite://")

    Enum("small", "large", name="size").create(engine)
    Enum("small", "large", name="size").drop(engine)

    assert inspect(engine).get_table_names() == []
