"""Classes declared in every way, one program each, run here and with the oracle."""

from __future__ import annotations

import sys
import types
import warnings
from typing import Annotated, Optional

import pytest

from tests.orm.both import compare, programs


def columns(class_):
    return [(c.name, type(c.type).__name__, c.nullable, c.primary_key) for c in class_.__table__.c]


def bases(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class NoMeta(orm.DeclarativeBaseNoMeta):
        pass

    class ByMeta(metaclass=orm.DeclarativeMeta):
        __abstract__ = True
        registry = orm.registry()
        metadata = registry.metadata
        __init__ = registry.constructor

    class Mine:
        def hello(self):
            return f"hello {self.id}"

    @orm.as_declarative()
    class Decorated:
        def hello(self):
            return f"decorated {self.id}"

    by_function = orm.declarative_base(cls=Mine, name="Named")
    generated = orm.registry().generate_base()
    for base in (w.Base, NoMeta, ByMeta, by_function, Decorated, generated):

        class Thing(base):
            __tablename__ = "thing"
            id = column(sa.Integer, primary_key=True)
            name = column(sa.String(5))

        thing = Thing(id=1, name="x")
        yield base.__name__, columns(Thing), thing.name, hasattr(thing, "hello")
        yield w.error(lambda: Thing(nothing=1))
        yield sorted(base.metadata.tables), base.registry.metadata is base.metadata
        yield [m.class_.__name__ for m in base.registry.mappers]


def mixins(w):
    sa, orm = w.sa, w.orm
    column, declared_attr = orm.mapped_column, orm.declared_attr

    class Named:
        @declared_attr.directive
        def __tablename__(cls):
            return cls.__name__.lower()

        __table_args__ = {"comment": "made by a mixin"}

    class Keyed:
        id = column(sa.Integer, primary_key=True)

    class Stamped:
        made = column(sa.Integer, default=5)

        @declared_attr
        def seen(cls):
            return column(sa.Integer, default=lambda: 7)

    class Owned:
        @declared_attr
        def owner_id(cls):
            return column(sa.ForeignKey("owner.id"))

        @declared_attr
        def owner(cls):
            return orm.relationship(
                "Owner", primaryjoin=f"Owner.id == {cls.__name__}.owner_id", backref=cls.__name__
            )

    class Abstract(Named, w.Base):
        __abstract__ = True
        note = column(sa.String(10))

    class Owner(Keyed, Abstract):
        pass

    class Car(Owned, Stamped, Keyed, Abstract):
        wheels = column(sa.Integer)

    class Boat(Owned, Stamped, Keyed, Abstract):
        made = column(sa.String(5))

    w.create()
    for class_ in (Owner, Car, Boat):
        yield sorted(columns(class_)), class_.__table__.comment, class_.__table__.name
    w.s.add(Car(owner=Owner(id=1), wheels=4, note="n"))
    w.s.commit()
    car = w.s.scalars(sa.select(Car)).one()
    yield car.made, car.seen, car.owner.id, len(car.owner.Car), len(car.owner.Boat)


def cascading(w):
    sa, orm = w.sa, w.orm
    column, declared_attr = orm.mapped_column, orm.declared_attr
    called = []

    class Mixin:
        @declared_attr.cascading
        def extra(cls):
            called.append(cls.__name__)
            return orm.column_property(sa.literal(f"of {cls.__name__}"))

    class A(Mixin, w.Base):
        __tablename__ = "a"
        id = column(sa.Integer, primary_key=True)
        kind = column(sa.String(5))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "a"}

    class B(A):
        __mapper_args__ = {"polymorphic_identity": "b"}

    w.create()
    w.add(A(id=1), B(id=2))
    yield sorted(called)
    yield [w.s.get(A, 1).extra, w.s.get(B, 2).extra]


def abstract_bases_with_metadata(w):
    sa, orm = w.sa, w.orm

    class One(w.Base):
        __abstract__ = True
        metadata = sa.MetaData()

    class Two(w.Base):
        __abstract__ = True
        metadata = sa.MetaData()

    class A(One):
        __tablename__ = "same"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    class B(Two):
        __tablename__ = "same"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    yield sorted(One.metadata.tables), sorted(Two.metadata.tables), sorted(w.Base.metadata.tables)
    yield A.__table__ is B.__table__


def mapper_args(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    def table(name):
        return sa.Table(
            name,
            w.Base.metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.Integer),
            sa.Column("b", sa.Integer),
        )

    class Included(w.Base):
        __table__ = table("included")
        __mapper_args__ = {"include_properties": ["id", "a"]}

    class Excluded(w.Base):
        __table__ = table("excluded")
        __mapper_args__ = {"exclude_properties": ["a"]}

    class Prefixed(w.Base):
        __table__ = table("prefixed")
        __mapper_args__ = {"column_prefix": "_"}

    class OwnKey(w.Base):
        __tablename__ = "own_key"
        x = column(sa.Integer)
        y = column(sa.Integer)
        __mapper_args__ = {"primary_key": [x, y]}

    class Hybrid(w.Base):
        __table__ = table("hybrid")
        renamed = __table__.c.a
        more = orm.column_property(__table__.c.a + 1)

    class Refreshing(w.Base):
        __tablename__ = "refreshing"
        id = column(sa.Integer, primary_key=True)
        made = column(sa.Integer, server_default="5")
        __mapper_args__ = {"eager_defaults": True}

    class Lazy(w.Base):
        __tablename__ = "lazily"
        id = column(sa.Integer, primary_key=True)
        made = column(sa.Integer, server_default="5")
        __mapper_args__ = {"eager_defaults": False}

    for class_ in (Included, Excluded, Prefixed, OwnKey, Hybrid):
        mapper = sa.inspect(class_)
        yield sorted(mapper.attrs.keys()), [c.name for c in mapper.primary_key]
    w.Base.registry.configure()
    w.s.connection()
    sa.Table.create(Hybrid.__table__, w.s.connection())
    for class_ in (Refreshing, Lazy, Included, Prefixed):
        class_.__table__.create(w.s.connection())
    w.s.connection().exec_driver_sql("CREATE TABLE own_key (x INTEGER, y INTEGER)")
    w.s.add_all([Hybrid(id=1, renamed=3), Included(id=1, a=2), Prefixed(_id=1, _a=5)])
    w.s.add_all([OwnKey(x=1, y=2)])
    w.s.flush()
    w.s.expunge_all()
    yield w.s.get(Hybrid, 1).more, w.s.get(Included, 1).a, w.s.get(Prefixed, 1)._a
    yield w.s.get(OwnKey, (1, 2)).y
    one, two = Refreshing(), Lazy()
    w.s.add_all([one, two])
    w.s.flush()
    yield one.made, two.made


def declared_mapper_args(w):
    sa, orm = w.sa, w.orm

    class Mixin:
        @orm.declared_attr.directive
        def __mapper_args__(cls):
            return {"exclude_properties": [f"{cls.__name__.lower()}_hidden"]}

    class A(Mixin, w.Base):
        __table__ = sa.Table(
            "a", w.Base.metadata, sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a_hidden", sa.Integer), sa.Column("b_hidden", sa.Integer),
        )  # fmt: skip

    yield sorted(sa.inspect(A).attrs.keys())


def columns_of_a_body_with_a_prefix(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Node(w.Base):
        __tablename__ = "node"
        id = column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String(20))
        renamed = sa.Column("other", sa.String(20))
        also = column("another", sa.Integer)
        said = orm.column_property(sa.Column(sa.Integer))
        above_id = column(sa.ForeignKey("node.id"))
        above = orm.relationship("Node", remote_side=[id])
        __mapper_args__ = {"column_prefix": "_"}

    yield sorted(sa.inspect(Node).attrs.keys()), Node.__table__.c.keys()
    w.Base.metadata.create_all(w.s.connection())
    root = Node(_name="root", renamed="r", also=1, said=2)
    w.s.add_all([root, Node(_name="leaf", above=root)])
    w.s.flush()
    w.s.expunge_all()
    leaf = w.s.scalars(sa.select(Node).where(Node._name == "leaf")).one()
    yield leaf._above_id, leaf.above._name, leaf.above.renamed, leaf.above.also, leaf.above.said


def confirm_deleted_rows(w):
    sa, orm = w.sa, w.orm
    for confirm in (True, False):

        class Base(orm.DeclarativeBase):
            pass

        class Thing(Base):
            __tablename__ = "thing"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            __mapper_args__ = {"confirm_deleted_rows": confirm}

        engine = sa.create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with orm.Session(engine) as s, warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always")
            s.add_all([Thing(id=1), Thing(id=2)])
            s.commit()
            thing = s.get(Thing, 1)
            s.execute(sa.text("DELETE FROM thing WHERE id = 1"))
            s.delete(thing)
            s.flush()
            yield confirm, len(given)
        engine.dispose()


def allow_partial_keys(w):
    sa, orm = w.sa, w.orm
    for allow in (True, False):

        class Base(orm.DeclarativeBase):
            pass

        class Thing(Base):
            __table__ = sa.Table(
                "thing", Base.metadata, sa.Column("x", sa.Integer), sa.Column("y", sa.Integer)
            )
            __mapper_args__ = {
                "primary_key": [__table__.c.x, __table__.c.y], "allow_partial_pks": allow,
            }  # fmt: skip

        engine = sa.create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with orm.Session(engine) as s:
            s.execute(sa.insert(Thing.__table__), [{"x": 1, "y": None}, {"x": None, "y": None},
                                                   {"x": 2, "y": 2}])  # fmt: skip
            s.commit()
            found = s.scalars(sa.select(Thing).order_by(Thing.__table__.c.x)).all()
            yield allow, [thing and (thing.x, thing.y) for thing in found]
            got = s.get(Thing, (1, None))
            yield got and got.x
        engine.dispose()


def batch_off(w):
    sa, orm = w.sa, w.orm
    told = []

    class Thing(w.Base):
        __tablename__ = "thing"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column(sa.Integer)
        __mapper_args__ = {"batch": False}

    w.create()
    for name in ("before_insert", "after_insert"):
        sa.event.listen(Thing, name, lambda m, c, t, name=name: told.append((name, t.id)))
    w.s.add_all([Thing(id=1), Thing(id=2)])
    w.s.flush()
    yield told


def annotations(w):
    sa, orm = w.sa, w.orm
    Mapped = orm.Mapped
    key = Annotated[int, orm.mapped_column(primary_key=True)]
    short = Annotated[str, 5]
    required = Annotated[str, orm.mapped_column(sa.String(9), nullable=False)]

    class Base(orm.DeclarativeBase):
        type_annotation_map = {
            short: sa.String(5),
            float: sa.Numeric(4),
            dict: sa.JSON,
        }

    names = {
        "Mapped": Mapped, "Base": Base, "key": key, "short": short, "required": required,
        "Optional": Optional,
        "mapped_column": orm.mapped_column, "relationship": orm.relationship, "sa": sa,
    }  # fmt: skip
    made = types.ModuleType(f"declared_{w.package}")
    made.__dict__.update(names)
    sys.modules[made.__name__] = made
    exec(
        """
class Thing(Base):
    __tablename__ = "thing"
    id: Mapped[key]
    code: Mapped[short]
    maybe: Mapped[Optional[short]]
    other: Mapped[short | None]
    price: Mapped[float]
    said: Mapped[required]
    data: Mapped[dict]
    forced: Mapped[Optional[str]] = mapped_column(nullable=False)
    loose: Mapped[str] = mapped_column(nullable=True)
    big: Mapped[int] = mapped_column(sa.BigInteger)
    parts: Mapped[list["Part"]] = relationship(back_populates="thing")
    part_set: Mapped[set["Part"]] = relationship(viewonly=True)
    one: Mapped[Optional["Part"]] = relationship(viewonly=True)

class Part(Base):
    __tablename__ = "part"
    id: Mapped[key]
    thing_id: Mapped[Optional[int]] = mapped_column(sa.ForeignKey("thing.id"))
    thing: Mapped[Optional["Thing"]] = relationship(back_populates="parts")
""",
        made.__dict__,
    )
    Base.registry.configure()
    yield columns(made.Thing)
    yield columns(made.Part)
    yield made.Thing.__table__.c.code.type.length, str(made.Thing.__table__.c.price.type)
    for name in ("parts", "part_set", "one"):
        prop = sa.inspect(made.Thing).relationships[name]
        yield name, prop.uselist, prop.collection_class, prop.mapper.class_.__name__


def registries(w):
    sa, orm = w.sa, w.orm
    found = []
    for number in (1, 2):

        class Base(orm.DeclarativeBase):
            registry = orm.registry(metadata=sa.MetaData(schema=None))

        class Thing(Base):
            __tablename__ = "thing"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            parts = orm.relationship("Part")

        class Part(Base):
            __tablename__ = "part"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            thing_id = orm.mapped_column(sa.ForeignKey("thing.id"))

        Base.registry.configure()
        found.append((number, Thing.parts.property.mapper.class_ is Part))
    yield found
    yield len(list(w.Base.registry.mappers))


def same_names_in_modules(w):
    sa, orm = w.sa, w.orm

    def thing(module, table):
        return type(
            "Thing",
            (w.Base,),
            {
                "__module__": module,
                "__tablename__": table,
                "id": orm.mapped_column(sa.Integer, primary_key=True),
            },
        )

    thing("shop.one", "thing_one")
    two = thing("shop.two", "thing_two")

    class Owner(w.Base):
        __tablename__ = "owner"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        thing_id = orm.mapped_column(sa.ForeignKey("thing_two.id"))
        thing = orm.relationship("shop.two.Thing")

    class Other(w.Base):
        __tablename__ = "other"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        thing_id = orm.mapped_column(sa.ForeignKey("thing_two.id"))
        thing = orm.relationship("two.Thing", primaryjoin="two.Thing.id == foreign(Other.thing_id)")

    w.Base.registry.configure()
    yield Owner.thing.property.mapper.class_ is two, Other.thing.property.mapper.class_ is two


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_declares_as_the_oracle_declares(program):
    compare(program)
