"""``expression.compare()``: the same structure and the same values, on whichever side."""

import pytest

from dovetail import Column, Integer, MetaData, Table, and_, column, create_engine, or_, update
from dovetail.exc import CompileError

A, B = column("a", Integer), column("b", Integer)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (A == B, B == A, True),
        (A + B, B + A, True),
        (A != B, B != A, True),
        (A - B, B - A, False),
        (A < B, B < A, False),
        (A == 1, A == 1, True),
        (A == 1, A == 2, False),
        (A.in_([1, 2]), A.in_([1, 3]), False),
        (A == B, A, False),
        (and_(A == 1, B == 2), and_(B == 2, A == 1), True),
        (or_(A == 1, B == 2), or_(B == 2, A == 1), True),
        (and_(A == 1, B == 2), or_(A == 1, B == 2), False),
        (and_(A == 1, A == 1), and_(A == 1, B == 2), False),
        (and_(A == 1, B == 2), and_(A == 1, B == 2, B == 3), False),
        (or_(A == 1, and_(A == 2, B == 3)), or_(and_(B == 3, A == 2), A == 1), True),
    ],
)
def test_comparing(one, other, expected):
    assert one.compare(other) is expected


def test_an_update_that_sets_nothing_is_refused():
    table = Table("t", MetaData(), Column("a", Integer))
    with create_engine("sqlite://").connect() as connection:
        table.create(connection)
        with pytest.raises(CompileError, match="this UPDATE of t sets nothing"):
            connection.execute(update(table))
