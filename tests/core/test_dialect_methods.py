"""What plugins and listeners ask the dialect of an engine, on connections of the driver."""

import pytest

from dovetail import Column, Integer, MetaData, Table, inspect
from dovetail.exc import ArgumentError


@pytest.fixture
def raw(engine):
    connection = engine.raw_connection()
    yield connection.dbapi_connection
    connection.rollback()
    connection.close()


def test_the_dialect_knows_the_module_of_its_driver(engine):
    assert engine.dialect.dbapi is engine.backend.module
    assert issubclass(engine.dialect.dbapi.Error, Exception)


def test_the_level_of_a_connection_is_read_and_set(engine, raw):
    dialect = engine.dialect
    usual = dialect.get_isolation_level(raw)

    dialect.do_rollback(raw)
    dialect.set_isolation_level(raw, "read_uncommitted")
    dialect.do_commit(raw)  # it holds for the transactions that follow
    assert dialect.get_isolation_level(raw) == "READ UNCOMMITTED"
    dialect.set_isolation_level(raw, usual)
    dialect.do_commit(raw)
    assert dialect.get_isolation_level(raw) == usual
    assert usual in dialect.get_isolation_level_values()
    with pytest.raises(ArgumentError, match="SOMETIMES"):
        dialect.set_isolation_level(raw, "SOMETIMES")


def test_statements_are_run_on_a_cursor(engine, raw):
    dialect = engine.dialect
    cursor = raw.cursor()

    dialect.do_execute_no_params(cursor, "SELECT 1")
    assert cursor.fetchone()[0] == 1
    mark = "?" if dialect.name == "sqlite" else "%s"
    dialect.do_execute(cursor, f"SELECT {mark} + 1", (4,))
    assert cursor.fetchone()[0] == 5
    assert dialect.do_ping(raw)
    cursor.close()


def test_what_a_server_can_do_has_the_names_that_plugins_know(engine):
    with engine.connect():
        dialect = engine.dialect
    features = dialect.features

    assert dialect.supports_sane_rowcount is features.supports_sane_rowcount
    assert dialect.insert_returning is features.supports_insert_returning
    assert dialect.supports_native_enum is features.native_enum_types
    assert dialect.max_identifier_length == features.max_identifier_length
    assert dialect.insert_executemany_returning is features.supports_insert_returning
    assert dialect.use_insertmanyvalues is features.supports_multi_values
    assert dialect.is_async is engine.is_async
    with pytest.raises(AttributeError, match="supports_nothing"):
        _ = dialect.supports_nothing


def test_a_program_may_know_its_server_better(engine):
    with engine.connect():
        dialect = engine.dialect
    before = dialect.features

    dialect.supports_sane_multi_rowcount = not before.supports_sane_multi_rowcount
    changed = dialect.features
    dialect.supports_sane_multi_rowcount = before.supports_sane_multi_rowcount

    assert changed.supports_sane_multi_rowcount is not before.supports_sane_multi_rowcount
    assert changed.supports_sane_rowcount is before.supports_sane_rowcount
    known = dialect.features.supports_sane_multi_rowcount
    assert dialect.supports_sane_multi_rowcount is known is before.supports_sane_multi_rowcount


def test_what_a_program_said_of_a_server_is_taken_back(engine):
    dialect = engine.dialect
    before = dialect.supports_sane_rowcount
    dialect.supports_sane_rowcount = not before
    dialect.supports_sane_rowcount = not before

    del dialect.supports_sane_rowcount

    assert dialect.supports_sane_rowcount is before
    with pytest.raises(AttributeError):
        del dialect.supports_sane_rowcount


def test_a_question_that_a_program_answers_itself_is_asked_of_it(engine):
    def nobody_knows(*arguments, **keywords):
        raise NotImplementedError

    metadata = MetaData()
    Table("pebble", metadata, Column("weight", Integer))
    metadata.create_all(engine)
    engine.dialect.get_check_constraints = nobody_knows
    try:
        inspector = inspect(engine)
        with pytest.raises(NotImplementedError):
            inspector.get_check_constraints("pebble")
        assert [column["name"] for column in inspector.get_columns("pebble")] == ["weight"]
    finally:
        del engine.dialect.get_check_constraints
        assert inspect(engine).get_check_constraints("pebble") == []
        metadata.drop_all(engine)
