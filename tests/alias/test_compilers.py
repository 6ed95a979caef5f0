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


JOINED = """
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql import compiler
from sqlalchemy.sql.base import _from_objects
from sqlalchemy.sql.selectable import Join
from sqlalchemy.sql.util import _offset_or_limit_clause
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeDecorator

class StrictJoin(Join):
    __visit_name__ = "join"
    _traverse_internals = Join._traverse_internals + [
        ("strictness", InternalTraversal.dp_string)
    ]

    def __init__(self, left, right, onclause, strictness):
        super().__init__(left, right, onclause)
        self.strictness = strictness

class Writing(compiler.SQLCompiler):
    def __init__(self, dialect, statement, *args, **kw):
        super().__init__(dialect, statement, *args, **kw)

    def visit_join(self, join, asfrom=False, **kw):
        text = super().visit_join(join, asfrom=asfrom, **kw)
        return text.replace("JOIN", f"{join.strictness} JOIN")

class Quarry(DefaultDialect):
    statement_compiler = Writing

t = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
u = sa.Table("u", sa.MetaData(), sa.Column("a", sa.Integer))
joined = [sa.select(t.c.a).select_from(StrictJoin(t, u, t.c.a == u.c.a, strictness))
          for strictness in ("ANY", "ALL")]
keys = [statement._generate_cache_key().key for statement in joined]
print(keys[0] == keys[1])
for statement in joined:
    print(" ".join(str(statement.compile(dialect=Quarry())).split()))
print([part.name for part in _from_objects(t.c.a, u.c.a == t.c.a)])
print(_offset_or_limit_clause(5).value)
print(Quarry().identifier_preparer._double_percents)

class Phone(TypeDecorator):
    impl = sa.String(20)
    cache_ok = True

print(Phone(country="FI").impl.length)
"""


def test_an_element_adds_to_one_of_the_other_package_and_is_told_apart_by_it():
    assert run(JOINED) == [
        "False",
        "SELECT t.a FROM t ANY JOIN u ON t.a = u.a",
        "SELECT t.a FROM t ALL JOIN u ON t.a = u.a",
        "['t', 'u', 't']",
        "5",
        "False",
        "20",
    ]


def test_the_element_is_the_same_with_the_other_package():
    pytest.importorskip("sqlalchemy")
    assert run(JOINED) == run(JOINED, alias=False)
