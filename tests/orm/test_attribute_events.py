"""The events of attributes, compared with the oracle's, and what listeners may change."""

from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import event, inspect
from dovetail.exc import InvalidRequestError
from dovetail.orm import Session
from dovetail.orm.attributes import get_history
from tests.orm.library import Author, Base, Book, Tag

SCALAR = ("set", "remove")
COLLECTION = ("append", "remove", "bulk_replace", "append_wo_mutation")


def world(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        def __repr__(self):
            return f"{type(self).__name__}{self.__dict__.get('id')}"

    links = sa.Table(
        "link",
        Base.metadata,
        sa.Column("a_id", sa.ForeignKey("parent.id"), primary_key=True),
        sa.Column("b_id", sa.ForeignKey("child.id"), primary_key=True),
    )

    class Parent(Base):
        __tablename__ = "parent"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column(sa.Integer)
        children = orm.relationship("Child", back_populates="parent")
        friends = orm.relationship("Child", secondary=links, collection_class=set)

    class Child(Base):
        __tablename__ = "child"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        parent_id = orm.mapped_column(sa.ForeignKey("parent.id"))
        parent = orm.relationship("Parent", back_populates="children")

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    log = []
    for attribute, names in {
        Parent.x: SCALAR,
        Child.parent: SCALAR,
        Parent.children: COLLECTION,
        Parent.friends: COLLECTION,
    }.items():
        for name in names:
            sa.event.listen(attribute, name, tells(log, f"{attribute.key} {name}"))
    return SimpleNamespace(
        sa=sa, orm=orm, s=orm.Session(engine), engine=engine, log=log, Parent=Parent, Child=Child
    )


def tells(log, what):
    def tell(target, value, *more):
        # Whether an old value is known differs: the oracle has two symbols for "not".
        old = [it for it in more[:-1] if it is not None and hasattr(it, "__mapper__")]
        log.append(f"{what} {target!r} {value!r} {old!r}")

    return tell


def columns(w):
    parent = w.Parent(id=1, x=3)
    parent.x = 4
    del parent.x


def a_reference(w):
    one, two = w.Parent(id=1), w.Parent(id=2)
    child = w.Child(id=5, parent=one)
    child.parent = two
    child.parent = None
    child.parent = one
    del child.parent


def a_list(w):
    parent = w.Parent(id=1)
    first, second = w.Child(id=1), w.Child(id=2)
    parent.children.append(first)
    parent.children.insert(0, second)
    parent.children.remove(first)
    parent.children.extend([first])
    parent.children[0] = w.Child(id=3)
    parent.children.pop()
    parent.children = [second, first, *parent.children]
    parent.children.clear()


def a_set(w):
    parent = w.Parent(id=1)
    first, second = w.Child(id=1), w.Child(id=2)
    parent.friends.add(first)
    parent.friends.add(first)
    parent.friends = {second}
    parent.friends = {second}
    parent.friends.discard(second)


def loaded_ones(w):
    w.s.add(w.Parent(id=1, x=1, children=[w.Child(id=1)]))
    w.s.commit()
    w.s.expunge_all()
    w.log.clear()
    parent = w.s.get(w.Parent, 1)
    parent.x = 2
    parent.children[0].parent = None
    parent.children.append(w.Child(id=2))


@pytest.mark.parametrize(
    "scenario", [columns, a_reference, a_list, a_set, loaded_ones], ids=lambda it: it.__name__
)
def test_what_is_told_is_what_the_oracle_tells(scenario):
    told = []
    for package in ("dovetail", "sqlalchemy"):
        w = world(package)
        scenario(w)
        w.s.close()
        w.engine.dispose()
        told.append(w.log)
    assert told[0] == told[1]


@pytest.fixture
def listen():
    """Listens for the length of a test."""
    listening = []

    def begin(target, name, function, **options):
        event.listen(target, name, function, **options)
        listening.append((target, name, function))

    yield begin
    for target, name, function in listening:
        event.remove(target, name, function)


def test_a_listener_may_change_what_is_set(listen):
    listen(Author.name, "set", lambda target, value, *_: value.strip(), retval=True)
    author = Author(name=" ada ")
    assert author.name == "ada"
    author.name = " bob "
    assert author.name == "bob"


def test_without_retval_the_answer_is_ignored(listen):
    listen(Author.name, "set", lambda target, value, *_: "other")
    assert Author(name="ada").name == "ada"


def test_a_listener_may_refuse(listen):
    def refuse(target, value, old, initiator):
        raise ValueError(f"not {value}")

    author = Author(name="ada")
    listen(Author.name, "set", refuse)
    with pytest.raises(ValueError, match="not bob"):
        author.name = "bob"
    assert author.name == "ada"


def test_a_listener_may_change_what_is_appended(listen):
    other = Tag(name="other")
    listen(Book.tags, "append", lambda target, value, initiator: other, retval=True)
    book = Book(title="t")
    book.tags.add(Tag(name="one"))
    assert book.tags == {other}
    assert other.books == [book]


def test_raw_listeners_get_the_state(listen):
    found = []
    listen(Author.name, "set", lambda target, *_: found.append(target), raw=True)
    author = Author(name="ada")
    assert found == [inspect(author)]


def test_named_listeners_get_names(listen):
    found = []

    def note(**named):
        found.append((sorted(named), named["value"]))

    listen(Author.name, "set", note, named=True)
    Author(name="ada")
    assert found == [(["initiator", "oldvalue", "target", "value"], "ada")]


def test_active_history_loads_the_old_value(listen, engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        author = Author(name="ada")
        session.add(author)
        session.commit()
        old = []
        listen(Author.name, "set", lambda t, v, o, i: old.append(o), active_history=True)
        author.name = "bob"
        assert old == ["ada"]
    assert Author.name.property.impl.keeps_old_value


def test_once_nobody_listens_old_values_are_not_loaded():
    assert not Author.name.property.impl.keeps_old_value


@pytest.mark.parametrize("once", [False, True])
def test_the_old_value_is_loaded_as_long_as_somebody_wants_it(engine, once):
    Base.metadata.create_all(engine)
    old = []

    def note(target, value, oldvalue, initiator):
        old.append(oldvalue)

    with Session(engine) as session:
        author = Author(name="ada")
        session.add(author)
        session.commit()
        event.listen(Author.name, "set", note, active_history=True, once=once)
        author.name = "bob"
        if not once:
            event.remove(Author.name, "set", note)
        session.expire(author)

        author.name = "cyd"

        assert old == ["ada"]
        assert get_history(author, "name") == (["cyd"], (), ())


def test_after_the_last_listener_has_gone_the_attribute_is_a_plain_one():
    def ignore(*_):
        """Listen, and do nothing."""

    plain = type(Author.name.property.impl)
    event.listen(Author.name, "set", ignore)
    assert type(Author.name.property.impl) is not plain
    assert event.contains(Author.name, "set", ignore)
    event.remove(Author.name, "set", ignore)
    assert type(Author.name.property.impl) is plain
    assert not event.contains(Author.name, "set", ignore)


def test_init_scalar_gives_a_value_to_what_was_never_set(listen):
    listen(Author.born, "init_scalar", lambda target, value, dict_: 1815, retval=True)
    assert Author().born == 1815


def test_modified_is_told_by_flag_modified(listen, engine):
    from dovetail.orm.attributes import flag_modified

    found = []
    listen(Author.name, "modified", lambda target, initiator: found.append(initiator.key))
    flag_modified(Author(name="ada"), "name")
    assert found == ["name"]


def test_a_class_has_no_attribute_events():
    with pytest.raises(InvalidRequestError, match="no event 'set'"):
        event.listen(Author, "set", print)
