"""What SQLite is told."""

import pytest

from dovetail import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    extract,
    func,
    select,
    text,
    union,
)
from dovetail.compiler.ddl import schema_statements
from dovetail.dialects.sqlite import dialect, insert
from dovetail.exc import CompileError
from dovetail.schema import CreateTable

SQLITE = dialect()
metadata = MetaData()
item = Table(
    "item",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, unique=True),
    Column("data", JSON),
    Column("on", Boolean),
)


def sql(statement):
    return str(statement.compile(dialect=SQLITE))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (item.c.data["a"], "JSON_QUOTE(JSON_EXTRACT(item.data, ?))"),
        (item.c.data["a"].as_string(), "CAST(JSON_EXTRACT(item.data, ?) AS VARCHAR)"),
        (
            item.c.data[("a", 1)].as_integer() == 5,
            "CAST(JSON_EXTRACT(item.data, ?) AS INTEGER) = ?",
        ),
        (func.localtimestamp(), "DATETIME(CURRENT_TIMESTAMP, 'localtime')"),
        (func.char_length(item.c.name), "length(item.name)"),
        (item.c.on, 'item."on"'),
        (item.c.name.regexp_match("x"), "item.name REGEXP ?"),
    ],
)
def test_expressions(expression, expected):
    assert sql(expression) == expected


def test_json_paths():
    compiled = SQLITE.compile(select(item.c.data[("a", 1, "b c")]))
    (slot,) = compiled.slots

    assert slot.type.bind_processor(SQLITE)(slot.bind.value) == '$."a"[1]."b c"'


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            insert(item).values(id=1).on_conflict_do_nothing(),
            "INSERT INTO item (id) VALUES (?) ON CONFLICT DO NOTHING",
        ),
        (
            insert(item).values(id=1).on_conflict_do_nothing(index_elements=["id"]),
            "INSERT INTO item (id) VALUES (?) ON CONFLICT (id) DO NOTHING",
        ),
        (
            insert(item)
            .values(id=1, name="a")
            .on_conflict_do_update(index_elements=[item.c.id], set_={"name": "b"}),
            "INSERT INTO item (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = ?",
        ),
        (
            insert(item).values(id=1).on_conflict_do_nothing(["name"], item.c.id > 5),
            ("INSERT INTO item (id) VALUES (?) ON CONFLICT (name) WHERE id > 5 DO NOTHING"),
        ),
        (
            insert(item).values(id=1).on_conflict_do_update(["name"], None, {"id": 2}),
            "INSERT INTO item (id) VALUES (?) ON CONFLICT (name) DO UPDATE SET id = ?",
        ),
        (
            insert(item)
            .values([{"id": 1}, {"id": 2}])
            .on_conflict_do_update(
                index_elements=["name"],
                set_={"name": insert(item).excluded.name},
                where=item.c.id > 5,
            )
            .returning(item.c.id),
            (
                "INSERT INTO item (id) VALUES (?), (?) ON CONFLICT (name) "
                "DO UPDATE SET name = excluded.name WHERE item.id > ? RETURNING id"
            ),
        ),
    ],
)
def test_on_conflict(statement, expected):
    assert sql(statement) == expected


def test_members_of_a_union_that_are_limited():
    statement = union(select(item.c.id).limit(1), select(item.c.id))

    assert sql(statement) == (
        "SELECT * FROM (SELECT item.id \nFROM item\n LIMIT ?) UNION SELECT item.id \nFROM item"
    )


def test_a_lock_is_asked_for_in_a_comment():
    assert sql(select(item.c.id).with_for_update()) == (
        "SELECT item.id \nFROM item /* FOR UPDATE */"
    )
    assert "FOR UPDATE" not in sql(select(item.c.id))


def test_what_cannot_be_said_is_refused():
    with pytest.raises(CompileError, match="regular expressions"):
        sql(item.c.name.regexp_replace("a", "b"))
    with pytest.raises(CompileError, match="extract"):
        sql(extract("fortnight", item.c.name))


def test_defaults_that_are_expressions_stand_in_parentheses():
    table = Table(
        "t",
        MetaData(),
        Column("a", Integer, server_default=text("1 + 2")),
        Column("b", DateTime, server_default=func.now()),
    )

    created = sql(CreateTable(table))

    assert "a INTEGER DEFAULT (1 + 2)" in created
    assert "b DATETIME DEFAULT CURRENT_TIMESTAMP" in created


def test_tables_that_refer_to_each_other_are_created_with_their_keys():
    circle = MetaData()
    Table("x", circle, Column("id", Integer, primary_key=True), Column("y", ForeignKey("y.id")))
    Table("y", circle, Column("id", Integer, primary_key=True), Column("x", ForeignKey("x.id")))

    statements = [sql(each) for each in schema_statements("create", circle, None, SQLITE)]

    assert len(statements) == 2
    assert all("FOREIGN KEY" in each for each in statements)


def test_exclusive_or_is_computed_where_the_server_has_no_operator():
    engine = create_engine("sqlite://")
    numbers = Table(
        "numbers", MetaData(), Column("n", Integer, primary_key=True), Column("m", Integer)
    )
    with engine.begin() as connection:
        numbers.create(connection)
        connection.execute(numbers.insert(), [{"n": n, "m": 7 * n % 16} for n in range(16)])
        n, m = numbers.c.n, numbers.c.m
        asked = select(
            n,
            m,
            n.bitwise_xor(m),
            n.bitwise_xor(5) + 1,
            (n + 1).bitwise_xor(m).bitwise_xor(3),
            -n.bitwise_xor(m),
        )
        for a, b, *answers in connection.execute(asked):
            assert answers == [a ^ b, (a ^ 5) + 1, (a + 1) ^ b ^ 3, -(a ^ b)]
        kept = select(n).where(n.bitwise_xor(1) == 4, m.bitwise_xor(n) > 0)
        assert connection.scalars(kept).all() == [5]
