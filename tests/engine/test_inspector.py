"""Reflection of SQLite, with SQLAlchemy as the oracle."""

import pytest
import sqlalchemy

from dovetail import MetaData, Table, create_engine
from dovetail.exc import NoSuchTableError
from dovetail.inspection import inspect
from dovetail.schema import CreateIndex

SCHEMA = (
    (
        "CREATE TABLE a (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL DEFAULT 'x', "
        "amount NUMERIC(10, 2), b BOOLEAN, d DATETIME, j JSON, txt TEXT, odd FOO, bare, "
        "CONSTRAINT uq_n UNIQUE (name), UNIQUE (amount, b), CHECK (amount > 0), "
        "CONSTRAINT ck_n CHECK (length(name) > (1)))"
    ),
    (
        'CREATE TABLE "b b" (id INTEGER NOT NULL, aid INTEGER, x INTEGER REFERENCES a, '
        'CONSTRAINT pk_b PRIMARY KEY (id, aid), CONSTRAINT "fk ba" FOREIGN KEY (aid) '
        "REFERENCES a (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)"
    ),
    "CREATE INDEX ix_a ON a (name)",
    "CREATE UNIQUE INDEX ux_a ON a (txt, d)",
    "CREATE VIEW v AS SELECT * FROM a",
    "CREATE TABLE g (id INTEGER, w INTEGER GENERATED ALWAYS AS (id * 2) STORED)",
)


@pytest.fixture
def both(file_engine):
    engine = file_engine()
    with engine.begin() as connection:
        for statement in SCHEMA:
            connection.exec_driver_sql(statement)
    oracle = sqlalchemy.create_engine(engine.url.render_as_string())
    yield inspect(engine), sqlalchemy.inspect(oracle)
    oracle.dispose()


def plain(value):
    """*value* with types as text, which both sides write alike."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if hasattr(value, "__visit_name__"):
        return type(value).__name__, getattr(value, "length", None)
    return value


@pytest.mark.parametrize("table", ["a", "b b", "g", "t"])
@pytest.mark.parametrize(
    "method",
    [
        "get_columns",
        "get_pk_constraint",
        "get_foreign_keys",
        "get_indexes",
        "get_unique_constraints",
        "get_check_constraints",
    ],
)
def test_a_table_is_described_as_the_oracle_does(both, table, method):
    ours, theirs = both

    assert plain(getattr(ours, method)(table)) == plain(getattr(theirs, method)(table))


def test_names_are_listed(both):
    ours, theirs = both

    for method in ("get_table_names", "get_view_names", "get_schema_names"):
        assert getattr(ours, method)() == getattr(theirs, method)()
    assert ours.get_view_definition("v") == theirs.get_view_definition("v")
    assert ours.default_schema_name == "main"
    assert ours.has_table("a")
    assert ours.has_table("v")
    assert not ours.has_table("nope")
    assert ours.has_index("a", "ix_a")
    assert not ours.has_index("a", "ix_b")


def test_tables_are_sorted_by_their_keys(both):
    ordered = dict(both[0].get_sorted_table_and_fkc_names())

    assert list(ordered).index("a") < list(ordered).index("b b")
    assert ordered["b b"] == [("b b", "fk ba"), ("b b", None)]


def test_answers_are_kept_until_the_cache_is_cleared(engine):
    inspector = inspect(engine)
    assert inspector.get_table_names() == ["t"]
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE u (id INTEGER)")

    assert inspector.get_table_names() == ["t"]
    inspector.clear_cache()
    assert inspector.get_table_names() == ["t", "u"]


def test_a_missing_table_is_an_error(engine):
    for method in ("get_columns", "get_pk_constraint", "get_foreign_keys", "get_indexes"):
        with pytest.raises(NoSuchTableError):
            getattr(inspect(engine), method)("nope")


def test_a_connection_can_be_inspected(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE u (id INTEGER)")
        assert inspect(connection).has_table("u")


def many(library, path):
    """What the inspector of *library* tells of many tables, in ways that can be compared."""
    from importlib import import_module

    package = import_module(library)
    engine = package.create_engine(f"sqlite:///{path / library}.db")
    with engine.connect() as connection:
        for sql in (
            "CREATE TABLE a (id INTEGER PRIMARY KEY, n TEXT UNIQUE)",
            "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id), CHECK (a > 0))",
            "CREATE INDEX i ON b (a)",
            "CREATE VIEW v AS SELECT id AS x FROM a",
            "CREATE TEMP TABLE tt (id INTEGER)",
        ):
            connection.exec_driver_sql(sql)
        inspector = package.inspect(connection)
        kinds, scopes = package.engine.ObjectKind, package.engine.ObjectScope
        columns = inspector.get_multi_columns
        told = [
            {key: [each["name"] for each in value] for key, value in found.items()}
            for found in (
                columns(),
                columns(kind=kinds.VIEW),
                columns(kind=kinds.ANY_VIEW),
                columns(kind=kinds.ANY),
                columns(scope=scopes.TEMPORARY),
                columns(kind=kinds.ANY, scope=scopes.ANY),
                columns(filter_names=["a", "nowhere"]),
                columns(schema="main", filter_names=["b"]),
                inspector.get_multi_indexes(),
            )
        ]
        told.append(inspector.get_multi_pk_constraint())
        told.append(inspector.get_multi_table_options())
        told.append(inspector.has_multi_table(["a", "v", "nowhere"]))
        for each in ("foreign_keys", "unique_constraints", "check_constraints"):
            found = getattr(inspector, f"get_multi_{each}")()
            told.append({key: len(value) for key, value in found.items()})
    engine.dispose()
    return told


def test_many_tables_are_told_as_by_the_oracle(tmp_path):
    assert many("dovetail", tmp_path) == many("sqlalchemy", tmp_path)


def test_what_is_told_of_many_may_be_changed(engine):
    inspector = inspect(engine)
    inspector.get_multi_columns()[None, "t"][0]["name"] = "changed"

    assert inspector.get_multi_columns()[None, "t"][0]["name"] == "id"


INDEXES = (
    "CREATE UNIQUE INDEX a_alone ON t (a) WHERE b IS NOT NULL",
    "CREATE INDEX both ON t (lower(b) DESC, a)",
    'CREATE INDEX case_of ON t (b COLLATE NOCASE DESC, "c d")',
    "CREATE UNIQUE INDEX quoted ON t (a, b DESC) WHERE a > 3 and b <> ' :where ) '",
    "CREATE INDEX sum ON t ((a + 1)) WHERE (a)",
)


def test_an_index_of_sqlite_is_made_anew_with_keys_and_condition():
    again = []
    for given in (INDEXES, again):
        engine = create_engine("sqlite://")
        with engine.begin() as connection:
            connection.exec_driver_sql('CREATE TABLE t (a INTEGER, b TEXT, "c d" TEXT)')
            for sql in given:
                connection.exec_driver_sql(sql)
            table = Table("t", MetaData(), autoload_with=connection)
        made = sorted(str(CreateIndex(index).compile(engine)) for index in table.indexes)
        assert made == sorted(INDEXES)
        again[:] = made


def test_the_condition_of_an_index_is_read_past_comments_and_quotes():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER, b TEXT)")
        connection.exec_driver_sql(
            "CREATE INDEX \"where (\" ON t (a /* ) where b */, b) -- where\n WHERE b = 'where' -- x"
        )
        (index,) = inspect(connection).get_indexes("t")

    assert index["column_names"] == ["a", "b"]
    assert "expressions" not in index
    assert str(index["dialect_options"]["sqlite_where"]) == "b = 'where'"
