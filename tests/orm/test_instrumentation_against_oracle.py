"""The tools for attributes and the events of attributes, one program each, run on both."""

from types import SimpleNamespace

import pytest

from tests.orm.both import compare, programs


def ids(instances):
    return [one.id for one in instances]


def family(w, **options):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Parent(w.Base):
        __tablename__ = "parent"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(20))
        data = column(sa.JSON)
        children = orm.relationship(
            "Child", **{"back_populates": "parent", "order_by": "Child.id", **options}
        )

    class Child(w.Base):
        __tablename__ = "child"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(20))
        parent_id = column(sa.ForeignKey("parent.id"))
        parent = orm.relationship("Parent", back_populates="children")

    w.create()
    return SimpleNamespace(Parent=Parent, Child=Child, attributes=w.module("orm.attributes"))


def set_get_delete(w):
    m = family(w)
    tools = m.attributes
    parent = m.Parent(id=1)
    tools.set_attribute(parent, "name", "x")
    yield parent.name, tools.get_attribute(parent, "name"), tuple(tools.get_history(parent, "name"))
    w.s.add(parent)
    w.s.commit()
    tools.set_attribute(parent, "name", "y")
    yield tuple(tools.get_history(parent, "name")), w.s.is_modified(parent)
    tools.set_attribute(parent, "children", [m.Child(id=1)])
    yield ids(parent.children), parent.children[0].parent is parent
    tools.del_attribute(parent, "name")
    yield tuple(tools.get_history(parent, "name"))


def committed_values(w):
    m = family(w)
    tools = m.attributes
    w.add(m.Parent(id=1, name="x"), m.Child(id=1, parent_id=1))
    parent = w.s.get(m.Parent, 1)
    tools.set_committed_value(parent, "name", "other")
    yield parent.name, w.s.is_modified(parent), parent in w.s.dirty
    child = m.Child(id=5)
    tools.set_committed_value(parent, "children", [child])
    yield ids(parent.children), w.s.is_modified(parent), child in w.s, child.parent is parent
    tools.set_committed_value(w.s.get(m.Child, 1), "parent", None)
    yield w.s.get(m.Child, 1).parent is parent
    w.s.commit()
    yield w.rows(m.Parent), w.rows(m.Child)


def flags(w):
    m = family(w)
    tools = m.attributes
    w.add(m.Parent(id=1, name="x", data={"a": 1}))
    parent = w.s.get(m.Parent, 1)
    parent.data["a"] = 2
    yield parent in w.s.dirty
    tools.flag_modified(parent, "data")
    yield parent in w.s.dirty, w.s.is_modified(parent)
    w.s.commit()
    yield w.rows(m.Parent)
    parent.name  # noqa: B018
    tools.flag_dirty(parent)
    yield parent in w.s.dirty, w.s.is_modified(parent)
    w.sent.clear()
    w.s.flush()
    yield w.writes()
    w.s.expire(parent)
    yield w.error(tools.flag_modified, parent, "name")


def initialised_collections(w):
    m = family(w)
    tools = m.attributes
    parent = m.Parent(id=1)
    collection = tools.init_collection(parent, "children")
    for n in (1, 2):
        collection.append_without_event(m.Child(id=n))
    yield ids(parent.children), parent.children[0].parent
    state = tools.instance_state(parent)
    yield state.obj() is parent, state is w.sa.inspect(parent)


def histories(w):
    m = family(w)
    tools = m.attributes
    w.add(m.Parent(id=1, name="x", children=[m.Child(id=1), m.Child(id=2)]), m.Parent(id=2))
    parent = w.s.get(m.Parent, 1)
    yield [list(part) for part in tools.get_history(parent, "name")]
    yield [ids(part) for part in tools.get_history(parent, "children")]
    removed = parent.children.pop(0)
    parent.children.append(m.Child(id=3))
    history = tools.get_history(parent, "children")
    yield ids(history.added), ids(history.unchanged), ids(history.deleted)
    yield ids(history.sum()), ids(history.non_added()), ids(history.non_deleted())
    yield history.has_changes(), history.empty()
    yield [tuple(x and x.id for x in part) for part in tools.get_history(removed, "parent")]
    parent.name = "y"
    parent.name = "x"
    yield tuple(tools.get_history(parent, "name")), w.s.is_modified(parent)
    state = w.sa.inspect(parent)
    yield state.attrs.name.loaded_value, state.attrs.name.value, sorted(state.unloaded)
    yield state.attrs.name.history.has_changes(), state.attrs.name.key
    yield sorted(a.key for a in state.attrs), sorted(state.attrs.keys())
    passive = tools.get_history(w.s.get(m.Parent, 2), "children", tools.PASSIVE_NO_INITIALIZE)
    yield tuple(passive), bool(passive)
    yield tools.has_parent(m.Parent, parent.children[0], "children")


def states(w):
    m = family(w)
    parent = m.Parent(id=1, name="x")
    state = w.sa.inspect(parent)

    def told():
        return (
            state.transient, state.pending, state.persistent, state.deleted, state.detached,
            state.identity, state.has_identity, state.modified, state.session is w.s,
            sorted(k for k in state.dict if not k.startswith("_")), bool(state.expired),
        )  # fmt: skip

    yield told()
    w.s.add(parent)
    yield told()
    w.s.flush()
    yield told()[:5], state.identity, state.has_identity
    parent.name = "y"
    yield state.modified, sorted(state.unmodified)
    w.s.delete(parent)
    w.s.flush()
    yield told()[:5], state.was_deleted
    w.s.commit()
    yield told()[:5], state.was_deleted
    yield state.mapper.class_.__name__, state.object is parent, state.class_.__name__


def all_attribute_events(w):
    m = family(w)
    log = []

    def name(it):
        return getattr(it, "id", it)

    for target, key in ((m.Parent, "name"), (m.Parent, "children"), (m.Child, "parent")):
        attribute = getattr(target, key)
        for event in ("set", "append", "remove", "bulk_replace", "modified", "init_scalar",
                      "init_collection", "dispose_collection"):  # fmt: skip

            def listener(instance, *arguments, event=event, key=key):
                shown = []
                for one in arguments[:2]:
                    if isinstance(one, list):
                        shown.append(ids(one))
                    elif isinstance(one, (m.Parent, m.Child, str, type(None))):
                        shown.append(name(one))
                log.append((key, event, instance.id, shown))

            w.sa.event.listen(attribute, event, listener)

    def told():
        # A change of two sides is told of in either order.
        found = sorted(log, key=repr)
        log.clear()
        return found

    parent = m.Parent(id=1)
    yield told()
    yield parent.name, told()
    parent.name = "x"
    yield told()
    yield parent.children, told()
    parent.children.append(m.Child(id=1))
    yield told()
    parent.children = [m.Child(id=2), parent.children[0]]
    yield told()
    parent.children.remove(parent.children[0])
    yield told()
    child = m.Child(id=3, parent=parent)
    yield told()
    child.parent = None
    yield told()
    del parent.name
    yield told()
    w.s.add(parent)
    w.s.commit()
    told()
    parent.name = "z"
    yield [one for one in told() if one[1] == "set"]
    w.module("orm.attributes").flag_modified(parent, "name")
    yield told()


def events_that_return(w):
    m = family(w)
    listen = w.sa.event.listen
    listen(m.Parent.name, "set", lambda i, v, o, e: v and v.upper(), retval=True)
    parent = m.Parent(id=1, name="x")
    yield parent.name
    other = m.Child(id=9)
    listen(m.Parent.children, "append", lambda i, v, e: other, retval=True)
    parent.children.append(m.Child(id=1))
    yield ids(parent.children)

    def refuse(instance, value, initiator):
        raise ValueError(value.id)

    listen(m.Parent.children, "remove", refuse)
    yield w.error(parent.children.remove, other), ids(parent.children)

    def fill(instance, value, dict_):
        dict_["name"] = "filled"
        return "filled"

    listen(m.Child.name, "init_scalar", fill, retval=True)
    child = m.Child(id=3)
    yield child.name, "name" in child.__dict__
    w.s.add(child)
    w.s.commit()
    yield w.rows(m.Child)


def bulk_replacement(w):
    m = family(w)

    def only_named(instance, values, initiator):
        values[:] = [value for value in values if value.name]

    w.sa.event.listen(m.Parent.children, "bulk_replace", only_named)
    parent = m.Parent(id=1, children=[m.Child(id=1), m.Child(id=2, name="x")])
    yield ids(parent.children)
    parent.children = [m.Child(id=3, name="y"), m.Child(id=4)]
    yield ids(parent.children)


def propagation(w):
    sa, orm = w.sa, w.orm
    log = []

    class Mixin:
        name = orm.mapped_column(sa.String(5))

    class A(Mixin, w.Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        kind = orm.mapped_column(sa.String(5))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "a"}

    class B(A):
        __mapper_args__ = {"polymorphic_identity": "b"}

    for propagate in (False, True):
        sa.event.listen(
            A.name, "set", lambda i, v, o, e, p=propagate: log.append((type(i).__name__, p)),
            propagate=propagate,
        )  # fmt: skip
        sa.event.listen(
            A, "init", lambda i, a, k, p=propagate: log.append((type(i).__name__, "init", p)),
            propagate=propagate,
        )  # fmt: skip

    class C(A):
        __mapper_args__ = {"polymorphic_identity": "c"}

    for class_ in (A, B, C):
        class_(name="x")
        yield list(log)
        log.clear()


def initiators(w):
    m = family(w)
    log = []
    for target, key in ((m.Parent, "children"), (m.Child, "parent")):
        for event in ("append", "remove", "set"):

            def listener(instance, value, *rest, event=event, key=key):
                token = rest[-1]
                log.append((key, event, token.key, token.op.name))

            w.sa.event.listen(getattr(target, key), event, listener)
    parent = m.Parent(id=1)
    child = m.Child(id=1, parent=parent)
    yield sorted(log)
    log.clear()
    parent.children.remove(child)
    yield sorted(log)
    log.clear()


def instance_events(w):
    m = family(w)
    log = []

    def note(event):
        def listener(target, *arguments):
            shown = [sorted(a) if isinstance(a, (set, dict, list, tuple)) else None
                     for a in arguments]  # fmt: skip
            log.append((event, shown[-1] if event in ("expire", "refresh", "refresh_flush") else 0))

        return listener

    for event in ("init", "init_failure", "load", "refresh", "refresh_flush",
                  "expire", "pickle", "unpickle"):  # fmt: skip
        w.sa.event.listen(m.Parent, event, note(event))
    parent = m.Parent(id=1, name="x")
    m.Parent()
    yield w.error(lambda: m.Parent(nothing=1)), list(log)
    log.clear()
    w.add(parent)
    log.clear()
    parent = w.s.get(m.Parent, 1)
    yield list(log)
    log.clear()
    w.s.expire(parent, ["name"])
    w.s.expire(parent)
    yield list(log)
    log.clear()
    w.s.refresh(parent)
    yield [one[0] for one in log]
    log.clear()
    w.s.refresh(parent, ["name"])
    yield list(log)


def mapper_events(w):
    sa, orm = w.sa, w.orm
    log = []
    for event in ("instrument_class", "after_mapper_constructed", "before_mapper_configured",
                  "mapper_configured"):  # fmt: skip
        sa.event.listen(
            w.Base, event, lambda mapper, class_, e=event: log.append((e, class_.__name__)),
            propagate=True,
        )  # fmt: skip

    class A(w.Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        name = orm.mapped_column(sa.String(5))

    w.create()
    yield list(log)
    log.clear()
    for event in ("before_insert", "after_insert", "before_update", "after_update",
                  "before_delete", "after_delete"):  # fmt: skip
        sa.event.listen(A, event, lambda m, c, t, e=event: log.append((e, t.id, t.name)))

    def rename(mapper, connection, target):
        target.name = "by me"

    sa.event.listen(A, "before_insert", rename)
    a = A(id=1)
    w.s.add(a)
    w.s.flush()
    a.name = "x"
    w.s.flush()
    w.s.delete(a)
    w.s.flush()
    yield list(log)


def configuring_events(w):
    sa, orm = w.sa, w.orm
    log = []
    mapper_class = orm.Mapper
    before = lambda: log.append("before")  # noqa: E731
    after = lambda: log.append("after")  # noqa: E731
    sa.event.listen(mapper_class, "before_configured", before)
    sa.event.listen(mapper_class, "after_configured", after)

    class A(w.Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    w.Base.registry.configure()
    sa.event.remove(mapper_class, "before_configured", before)
    sa.event.remove(mapper_class, "after_configured", after)
    yield log


def validators(w):
    sa, orm = w.sa, w.orm

    class A(w.Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        name = orm.mapped_column(sa.String(5))
        bs = orm.relationship("B", backref="a")

        @orm.validates("name")
        def check_name(self, key, value):
            if value == "bad":
                raise ValueError(key)
            return value and value.lower()

        @orm.validates("bs", include_removes=True)
        def check_bs(self, key, value, is_remove):
            value.note = (key, is_remove)
            return value

    class B(w.Base):
        __tablename__ = "b"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        a_id = orm.mapped_column(sa.ForeignKey("a.id"))

    w.create()
    a = A(name="ADA")
    yield a.name, w.error(setattr, a, "name", "bad"), a.name
    b = B()
    a.bs.append(b)
    yield b.note
    a.bs.remove(b)
    yield b.note


def is_instrumented(w):
    m = family(w)
    tool = w.module("orm.instrumentation").is_instrumented
    yield tool(m.Parent(), "name"), tool(m.Parent(), "children"), tool(m.Parent(), "nothing")
    orm = w.orm
    yield isinstance(m.Parent.name, orm.InstrumentedAttribute)
    yield isinstance(m.Parent.name, orm.QueryableAttribute)
    yield m.Parent.name.impl.key, m.Parent.children.impl.collection, m.Child.parent.impl.collection
    manager = w.sa.inspect(m.Parent).class_manager
    yield "name" in manager, sorted(a.key for a in manager.attributes), manager.is_mapped
    yield manager["name"] is m.Parent.name
    yield orm.attributes.instance_state(m.Parent()).manager is manager


def validators_of_classes_below(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Animal(w.Base):
        __tablename__ = "animal"
        id = column(sa.Integer, primary_key=True)
        kind = column(sa.String(10))
        name = column(sa.String(20))
        note = column(sa.String(20))
        above_id = column(sa.ForeignKey("animal.id"))
        young = orm.relationship("Animal")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

        @orm.validates("name")
        def check(self, key, value):
            return f"A {value}"

        @orm.validates("young")
        def check_young(self, key, one):
            one.note = "young"
            return one

    class Cat(Animal):
        __mapper_args__ = {"polymorphic_identity": "cat"}

    class Dog(Animal):
        __mapper_args__ = {"polymorphic_identity": "dog"}

        @orm.validates("name")
        def check(self, key, value):
            return f"D {super().check(key, value)}"

        @orm.validates("note")
        def check_note(self, key, value):
            return f"note {value}"

    class Fish(Animal):
        __tablename__ = "fish"
        id = column(sa.ForeignKey("animal.id"), primary_key=True)
        fins = column(sa.Integer)
        __mapper_args__ = {"polymorphic_identity": "fish"}

        @orm.validates("fins", include_removes=True)
        def check_fins(self, key, value, removed):
            return value + 1

    class Puppy(Dog):
        __mapper_args__ = {"polymorphic_identity": "puppy"}

        def check(self, key, value):
            return "never"

    w.create()
    for class_ in (Animal, Cat, Dog, Fish, Puppy):
        one = class_(name="n", note="x")
        yield class_.__name__, one.name, one.note
        one.young.append(class_(name="m"))
        yield one.young[0].name, one.young[0].note
        w.s.add(one)
    yield Fish(fins=1).fins
    w.s.commit()
    yield w.rows(Animal)


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_tells_what_the_oracle_tells(program):
    compare(program)
