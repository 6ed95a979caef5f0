"""Kinds of relationships and how their joins are found."""

import pytest

from dovetail import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Table,
    and_,
    func,
    inspect,
    select,
)
from dovetail.exc import ArgumentError, FlushError, ReferenceRequiredError
from dovetail.orm import (
    MANYTOMANY,
    MANYTOONE,
    ONETOMANY,
    DeclarativeBase,
    Mapped,
    backref,
    foreign,
    joinedload,
    mapped_column,
    relationship,
    remote,
)


@pytest.fixture
def Base():
    class Base(DeclarativeBase):
        pass

    return Base


@pytest.fixture
def write(Base, engine, session):
    """Create the tables, write what is given, and forget it."""

    def write(*instances):
        Base.metadata.create_all(engine)
        session.add_all(instances)
        session.commit()
        session.expunge_all()

    return write


def declare_parent(Base, **attributes):
    body = {
        "__tablename__": "parent",
        "__annotations__": {"id": Mapped[int]},
        "id": mapped_column(primary_key=True),
        **attributes,
    }
    return type("Parent", (Base,), body)


def declare_child(Base, **attributes):
    body = {
        "__tablename__": "child",
        "__annotations__": {"id": Mapped[int], "parent_id": Mapped[int | None]},
        "id": mapped_column(primary_key=True),
        "parent_id": mapped_column(ForeignKey("parent.id")),
        **attributes,
    }
    return type("Child", (Base,), body)


def test_one_to_many(Base, session, write):
    Parent = declare_parent(Base, children=relationship("Child"))
    Child = declare_child(Base)
    write(Parent(children=[Child(), Child()]))

    parent = session.get(Parent, 1)

    assert inspect(Parent).relationships.children.direction is ONETOMANY
    assert len(parent.children) == 2
    parent.children.pop()
    session.commit()
    assert sorted(session.scalars(select(Child.parent_id)), key=str) == [1, None]


def test_many_to_one(Base, session, write):
    Parent = declare_parent(Base)
    Child = declare_child(Base, parent=relationship("Parent"))
    write(Child(parent=Parent()), Child())

    one, two = session.scalars(select(Child).order_by(Child.id)).all()

    assert inspect(Child).relationships.parent.direction is MANYTOONE
    assert (one.parent.id, two.parent) == (1, None)


def test_many_to_one_as_a_collection_of_one(Base, session, write):
    Parent = declare_parent(Base)
    Child = declare_child(Base, parents=relationship("Parent", uselist=True, backref="children"))
    write(Child(parents=[Parent()]), Child(), Parent())

    one, two = session.scalars(select(Child).order_by(Child.id)).all()
    assert inspect(Child).relationships.parents.direction is MANYTOONE
    assert ([parent.id for parent in one.parents], two.parents) == ([1], [])

    two.parents.append(one.parents.pop())
    session.flush()
    assert (one.parent_id, two.parent_id) == (None, 1)
    two.parents = [session.get(Parent, 2)]
    session.commit()
    assert two.parent_id == 2
    assert two.parents[0].children == [two]


def test_an_empty_collection_of_a_new_instance_leaves_its_foreign_key(Base, session, write):
    Parent = declare_parent(Base)
    Child = declare_child(Base, parents=relationship("Parent", uselist=True))
    write(Parent())
    child = Child(parent_id=1, parents=[])

    session.add(child)
    session.commit()

    assert child.parent_id == 1
    assert child.parents == [session.get(Parent, 1)]


def test_a_foreign_key_names_one_member_of_a_collection(Base, session, write):
    Parent = declare_parent(Base)
    Child = declare_child(Base, parents=relationship("Parent", uselist=True))
    write(Child(parents=[Parent()]))
    child = session.get(Child, 1)

    child.parents.append(Parent())

    with pytest.raises(FlushError, match=r"has 2 members in Child\.parents.*can name one"):
        session.commit()
    session.rollback()
    assert child.parent_id == 1


def test_a_reference_that_is_the_key_of_a_row_is_not_let_go(Base, session, write):
    class Person(Base):
        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)
        passports: Mapped[list["Passport"]] = relationship()

    class Passport(Base):
        __tablename__ = "passport"
        person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)

    write(Person(passports=[Passport()]))
    person = session.get(Person, 1)
    person.passports.clear()

    # Code that moves over catches an AssertionError.
    with pytest.raises(AssertionError, match=r"'person_id' is part of the primary key") as caught:
        session.flush()
    assert isinstance(caught.value, ReferenceRequiredError)
    assert isinstance(caught.value, FlushError)


def test_post_update_writes_the_key_of_a_collection_of_one(Base, session, write):
    Parent = declare_parent(
        Base,
        favourite_id=mapped_column(ForeignKey("child.id", name="favourite")),
        favourites=relationship(
            "Child", uselist=True, post_update=True, foreign_keys="Parent.favourite_id"
        ),
        children=relationship("Child", foreign_keys="Child.parent_id"),
    )
    Child = declare_child(Base)
    child = Child()
    write(Parent(children=[child], favourites=[child]))
    parent = session.get(Parent, 1)
    assert parent.favourites == parent.children == [session.get(Child, 1)]

    parent.favourites.clear()
    session.commit()

    assert parent.favourite_id is None


def test_one_to_one(Base, session, write):
    Parent = declare_parent(
        Base, child=relationship("Child", uselist=False, back_populates="parent")
    )
    Child = declare_child(Base, parent=relationship("Parent", back_populates="child"))
    write(Parent(child=Child()))
    parent = session.get(Parent, 1)
    old, new = parent.child, Child()

    parent.child = new

    assert (old.parent, new.parent) == (None, parent)
    session.commit()
    assert parent.child is new
    assert old.parent_id is None


def test_many_to_many_from_both_sides(Base, session, write):
    Table(
        "link",
        Base.metadata,
        Column("a_id", ForeignKey("a.id"), primary_key=True),
        Column("b_id", ForeignKey("b.id"), primary_key=True),
    )

    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        bs: Mapped[list["B"]] = relationship(secondary="link", back_populates="as_")

    class B(Base):
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(primary_key=True)
        as_: Mapped[list[A]] = relationship(secondary="link", back_populates="bs")

    b = B()
    write(A(bs=[b, B()]), A(bs=[b]))

    b = session.get(B, 1)

    assert inspect(A).relationships.bs.direction is MANYTOMANY
    assert sorted(a.id for a in b.as_) == [1, 2]
    session.delete(session.get(A, 1))
    session.commit()
    assert [a.id for a in b.as_] == [2]


@pytest.mark.parametrize(
    "reverse",
    [
        pytest.param("parent", id="text"),
        pytest.param(backref("parent", lazy="joined"), id="with options"),
    ],
)
def test_backref_makes_the_other_side(Base, session, write, reverse):
    Parent = declare_parent(Base, children=relationship("Child", backref=reverse))
    Child = declare_child(Base)
    write(Parent(children=[Child()]))

    child = session.get(Child, 1)

    assert child.parent is session.get(Parent, 1)
    assert child.parent.children == [child]
    other = Child(parent=child.parent)
    assert child.parent.children == [child, other]
    session.add(other)


def test_a_backref_of_many_to_many(Base, session, write):
    link = Table(
        "link", Base.metadata, Column("p", ForeignKey("parent.id")), Column("c", ForeignKey("c.id"))
    )

    class C(Base):
        __tablename__ = "c"
        id: Mapped[int] = mapped_column(primary_key=True)

    Parent = declare_parent(Base, cs=relationship("C", secondary=link, backref="parents"))
    write(Parent(cs=[C(), C()]))

    assert [parent.id for parent in session.get(C, 2).parents] == [1]


def declare_topic(Base, **options):
    class Topic(Base):
        __tablename__ = "topic"
        id: Mapped[int] = mapped_column(primary_key=True)
        above_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
        below = relationship("Topic", **options.get("below", {}))
        if "above" in options:
            above = relationship("Topic", **{"remote_side": id, **options["above"]})

    return Topic


def test_a_self_reference_is_one_to_many_by_default(Base, session, write):
    Topic = declare_topic(Base)
    write(Topic(below=[Topic(), Topic()]))

    assert inspect(Topic).relationships.below.direction is ONETOMANY
    assert [topic.id for topic in session.get(Topic, 1).below] == [2, 3]
    assert session.get(Topic, 2).below == []


@pytest.mark.parametrize(
    "remote_side",
    [
        pytest.param(lambda: "Topic.id", id="text"),
        pytest.param(lambda: "[Topic.id]", id="text of a list"),
    ],
)
def test_remote_side_turns_a_self_reference(Base, session, write, remote_side):
    Topic = declare_topic(
        Base,
        below={"back_populates": "above"},
        above={"back_populates": "below", "remote_side": remote_side()},
    )
    write(Topic(below=[Topic(below=[Topic()])]))

    leaf = session.get(Topic, 3)

    assert inspect(Topic).relationships.above.direction is MANYTOONE
    assert leaf.above.above is session.get(Topic, 1)
    leaf.above = session.get(Topic, 1)
    session.commit()
    assert [topic.id for topic in session.get(Topic, 1).below] == [2, 3]


def test_a_self_reference_by_backref(Base, session, write):
    class Topic(Base):
        __tablename__ = "topic"
        id: Mapped[int] = mapped_column(primary_key=True)
        above_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
        below: Mapped[list["Topic"]] = relationship(backref=backref("above", remote_side=[id]))

    write(Topic(below=[Topic()]))

    assert session.get(Topic, 2).above is session.get(Topic, 1)


def test_a_self_reference_of_many_to_many(Base, session, write):
    follows = Table(
        "follows",
        Base.metadata,
        Column("who", ForeignKey("person.id"), primary_key=True),
        Column("whom", ForeignKey("person.id"), primary_key=True),
    )

    class Person(Base):
        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)
        following: Mapped[list["Person"]] = relationship(
            secondary=follows,
            primaryjoin=id == follows.c.who,
            secondaryjoin=id == follows.c.whom,
            back_populates="followers",
            order_by=id,
        )
        followers: Mapped[list["Person"]] = relationship(
            secondary=follows,
            primaryjoin="Person.id == follows.c.whom",
            secondaryjoin="Person.id == follows.c.who",
            back_populates="following",
        )

    a, b, c = Person(), Person(), Person()
    a.following = [b, c]
    write(a, b, c)

    assert [person.id for person in session.get(Person, 1).following] == [2, 3]
    assert [person.id for person in session.get(Person, 3).followers] == [1]
    assert session.get(Person, 1).followers == []


def test_two_foreign_keys_must_be_told_apart(Base):
    declare_parent(Base, children=relationship("Child"))
    declare_child(Base, other_id=mapped_column(ForeignKey("parent.id")))

    with pytest.raises(Exception, match="foreign_keys"):
        Base.registry.configure()


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"foreign_keys": "Child.other_id"}, id="text"),
        pytest.param({"foreign_keys": "[Child.other_id]"}, id="text of a list"),
        pytest.param({"foreign_keys": lambda: Base_child().other_id}, id="lambda"),
        pytest.param({"primaryjoin": "Parent.id == Child.other_id"}, id="primaryjoin"),
        pytest.param(
            {"primaryjoin": lambda: Base_parent().id == Base_child().other_id}, id="lambda join"
        ),
    ],
)
def test_foreign_keys_tell_which(Base, session, write, options):
    Parent = declare_parent(Base, others=relationship("Child", **options))
    Child = declare_child(Base, other_id=mapped_column(ForeignKey("parent.id")))
    _declared.update(parent=Parent, child=Child)
    write(Parent(others=[Child()]), Parent())

    assert len(session.get(Parent, 1).others) == 1
    assert session.get(Parent, 2).others == []
    assert session.scalars(select(Child.parent_id)).all() == [None]


_declared = {}


def Base_child():
    return _declared["child"]


def Base_parent():
    return _declared["parent"]


def test_a_join_may_have_conditions(Base, session, write):
    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        large = relationship(
            "Child", primaryjoin="and_(Parent.id == Child.parent_id, Child.size > 5)"
        )

    class Child(Base):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[int]
        parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))

    write(Parent(id=1), Child(parent_id=1, size=3), Child(parent_id=1, size=9))

    assert [child.size for child in session.get(Parent, 1).large] == [9]
    joined = select(Parent).options(joinedload(Parent.large))
    session.expunge_all()
    (parent,) = session.scalars(joined).unique().all()
    assert [child.size for child in parent.large] == [9]


def test_a_join_without_foreign_keys_is_marked(Base, session, write):
    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        code: Mapped[str]

    class Child(Base):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_code: Mapped[str | None]
        parent: Mapped[Parent | None] = relationship(
            primaryjoin=lambda: foreign(Child.parent_code) == remote(Parent.code),
            backref="children",
        )

    write(Child(parent=Parent(code="x")), Parent(code="y"))

    child = session.get(Child, 1)
    assert (child.parent_code, child.parent.code) == ("x", "x")
    assert child.parent.children == [child]
    assert inspect(Child).relationships.parent.direction is MANYTOONE


def declare_tree(Base, **attributes):
    return type(
        "Twig",
        (Base,),
        {
            "__tablename__": "twig",
            "id": Column(Integer, primary_key=True),
            "parent_id": Column(ForeignKey("twig.id")),
            **attributes,
        },
    )


def test_a_backref_of_a_self_reference_needs_a_remote_side(Base):
    Twig = declare_tree(Base, twigs=relationship("Twig", backref="parent"))

    with pytest.raises(ArgumentError, match=r"Twig\.parent both are onetomany") as raised:
        inspect(Twig).relationships.items()

    assert "remote_side=" in str(raised.value)


@pytest.mark.parametrize(
    "attributes",
    [
        {"twigs": relationship("Twig", backref=backref("parent", remote_side="Twig.id"))},
        {"parent": relationship("Twig", backref="twigs", remote_side="Twig.id")},
    ],
    ids=["of the many", "of the one"],
)
def test_a_backref_of_a_self_reference_takes_the_other_direction(Base, attributes):
    Twig = declare_tree(Base, **attributes)

    related = inspect(Twig).relationships

    assert (related.parent.direction, related.twigs.direction) == (MANYTOONE, ONETOMANY)


def test_a_foreign_key_may_refer_to_what_is_not_the_primary_key(Base, session, write, sql_log):
    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        code: Mapped[str] = mapped_column(unique=True)
        children: Mapped[list["Child"]] = relationship(back_populates="parent")

    class Child(Base):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_code: Mapped[str] = mapped_column(ForeignKey("parent.code"))
        parent: Mapped[Parent] = relationship(back_populates="children")

    write(Parent(code="x", children=[Child(), Child()]))

    child = session.get(Child, 2)

    assert child.parent_code == "x"
    assert child.parent.code == "x"
    assert len(child.parent.children) == 2


def test_a_composite_foreign_key_joins_by_all_columns(Base, session, write):
    class Parent(Base):
        __tablename__ = "parent"
        a: Mapped[int] = mapped_column(primary_key=True)
        b: Mapped[int] = mapped_column(primary_key=True)
        children: Mapped[list["Child"]] = relationship(back_populates="parent")

    class Child(Base):
        __tablename__ = "child"
        __table_args__ = (ForeignKeyConstraint(["parent_b", "parent_a"], ["parent.b", "parent.a"]),)
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_a: Mapped[int | None]
        parent_b: Mapped[int | None]
        parent: Mapped[Parent | None] = relationship(back_populates="children")

    write(Parent(a=1, b=2, children=[Child()]), Parent(a=2, b=1, children=[Child(), Child()]))

    assert len(session.get(Parent, (2, 1)).children) == 2
    child = session.get(Child, 1)
    assert (child.parent_a, child.parent_b) == (1, 2)
    assert child.parent is session.get(Parent, (1, 2))
    child.parent = None
    session.commit()
    assert (child.parent_a, child.parent_b) == (None, None)


def test_a_composite_key_that_is_a_foreign_key_too(Base, session, write):
    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        lines: Mapped[list["Line"]] = relationship(cascade="all, delete-orphan")

    class Line(Base):
        __tablename__ = "line"
        parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"), primary_key=True)
        number: Mapped[int] = mapped_column(primary_key=True)

    write(Parent(lines=[Line(number=n) for n in range(3)]))

    parent = session.get(Parent, 1)
    assert [line.number for line in parent.lines] == [0, 1, 2]
    del parent.lines[1]
    session.commit()
    assert session.scalars(select(Line.number)).all() == [0, 2]


def test_viewonly_is_never_written(Base, session, write, sql_log):
    Parent = declare_parent(
        Base, children=relationship("Child"), view=relationship("Child", viewonly=True)
    )
    Child = declare_child(Base)
    write(Parent(children=[Child()]))
    parent = session.get(Parent, 1)
    assert len(parent.view) == 1
    sql_log.clear()

    parent.view.append(Child())
    session.flush()

    assert sql_log.statements == []
    session.refresh(parent)
    assert len(parent.view) == 1


@pytest.mark.parametrize(
    "order",
    [
        pytest.param("Child.id.desc()", id="text"),
        pytest.param("desc(Child.id)", id="function"),
        pytest.param(lambda: [Base_child().id.desc()], id="lambda"),
    ],
)
@pytest.mark.parametrize("eager", [False, True])
def test_order_by_sorts_the_collection(Base, session, write, order, eager):
    Parent = declare_parent(Base, children=relationship("Child", order_by=order))
    Child = declare_child(Base)
    _declared["child"] = Child
    write(Parent(children=[Child(), Child(), Child()]))

    options = [joinedload(Parent.children)] if eager else []
    parent = session.scalars(select(Parent).options(*options)).unique().one()

    assert [child.id for child in parent.children] == [3, 2, 1]


def test_an_association_object_carries_values(Base, session, write):
    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        items: Mapped[list["OrderItem"]] = relationship(
            back_populates="order", cascade="all, delete-orphan"
        )

    class Item(Base):
        __tablename__ = "item"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    class OrderItem(Base):
        __tablename__ = "order_item"
        order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
        item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
        amount: Mapped[int]
        order: Mapped[Order] = relationship(back_populates="items")
        item: Mapped[Item] = relationship(lazy="joined")

    tea = Item(name="tea")
    write(Order(items=[OrderItem(item=tea, amount=2), OrderItem(item=Item(name="jam"), amount=1)]))

    order = session.get(Order, 1)
    assert {(line.item.name, line.amount) for line in order.items} == {("tea", 2), ("jam", 1)}
    order.items.pop(0)
    session.commit()
    assert session.scalars(select(OrderItem.item_id)).all() == [2]


def test_two_paths_between_the_same_rows_are_both_written(Base, session, write):
    class Account(Base):
        __tablename__ = "account"
        id: Mapped[int] = mapped_column(primary_key=True)
        billing_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
        shipping_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
        billing: Mapped["Address"] = relationship(foreign_keys=[billing_id])
        shipping: Mapped["Address"] = relationship(foreign_keys=[shipping_id])

    class Address(Base):
        __tablename__ = "address"
        id: Mapped[int] = mapped_column(primary_key=True)

    write(Account(billing=Address(), shipping=Address()))

    account = session.scalars(select(Account)).one()
    assert account.billing is not account.shipping
    assert {account.billing_id, account.shipping_id} == {1, 2}


def test_a_join_by_value_and_condition_in_both_directions(Base, session, write):
    class Node(Base):
        __tablename__ = "node"
        tree: Mapped[int] = mapped_column(primary_key=True)
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int | None] = mapped_column(Integer)
        parent: Mapped["Node | None"] = relationship(
            primaryjoin=lambda: and_(
                remote(Node.tree) == Node.tree, remote(Node.id) == foreign(Node.parent_id)
            ),
            back_populates="children",
        )
        children: Mapped[list["Node"]] = relationship(
            primaryjoin=lambda: and_(
                Node.tree == remote(Node.tree), Node.id == remote(foreign(Node.parent_id))
            ),
            back_populates="parent",
        )

    write(
        Node(tree=1, id=1),
        Node(tree=1, id=2, parent_id=1),
        Node(tree=2, id=1),
        Node(tree=2, id=5, parent_id=1),
    )

    assert session.get(Node, (2, 5)).parent is session.get(Node, (2, 1))
    assert session.get(Node, (1, 1)).children == [session.get(Node, (1, 2))]


def test_another_class_may_be_related_where_types_are_not_checked(Base):
    Parent = declare_parent(Base, children=relationship("Child", enable_typechecks=False))
    declare_child(Base)
    Other = type(
        "Other",
        (Base,),
        {
            "__tablename__": "other",
            "__annotations__": {"id": Mapped[int]},
            "id": mapped_column(primary_key=True),
        },
    )
    stranger = Other()

    parent = Parent(children=[stranger])

    assert parent.children == [stranger]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (lambda name: name.desc(), ["c", "bb", "aaa"]),
        (func.length, ["c", "bb", "aaa"]),
        (lambda name: (func.substr(name, 2), name.desc()), ["c", "aaa", "bb"]),
    ],
    ids=["desc", "function", "several"],
)
def test_a_collection_is_ordered_by_an_expression(Base, session, write, order, names):
    class Node(Base):
        __tablename__ = "node"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column()
        parent_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
        children: Mapped[list["Node"]] = relationship(order_by=order(name))

    write(Node(name="x", children=[Node(name="aaa"), Node(name="bb"), Node(name="c")]))

    top = session.scalars(select(Node).where(Node.name == "x")).one()
    assert [child.name for child in top.children] == names
