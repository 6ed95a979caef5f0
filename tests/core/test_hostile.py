"""Hostile texts go wherever a text can go, and come back as they went, from every server."""

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from dovetail.exc import StatementError

FRAGMENTS = [
    "'", '"', "`", "\\", "\\'", "''", "%", "%%", "%s", "%(x)s", ":x", "?", "$1", ";", "--", "/*",
    "*/", "#", "\n", "\t", "_", "[", "]", "{", "}", "(", ")", "é", "\U0001f642", "\u2028", "DROP",
    "'; DROP TABLE thing; --", "\\x00", "E'\\n'", "${x}", "0", " ", "a", "null", "\x7f", "\x1b",
]  # fmt: skip
hostile = st.lists(
    st.one_of(st.sampled_from(FRAGMENTS), st.characters(codec="utf-8", exclude_characters="\x00")),
    min_size=1,
    max_size=8,
).map("".join)

# A name is not blank, nor does it end with a blank, on all servers; MariaDB's names have no
# characters beyond the basic plane.
names = (
    st.lists(st.sampled_from([one for one in FRAGMENTS if one < "\U00010000"]), max_size=5)
    .map("".join)
    .map(lambda text: f"n{text}n")
    .filter(lambda text: len(text) < 50 and text.isprintable())
)

tries = settings(
    max_examples=25,
    suppress_health_check=[*settings.default.suppress_health_check,
                           HealthCheck.function_scoped_fixture],
)  # fmt: skip


@pytest.fixture
def thing(sa, connection, metadata):
    thing = sa.Table(
        "thing",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("value", sa.String(200)),
        sa.Column("data", sa.JSON),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    metadata.create_all(connection)
    return thing


@tries
@given(text=hostile)
@example(text="\\")
@example(text="'; DROP TABLE thing; --")
def test_values(sa, connection, thing, text):
    connection.execute(sa.delete(thing))
    connection.execute(sa.insert(thing).values(id=1, value=text, data={text: [text]}))
    literal = sa.literal(text, sa.String(200))
    statements = {
        "read": sa.select(thing.c.value),
        "compared": sa.select(thing.c.value).where(thing.c.value == text),
        "listed": sa.select(thing.c.value).where(thing.c.value.in_([text, "other"])),
        "literal": sa.select(literal),
        "json": sa.select(thing.c.data[text][0].as_string()),
        "begun": sa.select(thing.c.value).where(thing.c.value.startswith(text, autoescape=True)),
        "within": sa.select(thing.c.value).where(thing.c.value.contains(text, autoescape=True)),
        "ended": sa.select(thing.c.value).where(thing.c.value.endswith(text, autoescape=True)),
        "text": sa.select(thing.c.value).where(sa.text("value = :it")).params(it=text),
    }
    if connection.dialect.name != "postgresql" and ('"' in text or not text.isprintable()):
        # A path into JSON cannot name such a key there.
        del statements["json"]
    for name, statement in statements.items():
        assert (name, connection.scalars(statement).all()) == (name, [text])


@tries
@given(text=hostile)
@example(text="\\")
@example(text="\\'")
def test_values_written_into_the_text(sa, engine, connection, thing, text):
    connection.execute(sa.delete(thing))
    connection.execute(sa.insert(thing).values(id=1, value=text))
    for statement in (
        sa.select(thing.c.value).where(thing.c.value == text),
        sa.select(sa.literal(text, sa.String(200))),
        sa.select(thing.c.value).where(thing.c.value.in_([text])),
        sa.select(thing.c.value).where(thing.c.value.startswith(text, autoescape=True)),
    ):
        compiled = statement.compile(engine, compile_kwargs={"literal_binds": True})
        assert connection.exec_driver_sql(str(compiled)).scalars().all() == [text]


@tries
@given(text=hostile)
def test_patterns_match_themselves_alone(sa, connection, thing, text):
    connection.execute(sa.delete(thing))
    other = text.replace("%", "Z").replace("_", "Z").replace("\\", "Z") + "Z"
    connection.execute(sa.insert(thing), [{"id": 1, "value": text}, {"id": 2, "value": other}])
    pattern = thing.c.value.startswith(text, autoescape=True)

    found = connection.scalars(sa.select(thing.c.value).where(pattern)).all()

    assert found == [value for value in (text, other) if value.startswith(text)]


@tries
@given(table=names, column=names, label=names)
@example(table='n"n', column="n`n", label="n%n")
@example(table="n%sn", column="n%(x)sn", label="n:xn")
@example(table="n.n", column="n[0]n", label="n;n")
def test_names(sa, engine, connection, table, column, label):
    metadata = sa.MetaData()
    made = sa.Table(
        table,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(column, sa.Integer, index=False),
        sa.Index(f"ix {label}", column),
    )
    metadata.create_all(connection)
    try:
        connection.execute(sa.insert(made), [{"id": 1, column: 5}])
        connection.execute(sa.update(made).values({made.c[column]: made.c[column] + 1}))
        alias = made.alias(label)
        row = connection.execute(
            sa.select(alias.c[column].label(label)).where(alias.c[column] == 6).order_by(label)
        ).one()
        assert dict(row._mapping) == {label: 6}
        subquery = sa.select(made.c[column].label(label)).subquery(label)
        assert connection.scalar(sa.select(subquery.c[label])) == 6
        assert connection.scalar(sa.select(sa.select(made.c[column]).cte(f"{label} cte"))) == 6
        inspector = sa.inspect(connection)
        assert inspector.has_table(table)
        assert [one["name"] for one in inspector.get_columns(table)] == ["id", column]
        assert [one["name"] for one in inspector.get_indexes(table)] == [f"ix {label}"]
    finally:
        metadata.drop_all(connection)


@tries
@given(text=hostile.filter(lambda text: len(text) < 40 and max(text) < "\U00010000"))
@example(text="it's\\")
def test_defaults_comments_and_enumerations(sa, connection, text):
    metadata = sa.MetaData()
    made = sa.Table(
        "made",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("value", sa.String(50), server_default=text, comment=text),
        comment=text,
    )
    metadata.create_all(connection)
    try:
        connection.execute(sa.insert(made).values(id=1))
        assert connection.execute(sa.select(made)).one() == (1, text)
        if connection.dialect.name != "sqlite":
            inspector = sa.inspect(connection)
            assert inspector.get_table_comment("made") == {"text": text}
            assert inspector.get_columns("made")[1]["comment"] == text
    finally:
        metadata.drop_all(connection)


@pytest.mark.parametrize("text", ["it's", "a%b", "%s", 'qu"ote', "semi;colon", "é", "a:b", "a,b"])
def test_enumerations(sa, connection, metadata, text):
    made = sa.Table(
        "made",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("value", sa.Enum(text, "other", name=f"kind {text}")),
    )
    metadata.create_all(connection)
    connection.execute(sa.insert(made).values(id=1, value=text))

    assert connection.scalars(sa.select(made.c.value).where(made.c.value == text)).all() == [text]
    metadata.drop_all(connection)


def test_a_key_with_a_quotation_mark_is_found_or_refused(sa, connection, metadata):
    """SQLite's paths have no way to write it: NULL for all rows would be no answer."""
    thing = sa.Table(
        "thing",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("value", sa.JSON),
    )
    metadata.create_all(connection)
    connection.execute(sa.insert(thing).values(id=1, value={'a"b': 5, "c'd": {'e"f': 6}}))

    for index, number in (('a"b', 5), (("c'd", 'e"f'), 6)):
        found = sa.select(thing.c.id).where(thing.c.value[index].as_integer() == number)
        if connection.dialect.name == "sqlite":
            with pytest.raises(StatementError, match="quotation mark"):
                connection.execute(found)
        else:
            assert connection.scalars(found).all() == [1]
