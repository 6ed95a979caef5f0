"""What relationships write, one program each, run here and with the oracle."""

import warnings
from itertools import pairwise
from types import SimpleNamespace

import pytest

from tests.orm.both import compare, programs


def ids(instances):
    return [one.id for one in instances]


def pair(w, **options):
    """Parent and Child; *options* are those of ``Parent.children``."""
    sa, orm = w.sa, w.orm
    column = orm.mapped_column
    reverse = options.pop("reverse", {})

    class Parent(w.Base):
        __tablename__ = "parent"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(20))
        children = orm.relationship(
            "Child", **{"back_populates": "parent", "order_by": "Child.id", **options}
        )

    class Child(w.Base):
        __tablename__ = "child"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(20))
        parent_id = column(sa.ForeignKey("parent.id"))
        parent = orm.relationship("Parent", **{"back_populates": "children", **reverse})

    w.create()
    return SimpleNamespace(Parent=Parent, Child=Child)


# What is written ------------------------------------------------------------------------------


def viewonly_is_read_alone(w):
    m = pair(w, back_populates=None, viewonly=True, reverse={"back_populates": None})
    w.add(m.Parent(id=1), m.Child(id=1, parent_id=1), m.Child(id=2))
    parent = w.s.get(m.Parent, 1)
    yield ids(parent.children)
    parent.children.append(m.Child(id=3))
    yield len(w.s.new), parent in w.s.dirty, w.s.is_modified(parent)
    w.s.commit()
    yield w.rows(m.Child), ids(parent.children)


def viewonly_refuses(w):
    for options in (
        {"cascade": "all"},
        {"passive_deletes": True},
        {"passive_updates": False},
        {"active_history": True},
        {"cascade": "delete, delete-orphan"},
        {"sync_backref": True},
    ):
        made = w.error(w.orm.relationship, "X", viewonly=True, **options)
        yield sorted(options), made if isinstance(made, str) else None


def post_update_of_mutual_rows(w):
    sa, orm = w.sa, w.orm
    column, relationship = orm.mapped_column, orm.relationship

    class Ball(w.Base):
        __tablename__ = "ball"
        id = column(sa.Integer, primary_key=True)
        person_id = column(sa.ForeignKey("person.id"))
        person = relationship(
            "Person", primaryjoin="Ball.person_id == Person.id", back_populates="balls"
        )

    class Person(w.Base):
        __tablename__ = "person"
        id = column(sa.Integer, primary_key=True)
        favourite_id = column(sa.ForeignKey("ball.id"))
        balls = relationship(
            "Ball", primaryjoin="Ball.person_id == Person.id", back_populates="person",
            order_by="Ball.id",
        )  # fmt: skip
        favourite = relationship(
            "Ball", primaryjoin="Person.favourite_id == Ball.id", post_update=True
        )

    w.Base.registry.configure()
    w.Base.metadata.create_all(w.engine)
    balls = [Ball(id=n) for n in (1, 2)]
    person = Person(id=1, balls=balls, favourite=balls[1])
    w.s.add(person)
    w.s.commit()
    yield w.rows(Person), w.rows(Ball)
    person.favourite = balls[0]
    w.s.commit()
    yield w.rows(Person)
    w.sent.clear()
    w.s.delete(person)
    w.s.delete(balls[0])
    w.s.flush()
    yield w.writes()
    yield w.rows(Person), w.rows(Ball)


def values_that_are_set_stay_when_the_row_is_written_twice(w):
    """Of columns with ``onupdate``: the second UPDATE of a flush is that of a reference alone."""
    sa, orm = w.sa, w.orm

    class Ball(w.Base):
        __tablename__ = "ball"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        person_id = orm.mapped_column(sa.ForeignKey("person.id"))

    class Person(w.Base):
        __tablename__ = "person"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        favourite_id = orm.mapped_column(sa.ForeignKey("ball.id"))
        size = orm.mapped_column(sa.Integer)
        changed = orm.mapped_column(sa.Integer, onupdate=25)
        seen = orm.mapped_column(sa.Integer, onupdate=sa.text("20 + 6"))
        balls = orm.relationship(Ball, primaryjoin="Ball.person_id == Person.id")
        favourite = orm.relationship(
            Ball, primaryjoin="Person.favourite_id == Ball.id", post_update=True
        )

    w.create()
    balls = [Ball(id=n) for n in (1, 2)]
    person = Person(id=1, balls=balls, favourite=balls[0], changed=5, seen=6)
    w.s.add(person)
    for ball, changes in (
        (0, {}),
        (1, {"changed": 7}),
        (0, {"size": 2}),
        (1, {"size": 3, "seen": 8}),
        (0, {"size": Person.size + 1, "changed": 9}),
        (1, {"changed": None}),
    ):
        person.favourite = balls[ball]
        for name, value in changes.items():
            setattr(person, name, value)
        w.s.commit()
        yield w.rows(Person), person.changed, person.seen


def references_that_are_cleared(w):
    """By None and by ``del``, read before and not, written with the row and after it."""
    sa, orm = w.sa, w.orm

    class Team(w.Base):
        __tablename__ = "team"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    class Player(w.Base):
        __tablename__ = "player"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        team_id = orm.mapped_column(sa.ForeignKey("team.id"))
        former_id = orm.mapped_column(sa.ForeignKey("team.id"))
        team = orm.relationship(Team, foreign_keys=team_id)
        former = orm.relationship(Team, foreign_keys=former_id, post_update=True)

    w.create()
    w.add(Team(id=1), *(Player(id=n, team_id=1, former_id=1) for n in range(4)))
    for player in w.s.scalars(sa.select(Player).order_by(Player.id)):
        if player.id % 2:
            player.team, player.former  # noqa: B018 - read
        if player.id < 2:
            player.team = player.former = None
        else:
            del player.team, player.former
        w.s.commit()
        yield player.id, player.team, player.former
    yield w.rows(Player)


def self_referential_rows_in_order(w):
    sa, orm = w.sa, w.orm

    class Node(w.Base):
        __tablename__ = "node"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        parent_id = orm.mapped_column(sa.ForeignKey("node.id"))
        next_id = orm.mapped_column(sa.ForeignKey("node.id"))
        children = orm.relationship(
            "Node", foreign_keys=[parent_id], back_populates="parent", order_by="Node.id"
        )
        parent = orm.relationship(
            "Node", foreign_keys=[parent_id], back_populates="children", remote_side=[id]
        )
        next = orm.relationship("Node", foreign_keys=[next_id], remote_side=[id], post_update=True)

    w.create()
    nodes = [Node(id=n) for n in range(6, 0, -1)]
    for one, other in pairwise(nodes):
        other.parent = one
        one.next = other
    nodes[-1].next = nodes[0]
    w.s.add_all(nodes)
    w.s.commit()
    yield w.rows(Node)
    w.s.delete(nodes[2])
    w.s.commit()
    yield w.rows(Node)
    own = Node(id=20)
    own.next = own
    w.s.add(own)
    w.s.commit()
    yield w.rows(Node)[-1], own.next is own


def own_row_reference(w):
    sa, orm = w.sa, w.orm

    class Node(w.Base):
        __tablename__ = "node"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        parent_id = orm.mapped_column(sa.ForeignKey("node.id"))
        parent = orm.relationship("Node", remote_side=[id])

    w.create()
    own = Node(id=1)
    own.parent = own
    w.s.add(own)
    yield w.error(w.s.flush)


def own_row_reference_to_a_new_key(w):
    sa, orm = w.sa, w.orm

    class Node(w.Base):
        __tablename__ = "node"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        parent_id = orm.mapped_column(sa.ForeignKey("node.id"))
        parent = orm.relationship("Node", remote_side=[id])

    w.create()
    own = Node()
    own.parent = own
    w.s.add(own)
    yield w.error(w.s.flush)


def cyclic_rows_without_post_update(w):
    sa, orm = w.sa, w.orm

    class Node(w.Base):
        __tablename__ = "node"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        parent_id = orm.mapped_column(sa.ForeignKey("node.id"))
        parent = orm.relationship("Node", remote_side=[id])

    w.create()
    one, two = Node(id=1), Node(id=2)
    one.parent, two.parent = two, one
    w.s.add_all([one, two])
    yield w.error(w.s.flush)


def passive_deletes(w):
    for passive in (False, True, "all"):
        sa, orm = w.sa, w.orm

        class Base(orm.DeclarativeBase):
            pass

        class Parent(Base):
            __tablename__ = "parent"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            children = orm.relationship("Child", passive_deletes=passive)

        class Child(Base):
            __tablename__ = "child"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            parent_id = orm.mapped_column(sa.ForeignKey("parent.id"))

        engine = sa.create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with orm.Session(engine) as s:
            for loaded in (False, True):
                s.add(Parent(id=1, children=[Child(), Child()]))
                s.commit()
                parent = s.get(Parent, 1)
                if loaded:
                    len(parent.children)
                s.delete(parent)
                s.commit()
                yield passive, loaded, sorted(s.scalars(sa.select(Child.parent_id)), key=repr)
                s.execute(sa.delete(Child))
                s.commit()
        engine.dispose()


def single_parent(w):
    sa, orm = w.sa, w.orm

    class Target(w.Base):
        __tablename__ = "target"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    class Source(w.Base):
        __tablename__ = "source"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        target_id = orm.mapped_column(sa.ForeignKey("target.id"))
        target = orm.relationship("Target", single_parent=True, cascade="all, delete-orphan")

    w.create()
    target = Target(id=1)
    one = Source(id=1, target=target)
    yield w.error(lambda: Source(id=2, target=target))
    w.s.add(one)
    w.s.commit()
    one.target = Target(id=2)
    w.s.commit()
    yield w.rows(Target), w.rows(Source)
    w.s.delete(one)
    w.s.commit()
    yield w.rows(Target)


def no_cascade_of_backrefs(w):
    m = pair(w)
    w.add(m.Parent(id=1))
    parent = w.s.get(m.Parent, 1)
    child = m.Child(id=1, parent=parent)
    yield child in w.s, child in parent.children
    w.s.add(child)
    w.s.commit()
    orphan = m.Child(id=2)
    orphan.parent = parent
    yield orphan in w.s
    w.s.commit()
    yield w.rows(m.Child)


def typechecks(w):
    sa, orm = w.sa, w.orm
    m = pair(w)

    class Other(w.Base):
        __tablename__ = "other"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    w.create()

    def give(value):
        child = m.Child(id=1, parent=value)
        w.s.add(child)
        w.s.flush()

    yield isinstance(w.error(give, "text"), str), isinstance(w.error(give, Other(id=1)), str)


def active_history(w):
    for active in (False, True):
        sa, orm = w.sa, w.orm

        class Base(orm.DeclarativeBase):
            pass

        class Parent(Base):
            __tablename__ = "parent"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            name = orm.mapped_column(sa.String(20), active_history=active)

        class Child(Base):
            __tablename__ = "child"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            parent_id = orm.mapped_column(sa.ForeignKey("parent.id"))
            parent = orm.relationship("Parent", active_history=active)

        engine = sa.create_engine("sqlite://")
        Base.metadata.create_all(engine)
        get_history = w.module("orm.attributes").get_history
        with orm.Session(engine) as s:
            s.add_all([Parent(id=1, name="a"), Parent(id=2), Child(id=1, parent_id=1)])
            s.commit()
            s.expunge_all()
            child, other = s.get(Child, 1), s.get(Parent, 2)
            child.parent = other
            history = get_history(child, "parent")
            yield [p.id for p in history.added], [p.id for p in history.deleted if p]
            s.rollback()
            parent = s.get(Parent, 1)
            s.expire(parent, ["name"])
            parent.name = "b"
            yield tuple(get_history(parent, "name"))
        engine.dispose()


def sync_backref(w):
    m = pair(w, viewonly=True, sync_backref=False, reverse={"sync_backref": False})
    parent = m.Parent(id=1)
    child = m.Child(id=1, parent=parent)
    yield len(parent.children)
    w.s.add(child)
    w.s.commit()
    yield ids(parent.children)


def warned(w, make):
    """True where configuring warns of relationships that overlap."""
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        make().registry.configure()
    return [one.category.__name__ for one in given if "overlap" in str(one.message)] != []


def overlaps(w):
    sa, orm = w.sa, w.orm

    def tenants(**options):
        class Base(orm.DeclarativeBase):
            pass

        class User(Base):
            __tablename__ = "user"
            tenant = orm.mapped_column(sa.Integer, primary_key=True)
            id = orm.mapped_column(sa.Integer, primary_key=True)

        class Group(Base):
            __tablename__ = "group"
            tenant = orm.mapped_column(sa.Integer, primary_key=True)
            id = orm.mapped_column(sa.Integer, primary_key=True)

        class Member(Base):
            __tablename__ = "member"
            __table_args__ = (
                sa.ForeignKeyConstraint(["tenant", "user_id"], ["user.tenant", "user.id"]),
                sa.ForeignKeyConstraint(["tenant", "group_id"], ["group.tenant", "group.id"]),
            )
            id = orm.mapped_column(sa.Integer, primary_key=True)
            tenant = orm.mapped_column(sa.Integer)
            user_id = orm.mapped_column(sa.Integer)
            group_id = orm.mapped_column(sa.Integer)
            user = orm.relationship("User", overlaps=options.get("user"))
            group = orm.relationship(
                "Group", overlaps=options.get("group"), viewonly=options.get("viewonly", False)
            )

        return Base

    yield warned(w, tenants)
    yield warned(w, lambda: tenants(user="group"))
    yield warned(w, lambda: tenants(group="user"))
    yield warned(w, lambda: tenants(group="other, user"))
    yield warned(w, lambda: tenants(group="other"))
    yield warned(w, lambda: tenants(viewonly=True))


def aliased_target_with_row_number(w):
    """The latest two of each parent: a relationship to an aliased class."""
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Parent(w.Base):
        __tablename__ = "parent"
        id = column(sa.Integer, primary_key=True)

    class Child(w.Base):
        __tablename__ = "child"
        id = column(sa.Integer, primary_key=True)
        parent_id = column(sa.ForeignKey("parent.id"))

    numbered = sa.select(
        Child,
        sa.func.row_number()
        .over(order_by=Child.id.desc(), partition_by=Child.parent_id)
        .label("place"),
    ).subquery()
    latest = orm.aliased(Child, numbered)
    Parent.latest = orm.relationship(
        latest,
        primaryjoin=sa.and_(latest.parent_id == Parent.id, numbered.c.place <= 2),
        viewonly=True,
        order_by=latest.id.desc(),
    )
    w.create()
    w.add(Parent(id=1), Parent(id=2), *(Child(id=n, parent_id=n % 2 + 1) for n in range(1, 9)))
    for load in (None, orm.selectinload, orm.joinedload):
        statement = sa.select(Parent).order_by(Parent.id)
        if load is not None:
            statement = statement.options(load(Parent.latest))
        yield [ids(p.latest) for p in w.s.scalars(statement).unique()]
        w.s.expunge_all()
    yield w.s.execute(sa.select(Parent.id, latest.id).join(Parent.latest)
                      .order_by(latest.id)).all()  # fmt: skip


def aliased_target_over_a_join(w):
    """A -> D through B and C: the target stands for D joined to others."""
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class A(w.Base):
        __tablename__ = "a"
        id = column(sa.Integer, primary_key=True)
        b_id = column(sa.ForeignKey("b.id"))

    class B(w.Base):
        __tablename__ = "b"
        id = column(sa.Integer, primary_key=True)

    class C(w.Base):
        __tablename__ = "c"
        id = column(sa.Integer, primary_key=True)
        b_id = column(sa.ForeignKey("b.id"))

    joined = sa.select(B.id, C.id.label("c_id")).join(C, C.b_id == B.id).subquery()
    through = orm.aliased(B, joined, flat=True)
    A.b = orm.relationship(through, primaryjoin=A.b_id == joined.c.id, viewonly=True, uselist=False)
    w.create()
    w.add(A(id=1, b_id=1), A(id=2, b_id=2), B(id=1), B(id=2), C(id=5, b_id=1))
    yield [(a.id, a.b and a.b.id) for a in w.s.scalars(sa.select(A).order_by(A.id))]


def row_limited_by_and(w):
    m = pair(w)
    w.add(m.Parent(id=1, children=[m.Child(id=n, name=f"c{n}") for n in (1, 2, 3)]))
    load = w.orm.selectinload(m.Parent.children.and_(m.Child.name != "c2"))
    parent = w.s.scalars(w.sa.select(m.Parent).options(load)).one()
    yield ids(parent.children)


def one_to_one(w):
    m = pair(w, uselist=False)
    parent = m.Parent(id=1, children=m.Child(id=1))
    w.s.add(parent)
    w.s.commit()
    yield parent.children.id, parent.children.parent is parent
    first = parent.children
    parent.children = m.Child(id=2)
    yield first.parent
    w.s.commit()
    yield w.rows(m.Child)
    parent.children = None
    w.s.commit()
    yield w.rows(m.Child)
    w.add(m.Parent(id=2), m.Child(id=3, parent_id=2), m.Child(id=4, parent_id=2))
    yield w.s.get(m.Parent, 2).children.id


def deletes_follow_loaded_and_unloaded(w):
    m = pair(w, cascade="all, delete-orphan")
    w.add(*(m.Parent(id=n, children=[m.Child(), m.Child()]) for n in (1, 2, 3)))
    for parent in w.s.scalars(w.sa.select(m.Parent)).all():
        w.s.delete(parent)
    w.s.flush()
    yield w.rows(m.Parent), w.rows(m.Child)
    yield len(w.sent)


def moving_between_parents(w):
    m = pair(w)
    w.add(m.Parent(id=1, children=[m.Child(id=1), m.Child(id=2)]), m.Parent(id=2))
    one, two = w.s.get(m.Parent, 1), w.s.get(m.Parent, 2)
    two.children = list(one.children)
    yield ids(one.children), ids(two.children)
    w.s.commit()
    yield w.rows(m.Child)
    two.children[0].parent = one
    yield ids(one.children), ids(two.children)
    one.children.extend(two.children)
    yield ids(one.children), ids(two.children)
    w.s.commit()
    yield w.rows(m.Child)
    one.children.clear()
    w.s.commit()
    yield w.rows(m.Child)


def changes_before_loading(w):
    """Backrefs reach collections that are not loaded."""
    m = pair(w)
    w.add(m.Parent(id=1, children=[m.Child(id=1), m.Child(id=2)]), m.Parent(id=2))
    one, two = w.s.get(m.Parent, 1), w.s.get(m.Parent, 2)
    with w.s.no_autoflush:
        w.s.get(m.Child, 1).parent = two
        new = m.Child(id=3, parent=one)
        w.s.add(new)
        yield sorted(ids(one.children)), sorted(ids(two.children))
    w.s.commit()
    yield w.rows(m.Child)


def information(w):
    m = pair(w, info={"a": 1}, doc="those below", cascade="all", lazy="selectin", join_depth=3)
    prop = w.sa.inspect(m.Parent).relationships.children
    yield prop.direction.name, prop.uselist, prop.info, prop.doc, sorted(prop.cascade)
    yield prop.key, prop.mapper.class_.__name__, prop.parent.class_.__name__, prop.back_populates
    yield prop.secondary, prop.viewonly, prop.lazy, prop.join_depth, str(prop.primaryjoin)
    yield [(a.name, b.name) for a, b in prop.local_remote_pairs]
    yield [(a.name, b.name) for a, b in prop.synchronize_pairs]
    yield sorted(c.name for c in prop.local_columns), sorted(c.name for c in prop.remote_side)
    yield prop.entity.class_.__name__, prop.target.name, str(prop)
    yield prop.passive_deletes, prop.passive_updates, prop.post_update, prop.single_parent
    yield [p.key for p in prop._reverse_property] if False else None
    reverse = w.sa.inspect(m.Child).relationships["parent"]
    yield reverse.direction.name, reverse.uselist, sorted(reverse.cascade), str(reverse.primaryjoin)
    yield m.Parent.children.property is prop, m.Parent.children.key
    yield m.Parent.children.parent.class_.__name__


def mistakes(w):
    sa, orm = w.sa, w.orm

    def family(foreign=True, **options):
        class Base(orm.DeclarativeBase):
            pass

        class Parent(Base):
            __tablename__ = "parent"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            children = orm.relationship("Child", **options)

        class Child(Base):
            __tablename__ = "child"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            x = orm.mapped_column(sa.Integer)
            parent_id = orm.mapped_column(sa.ForeignKey("parent.id") if foreign else sa.Integer)

        try:
            Base.registry.configure()
        finally:
            # Others configure the mappers of all registries that there are.
            Base.registry.dispose()

    for options in (
        {"foreign": False},
        {"primaryjoin": "Parent.id == Child.x"},
        {"back_populates": "nothing"},
        {"primaryjoin": "Parent.id > Child.parent_id"},
        {"foreign_keys": "Child.x"},
        {"remote_side": "Parent.id"},
        {"secondary": "nowhere"},
        {"order_by": "Child.nothing"},
        {"cascade": "all, nonsense"},
        {"lazy": "nonsense"},
        {"uselist": False, "collection_class": list},
        {"nonsense": 1},
    ):
        yield sorted(options), isinstance(w.error(lambda: family(**options)), str)  # noqa: B023


def versions_given_to_new_rows(w):
    sa, orm = w.sa, w.orm

    class Note(w.Base):
        __tablename__ = "note"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        rev = orm.mapped_column(sa.Integer)
        text = orm.mapped_column(sa.String(9))
        __mapper_args__ = {"version_id_col": rev}

    w.create()
    w.s.add(Note(id=1, rev=7, text="a"))
    w.s.execute(sa.insert(Note), [{"id": 2, "rev": 7}, {"id": 3, "rev": 8}])
    rows = [{"id": 4, "rev": 7}, {"id": 5, "text": "b"}]
    for row in rows:
        yield [one.rev for one in w.s.scalars(sa.insert(Note).returning(Note), [row])]
    w.s.bulk_insert_mappings(Note, [{"id": 6, "rev": 7, "text": "c"}])
    w.s.bulk_save_objects([Note(id=7, rev=7)])
    yield w.rows(Note)


def keys_that_the_server_was_to_make(w):
    sa, orm = w.sa, w.orm

    class Made(w.Base):
        __tablename__ = "made"
        id = orm.mapped_column(sa.String(9), sa.FetchedValue(), primary_key=True)
        name = orm.mapped_column(sa.String(9))

    with w.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE made (id VARCHAR, name VARCHAR DEFAULT 'x')")
    for count in (1, 3):
        made = [Made(name=str(n)) for n in range(count)]
        w.s.add_all(made)
        yield w.error(w.s.flush), [w.sa.inspect(one).transient for one in made]
        w.s.rollback()
    with w.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE made")
        connection.exec_driver_sql(
            "CREATE TABLE made (id VARCHAR DEFAULT (hex(randomblob(4))) PRIMARY KEY, name VARCHAR)"
        )
    for count in (1, 3):
        made = [Made(name=str(n)) for n in range(count)]
        w.s.add_all(made)
        w.s.commit()
        keys = [one.id for one in made]
        rows = dict(w.s.execute(sa.select(Made.name, Made.id).where(Made.id.in_(keys))).all())
        yield len(rows) == count, all(rows[one.name] == one.id for one in made)


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_writes_as_the_oracle_writes(program):
    compare(program)
