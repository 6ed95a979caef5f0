"""Results and rows, SQLAlchemy being the oracle for what is not obvious."""

import copy
import pickle

import pytest

from dovetail.engine import IteratorResult, Result, SimpleResultMetaData
from dovetail.engine.rows import Shape
from dovetail.exc import (
    InvalidRequestError,
    MultipleResultsFound,
    NoResultFound,
    NoSuchColumnError,
    ResourceClosedError,
)

KEYS = ("id", "name")
DATA = [(1, "a"), (2, "b"), (3, "c"), (2, "b")]


def result(rows=DATA, keys=KEYS):
    return Result.of_rows(Shape(keys), list(rows))


def streamed(rows=DATA, keys=KEYS):
    return IteratorResult(SimpleResultMetaData(keys), iter(rows))


@pytest.fixture(params=[result, streamed], ids=["held", "streamed"])
def make(request):
    return request.param


def test_rows_are_tuples_with_names(make):
    row = make().first()

    assert row == (1, "a")
    assert isinstance(row, tuple)
    assert (row.id, row.name, row[0], row[-1]) == (1, "a", 1, "a")
    assert row._fields == KEYS
    assert row._asdict() == {"id": 1, "name": "a"}
    assert row._tuple() is row.t is row
    assert (row._mapping["name"], dict(row._mapping)) == ("a", {"id": 1, "name": "a"})
    assert repr(row) == "(1, 'a')"
    first, second = row
    assert (first, second) == (1, "a")
    assert {row: 1}[1, "a"] == 1


def test_a_column_wins_over_a_method_of_tuples():
    row = result([(1, 2, 3)], ("count", "index", "_mapping")).one()

    assert (row.count, row.index) == (1, 2)
    assert row._mapping["_mapping"] == 3


def test_unknown_and_ambiguous_names_are_errors():
    row = result([(1, 2, 3)], ("name", "name", "id")).one()

    with pytest.raises(InvalidRequestError, match="ambiguous"):
        _ = row.name
    with pytest.raises(InvalidRequestError, match="ambiguous"):
        _ = row._mapping["name"]
    with pytest.raises(AttributeError, match="did you mean 'name'"):
        _ = row.nmae
    with pytest.raises(KeyError) as caught:
        _ = row._mapping["idd"]
    assert caught.value.hint == "did you mean 'id'?"
    assert "idd" not in row._mapping
    assert row.id == 3


def test_rows_survive_pickle_and_copy():
    row = result().first()

    for again in (pickle.loads(pickle.dumps(row)), copy.copy(row), copy.deepcopy(row)):
        assert again == row
        assert again.name == "a"
        assert again._mapping == row._mapping
    assert pickle.loads(pickle.dumps(row._mapping)) == {"id": 1, "name": "a"}


def test_columns_are_found_by_object():
    column, other = object(), object()
    shape = Shape(KEYS, [(column,), ()])
    row = shape.row((1, "a"))

    assert row._mapping[column] == 1
    with pytest.raises(NoSuchColumnError):
        _ = row._mapping[other]
    assert Result(shape, [row]).scalars(column).all() == [1]


def test_the_values_of_a_mapping_are_attributes_as_those_of_a_row_are(make):
    mapping = make().mappings().first()

    assert (mapping.id, mapping.name) == (1, "a")
    assert copy.copy(mapping) == pickle.loads(pickle.dumps(mapping)) == {"id": 1, "name": "a"}
    with pytest.raises(AttributeError, match="no column 'nmae'; it has id, name .*'name'"):
        _ = mapping.nmae
    assert not hasattr(mapping, "_row_of_another")


def test_ways_to_read_all(make):
    assert make().all() == DATA
    assert make().fetchall() == DATA
    assert list(make()) == DATA
    assert make().scalars().all() == [1, 2, 3, 2]
    assert make().scalars("name").all() == ["a", "b", "c", "b"]
    assert make().scalars(1).first() == "a"
    assert make().mappings().all()[0] == {"id": 1, "name": "a"}
    assert make().columns("name", "id").all()[0] == ("a", 1)
    assert make().columns("name").first().name == "a"
    assert make().tuples().all() == DATA
    assert list(make().keys()) == ["id", "name"]


def test_ways_to_read_some(make):
    rows = make()

    assert rows.fetchone() == (1, "a")
    assert rows.fetchmany(2) == [(2, "b"), (3, "c")]
    assert next(rows) == (2, "b")
    assert rows.fetchone() is None
    assert rows.fetchmany(2) == []
    assert rows.all() == []


def test_parts(make):
    assert [len(part) for part in make().partitions(3)] == [3, 1]
    assert [len(part) for part in make().yield_per(2).partitions()] == [2, 2]
    assert [len(part) for part in make().scalars().yield_per(3).partitions()] == [3, 1]


def test_one_row_or_an_error(make):
    assert make(DATA[:1]).one() == (1, "a")
    assert make(DATA[:1]).scalar_one() == 1
    assert make(DATA[:1]).scalars().one() == 1
    assert make([]).one_or_none() is None
    assert make([]).scalar() is None
    assert make([]).first() is None
    assert make([]).scalar_one_or_none() is None
    with pytest.raises(NoResultFound):
        make([]).one()
    with pytest.raises(NoResultFound):
        make([]).scalar_one()
    for method in ("one", "one_or_none", "scalar_one", "scalar_one_or_none"):
        with pytest.raises(MultipleResultsFound):
            getattr(make(), method)()


def test_unique(make):
    assert make().unique().all() == DATA[:3]
    assert make().scalars().unique().all() == [1, 2, 3]
    assert make().unique().scalars().all() == [1, 2, 3]
    assert list(make().unique()) == DATA[:3]
    assert make().unique(lambda row: row.id % 2).all() == DATA[:2]
    assert len(make().mappings().unique().all()) == 3
    assert [len(part) for part in make().unique().partitions(2)] == [2, 1]
    assert make([(1, "a"), (1, "a")]).unique().one() == (1, "a")


def test_a_closed_result_is_closed(make):
    for close in (lambda rows: rows.close(), lambda rows: rows.first()):
        rows = make()
        close(rows)
        assert rows.closed
        with pytest.raises(ResourceClosedError):
            rows.all()
    with make() as rows:
        pass
    assert rows.closed


def test_what_a_loop_leaves_can_be_read():
    rows = result()
    for row in rows:
        if row.id == 2:
            break

    assert rows.all() == [(3, "c"), (2, "b")]


def test_different_views_take_from_the_same_rows(make):
    rows = make()

    assert rows.fetchone() == (1, "a")
    assert rows.scalars("name").fetchmany(1) == ["b"]
    assert rows.mappings().fetchone() == {"id": 3, "name": "c"}
    assert rows.all() == [(2, "b")]


def test_a_frozen_result_can_be_made_again(make):
    frozen = make().freeze()

    assert frozen().all() == frozen().all() == DATA
    assert frozen.with_new_rows([(9, "z")])().one() == (9, "z")


def test_a_frozen_result_can_be_pickled():
    column = object()
    frozen = Result.of_rows(Shape(KEYS, [[column], []]), list(DATA)).freeze()

    again = pickle.loads(pickle.dumps(frozen))

    assert again.keys == KEYS
    assert again().all() == DATA
    assert again().first().name == "a"


def test_results_can_be_merged():
    assert result().merge(result([(9, "z")])).all() == [*DATA, (9, "z")]


def test_values_that_are_there_make_rows_on_demand_only():
    def make():
        return Result.of_scalars(Shape(("User",)), ["u1", "u2", "u3"])

    values = make()._values
    assert make().scalars().all() == ["u1", "u2", "u3"]
    assert make().all() == [("u1",), ("u2",), ("u3",)]
    assert make().first().User == "u1"
    assert make().scalars().first() == "u1"
    assert Result.of_scalars(Shape(("User",)), values).scalars().all() is values
    rows = make()
    assert rows.fetchone() == ("u1",)
    assert rows.scalars().fetchmany(1) == ["u2"]
    for value in rows.scalars():
        assert value == "u3"


def test_unhashable_values_are_told_apart_by_filters():
    lists = [[1], [2]]
    rows = [(lists[0], "a"), (lists[1], "b"), (lists[0], "a")]

    def make():
        return Result.of_rows(Shape(("item", "name")), list(rows), unique_filters=(id, None))

    assert len(make().unique().all()) == 2
    assert make().scalars().unique().all() == lists
    assert make().scalars(1).unique().all() == ["a", "b"]


def test_uniqueness_may_be_demanded():
    rows = result()
    rows._unique_required = "the collections of joined loading repeat rows"

    with pytest.raises(InvalidRequestError, match="repeat rows") as caught:
        rows.all()
    assert caught.value.hint == "result.unique()"
    assert rows.unique().scalars().all() == [1, 2, 3]


def test_a_driver_result_counts_and_names(engine):
    with engine.begin() as connection:
        inserted = connection.exec_driver_sql("INSERT INTO t (name) VALUES ('a'), ('b')")
        assert (inserted.rowcount, inserted.lastrowid) == (2, 2)
        assert not inserted.returns_rows
        with pytest.raises(ResourceClosedError, match="returning"):
            inserted.all()
        many = connection.exec_driver_sql(
            "INSERT INTO t (name) VALUES (?)", [("c",), ("d",), ("e",)]
        )
        assert many.rowcount == 3
        selected = connection.exec_driver_sql("SELECT id, name FROM t WHERE id > :id", {"id": 3})
        assert list(selected.keys()) == ["id", "name"]
        assert selected.all() == [(4, "d"), (5, "e")]
        empty = connection.exec_driver_sql("SELECT id FROM t WHERE 1 = 0")
        assert empty.returns_rows
        assert empty.all() == []


def test_a_large_result_comes_in_parts(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO t (id) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
            "WHERE i < 1000) SELECT i FROM n"
        )
        rows = connection.exec_driver_sql(
            "SELECT id FROM t ORDER BY id", execution_options={"yield_per": 100}
        )
        assert len(rows._rows) == 0
        assert rows.fetchone() == (1,)
        assert len(rows._rows) == 100
        assert sum(1 for _ in rows) == 999
        rest = connection.exec_driver_sql("SELECT 1", execution_options={"stream_results": True})
        assert rest.scalar() == 1


def test_rows_that_can_not_be_told_apart_are_refused():
    def make():
        return Result.of_rows(Shape(("item", "name")), [(1, ["a"]), (1, ["b"])])

    with pytest.raises(InvalidRequestError, match=r"unique\(\) can't tell \(1, \['a'\]\)"):
        make().unique().all()
    assert make().unique(lambda row: row[0]).all() == [(1, ["a"])]


@pytest.fixture(params=[None, 1, 2, 50])
def per(request):
    return request.param


VIEWS = {
    "rows": (lambda rows: rows, DATA),
    "values": (lambda rows: rows.scalars("id"), [1, 2, 3, 2]),
    "mappings": (lambda rows: rows.mappings(), [{"id": i, "name": n} for i, n in DATA]),
}


@pytest.mark.parametrize("view", VIEWS)
def test_what_a_loop_has_not_reached_is_read_beside_it(make, per, view):
    view, items = VIEWS[view]
    rows = make()
    if per:
        rows.yield_per(per)
    read = view(rows)
    loop = iter(read)

    assert next(loop) == items[0]
    assert read.fetchmany(1) == items[1:2]
    assert next(loop) == items[2]
    assert read.all() == items[3:]
    assert list(loop) == []


@pytest.mark.parametrize("view", VIEWS)
def test_a_loop_that_ends_early_leaves_the_rest_to_other_views(make, per, view):
    view, items = VIEWS[view]
    rows = make()
    if per:
        rows.yield_per(per)
    for item in view(rows):
        assert item == items[0]
        break

    assert rows.fetchone() == DATA[1]
    assert list(view(rows)) == items[2:]


def test_a_loop_over_values_that_are_there_leaves_the_rest():
    rows = Result.of_scalars(Shape(("User",)), ["u1", "u2", "u3"])
    loop = iter(rows.scalars())

    assert next(loop) == "u1"
    assert rows.first().User == "u2"


def test_a_loop_over_unique_rows_leaves_the_rest(make, per):
    rows = make([(1, "a"), (1, "a"), (2, "b"), (1, "a"), (3, "c")]).unique()
    if per:
        rows.yield_per(per)
    loop = iter(rows)

    assert [next(loop), next(loop)] == [(1, "a"), (2, "b")]
    assert rows.all() == [(3, "c")]


def test_a_result_that_is_closed_ends_its_loop(make, per):
    rows = make()
    if per:
        rows.yield_per(per)
    loop = iter(rows)
    next(loop)
    rows.close()

    with pytest.raises(ResourceClosedError):
        next(loop)
