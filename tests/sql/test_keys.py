"""The key of a statement tells its shape: equal keys have equal SQL, values stay out of it."""

from importlib import import_module
from itertools import combinations

import pytest

import dovetail
from dovetail import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)
from dovetail.compiler import StatementPlan
from dovetail.dialects.sqlite import dialect
from dovetail.exc import CompileError

from .oracle import OURS
from .test_against_oracle import CHANGES, EXPRESSIONS, SELECTS

STATEMENTS = {**EXPRESSIONS, **SELECTS, **CHANGES}
# Made anew each time, a lightweight table is another table: it is known by identity.
BY_IDENTITY = {"table clause", "tablesample"}

metadata = MetaData()
a = Table("a", metadata, Column("id", Integer), Column("x", Integer), Column("name", String))
b = Table("b", metadata, Column("id", Integer), Column("a_id", ForeignKey("a.id")))


def key(statement):
    return tuple(statement.walk().key)


@pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - BY_IDENTITY))
def test_a_statement_made_twice_has_one_key(name):
    make = STATEMENTS[name]

    assert key(make(OURS)) == key(make(OURS))


@pytest.mark.parametrize("name", STATEMENTS)
def test_keys_are_hashable(name):
    hash(key(STATEMENTS[name](OURS)))


def test_equal_keys_have_equal_text():
    statements = [make(OURS) for make in STATEMENTS.values()]
    texts = {}

    for statement in statements:
        texts.setdefault(key(statement), set()).add(str(statement))

    assert all(len(found) == 1 for found in texts.values())


DIFFERENT = [
    select(a.c.id),
    select(a.c.x),
    select(a.c.id, a.c.x),
    select(a),
    select(a.c.id).distinct(),
    select(a.c.id).where(a.c.x == 1),
    select(a.c.id).where(a.c.x != 1),
    select(a.c.id).where(a.c.x == "1"),
    select(a.c.id).where(a.c.x == None),
    select(a.c.id).where(a.c.x == a.c.x),
    select(a.c.id).where(a.c.x == bindparam("x")),
    select(a.c.id).where(a.c.x == bindparam("y")),
    select(a.c.id).where(a.c.x.in_([1])),
    select(a.c.id).where(a.c.x.not_in([1])),
    select(a.c.id).where(a.c.x.in_(select(b.c.id))),
    select(a.c.id).where(a.c.x.in_(select(b.c.id).limit(1))),
    select(a.c.id).where(a.c.x.in_(select(b.c.id))).limit(1),
    select(a.c.id).where(a.c.x.in_(select(b.c.id))).order_by(a.c.id),
    select(a.c.id).where(a.c.x.in_(select(b.c.id).order_by(a.c.id))),
    select(a.c.id).where(a.c.name.like("x")),
    select(a.c.id).where(a.c.name.like("x", escape="/")),
    select(a.c.id).where(a.c.name.like("x", escape="|")),
    select(a.c.id).where(and_(a.c.x == 1, or_(a.c.x == 2, a.c.x == 3))),
    select(a.c.id).where(or_(and_(a.c.x == 1, a.c.x == 2), a.c.x == 3)),
    select(a.c.id).where(a.c.x == 1).where(a.c.x == 2),
    select(a.c.id).limit(1),
    select(a.c.id).offset(1),
    select(a.c.id).limit(1).offset(1),
    select(a.c.id.label("x")),
    select(a.c.id.label("y")),
    select(a.c.id.label("x")).order_by(a.c.id.label("x")),
    select(cast(a.c.x, String(5))),
    select(cast(a.c.x, String(6))),
    select(case((a.c.x == 1, 2))),
    select(case((a.c.x == 1, 2), else_=3)),
    select(func.max(a.c.x)),
    select(func.min(a.c.x)),
    select(func.max(a.c.x, type_=String)),
    select(a.c.id).join(b),
    select(a.c.id).join(b, isouter=True),
    select(a.c.id).join(b, full=True),
    select(a.c.id).select_from(b),
    select(a.c.id).with_for_update(),
    select(a.c.id).with_for_update(nowait=True),
    select(text("a")),
    select(text("b")),
    select(column("a")),
    select(literal(1)),
    select(literal("1")),
    select(a.alias().c.id),
    select(a.alias("n").c.id),
    select(a.alias("m").c.id),
    select(tuple_(a.c.id, a.c.x)),
    insert(a).values(x=1),
    insert(a).values(name=1),
    insert(a).values([{"x": 1}]),
    insert(a).values([{"x": 1}, {"x": 2}]),
    insert(a).values(x=1).returning(a.c.id),
    update(a).values(x=1),
    update(a).values(x=1).where(a.c.id == 1),
]


def test_different_statements_have_different_keys():
    for first, second in combinations(DIFFERENT, 2):
        # As dictionaries tell them apart: columns and values in keys cannot be compared with ==.
        assert hash(key(first)) != hash(key(second)), (str(first), str(second))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (select(a).where(a.c.x == 1), select(a).where(a.c.x == 2)),
        (select(a).where(a.c.x.in_([1, 2])), select(a).where(a.c.x.in_([]))),
        (select(a).limit(1), select(a).limit(2)),
        (insert(a).values(x=1, name="a"), insert(a).values(x=2, name="b")),
        (select(a).where(a.c.name.contains("a")), select(a).where(a.c.name.contains("b"))),
        (text("x = :x").bindparams(x=1), text("x = :x").bindparams(x=2)),
    ],
)
def test_values_are_not_in_the_key(one, other):
    assert key(one) == key(other)
    assert [x.effective_value for x in one.walk().binds] != [
        x.effective_value for x in other.walk().binds
    ]


def test_one_parameter_used_twice_is_not_two_parameters():
    value = literal(5)
    shared = select(a).where(a.c.x == value, a.c.id == value)
    separate = select(a).where(a.c.x == literal(5), a.c.id == literal(5))

    assert key(shared) != key(separate)
    assert len(shared.walk().binds) == 1


def test_aliases_are_numbered_by_appearance():
    def pair():
        first, second = a.alias(), a.alias()
        return first, second

    first, second = pair()
    third, fourth = pair()
    straight = select(first.c.id).where(first.c.x == second.c.x)
    same = select(third.c.id).where(third.c.x == fourth.c.x)
    crossed = select(first.c.id).where(second.c.x == first.c.x)

    assert key(straight) == key(same)
    assert key(straight) != key(crossed)


def test_execution_options_are_not_in_the_key():
    assert key(select(a)) == key(select(a).execution_options(yield_per=5))


@pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - BY_IDENTITY))
def test_a_plan_serves_other_values(name):
    """A plan made of one statement gives, for another's values, what the other would give."""
    make, sqlite = STATEMENTS[name], dialect()
    try:
        compiled = make(OURS).compile(dialect=sqlite)
    except Exception as error:
        pytest.skip(f"SQLite cannot: {error}")
    plan = StatementPlan(compiled, compiled.statement.walk().binds)
    other = make(OURS)
    walk = other.walk()
    if any(slot.bind.required for slot in compiled.slots):
        return
    own = StatementPlan(other.compile(dialect=sqlite), walk.binds)

    values = [bind.effective_value for bind in walk.binds]

    assert plan.prepare(values) == own.prepare(values)


SEPARATE = {
    "separator": lambda q, first: q.func.aggregate_strings(a.c.name, "," if first else ";"),
    "escape": lambda q, first: a.c.name.like("x", escape="/" if first else "|"),
    "flags": lambda q, first: a.c.name.regexp_replace("x", "y", flags="i" if first else "g"),
    "configuration": lambda q, first: a.c.name.match("x", postgresql_regconfig=f"c{first}"),
    "collation": lambda q, first: q.collate(a.c.name, "C" if first else "D"),
    "frame": lambda q, first: q.func.sum(a.c.x).over(rows=(-1 if first else -2, 0)),
    "exclusion": lambda q, first: q.func.sum(a.c.x).over(
        rows=(0, 1), exclude="TIES" if first else "GROUP"
    ),
    "scale": lambda q, first: cast(a.c.x, q.Numeric(9, 2 if first else 3)),
    "field": lambda q, first: q.extract("year" if first else "month", a.c.x),
    "literal": lambda q, first: bindparam("v", "a" if first else "b", literal_execute=True),
    "list": lambda q, first: a.c.x.in_(
        bindparam("v", [1 if first else 2], expanding=True, literal_execute=True)
    ),
}


@pytest.mark.parametrize("server", ["sqlite", "postgresql", "mysql"])
@pytest.mark.parametrize("name", SEPARATE)
def test_what_a_server_has_in_the_text_is_in_the_key(name, server):
    speaking = import_module(f"dovetail.dialects.{server}").dialect()
    one, other = (select(SEPARATE[name](dovetail, first)) for first in (True, False))
    try:
        texts = [str(statement.compile(dialect=speaking)) for statement in (one, other)]
    except CompileError:
        return
    if texts[0] != texts[1]:
        assert hash(key(one)) != hash(key(other))
