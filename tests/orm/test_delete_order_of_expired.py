"""Rows that refer to each other are deleted in their order, also where what refers has expired."""

from itertools import pairwise

import pytest

from dovetail import ForeignKey, create_engine, event, select
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Node(Base):
    """A tree."""

    __tablename__ = "node"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    beside_code: Mapped[str | None] = mapped_column(ForeignKey("node.code"))
    parent: Mapped["Node | None"] = relationship(
        back_populates="children", remote_side=[id], foreign_keys=[parent_id]
    )
    children: Mapped[list["Node"]] = relationship(
        back_populates="parent", cascade="all, delete-orphan", foreign_keys=[parent_id]
    )
    beside: Mapped["Node | None"] = relationship(remote_side=[code], foreign_keys=[beside_code])


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys = 1"))
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.mark.parametrize("names", [None, ["parent_id"], ["parent_id", "parent", "children"]])
def test_an_expired_child_is_deleted_before_its_parent(session, names):
    parent, child = Node(code="a"), Node(code="b")
    session.add_all([parent, child])
    session.flush()
    parent.children.append(child)
    session.flush()

    session.expire(child, names)
    session.delete(parent)
    session.flush()

    assert session.scalars(select(Node)).all() == []


def test_the_references_of_many_expired_rows_are_read_by_one_statement(session):
    # Keys run against the references: neither order of the keys would do.
    nodes = [Node(id=number, code=str(number)) for number in range(9)]
    session.add_all(nodes)
    session.flush()
    for node, parent in pairwise(nodes):
        node.parent = parent
    session.commit()
    for node in nodes:
        session.delete(node)
    session.flush()
    session.rollback()

    nodes = session.scalars(select(Node)).all()
    for node in nodes:
        assert len(node.children) < 2
    for node in nodes:
        session.expire(node, ["parent_id", "beside_code"])
    sent = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *args: sent.append(args[2]))
    for node in nodes:
        session.delete(node)
    session.flush()

    assert [sql.split()[0] for sql in sent].count("SELECT") == 1
    assert session.scalars(select(Node)).all() == []


def test_what_is_referred_to_by_an_expired_code_goes_last(session):
    first, second = Node(code="a"), Node(code="b")
    first.beside = second
    session.add_all([first, second])
    session.commit()
    first, second = session.scalars(select(Node).order_by(Node.code)).all()

    session.expire(second, ["code"])
    session.expire(first, ["beside_code"])
    with session.no_autoflush:
        session.delete(second)
        session.delete(first)
    session.flush()

    assert session.scalars(select(Node)).all() == []
