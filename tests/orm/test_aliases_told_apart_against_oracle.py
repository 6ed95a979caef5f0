"""Statements that differ in which of several aliases they mean, and in nothing else.

Each is run in both forms with one engine: neither is answered by the plan of the other.
"""

import pytest

from tests.orm.both import compare, programs


def library(w):
    """Two writers: the first has a short book and a long one, the second a long one."""
    sa, orm = w.sa, w.orm

    class Writer(w.Base):
        __tablename__ = "writers"
        id = sa.Column(sa.Integer, primary_key=True)
        age = sa.Column(sa.Integer)
        books = orm.relationship("Book")
        works = orm.synonym("books")

    class Book(w.Base):
        __tablename__ = "books"
        id = sa.Column(sa.Integer, primary_key=True)
        writer_id = sa.Column(sa.ForeignKey("writers.id"))
        pages = sa.Column(sa.Integer)

    w.create()
    w.add(
        Writer(id=1, age=30, books=[Book(pages=10), Book(pages=900)]),
        Writer(id=2, age=60, books=[Book(pages=900)]),
    )
    return Writer, Book


def animals(w):
    """A dog, another and a cat, in one table."""
    sa = w.sa

    class Animal(w.Base):
        __tablename__ = "animals"
        id = sa.Column(sa.Integer, primary_key=True)
        kind = sa.Column(sa.String(9))
        other_kind = sa.Column(sa.String(9))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}

    class Dog(Animal):
        tricks = sa.Column(sa.Integer)
        __mapper_args__ = {"polymorphic_identity": "dog"}

    class Cat(Animal):
        lives = sa.Column(sa.Integer)
        __mapper_args__ = {"polymorphic_identity": "cat"}

    w.create()
    w.add(
        Dog(id=1, tricks=1, other_kind="cat"),
        Dog(id=2, tricks=2, other_kind="cat"),
        Cat(id=3, lives=7, other_kind="dog"),
    )
    return Animal, Dog, Cat


def pairs(w, one, two, condition):
    statement = w.sa.select(one.id, two.id).where(condition).order_by(one.id, two.id)
    return [tuple(row) for row in w.s.execute(statement)]


def the_alias_whose_collection_is_asked(w):
    Writer, Book = library(w)
    one, two = w.orm.aliased(Writer), w.orm.aliased(Writer)
    for alias in (one, two, one):
        yield pairs(w, one, two, alias.books.any(Book.pages < 100))
        yield pairs(w, one, two, alias.works.any(Book.pages < 100))


def the_alias_whose_table_is_meant(w):
    Writer, _ = library(w)
    one, two = w.orm.aliased(Writer), w.orm.aliased(Writer)
    for alias in (one, two, one):
        yield pairs(w, one, two, w.sa.inspect(alias).selectable.c.age == 30)


def the_path_of_a_synonym(w):
    Writer, Book = library(w)
    for path in (Writer.works, Writer.works.and_(Book.pages < 100), Writer.works):
        statement = w.sa.select(Writer.id, Book.pages).join(path)
        yield sorted(tuple(row) for row in w.s.execute(statement))


def aliases_of_aliases_in_one_subquery(w):
    Writer, _ = library(w)
    first, second = w.orm.aliased(Writer), w.orm.aliased(Writer)
    couples = w.sa.select(first, second).where(first.age < second.age).subquery()
    younger, older = w.orm.aliased(first, couples), w.orm.aliased(second, couples)
    for alias in (younger, older, younger):
        yield [one.id for one in w.s.scalars(w.sa.select(alias))]
        yield w.s.scalars(w.sa.select(alias.age)).all()


def columns_found_by_name(w):
    Writer, _ = library(w)
    ages = w.sa.select(Writer.id, (Writer.age * 2).label("age")).subquery()
    by_name = w.orm.aliased(Writer, ages, adapt_on_names=True)
    yield w.s.scalars(w.sa.select(by_name.age).order_by(by_name.id)).all()
    by_column = w.orm.aliased(Writer, w.sa.select(Writer.id, Writer.age).subquery())
    yield w.s.scalars(w.sa.select(by_column.age).order_by(by_column.id)).all()


def the_whole_of_which_a_class_is_part(w):
    Animal, _, _ = animals(w)
    one, two = (w.orm.with_polymorphic(Animal, "*", aliased=True) for _ in range(2))
    three = w.orm.aliased(one)
    for whole in (one, two, one):
        yield pairs(w, one, two, whole.Dog.tricks == 1)
    for whole in (one, three, one):
        yield pairs(w, one, three, whole.Dog.tricks == 1)


def the_classes_whose_columns_are_loaded(w):
    Animal, Dog, Cat = animals(w)
    table = Animal.__table__
    for selectable in (table.alias("a"), w.sa.select(table).subquery()):
        for classes in ([], [Dog], [Dog, Cat], [Cat]):
            w.s.expunge_all()
            whole = w.orm.with_polymorphic(Animal, classes, selectable)
            found = w.s.scalars(w.sa.select(whole).order_by(whole.id)).all()
            yield [sorted(vars(one).keys() & {"tricks", "lives"}) for one in found]


def the_column_that_tells_the_class(w):
    Animal, _, _ = animals(w)
    for name in ("kind", "other_kind"):
        w.s.expunge_all()
        selectable = w.sa.select(Animal.__table__).subquery()
        whole = w.orm.with_polymorphic(Animal, "*", selectable, polymorphic_on=selectable.c[name])
        found = w.s.scalars(w.sa.select(whole).order_by(whole.id)).all()
        yield [type(one).__name__ for one in found]


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_aliases_are_told_apart(program):
    compare(program)
