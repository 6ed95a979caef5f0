"""A NUL character, which no server takes in SQL, is told of, and marks no place."""

import pytest

from dovetail import column, func, literal, literal_column, select, text
from dovetail.dialects import mysql, postgresql, sqlite
from dovetail.exc import CompileError

STATEMENTS = {
    "name": lambda: select(column("a\0b")),
    "name like a mark": lambda: select(literal(5), column("a").label("\x000\x00")),
    "name that is quoted anyway": lambda: select(column("A\0")),
    "text": lambda: text("SELECT '\0'"),
    "column as text": lambda: select(literal_column("'\0'"), literal(5)),
    "prefix": lambda: select(column("a")).prefix_with("\0"),
    "operator": lambda: select(func.count("x").op("\0")(5)),
}


@pytest.mark.parametrize("dialect", [sqlite, postgresql, mysql], ids=lambda d: d.__name__[18:])
@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_nul_character_is_refused(statement, dialect):
    with pytest.raises(CompileError, match="NUL"):
        statement().compile(dialect=dialect.dialect())


@pytest.mark.parametrize("value", ["a\0b", "\x000\x00"])
def test_a_literal_with_a_nul_is_to_be_a_parameter(value):
    for dialect in (sqlite, postgresql):
        with pytest.raises(CompileError, match="NUL"):
            select(literal(value)).compile(
                dialect=dialect.dialect(), compile_kwargs={"literal_binds": True}
            )

    assert select(literal(value)).compile(dialect=sqlite.dialect()).params == {"param_1": value}
