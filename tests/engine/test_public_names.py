"""Names that users know, and what stands behind them."""

import copy
import pickle
from importlib import import_module

import pytest
import sqlalchemy

import dovetail
from dovetail import Column, Integer, MetaData, Table, create_engine, select, text
from dovetail.engine import (
    BaseRow,
    BindTyping,
    ChunkedIteratorResult,
    Connectable,
    FilterResult,
    MergedResult,
    ObjectKind,
    ObjectScope,
    ReflectionDefaults,
    Row,
    SimpleResultMetaData,
    TupleResult,
    create_mock_engine,
    make_url,
    result_tuple,
)
from dovetail.event import listen

LEFT_OUT = {
    "engine": {"ConnectionEventsTarget", "ResultProxy", "connection_memoize"},
    "pool": set(),
    "event": {"EventTarget", "RefCollection", "dispatcher"},
    "exc": {"EmulatedDBAPIException", "HasDescriptionCode", "SATestSuiteWarning"},
    "engine.url": set(),
    "engine.reflection": {"cache", "flexi_cache"},
    "engine.mock": set(),
    "events": set(),
}


def offered(module):
    names = getattr(module, "__all__", None)
    if names is not None:
        return set(names)
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "").startswith(module.__name__)
        and name[0].isalpha()
    }


@pytest.mark.parametrize("path", LEFT_OUT)
def test_the_oracles_names_are_there(path):
    ours = import_module(f"dovetail.{path}")
    names = offered(import_module(f"sqlalchemy.{path}"))

    assert {name for name in names if not hasattr(ours, name)} <= LEFT_OUT[path]


@pytest.mark.parametrize("kind", ["Connection", "Engine", "Transaction", "Result", "Row"])
def test_the_oracles_methods_are_there(kind):
    theirs = getattr(sqlalchemy.engine, kind)
    missing = {
        name
        for name in dir(theirs)
        if not name.startswith(("_", "memoized"))
        and not hasattr(getattr(dovetail.engine, kind), name)
    }

    # logging_name is set on each engine; nothing closes with its result any more.
    assert missing <= {"logging_name", "should_close_with_result"}


def test_flags_have_the_oracles_values():
    for ours, name in ((ObjectKind, "ObjectKind"), (ObjectScope, "ObjectScope")):
        theirs = getattr(sqlalchemy.engine, name)
        assert {each.name: each.value for each in ours} == {
            each.name: each.value for each in theirs
        }
        assert ours.ANY.value == theirs.ANY.value
    assert [each.name for each in BindTyping] == [
        each.name for each in sqlalchemy.engine.BindTyping
    ]


@pytest.mark.parametrize(
    "what",
    [
        *("columns", "pk_constraint", "foreign_keys", "indexes", "unique_constraints"),
        *("check_constraints", "table_options", "table_comment"),
    ],
)
def test_nothing_reflected_looks_as_the_oracles(what):
    theirs = sqlalchemy.engine.reflection.ReflectionDefaults

    assert getattr(ReflectionDefaults, what)() == getattr(theirs, what)()


def test_statements_can_be_run_on_what_is_connectable(engine):
    assert isinstance(engine, Connectable)
    with engine.connect() as connection:
        assert isinstance(connection, Connectable)


def test_rows_are_made_of_values():
    class Marked:
        pass

    mark = Marked()
    make = result_tuple(["x", "y"], [None, (mark,)])
    row = make([1, 2])

    assert isinstance(row, Row)
    assert BaseRow is Row
    assert (row.x, row._mapping["y"], row._mapping[mark]) == (1, 2, 2)
    assert pickle.loads(pickle.dumps(row)) == copy.copy(row) == (1, 2)


def test_results_are_merged_one_after_another(engine):
    with engine.connect() as connection:
        one, two, three = (connection.execute(text(f"SELECT {n} AS n")) for n in (1, 2, 3))
        merged = one.merge(two, three)
        assert isinstance(merged, MergedResult)
        assert list(merged.keys()) == ["n"]
        assert merged.fetchone() == (1,)
        assert merged.scalars().all() == [2, 3]
        streamed = [
            connection.execute(text(f"SELECT {n}"), execution_options={"stream_results": True})
            for n in (1, 2)
        ]
        merged = streamed[0].merge(streamed[1])
        assert merged.first() == (1,)
        assert merged.closed
        assert all(each.closed for each in streamed)
    assert TupleResult is dovetail.engine.Result


def test_what_is_filtered_is_a_filter(engine):
    with engine.connect() as connection:
        result = connection.execute(text("SELECT 1 AS n"))
        assert not isinstance(result, FilterResult)
        assert isinstance(result.scalars(), FilterResult)
        assert isinstance(connection.execute(text("SELECT 1 AS n")).mappings(), FilterResult)


def test_a_result_comes_in_chunks():
    asked = []

    def chunks(size):
        asked.append(size)
        rows = [(n, -n) for n in range(5)]
        for start in range(0, 5, size or 5):
            yield rows[start : start + (size or 5)]

    meta = SimpleResultMetaData(["a", "b"])
    assert ChunkedIteratorResult(meta, chunks).scalars("b").all() == [0, -1, -2, -3, -4]
    result = ChunkedIteratorResult(meta, chunks, dynamic_yield_per=True).yield_per(2)
    assert [len(part) for part in result.partitions()] == [2, 2, 1]
    # A generator asks for its chunks when it is first read.
    assert asked == [None, 2]
    bare = ChunkedIteratorResult(
        SimpleResultMetaData(["a"]), lambda size: iter([[1, 2], [3]]), True
    )
    assert bare.all() == [(1,), (2,), (3,)]


def test_a_mock_engine_hands_statements_to_a_function():
    metadata = MetaData()
    table = Table("t", metadata, Column("id", Integer, primary_key=True))
    sent, told = [], []
    listen(table, "before_create", lambda target, connection, **_: told.append(connection))

    def executor(statement, *parameters):
        sent.append((" ".join(str(statement.compile(dialect=mock.dialect)).split()), *parameters))

    mock = create_mock_engine("sqlite://", executor)
    metadata.create_all(mock)
    table.drop(mock)
    mock.execute(select(table.c.id), {"a": 1})

    assert sent == [
        ("CREATE TABLE t ( id INTEGER NOT NULL, PRIMARY KEY (id) )", None),
        ("DROP TABLE t", None),
        ("SELECT t.id FROM t", {"a": 1}),
    ]
    assert told == [mock]
    assert mock.connect() is mock.engine is mock.execution_options() is mock
    assert (mock.name, mock.schema_for_object(table)) == ("sqlite", None)


def test_a_url_knows_its_dialect():
    assert make_url("sqlite://").get_dialect() is type(create_engine("sqlite://").dialect)


def test_a_connection_knows_the_schema_of_a_table(engine):
    table = Table("t", MetaData(), schema="old")
    with engine.connect() as connection:
        assert connection.schema_for_object(table) == "old"
        connection.execution_options(schema_translate_map={"old": "new"})
        assert connection.schema_for_object(table) == "new"
