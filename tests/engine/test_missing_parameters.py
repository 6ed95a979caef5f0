"""A parameter that has no value: an error of the statement, as the oracle says it."""

from importlib import import_module

import pytest


@pytest.mark.parametrize("package", ["dovetail", "sqlalchemy"])
@pytest.mark.parametrize("is_text", [True, False])
def test_a_parameter_without_a_value_is_an_error_of_the_statement(package, is_text):
    sa = import_module(package)
    engine = sa.create_engine("sqlite://")
    statement = sa.text("SELECT :a") if is_text else sa.select(sa.bindparam("a", type_=sa.Integer))

    with (
        engine.connect() as connection,
        pytest.raises(sa.exc.StatementError, match="required") as caught,
    ):
        connection.execute(statement, {"b": 1} if is_text else {})

    assert isinstance(caught.value.orig, sa.exc.InvalidRequestError)
    engine.dispose()


def test_the_row_that_lacks_a_value_is_told():
    from dovetail import Column, Integer, MetaData, Table, create_engine, exc

    table = Table("t", MetaData(), Column("a", Integer), Column("b", Integer))
    with create_engine("sqlite://").connect() as connection:
        table.create(connection)
        with pytest.raises(exc.InvalidRequestError, match="'b' in row 1") as caught:
            connection.execute(table.insert(), [{"a": 1, "b": 2}, {"a": 3}])

    assert "INSERT INTO t" in caught.value.statement
