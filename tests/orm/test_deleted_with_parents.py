"""Children of deleted parents, and what a deleted row is made to refer to."""

import pytest
import sqlalchemy
import sqlalchemy.orm

import dovetail
import dovetail.orm

LIBRARIES = {"dovetail": dovetail, "sqlalchemy": sqlalchemy}
CASCADES = ("save-update, merge", "all", "all, delete-orphan", "save-update, merge, delete")


def mapped(library, *, uselist=True, cascade="all", backref=False):
    """Classes Parent and Child of *library*, and an engine."""
    orm = library.orm
    base = orm.declarative_base()

    class Child(base):
        __tablename__ = "child"
        id = library.Column(library.Integer, primary_key=True)
        parent_id = library.Column(library.ForeignKey("parent.id"), nullable=False)

    class Parent(base):
        __tablename__ = "parent"
        id = library.Column(library.Integer, primary_key=True)
        child = orm.relationship(
            Child,
            uselist=uselist,
            cascade=cascade,
            **({"backref": "parent"} if backref else {}),
        )

    engine = library.create_engine("sqlite://")
    base.metadata.create_all(engine)
    return Parent, Child, engine


def moved(library, *, delete_old, delete_child, **mapping):
    """What is there after a child was given to another parent, its own deleted before or not."""
    Parent, Child, engine = mapped(library, **mapping)
    uselist = mapping["uselist"]
    with library.orm.Session(engine, autoflush=False) as session:
        old, new, child = Parent(), Parent(), Child()
        old.child = [child] if uselist else child
        session.add_all([old, child])
        session.flush()
        if delete_old:
            session.delete(old)
        if delete_child:
            session.delete(child)
        new.child = [child] if uselist else child
        session.add(new)
        session.commit()
        count = library.func.count
        told = [session.scalar(library.select(count(one.id))) for one in (Parent, Child)]
    engine.dispose()
    return told


@pytest.mark.parametrize("cascade", CASCADES)
@pytest.mark.parametrize("uselist", [True, False])
@pytest.mark.parametrize("backref", [True, False])
@pytest.mark.parametrize(
    ("delete_old", "delete_child"), [(True, False), (False, True), (True, True), (False, False)]
)
def test_a_child_that_is_given_to_another_parent(
    cascade, uselist, backref, delete_old, delete_child
):
    ours, theirs = (
        moved(
            library,
            delete_old=delete_old,
            delete_child=delete_child,
            uselist=uselist,
            cascade=cascade,
            backref=backref,
        )
        for library in (dovetail, sqlalchemy)
    )

    assert ours == theirs


def referring(library, cascade):
    orm = library.orm
    base = orm.declarative_base()

    class Third(base):
        __tablename__ = "third"
        id = library.Column(library.Integer, primary_key=True)

    class Second(base):
        __tablename__ = "second"
        id = library.Column(library.Integer, primary_key=True)
        third_id = library.Column(library.ForeignKey("third.id"))
        third = orm.relationship(Third, cascade=cascade, single_parent=True)

    class First(base):
        __tablename__ = "first"
        id = library.Column(library.Integer, primary_key=True)
        second_id = library.Column(library.ForeignKey("second.id"))
        second = orm.relationship(Second, cascade=cascade, single_parent=True)

    engine = library.create_engine("sqlite://")
    base.metadata.create_all(engine)
    return First, Second, Third, engine


def counted(library, cascade, change):
    First, Second, Third, engine = referring(library, cascade)
    with library.orm.Session(engine, autoflush=False) as session:
        first, second, third = First(), Second(), Third()
        if change in ("one level", "none at all"):
            session.add_all([first, second, third])
        else:
            first.second = second
            session.add_all([first, third])
            if change == "taken out":
                second.third = third
        session.flush()
        if change == "taken out":
            first.second = None
        session.delete(first)
        if change == "one level":
            first.second = second
            second.third = third
        elif change == "two levels":
            first.second.third = third
        session.flush()
        count = library.func.count
        told = [session.scalar(library.select(count(c.id))) for c in (First, Second, Third)]
    engine.dispose()
    return told


@pytest.mark.parametrize("cascade", ["all", "all, delete-orphan", "save-update"])
@pytest.mark.parametrize("change", ["one level", "two levels", "taken out", "none at all"])
def test_what_a_deleted_row_referred_to_goes_with_it(cascade, change):
    ours = counted(dovetail, cascade, change)

    assert ours == counted(sqlalchemy, cascade, change)
    if cascade != "save-update" and change != "none at all":
        assert ours == ([0, 0, 0] if cascade != "all" or change != "taken out" else [0, 1, 1])
