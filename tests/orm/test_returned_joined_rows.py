"""INSERT of rows in several tables, with RETURNING: each table gives its part of the instances."""

from decimal import Decimal

import pytest

from dovetail import (
    ForeignKey,
    Numeric,
    String,
    bindparam,
    func,
    insert,
    literal,
    select,
)
from dovetail.orm import DeclarativeBase, Mapped, column_property, load_only, mapped_column


class Base(DeclarativeBase):
    pass


class Pet(Base):
    __tablename__ = "returned_pet"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "pet"}


class Dog(Pet):
    __tablename__ = "returned_dog"
    dog_id: Mapped[int] = mapped_column(ForeignKey(Pet.id), primary_key=True)
    bark: Mapped[str] = mapped_column(server_default="wuff")
    trained: Mapped[int] = mapped_column(default=3)
    loud: Mapped[str | None] = mapped_column(String(9))
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Counted(Pet):
    """One with a value that is no column."""

    __tablename__ = "returned_counted"
    counted_id: Mapped[int] = mapped_column(ForeignKey(Pet.id), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "counted"}


Counted.shouted = column_property(func.upper(Pet.name))

ROWS = [
    {"name": "Rex", "price": Decimal("1.50")},
    {"name": "Bello", "bark": "kläff", "trained": 5},
    {"name": None, "loud": "very", "price": 2},
]


@pytest.fixture(autouse=True)
def tables(engine, sql_log):
    Base.metadata.create_all(engine)
    sql_log.clear()


def values(dog):
    return (dog.name, dog.price, dog.bark, dog.trained, dog.loud, dog.kind, dog.id == dog.dog_id)


def test_instances_are_made_of_what_each_table_returns(session, sql_log):
    dogs = session.scalars(insert(Dog).returning(Dog), ROWS).all()

    found = [values(dog) for dog in dogs]
    assert found == [
        ("Rex", Decimal("1.50"), "wuff", 3, None, "dog", True),
        ("Bello", None, "kläff", 5, None, "dog", True),
        (None, Decimal("2.00"), "wuff", 3, "very", "dog", True),
    ]
    assert not [sql for sql in sql_log.statements if sql.startswith("SELECT")]
    assert [dog in session for dog in dogs] == [True] * 3
    session.expire_all()
    assert [values(dog) for dog in dogs] == found


def test_one_row_is_a_statement_for_each_table(session, sql_log):
    dog = session.scalars(insert(Dog).returning(Dog), {"name": "Rex"}).one()

    assert values(dog)[:4] == ("Rex", None, "wuff", 3)
    assert len(sql_log.statements) == 2


def test_only_what_is_asked_for_is_returned(session, sql_log):
    statement = insert(Dog).returning(Dog).options(load_only(Dog.name, Dog.loud))

    dog = session.scalars(statement, [{"name": "Rex", "bark": "x"}]).one()

    assert dog.__dict__.keys() & {"name", "loud", "bark", "price"} == {"name", "loud"}
    assert "price" not in sql_log.statements[0].split("RETURNING")[1]
    assert dog.bark == "x"


def test_expressions_are_computed_by_the_server(session, sql_log):
    rows = [{"name": func.lower("REX")}, {"name": "x", "loud": literal("a") + "b"}]

    dogs = session.scalars(insert(Dog).returning(Dog), rows).all()

    assert [(dog.name, dog.loud, dog.bark) for dog in dogs] == [
        ("rex", None, "wuff"),
        ("x", "ab", "wuff"),
    ]
    assert not [sql for sql in sql_log.statements if sql.startswith("SELECT")]


def test_columns_beside_an_instance(session):
    statement = insert(Dog).values(loud=bindparam("noise")).returning(Dog, Dog.loud, Dog.name)

    row = session.execute(statement, [{"name": "Rex", "noise": "soft"}]).one()

    assert row._fields == ("Dog", "loud", "name")
    assert row[0] is session.get(Dog, row.Dog.id)
    assert (row.loud, row.name) == ("soft", "Rex")


def test_columns_alone(session):
    rows = session.execute(insert(Dog).returning(Dog.id, Dog.bark), ROWS).all()

    assert rows == [(1, "wuff"), (2, "kläff"), (3, "wuff")]


def test_values_that_are_no_columns_are_selected(session):
    found = session.scalars(insert(Counted).returning(Counted), [{"name": "x"}]).one()

    assert (found.name, found.shouted) == ("x", "X")


def test_what_is_here_is_not_lost(session):
    dogs = session.scalars(insert(Dog).returning(Dog), ROWS).all()
    session.commit()

    assert session.scalars(select(Dog).order_by(Dog.id)).all() == dogs
