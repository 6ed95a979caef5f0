"""Random expressions read as SQLAlchemy writes them, and SQLite computes the same."""

import operator
import sqlite3
import warnings

from hypothesis import given, reject, strategies as st
from sqlalchemy.dialects import sqlite as sqlalchemy_sqlite

from dovetail.compiler import StatementPlan
from dovetail.dialects.sqlite import dialect as sqlite_dialect

from .oracle import OURS, THEIRS

# Each expression is a function from the tables to an expression, so that both packages make it.
numbers = st.deferred(
    lambda: st.one_of(
        st.sampled_from([lambda t: t.users.id, lambda t: t.users.age]),
        st.integers(-3, 9).map(lambda value: lambda t: t.q.literal(value)),
        st.builds(
            lambda op, left, right: lambda t: op(left(t), right(t)),
            st.sampled_from([operator.add, operator.sub, operator.mul, operator.mod]),
            numbers,
            numbers,
        ),
        st.builds(lambda inner: lambda t: -inner(t), numbers),
        st.builds(
            lambda test, yes, no: lambda t: t.q.case((test(t), yes(t)), else_=no(t)),
            truths,
            numbers,
            numbers,
        ),
        st.builds(lambda inner: lambda t: t.q.func.abs(inner(t)), numbers),
    )
)
strings = st.deferred(
    lambda: st.one_of(
        st.just(lambda t: t.users.name),
        st.text("aB%_", max_size=3).map(lambda value: lambda t: t.q.literal(value)),
        st.builds(lambda left, right: lambda t: left(t) + right(t), strings, strings),
        st.builds(lambda inner: lambda t: t.q.func.lower(inner(t), type_=t.q.String), strings),
    )
)
truths = st.deferred(
    lambda: st.one_of(
        st.builds(
            lambda op, left, right: lambda t: op(left(t), right(t)),
            st.sampled_from(
                [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
            ),
            numbers,
            numbers,
        ),
        st.builds(
            lambda name, left, right: lambda t: getattr(left(t), name)(right),
            st.sampled_from(["startswith", "contains", "icontains", "like", "ilike", "not_like"]),
            strings,
            st.text("aB%", max_size=2),
        ),
        st.builds(
            lambda inner, values: lambda t: inner(t).in_(values),
            numbers,
            st.lists(st.integers(0, 5), max_size=3),
        ),
        st.builds(
            lambda inner, values: lambda t: inner(t).not_in(values),
            numbers,
            st.lists(st.integers(0, 5), max_size=3),
        ),
        st.builds(
            lambda inner, low, high: lambda t: inner(t).between(low(t), high(t)),
            numbers,
            numbers,
            numbers,
        ),
        st.builds(lambda inner: lambda t: inner(t).is_(None), st.one_of(numbers, strings)),
        st.builds(lambda inner: lambda t: inner(t) != None, st.one_of(numbers, strings)),
        st.builds(lambda left, right: lambda t: left(t) & right(t), truths, truths),
        st.builds(lambda left, right: lambda t: left(t) | right(t), truths, truths),
        st.builds(
            lambda parts: lambda t: t.q.and_(*[part(t) for part in parts]),
            # Of one part by itself the oracle keeps the parentheses that a neighbour would need.
            st.lists(truths, min_size=2, max_size=3),
        ),
    )
)
negated = st.one_of(truths, truths.map(lambda inner: lambda t: ~inner(t)))
statements = st.builds(
    lambda column, tests: (
        lambda t: (
            t.q.select(t.users.id, column(t).label("value"))
            .where(*[test(t) for test in tests])
            .order_by(t.users.id)
        )
    ),
    st.one_of(numbers, strings),
    st.lists(negated, max_size=3),
)


@given(st.one_of(numbers, strings, negated))
def test_random_expressions_read_the_same(make):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")

        assert str(make(OURS)) == str(make(THEIRS))


def _database():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INTEGER)")
    rows = [(1, "ab", 1), (2, "aB", None), (3, None, 3), (4, "%a", 4), (5, "", 0)]
    connection.executemany("INSERT INTO users VALUES (?, ?, ?)", rows)
    return connection


DATABASE = _database()
SQLITE = sqlite_dialect()


def rows(sql, parameters=()):
    try:
        return DATABASE.execute(sql, parameters).fetchall()
    except sqlite3.OperationalError as error:
        # SQLite has its own idea of how deep an expression may be.
        if "parser stack overflow" in str(error) or "depth" in str(error):
            reject()
        raise


@given(statements)
def test_random_selects_give_the_same_rows(make):
    ours = make(OURS)
    walk = ours.walk()
    plan = StatementPlan(ours.compile(dialect=SQLITE), walk.binds)
    sql, parameters = plan.prepare([bind.effective_value for bind in walk.binds])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = make(THEIRS).compile(
            dialect=sqlalchemy_sqlite.dialect(), compile_kwargs={"render_postcompile": True}
        )

    expected = rows(str(theirs), [theirs.params[name] for name in theirs.positiontup])

    assert rows(sql, parameters) == expected


@given(statements)
def test_values_written_out_give_the_same_rows(make):
    ours = make(OURS)
    walk = ours.walk()
    plan = StatementPlan(ours.compile(dialect=SQLITE), walk.binds)
    literal = ours.compile(dialect=SQLITE, compile_kwargs={"literal_binds": True})

    bound = rows(*plan.prepare([bind.effective_value for bind in walk.binds]))

    assert rows(str(literal)) == bound
