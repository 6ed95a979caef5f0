"""What listeners of a flush see of changes, and how often they are called: as with the oracle."""

from types import SimpleNamespace

import pytest

from tests.orm.both import compare, programs

ROW_EVENTS = ("before_insert", "after_insert", "before_update", "after_update", "before_delete")


def tree(w):
    """Nodes that refer to nodes, with tags and a favourite: every kind of relationship."""
    sa, orm = w.sa, w.orm
    column, relationship = orm.mapped_column, orm.relationship
    third = sa.Table(
        "node_tag",
        w.Base.metadata,
        sa.Column("node_id", sa.ForeignKey("node.id"), primary_key=True),
        sa.Column("tag_id", sa.ForeignKey("tag.id"), primary_key=True),
    )
    mutable = w.module("ext.mutable").MutableDict.as_mutable

    class Node(w.Base):
        __tablename__ = "node"
        id = column(sa.Integer, primary_key=True, autoincrement=False)
        name = column(sa.String(10))
        data = column(mutable(sa.JSON))
        above_id = column(sa.ForeignKey("node.id"))
        favourite_id = column(sa.ForeignKey("node.id"))
        above = relationship(
            "Node", remote_side=[id], foreign_keys=[above_id], back_populates="below"
        )
        below = relationship("Node", foreign_keys=[above_id], back_populates="above")
        favourite = relationship(
            "Node", remote_side=[id], foreign_keys=[favourite_id], post_update=True
        )
        tags = relationship("Tag", secondary=third)

    class Tag(w.Base):
        __tablename__ = "tag"
        id = column(sa.Integer, primary_key=True, autoincrement=False)

    w.create()
    return SimpleNamespace(Node=Node, Tag=Tag)


def named(value):
    if isinstance(value, (list, tuple)):
        return [named(one) for one in value]
    return f"{type(value).__name__} {value.id}" if hasattr(value, "id") else value


def changes(w, instance):
    """What is new in the loaded attributes; that one referred to nothing is no loss."""
    found = {}
    for attribute in w.sa.inspect(instance).attrs:
        history = attribute.history
        if history.has_changes() and attribute.key in instance.__dict__:
            deleted = [one for one in history.deleted if one is not None]
            found[attribute.key] = (named(deleted), named(history.added))
    return sorted(found.items())


def listening(w, *classes):
    """A list of what listeners are told of instances of *classes*, and of the flush."""
    heard = []

    def listen(class_, name):
        def hear(mapper, connection, instance):
            heard.append((name, named(instance), changes(w, instance)))

        w.sa.event.listen(class_, name, hear)

    for class_ in classes:
        for name in ROW_EVENTS:
            listen(class_, name)

    @w.sa.event.listens_for(w.s, "after_flush")
    def after_flush(session, context):
        for name, members in (("new", session.new), ("dirty", session.dirty)):
            for one in sorted(members, key=lambda one: one.id):
                heard.append((f"after_flush {name}", named(one), changes(w, one)))

    return heard


def in_order(heard):
    """*heard* without the order in which rows of a circle were written."""
    return sorted(heard, key=repr)


def of_new_instances(w):
    m = tree(w)
    heard = listening(w, m.Node)
    one = m.Node(id=1, name="a", data={"x": 1}, tags=[m.Tag(id=1)])
    w.s.add_all([one, m.Node(id=2, above=one), m.Node(id=3)])
    w.s.flush()
    yield in_order(heard)
    yield changes(w, one)


def of_changed_columns(w):
    m = tree(w)
    w.add(m.Node(id=1, name="a", data={"x": 1}), m.Node(id=2, name="b"))
    heard = listening(w, m.Node)
    one, two = w.s.get(m.Node, 1), w.s.get(m.Node, 2)
    one.name, two.name = "c", "b"
    one.data["y"] = 2
    w.s.flush()
    yield in_order(heard)
    heard.clear()
    one.data["z"] = 3
    w.s.flush()
    yield in_order(heard)
    yield w.rows(m.Node)


def of_references(w):
    m = tree(w)
    w.add(m.Node(id=1), m.Node(id=2), m.Node(id=3, above_id=1))
    heard = listening(w, m.Node)
    one, two, three = (w.s.get(m.Node, n) for n in (1, 2, 3))
    yield named([one.above, three.above])
    one.above, three.above = two, None
    w.s.flush()
    yield in_order(heard)
    heard.clear()
    yield named(two.below)
    two.below.append(three)
    two.name = "n"
    w.s.flush()
    yield in_order(heard), w.rows(m.Node)


def of_new_parents_of_old_rows(w):
    m = tree(w)
    w.add(m.Node(id=1), m.Node(id=2))
    heard = listening(w, m.Node)
    one, two = w.s.get(m.Node, 1), w.s.get(m.Node, 2)
    yield one.above, two.above
    one.above = two.above = m.Node(id=9)
    one.name = "n"
    w.s.flush()
    yield in_order(heard)
    yield w.rows(m.Node)


def of_references_that_are_written_later(w):
    m = tree(w)
    w.add(m.Node(id=1))
    heard = listening(w, m.Node)
    one = w.s.get(m.Node, 1)
    yield one.favourite
    one.favourite = m.Node(id=2)
    w.s.flush()
    yield in_order(heard), w.rows(m.Node)


def of_members_of_third_tables(w):
    m = tree(w)
    w.add(m.Node(id=1, tags=[m.Tag(id=1), m.Tag(id=2)]))
    heard = listening(w, m.Node)
    one = w.s.get(m.Node, 1)
    one.tags = [one.tags[0], m.Tag(id=3)]
    w.s.flush()
    yield in_order(heard)


def values_that_listeners_set_are_written(w):
    m = tree(w)
    w.add(m.Node(id=1, name="a"))

    @w.sa.event.listens_for(m.Node, "before_update")
    def stamp(mapper, connection, node):
        node.name = "stamped"

    @w.sa.event.listens_for(m.Node, "before_insert")
    def stamp_new(mapper, connection, node):
        node.name = "made"

    one = w.s.get(m.Node, 1)
    one.above = m.Node(id=2)
    w.s.flush()
    yield w.rows(m.Node)
    yield w.writes()


def versions_of_rows_that_are_written_twice(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Item(w.Base):
        __tablename__ = "item"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(10))
        version = column(sa.Integer, nullable=False)
        above_id = column(sa.ForeignKey("item.id"))
        first_id = column(sa.ForeignKey("item.id"))
        above = orm.relationship("Item", remote_side=[id], foreign_keys=[above_id])
        first = orm.relationship(
            "Item", remote_side=[id], foreign_keys=[first_id], post_update=True
        )
        __mapper_args__ = {"version_id_col": version}

    w.create()
    w.add(Item(id=1), Item(id=2))
    heard = listening(w, Item)
    one, two = w.s.get(Item, 1), w.s.get(Item, 2)
    one.name, one.first, one.above = "x", two, two
    w.s.flush()
    yield w.rows(Item)
    two.name, two.above = "y", Item(id=3)
    w.s.flush()
    yield w.rows(Item)
    yield [event for event, *_ in heard if "flush" not in event]
    w.s.commit()
    one.name = "z"
    w.s.commit()


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_listeners_are_told_as_the_oracle_tells(program):
    compare(program)
