"""Percent signs in texts for a driver: doubled by whoever knows that most drivers want them so."""

import re

_ALL_DOUBLED = re.compile(r"(?:[^%]|%%)*")


def undoubled(sql: str) -> str:
    """Return *sql* with one percent sign for two, where all of them are doubled."""
    if "%" not in sql or _ALL_DOUBLED.fullmatch(sql) is None:
        return sql
    return sql.replace("%%", "%")
