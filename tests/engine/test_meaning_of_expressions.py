"""Two spellings of one SQL expression mean the same, and other expressions do not."""

import pytest

from dovetail.engine.comparison.expressions import meaning

SAME = [
    ("price > 0", "(price > 0)"),
    ("price > 0", "price > 0::numeric"),
    ("price > 0", '("price" > (0)::numeric)'),
    ("price > 0", "`price` > 0"),
    ("book.price > 0", "price > 0.00"),
    ("a = 1 AND b = 2 and c = 3", "((a = 1) AND (b = 2)) AND (c = 3)"),
    ("a = 1 OR b = 2 AND c = 3", "a = 1 OR (b = 2 AND c = 3)"),
    ("x BETWEEN 1 AND 5", "((x >= 1) AND (x <= 5))"),
    ("x NOT BETWEEN 1 AND 5", "((x < 1) OR (x > 5))"),
    ("x IN ('a', 'b')", "((x)::text = ANY ((ARRAY['a'::character varying, 'b'::text])::text[]))"),
    ("x NOT IN (1, 2)", "x <> ALL (ARRAY[1, 2])"),
    ("x IN (1)", "x = 1"),
    ("NOT x IN (1, 2)", "x NOT IN (1, 2)"),
    ("x LIKE 'a%'", "((x)::text ~~ 'a%'::text)"),
    ("x NOT LIKE 'a%'", "x !~~ 'a%'"),
    ("x ILIKE 'a%'", "x ~~* 'a%'"),
    ("x != 1", "x <> 1"),
    ("NOT (a = 1 OR b < 2)", "a <> 1 AND b >= 2"),
    ("x IS NOT NULL", "NOT x IS NULL"),
    ("x = -1", "x = '-1'::integer"),
    ("CAST(x AS VARCHAR(20)) = 'a'", "x = 'a'"),
    ("substring(x from 2 for 3) = 'a'", "\"substring\"(x, 2, 3) = 'a'"),
    ("CASE WHEN a THEN 1 ELSE 2 END > 0", "CASE WHEN (a) THEN 1 ELSE (2) END > (0)"),
    ("CURRENT_TIMESTAMP", "current_timestamp()"),
    ("'2020-01-31'", "'2020-01-31 00:00:00'::timestamp without time zone"),
    ("date '2020-01-31'", "'2020-01-31'::date"),
    ("true", "1"),
    ("1.50", "'1.5'::numeric(5,2)"),
    ("nextval('s')", "nextval('s'::regclass)"),
    ("'it''s'", "'it''s'::text"),
    ("(a + b) * 2", "((a + b) * 2)"),
    ("a -> 'x' = 'y'", "((a -> 'x'::text) = 'y')"),
    ("(a, b) = (1, 2)", "ROW(a, b) = ROW(1, 2)"),
    ("x % 2 = 0", "x MOD 2 = 0"),
    ("mod(x, 2) = 0", "`x` MOD 2 = 0"),
    ("x RLIKE 'a'", "`x` regexp 'a'"),
    ("trim(x) <> ''", "TRIM(BOTH FROM x) <> ''::text"),
    ("position('a' in x) > 0", "POSITION(('a'::text) IN (x)) > 0"),
    ("x BETWEEN SYMMETRIC 1 AND 2", "x >= 1 AND x <= 2 OR x >= 2 AND x <= 1"),
    ("x SIMILAR TO 'a%'", "(x)::text ~ similar_to_escape('a%'::text)"),
    ("a ? 'b' and a->>'k' = 'v'", "a ? 'b'::text AND (a ->> 'k'::text) = 'v'::text"),
]
OTHER = [
    ("price > 0", "price >= 0"),
    ("a = 1 OR b = 2 AND c = 3", "(a = 1 OR b = 2) AND c = 3"),
    ("(a + b) * 2", "a + b * 2"),
    ("x IN (1, 2)", "x IN (2, 3)"),
    ("x IN (1, 2)", "x NOT IN (1, 2)"),
    ("x LIKE 'a%'", "x LIKE 'A%'"),
    ("x IS NULL", "x IS NOT NULL"),
    ("lower(a) = 'x'", "upper(a) = 'x'"),
    ("'a'", "'A'"),
    ("a - b - c > 0", "a - (b - c) > 0"),
    ("x = $! y", "x = $! z"),
    ("trim(x) = 'a'", "trim(leading from x) = 'a'"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same(one, other):
    assert meaning(one) == meaning(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_not_the_same(one, other):
    assert meaning(one) != meaning(other)


def test_what_a_server_calls_otherwise_is_the_same():
    assert meaning("lower(x) = 'a'", {"lower": "lcase"}) == meaning("lcase(`x`) = 'a'", {})


def test_what_cannot_be_read_is_compared_by_its_tokens():
    assert meaning("SELECT 1 +") == ("tokens", "select", "1", "+")
