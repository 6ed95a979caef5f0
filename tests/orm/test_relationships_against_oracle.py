"""Joins and keys of relationships, one program each, run here and with the oracle."""

from types import SimpleNamespace

import pytest

from tests.orm.both import compare, programs


def ids(instances):
    return [one.id for one in instances]


# Keys -----------------------------------------------------------------------------------------


def composite_keys(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Order(w.Base):
        __tablename__ = "ordering"
        shop = column(sa.Integer, primary_key=True)
        number = column(sa.Integer, primary_key=True)
        lines = orm.relationship(
            "Line", back_populates="order", cascade="all, delete-orphan", order_by="Line.place"
        )

    class Line(w.Base):
        __tablename__ = "line"
        __table_args__ = (
            sa.ForeignKeyConstraint(["shop", "number"], ["ordering.shop", "ordering.number"]),
        )
        shop = column(sa.Integer, primary_key=True)
        number = column(sa.Integer, primary_key=True)
        place = column(sa.Integer, primary_key=True)
        order = orm.relationship("Order", back_populates="lines")

    w.create()
    w.s.add(Order(shop=1, number=2, lines=[Line(place=1), Line(place=2)]))
    w.s.add(Order(shop=1, number=3, lines=[Line(place=1)]))
    w.s.commit()
    yield w.rows(Line)
    order = w.s.get(Order, (1, 2))
    yield [line.place for line in order.lines]
    del order.lines[0]
    order.lines.append(Line(place=9))
    w.s.commit()
    yield w.rows(Line)
    line = w.s.get(Line, (1, 3, 1))
    yield line.order.number
    w.s.delete(order)
    w.s.commit()
    yield w.rows(Line), w.rows(Order)
    yield w.s.scalars(sa.select(Line.place).where(Line.order.has(number=3))).all()


def overlapping_foreign_keys(w):
    """Two relationships share a column: the tenant."""
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class User(w.Base):
        __tablename__ = "user"
        tenant = column(sa.Integer, primary_key=True)
        id = column(sa.Integer, primary_key=True)

    class Group(w.Base):
        __tablename__ = "group"
        tenant = column(sa.Integer, primary_key=True)
        id = column(sa.Integer, primary_key=True)

    class Member(w.Base):
        __tablename__ = "member"
        __table_args__ = (
            sa.ForeignKeyConstraint(["tenant", "user_id"], ["user.tenant", "user.id"]),
            sa.ForeignKeyConstraint(["tenant", "group_id"], ["group.tenant", "group.id"]),
        )
        id = column(sa.Integer, primary_key=True)
        tenant = column(sa.Integer)
        user_id = column(sa.Integer)
        group_id = column(sa.Integer)
        user = orm.relationship("User", overlaps="group")
        group = orm.relationship("Group", overlaps="user")

    w.create()
    user, group = User(tenant=7, id=1), Group(tenant=7, id=2)
    w.s.add_all([Member(id=1, user=user, group=group), Member(id=2, user=user)])
    w.s.commit()
    yield w.rows(Member)
    member = w.s.get(Member, 1)
    yield member.user.id, member.group.id
    member.group = None
    w.s.commit()
    yield w.rows(Member)


def natural_keys(w):
    for passive in (True, False):
        sa, orm = w.sa, w.orm

        class Base(orm.DeclarativeBase):
            pass

        class Country(Base):
            __tablename__ = "country"
            code = orm.mapped_column(sa.String(3), primary_key=True)
            cities = orm.relationship("City", back_populates="country", passive_updates=passive)

        class City(Base):
            __tablename__ = "city"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            code = orm.mapped_column(sa.ForeignKey("country.code", onupdate="CASCADE"))
            country = orm.relationship("Country", back_populates="cities", passive_updates=passive)

        engine = sa.create_engine("sqlite://")
        if passive:
            sa.event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA foreign_keys = ON"))
        Base.metadata.create_all(engine)
        with orm.Session(engine) as s:
            s.add(Country(code="a", cities=[City(id=1), City(id=2)]))
            s.commit()
            country = s.get(Country, "a")
            country.code = "b"
            s.commit()
            yield [tuple(row) for row in s.execute(sa.select(City.id, City.code))]
            yield country.code, sorted(ids(country.cities)), s.get(City, 1).country is country
            city = s.get(City, 1)
            city.country = Country(code="c")
            s.commit()
            yield sorted(tuple(row) for row in s.execute(sa.select(City.id, City.code)))
            yield ids(country.cities)
        engine.dispose()


# Joins ----------------------------------------------------------------------------------------


def custom_joins(w):
    sa, orm = w.sa, w.orm
    column, relationship = orm.mapped_column, orm.relationship
    foreign, remote = orm.foreign, orm.remote

    class Item(w.Base):
        __tablename__ = "item"
        id = column(sa.Integer, primary_key=True)
        path = column(sa.String(20))
        parent_id = column(sa.Integer)
        owner_kind = column(sa.String(10))
        owner_id = column(sa.Integer)
        parent = relationship(
            "Item",
            primaryjoin=lambda: remote(Item.id) == foreign(Item.parent_id),
            back_populates="children",
        )
        children = relationship(
            "Item",
            primaryjoin=lambda: foreign(remote(Item.parent_id)) == Item.id,
            back_populates="parent",
            order_by=lambda: Item.id,
        )
        below = relationship(
            "Item",
            primaryjoin=lambda: remote(foreign(Item.path)).like(Item.path.concat("/%")),
            viewonly=True,
            order_by=lambda: Item.path,
        )
        user = relationship(
            "User",
            primaryjoin=lambda: sa.and_(
                foreign(Item.owner_id) == remote(User.id), Item.owner_kind == "user"
            ),
            overlaps="items",
        )

    class User(w.Base):
        __tablename__ = "user"
        id = column(sa.Integer, primary_key=True)
        items = relationship(
            "Item",
            primaryjoin=lambda: sa.and_(
                User.id == foreign(Item.owner_id), Item.owner_kind == "user"
            ),
            order_by="Item.id",
            overlaps="user",
        )
        late = relationship(
            "Item",
            primaryjoin="and_(User.id == foreign(Item.owner_id), Item.id > 2)",
            viewonly=True,
            order_by="desc(Item.id)",
        )

    w.create()
    w.add(
        Item(id=1, path="a", owner_kind="user", owner_id=1),
        Item(id=2, path="a/b", parent_id=1, owner_kind="team", owner_id=1),
        Item(id=3, path="a/b/c", parent_id=2, owner_kind="user", owner_id=1),
        Item(id=4, path="x", parent_id=None, owner_kind="user", owner_id=2),
        User(id=1),
        User(id=2),
    )
    users = w.s.scalars(sa.select(User).order_by(User.id)).all()
    yield [(ids(u.items), ids(u.late)) for u in users]
    items = w.s.scalars(sa.select(Item).order_by(Item.id)).all()
    yield [(i.parent and i.parent.id, ids(i.children), ids(i.below)) for i in items]
    yield [i.user and i.user.id for i in items]
    w.s.expunge_all()
    for load in (orm.joinedload, orm.selectinload, orm.subqueryload):
        options = load(User.items), load(User.late)
        users = w.s.scalars(sa.select(User).order_by(User.id).options(*options)).unique().all()
        yield [(ids(u.items), ids(u.late)) for u in users]
        options = load(Item.parent), load(Item.children), load(Item.below), load(Item.user)
        items = w.s.scalars(sa.select(Item).order_by(Item.id).options(*options)).unique().all()
        yield [(i.parent and i.parent.id, ids(i.children), ids(i.below)) for i in items]
        yield [i.user and i.user.id for i in items]
        w.s.expunge_all()
    yield w.s.execute(sa.select(User.id, Item.id).join(User.items).order_by(Item.id)).all()
    yield w.s.scalars(sa.select(User.id).where(User.late.any())).all()
    user = w.s.get(User, 2)
    user.items.append(Item(id=9, owner_kind="user"))
    w.s.get(Item, 4).parent = w.s.get(Item, 3)
    w.s.commit()
    yield w.rows(Item)


def join_by_function(w):
    """A condition that is no plain equality: keys that differ in case."""
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Word(w.Base):
        __tablename__ = "word"
        text = column(sa.String(10), primary_key=True)
        uses = orm.relationship(
            "Use",
            primaryjoin=lambda: sa.func.lower(Word.text) == sa.func.lower(orm.foreign(Use.text)),
            viewonly=True,
            order_by="Use.id",
        )
        lower = orm.relationship(
            "Use",
            primaryjoin=lambda: Word.text == orm.foreign(sa.func.lower(Use.text)),
            viewonly=True,
            order_by="Use.id",
        )

    class Use(w.Base):
        __tablename__ = "use"
        id = column(sa.Integer, primary_key=True)
        text = column(sa.String(10))

    w.create()
    w.add(Word(text="Ada"), Word(text="bob"), Use(id=1, text="ADA"), Use(id=2, text="ada"))
    w.add(Use(id=3, text="BOB"))
    words = w.s.scalars(sa.select(Word).order_by(Word.text)).all()
    yield [ids(word.uses) for word in words]
    yield [ids(word.lower) for word in words], Word.lower.property.direction.name
    w.s.expunge_all()
    load = orm.joinedload(Word.uses)
    yield [ids(x.uses) for x in
           w.s.scalars(sa.select(Word).order_by(Word.text).options(load)).unique()]  # fmt: skip


def join_by_cast(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Host(w.Base):
        __tablename__ = "host"
        id = column(sa.Integer, primary_key=True)
        address = column(sa.String(10))
        entries = orm.relationship(
            "Entry",
            primaryjoin=lambda: sa.cast(Host.address, sa.Integer) == orm.foreign(Entry.address),
            viewonly=True,
        )
        above = orm.relationship(
            "Entry",
            primaryjoin=lambda: sa.and_(
                orm.foreign(Entry.address) >= Host.id, orm.foreign(Entry.address) < Host.id + 5
            ),
            viewonly=True,
            order_by=lambda: Entry.id,
        )

    class Entry(w.Base):
        __tablename__ = "entry"
        id = column(sa.Integer, primary_key=True)
        address = column(sa.Integer)

    w.create()
    w.add(Host(id=1, address="7"), *(Entry(id=n, address=n) for n in range(1, 10)))
    host = w.s.get(Host, 1)
    yield ids(host.entries), ids(host.above)


def secondary_variants(w):
    sa, orm = w.sa, w.orm
    column, relationship = orm.mapped_column, orm.relationship
    link = sa.Table(
        "link",
        w.Base.metadata,
        sa.Column("a_id", sa.ForeignKey("a.id"), primary_key=True),
        sa.Column("b_id", sa.ForeignKey("b.id"), primary_key=True),
        sa.Column("kind", sa.String(5), server_default="x"),
    )

    class A(w.Base):
        __tablename__ = "a"
        id = column(sa.Integer, primary_key=True)
        by_table = relationship("B", secondary=link, order_by="B.id")
        by_name = relationship("B", secondary="link", order_by="B.id", viewonly=True)
        by_callable = relationship("B", secondary=lambda: link, order_by="B.id", viewonly=True)
        some = relationship(
            "B",
            secondary=link,
            primaryjoin="and_(A.id == link.c.a_id, link.c.kind == 'y')",
            secondaryjoin="link.c.b_id == B.id",
            viewonly=True,
            order_by="B.id",
        )
        through = relationship(
            "C",
            secondary=lambda: sa.join(B.__table__, link, B.__table__.c.id == link.c.b_id),
            primaryjoin="A.id == link.c.a_id",
            secondaryjoin="C.id == B.c_id",
            viewonly=True,
            order_by="C.id",
        )

    class B(w.Base):
        __tablename__ = "b"
        id = column(sa.Integer, primary_key=True)
        c_id = column(sa.ForeignKey("c.id"))

    class C(w.Base):
        __tablename__ = "c"
        id = column(sa.Integer, primary_key=True)

    w.create()
    bs = [B(id=n, c_id=n % 2 + 1) for n in range(1, 4)]
    w.add(C(id=1), C(id=2), A(id=1, by_table=bs), A(id=2, by_table=bs[:1]), A(id=3))
    w.s.execute(sa.update(link).where(link.c.b_id == 1).values(kind="y"))
    names = ("by_table", "by_name", "by_callable", "some", "through")
    for load in (None, orm.selectinload, orm.joinedload, orm.subqueryload):
        for name in names:
            statement = sa.select(A).order_by(A.id)
            if load is not None:
                statement = statement.options(load(getattr(A, name)))
            found = w.s.scalars(statement).unique().all()
            yield name, [sorted(set(ids(getattr(a, name)))) for a in found]
            w.s.expunge_all()
    yield sorted(w.s.execute(sa.select(A.id, B.id).join(A.some)).all())


def secondary_as_select(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class A(w.Base):
        __tablename__ = "a"
        id = column(sa.Integer, primary_key=True)

    class B(w.Base):
        __tablename__ = "b"
        id = column(sa.Integer, primary_key=True)
        a_id = column(sa.ForeignKey("a.id"))

    class C(w.Base):
        __tablename__ = "c"
        id = column(sa.Integer, primary_key=True)
        b_id = column(sa.ForeignKey("b.id"))

    middle = sa.select(B.id.label("b_id"), B.a_id).where(B.id > 1).subquery("middle")
    A.cs = orm.relationship(
        C,
        secondary=middle,
        primaryjoin=A.id == middle.c.a_id,
        secondaryjoin=middle.c.b_id == orm.foreign(C.b_id),
        viewonly=True,
        order_by=C.id,
    )
    w.create()
    w.add(A(id=1), A(id=2), B(id=1, a_id=1), B(id=2, a_id=1), B(id=3, a_id=2),
          *(C(id=n, b_id=n) for n in (1, 2, 3)))  # fmt: skip
    yield [ids(a.cs) for a in w.s.scalars(sa.select(A).order_by(A.id))]
    w.s.expunge_all()
    for load in (orm.selectinload, orm.joinedload):
        statement = sa.select(A).order_by(A.id).options(load(A.cs))
        yield [ids(a.cs) for a in w.s.scalars(statement).unique()]
        w.s.expunge_all()


def secondary_as_join_of_classes(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Shop(w.Base):
        __tablename__ = "shop"
        id = column(sa.Integer, primary_key=True)
        street_id = column(sa.ForeignKey("street.id"))
        city = orm.relationship(
            "City",
            secondary=lambda: sa.join(Street, City, Street.city_id == City.id).join(
                Permit, Permit.city_id == City.id
            ),
            primaryjoin="and_(Shop.street_id == Street.id, Shop.id == Permit.shop_id)",
            secondaryjoin="City.id == Street.city_id",
            uselist=False,
            viewonly=True,
        )

    class Street(w.Base):
        __tablename__ = "street"
        id = column(sa.Integer, primary_key=True)
        city_id = column(sa.ForeignKey("city.id"))

    class Permit(w.Base):
        __tablename__ = "permit"
        id = column(sa.Integer, primary_key=True)
        shop_id = column(sa.ForeignKey("shop.id"))
        city_id = column(sa.ForeignKey("city.id"))

    class City(w.Base):
        __tablename__ = "city"
        id = column(sa.Integer, primary_key=True)

    w.create()
    w.add(City(id=1), City(id=2), Street(id=3, city_id=2), Shop(id=4, street_id=3))
    w.add(Shop(id=5, street_id=3), Permit(id=6, shop_id=4, city_id=2))
    statement = sa.select(Shop).order_by(Shop.id)
    for options in ((), (orm.joinedload(Shop.city),), (orm.selectinload(Shop.city),)):
        shops = w.s.scalars(statement.options(*options)).all()
        yield [shop.city and shop.city.id for shop in shops]
        w.s.expunge_all()
    yield w.s.execute(sa.select(Shop.id, City.id).join(Shop.city)).all()


def association_objects(w):
    sa, orm = w.sa, w.orm
    column, relationship = orm.mapped_column, orm.relationship

    class Order(w.Base):
        __tablename__ = "ordering"
        id = column(sa.Integer, primary_key=True)
        lines = relationship("Line", back_populates="order", cascade="all, delete-orphan")
        items = relationship("Item", secondary="line", viewonly=True, order_by="Item.id")

    class Item(w.Base):
        __tablename__ = "item"
        id = column(sa.Integer, primary_key=True)
        lines = relationship("Line", back_populates="item")

    class Line(w.Base):
        __tablename__ = "line"
        order_id = column(sa.ForeignKey("ordering.id"), primary_key=True)
        item_id = column(sa.ForeignKey("item.id"), primary_key=True)
        amount = column(sa.Integer)
        order = relationship("Order", back_populates="lines")
        item = relationship("Item", back_populates="lines")

    w.create()
    order = Order(id=1)
    for n in (1, 2, 3):
        order.lines.append(Line(item=Item(id=n), amount=n))
    w.s.add(order)
    w.s.commit()
    yield w.rows(Line), ids(order.items)
    order.lines.remove(order.lines[0])
    w.s.commit()
    yield w.rows(Line), ids(order.items)
    w.s.delete(order)
    w.s.commit()
    yield w.rows(Line), w.rows(Item)


def own_operators(w):
    sa, orm = w.sa, w.orm

    class Counting(orm.RelationshipProperty.Comparator):
        def is_used(self):
            return self.any()

    class A(w.Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        bs = orm.relationship("B", comparator_factory=Counting)

    class B(w.Base):
        __tablename__ = "b"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        a_id = orm.mapped_column(sa.ForeignKey("a.id"))

    w.create()
    w.add(A(id=1, bs=[B(id=1), B(id=2)]), A(id=2))
    other = orm.aliased(A)
    yield w.s.scalars(sa.select(A.id).where(A.bs.is_used())).all()
    yield w.s.scalars(sa.select(other.id).where(~other.bs.is_used())).all()
    yield w.s.execute(sa.select(A.id, B.id).join(A.bs.and_(B.id > 1))).all()


def hierarchy(w):
    """Person, Engineer and Manager, each with a table, and jobs for them."""
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Person(w.Base):
        __tablename__ = "person"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(20))
        kind = column(sa.String(20))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    class Engineer(Person):
        __tablename__ = "engineer"
        id = column(sa.ForeignKey("person.id"), primary_key=True)
        language = column(sa.String(20))
        boss_id = column(sa.ForeignKey("person.id"))
        boss = orm.relationship(
            Person, primaryjoin=boss_id == Person.__table__.c.id, foreign_keys=boss_id
        )
        __mapper_args__ = {
            "polymorphic_identity": "engineer",
            "inherit_condition": id == Person.__table__.c.id,
        }

    class Manager(Person):
        __tablename__ = "manager"
        id = column(sa.ForeignKey("person.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "manager"}

    class Job(w.Base):
        __tablename__ = "job"
        id = column(sa.Integer, primary_key=True)
        person_id = column(sa.ForeignKey("person.id"))
        person = orm.relationship(Person)
        manager = orm.relationship(Manager, viewonly=True)

    Person.staff = orm.relationship(
        Engineer, primaryjoin=Person.id == Engineer.boss_id, viewonly=True
    )
    w.create()
    return SimpleNamespace(Person=Person, Engineer=Engineer, Manager=Manager, Job=Job)


def criteria_of_related_rows_of_the_same_hierarchy(w):
    sa, orm, m = w.sa, w.orm, hierarchy(w)
    head = m.Person(id=1, name="x")
    first = m.Engineer(id=2, name="y", language="c", boss=head)
    second = m.Engineer(id=3, name="z", language="d", boss=first)
    w.add(head, first, second, m.Engineer(id=4, name="z", language="d", boss=second))
    E, P, other = m.Engineer, m.Person, orm.aliased(m.Engineer)
    for entity, criterion in (
        (E, E.boss.has(P.name == "y")),
        (E, E.boss.of_type(E).has(E.name == "y")),
        (E, E.boss.of_type(E).has(E.language == "d")),
        (E, ~E.boss.of_type(E).has(E.language == "d")),
        (P, P.staff.any(E.language == "d")),
        (P, P.staff.any(P.name == "z")),
        (E, E.staff.any(language="d")),
        (E, E.boss.of_type(other).has(other.name == E.name)),
        (other, other.boss.of_type(E).has(E.name == other.name)),
        (other, other.boss.has(P.name == other.name)),
    ):
        yield w.s.scalars(sa.select(entity.id).where(criterion).order_by(entity.id)).all()


def a_reference_to_a_class_is_no_instance_of_its_sister(w):
    sa, m = w.sa, hierarchy(w)
    w.add(
        m.Job(id=1, person=m.Engineer(id=1)),
        m.Job(id=2, person=m.Manager(id=2)),
        m.Job(id=3, person=m.Engineer(id=3)),
    )
    held = w.s.scalars(sa.select(m.Person).order_by(m.Person.id)).all()
    jobs = w.s.scalars(sa.select(m.Job).order_by(m.Job.id)).all()
    yield [type(one).__name__ for one in held]
    yield [type(job.manager).__name__ for job in jobs]
    yield [type(job.person).__name__ for job in jobs]
    w.s.expire_all()
    eager = sa.select(m.Job).options(w.orm.selectinload(m.Job.manager)).order_by(m.Job.id)
    yield [type(job.manager).__name__ for job in w.s.scalars(eager)]


def a_relationship_with_the_name_of_the_discriminating_column(w):
    sa, orm = w.sa, w.orm

    class Kind(w.Base):
        __tablename__ = "kind"
        id = sa.Column(sa.Integer, primary_key=True)

    class Animal(w.Base):
        __tablename__ = "animal"
        id = sa.Column(sa.Integer, primary_key=True)
        kind_id = sa.Column("kind", sa.ForeignKey("kind.id"))
        kind = orm.relationship(Kind)
        __mapper_args__ = {"polymorphic_on": kind_id, "polymorphic_identity": 1}

    class Dog(Animal):
        __mapper_args__ = {"polymorphic_identity": 2}

    w.create()
    w.add(Kind(id=1), Kind(id=2), Dog(id=1), Animal(id=2))
    found = w.s.scalars(sa.select(Animal).order_by(Animal.id)).all()
    yield [(type(one).__name__, one.kind.id, one.kind_id) for one in found]
    yield ids(w.s.scalars(sa.select(Dog)))

    def unmapped():
        class Cat(w.Base):
            __table__ = sa.Table(
                "cat", w.Base.metadata, sa.Column("id", sa.Integer, primary_key=True),
                sa.Column("kind", sa.ForeignKey("kind.id")),
            )  # fmt: skip
            kind = orm.relationship(Kind)

    yield w.error(unmapped)


def what_relationships_lead_to(w):
    """The entity of a relationship, a class or an alias of it, stands in statements."""
    sa, orm = w.sa, w.orm
    orders = sa.Table(
        "orders", w.Base.metadata, sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("buyer_id", sa.ForeignKey("buyer.id")), sa.Column("is_open", sa.Boolean),
    )  # fmt: skip

    class Order(w.Base):
        __table__ = orders

    one_open = orm.aliased(Order, sa.select(orders).where(orders.c.is_open).subquery())

    class Buyer(w.Base):
        __tablename__ = "buyer"
        id = sa.Column(sa.Integer, primary_key=True)
        orders = orm.relationship(Order)
        open_orders = orm.relationship(one_open, viewonly=True)

    w.create()
    w.add(Buyer(id=1, orders=[Order(id=2, is_open=True), Order(id=3, is_open=False)]))
    buyer = w.s.get(Buyer, 1)
    yield Buyer.orders.entity is sa.inspect(Order), Buyer.orders.mapper is sa.inspect(Order)
    yield (
        Buyer.open_orders.entity is sa.inspect(one_open),
        Buyer.open_orders.mapper is (sa.inspect(Order)),
    )
    yield Buyer.open_orders.property.entity is sa.inspect(one_open)
    other = orm.aliased(Order)
    yield Buyer.orders.of_type(other).entity is sa.inspect(other)
    for relationship in (Buyer.orders, Buyer.open_orders):
        statement = sa.select(relationship.entity).where(orm.with_parent(buyer, relationship))
        yield sorted(ids(w.s.scalars(statement)))


def conditions_of_relationships_compared(w):
    sa, orm = w.sa, w.orm

    class Owner(w.Base):
        __tablename__ = "owner"
        id = sa.Column(sa.Integer, primary_key=True)

    class Thing(w.Base):
        __tablename__ = "thing"
        id = sa.Column(sa.Integer, primary_key=True)
        owner_id = sa.Column(sa.ForeignKey("owner.id"))
        owner = orm.relationship(Owner)

    condition = Thing.owner.property.primaryjoin
    columns = Thing.__table__.c.owner_id == Owner.__table__.c.id
    for one in (Thing.owner_id == Owner.id, Owner.id == Thing.owner_id, columns):
        yield condition.compare(one), one.compare(condition)
    yield condition.compare(Thing.id == Owner.id), (Thing.id == 1).compare(Thing.id == 2)
    yield (Thing.id == 1).compare(Thing.__table__.c.id == 1)
    yield sa.select(Thing.id).compare(sa.select(Thing.id))


def collections_that_the_annotation_does_not_name(w):
    sa, orm = w.sa, w.orm

    class Shelf(w.Base):
        __tablename__ = "shelf"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        by_title: orm.Mapped[dict] = orm.relationship(
            "Book", collection_class=orm.attribute_keyed_dict("title")
        )
        some: orm.Mapped["Book"] = orm.relationship(viewonly=True, collection_class=set)
        one: orm.Mapped[object] = orm.relationship("Book", viewonly=True)

    class Book(w.Base):
        __tablename__ = "book"
        title: orm.Mapped[str] = orm.mapped_column(primary_key=True)
        shelf_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("shelf.id"))

    w.create()
    w.add(Shelf(id=1, by_title={"a": Book(title="a")}))
    shelf = w.s.get(Shelf, 1)
    yield [prop.uselist for prop in sa.inspect(Shelf).relationships]
    yield list(shelf.by_title), [one.title for one in shelf.some], shelf.one.title


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_relates_as_the_oracle_relates(program):
    compare(program)
