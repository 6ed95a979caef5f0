"""Names in quotes as dialects of other packages have them put."""

from tests.alias.program import run


def test_a_class_says_which_names_need_quotes():
    assert run(
        """
        import re
        from sqlalchemy.dialects import postgresql
        from sqlalchemy.sql.compiler import ILLEGAL_INITIAL_CHARACTERS, IdentifierPreparer
        from sqlalchemy.dialects.postgresql.base import PGIdentifierPreparer, RESERVED_WORDS

        class Preparer(IdentifierPreparer):
            reserved_words = {"pebble"}
            illegal_initial_characters = ILLEGAL_INITIAL_CHARACTERS.union("_")
            legal_characters = re.compile(r"^[a-z_]+$")

        names = Preparer(postgresql.dialect(), initial_quote="[", final_quote="]")
        print([names.quote(name) for name in ("pebble", "stone", "_a", "a1", "Big", "a]b")])
        plain = PGIdentifierPreparer(postgresql.dialect())
        plain.reserved_words.update({"pebble"})
        print(plain.quote("pebble"), plain.quote("select"), "pebble" in RESERVED_WORDS)
        """
    ) == [
        "['[pebble]', 'stone', '[_a]', '[a1]', '[Big]', '[a]]b]']",
        '"pebble" "select" False',
    ]


def test_names_lose_their_quotes():
    assert run(
        """
        from sqlalchemy.dialects import mysql, postgresql
        from sqlalchemy.dialects.mysql.base import MySQLIdentifierPreparer
        from sqlalchemy.dialects.postgresql.base import PGIdentifierPreparer

        print(PGIdentifierPreparer(postgresql.dialect()).unformat_identifiers('a."b.c"."d""e"'))
        print(MySQLIdentifierPreparer(mysql.dialect()).unformat_identifiers("`a``b`.c"))
        """
    ) == ["['a', 'b.c', 'd\"e']", "['a`b', 'c']"]


def test_a_preparer_may_leave_schemas_out():
    assert run(
        """
        from sqlalchemy import MetaData, Table
        from sqlalchemy.dialects import postgresql
        from sqlalchemy.dialects.postgresql.base import PGIdentifierPreparer

        table = Table("t", MetaData(), schema="Big")
        print(PGIdentifierPreparer(postgresql.dialect()).format_table(table))
        print(PGIdentifierPreparer(postgresql.dialect(), omit_schema=True).format_table(table))
        print(PGIdentifierPreparer(postgresql.dialect()).format_table(table, use_schema=False))
        print(PGIdentifierPreparer(postgresql.dialect()).format_table(table, True, None))
        print(PGIdentifierPreparer(postgresql.dialect()).format_table(table, False, "other"))
        """
    ) == ['"Big".t', "t", "t", '"Big".t', "other"]
