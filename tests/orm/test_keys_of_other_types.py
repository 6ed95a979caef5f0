"""Keys that the server takes for equal and Python does not: other types, collations."""

import enum
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from dovetail import (
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    Numeric,
    String,
    TypeDecorator,
    Uuid,
    create_engine,
    func,
    inspect,
    select,
)
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


class _LoweredByServer(TypeDecorator):
    impl = String(10)
    cache_ok = True

    def bind_expression(self, bindvalue):
        return func.lower(bindvalue)


def test_an_instance_whose_row_has_another_key_is_told_as_such():
    base, parent_class, _ = classes(_LoweredByServer())
    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        parent = parent_class(id="A")
        session.add(parent)
        session.flush()

        with pytest.raises(InvalidRequestError, match=r"the primary key \('A',\), and its row has"):
            session.refresh(parent)


class _Color(enum.Enum):
    red = 1


class _Word(str):
    __slots__ = ()

    def __str__(self):
        return "another"


class _Pair(TypeDecorator):
    impl = String(10)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value if value is None or isinstance(value, str) else f"{value[0]},{value[1]}"

    def process_result_value(self, value, dialect):
        return value and tuple(map(int, value.split(",")))


_UUID = UUID("abcdefab-1234-5678-1234-567812345678")
SETTLED = [
    (Integer(), "1", 1),
    (Integer(), 1.0, 1),
    (Integer(), True, 1),
    (String(10), 1, "1"),
    (String(10), _Word("x"), "x"),
    (Numeric(10, 2), 1.5, Decimal("1.50")),
    (Numeric(10, 2), "1.5", Decimal("1.50")),
    (Float(), 2, 2.0),
    (Date(), datetime(2020, 1, 2, 3), date(2020, 1, 2)),
    (DateTime(), date(2020, 1, 2), datetime(2020, 1, 2)),
    (Uuid(as_uuid=False), str(_UUID).upper(), str(_UUID)),
    (Uuid(as_uuid=False), _UUID.hex, str(_UUID)),
    (Enum(_Color), "red", _Color.red),
    (_Pair(), (1, 2), (1, 2)),
    (_Pair(), "1,2", (1, 2)),
    (LargeBinary(), bytearray(b"a"), b"a"),
    (Boolean(), 1, True),
]


@pytest.mark.parametrize(("kind", "given", "stored"), SETTLED)
def test_a_key_is_what_its_row_has(kind, given, stored):
    base, parent_class, child_class = classes(kind)
    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        child = child_class(id=1)
        parent = parent_class(id=given, children=[child])
        session.add(parent)
        session.flush()
        assert (parent.id, type(parent.id)) == (stored, type(stored))
        assert inspect(parent).identity == (stored,)
        session.commit()

        assert session.get(parent_class, (stored,)) is parent
        assert session.scalars(select(parent_class)).all() == [parent]
        assert (child.parent_id, child.parent) == (stored, parent)
        session.refresh(parent)
        session.delete(parent)
        session.commit()
        assert session.scalars(select(parent_class)).all() == []


def test_each_part_of_a_key_is_what_its_row_has_and_a_changed_key_too():
    class Base(DeclarativeBase):
        pass

    class Part(Base):
        __tablename__ = "settled_part"
        number = mapped_column(Integer, primary_key=True, autoincrement=False)
        name = mapped_column(String(10), primary_key=True)

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        part = Part(number="1", name=2)
        session.add(part)
        session.commit()
        assert session.get(Part, (1, "2")) is part
        part.number = "3"
        session.commit()
        assert session.get(Part, (3, "2")) is part
        assert part.number == 3


def test_of_several_classes_in_one_insert_each_has_its_key():
    class Base(DeclarativeBase):
        pass

    class Animal(Base):
        __tablename__ = "settled_animal"
        id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String(10))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    class Dog(Animal):
        __tablename__ = "settled_dog"
        id = mapped_column(ForeignKey("settled_animal.id"), primary_key=True)
        name = mapped_column(String(10))
        __mapper_args__ = {"polymorphic_identity": "dog"}

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        animals = [Animal(id="1"), Dog(id="2", name="Rex"), Animal(id="3")]
        session.add_all(animals)
        session.commit()
        assert [session.get(Animal, n) for n in (1, 2, 3)] == animals
        assert [animal.id for animal in animals] == [1, 2, 3]


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
