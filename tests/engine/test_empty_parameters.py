"""An empty list of parameters is one run without any, and said to be so."""

import pytest

from dovetail import Column, Integer, MetaData, Table, create_engine, insert, select
from dovetail.orm import Session

thing = Table("thing", MetaData(), Column("id", Integer, primary_key=True))


def test_an_empty_list_of_rows_is_warned_of():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        thing.create(connection)
        with pytest.warns(DeprecationWarning, match="runs the statement once"):
            connection.execute(insert(thing), [])
        assert connection.execute(select(thing)).all() == [(1,)]
        warned = pytest.warns(DeprecationWarning, match="runs the statement once")
        with Session(connection) as session, warned:
            session.execute(select(thing), [])
    engine.dispose()
