"""A class is joined to what has some of its tables already, run on both packages."""

import warnings
from types import SimpleNamespace

import pytest

from tests.orm.both import World, compare, programs


def office(w):
    """People of whom some are engineers and some managers; engineers have a manager."""
    sa, orm = w.sa, w.orm

    class Person(w.Base):
        __tablename__ = "person"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        kind = orm.mapped_column(sa.String(10))
        name = orm.mapped_column(sa.String(10))
        boss_id = orm.mapped_column(sa.ForeignKey("person.id"))
        boss = orm.relationship("Person", remote_side=id)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

    class Engineer(Person):
        __tablename__ = "engineer"
        id = orm.mapped_column(sa.ForeignKey("person.id"), primary_key=True)
        lang = orm.mapped_column(sa.String(10))
        manager_id = orm.mapped_column(sa.ForeignKey("manager.id"))
        manager = orm.relationship("Manager", foreign_keys=manager_id, back_populates="engineers")
        __mapper_args__ = {
            "polymorphic_identity": "engineer",
            "inherit_condition": id == Person.id,
        }

    class Manager(Person):
        __tablename__ = "manager"
        id = orm.mapped_column(sa.ForeignKey("person.id"), primary_key=True)
        engineers = orm.relationship(
            "Engineer", foreign_keys=Engineer.manager_id, back_populates="manager"
        )
        __mapper_args__ = {"polymorphic_identity": "manager"}

    w.create()
    ann, bob = Manager(id=1, name="ann"), Manager(id=2, name="bob", boss_id=1)
    w.add(ann, bob)
    w.add(
        Engineer(id=3, name="ann", lang="c", manager_id=2, boss_id=2),
        Engineer(id=4, name="eve", lang="d", manager_id=1, boss_id=3),
        Engineer(id=5, name="fay", lang="e", manager_id=1, boss_id=4),
    )
    return SimpleNamespace(Person=Person, Engineer=Engineer, Manager=Manager)


def names(instances):
    return [one.name for one in instances]


def a_class_beside(w):
    m = office(w)
    select = w.sa.select(m.Manager).join(m.Manager.engineers)
    yield names(w.s.scalars(select.where(m.Engineer.name == "ann")))
    yield names(w.s.scalars(select.where(m.Manager.name == "ann")))
    onto = w.sa.select(m.Manager).join(m.Engineer, m.Manager.engineers)
    yield names(w.s.scalars(onto.where(m.Engineer.lang == "d")))


def both_are_selected(w):
    m = office(w)
    statement = (
        w.sa.select(m.Manager, m.Engineer)
        .join(m.Manager.engineers)
        .order_by(m.Manager.name, m.Engineer.name)
    )
    yield [(one.name, other.name, other.lang) for one, other in w.s.execute(statement)]


def back_to_the_first(w):
    """What stands before the second join is of the first class, the rest of the second."""
    m = office(w)
    statement = (
        w.sa.select(m.Engineer.name, m.Manager.name)
        .join(m.Engineer.manager)
        .join(m.Manager.engineers)
        .order_by(m.Engineer.name)
    )
    yield w.s.execute(statement).all()


def what_it_loads(w):
    m = office(w)
    contains = (
        w.sa.select(m.Manager)
        .join(m.Manager.engineers)
        .options(w.orm.contains_eager(m.Manager.engineers))
        .order_by(m.Manager.name, m.Engineer.name)
    )
    for one in w.s.scalars(contains).unique():
        yield one.name, names(one.engineers)
    w.s.expunge_all()
    further = (
        w.sa.select(m.Manager, m.Engineer)
        .join(m.Manager.engineers)
        .options(w.orm.joinedload(m.Engineer.boss))
        .order_by(m.Engineer.name)
    )
    yield [other.boss.name for _, other in w.s.execute(further)]


def itself(w):
    m = office(w)
    yield w.error(w.s.execute, w.sa.select(m.Person).join(m.Person.boss))


@pytest.mark.parametrize("program", programs(globals()), ids=lambda one: one.__name__)
def test_reads_as_the_oracle_reads(program):
    compare(program)


@pytest.mark.parametrize("package", ["dovetail", "sqlalchemy"])
def test_it_is_told_that_a_class_stands_by_another_name(package):
    w = World(package)
    m = office(w)

    with pytest.warns(Warning, match="Engineer"):
        w.s.scalars(w.sa.select(m.Manager).join(m.Manager.engineers)).all()

    other = w.orm.aliased(m.Engineer, flat=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        w.s.scalars(w.sa.select(m.Manager).join(m.Manager.engineers.of_type(other))).all()
    w.close()


def test_a_statement_within_that_selects_the_class_itself_means_the_class():
    w = World("dovetail")
    m = office(w)
    every = w.sa.select(w.sa.func.count(m.Engineer.id)).scalar_subquery()
    other = w.orm.aliased(m.Person)
    is_boss = w.sa.exists().where(other.boss_id == m.Engineer.id)
    statement = w.sa.select(m.Manager.name, m.Engineer.name, every).join(m.Manager.engineers)

    with pytest.warns(Warning, match="Engineer"):
        found = w.s.execute(statement.where(is_boss)).all()

    assert sorted(found) == [("ann", "eve", 3), ("bob", "ann", 3)]
    w.close()
