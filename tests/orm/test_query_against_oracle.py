"""A Query gives what the oracle's gives: rows, errors, and who is told that a spelling is old."""

import inspect
import warnings
from collections.abc import Sequence
from importlib import import_module
from types import SimpleNamespace

import pytest
import sqlalchemy.orm

import dovetail.orm

OWN_INSIDES = {
    "allows_lambda", "get_children", "load_options", "logger", "logging_name", "memoized_attribute",
    "memoized_instancemethod", "supports_execution", "uses_inspection",
}  # fmt: skip
"""Public by their names; what they do is the oracle's own business."""


def declare(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")
    column, relationship = orm.mapped_column, orm.relationship

    class Base(orm.DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "u"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String)
        a = column(sa.Integer)
        ads = relationship("Ad", back_populates="user", order_by="Ad.id")

    class Ad(Base):
        __tablename__ = "ad"
        id = column(sa.Integer, primary_key=True)
        email = column(sa.String)
        u_id = column(sa.ForeignKey("u.id"))
        user = relationship("User", back_populates="ads")

    class Tree(Base):
        __tablename__ = "tree"
        id = column(sa.Integer, primary_key=True)
        parent_id = column(sa.ForeignKey("tree.id"))
        children = relationship("Tree", back_populates="parent")
        parent = relationship("Tree", remote_side=[id], back_populates="children")

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        for n in range(4):
            ads = [Ad(email=f"{n}.{m}") for m in range(n)]
            session.add(User(id=n, name=f"n{n}", a=n % 2, ads=ads))
            session.flush()
        session.add(Tree(id=1, children=[Tree(id=2), Tree(id=3)]))
        session.commit()
    return SimpleNamespace(
        sa=sa, orm=orm, engine=engine, Base=Base, U=User, A=Ad, T=Tree, f=sa.func,
        text=sa.text, select=sa.select, exc=sa.exc,
    )  # fmt: skip


@pytest.fixture(scope="module")
def worlds():
    worlds = declare("dovetail"), declare("sqlalchemy")
    yield worlds
    for world in worlds:
        world.engine.dispose()


def shown(world, value):
    """*value* with instances named by class and key."""
    if isinstance(value, world.Base):
        return f"{type(value).__name__} {value.id}"
    if (isinstance(value, Sequence) and not isinstance(value, str)) or hasattr(value, "__next__"):
        return [shown(world, item) for item in value]
    return value


ERRORS = {
    "ArgumentError", "CompileError", "DBAPIError", "Exception", "IndexError",
    "InvalidRequestError", "TypeError",
}  # fmt: skip


def answer(world, case):
    """What *case* gives: a value or the class of an error, and whether a warning was given."""
    with world.orm.Session(world.engine) as session, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            found = shown(world, case(world, session))
        except Exception as error:
            found = next(one.__name__ for one in type(error).__mro__ if one.__name__ in ERRORS)
        session.rollback()
    is_old = any(issubclass(one.category, world.exc.SADeprecationWarning) for one in told)
    return found, is_old


def users(w, s):
    return s.query(w.U).order_by(w.U.id)


def let(value, then):
    return then(value)


def one_and_two(w, s):
    return s.query(w.U).filter(w.U.id == 1).union(s.query(w.U).filter(w.U.id == 2))


CASES = {
    "instances": lambda w, s: users(w, s).all(),
    "instances of a join, each once": lambda w, s: users(w, s).join(w.U.ads).all(),
    "rows of a join, each once": lambda w, s: users(w, s).add_columns(w.U.a).join(w.U.ads).all(),
    "rows of columns": lambda w, s: s.query(w.U.id).join(w.U.ads).order_by(w.U.id).all(),
    "a column twice": lambda w, s: s.query(w.U.id, w.U.id).order_by(w.U.id).first(),
    "a table": lambda w, s: s.query(w.U.__table__).order_by(w.U.id).first(),
    "iteration": lambda w, s: list(users(w, s)),
    "slices of slices": lambda w, s: users(w, s).slice(1, 4).slice(1, 2).all(),
    "an offset and a slice": lambda w, s: users(w, s).offset(1)[1:3],
    "a limit and a slice": lambda w, s: users(w, s).limit(3)[0:2],
    "a step": lambda w, s: users(w, s)[0:3:2],
    "an empty slice": lambda w, s: users(w, s)[3:1],
    "a whole slice": lambda w, s: users(w, s)[:],
    "an index": lambda w, s: users(w, s)[2],
    "an index beyond": lambda w, s: users(w, s)[99],
    "a negative index": lambda w, s: users(w, s)[-1],
    "a negative slice": lambda w, s: users(w, s)[-2:],
    "an index that is a name": lambda w, s: users(w, s)["x"],
    "filter after limit": lambda w, s: users(w, s).limit(1).filter(w.U.id == 1),
    "filter_by after limit": lambda w, s: users(w, s).limit(1).filter_by(id=1),
    "order_by after offset": lambda w, s: users(w, s).offset(1).order_by(w.U.name),
    "join after limit": lambda w, s: users(w, s).limit(1).join(w.U.ads),
    "group_by after limit": lambda w, s: users(w, s).limit(1).group_by(w.U.id),
    "having after limit": lambda w, s: users(w, s).limit(1).having(w.U.id == 1),
    "distinct after limit": lambda w, s: users(w, s).limit(1).distinct().all(),
    "filter after the limit was lifted": lambda w, s: (
        users(w, s).limit(1).limit(None).filter(w.U.id == 1).all()
    ),
    "filter after limit without assertions": lambda w, s: (
        users(w, s).enable_assertions(False).limit(3).filter(w.U.id > 0).all()
    ),
    "get": lambda w, s: s.query(w.U).get(1),
    "get with options": lambda w, s: len(
        s.query(w.U).options(w.orm.joinedload(w.U.ads)).get(2).__dict__["ads"]
    ),
    "get with criteria": lambda w, s: s.query(w.U).filter(w.U.id == 1).get(1),
    "get with order": lambda w, s: users(w, s).get(1),
    "get with limit": lambda w, s: s.query(w.U).limit(1).get(1),
    "get with join": lambda w, s: s.query(w.U).join(w.U.ads).get(1),
    "get of columns": lambda w, s: s.query(w.U.id).get(1),
    "get of two": lambda w, s: s.query(w.U, w.A).get(1),
    "count": lambda w, s: users(w, s).count(),
    "count of distinct columns": lambda w, s: s.query(w.U.a).distinct().count(),
    "count with joined collections": lambda w, s: (
        s.query(w.U).options(w.orm.joinedload(w.U.ads)).count()
    ),
    "count of a limit": lambda w, s: users(w, s).limit(2).count(),
    "scalar of an entity": lambda w, s: s.query(w.U).filter_by(id=1).scalar(),
    "scalar of many": lambda w, s: s.query(w.U.id).scalar(),
    "scalar of none": lambda w, s: s.query(w.U.id).filter_by(id=99).scalar(),
    "first": lambda w, s: users(w, s).first(),
    "first of none": lambda w, s: s.query(w.U).filter(w.U.id > 99).first(),
    "one of an instance in several rows": lambda w, s: (
        s.query(w.U).join(w.U.ads).filter(w.U.id == 2).one()
    ),
    "one or none": lambda w, s: s.query(w.U).filter(w.U.id > 99).one_or_none(),
    "one of none": lambda w, s: s.query(w.U).filter(w.U.id > 99).one(),
    "one of many": lambda w, s: s.query(w.U).one(),
    "value": lambda w, s: users(w, s).value(w.U.name),
    "value of none": lambda w, s: s.query(w.U).filter(w.U.id > 99).value(w.U.name),
    "values": lambda w, s: users(w, s).values(w.U.id, w.U.name),
    "add_column": lambda w, s: s.query(w.U.id).add_column(w.U.name).order_by(w.U.id).first(),
    "add_columns": lambda w, s: users(w, s).add_columns(w.U.name, w.U.a + 1).first(),
    "add_entity": lambda w, s: s.query(w.U).add_entity(w.A).join(w.U.ads).order_by(w.A.id).first(),
    "as_scalar": lambda w, s: str(s.query(w.U.id).as_scalar()),
    "scalar_subquery": lambda w, s: (
        s.query(w.U).filter(w.U.id == s.query(w.f.max(w.U.id)).scalar_subquery()).all()
    ),
    "label": lambda w, s: s.query(s.query(w.f.max(w.U.id)).label("x")).one().x,
    "subquery": lambda w, s: str(w.select(s.query(w.U).subquery("z"))),
    "subquery with labels": lambda w, s: str(
        w.select(s.query(w.U).subquery("z", with_labels=True))
    ),
    "cte": lambda w, s: str(w.select(s.query(w.U.id).cte("z"))),
    "exists": lambda w, s: s.query(s.query(w.U).filter(w.U.id == 1).exists()).scalar(),
    "exists of a join": lambda w, s: str(s.query(w.U).join(w.U.ads).exists()),
    "in of a query": lambda w, s: users(w, s).filter(w.U.id.in_(s.query(w.A.u_id))).all(),
    "union": lambda w, s: one_and_two(w, s).order_by(w.U.id).all(),
    "union, then criteria": lambda w, s: one_and_two(w, s).filter(w.U.name == "n2").all(),
    "union, then names": lambda w, s: one_and_two(w, s).filter_by(name="n2").all(),
    "union, then a join": lambda w, s: one_and_two(w, s).join(w.U.ads).order_by(w.A.id).all(),
    "union, then a join to an entity": lambda w, s: (
        one_and_two(w, s).join(w.A, w.A.u_id == w.U.id).order_by(w.A.id).all()
    ),
    "union, then joined loading": lambda w, s: [
        len(one.__dict__["ads"])
        for one in one_and_two(w, s).options(w.orm.joinedload(w.U.ads)).order_by(w.U.id)
    ],
    "union, then selectin loading": lambda w, s: [
        len(one.__dict__["ads"])
        for one in one_and_two(w, s).options(w.orm.selectinload(w.U.ads)).order_by(w.U.id)
    ],
    "union, then other entities": lambda w, s: (
        one_and_two(w, s).with_entities(w.U.id, w.f.count()).group_by(w.U.id).order_by(w.U.id).all()
    ),
    "union, then columns": lambda w, s: one_and_two(w, s).add_columns(w.U.a).order_by(w.U.id).all(),
    "union, then having": lambda w, s: (
        one_and_two(w, s).with_entities(w.U.a).group_by(w.U.a).having(w.U.a == 0).all()
    ),
    "union, then a limit": lambda w, s: one_and_two(w, s).order_by(w.U.id).limit(1).all(),
    "union of three": lambda w, s: (
        one_and_two(w, s).union(s.query(w.U).filter(w.U.id == 3)).order_by(w.U.id.desc()).all()
    ),
    "union of columns": lambda w, s: (
        s.query(w.U.id, w.U.name).union(s.query(w.A.id, w.A.email)).order_by(w.U.id, w.U.name).all()
    ),
    "union of entities and columns": lambda w, s: (
        s.query(w.U, (w.U.id + 1).label("next"))
        .filter(w.U.id < 2)
        .union(s.query(w.U, w.U.id + 1).filter(w.U.id == 2))
        .order_by("next")
        .all()
    ),
    "union of two entities": lambda w, s: (
        s.query(w.U, w.A)
        .join(w.U.ads)
        .filter(w.U.id == 1)
        .union(s.query(w.U, w.A).join(w.U.ads).filter(w.U.id == 2))
        .order_by(w.A.id)
        .all()
    ),
    "union of a class and its alias": lambda w, s: let(
        w.orm.aliased(w.U),
        lambda other: (
            s.query(w.U, other)
            .filter(other.id == w.U.id + 1)
            .union(s.query(w.U, other).filter(other.id == 0, w.U.id == 3))
            .order_by(w.U.id, other.id)
            .all()
        ),
    ),
    "union with parameters": lambda w, s: (
        s.query(w.U.id)
        .filter(w.U.id == w.sa.bindparam("x"))
        .union(s.query(w.U.id).filter(w.U.id == w.sa.bindparam("y")))
        .params(x=1, y=2)
        .order_by(w.U.id)
        .all()
    ),
    "union_all": lambda w, s: s.query(w.U.id).union_all(s.query(w.U.id)).count(),
    "union_all of instances": lambda w, s: len(s.query(w.U).union_all(s.query(w.U)).all()),
    "intersect": lambda w, s: (
        s.query(w.U).filter(w.U.id > 1).intersect(s.query(w.U).filter(w.U.id < 3)).all()
    ),
    "except_": lambda w, s: s.query(w.U).except_(s.query(w.U).filter(w.U.id < 3)).all(),
    "except_all": lambda w, s: s.query(w.U).except_all(s.query(w.U).filter(w.U.id < 3)).all(),
    "union as a subquery": lambda w, s: (
        s.query(w.f.count()).select_from(one_and_two(w, s).subquery()).scalar()
    ),
    "tuples alone": lambda w, s: users(w, s).only_return_tuples(True).all(),
    "tuples": lambda w, s: users(w, s).tuples().all(),
    "whereclause": lambda w, s: str(s.query(w.U).filter(w.U.id == 1, w.U.a == 2).whereclause),
    "no whereclause": lambda w, s: s.query(w.U).whereclause,
    "descriptions": lambda w, s: [
        (one["name"], one["aliased"], one["entity"] is w.U)
        for one in s.query(
            w.U, w.U.name, w.orm.aliased(w.A, name="al"), w.f.count().label("c")
        ).column_descriptions
    ],
    "statement": lambda w, s: str(s.query(w.U).filter(w.U.id == 1).statement),
    "statement with labels": lambda w, s: str(s.query(w.U).with_labels().statement),
    "statement with applied labels": lambda w, s: str(s.query(w.U).apply_labels().statement),
    "text": lambda w, s: str(s.query(w.U).filter(w.U.id == 1)),
    "text without a session": lambda w, s: str(w.orm.Query([w.U])).replace('"', ""),
    "options for execution": lambda w, s: dict(
        s.query(w.U).execution_options(a=1).execution_options(b=2).get_execution_options()
    ),
    "lazy_loaded_from": lambda w, s: s.query(w.U).lazy_loaded_from,
    "parent": lambda w, s: s.query(w.A).with_parent(s.get(w.U, 2)).order_by(w.A.id).all(),
    "parent by attribute": lambda w, s: (
        s.query(w.A).with_parent(s.get(w.U, 2), w.U.ads).order_by(w.A.id).all()
    ),
    "parent by name": lambda w, s: s.query(w.A).with_parent(s.get(w.U, 2), "ads"),
    "parent without relationship": lambda w, s: s.query(w.T).with_parent(s.get(w.U, 2)),
    "parent of one": lambda w, s: s.query(w.U).with_parent(s.get(w.A, 2), w.A.user).all(),
    "parent in a tree": lambda w, s: (
        s.query(w.T).with_parent(s.get(w.T, 1), w.T.children).order_by(w.T.id).all()
    ),
    "parent by criterion": lambda w, s: (
        s.query(w.A.id).filter(w.orm.with_parent(s.get(w.U, 3), w.U.ads)).order_by(w.A.id).all()
    ),
    "parent of an alias": lambda w, s: let(
        w.orm.aliased(w.A),
        lambda other: (
            s.query(other)
            .filter(w.orm.with_parent(s.get(w.U, 2), w.U.ads.of_type(other)))
            .order_by(other.id)
            .all()
        ),
    ),
    "transformation": lambda w, s: (
        s.query(w.U).with_transformation(lambda q: q.filter(w.U.id == 1)).all()
    ),
    "names after a join": lambda w, s: s.query(w.U).join(w.U.ads).filter_by(email="1.0").all(),
    "names after the join point was reset": lambda w, s: (
        s.query(w.U).join(w.U.ads).reset_joinpoint().filter_by(id=1).all()
    ),
    "joins after the join point was reset": lambda w, s: (
        s.query(w.U)
        .join(w.U.ads)
        .reset_joinpoint()
        .join(w.U.ads.of_type(w.orm.aliased(w.A)))
        .order_by(w.U.id)
        .all()
    ),
    "names in select_from": lambda w, s: (
        s.query(w.f.count()).select_from(w.U).filter_by(id=1).scalar()
    ),
    "an unknown name": lambda w, s: s.query(w.U).filter_by(nmae=1),
    "eager loading off": lambda w, s: [
        "ads" in one.__dict__
        for one in users(w, s).options(w.orm.joinedload(w.U.ads)).enable_eagerloads(False)
    ],
    "correlate": lambda w, s: str(
        w.select(w.U.id).where(s.query(w.A.id).filter(w.A.u_id == w.U.id).correlate(w.U).exists())
    ),
    "a lock": lambda w, s: str(s.query(w.U.id).with_for_update(read=True).statement),
    "hints": lambda w, s: str(s.query(w.U.id).with_hint(w.U, "H").with_statement_hint("Z")),
    "a prefix": lambda w, s: s.query(w.U.a).prefix_with("DISTINCT").order_by(w.U.a).all(),
    "parameters": lambda w, s: (
        s.query(w.U.id).filter(w.U.id == w.sa.bindparam("q")).params({"q": 9}, q=2).all()
    ),
    "parameters by position": lambda w, s: s.query(w.U).params({"q": 1}, {"r": 2}),
    "parameters of a count": lambda w, s: (
        s.query(w.U.id).filter(w.U.id == w.sa.bindparam("q")).params(q=2).count()
    ),
    "parameters of a subquery": lambda w, s: (
        users(w, s)
        .filter(w.U.id.in_(s.query(w.U.id).filter(w.U.id == w.sa.bindparam("q")).params(q=2)))
        .all()
    ),
    "from a statement": lambda w, s: (
        s.query(w.U).from_statement(w.select(w.U).where(w.U.id == 1)).all()
    ),
    "from text": lambda w, s: (
        s.query(w.U).from_statement(w.text("select * from u where id = :i")).params(i=2).all()
    ),
    "columns from text": lambda w, s: (
        s.query(w.U.id, w.U.name).from_statement(w.text("select name, id from u where id=1")).all()
    ),
    "the first from text": lambda w, s: (
        s.query(w.U).from_statement(w.text("select * from u order by id")).first()
    ),
    "criteria after from_statement": lambda w, s: (
        s.query(w.U).from_statement(w.text("select 1")).filter(w.U.id == 1)
    ),
    "a limit after from_statement": lambda w, s: (
        s.query(w.U).from_statement(w.text("select 1")).limit(1)
    ),
    "of nothing": lambda w, s: s.query().all(),
    "text of nothing": lambda w, s: str(s.query()),
    "a column by name": lambda w, s: s.query("id").all(),
    "another session": lambda w, s: w.orm.Query([w.U]).with_session(s).filter_by(id=1).all(),
    "merged rows": lambda w, s: s.query(w.U, w.U.name).merge_result(
        [(s.get(w.U, 1), "q")], load=False
    ),
    "order taken away": lambda w, s: str(users(w, s).order_by(None)),
    "order taken away with False": lambda w, s: str(users(w, s).order_by(False)),
    "groups taken away": lambda w, s: str(s.query(w.U.id).group_by(w.U.id).group_by(None)),
    "populate_existing": lambda w, s: let(
        s.get(w.U, 1),
        lambda user: (
            setattr(user, "name", "mine"),
            s.query(w.U).autoflush(False).populate_existing().filter_by(id=1).all(),
            user.name,
        )[-1],
    ),
    "no autoflush of columns": lambda w, s: let(
        s.get(w.U, 1),
        lambda user: (
            setattr(user, "name", "mine"),
            s.query(w.U.name).autoflush(False).filter_by(id=1).scalar(),
        )[-1],
    ),
    "update": lambda w, s: s.query(w.U).filter(w.U.id == 1).update({"name": "x"}),
    "update by attribute": lambda w, s: s.query(w.U).update({w.U.name: w.U.name + "x"}),
    "update in order": lambda w, s: (
        s.query(w.U)
        .filter(w.U.id == 1)
        .update([(w.U.a, 3), (w.U.name, "q")], update_args={"preserve_parameter_order": True})
    ),
    "update for another server": lambda w, s: (
        s.query(w.U).filter(w.U.id == 1).update({"a": 4}, update_args={"mysql_limit": 3})
    ),
    "update with parameters": lambda w, s: (
        s.query(w.U).filter(w.U.id == w.sa.bindparam("q")).params(q=1).update({"a": 1})
    ),
    "update of an unknown name": lambda w, s: s.query(w.U).update({"nmae": 1}),
    "update of a join": lambda w, s: s.query(w.U).join(w.U.ads).update({"a": 1}),
    "update of a limit": lambda w, s: s.query(w.U).limit(1).update({"a": 1}),
    "update of an order": lambda w, s: users(w, s).update({"a": 1}),
    "update of groups": lambda w, s: s.query(w.U).group_by(w.U.id).update({"a": 1}),
    "update of distinct": lambda w, s: s.query(w.U).distinct().update({"a": 1}),
    "update of select_from": lambda w, s: s.query(w.U).select_from(w.A).update({"a": 1}),
    "update of a union": lambda w, s: one_and_two(w, s).update({"a": 1}),
    "update in an unknown way": lambda w, s: s.query(w.U).update({"a": 1}, synchronize_session="x"),
    "delete": lambda w, s: s.query(w.A).filter(w.A.id > 3).delete(),
    "delete of a limit": lambda w, s: s.query(w.A).limit(1).delete(),
    "join by name": lambda w, s: s.query(w.U).join("ads"),
    "join to an alias": lambda w, s: let(
        w.orm.aliased(w.A),
        lambda other: users(w, s).join(other, w.U.ads).filter(other.id == 1).all(),
    ),
    "join along of_type": lambda w, s: let(
        w.orm.aliased(w.A),
        lambda other: users(w, s).join(w.U.ads.of_type(other)).filter(other.id == 1).all(),
    ),
    "join with criteria": lambda w, s: users(w, s).join(w.U.ads.and_(w.A.id == 1)).all(),
    "join with a condition": lambda w, s: users(w, s).join(w.A, w.A.u_id == w.U.id).all(),
    "join in a tree": lambda w, s: let(
        w.orm.aliased(w.T),
        lambda other: s.query(w.T).join(other, w.T.children).filter(other.id == 2).all(),
    ),
    "join from the other side": lambda w, s: (
        s.query(w.A.id).select_from(w.U).join(w.U.ads).order_by(w.A.id).first()
    ),
    "join to a subquery": lambda w, s: let(
        s.query(w.A.u_id, w.f.count().label("n")).group_by(w.A.u_id).subquery(),
        lambda sub: s.query(w.U.id, sub.c.n).join(sub, sub.c.u_id == w.U.id).order_by(w.U.id).all(),
    ),
    "outer join": lambda w, s: (
        s.query(w.U.id, w.A.id).outerjoin(w.A).order_by(w.U.id, w.A.id).all()
    ),
    "outer join of entities": lambda w, s: (
        s.query(w.U, w.A).outerjoin(w.U.ads).order_by(w.U.id, w.A.id).all()
    ),
    "full join": lambda w, s: str(s.query(w.U.id).join(w.A, full=True)),
    "bundle": lambda w, s: s.query(w.orm.Bundle("b", w.U.id, w.U.name)).order_by(w.U.id).first(),
    "bundle by name": lambda w, s: (
        s.query(w.orm.Bundle("b", w.U.id, w.U.name)).order_by(w.U.id).first().b.name
    ),
    "bundle with criteria": lambda w, s: let(
        w.orm.Bundle("b", w.U.id, w.U.name), lambda b: s.query(b).filter(b.c.id == 1).all()
    ),
    "bundle alone": lambda w, s: (
        s.query(w.orm.Bundle("b", w.U.id, w.U.name, single_entity=True)).order_by(w.U.id).first()
    ),
    "bundle in a bundle": lambda w, s: (
        s.query(w.orm.Bundle("b", w.U.id, w.orm.Bundle("q", w.U.name, w.U.a)), w.U.a)
        .order_by(w.U.id)
        .first()
    ),
    "bundle in a union": lambda w, s: (
        s.query(w.orm.Bundle("b", w.U.id, w.U.name), w.U.a)
        .filter(w.U.id == 1)
        .union(s.query(w.orm.Bundle("b", w.U.id, w.U.name), w.U.a).filter(w.U.id == 2))
        .filter(w.U.name == "n2")
        .all()
    ),
    "bundle in a select": lambda w, s: s.execute(
        w.select(w.orm.Bundle("b", w.U.id, w.U.name), w.U).order_by(w.U.id)
    ).first(),
    "text of a bundle": lambda w, s: str(w.select(w.orm.Bundle("b", w.U.id, w.U.name))),
    "bundle of a label": lambda w, s: (
        s.query(w.orm.Bundle("b", (w.U.id + 1).label("x"), w.f.abs(w.U.a).label("y")))
        .order_by(w.U.id)
        .first()
        .b.x
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_oracles(worlds, name):
    ours, theirs = (answer(world, CASES[name]) for world in worlds)

    assert ours == theirs


def public(kind):
    return {name for name in dir(kind) if not name.startswith("_")}


def test_every_public_name_is_there():
    assert public(sqlalchemy.orm.Query) - public(dovetail.orm.Query) == OWN_INSIDES


@pytest.mark.parametrize("name", sorted(public(sqlalchemy.orm.Query) - OWN_INSIDES))
def test_arguments_go_by_the_oracles_names(name):
    ours, theirs = (
        inspect.getattr_static(kind, name) for kind in (dovetail.orm.Query, sqlalchemy.orm.Query)
    )
    if not inspect.isfunction(theirs):
        assert isinstance(ours, property) is isinstance(theirs, property)
        return

    def by_name(function):
        return {
            name: (parameter.kind, parameter.default)
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD)
            and name != "self"
        }

    assert by_name(ours) == by_name(theirs)
