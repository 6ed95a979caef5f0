"""Single operations of Alembic, written as SQL for a server that is not there."""

import pytest

from tests.alias.program import run

pytest.importorskip("alembic")

PROGRAM = """
import datetime, io
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

text = io.StringIO()
options = {"as_sql": True, "output_buffer": text}
op = Operations(MigrationContext.configure(dialect_name="postgresql", opts=options))
t = sa.table("t", sa.column("id", sa.Integer), sa.column("day", sa.Date), sa.column("n", sa.String))
"""


def written(*lines, alias=True):
    return run(PROGRAM + "\n".join(lines) + "\nprint(text.getvalue())", alias=alias)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(
            'op.bulk_insert(t, [{"id": 1, "day": datetime.date(2020, 1, 2), "n": "a\'b"}])',
            id="rows",
        ),
        pytest.param(
            'op.execute(t.update().where(t.c.n == op.inline_literal("x"))'
            '.values(n=op.inline_literal("y")))',
            id="values in the text",
        ),
        pytest.param(
            'op.create_exclude_constraint("e", "t", ("a", "="), ("b", "&&"), where="a > 1")',
            id="an EXCLUDE constraint",
        ),
        pytest.param(
            'op.alter_column("t", "x", server_default=sa.Identity(always=True, start=3))',
            id="an identity",
        ),
        pytest.param(
            'op.alter_column("t", "x", comment="it\'s", existing_type=sa.Integer())',
            id="a comment",
        ),
        pytest.param(
            'op.create_foreign_key("f", "t", "u", ["a"], ["b"], ondelete="CASCADE",'
            ' onupdate="SET NULL", deferrable=True, initially="DEFERRED", match="FULL")',
            id="a foreign key",
        ),
        pytest.param(
            'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True),'
            ' sa.Column("e", sa.Enum("a", "b", name="e")), sa.UniqueConstraint("e", name="q"))',
            id="a table",
        ),
    ],
)
def test_an_operation_is_written_as_with_sqlalchemy(line):
    pytest.importorskip("sqlalchemy")

    assert written(line) == written(line, alias=False)
