"""What class bodies and mixins declare, in unusual forms, one program each, on both packages."""

import dataclasses
from typing import Annotated

import pytest

from dovetail import (
    BLANK_SCHEMA,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    create_engine,
    func,
    inspect,
    select,
    text,
)
from dovetail.exc import DovetailDeprecationWarning, DovetailWarning, MappingError
from dovetail.orm import (
    Bundle,
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Session,
    column_property,
    declared_attr,
    mapped_column,
    relationship,
    unmapped_dataclass,
)
from tests.orm.both import compare, programs


def told(sa, class_):
    mapper = sa.inspect(class_)
    columns = {key: prop.columns[0].key for key, prop in mapper.column_attrs.items()}
    return sorted(mapper.attrs.keys()), list(class_.__table__.c.keys()), columns


def columns_under_two_names(w):
    sa, orm = w.sa, w.orm
    for number, make in enumerate((sa.Column, orm.mapped_column)):

        class A(w.Base):
            __tablename__ = f"a{number}"
            id = make(sa.Integer, primary_key=True)
            a = make(sa.Integer)
            b = a

        yield told(sa, A)


def names_with_a_meaning(w):
    sa, orm = w.sa, w.orm

    class A(w.Base):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)
        metadata = sa.Column(sa.Integer)
        registry = orm.mapped_column(sa.Integer)

    class Below(A):
        __tablename__ = "below"
        id = sa.Column(sa.ForeignKey("a.id"), primary_key=True)

    yield told(sa, A), A.__table__.metadata is w.Base.metadata
    w.create()
    w.add(Below(id=1, metadata=2, registry=3))
    yield w.rows(A)


def keys_and_versions_as_options(w):
    sa, orm = w.sa, w.orm

    class Single(w.Base):
        __tablename__ = "single"
        id = orm.mapped_column(sa.Integer)
        version = orm.mapped_column(sa.Integer)
        __mapper_args__ = {"primary_key": id, "version_id_col": version}

    class Mixin:
        id = orm.mapped_column(sa.Integer)
        version = sa.Column(sa.Integer)
        __mapper_args__ = {"primary_key": [id], "version_id_col": version}

    class Mixed(Mixin, w.Base):
        __tablename__ = "mixed"

    class Named(w.Base):
        __tablename__ = "named"
        id = orm.mapped_column(sa.Integer)
        __mapper_args__ = {"primary_key": ["id"]}

    for class_ in (Single, Mixed, Named):
        mapper = sa.inspect(class_)
        yield [c is class_.__table__.c.id for c in mapper.primary_key]
    yield [sa.inspect(c).version_id_col is c.__table__.c.version for c in (Single, Mixed)]


def tables_made_by_the_class(w):
    sa, orm = w.sa, w.orm

    class Above(w.Base):
        __tablename__ = "above"
        id = orm.mapped_column(sa.Integer, primary_key=True)

        @classmethod
        def __table_cls__(cls, *args, **keywords):
            if cls.__name__ == "Below":
                return None
            return sa.Table(*args, **keywords, info={"made_for": cls.__name__})

    class Below(Above):
        __tablename__ = "below"

    yield Above.__table__.info, sa.inspect(Below).local_table is Above.__table__


def attributes_as_objects(w):
    sa, orm = w.sa, w.orm

    class A(w.Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        up_id = orm.mapped_column(sa.ForeignKey("a.id"))
        up = orm.relationship("A", remote_side="A.id")

    kind = orm.attributes.InstrumentedAttribute
    yield bool(A.id), bool(A.up), [isinstance(one, kind) for one in (A.id, A.up)]
    yield w.error(lambda: bool(A.id > 5)), w.error(lambda: bool(A.__table__.c.id > 5))
    yield A.id.info, A.__table__.c.id.info
    one = A(id=1)
    yield A.id.get_history(one), A.up.get_history(one).has_changes(), len(A.id.expressions)


def types_of_mixins(w):
    sa, orm = w.sa, w.orm

    class Mixin:
        a = sa.Column(sa.Enum("x", "y", name="q"))
        n = sa.Column(sa.Integer)

    class One(Mixin, w.Base):
        __tablename__ = "one"
        id = sa.Column(sa.Integer, primary_key=True)

    class Two(Mixin, w.Base):
        __tablename__ = "two"
        id = sa.Column(sa.Integer, primary_key=True)

    a, n = Mixin.a, Mixin.n
    yield [c.__table__.c.a.type is a.type for c in (One, Two)], One.__table__.c.n.type is n.type
    w.create()
    w.add(One(id=1, a="x"), Two(id=1, a="y"))
    yield w.rows(One), w.rows(Two), orm is not None


def properties_in_constraints(w):
    sa, orm = w.sa, w.orm

    class A(w.Base):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)
        x = orm.column_property(sa.Column("x", sa.Integer))
        y = orm.column_property(sa.Column("why", sa.Integer))
        __table_args__ = (
            sa.UniqueConstraint(x, y),
            sa.Index("ix", y),
            sa.ForeignKeyConstraint([y], ["a.id"]),
        )

    (unique,) = (c for c in A.__table__.constraints if type(c).__name__ == "UniqueConstraint")
    yield unique.columns.keys(), [i.columns.keys() for i in A.__table__.indexes]
    yield [key.parent.name for key in A.__table__.foreign_keys]


def templates_decide_what_is_left_open(w):
    orm = w.orm
    template = Annotated[str, orm.mapped_column(index=True, unique=True)]

    class A(w.Base):
        __tablename__ = "a"
        __annotations__ = dict.fromkeys("xyz", orm.Mapped[template])
        id = orm.mapped_column(w.sa.Integer, primary_key=True)
        x = orm.mapped_column(index=None, unique=None)
        y = orm.mapped_column(index=False, unique=False)

    yield [(A.__table__.c[name].index, A.__table__.c[name].unique) for name in "xyz"]


def bases_with_mixins(w):
    sa, orm = w.sa, w.orm
    known = orm.registry()

    class HasRegistry:
        registry = known

    class Base(HasRegistry, orm.DeclarativeBase):
        pass

    class HasTypes:
        type_annotation_map = {int: sa.BigInteger}
        metadata = sa.MetaData(schema="s")

    class Typed(HasTypes, orm.DeclarativeBase):
        pass

    class A(Typed):
        __tablename__ = "a"
        __annotations__ = {"id": orm.Mapped[int]}
        id = orm.mapped_column(primary_key=True)

    yield Base.registry is known, Base.metadata is known.metadata
    yield str(A.__table__.c.id.type), A.__table__.fullname, Typed.registry.metadata.schema


def proxies_made_by_methods(w):
    sa, orm = w.sa, w.orm
    association_proxy = w.module("ext.associationproxy").association_proxy

    class User(w.Base):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        a_id = sa.Column(sa.ForeignKey("a.id"))

    class Mixin:
        @orm.declared_attr
        def users(cls):
            return orm.relationship(User)

        @orm.declared_attr
        def user_ids(cls):
            return association_proxy("users", "id")

    class A(Mixin, w.Base):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)

    yield list(A(users=[User(id=1), User(id=2)]).user_ids)
    w.create()
    w.add(A(id=1, users=[User(id=1)]))
    yield w.s.scalars(sa.select(A.id).where(A.user_ids.contains(1))).all()


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __composite_values__(self):
        return self.x, self.y

    def __eq__(self, other):
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)

    def __repr__(self):
        return f"Point({self.x}, {self.y})"

    __hash__ = None


def composites_of_inline_columns(w):
    sa, orm = w.sa, w.orm

    class Place(w.Base):
        __tablename__ = "place"
        id = sa.Column(sa.Integer, primary_key=True)
        at = orm.composite(Point, sa.Column("x", sa.Integer), sa.Column("why", sa.Integer, key="y"))

    yield told(sa, Place)
    w.create()
    w.add(Place(id=1, at=Point(2, 3)))
    yield w.rows(Place), w.s.get(Place, 1).at, w.s.get(Place, 1).y


def composites_as_keys_options_and_rows(w):
    sa, orm = w.sa, w.orm

    class Graph(w.Base):
        __tablename__ = "graph"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        version = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column(sa.Integer)
        y = orm.mapped_column(sa.Integer)
        key = orm.composite(Point, id, version)
        at = orm.composite(Point, x, y)

    w.create()
    w.add(Graph(key=Point(1, 2), at=Point(3, 4)))
    yield w.s.get(Graph, Point(1, 2)).at
    for option in (orm.load_only(Graph.key), orm.defer(Graph.at)):
        w.s.expunge_all()
        one = w.s.scalars(sa.select(Graph).options(option)).one()
        yield "x" in one.__dict__, "id" in one.__dict__, one.at
    w.s.execute(sa.insert(Graph), [{"key": Point(3, 4), "at": Point(5, 6)}])
    w.s.bulk_insert_mappings(Graph, [{"key": Point(7, 8), "at": Point(9, 9)}])
    w.s.execute(sa.update(Graph), [{"id": 3, "version": 4, "at": Point(0, 0)}])
    yield w.rows(Graph)


def always_refreshed(w):
    sa, orm = w.sa, w.orm

    class A(w.Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        n = orm.mapped_column(sa.Integer)
        __mapper_args__ = {"always_refresh": True}

    w.create()
    w.add(A(id=1, n=1))
    a = w.s.get(A, 1)
    a.n = 5
    w.s.autoflush = False
    yield w.s.scalars(sa.select(A)).one() is a, a.n
    w.s.connection().execute(sa.update(A.__table__).values(n=7))
    yield w.s.get(A, 1).n


def orphans_of_some_parents(w):
    sa, orm = w.sa, w.orm
    for legacy in (False, True):

        class Child(w.Base):
            __tablename__ = f"child_{legacy}"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            a_id = orm.mapped_column(sa.ForeignKey(f"a_{legacy}.id"))
            b_id = orm.mapped_column(sa.ForeignKey(f"b_{legacy}.id"))
            __mapper_args__ = {"legacy_is_orphan": legacy}

        parents = []
        for name in "ab":
            foreign_key = Child.__table__.c[f"{name}_id"]
            parents.append(
                type(
                    f"{name}{legacy}",
                    (w.Base,),
                    {
                        "__tablename__": f"{name}_{legacy}",
                        "id": orm.mapped_column(sa.Integer, primary_key=True),
                        "children": orm.relationship(
                            Child, foreign_keys=[foreign_key], cascade="all, delete-orphan"
                        ),
                    },
                )
            )
        w.create()
        child = Child(id=1)
        a, b = (class_(id=1, children=[child]) for class_ in parents)
        w.s.add_all([a, b])
        w.s.commit()
        a.children.remove(child)
        w.s.flush()
        yield legacy, len(w.rows(Child))


def fields_with_columns_in_their_metadata(w):
    sa, orm = w.sa, w.orm
    registry = orm.registry()

    @dataclasses.dataclass
    class Mixin:
        __sa_dataclass_metadata_key__ = "sa"
        note: str = dataclasses.field(
            init=False, default=None, metadata={"sa": lambda: sa.Column(sa.String(5))}
        )

    @registry.mapped
    @dataclasses.dataclass
    class A(Mixin):
        __tablename__ = "a"
        id: int = dataclasses.field(
            init=False, metadata={"sa": sa.Column(sa.Integer, primary_key=True)}
        )
        name: str = dataclasses.field(default="z", metadata={"sa": sa.Column(sa.String(5))})

    yield sorted(A.__table__.c.keys())
    registry.metadata.create_all(w.engine)
    w.add(A(), A("n"))
    yield w.rows(A), w.s.scalars(sa.select(A.name).where(A.note.is_(None))).all()


def fields_that_say_otherwise_than_a_mixin(w):
    sa, orm = w.sa, w.orm
    registry = orm.registry()

    @dataclasses.dataclass
    class Mixin:
        __sa_dataclass_metadata_key__ = "sa"
        id = sa.Column("not_this_one", sa.Integer, primary_key=True)
        note: str = dataclasses.field(
            init=False,
            default=None,
            metadata={"sa": orm.declared_attr(lambda: sa.Column(sa.String(5)))},
        )

    @registry.mapped
    @dataclasses.dataclass
    class A(Mixin):
        __tablename__ = "a"
        __sa_dataclass_metadata_key__ = "sa"
        id: int = dataclasses.field(
            init=False, metadata={"sa": sa.Column(sa.Integer, primary_key=True)}
        )

    yield sorted(A.__table__.c.keys())


def with_polymorphic_of_one_class(w):
    sa, orm = w.sa, w.orm

    class P(w.Base):
        __tablename__ = "p"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        kind = orm.mapped_column(sa.String(5))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "p"}

    class E(P):
        __mapper_args__ = {"polymorphic_identity": "e"}

    entity = orm.with_polymorphic(P, E)
    yield [m.class_.__name__ for m in sa.inspect(entity).with_polymorphic_mappers]


def tables_in_schemas(w):
    sa, orm = w.sa, w.orm
    Base = orm.declarative_base(metadata=sa.MetaData(schema="main"))

    class User(Base):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        groups = orm.relationship("Group", secondary="member", order_by="Group.id")
        others = orm.relationship(
            "Group",
            secondary="main.member",
            primaryjoin="User.id == main.member.c.user_id",
            secondaryjoin="and_(member.c.group_id == Group.id, Group.id > 1)",
            viewonly=True,
        )

    class Group(Base):
        __tablename__ = "group"
        id = sa.Column(sa.Integer, primary_key=True)

    class Member(Base):
        __tablename__ = "member"
        user_id = sa.Column(sa.ForeignKey(User.id), primary_key=True)
        group_id = sa.Column(sa.ForeignKey(Group.id), primary_key=True)

    Base.metadata.create_all(w.engine)
    w.add(User(id=1, groups=[Group(id=1), Group(id=2)]))
    user = w.s.get(User, 1)
    yield [[g.id for g in groups] for groups in (user.groups, user.others)]


def tables_that_are_in_no_schema(w):
    sa, orm = w.sa, w.orm
    metadata = sa.MetaData(schema="s")
    options = ({}, {"schema": None}, {"schema": sa.BLANK_SCHEMA}, {"schema": "t"})
    for number, given in enumerate(options):
        table = sa.Table(f"t{number}", metadata, sa.Column("id", sa.Integer), **given)
        yield table.fullname, table.schema, table.key in metadata.tables
        other = sa.MetaData(schema="u")
        yield table.to_metadata(other).fullname
    Base = orm.declarative_base(metadata=metadata)

    class A(Base):
        __tablename__ = "a"
        __table_args__ = {"schema": sa.BLANK_SCHEMA, "sqlite_with_rowid": False}
        id = sa.Column(sa.Integer, primary_key=True)

    yield A.__table__.fullname, dict(A.__table__.kwargs), dict(A.__table__.dialect_kwargs)


def attributes_of_the_class_above_under_another_name(w):
    sa, orm = w.sa, w.orm

    class A(w.Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        data = orm.mapped_column(sa.String(9))
        up_id = orm.mapped_column(sa.ForeignKey("a.id"))
        up = orm.relationship("A", remote_side=id)
        kind = orm.mapped_column(sa.String(9))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "a"}

    class B(A):
        text = A.data
        above = A.up
        __mapper_args__ = {"polymorphic_identity": "b"}

    yield sorted(sa.inspect(B).synonyms.keys()), B.text.property is A.data.property
    yield type(B.text.original_property).__name__ != type(B.text.property).__name__
    w.create()
    w.add(B(id=1, text="x", above=A(id=2)))
    yield w.s.scalars(sa.select(B.id).where(B.text == "x")).all(), w.s.get(B, 1).above.id


def classes_with_a_given_table(w):
    sa, orm = w.sa, w.orm
    table = sa.Table("t", w.Base.metadata, sa.Column("id", sa.Integer, primary_key=True))

    def more():
        class A(w.Base):
            __table__ = table
            other = sa.Column(sa.Integer)

    yield w.error(more)

    class A(w.Base):
        __table__ = sa.select(table).subquery()
        ident = __table__.c.id

    def add():
        A.other = sa.Column(sa.Integer)

    def delete():
        del A.ident

    yield w.error(add) is not None, w.error(delete), list(orm.class_mapper(A).attrs.keys())


def annotations_beside_a_given_table(w):
    """They tell type checkers of its columns: of the class, and of a mixin."""
    sa, orm = w.sa, w.orm

    class Named:
        name: orm.Mapped[str]

    class A(Named, w.Base):
        __table__ = sa.Table(
            "a", w.Base.metadata, sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(9), nullable=False), sa.Column("note", sa.String(9)),
            sa.Column("above_id", sa.ForeignKey("a.id")),
        )  # fmt: skip
        id: orm.Mapped[int]
        note: orm.Mapped[str | None]
        above_id: orm.Mapped[int | None]
        above: orm.Mapped["A | None"] = orm.relationship(remote_side=__table__.c.id)

    w.create()
    w.add(A(id=1, name="x", above=A(id=2, name="y")))
    yield list(A.__mapper__.attrs.keys())
    yield A.__table__.c.name.nullable, A.__table__.c.note.nullable, str(sa.select(A.name))
    yield w.s.get(A, 1).above.name


def constructors_of_bases(w):
    orm = w.orm

    class Base(orm.DeclarativeBase):
        pass

    class Other:
        x = None

    made = Other()
    Base.__init__(made, x=5)
    yield made.x, "__init__" in Base.__dict__, w.error(Base.__init__, made, nothing=5)

    def wrong():
        class Wrong(orm.DeclarativeBase):
            registry = {}

    yield w.error(wrong)


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_declares_as_the_oracle_declares(program):
    compare(program)


# Warnings and hints ------------------------------------------------------------------------


def base():
    class Base(DeclarativeBase):
        pass

    return Base


def test_a_column_under_two_names_is_warned_of():
    with pytest.warns(DovetailWarning, match="a, b are one column"):

        class A(base()):
            __tablename__ = "a"
            id: Mapped[int] = mapped_column(primary_key=True)
            a = mapped_column(Integer)
            b = a


def test_expressions_that_are_not_mapped_are_warned_of():
    with pytest.warns(DovetailWarning, match=r"A\.twice is an SQL expression"):

        class A(base()):
            __tablename__ = "a"
            id = mapped_column(Integer, primary_key=True)
            twice = id * 2


@pytest.mark.parametrize("name", ["metadata", "registry"])
def test_names_with_a_meaning_are_warned_of(name):
    body = {"__tablename__": "a", "id": mapped_column(Integer, primary_key=True)}
    with pytest.warns(DovetailWarning, match=f"hides the {name}"):
        type("A", (base(),), {**body, name: mapped_column(Integer)})


def test_a_second_class_of_one_name_is_warned_of_and_found_by_it():
    Base = base()

    def make(table):
        return type(
            "Twin",
            (Base,),
            {"__tablename__": table, "id": mapped_column(Integer, primary_key=True)},
        )

    first = make("first")
    with pytest.warns(DovetailWarning, match="mapped class .*Twin already"):
        second = make("second")

    class Other(Base):
        __tablename__ = "other"
        id: Mapped[int] = mapped_column(primary_key=True)
        twin_id: Mapped[int] = mapped_column(ForeignKey("second.id"))
        twin = relationship("Twin")

    assert (inspect(Other).relationships["twin"].mapper.class_, first is second) == (second, False)


def test_a_misspelt_other_side_is_proposed():
    Base = base()

    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        bs: Mapped[list["B"]] = relationship(back_populates="parnet")

    class B(Base):
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(primary_key=True)
        a_id: Mapped[int] = mapped_column(ForeignKey("a.id"))
        parent: Mapped[A] = relationship(back_populates="bs")

    with pytest.raises(MappingError) as caught:
        Base.registry.configure()
    assert "did you mean 'parent'?" in str(caught.value)


def test_mapped_classes_win_over_what_the_module_calls_so():
    Base = base()

    class Product(Base):
        __tablename__ = "product"
        id: Mapped[int] = mapped_column(primary_key=True)
        bundle_id: Mapped[int | None] = mapped_column(ForeignKey("bundle.id"))
        one: Mapped["Bundle"] = relationship(viewonly=True)
        perhaps: Mapped["Bundle | None"] = relationship(back_populates="products")
        whole: "Mapped[Bundle | None]" = relationship(viewonly=True)

    taken = Bundle
    made = type(
        "Bundle",
        (Base,),
        {
            "__tablename__": "bundle",
            "id": mapped_column(Integer, primary_key=True),
            "products": relationship(Product, back_populates="perhaps"),
        },
    )

    found = {prop.key: prop.mapper.class_ for prop in inspect(Product).relationships}
    assert (found, taken) == (dict.fromkeys(("one", "perhaps", "whole"), made), Bundle)


# Dataclasses -------------------------------------------------------------------------------------


def test_instances_of_unmapped_dataclasses_are_made():
    @unmapped_dataclass
    class Mixin:
        n: Mapped[int] = mapped_column(default=5)
        s: Mapped[str] = mapped_column(init=False)

    assert (Mixin().n, Mixin(n=7).n) == (5, 7)


@pytest.mark.parametrize("keywords", [{}, {"kw_only": True}], ids=["positional", "keywords"])
def test_what_methods_of_mixins_declare_is_a_field(keywords):
    class Base(MappedAsDataclass, DeclarativeBase, **keywords):
        pass

    class Mixin(MappedAsDataclass):
        @declared_attr
        def created_by(cls) -> Mapped[str | None]:
            return mapped_column(default=None)

    class Item(Mixin, Base):
        __tablename__ = "item"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)

    class Special(Item):
        __tablename__ = "special"
        id: Mapped[int] = mapped_column(ForeignKey("item.id"), init=False, primary_key=True)

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Item(created_by="a"), Special(created_by="b"), Item()])
        session.commit()
        assert [i.created_by for i in session.query(Item).order_by(Item.id)] == ["a", "b", None]


def test_what_the_database_computes_is_no_parameter():
    class Base(MappedAsDataclass, DeclarativeBase):
        pass

    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        data: Mapped[str]
        twice: Mapped[int] = column_property(Column("z", Integer) * 2)

    assert A("x").data == "x"
    with pytest.raises(TypeError):
        A("x", 5)


def test_a_string_for_a_table_outside_of_the_schema_is_a_spelling_that_goes():
    class Base(DeclarativeBase):
        metadata = MetaData(schema="s")

    class A(Base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)
        others = relationship("B", secondary="ab")

    class B(Base):
        __tablename__ = "b"
        id = Column(Integer, primary_key=True)

    columns = (Column("a_id", ForeignKey(A.id)), Column("b_id", ForeignKey(B.id)))
    table = Table("ab", Base.metadata, *columns, schema=BLANK_SCHEMA)
    with pytest.warns(DovetailDeprecationWarning, match="'ab' means a table without schema"):
        assert inspect(A).relationships["others"].secondary is table


def test_a_select_stands_in_brackets_as_a_column_property_in_the_class_and_afterwards():
    class Base(DeclarativeBase):
        pass

    class Count(Base):
        __tablename__ = "count"
        id: Mapped[int] = mapped_column(primary_key=True)
        first = column_property(select(func.min(text("1"))))

        @classmethod
        def __declare_last__(cls):
            cls.last = column_property(select(func.max(text("2"))))

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Count(id=1))
        session.commit()

        found = session.scalars(select(Count)).one()
        assert (found.first, found.last) == (1, 2)
    engine.dispose()
