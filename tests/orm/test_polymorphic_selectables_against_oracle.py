"""The mapper option ``with_polymorphic``: what it names, and what statements mean by it."""

from importlib import import_module

import pytest

from tests.orm.both import compare, programs

PACKAGES = ("dovetail", "sqlalchemy")


class Office:
    """Companies with people, engineers, managers and machines, mapped imperatively.

    People are read from what ``selectable`` makes of the tables, named before the classes below
    are mapped.
    """

    def __init__(self, w, option, discriminator=None):
        self.w = w
        sa, orm = w.sa, w.orm
        reg, meta = w.Base.registry, w.Base.metadata

        def key(*args):
            return sa.Column("id", *(args or (sa.Integer,)), primary_key=True)

        self.companies = sa.Table("companies", meta, key(), sa.Column("name", sa.String(9)))
        self.people = sa.Table(
            "people",
            meta,
            key(),
            sa.Column("name", sa.String(9)),
            sa.Column("type", sa.String(9)),
            sa.Column("company_id", sa.ForeignKey("companies.id")),
        )
        self.engineers = sa.Table(
            "engineers", meta, key(sa.ForeignKey("people.id")), sa.Column("lang", sa.String(9))
        )
        self.managers = sa.Table(
            "managers", meta, key(sa.ForeignKey("people.id")), sa.Column("title", sa.String(9))
        )
        self.machines = sa.Table(
            "machines",
            meta,
            key(),
            sa.Column("name", sa.String(9)),
            sa.Column("engineer_id", sa.ForeignKey("engineers.id")),
        )
        names = ("Company", "Person", "Machine")
        self.Company, self.Person, self.Machine = (type(name, (), {}) for name in names)
        self.Engineer, self.Manager = (
            type(name, (self.Person,), {}) for name in ("Engineer", "Manager")
        )
        employees = orm.relationship(self.Person, order_by=self.people.c.id)
        reg.map_imperatively(self.Company, self.companies, properties={"employees": employees})
        option = option(self)
        reg.map_imperatively(
            self.Person,
            self.people,
            polymorphic_on=self.people.c.type if discriminator is None else discriminator(option),
            polymorphic_identity="p",
            with_polymorphic=option,
        )
        machines = orm.relationship(self.Machine)
        below = {"inherits": self.Person}
        reg.map_imperatively(
            self.Engineer,
            self.engineers,
            polymorphic_identity="e",
            properties={"machines": machines},
            **below,
        )
        reg.map_imperatively(self.Manager, self.managers, polymorphic_identity="m", **below)
        reg.map_imperatively(self.Machine, self.machines)
        w.create()
        self.fill()

    def made(self, class_, **values):
        one = class_()
        for name, value in values.items():
            setattr(one, name, value)
        return one

    def fill(self):
        machine = self.made(self.Machine, id=1, name="mill")
        staff = [
            self.made(self.Engineer, id=1, name="ann", lang="java", machines=[machine]),
            self.made(self.Engineer, id=2, name="bob", lang="perl", machines=[]),
            self.made(self.Manager, id=3, name="cid", title="boss"),
        ]
        self.w.add(
            self.made(self.Company, id=1, name="acme", employees=staff),
            self.made(self.Person, id=4, name="dan"),
        )

    def names(self, statement):
        found = [one.name for one in self.w.s.scalars(statement).unique()]
        self.w.s.expunge_all()
        return found

    def told(self):
        """What statements find that speak of classes below, or of their tables."""
        sa, orm, select = self.w.sa, self.w.orm, self.w.sa.select
        P, E, M, C = self.Person, self.Engineer, self.Manager, self.Company
        yield [
            (type(one).__name__, one.name, getattr(one, "lang", None), getattr(one, "title", None))
            for one in self.w.s.scalars(select(P).order_by(P.id))
        ]
        self.w.s.expunge_all()
        yield self.names(select(P).where(E.lang == "java"))
        yield self.names(select(P).where(sa.or_(E.lang == "perl", M.title == "boss")))
        yield self.w.s.scalar(select(sa.func.count(P.id)).where(M.title == "boss"))
        yield self.w.s.query(P).filter(E.lang == "java").count()
        yield self.names(select(P).join(E.machines))
        yield self.names(select(P).where(E.machines.any()))
        yield self.names(select(P).where(~E.machines.any(self.Machine.name == "mill"), E.id > 0))
        yield self.names(select(P).order_by(E.lang.desc(), P.id))
        yield self.names(select(E).where(E.lang == "java", E.name == "ann"))
        yield self.names(select(P).where(P.id.in_(select(E.id).where(E.lang == "java"))))
        yield self.names(select(P).options(orm.selectinload(E.machines)).where(E.lang == "java"))
        yield self.names(select(P).where(self.people.c.name == "ann"))
        yield self.names(select(P).where(self.engineers.c.lang == "java"))
        yield self.names(select(C).where(C.employees.any(E.lang == "java")))
        yield self.names(select(C).join(C.employees).where(E.lang == "java"))
        yield self.names(select(C).join(C.employees).join(E.machines))
        yield self.names(select(C).join(C.employees.of_type(E)).where(E.lang == "java"))
        told_by_joins = select(E, C.name).join(C.employees).where(P.type == "e").order_by(P.id)
        yield [(one.id, one.lang, name) for one, name in self.w.s.execute(told_by_joins)]
        self.w.s.expunge_all()
        yield [
            [type(one).__name__ for one in company.employees]
            for company in self.w.s.scalars(select(C).options(orm.joinedload(C.employees))).unique()
        ]
        self.w.s.expunge_all()
        other = orm.aliased(P)
        yield self.names(select(other).where(other.name == "ann"))
        yield self.w.s.get(P, 1).lang


def whole_join(office):
    return office.people.outerjoin(office.engineers).outerjoin(office.managers)


def subquery(office):
    labels = office.w.sa.LABEL_STYLE_TABLENAME_PLUS_COL
    return whole_join(office).select().set_label_style(labels).subquery("staff")


def union(office):
    people = office.people
    tables = {
        "e": people.join(office.engineers),
        "m": people.join(office.managers),
        "p": people.select().where(people.c.type == "p").subquery(),
    }
    return office.w.orm.polymorphic_union(tables, None, "staff")


def a_subquery(w):
    yield from Office(w, lambda office: ("*", subquery(office))).told()


def a_list_of_two(w):
    yield from Office(w, lambda office: ["*", subquery(office)]).told()


def a_union(w):
    yield from Office(w, lambda o: ("*", union(o)), lambda option: option[1].c.type).told()


def a_join_and_classes_mapped_later(w):
    def option(o):
        return [o.Person, o.Engineer, o.Manager], whole_join(o)

    yield from Office(w, option).told()


def classes_mapped_later(w):
    yield from Office(w, lambda office: [office.Engineer, office.Manager]).told()


def all_classes(w):
    yield from Office(w, lambda office: "*").told()


def lacking_tables(w):
    """What the selectable lacks is loaded when it is asked for."""

    def option(o):
        return "*", o.people.outerjoin(o.engineers)

    office = Office(w, option)
    for statement in (
        w.sa.select(office.Person).order_by(office.Person.id),
        w.sa.select(
            w.orm.with_polymorphic(office.Person, "*", office.people.outerjoin(office.managers))
        ),
    ):
        found = w.s.scalars(statement).all()
        yield [type(one).__name__ for one in found], [w.loaded(one) for one in found]
        yield [getattr(one, "lang", None) for one in found]
        yield [getattr(one, "title", None) for one in found]
        w.s.expunge_all()


def joins_from_a_class_below(w):
    office = Office(w, lambda office: None)
    P, E, C = office.Person, office.Engineer, office.Company
    select = w.sa.select
    yield office.names(select(C).join(C.employees).join(E.machines))
    yield office.names(select(C).join(P, P.company_id == C.id).join(E.machines))
    yield office.names(select(C).join(C.employees.of_type(E)).join(E.machines))
    yield office.names(select(P).join(E.machines))


def parameters_of_what_is_mapped(w):
    sa, orm = w.sa, w.orm

    class Row(w.Base):
        __tablename__ = "row"
        a = orm.mapped_column(sa.Integer, primary_key=True)
        b = orm.mapped_column(sa.Integer, primary_key=True)
        name = orm.mapped_column(sa.String(9))
        up = orm.mapped_column(sa.Integer)

    table = Row.__table__

    class Part(w.Base):
        __table__ = sa.select(table).where(table.c.name == "x", table.c.b.in_([1, 2])).subquery()
        below = orm.relationship(
            lambda: Part,
            primaryjoin=lambda: orm.foreign(orm.remote(Part.up)) == Part.a,
            viewonly=True,
        )

    w.create()
    w.add(
        Row(a=1, b=1, name="x"),
        Row(a=1, b=3, name="x"),
        Row(a=2, b=1, name="y", up=1),
        Row(a=3, b=2, name="x", up=1),
    )
    yield w.s.get(Part, (1, 1)).name, w.s.get(Part, (1, 3)), w.s.get(Part, (2, 1))
    part = w.s.get(Part, (1, 1))
    yield [one.a for one in part.below]
    w.s.expire(part)
    yield part.up, w.s.get(Part, {"a": 3, "b": 2}, populate_existing=True).up
    w.s.refresh(part)
    w.s.expunge_all()
    for option in (orm.selectinload, orm.joinedload, orm.lazyload):
        statement = sa.select(Part).options(option(Part.below)).where(Part.a < 9)
        found = w.s.scalars(statement).unique().all()
        yield [(one.a, [b.a for b in one.below]) for one in found]
        w.s.expunge_all()
    yield w.s.query(Part).count(), w.s.query(Part).filter(Part.a.in_([1, 2, 3])).limit(1).one().a


def limits_of_classes_below_with_eager_joins(w):
    sa, orm = w.sa, w.orm

    class Animal(w.Base):
        __tablename__ = "animal"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        kind = orm.mapped_column(sa.String(9))
        __mapper_args__ = {
            "polymorphic_on": kind, "polymorphic_identity": "a", "with_polymorphic": "*"
        }  # fmt: skip

    class Dog(Animal):
        __tablename__ = "dog"
        id = orm.mapped_column(sa.ForeignKey("animal.id"), primary_key=True)
        toys = orm.relationship("Toy", order_by="Toy.id")
        __mapper_args__ = {"polymorphic_identity": "d"}

    class Cat(Animal):
        __tablename__ = "cat"
        id = orm.mapped_column(sa.ForeignKey("animal.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "c"}

    class Toy(w.Base):
        __tablename__ = "toy"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        dog_id = orm.mapped_column(sa.ForeignKey("dog.id"))

    w.create()
    w.add(Dog(id=1, toys=[Toy(), Toy()]), Cat(id=2), Dog(id=3, toys=[Toy()]), Animal(id=4))
    wholes = [
        orm.with_polymorphic(Animal, [Dog, Cat], **options)
        for options in ({}, {"aliased": True}, {"flat": True})
    ]
    for entity, toys in (*[(one, one.Dog.toys) for one in wholes], (Animal, Dog.toys)):
        for limit in (1, 2, 9):
            statement = sa.select(entity).order_by(entity.id).limit(limit)
            found = w.s.scalars(statement.options(orm.joinedload(toys))).unique().all()
            yield [(type(one).__name__, one.id, len(getattr(one, "toys", ()))) for one in found]
            w.s.expunge_all()


def classes_above_in_statements_of_classes_below(w):
    office = Office(w, lambda office: ("*", subquery(office)))
    sa, P, E = w.sa, office.Person, office.Engineer
    yield office.names(sa.select(E).where(P.name == "ann", E.lang == "java"))
    yield office.names(sa.select(E).order_by(P.name.desc()))
    yield w.s.scalars(sa.select(E.lang).where(P.type == "e").order_by(P.id)).all()


def aliases_of_aliases(w):
    sa, orm = w.sa, w.orm

    class Row(w.Base):
        __tablename__ = "row"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        up = orm.mapped_column(sa.Integer)

    w.create()
    w.add(*(Row(id=n, up=n // 2) for n in range(1, 7)))
    for make in ("cte", "subquery"):
        some = orm.aliased(Row, getattr(sa.select(Row).where(Row.id % 2 == 1), make)("some"))
        for other in (orm.aliased(some), orm.aliased(some, name="again"), orm.aliased(some)):
            yield w.s.scalars(sa.select(other.id).order_by(other.id)).all()
            yield [one.id for one in w.s.scalars(sa.select(other).order_by(other.id))]
            pairs = sa.select(some.id, other.id).where(some.up == other.id).order_by(some.id)
            yield w.s.execute(pairs).all()
    first, second = orm.aliased(Row), orm.aliased(Row)
    pairs = sa.select(first, second).where(first.up == second.id).subquery()
    left, right = orm.aliased(first, pairs), orm.aliased(second, pairs)
    found = w.s.execute(sa.select(left, right).order_by(left.id)).all()
    yield [(one.id, other.id) for one, other in found]
    yield w.s.scalars(sa.select(right.id).where(left.id == 5)).all()


def an_inner_join_of_a_class_below(w):
    """What a class below refers to by an inner join leaves out no row of the classes beside it."""
    o = Office(w, lambda office: None)
    whole = w.orm.with_polymorphic(o.Person, [o.Engineer])
    statement = (
        w.sa.select(whole)
        .options(w.orm.joinedload(whole.Engineer.machines, innerjoin=True))
        .order_by(whole.id)
    )
    yield [one.name for one in w.s.scalars(statement).unique()]
    yield len(w.sent)


def expired_instances_are_what_they_were(w):
    o = Office(w, lambda office: ("*", subquery(office)))
    ann, dan = (w.s.get(o.Person, key) for key in (1, 4))
    w.s.expire_all()
    yield type(ann).__name__, ann.name, ann.lang
    yield type(dan).__name__, dan.name
    w.s.expire(ann, ["lang"])
    yield ann.lang


def a_column_of_what_is_joined_tells_the_class(w):
    """The selectable has the discriminator from another table; a class below is read without it."""
    sa, orm = w.sa, w.orm
    reg, meta = w.Base.registry, w.Base.metadata
    base = sa.Table("base", meta, sa.Column("id", sa.Integer, primary_key=True))
    kinds = sa.Table(
        "kinds",
        meta,
        sa.Column("id", sa.ForeignKey("base.id"), primary_key=True),
        sa.Column("kind", sa.String(9)),
    )
    part = sa.Table(
        "part",
        meta,
        sa.Column("id", sa.ForeignKey("base.id"), primary_key=True),
        sa.Column("text", sa.String(9)),
    )
    whole = sa.select(base, kinds.c.kind).select_from(base.join(kinds)).alias("whole")
    Base, Kind = type("Base", (), {}), type("Kind", (), {})
    Part = type("Part", (Base,), {})
    reg.map_imperatively(Kind, kinds)
    reg.map_imperatively(
        Base,
        base,
        with_polymorphic=("*", whole),
        polymorphic_on=whole.c.kind,
        properties={"teller": orm.relationship(Kind, uselist=False)},
    )
    reg.map_imperatively(Part, part, inherits=Base, polymorphic_identity="part")
    w.create()
    one, kind = Part(), Kind()
    one.text, kind.kind, one.teller = "text", "part", kind
    w.add(one)
    for found in w.s.scalars(sa.select(Base)):
        yield type(found).__name__, found.text
        w.s.expire(found)
        yield found.text


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_reads_as_the_oracle_reads(program):
    compare(program)


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("where", ["another table", "the table below", "no table"])
def test_rows_are_not_told_apart_by_what_is_not_in_them(package, where):
    sa, orm = import_module(package), import_module(f"{package}.orm")
    meta = sa.MetaData()
    above = sa.Table("above", meta, sa.Column("id", sa.Integer, primary_key=True))
    below = sa.Table(
        "below",
        meta,
        sa.Column("id", sa.ForeignKey("above.id"), primary_key=True),
        sa.Column("kind", sa.String(9)),
    )
    other = sa.Table("other", meta, sa.Column("kind", sa.String(9), primary_key=True))
    column = {
        "another table": other.c.kind,
        "the table below": below.c.kind,
        "no table": sa.Column("kind", sa.String(9)),
    }[where]
    base = type("Base", (), {})
    registry = orm.registry(metadata=meta)
    with pytest.raises(sa.exc.InvalidRequestError, match="polymorphic_on"):
        registry.map_imperatively(base, above, polymorphic_on=column, polymorphic_identity="a")
    registry.dispose()
