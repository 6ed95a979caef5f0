"""Classes made from the tables of a database, on every server, compared with the oracle."""

from importlib import import_module

import pytest

from dovetail import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    inspect,
    select,
)
from dovetail.event import listen
from dovetail.exc import ArgumentError, DovetailDeprecationWarning, UnmappedClassError
from dovetail.ext.automap import (
    AutomapBase,
    automap_base,
    generate_relationship,
    name_for_collection_relationship,
)
from dovetail.orm import DeclarativeBase, Session, relationship


def tables(sa, metadata):
    """A schema with every kind of reference that automap knows."""
    key = {"primary_key": True}

    def table(name, *columns):
        return sa.Table(name, metadata, *columns)

    def reference(name, target, **options):
        action = options.pop("ondelete", None)
        constraint = sa.ForeignKey(target, ondelete=action, name=f"fk_{target[:4]}_{name}")
        return sa.Column(name, sa.Integer, constraint, **options)

    table("person", sa.Column("id", sa.Integer, **key), sa.Column("name", sa.String(20)))
    table("tag", sa.Column("id", sa.Integer, **key), sa.Column("word", sa.String(20)))
    table(
        "person_tag",
        sa.Column("person_id", sa.ForeignKey("person.id"), **key),
        sa.Column("tag_id", sa.ForeignKey("tag.id"), **key),
    )
    table(
        "address",
        sa.Column("id", sa.Integer, **key),
        reference("owner_id", "person.id", nullable=False, ondelete="CASCADE"),
    )
    table(
        "letter",
        sa.Column("id", sa.Integer, **key),
        reference("writer_id", "person.id", ondelete="SET NULL"),
        reference("origin_id", "address.id"),
    )
    table("node", sa.Column("id", sa.Integer, **key), reference("parent_id", "node.id"))
    table("note", sa.Column("text", sa.String(20)), reference("reader_id", "person.id"))


def described(base):
    """What automap has made: columns and relationships of each class."""
    base.registry.configure()
    classes = base.classes
    return {
        name: (
            sorted(column.name for column in class_.__table__.c),
            {
                key: (
                    prop.mapper.class_.__name__,
                    prop.direction.name,
                    prop.uselist,
                    sorted(prop.cascade),
                    prop.passive_deletes,
                    None if prop.secondary is None else prop.secondary.name,
                )
                for key, prop in class_.__mapper__.relationships.items()
            },
        )
        for name, class_ in classes.items()
    }


@pytest.fixture
def filled_url(backend_url):
    """A database with the schema, made by the oracle."""
    engine = create_engine(backend_url)
    metadata = MetaData()
    tables(import_module("dovetail"), metadata)
    metadata.create_all(engine)
    engine.dispose()
    return backend_url


def made(package, url, **options):
    engine = import_module(package).create_engine(url)
    base = import_module(f"{package}.ext.automap").automap_base()
    base.prepare(autoload_with=engine, **options)
    answer = described(base)
    engine.dispose()
    return answer


def test_it_makes_what_the_oracle_makes(filled_url):
    ours = made("dovetail", filled_url)
    theirs = made("sqlalchemy", filled_url)

    assert ours["person"][1]["address_collection"][4] is True
    assert ours == theirs


def test_instances_come_and_go(filled_url):
    engine = create_engine(filled_url)
    if filled_url.startswith("sqlite"):
        listen(engine, "connect", lambda raw, record: raw.execute("PRAGMA foreign_keys = ON"))
    base = automap_base()
    base.prepare(autoload_with=engine)
    person_class, tag, address = (base.classes[name] for name in ("person", "tag", "address"))
    with Session(engine) as session:
        ada = person_class(
            name="Ada", tag_collection=[tag(word="x")], address_collection=[address(), address()]
        )
        session.add(ada)
        session.commit()
        assert session.scalars(select(tag)).one().person_collection == [ada]
        assert [one.person for one in session.scalars(select(address))] == [ada, ada]
        session.delete(ada)
        session.commit()
        assert session.scalars(select(address)).all() == []
    engine.dispose()


def metadata_of(*made):
    """A MetaData with tables: each a name and its columns."""
    metadata = MetaData()
    for name, *columns in made:
        Table(name, metadata, *columns)
    return metadata


def key(name="id"):
    return Column(name, Integer, primary_key=True)


def prepared(*made, **options):
    base = automap_base(metadata=metadata_of(*made))
    base.prepare(**options)
    base.registry.configure()
    return base


def names(class_):
    return sorted(class_.__mapper__.relationships.keys())


class TestNames:
    @pytest.fixture
    def schema(self):
        return (
            ("person", key()),
            ("pet", key(), Column("owner_id", ForeignKey("person.id"))),
            ("club", key()),
            (
                "member",
                Column("p_id", ForeignKey("person.id"), primary_key=True),
                Column("c_id", ForeignKey("club.id"), primary_key=True),
            ),
        )

    def test_functions_say_them(self, schema):
        base = prepared(
            *schema,
            classname_for_table=lambda base, name, table: name.title(),
            name_for_scalar_relationship=lambda base, local, referred, constraint: (
                f"its_{referred.__name__.lower()}"
            ),
            name_for_collection_relationship=lambda base, local, referred, constraint: (
                f"{referred.__name__.lower()}s"
            ),
            modulename_for_table=lambda base, name, table: f"world.{name[0]}",
            collection_class=set,
        )
        person, pet, club = base.classes.Person, base.classes.Pet, base.classes.Club

        assert sorted(base.classes.keys()) == ["Club", "Person", "Pet"]
        assert names(pet) == ["its_person"]
        assert names(person) == ["clubs", "pets"]
        assert names(club) == ["persons"]
        assert base.by_module.world.p.Pet is pet
        assert pet.__module__ == "world.p"
        assert person().pets == set()

    def test_a_function_makes_the_relationships(self, schema):
        asked = []

        def generate(base, direction, function, name, local, referred, **options):
            asked.append((direction.name, function.__name__, name, local.__name__))
            if direction.name == "MANYTOMANY":
                return None
            return generate_relationship(
                base, direction, function, name, local, referred, **options
            )

        base = prepared(*schema, generate_relationship=generate)

        assert asked == [
            ("ONETOMANY", "backref", "pet_collection", "person"),
            ("MANYTOONE", "relationship", "person", "pet"),
            ("MANYTOMANY", "backref", "person_collection", "club"),
            ("MANYTOMANY", "relationship", "club_collection", "person"),
        ]
        assert names(base.classes.person) == ["pet_collection"]
        assert names(base.classes.club) == []

    def test_a_name_that_is_a_column_is_refused(self):
        with pytest.raises(ArgumentError, match=r"b\.a is a column.*\n.*name_for_scalar"):
            prepared(("a", key()), ("b", key(), Column("a", ForeignKey("a.id"))))
        with pytest.raises(ArgumentError, match=r"a\.b_collection is a column"):
            prepared(
                ("a", key(), Column("b_collection", Integer)),
                ("b", key(), Column("a_id", ForeignKey("a.id"))),
            )

    def test_a_table_that_links_one_with_itself_needs_two(self):
        schema = (
            ("p", key()),
            (
                "friend",
                Column("p_id", ForeignKey("p.id"), primary_key=True),
                Column("of_id", ForeignKey("p.id"), primary_key=True),
            ),
        )
        with pytest.raises(ArgumentError, match=r"p\.p_collection: both sides"):
            prepared(*schema)
        schema = (("p", key()), ("friend", *(column.copy() for column in schema[1][1:])))
        base = prepared(
            *schema,
            name_for_collection_relationship=lambda base, local, referred, constraint: (
                f"{constraint.column_keys[0]}_s"
            ),
        )

        assert names(base.classes.p) == ["of_id_s", "p_id_s"]

    def test_the_first_of_several_references_has_the_name(self):
        base = prepared(
            ("p", key()),
            ("q", key(), Column("a", ForeignKey("p.id")), Column("b", ForeignKey("p.id"))),
        )
        prop = base.classes.q.__mapper__.relationships["p"]

        assert [local.name for local, _ in prop.local_remote_pairs] == ["a"]

    def test_keys_of_several_columns(self):
        base = prepared(
            ("a", key("x"), key("y")),
            (
                "b",
                key(),
                Column("ax", Integer),
                Column("ay", Integer),
                ForeignKeyConstraint(["ax", "ay"], ["a.x", "a.y"]),
            ),
        )
        assert len(base.classes.b.__mapper__.relationships["a"].local_remote_pairs) == 2


class TestDeclared:
    def test_a_class_is_completed(self, filled_url):
        engine = create_engine(filled_url)
        base = automap_base()

        class Person(base):
            __tablename__ = "person"
            name = Column("name", String(99))
            homes = relationship("address", back_populates="person")

        class Letter(base):
            __tablename__ = "letter"

        assert Person.__table__.c.keys() == ["name"]

        def named(base, local, referred, constraint):
            if referred.__name__ == "address":
                return "homes"
            return name_for_collection_relationship(base, local, referred, constraint)

        base.prepare(autoload_with=engine, name_for_collection_relationship=named)
        base.registry.configure()

        assert sorted(Person.__table__.c.keys()) == ["id", "name"]
        assert Person.__table__.c.name.type.length == 99
        assert "person" not in base.classes
        assert names(Person) == ["homes", "letter_collection", "tag_collection"]
        assert names(Letter) == ["address", "person"]
        assert Person.homes.property.mapper.class_ is base.classes.address
        engine.dispose()

    def test_classes_wait_for_prepare(self):
        base = automap_base()

        class Person(base):
            __tablename__ = "person"
            id = Column(Integer, primary_key=True)

        for use in (Person, lambda: select(Person), lambda: inspect(Person)):
            with pytest.raises(UnmappedClassError, match=r"Person is not mapped yet.*\n.*prepare"):
                use()
        base.prepare()
        assert Person().id is None

    def test_hierarchies_are_mapped_from_above(self):
        base = automap_base(metadata=metadata_of(("thing", key())))

        class Animal(base):
            __tablename__ = "animal"
            id = Column(Integer, primary_key=True)
            kind = Column(String(9))
            __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "any"}

        class Dog(Animal):
            __mapper_args__ = {"polymorphic_identity": "dog"}

        base.prepare()

        assert Dog.__mapper__.inherits is Animal.__mapper__
        assert list(base.classes.keys()) == ["thing"]

    def test_a_class_below_has_a_table_of_its_own(self, backend_url):
        engine = create_engine(backend_url)
        metadata = metadata_of(
            ("animal", key(), Column("kind", String(9)), Column("name", String(9))),
            (
                "dog",
                Column("id", ForeignKey("animal.id"), primary_key=True),
                Column("hair", Integer),
            ),
            ("toy", key(), Column("dog_id", ForeignKey("dog.id"))),
        )
        metadata.create_all(engine)
        base = automap_base()

        class Animal(base):
            __tablename__ = "animal"
            __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "any"}

        class Dog(Animal):
            __tablename__ = "dog"
            id = Column(ForeignKey("animal.id"), primary_key=True)
            __mapper_args__ = {"polymorphic_identity": "dog"}

        base.prepare(autoload_with=engine)
        base.registry.configure()

        assert names(Animal) == []
        assert names(Dog) == ["toy_collection"]
        assert list(base.classes.keys()) == ["toy"]
        with Session(engine) as session:
            session.add(Dog(name="Rex", hair=3, toy_collection=[base.classes.toy()]))
            session.commit()
            rex = session.scalars(select(Animal)).one()
            assert (type(rex), rex.name, rex.hair, len(rex.toy_collection)) == (Dog, "Rex", 3, 1)
        engine.dispose()

    def test_any_base_will_do(self):
        class Own(DeclarativeBase):
            metadata = metadata_of(("thing", key()))

        base = automap_base(Own)
        base.prepare()
        assert issubclass(base.classes.thing, Own)

        class Direct(AutomapBase, DeclarativeBase):
            metadata = metadata_of(("thing", key()))

        Direct.prepare()
        assert list(Direct.classes.keys()) == ["thing"]
        assert list(base.classes) == [base.classes.thing]


class TestAgain:
    def test_what_came_later_is_added(self, filled_url):
        engine = create_engine(filled_url)
        base = automap_base()
        base.prepare(autoload_with=engine, reflection_options={"only": ["person", "tag"]})
        person = base.classes.person
        assert names(person) == []
        base.prepare(autoload_with=engine)
        base.prepare(autoload_with=engine)
        base.registry.configure()

        assert base.classes.person is person
        assert names(person) == ["address_collection", "letter_collection", "tag_collection"]
        engine.dispose()

    def test_a_connection_will_do_and_classic_arguments_warn(self, filled_url):
        engine = create_engine(filled_url)
        base = automap_base()
        with engine.connect() as connection:
            base.prepare(connection, reflection_options={"only": ["tag"]})
        assert list(base.classes.keys()) == ["tag"]
        with pytest.warns(DovetailDeprecationWarning, match="autoload_with"):
            base.prepare(engine=engine, reflect=True)
        assert "address" in base.classes
        engine.dispose()

    def test_schemas_have_modules(self, tmp_path):
        engine = create_engine("sqlite://")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"ATTACH '{tmp_path / 'other.db'}' AS other")
            connection.exec_driver_sql("CREATE TABLE other.thing (id INTEGER PRIMARY KEY)")
            connection.exec_driver_sql("CREATE TABLE thing (id INTEGER PRIMARY KEY)")
            base = automap_base()
            for schema in (None, "other"):
                base.prepare(
                    autoload_with=connection,
                    schema=schema,
                    modulename_for_table=lambda base, name, table: f"app.{table.schema or 'main'}",
                )
            assert base.by_module.app.main.thing.__table__.schema is None
            assert base.by_module.app.other.thing.__table__.schema == "other"
            assert "thing" in base.by_module.app.other
        engine.dispose()


def test_tables_without_a_key_and_references_out_of_sight_are_left_out():
    metadata = metadata_of(
        ("nothing", Column("x", Integer)),
        ("b", key(), Column("a_id", ForeignKey("unknown.id"))),
        ("c", key(), Column("n_id", ForeignKey("nothing.x"))),
    )
    base = automap_base(metadata=metadata)
    base.prepare()

    assert sorted(base.classes.keys()) == ["b", "c"]
    assert names(base.classes.b) == names(base.classes.c) == []
    with pytest.raises(AttributeError, match="nowhere"):
        _ = base.classes.nowhere


class TestOtherSides:
    """What a class declares itself gets the other side that is made, in either direction."""

    @pytest.fixture
    def base(self):
        metadata = MetaData()
        Table("house", metadata, Column("id", Integer, primary_key=True))
        Table(
            "room",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("house_id", ForeignKey("house.id")),
        )
        Table("key", metadata, Column("id", Integer, primary_key=True))
        Table(
            "room_key",
            metadata,
            Column("room_id", ForeignKey("room.id"), primary_key=True),
            Column("key_id", ForeignKey("key.id"), primary_key=True),
        )
        return automap_base(metadata=metadata)

    def test_a_collection(self, base):
        class House(base):
            __tablename__ = "house"
            room_collection = relationship("room", collection_class=set)

        base.prepare()
        room = base.classes.room()

        assert House(room_collection={room}) is room.house

    def test_a_collection_with_a_backref_of_the_same_name(self, base):
        class House(base):
            __tablename__ = "house"
            room_collection = relationship("room", collection_class=set, backref="house")

        base.prepare()
        room = base.classes.room()

        assert House(room_collection={room}) is room.house

    def test_a_reference(self, base):
        class Room(base):
            __tablename__ = "room"
            house = relationship("house")

        base.prepare()
        house = base.classes.house()
        room = Room(house=house)

        assert house.room_collection == [room]

    @pytest.mark.parametrize("named", ["room", "key"])
    def test_many_to_many(self, base, named):
        other = {"room": "key", "key": "room"}[named]
        body = {
            "__tablename__": named,
            f"{other}_collection": relationship(other, secondary="room_key"),
        }
        declared = type(base)(named, (base,), body)
        base.prepare()
        there = base.classes[other]()

        one = declared(**{f"{other}_collection": [there]})
        assert getattr(there, f"{named}_collection") == [one]
