"""Ranges in Python mean what they mean on the server; so do strings of bits."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dovetail import Integer, cast, literal, select
from dovetail.dialects import postgresql as pg

EVERY_DRIVER = True

ENDS = st.integers(-4, 4) | st.none()
RANGES = st.one_of(
    st.just(pg.Range(empty=True)),
    st.tuples(ENDS, ENDS, st.sampled_from(["[)", "()", "[]", "(]"]))
    .filter(lambda r: None in r[:2] or r[0] <= r[1])
    .map(lambda r: pg.Range(r[0], r[1], bounds=r[2])),
)
RELATIONS = [
    "contains",
    "contained_by",
    "overlaps",
    "strictly_left_of",
    "strictly_right_of",
    "not_extend_left_of",
    "not_extend_right_of",
    "adjacent_to",
]


@pytest.mark.parametrize("kind", [pg.INT4RANGE, pg.NUMRANGE])
def test_relations_are_those_of_the_server(shared, kind):
    def continuous(found):
        if kind is pg.INT4RANGE:
            return found
        ends = [None if end is None else float(end) for end in (found.lower, found.upper)]
        return pg.Range(*ends, bounds=found.bounds, empty=found.empty)

    with shared.connect() as connection:

        @settings(max_examples=150, suppress_health_check=list(HealthCheck))
        @given(RANGES.map(continuous), RANGES.map(continuous))
        def check(one, two):
            left, right = literal(one, kind), literal(two, kind)
            columns = [getattr(left, name)(right) for name in RELATIONS]
            server = connection.execute(select(*columns, left == right)).one()
            ours = [getattr(one, name)(two) for name in RELATIONS]
            assert [*ours, one == two] == list(server)

        check()


def test_new_ranges_are_those_of_the_server(shared):
    kind = pg.INT4RANGE

    with shared.connect() as connection:

        @settings(max_examples=150, suppress_health_check=list(HealthCheck))
        @given(RANGES, RANGES)
        def check(one, two):
            left, right = literal(one, kind), literal(two, kind)
            for name in ("union", "intersection", "difference"):
                try:
                    ours = getattr(one, name)(two)
                except ValueError:
                    continue
                assert connection.scalar(select(getattr(left, name)(right))) == ours

        check()


def test_values_in_ranges(shared):
    with shared.connect() as connection:

        @settings(max_examples=60, suppress_health_check=list(HealthCheck))
        @given(RANGES, st.integers(-5, 5))
        def check(found, value):
            asked = literal(found, pg.INT4RANGE).contains(cast(literal(value), Integer))
            assert connection.scalar(select(asked)) == (value in found)

        check()


def test_ranges_say_what_they_are():
    assert pg.Range(1, 5) == pg.Range(1, 4, bounds="[]") == pg.Range(0, 5, bounds="()")
    assert hash(pg.Range(1, 5)) == hash(pg.Range(1, 4, bounds="[]"))
    assert pg.Range(1.0, 5.0) != pg.Range(1.0, 4.0, bounds="[]")
    assert pg.Range(5, 5).is_empty
    assert not pg.Range(empty=True)
    assert str(pg.Range(None, 5, bounds="(]")) == "(,5]"
    assert str(pg.Range(dt.date(2020, 1, 1))) == "[2020-01-01,)"
    assert (pg.Range(None, 5).lower_inf, pg.Range(1, 5).upper_inc) == (True, False)
    with pytest.raises(ValueError, match="bounds"):
        pg.Range(1, 2, bounds="xx")
    with pytest.raises(ValueError, match="gap"):
        pg.Range(1, 2).union(pg.Range(5, 6))
    with pytest.raises(ValueError, match="two ranges"):
        pg.Range(1, 9).difference(pg.Range(3, 4))
    with pytest.raises(TypeError):
        pg.Range(1, 2).overlaps(5)


def test_multiranges(shared):
    several = pg.MultiRange([pg.Range(1, 3), pg.Range(5, 9)])
    with shared.connect() as connection:
        sent = literal(several, pg.INT4MULTIRANGE)
        assert connection.scalar(select(sent)) == several
        assert connection.scalar(select(sent.contains(2))) is True
        assert connection.scalar(select(sent.contains(pg.Range(2, 6)))) is False
        assert isinstance(connection.scalar(select(sent)), pg.MultiRange)


BITS = st.text("01", min_size=6, max_size=6).map(pg.BitString)


def test_bits_are_those_of_the_server(shared):
    with shared.connect() as connection:

        @settings(max_examples=60, suppress_health_check=list(HealthCheck))
        @given(BITS, BITS, st.integers(0, 8))
        def check(one, two, count):
            left, right = (cast(literal(str(bits)), pg.BIT(6)) for bits in (one, two))
            server = connection.execute(
                select(
                    left.bitwise_and(right),
                    left.bitwise_or(right),
                    left.bitwise_xor(right),
                    left.bitwise_not(),
                    left.bitwise_lshift(count),
                    left.bitwise_rshift(count),
                )
            ).one()
            ours = (one & two, one | two, one ^ two, ~one, one << count, one >> count)
            assert tuple(server) == ours

        check()


def test_bits_as_numbers_and_bytes():
    bits = pg.BitString("00000101")

    assert (int(bits), bytes(bits), pg.BitString.from_int(5, 8)) == (5, b"\x05", bits)
    assert pg.BitString.from_bytes(b"\x80", 4) == "1000"
    assert bits.set_bit(0, 1) == "10000101"
    assert (bits.get_bit(7), bits.has_bit(0), bits.bit_length()) == (1, True, 8)
    assert bits[5:] + "1" == pg.BitString("1011")
    assert repr(bits) == "BitString('00000101')"
    with pytest.raises(ValueError, match="zeros"):
        pg.BitString("2")
    with pytest.raises(ValueError, match="lengths"):
        _ = bits & "1"
    with pytest.raises(ValueError, match="fit"):
        pg.BitString.from_int(9, 2)
