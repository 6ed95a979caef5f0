"""Values travel to a running MariaDB and back, with each driver."""

import datetime as dt
import enum
import json
import uuid
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from dovetail import (
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
    Uuid,
    create_engine,
    exc,
    insert,
    literal,
    select,
    text,
)
from dovetail.dialects import mysql
from tests.loop_thread import calls_to
from tests.servers import SERVERS, backends_of


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"


KINDS = {
    "integer": (Integer, [0, -(2**31), 2**31 - 1]),
    "big": (BigInteger, [-(2**63), 2**63 - 1]),
    "unsigned": (mysql.BIGINT(unsigned=True), [2**64 - 1]),
    "small": (mysql.TINYINT, [-128, 127]),
    "medium": (mysql.MEDIUMINT, [-(2**23)]),
    "boolean": (Boolean, [True, False]),
    "numeric": (Numeric(20, 6), [Decimal("1.500000"), Decimal("-99999999999999.123456")]),
    "numeric as float": (Numeric(10, 2, asdecimal=False), [1.5]),
    "float": (Float, [0.5, -1.25]),
    "double": (Double, [1e300, -1.1]),
    "own double": (mysql.DOUBLE(asdecimal=False), [1e-300]),
    "decimal": (mysql.DECIMAL(5, 2, unsigned=True), [Decimal("999.99")]),
    "string": (String(50), ["", "it's", '100% \\ " ` \0 \n', "é 😀", "a ", "%s %(x)s"]),
    "text": (Text, ["x" * 60_000]),
    "long": (mysql.LONGTEXT, ["x" * 70_000]),
    "bytes": (LargeBinary, [b"", b"\x00\xff'\\\"\n\x1a%s", bytes(range(256))]),
    "binary": (mysql.VARBINARY(20), [b"\x80'"]),
    "date": (Date, [dt.date(1000, 1, 1), dt.date(9999, 12, 31)]),
    "datetime": (DateTime, [dt.datetime(2024, 2, 29, 23, 59, 58)]),
    "fine datetime": (mysql.DATETIME(fsp=6), [dt.datetime(2024, 1, 2, 3, 4, 5, 6)]),
    "timestamp": (mysql.TIMESTAMP(fsp=3), [dt.datetime(2024, 1, 2, 3, 4, 5, 123000)]),
    "time": (Time, [dt.time(0, 0), dt.time(23, 59, 59)]),
    "fine time": (mysql.TIME(fsp=6), [dt.time(1, 2, 3, 4), dt.time(1, 2, 3)]),
    "interval": (Interval, [dt.timedelta(days=3, seconds=5), dt.timedelta(days=-1)]),
    "uuid": (Uuid, [uuid.UUID(int=0), uuid.UUID("12345678123456781234567812345678")]),
    "uuid text": (Uuid(as_uuid=False), ["12345678-1234-5678-1234-567812345678"]),
    "uuid digits": (Uuid(native_uuid=False), [uuid.UUID(int=5)]),
    "json": (JSON, [{"a": [1, 2.5, None, True, "é'\"\\"]}, [], "text", 5, None]),
    "own json": (mysql.JSON, [{"b": {}}]),
    "enum": (Enum(Colour), [Colour.RED, Colour.GREEN]),
    "words": (Enum("a", "it's", "c\\d", "100%", name="words"), ["it's", "c\\d", "100%"]),
    "own enum": (mysql.ENUM("x", "y", charset="latin1"), ["y"]),
    "set": (mysql.SET("a", "b'c", "d"), [set(), {"a"}, {"a", "b'c", "d"}]),
    "set of bits": (mysql.SET("", "a", "b", retrieve_as_bitwise=True), [set(), {""}, {"", "b"}]),
    "bit": (mysql.BIT(17), [0, 1, 2**17 - 1]),
    "year": (mysql.YEAR, [1999, 2155]),
    "pickle": (PickleType, [{"any": ("thing",)}]),
    "inet4": (mysql.INET4, ["127.0.0.1"]),
    "inet6": (mysql.INET6, ["::1"]),
}
CASES = [(name, kind, value) for name, (kind, values) in KINDS.items() for value in values]


@pytest.fixture(scope="module")
def all_types():
    return Table(
        "all_types",
        MetaData(),
        Column("id", Integer, primary_key=True),
        *(Column(name, kind) for name, (kind, _) in KINDS.items()),
    )


def test_values_of_all_types_come_back(engine, all_types):
    all_types.create(engine)
    with engine.begin() as connection:
        for name, _, value in CASES:
            key = connection.execute(insert(all_types).values({name: value})).inserted_primary_key
            found = connection.execute(
                select(all_types.c[name]).where(all_types.c.id == key.id)
            ).scalar_one()
            assert found == value, name
            assert type(found) is type(value), name


def test_literals_of_all_types_are_read_as_the_values(engine, all_types):
    all_types.create(engine)
    with engine.begin() as connection:
        for name, _, value in CASES:
            if name in ("pickle", "json") and (value is None or name == "pickle"):
                continue
            statement = insert(all_types).values({name: value})
            sql = statement.compile(engine, compile_kwargs={"literal_binds": True}).sql
            connection.exec_driver_sql(sql)
            found = connection.scalars(
                select(all_types.c[name]).order_by(all_types.c.id.desc()).limit(1)
            ).one()
            assert found == value, name


def test_none_is_null_in_every_column(engine, all_types):
    all_types.create(engine)
    names = [name for name in KINDS if "json" not in name]
    with engine.begin() as connection:
        connection.execute(insert(all_types).values(dict.fromkeys(names)))
        row = connection.execute(select(*[all_types.c[name] for name in names])).one()
    assert set(row) == {None}


def test_booleans_compare(engine):
    table = Table("b", MetaData(), Column("id", Integer, primary_key=True), Column("on", Boolean))
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(insert(table), [{"on": True}, {"on": False}, {"on": None}])
        assert connection.scalars(select(table.c.id).where(table.c.on)).all() == [1]
        assert connection.scalars(select(table.c.id).where(~table.c.on)).all() == [2]
        assert connection.scalars(select(table.c.id).where(table.c.on.is_(True))).all() == [1]


def test_json_is_reached_into(engine):
    table = Table("j", MetaData(), Column("id", Integer, primary_key=True), Column("d", JSON))
    table.create(engine)
    document = {"a": "text", "n": 5, "f": 1.5, "b": True, "l": [1, {"x": "deep"}], 'q"\\': "odd"}
    d = table.c.d
    with engine.begin() as connection:
        connection.execute(insert(table).values(d=document))
        row = connection.execute(
            select(
                d["a"],
                d["a"].as_string(),
                d["n"].as_integer(),
                d["f"].as_float(),
                d["f"].as_numeric(10, 2),
                d["b"].as_boolean(),
                d[("l", 1, "x")].as_string(),
                d["l"],
                d['q"\\'].as_string(),
                d["nowhere"].as_string(),
            )
        ).one()
        found = connection.scalar(select(table.c.id).where(d["a"].as_string() == "text"))

    expected = ("text", "text", 5, 1.5, Decimal("1.50"), True, "deep", [1, {"x": "deep"}], "odd")
    assert tuple(row) == (*expected, None)
    assert found == 1


def test_a_time_of_more_than_a_day_is_refused_on_reading(connection):
    statement = text("SELECT CAST('30:00:00' AS TIME) AS t").columns(t=Time)
    with pytest.raises(ValueError, match="no time of day"):
        connection.execute(statement).all()


def test_dates_that_are_none_do_not_break(connection):
    connection.exec_driver_sql("SET SESSION sql_mode = ''")
    connection.exec_driver_sql("CREATE TABLE z (d DATE, t DATETIME)")
    connection.exec_driver_sql("INSERT INTO z VALUES ('0000-00-00', '0000-00-00 00:00:00')")

    row = connection.exec_driver_sql("SELECT d, t FROM z").one()

    assert all(value is None or isinstance(value, str) for value in row)


def test_a_set_knows_its_members():
    kind = mysql.SET("monday", "tuesday")
    bind = kind.bind_processor(mysql.dialect())

    assert bind({"tuesday", "monday"}) == "monday,tuesday"
    with pytest.raises(LookupError, match="did you mean 'monday'"):
        bind({"munday"})
    with pytest.raises(exc.ArgumentError, match="comma"):
        mysql.SET("a,b")
    with pytest.raises(exc.ArgumentError, match="retrieve_as_bitwise"):
        mysql.SET("a", "")


# -- any text, any bytes ------------------------------------------------------------------------

hostile = st.text(
    st.one_of(
        st.sampled_from("'\"\\`%;-#/*\0\n\r\x1a\x08_ "), st.characters(exclude_categories=["Cs"])
    ),
    max_size=40,
)


@pytest.fixture(scope="module", params=backends_of("mariadb"), ids=str)
def shared(request):
    """A connection for many examples."""
    request.param.require()
    url = SERVERS["mariadb"].url.replace("mariadb:", f"{request.param}:")
    with calls_to(request.param):
        engine = create_engine(url)
        with engine.connect() as connection:
            yield connection
        engine.dispose()


@given(value=hostile)
@settings(max_examples=60)
def test_any_text_is_a_parameter_and_a_literal(shared, value):
    assert shared.scalar(select(literal(value))) == value
    written = select(literal(value)).compile(shared, compile_kwargs={"literal_binds": True}).sql
    assert shared.exec_driver_sql(written).scalar() == value


@given(value=st.binary(max_size=40))
@settings(max_examples=40)
def test_any_bytes_are_a_parameter_and_a_literal(shared, value):
    statement = select(literal(value, LargeBinary))
    assert shared.scalar(statement) == value
    written = statement.compile(shared, compile_kwargs={"literal_binds": True}).sql
    found = shared.exec_driver_sql(written).scalar()
    assert (found if isinstance(found, bytes) else found.encode()) == value


@given(key=hostile.filter(bool), value=hostile)
@settings(max_examples=40)
def test_any_key_of_json_is_found(shared, key, value):
    document = literal(json.dumps({key: value, "other": 1})).cast(JSON)
    assert shared.scalar(select(document[key].as_string())) == value
