"""Corners of relationships and hierarchies, one program each, run on both packages."""

import pytest

from tests.orm.both import compare, programs


def through_tables_between_joined_classes(w):
    sa, orm = w.sa, w.orm

    class Product(w.Base):
        __tablename__ = "product"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        kind = orm.mapped_column(sa.String(9))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "product"}

    class Pack(Product):
        __tablename__ = "pack"
        id = orm.mapped_column(sa.ForeignKey("product.id"), primary_key=True)
        items = orm.relationship(
            Product, secondary="item", order_by=Product.id, back_populates="packs"
        )
        boxes = orm.relationship("Box", secondary="boxed", order_by="Box.id")
        __mapper_args__ = {"polymorphic_identity": "pack"}

    class Box(Product):
        __tablename__ = "box"
        id = orm.mapped_column(sa.ForeignKey("product.id"), primary_key=True)
        packs_in = orm.relationship("Pack", secondary="boxed", viewonly=True)
        __mapper_args__ = {"polymorphic_identity": "box"}

    Product.packs = orm.relationship(Pack, secondary="item", back_populates="items")
    sa.Table(
        "item",
        w.Base.metadata,
        sa.Column("pack_id", sa.ForeignKey("pack.id"), primary_key=True),
        sa.Column("product_id", sa.ForeignKey("product.id"), primary_key=True),
    )
    sa.Table(
        "boxed",
        w.Base.metadata,
        sa.Column("box_id", sa.ForeignKey("box.id"), primary_key=True),
        sa.Column("pack_id", sa.ForeignKey("pack.id"), primary_key=True),
    )
    w.create()
    w.add(Pack(id=1, items=[Product(id=2), Pack(id=3)], boxes=[Box(id=4), Box(id=5)]))
    for option in (orm.lazyload, orm.selectinload, orm.joinedload):
        options = [option(Pack.items), option(Pack.boxes)]
        pack = w.s.scalars(sa.select(Pack).where(Pack.id == 1).options(*options)).unique().one()
        yield [(type(one).__name__, one.id) for one in (*pack.items, *pack.boxes)]
        w.s.expunge_all()
    yield [one.id for one in w.s.get(Box, 4).packs_in], [one.id for one in w.s.get(Pack, 3).packs]
    yield w.s.scalars(sa.select(Pack.id).where(Pack.boxes.any(Box.id == 5))).all()
    yield w.s.scalars(sa.select(Pack.id).join(Pack.items.of_type(orm.aliased(Product)))).all()
    pack = w.s.get(Pack, 1)
    pack.items.pop(0)
    w.s.flush()
    yield w.rows(w.Base.metadata.tables["item"])


def trees_that_share_a_part_of_the_key(w):
    sa, orm = w.sa, w.orm

    class Folder(w.Base):
        __tablename__ = "folder"
        account = orm.mapped_column(sa.Integer, primary_key=True, autoincrement=False)
        number = orm.mapped_column(sa.Integer, primary_key=True, autoincrement=False)
        up_number = orm.mapped_column(sa.Integer)
        up = orm.relationship("Folder", remote_side=[account, number], back_populates="downs")
        downs = orm.relationship(
            "Folder",
            remote_side=[account, up_number],
            back_populates="up",
            order_by="Folder.number",
        )
        __table_args__ = (
            sa.ForeignKeyConstraint(["account", "up_number"], ["folder.account", "folder.number"]),
        )

    w.create()
    yield Folder.up.property.direction.name, Folder.downs.property.direction.name
    w.add(
        Folder(account=1, number=1, downs=[Folder(account=1, number=n) for n in (2, 3)]),
        Folder(account=2, number=1, downs=[Folder(account=2, number=2)]),
        Folder(account=2, number=9),
    )
    tree = sa.select(Folder).order_by(Folder.account, Folder.number)
    for option in (orm.lazyload, orm.selectinload, orm.joinedload):
        found = w.s.scalars(tree.options(option(Folder.downs), option(Folder.up))).unique().all()
        yield [(f.account, f.number, f.up and f.up.number, len(f.downs)) for f in found]
        w.s.expunge_all()
    above = orm.aliased(Folder)
    yield w.s.execute(
        sa.select(Folder.account, Folder.number, above.number)
        .join(Folder.up.of_type(above))
        .order_by(Folder.account, Folder.number)
    ).all()
    w.s.get(Folder, (2, 9)).up = w.s.get(Folder, (2, 1))
    w.s.flush()
    yield w.rows(Folder)


def between_subqueries(w):
    sa, orm = w.sa, w.orm

    class User(w.Base):
        __tablename__ = "u"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        name = orm.mapped_column(sa.String(9))

    class Note(w.Base):
        __tablename__ = "n"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        user_id = orm.mapped_column(sa.ForeignKey("u.id"))

    notes = sa.select(Note.__table__).where(Note.__table__.c.id > 1).subquery()

    class LaterNote(w.Base):
        __table__ = notes

    class Author(w.Base):
        __table__ = sa.select(User.__table__).where(User.__table__.c.name != "x").subquery()
        notes = orm.relationship(LaterNote, viewonly=True, order_by=LaterNote.id)

    LaterNote.author = orm.relationship(Author, viewonly=True)
    w.create()
    w.add(*(User(id=n, name=name) for n, name in ((1, "a"), (2, "x"), (3, "c"))))
    w.add(*(Note(id=n, user_id=user) for n, user in ((1, 1), (2, 1), (3, 1), (4, 2))))
    yield Author.notes.property.direction.name, LaterNote.author.property.direction.name
    for option in (orm.lazyload, orm.selectinload, orm.joinedload):
        statement = sa.select(Author).options(option(Author.notes)).order_by(Author.id)
        found = w.s.scalars(statement).unique().all()
        yield [(one.id, [note.id for note in one.notes]) for one in found]
        w.s.expunge_all()
    found = w.s.scalars(sa.select(LaterNote).order_by(LaterNote.id)).all()
    yield [note.author and note.author.id for note in found]


def instances_are_made_by_new(w):
    sa, orm = w.sa, w.orm
    made = []

    class Thing(w.Base):
        __tablename__ = "thing"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        kind = orm.mapped_column(sa.String(9))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "t"}

    class Watched(Thing):
        __mapper_args__ = {"polymorphic_identity": "w"}

        def __new__(cls, **values):
            self = super().__new__(cls)
            self.seen = cls.__name__
            made.append(cls.__name__)
            return self

    columns = {f"c{n}": orm.mapped_column(sa.Integer) for n in range(40)}
    key = orm.mapped_column(sa.Integer, primary_key=True)
    Wide = type(
        "Wide",
        (w.Base,),
        {"__tablename__": "wide", "id": key, **columns, "__new__": Watched.__dict__["__new__"]},
    )
    w.create()
    w.add(Watched(id=1), Thing(id=2))
    w.s.execute(sa.insert(Wide), [{"id": 1, "c39": 5}])
    made.clear()
    yield w.s.get(Watched, 1).seen, made
    w.s.expunge_all()
    yield [getattr(one, "seen", None) for one in w.s.scalars(sa.select(Thing).order_by(Thing.id))]
    yield w.error(lambda: w.s.scalars(sa.select(Wide)).one())


def concrete_classes_lack_what_others_have(w):
    sa, orm = w.sa, w.orm
    AbstractConcreteBase = w.module("ext.declarative").AbstractConcreteBase

    class Vehicle(AbstractConcreteBase, w.Base):
        pass

    class Car(Vehicle):
        __tablename__ = "car"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        name = orm.mapped_column(sa.String(9))
        doors = orm.mapped_column(sa.Integer)
        __mapper_args__ = {"polymorphic_identity": "car", "concrete": True}

    class Boat(Vehicle):
        __tablename__ = "boat"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        name = orm.mapped_column(sa.String(9))
        sail = orm.mapped_column(sa.Integer)
        __mapper_args__ = {"polymorphic_identity": "boat", "concrete": True}

        @property
        def doors(self):
            return "none"

    w.create()
    w.add(Car(id=1, name="c", doors=3), Boat(id=1, name="b", sail=2))
    found = w.s.scalars(sa.select(Vehicle).order_by(Vehicle.name)).all()
    yield [(type(v).__name__, v.doors, getattr(v, "sail", None)) for v in found]
    w.s.commit()
    yield [(type(v).__name__, v.doors, getattr(v, "sail", None)) for v in found]
    yield hasattr(found[1], "sail"), w.error(lambda: found[1].sail)


def what_an_abstract_concrete_class_declares(w):
    """Columns and references made by methods; a UNION with conditions of its own."""
    sa, orm = w.sa, w.orm
    AbstractConcreteBase = w.module("ext.declarative").AbstractConcreteBase

    class Garage(w.Base):
        __tablename__ = "garage"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    class Vehicle(AbstractConcreteBase, w.Base):
        strict_attrs = True

        @orm.declared_attr
        def id(cls):
            return orm.mapped_column(sa.Integer, primary_key=True)

        @orm.declared_attr
        def garage_id(cls):
            return orm.mapped_column(sa.ForeignKey("garage.id"))

        @orm.declared_attr
        def garage(cls):
            return orm.relationship("Garage")

        @classmethod
        def _create_polymorphic_union(cls, mappers, discriminator_name):
            selects = [
                sa.select(
                    one.local_table.c.id, one.local_table.c.garage_id,
                    sa.literal(one.polymorphic_identity).label(discriminator_name),
                ).where(one.local_table.c.id > 1)
                for one in mappers
            ]  # fmt: skip
            return sa.union_all(*selects).subquery()

    class Car(Vehicle):
        __tablename__ = "car"
        __mapper_args__ = {"polymorphic_identity": "car", "concrete": True}

    class Boat(Vehicle):
        __tablename__ = "boat"
        __mapper_args__ = {"polymorphic_identity": "boat", "concrete": True}

    orm.configure_mappers()
    w.create()
    place = Garage(id=7)
    w.add(Car(id=1, garage=place), Car(id=2, garage=place), Boat(id=3, garage=place))
    statement = sa.select(Vehicle).order_by(Vehicle.id)
    found = w.s.scalars(statement).all()
    yield [(type(v).__name__, v.id, v.garage.id) for v in found]
    joined = sa.select(Vehicle.id, Garage.id).join(Vehicle.garage).order_by(Vehicle.id)
    yield w.s.execute(joined).all()
    place = w.s.get(Garage, 7)
    held = sa.select(Vehicle.id).where(Vehicle.garage == place).order_by(Vehicle.id)
    yield w.s.scalars(held).all()
    yield sorted({"id", "garage_id", "garage"} & set(sa.inspect(Vehicle).attrs.keys()))


def concrete_classes_by_a_union(w):
    sa, orm = w.sa, w.orm
    reg, meta = w.Base.registry, w.Base.metadata
    tables = {
        name: sa.Table(
            name,
            meta,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(9)),
            *(sa.Column(more, sa.String(9)) for more in own),
        )
        for name, own in (("staff", ()), ("boss", ("title",)), ("smith", ("tool",)))
    }
    union = orm.polymorphic_union(tables, "type", "pjoin")

    class Staff:
        def __init__(self, **values):
            vars(type(self))
            for name, value in values.items():
                setattr(self, name, value)

    class Boss(Staff):
        pass

    class Smith(Staff):
        pass

    reg.map_imperatively(
        Staff,
        tables["staff"],
        with_polymorphic=("*", union),
        polymorphic_on=union.c.type,
        polymorphic_identity="staff",
    )
    for class_ in (Boss, Smith):
        name = class_.__name__.lower()
        reg.map_imperatively(
            class_, tables[name], inherits=Staff, concrete=True, polymorphic_identity=name
        )
    w.create()
    w.add(Staff(name="a"), Boss(name="b", title="t"), Smith(name="c", tool="t"))
    found = w.s.scalars(sa.select(Staff).order_by(Staff.name)).all()
    yield [(type(one).__name__, one.name, getattr(one, "tool", None)) for one in found]
    w.s.expunge_all()
    everyone = orm.with_polymorphic(Staff, "*", union, polymorphic_on=union.c.type)
    found = w.s.scalars(sa.select(everyone).where(everyone.Smith.tool == "t")).all()
    yield [(type(one).__name__, one.name) for one in found]


def columns_that_the_class_computes_itself_are_not_mapped(w):
    sa, orm = w.sa, w.orm
    reg = orm.registry()
    table = sa.Table(
        "t",
        reg.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(9)),
        sa.Column("other", sa.String(9)),
    )

    class Plain:
        other = None

        @property
        def name(self):
            return "computed"

    mapper = reg.map_imperatively(Plain, table)
    yield sorted(mapper.attrs.keys()), Plain(id=1).name
    reg.dispose()


def what_is_only_read_has_no_changes(w):
    sa, orm = w.sa, w.orm

    class A(w.Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        bs = orm.relationship("B", viewonly=True)

    class B(w.Base):
        __tablename__ = "b"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        a_id = orm.mapped_column(sa.ForeignKey("a.id"))
        a = orm.relationship(A, viewonly=True)

    w.create()
    a, b = A(id=1), B(id=2)
    a.bs.append(b)
    b.a = a
    for _ in range(2):
        yield sa.inspect(a).attrs.bs.history.has_changes()
        yield sa.inspect(b).attrs.a.history.has_changes()
        w.s.add_all([a, b])
        w.s.flush()
        yield w.rows(B)
        a.bs.clear()
        b.a = None
        yield a in w.s.dirty, b in w.s.dirty


def changes_of_what_is_only_read_are_refused(w):
    sa, orm = w.sa, w.orm
    for view, sync in ((True, None), (True, True), (False, True)):
        Base = orm.declarative_base()

        class A(Base):
            __tablename__ = "a"
            id = sa.Column(sa.Integer, primary_key=True)
            bs = orm.relationship("B", back_populates="a", viewonly=view)

        class B(Base):
            __tablename__ = "b"
            id = sa.Column(sa.Integer, primary_key=True)
            a_id = sa.Column(sa.ForeignKey("a.id"))
            a = orm.relationship(A, back_populates="bs", sync_backref=sync)

        error = w.error(Base.registry.configure)
        yield error if error is None else "refused"
        Base.registry.dispose()


def concrete_base_has_rows_of_its_own(w):
    """A ConcreteBase that does not say ``concrete=True`` is one of the tables of its UNION."""
    sa, orm = w.sa, w.orm
    ConcreteBase = w.module("ext.declarative").ConcreteBase

    class Company(w.Base):
        __tablename__ = "company"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        staff = orm.relationship("Person", order_by="Person.id")

    class Person(ConcreteBase, w.Base):
        __tablename__ = "person"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        company_id = orm.mapped_column(sa.ForeignKey("company.id"))
        name = orm.mapped_column(sa.String)
        __mapper_args__ = {"polymorphic_identity": "person"}

    class Engineer(Person):
        __tablename__ = "engineer"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        company_id = orm.mapped_column(sa.ForeignKey("company.id"))
        name = orm.mapped_column(sa.String)
        language = orm.mapped_column(sa.String)
        __mapper_args__ = {"polymorphic_identity": "engineer", "concrete": True}

    w.create()
    people = Person(id=1, name="p"), Engineer(id=2, name="e", language="j")
    w.add(Company(id=1, staff=list(people)))

    def found(statement):
        return sorted((type(one).__name__, one.name) for one in w.s.scalars(statement))

    yield found(sa.select(Person)), found(sa.select(orm.aliased(Person)))
    yield [type(one).__name__ for one in w.s.get(Company, 1).staff]
    for options in ({}, {"aliased": True}, {"flat": True}):
        staff = orm.with_polymorphic(Person, "*", **options)
        yield found(sa.select(staff)), found(sa.select(staff).where(staff.Engineer.language == "j"))
        joined = sa.select(Company.id).join(Company.staff.of_type(staff))
        yield w.s.scalars(joined.where(staff.Engineer.language == "j")).all()


def declaring_methods_of_mixins_and_of_the_class(w):
    """What a method returns is annotated where a mixin has it; in the class the column says all."""
    sa, orm = w.sa, w.orm

    class Named:
        @orm.declared_attr
        def name(cls) -> orm.Mapped[str]:
            return orm.mapped_column(sa.String(30))

    class Thing(Named, w.Base):
        __tablename__ = "thing"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        kind = orm.mapped_column(sa.String(9))
        __mapper_args__ = {"polymorphic_on": "kind"}

        @orm.declared_attr
        def own(cls) -> orm.Mapped[str]:
            return orm.mapped_column(sa.String(20))

    class Part(Thing):
        __mapper_args__ = {"polymorphic_identity": "part"}

        @orm.declared_attr
        def weight(cls) -> orm.Mapped[int]:
            return Thing.__table__.c.get("weight", orm.mapped_column(sa.Integer))

    yield [
        (c.name, str(c.type), c.nullable) for c in sorted(Part.__table__.c, key=lambda c: c.name)
    ]


def values_that_are_initial_for_a_property(w):
    """Events of an attribute are listened to on its property as well."""
    sa, orm = w.sa, w.orm

    class Thing(w.Base):
        __tablename__ = "thing"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        size = orm.mapped_column(sa.Integer, default=7)

    prop = sa.inspect(Thing).column_attrs.size

    @sa.event.listens_for(prop, "init_scalar", retval=True, propagate=True)
    def initial(target, value, dict_):
        dict_["size"] = prop.columns[0].default.arg
        return dict_["size"]

    w.create()
    thing = Thing()
    yield thing.size, thing.__dict__["size"]
    w.s.add(thing)
    yield w.rows(Thing)


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_maps_as_the_oracle_maps(program):
    compare(program)
