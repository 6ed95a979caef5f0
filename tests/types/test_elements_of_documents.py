"""Elements of JSON documents are compared with values as what they are, on every server."""

import pytest

from dovetail import (
    JSON,
    Column,
    Integer,
    MetaData,
    Table,
    and_,
    bindparam,
    create_engine,
    not_,
    select,
)
from dovetail.dialects import postgresql

DOCUMENTS = [
    {"word": 'a"b\\', "number": 9, "part": 1.5, "flag": True, "list": [1, {"x": "é"}]},
    {"word": "é", "number": 10, "part": 10.25, "flag": False, "list": []},
    {"word": "plain", "number": -1, "part": 2, "flag": None, "list": [1, 2]},
]
T = Table(
    "documents",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("d", JSON().with_variant(postgresql.JSONB(), "postgresql")),
)
D = T.c.d


@pytest.fixture
def found(backend_url):
    engine = create_engine(backend_url)
    with engine.begin() as connection:
        T.create(connection)
        rows = [{"id": number, "d": document} for number, document in enumerate(DOCUMENTS)]
        connection.execute(T.insert(), rows)

        def search(criterion, **values):
            statement = select(T.c.id).where(criterion).order_by(T.c.id)
            return connection.scalars(statement, values).all()

        yield search
    engine.dispose()


def test_equal_values(found):
    for number, document in enumerate(DOCUMENTS):
        for key in ("word", "number", "part"):
            assert found(D[key] == document[key]) == [number], (key, document[key])
            assert found(D[key] != document[key]) == [n for n in range(3) if n != number]
            assert found(D[key].is_not_distinct_from(document[key])) == [number]
    assert found(D["flag"] == True) == [0]
    assert found(D["list"] == [1, 2]) == [2]
    assert found(D[("list", 1, "x")] == "é") == [0]
    assert found(D["word"] == bindparam("given"), given="plain") == [2]


def test_order(found):
    assert found(D["number"] > 5) == [0, 1]
    assert found(D["number"] >= 10) == [1]
    assert found(D["part"] < 2) == [0]
    assert found(D["word"] > "b") == [1, 2]
    assert found(and_(D["number"] <= 9, D["word"] <= "plain")) == [0, 2]
    assert found(D["number"].between(2, 10)) == [0, 1]
    assert found(not_(D["number"].between(-1, 9))) == [1]
    assert found(D["word"].between("b", "q")) == [2]


def test_lists(found):
    assert found(D["word"].in_(["é"])) == [1]
    assert found(D["word"].in_(["é", 'a"b\\', "z"])) == [0, 1]
    assert found(D["word"].not_in(["é", "z"])) == [0, 2]
    assert found(D["number"].in_([9, -1])) == [0, 2]
    assert found(D["part"].in_([1.5])) == [0]
    assert found(D["flag"].in_([True, False])) == [0, 1]
    assert found(D["word"].in_([])) == []
    assert found(D["word"].not_in([])) == [0, 1, 2]
    assert found(D["word"].in_(bindparam("given", expanding=True)), given=["é", "b"]) == [1]
