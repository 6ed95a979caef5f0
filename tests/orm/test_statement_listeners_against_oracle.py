"""What listeners to statements and transactions see and change, run here and with the oracle."""

from types import SimpleNamespace

import pytest

from tests.orm.both import compare, programs

FLAGS = (
    *("is_select", "is_insert", "is_update", "is_delete", "is_from_statement", "is_executemany"),
    *("is_orm_statement", "is_relationship_load", "is_column_load"),
)


def family(w, *, rows=True):
    """Parent, Child and their rows; *told* has what a listener saw of each statement."""
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Parent(w.Base):
        __tablename__ = "parent"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(9))
        note = column(sa.String(9), deferred=True)
        children = orm.relationship("Child", order_by="Child.id", back_populates="parent")

    class Child(w.Base):
        __tablename__ = "child"
        id = column(sa.Integer, primary_key=True)
        parent_id = column(sa.ForeignKey("parent.id"))
        parent = orm.relationship("Parent", back_populates="children")

    w.create()
    if rows:
        w.add(Parent(id=1, name="a", children=[Child(id=1)]), Parent(id=2, children=[Child(id=2)]))
    told = []
    w.sa.event.listen(w.s, "do_orm_execute", lambda state: told.append(seen_of(state)))
    return SimpleNamespace(Parent=Parent, Child=Child, told=told)


def seen_of(state):
    """What a listener can ask, as plain values."""
    mapper = state.bind_mapper
    options = {name: value for name, value in state.execution_options.items() if name in "xyz"}
    return (
        [name for name in FLAGS if getattr(state, name)],
        None if mapper is None else mapper.class_.__name__,
        [one.class_.__name__ for one in state.all_mappers],
        options,
        [type(one).__name__ for one in state.user_defined_options],
    )


def each_kind_of_statement_says_what_it_is(w):
    m, sa = family(w), w.sa
    Parent, Child, select = m.Parent, m.Child, sa.select
    of_text = select(Parent).from_statement(sa.text("SELECT * FROM parent"))
    changed = sa.update(Parent).where(Parent.id == 2).values(name="b").returning(Parent)
    for statement, parameters in (
        (select(Parent), None),
        (select(Parent.id, Child.id).join(Child), None),
        (select(Parent).where(Parent.id == sa.bindparam("key")), {"key": 1}),
        (select(Parent.__table__), None),
        (select(sa.func.count(Parent.id)), None),
        (select(sa.func.count()).select_from(Parent), None),
        (select(Parent.id).union(select(Child.id)), None),
        (select(1), None),
        (sa.text("SELECT 1"), None),
        (of_text, None),
        (select(Parent).from_statement(select(Parent)), None),
        (select(Parent).from_statement(changed), None),
        (sa.insert(Parent).values(id=7), None),
        (sa.insert(Parent), [{"id": 8}, {"id": 9}]),
        (sa.insert(Parent.__table__), [{"id": 10}, {"id": 11}]),
        (sa.update(Parent).where(Parent.id == 8).values(name="c"), None),
        (sa.delete(Parent).where(Parent.id > 7), None),
    ):
        w.s.execute(statement, parameters)
        yield m.told.pop(), m.told


def what_is_loaded_for_an_instance_says_so(w):
    m = family(w)
    parent = w.s.get(m.Parent, 1)
    yield m.told.pop()
    for read in (
        lambda: parent.children,
        lambda: parent.note,
        lambda: (w.s.expire(parent, ["name"]), parent.name),
        lambda: w.s.refresh(parent, ["name"]),
        lambda: w.s.merge(m.Parent(id=2)),
    ):
        read()
        seen = m.told.pop()
        yield [
            one
            for one in seen[0]
            if one != "is_relationship_load" or "is_column_load" not in seen[0]
        ]
        yield seen[1:], m.told
    w.s.refresh(parent)
    yield "is_column_load" in m.told[0][0]


def instances_of_lazy_loads_are_known(w):
    m = family(w)
    seen = []

    def look(state):
        if state.is_select:
            from_ = state.lazy_loaded_from
            seen.append(from_ and (type(from_.obj()).__name__, from_.identity))

    w.sa.event.listen(w.s, "do_orm_execute", look)
    parent = w.s.scalars(w.sa.select(m.Parent).where(m.Parent.id == 1)).one()
    yield seen, [child.id for child in parent.children]
    yield seen
    child = w.s.get(m.Child, 2)
    yield seen, child.parent.id
    yield seen, parent.note
    yield seen


def lazy_loads_are_asked_of_selects_alone(w):
    m = family(w)
    w.sa.event.listen(w.s, "do_orm_execute", lambda state: state.lazy_loaded_from)
    yield w.error(w.s.execute, w.sa.update(m.Parent).values(name="b"))


def options_hold_for_what_is_loaded_besides(w):
    m, orm = family(w), w.orm

    class Here(orm.UserDefinedOption):
        pass

    class Everywhere(orm.UserDefinedOption):
        propagate_to_loaders = True

    def mark(state):
        if not state.is_relationship_load:
            state.update_execution_options(z=3)

    w.sa.event.listen(w.s, "do_orm_execute", mark)
    whole = w.sa.select(m.Parent).order_by(m.Parent.id).execution_options(x=1)
    for load in (orm.selectinload, orm.joinedload):
        statement = whole.options(load(m.Parent.children), Here(), Everywhere())
        found = w.s.scalars(statement, execution_options={"y": 2}).unique().all()
        yield load.__name__, m.told
        m.told.clear()
        yield found[0].note, m.told
        m.told.clear()
        w.s.expunge_all()
    parent = w.s.scalars(whole.options(Here(), Everywhere()).limit(1)).one()
    m.told.clear()
    yield len(parent.children), m.told
    yield parent.children[0].parent is parent


def the_way_to_a_relationship_is_known(w):
    m = family(w)
    ways = []

    def look(state):
        path = state.loader_strategy_path
        ways.append([getattr(part, "key", None) for part in path] if path else [])

    w.sa.event.listen(w.s, "do_orm_execute", look)
    load = w.orm.selectinload(m.Parent.children)
    parent = w.s.scalars(w.sa.select(m.Parent).options(load).limit(1)).one()
    yield [[name for name in way if isinstance(name, str)] for way in ways]
    w.s.expire(parent, ["children"])
    ways.clear()
    yield len(parent.children)
    yield [way[-1] for way in ways]


def parameters_of_a_relationship_are_given_by_a_listener(w):
    sa, orm = w.sa, w.orm

    class Shelf(w.Base):
        __tablename__ = "shelf"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        books = orm.relationship(
            "Book",
            primaryjoin=lambda: (Shelf.id == Book.shelf_id) & (Book.lang == sa.bindparam("lang")),
            order_by="Book.id",
            viewonly=True,
        )

    class Book(w.Base):
        __tablename__ = "book"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        shelf_id = orm.mapped_column(sa.ForeignKey("shelf.id"))
        lang = orm.mapped_column(sa.String(2))

    w.create()
    w.add(Shelf(id=1), *(Book(id=n, shelf_id=1, lang=lang) for n, lang in enumerate(("no", "de"))))
    wanted = ["de"]

    @sa.event.listens_for(w.s, "do_orm_execute")
    def choose(state):
        if state.is_relationship_load:
            state.parameters["lang"] = wanted[0]

    statement = sa.select(Shelf).options(orm.selectinload(Shelf.books))
    for language in ("de", "no", "fr"):
        wanted[0] = language
        w.s.expunge_all()
        yield [book.id for book in w.s.scalars(statement).one().books]


def a_statement_is_invoked_as_often_as_a_listener_likes(w):
    m = family(w)
    asked = []

    def twice(state):
        state.invoke_statement(execution_options={"first": True}).all()
        return state.invoke_statement(execution_options={"second": True})

    def later(state):
        options = state.execution_options
        asked.append([name for name in ("first", "second") if name in options])

    w.sa.event.listen(w.s, "do_orm_execute", twice, retval=True)
    w.sa.event.listen(w.s, "do_orm_execute", later)
    yield len(w.s.scalars(w.sa.select(m.Parent)).all())
    yield asked


def parameters_that_are_invoked_with_join_those_given(w):
    m = family(w)
    given = []
    w.sa.event.listen(
        w.s, "do_orm_execute", lambda state: state.invoke_statement(params=given[0]), retval=True
    )
    statement = w.sa.insert(m.Parent)
    given.append([{"name": "x"}, {"name": "y"}])
    w.s.execute(statement, [{"id": 7}, {"id": 8}])
    yield w.error(w.s.execute, statement, [{"id": 9}])
    given[0] = {"name": "z"}
    w.s.execute(statement, {"id": 10})
    given[0] = {}
    yield w.rows(m.Parent)


def get_says_whether_what_is_here_is_read_again(w):
    m = family(w)
    seen = []
    w.sa.event.listen(
        w.s, "do_orm_execute", lambda s: seen.append(s.execution_options.get("populate_existing"))
    )
    held = w.s.get(m.Parent, 1)
    for argument in (None, True, False):
        for options in ({}, {"populate_existing": True}, {"populate_existing": False}):
            for key in (1, 2):
                found = w.s.get(
                    m.Parent, key, populate_existing=argument, execution_options=options
                )
                yield argument, options, key, found is held, seen
                seen.clear()
                w.s.expunge(found) if found is not held else None


# Transactions ---------------------------------------------------------------------------------


def listeners_to_a_beginning_use_the_session(w):
    found = []
    w.sa.event.listen(
        w.s,
        "after_transaction_create",
        lambda session, transaction: found.append(session.scalar(w.sa.select(1))),
    )
    with w.s.begin():
        yield found
    w.s.scalar(w.sa.select(2))
    yield found
    with w.s.begin_nested():
        yield found


def what_was_pending_has_left_when_that_is_told(w):
    m = family(w, rows=False)
    there = []
    w.sa.event.listen(
        w.s, "pending_to_transient", lambda session, one: there.append(one in session)
    )
    w.s.add_all([m.Parent(id=1), m.Parent(id=2)])
    w.s.rollback()
    yield there


def a_flush_that_fails_is_told_as_a_transaction(w):
    m = family(w)
    told = []
    for name in ("transaction_create", "transaction_end", "rollback", "soft_rollback"):
        w.sa.event.listen(w.s, f"after_{name}", lambda session, *_, name=name: told.append(name))
    w.s.add(m.Parent(id=1))
    yield w.error(w.s.flush), told
    w.s.rollback()
    yield told


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_listeners_are_told_as_the_oracle_tells_them(program):
    compare(program)
