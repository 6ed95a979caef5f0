"""From a compiled statement and values to what the driver takes."""

import datetime as dt

import pytest

from dovetail import (
    Boolean,
    Column,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
    text,
    tuple_,
    update,
)
from dovetail.codegen import source_text
from dovetail.compiler import PlanCache, StatementPlan, bound_values
from dovetail.dialects.dialect import DefaultDialect
from dovetail.dialects.sqlite import dialect as sqlite_dialect
from dovetail.exc import CompileError, InvalidRequestError

metadata = MetaData()
user = Table(
    "user",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String),
    Column("active", Boolean, default=True),
    Column("seen", DateTime),
)
SQLITE = sqlite_dialect()


def plan_of(statement, dialect=SQLITE, column_keys=None):
    walk = statement.walk()
    return StatementPlan(dialect.compile(statement, column_keys=column_keys), walk.binds)


def prepared(statement, dialect=SQLITE):
    plan = plan_of(statement, dialect)
    return plan.prepare([bind.effective_value for bind in statement.walk().binds])


def test_values_in_the_order_of_the_text_need_no_function():
    plan = plan_of(select(user.c.id).where(user.c.id == 5, user.c.name == "x"))

    assert plan.bind is tuple


@pytest.mark.filterwarnings("ignore:.*no condition joins them")
def test_values_go_where_the_text_has_them():
    counted = select(func.count().label("n")).where(user.c.id == 1).cte("counted")
    statement = select(counted).where(user.c.name == "x").add_columns(user.c.id + 7)
    statement = statement.where(user.c.id >= counted.c.n)

    sql, parameters = prepared(statement)

    assert sql.count("?") == 3
    assert parameters == (1, 7, "x")


def test_what_must_be_converted_is_converted():
    statement = select(user.c.id).where(user.c.seen > dt.datetime(2020, 1, 2))

    assert prepared(statement)[1] == ("2020-01-02 00:00:00.000000",)


def test_a_binder_reads_as_if_written_by_hand():
    plan = plan_of(select(user.c.id).where(user.c.seen > dt.datetime(2020, 1, 2)))

    assert source_text(plan.bind) == (
        "def bind(values):\n    return (None if (v0 := values[0]) is None else convert_0(v0),)\n"
    )


@pytest.mark.parametrize(
    ("values", "sql", "parameters"),
    [
        ([1, 2, 3], "IN (?, ?, ?)", (1, 2, 3)),
        ([1], "IN (?)", (1,)),
        ([], "IN (NULL) AND (1 != 1)", ()),
        ([None], "IN (?)", (None,)),
        ((n for n in (1, 2)), "IN (?, ?)", (1, 2)),
    ],
)
def test_lists_are_written_out(values, sql, parameters):
    found = prepared(select(user.c.id).where(user.c.id.in_(values)))

    assert found[0].endswith(sql)
    assert found[1] == parameters


def test_lists_of_tuples():
    sql, parameters = prepared(
        select(user.c.id).where(tuple_(user.c.id, user.c.name).in_([(1, "a"), (2, "b")]))
    )

    assert sql.endswith('("user".id, "user".name) IN ((?, ?), (?, ?))'.replace('"user"', "user"))
    assert parameters == (1, "a", 2, "b")


def test_lists_between_other_parameters():
    sql, parameters = prepared(
        select(user.c.id).where(user.c.name == "x", user.c.id.in_([1, 2]), user.c.name == "y")
    )

    assert sql.count("?") == 4
    assert parameters == ("x", 1, 2, "y")


def test_named_parameters():
    sql, parameters = prepared(
        select(user.c.id).where(user.c.id.in_([1, 2]), user.c.name == "y"), DefaultDialect()
    )

    assert 'user".id IN (:id_1_1, :id_1_2)'.replace('user"', 'user"') in sql
    assert parameters == {"id_1_1": 1, "id_1_2": 2, "name_1": "y"}


def test_percent_signs_are_doubled_where_the_driver_wants_it():
    dialect = DefaultDialect(paramstyle="format")

    sql, parameters = prepared(select(user.c.id % 5).where(user.c.name.startswith("x")), dialect)

    assert "%% %s" in sql
    assert "'%%'" in sql
    assert parameters == (5, "x")


def test_numbered_parameters():
    sql, _ = prepared(
        select(user.c.id).where(user.c.id.in_([4, 5]), user.c.name == "x"),
        DefaultDialect(paramstyle="numeric_dollar"),
    )

    assert "IN ($1, $2)" in sql
    assert sql.endswith("= $3")


def test_rows_of_values_by_name():
    plan = plan_of(insert(user), column_keys=["id", "name"])

    rows = plan.prepare_rows([{"id": 1, "name": "a"}, {"id": 2, "name": None}])

    assert plan.sql == "INSERT INTO user (id, name, active) VALUES (?, ?, ?)"
    assert rows == [(1, "a", 1), (2, None, 1)]


def test_a_row_that_lacks_a_value_is_named():
    plan = plan_of(insert(user), column_keys=["id", "name"])

    with pytest.raises(InvalidRequestError, match="parameter 'name' in row 1"):
        plan.prepare_rows([{"id": 1, "name": "a"}, {"id": 2}])


def test_names_that_are_no_columns_are_refused():
    with pytest.raises(CompileError, match="nmae"):
        plan_of(insert(user), column_keys=["nmae"])


def test_rows_and_values_of_the_statement_go_together():
    statement = update(user).where(user.c.id == bindparam("key")).values(name="x")
    plan = plan_of(statement, column_keys=["key"])
    values = bound_values(statement.walk().binds, {"key": 0})

    assert plan.sql == "UPDATE user SET name=? WHERE user.id = ?"
    assert plan.prepare_rows([{"key": 1}, {"key": 2}], values) == [("x", 1), ("x", 2)]


def test_defaults_are_computed_for_each_row():
    numbers = iter(range(100))
    table = Table(
        "t",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("a", Integer, default=lambda: next(numbers)),
        Column("b", Integer, default=lambda context: context.current_parameters["id"] * 10),
        Column("c", String, default=func.lower("X")),
    )
    plan = plan_of(insert(table), column_keys=["id"])

    assert plan.sql == "INSERT INTO t (id, a, b, c) VALUES (?, ?, ?, lower(?))"
    assert plan.prepare_rows([{"id": 1}, {"id": 2}]) == [(1, 0, 10, "X"), (2, 1, 20, "X")]


def test_an_insert_of_parameters_alone_can_be_widened():
    parts = SQLITE.compile(insert(user).returning(user.c.id), column_keys=["id", "name"])

    assert parts.values_parts.text(2) == (
        "INSERT INTO user (id, name, active) VALUES (?, ?, ?), (?, ?, ?) RETURNING id"
    )


def test_an_insert_with_sql_in_it_cannot_be_widened_by_text_alone():
    compiled = SQLITE.compile(insert(user).values(name=func.lower("x")))

    assert compiled.values_parts is None


def test_parameters_of_text():
    statement = text("SELECT :a, ':b', x::int, :a, :c").bindparams(a=1, c=2)

    sql, parameters = prepared(statement)

    assert sql == "SELECT ?, ':b', x::int, ?, ?" or "':b'" not in sql
    assert parameters[0] == 1


def test_a_required_parameter_is_asked_for():
    statement = select(user).where(user.c.id == bindparam("x"))

    with pytest.raises(InvalidRequestError, match="'x'"):
        bound_values(statement.walk().binds)

    assert bound_values(statement.walk().binds, {"x": 5}) == [5]


def test_a_callable_value_is_asked_each_time():
    numbers = iter(range(10))
    statement = select(user).where(user.c.id == bindparam("x", callable_=lambda: next(numbers)))
    binds = statement.walk().binds

    assert [bound_values(binds), bound_values(binds)] == [[0], [1]]


def test_the_cache_keeps_what_is_used():
    cache = PlanCache(capacity=3)
    for name in "abc":
        cache.put(name, name.upper())
    for name in "ab":
        cache.put(name + name, name)
        cache.get("c")

    assert "c" in cache
    assert len(cache) == 3
    assert cache.stats().evictions == 2
    assert cache.stats().hits == 2


def test_the_cache_counts():
    cache = PlanCache()

    assert cache.get("x") is None
    assert cache.put("x", 1) == 1
    assert cache.put("x", 2) == 1
    assert cache.get("x") == 1
    assert cache.stats()[:3] == (1, 1, 1)


def test_a_cache_without_room_keeps_nothing():
    cache = PlanCache(capacity=0)

    assert cache.put("x", 1) == 1
    assert cache.get("x") is None
