"""dovetail writes the text that SQLAlchemy's users know, in the standard dialect."""

import pytest

from .oracle import texts

EXPRESSIONS = {
    "equal": lambda t: t.users.id == 5,
    "equal to column": lambda t: t.users.id == t.addresses.user_id,
    "equal to none": lambda t: t.users.name == None,
    "unequal to none": lambda t: t.users.name != None,
    "equal to true": lambda t: t.users.active == True,
    "is true": lambda t: t.users.active.is_(True),
    "is not false": lambda t: t.users.active.is_not(False),
    "is null": lambda t: t.users.name.is_(None),
    "distinct from": lambda t: t.users.name.is_distinct_from("x"),
    "not distinct from": lambda t: t.users.name.is_not_distinct_from(None),
    "negated equal": lambda t: ~(t.users.id == 5),
    "negated less": lambda t: ~(t.users.id < 5),
    "negated in": lambda t: ~t.users.id.in_([1]),
    "negated like": lambda t: ~t.users.name.like("x"),
    "negated between": lambda t: ~t.users.id.between(1, 2),
    "negated and": lambda t: ~((t.users.id == 1) & (t.users.age == 2)),
    "negated or": lambda t: t.q.not_(t.q.or_(t.users.id == 1, t.users.age == 2)),
    "negated column": lambda t: ~t.users.active,
    "negated exists": lambda t: ~t.q.exists(t.q.select(t.users.id)),
    "reversed": lambda t: t.users.id == 5,
    "reversed less": lambda t: t.users.id > 5,
    "and or": lambda t: t.q.and_(t.q.or_(t.users.id == 1, t.users.id == 2), t.users.age == 3),
    "or and": lambda t: t.q.or_(t.q.and_(t.users.id == 1, t.users.id == 2), t.users.age == 3),
    "and and": lambda t: (t.users.id == 1) & (t.users.id == 2) & (t.users.id == 3),
    "and true": lambda t: t.q.and_(True, t.users.id == 1),
    "and false": lambda t: t.q.and_(t.q.false(), t.users.id == 1),
    "or true": lambda t: t.q.or_(t.q.true(), t.users.id == 1),
    "or false": lambda t: t.q.or_(t.q.false(), t.users.id == 1),
    "in": lambda t: t.users.id.in_([1, 2]),
    "in nothing": lambda t: t.users.id.in_([]),
    "not in": lambda t: t.users.id.not_in([1, 2]),
    "in select": lambda t: t.users.id.in_(t.q.select(t.addresses.user_id)),
    "not in select": lambda t: t.users.id.not_in(t.q.select(t.addresses.user_id)),
    "in columns": lambda t: t.users.id.in_([1, t.users.age]),
    "tuple in": lambda t: t.q.tuple_(t.users.id, t.users.age).in_([(1, 2)]),
    "between": lambda t: t.users.id.between(1, 5),
    "between symmetric": lambda t: t.users.id.between(1, 5, symmetric=True),
    "like": lambda t: t.users.name.like("%x"),
    "like escape": lambda t: t.users.name.like("%x", escape="/"),
    "ilike": lambda t: t.users.name.ilike("%x"),
    "not ilike": lambda t: t.users.name.not_ilike("%x"),
    "startswith": lambda t: t.users.name.startswith("x"),
    "startswith autoescape": lambda t: t.users.name.startswith("x%_/", autoescape=True),
    "endswith": lambda t: t.users.name.endswith("x"),
    "contains": lambda t: t.users.name.contains("x"),
    "contains escape": lambda t: t.users.name.contains("x", escape="^"),
    "contains column": lambda t: t.users.name.contains(t.addresses.email),
    "icontains": lambda t: t.users.name.icontains("x"),
    "istartswith": lambda t: t.users.name.istartswith("x"),
    "iendswith": lambda t: t.users.name.iendswith("x"),
    "not contains": lambda t: ~t.users.name.contains("x"),
    "not icontains": lambda t: ~t.users.name.icontains("x"),
    "not startswith": lambda t: ~t.users.name.startswith("x"),
    "match": lambda t: t.users.name.match("x"),
    "regexp": lambda t: t.users.name.regexp_match("x"),
    "not regexp": lambda t: ~t.users.name.regexp_match("x"),
    "concat": lambda t: t.users.name + "x",
    "concat thrice": lambda t: t.users.name + "x" + t.addresses.email,
    "concat method": lambda t: t.users.name.concat("x"),
    "concat reversed": lambda t: "x" + t.users.name,
    "collate": lambda t: t.users.name.collate("NOCASE"),
    "collate equal": lambda t: t.users.name.collate("NOCASE") == "x",
    "add": lambda t: t.users.age + 1,
    "reversed add": lambda t: 1 + t.users.age,
    "sub": lambda t: t.users.age - 1 - t.users.id,
    "sub nested": lambda t: t.users.age - (t.users.id - 1),
    "mul add": lambda t: (t.users.age + 1) * 2,
    "add mul": lambda t: t.users.age + t.users.id * 2,
    "add sub": lambda t: t.users.age + t.users.id - 3,
    "truediv": lambda t: t.users.age / 2,
    "truediv column": lambda t: t.users.age / t.users.id,
    "floordiv": lambda t: t.users.age // 2,
    "mod": lambda t: t.users.age % 2,
    "neg": lambda t: -t.users.age,
    "neg sum": lambda t: -(t.users.age + 1),
    "sum of neg": lambda t: 1 - (-t.users.age),
    "bitwise": lambda t: t.users.age.bitwise_and(5).bitwise_or(3),
    "bitwise xor": lambda t: t.users.age.bitwise_xor(5),
    "bitwise not": lambda t: t.users.age.bitwise_not(),
    "shift": lambda t: t.users.age.bitwise_lshift(5),
    "shift right": lambda t: t.users.age.bitwise_rshift(5),
    "op": lambda t: t.users.name.op("~~")("x"),
    "op twice": lambda t: t.users.name.op("~~")("x").op("!!")("y"),
    "op precedence": lambda t: t.users.name.op("~~", precedence=5)("x") == 5,
    "op compared": lambda t: t.users.name.op("~~")("x") == 5,
    "bool op": lambda t: t.q.not_(t.users.name.bool_op("~~")("x")),
    "compare compared": lambda t: (t.users.id == 5) == (t.users.age == 3),
    "compare sum": lambda t: t.users.id + 5 == t.users.age,
    "is of comparison": lambda t: (t.users.id == 5).is_(True),
    "desc": lambda t: t.users.id.desc(),
    "desc nulls": lambda t: t.users.id.desc().nulls_last(),
    "asc nulls": lambda t: t.q.nulls_first(t.users.id.asc()),
    "cast": lambda t: t.q.cast(t.users.age, t.q.String(5)),
    "cast value": lambda t: t.q.cast("5", t.q.Integer),
    "cast method": lambda t: t.users.age.cast(t.q.Numeric(5, 2)) + 1,
    "type coerce": lambda t: t.q.type_coerce(t.users.age, t.q.String) + "x",
    "case": lambda t: t.q.case((t.users.age < 5, "a"), (t.users.age < 9, "b"), else_="c"),
    "case value": lambda t: t.q.case({1: "a", 2: "b"}, value=t.users.age),
    "case compared": lambda t: t.q.case((t.users.age < 5, 1), else_=2) == 2,
    "count": lambda t: t.q.func.count(),
    "count column": lambda t: t.q.func.count(t.users.id),
    "count distinct": lambda t: t.q.func.count(t.users.id.distinct()),
    "sum": lambda t: t.q.func.sum(t.users.age) + 5,
    "lower": lambda t: t.q.func.lower(t.users.name) == "x",
    "coalesce": lambda t: t.q.func.coalesce(t.users.name, "x"),
    "unknown function": lambda t: t.q.func.frob(1, "a", t.users.id),
    "package": lambda t: t.q.func.pkg.sub.frob(1),
    "now": lambda t: t.q.func.now(),
    "current timestamp": lambda t: t.q.func.current_timestamp(),
    "extract": lambda t: t.q.extract("year", t.users.born),
    "extract compared": lambda t: t.q.extract("year", t.users.born) == 2000,
    "null": lambda t: t.q.null(),
    "literal": lambda t: t.q.literal(5),
    "literal column": lambda t: t.q.literal_column("a + b") + 5,
    "text": lambda t: t.q.text("x = :y and z::int = 5"),
    "text escaped": lambda t: t.q.text(r"x = '\:y'"),
    "text and": lambda t: t.q.and_(t.q.text("x = 1"), t.users.id == 5),
    "bindparam": lambda t: t.users.id == t.q.bindparam("x"),
    "bindparam twice": lambda t: t.q.or_(
        t.users.id == t.q.bindparam("x"), t.users.age == t.q.bindparam("x")
    ),
    "bindparam unique": lambda t: t.users.id == t.q.bindparam("x", 5, unique=True),
    "in bindparam": lambda t: t.users.id.in_(t.q.bindparam("x", expanding=True)),
    "exists": lambda t: t.q.exists().where(t.users.id == t.addresses.user_id),
    "exists and": lambda t: t.q.exists(t.q.select(t.users.id)) & (t.users.id == 5),
    "scalar subquery": lambda t: t.q.select(t.users.id).scalar_subquery() == 5,
    "any": lambda t: t.users.id == t.q.any_(t.q.select(t.addresses.user_id).scalar_subquery()),
    "all": lambda t: t.users.id > t.q.all_(t.q.select(t.addresses.user_id).scalar_subquery()),
    "over": lambda t: t.q.func.row_number().over(order_by=t.users.id),
    "over by position": lambda t: t.q.over(t.q.func.row_number(), t.users.name, t.users.id),
    "filter over by position": lambda t: (
        t.q.func.count(t.users.id).filter(t.users.id > 1).over(t.users.name, t.users.id)
    ),
    "over partition": lambda t: t.q.func.sum(t.users.age).over(
        partition_by=[t.users.name, t.users.active], order_by=t.users.id.desc()
    ),
    "over rows": lambda t: t.q.func.sum(t.users.age).over(order_by=t.users.id, rows=(-2, 0)),
    "over range": lambda t: t.q.func.sum(t.users.age).over(order_by=t.users.id, range_=(None, 5)),
    "over empty": lambda t: t.q.func.sum(t.users.age).over(),
    "filter": lambda t: t.q.func.count(t.users.id).filter(t.users.age > 5),
    "within group": lambda t: t.q.func.percentile_cont(0.5).within_group(t.users.age.desc()),
    "quoted": lambda t: t.addresses.mixed == "x",
    "reserved": lambda t: t.orders.select == 5,
    "json index": lambda t: t.users.data["x"],
    "nullif": lambda t: t.q.func.nullif(t.users.name, ""),
    "alias column": lambda t: t.u.alias("x").c.id == 5,
    "label": lambda t: t.users.id.label("x") == 5,
    "label of sum": lambda t: (t.users.id + 5).label("x") * 5,
    "not label": lambda t: t.q.not_((t.users.id == 5).label("x")),
    "neg in sum": lambda t: t.users.id + -t.users.age,
    "date difference": lambda t: t.users.seen - t.users.seen,
    "function compared": lambda t: t.q.func.count(t.users.id) > 5,
    "like concat": lambda t: t.users.name.like("%" + t.addresses.email + "%"),
    "contains sum": lambda t: t.users.name.contains(t.addresses.email + "x"),
    "in subquery": lambda t: t.users.id.in_(t.q.select(t.addresses.user_id)),
    "try cast": lambda t: t.q.try_cast(t.users.name, t.q.Integer),
    "custom name bind": lambda t: t.addresses.mixed.in_(["x"]),
}


@pytest.mark.filterwarnings("ignore:a subquery stands where a SELECT is needed")
@pytest.mark.parametrize("make", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_expressions_read_the_same(make):
    ours, theirs = texts(make)

    assert ours == theirs


def _recursive(t):
    tree = t.q.select(t.users.id, t.users.manager_id).where(t.users.id == 1).cte("tree", True)
    return t.q.select(
        tree.union_all(
            t.q.select(t.users.id, t.users.manager_id).where(t.users.manager_id == tree.c.id)
        )
    )


def _two_ctes(t):
    first = t.q.select(t.users.id).cte("first")
    second = t.q.select(first.c.id).where(first.c.id > 5).cte("second")
    return t.q.select(second).join(first, first.c.id == second.c.id)


def _aliases(t):
    boss = t.u.alias()
    worker = t.u.alias()
    return t.q.select(boss.c.name, worker.c.name).join(worker, worker.c.manager_id == boss.c.id)


def _subquery(t):
    sub = t.q.select(t.users.id.label("q"), t.q.func.count(t.users.age)).subquery()
    return t.q.select(sub).where(sub.c.q == 5)


def _named_subquery(t):
    sub = t.q.select(t.users).where(t.users.id > 5).subquery("old")
    return t.q.select(sub.c.name).join(t.a, t.addresses.user_id == sub.c.id)


def _label_order(t):
    total = t.q.func.count(t.addresses.id).label("total")
    return t.q.select(t.users.id, total).group_by(t.users.id).order_by(total.desc())


def _expression_label_order(t):
    label = (t.users.age + 1).label("next")
    return t.q.select(label).order_by(label).where(label > 5)


SELECTS = {
    "columns": lambda t: t.q.select(t.users.id, t.users.name),
    "table": lambda t: t.q.select(t.a),
    "where": lambda t: t.q.select(t.users.id).where(t.users.id == 5).where(t.users.age > 3),
    "where many": lambda t: t.q.select(t.users.id).where(t.users.id == 5, t.users.age > 3),
    "where or": lambda t: t.q.select(t.users.id).where(
        t.q.or_(t.users.id == 5, t.users.age > 3), t.users.id > 1
    ),
    "where column": lambda t: t.q.select(t.users.id).where(t.users.active),
    "where not column": lambda t: t.q.select(t.users.id).where(~t.users.active, t.users.id == 1),
    "where false": lambda t: t.q.select(t.users.id).where(False),
    "where true": lambda t: t.q.select(t.users.id).where(True),
    "where startswith": lambda t: t.q.select(t.users.id).where(t.users.name.startswith("x")),
    "where two startswith": lambda t: t.q.select(t.users.id).where(
        t.users.name.startswith("x"), t.users.id == 5
    ),
    "filter by": lambda t: t.q.select(t.u).filter_by(name="x", age=5),
    "order by": lambda t: t.q.select(t.users.id).order_by(t.users.name, t.users.age.desc()),
    "order by list": lambda t: t.q.select(t.users.id).order_by(
        t.q.OrderByList([t.users.name, t.q.OrderByList([t.users.age, t.users.id])])
    ),
    "order by list desc": lambda t: t.q.select(t.users.id.label("x")).order_by(
        t.q.desc(t.q.OrderByList(["x", t.users.age]).nulls_first()), t.users.name
    ),
    "order by list asc": lambda t: t.q.select(
        t.q.func.row_number().over(
            order_by=t.q.nulls_last(t.q.OrderByList([t.users.name, t.users.age]).asc())
        )
    ),
    "order by text": lambda t: t.q.select(t.users.id, t.users.name).order_by("name"),
    "order by label": _label_order,
    "order by label of expression": _expression_label_order,
    "order by label name": lambda t: t.q.select(t.users.id.label("x")).order_by(t.q.desc("x")),
    "order by function": lambda t: t.q.select(t.users.id).order_by(t.q.func.lower(t.users.name)),
    "group by": lambda t: t.q.select(t.users.name, t.q.func.count()).group_by(t.users.name),
    "group by name": lambda t: t.q.select(t.users.name, t.q.func.count()).group_by("name"),
    "having": lambda t: (
        t.q.select(t.users.name).group_by(t.users.name).having(t.q.func.count(t.users.id) > 5)
    ),
    "limit": lambda t: t.q.select(t.users.id).limit(5),
    "offset": lambda t: t.q.select(t.users.id).offset(5),
    "limit offset": lambda t: t.q.select(t.users.id).limit(5).offset(3),
    "fetch": lambda t: t.q.select(t.users.id).fetch(5),
    "fetch ties": lambda t: t.q.select(t.users.id).fetch(5, with_ties=True).offset(2),
    "distinct": lambda t: t.q.select(t.users.name).distinct(),
    "for update": lambda t: t.q.select(t.users.id).with_for_update(),
    "two tables": lambda t: t.q.select(t.users.id, t.addresses.id),
    "same column": lambda t: t.q.select(t.users.id, t.users.id, t.users.id),
    "bind after double": lambda t: t.q.select(t.users.id, t.addresses.id).where(t.users.id == 5),
    "label": lambda t: t.q.select(t.users.id.label("x"), (t.users.age + 1).label("y")),
    "unlabelled": lambda t: t.q.select(t.users.age + 1, t.users.age + 2),
    "functions": lambda t: t.q.select(t.q.func.count(), t.q.func.max(t.users.id)),
    "functions twice": lambda t: t.q.select(t.q.func.max(t.users.age), t.q.func.max(t.users.id)),
    "cast": lambda t: t.q.select(t.q.cast(t.users.age, t.q.String)),
    "literal": lambda t: t.q.select(t.q.literal(5), t.q.literal_column("x"), t.q.text("y")),
    "select text": lambda t: t.q.select(t.q.text("*")).select_from(t.q.text("x")),
    "constants": lambda t: t.q.select(t.q.null(), t.q.true()),
    "case": lambda t: t.q.select(t.q.case((t.users.active, 1), else_=0)),
    "schema": lambda t: t.q.select(t.orders.id, t.orders.select),
    "mixed": lambda t: t.q.select(t.addresses.mixed),
    "select from": lambda t: t.q.select(t.users.id).select_from(t.a),
    "join": lambda t: t.q.select(t.users.id).join(t.a),
    "join on": lambda t: t.q.select(t.users.id).join(t.a, t.addresses.id == t.users.id),
    "join from": lambda t: t.q.select(t.users.id, t.addresses.id).join_from(t.u, t.a),
    "join select from": lambda t: t.q.select(t.addresses.id).select_from(t.u).join(t.a),
    "outer join": lambda t: t.q.select(t.users.id).outerjoin(t.a),
    "full join": lambda t: t.q.select(t.users.id).join(t.a, full=True),
    "join chain": lambda t: t.q.select(t.users.id).join(t.a).join(t.o),
    "join object": lambda t: t.q.select(t.users.id).select_from(t.u.join(t.a).outerjoin(t.o)),
    "join nested": lambda t: t.q.select(t.users.id).select_from(
        t.u.outerjoin(t.a.join(t.o), t.addresses.user_id == t.users.id)
    ),
    "self join": lambda t: t.q.select(t.u.alias("x").c.id),
    "aliases": _aliases,
    "named alias": lambda t: t.q.select(t.u.alias("x")),
    "subquery": _subquery,
    "named subquery": _named_subquery,
    "double names in subquery": lambda t: t.q.select(
        t.q.select(t.users.id, t.addresses.id).subquery()
    ),
    "expression in subquery": lambda t: t.q.select(t.q.select(t.users.age + 1).subquery()),
    "nested subquery": lambda t: t.q.select(
        t.q.select(t.q.select(t.users.id).subquery().c.id).subquery()
    ),
    "exists correlated": lambda t: t.q.select(t.users.id).where(
        t.q.select(t.addresses.id).where(t.addresses.user_id == t.users.id).exists()
    ),
    "not exists": lambda t: t.q.select(t.users.id).where(
        ~t.q.exists().where(t.addresses.user_id == t.users.id)
    ),
    "exists and": lambda t: t.q.select(t.users.id).where(
        t.q.exists().where(t.addresses.user_id == t.users.id), t.users.id == 5
    ),
    "scalar correlated": lambda t: t.q.select(
        t.users.name,
        t.q.select(t.q.func.count(t.addresses.id))
        .where(t.addresses.user_id == t.users.id)
        .scalar_subquery(),
    ),
    "scalar labelled": lambda t: t.q.select(
        t.users.name,
        t.q.select(t.q.func.count(t.addresses.id))
        .where(t.addresses.user_id == t.users.id)
        .scalar_subquery()
        .label("n"),
    ),
    "correlate": lambda t: t.q.select(t.users.name).where(
        t.users.id
        == t.q.select(t.addresses.user_id)
        .where(t.addresses.user_id == t.users.id)
        .correlate(t.u)
        .scalar_subquery()
    ),
    "correlate none": lambda t: t.q.select(t.users.name).where(
        t.users.id
        == t.q.select(t.addresses.user_id)
        .where(t.addresses.user_id == t.users.id)
        .correlate(None)
        .scalar_subquery()
    ),
    "correlate except": lambda t: t.q.select(t.users.name).where(
        t.users.id
        == t.q.select(t.addresses.user_id)
        .where(t.addresses.user_id == t.users.id)
        .correlate_except(t.a)
        .scalar_subquery()
    ),
    "same table within": lambda t: t.q.select(t.users.name).where(
        t.users.age == t.q.select(t.q.func.max(t.users.age)).scalar_subquery()
    ),
    "in select": lambda t: t.q.select(t.users.name).where(
        t.users.id.in_(t.q.select(t.addresses.user_id).where(t.addresses.email == "x"))
    ),
    "union": lambda t: t.q.select(t.users.id).union(t.q.select(t.addresses.id)),
    "union order": lambda t: t.q.union_all(
        t.q.select(t.users.id), t.q.select(t.addresses.id)
    ).order_by("id"),
    "union limit": lambda t: t.q.union(
        t.q.select(t.users.id).where(t.users.id == 3), t.q.select(t.addresses.id)
    ).limit(5),
    "union of limited": lambda t: t.q.union(
        t.q.select(t.users.id).order_by(t.users.id).limit(3), t.q.select(t.addresses.id)
    ),
    "union nested": lambda t: t.q.except_(
        t.q.union(t.q.select(t.users.id), t.q.select(t.addresses.id)), t.q.select(t.orders.id)
    ),
    "union subquery": lambda t: t.q.select(
        t.q.union(t.q.select(t.users.id), t.q.select(t.addresses.id)).subquery().c.id
    ),
    "intersect": lambda t: t.q.intersect(t.q.select(t.users.id), t.q.select(t.addresses.id)),
    "cte": lambda t: t.q.select(t.q.select(t.users.id).cte("x")),
    "anonymous cte": lambda t: t.q.select(t.q.select(t.users.id).cte()),
    "recursive": _recursive,
    "two ctes": _two_ctes,
    "with only": lambda t: t.q.select(t.users.id, t.users.name).with_only_columns(t.users.age),
    "add columns": lambda t: t.q.select(t.users.id).add_columns(t.users.age),
    "prefix": lambda t: t.q.select(t.users.id).prefix_with("HOT"),
    "exists select": lambda t: t.q.select(t.q.exists(t.q.select(t.users.id))),
    "count from": lambda t: t.q.select(t.q.func.count()).select_from(t.u),
    "count subquery": lambda t: t.q.select(t.q.func.count()).select_from(
        t.q.select(t.users.id).subquery()
    ),
    "table name style": lambda t: t.q.select(t.users.id, t.addresses.id).set_label_style(
        t.q.LABEL_STYLE_TABLENAME_PLUS_COL
    ),
    "lateral": lambda t: t.q.select(
        t.users.id,
        t.q.select(t.addresses.email).where(t.addresses.user_id == t.users.id).lateral("x").c.email,
    ),
    "values": lambda t: t.q.select(
        t.q.values(t.q.column("x", t.q.Integer), t.q.column("y", t.q.String), name="v").data(
            [(1, "a"), (2, "b")]
        )
    ),
    "text columns": lambda t: t.q.select(
        t.q.text("SELECT id FROM x").columns(t.q.column("id")).subquery("y").c.id
    ),
    "table clause": lambda t: t.q.select(t.q.table("x", t.q.column("y")).c.y),
    "window": lambda t: t.q.select(
        t.users.id, t.q.func.row_number().over(partition_by=t.users.name).label("n")
    ),
    "tablesample": lambda t: t.q.select(
        t.q.tablesample(t.u, t.q.func.bernoulli(1), name="alias", seed=t.q.func.random()).c.id
    ),
}


@pytest.mark.parametrize("make", SELECTS.values(), ids=SELECTS)
def test_selects_read_the_same(make):
    ours, theirs = texts(make)

    assert ours == theirs


CHANGES = {
    "insert": lambda t: t.q.insert(t.a),
    "insert values": lambda t: t.q.insert(t.u).values(name="x", age=5),
    "insert dict": lambda t: t.q.insert(t.u).values({"age": 1, t.users.name: "y"}),
    "insert rows": lambda t: t.q.insert(t.a).values([{"email": "a"}, {"email": "b"}]),
    "insert tuple": lambda t: t.q.insert(t.a).values((1, 2, "x", "y")),
    "insert expression": lambda t: t.q.insert(t.u).values(name=t.q.func.lower("X"), age=None),
    "insert scalar": lambda t: t.q.insert(t.u).values(
        age=t.q.select(t.q.func.max(t.users.age)).scalar_subquery()
    ),
    "insert sum": lambda t: t.q.insert(t.u).values(age=t.q.literal(1) + 2),
    "insert key": lambda t: t.q.insert(t.a).values(mixed="x"),
    "insert bindparam": lambda t: t.q.insert(t.u).values(age=t.q.bindparam("n")),
    "insert select": lambda t: t.q.insert(t.a).from_select(
        ["user_id", "email"], t.q.select(t.users.id, t.users.name).where(t.users.id > 5)
    ),
    "insert returning": lambda t: t.q.insert(t.u).values(name="x").returning(t.users.id),
    "insert returning all": lambda t: t.q.insert(t.a).values(email="x").returning(t.a),
    "insert schema": lambda t: t.q.insert(t.o).values(select=5),
    "insert prefix": lambda t: t.q.insert(t.u).prefix_with("OR IGNORE").values(name="x"),
    "insert cte": lambda t: t.q.insert(t.a).from_select(
        ["user_id"], t.q.select(t.q.select(t.users.id).cte("c").c.id)
    ),
    "update": lambda t: t.q.update(t.a),
    "update values": lambda t: t.q.update(t.u).values(name="x").where(t.users.id == 5),
    "update expression": lambda t: t.q.update(t.u).values(age=t.users.age + 1),
    "update order": lambda t: t.q.update(t.u).values(age=1, name="x"),
    "update ordered": lambda t: t.q.update(t.u).ordered_values(
        (t.users.age, 5), (t.users.name, "x")
    ),
    "update same name": lambda t: t.q.update(t.u).values(age=5).where(t.users.age == 3),
    "update null": lambda t: t.q.update(t.u).values(name=None),
    "update from": lambda t: (
        t.q.update(t.u).values(name=t.addresses.email).where(t.users.id == t.addresses.user_id)
    ),
    "update scalar": lambda t: t.q.update(t.u).values(
        name=t.q.select(t.addresses.email)
        .where(t.addresses.user_id == t.users.id)
        .scalar_subquery()
    ),
    "update returning": lambda t: t.q.update(t.u).values(age=1).returning(t.users.id, t.users.age),
    "update exists": lambda t: (
        t.q.update(t.u).values(age=1).where(t.q.exists().where(t.addresses.user_id == t.users.id))
    ),
    "delete": lambda t: t.q.delete(t.u),
    "delete where": lambda t: t.q.delete(t.u).where(t.users.id == 5, t.users.name == "x"),
    "delete returning": lambda t: t.q.delete(t.u).returning(t.users.id),
    "delete in": lambda t: t.q.delete(t.u).where(t.users.id.in_(t.q.select(t.addresses.user_id))),
    "delete correlated": lambda t: t.q.delete(t.u).where(
        ~t.q.exists().where(t.addresses.user_id == t.users.id)
    ),
}


@pytest.mark.parametrize("make", CHANGES.values(), ids=CHANGES)
def test_changes_read_the_same(make):
    ours, theirs = texts(make)

    assert ours == theirs


ON_SQLITE = {
    "where column": SELECTS["where column"],
    "where not column": SELECTS["where not column"],
    "where false": SELECTS["where false"],
    "where true": SELECTS["where true"],
    "extract": EXPRESSIONS["extract"],
    "now": EXPRESSIONS["now"],
    "distinct from": EXPRESSIONS["distinct from"],
    "regexp": EXPRESSIONS["regexp"],
    "truediv": EXPRESSIONS["truediv"],
    "floordiv": EXPRESSIONS["floordiv"],
    "floordiv numeric": lambda t: t.users.balance // 3,
    "json index": EXPRESSIONS["json index"],
    "update from": CHANGES["update from"],
    "delete returning": CHANGES["delete returning"],
    "insert returning": CHANGES["insert returning"],
    "insert empty": lambda t: t.q.insert(t.u).values({}),
    "union nested": SELECTS["intersect"],
    "boolean or": lambda t: t.q.select(t.users.id).where(
        t.q.or_(t.users.active, ~t.users.active, t.users.id == 5)
    ),
}


@pytest.mark.parametrize("make", ON_SQLITE.values(), ids=ON_SQLITE)
def test_sqlite_reads_the_same(make):
    ours, theirs = texts(make, "sqlite")

    assert ours == theirs


FUNCTIONS_AS_TABLES = {
    "table valued": lambda t: t.q.select(
        t.q.func.json_each('["a"]').table_valued("value", name="each").c.value
    ),
    "anonymous": lambda t: t.q.select(t.q.func.json_each("[]").table_valued("key", "value")),
    "column valued": lambda t: t.q.select(t.q.func.json_each("[]").column_valued("x")),
    "derived": lambda t: t.q.select(
        t.q.func.frob(1)
        .table_valued(t.q.column("a", t.q.Integer), t.q.column("b", t.q.String))
        .render_derived()
    ),
    "ordinality": lambda t: t.q.select(
        t.q.func.unnest(1).table_valued("v", with_ordinality="n", name="u")
    ),
    "function select": lambda t: t.q.func.frob(5).select(),
}


@pytest.mark.parametrize("make", FUNCTIONS_AS_TABLES.values(), ids=FUNCTIONS_AS_TABLES)
def test_functions_as_tables_read_the_same(make):
    ours, theirs = texts(make)

    assert ours == theirs
