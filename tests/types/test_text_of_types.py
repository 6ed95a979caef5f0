"""The text of a type is the call that makes it, without what is usual."""

import enum
import pickle

import pytest

import dovetail as dv
from dovetail.dialects import mysql, postgresql


class Size(enum.Enum):
    small = 1
    large = 2


class Lowered(dv.TypeDecorator):
    impl = dv.String
    cache_ok = True


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (dv.Integer(), "Integer()"),
        (dv.String(5), "String(length=5)"),
        (dv.Numeric(10, 2), "Numeric(precision=10, scale=2)"),
        (dv.Numeric(10, 2, asdecimal=False), "Numeric(precision=10, scale=2, asdecimal=False)"),
        (dv.DateTime(timezone=True), "DateTime(timezone=True)"),
        (dv.Boolean(), "Boolean()"),
        (dv.JSON(none_as_null=True), "JSON(none_as_null=True)"),
        (dv.Uuid(as_uuid=False), "Uuid(as_uuid=False)"),
        (dv.PickleType(), "PickleType()"),
        (dv.Enum("a", "bb", name="x"), "Enum('a', 'bb', name='x')"),
        (dv.Enum(Size), "Enum('small', 'large', name='size')"),
        (
            dv.Enum("a", "bb", native_enum=False, length=9),
            "Enum('a', 'bb', native_enum=False, length=9)",
        ),
        (dv.ARRAY(dv.Integer, dimensions=2), "ARRAY(Integer(), dimensions=2)"),
        (Lowered(7), "Lowered(length=7)"),
        (
            postgresql.ENUM("a", name="x", create_type=False),
            "ENUM('a', name='x', create_type=False)",
        ),
        (postgresql.ARRAY(dv.String(3)), "ARRAY(String(length=3))"),
        (
            postgresql.DOMAIN("d", dv.Integer, not_null=True),
            "DOMAIN('d', Integer(), not_null=True)",
        ),
        (mysql.TINYINT(2, unsigned=True), "TINYINT(display_width=2, unsigned=True)"),
        (mysql.SET("p", "q"), "SET('p', 'q')"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_text(made, text):
    assert repr(made) == text


def test_what_a_decorator_keeps_is_not_shown():
    class Hidden(dv.TypeDecorator):
        impl = dv.String
        cache_ok = True

        def __init__(self, key="", **options):
            super().__init__(**options)
            self.key_of_secret = self.secret = key

    assert repr(Hidden("word", length=4)) == "Hidden(length=4)"


def test_the_call_makes_an_equal_type():
    for made in (dv.Numeric(9, 3), dv.Enum("a", "b", name="x"), dv.ARRAY(dv.String(4))):
        again = eval(repr(made), vars(dv))

        assert again.structure_key == made.structure_key
        assert pickle.loads(pickle.dumps(again)).structure_key == made.structure_key


def test_a_type_of_some_servers_is_a_kind_of_one_of_all():
    pairs = [
        (mysql.INTEGER(display_width=11), "Integer()"),
        (mysql.VARCHAR(5, collation="x"), "String(length=5, collation='x')"),
        (mysql.DATETIME(fsp=3), "DateTime()"),
        (postgresql.TIMESTAMP(timezone=True), "DateTime(timezone=True)"),
        (postgresql.JSONB(), "JSON()"),
        (postgresql.ENUM("a", name="n"), "Enum('a', name='n')"),
        (postgresql.ARRAY(dv.Integer), "ARRAY(Integer())"),
        (dv.NUMERIC(4, 2), "Numeric(precision=4, scale=2)"),
        (dv.BIGINT(), "BigInteger()"),
    ]

    assert [repr(special.as_generic()) for special, _ in pairs] == [text for _, text in pairs]
    with pytest.raises(NotImplementedError, match="INET"):
        postgresql.INET().as_generic()
    assert postgresql.INET().as_generic(allow_nulltype=True) is dv.types.NULLTYPE
