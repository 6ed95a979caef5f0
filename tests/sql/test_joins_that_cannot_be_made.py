"""Joins that no foreign key says how to make."""

import pytest

from dovetail import Column, Integer, MetaData, Table, select
from dovetail.exc import ArgumentError, InvalidRequestError, NoForeignKeysError

one, other = (Table(name, MetaData(), Column("id", Integer)) for name in ("one", "other"))


@pytest.mark.parametrize("caught", [NoForeignKeysError, ArgumentError, InvalidRequestError])
def test_the_error_is_what_programs_catch_where_they_try_a_join(caught):
    with pytest.raises(caught, match="no foreign key links 'one' and 'other'"):
        str(select(one).join(other))
