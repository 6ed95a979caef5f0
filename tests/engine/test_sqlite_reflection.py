"""What the text of a SQLite table tells: constraints and expressions, however they are written."""

import pytest

from dovetail import MetaData, Table, create_engine, event, inspect
from dovetail.dialects.sqlite.create_table import table_text
from dovetail.exc import NoSuchTableError


@pytest.fixture
def reflected():
    engine = create_engine("sqlite://")

    def create(*statements):
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        return inspect(engine)

    create.engine = engine
    yield create
    engine.dispose()


def test_a_check_ends_at_its_own_parenthesis(reflected):
    found = reflected(
        "CREATE TABLE t (a TEXT CHECK (a <> ')'), b INTEGER, "
        "CONSTRAINT \"odd (\"\"name\"\"\" CHECK (b > 0 AND a NOT IN ('(', 'it''s)')) "
        "CHECK (a /* ) */ <> 'x' -- )\n), CHECK(b<9))"
    )

    assert [(each["name"], each["sqltext"]) for each in found.get_check_constraints("t")] == [
        ('odd ("name"', "b > 0 AND a NOT IN ('(', 'it''s)')"),
        (None, "a <> ')'"),
        (None, "a /* ) */ <> 'x' -- )"),
        (None, "b<9"),
    ]


def test_each_generated_column_has_its_own_expression(reflected):
    found = reflected(
        "CREATE TABLE t (a INTEGER, b INTEGER GENERATED ALWAYS AS (a * (2 + 1)) STORED, "
        "c TEXT AS (substr('a,b', 1, (2))) VIRTUAL, \"AS\" INTEGER AS (a), [d e] AS (b + 1))"
    )

    columns = {each["name"]: each.get("computed") for each in found.get_columns("t")}
    assert columns == {
        "a": None,
        "b": {"sqltext": "a * (2 + 1)", "persisted": True},
        "c": {"sqltext": "substr('a,b', 1, (2))", "persisted": False},
        "AS": {"sqltext": "a", "persisted": False},
        "d e": {"sqltext": "b + 1", "persisted": False},
    }


def test_a_foreign_key_refers_to_a_table_of_any_name(reflected):
    found = reflected(
        'CREATE TABLE "a.b" (id INTEGER PRIMARY KEY, x INTEGER, y INTEGER, UNIQUE (x, y))',
        'CREATE TABLE "c ""d" (id INTEGER CONSTRAINT one REFERENCES "a.b" ON DELETE SET NULL, '
        'x INTEGER, y INTEGER, CONSTRAINT "two ,)" FOREIGN KEY (x, "y") REFERENCES [a.b] (x, y) '
        "ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED)",
    )

    keys = {key["name"]: key for key in found.get_foreign_keys('c "d')}
    assert set(keys) == {"one", "two ,)"}
    assert keys["one"]["referred_table"] == keys["two ,)"]["referred_table"] == "a.b"
    assert keys["one"]["options"] == {"ondelete": "SET NULL"}
    assert keys["two ,)"]["options"] == {
        "onupdate": "CASCADE",
        "deferrable": True,
        "initially": "DEFERRED",
    }
    metadata = MetaData()
    metadata.reflect(reflected.engine)
    table = metadata.tables['c "d']
    assert {key.column.table.name for key in table.foreign_keys} == {"a.b"}
    copy = create_engine("sqlite://")
    metadata.create_all(copy)
    assert len(inspect(copy).get_foreign_keys('c "d')) == 2
    copy.dispose()


def test_names_of_keys_and_unique_constraints(reflected):
    found = reflected(
        "CREATE TABLE t (a INTEGER, b TEXT CONSTRAINT ub UNIQUE, c TEXT UNIQUE COLLATE NOCASE, "
        "CONSTRAINT `p k` PRIMARY KEY (a, b) CONSTRAINT uac UNIQUE (a, c COLLATE NOCASE))"
    )

    assert found.get_pk_constraint("t") == {"constrained_columns": ["a", "b"], "name": "p k"}
    unique = {(each["name"], *each["column_names"]) for each in found.get_unique_constraints("t")}
    assert unique == {("ub", "b"), (None, "c"), ("uac", "a", "c")}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "CREATE TABLE t AS SELECT 1 AS a, (2) AS b",
        "CREATE VIRTUAL TABLE t USING fts5(a, b)",
        "CREATE TABLE t (",
        "CREATE TABLE t (a CHECK (",
        "CREATE TABLE t (a CONSTRAINT",
        "CREATE TABLE t (a REFERENCES",
    ],
)
def test_text_that_tells_nothing_or_is_cut_is_no_error(text):
    read = table_text(text)

    assert read.generated == {}
    assert read.primary_key_name is None


def test_an_inspector_asks_for_the_text_of_a_table_once_and_for_what_is_absent_again():
    engine = create_engine("sqlite://")
    sent = []
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    with engine.connect() as connection:
        inspector = inspect(connection)
        with pytest.raises(NoSuchTableError):
            inspector.get_pk_constraint("t")
        connection.exec_driver_sql(
            "CREATE TABLE t (id INTEGER CONSTRAINT pk PRIMARY KEY, n INTEGER CHECK (n > 0), "
            "UNIQUE (n), FOREIGN KEY (n) REFERENCES t (id))"
        )
        sent.clear()
        assert inspector.get_pk_constraint("t")["name"] == "pk"
        assert [column["name"] for column in inspector.get_columns("t")] == ["id", "n"]
        assert len(inspector.get_unique_constraints("t")) == 1
        assert len(inspector.get_foreign_keys("t")) == 1
        assert inspector.get_check_constraints("t")[0]["sqltext"] == "n > 0"
        assert inspector.get_indexes("t") == []

    # The text, table_xinfo, index_list, index_info, foreign_key_list: each once.
    assert len(sent) == len(set(sent)) == 5


def test_a_chain_of_references_longer_than_calls_go_deep_is_read():
    engine = create_engine("sqlite://")
    last = 600
    with engine.begin() as connection:
        for number in range(last + 1):
            refers = f", above INTEGER REFERENCES t{number + 1} (id)" if number < last else ""
            connection.exec_driver_sql(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY{refers})")
    metadata = MetaData()

    first = Table("t0", metadata, autoload_with=engine)

    assert len(metadata.tables) == last + 1
    assert metadata.sorted_tables[0].name == f"t{last}"
    (key,) = first.c.above.foreign_keys
    assert key.column is metadata.tables["t1"].c.id


def test_what_a_listener_reads_meanwhile_is_read_into_its_own_metadata():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        for sql in ("a (id INTEGER PRIMARY KEY)", "b (id INTEGER REFERENCES a (id))", "c (id)"):
            connection.exec_driver_sql(f"CREATE TABLE {sql}")
    metadata, other = MetaData(), MetaData()

    def read_another(inspector, table, column):
        Table("b", other, autoload_with=inspector)

    Table("c", metadata, autoload_with=engine, listeners=[("column_reflect", read_another)])

    assert sorted(metadata.tables) == ["c"]
    assert sorted(other.tables) == ["a", "b"]


def test_who_listens_to_metadata_hears_of_the_columns_of_its_tables():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("CREATE TABLE b (a_id INTEGER REFERENCES a (id))")
    metadata = MetaData()

    heard = []

    @event.listens_for(metadata, "column_reflect")
    def note(inspector, table, column):
        heard.append((table.name, column["name"]))

    Table("b", metadata, autoload_with=engine)

    assert heard == [("b", "a_id"), ("a", "id")]
