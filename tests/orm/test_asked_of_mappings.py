"""What libraries ask of mapped classes, and how they map them, run on both packages."""

import re

import pytest

from tests.orm.both import compare, programs


def one_registry(w):
    """The registry of a declarative base maps by all ways that a registry knows."""
    orm, reg = w.orm, w.Base.registry

    @reg.mapped
    class Plain:
        __tablename__ = "plain"
        id = w.sa.Column(w.sa.Integer, primary_key=True)

    @reg.mapped_as_dataclass
    class Record:
        __tablename__ = "record"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class Later:
        __tablename__ = "later"
        id = w.sa.Column(w.sa.Integer, primary_key=True)

    mapper = reg.map_declaratively(Later)
    Other = reg.generate_base(name="Other")

    @reg.as_declarative_base()
    class Third:
        pass

    yield isinstance(reg, orm.registry), Plain.__table__.metadata is w.Base.metadata
    yield Record(1).id, mapper.class_ is Later, Other.registry is reg, Third.registry is reg


def bases_by_function(w):
    """What ``declarative_base()`` makes has the metaclass, and derives from no DeclarativeBase."""
    orm = w.orm

    class Meta(orm.DeclarativeMeta):
        def __init__(cls, name, bases, body, **keywords):
            if "__tablename__" not in body and name != "Base":
                cls.__tablename__ = name.lower()
            super().__init__(name, bases, body, **keywords)

    class Model:
        def shown(self):
            return type(self).__name__

    plain = orm.declarative_base()
    Base = orm.declarative_base(cls=Model, metaclass=Meta)
    Again = type("Again", (Model,), {})
    Named = orm.declarative_base(cls=Again, name="Named", metaclass=Meta)

    class Thing(Base):
        id = w.sa.Column(w.sa.Integer, primary_key=True)

    yield isinstance(plain, orm.DeclarativeMeta), issubclass(plain, orm.DeclarativeBase)
    yield type(Base) is Meta, [base.__name__ for base in Base.__bases__[:1]], Base.__name__
    yield Thing.__table__.name, Thing().shown(), Named.__name__, issubclass(Named, Model)


def both_bases(w):
    class Base(w.orm.DeclarativeBase, w.orm.DeclarativeBaseNoMeta):
        pass

    yield Base.metadata.tables == {}


def shared_table(w):
    """A class in the table of the one above has that one's, and may say more of it."""
    sa = w.sa

    class Task(w.Base):
        __tablename__ = "task"
        __table_args__ = {"comment": "tasks"}
        id = sa.Column(sa.Integer, primary_key=True)

    class Extended(Task):
        __tablename__ = "task"
        __table_args__ = (sa.Index("by_name", "name"), {"extend_existing": True, "info": {"a": 1}})
        name = sa.Column(sa.String(20))

    class Small(Task):
        pass

    yield "__table__" in vars(Small), Small.__table__ is Task.__table__ is Extended.__table__
    yield Task.__table__.c.keys(), Task.__table__.comment
    yield [index.name for index in Task.__table__.indexes], Task.__table__.info
    w.create()
    w.add(Extended(id=1, name="ada"))
    yield w.s.scalars(sa.select(Extended.name)).all()


def keys_that_overlap(w):
    """Of foreign keys over the same columns the one of exactly the columns named is meant."""
    sa, orm = w.sa, w.orm

    class Seminar(w.Base):
        __tablename__ = "seminar"
        title = sa.Column(sa.String(20), primary_key=True)
        term = sa.Column(sa.String(20), primary_key=True)

    class Lecture(w.Base):
        __tablename__ = "lecture"
        __table_args__ = (
            sa.ForeignKeyConstraint(["title", "term"], [Seminar.title, Seminar.term]),
        )
        id = sa.Column(sa.Integer, primary_key=True)
        title = sa.Column(sa.String(20), sa.ForeignKey(Seminar.title))
        term = sa.Column(sa.String(20), sa.ForeignKey(Seminar.term))
        seminar = orm.relationship(Seminar, foreign_keys=[title, term], backref="lectures")
        titled = orm.relationship(Seminar, foreign_keys=[title], viewonly=True, uselist=True)

    w.create()
    w.add(Seminar(title="Logic", term="spring", lectures=[Lecture(id=1)]))
    lecture = w.s.get(Lecture, 1)
    yield lecture.title, lecture.term, lecture.seminar.title, [s.term for s in lecture.titled]
    yield str(Lecture.seminar.property.primaryjoin)
    yield str(Lecture.titled.property.primaryjoin)


def cascades_of_other_sides(w):
    relationship = w.orm.relationship
    yield relationship("X", cascade_backrefs=False) is not None
    yield w.error(lambda: relationship("X", cascade_backrefs=True))


def dynamic_collections(w):
    """A dynamic collection is a query, of the relationship's class or of the session's."""
    sa, orm = w.sa, w.orm

    class Own(orm.Query):
        def named(self, name):
            return self.filter_by(name=name)

    class User(w.Base):
        __tablename__ = "user_account"
        id = sa.Column(sa.Integer, primary_key=True)
        notes = orm.relationship("Note", lazy="dynamic", query_class=Own)
        others = orm.relationship("Note", lazy="dynamic", viewonly=True)

    class Note(w.Base):
        __tablename__ = "note"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String(20))
        user_id = sa.Column(sa.ForeignKey("user_account.id"))

    w.create()
    user = User(id=1)
    yield isinstance(user.notes, orm.Query), isinstance(user.notes, Own)
    yield isinstance(user.others, orm.AppenderQuery), isinstance(user.others, Own)
    user.notes.append(Note(id=1, name="one"))
    yield [note.id for note in user.notes], user.notes.count()
    w.add(user, Note(id=2, name="two"))
    user = w.s.get(User, 1)
    yield user.notes.named("one").count(), type(user.notes.named("x")) is Own
    yield user.notes.filter(Note.id > 1).all(), user.notes.order_by(Note.id).first().name
    yield user.notes.with_entities(Note.name).all() == [("one",)], user.notes.session is w.s
    yield w.s.query(user.notes.subquery()).count(), user.notes.exists() is not None
    yield user.notes.filter_by(name="one").delete(), user.notes.all(), user.notes.limit(1).all()


FLAGS = (
    "is_selectable", "is_aliased_class", "is_instance", "is_mapper", "is_bundle", "is_property",
    "is_attribute", "is_clause_element",
)  # fmt: skip


def mapped_in_many_ways(w):
    sa, orm = w.sa, w.orm
    w.Base.registry.dispose()
    w.Base.metadata.clear()
    hybrid_property = w.module("ext.hybrid").hybrid_property
    association_proxy = w.module("ext.associationproxy").association_proxy

    class User(w.Base):
        __tablename__ = "user_account"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        notes = orm.relationship("Note", back_populates="user")
        name = orm.mapped_column(
            "nick", sa.String(5), info={"x": 1}, default="k", doc="what", unique=True, comment="c"
        )
        loud = orm.column_property(sa.func.upper(name, type_=sa.String()))
        other = orm.synonym("name")
        late = orm.deferred(sa.Column(sa.String(7)))
        ids = association_proxy("notes", "id")

        @hybrid_property
        def both(self):
            return self.name

    class Note(w.Base):
        __tablename__ = "note"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        user_id = orm.mapped_column(sa.ForeignKey("user_account.id"))
        user = orm.relationship("User", back_populates="notes")
        again = orm.relationship("User", viewonly=True, backref="others")

    class Joined(User):
        __tablename__ = "joined"
        id = orm.mapped_column(sa.ForeignKey("user_account.id"), primary_key=True)
        own = orm.mapped_column(sa.String(5))
        mine = orm.synonym("own")

    w.orm.configure_mappers()
    return User, Note, Joined


def order_of_attributes(w):
    for class_ in mapped_in_many_ways(w):
        mapper = w.sa.inspect(class_)
        yield mapper.attrs.keys(), mapper.relationships.keys()
        yield [prop.key for prop in mapper.iterate_properties], mapper.synonyms.keys()
        yield [prop.key for prop in mapper.attrs], [key for key, _ in mapper.attrs.items()]
        instance = class_()
        views = w.sa.inspect(instance).attrs
        yield sorted(views.keys()), views.keys() == [one.key for one in views.values()]
        yield views.get("nothing"), views.get("id").key, "id" in views, len(views)
        yield [key for key, _ in views.items()] == views.keys(), views["id"].history.added
    user = mapped_in_many_ways(w)[0](name="ada")
    other = w.sa.inspect(user).attrs.other
    yield other.key, other.value, other.history.added


def flags(w):
    User, *_ = mapped_in_many_ways(w)
    mapper = w.sa.inspect(User)
    kinds = {
        "mapper": mapper,
        "alias": w.sa.inspect(w.orm.aliased(User)),
        "state": w.sa.inspect(User()),
        "bundle": w.orm.Bundle("b", User.id),
        **{f"attribute {key}": getattr(User, key) for key in ("id", "notes", "loud", "other")},
        **{f"property {key}": prop for key, prop in mapper.attrs.items()},
        **{f"descriptor {key}": one for key, one in mapper.all_orm_descriptors.items()},
    }
    alias = w.orm.aliased(User)
    yield mapper.entity is User, w.sa.inspect(alias).entity is alias
    yield mapper.attrs.notes.mapper.entity.__name__, mapper.attrs.notes.entity is not User
    for key, one in sorted(kinds.items()):
        yield key, [flag for flag in FLAGS if getattr(one, flag)], one.extension_type.name
        yield isinstance(one, w.module("orm.interfaces").InspectionAttr)


def attributes_of_columns(w):
    """A mapped attribute answers for its column."""
    User, Note, _ = mapped_in_many_ways(w)
    name = User.name
    yield name.nullable, name.unique, name.index, name.comment, name.doc, name.default.arg
    yield name.server_default, name.onupdate, name.autoincrement, name.computed, name.identity
    yield name.table is User.__table__, name.key, name.name, name.type.length, name.info
    yield User.other.comment, User.other.table is User.__table__, User.late.type.length
    yield Note.user_id.foreign_keys == Note.__table__.c.user_id.foreign_keys
    yield name.property.doc, name.parent is w.sa.inspect(User), [c.name for c in name.base_columns]
    alias = w.orm.aliased(User)
    yield alias.name.parent is w.sa.inspect(alias), alias.name.nullable
    yield w.error(lambda: name.nothing), w.error(lambda: User.notes.nullable)


def comparisons_of_relationships_by_functions(w):
    """Functions of operators compare relationships with instances as ``==`` does."""
    import operator

    User, Note, _ = mapped_in_many_ways(w)
    ops = w.module("sql.operators")
    user = User(id=1)
    for made in (
        ops.eq(User.notes, None),
        ops.eq(Note.user_id, 3),
        ops.contains_op(User.notes, Note(id=2)),
        operator.eq(Note.user_id, 3),
        Note.user_id.operate(operator.add, 3),
        Note.user_id.reverse_operate(operator.sub, 3),
        Note.user_id.operate(operator.neg),
    ):
        yield re.sub(r"_\d|param|id_1", "", str(made))
    yield w.error(lambda: ops.lt(User.notes, user)) in ("NotImplementedError", "ArgumentError")


def expressions_of_properties(w):
    """An expression that is mapped is known by the name of its attribute."""

    class Thing(w.Base):
        __tablename__ = "thing"
        id = w.orm.mapped_column(w.sa.Integer, primary_key=True)
        count = w.orm.column_property(w.sa.select(w.sa.func.count()).scalar_subquery())

    mapper = w.sa.inspect(Thing)
    kind = w.module("sql.expression").Label
    yield isinstance(mapper.attrs.count.expression, kind), mapper.attrs.count.expression.key
    yield isinstance(mapper.attrs.id.expression, kind)
    yield mapper.get_property_by_column(Thing.__table__.c.id).key


def referring_both_ways(w):
    sa, orm = w.sa, w.orm
    Base = orm.declarative_base()

    class User(Base):
        __tablename__ = "user_account"
        id = sa.Column(sa.Integer, primary_key=True)

    class Note(Base):
        __tablename__ = "note"
        id = sa.Column(sa.Integer, primary_key=True)
        user_id = sa.Column(sa.ForeignKey("user_account.id"))
        user = orm.relationship(User, backref="notes")

    return User.__mapper__


def what_a_backref_makes_is_among_the_attributes_that_are_asked_for(w):
    """Who asks a mapper for its attributes has the mappers configured."""
    yield referring_both_ways(w).relationships.keys()
    yield "notes" in referring_both_ways(w).relationships
    yield [prop.key for prop in referring_both_ways(w).relationships]
    yield len(referring_both_ways(w).relationships), referring_both_ways(w).attrs.keys()
    yield referring_both_ways(w).attrs.notes.mapper.class_.__name__
    yield referring_both_ways(w).has_property("notes")
    mapper, told = referring_both_ways(w), []

    def tell(mapper, class_):
        told.append((class_.__name__, mapper.relationships is not None))

    w.sa.event.listen(mapper, "mapper_configured", tell)
    yield mapper.relationships.keys(), told


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_both_answer_the_same(program):
    compare(program)
