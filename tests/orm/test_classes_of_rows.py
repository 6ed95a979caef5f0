"""A row is read as an instance of the class that its discriminator names, or not at all."""

import warnings

import pytest

from dovetail import ForeignKey, create_engine, func, insert, select, text, update
from dovetail.exc import DovetailWarning, InvalidRequestError
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    contains_eager,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    pass


class Garage(Base):
    __tablename__ = "garage"
    id: Mapped[int] = mapped_column(primary_key=True)
    vehicles: Mapped[list["Vehicle"]] = relationship(back_populates="garage")


class Vehicle(Base):
    __tablename__ = "vehicle"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str | None]
    garage_id: Mapped[int | None] = mapped_column(ForeignKey("garage.id"))
    garage: Mapped[Garage | None] = relationship(back_populates="vehicles")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "vehicle"}


class Car(Vehicle):
    doors: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "car"}


class Boat(Vehicle):
    __tablename__ = "boat"
    id: Mapped[int] = mapped_column(ForeignKey("vehicle.id"), primary_key=True)
    length: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "boat"}


class Ferry(Boat):
    decks: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "ferry"}


class Barge(Base):
    """Of no hierarchy."""

    __tablename__ = "barge"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        kinds = ["vehicle", "car", "boat", "ferry", "tram", None]
        rows = [{"id": number, "kind": kind} for number, kind in enumerate(kinds, 1)]
        session.execute(insert(Vehicle.__table__), rows)
        session.execute(insert(Boat.__table__), [{"id": row["id"]} for row in rows])
        yield session


@pytest.mark.parametrize(
    ("class_", "number", "told"),
    [
        (Car, 1, "kind='vehicle': it is one of Vehicle"),
        (Car, 3, "kind='boat': it is one of Boat"),
        (Car, 5, "kind='tram', and no mapped class has"),
        (Car, 6, "NULL for kind"),
        (Ferry, 3, "kind='boat': it is one of Boat"),
        (Boat, 2, "kind='car': it is one of Car"),
    ],
)
def test_text_that_gives_rows_of_another_class_is_refused(session, class_, number, told):
    rows = text(f"SELECT vehicle.*, 1 AS length, 2 AS decks FROM vehicle WHERE id = {number}")
    with pytest.raises(InvalidRequestError, match=told):
        session.scalars(select(class_).from_statement(rows)).all()


def test_text_that_gives_rows_of_the_class_is_read(session):
    rows = text("SELECT vehicle.*, 1 AS length, 2 AS decks FROM vehicle WHERE id IN (3, 4)")
    found = session.scalars(select(Boat).from_statement(rows)).all()
    assert [type(one) for one in found] == [Boat, Ferry]
    without = text("SELECT id, garage_id FROM vehicle WHERE id = 2")
    assert type(session.scalars(select(Car).from_statement(without)).one()) is Car


class Tug(Boat):
    __tablename__ = "tug"
    id: Mapped[int] = mapped_column(ForeignKey("boat.id"), primary_key=True)
    power: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "tug"}


def test_rows_of_a_table_below_that_say_they_are_of_another_class(session):
    session.execute(insert(Tug.__table__), [{"id": 3}])
    with pytest.raises(InvalidRequestError, match="read as Tug has kind='boat': it is one of Boat"):
        session.scalars(select(Tug)).all()
    with pytest.raises(InvalidRequestError, match="it is one of Boat"):
        session.get(Tug, 3)
    session.execute(update(Vehicle.__table__).where(Vehicle.id == 3).values(kind="tug"))
    assert type(session.scalars(select(Tug)).one()) is Tug


def test_contains_eager_reads_what_it_is_given(session):
    session.add(Garage(id=1, vehicles=[Car(id=9, doors=2)]))
    session.flush()
    session.expunge_all()
    rows = select(Garage).join(Garage.vehicles.of_type(Car)).where(Car.doors == 2)
    chosen = rows.options(contains_eager(Garage.vehicles.of_type(Car)))
    assert [type(one) for one in session.scalars(chosen).unique().one().vehicles] == [Car]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Car(kind="boat"), "kind='boat', which is not of Car or a class below it"),
        (lambda: Car(kind="tram"), "kind='tram'"),
        (lambda: Car(kind=None), "kind=None"),
        (lambda: Boat(kind="vehicle"), "kind='vehicle'"),
    ],
)
def test_a_new_row_that_says_it_is_of_another_class_is_told(session, make, told):
    session.add(make())
    with pytest.warns(DovetailWarning, match=told):
        session.flush()


def test_a_row_that_becomes_one_of_another_class_is_told_once(session):
    car = session.get(Car, 2)
    car.kind = "vehicle"
    with pytest.warns(DovetailWarning, match="kind='vehicle'") as told:
        session.flush()
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        car.doors = 5
        session.flush()


def test_what_fits_is_not_told(session):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session.add_all([Car(), Boat(kind="ferry"), Vehicle(kind="car"), Ferry(kind="ferry")])
        session.add_all([Barge(kind="car"), Car(kind=func.lower("CAR"))])
        session.flush()
