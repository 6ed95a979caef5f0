"""Random expressions give what plain Python computes, nulls included, on every server."""

import operator
import re

import pytest
from hypothesis import HealthCheck, given, reject, settings, strategies as st

ROWS = [
    {"id": 1, "a": 5, "b": -3, "s": "ab", "t": ""},
    {"id": 2, "a": None, "b": 0, "s": None, "t": "aB%"},
    {"id": 3, "a": 0, "b": None, "s": "a_b", "t": None},
    {"id": 4, "a": -7, "b": 7, "s": "", "t": "it's"},
    {"id": 5, "a": 2, "b": 2, "s": "ab", "t": "ab"},
]


def strict(function):
    """*function* of values, any of which being NULL makes NULL."""
    return lambda *values: None if None in values else function(*values)


def remainder(one, other):
    """As SQL has it: with the sign of the dividend; of zero NULL, through NULLIF."""
    if None in (one, other) or other == 0:
        return None
    return abs(one) % abs(other) * (-1 if one < 0 else 1)


def both(one, other):
    if one is False or other is False:
        return False
    return None if None in (one, other) else True


def either(one, other):
    if one is True or other is True:
        return True
    return None if None in (one, other) else False


def within(value, listed):
    if not listed:
        return False
    return None if value is None else value in listed


def like(text, pattern):
    if text is None:
        return None
    parts = [{"%": ".*", "_": "."}.get(one, re.escape(one)) for one in pattern]
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def first(*values):
    return next((value for value in values if value is not None), None)


def choice(test, yes, no):
    return yes if test is True else no


def pair(sql, python, *parts):
    """An expression of *parts*: how to write it, and what it is worth for a row."""
    return (
        lambda sa, c: sql(sa, *[part[0](sa, c) for part in parts]),
        lambda row: python(*[part[1](row) for part in parts]),
    )


def column(name):
    return (lambda sa, c: c[name]), (lambda row: row[name])


def literal(value):
    return (lambda sa, c: sa.literal(value)), (lambda row: value)


def operation(function, by=None):
    sql = lambda sa, one, other: function(one, other)  # noqa: E731
    return lambda one, other: pair(sql, strict(by or function), one, other)


numbers = st.deferred(
    lambda: st.one_of(
        st.sampled_from([column("a"), column("b")]),
        st.integers(-9, 9).map(literal),
        st.builds(
            lambda make, one, other: make(one, other),
            st.sampled_from([operation(op) for op in (operator.add, operator.sub, operator.mul)]),
            small,
            small,
        ),
        st.builds(
            lambda one, other: pair(
                lambda sa, x, y: x % sa.func.nullif(y, 0), remainder, one, other
            ),
            small,
            small,
        ),
        st.builds(lambda one: pair(lambda sa, x: -x, strict(operator.neg), one), small),
        st.builds(lambda one: pair(lambda sa, x: sa.func.abs(x), strict(abs), one), small),
        st.builds(
            lambda one: pair(lambda sa, x: sa.func.char_length(x), strict(len), one), strings
        ),
        st.builds(
            lambda one, other: pair(lambda sa, x, y: sa.func.coalesce(x, y), first, one, other),
            small,
            small,
        ),
        st.builds(
            lambda test, yes, no: pair(
                lambda sa, t, y, n: sa.case((t, y), else_=n), choice, test, yes, no
            ),
            truths,
            small,
            small,
        ),
    )
)
small = st.one_of(
    st.sampled_from([column("a"), column("b")]), st.integers(-9, 9).map(literal), numbers
)
strings = st.deferred(
    lambda: st.one_of(
        st.sampled_from([column("s"), column("t")]),
        st.text("abB%_' ", max_size=3).map(literal),
        st.builds(operation(operator.add), short, short),
        st.builds(lambda one: pair(lambda sa, x: sa.func.lower(x), strict(str.lower), one), short),
        st.builds(lambda one: pair(lambda sa, x: sa.func.upper(x), strict(str.upper), one), short),
        st.builds(
            lambda one, other: pair(lambda sa, x, y: sa.func.coalesce(x, y), first, one, other),
            short,
            short,
        ),
    )
)
short = st.one_of(
    st.sampled_from([column("s"), column("t")]), st.text("aB%", max_size=2).map(literal)
)
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
truths = st.deferred(
    lambda: st.one_of(
        st.builds(
            lambda make, one, other: make(one, other),
            st.sampled_from([operation(op) for op in COMPARISONS]),
            small,
            small,
        ),
        st.builds(
            lambda make, one, other: make(one, other),
            st.sampled_from([operation(operator.eq), operation(operator.ne)]),
            short,
            short,
        ),
        st.builds(
            lambda one, listed: pair(lambda sa, x: x.in_(listed), lambda x: within(x, listed), one),
            small,
            st.lists(st.integers(-9, 9), max_size=3),
        ),
        st.builds(
            lambda one, low, high: pair(
                lambda sa, x, y, z: x.between(y, z),
                lambda x, y, z: both(strict(operator.ge)(x, y), strict(operator.le)(x, z)),
                one,
                low,
                high,
            ),
            small,
            small,
            small,
        ),
        st.builds(
            lambda one, other: pair(
                lambda sa, x, y: x.is_distinct_from(y), lambda x, y: x != y, one, other
            ),
            small,
            small,
        ),
        st.builds(
            lambda one: pair(lambda sa, x: x.is_(None), lambda x: x is None, one),
            st.one_of(small, short),
        ),
        st.builds(
            lambda one, pattern: pair(
                lambda sa, x: x.like(pattern), lambda x: like(x, pattern), one
            ),
            strings,
            st.text("aB%_", max_size=3),
        ),
        st.builds(
            lambda one, part: pair(
                lambda sa, x: x.contains(part, autoescape=True), strict(lambda x: part in x), one
            ),
            strings,
            st.text("aB%_", max_size=2),
        ),
        st.builds(lambda one, other: pair(lambda sa, x, y: x & y, both, one, other), truth, truth),
        st.builds(
            lambda one, other: pair(lambda sa, x, y: x | y, either, one, other), truth, truth
        ),
        st.builds(lambda one: pair(lambda sa, x: sa.not_(x), strict(operator.not_), one), truth),
    )
)
truth = st.deferred(lambda: truths)

tries = settings(
    max_examples=max(settings.default.max_examples // 5, 50),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def thing(sa, connection, metadata):
    thing = sa.Table(
        "thing",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.BigInteger),
        sa.Column("b", sa.BigInteger),
        sa.Column("s", sa.String(20)),
        sa.Column("t", sa.String(20)),
        mysql_charset="utf8mb4",
        # Texts are compared as Python does it: case counts, and so do blanks at the end.
        mysql_collate="utf8mb4_nopad_bin",
    )
    metadata.create_all(connection)
    connection.execute(sa.insert(thing), ROWS)
    connection.commit()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA case_sensitive_like = 1")
    elif connection.dialect.name in ("mysql", "mariadb"):
        connection.exec_driver_sql("SET collation_connection = utf8mb4_nopad_bin")
    connection.commit()
    return thing


def answer(sa, connection, statement):
    """The rows of *statement*; SQLite's parser goes a hundred levels deep, and no deeper."""
    try:
        with connection.begin():
            return connection.execute(statement).all()
    except sa.exc.OperationalError as error:
        if "parser stack overflow" in str(error.orig):
            reject()
        raise


@tries
@given(made=st.lists(st.one_of(numbers, strings, truths), min_size=1, max_size=5))
def test_values(sa, connection, thing, made):
    columns = [sql(sa, thing.c).label(f"v{number}") for number, (sql, _) in enumerate(made)]
    statement = sa.select(*columns).select_from(thing).order_by(thing.c.id)
    found = answer(sa, connection, statement)

    for row, values in zip(ROWS, found, strict=True):
        expected = [python(row) for _, python in made]
        # A truth is a number on servers without a type for it.
        assert list(values) == expected


@tries
@given(test=truths)
def test_criteria(sa, connection, thing, test):
    sql, python = test
    statement = sa.select(thing.c.id).where(sql(sa, thing.c)).order_by(thing.c.id)
    found = [number for (number,) in answer(sa, connection, statement)]

    assert found == [row["id"] for row in ROWS if python(row) is True]
