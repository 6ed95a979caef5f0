"""Conditions on a class wherever a statement, or a load, meets it; compared with the oracle."""

from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import event
from dovetail.exc import ArgumentError
from dovetail.orm import with_loader_criteria
from tests.orm.library import Author

PACKAGES = ("dovetail", "sqlalchemy")


def criteria(orm, mixin, **options):
    """What hides the hidden: the oracle restricts the statement itself by a mixin so alone."""
    return orm.with_loader_criteria(
        mixin, lambda cls: cls.hidden.is_(False), **{"include_aliases": True, **options}
    )


def world(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Hideable:
        hidden = orm.mapped_column(sa.Boolean, default=False)

    links = sa.Table(
        "link",
        Base.metadata,
        sa.Column("parent_id", sa.ForeignKey("parent.id"), primary_key=True),
        sa.Column("friend_id", sa.ForeignKey("friend.id"), primary_key=True),
    )

    class Parent(Hideable, Base):
        __tablename__ = "parent"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        children = orm.relationship("Child", back_populates="parent", order_by="Child.id")
        friends = orm.relationship("Friend", secondary=links, order_by="Friend.id")

    class Child(Hideable, Base):
        __tablename__ = "child"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        parent_id = orm.mapped_column(sa.ForeignKey("parent.id"))
        parent = orm.relationship("Parent", back_populates="children")

    class Friend(Hideable, Base):
        __tablename__ = "friend"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    session = orm.Session(engine)
    friends = [Friend(id=n, hidden=n == 2) for n in (1, 2, 3)]
    for n in (1, 2, 3):
        children = [Child(id=10 * n + k, hidden=k == 1) for k in range(3)]
        session.add(Parent(id=n, hidden=n == 3, children=children, friends=friends[:n]))
    session.commit()
    session.expunge_all()
    visible = criteria(orm, Hideable)
    return SimpleNamespace(
        sa=sa, orm=orm, s=session, engine=engine, visible=visible,
        Hideable=Hideable, Parent=Parent, Child=Child, Friend=Friend,
    )  # fmt: skip


def ids(instances):
    return [one.id for one in instances]


def graph(parents):
    return [(p.id, ids(p.children), ids(p.friends)) for p in parents]


def of_the_statement(w):
    statement = w.sa.select(w.Parent).options(w.visible).order_by(w.Parent.id)
    return ids(w.s.scalars(statement))


def of_columns(w):
    statement = w.sa.select(w.Parent.id).options(w.visible).order_by(w.Parent.id)
    return w.s.scalars(statement).all()


def of_lazy_loads(w):
    return graph(w.s.scalars(w.sa.select(w.Parent).options(w.visible).order_by(w.Parent.id)))


def of_lazy_loads_of_many(w):
    parents = w.s.scalars(w.sa.select(w.Parent).options(w.visible).order_by(w.Parent.id)).all()
    return [ids(p.children) for p in parents], [ids(p.friends) for p in parents]


def of_eager_loads(w, name):
    load = getattr(w.orm, name)
    options = load(w.Parent.children), load(w.Parent.friends), w.visible
    statement = w.sa.select(w.Parent).options(*options).order_by(w.Parent.id)
    parents = w.s.scalars(statement).unique().all()
    w.s.expunge_all()
    return graph(parents)


def of_joined_eager_loads(w):
    return of_eager_loads(w, "joinedload")


def of_selectin_loads(w):
    return of_eager_loads(w, "selectinload")


def of_subquery_loads(w):
    return of_eager_loads(w, "subqueryload")


def of_two_levels(w):
    load = w.orm.selectinload(w.Child.parent).selectinload(w.Parent.friends)
    children = w.s.scalars(w.sa.select(w.Child).options(load, w.visible).order_by(w.Child.id))
    return [(c.id, c.parent and (c.parent.id, ids(c.parent.friends))) for c in children]


def of_joins(w):
    statement = w.sa.select(w.Parent.id, w.Child.id).join(w.Parent.children)
    return w.s.execute(statement.options(w.visible).order_by(w.Child.id)).all()


def of_outer_joins(w):
    statement = w.sa.select(w.Parent.id, w.Child.id).outerjoin(
        w.Child, (w.Child.parent_id == w.Parent.id) & (w.Child.id % 10 == 1)
    )
    return w.s.execute(statement.options(w.visible).order_by(w.Parent.id)).all()


def of_inferred_outer_joins(w):
    statement = w.sa.select(w.Parent.id, w.Child.id).outerjoin(w.Child)
    return w.s.execute(statement.options(w.visible).order_by(w.Parent.id, w.Child.id)).all()


def of_limited_rows(w):
    load = w.orm.joinedload(w.Parent.children)
    statement = w.sa.select(w.Parent).options(load, w.visible).order_by(w.Parent.id.desc()).limit(2)
    parents = w.s.scalars(statement).unique().all()
    return [(p.id, ids(p.children)) for p in parents]


def of_aliases(w):
    other = w.orm.aliased(w.Parent)
    alone = w.orm.with_loader_criteria(w.Parent, w.Parent.id > 1)
    plain = w.sa.select(other.id).options(alone).order_by(other.id)
    too = w.sa.select(other.id).options(w.visible).order_by(other.id)
    return w.s.scalars(plain).all(), w.s.scalars(too).all()


def of_one_alias(w):
    """The alias that is named is restricted: not its class, not its other aliases."""
    select, P, C = w.sa.select, w.Parent, w.Child
    one, other = w.orm.aliased(C), w.orm.aliased(C)
    only = w.orm.with_loader_criteria(one, one.id > 20)
    called = w.orm.with_loader_criteria(one, lambda alias: alias.id.in_([11, 22]))
    found = []
    for option in (only, called):
        for statement in (
            select(one.id, other.id).join(other, one.id == other.id + 1),
            select(one.id).where(one.hidden.is_(False)),
            select(P.id).join(P.children.of_type(one)),
            select(P.id, one.id).outerjoin(P.children.of_type(one)),
            select(P.id).where(P.children.of_type(one).any()),
            select(C.id).where(C.parent.has(P.children.of_type(one).any())),
            select(C.id).where(C.id.in_(select(one.id))),
            select(other.id),
        ):
            rows = w.s.execute(statement.options(option)).all()
            found.append(sorted(tuple(row) for row in rows if None not in row))
        parents = w.s.scalars(select(P).options(option, w.orm.selectinload(P.children)))
        found.append(graph(parents))
        w.s.expunge_all()
    return found


def without_propagation(w):
    option = criteria(w.orm, w.Hideable, propagate_to_loaders=False)
    return graph(w.s.scalars(w.sa.select(w.Parent).options(option).order_by(w.Parent.id)))


def of_one_class(w):
    option = w.orm.with_loader_criteria(w.Child, w.Child.id > 20)
    return graph(w.s.scalars(w.sa.select(w.Parent).options(option).order_by(w.Parent.id)))


def of_values_that_change(w):
    def at_least(least):
        return w.orm.with_loader_criteria(w.Child, lambda cls: cls.id >= least)

    found = []
    for least in (11, 21, 31):
        option = at_least(least)
        load = w.orm.selectinload(w.Parent.children)
        parents = w.s.scalars(w.sa.select(w.Parent).options(load, option).order_by(w.Parent.id))
        found.append([ids(p.children) for p in parents])
        w.s.expunge_all()
    return found


def of_updates_and_deletes(w):
    w.s.execute(w.sa.update(w.Child).values(parent_id=None).options(w.visible))
    w.s.execute(w.sa.delete(w.Friend).where(w.Friend.id > 2).options(w.visible))
    rows = w.s.execute(w.sa.select(w.Child.id, w.Child.parent_id).order_by(w.Child.id)).all()
    return rows, w.s.scalars(w.sa.select(w.Friend.id).order_by(w.Friend.id)).all()


def of_every_statement_of_a_session(w):
    def hide(state):
        if state.is_select and not state.is_column_load and not state.is_relationship_load:
            state.statement = state.statement.options(w.visible)

    w.sa.event.listen(w.s, "do_orm_execute", hide)
    return graph(w.s.scalars(w.sa.select(w.Parent).order_by(w.Parent.id)))


SCENARIOS = [
    *(of_the_statement, of_columns, of_lazy_loads, of_lazy_loads_of_many, of_joined_eager_loads),
    *(of_selectin_loads, of_subquery_loads, of_two_levels, of_joins, of_outer_joins),
    *(of_inferred_outer_joins, of_limited_rows, of_aliases, of_one_alias),
    *(without_propagation, of_one_class, of_values_that_change, of_updates_and_deletes),
    of_every_statement_of_a_session,
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_what_is_met_is_what_the_oracle_meets(scenario):
    found = []
    for package in PACKAGES:
        w = world(package)
        found.append(scenario(w))
        w.s.close()
        w.engine.dispose()
    assert found[0] == found[1]


def test_loads_alone_may_be_restricted():
    w = world("dovetail")
    option = criteria(w.orm, w.Hideable, loader_only=True)
    parents = w.s.scalars(w.sa.select(w.Parent).options(option).order_by(w.Parent.id)).all()
    assert graph(parents)[2] == (3, [30, 32], [1, 3])
    w.s.close()
    w.engine.dispose()


def test_a_mixin_restricts_the_statement_too():
    w = world("dovetail")
    option = criteria(w.orm, w.Hideable, include_aliases=False)
    assert ids(w.s.scalars(w.sa.select(w.Parent).options(option).order_by(w.Parent.id))) == [1, 2]
    w.s.close()
    w.engine.dispose()


def test_lazy_loads_stay_set_wise():
    w = world("dovetail")
    sent = []
    event.listen(w.engine, "before_cursor_execute", lambda *a: sent.append(a[2]))
    of_lazy_loads_of_many(w)
    assert len([one for one in sent if one.startswith("SELECT")]) == 5
    w.s.close()
    w.engine.dispose()


def test_a_condition_on_a_mixin_is_a_function():
    class Mixin:
        pass

    with pytest.raises(ArgumentError, match="is not mapped"):
        with_loader_criteria(Mixin, Author.name == "a")
    with pytest.raises(ArgumentError, match="takes a mapped class"):
        with_loader_criteria("Author", Author.name == "a")
