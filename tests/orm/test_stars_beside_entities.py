"""``*`` beside other columns: rows are read by the names of the server, or it is refused."""

import pytest

from dovetail import create_engine, insert, literal_column, select, text, update
from dovetail.exc import CompileError
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int]


STARS = pytest.mark.parametrize("star", [text("*"), literal_column("*"), literal_column("item.*")])


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Item(id=1, name="apple", size=7))
        session.commit()
        yield session


@STARS
def test_attributes_are_found_before_and_after_a_star(session, star):
    behind = session.execute(select(star, Item.size.label("cost")).select_from(Item)).one()
    before = session.execute(select(Item.size.label("cost"), star)).one()

    assert (behind.id, behind.name, behind.cost) == (1, "apple", 7)
    assert (before.id, before.name, before.cost) == (1, "apple", 7)
    assert len(behind) == len(before) == 4


@STARS
def test_a_star_beside_a_mapped_class_is_refused(session, star):
    with pytest.raises(CompileError, match="select the class alone"):
        session.execute(select(Item, star))
    with pytest.raises(CompileError, match="select the class alone"):
        session.execute(select(star, Item))


@pytest.mark.parametrize("star", [text("*"), literal_column("*")])
def test_attributes_returned_after_a_star_are_found(session, star):
    statement = update(Item).values(name="pear").returning(star, Item.size.label("cost"))
    row = session.execute(statement).one()

    assert (row.id, row.name, row.cost) == (1, "pear", 7)


def test_a_star_and_others_of_a_list_of_rows_are_refused(session):
    statement = insert(Item.__table__).returning(text("*"), Item.__table__.c.size)

    with pytest.raises(CompileError, match="return the text alone"):
        session.connection().execute(statement, [{"id": n, "name": "x", "size": n} for n in (2, 3)])
