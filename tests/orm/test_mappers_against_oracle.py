"""Imperative mappings, and what mappers tell, one program each, run on both packages."""

import pytest

from tests.orm.both import compare, programs


def columns(class_):
    return [(c.name, type(c.type).__name__, c.nullable, c.primary_key) for c in class_.__table__.c]


def imperative(w):
    sa, orm = w.sa, w.orm
    reg = orm.registry()
    table = sa.Table(
        "plain",
        reg.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(5)),
        sa.Column("owner", sa.ForeignKey("plain.id")),
    )

    class Plain:
        def __init__(self, name):
            self.name = name
            self.calls = 1

    class Slotted:
        __slots__ = ("__dict__", "__weakref__")

    mapper = reg.map_imperatively(
        Plain,
        table,
        properties={
            "title": table.c.name,
            "below": orm.relationship(Plain, remote_side=[table.c.owner]),
            "loud": orm.column_property(sa.func.upper(table.c.name)),
            "alias": orm.synonym("title"),
        },
        exclude_properties=["nothing"],
    )
    yield sorted(mapper.attrs.keys()), mapper.class_.__name__
    reg.metadata.create_all(w.engine)
    plain = Plain("x")
    plain.title = "ada"
    w.s.add(plain)
    w.s.commit()
    yield plain.loud, plain.alias, plain.calls, w.rows(table)
    w.s.expunge_all()
    found = w.s.scalars(sa.select(Plain).where(Plain.alias == "ada")).one()
    yield found.title, hasattr(found, "calls"), found.below
    key = sa.Column("id", sa.Integer, primary_key=True)
    reg.map_imperatively(Slotted, sa.Table("slotted", reg.metadata, key))
    reg.metadata.create_all(w.s.connection())
    one = Slotted()
    w.s.add(one)
    w.s.flush()
    yield one.id
    reg.dispose()
    yield w.error(lambda: w.s.add(Plain("y")))


def imperative_attrs(w):
    attrs = pytest.importorskip("attrs")
    sa, orm = w.sa, w.orm
    reg = orm.registry()

    @attrs.define(slots=False, eq=False)
    class User:
        id: int = attrs.field(init=False)
        name: str
        books: list = attrs.field(factory=list)

    class Book:
        pass

    users = sa.Table("users", reg.metadata, sa.Column("id", sa.Integer, primary_key=True),
                     sa.Column("name", sa.String(5)))  # fmt: skip
    books = sa.Table("books", reg.metadata, sa.Column("id", sa.Integer, primary_key=True),
                     sa.Column("user_id", sa.ForeignKey("users.id")))  # fmt: skip
    reg.map_imperatively(User, users, properties={"books": orm.relationship(Book)})
    reg.map_imperatively(Book, books)
    reg.metadata.create_all(w.engine)
    user = User("ada", [Book(), Book()])
    w.s.add(user)
    w.s.commit()
    yield user.id, user.name, len(user.books)
    w.s.expunge_all()
    yield w.s.get(User, 1).name


def tables_with_arguments(w):
    sa, orm = w.sa, w.orm

    class A(w.Base):
        __tablename__ = "a"
        __table_args__ = (
            sa.UniqueConstraint("x", name="uq_x"),
            sa.Index("ix_y", "y"),
            {"sqlite_autoincrement": True, "info": {"k": 1}},
        )
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column(sa.Integer, index=True, unique=False)
        y = orm.mapped_column("why", sa.Integer, key="y", comment="c", info={"i": 1})
        last = orm.mapped_column(sa.Integer, sort_order=-1)

    yield [c.name for c in A.__table__.c], A.__table__.info
    yield sorted(i.name for i in A.__table__.indexes)
    yield A.__table__.c.y.comment, A.__table__.c.y.info, A.y.key, A.y.info


def added_later(w):
    sa, orm = w.sa, w.orm

    class A(w.Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    A.x = orm.mapped_column(sa.Integer)
    A.twice = orm.column_property(A.__table__.c.x * 2)
    A.same = orm.synonym("x")
    w.create()
    w.add(A(id=1, x=4))
    a = w.s.get(A, 1)
    yield a.x, a.twice, a.same, columns(A)


def column_properties(w):
    sa, orm = w.sa, w.orm

    class A(w.Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column(sa.Integer)
        plus = orm.column_property(x + 1)
        label = orm.column_property(sa.func.coalesce(x, 0).label("l"), deferred=True)
        hidden = orm.column_property(sa.literal(3), expire_on_flush=False)

    class B(w.Base):
        __tablename__ = "b"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        a_id = orm.mapped_column(sa.ForeignKey("a.id"))

    A.count = orm.column_property(
        sa.select(sa.func.count(B.id)).where(B.a_id == A.id).correlate_except(B).scalar_subquery()
    )
    w.create()
    w.add(A(id=1, x=4), A(id=2), B(a_id=1), B(a_id=1))
    yield [(a.plus, a.label, a.hidden, a.count) for a in w.s.scalars(sa.select(A).order_by(A.id))]
    yield w.s.scalars(sa.select(A.id).where(A.count == 2)).all()
    other = orm.aliased(A)
    yield w.s.execute(sa.select(other.plus, other.count).order_by(other.id)).all()
    a = w.s.get(A, 1)
    w.sent.clear()
    a.x = 9
    w.s.flush()
    yield a.plus, a.count
    a.x = A.x + 1
    w.s.flush()
    yield a.plus


def columns_made_by_the_server(w):
    sa, orm = w.sa, w.orm

    class A(w.Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column(sa.Integer)
        twice = orm.mapped_column(sa.Integer, sa.Computed("x * 2"))
        touched = orm.mapped_column(sa.Integer, server_onupdate=sa.FetchedValue())

    w.create()
    w.add(A(id=1, x=4))
    a = w.s.get(A, 1)
    yield a.twice, a.touched
    w.s.execute(
        sa.text("CREATE TRIGGER t AFTER UPDATE OF x ON a BEGIN UPDATE a SET touched = 7; END")
    )
    a.x = 5
    w.s.flush()
    yield a.twice, a.touched


def inspected(w):
    sa, orm = w.sa, w.orm

    class A(w.Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column("ex", sa.Integer)
        plus = orm.column_property(x + 1)
        bs = orm.relationship("B", back_populates="a")
        same = orm.synonym("x")

    class B(w.Base):
        __tablename__ = "b"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        a_id = orm.mapped_column(sa.ForeignKey("a.id"))
        a = orm.relationship("A", back_populates="bs")

    w.create()
    mapper = sa.inspect(A)
    yield sorted(mapper.attrs.keys())
    yield sorted(mapper.column_attrs.keys()), sorted(mapper.relationships.keys())
    yield sorted(mapper.synonyms.keys()), sorted(mapper.composites.keys())
    yield sorted(mapper.all_orm_descriptors.keys())
    yield [c.name for c in mapper.primary_key], mapper.local_table.name, mapper.class_.__name__
    yield mapper.persist_selectable is mapper.local_table, mapper.selectable.name
    yield [t.name for t in mapper.tables], dict(mapper.polymorphic_map), mapper.polymorphic_on
    yield sorted(p.key for p in mapper.iterate_properties)
    yield mapper.get_property("x").key, w.error(mapper.get_property, "nothing")
    yield mapper.get_property_by_column(A.__table__.c.ex).key
    yield mapper.has_property("x"), mapper.has_property("y"), mapper.is_mapper
    yield mapper.class_manager.class_ is A, mapper.class_manager.mapper is mapper
    yield mapper.mapper is mapper
    yield mapper.inherits, mapper.single, mapper.base_mapper is mapper
    yield [m.class_.__name__ for m in mapper.self_and_descendants]
    yield mapper.isa(mapper)
    yield mapper.configured, str(mapper), mapper.validators == {}
    yield mapper.identity_key_from_primary_key((1,))[1:], mapper.eager_defaults
    a = A(id=1, x=2)
    yield mapper.primary_key_from_instance(a), mapper.identity_key_from_instance(a)[1]
    yield mapper.attrs.x.columns[0].name, mapper.attrs["id"].key, "x" in mapper.attrs
    yield [a.key for a in mapper.attrs if a.key == "x"], len(mapper.relationships)
    yield mapper.column_attrs.x.expression.name, mapper.attrs.plus.key
    yield A.x.property is mapper.attrs.x, A.x.class_ is A, A.x.parent is mapper, A.x.key
    yield orm.class_mapper(A) is mapper, orm.object_mapper(a) is mapper
    yield w.error(sa.inspect, object()), sa.inspect(object(), raiseerr=False)
    yield w.error(orm.class_mapper, int)
    alias = orm.aliased(A, name="other")
    info = sa.inspect(alias)
    yield info.name, info.mapper is mapper, info.is_aliased_class, info.class_ is A
    yield info.selectable.name


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_maps_as_the_oracle_maps(program):
    compare(program)
