"""Keys that the server takes for equal and Python does not: other types, collations."""

from uuid import UUID

import pytest

from dovetail import ForeignKey, Integer, String, Uuid, create_engine, select
from dovetail.exc import InvalidRequestError, StatementError
from dovetail.orm import DeclarativeBase, Session, mapped_column, relationship, selectinload


def classes(kind):
    class Base(DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "other_key_parent"
        id = mapped_column(kind, primary_key=True, autoincrement=False)
        children = relationship("Child", back_populates="parent")

    class Child(Base):
        __tablename__ = "other_key_child"
        id = mapped_column(Integer, primary_key=True)
        parent_id = mapped_column(kind, ForeignKey("other_key_parent.id"))
        parent = relationship(Parent, back_populates="children")

    return Base, Parent, Child


@pytest.mark.parametrize(
    ("kind", "key", "given"),
    [(Integer(), 1, "1"), (String(10), "1", 1), (Integer(), 1, 1.0), (Integer(), 1, True)],
)
def test_a_reference_finds_its_row(kind, key, given):
    base, parent_class, child_class = classes(kind)
    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        parent = parent_class(id=key)
        session.add(parent)
        session.flush()
        children = [child_class(id=1, parent_id=given), child_class(id=2, parent_id=key)]
        session.add_all(children)
        session.flush()

        assert [child.parent for child in children] == [parent, parent]


def test_rows_of_another_case_are_found_where_the_server_takes_it_for_the_same():
    base, parent_class, child_class = classes(String(10, collation="NOCASE"))
    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    parents = select(parent_class).order_by(parent_class.id)
    children = select(child_class).order_by(child_class.id)
    with Session(engine) as session:
        session.add_all([parent_class(id="a"), parent_class(id="b")])
        session.flush()
        session.add_all(child_class(id=n, parent_id=key) for n, key in enumerate("aABb", 1))
        session.commit()

    for option in (), (selectinload(parent_class.children),):
        with Session(engine) as session:
            found = session.scalars(parents.options(*option)).all()
            assert [[child.id for child in one.children] for one in found] == [[1, 2], [3, 4]]
    for option in (), (selectinload(child_class.parent),):
        with Session(engine) as session:
            found = session.scalars(children.options(*option)).all()
            assert [child.parent.id for child in found] == ["a", "a", "b", "b"]


def test_an_instance_whose_row_has_another_key_is_told_as_such():
    base, parent_class, _ = classes(Integer())
    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        parent = parent_class(id="1")
        session.add(parent)
        session.flush()

        with pytest.raises(InvalidRequestError, match=r"the primary key \('1',\), and its row has"):
            session.refresh(parent)


def test_a_key_that_its_type_refuses_is_an_error_of_the_statement():
    base, parent_class, _ = classes(Uuid())
    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    text = str(UUID(int=5))
    with Session(engine) as session:
        with pytest.raises(StatementError, match="AttributeError") as caught:
            session.get(parent_class, text)
        assert isinstance(caught.value.orig, AttributeError)
        with pytest.raises(StatementError, match="AttributeError"):
            session.scalars(select(parent_class).where(parent_class.id == text)).all()
