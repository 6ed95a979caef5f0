"""More of SQL reads as SQLAlchemy's users know it, in the standard dialect and SQLite's."""

from datetime import timedelta
from importlib import import_module

import pytest

from .oracle import texts


def cte_nested(t):
    inner = t.q.select(t.users.id).cte("inner", nesting=True)
    outer = t.q.select(inner.c.id).cte("outer")
    return t.q.select(outer)


def cte_insert(t):
    c = t.q.insert(t.a).values(email="x").returning(t.addresses.id).cte("ins")
    return t.q.select(c.c.id)


def cte_update(t):
    c = t.q.update(t.u).values(age=5).returning(t.users.id).cte("upd")
    return t.q.select(c.c.id).where(c.c.id > 5)


def cte_delete_add(t):
    c = t.q.delete(t.u).where(t.users.id == 5).cte("del")
    return t.q.select(t.addresses.id).add_cte(c)


def cte_on_dml(t):
    c = t.q.select(t.users.id).where(t.users.age > 5).cte("old")
    return t.q.delete(t.u).where(t.users.id.in_(t.q.select(c.c.id)))


def cte_upd_from(t):
    c = (
        t.q.select(t.addresses.user_id, t.q.func.count().label("n"))
        .group_by(t.addresses.user_id)
        .cte("n")
    )
    return t.q.update(t.u).values(age=c.c.n).where(t.users.id == c.c.user_id)


def add_cte_nest(t):
    c = t.q.select(t.users.id).cte("c")
    return t.q.select(t.q.select(t.addresses.id).add_cte(c, nest_here=True).subquery())


def cte_alias(t):
    c = t.q.select(t.users.id, t.users.manager_id).cte("c")
    a = c.alias("x")
    return t.q.select(c.c.id, a.c.id).where(c.c.manager_id == a.c.id)


def cte_rec_multi(t):
    c = t.q.select(t.users.id).cte("c", recursive=True)
    c = c.union(t.q.select(c.c.id + 1).where(c.c.id < 10), t.q.select(c.c.id + 2))
    return t.q.select(c)


def cte_prefix(t):
    return t.q.select(
        t.q.select(t.users.id).cte("c").prefix_with("MATERIALIZED").suffix_with("SUFFIX")
    )


def given(value, use):
    return use(value)


STATEMENTS = {
    "cte nested": cte_nested,
    "cte delete add": cte_delete_add,
    "cte on dml": cte_on_dml,
    "cte upd from": cte_upd_from,
    "add cte nest": add_cte_nest,
    "cte alias": cte_alias,
    "func cast": lambda t: t.q.select(t.q.func.cast(t.users.id, t.q.Integer)),
    "func extract": lambda t: t.q.select(t.q.func.extract("year", t.users.age)),
    "cte rec multi": cte_rec_multi,
    "groups": lambda t: t.q.func.sum(t.users.age).over(order_by=t.users.id, groups=(-1, 1)),
    "rows none": lambda t: t.q.func.sum(t.users.age).over(order_by=t.users.id, rows=(None, None)),
    "rows 0": lambda t: t.q.func.sum(t.users.age).over(rows=(0, 2)),
    "exclude": lambda t: t.q.func.sum(t.users.age).over(
        order_by=t.users.id, rows=(0, 2), exclude="CURRENT ROW"
    ),
    "frameclause": lambda t: t.q.func.sum(t.users.age).over(
        range_=t.q.FrameClause(3, 5, t.q.FrameClauseType.PRECEDING, t.q.FrameClauseType.FOLLOWING)
    ),
    "filter over": lambda t: (
        t.q.func.sum(t.users.age).filter(t.users.id > 5).over(partition_by=t.users.name)
    ),
    "within over": lambda t: (
        t.q.func.percentile_cont(0.5).within_group(t.users.age).over(partition_by=t.users.name)
    ),
    "within filter": lambda t: (
        t.q.func.percentile_cont(0.5).within_group(t.users.age).filter(t.users.id > 3)
    ),
    "grouping sets": lambda t: t.q.select(t.q.func.count()).group_by(
        t.q.func.grouping_sets(t.q.tuple_(t.users.id, t.users.name), t.users.age)
    ),
    "cube": lambda t: t.q.select(t.q.func.count()).group_by(
        t.q.func.cube(t.users.id, t.users.name)
    ),
    "rollup": lambda t: t.q.select(t.q.func.count()).group_by(
        t.q.func.rollup(t.users.id, t.users.name)
    ),
    "any list": lambda t: (
        t.users.id == t.q.any_(t.q.select(t.addresses.id).subquery().select().scalar_subquery())
    ),
    "collate fn": lambda t: t.q.collate(t.users.name, "utf8_bin"),
    "custom op": lambda t: t.users.name.op("->>", return_type=t.q.Integer)("x") + 1,
    "custom op obj": lambda t: t.users.name.operate(
        import_module(f"{t.q.__name__}.sql.operators").custom_op("%%"), "y"
    ),
    "is comparison": lambda t: ~t.users.name.op("@@", is_comparison=True)("x"),
    "tuple cmp": lambda t: t.q.tuple_(t.users.id, t.users.name) == (1, "x"),
    "tuple in sub": lambda t: t.q.tuple_(t.users.id, t.users.name).in_(
        t.q.select(t.addresses.id, t.addresses.email)
    ),
    "greatest": lambda t: t.q.func.greatest(t.users.id, 5),
    "forupd all": lambda t: t.q.select(t.users.id).with_for_update(nowait=True, of=t.u),
    "forupd read": lambda t: t.q.select(t.users.id).with_for_update(
        read=True, skip_locked=True, key_share=True
    ),
    "fetch pct": lambda t: t.q.select(t.users.id).fetch(5, percent=True),
    "prefix dialect": lambda t: t.q.select(t.users.id).prefix_with("HOT", dialect="oracle"),
    "hint": lambda t: t.q.select(t.users.id).with_hint(t.u, "USE INDEX (x)"),
    "hint all": lambda t: t.q.select(t.users.id).with_hint(t.u, "USE %(name)s", dialect_name="*"),
    "stmt hint": lambda t: t.q.select(t.users.id).with_statement_hint("/*+ x */"),
    "reduce": lambda t: (
        t.q.select(t.users.id, t.addresses.user_id)
        .where(t.users.id == t.addresses.user_id)
        .reduce_columns()
    ),
    "reduce a join": lambda t: t.u.join(t.a).select().reduce_columns(),
    "reduce all": lambda t: t.u.join(t.a).select().reduce_columns(only_synonyms=False),
    "fewer columns of a join": lambda t: t.u.join(t.a).select().with_only_columns(t.users.name),
    "text cols": lambda t: t.q.text("select a, b from c").columns(
        t.q.column("a", t.q.Integer), b=t.q.String
    ),
    "text cols sub": lambda t: t.q.select(
        t.q.text("select a, b from c").columns(a=t.q.Integer, b=t.q.String).subquery("z")
    ),
    "textual cte": lambda t: t.q.select(
        t.q.text("select a from c").columns(a=t.q.Integer).cte("z")
    ),
    "union label order": lambda t: (
        t.q.union(t.q.select(t.users.id.label("k")), t.q.select(t.addresses.id))
        .order_by(t.q.desc("k"))
        .limit(3)
        .offset(1)
    ),
    "union alias": lambda t: t.q.select(
        t.q.union(
            t.q.select(t.users.id, t.users.name), t.q.select(t.addresses.id, t.addresses.email)
        )
        .alias("z")
        .c.name
    ),
    "union group": lambda t: t.q.union(t.q.select(t.users.id), t.q.select(t.addresses.id)).group_by(
        "id"
    ),
    "intersect all": lambda t: t.q.intersect_all(
        t.q.select(t.users.id), t.q.select(t.addresses.id)
    ),
    "select union cte": lambda t: t.q.select(
        t.q.union(t.q.select(t.users.id), t.q.select(t.addresses.id)).cte("z")
    ),
    "lateral join": lambda t: given(
        t.q.select(t.addresses.email).where(t.addresses.user_id == t.users.id).lateral(),
        lambda mails: t.q.select(t.users.id, mails.c.email).join(mails, t.q.true()),
    ),
    "lateral fn": lambda t: t.q.select(
        t.users.id, t.q.func.unnest(t.users.data).table_valued("x").lateral("z")
    ),
    "tablesample": lambda t: t.q.select(t.u.tablesample(t.q.func.system(5)).c.id),
    "values cte": lambda t: t.q.select(
        t.q.values(t.q.column("x", t.q.Integer), name="v").data([(1,), (2,)]).cte("c")
    ),
    "values scalar": lambda t: t.users.id.in_(
        t.q.values(t.q.column("x", t.q.Integer)).data([(1,)]).scalar_values()
    ),
    "tv col": lambda t: t.q.select(t.q.func.generate_series(1, 5).column_valued("x")),
    "tv joins": lambda t: t.q.select(
        t.q.func.generate_series(1, 5).table_valued("v", joins_implicitly=True)
    ),
    "tv derived types": lambda t: t.q.select(
        t.q.func.frob()
        .table_valued(t.q.column("a", t.q.Integer))
        .render_derived(with_types=True, name="z")
    ),
    "fn alias": lambda t: t.q.select(t.q.func.frob(1).alias("f").column),
    "as comparison": lambda t: t.q.func.overlaps(t.users.id, t.users.age).as_comparison(1, 2),
    "fn kw": lambda t: t.q.func.current_date(),
    "fn quoted": lambda t: t.q.func.__getattr__("MyFunc")(1),
    "fn quoted name": lambda t: t.q.func.select(1),
    "generic count star": lambda t: t.q.select(t.q.func.count(t.q.text("*"))),
    "char length": lambda t: t.q.func.char_length(t.users.name),
    "concat fn": lambda t: t.q.func.concat(t.users.name, "x"),
    "sysdate": lambda t: t.q.func.sysdate(),
    "session user": lambda t: t.q.func.session_user(),
    "array agg": lambda t: t.q.func.array_agg(t.users.id),
    "mode": lambda t: t.q.func.mode().within_group(t.users.age),
    "rank wg": lambda t: t.q.func.rank(5).within_group(t.users.age.desc()),
    "cume": lambda t: t.q.func.cume_dist().over(order_by=t.users.id),
    "random": lambda t: t.q.func.random(),
    "pow": lambda t: t.q.func.pow(t.users.age, 2),
    "distinct fn": lambda t: t.q.distinct(t.users.name),
    "distinct col": lambda t: t.q.select(t.q.func.count(t.q.distinct(t.users.name))),
    "case fn": lambda t: t.q.case((t.users.id == 1, t.users.name), else_=t.q.null()),
    "between fn": lambda t: t.q.between(t.users.id, 1, 5),
    "overlay": lambda t: t.users.id.is_distinct_from(t.users.age),
    "bitwise": lambda t: t.q.bitwise_not(t.users.id),
    "any  col": lambda t: t.q.any_(t.users.data) == 5,
    "in expr list": lambda t: t.users.id.in_([t.q.func.abs(5), 6]),
    "in empty str": lambda t: t.users.name.in_([]),
    "not in empty tuple": lambda t: t.q.tuple_(t.users.id, t.users.name).not_in([]),
    "json null": lambda t: t.users.data == t.q.JSON.NULL,
    "exists corr": lambda t: (
        t.q.exists(t.addresses.id).where(t.addresses.user_id == t.users.id).correlate(t.u)
    ),
    "exists sf": lambda t: t.q.exists().select_from(t.a),
    "select where exists": lambda t: t.q.select(t.q.literal(1)).where(
        t.q.exists(t.q.select(t.users.id))
    ),
    "scalar label order": lambda t: t.q.select(t.users.id).order_by(
        t.q.select(t.q.func.max(t.addresses.id))
        .where(t.addresses.user_id == t.users.id)
        .scalar_subquery()
        .desc()
    ),
    "func order": lambda t: t.q.select(t.users.id.label("a")).order_by(
        t.q.func.lower(t.q.literal_column("a"))
    ),
    "having label": lambda t: given(
        t.q.func.count().label("n"),
        lambda n: t.q.select(t.users.name, n).group_by(t.users.name).having(n > 5),
    ),
    "label ref": lambda t: t.q.select(t.users.id.label("x")).order_by(t.q.text("x DESC")),
    "nulls": lambda t: t.q.select(t.users.id).order_by(
        t.q.nulls_last(t.q.desc(t.users.name)), t.q.asc(t.users.id)
    ),
    "literal types": lambda t: t.q.select(
        t.q.literal("x", t.q.String).label("a"), t.q.literal(None)
    ),
    "cast lit": lambda t: t.q.select(t.q.cast(t.q.literal("1"), t.q.Numeric(10, 2))),
    "typed null": lambda t: t.q.select(t.q.cast(t.q.null(), t.q.Integer)),
    "type coerce sel": lambda t: t.q.select(t.q.type_coerce(t.users.name, t.q.Integer)),
    "join none": lambda t: t.q.select(t.users.id).join_from(t.u, t.a, isouter=True),
    "join full obj": lambda t: t.q.select(t.u.join(t.a, full=True)),
    "outerjoin fn": lambda t: t.q.select(t.q.outerjoin(t.u, t.a)),
    "join sub": lambda t: given(
        t.q.select(t.addresses.user_id).group_by(t.addresses.user_id).subquery(),
        lambda s: t.q.select(t.users.id).join(s, s.c.user_id == t.users.id),
    ),
    "join alias infer": lambda t: given(t.a.alias("z"), lambda a: t.q.select(t.users.id).join(a)),
    "select table alias where": lambda t: given(
        t.u.alias(), lambda a: t.q.select(a).where(a.c.id == 5)
    ),
    "table per": lambda t: t.q.select(t.u, t.a).set_label_style(t.q.LABEL_STYLE_TABLENAME_PLUS_COL),
    "label none": lambda t: t.q.select(t.u.c.id, t.a.c.id).set_label_style(t.q.LABEL_STYLE_NONE),
    "long names": lambda t: t.q.select(t.u.alias("a" * 70).c.name.label("b" * 80)),
    "insert from cte": lambda t: t.q.insert(t.a).from_select(
        ["email"], t.q.select(t.q.select(t.users.name).cte("z"))
    ),
    "insert from table": lambda t: t.q.insert(t.a).from_select(
        ["email"], t.q.select(t.users.name).subquery()
    ),
    "insert from the cte itself": lambda t: t.q.insert(t.a).from_select(
        ["email"], t.q.select(t.users.name).cte("rows")
    ),
    "insert from union": lambda t: t.q.insert(t.a).from_select(
        ["email"], t.q.union(t.q.select(t.users.name), t.q.select(t.addresses.email))
    ),
    "insert add cte": lambda t: (
        t.q.insert(t.a).values(email="x").add_cte(t.q.select(t.users.id).cte("z"))
    ),
    "insert multi expr": lambda t: t.q.insert(t.a).values(
        [{"email": t.q.func.lower("A")}, {"email": "b"}]
    ),
    "insert inline": lambda t: t.q.insert(t.a).inline().values(email="x"),
    "insert ret sort": lambda t: t.q.insert(t.a).returning(
        t.addresses.id, sort_by_parameter_order=True
    ),
    "insert ret expr": lambda t: (
        t.q.insert(t.a)
        .values(email="x")
        .returning((t.addresses.id + 1).label("z"), t.q.func.lower(t.addresses.email))
    ),
    "update multi": lambda t: (
        t.q.update(t.u)
        .where(t.users.id == t.addresses.user_id)
        .where(t.addresses.email == "x")
        .values(age=t.users.age + t.addresses.id)
    ),
    "update alias": lambda t: given(
        t.u.alias("boss"),
        lambda a: t.q.update(t.u).values(age=a.c.age).where(a.c.id == t.users.manager_id),
    ),
    "update bind": lambda t: (
        t.q.update(t.u).where(t.users.id == t.q.bindparam("b_id")).values(age=t.q.bindparam("n"))
    ),
    "update prefix": lambda t: t.q.update(t.u).prefix_with("LOW").values(age=1),
    "update case": lambda t: t.q.update(t.u).values(
        age=t.q.case((t.users.id == 1, 2), else_=t.users.age)
    ),
    "delete prefix": lambda t: t.q.delete(t.u).prefix_with("QUICK"),
    "delete all": lambda t: t.q.delete(t.o),
    "with only maintain": lambda t: (
        t.q.select(t.users.id, t.addresses.id)
        .where(t.users.id == 1)
        .with_only_columns(t.q.func.count(), maintain_column_froms=True)
    ),
    "select from join where": lambda t: (
        t.q.select(t.q.func.count()).select_from(t.u.join(t.a)).where(t.users.id > 5)
    ),
    "column": lambda t: t.q.select(t.q.column("x"), t.q.column("y", is_literal=True)),
    "quoted col": lambda t: t.q.select(t.q.column("X y").label("A b")),
    "quoted name": lambda t: t.q.select(t.q.column(t.q.sql.quoted_name("x", True))),
    "table schema": lambda t: t.q.select(t.q.table("x", t.q.column("y"), schema="z").c.y),
    "not": lambda t: t.q.not_(t.q.and_(t.users.id == 1, t.users.age == 2)),
    "and list": lambda t: t.q.and_(True, *[t.users.id == 1]),
    "or empty": lambda t: t.q.or_(t.q.false(), *[t.users.id == 1]),
    "in cte": lambda t: t.q.select(t.users.id).where(
        t.users.id.in_(t.q.select(t.q.select(t.addresses.user_id).cte("z").c.user_id))
    ),
    "true col": lambda t: t.q.select(t.q.true().label("x")),
    "select exists label": lambda t: t.q.select(t.q.exists(t.q.select(t.users.id)).label("x")),
    "from linting": lambda t: t.q.select(t.u.c.id).select_from(t.u, t.a),
    "self group": lambda t: (t.users.id == 1) | ((t.users.id == 2) & (t.users.age == 3)),
    "op any": lambda t: t.users.name.like(
        t.q.any_(t.q.select(t.addresses.email).scalar_subquery())
    ),
    "concat op": lambda t: t.users.name.concat(t.users.name).concat("z"),
    "extract epoch": lambda t: t.q.extract("epoch", t.users.seen) + 5,
    "interval lit": lambda t: t.users.seen + timedelta(days=1),
    "mod ops": lambda t: 5 % t.users.age,
    "rdiv": lambda t: 5 / t.users.age,
    "rfloordiv": lambda t: 5 // t.users.age,
    "match kw": lambda t: t.users.name.match("x", postgresql_regconfig="english"),
    "ilike esc": lambda t: t.users.name.ilike("a/%", escape="/"),
    "istart autoesc": lambda t: t.users.name.icontains("a%", autoescape=True),
    "starts col": lambda t: t.users.name.startswith(t.addresses.email, autoescape=False),
    "slice": lambda t: t.q.select(t.users.id).slice(5, 10),
    "limit none": lambda t: t.q.select(t.users.id).limit(5).limit(None),
    "limit expr": lambda t: (
        t.q.select(t.users.id).limit(t.q.func.abs(3)).offset(t.q.literal(1) + 1)
    ),
    "order none": lambda t: (
        t.q.select(t.users.id).order_by(t.users.id).order_by(None).order_by(t.users.name)
    ),
    "group none": lambda t: t.q.select(t.users.id).group_by(t.users.id).group_by(None),
    "filter": lambda t: t.q.select(t.users.id).filter(t.users.id == 1).filter_by(age=5),
    "scalar corr except": lambda t: t.q.select(
        t.users.id,
        t.q.select(t.q.func.count())
        .select_from(t.a)
        .where(t.addresses.user_id == t.users.id)
        .correlate_except(t.a)
        .scalar_subquery(),
    ),
    "subquery in from+where": lambda t: given(
        t.q.select(t.users.id).where(t.users.age > 5).subquery(),
        lambda s: t.q.select(s).where(s.c.id.in_(t.q.select(t.addresses.user_id))),
    ),
    "column desc sub": lambda t: t.q.select(
        t.q.select(t.users.id.label("z"), t.q.literal_column("5").label("five")).subquery()
    ).where(t.q.text("z > 3")),
    "all  sub": lambda t: (
        t.users.age >= t.q.all_(t.q.select(t.users.age).where(t.users.id > 5).scalar_subquery())
    ),
    "nested cte sub": lambda t: t.q.select(
        t.q.select(t.q.select(t.users.id).cte("in1").c.id).subquery("s")
    ),
    "cte same twice": lambda t: given(
        t.q.select(t.users.id).cte("c"), lambda c: t.q.select(c.c.id).union(t.q.select(c.c.id))
    ),
    "compound exists": lambda t: (
        t.q.union(t.q.select(t.users.id), t.q.select(t.addresses.id)).exists()
        if hasattr(t.q.union(t.q.select(t.users.id)), "exists")
        else t.q.exists(
            t.q.union(t.q.select(t.users.id), t.q.select(t.addresses.id)).subquery().select()
        )
    ),
    "params": lambda t: t.q.select(t.users.id).where(t.users.id == t.q.bindparam("x")).params(x=5),
    **{
        f"the name of {name}": lambda t, make=make: (
            t.q.select(make(t), t.users.id).subquery().select()
        )
        for name, make in {
            "within group": lambda t: t.q.func.percentile_cont(0.5).within_group(t.users.id),
            "a filter": lambda t: t.q.func.mode().within_group(t.users.id).filter(t.users.id > 1),
            "cast(function)": lambda t: t.q.cast(t.q.func.sum(t.users.id), t.q.Integer),
            "type_coerce(function)": lambda t: t.q.type_coerce(t.q.func.sum(t.users.id), t.q.Text),
            "an aggregate's order": lambda t: t.q.func.max(t.users.id).aggregate_order_by(
                t.users.name
            ),
            "a label of a column": lambda t: t.users.name.label(None),
            "a label of a function": lambda t: t.q.func.sum(t.users.id).label(None),
            "a label of a sum": lambda t: (t.users.id + 1).label(None),
        }.items()
    },
    "aggregate order": lambda t: t.q.func.string_agg(t.users.name, ",").aggregate_order_by(
        t.users.id
    ),
}


@pytest.mark.parametrize("dialect", [None, "sqlite", "postgresql", "mysql"])
@pytest.mark.parametrize("make", STATEMENTS.values(), ids=STATEMENTS)
def test_they_read_the_same(make, dialect):
    ours, theirs = texts(make, dialect)

    # A lock is a comment on SQLite, which our connections read.
    assert ours.removesuffix(" /* FOR UPDATE */") == theirs
