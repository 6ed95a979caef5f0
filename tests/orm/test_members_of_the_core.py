"""Members of mappers, states, expressions, constraints and types, run on both packages."""

import pytest

from tests.orm.both import compare, programs


def _tree(w):
    """A parent with children and grandchildren, a part of which cascades."""
    orm, sa = w.orm, w.sa
    column = orm.mapped_column

    class Parent(w.Base):
        __tablename__ = "parent"
        id: orm.Mapped[int] = column(primary_key=True)
        children: orm.Mapped[list["Child"]] = orm.relationship(cascade="all", back_populates="up")

    class Child(w.Base):
        __tablename__ = "child"
        id: orm.Mapped[int] = column(primary_key=True)
        parent_id: orm.Mapped[int | None] = column(sa.ForeignKey("parent.id"))
        name: orm.Mapped[str | None]
        up: orm.Mapped[Parent | None] = orm.relationship(back_populates="children")
        notes: orm.Mapped[list["Note"]] = orm.relationship(cascade="save-update, delete")

    class Note(w.Base):
        __tablename__ = "note"
        id: orm.Mapped[int] = column(primary_key=True)
        child_id: orm.Mapped[int | None] = column(sa.ForeignKey("child.id"))

    w.create()
    w.add(Parent(id=1, children=[Child(id=1, notes=[Note(id=1), Note(id=2)]), Child(id=2)]))
    return Parent, Child, Note


def what_an_instance_leads_to(w):
    Parent, Child, _ = _tree(w)
    parent = w.s.get(Parent, 1)
    state, mapper = w.sa.inspect(parent), w.sa.inspect(Parent)

    def reached(kind, **options):
        found = list(mapper.cascade_iterator(kind, state, **options))
        assert all(values is one.__dict__ for one, _, _, values in found)
        assert all(w.sa.inspect(one) is known for one, _, known, _ in found)
        return sorted((one.__mapper__.class_.__name__, one.id) for one, _, _, _ in found)

    yield reached("merge"), len(w.sent)
    yield reached("delete"), len(w.sent) > 1
    yield reached("save-update"), reached("merge"), reached("expunge")
    child = w.s.get(Child, 1)
    yield reached("delete", halt_on=lambda other: other is w.sa.inspect(child))


def states_and_mappers(w):
    Parent, Child, _ = _tree(w)
    child = w.s.get(Child, 1)
    state, mapper = w.sa.inspect(child), w.sa.inspect(Child)
    row = w.s.execute(w.sa.select(Child.__table__)).first()
    yield mapper.identity_key_from_row(row)[1:], mapper.identity_key_from_row(row, "a")[1:]
    yield state.unmodified_intersection(["id", "name", "nothing"])
    child.name = "new"
    yield state.unmodified_intersection(["id", "name"])
    yield mapper.is_sibling(w.sa.inspect(Parent)), mapper.is_sibling(mapper)


def siblings(w):
    orm = w.orm

    class Animal(w.Base):
        __tablename__ = "animal"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        kind: orm.Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind"}

    class Dog(Animal):
        __mapper_args__ = {"polymorphic_identity": "dog"}

    class Cat(Animal):
        __mapper_args__ = {"polymorphic_identity": "cat"}

    class Puppy(Dog):
        __mapper_args__ = {"polymorphic_identity": "puppy"}

    mappers = [w.sa.inspect(kind) for kind in (Animal, Dog, Cat, Puppy)]
    yield [[bool(one.is_sibling(other)) for other in mappers] for one in mappers]


def values_of_parameters_in_an_expression(w):
    _, Child, _ = _tree(w)
    sa = w.sa
    criterion = Child.id < sa.bindparam("most")
    low, high = criterion.params(most=2), criterion.params({"most": 9})
    yield w.s.scalars(sa.select(Child.id).where(low)).all()
    yield sorted(w.s.scalars(sa.select(Child.id).where(high)))
    yield low.compile().params, criterion.compile().params


def columns_of_constraints_and_functions(w):
    sa = w.sa
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("a", sa.Integer, primary_key=True),
        sa.Column("b", sa.Integer, sa.ForeignKey("t.a")),
        sa.CheckConstraint("a > 1"),
        sa.UniqueConstraint("a", "b"),
    )
    for constraint in sorted(table.constraints, key=lambda one: type(one).__name__):
        a, b = constraint.contains_column(table.c.a), constraint.contains_column(table.c.b)
        yield type(constraint).__name__, constraint.c.keys(), a, b
    count = sa.func.count(table.c.a)
    yield len(count.columns), len(count.c), len(count.exported_columns)
    yield sa.Index("i", table.c.a, table.c.b).columns.keys()


def operators_of_a_declaration(w):
    column = w.orm.mapped_column(w.sa.Integer, name="x")
    for name in ("is_distinct_from", "isnot", "not_like", "icontains", "match", "bitwise_and"):
        yield str(getattr(column, name)("5"))
    yield str(column.nulls_first()), str(column.distinct()), str(column.bitwise_not())


def the_function_that_mapped(w):
    heard = []
    w.sa.event.listen(w.orm.mapper, "after_configured", lambda: heard.append(1))
    Parent, _, _ = _tree(w)
    Parent()
    yield bool(heard), w.error(w.orm.mapper, object, None)


def the_name_of_an_alias_in_annotations(w):
    Parent, _, _ = _tree(w)
    util = w.module("orm.util")
    kind = util.AliasedClass[Parent]
    yield kind.__origin__ is util.AliasedClass, kind.__args__ == (Parent,)


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_both_answer_the_same(program):
    compare(program)
