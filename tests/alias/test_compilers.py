"""Compilers of other packages write clauses by methods of their own, with the alias on."""

import pytest

from tests.alias.program import run

COMPILER = """
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql import compiler, sqltypes

class Words(compiler.SQLCompiler):
    def limit_clause(self, select, **kw):
        text = ""
        if select._offset_clause is not None:
            text += " SKIP " + self.process(select._offset_clause, **kw)
        if select._limit_clause is not None:
            text += " TAKE " + self.process(select._limit_clause, **kw)
        return text

    def for_update_clause(self, select, **kw):
        return " HOLDING"

    def get_select_precolumns(self, select, **kw):
        return "SWIFTLY " + super().get_select_precolumns(select, **kw)

    def order_by_clause(self, select, **kw):
        return super().order_by_clause(select, **kw).replace("ORDER BY", "SORTED BY")

    def group_by_clause(self, select, **kw):
        return super().group_by_clause(select, **kw).replace("GROUP BY", "HEAPED BY")

    def visit_table(self, table, asfrom=False, iscrud=False, ashint=False, fromhints=None,
                    use_schema=True, **kw):
        text = super().visit_table(table, asfrom, iscrud, ashint, fromhints, use_schema, **kw)
        return text + " FINAL" if asfrom else text

    def visit_sequence(self, sequence, **kw):
        return f"next({sequence.name})"

    def visit_try_cast(self, element, **kw):
        kind = self.process(element.typeclause, **kw)
        return f"attempt({self.process(element.clause, **kw)}, {kind})"

class Binary(sqltypes.LargeBinary):
    def literal_processor(self, dialect):
        return lambda value: f"hex({value.hex()})"

class Names(compiler.IdentifierPreparer):
    def format_table(self, table, use_schema=True, name=None):
        return "site." + super().format_table(table, use_schema, name)

class Quarry(DefaultDialect):
    name = "quarry"
    statement_compiler = Words
    preparer = Names
    colspecs = {sqltypes._Binary: Binary}
    supports_sequences = True
    cte_follows_insert = True

class Deep(Words):
    def limit_clause(self, select, **kw):
        return super().limit_clause(select, **kw).replace("TAKE", "GRAB")

class DeepQuarry(Quarry):
    statement_compiler = Deep

class Bounded(compiler.SQLCompiler):
    def fetch_clause(self, select, **kw):
        return " ONLY " + self.process(select._fetch_clause, **kw)

class BoundedQuarry(DefaultDialect):
    statement_compiler = Bounded

t = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))
x = sa.select(t.c.a)
u = t.alias("u")
inner = sa.select(t.c.a).cte("inner_rows")
statements = {
    "limit": x.limit(5).offset(2),
    "offset": x.offset(2),
    "union": sa.union(x, x).order_by("a").limit(3),
    "lock": x.with_for_update(),
    "distinct": x.distinct(),
    "group": x.group_by(t.c.a).order_by(t.c.b.desc()),
    "join": x.join(u, u.c.a == t.c.b),
    "nested": sa.select(x.subquery()),
    "sequence": sa.select(sa.Sequence("s").next_value()),
    "try": sa.select(sa.try_cast(t.c.a, sa.Integer)),
    "insert": sa.insert(t).from_select(["a"], inner),
    "update": sa.update(t).values(a=1),
    "delete": sa.delete(t).where(t.c.a == 1),
}
def show(name, statement, dialect):
    print(name, " ".join(str(statement.compile(dialect=dialect)).split()))

for name, statement in statements.items():
    show(name, statement, Quarry())
show("deep", x.limit(5), DeepQuarry())
show("usual", x.limit(5).with_for_update(), BoundedQuarry())
show("fetch", x.fetch(5), BoundedQuarry())
for kind in (sa.LargeBinary(), sa.BINARY(), sa.VARBINARY()):
    literal = sa.literal(b"ab", kind)
    print(literal.compile(dialect=Quarry(), compile_kwargs={"literal_binds": True}))
"""


def test_clauses_are_written_by_the_methods_of_a_compiler():
    written = dict(line.split(" ", 1) for line in run(COMPILER) if " " in line)

    assert written["limit"] == ("SELECT SWIFTLY t.a FROM t FINAL SKIP :param_1 TAKE :param_2")
    assert written["offset"] == "SELECT SWIFTLY t.a FROM t FINAL SKIP :param_1"
    assert written["deep"] == "SELECT SWIFTLY t.a FROM t FINAL GRAB :param_1"
    assert written["group"] == ("SELECT SWIFTLY t.a FROM t FINAL HEAPED BY t.a SORTED BY t.b DESC")


def test_they_are_written_as_the_other_package_does():
    pytest.importorskip("sqlalchemy")
    assert run(COMPILER) == run(COMPILER, alias=False)
