"""SQL as people read it: in one line, or a line for each clause."""

import pytest

from dovetail.engine.pretty import one_line, pretty


@pytest.mark.parametrize(
    ("sql", "lines"),
    [
        (
            "SELECT a, b FROM t LEFT OUTER JOIN u ON t.id = u.id WHERE a = ? ORDER BY b LIMIT 5",
            [
                "SELECT a, b",
                "  FROM t",
                "  LEFT OUTER JOIN u ON t.id = u.id",
                "  WHERE a = ?",
                "  ORDER BY b",
                "  LIMIT 5",
            ],
        ),
        ("SELECT ' FROM x' FROM t", ["SELECT ' FROM x'", "  FROM t"]),
        (
            "SELECT (SELECT max(a) FROM u WHERE b) FROM t",
            ["SELECT (SELECT max(a) FROM u WHERE b)", "  FROM t"],
        ),
        ('SELECT "from"."where" FROM "from"', ['SELECT "from"."where"', '  FROM "from"']),
        ("DELETE FROM t WHERE a", ["DELETE FROM t", "  WHERE a"]),
        ("UPDATE t SET a = ? WHERE b", ["UPDATE t", "  SET a = ?", "  WHERE b"]),
        (
            "INSERT INTO t (a) VALUES (?) ON CONFLICT DO NOTHING RETURNING a",
            ["INSERT INTO t (a)", "  VALUES (?)", "  ON CONFLICT DO NOTHING", "  RETURNING a"],
        ),
        ("SELECT a FROM t FOR UPDATE", ["SELECT a", "  FROM t", "  FOR UPDATE"]),
        ("SELECT x_FROM FROM t", ["SELECT x_FROM", "  FROM t"]),
        ("SELECT 1", ["SELECT 1"]),
        ("", []),
    ],
)
def test_each_clause_has_a_line(sql, lines):
    assert pretty(sql).splitlines() == lines


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("SELECT a\n  FROM t", "SELECT a FROM t"),
        ("SELECT 'a\n  b'", "SELECT 'a\n  b'"),
    ],
)
def test_one_line(sql, line):
    assert one_line(sql) == line
