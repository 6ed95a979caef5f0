"""Criteria hold for references that are loaded eagerly, whatever the session holds already."""

import importlib

import pytest

EXPECTED = {
    # A lazy load takes what is here by its key, and ``immediate`` is one.
    "select": [None, 1],
    "immediate": [None, 1],
    "selectin": [None, None],
    "subquery": [None, None],
    "joined": [None, None],
}


@pytest.mark.parametrize("package", ["dovetail", "sqlalchemy"])
@pytest.mark.parametrize("lazy", EXPECTED)
def test_what_criteria_leave_out_is_no_reference(package, lazy):
    sql, orm = importlib.import_module(package), importlib.import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parent"

        id = orm.mapped_column(sql.Integer, primary_key=True)
        size = orm.mapped_column(sql.Integer)

    class Child(Base):
        __tablename__ = "child"

        id = orm.mapped_column(sql.Integer, primary_key=True)
        parent_id = orm.mapped_column(sql.ForeignKey("parent.id"))
        parent = orm.relationship(Parent, lazy=lazy)

    engine = sql.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    found = []
    with orm.Session(engine) as session:
        session.add_all([Child(parent=Parent(size=5)), Child(parent=Parent(size=50))])
        session.commit()
        criteria = orm.with_loader_criteria(Parent, Parent.size > 10)
        for is_here in (False, True):
            session.expunge_all()
            held = session.get(Parent, 1) if is_here else None
            statement = sql.select(Child).options(criteria).order_by(Child.id)
            small, large = session.scalars(statement)
            found.append(small.parent and small.parent.id)
            assert large.parent.size == 50
            assert held is None or held.size == 5

    assert found == EXPECTED[lazy]
