"""Values travel to the server and back; hostile ones too."""

import datetime as dt
import enum
import ipaddress
import uuid
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dovetail import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    PickleType,
    String,
    Table,
    Text,
    Time,
    TypeDecorator,
    Uuid,
    cast,
    exc,
    func,
    literal,
    null,
    select,
    text,
)
from dovetail.dialects import postgresql as pg

EVERY_DRIVER = True

UTC = dt.UTC
LETTERS = st.characters(codec="utf-8", exclude_characters="\x00")
WORDS = st.text(LETTERS, max_size=20)
HOSTILE = st.one_of(
    WORDS,
    st.sampled_from(
        [
            *(
                "'",
                "''",
                "\\",
                "\\'",
                '"',
                "%s",
                "%%",
                ":x",
                "$1",
                "{",
                "}",
                ",",
                "NULL",
                "null",
                " ",
            ),
            *(
                "'; DROP TABLE t; --",
                "\\x41",
                "E'\\n'",
                "a\tb\nc\r",
                "{a,b}",
                '"=>"',
                "é",
                "\U0001f600",
            ),
        ]
    ),
    st.text(st.sampled_from("'\"\\,{}()[]$%: \nN=>"), max_size=8),
)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE, inner, max_size=3),
    max_leaves=8,
)
ZONES = st.sampled_from([UTC, dt.timezone(dt.timedelta(hours=5, minutes=30))])
MOMENTS = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30))


class Colour(enum.Enum):
    red = 1
    blue = 2


class Shouted(TypeDecorator[str]):
    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else value.upper()


def ranges(values, kind=pg.Range):
    return st.one_of(
        st.just(kind(empty=True)),
        st.tuples(values | st.none(), values | st.none(), st.sampled_from(["[)", "()", "[]", "(]"]))
        .filter(lambda r: None in r[:2] or r[0] <= r[1])
        .map(lambda r: kind(r[0], r[1], bounds=r[2])),
    )


SMALL = st.integers(-1000, 1000)
ROUND_TRIPS = [
    (Integer(), st.integers(-(2**31), 2**31 - 1)),
    (BigInteger(), st.integers(-(2**63), 2**63 - 1)),
    (Boolean(), st.booleans()),
    (String(), HOSTILE),
    (Text(), HOSTILE),
    (pg.VARCHAR(40), HOSTILE),
    (Numeric(), st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**9))),
    (Float(), st.floats()),
    (Double(), st.floats(allow_nan=False)),
    (LargeBinary(), st.binary(max_size=50)),
    (pg.BYTEA(), st.binary(max_size=50)),
    (DateTime(), MOMENTS),
    (DateTime(timezone=True), st.datetimes(timezones=ZONES, min_value=dt.datetime(2, 1, 1))),
    (Date(), st.dates()),
    (Time(), st.times()),
    (Interval(), st.timedeltas(dt.timedelta(-10000), dt.timedelta(10000))),
    (pg.INTERVAL(), st.timedeltas(dt.timedelta(-10000), dt.timedelta(10000))),
    (Uuid(), st.uuids()),
    (Uuid(as_uuid=False), st.uuids().map(str)),
    (Uuid(native_uuid=False), st.uuids()),
    (JSON(), JSONS),
    (pg.JSONB(), JSONS),
    (Enum("a", "b'c", "d\\e", name="letters"), st.sampled_from(["a", "b'c", "d\\e"])),
    (Enum(Colour, name="colour"), st.sampled_from(Colour)),
    (PickleType(), st.tuples(SMALL, WORDS)),
    (ARRAY(Integer), st.lists(SMALL | st.none(), max_size=4)),
    (pg.ARRAY(String), st.lists(HOSTILE | st.none(), max_size=4)),
    (pg.ARRAY(Text, as_tuple=True), st.lists(HOSTILE, max_size=4).map(tuple)),
    (pg.ARRAY(Integer, dimensions=2), st.lists(st.tuples(SMALL, SMALL).map(list), max_size=3)),
    (pg.ARRAY(Enum(Colour, name="colour")), st.lists(st.sampled_from(Colour), max_size=3)),
    (pg.ARRAY(pg.JSONB), st.lists(JSONS.filter(lambda v: v is not None), max_size=3)),
    (pg.ARRAY(Uuid), st.lists(st.uuids(), max_size=3)),
    (pg.ARRAY(LargeBinary), st.lists(st.binary(max_size=5), max_size=3)),
    (pg.ARRAY(DateTime), st.lists(MOMENTS, max_size=3)),
    (pg.ARRAY(Numeric), st.lists(st.decimals(-1000, 1000, places=3), max_size=3)),
    (pg.HSTORE(), st.dictionaries(HOSTILE, HOSTILE | st.none(), max_size=4)),
    (pg.BIT(5), st.text("01", min_size=5, max_size=5).map(pg.BitString)),
    (pg.BIT(varying=True), st.text("01", max_size=9).map(pg.BitString)),
    (pg.INET(), st.ip_addresses()),
    (pg.CIDR(), st.ip_addresses().map(ipaddress.ip_network)),
    (pg.MACADDR(), st.just("08:00:2b:01:02:03")),
    (pg.MACADDR8(), st.just("08:00:2b:01:02:03:04:05")),
    (pg.OID(), st.integers(0, 2**32 - 1)),
    (pg.CITEXT(), HOSTILE),
    (pg.INT4RANGE(), ranges(SMALL)),
    (pg.INT8RANGE(), ranges(st.integers(-(2**60), 2**60))),
    (pg.NUMRANGE(), ranges(st.decimals(-1000, 1000, places=2))),
    (pg.DATERANGE(), ranges(st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)))),
    (pg.TSRANGE(), ranges(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)))),
    (
        pg.TSTZRANGE(),
        ranges(
            st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(UTC))
        ),
    ),
    (pg.DOMAIN("small", Integer), SMALL),
    (Shouted(), st.text("ABC")),
]


@pytest.fixture(scope="module")
def tables(shared):
    metadata = MetaData()
    made = {}
    with shared.begin() as connection:
        for name in ("hstore", "citext"):
            connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {name}"))
    for number, (type_, _) in enumerate(ROUND_TRIPS):
        made[number] = Table(f"r{number}", metadata, Column("v", type_))
    metadata.create_all(shared)
    return made


def _same(one, other):
    if isinstance(one, float) and one != one:
        return other != other
    # A driver may have a UUID of its own, a subclass that is made more quickly.
    return one == other and (type(one) is type(other) or isinstance(one, uuid.UUID))


@pytest.mark.parametrize("number", range(len(ROUND_TRIPS)), ids=lambda n: repr(ROUND_TRIPS[n][0]))
def test_values_come_back(shared, tables, number):
    type_, values = ROUND_TRIPS[number]
    table = tables[number]

    with shared.connect() as connection:

        @settings(max_examples=25, suppress_health_check=list(HealthCheck))
        @given(values)
        def check(value):
            connection.execute(table.delete())
            connection.execute(table.insert(), {"v": value})
            stored = connection.execute(select(table.c.v)).scalar_one()
            assert _same(stored, value)
            direct = connection.execute(select(literal(value, type_))).scalar_one()
            if type_.__visit_name__ not in _INFERRED:
                assert _same(direct, value)

        check()
        connection.execute(table.delete())
        connection.execute(table.insert().values(v=null()))
        assert connection.execute(select(table.c.v)).scalar_one() is None


_INFERRED = frozenset(("INET", "CIDR", "OID", "pickle"))
"""Types of which a parameter alone, without a column beside it, is text, or a number."""


@pytest.mark.parametrize("number", range(len(ROUND_TRIPS)), ids=lambda n: repr(ROUND_TRIPS[n][0]))
def test_literals_mean_the_value(shared, tables, number):
    type_, values = ROUND_TRIPS[number]
    table = tables[number]
    if type_.__visit_name__ == "pickle":
        pytest.skip("a pickle is no literal")

    with shared.connect() as connection:

        @settings(max_examples=15, suppress_health_check=list(HealthCheck))
        @given(values)
        def check(value):
            insert = table.insert().values(v=literal(value, type_))
            sql = insert.compile(shared, compile_kwargs={"literal_binds": True}).sql
            connection.execute(table.delete())
            connection.exec_driver_sql(sql)
            assert _same(connection.execute(select(table.c.v)).scalar_one(), value)

        check()


def test_a_nul_is_refused_in_literals_and_in_parameters(shared):
    statement = select(literal("a\x00b"))

    with pytest.raises(exc.CompileError, match="NUL"):
        statement.compile(shared, compile_kwargs={"literal_binds": True})
    with shared.connect() as connection, pytest.raises(exc.DataError, match="NUL"):
        connection.execute(statement)


def test_the_server_learns_the_types_of_parameters(shared):
    with shared.connect() as connection:

        def ask(*columns):
            return tuple(connection.execute(select(*columns)).one())

        assert ask(literal("x"), literal(5), literal(None)) == ("x", 5, None)
        assert ask(literal(None, Integer) + literal(5)) == (None,)
        assert ask(func.coalesce(literal(None, String), "y")) == ("y",)
        assert ask(literal("a") + literal("b"), literal(5) + literal(6)) == ("ab", 11)
        assert ask(literal(Decimal("1.5")) + literal(Decimal(2)), literal(1.5)) == (
            Decimal("3.5"),
            1.5,
        )
        assert ask(literal(2**40), literal(2**70, Numeric), literal([1], ARRAY(Integer))) == (
            2**40,
            2**70,
            [1],
        )
        assert ask(literal({"a": 1}, JSON), literal(True), literal(dt.date(2020, 1, 1))) == (
            {"a": 1},
            True,
            dt.date(2020, 1, 1),
        )
        assert ask(cast("5", Integer), cast(literal("1.5"), Numeric)) == (5, Decimal("1.5"))
        assert connection.execute(text("SELECT :a + 1, :b"), {"a": 5, "b": "z"}).one() == (6, "z")


def test_arrays(shared):
    metadata = MetaData()
    table = Table(
        "arrays",
        metadata,
        Column("a", pg.ARRAY(Integer)),
        Column("z", pg.ARRAY(String, zero_indexes=True)),
        Column("m", pg.ARRAY(Integer, dimensions=2)),
    )
    with shared.connect() as connection:
        metadata.create_all(connection)
        connection.execute(table.insert(), {"a": [1, 2, 3], "z": ["x", "y"], "m": [[1, 2], [3, 4]]})

        def ask(*columns):
            return tuple(connection.execute(select(*columns)).one())

        c = table.c
        assert ask(c.a[1], c.a[2:3], c.a[:2], c.a[9]) == (1, [2, 3], [1, 2], None)
        assert ask(c.z[0], c.z[0:0], c.m[2][1], c.m[1:1]) == ("x", ["x"], 3, [[1, 2]])
        assert ask(c.a.any(2), c.a.all(2), pg.Any(9, c.a)) == (True, False, False)
        assert ask(c.a.contains([1, 2]), c.a.contained_by([1]), c.a.overlap([9, 3])) == (
            True,
            False,
            True,
        )
        more = c.a + [4]  # noqa: RUF005
        assert ask(more, c.a.concat(pg.array([5])), pg.array([c.a[1], 7])) == (
            [1, 2, 3, 4],
            [1, 2, 3, 5],
            [1, 7],
        )
        assert ask(pg.array([], type_=Integer), func.array_length(c.a, 1)) == ([], 3)
        assert connection.execute(
            select(pg.array_agg(pg.aggregate_order_by(c.a[1], c.a[1].desc())))
        ).scalar_one() == [1]
        number = func.generate_series(1, 3).column_valued("number")
        ordered = func.array_agg(number).aggregate_order_by(number.desc())
        assert connection.execute(select(ordered)).scalar_one() == [3, 2, 1]
        value = func.unnest(c.a).column_valued("value")
        assert connection.execute(select(c.a[1], value).order_by(value)).all() == [
            (1, 1),
            (1, 2),
            (1, 3),
        ]
        assert connection.execute(
            select(c.a[1]).where(c.a == [1, 2, 3], c.m == [[1, 2], [3, 4]])
        ).all() == [(1,)]


def test_json_paths_and_operators(shared):
    metadata = MetaData()
    table = Table("documents", metadata, Column("j", JSON), Column("b", pg.JSONB))
    document = {"a": {"b": [1, 2.5, "x"]}, "t": True, "n": None, "i'\"}{,": 7}
    with shared.connect() as connection:
        metadata.create_all(connection)
        connection.execute(table.insert(), {"j": document, "b": document})

        def ask(*columns):
            return tuple(connection.execute(select(*columns)).one())

        for c in (table.c.j, table.c.b):
            assert ask(c["a"]["b"][0], c["a"]["b"][0].as_integer(), c[("a", "b", 2)]) == (1, 1, "x")
            assert ask(c["a"]["b"][1].as_float(), c["t"].as_boolean()) == (2.5, True)
            assert ask(c["n"], c["missing"], c["missing"].as_string()) == (None, None, None)
            assert ask(c[("a", "b", 2)].as_string(), c["i'\"}{,"].as_numeric(4, 1)) == (
                "x",
                Decimal("7.0"),
            )
            assert ask(c[("i'\"}{,",)].as_integer()) == (7,)
        b = table.c.b
        assert ask(b.has_key("t"), b.has_any(["q", "t"]), b.has_all(["q", "t"])) == (
            True,
            True,
            False,
        )
        assert ask(b.contains({"t": True}), b.contained_by({}), b["a"]["b"].contains([1])) == (
            True,
            False,
            True,
        )
        assert ask((b - "a").has_key("a"), (b - ["a", "t"]).has_key("t")) == (False, False)
        assert ask((b + {"new": 1})["new"], b.delete_path(["a", "b"])["a"]) == (1, {})
        assert ask(b.path_exists("$.a.b[*] ? (@ > 2)"), b.path_match("$.t == true")) == (True, True)
        assert ask(b["a"] == {"b": [1, 2.5, "x"]}, b["t"].astext + "!") == (True, "true!")
        assert ask(literal(">") + b["t"].astext, literal(">") + b[("a", "b")].astext) == (
            ">true",
            '>[1, 2.5, "x"]',
        )


def test_none_in_json_is_json_null_unless_said_otherwise(shared):
    metadata = MetaData()
    table = Table(
        "nulls",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", pg.JSONB),
        Column("b", pg.JSONB(none_as_null=True)),
    )
    with shared.connect() as connection:
        metadata.create_all(connection)
        connection.execute(table.insert(), {"a": None, "b": None})

        found = connection.execute(select(table.c.a.is_(None), table.c.b.is_(None))).one()

    assert found == (False, True)


def test_hstore(shared, tables):
    table = Table("pairs", MetaData(), Column("h", pg.HSTORE))
    with shared.connect() as connection:
        table.create(connection)
        connection.execute(table.insert(), {"h": {"a": "1", "b": None}})

        def ask(*columns):
            return tuple(connection.execute(select(*columns)).one())

        h = table.c.h
        assert ask(h["a"], h.has_key("b"), h.defined("b"), h.has_all(["a", "q"])) == (
            "1",
            True,
            False,
            False,
        )
        assert ask(h.keys(), h.vals(), h.delete("a"), h.slice(["a"])) == (
            ["a", "b"],
            ["1", None],
            {"b": None},
            {"a": "1"},
        )
        assert ask(h + {"c": "3"}, h.contains({"a": "1"}), h.array()) == (
            {"a": "1", "b": None, "c": "3"},
            True,
            ["a", "1", "b", None],
        )
        assert ask(h.matrix(), pg.hstore("k", "v")) == ([["a", "1"], ["b", None]], {"k": "v"})


def test_text_search_and_networks(shared):
    with shared.connect() as connection:

        def ask(*columns):
            return tuple(connection.execute(select(*columns)).one())

        document = pg.to_tsvector("english", "The quick brown foxes")
        assert ask(document.match("fox"), document.bool_op("@@")(pg.to_tsquery("cat"))) == (
            True,
            False,
        )
        assert ask(pg.ts_headline("english", "a fox", pg.to_tsquery("fox"))) == ("a <b>fox</b>",)
        assert ask(literal("x y").match("y", postgresql_regconfig="simple")) == (True,)
        host = cast("10.1.2.3", pg.INET)
        assert ask(host << "10.0.0.0/8", host == "10.1.2.3") == (True, True)
        assert ask(literal("abc").regexp_match("^A"), literal("abc").regexp_match("^A", "i")) == (
            False,
            True,
        )
        assert ask(literal("aXbx").regexp_replace("x", "-", "gi")) == ("a-b-",)
        assert ask(literal("a%b").startswith("a%", autoescape=True)) == (True,)


def test_bits_beyond_their_length_are_refused(shared):
    table = Table("bits", MetaData(), Column("b", pg.BIT(3)))
    with shared.connect() as connection:
        table.create(connection)

        with pytest.raises(exc.DataError):
            connection.execute(table.insert(), {"b": "1010"})


def test_uuids_are_compared_with_text(shared):
    own = uuid.uuid4()
    with shared.connect() as connection:
        found = connection.execute(select(literal(own) == str(own))).scalar_one()

    assert found is True
