"""SQL over several lines, as people read it."""

from __future__ import annotations

import re

_PARTS = r"(?s)'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|[()]|\w+|\s+|."
_CLAUSES = (
    "FROM",
    "WHERE",
    "GROUP BY",
    "HAVING",
    "WINDOW",
    "ORDER BY",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "FOR UPDATE",
    "FOR SHARE",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "JOIN",
    "LEFT OUTER JOIN",
    "LEFT JOIN",
    "FULL OUTER JOIN",
    "INNER JOIN",
    "CROSS JOIN",
    "SET",
    "VALUES",
    "ON CONFLICT",
    "ON DUPLICATE KEY",
    "RETURNING",
)
_CLAUSE = "|".join(rf"{name}\b" for name in sorted(_CLAUSES, key=len, reverse=True))
"""As text: what is compiled when it is first used costs who logs nothing nothing."""


def one_line(sql: str) -> str:
    """Return *sql* in one line: white space is one space, but not within quotes.

    A comment that a line ends with is left out.
    """
    return "".join(
        "" if part.startswith("--") else " " if part.isspace() else part
        for part in re.findall(_PARTS, sql)
    ).strip()


def pretty(sql: str, indent: str = "  ") -> str:
    """Return *sql* with each of its clauses in a line of its own, after *indent*.

    What stands in parentheses stays as it is, and a text without clauses, such as a definition.
    """
    sql = sql.strip()
    parts = re.findall(_PARTS, sql)
    is_clause = re.compile(_CLAUSE).match
    lines, depth, place = [""], 0, 0
    for part in parts:
        depth += (part == "(") - (part == ")")
        at_clause = depth == 0 and place and is_clause(sql, place) is not None
        if at_clause and not _is_within_word(sql, place) and not _goes_on(lines[-1]):
            lines.append(indent)
        lines[-1] += " " if part.isspace() else part
        place += len(part)
    return "\n".join(line.rstrip() for line in lines) if len(lines) > 1 else sql


def _is_within_word(sql: str, place: int) -> bool:
    return sql[place - 1].isalnum() or sql[place - 1] in "._"


def _goes_on(line: str) -> bool:
    """Tell whether *line* ends in a word that the next clause belongs to."""
    return line.rstrip().endswith(("LEFT", "OUTER", "FULL", "INNER", "CROSS", "DELETE", "DISTINCT"))
