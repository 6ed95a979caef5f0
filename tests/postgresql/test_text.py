"""Statements read as SQLAlchemy's users know them."""

import datetime as dt
import uuid

import pytest

from dovetail import Integer, String
from dovetail.compiler.plan import StatementPlan
from dovetail.dialects import postgresql
from dovetail.dialects.postgresql import ARRAY
from tests.postgresql.oracle import OURS, texts

EXPRESSIONS = [
    lambda w: w.c.id.in_([1, 2]),
    lambda w: w.c.s.like("x%"),
    lambda w: w.c.s.ilike("x"),
    lambda w: w.c.s.not_ilike("x"),
    lambda w: w.c.s.icontains("x"),
    lambda w: ~w.c.s.istartswith("x", autoescape=True),
    lambda w: w.c.s.startswith("x", autoescape=True),
    lambda w: w.c.s.regexp_match("a"),
    lambda w: w.c.s.regexp_match("a", flags="i"),
    lambda w: ~w.c.s.regexp_match("a", flags="ix"),
    lambda w: w.c.s.regexp_replace("a", "b"),
    lambda w: w.c.s.regexp_replace("a", "b", flags="g"),
    lambda w: w.q.literal("x"),
    lambda w: w.q.literal(5),
    lambda w: w.q.literal(None),
    lambda w: w.q.literal(uuid.UUID(int=5)),
    lambda w: w.q.literal(dt.date(2020, 1, 1)),
    lambda w: w.q.func.coalesce(w.c.id, 5),
    lambda w: w.c.id + 5,
    lambda w: w.c.s + "x",
    lambda w: w.c.s.concat("x"),
    lambda w: w.c.id / 5,
    lambda w: w.c.id // 2,
    lambda w: w.c.id % 5,
    lambda w: -w.c.id,
    lambda w: w.c.s.match("x"),
    lambda w: ~w.c.s.match("x"),
    lambda w: w.c.s.match("x", postgresql_regconfig="english"),
    lambda w: w.q.extract("year", w.c.d),
    lambda w: w.c.d + dt.timedelta(1),
    lambda w: w.c.d - w.c.d,
    lambda w: w.q.func.now(),
    lambda w: w.q.func.current_timestamp(),
    lambda w: w.q.func.char_length(w.c.s),
    lambda w: w.q.func.pow(w.c.id, 2),
    lambda w: w.q.func.cube(w.c.id),
    lambda w: w.q.func.rollup(w.c.id),
    lambda w: w.q.cast(w.c.id, w.q.String(5)),
    lambda w: w.c.j["a"],
    lambda w: w.c.j[5],
    lambda w: w.c.j["a"].as_string(),
    lambda w: w.c.j["a"].as_integer(),
    lambda w: w.c.j["a"]["b"],
    lambda w: w.c.j[("a", 1)],
    lambda w: w.c.j[("a", 1)].as_float(),
    lambda w: w.c.j["a"].as_numeric(10, 2),
    lambda w: w.c.jb["a"],
    lambda w: w.c.jb[5],
    lambda w: w.c.jb["a"].astext,
    lambda w: w.c.jb[("a", "b")].astext,
    lambda w: w.c.jb["a"]["b"],
    lambda w: w.c.jb[("a", "b")].as_float(),
    lambda w: w.c.jb["a"]["b"].as_boolean(),
    lambda w: w.c.jb["a"] == {"x": 1},
    lambda w: w.c.jb["a"].astext == "x",
    lambda w: w.c.jb.contains({"a": 1}),
    lambda w: w.c.jb["a"].contains({"a": 1}),
    lambda w: w.c.jb.has_key("x"),
    lambda w: w.c.jb.has_all(w.pg.array(["a"])),
    lambda w: w.c.jb.has_any(w.pg.array(["a"])),
    lambda w: w.c.jb.contained_by({}),
    lambda w: w.c.jb.delete_path(w.pg.array(["a"])),
    lambda w: w.c.jb.path_exists("$.a"),
    lambda w: w.c.jb.path_match("$.a"),
    lambda w: w.c.jb + {"a": 1},
    lambda w: w.c.a[1],
    lambda w: w.c.a[1] + 5,
    lambda w: w.c.a[1:2],
    lambda w: w.c.a[w.c.id],
    lambda w: w.c.a.any(5),
    lambda w: w.c.a.all(5),
    lambda w: w.c.a.any(5, operator=w.q.sql.operators.lt),
    lambda w: w.pg.Any(5, w.c.a),
    lambda w: w.pg.All(5, w.c.a),
    lambda w: w.q.any_(w.c.a) == 5,
    lambda w: w.c.id == w.q.any_(w.c.a),
    lambda w: w.c.a.contains([1]),
    lambda w: w.c.a.contained_by([1]),
    lambda w: w.c.a.overlap([1]),
    lambda w: w.c.a + [1],  # noqa: RUF005
    lambda w: w.c.a == [1],
    lambda w: w.c.sa.contains(["x"]),
    lambda w: w.c.hs["a"],
    lambda w: w.c.hs.has_key("a"),
    lambda w: w.c.hs.has_all(w.pg.array(["a"])),
    lambda w: w.c.hs.contains(w.c.hs),
    lambda w: w.c.hs.defined("a"),
    lambda w: w.c.hs.delete("a"),
    lambda w: w.c.hs.slice(w.pg.array(["a"])),
    lambda w: w.c.hs.keys(),
    lambda w: w.c.hs.vals(),
    lambda w: w.c.hs.array(),
    lambda w: w.c.hs.matrix(),
    lambda w: w.c.hs + w.c.hs,
    lambda w: w.pg.hstore("a", "b"),
    lambda w: w.c.r.contains(5),
    lambda w: w.c.r.contains(w.pg.Range(1, 2)),
    lambda w: w.c.r.overlaps(w.pg.Range(1, 2)),
    lambda w: w.c.r.contained_by(w.pg.Range(1, 2)),
    lambda w: w.c.r.strictly_right_of(w.pg.Range(1, 2)),
    lambda w: w.c.r << w.pg.Range(1, 2),
    lambda w: w.c.r.not_extend_left_of(w.pg.Range(1, 2)),
    lambda w: w.c.r.adjacent_to(w.pg.Range(1, 2)),
    lambda w: w.c.r * w.pg.Range(1, 2),
    lambda w: w.c.r.union(w.pg.Range(1, 2)),
    lambda w: w.c.id.is_distinct_from(5),
    lambda w: w.c.id.is_not_distinct_from(None),
    lambda w: w.c.e == "a",
    lambda w: w.c.u == uuid.UUID(int=1),
    lambda w: w.c.ts.match("x"),
    lambda w: w.c.ts.bool_op("@@")(w.pg.to_tsquery("x")),
    lambda w: w.pg.to_tsvector("english", w.c.s),
    lambda w: w.q.func.to_tsvector("english", w.c.s),
    lambda w: w.pg.websearch_to_tsquery("english", "a b"),
    lambda w: w.pg.phraseto_tsquery("a b"),
    lambda w: w.pg.plainto_tsquery("a b"),
    lambda w: w.pg.ts_headline("english", w.c.s, w.pg.to_tsquery("x")),
    lambda w: w.pg.ts_headline(w.c.s, w.pg.to_tsquery("x")),
    lambda w: w.pg.array([1, 2]),
    lambda w: w.pg.array([1, 2])[1],
    lambda w: w.pg.array([w.c.id, 2]) + w.pg.array([3]),
    lambda w: w.pg.array([w.pg.array([1]), w.pg.array([2])]),
    lambda w: w.pg.array([], type_=w.q.Integer),
    lambda w: w.pg.array_agg(w.c.id),
    lambda w: w.pg.array_agg(w.c.id).filter(w.c.id > 5),
    lambda w: w.q.func.array_agg(w.pg.aggregate_order_by(w.c.id, w.c.s.desc())),
    lambda w: w.q.func.string_agg(w.c.s, ",").aggregate_order_by(w.c.id.desc(), w.c.s),
    lambda w: w.c.id.bitwise_xor(3),
    lambda w: w.c.id.bitwise_and(3),
    lambda w: w.c.id.bitwise_not(),
    lambda w: w.q.func.sum(w.c.id).filter(w.c.id > 3),
    lambda w: ~w.c.b,
    lambda w: w.c.b == True,
    lambda w: w.q.and_(w.c.b, ~w.c.b),
    lambda w: w.q.tuple_(w.c.id, w.c.s).in_([(1, "a")]),
    lambda w: w.c.by == b"x",
    lambda w: w.c.inet == "1.2.3.4",
    lambda w: w.c.inet.op("<<")("10.0.0.0/8"),
    lambda w: w.q.type_coerce({"a": 1}, w.pg.JSONB),
    lambda w: w.q.func.json_build_object("a", 1),
    lambda w: w.q.case((w.c.id > 5, "x"), else_="y"),
    lambda w: w.c.s.collate("C"),
    lambda w: w.c.id.between(1, 5),
    lambda w: w.q.bindparam("q"),
    lambda w: w.q.bindparam("q", 5),
    lambda w: w.q.func.foo("x", 5, None),
    lambda w: w.c.do == 5,
    lambda w: w.c.dbl == 1.5,
    lambda w: w.c.iv + dt.timedelta(1),
]

STATEMENTS = [
    lambda w: w.q.insert(w.small).values(id=1, x=5),
    lambda w: w.q.insert(w.small).values([{"x": 5}, {"x": 6}]),
    lambda w: w.q.insert(w.small).values(x=5).returning(w.small.c.x),
    lambda w: w.q.insert(w.small).from_select(["x"], w.q.select(w.c.id)),
    lambda w: w.q.select(w.small.c.id).limit(5).offset(3),
    lambda w: w.q.select(w.small.c.id).offset(3),
    lambda w: w.q.select(w.small.c.id).fetch(5),
    lambda w: w.q.select(w.small.c.id).order_by("id").offset(2).fetch(5, with_ties=True),
    lambda w: w.q.select(w.small.c.id).with_for_update(),
    lambda w: w.q.select(w.small.c.id).with_for_update(nowait=True),
    lambda w: w.q.select(w.small.c.id).with_for_update(skip_locked=True, read=True),
    lambda w: w.q.select(w.small.c.id).with_for_update(key_share=True),
    lambda w: w.q.select(w.small.c.id).with_for_update(key_share=True, read=True),
    lambda w: w.q.select(w.small.c.id).with_for_update(of=w.small),
    lambda w: w.q.select(w.small.c.id, w.c.id).with_for_update(of=[w.small.c.id, w.t]),
    lambda w: w.q.select(w.small.c.id).distinct(),
    lambda w: w.q.select(w.small.c.id).ext(w.pg.distinct_on(w.small.c.x)),
    lambda w: (
        w.q.select(w.small.c.id).ext(w.pg.distinct_on(w.small.c.x, w.small.c.id)).order_by("x")
    ),
    lambda w: w.q.select(w.small.c.id).union(w.q.select(w.c.id)).limit(3),
    lambda w: w.q.select(w.small.c.id.label("q")).group_by("q").order_by(w.q.desc("q")),
    lambda w: w.q.update(w.small).values(x=5).where(w.small.c.id == 5).returning(w.small.c.id),
    lambda w: w.q.update(w.small).values(x=w.c.id).where(w.small.c.id == w.c.id),
    lambda w: w.q.delete(w.small).where(w.small.c.id == w.c.id).returning(w.small.c.x),
    lambda w: w.q.delete(w.small).where(w.small.c.id == 5),
    lambda w: w.q.select(w.q.func.unnest(w.c.a).table_valued("x")),
    lambda w: w.q.select(w.q.func.generate_series(1, 5).column_valued("x")),
    lambda w: w.q.select(
        w.q.func.json_to_recordset(w.c.j)
        .table_valued(w.q.column("a", w.q.Integer), w.q.column("b", w.q.String))
        .render_derived(with_types=True)
    ),
    lambda w: w.q.select(
        w.q.func.unnest(w.c.a).table_valued("x", with_ordinality="n").render_derived()
    ),
    lambda w: w.q.select(
        w.q.values(w.q.column("a", w.q.Integer), w.q.column("b", w.q.String), name="v").data(
            [(1, "a"), (2, "b")]
        )
    ),
    lambda w: w.q.select(w.small, w.q.select(w.c.id).where(w.c.id == w.small.c.x).lateral("la")),
    lambda w: w.q.select(w.far).where(w.far.c.id == 1),
    lambda w: w.pg.insert(w.small).values(id=1).on_conflict_do_nothing(),
    lambda w: w.pg.insert(w.small).values(id=1).on_conflict_do_nothing(constraint="pk"),
    lambda w: w.pg.insert(w.small).values(id=1).on_conflict_do_nothing(index_elements=["id"]),
    lambda w: (
        w.pg.insert(w.small)
        .values(id=1, x=5)
        .on_conflict_do_update(
            index_elements=[w.small.c.id],
            index_where=w.small.c.id > w.q.literal_column("5"),
            set_={"x": w.pg.insert(w.small).excluded.x},
            where=w.small.c.x > 3,
        )
    ),
    lambda w: (
        w.pg.insert(w.small)
        .values(id=1, x=5)
        .on_conflict_do_update(constraint="pk", set_={"x": w.q.func.length("q")})
    ),
    lambda w: (
        w.pg.insert(w.small)
        .values(id=1, x=5)
        .on_conflict_do_update(constraint=w.small.primary_key, set_={"x": w.small.c.x + 5})
    ),
]


@pytest.mark.parametrize("make", EXPRESSIONS)
def test_expressions(make):
    ours, theirs = texts(make)

    assert ours == theirs


@pytest.mark.parametrize("make", STATEMENTS)
def test_statements(make):
    ours, theirs = texts(make)

    assert ours == theirs


def test_what_differs_on_purpose():
    w = OURS
    dialect = postgresql.dialect()

    def text(node):
        return str(node.compile(dialect=dialect))

    # A cast to BIT(3) or VARCHAR(20)[] would cut what is too long; the column refuses it.
    assert text(w.c.bit == "101") == "t.bit = %(bit_1)s"
    assert text(OURS.q.literal(["x"], ARRAY(String(20)))) == "%(param_1)s::VARCHAR[]"
    # The type of a bare list of keys is that of texts, as the operator wants.
    assert text(w.c.jb.has_any(["a"])) == "t.jb ?| %(param_1)s::VARCHAR[]"
    assert text(w.c.jb - "a") == "t.jb - %(jb_1)s::VARCHAR"
    assert text(w.c.jb - 5) == "t.jb - %(jb_1)s::INTEGER"
    # The value keeps its own type.
    assert text(OURS.q.cast("5", Integer)) == "CAST(%(param_1)s::VARCHAR AS INTEGER)"


def test_lists_are_cast_item_by_item():
    found = OURS.c.id.in_([1, 2]).compile(
        dialect=postgresql.dialect(), compile_kwargs={"render_postcompile": True}
    )
    pairs = OURS.q.tuple_(OURS.c.id, OURS.c.s).in_([(1, "a")])

    assert str(found) == "t.id IN (%(id_1_1)s::INTEGER, %(id_1_2)s::INTEGER)"
    statement = OURS.q.select(OURS.c.id).where(pairs)
    compiled = postgresql.dialect(paramstyle="numeric_dollar").compile(statement)
    walk = statement.walk()
    plan = StatementPlan(compiled, walk.binds)
    sql, parameters = plan.prepare([[(1, "a"), (2, "b")]])
    assert sql.endswith("IN (($1::INTEGER, $2::VARCHAR), ($3::INTEGER, $4::VARCHAR))")
    assert parameters == (1, "a", 2, "b")


def test_any_and_all_stand_on_the_right():
    text = str((OURS.q.any_(OURS.c.a) < 5).compile(dialect=postgresql.dialect()))

    assert text == "%(param_1)s::INTEGER > ANY (t.a)"
