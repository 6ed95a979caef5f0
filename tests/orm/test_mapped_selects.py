"""Classes mapped to joins, to subqueries and to aliases; compared with the oracle."""

from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import update

PACKAGES = ("dovetail", "sqlalchemy")


def world(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")
    Column, select = sa.Column, sa.select

    class Base(orm.DeclarativeBase):
        pass

    users = sa.Table(
        "user_account", Base.metadata,
        Column("id", sa.Integer, primary_key=True), Column("name", sa.String(9)),
    )  # fmt: skip
    addresses = sa.Table(
        "address", Base.metadata,
        Column("id", sa.Integer, primary_key=True), Column("email", sa.String(9)),
        Column("user_id", sa.ForeignKey("user_account.id")),
    )  # fmt: skip

    class Both(Base):
        __table__ = sa.join(users, addresses)
        id = orm.column_property(users.c.id, addresses.c.user_id)
        address_id = addresses.c.id

    class User(Base):
        __table__ = users
        addresses = orm.relationship("Address", back_populates="user")

    class Address(Base):
        __table__ = addresses
        user = orm.relationship("User", back_populates="addresses")

    counts = (
        select(users.c.id, users.c.name, sa.func.count(addresses.c.id).label("total"))
        .outerjoin(addresses)
        .group_by(users.c.id, users.c.name)
        .subquery()
    )

    class Statistics(Base):
        __table__ = counts
        __mapper_args__ = {"primary_key": [counts.c.id]}

    alias = addresses.alias("alias")

    class Aliased(Base):
        __table__ = alias
        user = orm.relationship(
            User, primaryjoin=alias.c.user_id == users.c.id, foreign_keys=[alias.c.user_id],
            viewonly=True,
        )  # fmt: skip

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    w = SimpleNamespace(
        sa=sa, orm=orm, s=orm.Session(engine), engine=engine, sent=[], Both=Both, User=User,
        Address=Address, Statistics=Statistics, Aliased=Aliased,
    )  # fmt: skip
    sa.event.listen(engine, "before_cursor_execute", lambda *a: w.sent.append(a[2]))
    return w


def filled(w):
    w.s.add_all([w.Both(name="ann", email="a"), w.Both(name="bob", email="b")])
    w.s.add(w.User(name="carl", addresses=[w.Address(email="c"), w.Address(email="d")]))
    w.s.commit()
    w.s.expunge_all()
    w.sent.clear()


def rows(w):
    text = w.sa.text
    names = ("user_account", "address")
    return [w.s.execute(text(f"SELECT * FROM {name} ORDER BY id")).all() for name in names]


def both(one):
    return (one.id, one.address_id, one.name, one.email)


def written_to_both(w):
    filled(w)
    return rows(w), [both(one) for one in w.s.scalars(w.sa.select(w.Both).order_by(w.Both.id))]


def changed_in_each(w):
    filled(w)
    one = w.s.get(w.Both, (1, 1))
    one.name = "anne"
    w.s.flush()
    sent = w.sent[-1]
    one.email, one.name = "e", "anna"
    w.s.commit()
    other = w.s.get(w.Both, (2, 2))
    w.s.delete(other)
    w.s.commit()
    return sent, both(one), rows(w), w.s.get(w.Both, (2, 2))


def queried(w):
    filled(w)
    select = w.sa.select
    flat, boxed = w.orm.aliased(w.Both, flat=True), w.orm.aliased(w.Both)
    names = select(w.Both.name, w.Both.email).where(w.Both.email > "a").order_by(w.Both.email)
    return (
        [tuple(row) for row in w.s.execute(names)],
        w.s.scalars(select(flat.name).where(flat.email == "d")).all(),
        [both(one) for one in w.s.scalars(select(boxed).where(boxed.email == "d"))],
        w.s.scalar(select(w.sa.func.count()).select_from(w.Both)),
        [both(one) for one in w.s.scalars(select(w.Both).order_by(w.Both.address_id).limit(2))],
    )


def read_from_a_subquery(w):
    filled(w)
    select, Statistics = w.sa.select, w.Statistics
    alias = w.orm.aliased(Statistics)
    found = w.s.scalars(select(Statistics).where(Statistics.total > 1)).all()
    return (
        [(one.id, one.name, one.total) for one in found],
        w.s.get(Statistics, 1).total,
        w.s.scalars(select(alias.name).order_by(alias.total.desc(), alias.name)).all(),
    )


def read_from_an_alias(w):
    filled(w)
    load = w.orm.joinedload(w.Aliased.user)
    found = []
    for options in ((), (load,), (w.orm.selectinload(w.Aliased.user),)):
        w.s.expunge_all()
        statement = w.sa.select(w.Aliased).options(*options).order_by(w.Aliased.id)
        found.append([(one.email, one.user.name) for one in w.s.scalars(statement)])
    return found


def told(w):
    found = []
    for class_ in (w.Both, w.Statistics, w.Aliased):
        m = w.sa.inspect(class_)
        keys = [column.name for column in m.primary_key]
        found.append(
            (class_.__name__, keys, sorted(m.attrs.keys()), m.local_table is class_.__table__)
        )
    return found


SCENARIOS = [
    written_to_both, changed_in_each, queried, read_from_a_subquery, read_from_an_alias, told,
]  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore")
def test_as_the_oracle(scenario):
    answers = []
    for package in PACKAGES:
        w = world(package)
        answers.append(scenario(w))
        w.s.close()
        w.engine.dispose()
    assert answers[0] == answers[1]


@pytest.fixture
def w():
    w = world("dovetail")
    filled(w)
    yield w
    w.s.close()
    w.engine.dispose()


def test_a_bulk_update_writes_the_table_that_has_the_column(w):
    w.s.execute(update(w.Both).where(w.Both.email == "d").values(name="new", email="e"))
    assert rows(w)[0][2] == (3, "new")
    assert [row[1] for row in rows(w)[1]] == ["a", "b", "c", "e"]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_class_that_is_mapped_to_a_join_is_related_to_one_of_its_tables(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    member = sa.Table("member", Base.metadata, sa.Column("id", sa.Integer, primary_key=True))
    place = sa.Table(
        "place", Base.metadata,
        sa.Column("member_id", sa.ForeignKey("member.id"), primary_key=True),
        sa.Column("kind", sa.String(1), primary_key=True),
    )  # fmt: skip

    class Place(Base):
        __table__ = place

    class Member(Base):
        __table__ = member.join(
            place, sa.and_(place.c.member_id == member.c.id, place.c.kind.in_(["a", "b"]))
        )
        id = orm.column_property(member.c.id, place.c.member_id)
        places = orm.relationship(Place, backref="member")

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(Member(id=1, kind="a"))
        session.flush()
        one = session.scalars(sa.select(Member)).one()
        session.add_all([Place(kind="d", member=one), Place(kind="c", member_id=1)])
        session.commit()
        assert sorted(each.kind for each in one.places) == ["a", "c", "d"]
        assert all(each.member is one for each in one.places)
        for load in (orm.joinedload, orm.selectinload):
            session.expunge_all()
            found = session.scalars(sa.select(Member).options(load(Member.places))).unique().one()
            assert sorted(each.kind for each in found.places) == ["a", "c", "d"]
    engine.dispose()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_join_is_written_in_the_order_of_its_foreign_keys(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    shop = sa.Table("z_shop", Base.metadata, sa.Column("id", sa.Integer, primary_key=True))
    item = sa.Table(
        "item", Base.metadata, sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("shop_id", sa.ForeignKey("z_shop.id")),
    )  # fmt: skip

    class Both(Base):
        __table__ = sa.join(item, shop)
        item_id = item.c.id
        shop_id = orm.column_property(shop.c.id, item.c.shop_id)

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(Both())
        session.commit()
        assert session.execute(sa.select(item)).one() == (1, 1)
        session.delete(session.scalars(sa.select(Both)).one())
        session.commit()
        assert session.execute(sa.select(item)).all() == []
    engine.dispose()
