"""Values on their way to SQLite and back are what SQLAlchemy makes of them."""

import datetime as dt
import enum
from decimal import Decimal
from uuid import UUID

import pytest
import sqlalchemy
from sqlalchemy.dialects import sqlite as sqlalchemy_sqlite

import dovetail
from dovetail.dialects.sqlite import dialect as sqlite_dialect
from dovetail.types import TypeDecorator, UserDefinedType

SQLITE = sqlite_dialect()
ORACLE = sqlalchemy_sqlite.dialect()


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"


def to_database(type_, value):
    processor = type_.dialect_impl(SQLITE).bind_processor(SQLITE)
    return processor(value) if processor else value


def from_database(type_, value):
    processor = type_.dialect_impl(SQLITE).result_processor(SQLITE, None)
    return processor(value) if processor else value


ROUND_TRIPS = [
    pytest.param(lambda q: q.Integer(), 5, id="integer"),
    pytest.param(lambda q: q.String(5), "x", id="string"),
    pytest.param(lambda q: q.Boolean(), True, id="true"),
    pytest.param(lambda q: q.Boolean(), False, id="false"),
    pytest.param(lambda q: q.Float(), 1.5, id="float"),
    pytest.param(lambda q: q.Numeric(10, 2), Decimal("1.50"), id="numeric"),
    pytest.param(lambda q: q.Numeric(10, 4), Decimal("-0.0005"), id="small numeric"),
    pytest.param(lambda q: q.Numeric(), Decimal("12.3400000000"), id="plain numeric"),
    pytest.param(lambda q: q.Numeric(asdecimal=False), 1.25, id="numeric float"),
    pytest.param(lambda q: q.Float(asdecimal=True), Decimal("1.2500000000"), id="float decimal"),
    pytest.param(lambda q: q.Date(), dt.date(2020, 2, 29), id="date"),
    pytest.param(lambda q: q.Time(), dt.time(1, 2, 3, 4), id="time"),
    pytest.param(lambda q: q.Time(), dt.time(1, 2), id="short time"),
    pytest.param(lambda q: q.DateTime(), dt.datetime(2020, 1, 2, 3, 4, 5, 6), id="datetime"),
    pytest.param(lambda q: q.DateTime(), dt.datetime(2020, 1, 2), id="midnight"),
    pytest.param(
        lambda q: q.Interval(), dt.timedelta(days=2, seconds=3, microseconds=4), id="span"
    ),
    pytest.param(lambda q: q.Interval(), dt.timedelta(days=-2), id="negative span"),
    pytest.param(lambda q: q.LargeBinary(), b"\x00\xff", id="bytes"),
    pytest.param(lambda q: q.Enum(Colour), Colour.RED, id="enum"),
    pytest.param(
        lambda q: q.Enum(Colour, values_callable=lambda e: [m.value for m in e]),
        Colour.GREEN,
        id="enum by value",
    ),
    pytest.param(lambda q: q.Enum("a", "b"), "a", id="enum of strings"),
    pytest.param(lambda q: q.JSON(), {"a": [1, None, "x"]}, id="json"),
    pytest.param(lambda q: q.Uuid(), UUID(int=77), id="uuid"),
    pytest.param(lambda q: q.Uuid(as_uuid=False), str(UUID(int=77)), id="uuid string"),
    pytest.param(lambda q: q.PickleType(), {"a": (1, 2)}, id="pickle"),
]


@pytest.mark.parametrize(("make", "value"), ROUND_TRIPS)
def test_a_value_survives(make, value):
    type_ = make(dovetail)

    stored = to_database(type_, value)

    assert from_database(type_, stored) == value
    assert type(from_database(type_, stored)) is type(value)


@pytest.mark.parametrize(("make", "value"), ROUND_TRIPS)
def test_what_is_stored_is_what_sqlalchemy_stores(make, value):
    theirs = make(sqlalchemy).dialect_impl(ORACLE).bind_processor(ORACLE)

    assert to_database(make(dovetail), value) == (theirs(value) if theirs else value)


@pytest.mark.parametrize(("make", "value"), ROUND_TRIPS)
def test_none_stays_none(make, value):
    type_ = make(dovetail)
    if isinstance(type_, dovetail.JSON):
        assert to_database(type_, None) == "null"
    else:
        assert to_database(type_, None) is None
    assert from_database(type_, None) is None


@pytest.mark.parametrize(
    ("type_", "value", "error"),
    [
        (dovetail.Boolean(), 2, ValueError),
        (dovetail.Boolean(), "yes", TypeError),
        (dovetail.Enum(Colour), "blue", LookupError),
        (dovetail.Enum(Colour), 5, LookupError),
        (dovetail.Enum("a", "b", validate_strings=True), "c", LookupError),
        (dovetail.Date(), "2020-01-01", TypeError),
        (dovetail.DateTime(), "2020-01-01", TypeError),
        (dovetail.Time(), 5, TypeError),
    ],
)
def test_what_does_not_fit_is_refused(type_, value, error):
    with pytest.raises(error):
        to_database(type_, value)


def test_an_unknown_member_is_refused_when_read():
    with pytest.raises(LookupError, match="BLUE"):
        from_database(dovetail.Enum(Colour), "BLUE")


def test_json_null_and_sql_null():
    assert to_database(dovetail.JSON(none_as_null=True), None) is None
    assert to_database(dovetail.JSON(none_as_null=True), dovetail.JSON.NULL) == "null"


class Lowered(TypeDecorator):
    impl = dovetail.String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value.lower() if value is not None else "nothing"

    def process_result_value(self, value, dialect):
        return value.title() if value is not None else "Nothing"


class Money(TypeDecorator):
    impl = dovetail.Numeric(10, 2)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value * 2 if value is not None else None


def test_a_decorator_converts_around_its_type():
    assert to_database(Lowered(), "ABC") == "abc"
    assert from_database(Lowered(), "abc") == "Abc"
    assert to_database(Money(), Decimal("1.5")) == 3.0
    assert from_database(Money(), 3.0) == Decimal("3.00")


def test_a_decorator_sees_none():
    assert to_database(Lowered(), None) == "nothing"
    assert from_database(Lowered(), None) == "Nothing"
    assert Lowered().bind_conversion(SQLITE).takes_none


def test_a_decorator_keeps_itself_for_compared_values():
    column = dovetail.column("x", Lowered())

    assert (column == "A").right.type is column.type
    assert str(column + "b") == "x || :x_1"


def test_a_decorator_may_choose_its_type_by_dialect():
    class Elsewhere(TypeDecorator):
        impl = dovetail.String
        cache_ok = True

        def load_dialect_impl(self, dialect):
            return dovetail.Integer() if dialect.name == "sqlite" else self.impl

    assert Elsewhere().compile(SQLITE) == "INTEGER"
    assert Elsewhere().compile() == "VARCHAR"


def test_a_type_of_ones_own():
    class Point(UserDefinedType):
        cache_ok = True

        def __init__(self, srid):
            self.srid = srid

        def get_col_spec(self, **kw):
            return f"POINT({self.srid})"

        def bind_processor(self, dialect):
            return lambda value: f"{value[0]},{value[1]}"

    assert Point(5).compile(SQLITE) == "POINT(5)"
    assert to_database(Point(5), (1, 2)) == "1,2"
    assert Point(5).structure_key == Point(5).structure_key != Point(6).structure_key


def test_variants():
    type_ = dovetail.String(50).with_variant(dovetail.Text(), "sqlite")

    assert type_.compile(SQLITE) == "TEXT"
    assert type_.compile() == "VARCHAR(50)"
    assert type_.structure_key != dovetail.String(50).structure_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (dovetail.String(50), dovetail.String(50)),
        (dovetail.Numeric(10, 2), dovetail.Numeric(10, 2)),
        (dovetail.Enum(Colour), dovetail.Enum(Colour)),
        (dovetail.JSON(), dovetail.JSON()),
        (Lowered(), Lowered()),
    ],
)
def test_equal_types_have_equal_keys(one, other):
    assert one.structure_key == other.structure_key
    assert hash(one.structure_key) == hash(other.structure_key)


def test_types_that_may_not_be_cached_are_known_by_identity():
    class Uncertain(TypeDecorator):
        impl = dovetail.String

    assert Uncertain().structure_key != Uncertain().structure_key


def test_a_float_takes_decimals_where_the_driver_does_not():
    conversion = dovetail.Float().bind_conversion(SQLITE)

    assert conversion is not None
    assert repr(conversion.function(Decimal("1.5"))) == "1.5"


@pytest.mark.parametrize("type_", [dovetail.Integer(), dovetail.String()])
def test_what_needs_no_conversion_has_none(type_):
    assert type_.bind_conversion(SQLITE) is None
    assert type_.result_conversion(SQLITE) is None


def test_literals_are_written_safely():
    statement = dovetail.select(dovetail.literal("it's; DROP TABLE x --"))

    text = str(statement.compile(dialect=SQLITE, compile_kwargs={"literal_binds": True}))

    assert text == "SELECT 'it''s; DROP TABLE x --' AS anon_1"


class Bracketed(TypeDecorator):
    impl = dovetail.String
    cache_ok = True

    def process_literal_param(self, value, dialect):
        return f"<{value}>"


def test_what_a_decorator_makes_of_a_literal_is_written_by_the_type_it_wraps():
    statement = dovetail.select(dovetail.literal("it's", Bracketed))

    text = statement.compile(compile_kwargs={"literal_binds": True})

    assert str(text) == "SELECT '<it''s>' AS anon_1"


class Keyed(TypeDecorator):
    """A type with an attribute by a name that a type might have for itself."""

    impl = dovetail.String
    cache_ok = True

    def __init__(self, key, digits=6):
        super().__init__()
        self.key = key
        self.digits = digits


def test_a_type_may_have_a_key_of_its_own():
    assert Keyed("k").structure_key != Keyed("k", digits=8).structure_key
    assert Keyed("k").copy().key == "k"


def test_what_stands_for_a_decorated_type_has_the_type_that_was_loaded():
    class Document(TypeDecorator):
        impl = dovetail.JSON
        cache_ok = True

        def load_dialect_impl(self, dialect):
            return dialect.type_descriptor(dovetail.Text)

    stands = Document().dialect_impl(SQLITE)

    assert isinstance(stands, Document)
    assert isinstance(stands.impl, dovetail.Text)
    assert isinstance(Document().impl, dovetail.JSON)
