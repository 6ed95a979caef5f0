"""Columns, keys, expressions and names of mapped classes."""

import pytest

from dovetail import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    create_engine,
    func,
    inspect,
    select,
)
from dovetail.exc import ArgumentError
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    column_property,
    declarative_base,
    deferred,
    mapped_column,
    registry,
    relationship,
    undefer,
    undefer_group,
)
from dovetail.sql.elements import Label


@pytest.fixture
def Base():
    class Base(DeclarativeBase):
        pass

    return Base


def test_the_columns_of_an_expression_are_a_label_with_the_name_of_the_attribute(Base):
    class Person(Base):
        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column()
        shout = column_property(func.upper(name))
        named = column_property(func.lower(name).label("small"))

    (shout,) = Person.shout.property.columns
    (named,) = Person.named.property.columns

    assert (type(shout), shout.name) == (Label, "shout")
    assert str(shout.element) == "upper(person.name)"
    assert (type(named), named.name) == (Label, "small")
    assert Person.name.property.columns == [Person.__table__.c.name]
    # A condition is on the expression itself.
    assert str(Person.shout == "A") == "upper(person.name) = :upper_1"


def test_a_column_may_lie_under_another_attribute_name(Base, engine, session, sql_log):
    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column("thing_id", primary_key=True)
        label: Mapped[str] = mapped_column("thing label")

    Base.metadata.create_all(engine)
    sql_log.clear()
    session.add(Thing(label="a"))
    session.commit()

    thing = session.scalars(select(Thing).filter_by(label="a")).one()
    thing.label = "b"
    session.flush()

    assert (thing.id, thing.label) == (1, "b")
    assert sql_log.statements == [
        'INSERT INTO thing ("thing label") VALUES (?)',
        'SELECT thing.thing_id, thing."thing label" FROM thing WHERE thing."thing label" = ?',
        'UPDATE thing SET "thing label"=? WHERE thing.thing_id = ?',
    ]


def test_a_table_may_be_given(Base, engine, session):
    class Thing(Base):
        __table__ = Table(
            "thing",
            Base.metadata,
            Column("id", Integer, primary_key=True),
            Column("name", String(20)),
        )
        label = __table__.c.name

    Base.metadata.create_all(engine)
    session.add(Thing(label="a"))
    session.commit()

    assert session.scalars(select(Thing.label)).all() == ["a"]
    assert not hasattr(Thing, "name")


def test_columns_of_the_older_spelling_are_mapped(engine, session):
    Base = declarative_base()

    class Thing(Base):
        __tablename__ = "thing"
        id = Column(Integer, primary_key=True)
        label = Column("name", String(20), nullable=False)

    Base.metadata.create_all(engine)
    session.add(Thing(label="a"))
    session.commit()

    assert session.scalars(select(Thing)).one().label == "a"
    assert list(Thing.__table__.c.keys()) == ["id", "name"]


def test_declarative_base_takes_metadata_and_a_class():
    class Shared:
        @classmethod
        def table_name(cls):
            return cls.__tablename__

    metadata = MetaData()
    Base = declarative_base(metadata=metadata, cls=Shared, name="Model")

    class Thing(Base):
        __tablename__ = "thing"
        id = Column(Integer, primary_key=True)

    assert Base.__name__ == "Model"
    assert Thing.__table__.metadata is metadata
    assert Thing.table_name() == "thing"


def test_the_decorator_maps_a_class_without_a_base(engine, session):
    reg = registry()

    @reg.mapped
    class Thing:
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    reg.metadata.create_all(engine)
    session.add(Thing(name="a"))
    session.commit()

    assert session.scalars(select(Thing)).one().name == "a"
    assert Thing.__mro__ == (Thing, object)


def test_the_default_constructor_takes_attribute_names_alone(Base):
    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    thing = Thing(name="a")

    assert thing.name == "a"
    with pytest.raises(TypeError, match="nmae"):
        Thing(nmae="a")


def test_an_expression_is_read_and_never_written(Base, engine, session, sql_log):
    class Person(Base):
        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)
        first: Mapped[str] = mapped_column()
        last: Mapped[str] = mapped_column()
        full = column_property(first + " " + last)

    Base.metadata.create_all(engine)
    person = Person(first="Ada", last="Lovelace")
    session.add(person)
    session.commit()
    sql_log.clear()

    assert person.full == "Ada Lovelace"
    person.last = "King"
    session.commit()

    assert person.full == "Ada King"
    assert session.scalars(select(Person).where(Person.full == "Ada King")).one() is person
    assert [text for text in sql_log.statements if text.startswith("UPDATE")] == [
        "UPDATE person SET last=? WHERE person.id = ?"
    ]


def test_an_expression_may_be_a_subquery(Base, engine, session, sql_log):
    class Order(Base):
        __tablename__ = "order"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))

    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)
        orders: Mapped[list[Order]] = relationship()

    Owner.order_count = column_property(
        select(func.count(Order.id)).where(Order.owner_id == Owner.id).scalar_subquery()
    )
    Base.metadata.create_all(engine)
    session.add_all([Owner(orders=[Order(), Order()]), Owner()])
    session.commit()
    sql_log.clear()

    owners = session.scalars(select(Owner).order_by(Owner.id)).all()

    assert [owner.order_count for owner in owners] == [2, 0]
    assert len(sql_log) == 1


def test_attributes_may_be_added_after_mapping(Base, engine, session):
    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Pet(Base):
        __tablename__ = "pet"
        id: Mapped[int] = mapped_column(primary_key=True)

    Base.registry.configure()
    Pet.name = mapped_column(String(30))
    Pet.owner_id = Column(ForeignKey("owner.id"))
    Owner.pets = relationship(Pet, backref="owner")
    Base.metadata.create_all(engine)

    session.add(Owner(pets=[Pet(name="Rex")]))
    session.commit()

    pet = session.scalars(select(Pet).where(Pet.name == "Rex")).one()
    assert pet.owner.pets == [pet]


def test_an_attribute_may_be_added_after_use(Base, engine, session):
    class Pet(Base):
        __tablename__ = "pet"
        id: Mapped[int] = mapped_column(primary_key=True)

    Base.metadata.create_all(engine)
    session.connection().exec_driver_sql("ALTER TABLE pet ADD COLUMN name VARCHAR")
    session.add(Pet())
    session.commit()
    assert session.scalars(select(Pet)).one().id == 1

    Pet.name = mapped_column(String(30))
    session.add(Pet(name="Rex"))
    session.commit()
    session.get(Pet, 1).name = "late"
    session.commit()
    session.expunge_all()

    assert [pet.name for pet in session.scalars(select(Pet).order_by(Pet.id))] == ["late", "Rex"]
    assert session.get(Pet, 2).name == "Rex"


def test_a_deferred_column_is_read_when_touched(Base, engine, session, sql_log):
    class Page(Base):
        __tablename__ = "page"
        id: Mapped[int] = mapped_column(primary_key=True)
        body: Mapped[str] = mapped_column(deferred=True)
        foot = deferred(Column(String(20)), group="ends")
        head = deferred(Column(String(20)), group="ends")

    Base.metadata.create_all(engine)
    session.add(Page(body="b", foot="f", head="h"))
    session.commit()
    session.expunge_all()
    sql_log.clear()

    page = session.scalars(select(Page)).one()
    read = (page.body, page.foot, page.head)

    assert read == ("b", "f", "h")
    assert sql_log.statements == [
        "SELECT page.id FROM page",
        "SELECT page.id, page.body FROM page WHERE page.id IN (?)",
        "SELECT page.id, page.foot, page.head FROM page WHERE page.id IN (?)",
    ]


@pytest.mark.parametrize(
    ("option", "loaded"),
    [
        pytest.param(lambda page: undefer(page.body), {"id", "body"}, id="undefer"),
        pytest.param(lambda page: undefer_group("ends"), {"id", "foot", "head"}, id="group"),
        pytest.param(lambda page: undefer("*"), {"id", "body", "foot", "head"}, id="all"),
    ],
)
def test_a_deferred_column_is_read_at_once_where_asked_for(Base, engine, session, option, loaded):
    class Page(Base):
        __tablename__ = "page"
        id: Mapped[int] = mapped_column(primary_key=True)
        body: Mapped[str] = mapped_column(deferred=True)
        foot: Mapped[str] = mapped_column(deferred=True, deferred_group="ends")
        head: Mapped[str] = mapped_column(deferred=True, deferred_group="ends")

    Base.metadata.create_all(engine)
    session.add(Page(body="b", foot="f", head="h"))
    session.commit()
    session.expunge_all()

    page = session.scalars(select(Page).options(option(Page))).one()

    assert set(inspect(page).dict) & {"id", "body", "foot", "head"} == loaded


def test_a_composite_key_identifies(Base, engine, session, sql_log):
    class Version(Base):
        __tablename__ = "version"
        document: Mapped[int] = mapped_column(primary_key=True)
        number: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]

    Base.metadata.create_all(engine)
    session.add_all([Version(document=1, number=n, text=f"v{n}") for n in range(3)])
    session.commit()
    sql_log.clear()

    found = session.get(Version, (1, 2))

    assert found.text == "v2"
    assert session.get(Version, {"number": 2, "document": 1}) is found
    assert inspect(found).identity == (1, 2)
    assert session.get(Version, (2, 2)) is None
    assert sql_log.statements[0] == (
        "SELECT version.document, version.number, version.text FROM version "
        "WHERE version.document = ? AND version.number = ?"
    )


@pytest.mark.parametrize("wrong", [1, (1,), (1, 2, 3), {"document": 1}])
def test_a_key_of_the_wrong_size_is_refused(Base, session, wrong):
    class Version(Base):
        __tablename__ = "version"
        document: Mapped[int] = mapped_column(primary_key=True)
        number: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(Exception, match="key"):
        session.get(Version, wrong)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        pytest.param({"include_properties": ["id", "a"]}, ["id", "a"], id="include"),
        pytest.param({"exclude_properties": ["b"]}, ["id", "a"], id="exclude"),
        pytest.param(lambda c: {"include_properties": [c.id, c.a]}, ["id", "a"], id="columns"),
    ],
)
def test_columns_of_a_table_may_be_left_unmapped(Base, engine, session, sql_log, arguments, names):
    table = Table(
        "wide",
        Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("a", Integer),
        Column("b", Integer, server_default="7"),
    )

    class Wide(Base):
        __table__ = table
        __mapper_args__ = arguments(table.c) if callable(arguments) else arguments

    Base.metadata.create_all(engine)
    sql_log.clear()
    session.add(Wide(a=1))
    session.commit()

    assert session.scalars(select(Wide)).one().a == 1
    assert [prop.key for prop in Wide.__mapper__.column_attrs] == names
    assert not hasattr(Wide, "b")
    assert sql_log.statements[-1] == "SELECT wide.id, wide.a FROM wide"


def test_two_classes_of_one_name_live_in_one_base(Base, engine, session):
    def declare(table, module):
        return type(
            "Item",
            (Base,),
            {
                "__module__": module,
                "__tablename__": table,
                "__annotations__": {"id": Mapped[int], "name": Mapped[str]},
                "id": mapped_column(primary_key=True),
            },
        )

    One, Two = declare("one", "shop.one"), declare("two", "shop.two")
    Base.metadata.create_all(engine)
    session.add_all([One(name="1"), Two(name="2")])
    session.commit()

    assert session.scalars(select(One.name)).all() == ["1"]
    assert session.scalars(select(Two.name)).all() == ["2"]


def test_a_class_name_that_is_ambiguous_is_told_apart_by_its_module(Base):
    def declare(table, module):
        return type(
            "Item",
            (Base,),
            {
                "__module__": module,
                "__tablename__": table,
                "__annotations__": {"id": Mapped[int]},
                "id": mapped_column(primary_key=True),
            },
        )

    declare("one", "shop.one")
    Two = declare("two", "shop.two")

    class Basket(Base):
        __tablename__ = "basket"
        id: Mapped[int] = mapped_column(primary_key=True)
        item_id: Mapped[int] = mapped_column(ForeignKey("two.id"))
        item = relationship("shop.two.Item")

    Base.registry.configure()

    assert Basket.__mapper__.relationships["item"].mapper.class_ is Two


def test_the_mapper_tells_what_is_mapped(Base):
    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        pets: Mapped[list["Pet"]] = relationship(back_populates="owner")

    class Pet(Base):
        __tablename__ = "pet"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
        owner: Mapped[Owner] = relationship(back_populates="pets")

    mapper = inspect(Owner)

    assert mapper.class_ is Owner
    assert mapper.local_table is Owner.__table__
    assert [column.name for column in mapper.primary_key] == ["id"]
    assert [prop.key for prop in mapper.column_attrs] == ["id", "name"]
    assert [prop.key for prop in mapper.relationships] == ["pets"]
    assert mapper.attrs["name"].columns == [Owner.__table__.c.name]
    assert mapper.get_property("pets").mapper is inspect(Pet)
    assert mapper.get_property_by_column(Owner.__table__.c.name).key == "name"
    assert mapper.primary_key_from_instance(Owner(id=5)) in ([5], (5,))


def test_statements_may_use_the_class_like_a_table(Base):
    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    statement = select(Owner.name, func.count()).where(
        and_(Owner.id > 5, Owner.name.like("A%"), Owner.name.in_(["a", "b"]))
    )

    assert str(statement) == (
        "SELECT owner.name, count(*) AS count_1 \nFROM owner \n"
        "WHERE owner.id > :id_1 AND owner.name LIKE :name_1 "
        "AND owner.name IN (__[POSTCOMPILE_name_2])"
    )


def test_a_column_property_takes_what_declares_a_column():
    class Base(DeclarativeBase):
        pass

    class Note(Base):
        __tablename__ = "note"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str] = column_property(mapped_column("body", String(50)), active_history=True)

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Note(text="a"))
        session.commit()
        assert session.scalars(select(Note.text)).all() == ["a"]
    assert Note.__table__.c.body.type.length == 50
    with pytest.raises(ArgumentError, match="maps a column or an expression; got 'text'"):
        column_property("text")
