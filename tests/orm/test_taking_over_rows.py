"""New instances that take over the rows of deleted ones, by keys that references bring."""

from types import SimpleNamespace

import pytest

from tests.orm.both import World, compare, programs


def links(w, *, versioned=False, mirrored=True):
    """Two classes and the association objects between them, orphans of which are deleted."""
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Left(w.Base):
        __tablename__ = "left_side"
        id = column(sa.Integer, primary_key=True)
        links = orm.relationship(
            "Link", back_populates="left" if mirrored else None, cascade="all, delete-orphan"
        )

    class Right(w.Base):
        __tablename__ = "right_side"
        id = column(sa.Integer, primary_key=True)
        links = orm.relationship("Link", back_populates="right", cascade="all, delete-orphan")

    class Link(w.Base):
        __tablename__ = "link"
        left_id = column(sa.ForeignKey("left_side.id"), primary_key=True)
        right_id = column(sa.ForeignKey("right_side.id"), primary_key=True)
        note = column(sa.String(20))
        right = orm.relationship("Right", back_populates="links")
        if mirrored:
            left = orm.relationship("Left", back_populates="links")
        if versioned:
            version = column(sa.Integer, nullable=False)
            __mapper_args__ = {"version_id_col": version}

    w.create()
    first, second = Left(id=1), Right(id=2)
    first.links.append(Link(right=second, note="old"))
    w.s.add(first)
    w.s.commit()
    return SimpleNamespace(Left=Left, Right=Right, Link=Link, first=first, second=second)


def through_one_side(w):
    m = links(w)
    m.first.links.remove(m.first.links[0])
    m.first.links.append(m.Link(right=m.second, note="new"))
    w.s.commit()
    yield w.rows(m.Link), [one.note for one in m.second.links]


def through_the_other_side(w):
    m = links(w)
    m.second.links.remove(m.second.links[0])
    w.s.add(m.Link(left=m.first, right=m.second, note="new"))
    w.s.commit()
    yield w.rows(m.Link), [one.note for one in m.first.links]


def a_whole_collection_made_anew(w):
    m = links(w)
    other = m.Right(id=3)
    m.first.links = [m.Link(right=m.second, note="new"), m.Link(right=other, note="third")]
    w.s.commit()
    yield w.rows(m.Link), sorted(one.note for one in m.first.links)


def without_a_reference_back(w):
    m = links(w, mirrored=False)
    m.first.links = [m.Link(right=m.second, note="new")]
    w.s.commit()
    yield w.rows(m.Link)


def deleted_and_added(w):
    m = links(w)
    old = m.first.links[0]
    w.s.delete(old)
    new = m.Link(left=m.first, right=m.second, note="new")
    w.s.add(new)
    w.s.flush()
    yield w.rows(m.Link), new in w.s, old in w.s, w.orm.object_session(old) is None
    w.s.rollback()
    yield w.rows(m.Link), new in w.s, old in w.s, old.note


def within_a_savepoint(w):
    m = links(w)
    old = m.first.links[0]
    with w.s.begin_nested() as savepoint:
        w.s.delete(old)
        w.s.add(m.Link(left=m.first, right=m.second, note="new"))
        w.s.flush()
        yield w.rows(m.Link)
        savepoint.rollback()
    w.s.commit()
    yield w.rows(m.Link), old.note, old in w.s


def versions_go_on(w):
    m = links(w, versioned=True)
    m.first.links[0].note = "changed"
    w.s.commit()
    m.first.links = [m.Link(right=m.second, note="new")]
    w.s.commit()
    m.first.links[0].note = "newer"
    w.s.commit()
    yield [(one.note, one.version) for one in m.first.links]


def one_update_is_sent(w):
    m = links(w)
    old = m.first.links[0]
    w.sent.clear()
    w.s.delete(old)
    w.s.add(m.Link(left=m.first, right=m.second, note="new"))
    w.s.flush()
    yield w.writes()


def parents_and_children_alike(w):
    """A parent takes over the row of another, and its children those of the other's children."""
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Order(w.Base):
        __tablename__ = "orders"
        id = column(sa.Integer, primary_key=True)
        state = column(sa.String(20))
        lines = orm.relationship("Line", cascade="all, delete-orphan", order_by="Line.number")

    class Line(w.Base):
        __tablename__ = "line"
        order_id = column(sa.ForeignKey("orders.id"), primary_key=True)
        number = column(sa.Integer, primary_key=True)
        item = column(sa.String(20))
        parts = orm.relationship("Part", cascade="all, delete-orphan", order_by="Part.place")

    class Part(w.Base):
        __tablename__ = "part"
        order_id = column(sa.Integer, primary_key=True)
        number = column(sa.Integer, primary_key=True)
        place = column(sa.Integer, primary_key=True)
        name = column(sa.String(20))
        __table_args__ = (
            sa.ForeignKeyConstraint(["order_id", "number"], ["line.order_id", "line.number"]),
        )

    w.create()

    def order(word, numbers):
        lines = [
            Line(number=n, item=f"{word}{n}", parts=[Part(place=1, name=word)]) for n in numbers
        ]
        return Order(id=1, state=word, lines=lines)

    old = order("old", (1, 2, 3))
    w.s.add(old)
    w.s.commit()
    w.s.delete(old)
    w.s.add(order("new", (2, 3, 4)))
    w.s.commit()
    yield w.rows(Order), w.rows(Line), w.rows(Part)
    w.s.expire_all()
    found = w.s.get(Order, 1)
    yield [(line.item, [part.name for part in line.parts]) for line in found.lines]


def rows_of_third_tables_go(w):
    sa, orm = w.sa, w.orm
    tagged = sa.Table(
        "taken_tagged",
        w.Base.metadata,
        sa.Column("page_id", sa.ForeignKey("taken_page.id"), primary_key=True),
        sa.Column("tag_id", sa.ForeignKey("taken_tag.id"), primary_key=True),
    )

    class Tag(w.Base):
        __tablename__ = "taken_tag"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    class Page(w.Base):
        __tablename__ = "taken_page"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        title = orm.mapped_column(sa.String)
        tags = orm.relationship(Tag, secondary=tagged, order_by=Tag.id)

    w.create()
    tags = [Tag(id=n) for n in (1, 2, 3)]
    w.add(Page(id=1, tags=tags[:2]), tags[2])
    for new in ([], [2, 3], [3]):
        w.s.delete(w.s.get(Page, 1))
        page = Page(id=1, title="new", tags=[w.s.get(Tag, n) for n in new])
        w.s.add(page)
        yield w.rows(tagged)
        yield [tag.id for tag in page.tags]


def another_class_of_the_table_takes_over(w):
    sa, orm = w.sa, w.orm

    class Animal(w.Base):
        __tablename__ = "taken_animal"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        kind = orm.mapped_column(sa.String)
        name = orm.mapped_column(sa.String)
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}

    class Dog(Animal):
        bark = orm.mapped_column(sa.String)
        __mapper_args__ = {"polymorphic_identity": "dog"}

    class Cat(Animal):
        __mapper_args__ = {"polymorphic_identity": "cat"}

    w.create()
    w.add(Dog(id=1, name="Rex", bark="wau"))
    dog = w.s.get(Dog, 1)
    w.s.delete(dog)
    w.s.add(Cat(id=1, name="Tom"))
    yield w.rows(Animal)
    yield dog in w.s, type(w.s.get(Animal, 1)).__name__
    w.s.rollback()
    yield w.rows(Animal), dog in w.s


def a_version_goes_on(w):
    sa, orm = w.sa, w.orm

    class Versioned(w.Base):
        __tablename__ = "taken_versioned"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        name = orm.mapped_column(sa.String)
        version = orm.mapped_column(sa.Integer)
        __mapper_args__ = {"version_id_col": version}

    w.create()
    w.add(Versioned(id=1, name="a"))
    for load in (True, False):
        old = w.s.get(Versioned, 1)
        if not load:
            w.s.expire(old)
        w.s.delete(old)
        w.s.add(Versioned(id=1, name=f"after {load}"))
        yield w.rows(Versioned)


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_rows_are_taken_over_as_the_oracle_does(program):
    compare(program)


# Where the oracle keeps values of the old row, or loses a row -----------------------------------


@pytest.fixture
def w():
    world = World("dovetail")
    yield world
    world.close()


def test_what_is_not_set_is_not_what_the_old_instance_had(w):
    m = links(w)
    with w.s.no_autoflush:
        m.first.links = [m.Link(right=m.second)]
    w.s.commit()
    assert w.rows(m.Link) == [(1, 2, None)]


@pytest.mark.filterwarnings("ignore:.* is new, and the session has another instance")
def test_of_two_with_the_key_of_a_deleted_one_the_second_is_refused(w):
    m = links(w)
    w.s.delete(m.first.links[0])
    w.s.add_all(m.Link(left=m.first, right=m.second, note=note) for note in ("a", "b"))
    with pytest.raises(w.sa.exc.IntegrityError, match=r"link\.left_id"):
        w.s.flush()
    w.s.rollback()
    assert w.rows(m.Link) == [(1, 2, "old")]


def test_rows_of_one_tree_are_taken_over_level_by_level(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Node(w.Base):
        __tablename__ = "node"
        tree = column(sa.Integer, primary_key=True)
        place = column(sa.Integer, primary_key=True)
        above = column(sa.Integer)
        name = column(sa.String(20))
        __table_args__ = (sa.ForeignKeyConstraint(["tree", "above"], ["node.tree", "node.place"]),)
        children = orm.relationship(
            "Node",
            cascade="all, delete-orphan",
            back_populates="parent",
            order_by="Node.place",
        )
        parent = orm.relationship("Node", back_populates="children", remote_side=[tree, place])

    w.create()
    root = Node(tree=1, place=1, name="root", children=[Node(place=2, name="old")])
    w.s.add(root)
    w.s.commit()
    root.children = [Node(place=2, name="new", children=[Node(place=3, name="leaf")])]
    w.s.commit()
    assert w.rows(Node) == [(1, 1, None, "root"), (1, 2, 1, "new"), (1, 3, 2, "leaf")]
    w.s.expire_all()
    assert [(n.name, [leaf.name for leaf in n.children]) for n in root.children] == [
        ("new", ["leaf"])
    ]


def things(w):
    """A class with columns of all kinds, and a row that an instance was loaded from."""
    sa, orm = w.sa, w.orm

    class Owner(w.Base):
        __tablename__ = "owner"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    class Thing(w.Base):
        __tablename__ = "thing"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        owner_id = orm.mapped_column(sa.ForeignKey(Owner.id))
        size = orm.mapped_column(sa.Integer, nullable=False, default=7)
        made = orm.mapped_column(
            sa.Integer, default=lambda context: context.current_parameters["size"]
        )
        told = orm.mapped_column(sa.Integer, default=sa.func.abs(-8))
        weight = orm.mapped_column(sa.Integer, nullable=False, server_default="9")
        name = orm.mapped_column(sa.String(9))
        twice = orm.mapped_column(sa.Integer, sa.Computed("size * 2"))
        owner = orm.relationship(Owner)
        thrice = orm.column_property(size * 3)

    w.create()
    values = {"size": 1, "made": 2, "told": 3, "weight": 4, "name": "old"}
    w.s.add(Thing(id=1, owner=Owner(id=1), **values))
    w.s.commit()
    return Thing


@pytest.mark.parametrize("loaded", [True, False])
def test_what_is_not_set_is_as_an_insert_would_have_it(w, loaded):
    thing_class = things(w)
    old = w.s.get(thing_class, 1)
    if not loaded:
        w.s.expire(old)
    w.s.delete(old)
    new = thing_class(id=1)
    w.s.add(new)
    w.s.flush()

    def told():
        return (
            new.size,
            new.made,
            new.told,
            new.weight,
            new.name,
            new.twice,
            new.thrice,
            new.owner,
        )

    assert told() == (7, 7, 8, 9, None, 14, 21, None)
    w.s.commit()
    assert told() == (7, 7, 8, 9, None, 14, 21, None)
    assert w.s.scalars(w.sa.select(thing_class)).all() == [new]


def test_one_that_has_taken_over_a_row_can_be_added_again_after_a_rollback(w):
    thing_class = things(w)
    w.s.delete(w.s.get(thing_class, 1))
    new = thing_class(id=1, weight=20)
    w.s.add(new)
    w.s.flush()
    w.s.rollback()

    assert new not in w.s
    assert w.s.get(thing_class, 1).name == "old"
    new.id = 2
    w.s.add(new)
    w.s.commit()
    assert (new.size, new.weight, new.told, new.owner) == (7, 20, 8, None)


def test_listeners_are_told_of_a_new_instance_and_then_of_an_updated_row(w):
    thing_class, heard = things(w), []
    for moment in ("before_insert", "after_insert", "before_update", "after_update"):
        w.sa.event.listen(thing_class, moment, lambda *_, moment=moment: heard.append(moment))

    w.s.delete(w.s.get(thing_class, 1))
    w.s.add(thing_class(id=1, weight=20))
    w.s.commit()

    assert heard == ["before_insert", "after_update"]
