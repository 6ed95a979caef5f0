"""What a session does in corners, one program each, run here and with the oracle."""

import warnings
from types import SimpleNamespace

import pytest

from tests.orm.both import compare, programs


def family(w):
    sa, orm = w.sa, w.orm
    column, relationship = orm.mapped_column, orm.relationship

    class Parent(w.Base):
        __tablename__ = "parent"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(10))
        children = relationship("Child", cascade="all, delete-orphan", back_populates="parent")

    class Child(w.Base):
        __tablename__ = "child"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(10))
        parent_id = column(sa.ForeignKey("parent.id"))
        parent = relationship("Parent", back_populates="children")

    class Owner(w.Base):
        __tablename__ = "owner"
        id = column(sa.Integer, primary_key=True)
        child_id = column(sa.ForeignKey("child.id"))
        child = relationship("Child", cascade="all, delete-orphan", single_parent=True)

    w.create()
    w.add(Parent(id=1, name="n", children=[Child(id=1), Child(id=2)]))
    return SimpleNamespace(Parent=Parent, Child=Child, Owner=Owner)


def warned(call, *arguments):
    """How many warnings there were of what is being done."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        call(*arguments)
    return len(found)


def one_parent_alone_even_if_the_other_is_out_of_sight(w):
    m = family(w)
    child = m.Child(id=9)

    def give():
        m.Owner(child=child)

    yield w.error(give)
    yield w.error(give)


def members_that_are_pending_leave_with_the_expiry_of_their_parent(w):
    m = family(w)
    parent = w.s.get(m.Parent, 1)
    parent.children.append(m.Child(id=9))
    w.s.expire(parent)
    yield len(w.s.new), len(parent.children)
    parent.children.append(m.Child(id=9))
    with w.s.no_autoflush:
        w.s.refresh(parent)
    yield len(w.s.new), len(parent.children)
    w.s.expire(parent)
    parent.children.append(m.Child(id=9))
    w.s.expire(parent)
    yield len(w.s.new), len(parent.children)


def attributes_of_all_kinds(w):
    """A parent with a deferred column, an expression and members that come by a join."""
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Node(w.Base):
        __tablename__ = "node"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(9))
        size = column(sa.Integer)
        note = column(sa.String(9), deferred=True)
        label = orm.column_property(name + "!")
        leaves = orm.relationship("Leaf", lazy="joined", order_by="Leaf.id")

    class Leaf(w.Base):
        __tablename__ = "leaf"
        id = column(sa.Integer, primary_key=True)
        node_id = column(sa.ForeignKey("node.id"))

    w.create()
    w.add(Node(id=1, name="a", size=1, note="n", leaves=[Leaf(id=1), Leaf(id=2)]))
    return Node, w.s.get(Node, 1)


def what_is_joined_comes_with_the_columns_that_are_refreshed(w):
    Node, node = attributes_of_all_kinds(w)
    for names in (["name", "leaves"], ["leaves"], ["size", "leaves", "note"]):
        for _ in range(2):
            w.sent.clear()
            w.s.refresh(node, names)
            yield names, len(w.sent), len(node.leaves), w.loaded(node)
    w.s.expire_all()
    w.s.expunge_all()
    statement = w.sa.select(Node).options(w.orm.lazyload(Node.leaves))
    node = w.s.scalars(statement).one()
    w.sent.clear()
    w.s.refresh(node, ["name", "leaves"])
    yield len(w.sent), len(node.leaves)


def what_is_deferred_expires_for_itself(w):
    _, node = attributes_of_all_kinds(w)
    for names in (["name", "note"], ["note"]):
        w.s.expire(node, names)
        yield node.name, "note" in w.loaded(node)
    yield node.note
    w.sent.clear()
    w.s.expire(node, ["name", "note"])
    yield node.name, "note" in w.loaded(node), len(w.sent)


def what_is_deferred_stays_so_in_what_was_made_detached(w):
    Node, _ = attributes_of_all_kinds(w)
    w.s.expunge_all()
    node = Node(id=1)
    w.orm.make_transient_to_detached(node)
    w.s.add(node)
    yield node.name, "note" in w.loaded(node), node.note


def an_expression_that_is_set_stays_until_it_expires(w):
    _, node = attributes_of_all_kinds(w)
    node.name = "b"
    w.s.flush()
    yield node.label
    node.name, node.label = "c", "set"
    w.s.flush()
    yield node.label
    w.s.commit()
    yield node.label


def an_expression_that_is_to_be_written_is_a_change(w):
    Node, node = attributes_of_all_kinds(w)
    told = []

    @w.sa.event.listens_for(w.s, "before_flush")
    def look(session, context, instances):
        for one in session.dirty:
            states = w.sa.inspect(one).attrs
            told.append([state.key for state in states if state.history.has_changes()])

    for is_read in (True, False):
        if not is_read:
            w.s.expire(node)
        node.size = Node.size + 1
        history = w.sa.inspect(node).attrs.size.history
        yield len(history.added), history.unchanged, history.deleted
        yield w.s.is_modified(node), node in w.s.dirty
        w.s.flush()
        yield told, node.size


def a_mapper_stands_for_its_class_in_statements(w):
    Node, _ = attributes_of_all_kinds(w)
    mapper = w.sa.inspect(Node)
    yield [node.name for node in w.s.scalars(w.sa.select(mapper)).unique()]
    yield [node.name for node in w.s.query(mapper).filter(Node.id == 1)]


def new_members_without_orphans_stay_when_their_parent_expires(w):
    sa, orm = w.sa, w.orm

    class Box(w.Base):
        __tablename__ = "box"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        things = orm.relationship("Thing", cascade="save-update, merge, refresh-expire")

    class Thing(w.Base):
        __tablename__ = "thing"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        box_id = orm.mapped_column(sa.ForeignKey("box.id"))

    w.create()
    w.add(Box(id=1))
    w.s.autoflush = False
    box = w.s.get(Box, 1)
    for end in (w.s.expire, w.s.refresh):
        thing = Thing()
        box.things.append(thing)
        end(box)
        yield thing in w.s, thing in box.things
    w.s.commit()
    yield w.rows(Thing)


def what_was_changed_while_detached_is_written(w):
    sa, orm = w.sa, w.orm

    class Box(w.Base):
        __tablename__ = "box"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        things = orm.relationship("Thing", back_populates="box")
        parts = orm.relationship("Part", cascade="all, delete-orphan")

    class Thing(w.Base):
        __tablename__ = "thing"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        box_id = orm.mapped_column(sa.ForeignKey("box.id"))
        box = orm.relationship("Box", back_populates="things")

    class Part(w.Base):
        __tablename__ = "part"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        box_id = orm.mapped_column(sa.ForeignKey("box.id"))

    def pop(box):
        box.things.pop()
        box.parts.pop()

    def replace(box):
        box.things, box.parts = [Thing()], [Part()]

    def clear(box):
        box.things.clear()
        box.parts.clear()

    def let_go(box):
        box.things[0].box = None

    w.create()
    for change in (pop, replace, clear, let_go):
        box = Box(things=[Thing(), Thing()], parts=[Part(), Part()])
        w.s.add(box)
        w.s.commit()
        w.s.refresh(box, ["id", "things", "parts"])
        [thing.box for thing in box.things]
        w.s.expunge_all()
        change(box)
        w.s.add(box)
        yield change.__name__, len(list(w.s))
        w.s.commit()
        yield len(box.things), len(box.parts), w.rows(Thing), w.rows(Part)
        w.s.expunge_all()


def history_by_the_attribute(w):
    m = family(w)
    parent = w.s.get(m.Parent, 1)
    parent.name = "z"
    yield tuple(map(list, m.Parent.name.get_history(parent)))
    yield tuple(map(list, m.Parent.name.impl.get_history(w.sa.inspect(parent), parent.__dict__)))
    yield len(m.Parent.children.get_history(parent).unchanged)


def blocks_whose_transaction_has_ended(w):
    m = family(w)
    for verb in (
        w.s.begin,
        w.s.begin_nested,
        lambda: w.s.execute(w.sa.select(1)),
        lambda: w.s.get(m.Parent, 1),
        lambda: w.s.add(m.Parent(id=7)),
    ):
        with w.s.begin():
            w.s.commit()
            yield w.error(verb)
    with w.s.begin():
        yield len(w.s.scalars(w.sa.select(m.Parent)).all())


def blocks_whose_savepoint_has_ended(w):
    m = family(w)
    verbs = (
        w.s.begin,
        w.s.begin_nested,
        w.s.connection,
        w.s.flush,
        lambda: w.s.scalar(w.sa.select(1)),
        lambda: w.s.get(m.Parent, 1) is None,
    )
    count = w.sa.select(w.sa.func.count(m.Parent.id))
    for verb in verbs:
        for end in ("commit", "rollback"):
            with w.s.begin():
                with w.s.begin_nested() as savepoint:
                    w.s.scalar(count)
                    getattr(savepoint, end)()
                    yield w.error(verb)
                    yield w.s.in_transaction(), w.s.in_nested_transaction()
                yield w.s.scalar(count)


def blocks_within_blocks_that_have_ended(w):
    count = w.sa.select(1)
    for end in ("commit", "rollback", "close"):
        with w.s.begin_nested():
            w.s.scalar(count)
            getattr(w.s, end)()
            yield w.error(w.s.scalar, count), w.s.in_transaction(), w.error(w.s.begin)
        yield w.s.scalar(count)
        w.s.rollback()
    with w.s.begin() as outer:
        with w.s.begin_nested():
            with w.s.begin_nested() as inner:
                inner.rollback()
                yield w.error(w.s.scalar, count)
            yield w.error(w.s.scalar, count)
            outer.rollback()
            yield w.error(w.s.scalar, count)
        yield w.error(w.s.scalar, count)
    yield w.error(w.s.scalar, count)


def keys_of_nothing(w):
    m = family(w)
    yield warned(w.s.get, m.Parent, None), w.s.get(m.Parent, None)
    yield warned(w.s.get, m.Parent, (None,))
    yield warned(w.s.get, m.Parent, 5)


def changes_within_a_flush_are_warned_of(w):
    m = family(w)
    parent = w.s.get(m.Parent, 1)
    child = parent.children[0]
    todo = []

    @w.sa.event.listens_for(m.Parent, "before_update")
    def change(mapper, connection, instance):
        todo.pop()()

    for number, one in enumerate(
        (
            lambda: None,
            lambda: w.s.add(m.Parent(id=50)),
            lambda: parent.children.append(m.Child(id=51)),
            lambda: w.s.delete(child),
        )
    ):
        todo.append(one)
        parent.name = f"n{number}"
        yield warned(w.s.flush) > 0


def transactions_of_flushes_are_told(w):
    m = family(w)
    heard = []
    for name in (
        *("after_transaction_create", "after_transaction_end", "before_flush", "after_flush"),
        *("after_begin", "after_flush_postexec", "before_commit", "after_commit"),
    ):
        w.sa.event.listen(w.s, name, lambda *_, name=name: heard.append(name))
    w.s.add(m.Parent(id=8))
    w.s.flush()
    yield list(heard)
    w.s.commit()
    yield heard


def listeners_are_told_what_was_read_again(w):
    m = family(w)
    heard = []

    @w.sa.event.listens_for(m.Parent, "refresh")
    def refreshed(parent, context, names):
        heard.append(names if names is None else sorted(names))

    parent = w.s.get(m.Parent, 1)
    w.s.expire(parent)
    yield parent.name, heard
    w.s.expire(parent, ["name"])
    yield parent.name, heard
    w.s.refresh(parent, ["name"])
    yield heard
    w.s.commit()
    yield len(w.s.scalars(w.sa.select(m.Parent)).all()), heard


def listeners_are_told_what_classes_below_read_again(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Person(w.Base):
        __tablename__ = "person"
        id = column(sa.Integer, primary_key=True)
        kind = column(sa.String(9))
        name = column(sa.String(9))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

    class Engineer(Person):
        __tablename__ = "engineer"
        id = column(sa.ForeignKey("person.id"), primary_key=True)
        language = column(sa.String(9))
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    w.create()
    w.add(Engineer(id=1, name="a", language="b"))
    engineer = w.s.get(Engineer, 1)
    told = []
    w.sa.event.listen(
        Person, "refresh", lambda it, context, names: told.append(sorted(names)), propagate=True
    )
    for entity in (Engineer, orm.with_polymorphic(Person, [Engineer])):
        w.s.expire(engineer)
        yield w.s.scalars(sa.select(entity)).one() is engineer, told
        told.clear()


def a_changed_key_is_not_read_again(w):
    m = family(w)
    parent = w.s.get(m.Parent, 1)
    w.s.autoflush = False
    parent.id = 5
    yield w.error(w.s.refresh, parent, ["name"])
    w.s.refresh(parent)
    yield parent.id


def a_reference_to_what_is_not_saved_yet(w):
    m = family(w)
    select = w.sa.select
    parent = m.Parent(name="new", children=[m.Child(name="c")])
    w.s.add(parent)
    asked = select(m.Child.name).where(m.Child.parent == parent)
    yield w.s.scalars(asked).all()
    other = m.Parent(name="other")
    asked = select(m.Child).where(m.Child.parent == other)
    yield isinstance(w.error(lambda: w.s.scalars(asked).all()), str)
    other.children.append(m.Child(name="d"))
    w.s.add(other)
    yield [one.name for one in w.s.scalars(asked)]
    w.s.expire(other)
    w.s.expunge(other)
    yield [one.name for one in w.s.scalars(asked)]


def options_of_the_statement_count_for_more_than_those_of_the_session(w):
    m = family(w)
    heard = []
    session = w.orm.Session(w.engine, execution_options={"a": 1, "b": 1, "c": 1})

    @w.sa.event.listens_for(session, "do_orm_execute")
    def note(state):
        heard.append({name: state.execution_options.get(name) for name in "abc"})

    statement = w.sa.select(m.Parent).execution_options(b=2, c=2)
    session.execute(statement, execution_options={"c": 3})
    session.close()
    yield heard


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_a_session_does_as_the_oracle_does(program):
    compare(program)
