"""Statements within the conditions and expressions of a mapping, run on both packages."""

from types import SimpleNamespace

import pytest

from tests.orm.both import compare, programs


def diary(w):
    """Entries of a diary, some of which begin a day; what belongs to the day is found by time."""
    sa, orm = w.sa, w.orm

    class Entry(w.Base):
        __tablename__ = "entry"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        at = orm.mapped_column(sa.Integer)
        kind = orm.mapped_column(sa.String(10))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "entry"}

    class Start(Entry):
        __mapper_args__ = {"polymorphic_identity": "start"}

    return SimpleNamespace(Entry=Entry, Start=Start)


def fill(w, m):
    w.create()
    for at, kind in enumerate((m.Start, m.Entry, m.Entry, m.Start, m.Entry), 1):
        w.add(kind(id=at, at=at))


def a_class_below_in_a_condition(w):
    """The subquery of the condition is of a class below: its rows alone count."""
    m = diary(w)
    later, other = w.orm.aliased(m.Start), w.orm.aliased(m.Entry)
    following = w.sa.select(w.sa.func.min(later.at)).where(later.at > m.Entry.at).scalar_subquery()
    m.Start.until = w.orm.column_property(following)
    m.Start.entries = w.orm.relationship(
        other,
        primaryjoin=w.sa.and_(
            w.orm.foreign(other.at) >= m.Entry.at,
            w.sa.or_(following.is_(None), other.at < following),
        ),
        viewonly=True,
        order_by=other.id,
    )
    fill(w, m)
    for option in (w.orm.lazyload, w.orm.selectinload, w.orm.joinedload):
        w.s.expunge_all()
        statement = w.sa.select(m.Start).options(option(m.Start.entries)).order_by(m.Start.id)
        found = w.s.scalars(statement).unique().all()
        yield [(one.id, one.until, [entry.id for entry in one.entries]) for one in found]


def a_class_below_in_any(w):
    m = diary(w)
    m.Start.entries = w.orm.relationship(
        m.Entry,
        primaryjoin=w.orm.remote(w.orm.foreign(m.Entry.at)) >= m.Entry.at,
        viewonly=True,
    )
    fill(w, m)
    last = w.orm.aliased(m.Start)
    highest = w.sa.select(w.sa.func.max(last.at)).scalar_subquery()
    statement = w.sa.select(m.Start.id).where(m.Start.entries.any(m.Entry.at == highest))
    yield w.s.scalars(statement.order_by(m.Start.id)).all()


def owners(w):
    """Owners and things, mapped to tables and to classes."""
    sa, orm = w.sa, w.orm

    class Owner(w.Base):
        __tablename__ = "owner"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    class Thing(w.Base):
        __tablename__ = "thing"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        size = orm.mapped_column(sa.Integer)
        owner_id = orm.mapped_column(sa.ForeignKey("owner.id"))

    return SimpleNamespace(Owner=Owner, Thing=Thing)


def fill_owners(w, m):
    w.create()
    w.add(*[m.Owner(id=n) for n in (1, 2, 3)])
    for n, (owner, size) in enumerate(((1, 5), (1, 9), (1, 7), (2, 3)), 1):
        w.add(m.Thing(id=n, owner_id=owner, size=size))


def a_count_that_is_correlated(w):
    """The table that is correlated is another where the class stands by another name."""
    m = owners(w)
    owner, thing = m.Owner.__table__, m.Thing.__table__
    count, select = w.sa.func.count, w.sa.select
    counted = (
        select(count(thing.c.id)).where(thing.c.owner_id == owner.c.id).correlate(owner),
        select(count(m.Thing.id)).where(m.Thing.owner_id == m.Owner.id).correlate(m.Owner),
        select(count(m.Thing.id)).where(m.Thing.owner_id == m.Owner.id).correlate_except(m.Thing),
        select(count()).select_from(thing).where(thing.c.owner_id == owner.c.id).correlate(owner),
    )
    for n, statement in enumerate(counted):
        setattr(m.Owner, f"n{n}", w.orm.column_property(statement.scalar_subquery()))
    fill_owners(w, m)
    for entity in (
        m.Owner,
        w.orm.aliased(m.Owner),
        w.orm.aliased(m.Owner, select(m.Owner).subquery()),
    ):
        w.s.expunge_all()
        found = w.s.scalars(select(entity).order_by(entity.id)).all()
        yield [(one.id, one.n0, one.n1, one.n2, one.n3) for one in found]


def the_one_that_a_subquery_picks(w):
    """A relationship to the largest of the related rows, by tables and by classes."""
    m = owners(w)
    owner, thing = m.Owner.__table__, m.Thing.__table__
    largest = (
        w.sa.select(thing.c.id)
        .where(thing.c.owner_id == owner.c.id)
        .correlate(owner)
        .order_by(thing.c.size.desc())
        .limit(1)
    )
    m.Owner.largest = w.orm.relationship(
        m.Thing,
        primaryjoin=w.sa.and_(
            owner.c.id == thing.c.owner_id, thing.c.id == largest.scalar_subquery()
        ),
        viewonly=True,
        uselist=False,
    )
    fill_owners(w, m)
    for option in (w.orm.lazyload, w.orm.selectinload, w.orm.joinedload):
        w.s.expunge_all()
        statement = w.sa.select(m.Owner).options(option(m.Owner.largest)).order_by(m.Owner.id)
        found = w.s.scalars(statement).all()
        yield [(one.id, one.largest and one.largest.id) for one in found]
    other = w.orm.aliased(m.Owner)
    joined = w.sa.select(other.id, m.Thing.id).join(m.Thing, other.largest).order_by(other.id)
    yield w.s.execute(joined).all()


@pytest.mark.parametrize("program", programs(globals()), ids=lambda one: one.__name__)
def test_statements_within_mappings(program):
    compare(program)
