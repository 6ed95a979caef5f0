"""Statements of the expression language on a connection."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from dovetail import (
    JSON,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Uuid,
    bindparam,
    column,
    create_engine,
    delete,
    exc,
    func,
    insert,
    literal,
    select,
    table,
    text,
    update,
)
from dovetail.dialects.sqlite import insert as sqlite_insert
from dovetail.event import listens_for

metadata = MetaData()
user = Table(
    "user",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), unique=True),
    Column("since", DateTime, default=dt.datetime(2020, 1, 1)),
    Column("length", Integer, default=lambda ctx: len(ctx.get_current_parameters()["name"])),
    Column("changes", Integer, default=0, onupdate=lambda: 7),
)
document = Table(
    "document",
    metadata,
    Column("id", Uuid, primary_key=True, default=uuid.uuid4),
    Column("data", JSON),
    Column("price", Numeric(10, 2)),
    Column("code", String, default=func.lower("ABC")),
)
pair = Table(
    "pair",
    metadata,
    Column("a", Integer, primary_key=True),
    Column("b", Integer, primary_key=True),
)


@pytest.fixture
def engine():
    made = create_engine("sqlite://")
    metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def connection(engine):
    with engine.connect() as connection:
        yield connection


def test_defaults_see_the_values_of_their_own_row_among_many_values(connection):
    rows = [{"name": "Ada"}, {"name": "Augusta"}]

    connection.execute(insert(user).values(rows))
    connection.execute(insert(user).values([{user.c.name: "x", "changes": 3}]))

    assert connection.execute(select(user.c.name, user.c.length)).all() == [
        ("Ada", 3), ("Augusta", 7), ("x", 1),
    ]  # fmt: skip


def test_defaults_see_the_values_of_their_own_row_of_an_upsert(connection):
    statement = sqlite_insert(user).values([{"name": "Ada"}, {"name": "Bo"}])
    statement = statement.on_conflict_do_update(
        index_elements=["name"], set_={"length": statement.excluded.length * 10}
    )

    connection.execute(statement)
    connection.execute(statement)

    assert connection.execute(select(user.c.name, user.c.length)).all() == [("Ada", 30), ("Bo", 20)]


def test_an_upsert_finds_the_index_of_a_part_of_the_rows_by_its_condition(engine):
    part = Table("part", MetaData(), Column("name", String), Column("size", Integer))
    index = Index("ix_part", part.c.name, unique=True, sqlite_where=part.c.size > 5)
    part.create(engine)
    said = [
        {"index_elements": ["name"], "index_where": part.c.size > 5},
        {"constraint": index},
    ]

    with engine.begin() as connection:
        for number, which in enumerate(said * 2):
            statement = sqlite_insert(part).values(name="Ada", size=6 + number)
            connection.execute(
                statement.on_conflict_do_update(**which, set_={"size": statement.excluded.size})
            )

        assert connection.execute(select(part)).all() == [("Ada", 9)]


@pytest.mark.parametrize("many", [False, True])
def test_a_default_that_misses_a_key_of_its_own_is_no_missing_parameter(connection, many):
    def look_up():
        return {}["name of mine"]

    table = Table(
        "looked_up", MetaData(), Column("a", Integer), Column("b", Integer, default=look_up)
    )

    with pytest.raises(exc.StatementError) as raised:
        connection.execute(insert(table), [{"a": 1}] * (2 if many else 1))

    assert isinstance(raised.value.orig, KeyError)


def test_an_insert_tells_its_key_and_fills_in_defaults(connection):
    for statement, parameters in (
        (insert(user), {"name": "Ada"}),
        (insert(user).values(name="Alan"), None),
        (user.insert().values({"name": "Grace"}), None),
        (insert(user).values(id=None), {"name": "Edsger"}),
    ):
        result = connection.execute(statement, parameters)
        assert result.rowcount == 1

    assert result.inserted_primary_key == (4,)
    assert result.inserted_primary_key.id == 4
    assert connection.execute(select(user).where(user.c.id == 2)).one() == (
        *(2, "Alan", dt.datetime(2020, 1, 1), 4, 0),
    )


def test_a_key_that_python_makes_is_told(connection):
    result = connection.execute(insert(document), {"data": {"a": [1]}, "price": Decimal("1.5")})

    (key,) = result.inserted_primary_key
    row = connection.execute(select(document)).one()
    assert isinstance(key, uuid.UUID)
    assert row == (key, {"a": [1]}, Decimal("1.50"), "abc")


def test_a_key_that_the_server_computes_is_asked_for(connection):
    result = connection.execute(insert(pair).values(a=func.abs(-3)), {"b": 5})

    assert result.inserted_primary_key == (3, 5)
    with pytest.raises(exc.ResourceClosedError):
        result.all()


def test_many_rows_at_once(connection):
    result = connection.execute(insert(user), [{"name": name} for name in "abc"])

    assert result.rowcount == 3
    assert connection.execute(select(user.c.name, user.c.length)).all() == [
        *(("a", 1), ("b", 1), ("c", 1)),
    ]
    with pytest.raises(exc.InvalidRequestError, match="not known"):
        _ = result.inserted_primary_key


def test_many_rows_can_be_returned(connection):
    rows = [{"name": f"n{number}"} for number in range(2500)]
    result = connection.execute(insert(user).returning(user.c.id, user.c.name), rows)

    assert result.rowcount == 2500
    assert result.all() == [(number + 1, f"n{number}") for number in range(2500)]


def test_rows_of_a_values_list(connection):
    connection.execute(
        insert(user).values([{"name": "a", "length": 1}, {"name": "b", "length": 2}])
    )

    assert connection.execute(select(user.c.name, user.c.changes)).all() == [("a", 0), ("b", 0)]


def test_updates_and_deletes_count_what_they_matched(connection):
    connection.execute(insert(user), [{"name": name} for name in "abc"])

    assert connection.execute(update(user).where(user.c.name == "a").values(name="x")).rowcount == 1
    changed = connection.execute(
        update(user).where(user.c.id == bindparam("key")).values(name=bindparam("new")),
        [{"key": 2, "new": "y"}, {"key": 3, "new": "z"}],
    )
    assert changed.rowcount == 2
    assert connection.execute(select(user.c.name, user.c.changes)).all() == [
        *(("x", 7), ("y", 7), ("z", 7)),
    ]
    assert connection.execute(delete(user).where(user.c.id.in_([1, 2]))).rowcount == 2
    gone = connection.execute(delete(user).returning(user.c.name))
    assert (gone.all(), gone.rowcount) == ([("z",)], 1)


def test_an_update_takes_its_values_from_parameters(connection):
    connection.execute(insert(user), {"name": "a"})

    connection.execute(update(user).where(user.c.id == 1), {"name": "b"})

    assert connection.scalar(select(user.c.name)) == "b"


def test_rows_are_found_by_column_and_by_label(connection):
    connection.execute(insert(user), {"name": "a"})
    label = user.c.name.label("called")
    row = connection.execute(select(user.c.id, label)).one()

    assert (row._mapping[user.c.id], row._mapping[label], row.called) == (1, "a", "a")
    with pytest.raises(exc.NoSuchColumnError):
        _ = row._mapping[pair.c.a]
    again = connection.execute(select(user.c.id, user.c.name.label("called"))).one()
    assert again._mapping[label] == "a"
    assert connection.execute(select(user)).scalars(user.c.name).one() == "a"


@pytest.mark.parametrize("place", [":keys", "(:keys)"])
@pytest.mark.parametrize(("keys", "found"), [([1, 3], [1, 3]), ((2,), [2]), ([], [])])
def test_a_list_after_in_within_text_is_one_in_parentheses(connection, place, keys, found):
    connection.execute(insert(user), [{"name": name} for name in "abc"])
    query = text(f'SELECT id FROM "user" WHERE id IN {place} ORDER BY id')
    query = query.bindparams(bindparam("keys", expanding=True))

    assert connection.execute(query, {"keys": keys}).scalars().all() == found
    assert connection.execute(query.bindparams(keys=keys)).scalars().all() == found


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("1 IN :none", False),
        ("1 NOT IN :none", True),
        ("NULL not  in (:none)", True),
        ("NOT 1 IN :none", True),
        ("NOT 1 NOT IN :none", False),
        ("1 = 0 AND 1 NOT IN :none", False),
        ("1 = 1 OR 1 IN :none", True),
        ("NOT (1 IN :none) AND 2 NOT IN :none", True),
    ],
)
def test_a_list_without_values_within_text_is_an_empty_list(connection, condition, holds):
    query = text(f"SELECT 1 WHERE {condition}").bindparams(bindparam("none", expanding=True))

    assert bool(connection.execute(query, {"none": []}).all()) is holds


@pytest.mark.parametrize("rows", [[(1, "a"), (3, "c")], [[2, "b"]], ((1, "a"),), []])
@pytest.mark.parametrize("place", [":pairs", "(:pairs)"])
def test_a_list_of_rows_after_in_within_text(connection, place, rows):
    connection.execute(insert(user), [{"name": name} for name in "abc"])
    query = text(f'SELECT id, name FROM "user" WHERE (id, name) IN {place} ORDER BY id')
    query = query.bindparams(bindparam("pairs", expanding=True))
    if not rows:
        query = text(f"SELECT 1 WHERE 1 IN {place}").bindparams(bindparam("pairs", expanding=True))

    found = connection.execute(query, {"pairs": rows}).all()

    assert found == list(map(tuple, rows))
    assert connection.execute(query.bindparams(pairs=rows)).all() == found
    # The same statement takes plain values the next time.
    plain = text(f"SELECT 1 WHERE 1 IN {place}").bindparams(bindparam("pairs", expanding=True))
    assert connection.execute(plain, {"pairs": [1, 2]}).all() == [(1,)]


def test_a_list_of_rows_within_text_is_written_out_for_reading():
    query = text("SELECT 1 WHERE (1, 2) IN :pairs").bindparams(
        bindparam("pairs", [(1, 2), (3, 4)], expanding=True)
    )

    literal = query.compile(compile_kwargs={"literal_binds": True})
    expanded = query.compile(compile_kwargs={"render_postcompile": True})

    assert str(literal) == "SELECT 1 WHERE (1, 2) IN ((1, 2), (3, 4))"
    assert expanded.params == {"pairs_1_1": 1, "pairs_1_2": 2, "pairs_2_1": 3, "pairs_2_2": 4}


def test_rows_of_different_lengths_within_text_are_refused(connection):
    query = text("SELECT 1 WHERE (1, 2) IN :pairs").bindparams(bindparam("pairs", expanding=True))

    with pytest.raises(exc.ArgumentError, match="of different lengths"):
        connection.execute(query, {"pairs": [(1, 2), (3,)]})


def test_lists_after_in_may_have_any_length(connection):
    connection.execute(insert(user), [{"name": name} for name in "abc"])
    query = select(user.c.id).where(user.c.id.in_(bindparam("keys", expanding=True)))

    for keys in ([], [1], [1, 2, 3], [3, 77]):
        found = connection.scalars(query, {"keys": keys}).all()
        assert found == [key for key in keys if key < 4]
        assert connection.scalars(select(user.c.id).where(user.c.id.in_(keys))).all() == found


def test_text_with_parameters_and_types(connection):
    connection.execute(text("INSERT INTO user (name) VALUES (:n)"), [{"n": "a"}, {"n": "b"}])
    connection.execute(text("UPDATE user SET since = :d"), {"d": "2021-02-03 00:00:00.000000"})

    assert connection.execute(text("SELECT id FROM user WHERE name = :n"), {"n": "b"}).all() == [
        (2,)
    ]
    typed = text("SELECT name, since FROM user WHERE id = 1")
    assert connection.execute(typed.columns(since=DateTime)).one() == ("a", dt.datetime(2021, 2, 3))
    row = connection.execute(typed.columns(user.c.name, user.c.since)).one()
    assert row._mapping[user.c.since] == dt.datetime(2021, 2, 3)


def test_functions_are_executed_as_queries(connection):
    assert connection.scalar(func.abs(-5)) == 5


def test_a_known_statement_is_compiled_once(engine, connection):
    for number in range(5):
        connection.execute(select(user.c.id).where(user.c.id == number))

    stats = engine.plans.stats()
    assert (stats.hits, stats.misses) == (4, 1)
    engine.clear_compiled_cache()
    assert len(engine.plans) == 0


def test_a_large_result_is_read_in_parts(connection):
    connection.execute(insert(pair), [{"a": number, "b": 0} for number in range(500)])
    query = select(pair.c.a).order_by(pair.c.a)

    streamed = connection.execute(query, execution_options={"yield_per": 100})
    assert [len(part) for part in streamed.partitions()] == [100] * 5
    by_statement = connection.execute(query.execution_options(stream_results=True))
    assert by_statement.fetchmany(3) == [(0,), (1,), (2,)]
    by_statement.close()


@pytest.mark.parametrize(
    ("statement", "parameters", "kind", "words"),
    [
        ("SELECT 1", None, exc.ObjectNotExecutableError, "text("),
        (user, None, exc.ObjectNotExecutableError, "user"),
        (select(user.c.id), 5, exc.ArgumentError, "dictionary"),
        (select(user.c.id), [(5,)], exc.ArgumentError, "list of dictionaries"),
        (select(user.c.id == bindparam("x")), None, exc.InvalidRequestError, "'x'"),
        (insert(pair), {"aa": 1}, exc.CompileError, "'aa'"),
        (insert(pair), [{"a": 1, "b": 2}, {"a": 1}], exc.InvalidRequestError, "row 1"),
        (insert(document), {"price": "abc"}, exc.StatementError, "abc"),
    ],
)
def test_wrong_statements_and_parameters_say_so(connection, statement, parameters, kind, words):
    with pytest.raises(kind) as caught:
        connection.execute(statement, parameters)
    assert words in str(caught.value)


def test_listeners_see_statements_and_may_replace_them(engine, connection):
    seen = []
    connection.execute(insert(user), [{"name": "a"}, {"name": "b"}])

    @listens_for(engine, "before_execute", retval=True)
    def replace(conn, statement, multiparams, params, options):
        return statement.where(user.c.id == 2), multiparams, params

    @listens_for(engine, "after_execute")
    def after(conn, statement, multiparams, params, options, result):
        seen.append((options["mine"], result.returns_rows))

    @listens_for(engine, "before_cursor_execute")
    def before(conn, cursor, sql, parameters, context, executemany):
        seen.append((context.compiled.sql == sql, context.execution_options["mine"]))

    found = connection.execute(select(user.c.name), execution_options={"mine": 5}).all()

    assert found == [("b",)]
    assert seen == [(True, 5), (5, True)]


def test_schemas_can_be_translated(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/main.db")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ATTACH DATABASE '{tmp_path}/other.db' AS other")
        connection.exec_driver_sql("CREATE TABLE other.pair (a INTEGER, b INTEGER)")
        connection.execution_options(schema_translate_map={None: "other"})
        connection.execute(insert(pair), {"a": 1, "b": 2})
        assert connection.exec_driver_sql("SELECT * FROM other.pair").all() == [(1, 2)]
    engine.dispose()


# What ran ---------------------------------------------------------------------------------------


NAMED = select(user.c.id).where(user.c.name == "x")
MANY = [{"a": 1, "b": 2}, {"a": 1, "b": 3}]
RUNS = {
    "query": (NAMED, None, ("x",), False),
    "query with options": (NAMED.execution_options(own=1), None, ("x",), False),
    "rows that are streamed": (NAMED.execution_options(yield_per=1), None, ("x",), False),
    "one row": (insert(pair), {"a": 1, "b": 2}, (1, 2), False),
    "many rows": (insert(pair), MANY, MANY, True),
    "returned": (insert(pair).returning(pair.c.a), {"a": 1, "b": 2}, (1, 2), False),
    "text": (text("SELECT :n"), {"n": 1}, (1,), False),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_result_tells_what_ran(connection, name):
    statement, given, parameters, many = RUNS[name]

    result = connection.execute(statement, given)
    context = result.context

    assert result.connection is context.connection is connection
    assert context is result.context
    assert (context.sent, context.executemany) == (parameters, many)
    assert context.parameters == (parameters if many else [parameters])
    assert context.invoked_statement is statement
    assert context.statement == context.compiled.sql
    assert context.isinsert == statement.is_dml
    assert dict(context.execution_options) == statement.execution_options_dict


@pytest.mark.parametrize("verb", ["insert", "update", "delete"])
def test_a_text_is_told_as_no_insert_that_names_its_table(connection, verb):
    sql = {
        "insert": "INSERT INTO pair (a, b) VALUES (1, 2)",
        "update": "UPDATE pair SET b = 3",
        "delete": "DELETE FROM pair",
    }[verb]
    made = {"insert": insert(pair), "update": update(pair), "delete": delete(pair)}[verb]
    given = None if verb == "delete" else {"a": 1, "b": 2}

    texts = connection.execute(text(sql)).context
    connection.execute(delete(pair))
    driver = connection.exec_driver_sql(sql).context
    connection.execute(delete(pair))
    built = connection.execute(made, given).context

    for context, expected in ((texts, set()), (driver, {verb}), (built, {verb})):
        names = ("insert", "update", "delete")
        assert {name for name in names if getattr(context, f"is{name}")} == expected


def test_a_result_of_sql_text_tells_what_ran(connection):
    context = connection.exec_driver_sql("SELECT ?", (1,)).context

    assert (context.statement, context.parameters, context.compiled) == ("SELECT ?", [(1,)], None)


def test_a_result_has_what_listeners_have_kept(connection):
    @listens_for(connection, "before_cursor_execute")
    def note(conn, cursor, statement, parameters, context, executemany):
        context.noted = statement

    for result in (connection.execute(NAMED), connection.exec_driver_sql("SELECT 1")):
        assert result.context.noted == result.context.statement


def test_keys_that_nobody_tells_are_none(connection):
    word = Table(
        "word", MetaData(), Column("id", Integer, primary_key=True), Column("text", String)
    )
    word.create(connection)
    for statement in (
        insert(word).values([{"text": "a"}, {"text": "b"}]),
        insert(word).values([{"text": "a"}]),
        insert(word).from_select(["text"], select(literal("a"))),
    ):
        result = connection.execute(statement)

        assert result.inserted_primary_key == (None,)
        assert result.inserted_primary_key_rows == [(None,)]


def test_a_table_without_a_key_has_an_empty_one(connection):
    word = Table("word", MetaData(), Column("text", String))
    word.create(connection)

    assert connection.execute(insert(word).values(text="a")).inserted_primary_key == ()
    assert connection.execute(insert(word).values([{"text": "a"}])).inserted_primary_key == ()
    lighter = table("word", column("text"))
    assert connection.execute(insert(lighter).values(text="a")).inserted_primary_key == ()
