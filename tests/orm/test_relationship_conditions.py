"""What a relationship may say of its join, and what is refused or warned of; as the oracle does."""

import gc
import warnings
from importlib import import_module

import pytest

from dovetail import (
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    and_,
    create_engine,
    func,
    join,
    select,
)
from dovetail.exc import (
    AmbiguousForeignKeysError,
    DetachedInstanceError,
    DovetailWarning,
    MappingError,
    NoForeignKeysError,
)
from dovetail.orm import (
    DeclarativeBase,
    Session,
    aliased,
    foreign,
    joinedload,
    lazyload,
    mapped_column,
    registry,
    relationship,
    remote,
    selectinload,
)

PACKAGES = ("dovetail", "sqlalchemy")


@pytest.fixture(params=PACKAGES)
def package(request):
    yield request.param
    # Mappings that were refused are to be gone before somebody configures all there are.
    gc.collect()


def two_classes(package, *, key=True, **options):
    """Parent, with a relationship to Child that has *options*; *key* says if Child refers to it."""
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Child(Base):
        __tablename__ = "child"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        parent_id = orm.mapped_column(*[sa.ForeignKey("parent.id")] * key, type_=sa.Integer)

    class Parent(Base):
        __tablename__ = "parent"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        children = orm.relationship("Child", **options)

    Base.registry.configure()
    return Parent, Child


REFUSED = {
    "all columns are said to be remote": {"remote_side": "[Child.parent_id, Parent.id]"},
    "both columns are said to refer": {
        "primaryjoin": "Parent.id == Child.parent_id",
        "foreign_keys": "[Child.parent_id, Parent.id]",
    },
    "a string in a list of columns": {"foreign_keys": ["Child.parent_id"]},
    "a string in a list for the order": {"order_by": ["Child.id"]},
    "a comparison of strings": {"primaryjoin": False},
    "back_populates that is no name": {"back_populates": object()},
    "a callable for back_populates that gives no name": {"back_populates": object},
}


@pytest.mark.parametrize("options", REFUSED.values(), ids=REFUSED.keys())
def test_what_says_nothing_of_the_join_is_refused(package, options):
    with pytest.raises(import_module(f"{package}.exc").ArgumentError):
        two_classes(package, **options)


def test_a_mapped_class_is_no_third_table(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Link(Base):
        __tablename__ = "link"
        left = orm.mapped_column(sa.ForeignKey("node.id"), primary_key=True)
        right = orm.mapped_column(sa.ForeignKey("leaf.id"), primary_key=True)

    class Leaf(Base):
        __tablename__ = "leaf"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    class Node(Base):
        __tablename__ = "node"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        leaves = orm.relationship(Leaf, secondary=Link)

    with pytest.raises(import_module(f"{package}.exc").ArgumentError):
        Base.registry.configure()


def test_without_foreign_key_the_error_is_that_of_joins(package):
    with pytest.raises(import_module(f"{package}.exc").NoForeignKeysError):
        two_classes(package, key=False)


def test_one_mistake_can_be_caught_as_what_it_is_and_as_one_of_the_mapping():
    with pytest.raises(MappingError) as caught:
        two_classes("dovetail", key=False)
    assert isinstance(caught.value, NoForeignKeysError)

    mapping = registry()
    parent = Table("parent", mapping.metadata, Column("id", Integer, primary_key=True))
    keys = [Column(name, ForeignKey("parent.id")) for name in ("a", "b")]
    child = Table("child", mapping.metadata, Column("id", Integer, primary_key=True), *keys)
    classes = [type("Child", (), {}), type("Parent", (), {})]
    mapping.map_imperatively(classes[0], child)
    mapping.map_imperatively(classes[1], parent, properties={"children": relationship(classes[0])})
    with pytest.raises(MappingError) as caught:
        mapping.configure()
    assert isinstance(caught.value, AmbiguousForeignKeysError)
    assert not isinstance(caught.value, NoForeignKeysError)


def test_a_broken_foreign_key_to_another_table_is_not_in_the_way(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")
    mapping = orm.registry()
    columns = [sa.Column("id", sa.Integer, primary_key=True)]
    own = sa.Table(
        "own", mapping.metadata, *columns, sa.Column("other_id", sa.ForeignKey("other.nothing"))
    )
    sa.Table("other", mapping.metadata, sa.Column("id", sa.Integer, primary_key=True))
    far = sa.Table(
        "far",
        mapping.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("own_id", sa.ForeignKey("own.id")),
    )
    classes = [type("Far", (), {}), type("Own", (), {})]
    mapping.map_imperatively(classes[0], far)
    mapping.map_imperatively(classes[1], own, properties={"all": orm.relationship(classes[0])})

    assert classes[1].all.property.local_remote_pairs == [(own.c.id, far.c.own_id)]


@pytest.mark.parametrize("kind", ["name", "callable", "callable that gives the attribute"])
def test_back_populates_by_name_or_callable(package, kind):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    given = {
        "name": ("children", "parent"),
        "callable": (lambda: "children", lambda: "parent"),
        "callable that gives the attribute": (lambda: Parent.children, lambda: Child.parent),
    }[kind]

    class Child(Base):
        __tablename__ = "child"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        parent_id = orm.mapped_column(sa.ForeignKey("parent.id"))
        parent = orm.relationship("Parent", back_populates=given[0])

    class Parent(Base):
        __tablename__ = "parent"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        children = orm.relationship("Child", back_populates=given[1])

    child = Child(parent=Parent())
    assert child.parent.children == [child]


@pytest.mark.parametrize(
    "condition",
    [
        "and_(Parent.id == foreign(Child.parent_id), Child.id != bindparam('none', 0))",
        "and_(Parent.id == Child.parent_id, cast(Child.id, Integer) > 0)",
        "and_(Parent.id == Child.parent_id, exists(select(literal(1)).where(true())))",
        "and_(Parent.id == Child.parent_id, case((Child.id > 0, 1), else_=0) == 1)",
    ],
)
def test_strings_know_the_language_of_conditions(package, condition):
    Parent, _ = two_classes(package, primaryjoin=condition, viewonly=True)
    assert Parent.children.property.primaryjoin is not None


# Overlaps -------------------------------------------------------------------------------------


def siblings(package, **options):
    """The warnings for Parent.children and Child.parent, the latter with *options*."""
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Child(Base):
        __tablename__ = "child"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        parent_id = orm.mapped_column(sa.ForeignKey("parent.id"))
        parent = orm.relationship("Parent", **options)

    class Parent(Base):
        __tablename__ = "parent"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        children = orm.relationship("Child")

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Base.registry.configure()
    return [str(one.message) for one in caught]


def test_two_sides_that_do_not_know_each_other_are_warned_of(package):
    assert len(siblings(package)) == 1
    assert siblings(package, overlaps="children") == []
    assert siblings(package, viewonly=True) == []


def test_the_warning_says_what_to_do():
    (text,) = siblings("dovetail")
    assert "both write child.parent_id" in text
    assert "back_populates" in text


def test_relationships_of_sister_classes_do_not_overlap(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parent"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    class Child(Base):
        __tablename__ = "child"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        kind = orm.mapped_column(sa.String(5))
        parent_id = orm.mapped_column(sa.ForeignKey("parent.id"))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "child"}

    class Son(Child):
        father = orm.relationship(Parent)
        __mapper_args__ = {"polymorphic_identity": "son"}

    class Daughter(Child):
        mother = orm.relationship(Parent)
        __mapper_args__ = {"polymorphic_identity": "girl"}

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Base.registry.configure()


def test_a_remote_mark_on_this_side_alone_is_warned_of():
    with pytest.warns(DovetailWarning, match="is of a table of this side alone"):
        two_classes("dovetail", remote_side="[Parent.id]")


# Conditions for reading -----------------------------------------------------------------------


def readers(package):
    """A session over owners, things and links, with relationships that only read."""
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    class Box(Base):
        __tablename__ = "box"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        owner_id = orm.mapped_column(sa.ForeignKey("owner.id"))
        first_id = orm.mapped_column(sa.ForeignKey("thing.id"))
        second_id = orm.mapped_column(sa.ForeignKey("thing.id"))
        either = orm.relationship(
            Thing,
            primaryjoin="or_(Box.first_id == Thing.id, Box.second_id == Thing.id)",
            viewonly=True,
            uselist=True,
            order_by="Thing.id",
        )

    class Owner(Base):
        __tablename__ = "owner"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        things = orm.relationship(
            Thing,
            primaryjoin=lambda: sa.and_(
                Owner.id == orm.remote(Box.owner_id), orm.foreign(Thing.id) == Box.first_id
            ),
            viewonly=True,
            order_by=Thing.id,
        )

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    session = orm.Session(engine)
    session.add_all([Thing(id=n) for n in range(1, 5)])
    session.add_all([Owner(id=1), Owner(id=2)])
    session.flush()
    places = [(1, 1, 2), (1, 1, None), (1, 3, 1), (2, 4, 4), (None, 2, 3)]
    for n, (owner, first, second) in enumerate(places):
        session.add(Box(id=n, owner_id=owner, first_id=first, second_id=second))
    session.commit()
    return session, sa, Box, Owner


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("declares", [True, False], ids=["declarative", "imperative"])
def test_a_reference_that_is_null_needs_no_statement(engine, sql_log, declares):
    mappings = registry()
    users, notes = (
        Table(name, mappings.metadata, Column("id", Integer, primary_key=True), *columns)
        for name, columns in (
            ("user_account", ()),
            ("note", (Column("user_id", ForeignKey("user_account.id")), Column("text", String))),
        )
    )
    bases = (mappings.generate_base(),) if declares else ()
    User = type("User", bases, {"__table__": users})
    living = and_(users.c.id == notes.c.user_id, users.c.id != 27)
    user = relationship(User, primaryjoin=living)
    either = relationship(
        User, primaryjoin=users.c.id == func.coalesce(foreign(notes.c.user_id), 3), viewonly=True
    )
    body = {"user": user, "either": either}
    Note = type("Note", bases, {"__table__": notes, **(body if declares else {})})
    if not declares:
        mappings.map_imperatively(User, users)
        mappings.map_imperatively(Note, notes, properties=body)
    mappings.metadata.create_all(engine)
    with Session(engine) as session:
        note, other, third = Note(), Note(), User()
        note.text, third.id = "a", 3
        session.add_all([note, other, third])
        session.flush()
        sql_log.clear()
        assert (note.user, other.user, sql_log.statements) == (None, None, [])
        assert (note.either, len(sql_log.statements)) == (third, 1)


def test_further_tables_of_a_condition_find_each_row_once():
    found = []
    for package in PACKAGES:
        session, sa, Box, Owner = readers(package)
        with session:
            owners = session.scalars(sa.select(Owner).order_by(Owner.id)).all()
            boxes = session.scalars(sa.select(Box).order_by(Box.id)).all()
            found.append(
                (
                    [[thing.id for thing in owner.things] for owner in owners],
                    [[thing.id for thing in box.either] for box in boxes],
                )
            )
        session.bind.dispose()
    assert found[0] == found[1]
    assert found[0][0] == [[1, 3], [4]]
    assert found[0][1] == [[1, 2], [1], [1, 3], [4], [2, 3]]


def test_tables_of_a_subquery_in_the_condition_stay_in_it(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Post(Base):
        __tablename__ = "post"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        user_id = orm.mapped_column(sa.ForeignKey("user.id"))

    latest = Post.__table__.alias("other")
    last = (
        sa.select(sa.func.max(latest.c.id))
        .where(latest.c.user_id == Post.user_id)
        .correlate(Post)
        .scalar_subquery()
    )

    class User(Base):
        __tablename__ = "user"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        newest = orm.relationship(
            Post,
            primaryjoin=sa.and_(id == orm.foreign(Post.user_id), Post.id == last),
            viewonly=True,
            uselist=False,
        )

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([User(id=1), User(id=2)])
        session.flush()
        session.add_all([Post(id=n, user_id=1) for n in (1, 2, 3)])
        session.commit()
        for load in (orm.lazyload, orm.selectinload, orm.joinedload):
            session.expunge_all()
            users = session.scalars(
                sa.select(User).options(load(User.newest)).order_by(User.id)
            ).all()
            assert [user.newest and user.newest.id for user in users] == [3, None]
    engine.dispose()


def test_what_compares_without_equality_has_its_pairs(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Step(Base):
        __tablename__ = "step"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        before = orm.mapped_column(sa.Integer)
        earlier = orm.relationship(
            "Step", primaryjoin="Step.id > Step.before", foreign_keys="Step.before", viewonly=True
        )

    table = Step.__table__
    assert Step.earlier.property.local_remote_pairs == [(table.c.id, table.c.before)]


def test_a_third_table_that_is_a_join_with_the_related_table_in_it(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Tag(Base):
        __tablename__ = "tag"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    class Shelf(Base):
        __tablename__ = "shelf"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        tag_id = orm.mapped_column(sa.ForeignKey("tag.id"))

    class Book(Base):
        __tablename__ = "book"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        shelf_id = orm.mapped_column(sa.ForeignKey("shelf.id"))
        tag = orm.relationship(
            "Tag",
            secondary=lambda: sa.join(Shelf.__table__, Tag.__table__, Shelf.tag_id == Tag.id),
            primaryjoin="Book.shelf_id == Shelf.id",
            secondaryjoin="Shelf.tag_id == Tag.id",
            uselist=False,
            viewonly=True,
        )

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([Tag(id=1), Tag(id=2)])
        session.flush()
        session.add_all([Shelf(id=1, tag_id=2), Shelf(id=2, tag_id=1)])
        session.flush()
        session.add_all([Book(id=1, shelf_id=1), Book(id=2, shelf_id=2), Book(id=3)])
        session.commit()
        for load in (orm.lazyload, orm.selectinload, orm.joinedload):
            session.expunge_all()
            statement = sa.select(Book).options(load(Book.tag)).order_by(Book.id)
            books = session.scalars(statement).unique().all()
            assert [book.tag and book.tag.id for book in books] == [2, 1, None]
        rows = session.execute(sa.select(Book.id, Tag.id).join(Book.tag).order_by(Book.id)).all()
        assert [tuple(row) for row in rows] == [(1, 2), (2, 1)]
    engine.dispose()


class Route(DeclarativeBase):
    pass


class Country(Route):
    __tablename__ = "country"
    id = mapped_column(Integer, primary_key=True)
    # By the table between them, to which the rows of the far side refer.
    streets = relationship("Street", secondary="town", viewonly=True, order_by="Street.id")


class Town(Route):
    __tablename__ = "town"
    id = mapped_column(Integer, primary_key=True)
    country_id = mapped_column(ForeignKey("country.id"))


class Street(Route):
    __tablename__ = "street"
    id = mapped_column(Integer, primary_key=True)
    town_id = mapped_column(ForeignKey("town.id"))
    country = relationship(Country, secondary="town", viewonly=True, uselist=False)


class House(Route):
    __tablename__ = "house"
    id = mapped_column(Integer, primary_key=True)
    street_id = mapped_column(ForeignKey("street.id"))
    country = relationship(
        Country,
        secondary=lambda: join(Street, Town),
        primaryjoin=lambda: House.street_id == Street.id,
        secondaryjoin=lambda: Town.country_id == Country.id,
        viewonly=True,
        uselist=False,
    )
    neighbours = relationship(
        "House",
        secondary=lambda: join(Street, Town),
        primaryjoin=lambda: House.street_id == Street.id,
        secondaryjoin=lambda: foreign(remote(House.street_id)) == Street.id,
        viewonly=True,
        order_by=lambda: House.id,
    )


@pytest.fixture
def route(engine):
    Route.metadata.create_all(engine)
    with Session(engine) as session:
        for number in (1, 2):
            session.add_all([Country(id=number), Town(id=10 + number, country_id=number)])
        session.flush()
        towns = (11, 11, 12, None)
        session.add_all([Street(id=n, town_id=town) for n, town in enumerate(towns, 21)])
        session.flush()
        streets = (21, 23, 21, 24, None)
        session.add_all([House(id=n, street_id=street) for n, street in enumerate(streets, 31)])
        session.commit()
        yield session


@pytest.mark.parametrize("load", [lazyload, selectinload, joinedload])
def test_rows_are_found_through_what_they_refer_to(route, load):
    countries = route.scalars(select(Country).options(load(Country.streets)).order_by(Country.id))
    found = [[street.id for street in country.streets] for country in countries.unique()]
    assert found == [[21, 22], [23]]

    streets = route.scalars(select(Street).options(load(Street.country)).order_by(Street.id))
    assert [one.country and one.country.id for one in streets.unique()] == [1, 1, 2, None]


def test_conditions_go_through_what_is_referred_to(route):
    def ids(entity, condition):
        return route.scalars(select(entity.id).where(condition).order_by(entity.id)).all()

    first = route.get(Country, 1)
    house = aliased(House)

    assert ids(Country, Country.streets.any(Street.id == 23)) == [2]
    assert ids(Street, Street.country == first) == [21, 22]
    assert ids(Street, ~Street.country.has()) == [24]
    assert ids(House, House.country.has(Country.id == 1)) == [31, 33]
    assert ids(house, house.country == first) == [31, 33]
    assert ids(House, House.country == None) == [34, 35]
    assert ids(House, House.neighbours.any(House.id == 31)) == [31, 33]
    assert ids(House, House.neighbours.contains(route.get(House, 32))) == [32]


def test_what_goes_through_a_reference_is_for_reading():
    class Own(DeclarativeBase):
        pass

    class Above(Own):
        __tablename__ = "above"
        id = mapped_column(Integer, primary_key=True)
        below = relationship("Below", secondary="middle")

    class Middle(Own):
        __tablename__ = "middle"
        id = mapped_column(Integer, primary_key=True)
        above_id = mapped_column(ForeignKey("above.id"))

    class Below(Own):
        __tablename__ = "below"
        id = mapped_column(Integer, primary_key=True)
        middle_id = mapped_column(ForeignKey("middle.id"))

    with pytest.raises(MappingError, match="viewonly=True"):
        Own.registry.configure()


def test_a_part_of_the_primary_key_that_was_never_set_is_not_blanked_out():
    class Base(DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parent"
        id = mapped_column(Integer, primary_key=True)

    class Child(Base):
        __tablename__ = "child"
        id = mapped_column(Integer, primary_key=True)
        parent_id = mapped_column(ForeignKey("parent.id"), primary_key=True, nullable=True)
        parent = relationship(Parent)

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Child(id=5, parent=None))
        session.commit()
        assert session.execute(select(Child.__table__)).all() == [(5, None)]
    engine.dispose()


# Compared with instances ------------------------------------------------------------------------


class Shelf(DeclarativeBase):
    pass


class Label(Shelf):
    __tablename__ = "label"
    id = mapped_column(Integer, primary_key=True)
    colour = mapped_column(String(9))


class Jar(Shelf):
    __tablename__ = "jar"
    id = mapped_column(Integer, primary_key=True)
    kind = mapped_column(String(9))
    label_id = mapped_column(ForeignKey("label.id"))
    jar_id = mapped_column(ForeignKey("jar.id"))
    red_label = relationship(
        Label,
        primaryjoin=lambda: and_(Jar.label_id == Label.id, Label.colour == "red"),
        viewonly=True,
    )
    jam_label = relationship(
        Label, primaryjoin=lambda: and_(Jar.label_id == Label.id, Jar.kind == "jam"), viewonly=True
    )
    jam_above = relationship(
        "Jar",
        primaryjoin=lambda: and_(Jar.jar_id == remote(Jar.id), remote(Jar.kind) == "jam"),
        viewonly=True,
    )


@pytest.fixture
def shelf(engine):
    Shelf.metadata.create_all(engine)
    with Session(engine, expire_on_commit=False) as session:
        labels = [Label(colour=colour) for colour in ("red", "blue", None)]
        session.add_all(labels)
        session.flush()
        jars = [
            Jar(kind=kind, label_id=label and label.id)
            for label in (*labels, None)
            for kind in ("jam", "tea", None)
        ]
        session.add_all(jars)
        session.flush()
        for number, jar in enumerate(jars[1:]):
            jar.jar_id = None if number % 4 == 3 else jars[number].id
        session.commit()
        yield session


@pytest.mark.parametrize("name", ["red_label", "jam_label", "jam_above"])
@pytest.mark.parametrize("is_aliased", [False, True], ids=["class", "alias"])
def test_a_comparison_with_an_instance_asks_for_all_of_the_condition(shelf, name, is_aliased):
    jars = shelf.scalars(select(Jar)).all()
    target = Jar.__mapper__.relationships[name].mapper.class_
    source = aliased(Jar) if is_aliased else Jar
    reference = getattr(source, name)

    for other in (*shelf.scalars(select(target)), None):
        referring = {jar.id for jar in jars if getattr(jar, name) is other}
        equal = shelf.scalars(select(source.id).where(reference == other)).all()
        different = shelf.scalars(select(source.id).where(reference != other)).all()
        assert sorted(equal) == sorted(referring)
        assert sorted(different) == sorted({jar.id for jar in jars} - referring)


def test_what_a_comparison_asks_of_an_instance_it_must_know(shelf):
    label = shelf.get(Label, 1)
    shelf.expire(label, ["colour"])
    shelf.expunge(label)

    with pytest.raises(DetachedInstanceError, match=r"Label\.colour"):
        shelf.scalars(select(Jar).where(Jar.red_label == label)).all()
